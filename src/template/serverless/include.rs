//! Files that a service includes with `${file(path)}`: which they are, and the service with them in it
//! (Serverless Framework documentation for AWS, Variables, Reference Properties In Other Files).

use std::collections::{HashMap, HashSet};

use super::bounds;
use super::merge::{Merger, section_named};
use super::variable::{Variable, whole};
use crate::syntax::{Document, Graft, Kind, Node, NodeId};

/// A value of a file that a service includes. Nothing says that it is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Include {
    /// From the folder of the service; untrusted.
    pub path: String,
    /// The keys that lead to the value inside the file.
    pub keys: Vec<String>,
}

/// What a value is to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// A mapping with `Resources`, `Outputs` and so on, or a list of these.
    Whole,
    /// The section of the resources.
    Resources,
    /// A resource.
    Resource,
    /// Another section of the template.
    Section,
    /// Functions by their names, or a list of these.
    Functions,
    /// A function.
    Function,
    /// Anything else.
    Value,
}

impl Level {
    /// Whether the value has resources of this service, and so is no template by itself.
    pub fn is_part(self) -> bool {
        matches!(self, Self::Whole | Self::Resources | Self::Resource)
    }

    /// What the members of a value are, by its kind and their key.
    fn below(self, kind: Kind, key: Option<&str>) -> Self {
        match (self, kind) {
            (Self::Whole | Self::Functions, Kind::Sequence) => self,
            (Self::Whole, Kind::Mapping) if key == Some("Resources") => Self::Resources,
            (Self::Whole, Kind::Mapping) if key.is_some_and(section_named) => Self::Section,
            (Self::Resources, Kind::Mapping) => Self::Resource,
            (Self::Functions, Kind::Mapping) => Self::Function,
            _ => Self::Value,
        }
    }
}

/// A place where a service includes something.
#[derive(Clone, Debug)]
pub struct Wanted<'d> {
    /// The text that is replaced.
    pub node: Node<'d>,
    /// What replaces it; nothing where only the deployment knows.
    pub include: Option<Include>,
    /// What it is to the service.
    pub level: Level,
}

/// The keys of a service in which files are included, and what their values are.
const KEYS: [(&str, Level); 4] = [
    ("resources", Level::Whole),
    ("functions", Level::Functions),
    ("provider", Level::Value),
    // What `${self:custom.…}` stands for.
    ("custom", Level::Value),
];

/// What a service includes.
pub fn includes(root: Node<'_>) -> Vec<Wanted<'_>> {
    let mut search = Search { root, seen: HashSet::new(), found: Vec::new() };
    for (key, level) in KEYS {
        root.get(key).into_iter().for_each(|node| search.look(node, level));
    }
    search.found
}

/// What a value that the service of this root includes does include in turn.
pub fn includes_of<'d>(root: Node<'d>, node: Node<'d>, level: Level) -> Vec<Wanted<'d>> {
    let mut search = Search { root, seen: HashSet::new(), found: Vec::new() };
    search.look(node, level);
    search.found
}

struct Search<'d> {
    root: Node<'d>,
    /// Nodes of the service's file and of another one.
    seen: HashSet<(*const Document, NodeId)>,
    found: Vec<Wanted<'d>>,
}

impl<'d> Search<'d> {
    fn look(&mut self, node: Node<'d>, level: Level) {
        if !self.seen.insert((std::ptr::from_ref(node.document()), node.target().id())) {
            return;
        }
        if let Some(variable) = whole(node) {
            // Of what another file says of the service, the service itself is looked at already.
            let is_own = std::ptr::eq(node.document(), self.root.document());
            if variable.is_file() {
                self.found.push(Wanted { node, include: include(variable, self.root), level });
            } else if let Some(target) = variable.self_node(self.root).filter(|_| is_own && level != Level::Value) {
                self.look(target, level);
            }
            return;
        }
        node.items().for_each(|item| self.look(item, level.below(Kind::Sequence, None)));
        for (key, value) in node.own_entries() {
            self.look(value, level.below(Kind::Mapping, key.text()));
        }
    }
}

/// What a variable includes into the service of this root.
fn include(variable: Variable<'_>, root: Node<'_>) -> Option<Include> {
    let text = variable.with_literals(root)?;
    let (path, keys) = Variable { text: &text }.file()?;
    Some(Include { path: path.to_owned(), keys: keys.into_iter().map(str::to_owned).collect() })
}

/// What was found for the includes of a service; nothing for a file that is not there, and no entry for what
/// cannot be known.
pub type Parts<'d> = HashMap<Include, Option<Node<'d>>>;

/// Deepest nesting of a service with the files that it includes: some more than that of one file.
const DEEPEST: usize = 1_100;

/// A service with what it includes in it, and with its functions as one mapping; nothing where it has that
/// form already. Adds the limits that are reached to the notes.
pub(super) fn with_includes(
    doc: &Document,
    root: Node<'_>,
    parts: &Parts<'_>,
    notes: &mut Vec<String>,
) -> Option<Document> {
    let has_others = root.get("functions").is_some_and(|node| node.kind() != Kind::Mapping);
    if parts.is_empty() && !has_others {
        return None;
    }
    let mut including = Including { graft: Graft::onto(doc), root, parts, made: HashMap::new(), done: HashMap::new() };
    let merger = Merger::new(root.id());
    let mut too_deep = false;
    let mut changed = Vec::new();
    for (name, level) in KEYS {
        let Some((key, value)) = root.entry(name) else { continue };
        let mut value = including.settled(value.id(), 0, &mut too_deep);
        if level == Level::Functions {
            value = merger.joined(&mut including.graft, value);
        }
        changed.push((key.id(), value));
    }
    let mut graft = including.graft;
    let root = graft.with_entries(root.id(), changed);
    if too_deep {
        notes.push(format!("what this service includes is nested in more than {DEEPEST} levels; the rest is not read"));
    }
    notes.extend(bounds(&graft, &merger));
    Some(graft.finish(root))
}

struct Including<'p> {
    graft: Graft,
    root: Node<'p>,
    parts: &'p Parts<'p>,
    /// What nodes become; themselves while this is being found out, so that no circle is walked.
    made: HashMap<NodeId, NodeId>,
    /// What includes become; nothing while this is being found out.
    done: HashMap<Include, Option<NodeId>>,
}

impl Including<'_> {
    /// A node with what is included below it; itself where that is nothing.
    fn settled(&mut self, id: NodeId, depth: usize, too_deep: &mut bool) -> NodeId {
        let node = self.graft.node(id).target();
        let target = node.id();
        if let Some(made) = self.made.get(&target) {
            return if *made == target { id } else { *made };
        }
        *too_deep |= depth >= DEEPEST;
        if depth >= DEEPEST || self.graft.is_full() {
            return id;
        }
        self.made.insert(target, target);
        let made = match node.kind() {
            Kind::Scalar => match whole(node).and_then(|variable| include(variable, self.root)) {
                Some(include) => self.included(include, target, depth, too_deep),
                None => target,
            },
            Kind::Sequence | Kind::Mapping => self.with_settled_children(target, depth, too_deep),
            Kind::Missing => target,
        };
        self.made.insert(target, made);
        if made == target { id } else { made }
    }

    fn with_settled_children(&mut self, id: NodeId, depth: usize, too_deep: &mut bool) -> NodeId {
        let node = self.graft.node(id);
        let entries = node.own_entries().flat_map(|(key, value)| [(key.id(), false), (value.id(), true)]);
        let children: Vec<_> = node.items().map(|item| (item.id(), true)).chain(entries).collect();
        let settle = |(child, is_value)| if is_value { self.settled(child, depth + 1, too_deep) } else { child };
        let made: Vec<NodeId> = children.iter().copied().map(settle).collect();
        let is_same = made.iter().zip(&children).all(|(made, (child, _))| made == child);
        if is_same { id } else { self.graft.with_children(id, made) }
    }

    fn included(&mut self, include: Include, instead_of: NodeId, depth: usize, too_deep: &mut bool) -> NodeId {
        if let Some(done) = self.done.get(&include) {
            return done.unwrap_or(instead_of);
        }
        let made = match self.parts.get(&include) {
            Some(Some(part)) => {
                self.done.insert(include.clone(), None);
                let copy = self.graft.adopt(*part);
                self.settled(copy, depth, too_deep)
            }
            Some(None) => self.graft.word("null", instead_of),
            None => instead_of,
        };
        // What stays a variable does so at its own place.
        if made != instead_of {
            self.done.insert(include, Some(made));
        }
        made
    }
}
