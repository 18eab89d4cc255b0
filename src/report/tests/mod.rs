//! Reports of outcomes made by hand.

mod formats;
mod hostile;
mod samples;

use std::time::Duration;

use super::{Format, Options, write};
use crate::finding::Outcome;

/// The report as a text.
fn report(format: Format, outcome: &Outcome, options: &Options<'_>) -> String {
    let mut out = Vec::new();
    write(format, outcome, options, &mut out).expect("a vector takes all that is written to it");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// Options whose output is the same in every run.
fn fixed() -> Options<'static> {
    Options { elapsed: Some(Duration::from_millis(12)), version: "0.0.0", ..Options::default() }
}

/// Compares a report with the one that was reviewed, `testdata/report/<name>`.
/// `UPDATE_SNAPSHOTS=1` writes it anew.
fn expect(name: &str, actual: &str) {
    let path = format!("{}/testdata/report/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, actual).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected != actual {
        let diff = similar::TextDiff::from_lines(&expected, actual);
        panic!("{name} differs; UPDATE_SNAPSHOTS=1 accepts it\n{}", diff.unified_diff());
    }
}
