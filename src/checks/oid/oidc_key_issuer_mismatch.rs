//! OID008: condition keys that belong to another issuer than the one that is trusted.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, literal, test_path};
use crate::checks::tokens::{element, issuers, passes_without};
use crate::finding::{Change, Finding, Fix, Label, Severity, shown};
use crate::identity::classes::provider::{Provider, of_issuer};
use crate::identity::cognito::ASSUME;
use crate::identity::oidc::{Federated, claim_of, is_claim_of};
use crate::identity::{Dialect, Unwanted};
use crate::policy::{Effect, Test, actions_match};
use crate::value::{Text, Truth};

/// Finds tests on keys that no token of the trusted issuers has.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        let takes_tokens = actions_match(&gate.statement.actions, ASSUME).is_true();
        let issuers = match issuers(cx, gate) {
            Some(issuers) => issuers,
            // A blank key is nobody's, whoever the principal is.
            None if takes_tokens => Vec::new(),
            None => continue,
        };
        let wrong = gate.statement.conditions.tests.iter().filter_map(|test| {
            let why = why(cx, test, &issuers)?;
            Some((test, why))
        });
        let wrong: Vec<(&Test, String)> = wrong.collect();
        for passes in [Truth::False, Truth::True] {
            let same = wrong.iter().filter(|(test, _)| passes_without(cx, gate, test) == passes);
            findings.extend(finding(cx, gate, &issuers, &same.collect::<Vec<_>>(), passes.is_true()));
        }
    }
}

/// Why a test is on a key of none of the issuers.
fn why(cx: &Cx<'_>, test: &Test, issuers: &[Federated]) -> Option<String> {
    let symbols = &cx.graph.symbols;
    if test.key.as_known().is_some_and(|key| key.trim().is_empty()) {
        return Some("the key is blank".to_owned());
    }
    let names: Vec<&Text> = issuers.iter().filter_map(name).collect();
    if !names.iter().all(|issuer| is_claim_of(&test.key, issuer, symbols).is_false()) {
        return wrong_claim(cx, test, &names);
    }
    let issuer = shown(&cx.graph.shown(names.first()?));
    let key = cx.graph.shown(&test.key);
    let pools = issuers.iter().any(|own| matches!(own, Federated::Pools(_)));
    // The names of pools in other partitions are CGT010's matter.
    if pools && key.starts_with("cognito-identity") {
        return None;
    }
    let Some((prefix, claim)) = key.rsplit_once(':') else {
        let is_claim = ["aud", "sub", "amr"].contains(&key.as_str());
        return is_claim.then(|| format!("the issuer is missing before it: {issuer}:{key}"));
    };
    let same = |other: &str| names.iter().any(|name| cx.graph.shown(name).eq_ignore_ascii_case(other));
    let bare = prefix.trim_start_matches("https://").trim_start_matches("http://");
    match () {
        () if prefix.is_empty() => Some(format!("the issuer is missing before it: {issuer}{key}")),
        () if bare != prefix && same(bare) => Some("the issuer stands before a claim without its https://".to_owned()),
        () if prefix.ends_with('/') && same(prefix.trim_end_matches('/')) => {
            Some(format!("{issuer} has no slash at its end, as it is trusted"))
        }
        () if same(&format!("{prefix}/")) => Some("the issuer ends with a slash, before its claims too".to_owned()),
        () if prefix.contains('.') => {
            Some(format!("{} is a claim of {}, not of {issuer}", shown(claim), shown(prefix)))
        }
        // The global keys, and those of other services.
        () => None,
    }
}

/// Issuers that name the app otherwise than others do, and have these claims only (IAM User Guide, condition keys
/// for AWS OIDC federation).
const OF_THEIR_OWN: [&str; 2] = ["facebook", "amazon"];

fn wrong_claim(cx: &Cx<'_>, test: &Test, names: &[&Text]) -> Option<String> {
    let [issuer] = names else { return None };
    let (provider, certain) = of_issuer(issuer, &cx.graph.symbols);
    let provider = provider.filter(|own| certain.is_true() && OF_THEIR_OWN.contains(&own.class.as_str()))?;
    let claim = claim_of(test.key.as_known()?, issuer)?;
    let claims: Vec<&str> = provider.claims.iter().map(|claim| claim.name.as_str()).collect();
    let is_own = claims.iter().any(|own| own.eq_ignore_ascii_case(&claim));
    (!is_own).then(|| format!("{} has the keys {} only", provider.title, claims.join(" and ")))
}

fn name(issuer: &Federated) -> Option<&Text> {
    match issuer {
        Federated::Issuer(name) | Federated::Pools(name) => Some(name),
        _ => None,
    }
}

fn finding(
    cx: &Cx<'_>,
    gate: Gate<'_>,
    issuers: &[Federated],
    wrong: &[&(&Test, String)],
    passes: bool,
) -> Option<Finding> {
    let ((first, why), others) = wrong.split_first().map(|(first, others)| (*first, others))?;
    let issuer_text = issuers.iter().find_map(name).cloned().unwrap_or_else(|| Text::known("ISSUER"));
    let role = gate.role.entity.name();
    let message = match (gate.statement.effect, passes) {
        (Effect::Deny, false) => format!("a Deny of {role} never applies: no token has its key"),
        (_, true) => format!("a test of {role} keeps nobody out: no token has its key"),
        (_, false) => format!("{role} refuses every token: it asks for a key that none has"),
    };
    let label = Label::new(first.key_at.place, why.clone());
    let mut finding = gate.finding("OID008", Severity::Error, message, label, &test_path(first));
    finding.related = others.iter().map(|(test, why)| Label::new(test.key_at.place, why.clone())).collect();
    let tests: Vec<&Test> = std::iter::once(*first).chain(others.iter().map(|(test, _)| *test)).collect();
    finding.help = help(cx, gate, &issuer_text, &tests);
    if passes && let Some(rule) = open_by(cx, gate) {
        finding.help.push_str(&format!("\nas it stands the role is open: rolecall explain {rule}"));
    }
    finding.fix = if others.is_empty() { fix(issuers, first).map(Box::new) } else { None };
    finding.mistake.element = element(first.key.as_known().unwrap_or_default());
    Some(finding)
}

/// The same claim of the one issuer that is trusted.
fn fix(issuers: &[Federated], test: &Test) -> Option<Fix> {
    let mut names: Vec<&Text> = issuers.iter().filter_map(name).collect();
    names.dedup();
    let [issuer] = names.as_slice() else { return None };
    let claim = claim_of(test.key.as_known()?, issuer).filter(|claim| !claim.is_empty())?;
    let key = format!("{}:{claim}", issuer.as_known()?);
    let is_other = !test.key.as_known()?.eq_ignore_ascii_case(&key);
    let change = Change::Rename { key: test.key_at, name: key };
    is_other.then(|| Fix::safe("begin the key with the issuer that is trusted", vec![change]))
}

/// The rule that speaks of whom the policy lets in although it must not.
fn open_by(cx: &Cx<'_>, gate: Gate<'_>) -> Option<&'static str> {
    let own = cx.classes.of_roles.iter().find(|own| std::ptr::eq(own.policy(cx.graph), gate.policy))?;
    let admitted = || own.answers.iter().filter(|answer| answer.answer.truth.is_true());
    if admitted().any(|answer| answer.class.starts_with("irsa/other-namespace")) {
        return Some("OID011");
    }
    admitted()
        .any(|answer| answer.unwanted == Unwanted::Always && !answer.class.starts_with("saml"))
        .then_some("OID001")
}

/// Lines that the help shows.
const MOST_LINES: usize = 4;

fn help(cx: &Cx<'_>, gate: Gate<'_>, issuer: &Text, tests: &[&Test]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for test in tests {
        let line = line(cx, gate, issuer, test);
        if !lines.contains(&line) && lines.len() < MOST_LINES {
            lines.push(line);
        }
    }
    let what = match names_app(cx, issuer) {
        Some(provider) => format!("{} names the app by app_id", provider.title),
        None if lines.len() > 1 => "begin the keys with the issuer as the principal has it".to_owned(),
        None => "begin the key with the issuer as the principal has it".to_owned(),
    };
    format!("{what}\n  {}", lines.join("\n  "))
}

/// The provider of an issuer that names the app otherwise than others do.
fn names_app(cx: &Cx<'_>, issuer: &Text) -> Option<&'static Provider> {
    let (provider, certain) = of_issuer(issuer, &cx.graph.symbols);
    provider.filter(|own| certain.is_true() && OF_THEIR_OWN.contains(&own.class.as_str()))
}

/// A test's key as it is to be.
fn line(cx: &Cx<'_>, gate: Gate<'_>, issuer: &Text, test: &Test) -> String {
    let claim = test.key.as_known().and_then(|key| claim_of(key, issuer)).unwrap_or_default();
    let claim = match claim.as_str() {
        _ if names_app(cx, issuer).is_some() => "app_id".to_owned(),
        "" => "sub".to_owned(),
        _ => claim,
    };
    let key = format!("{}:{claim}", cx.graph.shown(issuer));
    let value = test.values.first().and_then(|(value, _)| value.as_known()).map(shown);
    let value = value.map_or("…".to_owned(), |value| literal(gate.role, &value));
    match gate.role.entity.dialect {
        Dialect::Yaml => format!("{key}: {value}"),
        Dialect::Json => format!("\"{key}\": {value}"),
        Dialect::Cdk => format!("'{key}': {value},"),
    }
}
