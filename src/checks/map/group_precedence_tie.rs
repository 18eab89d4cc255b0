//! MAP001: groups that share a precedence but not a role.

use std::collections::BTreeMap;

use crate::checks::Cx;
use crate::checks::groups::{by_user_pool, compete, headline, role_name, token_mappings, with_trigger};
use crate::finding::{Finding, Label, Mistake, Severity};
use crate::identity::{Graph, Group, Mapping, Membership, Precedence};
use crate::value::{Branch, Text};

/// Finds groups between whose roles no number decides.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for (user_pool, groups) in by_user_pool(cx.graph) {
        let mut by_number: BTreeMap<u64, Vec<&Group>> = BTreeMap::new();
        for group in groups {
            if let Precedence::Number(number) = group.precedence {
                by_number.entry(number).or_default().push(group);
            }
        }
        let mappings = token_mappings(cx.graph, user_pool);
        let found =
            by_number.iter().filter_map(|(number, groups)| tie(cx.graph, user_pool, *number, groups, &mappings));
        findings.extend(found);
    }
}

/// The first two groups of a number that compete, with the others of that number named beside them.
fn tie(graph: &Graph, user_pool: &Text, number: u64, groups: &[&Group], mappings: &[&Mapping]) -> Option<Finding> {
    let pairs = groups.iter().enumerate().flat_map(|(at, a)| groups[at + 1..].iter().map(move |b| (*a, *b)));
    let (a, b) = pairs.take(MOST_PAIRS).find(|(a, b)| compete(graph, a, b))?;
    let mut when = graph.together(&a.when, &b.when)?;
    let mapping = mappings.iter().find_map(|mapping| Some((*mapping, graph.together(&when, &mapping.when)?)));
    let severity = match &mapping {
        None => Severity::Info,
        Some(_) if both_have_a_member(graph, user_pool, a, b, groups) => Severity::Error,
        Some(_) => Severity::Warning,
    };
    if let Some((_, together)) = &mapping {
        when = together.clone();
    }
    let message = match &mapping {
        Some((mapping, _)) => headline(graph, a, b, mapping),
        None => format!("{} and {} share precedence {number} but not a role", a.entity.name(), b.entity.name()),
    };
    let label = Label::new(b.precedence_place, format!("precedence {number}, like {}", a.entity.name()));
    let severity = with_trigger(graph, user_pool, severity);
    let mut finding = Finding::new("MAP001", severity, message, label, b.entity.property("Precedence"));
    finding.related = related(graph, a, b, mapping.as_ref().map(|(mapping, _)| *mapping));
    finding.help = help(groups, number);
    finding.assumes = vec!["somebody is a member of both groups, and of none with a lower number".to_owned()];
    finding.mistake = Mistake { statement: None, element: "Precedence", bare: false };
    finding.branch = when;
    Some(finding)
}

/// Groups of one number that are compared in pairs.
const MOST_PAIRS: usize = 10_000;

fn related(graph: &Graph, a: &Group, b: &Group, mapping: Option<&Mapping>) -> Vec<Label> {
    let mut labels = vec![Label::new(a.precedence_place, "the same precedence")];
    for (group, article) in [(a, "one role"), (b, "another role")] {
        let role = group
            .role
            .as_ref()
            .map(|(role, place)| Label::new(*place, format!("{article}: {}", role_name(graph, role))));
        labels.extend(role);
    }
    labels
        .extend(mapping.map(|mapping| Label::new(mapping.place, "this mapping takes the role from the user's groups")));
    labels
}

fn help(groups: &[&Group], number: u64) -> String {
    let names: Vec<&str> = groups.iter().map(|group| group.entity.name()).collect();
    format!("give each of {} a number of its own instead of {number}; the lowest wins", names.join(", "))
}

/// Whether the template itself puts a user into both groups, and into none that decides before them.
fn both_have_a_member(graph: &Graph, user_pool: &Text, a: &Group, b: &Group, tied: &[&Group]) -> bool {
    let of_pool = || graph.memberships.iter().filter(|membership| membership.user_pool == *user_pool);
    let is_in = |user: &Text, group: &Group| of_pool().any(|one| one.user == *user && one.group == group.name);
    let number = tied.first().map(|group| group.precedence);
    let lower = |user: &Text| {
        let better =
            graph.groups.iter().filter(|group| group.user_pool == *user_pool && Some(group.precedence) < number);
        better.into_iter().any(|group| is_in(user, group))
    };
    let fits = |one: &Membership, when: &Branch| graph.together(&one.when, when).is_some();
    of_pool().any(|one| fits(one, &a.when) && is_in(&one.user, a) && is_in(&one.user, b) && !lower(&one.user))
}
