//! Session tags that a caller chooses freely, and a source identity.

use super::Unwanted;
use super::account::{ASSUME, keys_of, named_caller, question};
use super::bench::Bench;
use crate::identity::cognito::TAG_SESSION;
use crate::policy::{Effect, PrincipalKind, actions_match};

const SET_IDENTITY: &str = "sts:SetSourceIdentity";

/// Asks, for each AWS principal that the policy names, whether it may choose tags or a source identity, where
/// the policy speaks of them.
pub(super) fn ask(bench: &mut Bench<'_>) {
    for (class, action) in [("account/free-tags", TAG_SESSION), ("account/source-identity", SET_IDENTITY)] {
        let allowing = bench.policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
        if !allowing.into_iter().any(|statement| !actions_match(&statement.actions, action).is_false()) {
            continue;
        }
        for principal in bench.named(PrincipalKind::Aws) {
            let Some(caller) = named_caller(bench, &principal.value) else { continue };
            let actions = vec![ASSUME, action];
            let keys = keys_of(bench, &caller, &actions);
            let assumes = vec!["the caller's identity policies let it call both actions".to_owned()];
            bench.ask(question(class, &caller, actions, keys, Unwanted::ByRule, assumes));
        }
    }
}
