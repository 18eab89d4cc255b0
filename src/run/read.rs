//! From bytes to a judged input: limits, encoding, a look at the text, parsing, and what it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::recognise::{self, Form};
use crate::checks::Problem;
use crate::source::{FileId, Span};
use crate::syntax::{self, Document};

/// Largest file that is read, in bytes.
pub(super) const LIMIT: u64 = 64 << 20;

/// A file that counts. Its number is given once all of them are known.
#[derive(Debug)]
pub(super) struct Input {
    /// Its path without links: the same however it was reached.
    pub(super) key: PathBuf,
    /// Its path as reports show it.
    pub(super) shown: String,
    pub(super) text: Arc<str>,
    /// Its tree, where it could be read whole.
    pub(super) document: Option<Document>,
    pub(super) is_template: bool,
    pub(super) problems: Vec<Problem>,
}

/// How a file was reached, which says how much it must look like a template to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// Met in a folder.
    Found,
    /// Named on the command line.
    Named,
    /// Named as a template by a manifest.
    Assembly,
}

/// What became of a file.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It counts.
    Counts(Box<Input>),
    /// It was passed over, and why.
    Passed(&'static str),
}

/// The text of a file, or as much of it as is text.
#[derive(Debug)]
pub(super) struct Text {
    text: Arc<str>,
    problem: Option<Problem>,
    /// Whether the whole of it, read with forgiveness, looks like a template; only with a problem.
    looks: bool,
}

impl Text {
    /// The text, where all of the file could be read.
    pub(super) fn whole(self) -> Option<Arc<str>> {
        self.problem.is_none().then_some(self.text)
    }

    /// The text, or what could be read of it and why not more.
    pub(super) fn into_parts(self) -> Result<Arc<str>, (Arc<str>, Problem)> {
        match self.problem {
            None => Ok(self.text),
            Some(problem) => Err((self.text, problem)),
        }
    }
}

/// Bytes as text, within the limits.
pub(super) fn decode(bytes: Vec<u8>) -> Text {
    if bytes.len() as u64 > LIMIT {
        let looks = looks(&bytes[..1 << 20]);
        let message = "larger than 64 MiB, which is the most that is read".to_owned();
        return unreadable(String::new(), message, None, looks);
    }
    if let Some(name) = other_encoding(&bytes) {
        let message = format!("stored as {name}, and CloudFormation reads UTF-8");
        // Its mark tells the order of the bytes.
        let advice = "save it as UTF-8, or convert it with iconv -f UTF-16 -t UTF-8".to_owned();
        return unreadable(String::new(), message, Some(advice), looks_in_utf16(&bytes));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Text { text: text.into(), problem: None, looks: false },
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let message = format!("not UTF-8: byte {valid} is 0x{:02x}", bytes[valid]);
            let advice =
                "save it as UTF-8, or convert it with iconv -f ISO-8859-1 -t UTF-8, where ISO-8859-1 stands for \
                          the encoding that it has"
                    .to_owned();
            let text = String::from_utf8_lossy(&bytes[..valid]).into_owned();
            unreadable(text, message, Some(advice), looks(&bytes))
        }
    }
}

fn unreadable(text: String, message: String, advice: Option<String>, looks: bool) -> Text {
    let problem = Problem::Unreadable { span: Span::at(text.len()), message, related: None, advice };
    Text { text: text.into(), problem: Some(problem), looks }
}

fn looks(bytes: &[u8]) -> bool {
    recognise::looks_like_template(&String::from_utf8_lossy(bytes))
}

fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] => Some("UTF-16 (little endian)"),
        [0xfe, 0xff, ..] => Some("UTF-16 (big endian)"),
        _ => None,
    }
}

fn looks_in_utf16(bytes: &[u8]) -> bool {
    let little = bytes.first() == Some(&0xff);
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    };
    let units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
    recognise::looks_like_template(&String::from_utf16_lossy(&units))
}

/// What a text is, and what is wrong with it.
pub(super) fn judge(text: Text, key: &Path, shown: &str, reached: Reached) -> Verdict {
    let counts = |document, is_template, problems| {
        let (key, shown, text) = (key.to_owned(), shown.to_owned(), text.text.clone());
        Verdict::Counts(Box::new(Input { key, shown, text, document, is_template, problems }))
    };
    let found = reached == Reached::Found;
    if let Some(problem) = &text.problem {
        if found && !text.looks {
            return Verdict::Passed("it is no text in UTF-8");
        }
        return counts(None, false, vec![problem.clone()]);
    }
    if found && !recognise::worth_parsing(&text.text) {
        return Verdict::Passed("nothing in it looks like a template");
    }
    let document = syntax::parse(FileId(0), &text.text, shown);
    if let Some(problem) = first_error(&document) {
        if found && !recognise::looks_like_template(&text.text) {
            return Verdict::Passed("it does not parse, and does not look like a template");
        }
        let problem = if found { or_template_source(problem, &text.text) } else { problem };
        return counts(None, false, vec![problem]);
    }
    let tool = if found { recognise::tool_of_braces(&document) } else { None };
    match (recognise::form(&document), tool) {
        (Form::Template, Some((span, tool))) => counts(None, false, vec![Problem::TemplateSource { span, tool }]),
        (Form::Template, None) => counts(Some(document), true, Vec::new()),
        (Form::NoMapping(span), _) => counts(None, false, vec![no_mapping(span)]),
        // A stack without resources is written as `{}`.
        _ if reached == Reached::Assembly => counts(Some(document), true, Vec::new()),
        (Form::Policy, _) => Verdict::Passed("it is a policy without a template, which is not checked yet"),
        (Form::Other, _) => Verdict::Passed("it holds no template"),
    }
}

/// The first thing that the grammar refused; what follows it is often only its echo.
pub(super) fn first_error(document: &Document) -> Option<Problem> {
    let error = document.errors().first()?.clone();
    Some(Problem::Unreadable { span: error.span, message: error.message, related: error.related, advice: None })
}

fn or_template_source(problem: Problem, text: &str) -> Problem {
    let Problem::Unreadable { span, .. } = &problem else { return problem };
    match recognise::other_tool(text, span.start()) {
        Some((span, tool)) => Problem::TemplateSource { span, tool },
        None => problem,
    }
}

fn no_mapping(span: Span) -> Problem {
    Problem::Unreadable { span, message: "Resources is no mapping".to_owned(), related: None, advice: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(bytes: &[u8], reached: Reached) -> Verdict {
        judge(decode(bytes.to_vec()), Path::new("/t.json"), "t.json", reached)
    }

    fn problem(bytes: &[u8], reached: Reached) -> Option<Problem> {
        match judged(bytes, reached) {
            Verdict::Counts(input) => input.problems.into_iter().next(),
            Verdict::Passed(_) => None,
        }
    }

    #[test]
    fn text_is_kept_up_to_the_first_bad_byte() {
        let Verdict::Counts(input) = judged(b"{\"Resources\": \"AWS::\xff\"}", Reached::Found) else {
            panic!("counts")
        };
        assert_eq!(&*input.text, "{\"Resources\": \"AWS::");
        let [Problem::Unreadable { span, message, .. }] = input.problems.as_slice() else { panic!("{input:?}") };
        assert_eq!((span.start(), message.as_str()), (20, "not UTF-8: byte 20 is 0xff"));
        assert!(matches!(judged(b"\xff\xff\xff", Reached::Found), Verdict::Passed(_)));
    }

    #[test]
    fn utf_16_is_named() {
        let utf16 = |text: &str| {
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<_>>()
        };
        let Some(Problem::Unreadable { message, .. }) = problem(&utf16("AWSTemplateFormatVersion: 1"), Reached::Found)
        else {
            panic!("a problem");
        };
        assert!(message.starts_with("stored as UTF-16 (little endian)"));
        assert_eq!(problem(&utf16("a: 1"), Reached::Found), None);
        assert!(problem(&utf16("a: 1"), Reached::Named).is_some());
    }

    #[test]
    fn the_limit_is_named() {
        let mut bytes = vec![b' '; LIMIT as usize + 1];
        bytes[..24].copy_from_slice(b"AWSTemplateFormatVersion");
        let Some(Problem::Unreadable { message, span, .. }) = problem(&bytes, Reached::Found) else {
            panic!("a problem")
        };
        assert!(message.contains("64 MiB"));
        assert_eq!(span, Span::at(0));
    }

    #[test]
    fn a_broken_file_counts_if_named_or_meant_as_a_template() {
        let broken = b"{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\" ";
        assert!(matches!(problem(broken, Reached::Found), Some(Problem::Unreadable { .. })));
        assert_eq!(problem(b"{\"Resources\": [", Reached::Found), None);
        assert!(matches!(problem(b"{\"Resources\": [", Reached::Named), Some(Problem::Unreadable { .. })));
    }

    #[test]
    fn the_source_of_another_tool_is_no_error_unless_named() {
        let source = b"{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\", {% if x %} }}}";
        assert!(matches!(problem(source, Reached::Found), Some(Problem::TemplateSource { tool: "Jinja", .. })));
        assert!(matches!(problem(source, Reached::Named), Some(Problem::Unreadable { .. })));
    }

    #[test]
    fn an_empty_stack_of_an_assembly_is_a_template() {
        let Verdict::Counts(input) = judged(b"{}", Reached::Assembly) else { panic!("counts") };
        assert!(input.is_template && input.problems.is_empty());
        assert!(matches!(judged(b"{}", Reached::Named), Verdict::Passed(_)));
    }
}
