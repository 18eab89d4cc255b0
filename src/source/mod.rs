//! Bytes and positions: the file table, byte spans, and the way from a byte to a line and column.
//!
//! Invariant: nothing here knows what a file means, and no file is read here.

mod lines;

use std::sync::{Arc, OnceLock};

pub use lines::{LineColumn, LineIndex};

/// Names one file of a run: its place in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes in one file, counted from 0 of the file as stored (a byte order mark included).
///
/// Invariant: `start <= end`, and both lie on character boundaries of the text they were made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes; turned round where they are in the wrong order.
    pub fn new(start: usize, end: usize) -> Self {
        let (start, end) = if start <= end { (start, end) } else { (end, start) };
        Self { start: clamp(start), end: clamp(end) }
    }

    /// The empty span at `at`.
    pub fn at(at: usize) -> Self {
        Self::new(at, at)
    }

    /// First byte.
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// One past the last byte.
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// Whether it holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text of the span, or nothing where the span does not fit the text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start()..self.end()).unwrap_or("")
    }

    /// The same span with both ends moved down to character boundaries of `text`.
    pub fn snapped(self, text: &str) -> Self {
        Self::new(text.floor_char_boundary(self.start()), text.floor_char_boundary(self.end()))
    }
}

fn clamp(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

/// A span in a file of the run: how anything outside `syntax` says where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes in it.
    pub span: Span,
}

/// One file: its path as shown, its text, and its lines once somebody asks for them.
#[derive(Debug)]
pub struct SourceFile {
    path: Box<str>,
    text: Arc<str>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// A file with this shown path (relative to the working directory, `/` between parts).
    pub fn new(path: impl Into<Box<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// The path as reports show it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text as stored.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The line index, made at the first call.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Line and column of a byte.
    pub fn line_column(&self, byte: usize) -> LineColumn {
        self.lines().line_column(&self.text, byte)
    }
}

/// All files of a run, sorted by path before ids are given.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// The table of these files; a file's id is its place in the list.
    pub fn new(files: Vec<SourceFile>) -> Self {
        Self { files }
    }

    /// The file of this id.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Ids and files in order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// Adds a file behind the others.
    pub fn push(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
