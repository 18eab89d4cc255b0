//! SUP004: a suppression that hides nothing.

use super::{Suppressing, finding, is_beyond};
use crate::finding::{Finding, shown};

/// Rules that a help names.
const MOST_NAMED: usize = 2;

/// Reports rules that a suppression names and that raise nothing there, where it is sure that they do not.
pub fn check(suppressing: &Suppressing<'_>, findings: &mut Vec<Finding>) {
    let written = suppressing.suppression;
    // Of one that no longer holds there is more to say than this.
    if !written.holds(suppressing.today) {
        return;
    }
    for (at, named) in written.rules.iter().enumerate() {
        if let Some(rule) = named.rule.filter(|_| is_beyond(written, named)) {
            let headline = format!("{rule} cannot be hidden here: it speaks of what hides others");
            let mut finding = finding("SUP004", suppressing, headline, (named.place, "hides nothing"));
            finding.help = format!("take it away; rolecall.toml hides {rule}, by ignore below [check]");
            findings.push(finding);
            continue;
        }
        let is = |flags: &[bool]| flags.get(at).copied().unwrap_or(false);
        let Some(rule) = named.rule.filter(|_| is(suppressing.judged) && !is(suppressing.used)) else { continue };
        let headline = format!("{rule} finds nothing here, so that there is nothing to hide");
        let label = format!("{} is not raised by what this covers", shown(&named.word));
        let mut finding = finding("SUP004", suppressing, headline, (named.place, &label));
        finding.help = match others(suppressing).as_str() {
            "" => "take it away, or move it to what it is meant for".to_owned(),
            others => format!("take it away, or move it to what it is meant for; what is shown here is {others}"),
        };
        findings.push(finding);
    }
}

/// Rules that the suppression does not name, and of which a finding is shown where it stands.
fn others(suppressing: &Suppressing<'_>) -> String {
    let names = |rule: &&&str| suppressing.suppression.rules.iter().any(|named| named.rule == Some(**rule));
    let others = suppressing.shown.iter().filter(|rule| !names(rule)).take(MOST_NAMED).copied();
    others.collect::<Vec<&str>>().join(" and ")
}
