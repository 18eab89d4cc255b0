//! What a result consists of: a rule's name, where, what can happen, and the proof.
//!
//! Invariant: findings own what they hold and know no format.

mod code;
mod date;
mod fingerprint;
mod fix;
mod shown;
mod suppression;

use std::sync::Arc;

use crate::source::Place;
use crate::value::Branch;

pub use crate::identity::{Refused, Subject, Witness};
pub use crate::resolve::{Note, NoteKind};
pub use code::{Certainty, CodeLine, CodePoint};
pub use date::Date;
pub use fingerprint::{fingerprint, without_indexes};
pub use fix::{Applicability, Change, Fix, TextEdit, Written};
pub use shown::{shown, visible, visible_char};
pub use suppression::{By, Expiry, Named, Scope, Suppressed, Suppression};

/// How bad it is (catalogue, section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Likely a defect, or a wider door than the context suggests.
    Warning,
    /// Will not deploy, will not work, or lets in who must be kept out.
    Error,
}

impl Severity {
    /// `error`, `warning` or `info`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// The severity of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Error, Self::Warning, Self::Info].into_iter().find(|severity| severity.name() == name)
    }

    /// One step lower; info stays.
    #[must_use]
    pub fn lower(self) -> Self {
        match self {
            Self::Error => Self::Warning,
            Self::Warning | Self::Info => Self::Info,
        }
    }
}

/// Whether it holds for every value of what is unknown, or for some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// For some value.
    Possible,
    /// For every value, in the branch that the finding names.
    Definite,
}

impl Status {
    /// `definite` or `possible`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Definite => "definite",
            Self::Possible => "possible",
        }
    }
}

/// A place with half a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is so there; for the primary place, what is wrong.
    pub message: String,
}

impl Label {
    /// A label.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

/// A choice that the finding's branch makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A condition is true or false.
    Condition(bool),
    /// A parameter has this value.
    Value(String),
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad this one is.
    pub severity: Severity,
    /// Definite or possible.
    pub status: Status,
    /// The headline: what can happen, or what will not work. No full stop.
    pub message: String,
    /// The faulty span, and what is wrong there.
    pub primary: Label,
    /// Other places that make it true, in the order of the path.
    pub related: Vec<Label>,
    /// The change to make, as text that can be pasted; may have several lines.
    pub help: String,
    /// What it is about.
    pub subject: Subject,
    /// The branch in which it holds.
    pub branch: Branch,
    /// The same for people: conditions and parameters with their values.
    pub assignment: Vec<(String, Choice)>,
    /// Of the conditions that a configuration asks for (`[[suppress]]`) those of its template that are true in all of
    /// its branch.
    pub true_conditions: Vec<String>,
    /// What it takes for granted, each a sentence without its full stop.
    pub assumes: Vec<String>,
    /// The line of the program that wrote the template.
    pub code: Option<Box<CodeLine>>,
    /// The `cdk.json` of the app, where git has that and not the template, and no line of the app is known.
    pub app: Option<Arc<str>>,
    /// The proof.
    pub witness: Option<Box<Witness>>,
    /// What mends it.
    pub fix: Option<Box<Fix>>,
    /// What it is about, for the precedence between rules; see `checks::precedence`.
    pub mistake: Mistake,
    /// Identifies it over time; given once all findings are known.
    pub fingerprint: String,
    /// Why it is not shown, where somebody said so.
    pub suppressed: Option<Box<Suppressed>>,
}

/// The spot of a mistake, to tell which findings speak of the same one (catalogue, section 15).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mistake {
    /// The statement.
    pub statement: Option<Place>,
    /// The key, property or element.
    pub element: &'static str,
    /// The statement has no condition at all, or lets in whom another rule speaks of.
    pub bare: bool,
}

/// What was read and decided, for the summary line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that were read as something this program knows.
    pub files: usize,
    /// Templates among them.
    pub templates: usize,
    /// Those among them that were to be templates and cannot be read as one.
    pub broken: usize,
    /// Files beside them that were found and could not be read at all.
    pub unread: usize,
    /// Folders that could not be searched.
    pub unsearched: usize,
    /// Stacks; a template that is nested twice counts twice.
    pub stacks: usize,
    /// Roles.
    pub roles: usize,
    /// Trust policies whose every unwanted class is certainly in or certainly out.
    pub trusts_decided: usize,
    /// The others.
    pub trusts_undecided: usize,
    /// Role attachments and groups with a role of which every value is known that says who gets which role.
    pub mappings_decided: usize,
    /// The others.
    pub mappings_undecided: usize,
    /// Loops and parts of macros that stay as they are written, since a value is missing: what they would
    /// make is not among the rest.
    pub unexpanded: usize,
}

impl Finding {
    /// A definite finding without labels, help or proof; the caller adds what it knows.
    pub fn new(
        rule: &'static str,
        severity: Severity,
        message: impl Into<String>,
        primary: Label,
        subject: Subject,
    ) -> Self {
        Self {
            rule,
            severity,
            status: Status::Definite,
            message: message.into(),
            primary,
            related: Vec::new(),
            help: String::new(),
            subject,
            branch: Branch::default(),
            assignment: Vec::new(),
            true_conditions: Vec::new(),
            assumes: Vec::new(),
            code: None,
            app: None,
            witness: None,
            fix: None,
            mistake: Mistake::default(),
            fingerprint: String::new(),
            suppressed: None,
        }
    }

    /// The fix that `--fix` makes: of what is only possible it makes none.
    pub fn promised_fix(&self) -> Option<&Fix> {
        self.fix.as_deref().filter(|_| self.status == Status::Definite)
    }

    /// What report order compares. Files are numbered in the order of their paths.
    pub fn order(&self) -> (Place, &str, &str, &str) {
        (self.primary.place, self.rule, &self.subject.stack_key, &self.message)
    }
}

/// All that a report needs.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The files.
    pub sources: crate::source::Sources,
    /// What was found and is shown, in report order.
    pub findings: Vec<Finding>,
    /// What would be shown had nobody suppressed it, in the same order.
    pub suppressed: Vec<Finding>,
    /// What else is worth saying.
    pub notes: Vec<Note>,
    /// What was read.
    pub counts: Counts,
}

impl Outcome {
    /// What is shown and what is suppressed, in report order.
    pub fn with_suppressed(&self) -> Vec<&Finding> {
        let mut all: Vec<&Finding> = self.findings.iter().chain(&self.suppressed).collect();
        if !self.suppressed.is_empty() {
            all.sort_by(|a, b| a.order().cmp(&b.order()));
        }
        all
    }

    /// How many findings are suppressed in some way, or by a baseline.
    pub fn count_suppressed(&self, by_baseline: bool) -> usize {
        let is_counted = |told: &Suppressed| (told.by == By::Baseline) == by_baseline;
        self.suppressed.iter().filter(|finding| finding.suppressed.as_deref().is_some_and(is_counted)).count()
    }
}
