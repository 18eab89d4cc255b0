//! What findings on roles of one service have in common: its statements, its actions, what tells its callers apart.

use crate::checks::Cx;
use crate::checks::gate::{Gate, bare_request, gates, is_on, named};
use crate::policy::{
    Carried, Effect, Policy, PrincipalKind, Request, Statement, Test, actions_match, principals_match, test_passes,
};
use crate::value::{Text, Why, compare};

/// Whether a statement names a service.
pub(super) fn names_service(cx: &Cx<'_>, statement: &Statement, service: &str) -> bool {
    let is_it = |value: &Text| compare(value, &Text::known(service), &cx.graph.symbols).is_true();
    named(statement).iter().any(|one| one.kind == Some(PrincipalKind::Service) && is_it(&one.value))
}

/// What a service asks for, as far as it is known without its keys.
fn asking(gate: Gate<'_>, service: &str) -> Request {
    Request { principal: (PrincipalKind::Service, Text::known(service)), ..bare_request(gate.role) }
}

/// The actions that a service certainly is not allowed by any statement, or that one denies it without conditions.
pub(super) fn missing_actions(
    cx: &Cx<'_>,
    gate: Gate<'_>,
    service: &str,
    needed: &[&'static str],
) -> Vec<&'static str> {
    let policy = gate.policy;
    let may = |statement: &Statement, action: &str| {
        // Of whom it is not known whom they name.
        let speaks = names_service(cx, statement, service) || named(statement).is_empty();
        statement.effect != Effect::Deny && speaks && !actions_match(&statement.actions, action).is_false()
    };
    let request = asking(gate, service);
    let denies = |statement: &&Statement, action: &str| {
        let is_bare = statement.conditions.tests.is_empty() && !statement.conditions.opaque;
        let speaks = names_service(cx, statement, service)
            || principals_match(&statement.principals, &request, &cx.graph.symbols).is_true();
        statement.effect == Effect::Deny && is_bare && speaks && actions_match(&statement.actions, action).is_true()
    };
    if policy.opaque || policy.may_allow_more {
        return Vec::new();
    }
    let lacks = |action: &&str| {
        let statements = || policy.statements.iter();
        !statements().any(|statement| may(statement, action)) || statements().any(|one| denies(&one, action))
    };
    needed.iter().copied().filter(lacks).collect()
}

/// Whether a statement allows all of some actions: then another one takes them back.
pub(super) fn allows_all(statement: &Statement, actions: &[&str]) -> bool {
    actions.iter().all(|action| actions_match(&statement.actions, action).is_true())
}

/// The first Allow statement of each policy that names a service: one by which it may assume the role, if there is
/// one.
pub(super) fn gates_of_service<'g>(cx: &Cx<'g>, service: &str) -> Vec<Gate<'g>> {
    let mut found: Vec<Gate<'g>> = Vec::new();
    let assumes = |gate: &Gate<'_>| actions_match(&gate.statement.actions, "sts:AssumeRole").is_true();
    for gate in gates(cx) {
        if gate.statement.effect != Effect::Allow || !names_service(cx, gate.statement, service) {
            continue;
        }
        match found.last_mut().filter(|last| std::ptr::eq(last.policy, gate.policy)) {
            None => found.push(gate),
            Some(last) if assumes(&gate) && !assumes(last) => *last = gate,
            Some(_) => {}
        }
    }
    found
}

/// The statements by which a service may assume the role, and that ask for none of some keys so that it matters.
pub(super) fn open_statements<'g>(
    cx: &Cx<'g>,
    gate: Gate<'g>,
    service: &str,
    beginnings: &[&str],
) -> Vec<&'g Statement> {
    let policy = gate.policy;
    let request = asking(gate, service);
    let asks = |statement: &Statement| {
        statement.conditions.tests.iter().any(|test| {
            is_on(test, beginnings) && (statement.effect != Effect::Allow || matters(cx, policy, &request, test))
        })
    };
    let is_unclear =
        |statement: &Statement| statement.conditions.opaque || statement.effect != Effect::Allow && asks(statement);
    if policy.opaque || policy.statements.iter().any(is_unclear) {
        return Vec::new();
    }
    let assumes = |one: &&Statement| {
        one.effect == Effect::Allow
            && names_service(cx, one, service)
            && actions_match(&one.actions, "sts:AssumeRole").is_true()
    };
    policy.statements.iter().filter(assumes).filter(|statement| !asks(statement)).collect()
}

/// Whether a test keeps anything out: not where it passes without its key, or whatever the key has.
fn matters(cx: &Cx<'_>, policy: &Policy, request: &Request, test: &Test) -> bool {
    let passes = |request: &Request| test_passes(test, policy, request, &cx.graph.symbols).is_true();
    let any = Carried::One(Text::Any(Why::Deployment("what is sent".into())));
    let sending = Request { context: vec![(test.key.clone(), any)], ..request.clone() };
    !passes(request) && !passes(&sending)
}

/// Whether a policy asks for some keys, so that it matters, in a statement or in a Deny.
pub(super) fn asks_somewhere(cx: &Cx<'_>, gate: Gate<'_>, service: &str, statement: &Statement, keys: &[&str]) -> bool {
    let request = asking(gate, service);
    let asks = |statement: &Statement| {
        let mut tests = statement.conditions.tests.iter().filter(|test| is_on(test, keys));
        tests.any(|test| statement.effect != Effect::Allow || matters(cx, gate.policy, &request, test))
    };
    asks(statement) || gate.policy.statements.iter().any(|one| one.effect != Effect::Allow && asks(one))
}
