//! Principals of a trust policy that the same template makes, and that may not be there yet when IAM looks them up.

use std::collections::HashMap;

use super::Builder;
use crate::identity::arn::{are_one, arn_part};
use crate::identity::graph::{NamedEarly, RoleId};
use crate::policy::{PrincipalKind, Principals};
use crate::resolve::StackId;
use crate::template::{Resource, Waits, reaches, waits_for};
use crate::value::{At, Text, Truth};

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
            let waits: Waits<'d> = resources.iter().map(|one| (one.id, waits_for(one.body))).collect();
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
