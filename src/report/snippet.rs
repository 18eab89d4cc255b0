//! The source lines of a finding with what is said about them: the one user of ariadne.
//!
//! ariadne draws the arrows, and nothing else. It is given a few short lines that were cut out and made
//! safe here, so that no text of a template can break a line or reach the screen as it is, and so that
//! its cost does not grow with the file. Frame, line numbers, colours and breaking of labels are ours.

use std::ops::Range;

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind, Source};

use super::paint::Style;
use super::spot::Spot;
use super::words::{self, TEXT, wrap};
use crate::finding::{self, CodePoint, Finding, Outcome, visible_char};
use crate::source::{SourceFile, Sources, Span};

/// Columns of an underline that is cut short for the sake of its label.
const UNDERLINE: usize = 16;
/// Columns that a label should have at least, if it needs them.
const LABEL: usize = 40;
/// The arrow from the middle of an underline to its label.
const ARROW: &str = "╰── ";
/// Columns of it.
const ARROW_WIDTH: usize = 4;
/// Columns that a tab leads to.
const TAB: usize = 4;
/// What is said about the innermost line of a helper.
const HELPER: &str = "in a helper that makes several constructs";

/// A place and what is said about it.
pub(super) struct Mark<'a> {
    /// The file.
    file: &'a SourceFile,
    /// The bytes in it.
    span: Span,
    /// Half a sentence.
    message: &'a str,
    /// The faulty place, or one that explains it.
    style: Style,
    /// Whether the place is a whole line, of which no column is known.
    is_line: bool,
}

impl<'a> Mark<'a> {
    /// The mark of a label.
    pub(super) fn new(sources: &'a Sources, label: &'a finding::Label, style: Style) -> Self {
        let (file, span) = (sources.get(label.place.file), label.place.span);
        Self { file, span, message: &label.message, style, is_line: false }
    }

    /// The mark of a line of a program: the word at its column, else all of it.
    pub(super) fn of_code(point: &CodePoint, file: &'a SourceFile, message: &'a str, style: Style) -> Self {
        let text: &str = file.text();
        let line = file.lines().line_bytes(text, point.line);
        let is_line = point.column.is_none();
        let Some(column) = point.column else {
            return Self { file, span: Span::new(line.start, line.end), message, style, is_line };
        };
        let line_text = text.get(line.clone()).unwrap_or_default();
        let (at, rest) = match line_text.strip_prefix('\u{feff}') {
            Some(rest) => (line.start + line_text.len() - rest.len(), rest),
            None => (line.start, line_text),
        };
        let skipped = column.saturating_sub(1) as usize;
        let start = rest.char_indices().nth(skipped).map_or(rest.len(), |(at, _)| at);
        let word = rest[start..].find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')));
        let length = word.unwrap_or(rest.len() - start);
        Self { file, span: Span::new(at + start, at + start + length), message, style, is_line }
    }
}

/// The user's own line with the helper that it called, where they are there; the faulty place in the
/// template and the first of the others.
pub(super) fn marks<'a>(outcome: &'a Outcome, finding: &'a Finding, others: usize) -> Vec<Mark<'a>> {
    let style = Style::Severity(finding.severity);
    let primary = Mark::new(&outcome.sources, &finding.primary, style);
    let related = finding.related.iter().take(others).map(|label| Mark::new(&outcome.sources, label, Style::Related));
    let code = finding.code.as_deref();
    let own = code.and_then(|code| code.shown().map(|(at, file)| Mark::of_code(at, file, &code.says, style)));
    // Without the line that called it, a helper says nothing of this finding.
    let helper = code.filter(|_| own.is_some()).and_then(|code| code.helpers.first());
    let helper = helper.and_then(|at| Some(Mark::of_code(at, at.file.as_deref()?, HELPER, Style::Related)));
    own.into_iter().chain(helper).chain([primary]).chain(related).collect()
}

/// A drawing.
pub(super) struct Snippet {
    /// Columns of the longest line number.
    pub(super) digits: usize,
    /// Its rows; the first is a file.
    pub(super) rows: Vec<Row>,
}

/// One row of a drawing.
pub(super) enum Row {
    /// What follows is from another file: `path:line:column`.
    File(String),
    /// A source line, and its number.
    Line(u32, Cells),
    /// Underlines, arrows and labels.
    Under(Cells),
}

/// What stands right of the frame, character by character.
pub(super) type Cells = Vec<(Style, char)>;

/// Draws these marks. Those of one line stand together, otherwise they keep their order.
pub(super) fn draw(marks: &[Mark<'_>], width: usize) -> Snippet {
    let targets: Vec<Target<'_>> = marks.iter().map(Target::new).collect();
    let last = targets.iter().map(|target| target.number).max().unwrap_or(1);
    let digits = last.to_string().len();
    let width = width.saturating_sub(digits + 3).max(LABEL);
    let excerpts: Vec<Excerpt<'_>> = group(targets, width).iter().map(|group| Excerpt::new(group, width)).collect();
    Snippet { digits, rows: rows(&excerpts) }
}

/// A mark in the terms of its line.
pub(super) struct Target<'a> {
    pub(super) file: &'a SourceFile,
    span: Span,
    is_line: bool,
    /// The line, from 1.
    pub(super) number: u32,
    /// The bytes of the line that are shown at most.
    pub(super) line: Range<usize>,
    /// The first byte of the mark.
    pub(super) byte: usize,
    /// The characters of the line that are marked, from 0; never empty.
    pub(super) columns: Range<usize>,
    pub(super) message: String,
    pub(super) style: Style,
}

impl<'a> Target<'a> {
    /// The target of a mark.
    pub(super) fn new(mark: &Mark<'a>) -> Self {
        let file = mark.file;
        let text: &str = file.text();
        let span = mark.span.snapped(text);
        let start = first_visible(text, span.start()..span.end());
        let number = file.line_column(start).line;
        let mut line = file.lines().line_bytes(text, number);
        if line.start == 0 && text.starts_with('\u{feff}') {
            line.start = '\u{feff}'.len_utf8();
        }
        line.end = line.start + text[line.clone()].trim_end().len();
        // Behind the last character there is nothing to point at.
        let last = text[line.clone()].char_indices().next_back().map_or(line.start, |(at, _)| line.start + at);
        let byte = start.clamp(line.start, last);
        let column = |byte: usize| file.line_column(byte).column as usize - 1;
        let (first, end) = (column(byte), column(span.end().clamp(byte, line.end.max(byte))));
        let message = words::cut(mark.message, TEXT);
        // A mark without a word would not be drawn.
        let message = if message.trim().is_empty() { "here".to_owned() } else { message };
        let columns = first..end.max(first + 1);
        let (span, is_line) = (mark.span, mark.is_line);
        Self { file, span, is_line, number, line, byte, columns, message, style: mark.style }
    }

    /// Where the arrow begins at the earliest: the middle of an underline that is cut short.
    fn middle(&self) -> usize {
        (self.columns.start + self.columns.end.min(self.columns.start + UNDERLINE)) / 2
    }
}

/// The first byte of the span that can be seen. In a line without any, the last one before it: what is
/// missing at the end of a file is missing behind its last word.
fn first_visible(text: &str, span: Range<usize>) -> usize {
    let inside = &text[span.clone()];
    let rest = inside.trim_start();
    if !rest.is_empty() {
        return span.end - rest.len();
    }
    let line = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[span.start..].find('\n').map_or(text.len(), |length| span.start + length);
    let seen = text[..span.start].trim_end();
    if text[line..end].trim().is_empty() && !seen.is_empty() { seen.len() } else { span.start }
}

/// Puts marks of one line together, as far as one window can show them.
fn group(targets: Vec<Target<'_>>, width: usize) -> Vec<Vec<Target<'_>>> {
    let mut groups: Vec<Vec<Target<'_>>> = Vec::new();
    for target in targets {
        let is_same = |first: &Target<'_>| std::ptr::eq(first.file, target.file) && first.number == target.number;
        let same_line = groups.iter_mut().filter(|group| is_same(&group[0]));
        let mut fitting = same_line.filter(|group| window(group.iter().chain([&target]), width).is_some());
        match fitting.next() {
            Some(group) => group.push(target),
            None => groups.push(vec![target]),
        }
    }
    groups
}

/// How a line is cut so that its marks and their labels fit.
struct Window {
    /// Characters that are left out at the start.
    skipped: usize,
    /// The column of the window where arrows must begin.
    limit: usize,
}

/// The window for these marks; nothing if they lie too far apart for one.
fn window<'t>(targets: impl Iterator<Item = &'t Target<'t>> + Clone, width: usize) -> Option<Window> {
    let longest = targets.clone().map(|target| target.message.chars().count()).max().unwrap_or(0);
    // In a narrow window the line itself is to have half of it.
    let limit = width.saturating_sub(longest.min(LABEL.min(width / 2)) + ARROW_WIDTH);
    let middle = targets.clone().map(Target::middle).max().unwrap_or(0);
    // The sign for what is left out takes a column itself.
    let skipped = if middle <= limit { 0 } else { middle + 1 - limit };
    let first = targets.clone().map(|target| target.columns.start).min().unwrap_or(0);
    let alone = targets.count() == 1;
    (alone || first >= skipped).then_some(Window { skipped, limit })
}

/// One line as it is drawn, and its marks from right to left, so that arrows do not cross.
struct Excerpt<'a> {
    file: &'a SourceFile,
    number: u32,
    span: Span,
    is_line: bool,
    /// Whether characters are left out at its start.
    is_cut: bool,
    text: String,
    arrows: Vec<Arrow>,
}

/// One mark as it is drawn.
struct Arrow {
    /// What ariadne underlines: in its middle the arrow begins.
    columns: Range<usize>,
    /// Where the mark ends, or what is shown of its line.
    reach: usize,
    /// The label, broken into lines.
    message: Vec<String>,
    style: Style,
}

impl<'a> Excerpt<'a> {
    /// The excerpt for marks of one line that fit one window.
    fn new(targets: &[Target<'a>], width: usize) -> Self {
        let window = window(targets.iter(), width).unwrap_or(Window { skipped: 0, limit: width });
        let first = &targets[0];
        let (text, columns) = cut(first, window.skipped, width);
        // A column of the line as a column of the window.
        let column = |at: usize| columns.get(at.saturating_sub(window.skipped)).or(columns.last()).copied();
        let arrow = |target: &Target<'_>| {
            let start = column(target.columns.start).unwrap_or(0);
            let reach = column(target.columns.end).unwrap_or(0);
            // The middle must not pass the limit; what is left is underlined without an arrow.
            let columns = start..reach.min(2 * window.limit.max(start) + 1 - start).max(start + 1);
            let room = width.saturating_sub((columns.start + columns.end) / 2 + ARROW_WIDTH).max(LABEL / 2);
            Arrow { columns, reach, message: wrap(&target.message, room), style: target.style }
        };
        let mut arrows: Vec<Arrow> = targets.iter().map(arrow).collect();
        arrows.sort_by_key(|arrow| std::cmp::Reverse(arrow.columns.start + arrow.columns.end));
        let is_cut = window.skipped > 0;
        let Target { file, number, span, is_line, .. } = *first;
        Self { file, number, span, is_line, is_cut, text, arrows }
    }

    /// Whether its place must be said above it: in another file, or in a line of which the start is cut.
    fn needs_header(&self, before: Option<&Self>) -> bool {
        before.is_none_or(|before| !std::ptr::eq(before.file, self.file) || self.is_cut || before.is_cut)
    }

    /// Whether it stands right below the other one in the source.
    fn follows(&self, other: &Self) -> bool {
        std::ptr::eq(self.file, other.file) && self.number == other.number + 1
    }

    /// Where it is, for the header above it.
    fn spot(&self) -> String {
        let spot = Spot::of(self.file, self.span);
        if self.is_line { spot.line() } else { spot.shown() }
    }
}

/// The part of the target's line behind `skipped` characters, made visible, tabs opened, at most `width`
/// columns; and the column of each of its characters, with that of its end.
fn cut(target: &Target<'_>, skipped: usize, width: usize) -> (String, Vec<usize>) {
    let text: &str = target.file.text();
    // From the mark to the left, not from the line's start to the right: a line may be megabytes long.
    let back = target.columns.start.saturating_sub(skipped);
    let before = text[target.line.start..target.byte].char_indices().rev();
    let start = before.take(back).last().map_or(target.byte, |(at, _)| target.line.start + at);
    let mut out = String::new();
    let mut columns = Vec::new();
    let mut column = 0;
    if skipped > 0 {
        (out, column) = ("…".to_owned(), 1);
    }
    let mut rest = text[start..target.line.end].chars();
    while let Some(c) = rest.clone().next() {
        let wide = if c == '\t' { TAB - column % TAB } else { 1 };
        let is_last = rest.clone().nth(1).is_none();
        if column + wide + usize::from(!is_last) > width {
            break;
        }
        columns.push(column);
        out.extend(std::iter::repeat_n(if c == '\t' { ' ' } else { visible_char(c) }, wide));
        column += wide;
        rest.next();
    }
    columns.push(column);
    if rest.next().is_some() {
        out.push('…');
    }
    (out, columns)
}

/// The rows of these excerpts.
fn rows(excerpts: &[Excerpt<'_>]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before = None;
    let mut coming = excerpts.iter();
    let mut arrows = [].iter();
    for (has_number, cells) in drawn(excerpts).into_iter().map(without_margin) {
        if has_number {
            let Some(excerpt) = coming.next() else { break };
            if excerpt.needs_header(before) {
                rows.push(Row::File(excerpt.spot()));
                rows.push(Row::Under(Cells::new()));
            }
            rows.push(Row::Line(excerpt.number, cells));
            arrows = excerpt.arrows.iter();
            before = Some(excerpt);
        } else if let Some(corner) = cells.iter().position(|(_, c)| *c == '╰') {
            rows.extend(arrows.next().map_or(Vec::new(), |arrow| label(&cells[..corner], arrow)));
        } else if !is_space_between_labels(&cells) {
            rows.push(Row::Under(cells));
        }
    }
    rows
}

/// Whether the row shows nothing but arrows on their way down.
fn is_space_between_labels(cells: &Cells) -> bool {
    cells.iter().any(|(_, c)| *c == '│') && cells.iter().all(|(_, c)| matches!(c, '│' | ' '))
}

/// The rows of a label, below what stands left of its arrow: ariadne writes it behind the end of the
/// underline and in one line, which is too wide for most screens.
fn label(left: &[(Style, char)], arrow: &Arrow) -> Vec<Row> {
    let mut head = ARROW.to_owned();
    let mut rows = Vec::new();
    for line in &arrow.message {
        let text = head.chars().map(|c| (arrow.style, c)).chain(line.chars().map(|c| (Style::Plain, c)));
        rows.push(Row::Under(left.iter().copied().chain(text).collect()));
        head = " ".repeat(ARROW_WIDTH);
    }
    rows
}

/// The text that ariadne draws on: every excerpt a line, and an empty one between those that do not
/// follow each other. Also the character at which each excerpt begins.
fn paper(excerpts: &[Excerpt<'_>]) -> (String, Vec<usize>) {
    let (mut text, mut starts, mut length) = (String::new(), Vec::new(), 0);
    for (index, excerpt) in excerpts.iter().enumerate() {
        if index > 0 && !excerpt.follows(&excerpts[index - 1]) {
            text.push('\n');
            length += 1;
        }
        starts.push(length);
        // At least one character, for a mark in an empty line.
        text.push_str(&excerpt.text);
        text.push_str(" \n");
        length += excerpt.text.chars().count() + 2;
    }
    (text, starts)
}

/// The colours that carry a style through ariadne.
fn carrier(style: Style) -> Color {
    Color::Fixed(if style == Style::Related { 1 } else { 0 })
}

/// What ariadne draws, row by row, without its headline, its header and its last line.
fn drawn(excerpts: &[Excerpt<'_>]) -> Vec<Cells> {
    let (text, starts) = paper(excerpts);
    // Characters, not bytes: with bytes the positions are wrong where a text is not ASCII.
    let config = Config::new().with_index_type(IndexType::Char).with_color(true);
    let mut report = Report::build(ReportKind::Custom("", Color::Primary), 0..0).with_config(config);
    let mut labels = Vec::new();
    for (start, excerpt) in starts.iter().zip(excerpts) {
        let label = |columns: Range<usize>, style: Style| {
            Label::new(start + columns.start..start + columns.end).with_color(carrier(style))
        };
        let own = &excerpt.arrows;
        labels.extend(own.iter().map(|arrow| label(arrow.columns.clone(), arrow.style).with_message("label")));
        // Without a message there is no arrow, and behind those that have one it takes no row.
        let rests = own.iter().filter(|arrow| arrow.columns.end < arrow.reach);
        labels.extend(rests.map(|arrow| label(arrow.columns.end..arrow.reach, arrow.style)));
    }
    for (order, label) in (0..).zip(labels) {
        report.add_label(label.with_order(order));
    }
    let mut out = Vec::new();
    // A vector takes all that is written to it, and the source is at hand.
    if report.finish().write(Source::from(text), &mut out).is_err() {
        return Vec::new();
    }
    let mut styles = excerpts.iter().flat_map(|excerpt| &excerpt.arrows).map(|arrow| arrow.style);
    let primary = styles.find(|style| *style != Style::Related).unwrap_or(Style::Related);
    let out = String::from_utf8_lossy(&out);
    let mut rows: Vec<Cells> = out.lines().skip(3).map(|row| cells(row, primary)).collect();
    rows.pop();
    rows
}

/// The characters of a row with the styles that its escape sequences mean.
fn cells(row: &str, primary: Style) -> Cells {
    let mut cells = Cells::new();
    let mut style = Style::Plain;
    let mut rest = row.chars();
    while let Some(c) = rest.next() {
        if c != '\x1b' {
            cells.push((style, c));
            continue;
        }
        let sequence: String = rest.by_ref().take_while(|c| *c != 'm').collect();
        style = match sequence.as_str() {
            "[38;5;0" => primary,
            "[38;5;1" => Style::Related,
            _ => Style::Plain,
        };
    }
    cells
}

/// Whether the row has a line number, and what stands right of its margin.
fn without_margin(mut cells: Cells) -> (bool, Cells) {
    // The first bar of a row is always that of the margin.
    let bar = cells.iter().position(|(_, c)| matches!(c, '│' | '┆')).unwrap_or(0);
    let number = cells[..bar].iter().any(|(_, c)| c.is_ascii_digit());
    cells.drain(..cells.len().min(bar + 2));
    (number, cells)
}
