//! What users said before: parameters, environment and configuration, with the program as users run it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A template in which a role asks for no pool where a condition is true.
fn template(parameters: &str, condition: &str) -> String {
    format!(
        "Parameters:
  Unused: {{Type: String, Default: x}}
{parameters}
Conditions: {{IsOpen: {condition}}}
Resources:
  Pool: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowUnauthenticatedIdentities: false}}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {{Federated: cognito-identity.amazonaws.com}}
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              StringEquals:
                Fn::If:
                  - IsOpen
                  - !Ref AWS::NoValue
                  - cognito-identity.amazonaws.com:aud: !Ref Pool
              ForAnyValue:StringLike:
                cognito-identity.amazonaws.com:amr: authenticated
"
    )
}

/// The same, where the stage `dev` leaves the role open.
fn staged() -> String {
    template("  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}", "!Equals [!Ref Stage, dev]")
}

/// A role of which the parameter `Provider` says who may become it, and nothing else is asked; its default is no
/// provider (OID009), which is not what these tests are about.
const BY_DEFAULT: &str = "
Parameters: {Provider: {Type: String, Default: sts.amazonaws.com}}
Resources:
  Pool: {Type: 'AWS::Cognito::IdentityPool', Properties: {AllowUnauthenticatedIdentities: false}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Federated: !Ref Provider}
            Action: sts:AssumeRoleWithWebIdentity
            Condition: {'ForAnyValue:StringLike': {'cognito-identity.amazonaws.com:amr': authenticated}}
";

struct Work(TempDir);

struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Work {
    fn new(files: &[(&str, &str)]) -> Self {
        let work = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            let path = work.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        work
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        let output = command.arg("check").args(arguments).current_dir(self.0.path()).stdin(Stdio::null()).output();
        let output = output.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// `path RULE` of each finding; the run does its job without a word.
    fn found(&self, arguments: &[&str]) -> Vec<String> {
        let json = self.json(arguments);
        let findings = json["findings"].as_array().unwrap().iter();
        findings.map(|one| format!("{} {}", text(&one["location"]["path"]), text(&one["rule"]))).collect()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[&["-f", "json"], arguments].concat());
        assert!(ran.status != 2 && ran.stderr.is_empty(), "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// The path of each finding, and the branch that it is in.
    fn branches(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let json = self.json(arguments);
        let findings = json["findings"].as_array().unwrap().iter();
        findings.map(|one| (text(&one["location"]["path"]).to_owned(), one["assignment"].to_string())).collect()
    }

    /// What the program says where it cannot do its job.
    fn refusal(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        ran.stderr
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn messages(json: &Value, kind: &str) -> Vec<String> {
    let notes = json["notes"].as_array().unwrap().iter().filter(|note| note["kind"] == kind);
    notes.map(|note| text(&note["message"]).to_owned()).collect()
}

// Parameters

#[test]
fn parameters_in_every_form() {
    let forms = [
        ("map.json", r#"{"Stage": "prod"}"#),
        ("list.json", r#"[{"ParameterKey": "Stage", "ParameterValue": "prod"}]"#),
        ("pipeline.json", r#"{"Parameters": {"Stage": "prod"}, "Tags": {"team": "a"}, "StackPolicy": {}}"#),
        ("map.yaml", "Stage: prod\n"),
        ("texts.json", r#"["Stage=prod"]"#),
    ];
    for (name, form) in forms {
        let work = Work::new(&[("t.yaml", &staged()), (name, form)]);
        assert_eq!(work.found(&["t.yaml"]), ["t.yaml CGT001"]);
        assert_eq!(work.found(&["t.yaml", "--parameters", name]), [""; 0], "{name}");
    }
}

#[test]
fn later_files_win_and_previous_values_are_unknown() {
    let work = Work::new(&[
        ("t.yaml", &staged()),
        ("dev.json", r#"{"Stage": "dev"}"#),
        ("prod.json", r#"{"Stage": "prod"}"#),
        ("same.json", r#"[{"ParameterKey": "Stage", "UsePreviousValue": true}]"#),
    ]);
    let with = |files: &[&str]| {
        let options = files.iter().flat_map(|file| ["--parameters", file]);
        let json = work.json(&["t.yaml"].into_iter().chain(options).collect::<Vec<_>>());
        json["findings"].as_array().unwrap().iter().map(|one| one["assignment"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(with(&["prod.json", "dev.json"]), ["{}"], "certain: no branch");
    assert_eq!(with(&["dev.json", "prod.json"]), [""; 0]);
    assert_eq!(with(&["prod.json", "same.json"]), [r#"{"IsOpen":true}"#]);
}

#[test]
fn what_is_wrong_in_a_file_of_parameters_has_its_place() {
    let work = Work::new(&[
        ("t.yaml", &staged()),
        ("a.json", "{\n  \"Stage\": {\"x\": 1}\n}"),
        ("b.json", "[{\"ParameterKye\": 1}]"),
        ("c.json", "{\"Stage\" \"prod\"}"),
    ]);
    let said = work.refusal(&["--parameters", "a.json", "--parameters", "b.json", "--parameters", "c.json"]);
    assert!(said.contains("error: a.json:2:12: 'Stage' takes a text"), "{said}");
    assert!(said.contains("error: b.json:1:3: no key of a parameter is called 'ParameterKye'; did you mean"), "{said}");
    assert!(said.contains("error: c.json:1:10: "), "{said}");
    assert!(work.refusal(&["--parameters", "none.json"]).starts_with("error: cannot read none.json"));
}

#[test]
fn names_and_values_that_fit_no_template_are_told() {
    let work = Work::new(&[("t.yaml", &staged()), ("p.json", r#"{"Stgae": "dev", "Stage": "prd"}"#)]);
    let ran = work.run(&["-f", "plain", "--parameters", "p.json"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "the given value counts");
    assert_eq!(
        ran.stderr,
        "warning: t.yaml: the parameter Stage is given 'prd', which is none of its AllowedValues\n\
         warning: p.json: no template of this run has a parameter 'Stgae'; did you mean Stage?\n"
    );
}

#[test]
fn names_of_a_configuration_that_no_template_has_are_told_on_request() {
    let work = Work::new(&[
        ("rolecall.toml", "[parameters]\nStgae = 'dev'\nOther = 'x'\n'AWS::Region' = 'eu-west-1'\n"),
        ("t.yaml", &staged()),
        ("sub/rolecall.toml", "[parameters]\nOther = 'x'\n"),
        ("sub/t.yaml", "Parameters: {Other: {Type: String}}\nResources: {Q: {Type: 'AWS::SQS::Queue'}}\n"),
    ]);
    let told = |arguments: &[&str]| {
        let all = messages(&work.json(arguments), "skipped");
        all.into_iter().filter(|message| message.contains("has a parameter")).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&["-v"]),
        [
            "rolecall.toml: no template below it that was read has a parameter 'Other'",
            "rolecall.toml: no template below it that was read has a parameter 'Stgae'; did you mean Stage?"
        ]
    );
    assert_eq!(told(&[]), [""; 0], "a run may see a part of the templates");
}

#[test]
fn a_secret_is_printed_nowhere() {
    let secret = "hunter2hunter2";
    let parameters = format!("  Password: {{Type: String, NoEcho: true, AllowedValues: [{secret}, other]}}");
    let text = template(&parameters, &format!("!Equals [!Ref Password, {secret}]"));
    let text = text.replace("cognito-identity.amazonaws.com:amr: authenticated", "x: !Ref Password");
    let given = format!(r#"{{"Password": "{secret}not"}}"#);
    let work = Work::new(&[("t.yaml", &text), ("p.json", &given), ("t.params.json", &given)]);
    for format in ["json", "plain", "sarif", "github"] {
        let ran = work.run(&["-f", format, "-v", "--show-possible", "--parameters", "p.json", "t.yaml"]);
        assert_ne!(ran.status, 2);
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{format}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("the parameter Password is given a value, which"), "{}", ran.stderr);
    }
}

// Environment

#[test]
fn region_account_and_partition() {
    let china = template("", "!Equals [!Ref 'AWS::Partition', aws-cn]");
    let west = template("", "!Equals [!Sub '${AWS::Region}/${AWS::AccountId}', eu-west-1/111122223333]");
    let suffix = template("", "!Equals [!Ref 'AWS::URLSuffix', amazonaws.com.cn]");
    let work = Work::new(&[("c.yaml", &china), ("s.yaml", &suffix), ("w.yaml", &west)]);
    assert_eq!(work.found(&["--region", "cn-north-1"]), ["c.yaml CGT001", "s.yaml CGT001"]);
    assert_eq!(work.found(&["--partition", "aws-cn", "c.yaml", "s.yaml"]), ["c.yaml CGT001", "s.yaml CGT001"]);
    // There the principal has another name.
    assert_eq!(work.found(&["--partition", "aws-us-gov", "c.yaml", "s.yaml"]), ["c.yaml CGT010", "s.yaml CGT010"]);
    assert_eq!(work.found(&["--region", "eu-west-1", "--account", "111122223333"]), ["w.yaml CGT001"]);
    assert_eq!(work.found(&["--region", "eu-west-1", "--account", "444455556666"]), [""; 0]);
}

#[test]
fn an_environment_that_cannot_be() {
    let work = Work::new(&[("t.yaml", &staged())]);
    let region = work.refusal(&["--region", "eu-west-1", "--partition", "aws-cn"]);
    assert_eq!(region, "error: --region eu-west-1 lies in the partition aws, not in aws-cn\n");
    assert_eq!(work.refusal(&["--account", "12"]), "error: --account 12: an account number has 12 digits\n");
    assert!(work.refusal(&["--partition", "aws-us-gv"]).contains("did you mean aws-us-gov"));
    assert!(work.refusal(&["--region", "Frankfurt"]).contains("written like eu-west-1"));
}

/// A template that attaches the role `app-auth` of an account, and one that defines it, for guests alone.
fn halves(account: &str) -> [String; 2] {
    let pool = format!(
        "
Resources:
  Pool: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowUnauthenticatedIdentities: false}}}}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties: {{IdentityPoolId: !Ref Pool, Roles: {{authenticated: 'arn:aws:iam::{account}:role/app-auth'}}}}
"
    );
    let role = template("", "!Equals [a, b]").replace("      AssumeRole", "      RoleName: app-auth\n      AssumeRole");
    let role = role.replace("aud: !Ref Pool", "aud: 'us-east-1:11111111-2222-4333-8444-555555555555'");
    [pool, role.replace("amr: authenticated", "amr: unauthenticated")]
}

fn environment(account: &str, region: &str) -> String {
    format!("[parameters]\n'AWS::AccountId' = '{account}'\n'AWS::Region' = '{region}'\n")
}

#[test]
fn the_configuration_says_where_templates_go() {
    let [pool, role] = halves("111122223333");
    let files = [("pool.yaml", pool.as_str()), ("one/role.yaml", &role), ("two/role.yaml", &role)];
    let ambiguous = |work: &Work| messages(&work.json(&[]), "ambiguous");
    let joined = |work: &Work| {
        let found = work.found(&["--select", "MAP014"]);
        found.iter().map(|one| one.replace("/role.yaml MAP014", "")).collect::<Vec<_>>()
    };
    let work = Work::new(&files);
    let said = "references to the role app-auth are not followed: it is defined by one/role.yaml and by two/role.yaml";
    assert_eq!((ambiguous(&work), joined(&work)), (vec![said.to_owned()], vec![]));
    // Paths start at the working directory, whatever configurations lie below it.
    for folder in ["one", "two"] {
        fs::write(work.path(&format!("{folder}/rolecall.toml")), "").unwrap();
    }
    assert_eq!(ambiguous(&work), [said]);
    // The account alone says which of both is meant, and each folder has its own.
    for (one, two, meant) in [
        ("111122223333", "444455556666", "one"),
        ("444455556666", "111122223333", "two"),
        ("1".repeat(12).as_str(), "444455556666", ""),
    ] {
        fs::write(work.path("one/rolecall.toml"), environment(one, "eu-west-1")).unwrap();
        fs::write(work.path("two/rolecall.toml"), environment(two, "us-east-1")).unwrap();
        assert_eq!(ambiguous(&work), [""; 0], "{one} {two}");
        assert_eq!(joined(&work).join(" "), meant, "{one} {two}");
    }
    // An option counts more than each of them.
    assert_eq!(joined(&work), [""; 0]);
    let json = work.json(&["--account", "111122223333"]);
    assert!(
        messages(&json, "ambiguous")[0].starts_with("references to the role app-auth are not followed: "),
        "{json:#}"
    );
}

#[test]
fn each_template_has_the_environment_of_the_nearest_configuration() {
    let west = template("", "!Equals [!Sub '${AWS::Region}/${AWS::AccountId}', eu-west-1/111122223333]");
    let china = template("", "!Equals [!Ref 'AWS::URLSuffix', amazonaws.com.cn]");
    let work = Work::new(&[
        ("rolecall.toml", &environment("111122223333", "eu-west-1")),
        ("a/w.yaml", &west),
        ("a/c.yaml", &china),
        ("b/rolecall.toml", "[parameters]\n'AWS::Region' = 'eu-west-1'\n"),
        ("b/x/w.yaml", &west),
        ("c/rolecall.toml", &environment("111122223333", "us-east-1")),
        ("c/w.yaml", &west),
        ("d/rolecall.toml", "[parameters]\n'AWS::Partition' = 'aws-cn'\n"),
        ("d/c.yaml", &china),
    ]);
    // Never merged: below `b` no account is known, so the condition is open.
    let wanted = [("a/w.yaml", "{}"), ("b/x/w.yaml", r#"{"IsOpen":true}"#), ("d/c.yaml", "{}")];
    assert_eq!(work.branches(&[]), wanted.map(|(path, branch)| (path.to_owned(), branch.to_owned())));
    // What an option says counts more, and what it does not say is the configuration's.
    assert_eq!(work.found(&["--account", "444455556666", "a", "c"]), [""; 0]);
    assert_eq!(work.found(&["--region", "eu-west-1", "a", "c"]), ["a/w.yaml CGT001", "c/w.yaml CGT001"]);
    assert_eq!(work.found(&["--region", "cn-north-1", "a"]), ["a/c.yaml CGT001"]);
    assert_eq!(
        work.found(&["--partition", "aws-cn", "a/c.yaml"]),
        ["a/c.yaml CGT001"],
        "no Region of another partition"
    );
    assert_eq!(work.found(&["--config", "c/rolecall.toml", "a"]), [""; 0]);
}

#[test]
fn a_nested_stack_goes_where_its_parent_goes() {
    let west = template("", "!Equals [!Ref 'AWS::AccountId', '111122223333']");
    let root = "Resources:\n  N: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: below/w.yaml}}\n";
    let set = "Resources:
  N:
    Type: AWS::CloudFormation::StackSet
    Properties: {StackSetName: s, PermissionModel: SERVICE_MANAGED, TemplateURL: root.yaml}
";
    let work = Work::new(&[
        ("rolecall.toml", &environment("111122223333", "eu-west-1")),
        ("root.yaml", root),
        ("below/rolecall.toml", &environment("444455556666", "eu-west-1")),
        ("below/w.yaml", &west),
    ]);
    let found = || work.branches(&[]);
    let path = "below/w.yaml".to_owned();
    assert_eq!(found(), [(path.clone(), "{}".to_owned())]);
    fs::write(work.path("rolecall.toml"), environment("444455556666", "eu-west-1")).unwrap();
    fs::write(work.path("below/rolecall.toml"), environment("111122223333", "eu-west-1")).unwrap();
    assert_eq!(found(), []);
    // An instance of a stack set goes to some account or other, and so does what it nests.
    fs::write(work.path("set.yaml"), set).unwrap();
    assert_eq!(found(), [(path, r#"{"IsOpen":true}"#.to_owned())]);
    let json = work.json(&["--account", "444455556666"]);
    assert_eq!(json["findings"].as_array().unwrap().len(), 1, "{json:#}");
}

#[test]
fn a_manifest_counts_more_than_the_configuration() {
    let template = template("", "!Equals [!Sub '${AWS::Region}/${AWS::AccountId}', eu-west-1/111122223333]");
    let found = |environment: &str, config: &str| {
        let manifest = format!(
            r#"{{"version": "36.0.0", "artifacts": {{"App": {{"type": "aws:cloudformation:stack",
                "environment": "aws://{environment}", "properties": {{"templateFile": "App.template.yaml"}}}}}}}}"#
        );
        let work = Work::new(&[
            ("rolecall.toml", config),
            ("cdk.out/cdk.out", r#"{"version": "36.0.0"}"#),
            ("cdk.out/manifest.json", &manifest),
            ("cdk.out/App.template.yaml", &template),
        ]);
        work.branches(&["--select", "CGT001"]).into_iter().map(|(_, branch)| branch).collect::<Vec<_>>()
    };
    let west = environment("111122223333", "eu-west-1");
    assert_eq!(found("111122223333/eu-west-1", &environment("444455556666", "us-east-1")), ["{}"]);
    assert_eq!(found("444455556666/eu-west-1", &west), [""; 0]);
    assert_eq!(found("111122223333/us-east-1", &west), [""; 0]);
    // What it leaves open is filled in, but no account of another partition.
    assert_eq!(found("unknown-account/unknown-region", &west), ["{}"]);
    assert_eq!(found("unknown-account/eu-west-1", &west), ["{}"]);
    assert_eq!(found("unknown-account/eu-west-1", &environment("111122223333", "cn-north-1")), [r#"{"IsOpen":true}"#]);
}

#[test]
fn a_wrong_environment_in_the_configuration_has_its_place() {
    let wrong = |config: &str| Work::new(&[("infra/t.yaml", &staged()), ("infra/rolecall.toml", config)]).refusal(&[]);
    assert_eq!(
        wrong("[parameters]\n\"AWS::Region\" = \"Frankfurt\"\n\"AWS::AccountId\" = 12\n\"AWS::Partition\" = ['aws']\n"),
        "error: infra/rolecall.toml:2:17: AWS::Region Frankfurt: a Region is written like eu-west-1\n\
         error: infra/rolecall.toml:3:20: AWS::AccountId 12: an account number has 12 digits\n\
         error: infra/rolecall.toml:4:20: 'AWS::Partition' takes a text, not a list\n"
    );
    assert_eq!(
        wrong("[parameters]\n'AWS::Region' = 'eu-west-1'\n'AWS::Partition' = 'aws-cn'\n"),
        "error: infra/rolecall.toml:3:20: AWS::Region eu-west-1 lies in the partition aws, not in aws-cn\n"
    );
    assert_eq!(
        wrong("[parameters]\n'AWS::Account' = '111122223333'\n"),
        "error: infra/rolecall.toml:2:1: no pseudo parameter that can be given is called 'AWS::Account'; did you mean \
         AWS::AccountId?\n"
    );
    assert!(wrong("[parameters]\nAWS::Region = 'eu-west-1'\n").starts_with("error: infra/rolecall.toml:2:4: "));
}

// Files beside a template

#[test]
fn one_file_beside_a_template_has_its_usual_values() {
    let file = r#"{"Parameters": {"Provider": "cognito-identity.amazonaws.com"}}"#;
    let work = Work::new(&[("a/auth.yaml", BY_DEFAULT), ("b/auth.yaml", BY_DEFAULT), ("b/auth.config.json", file)]);
    let json = work.json(&["-v", "--ignore", "OID009"]);
    let found: Vec<&Value> = json["findings"].as_array().unwrap().iter().collect();
    assert_eq!(found.len(), 1, "{json:#}");
    assert_eq!(text(&found[0]["location"]["path"]), "b/auth.yaml");
    let assumed = "parameter Provider is 'cognito-identity.amazonaws.com', as in b/auth.config.json";
    assert_eq!(found[0]["assumes"], serde_json::json!([assumed]));
    assert_eq!(found[0]["severity"], "warning", "one step milder than an error");
    let taken = "b/auth.config.json: taken for usual values of parameters of b/auth.yaml: Provider";
    assert!(messages(&json, "skipped").contains(&taken.to_owned()), "{json:#}");
    // Named by itself, the template has the same file beside it.
    assert_eq!(work.json(&["b/auth.yaml", "--ignore", "OID009"])["findings"], json["findings"]);
    // What is given for certain counts more.
    fs::write(work.path("p.json"), r#"{"Provider": "sts.amazonaws.com"}"#).unwrap();
    assert_eq!(work.found(&["--parameters", "p.json", "--ignore", "OID009"]), [""; 0]);
    assert!(messages(&work.json(&["--exclude", "*.config.json"]), "skipped").is_empty());
}

#[test]
fn of_several_files_beside_a_template_none_is_used() {
    let file = r#"{"Parameters": {"Provider": "cognito-identity.amazonaws.com"}}"#;
    let work = Work::new(&[("auth.yaml", BY_DEFAULT), ("auth-dev.params.json", file), ("auth-prod.params.json", file)]);
    let json = work.json(&["--ignore", "OID009"]);
    assert_eq!(json["findings"], serde_json::json!([]));
    let said = "auth-dev.params.json and auth-prod.params.json each have parameters of auth.yaml, so none of them is \
                used; name one with --parameters";
    assert_eq!(messages(&json, "ambiguous"), [said]);
}

#[test]
fn a_file_for_any_template_needs_an_only_one() {
    let file = r#"{"Parameters": {"Provider": "cognito-identity.amazonaws.com"}}"#;
    let work = Work::new(&[("auth.yaml", BY_DEFAULT), ("template-configuration.json", file)]);
    assert_eq!(work.found(&["--ignore", "OID009"]), ["auth.yaml CGT001"]);
    fs::write(work.path("other.yaml"), BY_DEFAULT).unwrap();
    assert_eq!(work.found(&["auth.yaml", "--ignore", "OID009"]), [""; 0]);
}

#[test]
fn a_file_for_another_template_is_left_alone() {
    let other = r#"{"Parameters": {"Provider": "cognito-identity.amazonaws.com", "Vpc": "x"}}"#;
    let work = Work::new(&[("auth.yaml", BY_DEFAULT), ("auth.config.json", other)]);
    assert_eq!(work.found(&["--ignore", "OID009"]), [""; 0]);
}

#[test]
fn amplify_has_parameters_beside_its_template() {
    let folder = "amplify/backend/auth/shop";
    let template = format!("{folder}/shop-cloudformation-template.yml");
    let parameters = r#"{"Provider": "cognito-identity.amazonaws.com", "authSelections": {"Fn::GetAtt": ["a", "b"]}}"#;
    let file = format!("{folder}/parameters.json");
    let work = Work::new(&[(template.as_str(), BY_DEFAULT), (file.as_str(), parameters)]);
    assert_eq!(work.found(&[]), [format!("{template} CGT001")]);
}

// Configuration

#[test]
fn the_nearest_configuration_counts_and_is_never_merged() {
    let work = Work::new(&[
        ("rolecall.toml", "[parameters]\nStage = 'prod'\n"),
        ("a/t.yaml", &staged()),
        ("b/rolecall.toml", "[parameters]\nUnused = 'y'\n"),
        ("b/c/t.yaml", &staged()),
        ("dev.toml", "[parameters]\nStage = 'dev'\n"),
        ("prod.json", r#"{"Stage": "prod"}"#),
    ]);
    assert_eq!(work.found(&[]), ["b/c/t.yaml CGT001"]);
    assert_eq!(work.found(&["--config", "dev.toml"]), ["a/t.yaml CGT001", "b/c/t.yaml CGT001"]);
    assert_eq!(work.found(&["--config", "rolecall.toml"]), [""; 0]);
    assert_eq!(work.found(&["--config", "dev.toml", "--parameters", "prod.json"]), [""; 0], "the option wins");
}

#[test]
fn a_wrong_configuration_ends_the_run_with_its_place() {
    let wrong = |config: &str| Work::new(&[("infra/t.yaml", &staged()), ("infra/rolecall.toml", config)]).refusal(&[]);
    assert_eq!(
        wrong("[trust]\nacounts = []\n"),
        "error: infra/rolecall.toml:2:1: no key of [trust] is called 'acounts'; did you mean accounts?\n"
    );
    assert!(wrong("[parameters\n").starts_with("error: infra/rolecall.toml:1:12: "), "{}", wrong("[parameters\n"));
    assert!(wrong("a = 2027-02-31\n").starts_with("error: infra/rolecall.toml:1:"));
    assert!(wrong("[guard]\nrules = []\n").contains(":1:2: 'guard' is not supported by rolecall"));
    let work = Work::new(&[("t.yaml", &staged()), ("bad.toml", "x = 1\n")]);
    assert_eq!(work.refusal(&["--config", "bad.toml"]), "error: bad.toml:1:1: no section is called 'x'\n");
    assert!(work.refusal(&["--config", "none.toml"]).starts_with("error: cannot read none.toml"));
}

#[cfg(unix)]
#[test]
fn a_configuration_that_is_a_link_is_refused() {
    let work = Work::new(&[("t.yaml", &staged()), ("x/other.toml", "[parameters]\nStage = 'prod'\n")]);
    std::os::unix::fs::symlink(work.path("x/other.toml"), work.path("rolecall.toml")).unwrap();
    assert!(work.refusal(&[]).starts_with("error: rolecall.toml is a link, which is not followed"));
    assert_eq!(work.found(&["--config", "x/other.toml"]), [""; 0]);
}

#[test]
fn a_pool_that_is_yours_is_not_told() {
    let pool = "us-east-1:11111111-2222-4333-8444-555555555555";
    let text = template("", "!Equals [a, b]").replace("aud: !Ref Pool", &format!("aud: '{pool}'"));
    let config = format!("[trust]\nidentity-pools = ['{pool}']\n");
    let work = Work::new(&[("a/t.yaml", &text), ("b/t.yaml", &text), ("b/rolecall.toml", &config)]);
    assert_eq!(work.found(&["--min-severity", "info", "--ignore", "MAP016"]), ["a/t.yaml CGT004"]);
}

#[test]
fn an_account_that_is_yours_or_known_is_not_told() {
    let text = "Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {AWS: 'arn:aws:iam::999988887777:root'}
            Action: sts:AssumeRole
";
    let (own, known) =
        ("[trust]\naccounts = ['999988887777']\n", "[trust.third-parties]\n'999988887777' = 'a vendor'\n");
    let files = [("a/t.yaml", text), ("b/t.yaml", text), ("b/rolecall.toml", own), ("c/t.yaml", text)];
    let work = Work::new(&[&files[..], &[("c/rolecall.toml", known)]].concat());
    assert_eq!(work.found(&["--account", "210987654321"]), ["a/t.yaml XAC006"]);
    // The role's own account may be that one, for all that is known.
    assert_eq!(work.found(&[]), [""; 0]);
    assert_eq!(work.found(&["--account", "999988887777"]), [""; 0]);
}

/// Copies a folder of testdata.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

#[test]
fn the_configuration_says_where_the_sources_of_cdk_are() {
    let testdata = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let work = Work::new(&[("rolecall.toml", "[cdk]\nsource-root = 'app'\n")]);
    copy(&testdata.join("cdk-apps/c-cognito"), &work.path("app"));
    copy(&testdata.join("cdk/c-cognito"), &work.path("build/out"));
    let paths = |json: Value| {
        let findings = json["findings"].as_array().unwrap().iter();
        findings.map(|one| text(&one["location"]["path"]).to_owned()).collect::<Vec<_>>()
    };
    let found = paths(work.json(&["build/out"]));
    assert!(!found.is_empty() && found.iter().any(|path| path.starts_with("app/")), "{found:?}");
    assert_eq!(found, paths(work.json(&["build/out", "--source-root", "app"])));
    fs::write(work.path("rolecall.toml"), "").unwrap();
    let without = paths(work.json(&["build/out"]));
    assert!(without.iter().all(|path| !path.starts_with("app/")), "{without:?}");
}
