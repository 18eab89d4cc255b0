//! Request classes of every family but Cognito (catalogue, section 5): who could ask for a role, and whether
//! its trust policy lets them in.
//!
//! A class is a set of requests, of which one that is let in is enough. What is another's is a symbol that
//! nothing else has, or a text that no test of the policy names.

mod account;
mod apart;
mod asking;
mod audience;
mod bench;
mod caller;
mod chained;
mod chosen;
mod clerk;
mod companion;
mod consumer;
mod github;
mod issuer;
mod keys;
mod minted;
mod projects;
pub mod provider;
mod saml;
mod service;
mod sibling;
mod subject;
mod subjects;
#[cfg(test)]
mod tests;
mod token;
mod witness;

use super::graph::{Graph, RoleId};
use super::witness::Refused;
use crate::policy::{Answer, Policy};
use crate::value::{Branch, Symbols, Text, Truth};
use bench::Bench;
use clerk::Clerk;

pub use consumer::{consumer_gets_in, denying, role_gets_in};
pub use saml::lets_in_lacking;
pub use service::{SourceKeys, guarded_kinds, is_guarded_kind, source_keys};
pub use sibling::let_in_without;
pub use subjects::{fits_no_subject, narrowed, of_other_form, wants_a_star, ways_of_naming};
pub use witness::witness_of;

/// Whether a class must be kept out (catalogue, section 5, third column).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwanted {
    /// By every role that trusts the family.
    Always,
    /// As a rule says.
    ByRule,
}

/// Whether the requests of a class are let in.
#[derive(Clone, Debug)]
pub struct ClassAnswer {
    /// The class: `github/any-owner`.
    pub class: String,
    /// The principal that the trust policy names, or whose the class is.
    pub principal: Text,
    /// Whether one of its requests is let in, with that request.
    pub answer: Answer,
    /// What must be allowed in one call.
    pub actions: Vec<String>,
    /// Whether it must be kept out.
    pub unwanted: Unwanted,
    /// What it takes for granted, each a sentence without its full stop.
    pub assumes: Vec<String>,
    /// Whether AWS refuses it by itself.
    pub refused: Refused,
    /// Where it is at most Unknown for a reason that stands in no test: what has no certain answer.
    pub doubt: Option<String>,
}

/// The answers for a role's trust policy in one branch.
#[derive(Clone, Debug)]
pub struct RoleClasses {
    /// The role.
    pub role: RoleId,
    /// Which of the role's trust policies.
    pub case: usize,
    /// The branch.
    pub when: Branch,
    /// The answers.
    pub answers: Vec<ClassAnswer>,
    /// The answers for each part of the policy by itself, where several parts speak of one principal.
    pub apart: Vec<Vec<ClassAnswer>>,
}

impl RoleClasses {
    /// The answers by which mistakes are told: those of each part of the policy that has company, else those of the
    /// whole policy. Each comes with the answers of its part.
    pub fn by_part(&self) -> impl Iterator<Item = (&ClassAnswer, &[ClassAnswer])> {
        let is_told_apart =
            |answer: &ClassAnswer| self.apart.iter().flatten().any(|own| own.principal == answer.principal);
        let whole = self.answers.iter().filter(move |answer| !is_told_apart(answer));
        let apart = self.apart.iter().flat_map(|part| part.iter().map(move |answer| (answer, part.as_slice())));
        whole.map(|answer| (answer, self.answers.as_slice())).chain(apart)
    }

    /// The policy itself.
    pub fn policy<'g>(&self, graph: &'g Graph) -> &'g Policy {
        &graph.role(self.role).trust.cases[self.case].then
    }

    /// The classes of which it is not decided whether they are kept out: those that must be, and those of which
    /// a rule would speak if no limit had been reached.
    pub fn undecided(&self) -> impl Iterator<Item = &ClassAnswer> {
        // Where every account gets in, those for which services of no name work are told already.
        let is_open = self.answers.iter().any(|own| own.class == "account/unrelated" && own.answer.truth.is_true());
        let is_told = move |own: &ClassAnswer| is_open && own.class == "service/foreign-account" && own.doubt.is_some();
        let counts = |answer: &&ClassAnswer| answer.unwanted == Unwanted::Always || answer.answer.bounded;
        let answers = self.answers.iter().filter(counts).filter(move |answer| !is_told(answer));
        answers.filter(|answer| answer.answer.truth == Truth::Unknown)
    }
}

/// The answers for all roles of a graph, and the symbols that they speak of.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    /// The graph's symbols and those of strangers.
    pub symbols: Symbols,
    /// The answers, in the order of roles and their branches.
    pub of_roles: Vec<RoleClasses>,
}

/// The answers for every role.
pub fn classes(graph: &Graph) -> Classes {
    let mut clerk = Clerk::new(graph);
    let mut of_roles = Vec::new();
    for (role, _) in graph.roles() {
        of_roles.extend(ask(&mut clerk, graph, role));
    }
    Classes { symbols: clerk.symbols, of_roles }
}

/// The answers for one role.
pub fn of_role(graph: &Graph, role: RoleId) -> Classes {
    let mut clerk = Clerk::new(graph);
    let of_roles = ask(&mut clerk, graph, role);
    Classes { symbols: clerk.symbols, of_roles }
}

fn ask(clerk: &mut Clerk, graph: &Graph, role: RoleId) -> Vec<RoleClasses> {
    let mut of_role = Vec::new();
    for (case, policy) in graph.role(role).trust.cases.iter().enumerate() {
        let mut bench = Bench::new(graph, role, policy, clerk);
        issuer::ask(&mut bench);
        saml::ask(&mut bench);
        account::ask(&mut bench);
        service::ask(&mut bench);
        companion::ask(&mut bench);
        chosen::ask(&mut bench, graph, role);
        chained::ask(&mut bench);
        let answers = bench.answers;
        let apart = apart::ask(clerk, graph, role, policy);
        of_role.push(RoleClasses { role, case, when: policy.when.clone(), answers, apart });
    }
    of_role
}
