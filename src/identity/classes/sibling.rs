//! What one statement lets in though another one, on the same principals, asks for more.

use super::bench::Bench;
use super::clerk::Clerk;
use super::{ClassAnswer, Classes, account, companion, issuer, saml, service};
use crate::identity::graph::{Graph, RoleId};
use crate::policy::{Actions, Effect, Policy, Statement, Test, actions_match, principals_match};
use crate::value::Case;

/// A request that one statement lets in, which the test of another refuses: with the symbols that it speaks of.
/// `strict` names whom the request comes from, and `test` is one of its tests.
pub fn let_in_without(
    graph: &Graph,
    role: RoleId,
    case: &Case<Policy>,
    (strict, test): (&Statement, &Test),
    open: &Statement,
) -> Option<(Classes, ClassAnswer)> {
    let alone = Case { when: case.when.clone(), then: without_others(&case.then, (strict, test), open) };
    let mut clerk = Clerk::new(graph);
    let mut bench = Bench::new(graph, role, &alone, &mut clerk);
    issuer::ask(&mut bench);
    saml::ask(&mut bench);
    account::ask(&mut bench);
    service::ask(&mut bench);
    companion::ask(&mut bench);
    let mut answers = bench.answers;
    answers.retain(|answer| {
        let request = &answer.answer.request;
        answer.answer.truth.is_true()
            && principals_match(&strict.principals, request, &clerk.symbols).is_true()
            && actions_match(&strict.actions, &request.action).is_true()
    });
    // What nobody wants says more than what a role is for.
    let found = answers.into_iter().min_by_key(|answer| ORDINARY.contains(&answer.class.as_str()))?;
    Some((Classes { symbols: clerk.symbols, of_roles: Vec::new() }, found))
}

/// Classes that roles are made for.
const ORDINARY: [&str; 4] =
    ["account/same/named", "account/trusted/any-external-id", "account/organization-member", "service/own-account"];

/// The policy in which only one statement allows, and whoever passes the test is denied.
fn without_others(policy: &Policy, (strict, test): (&Statement, &Test), open: &Statement) -> Policy {
    let mut alone = policy.clone();
    for statement in alone.statements.iter_mut().filter(|one| one.effect != Effect::Deny && one.index != open.index) {
        statement.actions = Actions::Only(Vec::new());
    }
    let mut passing = strict.clone();
    passing.index = alone.statements.len();
    passing.effect = Effect::Deny;
    passing.conditions.tests = vec![test.clone()];
    alone.statements.push(passing);
    alone
}
