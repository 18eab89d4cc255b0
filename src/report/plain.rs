//! One line a finding.

use std::io::{Result, Write};

use super::spot::Spot;
use super::words::headline;
use crate::finding::{CodeLine, Outcome, visible};

/// Writes `path:line:column: severity[RULE] message` for every finding.
pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> Result<()> {
    for finding in &outcome.findings {
        let spot = match finding.code.as_deref().and_then(CodeLine::shown) {
            // Who splits the line at its colons finds a column in any case.
            Some((at, _)) => format!("{}:{}:{}", visible(&at.path), at.line, at.column.unwrap_or(1)),
            None => Spot::new(&outcome.sources, finding.primary.place).shown(),
        };
        // A file may be named like a workflow command, and these lines often end in a build log.
        let guard = if spot.trim_start().starts_with("::") { "./" } else { "" };
        writeln!(out, "{guard}{spot}: {}[{}] {}", finding.severity.name(), finding.rule, headline(finding))?;
    }
    Ok(())
}
