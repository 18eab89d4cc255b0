//! Texts that stand for all numbers, dates or addresses: where a policy names some of them, it decides
//! alike for all that lie between two neighbours.

use super::{Base, Reading, address, binary, date, number};

/// One text for each kind of value that a policy with these wanted ones can tell apart. `all`: there is no
/// other kind.
pub(in crate::policy) struct Representatives {
    /// The texts.
    pub(in crate::policy) texts: Vec<String>,
    /// Whether every kind has its text.
    pub(in crate::policy) all: bool,
}

/// The representatives for an operator's wanted values.
pub(in crate::policy) fn representatives(base: Base, wanted: &[&str]) -> Representatives {
    match base {
        Base::Numeric(_) => numbers(wanted),
        Base::Date(_) => dates(wanted),
        Base::IpAddress => addresses(wanted),
        Base::Binary => bytes(wanted),
        _ => Representatives { texts: Vec::new(), all: false },
    }
}

/// What is a value of the kind, and whether all are or certainly none.
fn readable<'w, T>(wanted: &[&'w str], read: impl Fn(&'w str) -> Reading<T>) -> (Vec<T>, bool) {
    let mut all = true;
    let values = wanted.iter().filter_map(|text| match read(text) {
        Reading::Is(value) => Some(value),
        Reading::Not => None,
        Reading::Unclear => {
            all = false;
            None
        }
    });
    let values = values.collect();
    (values, all)
}

/// Each number, one below and above all, and one between two neighbours: a whole one where there is one.
fn numbers(wanted: &[&str]) -> Representatives {
    let (mut numbers, all) = readable(wanted, number::read);
    numbers.sort();
    numbers.dedup();
    let mut texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let mut gaps = vec!["0".to_owned()];
    if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
        gaps.extend([first.below(), last.above()]);
    }
    gaps.extend(numbers.windows(2).flat_map(|pair| pair[0].between(&pair[1])));
    texts.extend(gaps);
    Representatives { texts, all }
}

/// Each second that is named, and those around it.
fn dates(wanted: &[&str]) -> Representatives {
    let (readings, all) = readable(wanted, |text| match date::readings(text).as_slice() {
        [one] => one.clone(),
        _ => Reading::Unclear,
    });
    let mut seconds: Vec<i64> = readings.iter().map(|moment| moment.seconds).collect();
    seconds.extend(seconds.clone().iter().flat_map(|at| [at.saturating_sub(1), at.saturating_add(1)]));
    seconds.push(0);
    seconds.sort_unstable();
    seconds.dedup();
    let is_whole = readings.iter().all(|moment| moment.fraction.is_empty());
    Representatives { texts: seconds.into_iter().map(date::written).collect(), all: all && is_whole }
}

/// The first address of each family and of each range, and the first behind each range.
fn addresses(wanted: &[&str]) -> Representatives {
    let (ranges, all) = readable(wanted, address::read);
    let mut texts = Vec::new();
    for is_old in [true, false] {
        let of_family = || ranges.iter().filter(move |range| range.is_old() == is_old);
        let mut starts: Vec<u128> =
            of_family().flat_map(|range| [Some(range.first()), range.behind()]).flatten().collect();
        starts.push(0);
        starts.sort_unstable();
        starts.dedup();
        texts.extend(starts.into_iter().map(|start| address::written(start, is_old)));
    }
    Representatives { texts, all }
}

/// Each text of bytes, and one that is none of them.
fn bytes(wanted: &[&str]) -> Representatives {
    let (values, all) = readable(wanted, binary::read);
    let longest = values.iter().map(Vec::len).max().unwrap_or_default();
    let other = "AAAA".repeat(longest / 3 + 1);
    let texts = wanted.iter().map(ToString::to_string).chain([other]).collect();
    Representatives { texts, all }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Order;

    fn texts(base: Base, wanted: &[&str]) -> Vec<String> {
        let representatives = representatives(base, wanted);
        assert!(representatives.all, "{wanted:?}");
        representatives.texts
    }

    #[test]
    fn a_number_of_each_kind() {
        let found = texts(Base::Numeric(Order::Less), &["10", "-2.5", "3", "3.01", "9"]);
        let has =
            |low: f64, high: f64| found.iter().map(|text| text.parse::<f64>().unwrap()).any(|n| low < n && n < high);
        for (low, high) in [(f64::MIN, -2.5), (-2.5, 3.0), (3.0, 3.01), (3.01, 9.0), (9.0, 10.0), (10.0, f64::MAX)] {
            assert!(has(low, high), "{low} {high} {found:?}");
        }
        assert!(found.contains(&"-2.5".to_owned()) && found.contains(&"4".to_owned()), "{found:?}");
        let close = texts(Base::Numeric(Order::Less), &["-1", "-0.5", "0", "0.001"]);
        let number = |text: &str| text.parse::<f64>().unwrap();
        for (low, high) in [(-1.0, -0.5), (-0.5, 0.0), (0.0, 0.001)] {
            assert!(close.iter().any(|text| low < number(text) && number(text) < high), "{low} {close:?}");
        }
        assert!(!representatives(Base::Numeric(Order::Less), &["1e3"]).all);
    }

    #[test]
    fn numbers_of_any_length_have_one_between_them() {
        let long = format!("0.{}1", "0".repeat(70_000));
        let found = texts(Base::Numeric(Order::Less), &["0", &long]);
        assert!(found.iter().any(|text| text.len() > long.len() && text.starts_with("0.0")));
    }

    #[test]
    fn a_moment_of_each_kind() {
        let found = texts(Base::Date(Order::Less), &["2026-01-01T00:00:00Z", "1767225602"]);
        for second in ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:03Z"] {
            assert!(found.contains(&second.to_owned()), "{second} {found:?}");
        }
        assert!(!representatives(Base::Date(Order::Less), &["2026"]).all, "a year and a number");
        assert!(!representatives(Base::Date(Order::Less), &["2026-01-01T00:00:00.5Z"]).all);
    }

    #[test]
    fn an_address_of_each_kind() {
        let found = texts(Base::IpAddress, &["10.0.0.0/8", "10.1.0.0/16", "255.255.255.255", "2001:db8::/32"]);
        assert_eq!(
            found,
            [
                "0.0.0.0",
                "10.0.0.0",
                "10.1.0.0",
                "10.2.0.0",
                "11.0.0.0",
                "255.255.255.255",
                "::",
                "2001:db8::",
                "2001:db9::"
            ]
        );
        assert_eq!(texts(Base::IpAddress, &["0.0.0.0/0", "::/0"]), ["0.0.0.0", "::"]);
    }
}
