//! What is wrong with what somebody wrote to hide findings.

pub mod suppression_expired;
pub mod suppression_of_unknown_rule;
pub mod suppression_unused;
pub mod suppression_without_reason;

use crate::finding::{By, Date, Finding, Label, Named, Scope, Severity, Subject, Suppression};
use crate::source::Place;

/// A suppression, and what a run knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Suppressing<'a> {
    /// What was written.
    pub suppression: &'a Suppression,
    /// For each rule that it names, whether it hid a finding.
    pub used: &'a [bool],
    /// For each rule that it names, whether it ran over all that could raise it here.
    pub judged: &'a [bool],
    /// Rules of which a finding is shown on the line, or at the resource, that it covers.
    pub shown: &'a [&'static str],
    /// The day of the run.
    pub today: Date,
}

fn finding(rule: &'static str, suppressing: &Suppressing<'_>, message: String, primary: (Place, &str)) -> Finding {
    let logical_id = match &suppressing.suppression.scope {
        Scope::Resource { id, .. } => Some(id.clone()),
        _ => None,
    };
    let construct_path = match &suppressing.suppression.scope {
        Scope::Construct { path, .. } => Some(path.clone()),
        _ => None,
    };
    let subject = Subject { logical_id, construct_path, ..Subject::default() };
    Finding::new(rule, Severity::Warning, message, Label::new(primary.0, primary.1), subject)
}

/// Whether a suppression names a rule on suppressions, of which only a configuration hides the findings.
fn is_beyond(suppression: &Suppression, named: &Named) -> bool {
    let is_own = |id: &str| crate::checks::rule(id).is_some_and(|rule| rule.group == "sup");
    suppression.by != By::Configuration && named.rule.is_some_and(is_own)
}

/// The rules that a suppression names, by their ids where there are such, for a headline.
fn names(suppression: &Suppression) -> String {
    let hidden: Vec<&Named> = suppression.rules.iter().filter(|named| !is_beyond(suppression, named)).collect();
    let word = |named: &&Named| named.rule.map_or_else(|| crate::finding::shown(&named.word), str::to_owned);
    let words: Vec<String> = hidden.iter().take(3).copied().map(|named| word(&named)).collect();
    let more = if hidden.len() > 3 { " and others" } else { "" };
    format!("{}{more}", words.join(", "))
}
