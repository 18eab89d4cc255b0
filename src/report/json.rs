//! The JSON form that users' programs rely on (`data/rolecall-1.schema.json`). Fields may be added to
//! it, none may be renamed or left out.

use std::borrow::Cow;
use std::io::{Error, ErrorKind, Result, Write};

use serde::{Serialize, Serializer};

use super::escape::write_json;
use super::words::{TEXT, clip};
use super::{Options, summary};
use crate::checks::rule;
use crate::finding::{self, Certainty, Choice, Outcome, Severity};
use crate::policy::{Carried, Request};
use crate::source::{Place, Sources};
use crate::value::{Text, Truth};

/// Largest policy and request of a witness, in bytes of JSON; of a larger one only the beginning and end
/// of its texts are told.
const WITNESS: usize = 64 << 10;

/// Characters of a text that are told at most: far more than a template has that is meant to be deployed.
const WHOLE: usize = 10_000;

/// Writes the whole outcome.
pub(super) fn write(outcome: &Outcome, options: &Options<'_>, out: &mut dyn Write) -> Result<()> {
    let sources = &outcome.sources;
    let report = Report {
        schema: "rolecall/1",
        version: options.version,
        summary: Summary::new(outcome),
        findings: outcome.with_suppressed().into_iter().map(|finding| Finding::new(sources, finding)).collect(),
        notes: outcome.notes.iter().map(|note| Note::new(sources, note)).collect(),
    };
    write_json(&report, out)
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    version: &'a str,
    summary: Summary,
    findings: Vec<Finding<'a>>,
    notes: Vec<Note<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    files: usize,
    templates: usize,
    stacks: usize,
    roles: usize,
    trusts_decided: usize,
    trusts_undecided: usize,
    mappings_decided: usize,
    mappings_undecided: usize,
    unexpanded: usize,
    findings: BySeverity,
    suppressed: usize,
    baselined: usize,
}

#[derive(Serialize)]
struct BySeverity {
    error: usize,
    warning: usize,
    info: usize,
}

impl Summary {
    fn new(outcome: &Outcome) -> Self {
        let counts = &outcome.counts;
        let count = |severity| summary::count(outcome, severity);
        let findings = BySeverity {
            error: count(Severity::Error),
            warning: count(Severity::Warning),
            info: count(Severity::Info),
        };
        Self {
            files: counts.files,
            templates: counts.templates,
            stacks: counts.stacks,
            roles: counts.roles,
            trusts_decided: counts.trusts_decided,
            trusts_undecided: counts.trusts_undecided,
            mappings_decided: counts.mappings_decided,
            mappings_undecided: counts.mappings_undecided,
            unexpanded: counts.unexpanded,
            findings,
            suppressed: outcome.count_suppressed(false),
            baselined: outcome.count_suppressed(true),
        }
    }
}

/// What does not exist yet is always null, so that nobody has to change a program later.
type Later = Option<()>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    rule: &'a str,
    name: &'a str,
    severity: &'static str,
    confidence: &'static str,
    status: &'static str,
    message: Cow<'a, str>,
    help: Cow<'a, str>,
    url: Later,
    location: Location<'a>,
    template: Option<Location<'a>>,
    code: Option<Code<'a>>,
    stack: Option<Cow<'a, str>>,
    logical_id: Option<Cow<'a, str>>,
    property: Option<Cow<'a, str>>,
    construct_path: Option<Cow<'a, str>>,
    assignment: Pairs<'a, Chosen<'a>>,
    assumes: Vec<Cow<'a, str>>,
    related: Vec<Related<'a>>,
    witness: Option<Witness<'a>>,
    fix: Option<Fix<'a>>,
    fingerprint: &'a str,
    suppressed: Option<Suppressed<'a>>,
}

impl<'a> Finding<'a> {
    fn new(sources: &'a Sources, finding: &'a finding::Finding) -> Self {
        let (rule, subject) = (rule(finding.rule), &finding.subject);
        let in_template = || Location::new(sources, finding.primary.place);
        let code = finding.code.as_deref();
        let shown = code.and_then(finding::CodeLine::shown);
        let name = |name: &'a Option<String>| name.as_deref().map(|name| clip(name, WHOLE));
        let related = |label: &'a finding::Label| Related {
            message: clip(&label.message, WHOLE),
            location: Location::new(sources, label.place),
        };
        Self {
            rule: finding.rule,
            // A rule that a user wrote has no page: its id is all that is known of it.
            name: rule.map_or(finding.rule, |rule| rule.name),
            severity: finding.severity.name(),
            confidence: rule.map_or("high", |rule| rule.confidence),
            status: finding.status.name(),
            message: clip(&finding.message, WHOLE),
            help: clip(&finding.help, WHOLE),
            url: None,
            location: shown.map_or_else(in_template, |(at, _)| Location::of_code(at)),
            template: shown.map(|_| in_template()),
            code: code.map(Code::new),
            stack: name(&subject.stack),
            logical_id: name(&subject.logical_id),
            property: name(&subject.property),
            construct_path: name(&subject.construct_path),
            assignment: Pairs(
                finding.assignment.iter().map(|(name, choice)| (clip(name, WHOLE), choice.into())).collect(),
            ),
            assumes: finding.assumes.iter().map(|text| clip(text, WHOLE)).collect(),
            related: finding.related.iter().map(related).collect(),
            witness: finding.witness.as_deref().map(Witness::new),
            fix: finding.fix.as_deref().map(|fix| Fix::new(sources, fix)),
            fingerprint: &finding.fingerprint,
            suppressed: finding.suppressed.as_deref().map(|told| Suppressed::new(sources, told)),
        }
    }
}

/// Why a finding is not shown. What is said there is a stranger's word.
#[derive(Serialize)]
struct Suppressed<'a> {
    by: &'static str,
    reason: Option<Cow<'a, str>>,
    owner: Option<Cow<'a, str>>,
    expires: Option<String>,
    location: Option<Location<'a>>,
}

impl<'a> Suppressed<'a> {
    fn new(sources: &'a Sources, told: &'a finding::Suppressed) -> Self {
        let text = |text: &'a Option<String>| text.as_deref().map(|text| clip(text, WHOLE));
        Self {
            by: told.by.name(),
            reason: text(&told.reason),
            owner: text(&told.owner),
            expires: told.expires.map(|date| date.to_string()),
            location: told.place.map(|place| Location::new(sources, place)),
        }
    }
}

#[derive(Serialize)]
struct Fix<'a> {
    applicability: &'static str,
    description: Cow<'a, str>,
    edits: Vec<Edit<'a>>,
}

/// Bytes of a file as stored, and what stands there then, whole: a clipped text would be another fix.
#[derive(Serialize)]
struct Edit<'a> {
    path: &'a str,
    start: usize,
    end: usize,
    text: &'a str,
}

impl<'a> Fix<'a> {
    fn new(sources: &'a Sources, fix: &'a finding::Fix) -> Self {
        let edit = |edit: &'a finding::TextEdit| {
            let (file, span) = (sources.get(edit.place.file), edit.place.span);
            Edit { path: file.path(), start: span.start(), end: span.end(), text: &edit.text }
        };
        Self {
            applicability: fix.applicability.name(),
            description: clip(&fix.description, WHOLE),
            edits: fix.edits.iter().map(edit).collect(),
        }
    }
}

#[derive(Serialize)]
struct Related<'a> {
    message: Cow<'a, str>,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    start: Position,
    end: Option<Position>,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: Option<u32>,
    offset: Option<usize>,
}

/// What is known of the program's line, also where its file is not there.
#[derive(Serialize)]
struct Code<'a> {
    exact: bool,
    /// A guess: no trace says it.
    hint: bool,
    message: Cow<'a, str>,
    #[serde(flatten)]
    at: Point<'a>,
    helpers: Vec<Point<'a>>,
    callers: Vec<Point<'a>>,
}

#[derive(Serialize)]
struct Point<'a> {
    function: Option<&'a str>,
    path: Cow<'a, str>,
    line: u32,
    column: Option<u32>,
    found: bool,
}

impl<'a> Code<'a> {
    fn new(code: &'a finding::CodeLine) -> Self {
        let points = |points: &'a [finding::CodePoint]| points.iter().map(Point::new).collect();
        let (helpers, callers) = (points(&code.helpers), points(&code.callers));
        let (exact, hint) = (code.certainty == Certainty::Exact, code.certainty == Certainty::Guess);
        Self { exact, hint, message: clip(&code.says, WHOLE), at: Point::new(&code.at), helpers, callers }
    }
}

impl<'a> Point<'a> {
    fn new(point: &'a finding::CodePoint) -> Self {
        Self {
            function: Some(point.function.as_str()).filter(|name| !name.is_empty()),
            path: clip(&point.path, WHOLE),
            line: point.line,
            column: point.column,
            found: point.file.is_some(),
        }
    }
}

impl<'a> Location<'a> {
    fn new(sources: &'a Sources, place: Place) -> Self {
        let file = sources.get(place.file);
        let span = place.span.snapped(file.text());
        let position = |offset| {
            let at = file.line_column(offset);
            Position { line: at.line, column: Some(at.column), offset: Some(offset) }
        };
        Self { path: file.path(), start: position(span.start()), end: Some(position(span.end())) }
    }

    /// A line of a program: a trace says where it begins, and no more.
    fn of_code(point: &'a finding::CodePoint) -> Self {
        let start = Position { line: point.line, column: point.column, offset: None };
        Self { path: &point.path, start, end: None }
    }
}

/// A condition is a truth value, a parameter a text.
#[derive(Serialize)]
#[serde(untagged)]
enum Chosen<'a> {
    Condition(bool),
    Value(Cow<'a, str>),
}

impl<'a> From<&'a Choice> for Chosen<'a> {
    fn from(choice: &'a Choice) -> Self {
        match choice {
            Choice::Condition(value) => Self::Condition(*value),
            Choice::Value(value) => Self::Value(clip(value, WHOLE)),
        }
    }
}

/// An object whose keys keep their order.
struct Pairs<'a, V>(Vec<(Cow<'a, str>, V)>);

impl<V: Serialize> Serialize for Pairs<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Witness<'a> {
    class: &'a str,
    request: Asked<'a>,
    policy: Option<&'a serde_json::Value>,
    substitution: Pairs<'a, Cow<'a, str>>,
    decision: &'static str,
    by: Option<Cow<'a, str>>,
    assumes: Vec<Cow<'a, str>>,
    aws_also_refuses: &'static str,
}

/// The request of a proof in the form of an `eval` line; of a very large one the beginning and the end of each text.
pub(super) fn request_of(witness: &finding::Witness) -> impl Serialize + use<'_> {
    Witness::new(witness).request
}

impl<'a> Witness<'a> {
    fn new(witness: &'a finding::Witness) -> Self {
        let whole = Asked::new(&witness.request, usize::MAX);
        let is_whole = is_within(WITNESS, &(&whole, &witness.policy));
        let request = if is_whole { whole } else { Asked::new(&witness.request, TEXT) };
        let substitution = witness.substitution.iter().map(|(name, text)| (clip(name, WHOLE), clip(text, WHOLE)));
        Self {
            class: &witness.class,
            request,
            policy: is_whole.then_some(&witness.policy),
            substitution: Pairs(substitution.collect()),
            decision: match witness.decision {
                Truth::True => "Allow",
                Truth::False => "Deny",
                Truth::Unknown => "Unknown",
            },
            by: witness.by.as_deref().map(|by| clip(by, WHOLE)),
            assumes: witness.assumes.iter().map(|text| clip(text, WHOLE)).collect(),
            aws_also_refuses: witness.refused.name(),
        }
    }
}

/// A request in the form of an `eval` line.
#[derive(Serialize)]
struct Asked<'a> {
    principal: Principal<'a>,
    action: Cow<'a, str>,
    resource: Cow<'a, str>,
    context: Pairs<'a, Values<'a>>,
}

#[derive(Serialize)]
struct Principal<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: Cow<'a, str>,
}

/// One text for a single-valued key, a list for a multivalued one.
#[derive(Serialize)]
#[serde(untagged)]
enum Values<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Asked<'a> {
    /// The request, its texts cut to `most` characters.
    fn new(request: &'a Request, most: usize) -> Self {
        let (kind, value) = &request.principal;
        let context = request
            .context
            .iter()
            .map(|(key, carried)| (clip(key.as_known().unwrap_or_default(), most), Values::new(carried, most)));
        Self {
            principal: Principal { kind: kind.name(), value: concrete(value, most) },
            action: clip(&request.action, most),
            resource: concrete(&request.resource, most),
            context: Pairs(context.collect()),
        }
    }
}

impl<'a> Values<'a> {
    fn new(carried: &'a Carried, most: usize) -> Self {
        match carried {
            Carried::One(text) => Self::One(concrete(text, most)),
            Carried::Many(texts) => Self::Many(texts.iter().map(|text| concrete(text, most)).collect()),
            Carried::Perhaps => Self::Many(Vec::new()),
        }
    }
}

/// The text of a witness, in which nothing is unknown.
fn concrete(text: &Text, most: usize) -> Cow<'_, str> {
    clip(text.as_known().unwrap_or_default(), most)
}

/// Whether the JSON of a value has at most so many bytes; it is not written further than that.
fn is_within(most: usize, value: &impl Serialize) -> bool {
    serde_json::to_writer(Room(most), value).is_ok()
}

/// A writer that refuses what goes beyond its bytes.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| Error::from(ErrorKind::StorageFull))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[derive(Serialize)]
struct Note<'a> {
    kind: &'static str,
    message: Cow<'a, str>,
    location: Option<Location<'a>>,
}

impl<'a> Note<'a> {
    fn new(sources: &'a Sources, note: &'a finding::Note) -> Self {
        let location = note.place.map(|place| Location::new(sources, place));
        Self { kind: note.kind.name(), message: clip(&note.message, WHOLE), location }
    }
}
