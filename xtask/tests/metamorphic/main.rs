//! What must hold of the evaluator whatever is right for a single pair: a fixed sample of 20,000 random pairs is
//! changed in ways that must not change the answer, or only in one direction. No other engine is needed.

mod operators;
mod statements;
mod substitution;
mod typed;

use std::sync::OnceLock;

use rolecall::value::Truth;
use xtask::differential::generate::Grammar;
use xtask::differential::minimise::minimise;
use xtask::differential::ours::decide;
use xtask::differential::pair::{Element, Named, Operator, Pair, Statement, Test};
use xtask::differential::points::Point;
use xtask::differential::random::Random;

const PAIRS: usize = 20_000;
const SEED: u64 = 2026;

/// The pairs and what is said of them.
fn sample() -> &'static [(Pair, Truth)] {
    static SAMPLE: OnceLock<Vec<(Pair, Truth)>> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let mut random = Random::new(SEED, 0);
        let pairs = std::iter::repeat_with(|| Grammar::everything().pair(&mut random)).take(PAIRS);
        pairs.map(|pair| (pair.clone(), decide(&pair))).collect()
    })
}

/// What a relation says of a pair: that it holds, what is wrong, or nothing where it does not speak of the pair.
type Verdict = Option<Result<(), String>>;

fn verdict(is_right: bool, else_that: impl FnOnce() -> String) -> Verdict {
    Some(if is_right { Ok(()) } else { Err(else_that()) })
}

/// Whether a relation holds of every pair that it speaks of, of which there are at least `least`.
fn holds(least: usize, relation: impl Fn(&Pair) -> Verdict) {
    let mut spoken_of = 0;
    for (pair, _) in sample() {
        match relation(pair) {
            None => {}
            Some(Ok(())) => spoken_of += 1,
            Some(Err(_)) => {
                let is_broken = |pair: &Pair| matches!(relation(pair), Some(Err(_)));
                let mut broken = |pairs: &[Pair]| Ok::<_, ()>(pairs.iter().map(is_broken).collect());
                let least = minimise(pair.clone(), &mut broken).unwrap();
                panic!("{}\n{}", least.line(), relation(&least).unwrap().unwrap_err());
            }
        }
    }
    assert!(spoken_of >= least, "only {spoken_of} pairs of {PAIRS} are of the form that this is about");
}

/// A change must leave the answer as it is.
fn same(least: usize, change: impl Fn(&Pair) -> Option<Pair>) {
    let is_new = |pair: &Pair, before: Truth| change(pair).is_some_and(|changed| decide(&changed) != before);
    let mut spoken_of = 0;
    for (pair, before) in sample() {
        let Some(changed) = change(pair) else { continue };
        spoken_of += 1;
        if decide(&changed) != *before {
            let mut broken =
                |pairs: &[Pair]| Ok::<_, ()>(pairs.iter().map(|pair| is_new(pair, decide(pair))).collect());
            let least = minimise(pair.clone(), &mut broken).unwrap();
            let other = change(&least).unwrap();
            panic!("{:?}: {}\n{:?}: {}", decide(&least), least.line(), decide(&other), other.line());
        }
    }
    assert!(spoken_of >= least, "only {spoken_of} pairs of {PAIRS} are of the form that this is about");
}

fn all_tests(pair: &Pair) -> impl Iterator<Item = &Test> {
    pair.statements.iter().flat_map(|statement| &statement.tests)
}

/// A list with some of its members replaced by others; nothing where none is.
fn replaced<T: Clone>(list: &[T], change: impl Fn(&T) -> Option<Vec<T>>) -> Option<Vec<T>> {
    let new: Vec<Option<Vec<T>>> = list.iter().map(change).collect();
    let is_new = new.iter().any(Option::is_some);
    let all = list.iter().zip(new).flat_map(|(old, new)| new.unwrap_or_else(|| vec![old.clone()]));
    is_new.then(|| all.collect())
}

/// The pair with statements replaced by others.
fn restated(pair: &Pair, change: impl Fn(&Statement) -> Option<Vec<Statement>>) -> Option<Pair> {
    Some(Pair { statements: replaced(&pair.statements, change)?, ..pair.clone() })
}

/// The pair with tests replaced by others.
fn retested(pair: &Pair, change: impl Fn(&Test) -> Option<Vec<Test>>) -> Option<Pair> {
    restated(pair, |statement| {
        Some(vec![Statement { tests: replaced(&statement.tests, &change)?, ..statement.clone() }])
    })
}

fn with_operator(test: &Test, change: impl FnOnce(&mut Operator)) -> Test {
    let mut test = test.clone();
    change(&mut test.operator);
    test
}

/// A statement that speaks of whoever asks for whatever.
fn open_statement(pair: &Pair, allow: bool) -> Statement {
    let named = Named { kind: Some(pair.request.kind), value: pair.request.principal.clone() };
    Statement {
        allow,
        principals: Element { not: false, members: vec![named] },
        actions: Element { not: false, members: vec!["*".to_owned()] },
        resources: None,
        tests: Vec::new(),
    }
}

/// The pair with one statement only, which allows where these tests pass.
fn alone(pair: &Pair, tests: Vec<Test>) -> Pair {
    Pair { statements: vec![Statement { tests, ..open_statement(pair, true) }], ..pair.clone() }
}

/// The test whether a key is there.
fn null(key: &str, value: &str) -> Test {
    let operator = Operator { set: None, name: "Null".to_owned(), if_exists: false };
    Test { operator, key: key.to_owned(), values: vec![value.to_owned()] }
}

#[test]
fn the_sample_has_all_answers_and_all_forms() {
    let count = |truth| sample().iter().filter(|(_, found)| *found == truth).count();
    let (allowed, denied, unknown) = (count(Truth::True), count(Truth::False), count(Truth::Unknown));
    assert!(allowed > 4_000 && denied > 8_000 && unknown > 250, "{allowed} {denied} {unknown}");
    for point in Point::ALL {
        assert!(sample().iter().any(|(pair, _)| point.is_in(pair)), "no pair shows {}", point.name());
    }
    let operators: std::collections::BTreeSet<String> =
        sample().iter().flat_map(|(pair, _)| all_tests(pair)).map(|test| test.operator.text()).collect();
    // 26 operators in three forms, with and without IfExists, and Null.
    assert_eq!(operators.len(), 26 * 6 + 1, "{operators:?}");
}
