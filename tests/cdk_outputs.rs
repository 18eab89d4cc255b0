//! Real output of CDK apps that were written for this project, each with resources that are wrong on
//! purpose: what is found, by rule and logical id, and nothing else.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::Value as Json;

fn check(folder: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["check", &format!("testdata/cdk/{folder}")]).args(arguments);
    command.output().unwrap()
}

fn json(folder: &str, arguments: &[&str]) -> Json {
    let output = check(folder, &[&["-f", "json"], arguments].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn found(folder: &str, arguments: &[&str]) -> BTreeSet<String> {
    let report = json(folder, arguments);
    let findings = report["findings"].as_array().unwrap();
    let name = |finding: &Json| {
        let [rule, stack, id] = ["rule", "stack", "logicalId"].map(|key| finding[key].as_str().unwrap_or("-"));
        format!("{rule} {stack} {id}")
    };
    findings.iter().map(name).collect()
}

fn expect(folder: &str, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
    assert_eq!(found(folder, &[]), expected, "{folder}");
}

#[test]
fn an_empty_service_principal_from_a_blog() {
    // The good one asks for a tag that nothing in the stack sets for its pool's users.
    let expected = ["SVC001 PreferredRoleBad MyRoleF48FFE04", "TAG003 PreferredRoleGood MyRoleDefaultPolicyA36BE1DD"];
    expect("a-preferred-role", &expected);
}

#[test]
fn every_kind_of_principal() {
    let wrong = [
        "CGT003 STACK FederatedRole943B0EE0",
        "OID007 STACK OidcRole722F2D67",
        "SML001 STACK SamlRole5025A186",
        "TRU005 STACK L1Role",
        "XAC001 STACK AnyRoleB6626BEC",
        "XAC001 STACK L1Role",
        "XAC003 STACK StarRole88DE2005",
        // The account of nineteen digits that the library's own page has.
        "XAC005 STACK CompositeRoleECAD34F3",
    ];
    let of = |stack: &str| wrong.map(|name| name.replace("STACK", stack));
    let mut expected: Vec<String> = ["Principals", "PrincipalsPinned"].iter().flat_map(|stack| of(stack)).collect();
    // Only where the stack's own account is known is it certain that this one is another; that a tag is asked for, of any
    // value, is no external id.
    for role in ["TagSessionRole9F2F3B0F", "TagSessionCondRoleC34AB7E9"] {
        expected.push(format!("XAC006 PrincipalsPinned {role}"));
    }
    // The older form of another partition than the one that the stack goes to.
    expected.push("SVC002 PrincipalsPinned ServiceStaticRole19CB9AEB".to_owned());
    expect("b-principals", &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn cognito_in_every_wrong_way() {
    let bad = |rule: &str, id: &str| format!("{rule} CognitoL1Bad {id}");
    let mut expected = vec![
        bad("CGT001", "NoAudRole604C1729"),
        bad("CGT001", "NoConditionsRole5E871B24"),
        bad("CGT001", "WildcardAudRole04C0B16C"),
        bad("CGT002", "NoAmrRoleC276BE2B"),
        bad("CGT002", "UnauthAmrRole7C5AC8EC"),
        bad("CGT007", "ForAllValuesRole73ABDF1E"),
        bad("CGT010", "WrongActionRole84C212C1"),
        bad("MAP001", "TieGroup"),
        bad("MAP003", "SecondAttachment"),
        bad("MAP014", "WrongPoolRole6D670803"),
        bad("MAP014", "LambdaTrustRole8543D26F"),
        bad("MAP018", "SecondAttachment"),
    ];
    let untagged = [
        "NoTagSessionRole9BB9B5CB",
        "NoAudRole604C1729",
        "NoAmrRoleC276BE2B",
        "LiteralAudRoleC0D4FD82",
        "WildcardAudRole04C0B16C",
    ];
    expected.extend(untagged.map(|id| bad("TAG001", id)));
    // The maps name an attribute that no user pool of these apps has.
    expected.extend(["L1Bad", "TokenGood", "RulesGood"].map(|stack| format!("TAG007 Cognito{stack} PrincipalTag")));
    expected.push("CGT001 CognitoL2Bad OpenRole5B2BF9A5".to_owned());
    expected.push("MAP014 CognitoL2Bad PlainRole4E01DE29".to_owned());
    let disagree = ["L2Bad ACCC8ACD5", "L2Bad IdentityPoolDefaultRoleAttachmentD81AFC39", "RulesGood AdminGroup"];
    expected.push("MAP012 CognitoL2Bad IdentityPoolDefaultRoleAttachmentD81AFC39".to_owned());
    for (stack, pool) in [("L1Bad", "IdentityPool"), ("L2Bad", "IdentityPoolEC8A1A0D")] {
        expected.extend(["MAP015", "MAP017"].map(|rule| format!("{rule} Cognito{stack} {pool}")));
    }
    // The rules of the good one lead to the role of its group, whose own naming of it has no effect.
    expected.extend(disagree.map(|id| format!("MAP007 Cognito{id}")));
    expect("c-cognito", &expected.iter().map(String::as_str).collect::<Vec<_>>());
    let info = found("c-cognito", &["--min-severity", "info"]);
    assert!(info.contains("CGT004 CognitoL1Bad LiteralAudRoleC0D4FD82"), "{info:?}");
}

#[test]
fn a_session_broker_raises_none_of_these() {
    expect("d-session-broker", &[]);
}

#[test]
fn stages_nested_stacks_and_references_between_them() {
    for folder in ["e-platform", "e-platform-strong"] {
        let report = json(folder, &[]);
        let findings = report["findings"].as_array().unwrap();
        let rules: Vec<&str> = findings.iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
        // The fourth is a role for pods whose sessions it does not let be tagged.
        let expected = ["OID007", "OID002", "OID011", "SVC007", "MAP001", "CGT001", "CGT001"];
        assert_eq!(rules, expected, "{folder}");
        assert!(findings[..2].iter().all(|finding| finding["logicalId"] == "AnyRepoRole2E863485"));
        assert_eq!(findings[2]["logicalId"], "IrsaOpenRole45DF41E5");
        let findings = &findings[4..];
        let tie = &findings[0];
        assert_eq!(tie["stack"], "Dev-Mapping");
        assert_eq!(tie["constructPath"], "Dev/Mapping/Users");
        // The groups stand in one stack, the roles in a nested one, the pools in a third.
        for (finding, id) in findings[1..].iter().zip(["AdminRole38563C57", "UserRoleB7C3739B"]) {
            assert_eq!(finding["logicalId"], id);
            let related = finding["related"].as_array().unwrap();
            let files: BTreeSet<&str> =
                related.iter().map(|label| label["location"]["path"].as_str().unwrap()).collect();
            let ends = |end: &str| files.iter().any(|file| file.ends_with(end));
            assert!(ends("DevPools1F8AD349.template.json") && ends("DevMapping2FBE8E3E.template.json"), "{files:?}");
        }
        assert_eq!(report["summary"]["trustsUndecided"], 0, "{folder}");
    }
}

#[test]
fn python_and_old_libraries_and_one_line_templates() {
    let python = [
        "CGT001 PyBad AdminRole38563C57",
        "CGT001 PyBad UserRoleB7C3739B",
        "MAP001 PyBad Users",
        "MAP003 PyBad Attachment",
    ];
    expect("f-python", &python);
    // The trust policy of L1 is an empty map.
    expect("old-2150", &["SVC001 Old2150 Role1ABCC5F0", "TRU004 Old2150 L1"]);
    expect("old-2250", &["SVC001 Old2250 Role1ABCC5F0", "TRU004 Old2250 L1"]);
    expect("o-options-minify", &["SVC001 Opt R0C4A48243", "SVC001 Opt R18C979491", "SVC001 Opt R2D8F31528"]);
}

#[test]
fn nested_stacks_without_a_name_of_their_own() {
    let expected = [
        "CGT001 Plugged NoAudC8E6F9F4",
        "CGT001 Plugged AckedC8DB10F7",
        "SVC001 Plugged Empty8E0066A8",
        "SVC001 - InNested6B37C741",
    ];
    expect("p-plugin-nested", &expected);
}

/// The witness is concrete and complete: what it says of itself is what the evaluator says of it.
#[test]
fn every_witness_is_let_in() {
    let mut seen = 0;
    for folder in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cdk")).unwrap() {
        let folder = folder.unwrap().file_name();
        for finding in json(folder.to_str().unwrap(), &["--min-severity", "info", "--show-possible"])["findings"]
            .as_array()
            .unwrap()
        {
            let Some(witness) = finding.get("witness").filter(|witness| !witness.is_null()) else { continue };
            assert_eq!(witness["decision"], "Allow", "{finding:#}");
            assert!(witness["by"].is_string());
            seen += 1;
        }
    }
    assert!(seen >= 15, "{seen} witnesses");
}

#[test]
fn sarif_of_everything_is_valid() {
    let output = check("", &["-f", "sarif", "--min-severity", "info", "--show-possible"]);
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    let schema =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/schema/sarif-2.1.0.json")).unwrap();
    // One pattern of the official schema has a bracket that closes nothing, which some engines refuse.
    let schema: Json = serde_json::from_str(&schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(report["runs"][0]["results"].as_array().unwrap().len() > 30);
}
