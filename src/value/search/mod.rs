//! Texts that are inside of some patterns and outside of others: a walk over the product of the positions
//! of all of them, breadth first. It finds a shortest text, or proves that there is none.
//!
//! A symbol is one letter here, equal to itself only. A text that is found is a candidate for the
//! evaluator; a proof that there is none holds for texts without symbols where no pattern has one.

mod machine;
mod pattern;
#[cfg(test)]
mod tests;
mod walk;

use super::{Symbols, Text};
use walk::Walk;

pub use pattern::{Form, Pattern};

/// Most positions that all patterns may have together: several times what a policy may have characters (IAM
/// User Guide, IAM and STS character limits).
const POSITIONS: usize = 20_000;

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

/// A question: a text of a form that is inside of one pattern of each group, and outside of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// One pattern of each of these takes it.
    pub inside: Vec<Vec<Pattern>>,
    /// None of these takes it.
    pub outside: Vec<Pattern>,
}

/// What of a question makes a difference for the texts of a form.
struct Relevant<'s> {
    inside: Vec<Vec<&'s Pattern>>,
    outside: Vec<&'s Pattern>,
}

impl<'s> Relevant<'s> {
    fn of(search: &'s Search, form: &Form) -> Self {
        let meets = |pattern: &&Pattern| !form.is_apart(pattern);
        let inside = search.inside.iter().map(|group| group.iter().filter(meets).collect());
        Self { inside: inside.collect(), outside: search.outside.iter().filter(meets).collect() }
    }

    fn patterns(&self) -> impl Iterator<Item = &'s Pattern> {
        self.inside.iter().flatten().chain(&self.outside).copied()
    }

    fn has_symbols(&self) -> bool {
        self.patterns().any(|pattern| pattern.symbols().next().is_some())
    }
}

impl Search {
    /// A shortest text that is not empty: one without symbols of the template where there is one. `work`
    /// is what may still be spent, in machine words that are combined.
    pub fn find(&self, form: &Form, symbols: &Symbols, work: &mut usize) -> Found {
        let relevant = Relevant::of(self, form);
        if relevant.inside.iter().any(Vec::is_empty) {
            return Found::Nothing;
        }
        if relevant.patterns().map(|pattern| pattern.steps.len()).sum::<usize>() > POSITIONS {
            return Found::GaveUp;
        }
        let plain = Walk::new(&relevant, form, symbols, false).run(work);
        if plain != Found::Nothing || !(relevant.has_symbols() || form.symbols().next().is_some()) {
            return plain;
        }
        Walk::new(&relevant, form, symbols, true).run(work)
    }
}
