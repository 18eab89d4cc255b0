//! The cases that the catalogue demands (section 11), each numbered as there, with the program as users run it.
//! What rules of other groups will say besides (permissions, shape of policies, template forms) is not asked here.

#[allow(dead_code, reason = "each test uses a part of it")]
mod report;

use std::path::Path;

use serde_json::Value;

/// `RULE severity LogicalId` of each finding, whatever its severity; `?` where it is only possible.
fn said(report: &Value) -> Vec<String> {
    let of_one = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap_or("-").to_owned();
        let mark = if finding["status"] == "definite" { "" } else { "?" };
        format!("{} {}{mark} {}", text("rule"), text("severity"), text("logicalId"))
    };
    let mut all: Vec<String> = report["findings"].as_array().unwrap().iter().map(of_one).collect();
    all.sort();
    all
}

fn of(template: &str) -> Vec<String> {
    said(&report::check(&[("t.yaml", template)], &[]))
}

/// What is said of a template that is not of these rules.
fn of_but(template: &str, ignored: &str) -> Vec<String> {
    said(&report::check(&[("t.yaml", template)], &["--ignore", ignored]))
}

/// A role, `statements` as a YAML flow list.
fn role(name: &str, statements: &str) -> String {
    format!(
        "  {name}:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement: {statements}\n"
    )
}

/// A statement that lets an identity pool's users in on a condition, a YAML flow map.
fn pool_users(condition: &str) -> String {
    format!(
        "{{Effect: Allow, Principal: {{Federated: cognito-identity.amazonaws.com}}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {condition}}}"
    )
}

const AUD: &str = "StringEquals: {'cognito-identity.amazonaws.com:aud': !Ref Pool}";
const SIGNED_IN: &str = "'ForAnyValue:StringLike': {'cognito-identity.amazonaws.com:amr': authenticated}";
const GUESTS: &str = "'ForAnyValue:StringLike': {'cognito-identity.amazonaws.com:amr': unauthenticated}";

/// A pool that allows guests or not; further lines stand at its end.
fn pool(guests: bool) -> String {
    format!(
        "Resources:\n  Pool: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowClassicFlow: false, AllowUnauthenticatedIdentities: {guests}}}}}\n"
    )
}

fn attachment(roles: &str) -> String {
    format!(
        "  Roles: {{Type: 'AWS::Cognito::IdentityPoolRoleAttachment', Properties: {{IdentityPoolId: !Ref Pool, Roles: {roles}}}}}\n"
    )
}

fn seed(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/seeds").join(name);
    of(&std::fs::read_to_string(path).unwrap())
}

#[test]
fn case_1_to_4_the_seed_systems() {
    assert_eq!(seed("0-preferred-role.yaml"), ["SVC001 error MyRole", "TAG002 warning MyPolicy"]);
    let blank = [
        "OID008 error TaggedWebIdentityRole",
        "OID008 error WebIdentityRole",
        "SVC001 error CompositeRole",
        "SVC001 error ServiceRole",
        "SVC001 error TaggedWebIdentityRole",
        "SVC001 error WebIdentityRole",
        "XAC005 error CompositeRole",
        "XAC005 info ExternalIdRole",
    ];
    assert_eq!(seed("1-cdk-iam-library.yaml"), blank);
    assert_eq!(seed("2-identity-pool-role-mapping.yaml"), ["MAP007 warning AdminGroup", "MAP011 info RoleAttachment"]);
    let broker = ["SVC005 info ServiceRole", "TAG004 info AppAccessRole", "XAC008 info AppServiceRole"];
    assert_eq!(seed("3-session-broker.yaml"), broker);
}

/// Each form of a test on amr: what is said where the role is for signed-in users, for guests, and for nobody known.
#[test]
fn case_5_every_form_of_a_test_on_amr() {
    let members = "[authenticated, 'cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE']";
    for (operator, values, [signed_in, guests, nobody]) in [
        ("ForAnyValue:StringLike", "authenticated", ["", "MAP014 error R", ""]),
        ("ForAnyValue:StringEquals", "authenticated", ["", "MAP014 error R", ""]),
        ("ForAnyValue:StringLike", "unauthenticated", ["CGT002 error R", "", ""]),
        (
            "ForAnyValue:StringLike",
            "[authenticated, unauthenticated]",
            ["CGT002 error R", "CGT008 info R", "CGT008 warning R"],
        ),
        ("ForAnyValue:StringLike", "'*authenticated'", ["CGT002 error R", "CGT008 info R", "CGT008 warning R"]),
        ("ForAnyValue:StringLike", "'*'", ["CGT002 error R", "CGT008 info R", "CGT008 warning R"]),
        ("ForAllValues:StringEquals", "authenticated", ["CGT007 error R", "MAP014 error R", "CGT007 warning R"]),
        ("ForAllValues:StringLike", members, ["CGT007 warning R", "MAP014 error R", "CGT007 warning R"]),
        ("ForAllValues:StringNotEquals", "unauthenticated", ["CGT007 warning R", "MAP014 error R", "CGT007 warning R"]),
        ("ForAnyValue:StringNotEquals", "unauthenticated", ["", "MAP014 error R", ""]),
        ("StringEquals", "authenticated", ["CGT006 warning R"; 3]),
        ("StringNotEquals", "unauthenticated", ["CGT006 warning R"; 3]),
        ("ForAnyValue:StringLikeIfExists", "authenticated", ["", "MAP014 error R", ""]),
    ] {
        let amr = format!("'cognito-identity.amazonaws.com:amr': {values}");
        let test = if operator == "StringEquals" {
            format!("{{StringEquals: {{'cognito-identity.amazonaws.com:aud': !Ref Pool, {amr}}}}}")
        } else {
            format!("{{{AUD}, '{operator}': {{{amr}}}}}")
        };
        let alone = pool(true) + &role("R", &format!("[{}]", pool_users(&test)));
        for (use_, template, expected) in [
            ("users", alone.clone() + &attachment("{authenticated: !GetAtt R.Arn}"), signed_in),
            ("guests", alone.clone() + &attachment("{unauthenticated: !GetAtt R.Arn}"), guests),
            ("nobody", alone.clone(), nobody),
        ] {
            let expected: Vec<&str> = expected.split_terminator(',').collect();
            assert_eq!(of_but(&template, "MAP015,MAP016"), expected, "{operator} {values} for {use_}");
        }
    }
}

#[test]
fn case_6_one_of_two_statements_asks_for_the_pool() {
    let statements =
        format!("[{}, {}]", pool_users(&format!("{{{AUD}, {SIGNED_IN}}}")), pool_users(&format!("{{{SIGNED_IN}}}")));
    let template = pool(false) + &role("R", &statements) + &attachment("{authenticated: !GetAtt R.Arn}");
    let report = report::check(&[("t.yaml", &template)], &[]);
    assert_eq!(said(&report), ["CGT001 error R"]);
    assert_eq!(report["findings"][0]["witness"]["by"], "Statement[1]");
}

#[test]
fn case_7_a_condition_made_at_deployment() {
    let template = "
Resources:
  Test:
    Type: Custom::AWSCDKCfnJson
    Properties:
      ServiceToken: !Sub 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:json'
      Value:
        Fn::Join:
          - ''
          - - '{\"'
            - !Select [1, !Split [':oidc-provider/', !Ref Provider]]
            - ':aud\":\"sts.amazonaws.com\",\"'
            - !Select [1, !Split [':oidc-provider/', !Ref Provider]]
            - ':sub\":\"system:serviceaccount:default:app\"}'
  Cluster: {Type: 'AWS::EKS::Cluster', Properties: {RoleArn: 'arn:aws:iam::111122223333:role/c', ResourcesVpcConfig: {SubnetIds: []}}}
  Provider: {Type: 'AWS::IAM::OIDCProvider', Properties: {Url: !GetAtt Cluster.OpenIdConnectIssuerUrl, ClientIdList: [sts.amazonaws.com]}}
";
    let statement = "[{Effect: Allow, Principal: {Federated: !Ref Provider}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {StringEquals: !GetAtt Test.Value}}]";
    assert_eq!(of(&format!("{template}{}", role("R", statement))), [""; 0]);
}

/// What the CDK writes for an IdentityPool without further properties, with or without tags for its users.
#[test]
fn case_8_the_defaults_of_the_identity_pool_construct() {
    let template = pool(false)
        + &role("SignedIn", &format!("[{}]", pool_users(&format!("{{{AUD}, {SIGNED_IN}}}"))))
        + &role("Guest", &format!("[{}]", pool_users(&format!("{{{AUD}, {GUESTS}}}"))))
        + &attachment("{authenticated: !GetAtt SignedIn.Arn, unauthenticated: !GetAtt Guest.Arn}");
    assert_eq!(of(&template), ["MAP016 info Pool"]);
    let tags = "  Tags: {Type: 'AWS::Cognito::IdentityPoolPrincipalTag', Properties: {IdentityPoolId: !Ref Pool, IdentityProviderName: cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE, PrincipalTags: {team: 'custom:team'}}}\n";
    let provided = template.replace(
        "AllowClassicFlow: false,",
        "AllowClassicFlow: false, CognitoIdentityProviders: [{ClientId: client, ProviderName: cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE}],",
    );
    assert_eq!(of(&(provided + tags)), ["MAP016 info Pool", "TAG001 error SignedIn"]);
}

#[test]
fn case_9_one_role_in_two_spellings_is_no_tie() {
    let group = |name: &str, arn: &str| {
        format!(
            "  {name}: {{Type: 'AWS::Cognito::UserPoolGroup', Properties: {{UserPoolId: !Ref Users, GroupName: {name}, Precedence: 1, RoleArn: {arn}}}}}\n"
        )
    };
    let template = |second: &str| {
        "Resources:\n  Users: {Type: 'AWS::Cognito::UserPool'}\n  Client: {Type: 'AWS::Cognito::UserPoolClient', Properties: {UserPoolId: !Ref Users}}\n".to_owned()
            + "  Pool: {Type: 'AWS::Cognito::IdentityPool', Properties: {AllowClassicFlow: false, AllowUnauthenticatedIdentities: false, CognitoIdentityProviders: [{ClientId: !Ref Client, ProviderName: !GetAtt Users.ProviderName, ServerSideTokenCheck: true}]}}\n"
            + &role("R", &format!("[{}]", pool_users(&format!("{{{AUD}, {SIGNED_IN}}}"))))
            + &role("S", &format!("[{}]", pool_users(&format!("{{{AUD}, {SIGNED_IN}}}"))))
            + &group("one", "!GetAtt R.Arn")
            + &group("two", second)
            + "  Roles: {Type: 'AWS::Cognito::IdentityPoolRoleAttachment', Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: !GetAtt R.Arn}, RoleMappings: {m: {IdentityProvider: !Sub '${Users.ProviderName}:${Client}', Type: Token, AmbiguousRoleResolution: Deny}}}}\n"
    };
    assert_eq!(of(&template("{'Fn::GetAtt': [R, Arn]}")), [""; 0]);
    assert_eq!(of(&template("!GetAtt S.Arn")), ["MAP001 warning two"], "the same with another role");
}

#[test]
fn case_10_a_guard_that_falls_away_in_development() {
    let statement = pool_users(
        "{StringEquals: !If [Dev, {'aws:RequestedRegion': eu-west-1}, {'cognito-identity.amazonaws.com:aud': !Ref Pool}], 'ForAnyValue:StringLike': {'cognito-identity.amazonaws.com:amr': authenticated}}",
    );
    let head = "Parameters: {Stage: {Type: String}}\nConditions: {Dev: !Equals [!Ref Stage, dev]}\n";
    let template = head.to_owned()
        + &pool(false)
        + &role("R", &format!("[{statement}]"))
        + &attachment("{authenticated: !GetAtt R.Arn}");
    let report = report::check(&[("t.yaml", &template)], &[]);
    assert_eq!(said(&report), ["CGT001 error R"]);
    assert_eq!(report["findings"][0]["assignment"]["Dev"], true);
}

#[test]
fn case_11_the_commercial_principal_in_govcloud() {
    let template = pool(false)
        + &role("R", &format!("[{}]", pool_users(&format!("{{{AUD}, {SIGNED_IN}}}"))))
        + &attachment("{authenticated: !GetAtt R.Arn}");
    let of_partition = |partition: &str| said(&report::check(&[("t.yaml", &template)], &["--partition", partition]));
    assert_eq!(of_partition("aws-us-gov"), ["CGT010 error R"]);
    assert_eq!(of_partition("aws"), [""; 0]);
}

#[test]
fn case_12_guards_that_deny() {
    let others = "{Effect: Deny, Principal: {Federated: cognito-identity.amazonaws.com}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {StringNotEquals: {'cognito-identity.amazonaws.com:aud': !Ref Pool}}}";
    let statements = format!("[{}, {others}]", pool_users(&format!("{{{SIGNED_IN}}}")));
    let template = pool(false) + &role("R", &statements) + &attachment("{authenticated: !GetAtt R.Arn}");
    assert_eq!(of(&template), [""; 0]);
    let everybody = "{Effect: Allow, Principal: {AWS: '*'}, Action: 'sts:AssumeRole'}";
    let strangers = "{Effect: Deny, Principal: {AWS: '*'}, Action: 'sts:AssumeRole', Condition: {StringNotEquals: {'aws:PrincipalOrgID': o-a1b2c3d4e5}}}";
    let of_two = |list: &str| of(&format!("Resources:\n{}", role("R", list)));
    assert_eq!(of_two(&format!("[{everybody}, {strangers}]")), [""; 0]);
    assert_eq!(of_two(&format!("[{everybody}]")), ["XAC001 error R"]);
}

/// A role for GitHub's workflows; `tests` are further entries of StringLike.
fn github(tests: &str) -> Vec<String> {
    let statement = format!(
        "[{{Effect: Allow, Principal: {{Federated: !Sub 'arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/token.actions.githubusercontent.com'}}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {{StringEquals: {{'token.actions.githubusercontent.com:aud': sts.amazonaws.com}}, StringLike: {{{tests}}}}}}}]"
    );
    of(&format!("Resources:\n{}", role("R", &statement)))
}

#[test]
fn case_13_only_claims_with_ids() {
    let tests = "'token.actions.githubusercontent.com:repository_id': '123456', 'token.actions.githubusercontent.com:repository_owner_id': '654321'";
    assert_eq!(github(tests), ["OID001 info R"]);
}

#[test]
fn case_14_a_star_before_authenticated() {
    // Case 5 has each use of it.
    let test =
        format!("{{{AUD}, 'ForAnyValue:StringLike': {{'cognito-identity.amazonaws.com:amr': '*authenticated'}}}}");
    let template =
        pool(false) + &role("R", &format!("[{}]", pool_users(&test))) + &attachment("{authenticated: !GetAtt R.Arn}");
    assert_eq!(of(&template), ["CGT002 warning R"]);
}

#[test]
fn case_15_a_function_with_a_role_of_its_own() {
    let function = "Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn: {Type: 'AWS::Serverless::Function', Properties: {Handler: a.b, Runtime: python3.13, InlineCode: '', Role: !GetAtt R.Arn, Policies: [{Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}]}}\n";
    let statement = "[{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]";
    let report = report::check(&[("t.yaml", &(function.to_owned() + &role("R", statement)))], &[]);
    assert_eq!(said(&report), ["SVC005 info R"]);
    assert_eq!(report::count(&report, "roles"), 1, "SAM makes no role beside it");
}

#[test]
fn case_16_two_attachments_in_two_stacks() {
    let one = pool(false)
        + &role("R", &format!("[{}]", pool_users(&format!("{{{AUD}, {SIGNED_IN}}}"))))
        + &attachment("{authenticated: !GetAtt R.Arn}")
        + "Outputs:\n  Pool: {Value: !Ref Pool, Export: {Name: the-pool}}\n  Role: {Value: !GetAtt R.Arn, Export: {Name: the-role}}\n";
    let two = "Resources:\n".to_owned()
        + &attachment("{authenticated: !ImportValue the-role}").replace("!Ref Pool", "!ImportValue the-pool");
    assert_eq!(said(&report::check(&[("one.yaml", &one), ("two.yaml", &two)], &[])), ["MAP018 error Roles"]);
}

#[test]
fn case_17_the_role_that_sends_messages_for_a_user_pool() {
    let template = |id: &str| {
        let statement = "[{Effect: Allow, Principal: {Service: cognito-idp.amazonaws.com}, Action: 'sts:AssumeRole', Condition: {StringEquals: {'sts:ExternalId': my-id}}}]";
        format!(
            "Resources:\n  Users: {{Type: 'AWS::Cognito::UserPool', Properties: {{SmsConfiguration: {{ExternalId: {id}, SnsCallerArn: !GetAtt R.Arn}}}}}}\n{}",
            role("R", statement)
        )
    };
    assert_eq!(of(&template("my-id")), [""; 0]);
    assert_eq!(of(&template("your-id")), ["SVC004 error Users"]);
}

#[test]
fn case_18_signed_in_by_one_provider_of_two() {
    let provider =
        |id: &str| format!("{{ClientId: client, ProviderName: cognito-idp.us-east-1.amazonaws.com/us-east-1_{id}}}");
    let pool = pool(false).replace(
        "AllowClassicFlow: false,",
        &format!("AllowClassicFlow: false, CognitoIdentityProviders: [{}, {}],", provider("ONE"), provider("TWO")),
    );
    let test = format!(
        "{{{AUD}, 'ForAnyValue:StringLike': {{'cognito-identity.amazonaws.com:amr': 'cognito-idp.us-east-1.amazonaws.com/us-east-1_ONE:*'}}}}"
    );
    let template =
        pool + &role("R", &format!("[{}]", pool_users(&test))) + &attachment("{authenticated: !GetAtt R.Arn}");
    assert_eq!(of(&template), [""; 0]);
}

#[test]
fn case_19_pool_and_sign_in_in_one_map() {
    let test = "{StringEquals: {'cognito-identity.amazonaws.com:aud': !Ref Pool, 'cognito-identity.amazonaws.com:amr': authenticated}}";
    let template =
        pool(false) + &role("R", &format!("[{}]", pool_users(test))) + &attachment("{authenticated: !GetAtt R.Arn}");
    assert_eq!(of(&template), ["CGT006 warning R"]);
}

#[test]
fn case_20_neither_pool_nor_sign_in() {
    let open = "{Effect: Allow, Principal: {Federated: cognito-identity.amazonaws.com}, Action: 'sts:AssumeRoleWithWebIdentity'}";
    let template = pool(false) + &role("R", &format!("[{open}]")) + &attachment("{authenticated: !GetAtt R.Arn}");
    assert_eq!(of(&template), ["CGT001 error R"]);
}

#[test]
fn case_21_subjects_of_github() {
    let of_sub = |sub: &str| github(&format!("'token.actions.githubusercontent.com:sub': '{sub}'"));
    assert_eq!(of_sub("repo:acme/app:*"), ["OID004 info R", "OID005 info R"]);
    assert_eq!(of_sub("repo:acme*/app:*"), ["OID002 error R"]);
    assert_eq!(of_sub("repo:acme@*/app@*:ref:refs/heads/main"), ["OID005 info R"]);
}

#[test]
fn case_22_roles_from_a_token_that_has_none() {
    let template = "Resources:\n  Pool: {Type: 'AWS::Cognito::IdentityPool', Properties: {AllowClassicFlow: false, AllowUnauthenticatedIdentities: false, SupportedLoginProviders: {accounts.google.com: client}}}\n".to_owned()
        + &role("R", &format!("[{}]", pool_users(&format!("{{{AUD}, {SIGNED_IN}}}"))))
        + "  Roles: {Type: 'AWS::Cognito::IdentityPoolRoleAttachment', Properties: {IdentityPoolId: !Ref Pool, Roles: {authenticated: !GetAtt R.Arn}, RoleMappings: {m: {IdentityProvider: accounts.google.com, Type: Token, AmbiguousRoleResolution: Deny}}}}\n";
    assert_eq!(of(&template), ["MAP007 warning Roles"]);
}

#[test]
fn case_23_guests_have_no_tags() {
    let tagged = pool_users(&format!("{{{AUD}, {SIGNED_IN}}}"))
        .replace("'sts:AssumeRoleWithWebIdentity'", "['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']");
    let template = pool(true).replace(
        "AllowClassicFlow: false,",
        "AllowClassicFlow: false, CognitoIdentityProviders: [{ClientId: client, ProviderName: cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE}],",
    ) + &role("SignedIn", &format!("[{tagged}]"))
        + &role("Guest", &format!("[{}]", pool_users(&format!("{{{AUD}, {GUESTS}}}"))))
        + &attachment("{authenticated: !GetAtt SignedIn.Arn, unauthenticated: !GetAtt Guest.Arn}")
        + "  Tags: {Type: 'AWS::Cognito::IdentityPoolPrincipalTag', Properties: {IdentityPoolId: !Ref Pool, IdentityProviderName: cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE, PrincipalTags: {team: 'custom:team'}}}\n";
    assert!(!of(&template).iter().any(|line| line.ends_with(" Guest")), "{:?}", of(&template));
}

#[test]
fn case_24_a_caller_that_may_not_tag() {
    let called = "[{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: ['sts:AssumeRole', 'sts:TagSession'], Condition: {StringLike: {'aws:RequestTag/tenant': '?*'}}}]";
    let caller = "[{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]";
    let template = |actions: &str| {
        format!(
            "Resources:\n{}{}  Call: {{Type: 'AWS::IAM::Policy', Properties: {{PolicyName: call, Roles: [!Ref Caller], PolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Action: {actions}, Resource: !GetAtt Called.Arn}}]}}}}}}\n",
            role("Called", called),
            role("Caller", caller)
        )
    };
    let of_caller = |actions: &str| {
        of(&template(actions)).into_iter().filter(|line| line.starts_with("TAG001")).collect::<Vec<_>>()
    };
    assert_eq!(of_caller("'sts:AssumeRole'"), ["TAG001 warning Call"]);
    assert_eq!(of_caller("['sts:AssumeRole', 'sts:TagSession']"), [""; 0]);
}

#[test]
fn case_25_a_companion_that_asks_for_the_pool() {
    let companion = "{Effect: Allow, Principal: {Federated: cognito-identity.amazonaws.com}, Action: 'sts:TagSession', Condition: {StringEquals: {'cognito-identity.amazonaws.com:aud': !Ref Pool}}}";
    let template = pool(false)
        + &role("R", &format!("[{}, {companion}]", pool_users(&format!("{{{AUD}, {SIGNED_IN}}}"))))
        + &attachment("{authenticated: !GetAtt R.Arn}");
    assert_eq!(of(&template), [""; 0]);
}

#[test]
fn case_26_a_claim_that_sts_does_not_know() {
    let statement = "[{Effect: Allow, Principal: {Federated: !Ref Provider}, Action: 'sts:AssumeRoleWithWebIdentity', Condition: {StringEquals: {'login.example.com:aud': app, 'login.example.com:groups': admins}}}]";
    let template = format!(
        "Resources:\n  Provider: {{Type: 'AWS::IAM::OIDCProvider', Properties: {{Url: 'https://login.example.com', ClientIdList: [app]}}}}\n{}",
        role("R", statement)
    );
    assert_eq!(of(&template), ["OID006 warning R"]);
}

#[test]
fn case_27_a_guest_role_for_those_who_signed_in() {
    let template = pool(true)
        + &role("R", &format!("[{}]", pool_users(&format!("{{{AUD}, {SIGNED_IN}}}"))))
        + &attachment("{unauthenticated: !GetAtt R.Arn}");
    assert_eq!(of_but(&template, "MAP015"), ["MAP014 error R"]);
}
