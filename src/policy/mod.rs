//! IAM's policy language: documents, principals, conditions, and their evaluation in three values.
//!
//! Invariant: CloudFormation is not known here, and a policy has no branches: choices are split
//! before ([`crate::value::Cases`]).

mod arn;
mod asked;
mod atoms;
mod condition;
mod evaluate;
mod exists;
mod grammar;
mod key;
mod nearest;
mod operator;
mod principal;
mod question;
mod read;
mod resource;
#[cfg(test)]
mod tests;
mod typed;
mod variables;
mod wanted;

use crate::value::{At, Text, Truth};

pub use evaluate::{Decision, actions_match, evaluate, principals_match, statement_admits, test_passes};
pub use exists::{Answer, Domain, Part, Space, asked_keys, exists};
pub use key::same_key;
pub use nearest::{Conjunct, failing, in_the_way, nearest_of, undecided};
pub use operator::{Base, Operator, Order, Quantifier, without_if_exists};
pub use question::{Fault, Question, distance, expected, id, policy_alone, question, question_about};
pub use read::read;
pub use typed::{RangeSize, ranges_let_in};
pub use variables::{Variable, variables};
pub use wanted::{NoValue, wanted_without_value, without_value};

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Lets in.
    Allow,
    /// Keeps out, whatever else lets in.
    Deny,
    /// Not known, or neither of both.
    Unknown,
}

/// The kinds of principals (IAM User Guide, Principal element).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// Accounts, users, roles, sessions.
    Aws,
    /// AWS services.
    Service,
    /// Identity providers.
    Federated,
    /// Amazon S3's old names of accounts.
    CanonicalUser,
}

impl PrincipalKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Aws, Self::Service, Self::Federated, Self::CanonicalUser];

    /// The key in a policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }

    /// The kind of that key.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One principal of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Its kind; none for the bare `"*"`, which is everybody.
    pub kind: Option<PrincipalKind>,
    /// Its text.
    pub value: Text,
    /// Where it stands.
    pub at: At,
    /// Where the key of its kind stands, if it has one.
    pub key_at: Option<At>,
    /// Whether it stands there as a number, without quotes.
    pub number: bool,
}

/// Whom a statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principals {
    /// These.
    Only(Vec<Principal>),
    /// All but these (`NotPrincipal`).
    AllBut(Vec<Principal>),
    /// The element is missing.
    Missing,
    /// Nothing is known.
    Unknown,
}

/// A principal that names nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmptyPrincipal {
    /// The kind that it stands under; none for the element itself.
    pub kind: Option<PrincipalKind>,
    /// What stands there instead of a name.
    pub what: Emptiness,
    /// Where.
    pub at: At,
}

/// Ways of naming nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emptiness {
    /// `""`, or nothing but blanks.
    Blank,
    /// `[]`.
    List,
    /// `{}`.
    Map,
    /// Null, or nothing at all.
    Null,
    /// Nothing before `.amazonaws.com`.
    OnlySuffix,
}

/// What is allowed or denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actions {
    /// These.
    Only(Vec<(Text, At)>),
    /// All but these (`NotAction`).
    AllBut(Vec<(Text, At)>),
    /// The element is missing, or nothing is known of it.
    Unknown,
}

/// On what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resources {
    /// These.
    Only(Vec<(Text, At)>),
    /// All but these (`NotResource`).
    AllBut(Vec<(Text, At)>),
    /// The element is missing, as in every trust policy.
    Missing,
    /// Nothing is known.
    Unknown,
}

/// One line of a Condition block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The operator; none where it is not known.
    pub operator: Option<Operator>,
    /// The operator as written.
    pub operator_text: Text,
    /// The condition key.
    pub key: Text,
    /// The values, any of which may fit.
    pub values: Vec<(Text, At)>,
    /// Where the operator stands.
    pub operator_at: At,
    /// Where the key stands.
    pub key_at: At,
    /// Where the value or the list of values stands.
    pub values_at: At,
}

/// The Condition block of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// Its lines, all of which must pass.
    pub tests: Vec<Test>,
    /// A part of it could not be read: it may ask anything.
    pub opaque: bool,
    /// Where the element's key stands; none where there is no Condition.
    pub at: Option<At>,
    /// Those of its values that stand there as numbers, without quotes.
    pub numbers: Vec<At>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its place in the document, from 0; a single statement is number 0.
    pub index: usize,
    /// Whether the document has a list of statements.
    pub listed: bool,
    /// `Sid`: the name that its author gave it.
    pub sid: Option<Text>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whom.
    pub principals: Principals,
    /// Principals that name nobody; they are among `principals` too where they are texts.
    pub empty: Vec<EmptyPrincipal>,
    /// Where the Principal element stands (its key), if it does.
    pub principal_at: Option<At>,
    /// Where the value of the Principal element stands.
    pub principal_value_at: Option<At>,
    /// Where the NotPrincipal element stands (its key), if it does; a Principal may stand beside it.
    pub not_principal_at: Option<At>,
    /// What.
    pub actions: Actions,
    /// Where the Action element stands (its key), if it does.
    pub action_at: Option<At>,
    /// Where the value of the Action element stands.
    pub action_value_at: Option<At>,
    /// On what.
    pub resources: Resources,
    /// Where the Resource or NotResource element stands (its key), if it does.
    pub resource_at: Option<At>,
    /// When.
    pub conditions: Conditions,
    /// Where it stands.
    pub at: At,
}

impl Statement {
    /// Its name in a report: `Statement[0]`.
    pub fn path(&self) -> String {
        if self.listed { format!("Statement[{}]", self.index) } else { "Statement".to_owned() }
    }
}

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `Version`; without one the language of 2008 holds.
    pub version: Option<Text>,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// A part of it could not be read: there may be more statements.
    pub opaque: bool,
    /// There may be more statements that allow, and none that denies.
    pub may_allow_more: bool,
    /// Whether it is attached to an identity: its statements name no principal and speak of whom it is
    /// attached to. Else a statement that names none speaks of nobody.
    pub of_identity: bool,
    /// Where it stands.
    pub at: At,
}

/// What a request carries for one condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// One value: a single-valued key.
    One(Text),
    /// A list of values: a multivalued key, also with one member or none.
    Many(Vec<Text>),
    /// Nothing is known, not even whether it carries the key.
    Perhaps,
}

impl Carried {
    /// Its values.
    pub fn values(&self) -> &[Text] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
            Self::Perhaps => &[],
        }
    }
}

/// One request, as a policy sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub principal: (PrincipalKind, Text),
    /// For what: `sts:AssumeRoleWithWebIdentity`.
    pub action: String,
    /// The ARN of what is asked for: in a trust policy the role's.
    pub resource: Text,
    /// What it carries; a key that does not stand here is absent. A key may hold symbols where the name of
    /// the issuer is known only at deployment.
    pub context: Vec<(Text, Carried)>,
}

impl Policy {
    /// Whether `${…}` in it is a variable: with `Version` 2012-10-17, not with the older one or without
    /// any (IAM User Guide, Policy variables). There are no other versions.
    pub fn reads_variables(&self) -> Truth {
        match self.version.as_ref().map(Text::as_known) {
            None | Some(Some("2008-10-17")) => Truth::False,
            Some(Some("2012-10-17")) => Truth::True,
            Some(_) => Truth::Unknown,
        }
    }

    /// Whether no statement of it has a Principal or NotPrincipal element, as in policies of identities.
    pub fn names_no_principal(&self) -> bool {
        self.statements.iter().all(|statement| statement.principals == Principals::Missing)
    }
}

impl Request {
    /// What it carries for a known key; key names compare without case.
    pub fn get(&self, key: &str) -> Option<&Carried> {
        let is_key = |name: &Text| name.as_known().is_some_and(|name| name.eq_ignore_ascii_case(key));
        self.context.iter().find(|(name, _)| is_key(name)).map(|(_, carried)| carried)
    }
}
