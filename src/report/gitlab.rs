//! Code quality of GitLab, which a merge request shows (GitLab Docs, Code Quality, report format).

use std::io::{Result, Write};

use serde::Serialize;

use super::escape::write_json;
use super::spot::Shown;
use super::words::headline;
use crate::finding::{Finding, Outcome, Severity};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes one list with an entry for each finding.
pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> Result<()> {
    let issues: Vec<Issue<'_>> = outcome.findings.iter().map(|finding| issue(outcome, finding)).collect();
    write_json(&issues, out)
}

fn issue<'a>(outcome: &'a Outcome, finding: &'a Finding) -> Issue<'a> {
    let at = Shown::of(outcome, finding);
    Issue {
        description: format!("{} ({})", headline(finding), finding.rule),
        check_name: finding.rule,
        fingerprint: &finding.fingerprint,
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Info => "info",
        },
        location: Location { path: at.path, lines: Lines { begin: at.line, end: at.last_line } },
    }
}
