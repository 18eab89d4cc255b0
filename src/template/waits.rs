//! Which resources of a template wait for which others.

use std::collections::{HashMap, HashSet};

use super::{Call, Function, get_att};
use crate::syntax::Node;

/// What each resource of a template waits for, by name.
pub type Waits<'d> = HashMap<&'d str, HashSet<String>>;

/// Whether a resource waits for another, by steps.
pub fn reaches(waits: &Waits<'_>, from: &str, to: &str) -> bool {
    let (mut open, mut seen) = (vec![from], HashSet::from([from]));
    while let Some(at) = open.pop() {
        for next in waits.get(at).into_iter().flatten() {
            if next == to {
                return true;
            }
            if seen.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    false
}

/// The names that a resource, or a part of it, refers to: resources, parameters, conditions alike.
pub fn waits_for(resource: Node<'_>) -> HashSet<String> {
    let mut names = HashSet::new();
    if let Some(depends) = resource.get("DependsOn") {
        names.extend(depends.text().map(str::to_owned));
        names.extend(depends.items().filter_map(Node::text).map(str::to_owned));
    }
    // An alias can show the same node again and again.
    let (mut open, mut seen) = (vec![resource], HashSet::new());
    while let Some(node) = open.pop() {
        if !seen.insert(node.target().id()) {
            continue;
        }
        if let Some(call) = Call::of(node) {
            match call.function {
                Function::Ref => names.extend(call.argument.text().map(str::to_owned)),
                Function::GetAtt => names.extend(get_att(call.argument).map(|(name, _)| name.to_owned())),
                Function::Sub => names.extend(variables(call.argument)),
                _ => {}
            }
            open.push(call.argument);
        }
        open.extend(node.items());
        open.extend(node.entries().into_iter().map(|(_, value)| value));
    }
    names
}

/// The names in the text of `Fn::Sub`, which may be the first member of a list.
fn variables(argument: Node<'_>) -> Vec<String> {
    let text = argument.text().or_else(|| argument.items().next()?.text()).unwrap_or_default();
    let parts = text.split("${").skip(1).filter_map(|part| part.split_once('}'));
    parts.map(|(name, _)| name.split('.').next().unwrap_or_default().trim().to_owned()).collect()
}
