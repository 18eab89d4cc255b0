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
