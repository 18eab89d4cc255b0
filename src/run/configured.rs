//! The configuration of each file: the nearest one upward, or the one that was named.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::RunError;
use super::discover::{Scope, reason};
use super::gather::Files;
use super::read;
use super::store::Entry;
use crate::settings::{FILE, MOST_BYTES, Settings};
use crate::source::SourceFile;

/// A configuration that was read.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// The folder from which its paths start.
    folder: PathBuf,
    pub(super) settings: Settings,
}

impl Configuration {
    /// Where the sources of CDK apps lie.
    pub(super) fn source_root(&self) -> Option<PathBuf> {
        self.settings.source_root.as_ref().map(|root| self.folder.join(root))
    }
}

/// The configuration of each file, in the order of the files.
///
/// # Errors
/// Every mistake in every configuration that is used.
pub(super) fn of_files(
    scope: &Scope,
    files: &Files,
    named: Option<&Path>,
) -> Result<Vec<Arc<Configuration>>, RunError> {
    let mut finder = Finder { scope, nearest: HashMap::new(), read: BTreeMap::new(), faults: BTreeMap::new() };
    let named = named.map(|path| finder.read(&scope.store.absolute(path)));
    let none = Arc::new(Configuration::default());
    let of_one = |path: &Path| match &named {
        Some(named) => named.clone(),
        None => {
            let found = path.parent().and_then(|folder| finder.above(folder));
            found.map_or_else(|| none.clone(), |path| finder.read(&path))
        }
    };
    let configured = files.readings.iter().map(|reading| reading.path.as_path()).map(of_one).collect();
    let faults: Vec<String> = finder.faults.into_values().flatten().collect();
    if faults.is_empty() { Ok(configured) } else { Err(RunError::Settings(faults)) }
}

struct Finder<'s> {
    scope: &'s Scope,
    /// For a folder: the nearest configuration in it or upward.
    nearest: HashMap<PathBuf, Option<PathBuf>>,
    read: BTreeMap<PathBuf, Arc<Configuration>>,
    /// What is wrong, by file.
    faults: BTreeMap<PathBuf, Vec<String>>,
}

impl Finder<'_> {
    fn above(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.nearest.get(folder) {
            return known.clone();
        }
        let own = folder.join(FILE);
        let store = &self.scope.store;
        // Among texts there are no links, and to look for folders takes time.
        let entry = if store.is_disk() { store.entry(&own) } else { store.is_file(&own).then_some(Entry::File) };
        let found = match entry {
            Some(Entry::File) => Some(own),
            Some(Entry::Link) => {
                let message = "is a link, which is not followed; name the file with --config".to_owned();
                self.faults.insert(own.clone(), vec![format!("{} {message}", self.scope.store.shown(&own))]);
                None
            }
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
        let settings = text_of(self.scope, path).map_err(|message| vec![message]).and_then(|file| {
            let faults =
                |faults: Vec<crate::settings::Fault>| faults.iter().map(|fault| fault.in_file(&file)).collect();
            Settings::parse(file.text()).map_err(faults)
        });
        let settings = settings.unwrap_or_else(|faults| {
            self.faults.insert(path.to_owned(), faults);
            Settings::default()
        });
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let configuration = Arc::new(Configuration { folder, settings });
        self.read.insert(path.to_owned(), configuration.clone());
        configuration
    }
}

/// The text of a file that users wrote for this program.
///
/// # Errors
/// Why it cannot be read, as a sentence without its full stop.
pub(super) fn text_of(scope: &Scope, path: &Path) -> Result<SourceFile, String> {
    let shown = scope.store.shown(path);
    let bytes = scope.store.read(path).map_err(|error| format!("cannot read {shown}: {}", reason(&error)))?;
    if bytes.len() > MOST_BYTES {
        return Err(format!("{shown}:1:1: it has more than {MOST_BYTES} bytes, which is the most that is read"));
    }
    let text = read::decode(bytes).whole().ok_or_else(|| format!("{shown}:1:1: it is not UTF-8"))?;
    Ok(SourceFile::new(shown, text))
}
