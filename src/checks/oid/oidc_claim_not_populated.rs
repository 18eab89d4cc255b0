//! OID006: claims that STS does not make condition keys of.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, test_path};
use crate::checks::tokens::{element, issuers, passes_without};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::Dialect;
use crate::identity::classes::provider::{Provider, is_of_every_issuer, of_issuer};
use crate::identity::oidc::{Federated, claim_of, is_claim_of, is_name_of_app};
use crate::policy::{Effect, Test};
use crate::value::{Text, Truth};

/// Finds tests on claims that a token may have, but no request.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        for issuer in issuers(cx, gate).unwrap_or_default() {
            let Federated::Issuer(issuer) = issuer else { continue };
            // Where it may be another issuer, another claim may be there.
            let (Some(provider), Truth::True) = of_issuer(&issuer, &cx.graph.symbols) else { continue };
            let tests = gate.statement.conditions.tests.iter();
            findings.extend(tests.filter_map(|test| finding(cx, gate, test, &issuer, provider)));
        }
    }
}

/// Kinds of issuers of whose claims no table of AWS speaks.
const UNDOCUMENTED: [&str; 2] = ["oidc", "user-pool"];
/// Kinds whose keys are named otherwise altogether, of which OID008 speaks.
const OF_THEIR_OWN: [&str; 2] = ["facebook", "amazon"];
/// The same of the kind whose other keys OID008 speaks of.
const GOOGLE: &str = "google";

fn finding(cx: &Cx<'_>, gate: Gate<'_>, test: &Test, issuer: &Text, provider: &Provider) -> Option<Finding> {
    if !is_claim_of(&test.key, issuer, &cx.graph.symbols).is_true() || OF_THEIR_OWN.contains(&provider.class.as_str()) {
        return None;
    }
    let claim = claim_of(test.key.as_known()?, issuer)?;
    if is_of_every_issuer(&claim) {
        return None;
    }
    let is_published = provider.claims.iter().any(|own| own.name.eq_ignore_ascii_case(&claim));
    if is_published {
        return elsewhere(cx, gate, test, &claim);
    }
    if provider.class == GOOGLE && is_name_of_app(&claim) {
        return None;
    }
    let passes = passes_without(cx, gate, test);
    if passes == Truth::Unknown {
        return None;
    }
    let (role, claim) = (gate.role.entity.name(), shown(&claim));
    let is_known = !UNDOCUMENTED.contains(&provider.class.as_str());
    let (severity, doubt) = match is_known {
        true => (Severity::Error, ""),
        false => (Severity::Warning, ", as far as is documented"),
    };
    let message = match (gate.statement.effect, passes.is_true()) {
        (Effect::Deny, false) => format!("a Deny of {role} never applies: STS knows no {claim}{doubt}"),
        (_, true) => format!("a test of {role} keeps nobody out: STS knows no {claim}{doubt}"),
        (_, false) => format!("{role} refuses every token: STS knows no {claim}{doubt}"),
    };
    let (title, date) = (&provider.title, &provider.date);
    let why = match is_known {
        true => format!("AWS lists no such claim of {title}, as of {date}"),
        false => {
            format!("for issuers outside its tables AWS lists aud, sub, amr, email and oaud only, as of {date}")
        }
    };
    let label = Label::new(test.key_at.place, why);
    let mut finding = gate.finding("OID006", severity, message, label, &test_path(test));
    finding.help = help(cx, gate, issuer, provider, &claim);
    finding.mistake.element = element(test.key.as_known().unwrap_or_default());
    Some(finding)
}

/// A claim that AWS lists, in a partition for which nobody has reported it.
fn elsewhere(cx: &Cx<'_>, gate: Gate<'_>, test: &Test, claim: &str) -> Option<Finding> {
    let partition = cx.graph.partition_of(gate.role).filter(|partition| partition != "aws")?;
    let (role, claim) = (gate.role.entity.name(), shown(claim));
    let message = format!("{role} asks for {claim}, which STS may not know in {}", shown(&partition));
    let label = Label::new(test.key_at.place, "reported for the commercial Regions only");
    let mut finding = gate.finding("OID006", Severity::Info, message, label, &test_path(test));
    finding.help = "ask for sub too, which STS knows everywhere".to_owned();
    finding.mistake.element = "claim";
    Some(finding)
}

fn help(cx: &Cx<'_>, gate: Gate<'_>, issuer: &Text, provider: &Provider, claim: &str) -> String {
    let issuer = cx.graph.shown(issuer);
    let twin = format!("{claim}_id");
    if provider.claims.iter().any(|own| own.name == twin) {
        let line = match gate.role.entity.dialect {
            Dialect::Yaml => format!("{issuer}:{twin}: '12345'"),
            Dialect::Json => format!("\"{issuer}:{twin}\": \"12345\""),
            Dialect::Cdk => format!("'{issuer}:{twin}': '12345',"),
        };
        return format!("ask for the id instead, and for sub\n  {line}");
    }
    let listed = provider.claims.iter().map(|own| own.name.as_str()).filter(|own| !is_of_every_issuer(own));
    let listed: Vec<&str> = listed.collect();
    match listed.as_slice() {
        [] => format!("ask for {issuer}:sub, or for a session tag that the issuer puts into its tokens"),
        listed => format!("ask for {issuer}:sub, or for one of the claims that STS knows\n  {}", listed.join(", ")),
    }
}
