//! MAP009: a mapping rule that an earlier one never lets decide.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, role_name, rule_path, rule_words, same_role};
use crate::finding::{Change, Finding, Fix, Label, Severity};
use crate::identity::{Graph, Mapping, MappingRule, covers};

/// Finds rules whose every token an earlier rule takes.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for mapping in cx.graph.mappings.iter().filter(|mapping| mapping.kind() == Some("Rules")) {
        let rules = mapping.rules();
        for (at, later) in rules.iter().enumerate() {
            let covering =
                |earlier: &&MappingRule| covers(earlier, later, mapping.user_pool.is_some(), &cx.graph.symbols);
            if let Some(earlier) = rules[..at].iter().find(covering) {
                findings.extend(finding(cx.graph, mapping, earlier, later));
            }
        }
    }
}

fn finding(graph: &Graph, mapping: &Mapping, earlier: &MappingRule, later: &MappingRule) -> Option<Finding> {
    let stack = mapping.entity.stack;
    let same = same_role(graph, stack, earlier.role.as_ref()?, later.role.as_ref()?);
    let severity = if same.is_false() { Severity::Warning } else { Severity::Info };
    let role = role_name(graph, stack, later.role.as_ref()?);
    let message = match severity {
        Severity::Info => "a mapping rule decides nothing: an earlier one takes all its users".to_owned(),
        _ => format!("{role} is not handed out by its mapping rule: an earlier one takes all its users"),
    };
    let place = later.value.as_ref().map_or(later.place, |value| value.place);
    let label = Label::new(place, format!("whoever matches {} here …", rule_words(graph, later)));
    let subject = mapping.entity.property(rule_path(mapping, later, None));
    let mut finding = Finding::new("MAP009", severity, message, label, subject);
    let at = earlier.value.as_ref().map_or(earlier.place, |value| value.place);
    finding.related = vec![Label::new(at, format!("… matches {} before", rule_words(graph, earlier)))];
    for (rule, what) in [(earlier, "so they get this role"), (later, "and never this one")] {
        finding.related.extend(rule.role.as_ref().map(|role| Label::new(role.place, what)));
    }
    finding.help = help(earlier, later, severity);
    finding.fix = (severity == Severity::Warning).then(|| reorder(mapping, earlier, later)).flatten().map(Box::new);
    finding.mistake = mistake(later.place, "Value");
    finding.branch = mapping.when.clone();
    Some(finding)
}

/// The later rule before the earlier one, and those between behind it.
fn reorder(mapping: &Mapping, earlier: &MappingRule, later: &MappingRule) -> Option<Fix> {
    let between: Vec<&MappingRule> =
        mapping.rules().iter().filter(|rule| (earlier.index..=later.index).contains(&rule.index)).collect();
    let front = Change::Copy { at: earlier.at, from: later.at };
    let moved = between.windows(2).map(|pair| Change::Copy { at: pair[1].at, from: pair[0].at });
    let changes = std::iter::once(front).chain(moved).collect();
    is_narrower(earlier, later).then(|| Fix::offered("ask for the narrower rule first", changes))
}

/// Whether two rules differ in what they match.
fn is_narrower(earlier: &MappingRule, later: &MappingRule) -> bool {
    earlier.match_type.as_ref().map(|own| own.known()) != later.match_type.as_ref().map(|own| own.known())
        || earlier.value.as_ref().map(|own| &own.text) != later.value.as_ref().map(|own| &own.text)
}

fn help(earlier: &MappingRule, later: &MappingRule, severity: Severity) -> String {
    match severity {
        Severity::Warning if is_narrower(earlier, later) => {
            format!("move rule {} before rule {}: the first that matches decides", later.index + 1, earlier.index + 1)
        }
        _ => "remove one of the two rules: the first that matches decides".to_owned(),
    }
}
