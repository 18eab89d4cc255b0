//! The rules that a word stands for.

use crate::checks::{Rule, rule, rules};

/// The rules of an id, a name or a group, in any case, and whether it names one exactly.
pub fn rules_of(word: &str) -> Option<(Vec<&'static Rule>, bool)> {
    if let Some(rule) = rule(word) {
        return Some((vec![rule], true));
    }
    let group: Vec<_> = rules().iter().filter(|rule| rule.group.eq_ignore_ascii_case(word)).collect();
    (!group.is_empty()).then_some((group, false))
}

/// Every id and name.
pub(super) fn all_words() -> impl Iterator<Item = &'static str> {
    rules().iter().flat_map(|rule| [rule.id, rule.name])
}
