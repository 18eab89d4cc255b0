//! Arguments, environment, clock and exit status.
//!
//! Invariant: nothing is decided here about what a template means.

mod check;
mod color;
mod columns;
mod eval;
mod explain;
mod files;
mod fix;
mod generated;
mod init;
mod progress;
mod rules;
mod version;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::finding;
use crate::report;
use crate::run::reason;

use color::Color;

/// Reads CloudFormation, SAM and CDK templates and finds who can become which role, and should not.
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, disable_version_flag = true, arg_required_else_help = true)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    /// Print the version; with -v also how old the tables of AWS facts are.
    #[arg(short = 'V', long)]
    version: bool,
    /// Say more.
    #[arg(short, long, requires = "version")]
    verbose: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(Box<check::Args>),
    Completions(generated::Completions),
    Eval(eval::Args),
    Explain(explain::Args),
    Init(init::Args),
    Man(generated::Man),
    Rules(rules::Args),
}

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// It did its job, and there is nothing to report.
    Clean,
    /// It found something.
    Findings,
    /// It could not do its job.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let parsed = Cli::command().try_get_matches().and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    match parsed {
        Ok((cli, matches)) => run(cli, &matches).into(),
        Err(error) => {
            // Where nobody listens there is nothing to say; the status still tells.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}

fn run(cli: Cli, matches: &ArgMatches) -> Status {
    let Some(command) = cli.command else { return version::run(cli.verbose) };
    match command {
        Command::Check(args) => match matches.subcommand_matches("check") {
            Some(matches) => check::run(&args, matches),
            None => Status::Failed,
        },
        Command::Completions(args) => generated::completions(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Man(args) => generated::man(&args),
        Command::Rules(args) => rules::run(&args),
    }
}

/// Says what went wrong.
fn error(message: impl std::fmt::Display) {
    say("error", &message.to_string());
}

/// Says what the user ought to know.
fn warning(message: impl std::fmt::Display) {
    say("warning", &message.to_string());
}

/// Names of files and words of the command line may hold anything.
fn say(kind: &str, message: &str) {
    let text = format!("{kind}: {}", finding::visible(message));
    let text = columns::of_messages().map_or(text.clone(), |width| report::message(&text, width));
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes to standard output. A reader that went away is no failure: it has what it wanted.
fn print(bytes: &[u8], done: Status) -> Status {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(failure) if failure.kind() != io::ErrorKind::BrokenPipe => {
            error(format_args!("cannot write to standard output: {}", reason(&failure)));
            Status::Failed
        }
        _ => done,
    }
}
