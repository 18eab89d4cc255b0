//! SML002: a recipient that no sign-in at AWS has.

use super::{ACTION, providers};
use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, test_path};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::oidc::home_of;
use crate::identity::{Dialect, SignIn, sign_in_of, sign_ins, takes_sign_in};
use crate::policy::{Effect, Statement, Test, actions_match, same_key};
use crate::value::Text;

/// Finds roles that ask for a recipient where none of AWS's sign-in endpoints passes.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        if !providers(gate.statement, &cx.graph.symbols).0.is_empty() {
            findings.extend(finding(cx, gate));
        }
    }
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>) -> Option<Finding> {
    let is_aud = |test: &&Test| same_key(&test.key, &Text::known("saml:aud"), &cx.graph.symbols).is_true();
    let tests: Vec<&Test> = gate.statement.conditions.tests.iter().filter(is_aud).collect();
    let test = tests.first()?;
    let (own, is_alone) = providers(gate.statement, &cx.graph.symbols);
    let of_provider = || own.iter().find_map(|one| Some(home_of(&one.value).1.as_known()?.to_owned()));
    let partition = cx.graph.partition_of(gate.role).or_else(of_provider).filter(|own| !own.is_empty());
    let partition = partition.as_deref();
    if !takes_sign_in(&tests, gate.statement, gate.policy, partition, &cx.graph.symbols).is_false() {
        return None;
    }
    let role = gate.role.entity.name();
    let (value, place) = test.values.first().map(|(value, at)| (value, at.place))?;
    let is_other =
        |own: &&Statement| own.index != gate.statement.index && !actions_match(&own.actions, ACTION).is_false();
    let mut others = gate.policy.statements.iter().filter(|own| own.effect != Effect::Deny);
    // Another statement may let them in.
    let message = match others.any(|own| is_other(&own)) {
        _ if !is_alone => format!(
            "{} of {role} lets no user of its SAML provider in: it asks for another recipient",
            gate.statement.path()
        ),
        true => format!(
            "{} of {role} takes nobody who signs in to AWS: it asks for another recipient",
            gate.statement.path()
        ),
        false => format!("nobody who signs in to AWS can become {role}: it asks for another recipient"),
    };
    let label = Label::new(place, why(value.as_known(), &cx.graph.shown(value), partition));
    let mut finding = gate.finding("SML002", Severity::Error, message, label, &test_path(test));
    let url = sign_in_of(partition).map_or_else(String::new, SignIn::url);
    let line = match gate.role.entity.dialect {
        Dialect::Yaml => format!("SAML:aud: {url}"),
        Dialect::Json => format!("\"SAML:aud\": \"{url}\""),
        Dialect::Cdk => format!("'SAML:aud': '{url}',"),
    };
    finding.help = format!("ask for AWS's sign-in\n  {line}");
    let endpoint = partition.and_then(|known| sign_in_of(Some(known)));
    finding.fix = endpoint.filter(|_| is_alone).map(|endpoint| {
        let change = Change::Set { at: test.values_at, value: Written::text(endpoint.url()) };
        Box::new(Fix::offered("ask for AWS's sign-in (SAML:aud)", vec![change]))
    });
    finding.mistake.element = "aud";
    Some(finding)
}

/// What stands there instead of an endpoint.
fn why(known: Option<&str>, shown_as: &str, partition: Option<&str>) -> String {
    let known = known.unwrap_or_default();
    let of = |own: &SignIn| known.split('/').nth(2).is_some_and(|host| host == own.host);
    let other = sign_ins().find(|own| of(own) && partition.is_some_and(|partition| partition != own.partition));
    match (other, partition) {
        (Some(other), Some(partition)) => {
            format!("the sign-in of partition {}; the role lies in {partition}", other.partition)
        }
        _ if known == "urn:amazon:webservices" => {
            "AWS's name as the audience; this key is the recipient, a URL".to_owned()
        }
        _ if known.contains("saml-metadata") => "where AWS's metadata lie; nobody signs in there".to_owned(),
        _ if known.starts_with("http://") => "begins with http://, where AWS has https:// only".to_owned(),
        _ if sign_ins().any(|own| of(&own)) => "the sign-in without its path /saml".to_owned(),
        _ => format!("'{}' is no sign-in of AWS", shown(shown_as)),
    }
}
