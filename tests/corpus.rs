//! Real templates from public repositories, read where they lie beside the project; passes, saying so,
//! where they are absent. Well-kept templates stay quiet; their versions before a fix do not.

#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

fn corpus() -> Option<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        eprintln!("skipped: there is no corpus beside the project");
        return None;
    }
    Some(corpus)
}

fn check(corpus: &Path, paths: &[PathBuf]) -> Json {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.current_dir(corpus).args(["check", "-f", "json"]).args(paths);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

fn name(finding: &Json) -> String {
    let path = finding["location"]["path"].as_str().unwrap();
    let file = path.rsplit('/').next().unwrap();
    format!("{} {} {file}", finding["rule"].as_str().unwrap(), finding["logicalId"].as_str().unwrap_or("-"))
}

#[test]
fn well_kept_templates_stay_quiet() {
    let Some(corpus) = corpus() else { return };
    let report = check(&corpus, &["templates".into(), "cdkout".into()]);
    let findings = report["findings"].as_array().unwrap();
    let loud: Vec<String> =
        findings.iter().filter(|finding| !finding["rule"].as_str().unwrap().starts_with("INP")).map(name).collect();
    assert!(loud.is_empty(), "{loud:#?}");
    assert!(report["summary"]["templates"].as_u64().unwrap() > 300);
    assert!(report["summary"]["roles"].as_u64().unwrap() > 400);
    // What cannot be read is said at its place; each of these is broken for other readers too.
    let unread: BTreeSet<String> = findings
        .iter()
        .filter(|finding| finding["rule"] == "INP001")
        .map(|finding| {
            let location = &finding["location"];
            let path = location["path"].as_str().unwrap();
            format!("{}:{}", path.rsplit('/').next().unwrap(), location["start"]["line"])
        })
        .collect();
    let expected = [
        "generic_resources_with_mixed_cross_account_policy_and_no_policy.json:8",
        "template.yaml:3",
        "template.yaml:34",
        "valid_standalone_ingress_with_literal_group_id.yml:4",
    ];
    assert_eq!(unread, expected.map(str::to_owned).into());
}

#[test]
fn what_was_fixed_later_was_wrong_before() {
    let Some(corpus) = corpus() else { return };
    let mut histories = Vec::new();
    for repository in std::fs::read_dir(corpus.join("templates")).unwrap() {
        let history = repository.unwrap().path().join(".history");
        if history.is_dir() {
            histories.push(history.strip_prefix(&corpus).unwrap().to_owned());
        }
    }
    let report = check(&corpus, &histories);
    let findings = report["findings"].as_array().unwrap();
    let found: BTreeSet<String> =
        findings.iter().filter(|finding| !finding["rule"].as_str().unwrap().starts_with("INP")).map(name).collect();
    // Amplify before its fixes: no test on the pool (CVE-2024-28056), and an action that no token can use.
    let root = ["AuthRole", "UnauthRole"].map(|role| format!("CGT001 {role} rootStackTemplate.json"));
    let nested = [
        "amplifytestAppIdtestBranchNameauth8722F3FC.nested.template.json",
        "amplifytestAppIdtestBranchNamebranchauth8D815D2B.nested.template.json",
    ];
    let roles = ["amplifyAuthauthenticatedUserRoleD8DA3689", "amplifyAuthunauthenticatedUserRole2B524D9E"];
    let nested = nested.iter().flat_map(|file| roles.iter().map(move |role| format!("MAP014 {role} {file}")));
    assert_eq!(found, root.into_iter().chain(nested).collect());
}
