//! What a parameter's value can be.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::{GivenParameter, NoteKind, Resolver, StackId, returns};
use crate::syntax::{Kind as NodeKind, Node, Scalar};
use crate::template::{Call, Function};
use crate::value::{At, Branch, Case, Format, Kind, Switch, SwitchId, Text, Value, Why, Worlds};

/// Characters of a parameter's value in CloudFormation; a list has no more items.
const MOST_ITEMS: usize = 4096;
/// Keys of mappings that the parameters of one resolver are given.
const MOST_MAP_KEYS: usize = 200_000;

/// Texts of one comparison that are told apart beside the values that a parameter has anyway.
const MOST_COMPARED: usize = 32;

impl<'d> Resolver<'_, 'd> {
    /// Makes the switches of a stack's parameters: one for each that has allowed values or a default.
    pub(super) fn declare_parameters(&mut self, stack: StackId) {
        for (name, declaration) in &self.stack(stack).template.parameters {
            let is_fixed = self.given(stack, name).is_some() || self.certain(stack, name, *declaration).is_some();
            if is_fixed || is_computed(*declaration) || is_secret(*declaration) {
                continue;
            }
            let allowed: Vec<Cow<'d, str>> = allowed_values(*declaration).take(Worlds::MOST_CASES + 1).collect();
            let (default, file) = self.expected(stack, name, *declaration);
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
            let default = default.filter(|default| allowed.is_empty() || switch.index_of(default).is_some());
            switch.default = default.and_then(|default| switch.value(&default));
            switch.default_from = file.filter(|_| switch.default.is_some());
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
        if self.is_overridden(stack, name) {
            return None;
        }
        // A stack set has a list of keys and values (CloudFormation, StackSet Parameter).
        let named = |entry: &Node<'d>| entry.get("ParameterKey").and_then(Node::text) == Some(name);
        let listed = || given.items().find(named)?.get("ParameterValue");
        Some((parent, given.get(name).or_else(listed)?))
    }

    /// Whether some instances of a stack set may have another value of a parameter than the rest
    /// (CloudFormation, StackSet StackInstances: `ParameterOverrides`).
    fn is_overridden(&self, stack: StackId, name: &str) -> bool {
        let own = self.stack(stack);
        let Some((parent, id)) = own.parent.filter(|_| own.info.apart) else { return false };
        let resource = self.stack(parent).template.resource(id);
        let groups = resource.and_then(|resource| resource.property("StackInstancesGroup"));
        let mut overrides =
            groups.into_iter().flat_map(Node::items).filter_map(|group| group.get("ParameterOverrides"));
        let names = |entry: Node<'_>| entry.get("ParameterKey").and_then(Node::text).is_none_or(|key| key == name);
        // What a function makes may override any.
        overrides.any(|list| list.kind() != NodeKind::Sequence || list.items().any(names))
    }

    /// The value that a parameter certainly has: the one that the user gave, or the default where the
    /// parent of a nested stack gives none.
    pub(super) fn certain(&self, stack: StackId, name: &str, declaration: Node<'d>) -> Option<Arc<str>> {
        if is_computed(declaration) || is_secret(declaration) {
            return None;
        }
        let own = self.stack(stack);
        match (own.parent, own.info.given.get(name)) {
            (None, Some(GivenParameter::Certain(value))) => Some(value.clone()),
            // One instance of a stack set may have other values than the rest.
            (Some((parent, id)), _)
                if !own.info.apart && self.leaves_defaults(parent, id) && self.given(stack, name).is_none() =>
            {
                default_of(declaration).map(|default| default.as_ref().into())
            }
            _ => None,
        }
    }

    /// Whether it is plain which parameters a nested stack is given.
    fn leaves_defaults(&self, parent: StackId, id: &str) -> bool {
        let Some(resource) = self.stack(parent).template.resource(id) else { return false };
        // A macro may put more parameters beside those that are written.
        let is_plain = |node: Node<'_>| node.kind() == NodeKind::Mapping && Call::of(node).is_none();
        let is_whole = |node: Node<'_>| is_plain(node) && node.get("Fn::Transform").is_none();
        let properties = resource.body.get("Properties");
        properties.is_none_or(is_whole) && resource.property("Parameters").is_none_or(is_whole)
    }

    /// The value that a parameter has unless somebody says otherwise, and the file that says so where it is
    /// not the template.
    fn expected(&self, stack: StackId, name: &str, declaration: Node<'d>) -> (Option<Cow<'d, str>>, Option<Arc<str>>) {
        let own = self.stack(stack);
        match (own.parent, own.info.given.get(name)) {
            (None, Some(GivenParameter::Likely { value, file })) => {
                (value.as_deref().map(|value| Cow::Owned(value.to_owned())), Some(file.clone()))
            }
            // What is given otherwise is certain, or not known.
            (Some(_), _) if !own.info.apart || self.is_overridden(stack, name) => (None, None),
            (None, Some(_)) => (None, None),
            _ => (default_of(declaration), None),
        }
    }

    /// The value of `Ref` to a parameter.
    pub(super) fn parameter(&mut self, stack: StackId, name: &str, declaration: Node<'d>, at: At) -> Kind {
        let is_list = is_list(declaration);
        if let Some((parent, node)) = self.given(stack, name).filter(|_| !is_secret(declaration)) {
            let value = self.value(parent, node);
            return self.as_given_by_parent(stack, (name, declaration), value, at);
        }
        if let Some(value) = self.certain(stack, name, declaration) {
            return given_text(&value, is_list, at);
        }
        let other = self.unknown_parameter(stack, name, declaration);
        let switch = self.worlds.find(&variable_key(stack, name));
        if let (Kind::Text(text), Some(switch)) = (&other, switch) {
            self.variables.extend(text.as_symbol().map(|symbol| (symbol, switch)));
        }
        let Some(switch) = switch.filter(|id| {
            let switch = self.worlds.switch(*id);
            switch.closed || switch.default.is_some()
        }) else {
            return other;
        };
        let switch_facts = self.worlds.switch(switch);
        let cases = switch_facts.choices().map(|choice| {
            let kind = match choice {
                0 => other.clone(),
                _ => given_text(&switch_facts.values[usize::from(choice)], is_list, at),
            };
            Case { when: Branch::of(switch, choice), then: Value::new(kind, at) }
        });
        Kind::OneOf(Arc::from_iter(cases))
    }

    /// What is known of a parameter of which nobody says the value.
    fn unknown_parameter(&mut self, stack: StackId, name: &str, declaration: Node<'d>) -> Kind {
        let why = Why::Parameter(name.into());
        if is_list(declaration) {
            return Kind::Any(why);
        }
        let pattern = declaration.get("AllowedPattern").filter(|_| !is_computed(declaration)).and_then(Node::text);
        let format = pattern.and_then(Format::of_pattern).unwrap_or_else(returns::any);
        let text = self.symbol(&symbol_key(stack, name), name, format, false);
        text.as_symbol().into_iter().for_each(|id| self.symbols.explain(id, why.clone()));
        Kind::Text(text)
    }

    /// What a parent gives, as the nested stack sees it. A list may be written as a text with commas, and
    /// what is absent leaves the default.
    fn as_given_by_parent(&mut self, stack: StackId, own: (&str, Node<'d>), value: Value, at: At) -> Kind {
        let (name, declaration) = own;
        let is_list = is_list(declaration);
        if is_computed(declaration) {
            return self.unknown_parameter(stack, name, declaration);
        }
        if matches!(value.kind, Kind::Text(_)) && !is_list {
            return value.kind;
        }
        let left = match default_of(declaration) {
            Some(default) => given_text(&default.as_ref().into(), is_list, at),
            None => self.unknown_parameter(stack, name, declaration),
        };
        self.in_each_case(vec![value], at, &mut |resolver, parts| match parts.first() {
            None => left.clone(),
            Some(value) if is_list && !matches!(value.kind, Kind::List(_)) => {
                let items = value.text().and_then(|text| resolver.split_text(&text, ","));
                match items.filter(|items| items.len() <= MOST_ITEMS) {
                    Some(items) => {
                        let item = |text: Text| Value::new(Kind::Text(text.trimmed()), at);
                        Kind::List(items.into_iter().map(item).collect())
                    }
                    None => Kind::Any(Why::Parameter(name.into())),
                }
            }
            Some(value) => match value.text() {
                Some(text) => Kind::Text(text),
                None => value.kind.clone(),
            },
        })
    }

    /// Adds the texts that conditions and rules compare parameters with to the values of these, so that
    /// every choice is known before the first value is.
    pub(super) fn collect_compared(&mut self, stack: StackId) {
        for node in self.stack(stack).template.doc.nodes() {
            let Some(call) = Call::of(node) else { continue };
            let most = match call.function {
                Function::Equals => usize::MAX,
                Function::Other if super::rules::compares(call) => MOST_COMPARED,
                _ => continue,
            };
            let sides = call.argument.items().flat_map(members);
            let (refs, texts): (Vec<_>, Vec<_>) = sides.partition(|side| ref_to(*side).is_some());
            let texts: Vec<Cow<'d, str>> = texts.into_iter().filter_map(plain_text).take(most).collect();
            for variable in refs {
                let Some(variable) = self.variable_of(stack, variable) else { continue };
                let switch = self.worlds.switch_mut(variable);
                // A switch that is full takes no other value either.
                if !switch.closed {
                    let _ = texts.iter().all(|text| switch.value(text).is_some());
                }
            }
        }
    }

    /// Adds the keys of mappings to the values of the parameters and pseudo parameters that choose
    /// among them.
    pub(super) fn collect_map_keys(&mut self, stack: StackId) {
        let template = self.stack(stack).template;
        let Some(mappings) = template.mappings else { return };
        // What was handled before adds nothing.
        let (mut first_keys, mut second_keys) = (HashSet::new(), HashSet::new());
        for node in template.doc.nodes() {
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

/// The node, or the members of the list that is written there.
fn members(node: Node<'_>) -> Vec<Node<'_>> {
    match node.kind() {
        NodeKind::Sequence if Call::of(node).is_none() => node.items().collect(),
        _ => vec![node],
    }
}

/// A scalar as CloudFormation sees it, where no function makes it.
fn plain_text(node: Node<'_>) -> Option<Cow<'_, str>> {
    match node.scalar().filter(|_| Call::of(node).is_none())? {
        Scalar::Null => None,
        Scalar::Bool(value) => Some(if value { "true" } else { "false" }.into()),
        Scalar::Number(text) | Scalar::Text(text) => Some(text.into()),
    }
}

fn kind_of(declaration: Node<'_>) -> &str {
    declaration.get("Type").and_then(Node::text).unwrap_or_default()
}

/// The values that a parameter may have; none where it may have any.
pub fn allowed_values<'d>(declaration: Node<'d>) -> impl Iterator<Item = Cow<'d, str>> {
    declaration.get("AllowedValues").into_iter().flat_map(Node::items).filter_map(plain_text)
}

fn default_of(declaration: Node<'_>) -> Option<Cow<'_, str>> {
    declaration.get("Default").and_then(plain_text)
}

/// Whether its value is a list (CloudFormation User Guide, Parameters: `CommaDelimitedList`, `List<…>`,
/// and the same from the parameter store).
pub fn is_list(declaration: Node<'_>) -> bool {
    let kind = kind_of(declaration);
    let kind = kind.strip_prefix(STORED).and_then(|rest| rest.strip_prefix('<')).unwrap_or(kind);
    kind.starts_with("List<") || kind.starts_with("CommaDelimitedList")
}

/// Whether its value must not be shown (CloudFormation User Guide, Parameters: `NoEcho`).
pub fn is_secret(declaration: Node<'_>) -> bool {
    // What is neither true nor false is taken as it would be by who meant it.
    declaration.get("NoEcho").and_then(plain_text).is_some_and(|text| !text.eq_ignore_ascii_case("false"))
}

/// The type of a parameter whose value comes from the parameter store.
const STORED: &str = "AWS::SSM::Parameter::Value";

/// Whether its value comes from the parameter store at deployment: the default is then a name.
fn is_computed(declaration: Node<'_>) -> bool {
    kind_of(declaration).starts_with(STORED)
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
