//! Templates that are texts of other templates: the bodies of stack sets. What such a text says is a value,
//! so it is read once the stacks around it are known, and it may hold the next one.

use std::collections::HashMap;
use std::sync::Arc;

use super::analyse::{self, Said};
use super::gather::{Files, TextReading};
use super::nest::STACKS;
use super::read::first_error;
use super::recognise::{self, Form};
use super::unit::{Nested, Unit};
use crate::checks::Problem;
use crate::resolve::{NoteKind, Resolver, StackId, StackSet, Unread};
use crate::source::{FileId, Place, Span};
use crate::syntax::{self, Document, NodeId};
use crate::template::{Resource, STACK_SET, TEMPLATE_BODY};
use crate::value::{Kind, Piece, Symbols, Text, Value};

/// Documents inside one another's texts (interface, limits).
const MOST_DEPTH: usize = 3;
/// Longest text that is read as a template, in bytes; CloudFormation takes 51,200.
const MOST_BYTES: usize = 1 << 20;
/// Most that the texts of one file come to.
const MOST_OF_FILE: usize = 4 << 20;

/// Reads the templates that stand in texts, and lists their stacks behind the others. Answers limits that
/// were reached, each a sentence without its full stop.
pub(super) fn read(files: &mut Files, units: &mut Vec<Unit>, said: &Said<'_>) -> Vec<String> {
    let mut bodies = Bodies::default();
    let mut from = 0;
    // Each round can bring texts of the next depth.
    while units[from..].iter().any(|unit| may_hold(&files.documents, unit)) {
        bodies.documents = files.documents.len();
        analyse::with_sets(&files.documents, units, said, |sets, _| {
            sets.iter().for_each(|set| bodies.of_set(set, units, from));
        });
        from = units.len();
        files.documents.append(&mut bodies.read);
        files.texts.append(&mut bodies.readings);
        for (at, unread) in bodies.unread.drain(..) {
            Arc::make_mut(&mut units[at].unread).push(unread);
        }
        units.append(&mut bodies.units);
    }
    let bound = format!("only the first {STACKS} stacks are read of which the template is a text");
    bodies.full.then_some(bound).into_iter().collect()
}

/// A look at the texts, before anything is evaluated.
fn may_hold(documents: &[Document], unit: &Unit) -> bool {
    let parts = unit.parts.iter().filter_map(|part| part.document);
    let mut texts = std::iter::once(unit.document).chain(parts).filter_map(|at| documents.get(at)).map(Document::text);
    texts.any(|text| text.contains(TEMPLATE_BODY) && text.contains(STACK_SET))
}

/// A text of a node in a document: what it says in several stacks need not be the same.
type Key = (usize, FileId, NodeId, Arc<str>);

/// What became of a text.
#[derive(Clone, Debug)]
enum Became {
    /// A template: the place of its tree among the documents.
    Template(usize),
    /// None that is checked, and why, as the end of a sentence.
    Left(String),
}

#[derive(Default)]
struct Bodies {
    /// Documents that there are without those of this round.
    documents: usize,
    /// Those of this round.
    read: Vec<Document>,
    readings: Vec<TextReading>,
    units: Vec<Unit>,
    /// What is not read, by the number of the unit.
    unread: Vec<(usize, Unread)>,
    /// What was read already: a template that is nested often says the same each time.
    known: HashMap<Key, Became>,
    /// Bytes of the texts of each file.
    bytes: HashMap<FileId, usize>,
    /// Stacks of all rounds.
    stacks: usize,
    full: bool,
}

/// A stack set whose template is a text.
struct Owner<'u> {
    at: usize,
    unit: &'u Unit,
    id: &'u str,
    place: Place,
}

impl Owner<'_> {
    fn key(&self) -> String {
        format!("{}/{}", self.unit.key, self.id)
    }
}

impl Bodies {
    /// Reads the texts in the stacks of a set that stand in the list of units at `from` or behind it.
    fn of_set(&mut self, set: &StackSet<'_>, units: &[Unit], from: usize) {
        let has_body = |resource: &&Resource<'_>| resource.property(TEMPLATE_BODY).is_some();
        let mut resolver = None;
        for id in set.ids().filter(|id| set.stack(*id).listed >= from) {
            let stack = set.stack(id);
            let Some(unit) = units.get(stack.listed) else { continue };
            let owners = stack.template.of_kind(STACK_SET).filter(has_body);
            for resource in owners.filter(|resource| !stack.children.contains_key(resource.id)) {
                let resolver = resolver.get_or_insert_with(|| Resolver::new(set));
                let Some(value) = resolver.property(id, resource, TEMPLATE_BODY) else { continue };
                let owner = Owner { at: stack.listed, unit, id: resource.id, place: value.at.place };
                let node = resource.property(TEMPLATE_BODY).map(|node| node.target().id());
                let became = self.became(resolver, id, &value, node, &owner);
                self.add(&owner, became);
            }
        }
    }

    fn became(
        &mut self,
        resolver: &mut Resolver<'_, '_>,
        stack: StackId,
        value: &Value,
        node: Option<NodeId>,
        owner: &Owner<'_>,
    ) -> Became {
        let (Kind::Text(Text::Known(text)), Some(node)) = (&value.kind, node) else {
            return Became::Left(format!("its text is not known for certain{}", missing(value, &resolver.symbols)));
        };
        let key = (owner.unit.document, owner.place.file, node, text.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let became = match self.limit(owner, text.len()) {
            Some(message) => {
                self.cannot(owner, Problem::Unreadable { span: owner.place.span, message, related: None, advice: None })
            }
            None => {
                let places = resolver.spans_of_text(stack, value, text);
                self.parse(owner, text, places)
            }
        };
        self.known.insert(key, became.clone());
        became
    }

    /// The limit that a text is beyond, as a sentence without its full stop.
    fn limit(&mut self, owner: &Owner<'_>, length: usize) -> Option<String> {
        let of_file = self.bytes.entry(owner.place.file).or_default();
        let sum = of_file.saturating_add(length);
        let mebibytes = |bytes: usize| bytes >> 20;
        if owner.unit.texts >= MOST_DEPTH {
            return Some(format!("nested deeper than {MOST_DEPTH} texts in one another"));
        }
        if length > MOST_BYTES {
            return Some(format!(
                "longer than {} MiB, which is the most that is read of a text",
                mebibytes(MOST_BYTES)
            ));
        }
        if sum > MOST_OF_FILE {
            let most = mebibytes(MOST_OF_FILE);
            return Some(format!("the templates in texts of this file come to more than {most} MiB"));
        }
        *of_file = sum;
        None
    }

    fn parse(&mut self, owner: &Owner<'_>, text: &Arc<str>, places: Vec<Span>) -> Became {
        let document = syntax::parse(owner.place.file, text, "");
        let other = match document.errors().first() {
            Some(error) => recognise::other_tool(text, error.span.start()),
            None => recognise::tool_of_braces(&document),
        };
        if other.is_some() {
            return Became::Left("its text is the source of another tool".to_owned());
        }
        let form = recognise::form(&document);
        let document = document.within(owner.place.file, places);
        match (first_error(&document), form) {
            (Some(problem), _) => self.cannot(owner, problem),
            (None, Form::Template) => {
                let at = self.documents + self.read.len();
                self.read.push(document);
                self.tell(owner, Some(at), Vec::new());
                Became::Template(at)
            }
            (None, Form::NoMapping(span)) => {
                let (span, message) = (document.placed(span), "Resources is no mapping".to_owned());
                self.cannot(owner, Problem::Unreadable { span, message, related: None, advice: None })
            }
            (None, Form::Policy | Form::Other) => Became::Left("its text holds no template".to_owned()),
        }
    }

    fn cannot(&mut self, owner: &Owner<'_>, problem: Problem) -> Became {
        self.tell(owner, None, vec![problem]);
        Became::Left("its text cannot be read".to_owned())
    }

    fn tell(&mut self, owner: &Owner<'_>, document: Option<usize>, problems: Vec<Problem>) {
        let (file, stack_key, stack_set) = (owner.place.file, owner.key(), owner.id.to_owned());
        self.readings.push(TextReading { file, document, problems, stack_key, stack_set });
    }

    /// Lists the stack of a text, or says why there is none.
    fn add(&mut self, owner: &Owner<'_>, became: Became) {
        let left =
            |why: &str| Unread { id: owner.id.to_owned(), kind: NoteKind::LeftRun, why: format!("is not read: {why}") };
        match became {
            Became::Left(why) => self.unread.push((owner.at, left(&why))),
            Became::Template(_) if self.stacks >= STACKS => {
                self.full = true;
                self.unread.push((owner.at, left("there are too many stacks")));
            }
            Became::Template(document) => {
                self.stacks += 1;
                let nested = Some(Nested { parent: owner.at, id: owner.id.to_owned(), apart: true });
                let (texts, source_root) = (owner.unit.texts + 1, owner.unit.source_root.clone());
                let unit = Unit::new(owner.place.file, document, owner.key(), None);
                let shown = format!("{}/{}", owner.unit.shown, owner.id);
                self.units.push(Unit { nested, texts, source_root, shown, ..unit });
            }
        }
    }
}

/// What could have been said and was not, behind a colon; nothing where that is not why a text is unknown.
fn missing(value: &Value, symbols: &Symbols) -> String {
    let why = match &value.kind {
        Kind::Any(why) | Kind::Text(Text::Any(why)) => Some(why),
        Kind::Text(Text::Shape(pieces)) => pieces.iter().find_map(|piece| match piece {
            Piece::Symbol(id) => symbols.missing(*id),
            Piece::Literal(_) => None,
        }),
        _ => None,
    };
    why.map(|why| format!(": {why}")).unwrap_or_default()
}
