//! A statement by itself, so that it can be asked what some of its tests let through.

use crate::policy::{
    Actions, Conditions, Effect, Policy, Principal, PrincipalKind, Principals, Resources, Statement, Test,
};
use crate::value::Text;

/// A policy that allows an action to one federated principal, with these tests of a statement.
pub(super) fn alone(statement: &Statement, tests: Vec<Test>, policy: &Policy, who: &Text, action: &str) -> Policy {
    let principal = Principal {
        kind: Some(PrincipalKind::Federated),
        value: who.clone(),
        at: statement.at,
        key_at: None,
        number: false,
    };
    let alone = Statement {
        index: 0,
        effect: Effect::Allow,
        principals: Principals::Only(vec![principal]),
        actions: Actions::Only(vec![(Text::known(action), statement.at)]),
        resources: Resources::Missing,
        conditions: Conditions { tests, opaque: false, at: None, numbers: Vec::new() },
        ..statement.clone()
    };
    Policy { statements: vec![alone], opaque: false, may_allow_more: false, ..policy.clone() }
}
