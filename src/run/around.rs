//! What a fix must not do beside what it is for: write down one of several values, name a resource that may not be
//! there, or make resources wait for one another in a circle.

use std::collections::{HashMap, HashSet};

use crate::edit::Editor;
use crate::finding::{Applicability, Change, Fix, Written};
use crate::syntax::{Document, Node};
use crate::template::{Call, Function, Waits, reaches, waits_for};

/// What stands around the places that fixes of one template change.
pub(super) struct Around<'d> {
    parameters: Option<Node<'d>>,
    /// The condition of each resource, where it has one.
    conditions: HashMap<&'d str, Option<&'d str>>,
    waits: Waits<'d>,
}

impl<'d> Around<'d> {
    /// Cost: linear in the document.
    pub(super) fn of(document: &'d Document) -> Self {
        let section = |name: &str| document.root().and_then(|root| root.get(name));
        let resources = || section("Resources").into_iter().flat_map(Node::entries);
        let named = || resources().filter_map(|(key, body)| Some((key.text()?, body)));
        Self {
            parameters: section("Parameters"),
            conditions: named().map(|(id, body)| (id, body.get("Condition").and_then(Node::text))).collect(),
            waits: named().map(|(id, body)| (id, waits_for(body))).collect(),
        }
    }

    /// How far a fix of a resource may be made; nothing where it may not.
    pub(super) fn allows(&self, editor: &Editor<'d>, fix: &Fix, own: Option<&str>) -> Option<Applicability> {
        let mut names = HashSet::new();
        let written = fix.changes.iter().filter_map(value_of);
        written.for_each(|value| names_in(value, &mut names));
        let is_there = |name: &String| self.is_there(name, own) && !self.closes_circle(name, own);
        if !names.iter().all(is_there) {
            return None;
        }
        // What a reference gives may be something elsewhere.
        let drops = fix.changes.iter().filter(|change| matches!(change, Change::Drop { .. }));
        if drops.filter_map(|change| editor.taken(change)).any(|node| !waits_for(node).is_empty()) {
            return None;
        }
        let writes = fix.changes.iter().any(|change| value_of(change).is_some());
        let taken = fix.changes.iter().filter(|_| writes).filter_map(|change| editor.taken(change));
        taken.map(|node| self.loses(node, &names)).try_fold(fix.applicability, |most, own| Some(most.max(own?)))
    }

    /// Whether a resource is there wherever another one is.
    fn is_there(&self, name: &str, own: Option<&str>) -> bool {
        let Some(Some(condition)) = self.conditions.get(name) else { return true };
        own.and_then(|own| *self.conditions.get(own)?).is_some_and(|other| other == *condition)
    }

    fn closes_circle(&self, name: &str, own: Option<&str>) -> bool {
        own.is_some_and(|own| self.conditions.contains_key(name) && (name == own || reaches(&self.waits, name, own)))
    }

    /// How far a value may be taken away in whose place a text comes: what has several values is not known by one.
    fn loses(&self, taken: Node<'d>, kept: &HashSet<String>) -> Option<Applicability> {
        let (mut open, mut seen, mut may) = (vec![taken], HashSet::new(), Applicability::Safe);
        while let Some(node) = open.pop() {
            if !seen.insert(node.target().id()) {
                continue;
            }
            if let Some(call) = Call::of(node) {
                if matches!(call.function, Function::If | Function::FindInMap) {
                    return None;
                }
                open.push(call.argument);
            }
            open.extend(node.items());
            open.extend(node.entries().into_iter().map(|(_, value)| value));
        }
        for name in waits_for(taken).difference(kept) {
            let Some(parameter) = self.parameters.and_then(|all| all.get(name)) else { continue };
            if parameter.get("AllowedValues").is_some_and(|values| values.items().count() > 1) {
                return None;
            }
            may = Applicability::Offered;
        }
        Some(may)
    }
}

fn value_of(change: &Change) -> Option<&Written> {
    match change {
        Change::Set { value, .. } | Change::Put { value, .. } | Change::Append { value, .. } => Some(value),
        Change::Rename { .. }
        | Change::Copy { .. }
        | Change::Take { .. }
        | Change::Remove { .. }
        | Change::Drop { .. } => None,
    }
}

/// The names that what is written refers to.
fn names_in(written: &Written, names: &mut HashSet<String>) {
    match written {
        Written::Text(_) | Written::Bool(_) => {}
        Written::List(items) => items.iter().for_each(|item| names_in(item, names)),
        Written::Map(entries) => entries.iter().for_each(|(_, value)| names_in(value, names)),
        Written::Call(function, argument) => match (&**argument, *function) {
            (Written::Text(name), "Ref") => drop(names.insert(name.clone())),
            (Written::Text(text), "Fn::Sub") => {
                let parts = text.split("${").skip(1).filter_map(|part| part.split('}').next());
                names.extend(parts.map(|name| name.split('.').next().unwrap_or_default().to_owned()));
            }
            (Written::List(parts), "Fn::GetAtt") => {
                if let Some(Written::Text(name)) = parts.first() {
                    names.insert(name.clone());
                }
            }
            (argument, _) => names_in(argument, names),
        },
    }
}
