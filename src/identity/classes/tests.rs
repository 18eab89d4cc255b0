//! Classes on trust policies, good and bad ones of each family, and their witnesses.

use std::sync::Arc;

use super::{Classes, RoleClasses, classes, witness_of};
use crate::identity::witness::Refused;
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

#[test]
fn github_owners() {
    let like = |values: &str, expected: &Expected<'_>| check(&[&subject("StringLike", values)], expected);
    check(&[&github(&format!("{{{AUD}}}"))], &["+github/any-owner", "-github/other-audience"]);
    like("'*'", &["+github/any-owner"]);
    like("'repo:*'", &["+github/any-owner"]);
    like("'repo:*/app:*'", &["+github/any-owner"]);
    like("'repo:acme*'", &["-github/any-owner", "+github/owner-prefix"]);
    like("'repo:acme*/app:*'", &["-github/any-owner", "+github/owner-prefix"]);
    like(
        "'repo:acme/app:*'",
        &[
            "-github/any-owner",
            "-github/owner-prefix",
            "-github/other-repository",
            "-github/repository-prefix",
            "+github/other-branch",
            "+github/tag",
            "+github/pull-request",
            "+github/environment",
            "-github/immutable-twin",
        ],
    );
    like("'repo:acme/*'", &["-github/any-owner", "-github/owner-prefix", "+github/other-repository"]);
    like("'repo:acme/app*'", &["-github/other-repository", "+github/repository-prefix"]);
    like(
        "'repo:acme@*/app@*:ref:refs/heads/main'",
        &[
            "-github/any-owner",
            "-github/owner-prefix",
            "-github/other-repository",
            "+github/reregistered-name",
            "+github/immutable-twin",
        ],
    );
    like("'repo:acme@1/app@2:*'", &["-github/any-owner", "-github/reregistered-name", "+github/pull-request"]);
    like("'repository_owner:acme:*'", &["?github/any-owner"]);
    check(
        &[&subject("StringEquals", "'job_workflow_ref:acme/a/.github/workflows/w.yml@refs/heads/main'")],
        &["-github/any-owner"],
    );
    check(
        &[&subject("StringEquals", "'repo:acme/app:ref:refs/heads/main'")],
        &["-github/any-owner", "-github/owner-prefix", "-github/other-branch", "-github/tag", "-github/pull-request"],
    );
    check(
        &[&subject("StringEquals", "'repo:acme/app:pull_request'")],
        &["+github/pull-request", "-github/other-branch"],
    );
}

#[test]
fn github_with_operators_that_pass_too_much() {
    let sub = |test: &str, expected: &Expected<'_>| check(&[&github(&format!("{{{AUD}, {test}}}"))], expected);
    let key = "'token.actions.githubusercontent.com:sub'";
    sub(&format!("'ForAllValues:StringLike': {{{key}: 'repo:acme/app:*'}}"), &["-github/any-owner"]);
    sub(&format!("StringNotLike: {{{key}: 'repo:acme/app:*'}}"), &["+github/any-owner", "+github/owner-prefix"]);
    sub(&format!("StringLikeIfExists: {{{key}: 'repo:acme/app:*'}}"), &["-github/any-owner"]);
    sub(&format!("StringLike: {{{key}: ['repo:acme/app:*', 'repo:*:environment:prod']}}"), &["+github/any-owner"]);
    let owner = "'token.actions.githubusercontent.com:repository_owner_id'";
    sub(&format!("StringEquals: {{{owner}: '123'}}"), &["-github/any-owner"]);
    let never = "'token.actions.githubusercontent.com:repository_owner'";
    sub(&format!("StringEquals: {{{never}: acme}}"), &["-github/any-owner"]);
    sub(&format!("StringEqualsIfExists: {{{never}: acme}}"), &["+github/any-owner"]);
    let repository = "'token.actions.githubusercontent.com:repository'";
    sub(&format!("StringLike: {{{repository}: 'acme/*'}}"), &["-github/any-owner"]);
    let folded = format!("StringEqualsIgnoreCase: {{{key}: 'repo:acme/app:ref:refs/heads/main'}}");
    // Another branch, whose name differs in case.
    sub(&folded, &["-github/any-owner", "-github/owner-prefix", "+github/other-branch"]);
    let both = format!("StringLike: {{{key}: 'repo:*:ref:refs/heads/main', {repository}: '*/app'}}");
    sub(&both, &["+github/any-owner"]);
    let pinned = format!("StringLike: {{{key}: 'repo:acme/*', {repository}: '*/app'}}");
    sub(&pinned, &["-github/any-owner"]);
    sub("IpAddress: {aws:SourceIp: 10.0.0.0/8}", &["?github/any-owner"]);
}

/// A subject says the ref, the environment or the repository of its token.
#[test]
fn claims_that_the_subject_says_again() {
    let claim = |name: &str| format!("'token.actions.githubusercontent.com:{name}'");
    let of = |sub: &str, tests: &str, expected: &Expected<'_>| {
        check(&[&github(&format!("{{{AUD}, StringLike: {{{}: '{sub}', {tests}}}}}", claim("sub")))], expected);
    };
    let [reference, environment, repository] = ["ref", "environment", "repository"].map(claim);
    let main = format!("{reference}: refs/heads/main");
    of("repo:*", &main, &["+github/any-owner"]);
    // Whoever has a repository may choose subjects that say the ref of jobs with an environment, too.
    of("repo:acme/*", &main, &["-github/any-owner", "+github/other-repository"]);
    of(
        "repo:acme/app:*",
        &main,
        &["+github/other-branch", "?github/tag", "?github/pull-request", "+github/environment"],
    );
    of("repo:acme/app:ref:refs/tags/*", &main, &["-github/tag", "-github/other-branch", "-github/pull-request"]);
    of("repo:acme/app:ref:*", &format!("{reference}: 'refs/*/v1'"), &["+github/tag", "+github/other-branch"]);
    let prod = format!("{environment}: prod");
    of("repo:*", &prod, &["+github/any-owner"]);
    of("repo:acme/app:*", &prod, &["+github/environment"]);
    of("repo:acme/app:environment:dev*", &prod, &["-github/environment"]);
    of("repo:acme/app:ref:*", &prod, &["?github/other-branch", "?github/tag"]);
    of("repo:*", &format!("{repository}: 'acme/*'"), &["-github/any-owner"]);
    of("repo:acme/*", &format!("{repository}: '*/app'"), &["-github/any-owner", "+github/other-repository"]);
    of("repo:*:ref:refs/heads/main", &format!("{repository}: 'b*'"), &["+github/any-owner"]);
    let text = template("", &[&github(&format!("{{{AUD}, StringLike: {{{}: 'repo:*', {main}}}}}", claim("sub")))]);
    let all = classes(&graph(&text));
    let (_, open) = answers(&all, "github/any-owner").next().unwrap();
    let carried = |name: &str| match open.answer.request.get(&format!("token.actions.githubusercontent.com:{name}")) {
        Some(policy::Carried::One(text)) => format!("{:?}", text.pieces().unwrap().last()),
        _ => panic!("{name} is not there"),
    };
    assert!(carried("sub").contains(":ref:refs/heads/main") && carried("ref").contains("refs/heads/main"));
}

/// The id of a repository stays when its name or its owner changes.
#[test]
fn github_repositories_that_were_renamed_or_transferred() {
    let like = |values: &str, expected: &Expected<'_>| check(&[&subject("StringLike", values)], expected);
    like("'repo:acme/app:*'", &["-github/renamed", "-github/transferred"]);
    like("'repo:acme@1/app@2:*'", &["-github/renamed", "-github/transferred"]);
    like("'repo:acme@1/*@2:*'", &["+github/renamed", "-github/transferred"]);
    like("'repo:*@1/*@2:*'", &["+github/renamed", "-github/transferred"]);
    like("'repo:*@*/*@2:*'", &["+github/renamed", "+github/transferred"]);
    like("'repo:acme/*'", &[]);
    like("['repo:acme/app:*', 'repo:acme@*/*']", &["+github/renamed", "-github/transferred"]);
    like("'repo:*/app:*'", &["-github/renamed", "+github/transferred"]);
    let claims = |test: &str, expected: &Expected<'_>| {
        let key = |claim: &str| format!("'token.actions.githubusercontent.com:{claim}'");
        let sub = format!("StringLike: {{{}: 'repo:*'}}", key("sub"));
        check(
            &[&github(&format!(
                "{{{AUD}, {sub}, StringEquals: {{{}}}}}",
                test.replace('<', "'token.actions.githubusercontent.com:").replace('>', "'")
            ))],
            expected,
        );
    };
    claims("<repository_id>: '2'", &["+github/renamed", "+github/transferred", "-github/any-owner"]);
    claims("<repository_id>: '2', <repository_owner_id>: '1'", &["+github/renamed", "-github/transferred"]);
    claims("<repository>: acme/app", &["-github/renamed", "-github/transferred"]);
}

#[test]
fn github_kept_out_by_a_deny() {
    let open = github(&format!("{{{AUD}}}"));
    let deny = "{Effect: Deny, Principal: {Federated: !Sub 'arn:aws:iam::${AWS::AccountId}:oidc-provider/token.actions.githubusercontent.com'}, Action: sts:AssumeRoleWithWebIdentity, Condition: {StringNotLike: {'token.actions.githubusercontent.com:sub': 'repo:acme/*'}}}";
    check(&[&open, deny], &["-github/any-owner", "-github/owner-prefix", "+github/other-repository"]);
}

#[test]
fn github_owners_that_only_the_deployment_knows() {
    check(
        &[&subject("StringEquals", "!Sub 'repo:${P}/app:ref:refs/heads/main'")],
        &["-github/any-owner", "-github/owner-prefix"],
    );
    // The parameter may be a star.
    check(&[&subject("StringLike", "!Sub 'repo:${P}/app:*'")], &["?github/any-owner"]);
    check(
        &[&subject("StringLike", "!Sub 'repo:${Name}/app:*'")],
        &["-github/any-owner", "-github/owner-prefix", "-github/other-repository", "+github/pull-request"],
    );
    check(&[&subject("StringLike", "!Sub 'repo:${Name}*'")], &["-github/any-owner", "+github/owner-prefix"]);
    check(&[&subject("StringEquals", "!Ref P")], &["-github/any-owner"]);
    check(&[&subject("StringLike", "!Ref P")], &["?github/any-owner"]);
}

#[test]
fn a_guard_that_a_condition_drops() {
    let rest = "Conditions: {Prod: !Equals [!Ref P, prod]}";
    let dropped = github(
        "!If [Prod, {StringLike: {'token.actions.githubusercontent.com:sub': 'repo:acme/app:*'}}, {StringLike: {'token.actions.githubusercontent.com:sub': '*'}}]",
    );
    let text = template(rest, &[&dropped]);
    check_template(&text, &["+github/any-owner"]);
    let graph = graph(&text);
    let all = classes(&graph);
    let truths: Vec<Truth> = answers(&all, "github/any-owner").map(|(_, answer)| answer.answer.truth).collect();
    assert!(truths.contains(&Truth::True) && truths.contains(&Truth::False), "{truths:?}");
}

fn web(provider: &str, condition: &str) -> String {
    format!(
        "{{Effect: Allow, Principal: {{Federated: 'arn:aws:iam::111122223333:oidc-provider/{provider}'}}, Action: sts:AssumeRoleWithWebIdentity, Condition: {condition}}}"
    )
}

#[test]
fn other_ci_services() {
    let sub = |provider: &str, value: &str, expected: &Expected<'_>| {
        check(&[&web(provider, &format!("{{StringLike: {{'{provider}:sub': '{value}'}}}}"))], expected);
    };
    sub(
        "gitlab.com",
        "project_path:acme/app:ref_type:branch:ref:main",
        &["-gitlab/other-tenant", "-gitlab/tenant-prefix", "+gitlab/other-audience"],
    );
    sub("gitlab.com", "project_path:*:ref_type:branch:ref:main", &["+gitlab/other-tenant"]);
    sub("gitlab.com", "project_path:acme/*", &["-gitlab/other-tenant", "+gitlab/other-project"]);
    sub("gitlab.com", "project_path:acme*", &["-gitlab/other-tenant", "+gitlab/tenant-prefix"]);
    let terraform = "app.terraform.io";
    sub(terraform, "organization:*:project:net:workspace:*:run_phase:*", &["+hcp-terraform/other-tenant"]);
    sub(
        terraform,
        "organization:acme:project:*:workspace:*:run_phase:*",
        &["-hcp-terraform/other-tenant", "+hcp-terraform/other-project"],
    );
    sub(
        terraform,
        "organization:acme:project:net:workspace:prod:run_phase:apply",
        &["-hcp-terraform/other-tenant", "-hcp-terraform/other-project", "-hcp-terraform/other-workload"],
    );
    sub(terraform, "organization:acme:project:net:workspace:*:run_phase:apply", &["+hcp-terraform/other-workload"]);
    sub(
        "agent.buildkite.com",
        "organization:acme:pipeline:app:*",
        &["-buildkite/other-tenant", "-buildkite/other-project"],
    );
    sub("agent.buildkite.com", "organization:*:pipeline:app:*", &["+buildkite/other-tenant"]);
    // What is not documented is not proved to be out.
    sub("agent.buildkite.com", "other:acme:*", &["?buildkite/other-tenant"]);
    sub("scalr.io", "account:acme:*", &["?shared-issuer/other-tenant"]);
    sub("scalr.io", "account:acme", &["-shared-issuer/other-tenant"]);
    // The six of IBM Turbonomic.
    let turbonomic = "rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7";
    sub(turbonomic, "system:serviceaccount:turbonomic:t8c", &["-shared-issuer/other-tenant"]);
    sub(turbonomic, "*", &["+shared-issuer/other-tenant"]);
    sub("oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu", "*", &["+shared-issuer/other-tenant"]);
    sub("idp.example.com", "user-1", &["-oidc/other-subject"]);
    sub("idp.example.com", "user-*", &["+oidc/other-subject"]);
    check(
        &[&web("oidc.vercel.com", "{StringEquals: {'oidc.vercel.com:aud': 'https://vercel.com/acme'}}")],
        &["-vercel/other-tenant"],
    );
    check(&[&web("oidc.vercel.com", "{StringEquals: {'oidc.vercel.com:sub': x}}")], &["+vercel/other-tenant"]);
    check(
        &[
            "{Effect: Allow, Principal: {Federated: accounts.google.com}, Action: sts:AssumeRoleWithWebIdentity, Condition: {StringEquals: {'accounts.google.com:aud': '1-a.apps.googleusercontent.com'}}}",
        ],
        &["-google/other-app"],
    );
    check(
        &[
            "{Effect: Allow, Principal: {Federated: graph.facebook.com}, Action: sts:AssumeRoleWithWebIdentity, Condition: {StringNotEquals: {'graph.facebook.com:app_id': '1'}}}",
        ],
        &["+facebook/other-app"],
    );
}

#[test]
fn service_accounts_of_clusters() {
    let host = "oidc.eks.eu-west-1.amazonaws.com/id/0123ABC";
    let sub = |value: &str, expected: &Expected<'_>| {
        check(
            &[&web(host, &format!("{{StringLike: {{'{host}:sub': '{value}', '{host}:aud': sts.amazonaws.com}}}}"))],
            expected,
        );
    };
    sub(
        "system:serviceaccount:ns:sa",
        &["-irsa/other-namespace", "-irsa/other-service-account", "-irsa/other-audience"],
    );
    sub("system:serviceaccount:ns:*", &["-irsa/other-namespace", "+irsa/other-service-account"]);
    sub("system:serviceaccount:*:sa", &["+irsa/other-namespace"]);
    sub("system:serviceaccount:*", &["+irsa/other-namespace"]);
}

#[test]
fn keys_whose_issuer_only_the_deployment_knows() {
    let statement = |sub: &str| {
        format!(
            "{{Effect: Allow, Principal: {{Federated: !Sub 'arn:aws:iam::${{AWS::AccountId}}:oidc-provider/${{P}}'}}, Action: sts:AssumeRoleWithWebIdentity, Condition: {{StringLike: !GetAtt [Json, Value]}}}}#{sub}"
        )
    };
    let of = |sub: &str| {
        let statement = statement("");
        let statement = statement.trim_end_matches('#');
        let text = template("", &[statement]);
        format!(
            "{text}  Json:\n    Type: Custom::AWSCDKCfnJson\n    Properties:\n      Value: !Join ['', ['{{\"', !Ref P, ':sub\":\"{sub}\",\"', !Ref P, ':aud\":\"sts.amazonaws.com\"}}']]\n"
        )
    };
    check_template(&of("system:serviceaccount:ns:sa"), &["-irsa/other-namespace", "-irsa/other-service-account"]);
    check_template(&of("system:serviceaccount:*:sa"), &["+irsa/other-namespace"]);
    check_template(&of("repo:*"), &["+github/any-owner"]);
}

#[test]
fn principals_of_which_nothing_is_known() {
    let federated = |condition: &str| {
        format!(
            "{{Effect: Allow, Principal: {{Federated: !Ref P}}, Action: sts:AssumeRoleWithWebIdentity, Condition: {condition}}}"
        )
    };
    check(&[&federated("{}")], &["?oidc/other-tenant"]);
    check(&[&federated("{StringEquals: {sts:ExternalId: x}}")], &["-oidc/other-tenant"]);
    check(
        &[&federated("{StringLike: {'token.actions.githubusercontent.com:sub': 'repo:acme/app:*'}}")],
        &["-github/any-owner"],
    );
    check(&[&federated(&format!("{{{AUD}}}"))], &["+github/any-owner"]);
}

fn saml(condition: &str) -> String {
    format!(
        "{{Effect: Allow, Principal: {{Federated: 'arn:aws:iam::111122223333:saml-provider/Idp'}}, Action: sts:AssumeRoleWithSAML, Condition: {condition}}}"
    )
}

#[test]
fn assertions_of_saml_providers() {
    check(&[&saml("{}")], &["+saml/other-recipient", "+saml/console", "-saml/other-provider"]);
    check(
        &[&saml("{StringEquals: {SAML:aud: 'https://signin.aws.amazon.com/saml'}}")],
        &["-saml/other-recipient", "+saml/console"],
    );
    check(
        &[&saml("{StringEquals: {SAML:aud: 'urn:amazon:webservices'}}")],
        &["+saml/other-recipient", "-saml/console"],
    );
    check(
        &[&saml("{StringEqualsIfExists: {SAML:aud: 'https://signin.aws.amazon.com/saml'}}")],
        &["-saml/other-recipient"],
    );
    let aud = "StringEquals: {SAML:aud: 'https://signin.aws.amazon.com/saml'}";
    let attribute = |test: &str, expected: &Expected<'_>| check(&[&saml(&format!("{{{aud}, {test}}}"))], expected);
    attribute(
        "'ForAllValues:StringLike': {saml:edupersonaffiliation: [staff]}",
        &["+saml/without-attribute", "-saml/more-values"],
    );
    attribute(
        "'ForAnyValue:StringLike': {saml:edupersonaffiliation: [staff]}",
        &["-saml/without-attribute", "+saml/more-values", "+saml/console"],
    );
    attribute(
        "'ForAllValues:StringLike': {saml:edupersonaffiliation: [staff]}, 'Null': {saml:edupersonaffiliation: 'false'}",
        &["-saml/without-attribute", "+saml/console"],
    );
}

fn account(principal: &str, condition: &str) -> String {
    format!("{{Effect: Allow, Principal: {{AWS: {principal}}}, Action: sts:AssumeRole, Condition: {condition}}}")
}

#[test]
fn strangers_accounts() {
    let everybody = |condition: &str, expected: &Expected<'_>| check(&[&account("'*'", condition)], expected);
    everybody("{}", &["+account/unrelated", "+account/unrelated/plain"]);
    everybody("{StringEquals: {sts:ExternalId: !Ref P}}", &["+account/unrelated", "-account/unrelated/plain"]);
    let ours = "{StringEquals: {aws:PrincipalOrgID: !Ref P}}";
    everybody(ours, &["-account/unrelated", "+account/organization-member"]);
    everybody("{StringEquals: {sts:ExternalId: secret}}", &["+account/unrelated", "-account/unrelated/plain"]);
    everybody(
        "{StringEquals: {aws:PrincipalOrgID: o-abcdef}}",
        &["-account/unrelated", "+account/organization-member"],
    );
    everybody("{StringEqualsIfExists: {aws:PrincipalOrgID: o-abcdef}}", &["+account/unrelated"]);
    everybody("{StringLike: {aws:PrincipalOrgID: 'o-*'}}", &["+account/unrelated"]);
    everybody("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:role/deploy'}}", &["+account/unrelated"]);
    everybody("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::222233334444:role/*'}}", &["-account/unrelated"]);
    everybody(
        "{ArnLike: {aws:PrincipalArn: !Sub 'arn:aws:iam::${AWS::AccountId}:role/*'}}",
        &["-account/unrelated", "+account/same/other-principal"],
    );
    everybody("{StringEquals: {aws:PrincipalAccount: '222233334444'}}", &["-account/unrelated"]);
    everybody("{StringNotEquals: {aws:PrincipalAccount: '222233334444'}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:PrincipalAccount: '${aws:ResourceAccount}'}}", &["-account/unrelated"]);
    everybody("{StringEquals: {aws:PrincipalTag/team: a}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:RequestTag/team: a}}", &["-account/unrelated"]);
    everybody("{IpAddress: {aws:SourceIp: 192.0.2.0/24}}", &["+account/unrelated"]);
    everybody("{Bool: {aws:MultiFactorAuthPresent: 'true'}}", &["+account/unrelated"]);
    let deny = "{Effect: Deny, Principal: {AWS: '*'}, Action: '*', Condition: {StringNotEquals: {aws:PrincipalOrgID: o-abcdef}}}";
    check(&[&account("'*'", "{}"), deny], &["-account/unrelated"]);
    let tagged = "{Effect: Allow, Principal: {AWS: '*'}, Action: [sts:AssumeRole, sts:TagSession], Condition: {StringEquals: {aws:RequestTag/team: a}}}";
    check(&[tagged], &["+account/unrelated"]);
    check(&["{Effect: Allow, NotPrincipal: {AWS: '222233334444'}, Action: sts:AssumeRole}"], &["+account/unrelated"]);
    check(&[&account("!Ref P", "{}")], &["?account/unrelated"]);
    check(&[&account("!Sub 'arn:aws:iam::${P}:root'", "{}")], &["-account/unrelated"]);
}

#[test]
fn accounts_that_are_trusted() {
    let vendor = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    vendor("{}", &["-account/unrelated", "+account/trusted/no-external-id", "+account/trusted/wrong-external-id"]);
    let [no, wrong, any] =
        ["no-external-id", "wrong-external-id", "any-external-id"].map(|class| format!("account/trusted/{class}"));
    let [out_no, out_wrong] = [&no, &wrong].map(|class| format!("-{class}"));
    let [in_no, in_wrong, in_any] = [&no, &wrong, &any].map(|class| format!("+{class}"));
    vendor("{StringEquals: {sts:ExternalId: unique-id}}", &[&out_no, &out_wrong, &in_any]);
    vendor("{StringEqualsIfExists: {sts:ExternalId: unique-id}}", &[&in_no, &out_wrong]);
    vendor("{StringLike: {sts:ExternalId: '*'}}", &[&out_no, &in_wrong]);
    vendor("{'Null': {sts:ExternalId: 'false'}}", &[&out_no, &in_wrong]);
    vendor("{'ForAllValues:StringEquals': {sts:ExternalId: unique-id}}", &[&in_no, &out_wrong]);
    vendor("{StringNotEquals: {sts:ExternalId: unique-id}}", &[&in_no, &in_wrong]);
    vendor("{StringEquals: {sts:ExternalId: !Sub 'id-${P}'}}", &[&out_no, &out_wrong]);
    vendor("{StringEquals: {sts:ExternalId: !Ref P}}", &[&out_no, &out_wrong]);
    vendor("{Bool: {aws:MultiFactorAuthPresent: 'true'}}", &["-account/long-term-keys", &in_no]);
    vendor("{BoolIfExists: {aws:MultiFactorAuthPresent: 'true'}}", &["+account/long-term-keys"]);
    check(&[&account("'arn:aws:iam::222233334444:role/vendor'", "{}")], &[&in_no, "-account/unrelated"]);
    check(
        &[&account("!Sub 'arn:aws:iam::${AWS::AccountId}:root'", "{}")],
        &["-account/unrelated", "+account/same/other-principal", "+account/same/named"],
    );
    let tags = "{Effect: Allow, Principal: {AWS: '222233334444'}, Action: [sts:AssumeRole, sts:TagSession]}";
    check(&[tags], &["+account/free-tags"]);
    let bound = "{Effect: Allow, Principal: {AWS: '222233334444'}, Action: [sts:AssumeRole, sts:TagSession], Condition: {StringEquals: {aws:RequestTag/team: a}}}";
    check(&[bound], &["+account/free-tags"]);
}

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
    service("lambda.amazonaws.com", "{StringEquals: {aws:SourceOrgID: o-abcdef}}", &["-service/foreign-account"]);
    service("cognito-idp.amazonaws.com", "{StringEquals: {sts:ExternalId: x}}", &["+service/own-account"]);
    service("lambda.amazonaws.com", "{StringEquals: {aws:PrincipalOrgID: o-abcdef}}", &["-service/own-account"]);
}

/// Statements that name no provider and no service.
#[test]
fn everybody_of_other_kinds() {
    let open = |principal: &str, action: &str, condition: &str, expected: &Expected<'_>| {
        check(&[&format!("{{Effect: Allow, {principal}, Action: {action}, Condition: {condition}}}")], expected);
    };
    let (star, web) = ("Principal: '*'", "sts:AssumeRoleWithWebIdentity");
    open(star, web, "{}", &["?oidc/other-tenant", "+facebook/other-app", "+google/other-app", "+amazon/other-app"]);
    let sub = |values: &str| format!("{{StringLike: {{'token.actions.githubusercontent.com:sub': {values}}}}}");
    let of_acme = ["-github/any-owner", "-oidc/other-tenant", "-facebook/other-app", "+github/other-repository"];
    open(star, web, &sub("'*'"), &["+github/any-owner", "-oidc/other-tenant", "-facebook/other-app"]);
    open(star, web, &sub("'repo:acme/*'"), &of_acme);
    open("NotPrincipal: {AWS: '111122223333'}", web, &sub("'*'"), &["+github/any-owner"]);
    open("Principal: {Federated: '*'}", web, &sub("'*'"), &["?github/any-owner"]);
    let not = "{StringNotLike: {'token.actions.githubusercontent.com:sub': 'repo:acme/*'}}";
    open(star, web, not, &["+github/any-owner", "?oidc/other-tenant", "+facebook/other-app"]);
    let saml = "sts:AssumeRoleWithSAML";
    open(star, saml, "{}", &["?saml/other-recipient"]);
    open("NotPrincipal: {AWS: '111122223333'}", saml, "{}", &["?saml/other-recipient"]);
    let recipient = "{StringEquals: {SAML:aud: 'https://signin.aws.amazon.com/saml'}}";
    open(star, saml, recipient, &["-saml/other-recipient"]);
    let services = "{Bool: {aws:PrincipalIsAWSService: 'true'}}";
    open(star, "sts:AssumeRole", services, &["?service/foreign-account", "-account/unrelated"]);
    let own = "{StringEquals: {aws:PrincipalOrgID: o-abcdef}}";
    open(star, "sts:AssumeRole", own, &["-service/foreign-account", "-account/unrelated"]);
}

/// Keys that only variables name.
#[test]
fn strangers_who_meet_variables() {
    let everybody = |condition: &str, expected: &Expected<'_>| check(&[&account("'*'", condition)], expected);
    let name = "{StringLike: {sts:RoleSessionName: '${aws:username}'}}";
    everybody(name, &["+account/unrelated", "+account/same/other-principal"]);
    everybody("{StringEquals: {sts:RoleSessionName: '${aws:PrincipalTag/email}'}}", &["+account/unrelated"]);
    let tagged = "{Effect: Allow, Principal: {AWS: '*'}, Action: [sts:AssumeRole, sts:TagSession], Condition: {StringEquals: {aws:RequestTag/team: '${aws:PrincipalTag/team}'}}}";
    check(&[tagged], &["+account/unrelated"]);
    let deny = "{Effect: Deny, Principal: {AWS: '*'}, Action: sts:AssumeRole, Condition: {StringNotEquals: {sts:RoleSessionName: '${aws:username}'}}}";
    check(&[&account("'*'", "{}"), deny], &["+account/unrelated"]);
    let of = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    of(name, &["+account/trusted/no-external-id"]);
    check(&[&account("!Sub 'arn:aws:iam::${AWS::AccountId}:root'", name)], &["+account/same/named"]);
    check(
        &[&github("{StringLike: {'token.actions.githubusercontent.com:sub': '${aws:PrincipalTag/sub}'}}")],
        &["-github/any-owner"],
    );
}

#[test]
fn users_as_callers() {
    let everybody = |condition: &str, expected: &Expected<'_>| check(&[&account("'*'", condition)], expected);
    everybody("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:user/deployer'}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:PrincipalType: User}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:PrincipalType: AssumedRole}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:username: alice}}", &["+account/unrelated"]);
    everybody(
        "{StringEquals: {aws:username: alice}, ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:user/ops/alice'}}",
        &["+account/unrelated"],
    );
    everybody(
        "{StringEquals: {aws:username: alice}, ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:role/*'}}",
        &["-account/unrelated"],
    );
    let of = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    let [in_no, out_no] = ["+", "-"].map(|sign| format!("{sign}account/trusted/no-external-id"));
    of("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::222233334444:user/ci'}}", &[&in_no]);
    of("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::333344445555:user/ci'}}", &[&out_no]);
    check(
        &[&account(
            "!Sub 'arn:aws:iam::${AWS::AccountId}:root'",
            "{ArnLike: {aws:PrincipalArn: !Sub 'arn:aws:iam::${AWS::AccountId}:user/*'}}",
        )],
        &["+account/same/named", "+account/same/other-principal"],
    );
    let alice = "'arn:aws:iam::222233334444:user/ops/alice'";
    check(&[&account(alice, "{StringEquals: {aws:username: alice}}")], &[&in_no]);
    check(&[&account(alice, "{StringEquals: {aws:username: bob}}")], &[&out_no]);
    // The ARN of a session's role, with a path that the session's ARN has not.
    let session = "'arn:aws:sts::222233334444:assumed-role/Deploy/ci'";
    let arn = |arn: &str| format!("{{ArnEquals: {{aws:PrincipalArn: '{arn}'}}}}");
    check(&[&account(session, &arn("arn:aws:iam::222233334444:role/Deploy"))], &[&in_no]);
    check(&[&account(session, &arn("arn:aws:iam::222233334444:role/ops/Deploy"))], &[&in_no]);
    check(&[&account(session, &arn("arn:aws:iam::222233334444:role/Other"))], &[&out_no]);
}

#[test]
fn named_principals_in_organizations() {
    let [in_no, out_no] = ["+", "-"].map(|sign| format!("{sign}account/trusted/no-external-id"));
    let of = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    of("{StringEquals: {aws:PrincipalOrgID: o-abcdef}}", &[&in_no, "-account/unrelated"]);
    of("{StringEquals: {aws:PrincipalOrgID: !Ref P}}", &[&in_no, "-account/unrelated"]);
    of("{'Null': {aws:PrincipalOrgID: 'true'}}", &[&in_no]);
    of("{StringNotEquals: {aws:PrincipalOrgID: o-abcdef}}", &[&in_no]);
    of("{StringEquals: {aws:PrincipalOrgID: 'nothing '}, 'Null': {aws:PrincipalOrgID: 'true'}}", &[&out_no]);
    let own = "!Sub 'arn:aws:iam::${AWS::AccountId}:root'";
    check(&[&account(own, "{StringEquals: {aws:PrincipalOrgID: o-abcdef}}")], &["+account/same/named"]);
    let paths = "{'ForAnyValue:StringLike': {aws:PrincipalOrgPaths: 'o-abcdef/r-ab12/*'}}";
    check(&[&account("'*'", paths)], &["-account/unrelated"]);
    let paths = "{'ForAnyValue:StringLike': {aws:PrincipalOrgPaths: 'o-*/r-*/ou-*'}}";
    check(&[&account("'*'", paths)], &["+account/unrelated"]);
    let of_services = "{'ForAnyValue:StringLike': {aws:SourceOrgPaths: 'o-*/r-*/ou-*'}}";
    check(
        &[&format!(
            "{{Effect: Allow, Principal: {{Service: amplify.amazonaws.com}}, Action: sts:AssumeRole, Condition: {of_services}}}"
        )],
        &["+service/foreign-account"],
    );
}

/// Principals that are no caller's name are asked of nobody.
#[test]
fn stars_are_no_callers() {
    let classes_of = |statement: &str| -> Vec<String> {
        let all = classes(&graph(&template("", &[statement])));
        let answers = all.of_roles.iter().flat_map(|of_role| &of_role.answers);
        answers.map(|answer| answer.class.clone()).collect()
    };
    let tags = "Action: [sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity]";
    for principal in ["'*'", "{AWS: '*'}", "{AWS: 'arn:aws:iam::222233334444:role/*'}"] {
        let asked = classes_of(&format!("{{Effect: Allow, Principal: {principal}, {tags}}}"));
        let named = ["account/free-tags", "account/source-identity", "account/trusted/no-external-id"];
        assert!(!named.iter().any(|class| asked.iter().any(|own| own == class)), "{principal}: {asked:?}");
        assert!(asked.iter().any(|own| own == "account/unrelated"), "{principal}: {asked:?}");
    }
}

/// A session of a role: its source identity and its tags go with it.
#[test]
fn sessions_that_ask_for_another_role() {
    let both = |actions: &str, principal: &str, condition: &str, expected: &Expected<'_>| {
        check(
            &[&format!(
                "{{Effect: Allow, Principal: {{AWS: {principal}}}, Action: {actions}, Condition: {condition}}}"
            )],
            expected,
        );
    };
    let (is_in, out, unclear) = ("+account/chained", "-account/chained", "?account/chained");
    let role = "'arn:aws:iam::222233334444:role/ops/Deploy'";
    let assume = "sts:AssumeRole";
    both(assume, role, "{}", &[is_in]);
    both(assume, "'222233334444'", "{}", &[is_in]);
    both(assume, role, "{ArnEquals: {aws:PrincipalArn: 'arn:aws:iam::222233334444:role/ops/Deploy'}}", &[is_in]);
    both(assume, "'222233334444'", "{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:role/x'}}", &[is_in]);
    both(assume, "'222233334444'", "{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:user/*'}}", &[out]);
    both(assume, role, "{StringEquals: {sts:SourceIdentity: alice}}", &[out]);
    let set = "[sts:AssumeRole, sts:SetSourceIdentity]";
    both(set, role, "{StringEquals: {sts:SourceIdentity: alice, aws:SourceIdentity: alice}}", &[is_in]);
    both(set, role, "{StringEquals: {sts:SourceIdentity: alice, aws:SourceIdentity: bob}}", &[out]);
    both(assume, role, "{StringEquals: {aws:RequestTag/a: b}}", &[out]);
    both("[sts:AssumeRole, sts:TagSession]", role, "{StringEquals: {aws:RequestTag/a: b}}", &[unclear]);
    both(assume, role, "{Bool: {aws:MultiFactorAuthPresent: 'true'}}", &[unclear]);
    let session = "{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::222233334444:role/Deploy'}}";
    both(assume, "'arn:aws:sts::222233334444:assumed-role/Deploy/ci'", session, &[is_in]);
    let text = template("", &[&account("'arn:aws:iam::222233334444:user/u'", "{}")]);
    assert_eq!(answers(&classes(&graph(&text)), "account/chained").count(), 0);
}

#[test]
fn external_ids_that_can_be_sent() {
    let vendor = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    vendor("{StringEquals: {sts:ExternalId: !Ref P}}", &["+account/trusted/any-external-id"]);
    vendor("{StringEquals: {sts:ExternalId: !Sub 'id-${P}'}}", &["+account/trusted/any-external-id"]);
    // STS takes no blank in it.
    vendor("{StringEquals: {sts:ExternalId: 'a b'}}", &["-account/trusted/any-external-id"]);
    check(&[&account("'*'", "{StringEquals: {sts:ExternalId: 'a b'}}")], &["-account/unrelated"]);
}

#[test]
fn claims_that_name_no_tenant() {
    let sub = |test: &str, expected: &Expected<'_>| {
        let all = "StringLike: {'token.actions.githubusercontent.com:sub': 'repo:*'}";
        check(&[&github(&format!("{{{AUD}, {all}, {test}}}"))], expected);
    };
    let key = |claim: &str| format!("'token.actions.githubusercontent.com:{claim}'");
    // Whoever triggered the run.
    sub(&format!("StringEquals: {{{}: 'dependabot[bot]'}}", key("actor")), &["+github/any-owner"]);
    sub(&format!("StringEquals: {{{}: '42'}}", key("actor_id")), &["+github/any-owner"]);
    // Only tokens of an enterprise have it.
    let enterprise = key("enterprise_id");
    sub(&format!("StringEquals: {{{enterprise}: '42'}}"), &["-github/any-owner"]);
    sub(&format!("StringEqualsIfExists: {{{enterprise}: '42'}}"), &["+github/any-owner"]);
    sub(&format!("'ForAllValues:StringEquals': {{{enterprise}: '42'}}"), &["+github/any-owner"]);
    sub(&format!("'Null': {{{enterprise}: 'true'}}"), &["+github/any-owner"]);
    let host = "token.actions.githubusercontent.com/acme";
    check(
        &[&web(
            host,
            &format!("{{StringLike: {{'{host}:sub': 'repo:*'}}, StringEquals: {{'{host}:enterprise_id': '42'}}}}"),
        )],
        &["+github-enterprise/any-owner"],
    );
    check(
        &[&web(
            "gitlab.com",
            "{StringLike: {'gitlab.com:sub': 'project_path:*'}, StringEquals: {'gitlab.com:user_login': alice}}",
        )],
        &["+gitlab/other-tenant"],
    );
}

/// Subjects that the customers of an issuer choose.
#[test]
fn prefixes_and_projects_of_chosen_subjects() {
    let like = |value: &str, expected: &Expected<'_>| check(&[&subject("StringLike", &format!("'{value}'"))], expected);
    like("repo:acme*:job_workflow_ref:acme/wf/.github/workflows/x.yml@*", &["?github/owner-prefix"]);
    like(
        "repo:acme/*:job_workflow_ref:acme/wf/.github/workflows/x.yml@*",
        &["-github/owner-prefix", "?github/other-repository"],
    );
    like("repo:acme/app*:job_workflow_ref:x", &["-github/other-repository", "?github/repository-prefix"]);
    like(
        "repo:acme/app:job_workflow_ref:*",
        &["?github/other-branch", "-github/other-repository", "-github/owner-prefix"],
    );
    like("repo:acme/app:environment:*", &["-github/tag", "-github/other-branch", "+github/environment"]);
    let web_sub = |host: &str, value: &str, expected: &Expected<'_>| {
        check(&[&web(host, &format!("{{StringLike: {{'{host}:sub': '{value}'}}}}"))], expected);
    };
    web_sub("gitlab.com", "project_path:acme*:environment_protected:true", &["?gitlab/tenant-prefix"]);
    web_sub(
        "gitlab.com",
        "project_path:acme/*:environment_protected:true",
        &["?gitlab/other-project", "-gitlab/tenant-prefix"],
    );
    web_sub(
        "app.terraform.io",
        "organization:acme*:project:p:stack:s:deployment:d:operation:plan",
        &["?hcp-terraform/tenant-prefix"],
    );
    web_sub("app.terraform.io", "organization:acme:project:*:stack:s:*", &["?hcp-terraform/other-project"]);
    web_sub("agent.buildkite.com", "organization:acme*:pipeline:app:job:1", &["?buildkite/tenant-prefix"]);
}

#[test]
fn session_tags_of_tokens() {
    let tagged = |actions: &str, condition: &str, expected: &Expected<'_>| {
        check(
            &[&format!(
                "{{Effect: Allow, Principal: {{Federated: 'arn:aws:iam::111122223333:oidc-provider/agent.buildkite.com'}}, Action: {actions}, Condition: {{StringLike: {{'agent.buildkite.com:sub': 'organization:*', {condition}}}}}}}"
            )],
            expected,
        );
    };
    let both = "[sts:AssumeRoleWithWebIdentity, sts:TagSession]";
    tagged(both, "aws:RequestTag/pipeline_slug: deploy", &["+buildkite/other-tenant"]);
    tagged(both, "aws:RequestTag/organization_slug: acme", &["-buildkite/other-tenant"]);
    tagged("sts:AssumeRoleWithWebIdentity", "aws:RequestTag/pipeline_slug: deploy", &["-buildkite/other-tenant"]);
}

/// Audiences and subjects that a token can have.
#[test]
fn tokens_that_somebody_can_have() {
    let like = |values: &str, expected: &Expected<'_>| {
        let sub = format!("'token.actions.githubusercontent.com:sub': {values}");
        check(&[&github(&format!("{{StringLike: {{{sub}}}}}"))], expected);
    };
    like("'repo:acme/app:*'", &["+github/other-audience"]);
    like("['x', 'repo:', '']", &["-github/other-audience"]);
    like("!Sub 'repo:${P}/app:ref:refs/heads/main'", &["+github/other-audience"]);
    let key = "'token.actions.githubusercontent.com:aud'";
    check(&[&github(&format!("{{StringEquals: {{{key}: ''}}}}"))], &["-github/any-owner"]);
    let host = "ghes.example.com/_services/token";
    let sub = |value: &str, expected: &Expected<'_>| {
        check(&[&web(host, &format!("{{StringLike: {{'{host}:sub': '{value}'}}}}"))], expected);
    };
    sub("repo:acme", &["-github-enterprise/any-owner"]);
    sub("repo:*", &["+github-enterprise/any-owner"]);
    let text = template("", &[&github(&format!("{{StringNotEquals: {{{key}: sts.amazonaws.com}}}}"))]);
    let all = classes(&graph(&text));
    let (_, open) = answers(&all, "github/any-owner").next().unwrap();
    assert!(open.answer.truth.is_true() && open.assumes.iter().any(|text| text.contains("lists the audience")));
}

/// A provider in the run takes tokens for the audiences that it lists, and for no others.
#[test]
fn audiences_that_a_provider_of_the_run_lists() {
    let host = "idp.example.com";
    let ask = |more: &str, clients: &str, condition: &str, expected: &Expected<'_>| {
        let statement = format!(
            "{{Effect: Allow, Principal: {{Federated: !Ref I}}, Action: sts:AssumeRoleWithWebIdentity, Condition: {condition}}}"
        );
        let text = template("Conditions: {Prod: !Equals [!Ref P, prod]}", &[&statement]);
        let url = format!("Url: 'https://{host}'");
        let text =
            format!("{text}  I:\n    Type: AWS::IAM::OIDCProvider{more}\n    Properties: {{{url}, {clients}}}\n");
        check_template(&text, expected);
    };
    let none = format!("{{StringEquals: {{'{host}:sub': me}}}}");
    let not = format!("{{StringNotEquals: {{'{host}:aud': a}}}}");
    let [is_in, out, unclear] = ["+", "-", "?"].map(|sign| format!("{sign}oidc/other-audience"));
    ask("", "ClientIdList: [a]", &not, &[&out]);
    ask("", "ClientIdList: [a, b]", &not, &[&is_in]);
    ask("", "ClientIdList: [a]", &none, &[&is_in]);
    ask("", "ClientIdList: [!Ref P]", &not, &[&unclear]);
    ask("", "ClientIdList: !Ref P", &not, &[&unclear]);
    // Not known to be all, or not there in every deployment.
    ask("", "ThumbprintList: []", &not, &[&is_in]);
    ask("", "ClientIdList: !If [Prod, [a], [a, b]]", &not, &[&is_in]);
    ask("\n    Condition: Prod", "ClientIdList: [a]", &not, &[&is_in]);
    let statement = |condition: &str| {
        let text = template(
            "",
            &[&format!(
                "{{Effect: Allow, Principal: {{Federated: !Ref I}}, Action: sts:AssumeRoleWithWebIdentity, Condition: {condition}}}"
            )],
        );
        format!(
            "{text}  I:\n    Type: Custom::AWSCDKOpenIdConnectProvider\n    Properties: {{Url: 'https://{host}', ClientIDList: [a]}}\n"
        )
    };
    let all = classes(&graph(&statement(&format!("{{StringEquals: {{'{host}:aud': b}}}}"))));
    let (_, other) = answers(&all, "oidc/other-subject").next().unwrap();
    assert_eq!((other.answer.truth, other.refused), (Truth::True, Refused::Documented));
    let all = classes(&graph(&statement(&format!("{{StringNotEquals: {{'{host}:aud': b}}}}"))));
    let (_, other) = answers(&all, "oidc/other-subject").next().unwrap();
    assert_eq!((other.answer.truth, other.refused), (Truth::True, Refused::No));
    assert!(!other.assumes.iter().any(|text| text.contains("lists the audience")), "{:?}", other.assumes);
}

#[test]
fn what_aws_refuses_by_itself() {
    let refused = |statement: &str, class: &str| {
        let all = classes(&graph(&template("", &[statement])));
        let found = answers(&all, class).next().map(|(_, answer)| answer.refused);
        found.unwrap()
    };
    assert_eq!(refused(&github(&format!("{{{AUD}}}")), "github/any-owner"), Refused::Reported);
    let google = "{Effect: Allow, Principal: {Federated: accounts.google.com}, Action: sts:AssumeRoleWithWebIdentity}";
    assert_eq!(refused(google, "google/other-app"), Refused::No);
}

#[test]
fn partitions_whose_endpoints_are_not_known() {
    let of = |condition: &str, expected: &Expected<'_>| {
        check(
            &[&format!(
                "{{Effect: Allow, Principal: {{Federated: 'arn:aws-eusc:iam::111122223333:saml-provider/Idp'}}, Action: sts:AssumeRoleWithSAML, Condition: {condition}}}"
            )],
            expected,
        );
    };
    of("{StringEquals: {SAML:aud: 'https://signin.example.eu/saml'}}", &["?saml/other-recipient", "?saml/console"]);
    of("{StringEquals: {SAML:aud: 'https://signin.aws.amazon.com/saml'}}", &["-saml/other-recipient"]);
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

#[test]
fn further_issuers_and_subjects() {
    let sub = |host: &str, value: &str, expected: &Expected<'_>| {
        check(&[&web(host, &format!("{{StringLike: {{'{host}:sub': '{value}'}}}}"))], expected);
    };
    let id = "00000000-0000-4000-8000-00000000000a";
    let circle = format!("oidc.circleci.com/org/{id}");
    sub(&circle, &format!("org/{id}/project/*/user/*/vcs-origin/github.com/acme/*"), &["+circleci/other-project"]);
    sub(
        &circle,
        &format!("org/{id}/project/{id}/user/*/vcs-origin/*/vcs-ref/refs/heads/main"),
        &["-circleci/other-project"],
    );
    sub(
        "agent.buildkite.com",
        "organization:acme:pipeline:app:ref:refs/tags/*",
        &["+buildkite/tag", "-buildkite/other-tenant"],
    );
    sub("agent.eu.buildkite.dev", "organization:*", &["+buildkite/other-tenant"]);
    let bucket = "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc";
    sub(
        bucket,
        &format!("{{{{{id}}}}}:*").replace("{{", "{").replace("}}", "}"),
        &["-bitbucket/other-project", "+bitbucket/other-workload"],
    );
    sub(bucket, "{*", &["+bitbucket/other-project"]);
    sub("github.com/enterprises/acme", "repo:*", &["+github-enterprise/any-owner"]);
    let sentinel = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/";
    let named = |condition: &str, expected: &Expected<'_>| check(&[&web(sentinel, condition)], expected);
    named(&format!("{{StringEquals: {{'{sentinel}:aud': 'api://app'}}}}"), &["+sentinel/other-tenant"]);
    named(
        &format!("{{StringEquals: {{'sts:RoleSessionName': 'MicrosoftSentinel_{id}'}}}}"),
        &["-sentinel/other-tenant"],
    );
    named("{StringLike: {'sts:RoleSessionName': 'MicrosoftSentinel_*'}}", &["+sentinel/other-tenant"]);
    let oracle = "idcs-1a2b.identity.oraclecloud.com";
    check(&[&web(oracle, &format!("{{StringLike: {{'{oracle}:rpst_id': '*'}}}}"))], &["?oracle/other-subject"]);
    let google = "{Effect: Allow, Principal: {Federated: accounts.google.com}, Action: sts:AssumeRoleWithWebIdentity, Condition: {NumericEquals: {'accounts.google.com:google/organization_number': '42'}}}";
    check(&[google], &["?google/other-app"]);
    // Characters that refs may hold.
    let like = |value: &str, expected: &Expected<'_>| check(&[&subject("StringLike", &format!("'{value}'"))], expected);
    like("repo:*:ref:refs/heads/*&x", &["+github/any-owner"]);
    like("repo:*:ref:refs/heads/*é", &["?github/any-owner"]);
}

#[test]
fn external_ids_differ_in_case() {
    let condition = "{StringEqualsIgnoreCase: {sts:ExternalId: AbC}}";
    check(&[&account("'222233334444'", condition)], &["+account/trusted/wrong-external-id"]);
}

#[test]
fn pods_and_the_tags_of_their_sessions() {
    let pods = |actions: &str, condition: &str, expected: &Expected<'_>| {
        check(
            &[&format!(
                "{{Effect: Allow, Principal: {{Service: pods.eks.amazonaws.com}}, Action: {actions}, Condition: {condition}}}"
            )],
            expected,
        );
    };
    let (both, tag) =
        ("[sts:AssumeRole, sts:TagSession]", "{StringEquals: {aws:RequestTag/kubernetes-namespace: prod}}");
    pods(both, tag, &["+service/own-account"]);
    pods("sts:AssumeRole", tag, &["-service/own-account"]);
    pods(both, "{StringEquals: {aws:RequestTag/team: a}}", &["-service/own-account"]);
    pods(both, "{}", &["+service/own-account", "+service/no-source-keys"]);
}
