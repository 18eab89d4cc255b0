//! Strict reading of TOML: each key is asked for by name, and what nobody asked for is a mistake.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Fault;
use crate::source::Span;

/// A table with the mistakes that were met so far.
pub(super) struct Table<'t, 'i> {
    name: &'t str,
    entries: &'t DeTable<'i>,
    known: Vec<&'static str>,
}

pub(super) fn span(range: Range<usize>) -> Span {
    Span::new(range.start, range.end)
}

impl<'t, 'i> Table<'t, 'i> {
    /// The table of a value; `name` is for messages.
    pub(super) fn of(name: &'t str, value: &'t Spanned<DeValue<'i>>, faults: &mut Vec<Fault>) -> Option<Self> {
        let entries = value.get_ref().as_table();
        if entries.is_none() {
            faults.push(wrong(name, "a table", value));
        }
        Some(Self { name, entries: entries?, known: Vec::new() })
    }

    pub(super) fn root(entries: &'t DeTable<'i>) -> Self {
        Self { name: "", entries, known: Vec::new() }
    }

    /// The value of a key.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.entries.iter().find(|(own, _)| own.get_ref() == key).map(|(_, value)| value)
    }

    /// A key that other versions know, or that this one will.
    pub(super) fn refuse(&mut self, key: &'static str, faults: &mut Vec<Fault>) {
        self.known.push(key);
        if let Some((own, _)) = self.entries.iter().find(|(own, _)| own.get_ref() == key) {
            let message = format!("'{key}' is not supported by rolecall {}", env!("CARGO_PKG_VERSION"));
            faults.push(Fault::new(span(own.span()), message));
        }
    }

    /// The texts of a list; each of them has to fit.
    pub(super) fn texts(
        &mut self,
        key: &'static str,
        form: (&str, fn(&str) -> bool),
        faults: &mut Vec<Fault>,
    ) -> Vec<String> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            faults.push(wrong(key, "a list of texts", value));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_str() {
                Some(text) if (form.1)(text) => texts.push(text.to_owned()),
                _ => faults.push(wrong(key, form.0, item)),
            }
        }
        texts
    }

    /// Every key of the table, whatever it is called.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (&'t Spanned<toml::de::DeString<'i>>, &'t Spanned<DeValue<'i>>)> {
        self.entries.iter()
    }

    /// Says of every key that nobody asked for that it is not known.
    pub(super) fn finish(mut self, faults: &mut Vec<Fault>) {
        self.known.sort_unstable();
        debug_assert_eq!(Some(&self.known), super::keys::names(self.name).as_ref(), "keys of [{}]", self.name);
        for (key, _) in self.entries.iter().filter(|(key, _)| !self.known.contains(&key.get_ref().as_ref())) {
            let what =
                if self.name.is_empty() { "no section".to_owned() } else { format!("no key of [{}]", self.name) };
            faults.push(Fault::unknown(span(key.span()), &what, key.get_ref(), self.known.iter().copied()));
        }
    }
}

/// A value of the wrong kind.
pub(super) fn wrong(key: &str, wanted: &str, value: &Spanned<DeValue<'_>>) -> Fault {
    let message = match value.get_ref() {
        DeValue::String(text) => format!("'{key}' takes {wanted}, not '{}'", crate::finding::shown(text)),
        other => format!("'{key}' takes {wanted}, not {}", kind(other)),
    };
    Fault::new(span(value.span()), message)
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
