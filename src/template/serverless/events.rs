//! What the events of functions add to the resources of a service: triggers of user pools.
//!
//! Source: Serverless Framework documentation for AWS, Cognito User Pool.

use std::collections::BTreeMap;

use super::iam::{functions, normalized};
use super::merge::Entries;
use super::tree::Tree;
use crate::syntax::{Graft, Kind, Node, NodeId};

/// Triggers of one pool that are followed; Cognito has some fifteen.
const MOST: usize = 100;

/// Gives the user pools among the resources the triggers that functions of the service are for.
pub(super) fn with_triggers(graft: &mut Graft, root: Node<'_>, resources: &mut Entries) {
    let mut triggers: BTreeMap<String, Vec<(NodeId, NodeId)>> = BTreeMap::new();
    for (key, function) in functions(root) {
        let Some(name) = key.text() else { continue };
        let events = function.get("events").into_iter().flat_map(Node::items);
        for event in events.filter_map(|event| event.get("cognitoUserPool")) {
            let texts = ["pool", "trigger"].map(|name| event.get(name).and_then(Node::text));
            let [Some(pool), Some(trigger)] = texts else { continue };
            let of_pool = triggers.entry(user_pool(pool)).or_default();
            if of_pool.len() < MOST {
                let arn = function_arn(name).plant(graft, event.id());
                of_pool.push((graft.text(trigger, event.id()), arn));
            }
        }
    }
    for (pool, entries) in triggers {
        let at = resources.position(&pool);
        if let Some((_, body)) = at.and_then(|at| resources.list.get_mut(at)) {
            *body = with_config(graft, *body, entries);
        }
    }
}

/// `CognitoUserPool{normalizedPoolId}` (Resources, AWS CloudFormation Resource Reference).
fn user_pool(name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("CognitoUserPool{}", normalized(&plain))
}

fn function_arn(function: &str) -> Tree {
    let function = Tree::text(format!("{}LambdaFunction", normalized(function)));
    Tree::call("Fn::GetAtt", Tree::List(vec![function, Tree::text("Arn")]))
}

/// A user pool with these entries in its `LambdaConfig`.
fn with_config(graft: &mut Graft, body: NodeId, entries: Vec<(NodeId, NodeId)>) -> NodeId {
    let properties = child(graft, body, "Properties");
    let old = properties.and_then(|properties| child(graft, properties, "LambdaConfig"));
    let config = with(graft, old, entries, body);
    let config = vec![(graft.text("LambdaConfig", body), config)];
    let properties = match properties {
        Some(properties) => graft.with_entries(properties, config),
        None => graft.map(config, body),
    };
    let key = graft.text("Properties", body);
    graft.with_entries(body, vec![(key, properties)])
}

/// A mapping with these entries, or one of these alone. What the user wrote is merged onto what the framework
/// makes, so it counts more.
fn with(graft: &mut Graft, old: Option<NodeId>, mut entries: Vec<(NodeId, NodeId)>, origin: NodeId) -> NodeId {
    match old {
        Some(old) => {
            let written = graft.node(old);
            entries.retain(|(key, _)| graft.node(*key).text().is_none_or(|key| written.get(key).is_none()));
            graft.with_entries(old, entries)
        }
        None => graft.map(entries, origin),
    }
}

/// A mapping below a node.
fn child(graft: &Graft, node: NodeId, name: &str) -> Option<NodeId> {
    graft.node(node).get(name).filter(|node| node.kind() == Kind::Mapping).map(Node::id)
}
