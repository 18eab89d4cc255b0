//! How wide a terminal is.

use std::io::{self, IsTerminal};

use crate::report;

/// The narrowest and the widest text for a terminal: what is very narrow holds no drawing, and what is very wide nobody
/// reads.
const LEAST: usize = 40;
const MOST: usize = 120;

/// Columns of the terminal that reads standard output; else those of a page.
pub(super) fn of_report() -> usize {
    let page = report::Options::default().width;
    if io::stdout().is_terminal() { of_terminal().unwrap_or(page) } else { page }
}

/// Columns of the terminal that reads standard error; nothing where none does: a line of a log stays whole.
pub(super) fn of_messages() -> Option<usize> {
    if io::stderr().is_terminal() { of_terminal() } else { None }
}

/// As `COLUMNS` or the terminal itself says.
fn of_terminal() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let own = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let columns = said.filter(|columns| *columns > 0).or_else(own).filter(|columns| *columns > 0);
    columns.map(|columns| columns.clamp(LEAST, MOST))
}
