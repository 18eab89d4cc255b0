//! A service that a resource of the run gives a role to: whether the role lets it in.

use super::bench::Bench;
use super::clerk::Clerk;
use super::keys::{absent, perhaps};
use super::service::is_let_in;
use crate::identity::consumer::{Consumer, ExternalId};
use crate::identity::graph::Graph;
use crate::identity::services::is_service;
use crate::policy::{Domain, Effect, Policy, Principal, PrincipalKind, Principals, Statement, actions_match};
use crate::value::{Case, Text, Truth, compare};

const ASSUME: &str = "sts:AssumeRole";

/// Whether a service of the consumer can become its role by one of the role's trust policies, whatever source keys it
/// sends. `with_external_id`: as the resource is set; else with any external id or none.
pub fn consumer_gets_in(graph: &Graph, consumer: &Consumer, case: usize, with_external_id: bool) -> Truth {
    let Some(case) = graph.role(consumer.role).trust.cases.get(case) else { return Truth::Unknown };
    let policy = &case.then;
    if policy.opaque || policy.may_allow_more {
        return Truth::Unknown;
    }
    let of_services = consumer.services.iter().map(|service| gets_in(graph, consumer, case, service, with_external_id));
    Truth::any(of_services)
}

fn gets_in(graph: &Graph, consumer: &Consumer, case: &Case<Policy>, service: &str, with_external_id: bool) -> Truth {
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

/// The services that Allow statements name.
fn principals(policy: &Policy) -> impl Iterator<Item = &Principal> {
    let allowing = policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
    allowing.flat_map(services_of)
}

fn services_of(statement: &Statement) -> impl Iterator<Item = &Principal> {
    let list = match &statement.principals {
        Principals::Only(list) => list.as_slice(),
        _ => &[],
    };
    list.iter().filter(|principal| principal.kind == Some(PrincipalKind::Service))
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
