//! A concrete request of a class, with the policy as it meets it.

use super::{ClassAnswer, Classes, RoleClasses};
use crate::identity::graph::Graph;
use crate::identity::witness::{Names, Witness, policy_json};
use crate::policy::{Decision, Policy, Request, Statement, evaluate};
use crate::value::{SymbolId, Symbols, Text, Truth, conforms};

/// How many sets of names for strangers are tried: a template may name the first.
const TRIES: usize = 4;

/// The witness of an answer: every unknown has a text, and the evaluator decides the result as it did before.
pub fn witness_of(graph: &Graph, classes: &Classes, of_role: &RoleClasses, answer: &ClassAnswer) -> Witness {
    let policy = of_role.policy(graph);
    let mut found = Concrete::new(&classes.symbols, policy, answer, 0);
    for round in 1..TRIES {
        if found.decision.truth == answer.answer.truth {
            break;
        }
        let next = Concrete::new(&classes.symbols, policy, answer, round);
        if next.decision.truth == answer.answer.truth {
            found = next;
        }
    }
    let by = found.decision.allowed_by.first().and_then(|at| policy.statements.get(*at)).map(Statement::path);
    let mut assumes = answer.assumes.clone();
    let companions = answer.actions.iter().skip(1).map(|action| format!("the call is also one for {action}"));
    assumes.extend(companions);
    Witness {
        class: answer.class.clone(),
        policy: policy_json(&found.policy),
        substitution: found.substitution,
        decision: found.decision.truth,
        by,
        assumes,
        refused: answer.refused,
        story: String::new(),
        request: found.request,
    }
}

struct Concrete {
    request: Request,
    policy: Policy,
    decision: Decision,
    substitution: Vec<(String, String)>,
}

impl Concrete {
    fn new(symbols: &Symbols, policy: &Policy, answer: &ClassAnswer, round: usize) -> Self {
        let mut names = Names::new(symbols, strangers(symbols, round), Vec::new());
        let (request, policy) = (names.request(&answer.answer.request), names.policy(policy));
        let decision = decision(&policy, &request, &answer.actions);
        Self { request, policy, decision, substitution: names.substitution() }
    }
}

/// What a policy says of a request for several actions together.
fn decision(policy: &Policy, request: &Request, actions: &[String]) -> Decision {
    let of = |action: &String| {
        let request = Request { action: action.clone(), ..request.clone() };
        evaluate(policy, &request, &Symbols::default())
    };
    let first = evaluate(policy, request, &Symbols::default());
    let truth = Truth::all(actions.iter().map(|action| of(action).truth));
    Decision { truth, ..first }
}

/// Names of strangers, other ones in each round.
fn strangers(symbols: &Symbols, round: usize) -> Vec<(SymbolId, String)> {
    let ids = (0..symbols.len()).filter_map(|at| u32::try_from(at).ok()).map(SymbolId);
    let fresh = ids.filter(|id| round > 0 && symbols.facts(*id).fresh);
    let other = |id: SymbolId| {
        let format = &symbols.facts(id).format;
        let sample = format.sample();
        let shorter = sample.get(..sample.len().saturating_sub(1)).unwrap_or_default();
        let tries = [format!("{shorter}{round}"), format!("{sample}{}", "x".repeat(round))];
        let fits = |text: &String| conforms(&Text::known(text.as_str()), format, symbols);
        Some((id, tries.into_iter().find(fits)?))
    };
    fresh.filter_map(other).collect()
}
