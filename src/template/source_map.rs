//! Source maps: from a line of compiled JavaScript to the line that it was made from (ECMA-426).
//!
//! Invariant: nothing is read here. Paths in a map are texts written by others; they are only joined.

use std::collections::VecDeque;

use crate::syntax::Node;

/// Where the map of a script is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapAt {
    /// In the script itself: the JSON of the map.
    Inline(String),
    /// In a file beside it: its path as written.
    File(String),
}

/// Bytes at the end of a script in which the comment is looked for that names a file.
const TAIL: usize = 4096;
/// Most sources that one map may name.
const SOURCES: usize = 10_000;

/// The map that the last `//# sourceMappingURL=` of a script names.
pub fn map_of(script: &str) -> Option<MapAt> {
    let at = script.rfind("//# sourceMappingURL=").or_else(|| script.rfind("//@ sourceMappingURL="))?;
    let line = script[at..].lines().next()?;
    let (_, url) = line.split_once('=')?;
    let url = url.trim();
    if let Some(data) = url.strip_prefix("data:") {
        let (kind, data) = data.split_once(',')?;
        let json = if kind.ends_with(";base64") { from_base64(data)? } else { return None };
        return Some(MapAt::Inline(json));
    }
    // Only at the end: a script may hold the words in a text.
    let is_name = !url.is_empty() && !url.contains("://") && script.len() - at <= TAIL;
    is_name.then(|| MapAt::File(url.to_owned()))
}

/// The text of base64 (RFC 4648, section 4), with or without the signs that fill it.
fn from_base64(data: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(data.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in data.trim_end_matches('=').bytes() {
        bits = bits << 6 | u32::from(digit(byte)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The value of a digit of base64.
fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// A map that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    sources: Vec<String>,
    /// Places of the script that come from somewhere, in their order.
    segments: Vec<Segment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    /// Of the script, both from 0.
    line: u32,
    column: u32,
    /// The source, and the place in it, from 0.
    source: u32,
    source_line: u32,
    source_column: u32,
}

/// A place that a map leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped<'m> {
    /// The source as the map names it, `sourceRoot` before it: relative to the folder of the map.
    pub source: &'m str,
    /// From 1.
    pub line: u32,
    /// In UTF-16 units from 1.
    pub column: u32,
}

impl SourceMap {
    /// Reads a map; what is not understood ends it. Maps of sections are not read.
    pub fn read(root: Node<'_>) -> Option<Self> {
        let base = root.get("sourceRoot").and_then(Node::text).unwrap_or("");
        let joined = |source: &str| match base {
            "" => source.to_owned(),
            base => format!("{}/{source}", base.trim_end_matches('/')),
        };
        let sources = root.get("sources")?.items().take(SOURCES).map(|source| joined(source.text().unwrap_or("")));
        let sources = sources.collect();
        Some(Self { sources, segments: segments(root.get("mappings")?.text()?) })
    }

    /// What the script has at this line and column (both from 1) was made from. Without a column it is
    /// the first thing of the line.
    pub fn original(&self, line: u32, column: Option<u32>) -> Option<Mapped<'_>> {
        let line = line.checked_sub(1)?;
        let start = self.segments.partition_point(|segment| segment.line < line);
        let end = self.segments.partition_point(|segment| segment.line <= line);
        let in_line = self.segments.get(start..end)?;
        let column = column.map_or(0, |column| column.saturating_sub(1));
        // The last one that begins at or before it; a frame may stand before the first one.
        let after = in_line.partition_point(|segment| segment.column <= column);
        let segment = in_line.get(after.saturating_sub(1))?;
        let source = self.sources.get(segment.source as usize).filter(|source| !source.is_empty())?;
        Some(Mapped {
            source,
            line: segment.source_line.saturating_add(1),
            column: segment.source_column.saturating_add(1),
        })
    }

    /// Every source that it names.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(String::as_str).filter(|source| !source.is_empty())
    }
}

/// The segments of `mappings`, up to the first that is none.
fn segments(mappings: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    // Source, its line and its column go on from segment to segment.
    let mut state = [0_i64; 3];
    for (line, groups) in (0..).zip(mappings.split(';')) {
        let mut column = 0_i64;
        let first = segments.len();
        for group in groups.split(',').filter(|group| !group.is_empty()) {
            let Some(mut fields) = fields(group) else { return segments };
            let Some(delta) = fields.pop_front() else { return segments };
            column += delta;
            for (total, delta) in state.iter_mut().zip(&fields) {
                *total += delta;
            }
            let number = |value: i64| u32::try_from(value).ok();
            // A segment of one field comes from nowhere.
            let [source, source_line, source_column] = state.map(number);
            if let (true, Some(column), Some(source), Some(source_line), Some(source_column)) =
                (fields.len() >= 3, number(column), source, source_line, source_column)
            {
                segments.push(Segment { line, column, source, source_line, source_column });
            }
        }
        segments[first..].sort_by_key(|segment| segment.column);
    }
    segments
}

/// The numbers of a segment, each in digits of base64: five bits, and whether more follow.
fn fields(group: &str) -> Option<VecDeque<i64>> {
    let mut fields = VecDeque::with_capacity(5);
    let (mut value, mut shift) = (0_u64, 0);
    for byte in group.bytes() {
        let digit = digit(byte)?;
        // Numbers have 32 bits at most.
        if shift > 30 {
            return None;
        }
        value |= u64::from(digit & 31) << shift;
        shift += 5;
        if digit & 32 == 0 {
            let magnitude = (value >> 1) as i64;
            fields.push_back(if value & 1 == 1 { -magnitude } else { magnitude });
            (value, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(fields)
}

/// The path of what a file names, by the text alone: `..` takes away the part before it. An absolute name
/// stands for itself; nothing where the name leads above the root or is no path of a disk.
pub fn beside(file: &str, name: &str) -> Option<String> {
    let name = name.strip_prefix("file://").unwrap_or(name);
    let windows = file.contains('\\') && !file.starts_with('/');
    let is_drive = |path: &str| matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if name.starts_with('/') && is_drive(&name[1..]) {
        return Some(name[1..].to_owned());
    }
    if name.starts_with(['/', '\\']) || is_drive(name) {
        return Some(name.to_owned());
    }
    if name.contains("://") {
        return None;
    }
    let mut parts: Vec<&str> = file.split(['/', '\\']).collect();
    parts.pop();
    for part in name.split(['/', '\\']) {
        match part {
            "" | "." => {}
            // The first part is the root: empty, or the drive.
            ".." if parts.len() > 1 => drop(parts.pop()),
            ".." => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join(if windows { "\\" } else { "/" }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_json;

    fn map(json: &str) -> Option<SourceMap> {
        SourceMap::read(parse_json(FileId(0), &Arc::from(json)).root()?)
    }

    #[test]
    fn the_map_is_in_the_script_or_beside_it() {
        let inline = "x\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,eyJ2IjoizqkifQ==\n";
        assert_eq!(map_of(inline), Some(MapAt::Inline("{\"v\":\"Ω\"}".to_owned())));
        assert_eq!(map_of("x\n//# sourceMappingURL=a.js.map"), Some(MapAt::File("a.js.map".to_owned())));
        assert_eq!(map_of("x = 1;"), None);
        assert_eq!(map_of("//# sourceMappingURL=https://x/a.map"), None);
        assert_eq!(map_of("//# sourceMappingURL=data:application/json;base64,e!"), None);
        assert_eq!(map_of(&format!("//# sourceMappingURL=a.map\n{}", "x".repeat(9999))), None);
    }

    /// `AAAA` is the start of both, `;` the next line, `EACE` two columns and two lines further.
    #[test]
    fn places_are_found_by_line_and_column() {
        let map = map(r#"{"sources": ["../a.ts", "../b.ts"], "mappings": "AAAA,IAAIA;;EAEE,C,ICFJ"}"#).unwrap();
        let at = |line, column| {
            let at = map.original(line, column)?;
            Some((at.source.to_owned(), at.line, at.column))
        };
        let a = |line, column| Some(("../a.ts".to_owned(), line, column));
        assert_eq!(at(1, Some(1)), a(1, 1));
        assert_eq!(at(1, Some(4)), a(1, 1));
        assert_eq!(at(1, Some(99)), a(1, 5));
        assert_eq!(at(2, Some(1)), None);
        assert_eq!(at(3, Some(1)), a(3, 7), "before the first place of a line it is the first");
        assert_eq!(at(3, None), a(3, 7));
        assert_eq!(at(3, Some(8)), Some(("../b.ts".to_owned(), 1, 3)));
        assert_eq!(at(4, Some(1)), None);
        assert_eq!(at(0, Some(1)), None);
    }

    #[test]
    fn a_root_stands_before_every_source() {
        let map = map(r#"{"sourceRoot": "/app/", "sources": ["a.ts", null], "mappings": "AAAA;ACAA"}"#).unwrap();
        assert_eq!(map.original(1, None).unwrap().source, "/app/a.ts");
        assert_eq!(map.sources().next(), Some("/app/a.ts"));
    }

    #[test]
    fn what_is_no_map_gives_nothing() {
        for json in ["{}", "[]", "", r#"{"sources": []}"#, r#"{"mappings": "AAAA"}"#] {
            assert_eq!(map(json), None, "{json}");
        }
        let broken = |mappings: &str| map(&format!(r#"{{"sources": ["a"], "mappings": "{mappings}"}}"#)).unwrap();
        for mappings in ["!", "A,g", "AAAgggggggggggggA", "D", "AADA", "ggggggggA"] {
            let map = broken(mappings);
            assert_eq!(map.original(1, None).map(|at| at.line), None, "{mappings}");
        }
    }

    #[test]
    fn names_are_joined_by_their_text() {
        let joined = |name| beside("/app/dist/lib/s.js", name);
        assert_eq!(joined("../../lib/s.ts").as_deref(), Some("/app/lib/s.ts"));
        assert_eq!(joined("./s.js.map").as_deref(), Some("/app/dist/lib/s.js.map"));
        assert_eq!(joined("/abs/s.ts").as_deref(), Some("/abs/s.ts"));
        assert_eq!(joined("file:///abs/s.ts").as_deref(), Some("/abs/s.ts"));
        assert_eq!(joined("file:///C:/s.ts").as_deref(), Some("C:/s.ts"));
        assert_eq!(joined("../../../../s.ts"), None);
        assert_eq!(joined("webpack://x/s.ts"), None);
        assert_eq!(beside("C:\\app\\dist\\s.js", "../s.ts").as_deref(), Some("C:\\app\\s.ts"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_mapping_is_read(mappings in "[A-Za-z0-9+/,;!]{0,200}", line in 0..9u32, column in 0..99u32) {
            let map = SourceMap { sources: vec!["a".to_owned()], segments: segments(&mappings) };
            if let Some(at) = map.original(line, Some(column)) {
                prop_assert!(at.line > 0 && at.column > 0);
            }
        }
    }
}
