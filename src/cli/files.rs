//! Report files: written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
