//! What people wrote to hide findings: in comments, in `Metadata`, in an assembly (interface, Suppressing a finding).
//!
//! Invariant: what is read here comes from strangers. Nothing that is not understood hides anything.

mod apply;
mod comment;
mod metadata;

pub use apply::{Held, apply};
pub use comment::{Lines, of_comments};
pub use metadata::{KEY, of_construct, of_resource, of_template};

use crate::checks::rule;
use crate::finding::{Date, Expiry, Named};
use crate::source::Place;

/// Most suppressions that one file may hold; more are not read.
pub const MOST: usize = 10_000;

/// Most rules that one suppression names.
const MOST_RULES: usize = 100;

/// The rule of a word: only one rule at a time can be hidden, never a group.
fn named(word: &str, place: Place) -> Named {
    Named { word: word.to_owned(), place, rule: rule(word).map(|rule| rule.id) }
}

/// The last day of a text.
fn expiry(text: &str, place: Place) -> Expiry {
    Date::parse(text).map_or_else(|| Expiry::Never(text.to_owned(), place), |date| Expiry::Until(date, place))
}
