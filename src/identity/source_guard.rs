//! Tests of the resource for which a service works, that contradict each other.

use super::arn::arn_part;
use super::graph::Graph;
use crate::policy::{Policy, PrincipalKind, Request, Statement, Test, test_passes};
use crate::resolve::StackId;
use crate::value::{Piece, Symbols, Text, compare};

/// The tests of a statement on `aws:SourceArn` and `aws:SourceAccount` that name different accounts: the account of the
/// one is that of the other (IAM User Guide, global condition context keys, `aws:SourceArn`).
pub fn accounts_apart<'s>(
    statement: &'s Statement,
    policy: &Policy,
    symbols: &Symbols,
) -> Option<(&'s Test, &'s Test)> {
    let asking = |key: &'static str| required(statement, policy, symbols, key);
    asking("aws:sourceaccount").find_map(|of_account| {
        let apart = |of_arn: &&Test| {
            let pairs = of_account
                .values
                .iter()
                .flat_map(|(account, _)| of_arn.values.iter().map(move |(arn, _)| (account, arn)));
            let mut pairs = pairs.peekable();
            pairs.peek().is_some() && pairs.all(|(account, arn)| differ(account, arn, symbols))
        };
        Some((of_account, asking("aws:sourcearn").find(apart)?))
    })
}

/// Whether an ARN is that of a bucket which a stack makes: ARNs of buckets have no account.
pub fn is_own_bucket(graph: &Graph, stack: StackId, arn: &Text) -> bool {
    let name = arn_part(arn, 5);
    let is_it = |(home, bucket): &(StackId, Text)| *home == stack && compare(bucket, &name, &graph.symbols).is_true();
    arn_part(arn, 2) == Text::known("s3") && graph.buckets.iter().any(is_it)
}

/// The tests on a key that fail without it.
fn required<'s>(
    statement: &'s Statement,
    policy: &Policy,
    symbols: &Symbols,
    key: &'static str,
) -> impl Iterator<Item = &'s Test> {
    let bare = Request {
        principal: (PrincipalKind::Service, Text::known("example.amazonaws.com")),
        action: "sts:AssumeRole".to_owned(),
        resource: Text::known("*"),
        context: Vec::new(),
    };
    let is_needed = move |test: &&Test| {
        let is_key = test.key.as_known().is_some_and(|own| own.eq_ignore_ascii_case(key));
        is_key && test_passes(test, policy, &bare, symbols).is_false()
    };
    statement.conditions.tests.iter().filter(is_needed).collect::<Vec<_>>().into_iter()
}

/// Whether an account is certainly not that of an ARN. An ARN without one, and one of several, may be of any.
fn differ(account: &Text, arn: &Text, symbols: &Symbols) -> bool {
    let of_arn = arn_part(arn, 4);
    let is_open = |text: &Text| {
        let holds = |piece: &Piece| matches!(piece, Piece::Literal(literal) if literal.contains(['*', '?', '$']));
        text.pieces().is_none_or(|pieces| pieces.is_empty() || pieces.iter().any(holds))
    };
    !is_open(account) && !is_open(&of_arn) && compare(account, &of_arn, symbols).is_false()
}
