//! Which stacks are looked at together.

use std::collections::HashMap;

use super::join::Joins;
use super::{Given, Note, NoteKind};
use crate::source::Place;
use crate::template::Template;

/// Names a stack of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StackId(pub u32);

/// What is known of a stack beside its template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackInfo {
    /// What makes it the same in every run (interface, JSON, `fingerprint`).
    pub key: String,
    /// How messages name it.
    pub shown: String,
    /// Its name, where a manifest says so.
    pub name: Option<String>,
    /// The account it goes to, where that is known.
    pub account: Option<String>,
    /// Its Region, where that is known.
    pub region: Option<String>,
    /// Its partition, where it is known without the Region.
    pub partition: Option<String>,
    /// Values of its parameters; a nested stack has them from its parent alone.
    pub given: Given,
    /// The assembly that names it: all its stacks share a set.
    pub assembly: Option<String>,
    /// Path of its CDK construct.
    pub construct_path: Option<String>,
    /// Whether it goes to accounts and Regions of its own, whatever the stack that nests it does.
    pub apart: bool,
}

/// A nested stack whose template was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its logical id.
    pub id: String,
    /// What kind of note says so.
    pub kind: NoteKind,
    /// Why, as the rest of a sentence about its template.
    pub why: String,
}

/// A template as it is deployed: one that is nested twice is two stacks.
#[derive(Clone, Debug)]
pub struct Stack<'d> {
    /// What it is made from.
    pub template: &'d Template<'d>,
    /// What is known of it.
    pub info: StackInfo,
    /// The stack that nests it, and its logical id there.
    pub parent: Option<(StackId, &'d str)>,
    /// The stacks that it nests, by logical id.
    pub children: HashMap<&'d str, StackId>,
    /// Those that it nests and that are no stacks of the run.
    pub unread: &'d [Unread],
    /// Its number in a list of the caller's own; grouping keeps it.
    pub listed: usize,
}

impl<'d> Stack<'d> {
    /// A stack that nests nothing and is not nested.
    pub fn new(template: &'d Template<'d>, info: StackInfo) -> Self {
        Self { template, info, parent: None, children: HashMap::new(), unread: &[], listed: 0 }
    }

    /// Where its template begins.
    pub fn place(&self) -> Option<Place> {
        self.template.doc.root().map(|root| root.place())
    }
}

/// Stacks that are looked at together.
#[derive(Clone, Debug, Default)]
pub struct StackSet<'d> {
    stacks: Vec<Stack<'d>>,
    /// What is to be said of references that joined nothing.
    notes: Vec<Note>,
    /// Names that several stacks outside of this set define, and what to say of them.
    rivals: HashMap<String, [String; 2]>,
}

impl<'d> StackSet<'d> {
    /// A set of these; parents and children name places in this list.
    pub fn new(stacks: Vec<Stack<'d>>) -> Self {
        Self { stacks, ..Self::default() }
    }

    /// What is to be said of references that joined nothing.
    pub(super) fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What to say of a name that several stacks outside of this set define.
    pub(super) fn rivals(&self, what: &str) -> Option<&[String; 2]> {
        self.rivals.get(what)
    }

    /// The stack of an id.
    pub fn stack(&self, id: StackId) -> &Stack<'d> {
        &self.stacks[id.0 as usize]
    }

    /// All ids in order.
    pub fn ids(&self) -> impl Iterator<Item = StackId> + use<> {
        (0..self.stacks.len() as u32).map(StackId)
    }

    /// How many stacks there are.
    pub fn len(&self) -> usize {
        self.stacks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }
}

/// Groups the stacks of a run into sets: those of one assembly, those that nest one another, and
/// those of which one refers to what exactly one other defines (interface, stack set).
pub fn group(stacks: Vec<Stack<'_>>) -> Vec<StackSet<'_>> {
    let mut groups = Groups((0..stacks.len()).collect());
    let mut assemblies: HashMap<&str, usize> = HashMap::new();
    for (at, stack) in stacks.iter().enumerate() {
        if let Some(assembly) = stack.info.assembly.as_deref() {
            groups.join(at, *assemblies.entry(assembly).or_insert(at));
        }
        if let Some((parent, _)) = stack.parent {
            groups.join(at, parent.0 as usize);
        }
    }
    let joins = super::join::joins(&stacks, &groups.roots());
    for (asking, asked) in &joins.pairs {
        groups.join(*asking, *asked);
    }
    split(stacks, &groups.roots(), joins)
}

/// Disjoint sets: each member points towards the root of its set.
struct Groups(Vec<usize>);

impl Groups {
    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    /// The root of each member's set.
    fn roots(&mut self) -> Vec<usize> {
        (0..self.0.len()).map(|at| self.root(at)).collect()
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

/// Stacks with the same root into one set, in order, with parents and children renamed.
fn split<'d>(stacks: Vec<Stack<'d>>, roots: &[usize], joins: Joins) -> Vec<StackSet<'d>> {
    let mut set_of_root: HashMap<usize, usize> = HashMap::new();
    let mut names: Vec<StackId> = Vec::with_capacity(stacks.len());
    let mut sizes: Vec<u32> = Vec::new();
    for root in roots {
        let set = *set_of_root.entry(*root).or_insert_with(|| {
            sizes.push(0);
            sizes.len() - 1
        });
        names.push(StackId(sizes[set]));
        sizes[set] += 1;
    }
    let mut sets: Vec<StackSet<'d>> = sizes.iter().map(|_| StackSet::default()).collect();
    for (mut stack, root) in stacks.into_iter().zip(roots) {
        let renamed = |id: StackId| names[id.0 as usize];
        stack.parent = stack.parent.map(|(parent, id)| (renamed(parent), id));
        stack.children.values_mut().for_each(|child| *child = renamed(*child));
        sets[set_of_root[root]].stacks.push(stack);
    }
    for (at, note) in joins.notes {
        sets[set_of_root[&roots[at]]].notes.push(note);
    }
    for (at, what, both) in joins.rivals {
        sets[set_of_root[&roots[at]]].rivals.insert(what, both);
    }
    sets
}
