//! What checks over the reading of one input are given.

use crate::source::{FileId, Span};
use crate::syntax::Document;

/// One input that was read, or that could not be.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The file: a template, a manifest, an `error.txt`, a `cdk.json`.
    pub file: FileId,
    /// Its tree; none where it is no text of a known grammar, or none was needed.
    pub document: Option<&'a Document>,
    /// Whether it is a template: only then do its keys matter.
    pub is_template: bool,
    /// What is wrong with it.
    pub problems: &'a [Problem],
    /// The stack set whose template it is, where it is no file but a text in one.
    pub stack_set: Option<&'a str>,
}

/// Something wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It cannot be read as a template: grammar, encoding, limits, shape (INP001).
    Unreadable {
        /// Where in the file.
        span: Span,
        /// What is wrong, in a sentence without its full stop.
        message: String,
        /// A second place that explains it.
        related: Option<(Span, String)>,
        /// How to mend it, where that is not clear from the place.
        advice: Option<String>,
    },
    /// It is the source of another tool's template (INP002).
    TemplateSource {
        /// Where that shows.
        span: Span,
        /// The tool: `Jinja`.
        tool: &'static str,
    },
    /// `cdk synth` failed here: only `error.txt`, or a manifest that names files that are not there (INP003).
    SynthesisFailed {
        /// Where in the file.
        span: Span,
        /// What is missing or what was said.
        message: String,
    },
    /// A `cdk.json` without an output folder (INP005).
    NotSynthesised {
        /// The folder that would be there, as the user would write it.
        output: String,
    },
}
