//! `cargo xtask differential`: our evaluator against engines that others wrote, on random pairs of a policy and a
//! request. The engines run as programs of their own, outside of the workspace.

pub mod command;
pub mod engine;
pub mod faults;
pub mod generate;
pub mod minimise;
pub mod ours;
pub mod pair;
pub mod points;
pub mod random;
pub mod words;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rolecall::value::Truth;

use engine::{Answer, BATCH, Running};
use generate::Grammar;
use minimise::minimise;
use pair::Pair;
use points::Engine;
use random::Random;

/// Disagreements of an engine and shard that are made small and shown; the others are counted.
const MOST_SHOWN: usize = 20;

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Run {
    /// Pairs for each engine.
    pub pairs: usize,
    /// The seed of the pairs.
    pub seed: u64,
    /// The engines.
    pub engines: Vec<Engine>,
    /// Processes of an engine at a time.
    pub jobs: usize,
    /// The project's folder.
    pub root: PathBuf,
}

/// What came of the pairs of one engine.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Pairs that were put to both.
    pub pairs: usize,
    /// Those that we let in.
    pub allowed: usize,
    /// Those of which both say the same.
    pub agreed: usize,
    /// Those of which they say different things.
    pub differ: usize,
    /// Those of which we say that it is not known.
    pub unknown: usize,
    /// Those that the engine could not take.
    pub failed: usize,
    /// What differs, made small.
    pub shown: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// Whether every pair got the same answer of both.
    pub fn is_clean(&self) -> bool {
        self.agreed == self.pairs
    }

    fn add(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.allowed += other.allowed;
        self.agreed += other.agreed;
        self.differ += other.differ;
        self.unknown += other.unknown;
        self.failed += other.failed;
        self.shown.extend(other.shown);
    }

    /// The numbers, a line.
    pub fn summary(&self, name: &str) -> String {
        let Self { pairs, allowed, agreed, differ, unknown, failed, took, .. } = self;
        let rate = *pairs as f64 / took.as_secs_f64().max(0.001);
        format!(
            "{name}: {pairs} pairs, {allowed} of them allowed, {agreed} agreed, {differ} differ, {unknown} unknown to us, \
             {failed} not taken by it; {:.0} s, {rate:.0} a second",
            took.as_secs_f64()
        )
    }
}

/// The folder of the build.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Puts random pairs to our evaluator and to an engine, and says on standard error how far it is.
///
/// # Errors
/// Where an engine cannot be started or dies.
pub fn compare(run: &Run, engine: Engine, progress: &(dyn Fn(usize) + Sync)) -> Result<Outcome, String> {
    let (from, done) = (Instant::now(), AtomicUsize::new(0));
    let jobs = run.jobs.max(1);
    let shares: Vec<Result<Outcome, String>> = std::thread::scope(|scope| {
        let start = |job: usize| {
            let share = run.pairs / jobs + usize::from(job < run.pairs % jobs);
            let done = &done;
            scope.spawn(move || {
                shard(run, engine, job, share, &|count| progress(done.fetch_add(count, Ordering::Relaxed) + count))
            })
        };
        let threads: Vec<_> = (0..jobs).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread died".to_owned()))).collect()
    });
    let mut outcome = Outcome::default();
    for share in shares {
        outcome.add(share?);
    }
    outcome.took = from.elapsed();
    Ok(outcome)
}

fn shard(run: &Run, engine: Engine, job: usize, share: usize, progress: &dyn Fn(usize)) -> Result<Outcome, String> {
    let mut running = engine.start(&target(&run.root))?;
    let grammar = Grammar::clean_for(engine);
    let mut random = Random::new(run.seed, (job as u64) << 8 | engine as u64);
    let mut outcome = Outcome::default();
    while outcome.pairs < share {
        let count = BATCH.min(share - outcome.pairs);
        let pairs: Vec<Pair> = (0..count).map(|_| grammar.pair(&mut random)).collect();
        let answers = running.ask(&pairs)?;
        for (pair, answer) in pairs.into_iter().zip(answers) {
            let ours = ours::decide(&pair);
            outcome.count(ours, &answer);
            if differs(ours, &answer) && outcome.shown.len() < MOST_SHOWN {
                let least = smallest(pair, &grammar, &mut running)?;
                outcome.shown.push(reproducer(&least, engine, &mut running)?);
            }
        }
        progress(count);
    }
    Ok(outcome)
}

impl Outcome {
    fn count(&mut self, ours: Truth, answer: &Answer) {
        self.pairs += 1;
        self.allowed += usize::from(ours.is_true());
        match (ours, answer) {
            (Truth::Unknown, _) => self.unknown += 1,
            (_, Answer::Fails(_)) => self.failed += 1,
            _ if differs(ours, answer) => self.differ += 1,
            _ => self.agreed += 1,
        }
    }
}

/// Whether the answers are not the same. No pair that a grammar writes is one of which nothing is known, so that
/// Unknown differs from both.
fn differs(ours: Truth, answer: &Answer) -> bool {
    match answer {
        Answer::Allows(allows) => ours != Truth::from(*allows),
        Answer::Fails(_) => true,
    }
}

/// The smallest pair that differs in the same way and that the grammar could have written.
fn smallest(pair: Pair, grammar: &Grammar, running: &mut Running) -> Result<Pair, String> {
    let ours = ours::decide(&pair);
    let theirs = running.ask(std::slice::from_ref(&pair))?;
    minimise(pair, &mut |pairs: &[Pair]| {
        let mut holds = Vec::new();
        for batch in pairs.chunks(BATCH) {
            let answers = running.ask(batch)?;
            let same = batch.iter().zip(&answers).map(|(pair, answer)| {
                grammar.accepts(pair) && ours::decide(pair) == ours && Some(answer) == theirs.first()
            });
            holds.extend(same);
        }
        Ok(holds)
    })
}

/// A pair as a line of `rolecall eval`, with what both say.
fn reproducer(pair: &Pair, engine: Engine, running: &mut Running) -> Result<String, String> {
    let answer = running.ask(std::slice::from_ref(pair))?.pop();
    let theirs = answer.map_or_else(String::new, |answer| word(&answer));
    Ok(format!("{}\n    rolecall: {}, {}: {theirs}", pair.line(), decision(ours::decide(pair)), engine.name()))
}

fn word(answer: &Answer) -> String {
    match answer {
        Answer::Allows(true) => "Allow".to_owned(),
        Answer::Allows(false) => "Deny".to_owned(),
        Answer::Fails(reason) => reason.clone(),
    }
}

/// The decision as `rolecall eval` says it.
pub fn decision(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "Allow",
        Truth::False => "Deny",
        Truth::Unknown => "Unknown",
    }
}
