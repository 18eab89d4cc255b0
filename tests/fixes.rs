//! The fixes of the example pages, made: the finding is gone, no other one comes, and what comes out is the
//! page's `fixed`, byte for byte in YAML. `UPDATE_SNAPSHOTS=1 cargo test --test fixes` writes these blocks anew.

mod page;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
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

fn shown(outcome: &Outcome) -> BTreeSet<(&'static str, String)> {
    let shown = outcome.findings.iter().filter(|finding| is_shown(finding));
    shown.map(|finding| (finding.rule, finding.message.clone())).collect()
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
    wrong.extend(shown(&now).difference(&known).map(|(rule, message)| format!("now says: {rule} {message}")));
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

/// The same with each example as indented JSON, as JSON on one line, and with Windows' line ends.
#[test]
fn fixes_hold_in_every_form() {
    each_bad(|example, _| {
        if example.only || example.files.iter().any(|file| file.language != Language::Yaml) {
            return Vec::new();
        }
        let json: Vec<(String, String)> =
            example.files.iter().map(|file| turn::file(&file.path, &file.text).expect("a template")).collect();
        let compact = |(path, text): &(String, String)| {
            let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
            (path.clone(), value.to_string())
        };
        let compact: Vec<_> = json.iter().map(compact).collect();
        let windows: Vec<_> = texts(&example.files);
        let windows: Vec<_> = windows.into_iter().map(|(path, text)| (path, text.replace('\n', "\r\n"))).collect();
        let has_fix = fixed(&texts(&example.files), example.rule).is_some();
        let mut wrong = Vec::new();
        for (form, files) in [("JSON", &json), ("one-line JSON", &compact), ("CRLF", &windows)] {
            match fixed(files, example.rule) {
                None if has_fix => wrong.push(format!("{form}: has no fix")),
                None => {}
                Some(after) => {
                    wrong.extend(
                        complaints(files, &after, example.rule).into_iter().map(|wrong| format!("{form}: {wrong}")),
                    );
                    let mixed = |(_, text): &(String, String)| text.replace("\r\n", "").contains('\n');
                    wrong.extend(
                        (form == "CRLF" && after.iter().any(mixed)).then(|| "CRLF: a lone line end".to_owned()),
                    );
                }
            }
        }
        wrong
    });
}
