//! Symbols: what stands for one text that only the deployment knows.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::Why;

/// Names a symbol of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId(pub u32);

/// What the texts of a symbol look like. A format is a row of parts: fixed characters, or runs of at
/// least one character out of a set; or it is any text at all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    parts: Arc<[FormatPart]>,
    sample: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum FormatPart {
    Fixed(Arc<str>),
    /// One character or more, each in the set.
    Run(Set),
    /// Any text, the empty one too.
    Any,
}

/// A set of ASCII characters, as bits; `rest` says whether every other character is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Set {
    bits: u128,
    rest: bool,
}

impl Set {
    pub(super) fn has(self, c: char) -> bool {
        if c.is_ascii() { self.bits >> (c as u32) & 1 == 1 } else { self.rest }
    }

    pub(super) fn is_within(self, other: Self) -> bool {
        self.bits & !other.bits == 0 && (other.rest || !self.rest)
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.bits & other.bits != 0 || (self.rest && other.rest)
    }

    /// Every character.
    pub(super) fn all() -> Self {
        Self { bits: u128::MAX, rest: true }
    }

    /// The characters of a text. One that is not ASCII brings all of its kind.
    pub(super) fn of(text: &str) -> Self {
        let add = |set: Self, c: char| {
            if c.is_ascii() { Self { bits: set.bits | 1 << (c as u32), ..set } } else { Self { rest: true, ..set } }
        };
        text.chars().fold(Self::default(), add)
    }

    /// The set that is written as in [`Format::new`].
    pub(super) fn named(text: &str) -> Self {
        parse_set(text)
    }

    /// The characters of both.
    pub(super) fn with(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits, rest: self.rest || other.rest }
    }

    /// The characters that are not in it, and perhaps some that are: of those that are not ASCII one may
    /// be in it and another not.
    pub(super) fn inverted(self) -> Self {
        Self { bits: !self.bits, rest: true }
    }

    /// The characters that its members are in lower case.
    pub(super) fn lower(self) -> Self {
        let capitals = (u128::from(u32::MAX) >> 6) << u32::from(b'A');
        let lower = Self { bits: (self.bits & !capitals) | (self.bits & capitals) << 32, ..self };
        // Two characters that are not ASCII are so in lower case: the sign of Kelvin, and a capital I with a dot.
        if self.rest { lower.with(Self::of("ki")) } else { lower }
    }

    /// A character to show: a letter or digit, where one is in it.
    pub(super) fn sample(self) -> Option<char> {
        let preferred = ['a', 'A', '1', '0', '-'];
        let others = (' '..='~').chain(['\t', '\n', 'é']);
        preferred.into_iter().chain(others).find(|c| self.has(*c))
    }
}

impl Format {
    /// Any text at all, the empty one too: a parameter may have none.
    pub fn any() -> Self {
        Self { parts: Arc::from([FormatPart::Any]), sample: "value".into() }
    }

    pub(super) fn of_parts(parts: impl Iterator<Item = FormatPart>, sample: &str) -> Self {
        Self { parts: parts.collect(), sample: sample.into() }
    }

    /// The format of a pattern in which `{set}` is a run of at least one character: `a` letters, `A`
    /// capitals, `9` digits, `f` hexadecimal digits in lower case, every other character itself.
    /// `sample` is a text of that form, used to show a concrete value.
    pub fn new(pattern: &str, sample: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some((fixed, tail)) = rest.split_once('{') {
            if !fixed.is_empty() {
                parts.push(FormatPart::Fixed(fixed.into()));
            }
            let (set, tail) = tail.split_once('}').unwrap_or((tail, ""));
            parts.push(FormatPart::Run(parse_set(set)));
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(FormatPart::Fixed(rest.into()));
        }
        Self { parts: parts.into(), sample: sample.into() }
    }

    pub(super) fn parts(&self) -> &[FormatPart] {
        &self.parts
    }

    /// Whether a text of this form can hold a character.
    pub fn may_hold(&self, c: char) -> bool {
        self.parts.iter().any(|part| match part {
            FormatPart::Fixed(text) => text.contains(c),
            FormatPart::Run(set) => set.has(c),
            FormatPart::Any => true,
        })
    }

    /// Whether the empty text is of this form.
    pub(super) fn may_be_empty(&self) -> bool {
        self.parts.iter().all(|part| *part == FormatPart::Any)
    }

    /// The same form, shown by this text of it.
    #[must_use]
    pub fn with_sample(self, sample: &str) -> Self {
        Self { sample: sample.into(), ..self }
    }

    /// A text of this form.
    pub fn sample(&self) -> &str {
        &self.sample
    }
}

fn parse_set(text: &str) -> Set {
    let mut bits = 0u128;
    let mut add = |range: std::ops::RangeInclusive<char>| range.for_each(|c| bits |= 1 << (c as u32));
    for c in text.chars().filter(char::is_ascii) {
        match c {
            'a' => add('a'..='z'),
            'A' => add('A'..='Z'),
            '9' => add('0'..='9'),
            'f' => {
                add('a'..='f');
                add('0'..='9');
            }
            other => add(other..=other),
        }
    }
    Set { bits, rest: false }
}

/// What is known of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolFacts {
    /// Its name for people: `IdentityPool`, `parameter Stage`.
    pub name: Arc<str>,
    /// What its text looks like.
    pub format: Format,
    /// Whether two symbols with this mark and the same format never have the same text: the
    /// generated ids of two resources.
    pub unique: bool,
    /// Whether it was chosen to differ from every other text of the run: the id of a pool that is
    /// nobody's here. Only what fits every text fits it.
    pub fresh: bool,
}

/// A symbol of which nothing is known.
static UNKNOWN: LazyLock<SymbolFacts> =
    LazyLock::new(|| SymbolFacts { name: "".into(), format: Format::any(), unique: false, fresh: false });

/// All symbols of a run.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    facts: Vec<SymbolFacts>,
    by_key: HashMap<Arc<str>, SymbolId>,
    /// Why nobody knows the text, of those that somebody could have said.
    missing: HashMap<SymbolId, Why>,
}

impl Symbols {
    /// The symbol of this key, made at the first call. The key is unique within the run
    /// (`stack/Resource.Attribute`) and is never shown.
    pub fn intern(&mut self, key: &str, facts: impl FnOnce() -> SymbolFacts) -> SymbolId {
        if let Some(id) = self.by_key.get(key) {
            return *id;
        }
        let id = self.add(facts());
        self.by_key.insert(key.into(), id);
        id
    }

    /// A symbol that nothing else names.
    pub fn add(&mut self, facts: SymbolFacts) -> SymbolId {
        self.facts.push(facts);
        SymbolId(self.facts.len() as u32 - 1)
    }

    /// Says why the text of a symbol is not known, though somebody could have said it: a parameter without
    /// a value, another stack's output. The id that a resource will get is no such text.
    pub fn explain(&mut self, id: SymbolId, why: Why) {
        self.missing.entry(id).or_insert(why);
    }

    /// Why the text of a symbol is not known, if somebody could have said it.
    pub fn missing(&self, id: SymbolId) -> Option<&Why> {
        self.missing.get(&id)
    }

    /// What is known of it: nothing of one that is of other symbols, which would be a mistake of the caller's.
    pub fn facts(&self, id: SymbolId) -> &SymbolFacts {
        debug_assert!((id.0 as usize) < self.facts.len(), "a symbol of others");
        self.facts.get(id.0 as usize).unwrap_or(&UNKNOWN)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }
}
