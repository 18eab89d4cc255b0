//! SAM templates, as the program judges the roles that SAM makes of them.

use std::fs;
use std::process::Command;

/// The lines that the program prints for a template, its options before it.
fn found(template: &str, options: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.yaml"), template).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.args(["check", "-f", "plain"]).args(options).arg("t.yaml").current_dir(folder.path());
    let output = command.output().unwrap();
    assert!(output.status.code().is_some_and(|status| status < 2), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The template with its line of the transform left out: then it is none of SAM's.
fn without_transform(template: &str) -> String {
    template.replace("Transform: AWS::Serverless-2016-10-31\n", "AWSTemplateFormatVersion: '2010-09-09'\n")
}

const TRUST: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Federated: cognito-identity.amazonaws.com
            Action: sts:AssumeRoleWithWebIdentity
";

#[test]
fn a_trust_policy_of_a_function_is_judged_where_it_stands() {
    let lines = found(TRUST, &[]);
    let expected = [
        "t.yaml:7:7: error[SVC004] Fn cannot use FnRole, which does not trust lambda.amazonaws.com",
        "t.yaml:11:13: error[CGT001] tokens of any identity pool in the account can become FnRole",
    ];
    assert_eq!(lines, expected);
    assert_eq!(found(&without_transform(TRUST), &[]), [""; 0]);
    let given = TRUST.replace("      Handler", "      Role: !GetAtt Mine.Arn\n      Handler");
    assert_eq!(found(&given, &[]), [""; 0], "the function has another role");
}

#[test]
fn a_trust_policy_of_the_globals_is_judged_there() {
    let (globals, functions) =
        ("Globals:\n  Function:\n", "Resources:\n  A: &f {Type: AWS::Serverless::Function}\n  B: *f\n");
    let document: String = TRUST.lines().skip(6).map(|line| format!("{line}\n")).collect();
    let template = format!("Transform: AWS::Serverless-2016-10-31\n{functions}{globals}{document}");
    let message = "error[CGT001] tokens of any identity pool in the account can become";
    assert_eq!(
        found(&template, &[]),
        [format!("t.yaml:11:13: {message} ARole"), format!("t.yaml:11:13: {message} BRole")]
    );
}

#[test]
fn a_role_that_exists_in_one_branch_is_judged_there() {
    let template = "\
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Conditions:
  Given: !Equals [!Ref AWS::Region, eu-west-1]
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Role: !If [Given, 'arn:aws:iam::111122223333:role/x', !Ref AWS::NoValue]
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: ''}, Action: sts:AssumeRole}]
";
    let lines = found(template, &[]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("t.yaml:11:58: error[SVC001] FnRole names nobody"), "{lines:?}");
    assert!(lines[0].ends_with("(when Given is false)"), "{lines:?}");
}

#[test]
fn roles_that_sam_makes_can_be_referred_to() {
    let template = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties: {AllowUnauthenticatedIdentities: true}
  Roles:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      Roles: {unauthenticated: !GetAtt FnRole.Arn}
";
    let lines = found(template, &[]);
    let refused = "t.yaml:3:3: error[MAP014] Pool hands out FnRole, which refuses guests of that pool";
    // That guests get a role is no alarm where the role refuses them.
    assert_eq!(lines, [refused]);
}

#[test]
fn the_roles_that_sam_writes_by_itself_are_sound() {
    let template = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      DeploymentPreference: {Type: AllAtOnce}
      Policies: [SQSPollerPolicy: {QueueName: q}, {Unheard: {Of: it}}]
      Events:
        Tick: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Events:
        Tick: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
  Graph: {Type: AWS::Serverless::GraphQLApi, Properties: {}}
";
    assert_eq!(found(template, &["--show-possible"]), [""; 0]);
    // They do not ask for whom a service is at work, and the user can say that they should.
    let all = found(template, &["--min-severity", "info", "--show-possible"]);
    assert!(all.len() == 6 && all.iter().all(|line| line.contains(": info[SVC005] ")), "{all:#?}");
}
