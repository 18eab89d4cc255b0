//! Session tags that a caller chooses freely, and a source identity.

use super::Unwanted;
use super::account::{Class, ask_of};
use super::bench::Bench;
use super::caller::{ASSUME, SET_IDENTITY, TAG, named_callers};
use crate::policy::{Effect, PrincipalKind, actions_match};

/// Asks, for each AWS principal that the policy names, whether it may choose tags or a source identity, where
/// the policy speaks of them.
pub(super) fn ask(bench: &mut Bench<'_>) {
    for (name, action) in [("account/free-tags", TAG), ("account/source-identity", SET_IDENTITY)] {
        if !may_allow(bench, action) {
            continue;
        }
        for principal in bench.named(PrincipalKind::Aws) {
            let callers = named_callers(bench, &principal.value);
            let class = Class {
                name,
                actions: &[&[ASSUME, action]],
                keys: &Vec::new(),
                unwanted: Unwanted::ByRule,
                assumes: &["the caller's identity policies let it call both actions"],
            };
            if !callers.is_empty() {
                ask_of(bench, &callers, &class);
            }
        }
    }
}

/// Whether a statement of the policy may allow an action.
pub(super) fn may_allow(bench: &Bench<'_>, action: &str) -> bool {
    let allowing = bench.policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
    allowing.into_iter().any(|statement| !actions_match(&statement.actions, action).is_false())
}
