//! One trust policy, of which class after class is asked.

use super::clerk::Clerk;
use super::keys::{Keys, tests};
use super::{ClassAnswer, Unwanted};
use crate::identity::arn::cut;
use crate::identity::graph::{Graph, RoleId};
use crate::identity::witness::Refused;
use crate::policy::{Effect, Policy, Principal, PrincipalKind, Principals, Space, Test, exists, same_key};
use crate::value::{Mark, Pattern, Text, Truth};

/// One trust policy.
pub(super) struct Bench<'b> {
    pub(super) policy: &'b Policy,
    pub(super) clerk: &'b mut Clerk,
    pub(super) answers: Vec<ClassAnswer>,
    arn: Text,
}

/// A class that is asked.
pub(super) struct Question {
    pub(super) class: String,
    /// Who asks: the kind, and the ways to write the principal.
    pub(super) principals: (PrincipalKind, Vec<Text>),
    pub(super) actions: Vec<&'static str>,
    pub(super) keys: Keys,
    pub(super) unwanted: Unwanted,
    pub(super) assumes: Vec<String>,
    pub(super) refused: Refused,
    /// Whether what is found may not be of the class.
    pub(super) doubted: bool,
}

/// Principals of one policy that classes are asked of; above it the answer for the rest is that of these.
const MOST_PRINCIPALS: usize = 32;

impl<'b> Bench<'b> {
    pub(super) fn new(graph: &'b Graph, role: RoleId, policy: &'b Policy, clerk: &'b mut Clerk) -> Self {
        Self { policy, clerk, answers: Vec::new(), arn: graph.role(role).arn() }
    }

    /// Asks a class.
    pub(super) fn ask(&mut self, question: Question) {
        let (kind, names) = question.principals;
        let principal = names.first().cloned().unwrap_or_else(|| Text::known(""));
        let space = Space {
            principals: names.into_iter().map(|name| (kind, name)).collect(),
            actions: question.actions.iter().map(|action| (*action).to_owned()).collect(),
            resource: self.arn.clone(),
            keys: question.keys,
        };
        let mut answer = exists(self.policy, &space, &self.clerk.symbols);
        if question.doubted && answer.truth.is_true() {
            answer.truth = Truth::Unknown;
        }
        self.answers.push(ClassAnswer {
            class: question.class,
            principal,
            answer,
            actions: space.actions,
            unwanted: question.unwanted,
            assumes: question.assumes,
            refused: question.refused,
        });
    }

    /// The principals of a kind that Allow statements name, each once.
    pub(super) fn named(&self, kind: Option<PrincipalKind>) -> Vec<Principal> {
        let mut named: Vec<Principal> = Vec::new();
        for statement in self.policy.statements.iter().filter(|statement| statement.effect != Effect::Deny) {
            let Principals::Only(list) = &statement.principals else { continue };
            for principal in list.iter().filter(|principal| principal.kind == kind) {
                let is_new = !named.iter().any(|own| own.value == principal.value);
                if is_new && named.len() < MOST_PRINCIPALS {
                    named.push(principal.clone());
                }
            }
        }
        named
    }

    /// Whether an Allow statement speaks of all but some, or nobody knows of whom.
    pub(super) fn names_unlimited(&self) -> bool {
        let open = |principals: &Principals| matches!(principals, Principals::AllBut(_) | Principals::Unknown);
        let allowing = self.policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
        allowing.into_iter().any(|statement| open(&statement.principals))
    }

    /// A part of the role's ARN, counted from 0.
    pub(super) fn arn_part(&self, at: usize) -> Text {
        arn_part(&self.arn, at)
    }

    /// The lines on a key.
    pub(super) fn tests_on<'k>(&'k self, name: &'k Text) -> impl Iterator<Item = &'b Test> + 'k {
        let policy: &'b Policy = self.policy;
        tests(policy).filter(|test| same_key(&test.key, name, &self.clerk.symbols).is_true())
    }

    /// The values that the lines on a key have, as patterns.
    pub(super) fn values_on(&self, name: &Text) -> Vec<Vec<Mark>> {
        let mut values = Vec::new();
        for test in self.tests_on(name) {
            values.extend(test.wanted_texts());
        }
        values.dedup();
        values.truncate(MOST_VALUES);
        values
    }

    /// The values on a key that have no wildcard, in any case: those are the policy's own.
    pub(super) fn own_values(&self, name: &Text) -> Vec<Pattern> {
        let values = self.values_on(name);
        let exact = values.iter().filter(|marks| !marks.iter().any(|mark| matches!(mark, Mark::Run | Mark::One)));
        exact.map(|marks| Pattern::without_case(marks)).collect()
    }
}

/// Values of one key that are looked at.
const MOST_VALUES: usize = 64;

/// A part of an ARN, counted from 0, the sixth to its end; empty where there is none.
pub(super) fn arn_part(arn: &Text, at: usize) -> Text {
    let mut rest = arn.pieces().unwrap_or_default();
    for _ in 0..at {
        let Some((_, tail)) = cut(&rest, ':') else { return Text::known("") };
        rest = tail;
    }
    if at < 5 {
        rest = cut(&rest, ':').map(|(part, _)| part).unwrap_or(rest);
    }
    Text::from_pieces(rest)
}
