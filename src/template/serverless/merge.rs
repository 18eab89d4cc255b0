//! How the framework merges what stands twice: mappings key by key, lists member by member, and anything else
//! is replaced by what comes later.
//!
//! Sources: Serverless Framework documentation for AWS, Resources; the framework merges the members of
//! `resources` and of `functions`, and both with what it makes itself, with `merge` of lodash, whose
//! documentation says how. Invariant: what is merged from something unknown is unknown.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::variable::{is_open, whole};
use crate::syntax::{Graft, Kind, Node, NodeId};
use crate::template::Call;

/// The sections of a template that `resources` may hold.
pub(super) const SECTIONS: [&str; 5] = ["Resources", "Outputs", "Conditions", "Parameters", "Mappings"];

/// Where `resources` says what is changed of resources of the framework.
pub(super) const EXTENSIONS: &str = "extensions";

/// Deepest nesting that is merged: variables may stand for what they stand in.
const DEEPEST: usize = 300;

/// Most variables that stand for one another.
const MOST_STEPS: usize = 20;

/// Most members of a list that a mapping names by their numbers.
const MOST_ITEMS: usize = 1_000;

/// Whether a key of `resources` is a section.
pub(super) fn section_named(key: &str) -> bool {
    key == EXTENSIONS || SECTIONS.contains(&key)
}

/// What a value is when it is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Map,
    List,
    /// A text, a number, null.
    Plain,
    /// A variable that may stand for any of these.
    Unknown,
}

/// Members of lists and mappings that are merged onto others of one service.
const MOST: usize = 300_000;

/// Merges values of one service.
pub(super) struct Merger {
    root: NodeId,
    /// How many members may still be merged.
    room: Cell<usize>,
    /// Nodes that the framework made: what is merged onto them stands where the user wrote it.
    pub(super) made: Range<NodeId>,
}

impl Merger {
    pub(super) fn new(root: NodeId) -> Self {
        Self { root, room: Cell::new(MOST), made: root..root }
    }

    /// Whether more was to be merged than may be: the rest of it is unknown.
    pub(super) fn is_cut(&self) -> bool {
        self.room.get() == 0
    }

    fn spend(&self, members: usize) {
        self.room.set(self.room.get().saturating_sub(members));
    }

    /// What `${self:…}` stands for as a whole; anything else is itself.
    pub(super) fn followed(&self, graft: &Graft, id: NodeId) -> NodeId {
        let mut node = graft.node(id).target();
        for _ in 0..MOST_STEPS {
            let next = whole(node).and_then(|variable| variable.self_node(graft.node(self.root)));
            let Some(next) = next else { break };
            node = next.target();
        }
        node.id()
    }

    /// A list of mappings as one mapping; anything else is what it stands for.
    pub(super) fn joined(&self, graft: &mut Graft, id: NodeId) -> NodeId {
        let list = self.followed(graft, id);
        if graft.node(list).kind() != Kind::Sequence {
            return list;
        }
        let items: Vec<NodeId> = graft.node(list).items().map(Node::id).collect();
        let mut entries = Entries::default();
        for item in items {
            let item = self.followed(graft, item);
            entries.merge(graft, self, &entries_of(graft.node(item)));
        }
        graft.map(entries.list, list)
    }

    /// A value after another one was merged onto it.
    fn merged(&self, graft: &mut Graft, old: NodeId, new: NodeId, depth: usize) -> NodeId {
        if self.is_cut() || depth >= DEEPEST {
            return unknown(graft, new);
        }
        let (old, new) = (self.followed(graft, old), self.followed(graft, new));
        if old == new {
            return new;
        }
        match (shape(graft.node(old)), shape(graft.node(new))) {
            (Shape::Unknown, Shape::Map | Shape::List) => old,
            (Shape::Map, Shape::Map) => self.merged_maps(graft, old, new, depth),
            (Shape::List, Shape::List) => {
                let items: Vec<NodeId> = graft.node(new).items().map(Node::id).collect();
                self.merged_list(graft, old, items.into_iter().enumerate().collect(), new, depth)
            }
            // To the framework, the keys of a list are its numbers.
            (Shape::List, Shape::Map) => {
                let numbered = long_entries(graft, new).into_iter();
                let numbered = numbered.filter_map(|(name, _, value)| Some((number(&name)?, value))).collect();
                self.merged_list(graft, old, numbered, new, depth)
            }
            _ => new,
        }
    }

    fn merged_maps(&self, graft: &mut Graft, old: NodeId, new: NodeId, depth: usize) -> NodeId {
        let origin = self.place_of(old, new);
        let (old, new) = (long_entries(graft, old), long_entries(graft, new));
        self.spend(old.len() + new.len());
        let mut entries = Entries::default();
        old.into_iter().for_each(|(name, key, value)| entries.add(name, key, value));
        for (name, key, value) in new {
            entries.merge_one(graft, self, name, (key, value), depth);
        }
        graft.map(entries.list, origin)
    }

    fn merged_list(
        &self,
        graft: &mut Graft,
        old: NodeId,
        new: Vec<(usize, NodeId)>,
        new_list: NodeId,
        depth: usize,
    ) -> NodeId {
        let mut items: Vec<NodeId> = graft.node(old).items().map(Node::id).collect();
        self.spend(items.len() + new.len());
        for (at, value) in new {
            while items.len() < at {
                items.push(graft.word("null", new_list));
            }
            match items.get(at).copied() {
                Some(item) => items[at] = self.merged(graft, item, value, depth + 1),
                None => items.push(value),
            }
        }
        graft.list(items, self.place_of(old, new_list))
    }

    /// Where what is merged of two stands: at the first, unless the framework made that.
    fn place_of(&self, old: NodeId, new: NodeId) -> NodeId {
        if self.made.contains(&old) { new } else { old }
    }
}

/// The entries of a mapping while it is merged.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Keys and values.
    pub(super) list: Vec<(NodeId, NodeId)>,
    positions: HashMap<String, usize>,
}

impl Entries {
    fn add(&mut self, name: String, key: NodeId, value: NodeId) {
        self.positions.insert(name, self.list.len());
        self.list.push((key, value));
    }

    /// Where the entry of a key stands.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// Merges keys and values onto these.
    pub(super) fn merge(&mut self, graft: &mut Graft, merger: &Merger, entries: &[(NodeId, NodeId)]) {
        for entry in entries {
            let name = graft.node(entry.0).text().unwrap_or_default().to_owned();
            self.merge_one(graft, merger, name, *entry, 0);
        }
    }

    fn merge_one(
        &mut self,
        graft: &mut Graft,
        merger: &Merger,
        name: String,
        (key, value): (NodeId, NodeId),
        depth: usize,
    ) {
        let Some((old_key, old)) = self.position(&name).and_then(|at| self.list.get_mut(at)) else {
            return self.add(name, key, value);
        };
        let merged = merger.merged(graft, *old, value, depth + 1);
        if merged == value || merger.made.contains(old_key) {
            *old_key = key;
        }
        *old = merged;
    }
}

/// What `resources` says, section by section.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// Keys and values of each, in the order in which they are merged.
    pub(super) entries: HashMap<String, Vec<(NodeId, NodeId)>>,
    /// What may be anything that is merged onto the rest.
    pub(super) unknown: Vec<NodeId>,
    /// Key and value of `Transform`.
    pub(super) transform: Option<(NodeId, NodeId)>,
}

impl Sections {
    /// Those of a service; `resources` is a mapping or a list of them.
    pub(super) fn of(graft: &Graft, merger: &Merger, resources: Option<Node<'_>>) -> Self {
        let mut sections = Self::default();
        let mut open: Vec<NodeId> = resources.map(Node::id).into_iter().collect();
        let mut lists = HashSet::new();
        while let Some(id) = open.pop() {
            let node = graft.node(merger.followed(graft, id));
            match shape(node) {
                Shape::List if lists.insert(node.id()) => {
                    let from = open.len();
                    open.extend(node.items().map(Node::id));
                    open[from..].reverse();
                }
                Shape::Map if node.tag().is_none() => sections.add_whole(graft, merger, node),
                _ if node.is_null() => {}
                _ => sections.unknown.push(id),
            }
        }
        sections
    }

    fn add_whole(&mut self, graft: &Graft, merger: &Merger, whole: Node<'_>) {
        for (key, value) in whole.entries() {
            if key.text() == Some("Transform") {
                self.transform = Some((key.id(), value.id()));
            }
            let Some(name) = key.text().filter(|name| section_named(name)) else { continue };
            let section = graft.node(merger.followed(graft, value.id()));
            if shape(section) == Shape::Map && section.tag().is_none() {
                self.entries.entry(name.to_owned()).or_default().extend(entries_of(section));
            } else if !section.is_null() {
                self.unknown.push(value.id());
            }
        }
    }
}

fn entries_of(node: Node<'_>) -> Vec<(NodeId, NodeId)> {
    node.entries().into_iter().map(|(key, value)| (key.id(), value.id())).collect()
}

/// A function in its short form is a mapping too.
fn shape(node: Node<'_>) -> Shape {
    if Call::of(node).is_some_and(|call| call.short) {
        return Shape::Map;
    }
    match node.kind() {
        Kind::Mapping => Shape::Map,
        Kind::Sequence => Shape::List,
        Kind::Scalar if is_open(node) => Shape::Unknown,
        Kind::Scalar | Kind::Missing => Shape::Plain,
    }
}

/// Names, keys and values of a mapping, and of a function in its short form those of the long one.
fn long_entries(graft: &mut Graft, id: NodeId) -> Vec<(String, NodeId, NodeId)> {
    let node = graft.node(id);
    if let Some(call) = Call::of(node).filter(|call| call.short) {
        let name =
            if matches!(call.name, "Ref" | "Condition") { call.name.to_owned() } else { format!("Fn::{}", call.name) };
        let (key, argument) = (graft.text(&name, id), graft.without_tag(id));
        return vec![(name, key, argument)];
    }
    let named = |(key, value): (Node<'_>, Node<'_>)| Some((key.text()?.to_owned(), key.id(), value.id()));
    node.entries().into_iter().filter_map(named).collect()
}

fn number(name: &str) -> Option<usize> {
    name.parse().ok().filter(|at| *at < MOST_ITEMS)
}

/// What nothing is known of.
fn unknown(graft: &mut Graft, origin: NodeId) -> NodeId {
    graft.text("${self:}", origin)
}
