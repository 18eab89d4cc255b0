//! `rolecall --version`.

use super::{Status, print};

/// Name and date of every table in `data`.
const TABLES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/tables.rs"));

pub(super) fn run(verbose: bool) -> Status {
    let mut text = format!("{} {}\n", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    if verbose {
        let width = TABLES.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines = TABLES.iter().map(|(name, date)| format!("  {name:width$}  {date}\n"));
        text.extend(std::iter::once("tables of AWS facts, and when they were checked:\n".to_owned()).chain(lines));
    }
    print(text.as_bytes(), Status::Clean)
}
