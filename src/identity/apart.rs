//! Trust policies with more combinations of conditions than are followed: each conditional statement is
//! looked at for itself, beside those that are always there.
//!
//! Invariant: what such a policy certainly lets in is certainly let in; what it keeps out is not known,
//! since other statements may be there as well.

use crate::policy::{self, Effect, Policy};
use crate::value::{Branch, Case, Entry, Kind, Value, Worlds};

/// The policies of a document, one for each conditional statement; nothing where its statements have few
/// enough combinations to be followed together.
pub(super) fn apart(document: &Value, when: &Branch, worlds: &Worlds) -> Option<Vec<Case<Policy>>> {
    let statements = document.get("Statement").filter(|list| matches!(list.kind, Kind::List(_)))?;
    // A few cannot have many combinations but by what is inside of each.
    if statements.items().len() < 2 {
        return None;
    }
    let cases: Vec<_> = statements.items().iter().map(|item| worlds.cases_when(item, when)).collect();
    let is_whole = cases.iter().all(|cases| cases.complete);
    let cases: Vec<_> = cases.into_iter().map(|cases| cases.cases).collect();
    if !are_many(&cases, when, worlds) {
        return None;
    }
    let is_always = |cases: &&Vec<Case<Value>>| matches!(cases.as_slice(), [only] if only.when == *when);
    let always: Vec<Value> = cases.iter().filter(is_always).map(|cases| cases[0].then.clone()).collect();
    let sometimes: Vec<&Vec<Case<Value>>> = cases.iter().filter(|cases| !is_always(cases)).collect();
    let denies: usize = sometimes.iter().filter(|cases| may_deny(cases)).count();
    let mut policies =
        vec![Case { when: when.clone(), then: policy(document, statements, always.clone(), !is_whole || denies > 0) }];
    for cases in sometimes {
        let others_deny = !is_whole || denies > usize::from(may_deny(cases));
        for case in cases.iter().filter(|case| !case.then.is_nothing()) {
            if policies.len() >= Worlds::MOST_CASES {
                return Some(policies);
            }
            let statements_here = always.iter().cloned().chain([case.then.clone()]).collect();
            let then = policy(document, statements, statements_here, others_deny);
            policies.push(Case { when: case.when.clone(), then });
        }
    }
    Some(policies)
}

/// Whether there are more combinations than are followed: a role is asked some hundred questions in each of them, and
/// each statement of it costs as much again.
fn are_many(all: &[Vec<Case<Value>>], when: &Branch, worlds: &Worlds) -> bool {
    let conditional: Vec<&Vec<Case<Value>>> = all.iter().filter(|cases| cases.len() > 1).collect();
    let mut branches = vec![when.clone()];
    for cases in &conditional {
        let mut together = Vec::new();
        for branch in &branches {
            let both = cases.iter().filter_map(|case| branch.and(&case.when));
            together.extend(both.filter(|both| !worlds.consistent(both).is_false()));
        }
        branches = together;
        if branches.len() * conditional.len() > Worlds::MOST_CASES {
            return true;
        }
    }
    false
}

/// Whether a statement may be one that keeps out.
fn may_deny(cases: &[Case<Value>]) -> bool {
    let allows = |value: &Value| {
        let effect = value.get("Effect").and_then(Value::text);
        value.is_nothing() || effect.is_some_and(|effect| effect.as_known() == Some("Allow"))
    };
    !cases.iter().all(|case| allows(&case.then))
}

/// The policy of these statements, to which others may come.
fn policy(document: &Value, list: &Value, statements: Vec<Value>, may_be_denied: bool) -> Policy {
    let statements = Value::new(Kind::List(statements.into()), list.at);
    let entries = document.entries().iter().map(|entry| match entry.key.as_known() {
        Some("Statement") => Entry { value: statements.clone(), ..entry.clone() },
        _ => entry.clone(),
    });
    let mut policy = policy::read(&Value::new(Kind::Map(entries.collect()), document.at));
    policy.may_allow_more = true;
    policy.opaque |= may_be_denied || policy.statements.iter().any(|statement| statement.effect == Effect::Unknown);
    policy
}
