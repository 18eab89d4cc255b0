//! Files and threads: from paths on a command line to an outcome.
//!
//! Invariant: the only room beside `cli` that touches files or threads. What a file means is decided
//! in the rooms above; the order of the results never depends on the threads.

mod analyse;
mod beside;
mod bodies;
mod cdk;
mod code;
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
mod project;
mod read;
mod recognise;
mod select;
mod store;
mod unit;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::checks::{self, Check, Reading};
use crate::finding::{self, Counts, Finding, Note, NoteKind, Outcome};
use crate::identity::Graph;
use crate::settings::Environment;
use crate::source::{FileId, Place};

use analyse::Said;
use configured::Configuration;
use discover::{Exclude, Found, Scope};
use gather::{Files, Gathered};
use store::Store;

pub use eval::{EvalError, Evaluated, eval, policy_of};
pub use mend::{Mended, MendedFile, mend};
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
#[derive(Clone, Debug, Default)]
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
    check_instead(inputs, options, &BTreeMap::new())
}

/// The same with texts in place of files, by their paths without links.
fn check_instead(inputs: &Inputs, options: &Options, instead: &BTreeMap<PathBuf, String>) -> Result<Run, RunError> {
    let cwd = std::env::current_dir().map_err(|error| RunError::WorkingDirectory(discover::reason(&error)))?;
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
        run(&scope, found, inputs.stdin.as_ref(), options)
    })
}

/// Checks texts as if they were files at these paths, and shows everything that any rule says.
/// Works in the threads of the caller's pool.
pub fn check_texts(files: Vec<(String, String)>) -> Outcome {
    let scope = scope_of_texts(files);
    let options = Options { selection: Selection::everything(), ..Options::default() };
    run(&scope, discover::in_memory(&scope), None, &options).map(|run| run.outcome).unwrap_or_default()
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
fn run(scope: &Arc<Scope>, found: Found, stdin: Option<&Stdin>, options: &Options) -> Result<Run, RunError> {
    let mut gathered = gather::gather(scope, found, stdin);
    let configured = configured::of_files(scope, &gathered.files, options.config.as_deref())?;
    let given = given::give(scope, &mut gathered, &configured, &options.parameters)?;
    let Gathered { mut files, mut units, programs, failures, warnings, .. } = gathered;
    let runs = |rule: &str| options.selection.runs(rule);
    let said = said(&configured, options);
    let bounds = bodies::read(&mut files, &mut units, &said);
    let analysis = analyse::analyse(&files.documents, &units, &said, &runs);
    let mut findings = check_readings(&files, &runs);
    findings.extend(analysis.findings);
    let mut notes = analysis.notes;
    let note = |kind| move |message| Note { kind, message, place: None };
    notes.extend(gathered.bounds.into_iter().chain(bounds).map(note(NoteKind::Bound)));
    notes.extend(gathered.left.into_iter().map(note(NoteKind::LeftRun)));
    if options.verbose {
        notes.extend(gathered.skipped.into_iter().chain(given.taken).map(note(NoteKind::Skipped)));
    }
    notes.extend(given.ambiguous.into_iter().map(note(NoteKind::Ambiguous)));
    let templates = files.readings.iter().filter(|reading| reading.is_template).count();
    let counts = Counts { files: files.readings.len(), templates, stacks: units.len(), ..analysis.counts };
    let mut findings = conclude(findings, &files, &options.selection);
    let paths = files.readings.iter().map(|reading| reading.path.clone()).collect();
    notes.extend(code::attach(scope, &files, &units, programs, options.source_root.as_deref(), &mut findings));
    Ok(Run { outcome: Outcome { sources: files.sources, findings, notes, counts }, failures, warnings, paths })
}

/// The main path as far as the graphs.
fn graphs(scope: &Arc<Scope>, found: Found, options: &Options) -> Result<Vec<Graph>, RunError> {
    let mut gathered = gather::gather(scope, found, None);
    let configured = configured::of_files(scope, &gathered.files, options.config.as_deref())?;
    given::give(scope, &mut gathered, &configured, &options.parameters)?;
    let Gathered { mut files, mut units, .. } = gathered;
    let said = said(&configured, options);
    bodies::read(&mut files, &mut units, &said);
    Ok(analyse::graphs(&files.documents, &units, &said))
}

/// What users said about the stacks, by configurations and options.
fn said<'s>(configured: &'s [Arc<Configuration>], options: &'s Options) -> Said<'s> {
    let trusted = configured.iter().map(|own| &own.settings.trusted).collect();
    let configured = configured.iter().map(|own| &own.settings.environment).collect();
    Said { environment: &options.environment, configured, trusted }
}

/// Runs the checks over the reading of each file.
fn check_readings(files: &Files, runs: &(dyn Fn(&str) -> bool + Sync)) -> Vec<Finding> {
    let checks = checks::rules().iter().filter(|rule| runs(rule.id)).filter_map(|rule| match rule.check {
        Check::Reading(check) => Some(check),
        Check::Graph(_) => None,
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

/// Puts the findings in report order, names each for ever, and keeps those that are shown.
fn conclude(mut findings: Vec<Finding>, files: &Files, selection: &Selection) -> Vec<Finding> {
    for finding in &mut findings {
        let reading = files.readings.get(finding.primary.place.file.0 as usize);
        // A check of one file does not know what stack it belongs to.
        if let Some(reading) = reading.filter(|_| finding.subject.stack_key.is_empty()) {
            finding.subject.stack_key.clone_from(&reading.stack_key);
        }
    }
    // Files are numbered in the order of their paths.
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    // Before anything is hidden: what is shown must not change the name of what else is.
    finding::fingerprint(&mut findings);
    findings.retain(|finding| selection.shows(finding));
    findings
}

fn order(finding: &Finding) -> (Place, &str, &str, &str) {
    (finding.primary.place, finding.rule, &finding.subject.stack_key, &finding.message)
}
