//! How fast templates are read: `cargo bench --bench parse`.

use std::fmt::Write;
use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use rolecall::source::FileId;
use rolecall::syntax::{Document, parse_json, parse_yaml};

const SIZE: usize = 5_000_000;

fn main() {
    divan::main();
}

/// Text made of numbered copies, about `SIZE` bytes.
fn repeated(before: &str, after: &str, copy: impl Fn(&mut String, usize)) -> Arc<str> {
    let mut text = before.to_owned();
    for number in 0.. {
        if text.len() > SIZE {
            break;
        }
        copy(&mut text, number);
    }
    (text + after).into()
}

/// One role as a synthesized template writes it.
fn json_role(out: &mut String, number: usize) {
    let _ = write!(
        out,
        r#"
  "Handler{number}ServiceRoleFCD72CE5": {{
   "Type": "AWS::IAM::Role",
   "Properties": {{
    "AssumeRolePolicyDocument": {{
     "Statement": [
      {{
       "Action": "sts:AssumeRoleWithWebIdentity",
       "Condition": {{
        "StringEquals": {{
         "cognito-identity.amazonaws.com:aud": {{
          "Ref": "Pool{number}"
         }}
        }}
       }},
       "Effect": "Allow",
       "Principal": {{
        "Federated": "cognito-identity.amazonaws.com"
       }}
      }}
     ],
     "Version": "2012-10-17"
    }},
    "MaxSessionDuration": 3600,
    "Description": "says \"hello\"\n"
   }},
   "Metadata": {{
    "aws:cdk:path": "App/Handler{number}/ServiceRole/Resource"
   }}
  }},"#
    );
}

/// One role as people write it.
fn yaml_role(out: &mut String, number: usize) {
    let _ = write!(
        out,
        r#"
  # Who may call handler {number}.
  Handler{number}Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub "${{AWS::StackName}}-handler-{number}"
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal:
              Federated: cognito-identity.amazonaws.com
            Action: 'sts:AssumeRoleWithWebIdentity' # federated users
            Condition:
              StringEquals:
                cognito-identity.amazonaws.com:aud: !Ref Pool{number}
      Policies:
        - PolicyName: inline
          PolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: "s3:*", Resource: "*"}}]}}
      Description: |
        The role of handler {number}.
        It may read everything.
"#
    );
}

fn json() -> Arc<str> {
    repeated("{\n \"Resources\": {", "\n  \"Last\": {}\n }\n}\n", json_role)
}

fn minified() -> Arc<str> {
    json().chars().filter(|character| !matches!(character, ' ' | '\n')).collect::<String>().into()
}

fn yaml() -> Arc<str> {
    repeated("Resources:", "", yaml_role)
}

fn bench(bencher: Bencher<'_, '_>, text: &Arc<str>, parse: fn(FileId, &Arc<str>) -> Document) {
    assert!(parse(FileId(0), text).errors().is_empty());
    bencher.counter(BytesCount::of_str(text)).bench(|| parse(FileId(0), black_box(text)));
}

#[divan::bench]
fn pretty_json(bencher: Bencher<'_, '_>) {
    bench(bencher, &json(), parse_json);
}

#[divan::bench]
fn minified_json(bencher: Bencher<'_, '_>) {
    bench(bencher, &minified(), parse_json);
}

#[divan::bench(sample_count = 20)]
fn hand_written_yaml(bencher: Bencher<'_, '_>) {
    bench(bencher, &yaml(), parse_yaml);
}

#[divan::bench(sample_count = 20)]
fn json_as_yaml(bencher: Bencher<'_, '_>) {
    bench(bencher, &json(), parse_yaml);
}
