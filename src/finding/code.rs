//! The user's own line, where a template was written by a program.

use std::sync::Arc;

use crate::source::SourceFile;

/// What a program did that a finding is about. It is no [`crate::source::Place`]: the file may not be there,
/// and a trace may name no column.
#[derive(Clone, Debug)]
pub struct CodeLine {
    /// The line that says best what is meant.
    pub at: CodePoint,
    /// How sure it is.
    pub certainty: Certainty,
    /// Half a sentence about the line.
    pub says: String,
    /// Functions that it called, which make several constructs; the innermost first.
    pub helpers: Vec<CodePoint>,
    /// What called it, the nearest first.
    pub callers: Vec<CodePoint>,
}

/// How sure it is that a line is the one that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It made the construct, or set the property itself.
    Exact,
    /// It made what the construct belongs to.
    Near,
    /// No trace says anything, but it is the only line with the id of the construct.
    Guess,
}

/// A line of a program.
#[derive(Clone, Debug)]
pub struct CodePoint {
    /// The function that it belongs to; empty where that is not known.
    pub function: String,
    /// As reports show it where the file is there, else as the machine had it that ran the program.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1: in characters where the file is there, in UTF-16 units where not.
    pub column: Option<u32>,
    /// The file, where it is there and has such a line.
    pub file: Option<Arc<SourceFile>>,
}

impl CodeLine {
    /// The line, if a trace says it and its file is there: only then it can be shown, and opened by whoever
    /// reads of it.
    pub fn shown(&self) -> Option<(&CodePoint, &SourceFile)> {
        self.at.file.as_deref().filter(|_| self.certainty != Certainty::Guess).map(|file| (&self.at, file))
    }

    /// The line, if it is only a guess: it stands beside the template and never in its place.
    pub fn guessed(&self) -> Option<&CodePoint> {
        (self.certainty == Certainty::Guess).then_some(&self.at)
    }
}
