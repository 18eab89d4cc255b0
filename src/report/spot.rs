//! Where a place lies, in the numbers that people and editors use.

use super::words::{TEXT, cut};
use crate::finding::{CodeLine, Finding, Label, Outcome, visible};
use crate::source::{LineColumn, Place, SourceFile, Sources, Span};

/// Where a finding is shown: at the user's own line where that is known, else in the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown<'a> {
    /// The path as it is.
    pub(super) path: &'a str,
    /// The first line.
    pub(super) line: u32,
    /// The last line.
    pub(super) last_line: u32,
    /// The first column; not always known of a line of a program.
    pub(super) column: Option<u32>,
}

impl<'a> Shown<'a> {
    /// Where a finding is shown.
    pub(super) fn of(outcome: &'a Outcome, finding: &'a Finding) -> Self {
        if let Some((at, _)) = finding.code.as_deref().and_then(CodeLine::shown) {
            return Self { path: &at.path, line: at.line, last_line: at.line, column: at.column };
        }
        let Spot { path, start, end } = Spot::new(&outcome.sources, finding.primary.place);
        Self { path, line: start.line, last_line: end.line, column: Some(start.column) }
    }

    /// `path:line:column`, with nothing in it that acts on a screen.
    pub(super) fn text(&self) -> String {
        // Who splits the line at its colons finds a column in any case.
        format!("{}:{}:{}", visible(self.path), self.line, self.column.unwrap_or(1))
    }
}

/// Places beside the first one that are told in forms without lines of the template.
const BESIDE: usize = 3;

/// The other places of a finding, each `path:line: what is so there`.
pub(super) fn beside(outcome: &Outcome, finding: &Finding) -> Vec<String> {
    let told = |label: &Label| {
        let spot = Spot::new(&outcome.sources, label.place);
        format!("{}: {}", spot.line(), cut(&label.message, TEXT))
    };
    finding.related.iter().take(BESIDE).map(told).collect()
}

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
