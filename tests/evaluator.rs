//! docs/evaluator.md shows files, commands on them, and what comes of them: each command runs, and its output and
//! exit status are those that stand there.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test --test evaluator` writes the outputs anew.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Where a command runs: the files of the document lie there.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("infra")).unwrap();
        fs::copy(Path::new(ROOT).join("testdata/readme/auth.yaml"), folder.path().join("infra/auth.yaml")).unwrap();
        Self(folder)
    }

    /// All that a command says, standard error last, and its exit status.
    fn run(&self, script: &str) -> (String, i32) {
        let program = Path::new(env!("CARGO_BIN_EXE_rolecall"));
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .args(["-c", script])
            .env("PATH", path)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (String::from_utf8(said).unwrap(), output.status.code().unwrap())
    }
}

fn has_jq() -> bool {
    Command::new("jq").arg("--version").stdout(Stdio::null()).status().is_ok()
}

/// The document with every output as it is now, and how many commands ran.
fn with_outputs(text: &str) -> (String, usize) {
    let (bench, mut ran, mut command) = (Bench::new(), 0, String::new());
    let (mut written, mut lines) = (String::new(), text.lines());
    while let Some(line) = lines.next() {
        let file = line.strip_prefix("<!-- file: ").and_then(|rest| rest.strip_suffix(" -->"));
        let is_output = line.starts_with("<!-- output, exit status ");
        if line != "```sh" && file.is_none() && !is_output {
            written.extend([line, "\n"]);
            continue;
        }
        let open = if line == "```sh" { line } else { lines.next().unwrap() };
        let inside: String = lines.by_ref().take_while(|line| *line != "```").flat_map(|line| [line, "\n"]).collect();
        let mut add = |head: &str, inside: &str| written.extend([head, open, "\n", inside, "```\n"]);
        match file {
            _ if is_output && (has_jq() || !command.contains("jq ")) => {
                let (said, status) = bench.run(&command);
                ran += 1;
                add(&format!("<!-- output, exit status {status} -->\n"), &said);
            }
            Some(file) => {
                fs::write(bench.0.path().join(file), &inside).unwrap();
                add(&format!("{line}\n"), &inside);
            }
            None if is_output => add(&format!("{line}\n"), &inside),
            None => {
                add("", &inside);
                command = inside;
            }
        }
    }
    (written, ran)
}

#[test]
fn outputs_are_those_of_the_program() {
    let file = Path::new(ROOT).join("docs/evaluator.md");
    let text = fs::read_to_string(&file).unwrap();
    let (expected, ran) = with_outputs(&text);
    assert!(ran >= 2 && text.matches("```sh").count() == text.matches("<!-- output, ").count(), "{ran} commands ran");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(file, expected).unwrap();
    } else {
        assert!(text == expected, "an output in docs/evaluator.md is stale; UPDATE_SNAPSHOTS=1 writes it anew");
    }
}
