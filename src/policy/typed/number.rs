//! Integers and decimals, compared exactly whatever their length.

use std::cmp::Ordering;
use std::fmt;

use super::Reading;

/// A decimal number: sign, digits before and after the point without the zeros that change nothing.
/// Zero has no sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number<'t> {
    is_negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

/// Reads `12`, `-0.5`. Other ways of writing a number (`1e3`, `.5`, `5.`, `+1`, blanks around it) are
/// not described.
pub(super) fn read(text: &str) -> Reading<Number<'_>> {
    let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !fraction.is_none_or(all_digits) {
        return if may_be(text) { Reading::Unclear } else { Reading::Not };
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.unwrap_or_default().trim_end_matches('0');
    let is_zero = whole.is_empty() && fraction.is_empty();
    Reading::Is(Number { is_negative: is_negative && !is_zero, whole, fraction })
}

/// Whether other programs would take it for a number.
fn may_be(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    // `inf` and `nan` are numbers to parsers, but not integers or decimals.
    text.starts_with(|c: char| c.is_ascii_digit() || c == '.') && text.parse::<f64>().is_ok()
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
        }
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, whole) =
            (if self.is_negative { "-" } else { "" }, if self.whole.is_empty() { "0" } else { self.whole });
        match self.fraction {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

impl Number<'_> {
    /// A number below it.
    pub(super) fn below(&self) -> String {
        if self.is_negative { format!("-{}", self.further()) } else { "-1".to_owned() }
    }

    /// A number above it.
    pub(super) fn above(&self) -> String {
        if self.is_negative { "0".to_owned() } else { self.further() }
    }

    /// A number further from zero, without its sign.
    fn further(&self) -> String {
        format!("1{}", "0".repeat(self.whole.len()))
    }

    /// Numbers between it and the next one: a whole one where that is easily said, and one that is surely
    /// between them.
    pub(super) fn between(&self, next: &Self) -> Vec<String> {
        let whole = |number: &Self, step: i64| {
            let whole: i64 = if number.whole.is_empty() { 0 } else { number.whole.parse().ok()? };
            let signed = if number.is_negative { -whole } else { whole };
            Some((signed.checked_add(step)?).to_string())
        };
        let near = [whole(self, 1), whole(next, -1)].into_iter().flatten();
        let within = near.filter(|text| matches!(read(text), Reading::Is(n) if *self < n && n < *next));
        let mut found: Vec<String> = within.take(1).collect();
        // One digit more than both have: a step away from zero that is smaller than what lies between them.
        let digits = self.fraction.len().max(next.fraction.len());
        let (sign, from) = match (self.is_negative, next.is_negative) {
            (true, true) => ("-", next),
            (true, false) => ("-", &Number { is_negative: false, whole: "", fraction: "" }),
            _ => ("", self),
        };
        let whole = if from.whole.is_empty() { "0" } else { from.whole };
        // A width would do, but a format takes none above 65,535.
        let zeros = "0".repeat(digits - from.fraction.len());
        found.push(format!("{sign}{whole}.{}{zeros}1", from.fraction));
        found
    }

    /// Without the sign, in an order that tuples have: more digits before the point are more, and behind
    /// it texts compare as their digits do.
    fn size(&self) -> (usize, &str, &str) {
        (self.whole.len(), self.whole, self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number<'_> {
        match read(text) {
            Reading::Is(number) => number,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn numbers_in_their_order() {
        let ascending = [
            "-18446744073709551617",
            "-10",
            "-9.5",
            "-9",
            "-0.1",
            "0",
            "0.09",
            "0.1",
            "0.10000000000000000001",
            "9",
            "10",
            "3599.5",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551616",
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(number(a).cmp(&number(b)), at.cmp(&other), "{a} {b}");
            }
        }
    }

    #[test]
    fn one_number_in_several_forms() {
        for (a, b) in [("3600", "3600.0"), ("0", "-0"), ("0", "-0.00"), ("007", "7"), ("1.50", "1.5")] {
            assert_eq!(number(a).cmp(&number(b)), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn what_is_no_number_and_what_may_be_one() {
        for text in ["", "12abc", "abc", "-", "1.2.3", "1,5", "inf", "NaN", "0x10", "--1", "1 2"] {
            assert_eq!(read(text), Reading::Not, "{text}");
        }
        for text in ["1e3", ".5", "5.", "+1", " 1", "1 ", "1E-2"] {
            assert_eq!(read(text), Reading::Unclear, "{text}");
        }
    }
}
