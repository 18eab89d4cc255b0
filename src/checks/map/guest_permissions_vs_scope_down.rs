//! MAP019: permissions of a guest role that the enhanced flow takes away, and the classic one does not.

use std::collections::HashSet;

use crate::checks::Cx;
use crate::checks::words::{actions_of, permission_spot};
use crate::finding::{Finding, Label, Mistake, Severity, Status, shown};
use crate::identity::{Graph, Handout, Held, Holder, IdentityPool, Permission, RoleId, Way, access};
use crate::policy::{Actions, actions_match};
use crate::source::Place;
use crate::value::{At, Branch, Text, Truth};

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
        let Some(beyond) = beyond(held, handout.role, &own, is_classic) else { continue };
        let place = match own.holder {
            Holder::Template(_) => beyond.place,
            Holder::Aws(_, place) => place,
        };
        if seen.insert((permission_spot(&own), actions_of(graph.role(handout.role), &own).property)) {
            findings.push(finding(graph, pool, handout, &own, &Beyond { place, ..beyond }, is_classic));
        }
    }
}

/// What a statement allows guests beyond the list.
struct Beyond {
    /// How a sentence names it.
    told: String,
    place: Place,
    /// Whether the list has a part of it.
    is_part: bool,
    /// Whether some of it changes something.
    changes: bool,
}

/// The worst of what a statement allows beyond the list, where something of it is left.
fn beyond(held: &Held<'_>, role: RoleId, own: &Permission<'_>, is_classic: bool) -> Option<Beyond> {
    match &own.statement.actions {
        Actions::Only(list) => {
            let is_beyond = |(text, _): &&(Text, At)| {
                text.as_known().is_some_and(|one| access::left_to_guests(one) != access::LeftToGuests::All)
            };
            // In the enhanced flow it makes no difference what takes an action away.
            let is_left = |(text, _): &&(Text, At)| {
                !is_classic || text.as_known().is_some_and(|one| is_left(held, role, own, one))
            };
            let beyond: Vec<_> = list.iter().filter(is_beyond).filter(is_left).collect();
            let (action, at) = beyond.iter().find(|(text, _)| access::changes(text).is_true()).or(beyond.first())?;
            let name = action.as_known()?;
            let told = if name == "*" { "every action".to_owned() } else { shown(name) };
            let is_part = access::left_to_guests(name) == access::LeftToGuests::Part;
            Some(Beyond { told, place: at.place, is_part, changes: access::changes(action).is_true() })
        }
        Actions::AllBut(list) => {
            let is_allowed = |action: &String| actions_match(&own.statement.actions, action).is_true();
            let is_left = |action: &String| !is_classic || held.leaves(role, own, action);
            let mut writes = access::writes("*").filter(|one| is_unlisted(one)).filter(is_allowed);
            writes.by_ref().take(MOST_TRIED).find(is_left)?;
            let spared: Option<Vec<String>> = list.iter().map(|(text, _)| text.as_known().map(shown)).collect();
            let told = match spared?.as_slice() {
                [one] => format!("every action but {one}"),
                _ => "every action but a few".to_owned(),
            };
            let place = own.statement.action_at.map_or(own.statement.at.place, |at| at.place);
            Some(Beyond { told, place, is_part: true, changes: true })
        }
        Actions::Unknown => None,
    }
}

/// Whether the list has nothing of an action.
fn is_unlisted(action: &str) -> bool {
    access::left_to_guests(action) == access::LeftToGuests::Nothing
}

/// Actions of a wildcard that are tried.
const MOST_TRIED: usize = 50;

/// Whether no Deny of a role takes away all that a permission allows beyond the list.
fn is_left(held: &Held<'_>, role: RoleId, own: &Permission<'_>, pattern: &str) -> bool {
    let mut tried = access::writes(pattern).filter(|one| is_unlisted(one)).take(MOST_TRIED);
    tried.any(|action| held.leaves(role, own, &action)) || held.leaves(role, own, &pattern.replace(['*', '?'], "x"))
}

fn finding(
    graph: &Graph,
    pool: &IdentityPool,
    handout: &Handout,
    own: &Permission<'_>,
    beyond: &Beyond,
    is_classic: bool,
) -> Finding {
    let (role, name) = (graph.role(handout.role).entity.name(), pool.entity.name());
    let Beyond { told, place, is_part, changes } = beyond;
    let severity = match (is_classic, changes) {
        (false, _) => Severity::Info,
        (true, false) => Severity::Warning,
        (true, true) => Severity::Error,
    };
    let message = match (is_classic, is_part) {
        (true, false) => format!("guests of {name} may call {told}, which Cognito's limit for guests lacks"),
        (true, true) => format!("guests of {name} may call {told}, of which Cognito's limit for guests has a part"),
        (false, false) => format!("{told} does nothing for guests of {name}: Cognito takes it away"),
        (false, true) => format!("guests of {name} have a part of {told} at most: Cognito takes away the rest"),
    };
    let date = access::guest_list_date();
    let beyond = if *is_part { "reaches beyond" } else { "beyond" };
    let label = Label::new(*place, format!("{beyond} what the enhanced flow leaves to guests (list of {date})"));
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
