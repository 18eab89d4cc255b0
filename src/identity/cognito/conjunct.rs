//! Why a statement keeps a request out.

use super::{Graph, allowing};
use crate::policy::{Policy, Request, Statement, Test, actions_match, evaluate, principals_match, test_passes};

/// The part of a statement that keeps a request out.
#[derive(Clone, Copy, Debug)]
pub enum Conjunct<'p> {
    /// It speaks of others.
    Principal,
    /// It speaks of other actions.
    Action,
    /// A condition.
    Test(&'p Test),
    /// It is a Deny statement that fits.
    Denied,
}

/// The statement that comes nearest to letting a refused request in, and what is in the way; nothing
/// where there is no Allow statement.
pub fn failing<'p>(policy: &'p Policy, request: &Request, graph: &Graph) -> Option<(&'p Statement, Conjunct<'p>)> {
    let decision = evaluate(policy, request, &graph.symbols);
    if let (Some(_), Some(denied)) = (decision.allowed_by.first(), decision.denied_by.first()) {
        return policy.statements.get(*denied).map(|statement| (statement, Conjunct::Denied));
    }
    let near = allowing(policy).map(|statement| nearest(statement, policy, request, graph));
    let (_, statement, conjunct) = near.max_by_key(|(near, _, _)| *near)?;
    Some((statement, conjunct))
}

/// How near a statement comes: its principal, its action, then as few tests as possible in the way.
type Near = (bool, bool, std::cmp::Reverse<usize>);

fn nearest<'p>(
    statement: &'p Statement,
    policy: &Policy,
    request: &Request,
    graph: &Graph,
) -> (Near, &'p Statement, Conjunct<'p>) {
    let principal = !principals_match(&statement.principals, request, &graph.symbols).is_false();
    let action = !actions_match(&statement.actions, &request.action).is_false();
    let refuses = |test: &&Test| test_passes(test, policy, request, &graph.symbols).is_false();
    let refusing: Vec<&Test> = statement.conditions.tests.iter().filter(refuses).collect();
    let near = (principal, principal && action, std::cmp::Reverse(refusing.len()));
    let conjunct = match refusing.first() {
        _ if !principal => Conjunct::Principal,
        _ if !action => Conjunct::Action,
        Some(test) => Conjunct::Test(test),
        None => Conjunct::Principal,
    };
    (near, statement, conjunct)
}
