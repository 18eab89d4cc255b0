//! Suppressions in `Metadata`: `rolecall: { ignore: [ { id: CGT003, reason: …, expires: 2027-01-01 } ] }`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{MOST, expiry, named};
use crate::finding::{By, Scope, Suppression};
use crate::source::{FileId, Place};
use crate::syntax::{Kind, Node};
use crate::template::Resource;

/// The key in `Metadata`, and the type of an entry in an assembly.
pub const KEY: &str = "rolecall";
/// Keys of an entry.
const KEYS: [&str; 4] = ["id", "reason", "owner", "expires"];

/// What the `Metadata` of a resource say.
pub fn of_resource(resource: &Resource<'_>, template: Place) -> Vec<Suppression> {
    let Some(value) = resource.body.get("Metadata").and_then(|metadata| metadata.get(KEY)) else { return Vec::new() };
    let (key, body) = (resource.key.place(), resource.body.place());
    let is_in_order = key.file == body.file && key.span.start() <= body.span.end();
    let body = if is_in_order { Place { span: key.span.to(body.span), ..key } } else { body };
    read(value, By::Metadata, &Scope::Resource { id: resource.id.to_owned(), body, template })
}

/// What the `Metadata` of a template say.
pub fn of_template(root: Node<'_>, template: Place) -> Vec<Suppression> {
    let value = root.get("Metadata").and_then(|metadata| metadata.get(KEY));
    value.map(|value| read(value, By::Metadata, &Scope::Template(template))).unwrap_or_default()
}

/// What an assembly says of a construct; its path has no slash in front.
pub fn of_construct(path: &str, data: Node<'_>, files: &Arc<BTreeSet<FileId>>) -> Vec<Suppression> {
    read(data, By::Construct, &Scope::Construct { path: path.to_owned(), files: files.clone() })
}

/// What stands at the key.
fn read(value: Node<'_>, by: By, scope: &Scope) -> Vec<Suppression> {
    let empty = |place: Place| Suppression {
        by,
        place,
        rules: Vec::new(),
        scope: scope.clone(),
        reason: None,
        owner: None,
        expires: None,
        faults: Vec::new(),
    };
    let refused = |node: Node<'_>, fault: &str| {
        vec![Suppression { faults: vec![(node.place(), fault.to_owned())], ..empty(node.place()) }]
    };
    if value.kind() != Kind::Mapping {
        return refused(value, "is no mapping with `ignore`");
    }
    let mut found = Vec::new();
    for (key, _) in value.own_entries().filter(|(key, _)| key.text() != Some("ignore")).take(MOST) {
        found.extend(refused(key, "is no key that is known here; `ignore` is"));
    }
    match value.get("ignore") {
        Some(list) if list.kind() == Kind::Sequence => {
            found.extend(list.items().take(MOST).map(|item| entry(item, empty(item.place()))));
        }
        Some(other) => found.extend(refused(other, "is no list")),
        None => {}
    }
    found
}

fn entry(item: Node<'_>, mut written: Suppression) -> Suppression {
    if let (Kind::Scalar, Some(word)) = (item.kind(), item.text()) {
        written.rules.push(named(word.trim(), item.place()));
        return written;
    }
    if item.kind() != Kind::Mapping {
        written.faults.push((item.place(), "is no mapping with `id`".to_owned()));
        return written;
    }
    for (key, _) in item.own_entries().filter(|(key, _)| !key.text().is_some_and(|text| KEYS.contains(&text))) {
        written.faults.push((key.place(), "is none of id, reason, owner, expires".to_owned()));
    }
    let text = |key: &str| item.get(key).and_then(Node::text).map(str::trim).filter(|text| !text.is_empty());
    match item.get("id").and_then(|id| Some((id, id.text()?))) {
        Some((id, word)) => written.rules.push(named(word.trim(), id.place())),
        None if written.faults.is_empty() => {
            written.faults.push((item.place(), "names no rule as `id`".to_owned()));
        }
        None => {}
    }
    written.reason = text("reason").map(str::to_owned);
    written.owner = text("owner").map(str::to_owned);
    written.expires = item.get("expires").map(|day| expiry(day.text().unwrap_or_default().trim(), day.place()));
    // One that is understood in part only hides nothing: what it leaves out may be the day.
    if !written.faults.is_empty() {
        written.rules.clear();
    }
    written
}
