//! From a text that a template makes back to the bytes that say it: the text itself, the parts of `Fn::Sub`
//! and `Fn::Join`, the members of what `Fn::ToJsonString` is given.

use std::collections::HashMap;

use super::intrinsics::{SubPart, sub_parts};
use super::texts::write_json;
use super::{Resolver, StackId};
use crate::source::{Place, Span};
use crate::syntax::{Kind as NodeKind, Node};
use crate::template::{Call, Function, serverless};
use crate::value::{At, Value};

impl<'d> Resolver<'_, 'd> {
    /// For every byte of a text, the bytes that say it; `value` is the value that the text is all of.
    pub fn spans_of_text(&mut self, stack: StackId, value: &Value, text: &str) -> Vec<Span> {
        if let Some(call) = self.made_to_text(stack, value.at) {
            let argument = self.argument(stack, call, value.at);
            return spans_of_json(&argument, value.at.place, text);
        }
        let runs = self.written(stack, value.at).map(runs).unwrap_or_default();
        Places::new(text, &runs, value.at.place).spans(text)
    }
}

/// The same of the JSON text that is made of a value: each member says its own part.
fn spans_of_json(value: &Value, host: Place, text: &str) -> Vec<Span> {
    let (mut parts, mut spans, mut made) = (Vec::new(), Vec::with_capacity(text.len()), String::new());
    write_json(value, &mut parts);
    for (part, place) in &parts {
        let part = part.as_known().unwrap_or_default();
        let span = if place.file == host.file { place.span } else { host.span };
        spans.extend(std::iter::repeat_n(span, part.len()));
        made.push_str(part);
    }
    // What a condition chooses is no part of the value as it stands.
    if made == text { spans } else { vec![host.span; text.len()] }
}

/// Parts of one text that are looked up.
const MOST_RUNS: usize = 10_000;

/// Characters that a template writes down as they are.
pub(super) struct Run<'d> {
    scalar: Node<'d>,
    /// Where they begin in the scalar's text.
    from: usize,
    text: String,
}

/// What a text is made of, as far as it is written down: the text itself, the parts of `Fn::Sub`, the
/// members of `Fn::Join`. Behind [`MOST_RUNS`] nothing more has a place of its own.
pub(super) fn runs(node: Node<'_>) -> Vec<Run<'_>> {
    let (mut runs, mut open, mut steps) = (Vec::new(), vec![node], 0);
    while let Some(node) = open.pop() {
        steps += 1;
        // An alias can show the same node again and again.
        if steps > MOST_RUNS {
            break;
        }
        match Call::of(node) {
            None => runs.extend(written_runs(node)),
            Some(call) if call.function == Function::Sub => {
                let is_text = call.argument.kind() == NodeKind::Scalar;
                let scalar = if is_text { Some(call.argument) } else { call.argument.items().next() };
                runs.extend(scalar.map(sub_runs).unwrap_or_default());
            }
            Some(call) if call.function == Function::Join => {
                let list = call.argument.items().nth(1);
                let members: Vec<Node<'_>> = list.into_iter().flat_map(Node::items).take(MOST_RUNS).collect();
                open.extend(members.into_iter().rev());
            }
            Some(_) => {}
        }
    }
    runs
}

/// A text without what the Serverless Framework replaces in it.
fn written_runs(scalar: Node<'_>) -> Vec<Run<'_>> {
    let (mut runs, mut from) = (Vec::new(), 0);
    for piece in serverless::pieces(scalar.text().unwrap_or_default()) {
        match piece {
            serverless::Piece::Literal(text) => {
                runs.push(Run { scalar, from, text: text.to_owned() });
                from += text.len();
            }
            serverless::Piece::Variable(variable) => from += variable.text.len(),
        }
    }
    runs
}

fn sub_runs(scalar: Node<'_>) -> Vec<Run<'_>> {
    let parts = sub_parts(scalar.text().unwrap_or_default()).into_iter();
    let literal = parts.filter_map(|(from, part)| match part {
        SubPart::Literal(text) => Some(Run { scalar, from, text }),
        SubPart::Variable(_) | SubPart::Framework(_) => None,
    });
    literal.collect()
}

/// The way from an offset in a text to the bytes that say it.
pub(super) struct Places {
    host: Place,
    /// Where each run begins in the text, with the bytes that say its characters; in order.
    located: Vec<(usize, Vec<Span>)>,
}

impl Places {
    pub(super) fn new(literal: &str, runs: &[Run<'_>], host: Place) -> Self {
        let mut spans: HashMap<_, Vec<Span>> = HashMap::new();
        let mut located = Vec::new();
        let mut from = 0;
        for run in runs.iter().filter(|run| !run.text.is_empty()) {
            // What parameters say stands between the runs.
            let Some(at) = literal.get(from..).and_then(|rest| rest.find(&run.text)).map(|at| from + at) else {
                continue;
            };
            let scalar = spans.entry(run.scalar.id()).or_insert_with(|| run.scalar.text_spans());
            if let Some(bytes) = scalar.get(run.from..(run.from + run.text.len()).min(scalar.len())) {
                located.push((at, bytes.to_vec()));
            }
            from = at + run.text.len();
        }
        Self { host, located }
    }

    /// For every byte of the text the bytes that say its character; of what is written nowhere, such as the
    /// value of a parameter, the place behind what comes before it.
    pub(super) fn spans(&self, literal: &str) -> Vec<Span> {
        let mut before = None;
        let span = |offset| match self.character(offset) {
            Some(span) => {
                before = Some(Span::at(span.end()));
                span
            }
            None => before.unwrap_or(self.host.span),
        };
        (0..literal.len()).map(span).collect()
    }

    /// The bytes that say the character at an offset.
    fn character(&self, offset: usize) -> Option<Span> {
        let run = self.located.partition_point(|(from, _)| *from <= offset).checked_sub(1)?;
        let (from, spans) = &self.located[run];
        spans.get(offset - from).copied()
    }

    pub(super) fn at(&self, span: Span) -> At {
        let first = self.character(span.start());
        let last = span.end().checked_sub(1).and_then(|last| self.character(last));
        let span = match (first, last) {
            (Some(first), Some(last)) if last.end() >= first.start() => first.to(last),
            _ => self.host.span,
        };
        // No edit may touch what stands inside another text.
        At { place: Place { span, ..self.host }, node: None }
    }

    /// What lies between the characters before and behind an offset: there stands what a hole is for.
    pub(super) fn between(&self, offset: usize) -> At {
        let before = offset.checked_sub(1).and_then(|before| self.character(before));
        let span = match (before, self.character(offset)) {
            (Some(before), Some(behind)) if before.end() <= behind.start() => Span::new(before.end(), behind.start()),
            _ => self.host.span,
        };
        At { place: Place { span, ..self.host }, node: None }
    }

    /// Where the reading of the text failed; where the text breaks off, behind its last character.
    pub(super) fn fault(&self, literal: &str, span: Span) -> At {
        if !span.is_empty() {
            return self.at(span);
        }
        let said = literal.get(..span.start()).unwrap_or(literal).trim_end().len();
        let last = said.checked_sub(1).and_then(|last| self.character(last));
        let span = last.map_or(self.host.span, |last| Span::at(last.end()));
        At { place: Place { span, ..self.host }, node: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::{Given, GivenParameter, Stack, StackInfo, StackSet};
    use crate::source::FileId;
    use crate::syntax::parse_yaml;
    use crate::template::Template;

    /// What says each character of the text that an output has, as source.
    fn said(value: &str) -> (String, Vec<String>) {
        let text = format!(
            "Parameters: {{P: {{Type: String}}}}\nResources: {{T: {{Type: x}}}}\nOutputs:\n  O: {{Value: {value}}}\n"
        );
        let doc = parse_yaml(FileId(0), &text.as_str().into());
        assert_eq!(doc.errors(), []);
        let template = Template::read(&doc).unwrap();
        let mut given = Given::default();
        given.set("P", GivenParameter::Certain("xy".into()));
        let set = StackSet::new(vec![Stack::new(&template, StackInfo { given, ..StackInfo::default() })]);
        let mut resolver = Resolver::new(&set);
        let value = resolver.value(StackId(0), template.output("O").unwrap().get("Value").unwrap());
        let made = value.text().unwrap().as_known().unwrap().to_owned();
        let spans = resolver.spans_of_text(StackId(0), &value, &made);
        (made, spans.into_iter().map(|span| span.of(doc.text()).to_owned()).collect())
    }

    fn expect(value: &str, made: &str, sources: &[&str]) {
        let (text, found) = said(value);
        assert_eq!(
            (text.as_str(), found),
            (made, sources.iter().map(|source| (*source).to_owned()).collect()),
            "{value}"
        );
    }

    #[test]
    fn each_character_has_what_says_it() {
        expect("'ab'", "ab", &["a", "b"]);
        expect("\"a\\n\"", "a\n", &["a", "\\n"]);
        // The value of a parameter is written nowhere in the text: it stands behind what comes before.
        expect("!Sub 'a${P}b'", "axyb", &["a", "", "", "b"]);
        expect("!Join ['-', [a, !Ref P, b]]", "a-xy-b", &["a", "", "", "", "", "b"]);
        expect("!Ref P", "xy", &["!Ref P", "!Ref P"]);
        expect(
            "!ToJsonString {a: 1}",
            "{\"a\":1}",
            &["!ToJsonString {a: 1}", "a", "a", "a", "a", "1", "!ToJsonString {a: 1}"],
        );
    }

    #[test]
    fn a_fault_is_between_or_behind_what_is_written() {
        let host = Place { file: FileId(0), span: Span::new(0, 9) };
        let located = vec![(0, vec![Span::new(1, 2), Span::new(2, 3)]), (2, vec![Span::new(7, 8)])];
        let places = Places { host, located };
        assert_eq!(places.between(2).place.span, Span::new(3, 7));
        assert_eq!(places.between(0).place.span, host.span);
        assert_eq!(places.fault("a  ", Span::at(3)).place.span, Span::at(2));
        assert_eq!(places.fault("abc", Span::new(1, 2)).place.span, Span::new(2, 3));
        assert_eq!(places.fault("", Span::at(0)).place.span, host.span);
    }
}
