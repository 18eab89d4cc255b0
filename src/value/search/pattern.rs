//! Languages of texts: patterns of a policy, and the forms of what a request carries.

use std::ops::Range;
use std::sync::Arc;

use super::machine::{Letter, Machine};
use crate::value::compare::{Mark, conforms};
use crate::value::symbols::{Format, FormatPart, Set};
use crate::value::{Piece, SymbolId, Symbols, Text};

/// A pattern that a text may be inside of. Many searches share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub(super) steps: Arc<[Step]>,
}

/// The form of the texts that are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub(super) steps: Vec<Step>,
    /// Its groups, in order.
    pub(super) groups: Vec<Range<usize>>,
    /// For each group, a symbol that stands for it, or for the rest of it, and that nobody else has. Empty
    /// where the texts are free.
    pub(super) fresh: Vec<SymbolId>,
    /// What the whole texts of others look like.
    whole: Option<Format>,
    /// Texts inside of one of these are not of the form.
    without: Vec<Pattern>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// One of these.
    One(Letters),
    /// Any number of these, none too.
    Run(Letters),
    Symbol(SymbolId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    Char(char),
    /// In any case.
    Folded(char),
    All,
    NoColon,
    Of(Set),
}

impl Letters {
    pub(super) fn has(self, c: char) -> bool {
        match self {
            Self::Char(own) => own == c,
            Self::Folded(own) => own == folded(c),
            Self::All => true,
            Self::NoColon => c != ':',
            Self::Of(set) => set.has(c),
        }
    }

    /// Whether certainly no character is among both.
    fn excludes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(c), other) | (other, Self::Char(c)) => !other.has(c),
            (Self::Folded(own), Self::Folded(other)) => own != other,
            _ => false,
        }
    }

    pub(super) fn has_all_of(self, set: Set) -> bool {
        match self {
            Self::Char(_) | Self::Folded(_) => false,
            Self::All => true,
            Self::NoColon => !set.has(':'),
            Self::Of(own) => set.is_within(own),
        }
    }
}

/// The case in which texts are compared where case does not count.
fn folded(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

impl Pattern {
    /// A pattern as it is: `Mark::Run` for any run, `Mark::One` for any character.
    pub fn new(marks: &[Mark]) -> Self {
        Self { steps: marks.iter().map(|mark| step(*mark, Letters::Char, Letters::All)).collect() }
    }

    /// A pattern that takes its letters in any case.
    pub fn without_case(marks: &[Mark]) -> Self {
        let fold = |c| Letters::Folded(folded(c));
        Self { steps: marks.iter().map(|mark| step(*mark, fold, Letters::All)).collect() }
    }

    /// A pattern of ARNs: in the first five of six parts a wildcard takes no colon. A text that has fewer parts
    /// takes itself only; behind a symbol that may hold a colon nobody knows the part.
    pub fn of_arn(marks: &[Mark], symbols: &Symbols) -> Self {
        if marks == [Mark::Run] {
            return Self::new(marks);
        }
        let (mut colons, mut unclear) = (0, false);
        let mut steps = Vec::with_capacity(marks.len());
        for mark in marks {
            let wild = if colons < 5 && !unclear { Letters::NoColon } else { Letters::All };
            steps.push(step(*mark, Letters::Char, wild));
            colons += usize::from(*mark == Mark::Char(':'));
            unclear |= matches!(mark, Mark::Symbol(id) if symbols.facts(*id).format.may_hold(':'));
        }
        if colons >= 5 || unclear {
            return Self { steps: steps.into() };
        }
        let plain = |mark: &Mark| match mark {
            Mark::Run => Mark::Char('*'),
            Mark::One => Mark::Char('?'),
            mark => *mark,
        };
        Self::new(&marks.iter().map(plain).collect::<Vec<_>>())
    }

    /// The same with symbols opened to what their format says, those of `keep` aside: wider than it is.
    /// Where the operator is `like`, a symbol whose text may hold a wildcard is opened to anything.
    pub fn opened(&self, symbols: &Symbols, like: bool, keep: impl Fn(SymbolId) -> bool) -> Self {
        if self.symbols().next().is_none() {
            return self.clone();
        }
        let open = |step: &Step| match step {
            Step::Symbol(id) if !keep(*id) => {
                let format = &symbols.facts(*id).format;
                let is_wild = like && (format.may_hold('*') || format.may_hold('?'));
                if is_wild { vec![Step::Run(Letters::All)] } else { of_format(format) }
            }
            other => vec![*other],
        };
        Self { steps: self.steps.iter().flat_map(open).collect() }
    }

    /// Its symbols.
    pub fn symbols(&self) -> impl Iterator<Item = SymbolId> {
        self.steps.iter().filter_map(|step| if let Step::Symbol(id) = step { Some(*id) } else { None })
    }

    /// How many of its characters are given.
    pub fn given_characters(&self) -> usize {
        let given = |step: &&Step| matches!(step, Step::One(Letters::Char(_) | Letters::Folded(_)));
        self.steps.iter().filter(given).count()
    }

    /// Whether it holds a wildcard.
    pub fn is_wild(&self) -> bool {
        let wild =
            |step: &Step| matches!(step, Step::Run(_) | Step::One(Letters::All | Letters::NoColon | Letters::Of(_)));
        self.steps.iter().any(wild)
    }

    /// Whether it certainly takes all that another one takes: both are the same, or it is a beginning of the
    /// other one followed by anything. Where its letters are of any case, so may be the other one's.
    fn covers(&self, other: &Self) -> bool {
        let covers = |(own, other): (&Step, &Step)| match (own, other) {
            (Step::One(Letters::Folded(a)), Step::One(Letters::Char(b))) => *a == folded(*b),
            (own, other) => own == other,
        };
        let all = |own: &[Step]| own.len() <= other.steps.len() && own.iter().zip(other.steps.iter()).all(covers);
        match self.steps.split_last() {
            Some((Step::Run(Letters::All), beginning)) => all(beginning),
            _ => self.steps.len() == other.steps.len() && all(&self.steps),
        }
    }

    /// Whether a text without symbols is inside of it.
    pub fn takes(&self, text: &str, symbols: &Symbols) -> bool {
        let machine = Machine::new(&self.steps);
        let mut state = machine.start();
        for c in text.chars() {
            let mask = machine.mask(Letter::Char(c), symbols);
            state = machine.step(&state, &mask);
        }
        machine.accepts(&state)
    }
}

impl Form {
    /// A form that is written as in [`Format::new`], with counts and groups beside: `{f*8}` are eight of
    /// `{f}`, and `<…>` is a group.
    pub fn new(pattern: &str) -> Self {
        let (mut steps, mut groups) = (Vec::new(), Vec::new());
        let mut opened = 0;
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            rest = match (c, after.split_once('}')) {
                ('{', Some((set, after))) => {
                    let (set, count) =
                        set.split_once('*').map_or((set, None), |(set, count)| (set, count.parse().ok()));
                    let letters = Letters::Of(Set::named(set));
                    steps.extend(std::iter::repeat_n(Step::One(letters), count.unwrap_or(1)));
                    steps.extend(count.is_none().then_some(Step::Run(letters)));
                    after
                }
                _ => {
                    match c {
                        '<' => opened = steps.len(),
                        '>' => groups.push(opened..steps.len()),
                        c => steps.push(Step::One(Letters::Char(c))),
                    }
                    after
                }
            };
        }
        Self { steps, groups, fresh: Vec::new(), whole: None, without: Vec::new() }
    }

    /// Any text at all.
    pub fn any() -> Self {
        Format::any().into()
    }

    /// The same for texts that nobody else has: a symbol for each group. A symbol of the format `whole` is
    /// the text of somebody.
    #[must_use]
    pub fn with_fresh(self, fresh: &[SymbolId], whole: Format) -> Self {
        Self { fresh: fresh.to_vec(), whole: Some(whole), ..self }
    }

    /// The same with a symbol for each group that stands for it, or for the rest of it. Unlike
    /// [`Self::with_fresh`] it takes no symbol of the template for the text of somebody.
    #[must_use]
    pub fn with_letters(self, fresh: &[SymbolId]) -> Self {
        Self { fresh: fresh.to_vec(), ..self }
    }

    /// The same as one group.
    #[must_use]
    pub fn whole(self) -> Self {
        let groups = std::iter::once(0..self.steps.len()).collect();
        Self { groups, ..self }
    }

    /// The same behind a known beginning, which may hold symbols.
    #[must_use]
    pub fn after(self, beginning: &[Mark]) -> Self {
        let front = beginning.iter().map(|mark| step(*mark, Letters::Char, Letters::All));
        let steps = front.chain(self.steps).collect();
        let moved = |group: &Range<usize>| group.start + beginning.len()..group.end + beginning.len();
        let groups = self.groups.iter().map(moved).collect();
        Self { steps, groups, ..self }
    }

    /// Its texts followed by those of another form.
    #[must_use]
    pub fn then(mut self, next: &Self) -> Self {
        let behind = self.steps.len();
        self.steps.extend(&next.steps);
        self.groups.extend(next.groups.iter().map(|group| group.start + behind..group.end + behind));
        self.fresh.extend(&next.fresh);
        self
    }

    /// The same but for the texts inside of some patterns.
    #[must_use]
    pub fn but(mut self, patterns: impl IntoIterator<Item = Pattern>) -> Self {
        self.without.extend(patterns);
        self
    }

    /// The patterns whose texts are not of the form.
    pub fn without(&self) -> &[Pattern] {
        &self.without
    }

    /// Whether no text of the form is inside of a pattern, whatever its symbols stand for: all that it takes is
    /// not of the form. The symbols are taken for texts without wildcards.
    pub fn excludes(&self, pattern: &Pattern) -> bool {
        self.without.iter().any(|without| without.covers(pattern))
    }

    /// Whether no text of the form is inside of a pattern, as far as their beginnings and ends say it: there each
    /// position of one consumes the letter that the same position of the other does.
    pub fn is_apart(&self, pattern: &Pattern) -> bool {
        let groups = || self.groups.iter().take(self.fresh.len());
        let first = groups().map(|group| group.start).min().unwrap_or(self.steps.len());
        let last = groups().map(|group| group.end).max().unwrap_or(0);
        let differ = |pairs: &mut dyn Iterator<Item = (&Step, &Step)>| {
            let single = pairs.map_while(|pair| match pair {
                (Step::One(own), Step::One(other)) => Some((*own, *other)),
                _ => None,
            });
            single.into_iter().any(|(own, other)| own.excludes(other))
        };
        let (front, back) = (self.steps.get(..first), self.steps.get(last..));
        differ(&mut front.unwrap_or_default().iter().zip(pattern.steps.iter()))
            || differ(&mut back.unwrap_or_default().iter().rev().zip(pattern.steps.iter().rev()))
    }

    /// The same for texts of anybody.
    #[must_use]
    pub fn free(self) -> Self {
        Self { fresh: Vec::new(), whole: None, ..self }
    }

    /// The same with its symbols opened to what their format says, those aside that nobody else has.
    #[must_use]
    pub fn opened(&self, symbols: &Symbols) -> Self {
        let (mut steps, mut moved) = (Vec::new(), Vec::new());
        for step in &self.steps {
            moved.push(steps.len());
            match step {
                Step::Symbol(id) if !symbols.facts(*id).fresh => {
                    steps.extend(of_format(&symbols.facts(*id).format));
                }
                other => steps.push(*other),
            }
        }
        moved.push(steps.len());
        let groups = self.groups.iter().map(|group| moved[group.start]..moved[group.end]).collect();
        Self { steps, groups, ..self.clone() }
    }

    /// The symbols that all its texts hold.
    pub(super) fn symbols(&self) -> impl Iterator<Item = SymbolId> {
        self.steps.iter().filter_map(|step| if let Step::Symbol(id) = step { Some(*id) } else { None })
    }

    /// Whether a symbol stands for the whole text of somebody.
    pub fn is_somebody(&self, id: SymbolId, symbols: &Symbols) -> bool {
        self.whole.as_ref().is_some_and(|whole| conforms(&Text::symbol(id), whole, symbols))
    }

    /// Whether its texts are those that nobody else has.
    pub fn is_fresh(&self) -> bool {
        self.whole.is_some()
    }

    /// Whether a text is of the form whatever its symbols stand for. A yes is certain; a no may be one of a
    /// text that is of the form after all.
    pub fn takes(&self, text: &Text, symbols: &Symbols) -> bool {
        let Some(pieces) = text.pieces() else { return false };
        let is_out = |without: &Pattern| text.as_known().is_none_or(|text| without.takes(text, symbols));
        if self.without.iter().any(is_out) {
            return false;
        }
        let machine = Machine::new(&self.steps);
        let mut state = machine.start();
        for piece in pieces {
            state = match piece {
                Piece::Literal(literal) => literal.chars().fold(state, |state, c| {
                    let mask = machine.mask(Letter::Char(c), symbols);
                    machine.step(&state, &mask)
                }),
                Piece::Symbol(id) => machine.step_symbol(&state, id, &symbols.facts(id).format),
            };
        }
        machine.accepts(&state)
    }

    /// A shortest text of it that is not empty, where that is seen without a search.
    pub fn shortest(&self) -> Option<Text> {
        if !self.without.is_empty() {
            return None;
        }
        let mut pieces = Vec::new();
        let mut at = 0;
        let group = |at| self.groups.iter().zip(&self.fresh).find(|(group, _)| group.start == at && !group.is_empty());
        while let Some(step) = self.steps.get(at) {
            if let Some((group, id)) = group(at) {
                pieces.push(Piece::Symbol(*id));
                at = group.end;
                continue;
            }
            match step {
                Step::One(Letters::Char(c)) => pieces.push(Piece::Literal(c.to_string().into())),
                Step::One(Letters::Of(set)) => pieces.push(Piece::Literal(set.sample()?.to_string().into())),
                Step::One(_) => pieces.push(Piece::Literal("x".into())),
                Step::Symbol(id) => pieces.push(Piece::Symbol(*id)),
                Step::Run(_) => {}
            }
            at += 1;
        }
        if pieces.is_empty() && self.is_any() {
            return Some(Text::known("x"));
        }
        (!pieces.is_empty()).then(|| Text::from_pieces(pieces))
    }

    /// How many of its characters are not given, at least.
    pub fn free_characters(&self) -> usize {
        self.steps
            .iter()
            .filter(|step| matches!(step, Step::One(letters) if !matches!(letters, Letters::Char(_))))
            .count()
    }

    /// Whether every text is of the form.
    pub fn is_any(&self) -> bool {
        self.steps == [Step::Run(Letters::All)] && self.without.is_empty()
    }
}

impl From<Form> for Pattern {
    /// All texts of a form, those of its exceptions too.
    fn from(form: Form) -> Self {
        Self { steps: form.steps.into() }
    }
}

impl From<Format> for Form {
    fn from(format: Format) -> Self {
        Self { steps: of_format(&format), groups: Vec::new(), fresh: Vec::new(), whole: None, without: Vec::new() }
    }
}

fn step(mark: Mark, letter: impl Fn(char) -> Letters, wild: Letters) -> Step {
    match mark {
        Mark::Char(c) => Step::One(letter(c)),
        Mark::One => Step::One(wild),
        Mark::Run => Step::Run(wild),
        Mark::Symbol(id) => Step::Symbol(id),
    }
}

pub(super) fn of_format(format: &Format) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in format.parts() {
        match part {
            FormatPart::Fixed(text) => steps.extend(text.chars().map(|c| Step::One(Letters::Char(c)))),
            FormatPart::Run(set) => steps.extend([Step::One(Letters::Of(*set)), Step::Run(Letters::Of(*set))]),
            FormatPart::Any => steps.push(Step::Run(Letters::All)),
        }
    }
    steps
}
