//! Which files are read: what the command line names, what folders hold, and where CDK puts its output.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::RunError;
use super::read::{self, Reached};
use super::store::{Entry, Store};
use crate::source::FileId;
use crate::syntax::{self, Kind, Node};

/// Names of folders that are never entered, except when they are named.
const NEVER: [&str; 2] = ["node_modules", ".git"];

/// Names of files that may hold a template, by their ends.
pub(super) const ENDS: [&str; 5] = [".yaml", ".yml", ".json", ".template", ".yaml.template"];

/// What may be read.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) store: Store,
    pub(super) exclude: Exclude,
    /// Whether `.gitignore` holds.
    pub(super) gitignore: bool,
    /// Folders that were named, without links, and the working directory.
    pub(super) roots: Vec<PathBuf>,
}

/// The globs of `--exclude`; they mean what they mean in a `.gitignore` of the working directory.
#[derive(Debug)]
pub(super) struct Exclude(Gitignore);

impl Default for Exclude {
    fn default() -> Self {
        Self(Gitignore::empty())
    }
}

impl Exclude {
    pub(super) fn new(globs: &[String]) -> Result<Self, RunError> {
        let mut builder = GitignoreBuilder::new("");
        builder.allow_unclosed_class(false);
        for glob in globs {
            let failed = |error: ignore::Error| RunError::Exclude { glob: glob.clone(), message: error.to_string() };
            builder.add_line(None, glob).map_err(failed)?;
        }
        let failed = |error: ignore::Error| RunError::Exclude { glob: globs.join(" "), message: error.to_string() };
        builder.build().map(Self).map_err(failed)
    }

    /// Whether nothing is excluded.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a path, as shown, or a folder above it is excluded.
    pub(super) fn holds(&self, shown: &str, is_folder: bool) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let above = shown.match_indices('/').map(|(at, _)| (&shown[..at], true));
        let mut all = above.chain([(shown, is_folder)]).filter(|(path, _)| !path.is_empty());
        all.any(|(path, is_folder)| self.0.matched(path, is_folder).is_ignore())
    }
}

/// A file that may be a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    pub(super) shown: String,
    pub(super) path: PathBuf,
    pub(super) named: bool,
}

impl Candidate {
    pub(super) fn reached(&self) -> Reached {
        if self.named { Reached::Named } else { Reached::Found }
    }
}

/// What was found where CDK puts its output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Output {
    /// A folder with a manifest.
    Assembly(PathBuf),
    /// The `error.txt` of a synthesis that failed.
    Failed(PathBuf),
    /// A `cdk.json` without an output; the folder that would be there, as shown.
    Missing(PathBuf, String),
}

/// All that was found, in an order that does not depend on threads.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: Vec<Candidate>,
    pub(super) outputs: Vec<Output>,
    /// Named paths that cannot be read.
    pub(super) failures: Vec<String>,
    /// Folders below them that cannot be searched.
    pub(super) unsearched: Vec<String>,
    /// What was left aside, and why.
    pub(super) skipped: Vec<String>,
}

/// Finds what the command line names.
pub(super) fn on_disk(scope: &Arc<Scope>, paths: &[PathBuf], threads: usize) -> Found {
    let found = Arc::new(Mutex::new(Found::default()));
    for path in paths {
        let search = Search { scope: scope.clone(), found: found.clone() };
        search.named(path, threads);
    }
    let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    settle(scope, found)
}

/// Finds the templates and outputs among texts.
pub(super) fn in_memory(scope: &Arc<Scope>) -> Found {
    let found = Arc::new(Mutex::new(Found::default()));
    let search = Search { scope: scope.clone(), found: found.clone() };
    let mut folders: Vec<&Path> = scope.store.texts().flat_map(|path| path.ancestors().skip(1)).collect();
    folders.sort();
    folders.dedup();
    for folder in folders {
        search.look_up(folder);
    }
    for path in scope.store.texts() {
        search.add(path.to_owned(), false);
    }
    drop(search);
    let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    settle(scope, found)
}

/// Brings order into what the threads found: sorted, once each, and of an assembly nothing that its
/// manifest does not name.
fn settle(scope: &Scope, mut found: Found) -> Found {
    found.outputs.sort();
    found.outputs.dedup();
    let folders: Vec<PathBuf> = found
        .outputs
        .iter()
        .filter_map(|output| if let Output::Assembly(folder) = output { Some(folder.clone()) } else { None })
        .collect();
    let above = |path: &Path| path.ancestors().skip(1).any(|folder| folders.iter().any(|known| known == folder));
    found.files.retain(|file| file.named || !above(&file.path));
    found.outputs.retain(|output| match output {
        Output::Assembly(path) | Output::Missing(path, _) => !above(path),
        Output::Failed(_) => true,
    });
    found.files.sort();
    found.files.dedup();
    found.failures.dedup();
    found.unsearched.sort();
    found.skipped.sort();
    found.skipped.dedup();
    let excluded = |file: &Candidate| !file.named && scope.exclude.holds(&file.shown, false);
    found.files.retain(|file| !excluded(file));
    found
}

/// One search; every thread of the walk has its own handle.
#[derive(Clone)]
struct Search {
    scope: Arc<Scope>,
    found: Arc<Mutex<Found>>,
}

impl Search {
    fn add_with(&self, change: impl FnOnce(&mut Found)) {
        change(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn add(&self, path: PathBuf, named: bool) {
        let shown = self.scope.store.shown(&path);
        self.add_with(|found| found.files.push(Candidate { shown, path, named }));
    }

    fn add_output(&self, output: Output) {
        self.add_with(|found| found.outputs.push(output));
    }

    fn skip(&self, why: String) {
        self.add_with(|found| found.skipped.push(why));
    }

    /// A path of the command line: read whatever is there, also where it is hidden or ignored.
    fn named(&self, path: &Path, threads: usize) {
        let path = self.scope.store.absolute(path);
        if let Err(error) = std::fs::metadata(&path) {
            let shown = self.scope.store.shown(&path);
            return self.add_with(|found| found.failures.push(format!("cannot read {shown}: {}", reason(&error))));
        }
        if !path.is_dir() {
            return self.named_file(path);
        }
        // Below a link everything is shown where it really is.
        let is_link = self.scope.store.entry(&path) == Some(Entry::Link);
        let root = if is_link { self.scope.store.real(&path).unwrap_or(path) } else { path };
        self.walk(&root, threads);
    }

    fn named_file(&self, path: PathBuf) {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("manifest.json") if self.scope.is_assembly(&folder) => self.add_output(Output::Assembly(folder)),
            Some("cdk.json") => self.project(&folder),
            _ => self.add(path, true),
        }
    }

    fn walk(&self, root: &Path, threads: usize) {
        let mut builder = self.scope.walker(root);
        let scope = self.scope.clone();
        builder.filter_entry(move |entry| entry.depth() == 0 || scope.enters(entry));
        builder.threads(threads).build_parallel().run(|| {
            let search = self.clone();
            Box::new(move |entry| search.visit(entry))
        });
    }

    fn visit(&self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                self.warn(&error);
                return WalkState::Continue;
            }
        };
        let Some(kind) = entry.file_type() else { return WalkState::Continue };
        if kind.is_dir() {
            let named = entry.depth() == 0;
            return if self.folder(entry.path(), named) { WalkState::Skip } else { WalkState::Continue };
        }
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        if kind.is_file() && ENDS.iter().any(|end| name.ends_with(end)) {
            self.add(entry.into_path(), false);
        }
        WalkState::Continue
    }

    /// A part of the tree that cannot be read. Lines of ignore files that mean nothing are passed over.
    fn warn(&self, error: &ignore::Error) {
        if let Some(io) = error.io_error() {
            let at = path_of(error).map(|path| format!("{}: ", self.scope.store.shown(path))).unwrap_or_default();
            let message = format!("not searched: {at}{}", reason(io));
            // A folder that was named is a path that could not be read.
            let is_named = error.depth() == Some(0);
            self.add_with(|found| if is_named { found.failures.push(message) } else { found.unsearched.push(message) });
        }
    }

    /// A folder that is entered; whether its files are read through a manifest.
    fn folder(&self, folder: &Path, named: bool) -> bool {
        let is_assembly = self.look_up(folder);
        if named && !is_assembly {
            // Whoever names an output folder wants to hear that it holds nothing.
            if let Some(failed @ Output::Failed(_)) = self.output(folder) {
                self.add_output(failed);
            }
        }
        is_assembly
    }

    /// Looks in a folder for the output of CDK, also where it is ignored; whether the folder itself
    /// is such an output.
    fn look_up(&self, folder: &Path) -> bool {
        if self.scope.is_assembly(folder) {
            self.add_output(Output::Assembly(folder.to_owned()));
            return true;
        }
        if self.scope.store.entry(&folder.join("cdk.json")) == Some(Entry::File) {
            self.project(folder);
        }
        let usual = folder.join("cdk.out");
        if self.scope.store.entry(&usual) == Some(Entry::Folder) && !self.excluded(&usual) {
            self.output(&usual).into_iter().for_each(|output| self.add_output(output));
        }
        false
    }

    /// What an output folder holds, if it holds anything that CDK writes.
    fn output(&self, folder: &Path) -> Option<Output> {
        let is_file = |name| self.scope.store.entry(&folder.join(name)) == Some(Entry::File);
        if is_file("manifest.json") {
            return Some(Output::Assembly(folder.to_owned()));
        }
        is_file("error.txt").then(|| Output::Failed(folder.join("error.txt")))
    }

    fn excluded(&self, folder: &Path) -> bool {
        self.scope.exclude.holds(&self.scope.store.shown(folder), true)
    }

    /// The app of a `cdk.json`: its output, or that it has none.
    fn project(&self, folder: &Path) {
        let project = folder.join("cdk.json");
        let Some(name) = output_name(&self.scope.store, &project) else {
            return self.skip(format!("{}: it is no JSON mapping", self.scope.store.shown(&project)));
        };
        let output = folder.join(&name);
        if self.excluded(&output) || self.scope.exclude.holds(&self.scope.store.shown(&project), false) {
            return;
        }
        // Also a name without `..` may lead outside, through a link.
        if !self.scope.reaches(&output) {
            let shown = self.scope.store.shown(&project);
            return self.skip(format!("{shown}: its output {name} lies outside of what is checked"));
        }
        match self.scope.store.entry(&output) {
            Some(Entry::Link) => self.skip(format!("{}: links are not followed", self.scope.store.shown(&output))),
            _ => {
                let missing = || Output::Missing(project, self.scope.store.shown(&output));
                self.add_output(self.output(&output).unwrap_or_else(missing));
            }
        }
    }
}

impl Scope {
    /// A walk of what git does not ignore and nobody hides; links are not followed.
    pub(super) fn walker(&self, root: &Path) -> WalkBuilder {
        let ignoring = self.gitignore && !is_hidden_by_git(root);
        let mut builder = WalkBuilder::new(root);
        builder.standard_filters(false).hidden(true).require_git(false);
        builder.parents(ignoring).ignore(ignoring).git_ignore(ignoring).git_exclude(ignoring).git_global(ignoring);
        builder
    }

    /// Whether a folder is an output of CDK.
    pub(super) fn is_assembly(&self, folder: &Path) -> bool {
        let is_file = |name| self.store.entry(&folder.join(name)) == Some(Entry::File);
        is_file("cdk.out") && is_file("manifest.json")
    }

    /// Whether a walk enters a folder or takes a file; what is below a named folder was not named.
    pub(super) fn enters(&self, entry: &DirEntry) -> bool {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        if is_folder && NEVER.iter().any(|name| entry.file_name() == *name) {
            return false;
        }
        self.exclude.0.is_empty() || !self.exclude.holds(&self.store.shown(entry.path()), is_folder)
    }

    /// Whether a path lies below what was named once links are followed, or is not there at all.
    pub(super) fn reaches(&self, path: &Path) -> bool {
        match self.store.real(path) {
            Ok(real) => self.roots.iter().any(|root| real.starts_with(root)),
            Err(_) => true,
        }
    }
}

/// The name of the output folder that a `cdk.json` names, `cdk.out` unless it says otherwise.
pub(super) fn output_name(store: &Store, project: &Path) -> Option<String> {
    let text = read::decode(store.read(project).ok()?).whole()?;
    let document = syntax::parse(FileId(0), &text, "cdk.json");
    let root = document.root().filter(|root| root.kind() == Kind::Mapping)?;
    let output = root.get("output").and_then(Node::text).filter(|name| !name.is_empty());
    Some(output.unwrap_or("cdk.out").trim_end_matches('/').to_owned())
}

/// Whether git ignores all that lies in a folder: who names such a folder wants it read.
pub(super) fn is_hidden_by_git(root: &Path) -> bool {
    // A name that only patterns for everything match.
    let probe = root.join("rolecall~");
    for folder in root.ancestors() {
        let is_top = folder.join(".git").exists();
        let file = folder.join(".gitignore");
        // The top of a repository that ignores everything but a list is no hidden folder.
        if file.is_file() && !(is_top && folder == root) {
            let (matcher, _) = Gitignore::new(&file);
            let matched = matcher.matched_path_or_any_parents(&probe, false);
            if !matched.is_none() {
                return matched.is_ignore();
            }
        }
        if is_top {
            return false;
        }
    }
    false
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

/// What the system said, without the number of the error.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excludes(globs: &[&str], shown: &str) -> bool {
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        Exclude::new(&globs).unwrap().holds(shown, false)
    }

    #[test]
    fn globs_mean_what_they_mean_to_git() {
        assert!(excludes(&["vendor"], "a/vendor/b.yaml"));
        assert!(excludes(&["**/node_modules/**"], "a/node_modules/b.yaml"));
        assert!(excludes(&["infra/*.yaml"], "infra/b.yaml"));
        assert!(!excludes(&["infra/*.yaml"], "a/infra/b.yaml"));
        assert!(excludes(&["*.json"], "../lib/b.json"));
        assert!(!excludes(&[], "b.json"));
    }

    #[test]
    fn a_glob_that_means_nothing_is_an_error() {
        assert!(matches!(Exclude::new(&["a[".to_owned()]), Err(RunError::Exclude { glob, .. }) if glob == "a["));
    }

    fn found(files: &[(&str, &str)]) -> Found {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let exclude = Exclude::new(&[]).unwrap();
        in_memory(&Arc::new(Scope {
            store: Store::memory(files),
            exclude,
            gitignore: true,
            roots: vec![PathBuf::new()],
        }))
    }

    #[test]
    fn what_lies_in_an_assembly_is_read_through_its_manifest() {
        let found = found(&[
            ("a.yaml", ""),
            ("cdk.json", "{}"),
            ("cdk.out/cdk.out", ""),
            ("cdk.out/manifest.json", "{}"),
            ("cdk.out/asset.1/cdk.json", "{}"),
            ("cdk.out/A.template.json", "{}"),
        ]);
        assert_eq!(found.outputs, [Output::Assembly("cdk.out".into())]);
        let shown: Vec<_> = found.files.iter().map(|file| file.shown.as_str()).collect();
        assert_eq!(shown, ["a.yaml", "cdk.json"]);
    }

    #[test]
    fn the_output_is_looked_up_by_the_name_that_the_app_gives() {
        let dist = found(&[("x/cdk.json", r#"{"output": "dist/"}"#), ("x/dist/manifest.json", "{}")]);
        assert_eq!(dist.outputs, [Output::Assembly("x/dist".into())]);
        let failed = found(&[("cdk.json", "{}"), ("cdk.out/error.txt", "CannotX")]);
        assert_eq!(failed.outputs, [Output::Failed("cdk.out/error.txt".into())]);
        let missing = found(&[("x/cdk.json", "{}")]);
        assert_eq!(missing.outputs, [Output::Missing("x/cdk.json".into(), "x/cdk.out".to_owned())]);
    }
}
