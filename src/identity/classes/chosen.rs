//! Session tags on which a role's permissions rest, with a value that nobody here has.

use super::Unwanted;
use super::account::{Class, ask_of};
use super::bench::Bench;
use super::caller::{ASSUME, Caller, SET_IDENTITY, TAG, callers_of, named_callers, own_organization};
use super::keys::{self, Keys, absent};
use crate::identity::graph::{Graph, RoleId};
use crate::identity::tag_use::{principal_tag, tag_uses};
use crate::policy::{Domain, Effect, PrincipalKind, actions_match, asked_keys, same_key};
use crate::value::{Form, Text};

/// Tags of one role that are asked of.
const MOST_TAGS: usize = 8;

/// Asks, for each tag that the role's permissions speak of, whether an AWS principal that the policy trusts may bring a
/// value of its own choice.
pub(super) fn ask(bench: &mut Bench<'_>, graph: &Graph, role: RoleId) {
    let allowing = bench.policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
    if !allowing.into_iter().any(|statement| !actions_match(&statement.actions, TAG).is_false()) {
        return;
    }
    let mut tags: Vec<String> = Vec::new();
    for own in tag_uses(graph, role) {
        if tags.len() < MOST_TAGS && !tags.iter().any(|tag| tag.eq_ignore_ascii_case(&own.key)) {
            tags.push(own.key);
        }
    }
    for tag in &tags {
        for callers in trusted(bench) {
            let keys = keys_with(bench, tag);
            let class = Class {
                name: &format!("account/chosen-tag/{tag}"),
                actions: &[&[ASSUME, TAG], &[ASSUME, TAG, SET_IDENTITY]],
                keys: &keys,
                unwanted: Unwanted::ByRule,
                assumes: &["the caller's identity policies let it call both actions"],
            };
            ask_of(bench, &callers, &class);
        }
    }
}

/// The principals that the policy names, and members of its organization where it speaks of everybody.
fn trusted(bench: &mut Bench<'_>) -> Vec<Vec<Caller>> {
    let named = bench.named(PrincipalKind::Aws);
    let mut all: Vec<Vec<Caller>> = named.iter().map(|principal| named_callers(bench, &principal.value)).collect();
    if bench.is_open_to(PrincipalKind::Aws) {
        let organization = own_organization(bench);
        let account = Text::symbol(bench.clerk.account());
        all.push(callers_of(bench, &account, &organization));
    }
    all.retain(|callers| !callers.is_empty());
    all
}

/// A value for the tag that nothing here has: also not the caller's own tag, where the policy asks for that.
fn keys_with(bench: &mut Bench<'_>, tag: &str) -> Keys {
    let value = bench.clerk.letter("tenant", "{aA9-}");
    let mut keys = vec![
        keys::key(&format!("aws:RequestTag/{tag}"), Domain::one(Text::symbol(value))),
        keys::key(
            "aws:TagKeys",
            Domain::Texts {
                always: vec![Text::known(tag)],
                forms: vec![Form::any()],
                except: Vec::new(),
                least: 0,
                most: usize::MAX,
                optional: false,
            },
        ),
    ];
    for key in asked_keys(bench.policy) {
        let is_own = key.as_known().and_then(principal_tag).is_some();
        let is_tested = keys::tests(bench.policy).any(|test| same_key(&test.key, &key, &bench.clerk.symbols).is_true());
        if is_own && !is_tested {
            keys.push((key, absent()));
        }
    }
    keys
}
