//! SUP003: a suppression of which the last day is over.

use super::{Suppressing, finding, names};
use crate::finding::{By, Expiry, Finding, shown};

/// Reports suppressions that no longer hold.
pub fn check(suppressing: &Suppressing<'_>, findings: &mut Vec<Finding>) {
    let written = suppressing.suppression;
    if written.holds(suppressing.today) || written.rules.iter().all(|named| named.rule.is_none()) {
        return;
    }
    let (place, headline, label) = match &written.expires {
        Some(Expiry::Until(date, place)) => {
            (place, format!("what hid {} held until {date}", names(written)), "this was its last day")
        }
        Some(Expiry::Never(text, place)) => {
            (place, format!("{} is no day, so that {} is not hidden", shown(text), names(written)), "is no day")
        }
        None => return,
    };
    let mut finding = finding("SUP003", suppressing, headline, (*place, label));
    finding.help = match &written.expires {
        // What a reason begins with was perhaps not meant as a day at all.
        Some(Expiry::Never(text, _)) if written.by == By::Comment && !text.contains(|c: char| c.is_ascii_digit()) => {
            "write a day behind `until`, as YEAR-MONTH-DAY: 2027-03-31; or begin the reason with another word"
                .to_owned()
        }
        Some(Expiry::Never(..)) => "write a day that there is, as YEAR-MONTH-DAY: 2027-03-31".to_owned(),
        _ => "mend what it hid, and take it away; or look at it again and write a later day".to_owned(),
    };
    findings.push(finding);
}
