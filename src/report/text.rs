//! The report for people in a terminal.

use std::io::{Result, Write};

use super::paint::{Paint, Style};
use super::snippet::{Row, draw, marks};
use super::spot::Spot;
use super::words::{PROSE, TEXT, branch, construct, cut, elsewhere, lines, proof, sentences, wrap, wrap_behind};
use super::{Options, summary};
use crate::finding::{Applicability, Finding, Note, NoteKind, Outcome, Status};

/// Places that are shown beside the faulty one; the others stand in the JSON form.
const RELATED: usize = 4;
/// Columns of the words that head the paragraphs below a drawing.
const TAG: usize = 7;

/// Writes findings, notes and the summary.
pub(super) fn write(outcome: &Outcome, options: &Options<'_>, out: &mut dyn Write) -> Result<()> {
    let paint = Paint { color: options.color };
    for finding in &outcome.findings {
        block(outcome, finding, options.width, paint, out)?;
        writeln!(out)?;
    }
    if options.quiet {
        return Ok(());
    }
    let notes: Vec<&Note> = outcome.notes.iter().filter(|note| is_shown(note, options)).collect();
    for note in &notes {
        write_note(outcome, note, options.width, paint, out)?;
    }
    if !notes.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "{}", summary::lines(outcome, options, paint))
}

/// Whether a note is worth showing to somebody who did not ask for more.
fn is_shown(note: &Note, options: &Options<'_>) -> bool {
    match note.kind {
        // The summary counts them.
        NoteKind::Undecided => options.undecided || options.verbose,
        // The summary counts them, and standard error names them.
        NoteKind::Unread => false,
        NoteKind::Skipped | NoteKind::LeftRun => options.verbose,
        NoteKind::Ambiguous | NoteKind::Bound | NoteKind::Stale | NoteKind::Vanished => true,
    }
}

/// One finding.
fn block(outcome: &Outcome, finding: &Finding, width: usize, paint: Paint, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}", headline(finding, width, paint))?;
    let snippet = draw(&marks(outcome, finding, RELATED), width);
    let (frame, width) = (Frame { digits: snippet.digits, paint }, width.saturating_sub(snippet.digits + 3));
    for (index, row) in snippet.rows.iter().enumerate() {
        frame.row(row, index == 0, out)?;
        if index == 0 {
            about(finding, width).iter().try_for_each(|line| frame.line(line, out))?;
        }
    }
    frame.line("", out)?;
    for paragraph in paragraphs(finding, width.saturating_sub(TAG)) {
        frame.paragraph(&paragraph, out)?;
    }
    frame.end(out)
}

/// What stands below the first header: the construct, and the line of a program that is not there or a guess.
fn about(finding: &Finding, width: usize) -> Vec<String> {
    let construct = finding.subject.construct_path.as_deref().map(|path| format!("construct: {}", construct(path)));
    let absent = elsewhere(finding).map(|text| wrap(&text, width));
    construct.into_iter().chain(absent.into_iter().flatten()).collect()
}

/// `error[CGT001]: …`, broken where it is longer than a line.
fn headline(finding: &Finding, width: usize, paint: Paint) -> String {
    let head = format!("{}[{}]", finding.severity.name(), finding.rule);
    let possible = if finding.status == Status::Possible { " (possible)" } else { "" };
    let text = format!("{head}: {}{possible}", cut(&finding.message, TEXT));
    let mut parts = wrap_behind(&text, width, 2).into_iter();
    let first = parts.next().unwrap_or_default();
    let rest = first.strip_prefix(&head).unwrap_or_default();
    let first = paint.text(Style::Severity(finding.severity), &head) + &paint.text(Style::Strong, rest);
    parts.fold(first, |text, part| format!("{text}\n  {}", paint.text(Style::Strong, &part)))
}

/// What is said below the drawing.
struct Paragraph {
    tag: &'static str,
    style: Style,
    lines: Vec<String>,
}

fn paragraphs(finding: &Finding, width: usize) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    let mut add = |tag, style, lines: Vec<String>| {
        if !lines.is_empty() {
            paragraphs.push(Paragraph { tag, style, lines });
        }
    };
    let prose = |text: Option<String>| text.map_or(Vec::new(), |text| wrap(&text, width));
    let given = (!finding.assumes.is_empty()).then(|| sentences(&finding.assumes));
    add(if finding.status == Status::Possible { "If:" } else { "When:" }, Style::Strong, prose(branch(finding)));
    add("Given:", Style::Strong, prose(given));
    add("Proof:", Style::Strong, prose(finding.witness.as_deref().and_then(proof)));
    let help = lines(&finding.help);
    let by_itself = finding.promised_fix().map(|fix| match fix.applicability {
        Applicability::Safe => "rolecall check --fix can do this",
        Applicability::Offered => "rolecall check --fix=offer can do this",
    });
    let help = help.iter().map(|line| &**line).chain(by_itself).flat_map(|line| help_line(line, width));
    add("Help:", Style::Help, help.collect());
    add("More:", Style::Strong, vec![format!("rolecall explain {}", finding.rule)]);
    paragraphs
}

/// A line of help. What is indented is to be pasted, so it stays in one piece.
fn help_line(line: &str, width: usize) -> Vec<String> {
    if line.starts_with(' ') { vec![line.to_owned()] } else { wrap(line, width) }
}

/// The frame around one finding.
struct Frame {
    /// Columns of the longest line number.
    digits: usize,
    paint: Paint,
}

impl Frame {
    /// A row of the drawing.
    fn row(&self, row: &Row, is_first: bool, out: &mut dyn Write) -> Result<()> {
        match row {
            Row::File(spot) => {
                let corner = self.margin("", if is_first { "╭─[" } else { "├─[" });
                writeln!(out, "{corner} {spot} {}", self.paint.text(Style::Frame, "]"))
            }
            Row::Line(number, cells) => self.numbered(&number.to_string(), &self.paint.cells(cells), out),
            Row::Under(cells) => self.line(&self.paint.cells(cells), out),
        }
    }

    /// A line of text.
    fn line(&self, text: &str, out: &mut dyn Write) -> Result<()> {
        self.numbered("", text, out)
    }

    /// A line of text with a number in the margin.
    fn numbered(&self, number: &str, text: &str, out: &mut dyn Write) -> Result<()> {
        let text = text.trim_end();
        let gap = if text.is_empty() { "" } else { " " };
        writeln!(out, "{}{gap}{text}", self.margin(number, "│"))
    }

    /// The lines of a paragraph, the first behind its tag.
    fn paragraph(&self, paragraph: &Paragraph, out: &mut dyn Write) -> Result<()> {
        let mut tag = paragraph.tag;
        for line in &paragraph.lines {
            let pad = " ".repeat(TAG - tag.len());
            self.line(&format!("{}{pad}{line}", self.paint.text(paragraph.style, tag)), out)?;
            tag = "";
        }
        Ok(())
    }

    /// The last line.
    fn end(&self, out: &mut dyn Write) -> Result<()> {
        let line = format!("{}╯", "─".repeat(self.digits + 1));
        writeln!(out, "{}", self.paint.text(Style::Frame, &line))
    }

    /// What stands left of a line, the frame included.
    fn margin(&self, number: &str, frame: &str) -> String {
        self.paint.text(Style::Frame, &format!("{number:>width$} {frame}", width = self.digits))
    }
}

fn write_note(outcome: &Outcome, note: &Note, width: usize, paint: Paint, out: &mut dyn Write) -> Result<()> {
    let text = format!("note: {}", cut(&note.message, PROSE));
    let mut parts = wrap(&text, width.saturating_sub(TAG)).into_iter();
    let first = parts.next().unwrap_or_default();
    let rest = first.strip_prefix("note:").unwrap_or_default();
    writeln!(out, "{}{rest}", paint.text(Style::Strong, "note:"))?;
    for part in parts {
        writeln!(out, "      {part}")?;
    }
    match note.place {
        Some(place) => writeln!(out, "      at {}", Spot::new(&outcome.sources, place).shown()),
        None => Ok(()),
    }
}
