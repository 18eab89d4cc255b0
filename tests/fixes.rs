//! The fixes of the example pages, made: the finding is gone, no other one comes, and what comes out is the
//! page's `fixed`, byte for byte in YAML. `UPDATE_SNAPSHOTS=1 cargo test --test fixes` writes these blocks anew.

mod page;
mod turn;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use page::{Example, File, Language, Shows, examples};
use rolecall::checks::{Rule, rule, rules};
use rolecall::edit::applied;
use rolecall::finding::{Finding, Outcome, Severity, Status, TextEdit};
use rolecall::run::check_texts;
use similar::TextDiff;

fn texts(files: &[File]) -> Vec<(String, String)> {
    files.iter().map(|file| (file.path.clone(), file.text.clone())).collect()
}

fn is_shown(finding: &Finding) -> bool {
    finding.severity >= Severity::Warning && finding.status == Status::Definite
}

/// What is found, by what makes a finding the same one whatever its words are.
fn shown(outcome: &Outcome) -> BTreeMap<String, String> {
    let shown = outcome.findings.iter().filter(|finding| is_shown(finding));
    shown.map(|finding| (finding.fingerprint.clone(), format!("{} {}", finding.rule, finding.message))).collect()
}

/// The files with the fixes of a rule's findings made; nothing where there are none.
fn fixed(files: &[(String, String)], rule: &str) -> Option<Vec<(String, String)>> {
    let outcome = check_texts(files.to_vec());
    let own = outcome.findings.iter().filter(|finding| finding.rule == rule && finding.status == Status::Definite);
    let mut edits: BTreeMap<&str, Vec<TextEdit>> = BTreeMap::new();
    for edit in own.filter_map(|finding| finding.fix.as_deref()).flat_map(|fix| &fix.edits) {
        let of_file = edits.entry(outcome.sources.get(edit.place.file).path()).or_default();
        if !of_file.contains(edit) {
            of_file.push(edit.clone());
        }
    }
    edits.values_mut().for_each(|edits| edits.sort_by_key(|edit| (edit.place.span.start(), edit.place.span.end())));
    let one = |(path, text): &(String, String)| {
        let text = edits.get(path.as_str()).map_or_else(|| text.clone(), |edits| applied(text, edits));
        (path.clone(), text)
    };
    (!edits.is_empty()).then(|| files.iter().map(one).collect())
}

/// What is wrong with what the fixes make of these files.
fn complaints(files: &[(String, String)], after: &[(String, String)], rule: &str) -> Vec<String> {
    let (before, now) = (check_texts(files.to_vec()), check_texts(after.to_vec()));
    let mut wrong = Vec::new();
    let left = now.findings.iter().filter(|finding| finding.rule == rule && finding.status == Status::Definite);
    wrong
        .extend(left.filter(|finding| finding.fix.is_some()).map(|finding| format!("still says: {}", finding.message)));
    let known = shown(&before);
    let new = shown(&now).into_iter().filter(|(fingerprint, _)| !known.contains_key(fingerprint));
    wrong.extend(new.map(|(_, said)| format!("now says: {said}")));
    wrong
}

fn each_bad(look: impl Fn(&Example, &[Example]) -> Vec<String>) {
    let of = |rule: &Rule| {
        let all = examples(rule).unwrap_or_else(|complaint| panic!("{}: {complaint}", rule.id));
        // From the end: what is rewritten moves only what is done.
        let bad = all.iter().rev().filter(|example| example.shows == Shows::Bad);
        bad.flat_map(|example| look(example, &all).into_iter().map(|wrong| format!("{}: {wrong}", example.title())))
            .collect::<Vec<_>>()
    };
    let complaints: Vec<String> = rules().iter().flat_map(of).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn page_fixed<'a>(example: &Example, all: &'a [Example]) -> Option<&'a Example> {
    all.iter().find(|other| other.shows == Shows::Fixed && other.number == example.number)
}

/// Writes what a fix makes onto the page: in place of the block that is there, or behind the `bad` one.
fn rewrite(bad: &Example, fixed: Option<&Example>, after: &[(String, String)]) {
    let name = rule(bad.rule).expect("it has a page").name;
    let groups = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("the pages");
    let mut pages = groups.map(|group| group.expect("a folder").path().join(format!("{name}.md")));
    let path = pages.find(|path| path.is_file()).expect("the page");
    let text = fs::read_to_string(&path).expect("the page");
    let lines: Vec<&str> = text.lines().collect();
    // The blocks of an example stand one behind the other.
    let end_of = |example: &Example| {
        let mut at = example.line - 1;
        for _ in &example.files {
            at += lines[at..].iter().position(|line| line.starts_with("```")).expect("a block");
            at += 1 + lines[at + 1..].iter().position(|line| *line == "```").expect("its end") + 1;
        }
        at
    };
    let (from, to) = fixed.map_or_else(|| (end_of(bad), end_of(bad)), |fixed| (fixed.line - 1, end_of(fixed)));
    let named = after.len() > 1 || bad.files.iter().any(|file| file.path != "template.yaml");
    let also = &fixed.unwrap_or(bad).also;
    let also = if also.is_empty() { String::new() } else { format!(" also={}", also.join(",")) };
    let block = |(path, text): &(String, String)| {
        let file = if named { format!(" file={path}") } else { String::new() };
        format!("```yaml fixed{also}{file}\n{text}```")
    };
    let blocks = after.iter().map(block).collect::<Vec<_>>().join("\n\n");
    let blocks = if fixed.is_some() { blocks } else { format!("\nFixed:\n\n{blocks}") };
    let before = lines[..from].join("\n");
    let behind = lines[to..].join("\n");
    fs::write(&path, format!("{before}\n{blocks}\n{behind}\n")).expect("the page can be written");
}

#[test]
fn fixes_make_what_the_page_shows() {
    each_bad(|example, all| {
        let files = texts(&example.files);
        let Some(after) = fixed(&files, example.rule) else { return Vec::new() };
        let mut wrong = complaints(&files, &after, example.rule);
        let is_yaml = example.files.iter().all(|file| file.language == Language::Yaml);
        let shown = page_fixed(example, all).map(|example| texts(&example.files)).unwrap_or_default();
        if is_yaml && shown != after && env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1") {
            rewrite(example, page_fixed(example, all), &after);
        } else if is_yaml && shown != after {
            let text = |files: &[(String, String)]| files.iter().map(|(_, text)| text.as_str()).collect::<String>();
            let (shown, after) = (text(&shown), text(&after));
            let diff = TextDiff::from_lines(&shown, &after).unified_diff().header("on the page", "made").to_string();
            wrong.push(format!("is fixed otherwise than the page shows\n{diff}"));
        }
        wrong
    });
}

/// The same template in another form, file by file; nothing for what has no such form.
type Form = fn(&str, &str) -> Option<(String, String)>;

const FORMS: [(&str, Form); 5] = [
    ("JSON", |path, text| turn::file(path, text).ok()),
    ("one-line JSON", |path, text| {
        let (path, json) = turn::file(path, text).ok()?;
        Some((path, compact(&json)))
    }),
    ("flow YAML", |path, text| Some((path.to_owned(), turn::to_flow(text).ok()?))),
    ("CRLF", |path, text| Some((path.to_owned(), text.replace('\n', "\r\n")))),
    ("comments", |path, text| (!text.contains(['|', '>'])).then(|| (path.to_owned(), commented(text)))),
];

/// JSON without white space between its tokens, the keys in their order.
fn compact(json: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    let keeps = |c: &char| {
        let is_kept = in_text || !c.is_ascii_whitespace();
        (in_text, escaped) = match c {
            '"' if !escaped => (!in_text, false),
            '\\' => (in_text, !escaped),
            _ => (in_text, false),
        };
        is_kept
    };
    json.chars().filter(keeps).collect()
}

/// With a comment behind every line.
fn commented(text: &str) -> String {
    text.lines().map(|line| format!("{line}{}\n", if line.is_empty() { "" } else { COMMENT })).collect()
}

const COMMENT: &str = "  # kept";

/// The same fixes with each example in flow form, as indented JSON, as JSON on one line, with Windows' line ends and
/// with comments: each comes out as the page's `fixed` in that form, byte for byte (indented JSON apart from white space
/// in what is new), and a second time nothing changes.
#[test]
fn fixes_hold_in_every_form() {
    let compared = Cell::new([0; FORMS.len()]);
    each_bad(|example, _| {
        if example.only || example.files.iter().any(|file| file.language != Language::Yaml) {
            return Vec::new();
        }
        let block = texts(&example.files);
        let Some(after_block) = fixed(&block, example.rule) else { return Vec::new() };
        let mut wrong = Vec::new();
        for (at, (name, form)) in FORMS.into_iter().enumerate() {
            let turned = |files: &[(String, String)]| {
                files.iter().map(|(path, text)| form(path, text)).collect::<Option<Vec<(String, String)>>>()
            };
            let Some(files) = turned(&block) else { continue };
            let mut counts = compared.get();
            counts[at] += 1;
            compared.set(counts);
            let Some(after) = fixed(&files, example.rule) else {
                wrong.push(format!("{name}: has no fix"));
                continue;
            };
            wrong.extend(complaints(&files, &after, example.rule).into_iter().map(|wrong| format!("{name}: {wrong}")));
            if fixed(&after, example.rule).is_some_and(|twice| twice != after) {
                wrong.push(format!("{name}: a second time changes more"));
            }
            let is_same = match name {
                "comments" => {
                    let bare = |(path, text): &(String, String)| (path.clone(), text.replace(COMMENT, ""));
                    after.iter().map(bare).collect::<Vec<_>>() == after_block
                }
                // A list that is new stands on one line there, which changes no other line.
                "JSON" => {
                    let bare =
                        |files: &[(String, String)]| files.iter().map(|(_, text)| compact(text)).collect::<Vec<_>>();
                    turned(&after_block).is_some_and(|expected| bare(&expected) == bare(&after))
                }
                _ => turned(&after_block).is_none_or(|expected| expected == after),
            };
            if !is_same {
                let text = |files: &[(String, String)]| files.iter().map(|(_, text)| text.as_str()).collect::<String>();
                let expected = turned(&after_block).unwrap_or_default();
                let (expected, made) = (text(&expected), text(&after));
                let diff = TextDiff::from_lines(&expected, &made);
                wrong.push(format!("{name}: not what was expected\n{}", diff.unified_diff().context_radius(1)));
            }
        }
        wrong
    });
    let counts = compared.get();
    assert!(counts.iter().all(|count| *count > 80), "{counts:?}");
}
