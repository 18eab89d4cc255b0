//! Addresses, numbers, dates, and the parts of ARNs.

use rolecall::value::Truth;
use xtask::differential::ours::decide;
use xtask::differential::pair::{Carried, Operator, Pair, Test};
use xtask::differential::words::seconds_of;

use super::{all_tests, alone, holds, retested, same, verdict};

/// What an operator says of one wanted value and one that the request carries.
fn says(pair: &Pair, operator: &str, wanted: &str, carried: &str) -> Truth {
    let key = "example:One".to_owned();
    let test = Test { operator: Operator::parse(operator), key: key.clone(), values: vec![wanted.to_owned()] };
    let mut pair = alone(pair, vec![test]);
    pair.request.context.push((key, Carried::One(carried.to_owned())));
    decide(&pair)
}

/// The wanted and carried texts of the first test of these operators.
fn two<'p>(pair: &'p Pair, operators: &[&str]) -> Option<(&'p str, &'p str)> {
    all_tests(pair).filter(|test| operators.contains(&test.operator.name.as_str())).find_map(|test| {
        let carried = pair.request.get(&test.key)?.values().first()?;
        Some((test.values.first()?.as_str(), carried.as_str()))
    })
}

#[test]
fn a_wider_range_holds_more_and_none_of_the_other_family() {
    holds(500, |pair| {
        let (range, address) = two(pair, &["IpAddress", "NotIpAddress"])?;
        let (start, bits) = range.split_once('/')?;
        let in_range = |address: &str, bits: u32| says(pair, "IpAddress", &format!("{start}/{bits}"), address);
        let bits: u32 = bits.parse().ok()?;
        let is_same_family = start.contains(':') == address.contains(':');
        let own = (0..=bits).all(|bits| in_range(start, bits).is_true());
        let wider = (0..bits).all(|wider| !in_range(address, bits).is_true() || in_range(address, wider).is_true());
        let whole = in_range(address, 0) == Truth::from(is_same_family);
        verdict(own && wider && whole, || format!("{range} {address}: {own} {wider} {whole}"))
    });
}

#[test]
fn zeros_around_a_number_are_nothing() {
    same(1_000, |pair| {
        retested(pair, |test| {
            let padded = |value: &String| {
                let (sign, digits) = value.strip_prefix('-').map_or(("", value.as_str()), |digits| ("-", digits));
                let point = if digits.contains('.') { "" } else { "." };
                format!("{sign}00{digits}{point}00")
            };
            let values = test.values.iter().map(padded).collect();
            test.operator.name.starts_with("Numeric").then(|| vec![Test { values, ..test.clone() }])
        })
    });
}

#[test]
fn a_date_is_its_seconds_since_1970() {
    same(1_000, |pair| {
        retested(pair, |test| {
            let as_seconds = |value: &String| match seconds_of(value) {
                Some(seconds) if value.contains('T') => Some(vec![seconds.to_string()]),
                _ => None,
            };
            let values = super::replaced(&test.values, as_seconds)?;
            test.operator.name.starts_with("Date").then(|| vec![Test { values, ..test.clone() }])
        })
    });
}

#[test]
fn an_arn_fits_where_each_of_its_parts_does() {
    holds(1_000, |pair| {
        let (pattern, arn) = two(pair, &["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"])?;
        let parts = |text: &str| -> Vec<String> { text.splitn(6, ':').map(str::to_owned).collect() };
        let by_parts = |pattern: &str, arn: &str| {
            let (patterns, values) = (parts(pattern), parts(arn));
            Truth::all(patterns.iter().zip(&values).map(|(pattern, value)| says(pair, "StringLike", pattern, value)))
        };
        if parts(pattern).len() < 6 || pattern.contains("${") {
            return None;
        }
        // A wildcard that crosses a colon would fit what has one part more.
        let (_, rest) = pattern.split_once(':')?;
        let (open, longer) = (format!("*:{rest}"), format!("arn:{arn}"));
        let found = [(pattern, arn), (&open, &longer)]
            .map(|(pattern, arn)| (says(pair, "ArnLike", pattern, arn), by_parts(pattern, arn)));
        verdict(found.iter().all(|(whole, parts)| whole == parts), || format!("{pattern} {arn}: {found:?}"))
    });
}
