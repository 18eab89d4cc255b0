//! The walk over the product of all positions, a shortest text first.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::Arc;

use super::machine::{Bits, Letter, Machine, bit, consumes, set_bit};
use super::pattern::{Form, Letters, Pattern, Step};
use super::{Found, Relevant};
use crate::value::symbols::{Format, Set};
use crate::value::{Piece, SymbolId, Symbols, Text};

/// Most states of the product that are looked at for one answer.
const STATES: usize = 200_000;
/// Most machine words that those states may fill together (32 MB).
const WORDS: usize = 4_000_000;

/// Characters that make a text which is easy to read.
const PREFERRED: &str = "x0X-_/:.";

/// How a letter moves the form of the text.
enum Move {
    /// As it moves the patterns.
    Mask,
    /// From any of these positions to the one behind them.
    Jump(Range<usize>),
    /// It is a symbol of the template, of this format.
    Through(SymbolId, Format),
}

/// A pattern within the product: its words, and the bit that says that it takes the text.
struct Part {
    words: Range<usize>,
    accepts: usize,
}

pub(super) struct Walk<'q> {
    search: &'q Relevant<'q>,
    form: Machine,
    /// The form, then each pattern.
    parts: Vec<Part>,
    /// Positions that consume a letter and go on, of all parts.
    ones: Bits,
    /// Positions that consume a letter and stay, or go on without one, of all parts.
    runs: Bits,
    start: Bits,
    /// Each letter with how it moves the form, and the positions that consume it.
    letters: Vec<(Letter, Move, Bits)>,
}

/// A state of the product: the positions of all parts, one after the other.
type State = Arc<[u64]>;

impl<'q> Walk<'q> {
    pub(super) fn new(search: &'q Relevant<'q>, form: &Form, symbols: &Symbols, with_symbols: bool) -> Self {
        let machines: Vec<Machine> = search.patterns().map(|pattern| Machine::new(&pattern.steps)).collect();
        let mut walk = Self {
            search,
            form: Machine::new(&form.steps),
            parts: Vec::new(),
            ones: Bits::new(),
            runs: Bits::new(),
            start: Bits::new(),
            letters: Vec::new(),
        };
        for machine in std::iter::once(&walk.form).chain(&machines) {
            let from = walk.ones.len();
            walk.ones.extend(&machine.ones);
            walk.runs.extend(&machine.runs);
            walk.start.extend(machine.start());
            walk.parts.push(Part { words: from..walk.ones.len(), accepts: from * 64 + machine.steps.len() });
        }
        let alphabet = walk.alphabet(form, &machines, symbols, with_symbols);
        let none = vec![0; walk.ones.len()];
        walk.letters = alphabet.into_iter().map(|(letter, moves)| (letter, moves, none.clone())).collect();
        walk.fill_masks(&machines, symbols);
        walk
    }

    /// Says which positions consume which letters. A character that is given is consumed by its own letter only, so
    /// that not each position is held against each letter.
    fn fill_masks(&mut self, machines: &[Machine], symbols: &Symbols) {
        let of_char = |(at, (letter, ..)): (usize, &(Letter, Move, Bits))| match letter {
            Letter::Char(c) => Some((*c, at)),
            Letter::Symbol(_) => None,
        };
        let own: HashMap<char, usize> = self.letters.iter().enumerate().filter_map(of_char).collect();
        for (machine, part) in std::iter::once(&self.form).chain(machines).zip(&self.parts) {
            for (index, step) in machine.steps.iter().enumerate() {
                let at = part.words.start * 64 + index;
                if let Step::One(Letters::Char(c)) = step {
                    own.get(c).into_iter().for_each(|letter| set_bit(&mut self.letters[*letter].2, at));
                    continue;
                }
                for (letter, _, mask) in &mut self.letters {
                    if consumes(&machine.steps[index..], *letter, symbols) {
                        set_bit(mask, at);
                    }
                }
            }
        }
    }

    /// The letters that make a difference: fresh runs, characters that no pattern names (one of each kind
    /// that the form tells apart), those that one names, and symbols of the template.
    fn alphabet(
        &self,
        form: &Form,
        machines: &[Machine],
        symbols: &Symbols,
        with_symbols: bool,
    ) -> Vec<(Letter, Move)> {
        let fresh = form.fresh.iter().zip(&form.groups);
        let fresh = fresh.map(|(id, group)| (Letter::Symbol(*id), Move::Jump(group.clone())));
        let mut letters: Vec<(Letter, Move)> = fresh.collect();
        letters.extend(self.characters(machines).into_iter().map(|c| (Letter::Char(c), Move::Mask)));
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

    fn characters(&self, machines: &[Machine]) -> Vec<char> {
        let mut named = BTreeSet::new();
        let mut sets: Vec<Set> = Vec::new();
        for step in self.form.steps.iter().chain(machines.iter().flat_map(|machine| &machine.steps)) {
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
        let mut kinds: Vec<u128> = Vec::new();
        let others = PREFERRED.chars().chain(' '..='~').chain(['\u{e9}', '\u{4e2d}', '\u{1f642}']);
        let mut characters: Vec<char> = Vec::new();
        for c in others.filter(|c| !named.contains(c)) {
            let kind = sets.iter().take(128).fold(0, |kind, set| kind << 1 | u128::from(set.has(c)));
            // With more sets than that, every character counts.
            if sets.len() > 128 || !kinds.contains(&kind) {
                kinds.push(kind);
                characters.push(c);
            }
        }
        characters.extend(named);
        characters
    }

    pub(super) fn run(&self, work: &mut usize) -> Found {
        let words = self.ones.len();
        let most = STATES.min(WORDS / words);
        let mut seen: HashSet<State, BuildHasherDefault<Mix>> = HashSet::default();
        // Each state with the one that led to it, and by which letter. The first is not among those seen: a
        // text that leads back to it is not empty, and may be what is looked for.
        let mut order: Vec<(State, usize, usize)> = vec![(self.start.clone().into(), 0, 0)];
        let mut next = vec![0; words];
        let mut at = 0;
        while at < order.len() {
            let Some(left) = work.checked_sub(self.letters.len() * words) else { return Found::GaveUp };
            *work = left;
            let state = Arc::clone(&order[at].0);
            for letter in 0..self.letters.len() {
                if !self.follow(&state, letter, &mut next) || seen.contains(next.as_slice()) {
                    continue;
                }
                let found: State = next.as_slice().into();
                seen.insert(Arc::clone(&found));
                order.push((found, at, letter));
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

    /// Where a letter leads; whether what is looked for may follow.
    fn follow(&self, state: &[u64], letter: usize, next: &mut [u64]) -> bool {
        let (_, form_move, mask) = &self.letters[letter];
        let form = self.parts[0].words.end;
        match form_move {
            // Most letters are none of those that may come next.
            Move::Mask if state[..form].iter().zip(mask).all(|(state, mask)| state & mask == 0) => return false,
            Move::Mask => self.consume(state, mask, 0..form, next),
            Move::Jump(group) => next[..form].copy_from_slice(&self.form.jump(&state[..form], group)),
            Move::Through(id, format) => {
                next[..form].copy_from_slice(&self.form.step_symbol(&state[..form], *id, format));
            }
        }
        if next[..form].iter().all(|word| *word == 0) {
            return false;
        }
        self.consume(state, mask, form..self.ones.len(), next);
        let mut parts = self.parts[1..].iter();
        self.search.inside.iter().all(|group| {
            let mut own = parts.by_ref().take(group.len());
            let alive = own.by_ref().any(|part| next[part.words.clone()].iter().any(|word| *word != 0));
            own.for_each(drop);
            alive
        })
    }

    /// Where some parts get with a letter, and from there without one. The bit behind the last position of a
    /// part consumes nothing, so nothing is carried from part to part.
    fn consume(&self, from: &[u64], mask: &[u64], words: Range<usize>, next: &mut [u64]) {
        let mut carry = 0;
        for at in words.clone() {
            let consumed = from[at] & mask[at];
            let gone = consumed & self.ones[at];
            next[at] = (gone << 1) | carry | (consumed & self.runs[at]);
            carry = gone >> 63;
        }
        loop {
            let (mut carry, mut changed) = (0, false);
            for at in words.clone() {
                let moved = next[at] & self.runs[at];
                let closed = next[at] | (moved << 1) | carry;
                carry = moved >> 63;
                changed |= closed != next[at];
                next[at] = closed;
            }
            if !changed {
                return;
            }
        }
    }

    fn is_goal(&self, state: &[u64]) -> bool {
        let mut accepted = self.parts.iter().map(|part| bit(state, part.accepts));
        if accepted.next() != Some(true) {
            return false;
        }
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

/// Mixes the words of a state. The states of one walk are few and bounded, so nobody gains by two that
/// collide.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}
