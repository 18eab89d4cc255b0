//! Texts that are inside of some patterns and outside of others: a walk over the product of the positions
//! of all of them, breadth first. It finds a shortest text, or proves that there is none.
//!
//! A symbol is one letter here, equal to itself only. A text that is found is a candidate for the
//! evaluator; a proof that there is none holds for texts without symbols where no pattern has one.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::compare::{Mark, conforms};
use super::symbols::{Format, FormatPart, Set};
use super::{Piece, SymbolId, Symbols, Text};

/// Most states of the product that are looked at for one answer.
const STATES: usize = 200_000;
/// Most machine words that those states may fill together (32 MB).
const WORDS: usize = 4_000_000;

/// Most positions that all patterns may have together: several times what a policy may have characters (IAM
/// User Guide, IAM and STS character limits).
const POSITIONS: usize = 20_000;

/// A pattern that a text may be inside of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    steps: Vec<Step>,
}

/// The form of the texts that are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    steps: Vec<Step>,
    /// Its groups, in order.
    groups: Vec<Range<usize>>,
    /// For each group, a symbol that stands for it, or for the rest of it, and that nobody else has. Empty
    /// where the texts are free.
    fresh: Vec<SymbolId>,
    /// What the whole texts of others look like.
    whole: Option<Format>,
    /// Texts inside of one of these are not of the form.
    without: Vec<Pattern>,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A shortest text.
    Text(Text),
    /// There is none.
    Nothing,
    /// A stated limit was reached.
    GaveUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// One of these.
    One(Letters),
    /// Any number of these, none too.
    Run(Letters),
    Symbol(SymbolId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letters {
    Char(char),
    /// In any case.
    Folded(char),
    All,
    NoColon,
    Of(Set),
}

impl Letters {
    fn has(self, c: char) -> bool {
        match self {
            Self::Char(own) => own == c,
            Self::Folded(own) => own == folded(c),
            Self::All => true,
            Self::NoColon => c != ':',
            Self::Of(set) => set.has(c),
        }
    }

    fn has_all_of(self, set: Set) -> bool {
        match self {
            Self::Char(_) | Self::Folded(_) => false,
            Self::All => true,
            Self::NoColon => !set.has(':'),
            Self::Of(own) => set.is_within(own),
        }
    }
}

/// The case in which texts are compared where case does not count.
pub(super) fn folded(c: char) -> char {
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

    /// A pattern of ARNs: in the first five of six parts a wildcard takes no colon. Nothing for a text
    /// that has fewer parts, which no ARN fits.
    pub fn of_arn(marks: &[Mark]) -> Option<Self> {
        if marks == [Mark::Run] {
            return Some(Self::new(marks));
        }
        let mut colons = 0;
        let mut steps = Vec::with_capacity(marks.len());
        for mark in marks {
            let wild = if colons < 5 { Letters::NoColon } else { Letters::All };
            steps.push(step(*mark, Letters::Char, wild));
            colons += usize::from(*mark == Mark::Char(':'));
        }
        (colons >= 5).then_some(Self { steps })
    }

    /// The same with symbols opened to what their format says, those of `keep` aside: wider than it is.
    /// Where the operator is `like`, a symbol whose text may hold a wildcard is opened to anything.
    pub fn opened(&self, symbols: &Symbols, like: bool, keep: impl Fn(SymbolId) -> bool) -> Self {
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
        let all = |own: &[Step]| own.len() <= other.steps.len() && own.iter().zip(&other.steps).all(covers);
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
    fn symbols(&self) -> impl Iterator<Item = SymbolId> {
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

    /// Whether every text is of the form.
    pub fn is_any(&self) -> bool {
        self.steps == [Step::Run(Letters::All)] && self.without.is_empty()
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

fn of_format(format: &Format) -> Vec<Step> {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letter {
    Char(char),
    Symbol(SymbolId),
}

type Bits = Vec<u64>;

/// One pattern as an automaton: a bit for each position.
struct Machine {
    steps: Vec<Step>,
    /// Positions that consume a letter and go on.
    ones: Bits,
    /// Positions that consume a letter and stay, or go on without one.
    runs: Bits,
}

impl Machine {
    fn new(steps: &[Step]) -> Self {
        let words = steps.len() / 64 + 1;
        let (mut ones, mut runs) = (vec![0; words], vec![0; words]);
        for (at, step) in steps.iter().enumerate() {
            let bits = if matches!(step, Step::Run(_)) { &mut runs } else { &mut ones };
            set_bit(bits, at);
        }
        Self { steps: steps.to_vec(), ones, runs }
    }

    fn start(&self) -> Bits {
        let mut bits = vec![0; self.ones.len()];
        bits[0] = 1;
        self.close(&mut bits);
        bits
    }

    /// Adds what is reached without a letter.
    fn close(&self, bits: &mut [u64]) {
        loop {
            let (mut carry, mut changed) = (0, false);
            for (word, runs) in bits.iter_mut().zip(&self.runs) {
                let moved = *word & runs;
                let next = *word | (moved << 1) | carry;
                carry = moved >> 63;
                changed |= next != *word;
                *word = next;
            }
            if !changed {
                return;
            }
        }
    }

    /// The positions that consume a letter.
    fn mask(&self, letter: Letter, symbols: &Symbols) -> Bits {
        let takes = |step: &Step| match (step, letter) {
            (Step::One(letters) | Step::Run(letters), Letter::Char(c)) => letters.has(c),
            (Step::Symbol(own), Letter::Symbol(id)) => *own == id,
            (Step::Run(letters), Letter::Symbol(id)) => holds_symbol(*letters, id, symbols),
            _ => false,
        };
        self.mask_of(takes)
    }

    fn mask_of(&self, takes: impl Fn(&Step) -> bool) -> Bits {
        let mut bits = vec![0; self.ones.len()];
        self.steps.iter().enumerate().filter(|(_, step)| takes(step)).for_each(|(at, _)| set_bit(&mut bits, at));
        bits
    }

    fn step(&self, from: &[u64], mask: &[u64]) -> Bits {
        let mut next = vec![0; from.len()];
        self.step_into(from, mask, &mut next);
        next
    }

    fn step_into(&self, from: &[u64], mask: &[u64], next: &mut [u64]) {
        let mut carry = 0;
        for at in 0..from.len() {
            let consumed = from[at] & mask[at];
            let gone = consumed & self.ones[at];
            next[at] = (gone << 1) | carry | (consumed & self.runs[at]);
            carry = gone >> 63;
        }
        self.close(next);
    }

    /// From any position of a group that has not ended to the one behind it.
    fn jump(&self, from: &[u64], group: &Range<usize>) -> Bits {
        let mut next = vec![0; from.len()];
        if group.clone().any(|at| from[at / 64] >> (at % 64) & 1 == 1) {
            set_bit(&mut next, group.end);
            self.close(&mut next);
        }
        next
    }

    fn accepts(&self, bits: &[u64]) -> bool {
        bits[self.steps.len() / 64] >> (self.steps.len() % 64) & 1 == 1
    }

    /// Where a symbol of the template leads: past its own position, or where every text that it may stand for
    /// leads.
    fn step_symbol(&self, from: &[u64], id: SymbolId, format: &Format) -> Bits {
        let mut next = self.step_through(from, format);
        let own = self.step(from, &self.mask_of(|step| *step == Step::Symbol(id)));
        next.iter_mut().zip(own).for_each(|(word, own)| *word |= own);
        next
    }

    /// Where a symbol of the template leads, if every text that it may stand for leads there.
    fn step_through(&self, from: &[u64], format: &Format) -> Bits {
        let mut state = from.to_vec();
        for part in format.parts() {
            match part {
                FormatPart::Fixed(text) => {
                    for c in text.chars() {
                        let mask = self.mask_of(|step| match step {
                            Step::One(letters) | Step::Run(letters) => letters.has(c),
                            Step::Symbol(_) => false,
                        });
                        state = self.step(&state, &mask);
                    }
                }
                FormatPart::Run(set) => state = self.step_run(&state, *set),
                FormatPart::Any => {
                    let mask = self.mask_of(|step| *step == Step::Run(Letters::All));
                    state = self.step(&state, &mask);
                }
            }
        }
        state
    }

    /// Where one character or more of a set lead, whichever they are.
    fn step_run(&self, from: &[u64], set: Set) -> Bits {
        let stays = |step: Option<&Step>| matches!(step, Some(Step::Run(letters)) if letters.has_all_of(set));
        let mut mask = vec![0; self.ones.len()];
        for (at, step) in self.steps.iter().enumerate() {
            let goes_on =
                matches!(step, Step::One(letters) if letters.has_all_of(set)) && stays(self.steps.get(at + 1));
            if stays(Some(step)) || goes_on {
                set_bit(&mut mask, at);
            }
        }
        self.step(from, &mask)
    }
}

fn set_bit(bits: &mut [u64], at: usize) {
    bits[at / 64] |= 1 << (at % 64);
}

/// Whether a run takes whatever a symbol stands for.
fn holds_symbol(letters: Letters, id: SymbolId, symbols: &Symbols) -> bool {
    match letters {
        Letters::All => true,
        Letters::NoColon => !symbols.facts(id).format.may_hold(':'),
        Letters::Char(_) | Letters::Folded(_) | Letters::Of(_) => false,
    }
}

/// A question: a text of a form that is inside of one pattern of each group, and outside of others.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// One pattern of each of these takes it.
    pub inside: Vec<Vec<Pattern>>,
    /// None of these takes it.
    pub outside: Vec<Pattern>,
}

impl Search {
    /// A shortest text that is not empty: one without symbols of the template where there is one. `work`
    /// is what may still be spent, in machine words that are combined.
    pub fn find(&self, form: &Form, symbols: &Symbols, work: &mut usize) -> Found {
        if self.patterns().map(|pattern| pattern.steps.len()).sum::<usize>() > POSITIONS {
            return Found::GaveUp;
        }
        let plain = Walk::new(self, form, symbols, false).run(work);
        if plain != Found::Nothing || !(self.has_symbols() || form.symbols().next().is_some()) {
            return plain;
        }
        Walk::new(self, form, symbols, true).run(work)
    }

    /// Whether a pattern has a symbol.
    pub fn has_symbols(&self) -> bool {
        self.patterns().any(|pattern| pattern.symbols().next().is_some())
    }

    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.inside.iter().flatten().chain(&self.outside)
    }
}

/// How a letter moves the form of the text.
enum Move {
    /// These positions consume it.
    Mask(Bits),
    /// From any of these positions to the one behind them.
    Jump(Range<usize>),
    /// It is a symbol of the template, of this format.
    Through(SymbolId, Format),
}

struct Walk<'q> {
    search: &'q Search,
    form: Machine,
    patterns: Vec<Machine>,
    /// Each letter with how it moves the form, and the positions of each pattern that consume it.
    letters: Vec<(Letter, Move, Vec<Bits>)>,
}

/// A state of the product: the positions of the form and of each pattern, one after the other.
type State = Arc<[u64]>;

impl<'q> Walk<'q> {
    fn new(search: &'q Search, form: &Form, symbols: &Symbols, with_symbols: bool) -> Self {
        let patterns: Vec<Machine> = search.patterns().map(|pattern| Machine::new(&pattern.steps)).collect();
        let mut walk = Self { search, form: Machine::new(&form.steps), patterns, letters: Vec::new() };
        for (letter, form_move) in walk.alphabet(form, symbols, with_symbols) {
            let masks = walk.patterns.iter().map(|machine| machine.mask(letter, symbols)).collect();
            walk.letters.push((letter, form_move, masks));
        }
        walk
    }

    /// The letters that make a difference: fresh runs, characters that no pattern names (one of each kind
    /// that the form tells apart), those that one names, and symbols of the template.
    fn alphabet(&self, form: &Form, symbols: &Symbols, with_symbols: bool) -> Vec<(Letter, Move)> {
        let fresh = form.fresh.iter().zip(&form.groups);
        let fresh = fresh.map(|(id, group)| (Letter::Symbol(*id), Move::Jump(group.clone())));
        let mut letters: Vec<(Letter, Move)> = fresh.collect();
        for c in self.characters() {
            let mask = self.form.mask(Letter::Char(c), symbols);
            letters.push((Letter::Char(c), Move::Mask(mask)));
        }
        if with_symbols {
            let named: BTreeSet<SymbolId> = self.search.patterns().flat_map(Pattern::symbols).collect();
            let named = named.into_iter().filter(|id| !form.is_somebody(*id, symbols));
            let named: BTreeSet<SymbolId> = named.chain(form.symbols()).collect();
            letters.extend(named.into_iter().map(|id| {
                let format = symbols.facts(id).format.clone();
                (Letter::Symbol(id), Move::Through(id, format))
            }));
        }
        letters
    }

    fn characters(&self) -> Vec<char> {
        let mut named = BTreeSet::new();
        let mut sets: Vec<Set> = Vec::new();
        for step in self.form.steps.iter().chain(self.patterns.iter().flat_map(|machine| &machine.steps)) {
            match step {
                Step::One(letters) | Step::Run(letters) => match letters {
                    Letters::Char(c) => drop(named.insert(*c)),
                    Letters::Folded(c) => named.extend([*c, c.to_uppercase().next().unwrap_or(*c)]),
                    Letters::NoColon => drop(named.insert(':')),
                    Letters::Of(set) if !sets.contains(set) => sets.push(*set),
                    Letters::Of(_) | Letters::All => {}
                },
                Step::Symbol(_) => {}
            }
        }
        // Of those that nobody names, one for each way of being in the sets.
        let mut kinds: HashSet<Vec<bool>> = HashSet::new();
        let mut others = PREFERRED.chars().chain(' '..='~').chain(['\u{e9}', '\u{4e2d}', '\u{1f642}']);
        let mut characters: Vec<char> = Vec::new();
        for c in others.by_ref().filter(|c| !named.contains(c)) {
            if kinds.insert(sets.iter().map(|set| set.has(c)).collect()) {
                characters.push(c);
            }
        }
        characters.extend(named);
        characters
    }

    fn run(&self, work: &mut usize) -> Found {
        let words: usize = self.machines().map(|machine| machine.ones.len()).sum();
        let most = STATES.min(WORDS / words);
        let mut seen: HashSet<State> = HashSet::new();
        // Each state with the one that led to it, and by which letter.
        let mut order: Vec<(State, usize, usize)> = Vec::new();
        let start: State = self.machines().flat_map(Machine::start).collect();
        // Not among those seen: a text that leads back to it is not empty, and may be what is looked for.
        order.push((start, 0, 0));
        let mut at = 0;
        while at < order.len() {
            let Some(left) = work.checked_sub(self.letters.len() * words) else { return Found::GaveUp };
            *work = left;
            let state = Arc::clone(&order[at].0);
            for (letter, by) in self.letters.iter().enumerate() {
                let next = self.next(&state, by);
                if self.is_dead(&next) || seen.contains(next.as_slice()) {
                    continue;
                }
                let next: State = next.into();
                seen.insert(Arc::clone(&next));
                order.push((Arc::clone(&next), at, letter));
                if self.is_goal(&next) {
                    return Found::Text(self.text(&order));
                }
                if order.len() >= most {
                    return Found::GaveUp;
                }
            }
            at += 1;
        }
        Found::Nothing
    }

    fn machines(&self) -> impl Iterator<Item = &Machine> {
        std::iter::once(&self.form).chain(&self.patterns)
    }

    /// Each pattern with its own positions.
    fn parts<'a>(&'a self, state: &'a [u64]) -> impl Iterator<Item = (&'a Machine, &'a [u64])> {
        let mut rest = &state[self.form.ones.len()..];
        self.patterns.iter().map(move |machine| {
            let (own, after) = rest.split_at(machine.ones.len());
            rest = after;
            (machine, own)
        })
    }

    fn next(&self, state: &[u64], (_, form_move, masks): &(Letter, Move, Vec<Bits>)) -> Bits {
        let own = &state[..self.form.ones.len()];
        let mut next = match form_move {
            Move::Mask(mask) => self.form.step(own, mask),
            Move::Jump(group) => self.form.jump(own, group),
            Move::Through(id, format) => self.form.step_symbol(own, *id, format),
        };
        if next.iter().all(|word| *word == 0) {
            return next;
        }
        for ((machine, own), mask) in self.parts(state).zip(masks) {
            let start = next.len();
            next.resize(start + own.len(), 0);
            machine.step_into(own, mask, &mut next[start..]);
        }
        next
    }

    /// Whether nothing that follows can be what is looked for.
    fn is_dead(&self, state: &[u64]) -> bool {
        if state.len() == self.form.ones.len() && !self.patterns.is_empty() {
            return true;
        }
        let mut parts = self.parts(state);
        let form = &state[..self.form.ones.len()];
        form.iter().all(|word| *word == 0)
            || self.search.inside.iter().any(|group| {
                let alive = parts.by_ref().take(group.len()).filter(|(_, own)| own.iter().any(|word| *word != 0));
                alive.count() == 0
            })
    }

    fn is_goal(&self, state: &[u64]) -> bool {
        if !self.form.accepts(&state[..self.form.ones.len()]) {
            return false;
        }
        let mut accepted = self.parts(state).map(|(machine, own)| machine.accepts(own));
        let inside = self.search.inside.iter().all(|group| {
            let taken = accepted.by_ref().take(group.len()).filter(|accepted| *accepted);
            taken.count() > 0
        });
        inside && !accepted.any(|accepted| accepted)
    }

    /// The text that led to the last state.
    fn text(&self, order: &[(State, usize, usize)]) -> Text {
        let mut pieces = Vec::new();
        let mut at = order.len() - 1;
        while at > 0 {
            let (_, before, letter) = &order[at];
            pieces.push(match self.letters[*letter].0 {
                Letter::Char(c) => Piece::Literal(c.to_string().into()),
                Letter::Symbol(id) => Piece::Symbol(id),
            });
            at = *before;
        }
        pieces.reverse();
        Text::from_pieces(pieces)
    }
}

/// Characters that make a text which is easy to read.
const PREFERRED: &str = "x0X-_/:.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::SymbolFacts;

    const ENOUGH: usize = 5_000_000;

    fn marks(text: &str) -> Vec<Mark> {
        let mark = |c| match c {
            '*' => Mark::Run,
            '?' => Mark::One,
            c => Mark::Char(c),
        };
        text.chars().map(mark).collect()
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::new(&marks(text))
    }

    fn search(inside: &[&[&str]], outside: &[&str]) -> Search {
        let all = |list: &[&str]| list.iter().map(|text| pattern(text)).collect();
        Search { inside: inside.iter().map(|group| all(group)).collect(), outside: all(outside) }
    }

    fn found(inside: &[&[&str]], outside: &[&str]) -> Found {
        search(inside, outside).find(&Form::any(), &Symbols::default(), &mut { ENOUGH })
    }

    fn text(text: &str) -> Found {
        Found::Text(Text::known(text))
    }

    #[test]
    fn what_no_literal_suggests_is_found() {
        assert_eq!(found(&[&["*a*b*c*"], &["*c*b*a*"]], &["a*"]), text("cabac"));
        assert_eq!(found(&[&["a*"], &["*b"]], &["ab"]), text("axb"));
        assert_eq!(found(&[&["a?*"]], &["ax*"]), text("a0"));
    }

    #[test]
    fn emptiness_is_proved() {
        assert_eq!(found(&[&["a*"], &["b*"]], &[]), Found::Nothing);
        assert_eq!(found(&[&["a*"]], &["*"]), Found::Nothing);
        assert_eq!(found(&[&["??"]], &["?*"]), Found::Nothing);
        assert_eq!(found(&[&["a", "b"]], &["a", "b"]), Found::Nothing);
        assert_eq!(found(&[&[]], &[]), Found::Nothing);
        assert_eq!(found(&[&["a*b"], &["*ab*"]], &["ab*", "*xab*", "?*ab"]), text("aabb"));
    }

    #[test]
    fn one_pattern_of_each_group_is_enough() {
        assert_eq!(found(&[&["zz", "abc"], &["a*", "b*"]], &["b*"]), text("abc"));
    }

    #[test]
    fn case_counts_only_where_it_does() {
        let folded = Pattern::without_case(&marks("AbC*"));
        let search = Search { inside: vec![vec![folded], vec![pattern("*B*")]], outside: vec![pattern("A*")] };
        assert_eq!(search.find(&Form::any(), &Symbols::default(), &mut { ENOUGH }), text("aBC"));
    }

    #[test]
    fn wildcards_of_arns_keep_to_their_part() {
        let arn = |text: &str| Pattern::of_arn(&marks(text));
        assert!(arn("arn:aws:iam::1:x").is_some());
        assert_eq!(arn("arn:aws:iam"), None);
        let symbols = Symbols::default();
        let within = arn("arn:aws:s3:*:*:x").unwrap();
        assert!(within.takes("arn:aws:s3:a:b:x", &symbols) && !within.takes("arn:aws:s3:a:b:c:x", &symbols));
        assert!(arn("arn:aws:s3:::*").unwrap().takes("arn:aws:s3:::a:b", &symbols));
        assert!(arn("*").unwrap().takes("anything", &symbols));
    }

    #[test]
    fn texts_are_of_the_form() {
        let form = || Form::new("{a9-}:{f-}");
        let find = |inside: &[&[&str]], outside: &[&str]| {
            search(inside, outside).find(&form(), &Symbols::default(), &mut { ENOUGH })
        };
        assert_eq!(find(&[&["us-*"]], &[]), text("us-:0"));
        assert_eq!(find(&[&["us_*"]], &[]), Found::Nothing);
        assert_eq!(find(&[&["*:*:*"]], &[]), Found::Nothing);
        assert_eq!(find(&[], &["x*", "?:*"]), text("00:0"));
    }

    #[test]
    fn a_symbol_is_a_letter_of_its_own() {
        let mut symbols = Symbols::default();
        let mut add = |name: &str, form: &str, fresh| {
            let facts = SymbolFacts { name: name.into(), format: Format::new(form, "a"), unique: false, fresh };
            symbols.add(facts)
        };
        let region = add("Region", "{a9-}", false);
        let (own_region, guid) = (add("FreshRegion", "{a9-}", true), add("FreshGuid", "{f-}", true));
        let form = Form::new("<{a9-}>:<{f*3}-{f*2}>").with_fresh(&[own_region, guid], Format::new("{a9-}:{f-}", "a:0"));
        let in_region = [vec![Mark::Symbol(region)], marks(":*")].concat();
        let search = Search { inside: vec![vec![Pattern::new(&in_region)]], outside: Vec::new() };
        let pieces = [Piece::Symbol(region), Piece::Literal(":".into()), Piece::Symbol(guid)];
        assert_eq!(search.find(&form, &symbols, &mut { ENOUGH }), Found::Text(Text::from_pieces(pieces)));
        let pieces = [Piece::Symbol(own_region), Piece::Literal(":".into()), Piece::Symbol(guid)];
        let free = Search { outside: vec![pattern("us-*"), Pattern::new(&in_region)], ..Search::default() };
        assert_eq!(free.find(&form, &symbols, &mut { ENOUGH }), Found::Text(Text::from_pieces(pieces)));
        // A group that has begun is ended by a letter of its own; what is counted is counted.
        let began = Search { inside: vec![vec![pattern("*:0a*")]], outside: Vec::new() };
        let pieces = [Piece::Symbol(own_region), Piece::Literal(":0a".into()), Piece::Symbol(guid)];
        assert_eq!(began.find(&form, &symbols, &mut { ENOUGH }), Found::Text(Text::from_pieces(pieces)));
        let long = Search { inside: vec![vec![pattern("*:0000*")]], outside: Vec::new() };
        assert_eq!(long.find(&form, &symbols, &mut { ENOUGH }), Found::Nothing);
        // Whatever the Region is, it is no whole id.
        let only = Search { inside: vec![vec![Pattern::new(&[Mark::Symbol(region)])]], outside: Vec::new() };
        assert_eq!(only.find(&form, &symbols, &mut { ENOUGH }), Found::Nothing);
    }

    #[test]
    fn forms_with_a_beginning_and_with_exceptions() {
        let mut symbols = Symbols::default();
        let mut add = |name: &str, format: Format, fresh| {
            symbols.add(SymbolFacts { name: name.into(), format, unique: false, fresh })
        };
        let (owner, repository) = (add("Owner", Format::new("{a9-}", "a"), false), add("R", Format::any(), true));
        let own = [marks("repo:"), vec![Mark::Symbol(owner)]].concat();
        let rest = Form::new("/<{a9-}>:main").with_letters(&[repository]);
        let form = rest.after(&own);
        let all = |list: &[Vec<Mark>]| Search {
            inside: list.iter().map(|marks| vec![Pattern::new(marks)]).collect(),
            outside: Vec::new(),
        };
        let find = |form: &Form, list: &[Vec<Mark>]| all(list).find(form, &symbols, &mut { ENOUGH });
        let [start, end] = ["repo:", ":main"].map(|text| Piece::Literal(text.into()));
        let slash = Piece::Literal("/".into());
        let pieces = [start, Piece::Symbol(owner), slash, Piece::Symbol(repository), end];
        let text = Text::from_pieces(pieces);
        assert_eq!(find(&form, &[[own.clone(), marks("/*")].concat()]), Found::Text(text));
        assert_eq!(find(&form, &[marks("repo:x/*")]), Found::Nothing, "the owner may be x, but is not known to be");
        let opened = form.opened(&symbols);
        assert!(matches!(find(&opened, &[marks("repo:x/*")]), Found::Text(_)));
        // All that the pattern takes is an exception, whatever the symbol stands for.
        let app = [own.clone(), marks("/app*")].concat();
        let but = form.but([Pattern::new(&app)]);
        assert!(but.excludes(&Pattern::new(&[own.clone(), marks("/app:main")].concat())));
        assert!(!but.excludes(&Pattern::new(&[own, marks("/*")].concat())));
        assert!(!but.is_any() && !Form::any().but([pattern("a*")]).is_any());
        assert!(!Form::any().but([pattern("a*")]).takes(&Text::known("ab"), &symbols));
        assert!(Form::any().but([pattern("a*")]).takes(&Text::known("b"), &symbols));
    }

    #[test]
    fn what_is_too_much_is_given_up() {
        let many: Vec<String> = (0..40u8).map(|n| format!("*{}*", char::from(b'0' + n))).collect();
        let groups: Vec<Vec<Pattern>> = many.iter().map(|text| vec![pattern(text)]).collect();
        let search = Search { inside: groups, outside: Vec::new() };
        assert_eq!(search.find(&Form::any(), &Symbols::default(), &mut { ENOUGH }), Found::GaveUp);
    }

    /// Numbers that are the same in every run.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.0 >> 33) as usize % n
        }

        fn glob(&mut self) -> String {
            let length = 1 + self.below(6);
            (0..length).map(|_| ['a', 'b', 'c', '*', '*', '?'][self.below(6)]).collect()
        }
    }

    /// Whether a text fits a glob, by the definition.
    fn is_glob(glob: &[u8], text: &[u8]) -> bool {
        match (glob.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((b'*', after)), rest) => is_glob(after, text) || rest.is_some_and(|(_, rest)| is_glob(glob, rest)),
            (Some((b'?', after)), Some((_, rest))) => is_glob(after, rest),
            (Some((c, after)), Some((d, rest))) => c == d && is_glob(after, rest),
            (Some(_), None) => false,
        }
    }

    /// All texts over a few characters, the shortest first.
    fn short_texts(longest: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut from = 0;
        for _ in 0..longest {
            let until = all.len();
            for at in from..until {
                all.extend(['a', 'b', 'c', 'z'].map(|c| format!("{}{c}", all[at])));
            }
            from = until;
        }
        all.remove(0);
        all
    }

    /// Random sets of patterns: each text that is found is matched again by the definition, and no
    /// shorter one may do; where there is none, no short text may do.
    fn against_the_definition(sets: usize, longest: usize) -> (usize, usize) {
        let mut dice = Dice(20_261_126);
        let texts = short_texts(longest);
        let (mut some, mut none) = (0, 0);
        for _ in 0..sets {
            let globs: Vec<(String, bool)> = (0..2 + dice.below(5)).map(|_| (dice.glob(), dice.below(3) > 0)).collect();
            let of = |wanted: bool| globs.iter().filter(move |(_, inside)| *inside == wanted).map(|(glob, _)| glob);
            let search = Search {
                inside: of(true).map(|glob| vec![pattern(glob)]).collect(),
                outside: of(false).map(|glob| pattern(glob)).collect(),
            };
            let does =
                |text: &str| globs.iter().all(|(glob, inside)| is_glob(glob.as_bytes(), text.as_bytes()) == *inside);
            let first = texts.iter().find(|text| does(text));
            match search.find(&Form::any(), &Symbols::default(), &mut { ENOUGH }) {
                Found::Text(text) => {
                    let text = text.as_known().unwrap().to_owned();
                    assert!(does(&text), "{text} {globs:?}");
                    assert!(first.is_none_or(|first| first.len() >= text.len()), "{text} {first:?} {globs:?}");
                    assert!(first.is_some() || text.len() > longest, "{text} {globs:?}");
                    some += 1;
                }
                Found::Nothing => {
                    assert_eq!(first, None, "{globs:?}");
                    none += 1;
                }
                Found::GaveUp => panic!("{globs:?}"),
            }
        }
        (some, none)
    }

    #[test]
    fn random_patterns_against_the_definition() {
        let (some, none) = against_the_definition(2_000, 4);
        assert!(some > 400 && none > 400, "{some} {none}");
    }

    #[test]
    #[ignore = "seconds in a release build: cargo test --release --lib -- --ignored"]
    fn many_random_patterns_against_the_definition() {
        assert_eq!(against_the_definition(20_000, 6), (6_447, 13_553));
    }
}
