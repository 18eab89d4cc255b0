//! `rolecall check`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgMatches, ValueEnum};

use super::progress::Bar;
use super::{Color, Status, error, print, warning};
use super::{columns, files, fix};
use crate::finding::{Applicability, Date, NoteKind, Outcome, Severity};
use crate::report::{self, Format};
use crate::run::{self, Inputs, Mended, Options, Run, Selection, Stdin, reason};
use crate::settings::{Environment, FailOn};

/// Check templates, folders and CDK output.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files and folders; `-` reads one template from standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Format of the report; may be given again, each with its own `--output`.
    #[arg(short, long, value_name = "FORMAT", value_parser = formats())]
    format: Vec<Format>,
    /// Write the report of the `--format` before it to a file.
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Run only these rules: ids, names or groups, with commas between them; of a rule that is named by itself also
    /// its info findings are shown.
    #[arg(long, value_name = "RULES")]
    select: Vec<String>,
    /// Leave these rules out.
    #[arg(long, value_name = "RULES")]
    ignore: Vec<String>,
    /// The lowest severity that is shown [default: warning].
    #[arg(long, value_name = "SEVERITY")]
    min_severity: Option<Level>,
    /// The lowest severity that makes the exit status 1 [default: error, or what rolecall.toml says].
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on())]
    fail_on: Option<FailOn>,
    /// Also show what holds only for some values of what is unknown.
    #[arg(long)]
    show_possible: bool,
    /// Also name the trust policies and role mappings of which a part is unknown, and what is missing.
    #[arg(long)]
    show_undecided: bool,
    /// Use this configuration, in place of the nearest rolecall.toml above each template.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Findings that were there before and do not count, as written by --write-baseline.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found to a baseline: from then on only what is new counts.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "diff"])]
    write_baseline: Option<PathBuf>,
    /// Values of parameters: a map, the list of the AWS command line, or a template configuration; may be
    /// given again, and the later file wins.
    #[arg(long, value_name = "FILE")]
    parameters: Vec<PathBuf>,
    /// The Region of stacks that do not name their own.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The account of stacks that do not name their own.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// The partition of stacks whose Region is not known.
    #[arg(long, value_name = "PARTITION")]
    partition: Option<String>,
    /// Make the fixes that are safe; with `offer` also those that somebody should look at.
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "safe")]
    fix: Option<Which>,
    /// Print what --fix would change, as a unified diff, and write nothing.
    #[arg(long)]
    diff: bool,
    /// Leave out what this glob matches, from the working directory; may be given again.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Also read what .gitignore hides.
    #[arg(long)]
    no_gitignore: bool,
    /// The folder of the CDK app's sources, for outputs made elsewhere [default: that of its cdk.json].
    #[arg(long, value_name = "DIR")]
    source_root: Option<PathBuf>,
    /// Number of threads [default: number of cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Print findings only, no summary and no notes.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Also say why files were passed over and which references left the run.
    #[arg(short, long)]
    verbose: bool,
    /// The path to show for standard input.
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    Error,
    Warning,
    Info,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// What nobody has to think about.
    Safe,
    /// Also what somebody should look at.
    Offer,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let names = PossibleValuesParser::new(Format::ALL.map(Format::name));
    names.try_map(|name| Format::parse(&name).ok_or("not a format"))
}

fn fail_on() -> impl TypedValueParser<Value = FailOn> {
    PossibleValuesParser::new(FailOn::NAMES).try_map(|name| FailOn::parse(&name).ok_or("not a severity"))
}

/// A report that was asked for; without a file it goes to standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    format: Format,
    file: Option<PathBuf>,
}

pub(super) fn run(args: &Args, matches: &ArgMatches) -> Status {
    let started = Instant::now();
    let (mut asked, mut run, mended) = match done(args, matches) {
        Ok(done) => done,
        Err(messages) => {
            messages.iter().for_each(error);
            return Status::Failed;
        }
    };
    run.failures.iter().for_each(error);
    let is_word = |path: &&PathBuf| ["offer", "safe"].iter().any(|word| path.as_os_str() == *word) && !path.exists();
    if let Some(word) = args.paths.iter().find(is_word).filter(|_| args.fix.is_some()) {
        super::say("note", &format!("did you mean --fix={}?", word.display()));
    }
    // Also where little is asked for: what was not looked at is not clean.
    run.warnings.iter().for_each(warning);
    let fail_on = args.fail_on.or(run.fail_on).unwrap_or(FailOn::Severity(Severity::Error));
    let status = if run.failures.is_empty() { status(&run.outcome, fail_on) } else { Status::Failed };
    let Some(mended) = mended else { return deliver(args, &asked.wanted, &run, started.elapsed(), status) };
    let made = fix::finish(args.diff, most(args), args.quiet, args.color, (&mended, &run.outcome));
    let status = status.max(made);
    if made == Status::Failed && !args.diff {
        run = stored(&asked).unwrap_or(run);
    }
    // The diff is all that a pipe to `git apply` may see.
    if args.diff {
        if let Some(left) = asked.wanted.iter().find(|one| one.file.is_none()).filter(|_| !args.format.is_empty()) {
            warning(format_args!("-f {} is not printed beside --diff; give it a file with -o", left.format.name()));
        }
        asked.wanted.retain(|one| one.file.is_some());
    }
    deliver(args, &asked.wanted, &run, started.elapsed(), status)
}

/// What is to be checked, and how, and the reports that are wanted.
struct Asked {
    wanted: Vec<Wanted>,
    inputs: Inputs,
    options: Options,
}

/// What was asked for and what came of it; or why nothing did. Until then nothing is written.
fn done(args: &Args, matches: &ArgMatches) -> Result<(Asked, Run, Option<Mended>), Vec<String>> {
    let wanted = wanted(args, matches).map_err(one)?;
    let reports: Vec<&Path> = wanted.iter().filter_map(|one| one.file.as_deref()).collect();
    files::are_apart(&reports, args.write_baseline.as_deref()).map_err(one)?;
    let (inputs, options) = asked(args)?;
    let (run, mended) = checked(args, &inputs, &options)?;
    files::spare(&reports, &run.read).map_err(one)?;
    Ok((Asked { wanted, inputs, options }, run, mended))
}

/// A run over the files as they are stored: what could not be written is still found.
fn stored(asked: &Asked) -> Option<Run> {
    let run = run::check(&asked.inputs, &asked.options);
    run.map_err(|failure| failure.messages().iter().for_each(error)).ok()
}

fn one(message: String) -> Vec<String> {
    vec![message]
}

/// What the options ask for; or what is wrong with them.
fn asked(args: &Args) -> Result<(Inputs, Options), Vec<String>> {
    let mut selection = Selection::parse(&args.select, &args.ignore).map_err(|error| one(error.to_string()))?;
    let (region, account, partition) = (args.region.as_deref(), args.account.as_deref(), args.partition.as_deref());
    let environment = Environment::new(region, account, partition).map_err(one)?;
    selection.min_severity = args.min_severity.map(|level| match level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Info => Severity::Info,
    });
    selection.show_possible = args.show_possible;
    let (stdin, paths): (Vec<_>, Vec<_>) = args.paths.iter().cloned().partition(|path| path == Path::new("-"));
    let stdin = match (stdin.is_empty(), &args.stdin_filename) {
        (true, Some(_)) => return Err(one("--stdin-filename goes with '-' as a path".to_owned())),
        (true, None) => None,
        (false, name) => Some(read_stdin(name.as_deref()).map_err(one)?),
    };
    let inputs = Inputs { paths, stdin, exclude: args.exclude.clone(), gitignore: !args.no_gitignore };
    let (source_root, config, parameters) = (args.source_root.clone(), args.config.clone(), args.parameters.clone());
    let (threads, verbose) = (args.threads.map(usize::from), args.verbose);
    let (baseline, write_baseline, today) = (args.baseline.clone(), args.write_baseline.clone(), today());
    let progress: Arc<run::Progress> = Arc::default();
    let options = Options {
        selection,
        threads,
        verbose,
        source_root,
        config,
        parameters,
        environment,
        baseline,
        write_baseline,
        today,
        progress,
    };
    Ok((inputs, options))
}

/// The run itself, and what fixes came to where they are wanted; or why there is none.
fn checked(args: &Args, inputs: &Inputs, options: &Options) -> Result<(Run, Option<Mended>), Vec<String>> {
    let _bar = Bar::new(&options.progress, args.quiet);
    let failed = |error: run::RunError| error.messages();
    if !args.diff && args.fix.is_none() {
        return run::check(inputs, options).map(|run| (run, None)).map_err(failed);
    }
    if inputs.stdin.is_some() {
        return Err(one("--fix and --diff change files, and standard input is none".to_owned()));
    }
    let mut mended = run::mend(inputs, options, most(args)).map_err(failed)?;
    // What is only shown is not mended yet.
    let run = if args.diff { run::check(inputs, options).map_err(failed)? } else { std::mem::take(&mut mended.run) };
    Ok((run, Some(mended)))
}

/// How much a fix may ask of somebody who looks at it.
fn most(args: &Args) -> Applicability {
    if args.fix == Some(Which::Offer) { Applicability::Offered } else { Applicability::Safe }
}

/// The day, in UTC; a clock that stands before 1970 has no suppression expire.
fn today() -> Date {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Date::of_unix(since.as_secs())
}

fn read_stdin(name: Option<&str>) -> Result<Stdin, String> {
    let stdin = Stdin::read(name.unwrap_or("<stdin>"), io::stdin().lock());
    stdin.map_err(|error| format!("cannot read standard input: {}", reason(&error)))
}

fn status(outcome: &Outcome, fail_on: FailOn) -> Status {
    let FailOn::Severity(lowest) = fail_on else { return Status::Clean };
    let counts = outcome.findings.iter().any(|finding| finding.severity >= lowest);
    if counts { Status::Findings } else { Status::Clean }
}

/// Which reports are wanted, by the order of the options.
fn wanted(args: &Args, matches: &ArgMatches) -> Result<Vec<Wanted>, String> {
    let indices = |name| matches.indices_of(name).into_iter().flatten();
    let formats = indices("format").zip(&args.format).map(|(at, format)| (at, *format)).collect();
    let outputs = indices("output").zip(&args.output).map(|(at, file)| (at, file.clone())).collect();
    pair(formats, outputs)
}

/// Gives each file to the format before it. Files without any format are text.
fn pair(formats: Vec<(usize, Format)>, outputs: Vec<(usize, PathBuf)>) -> Result<Vec<Wanted>, String> {
    let formats = if formats.is_empty() { vec![(0, Format::Text)] } else { formats };
    let mut wanted: Vec<Wanted> = formats.iter().map(|(_, format)| Wanted { format: *format, file: None }).collect();
    for (at, file) in outputs {
        let shown = file.display().to_string();
        let before = formats.iter().rposition(|(format, _)| *format <= at);
        let Some(before) = before else { return Err(format!("-o {shown} stands before any -f")) };
        let taken = wanted[before].file.replace(file);
        if taken.is_some() {
            return Err(format!("-o {shown} is the second file for one -f"));
        }
    }
    // `-o -` says in words what is so without it.
    for one in &mut wanted {
        one.file.take_if(|file| file == Path::new("-"));
    }
    if wanted.iter().filter(|one| one.file.is_none()).count() > 1 {
        return Err("two formats go to standard output; give one of them a file with -o".to_owned());
    }
    Ok(wanted)
}

/// Writes the files, then standard output.
fn deliver(args: &Args, wanted: &[Wanted], run: &Run, elapsed: Duration, status: Status) -> Status {
    let (mut status, outcome) = (status, &run.outcome);
    let to_file = |one: &Wanted| {
        let (color, width) = (args.color == Color::Always, report::Options::default().width);
        let bytes = rendered(args, one.format, outcome, elapsed, (color, width));
        Some((one.file.clone()?, bytes))
    };
    let contents: Vec<_> = wanted.iter().filter(|one| one.file.is_some()).filter_map(to_file).collect();
    let mut borrowed: Vec<_> = contents.iter().map(|(path, bytes)| (path.as_path(), bytes.clone())).collect();
    // Of a part of what was asked for there is no baseline.
    let baseline = run.baseline.as_ref().filter(|_| run.failures.is_empty());
    borrowed.extend(
        args.write_baseline.as_deref().zip(baseline).map(|(path, all)| (path, all.baseline.written().into_bytes())),
    );
    if let Err((path, failure)) = files::write_all(&borrowed) {
        error(format_args!("cannot write {}: {}", path.display(), reason(&failure)));
        status = Status::Failed;
    } else if let (Some(path), Some(all), false) = (&args.write_baseline, baseline, args.quiet) {
        let (count, changes) = (all.baseline.entries.len(), &all.changes);
        let findings = if count == 1 { "finding" } else { "findings" };
        super::say("note", &format!("{count} {findings} written to {}{changes}", path.display()));
    }
    let stdout = wanted.iter().find(|one| one.file.is_none());
    // The text says it in its last line.
    let says_so = stdout.is_some_and(|one| one.format == Format::Text);
    if outcome.counts.templates == 0 && !args.quiet && !says_so {
        super::say("note", report::no_template(&outcome.counts));
    }
    // These forms have a place for notes.
    let has_notes = |one: &Wanted| matches!(one.format, Format::Text | Format::Json | Format::Sarif);
    if !args.quiet && !stdout.is_some_and(has_notes) {
        let is_told = |kind| kind == NoteKind::Vanished || args.show_undecided && kind == NoteKind::Undecided;
        let notes = outcome.notes.iter().filter(|note| is_told(note.kind));
        notes.for_each(|note| super::say("note", &note.message));
    }
    match stdout {
        Some(one) => {
            print(&rendered(args, one.format, outcome, elapsed, (args.color.on_stdout(), columns::of_report())), status)
        }
        None => status,
    }
}

fn rendered(
    args: &Args,
    format: Format,
    outcome: &Outcome,
    elapsed: Duration,
    (color, width): (bool, usize),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (quiet, verbose, undecided) = (args.quiet, args.verbose, args.show_undecided);
    let elapsed = Some(elapsed);
    let options = report::Options { color, quiet, verbose, undecided, width, elapsed, ..report::Options::default() };
    if let Err(failure) = report::write(format, outcome, &options, &mut bytes) {
        error(format_args!("cannot write the {} report: {failure}", format.name()));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(formats: &[(usize, Format)], outputs: &[(usize, &str)]) -> Result<Vec<(Format, Option<String>)>, String> {
        let outputs = outputs.iter().map(|(at, file)| (*at, PathBuf::from(file))).collect();
        let plain = |one: Wanted| (one.format, one.file.map(|file| file.display().to_string()));
        Ok(pair(formats.to_vec(), outputs)?.into_iter().map(plain).collect())
    }

    #[test]
    fn an_output_belongs_to_the_format_before_it() {
        let both = paired(&[(2, Format::Sarif), (6, Format::Text)], &[(4, "out.sarif")]);
        assert_eq!(both, Ok(vec![(Format::Sarif, Some("out.sarif".to_owned())), (Format::Text, None)]));
        assert_eq!(paired(&[], &[(2, "a")]), Ok(vec![(Format::Text, Some("a".to_owned()))]));
        assert_eq!(paired(&[], &[]), Ok(vec![(Format::Text, None)]));
        assert_eq!(paired(&[(2, Format::Json)], &[(4, "-")]), Ok(vec![(Format::Json, None)]));
    }

    #[test]
    fn what_has_no_clear_place_is_an_error() {
        assert!(paired(&[(4, Format::Json)], &[(2, "a")]).is_err());
        assert!(paired(&[(2, Format::Json)], &[(4, "a"), (6, "b")]).is_err());
        assert!(paired(&[(2, Format::Json), (4, Format::Text)], &[]).is_err());
        assert!(paired(&[], &[(2, "a"), (4, "b")]).is_err());
    }
}
