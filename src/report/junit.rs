//! JUnit's XML, which most build servers show: a suite for each file, a failed case for each finding.

use std::io::{Result, Write};

use super::Options;
use super::escape::xml;
use super::spot::{Shown, beside};
use super::words::{TEXT, cut, headline, lines, proof};
use crate::finding::{Finding, Outcome};

/// Writes one document. Without findings it has one case, which passed: a server takes an empty one for a mistake.
pub(super) fn write(outcome: &Outcome, options: &Options<'_>, out: &mut dyn Write) -> Result<()> {
    let count = outcome.findings.len();
    let time = options.elapsed.map(|elapsed| format!(" time=\"{:.3}\"", elapsed.as_secs_f64())).unwrap_or_default();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"rolecall\" tests=\"{}\" failures=\"{count}\" errors=\"0\"{time}>", count.max(1))?;
    if count == 0 {
        writeln!(out, "  <testsuite name=\"rolecall\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">")?;
        writeln!(out, "    <testcase name=\"no findings\" classname=\"rolecall\"/>\n  </testsuite>")?;
    }
    for (path, findings) in by_file(outcome) {
        let count = findings.len();
        let name = xml(path);
        writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\" skipped=\"0\">"
        )?;
        findings.into_iter().try_for_each(|finding| case(outcome, finding, out))?;
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// The findings of each file, in report order.
fn by_file(outcome: &Outcome) -> Vec<(&str, Vec<&Finding>)> {
    let mut files: Vec<(&str, Vec<&Finding>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for finding in &outcome.findings {
        let path = Shown::of(outcome, finding).path;
        let at = *places.entry(path).or_insert_with(|| {
            files.push((path, Vec::new()));
            files.len() - 1
        });
        files[at].1.push(finding);
    }
    files
}

fn case(outcome: &Outcome, finding: &Finding, out: &mut dyn Write) -> Result<()> {
    let at = Shown::of(outcome, finding);
    let (rule, severity) = (finding.rule, finding.severity.name());
    let (path, headline) = (xml(at.path), xml(&headline(finding)));
    let of = finding.subject.logical_id.as_deref().map(|id| format!(" {}", xml(&cut(id, TEXT)))).unwrap_or_default();
    let line = at.line;
    writeln!(out, "    <testcase name=\"{rule}{of}\" classname=\"{path}\" file=\"{path}\" line=\"{line}\">")?;
    writeln!(
        out,
        "      <failure type=\"{severity}\" message=\"{headline}\">{}</failure>",
        xml(&body(outcome, finding, &at))
    )?;
    writeln!(out, "    </testcase>")
}

fn body(outcome: &Outcome, finding: &Finding, at: &Shown<'_>) -> String {
    let mut parts = vec![format!("{} {}[{}]", at.text(), finding.severity.name(), finding.rule)];
    parts.push(cut(&finding.primary.message, TEXT));
    parts.extend(beside(outcome, finding));
    parts.extend(finding.witness.as_deref().and_then(proof).map(|proof| format!("Proof: {proof}")));
    let help = lines(&finding.help).join("\n");
    parts.extend((!help.is_empty()).then(|| format!("Help: {help}")));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}
