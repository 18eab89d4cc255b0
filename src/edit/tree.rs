//! A document as something that can be changed: who is whose parent, and what is shared.

use std::collections::HashSet;

use super::write::Context;
use crate::finding::TextEdit;
use crate::source::{Place, Span};
use crate::syntax::{Document, Kind, Node, NodeId};
use crate::value::At;

/// A document with what an edit has to know of it.
#[derive(Debug)]
pub(super) struct Tree<'d> {
    pub(super) document: &'d Document,
    /// For each node that has one, its parent.
    parents: Vec<Option<NodeId>>,
    /// What aliases name.
    shared: HashSet<NodeId>,
    pub(super) context: Context,
}

impl<'d> Tree<'d> {
    /// None for a text inside a file: its bytes are not those of the file.
    pub(super) fn of(document: &'d Document) -> Option<Self> {
        if document.is_within() || !document.errors().is_empty() {
            return None;
        }
        let nodes: Vec<Node<'d>> = document.nodes().collect();
        let mut parents = vec![None; nodes.len()];
        let mut shared = HashSet::new();
        for node in nodes {
            if node.target().id() != node.id() {
                shared.insert(node.target().id());
                continue;
            }
            let pairs = node.own_entries().flat_map(|(key, value)| [key, value]);
            for child in node.items().chain(pairs) {
                if let Some(parent) = parents.get_mut(child.id().index()) {
                    *parent = Some(node.id());
                }
            }
        }
        Some(Self { document, parents, shared, context: Context::of_document(document) })
    }

    /// The node at a place, if it is the document's own and nothing else shares it.
    pub(super) fn node(&self, at: At) -> Option<Node<'d>> {
        let node = self.document.find(at.node?)?;
        let is_here = node.tagged_place() == at.place && !node.is_fresh() && node.file() == self.document.file();
        let is_own = node.target().id() == node.id() && !self.is_shared(node);
        (is_here && is_own).then_some(node)
    }

    fn is_shared(&self, node: Node<'d>) -> bool {
        let mut around = std::iter::successors(Some(node), |node| self.parent(*node));
        around.any(|node| self.shared.contains(&node.id()))
    }

    pub(super) fn parent(&self, node: Node<'d>) -> Option<Node<'d>> {
        let id = (*self.parents.get(node.id().index())?)?;
        self.document.find(id)
    }

    pub(super) fn text(&self) -> &'d str {
        self.document.text()
    }

    pub(super) fn edit(&self, span: Span, text: String) -> TextEdit {
        TextEdit { place: Place { file: self.document.file(), span }, text }
    }

    /// Whether a collection is written in brackets.
    pub(super) fn is_flow(&self, node: Node<'d>) -> bool {
        node.span().of(self.text()).starts_with(['{', '['])
    }

    /// Whether a node stands within brackets.
    pub(super) fn is_in_flow(&self, node: Node<'d>) -> bool {
        let mut around = std::iter::successors(self.parent(node), |node| self.parent(*node));
        around.any(|node| self.is_flow(node))
    }

    /// Where the line begins that a byte is of.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text()[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line ends that a byte is of, its line end not included.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let end = self.text()[at..].find('\n').map_or(self.text().len(), |newline| at + newline);
        if self.text()[..end].ends_with('\r') && end > at { end - 1 } else { end }
    }

    /// What separates lines in this file.
    pub(super) fn newline(&self) -> &'static str {
        match self.text().find('\n') {
            Some(at) if self.text()[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// The blanks before the first thing on the line of a byte.
    pub(super) fn indent(&self, at: usize) -> &'d str {
        let line = &self.text()[self.line_start(at)..at];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// The column of a byte, in bytes.
    pub(super) fn column(&self, at: usize) -> usize {
        at - self.line_start(at)
    }

    /// How many blanks one level has more than the one around it.
    pub(super) fn step(&self) -> usize {
        let Some(root) = self.document.root() else { return 2 };
        let nested = root.own_entries().find_map(|(_, value)| {
            let (first, _) = value.own_entries().next().filter(|_| value.target().id() == value.id())?;
            let line = &self.text()[self.line_start(first.span().start())..first.span().start()];
            let (outer, _) = root.own_entries().next()?;
            let step = line.len().checked_sub(self.column(outer.span().start()))?;
            (line.trim().is_empty() && step > 0).then_some(step)
        });
        nested.unwrap_or(2)
    }

    /// One past the last byte that says a node: what stands behind it is a comment or the next one.
    pub(super) fn end(&self, node: Node<'d>) -> usize {
        let last = match node.kind() {
            _ if node.target().id() != node.id() || self.is_flow(node) => None,
            Kind::Mapping => node.own_entries().last().map(|(key, value)| (Some(key), value)),
            Kind::Sequence => node.items().last().map(|item| (None, item)),
            Kind::Scalar | Kind::Missing => None,
        };
        match last {
            Some((Some(key), value)) if value.kind() == Kind::Missing && value.tag().is_none() => {
                self.behind_colon(key)
            }
            Some((_, value)) => self.end(value),
            None => {
                let span = node.tagged_place().span;
                span.start() + span.of(self.text()).trim_end().len()
            }
        }
    }

    fn behind_colon(&self, key: Node<'d>) -> usize {
        let end = key.span().end();
        self.text()[end..].find(':').map_or(end, |colon| end + colon + 1)
    }
}
