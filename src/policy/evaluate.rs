//! Evaluating a policy for a request in three values (catalogue, section 4; IAM User Guide, Policy
//! evaluation logic).

use super::atoms::{Atom, Atoms, Operand};
use super::wanted::{Reader, Wanted};
use super::{Actions, Effect, Policy, Principals, Request, Resources, Statement, Test};
use super::{condition, principal, resource};
use crate::value::{Format, Mark, Piece, Symbols, Text, Truth, fits_without_case, glob_fits_without_case};

/// What a policy says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is let in.
    pub truth: Truth,
    /// Allow statements that certainly fit; where one of several always does, but none by itself, those.
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
    /// Questions without a certain answer, while both answers are tried.
    atoms: Option<&'a Atoms>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(policy: &'a Policy, request: &'a Request, symbols: &'a Symbols) -> Self {
        Self { policy, request, symbols, atoms: None }
    }

    /// An answer, or what is assumed of it while both answers are tried.
    pub(super) fn settled(&self, truth: Truth, atom: impl FnOnce() -> Atom) -> Truth {
        match (truth, self.atoms) {
            (Truth::Unknown, Some(atoms)) => atoms.answer(atom()),
            _ => truth,
        }
    }

    /// What a question comes to, every unknown answer below it tried both ways.
    fn truth(self, question: impl Fn(&Asking<'_>) -> Truth) -> Truth {
        let first = question(&self);
        if first != Truth::Unknown {
            return first;
        }
        let ask = |atoms: &Atoms| (question(&Asking { atoms: Some(atoms), ..self }), ());
        Atoms::default().settle(self.symbols, &ask, &mut |()| {})
    }

    /// The same for the whole policy.
    fn settled_decision(self) -> Decision {
        let mut decision = self.decision();
        if decision.truth != Truth::Unknown {
            return decision;
        }
        let ask = |atoms: &Atoms| {
            let decision = Asking { atoms: Some(atoms), ..self }.decision();
            (decision.truth, decision)
        };
        let mut sometimes = Vec::new();
        decision.truth = Atoms::default().settle(self.symbols, &ask, &mut |one| sometimes.push(one));
        let certain = if decision.truth.is_true() { &mut decision.allowed_by } else { &mut decision.denied_by };
        if certain.is_empty() && decision.truth != Truth::Unknown {
            let by = |one: Decision| if decision.truth.is_true() { one.allowed_by } else { one.denied_by };
            certain.extend(sometimes.into_iter().flat_map(by));
            certain.sort_unstable();
            certain.dedup();
        }
        decision
    }

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
        let all = all.and(self.speaks_of_action(&statement.actions));
        if all.is_false() { all } else { all.and(self.speaks_of_resource(&statement.resources)) }
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

    pub(super) fn speaks_of_action(&self, actions: &Actions) -> Truth {
        each_action(actions, |pattern| {
            let matches = action_matches(pattern, &self.request.action, self.symbols);
            self.settled(matches, || Atom::Action(Operand::of(pattern)))
        })
    }

    pub(super) fn speaks_of_resource(&self, resources: &Resources) -> Truth {
        resource::resources_match(resources, self)
    }

    /// Whether an unknown part of a wanted value may itself hold a wildcard.
    pub(super) fn may_be_pattern(&self, wanted: &[Mark]) -> bool {
        may_be_pattern(wanted, self.symbols)
    }

    /// The policy of an identity speaks of whom it is attached to.
    pub(super) fn speaks_of_principal(&self, principals: &Principals) -> Truth {
        if self.policy.of_identity && *principals == Principals::Missing {
            return Truth::True;
        }
        principal::principals_match(principals, |principal| {
            let matches = principal::principal_matches(principal, self.request, self.symbols);
            self.settled(matches, || Atom::Principal(principal.kind, Operand::of(&principal.value)))
        })
    }
}

/// Whether the policy lets the request in: some Allow statement fits, and no Deny statement does.
pub fn evaluate(policy: &Policy, request: &Request, symbols: &Symbols) -> Decision {
    Asking::new(policy, request, symbols).settled_decision()
}

/// Whether a statement speaks of the request, whatever its effect.
pub fn statement_admits(statement: &Statement, policy: &Policy, request: &Request, symbols: &Symbols) -> Truth {
    Asking::new(policy, request, symbols).truth(|asking| asking.admits(statement))
}

/// Whether a line of a Condition block passes.
pub fn test_passes(test: &Test, policy: &Policy, request: &Request, symbols: &Symbols) -> Truth {
    Asking::new(policy, request, symbols).truth(|asking| condition::test_passes(test, asking))
}

/// Whether a statement's principals are, or are not, the one that asks.
pub fn principals_match(principals: &Principals, request: &Request, symbols: &Symbols) -> Truth {
    principal::principals_match(principals, |principal| principal::principal_matches(principal, request, symbols))
}

/// Whether a statement's actions are, or are not, the one asked for; a part that is not known may be anything.
pub fn actions_match(actions: &Actions, action: &str) -> Truth {
    each_action(actions, |pattern| match (pattern.as_known(), widest(pattern)) {
        (Some(pattern), _) => glob_fits_without_case(pattern, action),
        (None, Some(widest)) => glob_fits_without_case(&widest, action).and(Truth::Unknown),
        (None, None) => Truth::Unknown,
    })
}

/// The pattern of all that a text may be; nothing where nothing of it is known.
fn widest(text: &Text) -> Option<String> {
    let piece = |piece| match piece {
        Piece::Literal(literal) => literal.to_string(),
        Piece::Symbol(_) => "*".to_owned(),
    };
    Some(text.pieces()?.into_iter().map(piece).collect())
}

/// Whether an unknown part of a wanted value may itself hold a wildcard.
fn may_be_pattern(wanted: &[Mark], symbols: &Symbols) -> bool {
    let is_open = |format: &Format| format.may_hold('*') || format.may_hold('?');
    wanted.iter().any(|mark| matches!(mark, Mark::Symbol(id) if is_open(&symbols.facts(*id).format)))
}

fn each_action(actions: &Actions, matches: impl Fn(&Text) -> Truth) -> Truth {
    match actions {
        Actions::Only(list) => Truth::any(list.iter().map(|(text, _)| matches(text))),
        Actions::AllBut(list) => !Truth::any(list.iter().map(|(text, _)| matches(text))),
        Actions::Unknown => Truth::Unknown,
    }
}

/// Actions compare without case; `*` and `?` are wildcards.
fn action_matches(pattern: &Text, action: &str, symbols: &Symbols) -> Truth {
    if let Some(pattern) = pattern.as_known() {
        return glob_fits_without_case(pattern, action);
    }
    let Wanted::Marks(wanted) = (Reader { like: true, request: None }).read(pattern) else { return Truth::Unknown };
    let action: Vec<Mark> = action.chars().map(Mark::Char).collect();
    let matches = |wanted: &[Mark]| fits_without_case(wanted, &action, symbols);
    if !may_be_pattern(&wanted, symbols) {
        return matches(&wanted);
    }
    // What may hold a wildcard may be all that one stands for.
    let wide = |mark: &Mark| if matches!(mark, Mark::Symbol(_)) { Mark::Run } else { *mark };
    let widest: Vec<Mark> = wanted.iter().map(wide).collect();
    if matches(&widest).is_false() { Truth::False } else { Truth::Unknown }
}
