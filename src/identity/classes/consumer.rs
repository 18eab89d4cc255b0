//! A service, or a role, that a resource of the run gives a role to: whether the role lets it in.

use super::Unwanted;
use super::account::{Class, ask_of};
use super::bench::Bench;
use super::caller::named_callers;
use super::clerk::Clerk;
use super::keys::{absent, perhaps};
use super::service::is_let_in;
use crate::identity::arn::is_session_arn;
use crate::identity::consumer::{Consumer, ExternalId};
use crate::identity::graph::{Graph, RoleId};
use crate::identity::nobody::without_denies_of_accounts;
use crate::identity::services::is_service;
use crate::policy::{Domain, Effect, Policy, Principal, PrincipalKind, Principals, Statement, actions_match};
use crate::resolve::StackId;
use crate::value::{Case, Text, Truth, compare};

const ASSUME: &str = "sts:AssumeRole";

/// Whether a service of the consumer can become its role by one of the role's trust policies, whatever source keys it
/// sends. `with_external_id`: as the resource is set; else with any external id or none.
pub fn consumer_gets_in(graph: &Graph, consumer: &Consumer, case: usize, with_external_id: bool) -> Truth {
    let case = graph.role(consumer.role).trust.cases.get(case);
    case.map_or(Truth::Unknown, |case| of_services(graph, consumer, case, with_external_id))
}

/// The first Deny that by itself keeps out a consumer whom the rest of a trust policy may let in.
pub fn denying<'g>(graph: &'g Graph, consumer: &Consumer, case: usize) -> Option<&'g Statement> {
    let case = graph.role(consumer.role).trust.cases.get(case)?;
    let is_deny = |statement: &&Statement| statement.effect == Effect::Deny;
    let with = |deny: Option<&Statement>| {
        let kept = |own: &&Statement| !is_deny(own) || deny.is_some_and(|deny| deny.index == own.index);
        let statements = case.then.statements.iter().filter(kept).cloned().collect();
        let then = Policy { statements, ..case.then.clone() };
        of_services(graph, consumer, &Case { when: case.when.clone(), then }, true)
    };
    let mut denies = case.then.statements.iter().filter(is_deny).peekable();
    if denies.peek().is_none() || with(None).is_false() {
        return None;
    }
    denies.take(MOST_DENIES).find(|deny| with(Some(deny)).is_false())
}

/// Statements of a policy that are tried one by one.
const MOST_DENIES: usize = 20;

fn of_services(graph: &Graph, consumer: &Consumer, case: &Case<Policy>, with_external_id: bool) -> Truth {
    let policy = &case.then;
    if policy.opaque || policy.may_allow_more {
        return Truth::Unknown;
    }
    let of_services = consumer.services.iter().map(|service| gets_in(graph, consumer, case, service, with_external_id));
    Truth::any(of_services)
}

fn gets_in(graph: &Graph, consumer: &Consumer, case: &Case<Policy>, service: &str, with_external_id: bool) -> Truth {
    let truth = gets_in_by(graph, consumer, case, service, with_external_id);
    match without_denies_of_accounts(&case.then) {
        // Without them it may get in: then it is not certain to be kept out.
        Some(then) if truth.is_false() => {
            let case = Case { when: case.when.clone(), then };
            Truth::agreed([truth, gets_in_by(graph, consumer, &case, service, with_external_id)])
        }
        _ => truth,
    }
}

fn gets_in_by(graph: &Graph, consumer: &Consumer, case: &Case<Policy>, service: &str, with_external_id: bool) -> Truth {
    let policy = &case.then;
    if is_plainly_in(policy, service) {
        return Truth::True;
    }
    let mut clerk = Clerk::new(graph);
    let mut bench = Bench::new(graph, consumer.role, case, &mut clerk);
    let named: Vec<Text> = principals(policy).map(|principal| principal.value.clone()).collect();
    let is_open = |name: &Text| compare(name, &Text::known(service), &graph.symbols) == Truth::Unknown;
    if bench.is_open_for(PrincipalKind::Service, ASSUME)
        || named.iter().any(|name| !is_service(name, service) && is_open(name))
    {
        return Truth::Unknown;
    }
    let mut names: Vec<Text> = named.into_iter().filter(|name| is_service(name, service)).collect();
    names.push(Text::known(service));
    names.dedup();
    let external = match &consumer.external {
        ExternalId::None if with_external_id => absent(),
        ExternalId::Sent(text) if with_external_id => Domain::one(text.clone()),
        _ => perhaps(),
    };
    is_let_in(&mut bench, names, &external)
}

/// Whether a role, by an ARN as a stack means it, can become another one by one of its trust policies, where one call
/// needs all of some actions.
pub fn role_gets_in(
    graph: &Graph,
    (stack, asking): (StackId, &Text),
    role: RoleId,
    case: &Case<Policy>,
    actions: &[&'static str],
) -> Truth {
    let policy = &case.then;
    let names_session = |one: &Principal| is_session_arn(&one.value);
    if policy.opaque || policy.may_allow_more || policy.statements.iter().flat_map(listed).any(names_session) {
        return Truth::Unknown;
    }
    let alone = Case { when: case.when.clone(), then: without_other_roles(graph, (stack, asking), role, policy) };
    let mut clerk = Clerk::new(graph);
    let mut bench = Bench::new(graph, role, &alone, &mut clerk);
    let callers = named_callers(&mut bench, asking);
    if callers.is_empty() {
        return Truth::Unknown;
    }
    let (keys, unwanted) = (Vec::new(), Unwanted::ByRule);
    ask_of(
        &mut bench,
        &callers,
        &Class { name: "account/named", actions: &[actions], keys: &keys, unwanted, assumes: &[] },
    );
    Truth::any(bench.answers.iter().map(|answer| answer.answer.truth))
}

/// The policy without the principals that mean another role of the run than the one that asks: two roles of one account
/// have two names.
fn without_other_roles(graph: &Graph, (stack, asking): (StackId, &Text), role: RoleId, policy: &Policy) -> Policy {
    let own: Vec<RoleId> = graph.roles_meant(stack, asking).into_iter().map(|(id, _)| id).collect();
    let home = graph.role(role).entity.stack;
    let is_other = |principal: &Principal| {
        let meant = graph.roles_meant(home, &principal.value);
        !own.is_empty() && !meant.is_empty() && meant.iter().all(|(id, _)| !own.contains(id))
    };
    let mut alone = policy.clone();
    for statement in &mut alone.statements {
        if let Principals::Only(list) = &mut statement.principals {
            list.retain(|principal| !is_other(principal));
        }
    }
    alone
}

/// The services that Allow statements name.
fn principals(policy: &Policy) -> impl Iterator<Item = &Principal> {
    let allowing = policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
    allowing.flat_map(services_of)
}

fn services_of(statement: &Statement) -> impl Iterator<Item = &Principal> {
    listed(statement).iter().filter(|principal| principal.kind == Some(PrincipalKind::Service))
}

fn listed(statement: &Statement) -> &[Principal] {
    match &statement.principals {
        Principals::Only(list) => list,
        _ => &[],
    }
}

/// Whether a statement without conditions lets the service in, and none denies: then nothing has to be asked.
fn is_plainly_in(policy: &Policy, service: &str) -> bool {
    let lets_in = |statement: &Statement| {
        let is_bare = statement.conditions.tests.is_empty() && !statement.conditions.opaque;
        let names = || services_of(statement).any(|principal| is_service(&principal.value, service));
        is_bare && names() && actions_match(&statement.actions, ASSUME).is_true()
    };
    policy.statements.iter().all(|statement| statement.effect == Effect::Allow) && policy.statements.iter().any(lets_in)
}
