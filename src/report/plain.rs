//! One line a finding.

use std::io::{Result, Write};

use super::spot::Shown;
use super::words::headline;
use crate::finding::Outcome;

/// Writes `path:line:column: severity[RULE] message` for every finding.
pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> Result<()> {
    for finding in &outcome.findings {
        let spot = Shown::of(outcome, finding).text();
        // A file may be named like a workflow command, and these lines often end in a build log.
        let guard = if spot.trim_start().starts_with("::") { "./" } else { "" };
        writeln!(out, "{guard}{spot}: {}[{}] {}", finding.severity.name(), finding.rule, headline(finding))?;
    }
    Ok(())
}
