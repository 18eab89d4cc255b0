//! A concrete request of a class, with the policy as it meets it.

use super::{ClassAnswer, Classes, RoleClasses};
use crate::identity::graph::Graph;
use crate::identity::witness::{Concrete, Names, Witness};
use crate::value::{SymbolId, Symbols, Text, conforms};

/// How many sets of names for strangers are tried: a template may name the first.
const TRIES: usize = 4;

/// The witness of an answer: every unknown has a text, and the evaluator decides the result as it did before.
pub fn witness_of(graph: &Graph, classes: &Classes, of_role: &RoleClasses, answer: &ClassAnswer) -> Witness {
    let symbols = &classes.symbols;
    let names = (0..TRIES).map(|round| Names::new(symbols, strangers(symbols, round), Vec::new()));
    let (policy, found) = (of_role.policy(graph), &answer.answer);
    let concrete = Concrete::choose(names, policy, &found.request, &answer.actions, found.truth);
    let companions = answer.actions.iter().skip(1).map(|action| format!("the call is also one for {action}"));
    let assumes = answer.assumes.iter().cloned().chain(companions).collect();
    Witness { assumes, refused: answer.refused, ..concrete.witness(&answer.class) }
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
