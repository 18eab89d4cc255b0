//! Making the arena: what both parsers share.

use std::sync::Arc;

use super::{Data, Document, NodeData, NodeId, RAW, Slice, Style, SyntaxError};
use crate::source::{FileId, Span};

/// A document under construction. Nodes come in the order in which they end, children before parents.
pub(super) struct Builder {
    doc: Document,
    /// Collections that are still open: what they are, where they began, their children so far.
    open: Vec<Open>,
    pending: Vec<NodeId>,
}

pub(super) struct Open {
    pub(super) shape: Shape,
    pub(super) start: usize,
    tag: Span,
    /// Reserved before the children, so that an alias inside can already name it.
    id: NodeId,
    first: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Sequence,
    Mapping,
}

impl Builder {
    pub(super) fn new(file: FileId, text: Arc<str>) -> Self {
        let doc = Document {
            file,
            text,
            nodes: Vec::new(),
            children: Vec::new(),
            cooked: Vec::new(),
            comments: Vec::new(),
            errors: Vec::new(),
            root: None,
            written: u32::MAX,
            places: None,
            runs: Vec::new(),
        };
        Self { doc, open: Vec::new(), pending: Vec::new() }
    }

    fn add(&mut self, span: Span, tag: Span, data: Data) -> NodeId {
        let id = NodeId(self.doc.nodes.len() as u32);
        self.doc.nodes.push(NodeData { span, tag, data });
        id
    }

    fn place(&mut self, id: NodeId) -> NodeId {
        if self.open.is_empty() {
            self.doc.root.get_or_insert(id);
        } else {
            self.pending.push(id);
        }
        id
    }

    /// A scalar; `cooked` is its text where it does not stand in the source as it is.
    pub(super) fn scalar(&mut self, span: Span, tag: Span, style: Style, cooked: Option<Box<str>>) -> NodeId {
        let cooked = cooked.map_or(RAW, |text| {
            self.doc.cooked.push(text);
            self.doc.cooked.len() as u32 - 1
        });
        let id = self.add(span, tag, Data::Scalar { style, cooked });
        self.place(id)
    }

    pub(super) fn missing(&mut self, at: usize, tag: Span) -> NodeId {
        let id = self.add(Span::at(at), tag, Data::Missing);
        self.place(id)
    }

    pub(super) fn alias(&mut self, span: Span, target: NodeId) -> NodeId {
        let id = self.add(span, Span::default(), Data::Alias(target));
        self.place(id)
    }

    pub(super) fn begin(&mut self, shape: Shape, start: usize, tag: Span) -> NodeId {
        let id = self.add(Span::at(start), tag, Data::Missing);
        self.open.push(Open { shape, start, tag, id, first: self.pending.len() });
        id
    }

    /// Ends the innermost collection; `end` is one past its last byte.
    pub(super) fn end(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let slice = Slice { start: self.doc.children.len() as u32, len: (self.pending.len() - open.first) as u32 };
        self.doc.children.extend(self.pending.drain(open.first..));
        let data = match open.shape {
            Shape::Sequence => Data::Sequence(slice),
            Shape::Mapping => Data::Mapping(Slice { len: slice.len / 2 * 2, ..slice }),
        };
        let span = Span::new(open.start, end.max(open.start));
        self.doc.nodes[open.id.0 as usize] = NodeData { span, tag: open.tag, data };
        self.place(open.id);
    }

    pub(super) fn innermost(&self) -> Option<&Open> {
        self.open.last()
    }

    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// End of the key that waits for its value; none where there is no key, or an empty one.
    pub(super) fn end_of_key(&self) -> Option<usize> {
        let open = self.open.last().filter(|open| open.shape == Shape::Mapping)?;
        let waits = (self.pending.len() - open.first) % 2 == 1;
        let key = &self.doc.nodes[self.pending.last().filter(|_| waits)?.0 as usize];
        (key.data != Data::Missing).then(|| key.span.end())
    }

    /// End of the last child of the innermost collection, for grammars that do not say where it ends.
    pub(super) fn end_of_last_child(&self) -> Option<usize> {
        let open = self.open.last()?;
        let last = self.pending[open.first..].last()?;
        Some(self.doc.nodes[last.0 as usize].span.end())
    }

    pub(super) fn comment(&mut self, span: Span) {
        self.doc.comments.push(span);
    }

    pub(super) fn error(&mut self, error: SyntaxError) {
        self.doc.errors.push(error);
    }

    /// The document; what is still open is closed at the end of the text.
    pub(super) fn finish(mut self) -> Document {
        while let Some(open) = self.open.last() {
            let end = self.end_of_last_child().unwrap_or(open.start);
            self.end(end);
        }
        self.doc
    }
}
