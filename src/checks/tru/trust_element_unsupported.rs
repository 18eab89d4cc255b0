//! TRU005: parts of a policy that trust policies do not take, or that allow more than assuming.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates};
use crate::checks::rule::nearest_among;
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::tags::{ASSUME_ACTIONS, COMPANION_ACTIONS};
use crate::policy::{Actions, Effect, Resources};
use crate::source::Place;
use crate::value::{At, Text};

/// Finds elements and actions that are out of place.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        findings.extend(resource(gate));
        match &gate.statement.actions {
            Actions::Only(list) => findings.extend(list.iter().filter_map(|(text, at)| action(gate, text, *at))),
            Actions::AllBut(_) if gate.statement.effect == Effect::Allow => findings.push(all_but(gate)),
            _ => {}
        }
    }
}

fn resource(gate: Gate<'_>) -> Option<Finding> {
    let (list, name) = match &gate.statement.resources {
        Resources::Only(list) => (list, "Resource"),
        Resources::AllBut(list) => (list, "NotResource"),
        Resources::Missing | Resources::Unknown => return None,
    };
    let place = list.first().map_or(gate.statement.at.place, |(_, at)| at.place);
    let message = format!("{} has a {name} in its trust policy, so its deployment is refused", gate.role.entity.name());
    let label = Label::new(place, "a trust policy speaks of its own role only");
    Some(done(gate, Severity::Error, message, label, name, format!("take the {name} out")))
}

fn all_but(gate: Gate<'_>) -> Finding {
    let role = gate.role.entity.name();
    let place = gate.statement.action_at.map_or(gate.statement.at.place, |at| at.place);
    let message = format!("{role} allows all actions but some to whom it names");
    let label = Label::new(place, "also allows passing tags and a source identity");
    let help = "allow what is needed\n  Action: sts:AssumeRole".to_owned();
    done(gate, Severity::Warning, message, label, "NotAction", help)
}

fn action(gate: Gate<'_>, text: &Text, at: At) -> Option<Finding> {
    let known = text.as_known()?;
    let known_actions = || ASSUME_ACTIONS.into_iter().chain(COMPANION_ACTIONS);
    if known_actions().any(|action| action.eq_ignore_ascii_case(known)) {
        return None;
    }
    if known.contains(['*', '?']) {
        return (gate.statement.effect == Effect::Allow).then(|| wide(gate, known, at.place));
    }
    let role = gate.role.entity.name();
    let message = format!("{role} has an action that no trust policy can have, so its deployment is refused");
    let label = Label::new(at.place, format!("'{}' does not let anybody assume a role", shown(known)));
    let near = nearest_among(known, known_actions());
    let help = format!("allow what is needed\n  Action: {}", near.first().unwrap_or(&"sts:AssumeRole"));
    Some(done(gate, Severity::Error, message, label, "Action", help))
}

fn wide(gate: Gate<'_>, known: &str, place: Place) -> Finding {
    let only_assume = known.to_ascii_lowercase().starts_with("sts:assumerole");
    let severity = if only_assume { Severity::Info } else { Severity::Warning };
    let message = format!("{} allows more than becoming it", gate.role.entity.name());
    let why = match only_assume {
        true => "stands for all three ways of assuming a role",
        false => "also allows passing tags and a source identity",
    };
    let help = "allow what is needed\n  Action: sts:AssumeRole".to_owned();
    done(gate, severity, message, Label::new(place, why), "Action", help)
}

fn done(
    gate: Gate<'_>,
    severity: Severity,
    message: String,
    label: Label,
    element: &'static str,
    help: String,
) -> Finding {
    let mut finding = gate.finding("TRU005", severity, message, label, &format!(".{element}"));
    finding.help = help;
    finding.mistake.element = element;
    finding
}
