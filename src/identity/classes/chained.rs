//! Sessions of roles that ask for another role (IAM User Guide, Roles terms and concepts, role chaining): their tags
//! and their source identity come from whoever gave the session.

use super::account::{Class, ask_of};
use super::bench::Bench;
use super::caller::{ASSUME, SET_IDENTITY, TAG, named_callers, session_of};
use super::keys::{self, Keys, absent, perhaps};
use super::{Unwanted, companion};
use crate::policy::{Domain, Part, PrincipalKind, asked_keys};
use crate::value::Text;

/// Asks, for each AWS principal that the policy names, whether one of its sessions gets in.
pub(super) fn ask(bench: &mut Bench<'_>) {
    for principal in bench.named(PrincipalKind::Aws) {
        let callers = named_callers(bench, &principal.value);
        let sessions: Vec<_> = callers.iter().filter_map(|caller| session_of(bench, caller)).collect();
        if sessions.is_empty() {
            continue;
        }
        let from = bench.answers.len();
        for (actions, keys) in variants(bench) {
            let class = Class {
                name: "account/chained",
                actions: &[&actions],
                keys: &keys,
                unwanted: Unwanted::ByRule,
                assumes: &["the caller is a session of a role, and whoever gave it chose its tags and source identity"],
            };
            ask_of(bench, &sessions, &class);
            if bench.answers.last().is_some_and(|last| last.answer.truth.is_true()) {
                break;
            }
        }
        bench.keep_one(from);
    }
}

/// What such a call is for, and carries: a source identity that the session has goes with it, and so do its
/// transitive tags, each of which its companion action must allow (IAM User Guide, Monitor and control actions taken
/// with assumed roles; Pass session tags, chaining roles).
fn variants(bench: &Bench<'_>) -> Vec<(Vec<&'static str>, Keys)> {
    // Whether the session knows of a second factor is not documented.
    let mut plain: Keys =
        ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"].map(|name| keys::key(name, perhaps())).into();
    plain.push(keys::key("aws:SourceIdentity", absent()));
    let mut variants = vec![(vec![ASSUME], plain.clone())];
    if companion::may_allow(bench, SET_IDENTITY) {
        let whole = Part { key: Text::known("sts:SourceIdentity"), after: String::new(), begins: true, until: None };
        let mut keys = plain.clone();
        keys.retain(|(name, _)| name.as_known() != Some("aws:SourceIdentity"));
        keys.push(keys::key("aws:SourceIdentity", Domain::Part(whole)));
        variants.push((vec![ASSUME, SET_IDENTITY], keys));
    }
    if companion::may_allow(bench, TAG) {
        // Whether tags that are handed on are among those of the request is not documented.
        let is_tag = |name: &String| {
            name.starts_with("aws:requesttag/") || ["aws:tagkeys", "sts:transitivetagkeys"].contains(&name.as_str())
        };
        let asked = asked_keys(bench.policy).into_iter();
        let names = asked.filter_map(|name| name.as_known().map(str::to_ascii_lowercase)).filter(is_tag);
        let tags: Keys = names.map(|name| (Text::known(name), perhaps())).collect();
        if !tags.is_empty() {
            variants.push((vec![ASSUME, TAG], plain.into_iter().chain(tags).collect()));
        }
    }
    variants
}
