//! Identity pools, each with what is said of it: cases that are too many for the example pages.

use rolecall::finding::Finding;
use rolecall::run::check_texts;

/// What a rule says of a template.
fn said(rule: &str, template: &str) -> Vec<Finding> {
    let outcome = check_texts(vec![("template.yaml".to_owned(), template.to_owned())]);
    outcome.findings.into_iter().filter(|finding| finding.rule == rule).collect()
}

/// A pool for guests, whose role may do these things.
fn guests(classic: bool, actions: &str) -> String {
    format!(
        "Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: {{AllowUnauthenticatedIdentities: \
         true, AllowClassicFlow: {classic}}}\n  Roles:\n    Type: AWS::Cognito::IdentityPoolRoleAttachment\n    \
         Properties: {{IdentityPoolId: !Ref Pool, Roles: {{unauthenticated: !GetAtt Guest.Arn}}}}\n  Guest:\n    Type: \
         AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        \
         Statement:\n          Effect: Allow\n          Principal: {{Federated: cognito-identity.amazonaws.com}}\n          \
         Action: sts:AssumeRoleWithWebIdentity\n          Condition: {{StringEquals: \
         {{'cognito-identity.amazonaws.com:aud': !Ref Pool}}, 'ForAnyValue:StringLike': \
         {{'cognito-identity.amazonaws.com:amr': unauthenticated}}}}\n      Policies:\n        - PolicyName: p\n          \
         PolicyDocument: {{Version: '2012-10-17', Statement: {{Effect: Allow, Action: {actions}, Resource: '*'}}}}\n"
    )
}

/// What a pool with such a role for guests is said to give to anybody.
fn given(classic: bool, actions: &str) -> Option<String> {
    let findings = said("MAP015", &guests(classic, actions));
    let [finding] = findings.as_slice() else { panic!("{actions}: {findings:?}") };
    let labels = finding.related.iter().map(|label| label.message.clone());
    labels.filter_map(|label| Some(label.strip_prefix("so anybody may ")?.to_owned())).next()
}

#[test]
fn guests_are_given_what_their_flow_leaves_them() {
    let both = "['ec2:DescribeImages', 's3:GetObject']";
    assert_eq!(given(true, both).as_deref(), Some("ec2:DescribeImages, s3:GetObject"));
    assert_eq!(given(false, both).as_deref(), Some("s3:GetObject"));
    assert_eq!(given(false, "['ec2:DescribeImages', 'kms:CreateKey']"), None);
    assert_eq!(given(false, "'*'").as_deref(), Some("*, as far as Cognito lets guests"));
    assert_eq!(given(true, "'*'").as_deref(), Some("*"));
    assert_eq!(
        given(false, "['kms:*', 's3:GetObject']").as_deref(),
        Some("kms:*, s3:GetObject, as far as Cognito lets guests")
    );
}
