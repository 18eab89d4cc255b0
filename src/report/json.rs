//! The JSON form that users' programs rely on (`data/rolecall-1.schema.json`). Fields may be added to
//! it, none may be renamed or left out.

use std::io::{Result, Write};

use serde::{Serialize, Serializer};

use super::escape::write_json;
use super::{Options, summary};
use crate::checks::rule;
use crate::finding::{self, Choice, Outcome, Severity};
use crate::policy::{Carried, Request};
use crate::source::{Place, Sources};
use crate::value::{Text, Truth};

/// Writes the whole outcome.
pub(super) fn write(outcome: &Outcome, options: &Options<'_>, out: &mut dyn Write) -> Result<()> {
    let sources = &outcome.sources;
    let report = Report {
        schema: "rolecall/1",
        version: options.version,
        summary: Summary::new(outcome),
        findings: outcome.findings.iter().map(|finding| Finding::new(sources, finding)).collect(),
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
            findings,
            suppressed: 0,
            baselined: 0,
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
    message: &'a str,
    help: &'a str,
    url: Later,
    location: Location<'a>,
    template: Later,
    stack: Option<&'a str>,
    logical_id: Option<&'a str>,
    property: Option<&'a str>,
    construct_path: Option<&'a str>,
    assignment: Pairs<'a, Chosen<'a>>,
    assumes: &'a [String],
    related: Vec<Related<'a>>,
    witness: Option<Witness<'a>>,
    fix: Later,
    fingerprint: &'a str,
    suppressed: Later,
}

impl<'a> Finding<'a> {
    fn new(sources: &'a Sources, finding: &'a finding::Finding) -> Self {
        let (rule, subject) = (rule(finding.rule), &finding.subject);
        let related = |label: &'a finding::Label| Related {
            message: &label.message,
            location: Location::new(sources, label.place),
        };
        Self {
            rule: finding.rule,
            // A rule that a user wrote has no page: its id is all that is known of it.
            name: rule.map_or(finding.rule, |rule| rule.name),
            severity: finding.severity.name(),
            confidence: rule.map_or("high", |rule| rule.confidence),
            status: finding.status.name(),
            message: &finding.message,
            help: &finding.help,
            url: None,
            location: Location::new(sources, finding.primary.place),
            template: None,
            stack: subject.stack.as_deref(),
            logical_id: subject.logical_id.as_deref(),
            property: subject.property.as_deref(),
            construct_path: subject.construct_path.as_deref(),
            assignment: Pairs(finding.assignment.iter().map(|(name, choice)| (&**name, choice.into())).collect()),
            assumes: &finding.assumes,
            related: finding.related.iter().map(related).collect(),
            witness: finding.witness.as_deref().map(Witness::new),
            fix: None,
            fingerprint: &finding.fingerprint,
            suppressed: None,
        }
    }
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
    offset: usize,
}

impl<'a> Location<'a> {
    fn new(sources: &'a Sources, place: Place) -> Self {
        let file = sources.get(place.file);
        let span = place.span.snapped(file.text());
        let position = |offset| {
            let at = file.line_column(offset);
            Position { line: at.line, column: at.column, offset }
        };
        Self { path: file.path(), start: position(span.start()), end: position(span.end()) }
    }
}

/// A condition is a truth value, a parameter a text.
#[derive(Serialize)]
#[serde(untagged)]
enum Chosen<'a> {
    Condition(bool),
    Value(&'a str),
}

impl<'a> From<&'a Choice> for Chosen<'a> {
    fn from(choice: &'a Choice) -> Self {
        match choice {
            Choice::Condition(value) => Self::Condition(*value),
            Choice::Value(value) => Self::Value(value),
        }
    }
}

/// An object whose keys keep their order.
struct Pairs<'a, V>(Vec<(&'a str, V)>);

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
    policy: &'a serde_json::Value,
    substitution: Pairs<'a, &'a str>,
    decision: &'static str,
    by: Option<&'a str>,
    assumes: &'a [String],
    aws_also_refuses: &'static str,
}

impl<'a> Witness<'a> {
    fn new(witness: &'a finding::Witness) -> Self {
        let substitution = witness.substitution.iter().map(|(name, text)| (&**name, &**text));
        Self {
            class: &witness.class,
            request: Asked::new(&witness.request),
            policy: &witness.policy,
            substitution: Pairs(substitution.collect()),
            decision: match witness.decision {
                Truth::True => "Allow",
                Truth::False => "Deny",
                Truth::Unknown => "Unknown",
            },
            by: witness.by.as_deref(),
            assumes: &witness.assumes,
            aws_also_refuses: witness.refused.name(),
        }
    }
}

/// A request in the form of an `eval` line.
#[derive(Serialize)]
struct Asked<'a> {
    principal: Principal<'a>,
    action: &'a str,
    resource: &'a str,
    context: Pairs<'a, Values<'a>>,
}

#[derive(Serialize)]
struct Principal<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'a str,
}

/// One text for a single-valued key, a list for a multivalued one.
#[derive(Serialize)]
#[serde(untagged)]
enum Values<'a> {
    One(&'a str),
    Many(Vec<&'a str>),
}

impl<'a> Asked<'a> {
    fn new(request: &'a Request) -> Self {
        let (kind, value) = &request.principal;
        let context = request.context.iter().map(|(key, carried)| (&**key, carried.into()));
        Self {
            principal: Principal { kind: kind.name(), value: concrete(value) },
            action: &request.action,
            resource: concrete(&request.resource),
            context: Pairs(context.collect()),
        }
    }
}

impl<'a> From<&'a Carried> for Values<'a> {
    fn from(carried: &'a Carried) -> Self {
        match carried {
            Carried::One(text) => Self::One(concrete(text)),
            Carried::Many(texts) => Self::Many(texts.iter().map(concrete).collect()),
        }
    }
}

/// The text of a witness, in which nothing is unknown.
fn concrete(text: &Text) -> &str {
    text.as_known().unwrap_or_default()
}

#[derive(Serialize)]
struct Note<'a> {
    kind: &'static str,
    message: &'a str,
    location: Option<Location<'a>>,
}

impl<'a> Note<'a> {
    fn new(sources: &'a Sources, note: &'a finding::Note) -> Self {
        let location = note.place.map(|place| Location::new(sources, place));
        Self { kind: note.kind.name(), message: &note.message, location }
    }
}
