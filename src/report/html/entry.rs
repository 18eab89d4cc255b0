//! One finding as an article to unfold, and one that somebody suppressed as an entry of a list.

use std::fmt::Write as _;

use super::{excerpt, path, prose, text};
use crate::checks::rule;
use crate::finding::{Applicability, By, Finding, Outcome, Status, Suppressed};
use crate::report::escape::{screen_safe, xml};
use crate::report::json::request_of;
use crate::report::spot::{Shown, Spot};
use crate::report::words::{TEXT, branch, clip, construct, cut, elsewhere, headline, lines, proof, sentences};
use crate::source::{Place, Sources};

/// The article of a finding.
pub(super) fn entry(outcome: &Outcome, finding: &Finding, number: usize, is_open: bool, page: &mut String) {
    let (severity, id, status) = (finding.severity.name(), xml(finding.rule), finding.status.name());
    let open = if is_open { " open=\"open\"" } else { "" };
    let _ = writeln!(
        page,
        "<article id=\"f{number}\" class=\"{severity}\" data-severity=\"{severity}\" data-rule=\"{id}\" data-status=\"{status}\">\n\
         <details{open}>\n<summary><span class=\"badge\">{severity}</span> <span class=\"rule\">{id}</span> \
         <span class=\"name\">{}</span> <h3>{}</h3> <code class=\"place\">{}</code></summary>\n<div class=\"body\">",
        rule(finding.rule).map_or("", |rule| rule.name),
        xml(&headline(finding)),
        xml(&shown_at(outcome, finding))
    );
    about(finding, page);
    excerpt::excerpts(outcome, finding, page);
    if let Some(witness) = finding.witness.as_deref() {
        path::path(finding, witness, page);
    }
    facts(finding, page);
    *page += "</div>\n</details>\n</article>\n";
}

/// The resource and the construct, and the line of a program that cannot be shown.
fn about(finding: &Finding, page: &mut String) {
    let subject = &finding.subject;
    let mut parts = Vec::new();
    if let Some(id) = subject.logical_id.as_deref() {
        let property = subject.property.as_deref().map(|path| format!(" <code>{}</code>", text(path)));
        parts.push(format!("resource <code>{}</code>{}", text(id), property.unwrap_or_default()));
    }
    parts.extend(
        subject.construct_path.as_deref().map(|path| format!("construct <code>{}</code>", xml(&construct(path)))),
    );
    parts.extend(elsewhere(finding).map(|line| prose(&line)));
    if !parts.is_empty() {
        let _ = writeln!(page, "<p class=\"about\">{}</p>", parts.join(" · "));
    }
}

/// What is said below the drawing, each with the word that heads it.
fn facts(finding: &Finding, page: &mut String) {
    *page += "<dl>\n";
    let when = if finding.status == Status::Possible { "If" } else { "When" };
    fact(when, branch(finding), page);
    fact("Given", (!finding.assumes.is_empty()).then(|| sentences(&finding.assumes)), page);
    let witness = finding.witness.as_deref();
    fact("Proof", witness.and_then(proof), page);
    if let Some(witness) = witness {
        let request = serde_json::to_string_pretty(&request_of(witness)).unwrap_or_default();
        let _ = writeln!(
            page,
            "<dt>Request</dt><dd><details><summary>as JSON</summary>{}</details></dd>",
            block("The request as JSON", &xml(&screen_safe(&request)))
        );
    }
    help(finding, page);
    let _ = writeln!(page, "<dt>More</dt><dd><code>rolecall explain {}</code></dd>\n</dl>", xml(finding.rule));
}

fn fact(name: &str, said: Option<String>, page: &mut String) {
    if let Some(said) = said {
        let _ = writeln!(page, "<dt>{name}</dt><dd>{}</dd>", xml(&said));
    }
}

fn help(finding: &Finding, page: &mut String) {
    let help = lines(&finding.help);
    let fix = finding.promised_fix().filter(|fix| !fix.edits.is_empty());
    if help.is_empty() && fix.is_none() {
        return;
    }
    *page += "<dt>Help</dt><dd>";
    if let Some((first, rest)) = help.split_first() {
        *page += &xml(first);
        if !rest.is_empty() {
            *page += &block("What to write", &xml(&rest.join("\n")));
        }
    }
    if let Some(fix) = fix {
        let option = if fix.applicability == Applicability::Safe { "--fix" } else { "--fix=offer" };
        let _ = write!(page, "<p><code>rolecall check {option}</code> can do this</p>");
    }
    *page += "</dd>\n";
}

/// Lines that scroll by themselves; `code` is markup.
fn block(name: &str, code: &str) -> String {
    format!("<pre tabindex=\"0\" role=\"group\" aria-label=\"{name}\"><code>{code}</code></pre>")
}

/// The entry of a suppressed finding.
pub(super) fn suppressed(outcome: &Outcome, finding: &Finding, page: &mut String) {
    let (severity, id) = (finding.severity.name(), xml(finding.rule));
    let _ = write!(
        page,
        "<li class=\"{severity}\"><span class=\"badge\">{severity}</span> <span class=\"rule\">{id}</span> {} \
         <code class=\"place\">{}</code>",
        xml(&headline(finding)),
        xml(&shown_at(outcome, finding))
    );
    if let Some(told) = finding.suppressed.as_deref() {
        let _ = write!(page, "<p>{}</p>", why(&outcome.sources, told));
    }
    *page += "</li>\n";
}

/// Why it is not shown, in the words of who said so.
fn why(sources: &Sources, told: &Suppressed) -> String {
    let by = match told.by {
        By::Comment => "in a comment",
        By::Metadata => "in metadata",
        By::Construct => "in the metadata of a construct",
        By::Configuration => "in the configuration",
        By::Baseline => "in the baseline",
    };
    let mut said = by.to_owned();
    if let Some(place) = told.place {
        let _ = write!(said, " at <code>{}</code>", xml(&spot(sources, place)));
    }
    match told.reason.as_deref() {
        Some(reason) => {
            let _ = write!(said, ": <q>{}</q>", text(reason));
        }
        None => said += ", without a reason",
    }
    if let Some(owner) = told.owner.as_deref() {
        let _ = write!(said, " · owner {}", text(owner));
    }
    if let Some(date) = told.expires {
        let _ = write!(said, " · until {date}");
    }
    said
}

/// The place of a finding; a path has no end, so it is cut.
fn shown_at(outcome: &Outcome, finding: &Finding) -> String {
    let at = Shown::of(outcome, finding);
    Shown { path: &clip(at.path, TEXT), ..at }.text()
}

/// A place of a file, the same way.
pub(super) fn spot(sources: &Sources, place: Place) -> String {
    let spot = Spot::new(sources, place);
    format!("{}:{}:{}", cut(spot.path, TEXT), spot.start.line, spot.start.column)
}
