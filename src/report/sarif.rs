//! SARIF 2.1.0, within the limits of GitHub code scanning.

use std::borrow::Cow;
use std::io::{Result, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::Options;
use super::escape::write_json;
use super::spot::Spot;
use super::words::{PROSE, TEXT, clip, cut, headline, lines, proof};
use crate::checks::{Rule, rules};
use crate::finding::{
    By, CodeLine, CodePoint, Finding, Fix, Label, Note, NoteKind, Outcome, Severity, Suppressed, TextEdit,
};
use crate::source::{Place, Sources};

/// Results that GitHub takes in one run; it refuses the whole file for one more.
const RESULTS: usize = 25_000;
/// Related places of one result; more are not shown.
const RELATED: usize = 10;
/// Tags that GitHub takes for a rule.
const TAGS: usize = 20;
/// What paths are relative to.
const ROOT: &str = "%SRCROOT%";

/// Writes one run.
pub(super) fn write(outcome: &Outcome, options: &Options<'_>, out: &mut dyn Write) -> Result<()> {
    let descriptors = descriptors(outcome);
    let all = outcome.with_suppressed();
    let shown = most_severe(&all);
    let results = shown.iter().map(|finding| SarifResult::new(&outcome.sources, &descriptors, finding)).collect();
    let run = Run {
        invocations: [Invocation {
            execution_successful: true,
            tool_execution_notifications: notifications(outcome, all.len() - shown.len()),
        }],
        tool: Tool { driver: Driver::new(options.version, descriptors) },
        // Where the root lies is for the reader of the file to know.
        original_uri_base_ids: json!({ROOT: {"description": {"text": "The folder that rolecall was started in."}}}),
        column_kind: "unicodeCodePoints",
        results,
    };
    let schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
    write_json(&Log { schema, version: "2.1.0", runs: [run] }, out)
}

/// The findings that are within the limit, in report order; suppressed ones go first, then the least severe.
fn most_severe<'f>(findings: &[&'f Finding]) -> Vec<&'f Finding> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|index| (findings[*index].suppressed.is_some(), std::cmp::Reverse(findings[*index].severity)));
    order.truncate(RESULTS);
    order.sort_unstable();
    order.into_iter().map(|index| findings[index]).collect()
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation<'a>; 1],
    original_uri_base_ids: Value,
    column_kind: &'static str,
    results: Vec<SarifResult<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'a str,
    semantic_version: &'a str,
    rules: Vec<Descriptor<'a>>,
}

impl<'a> Driver<'a> {
    fn new(version: &'a str, rules: Vec<Descriptor<'a>>) -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version, semantic_version: version, rules }
    }
}

/// A text; in SARIF it is always an object.
#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    fn new(text: impl Into<String>) -> Self {
        // `[words](target)` in a message is a link, which a template must not be able to make.
        Self { text: text.into().replace("](", "] (") }
    }
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    #[serde(flatten)]
    page: Option<Page<'a>>,
}

/// What the page of a rule says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    name: &'a str,
    short_description: Message,
    full_description: Message,
    help: Help<'a>,
    default_configuration: Configuration,
    properties: Value,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

/// Every rule of ours, then those of the findings that have no page: users write them.
fn descriptors(outcome: &Outcome) -> Vec<Descriptor<'_>> {
    let ours = rules().iter().map(|rule| Descriptor { id: rule.id, page: Some(Page::new(rule)) });
    let mut descriptors: Vec<Descriptor<'_>> = ours.collect();
    for finding in outcome.findings.iter().chain(&outcome.suppressed) {
        if !descriptors.iter().any(|descriptor| descriptor.id == finding.rule) {
            descriptors.push(Descriptor { id: finding.rule, page: None });
        }
    }
    descriptors
}

impl<'a> Page<'a> {
    fn new(rule: &'a Rule) -> Self {
        let tags = &rule.tags[..rule.tags.len().min(TAGS)];
        let (level, score) = level(rule.severity);
        Self {
            name: rule.name,
            short_description: Message::new(rule.summary()),
            full_description: Message::new(first_paragraphs(rule.help())),
            help: Help { text: rule.help(), markdown: rule.help() },
            default_configuration: Configuration { level },
            properties: json!({"tags": tags, "precision": rule.confidence, "security-severity": score}),
        }
    }
}

/// The summary and the paragraph below the first heading.
fn first_paragraphs(help: &str) -> String {
    let prose = help.split("\n\n").map(str::trim).filter(|part| !part.starts_with('#') && !part.is_empty());
    prose.take(2).map(|part| part.replace('\n', " ")).collect::<Vec<_>>().join(" ")
}

/// Level and `security-severity` of a severity.
fn level(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Error => ("error", "8.0"),
        Severity::Warning => ("warning", "5.0"),
        Severity::Info => ("note", "2.0"),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_flows: Vec<CodeFlow>,
    partial_fingerprints: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<SarifSuppression>,
    properties: Value,
}

/// Why a result is not to be looked at (SARIF 2.1.0, 3.35).
#[derive(Serialize)]
struct SarifSuppression {
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    properties: Value,
}

impl SarifSuppression {
    fn new(sources: &Sources, told: &Suppressed) -> Self {
        let is_in_source = matches!(told.by, By::Comment | By::Metadata | By::Construct);
        let reason = told.reason.as_deref().map(|reason| Message::new(cut(reason, PROSE)).text);
        Self {
            kind: if is_in_source { "inSource" } else { "external" },
            status: "accepted",
            justification: reason.or_else(|| (told.by == By::Baseline).then(|| "it is in the baseline".to_owned())),
            location: told.place.map(|place| Location::new(sources, place)),
            properties: json!({
                "by": told.by.name(),
                "owner": told.owner.as_deref().map(|owner| clip(owner, PROSE)),
                "expires": told.expires.map(|date| date.to_string()),
            }),
        }
    }
}

impl<'a> SarifResult<'a> {
    fn new(sources: &Sources, descriptors: &[Descriptor<'_>], finding: &'a Finding) -> Self {
        let related = related(finding).into_iter().enumerate();
        let related = related.map(|(id, related)| Location { id: Some(id), ..related.location(sources) });
        let primary = match (shown(finding), finding.app.as_deref()) {
            (Some(at), _) => Location::of_code(at),
            // Nobody finds a file that is not in git.
            (None, Some(app)) => Location::of_file(app),
            (None, None) => Location::new(sources, finding.primary.place),
        };
        Self {
            rule_id: finding.rule,
            rule_index: descriptors.iter().position(|rule| rule.id == finding.rule).unwrap_or_default(),
            level: level(finding.severity).0,
            message: message(sources, finding),
            locations: [Location { logical_locations: logical_locations(finding), ..primary }],
            related_locations: related.collect(),
            code_flows: code_flows(sources, finding),
            partial_fingerprints: json!({"rolecall/v1": finding.fingerprint}),
            fixes: finding.fix.as_deref().map(|fix| fixes(sources, fix)),
            suppressions: finding.suppressed.iter().map(|told| SarifSuppression::new(sources, told)).collect(),
            properties: properties(finding),
        }
    }
}

/// What mends it. Edits are whole: a clipped text would be another fix.
fn fixes(sources: &Sources, fix: &Fix) -> Value {
    let replacement = |edit: &TextEdit| {
        let (file, span) = (sources.get(edit.place.file), edit.place.span);
        let [start, end] = [span.start(), span.end()].map(|byte| file.line_column(byte));
        let region = Region {
            start_line: start.line,
            start_column: Some(start.column),
            end_line: Some(end.line),
            end_column: Some(end.column),
        };
        json!({"deletedRegion": region, "insertedContent": {"text": edit.text}})
    };
    let path = fix.edits.first().map_or("", |edit| sources.get(edit.place.file).path());
    let replacements: Vec<Value> = fix.edits.iter().map(replacement).collect();
    json!([{
        "description": Message::new(&fix.description),
        "artifactChanges": [{"artifactLocation": ArtifactLocation::new(path), "replacements": replacements}],
    }])
}

/// The user's own line, where its file is there.
fn shown(finding: &Finding) -> Option<&CodePoint> {
    finding.code.as_deref().and_then(CodeLine::shown).map(|(at, _)| at)
}

/// A place beside the first one.
enum Related<'a> {
    Label(&'a Label),
    Code(&'a CodePoint, Cow<'a, str>),
}

/// The other places: for the user's own line the place in the template and the helper that it called; where
/// no trace says that line, what may be it.
fn related(finding: &Finding) -> Vec<Related<'_>> {
    let own = shown(finding);
    let is_elsewhere = own.is_some() || finding.app.is_some();
    let template = is_elsewhere.then_some(Related::Label(&finding.primary));
    let helper = finding.code.as_deref().filter(|_| own.is_some()).and_then(|code| code.helpers.first());
    let helper = helper.filter(|at| at.file.is_some()).map(|at| Related::Code(at, "in a helper that it called".into()));
    let guess = finding.code.as_deref().and_then(|code| Some((code.guessed()?, &code.says)));
    let guess = guess.map(|(at, says)| Related::Code(at, format!("perhaps what makes it, a guess: {says}").into()));
    let labels = finding.related.iter().map(Related::Label);
    template.into_iter().chain(helper).chain(guess).chain(labels).take(RELATED).collect()
}

impl Related<'_> {
    fn location(&self, sources: &Sources) -> Location {
        match self {
            Self::Label(label) => Location::labelled(sources, label),
            Self::Code(at, says) => Location { message: Some(Message::new(cut(says, TEXT))), ..Location::of_code(at) },
        }
    }

    fn line(&self, sources: &Sources) -> u32 {
        match self {
            Self::Label(label) => Spot::new(sources, label.place).start.line,
            Self::Code(at, _) => at.line,
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Label(label) => &label.message,
            Self::Code(_, message) => message,
        }
    }
}

/// Headline, why, the other places, proof and help. Other places are linked, because GitHub shows
/// only those that the message links to.
fn message(sources: &Sources, finding: &Finding) -> Message {
    let links = related(finding).into_iter().enumerate().map(|(id, related)| {
        let line = related.line(sources);
        format!("See [line {line}]({id}): {}", Message::new(cut(related.message(), TEXT)).text)
    });
    let why = match finding.code.as_deref().filter(|code| code.shown().is_some()) {
        Some(code) => Message::new(cut(&format!("This line {}.", code.says), TEXT)).text,
        None => Message::new(cut(&finding.primary.message, TEXT)).text,
    };
    let mut parts = vec![Message::new(headline(finding)).text + ".", why];
    parts.extend(links);
    let proof = finding.witness.as_deref().and_then(proof);
    parts.extend(proof.map(|proof| Message::new(format!("Proof: {proof}")).text));
    let help = Message::new(lines(&finding.help).join("\n")).text;
    parts.extend((!help.is_empty()).then(|| format!("Help: {help}")));
    parts.retain(|part| !part.is_empty());
    Message { text: parts.join("\n") }
}

fn properties(finding: &Finding) -> Value {
    json!({
        "status": finding.status.name(),
        "stack": finding.subject.stack.as_deref().map(|text| clip(text, PROSE)),
        "property": finding.subject.property.as_deref().map(|text| clip(text, PROSE)),
        "assumes": finding.assumes.iter().map(|text| clip(text, TEXT)).collect::<Vec<_>>(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    /// Of a line of a program only what a trace says is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    fully_qualified_name: String,
    kind: &'static str,
}

impl Location {
    fn new(sources: &Sources, place: Place) -> Self {
        let Spot { path, start, end } = Spot::new(sources, place);
        let region = Region {
            start_line: start.line,
            start_column: Some(start.column),
            end_line: Some(end.line),
            end_column: Some(end.column),
        };
        Self::at(path, region)
    }

    /// A line of a program.
    fn of_code(at: &CodePoint) -> Self {
        let region = Region { start_line: at.line, start_column: at.column, end_line: None, end_column: None };
        Self::at(&at.path, region)
    }

    /// A file as a whole.
    fn of_file(path: &str) -> Self {
        Self::at(path, Region { start_line: 1, start_column: None, end_line: None, end_column: None })
    }

    fn at(path: &str, region: Region) -> Self {
        let physical_location = PhysicalLocation { artifact_location: ArtifactLocation::new(path), region };
        Self { id: None, physical_location, logical_locations: Vec::new(), message: None }
    }

    fn labelled(sources: &Sources, label: &Label) -> Self {
        let message = Some(Message::new(cut(&label.message, TEXT)));
        Self { message, ..Self::new(sources, label.place) }
    }
}

impl ArtifactLocation {
    /// A path below the root; an absolute one keeps its own root.
    fn new(path: &str) -> Self {
        let encoded = percent_encoded(path);
        let drive = path.as_bytes().get(1..3) == Some(b":/");
        match (path.starts_with('/'), drive) {
            (true, _) => Self { uri: format!("file://{encoded}"), uri_base_id: None },
            (_, true) => Self { uri: format!("file:///{encoded}"), uri_base_id: None },
            _ => Self { uri: encoded, uri_base_id: Some(ROOT) },
        }
    }
}

/// A path as a URI reference (RFC 3986): all but unreserved characters and `/` are encoded.
fn percent_encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(byte.into()),
            _ => out += &format!("%{byte:02X}"),
        }
    }
    out
}

fn logical_locations(finding: &Finding) -> Vec<LogicalLocation> {
    let subject = &finding.subject;
    let clipped = |text: &String| clip(text, PROSE).into_owned();
    let stack = subject.stack.as_ref().map(clipped);
    let resource = subject.logical_id.as_ref().map(clipped).map(|id| LogicalLocation {
        fully_qualified_name: stack.map_or(id.clone(), |stack| format!("{stack}/{id}")),
        name: Some(id),
        kind: "resource",
    });
    let construct = subject.construct_path.as_ref().map(clipped);
    let construct = construct.map(|path| LogicalLocation { name: None, fully_qualified_name: path, kind: "construct" });
    resource.into_iter().chain(construct).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeFlow {
    thread_flows: [ThreadFlow; 1],
}

#[derive(Serialize)]
struct ThreadFlow {
    locations: Vec<FlowLocation>,
}

#[derive(Serialize)]
struct FlowLocation {
    location: Location,
}

/// The path to the mistake, where there is one: the places that lead to it, then itself.
fn code_flows(sources: &Sources, finding: &Finding) -> Vec<CodeFlow> {
    if finding.related.len() < 2 {
        return Vec::new();
    }
    let path = finding.related.iter().take(RELATED).chain([&finding.primary]);
    let locations = path.map(|label| FlowLocation { location: Location::labelled(sources, label) }).collect();
    vec![CodeFlow { thread_flows: [ThreadFlow { locations }] }]
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification<'a>>,
}

#[derive(Serialize)]
struct Notification<'a> {
    descriptor: NotificationId<'a>,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
struct NotificationId<'a> {
    id: &'a str,
}

impl<'a> Notification<'a> {
    fn new(sources: &Sources, note: &'a Note) -> Self {
        Self {
            descriptor: NotificationId { id: note.kind.name() },
            level: if matches!(note.kind, NoteKind::Bound | NoteKind::Unread) { "warning" } else { "note" },
            message: Message::new(cut(&note.message, PROSE)),
            locations: note.place.map(|place| Location::new(sources, place)).into_iter().collect(),
        }
    }
}

/// What could not be decided, and what was left out.
fn notifications(outcome: &Outcome, left_out: usize) -> Vec<Notification<'_>> {
    let is_told = |note: &&Note| !matches!(note.kind, NoteKind::LeftRun | NoteKind::Skipped);
    let notes = outcome.notes.iter().filter(is_told);
    let mut notifications: Vec<_> = notes.map(|note| Notification::new(&outcome.sources, note)).collect();
    if left_out > 0 {
        let message =
            format!("{left_out} of the least severe findings are left out: {RESULTS} is the most for one run");
        let (descriptor, locations) = (NotificationId { id: NoteKind::Bound.name() }, Vec::new());
        notifications.push(Notification { descriptor, level: "warning", message: Message::new(message), locations });
    }
    notifications
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Subject;
    use crate::source::{FileId, Span};

    #[test]
    fn the_most_severe_stay_within_the_limit() {
        let label = Label::new(Place { file: FileId(0), span: Span::at(0) }, "");
        let finding = |severity| Finding::new("SVC001", severity, "", label.clone(), Subject::default());
        let mut findings = vec![finding(Severity::Warning); RESULTS + 3];
        findings.push(finding(Severity::Error));
        let findings: Vec<&Finding> = findings.iter().collect();
        let shown = most_severe(&findings);
        assert_eq!(shown.len(), RESULTS);
        assert_eq!(shown.last().map(|finding| finding.severity), Some(Severity::Error));
        let outcome = Outcome::default();
        let notifications = notifications(&outcome, findings.len() - shown.len());
        assert!(notifications[0].message.text.starts_with("4 of the least severe findings are left out"));
    }
}
