//! The program as users run it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const ROLE: &str = r#"{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {}}}}"#;
/// A template with a duplicate key, so that reading it shows.
const TWICE: &str = r#"{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Type": "AWS::IAM::Role"}}}"#;
/// A template that does not parse.
const BROKEN: &str = r#"{"Resources": {"Role": {"Type": "AWS::IAM::Role" "Properties": {}}}}"#;

/// A folder with files, in which the program is run.
struct Work(TempDir);

impl Work {
    fn new(files: &[(&str, &str)]) -> Self {
        let work = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(path, text)| work.write(path, text));
        work
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Paths of the findings of a run with these arguments.
    fn found(&self, arguments: &[&str]) -> Vec<String> {
        let ran = self.run(&[&["check", "-f", "plain"], arguments].concat());
        assert_ne!(ran.status, 2, "{}", ran.stderr);
        ran.stdout.lines().map(|line| line.split(':').next().unwrap_or("").to_owned()).collect()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[&["check", "-f", "json"], arguments].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr))
    }
}

#[derive(Debug)]
struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let status = output.status.code().expect("the program ends by itself");
        Self { status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

fn testdata(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cdk").join(name).to_string_lossy().into_owned()
}

// What is read

#[test]
fn folders_are_searched_for_names_that_templates_have() {
    let files = [
        ("a.json", TWICE),
        ("b.template", TWICE),
        ("c.template.json", TWICE),
        ("d.yaml.template", TWICE),
        ("e/f/g.yml", TWICE),
        ("h.YAML", TWICE),
        ("i.txt", TWICE),
        ("package-lock.json", "{\"dependencies\": {}}"),
    ];
    let all = ["a.json", "b.template", "c.template.json", "d.yaml.template", "e/f/g.yml", "h.YAML"];
    assert_eq!(Work::new(&files).found(&[]), all);
}

#[test]
fn ignored_hidden_and_foreign_folders_are_not_entered() {
    let work = Work::new(&[
        (".gitignore", "build/\n*.gen.json\n"),
        ("build/a.json", TWICE),
        ("b.gen.json", TWICE),
        (".hidden/c.json", TWICE),
        ("node_modules/d/e.json", TWICE),
        (".git/f.json", TWICE),
        ("sub/.gitignore", "/g.json\n"),
        ("sub/g.json", TWICE),
        ("sub/h.json", TWICE),
    ]);
    assert_eq!(work.found(&[]), ["sub/h.json"]);
    assert_eq!(work.found(&["sub"]), ["sub/h.json"]);
    assert_eq!(work.found(&["--no-gitignore"]), ["b.gen.json", "build/a.json", "sub/g.json", "sub/h.json"]);
}

#[test]
fn what_is_named_is_read_wherever_it_lies() {
    let work = Work::new(&[
        (".gitignore", "build/\ndist/*\n"),
        ("build/a.json", TWICE),
        ("dist/x/b.json", TWICE),
        (".hidden/c.json", TWICE),
        ("node_modules/d/e.json", TWICE),
        ("node_modules/d/node_modules/f.json", TWICE),
        ("notes.txt", TWICE),
    ]);
    assert_eq!(work.found(&["build"]), ["build/a.json"]);
    assert_eq!(work.found(&["build/a.json"]), ["build/a.json"]);
    assert_eq!(work.found(&["dist"]), ["dist/x/b.json"]);
    assert_eq!(work.found(&[".hidden"]), [".hidden/c.json"]);
    assert_eq!(work.found(&["node_modules/d"]), ["node_modules/d/e.json"]);
    assert_eq!(work.found(&["notes.txt"]), ["notes.txt"]);
}

#[test]
fn excludes_hold_below_what_is_named() {
    let work = Work::new(&[("a/b.json", TWICE), ("a/c.json", TWICE), ("vendor/d.json", TWICE)]);
    assert_eq!(work.found(&["--exclude", "vendor", "--exclude", "a/b.*"]), ["a/c.json"]);
    assert_eq!(work.found(&["--exclude", "**/*.json", "a/b.json"]), ["a/b.json"]);
    let wrong = work.run(&["check", "--exclude", "a["]);
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.contains("--exclude a["), "{}", wrong.stderr);
}

#[test]
fn the_same_file_counts_once() {
    let work = Work::new(&[("a/b.json", TWICE)]);
    let whole = work.path("a/b.json");
    assert_eq!(work.found(&["a/b.json", "./a/../a/b.json", "a", ".", whole.to_str().unwrap()]), ["a/b.json"]);
}

#[test]
fn paths_are_shown_from_the_working_directory() {
    let work = Work::new(&[("a/b.json", TWICE), ("c/d.json", TWICE)]);
    let ran = Ran::from(work.command(&["check", "-f", "plain", "../c"]).current_dir(work.path("a")).output().unwrap());
    assert!(ran.stdout.starts_with("../c/d.json:1:"), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_unless_named() {
    let work = Work::new(&[("real/a.json", TWICE), ("real/sub/b.json", TWICE)]);
    fs::create_dir(work.path("in")).unwrap();
    std::os::unix::fs::symlink(work.path("real/a.json"), work.path("in/file.json")).unwrap();
    std::os::unix::fs::symlink(work.path("real/sub"), work.path("in/folder")).unwrap();
    std::os::unix::fs::symlink(work.path("in"), work.path("in/circle")).unwrap();
    assert_eq!(work.found(&["in"]), [""; 0]);
    assert_eq!(work.found(&["in/file.json"]), ["in/file.json"]);
    assert_eq!(work.found(&["in/folder"]), ["real/sub/b.json"]);
}

#[test]
fn a_thousand_files_are_read_in_the_same_order_by_any_number_of_threads() {
    let work = Work::new(&[]);
    (0..1000).for_each(|number| work.write(&format!("d{}/t{number}.json", number % 37), TWICE));
    let bytes = |threads: &str| work.run(&["check", "-f", "json", "--threads", threads]).stdout;
    let one = bytes("1");
    assert_eq!(serde_json::from_str::<Value>(&one).unwrap()["summary"]["templates"], 1000);
    for threads in ["2", "7"] {
        assert!(bytes(threads) == one, "{threads} threads write other bytes than one");
    }
}

// What cannot be read

#[test]
fn a_broken_file_does_not_stop_the_others() {
    let work = Work::new(&[("a.json", BROKEN), ("b.json", TWICE), ("c.json", "{\"Resources\": [")]);
    let ran = work.run(&["check", "-f", "plain"]);
    assert_eq!(ran.status, 1);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("a.json:1:50: error[INP001] this file is not checked: "), "{}", lines[0]);
    assert!(lines[1].starts_with("b.json:1:51: warning[INP004] Type of Role stands twice"), "{}", lines[1]);
    assert_eq!(lines.len(), 2, "c.json is nobody's template: {ran:?}");
    assert_eq!(work.found(&["c.json"]), ["c.json"]);
}

#[test]
fn other_encodings_are_named() {
    let work = Work::new(&[]);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(ROLE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    work.write("a.json", utf16);
    work.write("b.json", [ROLE.as_bytes(), b"\xff"].concat());
    let stdout = work.run(&["check", "-f", "plain"]).stdout;
    assert!(stdout.contains("a.json:1:1: error[INP001] this file is not checked: stored as UTF-16"), "{stdout}");
    assert!(stdout.contains("error[INP001] this file is not checked: not UTF-8: byte 69 is 0xff"), "{stdout}");
    let json = work.json(&[]);
    let help = |at: usize| json["findings"][at]["help"].as_str().unwrap();
    assert!(help(0).starts_with("save it as UTF-8, or convert it with iconv -f UTF-16 -t UTF-8; "), "{}", help(0));
    assert!(help(1).contains("iconv -f ISO-8859-1 -t UTF-8, where "), "{}", help(1));
}

#[test]
fn a_path_that_is_not_there_is_a_failure_but_the_others_are_checked() {
    let work = Work::new(&[("a.json", TWICE)]);
    let ran = work.run(&["check", "-f", "plain", "missing.yaml", "a.json"]);
    assert_eq!(ran.status, 2);
    assert_eq!(ran.stderr, "error: cannot read missing.yaml: no such file or directory\n");
    assert!(ran.stdout.starts_with("a.json:"), "{ran:?}");
}

#[test]
fn no_template_is_said_in_one_line_and_is_no_failure() {
    let work = Work::new(&[("package.json", "{}")]);
    let json = work.run(&["check", "-f", "plain"]);
    assert_eq!((json.status, json.stdout.as_str(), json.stderr.as_str()), (0, "", "note: no template found\n"));
    let text = work.run(&["check"]);
    assert_eq!((text.status, text.stderr.as_str(), text.stdout.lines().count()), (0, "", 1), "{text:?}");
    assert!(text.stdout.contains("no template found"));
    let quiet = work.run(&["check", "-q"]);
    assert_eq!((quiet.status, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""));
}

#[test]
fn that_no_template_could_be_read_is_said_beside_what_is_broken() {
    let work = Work::new(&[("a.json", BROKEN)]);
    assert!(work.run(&["check"]).stdout.contains("\n1 error · no template could be read · "));
    let plain = work.run(&["check", "-f", "plain", "--select", "CGT"]);
    assert_eq!((plain.status, plain.stderr.as_str()), (0, "note: no template could be read\n"));
}

/// Runs as a user whom permissions stop; nothing where the tests have nobody to run as.
#[cfg(unix)]
fn run_as_nobody(work: &Work, arguments: &[&str]) -> Option<Ran> {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    fs::set_permissions(work.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = work.command(arguments);
    // Permissions do not stop root.
    let is_root = fs::read(work.path("shut.json")).is_ok();
    let command = if is_root { command.uid(65_534).gid(65_534) } else { &mut command };
    match command.output() {
        Ok(output) => Some(Ran::from(output)),
        Err(_) if is_root => None,
        Err(error) => panic!("{error}"),
    }
}

#[cfg(unix)]
#[test]
fn what_a_walk_cannot_read_is_in_the_reports() {
    use std::os::unix::fs::PermissionsExt;
    let work = Work::new(&[("ok.json", ROLE), ("shut.json", ROLE), ("closed/a.json", ROLE)]);
    for path in ["shut.json", "closed"] {
        fs::set_permissions(work.path(path), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let Some(text) = run_as_nobody(&work, &["check"]) else { return };
    let told = ["not searched: closed: permission denied", "cannot read shut.json: permission denied"];
    assert_eq!((text.status, text.stderr), (0, format!("warning: {}\nwarning: {}\n", told[0], told[1])));
    let counted = " · 1 file could not be read, 1 folder could not be searched · ";
    assert!(text.stdout.contains(counted), "{}", text.stdout);
    let report = |format| run_as_nobody(&work, &["check", "-f", format]).unwrap().stdout;
    let json: Value = serde_json::from_str(&report("json")).unwrap();
    let notes = json["notes"].as_array().unwrap();
    let notes: Vec<_> = notes.iter().map(|note| (note["kind"].as_str(), note["message"].as_str())).collect();
    assert_eq!(notes, told.map(|told| (Some("unread"), Some(told))));
    let sarif: Value = serde_json::from_str(&report("sarif")).unwrap();
    let notifications = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(notifications[1]["message"]["text"], told[1]);
    assert_eq!((&notifications[1]["level"], notifications.as_array().unwrap().len()), (&Value::from("warning"), 2));
    fs::set_permissions(work.path("closed"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_named_path_that_is_not_there_is_in_the_reports() {
    let work = Work::new(&[("ok.json", ROLE)]);
    let told = "cannot read gone.yaml: no such file or directory";
    let json = work.run(&["check", "ok.json", "gone.yaml", "-f", "json"]);
    assert_eq!((json.status, json.stderr), (2, format!("error: {told}\n")));
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let notes = json["notes"].as_array().unwrap();
    assert_eq!((notes.len(), &notes[0]["kind"], &notes[0]["message"]), (1, &"unread".into(), &told.into()));
    let sarif = work.run(&["check", "ok.json", "gone.yaml", "-f", "sarif"]).stdout;
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let notifications = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert_eq!((&notifications[0]["message"]["text"], &notifications[0]["level"]), (&told.into(), &"warning".into()));
}

#[test]
fn what_is_passed_over_is_said_when_asked() {
    let work = Work::new(&[("package.json", "{}"), ("policy.json", r#"{"Version": "2012-10-17", "Statement": []}"#)]);
    let note = |run: &Value| run["notes"].as_array().unwrap().len();
    assert_eq!(note(&work.json(&[])), 0);
    assert_eq!(note(&work.json(&["-v"])), 2);
    let named = work.run(&["check", "policy.json"]);
    assert_eq!(named.status, 0);
    assert!(named.stderr.starts_with("warning: policy.json was not checked: it is a policy"), "{named:?}");
}

// CDK

#[test]
fn the_output_of_cdk_is_read_although_git_ignores_it() {
    let work = Work::new(&[
        (".gitignore", "cdk.out\ndist\n"),
        ("cdk.json", "{\"app\": \"x\"}"),
        ("cdk.out/cdk.out", "{}"),
        ("cdk.out/manifest.json", MANIFEST),
        ("cdk.out/A.template.json", TWICE),
        ("cdk.out/asset.1/template.json", TWICE),
        ("cdk.out/Other.template.json", TWICE),
        ("lib/cdk.json", "{\"output\": \"dist/out\"}"),
        ("lib/dist/out/manifest.json", MANIFEST),
        ("lib/dist/out/A.template.json", TWICE),
    ]);
    assert_eq!(work.found(&[]), ["cdk.out/A.template.json", "lib/dist/out/A.template.json"]);
    assert_eq!(work.found(&["cdk.out"]), ["cdk.out/A.template.json"]);
    assert_eq!(work.found(&["cdk.out/manifest.json"]), ["cdk.out/A.template.json"]);
    assert_eq!(work.found(&["cdk.out/Other.template.json"]), ["cdk.out/Other.template.json"]);
    assert_eq!(work.found(&["--exclude", "lib"]), ["cdk.out/A.template.json"]);
    assert_eq!(work.json(&["cdk.out"])["summary"]["stacks"], 1);
}

const MANIFEST: &str = r#"{"version": "36.0.0", "artifacts": {
    "A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "A.template.json"}}}}"#;

#[test]
fn every_stack_of_an_assembly_is_read() {
    let work = Work::new(&[]);
    // Stages lie in assemblies of their own, and each of their mappings nests a stack.
    for (name, stacks) in [("e-platform", 13), ("a-preferred-role", 2), ("c-cognito", 6), ("old-2150", 1)] {
        let run = work.json(&["--select", "INP", &testdata(name)]);
        assert_eq!(run["summary"]["stacks"], stacks, "{name}: {run:#}");
        assert_eq!(run["summary"]["templates"], stacks, "{name}: {run:#}");
        assert_eq!(run["findings"], Value::Array(Vec::new()), "{name}: {run:#}");
    }
}

#[test]
fn an_app_without_output_is_told() {
    let work = Work::new(&[
        ("app/cdk.json", "{\"app\": \"x\"}"),
        ("node_modules/lib/cdk.json", "{\"app\": \"x\"}"),
        ("failed/cdk.json", "{\"app\": \"x\"}"),
        ("failed/cdk.out/error.txt", "CannotServiceAccountPrincipalGrant\n"),
    ]);
    let ran = work.run(&["check", "-f", "plain"]);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{ran:?}");
    assert!(lines[0].starts_with("app/cdk.json:1:2: warning[INP005] "), "{}", lines[0]);
    assert!(lines[0].ends_with("there is no app/cdk.out"), "{}", lines[0]);
    assert!(
        lines[1].starts_with("failed/cdk.out/error.txt:1:1: error[INP003] cdk synth failed with Cannot"),
        "{ran:?}"
    );
    assert_eq!(work.found(&["failed/cdk.out"]), ["failed/cdk.out/error.txt"]);
}

#[test]
fn a_hostile_manifest_leads_nowhere() {
    let work = Work::new(&[("secret.json", TWICE), ("cdk.out/cdk.out", "{}")]);
    let outside = work.path("secret.json");
    let paths = ["../secret.json", "../../etc/passwd", "/etc/passwd", "gone.json", outside.to_str().unwrap()];
    for path in paths {
        let manifest = MANIFEST.replace("A.template.json", path);
        work.write("cdk.out/manifest.json", manifest);
        let ran = work.run(&["check", "-f", "plain", "cdk.out"]);
        assert_eq!(ran.status, 1);
        assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
        assert!(ran.stdout.starts_with("cdk.out/manifest.json:2:78: error[INP003] "), "{ran:?}");
        assert!(ran.stdout.contains(path), "{ran:?}");
    }
    let nested = r#"{"artifacts": {"B": {"type": "cdk:cloud-assembly", "properties": {"directoryName": ".."}}}}"#;
    work.write("cdk.out/manifest.json", nested);
    assert_eq!(work.found(&["cdk.out"]), ["cdk.out/manifest.json"]);
}

#[test]
fn an_assembly_that_is_named_twice_is_read_once() {
    let work = Work::new(&[("a/cdk.out/cdk.out", "{}"), ("a/cdk.out/manifest.json", MANIFEST)]);
    work.write("a/cdk.out/A.template.json", TWICE);
    let named = ["a/../a/cdk.out", "a/cdk.out", "./a/cdk.out/manifest.json", "a", "a/cdk.out/A.template.json"];
    assert_eq!(work.json(&named)["summary"]["stacks"], 1);
    assert_eq!(work.found(&named), ["a/cdk.out/A.template.json"]);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_an_assembly_is_not_followed() {
    let work = Work::new(&[("secret.json", TWICE), ("cdk.out/cdk.out", "{}"), ("cdk.out/manifest.json", MANIFEST)]);
    std::os::unix::fs::symlink(work.path("secret.json"), work.path("cdk.out/A.template.json")).unwrap();
    let ran = work.run(&["check", "-f", "plain", "cdk.out"]);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    assert!(
        ran.stdout.contains("error[INP003] a stack was not checked: its file A.template.json leads out"),
        "{ran:?}"
    );
}

#[cfg(unix)]
#[test]
fn no_file_that_an_assembly_names_leads_out_of_it() {
    use std::os::unix::fs::symlink;
    let nested = r#"{"artifacts": {"N": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "sub"}}}}"#;
    let work = Work::new(&[("secret/x.json", "the secret"), ("n/cdk.out/cdk.out", ""), ("n/cdk.out/sub/a", "")]);
    work.write("n/cdk.out/manifest.json", nested);
    symlink("../../../secret/x.json", work.path("n/cdk.out/sub/manifest.json")).unwrap();
    let refused = |work: &Work, folder: &str, file: &str| {
        let ran = work.run(&["check", folder]);
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.stdout.contains(&format!("{file} leads out of the output folder")), "{ran:?}");
        assert!(ran.stdout.contains("error[INP003]"), "{ran:?}");
        assert!(!ran.stdout.contains("the secret") && !ran.stdout.contains("secret/x.json"), "{ran:?}");
    };
    refused(&work, "n", "sub/manifest.json");
    // A link that stays inside is as good as the file.
    fs::remove_file(work.path("n/cdk.out/sub/manifest.json")).unwrap();
    work.write("n/cdk.out/inner.json", "{}");
    symlink("../inner.json", work.path("n/cdk.out/sub/manifest.json")).unwrap();
    assert_eq!(work.run(&["check", "n"]).status, 0);
    // A folder is no manifest.
    fs::remove_file(work.path("n/cdk.out/sub/manifest.json")).unwrap();
    fs::create_dir(work.path("n/cdk.out/sub/manifest.json")).unwrap();
    assert!(work.run(&["check", "n"]).stdout.contains("sub/manifest.json is no file"));

    work.write("m/cdk.out/cdk.out", "");
    work.write("m/cdk.out/A.template.json", ROLE);
    let manifest = r#"{"artifacts": {"A": {"type": "aws:cloudformation:stack", "properties":
        {"templateFile": "A.template.json"}, "additionalMetadataFile": "A.metadata.json"}}}"#;
    work.write("m/cdk.out/manifest.json", manifest);
    symlink(work.path("secret/x.json"), work.path("m/cdk.out/A.metadata.json")).unwrap();
    refused(&work, "m", "A.metadata.json");
}

/// The folder that is checked is the working directory: what lies above it is nobody's business.
#[cfg(unix)]
#[test]
fn an_output_folder_behind_a_link_is_not_entered() {
    let work = Work::new(&[("outside/out/cdk.out", ""), ("app/cdk.json", r#"{"output": "link/out"}"#)]);
    work.write("outside/out/manifest.json", MANIFEST);
    work.write("outside/out/A.template.json", TWICE);
    std::os::unix::fs::symlink(work.path("outside"), work.path("app/link")).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rolecall"))
        .current_dir(work.path("app"))
        .args(["check", "-f", "plain", "-v"])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(!shown.contains("INP004"), "{shown}");
}

#[test]
fn an_explanation_is_short_unless_examples_are_asked_for() {
    let work = Work::new(&[]);
    let short = work.run(&["explain", "CGT001"]).stdout;
    assert!(short.contains("## How to fix it") && !short.contains("## Examples"), "{short}");
    for rule in ["CGT001", "MAP014", "TAG001"] {
        let long = work.run(&["explain", rule, "--examples"]).stdout;
        assert!(long.contains("Reported:") && long.contains("Not reported:"), "{long}");
        assert!(!long.contains("also=") && !long.contains("yaml bad"), "{long}");
        assert!(!long.contains("yaml fixed") && long.contains("The same without the mistake:"), "{long}");
    }
    let files = work.run(&["explain", "INP003", "--examples"]).stdout;
    let expected = "Reported:\n\n`cdk.json`:\n\n```json\n{ \"app\": \"npx tsx bin/app.ts\" }\n```\n\n\
                    `cdk.out/error.txt`:\n\n```text\nCannotServiceAccountPrincipalGrant\n```\n\n\
                    The manifest names a template that is not there:\n\nReported:\n\n`cdk.out/cdk.out`:\n";
    assert!(files.contains(expected), "{files}");
}

#[test]
fn no_report_grows_with_a_text_of_a_template() {
    let named = |text: &str| {
        let role = |id: &str| {
            let id = format!("{id}{text}");
            serde_json::json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                "Sid": id, "Condition": {"StringLike": {"cognito-identity.amazonaws.com:aud": ["*", id]}}}]}}})
        };
        let template = serde_json::json!({"Resources": {"A": role("a"), "B": role("b"), (text): role("c")}});
        Work::new(&[("t.json", &template.to_string())])
    };
    let (work, short) = (named(&"x".repeat(300_000)), named("x"));
    for format in ["text", "plain", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"] {
        let options = ["check", "--min-severity", "info", "--show-possible", "-v", "-f", format];
        let [long, short] = [&work, &short].map(|work| work.run(&options).stdout.len());
        assert!(long < short + 100_000, "{format}: {long} instead of {short}");
    }
    let report = work.json(&["--min-severity", "info", "--show-possible"]);
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["witness"].is_object()), "{report}");
    assert!(findings.iter().all(|finding| finding["witness"]["policy"].is_null()));
}

#[test]
fn stacks_that_nest_themselves_end() {
    let nests = |file: &str| {
        format!(
            r#"{{"Resources": {{"N": {{"Type": "AWS::CloudFormation::Stack", "Metadata":
            {{"aws:asset:path": "{file}", "aws:asset:property": "TemplateURL"}}}}}}}}"#
        )
    };
    let work = Work::new(&[
        ("cdk.out/cdk.out", "{}"),
        ("cdk.out/manifest.json", MANIFEST),
        ("cdk.out/A.template.json", &nests("B.json")),
        ("cdk.out/B.json", &nests("A.template.json")),
    ]);
    assert_eq!(work.json(&[])["summary"]["stacks"], 2);
}

// Options

#[test]
fn the_exit_status_follows_what_is_shown() {
    let work = Work::new(&[("a.json", TWICE)]);
    let status = |arguments: &[&str]| work.run(&[&["check"], arguments].concat()).status;
    assert_eq!(status(&[]), 0);
    assert_eq!(status(&["--fail-on", "warning"]), 1);
    assert_eq!(status(&["--fail-on", "warning", "--min-severity", "error"]), 0);
    assert_eq!(status(&["--fail-on", "info", "--ignore", "INP"]), 0);
    assert_eq!(status(&["--fail-on", "warning", "--select", "inp004"]), 1);
    work.write("b.json", BROKEN);
    assert_eq!(status(&[]), 1);
    assert_eq!(status(&["--fail-on", "never"]), 0);
}

#[test]
fn a_rule_that_is_named_shows_its_info_findings() {
    let jinja = r#"{"Resources": {"A": {"Type": "AWS::S3::Bucket", {% if x %} }}}"#;
    let work = Work::new(&[("a.json", jinja)]);
    assert_eq!(work.found(&[]), [""; 0]);
    assert_eq!(work.found(&["--select", "input-is-template-source"]), ["a.json"]);
    assert_eq!(work.found(&["--min-severity", "info"]), ["a.json"]);
}

#[test]
fn an_unknown_rule_comes_with_near_ones() {
    let work = Work::new(&[]);
    for arguments in
        [["check", "--select", "INP01"], ["check", "--ignore", "INP01"], ["explain", "INP01", "--color=auto"]]
    {
        let ran = work.run(&arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains("'INP01'") && ran.stderr.contains("INP001"), "{ran:?}");
    }
}

#[test]
fn wrong_arguments_are_status_2() {
    let work = Work::new(&[("a.json", ROLE)]);
    let all: [&[&str]; 6] = [
        &[],
        &["check", "--no-such-option"],
        &["check", "-f", "pdf"],
        &["check", "-f", "json", "-f", "text"],
        &["check", "--threads", "0"],
        &["check", "--stdin-filename", "x.yaml"],
    ];
    for arguments in all {
        let ran = work.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        assert!(!ran.stderr.is_empty());
    }
    assert!(work.run(&[]).stderr.contains("Usage: rolecall"));
    assert_eq!(work.run(&["--help"]).status, 0);
    for short in [["--version"], ["-V"]] {
        assert_eq!(work.run(&short).stdout, format!("rolecall {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn standard_input_is_one_template() {
    let work = Work::new(&[("a.json", ROLE)]);
    let ran = work.run_with_input(&["check", "-f", "plain", "-"], TWICE);
    assert!(ran.stdout.starts_with("<stdin>:1:51: warning[INP004]"), "{ran:?}");
    // What an editor has not saved yet stands for the file.
    let ran = work.run_with_input(&["check", "-f", "plain", "-", ".", "--stdin-filename", "./a.json"], TWICE);
    assert_eq!(ran.stdout.lines().count(), 1);
    assert!(ran.stdout.starts_with("a.json:1:51: warning[INP004]"), "{ran:?}");
    assert_eq!(work.run_with_input(&["check", "-"], "{").status, 1);
}

#[test]
fn reports_go_to_files_whole_or_not_at_all() {
    let work = Work::new(&[("t/a.json", TWICE), ("old.json", "old")]);
    let ran = work.run(&["check", "t", "-f", "sarif", "-o", "out.sarif", "-f", "plain"]);
    assert!(ran.stdout.starts_with("t/a.json:"), "{ran:?}");
    let sarif: Value = serde_json::from_slice(&fs::read(work.path("out.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let ran = work.run(&["check", "t", "-f", "json", "-o", "old.json", "-f", "sarif", "-o", "no/such/folder.sarif"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{ran:?}");
    assert!(ran.stderr.contains("no/such/folder.sarif"), "{ran:?}");
    assert_eq!(fs::read_to_string(work.path("old.json")).unwrap(), "old");
    let names: Vec<_> = fs::read_dir(work.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn no_report_takes_the_place_of_what_was_read() {
    let parameters = r#"{"Stage": "prod"}"#;
    let work = Work::new(&[
        ("a.json", TWICE),
        ("rolecall.toml", "[check]\nfail-on = 'never'\n"),
        ("p.json", parameters),
        ("b.yaml", "Parameters: {Stage: {Type: String}}\nResources: {B: {Type: AWS::S3::Bucket}}\n"),
        ("b.params.json", parameters),
        ("known.json", "{\"schema\": \"rolecall-baseline/1\", \"findings\": []}"),
        ("plain.json", "{}"),
    ]);
    let before = |name: &str| fs::read_to_string(work.path(name)).unwrap();
    let folder = work.0.path().file_name().unwrap().to_string_lossy().into_owned();
    let another = format!("../{folder}/a.json");
    let read = ["a.json", "./a.json", &another, "rolecall.toml", "p.json", "b.params.json", "known.json"];
    let options = ["check", ".", "--parameters", "p.json", "--baseline", "known.json", "-f"];
    for (file, format) in read.into_iter().zip(["json", "html", "text", "sarif", "json", "plain", "junit"]) {
        let text = before(file);
        let ran = work.run(&[&options, &[format, "-o", file][..]].concat());
        let said = format!("error: cannot write {file}: this run read it, ");
        assert!(ran.status == 2 && ran.stdout.is_empty() && ran.stderr.starts_with(&said), "{ran:?}");
        assert_eq!(before(file), text);
    }
    // Also what was named and is no template, and what is still to be fixed.
    assert_eq!(work.run(&["check", "plain.json", "-f", "json", "-o", "plain.json"]).status, 2);
    assert_eq!(work.run(&["check", "--fix", "a.json", "-o", "a.json"]).status, 2);
    assert_eq!(work.run_with_input(&["check", "-", "--stdin-filename", "a.json", "-o", "a.json"], ROLE).status, 2);
    assert_eq!((before("plain.json").as_str(), before("a.json").as_str()), ("{}", TWICE));
    // A report of a run before is no input, though it lies where it is found.
    for _ in 0..2 {
        let ran = work.run(&["check", "-f", "json", "-o", "report.json", "-f", "plain"]);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn no_report_takes_the_place_of_what_a_link_leads_to() {
    let work = Work::new(&[("a.json", TWICE)]);
    std::os::unix::fs::symlink(work.path("a.json"), work.path("link.txt")).unwrap();
    let ran = work.run(&["check", "-f", "json", "-o", "link.txt"]);
    assert!(ran.status == 2 && ran.stderr.starts_with("error: cannot write link.txt: this run read it"), "{ran:?}");
    assert_eq!(fs::read_to_string(work.path("a.json")).unwrap(), TWICE);
    let ran = work.run(&["check", "-f", "json", "-o", "/dev/null", "-f", "sarif", "-o", "/dev/null"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "a device takes any number of reports");
}

#[test]
fn each_report_goes_to_a_file_of_its_own() {
    let work = Work::new(&[("a.json", TWICE)]);
    let ran = work.run(&["check", "-f", "json", "-o", "same", "-f", "sarif", "-o", "./same"]);
    let said = "error: two reports go to ./same; give one of them another file\n";
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (2, "", said));
    let ran = work.run(&["check", "-f", "json", "-o", "same", "--write-baseline", "same"]);
    assert!(ran.status == 2 && ran.stderr.starts_with("error: a report and the baseline go to same; "), "{ran:?}");
    assert!(!work.path("same").exists());
}

#[test]
fn all_formats_show_the_same_findings() {
    let work = Work::new(&[("a.json", TWICE), ("b.json", BROKEN)]);
    for format in ["text", "plain", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"] {
        let ran = work.run(&["check", "-f", format]);
        assert_eq!(ran.status, 1, "{format}");
        assert!(ran.stdout.contains("INP001") && ran.stdout.contains("INP004"), "{format}: {}", ran.stdout);
        assert_eq!(ran.stderr, "", "{format}");
    }
}

#[test]
fn colour_is_for_those_who_want_it() {
    let work = Work::new(&[("a.json", TWICE)]);
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = work.command(&[&["check"], arguments].concat());
        Ran::from(command.envs(variables.iter().copied()).output().unwrap()).stdout.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let work = Work::new(&[("a.json", TWICE)]);
    for arguments in [["check", "-fjson", "."], ["rules", "-f", "json"], ["explain", "INP001", "--color=auto"]] {
        let mut child = work.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

// Rules

#[test]
fn a_rule_is_explained_by_its_id_or_its_name() {
    let work = Work::new(&[]);
    let by_id = work.run(&["explain", "inp004"]);
    assert_eq!(by_id.status, 0);
    assert!(by_id.stdout.starts_with("# INP004 duplicate-key\n"), "{by_id:?}");
    assert_eq!(work.run(&["explain", "duplicate-key"]).stdout, by_id.stdout);
    let group = work.run(&["explain", "inp"]);
    assert_eq!(group.status, 2);
    assert!(group.stderr.starts_with("error: 'inp' is a group; name one of its rules"), "{group:?}");
}

#[test]
fn rules_are_listed_in_three_forms() {
    let work = Work::new(&[]);
    assert!(work.run(&["rules"]).stdout.contains("INP001  error "));
    assert!(work.run(&["rules", "--format", "markdown"]).stdout.contains("| INP001 | `input-unreadable` | error |"));
    let json: Value = serde_json::from_str(&work.run(&["rules", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["rules"][0]["name"].as_str().map(str::is_empty), Some(false));
}

/// Each table of AWS facts tells how old it is.
#[test]
fn the_version_says_how_old_the_tables_are() {
    let work = Work::new(&[]);
    let told = work.run(&["--version", "-v"]).stdout;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let folders = [data.clone(), data.join("providers")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let is_table = |path: &PathBuf| path.extension().is_some_and(|end| end == "tsv" || end == "toml");
    let tables: Vec<PathBuf> = files.filter(is_table).collect();
    assert!(tables.len() > 20, "{}", tables.len());
    for table in tables {
        let name = table.strip_prefix(&data).unwrap().to_str().unwrap().replace('\\', "/");
        let line = told.lines().find(|line| line.trim_start().starts_with(&format!("{name} ")));
        let date = line.and_then(|line| line.split_whitespace().last()).unwrap_or_default();
        let is_date = date.len() == 10 && date.starts_with("20") && date.matches('-').count() == 2;
        assert!(is_date && fs::read_to_string(&table).unwrap().contains(date), "{name}: {line:?}");
    }
    let alone = work.run(&["-v"]);
    assert_eq!(alone.status, 2, "{}", alone.stderr);
}

#[test]
fn completions_and_manual_pages_are_made() {
    let work = Work::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = work.run(&["completions", shell]);
        assert!(ran.status == 0 && ran.stdout.contains("rolecall") && ran.stdout.contains("write-baseline"), "{shell}");
    }
    let ran = work.run(&["man"]);
    assert!(ran.stdout.contains(".TH rolecall 1") && ran.stdout.contains("rolecall\\-check(1)"), "{}", ran.stdout);
    assert!(ran.stdout.contains("[\\fB\\-V\\fR|\\fB\\-\\-version\\fR]"), "nothing of it is required: {}", ran.stdout);
    assert_eq!(work.run(&["man", "--all", "pages"]).status, 0);
    for (command, name) in [(None, "rolecall.1"), (Some("check"), "rolecall-check.1")] {
        let page = fs::read_to_string(work.path(&format!("pages/{name}"))).unwrap();
        let arguments: Vec<&str> = ["man"].into_iter().chain(command).collect();
        assert!(work.run(&arguments).stdout == page, "{name}");
    }
    let unknown = work.run(&["man", "chekc"]);
    let names = "check, completions, eval, explain, init, man, rules";
    let said = format!("error: 'chekc' is no command; there are {names}\n");
    assert_eq!((unknown.status, unknown.stdout.as_str(), unknown.stderr), (2, "", said));
    let page = std::fs::read_to_string(work.path("pages/rolecall-check.1")).unwrap();
    assert!(page.contains("fail\\-on"), "{page}");
}

/// What the packages carry beside the program; `UPDATE_SNAPSHOTS=1` writes it anew.
#[test]
fn packages_carry_the_pages_and_completions_of_this_program() {
    let share = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/python/data/data/share");
    let work = Work::new(&[]);
    assert_eq!(work.run(&["man", "--all", "man/man1"]).status, 0);
    for (shell, path) in [
        ("bash", "bash-completion/completions/rolecall"),
        ("zsh", "zsh/site-functions/_rolecall"),
        ("fish", "fish/vendor_completions.d/rolecall.fish"),
    ] {
        work.write(path, work.run(&["completions", shell]).stdout);
    }
    let mut made: Vec<PathBuf> = vec![work.path("bash-completion/completions/rolecall")];
    made.extend(
        ["zsh/site-functions/_rolecall", "fish/vendor_completions.d/rolecall.fish"].map(|path| work.path(path)),
    );
    made.extend(fs::read_dir(work.path("man/man1")).unwrap().map(|entry| entry.unwrap().path()));
    for path in made {
        let shipped = share.join(path.strip_prefix(work.path("")).unwrap());
        let made = fs::read_to_string(&path).unwrap();
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::create_dir_all(shipped.parent().unwrap()).unwrap();
            fs::write(&shipped, &made).unwrap();
        }
        let is_same = fs::read_to_string(&shipped).is_ok_and(|shipped| shipped == made);
        assert!(is_same, "{} is not what the program makes; UPDATE_SNAPSHOTS=1 accepts it", shipped.display());
    }
}
