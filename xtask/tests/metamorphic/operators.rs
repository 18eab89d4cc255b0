//! Lines of Conditions: absent keys, Null, set operators, opposites, variables.

use rolecall::value::Truth;
use xtask::differential::ours::decide;
use xtask::differential::pair::{Carried, Operator, Pair, Set, Test};
use xtask::differential::points::Point;
use xtask::differential::words::escaped;

use super::{all_tests, alone, holds, null, retested, same, verdict, with_operator};

/// Whether a test passes where its key is absent (IAM User Guide, Condition operators; Multivalued context keys);
/// nothing for Null, and for `ForAnyValue:…IfExists`, of which the guide says nothing.
fn passes_without(operator: &Operator) -> Option<bool> {
    match operator.set {
        _ if operator.name == "Null" => None,
        Some(Set::All) => Some(true),
        Some(Set::Any) => (!operator.if_exists).then_some(false),
        None => Some(operator.if_exists || operator.is_negated()),
    }
}

#[test]
fn if_exists_asks_only_whether_the_key_is_there() {
    same(5_000, |pair| {
        retested(pair, |test| {
            let is_there = pair.request.get(&test.key).is_some() && test.operator.name != "Null";
            is_there.then(|| vec![with_operator(test, |operator| operator.if_exists = !operator.if_exists)])
        })
    });
}

#[test]
fn an_absent_key_passes_or_fails_by_the_operator_alone() {
    holds(5_000, |pair| {
        let is_absent = |test: &&Test| pair.request.get(&test.key).is_none();
        let test = all_tests(pair).filter(is_absent).find(|test| passes_without(&test.operator).is_some())?;
        let expected = Truth::from(passes_without(&test.operator)?);
        let found = decide(&alone(pair, vec![test.clone()]));
        verdict(found == expected, || format!("{found:?} of {}", test.operator.text()))
    });
}

#[test]
fn null_asks_whether_the_key_has_a_value() {
    holds(4_000, |pair| {
        let test = all_tests(pair).next()?;
        let null = |value: &str| decide(&alone(pair, vec![null(&test.key, value)]));
        let values = pair.request.get(&test.key).map(Carried::values).unwrap_or_default();
        let is_absent = Truth::from(values.iter().all(String::is_empty));
        let found = (null("true"), null("false"));
        verdict(found == (is_absent, !is_absent), || format!("absent {is_absent:?}, found {found:?}"))
    });
}

#[test]
fn all_values_is_each_value_and_with_null_at_least_one() {
    holds(2_000, |pair| {
        let has_variables = |test: &Test| test.values.iter().any(|value| value.contains("${"));
        let test = all_tests(pair).find(|test| test.operator.set == Some(Set::All) && !has_variables(test))?;
        let values = pair.request.get(&test.key).map(Carried::values).unwrap_or_default();
        let of_one = |value: &String| {
            let any = with_operator(test, |operator| operator.set = Some(Set::Any));
            let mut one = alone(pair, vec![any]);
            one.request.context.retain(|(key, _)| !key.eq_ignore_ascii_case(&test.key));
            one.request.context.push((test.key.clone(), Carried::Many(vec![value.clone()])));
            decide(&one)
        };
        let each: Vec<Truth> = values.iter().filter(|value| !value.is_empty()).map(of_one).collect();
        let expected = if each.is_empty() { Truth::False } else { Truth::all(each.iter().copied()) };
        let found = decide(&alone(pair, vec![test.clone(), null(&test.key, "false")]));
        verdict(found == expected, || format!("{found:?}, but one by one {each:?}"))
    });
}

/// The operator that says the opposite of one value.
fn opposite(name: &str) -> Option<String> {
    let opposite = match name {
        "StringEquals" => "StringNotEquals",
        "StringEqualsIgnoreCase" => "StringNotEqualsIgnoreCase",
        "StringLike" => "StringNotLike",
        "NumericEquals" => "NumericNotEquals",
        "NumericLessThan" => "NumericGreaterThanEquals",
        "NumericGreaterThan" => "NumericLessThanEquals",
        "DateEquals" => "DateNotEquals",
        "DateLessThan" => "DateGreaterThanEquals",
        "DateGreaterThan" => "DateLessThanEquals",
        "IpAddress" => "NotIpAddress",
        "ArnEquals" => "ArnNotEquals",
        "ArnLike" => "ArnNotLike",
        _ => return None,
    };
    Some(opposite.to_owned())
}

fn is_one(pair: &Pair, test: &Test) -> bool {
    matches!(pair.request.get(&test.key), Some(Carried::One(value)) if !value.is_empty())
}

#[test]
fn opposite_operators_say_opposite_things() {
    holds(4_000, |pair| {
        let test = all_tests(pair).find(|test| opposite(&test.operator.name).is_some() && is_one(pair, test))?;
        // Of several values in an order there is no opposite.
        let test = Test { values: vec![test.values[0].clone()], ..test.clone() };
        let other = with_operator(&test, |operator| operator.name = opposite(&operator.name).unwrap());
        let (one, two) = (decide(&alone(pair, vec![test])), decide(&alone(pair, vec![other])));
        verdict(one == !two, || format!("{one:?} and {two:?}"))
    });
}

#[test]
fn some_value_passes_where_not_all_fail() {
    holds(1_000, |pair| {
        let is_any = |test: &&Test| test.operator.set == Some(Set::Any) && !test.operator.if_exists;
        let negates = |test: &&Test| opposite(&test.operator.name).is_some_and(|name| name.contains("Not"));
        let test = all_tests(pair).find(|test| is_any(test) && negates(test))?;
        let other = with_operator(test, |operator| {
            operator.name = opposite(&operator.name).unwrap();
            operator.set = Some(Set::All);
        });
        let (one, two) = (decide(&alone(pair, vec![test.clone()])), decide(&alone(pair, vec![other])));
        verdict(one == !two, || format!("{one:?} and {two:?}"))
    });
}

#[test]
fn a_set_operator_on_one_value_is_none() {
    same(700, |pair| {
        retested(pair, |test| {
            let has_set = is_one(pair, test) && test.operator.set.is_some();
            has_set.then(|| vec![with_operator(test, |operator| operator.set = None)])
        })
    });
}

#[test]
fn orders_hold_of_one_value_only_one_way() {
    holds(500, |pair| {
        let test = all_tests(pair).find(|test| {
            (test.operator.name.starts_with("Numeric") || test.operator.name.starts_with("Date")) && is_one(pair, test)
        })?;
        let kind = if test.operator.name.starts_with("Date") { "Date" } else { "Numeric" };
        let of = |order: &str| {
            let test = Test { values: vec![test.values[0].clone()], ..test.clone() };
            let test = with_operator(&test, |operator| operator.name = format!("{kind}{order}"));
            decide(&alone(pair, vec![test]))
        };
        let [less, equal, greater] = ["LessThan", "Equals", "GreaterThan"].map(of);
        let count = [less, equal, greater].iter().filter(|truth| truth.is_true()).count();
        let unions = of("LessThanEquals") == less.or(equal) && of("GreaterThanEquals") == greater.or(equal);
        verdict(count == 1 && unions, || format!("less {less:?}, equal {equal:?}, greater {greater:?}"))
    });
}

#[test]
fn a_variable_is_its_value() {
    same(300, |pair| {
        let open = [Point::WildcardInVariable, Point::DefaultOfList, Point::EmptyVariable];
        if !pair.has_variables() || open.iter().any(|point| point.is_in(pair)) {
            return None;
        }
        let put = |value: &String| {
            let (before, rest) = value.split_once("${")?;
            let (name, after) = rest.split_once('}')?;
            match pair.request.get(name.split_once(',').map_or(name, |(name, _)| name)) {
                Some(Carried::One(carried)) => Some(vec![format!("{before}{}{after}", escaped(carried))]),
                _ => None,
            }
        };
        retested(pair, |test| {
            let values = super::replaced(&test.values, put).filter(|_| test.operator.takes_variables())?;
            Some(vec![Test { values, ..test.clone() }])
        })
    });
}

#[test]
fn a_variable_without_a_value_fits_nothing() {
    holds(100, |pair| {
        let lacks = |value: &&String| {
            let name = value.split_once("${").and_then(|(_, rest)| Some(rest.split_once('}')?.0));
            let is_key = |name: &str| name.contains(':') && !name.contains(',') && pair.request.get(name).is_none();
            pair.has_variables() && name.is_some_and(is_key)
        };
        let of_one = |test: &&Test| is_one(pair, test) && test.operator.takes_variables();
        let (test, value) =
            all_tests(pair).filter(of_one).find_map(|test| Some((test, test.values.iter().find(lacks)?)))?;
        let found = decide(&alone(pair, vec![Test { values: vec![value.clone()], ..test.clone() }]));
        let expected = Truth::from(test.operator.is_negated());
        verdict(found == expected, || format!("{found:?} of {value}"))
    });
}

#[test]
fn a_pattern_of_escapes_is_an_equal_text() {
    same(2_000, |pair| {
        retested(pair, |test| {
            let is_plain = pair.has_variables() && !test.values.iter().any(|value| value.contains("${"));
            let name = match test.operator.name.as_str() {
                "StringEquals" => "StringLike",
                "StringNotEquals" => "StringNotLike",
                _ => return None,
            };
            let values = test.values.iter().map(|value| escaped(value)).collect();
            let like = with_operator(test, |operator| operator.name = name.to_owned());
            is_plain.then(|| vec![Test { values, ..like }])
        })
    });
}
