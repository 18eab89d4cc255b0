//! JSON (RFC 8259) into the arena: iterative, so that depth costs no stack.

use std::sync::Arc;

use super::build::{Builder, Shape};
use super::{Document, JSON_DEPTH, Style, SyntaxError};
use crate::source::{FileId, Span};

/// Parses a JSON text; a byte order mark at its start is passed over. Stops at the first error.
pub fn parse_json(file: FileId, text: &Arc<str>) -> Document {
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut parser = Parser { bytes: text.as_bytes(), text, at, builder: Builder::new(file, text.clone()) };
    if let Err(error) = parser.document() {
        let span = error.span.snapped(text);
        parser.builder.error(SyntaxError { span, ..error });
    }
    parser.builder.finish()
}

/// Bytes at which a string cannot simply go on: `"`, `\` and control characters.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

struct Parser<'t> {
    bytes: &'t [u8],
    text: &'t Arc<str>,
    at: usize,
    builder: Builder,
}

type Step = Result<(), SyntaxError>;

impl Parser<'_> {
    fn document(&mut self) -> Step {
        self.space();
        if self.at == self.bytes.len() {
            return Err(SyntaxError::new(Span::at(self.at), "the file is empty"));
        }
        self.value()?;
        while self.builder.depth() > 0 {
            self.member()?;
        }
        self.space();
        if self.at < self.bytes.len() {
            return Err(self.here("text after the end of the JSON value"));
        }
        Ok(())
    }

    /// The next member of the innermost collection, or its end.
    fn member(&mut self) -> Step {
        let Some(open) = self.builder.innermost() else { return Ok(()) };
        let (shape, start) = (open.shape, open.start);
        let first = self.builder.end_of_last_child().is_none();
        let close = if shape == Shape::Mapping { b'}' } else { b']' };
        self.space();
        match self.bytes.get(self.at) {
            Some(byte) if *byte == close => {
                self.at += 1;
                self.builder.end(self.at);
                return Ok(());
            }
            Some(b',') if !first => {
                let comma = self.at;
                self.at += 1;
                self.space();
                if self.bytes.get(self.at) == Some(&close) {
                    return Err(SyntaxError::new(Span::new(comma, comma + 1), "a comma before the closing bracket"));
                }
            }
            None => return Err(self.unclosed(start)),
            Some(_) if first => {}
            Some(_) => {
                let message = format!("expected ',' or '{}'", close as char);
                return Err(SyntaxError { related: Some(opening(start)), ..self.here(&message) });
            }
        }
        if shape == Shape::Mapping {
            self.key(start)?;
        }
        self.space();
        if self.at == self.bytes.len() {
            return Err(self.unclosed(start));
        }
        self.value()
    }

    /// A key and its colon, in the mapping that was opened at `start`.
    fn key(&mut self, start: usize) -> Step {
        match self.bytes.get(self.at) {
            Some(b'"') => self.string()?,
            Some(_) => return Err(self.here("expected a key in double quotes")),
            None => return Err(self.unclosed(start)),
        }
        self.space();
        match self.bytes.get(self.at) {
            Some(b':') => self.at += 1,
            Some(_) => return Err(self.here("expected ':' after the key")),
            None => return Err(self.unclosed(start)),
        }
        Ok(())
    }

    /// A scalar, or the opening of a collection.
    fn value(&mut self) -> Step {
        match self.bytes.get(self.at) {
            Some(b'{') => self.open(Shape::Mapping),
            Some(b'[') => self.open(Shape::Sequence),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => Err(self.here("expected a JSON value")),
        }
    }

    fn open(&mut self, shape: Shape) -> Step {
        if self.builder.depth() == JSON_DEPTH {
            return Err(self.here(&format!("nested deeper than {JSON_DEPTH} levels")));
        }
        self.builder.begin(shape, self.at, Span::default());
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Step {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.here("expected a JSON value"));
        }
        self.scalar(self.at + word.len(), Style::JsonWord, None);
        Ok(())
    }

    fn number(&mut self) -> Step {
        let rest = &self.bytes[self.at..];
        let mut at = usize::from(rest[0] == b'-');
        let digits = |from: usize| rest[from.min(rest.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let whole = digits(at);
        if whole == 0 || (whole > 1 && rest[at] == b'0') {
            return Err(SyntaxError::new(Span::new(self.at, self.at + at + whole), "not a JSON number"));
        }
        at += whole;
        if rest.get(at) == Some(&b'.') {
            let fraction = digits(at + 1);
            if fraction == 0 {
                return Err(SyntaxError::new(Span::new(self.at, self.at + at + 1), "not a JSON number"));
            }
            at += 1 + fraction;
        }
        if let Some(b'e' | b'E') = rest.get(at) {
            let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
            let exponent = digits(at + 1 + sign);
            if exponent == 0 {
                return Err(SyntaxError::new(Span::new(self.at, self.at + at + 1 + sign), "not a JSON number"));
            }
            at += 1 + sign + exponent;
        }
        self.scalar(self.at + at, Style::JsonWord, None);
        Ok(())
    }

    fn string(&mut self) -> Step {
        let start = self.at;
        let mut at = start + 1;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            at += rest.iter().position(|byte| SPECIAL[usize::from(*byte)]).unwrap_or(rest.len());
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(0..=0x1f) => {
                    return Err(SyntaxError {
                        related: Some((Span::at(start), "the text begins here".to_owned())),
                        ..SyntaxError::new(Span::new(at, at + 1), "a control character in a text")
                    });
                }
                Some(_) => at += 1,
                None => {
                    return Err(SyntaxError::new(Span::new(start, start + 1), "this text is never closed"));
                }
            }
        }
        let cooked = if escaped { Some(unescape(self.text, start + 1, at)?) } else { None };
        self.scalar(at + 1, Style::JsonString, cooked);
        Ok(())
    }

    fn scalar(&mut self, end: usize, style: Style, cooked: Option<Box<str>>) {
        self.builder.scalar(Span::new(self.at, end), Span::default(), style, cooked);
        self.at = end;
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn here(&self, message: &str) -> SyntaxError {
        let end =
            self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(self.at, |c| self.at + c.len_utf8());
        SyntaxError::new(Span::new(self.at, end), message)
    }

    fn unclosed(&self, start: usize) -> SyntaxError {
        SyntaxError {
            related: Some(opening(start)),
            ..SyntaxError::new(Span::at(self.at), "the file ends inside a JSON value")
        }
    }
}

fn opening(start: usize) -> (Span, String) {
    (Span::new(start, start + 1), "it was opened here".to_owned())
}

/// The text between the quotes with its escapes taken away.
fn unescape(text: &str, start: usize, end: usize) -> Result<Box<str>, SyntaxError> {
    let mut out = String::with_capacity(end - start);
    let mut at = start;
    while let Some(next) = text.get(at..end).and_then(|rest| rest.find('\\')) {
        out.push_str(&text[at..at + next]);
        at += next;
        let (character, len) = escape(&text[at..end])
            .ok_or_else(|| SyntaxError::new(Span::new(at, (at + 2).min(end)), "not a JSON escape"))?;
        out.push(character);
        at += len;
    }
    out.push_str(text.get(at..end).unwrap_or(""));
    Ok(out.into())
}

/// The character of the escape at the start of `rest`, and its length in bytes. A surrogate without
/// its partner becomes U+FFFD, as it has no character.
fn escape(rest: &str) -> Option<(char, usize)> {
    let simple = match rest.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(rest),
        _ => return None,
    };
    Some((simple, 2))
}

fn unicode(rest: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = rest.get(at..at + 4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let high = unit(2)?;
    let pair = (0xd800..0xdc00).contains(&high) && rest.get(6..8) == Some("\\u");
    let low = if pair { unit(8).filter(|low| (0xdc00..0xe000).contains(low)) } else { None };
    if let Some(low) = low {
        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return Some((char::from_u32(code)?, 12));
    }
    Some((char::from_u32(high).unwrap_or('\u{fffd}'), 6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Node, Scalar};

    fn parse(text: &str) -> Document {
        parse_json(FileId(0), &text.into())
    }

    fn bad(text: &str) -> (String, Span) {
        let doc = parse(text);
        let error = doc.errors().first().unwrap_or_else(|| panic!("no error in {text}"));
        (error.message.clone(), error.span)
    }

    fn root_text(text: &str) -> String {
        let doc = parse(text);
        assert_eq!(doc.errors(), [], "{text}");
        doc.root().and_then(Node::text).unwrap_or("no text").to_owned()
    }

    #[test]
    fn keys_and_values_know_their_bytes() {
        let doc = parse("\u{feff}{\"é\": [1, -0.5e+3, true, null], \"b\": {}}");
        assert_eq!(doc.errors(), []);
        let root = doc.root().unwrap_or_else(|| panic!("no root"));
        let (key, list) = root.entry("é").unwrap_or_else(|| panic!("no key"));
        assert_eq!(key.span().of(doc.text()), "\"é\"");
        assert_eq!(list.span().of(doc.text()), "[1, -0.5e+3, true, null]");
        let scalars: Vec<_> = list.items().filter_map(Node::scalar).collect();
        assert_eq!(scalars, [Scalar::Number("1"), Scalar::Number("-0.5e+3"), Scalar::Bool(true), Scalar::Null]);
        assert_eq!(root.span(), Span::new(3, doc.text().len()));
    }

    #[test]
    fn escapes() {
        assert_eq!(root_text(r#""a\"\\\/\b\f\n\r\té""#), "a\"\\/\u{8}\u{c}\n\r\té");
        assert_eq!(root_text(r#""\ud83d\ude00""#), "😀");
        assert_eq!(root_text(r#""\ud83d x \ude00\ud83d\u0041""#), "\u{fffd} x \u{fffd}\u{fffd}A");
        assert_eq!(root_text("\"\u{7f}\u{2028}\""), "\u{7f}\u{2028}");
    }

    #[test]
    fn refusals_and_their_places() {
        let number = "not a JSON number";
        let escape = "not a JSON escape";
        let cases = [
            ("", "the file is empty", 0, 0),
            (" ", "the file is empty", 1, 1),
            ("01", number, 0, 2),
            ("-", number, 0, 1),
            ("1.", number, 0, 2),
            ("1.e3", number, 0, 2),
            ("1e+", number, 0, 3),
            ("+1", "expected a JSON value", 0, 1),
            ("tru", "expected a JSON value", 0, 1),
            ("é", "expected a JSON value", 0, 2),
            ("1 é", "text after the end of the JSON value", 2, 4),
            ("[1 , ]", "a comma before the closing bracket", 3, 4),
            ("[1 2]", "expected ',' or ']'", 3, 4),
            ("[,1]", "expected a JSON value", 1, 2),
            ("{\"a\" 1}", "expected ':' after the key", 5, 6),
            ("{'a': 1}", "expected a key in double quotes", 1, 2),
            ("{\"a\": 1, ", "the file ends inside a JSON value", 9, 9),
            ("{\"a\"", "the file ends inside a JSON value", 4, 4),
            ("[1}", "expected ',' or ']'", 2, 3),
            ("\"a\nb\"", "a control character in a text", 2, 3),
            ("\"a", "this text is never closed", 0, 1),
            ("\"a\\", "this text is never closed", 0, 1),
            ("\"a\\\"", "this text is never closed", 0, 1),
            ("\"\\é\"", escape, 1, 2),
            ("\"\\x\"", escape, 1, 3),
            ("\"\\u12\"", escape, 1, 3),
            ("\"\\u+123\"", escape, 1, 3),
        ];
        for (text, message, start, end) in cases {
            assert_eq!(bad(text), (message.to_owned(), Span::new(start, end)), "{text:?}");
        }
    }

    #[test]
    fn the_opening_bracket_explains() {
        let doc = parse("{\"a\": [1, {\"b\": 2");
        assert_eq!(doc.errors()[0].related, Some((Span::new(10, 11), "it was opened here".to_owned())));
        let b = doc.root().and_then(|root| root.get("a")).and_then(|a| a.items().nth(1)).and_then(|item| item.get("b"));
        assert_eq!(b.and_then(Node::text), Some("2"), "what was read stays");
    }

    #[test]
    fn depth_is_limited() {
        let nest = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(parse(&nest(JSON_DEPTH)).errors(), []);
        let (message, span) = bad(&nest(JSON_DEPTH + 1));
        assert_eq!((message.as_str(), span.start()), ("nested deeper than 512 levels", JSON_DEPTH));
    }
}
