//! The last line: how many findings, what was read and decided, how long it took.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use super::Options;
use super::paint::{Paint, Style};
use crate::finding::{Counts, Finding, Outcome, Severity};
use crate::source::FileId;

/// The rule on files that cannot be read.
const UNREAD: &str = "INP001";

/// How many findings of a severity there are.
pub(super) fn count(outcome: &Outcome, severity: Severity) -> usize {
    outcome.findings.iter().filter(|finding| finding.severity == severity).count()
}

/// The findings, the most severe first.
pub(super) fn most_severe(findings: &[Finding]) -> Vec<&Finding> {
    let mut found: Vec<&Finding> = findings.iter().collect();
    found.sort_by_key(|finding| Reverse(finding.severity));
    found
}

/// The line, without its end: `1 error, 2 warnings · 14 templates, 9 roles, every trust decided · 12 ms`.
pub(super) fn line(outcome: &Outcome, elapsed: Option<Duration>, paint: Paint) -> String {
    parts(outcome, elapsed, paint).join(BETWEEN)
}

/// The same on several lines where there is less room than on a page.
pub(super) fn lines(outcome: &Outcome, options: &Options<'_>, paint: Paint) -> String {
    let parts = parts(outcome, options.elapsed, paint);
    let is_narrow = options.width < Options::default().width;
    if is_narrow { in_lines(&parts, options.width) } else { parts.join(BETWEEN) }
}

fn parts(outcome: &Outcome, elapsed: Option<Duration>, paint: Paint) -> Vec<String> {
    let read = read(&outcome.counts);
    let found = found(outcome.findings.iter(), paint);
    let mut parts = match (outcome.findings.is_empty(), read) {
        (true, None) => vec![no_template(&outcome.counts).to_owned()],
        (false, None) => vec![found, no_template(&outcome.counts).to_owned()],
        (_, Some(read)) => vec![found, read],
    };
    parts.extend(unread(outcome));
    parts.extend(hidden(outcome));
    parts.extend(elapsed.map(duration));
    parts
}

const BETWEEN: &str = " · ";

/// Parts in lines of at most `width` columns; one that is longer has its own.
fn in_lines(parts: &[String], width: usize) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for part in parts {
        let columns = columns(part);
        match used {
            0 => used = columns,
            _ if used + BETWEEN.chars().count() + columns > width => {
                out.push('\n');
                used = columns;
            }
            _ => {
                out.push_str(BETWEEN);
                used += BETWEEN.chars().count() + columns;
            }
        }
        out.push_str(part);
    }
    out
}

/// The columns of a text, the codes of colours aside.
fn columns(text: &str) -> usize {
    let mut in_code = false;
    let seen = text.chars().filter(|c| {
        let is_seen = !in_code && *c != '\u{1b}';
        in_code = *c == '\u{1b}' || in_code && *c != 'm';
        is_seen
    });
    seen.count()
}

/// What to say where no template was read.
pub fn no_template(counts: &Counts) -> &'static str {
    if counts.broken > 0 { "no template could be read" } else { "no template found" }
}

/// How much is not shown since somebody said so; nothing where nothing is.
fn hidden(outcome: &Outcome) -> Option<String> {
    let (suppressed, baselined) = (outcome.count_suppressed(false), outcome.count_suppressed(true));
    let parts = [(suppressed, "suppressed"), (baselined, "in the baseline")];
    let parts: Vec<String> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}")).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What nobody looked at and no finding that is shown tells: files of which somebody said that this is not to be shown,
/// and what was found and could not be opened.
fn unread(outcome: &Outcome) -> Option<String> {
    let of_one = |finding: &Finding| (finding.rule == UNREAD).then_some(finding.primary.place.file);
    let files: BTreeSet<FileId> = outcome.suppressed.iter().filter_map(of_one).collect();
    let (read, searched) = (files.len() + outcome.counts.unread, outcome.counts.unsearched);
    let parts = [
        (read > 0).then(|| format!("{} could not be read", number(read, "file", "files"))),
        (searched > 0).then(|| format!("{} could not be searched", number(searched, "folder", "folders"))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `1 error, 2 warnings`, or `no findings`.
pub(super) fn found<'a>(findings: impl Iterator<Item = &'a Finding>, paint: Paint) -> String {
    let mut counts = [0; 3];
    findings.for_each(|finding| counts[finding.severity as usize] += 1);
    let names = [(Severity::Error, "errors"), (Severity::Warning, "warnings"), (Severity::Info, "info")];
    let parts: Vec<String> = names
        .into_iter()
        .map(|(severity, plural)| (severity, counts[severity as usize], plural))
        .filter(|(_, count, _)| *count > 0)
        .map(|(severity, count, plural)| paint.text(Style::Severity(severity), &number(count, severity.name(), plural)))
        .collect();
    if parts.is_empty() { paint.text(Style::Help, "no findings") } else { parts.join(", ") }
}

/// What was read; nothing where there was nothing to read.
fn read(counts: &Counts) -> Option<String> {
    let inputs = match (counts.templates, counts.roles) {
        (0, 0) => return None,
        (0, _) => number(counts.files, "file", "files"),
        (templates, _) => number(templates, "template", "templates"),
    };
    let unexpanded =
        (counts.unexpanded > 0).then(|| number(counts.unexpanded, "part not expanded", "parts not expanded"));
    if counts.roles == 0 {
        let parts = [Some(inputs), Some("no role".to_owned()), unexpanded];
        return Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }
    let mut parts = vec![inputs, number(counts.roles, "role", "roles")];
    parts.push(match counts.trusts_undecided {
        0 => "every trust decided".to_owned(),
        _ => share(counts.trusts_decided, counts.trusts_undecided, "trusts"),
    });
    if counts.mappings_undecided > 0 {
        parts.push(share(counts.mappings_decided, counts.mappings_undecided, "role mappings"));
    }
    parts.extend(unexpanded);
    Some(parts.join(", "))
}

/// `12 of 14 trusts decided`.
fn share(decided: usize, undecided: usize, of: &str) -> String {
    format!("{decided} of {} {of} decided", decided + undecided)
}

fn number(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn duration(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        0 => "1 ms".to_owned(),
        milliseconds @ 1..1000 => format!("{milliseconds} ms"),
        _ => format!("{:.1} s", elapsed.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::in_lines;

    #[test]
    fn parts_stay_whole_in_a_narrow_terminal() {
        let parts = ["\u{1b}[1m1 error\u{1b}[0m", "2 templates, 3 roles", "12 ms"].map(str::to_owned);
        assert_eq!(in_lines(&parts, 30), "\u{1b}[1m1 error\u{1b}[0m · 2 templates, 3 roles\n12 ms");
        assert_eq!(in_lines(&parts, 10), "\u{1b}[1m1 error\u{1b}[0m\n2 templates, 3 roles\n12 ms");
    }
}
