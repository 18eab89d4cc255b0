//! MAP002: groups with roles and without precedence.

use crate::checks::Cx;
use crate::checks::groups::{Groups, Pool, RoleGroup};
use crate::finding::{Finding, Label, Severity};
use crate::identity::Precedence;

/// Finds user pools in which two groups have a role and no precedence.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let groups = Groups::of(cx.graph);
    findings.extend(groups.pools().filter_map(|pool| finding(&pool)));
}

fn finding(pool: &Pool<'_>) -> Option<Finding> {
    let unset = pool.groups.iter().filter(|group| group.group.precedence == Precedence::Unset);
    let unset: Vec<&RoleGroup<'_>> = unset.collect();
    let pair = pool.competing(&unset)?;
    let mapping = pair.mapping?;
    let (a, b) = (pair.a.group, pair.b.group);
    let label = Label::new(b.precedence_place, "has a role and no Precedence");
    let mut finding = pool.finding("MAP002", Severity::Warning, &pair, pool.headline(&pair, mapping), label);
    finding.related = vec![Label::new(a.precedence_place, "has a role and no Precedence either")];
    finding.related.push(Label::new(mapping.place, "this mapping takes the role from the user's groups"));
    finding.help = "give each group a Precedence; the lowest number wins, and no number is worse than all".to_owned();
    finding.assumes.insert(0, "somebody is a member of both groups, and of none with a number".to_owned());
    Some(finding)
}
