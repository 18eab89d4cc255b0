//! Principals of a trust policy that the same template makes, and that may not be there yet when IAM looks them up.

use std::collections::{HashMap, HashSet};

use super::Builder;
use crate::identity::arn::{are_one, arn_part};
use crate::identity::graph::{NamedEarly, RoleId};
use crate::policy::{PrincipalKind, Principals};
use crate::resolve::StackId;
use crate::syntax::Node;
use crate::template::{Call, Function, Resource, get_att};
use crate::value::{At, Text, Truth};

/// What each resource of a template waits for, by name.
type Waits<'d> = HashMap<&'d str, HashSet<String>>;

/// A user or role that a template makes.
struct Made {
    id: String,
    arn: Text,
}

impl<'d> Builder<'_, 'd> {
    /// Records principals that name, by text, a user or role of their own stack.
    pub(super) fn named_early(&mut self) {
        for stack in self.resolver.set().ids() {
            let made = self.made_in(stack);
            let named = self.named_in(stack, &made);
            if named.is_empty() {
                continue;
            }
            let resources = &self.resolver.set().stack(stack).template.resources;
            let waits: Waits<'d> = resources.iter().map(|one| (one.id, waits_for(one))).collect();
            for (role, at, other, is_it) in named {
                let own = self.graph.roles[role.0].entity.name().to_owned();
                if !reaches(&waits, &own, &other) {
                    let cyclic = own == other || reaches(&waits, &other, &own);
                    let place = resources.iter().find(|one| one.id == other).map(|one| one.key.place());
                    self.graph.named_early.extend(place.map(|place| NamedEarly {
                        role,
                        at,
                        name: other,
                        place,
                        cyclic,
                        certain: is_it.is_true(),
                    }));
                }
            }
        }
    }

    /// Users and roles by what their ARNs end with.
    fn made_in(&mut self, stack: StackId) -> HashMap<Text, Vec<Made>> {
        let mut made: HashMap<Text, Vec<Made>> = HashMap::new();
        let mut add =
            |id: &str, arn: Text| made.entry(arn_part(&arn, 5)).or_default().push(Made { id: id.to_owned(), arn });
        for role in self.graph.roles.iter().filter(|role| role.entity.stack == stack) {
            role.arns.iter().for_each(|case| add(role.entity.name(), case.then.clone()));
        }
        let set = self.resolver.set();
        let users: Vec<&Resource<'d>> = set.stack(stack).template.of_kind("AWS::IAM::User").collect();
        for user in users {
            if let Some(arn) = self.attribute(stack, user, "Arn").text() {
                add(user.id, arn);
            }
        }
        made
    }

    fn named_in(&self, stack: StackId, made: &HashMap<Text, Vec<Made>>) -> Vec<(RoleId, At, String, Truth)> {
        let mut named = Vec::new();
        for (id, role) in self.graph.roles().filter(|(_, role)| role.entity.stack == stack) {
            for statement in role.trust.cases.iter().flat_map(|case| &case.then.statements) {
                let Principals::Only(principals) = &statement.principals else { continue };
                for principal in principals.iter().filter(|one| one.kind == Some(PrincipalKind::Aws)) {
                    let others = made.get(&arn_part(&principal.value, 5)).map(Vec::as_slice).unwrap_or_default();
                    let is_it = |other: &Made| are_one(&other.arn, &principal.value, &self.resolver.symbols);
                    // One that it is for certain comes before one that it may be.
                    let certain = others.iter().find(|other| is_it(other).is_true());
                    let found = certain.map(|other| (other, Truth::True)).or_else(|| {
                        let possible = others.iter().find(|other| !is_it(other).is_false());
                        possible.map(|other| (other, Truth::Unknown))
                    });
                    let found = found.map(|(other, is_it)| (id, principal.at, other.id.clone(), is_it));
                    named.extend(found.filter(|found| !named.contains(found)));
                }
            }
        }
        named
    }
}

/// Whether a resource waits for another, by steps.
fn reaches(waits: &Waits<'_>, from: &str, to: &str) -> bool {
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

/// The names that a resource refers to: resources, parameters, conditions alike.
fn waits_for(resource: &Resource<'_>) -> HashSet<String> {
    let mut names = HashSet::new();
    if let Some(depends) = resource.body.get("DependsOn") {
        names.extend(depends.text().map(str::to_owned));
        names.extend(depends.items().filter_map(Node::text).map(str::to_owned));
    }
    // An alias can show the same node again and again.
    let (mut open, mut seen) = (vec![resource.body], HashSet::new());
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
