//! Where no trace says what made a construct: the one line of all sources that has its id in quotes.
//!
//! Invariant: a guess is never a finding's place. Where not all sources could be searched there is none, since
//! another line may have the id too.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::finding::{Certainty, CodeLine, CodePoint, Finding, shown};
use crate::run::discover::Scope;
use crate::run::read;
use crate::source::SourceFile;

use super::workspace::{PROGRAMS, SOURCE, has_end};

/// Most files and bytes that are searched in a run.
const FILES: usize = 2_000;
const BYTES: u64 = 64 << 20;
/// Most files and folders of any kind that a run passes on the way to them, and the most folders in one another.
const ENTRIES: usize = 50_000;
const FOLDERS: usize = 64;
/// Longest id that is searched for, in bytes; nobody writes a longer one down.
const ID: usize = 256;
/// What an id may stand between.
const QUOTES: [char; 3] = ['\'', '"', '`'];
/// Folders of libraries and outputs, however git sees them.
const NEVER: [&str; 3] = ["node_modules", "site-packages", "cdk.out"];

/// The id of a construct as the user wrote it: the last part of its path below the stack that is no name of the
/// construct library's own.
pub(super) fn id_of<'p>(stack: &str, path: &'p str) -> Option<&'p str> {
    let below = path.strip_prefix(stack)?.strip_prefix('/')?;
    let id = below.rsplit('/').find(|part| !matches!(*part, "Resource" | "Default"))?;
    (!id.is_empty() && id.len() <= ID).then_some(id)
}

/// Ids to be searched for, and the findings that are about them.
pub(super) struct Wanted {
    scope: Arc<Scope>,
    /// Outputs, without links: what they hold is no source.
    outputs: HashSet<PathBuf>,
    /// By the folder of the sources, without links.
    roots: BTreeMap<PathBuf, Root>,
}

/// What is wanted of one folder.
struct Root {
    /// The folder as it was named.
    named: PathBuf,
    /// For each id the places of findings in their list.
    ids: BTreeMap<String, Vec<usize>>,
}

impl Wanted {
    pub(super) fn new(scope: Arc<Scope>, outputs: HashSet<PathBuf>) -> Self {
        Self { scope, outputs, roots: BTreeMap::new() }
    }

    /// Adds the id of a finding's construct, to be searched for below a folder.
    pub(super) fn add(&mut self, root: Option<(&Path, &Path)>, id: String, finding: usize) {
        let Some((named, real)) = root else { return };
        let root = || Root { named: named.to_owned(), ids: BTreeMap::new() };
        self.roots.entry(real.to_owned()).or_insert_with(root).ids.entry(id).or_default().push(finding);
    }

    /// Gives findings the lines that only they can mean, and says what was not searched.
    pub(super) fn guess(self, findings: &mut [Finding]) -> Vec<String> {
        let mut search = Search { left: Left::default(), scope: self.scope, outputs: Arc::new(self.outputs) };
        for (real, root) in &self.roots {
            for (id, at) in search.lines(real, root) {
                for finding in root.ids.get(id).into_iter().flatten() {
                    if let Some(finding) = findings.get_mut(*finding) {
                        finding.code = Some(Box::new(guessed(id, at.clone())));
                    }
                }
            }
        }
        search.left.bounds()
    }
}

fn guessed(id: &str, at: CodePoint) -> CodeLine {
    let says = format!("the only line with {} in quotes", shown(id));
    CodeLine { at, certainty: Certainty::Guess, says, helpers: Vec::new(), callers: Vec::new() }
}

/// What may still be searched.
struct Left {
    entries: usize,
    files: usize,
    bytes: u64,
    /// The first folder that could not be searched whole, as shown.
    unsearched: Option<String>,
    /// The first file that was left out for its size, as shown.
    too_large: Option<String>,
}

impl Default for Left {
    fn default() -> Self {
        Self { entries: ENTRIES, files: FILES, bytes: BYTES, unsearched: None, too_large: None }
    }
}

impl Left {
    /// Takes a file of this size; nothing where it is too much.
    fn take(&mut self, size: u64) -> Option<()> {
        self.files = self.files.checked_sub(1)?;
        self.bytes = self.bytes.checked_sub(size)?;
        Some(())
    }

    fn bounds(self) -> Vec<String> {
        let unsearched = self.unsearched.map(|root| {
            let most = format!("{FILES} sources, {} MiB and {ENTRIES} entries of folders", BYTES >> 20);
            format!("{root} has more than the {most} that are searched for constructs without a trace")
        });
        let too_large = self.too_large.map(|file| {
            format!("{file} is not searched for constructs without a trace: it is larger than {} MiB", SOURCE >> 20)
        });
        unsearched.into_iter().chain(too_large).collect()
    }
}

/// Where an id is in quotes.
enum Lines {
    One(CodePoint),
    Several,
}

/// The search of one run.
struct Search {
    scope: Arc<Scope>,
    outputs: Arc<HashSet<PathBuf>>,
    left: Left,
}

impl Search {
    /// For each id the only line that has it; none where a limit was reached.
    fn lines<'w>(&mut self, real: &Path, root: &'w Root) -> Vec<(&'w str, CodePoint)> {
        let mut lines: HashMap<&str, Lines> = HashMap::new();
        if self.search(real, root, &mut lines).is_none() {
            self.left.unsearched.get_or_insert_with(|| self.scope.store.shown(&root.named));
            return Vec::new();
        }
        let one = |(id, lines)| if let Lines::One(at) = lines { Some((id, at)) } else { None };
        lines.into_iter().filter_map(one).collect()
    }

    /// Searches all sources of a folder; nothing where there are too many.
    fn search<'w>(&mut self, real: &Path, root: &'w Root, lines: &mut HashMap<&'w str, Lines>) -> Option<()> {
        for path in self.sources(real)? {
            let Some(size) = self.scope.store.size(&path) else { continue };
            let named = path.strip_prefix(real).map_or_else(|_| path.clone(), |rest| root.named.join(rest));
            let shown = self.scope.store.shown(&named);
            if size > SOURCE {
                self.left.too_large = self.left.too_large.take().or(Some(shown));
                continue;
            }
            self.left.take(size)?;
            let text = self.scope.store.read(&path).ok().and_then(|bytes| read::decode(bytes).whole());
            if let Some(text) = text {
                search_text(&Arc::new(SourceFile::new(shown, text)), &root.ids, lines);
            }
        }
        Some(())
    }

    /// The files below a folder that are programs; nothing where there is too much to look through.
    fn sources(&mut self, root: &Path) -> Option<Vec<PathBuf>> {
        let mut sources = if self.scope.store.is_disk() { self.on_disk(root)? } else { self.in_memory(root) };
        // The first one that is too large is named: it shall be the same in every run.
        sources.sort();
        // None is read in vain.
        (sources.len() <= self.left.files).then_some(sources)
    }

    fn on_disk(&mut self, root: &Path) -> Option<Vec<PathBuf>> {
        let mut builder = self.scope.walker(root);
        builder.max_depth(Some(FOLDERS)).same_file_system(true);
        let (scope, outputs) = (self.scope.clone(), self.outputs.clone());
        builder.filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let enters = || scope.enters(entry) && !(is_folder && is_foreign(&scope, &outputs, entry.path()));
            entry.depth() == 0 || enters()
        });
        let mut sources = Vec::new();
        for entry in builder.build() {
            self.left.entries = self.left.entries.checked_sub(1)?;
            let Ok(entry) = entry else { continue };
            if entry.file_type().is_some_and(|kind| kind.is_file()) && has_end(entry.path(), &PROGRAMS) {
                sources.push(entry.into_path());
            }
        }
        Some(sources)
    }

    fn in_memory(&self, root: &Path) -> Vec<PathBuf> {
        let is_source = |path: &&Path| {
            let mut folders = path.ancestors().skip(1).take_while(|folder| *folder != root);
            path.starts_with(root)
                && has_end(path, &PROGRAMS)
                && !folders.any(|folder| is_foreign(&self.scope, &self.outputs, folder))
        };
        self.scope.store.texts().filter(is_source).map(Path::to_owned).collect()
    }
}

/// Whether a folder holds what others wrote: libraries, or the output of CDK.
fn is_foreign(scope: &Scope, outputs: &HashSet<PathBuf>, folder: &Path) -> bool {
    let is_never = folder.file_name().is_some_and(|name| NEVER.iter().any(|never| name == *never));
    is_never || outputs.contains(folder) || scope.is_assembly(folder)
}

fn search_text<'w>(file: &Arc<SourceFile>, ids: &'w BTreeMap<String, Vec<usize>>, lines: &mut HashMap<&'w str, Lines>) {
    let longest = ids.keys().map(String::len).max().unwrap_or_default();
    let (text, index) = (file.text(), file.lines());
    for line in (1..).take(index.len()) {
        let quoted = quoted(text.get(index.line_bytes(text, line)).unwrap_or_default());
        for (id, _) in quoted.filter(|quoted| quoted.len() <= longest).filter_map(|quoted| ids.get_key_value(quoted)) {
            let here = |at: &CodePoint| at.line == line && at.path == file.path();
            match lines.get(id.as_str()) {
                Some(Lines::One(at)) if here(at) => {}
                Some(_) => drop(lines.insert(id, Lines::Several)),
                None => drop(lines.insert(id, Lines::One(point(file, line)))),
            }
        }
    }
}

fn point(file: &Arc<SourceFile>, line: u32) -> CodePoint {
    let path = file.path().to_owned();
    CodePoint { function: String::new(), path, line, column: None, file: Some(file.clone()) }
}

/// All that stands between a quote and the next one of its kind.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    QUOTES.into_iter().flat_map(move |quote| {
        let before_last = line.rsplit_once(quote).map_or("", |(before, _)| before);
        before_last.split(quote).skip(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_what_the_user_wrote() {
        let of = |path| id_of("Dev/Auth", path);
        assert_eq!(of("Dev/Auth/Pool/AdminRole/Resource"), Some("AdminRole"));
        assert_eq!(of("Dev/Auth/AdminRole/Default"), Some("AdminRole"));
        assert_eq!(of("Dev/Auth/L1"), Some("L1"));
        // What is left would be the stack's, and not the resource's.
        assert_eq!(of("Dev/Auth/Resource"), None);
        assert_eq!(of("Dev/Auth"), None);
        assert_eq!(of("Dev/Author/Role"), None);
        assert_eq!(of("Dev/Auth//Resource"), None);
        assert_eq!(of(&format!("Dev/Auth/{}", "x".repeat(257))), None);
    }

    #[test]
    fn quotes_of_each_kind() {
        let of = |line| quoted(line).collect::<Vec<_>>();
        assert_eq!(of("new Role(this, 'A', \"it's\", `c`)"), ["A", ", \"it", "it's", "c"]);
        assert_eq!(of("'a"), [""; 0]);
        assert_eq!(of("''"), [""]);
        assert_eq!(of(""), [""; 0]);
    }

    /// `id path:line` of the guesses among these texts, below a folder.
    fn guesses(root: &str, ids: &[&str], files: &[(&str, &str)]) -> Vec<String> {
        let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let (store, exclude) = (crate::run::store::Store::memory(texts), crate::run::discover::Exclude::new(&[]));
        let scope = Scope { store, exclude: exclude.unwrap(), gitignore: true, roots: Vec::new() };
        let outputs = HashSet::from([PathBuf::from("out")]);
        let mut search = Search { scope: Arc::new(scope), outputs: Arc::new(outputs), left: Left::default() };
        let ids = ids.iter().map(|id| ((*id).to_owned(), vec![0])).collect();
        let wanted = Root { named: PathBuf::from(root), ids };
        let lines = search.lines(Path::new(root), &wanted).into_iter();
        let mut found: Vec<String> = lines.map(|(id, at)| format!("{id} {}:{}", at.path, at.line)).collect();
        found.extend(search.left.bounds());
        found.sort();
        found
    }

    #[test]
    fn one_line_of_all_sources() {
        let stack = ("lib/stack.ts", "\nnew Role(this, 'A');\nnew Role(this, \"B\"); // 'B' and \"B\"\n");
        assert_eq!(guesses("", &["A", "B", "C"], &[stack]), ["A lib/stack.ts:2", "B lib/stack.ts:3"]);
        // Two lines of one file, or of two.
        assert_eq!(guesses("", &["A"], &[("a.py", "'A'\n'A'\n'A'")]), [""; 0]);
        assert_eq!(guesses("", &["A", "B"], &[stack, ("a.py", "f('A')")]), ["B lib/stack.ts:3"]);
        // An id is searched for as it is and whole.
        let odd = ("a.ts", "'Role'\n'.*'\n'Roles'\n`a\"b`\n");
        assert_eq!(guesses("", &["Rol", "R.*", ".*", "[", "a\"b"], &[odd]), [".* a.ts:2", "a\"b a.ts:4"]);
        assert_eq!(guesses("", &["x\ny", "\u{1b}[31m", "'"], &[("a.ts", "'x\ny'\n'''\n")]), [""; 0]);
    }

    #[test]
    fn only_programs_of_the_user_below_the_root() {
        let text = "'A'";
        for elsewhere in [
            "app/a.json",
            "app/a",
            "other/a.ts",
            "app/node_modules/x/a.js",
            "app/venv/lib/site-packages/a.py",
            "app/cdk.out/asset.1/a.js",
        ] {
            let files = [("app/lib/a.ts", text), (elsewhere, text)];
            assert_eq!(guesses("app", &["A"], &files), ["A app/lib/a.ts:1"], "{elsewhere}");
            assert_eq!(guesses("app", &["A"], &files[1..]), [""; 0], "{elsewhere}");
        }
        // Outputs by other names: one that is read, and one that looks like it.
        let assembly =
            [("a.ts", text), ("x/cdk.out", ""), ("x/manifest.json", "{}"), ("x/a.ts", text), ("out/a.ts", text)];
        assert_eq!(guesses("", &["A"], &assembly), ["A a.ts:1"]);
    }

    #[test]
    fn what_is_not_searched_is_said() {
        let names: Vec<String> = (0..2_001).map(|number| format!("lib/{number:04}.ts")).collect();
        let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).chain([("a.ts", "'A'")]).collect();
        let said = guesses("", &["A"], &many);
        let most = "2000 sources, 64 MiB and 50000 entries of folders";
        assert_eq!(said, [format!(". has more than the {most} that are searched for constructs without a trace")]);
        assert_eq!(guesses("", &["A"], &many[2..]), ["A a.ts:1"]);

        let large = format!("'A'{}", " ".repeat(4 << 20));
        let said = "b.ts is not searched for constructs without a trace: it is larger than 4 MiB";
        assert_eq!(guesses("", &["A"], &[("a.ts", "'A'"), ("b.ts", &large)]), ["A a.ts:1", said]);
        let full = " ".repeat(4 << 20);
        let full: Vec<(&str, &str)> = names[..17].iter().map(|name| (name.as_str(), full.as_str())).collect();
        assert!(guesses("lib", &["A"], &full)[0].starts_with("lib has more than "));
        assert_eq!(guesses("lib", &["A"], &full[1..]), [""; 0]);
    }
}
