//! MAP004: users whom no mapping gives a role get one that may more.

use crate::checks::Cx;
use crate::checks::excess::{Excess, MOST_TRIES, excess};
use crate::checks::mappings::{mistake, property_line};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{Graph, Handout, Held, Mapping, Permission, RoleId, Way};
use crate::value::Branch;

/// Finds default roles that may change what none of the mapped roles may.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let (held, mut tries) = (cx.held, MOST_TRIES);
    for mapping in cx.graph.mappings.iter().filter(|mapping| mapping.ambiguous() == Some("AuthenticatedRole")) {
        for handout in default_roles(cx.graph, mapping) {
            findings.extend(finding(cx.graph, (held, &mut tries), mapping, handout));
        }
    }
}

/// The roles that a mapping's pool hands to signed-in users by default.
pub(super) fn default_roles<'g>(graph: &'g Graph, mapping: &'g Mapping) -> impl Iterator<Item = &'g Handout> {
    let of_pool = |handout: &&Handout| handout.way == Way::Authenticated && handout.pool == mapping.pool;
    graph.handouts.iter().filter(of_pool).filter(|handout| graph.together(&handout.when, &mapping.when).is_some())
}

/// The roles to which a mapping leads in a branch; nothing where not all are known.
fn mapped_roles<'g>(graph: &'g Graph, mapping: &Mapping, when: &Branch) -> Option<Vec<&'g Handout>> {
    let is_in_run = |stack, arn| !graph.roles_meant(stack, arn).is_empty();
    let is_whole = match mapping.kind() {
        Some("Rules") => {
            let rules = mapping.rules.as_ref().filter(|rules| rules.complete && rules.count == rules.list.len())?;
            let mut roles = rules.list.iter().map(|rule| rule.role.as_ref());
            roles.all(|role| role.is_some_and(|role| is_in_run(mapping.entity.stack, &role.text)))
        }
        Some("Token") => {
            let user_pool = mapping.user_pool.as_ref()?;
            let groups = graph.groups.iter().filter(|group| group.user_pool == *user_pool);
            let mut roles = groups.filter_map(|group| Some((group.entity.stack, &group.role.as_ref()?.0)));
            roles.all(|(stack, arn)| is_in_run(stack, arn)) && !graph.is_touched(user_pool)
        }
        _ => false,
    };
    let is_mapped = |handout: &&Handout| {
        matches!(handout.way, Way::Rule | Way::Group)
            && handout.pool == mapping.pool
            && handout.provider.as_ref() == Some(&mapping.provider)
            && graph.together(&handout.when, when).is_some()
    };
    let roles: Vec<&Handout> = graph.handouts.iter().filter(is_mapped).collect();
    (is_whole && !roles.is_empty()).then_some(roles)
}

fn finding(
    graph: &Graph,
    (held, tries): (&Held<'_>, &mut usize),
    mapping: &Mapping,
    default: &Handout,
) -> Option<Finding> {
    let when = graph.together(&mapping.when, &default.when)?;
    let mapped = mapped_roles(graph, mapping, &when)?;
    let others: Vec<RoleId> = mapped.iter().map(|handout| handout.role).collect();
    if others.contains(&default.role) {
        return None;
    }
    let Excess::More(permission, action) = excess(graph, held, default.role, &others, &when, tries) else {
        return None;
    };
    let name = graph.role(default.role).entity.name();
    let message = format!("users without a match get {name}: it alone may call {action}");
    let ambiguous = mapping.ambiguous.as_ref()?;
    let label = Label::new(ambiguous.place, "whoever no rule or group gives a role gets the default one");
    let subject = mapping.entity.property(format!("{}.AmbiguousRoleResolution", mapping.path));
    let mut finding = Finding::new("MAP004", Severity::Warning, message, label, subject);
    finding.related = related(graph, default, &permission, &mapped);
    finding.help = format!(
        "refuse them, or let {name} be the role that may least\n  {}",
        property_line(mapping.entity.dialect, "AmbiguousRoleResolution", "Deny")
    );
    finding.mistake = mistake(mapping.place, "AmbiguousRoleResolution");
    finding.branch = graph.together(&when, &permission.when)?;
    Some(finding)
}

fn related(graph: &Graph, default: &Handout, permission: &Permission<'_>, mapped: &[&Handout]) -> Vec<Label> {
    let step =
        |handout: &Handout, what: &str| handout.steps.last().map(|(place, _)| Label::new(*place, what.to_owned()));
    let mut labels: Vec<Label> = step(default, "the default role").into_iter().collect();
    labels.push(Label::new(permission.place(), "allowed here"));
    let mut seen = Vec::new();
    for handout in mapped {
        if !seen.contains(&handout.role) {
            seen.push(handout.role);
            labels.extend(step(handout, &format!("a mapped role: {}", graph.role(handout.role).entity.name())));
        }
    }
    labels
}
