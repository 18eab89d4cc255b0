//! Tokens of other CI services, clusters and sign-in services.

use super::{AUD, Expected, answers, check, check_template, github, graph, subject, template, web};
use crate::identity::classes::classes;
use crate::identity::witness::Refused;
use crate::value::Truth;

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
        &[
            "-hcp-terraform/other-tenant",
            "-hcp-terraform/other-project",
            "-hcp-terraform/other-workspace",
            "-hcp-terraform/plan",
            "-hcp-terraform/apply",
        ],
    );
    sub(
        terraform,
        "organization:acme:project:net:workspace:*:run_phase:apply",
        &["-hcp-terraform/other-project", "+hcp-terraform/other-workspace"],
    );
    sub(
        terraform,
        "organization:acme:project:net:workspace:prod*:run_phase:apply",
        &["-hcp-terraform/other-workspace", "+hcp-terraform/workspace-prefix"],
    );
    sub(
        terraform,
        "organization:acme:project:net:workspace:prod:run_phase:*",
        &["-hcp-terraform/other-workspace", "-hcp-terraform/workspace-prefix", "+hcp-terraform/plan"],
    );
    sub(terraform, "organization:acme:project:*:workspace:prod:run_phase:apply", &["+hcp-terraform/other-project"]);
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
    check(&[&web("oidc.vercel.com", "{StringEquals: {'oidc.vercel.com:sub': x}}")], &["-vercel/other-tenant"]);
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

/// The address of the issuer names the organization: no other one is in its subjects.
#[test]
fn subjects_of_the_organization_that_the_issuer_names() {
    let organization = "11111111-2222-3333-4444-555555555555";
    let host = format!("oidc.circleci.com/org/{organization}");
    let sub = |value: &str| {
        let all =
            classes(&graph(&template("", &[&web(&host, &format!("{{StringLike: {{'{host}:sub': '{value}'}}}}"))])));
        let found = answers(&all, "circleci/other-project").map(|(_, own)| own.answer.clone()).collect::<Vec<_>>();
        let said = found.iter().find(|own| own.truth.is_true()).map(|own| format!("{:?}", own.request.context));
        (said, Truth::any(found.iter().map(|own| own.truth)))
    };
    let (said, truth) = sub("org/*/project/*");
    assert!(truth.is_true() && said.is_some_and(|said| said.contains(&format!("org/{organization}/project/"))));
    assert!(sub("org/99999999-2222-3333-4444-555555555555/project/*").1.is_false());
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
    let all = classes(&graph(&statement(&none)));
    let (_, other) = answers(&all, "oidc/other-audience").next().unwrap();
    assert!(other.answer.truth.is_true() && other.assumes.iter().any(|own| own.contains("a second audience")));
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
        &["+buildkite/any-tag", "-buildkite/other-tenant"],
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
    let user = "{Effect: Allow, Principal: {Federated: accounts.google.com}, Action: sts:AssumeRoleWithWebIdentity, Condition: {StringEquals: {'accounts.google.com:sub': '1234567890'}}}";
    check(&[user], &["-google/other-app", "+google/other-audience"]);
    // Characters that refs may hold.
    let like = |value: &str, expected: &Expected<'_>| check(&[&subject("StringLike", &format!("'{value}'"))], expected);
    like("repo:*:ref:refs/heads/*&x", &["+github/any-owner"]);
    like("repo:*:ref:refs/heads/*é", &["?github/any-owner"]);
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

#[test]
fn tenants_behind_wildcards() {
    let like = |provider: &str, value: &str| {
        let key = |claim: &str| format!("'{provider}:{claim}'");
        web(provider, &format!("{{StringEquals: {{{}: x}}, StringLike: {{{}: '{value}'}}}}", key("aud"), key("sub")))
    };
    check(
        &[&like("app.terraform.io", "*:acme:project:net:workspace:prod:run_phase:apply")],
        &["?hcp-terraform/other-tenant"],
    );
    check(&[&like("gitlab.com", "*:acme/app:ref_type:branch:ref:main")], &["?gitlab/other-tenant"]);
    let cluster = "oidc.eks.us-east-1.amazonaws.com/id/AAA";
    for value in ["*:prod:app", "system:*:prod:app"] {
        check(&[&like(cluster, value)], &["-irsa/other-namespace", "-irsa/other-service-account"]);
    }
}

/// The subjects of these issuers name the customer, though their audience keeps customers apart.
#[test]
fn subjects_that_name_the_customer() {
    let subject =
        |provider: &str, value: &str| web(provider, &format!("{{StringLike: {{'{provider}:sub': '{value}'}}}}"));
    let vercel = |value: &str| subject("oidc.vercel.com", value);
    check(&[&vercel("owner:acme:project:app:environment:production")], &["-vercel/other-tenant"]);
    check(&[&vercel("owner:*:project:app:environment:production")], &["+vercel/other-tenant"]);
    check(&[&web("oidc.vercel.com", "{}")], &["+vercel/other-tenant"]);
    check(&[&subject("api.pulumi.com/oidc", "pulumi:deploy:org:acme:project:*")], &["?pulumi/other-tenant"]);
}
