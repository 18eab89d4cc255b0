//! What one statement lets in though another one, on the same principals, asks for more.

use super::bench::Bench;
use super::clerk::Clerk;
use super::keys::{Keys, chosen, key};
use super::{ClassAnswer, Classes, account, companion, issuer, saml, service};
use crate::identity::graph::{Graph, RoleId};
use crate::policy::{Actions, Carried, Domain, Effect, Policy, Statement, Test, actions_match, principals_match};
use crate::value::{Case, Form, Text};

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
    bench.free = environment(test, open);
    issuer::ask(&mut bench);
    saml::ask(&mut bench);
    account::ask(&mut bench);
    service::ask(&mut bench);
    companion::ask(&mut bench);
    let mut answers = bench.answers;
    answers.retain(|answer| {
        let request = &answer.answer.request;
        answer.answer.truth.is_true()
            // Whether a number is of the partition that an ARN beside it names is not always known.
            && !principals_match(&strict.principals, request, &clerk.symbols).is_false()
            && actions_match(&strict.actions, &request.action).is_true()
    });
    // What nobody wants says more than what a role is for.
    let mut found = answers.into_iter().min_by_key(|answer| ORDINARY.contains(&answer.class.as_str()))?;
    if test.key.as_known().is_some_and(is_of_environment) {
        found.assumes.push("the call comes from where, or at a time, that the other statement refuses".to_owned());
    }
    Some((Classes { symbols: clerk.symbols, of_roles: Vec::new() }, found))
}

/// Keys of the network that a call comes through, and of its time (IAM User Guide, global condition keys): that another
/// statement asks for certain ones says that there are others.
const NETWORK: [&str; 4] = ["aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce"];
const TIMES: [&str; 2] = ["aws:currenttime", "aws:epochtime"];

/// Addresses of nobody (RFC 5737).
const ADDRESSES: [&str; 3] = ["198.51.100.77", "192.0.2.77", "203.0.113.77"];

/// Times at which somebody may call, as dates and as seconds.
const CALLS: [&str; 2] = ["2099-12-31T00:00:00Z", "2026-12-31T00:00:00Z"];
const SECONDS: [&str; 2] = ["4102358400", "1798675200"];

fn is_of_environment(key: &str) -> bool {
    NETWORK.into_iter().chain(TIMES).any(|name| name.eq_ignore_ascii_case(key))
}

/// What a call may carry for the network and the time for which two statements ask: what the test refuses, too.
fn environment(test: &Test, open: &Statement) -> Keys {
    let name = |test: &Test| test.key.as_known().filter(|key| is_of_environment(key)).map(str::to_owned);
    let others = open.conditions.tests.iter().filter_map(name);
    let others = others.map(|name| key(&name, chosen(Form::any(), true)));
    let own = name(test).map(|name| key(&name, other_than(test, &name)));
    others.chain(own).collect()
}

fn other_than(test: &Test, name: &str) -> Domain {
    let one_of =
        |texts: Vec<&str>| Domain::OneOf(texts.into_iter().map(|text| Some(Carried::One(Text::known(text)))).collect());
    match name.to_ascii_lowercase().as_str() {
        "aws:sourceip" => {
            let named = test.values.iter().filter_map(|(value, _)| value.as_known()?.split('/').next());
            one_of(ADDRESSES.into_iter().chain(named.take(MOST_ADDRESSES)).collect())
        }
        "aws:currenttime" => one_of(CALLS.to_vec()),
        "aws:epochtime" => one_of(SECONDS.to_vec()),
        _ => chosen(Form::any(), true),
    }
}

/// Addresses of one test that are tried.
const MOST_ADDRESSES: usize = 16;

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
