//! Session tags: who asks for them, and who may pass them.

use super::cognito::TAG_SESSION;
use super::graph::{Graph, RoleId};
use crate::policy::{
    Actions, Effect, Policy, Principal, PrincipalKind, Principals, Request, Statement, Test, actions_match,
    principals_match, test_passes,
};
use crate::value::{Symbols, Text, Truth};

/// Actions by which a role is assumed (STS API).
const ASSUME_ACTIONS: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];

/// Services that always pass tags, with rules of their own (EKS User Guide, Pod Identity role; IAM Roles
/// Anywhere User Guide, trust model).
const TAGGING_SERVICES: [&str; 2] = ["pods.eks.amazonaws.com", "rolesanywhere.amazonaws.com"];

/// The first action of an Allow statement by which a role is assumed.
pub fn assume_action(statement: &Statement) -> Option<&'static str> {
    if statement.effect != Effect::Allow {
        return None;
    }
    ASSUME_ACTIONS.into_iter().find(|action| actions_match(&statement.actions, action).is_true())
}

/// The tests of a statement that pass only when the session is tagged: those on request tags that fail
/// for a request without any.
pub fn tests_for_tags<'s>(statement: &'s Statement, policy: &'s Policy) -> impl Iterator<Item = &'s Test> {
    let is_tag_key = |test: &&Test| {
        let key = test.key.as_known().unwrap_or_default().to_ascii_lowercase();
        key.starts_with("aws:requesttag/") || key == "aws:tagkeys"
    };
    let untagged = request(PrincipalKind::Aws, &Text::known("*"), Text::known("*"));
    let needs_tags = move |test: &&Test| test_passes(test, policy, &untagged, &Symbols::default()).is_false();
    statement.conditions.tests.iter().filter(is_tag_key).filter(needs_tags)
}

/// Whether a principal of an assume statement certainly may not tag its session: no Allow statement
/// speaks of it and of `sts:TagSession`, whatever its conditions.
pub fn companion_missing(graph: &Graph, role: RoleId, policy: &Policy, statement: &Statement) -> bool {
    if assume_action(statement).is_none()
        || policy.opaque
        || policy.may_allow_more
        || statement.actions == Actions::Unknown
    {
        return false;
    }
    let Principals::Only(principals) = &statement.principals else { return false };
    let others = principals.iter().filter(|principal| !is_tagging_service(principal));
    others.into_iter().any(|principal| {
        let kind = principal.kind.unwrap_or(PrincipalKind::Aws);
        let request = request(kind, &principal.value, graph.role(role).arn());
        let allow = policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
        let may = allow.map(|statement| {
            let speaks = principals_match(&statement.principals, &request, &graph.symbols);
            // The statement that names the principal speaks of it, whatever form the name has.
            let speaks = if names(statement, principal) { Truth::True } else { speaks };
            speaks.and(actions_match(&statement.actions, &request.action))
        });
        Truth::any(may).is_false() || is_denied(policy, &request, graph)
    })
}

/// Whether a Deny statement without conditions speaks of the request.
fn is_denied(policy: &Policy, request: &Request, graph: &Graph) -> bool {
    let bare = |statement: &&Statement| statement.conditions.tests.is_empty() && !statement.conditions.opaque;
    let deny = policy.statements.iter().filter(|statement| statement.effect == Effect::Deny).filter(bare);
    let speaks = |statement: &Statement| {
        let principal = principals_match(&statement.principals, request, &graph.symbols);
        principal.and(actions_match(&statement.actions, &request.action))
    };
    deny.into_iter().any(|statement| speaks(statement).is_true())
}

fn names(statement: &Statement, principal: &Principal) -> bool {
    match &statement.principals {
        Principals::Only(list) => list.iter().any(|own| own.kind == principal.kind && own.value == principal.value),
        _ => false,
    }
}

fn is_tagging_service(principal: &Principal) -> bool {
    principal.value.as_known().is_some_and(|name| TAGGING_SERVICES.contains(&name))
}

fn request(kind: PrincipalKind, principal: &Text, resource: Text) -> Request {
    Request { principal: (kind, principal.clone()), action: TAG_SESSION.to_owned(), resource, context: Vec::new() }
}
