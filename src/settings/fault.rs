//! What is wrong in a file that users wrote for this program.

use crate::checks::nearest_among;
use crate::finding::shown;
use crate::source::{SourceFile, Span};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub span: Span,
    /// What, without a full stop.
    pub message: String,
}

impl Fault {
    /// A mistake at a place.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }

    /// A name that is none of those that can stand there.
    pub(super) fn unknown<'n>(span: Span, what: &str, name: &str, names: impl Iterator<Item = &'n str>) -> Self {
        let near = nearest_among(name, names);
        let hint = near.first().map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        Self::new(span, format!("{what} is called '{}'{hint}", shown(name)))
    }

    /// `path:line:column: message`.
    pub fn in_file(&self, file: &SourceFile) -> String {
        let at = file.line_column(self.span.start());
        format!("{}:{}:{}: {}", file.path(), at.line, at.column, self.message)
    }
}
