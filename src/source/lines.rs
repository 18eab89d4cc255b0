//! From a byte to a line and column.

/// A position for people, both numbers from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters (Unicode scalar values), from 1.
    pub column: u32,
}

/// Bytes between two counted positions of a text that is not ASCII.
const STEP: usize = 4096;

/// Where the lines of a text begin. Lines end at LF or CRLF; no other character ends one.
#[derive(Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// Characters before every `STEP`th byte; empty for ASCII, where bytes are characters.
    characters: Vec<u32>,
}

impl LineIndex {
    /// The index of this text. Cost: one pass.
    pub fn new(text: &str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        Self { starts, characters: if text.is_ascii() { Vec::new() } else { count_characters(text) } }
    }

    /// Number of lines; a text that ends in a line end has an empty last one.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never: the empty text has one line.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Line and column of a byte; a byte past the end counts as the end. A byte order mark at the
    /// start of the file takes no column.
    pub fn line_column(&self, text: &str, byte: usize) -> LineColumn {
        let byte = text.floor_char_boundary(byte.min(text.len()));
        let line = self.starts.partition_point(|start| *start as usize <= byte) - 1;
        let mut start = self.starts[line] as usize;
        if line == 0 && text.starts_with('\u{feff}') {
            start = '\u{feff}'.len_utf8().min(byte);
        }
        let column = self.characters_before(text, byte) - self.characters_before(text, start);
        LineColumn { line: line as u32 + 1, column: column + 1 }
    }

    /// Bytes of a line, its end not included; `line` counts from 1.
    pub fn line_bytes(&self, text: &str, line: u32) -> std::ops::Range<usize> {
        let index = (line as usize).saturating_sub(1).min(self.starts.len() - 1);
        let start = self.starts[index] as usize;
        let end = self.starts.get(index + 1).map_or(text.len(), |next| *next as usize);
        start..start + text[start..end].trim_end_matches(['\n', '\r']).len()
    }

    /// Characters in the text before a byte that lies on a character boundary.
    pub fn characters_before(&self, text: &str, byte: usize) -> u32 {
        if self.characters.is_empty() {
            return byte as u32;
        }
        let step = byte / STEP;
        let from = step * STEP;
        self.characters[step] + count(&text.as_bytes()[from..byte])
    }
}

fn count_characters(text: &str) -> Vec<u32> {
    let mut before = 0;
    let sum = |chunk: &[u8]| {
        let here = before;
        before += count(chunk);
        here
    };
    let mut steps: Vec<u32> = text.as_bytes().chunks(STEP).map(sum).collect();
    steps.push(before);
    steps
}

/// Bytes that begin a character.
fn count(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, byte: usize) -> (u32, u32) {
        let LineColumn { line, column } = LineIndex::new(text).line_column(text, byte);
        (line, column)
    }

    #[test]
    fn lines_end_at_lf_and_crlf_only() {
        assert_eq!(at("a\r\nb", 3), (2, 1));
        assert_eq!(at("a\u{2028}b\nc", 6), (2, 1));
        assert_eq!(at("a\rb", 2), (1, 3));
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(at("é: x", 4), (1, 4));
        assert_eq!(at("\u{feff}ab", 4), (1, 2));
        assert_eq!(at("ab", 99), (1, 3));
    }

    #[test]
    fn long_lines_agree_with_counting() {
        let text = "aé".repeat(10_000);
        let index = LineIndex::new(&text);
        for (count, (byte, _)) in text.char_indices().enumerate().step_by(997) {
            assert_eq!(index.line_column(&text, byte).column as usize, count + 1);
        }
    }
}
