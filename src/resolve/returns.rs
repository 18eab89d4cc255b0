//! What `Ref` and `Fn::GetAtt` return, for the types that identity work meets (CloudFormation User
//! Guide, return values of each resource type), and what pseudo parameters look like.

use crate::value::Format;

/// Stands for `Ref` among the attributes.
pub(super) const REF: &str = "Ref";

/// Any text.
pub(super) fn any() -> Format {
    Format::any()
}

/// Format of an attribute, and whether two resources never share it.
pub(super) fn format(kind: &str, attribute: &str) -> (Format, bool) {
    match (kind, attribute) {
        // `[\w-]+:[0-9a-f-]+` (Cognito identity pools API, IdentityPoolId).
        ("AWS::Cognito::IdentityPool", REF) => {
            (Format::new("{aA9_-}:{f-}", "us-east-1:00000000-0000-4000-8000-000000000001"), true)
        }
        // `[\w-]+_[0-9a-zA-Z]+` (Cognito user pools API, UserPoolId).
        ("AWS::Cognito::UserPool", REF) => (Format::new("{aA9-}_{aA9}", "us-east-1_Pool00001"), true),
        // `[\w+]+` (Cognito user pools API, ClientId).
        ("AWS::Cognito::UserPoolClient", REF) => (Format::new("{aA9_+}", "1client0000000000000000001"), true),
        // `[\w+=,.@-]+` (IAM API, RoleName).
        ("AWS::IAM::Role", REF) => (Format::new("{aA9_+=,.@-}", "role-1"), true),
        ("AWS::IAM::OIDCProvider" | "Custom::AWSCDKOpenIdConnectProvider", REF | "Arn") => (
            Format::new("arn:{a-}:iam::{9}:oidc-provider/{aA9_.:/-}", "arn:aws:iam::111122223333:oidc-provider/idp-1"),
            true,
        ),
        ("AWS::IAM::SAMLProvider", REF | "Arn") => (
            Format::new("arn:{a-}:iam::{9}:saml-provider/{aA9_.-}", "arn:aws:iam::111122223333:saml-provider/idp-1"),
            true,
        ),
        _ => (Format::any(), false),
    }
}

/// The property that names a resource, where `Ref` returns the name.
pub(super) fn name_property(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::IAM::Role" => Some("RoleName"),
        "AWS::Cognito::UserPoolGroup" => Some("GroupName"),
        _ => None,
    }
}

/// Format of a pseudo parameter.
pub(super) fn pseudo(name: &str) -> Format {
    match name {
        "AWS::Region" => Format::new("{a9-}", "us-east-1"),
        "AWS::AccountId" => Format::new("{9}", "111122223333"),
        "AWS::Partition" => Format::new("{a-}", "aws"),
        "AWS::URLSuffix" => Format::new("{a9.}", "amazonaws.com"),
        "AWS::StackName" => Format::new("{aA9-}", "stack-1"),
        _ => Format::any(),
    }
}

/// Partition and URL suffix of a Region (AWS General Reference, ARN format; CloudFormation User
/// Guide, `AWS::URLSuffix`).
pub(super) fn partition(region: &str) -> (&'static str, &'static str) {
    match region {
        _ if region.starts_with("cn-") => ("aws-cn", "amazonaws.com.cn"),
        _ if region.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ if region.starts_with("us-isob-") => ("aws-iso-b", "sc2s.sgov.gov"),
        _ if region.starts_with("us-iso-") => ("aws-iso", "c2s.ic.gov"),
        _ if region.starts_with("eusc-") => ("aws-eusc", "amazonaws.eu"),
        _ => ("aws", "amazonaws.com"),
    }
}
