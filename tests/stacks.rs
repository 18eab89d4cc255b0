//! Templates that belong together, and templates that do not, as users check them.

#[allow(dead_code, reason = "each test uses a part of it")]
mod report;

use report::{check_folder, count, findings, notes, write};
use serde_json::Value;

/// A pool to which nothing attaches a role stands in most of these templates on purpose.
fn check(files: &[(&str, &str)], arguments: &[&str]) -> Value {
    report::check(files, &[arguments, &["--ignore", "MAP016"]].concat())
}

fn stacks(report: &Value) -> u64 {
    count(report, "stacks")
}

/// A role for signed-in users of the pool that a parameter names; its `aud` is that parameter.
const NESTED_ROLE: &str = "
Parameters:
  Pool: {Type: String}
  Amr: {Type: String, Default: authenticated}
Resources:
  AuthRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Federated: cognito-identity.amazonaws.com}
            Action: 'sts:AssumeRoleWithWebIdentity'
            Condition:
              StringEquals: {'cognito-identity.amazonaws.com:aud': !Ref Pool}
              'ForAnyValue:StringLike': {'cognito-identity.amazonaws.com:amr': !Ref Amr}
Outputs:
  RoleArn: {Value: !GetAtt AuthRole.Arn}
";

/// A root that nests the role above for one pool, and hands it out for another or the same.
fn root(url: &str, pool: &str) -> String {
    format!(
        "
Resources:
  Pool: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowUnauthenticatedIdentities: false}}}}
  Other: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowUnauthenticatedIdentities: false}}}}
  Roles:
    Type: AWS::CloudFormation::Stack
    Properties: {{TemplateURL: {url}, Parameters: {{Pool: !Ref {pool}}}}}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties: {{IdentityPoolId: !Ref Pool, Roles: {{authenticated: !GetAtt Roles.Outputs.RoleArn}}}}
"
    )
}

#[test]
fn a_url_of_somebody_elses_bucket_is_no_local_file() {
    let literal = "https://s3.amazonaws.com/vendor-bucket/v3/roles.yaml";
    let of = |url: &str, file: &str| {
        let report = check(&[("root.yaml", &root(url, "Other")), (file, NESTED_ROLE)], &[]);
        (stacks(&report), findings(&report).len())
    };
    let (_, joined) = of("./roles.yaml", "roles.yaml");
    assert!(joined > 0, "the nested role is for another pool than the one that hands it out");
    assert_eq!(of(literal, "roles.yaml"), (2, 0));
    assert_eq!(of(literal, "v3/roles.yaml").1, joined, "its folder fits too");
    assert_eq!(of("!Sub 'https://${AWS::AccountId}.s3.amazonaws.com/roles.yaml'", "roles.yaml").1, joined);
}

#[test]
fn a_nested_template_gets_parameters_and_gives_outputs() {
    let files = |pool: &str| [("infra/root.yaml", root("./nested/role.yml", pool))];
    let nested = ("infra/nested/role.yml", NESTED_ROLE);
    let [right] = files("Pool");
    let report = check(&[(right.0, &right.1), nested], &[]);
    assert_eq!((stacks(&report), findings(&report)), (2, vec![]));
    assert_eq!(notes(&report, "left-run"), [""; 0]);
    // The role is handed out by a pool that its trust policy refuses: seen only through both stacks.
    let [wrong] = files("Other");
    let report = check(&[(wrong.0, &wrong.1), nested], &[]);
    assert_eq!(findings(&report), ["MAP014 definite infra/nested/role.yml:16 AuthRole"]);
    // Whichever of both is named, the nested one is read with the root.
    let report = check(&[(wrong.0, &wrong.1), nested], &["infra/root.yaml"]);
    assert_eq!((stacks(&report), findings(&report).len()), (2, 1));
}

#[test]
fn an_application_and_the_uploads_of_other_tools_are_nested_too() {
    for (kind, property) in [
        ("AWS::Serverless::Application", "Location: nested/role.yml"),
        ("AWS::CloudFormation::Stack", "TemplateURL: !Rain::S3Http nested/role.yml"),
        ("AWS::CloudFormation::Stack", "TemplateURL: https://s3.amazonaws.com/bucket/prefix/nested/role.yml"),
        ("AWS::CloudFormation::Stack", "TemplateURL: !Sub 'https://${B}.s3.amazonaws.com/${P}/nested/role.yml'"),
    ] {
        let text = root("x", "Other").replace("AWS::CloudFormation::Stack", kind).replace("TemplateURL: x", property);
        let report = check(&[("root.yaml", &text), ("nested/role.yml", NESTED_ROLE)], &[]);
        assert_eq!(findings(&report), ["MAP014 definite nested/role.yml:16 AuthRole"], "{property}");
    }
}

#[test]
fn a_template_that_is_nested_twice_is_two_stacks() {
    let twice = root("role.yml", "Pool")
        + "  Second:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: role.yml, Parameters: {Pool: !Ref Other}}
";
    let report = check(&[("root.yaml", &twice), ("role.yml", NESTED_ROLE)], &[]);
    assert_eq!(stacks(&report), 3);
    assert_eq!(findings(&report), [""; 0], "the second one is handed out by nobody");
}

#[test]
fn amplify_keeps_its_nested_templates_beside_the_root() {
    let url = |end: &str| {
        format!(
            "!Join ['/', ['https://s3.amazonaws.com', !Ref Bucket, amplify-cfn-templates/auth/app-cloudformation-template{end}]]"
        )
    };
    let nested = "backend/auth/app/app-cloudformation-template.yml";
    let built = "backend/auth/app/build/app-cloudformation-template.yml";
    let copied = "backend/awscloudformation/build/auth/app/build/app-cloudformation-template.yml";
    for (top, end, others, found) in [
        ("backend/awscloudformation/nested-cloudformation-stack.yml", ".yml", vec![nested], nested),
        ("backend/awscloudformation/build/root-cloudformation-stack.json", ".json", vec![built], built),
        // The copy that belongs to the root is the nearer one.
        ("backend/awscloudformation/build/root-cloudformation-stack.yml", ".json", vec![copied, built], copied),
    ] {
        let text = if top.ends_with(".json") { json_root(end) } else { root(&url(end), "Other") };
        let mut files = vec![(top, text.as_str())];
        files.extend(others.iter().map(|path| (*path, NESTED_ROLE)));
        let report = check(&files, &[]);
        assert_eq!(findings(&report), [format!("MAP014 definite {found}:16 AuthRole")], "{top}");
    }
    // Two that may be it.
    let text = root(&url(".yml"), "Other");
    let top = "backend/awscloudformation/nested-cloudformation-stack.yml";
    let report = check(&[(top, &text), (nested, NESTED_ROLE), (built, NESTED_ROLE)], &[]);
    let said = format!("the template of the nested stack Roles may be {nested} or {built}");
    assert_eq!((findings(&report), notes(&report, "ambiguous")), (vec![], vec![said]));
}

/// The same root as JSON, with another form of the URL.
fn json_root(end: &str) -> String {
    let (pool, attachment) = (r#"{"Type": "AWS::Cognito::IdentityPool"}"#, "AWS::Cognito::IdentityPoolRoleAttachment");
    format!(
        r#"{{"Resources": {{"Pool": {pool}, "Other": {pool},
            "Roles": {{"Type": "AWS::CloudFormation::Stack", "Properties": {{"Parameters": {{"Pool": {{"Ref": "Other"}}}},
                "TemplateURL": "https://s3.amazonaws.com/bucket/auth/app-cloudformation-template{end}"}}}},
            "Attachment": {{"Type": "{attachment}", "Properties": {{"IdentityPoolId": {{"Ref": "Pool"}},
                "Roles": {{"authenticated": {{"Fn::GetAtt": ["Roles", "Outputs.RoleArn"]}}}}}}}}}}}}"#
    )
}

#[test]
fn no_path_out_of_what_is_checked_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    write(&outside, &[("role.yml", NESTED_ROLE)]);
    let away = outside.path().join("role.yml");
    let up = format!("../../../../../..{}", away.display());
    for url in [up.clone(), format!("file://{}", away.display()), away.display().to_string()] {
        write(&folder, &[("root.yaml", &root(&url, "Other"))]);
        let report = check_folder(&folder, &["--ignore", "MAP016"]);
        assert_eq!((stacks(&report), findings(&report)), (1, vec![]), "{url}");
        let notes = notes(&report, "left-run");
        assert!(notes.iter().any(|note| note.contains("lies outside of what is checked")), "{url}: {notes:?}");
    }
}

#[cfg(unix)]
#[test]
fn no_link_out_of_what_is_checked_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    write(&outside, &[("role.yml", NESTED_ROLE)]);
    write(&folder, &[("root.yaml", &root("nested/role.yml", "Other"))]);
    std::os::unix::fs::symlink(outside.path(), folder.path().join("nested")).unwrap();
    let report = check_folder(&folder, &["--ignore", "MAP016"]);
    assert_eq!((stacks(&report), findings(&report)), (1, vec![]));
}

#[test]
fn templates_that_nest_one_another_end() {
    let nests = |url: &str| {
        format!("Resources:\n  N: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: {url}}}}}\n")
    };
    let report =
        check(&[("a.yaml", &nests("b.yaml")), ("b.yaml", &nests("a.yaml")), ("c.yaml", &nests("c.yaml"))], &[]);
    assert_eq!(stacks(&report), 3);
    assert!(notes(&report, "left-run").iter().all(|note| note.contains("it nests this one in turn")));
}

#[test]
fn nesting_that_multiplies_is_bounded() {
    let many: String = (0..60)
        .map(|at| format!("  N{at}: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: AT}}}}\n"))
        .collect();
    let nests = |url: &str| format!("Resources:\n{}", many.replace("AT", url));
    let files = [("a.yaml", nests("b.yaml")), ("b.yaml", nests("c.yaml")), ("c.yaml", nests("d.yaml"))];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let report = check(&[files.as_slice(), &[("d.yaml", "Resources: {R: {Type: 'AWS::IAM::Role'}}")]].concat(), &[]);
    assert_eq!(stacks(&report), 10_000);
    assert_eq!(notes(&report, "bound"), ["only the first 10000 stacks are read that templates nest"]);
}

/// An app that attaches, by its ARN, the role that the other half of it defines.
fn halves(folder: &str, account: &str) -> [(String, String); 2] {
    let attachment = format!(
        "
Resources:
  Pool: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowUnauthenticatedIdentities: false}}}}
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties: {{IdentityPoolId: !Ref Pool, Roles: {{authenticated: !Sub 'arn:aws:iam::{account}:role/app-auth'}}}}
"
    );
    let role = NESTED_ROLE.replace("Properties:\n      Assume", "Properties:\n      RoleName: app-auth\n      Assume");
    // It is for guests, and handed to signed-in users.
    let role = role.replace("!Ref Amr", "unauthenticated");
    [(format!("{folder}/pool.yaml"), attachment), (format!("{folder}/role.yaml"), role)]
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()
}

#[test]
fn a_role_is_known_by_its_arn_across_templates() {
    // Whether a number is that of the role's account nobody knows.
    for (account, status) in [("${AWS::AccountId}", "definite"), ("111122223333", "possible")] {
        let report = check(&borrowed(&halves("app", account)), &[]);
        assert_eq!(findings(&report), [format!("MAP014 {status} app/role.yaml:18 AuthRole")], "{account}");
    }
    // Somebody else's account.
    let report = check(&borrowed(&halves("app", "${Partner}")), &[]);
    assert_eq!(findings(&report), [""; 0]);
}

#[test]
fn two_apps_with_the_same_role_names_stay_apart() {
    let files = [halves("one", "${AWS::AccountId}"), halves("two", "${AWS::AccountId}")].concat();
    let report = check(&borrowed(&files), &[]);
    assert_eq!(findings(&report), [""; 0]);
    let said = "references to the role app-auth are not followed: it is defined by one/role.yaml and by two/role.yaml";
    assert_eq!(notes(&report, "ambiguous"), [said], "once for both who ask");
}

#[test]
fn copies_of_a_template_are_told_of_once() {
    let role = |name: &str| {
        format!(
            "  {name}:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: app-{name}\n      \
             AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Principal: {{Service: \
             lambda.amazonaws.com}}, Action: 'sts:AssumeRole'}}]}}\n"
        )
    };
    let made = format!(
        "Resources:\n{}{}{}Outputs:\n  Id: {{Value: x, Export: {{Name: id}}}}\n",
        role("A"),
        role("B"),
        role("C")
    );
    let asks = |name: &str| {
        format!(
            "  F{name}:\n    Type: AWS::Lambda::Function\n    Properties: {{Role: \
             'arn:aws:iam::210987654321:role/app-{name}'}}\n"
        )
    };
    let asking = format!(
        "Resources:\n{}{}{}  Q: {{Type: 'AWS::SQS::Queue', Properties: {{QueueName: !ImportValue id}}}}\n",
        asks("A"),
        asks("B"),
        asks("C")
    );
    let files = [("one.yaml", made.as_str()), ("two.yaml", &made), ("app.yaml", &asking)];
    let files: Vec<(String, String)> = files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec();
    let report = check(&borrowed(&files), &[]);
    let told = notes(&report, "ambiguous");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(" is defined by one.yaml and by two.yaml, as are 2 others"), "{told:?}");
}

#[test]
fn two_copies_of_one_app_are_two_apps() {
    let copy = |folder: &str| {
        let [pool, role] = halves(folder, "${AWS::AccountId}");
        let top = "
Resources:
  P: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: pool.yaml}}
  R: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: role.yaml, Parameters: {Pool: 'us-east-1:12345678-1234-1234-1234-123456789012'}}}
";
        vec![(format!("{folder}/top.yaml"), top.to_owned()), pool, role]
    };
    let files = [copy("one"), copy("two")].concat();
    let report = check(&borrowed(&files), &["--ignore", "CGT004"]);
    assert_eq!(notes(&report, "ambiguous"), [""; 0]);
    let both = ["MAP014 definite one/role.yaml:18 AuthRole", "MAP014 definite two/role.yaml:18 AuthRole"];
    assert_eq!(findings(&report), both);
}

/// An assembly with one stack in a Region that exports a pool id, and one that imports it.
fn assembly(importer: &str) -> Vec<(String, String)> {
    let stack = |region: &str, file: &str| {
        format!(
            r#"{{"type": "aws:cloudformation:stack", "environment": "aws://111122223333/{region}",
                "properties": {{"templateFile": "{file}"}}}}"#
        )
    };
    let manifest = |id: &str, region: &str| {
        let file = format!("{id}.template.json");
        (format!("{{\"artifacts\": {{\"{id}\": {}}}}}", stack(region, &file)), file)
    };
    let exports = r#"{"Resources": {"Pool": {"Type": "AWS::Cognito::IdentityPool"}},
        "Outputs": {"Id": {"Value": {"Ref": "Pool"}, "Export": {"Name": "pool"}}}}"#;
    let imports = r#"{"Resources": {"A": {"Type": "AWS::Cognito::IdentityPoolRoleAttachment",
        "Properties": {"IdentityPoolId": {"Fn::ImportValue": "pool"}}}}}"#;
    let of = |folder: &str, id: &str, region: &str, text: &str| {
        let (manifest, file) = manifest(id, region);
        let files = [("cdk.out", String::new()), ("manifest.json", manifest), (file.as_str(), text.to_owned())];
        files.map(|(name, text)| (format!("{folder}/cdk.out/{name}"), text)).to_vec()
    };
    [of("one", "Exports", "eu-west-1", exports), of("two", "Imports", importer, imports)].concat()
}

#[test]
fn what_another_region_exports_is_not_imported() {
    let report = check(&borrowed(&assembly("eu-west-1")), &[]);
    assert_eq!((stacks(&report), notes(&report, "left-run")), (2, vec![]));
    let report = check(&borrowed(&assembly("us-east-1")), &[]);
    assert_eq!(notes(&report, "left-run"), ["the export pool is made by no template of this run"]);
}

#[test]
fn a_stack_set_goes_to_other_accounts() {
    // The role of each member account trusts the root of its own account, which is not the one of the parent.
    let parent = "
Resources:
  Pool: {Type: 'AWS::Cognito::IdentityPool', Properties: {AllowUnauthenticatedIdentities: false}}
  Members:
    Type: AWS::CloudFormation::StackSet
    Properties:
      StackSetName: members
      PermissionModel: SERVICE_MANAGED
      TemplateURL: role.yml
      Parameters: [{ParameterKey: Pool, ParameterValue: !Ref Pool}]
";
    let report = check(&[("root.yaml", parent), ("role.yml", NESTED_ROLE)], &[]);
    assert_eq!((stacks(&report), findings(&report)), (2, vec![]));
}
