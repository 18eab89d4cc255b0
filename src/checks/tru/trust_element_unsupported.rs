//! TRU005: parts of a policy that trust policies do not take, or that allow more than assuming.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates};
use crate::checks::rule::nearest_among;
use crate::finding::{Change, Finding, Fix, Label, Severity, shown};
use crate::identity::tags::{ASSUME_ACTIONS, COMPANION_ACTIONS, companions_of, tests_for_identity, tests_for_tags};
use crate::identity::{Dialect, assume_action_of, cognito};
use crate::policy::{Actions, Effect, PrincipalKind, Resources, actions_match};
use crate::source::Place;
use crate::value::{At, Text};

/// Finds elements and actions that are out of place.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        findings.extend(resource(gate));
        match &gate.statement.actions {
            Actions::Only(list) => findings.extend(list.iter().filter_map(|one| action(cx, gate, list, one))),
            Actions::AllBut(list) if gate.statement.effect == Effect::Allow => findings.push(all_but(cx, gate, list)),
            _ => {}
        }
    }
}

/// Every action that a trust policy can allow.
fn all_actions() -> impl Iterator<Item = &'static str> {
    ASSUME_ACTIONS.into_iter().chain(COMPANION_ACTIONS)
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
    let mut finding = done(gate, Severity::Error, message, label, name, format!("take the {name} out"));
    let change = gate.statement.resource_at.map(|key| Change::Remove { key });
    finding.fix = change.map(|change| Box::new(Fix::safe(format!("take the {name} out"), vec![change])));
    Some(finding)
}

fn all_but(cx: &Cx<'_>, gate: Gate<'_>, list: &[(Text, At)]) -> Finding {
    let role = gate.role.entity.name();
    let place = gate.statement.action_at.map_or(gate.statement.at.place, |at| at.place);
    let spared: Vec<String> = list.iter().map(|(text, _)| shown(&cx.graph.shown(text))).collect();
    let message = match spared.as_slice() {
        [one] => format!("{role} allows every action but {one} to those it names"),
        _ => format!("{role} allows every action but some to those it names"),
    };
    let label = Label::new(place, more_than_assuming(gate).unwrap_or("allows every other action, also those to come"));
    done(gate, Severity::Warning, message, label, "NotAction", needed(cx, gate, &[]))
}

/// What a statement allows beside assuming the role.
fn more_than_assuming(gate: Gate<'_>) -> Option<&'static str> {
    let allows = |action| actions_match(&gate.statement.actions, action).is_true();
    let [tags, identity] = ["sts:TagSession", "sts:SetSourceIdentity"].map(allows);
    match (tags, identity) {
        (true, true) => Some("also allows passing tags and a source identity"),
        (true, false) => Some("also allows passing tags"),
        (false, true) => Some("also allows setting a source identity"),
        (false, false) => None,
    }
}

fn action(cx: &Cx<'_>, gate: Gate<'_>, list: &[(Text, At)], (text, at): &(Text, At)) -> Option<Finding> {
    let known = text.as_known()?;
    if all_actions().any(|action| action.eq_ignore_ascii_case(known)) {
        return None;
    }
    let one = Actions::Only(vec![(text.clone(), *at)]);
    let covered: Vec<&str> = all_actions().filter(|action| actions_match(&one, action).is_true()).collect();
    if !covered.is_empty() {
        return (gate.statement.effect == Effect::Allow).then(|| wide(cx, gate, &covered, at.place))?;
    }
    let role = gate.role.entity.name();
    let message = format!("{role} has an action that no trust policy can have, so its deployment is refused");
    let near = nearest_among(known, all_actions());
    let others: Vec<&str> = list.iter().filter(|(own, _)| own != text).filter_map(|(own, _)| own.as_known()).collect();
    let (why, help) = match near.first() {
        Some(meant) => {
            let actions: Vec<&str> = others.iter().copied().chain([*meant]).collect();
            (format!("STS has no such action; {meant} is meant"), format!("write\n  {}", line(gate, &actions)))
        }
        None => (format!("'{}' does not let anybody assume a role", shown(known)), needed(cx, gate, &others)),
    };
    Some(done(gate, Severity::Error, message, Label::new(at.place, why), "Action", help))
}

fn wide(cx: &Cx<'_>, gate: Gate<'_>, covered: &[&str], place: Place) -> Option<Finding> {
    let only_assume = covered.iter().all(|action| ASSUME_ACTIONS.contains(action));
    // What stands for one action only is no wider than that.
    let is_narrow = covered.len() == 1;
    // That somebody cannot use it says more than that it is wide.
    let useless = gate.principals().iter().any(|principal| {
        let expected = assume_action_of(principal, &cx.graph.symbols);
        expected.is_some_and(|expected| actions_match(&gate.statement.actions, expected).is_false())
    });
    if is_narrow || only_assume && useless {
        return None;
    }
    let severity = if only_assume { Severity::Info } else { Severity::Warning };
    let message = format!("{} allows more than becoming it", gate.role.entity.name());
    let why = match only_assume {
        true => "stands for several ways of assuming a role",
        false => more_than_assuming(gate).unwrap_or("stands for more than assuming a role"),
    };
    Some(done(gate, severity, message, Label::new(place, why), "Action", needed(cx, gate, &[])))
}

/// The actions that the principals of a statement need, with those that are right already.
fn needed(cx: &Cx<'_>, gate: Gate<'_>, right: &[&str]) -> String {
    let mut actions: Vec<&str> = Vec::new();
    let mut add = |action| {
        if !actions.contains(&action) {
            actions.push(action);
        }
    };
    right.iter().copied().filter(|own| all_actions().any(|action| action.eq_ignore_ascii_case(own))).for_each(&mut add);
    for principal in gate.principals() {
        let pools = (principal.kind == Some(PrincipalKind::Federated)).then_some(cognito::ASSUME);
        add(assume_action_of(principal, &cx.graph.symbols).or(pools).unwrap_or("sts:AssumeRole"));
        companions_of(principal).iter().copied().for_each(&mut add);
    }
    if tests_for_tags(gate.statement, gate.policy).next().is_some() {
        add("sts:TagSession");
    }
    if tests_for_identity(gate.statement, gate.policy).next().is_some() {
        add("sts:SetSourceIdentity");
    }
    if actions.is_empty() {
        actions.push("sts:AssumeRole");
    }
    format!("allow what is needed\n  {}", line(gate, &actions))
}

fn line(gate: Gate<'_>, actions: &[&str]) -> String {
    match (gate.role.entity.dialect, actions) {
        (Dialect::Yaml, [one]) => format!("Action: {one}"),
        (Dialect::Yaml, _) => format!("Action: [{}]", actions.join(", ")),
        (Dialect::Json, [one]) => format!("\"Action\": \"{one}\""),
        (Dialect::Json, _) => format!("\"Action\": [\"{}\"]", actions.join("\", \"")),
        (Dialect::Cdk, _) => format!("actions: ['{}'],", actions.join("', '")),
    }
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
