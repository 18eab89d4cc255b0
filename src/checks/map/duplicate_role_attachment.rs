//! MAP018: two role attachments for one identity pool.

use std::collections::HashMap;

use crate::checks::Cx;
use crate::checks::mappings::{mistake, pool_name};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{Attachment, Graph};
use crate::value::{Branch, Text};

/// Pairs of attachments that are compared for one pool.
const MOST_PAIRS: usize = 10_000;

/// Finds pools to which two attachments of one deployment belong.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let mut at: HashMap<&Text, usize> = HashMap::new();
    let mut pools: Vec<Vec<&Attachment>> = Vec::new();
    for attachment in &cx.graph.attachments {
        let pool = &attachment.pool.text;
        if matches!(pool, Text::Any(_)) {
            continue;
        }
        let index = *at.entry(pool).or_insert_with(|| {
            pools.push(Vec::new());
            pools.len() - 1
        });
        pools[index].push(attachment);
    }
    findings.extend(pools.iter().filter_map(|attachments| finding(cx.graph, attachments)));
}

fn is_other(a: &Attachment, b: &Attachment) -> bool {
    a.entity.stack != b.entity.stack || a.entity.name() != b.entity.name()
}

/// The first two that one deployment can have, and the others that it has then too.
fn finding(graph: &Graph, attachments: &[&Attachment]) -> Option<Finding> {
    let (a, b, when) = pair(graph, attachments)?;
    let mut others: Vec<&Attachment> = vec![a];
    for other in attachments.iter().filter(|other| graph.together(&when, &other.when).is_some()) {
        if is_other(other, b) && others.iter().all(|known| is_other(other, known)) {
            others.push(other);
        }
    }
    let (pool, count) = (pool_name(graph, &b.pool.text), others.len() + 1);
    let message = format!("{pool} has {count} role attachments, and each replaces what another one set");
    let label = Label::new(b.pool.place, format!("the same pool as in {}", a.entity.name()));
    let mut finding = Finding::new("MAP018", Severity::Error, message, label, b.entity.property("IdentityPoolId"));
    let known = graph.pool(&b.pool.text).map(|(_, pool)| Label::new(pool.entity.place, "the pool"));
    finding.related = others.iter().map(|other| Label::new(other.pool.place, "attaches roles to it too")).collect();
    finding.related.extend(known);
    finding.help = "make one attachment of them, with all their Roles and RoleMappings".to_owned();
    finding.mistake = mistake(b.pool.place, "IdentityPoolId");
    finding.branch = when;
    Some(finding)
}

fn pair<'a>(graph: &Graph, attachments: &[&'a Attachment]) -> Option<(&'a Attachment, &'a Attachment, Branch)> {
    let pairs = attachments.iter().enumerate().flat_map(|(at, b)| attachments[..at].iter().map(move |a| (*a, *b)));
    let mut pairs = pairs.take(MOST_PAIRS).filter(|(a, b)| is_other(a, b));
    pairs.find_map(|(a, b)| Some((a, b, graph.together(&a.when, &b.when)?)))
}
