//! TAG008: a role needs a source identity, and nobody may set one.

use crate::checks::Cx;
use crate::checks::gate::named;
use crate::checks::remedy::allow;
use crate::checks::words::{held_path, test_spot};
use crate::finding::{Finding, Fix, Label, Mistake, Severity, shown};
use crate::identity::tags::{
    SET_SOURCE_IDENTITY, assume_action, denies_without_identity, impossible_identities, is_covered, lacks,
    named_companions, never_allows, roles_named, tests_for_held_identity, tests_for_identity,
};
use crate::identity::{Dialect, Graph, PermissionPolicy, Role, RoleId};
use crate::policy::{Effect, Policy, Principal, Statement, Test, Variable, variables};
use crate::source::Place;
use crate::value::Branch;

/// Finds roles that want a source identity, or are given one, and do not allow it to be set.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let graph = cx.graph;
    for (id, role) in graph.roles() {
        for case in &role.trust.cases {
            for statement in &case.then.statements {
                findings.extend(own_test(graph, id, &case.then, statement, &case.when));
                findings.extend(denied_without(graph, id, &case.then, statement, &case.when));
                findings.extend(impossible(graph, role, &case.then, statement, &case.when));
            }
        }
    }
    for policy in &graph.policies {
        for case in &policy.document.cases {
            for statement in &case.then.statements {
                findings.extend(permission(graph, policy, &case.then, statement, &case.when));
                caller(graph, policy, statement, &case.when, findings);
            }
        }
    }
}

/// A trust policy that asks for a source identity.
fn own_test(graph: &Graph, id: RoleId, policy: &Policy, statement: &Statement, when: &Branch) -> Option<Finding> {
    let test = tests_for_identity(statement, policy).next()?;
    if !lacks(graph, id, policy, statement, SET_SOURCE_IDENTITY) {
        return None;
    }
    let role = graph.role(id);
    let message = format!("{} asks for a source identity, and does not allow one to be set", role.entity.name());
    let mut finding = on_trust(role, statement, Severity::Error, message, when);
    finding.related = vec![Label::new(test.key_at.place, "passes only when the session has a source identity")];
    Some(finding)
}

/// A statement that allows what a Deny of the same policy takes from all who have no source identity.
fn denied_without(graph: &Graph, id: RoleId, policy: &Policy, statement: &Statement, when: &Branch) -> Option<Finding> {
    let action = assume_action(statement)?;
    if tests_for_identity(statement, policy).next().is_some() {
        return None;
    }
    let denying = policy.statements.iter().filter(|own| own.effect == Effect::Deny);
    let role = graph.role(id);
    let test = denying.into_iter().find_map(|deny| {
        let test = denies_without_identity(deny, policy)?;
        let covers = |principal: &Principal| is_covered(deny, principal, action, &role.arn(), &graph.symbols);
        (!named(statement).is_empty() && named(statement).iter().all(covers)).then_some(test)
    })?;
    if !lacks(graph, id, policy, statement, SET_SOURCE_IDENTITY) {
        return None;
    }
    let message =
        format!("{} denies whoever has no source identity, and does not allow one to be set", role.entity.name());
    let mut finding = on_trust(role, statement, Severity::Error, message, when);
    finding.related = vec![Label::new(test.key_at.place, "denied where the session has no source identity")];
    Some(finding)
}

/// A finding at the actions of a trust statement.
fn on_trust(role: &Role, statement: &Statement, severity: Severity, message: String, when: &Branch) -> Finding {
    let place = statement.action_at.map_or(statement.at.place, |at| at.place);
    let property = format!("AssumeRolePolicyDocument.{}.Action", statement.path());
    let label = Label::new(place, format!("does not allow {SET_SOURCE_IDENTITY}"));
    let mut finding = Finding::new("TAG008", severity, message, label, role.entity.property(property));
    finding.help = help(role, assume_action(statement).unwrap_or("sts:AssumeRole"));
    finding.fix = fix(statement).map(Box::new);
    finding.mistake = Mistake { statement: Some(statement.at.place), element: "Action", bare: false };
    finding.branch = when.clone();
    finding
}

/// A value that STS takes for no source identity.
fn impossible(graph: &Graph, role: &Role, policy: &Policy, statement: &Statement, when: &Branch) -> Option<Finding> {
    let (test, wrong) = tests_for_identity(statement, policy).find_map(|test| {
        let wrong: Vec<_> = impossible_identities(test).collect();
        (!wrong.is_empty()).then_some((test, wrong))
    })?;
    let (value, at) = wrong.first()?;
    let value = shown(&graph.shown(value));
    let severity = if wrong.len() == test.values.len() { Severity::Error } else { Severity::Warning };
    let message = format!("no source identity is ever {value}, which {} asks for", role.entity.name());
    let (_, property) = test_spot(statement, test);
    let label = Label::new(at.place, "not 2 to 64 letters, digits or any of _+=,.@-");
    let mut finding = Finding::new("TAG008", severity, message, label, role.entity.property(property));
    finding.help = "ask for a source identity of 2 to 64 letters, digits or any of _+=,.@-".to_owned();
    finding.mistake = Mistake { statement: Some(statement.at.place), element: "SourceIdentity", bare: false };
    finding.branch = when.clone();
    Some(finding)
}

/// A permission that needs a source identity, on a role whose sessions never have one.
fn permission(
    graph: &Graph,
    policy: &PermissionPolicy,
    document: &Policy,
    statement: &Statement,
    when: &Branch,
) -> Option<Finding> {
    let (place, property, why) = needed(policy, document, statement)?;
    let (role, when, trust) = policy.roles.iter().find_map(|(id, held)| {
        let held = graph.together(held, when)?;
        let role = graph.role(*id);
        // Sessions of a chain keep their source identity, and need the same permission for that.
        let case = role.trust.cases.iter().find(|case| {
            never_allows(&case.then, SET_SOURCE_IDENTITY) && graph.together(&held, &case.when).is_some()
        })?;
        Some((role, graph.together(&held, &case.when)?, &case.then))
    })?;
    let name = role.entity.name();
    let message = format!("a permission of {name} needs a source identity, which nobody may set");
    let label = Label::new(place, why);
    let mut finding = Finding::new("TAG008", Severity::Error, message, label, policy.entity.property(property));
    let assuming = trust.statements.iter().find_map(|own| Some((own, assume_action(own)?)));
    let spot = assuming.and_then(|(own, _)| own.action_at).map(|at| at.place);
    finding.related =
        spot.map(|at| Label::new(at, format!("does not allow {SET_SOURCE_IDENTITY}"))).into_iter().collect();
    finding.help = help(role, assuming.map_or("sts:AssumeRole", |(_, action)| action));
    finding.fix = assuming.and_then(|(own, _)| fix(own)).map(Box::new);
    finding.mistake = Mistake { statement: Some(statement.at.place), element: "SourceIdentity", bare: false };
    finding.branch = when;
    Some(finding)
}

/// What of a permission needs a source identity: a test, or a variable in what it is about.
fn needed(
    policy: &PermissionPolicy,
    document: &Policy,
    statement: &Statement,
) -> Option<(Place, String, &'static str)> {
    if let Some(test) = tests_for_held_identity(statement, document).next() {
        let why = "passes only when the session has a source identity";
        return Some((key_place(test), held_path(policy, statement, Some(test)), why));
    }
    let is_needed = |own: &Variable<'_>| {
        own.key.eq_ignore_ascii_case("aws:SourceIdentity")
            && own.test.is_none()
            && own.default.is_none()
            && !own.excludes
    };
    let allows = statement.effect == Effect::Allow;
    let variable = variables(statement, document).into_iter().find(|own| allows && is_needed(own))?;
    let why = "has a value only when the session has a source identity";
    Some((variable.at.place, held_path(policy, statement, None), why))
}

fn fix(statement: &Statement) -> Option<Fix> {
    let change = allow(statement, SET_SOURCE_IDENTITY)?;
    let mut kinds = named(statement).iter().map(|principal| principal.kind);
    let first = kinds.next();
    // Which of them is to set one somebody has to say.
    let is_mixed = kinds.any(|kind| Some(kind) != first);
    let fix = if is_mixed { Fix::offered } else { Fix::safe };
    Some(fix(format!("allow {SET_SOURCE_IDENTITY}"), vec![change]))
}

fn key_place(test: &Test) -> Place {
    test.key_at.place
}

/// A caller that may set a source identity on a role which does not allow it: both have to allow it (IAM User Guide,
/// source identity, permissions required).
fn caller(graph: &Graph, policy: &PermissionPolicy, statement: &Statement, when: &Branch, findings: &mut Vec<Finding>) {
    let Some((_, place)) = named_companions(statement).find(|(action, _)| *action == SET_SOURCE_IDENTITY) else {
        return;
    };
    for (id, exists) in roles_named(graph, &policy.entity, statement) {
        // On the role itself it is another mistake.
        if policy.roles.iter().any(|(own, _)| *own == id) {
            continue;
        }
        let role = graph.role(id);
        for case in role.trust.cases.iter().filter(|case| never_allows(&case.then, SET_SOURCE_IDENTITY)) {
            let branch = graph.together(when, &exists).and_then(|branch| graph.together(&branch, &case.when));
            let assuming = case.then.statements.iter().find(|own| assume_action(own).is_some());
            let (Some(branch), Some(assuming)) = (branch, assuming) else { continue };
            let label = Label::new(place, "a caller is allowed to set one here");
            // What the role asks for itself is said already.
            if let Some(other) = findings.iter_mut().find(|other| is_of(other, role, assuming)) {
                other.related.push(label);
                continue;
            }
            let message =
                format!("{} refuses sessions with a source identity, which a caller may set", role.entity.name());
            let mut finding = on_trust(role, assuming, Severity::Error, message, &branch);
            finding.related = vec![label];
            findings.push(finding);
        }
    }
}

/// Whether a finding says that a statement of a role lacks the action, for want of which the role refuses all.
fn is_of(finding: &Finding, role: &Role, statement: &Statement) -> bool {
    finding.rule == "TAG008"
        && finding.mistake.statement == Some(statement.at.place)
        && finding.mistake.element == "Action"
        && finding.subject.stack_key == role.entity.subject.stack_key
        && finding.subject.logical_id == role.entity.subject.logical_id
}

fn help(role: &Role, assume: &str) -> String {
    let line = match role.entity.dialect {
        Dialect::Yaml => format!("Action: [{assume}, {SET_SOURCE_IDENTITY}]"),
        Dialect::Json => format!("\"Action\": [\"{assume}\", \"{SET_SOURCE_IDENTITY}\"]"),
        Dialect::Cdk => format!("actions: ['{assume}', '{SET_SOURCE_IDENTITY}'],"),
    };
    format!("allow both in the trust policy\n  {line}")
}
