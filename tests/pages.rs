//! The form of the rule pages, which `rules/README.md` describes. What their examples do is the
//! matter of `examples.rs`.

mod page;

use std::collections::BTreeSet;
use std::sync::Arc;

use page::{EXAMPLES, Example, Language, Shows, examples, fences};
use rolecall::checks::{Rule, rules};
use rolecall::source::FileId;
use rolecall::syntax::parse_json;

const HEADINGS: [&str; 4] = ["## What can happen", "## How to fix it", "## When it is fine", EXAMPLES];

/// Columns that a line of a page may have. `references` is exempt: front matter has one line a key.
const WIDTH: usize = 120;

/// Words of the field that mean nothing to a reader in the middle of other work.
const JARGON: [&str; 11] = [
    "aud",
    "amr",
    "claim",
    "claims",
    "condition",
    "forallvalues",
    "foranyvalue",
    "misconfigured",
    "misconfiguration",
    "violation",
    "statement",
];

/// Fails with every complaint about every page at once.
fn each_page(look: impl Fn(&Rule) -> Vec<String>) {
    let complaints: Vec<String> = rules()
        .iter()
        .flat_map(|rule| look(rule).into_iter().map(|complaint| format!("{} {}: {complaint}", rule.id, rule.name)))
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn each_example(look: impl Fn(&Example) -> Vec<String>) {
    each_page(|rule| match examples(rule) {
        Ok(examples) => examples.iter().flat_map(&look).collect(),
        Err(complaint) => vec![complaint],
    });
}

fn complaint(wrong: bool, what: impl FnOnce() -> String) -> Option<String> {
    wrong.then(what)
}

#[test]
fn ids_and_names_agree_with_the_files() {
    each_page(|rule| {
        let number = rule.id.strip_prefix(&rule.group.to_ascii_uppercase());
        let is_number = number.is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()));
        let file = format!("{}/rules/{}/{}.md", env!("CARGO_MANIFEST_DIR"), rule.group, rule.name);
        let text = std::fs::read_to_string(&file).ok();
        [
            complaint(!is_number, || format!("the id does not fit the folder {}", rule.group)),
            complaint(text.as_deref() != Some(rule.page), || "the name does not fit the file".to_owned()),
            complaint(!matches!(rule.confidence, "high" | "medium"), || format!("confidence {}", rule.confidence)),
            complaint(rule.tags.is_empty() || rule.references.is_empty(), || "no tags or no references".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect()
    });
}

#[test]
fn names_and_first_sentences_are_different() {
    let names: BTreeSet<_> = rules().iter().map(|rule| rule.name).collect();
    let summaries: BTreeSet<_> = rules().iter().map(Rule::summary).collect();
    assert_eq!((names.len(), summaries.len()), (rules().len(), rules().len()));
}

#[test]
fn the_first_line_is_one_plain_sentence() {
    each_page(|rule| {
        let line = rule.summary();
        let lower = line.to_lowercase();
        let jargon = lower.split(|c: char| !c.is_alphanumeric()).find(|word| JARGON.contains(word));
        let second = rule.body().lines().nth(1);
        let one = line.ends_with('.') && !line.trim_end_matches('.').contains(['.', '!', '?', ':']);
        [
            complaint(!one, || format!("'{line}' is not one sentence")),
            complaint(line.contains('`'), || format!("'{line}' holds code")),
            complaint(!line.starts_with(|c: char| c.is_uppercase()), || format!("'{line}' begins small")),
            complaint(second != Some(""), || "the first sentence goes on below".to_owned()),
            jargon.map(|word| format!("'{line}' has the word '{word}'")),
        ]
        .into_iter()
        .flatten()
        .collect()
    });
}

#[test]
fn the_headings_stand_in_order_and_none_is_empty() {
    each_page(|rule| {
        let body = rule.body();
        let headings: Vec<_> = outside_fences(body).filter(|line| line.starts_with('#')).collect();
        if headings != HEADINGS {
            return vec![format!("the headings are {headings:?}")];
        }
        let parts = HEADINGS.map(|heading| body.find(&format!("\n{heading}\n\n")));
        let complaints = parts.iter().zip(HEADINGS).filter(|(at, _)| at.is_none());
        complaints.map(|(_, heading)| format!("'{heading}' does not stand between blank lines")).collect()
    });
}

fn outside_fences(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let marks = line.starts_with("```");
        inside ^= marks;
        !inside && !marks
    })
}

#[test]
fn lines_are_short_and_clean() {
    each_page(|rule| {
        let front = rule.page.lines().skip(1).take_while(|line| *line != "---").count() + 1;
        let lines = rule.page.lines().enumerate().map(|(index, line)| (index + 1, line));
        let long = |(number, line): (usize, &str)| {
            let exempt = number <= front && line.starts_with("references: ");
            let columns = line.chars().count();
            complaint(columns > WIDTH && !exempt, || format!("line {number} has {columns} columns"))
        };
        let unclean = |(number, line): (usize, &str)| {
            let unclean = line.ends_with(' ') || line.contains(['\t', '\r']);
            complaint(unclean, || format!("line {number} has a tab or a blank at its end"))
        };
        let end = complaint(!rule.page.ends_with('\n') || rule.page.ends_with("\n\n"), || "a bad end".to_owned());
        lines.clone().filter_map(long).chain(lines.filter_map(unclean)).chain(end).collect()
    });
}

#[test]
fn the_fix_is_shown_in_code() {
    each_page(|rule| {
        let help = match fences(rule.help()) {
            Ok(fences) => fences,
            Err(complaint) => return vec![complaint],
        };
        let known = ["yaml", "json", "ts", "toml", "sh", "text"];
        let unknown = help.iter().filter(|fence| !known.contains(&fence.info));
        let mut complaints: Vec<_> = unknown.map(|fence| format!("unknown block `{}`", fence.info)).collect();
        // A remedy for an input is mostly a command; every other one is code in both ways of writing templates.
        let needed = if rule.group == "inp" { &["yaml"][..] } else { &["yaml", "ts"] };
        let missing = needed.iter().filter(|info| !help.iter().any(|fence| fence.info == **info));
        complaints.extend(missing.map(|info| format!("no block `{info}` shows the fix")));
        complaints
    });
}

#[test]
fn every_page_has_a_bad_and_a_good_example() {
    each_page(|rule| {
        let found = match examples(rule) {
            Ok(examples) => examples,
            Err(complaint) => return vec![complaint],
        };
        let has = |shows| found.iter().any(|example| example.shows == shows && example.number == 1);
        let lacks = [(Shows::Bad, "bad"), (Shows::Good, "good")].into_iter().filter(|(shows, _)| !has(*shows));
        lacks.map(|(_, word)| format!("no {word} example")).collect()
    });
}

#[test]
fn examples_are_well_formed() {
    each_example(|example| {
        let title = example.title();
        let only = example.files.iter().all(|file| file.language != Language::Yaml) && !example.only;
        let own = example.also.iter().any(|id| id == example.rule);
        let mut complaints: Vec<String> = [
            complaint(only, || format!("{title}: there is no YAML to turn, so say `only`")),
            complaint(own, || format!("{title}: `also` names the page's own rule")),
        ]
        .into_iter()
        .flatten()
        .collect();
        for file in &example.files {
            let empty = file.text.trim().is_empty();
            complaints.extend(complaint(empty, || format!("{title}: {} is empty", file.path)));
            if file.language == Language::Json && example.shows != Shows::Bad {
                let document = parse_json(FileId(0), &Arc::from(file.text.as_str()));
                let errors = document.errors().iter();
                complaints.extend(errors.map(|error| format!("{title}: {}: {}", file.path, error.message)));
            }
        }
        complaints
    });
}
