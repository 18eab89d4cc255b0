//! Evaluating a policy for a request in three values (catalogue, section 4; IAM User Guide, Policy
//! evaluation logic).

use super::wanted::{Reader, Wanted};
use super::{Actions, Effect, Policy, Principals, Request, Statement, Test};
use super::{condition, principal, resource};
use crate::value::{Mark, Symbols, Text, Truth, fits, marks};

/// What a policy says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is let in.
    pub truth: Truth,
    /// Allow statements that certainly fit.
    pub allowed_by: Vec<usize>,
    /// Deny statements that certainly fit.
    pub denied_by: Vec<usize>,
}

/// One question: a policy, a request, and what is known of the symbols in both.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) policy: &'a Policy,
    pub(super) request: &'a Request,
    pub(super) symbols: &'a Symbols,
}

impl Asking<'_> {
    /// What the policy says.
    fn decision(&self) -> Decision {
        let mut decision = Decision { truth: Truth::False, allowed_by: Vec::new(), denied_by: Vec::new() };
        let (mut allow, mut deny) = (Truth::False, Truth::False);
        for statement in &self.policy.statements {
            let admits = self.admits(statement);
            match statement.effect {
                Effect::Allow => {
                    allow = allow.or(admits);
                    decision.allowed_by.extend(admits.is_true().then_some(statement.index));
                }
                Effect::Deny => {
                    deny = deny.or(admits);
                    decision.denied_by.extend(admits.is_true().then_some(statement.index));
                }
                Effect::Unknown if admits.is_false() => {}
                Effect::Unknown => {
                    allow = allow.or(Truth::Unknown);
                    deny = deny.or(Truth::Unknown);
                }
            }
        }
        if self.policy.may_allow_more {
            allow = allow.or(Truth::Unknown);
        }
        if self.policy.opaque {
            allow = allow.or(Truth::Unknown);
            deny = deny.or(Truth::Unknown);
        }
        decision.truth = allow.and(!deny);
        decision
    }

    /// Whether a statement speaks of who asks, for what and on what, its conditions aside.
    pub(super) fn concerns(&self, statement: &Statement) -> Truth {
        let all = self.speaks_of_principal(&statement.principals);
        let all = all.and(actions_match(&statement.actions, &self.request.action));
        if all.is_false() { all } else { all.and(resource::resources_match(&statement.resources, self)) }
    }

    /// Whether a statement speaks of the request, whatever its effect.
    fn admits(&self, statement: &Statement) -> Truth {
        let mut all = self.concerns(statement);
        for test in &statement.conditions.tests {
            if all.is_false() {
                break;
            }
            all = all.and(condition::test_passes(test, self));
        }
        if statement.conditions.opaque { all.and(Truth::Unknown) } else { all }
    }

    /// Whether an unknown part of a wanted value may itself hold a wildcard.
    pub(super) fn may_be_pattern(&self, wanted: &[Mark]) -> bool {
        let may = |mark: &Mark| matches!(mark, Mark::Symbol(id) if self.symbols.facts(*id).format.may_hold('*'));
        wanted.iter().any(may)
    }

    /// The policy of an identity speaks of whom it is attached to.
    fn speaks_of_principal(&self, principals: &Principals) -> Truth {
        if self.policy.of_identity && *principals == Principals::Missing {
            return Truth::True;
        }
        principals_match(principals, self.request, self.symbols)
    }
}

/// Whether the policy lets the request in: some Allow statement fits, and no Deny statement does.
pub fn evaluate(policy: &Policy, request: &Request, symbols: &Symbols) -> Decision {
    Asking { policy, request, symbols }.decision()
}

/// Whether a statement speaks of the request, whatever its effect.
pub fn statement_admits(statement: &Statement, policy: &Policy, request: &Request, symbols: &Symbols) -> Truth {
    Asking { policy, request, symbols }.admits(statement)
}

/// Whether a line of a Condition block passes.
pub fn test_passes(test: &Test, policy: &Policy, request: &Request, symbols: &Symbols) -> Truth {
    condition::test_passes(test, &Asking { policy, request, symbols })
}

/// Whether a statement's principals are, or are not, the one that asks.
pub fn principals_match(principals: &Principals, request: &Request, symbols: &Symbols) -> Truth {
    principal::principals_match(principals, |principal| principal::principal_matches(principal, request, symbols))
}

/// Whether a statement's actions are, or are not, the one asked for.
pub fn actions_match(actions: &Actions, action: &str) -> Truth {
    let any = |list: &[(Text, crate::value::At)]| Truth::any(list.iter().map(|(text, _)| action_matches(text, action)));
    match actions {
        Actions::Only(list) => any(list),
        Actions::AllBut(list) => !any(list),
        Actions::Unknown => Truth::Unknown,
    }
}

/// Actions compare without case; `*` and `?` are wildcards.
fn action_matches(pattern: &Text, action: &str) -> Truth {
    let Some(known) = pattern.as_known() else { return Truth::Unknown };
    let pattern = Reader { like: true, request: None }.read(&Text::known(known.to_ascii_lowercase()));
    let value = marks(&Text::known(action.to_ascii_lowercase()));
    match (pattern, value) {
        (Wanted::Marks(pattern), Some(value)) => fits(&pattern, &value, &Symbols::default()),
        _ => Truth::Unknown,
    }
}
