//! Why a policy does not let a request in: the statement that denies, or the one that comes nearest to
//! allowing, and what is in the way.

use super::evaluate::Asking;
use super::{Decision, Effect, Policy, Request, Statement, Test, evaluate, statement_admits, test_passes};
use crate::value::{Symbols, Truth};

/// The part of a statement that keeps a request out, or of which it is not known.
#[derive(Clone, Copy, Debug)]
pub enum Conjunct<'p> {
    /// It speaks of others.
    Principal,
    /// It speaks of other actions.
    Action,
    /// It speaks of other resources.
    Resource,
    /// A condition.
    Test(&'p Test),
    /// It is a Deny statement that fits.
    Denied,
    /// It cannot be read: its Effect, or a part of its Condition.
    Unread,
}

/// The statement that comes nearest to letting a refused request in, and what is in the way; nothing
/// where there is no Allow statement.
pub fn failing<'p>(policy: &'p Policy, request: &Request, symbols: &Symbols) -> Option<(&'p Statement, Conjunct<'p>)> {
    nearest_of(policy, request, symbols, &evaluate(policy, request, symbols))
}

/// The same where it is known already what the policy says.
pub fn nearest_of<'p>(
    policy: &'p Policy,
    request: &Request,
    symbols: &Symbols,
    decision: &Decision,
) -> Option<(&'p Statement, Conjunct<'p>)> {
    if let (Some(_), Some(denied)) = (decision.allowed_by.first(), decision.denied_by.first()) {
        return policy.statements.get(*denied).map(|statement| (statement, Conjunct::Denied));
    }
    let allowing = policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    let near = allowing.map(|statement| nearest(statement, policy, request, symbols));
    // Of several that are as near, the first.
    near.rev().max_by_key(|(near, ..)| *near).map(|(_, statement, conjunct)| (statement, conjunct))
}

/// All that keeps a request out of a statement, in the order in which it is written.
pub fn in_the_way<'p>(
    statement: &'p Statement,
    policy: &'p Policy,
    request: &Request,
    symbols: &Symbols,
) -> Vec<Conjunct<'p>> {
    let asking = Asking::new(policy, request, symbols);
    let parts = [
        (Conjunct::Principal, asking.speaks_of_principal(&statement.principals)),
        (Conjunct::Action, asking.speaks_of_action(&statement.actions)),
        (Conjunct::Resource, asking.speaks_of_resource(&statement.resources)),
    ];
    let tests = statement.conditions.tests.iter();
    let tests = tests.map(|test| (Conjunct::Test(test), test_passes(test, policy, request, symbols)));
    parts.into_iter().chain(tests).filter(|(_, truth)| truth.is_false()).map(|(conjunct, _)| conjunct).collect()
}

/// The first statement on which an undecided answer hangs, and what of it is not known.
pub fn undecided<'p>(
    policy: &'p Policy,
    request: &Request,
    symbols: &Symbols,
) -> Option<(&'p Statement, Conjunct<'p>)> {
    let asking = Asking::new(policy, request, symbols);
    policy.statements.iter().find_map(|statement| {
        let admits = statement_admits(statement, policy, request, symbols);
        if admits.is_false() {
            return None;
        }
        let unread = statement.conditions.opaque || statement.effect == Effect::Unknown;
        let unknown = |truth: Truth| truth == Truth::Unknown;
        let mut tests = statement.conditions.tests.iter();
        let conjunct = match () {
            () if unknown(asking.speaks_of_principal(&statement.principals)) => Conjunct::Principal,
            () if unknown(asking.speaks_of_action(&statement.actions)) => Conjunct::Action,
            () if unknown(asking.speaks_of_resource(&statement.resources)) => Conjunct::Resource,
            () => match tests.find(|test| unknown(test_passes(test, policy, request, symbols))) {
                Some(test) => Conjunct::Test(test),
                None if unread => Conjunct::Unread,
                None => return None,
            },
        };
        Some((statement, conjunct))
    })
}

/// How near a statement comes: its principal, its action, its resource, then as few tests as possible in
/// the way.
type Near = (bool, bool, bool, std::cmp::Reverse<usize>);

fn nearest<'p>(
    statement: &'p Statement,
    policy: &Policy,
    request: &Request,
    symbols: &Symbols,
) -> (Near, &'p Statement, Conjunct<'p>) {
    let asking = Asking::new(policy, request, symbols);
    let principal = !asking.speaks_of_principal(&statement.principals).is_false();
    let action = !asking.speaks_of_action(&statement.actions).is_false();
    let resource = !asking.speaks_of_resource(&statement.resources).is_false();
    let refuses = |test: &&Test| test_passes(test, policy, request, symbols).is_false();
    let mut refusing = statement.conditions.tests.iter().filter(refuses);
    let (first, more) = (refusing.next(), refusing.count());
    let near =
        (principal, principal && action, principal && action && resource, std::cmp::Reverse(more + first.iter().len()));
    let conjunct = match first {
        _ if !principal => Conjunct::Principal,
        _ if !action => Conjunct::Action,
        _ if !resource => Conjunct::Resource,
        Some(test) => Conjunct::Test(test),
        None => Conjunct::Principal,
    };
    (near, statement, conjunct)
}
