//! MAP002: groups with roles and without precedence.

use crate::checks::Cx;
use crate::checks::groups::{Groups, Pair, Pool};
use crate::finding::{Finding, Label, Severity};
use crate::identity::Precedence;

/// Finds user pools in which two groups have a role and no precedence.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let groups = Groups::of(cx.graph);
    for pool in groups.pools() {
        let parts = pair(&pool).map(|pair| pool.in_parts(&pair, None)).unwrap_or_default();
        findings.extend(parts.iter().filter_map(|pair| finding(&pool, pair)));
    }
}

fn pair<'a>(pool: &Pool<'a>) -> Option<Pair<'a>> {
    let unset = pool.groups.iter().filter(|group| group.group.precedence == Precedence::Unset);
    pool.competing(&unset.collect::<Vec<_>>())
}

fn finding(pool: &Pool<'_>, pair: &Pair<'_>) -> Option<Finding> {
    let mapping = pair.mapping?;
    let (a, b) = (pair.a.group, pair.b.group);
    let label = Label::new(b.precedence_place, "has a role and no Precedence");
    let mut finding = pool.finding("MAP002", Severity::Warning, pair, pool.headline(pair, mapping), label);
    finding.related = vec![Label::new(a.precedence_place, "has a role and no Precedence either")];
    finding.related.push(Label::new(mapping.place, "this mapping takes the role from the user's groups"));
    finding.help = "give each group a Precedence; the lowest number wins, and no number is worse than all".to_owned();
    finding.assumes.insert(0, "somebody is a member of both groups, and of none with a number".to_owned());
    Some(finding)
}
