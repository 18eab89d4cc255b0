//! External ids: which STS takes, and which somebody else can guess.

use super::arn::arn_part;
use super::graph::Role;
use super::principal::account_of;
use crate::policy::Test;
use crate::value::{At, Symbols, Text, compare};

/// The values of a test that no external id can have: 2 to 1224 of these characters (STS API, externalIdType).
/// Patterns and variables are left aside.
pub fn impossible_external_ids(test: &Test) -> impl Iterator<Item = &(Text, At)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    let is_wrong = move |text: &str| {
        let is_id = (2..=1224).contains(&text.chars().count()) && text.chars().all(is_word);
        !is_id && !text.contains(['*', '?', '$'])
    };
    test.values.iter().filter(move |(value, _)| value.as_known().is_some_and(is_wrong))
}

/// Why somebody else can guess an external id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guessable {
    /// It is the number of one of the two accounts.
    Account,
    /// It is the role's name.
    Role,
    /// It is the stack's name.
    Stack,
    /// It is short.
    Short,
}

/// Why an external id can be guessed that a role asks accounts for.
pub fn guessable_id(role: &Role, id: &Text, accounts: &[Text], symbols: &Symbols) -> Option<Guessable> {
    let is_account = |account: &Text| compare(account, id, symbols).is_true();
    let named = |name: &Text| compare(&Text::join([&Text::known("role/"), name]), &arn_part(&role.arn(), 5), symbols);
    let is_short = id.as_known().is_some_and(|id| id.chars().count() < 8 && !id.contains(['*', '?', '$']));
    match () {
        () if accounts.iter().any(is_account) || is_account(&account_of(role)) => Some(Guessable::Account),
        () if named(id).is_true() => Some(Guessable::Role),
        () if id.as_symbol().is_some_and(|id| &*symbols.facts(id).name == "AWS::StackName") => Some(Guessable::Stack),
        () if is_short => Some(Guessable::Short),
        () => None,
    }
}
