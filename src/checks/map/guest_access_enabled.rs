//! MAP015: an identity pool that gives credentials to anybody.

use crate::checks::Cx;
use crate::checks::map::guest_role_inconsistent::{Pools, without_guest_role};
use crate::checks::mappings::{mistake, role_name};
use crate::finding::{Finding, Label, Severity, Status, shown};
use crate::identity::access::{LeftToGuests, left_to_guests};
use crate::identity::{Attachment, Graph, IdentityPool, RoleId, Trust, Written};
use crate::policy::{Actions, Effect};
use crate::value::{Branch, Truth, Why};

/// Finds pools that let guests in, or that let them in if a parameter says so.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let pools = Pools::of(cx.graph);
    for pool in &cx.graph.pools {
        for case in &pool.guests.cases {
            match case.then {
                Truth::True => opened(cx, &pools, pool, &case.when, findings),
                Truth::Unknown => findings.extend(left_open(pool, &case.when)),
                Truth::False => {}
            }
        }
    }
}

/// A pool that lets guests in: one finding for each role that they get, in its part of the branch. Where a part has
/// none, MAP016 speaks of that.
fn opened(cx: &Cx<'_>, pools: &Pools<'_>, pool: &IdentityPool, when: &Branch, findings: &mut Vec<Finding>) {
    let attached = attached_for_guests(cx.graph, pools.attachments(pool), when);
    match attached.as_slice() {
        [] => {
            let mut finding = finding(cx, pool, None, when);
            if without_guest_role(cx, pools, pool, when).is_some() {
                finding.severity = Severity::Info;
            }
            findings.push(finding);
        }
        several => findings.extend(several.iter().map(|(role, part)| finding(cx, pool, Some(*role), part))),
    }
}

fn finding(cx: &Cx<'_>, pool: &IdentityPool, role: Option<Attached<'_>>, when: &Branch) -> Finding {
    let graph = cx.graph;
    let name = pool.entity.name();
    let meant = role.map(|(attachment, arn)| graph.roles_meant(attachment.entity.stack, &arn.text));
    let meant = meant.and_then(|roles| roles.first().map(|(id, _)| *id));
    // In the classic flow guests may ask for other roles too.
    let may_choose =
        pool.classic.cases.iter().any(|case| !case.then.is_false() && graph.together(&case.when, when).is_some());
    let refusal = meant.filter(|_| !may_choose).and_then(|id| refusal(cx, pool, id, when));
    let role = role.filter(|_| refusal.is_none());
    let message = match role {
        Some((attachment, arn)) => {
            let role = role_name(graph, attachment.entity.stack, arn);
            format!("{name} hands {role} to anybody, without signing in")
        }
        None => format!("{name} gives an identity to anybody, without signing in"),
    };
    let mut finding = at_setting(pool, Severity::Warning, message, "lets guests in; the pool's id is no secret", when);
    finding.related.extend(role.map(|(_, arn)| Label::new(arn.place, "handed to guests here")));
    if let Some(id) = meant {
        finding.related.extend(permissions(cx, id, when, may_choose).filter(|_| refusal.is_none()));
        // Nobody could sign in to such a pool: it is there for guests, who only read.
        let is_meant_for_guests = pool.providers_complete && pool.providers.is_empty();
        if !may_choose && is_meant_for_guests && cx.held.changes(id, when).is_false() {
            finding.severity = Severity::Info;
        }
        if !may_choose && graph.without_permissions.contains(&id) {
            finding.severity = Severity::Info;
            let role = graph.role(id).entity.name();
            finding.assumes.push(format!("nothing outside of what was read gives {role} a permission"));
        }
    }
    // That the role refuses them is MAP014.
    if refusal == Some(Refusal::Written) {
        finding.severity = Severity::Info;
    }
    finding.help = "set AllowUnauthenticatedIdentities to false, unless the app is meant for guests".to_owned();
    finding
}

/// That the role for guests lets none of them in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// By a trust policy that somebody wrote.
    Written,
    /// By one that only denies: something outside of what was read will rewrite it.
    Placeholder,
}

/// Why guests of a pool certainly do not get a role in a branch, if they do not.
fn refusal(cx: &Cx<'_>, pool: &IdentityPool, role: RoleId, when: &Branch) -> Option<Refusal> {
    let trusts = cx.trusts.iter().filter(|trust| trust.role == role);
    let trusts: Vec<_> = trusts.filter(|trust| cx.graph.together(&trust.when, when).is_some()).collect();
    let refuses = |trust: &&Trust| trust.of_pool(&pool.id).is_some_and(|own| own.guest.truth.is_false());
    if trusts.is_empty() || !trusts.iter().all(refuses) {
        return None;
    }
    let mut statements = trusts.iter().flat_map(|trust| &trust.policy(cx.graph).statements);
    Some(if statements.all(|own| own.effect == Effect::Deny) { Refusal::Placeholder } else { Refusal::Written })
}

/// What a pool has for guests: the attachment, and the role's ARN.
type Attached<'g> = (&'g Attachment, &'g Written);

/// What a pool has for guests in a branch, each with its part of that.
fn attached_for_guests<'g>(graph: &Graph, own: &[&'g Attachment], when: &Branch) -> Vec<(Attached<'g>, Branch)> {
    let of_one = |attachment: &&'g Attachment| {
        let mut roles = attachment.roles.iter();
        let role = roles.find(|role| role.key.known() == Some("unauthenticated"))?;
        Some(((*attachment, &role.arn), graph.together(when, &attachment.when)?))
    };
    own.iter().filter_map(of_one).collect()
}

/// A pool of which only the deployment knows whether it lets guests in.
fn left_open(pool: &IdentityPool, when: &Branch) -> Option<Finding> {
    let mut parameters = pool.guests.missing.iter();
    let parameter = parameters.find_map(|missing| match &missing.why {
        Why::Parameter(name) => Some(name.clone()),
        _ => None,
    })?;
    let parameter = shown(&parameter);
    let message = format!("parameter {parameter} decides whether {} lets guests in", pool.entity.name());
    let mut finding = at_setting(pool, Severity::Info, message, "known only at deployment", when);
    finding.status = Status::Possible;
    finding.assumes.push(format!("parameter {parameter} is true"));
    finding.help = "give the parameter a default of false, or AllowedValues".to_owned();
    Some(finding)
}

fn at_setting(pool: &IdentityPool, severity: Severity, message: String, why: &str, when: &Branch) -> Finding {
    let subject = pool.entity.property("AllowUnauthenticatedIdentities");
    let mut finding = Finding::new("MAP015", severity, message, Label::new(pool.guests.place, why), subject);
    finding.mistake = mistake(pool.entity.place, "AllowUnauthenticatedIdentities");
    finding.branch = when.clone();
    finding
}

/// Actions that a label names.
const MOST_ACTIONS: usize = 3;

/// What guests may do by the policies of their role, with the place of the first that says so: in the enhanced flow
/// what Cognito leaves them of it.
fn permissions(cx: &Cx<'_>, role: RoleId, when: &Branch, is_unlimited: bool) -> Option<Label> {
    let (mut place, mut actions, mut is_cut) = (None, Vec::new(), false);
    for permission in cx.held.allowing(role, when) {
        let Actions::Only(list) = &permission.statement.actions else { continue };
        for name in list.iter().filter_map(|(action, _)| action.as_known()) {
            let left = if is_unlimited { LeftToGuests::All } else { left_to_guests(name) };
            let is_left = cx.held.leaves(role, &permission, &name.replace(['*', '?'], "x"));
            if left == LeftToGuests::Nothing || !is_left || actions.contains(&name) {
                continue;
            }
            place = place.or(Some(permission.place()));
            is_cut |= left == LeftToGuests::Part;
            actions.push(name);
        }
    }
    let more = actions.len().saturating_sub(MOST_ACTIONS);
    let named: Vec<String> = actions.iter().take(MOST_ACTIONS).map(|action| shown(action)).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let limit = match (is_cut, cx.graph.role(role).bounded) {
        (false, false) => "",
        (true, false) => ", as far as Cognito lets guests",
        (false, true) => ", as far as the role's permissions boundary lets them",
        (true, true) => ", as far as Cognito and the role's permissions boundary let them",
    };
    let what = if actions.contains(&"*") { "do everything".to_owned() } else { named.join(", ") + &more };
    Some(Label::new(place?, format!("so anybody may {what}{limit}")))
}
