//! Statements of trust policies, each with what is said of it: cases that are too many for the example pages.

use rolecall::finding::{Applicability, Finding, Note, NoteKind, Severity, Status};
use rolecall::policy::{Question, evaluate, question};
use rolecall::run::check_texts;
use rolecall::source::FileId;
use rolecall::syntax::parse_json;
use rolecall::value::{Symbols, Truth};
use std::sync::Arc;

/// What is said of a role with this one statement; information on whole accounts and on services left aside.
fn said(statement: &str) -> Vec<String> {
    let template = format!(
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: deploy\n      \
         AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - {{{statement}}}\n"
    );
    let outcome = check_texts(vec![("template.yaml".to_owned(), template)]);
    let told = outcome
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info || !["SVC005", "XAC006", "XAC008"].contains(&finding.rule));
    let possible = |finding: &Finding| if finding.status == Status::Possible { " possible" } else { "" };
    told.map(|finding| format!("{} {}{}", finding.rule, finding.severity.name(), possible(finding))).collect()
}

fn each(cases: &[(&str, &[&str])]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(statement, expected)| said(statement) != *expected)
        .map(|(statement, expected)| format!("{statement}\n  is {:?}, not {expected:?}", said(statement)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A role for GitHub's subjects.
fn of_github(operator: &str, subject: impl Fn(usize) -> String, count: usize) -> String {
    let subjects: Vec<String> = (0..count).map(|at| format!("\n                    - {}", subject(at))).collect();
    format!(
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
         Statement:\n          - Effect: Allow\n            \
         Principal: {{Federated: !Sub 'arn:aws:iam::${{AWS::AccountId}}:oidc-provider/token.actions.githubusercontent.com'}}\n            \
         Action: sts:AssumeRoleWithWebIdentity\n            Condition:\n              \
         StringEqualsIgnoreCase: {{token.actions.githubusercontent.com:aud: sts.amazonaws.com}}\n              \
         {operator}:\n                token.actions.githubusercontent.com:sub:{}\n",
        subjects.concat()
    )
}

#[test]
fn many_subjects_are_decided_or_a_note_says_that_they_are_not() {
    let outcome = |template: String| check_texts(vec![("template.yaml".to_owned(), template)]);
    let is_bound = |note: &Note| note.kind == NoteKind::Bound;
    let exact =
        |count| outcome(of_github("StringEquals", |at| format!("repo:org/repo{at}:ref:refs/heads/main"), count));
    let few = exact(2);
    assert!(few.findings.iter().any(|finding| finding.rule == "OID005"), "{:?}", few.findings);
    assert_eq!((few.counts.trusts_decided, few.notes.iter().any(is_bound)), (1, false), "{:?}", few.notes);
    let many = exact(130);
    assert_eq!((many.counts.trusts_undecided, many.notes.iter().any(is_bound)), (1, true), "{:?}", many.notes);
    // All of them begin and end alike, and no text tells them apart before it is read.
    let wild = outcome(of_github("StringLike", |at| format!("'repo:org/*-{at:04}-of-many-services-:*'"), 900));
    assert_eq!(wild.counts.trusts_undecided, 1);
    assert!(wild.notes.iter().any(is_bound), "{:?}", wild.notes);
}

#[test]
fn everybody_beside_a_weak_test() {
    let star = |condition: &str| {
        format!("Effect: Allow, Principal: {{AWS: '*'}}, Action: 'sts:AssumeRole', Condition: {condition}")
    };
    for (condition, expected) in [
        ("{IpAddress: {aws:SourceIp: 0.0.0.0/0}}", "XAC002 error"),
        ("{IpAddress: {aws:SourceIp: 203.0.113.0/24}}", "XAC002 warning"),
        ("{IpAddress: {aws:SourceIp: 203.0.113.7}}", "XAC002 info"),
        ("{DateGreaterThan: {aws:CurrentTime: '2020-01-01T00:00:00Z'}}", "XAC002 error"),
        ("{StringEquals: {sts:ExternalId: abcdefghij}, IpAddress: {aws:SourceIp: 203.0.113.0/24}}", "XAC002 warning"),
        ("{StringLike: {sts:ExternalId: '*'}}", "XAC002 error"),
        ("{StringEquals: {aws:SourceVpce: vpce-0123456789abcdef0}}", "XAC002 info"),
        ("{'Null': {aws:PrincipalOrgID: 'false'}}", "XAC010 error"),
        ("{StringLike: {aws:PrincipalOrgID: 'o-*'}}", "XAC010 error"),
        ("{'ForAnyValue:StringLike': {aws:PrincipalOrgPaths: 'o-*'}}", "XAC010 error"),
        (
            "{StringEquals: {aws:PrincipalOrgID: o-exampleorgid}, ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:role/x'}}",
            "XAC010 info",
        ),
    ] {
        assert_eq!(said(&star(condition)), [expected], "{condition}");
    }
    for closed in [
        "{StringEquals: {aws:PrincipalOrgID: o-exampleorgid}}",
        "{'ForAnyValue:StringLike': {aws:PrincipalOrgPaths: 'o-abcdefghij*'}}",
        "{StringEquals: {aws:PrincipalOrgID: o-exampleorgid}, ArnLike: {aws:PrincipalArn: 'arn:aws:iam::210987654321:role/x'}}",
        "{StringEquals: {aws:PrincipalOrgID: o-exampleorgid}, ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:*'}}",
        // Only IAM Identity Center makes such roles.
        "{StringEquals: {aws:PrincipalOrgID: o-exampleorgid}, ArnLike: {aws:PrincipalArn: \
         'arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*'}}",
    ] {
        assert!(said(&star(closed)).is_empty(), "{closed}");
    }
}

#[test]
fn identity_pools_that_no_statement_can_mean() {
    let pools = "cognito-identity.amazonaws.com";
    let regional =
        "Effect: Allow, Principal: {Service: cognito-identity.us-east-1.amazonaws.com}, Action: 'sts:AssumeRole'";
    let misspelt = format!(
        "Effect: Allow, Principal: {{Federated: {pools}}}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: \
         {{StringEquals: {{'{pools}:audience': 'us-east-1:00000000-0000-4000-8000-000000000001'}}}}"
    );
    each(&[(regional, &["CGT010 error"]), (&misspelt, &["TRU004 warning"])]);
    let federated = |name: &str| {
        format!("Effect: Allow, Principal: {{Federated: {name}}}, Action: 'sts:AssumeRoleWithWebIdentity'")
    };
    let regional = federated("cognito-identity.us-east-1.amazonaws.com");
    let of_china = federated("cognito-identity.cn-north-1.amazonaws.com.cn");
    each(&[(&regional, &["CGT010 error"]), (&of_china, &[])]);
}

#[test]
fn names_of_services_before_a_suffix_of_the_deployment() {
    let of = |name: &str| {
        format!("Effect: Allow, Principal: {{Service: !Sub '{name}.${{AWS::URLSuffix}}'}}, Action: 'sts:AssumeRole'")
    };
    each(&[(&of("Lambda"), &["SVC002 error"]), (&of("lambda"), &[])]);
}

#[test]
fn what_no_pool_passes_is_told_as_certain() {
    let pools = "cognito-identity.amazonaws.com";
    let asking = |aud: &str, operator: &str, amr: &str| {
        format!(
            "Effect: Allow, Principal: {{Federated: {pools}}}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: \
             {{StringLike: {{'{pools}:aud': '{aud}'}}, '{operator}': {{'{pools}:amr': {amr}}}}}"
        )
    };
    let arn = asking("arn:*", "ForAnyValue:StringEquals", "authenticated");
    let wide = asking("us-*", "ForAnyValue:StringEquals", "authenticated");
    each(&[(&arn, &["CGT005 error"]), (&wide, &["CGT004 error"])]);
    let headline = |amr: &str| {
        let own = "us-east-1:00000000-0000-4000-8000-000000000001";
        let statement = asking(own, "StringEquals", amr);
        let template = format!(
            "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
             Version: '2012-10-17'\n        Statement: [{{{statement}}}]\n"
        );
        let found = check_texts(vec![("template.yaml".to_owned(), template)]).findings;
        found.into_iter().filter(|one| one.rule == "CGT006").map(|one| one.message).collect::<Vec<_>>()
    };
    assert_eq!(headline("nobody"), ["R refuses signed-in users"]);
    assert_eq!(headline("authenticated"), ["whether R takes signed-in users is not documented"]);
}

/// What a signed request says of its caller is known of those whom a statement names.
#[test]
fn nobody_whom_a_statement_names_passes_its_conditions() {
    let allow = |principal: &str, condition: &str| {
        format!("Effect: Allow, Principal: {{AWS: '{principal}'}}, Action: 'sts:AssumeRole', Condition: {condition}")
    };
    let deny = |principal: &str, condition: &str| {
        format!(
            "Effect: Allow, Principal: {{AWS: '{principal}'}}, Action: 'sts:AssumeRole'}}\n          - {{Effect: Deny, \
             Principal: {{AWS: '*'}}, Action: 'sts:AssumeRole', Condition: {condition}"
        )
    };
    let (account, role) = ("210987654321", "arn:aws:iam::210987654321:role/ci");
    for dead in [
        allow(account, "{StringEquals: {aws:PrincipalAccount: '210987654322'}}"),
        allow(account, "{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::210987654322:role/*'}}"),
        allow(role, "{ArnEquals: {aws:PrincipalArn: 'arn:aws:iam::210987654321:role/cd'}}"),
        deny(account, "{StringNotEquals: {aws:PrincipalAccount: '210987654322'}}"),
        // Of a session the key has the role's ARN.
        deny(role, "{ArnNotLike: {aws:PrincipalArn: 'arn:aws:sts::210987654321:assumed-role/ci/*'}}"),
    ] {
        assert_eq!(said(&dead), ["TRU004 warning"], "{dead}");
    }
    for alive in [
        allow(account, "{StringEquals: {aws:PrincipalAccount: '210987654321', sts:ExternalId: abcdefghij}}"),
        allow(
            account,
            "{ArnLike: {aws:PrincipalArn: 'arn:*:iam::2109*:role/*'}, StringEquals: {sts:ExternalId: abcdefghij}}",
        ),
        allow(role, "{ArnEquals: {aws:PrincipalArn: 'arn:aws:iam::210987654321:role/ci'}}"),
        allow(
            "arn:aws:sts::210987654321:assumed-role/ci/s",
            "{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::210987654321:role/*/ci'}}",
        ),
        deny(role, "{StringNotEquals: {aws:PrincipalAccount: '210987654321'}}"),
    ] {
        assert!(said(&alive).is_empty(), "{alive}: {:?}", said(&alive));
    }
}

/// The same tests of a statement that denies whoever does not pass them.
#[test]
fn everybody_beside_a_denied_rest() {
    let star = |condition: &str| {
        format!(
            "Effect: Allow, Principal: {{AWS: '*'}}, Action: ['sts:AssumeRole', 'sts:TagSession']}}\n          - \
             {{Effect: Deny, Principal: {{AWS: '*'}}, Action: 'sts:AssumeRole', Condition: {condition}"
        )
    };
    for (condition, expected) in [
        ("{StringNotEquals: {sts:RoleSessionName: ci}}", "XAC002 error"),
        ("{StringNotLike: {sts:RoleSessionName: '${aws:username}'}}", "XAC002 error"),
        ("{StringNotEquals: {sts:ExternalId: secret-id-0001}}", "XAC002 warning"),
        ("{'Null': {sts:ExternalId: 'true'}}", "XAC002 warning"),
        ("{StringNotEquals: {'aws:RequestTag/team': red}}", "XAC002 error"),
        ("{BoolIfExists: {aws:MultiFactorAuthPresent: 'false'}}", "XAC002 error"),
        ("{NotIpAddress: {aws:SourceIp: 203.0.113.0/24}}", "XAC002 warning"),
        ("{NotIpAddress: {aws:SourceIp: 203.0.113.7}}", "XAC002 info"),
        ("{NotIpAddress: {aws:SourceIp: 0.0.0.0/0}}", "XAC002 error"),
        ("{Bool: {aws:SecureTransport: 'false'}}", "XAC001 error"),
    ] {
        let said = said(&star(condition));
        let said: Vec<&String> = said.iter().filter(|one| one.starts_with("XAC00")).collect();
        assert_eq!(said, [expected], "{condition}");
    }
    assert!(said(&star("{StringNotEquals: {aws:PrincipalOrgID: o-exampleorgid}}")).is_empty());
}

#[test]
fn accounts_and_what_is_asked_of_them() {
    let account = |condition: &str| {
        format!("Effect: Allow, Principal: {{AWS: '210987654321'}}, Action: 'sts:AssumeRole', Condition: {condition}")
    };
    for (condition, expected) in [
        ("{StringEquals: {aws:PrincipalOrgID: o-exampleorgid}}", None),
        ("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::210987654321:role/ci-*'}}", None),
        ("{StringEqualsIfExists: {aws:PrincipalOrgID: o-exampleorgid}}", Some("XAC010 warning")),
        ("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:role/x'}}", Some("XAC010 info")),
        ("{ArnLike: {aws:PrincipalArn: 'arn:aws:sts::210987654321:assumed-role/x/*'}}", Some("XAC010 error")),
        ("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::12345:role/x'}}", Some("XAC005 error")),
        ("{StringEquals: {sts:ExternalId: ''}}", Some("XAC007 error")),
        ("{StringEquals: {sts:ExternalId: has space}}", Some("XAC007 error")),
        ("{StringEquals: {sts:ExternalId: '210987654321'}}", Some("XAC007 info")),
        ("{StringEquals: {sts:ExternalId: !Ref AWS::StackName}}", Some("XAC007 info")),
        ("{StringEquals: {sts:ExternalId: short}}", Some("XAC007 info")),
        // Whether an id that anybody may send could be guessed is no second mistake.
        ("{StringEqualsIfExists: {sts:ExternalId: short}}", Some("XAC007 warning")),
        ("{StringNotEquals: {sts:ExternalId: short}}", Some("XAC007 warning")),
        ("{'Null': {sts:ExternalId: 'false'}}", Some("XAC007 warning")),
        ("{StringEquals: {sts:ExternalId: long-enough-for-it}}", None),
    ] {
        assert_eq!(said(&account(condition)), Vec::from_iter(expected), "{condition}");
    }
}

#[test]
fn recipients_in_partitions_whose_sign_in_nobody_knows() {
    let aud = |partition: &str| {
        format!(
            "Effect: Allow, Principal: {{Federated: 'arn:{partition}:iam::111122223333:saml-provider/idp'}}, \
             Action: 'sts:AssumeRoleWithSAML', Condition: {{StringEquals: {{SAML:aud: 'https://signin.example.eu/saml'}}}}"
        )
    };
    assert!(said(&aud("aws-eusc")).is_empty());
    assert_eq!(said(&aud("aws")), ["SML002 error"]);
}

#[test]
fn principals_that_are_nobody() {
    each(&[
        (
            "Effect: Allow, Principal: {AWS: ['210987654321', '310987654321']}, Action: 'sts:AssumeRole', \
             Condition: {ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:role/x'}}",
            &["XAC010 warning"],
        ),
        ("Effect: Allow, Principal: {AWS: 012345670123}, Action: 'sts:AssumeRole'", &["XAC005 error"]),
        ("Effect: Allow, Principal: {AWS: '012345670123'}, Action: 'sts:AssumeRole'", &[]),
        ("Effect: Allow, Principal: {AWS: 2109-8765-4321}, Action: 'sts:AssumeRole'", &["XAC005 error"]),
        ("Effect: Allow, Principal: {AWS: 'arn:aws:iam:::root'}, Action: 'sts:AssumeRole'", &["XAC005 error"]),
        (
            "Effect: Allow, Principal: {AWS: 'arn:aws:iam::210987654321:role/deploy'}, Action: 'sts:AssumeRole'",
            &["XAC009 error possible"],
        ),
        (
            "Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:role/deploy'}, Action: 'sts:AssumeRole'",
            &["XAC009 error"],
        ),
        ("Effect: Allow, Principal: {Service: lambda.*.amazonaws.com}, Action: 'sts:AssumeRole'", &["SVC002 error"]),
        ("Effect: Allow, Principal: {Service: '*.amazonaws.com'}, Action: 'sts:AssumeRole'", &["SVC002 error"]),
        ("Effect: Allow, Principal: {Service: ssm.me-south-1.amazonaws.com}, Action: 'sts:AssumeRole'", &[]),
    ]);
}

#[test]
fn one_mistake_is_told_once() {
    let deny = "Effect: Allow, Principal: {AWS: 'arn:aws:iam::210987654321:role/x'}, Action: 'sts:AssumeRole'}\n          \
                - {Effect: Deny, NotPrincipal: {AWS: 'arn:aws:iam::210987654321:role/y'}, Action: 'sts:*'";
    let messages = "Effect: Allow, Principal: {Service: cognito-idp.amazonaws.com}, Action: 'sts:AssumeRole', Condition: \
                    {StringEquals: {'cognito-identity.amazonaws.com:aud': \
                    'us-east-1:12345678-1234-4234-8234-123456789012'}}";
    each(&[
        // That nobody gets in follows.
        (deny, &["XAC004 error"]),
        (messages, &["CGT010 error"]),
    ]);
    let default = "Parameters: {P: {Type: Number, Default: 21098765}}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    \
                   Properties:\n      AssumeRolePolicyDocument:\n        Statement:\n          - {Effect: Allow, \
                   Principal: {AWS: !Ref P}, Action: 'sts:AssumeRole'}\n";
    let outcome = check_texts(vec![("template.yaml".to_owned(), default.to_owned())]);
    let rules: Vec<&str> = outcome.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["XAC005"]);
}

#[test]
fn actions_and_services() {
    each(&[
        (
            "Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: ['sts:AssumeRole', 's3:*']",
            &["TRU005 error"],
        ),
        ("Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRoleWith*'", &["TRU001 error"]),
        ("Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole*'", &["TRU005 info"]),
        ("Effect: Allow, Principal: {AWS: '*'}, Action: 'sts:AssumeRoleWithWebIdentity'", &["TRU001 warning"]),
        (
            "Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRoleWithSAML', Resource: '*'",
            &["TRU001 error", "TRU005 error"],
        ),
        (
            "Effect: Allow, Principal: {Service: rolesanywhere.amazonaws.com}, \
             Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], \
             Condition: {ArnLike: {aws:SourceArn: '*'}}",
            &["SVC008 warning"],
        ),
        (
            "Effect: Allow, Principal: {Service: rolesanywhere.amazonaws.com}, Action: 'sts:TagSession'",
            &["SVC008 error"],
        ),
        ("Effect: Allow, Principal: {Service: pods.eks.amazonaws.com}, Action: 'sts:TagSession'", &["SVC007 error"]),
    ]);
}

/// What is said of a role with this statement and what it may do, a property of it.
fn said_of(statement: &str, permissions: &str) -> Vec<String> {
    let template = format!(
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      {permissions}\n      \
         AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - {{{statement}}}\n"
    );
    let outcome = check_texts(vec![("template.yaml".to_owned(), template)]);
    // How GitHub has written subjects since 2025 is told of each pattern that fits the old form only.
    let told = outcome.findings.iter().filter(|finding| finding.rule != "OID005");
    told.map(|finding| format!("{} {}", finding.rule, finding.severity.name())).collect()
}

const ADMIN: &str = "ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess']";
const READER: &str = "ManagedPolicyArns: ['arn:aws:iam::aws:policy/job-function/ViewOnlyAccess']";
const ELSEWHERE: &str = "ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/made-by-hand']";
const WRITER: &str =
    "Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 's3:PutObject', Resource: '*'}}}]";
const BOUNDED: &str = "PermissionsBoundary: 'arn:aws:iam::111122223333:policy/b'\n      \
                       ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']";
const ALL_OF_IAM: &str =
    "Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 'iam:*', Resource: '*'}}}]";

/// What a role may do says how bad an open subject is; AWS's own managed policies count.
#[test]
fn open_subjects_of_roles_that_may_do_much_or_little() {
    let web = |issuer: &str, tests: &str| {
        format!(
            "Effect: Allow, Principal: {{Federated: 'arn:aws:iam::111122223333:oidc-provider/{issuer}'}}, Action: \
             'sts:AssumeRoleWithWebIdentity', Condition: {{{tests}}}"
        )
    };
    let github = "token.actions.githubusercontent.com";
    let of_github = |sub: &str| {
        web(
            github,
            &format!("StringEquals: {{'{github}:aud': sts.amazonaws.com}}, StringLike: {{'{github}:sub': '{sub}'}}"),
        )
    };
    let cluster = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
    let any_pod = web(cluster, &format!("StringEquals: {{'{cluster}:aud': sts.amazonaws.com}}"));
    let terraform = web(
        "app.terraform.io",
        "StringEquals: {'app.terraform.io:aud': aws.workload.identity}, StringLike: {'app.terraform.io:sub': \
         'organization:acme:project:web:workspace:prod:run_phase:*'}",
    );
    let (owner, repository) = (of_github("repo:acme/*"), of_github("repo:acme/app:*"));
    for (statement, permissions, expected) in [
        (&owner, ADMIN, Some("OID003 error")),
        (&owner, ALL_OF_IAM, Some("OID003 error")),
        (&owner, BOUNDED, Some("OID003 warning")),
        (&owner, WRITER, Some("OID003 warning")),
        (&owner, ELSEWHERE, Some("OID003 warning")),
        (&owner, READER, Some("OID003 info")),
        (&owner, "Path: /", Some("OID003 warning")),
        (&repository, ADMIN, Some("OID004 warning")),
        (&repository, WRITER, Some("OID004 warning")),
        (&repository, READER, Some("OID004 info")),
        (&repository, ELSEWHERE, Some("OID004 info")),
        // Of a form that somebody has chosen it is not known who else has it.
        (&of_github("repository_owner_id:12345:*"), ADMIN, Some("OID002 warning")),
        (&of_github("repository_owner_id:12345"), ADMIN, None),
        (&any_pod, ADMIN, Some("OID011 error")),
        (&any_pod, WRITER, Some("OID011 warning")),
        (&terraform, WRITER, Some("OID010 info")),
        (&terraform, READER, None),
    ] {
        assert_eq!(said_of(statement, permissions), Vec::from_iter(expected), "{permissions}\n{statement}");
    }
}

#[test]
fn each_statement_and_each_subject_is_told() {
    let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let key = "token.actions.githubusercontent.com";
    let with = |condition: &str| {
        format!(
            "Effect: Allow, Principal: {{Federated: '{provider}'}}, Action: 'sts:AssumeRoleWithWebIdentity', \
             Condition: {condition}"
        )
    };
    let subjects =
        |list: &str| with(&format!("{{StringEquals: {{'{key}:aud': x}}, StringLike: {{'{key}:sub': {list}}}}}"));
    let two = |one: &str, other: &str| format!("{}}}\n          - {{{}", subjects(one), subjects(other));
    for (statements, expected) in [
        (two("'repo:acme*'", "'repo:beta*'"), &["OID002 error", "OID002 error"][..]),
        (two("'repo:acme*'", "'repo:beta/*'"), &["OID002 error", "OID003 warning"]),
        (subjects("['repo:acme*', 'repo:beta/*']"), &["OID002 error", "OID003 warning"]),
        (subjects("['repo:acme*', 'repo:beta*']"), &["OID002 error"]),
        (two("'repo:acme/a:ref:refs/heads/main'", "'repo:acme/b:ref:refs/heads/main'"), &[]),
    ] {
        let mut said = said(&statements);
        said.retain(|one| !one.starts_with("OID005"));
        said.sort();
        assert_eq!(said, expected, "{statements}");
    }
}

#[test]
fn projects_of_a_tenant_that_a_claim_or_the_issuer_names() {
    let case = |provider: &str, condition: &str| {
        format!(
            "Effect: Allow, Principal: {{Federated: 'arn:aws:iam::111122223333:oidc-provider/{provider}'}}, \
             Action: 'sts:AssumeRoleWithWebIdentity', Condition: {condition}"
        )
    };
    let github = |condition: &str| {
        case("token.actions.githubusercontent.com", &condition.replace("~", "token.actions.githubusercontent.com"))
    };
    let gitlab = |condition: &str| case("gitlab.com", &condition.replace("~", "gitlab.com"));
    let circle = |condition: &str| {
        let issuer = "oidc.circleci.com/org/11111111-2222-3333-4444-555555555555";
        case(issuer, &condition.replace("~", issuer))
    };
    for (statement, expected) in [
        (
            github("{StringEquals: {'~:aud': x, '~:repository_owner_id': '1'}, StringLike: {'~:sub': 'repo:*'}}"),
            Some("OID003 warning"),
        ),
        (github("{StringEquals: {'~:aud': x, '~:repository': acme/app}, StringLike: {'~:sub': 'repo:acme/*'}}"), None),
        (
            github("{StringEquals: {'~:aud': x}, StringLike: {'~:repository': 'acme/*', '~:sub': 'repo:acme/*'}}"),
            Some("OID003 warning"),
        ),
        (
            gitlab("{StringEquals: {'~:aud': x, '~:namespace_id': '1'}, StringLike: {'~:sub': 'project_path:*'}}"),
            Some("OID010 warning"),
        ),
        (
            gitlab(
                "{StringEquals: {'~:aud': x, '~:namespace_id': '1', '~:project_id': '2'}, StringLike: {'~:sub': 'project_path:*'}}",
            ),
            None,
        ),
        (circle("{StringEquals: {'~:aud': x}}"), Some("OID010 warning")),
        (circle("{StringEquals: {'~:aud': x}, StringLike: {'~:sub': '*/project/*'}}"), Some("OID010 warning")),
        (circle("{StringEquals: {'~:aud': x, '~:oidc.circleci.com/project-id': 4567cdef}}"), None),
    ] {
        let mut said = said(&statement);
        said.retain(|one| !one.ends_with(" info"));
        assert_eq!(said, Vec::from_iter(expected), "{statement}");
    }
}

#[test]
fn patterns_for_the_account_of_a_source() {
    let amplify = |pattern: &str| {
        format!(
            "Effect: Allow, Principal: {{Service: amplify.amazonaws.com}}, Action: 'sts:AssumeRole', \
             Condition: {{StringLike: {{aws:SourceAccount: '{pattern}'}}}}"
        )
    };
    for pattern in ["????????????", "9*", "*9", "1111*"] {
        assert_eq!(said(&amplify(pattern)), ["SVC006 warning"], "{pattern}");
    }
    assert!(said(&amplify("210987654321")).is_empty());
}

/// What a statement with `NotPrincipal` denies, and what the fix of it does: callers of accounts and by their names.
#[test]
fn whom_a_deny_of_all_others_spares() {
    let (account, other) = ("210987654321", "543210987654");
    let policy = |deny: &str| {
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \"Principal\": {{\"AWS\": \"*\"}}, \
             \"Action\": \"sts:AssumeRole\"}}, {{\"Effect\": \"Deny\", \"Action\": \"sts:AssumeRole\", {deny}}}]}}"
        )
    };
    let decided = |deny: &str, account: &str, name: &str| {
        let arn = format!("arn:aws:iam::{account}:role/{name}");
        let line = format!(
            "{{\"policy\": {}, \"request\": {{\"principal\": {{\"type\": \"AWS\", \"value\": \"{arn}\"}}, \
             \"action\": \"sts:AssumeRole\", \"resource\": \"*\", \"context\": \
             {{\"aws:PrincipalArn\": \"{arn}\", \"aws:PrincipalAccount\": \"{account}\"}}}}}}",
            policy(deny)
        );
        let line = parse_json(FileId(0), &Arc::from(line));
        let Question { policy, request } = question(&line).unwrap_or_else(|fault| panic!("{}", fault.message));
        evaluate(&policy, &request, &Symbols::default()).truth
    };
    let role = format!("arn:aws:iam::{account}:role/deployer");
    let before = format!("\"NotPrincipal\": {{\"AWS\": [\"{other}\", \"{role}\"]}}");
    let after = format!(
        "\"Principal\": {{\"AWS\": \"*\"}}, \"Condition\": {{\"ArnNotEquals\": {{\"aws:PrincipalArn\": \"{role}\"}}, \
         \"StringNotEquals\": {{\"aws:PrincipalAccount\": \"{other}\"}}}}"
    );
    for (account, name, gets_in) in [
        (account, "deployer", true),
        (account, "intern", false),
        (other, "deployer", true),
        (other, "intern", true),
        ("310987654321", "deployer", false),
    ] {
        let expected = Truth::from(gets_in);
        assert_eq!(decided(&before, account, name), expected, "NotPrincipal, {account} {name}");
        assert_eq!(decided(&after, account, name), expected, "the fix, {account} {name}");
    }
}

/// An organization of which only the request says which one it is keeps strangers out, whoever is named beside it.
#[test]
fn the_organization_of_the_role_is_asked_for() {
    for principal in ["'210987654321'", "'arn:aws:iam::210987654321:role/x'", "'arn:aws:iam::210987654321:user/x'"] {
        let template = format!(
            "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
             Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Principal: {{AWS: \
             {principal}}}\n            Action: sts:AssumeRole\n            Condition: {{StringEquals: \
             {{'aws:PrincipalOrgID': '${{aws:ResourceOrgID}}'}}}}\n"
        );
        let outcome = rolecall::run::check_texts(vec![("t.yaml".to_owned(), template)]);
        let told: Vec<&str> = outcome.findings.iter().map(|finding| finding.rule).collect();
        assert!(!told.contains(&"XAC006") && !told.contains(&"XAC010"), "{principal}: {told:?}");
    }
}

/// The severities of one rule on a role with these statements, each with whether its fix may be made unseen.
fn fixes_of(rule: &str, statements: &[&str]) -> Vec<(Severity, Option<bool>)> {
    let statements: Vec<String> = statements.iter().map(|one| format!("          - {{{one}}}\n")).collect();
    let template = format!(
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
         Version: '2012-10-17'\n        Statement:\n{}",
        statements.concat()
    );
    let outcome = check_texts(vec![("template.yaml".to_owned(), template)]);
    let own = outcome.findings.iter().filter(|finding| finding.rule == rule);
    let is_safe = |finding: &Finding| finding.fix.as_ref().map(|fix| fix.applicability == Applicability::Safe);
    own.map(|finding| (finding.severity, is_safe(finding))).collect()
}

#[test]
fn each_statement_without_an_external_id_is_a_mistake_of_its_own() {
    let of = |account: &str| {
        format!(
            "Effect: Allow, Principal: {{AWS: '{account}'}}, Action: 'sts:AssumeRole', \
             Condition: {{StringEqualsIfExists: {{'sts:ExternalId': 4f6c1a52-partner}}}}"
        )
    };
    let both = [of("999988887777"), of("999988886666")];
    let both = both.each_ref().map(String::as_str);
    // The accounts may be the role's own, as far as the template says.
    let found = fixes_of("XAC007", &both);
    assert_eq!(found.iter().map(|(_, safe)| *safe).collect::<Vec<_>>(), [Some(true); 2]);
    assert_eq!(fixes_of("XAC006", &both), []);
}

#[test]
fn what_a_service_may_lack_is_asked_for_by_no_safe_fix() {
    let external = "Effect: Allow, Principal: {AWS: '999988887777', Service: cognito-idp.amazonaws.com}, Action: \
                    'sts:AssumeRole', Condition: {StringEqualsIfExists: {'sts:ExternalId': 4f6c1a52-partner}}";
    let found = fixes_of("XAC007", &[external]);
    assert!(found.iter().all(|(_, safe)| *safe != Some(true)) && found.len() == 1, "{found:?}");
    let factor = "Effect: Allow, Principal: {AWS: '999988887777', Service: lambda.amazonaws.com}, Action: \
                  'sts:AssumeRole', Condition: {BoolIfExists: {'aws:MultiFactorAuthPresent': 'true'}}";
    let found = fixes_of("XAC010", &[factor]);
    assert!(found.iter().all(|(_, safe)| *safe != Some(true)) && found.len() == 1, "{found:?}");
}

/// Everybody is trusted whose account's number has some digits.
#[test]
fn accounts_whose_numbers_begin_alike() {
    let of =
        |test: &str| format!("Effect: Allow, Principal: {{AWS: '*'}}, Action: 'sts:AssumeRole', Condition: {{{test}}}");
    let by_name = of("StringLike: {'aws:PrincipalArn': 'arn:aws:iam::2222*:role/ci'}");
    let by_arn = of("ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::2222*:role/ci'}");
    let by_number = of("StringLike: {'aws:PrincipalAccount': '22223333444?'}");
    let one = of("StringLike: {'aws:PrincipalAccount': '222233334444'}");
    each(&[(&by_name, &["XAC001 error"]), (&by_arn, &["XAC001 error"]), (&by_number, &["XAC001 error"]), (&one, &[])]);
}

/// A deputy has what its customer asks of it, whomever it works for: only an id tells its customers apart.
#[test]
fn what_a_vendor_has_anyway_tells_its_customers_not_apart() {
    let with = |condition: &str| {
        let template = format!(
            "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
             Statement:\n          - {{Effect: Allow, Principal: {{AWS: '210987654321'}}, Action: ['sts:AssumeRole', \
             'sts:TagSession', 'sts:SetSourceIdentity'], Condition: {condition}}}\n"
        );
        let findings = check_texts(vec![("template.yaml".to_owned(), template)]).findings;
        findings.iter().any(|finding| finding.rule == "XAC006")
    };
    for deputy in [
        "{IpAddress: {aws:SourceIp: 203.0.113.0/24}}",
        "{StringEquals: {aws:SourceVpce: vpce-0123456789abcdef0}}",
        "{StringEquals: {aws:RequestTag/team: blue}}",
        "{StringLike: {sts:SourceIdentity: '*'}}",
        "{DateLessThan: {aws:CurrentTime: '2099-01-01T00:00:00Z'}}",
    ] {
        assert!(with(deputy), "{deputy}");
    }
    for closed in ["{StringEquals: {sts:ExternalId: abcdefghij}}", "{StringEquals: {aws:PrincipalOrgID: o-abcdefghij}}"]
    {
        assert!(!with(closed), "{closed}");
    }
}

#[test]
fn an_account_is_the_same_by_its_number_and_by_its_arn() {
    let statement = "Effect: Allow, Principal: {AWS: '210987654321'}, Action: 'sts:AssumeRole', Condition: {StringEquals: \
                     {aws:PrincipalOrgID: o-abcdefghij}}}\n          - {Effect: Allow, Principal: {AWS: \
                     'arn:aws:iam::210987654321:root'}, Action: 'sts:AssumeRole'";
    assert_eq!(said(statement), ["TRU006 warning"]);
}

/// Whoever is trusted by two statements gets in by the one that is left, when the other is mended.
#[test]
fn each_statement_that_keeps_nobody_out_is_a_mistake_of_its_own() {
    let of = |principal: &str, condition: &str| {
        format!(
            "Effect: Allow, Principal: {{AWS: '{principal}'}}, Action: 'sts:AssumeRole', Condition: {{{condition}}}"
        )
    };
    let severities = |rule: &str, statements: [String; 2]| {
        let found = fixes_of(rule, &statements.each_ref().map(String::as_str));
        found.into_iter().map(|(severity, _)| severity).collect::<Vec<_>>()
    };
    let chosen = [
        of("*", "StringEquals: {'sts:ExternalId': 4f6c1a52-partner}"),
        of("*", "IpAddress: {'aws:SourceIp': 8.0.0.0/8}"),
    ];
    assert_eq!(severities("XAC002", chosen), [Severity::Warning; 2]);
    let bypassed = [
        of("*", "StringEqualsIfExists: {'aws:PrincipalOrgID': o-abcdefghij}"),
        of("*", "StringLike: {'aws:PrincipalOrgID': 'o-*'}"),
    ];
    assert_eq!(severities("XAC010", bypassed), [Severity::Error; 2]);
    let factor = "BoolIfExists: {'aws:MultiFactorAuthPresent': 'true'}";
    let accounts = || [of("999988887777", factor), of("999988886666", factor)];
    assert_eq!(severities("XAC010", accounts()), [Severity::Warning; 2]);
    // A statement of the open kind says more than one of the other, and neither speaks for it.
    let mixed = || {
        [
            of("*", "StringLike: {'aws:PrincipalArn': '*'}"),
            of("*", "StringEquals: {'sts:ExternalId': 4f6c1a52-partner}"),
        ]
    };
    assert_eq!(severities("XAC001", mixed()), [Severity::Error]);
    assert_eq!(severities("XAC002", mixed()), [Severity::Warning]);
}

/// Parts of numbers of accounts of which the deployment gives the rest.
#[test]
fn numbers_of_accounts_with_a_part_that_is_not_known() {
    let principal = |text: &str| format!("Effect: Allow, Principal: {{AWS: !Sub '{text}'}}, Action: 'sts:AssumeRole'");
    let is_wrong = |text: &str| said(&principal(text)).contains(&"XAC005 error".to_owned());
    for wrong in
        ["arn:aws:iam::1${AWS::AccountId}:root", "arn:aws:iam::${AWS::AccountId}x:role/a", "acct-${AWS::AccountId}"]
    {
        assert!(is_wrong(wrong), "{wrong}: {:?}", said(&principal(wrong)));
    }
    for right in [
        "arn:aws:iam::${AWS::AccountId}:root",
        "${AWS::AccountId}",
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:root",
    ] {
        assert!(!is_wrong(right), "{right}: {:?}", said(&principal(right)));
    }
}
