//! What is worth saying and is no finding.

use std::collections::{HashMap, HashSet};

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
    /// The two that answer a reference, where it is about them.
    pub rivals: Option<[String; 2]>,
}

impl Note {
    /// A note.
    pub fn new(kind: NoteKind, message: String, place: Option<Place>) -> Self {
        Self { kind, message, place, rivals: None }
    }

    /// That two templates define what one asks for, so that neither of them is asked.
    pub fn of_rivals(what: &str, rivals: [String; 2], place: Place) -> Self {
        let [one, other] = &rivals;
        let message = format!("references to {what} are not followed: it is defined by {one} and by {other}");
        Self { kind: NoteKind::Ambiguous, message, place: Some(place), rivals: Some(rivals) }
    }

    /// One note for each pair of templates that define the same things, with how many these are; the others as they
    /// are. Copies of a project define everything twice.
    pub fn condensed(notes: Vec<Self>) -> Vec<Self> {
        let mut things: HashMap<[String; 2], HashSet<String>> = HashMap::new();
        for note in &notes {
            if let Some(rivals) = &note.rivals {
                things.entry(rivals.clone()).or_default().insert(note.message.clone());
            }
        }
        let once = |mut note: Self| {
            let Some(rivals) = &note.rivals else { return Some(note) };
            match things.remove(rivals)?.len() - 1 {
                0 => {}
                1 => note.message += ", as is 1 other",
                more => note.message += &format!(", as are {more} others"),
            }
            Some(note)
        };
        notes.into_iter().filter_map(once).collect()
    }
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
    /// A file that could not be read, or a folder that could not be searched.
    Unread,
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
            Self::Unread => "unread",
            Self::Stale => "stale",
            Self::Vanished => "vanished",
        }
    }
}
