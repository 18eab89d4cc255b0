//! `rolecall eval`.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

use super::{Status, error};
use crate::run::{EvalError, Evaluated, eval};

/// Evaluate policies for requests, one JSON object a line; answers come in the same order.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file with a policy and a request a line; `-` is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Number of threads [default: number of cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

/// Bytes that one read may give.
const BUFFER: usize = 1 << 20;

pub(super) fn run(args: &Args) -> Status {
    let from: Box<dyn Read> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        match File::open(&args.file) {
            Ok(file) => Box::new(file),
            Err(failure) => {
                error(format_args!("cannot read {}: {failure}", args.file.display()));
                return Status::Failed;
            }
        }
    };
    let mut questions = BufReader::with_capacity(BUFFER, from);
    match eval(&mut questions, &mut io::stdout().lock(), args.threads.map(usize::from)) {
        Ok(Evaluated { faults: 0, unexpected: 0, .. }) => Status::Clean,
        Ok(Evaluated { faults: 0, .. }) => Status::Findings,
        Ok(_) => Status::Failed,
        // A reader that went away has what it wanted.
        Err(EvalError::Write(failure)) if failure.kind() == io::ErrorKind::BrokenPipe => Status::Clean,
        Err(EvalError::Write(failure)) => {
            error(format_args!("cannot write to standard output: {failure}"));
            Status::Failed
        }
        Err(EvalError::Read(failure)) => {
            error(format_args!("cannot read {}: {failure}", args.file.display()));
            Status::Failed
        }
        Err(EvalError::Threads(failure)) => {
            error(failure);
            Status::Failed
        }
    }
}
