//! MAP002: groups with roles and without precedence.

use crate::checks::Cx;
use crate::checks::groups::{by_user_pool, compete, headline, token_mappings, with_trigger};
use crate::finding::{Finding, Label, Mistake, Severity};
use crate::identity::{Graph, Group, Mapping, Precedence};
use crate::value::Text;

/// Finds user pools in which two groups have a role and no precedence.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for (user_pool, groups) in by_user_pool(cx.graph) {
        let unset: Vec<&Group> = groups.into_iter().filter(|group| group.precedence == Precedence::Unset).collect();
        let mappings = token_mappings(cx.graph, user_pool);
        findings.extend(finding(cx.graph, user_pool, &unset, &mappings));
    }
}

fn finding(graph: &Graph, user_pool: &Text, unset: &[&Group], mappings: &[&Mapping]) -> Option<Finding> {
    let pairs = unset.iter().enumerate().flat_map(|(at, a)| unset[at + 1..].iter().map(move |b| (*a, *b)));
    let (a, b) = pairs.take(MOST_PAIRS).find(|(a, b)| compete(graph, a, b))?;
    let both = graph.together(&a.when, &b.when)?;
    let (mapping, when) =
        mappings.iter().find_map(|mapping| Some((*mapping, graph.together(&both, &mapping.when)?)))?;
    let message = headline(graph, a, b, mapping);
    let label = Label::new(b.precedence_place, "has a role and no Precedence");
    let severity = with_trigger(graph, user_pool, Severity::Warning);
    let mut finding = Finding::new("MAP002", severity, message, label, b.entity.property("Precedence"));
    finding.related = vec![Label::new(a.precedence_place, "has a role and no Precedence either")];
    finding.related.push(Label::new(mapping.place, "this mapping takes the role from the user's groups"));
    finding.help = "give each group a Precedence; the lowest number wins, and no number is worse than all".to_owned();
    finding.assumes = vec!["somebody is a member of both groups, and of none with a number".to_owned()];
    finding.mistake = Mistake { statement: None, element: "Precedence", bare: false };
    finding.branch = when;
    Some(finding)
}

/// Groups without a number that are compared in pairs.
const MOST_PAIRS: usize = 10_000;
