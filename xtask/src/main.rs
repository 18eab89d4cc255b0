//! Development tasks, run by `cargo xtask NAME`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the person who started it")]

use std::path::Path;
use std::process::{Command, ExitCode};

use xtask::dependencies::{self, Rules};
use xtask::differential;
use xtask::{plant, refresh, sam, trial};

const USAGE: &str = "usage: cargo xtask dependencies
       cargo xtask differential [--pairs N] [--seed S] [--engine NAME] [--jobs N]
       cargo xtask differential --faults|--table
       cargo xtask plant [FAULT]...
       cargo xtask refresh-data
       cargo xtask sam --cases DIR
       cargo xtask sam-tables SOURCE COMMIT DATE
       cargo xtask try [cargo|wheel|npm|cdk|pre-commit|workflows|sarif]...";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["dependencies"] => check_dependencies(),
        ["differential", options @ ..] => differential::command::run(options),
        ["plant", names @ ..] => plant_faults(names),
        ["refresh-data"] => refresh_data(),
        ["sam", "--cases", folder] => compare_sam(folder),
        ["sam-tables", source, commit, date] => write_sam_tables(source, commit, date),
        ["try", names @ ..] => try_packages(names),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Holds the dependencies, as cargo resolved them, against `deny.toml`.
fn check_dependencies() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask lies in no workspace")?;
    let lists = std::fs::read_to_string(root.join("deny.toml")).map_err(|error| format!("deny.toml: {error}"))?;
    let rules = Rules::read(&lists)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version=1", "--locked", "--all-features"]).current_dir(root);
    let output = command.output().map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let report = dependencies::check(&metadata, &rules)?;
    report.warnings.iter().for_each(|warning| println!("warning: {warning}"));
    report.errors.iter().for_each(|error| println!("error: {error}"));
    println!("{} packages, {} of them in the program", report.packages, report.in_program);
    if report.errors.is_empty() { Ok(()) } else { Err("a dependency breaks a rule of deny.toml".to_owned()) }
}

/// Plants faults in the evaluator and sees which tests catch them.
fn plant_faults(names: &[&str]) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask lies in no workspace")?;
    plant::run(root, names, &mut |line| println!("{line}"))
}

/// Makes anew what packages of a registry provide.
fn refresh_data() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask lies in no workspace")?;
    refresh::run(&root.join("data"))?.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// Builds and installs the packages, and runs what they are made for.
fn try_packages(names: &[&str]) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask lies in no workspace")?;
    trial::run(root, names, &mut |line| println!("{line}"))
}

/// Compares our expansion with the outputs that the transform's tests expect.
fn compare_sam(folder: &str) -> Result<(), String> {
    let outcome = sam::cases::compare(Path::new(folder))?;
    outcome.differences.iter().for_each(|difference| println!("{difference}"));
    println!("{}", outcome.summary());
    Ok(())
}

/// Condenses the tables of the SAM transform into `data`.
fn write_sam_tables(source: &str, commit: &str, date: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask lies in no workspace")?;
    let origin = sam::tables::Origin { commit: commit.to_owned(), date: date.to_owned() };
    sam::tables::write(Path::new(source), &root.join("data"), &origin)
}
