//! Dates: the forms of ISO 8601 that the W3C's note allows, and seconds since 1970 (IAM User Guide,
//! Date condition operators; W3C, Date and Time Formats). A date without a time is the moment at which
//! it begins in UTC, which no guide says.

use super::Reading;

/// A moment: whole seconds since 1970, and the digits after the point without zeros at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) seconds: i64,
    pub(super) fraction: String,
}

/// What a text may stand for: one reading for most, two for four digits, which are a year and a number.
pub(super) fn readings(text: &str) -> Vec<Reading<Moment>> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        let since = text.parse().map_or(Reading::Unclear, whole);
        return if text.len() == 4 { vec![since, calendar(text)] } else { vec![since] };
    }
    vec![calendar(text)]
}

/// The text of a moment by its seconds since 1970: a date where the year has four digits, else the number.
pub(super) fn written(seconds: i64) -> String {
    if !(days_since_1970(0, 1, 1) * 86_400..days_since_1970(10_000, 1, 1) * 86_400).contains(&seconds) {
        return seconds.to_string();
    }
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years have 365 or 366 days: the guess is right or a little late.
    let mut year = 1970 + days.div_euclid(365);
    while days_since_1970(year, 1, 1) > days {
        year -= 1;
    }
    let mut month = 12;
    while days_since_1970(year, month, 1) > days {
        month -= 1;
    }
    let day = days - days_since_1970(year, month, 1) + 1;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn whole(seconds: i64) -> Reading<Moment> {
    Reading::Is(Moment { seconds, fraction: String::new() })
}

fn calendar(text: &str) -> Reading<Moment> {
    match profile(text) {
        Some(moment) => Reading::Is(moment),
        // Digits and the signs of dates in another order: a negative number, a fraction of a second since
        // 1970, the basic format, a time without its zone.
        None if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | ' '))
            && text.chars().all(|c| c.is_ascii_digit() || "-+:.TtZz ".contains(c)) =>
        {
            Reading::Unclear
        }
        None => Reading::Not,
    }
}

/// `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, and the last with `Thh:mm`, `Thh:mm:ss` or `Thh:mm:ss.s` and a zone.
fn profile(text: &str) -> Option<Moment> {
    let mut rest = Rest(text);
    let year = rest.digits(4)?;
    let (mut month, mut day) = (1, 1);
    let mut has_day = false;
    if rest.eat('-') {
        month = rest.digits(2)?;
        if rest.eat('-') {
            day = rest.digits(2)?;
            has_day = true;
        }
    }
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let midnight = days_since_1970(year, month, day) * 86_400;
    if rest.is_empty() {
        return Some(Moment { seconds: midnight, fraction: String::new() });
    }
    if !has_day || !rest.eat('T') {
        return None;
    }
    let (seconds, fraction) = rest.time()?;
    let offset = rest.zone()?;
    rest.is_empty().then(|| Moment { seconds: midnight + seconds - offset, fraction })
}

/// What has not been read yet.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn eat(&mut self, c: char) -> bool {
        let after = self.0.strip_prefix(c);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }

    /// A number of exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        self.0 = if is_number { rest } else { self.0 };
        digits.parse().ok().filter(|_| is_number)
    }

    /// Seconds since midnight, and the digits of a fraction.
    fn time(&mut self) -> Option<(i64, String)> {
        let hour = self.digits(2).filter(|hour| *hour < 24)?;
        let minute = self.minutes()?;
        let mut second = 0;
        let mut fraction = "";
        if self.eat(':') {
            // The last minute of a day may have a leap second.
            second = self.digits(2).filter(|second| *second <= 60)?;
            if self.eat('.') {
                let length = self.0.bytes().take_while(u8::is_ascii_digit).count();
                (fraction, self.0) = self.0.split_at_checked(length).filter(|(digits, _)| !digits.is_empty())?;
            }
        }
        Some((hour * 3600 + minute * 60 + second, fraction.trim_end_matches('0').to_owned()))
    }

    fn minutes(&mut self) -> Option<i64> {
        if !self.eat(':') {
            return None;
        }
        self.digits(2).filter(|minute| *minute < 60)
    }

    /// `Z`, `+hh:mm` or `-hh:mm`, in seconds to the east.
    fn zone(&mut self) -> Option<i64> {
        if self.eat('Z') {
            return Some(0);
        }
        let sign = if self.eat('+') { 1 } else { -1 };
        if sign < 0 && !self.eat('-') {
            return None;
        }
        let hour = self.digits(2).filter(|hour| *hour < 24)?;
        Some(sign * (hour * 3600 + self.minutes()? * 60))
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970-01-01 in the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = |year: i64| {
        let last = year - 1;
        last * 365 + last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400)
    };
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    before(year) - before(1970) + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    /// How two texts stand to each other, where each has one reading.
    fn order(a: &str, b: &str) -> Option<Ordering> {
        match (readings(a).as_slice(), readings(b).as_slice()) {
            ([Reading::Is(a)], [Reading::Is(b)]) => Some(a.cmp(b)),
            _ => None,
        }
    }

    #[test]
    fn moments_in_their_order() {
        let ascending = [
            "0000-01-01",
            "1969-12-31T23:59:59Z",
            "1970-01",
            "1",
            "2016-12-31T23:59:59.9Z",
            "2016-12-31T23:59:60Z",
            "2020-02-29T12:00+14:00",
            "2020-02-29",
            "2020-02-29T00:00:00.000000001Z",
            "2020-02-29T00:00:00.1Z",
            "2026-01-01T00:00:00Z",
            "1767225601",
            "2026-01-01T00:00:01.5Z",
            "2026-01-01T00:00-00:01",
            "9999-12-31T23:59:59Z",
            "253402300800",
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(order(a, b), Some(at.cmp(&other)), "{a} {b}");
            }
        }
    }

    #[test]
    fn one_moment_in_several_forms() {
        for (a, b) in [
            ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"),
            ("1767225600", "2026-01-01T00:00:00Z"),
            ("2026-01-01", "2026-01-01T00:00Z"),
            ("2026-01", "2026-01-01T00:00:00.000Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2024-02-29T23:30:00-05:30", "2024-03-01T05:00:00Z"),
            ("0", "1970-01-01"),
        ] {
            assert_eq!(order(a, b), Some(Ordering::Equal), "{a} {b}");
        }
    }

    #[test]
    fn a_year_is_also_a_number() {
        assert_eq!(readings("2026"), [whole(2026), whole(1_767_225_600)]);
        assert_eq!(readings("02026"), [whole(2026)]);
    }

    #[test]
    fn what_is_no_date_and_what_may_be_one() {
        for text in ["", "yesterday", "2026-01-01T00:00:00Z[UTC]", "Thu, 01 Jan 2026", "2026-01-*", "٢٠٢٦-01-01"] {
            assert_eq!(readings(text), [Reading::Not], "{text}");
        }
        for text in [
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "20260101T000000Z",
            "2026-02-30",
            "2026-13",
            "2026-01-01T24:00:00Z",
            "2026-1-1",
            "-5",
            "1767225600.5",
            "2026-01-01t00:00:00z",
            "99999999999999999999",
            "2026-01-01T00:00:00.Z",
            "2026-01T00:00Z",
        ] {
            assert_eq!(readings(text), [Reading::Unclear], "{text}");
        }
    }
}
