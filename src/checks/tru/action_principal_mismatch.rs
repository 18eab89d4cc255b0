//! TRU001: a principal beside actions of which it can use none.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, named};
use crate::finding::{Finding, Label, Severity};
use crate::identity::tags::{ASSUME_ACTIONS, COMPANION_ACTIONS};
use crate::identity::{Dialect, assume_action_of};
use crate::policy::{Actions, Effect, Principal, PrincipalKind, Statement, actions_match};
use crate::source::Place;

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
    // What all others are is another mistake.
    if !matches!(gate.statement.actions, Actions::Only(_)) {
        return None;
    }
    if !actions_match(&gate.statement.actions, expected).is_false() {
        return None;
    }
    let is_allowed = |action: &&&str| actions_match(&gate.statement.actions, action).is_true();
    let wrong = match ASSUME_ACTIONS.iter().find(is_allowed) {
        Some(wrong) => wrong,
        None => {
            COMPANION_ACTIONS.iter().find(is_allowed).filter(|_| !is_assumed_elsewhere(gate, principal, expected))?
        }
    };
    let (role, who) = (gate.role.entity.name(), cx.graph.shown(&principal.value));
    let message = format!("{} cannot use {wrong}, so it cannot become {role}", kind(principal, expected));
    let label = Label::new(action_place(gate.statement, wrong), format!("{who} needs {expected}"));
    let mut finding = gate.finding("TRU001", Severity::Error, message, label, ".Action");
    finding.related = vec![Label::new(principal.at.place, "the principal that is meant")];
    finding.help = match gate.role.entity.dialect {
        Dialect::Cdk if principal.kind == Some(PrincipalKind::Federated) => {
            format!("pass the action as the third argument of FederatedPrincipal\n  '{expected}'")
        }
        Dialect::Yaml => format!("allow\n  Action: {expected}"),
        _ => format!("allow\n  {expected}"),
    };
    finding.mistake.element = "Action";
    Some(finding)
}

/// Whether another statement lets the same principal assume the role: then this one only adds to it.
fn is_assumed_elsewhere(gate: Gate<'_>, principal: &Principal, expected: &str) -> bool {
    let may = |statement: &Statement| {
        let same = named(statement).iter().any(|own| own.kind == principal.kind && own.value == principal.value);
        let unknown = named(statement).is_empty();
        statement.effect != Effect::Deny
            && (same || unknown || named(statement).iter().any(|own| own.kind.is_none()))
            && !actions_match(&statement.actions, expected).is_false()
    };
    gate.policy.opaque || gate.policy.may_allow_more || gate.policy.statements.iter().any(may)
}

fn kind(principal: &Principal, expected: &str) -> &'static str {
    match principal.kind {
        Some(PrincipalKind::Federated) if expected.ends_with("SAML") => "a SAML provider",
        Some(PrincipalKind::Federated) => "an OIDC provider",
        Some(PrincipalKind::Service) => "a service",
        _ => "an AWS principal",
    }
}

fn action_place(statement: &Statement, action: &str) -> Place {
    let whole = statement.action_at.map_or(statement.at.place, |at| at.place);
    let Actions::Only(list) = &statement.actions else { return whole };
    let is_it = |text: &&(crate::value::Text, crate::value::At)| {
        actions_match(&Actions::Only(vec![(*text).clone()]), action).is_true()
    };
    list.iter().find(is_it).map_or(whole, |(_, at)| at.place)
}
