//! TRU001: a principal beside actions of which it can use none.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, is_everybody};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written};
use crate::identity::oidc::{Federated, NoForm, federated};
use crate::identity::tags::{ASSUME_ACTIONS, COMPANION_ACTIONS, speaks_of};
use crate::identity::{Dialect, assume_action_of};
use crate::policy::{Actions, Effect, Principal, PrincipalKind, Statement, actions_match};
use crate::source::Place;
use crate::value::Text;

/// Finds principals that cannot use what they are allowed.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        for principal in gate.principals() {
            findings.extend(finding(cx, gate, principal));
        }
    }
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Finding> {
    let expected = assume_action_of(principal, &cx.graph.symbols)?;
    let form = federated(&principal.value, &cx.graph.symbols);
    // A service under Federated is of the wrong kind: its action may be right, and the kind is told elsewhere.
    if principal.kind == Some(PrincipalKind::Federated) && form == Federated::Invalid(NoForm::Service) {
        return None;
    }
    // What all others are is another mistake.
    if !matches!(gate.statement.actions, Actions::Only(_)) {
        return None;
    }
    if !actions_match(&gate.statement.actions, expected).is_false() {
        return None;
    }
    let is_allowed = |action: &&&str| actions_match(&gate.statement.actions, action).is_true();
    let (wrong, is_companion) = match ASSUME_ACTIONS.iter().find(is_allowed) {
        Some(wrong) => (wrong, false),
        None => {
            let companion = COMPANION_ACTIONS.iter().find(is_allowed);
            (companion.filter(|_| !is_assumed_elsewhere(cx, gate, principal, expected))?, true)
        }
    };
    let (role, who) = (gate.role.entity.name(), cx.graph.shown(&principal.value));
    let message = match is_companion {
        true => format!("{who} may call {wrong} for {role}, but not assume it"),
        // Whether the star stands for users of providers too is not documented.
        false if is_everybody(principal, &cx.graph.symbols) => {
            format!("no AWS principal can become {role}, since none can use {wrong}")
        }
        false => {
            let (kind, they) = kind(principal, expected);
            format!("{kind} cannot use {wrong}, so {they} cannot become {role}")
        }
    };
    let label = Label::new(action_place(gate.statement, wrong), format!("{who} needs {expected}"));
    let mut finding = gate.finding("TRU001", Severity::Error, message, label, ".Action");
    finding.related = vec![Label::new(principal.at.place, "the principal that is meant")];
    // Others of the statement may need the action that is there.
    let is_shared = gate.principals().iter().any(|other| assume_action_of(other, &cx.graph.symbols) != Some(expected));
    finding.help = help(gate, principal, expected, is_companion.then_some(*wrong), is_shared);
    finding.fix = fix(gate, wrong, expected).filter(|_| !is_shared && !is_companion).map(Box::new);
    if !is_companion && is_everybody(principal, &cx.graph.symbols) {
        // The other action would let every account in: the users of a provider are meant.
        finding.severity = Severity::Warning;
        finding.help = "name the identity provider whose users are meant (Federated)".to_owned();
        finding.fix = None;
    }
    if !is_companion && principal.kind == Some(PrincipalKind::Aws) && is_provider(&form) && *wrong != expected {
        // With the other action nobody could become the role either: no caller is a provider.
        let what = if form == Federated::Saml { "a SAML provider" } else { "an OIDC provider" };
        finding.message = format!("{role} names {what} as an AWS principal, so its users cannot become {role}");
        finding.primary =
            Label::new(action_place(gate.statement, wrong), "for users of a provider, not for AWS principals");
        finding.help = as_provider(gate.role.entity.dialect).to_owned();
        finding.fix = None;
    }
    finding.mistake.element = "Action";
    Some(finding)
}

/// Whether a principal has the form of an identity provider's ARN.
fn is_provider(form: &Federated) -> bool {
    matches!(form, Federated::Issuer(_) | Federated::Saml)
}

fn as_provider(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Cdk => "name it as a provider\n  new iam.FederatedPrincipal(PROVIDER-ARN, { … })",
        Dialect::Yaml | Dialect::Json => "name it as a provider: write Federated in place of AWS before it",
    }
}

fn help(gate: Gate<'_>, principal: &Principal, expected: &str, companion: Option<&str>, is_shared: bool) -> String {
    let dialect = gate.role.entity.dialect;
    let actions: Vec<&str> = std::iter::once(expected).chain(companion).collect();
    let line = match dialect {
        Dialect::Yaml if companion.is_some() => format!("Action: [{}]", actions.join(", ")),
        Dialect::Yaml => format!("Action: {expected}"),
        Dialect::Json => {
            let quoted: Vec<String> = actions.iter().map(|action| format!("\"{action}\"")).collect();
            let list = quoted.join(", ");
            if companion.is_some() { format!("\"Action\": [{list}]") } else { format!("\"Action\": {list}") }
        }
        Dialect::Cdk if principal.kind == Some(PrincipalKind::Federated) && companion.is_none() && !is_shared => {
            return format!("pass the action as the third argument of FederatedPrincipal\n  '{expected}'");
        }
        Dialect::Cdk => format!("actions: ['{}'],", actions.join("', '")),
    };
    match (is_shared, companion) {
        (true, _) => format!("give this principal a statement of its own, with\n  {line}"),
        (false, Some(_)) => format!("allow both, or remove the statement\n  {line}"),
        (false, None) => format!("allow\n  {line}"),
    }
}

/// The one action that is wrong becomes the right one.
fn fix(gate: Gate<'_>, wrong: &str, expected: &str) -> Option<Fix> {
    let Actions::Only(list) = &gate.statement.actions else { return None };
    let is_wrong = |text: &Text| text.as_known().is_some_and(|text| text.eq_ignore_ascii_case(wrong));
    let mut found = list.iter().filter(|(text, _)| is_wrong(text));
    let (Some((_, at)), None) = (found.next(), found.next()) else { return None };
    // With another one that is wrong there it is not said which of them was meant.
    let is_assuming = |text: &Text| {
        ASSUME_ACTIONS.iter().any(|action| text.as_known().is_some_and(|text| text.eq_ignore_ascii_case(action)))
    };
    if list.iter().filter(|(text, _)| is_assuming(text)).count() > 1 {
        return None;
    }
    let change = Change::Set { at: *at, value: Written::text(expected) };
    Some(Fix::safe(format!("allow {expected}"), vec![change]))
}

/// Whether another statement lets the same principal assume the role, or somebody for whom it stands: then this one only
/// adds to it.
fn is_assumed_elsewhere(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, expected: &str) -> bool {
    let arn = gate.role.arn();
    let may = |statement: &Statement| {
        statement.effect != Effect::Deny
            && !speaks_of(statement, principal, &arn, &cx.graph.symbols).is_false()
            && !actions_match(&statement.actions, expected).is_false()
    };
    gate.policy.opaque || gate.policy.may_allow_more || gate.policy.statements.iter().any(may)
}

fn kind(principal: &Principal, expected: &str) -> (&'static str, &'static str) {
    match principal.kind {
        Some(PrincipalKind::Federated) if expected.ends_with("SAML") => ("users of a SAML provider", "they"),
        Some(PrincipalKind::Federated) => ("users of an OIDC provider", "they"),
        Some(PrincipalKind::Service) => ("a service", "it"),
        _ => ("an AWS principal", "it"),
    }
}

fn action_place(statement: &Statement, action: &str) -> Place {
    let whole = statement.action_at.map_or(statement.at.place, |at| at.place);
    let Actions::Only(list) = &statement.actions else { return whole };
    let is_it =
        |text: &&(Text, crate::value::At)| actions_match(&Actions::Only(vec![(*text).clone()]), action).is_true();
    list.iter().find(is_it).map_or(whole, |(_, at)| at.place)
}
