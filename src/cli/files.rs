//! Report files: written whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Whether each report, and the baseline that is to be written, has a file of its own.
///
/// # Errors
/// Which two go to one file.
pub(super) fn are_apart(reports: &[&Path], baseline: Option<&Path>) -> Result<(), String> {
    let mut taken = BTreeSet::new();
    let all = reports.iter().copied().chain(baseline).enumerate();
    let mut replaced = all.filter(|(_, path)| is_replaced(path));
    let Some((at, path)) = replaced.find(|(_, path)| !taken.insert(place(path))) else { return Ok(()) };
    let what = if at < reports.len() { "two reports" } else { "a report and the baseline" };
    Err(format!("{what} go to {}; give one of them another file", path.display()))
}

/// Whether no report takes the place of a file that the run read, by whatever path or link.
///
/// # Errors
/// The first one that would.
pub(super) fn spare(reports: &[&Path], read: &BTreeSet<PathBuf>) -> Result<(), String> {
    match reports.iter().find(|path| is_replaced(path) && read.contains(&place(path))) {
        Some(path) => {
            let path = path.display();
            Err(format!(
                "cannot write {path}: this run read it, and the report would take its place; give -o another file"
            ))
        }
        None => Ok(()),
    }
}

/// Whether writing to a path replaces what is there, as it does not for a pipe or `/dev/null`.
fn is_replaced(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |metadata| metadata.is_file())
}

/// A path without links, which is the same for each spelling of it, also where no file is there yet.
fn place(path: &Path) -> PathBuf {
    let new = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
    };
    fs::canonicalize(path).ok().or_else(new).unwrap_or_else(|| path.to_owned())
}

/// Writes every file, or, where one of them cannot be written, leaves all as they were.
///
/// # Errors
/// The path that failed, and why.
pub(super) fn write_all(files: &[(&Path, Vec<u8>)]) -> Result<(), (PathBuf, io::Error)> {
    let mut pending = Vec::new();
    for (path, bytes) in files {
        let one = Pending::write(path, bytes).map_err(|error| ((*path).to_owned(), error))?;
        pending.push((path, one));
    }
    for (path, one) in pending {
        one.keep().map_err(|error| ((*path).to_owned(), error))?;
    }
    Ok(())
}

/// A file that is complete but does not yet have its name; dropping it removes it.
#[derive(Debug)]
struct Pending {
    temporary: PathBuf,
    target: PathBuf,
    /// For what is no file, such as a pipe or `/dev/null`: it takes bytes, but cannot be replaced.
    direct: Option<Vec<u8>>,
    is_kept: bool,
}

impl Pending {
    fn write(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        // What a link points to is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let existing = fs::metadata(&target).ok();
        if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let temporary = temporary_beside(&target)?;
        if existing.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            return Ok(Self { temporary, target, direct: Some(bytes.to_vec()), is_kept: true });
        }
        let mut file = File::options().write(true).create_new(true).open(&temporary)?;
        let pending = Self { temporary, target, direct: None, is_kept: false };
        if let Some(metadata) = existing {
            file.set_permissions(metadata.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(pending)
    }

    fn keep(mut self) -> io::Result<()> {
        if let Some(bytes) = &self.direct {
            return File::options().write(true).open(&self.target)?.write_all(bytes);
        }
        fs::rename(&self.temporary, &self.target)?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A name in the same folder, since only within one file system a rename is one step.
fn temporary_beside(target: &Path) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let name = format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id());
    Ok(target.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "old").unwrap();
        let (a, missing) = (at("a"), at("no/b"));
        let (path, _) = write_all(&[(&a, b"new".to_vec()), (&missing, b"new".to_vec())]).unwrap_err();
        assert_eq!(path, missing);
        assert_eq!(fs::read_to_string(at("a")).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        write_all(&[(&a, b"new".to_vec()), (&at("b"), b"new".to_vec())]).unwrap();
        assert_eq!(fs::read_to_string(at("a")).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write_all(&[(folder.path(), Vec::new())]).is_err());
    }
}
