//! The walk over pairs of positions: of two texts as they are, or of all that their symbols may stand for.

use super::symbols::{FormatPart, Set};
use super::{Mark, Symbols, Truth};

/// How characters compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Kept,
    /// Everything known is in lower case already; what symbols stand for is not.
    Folded,
}

pub(super) fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Whether all that a step stands for is characters of a set.
pub(super) fn is_within(step: Step, set: Set) -> bool {
    match step {
        Step::Char(c) => set.has(c),
        Step::Some(own) => own.is_within(set),
        Step::One | Step::Run | Step::Any => false,
    }
}

/// Fits with every symbol taken as a character of its own.
pub(super) fn certainly(pattern: &[Mark], value: &[Mark]) -> Truth {
    glob(pattern, value, |p, v| p == v, |p, v| p == Mark::One && matches!(v, Mark::Char(_)), |p| p == Mark::Run)
}

/// The same with every symbol opened. What is not empty has a first character, and any more behind it.
pub(super) fn certainly_by_steps(pattern: &[Step], value: &[Step]) -> Truth {
    let open = |step: &Step| [Some(*step), matches!(step, Step::Some(_)).then_some(Step::Any)];
    let value: Vec<Step> = value.iter().flat_map(open).flatten().collect();
    glob(
        pattern,
        &value,
        |p, v| matches!((p, v), (Step::Char(a), Step::Char(b)) if a == b),
        |p, v| p == Step::One && matches!(v, Step::Char(_) | Step::Some(_)),
        |p| p == Step::Run,
    )
}

/// Greedy glob matching with one point of return: linear for most, quadratic at worst. Unknown where that
/// takes more than [`STATES`] steps.
pub(super) fn glob<T: Copy>(
    pattern: &[T],
    value: &[T],
    same: impl Fn(T, T) -> bool,
    one: impl Fn(T, T) -> bool,
    run: impl Fn(T) -> bool,
) -> Truth {
    let (mut p, mut v) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    // Only going back is counted: without it the walk is as long as both texts.
    let mut again = 0;
    while v < value.len() {
        if p < pattern.len() && run(pattern[p]) {
            back = Some((p + 1, v));
            p += 1;
        } else if p < pattern.len() && (same(pattern[p], value[v]) || one(pattern[p], value[v])) {
            p += 1;
            v += 1;
        } else if let Some((after, from)) = back {
            again += v - from;
            if again > STATES {
                return Truth::Unknown;
            }
            back = Some((after, from + 1));
            p = after;
            v = from + 1;
        } else {
            return Truth::False;
        }
    }
    pattern[p..].iter().all(|mark| run(*mark)).into()
}

/// A mark with symbols opened into what their format says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Char(char),
    One,
    Run,
    /// One character or more out of a set.
    Some(Set),
    /// What a symbol of any text stands for; not a wildcard, so two of them need not be the same.
    Any,
}

pub(super) fn steps(marks: &[Mark], symbols: &Symbols, case: Case) -> Vec<Step> {
    let mut steps = Vec::with_capacity(marks.len());
    for mark in marks {
        match mark {
            Mark::Char(c) => steps.push(Step::Char(*c)),
            Mark::One => steps.push(Step::One),
            Mark::Run => steps.push(Step::Run),
            Mark::Symbol(id) => {
                for part in symbols.facts(*id).format.parts() {
                    match part {
                        FormatPart::Fixed(text) if case == Case::Folded => {
                            steps.extend(text.chars().map(|c| Step::Char(lower(c))));
                        }
                        FormatPart::Fixed(text) => steps.extend(text.chars().map(Step::Char)),
                        FormatPart::Run(set) if case == Case::Folded => steps.push(Step::Some(set.lower())),
                        FormatPart::Run(set) => steps.push(Step::Some(*set)),
                        FormatPart::Any => steps.push(Step::Any),
                    }
                }
            }
        }
    }
    steps
}

/// Whether some substitution makes them fit: reachability in the product of both as automata. None
/// where that has more than [`STATES`] states.
pub(super) fn reachable(pattern: &[Mark], value: &[Mark], symbols: &Symbols, case: Case) -> Option<bool> {
    let (pattern, value) = (steps(pattern, symbols, case), steps(value, symbols, case));
    let width = value.len() + 1;
    // Position pairs, with a mark whether the run at that position has had a character already.
    let index =
        |state: State| ((state.p * width + state.v) * 2 + usize::from(state.in_p)) * 2 + usize::from(state.in_v);
    let states = (pattern.len() + 1) * width * 4;
    if states > STATES {
        return None;
    }
    let mut seen = vec![false; states];
    let mut open = vec![State::default()];
    while let Some(state) = open.pop() {
        if std::mem::replace(&mut seen[index(state)], true) {
            continue;
        }
        if state.p == pattern.len() && state.v == value.len() {
            return Some(true);
        }
        open.extend(moves(state, pattern.get(state.p).copied(), value.get(state.v).copied()));
    }
    Some(false)
}

/// Most position pairs that are looked at for one answer.
pub(super) const STATES: usize = 4_000_000;

#[derive(Clone, Copy, Default)]
struct State {
    p: usize,
    v: usize,
    in_p: bool,
    in_v: bool,
}

fn moves(state: State, p: Option<Step>, v: Option<Step>) -> Vec<State> {
    let mut next = Vec::with_capacity(5);
    let past_p = State { p: state.p + 1, in_p: false, ..state };
    let past_v = State { v: state.v + 1, in_v: false, ..state };
    // Leaving a run that may end here costs no character.
    if matches!(p, Some(Step::Run | Step::Any)) || (state.in_p && matches!(p, Some(Step::Some(_)))) {
        next.push(past_p);
    }
    if matches!(v, Some(Step::Run | Step::Any)) || (state.in_v && matches!(v, Some(Step::Some(_)))) {
        next.push(past_v);
    }
    let (Some(p), Some(v)) = (p, v) else { return next };
    if !one_character(p, v) {
        return next;
    }
    let stays = |step| matches!(step, Step::Run | Step::Some(_) | Step::Any);
    let after_p = if stays(p) { State { in_p: true, ..state } } else { past_p };
    next.push(if stays(v) {
        State { in_v: true, ..after_p }
    } else {
        State { v: state.v + 1, in_v: false, ..after_p }
    });
    next
}

/// Whether both can take the same character.
fn one_character(p: Step, v: Step) -> bool {
    match (p, v) {
        (Step::Run | Step::One | Step::Any, _) | (_, Step::Run | Step::One | Step::Any) => true,
        (Step::Char(a), Step::Char(b)) => a == b,
        (Step::Char(c), Step::Some(set)) | (Step::Some(set), Step::Char(c)) => set.has(c),
        (Step::Some(a), Step::Some(b)) => a.meets(b),
    }
}
