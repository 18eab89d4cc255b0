//! YAML into the arena. Only this module knows the YAML crate.
//!
//! It reads as PyYAML and CloudFormation do (a bracket may close at column 0). Aliases are never
//! expanded and merge keys never merged here, so the tree is at most as large as its text.

mod refused;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::build::{Builder, Shape};
use super::mend::{Mended, skip};
use super::{Document, NodeId, Style, SyntaxError, YAML_DEPTH};
use crate::source::{FileId, Span};
use refused::message;

/// More unknown aliases than this are not worth a message each.
const MOST_ERRORS: usize = 100;

/// Parses a YAML text of one document; a second one is an error, and the first one is kept. Stops
/// at the first error of grammar. A text without any value has no root.
pub fn parse_yaml(file: FileId, text: &Arc<str>) -> Document {
    let mut mended = Mended::new(text);
    loop {
        let mut reader = Reader::new(file, text, &mended);
        let Some(refusal) = reader.read() else { return reader.builder.finish() };
        let (last, mut builder) = (reader.last, reader.builder);
        if refusal.in_quotes && mended.mend(last, &refusal.error) {
            continue;
        }
        builder.error(mended.cause(refusal.error));
        return builder.finish();
    }
}

fn parser(text: &str) -> Parser<'_, granit_parser::StrInput<'_>> {
    let options = granit_parser::options! {
        // Else an alias without an anchor would hide the rest of the file.
        emit_unresolved_aliases: true,
        // The default of 96 refuses files that begin with a long comment.
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: YAML_DEPTH,
        block_nesting_limit: YAML_DEPTH,
    };
    Parser::new_from_str_with_options(text, options)
}

/// Why the crate stopped.
struct Refusal {
    error: SyntaxError,
    /// A line of a quoted text is indented too little.
    in_quotes: bool,
}

struct Reader<'t> {
    text: &'t str,
    mended: &'t Mended<'t>,
    builder: Builder,
    anchors: HashMap<usize, NodeId>,
    /// End of what was read, comments aside.
    last: usize,
    /// Documents begun so far, and the `---` of the last one.
    documents: usize,
    separator: Span,
    errors: usize,
}

impl<'t> Reader<'t> {
    fn new(file: FileId, text: &'t Arc<str>, mended: &'t Mended<'t>) -> Self {
        let (builder, anchors) = (Builder::new(file, text.clone()), HashMap::new());
        Self { text, mended, builder, anchors, last: 0, documents: 0, separator: Span::default(), errors: 0 }
    }

    /// Reads to the end, or to what the crate refuses.
    fn read(&mut self) -> Option<Refusal> {
        for event in parser(self.mended.blanked()) {
            let step = match event {
                Ok((event, span)) => self.event(event, span),
                Err(error) => return Some(self.refusal(&error)),
            };
            if step.is_break() {
                break;
            }
        }
        None
    }
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: granit_parser::Span) -> ControlFlow<()> {
        let (here, tag) = (self.span(&span), span.tag_span().map(|tag| self.span(&tag)).unwrap_or_default());
        let last = self.last;
        if !matches!(event, Event::Comment(..)) {
            self.last = last.max(here.end());
        }
        if self.documents > 1 && event.is_node() {
            return self.second_document(&event, here, tag);
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                self.separator = here;
            }
            Event::Comment(..) => self.builder.comment(here),
            Event::Scalar(value, style, anchor, _) => self.scalar(value, style, anchor, here, tag),
            Event::SequenceStart(style, anchor, _) => {
                let here = if style == StructureStyle::Block { self.dash(last, here) } else { here };
                return self.begin(Shape::Sequence, anchor, here, tag);
            }
            Event::MappingStart(_, anchor, _) => return self.begin(Shape::Mapping, anchor, here, tag),
            Event::SequenceEnd | Event::MappingEnd => self.end(here),
            Event::Alias(anchor) => self.alias(anchor, here),
            Event::UnresolvedAlias(name) => self.unknown_alias(&name, here),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn scalar(&mut self, value: Cow<'_, str>, style: ScalarStyle, anchor: usize, here: Span, tag: Span) {
        let style = match style {
            ScalarStyle::Plain if here.is_empty() => {
                let at = self.place_of_nothing(here, tag);
                let id = self.builder.missing(at, tag);
                return self.name(anchor, id);
            }
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        let here = if style == Style::Block { self.block_text(here) } else { here };
        let value = self.value(value, style, here);
        let raw = here.of(self.text);
        let raw = match style {
            Style::Single | Style::Double => raw.get(1..raw.len().saturating_sub(1)).unwrap_or(""),
            _ => raw,
        };
        let cooked = (raw != value).then(|| value.into());
        let id = self.builder.scalar(here, tag, style, cooked);
        self.name(anchor, id);
    }

    /// A scalar's text as CloudFormation and PyYAML read it, where the crate says something else.
    fn value<'v>(&self, value: Cow<'v, str>, style: Style, here: Span) -> Cow<'v, str> {
        // A line that ends with the file has no line break that could belong to the text.
        if style == Style::Block && here.end() == self.text.len() {
            return match value.strip_suffix('\n') {
                Some(line) => line.to_owned().into(),
                None => value,
            };
        }
        // At the outermost level no line is indented too little.
        let alone = || {
            let mut events = parser(here.of(self.text)).filter_map(Result::ok);
            events.find_map(|(event, _)| event.scalar().map(|(text, _)| text.to_owned()))
        };
        if self.mended.changed(here) { alone().map_or(value, Cow::Owned) } else { value }
    }

    /// Where a value that is not there would stand. The crate places it before the `:` of its key.
    fn place_of_nothing(&self, here: Span, tag: Span) -> usize {
        let at = here.start().max(tag.end());
        let key = self.builder.end_of_key();
        let between = key.and_then(|end| self.text.get(end..at));
        if between.is_none_or(|between| !between.trim_start_matches([' ', '\t']).is_empty()) {
            return at;
        }
        let rest = self.text.get(at..).unwrap_or("");
        let colon = rest.trim_start_matches([' ', '\t']);
        let Some(behind) = colon.strip_prefix(':') else { return at };
        // A colon in front of anything else begins the next key.
        let ends = |next: char| next.is_ascii_whitespace() || matches!(next, ',' | '[' | ']' | '{' | '}');
        if behind.chars().next().is_none_or(ends) { self.text.len() - behind.len() } else { at }
    }

    /// The content of a block scalar up to the end of its last line that is not blank: the crate
    /// counts the blank lines below it, and the indentation of the next line, to it.
    fn block_text(&self, here: Span) -> Span {
        let raw = here.of(self.text);
        let mut kept = raw;
        loop {
            let line = kept.rfind('\n').map_or(0, |newline| newline + 1);
            if !kept[line..].trim_start_matches([' ', '\t', '\r']).is_empty() || kept.is_empty() {
                break;
            }
            kept = kept[..line].strip_suffix('\n').unwrap_or("");
        }
        let end = here.start() + kept.trim_end_matches('\r').len();
        if end > here.start() {
            return Span::new(here.start(), end);
        }
        // Without a text the span lies behind the header.
        let before = self.text.get(..here.end()).unwrap_or("");
        Span::at(before.trim_end_matches([' ', '\t', '\r', '\n']).len())
    }

    fn begin(&mut self, shape: Shape, anchor: usize, here: Span, tag: Span) -> ControlFlow<()> {
        if self.builder.depth() == YAML_DEPTH {
            self.error(too_deep(here));
            return ControlFlow::Break(());
        }
        let id = self.builder.begin(shape, here.start(), tag);
        self.name(anchor, id);
        ControlFlow::Continue(())
    }

    /// The first `-` of a list that hangs on a key: where it stands as far left as the key, the crate
    /// says where the first item begins.
    fn dash(&self, last: usize, here: Span) -> Span {
        if self.builder.innermost().is_none_or(|open| open.shape != Shape::Mapping) {
            return here;
        }
        let at = skip(self.text, last, b":?");
        if self.text.as_bytes().get(at) == Some(&b'-') { Span::at(at) } else { here }
    }

    /// Only brackets say where a collection ends: any other event stands at the next token, behind
    /// comments that are not part of it.
    fn end(&mut self, here: Span) {
        let end = match here.of(self.text) {
            "]" | "}" => here.end(),
            _ => self.builder.end_of_last_child().unwrap_or(0),
        };
        self.builder.end(end);
    }

    fn name(&mut self, anchor: usize, id: NodeId) {
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
    }

    fn alias(&mut self, anchor: usize, here: Span) {
        match self.anchors.get(&anchor) {
            Some(target) => drop(self.builder.alias(here, *target)),
            None => drop(self.builder.missing(here.start(), Span::default())),
        }
    }

    fn unknown_alias(&mut self, name: &str, here: Span) {
        self.builder.missing(here.start(), Span::default());
        self.error(SyntaxError::new(here, format!("no anchor '&{name}' stands before this alias")));
    }

    /// An empty document behind the first one says nothing and may stand there.
    fn second_document(&mut self, event: &Event<'_>, here: Span, tag: Span) -> ControlFlow<()> {
        if matches!(event, Event::Scalar(_, ScalarStyle::Plain, 0, _)) && here.is_empty() && tag.is_empty() {
            return ControlFlow::Continue(());
        }
        let at = if self.separator.is_empty() { here } else { self.separator };
        self.error(SyntaxError::new(at, "more than one YAML document"));
        ControlFlow::Break(())
    }

    fn refusal(&self, error: &ScanError) -> Refusal {
        let at = error.marker().byte_offset().unwrap_or(self.text.len());
        let mut at = Span::at(at).snapped(self.text).start();
        let mut rest = self.text.get(at..).unwrap_or("");
        if let ErrorKind::UnexpectedCharacter { character } = error.kind() {
            // Inside a text without quotes the crate points at the beginning of the text.
            at += rest.find(*character).unwrap_or(0);
            rest = self.text.get(at..).unwrap_or("");
        }
        let character = rest.chars().next().filter(|character| !matches!(character, '\r' | '\n'));
        let span = Span::new(at, at + character.map_or(0, char::len_utf8));
        let error = error.kind();
        let in_quotes = matches!(error, ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation);
        let error = match error {
            ErrorKind::RecursionLimitExceeded => too_deep(span),
            ErrorKind::ExpectedDocumentStart if self.documents == 0 => {
                SyntaxError::new(span, "expected '---' behind the lines that begin with '%'")
            }
            kind => SyntaxError::new(span, message(kind, rest)),
        };
        Refusal { error, in_quotes }
    }

    fn error(&mut self, error: SyntaxError) {
        self.errors += 1;
        if self.errors <= MOST_ERRORS {
            self.builder.error(error);
        }
    }

    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        Span::new(range.start, range.end).snapped(self.text)
    }
}

fn too_deep(span: Span) -> SyntaxError {
    SyntaxError::new(span, format!("nested deeper than {YAML_DEPTH} levels"))
}
