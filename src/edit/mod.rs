//! A change of a tree as bytes of its file: comments, quotes, indentation and line ends stay as they are.
//!
//! Invariant: what cannot be changed without changing something else is not changed at all; then there are no
//! edits.

mod insert;
mod model;
mod remove;
mod tree;
mod write;

use crate::finding::{Change, TextEdit, Written};
use crate::syntax::{Document, Kind, Node};
use tree::Tree;
use write::Context;

/// A document that can be changed.
#[derive(Debug)]
pub struct Editor<'d>(Tree<'d>);

impl<'d> Editor<'d> {
    /// None for what has no bytes of its own, or does not parse. Cost: linear in the document.
    pub fn of(document: &'d Document) -> Option<Self> {
        Tree::of(document).map(Self)
    }

    /// The bytes that make these changes, sorted and apart. None where one of them is not possible: the place is
    /// none of the document's own, another part of the file shares it by an alias, or a function computes it.
    pub fn edits(&self, changes: &[Change]) -> Option<Vec<TextEdit>> {
        let edits: Option<Vec<TextEdit>> = changes.iter().map(|change| edit(&self.0, change)).collect();
        let mut edits = edits?;
        edits.sort_by_key(|edit| (edit.place.span.start(), edit.place.span.end()));
        let apart = edits.windows(2).all(|pair| pair[0].place.span.end() <= pair[1].place.span.start());
        (apart && !edits.is_empty()).then_some(edits)
    }

    /// What a change takes away: the value in whose place another one comes, the member that goes, or the value of an entry
    /// that does.
    pub fn taken(&self, change: &Change) -> Option<Node<'d>> {
        let node = self.0.node(change.at())?;
        match change {
            Change::Set { .. } | Change::Copy { .. } | Change::Drop { .. } => Some(node),
            Change::Remove { .. } => {
                let mut entries = self.0.parent(node)?.own_entries();
                entries.find(|(key, _)| key.id() == node.id()).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Whether another document says what this one says, but for these changes. Cost: linear in both.
    pub fn differ_by(&self, after: &Document, changes: &[Change]) -> bool {
        Tree::of(after).is_some_and(|after| model::differ_by(&self.0, &after, changes))
    }
}

/// A text with edits made, which must be sorted and apart.
pub fn applied(text: &str, edits: &[TextEdit]) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len() + 256), 0);
    for edit in edits {
        let span = edit.place.span.snapped(text);
        out.push_str(text.get(from..span.start()).unwrap_or_default());
        out.push_str(&edit.text);
        from = span.end();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

fn edit<'d>(tree: &Tree<'d>, change: &Change) -> Option<TextEdit> {
    let node = tree.node(change.at())?;
    match change {
        Change::Set { value, .. } => set(tree, node, value),
        Change::Put { path, value, .. } => insert::put(tree, node, path, value),
        Change::Append { value, .. } => insert::append(tree, node, value),
        Change::Rename { name, .. } => rename(tree, node, name),
        Change::Take { entry, .. } => insert::take(tree, node, tree.node(*entry)?),
        Change::Copy { from, .. } => insert::copy(tree, node, tree.node(*from)?),
        Change::Remove { .. } => remove::entry(tree, node),
        Change::Drop { .. } => remove::member(tree, node),
    }
}

fn set<'d>(tree: &Tree<'d>, node: Node<'d>, value: &Written) -> Option<TextEdit> {
    let context = Context::of(tree, node);
    let text = match (value, node.style()) {
        (Written::Text(text), Some(style)) => context.like(text, style),
        _ => context.inline(value),
    };
    Some(tree.edit(node.tagged_place().span, text))
}

fn rename<'d>(tree: &Tree<'d>, key: Node<'d>, name: &str) -> Option<TextEdit> {
    let mapping = tree.parent(key)?;
    let is_key = mapping.own_entries().any(|(own, _)| own.id() == key.id());
    let is_free = mapping.get(name).is_none();
    let style = key.style()?;
    (is_key && is_free).then(|| tree.edit(key.span(), Context::of(tree, key).like(name, style)))
}

/// Whether a function stands there in place of a plain mapping: what is put into it would be its argument.
fn is_call(node: Node<'_>) -> bool {
    let is_function = |key: Node<'_>| key.text().is_some_and(|text| text.starts_with("Fn::") || text == "Ref");
    node.tag().is_some() || node.own_entries().any(|(key, _)| is_function(key))
}

fn is_plain_mapping(node: Node<'_>) -> bool {
    node.kind() == Kind::Mapping && node.target().id() == node.id() && !is_call(node)
}

#[cfg(test)]
mod tests;
