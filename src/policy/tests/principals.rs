use serde_json::{Value as Json, json};

use super::decided;
use crate::value::Truth::{self, False, True, Unknown};

const USER: &str = "arn:aws:iam::111122223333:user/u";
const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const ROLE_WITH_PATH: &str = "arn:aws:iam::111122223333:role/team/app";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/s1";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const ACCOUNT: &str = "111122223333";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";

fn element(name: &str, effect: &str, named: &Json, kind: &str, value: &str) -> Truth {
    let allow = json!({"Effect": "Allow", "Principal": "*", "Action": "*"});
    let own = json!({"Effect": effect, name: named, "Action": "*"});
    let statements = if effect == "Allow" { json!([own]) } else { json!([allow, own]) };
    decided(&json!({
        "policy": {"Version": "2012-10-17", "Statement": statements},
        "principal": {"type": kind, "value": value}, "action": "sts:AssumeRole",
    }))
}

#[test]
fn whom_a_principal_covers() {
    for (named, kind, value, expected) in [
        (json!({"AWS": ACCOUNT}), "AWS", USER, True),
        (json!({"AWS": ACCOUNT}), "AWS", ROLE, True),
        (json!({"AWS": ACCOUNT}), "AWS", SESSION, True),
        (json!({"AWS": ACCOUNT}), "AWS", ROOT, True),
        (json!({"AWS": ACCOUNT}), "AWS", ACCOUNT, True),
        (json!({"AWS": 111122223333u64}), "AWS", USER, True),
        (
            json!({"AWS": "arn:aws:sts::111122223333:federated-user/f"}),
            "AWS",
            "arn:aws:sts::111122223333:federated-user/f",
            True,
        ),
        (json!({"AWS": ROOT}), "AWS", "arn:aws:sts::111122223333:federated-user/f", True),
        (json!({"AWS": ROOT}), "AWS", SESSION, True),
        (json!({"AWS": ROOT}), "AWS", ACCOUNT, True),
        (json!({"AWS": ROOT}), "AWS", "arn:aws:iam::999988887777:user/u", False),
        (json!({"AWS": ROOT}), "AWS", "arn:aws-cn:iam::111122223333:user/u", False),
        (json!({"AWS": "999988887777"}), "AWS", USER, False),
        (json!({"AWS": USER}), "AWS", "arn:aws:sts::111122223333:federated-user/u", Unknown),
        (json!({"AWS": USER}), "AWS", "arn:aws:sts::999988887777:federated-user/u", False),
        (json!({"AWS": "11112222333"}), "AWS", USER, False),
        (json!({"AWS": ROLE}), "AWS", ROLE, True),
        (json!({"AWS": ROLE}), "AWS", SESSION, True),
        (json!({"AWS": ROLE_WITH_PATH}), "AWS", SESSION, True),
        (json!({"AWS": "arn:aws:iam::111122223333:role/app2"}), "AWS", SESSION, False),
        (json!({"AWS": "arn:aws:iam::999988887777:role/app"}), "AWS", SESSION, False),
        (json!({"AWS": "arn:aws-us-gov:iam::111122223333:role/app"}), "AWS", SESSION, False),
        (json!({"AWS": ROLE}), "AWS", USER, False),
        (json!({"AWS": ROLE}), "AWS", ROOT, False),
        (json!({"AWS": SESSION}), "AWS", SESSION, True),
        (json!({"AWS": SESSION}), "AWS", ROLE, False),
        (json!({"AWS": SESSION}), "AWS", "arn:aws:sts::111122223333:assumed-role/app/s2", False),
        (json!({"AWS": USER}), "AWS", "arn:aws:iam::111122223333:user/U", False),
        (json!({"AWS": "arn:aws:iam::111122223333:user/*"}), "AWS", USER, False),
        (json!({"AWS": "arn:aws:iam::*:root"}), "AWS", USER, False),
        (json!({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}), "AWS", USER, Unknown),
        (json!({"AWS": "AROACKCEVSQ6C2EXAMPLE"}), "AWS", SESSION, Unknown),
        (json!({"AWS": "somebody"}), "AWS", USER, False),
        (json!({"AWS": ["999988887777", USER]}), "AWS", USER, True),
        (json!("*"), "AWS", USER, True),
        (json!("*"), "Federated", PROVIDER, True),
        (json!("*"), "CanonicalUser", "79a59df9", True),
        (json!("*"), "Service", "lambda.amazonaws.com", True),
        (json!({"AWS": "*"}), "AWS", USER, True),
        (json!({"AWS": "*"}), "Federated", PROVIDER, Unknown),
        (json!({"AWS": "*"}), "Service", "lambda.amazonaws.com", True),
        (json!({"AWS": ACCOUNT}), "Federated", PROVIDER, False),
        (json!({"AWS": ROOT}), "Service", "lambda.amazonaws.com", False),
        (json!({"Service": "lambda.amazonaws.com"}), "Service", "lambda.amazonaws.com", True),
        (json!({"Service": "ec2.amazonaws.com"}), "Service", "lambda.amazonaws.com", False),
        (json!({"Service": "*"}), "Service", "lambda.amazonaws.com", Unknown),
        (json!({"Federated": "*"}), "Federated", PROVIDER, Unknown),
        (json!({"Federated": PROVIDER}), "Federated", PROVIDER, True),
        (json!({"Federated": "cognito-identity.amazonaws.com"}), "Federated", "cognito-identity.amazonaws.com", True),
        (json!({"Federated": "accounts.google.com"}), "Federated", "cognito-identity.amazonaws.com", False),
        (json!({"Service": "cognito-identity.amazonaws.com"}), "Federated", "cognito-identity.amazonaws.com", False),
        (json!({"Federated": "lambda.amazonaws.com"}), "Service", "lambda.amazonaws.com", False),
        (json!({"CanonicalUser": "79a59df9"}), "CanonicalUser", "79a59df9", True),
        (json!({"CanonicalUser": "79a59df9"}), "AWS", USER, False),
        (json!({"AWS": ACCOUNT, "Federated": PROVIDER}), "Federated", PROVIDER, True),
        (json!({"Nobody": "*"}), "AWS", USER, Unknown),
        // What AWS refuses is not certain to name nobody.
        (json!(USER), "AWS", USER, Unknown),
        (json!(""), "AWS", USER, Unknown),
        (json!(null), "AWS", USER, Unknown),
        (json!({}), "AWS", USER, Unknown),
        (json!({"AWS": []}), "AWS", USER, Unknown),
        (json!({"Federated": []}), "AWS", USER, False),
        (json!({"AWS": null}), "AWS", USER, Unknown),
        (json!({"AWS": [null, USER]}), "AWS", USER, True),
    ] {
        assert_eq!(element("Principal", "Allow", &named, kind, value), expected, "{named} {kind} {value}");
        let inverted = element("NotPrincipal", "Allow", &named, kind, value);
        assert_eq!(inverted, !expected, "not {named} {kind} {value}");
    }
}

#[test]
fn an_account_number_is_of_the_partition_of_what_is_asked_for() {
    let of = |partition: &str, resource: &str| {
        let mut line = json!({
            "policy": {"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole",
            }},
            "principal": {"type": "AWS", "value": format!("arn:{partition}:iam::{ACCOUNT}:user/u")},
            "action": "sts:AssumeRole",
        });
        if !resource.is_empty() {
            line["resource"] = json!(resource);
        }
        decided(&line)
    };
    let role = "arn:aws:iam::111122223333:role/Target";
    assert_eq!((of("aws", role), of("aws-cn", role)), (True, False));
    assert_eq!((of("aws", ""), of("aws-cn", "")), (True, True), "nothing is asked for");
    assert_eq!(of("aws", "*"), True);
}

#[test]
fn not_principal_with_deny_keeps_the_named_in() {
    let named = json!({"AWS": [ROLE, ROOT]});
    assert_eq!(element("NotPrincipal", "Deny", &named, "AWS", SESSION), True);
    assert_eq!(element("NotPrincipal", "Deny", &named, "AWS", "arn:aws:iam::999988887777:user/u"), False);
}

#[test]
fn a_policy_without_principals_is_of_an_identity() {
    let ask = |statements: Json| {
        decided(&json!({
            "policy": {"Version": "2012-10-17", "Statement": statements},
            "principal": {"type": "AWS", "value": USER}, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k",
        }))
    };
    let plain = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    assert_eq!(ask(json!([plain])), True);
    let other = json!({"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "s3:*"});
    assert_eq!(ask(json!([plain, other])), False, "where one statement names a principal, the other names nobody");
}
