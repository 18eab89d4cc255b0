//! `check --fix` and `check --diff`: what becomes of the files that fixes change.

use std::fs;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::{Color, Status, error, files, print, say, warning};
use crate::finding::{Applicability, By, Finding, Outcome, Status as Decided, visible};
use crate::run::{Mended, MendedFile, reason};

/// Prints the changes or makes them, and says what came of them; `outcome` is what is still found.
pub(super) fn finish(
    diff: bool,
    most: Applicability,
    quiet: bool,
    color: Color,
    (mended, outcome): (&Mended, &Outcome),
) -> Status {
    if !quiet && mended.files.is_empty() && mended.left.is_empty() {
        say("note", &nothing(most, outcome));
    }
    if diff {
        if let Some(message) = leads_up(&mended.files).filter(|_| !quiet) {
            say("note", &message);
        }
        mended.left.iter().for_each(warning);
        let text: String = mended.files.iter().map(|file| unified(file, color.on_stdout())).collect();
        return print(text.as_bytes(), Status::Clean);
    }
    let (written, unwritten): (Vec<_>, Vec<_>) = mended.files.iter().partition(|file| {
        let done = write(file);
        done.as_ref().err().into_iter().for_each(error);
        done.is_ok()
    });
    mended.left.iter().for_each(warning);
    if let Some(message) = done(&written, &unwritten).filter(|_| !quiet) {
        say("fixed", &message);
    }
    if unwritten.is_empty() { Status::Clean } else { Status::Failed }
}

/// What was fixed, and what was not since its file could not be written; nothing where nothing was written.
fn done(written: &[&MendedFile], unwritten: &[&MendedFile]) -> Option<String> {
    let fixed = |files: &[&MendedFile]| files.iter().map(|file| file.fixed).sum::<usize>();
    if fixed(written) == 0 {
        return None;
    }
    let (findings, files) = (number(fixed(written), "finding"), number(written.len(), "file"));
    let left = match unwritten.len() {
        0 => String::new(),
        count => format!("; {} more in {}, not written", fixed(unwritten), number(count, "file")),
    };
    Some(format!("{findings} in {files}{left}"))
}

/// What to do where a path of the diff leads up, which git refuses.
fn leads_up(files: &[MendedFile]) -> Option<String> {
    let steps = |file: &&MendedFile| file.shown.split('/').take_while(|part| *part == "..").count();
    let file = files.iter().max_by_key(steps).filter(|file| steps(file) > 0)?;
    let folder = vec![".."; steps(&file)].join("/");
    Some(format!("git apply takes no path that leads up, such as {}: start the check and git in {folder}", file.shown))
}

/// Why nothing is fixed, and what could be.
fn nothing(most: Applicability, outcome: &Outcome) -> String {
    let can = |findings: &[Finding], is_counted: &dyn Fn(&Finding) -> bool| {
        let can = findings.iter().filter(|finding| finding.fix.is_some() && finding.status == Decided::Definite);
        can.filter(|finding| is_counted(finding)).count()
    };
    let offered = can(&outcome.findings, &|finding| finding.fix.as_deref().is_some_and(|fix| fix.applicability > most));
    let known = |finding: &Finding| finding.suppressed.as_deref().is_some_and(|told| told.by == By::Baseline);
    let known = can(&outcome.suppressed, &known);
    let mut said = match offered {
        0 => "nothing to fix".to_owned(),
        count => format!("nothing safe to fix; {count} more with --fix=offer"),
    };
    if known > 0 {
        let are = if known == 1 { "is" } else { "are" };
        said += &format!("; {known} that can be fixed {are} in the baseline");
    }
    said
}

fn number(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Replaces a file, unless somebody changed it since it was read.
fn write(file: &MendedFile) -> Result<(), String> {
    let cannot = |why: &str| format!("cannot fix {}: {why}", file.shown);
    let now = fs::read(&file.path).map_err(|failure| cannot(&reason(&failure)))?;
    if now != file.before.as_bytes() {
        return Err(cannot("it was changed meanwhile, and is left as it is"));
    }
    if fs::metadata(&file.path).is_ok_and(|metadata| metadata.permissions().readonly()) {
        return Err(cannot("it is read-only"));
    }
    let content: [(&Path, Vec<u8>); 1] = [(&file.path, file.after.clone().into_bytes())];
    files::write_all(&content).map_err(|(_, failure)| cannot(&reason(&failure)))
}

/// A unified diff that `git apply` takes; with colours for people, so that no byte of a template reaches a terminal
/// as it is.
fn unified(file: &MendedFile, color: bool) -> String {
    let diff = TextDiff::from_lines(&*file.before, file.after.as_str());
    let path = file.shown.trim_start_matches('/');
    let (old, new) = (format!("a/{path}"), format!("b/{path}"));
    if !color {
        return diff.unified_diff().context_radius(3).header(&old, &new).to_string();
    }
    let mut out = format!("\u{1b}[1m--- {}\n+++ {}\u{1b}[0m\n", visible(&old), visible(&new));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        out += &format!("\u{1b}[36m{}\u{1b}[0m\n", hunk.header());
        for change in hunk.iter_changes() {
            let line = visible(change.value().trim_end_matches(['\r', '\n']));
            out += &match change.tag() {
                ChangeTag::Equal => format!(" {line}\n"),
                ChangeTag::Delete => format!("\u{1b}[31m-{line}\u{1b}[0m\n"),
                ChangeTag::Insert => format!("\u{1b}[32m+{line}\u{1b}[0m\n"),
            };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_file_is_not_fixed_is_said_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone/a.yaml");
        let file = MendedFile { path, shown: "a.yaml".to_owned(), before: "".into(), after: String::new(), fixed: 1 };
        assert_eq!(write(&file), Err("cannot fix a.yaml: no such file or directory".to_owned()));
    }
}
