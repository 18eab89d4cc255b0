//! From an undecided answer to a certain one: what is not known is one thing wherever it stands.
//!
//! Kleene's logic takes two unknown answers for independent. But whether a text is `P` is the same
//! question in `StringEquals` and `StringNotEquals`, in one statement and in another. So each such question
//! is answered both ways, and what the policy says is certain where it is the same for all of them.

use std::cell::{Cell, RefCell};

use super::operator::{Base, Operator};
use super::wanted::{Wanted, holds_variable, read_for};
use super::{PrincipalKind, Test};
use crate::value::{Mark, Symbols, Text, Truth, fits, marks, may_meet};

/// Questions that are answered both ways along one path.
const MOST_ATOMS: usize = 8;
/// Evaluations for one answer.
const MOST_EVALUATIONS: usize = 256;

/// Something unknown in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// These characters and symbols.
    Text(Text),
    /// A text of which nothing is known, by where it is kept: the same place is the same text.
    Kept(usize),
}

impl Operand {
    pub(super) fn of(text: &Text) -> Self {
        match text {
            Text::Any(_) => Self::Kept(std::ptr::from_ref(text).addr()),
            text => Self::Text(text.clone()),
        }
    }
}

/// A question with one answer wherever it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Atom {
    /// Whether a value fits a wanted one. Of numbers and the like a negated operator asks something else:
    /// what is no number does not fit, and may not pass there either.
    Fits { base: Base, negated: bool, wanted: Operand, value: Operand },
    /// Whether a line passes, where no guide says how it is read.
    Line { operator: Operand, key: Operand, values: Vec<Operand> },
    /// Whether the request carries a key.
    Carries(Text),
    /// Whether the value of a key that it carries is empty.
    Empty(Text),
    /// Whether a principal is the one that asks.
    Principal(Option<PrincipalKind>, Operand),
    /// Whether an action is the one asked for.
    Action(Operand),
    /// Whether a resource is the one asked for; excluded resources are a question of their own.
    Resource { negated: bool, wanted: Operand },
}

impl Atom {
    pub(super) fn fits(operator: Operator, wanted: &Text, value: &Text, symbols: &Symbols) -> Self {
        let is_plain = |text: &Text| {
            let marks = marks(text).unwrap_or_default();
            let may = |mark: &Mark| match mark {
                Mark::Symbol(id) => symbols.facts(*id).format.may_hold('*'),
                mark => matches!(mark, Mark::Char('*' | '?')),
            };
            !matches!(text, Text::Any(_)) && !marks.iter().any(may)
        };
        let (base, negated) = match operator.base {
            // Without a wildcard they ask the same.
            Base::StringLike | Base::Arn if is_plain(wanted) => (Base::StringEquals, false),
            base @ (Base::StringEquals | Base::StringEqualsIgnoreCase | Base::StringLike | Base::Arn) => (base, false),
            base => (base, operator.negated),
        };
        Self::Fits { base, negated, wanted: Operand::of(wanted), value: Operand::of(value) }
    }

    /// Whether a value is the empty text.
    pub(super) fn empty(value: &Text) -> Self {
        let wanted = Operand::Text(Text::known(""));
        Self::Fits { base: Base::StringEquals, negated: false, wanted, value: Operand::of(value) }
    }

    pub(super) fn line(test: &Test) -> Self {
        let values = test.values.iter().map(|(value, _)| Operand::of(value)).collect();
        Self::Line { operator: Operand::of(&test.operator_text), key: Operand::of(&test.key), values }
    }
}

/// The questions of one answer, as far as they were met, with what they are taken to be answered.
#[derive(Default)]
pub(super) struct Atoms {
    assumed: RefCell<Vec<(Atom, bool)>>,
    /// The first question that was met without an answer.
    open: RefCell<Option<Atom>>,
    evaluations: Cell<usize>,
}

impl Atoms {
    /// The answer that a question is taken to have; Unknown for one that was not met before.
    pub(super) fn answer(&self, atom: Atom) -> Truth {
        if let Some((_, answer)) = self.assumed.borrow().iter().find(|(own, _)| *own == atom) {
            return (*answer).into();
        }
        self.open.borrow_mut().get_or_insert(atom);
        Truth::Unknown
    }

    /// What `ask` says whatever the answers are; Unknown where that differs or there are too many. `each`
    /// sees every answer that counts.
    pub(super) fn settle<T>(
        &self,
        symbols: &Symbols,
        ask: &impl Fn(&Self) -> (Truth, T),
        each: &mut impl FnMut(T),
    ) -> Truth {
        let mut common = None;
        if self.walk(symbols, ask, each, &mut common) { common.unwrap_or(Truth::Unknown) } else { Truth::Unknown }
    }

    /// Whether all answers below what is assumed are `common`, which the first one sets.
    fn walk<T>(
        &self,
        symbols: &Symbols,
        ask: &impl Fn(&Self) -> (Truth, T),
        each: &mut impl FnMut(T),
        common: &mut Option<Truth>,
    ) -> bool {
        self.evaluations.set(self.evaluations.get() + 1);
        self.open.take();
        let (truth, more) = ask(self);
        if truth != Truth::Unknown {
            each(more);
            return *common.get_or_insert(truth) == truth;
        }
        let Some(open) = self.open.take() else { return false };
        if self.assumed.borrow().len() >= MOST_ATOMS {
            return false;
        }
        [true, false].into_iter().all(|answer| {
            if !self.may(&open, answer, symbols) {
                return true;
            }
            if self.evaluations.get() >= MOST_EVALUATIONS {
                return false;
            }
            self.assumed.borrow_mut().push((open.clone(), answer));
            let same = self.walk(symbols, ask, each, common);
            self.assumed.borrow_mut().pop();
            same
        })
    }

    /// Whether an answer goes together with each of those that are assumed: one text cannot be two.
    fn may(&self, atom: &Atom, answer: bool, symbols: &Symbols) -> bool {
        self.assumed.borrow().iter().all(|(other, theirs)| match (answer, *theirs) {
            (true, true) => may_both(atom, other, symbols),
            (true, false) => !implies(atom, other, symbols),
            (false, true) => !implies(other, atom, symbols),
            (false, false) => true,
        })
    }
}

/// The value and the pattern of a question on texts.
fn pattern(atom: &Atom) -> Option<(&Operand, Vec<Mark>)> {
    pattern_of(atom, &[Base::StringEquals, Base::StringLike])
}

fn pattern_of<'a>(atom: &'a Atom, bases: &[Base]) -> Option<(&'a Operand, Vec<Mark>)> {
    let Atom::Fits { base, wanted, value, .. } = atom else { return None };
    if !bases.contains(base) {
        return None;
    }
    let Operand::Text(text) = wanted else { return None };
    match read_for(*base, None, text) {
        Wanted::Marks(marks) if !holds_variable(text) => Some((value, marks)),
        _ => None,
    }
}

/// Whether a position of the pattern of a question may stand for several texts at once: a wildcard, or an
/// unknown part that may hold one.
fn may_be_wild(atom: &Atom, mark: Mark, symbols: &Symbols) -> bool {
    let like = matches!(atom, Atom::Fits { base: Base::StringLike, .. });
    match mark {
        Mark::Char(_) => false,
        Mark::One | Mark::Run => true,
        Mark::Symbol(id) => {
            let format = &symbols.facts(id).format;
            like && (format.may_hold('*') || format.may_hold('?'))
        }
    }
}

/// Whether one text may fit both.
fn may_both(a: &Atom, b: &Atom, symbols: &Symbols) -> bool {
    let widest = |atom: &Atom, marks: Vec<Mark>| -> Vec<Mark> {
        let wide = |mark| matches!(mark, Mark::Symbol(_)) && may_be_wild(atom, mark, symbols);
        marks.into_iter().map(|mark| if wide(mark) { Mark::Run } else { mark }).collect()
    };
    if let (Some((value, first)), Some((other, second))) = (pattern(a), pattern(b)) {
        return value != other || may_meet(&widest(a, first), &widest(b, second), symbols);
    }
    // A text in other case fits both in lower case; what symbols stand for is of its own case.
    let folded = |atom| {
        let (value, marks) = pattern_of(atom, &[Base::StringEquals, Base::StringLike, Base::StringEqualsIgnoreCase])?;
        let lower = |mark: &Mark| match mark {
            Mark::Char(c) if c.is_ascii() => Some(Mark::Char(c.to_ascii_lowercase())),
            Mark::Char(_) | Mark::Symbol(_) => None,
            wild => Some(*wild),
        };
        Some((value, marks.iter().map(lower).collect::<Option<Vec<Mark>>>()?))
    };
    let (Some((value, first)), Some((other, second))) = (folded(a), folded(b)) else { return true };
    value != other || may_meet(&first, &second, symbols)
}

/// Whether what fits the first certainly fits the second.
fn implies(a: &Atom, b: &Atom, symbols: &Symbols) -> bool {
    let (Some((value, first)), Some((other, second))) = (pattern(a), pattern(b)) else { return false };
    let is_one_text = !first.iter().any(|mark| may_be_wild(a, *mark, symbols));
    value == other && is_one_text && fits(&second, &first, symbols).is_true()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_an_operand_by_what_it_holds_or_by_where_it_is() {
        let any = || Text::Any(crate::value::Why::Bound);
        let (a, b) = (any(), any());
        assert_eq!(Operand::of(&a), Operand::of(&a));
        assert_ne!(Operand::of(&a), Operand::of(&b));
        assert_eq!(Operand::of(&Text::known("x")), Operand::of(&Text::known("x")));
    }
}
