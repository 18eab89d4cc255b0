//! `rolecall completions` and `rolecall man`: what is made of the definitions of the arguments.

use std::fs;
use std::path::PathBuf;

use clap::CommandFactory;

use super::{Cli, Status, error, print, say};

/// Print the completions of a shell: put them where it looks for them.
#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Print the manual page.
#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// Write the pages of all commands into this folder instead.
    #[arg(long, value_name = "DIR")]
    all: Option<PathBuf>,
}

pub(super) fn completions(args: &Completions) -> Status {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut script);
    print(&script, Status::Clean)
}

pub(super) fn man(args: &Man) -> Status {
    let Some(folder) = &args.all else {
        let mut page = Vec::new();
        return match clap_mangen::Man::new(Cli::command()).render(&mut page) {
            Ok(()) => print(&page, Status::Clean),
            Err(failure) => failed(&failure),
        };
    };
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    match written {
        Ok(()) => {
            say("written", &format!("manual pages in {}", folder.display()));
            Status::Clean
        }
        Err(failure) => failed(&format!("{}: {failure}", folder.display())),
    }
}

fn failed(failure: &dyn std::fmt::Display) -> Status {
    error(format_args!("cannot write the manual: {failure}"));
    Status::Failed
}
