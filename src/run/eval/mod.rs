//! `rolecall eval`: lines of questions in, lines of answers out, in the same order (interface, `eval`).
//!
//! Memory: what one read gives, at most a few mebibytes, and never more of a line than its limit.

mod words;

use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

use rayon::prelude::*;

use super::{RunError, pool, read};
use crate::policy::{self, Policy, evaluate};
use crate::report::screen_safe;
use crate::source::{FileId, LineIndex};
use crate::syntax::parse_json;
use crate::value::{Symbols, Truth};

/// Bytes of lines that are answered together.
const CHUNK: usize = 4 << 20;
/// Lines up to which threads are not worth their start.
const FEW: usize = 8;

/// Lines that are named when all are answered.
const MOST_NAMED: usize = 10;

/// What came of all lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluated {
    /// Answers.
    pub answers: usize,
    /// Of these, lines that could not be read.
    pub faults: usize,
    /// Of these, lines that say what they expect.
    pub tests: usize,
    /// Of these, answers other than the line expects.
    pub unexpected: usize,
    /// The first lines that failed or could not be read: their numbers, and what is the matter.
    pub named: Vec<(usize, String)>,
}

impl Evaluated {
    fn count(&mut self, answer: &Answer) {
        self.answers += 1;
        self.tests += usize::from(answer.is_test);
        let what = match &answer.kind {
            Kind::Decision => return,
            Kind::Unexpected { expected, found } => {
                self.unexpected += 1;
                format!("expected {expected}, but it is {found}")
            }
            Kind::Fault => {
                self.faults += 1;
                "cannot be read".to_owned()
            }
        };
        if self.named.len() < MOST_NAMED {
            self.named.push((answer.number, what));
        }
    }
}

/// Why lines were not answered to the end.
#[derive(Debug)]
pub enum EvalError {
    /// The threads could not be started.
    Threads(RunError),
    /// The questions could not be read.
    Read(io::Error),
    /// The answers could not be written.
    Write(io::Error),
}

/// Answers every line, one without a policy about the given one; empty lines have no answer. What has been read is answered before more is waited for,
/// so that a program may ask and listen in turn.
///
/// # Errors
/// Those of the reader and the writer; a line that cannot be read is an answer and no error.
pub fn eval(
    questions: &mut impl BufRead,
    answers: &mut impl Write,
    threads: Option<usize>,
    given: Option<&Policy>,
) -> Result<Evaluated, EvalError> {
    let pool = pool(threads).map_err(EvalError::Threads)?;
    let mut lines = Lines { from: questions, read: 0, is_done: false };
    let mut total = Evaluated::default();
    while !lines.is_done {
        let mut chunk = lines.chunk().map_err(EvalError::Read)?;
        // One fault is enough where an object stands in many lines.
        if total.answers == 0 && chunk.first().is_some_and(Line::begins_over_lines) {
            chunk.truncate(1);
            lines.is_done = true;
        }
        let answered: Vec<Answer> = if chunk.len() <= FEW {
            chunk.into_iter().map(|line| line.answer(given)).collect()
        } else {
            pool.install(|| chunk.into_par_iter().with_min_len(FEW).map(|line| line.answer(given)).collect())
        };
        let mut out = String::with_capacity(answered.iter().map(|answer| answer.json.len() + 1).sum());
        for answer in &answered {
            total.count(answer);
            out.push_str(&answer.json);
            out.push('\n');
        }
        answers.write_all(out.as_bytes()).and_then(|()| answers.flush()).map_err(EvalError::Write)?;
    }
    Ok(total)
}

/// Reads the policy for lines without one.
///
/// # Errors
/// What is wrong with it, and where.
pub fn policy_of(file: &mut impl BufRead) -> Result<Policy, String> {
    let mut bytes = Vec::new();
    let limited = file.take(read::LIMIT + 1).read_to_end(&mut bytes);
    limited.map_err(|failure| failure.to_string())?;
    if bytes.len() as u64 > read::LIMIT {
        return Err("the file is longer than 64 MiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())?;
    let text: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
    policy::policy_alone(&parse_json(FileId(0), &text)).map_err(|fault| {
        let at = LineIndex::new(&text).line_column(&text, fault.span.start());
        format!("line {}, column {}: {}", at.line, at.column, fault.message)
    })
}

/// The lines of an input.
struct Lines<'r, R> {
    from: &'r mut R,
    /// Lines that have been read.
    read: usize,
    is_done: bool,
}

/// One line, without its end.
struct Line {
    /// Counted from 1.
    number: usize,
    /// None of a line over the limit.
    bytes: Option<Vec<u8>>,
}

impl<R: BufRead> Lines<'_, R> {
    /// The lines that are there without waiting, at least one unless the input ends; no empty ones.
    fn chunk(&mut self) -> io::Result<Vec<Line>> {
        let (mut lines, mut size) = (Vec::new(), 0);
        while size < CHUNK {
            let (bytes, is_last, has_more) = self.line()?;
            self.is_done = is_last;
            self.read += 1;
            size += bytes.as_ref().map_or(0, Vec::len);
            let is_empty = bytes.as_ref().is_some_and(|bytes| bytes.trim_ascii().is_empty());
            if !is_empty {
                lines.push(Line { number: self.read, bytes });
            }
            if is_last || (!has_more && !lines.is_empty()) {
                break;
            }
        }
        Ok(lines)
    }

    /// The next line; whether the input ends with it, and whether a whole further line may be there
    /// already.
    fn line(&mut self) -> io::Result<(Option<Vec<u8>>, bool, bool)> {
        let mut line = Vec::new();
        let mut is_over = false;
        loop {
            let here = match self.from.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                here => here?,
            };
            if here.is_empty() {
                return Ok(((!is_over).then_some(line), true, false));
            }
            let end = here.iter().position(|byte| *byte == b'\n');
            let part = &here[..end.unwrap_or(here.len())];
            is_over |= (line.len() + part.len()) as u64 > read::LIMIT;
            if is_over {
                line = Vec::new();
            } else {
                line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            let has_more = here[used..].contains(&b'\n');
            self.from.consume(used);
            if end.is_some() {
                return Ok(((!is_over).then_some(line), false, has_more));
            }
        }
    }
}

/// What is written for a line.
struct Answer {
    number: usize,
    json: String,
    kind: Kind,
    is_test: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Decision,
    /// Not the one that the line expects.
    Unexpected {
        expected: &'static str,
        found: &'static str,
    },
    Fault,
}

impl Answer {
    fn fault(id: &str, number: usize, place: Option<(&str, usize)>, message: &str) -> Self {
        let column = place.map(|(text, byte)| LineIndex::new(text).line_column(text, byte).column);
        let column = column.map(|column| format!(", column {column}")).unwrap_or_default();
        let error = serde_json::Value::from(format!("line {number}{column}: {message}"));
        let json = screen_safe(&format!("{{\"id\":{id},\"error\":{error}}}")).into_owned();
        Self { number, json, kind: Kind::Fault, is_test: false }
    }
}

/// What is said of an object that stands in many lines.
const OVER_LINES: &str = "a line has to hold one whole JSON object; `jq -c .` makes it so, `jq -c '.[]'` of a list";

impl Line {
    /// Whether an object or a list begins here and goes on in other lines, as programs print them for people.
    fn begins_over_lines(&self) -> bool {
        let text = self.bytes.as_deref().map(<[u8]>::trim_ascii).unwrap_or_default();
        matches!(text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text), b"{" | b"[")
    }

    fn answer(self, given: Option<&Policy>) -> Answer {
        let number = self.number;
        if self.begins_over_lines() {
            return Answer::fault("null", number, None, OVER_LINES);
        }
        let fault = |message: &str| Answer::fault("null", number, None, message);
        let Some(bytes) = self.bytes else { return fault("the line is longer than 64 MiB") };
        let Ok(text) = String::from_utf8(bytes) else { return fault("the line is not UTF-8") };
        let text: Arc<str> = without_ends(&text, number == 1).into();
        let document = parse_json(FileId(0), &text);
        let id = policy::id(&document);
        let read =
            policy::question_about(given, &document).and_then(|question| Ok((question, policy::expected(&document)?)));
        let (question, expected) = match read {
            Ok(read) => read,
            Err(fault) => return Answer::fault(&id, number, Some((&text, fault.span.start())), &fault.message),
        };
        let decision = evaluate(&question.policy, &question.request, &Symbols::default());
        let words::Reason { by, why } = words::reason(&question, &decision);
        let (is_test, says) = (expected.is_some(), name(decision.truth));
        let expected = expected.filter(|expected| *expected != decision.truth).map(name);
        let kind = expected.map_or(Kind::Decision, |expected| Kind::Unexpected { expected, found: says });
        let expected = expected.map(|expected| format!(",\"expected\":\"{expected}\"")).unwrap_or_default();
        let [by, why] = [by.map_or(serde_json::Value::Null, Into::into), why.into()];
        let json = format!("{{\"id\":{id},\"decision\":\"{says}\",\"by\":{by},\"why\":{why}{expected}}}");
        Answer { number, json: screen_safe(&json).into_owned(), kind, is_test }
    }
}

fn name(decision: Truth) -> &'static str {
    match decision {
        Truth::True => "Allow",
        Truth::False => "Deny",
        Truth::Unknown => "Unknown",
    }
}

/// A line without what ends it on other systems, and without the mark that some put before the first.
fn without_ends(text: &str, is_first: bool) -> &str {
    let text = text.strip_suffix('\r').unwrap_or(text);
    if is_first { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    const GOOD: &str = r#"{"id": "ID", "policy": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}, "principal": {"type": "AWS", "value": "111122223333"}, "action": "a:b"}"#;

    fn answered(input: &[u8], buffer: usize) -> (String, Evaluated) {
        let mut out = Vec::new();
        let total = eval(&mut BufReader::with_capacity(buffer, input), &mut out, Some(2), None).unwrap();
        (String::from_utf8(out).unwrap(), total)
    }

    #[test]
    fn answers_stand_in_the_order_of_the_lines_whatever_a_read_gives() {
        let lines: Vec<String> = (0..200).map(|at| GOOD.replace("ID", &at.to_string())).collect();
        let (input, first) = (lines.join("\n"), answered(lines.join("\n").as_bytes(), 64));
        for buffer in [1, 100, 1 << 20] {
            assert_eq!(answered(input.as_bytes(), buffer), first);
        }
        let ids = first.0.lines().map(|line| line.split('"').nth(3).unwrap().to_owned());
        assert!(ids.eq((0..200).map(|at| at.to_string())));
        assert_eq!(first.1, Evaluated { answers: 200, ..Evaluated::default() });
    }

    #[test]
    fn marks_ends_and_empty_lines_are_no_part_of_a_question() {
        let input = format!("\u{feff}{GOOD}\r\n\r\n  \n{GOOD}\n\n");
        let (out, total) = answered(input.as_bytes(), 4096);
        assert_eq!(total, Evaluated { answers: 2, ..Evaluated::default() }, "{out}");
        assert_eq!(answered(b"", 8).1, Evaluated::default());
    }

    #[test]
    fn a_line_that_cannot_be_read_stops_no_other() {
        let bad: &[u8] = b"{\"id\": 7, \"policy\": [}\n\xff\n";
        let input = [bad, GOOD.as_bytes(), b"\n{\"id\":\"\x1b\xe2\x80\xae\"}"].concat();
        let (out, total) = answered(&input, 4096);
        assert_eq!((total.answers, total.faults, total.unexpected), (4, 3, 0));
        assert_eq!(total.named, [1, 2, 4].map(|line| (line, "cannot be read".to_owned())));
        let lines: Vec<&str> = out.lines().collect();
        assert!(lines[0].starts_with(r#"{"id":7,"error":"line 1, column 22: "#), "{out}");
        assert_eq!(lines[1], r#"{"id":null,"error":"line 2: the line is not UTF-8"}"#);
        assert!(lines[2].starts_with(r#"{"id":"ID","decision":"Allow","by":"Statement","why":"#), "{out}");
        // JSON allows no raw control character, and none comes out.
        assert!(lines[3].starts_with("{\"id\":") && out.chars().all(|c| c == '\n' || !c.is_control()), "{out}");
        assert!(!out.contains('\u{202e}'));
    }

    #[test]
    fn what_a_line_expects_is_held_against_its_answer() {
        let expect = |word: &str| answered(GOOD.replacen('{', &format!("{{\"expect\": {word}, "), 1).as_bytes(), 4096);
        for (word, tests) in [("\"Allow\"", 1), ("\"?\"", 0)] {
            assert_eq!(expect(word).1, Evaluated { answers: 1, tests, ..Evaluated::default() });
        }
        let (out, total) = expect("\"Deny\"");
        let named = vec![(1, "expected Deny, but it is Allow".to_owned())];
        assert_eq!(total, Evaluated { answers: 1, tests: 1, unexpected: 1, named, faults: 0 });
        assert!(out.contains("\"decision\":\"Allow\"") && out.ends_with(",\"expected\":\"Deny\"}\n"), "{out}");
        for word in ["\"Alow\"", "true", "null"] {
            let total = expect(word).1;
            assert_eq!((total.answers, total.faults, total.unexpected), (1, 1, 0));
        }
    }

    #[test]
    fn a_line_over_the_limit_is_left_behind() {
        let long = vec![b' '; read::LIMIT as usize + 1];
        let input = [long.as_slice(), b"\n", GOOD.as_bytes()].concat();
        let (out, total) = answered(&input, 1 << 20);
        assert_eq!((total.answers, total.faults, total.unexpected), (2, 1, 0));
        assert!(out.starts_with("{\"id\":null,\"error\":\"line 1: the line is longer than 64 MiB\"}\n"), "{out}");
    }

    #[test]
    fn an_object_in_many_lines_is_one_fault() {
        for start in ["{", "\u{feff}[ ", "\n {\r"] {
            let input = format!("{start}\n  \"id\": 1\n}}\n{GOOD}\n");
            let (out, total) = answered(input.as_bytes(), 4096);
            assert_eq!((total.answers, total.faults), (1, 1), "{out}");
            assert!(out.contains("`jq -c .` makes it so"), "{out}");
        }
    }
}
