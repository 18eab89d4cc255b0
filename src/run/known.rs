//! Values of parameters that are known before a template's macros are expanded.

use std::collections::{HashMap, HashSet};

use super::unit::Unit;
use crate::resolve::is_secret;
use crate::syntax::Document;
use crate::template::Known;

/// What is known of the parameters of one document.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    by_name: HashMap<String, String>,
    /// A stack of it is nested: what its parent gives is not among the values.
    is_nested: bool,
}

impl Values {
    /// Hands them to what expands macros.
    pub(super) fn with<T>(&self, make: impl FnOnce(&Known<'_>) -> T) -> T {
        make(&Known { values: &|name| self.by_name.get(name).cloned(), defaults_hold: !self.is_nested })
    }
}

/// For each document the values that its stacks have in common. What a parent gives to a nested stack is
/// not known yet, and a secret is never taken, since macros write values into names.
pub(super) fn of_documents(documents: &[Document], units: &[Unit]) -> Vec<Values> {
    let mut known: Vec<Values> = vec![Values::default(); documents.len()];
    let mut met = HashSet::new();
    for unit in units {
        let (Some(values), Some(document)) = (known.get_mut(unit.document), documents.get(unit.document)) else {
            continue;
        };
        let declared = document.root().and_then(|root| root.get("Parameters"));
        let is_shown = |name: &str| declared.and_then(|declared| declared.get(name)).is_some_and(|one| !is_secret(one));
        let own = unit.given.iter().filter(|(name, _)| !unit.is_nested() && is_shown(name));
        let own = own.filter_map(|(name, parameter)| Some((name.to_owned(), parameter.value()?.to_string())));
        let own: HashMap<String, String> = own.collect();
        values.is_nested |= unit.is_nested();
        let values = &mut values.by_name;
        if met.insert(unit.document) {
            *values = own;
        } else {
            values.retain(|name, value| own.get(name) == Some(value));
        }
    }
    known
}
