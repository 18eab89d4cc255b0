//! How a template's values come about: stack sets, intrinsic functions, conditions, cross-stack joins.
//!
//! Invariant: IAM is not known here. What a type's `Ref` and attributes return is a fact about
//! CloudFormation and stands in `returns`.

mod attributes;
#[cfg(test)]
mod bombs;
mod condition;
mod cross;
mod embedded;
mod given;
mod intrinsics;
mod join;
mod note;
mod parameter;
#[cfg(test)]
mod parameter_tests;
mod partition;
mod places;
mod returns;
mod rules;
mod set;
#[cfg(test)]
mod tests;
mod texts;
mod written;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::source::{FileId, Place};
use crate::syntax::{Kind as NodeKind, Node, NodeId, Scalar};
use crate::template::{Call, Function, Resource};
use crate::value::{At, Branch, Case, Entry, Kind, Size, SwitchId, SymbolId, Symbols, Text, Value, Why, Worlds};

pub use condition::always_true;
pub use given::{Given, GivenParameter};
pub use note::{Note, NoteKind};
pub use parameter::{allowed_values, is_list, is_secret};
pub use partition::{partition_of, partitions};
pub use set::{Stack, StackId, StackInfo, StackSet, Unread, group};
pub(crate) use texts::in_base64;

/// Nesting of intrinsics and references that is followed.
const MOST_DEPTH: usize = 200;
/// What a value may have once its aliases are written out: nodes and nesting. No policy that IAM takes
/// comes near: a trust policy has at most 4096 characters.
const MOST: Size = Size { weight: 10_000, depth: 128 };
/// What the values that functions make may come to in one resolver, in nodes; small values are free.
/// Without it, each of many calls could copy a value that is itself within its limits.
const MOST_MADE: usize = 4_000_000;
/// A value up to this many nodes is small.
const SMALL: usize = 64;
/// Bytes of a text that count as one node.
const BYTES_PER_NODE: usize = 16;

/// Evaluates the values of one stack set.
#[derive(Debug)]
pub struct Resolver<'s, 'd> {
    set: &'s StackSet<'d>,
    /// What stands for texts that only the deployment knows.
    pub symbols: Symbols,
    /// The choices that a deployment makes.
    pub worlds: Worlds,
    /// References that no file answers, and those that several answer.
    pub notes: Vec<Note>,
    memo: HashMap<(StackId, FileId, NodeId), Memo>,
    /// Parameters and pseudo parameters that conditions or mappings ask about.
    variables: HashMap<SymbolId, SwitchId>,
    /// Outputs by the name that they are exported under, once somebody imports.
    exports: Option<HashMap<Text, Vec<(StackId, Node<'d>)>>>,
    depth: usize,
    /// What counts against [`MOST_MADE`].
    made: usize,
    /// Keys of mappings that parameters were given.
    map_keys: usize,
    /// The notes of a kind at a place, by their position.
    noted: HashMap<(&'static str, Place), Vec<usize>>,
}

#[derive(Clone, Debug)]
enum Memo {
    /// Being evaluated: meeting it again is a cycle.
    Open,
    Done(Value, Size),
}

impl<'s, 'd> Resolver<'s, 'd> {
    /// A resolver for these stacks. Parameters, conditions and the keys of mappings are read first, so
    /// that every choice is known before the first value.
    pub fn new(set: &'s StackSet<'d>) -> Self {
        let mut resolver = Self {
            set,
            symbols: Symbols::default(),
            worlds: Worlds::default(),
            notes: set.notes().to_vec(),
            memo: HashMap::new(),
            variables: HashMap::new(),
            exports: None,
            depth: 0,
            made: 0,
            map_keys: 0,
            noted: HashMap::new(),
        };
        let mut told = HashSet::new();
        for stack in set.ids() {
            // A template that is nested often says the same each time.
            if told.insert(std::ptr::from_ref(set.stack(stack).template)) {
                resolver.note_unread(stack);
            }
            resolver.declare_parameters(stack);
            resolver.collect_map_keys(stack);
            resolver.collect_compared(stack);
        }
        for stack in set.ids() {
            for (name, _) in &set.stack(stack).template.conditions {
                resolver.condition(stack, name);
            }
        }
        for stack in set.ids() {
            resolver.declare_rules(stack);
        }
        resolver
    }

    /// The stacks.
    pub fn set(&self) -> &'s StackSet<'d> {
        self.set
    }

    fn stack(&self, id: StackId) -> &'s Stack<'d> {
        self.set.stack(id)
    }

    /// The branch in which a resource exists.
    pub fn exists(&mut self, stack: StackId, resource: &Resource<'d>) -> Branch {
        let own = resource.condition.and_then(|name| self.holds(stack, name)).unwrap_or_default();
        match self.stack(stack).parent {
            // A nested stack exists where its parent has it.
            Some((parent, id)) => match self.stack(parent).template.resource(id) {
                Some(resource) => self.exists(parent, resource).and(&own).unwrap_or(own),
                None => own,
            },
            None => own,
        }
    }

    /// The value of a property; nothing where the resource does not have it.
    pub fn property(&mut self, stack: StackId, resource: &Resource<'d>, name: &str) -> Option<Value> {
        if let Some(call) = resource.computed() {
            // It may bring any property, whatever stands beside it.
            let at = At { place: call.argument.tagged_place(), node: None };
            return Some(Value::any(Why::Intrinsic(call.told().into()), at));
        }
        if let Some(variable) = resource.variable() {
            let at = At { place: variable.place(), node: None };
            return Some(Value::any(Why::Deployment(variable.text().unwrap_or_default().into()), at));
        }
        let node = resource.property(name)?;
        Some(self.value(stack, node))
    }

    /// The value of a node.
    pub fn value(&mut self, stack: StackId, node: Node<'d>) -> Value {
        self.weighed(stack, node).0
    }

    fn weighed(&mut self, stack: StackId, node: Node<'d>) -> (Value, Size) {
        let at = At { place: node.tagged_place(), node: (!node.is_fresh()).then(|| node.id()) };
        // A template may have parts in several files.
        let key = (stack, at.place.file, node.target().id());
        match self.memo.get(&key) {
            Some(Memo::Done(value, size)) => return (Value::new(value.kind.clone(), at), *size),
            Some(Memo::Open) => return (Value::any(Why::Intrinsic("a reference to itself".into()), at), Size::ONE),
            None => {}
        }
        if self.depth >= MOST_DEPTH {
            return (Value::any(Why::Bound, at), Size::ONE);
        }
        self.memo.insert(key, Memo::Open);
        self.depth += 1;
        let (mut value, mut size) = self.evaluate(stack, node, at);
        self.depth -= 1;
        if size.exceeds(MOST) {
            self.note(NoteKind::Bound, too_large(), at.place);
            (value, size) = (Value::any(Why::Bound, at), Size::ONE);
        }
        self.memo.insert(key, Memo::Done(value.clone(), size));
        (value, size)
    }

    fn evaluate(&mut self, stack: StackId, node: Node<'d>, at: At) -> (Value, Size) {
        match Call::of(node) {
            // The parts of a choice are weighed already.
            Some(call) if call.function == Function::If => {
                let (kind, size) = self.choose(stack, call);
                return (Value::new(kind, at), size);
            }
            Some(call) if call.function != Function::Condition => {
                if !self.make(0, at) {
                    return (Value::any(Why::Bound, at), Size::ONE);
                }
                let value = self.call(stack, call, at);
                let size = value.size(MOST);
                self.make(size.weight, at);
                return (value, size);
            }
            _ => {}
        }
        match node.kind() {
            NodeKind::Missing => (Value::new(Kind::Null, at), Size::ONE),
            NodeKind::Scalar => {
                let value = Value::new(self.scalar(stack, node, at), at);
                let size = value.size(MOST);
                (value, size)
            }
            NodeKind::Sequence => self.list(stack, node, at),
            NodeKind::Mapping => self.map(stack, node, at),
        }
    }

    fn scalar(&mut self, stack: StackId, node: Node<'d>, at: At) -> Kind {
        match node.scalar() {
            None | Some(Scalar::Null) => Kind::Null,
            Some(Scalar::Bool(value)) => Kind::Bool(value),
            Some(Scalar::Number(text)) => Kind::Number(text.into()),
            Some(Scalar::Text(text)) => self.plain_text(stack, text, at),
        }
    }

    fn list(&mut self, stack: StackId, node: Node<'d>, at: At) -> (Value, Size) {
        let (mut items, mut size) = (Vec::new(), Size::ONE);
        for item in node.items() {
            let (value, own) = self.weighed(stack, item);
            size = size.with(own);
            if size.exceeds(MOST) {
                break;
            }
            items.push(value);
        }
        items.retain(|item| !matches!(item.kind, Kind::Absent));
        (Value::new(Kind::List(items.into()), at), size)
    }

    fn map(&mut self, stack: StackId, node: Node<'d>, at: At) -> (Value, Size) {
        let (mut entries, mut size) = (Vec::new(), Size::ONE);
        for (key, value) in node.entries() {
            let (value, own) = self.weighed(stack, value);
            size = size.with(own);
            if size.exceeds(MOST) {
                break;
            }
            let key_at = At { place: key.tagged_place(), node: (!key.is_fresh()).then(|| key.id()) };
            entries.push(Entry { key: Text::known(key.text().unwrap_or_default()), key_at, value });
        }
        entries.retain(|entry| !matches!(entry.value.kind, Kind::Absent));
        (Value::new(Kind::Map(entries.into()), at), size)
    }

    fn symbol(&mut self, key: &str, name: &str, format: crate::value::Format, unique: bool) -> Text {
        let facts = || crate::value::SymbolFacts { name: name.into(), format, unique, fresh: false };
        Text::symbol(self.symbols.intern(key, facts))
    }

    /// A text that somebody could have said, and nobody did.
    fn missing(&mut self, key: &str, name: &str, why: Why) -> Text {
        let text = self.symbol(key, name, returns::any(), false);
        text.as_symbol().into_iter().for_each(|id| self.symbols.explain(id, why.clone()));
        text
    }

    fn note(&mut self, kind: NoteKind, message: String, place: Place) {
        self.add_note(Note::new(kind, message, Some(place)));
    }

    fn add_note(&mut self, note: Note) {
        let Some(place) = note.place else { return self.notes.push(note) };
        let here = self.noted.entry((note.kind.name(), place)).or_default();
        if here.iter().all(|at| self.notes[*at].message != note.message) {
            here.push(self.notes.len());
            self.notes.push(note);
        }
    }

    /// Counts what a function makes; false, with a note, once there was more than [`MOST_MADE`].
    fn make(&mut self, nodes: usize, at: At) -> bool {
        let before = self.made;
        self.made = before.saturating_add(nodes.saturating_sub(SMALL));
        let within = self.made <= MOST_MADE;
        if !within && before <= MOST_MADE {
            let message = format!("functions that make more than {MOST_MADE} parts are not followed");
            self.note(NoteKind::Bound, message, at.place);
        }
        within
    }

    /// The texts one after another, counted; where that is too much it is said.
    fn joined<'t>(&mut self, texts: impl IntoIterator<Item = &'t Text> + Clone, at: At) -> Text {
        if !self.make(0, at) {
            return Text::Any(Why::Bound);
        }
        let joined = Text::join(texts.clone());
        if joined == Text::Any(Why::Bound) && !texts.into_iter().any(|text| matches!(text, Text::Any(_))) {
            let (bytes, pieces) = (Text::MOST_BYTES, Text::MOST_PIECES);
            let message = format!("a text with more than {bytes} bytes or {pieces} pieces is not followed");
            self.note(NoteKind::Bound, message, at.place);
        }
        self.make(joined.bytes() / BYTES_PER_NODE, at);
        joined
    }

    /// One value out of several parts, evaluated in each branch in which the parts have no choices.
    fn in_each_case(&mut self, parts: Vec<Value>, at: At, make: &mut dyn FnMut(&mut Self, &[Value]) -> Kind) -> Kind {
        let parts = Value::new(Kind::List(parts.into()), at);
        let size = parts.size(MOST);
        if size.exceeds(MOST) {
            self.note(NoteKind::Bound, too_large(), at.place);
            return Kind::Any(Why::Bound);
        }
        let cases = self.worlds.cases(&parts);
        if !self.make(size.weight.saturating_mul(cases.cases.len()), at) {
            return Kind::Any(Why::Bound);
        }
        if !cases.complete {
            self.note(
                NoteKind::Bound,
                format!("a value with more than {} cases is not followed", Worlds::MOST_CASES),
                at.place,
            );
            return Kind::Any(Why::Bound);
        }
        let mut made = Vec::with_capacity(cases.cases.len());
        for case in cases.cases {
            let kind = make(self, case.then.items());
            made.push(Case { when: case.when, then: Value::new(kind, at) });
        }
        one_of(made)
    }
}

fn too_large() -> String {
    format!("a value with more than {} parts, or nested more than {} deep, is not followed", MOST.weight, MOST.depth)
}

/// The only case there is, or a choice.
fn one_of(mut cases: Vec<Case<Value>>) -> Kind {
    match cases.len() {
        1 if cases[0].when.is_empty() => cases.remove(0).then.kind,
        _ => Kind::OneOf(Arc::from(cases)),
    }
}
