//! Services of the Serverless Framework, and what other tools write, as users check them.

#[allow(dead_code, reason = "each test uses a part of it")]
mod report;

use report::{alarms, count, findings, notes, write};
use serde_json::Value;
use tempfile::TempDir;

/// What rolecall says, but for what it says of every role that the framework makes for functions.
fn check(files: &[(&str, &str)], arguments: &[&str]) -> Value {
    report::check(files, &[&["--ignore", "SVC005"], arguments].concat())
}

fn check_folder(folder: &TempDir, arguments: &[&str]) -> Value {
    report::check_folder(folder, &[&["--ignore", "SVC005"], arguments].concat())
}

/// A service with a role for the users of its own pool; `CONDITION` is what its trust policy demands.
const SERVICE: &str = "
service: photos
provider:
  name: aws
  stage: ${opt:stage, 'dev'}
  iam:
    role:
      statements:
        - Effect: Allow
          Action: 's3:GetObject'
          Resource: 'arn:aws:s3:::${self:custom.bucket}/${cognito-identity.amazonaws.com:sub}/*'
custom:
  bucket: photos-${self:provider.stage}
  amr: authenticated
functions:
  upload: {handler: src/upload.handler}
resources:
  Resources:
    Pool: {Type: 'AWS::Cognito::IdentityPool', Properties: {AllowUnauthenticatedIdentities: false}}
    AuthRole:
      Type: AWS::IAM::Role
      Properties:
        AssumeRolePolicyDocument:
          Version: '2012-10-17'
          Statement:
            - Effect: Allow
              Principal: {Federated: cognito-identity.amazonaws.com}
              Action: 'sts:AssumeRoleWithWebIdentity'
              Condition: CONDITION
    Attachment:
      Type: AWS::Cognito::IdentityPoolRoleAttachment
      Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: !GetAtt AuthRole.Arn}}
";

const AMR: &str = "'ForAnyValue:StringLike': {'cognito-identity.amazonaws.com:amr': '${self:custom.amr}'}";

fn service(condition: &str) -> String {
    SERVICE.replace("CONDITION", condition)
}

#[test]
fn a_mistake_in_a_service_is_found_where_it_stands() {
    let report = check(&[("serverless.yml", &service(&format!("{{{AMR}}}")))], &[]);
    assert_eq!(findings(&report), ["CGT001 definite serverless.yml:29 AuthRole"]);
    assert_eq!((count(&report, "roles"), count(&report, "stacks")), (2, 1), "the role that the framework makes too");
}

#[test]
fn a_right_service_is_quiet() {
    let aud = "StringEquals: {'cognito-identity.amazonaws.com:aud': !Ref Pool}";
    let report = check(&[("serverless.yml", &service(&format!("{{{aud}, {AMR}}}")))], &[]);
    assert_eq!((findings(&report), count(&report, "trustsUndecided")), (vec![], 0));
}

#[test]
fn what_a_variable_stands_for_is_not_guessed() {
    for condition in [
        "'${file(conditions.js):auth}'".to_owned(),
        "'${self:custom.conditions}'".to_owned(),
        "'${self:custom.${opt:stage}.condition}'".to_owned(),
        format!("{{StringEquals: {{'cognito-identity.amazonaws.com:aud': '${{cf:auth.PoolId}}'}}, {AMR}}}"),
        format!(
            "{{StringEquals: {{'cognito-identity.amazonaws.com:aud': !Sub '${{self:custom.region, \"x\"}}:0a'}}, {AMR}}}"
        ),
        format!("{{StringEquals: '${{ssm:/conditions}}', {AMR}}}"),
    ] {
        let report = check(&[("serverless.yml", &service(&condition))], &[]);
        assert_eq!(alarms(&report), [""; 0], "{condition}");
    }
}

#[test]
fn the_same_variable_is_the_same_text() {
    // The literal pool of the trust policy is the one of the attachment, whatever it is.
    let aud = "{StringEquals: {'cognito-identity.amazonaws.com:aud': '${cf:auth.Pool}'}, AMR}".replace("AMR", AMR);
    let text = service(&aud).replace("IdentityPoolId: !Ref Pool,", "IdentityPoolId: '${cf:auth.Pool}',");
    assert_eq!(findings(&check(&[("serverless.yml", &text)], &[])), [""; 0]);
}

/// The role of the service in a file of its own, with a mistake.
fn fragment() -> String {
    let text = service(&format!("{{{AMR}}}"));
    let resources = text.split_once("resources:\n").unwrap().1;
    resources.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn included_files_are_parts_of_the_service() {
    let (head, _) = SERVICE.split_once("resources:\n").unwrap();
    let role = fragment();
    for (resources, path, text) in [
        ("resources: ${file(infra/auth.yml)}", "infra/auth.yml", role.clone()),
        ("resources:\n  - ${file(./infra/auth.yml)}\n  - ${file(infra/missing.yml)}", "infra/auth.yml", role.clone()),
        ("resources:\n  Resources: ${file(infra/auth.yml):Resources}", "infra/auth.yml", role.clone()),
        ("resources: ${file(all.yml)}", "infra/auth.yml", role.clone()),
    ] {
        let all = ("all.yml", "- ${file(infra/auth.yml)}\n");
        let files = [("serverless.yml", format!("{head}{resources}\n")), (path, text), (all.0, all.1.to_owned())];
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let report = check(&files, &[]);
        assert_eq!(findings(&report), ["CGT001 definite infra/auth.yml:12 AuthRole"], "{resources}");
        assert_eq!((count(&report, "stacks"), count(&report, "roles")), (1, 2), "{resources}");
    }
}

/// The service with its resources in a list, and behind them these of another file.
fn with_overlay(condition: &str, overlay: &str) -> String {
    let text = service(condition);
    let (head, resources) = text.split_once("resources:\n").unwrap();
    let resources = resources.trim_end().replace('\n', "\n  ");
    format!("{head}resources:\n  - {}\n  - {overlay}\n", resources.trim_start())
}

/// A role of which only one statement of the trust policy is said.
const OVERLAY: &str = "
Resources:
  AuthRole:
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - Condition: CONDITION
";

#[test]
fn what_stands_twice_is_merged() {
    let aud = "StringEquals: {'cognito-identity.amazonaws.com:aud': !Ref Pool}";
    let check = |service: &str, overlay: &str| {
        check(&[("serverless.yml", service), ("infra/more.yml", &OVERLAY.replace("CONDITION", overlay))], &[])
    };
    let text = with_overlay(&format!("{{{AMR}}}"), "${file(infra/more.yml)}");
    let report = check(&text, &format!("{{{aud}}}"));
    assert_eq!(
        (findings(&report), count(&report, "trustsUndecided")),
        (vec![], 0),
        "the other file has what is missing"
    );
    let report = check(&text, "{Bool: {'aws:SecureTransport': true}}");
    assert_eq!(findings(&report), ["CGT001 definite serverless.yml:29 AuthRole"]);
    // In the other order, and with what the first file says taken away.
    let text = with_overlay(&format!("{{{aud}, {AMR}}}"), "${file(infra/more.yml)}");
    assert_eq!(findings(&check(&text, &format!("{{{AMR}}}"))), [""; 0]);
    let report = check(&text, "{StringEquals: null}");
    assert_eq!(findings(&report), ["CGT001 definite serverless.yml:29 AuthRole"]);
    // What is not known makes the statement unknown.
    let report = check(&text, "${self:custom.${opt:stage}}");
    assert_eq!((alarms(&report), count(&report, "trustsUndecided")), (vec![], 1));
}

#[test]
fn a_resource_that_may_be_changed_anyhow_is_undecided() {
    let only = "${file(auth.js)}";
    let overlays =
        ["Resources: {AuthRole: ONLY}", "Resources: {AuthRole: {Properties: ONLY}}", "extensions: {AuthRole: ONLY}"];
    for overlay in overlays.map(|overlay| overlay.replace("ONLY", &format!("'{only}'"))) {
        let report = check(&[("serverless.yml", &with_overlay(&format!("{{{AMR}}}"), &overlay))], &[]);
        assert_eq!((findings(&report), count(&report, "trustsUndecided")), (vec![], 1), "{overlay}");
        assert_eq!(count(&report, "roles"), 2, "{overlay}");
    }
}

#[test]
fn macros_of_a_service_may_change_its_files() {
    let (head, _) = SERVICE.split_once("resources:\n").unwrap();
    let text = format!("{head}resources:\n  - ${{file(auth.yml)}}\n  - Transform: [Mine]\n");
    let report = check(&[("serverless.yml", &text), ("auth.yml", &fragment())], &[]);
    assert_eq!(findings(&report), ["CGT001 possible auth.yml:12 AuthRole"]);
    let text = text.replace("[Mine]", "AWS::LanguageExtensions");
    let looped = "Resources:\n  'Fn::ForEach::R': [N, [A, B], {'${N}Role': {Type: 'AWS::IAM::Role'}}]\n";
    let report = check(&[("serverless.yml", &text), ("auth.yml", looped)], &[]);
    assert_eq!(count(&report, "roles"), 3);
}

#[test]
fn statements_are_added_to_the_role_that_the_framework_makes() {
    let overlay = "
Resources:
  IamRoleLambdaExecution:
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
          - Effect: Allow
            Principal: {Federated: cognito-identity.amazonaws.com}
            Action: 'sts:AssumeRoleWithWebIdentity'
";
    let text = with_overlay("{}", "${file(roles.yml)}");
    let report = check(&[("serverless.yml", &text), ("roles.yml", overlay)], &[]);
    let found = findings(&report);
    assert!(found.iter().any(|found| found == "CGT001 definite roles.yml:9 IamRoleLambdaExecution"), "{found:?}");
    assert_eq!(count(&report, "roles"), 2);
}

#[test]
fn a_policy_may_be_included_by_itself() {
    let text = service("{}");
    let (head, rest) = text.split_once("AssumeRolePolicyDocument:\n").unwrap();
    let (policy, tail) = rest.split_once("    Attachment:").unwrap();
    let text = format!("{head}AssumeRolePolicyDocument: ${{file(trust.yml):trust}}\n    Attachment:{tail}");
    let trust = format!("trust:\n{}", policy.replace("Condition: {}", &format!("Condition: {{{AMR}}}")));
    let report = check(&[("serverless.yml", &text), ("trust.yml", &trust)], &[]);
    assert_eq!(findings(&report), ["CGT001 definite trust.yml:7 AuthRole"]);
    let report = check(&[("serverless.yml", &text)], &[]);
    assert_eq!((alarms(&report), count(&report, "trustsUndecided")), (vec![], 1));
}

#[test]
fn the_name_of_an_included_file_may_hold_a_variable() {
    let (head, _) = SERVICE.split_once("resources:\n").unwrap();
    let role = fragment();
    let check = |resources: &str| {
        check(&[("serverless.yml", &format!("{head}{resources}\n")), ("infra/authenticated.yml", &role)], &[])
    };
    let report = check("resources: ${file(infra/${self:custom.amr}.yml)}");
    assert_eq!(findings(&report), ["CGT001 definite infra/authenticated.yml:12 AuthRole"]);
    let report = check("resources: ${file(infra/${opt:stage, 'authenticated'}.yml)}");
    assert_eq!(alarms(&report), [""; 0]);
    let of = |name: &str| {
        format!("serverless.yml:17: ${{file({name})}} is not read: only the deployment knows which file it is")
    };
    assert_eq!(notes(&report, "left-run"), [of("infra/${opt:stage, 'authenticated'}.yml")]);
    assert_eq!(count(&report, "unexpanded"), 1);
    // What is not read may be merged onto what is.
    let list = "resources:\n  - ${file(infra/authenticated.yml)}\n  - ${file(infra/${opt:stage}.yml)}";
    let report = check(list);
    assert_eq!(findings(&report), ["CGT001 possible infra/authenticated.yml:12 AuthRole"]);
    let assumes = &report["findings"][0]["assumes"];
    assert_eq!(assumes[0], "what ${file(infra/${opt:stage}.yml)} stands for leaves this as it is written");
}

#[test]
fn functions_may_be_included() {
    let roles = |functions: &str| {
        let text = SERVICE.replace("functions:\n  upload: {handler: src/upload.handler}", functions);
        let mine = "a: {handler: a.b, iamRoleStatements: []}\nb: {handler: a.b}\n";
        let report = check(&[("serverless.yml", &text), ("fns.yml", mine)], &[]);
        (count(&report, "roles"), notes(&report, "left-run"))
    };
    assert_eq!(roles("functions: ${file(fns.yml)}"), (3, vec![]));
    assert_eq!(
        roles("functions:\n  - ${file(fns.yml)}\n  - c: {iamRoleStatements: []}\n    b: {iamRoleStatements: []}"),
        (5, vec![])
    );
    let note = "serverless.yml:15: ${file(${env:FNS}.yml)} is not read: only the deployment knows which file it is";
    assert_eq!(roles("functions: ${file(${env:FNS}.yml)}"), (2, vec![note.to_owned()]));
}

#[test]
fn a_resource_may_be_included_by_itself() {
    let text = service("{}").replace(
        "    Pool: {Type: 'AWS::Cognito::IdentityPool', Properties: {AllowUnauthenticatedIdentities: false}}",
        "    Pool: ${file(pool.json):the.pool}",
    );
    let pool = r#"{"the": {"pool": {"Type": "AWS::Cognito::IdentityPool"}}}"#;
    let report = check(&[("serverless.yml", &text), ("pool.json", pool)], &[]);
    assert_eq!(count(&report, "files"), 2);
    assert!(findings(&report).iter().all(|finding| finding.contains("AuthRole")), "{report}");
}

#[test]
fn nothing_outside_is_included() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    write(&outside, &[("auth.yml", &fragment())]);
    let (head, _) = SERVICE.split_once("resources:\n").unwrap();
    let away = outside.path().join("auth.yml");
    for path in [away.display().to_string(), format!("../../../../../..{}", away.display())] {
        write(&folder, &[("serverless.yml", &format!("{head}resources: ${{file({path})}}\n"))]);
        let report = check_folder(&folder, &[]);
        assert_eq!((findings(&report), count(&report, "roles")), (vec![], 1), "{path}");
    }
}

#[test]
fn includes_that_never_end_are_bounded() {
    let (head, _) = SERVICE.split_once("resources:\n").unwrap();
    let circle = format!("{head}resources: ${{file(serverless.yml):resources}}\n");
    assert_eq!(count(&check(&[("serverless.yml", &circle)], &[]), "stacks"), 1);
    let deep = (0..1500).map(|at| (format!("f{at}.yml"), format!("- ${{file(f{}.yml)}}\n", at + 1)));
    let files: Vec<(String, String)> =
        deep.chain([("serverless.yml".to_owned(), format!("{head}resources: ${{file(f0.yml)}}\n"))]).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let report = check(&files, &[]);
    assert_eq!(notes(&report, "bound"), ["serverless.yml: only its first 1000 included files are read"]);
    let wide = ["f", "g"].into_iter().flat_map(|name| {
        (0..40).map(move |at| {
            let next = format!("${{file({name}{}.yml)}}", at + 1);
            let resource = format!("{{Type: T, Properties: {{a: '{next}', b: '{next}'}}}}");
            (format!("{name}{at}.yml"), format!("Resources: {{R{at}: {resource}}}\n"))
        })
    });
    let both = format!("{head}resources:\n  - ${{file(f0.yml)}}\n  - ${{file(g0.yml)}}\n  - ${{self:resources}}\n");
    let files: Vec<(String, String)> = wide.chain([("serverless.yml".to_owned(), both)]).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let report = check(&files, &[]);
    let cut = "more is merged in this service than is followed; the rest of it is not known";
    assert_eq!(notes(&report, "bound"), [cut]);
    let doubling: String =
        (0..60).map(|at| format!("  a{at}: '${{self:custom.a{}}}${{self:custom.a{}}}'\n", at + 1, at + 1)).collect();
    let text =
        service("{StringEquals: {x: '${self:custom.a0}'}}").replace("custom:\n", &format!("custom:\n{doubling}"));
    check(&[("serverless.yml", &text)], &[]);
}

#[test]
fn a_fragment_by_itself_has_the_variables_of_its_service() {
    let text = fragment().replace(
        "Condition: {'For",
        "Condition: {StringEquals: {'cognito-identity.amazonaws.com:aud': '${self:custom.pool}'}, 'For",
    );
    let report = check(&[("auth.yml", &text)], &[]);
    assert_eq!(alarms(&report), [""; 0]);
}

#[test]
fn tags_and_functions_of_other_tools_are_unknown_and_no_error() {
    for trust in
        ["!Include trust.json", "!Rain::Embed trust.json", "{'Fn::Unknown': {a: 1}}", "!Account x", "!Unknown [a, b]"]
    {
        let text = format!(
            "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {{AssumeRolePolicyDocument: {trust}, Path: {trust}, RoleName: {trust}}}
  Other: {trust}
  Third: {{Type: {trust}, Properties: {trust}}}
Outputs: {{O: {trust}}}
Mappings: {trust}
"
        );
        let report = check(&[("template.yaml", &text)], &[]);
        assert_eq!((findings(&report), count(&report, "trustsUndecided")), (vec![], 1), "{trust}");
    }
}

#[test]
fn what_a_module_or_an_include_may_hold_is_not_missing() {
    let text = "
Transform: {Name: 'AWS::Include', Parameters: {Location: 's3://b/x.yaml'}}
Resources:
  'Fn::Transform': {Name: 'AWS::Include', Parameters: {Location: 's3://b/x.yaml'}}
  Auth: {Type: 'My::Cognito::Auth::MODULE', Properties: {Name: x}}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Auth.Pool
      Roles: {authenticated: !GetAtt AuthRole.Arn, unauthenticated: !GetAtt Auth.Role.Arn}
      RoleMappings: {a: {Type: Token, AmbiguousRoleResolution: Deny, IdentityProvider: !Sub 'cognito-idp.${AWS::Region}.amazonaws.com/${Included}:${C}'}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Federated: cognito-identity.amazonaws.com}
            Action: 'sts:AssumeRoleWithWebIdentity'
            Condition: {StringEquals: {'cognito-identity.amazonaws.com:aud': !Ref AuthPool}, 'ForAnyValue:StringEquals': {'cognito-identity.amazonaws.com:amr': authenticated}}
";
    let report = check(&[("template.yaml", text)], &[]);
    assert_eq!(alarms(&report), [""; 0]);
}
