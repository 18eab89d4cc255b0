//! MAP001: groups that share a precedence but not a role.

use std::collections::{BTreeMap, HashSet};

use super::group_roles_and_mapping_disagree::Sides;
use crate::checks::Cx;
use crate::checks::groups::{Groups, Pair, Pool, RoleGroup};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{Graph, Membership, Precedence};
use crate::value::Text;

/// Finds groups between whose roles no number decides.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let groups = Groups::of(cx.graph);
    let sides = Sides::of(cx.graph);
    for pool in groups.pools() {
        let mut by_number: BTreeMap<Precedence, Vec<&RoleGroup<'_>>> = BTreeMap::new();
        for group in pool.groups {
            // One parameter gives both groups one number, whichever that is.
            if let Precedence::Number(_) | Precedence::Same(_) = group.group.precedence {
                by_number.entry(group.group.precedence).or_default().push(group);
            }
        }
        findings.extend(by_number.iter().flat_map(|(number, groups)| ties(&sides, cx.graph, &pool, (*number, groups))));
    }
}

/// Two groups of a number that compete, at best those of a user whom the templates put into both; the
/// others of that number are named beside them.
fn ties<'a>(
    sides: &Sides<'_>,
    graph: &Graph,
    pool: &Pool<'a>,
    (precedence, groups): (Precedence, &[&'a RoleGroup<'a>]),
) -> Vec<Finding> {
    let (number, proven) = match precedence {
        Precedence::Number(number) => (number.to_string(), pool.proven(groups, number)),
        Precedence::Same(symbol) => (graph.symbols.facts(symbol).name.to_string(), None),
        Precedence::Unset | Precedence::Unknown => return Vec::new(),
    };
    let (pair, memberships) = match proven {
        Some((pair, memberships)) => (Some(pair), Some(memberships)),
        None => (pool.competing(groups), None),
    };
    // That nobody asks for these roles is MAP007.
    let is_asked = |pair: &Pair<'_>| pair.mapping.is_some() || !sides.says_unused(pool.user_pool());
    let Some(pair) = pair.filter(is_asked) else { return Vec::new() };
    let of_part = |part: Pair<'a>| {
        // What proves a member in one part may not do so in another.
        let is_proven = |[puts, _]: &[&'a Membership; 2]| match precedence {
            Precedence::Number(number) => part.when == pair.when || pool.is_best_of(&puts.user, number, &part.when),
            _ => false,
        };
        tie(graph, pool, &part, (memberships.filter(is_proven), &number, groups))
    };
    pool.in_parts(&pair, memberships).into_iter().map(of_part).collect()
}

fn tie(
    graph: &Graph,
    pool: &Pool<'_>,
    pair: &Pair<'_>,
    (memberships, number, groups): (Option<[&Membership; 2]>, &str, &[&RoleGroup<'_>]),
) -> Finding {
    let severity = match (&pair.mapping, memberships) {
        (None, _) => Severity::Info,
        (Some(_), None) => Severity::Warning,
        (Some(_), Some(_)) => Severity::Error,
    };
    let (a, b) = (pair.a.group, pair.b.group);
    let message = match pair.mapping {
        Some(mapping) => pool.headline(pair, mapping),
        None => format!("{} and {} share precedence {number} but not a role", a.entity.name(), b.entity.name()),
    };
    let label = Label::new(b.precedence_place, format!("precedence {number}, like {}", a.entity.name()));
    let mut finding = pool.finding("MAP001", severity, pair, message, label);
    finding.related = related(graph, pair, memberships);
    finding.help = help(groups, number);
    if memberships.is_none() {
        finding.assumes.insert(0, "somebody is a member of both groups, and of none with a lower number".to_owned());
    }
    finding
}

/// The other group's number, who is in both, the mapping, the roles. Where the templates name a member
/// the roles come last: they matter less than the proof, and a report may stop after some labels.
fn related(graph: &Graph, pair: &Pair<'_>, memberships: Option<[&Membership; 2]>) -> Vec<Label> {
    let mut labels = vec![Label::new(pair.a.group.precedence_place, "the same precedence")];
    let role = |group: &RoleGroup<'_>, article| {
        Label::new(group.role_place, format!("{article} role: {}", group.role_name(graph)))
    };
    let other = if pair.certain { "another" } else { "perhaps another" };
    let roles = [role(pair.a, "one"), role(pair.b, other)];
    let mapping =
        pair.mapping.map(|mapping| Label::new(mapping.place, "this mapping takes the role from the user's groups"));
    let Some(memberships) = memberships else {
        labels.extend(roles);
        labels.extend(mapping);
        return labels;
    };
    for (membership, group) in memberships.into_iter().zip([pair.a, pair.b]) {
        let (user, group) = (user_name(graph, &membership.user), group.group.entity.name());
        labels.push(Label::new(membership.place, format!("puts {user} into {group}")));
    }
    labels.extend(mapping);
    labels.extend(roles);
    labels
}

/// A user by its logical id where a template has it.
fn user_name(graph: &Graph, user: &Text) -> String {
    user.as_symbol().map_or_else(|| graph.shown(user), |symbol| graph.symbols.facts(symbol).name.to_string())
}

/// Groups that the help names.
const MOST_NAMES: usize = 6;

fn help(groups: &[&RoleGroup<'_>], number: &str) -> String {
    let mut seen = HashSet::new();
    let names = groups.iter().map(|group| group.group.entity.name());
    let names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
    let shown = names[..names.len().min(MOST_NAMES)].join(", ");
    let more = if names.len() > MOST_NAMES { format!(" and {} more", names.len() - MOST_NAMES) } else { String::new() };
    format!("give each of {shown}{more} a number of its own instead of {number}; the lowest wins")
}
