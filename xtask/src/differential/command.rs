//! The arguments of `cargo xtask differential`, and what it prints.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the person who started it")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::points::Engine;
use super::{Run, compare, faults, target};

/// How often a run says how far it is.
const INTERVAL: Duration = Duration::from_secs(15);

/// Runs what the arguments ask for.
///
/// # Errors
/// Where the arguments are not understood, an engine cannot be had, or an engine and we disagree.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask lies in no workspace")?;
    if let ["--table"] = arguments {
        let faults = faults::read(root)?;
        println!("{}\n{}", faults::table(&faults), faults::reproducers(&faults));
        return Ok(());
    }
    let (run, only_faults) = options(arguments, root)?;
    for engine in &run.engines {
        eprintln!("installing {} {}", engine.name(), engine.version(root)?);
        engine.install(root, &target(root))?;
    }
    if only_faults {
        let all_shown = faults::show(root, &run.engines, &mut |line| println!("{line}"))?;
        return if all_shown { Ok(()) } else { Err("a fault of the list is not shown by its pair".to_owned()) };
    }
    let mut is_clean = true;
    for engine in &run.engines {
        let said = Mutex::new(Instant::now());
        let progress = |done: usize| {
            let Ok(mut said) = said.try_lock() else { return };
            if said.elapsed() >= INTERVAL {
                eprintln!("{}: {done} of {} pairs", engine.name(), run.pairs);
                *said = Instant::now();
            }
        };
        let outcome = compare(&run, *engine, &progress)?;
        outcome.shown.iter().for_each(|line| println!("{line}"));
        println!("{}", outcome.summary(&format!("{} {}, seed {}", engine.name(), engine.version(root)?, run.seed)));
        is_clean &= outcome.is_clean();
    }
    if is_clean { Ok(()) } else { Err("an engine disagrees".to_owned()) }
}

fn options(arguments: &[&str], root: &Path) -> Result<(Run, bool), String> {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let root = PathBuf::from(root);
    let mut run = Run { pairs: 20_000, seed: 1, engines: Engine::ALL.to_vec(), jobs, root };
    let mut only_faults = false;
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        if *name == "--faults" {
            only_faults = true;
            continue;
        }
        let value = rest.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.replace('_', "").parse::<u64>().map_err(|error| format!("{name} {value}: {error}"));
        match *name {
            "--pairs" => run.pairs = usize::try_from(number()?).map_err(|error| error.to_string())?,
            "--seed" => run.seed = number()?,
            "--jobs" => run.jobs = usize::try_from(number()?).map_err(|error| error.to_string())?,
            "--engine" => run.engines = vec![Engine::parse(value).ok_or_else(|| format!("no engine {value}"))?],
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok((run, only_faults))
}
