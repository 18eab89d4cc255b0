//! Formats that people or programs read.
//!
//! Invariant: a report is made of an [`Outcome`] and nothing else; no file, environment or clock is
//! asked. What a template says reaches a screen only through [`crate::finding::visible`].

mod escape;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod paint;
mod plain;
mod sarif;
mod snippet;
mod spot;
mod summary;
mod text;
mod words;

use std::io::{BufWriter, Result, Write};
use std::time::Duration;

use crate::finding::Outcome;

pub use escape::screen_safe;
pub use summary::no_template;
pub use words::message;

/// The formats of `check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people: the place in the source, the proof, the help.
    Text,
    /// One line a finding: `path:line:column: severity[RULE] message`.
    Plain,
    /// Everything, `data/rolecall-1.schema.json`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// Code quality of GitLab.
    Gitlab,
    /// JUnit's XML.
    Junit,
    /// Markdown for a comment on a pull request.
    Markdown,
    /// One HTML file for a browser.
    Html,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 9] = [
        Self::Text,
        Self::Plain,
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Junit,
        Self::Markdown,
        Self::Html,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Plain => "plain",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// How a report is to look.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Colours for a terminal; only [`Format::Text`] has any.
    pub color: bool,
    /// Findings only: no summary, no notes.
    pub quiet: bool,
    /// Also why files were passed over, and which references left the run.
    pub verbose: bool,
    /// Also which trust policies were not decided.
    pub undecided: bool,
    /// Columns that the text should fit.
    pub width: usize,
    /// How long the run took, for the summary line.
    pub elapsed: Option<Duration>,
    /// The version of the program.
    pub version: &'a str,
}

impl Default for Options<'_> {
    fn default() -> Self {
        let version = env!("CARGO_PKG_VERSION");
        Self { color: false, quiet: false, verbose: false, undecided: false, width: 100, elapsed: None, version }
    }
}

/// Writes the report of this outcome.
///
/// # Errors
/// Those of the writer.
pub fn write(format: Format, outcome: &Outcome, options: &Options<'_>, out: &mut dyn Write) -> Result<()> {
    // The serializers write a few bytes at a time.
    let mut out = BufWriter::new(out);
    match format {
        Format::Text => text::write(outcome, options, &mut out)?,
        Format::Plain => plain::write(outcome, &mut out)?,
        Format::Json => json::write(outcome, options, &mut out)?,
        Format::Sarif => sarif::write(outcome, options, &mut out)?,
        Format::Github => github::write(outcome, &mut out)?,
        Format::Gitlab => gitlab::write(outcome, &mut out)?,
        Format::Junit => junit::write(outcome, options, &mut out)?,
        Format::Markdown => markdown::write(outcome, options, &mut out)?,
        Format::Html => html::write(outcome, options, &mut out)?,
    }
    out.flush()
}

#[cfg(test)]
mod tests;
