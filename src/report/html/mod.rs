//! HTML for a browser: one file that asks nobody for anything, and can be read without its script.
//!
//! It is well-formed XML, too, so that tests can read it. What a template says stands between tags and in
//! quoted attributes only, never in the script.

mod entry;
mod excerpt;
mod path;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{Result, Write};

use sha2::{Digest, Sha256};

use super::escape::xml;
use super::paint::Paint;
use super::words::{PROSE, TEXT, cut};
use super::{Options, summary};
use crate::checks::rule;
use crate::finding::{Finding, Note, NoteKind, Outcome, Severity, Status};
use crate::resolve::in_base64;

/// Findings that are shown; of suppressed ones, and of notes, as many again.
const MOST: usize = 2_000;
/// Findings up to which all stand open from the start.
const OPEN: usize = 25;

const PLAIN: Paint = Paint { color: false };

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Writes the page, one finding after the other.
pub(super) fn write(outcome: &Outcome, options: &Options<'_>, out: &mut dyn Write) -> Result<()> {
    let shown = summary::most_severe(&outcome.findings);
    let shown = &shown[..shown.len().min(MOST)];
    let stacks = by_stack(outcome, shown);
    let mut page = head(outcome);
    top(outcome, options, shown, &mut page);
    contents(&stacks, &mut page);
    page += "<main id=\"findings\" tabindex=\"-1\">\n";
    let mut number = 0;
    for (at, (name, findings)) in stacks.iter().enumerate() {
        let title = counted(findings.iter().copied());
        let _ = writeln!(page, "<section class=\"stack\" aria-labelledby=\"s{at}\">");
        let _ = writeln!(page, "<h2 id=\"s{at}\"><bdi>{}</bdi> <small>{title}</small></h2>", text(name));
        for finding in findings {
            number += 1;
            entry::entry(outcome, finding, number, shown.len() <= OPEN, &mut page);
            out.write_all(std::mem::take(&mut page).as_bytes())?;
        }
        page += "</section>\n";
    }
    if !shown.is_empty() {
        page += "<p id=\"none\" hidden=\"hidden\">No finding passes these filters.</p>\n";
    }
    suppressed(outcome, &mut page);
    notes(outcome, &mut page);
    page += "</main>\n";
    let _ = writeln!(page, "<footer>Made by rolecall {}</footer>", xml(options.version));
    let _ = writeln!(page, "<script>{}</script>\n</body>\n</html>", own(SCRIPT));
    out.write_all(page.as_bytes())
}

/// A text of a template in one line that has an end, as nothing but text.
fn text(text: &str) -> String {
    xml(&cut(text, TEXT))
}

/// The same of what consists of several.
fn prose(text: &str) -> String {
    xml(&cut(text, PROSE))
}

/// `1 error, 2 warnings`, or `no findings`.
fn counted<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    summary::found(findings, PLAIN)
}

/// An own part as a browser reads it, whose hash must be the same wherever this program was built.
fn own(part: &str) -> String {
    part.replace('\r', "")
}

fn hash(part: &str) -> String {
    in_base64(&Sha256::digest(own(part)))
}

fn head(outcome: &Outcome) -> String {
    let (style, script, title) = (hash(STYLE), hash(SCRIPT), counted(outcome.findings.iter()));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
         script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n\
         <title>rolecall: {title}</title>\n<style>{}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n",
        own(STYLE)
    )
}

/// The counts, and what chooses among the findings: hidden until the script is there that makes it work.
fn top(outcome: &Outcome, options: &Options<'_>, shown: &[&Finding], page: &mut String) {
    let (title, all) = (counted(outcome.findings.iter()), outcome.findings.len());
    let line = summary::line(outcome, options.elapsed, PLAIN);
    // The title says how many there are.
    let line = line.strip_prefix(&title).map_or(&*line, |rest| rest.trim_start_matches(" · "));
    let _ = writeln!(page, "<header>\n<p class=\"brand\">rolecall</p>\n<h1>{title}</h1>\n<p>{}</p>", xml(line));
    if shown.len() < all {
        let (count, left) = (shown.len(), all - shown.len());
        let _ = writeln!(
            page,
            "<p class=\"left\">Here are the {count} most severe of {all} findings; {left} more are in the form <code>json</code>.</p>"
        );
    }
    if !shown.is_empty() {
        filters(shown, page);
    }
    *page += "</header>\n";
}

fn filters(shown: &[&Finding], page: &mut String) {
    *page += "<form id=\"filters\" role=\"search\" aria-label=\"Findings to show\" hidden=\"hidden\">\n\
              <fieldset><legend>Severity</legend>\n";
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let count = shown.iter().filter(|finding| finding.severity == severity).count();
        let name = severity.name();
        let _ = writeln!(
            page,
            "<label><input type=\"checkbox\" name=\"severity\" value=\"{name}\" checked=\"checked\"/> {name} ({count})</label>"
        );
    }
    *page += "</fieldset>\n<label>Rule <select name=\"rule\"><option value=\"\">every rule</option>\n";
    let mut rules = BTreeMap::new();
    shown.iter().for_each(|finding| *rules.entry(finding.rule).or_insert(0) += 1);
    for (id, count) in rules {
        let (id, name) = (xml(id), rule(id).map_or("", |rule| rule.name));
        let _ = writeln!(page, "<option value=\"{id}\">{id} {name} ({count})</option>");
    }
    *page +=
        "</select></label>\n<label>Status <select name=\"status\"><option value=\"\">definite and possible</option>\n";
    for status in [Status::Definite, Status::Possible] {
        let count = shown.iter().filter(|finding| finding.status == status).count();
        let _ = writeln!(page, "<option value=\"{0}\">{0} ({count})</option>", status.name());
    }
    *page += "</select></label>\n<label class=\"search\"><span>Text <kbd>/</kbd></span> \
              <input type=\"search\" name=\"text\" autocomplete=\"off\"/></label>\n\
              <p class=\"buttons\"><button type=\"button\" id=\"open\">Open all</button> \
              <button type=\"button\" id=\"close\">Close all</button> <button type=\"reset\">Reset</button> \
              <output id=\"count\"></output></p>\n</form>\n";
}

/// The findings of each stack, or else of each template: first the stacks with the most severe ones, then in report
/// order; those of one the most severe first.
fn by_stack<'a>(outcome: &'a Outcome, shown: &[&'a Finding]) -> Vec<(&'a str, Vec<&'a Finding>)> {
    let mut found = shown.to_vec();
    found.sort_by_key(|finding| finding.primary.place);
    let mut stacks: Vec<(&str, Vec<&Finding>)> = Vec::new();
    let mut places = HashMap::new();
    for finding in found {
        let template = outcome.sources.get(finding.primary.place.file).path();
        let name = finding.subject.stack.as_deref().unwrap_or(template);
        let at = *places.entry(name).or_insert_with(|| {
            stacks.push((name, Vec::new()));
            stacks.len() - 1
        });
        stacks[at].1.push(finding);
    }
    stacks.iter_mut().for_each(|(_, findings)| findings.sort_by_key(|finding| Reverse(finding.severity)));
    stacks.sort_by_key(|(_, findings)| Reverse(findings.first().map(|finding| finding.severity)));
    stacks
}

/// Links to the stacks, where there are several.
fn contents(stacks: &[(&str, Vec<&Finding>)], page: &mut String) {
    if stacks.len() < 2 {
        return;
    }
    let _ = writeln!(page, "<nav aria-label=\"Stacks\">\n<details>\n<summary>{} stacks</summary>\n<ul>", stacks.len());
    for (at, (name, findings)) in stacks.iter().enumerate() {
        let title = counted(findings.iter().copied());
        let _ = writeln!(page, "<li><a href=\"#s{at}\"><bdi>{}</bdi></a> <small>{title}</small></li>", text(name));
    }
    *page += "</ul>\n</details>\n</nav>\n";
}

/// What somebody suppressed, with the reason.
fn suppressed(outcome: &Outcome, page: &mut String) {
    let found = summary::most_severe(&outcome.suppressed);
    section("suppressed", "Suppressed findings", found.len(), page, |page| {
        found.iter().take(MOST).for_each(|finding| entry::suppressed(outcome, finding, page));
    });
}

fn notes(outcome: &Outcome, page: &mut String) {
    section("notes", "Notes", outcome.notes.len(), page, |page| {
        outcome.notes.iter().take(MOST).for_each(|note| write_note(outcome, note, page));
    });
}

/// A list to unfold; nothing where it has no entry.
fn section(class: &str, title: &str, count: usize, page: &mut String, entries: impl FnOnce(&mut String)) {
    if count == 0 {
        return;
    }
    let _ = writeln!(
        page,
        "<section class=\"{class}\">\n<details>\n<summary><h2>{title} <small>{count}</small></h2></summary>\n<ul>"
    );
    entries(page);
    if count > MOST {
        let _ = writeln!(page, "<li>and {} more, in the form <code>json</code></li>", count - MOST);
    }
    *page += "</ul>\n</details>\n</section>\n";
}

fn write_note(outcome: &Outcome, note: &Note, page: &mut String) {
    let kind = match note.kind {
        NoteKind::Undecided => "not decided",
        NoteKind::LeftRun => "not in this run",
        NoteKind::Ambiguous => "ambiguous",
        NoteKind::Bound => "limit reached",
        NoteKind::Skipped => "passed over",
        NoteKind::Unread => "not read",
        NoteKind::Stale => "stale",
        NoteKind::Vanished => "gone",
    };
    let _ = write!(page, "<li><b>{kind}</b> {}", prose(&note.message));
    if let Some(place) = note.place {
        let _ = write!(page, " <code>{}</code>", xml(&entry::spot(&outcome.sources, place)));
    }
    *page += "</li>\n";
}
