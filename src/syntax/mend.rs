//! Quoted YAML texts whose lines are indented less than YAML 1.2 wants.
//!
//! CloudFormation, like PyYAML, takes them, and policies are written so: `!Sub '{` and then lines of
//! JSON at the left. The YAML crate refuses them, and cannot go on behind a refusal. So it is given
//! the same text once more with the line breaks inside these quotes blanked: every byte keeps its place.

use std::borrow::Cow;

use super::SyntaxError;
use crate::source::Span;

/// Bytes that may be read again in all, so that a large hostile file is not read for every quote.
const REREAD: usize = 64 << 20;

/// A text and what was blanked in it.
pub(super) struct Mended<'t> {
    text: &'t str,
    blanked: Cow<'t, str>,
    /// Quoted texts, quotes included, and what the crate said of them; in their order.
    quoted: Vec<(Span, SyntaxError)>,
}

impl<'t> Mended<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, blanked: Cow::Borrowed(text), quoted: Vec::new() }
    }

    /// The text to parse, as long as the original.
    pub(super) fn blanked(&self) -> &str {
        &self.blanked
    }

    /// Whether this scalar has another text than the blanked one says.
    pub(super) fn changed(&self, scalar: Span) -> bool {
        self.quoted.binary_search_by_key(&scalar, |(span, _)| *span).is_ok()
    }

    /// Blanks the quoted text that begins behind `from` and holds the place of `error`. False where
    /// there is none, and the error stands.
    pub(super) fn mend(&mut self, from: usize, error: &SyntaxError) -> bool {
        let Some(span) = quoted_text(self.text, from) else { return false };
        let inside = span.start() < error.span.start() && error.span.start() < span.end();
        if !inside
            || self.changed(span)
            || is_key(self.text, span)
            || (self.quoted.len() + 1) * self.text.len() > REREAD
        {
            return false;
        }
        let breaks = |blanked: &str| blanked.replace(['\r', '\n'], " ");
        let mut blanked = String::with_capacity(self.text.len());
        let (before, after) = (self.blanked.get(..span.start()), self.blanked.get(span.end()..));
        blanked.push_str(before.unwrap_or(""));
        blanked.push_str(&breaks(span.of(self.text)));
        blanked.push_str(after.unwrap_or(""));
        self.blanked = Cow::Owned(blanked);
        self.quoted.push((span, error.clone()));
        true
    }

    /// The error to tell: where the grammar fails on the line on which a mended text ends, that text
    /// was no text but lacks its closing quote, and the first error said so.
    pub(super) fn cause(&self, error: SyntaxError) -> SyntaxError {
        let blamed = self.quoted.iter().find(|(span, _)| {
            let rest = self.text.get(span.end()..).unwrap_or("");
            let line_end = span.end() + rest.find('\n').unwrap_or(rest.len());
            (span.start()..=line_end).contains(&error.span.start())
        });
        blamed.map_or(error, |(_, first)| first.clone())
    }
}

/// The quoted text that comes next behind `from`.
fn quoted_text(text: &str, from: usize) -> Option<Span> {
    let bytes = text.as_bytes();
    let open = skip(text, from, b":?-");
    let quote = *bytes.get(open).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'\\' if quote == b'"' => 2,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => 2,
            _ if *byte == quote => return Some(Span::new(open, at + 1)),
            _ => 1,
        };
    }
    None
}

/// The first byte from `at` on that is no blank, comment, tag or anchor, and none of `indicators`.
pub(super) fn skip(text: &str, mut at: usize, indicators: &[u8]) -> usize {
    let bytes = text.as_bytes();
    let run = |at: usize, ends: fn(&u8) -> bool| bytes[at..].iter().position(ends).unwrap_or(bytes.len() - at);
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'#' => run(at, |byte| matches!(byte, b'\n' | b'\r')),
            b'!' | b'&' => run(at, u8::is_ascii_whitespace),
            _ if byte.is_ascii_whitespace() || indicators.contains(byte) => 1,
            _ => break,
        };
    }
    at
}

/// Whether a ':' follows: a key must stand on one line.
fn is_key(text: &str, span: Span) -> bool {
    text.get(span.end()..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str, from: usize) -> Option<&str> {
        quoted_text(text, from).map(|span| span.of(text))
    }

    #[test]
    fn quotes_are_found_behind_tags_and_comments() {
        assert_eq!(quoted("a: !t'x # don't\n  'b'", 1), Some("'b'"));
        assert_eq!(quoted("a: b 'c'", 1), None);
        assert_eq!(quoted("- \"a\\\"b\"", 1), Some("\"a\\\"b\""));
        assert_eq!(quoted("- 'it''s'", 1), Some("'it''s'"));
        assert_eq!(quoted("- 'never", 1), None);
        assert_eq!(quoted("- \"x\\", 1), None);
        assert_eq!(quoted("", 0), None);
    }

    #[test]
    fn blanking_moves_no_byte() {
        let text = "a:\n  b: 'é\r\n  c'\n";
        let mut mended = Mended::new(text);
        let at = text.find('c').unwrap_or(0);
        assert!(mended.mend(6, &SyntaxError::new(Span::at(at), "x")));
        assert_eq!(mended.blanked(), "a:\n  b: 'é    c'\n");
        assert!(!mended.mend(6, &SyntaxError::new(Span::at(at), "x")), "the same text a second time");
    }
}
