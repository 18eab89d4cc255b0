//! Symbols for what is nobody's here: names and numbers that strangers have.

use std::collections::HashMap;

use crate::identity::graph::Graph;
use crate::value::{Form, Format, Mark, SymbolFacts, SymbolId, Symbols, Text};

/// Hands out symbols that stand for what strangers have.
pub(super) struct Clerk {
    pub(super) symbols: Symbols,
    given: HashMap<(String, String), SymbolId>,
}

/// A number of an account that is nobody's.
const ACCOUNT: &str = "999999999999";

impl Clerk {
    pub(super) fn new(graph: &Graph) -> Self {
        Self { symbols: graph.symbols.clone(), given: HashMap::new() }
    }

    /// The symbol for a stranger's name of this form.
    pub(super) fn letter(&mut self, name: &str, form: &str) -> SymbolId {
        if let Some(id) = self.given(name, form) {
            return id;
        }
        let sample = sample(name, form);
        let format = if form == "*" { Format::any().with_sample(&sample) } else { Format::new(form, &sample) };
        self.add(name, form, format, true)
    }

    /// The symbol for the end of a stranger's name that begins as an own one does.
    pub(super) fn ending(&mut self, name: &str, form: &str, own: &[Mark]) -> SymbolId {
        // Names of some have no two hyphens in a row.
        let is_behind_hyphen = own.last() == Some(&Mark::Char('-'));
        let (end, end_of) = match is_behind_hyphen {
            true => ("other", format!("end of {name} behind a hyphen")),
            false => ("-other", format!("end of {name}")),
        };
        if let Some(id) = self.given(&end_of, form) {
            return id;
        }
        let takes = Form::new(form).takes(&Text::known(end), &Symbols::default());
        if !takes {
            return self.letter(name, form);
        }
        self.add(&end_of, form, Format::new(form, end), true)
    }

    /// The symbol for a stranger's text of any form.
    pub(super) fn any(&mut self, name: &str) -> SymbolId {
        self.add(name, "", Format::any().with_sample(&format!("other-{name}")), true)
    }

    /// The number of another account.
    pub(super) fn account(&mut self) -> SymbolId {
        self.add("account", "{9}", Format::new("{9}", ACCOUNT), true)
    }

    /// What is ours, and of which only the form is known.
    pub(super) fn ours(&mut self, name: &str, form: &str, sample: &str) -> SymbolId {
        self.add(name, form, Format::new(form, sample), false)
    }

    fn given(&self, name: &str, form: &str) -> Option<SymbolId> {
        self.given.get(&(name.to_owned(), form.to_owned())).copied()
    }

    fn add(&mut self, name: &str, form: &str, format: Format, fresh: bool) -> SymbolId {
        if let Some(id) = self.given(name, form) {
            return id;
        }
        let shown = if fresh { format!("another {name}") } else { name.to_owned() };
        let id = self.symbols.add(SymbolFacts { name: shown.into(), format, unique: fresh, fresh });
        self.given.insert((name.to_owned(), form.to_owned()), id);
        id
    }
}

/// A text of a form that says what it is, where the form has room for it.
fn sample(name: &str, form: &str) -> String {
    let (front, back) = (form.split('{').next().unwrap_or_default(), form.rsplit('}').next().unwrap_or_default());
    let tries = [&format!("other-{name}"), &format!("other{name}"), "other", "4242", "bad0", "x", "0"];
    let tries = tries.into_iter().map(|text: &str| format!("{front}{text}{back}"));
    let is_of = |text: &String| Form::new(form).takes(&Text::known(text.as_str()), &Symbols::default());
    tries.into_iter().find(is_of).unwrap_or_else(|| "0".to_owned())
}
