//! Services, and whom they act for.

use super::{Expected, check};

#[test]
fn services_and_whom_they_act_for() {
    let service = |name: &str, condition: &str, expected: &Expected<'_>| {
        check(
            &[&format!(
                "{{Effect: Allow, Principal: {{Service: {name}}}, Action: sts:AssumeRole, Condition: {condition}}}"
            )],
            expected,
        );
    };
    service(
        "amplify.amazonaws.com",
        "{}",
        &["+service/foreign-account", "+service/no-source-keys", "+service/own-account"],
    );
    let own = "!Ref AWS::AccountId";
    service(
        "amplify.amazonaws.com",
        &format!("{{StringEquals: {{aws:SourceAccount: {own}}}}}"),
        &["-service/foreign-account", "-service/no-source-keys", "+service/own-account"],
    );
    service(
        "amplify.amazonaws.com",
        &format!("{{StringEqualsIfExists: {{aws:SourceAccount: {own}}}}}"),
        &["-service/foreign-account", "+service/no-source-keys"],
    );
    service("amplify.amazonaws.com", "{ArnLike: {aws:SourceArn: '*'}}", &["+service/foreign-account"]);
    service(
        "amplify.amazonaws.com",
        "{ArnLike: {aws:SourceArn: 'arn:aws:amplify:*:*:apps/*'}}",
        &["+service/foreign-account"],
    );
    service(
        "amplify.amazonaws.com",
        "{ArnLike: {aws:SourceArn: !Sub 'arn:aws:amplify:eu-west-1:${AWS::AccountId}:apps/*'}}",
        &["-service/foreign-account", "+service/own-account"],
    );
    service(
        "transfer.amazonaws.com",
        "{ArnLike: {aws:SourceArn: 'arn:aws:s3:::bucket'}}",
        &["+service/foreign-account"],
    );
    service(
        "apigateway.amazonaws.com",
        "{ArnLike: {aws:SourceArn: 'arn:aws:apigateway:eu-west-1::/restapis/*'}}",
        &["+service/foreign-account", "+service/own-account"],
    );
    service("lambda.amazonaws.com", "{StringEquals: {aws:SourceOrgID: o-abcdef}}", &["-service/foreign-account"]);
    service("cognito-idp.amazonaws.com", "{StringEquals: {sts:ExternalId: x}}", &["+service/own-account"]);
    service("lambda.amazonaws.com", "{StringEquals: {aws:PrincipalOrgID: o-abcdef}}", &["-service/own-account"]);
}

#[test]
fn arns_that_services_have() {
    let of = |condition: &str, expected: &Expected<'_>| {
        check(
            &[&format!(
                "{{Effect: Allow, Principal: {{Service: amplify.amazonaws.com}}, Action: sts:AssumeRole, Condition: {condition}}}"
            )],
            expected,
        );
    };
    let source = "aws:SourceArn: 'arn:aws:amplify:*:111122223333:*'";
    of(&format!("{{StringLike: {{{source}}}}}"), &["?service/foreign-account"]);
    of(&format!("{{ArnLike: {{{source}}}}}"), &["-service/foreign-account"]);
    of("{StringLike: {aws:SourceArn: 'arn:aws:amplify:*:*:apps/*'}}", &["+service/foreign-account"]);
}
