//! From findings in CDK output to the lines of the program that wrote it.
//!
//! Invariant: a source is read only below the source root, for display. What traces and source maps say is
//! text of strangers, and a file that they name is looked up there or not at all.

mod guess;
mod stale;
mod workspace;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cdk::Program;
use super::discover::{Scope, is_hidden_by_git, output_name};
use super::gather::Files;
use super::read;
use super::store::{Entry, Store};
use super::unit::Unit;
use crate::finding::{Certainty, CodeLine, CodePoint, Finding, Note, NoteKind, shown};
use crate::source::{FileId, Place, Span};
use crate::syntax::{self, Document, Kind, Node};
use crate::template::assembly;
use crate::template::trace::{self, How, Origin, Traces, TreeFile};
use guess::Wanted;
use workspace::{Budget, Workspace};

/// Most files that one tree of constructs is spread over.
const TREES: usize = 1_000;
/// Folders above an output in which the `cdk.json` is looked for that names it.
const ABOVE: usize = 8;
/// Steps of a property path; no policy is nested so deeply.
const STEPS: usize = 64;

/// Gives each finding in CDK output the line of its program, and notes what is worth saying of the programs.
pub(super) fn attach(
    scope: &Arc<Scope>,
    files: &Files,
    units: &[Unit],
    programs: Vec<(Arc<str>, Program)>,
    root: Option<&Path>,
    findings: &mut [Finding],
) -> Vec<Note> {
    let mut budget = Budget::default();
    let of_config = |shown: &Arc<str>| {
        let own = units.iter().filter(|unit| unit.assembly.as_ref().is_some_and(|stack| stack.assembly == *shown));
        own.filter_map(|unit| unit.source_root.as_deref()).next()
    };
    let named = |(shown, program)| {
        let root = root.or_else(|| of_config(&shown));
        (shown, Code::new(scope, program, root))
    };
    let mut programs: BTreeMap<Arc<str>, Code<'_>> = programs.into_iter().map(named).collect();
    let outputs = programs.values().filter_map(|code| scope.store.real(&code.program.folder).ok());
    let mut wanted = Wanted::new(scope.clone(), outputs.collect());
    for (at, finding) in findings.iter_mut().enumerate() {
        let Some(unit) = unit_of(units, finding).map(|unit| file_of(units, unit)) else { continue };
        let Some(document) = files.documents.get(unit.document) else { continue };
        let code = unit.assembly.as_ref().and_then(|stack| programs.get_mut(&stack.assembly));
        let Some(code) = code else { continue };
        if let Some(id) = code.attach(files, units, unit, document, finding, &mut budget) {
            wanted.add(code.workspace.root(), id, at);
        }
        finding.app = code.app.clone().filter(|_| finding.code.as_deref().and_then(CodeLine::shown).is_none());
    }
    let unsearched = wanted.guess(findings);
    let stale = programs.iter_mut().filter_map(|(shown, code)| stale::note(shown, code, &mut budget));
    let mut notes: Vec<Note> = stale.collect();
    let bounds = budget.bound().into_iter().chain(unsearched);
    notes.extend(bounds.map(|message| Note::new(NoteKind::Bound, message, None)));
    notes
}

/// The stack that a finding speaks of: two may share a template.
fn unit_of<'u>(units: &'u [Unit], finding: &Finding) -> Option<&'u Unit> {
    let here = || units.iter().filter(|unit| unit.file == finding.primary.place.file);
    here().find(|unit| unit.key == finding.subject.stack_key).or_else(|| here().next())
}

/// The stack whose template is a file, where that of a stack is a text in it.
fn file_of<'u>(units: &'u [Unit], unit: &'u Unit) -> &'u Unit {
    let above = |unit: &&Unit| units.get(unit.nested.as_ref()?.parent);
    let around = std::iter::successors(Some(unit), above);
    around.take(unit.texts + 1).find(|unit| unit.texts == 0).unwrap_or(unit)
}

/// One program, and where its files are.
struct Code<'s> {
    scope: &'s Scope,
    program: Program,
    workspace: Workspace<'s>,
    has_tree: bool,
    /// The `cdk.json` of the app, where git ignores the output.
    app: Option<Arc<str>>,
}

impl<'s> Code<'s> {
    fn new(scope: &'s Scope, program: Program, root: Option<&Path>) -> Self {
        let store = &scope.store;
        let root = root.map_or_else(|| default_root(store, &program.folder), |root| store.absolute(root));
        let workspace = Workspace::new(store, root, &program.traces.files());
        let app = project_of(store, &program.folder).filter(|_| is_hidden_by_git(&program.folder));
        let app = app.map(|project| Arc::from(store.shown(&project.join("cdk.json"))));
        Self { scope, program, workspace, has_tree: false, app }
    }

    /// Gives a finding its line; where no trace says anything, the id of the construct, by which to guess it.
    fn attach(
        &mut self,
        files: &Files,
        units: &[Unit],
        unit: &Unit,
        document: &Document,
        finding: &mut Finding,
        budget: &mut Budget,
    ) -> Option<String> {
        let (id, body) = resource_at(document, finding.primary.place.span)?;
        let path = self.construct(files, units, unit, id, body)?;
        // Of what stands in a text of this template, it is the resource with the text that a program makes.
        let is_own = finding.subject.stack_key == unit.key;
        let is_subject = is_own && finding.subject.logical_id.as_deref() == Some(id);
        if is_subject && finding.subject.construct_path.is_none() {
            finding.subject.construct_path = Some(path.clone());
        }
        let property = finding.subject.property.clone().filter(|_| is_subject);
        let property = property.or_else(|| property_at(body, finding.primary.place));
        let Some(origin) = self.program.traces.origin(&path, property.as_deref()) else {
            let stack = stack_path(&self.program.traces, files, units, unit)?;
            return guess::id_of(&stack, &path).map(str::to_owned);
        };
        finding.code = line(&mut self.workspace, &origin, budget).map(Box::new);
        None
    }

    /// The path of a resource's construct; `tree.json` is read only where nothing else says it.
    fn construct(&mut self, files: &Files, units: &[Unit], unit: &Unit, id: &str, body: Node<'_>) -> Option<String> {
        let known = |code: &Self| {
            let stack = stack_path(&code.program.traces, files, units, unit)?;
            code.program.traces.path_of(&stack, id, Some(body))
        };
        known(self).or_else(|| {
            if !std::mem::replace(&mut self.has_tree, true) {
                self.read_tree();
            }
            known(self)
        })
    }

    fn read_tree(&mut self) {
        let Some(file) = self.program.tree.clone() else { return };
        let mut waiting = vec![TreeFile { file, tree: String::new() }];
        let mut seen = HashSet::new();
        let mut documents: HashMap<String, Option<Document>> = HashMap::new();
        while let Some(part) = waiting.pop().filter(|_| documents.len() < TREES) {
            if !seen.insert(part.clone()) {
                continue;
            }
            let load = || side_file(&self.scope.store, &self.program.folder, &part.file);
            let document = documents.entry(part.file.clone()).or_insert_with(load);
            let Some(root) = document.as_ref().and_then(Document::root) else { continue };
            let is_top = part.tree.is_empty();
            let (entries, files) = if is_top { trace::read_tree(root) } else { trace::read_forest(root, &part.tree) };
            self.program.traces.add_tree(entries);
            waiting.extend(files);
        }
    }
}

/// A JSON file of an assembly; never one outside of it.
fn side_file(store: &Store, folder: &Path, file: &str) -> Option<Document> {
    assembly::local_path(file).ok()?;
    let path = store.real(&folder.join(file)).ok().filter(|path| store.is_file(path))?;
    if !path.starts_with(store.real(folder).ok()?) {
        return None;
    }
    Some(syntax::parse_json(FileId(0), &read::decode(store.read(&path).ok()?).whole()?))
}

/// The path of the construct whose template a unit is.
fn stack_path(traces: &Traces, files: &Files, units: &[Unit], unit: &Unit) -> Option<String> {
    let above = |unit: &Unit| units.get(unit.nested.as_ref()?.parent);
    let around = std::iter::successors(Some(unit), |unit| above(unit));
    let mut around: Vec<&Unit> = around.take(units.len()).collect();
    let mut path = around.pop()?.assembly.as_ref()?.artifact.display_name.clone();
    while let Some(nested) = around.pop() {
        let stack = nested.assembly.as_ref()?;
        let id = stack.nested.last()?;
        let body =
            above(nested).and_then(|parent| files.documents.get(parent.document)?.root()?.get("Resources")?.get(id));
        let template = files.sources.get(nested.file).path().rsplit('/').next().unwrap_or_default();
        path = traces.nested(&path, id, body, template)?;
    }
    Some(path)
}

/// Logical id and body of the resource that a place lies in.
fn resource_at(document: &Document, span: Span) -> Option<(&str, Node<'_>)> {
    let resources = document.root()?.get("Resources")?;
    let holds = |(key, body): &(Node<'_>, Node<'_>)| {
        key.span().start() <= span.start() && span.start() < body.span().end().max(key.span().end())
    };
    let (key, body) = resources.own_entries().find(holds)?;
    Some((key.text()?, body))
}

/// The path below `Properties` of what a place lies in: `A.B[0].C`.
fn property_at(body: Node<'_>, place: Place) -> Option<String> {
    let mut node = body.get("Properties")?;
    let mut path = String::new();
    let holds = |node: Node<'_>| {
        let span = node.span();
        span.start() <= place.span.start() && place.span.end() <= span.end()
    };
    for _ in 0..STEPS {
        let inner = match node.kind() {
            Kind::Mapping => {
                node.own_entries().find(|(key, value)| holds(*key) || holds(*value)).and_then(|(key, value)| {
                    let dot = if path.is_empty() { "" } else { "." };
                    Some((format!("{dot}{}", key.text()?), value))
                })
            }
            Kind::Sequence => {
                let mut items = node.items().enumerate();
                items.find(|(_, item)| holds(*item)).map(|(at, item)| (format!("[{at}]"), item))
            }
            Kind::Scalar | Kind::Missing => None,
        };
        let Some((step, next)) = inner else { break };
        path += &step;
        node = next;
    }
    (!path.is_empty()).then_some(path)
}

/// The line of an origin, with what called it and what it called.
fn line(workspace: &mut Workspace<'_>, origin: &Origin<'_>, budget: &mut Budget) -> Option<CodeLine> {
    let mut points: Vec<CodePoint> = origin.chain.iter().map(|frame| workspace.point(frame, budget)).collect();
    let callers = points.split_off((origin.main + 1).min(points.len()));
    let at = points.pop()?;
    let says = match origin.how {
        How::Made => "makes it".to_owned(),
        How::Set(name) => format!("sets its {}", shown(name)),
        How::Near(path) => format!("makes {}, which it belongs to; no line of its own is known", shown(path)),
    };
    let certainty = if matches!(origin.how, How::Near(_)) { Certainty::Near } else { Certainty::Exact };
    Some(CodeLine { at, certainty, says, helpers: points, callers })
}

/// Where the sources of an assembly are unless somebody says otherwise: the folder of the `cdk.json` that
/// names the output, else the folder that holds the output.
fn default_root(store: &Store, folder: &Path) -> PathBuf {
    project_of(store, folder).or(folder.parent()).unwrap_or(folder).to_owned()
}

/// The folder of the `cdk.json` that names an output.
fn project_of<'p>(store: &Store, folder: &'p Path) -> Option<&'p Path> {
    let real = store.real(folder).ok();
    let names_it = |above: &&Path| {
        let project = above.join("cdk.json");
        let is_project = store.entry(&project) == Some(Entry::File);
        let output = is_project.then(|| output_name(store, &project)).flatten();
        output.is_some_and(|output| real.is_some() && store.real(&above.join(output)).ok() == real)
    };
    folder.ancestors().skip(1).take(ABOVE).find(names_it)
}

#[cfg(test)]
mod tests;
