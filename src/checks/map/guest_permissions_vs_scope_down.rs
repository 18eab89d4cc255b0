//! MAP019: permissions of a guest role that the enhanced flow takes away, and the classic one does not.

use std::collections::HashSet;

use crate::checks::Cx;
use crate::checks::words::{actions_of, permission_spot};
use crate::finding::{Finding, Label, Mistake, Severity, Status, shown};
use crate::identity::{Graph, Handout, Held, Holder, IdentityPool, Permission, RoleId, Way, access};
use crate::policy::Actions;
use crate::source::Place;
use crate::value::{Branch, Text, Truth};

/// Finds permissions of guests beyond the list of what Cognito leaves them.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for handout in cx.graph.handouts.iter().filter(|handout| handout.way == Way::Guest) {
        let Some(pool) = handout.pool_id.map(|id| &cx.graph.pools[id.0]) else { continue };
        for (when, is_classic) in open_branches(cx.graph, pool, &handout.when) {
            of_role(cx.graph, cx.held, (pool, handout), &when, is_classic, findings);
        }
    }
}

/// The branches in which guests are let in, and whether they may choose the classic flow there.
fn open_branches(graph: &Graph, pool: &IdentityPool, when: &Branch) -> Vec<(Branch, bool)> {
    let mut found = Vec::new();
    for guests in pool.guests.cases.iter().filter(|case| case.then == Truth::True) {
        for classic in pool.classic.cases.iter().filter(|case| case.then != Truth::Unknown) {
            let both = graph.together(&guests.when, &classic.when).and_then(|both| graph.together(&both, when));
            found.extend(both.map(|both| (both, classic.then.is_true())));
        }
    }
    found
}

/// One finding for each statement, with the first of its actions that is beyond the list.
fn of_role(
    graph: &Graph,
    held: &Held<'_>,
    (pool, handout): (&IdentityPool, &Handout),
    when: &Branch,
    is_classic: bool,
    findings: &mut Vec<Finding>,
) {
    let mut seen = HashSet::new();
    for own in held.allowing(handout.role, when) {
        let Actions::Only(list) = &own.statement.actions else { continue };
        let is_beyond = |(text, _): &&(Text, _)| {
            text.as_known().is_some_and(|one| access::left_to_guests(one) != access::LeftToGuests::All)
        };
        // In the enhanced flow it makes no difference what takes an action away.
        let is_left = |(text, _): &&(Text, _)| {
            !is_classic || text.as_known().is_some_and(|one| is_left(held, handout.role, &own, one))
        };
        let beyond: Vec<_> = list.iter().filter(is_beyond).filter(is_left).collect();
        let worst = beyond.iter().find(|(text, _)| access::changes(text).is_true()).or(beyond.first());
        let Some((action, at)) = worst else { continue };
        let place = match own.holder {
            Holder::Template(_) => at.place,
            Holder::Aws(_, place) => place,
        };
        if seen.insert((permission_spot(&own), actions_of(graph.role(handout.role), &own).property)) {
            let action = action.as_known().unwrap_or_default();
            findings.push(finding(graph, pool, handout, &own, (action, place), is_classic));
        }
    }
}

/// Actions of a wildcard that are tried.
const MOST_TRIED: usize = 50;

/// Whether no Deny of a role takes away all that a permission allows beyond the list.
fn is_left(held: &Held<'_>, role: RoleId, own: &Permission<'_>, pattern: &str) -> bool {
    let is_beyond = |action: &String| access::left_to_guests(action) == access::LeftToGuests::Nothing;
    let mut tried = access::writes(pattern).filter(is_beyond).take(MOST_TRIED);
    tried.any(|action| held.leaves(role, own, &action)) || held.leaves(role, own, &pattern.replace(['*', '?'], "x"))
}

fn finding(
    graph: &Graph,
    pool: &IdentityPool,
    handout: &Handout,
    own: &Permission<'_>,
    (action, place): (&str, Place),
    is_classic: bool,
) -> Finding {
    let (role, name) = (graph.role(handout.role).entity.name(), pool.entity.name());
    let told = if action == "*" { "every action".to_owned() } else { shown(action) };
    let severity = match (is_classic, access::changes(&Text::known(action)).is_true()) {
        (false, _) => Severity::Info,
        (true, false) => Severity::Warning,
        (true, true) => Severity::Error,
    };
    let is_part = access::left_to_guests(action) == access::LeftToGuests::Part;
    let message = match (is_classic, is_part) {
        (true, false) => format!("guests of {name} may call {told}, which Cognito's limit for guests lacks"),
        (true, true) => format!("guests of {name} may call {told}, of which Cognito's limit for guests has a part"),
        (false, false) => format!("{told} does nothing for guests of {name}: Cognito takes it away"),
        (false, true) => format!("guests of {name} have a part of {told} at most: Cognito takes away the rest"),
    };
    let date = access::guest_list_date();
    let beyond = if is_part { "reaches beyond" } else { "beyond" };
    let label = Label::new(place, format!("{beyond} what the enhanced flow leaves to guests (list of {date})"));
    let mut finding = Finding::new("MAP019", severity, message, label, actions_of(graph.role(handout.role), own));
    finding.related.extend(handout.steps.last().map(|(place, _)| Label::new(*place, format!("{role} is for guests"))));
    finding.related.extend(is_classic.then(|| Label::new(pool.classic.place, "the classic flow has no such limit")));
    finding.help = match is_classic {
        true => "set AllowClassicFlow to false, or take the permission out of the guest role".to_owned(),
        false => "take it out of the guest role: it would count on the day the classic flow is switched on".to_owned(),
    };
    if is_classic && graph.role(handout.role).bounded {
        finding.status = Status::Possible;
        finding.assumes.push(format!("the permissions boundary of {role} allows it"));
    }
    finding.mistake = Mistake { statement: Some(permission_spot(own)), element: "Action", bare: false };
    finding.branch = own.when.clone();
    finding
}
