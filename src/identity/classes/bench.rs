//! One trust policy, of which class after class is asked.

use std::collections::HashMap;

use super::clerk::Clerk;
use super::keys::{Keys, tests, with};
use super::subject::{beginning, beginning_with};
use super::{ClassAnswer, Unwanted, audience};
pub(super) use crate::identity::arn::arn_part;
use crate::identity::graph::{Graph, RoleId};
use crate::identity::witness::Refused;
use crate::policy::{
    Effect, Policy, Principal, PrincipalKind, Principals, Space, Statement, Test, actions_match, exists, same_key,
};
use crate::value::{Branch, Case, Mark, Pattern, Text, Truth, compare};

/// One trust policy.
pub(super) struct Bench<'b> {
    pub(super) policy: &'b Policy,
    pub(super) clerk: &'b mut Clerk,
    pub(super) answers: Vec<ClassAnswer>,
    /// What callers other than services may carry as they like, whatever the class says of it.
    pub(super) free: Keys,
    /// Whether a test has more values than are looked at.
    has_too_many: bool,
    graph: &'b Graph,
    when: &'b Branch,
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
    /// Why what is found may not be of the class, as the words for what has no certain answer.
    pub(super) doubt: Option<String>,
}

/// Principals of one policy that classes are asked of; above it the answer for the rest is that of these.
const MOST_PRINCIPALS: usize = 32;

impl<'b> Bench<'b> {
    pub(super) fn new(graph: &'b Graph, role: RoleId, case: &'b Case<Policy>, clerk: &'b mut Clerk) -> Self {
        let arn = graph.role(role).arn();
        let mut values: HashMap<&Text, usize> = HashMap::new();
        tests(&case.then).for_each(|test| *values.entry(&test.key).or_default() += test.values.len());
        let has_too_many = values.into_values().any(|count| count > MOST_VALUES);
        let (answers, free) = (Vec::new(), Vec::new());
        Self { policy: &case.then, clerk, answers, free, has_too_many, graph, when: &case.when, arn }
    }

    /// The audiences that a provider of the run lists, where they are known.
    pub(super) fn registered(&self, provider: &Text) -> Option<Vec<Text>> {
        audience::registered(self.graph, self.when, provider, &self.clerk.symbols)
    }

    /// Asks a class.
    pub(super) fn ask(&mut self, question: Question) {
        let (kind, names) = question.principals;
        let principal = names.first().cloned().unwrap_or_else(|| Text::known(""));
        let free: &[_] = if kind == PrincipalKind::Service { &[] } else { &self.free };
        let space = Space {
            principals: names.into_iter().map(|name| (kind, name)).collect(),
            actions: question.actions.iter().map(|action| (*action).to_owned()).collect(),
            resource: self.arn.clone(),
            keys: with(question.keys, free.iter().cloned(), &self.clerk.symbols),
        };
        let mut answer = exists(self.policy, &space, &self.clerk.symbols);
        if question.doubt.is_some() && answer.truth.is_true() {
            answer.truth = Truth::Unknown;
        }
        if answer.truth.is_true() && self.has_too_many {
            // What is not named among the first may be among the others.
            (answer.truth, answer.bounded) = (Truth::Unknown, true);
        }
        let doubt = question.doubt.filter(|_| answer.truth == Truth::Unknown);
        self.answers.push(ClassAnswer {
            class: question.class,
            principal,
            answer,
            actions: space.actions,
            unwanted: question.unwanted,
            assumes: question.assumes,
            refused: question.refused,
            doubt,
        });
    }

    /// Of the answers since then one for all: of what gets in, else of what is not decided.
    pub(super) fn keep_one(&mut self, from: usize) {
        let own = self.answers.split_off(from);
        let truth = Truth::any(own.iter().map(|answer| answer.answer.truth));
        self.answers.extend(own.into_iter().find(|answer| answer.answer.truth == truth));
    }

    /// The principals of a kind that Allow statements name, each once; a star names nobody.
    pub(super) fn named(&self, kind: PrincipalKind) -> Vec<Principal> {
        let mut named: Vec<Principal> = Vec::new();
        for statement in self.allowing() {
            let Principals::Only(list) = &statement.principals else { continue };
            let of_kind = list.iter().filter(|principal| principal.kind == Some(kind) && !self.is_star(principal));
            for principal in of_kind {
                let is_new = !named.iter().any(|own| own.value == principal.value);
                if is_new && named.len() < MOST_PRINCIPALS {
                    named.push(principal.clone());
                }
            }
        }
        named
    }

    fn allowing(&self) -> impl Iterator<Item = &'b Statement> + use<'b> {
        self.policy.statements.iter().filter(|statement| statement.effect != Effect::Deny)
    }

    fn is_star(&self, principal: &Principal) -> bool {
        compare(&principal.value, &Text::known("*"), &self.clerk.symbols).is_true()
    }

    /// Whether an Allow statement speaks of everybody of a kind, of all but some, or nobody knows of whom.
    pub(super) fn is_open_to(&self, kind: PrincipalKind) -> bool {
        self.allowing().any(|statement| self.opens(statement, kind))
    }

    /// The same of statements for an action.
    pub(super) fn is_open_for(&self, kind: PrincipalKind, action: &str) -> bool {
        let is_for = |statement: &&Statement| !actions_match(&statement.actions, action).is_false();
        self.allowing().filter(is_for).any(|statement| self.opens(statement, kind))
    }

    fn opens(&self, statement: &Statement, kind: PrincipalKind) -> bool {
        // The star of accounts may speak of others too.
        let covers = |own: Option<PrincipalKind>| own.is_none_or(|own| own == kind || own == PrincipalKind::Aws);
        match &statement.principals {
            Principals::Only(list) => list.iter().any(|principal| covers(principal.kind) && self.is_star(principal)),
            Principals::AllBut(_) | Principals::Unknown => true,
            Principals::Missing => false,
        }
    }

    /// What the ARNs of the own account's providers begin with.
    pub(super) fn provider_arn(&self, kind: &str, name: &Text) -> Text {
        let parts = [
            &Text::known("arn:"),
            &self.arn_part(1),
            &Text::known(":iam::"),
            &self.arn_part(4),
            &Text::known(format!(":{kind}/")),
            name,
        ];
        Text::join(parts)
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

    /// All paths in the organizations that the values on a key name.
    pub(super) fn own_paths(&self, name: &str) -> Vec<Pattern> {
        let is_open = |mark: &Mark| matches!(mark, Mark::Run | Mark::One);
        let of_organization = |marks: &Vec<Mark>| {
            let id = marks.split(|mark| *mark == Mark::Char('/')).next()?;
            let Some(open) = id.iter().position(is_open) else { return Some(beginning_with(id, '/')) };
            (open >= ORGANIZATION_ID).then(|| beginning(&id[..open]))
        };
        self.values_on(&Text::known(name)).iter().filter_map(of_organization).collect()
    }

    /// The values on a key that have no wildcard: those are the policy's own.
    pub(super) fn own_values(&self, name: &Text) -> Vec<Pattern> {
        self.exact_values(name).iter().map(|marks| Pattern::new(marks)).collect()
    }

    /// The values on a key that have no wildcard.
    pub(super) fn exact_values(&self, name: &Text) -> Vec<Vec<Mark>> {
        let mut values = self.values_on(name);
        values.retain(|marks| !marks.iter().any(|mark| matches!(mark, Mark::Run | Mark::One)));
        values
    }
}

/// Characters of an organization's id, of those that AWS gives (AWS Organizations API, Organization, `Id`, has at least
/// these): whoever writes as many means one organization, though a wildcard follows.
const ORGANIZATION_ID: usize = 12;
/// Values of one key that are looked at: more do not fit into a trust policy of 4,096 characters, the most that there is
/// (IAM User Guide, IAM and STS quotas).
const MOST_VALUES: usize = 128;
