//! INP001: a template that cannot be read.

use super::{file, label};
use crate::checks::{Problem, Reading};
use crate::finding::{Finding, Severity, shown};

/// Reports where the reading of a file stopped, or that of a template in a text of it.
pub fn check(reading: &Reading<'_>, findings: &mut Vec<Finding>) {
    for problem in reading.problems {
        let Problem::Unreadable { span, message, related, advice } = problem else { continue };
        let primary = label(reading, *span, "the reading stops here");
        let (what, whose) = match reading.stack_set {
            Some(id) => (format!("the template of the stack set {}", shown(id)), "of this template"),
            None => ("this file".to_owned(), "of this file"),
        };
        let headline = format!("{what} is not checked: {message}");
        let mut finding = Finding::new("INP001", Severity::Error, headline, primary, file());
        finding.related.extend(related.iter().map(|(span, message)| label(reading, *span, message)));
        let advice = advice.as_deref().unwrap_or("mend this place");
        finding.help = format!("{advice}; until then the roles {whose} are unknown to every rule");
        findings.push(finding);
    }
}
