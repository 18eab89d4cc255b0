//! What could not be read, and what was read otherwise than it looks.

pub mod cdk_not_synthesised;
pub mod cdk_synthesis_failed;
pub mod duplicate_key;
pub mod input_is_template_source;
pub mod input_unreadable;

use super::Reading;
use crate::finding::{Label, Subject};
use crate::source::{Place, Span};

fn label(reading: &Reading<'_>, span: Span, message: impl Into<String>) -> Label {
    Label::new(Place { file: reading.file, span }, message)
}

/// The subject of a finding about a whole file; the caller of the checks knows the stack.
fn file() -> Subject {
    Subject::default()
}
