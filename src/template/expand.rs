//! What CloudFormation's own macros make of a template, before anything is evaluated: loops
//! (`AWS::LanguageExtensions`) first, then SAM (`AWS::Serverless-2016-10-31`).
//!
//! Invariant: what a macro makes stands at the place of what caused it.

use super::foreach;
use crate::syntax::{Document, Kind, Node};

/// Values of parameters that are known before anything is evaluated, by name.
pub type Known<'k> = dyn Fn(&str) -> Option<String> + Sync + 'k;

/// A template after its macros.
#[derive(Debug)]
pub struct Expanded {
    /// Its tree.
    pub document: Document,
    /// What could not be followed, each a sentence without its full stop.
    pub notes: Vec<String>,
}

/// The template that the macros make of a document; nothing where it names none of those that are known.
pub fn expand(doc: &Document, known: &Known<'_>) -> Option<Expanded> {
    let transforms = transforms(doc);
    let mut notes = Vec::new();
    let uses = |name: &str| transforms.contains(&name);
    let looped = if uses(foreach::TRANSFORM) { foreach::expand(doc, known, &mut notes) } else { None };
    looped.map(|document| Expanded { document, notes })
}

/// The macros that a template names, one or a list of them; a macro with parameters is a mapping.
pub(super) fn transforms(doc: &Document) -> Vec<&str> {
    let Some(transform) = doc.root().and_then(|root| root.get("Transform")) else { return Vec::new() };
    let single = (transform.kind() != Kind::Sequence).then_some(transform);
    transform.items().chain(single).filter_map(name).collect()
}

fn name(transform: Node<'_>) -> Option<&str> {
    match transform.kind() {
        Kind::Mapping => transform.get("Name")?.text(),
        _ => transform.text(),
    }
}
