//! Findings that somebody hides, in every way that there is, and what is said of the hiding.

mod work;

use serde_json::Value;
use work::{Work, job, job_with, text};

const COMMENT: &str = "              # rolecall: ignore[SVC001] until 2199-12-31 named with the next release\n";

/// The output of an app with one stack, its metadata, and the file of these if they have one.
fn app(folder: &str, metadata: &str, side: Option<&str>) -> Vec<(String, String)> {
    let file = side.map(|_| ", \"additionalMetadataFile\": \"A.metadata.json\"").unwrap_or_default();
    let manifest = format!(
        r#"{{"version": "48.0.0", "artifacts": {{"A": {{"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
            "properties": {{"templateFile": "A.template.json"}}, "displayName": "A", "metadata": {metadata}{file}}}}}}}"#
    );
    let role = |id: &str, path: &str| {
        format!(
            r#""{id}": {{"Type": "AWS::IAM::Role", "Metadata": {{"aws:cdk:path": "{path}"}}, "Properties": {{"AssumeRolePolicyDocument":
            {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"Service": ""}}}}]}}}}}}"#
        )
    };
    let template = format!(
        "{{\"Resources\": {{{},\n{},\n{}}}}}",
        role("One", "A/Jobs/One/Resource"),
        role("Two", "A/Jobs/Two/Resource"),
        role("Three", "A/JobsToo/Three/Resource")
    );
    let mut files = vec![
        (format!("{folder}/cdk.out"), "{\"version\": \"48.0.0\"}".to_owned()),
        (format!("{folder}/manifest.json"), manifest),
        (format!("{folder}/A.template.json"), template),
    ];
    files.extend(side.map(|side| (format!("{folder}/A.metadata.json"), side.to_owned())));
    files
}

fn work_with(files: &[(String, String)]) -> Work {
    Work::new(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
}

/// The logical ids of findings, shown or hidden.
fn ids(json: &Value, hidden: bool) -> Vec<String> {
    let all = json["findings"].as_array().unwrap().iter().filter(|one| one["suppressed"].is_null() != hidden);
    all.filter(|one| one["rule"] == "SVC001").map(|one| text(&one["logicalId"]).to_owned()).collect()
}

#[test]
fn a_comment_on_the_line_or_above_it() {
    let work = Work::new(&[("t.yaml", &job(COMMENT))]);
    assert_eq!((work.found(&[]), work.hidden(&[])), (vec![], vec!["t.yaml:11 SVC001 comment".to_owned()]));
    assert_eq!(work.check(&[]).status, 0);
    work.write("t.yaml", &job("").replace("''", "'' # rolecall: ignore[service-principal-empty] the same by its name"));
    assert_eq!(work.hidden(&[]), ["t.yaml:10 SVC001 comment"]);
    // A comment behind something speaks of its own line, not of the one below.
    work.write("t.yaml", &job("").replace("Principal:", "Principal: # rolecall: ignore[SVC001] too early"));
    assert_eq!(work.found(&[]), ["t.yaml:9 SUP004", "t.yaml:10 SVC001"]);
    // Where the wrong rule is named, the one that is shown there is told.
    work.write("t.yaml", &job("").replace("''", "'' # rolecall: ignore[SVC003] the wrong one"));
    assert_eq!(work.found(&[]), ["t.yaml:10 SVC001", "t.yaml:10 SUP004"]);
    let report = work.check(&[]).stdout;
    assert!(
        report.contains("SVC003 finds nothing here") && report.contains("what is shown here is SVC001"),
        "{report}"
    );
    work.write("t.yaml", &job("").replace("''", "'x' # rolecall: ignore[service-principal-empty] mended"));
    let report = work.check(&["--select", "SVC001,SUP"]).stdout;
    assert!(report.contains("SVC001 finds nothing here") && !report.contains("what is shown here"), "{report}");
    // A text is no comment.
    work.write("t.yaml", &job("").replace("Resources:", "Description: '# rolecall: ignore[SVC001] x'\nResources:"));
    assert_eq!(work.found(&[]), ["t.yaml:11 SVC001"]);
}

#[test]
fn metadata_of_a_resource_or_a_template() {
    let entry = "{rolecall: {ignore: [{id: SVC001, reason: later, owner: platform, expires: 2199-12-31}]}}";
    let work = Work::new(&[("t.yaml", &job_with(entry))]);
    assert_eq!((work.found(&[]), work.hidden(&[])), (vec![], vec!["t.yaml:11 SVC001 metadata".to_owned()]));
    let told = &work.json(&[])["findings"][0]["suppressed"];
    assert_eq!([&told["reason"], &told["owner"], &told["expires"]].map(text), ["later", "platform", "2199-12-31"]);
    assert_eq!(told["location"]["start"]["line"], 4);
    // That of another resource hides nothing of this one.
    let other = "  Other:\n    Type: AWS::S3::Bucket\n    Metadata: ".to_owned() + entry + "\n";
    work.write("t.yaml", &job("").replace("Resources:\n", &format!("Resources:\n{other}")));
    assert_eq!(work.found(&[]), ["t.yaml:4 SUP004", "t.yaml:13 SVC001"]);
    work.write("t.yaml", &format!("Metadata: {entry}\n{}", job("")));
    assert_eq!((work.found(&[]), work.hidden(&[])), (vec![], vec!["t.yaml:11 SVC001 metadata".to_owned()]));
    // In JSON the same.
    let json = r#"{"Metadata": {"rolecall": {"ignore": [{"id": "SVC001", "reason": "later"}]}}, "Resources": {"R": {"Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ""}}]}}}}}"#;
    work.write("t.yaml", "{}");
    work.write("t.json", json);
    assert_eq!((work.found(&[]), work.hidden(&[])), (vec![], vec!["t.json:2 SVC001 metadata".to_owned()]));
}

#[test]
fn what_a_role_that_sam_makes_is_made_from() {
    let function = "Transform: AWS::Serverless-2016-10-31
Resources:
  Job:
    Type: AWS::Serverless::Function
    Metadata: {rolecall: {ignore: [{id: SVC001, reason: later}]}}
    Properties:
      Runtime: nodejs22.x
      Handler: i.h
      InlineCode: x
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: ''}}]
";
    let work = Work::new(&[("t.yaml", function)]);
    assert_eq!((work.found(&[]), work.hidden(&[])), (vec![], vec!["t.yaml:12 SVC001 metadata".to_owned()]));
}

#[test]
fn a_template_hides_nothing_of_another_one() {
    let all = "Metadata: {rolecall: {ignore: [{id: SVC001, reason: x}, {id: CGT001, reason: x}]}}\n";
    let hostile = format!(
        "{all}Resources:\n  Job:\n    Type: AWS::S3::Bucket\n    {}",
        all.replace('\n', "\n    # rolecall: ignore[SVC001] x\n")
    );
    let work = Work::new(&[("a.yaml", &hostile), ("b.yaml", &job("")), ("c/t.yaml", &job(""))]);
    let found = work.found(&["--ignore", "SUP"]);
    assert_eq!(found, ["b.yaml:10 SVC001", "c/t.yaml:10 SVC001"]);
}

#[test]
fn constructs_of_an_app_hide_what_is_below_them() {
    let said = r#"{"/A/Jobs": [{"type": "rolecall", "data": {"ignore": [{"id": "SVC001", "reason": "later"}]}}]}"#;
    let work = work_with(&[app("cdk.out", said, None), app("other", "{}", None)].concat());
    let json = work.json(&[]);
    assert_eq!(ids(&json, true), ["One", "Two"], "below the construct");
    assert_eq!(ids(&json, false), ["Three", "One", "Two", "Three"], "beside it, and in another app");
    let told =
        &json["findings"].as_array().unwrap().iter().find(|one| one["logicalId"] == "One").unwrap()["suppressed"];
    assert_eq!((text(&told["by"]), text(&told["location"]["path"])), ("construct", "cdk.out/manifest.json"));
    // Newer versions of CDK write metadata into a file of their own.
    let work = work_with(&app("cdk.out", "{}", Some(said)));
    let json = work.json(&[]);
    assert_eq!(
        (ids(&json, true), ids(&json, false)),
        (vec!["One".to_owned(), "Two".to_owned()], vec!["Three".to_owned()])
    );
    let told =
        &json["findings"].as_array().unwrap().iter().find(|one| one["logicalId"] == "One").unwrap()["suppressed"];
    assert_eq!(text(&told["location"]["path"]), "cdk.out/A.metadata.json");
    // The whole stack, one construct, and a construct with nothing to hide.
    for (path, hidden) in
        [("/A", 3), ("/A/Jobs/One", 1), ("/A/Jobs/One/Resource", 1), ("/A/Job", 0), ("/", 0), ("A", 0)]
    {
        let work = work_with(&app("cdk.out", &said.replace("/A/Jobs", path), None));
        assert_eq!(ids(&work.json(&[]), true).len(), hidden, "{path}");
    }
}

#[test]
fn a_configuration_hides_what_it_names() {
    let work = Work::new(&[
        ("infra/a.yaml", &job("")),
        ("infra/b.yaml", &job("")),
        ("deep/infra/a.yaml", &job("")),
        ("own/rolecall.toml", "[[suppress]]\nrule = 'SVC001'\npath = 'other.yaml'\nreason = 'x'\n"),
        ("own/t.yaml", &job("")),
    ]);
    let with = |entry: &str| {
        work.write("rolecall.toml", &format!("[[suppress]]\nrule = 'SVC001'\nreason = 'later'\n{entry}"));
        work.hidden(&[]).iter().map(|one| one.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(with(""), ["deep/infra/a.yaml", "infra/a.yaml", "infra/b.yaml"]);
    assert_eq!(with("path = 'infra/a.yaml'"), ["infra/a.yaml"]);
    assert_eq!(with("path = './infra'"), ["infra/a.yaml", "infra/b.yaml"]);
    assert_eq!(with("path = '**/a.yaml'"), ["deep/infra/a.yaml", "infra/a.yaml"]);
    assert_eq!(with("path = 'a.yaml'"), [""; 0], "a path starts at the folder of the file");
    assert_eq!(with("logical-id = 'Job'").len(), 3);
    assert_eq!(with("logical-id = 'Other'"), [""; 0]);
    assert_eq!(with("path = 'own/t.yaml'"), [""; 0], "that one obeys another file");
    // What matches nothing is no mistake: a run may see a part of the repository.
    assert!(work.found(&[]).iter().all(|one| one.ends_with("SVC001")));
    work.write("rolecall.toml", "[[suppress]]\nrule = 'SVC001'\npath = 'infra/a.yaml'\nexpires = 2020-01-01\n");
    let found = work.found(&[]);
    assert!(
        found.contains(&"rolecall.toml:4 SUP003".to_owned()) && found.contains(&"rolecall.toml:2 SUP001".to_owned())
    );
    assert!(found.contains(&"infra/a.yaml:10 SVC001".to_owned()), "{found:?}");
}

#[test]
fn a_condition_narrows_it_to_branches() {
    let template = "Parameters: {Stage: {Type: String, AllowedValues: [dev, prod]}}
Conditions: {IsDev: !Equals [!Ref Stage, dev]}
"
    .to_owned()
        + &job("").replace("Service: ''", "Service: !If [IsDev, '', lambda.amazonaws.com]");
    let work = Work::new(&[("t.yaml", &template)]);
    assert_eq!(work.json(&[])["findings"][0]["assignment"]["IsDev"], true);
    let entry = |condition: &str| format!("[[suppress]]\nrule = 'SVC001'\nreason = 'x'\ncondition = '{condition}'\n");
    work.write("rolecall.toml", &entry("IsDev"));
    assert_eq!(work.found(&[]), [""; 0]);
    // What follows from the branch counts too, whatever the report names; what may be false does not.
    let more = "  IsTest: !Or [!Condition IsDev, !Equals [!Ref Stage, test]]
  IsReal: !And [!Condition IsDev, !Equals [!Ref 'AWS::Region', eu-west-1]]
  IsProd: !Not [!Condition IsDev]
";
    let head = "Conditions:\n  IsDev: !Equals [!Ref Stage, dev]\n".to_owned() + more;
    work.write("t.yaml", &template.replace("Conditions: {IsDev: !Equals [!Ref Stage, dev]}\n", &head));
    for (condition, count) in [("IsDev", 0), ("IsTest", 0), ("IsReal", 1), ("IsProd", 1)] {
        work.write("rolecall.toml", &entry(condition));
        assert_eq!(work.found(&[]).len(), count, "{condition}");
    }
    work.write("t.yaml", &template);
    for other in ["IsProd", "isdev"] {
        work.write("rolecall.toml", &entry(other));
        assert_eq!(work.found(&[]).len(), 1, "{other}");
    }
    work.write("rolecall.toml", &entry("IsDev"));
    work.write("t.yaml", &template.replace("'', lambda.amazonaws.com", "lambda.amazonaws.com, ''"));
    assert_eq!(work.found(&[]).len(), 1, "there it is false");
}

#[test]
fn the_line_of_the_app_counts_as_a_path() {
    let work = Work::new(&[]);
    work.copy("testdata/cdk-apps/c-cognito", "app");
    work.copy("testdata/cdk/c-cognito", "app/cdk.out");
    let run = |path: &str| {
        // Paths start at the folder of the file that has them.
        work.write("rolecall.toml", &format!("[[suppress]]\nrule = 'CGT007'\nreason = 'x'\npath = '{path}'\n"));
        let ran = work.check(&["-f", "json", "--select", "CGT007"]);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        json["findings"].as_array().unwrap().iter().filter(|one| !one["suppressed"].is_null()).count()
    };
    assert_eq!(run("app/lib/l1-bad.ts"), 1);
    assert_eq!(run("app/lib/other.ts"), 0);
}

#[test]
fn without_a_reason_it_holds_and_is_told() {
    let work = Work::new(&[("t.yaml", &job("              # rolecall: ignore[SVC001]\n"))]);
    assert_eq!((work.found(&[]), work.hidden(&[]).len()), (vec!["t.yaml:10 SUP001".to_owned()], 1));
    assert_eq!((work.check(&[]).status, work.check(&["--fail-on", "warning"]).status), (0, 1));
    assert_eq!(work.found(&["--ignore", "SUP001"]), [""; 0]);
    work.write("t.yaml", &job_with("{rolecall: {ignore: [{id: SVC001, reason: '  '}, SVC001]}}"));
    assert_eq!(work.found(&[]), ["t.yaml:4 SUP001", "t.yaml:4 SUP001"]);
}

#[test]
fn what_is_no_rule_or_not_understood_hides_nothing_and_is_told() {
    for comment in
        ["ignore[SVC01] x", "ignore[SVC] x", "ignore[*] x", "ignore SVC001 x", "supress[SVC001] x", "ignore[] x"]
    {
        let work = Work::new(&[("t.yaml", &job(&format!("              # rolecall: {comment}\n")))]);
        assert_eq!(work.found(&[]), ["t.yaml:10 SUP002", "t.yaml:11 SVC001"], "{comment}");
    }
    for metadata in [
        "{rolecall: {ignore: SVC001}}",
        "{rolecall: {ignroe: [{id: SVC001, reason: x}]}}",
        "{rolecall: [SVC001]}",
        "{rolecall: {ignore: [{rule: SVC001, reason: x}]}}",
        "{rolecall: {ignore: [{id: SVC001, reason: x, until: 2030-01-01}]}}",
        "{rolecall: {ignore: [{id: [SVC001], reason: x}]}}",
    ] {
        let work = Work::new(&[("t.yaml", &job_with(metadata))]);
        let found = work.found(&[]);
        assert!(found.iter().any(|one| one.ends_with("SVC001")), "{metadata}: {found:?}");
        assert!(found.iter().any(|one| one == "t.yaml:4 SUP002"), "{metadata}: {found:?}");
    }
    let work = Work::new(&[("t.yaml", &job("              # rolecall: ignore[SVC001, ZEBRA] x\n"))]);
    assert_eq!((work.found(&[]), work.hidden(&[]).len()), (vec!["t.yaml:10 SUP002".to_owned()], 1));
}

#[test]
fn what_has_expired_no_longer_holds() {
    for day in ["2020-01-01", "2199-02-30", "1.1.2199"] {
        let work = Work::new(&[("t.yaml", &job(&format!("              # rolecall: ignore[SVC001] until {day} x\n")))]);
        assert_eq!(work.found(&[]), ["t.yaml:10 SUP003", "t.yaml:11 SVC001"], "{day}");
        work.write(
            "t.yaml",
            &job_with(&format!("{{rolecall: {{ignore: [{{id: SVC001, reason: x, expires: '{day}'}}]}}}}")),
        );
        assert_eq!(work.found(&[]), ["t.yaml:4 SUP003", "t.yaml:11 SVC001"], "{day}");
    }
}

#[test]
fn what_no_longer_holds_is_not_said_to_hide() {
    let work = Work::new(&[("t.yaml", &job("              # rolecall: ignore[SVC001] until 2020-01-01\n"))]);
    assert_eq!(work.found(&[]), ["t.yaml:10 SUP001", "t.yaml:10 SUP003", "t.yaml:11 SVC001"]);
    let told = work.check(&[]).stdout;
    assert!(told.contains("nobody said why SVC001 was hidden here"), "{told}");
}

#[test]
fn what_is_said_of_suppressions_only_a_configuration_hides() {
    let work = Work::new(&[("t.yaml", &job("              # rolecall: ignore[SUP001]\n"))]);
    assert_eq!(work.found(&["t.yaml"]), ["t.yaml:10 SUP004", "t.yaml:11 SVC001"]);
    work.write("t.yaml", &job("              # rolecall: ignore[SVC001, SUP001]\n"));
    assert_eq!(work.found(&[]), ["t.yaml:10 SUP001", "t.yaml:10 SUP004"]);
    let told = work.check(&[]).stdout;
    assert!(told.contains("nobody said why SVC001 is hidden here"), "{told}");
    assert!(told.contains("SUP001 cannot be hidden here"), "{told}");
}

#[test]
fn what_hides_nothing_is_told_only_where_that_is_sure() {
    let mended = job(COMMENT).replace("''", "lambda.amazonaws.com");
    let work = Work::new(&[("infra/t.yaml", &mended), ("rolecall.toml", "")]);
    assert_eq!(work.found(&[]), ["infra/t.yaml:10 SUP004"]);
    assert_eq!(work.found(&["infra/t.yaml"]), [""; 0], "the others were not read");
    assert_eq!(work.found(&["infra"]), [""; 0], "nor here, where the project is larger");
    assert_eq!(work.found(&["--ignore", "SVC001"]), [""; 0], "the rule did not run");
    assert_eq!(work.found(&["--select", "CGT,SUP"]), [""; 0]);
    work.write("rolecall.toml", "[check]\nignore = ['SVC001']\n");
    assert_eq!(work.found(&[]), [""; 0]);
    work.write("rolecall.toml", "");
    let nested = mended.clone()
        + "  Nested:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: 'https://s3.amazonaws.com/b/t.yaml'}\n";
    work.write("infra/t.yaml", &nested);
    assert_eq!(work.found(&[]), [""; 0], "a stack is missing");
    work.write(
        "infra/t.yaml",
        &mended.replace("Job:", "Job:\n    DependsOn: X\n    Metadata: {a: !ImportValue nobody-exports-it}"),
    );
    let imports = mended.replace("Action: sts:AssumeRole", "Action: sts:AssumeRole\n            Condition: {StringEquals: {'aws:SourceAccount': !ImportValue nobody-exports-it}}");
    work.write("infra/t.yaml", &imports);
    assert_eq!(work.found(&[]), [""; 0], "a reference leads out");
    // A finding that is not shown by default is one all the same.
    work.write("infra/t.yaml", &job(COMMENT));
    work.write("rolecall.toml", "[severity]\nSVC001 = 'info'\n");
    assert_eq!(work.found(&[]), [""; 0]);
}

#[test]
fn reports_of_people_leave_it_out_and_reports_of_programs_have_it() {
    let work = Work::new(&[("t.yaml", &job(COMMENT))]);
    for format in ["text", "plain", "github"] {
        let said = work.check(&["-f", format]).stdout;
        assert!(!said.contains("SVC001"), "{format}: {said}");
    }
    assert!(work.check(&[]).stdout.contains(" · 1 suppressed · "));
    let sarif: Value = serde_json::from_str(&work.check(&["-f", "sarif"]).stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    let told = &result["suppressions"][0];
    assert_eq!(
        (text(&result["ruleId"]), text(&told["kind"]), text(&told["status"])),
        ("SVC001", "inSource", "accepted")
    );
    assert_eq!(text(&told["justification"]), "named with the next release");
    work.write("t.yaml", &job(""));
    assert_eq!(work.check(&["-q", "--write-baseline", "b.json"]).status, 0);
    let sarif: Value = serde_json::from_str(&work.check(&["-f", "sarif", "--baseline", "b.json"]).stdout).unwrap();
    let told = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!((text(&told["kind"]), text(&told["properties"]["by"])), ("external", "baseline"));
    let sarif: Value = serde_json::from_str(&work.check(&["-f", "sarif"]).stdout).unwrap();
    assert!(sarif["runs"][0]["results"][0].get("suppressions").is_none());
}

#[test]
fn both_reports_stay_valid() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let work = Work::new(&[
        ("a.yaml", &job(COMMENT)),
        ("b.yaml", &job("")),
        ("c.yaml", &job("              # rolecall: ignore[X]\n")),
    ]);
    work.write("rolecall.toml", "[[suppress]]\nrule = 'SVC001'\npath = 'b.yaml'\nowner = 'o'\nexpires = 2199-01-01\n");
    for (format, schema) in [("json", "data/rolecall-1.schema.json"), ("sarif", "testdata/schema/sarif-2.1.0.json")] {
        let schema = std::fs::read_to_string(root.join(schema)).unwrap();
        // One pattern of the official SARIF schema has a bracket too many, which the validator refuses.
        let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let Ok(validator) = jsonschema::validator_for(&schema) else { panic!("{format}") };
        let report: Value = serde_json::from_str(&work.check(&["-f", format]).stdout).unwrap();
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{format}: {errors:?}");
    }
}

#[test]
fn words_of_strangers_reach_no_screen_as_they_are() {
    let reason = "\\e[31m\\n::error::[x](https://example.com)";
    let entry =
        format!("{{rolecall: {{ignore: [{{id: SVC001, reason: \"{reason}\"}}, {{id: \"\\e[31mX\", reason: x}}]}}}}");
    let work = Work::new(&[("t.yaml", &job_with(&entry))]);
    for format in ["text", "plain", "github", "json", "sarif"] {
        let said = work.check(&["-f", format]).stdout;
        assert!(!said.contains('\u{1b}') && !said.contains("\n::error::[x]"), "{format}: {said}");
    }
    let sarif: Value = serde_json::from_str(&work.check(&["-f", "sarif"]).stdout).unwrap();
    let all = sarif["runs"][0]["results"].as_array().unwrap();
    let told = all.iter().find_map(|one| one.get("suppressions")).unwrap();
    assert!(!text(&told[0]["justification"]).contains("]("), "{told}");
}

#[test]
fn very_many_suppressions_are_bounded_and_said() {
    let many = "              # rolecall: ignore[CGT001] x\n".repeat(10_100);
    let work = Work::new(&[("t.yaml", &job(&many))]);
    let json = work.json(&[]);
    assert_eq!(work::notes(&json, "bound"), ["t.yaml: only its first 10000 suppressions are read"]);
    assert_eq!(ids(&json, false).len(), 1);
}

#[test]
fn what_stands_behind_until_is_a_day_or_hides_nothing() {
    let after = |reason: &str| {
        let work = Work::new(&[("t.yaml", &job(&format!("              # rolecall: ignore[SVC001] {reason}\n")))]);
        (work.found(&[]).iter().map(|one| one.split(' ').next_back().unwrap().to_owned()).collect::<Vec<_>>(), work)
    };
    for reason in ["until: 2199-03-31 x", "until=2199-03-31 x", "Until 2199-03-31 x", "- UNTIL : 2199-03-31, x"] {
        assert_eq!(after(reason).0, [""; 0], "{reason}");
    }
    for reason in ["until: 2025-01-01 x", "Until 2025-01-01 x", "until March x", "until the vendor has moved"] {
        let mut found = after(reason).0;
        found.sort();
        assert_eq!(found, ["SUP003", "SVC001"], "{reason}");
    }
    let (_, work) = after("until March x");
    let said = work.check(&[]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("March is no day") && said.contains("as YEAR-MONTH-DAY: 2027-03-31"), "{said}");
}
