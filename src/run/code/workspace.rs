//! The sources of a program, below one folder: which of them a trace of another machine means, and their text.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::finding::CodePoint;
use crate::run::read;
use crate::run::store::Store;
use crate::source::{FileId, SourceFile};
use crate::syntax::parse_json;
use crate::template::source_map::{MapAt, SourceMap, beside, map_of};
use crate::template::trace::{Frame, parts};

/// Largest source that is shown or searched, and largest script or map that is read, in bytes.
pub(super) const SOURCE: u64 = 4 << 20;
const SCRIPT: u64 = 16 << 20;
/// Most files and bytes that are read for all programs of a run.
const FILES: usize = 1_000;
const BYTES: u64 = 256 << 20;
/// Most files of one program that are looked at to learn where it was built.
pub(super) const NAMED: usize = 1_000;
/// Most folders of a path.
const FOLDERS: usize = 64;

/// Ends of the names of programs. A trace may name anything, and what it names is shown.
pub(super) const PROGRAMS: [&str; 17] = [
    "ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "py", "java", "kt", "cs", "fs", "vb", "go", "scala", "groovy",
];
/// Those of scripts, which may be made from something else.
const SCRIPTS: [&str; 4] = ["js", "jsx", "mjs", "cjs"];

/// What may still be read.
#[derive(Debug)]
pub(super) struct Budget {
    files: usize,
    bytes: u64,
    is_spent: bool,
    /// A file that is larger than what is read of it.
    too_large: Option<String>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { files: FILES, bytes: BYTES, is_spent: false, too_large: None }
    }
}

impl Budget {
    /// Reads a text of at most so many bytes.
    fn read(&mut self, store: &Store, path: &Path, most: u64) -> Option<Arc<str>> {
        let size = store.size(path)?;
        if size > most {
            self.too_large.get_or_insert_with(|| store.shown(path));
            return None;
        }
        if self.files == 0 || self.bytes < size {
            self.is_spent = true;
            return None;
        }
        self.files -= 1;
        self.bytes -= size;
        read::decode(store.read(path).ok()?).whole().filter(|text| text.len() as u64 <= most)
    }

    /// The sentence about what was not read.
    pub(super) fn bound(self) -> Option<String> {
        if self.is_spent {
            return Some(format!("only {FILES} files and {} MiB of the sources of CDK apps are read", BYTES >> 20));
        }
        let path = self.too_large?;
        let (source, script) = (SOURCE >> 20, SCRIPT >> 20);
        Some(format!(
            "{path} is not shown: sources are read up to {source} MiB, scripts and source maps up to {script} MiB"
        ))
    }
}

/// A folder with sources.
pub(super) struct Workspace<'s> {
    store: &'s Store,
    /// As it was named.
    root: PathBuf,
    /// Without links: what leads out of it is refused.
    real: Option<PathBuf>,
    /// The folder of the other machine that is the same as this one.
    built_in: Option<Vec<String>>,
    sources: HashMap<PathBuf, Option<Arc<SourceFile>>>,
    /// By the path of the script as a trace has it.
    maps: HashMap<Arc<str>, Option<Rc<Mapping>>>,
}

/// A source map, and what its names are relative to: a path of the other machine.
struct Mapping {
    file: String,
    map: SourceMap,
}

impl<'s> Workspace<'s> {
    /// The sources below a folder, of a program whose traces name these files.
    pub(super) fn new(store: &'s Store, root: PathBuf, named: &[&str]) -> Self {
        let real = store.real(&root).ok();
        let (sources, maps) = (HashMap::new(), HashMap::new());
        let mut workspace = Self { store, root, real, built_in: None, sources, maps };
        workspace.built_in = workspace.learn(named);
        workspace
    }

    /// The folder that most of the files were in when they are those below this one.
    fn learn(&self, named: &[&str]) -> Option<Vec<String>> {
        let mut votes: HashMap<Vec<String>, usize> = HashMap::new();
        let here = self.real.as_ref()?.to_string_lossy();
        let here: Vec<&str> = parts(&here).collect();
        for steps in named.iter().take(NAMED).filter_map(|file| steps(file)) {
            // It may well be this machine.
            let built_here = Some(here.len()).filter(|above| steps.len() > *above && steps.starts_with(&here));
            let mut aboves = built_here.into_iter().chain(0..steps.len());
            if let Some(above) = aboves.find(|above| self.is_here(&steps[*above..])) {
                *votes.entry(steps[..above].iter().map(|step| (*step).to_owned()).collect()).or_default() += 1;
            }
        }
        let best = votes.into_iter().max_by(|(a, x), (b, y)| (x, b.len(), b).cmp(&(y, a.len(), a)));
        best.map(|(folder, _)| folder)
    }

    fn is_here(&self, steps: &[&str]) -> bool {
        self.inside(&self.root.join(steps.iter().collect::<PathBuf>())).is_some()
    }

    /// A file below the root, without links; nothing where it leads out.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let real = self.store.real(path).ok()?;
        (real.starts_with(self.real.as_ref()?) && self.store.is_file(&real)).then_some(real)
    }

    /// The file of a trace, as named and without links: in the folder that was learnt; else, of a file that
    /// was in none of its folders, where the longest end of its path leads to. A mere name is no way to it.
    pub(super) fn locate(&self, file: &str) -> Option<(PathBuf, PathBuf)> {
        let steps = steps(file)?;
        let found = |steps: &[&str]| {
            let path = self.root.join(steps.iter().collect::<PathBuf>());
            Some((path.clone(), self.inside(&path)?))
        };
        let was_in =
            |built_in: &&[String]| steps.len() > built_in.len() && steps.iter().zip(*built_in).all(|(a, b)| a == b);
        if let Some(built_in) = self.built_in.as_deref().filter(was_in) {
            return found(&steps[built_in.len()..]);
        }
        (0..steps.len().saturating_sub(1)).find_map(|above| found(&steps[above..]))
    }

    /// A line of a trace as a point of a source, if it is there.
    pub(super) fn point(&mut self, frame: &Frame, budget: &mut Budget) -> CodePoint {
        let function = frame.function.to_string();
        let original = self.original(frame, budget);
        let shown = original.and_then(|(file, line, column)| self.here(&file, line, Some(column), budget));
        let shown = shown.or_else(|| self.here(&frame.file, frame.line, frame.column, budget));
        let absent = || CodePoint {
            function: String::new(),
            path: frame.file.to_string(),
            line: frame.line,
            column: frame.column,
            file: None,
        };
        CodePoint { function, ..shown.unwrap_or_else(absent) }
    }

    /// The point, where its file is below the root, is a program and has such a line.
    fn here(&mut self, file: &str, line: u32, column: Option<u32>, budget: &mut Budget) -> Option<CodePoint> {
        let (path, real) = self.locate(file)?;
        if !has_end(&path, &PROGRAMS) || !has_end(&real, &PROGRAMS) {
            return None;
        }
        let source = self.source(&path, real, budget)?;
        let index = source.lines();
        if line as usize > index.len() {
            return None;
        }
        let text = source.text().get(index.line_bytes(source.text(), line))?;
        let column = column.and_then(|column| in_characters(text, column));
        Some(CodePoint { function: String::new(), path: source.path().to_owned(), line, column, file: Some(source) })
    }

    fn source(&mut self, path: &Path, real: PathBuf, budget: &mut Budget) -> Option<Arc<SourceFile>> {
        if let Some(known) = self.sources.get(&real) {
            return known.clone();
        }
        let text = budget.read(self.store, &real, SOURCE);
        let source = text.map(|text| Arc::new(SourceFile::new(self.store.shown(path), text)));
        self.sources.insert(real, source.clone());
        source
    }

    /// What a line of a script was made from, as the other machine had it.
    fn original(&mut self, frame: &Frame, budget: &mut Budget) -> Option<(String, u32, u32)> {
        let mapping = self.mapping(&frame.file, budget)?;
        let mapped = mapping.map.original(frame.line, frame.column)?;
        Some((beside(&mapping.file, mapped.source)?, mapped.line, mapped.column))
    }

    /// The sources of a script, as the other machine had them.
    pub(super) fn originals(&mut self, script: &str, budget: &mut Budget) -> Vec<String> {
        let Some(mapping) = self.mapping(&Arc::from(script), budget) else { return Vec::new() };
        mapping.map.sources().take(NAMED).filter_map(|source| beside(&mapping.file, source)).collect()
    }

    /// The map of a script, read once.
    fn mapping(&mut self, script: &Arc<str>, budget: &mut Budget) -> Option<Rc<Mapping>> {
        if let Some(known) = self.maps.get(script) {
            return known.clone();
        }
        let read = self.read_mapping(script, budget).map(Rc::new);
        self.maps.insert(script.clone(), read.clone());
        read
    }

    fn read_mapping(&self, script: &str, budget: &mut Budget) -> Option<Mapping> {
        let (_, real) =
            self.locate(script).filter(|(path, real)| has_end(path, &SCRIPTS) && has_end(real, &SCRIPTS))?;
        let (file, json) = match map_of(&budget.read(self.store, &real, SCRIPT)?)? {
            MapAt::Inline(json) => (script.to_owned(), Arc::from(json)),
            MapAt::File(name) => {
                let file = beside(script, &name)?;
                let (_, real) = self.locate(&file)?;
                (file, budget.read(self.store, &real, SCRIPT)?)
            }
        };
        let map = SourceMap::read(parse_json(FileId(0), &json).root()?)?;
        Some(Mapping { file, map })
    }

    /// The folder, as it was named and without links; nothing where there is none.
    pub(super) fn root(&self) -> Option<(&Path, &Path)> {
        Some((&self.root, self.real.as_deref()?))
    }

    /// When a file that is located was last written.
    pub(super) fn modified(&self, real: &Path) -> Option<std::time::SystemTime> {
        self.store.modified(real)
    }

    /// A path as reports show it.
    pub(super) fn shown(&self, path: &Path) -> String {
        self.store.shown(path)
    }
}

/// Folders and name of a path, where each of them is one.
fn steps(file: &str) -> Option<Vec<&str>> {
    let steps: Vec<&str> = parts(file).take(FOLDERS + 1).collect();
    let drive = steps.first().is_some_and(|first| first.len() == 2 && first.ends_with(':'));
    // A colon would start a path anew on Windows.
    let is_name = |step: &&str| *step != ".." && !step.contains([':', '\0']);
    let all_names = steps.iter().skip(usize::from(drive)).all(is_name);
    (steps.len() <= FOLDERS && !steps.is_empty() && all_names).then_some(steps)
}

pub(super) fn has_end(path: &Path, ends: &[&str]) -> bool {
    path.extension().and_then(|end| end.to_str()).is_some_and(|end| ends.contains(&end))
}

/// A column in UTF-16 units as one in characters; nothing where the line is shorter.
fn in_characters(line: &str, column: u32) -> Option<u32> {
    let mut left = column.checked_sub(1)? as usize;
    let mut characters = 1;
    // A byte order mark is none of the line's text to whoever counts columns.
    for c in line.trim_start_matches('\u{feff}').chars() {
        if left < c.len_utf16() {
            return Some(characters);
        }
        left -= c.len_utf16();
        characters += 1;
    }
    (left == 0).then_some(characters)
}

#[cfg(test)]
mod tests {
    use super::in_characters;

    #[test]
    fn columns_of_traces_count_in_utf_16() {
        assert_eq!(in_characters("a😀b", 1), Some(1));
        assert_eq!(in_characters("a😀b", 4), Some(3));
        assert_eq!(in_characters("a😀b", 5), Some(4));
        assert_eq!(in_characters("a😀b", 6), None);
        assert_eq!(in_characters("", 0), None);
    }
}
