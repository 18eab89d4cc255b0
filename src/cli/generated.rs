//! `rolecall completions` and `rolecall man`: what is made of the definitions of the arguments.

use std::fs;
use std::path::PathBuf;

use clap::{Command, CommandFactory};

use super::{Cli, Status, error, print, say};

/// Print the completions of a shell: put them where it looks for them.
#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Print a page of the manual.
#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// The command that it is about [default: the program].
    command: Option<String>,
    /// Write the pages of all commands into this folder instead.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    all: Option<PathBuf>,
}

pub(super) fn completions(args: &Completions) -> Status {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut script);
    print(&script, Status::Clean)
}

pub(super) fn man(args: &Man) -> Status {
    let Some(folder) = &args.all else {
        let command = match about(args.command.as_deref()) {
            Ok(command) => command,
            Err(message) => {
                error(message);
                return Status::Failed;
            }
        };
        let mut page = Vec::new();
        return match clap_mangen::Man::new(command).render(&mut page) {
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

/// The command of a name, or the program; else which names there are.
fn about(name: Option<&str>) -> Result<Command, String> {
    // As `generate_to` does it, so that a page says the same wherever it comes from.
    let mut program = Cli::command().disable_help_subcommand(true);
    let Some(name) = name else { return Ok(program) };
    program.build();
    let unknown = || {
        let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
        format!("'{name}' is no command; there are {}", names.join(", "))
    };
    program.find_subcommand(name).cloned().ok_or_else(unknown)
}

fn failed(failure: &dyn std::fmt::Display) -> Status {
    error(format_args!("cannot write the manual: {failure}"));
    Status::Failed
}
