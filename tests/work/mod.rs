//! A folder in which the program runs as users run it.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Work(pub(crate) TempDir);

pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Work {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let work = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(path, text)| work.write(path, text));
        work
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Copies a folder of the project.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(from), &self.path(to));
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Runs a command in a folder of it.
    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        let output = command.args(arguments).current_dir(self.path(folder)).stdin(Stdio::null()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    pub(crate) fn check(&self, arguments: &[&str]) -> Ran {
        self.run_in("", &[&["check"], arguments].concat())
    }

    /// The JSON report; the run does its job without a word.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.check(&[&["-f", "json"], arguments].concat());
        assert!(ran.status != 2 && ran.stderr.is_empty(), "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// `path:line RULE` of each finding that is shown.
    pub(crate) fn found(&self, arguments: &[&str]) -> Vec<String> {
        all(&self.json(arguments)).filter(|finding| finding["suppressed"].is_null()).map(name).collect()
    }

    /// `path:line RULE by` of each finding that is not.
    pub(crate) fn hidden(&self, arguments: &[&str]) -> Vec<String> {
        let json = self.json(arguments);
        let hidden = all(&json).filter(|finding| !finding["suppressed"].is_null());
        hidden.map(|finding| format!("{} {}", name(finding), text(&finding["suppressed"]["by"]))).collect()
    }

    /// What the program says where it cannot do its job.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> String {
        let ran = self.check(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        ran.stderr
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn all(json: &Value) -> impl Iterator<Item = &Value> {
    json["findings"].as_array().unwrap().iter()
}

fn name(finding: &Value) -> String {
    let at = &finding["location"];
    format!("{}:{} {}", text(&at["path"]), at["start"]["line"], text(&finding["rule"]))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The notes of a kind.
pub(crate) fn notes(json: &Value, kind: &str) -> Vec<String> {
    let of_kind = json["notes"].as_array().unwrap().iter().filter(|note| note["kind"] == kind);
    of_kind.map(|note| text(&note["message"]).to_owned()).collect()
}

/// A role whose principal is empty (SVC001), with what is put in before the principal's line.
pub(crate) fn job(before: &str) -> String {
    format!(
        "Resources:
  Job:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
{before}              Service: ''
            Action: sts:AssumeRole
"
    )
}

/// The same with `Metadata` of the resource.
pub(crate) fn job_with(metadata: &str) -> String {
    job("").replace("    Properties:\n", &format!("    Metadata: {metadata}\n    Properties:\n"))
}
