//! The JSON report on files of a test, as a user's program would read it.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The report on a folder with these files; `arguments` come last.
pub(crate) fn check(files: &[(&str, &str)], arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, files);
    check_folder(&folder, arguments)
}

pub(crate) fn write(folder: &TempDir, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The report on what lies in a folder, with everything that any rule says.
pub(crate) fn check_folder(folder: &TempDir, arguments: &[&str]) -> Value {
    let fixed = ["check", "-f", "json", "-v", "--show-possible", "--min-severity", "info"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    let output = command.args(fixed).args(arguments).current_dir(folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// `RULE status path:line LogicalId` of each finding.
pub(crate) fn findings(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let of_one = |finding: &Value| {
        let location = &finding["location"];
        let parts = [&finding["rule"], &finding["status"], &location["path"]].map(text);
        format!("{}:{} {}", parts.join(" "), location["start"]["line"], text(&finding["logicalId"]))
    };
    report["findings"].as_array().unwrap().iter().map(of_one).collect()
}

/// The findings that are shown to somebody who did not ask for more.
pub(crate) fn alarms(report: &Value) -> Vec<String> {
    let findings = findings(report).into_iter().zip(report["findings"].as_array().unwrap());
    let shown = findings.filter(|(_, finding)| finding["status"] == "definite" && finding["severity"] != "info");
    shown.map(|(text, _)| text).collect()
}

/// The notes of a kind.
pub(crate) fn notes(report: &Value, kind: &str) -> Vec<String> {
    let of_kind = report["notes"].as_array().unwrap().iter().filter(|note| note["kind"] == kind);
    of_kind.map(|note| note["message"].as_str().unwrap().to_owned()).collect()
}

/// How many there are of something that the summary counts.
pub(crate) fn count(report: &Value, what: &str) -> u64 {
    report["summary"][what].as_u64().unwrap()
}
