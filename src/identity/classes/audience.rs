//! The audiences for which the account takes an issuer's tokens (STS API, AssumeRoleWithWebIdentity; IAM User Guide,
//! Create an OIDC provider).

use super::bench::Bench;
use super::keys;
use crate::identity::graph::Graph;
use crate::policy::{Carried, Domain};
use crate::value::{Branch, Form, Mark, Symbols, Text, Truth, fits, marks};

/// The audience that guides show (IAM User Guide, OIDC federation).
pub(super) const USUAL_AUDIENCE: &str = "sts.amazonaws.com";

/// The audiences that a provider lists, where the run has it in every deployment of the branch, with one list that
/// is known.
pub(super) fn registered(graph: &Graph, when: &Branch, provider: &Text, symbols: &Symbols) -> Option<Vec<Text>> {
    let mut found: Option<Vec<Text>> = None;
    for own in &graph.oidc_providers {
        if !own.is_named_by(provider, symbols) || graph.together(when, &own.when).is_none() {
            continue;
        }
        // Without members it is not certain that no token is taken.
        let list = own.clients.as_ref().filter(|list| list.complete && !list.items.is_empty())?;
        let list: Vec<Text> = list.items.iter().map(|item| item.text.clone()).collect();
        let is_elsewhere = graph.worlds.outside(when, &own.entity.exists).is_some();
        if is_elsewhere || found.as_ref().is_some_and(|other| *other != list) {
            return None;
        }
        found = Some(list);
    }
    found
}

/// What an audience may be that the caller chooses: those that are registered first.
pub(super) fn forms(registered: Option<&[Text]>, usual: Option<&str>) -> Vec<Form> {
    let listed = registered.unwrap_or_default().iter().filter_map(marks).map(|marks| Form::new("").after(&marks));
    listed.chain([Form::new(usual.unwrap_or(USUAL_AUDIENCE)), keys::some()]).collect()
}

/// Registered audiences that a policy does not name, and whether it is not known of one of them.
pub(super) fn others(bench: &Bench<'_>, claim: &Text, registered: &[Text]) -> (Domain, bool) {
    let named = bench.exact_values(claim);
    let is_named = |audience: &Text| {
        let Some(audience) = marks(audience) else { return Truth::Unknown };
        Truth::any(named.iter().map(|named: &Vec<Mark>| fits(named, &audience, &bench.clerk.symbols)))
    };
    let others: Vec<(&Text, Truth)> = registered
        .iter()
        .map(|audience| (audience, is_named(audience)))
        .filter(|(_, named)| !named.is_true())
        .collect();
    let is_unclear = others.iter().any(|(_, named)| *named == Truth::Unknown);
    let carried = others.into_iter().map(|(audience, _)| Some(Carried::One(audience.clone())));
    (Domain::OneOf(carried.collect()), is_unclear)
}
