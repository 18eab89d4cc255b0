//! Files and threads: from paths on a command line to an outcome.
//!
//! Invariant: the only room beside `cli` that touches files or threads. What a file means is decided
//! in the rooms above; the order of the results never depends on the threads.

mod analyse;
mod around;
mod baseline;
mod beside;
mod bodies;
mod cdk;
mod code;
mod conclude;
mod configured;
mod discover;
mod eval;
mod fixes;
mod gather;
mod given;
mod include;
mod known;
mod mend;
mod nest;
mod progress;
mod project;
mod promise;
mod read;
mod recognise;
mod select;
mod store;
mod suppress;
mod unit;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::checks::{self, Check, Reading};
use crate::finding::{Counts, Date, Finding, Note, NoteKind, Outcome};
use crate::identity::Graph;
use crate::settings::{Environment, FailOn};
use crate::source::FileId;

use analyse::Said;
use baseline::Before;
use conclude::Judges;
use configured::{Configuration, Configurations};
use discover::{Exclude, Found, Scope};
use gather::{Files, Gathered};
use promise::{Promise, Trial};
use store::Store;
use suppress::Suppressions;

pub use baseline::NewBaseline;
pub use discover::reason;
pub use eval::{EvalError, Evaluated, eval, policy_of};
pub use mend::{Mended, MendedFile, mend};
pub use progress::Progress;
pub use select::{Selection, UnknownRule};
pub use unit::{AssemblyStack, Nested, Unit, UnitPart};

/// What is checked.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Files and folders, as named on the command line.
    pub paths: Vec<PathBuf>,
    /// A template that is no file.
    pub stdin: Option<Stdin>,
    /// Globs of what is left out.
    pub exclude: Vec<String>,
    /// Whether `.gitignore` holds.
    pub gitignore: bool,
}

/// A template from standard input.
#[derive(Clone, Debug)]
pub struct Stdin {
    /// The path to show; a file at this path is not read.
    pub name: String,
    /// What was read.
    pub bytes: Vec<u8>,
}

impl Stdin {
    /// Reads a template, no more of it than of any file.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn read(name: impl Into<String>, from: impl std::io::Read) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(from, read::LIMIT + 1), &mut bytes)?;
        Ok(Self { name: name.into(), bytes })
    }
}

/// How it is checked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which findings are shown.
    pub selection: Selection,
    /// Number of threads; as many as there are cores unless set.
    pub threads: Option<usize>,
    /// Whether to note what was passed over.
    pub verbose: bool,
    /// The folder below which the programs lie that wrote cloud assemblies; for each the folder of its
    /// `cdk.json` unless set, else the one that its output lies in.
    pub source_root: Option<PathBuf>,
    /// The configuration to use, in place of the nearest one to each template.
    pub config: Option<PathBuf>,
    /// Files with values of parameters; a later one counts more.
    pub parameters: Vec<PathBuf>,
    /// Where stacks go that do not say so themselves.
    pub environment: Environment,
    /// The findings that were there before.
    pub baseline: Option<PathBuf>,
    /// The file of which what is shown is to become the baseline.
    pub write_baseline: Option<PathBuf>,
    /// The day, for suppressions that expire.
    pub today: Date,
    /// Told how far the run is.
    pub progress: Arc<Progress>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            selection: Selection::default(),
            threads: None,
            verbose: false,
            source_root: None,
            config: None,
            parameters: Vec::new(),
            environment: Environment::default(),
            baseline: None,
            write_baseline: None,
            today: Date::OF_TEXTS,
            progress: Arc::default(),
        }
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Run {
    /// For the report.
    pub outcome: Outcome,
    /// Named paths that could not be read, each a sentence without its full stop.
    pub failures: Vec<String>,
    /// What else the user ought to know, of the same form.
    pub warnings: Vec<String>,
    /// For each file of the outcome its path without links.
    pub paths: Vec<PathBuf>,
    /// The files that had a say, by their paths without links: those of the outcome, what was named, configurations,
    /// baselines, parameters and what else was read for them.
    pub read: BTreeSet<PathBuf>,
    /// The lowest severity that fails the run, as the configuration nearest to the working directory says.
    pub fail_on: Option<FailOn>,
    /// What is shown, where a baseline of it was asked for.
    pub baseline: Option<NewBaseline>,
}

/// Why there was no run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// A glob that means nothing.
    Exclude {
        /// As given.
        glob: String,
        /// What is wrong with it.
        message: String,
    },
    /// The system gave no threads.
    Threads(String),
    /// The working directory is gone.
    WorkingDirectory(String),
    /// The source root is no folder; its path.
    SourceRoot(String),
    /// What is wrong with configurations and files of parameters, each a sentence without its full stop.
    Settings(Vec<String>),
}

impl RunError {
    /// What to tell, one sentence each, without its full stop.
    pub fn messages(&self) -> Vec<String> {
        match self {
            Self::Settings(messages) => messages.clone(),
            other => vec![other.to_string()],
        }
    }
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exclude { glob, message } => write!(f, "--exclude {glob}: {message}"),
            Self::Threads(message) => write!(f, "no threads: {message}"),
            Self::WorkingDirectory(message) => write!(f, "the working directory cannot be read: {message}"),
            Self::SourceRoot(path) => write!(f, "--source-root {path}: is no folder"),
            Self::Settings(messages) => f.write_str(&messages.join("; ")),
        }
    }
}

impl std::error::Error for RunError {}

/// Stack of each thread, in bytes: recursion is bounded by the depth limits of the grammars.
const STACK: usize = 16 << 20;

/// Checks files, folders and standard input.
///
/// # Errors
/// Where nothing could be checked at all. A path that cannot be read is one of [`Run::failures`].
pub fn check(inputs: &Inputs, options: &Options) -> Result<Run, RunError> {
    check_instead(inputs, options, &BTreeMap::new(), Promise::Tried)
}

/// The same with texts in place of files, by their paths without links.
fn check_instead(
    inputs: &Inputs,
    options: &Options,
    instead: &BTreeMap<PathBuf, String>,
    promise: Promise,
) -> Result<Run, RunError> {
    let cwd = std::env::current_dir().map_err(|error| RunError::WorkingDirectory(reason(&error)))?;
    let store = Store::instead_of(cwd.clone(), instead.clone());
    let named = inputs.paths.iter().filter_map(|path| store.real(&store.absolute(path)).ok());
    let roots = named.chain([cwd]).collect();
    let exclude = Exclude::new(&inputs.exclude)?;
    if let Some(root) = options.source_root.as_ref().filter(|root| !store.absolute(root).is_dir()) {
        return Err(RunError::SourceRoot(root.display().to_string()));
    }
    let scope = Arc::new(Scope { store, exclude, gitignore: inputs.gitignore, roots });
    let pool = pool(options.threads)?;
    pool.install(|| {
        let found = discover::on_disk(&scope, &inputs.paths, rayon::current_num_threads());
        run(&scope, found, inputs, (options, promise))
    })
}

/// Checks texts as if they were files at these paths, and shows everything that any rule says.
/// Works in the threads of the caller's pool.
pub fn check_texts(files: Vec<(String, String)>) -> Outcome {
    let scope = scope_of_texts(files);
    let options = Options { selection: Selection::everything(), ..Options::default() };
    let inputs = Inputs { paths: Vec::new(), stdin: None, exclude: Vec::new(), gitignore: true };
    run(&scope, discover::in_memory(&scope), &inputs, (&options, Promise::Tried))
        .map(|run| run.outcome)
        .unwrap_or_default()
}

/// The graph of each stack set that texts hold, taken as files at these paths. No check runs.
/// Works in the threads of the caller's pool.
pub fn graphs_of_texts(files: Vec<(String, String)>) -> Vec<Graph> {
    let scope = scope_of_texts(files);
    graphs(&scope, discover::in_memory(&scope), &Options::default()).unwrap_or_default()
}

fn scope_of_texts(files: Vec<(String, String)>) -> Arc<Scope> {
    let exclude = Exclude::new(&[]).unwrap_or_else(|_| unreachable!("no glob is no wrong glob"));
    let (store, roots) = (Store::memory(files), vec![PathBuf::new()]);
    Arc::new(Scope { store, exclude, gitignore: true, roots })
}

fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, RunError> {
    let builder = rayon::ThreadPoolBuilder::new().stack_size(STACK).num_threads(threads.unwrap_or(0));
    builder.build().map_err(|error| RunError::Threads(error.to_string()))
}

/// The main path.
fn run(
    scope: &Arc<Scope>,
    mut found: Found,
    inputs: &Inputs,
    (options, promise): (&Options, Promise),
) -> Result<Run, RunError> {
    let before = options.baseline.as_deref().map(|path| Before::read(scope, path)).transpose()?;
    let replaced = options.write_baseline.as_deref().map(|path| Before::replaced(scope, path)).transpose()?;
    let mut configurations = Configurations::new(scope, options.config.as_deref());
    configurations.narrow(&mut found, &inputs.paths);
    let mut gathered = gather::gather(scope, found, inputs.stdin.as_ref(), &options.progress);
    let configured = configurations.of_files(&gathered.files);
    let nearest = scope.store.cwd().map(|cwd| configurations.of_folder(cwd));
    let (told, without_effect) = (configurations.told(), configurations.without_effect());
    configurations.finish()?;
    let given = given::give(scope, &mut gathered, &configured, &options.parameters)?;
    let Gathered { mut files, mut units, programs, failures, unsearched, unread, mut warnings, .. } = gathered;
    let runs = |rule: &str| options.selection.runs(rule);
    let said = said(&configured, options);
    let bounds = bodies::read(&mut files, &mut units, &said);
    let mut analysis = analyse::analyse(&files.documents, &units, &said, &options.progress);
    let has_fixes = promise == Promise::Tried && analysis.findings.iter().any(|finding| finding.fix.is_some());
    let unfixed = has_fixes.then(|| mend::counted(&analysis.findings));
    let mut findings = check_readings(&files, &runs);
    findings.append(&mut analysis.findings);
    let mut notes = std::mem::take(&mut analysis.notes);
    let note = |kind| move |message| Note::new(kind, message, None);
    notes.extend(gathered.bounds.into_iter().chain(bounds).chain(without_effect).map(note(NoteKind::Bound)));
    notes.extend(gathered.left.into_iter().map(note(NoteKind::LeftRun)));
    if options.verbose {
        let told = told.into_iter().chain(gathered.skipped).chain(given.taken).chain(given.unknown);
        notes.extend(told.map(note(NoteKind::Skipped)));
    }
    notes.extend(given.ambiguous.into_iter().map(note(NoteKind::Ambiguous)));
    let is_whole = unsearched.is_empty() && unread.is_empty();
    let not_looked_at: Vec<String> = unsearched.iter().chain(&unread).cloned().collect();
    // What reads a report does not see standard error.
    notes.extend(failures.iter().chain(&not_looked_at).cloned().map(note(NoteKind::Unread)));
    warnings.splice(0..0, not_looked_at);
    let templates = files.readings.iter().filter(|reading| reading.is_template).count();
    let counts = Counts {
        files: files.readings.len(),
        templates,
        stacks: units.len(),
        broken: files.readings.iter().filter(|reading| reading.is_broken()).count(),
        unread: unread.len(),
        unsearched: unsearched.len(),
        ..analysis.counts
    };
    let of_metadata = std::mem::take(&mut analysis.suppressions);
    let mut suppressions = Suppressions::collect(scope, &mut files, &units, &configured, of_metadata, options.today);
    if is_whole {
        suppressions.set_whole(whole(scope, &files, &inputs.paths, &analysis));
    }
    let (units, configured) = (units.as_slice(), configured.as_slice());
    let judges = Judges { scope, files: &files, units, configured, options, suppressions, before, replaced };
    let concluded = judges.conclude(findings, programs);
    notes.extend(concluded.notes);
    let notes = Note::condensed(notes);
    let (mut findings, suppressed, baseline) = (concluded.findings, concluded.suppressed, concluded.baseline);
    if let Some(before) = &unfixed {
        Trial { files: &mut files, units, said: &said, before }.keep_good(&mut findings);
    }
    let paths: Vec<PathBuf> = files.readings.iter().map(|reading| reading.path.clone()).collect();
    let read = scope.store.used().into_iter().chain(paths.iter().cloned()).collect();
    let fail_on = nearest.and_then(|nearest| nearest.settings.lint.fail_on);
    let outcome = Outcome { sources: files.sources, findings, suppressed, notes, counts };
    Ok(Run { outcome, failures, warnings, paths, read, fail_on, baseline })
}

/// The files that were read with all that belongs to them.
fn whole(scope: &Scope, files: &Files, named: &[PathBuf], analysis: &analyse::Analysis) -> BTreeSet<FileId> {
    let around = suppress::read_around(scope, files, named);
    analysis.whole.iter().filter(|file| !analysis.partial.contains(file) && around.contains(file)).copied().collect()
}

/// The main path as far as the graphs.
fn graphs(scope: &Arc<Scope>, found: Found, options: &Options) -> Result<Vec<Graph>, RunError> {
    let mut gathered = gather::gather(scope, found, None, &options.progress);
    let mut configurations = Configurations::new(scope, options.config.as_deref());
    let configured = configurations.of_files(&gathered.files);
    configurations.finish()?;
    given::give(scope, &mut gathered, &configured, &options.parameters)?;
    let Gathered { mut files, mut units, .. } = gathered;
    let said = said(&configured, options);
    bodies::read(&mut files, &mut units, &said);
    Ok(analyse::graphs(&files.documents, &units, &said))
}

/// What users said about the stacks, by configurations and options.
fn said<'s>(configured: &'s [Arc<Configuration>], options: &'s Options) -> Said<'s> {
    let trusted = configured.iter().map(|own| &own.settings.trusted).collect();
    let entries = configured.iter().flat_map(|own| &own.settings.lint.suppress);
    let conditions = entries.filter_map(|entry| entry.condition.as_deref()).collect();
    let configured = configured.iter().map(|own| &own.settings.environment).collect();
    Said { environment: &options.environment, configured, trusted, conditions }
}

/// Runs the checks over the reading of each file.
fn check_readings(files: &Files, runs: &(dyn Fn(&str) -> bool + Sync)) -> Vec<Finding> {
    let checks = checks::rules().iter().filter(|rule| runs(rule.id)).filter_map(|rule| match rule.check {
        Check::Reading(check) => Some(check),
        Check::Graph(_) | Check::Suppression(_) => None,
    });
    let checks: Vec<_> = checks.collect();
    let of_one = |(at, read): (usize, &gather::FileReading)| {
        let document = read.document.and_then(|at| files.documents.get(at));
        let (file, is_template, problems) = (FileId(at as u32), read.is_template, read.problems.as_slice());
        let reading = Reading { file, document, is_template, problems, stack_set: None };
        let mut findings = Vec::new();
        checks.iter().for_each(|check| check(&reading, &mut findings));
        findings
    };
    let of_text = |text: &gather::TextReading| {
        let document = text.document.and_then(|at| files.documents.get(at));
        let (file, problems, stack_set) = (text.file, text.problems.as_slice(), Some(text.stack_set.as_str()));
        let reading = Reading { file, document, is_template: document.is_some(), problems, stack_set };
        let mut findings = Vec::new();
        checks.iter().for_each(|check| check(&reading, &mut findings));
        findings.iter_mut().for_each(|finding| finding.subject.stack_key.clone_from(&text.stack_key));
        findings
    };
    let of_files = files.readings.par_iter().enumerate().flat_map_iter(of_one);
    of_files.chain(files.texts.par_iter().flat_map_iter(of_text)).collect()
}
