//! Which findings are shown, and so count.

use std::collections::BTreeSet;

use crate::checks::{self, Rule};
use crate::finding::{Finding, Severity, Status};
use crate::settings;

/// Which findings are shown (interface, `check`).
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Ids of the rules that run; none means all.
    selected: Option<BTreeSet<&'static str>>,
    /// Ids among these that were selected one by one, which shows their info findings too.
    exact: BTreeSet<&'static str>,
    ignored: BTreeSet<&'static str>,
    /// The lowest severity; warning unless set.
    pub min_severity: Option<Severity>,
    /// Whether findings that hold only for some values are shown.
    pub show_possible: bool,
}

/// A word that is neither a rule nor a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule {
    /// The word.
    pub word: String,
    /// What it may have been meant to be, the best first.
    pub nearest: Vec<&'static str>,
}

impl std::fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no rule or group is called '{}'", self.word)?;
        match self.nearest.as_slice() {
            [] => write!(f, "; `rolecall rules` lists them"),
            near => write!(f, "; near to it: {}", near.join(", ")),
        }
    }
}

impl std::error::Error for UnknownRule {}

impl Selection {
    /// The selection of these words, each an id, a name, a group or several of them with commas.
    pub fn parse(select: &[String], ignore: &[String]) -> Result<Self, UnknownRule> {
        let mut selection = Self::default();
        for word in words(select) {
            let (rules, exact) = rules_of(word)?;
            let ids = rules.iter().map(|rule| rule.id);
            if exact {
                selection.exact.extend(ids.clone());
            }
            selection.selected.get_or_insert_default().extend(ids);
        }
        for word in words(ignore) {
            selection.ignored.extend(rules_of(word)?.0.iter().map(|rule| rule.id));
        }
        Ok(selection)
    }

    /// Everything that any rule says.
    pub fn everything() -> Self {
        Self { min_severity: Some(Severity::Info), show_possible: true, ..Self::default() }
    }

    /// Whether a rule runs at all.
    pub fn runs(&self, rule: &str) -> bool {
        self.selected.as_ref().is_none_or(|selected| selected.contains(rule)) && !self.ignored.contains(rule)
    }

    /// Whether a rule was selected by its own id or name: then no configuration leaves it out.
    pub fn names(&self, rule: &str) -> bool {
        self.exact.contains(rule)
    }

    /// Whether a finding is shown.
    pub fn shows(&self, finding: &Finding) -> bool {
        let usual = if self.exact.contains(finding.rule) { Severity::Info } else { Severity::Warning };
        self.runs(finding.rule)
            && finding.severity >= self.min_severity.unwrap_or(usual)
            && (self.show_possible || finding.status == Status::Definite)
    }
}

fn words(lists: &[String]) -> impl Iterator<Item = &str> {
    lists.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

/// The rules that a word stands for, and whether it names one exactly.
fn rules_of(word: &str) -> Result<(Vec<&'static Rule>, bool), UnknownRule> {
    settings::rules_of(word).ok_or_else(|| UnknownRule { word: word.to_owned(), nearest: checks::nearest(word) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Label, Subject};
    use crate::source::{FileId, Place, Span};

    fn finding(rule: &'static str, severity: Severity) -> Finding {
        let place = Place { file: FileId(0), span: Span::default() };
        Finding::new(rule, severity, "", Label::new(place, ""), Subject::default())
    }

    fn selection(select: &[&str], ignore: &[&str]) -> Selection {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Selection::parse(&owned(select), &owned(ignore)).unwrap()
    }

    #[test]
    fn groups_names_lists_and_ids_in_any_case() {
        let both = selection(&["inp001, duplicate-key"], &[]);
        assert!(both.runs("INP001") && both.runs("INP004") && !both.runs("INP002"));
        let group = selection(&["INP"], &["input-unreadable"]);
        assert!(group.runs("INP002") && !group.runs("INP001") && !group.runs("SVC001"));
        assert!(selection(&[], &["inp"]).runs("SVC001"));
    }

    #[test]
    fn info_is_shown_where_asked_for() {
        let info = finding("INP002", Severity::Info);
        assert!(!selection(&[], &[]).shows(&info));
        assert!(!selection(&["INP"], &[]).shows(&info));
        assert!(selection(&["INP002"], &[]).shows(&info));
        assert!(!Selection { min_severity: Some(Severity::Error), ..selection(&["INP002"], &[]) }.shows(&info));
        assert!(Selection::everything().shows(&info));
    }

    #[test]
    fn possible_findings_are_shown_where_asked_for() {
        let possible = Finding { status: Status::Possible, ..finding("INP001", Severity::Error) };
        assert!(!selection(&["INP001"], &[]).shows(&possible));
        assert!(Selection { show_possible: true, ..Selection::default() }.shows(&possible));
    }

    #[test]
    fn an_unknown_word_comes_with_near_ones() {
        let error = Selection::parse(&["INP01".to_owned()], &[]).unwrap_err();
        assert!(error.nearest.contains(&"INP001"), "{error}");
        assert!(error.to_string().starts_with("no rule or group is called 'INP01'; near to it: INP0"));
    }
}
