//! The audiences for which the account takes an issuer's tokens (STS API, AssumeRoleWithWebIdentity; IAM User Guide,
//! Create an OIDC provider), and tokens that were made for another one.

use super::Unwanted;
use super::asking::Asking;
use super::bench::Bench;
use super::issuer::key;
use super::keys::{self, chosen};
use super::provider::{Claim, ClaimKind};
use crate::identity::graph::Graph;
use crate::identity::witness::Refused;
use crate::policy::{Carried, Domain};
use crate::value::{Branch, Form, Mark, Pattern, Symbols, Text, Truth, compare, fits, fits_without_case, marks};

/// What is taken for granted where it is not known what the provider lists.
const REGISTERED: &str = "the provider in IAM lists the audience of the token";

/// The audience that guides show (IAM User Guide, OIDC federation).
const USUAL_AUDIENCE: &str = "sts.amazonaws.com";

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

/// What a policy tests a claim with, but for wildcards alone: whatever fits it, in any case, was meant.
fn named(bench: &Bench<'_>, claim: &Text) -> Vec<Vec<Mark>> {
    let mut values = bench.values_on(claim);
    values.retain(|marks| !marks.iter().all(|mark| matches!(mark, Mark::Run | Mark::One)));
    values
}

/// Registered audiences that a policy does not name, and whether it is not known of one of them. The one that guides show
/// comes last: most roles mean that one.
fn others(bench: &Bench<'_>, claim: &Text, registered: &[Text], usual: &str) -> (Domain, bool) {
    let named = named(bench, claim);
    let is_named = |audience: &Text| {
        let Some(audience) = marks(audience) else { return Truth::Unknown };
        let symbols = &bench.clerk.symbols;
        let one = |named: &Vec<Mark>| {
            let truth = fits(named, &audience, symbols);
            if truth.is_false() { fits_without_case(named, &audience, symbols) } else { truth }
        };
        Truth::any(named.iter().map(one))
    };
    let all = registered.iter().map(|audience| (audience, is_named(audience)));
    let mut others: Vec<(&Text, Truth)> = all.filter(|(_, named)| !named.is_true()).collect();
    others.sort_by_key(|(audience, _)| audience.as_known() == Some(usual));
    let is_unclear = others.iter().any(|(_, named)| *named == Truth::Unknown);
    let carried = others.into_iter().map(|(audience, _)| Some(Carried::One(audience.clone())));
    (Domain::OneOf(carried.collect()), is_unclear)
}

impl Asking<'_, '_> {
    /// Tokens for another audience than the policy names.
    pub(super) fn audience(&mut self) {
        let provider = self.provider();
        let is_chosen = provider.claims.iter().any(|claim| {
            claim.name == "aud"
                && matches!(claim.is, ClaimKind::Chosen { .. })
                && provider.shared.as_deref() != Some("aud")
        });
        if !is_chosen {
            return self.other_app();
        }
        let name = key(&self.issuer.name, "aud");
        let named = named(self.bench, &name);
        let another = self.another("audience").but(named.iter().map(|marks| Pattern::without_case(marks)));
        let registered = self.registered.clone().unwrap_or_default();
        let (other, is_unclear) = match registered.as_slice() {
            [] => (chosen(another.clone(), false), false),
            listed => {
                let usual = provider.audience_of(&self.issuer.name);
                others(self.bench, &name, listed, usual.as_deref().unwrap_or(USUAL_AUDIENCE))
            }
        };
        let subjects = self.all_subjects();
        self.each_form(subjects, |asking, subjects| {
            let keys = asking.keys(subjects, false);
            let keys = keys::with(keys, [(name.clone(), other.clone())], &asking.bench.clerk.symbols);
            asking.ask_with("other-audience", keys, Unwanted::ByRule);
        });
        if let [only] = registered.as_slice() {
            let second = another.but(marks(only).iter().map(|only| Pattern::new(only)));
            self.second_audience(&name, second);
        }
        if let Some(last) = self.bench.answers.last_mut().filter(|last| is_unclear && last.answer.truth.is_true()) {
            last.answer.truth = Truth::Unknown;
            last.doubt = Some("whether the policy names each audience that the provider lists".to_owned());
        }
    }

    /// Where the one audience that the provider lists gets in, nobody doubts what it is for: the question is what a
    /// second one brings.
    fn second_audience(&mut self, name: &Text, second: Form) {
        if !self.bench.answers.last().is_some_and(|last| last.answer.truth.is_true()) {
            return;
        }
        let first = self.bench.answers.pop();
        let subjects = self.all_subjects();
        let second = chosen(second, false);
        self.each_form(subjects, |asking, subjects| {
            let keys = asking.keys(subjects, false);
            let keys = keys::with(keys, [(name.clone(), second.clone())], &asking.bench.clerk.symbols);
            asking.ask_with("other-audience", keys, Unwanted::ByRule);
        });
        let Some(last) = self.bench.answers.last_mut() else { return };
        if last.answer.truth.is_true() {
            last.refused = Refused::No;
            last.assumes.retain(|own| own != REGISTERED);
            last.assumes.push("the provider in IAM lists a second audience by then".to_owned());
        } else {
            self.bench.answers.pop();
            self.bench.answers.extend(first);
        }
    }

    /// The policy's own users, signed in to another app than it names, where apps are what the issuer's customers have.
    fn other_app(&mut self) {
        let provider = self.provider();
        let Some(shared) = provider.shared.as_ref().filter(|_| provider.certain && !provider.controlled) else {
            return;
        };
        let names_app = |claim: &&Claim| match &claim.is {
            ClaimKind::Tenant(form) => form.first() == Some("app"),
            _ => false,
        };
        let is_asked = self.bench.tests_on(&key(&self.issuer.name, shared)).next().is_some();
        let apps: Vec<&Claim> = provider.claims.iter().filter(names_app).collect();
        let is_open = self.bench.answers.last().is_some_and(|last| last.answer.truth.is_true());
        if is_asked || apps.is_empty() || is_open {
            return;
        }
        let mut others = Vec::new();
        for claim in apps {
            if let ClaimKind::Tenant(form) = &claim.is {
                let name = key(&self.issuer.name, &claim.name);
                others.push((name.clone(), self.strangers(&name, form, false)));
            }
        }
        let keys = self.keys(Vec::new(), false);
        let keys = keys::with(keys, others, &self.bench.clerk.symbols);
        self.ask_with("other-audience", keys, Unwanted::ByRule);
    }

    /// STS takes tokens only for the audiences that the provider lists: one that the policy does not ask for is taken
    /// to be among them where the list is not known.
    pub(super) fn say_whether_registered(&mut self) {
        let name = key(&self.issuer.name, "aud");
        let is_chosen = self
            .provider()
            .claims
            .iter()
            .any(|claim| claim.name == "aud" && matches!(claim.is, ClaimKind::Chosen { .. }));
        let is_tested = self.bench.tests_on(&name).next().is_some();
        let Some(last) = self.bench.answers.last_mut().filter(|_| is_chosen && is_tested) else { return };
        let carried = last.answer.request.context.iter().find(|(own, _)| *own == name);
        let Some((_, Carried::One(audience))) = carried else { return };
        if let Some(listed) = &self.registered {
            let of = |own: &Text| compare(own, audience, &self.bench.clerk.symbols);
            match Truth::any(listed.iter().map(of)) {
                Truth::True => return,
                Truth::False => {
                    last.refused = Refused::Documented;
                    return;
                }
                Truth::Unknown => {}
            }
        }
        let usual = self.issuer.provider.audience_of(&self.issuer.name);
        let is_usual = audience.as_known().is_some_and(|own| own == USUAL_AUDIENCE || Some(own) == usual.as_deref());
        if !is_usual {
            last.assumes.push(REGISTERED.to_owned());
        }
    }
}
