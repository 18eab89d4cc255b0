//! MAP011: a rule on groups that may match members of other groups too.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, role_name, rule_path, same_role};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::{Graph, Group, Mapping, MappingRule};
use crate::value::{Branch, Lookup, Truth};

/// The claim with the groups of a user.
const GROUPS: &str = "cognito:groups";

/// Finds rules by a part of a group's name.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let all = cx.graph.groups.iter().map(|group| (&group.user_pool, group));
    let all = Groups(cx.graph, Lookup::new(all, &cx.graph.symbols));
    for mapping in cx.graph.mappings.iter().filter(|mapping| mapping.kind() == Some("Rules")) {
        for rule in mapping.rules().iter().filter(|rule| is_by_part(rule)) {
            findings.extend(overlap(&all, mapping, rule).or_else(|| vague(&all, mapping, rule)));
        }
    }
}

fn is_by_part(rule: &MappingRule) -> bool {
    let known = [&rule.claim, &rule.match_type].map(|written| written.as_ref().and_then(|written| written.known()));
    known[0] == Some(GROUPS) && matches!(known[1], Some("Contains" | "StartsWith"))
}

/// All groups by their user pools.
struct Groups<'g>(&'g Graph, Lookup<'g, Group>);

/// Groups of one user pool that are looked at.
const MOST_GROUPS: usize = 1_000;

impl<'g> Groups<'g> {
    /// The groups of the mapped user pool, in the mapping's branch.
    fn of<'m>(&'m self, mapping: &'m Mapping) -> impl Iterator<Item = (&'g Group, Branch)> + 'm {
        let of_pool = mapping.user_pool.as_ref().map(|pool| self.1.same(pool)).unwrap_or_default();
        let of_pool = of_pool.iter().take(MOST_GROUPS).copied();
        of_pool.filter_map(|group| Some((group, self.0.together(&mapping.when, &group.when)?)))
    }
}

fn matches(rule: &MappingRule, value: &str, name: &str) -> bool {
    match rule.match_type.as_ref().and_then(|how| how.known()) {
        Some("StartsWith") => name.starts_with(value),
        _ => name.contains(value),
    }
}

/// A rule with the name of one group that stands in the name of another, for which it is not meant.
fn overlap(all: &Groups<'_>, mapping: &Mapping, rule: &MappingRule) -> Option<Finding> {
    let graph = all.0;
    let value = rule.value.as_ref()?;
    let known = value.known()?;
    let (meant, _) = all.of(mapping).find(|(group, _)| group.name.as_known() == Some(known))?;
    let other = |(group, when): (&'_ Group, Branch)| {
        let name = group.name.as_known()?;
        let is_other = name != known && matches(rule, known, name);
        (is_other && !leads_alike(graph, mapping, rule, name)).then(|| (name.to_owned(), group.entity.place, when))
    };
    let (name, place, when) = all.of(mapping).find_map(other)?;
    let role = rule.role.as_ref()?;
    let role_told = role_name(graph, mapping.entity.stack, role);
    let message = format!("members of group {} may get {role_told} too", shown(&name));
    let why = format!("'{}' is a part of '{}' too", shown(known), shown(&name));
    let mut finding = by_rule(mapping, rule, Severity::Warning, message, Label::new(value.place, why));
    finding.related = vec![
        Label::new(place, format!("group {}, which the rule is not meant for", shown(&name))),
        Label::new(meant.entity.place, "the group that it is meant for"),
        Label::new(role.place, "the role"),
    ];
    finding.assumes.push(ASSUMED.to_owned());
    finding.branch = when;
    Some(finding)
}

const ASSUMED: &str = "a list of groups is compared as one text, which no document says or denies";

/// Whether an own rule of a group leads to the same role, or an earlier rule takes its members in any case: one that
/// looks for a part of the group's name, however lists are compared.
fn leads_alike(graph: &Graph, mapping: &Mapping, rule: &MappingRule, name: &str) -> bool {
    let named = |own: &&MappingRule| own.value.as_ref().and_then(|value| value.known()) == Some(name);
    let takes = |earlier: &MappingRule| {
        let known = [&earlier.claim, &earlier.match_type, &earlier.value].map(|own| own.as_ref()?.known());
        matches!(known, [Some(GROUPS), Some("Contains"), Some(value)] if name.contains(value))
    };
    if mapping.rules().iter().take_while(|earlier| earlier.index != rule.index).any(takes) {
        return true;
    }
    let mut own = mapping.rules().iter().filter(|own| own.index != rule.index).filter(named);
    own.any(|own| match (&own.role, &rule.role) {
        (Some(own), Some(role)) => same_role(graph, mapping.entity.stack, own, role) == Truth::True,
        _ => false,
    })
}

/// A rule by a part of a name, with no group that shows the overlap.
fn vague(all: &Groups<'_>, mapping: &Mapping, rule: &MappingRule) -> Option<Finding> {
    let graph = all.0;
    let value = rule.value.as_ref()?;
    let known = value.known()?;
    let has_groups = all.of(mapping).next().is_some();
    let has_delimiter = known.contains(|c: char| !c.is_alphanumeric());
    // Where some groups are known and the value names none of them, there are others that no template shows.
    let names_one = all.of(mapping).any(|(group, _)| group.name.as_known() == Some(known));
    let is_clear = if has_groups { names_one } else { has_delimiter };
    if is_clear {
        return None;
    }
    let role = role_name(graph, mapping.entity.stack, rule.role.as_ref()?);
    let message = format!("members of any group with '{}' in its name may get {role}", shown(known));
    let label = Label::new(value.place, "how a list of groups is compared is not documented");
    let mut finding = by_rule(mapping, rule, Severity::Info, message, label);
    finding.assumes.push(ASSUMED.to_owned());
    Some(finding)
}

fn by_rule(mapping: &Mapping, rule: &MappingRule, severity: Severity, message: String, label: Label) -> Finding {
    let subject = mapping.entity.property(rule_path(mapping, rule, Some("Value")));
    let mut finding = Finding::new("MAP011", severity, message, label, subject);
    finding.help =
        "give the groups roles (RoleArn) and use Type Token, or names that are no part of each other".to_owned();
    finding.mistake = mistake(rule.place, "Value");
    finding.branch = mapping.when.clone();
    finding
}
