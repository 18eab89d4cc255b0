//! How long the main path takes, from texts to findings: `cargo bench --bench check`.
#![allow(missing_docs)]

use divan::counter::{BytesCount, ItemsCount};
use rolecall::run::check_texts;

fn main() {
    divan::main();
}

/// A pool, its attachment, and as many roles for its users, half of them without a test on the pool.
fn template(roles: usize) -> String {
    let mut text = String::from(
        "Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: {AllowUnauthenticatedIdentities: false}\n",
    );
    for role in 0..roles {
        let aud = if role % 2 == 0 {
            "StringEquals: {'cognito-identity.amazonaws.com:aud': !Ref Pool}"
        } else {
            "Null: {'aws:TokenIssueTime': 'true'}"
        };
        text.push_str(&format!(
            "  Role{role}:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {{Federated: cognito-identity.amazonaws.com}}
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              {aud}
              ForAnyValue:StringLike: {{'cognito-identity.amazonaws.com:amr': authenticated}}
"
        ));
    }
    text
}

/// Cost grows with the number of roles in one template.
#[divan::bench(args = [10, 100, 1000])]
fn roles_in_one_template(bencher: divan::Bencher<'_, '_>, roles: usize) {
    let text = template(roles);
    let files = || vec![("template.yaml".to_owned(), text.clone())];
    bencher
        .counter(ItemsCount::new(roles))
        .counter(BytesCount::of_str(&text))
        .with_inputs(files)
        .bench_values(check_texts);
}

/// Cost grows with the number of templates, on every core.
#[divan::bench(args = [10, 100, 1000])]
fn templates_of_ten_roles(bencher: divan::Bencher<'_, '_>, templates: usize) {
    let text = template(10);
    let files = || (0..templates).map(|at| (format!("t{at}/template.yaml"), text.clone())).collect::<Vec<_>>();
    bencher.counter(ItemsCount::new(templates)).with_inputs(files).bench_values(check_texts);
}

/// A template in which as many independent conditions decide whether a role asks for its pool.
fn with_conditions(conditions: usize) -> String {
    let mut text = String::from("Parameters:\n");
    for at in 0..conditions {
        text.push_str(&format!("  P{at}: {{Type: String, Default: x, AllowedValues: [x, y]}}\n"));
    }
    text.push_str("Conditions:\n");
    for at in 0..conditions {
        text.push_str(&format!("  C{at}: !Equals [!Ref P{at}, x]\n"));
    }
    text.push_str(
        "Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: {AllowUnauthenticatedIdentities: false}\n",
    );
    // Sixty roles whatever the number of conditions: the same questions.
    for role in 0..60 {
        let condition = role % conditions;
        text.push_str(&format!(
            "  Role{role}:
    Type: AWS::IAM::Role
    Condition: C{condition}
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {{Federated: cognito-identity.amazonaws.com}}
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              StringEquals: !If
                - C{}
                - {{'cognito-identity.amazonaws.com:aud': !Ref Pool}}
                - !Ref AWS::NoValue
              ForAnyValue:StringLike: {{'cognito-identity.amazonaws.com:amr': authenticated}}
",
            (condition + 1) % conditions
        ));
    }
    text
}

/// Cost does not grow with the combinations of conditions, of which 60 have 2^60.
#[divan::bench(args = [3, 60, 200])]
fn independent_conditions(bencher: divan::Bencher<'_, '_>, conditions: usize) {
    let text = with_conditions(conditions);
    let files = || vec![("template.yaml".to_owned(), text.clone())];
    bencher.with_inputs(files).bench_values(check_texts);
}

/// One role out of ten resources, so that most of a template is none of our business.
#[divan::bench(args = [200, 2000])]
fn resources_in_one_template(bencher: divan::Bencher<'_, '_>, resources: usize) {
    let mut text = template(resources / 10);
    for at in 0..resources - resources / 10 {
        text.push_str(&format!("  Queue{at}: {{Type: 'AWS::SQS::Queue', Properties: {{QueueName: !Sub 'q-{at}'}}}}\n"));
    }
    let files = || vec![("template.yaml".to_owned(), text.clone())];
    bencher.counter(ItemsCount::new(resources)).with_inputs(files).bench_values(check_texts);
}

/// A trust statement for the workflows of one repository.
fn for_repository(at: usize) -> String {
    format!(
        "{{Effect: Allow, Principal: {{Federated: !Sub 'arn:aws:iam::${{AWS::AccountId}}:oidc-provider/token.actions.githubusercontent.com'}}, \
         Action: sts:AssumeRoleWithWebIdentity, Condition: {{StringEquals: {{'token.actions.githubusercontent.com:aud': sts.amazonaws.com}}, \
         StringLike: {{'token.actions.githubusercontent.com:sub': 'repo:acme/app{at}:ref:refs/heads/*'}}}}}}"
    )
}

/// Cost grows with the number of roles for workflows of GitHub, of which most classes of requests are asked.
#[divan::bench(args = [10, 100])]
fn roles_for_workflows(bencher: divan::Bencher<'_, '_>, roles: usize) {
    let mut text = String::from("Resources:\n");
    for role in 0..roles {
        text.push_str(&format!(
            "  Role{role}:\n    Type: AWS::IAM::Role\n    Properties: {{AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: [{}]}}}}\n",
            for_repository(role)
        ));
    }
    let files = || vec![("template.yaml".to_owned(), text.clone())];
    bencher.counter(ItemsCount::new(roles)).with_inputs(files).bench_values(check_texts);
}

/// One role with as many statements, each under a condition of its own where they are conditional: their combinations
/// are bounded.
#[divan::bench(args = [(5, false), (10, false), (20, false), (5, true), (10, true), (20, true)])]
fn statements_of_one_role(bencher: divan::Bencher<'_, '_>, (statements, conditional): (usize, bool)) {
    let mut text = String::from("Parameters:\n");
    (0..statements).for_each(|at| text.push_str(&format!("  P{at}: {{Type: String}}\n")));
    text.push_str("Conditions:\n");
    (0..statements).for_each(|at| text.push_str(&format!("  C{at}: !Equals [!Ref P{at}, x]\n")));
    text.push_str("Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [");
    for at in 0..statements {
        let statement = for_repository(at);
        text.push_str(&match conditional {
            true => format!("!If [C{at}, {statement}, !Ref AWS::NoValue],\n"),
            false => format!("{statement},\n"),
        });
    }
    text.push_str("]}}\n");
    let files = || vec![("template.yaml".to_owned(), text.clone())];
    bencher.counter(ItemsCount::new(statements)).with_inputs(files).bench_values(check_texts);
}
