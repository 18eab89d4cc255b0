//! Where a place lies, in the numbers that people and editors use.

use crate::finding::visible;
use crate::source::{LineColumn, Place, SourceFile, Sources, Span};

/// A place by path, lines and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot<'a> {
    /// The path as it is.
    pub(super) path: &'a str,
    /// Of the first character.
    pub(super) start: LineColumn,
    /// Behind the last character.
    pub(super) end: LineColumn,
}

impl<'a> Spot<'a> {
    /// The spot of a place.
    pub(super) fn new(sources: &'a Sources, place: Place) -> Self {
        Self::of(sources.get(place.file), place.span)
    }

    /// The spot of a span of a file.
    pub(super) fn of(file: &'a SourceFile, span: Span) -> Self {
        let (start, end) = (file.line_column(span.start()), file.line_column(span.end()));
        Self { path: file.path(), start, end }
    }

    /// `path:line:column`, with nothing in it that acts on a screen.
    pub(super) fn shown(&self) -> String {
        format!("{}:{}", self.line(), self.start.column)
    }

    /// `path:line`, the same way.
    pub(super) fn line(&self) -> String {
        format!("{}:{}", visible(self.path), self.start.line)
    }
}
