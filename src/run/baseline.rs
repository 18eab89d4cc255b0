//! The findings that were there before: baselines on the disk, and what is written in their place. Their paths start
//! at the folder of their file, so that a run says the same from wherever it is started.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::RunError;
use super::discover::{Scope, reason};
use super::read;
use super::store::relative;
use crate::finding::{By, Finding, shown};
use crate::settings::{Baseline, Fault, Known};
use crate::source::{FileId, SourceFile};

/// Entries that a note names.
const NAMED: usize = 3;

/// What a run looked at.
pub(super) struct Looked<'r> {
    pub(super) scope: &'r Scope,
    /// For each file its path without links.
    pub(super) paths: Vec<PathBuf>,
    /// The names of all findings that there are, shown or not.
    pub(super) named: HashSet<String>,
    /// The names of those that are not shown, though nobody hid them.
    pub(super) unshown: HashSet<String>,
    /// Whether a rule ran over a file.
    pub(super) runs: &'r dyn Fn(&str, FileId) -> bool,
}

/// A baseline that is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewBaseline {
    /// What is to be written.
    pub baseline: Baseline,
    /// How it differs from the one that was there; empty where there was none.
    pub changes: String,
}

/// A baseline that was read, or is to be written where there is none.
#[derive(Debug)]
pub(super) struct Before {
    /// Its path without links.
    path: PathBuf,
    shown: String,
    folder: PathBuf,
    baseline: Baseline,
    is_there: bool,
}

impl Before {
    /// Reads one.
    ///
    /// # Errors
    /// Every mistake in it, with its place.
    pub(super) fn read(scope: &Scope, path: &Path) -> Result<Self, RunError> {
        let one = |message: String| RunError::Settings(vec![message]);
        let shown = scope.store.shown(path);
        let bytes = scope.store.read(&scope.store.absolute(path));
        let bytes = bytes.map_err(|error| one(format!("cannot read {shown}: {}", reason(&error))))?;
        let text = read::decode(bytes).whole();
        let text = text.ok_or_else(|| one(format!("{shown}:1:1: it is not UTF-8, or larger than 64 MiB")))?;
        let file = SourceFile::new(shown.clone(), text);
        let said = |faults: Vec<Fault>| RunError::Settings(faults.iter().map(|fault| fault.in_file(&file)).collect());
        let baseline = Baseline::parse(file.text()).map_err(said)?;
        let (path, folder) = places(scope, path);
        Ok(Self { path, shown, folder, baseline, is_there: true })
    }

    /// Reads the one that is to be replaced, if it is there; an empty file is none.
    ///
    /// # Errors
    /// Every mistake in it, with its place: what is no baseline is not replaced.
    pub(super) fn replaced(scope: &Scope, path: &Path) -> Result<Self, RunError> {
        let absolute = scope.store.absolute(path);
        if scope.store.is_file(&absolute) && scope.store.size(&absolute) != Some(0) {
            return Self::read(scope, path);
        }
        let (shown, baseline) = (scope.store.shown(path), Baseline::default());
        let (path, folder) = places(scope, path);
        Ok(Self { path, shown, folder, baseline, is_there: false })
    }

    /// Whether both are one file.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.path == other.path
    }

    /// Hides what was there before, and says what of it is there no longer: what has no finding of its name, and
    /// of which the file was looked at or is gone.
    pub(super) fn apply(&self, looked: &Looked<'_>, findings: &mut [Finding]) -> Vec<String> {
        let names = Names::new(looked, &self.folder);
        let left = self.baseline.apply(findings, &|file| names.of(file), &|path| self.is_gone(looked, path));
        let is_over =
            |entry: &&Known| !looked.named.contains(&entry.fingerprint) && self.is_judged(looked, &names, entry);
        let over: Vec<&Known> = left.into_iter().filter(is_over).collect();
        let is_gone = |path: &str| self.is_gone(looked, path);
        let candidates = self.baseline.candidates(&over, findings, &|file| names.of(file), &is_gone);
        let (over, moved): (Vec<_>, Vec<_>) = over.into_iter().zip(candidates).partition(|(_, files)| files.is_empty());
        let over: Vec<&Known> = over.into_iter().map(|(entry, _)| entry).collect();
        [self.told_moved(&moved), self.told_over(&over)].into_iter().flatten().collect()
    }

    /// What is said of findings that are there no longer.
    fn told_over(&self, over: &[&Known]) -> Option<String> {
        let (what, are, them) = if over.len() == 1 { ("finding", "is", "it") } else { ("findings", "are", "them") };
        let (count, file, names) = (over.len(), &self.shown, listed(over));
        let said =
            format!("{count} {what} of {file} {are} no longer there: {names}; --write-baseline takes {them} out");
        (count > 0).then_some(said)
    }

    /// What is said of findings that may be in one of several files now, which is a renamed one and a copy of it.
    fn told_moved(&self, moved: &[(&Known, BTreeSet<String>)]) -> Option<String> {
        let entries: Vec<&Known> = moved.iter().map(|(entry, _)| *entry).collect();
        let files: BTreeSet<&str> = moved.iter().flat_map(|(_, files)| files).map(String::as_str).collect();
        let first: Vec<String> = files.iter().take(NAMED).map(|path| shown(path)).collect();
        let places = match first.split_last()? {
            _ if files.len() > NAMED => format!("one of {} files ({}, …)", files.len(), first.join(", ")),
            (only, []) => only.clone(),
            (last, others) => format!("{} or {last}", others.join(", ")),
        };
        let gone: BTreeSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        let gone = if gone.len() == 1 { "a file that is gone" } else { "files that are gone" };
        let (count, file, names) = (entries.len(), &self.shown, listed(&entries));
        let (what, were) = if count == 1 { ("finding", "was") } else { ("findings", "were") };
        Some(format!(
            "{count} {what} of {file} {were} in {gone}, and may be in {places} now: {names}; all that is \
             found there is shown, and --write-baseline takes it in"
        ))
    }

    /// What takes its place: the findings that are shown or were in a baseline, and the entries that this run did
    /// not look at. From now on all of them were there before.
    pub(super) fn renewed(&self, looked: &Looked<'_>, findings: &mut [Finding]) -> NewBaseline {
        let names = Names::new(looked, &self.folder);
        let path = |file: FileId| names.of(file);
        let is_kept = |finding: &&Finding| finding.suppressed.as_deref().is_none_or(|told| told.by == By::Baseline);
        let kept: Vec<&Finding> = findings.iter().filter(is_kept).collect();
        let matched = self.baseline.matched(&kept, &path, &|path| self.is_gone(looked, path));
        let used: HashSet<usize> = matched.iter().flatten().copied().collect();
        let old = self.baseline.entries.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, entry)| entry);
        let is_over =
            |entry: &&Known| !looked.unshown.contains(&entry.fingerprint) && self.is_judged(looked, &names, entry);
        let (over, unseen): (Vec<&Known>, Vec<&Known>) = old.partition(is_over);
        let new = kept.iter().zip(&matched).filter(|(_, own)| own.is_none()).map(|(finding, _)| *finding);
        let new = Baseline::of(new, &path);
        let before = kept.len() - new.entries.len() + unseen.len();
        let changes = if self.is_there { changes(before, &new.entries, &over) } else { String::new() };
        let entries = Baseline::of(kept.into_iter(), &path).entries;
        let baseline = Baseline::from_entries(entries.into_iter().chain(unseen.into_iter().cloned()).collect());
        baseline.apply(findings, &path, &|_| false);
        NewBaseline { baseline, changes }
    }

    fn is_gone(&self, looked: &Looked<'_>, path: &str) -> bool {
        !looked.scope.store.is_there(&self.folder.join(path))
    }

    /// Whether this run would have found what an entry names, or nobody can any more.
    fn is_judged(&self, looked: &Looked<'_>, names: &Names, entry: &Known) -> bool {
        let ran = |file: &FileId| (looked.runs)(&entry.rule, *file);
        names.files.get(&entry.path).map_or_else(|| self.is_gone(looked, &entry.path), ran)
    }
}

/// The path of a baseline without links, and the folder at which its own paths start.
fn places(scope: &Scope, path: &Path) -> (PathBuf, PathBuf) {
    let absolute = scope.store.absolute(path);
    let folder = absolute.parent().map(Path::to_owned).unwrap_or_default();
    let folder = scope.store.real(&folder).unwrap_or(folder);
    (scope.store.real(&absolute).unwrap_or(absolute), folder)
}

/// The files of a run as a baseline names them.
struct Names {
    of: Vec<String>,
    files: HashMap<String, FileId>,
}

impl Names {
    fn new(looked: &Looked<'_>, folder: &Path) -> Self {
        let of: Vec<String> = looked.paths.iter().map(|path| relative(path, folder)).collect();
        let files = of.iter().cloned().zip((0..).map(FileId)).collect();
        Self { of, files }
    }

    fn of(&self, file: FileId) -> String {
        self.of.get(file.0 as usize).cloned().unwrap_or_default()
    }
}

/// `: 4 as before, 1 new (OID002 Role in t.yaml), 2 taken out (…)`.
fn changes(before: usize, new: &[Known], over: &[&Known]) -> String {
    let named = |all: &[&Known], what: &str| format!("{} {what} ({})", all.len(), listed(all));
    let new: Vec<&Known> = new.iter().collect();
    let parts = [
        (before > 0).then(|| format!("{before} as before")),
        (!new.is_empty()).then(|| named(&new, "new")),
        (!over.is_empty()).then(|| named(over, "taken out")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

/// The first of some entries.
fn listed(entries: &[&Known]) -> String {
    let names: Vec<String> = entries.iter().take(NAMED).map(|entry| entry.shown()).collect();
    let more = entries.len().saturating_sub(NAMED);
    if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
}
