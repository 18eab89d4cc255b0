//! Classes on trust policies, good and bad ones of each family, and their witnesses.

mod accounts;
mod github;
mod issuers;
mod saml;
mod services;

use std::sync::Arc;

use super::{Classes, RoleClasses, classes, witness_of};
use crate::identity::{Graph, build};
use crate::policy::{self, Request, evaluate};
use crate::resolve::{Stack, StackInfo, StackSet};
use crate::source::FileId;
use crate::syntax::{parse_json, parse_yaml};
use crate::template::Template;
use crate::value::{Symbols, Truth, as_written};

/// What is asked, and what the answer must be: `+` in, `-` out, `?` not decided.
type Expected<'e> = [&'e str];

fn graph(template: &str) -> Graph {
    let document = parse_yaml(FileId(0), &Arc::from(template));
    assert!(document.errors().is_empty(), "{template}: {:?}", document.errors());
    let template = Template::read(&document).unwrap();
    build(&StackSet::new(vec![Stack::new(&template, StackInfo::default())]))
}

/// A template with one role; the statements are YAML, each a line.
fn template(rest: &str, statements: &[&str]) -> String {
    let list: String = statements.iter().map(|statement| format!("\n          - {statement}")).collect();
    format!(
        "Parameters:\n  P: {{Type: String}}\n  Name: {{Type: String, AllowedPattern: '^[a-z-]+$'}}\n{rest}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:{list}\n"
    )
}

fn check(statements: &[&str], expected: &Expected<'_>) {
    check_template(&template("", statements), expected);
}

/// Holds the answers for each branch of the role together against what is expected of them: in where it is so in
/// one of them, out where it is so in all.
fn check_template(template: &str, expected: &Expected<'_>) {
    let graph = graph(template);
    let all = classes(&graph);
    for expected in expected {
        let (sign, class) = expected.split_at(1);
        let truths: Vec<Truth> = answers(&all, class).map(|(_, answer)| answer.answer.truth).collect();
        let wanted = match sign {
            "+" => Truth::True,
            "-" => Truth::False,
            _ => Truth::Unknown,
        };
        let requests: Vec<String> =
            answers(&all, class).map(|(_, answer)| format!("{:?}", answer.answer.request.context)).collect();
        assert!(!truths.is_empty(), "{class} is not asked of\n{template}");
        assert_eq!(Truth::any(truths), wanted, "{class} of\n{template}\n{requests:#?}");
    }
    all.of_roles.iter().for_each(|of_role| witnesses_prove(&graph, &all, of_role));
}

fn answers<'c>(all: &'c Classes, class: &'c str) -> impl Iterator<Item = (&'c RoleClasses, &'c super::ClassAnswer)> {
    let of_role = |of_role: &'c RoleClasses| of_role.answers.iter().map(move |answer| (of_role, answer));
    all.of_roles.iter().flat_map(of_role).filter(move |(_, answer)| answer.class == class)
}

/// Each class that gets in has a concrete request, and the policy as it is written there lets it in.
fn witnesses_prove(graph: &Graph, all: &Classes, of_role: &RoleClasses) {
    for answer in of_role.answers.iter().filter(|answer| answer.answer.truth.is_true()) {
        let witness = witness_of(graph, all, of_role, answer);
        assert_eq!(witness.decision, Truth::True, "{}: {:#?}\n{}", answer.class, witness.request, witness.policy);
        assert!(witness.by.is_some() && !witness.assumes.is_empty(), "{}", answer.class);
        let text = witness.policy.to_string();
        let document = parse_json(FileId(0), &Arc::from(text.as_str()));
        let policy = policy::read(&as_written(document.root().unwrap()));
        for action in &answer.actions {
            let request = Request { action: action.clone(), ..witness.request.clone() };
            let known = request.context.iter().all(|(key, carried)| {
                key.as_known().is_some() && carried.values().iter().all(|value| value.as_known().is_some())
            });
            assert!(known && request.principal.1.as_known().is_some(), "{}: {request:#?}", answer.class);
            let decision = evaluate(&policy, &request, &Symbols::default());
            assert_eq!(decision.truth, Truth::True, "{} of {text}\n{request:#?}", answer.class);
        }
    }
}

fn github(condition: &str) -> String {
    format!(
        "{{Effect: Allow, Principal: {{Federated: !Sub 'arn:aws:iam::${{AWS::AccountId}}:oidc-provider/token.actions.githubusercontent.com'}}, Action: sts:AssumeRoleWithWebIdentity, Condition: {condition}}}"
    )
}

const AUD: &str = "StringEquals: {'token.actions.githubusercontent.com:aud': sts.amazonaws.com}";

fn subject(operator: &str, values: &str) -> String {
    github(&format!("{{{AUD}, {operator}: {{'token.actions.githubusercontent.com:sub': {values}}}}}"))
}

fn web(provider: &str, condition: &str) -> String {
    format!(
        "{{Effect: Allow, Principal: {{Federated: 'arn:aws:iam::111122223333:oidc-provider/{provider}'}}, Action: sts:AssumeRoleWithWebIdentity, Condition: {condition}}}"
    )
}

fn saml(condition: &str) -> String {
    format!(
        "{{Effect: Allow, Principal: {{Federated: 'arn:aws:iam::111122223333:saml-provider/Idp'}}, Action: sts:AssumeRoleWithSAML, Condition: {condition}}}"
    )
}

fn account(principal: &str, condition: &str) -> String {
    format!("{{Effect: Allow, Principal: {{AWS: {principal}}}, Action: sts:AssumeRole, Condition: {condition}}}")
}
