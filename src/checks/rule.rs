//! The table of rules, made from their pages.

use super::sup::Suppressing;
use super::{Cx, Reading};
use crate::finding::{Finding, Severity};

/// A rule: what its page says of it, and its check.
#[derive(Debug)]
pub struct Rule {
    /// `CGT001`.
    pub id: &'static str,
    /// `cognito-aud-missing`.
    pub name: &'static str,
    /// `cgt`.
    pub group: &'static str,
    /// The severity that it has unless a finding says otherwise.
    pub severity: Severity,
    /// `high` or `medium`: how sure the semantics are.
    pub confidence: &'static str,
    /// Whether its findings say that somebody gets in: each that is definite and no mere info has a witness.
    pub admits: bool,
    /// The version that it came with.
    pub since: &'static str,
    /// Labels: services, CWE and CVE numbers.
    pub tags: &'static [&'static str],
    /// The documents it rests on.
    pub references: &'static [&'static str],
    /// The whole page, front matter included.
    pub page: &'static str,
    /// What finds it.
    pub check: Check,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The reading of one input.
    Reading(fn(&Reading<'_>, &mut Vec<Finding>)),
    /// The identity graph of one stack set.
    Graph(fn(&Cx<'_>, &mut Vec<Finding>)),
    /// What somebody wrote to hide findings.
    Suppression(fn(&Suppressing<'_>, &mut Vec<Finding>)),
}

static RULES: &[Rule] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Every rule, sorted by id.
pub fn rules() -> &'static [Rule] {
    RULES
}

/// The rule of an id or a name, in any case.
pub fn rule(id_or_name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id.eq_ignore_ascii_case(id_or_name) || rule.name.eq_ignore_ascii_case(id_or_name))
}

impl Rule {
    /// The page without its front matter.
    pub fn body(&self) -> &'static str {
        let rest = self.page.strip_prefix("---\n").unwrap_or(self.page);
        rest.split_once("\n---\n").map_or(rest, |(_, body)| body.trim_start())
    }

    /// The first sentence of the page: the finding in general form.
    pub fn summary(&self) -> &'static str {
        self.body().lines().next().unwrap_or("")
    }

    /// The page up to its examples, for help texts.
    pub fn help(&self) -> &'static str {
        self.body().split_once("\n## Examples").map_or(self.body(), |(help, _)| help).trim_end()
    }
}

/// The ids and names most like a word that is neither, the best first.
pub fn nearest(word: &str) -> Vec<&'static str> {
    nearest_among(word, RULES.iter().flat_map(|rule| [rule.id, rule.name]))
}

/// Those of some names that are most like a word, the best first.
pub fn nearest_among<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    // What is much longer than a name is like none.
    let word = word.get(..100).unwrap_or(word).to_ascii_lowercase();
    let mut near: Vec<(usize, &str)> = names.map(|name| (distance(&word, &name.to_ascii_lowercase()), name)).collect();
    near.retain(|(distance, name)| *distance <= name.len() / 3 + 1);
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Levenshtein's distance, in bytes.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replace = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
