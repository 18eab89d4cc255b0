//! The variables of a statement, and what stands beside them (IAM User Guide, Policy variables).

use super::wanted::holds_variable;
use super::{Policy, Resources, Statement, Test};
use crate::value::{At, Piece, Text};

/// A variable in a text of a statement.
#[derive(Clone, Debug)]
pub struct Variable<'p> {
    /// The condition key that it names, as written.
    pub key: String,
    /// What stands for it where the request does not carry the key.
    pub default: Option<String>,
    /// It as written: `${aws:username}`.
    pub written: String,
    /// The known text right before it, up to a variable or an unknown part.
    pub front: String,
    /// The known text right behind it, as far.
    pub tail: String,
    /// Whether wildcards count in the text.
    pub is_pattern: bool,
    /// Whether a wildcard stands right before it, where wildcards count.
    pub behind_wildcard: bool,
    /// Whether one stands right behind it.
    pub before_wildcard: bool,
    /// The text.
    pub text: &'p Text,
    /// Where the text stands.
    pub at: At,
    /// The test that wants the text; none for a resource.
    pub test: Option<&'p Test>,
    /// Whether the text says what the statement is not about: `NotResource`, or a negated operator.
    pub excludes: bool,
}

/// The variables in the resources of a statement and in what its tests want; none where the policy has no variables by
/// its version, or that is not known.
pub fn variables<'p>(statement: &'p Statement, policy: &Policy) -> Vec<Variable<'p>> {
    if !policy.reads_variables().is_true() {
        return Vec::new();
    }
    let mut found = Vec::new();
    if let Resources::Only(list) | Resources::AllBut(list) = &statement.resources {
        let excludes = matches!(statement.resources, Resources::AllBut(_));
        list.iter().for_each(|(text, at)| of_text(text, *at, (None, excludes), true, &mut found));
    }
    for test in &statement.conditions.tests {
        let Some(operator) = test.operator.filter(|operator| operator.base.takes_variables()) else { continue };
        let like = operator.base.has_wildcards();
        test.values.iter().for_each(|(text, at)| of_text(text, *at, (Some(test), operator.negated), like, &mut found));
    }
    found
}

fn of_text<'p>(
    text: &'p Text,
    at: At,
    (test, excludes): (Option<&'p Test>, bool),
    like: bool,
    found: &mut Vec<Variable<'p>>,
) {
    if !holds_variable(text) {
        return;
    }
    for piece in text.pieces().unwrap_or_default() {
        let Piece::Literal(literal) = piece else { continue };
        let (mut rest, mut before) = (&*literal, None);
        while let Some((front, after)) = rest.split_once("${") {
            let Some((inside, tail)) = after.split_once('}') else { break };
            let last = front.chars().next_back().or(before);
            let is_escape = matches!(inside, "*" | "?" | "$");
            if !is_escape {
                let (key, default) = inside.split_once(',').map_or((inside, None), |(key, own)| (key, Some(own)));
                let is_wild = |c: Option<char>| matches!(c, Some('*' | '?'));
                found.push(Variable {
                    key: key.trim().to_owned(),
                    default: default.map(|own| own.trim().trim_matches('\'').to_owned()),
                    written: format!("${{{inside}}}"),
                    front: front.to_owned(),
                    tail: tail.split("${").next().unwrap_or_default().to_owned(),
                    is_pattern: like,
                    behind_wildcard: like && is_wild(last),
                    before_wildcard: like && is_wild(tail.chars().next()),
                    text,
                    at,
                    test,
                    excludes,
                });
            }
            (rest, before) = (tail, Some('}'));
        }
    }
}
