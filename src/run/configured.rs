//! The configuration of each file: the nearest one upward, or the one that was named.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::RunError;
use super::discover::{Exclude, Found, Output, Scope, reason};
use super::gather::Files;
use super::read;
use super::store::Entry;
use crate::checks::Boundary;
use crate::settings::{FILE, Fault, Glob, MOST_BYTES, Settings};
use crate::source::SourceFile;

/// A name that no file has: a glob that holds it in a folder holds everything there.
const ANY_NAME: &str = "\u{1}";

/// A configuration that was read.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// Its file.
    pub(super) path: PathBuf,
    /// The folder from which its paths start.
    folder: PathBuf,
    /// Its path as shown and its text, for places in it.
    pub(super) source: Option<(String, Arc<str>)>,
    exclude: Exclude,
    /// Its globs, one by one.
    excluded: Vec<String>,
    policies: Exclude,
    /// For each `[[suppress]]` with a path, what it means.
    paths: Vec<Option<Exclude>>,
    pub(super) settings: Settings,
}

impl Configuration {
    /// Where the sources of CDK apps lie.
    pub(super) fn source_root(&self) -> Option<PathBuf> {
        self.settings.source_root.as_ref().map(|root| self.folder.join(root))
    }

    /// A path as the globs of this configuration see it.
    fn below(&self, path: &Path) -> Option<String> {
        let parts = path.strip_prefix(&self.folder).ok()?.components();
        Some(parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
    }

    fn excludes(&self, path: &Path, is_folder: bool) -> bool {
        !self.exclude.is_empty() && self.below(path).is_some_and(|path| self.exclude.holds(&path, is_folder))
    }

    /// Whether a path is left out that was met below `named`, a folder that the command line names: it is read,
    /// whatever glob leaves out the whole of it.
    fn excludes_below(&self, named: Option<&Path>, path: &Path, is_folder: bool) -> bool {
        if !self.excludes(path, is_folder) {
            return false;
        }
        let Some(named) = named.and_then(|named| self.below(named)).filter(|named| !named.is_empty()) else {
            return true;
        };
        let any = format!("{named}/{ANY_NAME}");
        let is_of_part = |glob: &&String| {
            Exclude::new(std::slice::from_ref(*glob)).is_ok_and(|one| !one.holds(&any, true) && !one.holds(&any, false))
        };
        let of_parts: Vec<String> = self.excluded.iter().filter(is_of_part).cloned().collect();
        let of_parts = Exclude::new(&of_parts).unwrap_or_default();
        self.below(path).is_some_and(|path| of_parts.holds(&path, is_folder))
    }

    fn is_policy(&self, path: &Path) -> bool {
        !self.policies.is_empty() && self.below(path).is_some_and(|path| self.policies.holds(&path, false))
    }

    /// Whether the `[[suppress]]` of this number speaks of a file.
    pub(super) fn speaks_of(&self, entry: usize, path: &Path) -> bool {
        match self.paths.get(entry) {
            Some(Some(glob)) => self.below(path).is_some_and(|path| glob.holds(&path, false)),
            Some(None) => true,
            None => false,
        }
    }
}

/// The configurations of a run, each read once.
pub(super) struct Configurations<'s> {
    scope: &'s Scope,
    /// The one to use in place of the nearest ones.
    named: Option<PathBuf>,
    /// For a folder: the nearest configuration in it or upward.
    nearest: HashMap<PathBuf, Option<PathBuf>>,
    read: BTreeMap<PathBuf, Arc<Configuration>>,
    /// What is wrong, by file.
    faults: BTreeMap<PathBuf, Vec<String>>,
    /// Those that something obeys.
    used: BTreeSet<PathBuf>,
    none: Arc<Configuration>,
}

impl<'s> Configurations<'s> {
    pub(super) fn new(scope: &'s Scope, named: Option<&Path>) -> Self {
        let named = named.map(|path| scope.store.absolute(path));
        let (nearest, read, faults, used) = (HashMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { scope, named, nearest, read, faults, used, none: Arc::default() }
    }

    /// Leaves out what the configurations leave out, and takes for named what they call policies. What the
    /// command line names is read all the same.
    pub(super) fn narrow(&mut self, found: &mut Found, named: &[PathBuf]) {
        let named: Vec<PathBuf> = named.iter().map(|path| self.scope.store.absolute(path)).collect();
        let above = |path: &Path| {
            named.iter().filter(|named| path.starts_with(named)).max_by_key(|named| named.as_os_str().len())
        };
        let mut left_out = Vec::new();
        found.files.retain(|file| {
            let own = self.of_path(&file.path);
            let is_kept = file.named || !own.excludes_below(above(&file.path).map(PathBuf::as_path), &file.path, false);
            let by = own.source.as_ref().map_or(FILE, |(path, _)| path);
            left_out.extend((!is_kept).then(|| format!("{}: excluded by {by}", file.shown)));
            is_kept
        });
        found.skipped.append(&mut left_out);
        for file in found.files.iter_mut().filter(|file| !file.named) {
            file.named = self.of_path(&file.path).is_policy(&file.path);
        }
        found.outputs.retain(|output| {
            let (path, is_folder) = match output {
                Output::Assembly(folder) => (folder, true),
                Output::Failed(file) | Output::Missing(file, _) => (file, false),
            };
            let is_named = named.iter().any(|named| match output {
                Output::Assembly(folder) => named == folder || named.parent() == Some(folder),
                Output::Failed(file) => Some(named.as_path()) == file.parent(),
                Output::Missing(project, _) => named == project,
            });
            is_named || !self.of_path(path).excludes_below(above(path).map(PathBuf::as_path), path, is_folder)
        });
    }

    /// The configuration of each file, in the order of the files.
    pub(super) fn of_files(&mut self, files: &Files) -> Vec<Arc<Configuration>> {
        files.readings.iter().map(|reading| self.obeyed(reading.path.parent())).collect()
    }

    /// The configuration nearest to the working directory, or the one that was named.
    pub(super) fn of_folder(&mut self, folder: &Path) -> Arc<Configuration> {
        self.obeyed(Some(folder))
    }

    /// Which configuration holds where, each a sentence without its full stop, where there are several.
    pub(super) fn told(&self) -> Vec<String> {
        if self.named.is_some() || self.used.len() < 2 {
            return Vec::new();
        }
        let told = self.used.iter().map(|path| {
            let folder = path.parent().map(|folder| self.scope.store.shown(folder)).unwrap_or_default();
            let nested = |other: &&PathBuf| {
                *other != path && other.parent().zip(path.parent()).is_some_and(|(a, b)| a.starts_with(b))
            };
            let but =
                if self.used.iter().any(|other| nested(&other)) { ", but for folders with their own" } else { "" };
            format!("{} holds for what is below {folder}{but}", self.scope.store.shown(path))
        });
        told.collect()
    }

    /// What configurations say that nothing comes of, each a sentence without its full stop.
    pub(super) fn without_effect(&self) -> Vec<String> {
        let read = self.used.iter().filter_map(|path| self.read.get(path));
        let of_one = |own: &Arc<Configuration>| {
            let trusted = &own.settings.trusted;
            let file = own.source.as_ref().map_or(FILE, |(path, _)| path);
            let message = format!("{file}: 'require-boundary' of [trust] has no effect in this version");
            (trusted.boundary != Boundary::NotAsked).then_some(message)
        };
        read.filter_map(of_one).collect()
    }

    /// # Errors
    /// Every mistake in every configuration that something obeys.
    pub(super) fn finish(self) -> Result<(), RunError> {
        let used = self.used;
        let faults = self.faults.into_iter().filter(|(path, _)| used.contains(path));
        let faults: Vec<String> = faults.flat_map(|(_, faults)| faults).collect();
        if faults.is_empty() { Ok(()) } else { Err(RunError::Settings(faults)) }
    }

    fn obeyed(&mut self, folder: Option<&Path>) -> Arc<Configuration> {
        match self.path_for(folder) {
            Some(path) => {
                self.used.insert(path.clone());
                self.read(&path)
            }
            None => self.none.clone(),
        }
    }

    fn of_path(&mut self, path: &Path) -> Arc<Configuration> {
        match self.path_for(path.parent()) {
            Some(path) => self.read(&path),
            None => self.none.clone(),
        }
    }

    fn path_for(&mut self, folder: Option<&Path>) -> Option<PathBuf> {
        self.named.clone().or_else(|| self.above(folder?))
    }

    fn above(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.nearest.get(folder) {
            return known.clone();
        }
        let own = folder.join(FILE);
        let store = &self.scope.store;
        // Among texts there are no links, and to look for folders takes time.
        let entry = if store.is_disk() { store.entry(&own) } else { store.is_file(&own).then_some(Entry::File) };
        let found = match entry {
            Some(Entry::File | Entry::Link) => Some(own),
            _ => folder.parent().and_then(|parent| self.above(parent)),
        };
        self.nearest.insert(folder.to_owned(), found.clone());
        found
    }

    /// Reads a configuration once. What is wrong with it is kept, and it counts as empty.
    fn read(&mut self, path: &Path) -> Arc<Configuration> {
        if let Some(read) = self.read.get(path) {
            return read.clone();
        }
        let configuration = self.parsed(path).unwrap_or_else(|faults| {
            self.faults.insert(path.to_owned(), faults);
            Configuration::default()
        });
        let configuration = Arc::new(configuration);
        self.read.insert(path.to_owned(), configuration.clone());
        configuration
    }

    fn parsed(&self, path: &Path) -> Result<Configuration, Vec<String>> {
        let store = &self.scope.store;
        if self.named.is_none() && store.is_disk() && store.entry(path) == Some(Entry::Link) {
            let message = "is a link, which is not followed; name the file with --config";
            return Err(vec![format!("{} {message}", store.shown(path))]);
        }
        let source = text_of(self.scope, path).map_err(|message| vec![message])?;
        let said = |faults: Vec<Fault>| faults.iter().map(|fault| fault.in_file(&source)).collect::<Vec<_>>();
        let settings = Settings::parse(source.text()).map_err(said)?;
        let mut faults = Vec::new();
        let mut globs = |globs: &[&Glob], anchored| compiled(globs, anchored, &mut faults);
        let lint = &settings.lint;
        let excluded = lint.exclude.iter().map(|glob| glob.text.clone()).collect();
        let exclude = globs(&lint.exclude.iter().collect::<Vec<_>>(), false);
        let policies = globs(&lint.policies.iter().collect::<Vec<_>>(), false);
        let paths = lint.suppress.iter().map(|entry| entry.path.as_ref().map(|glob| globs(&[glob], true))).collect();
        if !faults.is_empty() {
            return Err(said(faults));
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let path = path.to_owned();
        let source = Some((source.path().to_owned(), source.text().clone()));
        Ok(Configuration { path, folder, source, exclude, excluded, policies, paths, settings })
    }
}

/// Globs that mean what they mean in a `.gitignore`; an anchored one starts at the folder in any case.
fn compiled(globs: &[&Glob], anchored: bool, faults: &mut Vec<Fault>) -> Exclude {
    let mut texts = Vec::new();
    for glob in globs {
        let text = if anchored { format!("/{}", glob.text.trim_start_matches("./")) } else { glob.text.clone() };
        match Exclude::new(std::slice::from_ref(&text)) {
            Ok(_) => texts.push(text),
            Err(RunError::Exclude { message, .. }) => faults.push(Fault::new(glob.span, message)),
            Err(_) => {}
        }
    }
    Exclude::new(&texts).unwrap_or_default()
}

/// The text of a file that users wrote for this program.
///
/// # Errors
/// Why it cannot be read, as a sentence without its full stop.
pub(super) fn text_of(scope: &Scope, path: &Path) -> Result<SourceFile, String> {
    scope.store.has_say(path);
    text_of_other(scope, path)
}

/// The same of a file that may be none of these.
pub(super) fn text_of_other(scope: &Scope, path: &Path) -> Result<SourceFile, String> {
    let shown = scope.store.shown(path);
    let bytes = scope.store.look(path).map_err(|error| format!("cannot read {shown}: {}", reason(&error)))?;
    if bytes.len() > MOST_BYTES {
        return Err(format!("{shown}:1:1: it has more than {MOST_BYTES} bytes, which is the most that is read"));
    }
    let text = read::decode(bytes).whole().ok_or_else(|| format!("{shown}:1:1: it is not UTF-8"))?;
    Ok(SourceFile::new(shown, text))
}
