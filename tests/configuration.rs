//! `rolecall.toml` as users write it: what is read, what counts, which file a finding obeys, and `rolecall init`.

mod work;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use work::{Work, job};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn a_finding_obeys_the_file_nearest_to_its_template() {
    let work = Work::new(&[
        ("rolecall.toml", "[severity]\nSVC001 = 'info'\n"),
        ("a/t.yaml", &job("")),
        ("b/rolecall.toml", "[severity]\nservice-principal-empty = 'warning'\n"),
        ("b/t.yaml", &job("")),
        ("c/rolecall.toml", "[check]\nignore = ['svc']\n"),
        ("c/deep/t.yaml", &job("")),
        ("d/rolecall.toml", ""),
        ("d/t.yaml", &job("")),
    ]);
    let severities = |arguments: &[&str]| {
        let json = work.json(arguments);
        let all = json["findings"].as_array().unwrap().iter();
        all.map(|one| format!("{} {}", work::text(&one["location"]["path"]), work::text(&one["severity"])))
            .collect::<Vec<_>>()
    };
    assert_eq!(severities(&["--min-severity", "info"]), ["a/t.yaml info", "b/t.yaml warning", "d/t.yaml error"]);
    // Files are never merged: the empty one says nothing of severities.
    assert_eq!(severities(&[]), ["b/t.yaml warning", "d/t.yaml error"]);
    // The named one counts for all.
    assert_eq!(severities(&["--config", "c/rolecall.toml"]), [""; 0]);
    // One that the command line names runs all the same.
    assert_eq!(severities(&["--select", "SVC001", "c"]), ["c/deep/t.yaml error"]);
    assert_eq!(severities(&["--select", "SVC", "c"]), [""; 0]);
    assert_eq!(severities(&["--ignore", "SVC001"]), [""; 0]);
}

#[test]
fn fail_on_comes_from_the_file_nearest_to_the_working_directory() {
    let work = Work::new(&[
        ("a/rolecall.toml", "[check]\nfail-on = 'never'\n"),
        ("a/t.yaml", &job("")),
        ("b/rolecall.toml", "[check]\nfail-on = 'warning'\n[severity]\nSVC001 = 'warning'\n"),
        ("b/t.yaml", &job("")),
    ]);
    let status = |folder: &str, arguments: &[&str]| work.run_in(folder, &[&["check"], arguments].concat()).status;
    assert_eq!(status("", &[]), 1, "there is none above");
    assert_eq!(status("a", &[]), 0);
    assert_eq!(status("a", &["../b", "."]), 0);
    assert_eq!(status("a", &["--fail-on", "error"]), 1, "the command line wins");
    assert_eq!(status("b", &[]), 1);
    assert_eq!(status("b", &["--fail-on", "error"]), 0);
    assert_eq!(status("", &["--config", "a/rolecall.toml", "b"]), 0);
}

#[test]
fn what_is_excluded_starts_at_the_folder_of_the_file() {
    let work = Work::new(&[
        ("rolecall.toml", ""),
        ("one/rolecall.toml", "[check]\nexclude = ['/examples', '*.old.yaml', 'cdk.out']\n"),
        ("one/examples/t.yaml", &job("")),
        ("one/t.old.yaml", &job("")),
        ("one/deep/examples/t.yaml", &job("")),
        ("examples/t.yaml", &job("")),
        ("t.old.yaml", &job("")),
        ("one/cdk.out/cdk.out", "{}"),
        (
            "one/cdk.out/manifest.json",
            r#"{"artifacts": {"A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "A.json"}}}}"#,
        ),
        ("one/cdk.out/A.json", "{}"),
    ]);
    let every = ["examples/t.yaml:10 SVC001", "one/deep/examples/t.yaml:10 SVC001", "t.old.yaml:10 SVC001"];
    assert_eq!(work.found(&[]), every);
    assert_eq!(work.json(&[])["summary"]["files"], 3, "the output of cdk is not read");
    assert_eq!(work.json(&["one"])["summary"]["files"], 1);
    assert_eq!(work.json(&["one/cdk.out"])["summary"]["files"], 2, "unless it is named");
    // What is named is read, and a glob of the command line is one more.
    assert_eq!(work.found(&["one/t.old.yaml"]), ["one/t.old.yaml:10 SVC001"]);
    assert_eq!(work.found(&["--exclude", "examples"]), ["t.old.yaml:10 SVC001"]);
    let said = work.check(&["-v"]);
    let told = format!("{}{}", said.stdout, said.stderr);
    assert!(told.contains("one/examples/t.yaml: excluded by one/rolecall.toml"), "{told}");
}

#[test]
fn policies_are_told_as_what_they_are() {
    let policy = r#"{"Version": "2012-10-17", "Statement": []}"#;
    let work = Work::new(&[
        ("rolecall.toml", "[check]\npolicies = ['policies/*.json']\n"),
        ("policies/a.json", policy),
        ("other/b.json", policy),
    ]);
    let said = work.check(&[]).stderr;
    assert!(said.contains("policies/a.json was not checked") && !said.contains("other/b.json"), "{said}");
}

#[test]
fn each_mistake_has_its_place_and_what_may_be_meant() {
    let text = "[check]
exlude = []
fail-on = 'critical'
ignore = ['CGT01', 7]
exclude = ['[']
[severity]
MAP01 = 'error'
MAP001 = 'high'
[[suppress]]
rule = 'CGT0003'
reson = ''
[[suppress]]
path = 'a'
expires = '2027-03-31'
[[suppress]]
rule = 'CGT003'
expires = 2027-03-31T10:00:00Z
";
    let work = Work::new(&[("rolecall.toml", text), ("t.yaml", &job(""))]);
    let said = work.refusal(&[]);
    let wanted = [
        "error: rolecall.toml:2:1: no key of [check] is called 'exlude'; did you mean exclude?",
        "error: rolecall.toml:3:11: 'fail-on' takes error, warning, info or never, not 'critical'",
        "error: rolecall.toml:4:11: no rule or group is called 'CGT01'; did you mean CGT001?",
        "error: rolecall.toml:4:20: 'ignore' takes rules as texts, not a number",
        "error: rolecall.toml:7:1: no rule is called 'MAP01'; did you mean MAP001?",
        "error: rolecall.toml:8:10: 'MAP001' takes error, warning or info, not 'high'",
        "error: rolecall.toml:10:8: no rule is called 'CGT0003'; did you mean CGT003?",
        "error: rolecall.toml:11:1: no key of [suppress] is called 'reson'; did you mean reason?",
        "error: rolecall.toml:12:1: this [[suppress]] names no rule",
        "error: rolecall.toml:14:11: 'expires' takes a day without quotes, such as 2027-03-31, not '2027-03-31'",
        "error: rolecall.toml:17:11: 'expires' takes a day without quotes, such as 2027-03-31, not a date",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), wanted);
    work.write("rolecall.toml", "[[suppress]]\nrule = 'CGT003'\nexpires = 2027-02-29\n");
    assert!(work.refusal(&[]).starts_with("error: rolecall.toml:3:"), "{}", work.refusal(&[]));
    work.write("rolecall.toml", "[check]\nexclude = ['a', '{b']\n");
    assert!(work.refusal(&[]).starts_with("error: rolecall.toml:2:17: "), "{}", work.refusal(&[]));
    work.write("rolecall.toml", "[suppress]\nrule = 'CGT003'\n");
    assert!(work.refusal(&[]).contains(":1:1: 'suppress' is a list of tables"), "{}", work.refusal(&[]));
    work.write("rolecall.toml", "[guard]\nrules = []\n");
    assert!(work.refusal(&[]).contains(":1:2: 'guard' is not supported by rolecall "), "{}", work.refusal(&[]));
}

#[test]
fn a_configuration_that_nothing_obeys_is_not_looked_at() {
    let work =
        Work::new(&[("t.yaml", &job("")), ("other/rolecall.toml", "zebra = 1\n"), ("other/values.yaml", "a: 1\n")]);
    assert_eq!(work.found(&[]), ["t.yaml:10 SVC001"]);
    work.write("other/t.yaml", &job(""));
    assert!(work.refusal(&[]).contains("other/rolecall.toml:1:1: no section is called 'zebra'"));
}

#[test]
fn init_writes_a_file_that_says_nothing_yet_and_never_writes_over_one() {
    let work = Work::new(&[("t.yaml", &job(""))]);
    let before = work.found(&[]);
    let ran = work.run_in("", &["init"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with("# rolecall.toml is written"), "{}", ran.stdout);
    assert!(ran.stdout.contains("- id: rolecall\n") && ran.stdout.contains("uses: OWNER/rolecall@"), "{}", ran.stdout);
    assert_eq!(work.found(&[]), before);
    let written = work.read("rolecall.toml");
    for key in [
        "exclude",
        "policies",
        "fail-on",
        "ignore",
        "accounts",
        "require-boundary",
        "source-root",
        "logical-id",
        "expires",
    ] {
        assert!(written.contains(&format!("\n#{key} = ")), "{key}");
    }
    work.write("rolecall.toml", "[check]\n");
    let again = work.run_in("", &["init"]);
    assert_eq!((again.status, again.stdout.as_str()), (2, ""));
    assert!(again.stderr.starts_with("error: rolecall.toml is there already"), "{}", again.stderr);
    assert_eq!(work.read("rolecall.toml"), "[check]\n");
    assert!(!ran.stderr.contains("no longer counts"), "{}", ran.stderr);
    fs::create_dir_all(work.path("app/deep")).unwrap();
    let said = "note: ../../rolecall.toml no longer counts for templates below this folder: two are never merged\n";
    assert_eq!(work.run_in("app/deep", &["init"]).stderr, said);
    assert_eq!(work.run_in("..", &["init", "--zebra"]).status, 2);
}

#[test]
fn what_init_prints_is_what_the_readme_shows() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let printed = Work::new(&[]).run_in("", &["init"]).stdout;
    let (_, printed) = printed.split_once("\n\n").unwrap();
    let (hook, workflow) = printed.split_once("\n\n# .github").unwrap();
    assert!(readme.contains(&format!("```yaml\n{hook}\n```")), "{hook}");
    assert!(readme.contains(&format!("```yaml\n# .github{workflow}```")), "{workflow}");
}

#[test]
fn the_schema_for_editors_is_generated() {
    let path = Path::new(ROOT).join("data/rolecall-toml.schema.json");
    let now = format!("{:#}\n", rolecall::settings::schema());
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &now).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), now, "UPDATE_SNAPSHOTS=1 cargo test --test configuration");
    let validator = jsonschema::validator_for(&rolecall::settings::schema()).unwrap();
    let valid = |value: Value| validator.is_valid(&value);
    assert!(valid(json!({})));
    assert!(valid(
        json!({ "check": { "fail-on": "never", "ignore": ["CGT", "cognito-amr-missing"], "exclude": ["a"] } })
    ));
    assert!(valid(json!({ "severity": { "MAP001": "error" }, "parameters": { "A": [1, "b"], "AWS::Region": "x" } })));
    assert!(valid(json!({ "suppress": [{ "rule": "XAC006", "path": "a", "expires": "2027-03-31" }] })));
    assert!(valid(json!({ "trust": { "require-boundary": true, "third-parties": { "111122223333": "x" } } })));
    for wrong in [
        json!({ "zebra": 1 }),
        json!({ "check": { "exlude": [] } }),
        json!({ "check": { "ignore": ["CGT01"] } }),
        json!({ "suppress": [{ "path": "a" }] }),
        json!({ "severity": { "MAP001": "high" } }),
        json!({ "trust": { "accounts": ["12"] } }),
    ] {
        assert!(!valid(wrong.clone()), "{wrong}");
    }
}

#[test]
fn a_named_folder_is_read_though_a_glob_leaves_out_the_whole_of_it() {
    let work = Work::new(&[
        ("rolecall.toml", "[check]\nexclude = ['iam/**', '*.old.yaml']\n"),
        ("iam/t.yaml", &job("")),
        ("iam/deep/t.yaml", &job("")),
        ("iam/t.old.yaml", &job("")),
        ("t.yaml", &job("")),
    ]);
    let inside = ["iam/deep/t.yaml:10 SVC001", "iam/t.yaml:10 SVC001"];
    assert_eq!(work.found(&[]), ["t.yaml:10 SVC001"]);
    assert_eq!(work.found(&["iam"]), inside);
    assert_eq!(work.found(&["iam/deep"]), inside[..1]);
    assert_eq!(work.found(&[".", "iam"]), [&inside[..], &["t.yaml:10 SVC001"]].concat());
    // What is all but something is no folder that was named.
    work.write("rolecall.toml", "[check]\nexclude = ['*', '!iam', '!iam/t.yaml']\n");
    assert_eq!(work.found(&["."]), ["iam/t.yaml:10 SVC001"]);
}

#[test]
fn which_file_holds_where_is_said_on_request() {
    let work = Work::new(&[
        ("rolecall.toml", "[check]\nexclude = ['**/examples']\n"),
        ("t.yaml", &job("")),
        ("iam/rolecall.toml", ""),
        ("iam/examples/t.yaml", &job("")),
    ]);
    let said = work.check(&["-v"]).stdout;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("rolecall.toml holds for what is below ., but for folders with their own"), "{said}");
    assert!(said.contains("iam/rolecall.toml holds for what is below iam"), "{said}");
}

#[test]
fn a_key_without_effect_is_told() {
    let text = "[trust]\norganizations = ['o-exampleorgid']\nrequire-boundary = true\naccounts = ['111122223333']\n";
    let work = Work::new(&[("rolecall.toml", text), ("t.yaml", &job(""))]);
    let said = work::notes(&work.json(&[]), "bound");
    let no_effect = |key: &str| format!("rolecall.toml: '{key}' of [trust] has no effect in this version");
    assert_eq!(said, [no_effect("require-boundary")]);
}

#[test]
fn an_organization_of_others_makes_nobody_yours() {
    let template = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
                    Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Principal: {AWS: \
                    'arn:aws:iam::999988887777:root'}\n            Action: sts:AssumeRole\n            Condition: \
                    {StringEquals: {aws:PrincipalOrgID: o-exampleorgid}}\n";
    let work = Work::new(&[("t.yaml", template)]);
    let found = |toml: &str| {
        work.write("rolecall.toml", toml);
        work.found(&["--account", "210987654321", "--select", "XAC006"])
    };
    assert_eq!(found(""), [""; 0]);
    assert_eq!(found("[trust]\norganizations = ['o-exampleorgid', 'o-other00000']\n"), [""; 0]);
    assert_eq!(found("[trust]\norganizations = ['o-other00000']\n"), ["t.yaml:9 XAC006"]);
    assert_eq!(found("[trust]\norganizations = ['o-other00000']\naccounts = ['999988887777']\n"), [""; 0]);
    // The paths in an organization begin with its id.
    let (id, path) = ("{StringEquals: {aws:PrincipalOrgID: o-exampleorgid}}", "aws:PrincipalOrgPaths: 'o-exampleorgid");
    for test in [
        format!("{{'ForAnyValue:StringLike': {{{path}/r-ab12/ou-*'}}}}"),
        format!("{{'ForAnyValue:StringEquals': {{{path}/r-ab12/ou-ab12-11111111/'}}}}"),
    ] {
        work.write("t.yaml", &template.replace(id, &test));
        assert_eq!(found("[trust]\norganizations = ['o-exampleorgid']\n"), [""; 0], "{test}");
        assert_eq!(found("[trust]\norganizations = ['o-other00000']\n"), ["t.yaml:9 XAC006"], "{test}");
        assert_eq!(found(""), [""; 0], "{test}");
    }
}
