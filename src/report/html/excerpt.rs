//! The source lines of a finding, its marks in them, and what is said about each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use super::text;
use crate::finding::{Finding, Outcome, visible};
use crate::report::escape::xml;
use crate::report::paint::Style;
use crate::report::snippet::{Target, marks};
use crate::source::SourceFile;

/// Places that are shown beside the faulty one; the others stand in the JSON form.
const RELATED: usize = 12;
/// Lines that are shown before and after a marked one.
const AROUND: u32 = 2;
/// Characters of a line that are shown at most.
const WIDTH: usize = 200;
/// Characters that are shown before a mark in a longer line.
const BEFORE: usize = 40;

/// A mark with the number that ties it to its label.
struct Numbered<'a> {
    number: usize,
    target: Target<'a>,
    /// The bytes of the line that are marked.
    bytes: Range<usize>,
}

/// Draws the excerpts, a figure for each file.
pub(super) fn excerpts(outcome: &Outcome, finding: &Finding, page: &mut String) {
    let marks = marks(outcome, finding, RELATED);
    let numbered = (1..).zip(&marks).map(|(number, mark)| Numbered::new(number, Target::new(mark)));
    let mut files: Vec<(&SourceFile, Vec<Numbered<'_>>)> = Vec::new();
    for mark in numbered {
        match files.iter_mut().find(|(file, _)| std::ptr::eq(*file, mark.target.file)) {
            Some((_, marks)) => marks.push(mark),
            None => files.push((mark.target.file, vec![mark])),
        }
    }
    for (file, marks) in &files {
        let path = text(file.path());
        let _ = write!(
            page,
            "<figure>\n<figcaption><code>{path}</code></figcaption>\n\
             <div class=\"code\" tabindex=\"0\" role=\"group\" aria-label=\"Source of {path}\">"
        );
        figure(file, marks, page);
        *page += "</div>\n</figure>\n";
    }
    let left = finding.related.len().saturating_sub(RELATED);
    if left > 0 {
        let _ = writeln!(page, "<p class=\"left\">{left} more places are in the form <code>json</code>.</p>");
    }
}

impl<'a> Numbered<'a> {
    fn new(number: usize, target: Target<'a>) -> Self {
        let line: &str = target.file.text();
        let rest = &line[target.byte..target.line.end.max(target.byte)];
        let end = target.byte + bytes_of(rest, target.columns.len());
        Self { number, bytes: target.byte..end, target }
    }

    fn class(&self) -> &'static str {
        if self.target.style == Style::Related { "related" } else { "primary" }
    }
}

/// The bytes of so many characters, or of all there are.
fn bytes_of(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

/// The marked lines of one file with those around them.
fn figure(file: &SourceFile, marks: &[Numbered<'_>], page: &mut String) {
    let last = u32::try_from(file.lines().len()).unwrap_or(u32::MAX);
    // Behind the last line end there is no line to show.
    let last = if last > 1 && file.text().ends_with('\n') { last - 1 } else { last };
    let mut lines: BTreeMap<u32, Vec<&Numbered<'_>>> = BTreeMap::new();
    for mark in marks {
        let number = mark.target.number;
        for around in number.saturating_sub(AROUND).max(1)..=number.saturating_add(AROUND).min(last) {
            lines.entry(around).or_default();
        }
        lines.entry(number).or_default().push(mark);
    }
    let mut before = None;
    for (number, mut marks) in lines {
        if before.is_some_and(|before| before + 1 < number) {
            *page += "<div class=\"gap\">⋯</div>";
        }
        before = Some(number);
        marks.sort_by_key(|mark| mark.bytes.start);
        match marks.first() {
            Some(first) => marked(file, number, &first.target.line, &marks, page),
            None => {
                let line = unmarked(file, number);
                row(number, &window(file.text(), &line, line.start..line.start), file, &[], page);
            }
        }
    }
}

/// The bytes of a line without the mark at the start of a file.
fn unmarked(file: &SourceFile, number: u32) -> Range<usize> {
    let (text, mut line): (&str, _) = (file.text(), file.lines().line_bytes(file.text(), number));
    if line.start == 0 && text.starts_with('\u{feff}') {
        line.start = '\u{feff}'.len_utf8().min(line.end);
    }
    line
}

/// A line with its marks; a long one again and again, as often as it takes to show all of them.
fn marked(file: &SourceFile, number: u32, line: &Range<usize>, marks: &[&Numbered<'_>], page: &mut String) {
    let mut rest = marks;
    while let Some(first) = rest.first() {
        let window = window(file.text(), line, first.bytes.clone());
        // The first one lies in its window, so that this ends.
        let within = rest.iter().take_while(|mark| mark.bytes.start < window.bytes.end).count().max(1);
        let (here, later) = rest.split_at(within);
        row(number, &window, file, here, page);
        labels(here, page);
        rest = later;
    }
}

/// The part of a line that is shown.
struct Window {
    bytes: Range<usize>,
    /// Whether something is left out before and behind it.
    cut: (bool, bool),
}

/// The window of a line that shows a mark: its beginning if that does.
fn window(text: &str, line: &Range<usize>, mark: Range<usize>) -> Window {
    let end = |start: usize| start + bytes_of(&text[start..line.end.max(start)], WIDTH);
    let mut start = line.start;
    if mark.start > end(start) || mark.end.min(mark.start + BEFORE) > end(start) {
        let before = text[line.start..mark.start].char_indices().rev();
        start = before.take(BEFORE).last().map_or(mark.start, |(at, _)| line.start + at);
    }
    let end = end(start);
    Window { bytes: start..end, cut: (start > line.start, end < line.end) }
}

fn row(number: u32, window: &Window, file: &SourceFile, marks: &[&Numbered<'_>], page: &mut String) {
    let class = if marks.is_empty() { "row" } else { "row hit" };
    let sign = |cut| if cut { "…" } else { "" };
    let (before, behind) = window.cut;
    let _ = write!(page, "<div class=\"{class}\"><span class=\"no\">{number}</span><code>{}", sign(before));
    segments(&window.bytes, file, marks, page);
    let _ = write!(page, "{}</code></div>", sign(behind));
}

/// The text of the window, cut where a mark begins or ends: marks may lie in each other.
fn segments(window: &Range<usize>, file: &SourceFile, marks: &[&Numbered<'_>], page: &mut String) {
    let within = |byte: usize| byte.clamp(window.start, window.end);
    let bounds = marks.iter().flat_map(|mark| [within(mark.bytes.start), within(mark.bytes.end)]);
    let mut bounds: Vec<usize> = bounds.chain([window.start, window.end]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let covers = |mark: &Numbered<'_>, at: usize| mark.bytes.start <= at && at < mark.bytes.end;
    for pair in bounds.windows(2) {
        let part = code(&file.text()[pair[0]..pair[1]]);
        let over = marks.iter().filter(|mark| covers(mark, pair[0]));
        match over.map(|mark| mark.class()).min() {
            Some(class) => {
                let _ = write!(page, "<mark class=\"{class}\">{part}</mark>");
            }
            None => *page += &part,
        }
        numbers(marks.iter().filter(|mark| within(mark.bytes.end) == pair[1]), page);
    }
    if bounds.len() == 1 {
        numbers(marks.iter(), page);
    }
}

/// The numbers of marks that end here.
fn numbers<'n>(marks: impl Iterator<Item = &'n &'n Numbered<'n>>, page: &mut String) {
    for mark in marks {
        let _ = write!(page, "<sup class=\"{}\">{}</sup>", mark.class(), mark.number);
    }
}

fn labels(marks: &[&Numbered<'_>], page: &mut String) {
    for mark in marks {
        let (class, number, message) = (mark.class(), mark.number, xml(&mark.target.message));
        let _ = write!(page, "<div class=\"label {class}\"><b>{number}</b> {message}</div>");
    }
}

/// A part of a line as text.
fn code(part: &str) -> String {
    xml(&visible(&part.replace('\t', "    ")))
}
