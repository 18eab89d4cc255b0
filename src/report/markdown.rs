//! Markdown for a comment on a pull request, or the summary of a job: a table, then each finding with its proof.

use std::fmt::Write as _;
use std::io::{Result, Write};

use super::Options;
use super::escape::screen_safe;
use super::json::request_of;
use super::paint::Paint;
use super::spot::{Shown, beside};
use super::summary;
use super::words::{TEXT, cut, headline, lines, proof};
use crate::checks::rule;
use crate::finding::{Applicability, Finding, Outcome, Severity};

/// Bytes that a report may have: GitHub takes 65,536 characters for a comment.
const MOST: usize = 60_000;
/// Rows of the table.
const ROWS: usize = 100;

/// Writes the report.
pub(super) fn write(outcome: &Outcome, options: &Options<'_>, out: &mut dyn Write) -> Result<()> {
    let mut text = String::new();
    let found = summary::most_severe(&outcome.findings);
    let title = if found.is_empty() { "no findings".to_owned() } else { counted(outcome) };
    let _ = writeln!(text, "### rolecall: {title}\n");
    table(outcome, &found, &mut text);
    let mut left = 0;
    for finding in &found {
        let details = details(outcome, finding);
        // What follows must fit, too.
        if left > 0 || text.len() + details.len() > MOST {
            left += 1;
        } else {
            text += &details;
        }
    }
    if left > 0 {
        let _ = writeln!(text, "Of {left} more findings the details do not fit here.\n");
    }
    let line = summary::line(outcome, options.elapsed, Paint { color: false });
    let _ = writeln!(text, "<sub>{}</sub>", prose(&line));
    out.write_all(text.as_bytes())
}

/// `1 error, 2 warnings`.
fn counted(outcome: &Outcome) -> String {
    let of = |severity, one: &str, many: &str| match summary::count(outcome, severity) {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let parts = [
        of(Severity::Error, "error", "errors"),
        of(Severity::Warning, "warning", "warnings"),
        of(Severity::Info, "info", "info"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn table(outcome: &Outcome, found: &[&Finding], text: &mut String) {
    if found.is_empty() {
        return;
    }
    *text += "| | rule | where | what |\n|---|---|---|---|\n";
    for finding in found.iter().take(ROWS) {
        let at = Shown::of(outcome, finding);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            mark(finding.severity),
            finding.rule,
            code(&format!("{}:{}", at.path, at.line)),
            prose(&headline(finding))
        );
    }
    if found.len() > ROWS {
        let _ = writeln!(text, "| | | | and {} more |", found.len() - ROWS);
    }
    text.push('\n');
}

fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "🔴 error",
        Severity::Warning => "🟠 warning",
        Severity::Info => "🔵 info",
    }
}

/// One finding to unfold.
fn details(outcome: &Outcome, finding: &Finding) -> String {
    let at = Shown::of(outcome, finding);
    let mut text = format!(
        "<details>\n<summary><b>{}</b> {}</summary>\n\n{}\n\n",
        finding.rule,
        prose(&headline(finding)),
        code(&at.text())
    );
    let primary = cut(&finding.primary.message, TEXT);
    if !primary.is_empty() {
        let _ = writeln!(text, "{}\n", prose(&primary));
    }
    for beside in beside(outcome, finding) {
        let _ = writeln!(text, "- {}", prose(&beside));
    }
    if !finding.related.is_empty() {
        text.push('\n');
    }
    if let Some(told) = finding.witness.as_deref() {
        if let Some(story) = proof(told) {
            let _ = writeln!(text, "**Proof:** {}\n", prose(&story));
        }
        let request = serde_json::to_string_pretty(&request_of(told)).unwrap_or_default();
        text += &block("json", &screen_safe(&request));
    }
    help(finding, &mut text);
    if let Some(name) = rule(finding.rule).map(|rule| rule.name) {
        let _ = writeln!(text, "<sub>{name}: <code>rolecall explain {}</code></sub>\n", finding.rule);
    }
    text + "</details>\n\n"
}

fn help(finding: &Finding, text: &mut String) {
    let help = lines(&finding.help);
    if let Some((first, rest)) = help.split_first() {
        let _ = writeln!(text, "**Help:** {}\n", prose(first));
        if !rest.is_empty() {
            *text += &block("", &rest.join("\n"));
        }
    }
    if let Some(fix) = finding.promised_fix().filter(|fix| !fix.edits.is_empty()) {
        let option = if fix.applicability == Applicability::Safe { "--fix" } else { "--fix=offer" };
        let _ = writeln!(text, "<code>rolecall check {option}</code> can do this.\n");
    }
}

/// A block of code, with a fence that is longer than any within.
fn block(language: &str, code: &str) -> String {
    let mut longest = 2;
    let mut run = 0;
    for c in code.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence}{language}\n{code}\n{fence}\n\n")
}

/// A name as code: mentions and links mean nothing there.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text, false))
}

/// A text as nothing but text: no markup, no link, nobody mentioned.
fn prose(text: &str) -> String {
    escaped(text, true)
}

fn escaped(text: &str, mentions: bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in cut(text, usize::MAX).chars() {
        // A line that begins with these is an item of a list or the line below a heading.
        let begins = safe.bytes().all(|byte| byte.is_ascii_digit());
        match c {
            '-' | '+' | '=' | '.' | ')' if begins => push_entity(&mut safe, c),
            // A mention is looked for in what is shown, and `https://` is a link without any markup: a comment
            // parts them.
            '@' | '#' | ':' if mentions => {
                push_entity(&mut safe, c);
                safe += NOTHING;
            }
            '.' if mentions && ends_with_www(&safe) => {
                safe.push(c);
                safe += NOTHING;
            }
            '&' | '<' | '>' | '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '~' | '|' | '^' | '$' | '@' => {
                push_entity(&mut safe, c);
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Nothing that is seen.
const NOTHING: &str = "<!-- -->";

fn push_entity(safe: &mut String, c: char) {
    let _ = write!(safe, "&#{};", u32::from(c));
}

fn ends_with_www(text: &str) -> bool {
    text.len() >= 3 && text.as_bytes()[text.len() - 3..].eq_ignore_ascii_case(b"www")
}
