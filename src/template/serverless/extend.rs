//! What `resources.extensions` changes of the resources of a service.
//!
//! Source: Serverless Framework documentation for AWS, Resources, Override AWS CloudFormation Resource. The
//! framework refuses extensions of any other attribute, and of resources that are not there.

use super::merge::{Entries, Merger};
use crate::syntax::{Graft, Kind, NodeId};

/// Attributes that are replaced as a whole.
const REPLACED: [&str; 5] = ["Condition", "CreationPolicy", "DeletionPolicy", "UpdatePolicy", "UpdateReplacePolicy"];

/// Attributes of which keys are replaced one by one.
const BY_KEY: [&str; 2] = ["Properties", "Metadata"];

/// Properties of one resource that extensions replace; no type has as many.
const MOST: usize = 500;

/// Changes the resources as the extensions say.
pub(super) fn with_extensions(
    graft: &mut Graft,
    merger: &Merger,
    resources: &mut Entries,
    extensions: &[(NodeId, NodeId)],
) {
    for (id, extension) in extensions {
        let at = graft.node(*id).text().and_then(|id| resources.position(id));
        let Some((_, body)) = at.and_then(|at| resources.list.get_mut(at)) else { continue };
        let extension = graft.node(merger.followed(graft, *extension));
        let attributes: Vec<(NodeId, NodeId)> = match extension.kind() {
            Kind::Mapping => extension.entries().iter().take(MOST).map(|(key, value)| (key.id(), value.id())).collect(),
            _ if extension.is_null() => continue,
            // It may change all properties, and never the type.
            _ => {
                let unknown = extension.id();
                vec![(graft.text("Properties", unknown), unknown)]
            }
        };
        let mut changed = Vec::new();
        for (key, value) in attributes {
            let name = graft.node(key).text().unwrap_or_default();
            if REPLACED.contains(&name) {
                changed.push((key, value));
            } else if BY_KEY.contains(&name) {
                let old = graft.node(*body).get(name).map(|old| old.target().id());
                changed.push((key, with_keys(graft, merger, old, value)));
            }
        }
        *body = graft.with_entries(*body, changed);
    }
}

/// A mapping with some of its keys replaced. What is unknown makes the whole unknown.
fn with_keys(graft: &mut Graft, merger: &Merger, old: Option<NodeId>, new: NodeId) -> NodeId {
    let new = merger.followed(graft, new);
    let old = old.filter(|old| !graft.node(*old).is_null());
    match old {
        Some(old) if graft.node(new).kind() == Kind::Mapping => {
            if graft.node(old).kind() != Kind::Mapping {
                return old;
            }
            let changed = graft.node(new).entries().into_iter().take(MOST);
            let changed = changed.map(|(key, value)| (key.id(), value.id())).collect();
            graft.with_entries(old, changed)
        }
        Some(old) if graft.node(new).is_null() => old,
        _ => new,
    }
}
