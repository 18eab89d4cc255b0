//! Opinions: one file a rule, beside its page in `rules/`.
//!
//! Invariant: a check is a plain function over what others read, resolved and evaluated. It walks no
//! JSON, compares no texts that the resolver should have compared, and holds no AWS table.

mod branch;
pub mod cgt;
mod consumers;
mod excess;
mod gate;
mod groups;
pub mod inp;
pub mod map;
mod mappings;
pub mod oid;
mod precedence;
mod reading;
mod remedy;
mod rule;
mod serving;
pub mod sml;
pub mod sup;
pub mod svc;
pub mod tag;
mod tokens;
pub mod tru;
mod trusted;
mod words;
pub mod xac;

pub use branch::{assume_default, settle};
pub use precedence::give_way;
pub use reading::{Problem, Reading};
pub use rule::{Check, Rule, nearest, nearest_among, rule, rules};
pub use trusted::{Boundary, Trusted};

use crate::identity::{Classes, Graph, Held, Trust};
use crate::resolve::StackId;

/// What a check over the graph is given.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// Who may become what, in one stack set.
    pub graph: &'a Graph,
    /// What each trust policy says to the tokens of identity pools.
    pub trusts: &'a [Trust],
    /// What each trust policy says to everybody else, class by class.
    pub classes: &'a Classes,
    /// What each role may do.
    pub held: &'a Held<'a>,
    /// What the user counts as theirs, for each stack of the set.
    pub trusted: &'a [&'a Trusted],
}

impl Cx<'_> {
    /// What the user counts as theirs where a stack's template lies.
    pub fn trusted(&self, stack: StackId) -> Option<&Trusted> {
        self.trusted.get(stack.0 as usize).copied()
    }
}
