//! Properties as the transform sees them: those of a resource merged with the section `Globals` (AWS SAM
//! Developer Guide, Globals section: single values are replaced, lists joined, mappings merged).

use std::collections::HashMap;

use super::{Call, Resource, Sam, is_nothing, plain_text};
use crate::syntax::{Document, Kind, Node, NodeId};

/// Mappings inside of one another that are merged.
const MOST_DEPTH: usize = 64;

/// Sections of `Globals` that are read: there are nine types.
const MOST_SECTIONS: usize = 32;

/// A property.
#[derive(Clone, Copy, Debug)]
pub(super) enum Given<'d> {
    /// Written in one place.
    One(Node<'d>),
    /// Written in both, each time a list or each time a mapping.
    Both { global: Node<'d>, own: Node<'d> },
}

impl<'d> Given<'d> {
    fn of(global: Option<Node<'d>>, own: Option<Node<'d>>) -> Option<Self> {
        let (Some(global), Some(own)) = (global, own) else { return own.or(global).map(Self::One) };
        let merges = matches!(own.kind(), Kind::Mapping | Kind::Sequence) && own.kind() == global.kind();
        let calls = Call::of(own).is_some() || Call::of(global).is_some();
        Some(if merges && !calls { Self::Both { global, own } } else { Self::One(own) })
    }

    /// The node, where it is written in one place.
    pub(super) fn node(self) -> Option<Node<'d>> {
        match self {
            Self::One(node) => Some(node),
            Self::Both { .. } => None,
        }
    }

    /// An entry of a mapping.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        match self {
            Self::One(node) if Call::of(node).is_some() => None,
            Self::One(node) => node.get(key).map(Self::One),
            Self::Both { global, own } => Self::of(global.get(key), own.get(key)),
        }
    }

    /// A text that is no function.
    pub(super) fn text(self) -> Option<&'d str> {
        plain_text(self.node()?)
    }

    /// Whether the transform takes it for nothing.
    pub(super) fn is_nothing(self) -> bool {
        match self {
            Self::One(node) => is_nothing(node),
            Self::Both { global, own } => is_nothing(global) && is_nothing(own),
        }
    }

    /// Keys and values of a mapping, those of `Globals` first.
    pub(super) fn entries(self) -> Vec<(&'d str, Self)> {
        let named = |node: Node<'d>| {
            let entries = node.entries().into_iter();
            entries.filter_map(|(key, value)| Some((key.text()?, Self::One(value))))
        };
        match self {
            Self::One(node) if Call::of(node).is_some() => Vec::new(),
            Self::One(node) => named(node).collect(),
            Self::Both { global, own } => {
                let mut entries: Vec<_> = named(global).collect();
                let index: HashMap<&str, usize> = entries.iter().enumerate().map(|(at, (key, _))| (*key, at)).collect();
                for (key, value) in named(own) {
                    match index.get(key) {
                        Some(at) => entries[*at].1 = Self::of(entries[*at].1.node(), value.node()).unwrap_or(value),
                        None => entries.push((key, value)),
                    }
                }
                entries
            }
        }
    }
}

/// The section `Globals` of a template.
pub(super) fn globals(doc: &Document) -> HashMap<(&str, &str), Node<'_>> {
    let sections = doc.root().and_then(|root| root.get("Globals")).map(Node::entries).unwrap_or_default();
    let mut globals = HashMap::new();
    for (section, properties) in sections.into_iter().take(MOST_SECTIONS) {
        for (name, value) in properties.entries() {
            globals.extend(section.text().zip(name.text()).map(|named| (named, value)));
        }
    }
    globals
}

impl<'d> Sam<'_, 'd> {
    /// A property that `Globals` may have too; nothing where it is null.
    pub(super) fn given(&self, resource: &Resource<'d>, name: &str) -> Option<Given<'d>> {
        let ignored = resource.body.get("IgnoreGlobals");
        let ignores = ignored.is_some_and(|ignored| {
            ignored.text() == Some("*") || ignored.items().any(|item| item.text() == Some(name))
        });
        let section = resource.kind.strip_prefix("AWS::Serverless::").filter(|_| !ignores);
        let global = section.and_then(|section| self.globals.get(&(section, name)).copied());
        Given::of(global, resource.property(name)).filter(|given| !given.node().is_some_and(Node::is_null))
    }

    /// A property that the transform does not take for nothing.
    pub(super) fn holds(&self, resource: &Resource<'d>, name: &str) -> Option<Given<'d>> {
        self.given(resource, name).filter(|given| !given.is_nothing())
    }

    /// The node of a property, merged where it is written in two places.
    pub(super) fn merged(&mut self, given: Given<'d>) -> NodeId {
        self.merged_at(given, 0)
    }

    fn merged_at(&mut self, given: Given<'d>, depth: usize) -> NodeId {
        let (global, own) = match given {
            Given::One(node) => return node.id(),
            // Aliases can nest deeper than any text.
            Given::Both { .. } if depth >= MOST_DEPTH => return self.pen.opaque(),
            Given::Both { global, own } => (global, own),
        };
        let before = self.pen.stand_at(own.id());
        let merged = if own.kind() == Kind::Sequence {
            let mut items = Vec::new();
            for item in global.items().chain(own.items()) {
                if !self.step() {
                    break;
                }
                items.push(item.id());
            }
            self.pen.list(items)
        } else {
            let mut entries = Vec::new();
            for (key, value) in given.entries() {
                if !self.step() {
                    break;
                }
                entries.push((key, self.merged_at(value, depth + 1)));
            }
            self.pen.map(&entries)
        };
        self.pen.stand_at(before);
        merged
    }
}
