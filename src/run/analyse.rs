//! The middle of the main path: from parsed templates to findings.

use std::collections::{BTreeSet, HashMap, HashSet};

use rayon::prelude::*;

use super::fixes;
use super::include::at as at_keys;
use super::known;
use super::progress::Progress;
use super::unit::{Unit, UnitPart};
use crate::checks::{self, Check, Cx, Trusted};
use crate::finding::{Counts, Finding, Note, NoteKind, Suppression};
use crate::identity::{self, Classes, Graph, Trust, Undecided};
use crate::resolve::{self, Stack, StackId, StackInfo, StackSet};
use crate::settings::{Environment, suppress};
use crate::source::{FileId, Place, Span};
use crate::syntax::Document;
use crate::template::serverless::Parts;
use crate::template::{self, Expanded, OverDefault, Template};

/// What the templates of a run came to.
#[derive(Debug, Default)]
pub(super) struct Analysis {
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<Note>,
    /// Only what the graph knows: roles and trusts.
    pub(super) counts: Counts,
    /// What the `Metadata` of the templates hide.
    pub(super) suppressions: Vec<Suppression>,
    /// Files of stack sets that were read as a whole, as far as the run goes.
    pub(super) whole: BTreeSet<FileId>,
    /// Files of those that were not.
    pub(super) partial: BTreeSet<FileId>,
}

/// Joins the units into stack sets, resolves them, makes their graphs and runs the checks. Called in the thread pool.
pub(super) fn analyse(documents: &[Document], units: &[Unit], said: &Said<'_>, progress: &Progress) -> Analysis {
    with_sets(documents, units, said, |sets, expanded| {
        let over = over_defaults(expanded);
        progress.expect(sets.len());
        let analyse = |set| {
            let analysed = analyse_set(set, said, &over);
            progress.step();
            analysed
        };
        let analysed: Vec<Analysis> = sets.par_iter().map(analyse).collect();
        let unexpanded = expanded.iter().flatten().map(|made| made.unknown.len()).sum();
        let counts = Counts { unexpanded, ..Counts::default() };
        // What a macro would make is not there to be looked at.
        let unexpanded = expanded.iter().flatten().filter(|made| !made.unknown.is_empty());
        let partial = unexpanded.map(|made| made.document.file()).collect();
        let notes = expansion_notes(documents, expanded);
        let start = Analysis { notes, counts, partial, ..Analysis::default() };
        let mut analysis = analysed.into_iter().fold(start, Analysis::and);
        fixes::write_edits(&mut analysis.findings, documents, units);
        analysis
    })
}

/// What the checks say of the stack sets that some files belong to. Called in the thread pool.
pub(super) fn findings_around(
    documents: &[Document],
    units: &[Unit],
    said: &Said<'_>,
    around: &BTreeSet<FileId>,
) -> Vec<Finding> {
    with_sets(documents, units, said, |sets, expanded| {
        let over = over_defaults(expanded);
        let is_around = |set: &&StackSet<'_>| {
            let mut files = set.ids().flat_map(|id| set.stack(id).template.doc.files());
            files.any(|(file, _)| around.contains(&file))
        };
        let sets: Vec<&StackSet<'_>> = sets.iter().filter(is_around).collect();
        sets.into_par_iter().flat_map(|set| analyse_set(set, said, &over).findings).collect()
    })
}

fn over_defaults(expanded: &[Option<Expanded>]) -> Vec<OverDefault> {
    expanded.iter().flatten().flat_map(|made| made.over_defaults.clone()).collect()
}

/// Joins the units into stack sets, resolves them and makes their graphs. Called in the thread pool.
pub(super) fn graphs(documents: &[Document], units: &[Unit], said: &Said<'_>) -> Vec<Graph> {
    with_sets(documents, units, said, |sets, _| sets.par_iter().map(identity::build).collect())
}

/// Joins the units into stack sets, and hands these on with what the macros made of each document.
pub(super) fn with_sets<T>(
    documents: &[Document],
    units: &[Unit],
    said: &Said<'_>,
    then: impl FnOnce(&[StackSet<'_>], &[Option<Expanded>]) -> T,
) -> T {
    let known = known::of_documents(documents, units);
    let parts = parts(documents, units);
    let with_known = documents.par_iter().zip(&known).zip(&parts);
    let expanded: Vec<Option<Expanded>> =
        with_known.map(|((doc, known), parts)| known.with(|known| template::expand(doc, known, parts))).collect();
    // Two stacks may share a template, and a stack set borrows from it.
    let as_deployed = documents.par_iter().zip(&expanded);
    let as_deployed = as_deployed.map(|(doc, expanded)| expanded.as_ref().map_or(doc, |made| &made.document));
    let mut templates: Vec<Option<Template<'_>>> = as_deployed.map(Template::read).collect();
    for (template, made) in templates.iter_mut().zip(&expanded) {
        let unknown_part = made.as_ref().and_then(|made| made.unknown_part.as_deref());
        template.iter_mut().for_each(|template| template.unknown_part = unknown_part);
    }
    let sets = resolve::group(stacks(&templates, units, said));
    then(&sets, &expanded)
}

/// What users said about the stacks.
#[derive(Clone, Debug)]
pub(super) struct Said<'s> {
    /// Where stacks go that do not say so themselves.
    pub(super) environment: &'s Environment,
    /// The same, for each file, where nothing else says it.
    pub(super) configured: Vec<&'s Environment>,
    /// What counts as the user's own, for each file.
    pub(super) trusted: Vec<&'s Trusted>,
    /// The conditions that suppressions ask for.
    pub(super) conditions: BTreeSet<&'s str>,
}

/// What each document includes. No two units with parts share a document.
fn parts<'d>(documents: &'d [Document], units: &[Unit]) -> Vec<Parts<'d>> {
    let mut all: Vec<Parts<'d>> = vec![Parts::new(); documents.len()];
    for unit in units {
        let Some(parts) = all.get_mut(unit.document) else { continue };
        for UnitPart { document, include } in &unit.parts {
            let root = |at: &usize| documents.get(*at)?.root();
            let node = document.as_ref().map(|at| root(at).and_then(|root| at_keys(root, &include.keys)));
            match node {
                None => drop(parts.insert(include.clone(), None)),
                Some(Some(node)) => drop(parts.insert(include.clone(), Some(node))),
                Some(None) => {}
            }
        }
    }
    all
}

/// What of the macros of each template could not be followed.
fn expansion_notes(documents: &[Document], expanded: &[Option<Expanded>]) -> Vec<Note> {
    let mut notes = Vec::new();
    for (doc, made) in documents.iter().zip(expanded) {
        let (place, Some(made)) = (doc.root().map(|root| root.place()), made) else { continue };
        let note = |kind| move |message: &String| Note::new(kind, message.clone(), place);
        notes.extend(made.notes.iter().map(note(NoteKind::Bound)));
        notes.extend(made.unknown.iter().map(note(NoteKind::Undecided)));
    }
    notes
}

impl Analysis {
    fn and(mut self, other: Self) -> Self {
        self.findings.extend(other.findings);
        self.notes.extend(other.notes);
        self.counts.roles += other.counts.roles;
        self.counts.trusts_decided += other.counts.trusts_decided;
        self.counts.trusts_undecided += other.counts.trusts_undecided;
        self.counts.mappings_decided += other.counts.mappings_decided;
        self.counts.mappings_undecided += other.counts.mappings_undecided;
        self.suppressions.extend(other.suppressions);
        self.whole.extend(other.whole);
        self.partial.extend(other.partial);
        self
    }
}

/// The stacks of the units that hold a template, with their nesting.
fn stacks<'d>(templates: &'d [Option<Template<'d>>], units: &'d [Unit], said: &Said<'_>) -> Vec<Stack<'d>> {
    let mut stacks: Vec<Stack<'d>> = Vec::with_capacity(units.len());
    let mut ids: HashMap<usize, StackId> = HashMap::new();
    for (at, unit) in units.iter().enumerate() {
        let Some(template) = templates.get(unit.document).and_then(Option::as_ref) else { continue };
        let id = StackId(stacks.len() as u32);
        ids.insert(at, id);
        let nesting = nesting(unit, &ids);
        let parent = nesting.and_then(|(parent, _)| stacks.get(parent.0 as usize));
        let mut stack = Stack::new(template, info(unit, said, parent));
        stack.unread = &unit.unread;
        stack.listed = at;
        if let Some((parent, logical_id)) = nesting {
            stack.parent = Some((parent, logical_id));
            stacks[parent.0 as usize].children.insert(logical_id, id);
        }
        stacks.push(stack);
    }
    stacks
}

/// The stack that nests a unit, which comes before it, and the unit's logical id there.
fn nesting<'d>(unit: &'d Unit, ids: &HashMap<usize, StackId>) -> Option<(StackId, &'d str)> {
    let nested = unit.nested.as_ref()?;
    Some((*ids.get(&nested.parent)?, &nested.id))
}

fn info(unit: &Unit, said: &Said<'_>, parent: Option<&Stack<'_>>) -> StackInfo {
    let apart = unit.nested.as_ref().is_some_and(|nested| nested.apart);
    let (key, shown, given) = (unit.key.clone(), unit.shown.clone(), unit.given.clone());
    let mut info = StackInfo { key, shown, given, apart, ..StackInfo::default() };
    if let Some(assembly) = &unit.assembly {
        let artifact = &assembly.artifact;
        info.name = assembly.nested.is_empty().then(|| artifact.stack_name.clone());
        info.account.clone_from(&artifact.account);
        info.region.clone_from(&artifact.region);
        info.assembly = Some(assembly.assembly.to_string());
        info.construct_path = Some(artifact.display_name.clone());
    }
    // Instances of a stack set go to accounts and Regions that nobody names here.
    if !apart {
        set_home(&mut info, unit.file, said, parent);
    }
    info
}

/// Says where a stack goes, as far as its manifest does not. A nested one goes where the stack goes that
/// nests it, whatever the configuration above its own template says.
fn set_home(info: &mut StackInfo, file: FileId, said: &Said<'_>, parent: Option<&Stack<'_>>) {
    if let Some(Stack { info: parent, .. }) = parent {
        info.account.clone_from(&parent.account);
        info.region.clone_from(&parent.region);
        info.partition.clone_from(&parent.partition);
        return;
    }
    said.environment.fill(info);
    if let Some(configured) = said.configured.get(file.0 as usize).filter(|own| own.may_hold(info)) {
        configured.fill(info);
    }
}

fn analyse_set(set: &StackSet<'_>, said: &Said<'_>, over: &[OverDefault]) -> Analysis {
    let graph = identity::build(set);
    let trusts = identity::trusts(&graph);
    let classes = identity::classes(&graph);
    let nobody = Trusted::default();
    let of_file = |file: FileId| said.trusted.get(file.0 as usize).copied().unwrap_or(&nobody);
    let trusted: Vec<&Trusted> = set.ids().map(|id| of_file(set.stack(id).template.doc.file())).collect();
    let held = identity::Held::of(&graph);
    let cx = Cx { graph: &graph, trusts: &trusts, classes: &classes, held: &held, trusted: &trusted };
    let mut findings = Vec::new();
    for rule in checks::rules() {
        if let Check::Graph(check) = rule.check {
            check(&cx, &mut findings);
        }
    }
    // A rule that is switched off does not hand its finding to the next one, so it runs all the same. In each branch one
    // mistake is told once, before what several branches share is.
    checks::give_way(&mut findings);
    let mut findings = checks::settle(findings, &graph);
    name_loops(&mut findings, over);
    name_conditions(&mut findings, set, &graph, &said.conditions);
    checks::give_way(&mut findings);
    let (counts, undecided) = count(&graph, &trusts, &classes);
    // Stacks that share a template share what it says.
    let mut seen = HashSet::new();
    let templates = set.ids().map(|id| set.stack(id).template);
    let templates = templates.filter(|template| seen.insert(std::ptr::from_ref(template.doc)));
    let suppressions = templates.flat_map(suppressions_of).collect();
    let files = set.ids().flat_map(|id| set.stack(id).template.doc.files()).map(|(file, _)| file).collect();
    let notes: Vec<Note> = graph.notes.iter().cloned().chain(undecided).collect();
    let (whole, partial) =
        if is_whole(set, &graph, &notes) { (files, BTreeSet::new()) } else { (BTreeSet::new(), files) };
    Analysis { findings, notes, counts, suppressions, whole, partial }
}

/// Whether nothing that belongs to a stack set is missing: no reference leads out of it, no limit was reached,
/// and no macro may change it.
fn is_whole(set: &StackSet<'_>, graph: &Graph, notes: &[Note]) -> bool {
    let misses = |note: &Note| matches!(note.kind, NoteKind::LeftRun | NoteKind::Ambiguous | NoteKind::Bound);
    let has_all = |stack: &Stack<'_>| stack.unread.is_empty() && stack.template.unknown_part.is_none();
    let is_open = !graph.macros.is_empty() || !graph.unknown_parts.is_empty();
    !is_open && !notes.iter().any(misses) && set.ids().all(|id| has_all(set.stack(id)))
}

/// What the `Metadata` of a template and of its resources hide.
fn suppressions_of(template: &Template<'_>) -> Vec<Suppression> {
    let Some(root) = template.doc.root() else { return Vec::new() };
    let whole = Span::new(0, template.doc.text().len());
    let span = if template.doc.is_within() { root.span() } else { whole };
    let place = Place { file: template.doc.file(), span };
    let of_resources = template.resources.iter().flat_map(|resource| suppress::of_resource(resource, place));
    // An alias may say the same of many resources: one more than is kept tells that there are more.
    suppress::of_template(root, place).into_iter().chain(of_resources).take(suppress::MOST + 1).collect()
}

/// What a loop over a default makes is there as long as the parameter has it.
fn name_loops(findings: &mut [Finding], over: &[OverDefault]) {
    for finding in findings {
        let place = finding.primary.place;
        let around = over.iter().filter(|one| {
            let span = one.place.span;
            one.place.file == place.file && span.start() <= place.span.start() && place.span.end() <= span.end()
        });
        for one in around {
            checks::assume_default(finding, &one.parameter, &one.default);
        }
    }
}

/// Says of each finding which of the conditions that somebody asks for are true in all of its branch. Stacks of one
/// template share a key: it has to be so in each of them.
fn name_conditions(findings: &mut [Finding], set: &StackSet<'_>, graph: &Graph, asked: &BTreeSet<&str>) {
    if asked.is_empty() {
        return;
    }
    for finding in findings {
        let is_own = |id: &StackId| set.stack(*id).info.key == finding.subject.stack_key;
        let stacks: Vec<StackId> = set.ids().filter(is_own).collect();
        let is_true = |name: &&&str| {
            let holds = |id: &StackId| resolve::always_true(&graph.worlds, *id, name, &finding.branch);
            !stacks.is_empty() && stacks.iter().all(holds)
        };
        finding.true_conditions = asked.iter().filter(is_true).map(|name| (*name).to_owned()).collect();
    }
}

/// How many roles and mappings there are, and how many of them are decided, with a note for each that is not.
fn count(graph: &Graph, trusts: &[Trust], classes: &Classes) -> (Counts, Vec<Note>) {
    let trusts = identity::undecided_trusts(graph, trusts, classes);
    let mappings = identity::undecided_mappings(graph);
    let counts = Counts {
        roles: graph.roles.len(),
        trusts_decided: graph.roles.len() - trusts.len(),
        trusts_undecided: trusts.len(),
        mappings_decided: graph.hand_overs.len() - mappings.len(),
        mappings_undecided: mappings.len(),
        ..Counts::default()
    };
    let note = |undecided: Undecided| {
        let kind = if undecided.bounded { NoteKind::Bound } else { NoteKind::Undecided };
        Note::new(kind, undecided.message, Some(undecided.place))
    };
    (counts, trusts.into_iter().chain(mappings).map(note).collect())
}
