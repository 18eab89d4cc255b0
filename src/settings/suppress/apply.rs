//! Which findings the suppressions of a run hide.

use std::collections::HashMap;

use crate::finding::{Date, Finding, Suppression};
use crate::source::FileId;

/// A suppression with what became of it.
#[derive(Clone, Debug)]
pub struct Held {
    /// What was written.
    pub suppression: Suppression,
    /// For each rule that it names, whether it hid a finding.
    pub used: Vec<bool>,
}

impl Held {
    /// One that has hidden nothing yet.
    pub fn new(suppression: Suppression) -> Self {
        let used = vec![false; suppression.rules.len()];
        Self { suppression, used }
    }
}

/// Hides what the suppressions name. A finding that several name is hidden by the first of them, and all are used.
pub fn apply(held: &mut [Held], findings: &mut [Finding], today: Date) {
    // By rule and file: a stranger's template may hold very many.
    let mut of_rule: HashMap<(&'static str, Option<FileId>), Vec<usize>> = HashMap::new();
    for (at, one) in held.iter().enumerate() {
        for rule in one.suppression.rules.iter().filter_map(|named| named.rule) {
            let all = of_rule.entry((rule, one.suppression.scope.file())).or_default();
            if all.last() != Some(&at) {
                all.push(at);
            }
        }
    }
    for finding in findings {
        let of_file = of_rule.get(&(finding.rule, Some(finding.primary.place.file)));
        let of_several = of_rule.get(&(finding.rule, None));
        for at in of_file.into_iter().chain(of_several).flatten() {
            let Some(one) = held.get_mut(*at) else { continue };
            let Some(rule) = one.suppression.rule_that_hides(finding, today) else { continue };
            if let Some(used) = one.used.get_mut(rule) {
                *used = true;
            }
            finding.suppressed.get_or_insert_with(|| Box::new(one.suppression.as_told()));
        }
    }
}
