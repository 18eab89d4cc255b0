//! Whatever a template holds, a report neither panics nor lets it act on a screen or a runner.

use std::sync::Arc;

use proptest::prelude::*;
use pulldown_cmark::{Event, Options as Options_, Parser, Tag};

use super::{fixed, formats, report, samples};
use crate::finding::{
    By, Certainty, Choice, CodeLine, CodePoint, Finding, Label, Note, NoteKind, Outcome, Severity, Status, Subject,
    Suppressed,
};
use crate::policy::Carried;
use crate::report::{Format, Options};
use crate::source::{FileId, Place, SourceFile, Span};
use crate::value::Text;

/// Pieces that have broken reports before, here or elsewhere.
const PIECES: &[&str] = &[
    "a",
    "Condition: ",
    "é",
    "日本",
    "😀",
    "e\u{301}",
    "\t",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\x1b[31m",
    "\x1b]8;;x\x07",
    "\x7f",
    "\u{85}",
    "\u{9b}31m",
    "\u{2028}",
    "\u{2029}",
    "\x0b",
    "\x0c",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "::error::x",
    "\n::error file=x::y",
    "##[error]",
    "%0A::warning::",
    "](http://x)",
    "╰",
    "│ 12",
    "┆",
    "{\"a\":[",
    "<script>alert(1)</script>",
    "</details>",
    "<!--",
    "]]>",
    "&amp;",
    "![x](http://y/z.png)",
    "[x](javascript:y)",
    "`",
    "```\n",
    "| x |",
    "**",
    "@user",
    "#1",
    "https://example.com",
    "www.example.com",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "\u{ffff}",
    "# rolecall: ignore[SVC001]",
    "\"",
    "'",
    "--",
    ":",
    ",",
    "a long piece of a line that goes on for a while, and on, and on, until it is wider than any screen has columns",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

fn label() -> impl Strategy<Value = Label> {
    (0..2u32, any::<prop::sample::Index>(), 0..300usize, text()).prop_map(|(file, start, length, message)| {
        let start = start.index(700);
        Label::new(Place { file: FileId(file), span: Span::new(start, start + length) }, message)
    })
}

/// A line of a program, its file there or not; the line may lie behind its end.
fn point() -> impl Strategy<Value = CodePoint> {
    let column = prop::option::of(1..300u32);
    (text(), text(), 1..40u32, column, any::<bool>()).prop_map(|(path, text, line, column, is_there)| {
        samples::point(&text, (line, column), is_there.then(|| Arc::new(SourceFile::new(path, &*text))))
    })
}

fn code() -> impl Strategy<Value = Option<Box<CodeLine>>> {
    let points = || prop::collection::vec(point(), 0..2);
    let certainty = prop::sample::select(vec![Certainty::Exact, Certainty::Near, Certainty::Guess]);
    let line = (point(), certainty, text(), points(), points()).prop_map(|(at, certainty, says, helpers, callers)| {
        Box::new(CodeLine { at, certainty, says, helpers, callers })
    });
    prop::option::of(line)
}

fn finding() -> impl Strategy<Value = Finding> {
    let severity = prop::sample::select(vec![Severity::Error, Severity::Warning, Severity::Info]);
    let texts = (text(), text(), text(), text(), text());
    let labels = (label(), prop::collection::vec(label(), 0..6));
    let parts = (severity, any::<bool>(), labels, texts, code());
    parts.prop_map(|(severity, possible, (primary, related), texts, code)| {
        let (message, help, name, value, path) = texts;
        let subject = Subject {
            logical_id: Some(name.clone()),
            construct_path: Some(path),
            stack: Some(value.clone()),
            ..Subject::default()
        };
        let mut finding = Finding::new("SVC001", severity, message, primary, subject);
        finding.status = if possible { Status::Possible } else { Status::Definite };
        finding.related = related;
        finding.code = code;
        finding.assumes = vec![help.clone()];
        finding.help = help;
        finding.assignment = vec![(name, Choice::Value(value))];
        finding
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let findings = prop::collection::vec(finding(), 1..3);
    (text(), text(), text(), text(), findings).prop_map(|(path, first, second, message, findings)| {
        let sources = samples::sources(&[(&path, &first), ("b.yaml", &second)]);
        let mut outcome = samples::outcome(sources, findings);
        let place = Some(outcome.findings[0].primary.place);
        outcome.notes.push(Note::new(NoteKind::Undecided, message, place));
        outcome
    })
}

/// Whether a character could act on a terminal, or show a text as what it is not.
fn acts(c: char) -> bool {
    c != '\n' && (c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

/// The outcome with a proof of each finding that is full of its texts, and each finding once more as suppressed.
fn proved(mut outcome: Outcome, by: &str) -> Outcome {
    for finding in &mut outcome.findings {
        let mut witness = samples::witness();
        let (message, help) = (finding.message.clone(), finding.help.clone());
        witness.class.clone_from(&message);
        witness.story.clone_from(&help);
        witness.request.action.clone_from(&message);
        witness.request.resource = Text::known(&*help);
        witness.request.principal.1 = Text::known(&*message);
        witness.request.context.push((Text::known(&*help), Carried::Many(vec![Text::known(&*message)])));
        let tests = serde_json::json!({by: {&*help: [&*message, 1, {"a": by}], "b": by}});
        witness.policy = serde_json::json!({"Statement": {"Sid": by, "Condition": tests}});
        witness.by = Some(if by.is_empty() { message } else { "Statement[0]".to_owned() });
        finding.witness = Some(Box::new(witness));
    }
    outcome.suppressed.clone_from(&outcome.findings);
    for finding in &mut outcome.suppressed {
        let (place, said) = (Some(finding.primary.place), Some(by.to_owned()));
        let told = Suppressed { by: By::Comment, place, reason: said.clone(), owner: said, expires: None };
        finding.suppressed = Some(Box::new(told));
    }
    outcome
}

/// The script and the style of a page.
const PAGE_SCRIPT: &str = include_str!("../html/script.js");
const PAGE_STYLE: &str = include_str!("../html/style.css");

/// All elements that a page has.
const OWN_ELEMENTS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "script",
    "body",
    "a",
    "header",
    "main",
    "footer",
    "nav",
    "section",
    "article",
    "h1",
    "h2",
    "h3",
    "p",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "details",
    "summary",
    "figure",
    "figcaption",
    "div",
    "span",
    "small",
    "bdi",
    "b",
    "i",
    "q",
    "code",
    "pre",
    "kbd",
    "mark",
    "sup",
    "form",
    "fieldset",
    "legend",
    "label",
    "input",
    "select",
    "option",
    "button",
    "output",
];

/// All attributes that they have.
const OWN_ATTRIBUTES: &[&str] = &[
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "id",
    "class",
    "href",
    "hidden",
    "open",
    "role",
    "tabindex",
    "type",
    "value",
    "checked",
    "autocomplete",
    "aria-label",
    "aria-labelledby",
    "data-severity",
    "data-rule",
    "data-status",
];

/// All HTML that the Markdown has, but for the summaries.
const OWN_HTML: [&str; 9] =
    ["<details>", "</details>", "<b>", "</b>", "<code>", "</code>", "<sub>", "</sub>", "<!-- -->"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_of_a_template_acts(outcome in outcome(), width in 0..140usize) {
        let options = Options { width, verbose: true, ..fixed() };
        for format in [Format::Text, Format::Plain, Format::Github] {
            let out = report(format, &outcome, &options);
            prop_assert!(!out.chars().any(acts), "{format:?}: {out:?}");
            prop_assert!(!out.lines().any(|line| line.ends_with(' ')), "{format:?}: {out}");
            let commands = out.lines().filter(|line| line.trim_start().starts_with("::")).count();
            let expected = if format == Format::Github { outcome.findings.len() } else { 0 };
            prop_assert_eq!(commands, expected, "{:?}: {}", format, out);
        }
        let lines = report(Format::Plain, &outcome, &options).lines().count();
        prop_assert_eq!(lines, outcome.findings.len());
    }

    #[test]
    fn xml_is_well_formed_and_has_every_finding(outcome in outcome()) {
        let out = report(Format::Junit, &outcome, &fixed());
        prop_assert!(!out.chars().any(acts), "{out:?}");
        let document = roxmltree::Document::parse(&out);
        prop_assert!(document.is_ok(), "{:?}: {out}", document.err());
        let document = document.expect("it is well-formed");
        let of = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
        prop_assert_eq!(of("failure"), outcome.findings.len());
        let known = ["testsuites", "testsuite", "testcase", "failure"];
        prop_assert!(document.descendants().filter(|node| node.is_element()).all(|node| known.contains(&node.tag_name().name())));
    }

    #[test]
    fn a_page_has_no_element_of_a_template(outcome in outcome(), by in text()) {
        let outcome = proved(outcome, &by);
        let out = report(Format::Html, &outcome, &fixed());
        // Style and script are the same in every page, and their hashes stand in it.
        prop_assert!(!out.chars().any(acts), "{out:?}");
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let document = roxmltree::Document::parse_with_options(&out, options);
        prop_assert!(document.is_ok(), "{:?}: {out}", document.err());
        let document = document.expect("it is well-formed");
        let elements = || document.descendants().filter(roxmltree::Node::is_element);
        for element in elements() {
            let name = element.tag_name().name();
            prop_assert!(OWN_ELEMENTS.contains(&name), "<{name}>: {out}");
            for attribute in element.attributes() {
                let (name, value) = (attribute.name(), attribute.value());
                prop_assert!(OWN_ATTRIBUTES.contains(&name), "{name}: {out}");
                prop_assert!(name != "href" || value.starts_with('#'), "{value}");
            }
        }
        let of = |name: &str| elements().filter(|element| element.has_tag_name(name)).collect::<Vec<_>>();
        prop_assert_eq!(of("article").len(), outcome.findings.len());
        prop_assert_eq!((of("script").len(), of("style").len()), (1, 1));
        for (element, own) in [(of("script")[0], PAGE_SCRIPT), (of("style")[0], PAGE_STYLE)] {
            prop_assert_eq!(element.text(), Some(own));
        }
        let comments = document.descendants().filter(|node| node.is_comment() || node.is_pi()).count();
        prop_assert_eq!(comments, 0);
        let mut ids: Vec<&str> = elements().filter_map(|element| element.attribute("id")).collect();
        ids.sort_unstable();
        prop_assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    }

    #[test]
    fn markdown_has_no_markup_of_a_template(outcome in outcome()) {
        let out = report(Format::Markdown, &outcome, &fixed());
        prop_assert!(!out.chars().any(acts), "{out:?}");
        let (mut details, mut rows) = (0, 0);
        for event in Parser::new_ext(&out, Options_::all()) {
            match event {
                Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_)) => {
                    prop_assert!(false, "a link: {out}");
                }
                Event::Start(Tag::TableRow) => rows += 1,
                Event::Html(html) | Event::InlineHtml(html) => {
                    let own = OWN_HTML.iter().any(|own| html.trim() == *own);
                    prop_assert!(own || html.starts_with("<summary>"), "{html:?}: {out}");
                    details += usize::from(html.trim() == "<details>");
                }
                Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {
                    prop_assert!(false, "markup: {out}");
                }
                _ => {}
            }
        }
        prop_assert_eq!((details, rows), (outcome.findings.len(), outcome.findings.len()), "{}", out);
    }

    #[test]
    fn json_keeps_every_text(outcome in outcome()) {
        let json: serde_json::Value = serde_json::from_str(&report(Format::Json, &outcome, &fixed())).expect("JSON");
        for (finding, json) in outcome.findings.iter().zip(json["findings"].as_array().expect("findings")) {
            prop_assert_eq!(json["message"].as_str(), Some(&*finding.message));
            prop_assert_eq!(json["logicalId"].as_str(), finding.subject.logical_id.as_deref());
        }
    }

    #[test]
    fn colour_changes_nothing_else(outcome in outcome()) {
        let coloured = report(Format::Text, &outcome, &Options { color: true, ..fixed() });
        let mut parts = coloured.split('\x1b');
        let mut bare = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            bare += part.split_once('m').expect("a whole sequence").1;
        }
        prop_assert_eq!(bare, report(Format::Text, &outcome, &fixed()));
    }

    #[test]
    fn columns_are_those_of_the_line_index(outcome in outcome()) {
        let text = report(Format::Text, &outcome, &fixed());
        for finding in &outcome.findings {
            if finding.code.as_ref().is_some_and(|code| code.shown().is_some()) {
                continue;
            }
            let place = finding.primary.place;
            let at = outcome.sources.get(place.file).line_column(place.span.start());
            let end = format!(":{}:{} ]", at.line, at.column);
            prop_assert!(text.lines().any(|line| line.contains("╭─[ ") && line.ends_with(&end)), "{end}: {text}");
        }
    }
}

#[test]
fn machines_can_always_read_it() {
    let (json, sarif) = (formats::validator(formats::JSON), formats::validator(formats::SARIF));
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..100 {
        let outcome = proptest::strategy::ValueTree::current(&outcome().new_tree(&mut runner).expect("a value"));
        let gitlab: serde_json::Value =
            serde_json::from_str(&report(Format::Gitlab, &outcome, &fixed())).expect("JSON");
        assert_eq!(gitlab.as_array().map(Vec::len), Some(outcome.findings.len()));
        for (format, validator) in [(Format::Json, &json), (Format::Sarif, &sarif)] {
            let out = report(format, &outcome, &fixed());
            assert!(!out.chars().any(acts), "{format:?}: {out:?}");
            formats::check(validator, &out);
        }
    }
}
