//! `[check]`, `[severity]` and `[[suppress]]` of a `rolecall.toml`: what is read, and what of the findings counts.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::DeValue;

use super::Fault;
use super::rules::{all_words, rules_of};
use super::table::{Table, span, wrong};
use crate::checks::rule;
use crate::finding::{Date, Severity};
use crate::source::Span;

/// The lowest severity that fails a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// This one.
    Severity(Severity),
    /// None.
    Never,
}

impl FailOn {
    /// Names of all that can be said.
    pub const NAMES: [&str; 4] = ["error", "warning", "info", "never"];

    /// The one of a name.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "never" { Some(Self::Never) } else { Severity::parse(name).map(Self::Severity) }
    }
}

/// A glob, from the folder of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// What is read, and what counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lint {
    /// What is left out.
    pub exclude: Vec<Glob>,
    /// Files that are policies without a template.
    pub policies: Vec<Glob>,
    /// The lowest severity that fails a run.
    pub fail_on: Option<FailOn>,
    /// Rules that are left out.
    pub ignored: BTreeSet<&'static str>,
    /// Severities of rules.
    pub severities: BTreeMap<&'static str, Severity>,
    /// What is hidden.
    pub suppress: Vec<Entry>,
}

/// One `[[suppress]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where its rule is named.
    pub span: Span,
    /// The id of its rule.
    pub rule: &'static str,
    /// As it was written.
    pub word: String,
    /// The path or glob of the files; all below the folder of the configuration unless said.
    pub path: Option<Glob>,
    /// The logical id.
    pub logical_id: Option<String>,
    /// A condition that is true wherever the finding holds.
    pub condition: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day, and where it is said.
    pub expires: Option<(Date, Span)>,
}

/// `[check]`.
pub(super) fn check(mut table: Table<'_, '_>, lint: &mut Lint, faults: &mut Vec<Fault>) {
    lint.exclude = globs(&mut table, "exclude", faults);
    lint.policies = globs(&mut table, "policies", faults);
    if let Some(value) = table.get("fail-on") {
        lint.fail_on = value.get_ref().as_str().and_then(FailOn::parse);
        if lint.fail_on.is_none() {
            faults.push(wrong("fail-on", "error, warning, info or never", value));
        }
    }
    for (word, span) in listed(&mut table, "ignore", "rules", faults) {
        match rules_of(&word) {
            Some((rules, _)) => lint.ignored.extend(rules.iter().map(|rule| rule.id)),
            None => faults.push(Fault::unknown(span, "no rule or group", &word, all_words())),
        }
    }
    table.finish(faults);
}

/// `[severity]`.
pub(super) fn severity(table: &Table<'_, '_>, lint: &mut Lint, faults: &mut Vec<Fault>) {
    for (key, value) in table.entries() {
        let Some(rule) = rule(key.get_ref()) else {
            faults.push(Fault::unknown(span(key.span()), "no rule", key.get_ref(), all_words()));
            continue;
        };
        match value.get_ref().as_str().and_then(Severity::parse) {
            Some(severity) if lint.severities.insert(rule.id, severity).is_some() => {
                faults.push(Fault::new(span(key.span()), format!("the severity of {} is said twice", rule.id)));
            }
            Some(_) => {}
            None => faults.push(wrong(key.get_ref(), "error, warning or info", value)),
        }
    }
}

/// `[[suppress]]`.
pub(super) fn suppress(value: &Spanned<DeValue<'_>>, lint: &mut Lint, faults: &mut Vec<Fault>) {
    let Some(items) = value.get_ref().as_array() else {
        let message = "'suppress' is a list of tables: write [[suppress]] above each";
        return faults.push(Fault::new(span(value.span()), message));
    };
    for item in items.iter() {
        if let Some(table) = Table::of("suppress", item, faults) {
            lint.suppress.extend(entry(table, span(item.span()), faults));
        }
    }
}

fn entry(mut table: Table<'_, '_>, whole: Span, faults: &mut Vec<Fault>) -> Option<Entry> {
    let named = text(&mut table, "rule", faults);
    let path = text(&mut table, "path", faults).map(|(text, span)| Glob { text, span });
    let mut plain = |key| text(&mut table, key, faults).map(|(text, _)| text);
    let [logical_id, condition, reason, owner] = ["logical-id", "condition", "reason", "owner"].map(&mut plain);
    let expires = table.get("expires").and_then(|value| day(value, faults));
    let missing = table.entries().all(|(key, _)| key.get_ref() != "rule");
    table.finish(faults);
    if missing {
        faults.push(Fault::new(whole, "this [[suppress]] names no rule"));
    }
    let (word, span) = named?;
    let Some(rule) = rule(&word) else {
        faults.push(Fault::unknown(span, "no rule", &word, all_words()));
        return None;
    };
    Some(Entry { span, rule: rule.id, word, path, logical_id, condition, reason, owner, expires })
}

/// A day; that there is such a one in the calendar TOML has looked after.
fn day(value: &Spanned<DeValue<'_>>, faults: &mut Vec<Fault>) -> Option<(Date, Span)> {
    let date = match value.get_ref() {
        DeValue::Datetime(moment) if moment.time.is_none() => moment.date,
        _ => None,
    };
    let date = date.and_then(|date| Date::new(date.year, date.month, date.day));
    if date.is_none() {
        faults.push(wrong("expires", "a day without quotes, such as 2027-03-31", value));
    }
    Some((date?, span(value.span())))
}

/// A text that is not empty.
fn text(table: &mut Table<'_, '_>, key: &'static str, faults: &mut Vec<Fault>) -> Option<(String, Span)> {
    let value = table.get(key)?;
    let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty());
    if text.is_none() {
        faults.push(wrong(key, "a text that is not empty", value));
    }
    Some((text?.to_owned(), span(value.span())))
}

fn globs(table: &mut Table<'_, '_>, key: &'static str, faults: &mut Vec<Fault>) -> Vec<Glob> {
    let listed = listed(table, key, "globs", faults);
    listed.into_iter().map(|(text, span)| Glob { text, span }).collect()
}

/// The texts of a list, each with its place.
fn listed(table: &mut Table<'_, '_>, key: &'static str, of: &str, faults: &mut Vec<Fault>) -> Vec<(String, Span)> {
    let Some(value) = table.get(key) else { return Vec::new() };
    let Some(items) = value.get_ref().as_array() else {
        faults.push(wrong(key, &format!("a list of {of}"), value));
        return Vec::new();
    };
    let mut found = Vec::new();
    for item in items.iter() {
        match item.get_ref().as_str().filter(|text| !text.trim().is_empty()) {
            Some(text) => found.push((text.to_owned(), span(item.span()))),
            None => faults.push(wrong(key, &format!("{of} as texts"), item)),
        }
    }
    found
}
