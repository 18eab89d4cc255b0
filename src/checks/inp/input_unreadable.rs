//! INP001: a template that cannot be read.

use super::{file, label};
use crate::checks::{Problem, Reading};
use crate::finding::{Finding, Severity};

/// Reports where the reading of a file stopped.
pub fn check(reading: &Reading<'_>, findings: &mut Vec<Finding>) {
    for problem in reading.problems {
        let Problem::Unreadable { span, message, related } = problem else { continue };
        let primary = label(reading, *span, "the reading stops here");
        let headline = format!("this file is not checked: {message}");
        let mut finding = Finding::new("INP001", Severity::Error, headline, primary, file());
        finding.related.extend(related.iter().map(|(span, message)| label(reading, *span, message)));
        finding.help = "mend this place; until then the roles of this file are unknown to every rule".to_owned();
        findings.push(finding);
    }
}
