//! SUP001: a suppression without a reason.

use super::{Suppressing, finding, is_beyond, names};
use crate::finding::{By, Finding};

/// Reports suppressions that say no reason; they hold all the same.
pub fn check(suppressing: &Suppressing<'_>, findings: &mut Vec<Finding>) {
    let written = suppressing.suppression;
    // What cannot be hidden needs no reason.
    let hides = written.rules.iter().any(|named| named.rule.is_some() && !is_beyond(written, named));
    if !hides || written.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty()) {
        return;
    }
    let (is, label) = match written.holds(suppressing.today) {
        true => ("is", "holds, but says no reason"),
        false => ("was", "says no reason"),
    };
    let headline = format!("nobody said why {} {is} hidden here", names(written));
    let mut finding = finding("SUP001", suppressing, headline, (written.place, label));
    finding.help = match written.by {
        By::Comment => "write the reason behind the bracket\n  # rolecall: ignore[RULE] the reason".to_owned(),
        By::Configuration => "add\n  reason = \"the reason\"".to_owned(),
        By::Construct => "add the reason in the code of the construct\n  reason: 'the reason'".to_owned(),
        By::Metadata | By::Baseline => "add to the entry\n  reason: the reason".to_owned(),
    };
    findings.push(finding);
}
