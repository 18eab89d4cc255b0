//! Trees that say more than their text: what a macro makes of a template, grown onto the tree that the
//! user wrote.
//!
//! Invariant: what was written keeps its node ids, so an edit still finds it. What is fresh stands at the
//! place of what caused it, has ids behind the written ones, and is never edited. Nodes that are taken from
//! another file keep their file and places there, and get ids of this tree.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Data, Document, Node, NodeData, NodeId, RAW, Run, Slice, Style};
use crate::source::{FileId, Span};

/// A copy of a document with room for more. Nodes of the document name the same nodes in the copy.
#[derive(Debug)]
pub struct Graft {
    doc: Document,
    /// Nodes that it began with.
    from: usize,
}

impl Graft {
    /// Most fresh nodes of one document.
    pub const MOST: usize = 2_000_000;

    /// Starts from a document, which stays as it is.
    pub fn onto(doc: &Document) -> Self {
        let copy = Document {
            file: doc.file,
            text: doc.text.clone(),
            nodes: doc.nodes.clone(),
            children: doc.children.clone(),
            cooked: doc.cooked.clone(),
            comments: doc.comments.clone(),
            errors: doc.errors.clone(),
            root: doc.root,
            written: doc.written.min(doc.nodes.len() as u32),
            places: doc.places.clone(),
            runs: doc.runs.clone(),
        };
        Self { from: doc.nodes.len(), doc: copy }
    }

    /// Whether there are as many fresh nodes as may be: from then on every node is missing.
    pub fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// How many more nodes there may be.
    pub fn room(&self) -> usize {
        Self::MOST.saturating_sub(self.doc.nodes.len() - self.from)
    }

    /// A node of the copy, fresh ones too.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        self.doc.node(id)
    }

    /// A fresh node that stands in the file of `origin`.
    fn add(&mut self, origin: NodeId, span: Span, tag: Span, data: Data) -> NodeId {
        if !self.doc.runs.is_empty() {
            let (file, text) = (self.node(origin).file(), self.doc.text_of(origin).clone());
            self.turn_to(file, &text, true);
        }
        self.push(span, tag, data)
    }

    /// What is pushed from now on is of this file.
    fn turn_to(&mut self, file: FileId, text: &Arc<str>, is_fresh: bool) {
        if self.doc.runs.last().is_none_or(|run| (run.file, run.is_fresh) != (file, is_fresh)) {
            let from = self.doc.nodes.len() as u32;
            self.doc.runs.push(Run { from, file, text: text.clone(), is_fresh });
        }
    }

    fn push(&mut self, span: Span, tag: Span, data: Data) -> NodeId {
        let data = if self.is_full() { Data::Missing } else { data };
        self.doc.nodes.push(NodeData { span, tag, data });
        NodeId(self.doc.nodes.len() as u32 - 1)
    }

    /// The id that the next fresh node gets.
    pub fn end(&self) -> NodeId {
        NodeId(self.doc.nodes.len() as u32)
    }

    fn cooked(&mut self, text: &str) -> u32 {
        self.doc.cooked.push(text.into());
        self.doc.cooked.len() as u32 - 1
    }

    fn slice(&mut self, children: impl IntoIterator<Item = NodeId>) -> Slice {
        let start = self.doc.children.len() as u32;
        self.doc.children.extend(children);
        Slice { start, len: self.doc.children.len() as u32 - start }
    }

    /// A text that stands where `origin` stands.
    pub fn text(&mut self, text: &str, origin: NodeId) -> NodeId {
        self.scalar(text, origin, false)
    }

    /// `true`, `false`, `null` or a number that stands where `origin` stands.
    pub fn word(&mut self, word: &str, origin: NodeId) -> NodeId {
        self.scalar(word, origin, true)
    }

    fn scalar(&mut self, text: &str, origin: NodeId, is_word: bool) -> NodeId {
        let span = self.doc.nodes[origin.0 as usize].span;
        // Which grammar it is in can be seen of the text around it.
        let is_json =
            self.doc.text_of(origin).trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with(['{', '[']);
        let style = match (is_word, is_json) {
            (true, _) => Style::JsonWord,
            (false, true) => Style::JsonString,
            (false, false) => Style::Double,
        };
        let cooked = self.cooked(text);
        self.add(origin, span, Span::default(), Data::Scalar { style, cooked })
    }

    /// A list that stands where `origin` stands.
    pub fn list(&mut self, items: impl IntoIterator<Item = NodeId>, origin: NodeId) -> NodeId {
        let span = self.doc.nodes[origin.0 as usize].span;
        let slice = self.slice(items);
        self.add(origin, span, Span::default(), Data::Sequence(slice))
    }

    /// A mapping that stands where `origin` stands; keys are nodes too.
    pub fn map(&mut self, entries: impl IntoIterator<Item = (NodeId, NodeId)>, origin: NodeId) -> NodeId {
        let span = self.doc.nodes[origin.0 as usize].span;
        let slice = self.slice(entries.into_iter().flat_map(|(key, value)| [key, value]));
        self.add(origin, span, Span::default(), Data::Mapping(slice))
    }

    /// A mapping of one key, as functions are written: `{"Ref": …}`.
    pub fn call(&mut self, name: &str, argument: NodeId, origin: NodeId) -> NodeId {
        let key = self.text(name, origin);
        self.map([(key, argument)], origin)
    }

    /// A scalar with its tag and place and another text.
    pub fn with_text(&mut self, node: NodeId, text: &str) -> NodeId {
        let NodeData { span, tag, data } = self.doc.nodes[node.0 as usize];
        let Data::Scalar { style, .. } = data else { return node };
        let cooked = self.cooked(text);
        self.add(node, span, tag, Data::Scalar { style, cooked })
    }

    /// A value with its place and without its tag.
    pub fn without_tag(&mut self, node: NodeId) -> NodeId {
        let NodeData { span, data, .. } = *self.node(node).target().raw();
        self.add(node, span, Span::default(), data)
    }

    /// A list or mapping with its tag and place and other children; keys and values of a mapping in turn.
    pub fn with_children(&mut self, node: NodeId, children: Vec<NodeId>) -> NodeId {
        let NodeData { span, tag, data } = self.doc.nodes[node.0 as usize];
        let slice = self.slice(children);
        let data = match data {
            Data::Sequence(_) => Data::Sequence(slice),
            Data::Mapping(_) => Data::Mapping(Slice { len: slice.len / 2 * 2, ..slice }),
            other => other,
        };
        self.add(node, span, tag, data)
    }

    /// A mapping with some of its entries replaced and others added behind them. Entries are found by
    /// their key as it counts, so a merged key is replaced too.
    pub fn with_entries(&mut self, node: NodeId, changed: Vec<(NodeId, NodeId)>) -> NodeId {
        let kept = self.node(node).entries().into_iter().map(|(key, value)| (key.id(), value.id()));
        let mut entries: Vec<(NodeId, NodeId)> = kept.collect();
        for (key, value) in changed {
            let name = self.node(key).text().map(str::to_owned);
            match entries.iter_mut().find(|(known, _)| self.doc.node(*known).text() == name.as_deref()) {
                Some(entry) => *entry = (key, value),
                None => entries.push((key, value)),
            }
        }
        let children = entries.into_iter().flat_map(|(key, value)| [key, value]).collect();
        let target = self.node(node).target().id();
        self.with_children(target, children)
    }

    /// A copy of a value of another document. Its nodes keep their file and places, and count as written.
    pub fn adopt(&mut self, node: Node<'_>) -> NodeId {
        self.copied(node.target(), &mut HashMap::new())
    }

    /// `copies` has what was met already: a node that aliases stand for is copied once.
    fn copied(&mut self, node: Node<'_>, copies: &mut HashMap<NodeId, NodeId>) -> NodeId {
        if let Some(copy) = copies.get(&node.id()) {
            return *copy;
        }
        let NodeData { span, tag, data } = *node.raw();
        self.turn_to(node.file(), node.source(), node.is_fresh());
        let copy = self.push(span, tag, Data::Missing);
        copies.insert(node.id(), copy);
        if self.is_full() {
            return copy;
        }
        let data = match data {
            Data::Scalar { style, cooked } if cooked != RAW => {
                let cooked = self.cooked(node.text().unwrap_or_default());
                Data::Scalar { style, cooked }
            }
            Data::Scalar { .. } | Data::Missing => data,
            Data::Sequence(slice) => Data::Sequence(self.copied_children(node, slice, copies)),
            Data::Mapping(slice) => Data::Mapping(self.copied_children(node, slice, copies)),
            Data::Alias(id) => Data::Alias(self.copied(node.document().node(id), copies)),
        };
        self.doc.nodes[copy.0 as usize].data = data;
        copy
    }

    fn copied_children(&mut self, node: Node<'_>, slice: Slice, copies: &mut HashMap<NodeId, NodeId>) -> Slice {
        let children: Vec<NodeId> = node.children(slice).map(|child| self.copied(child, copies)).collect();
        self.slice(children)
    }

    /// The document, with another root.
    pub fn finish(mut self, root: NodeId) -> Document {
        self.doc.root = Some(root);
        self.doc
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::{parse_json, parse_yaml};

    #[test]
    fn what_was_written_keeps_its_ids_and_places() {
        let text = "a: !Sub x-${N}\nb: [1, 2]\n";
        let doc = parse_yaml(FileId(3), &text.into());
        let root = doc.root().unwrap();
        let (a, b) = (root.get("a").unwrap(), root.get("b").unwrap());
        let mut graft = Graft::onto(&doc);
        let changed = graft.with_text(a.id(), "x-1");
        let (key, value) = (graft.text("c", b.id()), graft.word("7", b.id()));
        let a_key = root.entry("a").unwrap().0.id();
        let grown_root = graft.with_entries(root.id(), vec![(a_key, changed), (key, value)]);
        let grown = graft.finish(grown_root);
        let root = grown.root().unwrap();
        let texts: Vec<_> = root.entries().into_iter().filter_map(|(key, _)| key.text()).collect();
        assert_eq!(texts, ["a", "b", "c"]);
        let changed = root.get("a").unwrap();
        assert_eq!((changed.text(), changed.tag(), changed.is_fresh()), (Some("x-1"), Some("!Sub"), true));
        assert_eq!(changed.span(), a.span());
        assert_eq!((root.get("b").unwrap().id(), root.get("b").unwrap().is_fresh()), (b.id(), false));
        assert_eq!((root.get("c").unwrap().text(), root.get("c").unwrap().place()), (Some("7"), b.place()));
        assert_eq!(doc.root().unwrap().entries().len(), 2, "the document itself stays");
    }

    #[test]
    fn what_is_taken_from_another_file_stays_there() {
        let other = parse_yaml(FileId(7), &"x: &x [\"\\u0041\", !Ref B]\ny: *x\nz: &z {me: *z}\n".into());
        let doc = parse_yaml(FileId(3), &"long text: that is longer\n".into());
        let root = doc.root().unwrap();
        let mut graft = Graft::onto(&doc);
        let before = graft.text("before", root.id());
        let adopted = graft.adopt(other.root().unwrap());
        let x = graft.node(adopted).get("x").unwrap().id();
        let beside = graft.text("beside", x);
        let behind = graft.text("behind", root.id());
        let all = graft.list([before, adopted, beside, behind], root.id());
        let grown = Graft::onto(&graft.finish(all)).finish(all);
        let items: Vec<Node<'_>> = grown.root().unwrap().items().collect();
        let seen: Vec<_> = items.iter().map(|node| (node.file().0, node.is_fresh())).collect();
        assert_eq!(seen, [(3, true), (7, false), (7, true), (3, true)]);
        let (copy, root) = (items[1], other.root().unwrap());
        for name in ["x", "y"] {
            let (copied, written) = (copy.get(name).unwrap(), root.get(name).unwrap());
            assert_eq!(copied.place(), written.place());
            let told =
                |node: Node<'_>| node.items().map(|item| format!("{:?} {:?}", item.tag(), item.text())).collect();
            let (copied, written): (Vec<String>, Vec<String>) = (told(copied), told(written));
            assert_eq!(copied, written);
        }
        assert_eq!(
            copy.get("x").unwrap().items().next().unwrap().text_spans(),
            root.get("x").unwrap().items().next().unwrap().text_spans()
        );
        assert_eq!(items[2].place(), root.get("x").unwrap().place());
        assert_eq!(grown.node(doc.root().unwrap().id()).place(), doc.root().unwrap().place());
    }

    #[test]
    fn fresh_texts_are_of_the_grammar_around_them() {
        let style = |doc: Document| {
            let origin = doc.root().unwrap().id();
            let mut graft = Graft::onto(&doc);
            let id = graft.text("true", origin);
            let text = graft.finish(id);
            assert_eq!(text.root().unwrap().scalar(), Some(crate::syntax::Scalar::Text("true")));
            text.root().unwrap().style()
        };
        assert_eq!(style(parse_json(FileId(0), &"{}".into())), Some(Style::JsonString));
        assert_eq!(style(parse_yaml(FileId(0), &"a: b".into())), Some(Style::Double));
    }
}
