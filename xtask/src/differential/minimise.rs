//! Makes a pair smaller while something stays true of it: drops statements, tests, values and keys, then puts simple
//! parts for others.

use super::pair::{Carried, Element, Pair, Statement};

/// Steps after which a pair is small enough.
const MOST_STEPS: usize = 500;

/// Says of each of some pairs whether what must stay true is true of it.
pub type Still<'s, E> = &'s mut dyn FnMut(&[Pair]) -> Result<Vec<bool>, E>;

/// A pair of which `still` is true and of which no smaller one is, as far as one step at a time can see. Each call of
/// `still` gets all pairs of one step.
///
/// # Errors
/// What `still` fails with.
pub fn minimise<E>(pair: Pair, still: Still<'_, E>) -> Result<Pair, E> {
    let mut least = pair;
    for _ in 0..MOST_STEPS {
        let smaller = smaller(&least);
        let holds = still(&smaller)?;
        match smaller.into_iter().zip(holds).find(|(_, holds)| *holds) {
            Some((found, _)) => least = found,
            None => break,
        }
    }
    Ok(least)
}

/// All pairs that are a step smaller, those first that lack most.
fn smaller(pair: &Pair) -> Vec<Pair> {
    let mut all = Vec::new();
    if pair.statements.len() > 1 {
        all.extend((0..pair.statements.len()).map(|at| with(pair, |pair| drop(pair.statements.remove(at)))));
    }
    for at in 0..pair.request.context.len() {
        all.push(with(pair, |pair| drop(pair.request.context.remove(at))));
    }
    for (at, statement) in pair.statements.iter().enumerate() {
        let smaller = smaller_statements(statement, pair);
        all.extend(smaller.into_iter().map(|statement| with(pair, |pair| pair.statements[at] = statement)));
    }
    for (at, (key, carried)) in pair.request.context.iter().enumerate() {
        let Carried::Many(values) = carried else { continue };
        for index in 0..values.len() {
            let mut values = values.clone();
            values.remove(index);
            all.push(with(pair, |pair| pair.request.context[at] = (key.clone(), Carried::Many(values))));
        }
    }
    all
}

fn with(pair: &Pair, change: impl FnOnce(&mut Pair)) -> Pair {
    let mut changed = pair.clone();
    change(&mut changed);
    changed
}

fn smaller_statements(statement: &Statement, pair: &Pair) -> Vec<Statement> {
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Statement)| {
        let mut changed = statement.clone();
        change(&mut changed);
        if changed != *statement {
            all.push(changed);
        }
    };
    for at in 0..statement.tests.len() {
        push(&|statement| drop(statement.tests.remove(at)));
    }
    push(&|statement| statement.resources = None);
    let action = Element { not: false, members: vec![pair.request.action.clone()] };
    push(&|statement| statement.actions = action.clone());
    for at in 0..statement.principals.members.len() {
        if statement.principals.members.len() > 1 {
            push(&|statement| drop(statement.principals.members.remove(at)));
        }
    }
    for at in 0..statement.actions.members.len() {
        if statement.actions.members.len() > 1 {
            push(&|statement| drop(statement.actions.members.remove(at)));
        }
    }
    for (at, test) in statement.tests.iter().enumerate() {
        for value in 0..test.values.len() {
            if test.values.len() > 1 {
                push(&|statement| drop(statement.tests[at].values.remove(value)));
            }
        }
        push(&|statement| statement.tests[at].operator.if_exists = false);
        push(&|statement| statement.tests[at].operator.set = None);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::generate::Grammar;
    use super::super::pair::Pair;
    use super::super::random::Random;
    use super::minimise;

    #[test]
    fn what_must_stay_stays_and_the_rest_goes() {
        let has_null = |pair: &Pair| {
            let mut tests = pair.statements.iter().flat_map(|statement| &statement.tests);
            tests.any(|test| test.operator.name == "Null")
        };
        let mut random = Random::new(3, 0);
        let pairs = std::iter::repeat_with(|| Grammar::everything().pair(&mut random));
        for pair in pairs.filter(has_null).take(20) {
            let mut still = |pairs: &[Pair]| Ok::<_, ()>(pairs.iter().map(has_null).collect());
            let least = minimise(pair, &mut still).unwrap();
            assert!(has_null(&least) && least.statements.len() == 1, "{least:?}");
            assert!(least.request.context.is_empty() && least.statements[0].tests.len() == 1, "{least:?}");
        }
    }
}
