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
    /// The policies by the roles that have them, as places in `documents`.
    of_role: HashMap<RoleId, Vec<(usize, &'g Branch)>>,
    /// Each policy in each of its branches.
    documents: Vec<Vec<Document<'g>>>,
    /// Whether a policy may be one of any role, or have statements that are not seen.
    is_open: bool,
}

/// A policy in one branch.
#[derive(Debug)]
struct Document<'g> {
    holder: &'g PermissionPolicy,
    policy: &'g Policy,
    when: &'g Branch,
    /// The policy as that of an identity, which names no principal.
    asked: Policy,
    /// The statements without their conditions, the resources unknown where a variable says which they are.
    bare: Vec<Statement>,
}

/// A statement that a role has, in one branch.
#[derive(Clone, Debug)]
pub struct Permission<'g> {
    /// The policy.
    pub policy: &'g PermissionPolicy,
    /// The statement.
    pub statement: &'g Statement,
    /// The branch.
    pub when: Branch,
}

impl<'g> Held<'g> {
    /// Sorts the policies of a graph by the roles that have them.
    pub fn of(graph: &'g Graph) -> Self {
        let mut of_role: HashMap<RoleId, Vec<_>> = HashMap::new();
        for (at, policy) in graph.policies.iter().enumerate() {
            for (role, when) in &policy.roles {
                of_role.entry(*role).or_default().push((at, when));
            }
        }
        let documents = graph.policies.iter().map(|holder| {
            let cases = holder.document.cases.iter();
            cases.map(|case| Document::new(holder, &case.then, &case.when)).collect()
        });
        // A policy for roles of which nothing is known may be one of any role.
        let is_open = graph.policies.iter().any(|policy| !policy.roles_complete || !policy.document.complete);
        Self { graph, of_role, documents: documents.collect(), is_open }
    }

    /// The documents that a role may have in a branch.
    fn documents(&self, role: RoleId, when: &Branch) -> Vec<(&Document<'g>, Branch)> {
        let own = self.of_role.get(&role).map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::new();
        for (at, held) in own {
            let Some(held) = self.graph.together(when, held) else { continue };
            for document in &self.documents[*at] {
                let both = self.graph.together(&held, document.when);
                found.extend(both.map(|both| (document, both)));
            }
        }
        found
    }

    /// The statements by which policies of the run allow a role something, in a branch.
    pub fn allowing(&self, role: RoleId, when: &Branch) -> Vec<Permission<'g>> {
        let mut found = Vec::new();
        for (document, when) in self.documents(role, when) {
            let own = document.policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
            found.extend(own.map(|statement| Permission { policy: document.holder, statement, when: when.clone() }));
        }
        found
    }

    /// Whether a role certainly may do something in some part of a branch: the statement that says so. Nothing where
    /// another policy, or a permissions boundary, may deny it.
    pub fn surely(&self, role: RoleId, when: &Branch, action: &str, resource: &Text) -> Option<Permission<'g>> {
        if self.graph.role(role).bounded {
            return None;
        }
        let asked = request(action, resource);
        self.documents(role, when).into_iter().find_map(|(document, when)| {
            let decision = evaluate(&document.asked, &asked, &self.graph.symbols);
            let by = decision.allowed_by.first().filter(|_| decision.truth.is_true())?;
            let statement = document.policy.statements.iter().find(|statement| statement.index == *by)?;
            let is_denied = self.documents(role, &when).into_iter().any(|(other, _)| other.denies(&asked, self.graph));
            (!is_denied).then_some(Permission { policy: document.holder, statement, when })
        })
    }

    /// Whether a role may do something in a branch, whatever the conditions: False only where that is certain.
    pub fn may(&self, role: RoleId, when: &Branch, action: &str, resource: &Text) -> Truth {
        let graph = self.graph;
        // A custom resource may add a policy.
        if graph.role(role).permitted_elsewhere || self.is_open || graph.is_touched(&graph.role(role).arn()) {
            return Truth::Unknown;
        }
        let asked = request(action, resource);
        Truth::any(self.documents(role, when).into_iter().map(|(document, _)| document.may_allow(&asked, graph)))
    }
}

impl<'g> Document<'g> {
    fn new(holder: &'g PermissionPolicy, policy: &'g Policy, when: &'g Branch) -> Self {
        let asked = Policy { of_identity: true, ..policy.clone() };
        let bare = policy.statements.iter().map(|statement| {
            let mut bare = statement.clone();
            bare.conditions.tests.clear();
            bare.conditions.opaque = false;
            // What a variable stands for, only the request says.
            if !variables(&bare, policy).is_empty() {
                bare.resources = Resources::Unknown;
            }
            bare
        });
        Self { holder, policy, when, bare: bare.collect(), asked }
    }

    /// Whether a statement other than a Deny speaks of a request.
    fn may_allow(&self, asked: &Request, graph: &Graph) -> Truth {
        if self.policy.opaque || self.policy.may_allow_more {
            return Truth::Unknown;
        }
        let allowing = self.bare.iter().filter(|statement| statement.effect != Effect::Deny);
        Truth::any(allowing.map(|bare| statement_admits(bare, &self.asked, asked, &graph.symbols)))
    }

    /// Whether a statement other than an Allow speaks of a request, or may.
    fn denies(&self, asked: &Request, graph: &Graph) -> bool {
        let mut denying = self.bare.iter().filter(|statement| statement.effect != Effect::Allow);
        let speaks = |bare: &Statement| !statement_admits(bare, &self.asked, asked, &graph.symbols).is_false();
        self.policy.opaque || denying.any(speaks)
    }
}

fn request(action: &str, resource: &Text) -> Request {
    let principal = (PrincipalKind::Aws, Text::known("*"));
    Request { principal, action: action.to_owned(), resource: resource.clone(), context: Vec::new() }
}
