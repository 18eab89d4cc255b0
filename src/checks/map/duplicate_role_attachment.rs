//! MAP018: two role attachments for one identity pool.

use std::collections::HashMap;

use crate::checks::Cx;
use crate::checks::mappings::{mistake, pool_name};
use crate::finding::{Change, Finding, Fix, Label, Severity};
use crate::identity::{Attachment, Graph, Mapping};
use crate::value::{At, Branch, Text, compare};

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
    finding.fix = (count == 2).then(|| merge(graph, a, b)).flatten().map(Box::new);
    finding.mistake = mistake(b.pool.place, "IdentityPoolId");
    finding.branch = when;
    Some(finding)
}

/// The second one's roles and mappings in the first, where none is said twice.
fn merge(graph: &Graph, a: &Attachment, b: &Attachment) -> Option<Fix> {
    let is_read = |own: &Attachment| own.roles_complete && own.mappings_complete;
    let near = a.entity.stack == b.entity.stack && a.when == b.when && is_read(a) && is_read(b);
    let roles_apart = a.roles.iter().all(|own| b.roles.iter().all(|other| own.key.text != other.key.text));
    if !near || !roles_apart || !mappings_apart(graph, a, b) {
        return None;
    }
    let mut changes = Vec::new();
    let into = a.parts.properties?;
    let of_b: Vec<&Mapping> = mappings(graph, b).collect();
    take(&mut changes, into, [a.parts.roles, b.parts.roles], b.roles.iter().map(|role| role.key.at()));
    take(&mut changes, into, [a.parts.mappings, b.parts.mappings], of_b.iter().map(|mapping| mapping.key_at));
    if changes.is_empty() {
        return None;
    }
    changes.push(Change::Remove { key: b.parts.resource? });
    Some(Fix::offered(format!("make one attachment of both, and remove {}", b.entity.name()), changes))
}

fn mappings<'g>(graph: &'g Graph, of: &'g Attachment) -> impl Iterator<Item = &'g Mapping> {
    graph.mappings.iter().filter(|mapping| mapping.entity.place == of.entity.place)
}

/// Whether no provider is certainly, or may be, mapped by both.
fn mappings_apart(graph: &Graph, a: &Attachment, b: &Attachment) -> bool {
    let apart = |own: &Mapping, other: &Mapping| {
        let differ = compare(&own.named.text, &other.named.text, &graph.symbols).is_false();
        differ && own.path != other.path
    };
    mappings(graph, a).all(|own| mappings(graph, b).all(|other| apart(own, other)))
}

/// A property of the second attachment in the first: whole, or entry by entry where the first has it too.
fn take(changes: &mut Vec<Change>, into: At, [own, other]: [Option<[At; 2]>; 2], entries: impl Iterator<Item = At>) {
    match (own, other) {
        (_, None) => {}
        (None, Some([entry, _])) => changes.push(Change::Take { into, entry }),
        (Some([_, into]), Some(_)) => changes.extend(entries.map(|entry| Change::Take { into, entry })),
    }
}

fn pair<'a>(graph: &Graph, attachments: &[&'a Attachment]) -> Option<(&'a Attachment, &'a Attachment, Branch)> {
    let pairs = attachments.iter().enumerate().flat_map(|(at, b)| attachments[..at].iter().map(move |a| (*a, *b)));
    let mut pairs = pairs.take(MOST_PAIRS).filter(|(a, b)| is_other(a, b));
    pairs.find_map(|(a, b)| Some((a, b, graph.together(&a.when, &b.when)?)))
}
