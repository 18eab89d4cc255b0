//! README.md and ARCHITECTURE.md say what is so: outputs are the program's own, commands run, names are those of the
//! files beside them.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test --test readme` writes the outputs anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rolecall::checks::{Rule, rules};
use rolecall::source::FileId;
use rolecall::syntax::{Document, parse_yaml};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = env!("CARGO_BIN_EXE_rolecall");

/// What users read. Commands in it run, outputs are the program's own.
const DOCUMENTS: [&str; 8] = [
    "README.md",
    "docs/cdk.md",
    "docs/ci.md",
    "docs/configuration.md",
    "docs/editors.md",
    "docs/eval.md",
    "docs/reading.md",
    "docs/suppressing.md",
];

/// All of them.
fn documents() -> String {
    DOCUMENTS.map(read).join("\n")
}

const BEGIN: &str = "<!-- output of: rolecall ";
const END: &str = "<!-- end -->";

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn run(arguments: &[&str]) -> String {
    let mut command = Command::new(PROGRAM);
    let output = command.args(arguments).current_dir(ROOT).stdin(Stdio::null()).output().unwrap();
    assert_ne!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The text with every output between markers as the program gives it now.
fn with_outputs(text: &str) -> String {
    let mut written = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        written.extend([line, "\n"]);
        let Some(command) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(" -->")) else { continue };
        let output = run(&command.split(' ').collect::<Vec<_>>());
        // Markdown stands as it is, everything else in a fence.
        let (open, close) = if command.ends_with("markdown") { ("\n", "\n") } else { ("```text\n", "```\n") };
        written.extend([open, output.trim_end(), "\n", close, END, "\n"]);
        assert!(lines.any(|line| line == END), "no '{END}' after: {line}");
    }
    written
}

#[test]
fn outputs_are_those_of_the_program() {
    for file in DOCUMENTS {
        let text = read(file);
        assert_eq!(text.matches(BEGIN).count(), text.matches(END).count(), "{file}");
        let expected = with_outputs(&text);
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(Path::new(ROOT).join(file), expected).unwrap();
        } else {
            assert!(text == expected, "an output in {file} is stale; UPDATE_SNAPSHOTS=1 writes it anew");
        }
    }
}

/// `docs/rules.md`: every rule with its group, severity and first sentence.
fn index() -> String {
    let head = "# Rules\n\nMade from the pages in [rules/](../rules/) by `UPDATE_SNAPSHOTS=1 cargo test --test readme`.\n\n\
                | Id | Name | Group | Severity | What it finds |\n|---|---|---|---|---|\n";
    let row = |rule: &Rule| {
        let (id, name, folder) = (rule.id, rule.name, rule.group);
        let (group, severity, summary) =
            (folder.to_ascii_uppercase(), rule.severity.name(), rule.summary().replace('|', "\\|"));
        format!("| {id} | [`{name}`](../rules/{folder}/{name}.md) | {group} | {severity} | {summary} |\n")
    };
    head.to_owned() + &rules().iter().map(row).collect::<String>()
}

#[test]
fn the_index_of_rules_is_that_of_the_pages() {
    let (file, expected) = ("docs/rules.md", index());
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(Path::new(ROOT).join(file), &expected).unwrap();
    }
    assert!(read(file) == expected, "{file} is stale; UPDATE_SNAPSHOTS=1 writes it anew");
    for rule in rules() {
        let page = Path::new(ROOT).join(format!("rules/{}/{}.md", rule.group, rule.name));
        assert!(page.exists() && expected.contains(rule.id), "{}", rule.id);
    }
}

/// Language and text of every fence.
fn fences(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((language.to_owned(), inside.join("\n") + "\n"));
        }
    }
    found
}

fn fences_of(language: &str) -> Vec<String> {
    let fences = fences(&documents()).into_iter().filter(|(of, _)| of == language).map(|(_, text)| text);
    let fences: Vec<String> = fences.collect();
    assert!(!fences.is_empty(), "no document has {language}");
    fences
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            copy(&path, &to.join(path.file_name().unwrap()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// A project as README.md takes it for granted.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (root, at) = (Path::new(ROOT), |path: &str| folder.path().join(path));
    fs::create_dir_all(at("infra")).unwrap();
    copy(&root.join("testdata/readme/auth.yaml"), &at("infra/auth.yaml"));
    copy(&root.join("testdata/eval/policy-tests.jsonl"), &at("policy-tests.jsonl"));
    copy(&root.join("testdata/cdk/e-platform"), &at("cdk.out"));
    copy(&root.join("testdata/cdk/c-cognito"), &at("testdata/cdk/c-cognito"));
    folder
}

#[cfg(unix)]
#[test]
fn every_command_runs() {
    let mut ran = 0;
    for line in fences_of("sh").iter().flat_map(|fence| fence.lines()) {
        let line = line.replace("cargo run --release -- ", "rolecall ");
        let Some(arguments) = line.strip_prefix("rolecall ") else {
            assert!(["cargo install ", "cargo test "].iter().any(|start| line.starts_with(start)), "unknown: {line}");
            continue;
        };
        let project = project();
        let script = format!("\"$ROLECALL\" {arguments}");
        let mut command = Command::new("bash");
        command.args(["-c", &script]).env("ROLECALL", PROGRAM).current_dir(project.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let expected = if arguments.starts_with("check") { 1 } else { 0 };
        assert_eq!(output.status.code(), Some(expected), "{line}\n{}", said(&output));
        let summary = arguments.starts_with("eval") && output.stderr.ends_with(b" 0 failed, 0 unreadable\n");
        let fixed = arguments.contains("--fix") && output.stderr.starts_with(b"fixed: ");
        assert!(output.stderr.is_empty() || summary || fixed, "{line}\n{}", said(&output));
        ran += 1;
    }
    assert!(ran > 8, "{ran} commands ran");
}

#[test]
fn the_bundled_output_of_cdk_shows_what_is_promised() {
    let text = run(&["check", "-f", "plain", "testdata/cdk/c-cognito"]);
    for rule in ["CGT001", "CGT002", "MAP001", "TAG001"] {
        assert!(text.contains(&format!("[{rule}]")), "{rule} is not in\n{text}");
    }
}

#[test]
fn options_formats_and_statuses_are_those_of_the_program() {
    let (readme, help) = (documents(), run(&["check", "--help"]));
    // An option in running text; in a fence it was run.
    let words = readme.split(['`', ' ', '\n']).filter(|word| word.starts_with("--") && word.len() > 3);
    let elsewhere = [
        "--save-dev",
        "--no-path-metadata",
        "--body-file",
        "--edit-last",
        "--create-if-none",
        "--locked",
        "--path",
        "--git",
        "--release",
        "--workspace",
        "--format",
        "--debug-app",
        "--version",
        "--allow-empty",
    ];
    for word in words.filter(|word| !elsewhere.contains(word)) {
        let option = word.split('=').next().unwrap_or(word);
        let ends = [" ", "\n", "["].map(|end| help.contains(&format!("{option}{end}")));
        assert!(ends.contains(&true), "{word} is no option");
    }
    for format in rolecall::report::Format::ALL {
        assert!(readme.contains(&format!("| `{}` |", format.name())), "{} is missing", format.name());
    }
}

fn document(name: &str, text: &str) -> Document {
    let document = parse_yaml(FileId(0), &text.into());
    assert!(document.errors().is_empty(), "{name}: {:?}", document.errors());
    document
}

/// The keys below one key of a file's root.
fn keys_below(document: &Document, key: &str) -> BTreeSet<String> {
    let below = document.root().and_then(|root| root.get(key)).unwrap_or_else(|| panic!("no {key}"));
    below.entries().into_iter().filter_map(|(key, _)| key.text().map(str::to_owned)).collect()
}

#[test]
fn hooks_of_the_example_are_there() {
    let hooks = document("hooks", &read(".pre-commit-hooks.yaml"));
    let hooks = hooks.root().unwrap();
    let ids: BTreeSet<_> = hooks.items().filter_map(|hook| hook.get("id")?.text()).collect();
    assert_eq!(ids, BTreeSet::from(["rolecall", "rolecall-cdk", "rolecall-cdk-rust", "rolecall-rust"]));
    for hook in hooks.items() {
        assert_eq!(hook.get("entry").and_then(|entry| entry.text()), Some("rolecall check"));
    }
    let readme = read("README.md");
    assert!(ids.iter().all(|id| readme.contains(&format!("`{id}`"))));
    assert!(fences_of("yaml").iter().any(|fence| fence.contains("- id: rolecall\n")));
}

#[test]
fn the_workflow_of_the_example_fits_the_action() {
    let action = document("action", &read("action.yml"));
    let inputs = keys_below(&action, "inputs");
    let readme = read("README.md");
    for input in &inputs {
        assert!(readme.contains(&format!("| `{input}` |")), "the input {input} is missing");
    }
    for output in keys_below(&action, "outputs") {
        assert!(readme.contains(&format!("`{output}`")), "the output {output} is missing");
    }
    let fence = fences_of("yaml").into_iter().find(|fence| fence.contains("\njobs:\n")).unwrap();
    let workflow = document("example", &fence);
    let job = workflow.root().and_then(|root| root.get("jobs")?.get("rolecall")).unwrap();
    let granted = job.get("permissions").unwrap().entries();
    let granted: Vec<_> =
        granted.into_iter().map(|(key, value)| (key.text().unwrap(), value.text().unwrap())).collect();
    assert_eq!(granted, [("contents", "read"), ("security-events", "write")]);
    for step in job.get("steps").unwrap().items() {
        let uses = step.get("uses").and_then(|uses| uses.text()).unwrap();
        if uses.starts_with("OWNER/rolecall@") {
            let used = step.get("with").unwrap().entries();
            used.iter().for_each(|(key, _)| assert!(inputs.contains(key.text().unwrap()), "{:?}", key.text()));
        } else {
            assert!(read(".github/workflows/ci.yml").contains(uses), "{uses} is not what the project itself uses");
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for file in DOCUMENTS.into_iter().chain(["ARCHITECTURE.md", "CHANGELOG.md", "docs/classes.md"]) {
        let text = read(file);
        let folder = Path::new(ROOT).join(file).parent().unwrap().to_owned();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            let is_here = !target.starts_with("https://") && !target.starts_with('#');
            assert!(!is_here || folder.join(target.split('#').next().unwrap()).exists(), "{file}: {target}");
        }
    }
}

#[test]
fn no_line_is_too_long() {
    for file in
        DOCUMENTS.into_iter().chain(["ARCHITECTURE.md", "CHANGELOG.md", "docs/differential.md", "docs/evaluator.md"])
    {
        let mut in_fence = false;
        for (at, line) in read(file).lines().enumerate() {
            in_fence ^= line.starts_with("```");
            let fits = line.chars().count() <= 120 || in_fence || line.starts_with('|');
            assert!(fits, "{file}:{}: more than 120 columns", at + 1);
        }
    }
}

#[test]
fn every_room_and_every_dependency_is_described() {
    let text = read("ARCHITECTURE.md");
    let rooms = fs::read_dir(Path::new(ROOT).join("src")).unwrap().map(|entry| entry.unwrap().path());
    for room in rooms.filter(|path| path.is_dir()) {
        let name = room.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(text.contains(&format!("| `{name}` |")), "the room {name} is missing");
    }
    let manifest = read("Cargo.toml");
    let sections = manifest
        .split("\n[")
        .filter(|section| section.starts_with("dependencies]") || section.starts_with("dev-dependencies]"));
    for line in sections.flat_map(|section| section.lines().skip(1)) {
        let Some((name, _)) = line.split_once(" = ") else { continue };
        assert!(text.contains(&format!("| `{name}` |")), "the dependency {name} is missing");
    }
}

/// Files that stand at the top of the repository.
#[test]
fn what_is_published_is_there() {
    let files = ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md", "README.md", "deny.toml", ".ci/run"];
    let missing: Vec<PathBuf> =
        files.iter().map(|file| Path::new(ROOT).join(file)).filter(|path| !path.is_file()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Packages name one another by their version.
#[test]
fn all_packages_have_the_version_of_the_program() {
    let version = env!("CARGO_PKG_VERSION");
    for (file, expected) in [
        ("pyproject.toml", format!("version = \"{version}\"")),
        ("pyproject.toml", format!("dependencies = [\"rolecall=={version}\"]")),
        ("npm/rolecall/package.json", format!("\"version\": \"{version}\"")),
        ("npm/cdk/package.json", format!("\"version\": \"{version}\"")),
        ("npm/cdk/package.json", format!("\"dependencies\": {{ \"rolecall\": \"{version}\" }}")),
        ("docs/ci.md", format!("[rolecall=={version}]")),
    ] {
        assert!(read(file).contains(&expected), "{file} does not have {expected}");
    }
}
