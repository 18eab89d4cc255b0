//! Session tags: who asks for them, and who may pass them.

use super::cognito::TAG_SESSION;
use super::graph::{Entity, Graph, RoleId};
use crate::policy::{
    Actions, Effect, Policy, Principal, PrincipalKind, Principals, Request, Resources, Statement, Test, actions_match,
    principals_match, test_passes,
};
use crate::source::Place;
use crate::value::{At, Branch, Piece, Symbols, Text, Truth};

/// Actions by which a role is assumed (STS API).
pub const ASSUME_ACTIONS: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];

/// Actions that go with them in one call (STS API; IAM User Guide, session tags, source identity).
pub const COMPANION_ACTIONS: [&str; 3] = ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"];

/// The companion action that a source identity needs.
pub const SET_SOURCE_IDENTITY: &str = "sts:SetSourceIdentity";

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

/// Actions that a trust policy has to allow beside the assume action (IAM User Guide, session tags and source
/// identity, permissions required).
const COMPANIONS: [&str; 2] = [TAG_SESSION, SET_SOURCE_IDENTITY];

/// The companion actions that an Allow statement names in so many words, and where.
pub fn named_companions(statement: &Statement) -> impl Iterator<Item = (&'static str, Place)> + '_ {
    let list = match (&statement.actions, statement.effect) {
        (Actions::Only(list), Effect::Allow) => list.as_slice(),
        _ => &[],
    };
    list.iter().filter_map(|(text, at)| {
        let text = text.as_known()?;
        let named = COMPANIONS.into_iter().find(|action| action.eq_ignore_ascii_case(text))?;
        Some((named, at.place))
    })
}

/// Whether no statement of a trust policy may allow an action, whomever and on what condition.
pub fn never_allows(policy: &Policy, action: &str) -> bool {
    let allowing = policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
    let may = allowing.map(|statement| actions_match(&statement.actions, action));
    !policy.opaque && !policy.may_allow_more && Truth::any(may).is_false()
}

/// The roles of the run that a permission statement of another speaks of, one by one.
pub fn roles_named(graph: &Graph, holder: &Entity, statement: &Statement) -> Vec<(RoleId, Branch)> {
    let Resources::Only(list) = &statement.resources else { return Vec::new() };
    list.iter().flat_map(|(text, _)| graph.roles_meant(holder.stack, text)).collect()
}

/// Whether a permission statement of a role speaks of the role itself, or of what is no role at all, and of
/// nothing else: such a statement never lets the role pass tags to another.
pub fn concerns_no_other_role(graph: &Graph, role: RoleId, statement: &Statement) -> bool {
    let Resources::Only(list) = &statement.resources else { return false };
    let stack = graph.role(role).entity.stack;
    let is_itself = |text: &Text| {
        let meant = graph.roles_meant(stack, text);
        !meant.is_empty() && meant.iter().all(|(id, _)| *id == role)
    };
    !list.is_empty() && list.iter().all(|(text, _)| is_itself(text) || is_no_role(text))
}

/// Whether an ARN is one of a service other than IAM, whose roles are the only ones, or of something else in IAM.
fn is_no_role(arn: &Text) -> bool {
    let part = |at| super::arn::arn_part(arn, at);
    let service = part(2);
    if part(0).as_known() != Some("arn") {
        return false;
    }
    match service.as_known() {
        Some("iam") => {
            let named = part(5);
            let pieces = named.pieces().unwrap_or_default();
            let kind = match pieces.first() {
                Some(Piece::Literal(first)) => first.split_once('/').map(|(kind, _)| kind.to_owned()),
                _ => None,
            };
            kind.is_some_and(|kind| kind != "role" && !kind.contains(['*', '?', '$']))
        }
        Some(service) => !service.is_empty() && !service.contains(['*', '?', '$']),
        None => false,
    }
}

/// The tests of a statement that pass only when the session is tagged: those on request tags that fail
/// for a request without any.
pub fn tests_for_tags<'s>(statement: &'s Statement, policy: &'s Policy) -> impl Iterator<Item = &'s Test> {
    needed(statement, policy, |key| key.starts_with("aws:requesttag/") || key == "aws:tagkeys")
}

/// The tests of an Allow statement that pass only when a source identity is set: one of a trust policy.
pub fn tests_for_identity<'s>(statement: &'s Statement, policy: &'s Policy) -> impl Iterator<Item = &'s Test> {
    let allows = statement.effect == Effect::Allow;
    needed(statement, policy, move |key| allows && key == "sts:sourceidentity")
}

/// The test of a Deny statement by which it speaks of whoever sets no source identity, and of nothing else but source
/// identities.
pub fn denies_without_identity<'s>(statement: &'s Statement, policy: &Policy) -> Option<&'s Test> {
    denies_without(statement, policy, |key| key == "sts:sourceidentity")
}

/// The same of whoever passes no tags, and of nothing else but tags that are passed.
pub fn denies_without_tags<'s>(statement: &'s Statement, policy: &Policy) -> Option<&'s Test> {
    denies_without(statement, policy, |key| key.starts_with("aws:requesttag/"))
}

fn denies_without<'s>(statement: &'s Statement, policy: &Policy, wanted: impl Fn(&str) -> bool) -> Option<&'s Test> {
    let bare = request(PrincipalKind::Aws, &Text::known("*"), Text::known("*"), SET_SOURCE_IDENTITY);
    let tests = &statement.conditions.tests;
    let holds = |test: &Test| {
        let is_key = test.key.as_known().is_some_and(|key| wanted(&key.to_ascii_lowercase()));
        is_key && test_passes(test, policy, &bare, &Symbols::default()).is_true()
    };
    let denies = statement.effect == Effect::Deny && !statement.conditions.opaque && tests.iter().all(holds);
    tests.first().filter(|_| denies)
}

/// Whether a statement of a role's trust policy certainly speaks of all that a principal stands for, and of an action.
pub fn is_covered(statement: &Statement, principal: &Principal, action: &str, role: &Text, symbols: &Symbols) -> bool {
    let kind = principal.kind.unwrap_or(PrincipalKind::Aws);
    let asking = request(kind, &principal.value, role.clone(), action);
    let speaks = principals_match(&statement.principals, &asking, symbols);
    speaks.and(actions_match(&statement.actions, action)).is_true()
}

/// The same for a permission policy, whose key is the one of sessions that have one already (IAM User Guide,
/// global condition keys, `aws:SourceIdentity`).
pub fn tests_for_held_identity<'s>(statement: &'s Statement, policy: &'s Policy) -> impl Iterator<Item = &'s Test> {
    let allows = statement.effect == Effect::Allow;
    needed(statement, policy, move |key| allows && key == "aws:sourceidentity")
}

/// The tests on some keys, written in lower case, that fail for a request without any key.
fn needed<'s>(
    statement: &'s Statement,
    policy: &'s Policy,
    is_key: impl Fn(&str) -> bool + 's,
) -> impl Iterator<Item = &'s Test> {
    let of_key = move |test: &&Test| is_key(&test.key.as_known().unwrap_or_default().to_ascii_lowercase());
    let bare = request(PrincipalKind::Aws, &Text::known("*"), Text::known("*"), TAG_SESSION);
    let needs = move |test: &&Test| test_passes(test, policy, &bare, &Symbols::default()).is_false();
    // What no request passes is another mistake.
    let is_empty = |test: &&Test| test.values.is_empty();
    statement.conditions.tests.iter().filter(of_key).filter(move |test| !is_empty(test)).filter(needs)
}

/// The values of a test that no source identity can have: 2 to 64 of these characters (STS API,
/// sourceIdentityType). Patterns and variables are left aside.
pub fn impossible_identities(test: &Test) -> impl Iterator<Item = &(Text, At)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let is_wrong = move |text: &str| {
        let is_name = (2..=64).contains(&text.chars().count()) && text.chars().all(is_word);
        !is_name && !text.contains(['*', '?', '$'])
    };
    test.values.iter().filter(move |(value, _)| value.as_known().is_some_and(is_wrong))
}

/// Whether a principal of an assume statement certainly may not tag its session: no Allow statement
/// speaks of it and of `sts:TagSession`, whatever its conditions.
pub fn companion_missing(graph: &Graph, role: RoleId, policy: &Policy, statement: &Statement) -> bool {
    lacks(graph, role, policy, statement, TAG_SESSION)
}

/// The same for any companion action.
pub fn lacks(graph: &Graph, role: RoleId, policy: &Policy, statement: &Statement, action: &str) -> bool {
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
        let request = request(kind, &principal.value, graph.role(role).arn(), action);
        let allow = policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
        let may = allow.map(|statement| {
            let speaks = speaks_of(statement, principal, &request.resource, &graph.symbols);
            speaks.and(actions_match(&statement.actions, &request.action))
        });
        Truth::any(may).is_false() || is_denied(policy, &request, graph)
    })
}

/// Whether a statement of a role's trust policy speaks of a principal, or of somebody for whom that stands: of a role
/// where it is the account.
pub fn speaks_of(statement: &Statement, principal: &Principal, role: &Text, symbols: &Symbols) -> Truth {
    // The statement that names the principal speaks of it, whatever form the name has.
    if names(statement, principal) {
        return Truth::True;
    }
    let asking =
        |own: &Principal| request(own.kind.unwrap_or(PrincipalKind::Aws), &own.value, role.clone(), TAG_SESSION);
    let whole = principals_match(&statement.principals, &asking(principal), symbols);
    let Principals::Only(list) = &statement.principals else { return whole };
    let alone = Principals::Only(vec![principal.clone()]);
    whole.or(Truth::any(list.iter().map(|own| principals_match(&alone, &asking(own), symbols))))
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

/// The companion actions that a principal always calls.
pub fn companions_of(principal: &Principal) -> &'static [&'static str] {
    match principal.value.as_known() {
        Some("pods.eks.amazonaws.com") => &COMPANIONS[..1],
        Some("rolesanywhere.amazonaws.com") => &COMPANIONS,
        _ => &[],
    }
}

fn is_tagging_service(principal: &Principal) -> bool {
    principal.value.as_known().is_some_and(|name| TAGGING_SERVICES.contains(&name))
}

fn request(kind: PrincipalKind, principal: &Text, resource: Text, action: &str) -> Request {
    Request { principal: (kind, principal.clone()), action: action.to_owned(), resource, context: Vec::new() }
}
