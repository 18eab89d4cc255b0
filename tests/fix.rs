//! `check --fix` and `--diff` as users run them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const OPEN: &str = "\
Resources:
  Pool: {Type: 'AWS::Cognito::IdentityPool', Properties: {AllowClassicFlow: false, AllowUnauthenticatedIdentities: false}}
  Role:
    Type: AWS::IAM::Role # the role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Federated: cognito-identity.amazonaws.com}
            Action: 'sts:AssumeRoleWithWebIdentity'   # keep
            # and this
  Roles: {Type: 'AWS::Cognito::IdentityPoolRoleAttachment', Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: !GetAtt Role.Arn}}}
";

const CLOSED: &str = "            Condition:
              StringEquals:
                cognito-identity.amazonaws.com:aud: !Ref Pool
              ForAnyValue:StringLike:
                cognito-identity.amazonaws.com:amr: authenticated
";

fn fixed() -> String {
    OPEN.replace("# keep\n", &format!("# keep\n{CLOSED}"))
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.arg("check").args(arguments).current_dir(folder.path()).output().unwrap()
}

fn text(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_fix_is_written_and_twice_changes_nothing_more() {
    let folder = folder(&[("a.yaml", OPEN)]);
    let ran = run(&folder, &["--fix"]);
    assert_eq!((ran.status.code(), text(&folder, "a.yaml")), (Some(0), fixed()));
    assert_eq!(said(&ran.stderr), "fixed: 1 finding in 1 file\n");
    let again = run(&folder, &["--fix"]);
    assert_eq!((said(&again.stderr).as_str(), text(&folder, "a.yaml")), ("note: nothing to fix\n", fixed()));
}

#[test]
fn a_diff_is_printed_and_nothing_is_written() {
    let folder = folder(&[("infra/a.yaml", OPEN)]);
    let ran = run(&folder, &["--diff"]);
    assert_eq!((ran.status.code(), text(&folder, "infra/a.yaml")), (Some(1), OPEN.to_owned()));
    let diff = said(&ran.stdout);
    assert!(diff.starts_with("--- a/infra/a.yaml\n+++ b/infra/a.yaml\n@@ "), "{diff}");
    fs::write(folder.path().join("fix.patch"), &diff).unwrap();
    let git = |arguments: &[&str]| Command::new("git").args(arguments).current_dir(folder.path()).output().unwrap();
    assert!(git(&["init", "-q"]).status.success());
    let applied = git(&["apply", "fix.patch"]);
    assert!(applied.status.success(), "{applied:?}");
    assert_eq!(text(&folder, "infra/a.yaml"), fixed());
    assert_eq!(said(&run(&folder, &["--diff"]).stdout), "");
}

#[test]
fn a_diff_that_git_would_refuse_says_where_to_start() {
    let folder = folder(&[("infra/a.yaml", OPEN), ("app/src/b.yaml", OPEN)]);
    let from = |start: &str, path: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        said(&command.args(["check", "--diff", path]).current_dir(folder.path().join(start)).output().unwrap().stderr)
    };
    let note =
        "note: git apply takes no path that leads up, such as ../../infra/a.yaml: start the check and git in ../..\n";
    assert_eq!(from("app/src", "../.."), note);
    assert_eq!(from("app", "src"), "");
}

#[test]
fn line_ends_and_marks_stay() {
    let windows = OPEN.replace('\n', "\r\n");
    let marked = format!("\u{feff}{OPEN}");
    let folder = folder(&[("a.yaml", &windows), ("b.yaml", &marked)]);
    assert_eq!(run(&folder, &["--fix"]).status.code(), Some(0));
    assert_eq!(text(&folder, "a.yaml"), fixed().replace('\n', "\r\n"));
    assert_eq!(text(&folder, "b.yaml"), format!("\u{feff}{}", fixed()));
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder(&[("real/a.yaml", OPEN), ("b.yaml", OPEN)]);
    let at = |path: &str| folder.path().join(path);
    symlink(at("real/a.yaml"), at("link.yaml")).unwrap();
    fs::set_permissions(at("real/a.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::set_permissions(at("b.yaml"), fs::Permissions::from_mode(0o440)).unwrap();
    let ran = run(&folder, &["--fix", "link.yaml", "b.yaml"]);
    assert_eq!(text(&folder, "real/a.yaml"), fixed());
    assert!(fs::symlink_metadata(at("link.yaml")).unwrap().is_symlink());
    assert_eq!(fs::metadata(at("real/a.yaml")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!((ran.status.code(), text(&folder, "b.yaml")), (Some(2), OPEN.to_owned()));
    let told = "error: cannot fix b.yaml: it is read-only\n\
                fixed: 1 finding in 1 file; 1 more in 1 file, not written\n";
    assert_eq!(said(&ran.stderr), told);
    // What could not be written is found as it is stored, in each form.
    let arguments = ["--fix", "link.yaml", "b.yaml", "-f", "sarif", "-o", "all.sarif", "-f", "plain"];
    let ran = run(&folder, &arguments);
    let found = said(&ran.stdout);
    assert!(found.starts_with("b.yaml:") && found.lines().count() == 1, "{found}");
    let sarif = text(&folder, "all.sarif");
    assert!(sarif.contains("\"uri\":\"b.yaml\"") || sarif.contains("\"uri\": \"b.yaml\""), "{sarif}");
}

#[test]
fn only_what_is_shown_is_fixed() {
    let folder = folder(&[("a.yaml", OPEN)]);
    for arguments in [["--fix", "--ignore", "CGT001"], ["--fix", "--select", "MAP"]] {
        run(&folder, &arguments);
        assert_eq!(text(&folder, "a.yaml"), OPEN, "{arguments:?}");
    }
}

#[test]
fn what_somebody_should_look_at_is_only_fixed_when_asked_for() {
    let untagged = "\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {AWS: 'arn:aws:iam::111122223333:role/deployer'}
            Action: sts:AssumeRole
            Condition: {StringEquals: {'aws:RequestTag/team': blue}}
";
    let folder = folder(&[("a.yaml", untagged)]);
    for arguments in ["--fix", "--diff"] {
        let told = said(&run(&folder, &[arguments]).stderr);
        assert_eq!(told, "note: nothing safe to fix; 1 more with --fix=offer\n", "{arguments}");
    }
    assert_eq!(text(&folder, "a.yaml"), untagged);
    run(&folder, &["--fix=offer"]);
    assert_eq!(
        text(&folder, "a.yaml"),
        untagged.replace("Action: sts:AssumeRole", "Action: [sts:AssumeRole, sts:TagSession]")
    );
}

#[test]
fn actions_are_fixed_without_asking_and_the_anchor_is_not() {
    const MACHINES: &str = "\
Resources:
  Anchor: {Type: 'AWS::RolesAnywhere::TrustAnchor', Properties: {Name: machines, Source: {SourceType: SELF_SIGNED_REPOSITORY}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: rolesanywhere.amazonaws.com}
            Action: sts:AssumeRole
";
    let allowed =
        MACHINES.replace("Action: sts:AssumeRole", "Action: [sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity]");
    let condition = "            Condition:\n              ArnEquals:\n                aws:SourceArn: !GetAtt Anchor.TrustAnchorArn\n";
    for (fix, after) in [("--fix", allowed.clone()), ("--fix=offer", format!("{allowed}{condition}"))] {
        let folder = folder(&[("a.yaml", MACHINES)]);
        run(&folder, &[fix]);
        assert_eq!(text(&folder, "a.yaml"), after, "{fix}");
    }
}

#[test]
fn the_output_of_a_program_is_never_changed() {
    let folder = tempfile::tempdir().unwrap();
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cdk/c-cognito");
    let to = folder.path().join("cdk.out");
    fs::create_dir(&to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    let all = || {
        let files = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().path());
        let mut texts: Vec<_> = files.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        texts.sort();
        texts
    };
    let before = all();
    run(&folder, &["--fix=offer", "--no-gitignore", "cdk.out"]);
    assert_eq!(all(), before);
    assert_eq!(said(&run(&folder, &["--diff", "--fix=offer", "cdk.out"]).stdout), "");
}

#[test]
fn standard_input_cannot_be_fixed() {
    let folder = folder(&[]);
    let ran = run(&folder, &["--fix", "-"]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(said(&ran.stderr).contains("standard input is none"), "{}", said(&ran.stderr));
}

#[test]
fn many_fixes_in_one_file_are_made_together() {
    let (head, rest) = OPEN.split_once("  Role:\n").unwrap();
    let (role, _) = rest.split_once("  Roles:").unwrap();
    let mut open = head.to_owned();
    for at in 0..40 {
        open += &format!("  Role{at}:\n{role}");
    }
    for at in 0..40 {
        open += &format!(
            "  A{at}: {{Type: 'AWS::Cognito::IdentityPoolRoleAttachment', Properties: {{IdentityPoolId: !Ref Pool, Roles: {{authenticated: !GetAtt Role{at}.Arn}}}}}}\n"
        );
    }
    let folder = folder(&[("a.yaml", &open)]);
    run(&folder, &["--fix", "--select", "CGT"]);
    let expected = open.replace("# keep\n", &format!("# keep\n{CLOSED}"));
    assert_eq!(text(&folder, "a.yaml"), expected);
}

#[test]
fn what_is_suppressed_stays_as_it_is() {
    let wanted = OPEN.replace(
        "            Principal:",
        "            # rolecall: ignore[CGT001] the account has one pool\n            Principal:",
    );
    let folder = folder(&[("a.yaml", &wanted)]);
    let ran = run(&folder, &["--fix"]);
    assert_eq!((ran.status.code(), text(&folder, "a.yaml")), (Some(0), wanted));
}

/// Templates of a CDK app outside its output, where nothing makes them anew: what one fix stands in the way of is
/// fixed once that is made, so that a second run finds nothing more to do, and nothing comes to what was found.
#[test]
fn all_that_can_be_fixed_is_fixed_at_once() {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cdk/c-cognito");
    let mut files = Vec::new();
    for entry in fs::read_dir(bundled).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".template.json") {
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    let list: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = folder(&list);
    let found = |folder: &TempDir| -> BTreeSet<(String, String, String)> {
        let report: Value = serde_json::from_slice(&run(folder, &["-f", "json"]).stdout).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let findings = report["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|one| (text(&one["rule"]), text(&one["location"]["path"]), text(&one["logicalId"])))
            .collect()
    };
    let before = found(&folder);
    run(&folder, &["--fix=offer"]);
    let after = found(&folder);
    assert!(after.len() * 2 < before.len() && after.is_subset(&before), "{before:#?}\n{after:#?}");
    let texts = || list.iter().map(|(name, _)| text(&folder, name)).collect::<Vec<_>>();
    let once = texts();
    assert_ne!(once, files.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>());
    run(&folder, &["--fix=offer"]);
    assert_eq!(once, texts());
}

#[test]
fn that_nothing_is_fixed_is_said() {
    let job = "Resources:\n  Job:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}\n";
    let clean = folder(&[("t.yaml", job)]);
    for arguments in [&["--fix"][..], &["--fix=offer"], &["--diff"]] {
        assert_eq!(said(&run(&clean, arguments).stderr), "note: nothing to fix\n", "{arguments:?}");
    }
    assert_eq!(said(&run(&clean, &["--fix", "-q"]).stderr), "");
    let known = folder(&[("t.yaml", OPEN)]);
    run(&known, &["--write-baseline", "known.json"]);
    let told = said(&run(&known, &["--diff", "--baseline", "known.json"]).stderr);
    assert!(told.starts_with("note: nothing to fix; ") && told.ends_with(" in the baseline\n"), "{told}");
    let told = said(&run(&clean, &["--diff", "-f", "json"]).stderr);
    assert!(told.contains("warning: -f json is not printed beside --diff; give it a file with -o"), "{told}");
    let told = said(&run(&clean, &["--fix", "offer"]).stderr);
    assert!(told.contains("cannot read offer") && told.contains("did you mean --fix=offer?"), "{told}");
}

/// A role that is handed out by a pool, with this in its statement, and what else the template has.
fn handed_out(rest: &str, pool: &str, statement: &str) -> String {
    format!(
        "{rest}Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n{pool}    Properties: {{AllowClassicFlow: \
         false, AllowUnauthenticatedIdentities: false}}\n  Roles:\n    Type: \
         AWS::Cognito::IdentityPoolRoleAttachment\n    Properties: {{IdentityPoolId: !Ref Pool, Roles: \
         {{authenticated: !GetAtt Role.Arn}}}}\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      \
         AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            \
         Principal: {{Federated: cognito-identity.amazonaws.com}}\n            Action: \
         sts:AssumeRoleWithWebIdentity\n{statement}"
    )
}

/// What would write down one of several values, name what may not be there, or close a circle is not changed.
#[test]
fn a_fix_does_nothing_beside_what_it_is_for() {
    let amr = "              ForAnyValue:StringLike: {'cognito-identity.amazonaws.com:amr': authenticated}\n";
    let without_aud = format!("            Condition:\n{amr}");
    let plain = |value: &str| {
        let tests =
            format!("'cognito-identity.amazonaws.com:aud': !Ref Pool, 'cognito-identity.amazonaws.com:amr': {value}");
        format!("            Condition: {{StringLike: {{{tests}}}}}\n")
    };
    let conditions = "Parameters:\n  P: {Type: String, AllowedValues: [authenticated, graph.facebook.com]}\nConditions:\n  \
                      C: !Equals [!Ref P, authenticated]\n";
    let sound = handed_out("", "", &without_aud);
    let diff = |template: &str| {
        let folder = folder(&[("t.yaml", template)]);
        said(&run(&folder, &["t.yaml", "--fix=offer", "--diff"]).stdout)
    };
    assert!(diff(&sound).contains("+"), "{sound}");
    assert!(diff(&handed_out("", "", &plain("authenticated"))).contains("+"));
    for template in [
        handed_out(conditions, "    Condition: C\n", &without_aud),
        handed_out("", "    DependsOn: Role\n", &without_aud),
        handed_out(conditions, "", &plain("!If [C, authenticated, graph.facebook.com]")),
        handed_out(conditions, "", &plain("!Ref P")),
    ] {
        assert_eq!(diff(&template), "", "{template}");
    }
}

/// A role that names identity pools as a service; a pool hands it out, and passes tags, which nobody hears of as long
/// as the role refuses all.
const MISPLACED: &str = "\
Resources:
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties: {AllowUnauthenticatedIdentities: false, SupportedLoginProviders: {www.amazon.com: x}}
  Tags:
    Type: AWS::Cognito::IdentityPoolPrincipalTag
    Properties: {IdentityPoolId: !Ref Pool, IdentityProviderName: www.amazon.com, PrincipalTags: {a: sub}}
  Att:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: !GetAtt Role.Arn}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: cognito-identity.amazonaws.com}
            Action: sts:AssumeRole
            Condition:
              StringEquals: {cognito-identity.amazonaws.com:aud: !Ref Pool}
              ForAnyValue:StringLike: {cognito-identity.amazonaws.com:amr: authenticated}
";

#[test]
fn no_report_promises_what_is_then_refused() {
    let tagless = MISPLACED.replace("PrincipalTags: {a: sub}", "PrincipalTags: {}, UseDefaults: false");
    for (template, is_promised) in [(MISPLACED, false), (tagless.as_str(), true)] {
        let folder = folder(&[("t.yaml", template)]);
        let says = |format: &str| said(&run(&folder, &["-f", format]).stdout);
        for format in ["text", "markdown", "html"] {
            let text = says(format);
            assert!(text.contains("CGT010") && text.contains("can do this") == is_promised, "{format}: {text}");
        }
        let report: Value = serde_json::from_str(&says("json")).unwrap();
        assert_eq!(report["findings"][0]["fix"].is_object(), is_promised, "{report}");
        let diff = run(&folder, &["--diff"]);
        assert_eq!(said(&diff.stdout).is_empty(), !is_promised);
        let told = "warning: t.yaml:18:34: CGT010 is not fixed: the edit would bring another finding";
        assert_eq!(said(&diff.stderr).contains(told), !is_promised, "{}", said(&diff.stderr));
    }
}

#[test]
fn one_fix_that_is_refused_leaves_the_others_promised() {
    let other = handed_out(
        "",
        "",
        "            Condition:\n              ForAnyValue:StringLike: {'cognito-identity.amazonaws.com:amr': authenticated}\n",
    );
    for files in [vec![("a.yaml", MISPLACED), ("b.yaml", OPEN)], vec![("a.yaml", MISPLACED), ("b.yaml", &other)]] {
        let folder = folder(&files);
        let report: Value = serde_json::from_slice(&run(&folder, &["-f", "json"]).stdout).unwrap();
        let fixes: Vec<(&str, bool)> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["rule"].as_str().unwrap(), one["fix"].is_object()))
            .collect();
        assert_eq!(fixes, [("CGT010", false), ("CGT001", true)], "{report}");
    }
}
