//! `Custom::AWSCDKCfnJson`: CDK's way to computed map keys. Its `Value` is a JSON text, mostly joined
//! from parts; symbols are holes in it, kept by their offsets, never marked by characters that a
//! template could contain.

use std::sync::Arc;

use super::{BYTES_PER_NODE, Resolver, StackId, returns};
use crate::source::FileId;
use crate::syntax::{Kind as NodeKind, Node, Scalar, parse_json};
use crate::template::Resource;
use crate::value::{At, Entry, Kind, Piece, Text, Value, Why};

impl<'d> Resolver<'_, 'd> {
    /// The value that the custom resource's `Value` attribute has.
    pub(super) fn cfn_json(&mut self, stack: StackId, resource: &Resource<'d>, at: At) -> Kind {
        let Some(text) = self.property(stack, resource, "Value") else {
            return Kind::Any(Why::Missing("Value".into()));
        };
        // No edit may touch what stands inside another text.
        let host = At { node: None, ..text.at };
        let unread =
            Kind::Text(self.symbol(&format!("{}/json/{}", stack.0, resource.id), resource.id, returns::any(), false));
        self.in_each_case(vec![text], at, &mut |resolver, parts| {
            let text = parts.first().and_then(Value::text);
            // It is read again for every reference.
            if !resolver.make(text.as_ref().map_or(0, Text::bytes) / BYTES_PER_NODE, at) {
                return Kind::Any(Why::Bound);
            }
            text.and_then(|text| json_with_holes(&text, host)).map_or_else(|| unread.clone(), |value| value.kind)
        })
    }
}

/// A JSON text in which symbols stand inside strings.
fn json_with_holes(text: &Text, at: At) -> Option<Value> {
    let mut literal = String::new();
    let mut holes = Vec::new();
    for piece in text.pieces()? {
        match piece {
            Piece::Literal(part) => literal.push_str(&part),
            Piece::Symbol(_) => holes.push((literal.len(), piece)),
        }
    }
    let document = parse_json(FileId(0), &Arc::from(literal.as_str()));
    let root = document.root().filter(|_| document.errors().is_empty())?;
    let mut reader = Reader { literal: &literal, holes: &holes, used: 0, at };
    let value = reader.value(root)?;
    // A hole outside every string could be anything.
    (reader.used == holes.len()).then_some(value)
}

struct Reader<'t> {
    literal: &'t str,
    holes: &'t [(usize, Piece)],
    used: usize,
    at: At,
}

impl Reader<'_> {
    fn value(&mut self, node: Node<'_>) -> Option<Value> {
        let kind = match node.kind() {
            NodeKind::Sequence => {
                let items: Option<Vec<Value>> = node.items().map(|item| self.value(item)).collect();
                Kind::List(items?.into())
            }
            NodeKind::Mapping => {
                let entries: Option<Vec<Entry>> =
                    node.own_entries().map(|(key, value)| self.entry(key, value)).collect();
                Kind::Map(entries?.into())
            }
            _ => match node.scalar()? {
                Scalar::Null => Kind::Null,
                Scalar::Bool(value) => Kind::Bool(value),
                Scalar::Number(text) => Kind::Number(text.into()),
                Scalar::Text(_) => Kind::Text(self.string(node)?),
            },
        };
        Some(Value::new(kind, self.at))
    }

    fn entry(&mut self, key: Node<'_>, value: Node<'_>) -> Option<Entry> {
        Some(Entry { key: self.string(key)?, key_at: self.at, value: self.value(value)? })
    }

    /// A string with the holes that lie in it put back.
    fn string(&mut self, node: Node<'_>) -> Option<Text> {
        let (mut from, end) = (node.span().start() + 1, node.span().end().checked_sub(1)?);
        let mut pieces = Vec::new();
        // Holes stand in the order of the text.
        let before = self.holes.partition_point(|(offset, _)| *offset < from);
        for (offset, symbol) in self.holes[before..].iter().take_while(|(offset, _)| *offset <= end) {
            pieces.push(Piece::Literal(unescaped(self.literal.get(from..*offset)?)?));
            pieces.push(symbol.clone());
            from = *offset;
            self.used += 1;
        }
        pieces.push(Piece::Literal(unescaped(self.literal.get(from..end)?)?));
        Some(Text::from_pieces(pieces))
    }
}

/// A part of a JSON string with its escapes taken away.
fn unescaped(part: &str) -> Option<Arc<str>> {
    let document = parse_json(FileId(0), &Arc::from(format!("\"{part}\"")));
    let root = document.root().filter(|_| document.errors().is_empty())?;
    root.text().map(Arc::from)
}
