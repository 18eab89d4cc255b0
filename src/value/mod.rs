//! What a value will be at deployment: known, narrowed, or honestly unknown.
//!
//! Invariant: neither CloudFormation nor IAM is known here; values own what they hold.

mod compare;
mod lookup;
mod pairs;
mod pattern;
mod search;
mod switch;
mod symbols;
mod worlds;

use std::sync::Arc;

use crate::source::Place;
use crate::syntax::{Kind as NodeKind, Node, NodeId, Scalar};

pub use compare::{
    Mark, compare, conforms, fits, fits_without_case, glob_fits, glob_fits_without_case, marks, may_meet, overlaps,
    simplest,
};
pub use lookup::Lookup;
pub use search::{Form, Found, Pattern, Search};
pub use switch::{Branch, Case, Cases, Formula, Switch, SwitchId};
pub use symbols::{Format, SymbolFacts, SymbolId, Symbols};
pub use worlds::Worlds;

/// Kleene's three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Certainly so.
    True,
    /// Certainly not.
    False,
    /// Not decided by what is known.
    Unknown,
}

impl Truth {
    /// Both: false wins, then unknown.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }

    /// Either: true wins, then unknown.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    /// All of them; true for none.
    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        truths.into_iter().fold(Self::True, Self::and)
    }

    /// Any of them; false for none.
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        truths.into_iter().fold(Self::False, Self::or)
    }

    /// The common answer of several readings of one question; unknown where they differ, or for none.
    pub fn agreed(truths: impl IntoIterator<Item = Self>) -> Self {
        truths.into_iter().reduce(|a, b| if a == b { a } else { Self::Unknown }).unwrap_or(Self::Unknown)
    }

    /// Whether it is certainly so.
    pub fn is_true(self) -> bool {
        self == Self::True
    }

    /// Whether it is certainly not so.
    pub fn is_false(self) -> bool {
        self == Self::False
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// Where a value stands; `node` only where an edit may touch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At {
    /// File and bytes.
    pub place: Place,
    /// The node, if it is one that the user wrote as such.
    pub node: Option<NodeId>,
}

/// Why nothing is known of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// A parameter without a value.
    Parameter(Arc<str>),
    /// A reference that no file of the run answers: an import, a stack output, a template elsewhere.
    LeftRun(Arc<str>),
    /// A reference that several files of the run answer.
    Ambiguous(Arc<str>),
    /// Made when the stack is deployed: a custom resource's attribute, a macro, a dynamic reference.
    Deployment(Arc<str>),
    /// An intrinsic function that is not evaluated, or not as it is written here.
    Intrinsic(Arc<str>),
    /// A reference to something that the template does not define.
    Missing(Arc<str>),
    /// A text that is no JSON where it has to be, and what is wrong with it.
    Broken(Arc<str>),
    /// A stated limit was reached.
    Bound,
}

impl std::fmt::Display for Why {
    /// Half a sentence that says what is missing.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Parameter(name) => write!(f, "parameter {name} has no value"),
            Self::LeftRun(what) => write!(f, "{what} is made by no template of this run"),
            Self::Ambiguous(what) => write!(f, "{what} is made by several templates of this run"),
            Self::Deployment(what) => write!(f, "{what} is known only at deployment"),
            Self::Intrinsic(what) => write!(f, "{what} is not evaluated"),
            Self::Missing(what) => write!(f, "{what} is not in the template"),
            Self::Broken(what) => write!(f, "a text is no JSON: {what}"),
            Self::Bound => f.write_str("a stated limit was reached"),
        }
    }
}

/// A part of a text of which something is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Known characters, never empty.
    Literal(Arc<str>),
    /// Something that stands for one text, the same wherever it stands.
    Symbol(SymbolId),
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Text {
    /// All of it.
    Known(Arc<str>),
    /// Literals and symbols in a row; at least one symbol, no two literals side by side.
    Shape(Arc<[Piece]>),
    /// Nothing is known.
    Any(Why),
}

impl Text {
    /// Known characters of a text that is put together, in bytes.
    pub const MOST_BYTES: usize = 1 << 20;
    /// Pieces of a text that is put together.
    pub const MOST_PIECES: usize = 10_000;

    /// A known text.
    pub fn known(text: impl Into<Arc<str>>) -> Self {
        Self::Known(text.into())
    }

    /// A text that is one symbol.
    pub fn symbol(id: SymbolId) -> Self {
        Self::Shape(Arc::from([Piece::Symbol(id)]))
    }

    /// The text, where all of it is known.
    pub fn as_known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            _ => None,
        }
    }

    /// Whether what is known of its end is this, or ends so.
    pub fn ends_with(&self, end: &str) -> bool {
        match self {
            Self::Known(text) => text.ends_with(end),
            Self::Shape(pieces) => matches!(pieces.last(), Some(Piece::Literal(last)) if last.ends_with(end)),
            Self::Any(_) => false,
        }
    }

    /// The symbol, where it is nothing but one.
    pub fn as_symbol(&self) -> Option<SymbolId> {
        match self {
            Self::Shape(pieces) => match pieces.as_ref() {
                [Piece::Symbol(id)] => Some(*id),
                _ => None,
            },
            _ => None,
        }
    }

    /// Its pieces; none where nothing is known.
    pub fn pieces(&self) -> Option<Vec<Piece>> {
        match self {
            Self::Known(text) if text.is_empty() => Some(Vec::new()),
            Self::Known(text) => Some(vec![Piece::Literal(text.clone())]),
            Self::Shape(pieces) => Some(pieces.to_vec()),
            Self::Any(_) => None,
        }
    }

    /// One text after another; nothing is known of the whole where nothing is known of a part, or where
    /// it would be longer than [`Self::MOST_BYTES`] or have more than [`Self::MOST_PIECES`].
    pub fn join<'t>(parts: impl IntoIterator<Item = &'t Self>) -> Self {
        let mut joiner = Joiner::default();
        for part in parts {
            let fits = match part {
                Self::Known(text) => joiner.literal(text),
                Self::Shape(inner) => inner.iter().all(|piece| joiner.piece(piece)),
                Self::Any(why) => return Self::Any(why.clone()),
            };
            if !fits {
                return Self::Any(Why::Bound);
            }
        }
        joiner.text()
    }

    /// The text of these pieces, with the limits of [`Self::join`].
    pub fn from_pieces(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut joiner = Joiner::default();
        if pieces.into_iter().all(|piece| joiner.piece(&piece)) { joiner.text() } else { Self::Any(Why::Bound) }
    }

    /// The text without the white space at its ends, as far as it is seen.
    #[must_use]
    pub fn trimmed(self) -> Self {
        let Some(mut pieces) = self.pieces() else { return self };
        if let Some(Piece::Literal(first)) = pieces.first_mut() {
            *first = first.trim_start().into();
        }
        if let Some(Piece::Literal(last)) = pieces.last_mut() {
            *last = last.trim_end().into();
        }
        Self::from_pieces(pieces)
    }

    /// How much memory it takes beside itself, about.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Known(text) => text.len(),
            Self::Shape(pieces) => {
                let bytes = |piece: &Piece| match piece {
                    Piece::Literal(text) => text.len(),
                    Piece::Symbol(_) => 0,
                };
                std::mem::size_of_val::<[Piece]>(pieces) + pieces.iter().map(bytes).sum::<usize>()
            }
            Self::Any(_) => 0,
        }
    }
}

/// Puts a text together: literals side by side are gathered in one buffer, so that the whole costs its
/// length and not its length for every part.
#[derive(Default)]
struct Joiner {
    pieces: Vec<Piece>,
    /// The literal that is being gathered: shared while it is the only one, copied from the second on.
    one: Option<Arc<str>>,
    many: String,
    bytes: usize,
}

impl Joiner {
    /// Adds a piece; whether the text is still within its limits. A text that is one literal always is.
    fn piece(&mut self, piece: &Piece) -> bool {
        match piece {
            Piece::Literal(text) => self.literal(text),
            Piece::Symbol(_) => {
                self.close();
                self.pieces.push(piece.clone());
                self.within()
            }
        }
    }

    fn literal(&mut self, text: &Arc<str>) -> bool {
        if text.is_empty() {
            return true;
        }
        self.bytes += text.len();
        let alone = self.one.is_none() && self.many.is_empty();
        if alone {
            self.one = Some(text.clone());
            return self.pieces.is_empty() || self.within();
        }
        if !self.within() {
            return false;
        }
        if let Some(first) = self.one.take() {
            self.many.push_str(&first);
        }
        self.many.push_str(text);
        true
    }

    fn within(&self) -> bool {
        self.bytes <= Text::MOST_BYTES && self.pieces.len() <= Text::MOST_PIECES
    }

    fn close(&mut self) {
        if let Some(text) = self.one.take() {
            self.pieces.push(Piece::Literal(text));
        } else if !self.many.is_empty() {
            self.pieces.push(Piece::Literal(self.many.as_str().into()));
            self.many.clear();
        }
    }

    fn text(mut self) -> Text {
        self.close();
        match self.pieces.as_slice() {
            [] => Text::known(""),
            [Piece::Literal(text)] => Text::Known(text.clone()),
            _ if !self.within() => Text::Any(Why::Bound),
            _ => Text::Shape(self.pieces.into()),
        }
    }
}

/// How large a value is, everything that it shares written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Nodes.
    pub weight: usize,
    /// Nesting, choices included; one for what holds nothing.
    pub depth: usize,
}

impl Size {
    /// The size of what holds nothing.
    pub const ONE: Self = Self { weight: 1, depth: 1 };

    /// With one more member inside.
    #[must_use]
    pub fn with(self, inner: Self) -> Self {
        let weight = self.weight.saturating_add(inner.weight);
        Self { weight, depth: self.depth.max(inner.depth.saturating_add(1)) }
    }

    /// Whether it is larger than another in weight or depth.
    pub fn exceeds(self, most: Self) -> bool {
        self.weight > most.weight || self.depth > most.depth
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Where the template says so.
    pub at: At,
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key; computed keys (CfnJson) may hold symbols.
    pub key: Text,
    /// Where the key stands.
    pub key_at: At,
    /// What it has.
    pub value: Value,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Null, or nothing where a value could stand.
    Null,
    /// True or false.
    Bool(bool),
    /// A number as written.
    Number(Arc<str>),
    /// A text.
    Text(Text),
    /// A list.
    List(Arc<[Value]>),
    /// A map, its keys in the order of the template.
    Map(Arc<[Entry]>),
    /// One of several, by the choice of conditions and parameters; the cases exclude one another.
    OneOf(Arc<[Case<Value>]>),
    /// `AWS::NoValue`: what would have it does not exist.
    Absent,
    /// Nothing is known, not even the kind.
    Any(Why),
}

impl Value {
    /// This value at this place.
    pub fn new(kind: Kind, at: At) -> Self {
        Self { kind, at }
    }

    /// A value of which nothing is known.
    pub fn any(why: Why, at: At) -> Self {
        Self::new(Kind::Any(why), at)
    }

    /// The members of a list.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a map.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of a known key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key.as_known() == Some(key))
    }

    /// The value of a known key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Its text, numbers and truth values taken as theirs; nothing for lists, maps, null and choices.
    pub fn text(&self) -> Option<Text> {
        match &self.kind {
            Kind::Text(text) => Some(text.clone()),
            Kind::Number(text) => Some(Text::Known(text.clone())),
            Kind::Bool(true) => Some(Text::known("true")),
            Kind::Bool(false) => Some(Text::known("false")),
            Kind::Any(why) => Some(Text::Any(why.clone())),
            _ => None,
        }
    }

    /// How large it is. The walk stops where it has found it to be larger than `most`; the answer is then
    /// larger too, by an unknown amount. Cost: `most.weight` nodes.
    pub fn size(&self, most: Size) -> Size {
        let mut size = Size::ONE;
        let mut members: Box<dyn Iterator<Item = &Self>> = match &self.kind {
            Kind::List(items) => Box::new(items.iter()),
            Kind::Map(entries) => Box::new(entries.iter().map(|entry| &entry.value)),
            Kind::OneOf(cases) => Box::new(cases.iter().map(|case| &case.then)),
            _ => return size,
        };
        while !size.exceeds(most) {
            let Some(member) = members.next() else { break };
            let left = Size { weight: most.weight - size.weight, depth: most.depth - 1 };
            size = size.with(member.size(left));
        }
        size
    }

    /// Whether it is nothing: null, or absent.
    pub fn is_nothing(&self) -> bool {
        matches!(self.kind, Kind::Null | Kind::Absent)
    }
}

/// A value exactly as a document has it: no function is evaluated. Nesting is bounded by the parser, an
/// alias is not followed.
pub fn as_written(node: Node<'_>) -> Value {
    let at = At { place: node.place(), node: Some(node.id()) };
    let kind = match node.kind() {
        NodeKind::Missing => Kind::Null,
        NodeKind::Sequence => Kind::List(node.items().map(as_written).collect()),
        NodeKind::Mapping => Kind::Map(node.own_entries().map(|(key, value)| entry_as_written(key, value)).collect()),
        NodeKind::Scalar => match node.scalar() {
            None | Some(Scalar::Null) => Kind::Null,
            Some(Scalar::Bool(value)) => Kind::Bool(value),
            Some(Scalar::Number(text)) => Kind::Number(text.into()),
            Some(Scalar::Text(text)) => Kind::Text(Text::known(text)),
        },
    };
    Value::new(kind, at)
}

fn entry_as_written(key: Node<'_>, value: Node<'_>) -> Entry {
    let key_at = At { place: key.place(), node: Some(key.id()) };
    Entry { key: Text::known(key.text().unwrap_or_default()), key_at, value: as_written(value) }
}

/// A text for people: symbols as `${name}`.
pub fn shown(text: &Text, symbols: &Symbols) -> String {
    let Some(pieces) = text.pieces() else { return "an unknown value".to_owned() };
    let shown = pieces.iter().map(|piece| match piece {
        Piece::Literal(literal) => literal.to_string(),
        Piece::Symbol(id) => format!("${{{}}}", symbols.facts(*id).name),
    });
    shown.collect()
}

/// A text of its form: what a deployment could make of it.
pub fn sample(text: &Text, symbols: &Symbols) -> String {
    let pieces = text.pieces().unwrap_or_default();
    let sample = pieces.iter().map(|piece| match piece {
        Piece::Literal(literal) => literal.as_ref(),
        Piece::Symbol(id) => symbols.facts(*id).format.sample(),
    });
    sample.collect()
}
