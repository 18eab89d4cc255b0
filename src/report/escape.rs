//! JSON and XML that are safe to look at.

use std::borrow::Cow;
use std::io::{Result, Write};

use serde::Serialize;

use crate::finding::{visible, visible_char};

/// JSON with every character escaped that would act on a screen: its value is the same, and nobody's text
/// can reach a terminal through what was meant for a program. Line ends, which JSON has outside of strings
/// only, stay.
pub fn screen_safe(json: &str) -> Cow<'_, str> {
    let acts = |c: &char| *c != '\n' && visible_char(*c) != *c;
    let is_plain = json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n'));
    if is_plain || !json.chars().any(|c| acts(&c)) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if acts(&c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Writes a value as JSON in lines, safe to look at.
pub(super) fn write_json<T: Serialize>(value: &T, out: &mut dyn Write) -> Result<()> {
    out.write_all(screen_safe(&serde_json::to_string_pretty(value)?).as_bytes())?;
    writeln!(out)
}

/// A text in XML 1.0, which has no way to write most control characters and two others (section 2.2).
pub(super) fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            safe.push('\n');
        }
        for c in visible(line).chars() {
            match c {
                '&' => safe += "&amp;",
                '<' => safe += "&lt;",
                '>' => safe += "&gt;",
                '"' => safe += "&quot;",
                '\'' => safe += "&#39;",
                '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
                c => safe.push(c),
            }
        }
    }
    safe
}
