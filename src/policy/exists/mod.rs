//! Whether a policy lets any request of a class in: the request, or a proof that there is none.
//!
//! A request gets in where one Allow statement admits it and every Deny statement that speaks of it has
//! a line that does not pass. For each choice of that statement and of those lines, what a key carries
//! is looked for by itself ([`key`]). Keys that a variable joins are looked for one after the other, and
//! then nothing is proved. Whatever is found is put to the evaluator, whose word counts.

mod key;
mod space;
#[cfg(test)]
mod tests;
mod texts;

use super::evaluate::Asking;
use super::{Decision, Effect, Policy, PrincipalKind, Request, Resources, Statement, evaluate};
use crate::value::{Symbols, Text, Truth};
use key::{Keys, Solved, Wish};

pub use key::asked_keys;
pub use space::{Domain, Part, Space};

/// Most choices of statements and lines that are looked at for one answer.
const CHOICES: usize = 4_096;
/// Most machine words that the searches for one answer may combine: some hundredths of a second.
const WORK: usize = 4_000_000;

/// Whether a class is let in, with the request that shows it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether one of its requests is let in.
    pub truth: Truth,
    /// The request that was decisive, or the first one that was tried.
    pub request: Request,
    /// What the policy says of that request.
    pub decision: Decision,
    /// Whether it is Unknown and a stated limit was reached on the way.
    pub bounded: bool,
}

/// Whether a policy lets a request of a class in. True comes with such a request, False is proved, and
/// Unknown is where that hangs on what is not known, or a stated limit was reached.
pub fn exists(policy: &Policy, space: &Space, symbols: &Symbols) -> Answer {
    let (answers, open, bounded) = (Vec::new(), false, false);
    let mut quest = Quest { policy, space, symbols, answers, open, bounded, choices: 0, work: WORK };
    for principal in &space.principals {
        quest.ask_as(principal);
        if quest.is_settled() {
            break;
        }
    }
    quest.answer()
}

struct Quest<'q> {
    policy: &'q Policy,
    space: &'q Space,
    symbols: &'q Symbols,
    answers: Vec<Answer>,
    /// Something was neither found nor proved to be missing.
    open: bool,
    /// A stated limit was reached.
    bounded: bool,
    choices: usize,
    work: usize,
}

impl<'q> Quest<'q> {
    fn is_settled(&self) -> bool {
        self.answers.last().is_some_and(|answer| answer.truth.is_true())
    }

    /// True if a request is let in; else False only where that is proved of all.
    fn answer(mut self) -> Answer {
        if self.answers.is_empty() {
            self.answers.push(self.nobody());
        }
        let found = Truth::any(self.answers.iter().map(|answer| answer.truth));
        let truth = if self.open && found.is_false() { Truth::Unknown } else { found };
        let best = self.answers.iter().position(|answer| answer.truth == found).unwrap_or(0);
        let bounded = self.bounded && truth == Truth::Unknown;
        Answer { truth, bounded, ..self.answers.swap_remove(best) }
    }

    /// What shows that nobody gets in where there is no request of the class at all.
    fn nobody(&self) -> Answer {
        let nobody = (PrincipalKind::Aws, Text::known(""));
        let request = self.bare(self.space.principals.first().unwrap_or(&nobody));
        let decision = evaluate(self.policy, &request, self.symbols);
        Answer { truth: Truth::False, request, decision, bounded: false }
    }

    fn ask_as(&mut self, principal: &(PrincipalKind, Text)) {
        // A request like any other of the class: it shows that nobody gets in, where nothing better does.
        if let Some(request) = self.request(principal, &[], false) {
            self.try_out(request);
        }
        if self.is_settled() {
            return;
        }
        let bare = self.bare(principal);
        let mut allowing: Vec<Vec<&Statement>> = Vec::new();
        let mut denying: Vec<&Statement> = Vec::new();
        for action in &self.space.actions {
            let request = Request { action: action.clone(), ..bare.clone() };
            let speaking = || self.policy.statements.iter().filter(|own| !self.concerns(own, &request).is_false());
            allowing.push(speaking().filter(|statement| statement.effect == Effect::Allow).collect());
            denying.extend(speaking().filter(|statement| statement.effect == Effect::Deny));
            self.open |= speaking().any(|statement| statement.effect == Effect::Unknown);
        }
        denying.sort_by_key(|statement| statement.index);
        denying.dedup_by_key(|statement| statement.index);
        self.choose_allowing(principal, &allowing, &denying, &mut Vec::new());
    }

    fn bare(&self, principal: &(PrincipalKind, Text)) -> Request {
        let action = self.space.actions.first().cloned().unwrap_or_default();
        Request { principal: principal.clone(), action, resource: self.space.resource.clone(), context: Vec::new() }
    }

    fn concerns(&self, statement: &Statement, request: &Request) -> Truth {
        let concerns = Asking::new(self.policy, request, self.symbols).concerns(statement);
        // A variable in a Resource hangs on what the request will carry.
        let is_settled = matches!(&statement.resources, Resources::Missing)
            || concerns.is_false() && !self.policy.reads_variables().is_true()
            || concerns.is_true();
        if is_settled { concerns } else { concerns.or(Truth::Unknown) }
    }

    /// For each action, one Allow statement all of whose lines pass.
    fn choose_allowing(
        &mut self,
        principal: &(PrincipalKind, Text),
        allowing: &[Vec<&'q Statement>],
        denying: &[&'q Statement],
        wishes: &mut Vec<Wish<'q>>,
    ) {
        let Some((first, rest)) = allowing.split_first() else {
            return self.choose_refusing(principal, denying, wishes);
        };
        for statement in first {
            let before = wishes.len();
            wishes.extend(statement.conditions.tests.iter().map(|test| Wish { test, passes: true, part: None }));
            self.choose_allowing(principal, rest, denying, wishes);
            wishes.truncate(before);
            if self.is_settled() {
                return;
            }
        }
    }

    /// In each Deny statement, one line that does not pass.
    fn choose_refusing(
        &mut self,
        principal: &(PrincipalKind, Text),
        denying: &[&'q Statement],
        wishes: &mut Vec<Wish<'q>>,
    ) {
        let Some((first, rest)) = denying.split_first() else { return self.suit(principal, wishes) };
        let request = self.bare(principal);
        let surely = Truth::any(self.space.actions.iter().map(|action| {
            let request = Request { action: action.clone(), ..request.clone() };
            self.concerns(first, &request)
        }));
        if !surely.is_true() || first.conditions.opaque {
            // Whether it speaks of the request is not known: the evaluator may say so of what is found.
            self.choose_refusing(principal, rest, wishes);
        }
        for test in &first.conditions.tests {
            if self.is_settled() {
                return;
            }
            wishes.push(Wish { test, passes: false, part: None });
            self.choose_refusing(principal, rest, wishes);
            wishes.pop();
        }
    }

    /// Tries the request that meets all wishes.
    fn suit(&mut self, principal: &(PrincipalKind, Text), wishes: &[Wish<'q>]) {
        self.choices += 1;
        if self.choices > CHOICES {
            (self.open, self.bounded) = (true, true);
            return;
        }
        let reads = wishes.iter().any(|wish| key::has_variables(wish.test, self.policy));
        for filled in if reads { &[true, false][..] } else { &[false] } {
            if let Some(request) = self.request(principal, wishes, *filled) {
                self.try_out(request);
            }
            if self.is_settled() {
                return;
            }
        }
    }

    /// A request of the class that meets the wishes as far as is known; none where there is none. `filled`: it
    /// carries what it may, else as little as it may.
    fn request(&mut self, principal: &(PrincipalKind, Text), wishes: &[Wish<'q>], filled: bool) -> Option<Request> {
        let mut keys = Keys::new(self.policy, self.space, self.symbols, self.bare(principal), wishes);
        keys.filled = filled;
        let solved = keys.solve(&mut self.work);
        self.bounded |= keys.gave_up.get();
        match solved {
            Solved::Request { request, proved } => {
                self.open |= !proved && !wishes.is_empty();
                Some(request)
            }
            Solved::Impossible => None,
            Solved::Open => {
                self.open = true;
                None
            }
        }
    }

    /// Puts a request to the evaluator, once for each action.
    fn try_out(&mut self, request: Request) {
        let decisions = self.space.actions.iter().map(|action| {
            let request = Request { action: action.clone(), ..request.clone() };
            evaluate(self.policy, &request, self.symbols)
        });
        let decisions: Vec<Decision> = decisions.collect();
        let truth = Truth::all(decisions.iter().map(|decision| decision.truth));
        if let Some(decision) = decisions.into_iter().next() {
            self.answers.push(Answer { truth, request, decision, bounded: false });
        }
    }
}
