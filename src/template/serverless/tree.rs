//! Trees that the framework writes, planted where what caused them stands.

use crate::syntax::{Graft, NodeId};

/// A piece of a template that nobody wrote.
pub(super) enum Tree {
    /// A text.
    Text(String),
    /// What is there already.
    Node(NodeId),
    List(Vec<Tree>),
    Map(Vec<(&'static str, Tree)>),
}

impl Tree {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A function in its long form.
    pub(super) fn call(name: &'static str, argument: Self) -> Self {
        Self::Map(vec![(name, argument)])
    }

    pub(super) fn plant(self, graft: &mut Graft, origin: NodeId) -> NodeId {
        match self {
            Self::Text(text) => graft.text(&text, origin),
            Self::Node(id) => id,
            Self::List(items) => {
                let items: Vec<NodeId> = items.into_iter().map(|item| item.plant(graft, origin)).collect();
                graft.list(items, origin)
            }
            Self::Map(entries) => {
                let plant = |(key, value): (&'static str, Self)| {
                    let key = graft.text(key, origin);
                    (key, value.plant(graft, origin))
                };
                let entries: Vec<(NodeId, NodeId)> = entries.into_iter().map(plant).collect();
                graft.map(entries, origin)
            }
        }
    }
}
