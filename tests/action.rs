//! The scripts of the GitHub action, run as its runner would run them, and the form of `action.yml`.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rolecall::source::FileId;
use rolecall::syntax::{Node, parse};
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = env!("CARGO_BIN_EXE_rolecall");

/// A workspace in which scripts run.
struct Job {
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

/// What a script left.
struct Left {
    output: Output,
    outputs: Vec<(String, String)>,
    summary: String,
}

impl Job {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("workspace")).unwrap();
        let environment = vec![("ROLECALL_BINARY", PROGRAM.to_owned())];
        Self { folder, environment }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
        self
    }

    /// A path in the workspace.
    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("workspace").join(path)
    }

    /// Copies a bundled file to a path of the workspace.
    fn bundled(self, from: &str, to: &str) -> Self {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(Path::new(ROOT).join(from), to).unwrap();
        self
    }

    fn run(&self, script: &str) -> Left {
        let file = |name: &str| self.folder.path().join(name);
        fs::write(file("output"), "").unwrap();
        fs::write(file("summary"), "").unwrap();
        let mut command = Command::new("bash");
        command
            .arg(Path::new(ROOT).join("action").join(script))
            .current_dir(self.path(""))
            .stdin(Stdio::null())
            .env("GITHUB_ACTION_PATH", ROOT)
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .env("RUNNER_TEMP", file("temp"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .envs(self.environment.iter().map(|(name, value)| (*name, value)));
        let output = command.output().unwrap();
        let outputs = outputs(&fs::read_to_string(file("output")).unwrap());
        Left { output, outputs, summary: fs::read_to_string(file("summary")).unwrap() }
    }

    /// Runs the check; its own status is 0 whatever it found.
    fn check(&self) -> Left {
        let left = self.run("run.sh");
        assert!(left.output.status.success(), "{}", left.all());
        left
    }

    /// Names of what lies in the workspace, sorted.
    fn entries(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Left {
    fn get(&self, name: &str) -> &str {
        let mut values = self.outputs.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let value = values.next().unwrap_or_else(|| panic!("no output {name}\n{}", self.all()));
        assert!(values.next().is_none(), "{name} is there twice");
        value
    }

    fn counts(&self) -> [&str; 3] {
        ["exit-code", "errors", "warnings"].map(|name| self.get(name))
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    fn all(&self) -> String {
        format!("{}\n{}\n{:?}", self.log(), String::from_utf8_lossy(&self.output.stderr), self.outputs)
    }
}

/// The outputs, read as the runner reads them.
fn outputs(text: &str) -> Vec<(String, String)> {
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(head) = lines.next() {
        let (name, delimiter) = head.split_once("<<").unwrap();
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        found.push((name.to_owned(), value.join("\n")));
    }
    found
}

const BAD: &str = "testdata/seeds/0-preferred-role.yaml";
const GOOD: &str = "testdata/cdk/c-cognito/CognitoL2Good.template.json";

#[test]
fn findings_are_counted_annotated_and_reported() {
    let job = Job::new().bundled(BAD, "infra/role.yaml");
    let left = job.check();
    assert_eq!(left.counts(), ["1", "1", "1"], "{}", left.all());
    assert_eq!(left.get("sarif"), "rolecall.sarif");
    let sarif: serde_json::Value = serde_json::from_slice(&fs::read(job.path("rolecall.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "SVC001");
    assert!(left.log().starts_with("::error file=infra/role.yaml,line=14,"), "{}", left.all());
    assert!(left.summary.starts_with("### rolecall: 1 error, 1 warning\n"), "{}", left.summary);
    assert!(left.summary.contains("| SVC001 | <code>infra/role.yaml:14</code> |"), "{}", left.summary);
}

#[test]
fn without_findings_there_is_still_a_report() {
    let job = Job::new().bundled(GOOD, "good.template.json");
    let left = job.check();
    assert_eq!(left.counts(), ["0", "0", "0"], "{}", left.all());
    assert!(job.path(left.get("sarif")).is_file());
    assert_eq!(left.log(), "");
}

#[test]
fn the_lowest_severity_that_fails_is_an_input() {
    let failing = |value| {
        let job = Job::new().bundled(BAD, "a.yaml").with("ROLECALL_FAIL_ON", value);
        let left = job.check();
        left.get("exit-code").to_owned()
    };
    assert_eq!(failing("never"), "0");
    assert_eq!(failing("info"), "1");
    assert_eq!(failing("--help"), "2");
}

#[test]
fn what_a_baseline_has_does_not_count() {
    let job = Job::new().bundled(BAD, "t.yaml");
    let mut command = Command::new(PROGRAM);
    let written =
        command.args(["check", "--write-baseline", "known=.json"]).current_dir(job.path("")).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    assert_eq!(job.check().get("exit-code"), "1");
    let job = job.with("ROLECALL_BASELINE", "known=.json");
    let left = job.check();
    assert_eq!(left.counts(), ["0", "0", "0"], "{}", left.all());
    fs::write(job.path("known=.json"), "{").unwrap();
    let left = job.check();
    assert_eq!((left.get("exit-code"), left.get("sarif")), ("2", ""));
    assert!(left.log().contains("known=.json:1:2: "), "{}", left.all());
}

#[test]
fn the_configuration_is_an_input_and_says_what_fails() {
    let job = Job::new().bundled(BAD, "t.yaml");
    fs::create_dir(job.path("own")).unwrap();
    fs::write(job.path("own/c.toml"), "[check]\nfail-on = 'never'\n").unwrap();
    let job = job.with("ROLECALL_CONFIG", "own/c.toml");
    assert_eq!(job.check().get("exit-code"), "0");
    let job = job.with("ROLECALL_FAIL_ON", "warning");
    assert_eq!(job.check().get("exit-code"), "1", "an input wins");
}

#[test]
fn paths_that_are_hostile_are_paths() {
    let names = ["two words.yaml", "-dash.yaml", "--help", "$(touch x)`touch y`.yaml", "*.yaml", "a'b\"c;touch z"];
    for name in names {
        let job = Job::new().bundled(BAD, name).bundled(BAD, "other.yaml").with("ROLECALL_PATHS", name);
        let left = job.check();
        assert_eq!(left.counts(), ["1", "1", "1"], "{name}\n{}", left.all());
        assert_eq!(job.entries().len(), 3, "{name}: {:?}", job.entries());
    }
}

#[test]
fn paths_stand_one_a_line() {
    let job = Job::new().bundled(BAD, "one a.yaml").bundled(BAD, "b.yaml").bundled(BAD, "c.yaml");
    let left = job.with("ROLECALL_PATHS", "one a.yaml\r\n\n  \nb.yaml").check();
    assert_eq!(left.counts(), ["1", "2", "2"], "{}", left.all());
    // A name that has a line's end in it is two paths, neither of which is there.
    let job = Job::new().bundled(BAD, "a\nb.yaml").with("ROLECALL_PATHS", "a\nb.yaml");
    let left = job.check();
    assert_eq!(left.counts(), ["2", "0", "0"]);
    // A report of a check that could not be done would close what code scanning knows.
    assert_eq!(left.get("sarif"), "");
}

#[test]
fn a_dash_is_no_standard_input() {
    let left = Job::new().bundled(BAD, "-").with("ROLECALL_PATHS", "-").check();
    assert_eq!(left.get("exit-code"), "1", "{}", left.all());
}

#[test]
fn names_of_files_give_the_runner_no_commands() {
    let name = "a\n::set-output name=errors::7\n.yaml";
    let job = Job::new().bundled(BAD, name).with("ROLECALL_PATHS", "::add-mask::x\n##[add-mask]y");
    let left = job.check();
    assert_eq!(left.counts(), ["2", "0", "0"]);
    let log = left.log();
    let (stop, rest) = log.split_once('\n').unwrap();
    let token = stop.strip_prefix("::stop-commands::").unwrap();
    assert!(rest.contains("::add-mask::x"), "{log}");
    assert!(rest.trim_end().ends_with(&format!("::{token}::")), "{log}");
    let left = job.with("ROLECALL_PATHS", ".").check();
    assert_eq!(left.counts(), ["1", "1", "1"], "{}", left.all());
    let is_annotation = |line: &str| line.starts_with("::error file=") || line.starts_with("::warning file=");
    assert!(left.log().lines().all(is_annotation), "{}", left.log());
    let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    assert!(!left.summary.lines().any(is_command), "{}", left.summary);
}

#[test]
fn the_report_goes_where_it_is_wanted() {
    for file in ["out/of the/way.sarif", "-o.sarif", "$(touch x).sarif"] {
        let job = Job::new().bundled(BAD, "a.yaml").with("ROLECALL_SARIF_FILE", file);
        let left = job.check();
        assert_eq!(left.get("sarif"), file, "{}", left.all());
        assert!(job.path(file).is_file(), "{file}");
        assert_eq!(job.entries().len(), 2, "{file}: {:?}", job.entries());
    }
    for file in ["two\nlines", ".", "folder/"] {
        let left = Job::new().bundled(BAD, "a.yaml").with("ROLECALL_SARIF_FILE", file).check();
        assert_eq!((left.get("exit-code"), left.get("sarif")), ("2", ""), "{file}");
    }
}

#[test]
fn a_report_of_before_is_not_taken_for_ours() {
    let job = Job::new().bundled(GOOD, "rolecall.sarif").with("ROLECALL_ARGS", "--no-such-option");
    let left = job.check();
    assert_eq!((left.get("exit-code"), left.get("sarif")), ("2", ""), "{}", left.all());
    assert!(left.log().contains("--no-such-option"));
    assert!(left.summary.contains("could not be done"));
}

#[test]
fn further_arguments_stand_one_a_line() {
    let job = Job::new().bundled(BAD, "a.yaml").bundled(BAD, "b c.yaml");
    let left = job.with("ROLECALL_ARGS", "--exclude\nb c.yaml\n-f\njson\n-o\nmy own.json").check();
    assert_eq!(left.counts(), ["1", "1", "1"], "{}", left.all());
    let job = Job::new().bundled(BAD, "a.yaml").with("ROLECALL_ARGS", "$(touch x)\n; touch y");
    assert_eq!(job.check().get("exit-code"), "2");
    assert_eq!(job.entries(), ["a.yaml", "rolecall.sarif"]);
}

#[test]
fn the_program_that_is_named_is_used() {
    let left = Job::new().run("find.sh");
    assert_eq!((left.get("binary"), left.get("build")), (PROGRAM, "false"));
    let left = Job::new().with("ROLECALL_BINARY", "ls").run("find.sh");
    assert_eq!(left.output.status.code(), Some(2), "what is on PATH is not what was named");
}

/// A job in which `rolecall` on PATH says that it is of this version.
fn on_path(version: &str) -> Job {
    let job = Job::new().with("ROLECALL_BINARY", "");
    let programs = job.folder.path().join("bin");
    fs::create_dir(&programs).unwrap();
    let program = programs.join("rolecall");
    fs::write(&program, format!("#!/bin/sh\necho 'rolecall {version}'\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    job.with("PATH", &path)
}

#[test]
fn the_program_on_path_is_used_where_it_is_of_this_version() {
    let job = on_path(env!("CARGO_PKG_VERSION"));
    let left = job.run("find.sh");
    assert_eq!(left.get("build"), "false", "{}", left.all());
    assert_eq!(Path::new(left.get("binary")), job.folder.path().join("bin/rolecall"));
}

#[test]
fn another_version_is_not_used() {
    let left = on_path("0.0.0").run("find.sh");
    assert_eq!(left.get("build"), "true", "{}", left.all());
    assert!(left.get("binary").ends_with("/temp/rolecall-action/rolecall"));
    let start = format!("rolecall-{}-Linux-X64-", env!("CARGO_PKG_VERSION"));
    let digest = left.get("key").strip_prefix(&start).unwrap();
    assert_eq!(digest.len(), 64);
    assert_eq!(on_path("0.0.0").run("find.sh").get("key"), left.get("key"), "the key is that of the source");
}

#[test]
fn the_build_leaves_the_program_where_it_is_looked_for() {
    // Stands in for cargo: says where it is, and makes what it is asked for.
    let job = on_path("0.0.0");
    let cargo = job.folder.path().join("bin/cargo");
    let script = "#!/bin/sh\npwd\necho \"$@\"\nmkdir -p \"$CARGO_TARGET_DIR/release\"\n: > \"$CARGO_TARGET_DIR/release/rolecall\"\n";
    fs::write(&cargo, script).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let binary = job.run("find.sh").get("binary").to_owned();
    let job = job.with("ROLECALL_BINARY", &binary);
    let left = job.run("build.sh");
    assert!(left.output.status.success(), "{}", left.all());
    assert_eq!(left.log().lines().last(), Some("build --release --locked --package rolecall"));
    assert!(left.log().starts_with(ROOT), "the workspace's settings of cargo are not obeyed: {}", left.log());
    assert!(Path::new(&binary).is_file());
}

#[test]
fn a_link_as_program_is_followed() {
    let job = Job::new();
    symlink(PROGRAM, job.path("link")).unwrap();
    let left = job.with("ROLECALL_BINARY", "link").run("find.sh");
    assert_eq!(left.get("binary"), "./link", "{}", left.all());
}

/// Every text under this key, at any depth.
fn texts(node: Node<'_>, key: &str, found: &mut Vec<String>) {
    for (name, value) in node.entries() {
        match value.text() {
            Some(text) if name.text() == Some(key) => found.push(text.to_owned()),
            _ => texts(value, key, found),
        }
    }
    node.items().for_each(|item| texts(item, key, found));
}

fn texts_of(file: &str, key: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
    let document = parse(FileId(0), &text.into(), file);
    assert!(document.errors().is_empty(), "{file}: {:?}", document.errors());
    let mut found = Vec::new();
    texts(document.root().unwrap(), key, &mut found);
    assert!(!found.is_empty(), "{file} has no {key}");
    found
}

const WORKFLOWS: [&str; 2] = ["action.yml", ".github/workflows/ci.yml"];

#[test]
fn no_script_holds_an_expression() {
    for file in WORKFLOWS {
        texts_of(file, "run").iter().for_each(|script| assert!(!script.contains("${{"), "{file}: {script}"));
    }
}

#[test]
fn every_action_is_pinned() {
    for file in WORKFLOWS {
        for action in texts_of(file, "uses").iter().filter(|action| *action != "./") {
            let pin = action.split_once('@').map_or("", |(_, pin)| pin);
            assert!(pin.len() == 40 && pin.bytes().all(|b| b.is_ascii_hexdigit()), "{file}: {action}");
        }
    }
}
