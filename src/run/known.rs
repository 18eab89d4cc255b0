//! Values of parameters that are known before a template's macros are expanded.

use std::collections::{HashMap, HashSet};

use super::unit::Unit;
use crate::resolve::is_secret;
use crate::syntax::Document;

/// For each document the values that its stacks have in common. What a parent gives to a nested stack is
/// not known yet, and a secret is never taken, since macros write values into names.
pub(super) fn of_documents(documents: &[Document], units: &[Unit]) -> Vec<HashMap<String, String>> {
    let mut known: Vec<HashMap<String, String>> = vec![HashMap::new(); documents.len()];
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
        if met.insert(unit.document) {
            *values = own;
        } else {
            values.retain(|name, value| own.get(name) == Some(value));
        }
    }
    known
}
