//! The solver on small worlds, and on those that were made to keep it busy.

use super::*;
use crate::source::{FileId, Place, Span};
use crate::value::switch::{Case, Cases};
use crate::value::{At, Text};
use crate::value::{Kind, Value};

fn text(text: &str) -> Value {
    let place = Place { file: FileId(0), span: Span::at(0) };
    Value::new(Kind::Text(Text::known(text)), At { place, node: None })
}

fn one_of(cases: &[(SwitchId, u16, Value)]) -> Value {
    let cases =
        cases.iter().map(|(switch, value, then)| Case { when: Branch::of(*switch, *value), then: then.clone() });
    Value { kind: Kind::OneOf(cases.collect()), ..text("") }
}

/// A parameter with a default of nothing, and the condition that it is given.
fn optional() -> (Worlds, SwitchId, SwitchId) {
    let mut worlds = Worlds::default();
    let parameter = worlds.intern("p", || Switch::variable("P"));
    let empty = worlds.switch_mut(parameter).value("").unwrap();
    let given = Formula::Not(Box::new(Formula::Is(parameter, empty)));
    let condition = worlds.intern("c", || Switch::condition("HasP", given));
    (worlds, parameter, condition)
}

#[test]
fn a_condition_refuses_the_default_it_excludes() {
    let (worlds, parameter, condition) = optional();
    let both = |p, c| worlds.consistent(&Branch::of(parameter, p).and(&Branch::of(condition, c)).unwrap());
    assert_eq!(both(1, 1), Truth::False);
    assert_eq!(both(1, 0), Truth::True);
    assert_eq!(both(0, 1), Truth::True);
    assert_eq!(both(0, 0), Truth::False);
}

#[test]
fn cases_leave_out_what_cannot_be() {
    let (worlds, parameter, condition) = optional();
    let value = one_of(&[(parameter, 0, text("given")), (parameter, 1, text(""))]);
    let value = one_of(&[(condition, 1, value), (condition, 0, text("none"))]);
    let cases = worlds.cases(&value);
    let found: Vec<_> = cases.cases.iter().map(|case| case.then.text().unwrap()).collect();
    assert_eq!(found, [Text::known("given"), Text::known("none")]);
}

#[test]
fn equal_outcomes_are_one_case() {
    let (worlds, _, condition) = optional();
    let cases = worlds.cases(&one_of(&[(condition, 1, text("a")), (condition, 0, text("a"))]));
    assert_eq!(cases.cases, [Case { when: Branch::default(), then: text("a") }]);
}

#[test]
fn branches_that_cover_everything_are_one() {
    let mut worlds = Worlds::default();
    let region = worlds.intern("r", || Switch::variable("Region"));
    let values = ["west", "east"].map(|name| worlds.switch_mut(region).value(name).unwrap());
    let [west, east] = [("w", values[0]), ("e", values[1])]
        .map(|(key, value)| worlds.intern(key, || Switch::condition(key, Formula::Is(region, value))));
    // Both cannot be true, so the third branch is the rest.
    let rest = Branch::of(west, 0).and(&Branch::of(east, 0)).unwrap();
    let branches = [Branch::of(west, 1), Branch::of(east, 1), rest];
    assert_eq!(worlds.widened(&branches), Branch::default());
    assert_eq!(worlds.widened(&branches[..2]), Branch::of(west, 1));
}

#[test]
fn many_conditions_stay_within_the_bound() {
    let mut worlds = Worlds::default();
    let list: Vec<Value> = (0..60)
        .map(|n| {
            let switch = worlds.intern(&format!("v{n}"), || Switch::variable("v"));
            worlds.switch_mut(switch).value("x");
            one_of(&[(switch, 0, text("a")), (switch, 1, text("b"))])
        })
        .collect();
    let cases = worlds.cases(&Value { kind: Kind::List(list.into()), ..text("") });
    assert!(!cases.complete);
    assert!(cases.cases.len() <= Worlds::MOST_CASES);
}

/// Conditions `c0` to `c{n-1}`, each twice the one before, over a leaf.
fn doubled(worlds: &mut Worlds, n: usize, leaf: Formula) -> SwitchId {
    let mut last = worlds.intern("c0", || Switch::condition("c0", leaf));
    for at in 1..n {
        let both = Formula::And(vec![Formula::Is(last, 1), Formula::Is(last, 1)]);
        last = worlds.intern(&format!("c{at}"), || Switch::condition("c", both));
    }
    last
}

/// Parameters with one listed value each, and the conditions that they have it.
fn flags(worlds: &mut Worlds, n: usize) -> Vec<SwitchId> {
    let flag = |at| {
        let variable = worlds.intern(&format!("p{at}"), || Switch::variable("p"));
        let value = worlds.switch_mut(variable).value("a").unwrap();
        worlds.intern(&format!("f{at}"), || Switch::condition("f", Formula::Is(variable, value)))
    };
    (0..n).map(flag).collect()
}

fn list(items: Vec<Value>) -> Value {
    Value { kind: Kind::List(items.into()), ..text("") }
}

fn either(switch: SwitchId, yes: Value, no: Value) -> Value {
    one_of(&[(switch, 1, yes), (switch, 0, no)])
}

#[test]
fn a_condition_is_decided_once_however_often_it_is_named() {
    let mut worlds = Worlds::default();
    let last = doubled(&mut worlds, 60, Formula::Const(true));
    assert_eq!(worlds.consistent(&Branch::of(last, 0)), Truth::False);
    let answer = worlds.answer(&Branch::of(last, 1));
    assert_eq!(answer.truth, Truth::True);
    assert!(answer.steps < 1_000, "{} steps", answer.steps);
    let mut worlds = Worlds::default();
    let variable = worlds.intern("v", || Switch::variable("v"));
    let value = worlds.switch_mut(variable).value("x").unwrap();
    let last = doubled(&mut worlds, 60, Formula::Is(variable, value));
    let with = |choice| Branch::of(last, 1).and(&Branch::of(variable, choice)).unwrap();
    assert_eq!([0, 1].map(|choice| worlds.consistent(&with(choice))), [Truth::False, Truth::True]);
}

#[test]
fn conditions_that_name_one_another_are_unknown() {
    let mut worlds = Worlds::default();
    let a = worlds.intern("a", || Switch::condition("a", Formula::Const(true)));
    let b = worlds.intern("b", || Switch::condition("b", Formula::Not(Box::new(Formula::Is(a, 1)))));
    worlds.switch_mut(a).decided = Some(Formula::Is(b, 1));
    assert_eq!([0, 1].map(|value| worlds.consistent(&Branch::of(a, value))), [Truth::Unknown; 2]);
    assert!(!worlds.cases_when(&text("x"), &Branch::of(a, 1)).complete);
}

#[test]
fn what_was_found_is_forgotten_when_a_switch_changes() {
    let (mut worlds, _, condition) = optional();
    assert_eq!(worlds.consistent(&Branch::of(condition, 1)), Truth::True);
    worlds.switch_mut(condition).decided = Some(Formula::Const(false));
    assert_eq!(worlds.consistent(&Branch::of(condition, 1)), Truth::False);
    assert_eq!(worlds.clone().consistent(&Branch::of(condition, 0)), Truth::True);
}

#[test]
fn branches_without_a_case_are_bounded_too() {
    let mut worlds = Worlds::default();
    let flags = flags(&mut worlds, 40);
    let key = worlds.intern("q", || Switch::variable("q"));
    let mut items: Vec<Value> = flags.iter().map(|flag| either(*flag, text("x"), text("y"))).collect();
    // It can be something that no case is for.
    let [one, other] = ["1", "2"].map(|name| worlds.switch_mut(key).value(name).unwrap());
    items.push(one_of(&[(key, one, text("1")), (key, other, text("2"))]));
    let cases = worlds.cases_when(&list(items), &Branch::of(key, 0));
    assert_eq!(cases, Cases { cases: Vec::new(), complete: false });
}

#[test]
fn a_possible_branch_without_a_case_is_not_complete() {
    let (worlds, parameter, condition) = optional();
    let value = one_of(&[(parameter, 1, text("x"))]);
    assert_eq!(worlds.cases_when(&value, &Branch::of(parameter, 0)), Cases { cases: Vec::new(), complete: false });
    let never = Branch::of(parameter, 0).and(&Branch::of(condition, 0)).unwrap();
    assert_eq!(worlds.cases_when(&value, &never), Cases { cases: Vec::new(), complete: true });
}

#[test]
fn independent_conditions_are_independent_questions() {
    let mut worlds = Worlds::default();
    let flags = flags(&mut worlds, 60);
    let flat = list(flags.iter().map(|flag| either(*flag, text("x"), text("y"))).collect());
    let cases = worlds.cases(&flat);
    assert_eq!((cases.cases.len(), cases.complete), (Worlds::MOST_CASES, false));
    let answers = worlds.known.facts().answers.clone();
    assert!(answers.len() <= 120, "{} questions", answers.len());
    assert!(answers.values().all(|answer| answer.steps < 10));
    let nested = flags.iter().fold(text("x"), |inner, flag| either(*flag, inner, text("y")));
    let cases = worlds.cases(&nested);
    assert!(cases.complete);
    assert_eq!(cases.cases.len(), 61);
}

#[test]
fn a_question_too_hard_is_unknown_and_bounded() {
    let mut worlds = Worlds::default();
    let flags = flags(&mut worlds, 40);
    // An odd number of flags and an even one: no three values of a part decide it.
    let parity = |worlds: &mut Worlds, key: &str, flags: &mut dyn Iterator<Item = &SwitchId>| {
        flags.fold(worlds.intern(key, || Switch::condition("0", Formula::Const(false))), |odd, flag| {
            let is = |id, value| Formula::Is(id, value);
            let differ = Formula::Or(vec![
                Formula::And(vec![is(odd, 1), is(*flag, 0)]),
                Formula::And(vec![is(odd, 0), is(*flag, 1)]),
            ]);
            worlds.intern(&format!("{key}{}", flag.0), || Switch::condition("odd", differ))
        })
    };
    let up = parity(&mut worlds, "up", &mut flags.iter());
    let down = parity(&mut worlds, "down", &mut flags.iter().rev());
    let differ = Branch::of(up, 1).and(&Branch::of(down, 0)).unwrap();
    let answer = worlds.answer(&differ);
    assert_eq!(answer.truth, Truth::Unknown);
    assert!(answer.steps < Worlds::MOST_STEPS + 10_000);
    let value = list(flags[..20].iter().map(|flag| either(*flag, text("x"), text("y"))).collect());
    let mut budget = Budget::new();
    let mut cases = Cases { cases: Vec::new(), complete: true };
    worlds.split(&value, &differ, &mut cases, &mut budget);
    assert!(!cases.complete && cases.cases.len() <= Worlds::MOST_CASES);
    assert!(budget.answers.len() < 1_000, "{} questions", budget.answers.len());
}

#[test]
fn a_full_cube_of_equal_outcomes_is_one_case() {
    let mut worlds = Worlds::default();
    let flags = flags(&mut worlds, 8);
    let value = flags.iter().fold(text("x"), |inner, flag| either(*flag, inner.clone(), inner));
    let cases = worlds.cases(&value);
    assert_eq!(cases.cases, [Case { when: Branch::default(), then: text("x") }]);
}

#[test]
fn more_values_than_a_choice_has_numbers_for() {
    let mut switch = Switch::variable("v");
    switch.values.extend((0..70_000).map(|at| at.to_string().into()));
    assert_eq!(switch.choices(), 0..u16::MAX);
    assert_eq!((switch.index_of("65534"), switch.index_of("69999")), (Some(65_535), None));
}

/// Parameters `a` and `b` of two values each, and what is said of both.
fn two_parameters() -> (Worlds, [SwitchId; 2]) {
    let mut worlds = Worlds::default();
    let ids = ["a", "b"].map(|name| worlds.intern(name, || Switch::variable(name)));
    for id in ids {
        let switch = worlds.switch_mut(id);
        switch.closed = true;
        for value in ["1", "2"] {
            switch.value(value);
        }
    }
    (worlds, ids)
}

#[test]
fn what_must_hold_narrows_what_can_be() {
    let (mut worlds, [a, b]) = two_parameters();
    let both = |x, y| Branch::of(a, x).and(&Branch::of(b, y)).unwrap();
    // Where a is 1, b is 2.
    let rule = Formula::Or(vec![Formula::Not(Box::new(Formula::Is(a, 1))), Formula::Is(b, 2)]);
    assert!(worlds.require("rule", rule));
    assert_eq!(worlds.consistent(&both(1, 1)), Truth::False);
    assert_eq!(worlds.consistent(&both(1, 2)), Truth::True);
    assert_eq!(worlds.consistent(&both(2, 1)), Truth::True);
    // A rule that comes in with the first one counts as well.
    assert!(worlds.require("other", Formula::Is(b, 1)));
    assert_eq!(worlds.consistent(&Branch::of(a, 1)), Truth::False);
    assert_eq!(worlds.consistent(&Branch::of(a, 2)), Truth::True);
}

#[test]
fn what_leaves_no_deployment_is_not_taken() {
    let (mut worlds, [a, _]) = two_parameters();
    assert!(worlds.require("one", Formula::Is(a, 1)));
    assert!(!worlds.require("two", Formula::Is(a, 2)));
    assert_eq!(worlds.consistent(&Branch::of(a, 1)), Truth::True);
    assert_eq!(worlds.consistent(&Branch::of(a, 2)), Truth::False);
    assert!(worlds.require("three", Formula::Const(true)));
}

#[test]
fn many_independent_rules_are_independent_questions() {
    let mut worlds = Worlds::default();
    for at in 0..200 {
        let variable = worlds.intern(&format!("p{at}"), || Switch::variable("p"));
        let value = worlds.switch_mut(variable).value("x").unwrap();
        assert!(worlds.require(&format!("rule{at}"), Formula::Is(variable, value)));
    }
    let variable = worlds.find("p0").unwrap();
    assert_eq!(worlds.consistent(&Branch::of(variable, 0)), Truth::False);
    assert_eq!(worlds.consistent(&Branch::of(variable, 1)), Truth::True);
    assert!(worlds.known.facts().answers.len() <= 4);
}
