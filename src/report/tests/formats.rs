//! What each format looks like.

use serde_json::Value;
use sha2::Digest as _;

use super::{expect, fixed, report, samples};
use crate::finding::{Counts, Finding, Outcome, Severity};
use crate::report::{Format, Options};
use crate::source::Sources;

#[test]
fn names_and_formats_agree() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.name()), Some(format));
    }
    assert_eq!(Format::parse("TEXT"), None);
}

#[test]
fn text() {
    expect("aud-missing.txt", &report(Format::Text, &samples::aud_missing(), &fixed()));
    expect("mixed.txt", &report(Format::Text, &samples::mixed(), &fixed()));
    expect("mixed-verbose.txt", &report(Format::Text, &samples::mixed(), &Options { verbose: true, ..fixed() }));
    expect("mixed-quiet.txt", &report(Format::Text, &samples::mixed(), &Options { quiet: true, ..fixed() }));
    expect("minified.txt", &report(Format::Text, &samples::minified(), &fixed()));
}

#[test]
fn text_in_colour() {
    expect("aud-missing.ansi", &report(Format::Text, &samples::aud_missing(), &Options { color: true, ..fixed() }));
}

#[test]
fn text_without_findings() {
    let counts = Counts { files: 3, templates: 3, stacks: 3, roles: 1, trusts_decided: 1, ..Counts::default() };
    let text = |counts| report(Format::Text, &Outcome { counts, ..Outcome::default() }, &fixed());
    assert_eq!(text(counts), "no findings · 3 templates, 1 role, every trust decided · 12 ms\n");
    let counts = Counts { templates: 1, roles: 0, ..counts };
    assert_eq!(text(counts), "no findings · 1 template, no role · 12 ms\n");
    assert_eq!(text(Counts::default()), "no template found · 12 ms\n");
    let counts = Counts { unread: 2, unsearched: 1, ..Counts::default() };
    assert_eq!(text(counts), "no template found · 2 files could not be read, 1 folder could not be searched · 12 ms\n");
    assert_eq!(text(Counts { files: 1, broken: 1, ..Counts::default() }), "no template could be read · 12 ms\n");
    let quiet = Options { quiet: true, ..fixed() };
    assert_eq!(report(Format::Text, &Outcome::default(), &quiet), "");
}

#[test]
fn lines_of_a_program() {
    let outcome = samples::in_code();
    expect("in-code.txt", &report(Format::Text, &outcome, &fixed()));
    expect("in-code.plain.txt", &report(Format::Plain, &outcome, &fixed()));
    expect("in-code.github.txt", &report(Format::Github, &outcome, &fixed()));
    expect("in-code.json", &report(Format::Json, &outcome, &fixed()));
}

#[test]
fn a_line_of_a_program_is_no_part_of_the_fingerprint() {
    let with = samples::in_code();
    let without = with.findings.iter().cloned().map(|finding| Finding { code: None, ..finding }).collect();
    let without = samples::outcome(Sources::default(), without);
    let fingerprints = |outcome: &Outcome| -> Vec<String> {
        outcome.findings.iter().map(|finding| finding.fingerprint.clone()).collect()
    };
    assert_eq!(fingerprints(&with), fingerprints(&without));
}

#[test]
fn plain_and_github() {
    expect("mixed.plain.txt", &report(Format::Plain, &samples::mixed(), &fixed()));
    expect("mixed.github.txt", &report(Format::Github, &samples::mixed(), &fixed()));
    expect("aud-missing.github.txt", &report(Format::Github, &samples::aud_missing(), &fixed()));
}

#[test]
fn json() {
    let text = report(Format::Json, &samples::aud_missing(), &fixed());
    expect("aud-missing.json", &text);
    let validator = validator(JSON);
    for outcome in
        [samples::aud_missing(), samples::mixed(), samples::in_code(), samples::minified(), Outcome::default()]
    {
        check(&validator, &report(Format::Json, &outcome, &fixed()));
    }
}

#[test]
fn gitlab_junit_and_markdown() {
    for (format, end) in [(Format::Gitlab, "gitlab.json"), (Format::Junit, "junit.xml"), (Format::Markdown, "md")] {
        expect(&format!("mixed.{end}"), &report(format, &samples::mixed(), &fixed()));
        expect(&format!("aud-missing.{end}"), &report(format, &samples::aud_missing(), &fixed()));
        expect(&format!("nothing.{end}"), &report(format, &Outcome::default(), &fixed()));
    }
}

/// A comment has a limit, so that the least severe findings lose their details first.
#[test]
fn markdown_fits_into_a_comment() {
    let mut outcome = samples::mixed();
    let one = outcome.findings[0].clone();
    outcome.findings.extend(std::iter::repeat_n(one, 2_000));
    let out = report(Format::Markdown, &outcome, &fixed());
    assert!(out.len() < 65_000, "{}", out.len());
    assert!(out.contains(" more findings the details do not fit here."), "{}", &out[out.len() - 500..]);
}

#[test]
fn html() {
    for (name, outcome) in [
        ("mixed", samples::mixed()),
        ("aud-missing", samples::aud_missing()),
        ("in-code", samples::in_code()),
        ("suppressed", samples::suppressed()),
        ("nothing", Outcome::default()),
    ] {
        let page = report(Format::Html, &outcome, &fixed());
        // The style and the script stand beside the code that writes them.
        let (head, rest) = page.split_once("<style>").expect("a style");
        let (_, rest) = rest.split_once("</style>").expect("its end");
        let (body, rest) = rest.split_once("<script>").expect("a script");
        let (_, end) = rest.split_once("</script>").expect("its end");
        let head = head.split("sha256-").enumerate().map(|(at, part)| match part.split_once('\'') {
            Some((_, rest)) if at > 0 => format!("sha256-…'{rest}"),
            _ => part.to_owned(),
        });
        let head: String = head.collect();
        expect(&format!("{name}.html"), &format!("{head}<style>…</style>{body}<script>…</script>{end}"));
    }
}

/// A browser runs and applies what has one of the hashes that the page names, and the page asks for nothing else.
#[test]
fn html_names_the_hashes_of_its_own_parts() {
    let page = report(Format::Html, &samples::aud_missing(), &fixed());
    let policy = page.split_once("Policy\" content=\"").expect("a policy").1.split('"').next().expect("its end");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    for name in ["style", "script"] {
        let (_, rest) = page.split_once(&format!("<{name}>")).expect("a part");
        let (part, _) = rest.split_once(&format!("</{name}>")).expect("its end");
        let hash = crate::resolve::in_base64(&sha2::Sha256::digest(part));
        assert!(policy.contains(&format!(" {name}-src 'sha256-{hash}';")), "{name}: {policy}");
        for word in ["url(", "@import", "fetch(", "XMLHttpRequest", "import(", "innerHTML", "eval(", "http:", "https:"]
        {
            assert!(!part.contains(word), "{word}");
        }
    }
}

/// Who opens a page sees first what matters most, then what stands first.
#[test]
fn html_begins_with_the_stack_that_has_the_most_severe_findings() {
    let mut outcome = samples::mixed();
    let one = outcome.findings[0].clone();
    let of = |stack: &str, severity: Severity| {
        let mut finding = one.clone();
        finding.subject.stack = Some(stack.to_owned());
        finding.severity = severity;
        finding
    };
    outcome.findings = vec![
        of("Mild", Severity::Info),
        of("First", Severity::Warning),
        of("Second", Severity::Warning),
        of("Worst", Severity::Warning),
        of("Worst", Severity::Error),
    ];
    let page = report(Format::Html, &outcome, &fixed());
    let names = page.split("<h2 id=\"s").skip(1).filter_map(|rest| rest.split_once("<bdi>")?.1.split_once("</bdi>"));
    assert_eq!(names.map(|(name, _)| name).collect::<Vec<_>>(), ["Worst", "First", "Second", "Mild"]);
}

/// A page has at most 2,000 findings, the most severe, and says what it leaves out; one more costs what one costs.
#[test]
fn html_has_an_end_and_grows_with_the_findings_alone() {
    let of = |count: usize| {
        let mut outcome = samples::mixed();
        let (one, info) = (outcome.findings[0].clone(), outcome.findings[1].clone());
        outcome.findings = vec![info];
        outcome.findings.extend(std::iter::repeat_n(one, count));
        report(Format::Html, &outcome, &fixed())
    };
    let (small, large, full) = (of(100), of(1_000), of(5_000));
    let one = (large.len() - small.len()) / 900;
    assert!(one < 6_000, "{one} bytes a finding");
    assert!(full.len() < 2_001 * one + 20_000, "{}", full.len());
    assert_eq!(full.matches("<article ").count(), 2_000);
    assert!(!full.contains("data-severity=\"info\""), "the least severe is left out");
    assert!(full.contains("Here are the 2000 most severe of 5001 findings; 3001 more are in the form"));
}

#[test]
fn html_of_a_long_line_is_short() {
    let outcome = samples::minified();
    let page = report(Format::Html, &outcome, &fixed());
    let body = page.split_once("<main").expect("a body").1.split_once("<script>").expect("a script").0;
    assert!(body.len() < 6_000, "{} bytes", body.len());
    for message in ["asks how the user signed in, not at which pool", "the role", "the whole template", "its end"] {
        assert!(body.contains(&format!("</b> {message}</div>")), "{message}: {body}");
    }
    for row in body.replace("&quot;", "\"").split("<code>").skip(1).filter_map(|rest| rest.split("</code>").next()) {
        let shown: usize = row.split('<').map(|part| part.split('>').next_back().unwrap_or("").chars().count()).sum();
        assert!(shown <= 220, "{shown}: {row}");
    }
}

#[test]
fn sarif() {
    let validator = validator(SARIF);
    for outcome in
        [samples::aud_missing(), samples::mixed(), samples::in_code(), samples::minified(), Outcome::default()]
    {
        check(&validator, &report(Format::Sarif, &outcome, &fixed()));
    }
    for (name, outcome) in
        [("aud-missing", samples::aud_missing()), ("mixed", samples::mixed()), ("in-code", samples::in_code())]
    {
        let mut log: Value = serde_json::from_str(&report(Format::Sarif, &outcome, &fixed())).expect("JSON");
        // The pages have their own tests.
        let rules = log["runs"][0]["tool"]["driver"]["rules"].take();
        let rules = rules.as_array().expect("rules");
        for result in log["runs"][0]["results"].as_array_mut().expect("results") {
            let index = result["ruleIndex"].take();
            assert_eq!(rules[index.as_u64().expect("a number") as usize]["id"], result["ruleId"]);
        }
        expect(&format!("{name}.sarif.json"), &format!("{log:#}\n"));
    }
}

#[test]
fn sarif_has_a_page_for_every_rule() {
    let log: Value = serde_json::from_str(&report(Format::Sarif, &Outcome::default(), &fixed())).expect("JSON");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), crate::checks::rules().len());
    for rule in rules {
        assert!(rule["help"]["markdown"].is_string() && rule["properties"]["security-severity"].is_string(), "{rule}");
    }
}

#[test]
fn sarif_encodes_paths() {
    for (path, uri, based) in [
        ("a b/ü.yaml", "a%20b/%C3%BC.yaml", true),
        ("../x.yaml", "../x.yaml", true),
        ("c:odd.yaml", "c%3Aodd.yaml", true),
        ("/tmp/x.yaml", "file:///tmp/x.yaml", false),
    ] {
        let sources = samples::sources(&[(path, "Condition: x")]);
        let mut outcome = samples::aud_missing();
        outcome.findings[0].primary.place = samples::place(&sources, 0, "Condition");
        outcome.findings[0].related.clear();
        outcome.sources = sources;
        let log: Value = serde_json::from_str(&report(Format::Sarif, &outcome, &fixed())).expect("JSON");
        let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(location["uri"], uri);
        assert_eq!(location["uriBaseId"].is_string(), based);
    }
}

#[test]
fn long_lines_cost_little() {
    let text = report(Format::Text, &samples::minified(), &fixed());
    assert!(text.len() < 6_000, "{} bytes", text.len());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

pub(super) const JSON: &str = "data/rolecall-1.schema.json";
pub(super) const SARIF: &str = "testdata/schema/sarif-2.1.0.json";

/// What tells whether a text is valid against the schema of this path.
pub(super) fn validator(schema: &str) -> jsonschema::Validator {
    let path = format!("{}/{schema}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    // One pattern of the official SARIF schema has a bracket too many, which the validator refuses.
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one")
}

/// Fails where the text is not valid.
pub(super) fn check(validator: &jsonschema::Validator, text: &str) {
    let value: Value = serde_json::from_str(text).expect("JSON");
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
