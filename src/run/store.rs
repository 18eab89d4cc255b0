//! Where files are: on the disk, or given as texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::read::LIMIT;

/// Entries of a folder that are looked through for files beside a template.
const MOST_FILES: usize = 10_000;

/// The files of a run.
#[derive(Debug)]
pub(super) struct Store {
    /// The working directory, from which paths are shown; empty where files are texts.
    cwd: PathBuf,
    /// Files given as texts; none means the disk.
    texts: Option<BTreeMap<PathBuf, String>>,
    /// Texts that stand in for files of the disk, by their paths without links.
    instead: BTreeMap<PathBuf, String>,
    /// Paths of the files that had a say, as they were asked for.
    used: Mutex<BTreeSet<PathBuf>>,
}

/// What a path leads to, links not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    File,
    Folder,
    Link,
    Other,
}

impl Store {
    /// The disk as it would be with these texts in place of files.
    pub(super) fn instead_of(cwd: PathBuf, instead: BTreeMap<PathBuf, String>) -> Self {
        Self { cwd, texts: None, instead, used: Mutex::default() }
    }

    pub(super) fn memory(files: Vec<(String, String)>) -> Self {
        let texts = files.into_iter().map(|(path, text)| (PathBuf::from(path), text)).collect();
        Self { cwd: PathBuf::new(), texts: Some(texts), instead: BTreeMap::new(), used: Mutex::default() }
    }

    /// The working directory; there is none where files are texts.
    pub(super) fn cwd(&self) -> Option<&Path> {
        self.texts.is_none().then_some(self.cwd.as_path())
    }

    /// Paths of the files given as texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Path> {
        self.texts.iter().flat_map(|texts| texts.keys().map(PathBuf::as_path))
    }

    /// What is there, if anything is.
    pub(super) fn entry(&self, path: &Path) -> Option<Entry> {
        let Some(texts) = &self.texts else { return disk_entry(path) };
        if texts.contains_key(path) {
            return Some(Entry::File);
        }
        texts.keys().any(|file| file.starts_with(path)).then_some(Entry::Folder)
    }

    /// Whether a regular file is there, links followed.
    pub(super) fn is_file(&self, path: &Path) -> bool {
        match &self.texts {
            Some(texts) => texts.contains_key(path),
            None => path.is_file(),
        }
    }

    /// Whether anything is at a path, links followed; what cannot be looked at counts as there.
    pub(super) fn is_there(&self, path: &Path) -> bool {
        match &self.texts {
            Some(texts) => texts.contains_key(path),
            None => self.cwd.join(path).try_exists().unwrap_or(true),
        }
    }

    /// Names of the files in a folder, links left out; none where there are more than are looked through.
    pub(super) fn files_in(&self, folder: &Path) -> Vec<String> {
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
        let mut names: Vec<String> = match &self.texts {
            Some(texts) => {
                texts.keys().filter(|path| path.parent() == Some(folder)).filter_map(|path| name(path)).collect()
            }
            None => {
                let entries = fs::read_dir(folder).into_iter().flatten().take(MOST_FILES + 1).flatten();
                let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
                files.filter_map(|entry| name(&entry.path())).collect()
            }
        };
        if names.len() > MOST_FILES {
            names.clear();
        }
        names.sort();
        names
    }

    /// Whether paths are those of the disk.
    pub(super) fn is_disk(&self) -> bool {
        self.texts.is_none()
    }

    /// The bytes of a file that has a say in the run, at most one more than the limit.
    pub(super) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.has_say(path);
        self.look(path)
    }

    /// A file has a say in the run: no report may take its place.
    pub(super) fn has_say(&self, path: &Path) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
    }

    /// The files that had a say, by their paths without links.
    pub(super) fn used(&self) -> BTreeSet<PathBuf> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.iter().filter_map(|path| self.real(path).ok()).collect()
    }

    /// The bytes of a file that may turn out to have no say, such as a report of a run before.
    pub(super) fn look(&self, path: &Path) -> io::Result<Vec<u8>> {
        match &self.texts {
            Some(texts) => {
                let text = texts.get(path).ok_or(io::ErrorKind::NotFound)?;
                Ok(text.as_bytes().to_vec())
            }
            None => {
                let instead = || self.instead.get(&fs::canonicalize(path).ok()?);
                if let Some(text) = Some(()).filter(|()| !self.instead.is_empty()).and_then(|()| instead()) {
                    return Ok(text.as_bytes().to_vec());
                }
                let mut bytes = Vec::new();
                File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }

    /// Bytes of a file, links followed.
    pub(super) fn size(&self, path: &Path) -> Option<u64> {
        match &self.texts {
            Some(texts) => texts.get(path).map(|text| text.len() as u64),
            None => fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len()),
        }
    }

    /// When a file was last written; texts have no time.
    pub(super) fn modified(&self, path: &Path) -> Option<SystemTime> {
        self.texts.is_none().then(|| fs::metadata(path).ok()?.modified().ok())?
    }

    /// The path without links, which is the same however a file was reached.
    pub(super) fn real(&self, path: &Path) -> io::Result<PathBuf> {
        match &self.texts {
            Some(_) if self.entry(path).is_none() => Err(io::ErrorKind::NotFound.into()),
            Some(_) => Ok(path.to_owned()),
            None => fs::canonicalize(path),
        }
    }

    /// A path given on the command line, from the root of the disk. The same place has the same path.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        let path: PathBuf = self.cwd.join(path).components().filter(|part| *part != Component::CurDir).collect();
        if path.components().any(|part| part == Component::ParentDir) {
            // `a/..` is not nothing where `a` is a link: only the disk knows.
            return self.real(&path).unwrap_or(path);
        }
        path
    }

    /// The path as reports show it: from the working directory, with `/`.
    pub(super) fn shown(&self, path: &Path) -> String {
        relative(&self.absolute(path), &self.cwd)
    }
}

fn disk_entry(path: &Path) -> Option<Entry> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    Some(match () {
        () if kind.is_file() => Entry::File,
        () if kind.is_dir() => Entry::Folder,
        () if kind.is_symlink() => Entry::Link,
        () => Entry::Other,
    })
}

/// The way from one folder to a path, both without `.` and `..`.
pub(super) fn relative(path: &Path, from: &Path) -> String {
    relative_text(&path.to_string_lossy(), &from.to_string_lossy(), cfg!(windows))
}

/// The same for paths as texts, on Windows or elsewhere. From one drive to another there is no way but the whole path.
fn relative_text(path: &str, from: &str, windows: bool) -> String {
    let ((root, path), (home, from)) = (parts(path, windows), parts(from, windows));
    if root != home {
        return root + &path.join("/");
    }
    let is_same = |(a, b): &(&&str, &&str)| if windows { a.eq_ignore_ascii_case(b) } else { a == b };
    let common = path.iter().zip(&from).take_while(is_same).count();
    let up = from.iter().skip(common).map(|_| "..");
    let parts: Vec<&str> = up.chain(path.iter().skip(common).copied()).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// The root of a path, with `/`, and its parts. On Windows `\\?\` before a drive or a share changes nothing
/// (Microsoft, Naming Files, Paths, and Namespaces).
fn parts(path: &str, windows: bool) -> (String, Vec<&str>) {
    if !windows {
        let root = if path.starts_with('/') { "/" } else { "" };
        return (root.to_owned(), path.split('/').filter(|part| !part.is_empty()).collect());
    }
    let is_share = path.starts_with(r"\\?\UNC\") || path.starts_with(r"\\") && !path.starts_with(r"\\?\");
    let bare = path.strip_prefix(r"\\?\UNC\").or_else(|| path.strip_prefix(r"\\?\")).unwrap_or(path);
    let (root, rest) = match bare.split_once(':') {
        Some((drive, rest)) if drive.len() == 1 && !is_share => (format!("{}:/", drive.to_ascii_uppercase()), rest),
        _ if is_share => ("//".to_owned(), bare),
        _ if bare.starts_with(['/', '\\']) => ("/".to_owned(), bare),
        _ => (String::new(), bare),
    };
    (root, rest.split(['/', '\\']).filter(|part| !part.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_working_directory() {
        let shown = |path: &str| relative(Path::new(path), Path::new("/srv/app"));
        assert_eq!(shown("/srv/app/infra/a.yaml"), "infra/a.yaml");
        assert_eq!(shown("/srv/lib/a.yaml"), "../lib/a.yaml");
        assert_eq!(shown("/srv/app"), ".");
        assert_eq!(
            Store::instead_of("/srv/app".into(), BTreeMap::new()).shown(Path::new("./infra/./a.yaml")),
            "infra/a.yaml"
        );
        assert_eq!(Store::memory(Vec::new()).shown(Path::new("a/b.yaml")), "a/b.yaml");
    }

    #[test]
    fn paths_of_windows_are_shown_with_slashes() {
        let shown = |path: &str| relative_text(path, r"C:\src\app", true);
        assert_eq!(shown(r"C:\src\app\infra\a.yaml"), "infra/a.yaml");
        assert_eq!(shown(r"c:\SRC\app/infra\a.yaml"), "infra/a.yaml");
        // As the disk gives a path back.
        assert_eq!(shown(r"\\?\C:\src\app\cdk.out\A.template.json"), "cdk.out/A.template.json");
        assert_eq!(shown(r"C:\src\lib\a.yaml"), "../lib/a.yaml");
        assert_eq!(shown(r"C:\src\app"), ".");
        assert_eq!(shown(r"D:\other\a.yaml"), "D:/other/a.yaml");
        assert_eq!(shown(r"\\server\share\a.yaml"), "//server/share/a.yaml");
        assert_eq!(shown(r"\\?\UNC\server\share\a.yaml"), "//server/share/a.yaml");
        let on_share = |path: &str| relative_text(path, r"\\server\share\app", true);
        assert_eq!(on_share(r"\\?\UNC\server\share\app\a.yaml"), "a.yaml");
        // Elsewhere a backslash is a letter like any other.
        assert_eq!(relative_text(r"/srv/app/a\b.yaml", "/srv/app", false), r"a\b.yaml");
    }
}
