//! Which roles certainly have no permissions in the templates.

use std::collections::HashSet;

use super::Builder;
use crate::identity::graph::RoleId;
use crate::resolve::{StackId, StackSet};
use crate::template::Resource;
use crate::value::{Kind, Text, Value};

impl<'s, 'd> Builder<'s, 'd> {
    /// Records the roles that no resource gives a policy.
    pub(super) fn roles_without_permissions(&mut self) {
        let set: &'s StackSet<'d> = self.resolver.set();
        let mut holders: HashSet<Text> = HashSet::new();
        let (mut names, mut bare): (HashSet<Text>, Vec<(RoleId, Text)>) = Default::default();
        let mut next = 0;
        for stack in set.ids() {
            for resource in &set.stack(stack).template.resources {
                match resource.kind {
                    "AWS::IAM::Role" => {
                        let name = self.attribute(stack, resource, "Ref").text();
                        let is_bare = self.is_bare(stack, resource);
                        bare.extend(name.clone().filter(|_| is_bare).map(|name| (RoleId(next), name)));
                        names.extend(name);
                        next += 1;
                    }
                    "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => {
                        self.holders(stack, resource, "Roles", &mut holders)
                    }
                    "AWS::IAM::RolePolicy" => self.holders(stack, resource, "RoleName", &mut holders),
                    _ => {}
                }
            }
        }
        // A policy for a role of which nothing is known may be for any.
        let is_open = holders.iter().any(|holder| holder.as_known().is_none() && !names.contains(holder));
        let mut bare: Vec<(RoleId, Text)> = if is_open { Vec::new() } else { bare };
        bare.retain(|(_, name)| {
            !matches!(name, Text::Any(_)) && !holders.contains(name) && !self.graph.is_touched(name)
        });
        self.graph.without_permissions = bare.into_iter().map(|(id, _)| id).collect();
    }

    /// Whether a role has no policy of its own.
    fn is_bare(&mut self, stack: StackId, resource: &Resource<'d>) -> bool {
        ["Policies", "ManagedPolicyArns"].iter().all(|name| {
            let value = self.resolver.property(stack, resource, name);
            value.is_none_or(|value| value.is_nothing() || is_empty(&value))
        })
    }

    fn holders(&mut self, stack: StackId, resource: &Resource<'d>, property: &str, holders: &mut HashSet<Text>) {
        let Some(value) = self.resolver.property(stack, resource, property) else { return };
        let mut open = vec![&value];
        while let Some(value) = open.pop() {
            match &value.kind {
                Kind::List(items) => open.extend(items.iter()),
                Kind::OneOf(cases) => open.extend(cases.iter().map(|case| &case.then)),
                _ => holders.extend(value.text()),
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    matches!(&value.kind, Kind::List(items) if items.is_empty())
}
