//! Values that are more than texts: numbers, dates, addresses and bytes (IAM User Guide, Condition
//! operators). None of them has variables or wildcards.
//!
//! Each is read in three ways: as what a guide describes, as certainly nothing of the kind, or as
//! something that no guide speaks of.

mod address;
mod between;
mod binary;
mod date;
mod number;

use std::cmp::Ordering;

use super::Test;
use super::operator::{Base, Operator, Order};
use crate::value::Truth;

pub(super) use between::representatives;

/// What a text is for an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading<T> {
    /// What the guide describes.
    Is(T),
    /// Nothing of the kind.
    Not,
    /// It may be taken for one or not: no guide speaks of this form.
    Unclear,
}

/// A range of addresses by its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeSize {
    /// Whether it is of IPv4.
    pub is_old: bool,
    /// How many bits its addresses have free.
    pub free: u32,
}

/// The ranges of addresses that a test lets in, or that one which `denies` leaves; nothing where it is no such test, or
/// not all are known.
pub fn ranges_let_in(test: &Test, denies: bool) -> Option<Vec<RangeSize>> {
    test.operator.filter(|operator| operator.base == Base::IpAddress && operator.negated == denies)?;
    test.values.iter().map(|(value, _)| address::size(value.as_known()?)).collect()
}

/// Whether a value fits a wanted one by an operator on numbers, dates, addresses or bytes, negation aside.
/// What a request carries and is nothing of the kind fits nothing; whether a negated operator then passes is not
/// documented, nor what such a text does in a policy (docs/evaluator.md, what no guide settles).
pub(super) fn fits(operator: Operator, wanted: &str, value: &str) -> Truth {
    let hit = match operator.base {
        Base::Numeric(order) => both(number::read(wanted), number::read(value), |a, b| ordered(order, b.cmp(a))),
        Base::Date(order) => date_fits(order, wanted, value),
        Base::IpAddress => both(address::read(wanted), address::read(value), |range, of| range.holds(of)),
        Base::Binary => both(binary::read(wanted), binary::read(value), |a, b| (a == b).into()),
        _ => Some(Truth::Unknown),
    };
    match hit {
        Some(hit) => hit,
        None if operator.negated => Truth::Unknown,
        None => Truth::False,
    }
}

/// What two readings come to; nothing where the value is nothing of the kind.
fn both<T>(wanted: Reading<T>, value: Reading<T>, compare: impl Fn(&T, &T) -> Truth) -> Option<Truth> {
    match (wanted, value) {
        (Reading::Not, _) => Some(Truth::Unknown),
        (_, Reading::Not) => None,
        (Reading::Is(wanted), Reading::Is(value)) => Some(compare(&wanted, &value)),
        _ => Some(Truth::Unknown),
    }
}

fn ordered(order: Order, ordering: Ordering) -> Truth {
    order.admits(ordering).into()
}

/// A text of four digits is a year or a number of seconds: what both say is so.
fn date_fits(order: Order, wanted: &str, value: &str) -> Option<Truth> {
    let (wanted, value) = (date::readings(wanted), date::readings(value));
    let pairs = wanted.iter().flat_map(|wanted| value.iter().map(move |value| (wanted.clone(), value.clone())));
    let answers: Option<Vec<Truth>> =
        pairs.map(|(wanted, value)| both(wanted, value, |a, b| ordered(order, b.cmp(a)))).collect();
    answers.map(Truth::agreed)
}
