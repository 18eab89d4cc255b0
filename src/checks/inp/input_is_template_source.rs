//! INP002: what another tool makes a template of.

use super::{file, label};
use crate::checks::{Problem, Reading};
use crate::finding::{Finding, Severity};

/// Reports files that become templates only when another tool has rendered them.
pub fn check(reading: &Reading<'_>, findings: &mut Vec<Finding>) {
    for problem in reading.problems {
        let Problem::TemplateSource { span, tool } = problem else { continue };
        let primary = label(reading, *span, format!("{tool} fills this in"));
        let headline = format!("this file is not checked: it becomes a template only through {tool}");
        let mut finding = Finding::new("INP002", Severity::Info, headline, primary, file());
        finding.help = format!("run {tool} first and check what it writes");
        findings.push(finding);
    }
}
