//! Whether to use colours.

use std::env;
use std::io::{self, IsTerminal};

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless the environment says otherwise.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// Whether standard output gets colours: the option, then `NO_COLOR`, then `CLICOLOR_FORCE`,
    /// then whether it is a terminal.
    pub(super) fn on_stdout(self) -> bool {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced = env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if set("NO_COLOR") => false,
            Self::Auto => forced || (io::stdout().is_terminal() && !dumb),
        }
    }
}
