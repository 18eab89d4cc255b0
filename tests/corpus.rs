//! Real templates from public repositories, read where they lie beside the project; passes, saying so,
//! where they are absent. Well-kept templates stay quiet; their versions before a fix do not.

#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

fn corpus() -> Option<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        eprintln!("skipped: there is no corpus beside the project");
        return None;
    }
    Some(corpus)
}

fn check(corpus: &Path, paths: &[PathBuf]) -> Json {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.current_dir(corpus).args(["check", "-f", "json"]).args(paths);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

fn name(finding: &Json) -> String {
    let path = finding["location"]["path"].as_str().unwrap();
    let file = path.rsplit('/').next().unwrap();
    format!("{} {} {file}", finding["rule"].as_str().unwrap(), finding["logicalId"].as_str().unwrap_or("-"))
}

/// Pools that let guests in, and say so: apps for visitors, and what tests of other tools are about. One of
/// the latter has the classic flow on too.
const OPEN_TO_GUESTS: [&str; 9] = [
    "MAP015 BedrockIdentityPool cognito-identity-pool.yaml",
    "MAP015 COGNITO_ALLOW_UNAUTHENTICATED_IDENTITIES_RULE master_test_template.yml",
    "MAP015 CWRumIdentityPool template.yaml",
    "MAP015 CognitoIdentityPool1 cognito_identity_pool_allowunauthenticatedidentities_true.yaml",
    "MAP015 CognitoIdentityPool2 cognito_identity_pool_allowunauthenticatedidentities_true.yaml",
    "MAP015 amplifyAuthIdentityPool3FDE84CC \
     2ec6cd0e70-ndonly-gen2main-branch-8e0f260810-auth179371D7-SEM95NL3BKFT.target.template.json",
    "MAP015 amplifyAuthIdentityPool3FDE84CC \
     3ee724b442-en2main-branch-8e0f260810-auth179371D7-SEM95NL3BKFT-holding.target.template.json",
    "MAP015 identityPool sputnik-cognito.yml",
    "MAP017 COGNITO_ALLOW_UNAUTHENTICATED_IDENTITIES_RULE master_test_template.yml",
];

/// What is found rightly: test templates of other checkers, and of emulators that take what IAM does not.
const WRONG: [&str; 16] = [
    // Account numbers of nine digits.
    "XAC005 RootRole iam_root_role_cross_account.json",
    "XAC005 RootRoleOne iam_root_role_cross_account_two_roles.json",
    "XAC005 RootRoleTwo iam_root_role_cross_account_two_roles.json",
    // NotPrincipal, which the templates are there to show.
    "XAC004 NotPrincipalTrustRole iam_role_not_principal_on_trust.json",
    "XAC004 IAM_ROLE_NO_ALLOW_PLUS_NOT_PRINCIPAL master_test_template.yml",
    // A bare star.
    "XAC003 RootRole invalid_role_inline_policy.json",
    "XAC003 RootRole invalid_role_inline_policy_fn_if.json",
    "XAC003 RootRole invalid_role_inline_policy_resource_as_array.json",
    "XAC003 RootRole invalid_role_managed_policy.json",
    "XAC003 RootRole valid_role_inline_policy.json",
    // Everybody, and no condition.
    "XAC001 CodePipelineServiceRole public_access_test.yml",
    "XAC001 MyRoleF48FFE04 apigw-awsintegration-request-parameters.yaml",
    "XAC001 mystaterole904FED2D stepfunctions_statemachine_substitutions.yaml",
    "XAC001 roleC7B7E775 iam_role_policy.yaml",
    // Everything of STS, and everything but one action.
    "TRU005 IAM_ROLE_NO_FULL_ACCESS_ON_TRUST_POLICY master_test_template.yml",
    "TRU005 NotActionTrustRole iam_role_not_action_on_trust.json",
];
/// Roles that trust a SAML provider without any condition: an exercise on gaining rights.
const TRUSTS_OF_OTHERS: [&str; 1] = ["SML001 PrivilegeInjectorRole privilege_escalation_role.yaml"];

#[test]
fn well_kept_templates_stay_quiet() {
    let Some(corpus) = corpus() else { return };
    let report = check(&corpus, &["templates".into(), "cdkout".into()]);
    let findings = report["findings"].as_array().unwrap();
    let loud: BTreeSet<String> =
        findings.iter().filter(|finding| !finding["rule"].as_str().unwrap().starts_with("INP")).map(name).collect();
    let right: BTreeSet<String> =
        OPEN_TO_GUESTS.iter().chain(&WRONG).chain(&TRUSTS_OF_OTHERS).map(|name| (*name).to_owned()).collect();
    assert_eq!(loud, right);
    assert!(report["summary"]["templates"].as_u64().unwrap() > 300);
    assert!(report["summary"]["roles"].as_u64().unwrap() > 400);
    // What cannot be read is said at its place; each of these is broken for other readers too.
    let unread: BTreeSet<String> = findings
        .iter()
        .filter(|finding| finding["rule"] == "INP001")
        .map(|finding| {
            let location = &finding["location"];
            let path = location["path"].as_str().unwrap();
            format!("{}:{}", path.rsplit('/').next().unwrap(), location["start"]["line"])
        })
        .collect();
    let expected = [
        "generic_resources_with_mixed_cross_account_policy_and_no_policy.json:8",
        "template.yaml:3",
        "template.yaml:34",
        "valid_standalone_ingress_with_literal_group_id.yml:4",
    ];
    assert_eq!(unread, expected.map(str::to_owned).into());
}

#[test]
fn what_was_fixed_later_was_wrong_before() {
    let Some(corpus) = corpus() else { return };
    let mut histories = Vec::new();
    for repository in std::fs::read_dir(corpus.join("templates")).unwrap() {
        let history = repository.unwrap().path().join(".history");
        if history.is_dir() {
            histories.push(history.strip_prefix(&corpus).unwrap().to_owned());
        }
    }
    let report = check(&corpus, &histories);
    let findings = report["findings"].as_array().unwrap();
    // Who lets guests in did so before and after.
    let fixed = findings.iter().filter(|finding| {
        let rule = finding["rule"].as_str().unwrap();
        !rule.starts_with("INP") && rule != "MAP015"
    });
    let found: BTreeSet<String> = fixed.map(name).collect();
    // Amplify before its fixes: no test on the pool (CVE-2024-28056), and an action that no token can use.
    let root = ["AuthRole", "UnauthRole"].map(|role| format!("CGT001 {role} rootStackTemplate.json"));
    let nested = [
        "amplifytestAppIdtestBranchNameauth8722F3FC.nested.template.json",
        "amplifytestAppIdtestBranchNamebranchauth8D815D2B.nested.template.json",
        "amplifytestAppName1234testBranchNameauth9D8E5A71.nested.template.json",
        "testProjecttestEnvironmentauth2C6E1D50.nested.template.json",
    ];
    let roles = ["amplifyAuthauthenticatedUserRoleD8DA3689", "amplifyAuthunauthenticatedUserRole2B524D9E"];
    let nested = nested.iter().flat_map(|file| roles.iter().map(move |role| format!("CGT010 {role} {file}")));
    // A sample that tests amr, a list, as if it were a single value: what comes of it is not documented.
    let samples = ["setup-das-cfn.yaml", "setup-das-cfn.yml", "setup-opensearch-cfn.yml"];
    let roles = ["AuthenticatedUserRole", "UnauthenticatedUserRole"];
    let samples = samples.iter().flat_map(|file| roles.iter().map(move |role| format!("CGT006 {role} {file}")));
    // An early demonstration of GitHub's tokens, for any audience.
    let audience = ["OID007 iamroletoassume09F64513 GitHubOidcStack.template.json".to_owned()];
    // A key with !Sub before it, which CloudFormation evaluates nowhere but in values.
    let key = ["OID008 BedrockRole nexus-customer-onboarding.yaml".to_owned()];
    assert_eq!(found, root.into_iter().chain(nested).chain(samples).chain(audience).chain(key).collect());
}
