//! Functions that make a text or a number out of a whole value: `Fn::Length`, `Fn::ToJsonString`,
//! `Fn::Base64`.

use super::{Resolver, StackId};
use crate::source::Place;
use crate::template::Call;
use crate::value::{At, Kind, Text, Value};

impl<'d> Resolver<'_, 'd> {
    /// How many members a list has.
    pub(super) fn length(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let list = self.argument(stack, call, at);
        self.in_each_case(vec![list], at, &mut |resolver, parts| match parts.first().map(|list| &list.kind) {
            Some(Kind::List(items)) => Kind::Number(items.len().to_string().into()),
            _ => Kind::Any(resolver.cause(parts, "Fn::Length of an unknown list")),
        })
    }

    /// The JSON text of a value, symbols in it included.
    pub(super) fn json_string(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let value = self.argument(stack, call, at);
        self.in_each_case(vec![value], at, &mut |resolver, parts| {
            let mut written = Vec::new();
            match parts.first().map(|value| write_json(value, &mut written)) {
                Some(true) => Kind::Text(resolver.joined(written.iter().map(|(text, _)| text), at)),
                _ => Kind::Any(resolver.cause(parts, "Fn::ToJsonString of what is not known whole")),
            }
        })
    }

    /// The text in Base64, where it is known.
    pub(super) fn base64(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let text = self.argument(stack, call, at);
        self.in_each_case(vec![text], at, &mut |resolver, parts| {
            let text = parts.first().and_then(Value::text);
            match text.as_ref().and_then(Text::as_known) {
                Some(text) if resolver.make(text.len() / super::BYTES_PER_NODE, at) => {
                    Kind::Text(Text::known(in_base64(text.as_bytes())))
                }
                _ => Kind::Any(resolver.cause(parts, "Fn::Base64 of an unknown text")),
            }
        })
    }
}

/// A part of a JSON text, and what says it.
type Part = (Text, Place);

/// Adds the parts of a value's JSON text; false where something in it is not known.
pub(super) fn write_json(value: &Value, into: &mut Vec<Part>) -> bool {
    let place = value.at.place;
    match &value.kind {
        Kind::Null => into.push((Text::known("null"), place)),
        Kind::Bool(value) => into.push((Text::known(value.to_string()), place)),
        Kind::Number(text) => into.push((Text::Known(text.clone()), place)),
        Kind::Text(text) => return write_string(text, place, into),
        Kind::List(items) => {
            return write_all(["[", "]"], place, items.iter(), into, write_json);
        }
        Kind::Map(entries) => {
            return write_all(["{", "}"], place, entries.iter(), into, |entry, into| {
                let key = write_string(&entry.key, entry.key_at.place, into);
                into.push((Text::known(":"), entry.key_at.place));
                key && write_json(&entry.value, into)
            });
        }
        Kind::OneOf(_) | Kind::Absent | Kind::Any(_) => return false,
    }
    true
}

fn write_all<T>(
    [open, close]: [&str; 2],
    place: Place,
    members: impl Iterator<Item = T>,
    into: &mut Vec<Part>,
    mut write: impl FnMut(T, &mut Vec<Part>) -> bool,
) -> bool {
    into.push((Text::known(open), place));
    for (at, member) in members.enumerate() {
        if at > 0 {
            into.push((Text::known(","), place));
        }
        if !write(member, into) {
            return false;
        }
    }
    into.push((Text::known(close), place));
    true
}

/// A string of JSON. What a symbol stands for is taken to need no escape: ids, names and ARNs do not.
fn write_string(text: &Text, place: Place, into: &mut Vec<Part>) -> bool {
    let Some(pieces) = text.pieces() else { return false };
    into.push((Text::known("\""), place));
    for piece in pieces {
        let text = match piece {
            crate::value::Piece::Literal(literal) => Text::known(escaped(&literal)),
            symbol => Text::from_pieces([symbol]),
        };
        into.push((text, place));
    }
    into.push((Text::known("\""), place));
    true
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// RFC 4648, section 4.
pub(crate) fn in_base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let all = chunk.iter().fold(0u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = DIGITS[(all >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_the_rfc_has_it() {
        let vectors =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (text, expected) in vectors {
            assert_eq!(in_base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn json_strings_are_escaped() {
        assert_eq!(escaped("a\"b\\c\n\u{1}"), "a\\\"b\\\\c\\n\\u0001");
    }
}
