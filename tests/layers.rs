//! Imports point up the table of rooms only, the core knows no files, threads, clock or environment, and
//! conditions are evaluated in one room.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, each of which may use those before it (ARCHITECTURE.md, where a line of code lives).
const ROOMS: [&str; 16] = [
    "source", "syntax", "value", "template", "resolve", "policy", "identity", "finding", "edit", "checks", "guard",
    "settings", "report", "draw", "run", "cli",
];

/// The first room that is not of the core.
const OUTSIDE: &str = "report";

/// What the core does without.
const REFUSED: [&str; 4] = ["fs", "env", "thread", "time"];

/// The room in which conditions are evaluated.
const EVALUATOR: &str = "policy";

/// What of an operator says how it compares. Whoever looks there decides a condition by themselves.
const OF_OPERATORS: [&str; 5] = ["Base", "Quantifier", "negated", "if_exists", "quantifier"];

/// Files outside of the evaluator that look there all the same.
const READERS: [&str; 1] = [
    // The rule is about the word ForAllValues itself; what the test does to a request is asked.
    "src/checks/cgt/cognito_amr_forallvalues.rs",
];

#[test]
fn imports_point_up_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join("src"), &mut files);
    assert!(files.len() > 20, "the code is somewhere else: {files:?}");
    let mut wrong = Vec::new();
    for file in files {
        let shown = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        wrong.extend(violations(&shown, &fs::read_to_string(&file).unwrap()));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// What a file does that its room must not, each as `file:line: what`.
fn violations(shown: &str, text: &str) -> Vec<String> {
    let name = shown.trim_start_matches("src/").split('/').next().unwrap_or("").trim_end_matches(".rs");
    if ["main", "lib"].contains(&name) {
        return Vec::new();
    }
    let text = without_comments(text);
    let Some(room) = ROOMS.iter().position(|room| *room == name) else {
        return vec![format!("{shown}:1: the table of rooms has no {name}")];
    };
    let mut wrong = Vec::new();
    let mut refuse = |at: usize, what: String| {
        let line = text[..at].matches('\n').count() + 1;
        wrong.push((line, format!("{shown}:{line}: {what}")));
    };
    for (at, used) in paths_below(&text, "crate::") {
        match ROOMS.iter().position(|room| *room == used) {
            Some(other) if other > room => refuse(at, format!("{name} uses {used}, which stands below it")),
            Some(_) => {}
            None => refuse(at, format!("crate::{used} is no room")),
        }
    }
    text.match_indices("super::super")
        .for_each(|(at, _)| refuse(at, "super::super hides where a path leads".to_owned()));
    if ROOMS.iter().position(|room| *room == OUTSIDE).is_some_and(|outside| room < outside) {
        for (at, used) in paths_below(&text, "std::").into_iter().filter(|(_, used)| REFUSED.contains(&used.as_str())) {
            refuse(at, format!("std::{used} in the core"));
        }
        for (at, _) in text.match_indices("rayon").filter(|(at, _)| is_start_of_word(&text, *at)) {
            refuse(at, "rayon in the core".to_owned());
        }
    }
    if name != EVALUATOR && !READERS.contains(&shown) {
        for (at, what) in words_of_operators(&text) {
            refuse(
                at,
                format!("{what} of an operator outside of {EVALUATOR}: ask `test_passes`, `evaluate` or `exists`"),
            );
        }
    }
    wrong.sort();
    wrong.into_iter().map(|(_, message)| message).collect()
}

/// Where the types of `policy::operator`, or the fields of an operator, are used: `Base::`, `.negated`, and in
/// a pattern `Operator { negated`.
fn words_of_operators(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for what in OF_OPERATORS {
        let is_type = what.starts_with(|c: char| c.is_ascii_uppercase());
        for (at, _) in text.match_indices(what).filter(|(at, _)| word(&text[*at..]) == what) {
            let (before, after) = (&text[..at], &text[at + what.len()..]);
            let starts = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let used = if is_type { after.starts_with("::") } else { before.ends_with('.') && !after.starts_with('(') };
            if starts && used {
                found.push((at, what));
            }
        }
    }
    let patterns = text.match_indices("Operator {").filter(|(at, _)| is_start_of_word(text, *at));
    found.extend(patterns.map(|(at, _)| (at, "the inside")));
    found
}

/// The text with its comments blanked; lines and bytes stay where they are.
fn without_comments(text: &str) -> String {
    let blanked = |line: &str| match line.find("//") {
        Some(at) => line[..at].to_owned() + &" ".repeat(line.len() - at),
        None => line.to_owned(),
    };
    text.split('\n').map(blanked).collect::<Vec<_>>().join("\n")
}

fn is_start_of_word(text: &str, at: usize) -> bool {
    !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
}

/// Each name that follows a prefix, the members of a group (`std::{fs, env}`) one by one.
fn paths_below(text: &str, prefix: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(prefix).filter(|(at, _)| is_start_of_word(text, *at)) {
        let rest = &text[at + prefix.len()..];
        let names = if rest.starts_with('{') { members(rest) } else { vec![word(rest)] };
        found.extend(names.into_iter().filter(|name| !name.is_empty()).map(|name| (at, name)));
    }
    found
}

/// First names of the members of a group, groups inside it not entered.
fn members(group: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && (c == '{' || c == ',') {
            found.push(word(group[at + 1..].trim_start()));
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn the_test_itself_sees_what_it_must() {
    let wrong = |file: &str, text: &str| violations(file, text);
    assert_eq!(wrong("src/syntax/json.rs", "use crate::source::Span;\nlet x = crate::syntax::parse;"), [""; 0]);
    assert_eq!(
        wrong("src/syntax/json.rs", "\nlet x = crate::run::check;"),
        ["src/syntax/json.rs:2: syntax uses run, which stands below it"]
    );
    assert_eq!(wrong("src/value/mod.rs", "use crate::{source::{Span, a}, policy::B};").len(), 1);
    assert_eq!(wrong("src/value/mod.rs", "// crate::run\nfn a() {} // std::fs"), [""; 0]);
    assert_eq!(wrong("src/value/mod.rs", "use std::{collections::HashMap, fs};\nfn a() { std::env::var(); }").len(), 2);
    assert_eq!(wrong("src/value/mod.rs", "use rayon::prelude::*;").len(), 1);
    assert_eq!(wrong("src/value/mod.rs", "use super::super::a;").len(), 1);
    assert_eq!(wrong("src/run/mod.rs", "use std::fs;\nuse rayon::x;\nuse crate::source::y;"), [""; 0]);
    let looks =
        "fn a(o: Operator) { matches!(o.base, Base::Bool) || o.negated || o.quantifier == Some(Quantifier::ForAll) }";
    assert_eq!(wrong("src/checks/mod.rs", looks).len(), 4);
    assert_eq!(wrong("src/checks/mod.rs", "let Operator { negated, .. } = operator;").len(), 1);
    assert_eq!(wrong("src/checks/cgt/cognito_amr_forallvalues.rs", looks), [""; 0]);
    assert_eq!(wrong("src/policy/condition.rs", looks), [""; 0]);
    assert_eq!(
        wrong("src/checks/mod.rs", "let negated = x.quantifier(); not_negated.x; Database::new(); StringBase::A"),
        [""; 0]
    );
    assert_eq!(wrong("src/helpers.rs", "").len(), 1);
    assert_eq!(wrong("src/run/mod.rs", "use crate::cli;"), ["src/run/mod.rs:1: run uses cli, which stands below it"]);
}
