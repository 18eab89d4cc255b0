//! `rolecall eval`.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use super::{Status, error, say};
use crate::finding;
use crate::policy::Policy;
use crate::run::{EvalError, Evaluated, eval, policy_of, reason};

/// Evaluate policies for requests, one JSON object a line; answers come in the same order.
#[derive(Debug, clap::Args)]
#[command(after_help = "Use --help for the fields of a line, an example and the exit statuses.", after_long_help = HELP)]
pub(super) struct Args {
    /// Files with a policy and a request a line; `-` is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<PathBuf>,
    /// A JSON file with the policy for lines without one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Number of threads [default: number of cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Say nothing on standard error but what went wrong.
    #[arg(short, long)]
    quiet: bool,
}

/// What `--help` says below the options.
const HELP: &str = r#"A line is one JSON object:
  policy     a policy document; --policy has it for lines without one
  principal  who asks: {"type": "AWS", "value": "arn:aws:iam::111122223333:role/app"}; other types
             are Service, Federated and CanonicalUser
  action     for what: "s3:GetObject"
  resource   on what: an ARN; may be left out
  context    condition keys and their values; may be left out
  expect     Allow, Deny or Unknown makes the line a test; may be left out
  id         the answer has it again; may be left out

Example:
  echo '{"principal": {"type": "AWS", "value": "111122223333"}, "action": "s3:PutObject"}' |
    rolecall eval --policy policy.json

Exit status:
  0  every line has an answer, and every test passes
  1  a test fails
  2  a line or a file could not be read

docs/evaluator.md says what is evaluated, and what is decided where AWS's guides say nothing."#;

/// Bytes that one read may give.
const BUFFER: usize = 1 << 20;

/// What came of one file.
enum Done {
    Lines(Evaluated),
    /// The reader of the answers went away: it has what it wanted.
    Enough,
    Failed,
}

pub(super) fn run(args: &Args) -> Status {
    let policy = match args.policy.as_deref().map(given).transpose() {
        Ok(policy) => policy,
        Err(message) => {
            error(message);
            return Status::Failed;
        }
    };
    let (mut total, mut status) = (Evaluated::default(), Status::Clean);
    for file in &args.files {
        match answer(file, args, policy.as_ref()) {
            Done::Lines(one) => {
                if !args.quiet {
                    name(file, &one);
                }
                total.answers += one.answers;
                total.tests += one.tests;
                total.unexpected += one.unexpected;
                total.faults += one.faults;
            }
            Done::Enough => return Status::Clean,
            Done::Failed => status = Status::Failed,
        }
    }
    if !args.quiet && total.answers > 0 {
        tell(&summary(&total));
    }
    match total {
        _ if status == Status::Failed => Status::Failed,
        Evaluated { faults: 0, unexpected: 0, .. } => Status::Clean,
        Evaluated { faults: 0, .. } => Status::Findings,
        _ => Status::Failed,
    }
}

/// The policy for lines without one.
fn given(file: &Path) -> Result<Policy, String> {
    let opened = File::open(file).map_err(|failure| cannot_read(file, &failure))?;
    policy_of(&mut BufReader::new(opened)).map_err(|message| format!("{}: {message}", file.display()))
}

fn cannot_read(file: &Path, failure: &io::Error) -> String {
    format!("cannot read {}: {}", file.display(), reason(failure))
}

fn answer(file: &Path, args: &Args, policy: Option<&Policy>) -> Done {
    let from: Box<dyn Read> = if file.as_os_str() == "-" {
        if io::stdin().is_terminal() && !args.quiet {
            tell("reading questions from standard input, a JSON object a line");
        }
        Box::new(io::stdin().lock())
    } else {
        match File::open(file) {
            Ok(file) => Box::new(file),
            Err(failure) => {
                error(cannot_read(file, &failure));
                return Done::Failed;
            }
        }
    };
    let mut questions = BufReader::with_capacity(BUFFER, from);
    match eval(&mut questions, &mut io::stdout().lock(), args.threads.map(usize::from), policy) {
        Ok(evaluated) => return Done::Lines(evaluated),
        Err(EvalError::Write(failure)) if failure.kind() == io::ErrorKind::BrokenPipe => return Done::Enough,
        Err(EvalError::Write(failure)) => error(format_args!("cannot write to standard output: {}", reason(&failure))),
        Err(EvalError::Read(failure)) => error(cannot_read(file, &failure)),
        Err(EvalError::Threads(failure)) => error(failure),
    }
    Done::Failed
}

/// The lines of a file that failed, and that it has none.
fn name(file: &Path, done: &Evaluated) {
    let shown = if file.as_os_str() == "-" { "standard input".into() } else { file.display().to_string() };
    if done.answers == 0 {
        say("note", &format!("{shown} has no line to answer"));
    }
    for (line, what) in &done.named {
        tell(&format!("{shown}:{line}: {what}"));
    }
    let more = done.faults + done.unexpected - done.named.len();
    if more > 0 {
        tell(&format!("{shown}: and {more} more"));
    }
}

/// Says what is neither a fault nor a warning.
fn tell(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", finding::visible(message));
}

/// All lines in numbers.
fn summary(total: &Evaluated) -> String {
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (lines, tests) = (many(total.answers, "line"), many(total.tests, "test"));
    format!("{lines}, {tests}, {} failed, {} unreadable", total.unexpected, total.faults)
}
