//! What a result consists of: a rule's name, where, what can happen, and the proof.
//!
//! Invariant: findings own what they hold and know no format.

mod fingerprint;
mod shown;

use crate::policy::Request;
use crate::source::Place;
use crate::value::{Branch, Truth};

pub use fingerprint::fingerprint;
pub use shown::{shown, visible, visible_char};

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

/// The part of a stack that a finding is about. What is unknown or does not apply is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Subject {
    /// What makes the stack the same in every run (interface, JSON, `fingerprint`).
    pub stack_key: String,
    /// The stack's name as CloudFormation has it.
    pub stack: Option<String>,
    /// The resource's logical id.
    pub logical_id: Option<String>,
    /// Path below `Properties`: `A.B[0].C`.
    pub property: Option<String>,
    /// Path of the CDK construct.
    pub construct_path: Option<String>,
}

/// A choice that the finding's branch makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A condition is true or false.
    Condition(bool),
    /// A parameter has this value.
    Value(String),
}

/// A concrete request that proves a finding: every unknown was given a text.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The class of requests: `cognito/foreign-auth/basic`.
    pub class: String,
    /// The request.
    pub request: Request,
    /// The trust policy as the request meets it, a JSON document.
    pub policy: serde_json::Value,
    /// What was unknown, and the text that it was given.
    pub substitution: Vec<(String, String)>,
    /// What the evaluator says of this request and this policy.
    pub decision: Truth,
    /// The statement that decides: `Statement[0]`.
    pub by: Option<String>,
    /// What it takes for granted about the world, each a sentence without its full stop.
    pub assumes: Vec<String>,
    /// What AWS is known to refuse by itself.
    pub refused: Refused,
    /// Who asks and with what result, in one sentence for people.
    pub story: String,
}

/// Whether AWS refuses a request by itself although the policy admits it (catalogue, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A guide says so.
    Documented,
    /// A secondary source says so.
    Reported,
    /// Not known to.
    No,
}

impl Refused {
    /// `documented`, `reported` or `no`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Reported => "reported",
            Self::No => "no",
        }
    }
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
    /// What it takes for granted, each a sentence without its full stop.
    pub assumes: Vec<String>,
    /// The proof.
    pub witness: Option<Box<Witness>>,
    /// What it is about, for the precedence between rules; see `checks::precedence`.
    pub mistake: Mistake,
    /// Identifies it over time; given once all findings are known.
    pub fingerprint: String,
}

/// The spot of a mistake, to tell which findings speak of the same one (catalogue, section 15).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mistake {
    /// The statement's number in its policy.
    pub statement: Option<usize>,
    /// The key, property or element.
    pub element: &'static str,
    /// The statement has no condition at all, or lets in whom another rule speaks of.
    pub bare: bool,
}

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
        }
    }
}

/// What was read and decided, for the summary line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that were read as something this program knows.
    pub files: usize,
    /// Templates among them.
    pub templates: usize,
    /// Stacks; a template that is nested twice counts twice.
    pub stacks: usize,
    /// Roles.
    pub roles: usize,
    /// Trust policies whose every unwanted class is certainly in or certainly out.
    pub trusts_decided: usize,
    /// The others.
    pub trusts_undecided: usize,
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
            assumes: Vec::new(),
            witness: None,
            mistake: Mistake::default(),
            fingerprint: String::new(),
        }
    }
}

/// All that a report needs.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The files.
    pub sources: crate::source::Sources,
    /// What was found and is shown, in report order.
    pub findings: Vec<Finding>,
    /// What else is worth saying.
    pub notes: Vec<Note>,
    /// What was read.
    pub counts: Counts,
}
