//! SUP002: a suppression of a rule that is not there, or one that cannot be understood.

use super::{Suppressing, finding};
use crate::checks::{self, nearest};
use crate::finding::{Finding, shown};

/// Reports rules that are not there, and forms that mean nothing: what they were to hide is shown.
pub fn check(suppressing: &Suppressing<'_>, findings: &mut Vec<Finding>) {
    let written = suppressing.suppression;
    for named in written.rules.iter().filter(|named| named.rule.is_none()) {
        let headline = format!("no rule is called {}, so that nothing is hidden by it", shown(&named.word));
        let mut finding = finding("SUP002", suppressing, headline, (named.place, "is no rule's id or name"));
        let near = nearest(&named.word).join(" or ");
        let is_group = checks::rules().iter().any(|rule| rule.group.eq_ignore_ascii_case(&named.word));
        finding.help = match near.as_str() {
            _ if is_group => "a group cannot be hidden; name each rule that is meant by its id".to_owned(),
            "" => "name one rule; `rolecall rules` lists them".to_owned(),
            near => format!("write the id of the rule that is meant: {near}"),
        };
        findings.push(finding);
    }
    for (place, fault) in &written.faults {
        let headline = "a suppression cannot be understood, so that nothing is hidden by it".to_owned();
        let mut finding = finding("SUP002", suppressing, headline, (*place, fault));
        finding.help =
            "write\n  # rolecall: ignore[RULE] the reason\nor, in Metadata\n  rolecall: { ignore: [ { id: RULE, \
                        reason: the reason } ] }"
                .to_owned();
        findings.push(finding);
    }
}
