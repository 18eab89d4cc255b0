//! Conditions that no request passes, whatever it carries.

use crate::policy::{
    Conditions, Domain, Effect, Policy, Principal, PrincipalKind, Principals, Resources, Space, Statement, Test,
    exists, same_key,
};
use crate::value::{Form, Piece, Symbols, Text};

/// Tests of one key of a statement that no value passes together, nor its absence; or one that has no value at all.
pub fn contradiction<'s>(statement: &'s Statement, policy: &Policy, symbols: &Symbols) -> Option<Vec<&'s Test>> {
    let tests = &statement.conditions.tests;
    tests.iter().enumerate().find_map(|(at, first)| {
        let is_same = |test: &&Test| same_key(&test.key, &first.key, symbols).is_true();
        // Each key once, and only where several lines ask for it: what one line asks for is its own matter.
        if tests.iter().take(at).any(|test| is_same(&test)) {
            return None;
        }
        let of_key: Vec<&Test> = tests.iter().filter(is_same).collect();
        // An empty list fits nothing.
        let is_empty = |test: &&&Test| test.values.is_empty() && passes_never(statement, &[test], policy, symbols);
        if let Some(empty) = of_key.iter().find(is_empty) {
            return Some(vec![*empty]);
        }
        let is_open = of_key.iter().any(|test| test.values.iter().any(|(value, _)| may_be_variable(value)));
        (of_key.len() > 1 && !is_open && passes_never(statement, &of_key, policy, symbols)).then_some(of_key)
    })
}

/// What other keys carry is not asked here.
fn may_be_variable(value: &Text) -> bool {
    let holds = |piece: &Piece| matches!(piece, Piece::Literal(literal) if literal.contains("${"));
    value.pieces().is_none_or(|pieces| pieces.iter().any(holds))
}

fn passes_never(statement: &Statement, tests: &[&Test], policy: &Policy, symbols: &Symbols) -> bool {
    let conditions = Conditions {
        tests: tests.iter().map(|test| (*test).clone()).collect(),
        opaque: false,
        at: None,
        numbers: Vec::new(),
    };
    let somebody = Text::known("arn:aws:iam::111122223333:role/somebody");
    let (kind, at) = (Some(PrincipalKind::Aws), statement.at);
    let principal = Principal { kind, value: somebody.clone(), at, key_at: None, number: false };
    let alone = Statement {
        index: 0,
        effect: Effect::Allow,
        principals: Principals::Only(vec![principal]),
        actions: crate::policy::Actions::Only(vec![(Text::known("sts:AssumeRole"), statement.at)]),
        resources: Resources::Missing,
        conditions,
        ..statement.clone()
    };
    let alone = Policy { statements: vec![alone], opaque: false, may_allow_more: false, ..policy.clone() };
    let one = Domain::Text { forms: vec![Form::any()], optional: true };
    let (always, except) = (Vec::new(), Vec::new());
    let list = Domain::Texts { always, forms: vec![Form::any()], except, least: 0, most: usize::MAX, optional: true };
    let refused = |domain: Domain| {
        let space = Space {
            principals: vec![(PrincipalKind::Aws, somebody.clone())],
            actions: vec!["sts:AssumeRole".to_owned()],
            resource: Text::known("arn:aws:iam::111122223333:role/role"),
            keys: tests.first().map(|test| (test.key.clone(), domain)).into_iter().collect(),
        };
        exists(&alone, &space, symbols).truth.is_false()
    };
    refused(one) && (tests.first().is_some_and(|test| has_one_value(&test.key)) || refused(list))
}

/// Global keys with several values (IAM User Guide, global condition context keys).
const LISTS: [&str; 7] = [
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "sts:transitivetagkeys",
];

/// Whether a key certainly has one value: the global ones but for a few, the subject of a token, and the pool of
/// one of an identity pool.
pub(super) fn has_one_value(key: &Text) -> bool {
    let name = key.as_known().unwrap_or_default().to_ascii_lowercase();
    let is_global = ["aws:", "sts:"].iter().any(|prefix| name.starts_with(prefix));
    let is_pool = name.starts_with("cognito-identity") && name.ends_with(":aud");
    is_global && !LISTS.contains(&name.as_str()) || name.ends_with(":sub") || is_pool
}
