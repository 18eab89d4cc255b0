//! Tokens of OIDC issuers: CI services, clusters, sign-in with large providers, and issuers that are in no table.

use super::Unwanted;
use super::asking::ask_issuer;
use super::bench::{Bench, Question};
use super::keys::{self, perhaps, tests};
use super::provider::{Provider, of_issuer, providers};
pub(super) use crate::identity::arn::after;
use crate::identity::cognito::ASSUME;
use crate::identity::oidc::BUILT_IN;
use crate::identity::provider::{Named, begins_as_pools, named_principal};
use crate::identity::witness::Refused;
use crate::policy::{Principal, PrincipalKind};
use crate::value::{Mark, Piece, Text};

/// An issuer that a trust policy names.
pub(super) struct Issuer {
    pub(super) principal: Text,
    /// Its URL without the scheme, the beginning of its condition keys.
    pub(super) name: Text,
    pub(super) provider: &'static Provider,
    /// Whether it is known to be of this provider; else that was told by the tests.
    pub(super) certain: bool,
    /// Whether the policy names no provider: that the account has this one was told by the tests.
    pub(super) found: bool,
}

/// Asks the classes of each issuer that the policy names.
pub(super) fn ask(bench: &mut Bench<'_>) {
    for principal in bench.named(PrincipalKind::Federated) {
        if is_of_pools(bench, &principal) || is_saml(&principal) {
            continue;
        }
        match issuer(bench, &principal) {
            Some(issuer) => ask_issuer(bench, &issuer),
            None => {
                let claims = claims(bench, |_| true);
                ask_unknown(bench, &principal.value, claims, "whose tokens the principal stands for");
            }
        }
    }
    if bench.is_open_for(PrincipalKind::Federated, ASSUME) {
        ask_all(bench);
    }
}

/// A policy that names no issuer speaks of those that IAM knows by itself, and of all that have a provider in the
/// account: at least those whose claims it tests.
fn ask_all(bench: &mut Bench<'_>) {
    let mut names: Vec<Text> = BUILT_IN.map(Text::known).to_vec();
    for name in tested(bench) {
        if !names.iter().any(|own| is_same(own, &name)) {
            names.push(name);
        }
    }
    for name in &names {
        let is_built_in = name.as_known().is_some_and(|name| BUILT_IN.contains(&name));
        let principal = if is_built_in { name.clone() } else { bench.provider_arn("oidc-provider", name) };
        let (provider, certain) = of_issuer(name, &bench.clerk.symbols);
        let told = (!certain.is_true()).then(|| by_subject(bench, name)).flatten();
        let Some(provider) = told.or(provider) else { continue };
        let issuer =
            Issuer { principal, name: name.clone(), provider, certain: certain.is_true(), found: !is_built_in };
        ask_issuer(bench, &issuer);
    }
    let other = Text::symbol(bench.clerk.letter("issuer", "{a9.-}"));
    let principal = bench.provider_arn("oidc-provider", &other);
    // Those of the issuers above are no claims of others.
    let is_other = |name: &Text| !is_named(bench, name) && !names.iter().any(|own| is_same(own, name));
    let claims = claims(bench, |name| name.is_none_or(is_other));
    ask_unknown(bench, &principal, claims, "which identity providers the account has");
}

/// Whether a principal is that of identity pools, or is called as no issuer is.
fn is_of_pools(bench: &Bench<'_>, principal: &Principal) -> bool {
    let named = named_principal(&principal.value, &bench.clerk.symbols);
    matches!(named, Named::Pools(_)) || begins_as_pools(&principal.value)
}

fn is_saml(principal: &Principal) -> bool {
    after(&principal.value, "saml-provider/").is_some()
}

/// The issuer of a principal: what its ARN names, a name that needs no ARN, or else what the tests speak of.
fn issuer(bench: &Bench<'_>, principal: &Principal) -> Option<Issuer> {
    let is_domain = |text: &str| !text.starts_with("arn:") && text.contains('.');
    let named = after(&principal.value, "oidc-provider/")
        .or_else(|| principal.value.as_known().filter(|text| is_domain(text)).map(Text::known));
    let only = || Some(tested(bench)).filter(|tested| tested.len() == 1).and_then(|mut tested| tested.pop());
    let name = named.clone().or_else(only)?;
    let (provider, certain) = of_issuer(&name, &bench.clerk.symbols);
    let told = (!certain.is_true()).then(|| by_subject(bench, &name)).flatten();
    let provider = told.or(provider)?;
    let certain = certain.is_true() && named.is_some();
    Some(Issuer { principal: principal.value.clone(), name, provider, certain, found: false })
}

/// The issuers whose claims a policy tests.
fn tested(bench: &Bench<'_>) -> Vec<Text> {
    let mut found: Vec<Text> = Vec::new();
    for name in tests(bench.policy).filter_map(|test| issuer_of(&test.key)) {
        let is_new = !found.iter().any(|own| is_same(own, &name));
        if is_new && !is_named(bench, &name) && found.len() < MOST_TESTED {
            found.push(name);
        }
    }
    found
}

/// Whether two beginnings of keys are the same: keys are compared in any case.
pub(super) fn is_same(one: &Text, other: &Text) -> bool {
    let known = one.as_known().zip(other.as_known());
    known.map_or(one == other, |(one, other)| one.eq_ignore_ascii_case(other))
}

/// Issuers that the tests of one policy tell.
const MOST_TESTED: usize = 8;

/// Whether the beginning of a key is that of AWS's own, of assertions or of identity pools.
fn is_named(bench: &Bench<'_>, name: &Text) -> bool {
    let own = ["saml", "sts", "aws", "iam"];
    name.as_known().is_some_and(|name| own.iter().any(|own| name.eq_ignore_ascii_case(own)))
        || matches!(named_principal(name, &bench.clerk.symbols), Named::Pools(_))
}

/// The issuer of a claim's key: what stands before its last part.
fn issuer_of(key: &Text) -> Option<Text> {
    if let Some(known) = key.as_known() {
        let (name, _) = known.rsplit_once(':')?;
        return Some(Text::known(name));
    }
    let claims = ["aud", "sub", "amr", "email", "oaud"];
    let claim = claims.iter().find(|claim| key.ends_with(&format!(":{claim}")))?;
    without_end(key, claim.len() + 1)
}

/// The keys of claims that a policy tests, of some issuers.
fn claims(bench: &Bench<'_>, is_of: impl Fn(Option<&Text>) -> bool) -> Vec<Text> {
    let keys = tests(bench.policy).map(|test| &test.key).filter(|key| !is_global(key));
    keys.filter(|key| is_of(issuer_of(key).as_ref())).cloned().collect()
}

/// A text without its last bytes, which are known.
fn without_end(text: &Text, bytes: usize) -> Option<Text> {
    let mut pieces = text.pieces()?;
    let Some(Piece::Literal(last)) = pieces.pop() else { return None };
    let rest = last.get(..last.len().checked_sub(bytes)?)?;
    Some(Text::from_pieces(pieces.into_iter().chain([Piece::Literal(rest.into())])))
}

/// The provider whose subjects a policy asks for, where the name of the issuer does not say it.
fn by_subject(bench: &Bench<'_>, name: &Text) -> Option<&'static Provider> {
    let values = bench.values_on(&key(name, "sub"));
    let begins = |text: &str| {
        let marks: Vec<Mark> = text.chars().map(Mark::Char).collect();
        values.iter().any(|value| value.starts_with(&marks))
    };
    let class = match () {
        () if begins("system:serviceaccount:") => "irsa",
        () if begins("repo:") => "github",
        () if begins("project_path:") => "gitlab",
        () => return None,
    };
    providers().iter().find(|provider| provider.class == class)
}

pub(super) fn key(name: &Text, claim: &str) -> Text {
    Text::join([name, &Text::known(format!(":{claim}"))])
}

/// A principal of which nothing is known, and no test says whose tokens it stands for.
fn ask_unknown(bench: &mut Bench<'_>, principal: &Text, claims: Vec<Text>, doubt: &str) {
    let mut keys = keys::of_unsigned_calls();
    keys.extend(claims.into_iter().map(|key| (key, perhaps())));
    let keys = keys::with_asked(keys, bench.policy, &keys::NEVER_UNSIGNED, &bench.clerk.symbols);
    bench.ask(Question {
        class: "oidc/other-tenant".to_owned(),
        principals: (PrincipalKind::Federated, vec![principal.clone()]),
        actions: vec![ASSUME],
        keys,
        unwanted: Unwanted::Always,
        assumes: Vec::new(),
        refused: Refused::No,
        doubt: Some(doubt.to_owned()),
    });
}

fn is_global(key: &Text) -> bool {
    let known = key.as_known().unwrap_or_default().to_ascii_lowercase();
    ["aws:", "sts:", "iam:"].iter().any(|prefix| known.starts_with(prefix))
}
