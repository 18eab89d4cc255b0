//! Cloud assemblies from the disk: what their manifests name, and nothing else.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::discover::{Output, Scope, reason};
use super::read::{self, Input, Reached, Verdict};
use crate::checks::Problem;
use crate::finding::shown;
use crate::settings::suppress;
use crate::source::{FileId, Span};
use crate::syntax::{self, Document, Node};
use crate::template::assembly::{self, NamedFile, Refused, StackArtifact};
use crate::template::trace::Traces;

/// Deepest nesting of assemblies in one another, and of stacks in one another.
const DEPTH: usize = 32;
/// Most stacks of one assembly; nesting can multiply a few files without end.
const STACKS: usize = 10_000;

/// Why a file that is not there is refused.
const MISSING: &str = "is not there";

/// What one output folder came to.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) inputs: Vec<Input>,
    pub(super) stacks: Vec<Stack>,
    /// What an assembly says of the program that wrote it.
    pub(super) program: Option<Program>,
    /// Limits that were reached, each a sentence without its full stop.
    pub(super) bounds: Vec<String>,
}

/// What an assembly says of the program that wrote it.
#[derive(Debug)]
pub(super) struct Program {
    /// The outermost folder, as it was found.
    pub(super) folder: PathBuf,
    pub(super) traces: Traces,
    /// The tree of its constructs, relative to the folder; untrusted.
    pub(super) tree: Option<String>,
}

/// One stack of an assembly, before files have numbers.
#[derive(Clone, Debug)]
pub(super) struct Stack {
    /// The key of its template among the inputs.
    pub(super) key: PathBuf,
    pub(super) artifact: Arc<StackArtifact>,
    /// Logical ids of the nested stacks from the artifact's template to this one.
    pub(super) nested: Vec<String>,
    /// Its place in [`Loaded::stacks`] of the stack that nests it.
    pub(super) parent: Option<usize>,
}

/// Reads what one output folder holds.
pub(super) fn load(scope: &Scope, output: &Output) -> Loaded {
    match output {
        Output::Assembly(folder) => Loader::load(scope, folder),
        Output::Failed(error) => single(scope, error, |text| vec![failed(text)]),
        Output::Missing(project, output) => {
            single(scope, project, |_| vec![Problem::NotSynthesised { output: output.clone() }])
        }
    }
}

/// A file that is no template, with what is wrong with it.
fn single(scope: &Scope, path: &Path, problems: impl FnOnce(&str) -> Vec<Problem>) -> Loaded {
    let text = scope.store.read(path).ok().and_then(|bytes| read::decode(bytes).whole()).unwrap_or_default();
    let shown = scope.store.shown(path);
    let is_json = shown.ends_with(".json");
    let document = is_json.then(|| syntax::parse_json(FileId(0), &text));
    let problems = problems(&text);
    let key = scope.store.real(path).unwrap_or_else(|_| path.to_owned());
    Loaded { inputs: vec![Input { key, shown, text, document, is_template: false, problems }], ..Loaded::default() }
}

/// What an `error.txt` says: the name of the error.
fn failed(text: &str) -> Problem {
    let said = text.lines().next().unwrap_or("").trim_end();
    let message = match said.trim() {
        "" => "cdk synth failed here, so no stack of this app was checked".to_owned(),
        name => format!("cdk synth failed with {}, so no stack of this app was checked", shown(name)),
    };
    Problem::SynthesisFailed { span: Span::new(0, said.len()), message }
}

struct Loader<'s> {
    scope: &'s Scope,
    /// The outermost folder, without links: what leads out of it is refused.
    root: PathBuf,
    inputs: BTreeMap<PathBuf, Input>,
    folders: HashSet<PathBuf>,
    stacks: Vec<Stack>,
    traces: Traces,
    tree: Option<String>,
    is_full: bool,
    /// A metadata file over the limit.
    too_large: Option<String>,
}

/// What helps to find the templates of nested stacks.
struct Hints<'m> {
    folder: &'m Path,
    artifact: &'m StackArtifact,
    metadata: Option<Node<'m>>,
    /// The asset manifest, read when the first nested stack asks for it.
    assets: OnceCell<Option<Document>>,
}

impl<'s> Loader<'s> {
    fn load(scope: &'s Scope, folder: &Path) -> Loaded {
        let root = scope.store.real(folder).unwrap_or_else(|_| folder.to_owned());
        let (inputs, folders, stacks) = (BTreeMap::new(), HashSet::new(), Vec::new());
        let (traces, tree) = (Traces::default(), None);
        let mut loader = Self { scope, root, inputs, folders, stacks, traces, tree, is_full: false, too_large: None };
        if let Ok(key) = scope.store.real(&folder.join("manifest.json")) {
            loader.assembly(folder, key, 0);
        }
        let shown = scope.store.shown(folder);
        let mut bounds = Vec::new();
        if loader.is_full {
            bounds.push(format!("{shown}: only its first {STACKS} stacks are read"));
        }
        if loader.traces.is_full() {
            bounds.push(format!("{shown}: its traces have too many lines, of which only the first are read"));
        }
        bounds.extend(loader.too_large.map(|file| {
            format!("{file} is larger than 64 MiB, so that the lines of the app that it names are not known")
        }));
        let program = Program { folder: folder.to_owned(), traces: loader.traces.settled(), tree: loader.tree };
        let (inputs, stacks) = (loader.inputs.into_values().collect(), loader.stacks);
        Loaded { inputs, stacks, program: Some(program), bounds }
    }

    /// One folder with a manifest, of which the key is the path without links, and the assemblies inside it.
    fn assembly(&mut self, folder: &Path, key: PathBuf, depth: usize) {
        if !self.folders.insert(key.clone()) {
            return;
        }
        let shown = self.scope.store.shown(&folder.join("manifest.json"));
        let mut input =
            Input { key, shown, text: Arc::from(""), document: None, is_template: false, problems: Vec::new() };
        match self.manifest(&input.key) {
            Ok(document) => {
                input.text = document.text().clone();
                input.problems = self.follow(folder, &document, depth);
                input.document = Some(document);
            }
            Err((text, problem)) => {
                input.text = text;
                input.problems.push(problem);
            }
        }
        self.inputs.insert(input.key.clone(), input);
    }

    fn manifest(&self, path: &Path) -> Result<Document, (Arc<str>, Problem)> {
        let bytes = self.scope.store.read(path).map_err(|error| (Arc::from(""), cannot_read(&error)))?;
        let text = read::decode(bytes).into_parts()?;
        let document = syntax::parse_json(FileId(0), &text);
        match read::first_error(&document) {
            Some(problem) => Err((text, problem)),
            None => Ok(document),
        }
    }

    /// Reads what a manifest names, and tells what of it is not there.
    fn follow(&mut self, folder: &Path, document: &Document, depth: usize) -> Vec<Problem> {
        let manifest = assembly::read(document);
        let mut problems = Vec::new();
        if depth == 0 {
            self.tree = manifest.tree_file;
        }
        for stack in manifest.stacks {
            match self.resolve(folder, &stack.template_file) {
                Ok(path) if self.scope.store.is_file(&path) => {
                    problems.extend(self.refused_side_files(folder, &stack));
                    let metadata = assembly::inline_metadata(document, &stack.artifact_id);
                    self.top_stack(folder, &path, Arc::new(stack), metadata);
                }
                Ok(_) => problems.push(not_there(&stack.template_file, "is no file")),
                Err(problem) => problems.push(problem),
            }
        }
        for nested in manifest.nested {
            match self.nested_manifest(folder, &nested) {
                Ok(key) if depth < DEPTH => self.assembly(&folder.join(&nested.path), key, depth + 1),
                Ok(_) => problems.push(not_there(&nested, "is nested too deeply")),
                Err(problem) => problems.push(problem),
            }
        }
        problems
    }

    /// The manifest of an assembly that a manifest names, without links. The folder may lie inside and its
    /// manifest still lead out.
    fn nested_manifest(&self, folder: &Path, nested: &NamedFile) -> Result<PathBuf, Problem> {
        let inner = self.resolve(folder, nested)?;
        if self.scope.store.entry(&inner.join("manifest.json")).is_none() {
            return Err(not_there(nested, "holds no manifest.json"));
        }
        let named = NamedFile { path: format!("{}/manifest.json", nested.path), span: nested.span };
        let path = self.resolve(folder, &named)?;
        if self.scope.store.is_file(&path) { Ok(path) } else { Err(not_there(&named, "is no file")) }
    }

    /// What is wrong with the files that only help, where somebody meant them to be something else.
    fn refused_side_files(&self, folder: &Path, stack: &StackArtifact) -> Vec<Problem> {
        let files = [&stack.metadata_file, &stack.assets_file].into_iter().flatten();
        let refused = files.filter_map(|file| {
            let why = match self.reach(folder, file) {
                Ok(path) if self.scope.store.is_file(&path) => return None,
                Ok(_) => "is no file",
                Err(MISSING) => return None,
                Err(why) => why,
            };
            let message = format!("a file of a stack was not read: {} {why}", shown(file));
            Some(Problem::SynthesisFailed { span: stack.template_file.span, message })
        });
        refused.collect()
    }

    /// The file that a manifest or template names, without links; never one outside of the assembly.
    fn resolve(&self, folder: &Path, named: &NamedFile) -> Result<PathBuf, Problem> {
        self.reach(folder, &named.path).map_err(|reason| not_there(named, reason))
    }

    fn reach(&self, folder: &Path, path: &str) -> Result<PathBuf, &'static str> {
        assembly::local_path(path).map_err(why)?;
        let real = self.scope.store.real(&folder.join(path)).map_err(|_| MISSING)?;
        if real.starts_with(&self.root) { Ok(real) } else { Err("leads out of the output folder") }
    }

    fn top_stack(&mut self, folder: &Path, path: &Path, artifact: Arc<StackArtifact>, inline: Option<Node<'_>>) {
        let metadata_file = artifact.metadata_file.as_deref();
        let metadata = metadata_file.and_then(|file| self.side_file(folder, file));
        if let (Some(document), Some(file)) = (&metadata, metadata_file) {
            self.keep_what_is_said(folder, file, document);
        }
        if let (None, Some(Ok(file))) = (&metadata, metadata_file.map(|file| self.reach(folder, file)))
            && self.scope.store.size(&file).is_some_and(|size| size > read::LIMIT)
        {
            self.too_large.get_or_insert_with(|| self.scope.store.shown(&file));
        }
        let all = [inline, metadata.as_ref().and_then(Document::root)];
        all.into_iter().flatten().for_each(|metadata| self.traces.add(metadata));
        let metadata = inline.or_else(|| metadata.as_ref().and_then(Document::root));
        let hints = Hints { folder, artifact: &artifact, metadata, assets: OnceCell::new() };
        let stack = Stack { key: path.to_owned(), artifact: artifact.clone(), nested: Vec::new(), parent: None };
        let shown = self.scope.store.shown(&folder.join(&artifact.template_file.path));
        self.stack(stack, &shown, &hints);
    }

    /// Keeps a file of metadata in which constructs say what is to be hidden: what they say has its place there.
    fn keep_what_is_said(&mut self, folder: &Path, file: &str, document: &Document) {
        let Ok(key) = self.reach(folder, file) else { return };
        if assembly::said_by_constructs(document, suppress::KEY).is_empty() || self.inputs.contains_key(&key) {
            return;
        }
        let (shown, text) = (self.scope.store.shown(&folder.join(file)), document.text().clone());
        let document = Some(syntax::parse_json(FileId(0), &text));
        let problems = Vec::new();
        self.inputs.insert(key.clone(), Input { key, shown, text, document, is_template: false, problems });
    }

    /// A file that only helps: an asset manifest or metadata.
    fn side_file(&self, folder: &Path, file: &str) -> Option<Document> {
        let path = self.reach(folder, file).ok().filter(|path| self.scope.store.is_file(path))?;
        let text = read::decode(self.scope.store.read(&path).ok()?).whole()?;
        Some(syntax::parse_json(FileId(0), &text))
    }

    fn stack(&mut self, stack: Stack, shown: &str, hints: &Hints<'_>) {
        if self.scope.exclude.holds(shown, false) {
            return;
        }
        if self.stacks.len() == STACKS {
            self.is_full = true;
            return;
        }
        self.template(&stack.key, shown);
        let is_template = self.inputs.get(&stack.key).is_some_and(|input| input.is_template);
        if !is_template {
            return;
        }
        let above = self.stacks.len();
        self.stacks.push(stack.clone());
        for (id, path, shown) in self.nested(&stack, hints) {
            let nested = stack.nested.iter().cloned().chain([id]).collect();
            let inner = Stack { key: path, artifact: stack.artifact.clone(), nested, parent: Some(above) };
            self.stack(inner, &shown, hints);
        }
    }

    fn template(&mut self, key: &Path, shown: &str) {
        if self.inputs.contains_key(key) {
            return;
        }
        let verdict = match self.scope.store.read(key) {
            Ok(bytes) => read::judge(read::decode(bytes), key, shown, Reached::Assembly),
            Err(error) => Verdict::Counts(Box::new(Input {
                key: key.to_owned(),
                shown: shown.to_owned(),
                text: Arc::from(""),
                document: None,
                is_template: false,
                problems: vec![cannot_read(&error)],
            })),
        };
        if let Verdict::Counts(input) = verdict {
            self.inputs.insert(key.to_owned(), *input);
        }
    }

    /// Logical id, key and shown path of the nested stacks of a stack whose templates are there.
    fn nested(&mut self, stack: &Stack, hints: &Hints<'_>) -> Vec<(String, PathBuf, String)> {
        let Some(document) = self.inputs.get(&stack.key).and_then(|input| input.document.as_ref()) else {
            return Vec::new();
        };
        if stack.nested.len() == DEPTH || !document.text().contains("AWS::CloudFormation::Stack") {
            return Vec::new();
        }
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        // Those that no longer fit are not even looked up, so that the work is bounded too.
        let room = (STACKS + 1).saturating_sub(self.stacks.len());
        for (id, resource) in assembly::nested_stacks(document).into_iter().take(room) {
            let named = assembly::template_by_asset(resource).or_else(|| {
                let file = hints.artifact.assets_file.as_deref();
                let load = || file.and_then(|file| self.side_file(hints.folder, file));
                assembly::nested_template(resource, hints.assets.get_or_init(load).as_ref(), hints.metadata)
            });
            // Any other template lies in a bucket.
            let Some(named) = named else { continue };
            match self.resolve(hints.folder, &named) {
                Ok(path) if self.is_above(&path, stack) => {}
                Ok(path) if self.scope.store.is_file(&path) => {
                    found.push((id, path, self.scope.store.shown(&hints.folder.join(&named.path))));
                }
                Ok(_) => problems.push(not_there(&named, "is no file")),
                Err(problem) => problems.push(problem),
            }
        }
        if let Some(input) = self.inputs.get_mut(&stack.key).filter(|input| input.problems.is_empty()) {
            input.problems = problems;
        }
        found
    }

    /// Whether a template is that of a stack or of one that nests it: a circle.
    fn is_above(&self, key: &Path, stack: &Stack) -> bool {
        let mut above = Some(stack);
        while let Some(stack) = above {
            if stack.key == key {
                return true;
            }
            above = stack.parent.and_then(|parent| self.stacks.get(parent));
        }
        false
    }
}

fn why(refused: Refused) -> &'static str {
    match refused {
        Refused::Empty => "is no path",
        Refused::Absolute | Refused::Outside => "leads out of the output folder",
    }
}

fn not_there(named: &NamedFile, why: &str) -> Problem {
    let message = format!("a stack was not checked: its file {} {why}", shown(&named.path));
    Problem::SynthesisFailed { span: named.span, message }
}

fn cannot_read(error: &std::io::Error) -> Problem {
    Problem::Unreadable { span: Span::default(), message: reason(error), related: None, advice: None }
}
