//! What each statement lets in by itself, where one principal is named by several or asked for several subjects:
//! what one of them lets in must not hide what another does.

use super::bench::Bench;
use super::clerk::Clerk;
use super::{ClassAnswer, account, issuer, saml, service};
use crate::identity::cognito::ASSUME as WEB_IDENTITY;
use crate::identity::graph::{Graph, RoleId};
use crate::policy::{Actions, Effect, Policy, PrincipalKind, Principals, Statement, Test, actions_match};
use crate::value::{Case, Mark, marks};

/// Statements, and values of theirs, of one policy that are looked at by themselves; above it none is.
const MOST: usize = 16;

/// Branches of a trust policy of which each is looked at part by part: more of them are combinations of few parts.
const MOST_BRANCHES: usize = 8;

/// How principals become a role.
const ASSUMING: [&str; 3] = ["sts:AssumeRole", WEB_IDENTITY, "sts:AssumeRoleWithSAML"];

/// The answers for each part of a policy that has company in what it speaks of.
pub(super) fn ask(clerk: &mut Clerk, graph: &Graph, role: RoleId, case: &Case<Policy>) -> Vec<Vec<ClassAnswer>> {
    if graph.role(role).trust.cases.len() > MOST_BRANCHES {
        return Vec::new();
    }
    let parts = parts(&case.then);
    if parts.len() < 2 || parts.len() > MOST {
        return Vec::new();
    }
    let ask = |part: Policy| {
        let alone = Case { when: case.when.clone(), then: part };
        let mut bench = Bench::new(graph, role, &alone, clerk);
        issuer::ask(&mut bench);
        saml::ask(&mut bench);
        account::ask(&mut bench);
        service::ask(&mut bench);
        bench.answers
    };
    parts.into_iter().map(ask).collect()
}

/// The policy once for each part.
fn parts(policy: &Policy) -> Vec<Policy> {
    let mut parts = Vec::new();
    let letting: Vec<&Statement> = policy.statements.iter().filter(|one| lets_in(one)).collect();
    for statement in &letting {
        let has_company =
            letting.iter().any(|other| other.index != statement.index && shares_principal(statement, other));
        let by_value = by_value(statement);
        if !has_company && by_value.len() < 2 {
            continue;
        }
        parts.extend(by_value.into_iter().map(|part| only(policy, part)));
    }
    parts
}

/// Whether a statement lets anybody in.
fn lets_in(statement: &Statement) -> bool {
    statement.effect == Effect::Allow
        && ASSUMING.iter().any(|action| !actions_match(&statement.actions, action).is_false())
}

fn shares_principal(one: &Statement, other: &Statement) -> bool {
    let (Principals::Only(own), Principals::Only(others)) = (&one.principals, &other.principals) else { return false };
    let is_told = |kind| matches!(kind, Some(PrincipalKind::Aws | PrincipalKind::Federated | PrincipalKind::Service));
    own.iter()
        .any(|own| is_told(own.kind) && others.iter().any(|other| own.kind == other.kind && own.value == other.value))
}

/// A statement once for each pattern that it takes as the subject, and once for all its other values.
fn by_value(statement: &Statement) -> Vec<Statement> {
    let is_subject =
        |test: &Test| test.key.ends_with(":sub") && test.operator.is_some_and(|operator| operator.takes_any_value());
    let mut subjects = statement.conditions.tests.iter().enumerate().filter(|(_, test)| is_subject(test));
    let (Some((at, test)), None) = (subjects.next(), subjects.next()) else { return vec![statement.clone()] };
    let is_open = |value: &crate::value::Text| {
        marks(value).is_none_or(|marks| marks.iter().any(|mark| matches!(mark, Mark::Run | Mark::One)))
            || value.as_known().is_some_and(|known| known.contains(['*', '?']))
    };
    let (open, closed): (Vec<_>, Vec<_>) = test.values.iter().cloned().partition(|(value, _)| is_open(value));
    let groups = open.into_iter().map(|value| vec![value]).chain((!closed.is_empty()).then_some(closed));
    let with = |values| {
        let mut part = statement.clone();
        if let Some(test) = part.conditions.tests.get_mut(at) {
            test.values = values;
        }
        part
    };
    let parts: Vec<Statement> = groups.map(with).collect();
    if parts.is_empty() { vec![statement.clone()] } else { parts }
}

/// The policy in which no other statement lets anybody in.
pub(super) fn only(policy: &Policy, part: Statement) -> Policy {
    let mut alone = policy.clone();
    for statement in &mut alone.statements {
        if statement.index == part.index {
            *statement = part.clone();
        } else if lets_in(statement) {
            statement.principals = Principals::Only(Vec::new());
            statement.actions = Actions::Only(Vec::new());
        }
    }
    alone
}
