//! Permission policies, and the roles that have them.

use std::collections::HashMap;

use super::{Builder, Properties};
use crate::identity::graph::{AwsPolicy, PermissionPolicy, RoleId};
use crate::identity::managed::{aws_policy, aws_policy_name};
use crate::resolve::StackId;
use crate::source::Place;
use crate::template::Resource;
use crate::value::{Branch, Case, Kind, Text, Value};

/// What joins policies and roles.
#[derive(Default)]
pub(super) struct Permits<'d> {
    /// Roles by their resources.
    roles: HashMap<(StackId, &'d str), RoleId>,
    /// Roles by what `Ref` gives for them: their names.
    names: HashMap<Text, Vec<(StackId, RoleId)>>,
    /// Managed policies by their ARNs, as places in the graph's policies; a name that is a choice gives several.
    arns: HashMap<Text, Vec<(usize, Branch)>>,
    /// What `ManagedPolicyArns` of a role names.
    managed: Vec<(RoleId, Text, Branch, Place)>,
    /// AWS's own policies, as places in the graph's.
    of_aws: HashMap<&'static str, usize>,
}

impl<'d> Builder<'_, 'd> {
    pub(super) fn name_role(&mut self, stack: StackId, resource: &Resource<'d>, id: RoleId) {
        self.permits.roles.insert((stack, resource.id), id);
        for name in self.names_of(stack, resource) {
            self.permits.names.entry(name.then).or_default().push((stack, id));
        }
    }

    /// What `Ref` gives for a resource, in each branch.
    fn names_of(&mut self, stack: StackId, resource: &Resource<'d>) -> Vec<Case<Text>> {
        let exists = self.resolver.exists(stack, resource);
        let name = self.attribute(stack, resource, "Ref");
        let cases = self.choices(&name, &exists).into_iter();
        cases.filter_map(|case| Some(Case { then: case.then.text()?, when: case.when })).collect()
    }

    pub(super) fn permissions_of_role(&mut self, stack: StackId, resource: &Resource<'d>) {
        let Some(id) = self.permits.roles.get(&(stack, resource.id)).copied() else { return };
        let inline_known = self.inline_policies(stack, resource, Some(id));
        let managed_known = self.managed_policies(stack, resource, id);
        if !(inline_known && managed_known) {
            self.graph.roles[id.0].permitted_elsewhere = true;
        }
    }

    /// The inline policies of a user or a group, which no role has, and those of AWS.
    pub(super) fn permissions_of_users(&mut self, stack: StackId, resource: &Resource<'d>) {
        self.inline_policies(stack, resource, None);
        for properties in self.properties(stack, resource, &["ManagedPolicyArns"]) {
            for (arn, place) in texts(&properties, "ManagedPolicyArns").0 {
                if let Some(policy) = self.aws_policy(&arn) {
                    policy.users.push((stack, properties.when.clone(), place));
                }
            }
        }
    }

    /// The policy of AWS that an ARN names.
    fn aws_policy(&mut self, arn: &Text) -> Option<&mut AwsPolicy> {
        let name = aws_policy_name(arn)?;
        let policies = &mut self.graph.aws_policies;
        if !self.permits.of_aws.contains_key(name) {
            let document = aws_policy(name)?;
            self.permits.of_aws.insert(name, policies.len());
            policies.push(AwsPolicy { name, roles: Vec::new(), users: Vec::new(), document });
        }
        self.permits.of_aws.get(name).and_then(|at| policies.get_mut(*at))
    }

    /// The documents in `Policies` of a role, or of users, each in the branches in which they are there; whether these are
    /// all.
    fn inline_policies(&mut self, stack: StackId, resource: &Resource<'d>, role: Option<RoleId>) -> bool {
        let Some(policies) = self.resolver.property(stack, resource, "Policies") else { return true };
        let exists = self.resolver.exists(stack, resource);
        let mut all_known = true;
        for whole in self.choices(&policies, &exists) {
            all_known &= matches!(whole.then.kind, Kind::List(_) | Kind::Null | Kind::Absent);
            for (at, item) in whole.then.items().iter().enumerate() {
                for policy in self.choices(item, &whole.when) {
                    if policy.then.is_nothing() {
                        continue;
                    }
                    let Some(document) = policy.then.get("PolicyDocument") else {
                        all_known = false;
                        continue;
                    };
                    let property = format!("Policies[{at}].PolicyDocument");
                    let at = self.permissions(stack, resource, document.clone(), &policy.when, property);
                    self.graph.policies[at].roles.extend(role.map(|role| (role, policy.when)));
                }
            }
        }
        all_known
    }

    /// Notes the managed policies of a role; whether their list is known.
    fn managed_policies(&mut self, stack: StackId, resource: &Resource<'d>, role: RoleId) -> bool {
        let mut all_known = true;
        for properties in self.properties(stack, resource, &["ManagedPolicyArns"]) {
            let (arns, known) = texts(&properties, "ManagedPolicyArns");
            all_known &= known;
            let when = &properties.when;
            self.permits.managed.extend(arns.into_iter().map(|(arn, place)| (role, arn, when.clone(), place)));
        }
        all_known
    }

    /// A policy that is a resource of its own, with the roles that it names.
    pub(super) fn policy(&mut self, stack: StackId, resource: &Resource<'d>) {
        let exists = self.resolver.exists(stack, resource);
        let Some(document) = self.resolver.property(stack, resource, "PolicyDocument") else { return };
        let at = self.permissions(stack, resource, document, &exists, "PolicyDocument".to_owned());
        if resource.kind == "AWS::IAM::ManagedPolicy" {
            for arn in self.names_of(stack, resource) {
                self.permits.arns.entry(arn.then).or_default().push((at, arn.when));
            }
        }
        let list = if resource.kind == "AWS::IAM::RolePolicy" { "RoleName" } else { "Roles" };
        for properties in self.properties(stack, resource, &[list]) {
            let (names, known) = texts(&properties, list);
            self.graph.policies[at].roles_complete &= known;
            for (name, _) in names {
                let meant = self.role_of_name(stack, &name);
                let is_of_none = name.as_known().is_some() && !self.permits.names.contains_key(&name);
                self.graph.policies[at].roles_complete &= meant.is_some() || is_of_none;
                self.graph.policies[at].roles.extend(meant.map(|role| (role, properties.when.clone())));
            }
        }
    }

    /// The role of a name: the stack's own, else the only one of the run.
    pub(super) fn role_of_name(&self, stack: StackId, name: &Text) -> Option<RoleId> {
        let named = self.permits.names.get(name)?;
        let mut own: Vec<RoleId> = named.iter().filter(|(home, _)| *home == stack).map(|(_, role)| *role).collect();
        if own.is_empty() {
            own.extend(named.iter().map(|(_, role)| *role));
        }
        own.dedup();
        // Of two that have it in different branches it may be either.
        if let [role] = own.as_slice() { Some(*role) } else { None }
    }

    /// Joins roles with the managed policies that they name, those of the run and AWS's own, once all are known.
    pub(super) fn attach_managed(&mut self) {
        for (role, arn, when, place) in std::mem::take(&mut self.permits.managed) {
            if let Some(policies) = self.permits.arns.get(&arn) {
                for (at, exists) in policies {
                    let both = self.together(&when, exists);
                    self.graph.policies[*at].roles.extend(both.map(|both| (role, both)));
                }
            } else if let Some(policy) = self.aws_policy(&arn) {
                policy.roles.push((role, when, place));
            } else {
                self.graph.roles[role.0].permitted_elsewhere = true;
            }
        }
    }

    /// Records a document; its place in the graph's policies.
    fn permissions(
        &mut self,
        stack: StackId,
        resource: &Resource<'d>,
        document: Value,
        when: &Branch,
        property: String,
    ) -> usize {
        let entity = self.entity(stack, resource);
        let document = self.resolver.as_document(stack, document);
        let document = self.policies(&document, when);
        let (roles, roles_complete) = (Vec::new(), true);
        self.graph.policies.push(PermissionPolicy { entity, property, roles, roles_complete, document });
        self.graph.policies.len() - 1
    }
}

/// The texts of a property that is a text or a list of them, with their places, and whether these are all.
fn texts(properties: &Properties, name: &str) -> (Vec<(Text, Place)>, bool) {
    let Some(value) = properties.get(name) else { return (Vec::new(), true) };
    let items = match &value.kind {
        Kind::List(_) => value.items(),
        _ => std::slice::from_ref(value),
    };
    let wanted = items.iter().filter(|item| !item.is_nothing());
    let known = |item: &Value| item.text().filter(|text| !matches!(text, Text::Any(_)));
    let found: Vec<Option<(Text, Place)>> = wanted.map(|item| Some((known(item)?, item.at.place))).collect();
    let all_known = found.iter().all(Option::is_some);
    (found.into_iter().flatten().collect(), all_known)
}
