//! What the graph holds of a template.

use std::sync::Arc;

use super::build;
use crate::resolve::{Stack, StackInfo, StackSet};
use crate::source::FileId;
use crate::syntax::parse_yaml;
use crate::template::Template;

#[test]
fn clients_and_policies_stand_in_the_graph() {
    let text = "
Resources:
  Users: {Type: 'AWS::Cognito::UserPool'}
  App: {Type: 'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: !Ref Users}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: []}
      Policies:
        - {PolicyName: a, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}
  Shared:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Statement: {Effect: Deny, Action: '*', Resource: '*'}}}
";
    let document = parse_yaml(FileId(0), &Arc::from(text));
    let template = Template::read(&document).unwrap();
    let graph = build(&StackSet::new(vec![Stack::new(&template, StackInfo::default())]));
    assert_eq!(graph.clients.len(), 1);
    assert_eq!(graph.clients[0].user_pool, graph.user_pools[0].id);
    let holders: Vec<&str> = graph.policies.iter().map(|policy| policy.entity.name()).collect();
    assert_eq!(holders, ["Role", "Shared"]);
    assert!(graph.policies.iter().all(|policy| policy.document.cases[0].then.statements.len() == 1));
}

fn graph_of(text: &str) -> super::Graph {
    let document = parse_yaml(FileId(0), &Arc::from(text));
    let template = Template::read(&document).expect("the text is a template");
    build(&StackSet::new(vec![Stack::new(&template, StackInfo::default())]))
}

#[test]
fn custom_resources_touch_what_they_or_their_functions_are_given() {
    let custom = |kind: &str, given: &str| {
        let text = format!(
            "
Resources:
  One: {{Type: 'AWS::Cognito::IdentityPool'}}
  Other: {{Type: 'AWS::Cognito::IdentityPool'}}
  Code: {{Type: 'AWS::Lambda::Function', Properties: {{Environment: {{Variables: {{POOL: !Ref One}}}}}}}}
  Idle: {{Type: 'AWS::Lambda::Function', Properties: {{Environment: {{Variables: {{POOL: !Ref Other}}}}}}}}
  Custom: {{Type: '{kind}', Properties: {{{given}}}}}
"
        );
        let graph = graph_of(&text);
        let touched = graph.pools.iter().map(|pool| graph.is_touched(&pool.id));
        touched.collect::<Vec<bool>>()
    };
    assert_eq!(custom("Custom::Attach", "Pool: !Ref Other"), [false, true]);
    assert_eq!(custom("AWS::CloudFormation::CustomResource", "Call: !Sub '{\"p\":\"${One}\"}'"), [true, false]);
    assert_eq!(custom("Custom::Attach", "ServiceToken: !GetAtt Code.Arn"), [true, false]);
    assert_eq!(custom("Custom::Attach", "Region: !Ref AWS::Region"), [false, false]);
    assert_eq!(custom("Custom::AWSCDKCfnJson", "Value: !Ref One"), [false, false]);
    assert_eq!(custom("AWS::SSM::Parameter", "Value: !Ref One"), [false, false]);
}

#[test]
fn roles_without_permissions_are_those_that_nothing_gives_any() {
    let bare = |more: &str| {
        let role = "{Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {Statement: []}";
        let graph = graph_of(&format!(
            "
Parameters: {{P: {{Type: String}}}}
Resources:
  A: {role}}}}}
  B: {role}, Policies: [{{PolicyName: p, PolicyDocument: {{Statement: []}}}}]}}}}
  C: {role}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']}}}}
{more}"
        ));
        let names = graph.without_permissions.iter().map(|id| graph.role(*id).entity.name().to_owned());
        names.collect::<Vec<String>>()
    };
    let policy = |kind: &str, whom: &str| {
        format!("  D: {{Type: '{kind}', Properties: {{PolicyDocument: {{Statement: []}}, {whom}}}}}\n")
    };
    assert_eq!(bare(""), ["A"]);
    assert_eq!(bare(&policy("AWS::IAM::Policy", "Roles: [!Ref B]")), ["A"]);
    assert!(bare(&policy("AWS::IAM::Policy", "Roles: [!Ref A]")).is_empty());
    assert!(bare(&policy("AWS::IAM::ManagedPolicy", "Roles: [!Ref B, !Ref A]")).is_empty());
    assert!(bare(&policy("AWS::IAM::RolePolicy", "RoleName: !Ref A")).is_empty());
    assert!(bare(&policy("AWS::IAM::Policy", "Roles: [!Ref P]")).is_empty(), "it may be any role");
    assert!(bare("  D: {Type: 'Custom::Grant', Properties: {Role: !Ref A}}\n").is_empty());
}

#[test]
fn rules_beyond_those_of_the_api_are_counted_only() {
    let rule = "{Claim: c, MatchType: Equals, Value: v, RoleARN: 'arn:aws:iam::111122223333:role/A'}, ";
    let graph = graph_of(&format!(
        "
Resources:
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: us-east-1:00000000-0000-4000-8000-000000000001
      RoleMappings: {{www.amazon.com: {{Type: Rules, RulesConfiguration: {{Rules: [{}]}}}}}}
",
        rule.repeat(1000)
    ));
    let rules = graph.mappings[0].rules.as_ref().expect("there are rules");
    assert_eq!((rules.list.len(), rules.count, rules.complete), (400, 1000, true));
}

#[test]
fn providers_of_mappings_that_are_none() {
    use super::{Malformed, UrlOf, malformed};
    let fault = |provider: &str| {
        let text = format!(
            "
Parameters: {{P: {{Type: String}}}}
Resources:
  U: {{Type: 'AWS::Cognito::UserPool'}}
  C: {{Type: 'AWS::Cognito::UserPoolClient', Properties: {{UserPoolId: !Ref U}}}}
  A:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: us-east-1:00000000-0000-4000-8000-000000000001
      RoleMappings: {{m: {{IdentityProvider: {provider}}}}}
"
        );
        let graph = graph_of(&text);
        malformed(&graph.mappings[0].named.text, &graph)
    };
    for right in [
        "!Sub '${U.ProviderName}:${C}'",
        "!Sub 'cognito-idp.${AWS::Region}.amazonaws.com/${U}:${C}'",
        "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A:c",
        "!Sub 'cognito-idp.eu-west-1.amazonaws.com/${P}'",
        "!Sub '${P}'",
        "!Ref P",
        "!Sub '${P}:c'",
        "accounts.google.com",
        "appleid.apple.com",
        "arn:aws:iam::111122223333:saml-provider/corp",
        "!Sub 'arn:aws:iam::${AWS::AccountId}:oidc-provider/login.example.com'",
        "!Sub 'arn:aws:${P}'",
        "!Sub 'a${P}'",
    ] {
        assert_eq!(fault(right), None, "{right}");
    }
    let regions = Malformed::Regions { host: "us-east-1".to_owned(), pool: "eu-west-1".to_owned() };
    for (wrong, why) in [
        ("!GetAtt U.ProviderName", Malformed::NoClient),
        ("'cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A:'", Malformed::NoClient),
        ("cognito-idp.eu-west-1.amazonaws.com", Malformed::NoForm),
        ("!Sub '${U.ProviderURL}:${C}'", Malformed::Url(UrlOf::UserPool)),
        ("https://login.example.com", Malformed::Url(UrlOf::Other)),
        ("cognito-idp.us-east-1.amazonaws.com/eu-west-1_A:c", regions),
        ("!GetAtt U.Arn", Malformed::OtherArn),
        ("arn:aws:iam::111122223333:role/A", Malformed::OtherArn),
        ("!Ref U", Malformed::NoHost),
        ("!Sub '${U}:${C}'", Malformed::NoHost),
        ("''", Malformed::NoForm),
        ("login.example.com", Malformed::NoForm),
        ("!Sub 'users-${P}'", Malformed::NoForm),
        ("accounts.google.com.example", Malformed::NoForm),
    ] {
        assert_eq!(fault(wrong), Some(why), "{wrong}");
    }
}

#[test]
fn roles_have_their_policies() {
    let text = "
Parameters:
  Names: {Type: CommaDelimitedList}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: []}
      ManagedPolicyArns: [!Ref Shared]
      Policies: [{PolicyName: a, PolicyDocument: {Statement: []}}]
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: {Statement: []}
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']
  Other:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: []}
      ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/ReadOnlyAccess']
  Shared: {Type: 'AWS::IAM::ManagedPolicy', Properties: {PolicyDocument: {Statement: []}}}
  Beside: {Type: 'AWS::IAM::Policy', Properties: {Roles: [!Ref Role, reader], PolicyDocument: {Statement: []}}}
  Single: {Type: 'AWS::IAM::RolePolicy', Properties: {RoleName: !Ref Reader, PolicyDocument: {Statement: []}}}
  Any: {Type: 'AWS::IAM::Policy', Properties: {Roles: !Ref Names, PolicyDocument: {Statement: []}}}
";
    let graph = graph_of(text);
    let of = |at: usize| {
        let policies = graph.policies_of(crate::identity::RoleId(at));
        let mut found: Vec<String> =
            policies.map(|(policy, _)| format!("{}.{}", policy.entity.name(), policy.property)).collect();
        found.sort();
        found
    };
    assert_eq!(of(0), ["Beside.PolicyDocument", "Role.Policies[0].PolicyDocument", "Shared.PolicyDocument"]);
    assert_eq!(of(1), ["Beside.PolicyDocument", "Single.PolicyDocument"]);
    assert_eq!(graph.roles.iter().map(|role| role.permitted_elsewhere).collect::<Vec<_>>(), [false, false, true]);
    let of_aws: Vec<_> = graph.aws_policies.iter().map(|policy| (policy.name, policy.roles[0].0)).collect();
    assert_eq!(of_aws, [("ReadOnlyAccess", crate::identity::RoleId(1))]);
    let open: Vec<&str> =
        graph.policies.iter().filter(|policy| !policy.roles_complete).map(|policy| policy.entity.name()).collect();
    assert_eq!(open, ["Any"]);
}
