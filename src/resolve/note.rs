//! What is worth saying and is no finding.

use crate::source::Place;

/// Something worth saying that is no finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What kind of thing it is.
    pub kind: NoteKind,
    /// One sentence without its full stop.
    pub message: String,
    /// Where, if it is about a place.
    pub place: Option<Place>,
}

/// Kinds of notes (interface, JSON, `notes[].kind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// A trust policy that could not be decided.
    Undecided,
    /// A reference that no file of the run answers.
    LeftRun,
    /// A reference that two files answer.
    Ambiguous,
    /// A stated limit was reached.
    Bound,
    /// A file that was passed over, and why.
    Skipped,
    /// An output of a program that has changed since.
    Stale,
    /// Findings of a baseline that are no longer there.
    Vanished,
}

impl NoteKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::LeftRun => "left-run",
            Self::Ambiguous => "ambiguous",
            Self::Bound => "bound",
            Self::Skipped => "skipped",
            Self::Stale => "stale",
            Self::Vanished => "vanished",
        }
    }
}
