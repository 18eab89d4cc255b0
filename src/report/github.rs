//! Workflow commands of GitHub Actions, which become annotations of a pull request.

use std::io::{Result, Write};

use super::spot::{Spot, beside};
use super::words::{TEXT, cut, headline, lines, proof};
use crate::finding::{CodeLine, Finding, Outcome, Severity, visible};

/// Writes one command a finding.
pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> Result<()> {
    for finding in &outcome.findings {
        let title = property(&format!("{}[{}]", finding.severity.name(), finding.rule));
        let properties = place(outcome, finding).into_iter().chain([("title", title)]);
        let properties: Vec<String> = properties.map(|(name, value)| format!("{name}={value}")).collect();
        writeln!(
            out,
            "::{} {}::{}",
            command(finding.severity),
            properties.join(","),
            data(&message(outcome, finding))
        )?;
    }
    Ok(())
}

/// Where the annotation goes: the user's own line, or the place in the template.
fn place(outcome: &Outcome, finding: &Finding) -> Vec<(&'static str, String)> {
    if let Some((at, _)) = finding.code.as_deref().and_then(CodeLine::shown) {
        let line = [("file", property(&at.path)), ("line", at.line.to_string())];
        return line.into_iter().chain(at.column.map(|column| ("col", column.to_string()))).collect();
    }
    if let Some(app) = finding.app.as_deref() {
        return vec![("file", property(app)), ("line", "1".to_owned())];
    }
    let spot = Spot::new(&outcome.sources, finding.primary.place);
    // The runner takes columns only where both lie in one line.
    let one_line = spot.start.line == spot.end.line;
    let properties = [
        Some(("file", property(spot.path))),
        Some(("line", spot.start.line.to_string())),
        one_line.then(|| ("col", spot.start.column.to_string())),
        Some(("endLine", spot.end.line.to_string())),
        one_line.then(|| ("endColumn", spot.end.column.to_string())),
    ];
    properties.into_iter().flatten().collect()
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

/// What the annotation says: headline, why, proof, help.
fn message(outcome: &Outcome, finding: &Finding) -> String {
    let mut parts = vec![headline(finding), cut(&finding.primary.message, TEXT)];
    // The annotation stands elsewhere.
    let template = || format!("In {}", Spot::new(&outcome.sources, finding.primary.place).shown());
    parts.extend(finding.app.as_ref().map(|_| template()));
    parts.extend(beside(outcome, finding));
    parts.extend(finding.witness.as_deref().and_then(proof).map(|proof| format!("Proof: {proof}")));
    let help = lines(&finding.help).join("\n");
    if !help.is_empty() {
        parts.push(format!("Help: {help}"));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n").trim_end().to_owned()
}

/// A text as the data of a command (actions/toolkit, `escapeData`).
fn data(text: &str) -> String {
    let text = text.split('\n').map(visible).collect::<Vec<_>>().join("\n");
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as a property of a command (actions/toolkit, `escapeProperty`).
fn property(text: &str) -> String {
    let text = visible(text).replace('%', "%25");
    text.replace(':', "%3A").replace(',', "%2C")
}
