//! From a scalar's text back to the bytes that say it: what stands inside a text (a policy as a JSON
//! string, for one) can then be shown where it is written.

use super::{Data, Node, RAW, Style};
use crate::source::Span;

impl Node<'_> {
    /// For every byte of the scalar's text, the bytes of the source that say its character. White space
    /// that folding made has an empty place between what it stands between. Empty for what is no scalar.
    pub fn text_spans(self) -> Vec<Span> {
        let mut spans = self.spans_in_text();
        // A text inside a text is shown in the file.
        spans.iter_mut().for_each(|span| *span = self.document().placed(*span));
        spans
    }

    fn spans_in_text(self) -> Vec<Span> {
        let node = self.target();
        let (Data::Scalar { style, cooked }, Some(text)) = (node.raw().data, node.text()) else { return Vec::new() };
        let span = node.raw().span;
        let quoted = matches!(style, Style::Single | Style::Double | Style::JsonString);
        let start = span.start() + usize::from(quoted);
        if cooked == RAW {
            return (start..start + text.len()).map(|at| Span::new(at, at + 1)).collect();
        }
        let end = span.end().saturating_sub(usize::from(quoted)).max(start);
        let source = node.source().get(start..end).unwrap_or("");
        let mut reader = Reader { source, at: 0, escapes: matches!(style, Style::Double | Style::JsonString) };
        let mut spans = Vec::with_capacity(text.len());
        for c in text.chars() {
            let here = reader.find(c);
            let span = Span::new(start + here, start + reader.at.max(here));
            spans.extend(std::iter::repeat_n(span, c.len_utf8()));
        }
        spans
    }
}

/// Walks through the source of a scalar beside its text.
struct Reader<'t> {
    source: &'t str,
    at: usize,
    escapes: bool,
}

impl Reader<'_> {
    /// The place of the next character of the text, which is then behind it. Of the source, only what
    /// folding, quoting and indentation add is passed over.
    fn find(&mut self, c: char) -> usize {
        while let Some(next) = self.source[self.at..].chars().next() {
            let here = self.at;
            if self.escapes && next == '\\' {
                let length = escape_length(&self.source[here..]);
                self.at += length;
                // A backslash at the end of a line says nothing.
                if self.source[here + 1..].starts_with(['\n', '\r']) {
                    continue;
                }
                return here;
            }
            if next == c {
                self.at += next.len_utf8();
                return here;
            }
            if c.is_whitespace() {
                return here;
            }
            self.at += next.len_utf8();
        }
        self.at
    }
}

/// Bytes of the escape that a text begins with: `\n`, `\x41`, `\u00e9`, a pair of surrogates.
fn escape_length(text: &str) -> usize {
    let digits = |from: usize, count: usize| {
        let found = text.get(from..).unwrap_or("").bytes().take(count).take_while(u8::is_ascii_hexdigit).count();
        from + found
    };
    match text.as_bytes().get(1) {
        Some(b'x') => digits(2, 2),
        Some(b'u') => {
            let end = digits(2, 4);
            let high = text.get(2..end).and_then(|hex| u32::from_str_radix(hex, 16).ok());
            let is_pair = high.is_some_and(|high| (0xd800..0xdc00).contains(&high));
            if is_pair && text[end..].starts_with("\\u") { digits(end + 2, 4) } else { end }
        }
        Some(b'U') => digits(2, 8),
        Some(_) => 1 + text[1..].chars().next().map_or(0, char::len_utf8),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use crate::source::FileId;
    use crate::syntax::{Document, parse_json, parse_yaml};

    /// For every character of the scalar at `key` that is no white space: the source says the same there.
    fn check(doc: &Document, key: &str) {
        let node = doc.root().unwrap().get(key).unwrap();
        let (text, spans) = (node.text().unwrap(), node.text_spans());
        assert_eq!(spans.len(), text.len());
        for (at, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            let there = spans[at].of(doc.text());
            assert!(
                there.chars().eq([c]) || there.starts_with('\\') || spans[at].end() == spans[at].start() + 1,
                "{c} at {there:?}"
            );
        }
        assert!(spans.is_sorted_by_key(|span| span.start()));
    }

    #[test]
    fn every_style_leads_back_to_its_source() {
        let yaml = "a: |\n  {\n    \"x\": 1\n  }\nb: >-\n  {\"x\":\n  1}\nc: '{\"it''s\": 1}'\nd: \"{\\\"x\\\": \\u00e9\\\n  2}\"\ne: {\n  f: 1}\ng: plain\n  text {}\n";
        let doc = parse_yaml(FileId(0), &yaml.into());
        assert_eq!(doc.errors(), []);
        ["a", "b", "c", "d", "g"].iter().for_each(|key| check(&doc, key));
        let spans = doc.root().unwrap().get("a").unwrap().text_spans();
        assert_eq!(&doc.text()[spans[4].start()..][..3], "\"x\"", "indentation is no part of the text");
    }

    #[test]
    fn escapes_of_json() {
        let json = r#"{"a": "{\"x\":\n\t\"\u00e9\ud83d\ude00!\"}", "b": "plain", "c": ""}"#;
        let doc = parse_json(FileId(0), &json.into());
        assert_eq!(doc.errors(), []);
        ["a", "b", "c"].iter().for_each(|key| check(&doc, key));
        let node = doc.root().unwrap().get("a").unwrap();
        let at = node.text().unwrap().find('!').unwrap();
        assert_eq!(node.text_spans()[at].of(doc.text()), "!");
        assert_eq!(node.text_spans()[1].of(doc.text()), "\\\"");
    }
}
