//! The part of a path that stays the same wherever a project is checked out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Finds the folder of a template's project, asking the disk once for each folder.
#[derive(Debug, Default)]
pub(super) struct Projects {
    /// For a folder: the nearest one upward with a `rolecall.toml`, and the nearest with a `.git`.
    known: HashMap<PathBuf, (Option<PathBuf>, Option<PathBuf>)>,
}

impl Projects {
    /// The folder of a file's `rolecall.toml`, else of `.git`; none without either.
    pub(super) fn folder_of(&mut self, file: &Path) -> Option<PathBuf> {
        let (settings, repository) = self.above(file.parent()?);
        settings.or(repository)
    }

    /// A file's path from the folder of its `rolecall.toml`, else of `.git`; none without either.
    pub(super) fn path_in_project(&mut self, file: &Path) -> Option<String> {
        let below = file.strip_prefix(self.folder_of(file)?).ok()?;
        let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        Some(parts.join("/"))
    }

    fn above(&mut self, folder: &Path) -> (Option<PathBuf>, Option<PathBuf>) {
        if let Some(known) = self.known.get(folder) {
            return known.clone();
        }
        let (settings, repository) = folder.parent().map(|parent| self.above(parent)).unwrap_or_default();
        let here = |name: &str| folder.join(name).exists().then(|| folder.to_owned());
        let found = (here("rolecall.toml").or(settings), here(".git").or(repository));
        self.known.insert(folder.to_owned(), found.clone());
        found
    }
}
