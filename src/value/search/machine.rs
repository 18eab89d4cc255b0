//! One pattern as an automaton whose states are sets of its positions, a bit each.

use std::ops::Range;

use super::pattern::{Letters, Step};
use crate::value::symbols::{Format, FormatPart, Set};
use crate::value::{SymbolId, Symbols};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letter {
    Char(char),
    Symbol(SymbolId),
}

pub(super) type Bits = Vec<u64>;

/// One pattern as an automaton: a bit for each position.
pub(super) struct Machine {
    pub(super) steps: Vec<Step>,
    /// Positions that consume a letter and go on.
    pub(super) ones: Bits,
    /// Positions that consume a letter and stay, or go on without one.
    pub(super) runs: Bits,
}

impl Machine {
    pub(super) fn new(steps: &[Step]) -> Self {
        let words = steps.len() / 64 + 1;
        let (mut ones, mut runs) = (vec![0; words], vec![0; words]);
        for (at, step) in steps.iter().enumerate() {
            let bits = if matches!(step, Step::Run(_)) { &mut runs } else { &mut ones };
            set_bit(bits, at);
        }
        Self { steps: steps.to_vec(), ones, runs }
    }

    pub(super) fn start(&self) -> Bits {
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
    pub(super) fn mask(&self, letter: Letter, symbols: &Symbols) -> Bits {
        let mut bits = vec![0; self.ones.len()];
        let takes = |at: &usize| consumes(&self.steps[*at..], letter, symbols);
        (0..self.steps.len()).filter(takes).for_each(|at| set_bit(&mut bits, at));
        bits
    }

    fn mask_of(&self, takes: impl Fn(&Step) -> bool) -> Bits {
        let mut bits = vec![0; self.ones.len()];
        self.steps.iter().enumerate().filter(|(_, step)| takes(step)).for_each(|(at, _)| set_bit(&mut bits, at));
        bits
    }

    pub(super) fn step(&self, from: &[u64], mask: &[u64]) -> Bits {
        let mut next = vec![0; from.len()];
        let mut carry = 0;
        for at in 0..from.len() {
            let consumed = from[at] & mask[at];
            let gone = consumed & self.ones[at];
            next[at] = (gone << 1) | carry | (consumed & self.runs[at]);
            carry = gone >> 63;
        }
        self.close(&mut next);
        next
    }

    /// From any position of a group that has not ended to the one behind it.
    pub(super) fn jump(&self, from: &[u64], group: &Range<usize>) -> Bits {
        let mut next = vec![0; from.len()];
        if group.clone().any(|at| bit(from, at)) {
            set_bit(&mut next, group.end);
            self.close(&mut next);
        }
        next
    }

    pub(super) fn accepts(&self, bits: &[u64]) -> bool {
        bit(bits, self.steps.len())
    }

    /// Where a symbol of the template leads: past its own position, or where every text that it may stand for
    /// leads.
    pub(super) fn step_symbol(&self, from: &[u64], id: SymbolId, format: &Format) -> Bits {
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

/// Whether the first of some positions consumes a letter. A single character consumes the beginning of a symbol that is
/// not empty, whose rest the run behind it takes.
pub(super) fn consumes(steps: &[Step], letter: Letter, symbols: &Symbols) -> bool {
    match (steps, letter) {
        ([Step::One(letters) | Step::Run(letters), ..], Letter::Char(c)) => letters.has(c),
        ([Step::Symbol(own), ..], Letter::Symbol(id)) => *own == id,
        ([Step::Run(letters), ..], Letter::Symbol(id)) => holds_symbol(*letters, id, symbols),
        ([Step::One(first), Step::Run(rest), ..], Letter::Symbol(id)) => {
            let is_there = !symbols.facts(id).format.may_be_empty();
            is_there && holds_symbol(*first, id, symbols) && holds_symbol(*rest, id, symbols)
        }
        _ => false,
    }
}

pub(super) fn bit(bits: &[u64], at: usize) -> bool {
    bits[at / 64] >> (at % 64) & 1 == 1
}

pub(super) fn set_bit(bits: &mut [u64], at: usize) {
    bits[at / 64] |= 1 << (at % 64);
}

/// Whether a run of such takes whatever a symbol stands for.
fn holds_symbol(letters: Letters, id: SymbolId, symbols: &Symbols) -> bool {
    match letters {
        Letters::All => true,
        Letters::NoColon => !symbols.facts(id).format.may_hold(':'),
        Letters::Char(_) | Letters::Folded(_) | Letters::Of(_) => false,
    }
}
