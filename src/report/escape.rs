//! JSON that is safe to look at.

use std::io::{Result, Write};

use serde::Serialize;

use crate::finding::visible_char;

/// Writes a value as JSON in lines. Characters that would act on a screen are escaped: the value is the
/// same, and a template cannot reach a terminal through a report that was meant for a program.
pub(super) fn write_json<T: Serialize>(value: &T, out: &mut dyn Write) -> Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    let mut start = 0;
    // Outside of strings JSON has no such character but its line ends.
    for (at, c) in json.char_indices().filter(|(_, c)| *c != '\n' && visible_char(*c) != *c) {
        out.write_all(&json.as_bytes()[start..at])?;
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        start = at + c.len_utf8();
    }
    out.write_all(&json.as_bytes()[start..])?;
    writeln!(out)
}
