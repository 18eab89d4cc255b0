//! `rolecall init`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::{Status, error, print, say};
use crate::run::reason;
use crate::settings::{FILE, commented};

/// Write a rolecall.toml in which every key is described, and print what starts the check elsewhere.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Do not print the snippets for pre-commit and GitHub.
    #[arg(short, long)]
    quiet: bool,
}

/// What starts the check, and where it belongs.
const SNIPPETS: [&str; 2] = [include_str!("init/pre-commit.yaml"), include_str!("init/workflow.yml")];

pub(super) fn run(args: &Args) -> Status {
    if let Err(failure) = create(Path::new(FILE), commented().as_bytes()) {
        match failure.kind() {
            io::ErrorKind::AlreadyExists => error(format_args!("{FILE} is there already, and was left as it is")),
            _ => error(format_args!("cannot write {FILE}: {}", reason(&failure))),
        }
        return Status::Failed;
    }
    if let Some(other) = above() {
        let message = format!("{other} no longer counts for templates below this folder: two are never merged");
        say("note", &message);
    }
    if args.quiet {
        return Status::Clean;
    }
    let said = format!("# {FILE} is written, and every key is described there. What starts the check elsewhere:\n\n");
    print((said + &SNIPPETS.join("\n")).as_bytes(), Status::Clean)
}

/// The nearest configuration of the folders above, which counted until now.
fn above() -> Option<String> {
    let folder = std::env::current_dir().ok()?;
    let up = folder.ancestors().skip(1).position(|folder| folder.join(FILE).is_file())?;
    Some(format!("{}{FILE}", "../".repeat(up + 1)))
}

/// Writes a file that is not there yet, whole or not at all.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}
