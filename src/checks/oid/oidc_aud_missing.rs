//! OID007: tokens that were made for another application.

use crate::checks::Cx;
use crate::checks::remedy::{ask, safe};
use crate::checks::tokens::{Case, key_of, on_admitted, only_client, registered, trusts_one_issuer};
use crate::finding::{self, Finding, Fix, Label, Severity, shown};
use crate::identity::Written;
use crate::identity::oidc::{Listed, OidcProvider};
use crate::policy::{Carried, Test, evaluate};

/// Finds roles that any audience of a provider gets.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    findings.extend(on_admitted(cx, |_, class| class == "other-audience", finding));
}

/// What a witness says of the provider's list.
const LISTS: &str = "the provider in IAM lists";

fn finding(case: &Case<'_>) -> Option<Finding> {
    if leaves_one(case) {
        return None;
    }
    let role = case.role().entity.name();
    let providers = registered(case.cx.graph, &case.answer.principal, &case.of_role.when);
    // The provider takes tokens for this audience only, and nobody else has the issuer.
    let has_one = !providers.is_empty() && providers.iter().all(|provider| only_client(provider).is_some());
    let is_mended = has_one && case.provider.shared.is_none();
    let severity = if is_mended { Severity::Info } else { Severity::Warning };
    // Two issuers name the app otherwise.
    let claim = if case.provider.shared.as_deref() == Some("app_id") { "app_id" } else { "aud" };
    let test = case.tests(claim).next();
    let says = |_: &str| {
        let why = match test {
            Some(_) => "audiences that nobody named pass this test".to_owned(),
            None => format!("does not ask for whom the token was made ({claim})"),
        };
        let message = match providers.first().filter(|_| has_one) {
            Some(own) => {
                format!("tokens for any audience that {} lists, today one, can become {role}", own.entity.name())
            }
            None => format!("tokens that were made for another application can become {role}"),
        };
        (message, why)
    };
    let who = if has_one { "a token for a second audience" } else { "a token for another audience" };
    let mut finding = case.finding("OID007", severity, claim, says, who);
    let is_app = case.provider.shared.is_some() && !case.provider.controlled;
    if let Some(witness) = finding.witness.as_mut().filter(|_| !is_app) {
        // Which ones it lists may differ from branch to branch.
        if !witness.assumes.iter().any(|own| own.starts_with(LISTS)) {
            witness.assumes.push(format!("{LISTS} the audience of the token"));
        }
    }
    finding.related = providers.first().map(|provider| takes(case, provider)).into_iter().collect();
    finding.help = match test {
        Some(_) => {
            let (key, value) = case.audience();
            format!("ask for one audience\n  {key}: {value}")
        }
        None if is_app => case.asking(claim),
        None if trusts_one_issuer(case.cx, case.role(), case.statement) => case.asking_for_audience(),
        // No token has the keys of two.
        None => {
            format!("write a statement for each issuer, and in the one of this issuer\n{}", case.asking_for_audience())
        }
    };
    finding.fix = fix(case, &providers, test).map(Box::new);
    Some(finding)
}

/// Whether the tests leave one of several audiences that the provider takes.
fn leaves_one(case: &Case<'_>) -> bool {
    let Some(key) = key_of(case.answer, "aud") else { return false };
    let policy = case.of_role.policy(case.cx.graph);
    let passes = |audience: &Written| {
        let mut request = case.answer.answer.request.clone();
        request.context.retain(|(own, _)| own != key);
        request.context.push((key.clone(), Carried::One(audience.text.clone())));
        !evaluate(policy, &request, &case.cx.classes.symbols).truth.is_false()
    };
    let providers = registered(case.cx.graph, &case.answer.principal, &case.of_role.when);
    let lists = || providers.iter().map(|provider| provider.clients.as_ref().filter(|list| list.complete));
    let of_one = |list: &Listed| list.items.len() > 1 && list.items.iter().filter(|item| passes(item)).count() == 1;
    !providers.is_empty() && lists().all(|list| list.is_some_and(of_one))
}

/// The one audience that the provider takes.
fn fix(case: &Case<'_>, providers: &[&OidcProvider], test: Option<&Test>) -> Option<Fix> {
    let [provider] = providers else { return None };
    if !trusts_one_issuer(case.cx, case.role(), case.statement) {
        return None;
    }
    let audience = only_client(provider)?.known().filter(|known| !known.is_empty())?;
    let key = case.answer.answer.request.context.iter().find_map(|(key, _)| key.as_known()?.strip_suffix(":aud"))?;
    let changes = ask(case.statement, test, "StringEquals", &format!("{key}:aud"), finding::Written::text(audience));
    Some(safe(case.statement, "ask for whom the token was made (aud)", changes))
}

fn takes(case: &Case<'_>, provider: &OidcProvider) -> Label {
    match (&provider.clients, only_client(provider)) {
        (Some(clients), Some(only)) => {
            let only = shown(&case.cx.graph.shown(&only.text));
            Label::new(clients.at.place, format!("takes '{only}' only so far; what is added here passes, too"))
        }
        (Some(clients), None) => Label::new(clients.at.place, "the audiences that the provider takes"),
        (None, _) => Label::new(provider.entity.place, "the provider, which lists what it takes"),
    }
}
