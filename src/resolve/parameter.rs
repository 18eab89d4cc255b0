//! What a parameter's value can be.

use std::collections::HashSet;
use std::sync::Arc;

use super::{NoteKind, Resolver, StackId};
use crate::syntax::{Kind as NodeKind, Node};
use crate::template::{Call, Function};
use crate::value::{At, Branch, Case, Kind, Switch, SwitchId, Text, Value, Why, Worlds};

/// Characters of a parameter's value in CloudFormation; a list has no more items.
const MOST_ITEMS: usize = 4096;
/// Keys of mappings that the parameters of one resolver are given.
const MOST_MAP_KEYS: usize = 200_000;

impl<'d> Resolver<'_, 'd> {
    /// Makes the switches of a stack's parameters: one for each that has allowed values or a default.
    pub(super) fn declare_parameters(&mut self, stack: StackId) {
        for (name, declaration) in &self.stack(stack).template.parameters {
            if self.given(stack, name).is_some() || is_computed(*declaration) {
                continue;
            }
            let allowed = declaration.get("AllowedValues").into_iter().flat_map(Node::items).filter_map(Node::text);
            let allowed: Vec<&str> = allowed.take(Worlds::MOST_CASES + 1).collect();
            let default =
                declaration.get("Default").filter(|node| node.kind() == NodeKind::Scalar).and_then(Node::text);
            // Too many to be tried one by one: the value stays unknown.
            if (allowed.is_empty() && default.is_none()) || allowed.len() > Worlds::MOST_CASES {
                continue;
            }
            let switch = self.variable(stack, name);
            let switch = self.worlds.switch_mut(switch);
            for value in &allowed {
                switch.value(value);
            }
            switch.closed = !allowed.is_empty();
            // A default that is not allowed cannot be deployed.
            let default = default.filter(|default| allowed.is_empty() || allowed.contains(default));
            switch.default = default.and_then(|default| switch.value(default));
        }
    }

    /// The switch of a parameter or pseudo parameter.
    pub(super) fn variable(&mut self, stack: StackId, name: &str) -> SwitchId {
        self.worlds.intern(&variable_key(stack, name), || Switch::variable(name))
    }

    /// What the parent of a nested stack gives for a parameter.
    pub(super) fn given(&self, stack: StackId, name: &str) -> Option<(StackId, Node<'d>)> {
        let (parent, id) = self.stack(stack).parent?;
        let given = self.stack(parent).template.resource(id)?.property("Parameters")?;
        // A stack set has a list of keys and values (CloudFormation, StackSet Parameter).
        let named = |entry: &Node<'d>| entry.get("ParameterKey").and_then(Node::text) == Some(name);
        let listed = || given.items().find(named)?.get("ParameterValue");
        Some((parent, given.get(name).or_else(listed)?))
    }

    /// The value of `Ref` to a parameter.
    pub(super) fn parameter(&mut self, stack: StackId, name: &str, declaration: Node<'d>, at: At) -> Kind {
        let is_list = declaration.get("Type").and_then(Node::text).is_some_and(|kind| kind.contains("List"));
        if let Some((parent, node)) = self.given(stack, name) {
            let value = self.value(parent, node);
            return if is_list { self.as_list(value, at) } else { value.kind };
        }
        let other = self.missing(&symbol_key(stack, name), name, Why::Parameter(name.into()));
        let switch = self.worlds.find(&variable_key(stack, name));
        if let (Some(switch), Some(symbol)) = (switch, other.as_symbol()) {
            self.variables.insert(symbol, switch);
        }
        let Some(switch) = switch.filter(|id| {
            let switch = self.worlds.switch(*id);
            switch.closed || switch.default.is_some()
        }) else {
            return Kind::Text(other);
        };
        let switch_facts = self.worlds.switch(switch);
        let cases = switch_facts.choices().map(|choice| {
            let kind = match choice {
                0 if is_list => Kind::Any(Why::Deployment(format!("parameter {name}").into())),
                0 => Kind::Text(other.clone()),
                _ => given_text(&switch_facts.values[usize::from(choice)], is_list, at),
            };
            Case { when: Branch::of(switch, choice), then: Value::new(kind, at) }
        });
        Kind::OneOf(Arc::from_iter(cases))
    }

    /// What a parameter that is a list is given: a text with commas, or a list as it is.
    fn as_list(&mut self, value: Value, at: At) -> Kind {
        self.in_each_case(vec![value], at, &mut |_, parts| match parts.first() {
            Some(value) => match value.text() {
                Some(Text::Known(text)) => given_text(&text, true, at),
                Some(_) => Kind::Any(Why::Deployment("a list that is a parameter".into())),
                None => value.kind.clone(),
            },
            None => Kind::Absent,
        })
    }

    /// Adds the keys of mappings to the values of the parameters and pseudo parameters that choose
    /// among them.
    pub(super) fn collect_map_keys(&mut self, stack: StackId) {
        let template = self.stack(stack).template;
        let Some(mappings) = template.mappings else { return };
        // What was handled before adds nothing.
        let (mut first_keys, mut second_keys) = (HashSet::new(), HashSet::new());
        for node in template.nodes() {
            let Some(call) = Call::of(node).filter(|call| call.function == Function::FindInMap) else { continue };
            let arguments: Vec<Node<'d>> = call.argument.items().collect();
            let [map, first, second, ..] = arguments.as_slice() else { continue };
            let Some(map) = map.text().and_then(|name| mappings.get(name)) else { continue };
            if let Some(name) = ref_to(*first).filter(|name| first_keys.insert((map.id(), *name))) {
                self.add_keys(stack, name, map);
            }
            if let Some(name) = ref_to(*second).filter(|name| second_keys.insert((map.id(), *name))) {
                map.entries().into_iter().for_each(|(_, inner)| self.add_keys(stack, name, inner));
            }
        }
    }

    fn add_keys(&mut self, stack: StackId, name: &str, map: Node<'d>) {
        let switch = self.variable(stack, name);
        let switch = self.worlds.switch_mut(switch);
        if switch.closed {
            return;
        }
        if self.map_keys >= MOST_MAP_KEYS {
            let message = format!("parameters that choose among more than {MOST_MAP_KEYS} keys are not followed");
            self.note(NoteKind::Bound, message, map.place());
            return;
        }
        for key in map.entries().into_iter().filter_map(|(key, _)| key.text()) {
            self.map_keys += 1;
            // A switch that is full takes no other value either.
            if switch.value(key).is_none() {
                break;
            }
        }
    }
}

/// The name in a `Ref`.
pub(super) fn ref_to(node: Node<'_>) -> Option<&str> {
    Call::of(node).filter(|call| call.function == Function::Ref)?.argument.text()
}

pub(super) fn variable_key(stack: StackId, name: &str) -> String {
    format!("{}/parameter/{name}", stack.0)
}

fn symbol_key(stack: StackId, name: &str) -> String {
    format!("{}/Ref/{name}", stack.0)
}

/// Whether its value comes from the parameter store at deployment: the default is then a name.
fn is_computed(declaration: Node<'_>) -> bool {
    declaration.get("Type").and_then(Node::text).is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter::Value"))
}

fn given_text(text: &Arc<str>, is_list: bool, at: At) -> Kind {
    if !is_list {
        return Kind::Text(Text::Known(text.clone()));
    }
    let items: Vec<&str> = text.split(',').take(MOST_ITEMS + 1).collect();
    if items.len() > MOST_ITEMS {
        return Kind::Any(Why::Bound);
    }
    let items = items.into_iter().map(|item| Value::new(Kind::Text(Text::known(item.trim())), at));
    Kind::List(items.collect())
}
