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
        // `[\w\s+=,.@-]+` (Cognito identity pools API, IdentityPoolName).
        ("AWS::Cognito::IdentityPool", "Name") => (Format::new("{aA9_ +=,.@-}", "pool"), false),
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
        ("AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api", REF) => (Format::new("{a9}", "1api000001"), true),
        // Small letters, digits, dots and dashes; one name in all accounts (S3 User Guide, bucket naming rules).
        ("AWS::S3::Bucket", REF) => (Format::new("{a9.-}", "bucket-1"), true),
        // Hexadecimal digits in capitals (EKS User Guide, IAM roles for service accounts).
        ("AWS::EKS::Cluster", "IssuerId") => (Format::new("{A9}", "0123456789ABCDEF0123456789ABCDEF"), true),
        ("AWS::IAM::SAMLProvider", REF | "Arn") => (
            Format::new("arn:{a-}:iam::{9}:saml-provider/{aA9_.-}", "arn:aws:iam::111122223333:saml-provider/idp-1"),
            true,
        ),
        // Ids, and names that CloudFormation makes (CloudFormation User Guide, name type).
        _ if is_in_arn(kind, attribute) => (Format::new("{aA9_./-}", "name-1"), false),
        _ => (Format::any(), false),
    }
}

/// Attributes that give ARNs.
const ARNS: [&str; 13] = [
    REF,
    "AgentArn",
    "Arn",
    "DatasetArn",
    "DatasetGroupArn",
    "KnowledgeBaseArn",
    "MitigationActionArn",
    "PolicyArn",
    "ProfileArn",
    "ScheduledAuditArn",
    "SecurityProfileArn",
    "TopicArn",
    "TrustAnchorArn",
];

/// Whether an attribute, or a name that is not given, stands in the ARN of its resource.
fn is_in_arn(kind: &str, attribute: &str) -> bool {
    let name = if attribute == REF { name_property(kind).unwrap_or(REF) } else { attribute };
    let hole = format!("{{{name}}}");
    ARNS.iter().filter_map(|own| arn(kind, own)).any(|form| form.contains(&hole))
}

/// Whether an attribute gives what `Ref` does.
pub(super) fn is_ref(kind: &str, attribute: &str) -> bool {
    matches!(
        (kind, attribute),
        ("AWS::Bedrock::Agent", "AgentId")
            | ("AWS::Bedrock::KnowledgeBase", "KnowledgeBaseId")
            | ("AWS::Cognito::IdentityPool", "Id")
            | ("AWS::Cognito::UserPool", "UserPoolId")
            | ("AWS::Cognito::UserPoolClient", "ClientId")
            | ("AWS::RolesAnywhere::Profile", "ProfileId")
            | ("AWS::RolesAnywhere::TrustAnchor", "TrustAnchorId")
    )
}

/// The name that CloudFormation gives a resource of a type whose `Ref` returns the name: those of stack and resource, and
/// a random text (CloudFormation User Guide, Name type), for a bucket in small letters.
pub(super) fn generated_name(kind: &str) -> (Format, bool) {
    match kind {
        "AWS::S3::Bucket" => (Format::new("{a9-}", "stack-name-1"), true),
        _ => (Format::new("{aA9-}", "stack-name-1"), true),
    }
}

/// The property that names a resource, where `Ref` returns the name.
pub(super) fn name_property(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::IAM::Role" => "RoleName",
        "AWS::IAM::User" => "UserName",
        "AWS::IAM::Group" | "AWS::Cognito::UserPoolGroup" => "GroupName",
        "AWS::Cognito::UserPoolUser" => "Username",
        "AWS::IAM::InstanceProfile" => "InstanceProfileName",
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => "FunctionName",
        "AWS::S3::Bucket" => "BucketName",
        "AWS::DynamoDB::Table" => "TableName",
        "AWS::EKS::Cluster" | "AWS::CodeBuild::Project" | "AWS::SSM::Parameter" => "Name",
        _ => return None,
    })
}

/// How the ARN that an attribute gives is put together, in braces its parts: `P` partition, `R` Region, `A`
/// account, `S` URL suffix, `path` the property `Path` or `/`, `url` the property `Url` without its scheme, and
/// names of properties, for which a generated name stands where the property does not (IAM User Guide, IAM
/// identifiers; Service Authorization Reference, resource types of each service).
pub(super) fn arn(kind: &str, attribute: &str) -> Option<&'static str> {
    Some(match (kind, attribute) {
        ("AWS::IAM::Role", "Arn") => "arn:{P}:iam::{A}:role{path}{RoleName}",
        ("AWS::IAM::User", "Arn") => "arn:{P}:iam::{A}:user{path}{UserName}",
        ("AWS::IAM::Group", "Arn") => "arn:{P}:iam::{A}:group{path}{GroupName}",
        ("AWS::IAM::InstanceProfile", "Arn") => "arn:{P}:iam::{A}:instance-profile{path}{InstanceProfileName}",
        ("AWS::IAM::ManagedPolicy", REF | "PolicyArn") => "arn:{P}:iam::{A}:policy{path}{ManagedPolicyName}",
        ("AWS::IAM::SAMLProvider", REF | "Arn") => "arn:{P}:iam::{A}:saml-provider/{Name}",
        ("AWS::IAM::OIDCProvider" | "Custom::AWSCDKOpenIdConnectProvider", REF | "Arn") => {
            "arn:{P}:iam::{A}:oidc-provider/{url}"
        }
        ("AWS::Cognito::UserPool", "Arn") => "arn:{P}:cognito-idp:{R}:{A}:userpool/{Ref}",
        ("AWS::Lambda::Function" | "AWS::Serverless::Function", "Arn") => {
            "arn:{P}:lambda:{R}:{A}:function:{FunctionName}"
        }
        ("AWS::S3::Bucket", "Arn") => "arn:{P}:s3:::{BucketName}",
        ("AWS::DynamoDB::Table", "Arn") => "arn:{P}:dynamodb:{R}:{A}:table/{TableName}",
        ("AWS::SNS::Topic", REF | "TopicArn") => "arn:{P}:sns:{R}:{A}:{TopicName}",
        ("AWS::SQS::Queue", "Arn") => "arn:{P}:sqs:{R}:{A}:{QueueName}",
        ("AWS::StepFunctions::StateMachine", REF | "Arn") => "arn:{P}:states:{R}:{A}:stateMachine:{StateMachineName}",
        ("AWS::KMS::Key", "Arn") => "arn:{P}:kms:{R}:{A}:key/{Ref}",
        ("AWS::EKS::Cluster", "Arn") => "arn:{P}:eks:{R}:{A}:cluster/{Name}",
        ("AWS::EKS::Cluster", "OpenIdConnectIssuerUrl") => "https://oidc.eks.{R}.{S}/id/{IssuerId}",
        ("AWS::CodeBuild::Project", "Arn") => "arn:{P}:codebuild:{R}:{A}:project/{Name}",
        _ => return of_source(kind, attribute),
    })
}

/// The same of resources for which services act: what their roles ask for as `aws:SourceArn`.
fn of_source(kind: &str, attribute: &str) -> Option<&'static str> {
    Some(match (kind, attribute) {
        ("AWS::RolesAnywhere::TrustAnchor", "TrustAnchorArn") => "arn:{P}:rolesanywhere:{R}:{A}:trust-anchor/{Ref}",
        ("AWS::RolesAnywhere::Profile", "ProfileArn") => "arn:{P}:rolesanywhere:{R}:{A}:profile/{Ref}",
        ("AWS::Amplify::App", "Arn") => "arn:{P}:amplify:{R}:{A}:apps/{AppId}",
        ("AWS::AppSync::GraphQLApi", "Arn") => "arn:{P}:appsync:{R}:{A}:apis/{ApiId}",
        ("AWS::Bedrock::Agent", "AgentArn") => "arn:{P}:bedrock:{R}:{A}:agent/{Ref}",
        ("AWS::Bedrock::Flow", "Arn") => "arn:{P}:bedrock:{R}:{A}:flow/{Id}",
        ("AWS::Bedrock::KnowledgeBase", "KnowledgeBaseArn") => "arn:{P}:bedrock:{R}:{A}:knowledge-base/{Ref}",
        ("AWS::CloudTrail::Trail", "Arn") => "arn:{P}:cloudtrail:{R}:{A}:trail/{TrailName}",
        ("AWS::ECS::Cluster", "Arn") => "arn:{P}:ecs:{R}:{A}:cluster/{ClusterName}",
        ("AWS::Events::EventBus", "Arn") => "arn:{P}:events:{R}:{A}:event-bus/{Name}",
        // Of a bus of one's own the name of the bus comes first.
        ("AWS::Events::Rule", "Arn") => "arn:{P}:events:{R}:{A}:rule/{RuleName}",
        ("AWS::IoT::MitigationAction", "MitigationActionArn") => "arn:{P}:iot:{R}:{A}:mitigationaction/{ActionName}",
        ("AWS::IoT::ScheduledAudit", "ScheduledAuditArn") => "arn:{P}:iot:{R}:{A}:scheduledaudit/{ScheduledAuditName}",
        ("AWS::IoT::SecurityProfile", "SecurityProfileArn") => {
            "arn:{P}:iot:{R}:{A}:securityprofile/{SecurityProfileName}"
        }
        ("AWS::IoT::TopicRule", "Arn") => "arn:{P}:iot:{R}:{A}:rule/{RuleName}",
        ("AWS::Kinesis::Stream", "Arn") => "arn:{P}:kinesis:{R}:{A}:stream/{Name}",
        ("AWS::KinesisFirehose::DeliveryStream", "Arn") => {
            "arn:{P}:firehose:{R}:{A}:deliverystream/{DeliveryStreamName}"
        }
        ("AWS::Logs::LogGroup", "Arn") => "arn:{P}:logs:{R}:{A}:log-group:{LogGroupName}:*",
        ("AWS::Personalize::Dataset", REF | "DatasetArn") => "arn:{P}:personalize:{R}:{A}:dataset/{DatasetId}",
        ("AWS::Personalize::DatasetGroup", REF | "DatasetGroupArn") => {
            "arn:{P}:personalize:{R}:{A}:dataset-group/{Name}"
        }
        ("AWS::Pipes::Pipe", "Arn") => "arn:{P}:pipes:{R}:{A}:pipe/{Name}",
        ("AWS::SSMIncidents::ResponsePlan", REF | "Arn") => "arn:{P}:ssm-incidents::{A}:response-plan/{Name}",
        ("AWS::Scheduler::ScheduleGroup", "Arn") => "arn:{P}:scheduler:{R}:{A}:schedule-group/{Name}",
        ("AWS::Transfer::Server", REF | "Arn") => "arn:{P}:transfer:{R}:{A}:server/{ServerId}",
        _ => return None,
    })
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
