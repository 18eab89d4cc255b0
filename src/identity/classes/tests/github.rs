//! Tokens of GitHub.

use super::{AUD, Expected, answers, check, check_template, github, graph, subject, template, web, witnesses_prove};
use crate::identity::classes::classes;
use crate::policy;
use crate::value::Truth;

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
fn names_that_nobody_has() {
    let like = |values: &str, expected: &Expected<'_>| check(&[&subject("StringLike", values)], expected);
    // Git takes no such branches (git check-ref-format).
    for branch in [".*", "a/.*", "*..*", "*.lock", "*.lock/a", "/*", "a//*", "*/", "*."] {
        like(&format!("'repo:acme/app:ref:refs/heads/{branch}'"), &["-github/other-branch"]);
    }
    for branch in ["*.*", "*lock", "a.b*", "*/*"] {
        like(&format!("'repo:acme/app:ref:refs/heads/{branch}'"), &["+github/other-branch", "-github/any-branch"]);
    }
    // Repositories may begin with a dot, and nobody's name is empty.
    like("'repo:acme/.*:ref:refs/heads/main'", &["+github/repository-prefix"]);
    let asked = |values: &str| {
        let all = classes(&graph(&template("", &[&subject("StringLike", values)])));
        answers(&all, "github/pull-request").next().is_some()
    };
    assert!(asked("'repo:acme/app:*'") && !asked("'repo:/app:*'"));
}

#[test]
fn any_branch_and_any_environment() {
    let like = |values: &str, expected: &Expected<'_>| check(&[&subject("StringLike", values)], expected);
    like("'repo:acme/app:*'", &["+github/any-branch", "+github/any-environment"]);
    like("'repo:acme/app:ref:*'", &["+github/any-branch", "-github/any-environment"]);
    like("'repo:acme@*/app@*:*'", &["+github/any-branch", "+github/pull-request"]);
    like("'repo:acme@*/app@*:ref:refs/heads/main'", &["-github/any-branch", "-github/pull-request", "-github/tag"]);
    like("'repo:*/app:*'", &["+github/any-owner"]);
    like("'repo:acme@1/app@2:ref:refs/heads/*'", &["+github/any-branch", "-github/tag"]);
    like("'repo:acme/app:environment:*'", &["-github/any-branch", "+github/any-environment"]);
    like("'repo:acme/app:ref:refs/heads/release-*'", &["-github/any-branch", "+github/other-branch"]);
    like("'repo:acme/app:environment:prod-*'", &["-github/any-environment", "+github/environment"]);
    // No name is empty.
    like("'repo:acme/app:ref:refs/heads/?*'", &["+github/any-branch"]);
    like("'repo:acme/app:environment:*?'", &["+github/any-environment"]);
    like("'repo:acme/app:ref:refs/heads/?'", &["-github/any-branch", "+github/other-branch"]);
}

/// Every class, with what is known of it, where a policy has this pattern for the subject.
fn verdicts(value: &str) -> Vec<(String, Truth)> {
    let all = classes(&graph(&template("", &[&subject("StringLike", &format!("'{value}'"))])));
    let answers = all.of_roles.iter().flat_map(|of_role| &of_role.answers);
    answers.map(|answer| (answer.class.clone(), answer.answer.truth)).collect()
}

#[test]
fn patterns_that_say_the_same_are_the_same() {
    let shapes = [
        "{}",
        "repo:{}",
        "repo:{}/app:{}",
        "repo:acme{}",
        "repo:acme/{}",
        "repo:acme/app{}:ref:{}",
        "repo:acme/app:{}",
        "repo:acme/app:ref:refs/heads/{}",
        "repo:acme/app:environment:{}",
        "repo:acme@{}/app@{}:{}",
        "{}:acme/app:{}",
        "job_workflow_ref:{}",
    ];
    for shape in shapes {
        let of = |wildcard: &str| verdicts(&shape.replace("{}", wildcard));
        let (any, some) = (of("*"), of("?*"));
        assert_eq!(of("**"), any, "{shape}");
        assert_eq!(of("***"), any, "{shape}");
        assert_eq!(of("*?"), some, "{shape}");
        assert_eq!(of("*?**"), some, "{shape}");
    }
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

/// Whether a class certainly gets in where a policy has this pattern for the subject.
fn is_in(values: &str, class: &str) -> bool {
    let all = classes(&graph(&template("", &[&subject("StringLike", values)])));
    all.of_roles
        .iter()
        .for_each(|of_role| witnesses_prove(&graph(&template("", &[&subject("StringLike", values)])), &all, of_role));
    answers(&all, class).any(|(_, answer)| answer.answer.truth.is_true())
}

/// An owner whom a policy names is its own also where wildcards stand for the beginning. Whether customers choose such
/// subjects is not known, so that nothing is proved of them.
#[test]
fn names_behind_wildcards() {
    for value in ["*:acme/app:ref:refs/heads/main", "?epo:acme/app:*", "re*:acme/app:*", "*repo:acme/app:*"] {
        let value = format!("'{value}'");
        for class in ["any-owner", "owner-prefix", "other-repository", "repository-prefix"] {
            assert!(!is_in(&value, &format!("github/{class}")), "{value} {class}");
        }
    }
    assert!(!is_in("'*repo:acme/*'", "github/any-owner") && is_in("'*repo:acme/*'", "github/other-repository"));
    // An environment's name may have a slash.
    assert!(is_in("'*:acme/*'", "github/any-owner"));
    for value in ["'*acme/app:*'", "'repo*acme/app:ref:refs/heads/main'"] {
        let all = classes(&graph(&template("", &[&subject("StringLike", value)])));
        let (_, answer) = answers(&all, "github/any-owner").next().unwrap();
        assert!(answer.answer.truth.is_true(), "{value}");
        let subject = format!("{:?}", answer.answer.request.get("token.actions.githubusercontent.com:sub"));
        assert!(!subject.contains("repo:acme/"), "{value}: {subject}");
    }
}

/// Ids are given once: who has one that the policy names is nobody else.
#[test]
fn owners_and_repositories_by_their_ids() {
    for value in [
        "'repo:*@123/*@456:ref:refs/heads/main'",
        "'repo:*@123/app@456:ref:refs/heads/main'",
        "'repo:*@456:ref:refs/heads/main'",
        "'repo:*/app@456:*'",
        "'repo:acme*@123/app*@456:ref:refs/heads/main'",
    ] {
        assert!(!is_in(value, "github/any-owner") && !is_in(value, "github/owner-prefix"), "{value}");
    }
    assert!(is_in("'repo:*@123/*@*:ref:refs/heads/main'", "github/other-repository"));
    assert!(!is_in("'repo:acme@*/app*@456:*'", "github/repository-prefix"));
    assert!(is_in("['repo:*@123/*@456:*', 'repo:*:environment:prod']", "github/any-owner"));
}

/// A text that nobody knows may hold the owner and the repository: what follows it says nothing of owners then.
#[test]
fn names_in_texts_that_nobody_knows() {
    let like = |value: &str, expected: &Expected<'_>| check(&[&subject("StringLike", value)], expected);
    like("!Sub 'repo:${P}*'", &["?github/any-owner", "?github/owner-prefix"]);
    like("!Sub 'repo:acme/${P}*'", &["?github/owner-prefix", "?github/repository-prefix"]);
    like("[!Sub 'repo:${P}*', 'repo:acme*']", &["+github/owner-prefix"]);
    like("[!Sub 'repo:${P}*', 'repo:acme/app:*']", &["?github/owner-prefix"]);
    // Its pattern has no slash.
    like("!Sub 'repo:${Name}*'", &["+github/owner-prefix"]);
    like("!Sub 'repo:${P}/*'", &["+github/other-repository"]);
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
    // Both together name one repository, as far as is documented.
    of("repo:acme/*", &format!("{repository}: '*/app'"), &["-github/any-owner", "?github/other-repository"]);
    of("repo:*:ref:refs/heads/main", &format!("{repository}: 'b*'"), &["-github/any-owner", "+github/owner-prefix"]);
    of("repo:*:ref:refs/heads/main", &format!("{repository}: '?*'"), &["+github/any-owner"]);
    let text = template("", &[&github(&format!("{{{AUD}, StringLike: {{{}: 'repo:*', {main}}}}}", claim("sub")))]);
    let all = classes(&graph(&text));
    let (_, open) = answers(&all, "github/any-owner").next().unwrap();
    let carried = |name: &str| match open.answer.request.get(&format!("token.actions.githubusercontent.com:{name}")) {
        Some(policy::Carried::One(text)) => format!("{:?}", text.pieces().unwrap().last()),
        _ => panic!("{name} is not there"),
    };
    assert!(carried("sub").contains(":ref:refs/heads/main") && carried("ref").contains("refs/heads/main"));
}

/// The claim that names the repository tells the policy's own ones as the subject does, which may leave them open.
#[test]
fn repositories_that_another_claim_names() {
    let of = |sub: &str, repository: &str, expected: &Expected<'_>| {
        let key = |claim: &str| format!("'token.actions.githubusercontent.com:{claim}'");
        let like = format!("StringLike: {{{}: '{sub}', {}: '{repository}'}}", key("sub"), key("repository"));
        check(&[&github(&format!("{{{AUD}, {like}}}"))], expected);
    };
    for sub in ["repo:*", "*"] {
        of(sub, "acme*", &["-github/any-owner", "+github/owner-prefix"]);
        of(sub, "acme/*", &["-github/any-owner", "-github/owner-prefix", "+github/other-repository"]);
        of(sub, "acme/app*", &["-github/other-repository", "+github/repository-prefix", "-github/owner-prefix"]);
        let any =
            ["-github/other-repository", "-github/repository-prefix", "+github/any-branch", "+github/pull-request"];
        of(sub, "acme/app", &any);
    }
    of("repo:acme/*", "acme/app", &["-github/other-repository", "+github/any-branch"]);
    of("repo:*:ref:refs/heads/main", "acme/app", &["-github/other-repository", "-github/any-branch"]);
}

/// What is shown is no text that the pattern with nothing for its stars is, and has the grammar of the issuer.
#[test]
fn strangers_have_names_that_the_issuer_gives() {
    let shown = |value: &str, class: &str| {
        let graph = graph(&template("", &[&subject("StringLike", &format!("'{value}'"))]));
        let all = classes(&graph);
        let (of_role, answer) = answers(&all, class).next().unwrap();
        let witness = crate::identity::classes::witness_of(&graph, &all, of_role, answer);
        let carried = |claim: &str| match witness.request.get(&format!("token.actions.githubusercontent.com:{claim}")) {
            Some(policy::Carried::One(text)) => text.as_known().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        assert!(carried("repository_id").bytes().all(|byte| byte.is_ascii_digit()), "{value}");
        carried("sub")
    };
    for (value, class, expected) in [
        ("repo:acme@1/app*:ref:refs/heads/main", "repository-prefix", "repo:acme@1/app-other@4242:ref:refs/heads/main"),
        ("repo:acme-*", "owner-prefix", "repo:acme-other/other-repository:ref:refs/heads/other-branch"),
        ("repo:acme/*app:ref:refs/heads/main", "other-repository", "repo:acme/xapp:ref:refs/heads/main"),
        ("repo:acme/app:ref:refs/heads/*main", "other-branch", "repo:acme/app:ref:refs/heads/xmain"),
    ] {
        assert_eq!(shown(value, &format!("github/{class}")), expected, "{value}");
    }
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
