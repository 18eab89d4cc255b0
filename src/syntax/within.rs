//! A text inside a file that is a document itself: its tree is read from the text, and each place in it is
//! one of the file.

use super::Document;
use crate::source::{FileId, Span};

impl Document {
    /// The same tree as a text inside a file: `places` has for every byte of the text the bytes of the
    /// file that say it ([`super::Node::text_spans`]). From then on all its spans are spans of the file.
    #[must_use]
    pub fn within(self, file: FileId, places: Vec<Span>) -> Self {
        let mut doc = Self { file, places: Some(places.into()), ..self };
        for at in 0..doc.comments.len() {
            doc.comments[at] = doc.placed(doc.comments[at]);
        }
        let errors = std::mem::take(&mut doc.errors);
        let placed = errors.into_iter().map(super::SyntaxError::of_text).map(|error| {
            let related = error.related.map(|(span, message)| (doc.placed(span), message));
            super::SyntaxError { span: doc.placed(error.span), related, ..error }
        });
        doc.errors = placed.collect();
        doc
    }

    /// A span of the text as one of the file.
    pub fn placed(&self, span: Span) -> Span {
        self.places.as_deref().map_or(span, |places| placed(places, span))
    }
}

/// The bytes of a file that say a span of a text, by those that say each byte of the text. What is empty
/// stands behind what comes before it; of a text that is said nowhere nothing is known.
pub fn placed(places: &[Span], span: Span) -> Span {
    let before = || span.start().min(places.len()).checked_sub(1).and_then(|last| places.get(last));
    let at = |byte: usize| places.get(byte).copied();
    match (at(span.start()), span.end().checked_sub(1).and_then(at)) {
        (Some(first), Some(last)) if !span.is_empty() => first.to(last),
        (Some(first), None) if !span.is_empty() => places.last().map_or(first, |last| first.to(*last)),
        (Some(first), _) => Span::at(first.start()),
        (None, _) => Span::at(before().map_or(0, |last| last.end())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::syntax::{Node, parse, parse_json, parse_yaml};

    /// The text at `Body` of a file, as a document in it.
    fn inside(host: &Document) -> Document {
        let node = host.root().and_then(|root| root.get("Body")).unwrap();
        let text: Arc<str> = Arc::from(node.text().unwrap());
        parse(FileId(0), &text, "").within(host.file(), node.text_spans())
    }

    #[test]
    fn every_node_of_a_text_stands_where_the_file_says_it() {
        let files = [
            ("Body: |\n    a: !Ref  x\n    b:\n      - 'it''s'\n      - \"q\"\n", "'it''s'"),
            ("Body: >-\n    {\"a\": 1,\n    \"b\": [\"it\\u0027s\", \"q\"]}\n", "\"it\\u0027s\""),
            ("Body: '{\"b\": [\"it''s\", 2]}'\n", "\"it''s\""),
            ("Body: \"b:\\n  - \\\"it's\\\"\\n\"\n", "\\\"it's\\\""),
            ("{\"Body\": \"b:\\n - it\\u0027s\\n\"}", "it\\u0027s"),
        ];
        for (text, source) in files {
            let host = parse(FileId(3), &text.into(), "");
            assert_eq!(host.errors(), [], "{text}");
            let inner = inside(&host);
            assert_eq!(inner.errors(), [], "{text}");
            let item = inner.root().unwrap().get("b").and_then(|list| list.items().next()).unwrap();
            assert_eq!((item.text(), item.place().file), (Some("it's"), FileId(3)), "{text}");
            assert_eq!(item.span().of(host.text()), source, "{text}");
            let key = inner.root().unwrap().entry("b").unwrap().0;
            assert_eq!(key.span().of(host.text()).trim_matches(['"', '\\']), "b", "{text}");
        }
    }

    #[test]
    fn tags_and_texts_in_texts_in_texts_are_found() {
        let host = parse_yaml(FileId(0), &"Body: |\n  Body: |\n    a: !Ref  x\n    Body: '{\"z\": 1}'\n".into());
        let middle = inside(&host);
        let innermost = inside(&middle);
        let tagged = innermost.root().and_then(|root| root.get("a")).unwrap();
        assert_eq!((tagged.tag(), tagged.tagged_place().span.of(host.text())), (Some("!Ref"), "!Ref  x"));
        let last = inside(&innermost);
        let key = last.root().unwrap().own_entries().next().unwrap().0;
        assert_eq!(key.span().of(host.text()), "\"z\"");
        assert_eq!(last.nodes().filter_map(Node::text).collect::<Vec<_>>(), ["z", "1"]);
    }

    #[test]
    fn errors_and_comments_are_moved_too() {
        let host = parse_json(FileId(0), &"{\"Body\": \"{\\n \\\"a\\\": 1 \\\"b\\\": 2}\"}".into());
        let error = inside(&host).errors()[0].clone();
        assert_eq!(&host.text()[error.span.start()..], "\\\"b\\\": 2}\"}");
        assert_eq!(error.related.unwrap().0.of(host.text()), "{");
        let host = parse_yaml(FileId(0), &"Body: |\n  # said\n  a: 1\n".into());
        assert_eq!(inside(&host).comments()[0].of(host.text()), "# said");
    }

    #[test]
    fn what_is_said_nowhere_has_a_place_all_the_same() {
        let places = [Span::new(5, 6), Span::new(6, 8)];
        for (from, to, expected) in
            [(0, 2, (5, 8)), (1, 1, (6, 6)), (2, 2, (8, 8)), (1, 9, (6, 8)), (7, 9, (8, 8)), (9, 9, (8, 8))]
        {
            let found = placed(&places, Span::new(from, to));
            assert_eq!((found.start(), found.end()), expected, "{from}..{to}");
        }
        assert_eq!(placed(&[], Span::new(0, 4)), Span::at(0));
    }
}
