//! Statements, actions, principals, versions.

use rolecall::policy::PrincipalKind;
use rolecall::value::Truth;
use xtask::differential::ours::decide;
use xtask::differential::pair::{Element, Named, Pair, Set, Statement, Test};
use xtask::differential::points::Point;

use super::{PAIRS, all_tests, holds, open_statement, restated, retested, same, sample, verdict};

#[test]
fn the_order_of_everything_is_nothing() {
    same(PAIRS, |pair| {
        let mut turned = pair.clone();
        turned.statements.reverse();
        turned.request.context.reverse();
        for statement in &mut turned.statements {
            statement.principals.members.reverse();
            statement.actions.members.reverse();
            statement.tests.reverse();
            statement.tests.iter_mut().for_each(|test| test.values.reverse());
        }
        Some(turned)
    });
}

#[test]
fn repeating_a_statement_or_a_value_is_nothing() {
    same(PAIRS, |pair| {
        let mut twice = pair.clone();
        twice.statements.extend(pair.statements.clone());
        for test in twice.statements.iter_mut().flat_map(|statement| &mut statement.tests) {
            test.values.extend(test.values.clone());
        }
        Some(twice)
    });
}

#[test]
fn a_list_of_values_is_a_statement_for_each() {
    same(3_000, |pair| {
        restated(pair, |statement| {
            let splits = |test: &Test| {
                test.values.len() > 1 && !test.operator.is_negated() && test.operator.set != Some(Set::All)
            };
            let at = statement.tests.iter().position(splits)?;
            let one = |value: &String| {
                let mut one = statement.clone();
                one.tests[at].values = vec![value.clone()];
                one
            };
            Some(statement.tests[at].values.iter().map(one).collect())
        })
    });
}

#[test]
fn a_list_of_unwanted_values_is_a_test_for_each() {
    same(1_000, |pair| {
        retested(pair, |test| {
            let splits = test.operator.is_negated() && test.operator.set != Some(Set::Any) && test.values.len() > 1;
            let one = |value: &String| Test { values: vec![value.clone()], ..test.clone() };
            splits.then(|| test.values.iter().map(one).collect())
        })
    });
}

#[test]
fn actions_and_principals_are_a_statement_for_each() {
    same(2_000, |pair| {
        restated(pair, |statement| {
            let one = |action: &String| {
                let actions = Element { not: false, members: vec![action.clone()] };
                Statement { actions, ..statement.clone() }
            };
            let actions = &statement.actions;
            (actions.members.len() > 1 && !actions.not).then(|| actions.members.iter().map(one).collect())
        })
    });
    same(1_000, |pair| {
        restated(pair, |statement| {
            let one = |named: &Named| {
                let principals = Element { not: false, members: vec![named.clone()] };
                Statement { principals, ..statement.clone() }
            };
            let principals = &statement.principals;
            (principals.members.len() > 1 && !principals.not).then(|| principals.members.iter().map(one).collect())
        })
    });
}

/// Everybody, everything: the elements that do not matter to a question.
fn everybody() -> Element<Named> {
    // An element that names nobody is refused by AWS, and undecided.
    let nobody = Named { kind: Some(PrincipalKind::CanonicalUser), value: "nobody".to_owned() };
    Element { not: true, members: vec![nobody] }
}

fn everything() -> Element<String> {
    Element { not: false, members: vec!["*".to_owned()] }
}

/// Of the first statement of each pair, made to ask for one element only, the `Not` form says the opposite.
fn opposite(least: usize, only: impl Fn(&Statement) -> Option<Statement>, turn: impl Fn(&mut Statement)) {
    holds(least, |pair| {
        let statement = only(pair.statements.first()?)?;
        let own = Pair { statements: vec![Statement { allow: true, tests: Vec::new(), ..statement }], ..pair.clone() };
        let mut other = own.clone();
        turn(&mut other.statements[0]);
        if Point::NotResourceOfNothing.is_in(&own) || Point::NotResourceOfNothing.is_in(&other) {
            return None;
        }
        let (one, two) = (decide(&own), decide(&other));
        verdict(one == !two, || format!("{one:?}, and {two:?} of\n{}", other.line()))
    });
}

#[test]
fn the_not_elements_say_the_opposite() {
    let whom = |statement: &Statement| Some(Statement { actions: everything(), resources: None, ..statement.clone() });
    opposite(PAIRS, whom, |statement| statement.principals.not = !statement.principals.not);
    let what =
        |statement: &Statement| Some(Statement { principals: everybody(), resources: None, ..statement.clone() });
    opposite(PAIRS, what, |statement| statement.actions.not = !statement.actions.not);
    let on_what = |statement: &Statement| {
        let own = Statement { principals: everybody(), actions: everything(), ..statement.clone() };
        statement.resources.is_some().then_some(own)
    };
    opposite(1_000, on_what, |statement| {
        statement.resources.iter_mut().for_each(|resources| resources.not = !resources.not);
    });
}

#[test]
fn another_deny_never_lets_in_and_another_allow_never_keeps_out() {
    let others = sample().iter().map(|(pair, _)| &pair.statements[0]).skip(1).chain([&sample()[0].0.statements[0]]);
    let mut changed = 0;
    for (at, ((pair, before), other)) in sample().iter().zip(others).enumerate() {
        let (allow, open) = (at % 4 < 2, at % 2 == 0);
        let mut more = pair.clone();
        let statement = if open { open_statement(pair, allow) } else { Statement { allow, ..other.clone() } };
        more.statements.insert(0, statement);
        let after = decide(&more);
        changed += usize::from(after != *before);
        let holds = match (allow, before) {
            (false, _) if open => after.is_false(),
            (false, Truth::False) => after.is_false(),
            (false, Truth::Unknown) => !after.is_true(),
            (true, Truth::True) => after.is_true(),
            (true, Truth::Unknown) => !after.is_false(),
            _ => true,
        };
        assert!(holds, "{before:?}, then {after:?}: {}", more.line());
    }
    assert!(changed > PAIRS / 8, "{changed}");
}

#[test]
fn names_of_keys_and_actions_have_no_case() {
    let turn = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let turned = |text: &str| text.chars().map(turn).collect::<String>();
    same(PAIRS, |pair| {
        let mut other = pair.clone();
        for statement in &mut other.statements {
            statement.actions.members.iter_mut().for_each(|action| *action = turned(action));
            statement.tests.iter_mut().for_each(|test| test.key = turned(&test.key));
        }
        Some(other)
    });
}

#[test]
fn the_version_matters_to_variables_only() {
    same(10_000, |pair| {
        let resources = pair.statements.iter().filter_map(|statement| statement.resources.as_ref());
        let resources = resources.flat_map(|resources| &resources.members);
        let mut texts = all_tests(pair).flat_map(|test| &test.values).chain(resources);
        let has_variables = texts.any(|text| text.contains("${"));
        let version = if pair.has_variables() { None } else { Some("2012-10-17".to_owned()) };
        (!has_variables).then(|| Pair { version, ..pair.clone() })
    });
}
