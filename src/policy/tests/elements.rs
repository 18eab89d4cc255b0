use serde_json::{Value as Json, json};

use super::decided;
use crate::value::Truth::{self, False, True, Unknown};

fn ask(statement: Json, action: &str, resource: Option<&str>) -> Truth {
    let mut line = json!({
        "policy": {"Version": "2012-10-17", "Statement": statement},
        "principal": {"type": "AWS", "value": "arn:aws:iam::111122223333:user/u"}, "action": action,
        "context": {"aws:username": "bob", "wild": "*"},
    });
    if let Some(resource) = resource {
        line["resource"] = json!(resource);
    }
    decided(&line)
}

#[test]
fn actions_and_their_exceptions() {
    for (listed, expected) in [
        (json!("s3:GetObject"), True),
        (json!("S3:getobject"), True),
        (json!("s3:Get*"), True),
        (json!("s3:Get?bject"), True),
        (json!("*"), True),
        (json!("s3:PutObject"), False),
        (json!(["s3:PutObject", "s3:*"]), True),
        (json!("s3"), False),
        // What AWS refuses is not certain to speak of nothing.
        (json!([]), Unknown),
        (json!(null), Unknown),
        (json!(5), Unknown),
        (json!({"Ref": "Action"}), Unknown),
        (json!(["s3:PutObject", null]), Unknown),
        (json!(["s3:GetObject", null]), True),
    ] {
        let only = ask(json!({"Effect": "Allow", "Action": listed, "Resource": "*"}), "s3:GetObject", None);
        let but = ask(json!({"Effect": "Allow", "NotAction": listed, "Resource": "*"}), "s3:GetObject", None);
        assert_eq!((only, but), (expected, !expected), "{listed}");
    }
    assert_eq!(ask(json!({"Effect": "Allow", "Resource": "*"}), "s3:GetObject", None), Unknown);
}

#[test]
fn resources_and_their_exceptions() {
    let bucket = "arn:aws:s3:::bucket/folder/key";
    let queue = "arn:aws:sqs:us-east-1:111122223333:q";
    for (listed, resource, expected) in [
        (json!("*"), Some(bucket), True),
        (json!("*"), None, True),
        (json!("arn:aws:s3:::bucket/*"), None, Unknown),
        (json!("arn:aws:s3:::bucket/*"), Some(bucket), True),
        (json!("arn:aws:s3:::bucket/*/key"), Some(bucket), True),
        (json!("arn:aws:s3:::bucke?/folder/key"), Some(bucket), True),
        (json!("arn:aws:s3:::bucket"), Some(bucket), False),
        (json!("arn:aws:s3:::Bucket/*"), Some(bucket), False),
        (json!(["arn:aws:s3:::a", "arn:aws:s3:::b*"]), Some(bucket), True),
        (json!("arn:aws-cn:s3:::bucket/*"), Some(bucket), False),
        (json!("arn:aws:sqs:*:*:q"), Some(queue), True),
        (json!("arn:aws:sqs:*:q"), Some(queue), Unknown),
        (json!("arn:aws:sqs:*x:q"), Some(queue), False),
        // "AWS automatically completes the ARN by adding wildcard characters to all missing fields".
        (json!("arn:aws:sqs"), Some(queue), True),
        (json!("arn:aws:sns"), Some(queue), False),
        (json!("arn:aws:sqs*"), Some(queue), True),
        (json!("*"), Some("*"), True),
        (json!("arn:aws:s3:::b"), Some("*"), False),
        (json!([]), Some(bucket), Unknown),
        (json!(null), Some(bucket), Unknown),
        (json!(5), Some(bucket), Unknown),
        (json!(["arn:aws:s3:::c", true]), Some(bucket), Unknown),
        (json!(["arn:aws:s3:::bucket/*", {}]), Some(bucket), True),
        (json!("execute-api:/*"), Some(bucket), Unknown),
    ] {
        let only = ask(json!({"Effect": "Allow", "Action": "*", "Resource": listed}), "s3:GetObject", resource);
        let but = ask(json!({"Effect": "Allow", "Action": "*", "NotResource": listed}), "s3:GetObject", resource);
        assert_eq!((only, but), (expected, !expected), "{listed} {resource:?}");
    }
}

#[test]
fn variables_in_resources() {
    let home = "arn:aws:s3:::bucket/bob/key";
    let resource = |pattern: &str, element: &str| {
        ask(json!({"Effect": "Allow", "Action": "*", element: pattern}), "s3:GetObject", Some(home))
    };
    assert_eq!(resource("arn:aws:s3:::bucket/${aws:username}/*", "Resource"), True);
    assert_eq!(resource("arn:aws:s3:::bucket/${aws:username}x/*", "Resource"), False);
    assert_eq!(resource("arn:aws:s3:::bucket/${absent}/*", "Resource"), False, "it matches nothing");
    assert_eq!(resource("arn:aws:s3:::bucket/${absent}/*", "NotResource"), Unknown);
    assert_eq!(resource("arn:aws:s3:::bucket/${absent, 'bob'}/*", "Resource"), True);
    assert_eq!(resource("arn:aws:s3:::bucket/${wild}", "Resource"), Unknown);
    assert_eq!(resource("arn:aws:${aws:username}:::bucket/*", "Resource"), Unknown, "not before the fifth colon");
}

#[test]
fn a_resource_policy_is_completed_or_not() {
    let ask = |pattern: &str| {
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": pattern});
        ask(statement, "sqs:SendMessage", Some("arn:aws:sqs:us-east-1:111122223333:q"))
    };
    assert_eq!([ask("arn:aws:sqs"), ask("arn:aws:sns"), ask("arn:aws:sqs:*:*:q")], [Unknown, False, True]);
}

#[test]
fn deny_wins_and_nothing_allows_by_itself() {
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"});
    let perhaps = json!({"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"});
    let other = json!({"Effect": "Perhaps", "Action": "sqs:*", "Resource": "*"});
    for (statements, expected) in [
        (json!([]), False),
        (json!([deny]), False),
        (json!([allow, deny]), False),
        (json!([deny, allow]), False),
        (allow.clone(), True),
        (json!([allow, perhaps]), Unknown),
        (json!([perhaps]), Unknown),
        (json!([allow, other]), True),
        (json!([allow, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": null}]), Unknown),
        (json!([allow, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": null}}]), Unknown),
        (
            json!([allow, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"wild": null}}}]),
            Unknown,
        ),
    ] {
        assert_eq!(ask(statements.clone(), "s3:GetObject", None), expected, "{statements}");
    }
}
