//! What roles may do by the policies of the run: what they certainly may, and what they certainly may not.

use std::collections::HashMap;

use super::graph::{Graph, PermissionPolicy, RoleId};
use crate::policy::{
    Effect, Policy, PrincipalKind, Request, Resources, Statement, evaluate, statement_admits, variables,
};
use crate::value::{Branch, Text, Truth};

/// The permission policies of all roles.
#[derive(Debug)]
pub struct Held<'g> {
    graph: &'g Graph,
    of_role: HashMap<RoleId, Vec<(&'g PermissionPolicy, &'g Branch)>>,
}

/// A statement that a role has, in one branch.
#[derive(Clone, Debug)]
pub struct Permission<'g> {
    /// The policy.
    pub policy: &'g PermissionPolicy,
    /// Its document there.
    pub document: &'g Policy,
    /// The statement.
    pub statement: &'g Statement,
    /// The branch.
    pub when: Branch,
}

impl<'g> Held<'g> {
    /// Sorts the policies of a graph by the roles that have them.
    pub fn of(graph: &'g Graph) -> Self {
        let mut of_role: HashMap<RoleId, Vec<_>> = HashMap::new();
        for policy in &graph.policies {
            for (role, when) in &policy.roles {
                of_role.entry(*role).or_default().push((policy, when));
            }
        }
        Self { graph, of_role }
    }

    /// The documents of a role that it may have in a branch.
    fn documents(&self, role: RoleId, when: &Branch) -> Vec<(&'g PermissionPolicy, &'g Policy, Branch)> {
        let own = self.of_role.get(&role).map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::new();
        for (policy, held) in own {
            let Some(held) = self.graph.together(when, held) else { continue };
            for case in &policy.document.cases {
                let both = self.graph.together(&held, &case.when);
                found.extend(both.map(|both| (*policy, &case.then, both)));
            }
        }
        found
    }

    /// The statements by which policies of the run allow a role something, in a branch.
    pub fn allowing(&self, role: RoleId, when: &Branch) -> Vec<Permission<'g>> {
        let documents = self.documents(role, when).into_iter();
        documents
            .flat_map(|(policy, document, when)| {
                let own = document.statements.iter().filter(|statement| statement.effect == Effect::Allow);
                own.map(move |statement| Permission { policy, document, statement, when: when.clone() })
            })
            .collect()
    }

    /// Whether a role certainly may do something in some part of a branch: the statement that says so. Nothing where
    /// another policy, or a permissions boundary, may deny it.
    pub fn surely(&self, role: RoleId, when: &Branch, action: &str, resource: &Text) -> Option<Permission<'g>> {
        if self.graph.role(role).bounded {
            return None;
        }
        let asked = request(action, resource);
        let symbols = &self.graph.symbols;
        self.documents(role, when).into_iter().find_map(|(policy, document, when)| {
            let decision = evaluate(&of_identity(document), &asked, symbols);
            let by = decision.allowed_by.first().filter(|_| decision.truth.is_true())?;
            let statement = document.statements.iter().find(|statement| statement.index == *by)?;
            let is_denied =
                self.documents(role, &when).into_iter().any(|(_, other, _)| denies(other, &asked, self.graph));
            (!is_denied).then_some(Permission { policy, document, statement, when })
        })
    }

    /// Whether a role may do something in a branch, whatever the conditions: False only where that is certain.
    pub fn may(&self, role: RoleId, when: &Branch, action: &str, resource: &Text) -> Truth {
        let graph = self.graph;
        // A policy for roles of which nothing is known may be one of this role's; a custom resource may add one.
        let is_open = graph.policies.iter().any(|policy| !policy.roles_complete || !policy.document.complete);
        if graph.role(role).permitted_elsewhere || is_open || graph.is_touched(&graph.role(role).arn()) {
            return Truth::Unknown;
        }
        let asked = request(action, resource);
        Truth::any(self.documents(role, when).into_iter().map(|(_, document, _)| {
            let is_open = document.opaque || document.may_allow_more;
            let open = if is_open { Truth::Unknown } else { Truth::False };
            let allowing = document.statements.iter().filter(|statement| statement.effect != Effect::Deny);
            let all = of_identity(document);
            open.or(Truth::any(allowing.map(|statement| {
                let mut bare = statement.clone();
                bare.conditions.tests.clear();
                bare.conditions.opaque = false;
                // What a variable stands for, only the request says.
                if variables(&bare, document).iter().any(|variable| variable.test.is_none()) {
                    bare.resources = Resources::Unknown;
                }
                statement_admits(&bare, &all, &asked, &self.graph.symbols)
            })))
        }))
    }
}

fn request(action: &str, resource: &Text) -> Request {
    let principal = (PrincipalKind::Aws, Text::known("*"));
    Request { principal, action: action.to_owned(), resource: resource.clone(), context: Vec::new() }
}

fn of_identity(document: &Policy) -> Policy {
    let mut policy = document.clone();
    policy.of_identity = true;
    policy
}

/// Whether a Deny statement of a policy speaks of a request, or may.
fn denies(document: &Policy, asked: &Request, graph: &Graph) -> bool {
    let policy = of_identity(document);
    let denying = document.statements.iter().filter(|statement| statement.effect != Effect::Allow);
    document.opaque
        || denying.into_iter().any(|statement| {
            let mut bare = statement.clone();
            bare.conditions.tests.clear();
            !statement_admits(&bare, &policy, asked, &graph.symbols).is_false()
        })
}
