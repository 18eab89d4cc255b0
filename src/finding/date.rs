//! A day, as people write it.

/// A day of the Gregorian calendar, from the year 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day on which texts are checked that no clock belongs to: the same texts always say the same.
    pub const OF_TEXTS: Self = Self { year: 2026, month: 1, day: 1 };

    /// The day, if there is such a one.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            _ => 0,
        };
        ((1..=9999).contains(&year) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// The day of `2027-03-31`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_written_so =
            |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
        if text.len() != 10 || !text.bytes().enumerate().all(is_written_so) {
            return None;
        }
        Self::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)
    }

    /// The day of a moment, in seconds since the beginning of 1970 (UTC). Later than the year 9999 there is
    /// only its last day.
    pub fn of_unix(seconds: u64) -> Self {
        // Howard Hinnant, chrono-compatible low-level date algorithms, `civil_from_days`.
        let days = seconds / 86_400 + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let last = Self { year: 9999, month: 12, day: 31 };
        u16::try_from(year).ok().and_then(|year| Self::new(year, month as u8, day as u8)).unwrap_or(last)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn days_that_are_and_days_that_are_not() {
        for text in ["2027-03-31", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(Date::parse(text).map(|date| date.to_string()).as_deref(), Some(text));
        }
        for text in [
            "2027-02-29",
            "1900-02-29",
            "2027-04-31",
            "2027-13-01",
            "2027-00-10",
            "0000-01-01",
            "2027-1-01",
            "",
            "2027-01-01 ",
            "2027/01/01",
            "+027-01-01",
            "２027-1",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert!(Date::parse("2027-01-31") < Date::parse("2027-02-01"));
    }

    #[test]
    fn moments_have_their_day() {
        let day = |seconds| Date::of_unix(seconds).to_string();
        assert_eq!([day(0), day(86_399), day(86_400)], ["1970-01-01", "1970-01-01", "1970-01-02"]);
        assert_eq!(day(951_782_400), "2000-02-29");
        assert_eq!(day(1_735_689_600), "2025-01-01");
        assert_eq!(day(u64::MAX), "9999-12-31");
    }
}
