//! What CloudFormation's own macros make of a template, before anything is evaluated: loops
//! (`AWS::LanguageExtensions`) first, then SAM (`AWS::Serverless-2016-10-31`). Before CloudFormation gets it,
//! the Serverless Framework makes the template of a service.
//!
//! Invariant: what a macro makes stands at the place of what caused it.

use super::serverless::Parts;
use super::{foreach, sam};
use crate::source::Place;
use crate::syntax::{Document, Kind, Node};

/// What is known of parameters before anything is evaluated.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    /// Their values, by name.
    pub values: &'k (dyn Fn(&str) -> Option<String> + Sync),
    /// Whether a parameter without a value has its default: a nested stack is given what its parent says.
    pub defaults_hold: bool,
}

/// A loop over the default of a parameter: what it makes is there as long as nobody says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverDefault {
    /// The loop.
    pub place: Place,
    /// The parameter.
    pub parameter: String,
    /// Its default.
    pub default: String,
}

/// A template after its macros.
#[derive(Debug)]
pub struct Expanded {
    /// Its tree.
    pub document: Document,
    /// Limits that were reached, each a sentence without its full stop.
    pub notes: Vec<String>,
    /// What was left as it is written, since a value is missing; of the same form.
    pub unknown: Vec<String>,
    /// Loops over the defaults of parameters.
    pub over_defaults: Vec<OverDefault>,
    /// What stands, as written, for something unknown that may change all that the template says.
    pub unknown_part: Option<String>,
}

/// The template that the macros make of a document; nothing where it names none of those that are known.
/// `parts` are what a service of the Serverless Framework includes.
pub fn expand(doc: &Document, known: &Known<'_>, parts: &Parts<'_>) -> Option<Expanded> {
    let service = super::serverless::expand(doc, parts);
    let doc = service.as_ref().map_or(doc, |made| &made.document);
    let transforms = transforms(doc);
    let mut notes = Vec::new();
    let uses = |name: &str| transforms.contains(&name);
    let mut unknown = Vec::new();
    let mut over_defaults = Vec::new();
    let looped = uses(foreach::TRANSFORM).then(|| foreach::expand(doc, known, &mut notes, &mut unknown)).flatten();
    let looped = looped.map(|(document, over)| {
        over_defaults = over;
        document
    });
    let from = looped.as_ref().unwrap_or(doc);
    let served = if uses(sam::TRANSFORM) { sam::expand(from, known, &mut notes, &mut unknown) } else { None };
    let Some(document) = served.or(looped) else { return service };
    let unknown_part = service.map(|made| {
        notes.extend(made.notes);
        unknown.extend(made.unknown);
        made.unknown_part
    });
    Some(Expanded { document, notes, unknown, over_defaults, unknown_part: unknown_part.flatten() })
}

/// A macro of the user's own that a template names, with its place: it may change all that is written.
/// CloudFormation's own (`AWS::…`) add to a template and leave its roles alone.
pub fn own_macro(doc: &Document) -> Option<(&str, Node<'_>)> {
    let node = doc.root()?.get("Transform")?;
    transforms(doc).into_iter().find(|name| !name.starts_with("AWS::")).map(|name| (name, node))
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
