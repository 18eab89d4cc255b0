//! Templates with tags, source identities and statements beside one another, each with what is said of it: cases that are
//! too many for the example pages.

use rolecall::finding::{Applicability, Severity};
use rolecall::run::check_texts;

/// What is said of a role with these statements, information on whole accounts and on services left aside.
fn said(statements: &[&str]) -> Vec<String> {
    said_of(&role("", statements))
}

fn said_of(template: &str) -> Vec<String> {
    let outcome = check_texts(vec![("template.yaml".to_owned(), template.to_owned())]);
    let told = outcome.findings.iter().filter(|finding| {
        finding.severity > Severity::Info || !["SVC005", "XAC006", "XAC007", "XAC008"].contains(&finding.rule)
    });
    told.map(|finding| format!("{} {}", finding.rule, finding.severity.name())).collect()
}

/// A template with one role, of which `properties` are others than its trust policy.
fn role(properties: &str, statements: &[&str]) -> String {
    let list: String = statements.iter().map(|statement| format!("          - {{{statement}}}\n")).collect();
    format!(
        "Conditions: {{C: !Equals [!Ref AWS::Region, us-east-1]}}\nParameters: {{P: {{Type: String}}}}\nResources:\n  \
         R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: deploy\n{properties}      \
         AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n{list}"
    )
}

/// An inline policy of a role with one statement.
fn inline(statement: &str) -> String {
    format!(
        "      Policies: [{{PolicyName: p, PolicyDocument: {{Version: '2012-10-17', Statement: {{{statement}}}}}}}]\n"
    )
}

const ROOT: &str = "Effect: Allow, Principal: {AWS: 'arn:aws:iam::210987654321:root'}, Action: 'sts:AssumeRole'";
const NAMED: &str = "Effect: Allow, Principal: {AWS: 'arn:aws:iam::210987654321:role/x'}, Action: 'sts:AssumeRole'";
const LAMBDA: &str = "Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'";

fn of_x(action: &str) -> String {
    format!("Effect: Allow, Principal: {{AWS: 'arn:aws:iam::210987654321:role/x'}}, Action: '{action}'")
}

#[test]
fn a_companion_action_of_somebody_in_the_account() {
    let tagged = format!("{ROOT}, Condition: {{StringEquals: {{aws:RequestTag/team: a}}}}");
    let identified = format!("{ROOT}, Condition: {{StringEquals: {{sts:SourceIdentity: alice}}}}");
    let star = "Effect: Allow, Principal: {AWS: '*'}, Action: 'sts:AssumeRole', Condition: {StringEquals: \
                {sts:SourceIdentity: alice, aws:PrincipalOrgID: o-exampleorgid}}";
    let (tags, identity) = (of_x("sts:TagSession"), of_x("sts:SetSourceIdentity"));
    assert!(said(&[ROOT, &tags]).is_empty());
    assert!(said(&[&tagged, &tags]).is_empty());
    assert!(said(&[&identified, &identity]).is_empty());
    assert!(said(&[star, &identity]).is_empty());
    let of_account = "Effect: Allow, Principal: {AWS: 'arn:aws:iam::210987654321:root'}, Action: 'sts:TagSession'";
    assert!(said(&[NAMED, of_account]).is_empty());
    // Others than these.
    let other = "Effect: Allow, Principal: {AWS: 'arn:aws:iam::310987654321:role/x'}, Action: 'sts:TagSession'";
    assert_eq!(said(&[&tagged, other]), ["TAG001 error", "TRU001 error"]);
    let named = format!("{NAMED}, Condition: {{StringEquals: {{aws:RequestTag/team: a}}}}");
    assert_eq!(said(&[&named, other]), ["TAG001 error", "TRU001 error"]);
}

#[test]
fn restrictions_that_another_statement_leaves_out() {
    let with = |statement: &str, tests: &str| format!("{statement}, Condition: {{{tests}}}");
    for (statement, tests, expected) in [
        (NAMED, "IpAddress: {aws:SourceIp: 203.0.113.0/24}", Some("TRU006 warning")),
        (NAMED, "NotIpAddress: {aws:SourceIp: 10.1.0.0/16}", Some("TRU006 warning")),
        (NAMED, "StringEquals: {aws:SourceVpc: vpc-1}", Some("TRU006 warning")),
        (NAMED, "DateLessThan: {aws:CurrentTime: '2027-01-01T00:00:00Z'}", Some("TRU006 warning")),
        (NAMED, "NumericLessThan: {aws:EpochTime: '1800000000'}", Some("TRU006 warning")),
        (ROOT, "IpAddress: {aws:SourceIp: 203.0.113.0/24}", Some("TRU006 warning")),
        (ROOT, "Bool: {aws:MultiFactorAuthPresent: 'true'}", Some("TRU006 warning")),
        (ROOT, "StringEquals: {aws:PrincipalOrgID: o-exampleorgid}", Some("TRU006 warning")),
        // Each call to STS is made with it.
        (NAMED, "Bool: {aws:SecureTransport: 'true'}", None),
        // The rule on external ids says so.
        (ROOT, "StringEquals: {sts:ExternalId: long-enough-for-it}", None),
        // Nobody passes these, so that nothing is bypassed.
        (LAMBDA, "StringEquals: {aws:PrincipalOrgID: o-exampleorgid}", Some("TRU002 error")),
        (LAMBDA, "Bool: {aws:MultiFactorAuthPresent: 'true'}", Some("TRU002 error")),
        (NAMED, "StringEquals: {sts:SourceIdentity: alice}", Some("TAG008 error")),
        (NAMED, "ForAnyValue:StringEquals: {aws:TagKeys: []}", Some("TRU003 error")),
        // From where a service asks is its own matter.
        (LAMBDA, "IpAddress: {aws:SourceIp: 203.0.113.0/24}", None),
    ] {
        assert_eq!(said(&[&with(statement, tests), statement]), Vec::from_iter(expected), "{tests}\n{statement}");
    }
    let (both, one) = (
        with(NAMED, "IpAddress: {aws:SourceIp: 203.0.113.0/24}, Bool: {aws:MultiFactorAuthPresent: 'true'}"),
        with(NAMED, "IpAddress: {aws:SourceIp: 203.0.113.0/24}"),
    );
    assert_eq!(said(&[&both, &one]), ["TRU006 warning"]);
}

#[test]
fn one_mistake_is_said_once() {
    let with = |statement: &str, tests: &str| format!("{statement}, Condition: {{{tests}}}");
    let twice =
        with(LAMBDA, "StringEquals: {aws:PrincipalOrgID: o-exampleorgid}, StringLike: {aws:PrincipalOrgID: 'o-*'}");
    assert_eq!(said(&[&twice]), ["TRU002 error"]);
    let branches = with(
        NAMED,
        "StringEquals: {sts:RoleSessionName: !If [C, a, b]}, StringLike: {sts:RoleSessionName: !If [C, b, a]}",
    );
    assert_eq!(said(&[&branches]), ["TRU003 error"]);
}

#[test]
fn deny_statements_that_want_a_source_identity() {
    let deny = |principal: &str, tests: &str| {
        format!("Effect: Deny, Principal: {{AWS: '{principal}'}}, Action: 'sts:AssumeRole', Condition: {{{tests}}}")
    };
    let x = "arn:aws:iam::210987654321:role/x";
    for (deny, expected) in [
        (deny(x, "'Null': {sts:SourceIdentity: 'true'}"), Some("TAG008 error")),
        (deny("*", "StringNotLike: {sts:SourceIdentity: 'a*'}"), Some("TAG008 error")),
        (deny(x, "StringEquals: {sts:SourceIdentity: root}"), None),
        (deny("arn:aws:iam::210987654321:role/y", "'Null': {sts:SourceIdentity: 'true'}"), None),
        (deny(x, "'Null': {sts:SourceIdentity: 'true'}, Bool: {aws:MultiFactorAuthPresent: 'false'}"), None),
    ] {
        assert_eq!(said(&[NAMED, &deny]), Vec::from_iter(expected), "{deny}");
    }
    let denied = deny(x, "'Null': {sts:SourceIdentity: 'true'}");
    assert!(said(&[NAMED, &denied, &of_x("sts:SetSourceIdentity")]).is_empty());
}

#[test]
fn who_is_to_set_a_source_identity_somebody_says() {
    let safety = |principals: &str| {
        let statement = format!(
            "Effect: Allow, Principal: {{{principals}}}, Action: 'sts:AssumeRole', Condition: {{StringEquals: \
             {{sts:SourceIdentity: alice}}}}"
        );
        let outcome = check_texts(vec![("template.yaml".to_owned(), role("", &[&statement]))]);
        let fixes = outcome.findings.iter().filter(|finding| finding.rule == "TAG008");
        fixes.filter_map(|finding| Some(finding.fix.as_ref()?.applicability)).collect::<Vec<_>>()
    };
    let x = "AWS: 'arn:aws:iam::210987654321:role/x'";
    assert_eq!(safety(x), [Applicability::Safe]);
    assert_eq!(safety(&format!("{x}, Service: lambda.amazonaws.com")), [Applicability::Offered]);
}

#[test]
fn tests_of_tags() {
    let trust = |tests: &str| {
        format!(
            "Effect: Allow, Principal: {{AWS: 'arn:aws:iam::210987654321:role/x'}}, Action: ['sts:AssumeRole', \
             'sts:TagSession'], Condition: {{{tests}}}"
        )
    };
    for (tests, expected) in [
        ("'Null': {aws:TagKeys: 'true'}", None),
        ("ForAllValues:StringEquals: {aws:TagKeys: [team]}", Some("TAG005 warning")),
        ("ForAllValues:StringEquals: {aws:TagKeys: [!Ref P]}", Some("TAG005 warning")),
        ("StringNotEquals: {aws:PrincipalTag/team: !Ref P}", Some("TAG005 warning")),
        ("StringEqualsIfExists: {aws:PrincipalTag/team: !Ref P}", None),
        ("StringEquals: {aws:PrincipalTag/team: !Ref P}", None),
        ("'Null': {aws:PrincipalTag/team: !Ref P}", None),
    ] {
        assert_eq!(said(&[&trust(tests)]), Vec::from_iter(expected), "{tests}");
    }
    let permission = |operator: &str| {
        let statement = format!(
            "Effect: Allow, Action: 's3:GetObject', Resource: '*', Condition: {{{operator}: {{aws:ResourceTag/team: \
             '${{aws:PrincipalTag/team, ''*''}}'}}}}"
        );
        said_of(&role(&inline(&statement), &[NAMED]))
    };
    assert_eq!(permission("StringLike"), ["TAG005 warning"]);
    assert!(permission("StringEquals").is_empty());
}

#[test]
fn permission_to_tag_what_is_no_role() {
    let permission = |resource: &str| {
        let statement = format!("Effect: Allow, Action: 'sts:TagSession', Resource: '{resource}'");
        said_of(&role(&inline(&statement), &[NAMED]))
    };
    assert_eq!(permission("arn:aws:iam::111122223333:user/x"), ["TAG002 warning"]);
    assert_eq!(permission("arn:aws:s3:::bucket"), ["TAG002 warning"]);
    assert!(permission("arn:aws:iam::111122223333:role/other").is_empty());
    assert!(permission("arn:aws:iam::111122223333:*").is_empty());
    assert!(permission("*").is_empty());
}

/// A user pool, an identity pool with a tag map, and a role with these permissions for its users.
fn pool(map: &str, statements: &str) -> String {
    format!(
        "Conditions: {{C: !Equals [!Ref AWS::Region, us-east-1]}}\nResources:\n  UP: {{Type: AWS::Cognito::UserPool}}\n  \
         Client: {{Type: AWS::Cognito::UserPoolClient, Properties: {{UserPoolId: !Ref UP, WriteAttributes: [email]}}}}\n  \
         IdP:\n    Type: AWS::Cognito::IdentityPool\n    Properties:\n      AllowUnauthenticatedIdentities: false\n      \
         CognitoIdentityProviders: [{{ClientId: !Ref Client, ProviderName: !GetAtt UP.ProviderName, \
         ServerSideTokenCheck: true}}]\n  Att: {{Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: \
         {{IdentityPoolId: !Ref IdP, Roles: {{authenticated: !GetAtt R.Arn}}}}}}\n  Map:\n    Type: \
         AWS::Cognito::IdentityPoolPrincipalTag\n    Properties: {{IdentityPoolId: !Ref IdP, IdentityProviderName: \
         !GetAtt UP.ProviderName, {map}}}\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      \
         AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n        - Effect: Allow\n          \
         Principal: {{Federated: cognito-identity.amazonaws.com}}\n          Action: \
         ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']\n          Condition:\n            StringEquals: \
         {{'cognito-identity.amazonaws.com:aud': !Ref IdP}}\n            'ForAnyValue:StringEquals': \
         {{'cognito-identity.amazonaws.com:amr': authenticated}}\n      Policies:\n      - PolicyName: p\n        \
         PolicyDocument:\n          Version: '2012-10-17'\n          Statement: {statements}\n"
    )
}

/// What is said of tags, of a pool like that.
fn of_tags(map: &str, statements: &str) -> Vec<String> {
    let mut said = said_of(&pool(map, statements));
    said.retain(|said| said.starts_with("TAG"));
    said
}

#[test]
fn tags_that_nothing_sets() {
    let tested =
        |test: &str| format!("[{{Effect: Allow, Action: 's3:GetObject', Resource: '*', Condition: {{{test}}}}}]");
    let other = "PrincipalTags: {other: sub}";
    for (test, expected) in [
        ("StringEqualsIfExists: {aws:PrincipalTag/tier: free}", Some("TAG003 error")),
        ("StringNotEquals: {aws:PrincipalTag/tier: free}", Some("TAG003 error")),
        ("StringEquals: {aws:PrincipalTag/tier: free}", Some("TAG003 warning")),
        ("'Null': {aws:PrincipalTag/tier: 'true'}", None),
        ("StringEqualsIfExists: {aws:ResourceTag/tier: '${aws:PrincipalTag/tier}'}", None),
    ] {
        assert_eq!(of_tags(other, &tested(test)), Vec::from_iter(expected), "{test}");
    }
    let read = "[{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/${aws:PrincipalTag/tenant}/*'}]";
    for (map, expected) in [
        ("PrincipalTags: !If [C, {tenant: sub}, {other: sub}]", Some("TAG003 warning")),
        ("PrincipalTags: !If [C, {tenant: sub}, {Tenant: sub}]", None),
        ("PrincipalTags: {}, UseDefaults: true", Some("TAG003 warning")),
    ] {
        assert_eq!(of_tags(map, read), Vec::from_iter(expected), "{map}");
    }
    let denied = |rest: &str| {
        format!(
            "[{{Effect: Allow, Action: 's3:GetObject', Resource: '*'}}, {{Effect: Deny, Action: 's3:GetObject', {rest}}}]"
        )
    };
    assert!(of_tags(other, &denied("NotResource: 'arn:aws:s3:::b/${aws:PrincipalTag/tenant}/*'")).is_empty());
    let tier = denied("Resource: '*', Condition: {StringEquals: {aws:PrincipalTag/tier: free}}");
    assert_eq!(of_tags(other, &tier), ["TAG003 warning"]);
}

#[test]
fn denials_that_hang_on_a_tag_of_ones_own() {
    let denied = |rest: &str| {
        format!(
            "[{{Effect: Allow, Action: 's3:PutObject', Resource: '*'}}, {{Effect: Deny, Action: 's3:PutObject', {rest}}}]"
        )
    };
    let own = "PrincipalTags: {tier: email}";
    for kind in ["Resource", "NotResource"] {
        let statements = denied(&format!("{kind}: 'arn:aws:s3:::b/${{aws:PrincipalTag/tier}}/*'"));
        assert_eq!(of_tags(own, &statements), ["TAG006 error"], "{kind}");
    }
}

#[test]
fn of_a_tag_that_users_choose_nobody_says_that_it_may_be_missing() {
    let negative = "[{Effect: Allow, Action: 's3:PutObject', Resource: '*', Condition: {StringNotEquals: \
                    {aws:PrincipalTag/tier: free}}}]";
    assert_eq!(of_tags("PrincipalTags: {tier: email}", negative), ["TAG006 error"]);
    // One that they do not choose.
    assert_eq!(of_tags("PrincipalTags: {tier: sub}", negative), ["TAG005 warning"]);
    let two = "[{Effect: Allow, Action: 's3:PutObject', Resource: '*', Condition: {StringNotEquals: \
               {aws:PrincipalTag/tier: free, aws:PrincipalTag/team: a}}}]";
    assert_eq!(of_tags("PrincipalTags: {tier: email, team: sub}", two), ["TAG006 error", "TAG005 warning"]);
}

#[test]
fn wildcards_beside_what_tells_tenants_apart() {
    let trust = "Effect: Allow, Principal: {AWS: 'arn:aws:iam::210987654321:role/x'}, Action: ['sts:AssumeRole', \
                 'sts:TagSession'], Condition: {StringLike: {aws:RequestTag/T: '${aws:PrincipalTag/T}*'}}";
    assert_eq!(said(&[trust]), ["TAG009 warning"]);
    let permission = |resource: &str| {
        let statement = format!("Effect: Allow, Action: 's3:GetObject', Resource: \"arn:aws:s3:::b/{resource}\"");
        let outcome = check_texts(vec![("template.yaml".to_owned(), role(&inline(&statement), &[NAMED]))]);
        let said: Vec<_> = outcome.findings.into_iter().filter(|finding| finding.rule == "TAG009").collect();
        said.into_iter().map(|finding| finding.help).collect::<Vec<_>>()
    };
    assert_eq!(
        permission("${aws:PrincipalTag/T, 'none'}*"),
        ["separate them: ${aws:PrincipalTag/T, 'none'}/* instead of ${aws:PrincipalTag/T, 'none'}*"]
    );
    assert!(permission("data${aws:PrincipalTag/T}/*").is_empty(), "each value is a folder of its own");
}

#[test]
fn names_of_tables_and_buckets_that_begin_with_a_tenant() {
    let tag = "${aws:PrincipalTag/T}";
    for (resource, expected) in [
        (format!("arn:aws:dynamodb:us-east-1:111122223333:table/{tag}-*"), Some("TAG009 warning")),
        (format!("arn:aws:dynamodb:us-east-1:111122223333:table/{tag}-*/index/*"), Some("TAG009 warning")),
        (format!("arn:aws:s3:::{tag}-data*"), Some("TAG009 warning")),
        (format!("arn:aws:s3:::{tag}-data*/*"), Some("TAG009 warning")),
        (format!("arn:aws:dynamodb:us-east-1:111122223333:table/{tag}-orders"), None),
        (format!("arn:aws:dynamodb:us-east-1:111122223333:table/{tag}/index/*"), None),
        (format!("arn:aws:dynamodb:us-east-1:111122223333:table/app-{tag}"), None),
        (format!("arn:aws:s3:::{tag}-data/*"), None),
        (format!("arn:aws:s3:::{tag}/*"), None),
        (format!("arn:aws:s3:::b/{tag}-x/*"), None),
    ] {
        let statement = format!("Effect: Allow, Action: '*', Resource: '{resource}'");
        let mut said = said_of(&role(&inline(&statement), &[NAMED]));
        said.retain(|said| said.starts_with("TAG"));
        assert_eq!(said, Vec::from_iter(expected), "{resource}");
    }
}

/// What a role is tagged with, all its sessions have.
#[test]
fn tags_that_a_role_has_itself() {
    let permission = "Effect: Allow, Action: 'ec2:StartInstances', Resource: '*', Condition: {StringNotEquals: \
                      {aws:PrincipalTag/team: x}}";
    let of = |tags: &str| {
        let template =
            role(&inline(permission), &[NAMED]).replace("\n    Properties:", &format!("\n    Properties:{tags}"));
        let mut said = said_of(&template);
        said.retain(|said| said.starts_with("TAG"));
        said
    };
    assert_eq!(of(""), ["TAG005 warning"]);
    assert!(of("\n      Tags: [{Key: Team, Value: y}]").is_empty());
    let trust = "Effect: Allow, Principal: {AWS: '210987654321'}, Action: 'sts:AssumeRole', Condition: ";
    let asks = format!("{trust}{{StringEquals: {{aws:PrincipalTag/dept: y}}}}");
    let deny = "Effect: Deny, Principal: {AWS: '210987654321'}, Action: 'sts:AssumeRole', Condition: {StringEquals: \
                {aws:PrincipalTag/team: x}}";
    assert!(!said(&[&asks, deny]).iter().any(|said| said.starts_with("TAG005")), "the Allow asks for a tag");
    let open = "Effect: Allow, Principal: {AWS: '210987654321'}, Action: 'sts:AssumeRole'";
    assert!(said(&[open, deny]).iter().any(|said| said.starts_with("TAG005")));
}

/// One role of an account, asked for by its ARN, is one caller.
#[test]
fn callers_that_are_named_in_a_test() {
    let permission = "Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/${aws:PrincipalTag/T}/*'";
    let of = |condition: &str| {
        let trust = format!(
            "Effect: Allow, Principal: {{AWS: '210987654321'}}, Action: ['sts:AssumeRole', 'sts:TagSession']{condition}"
        );
        let mut told = said_of(&role(&inline(permission), &[&trust]));
        told.retain(|said| said.starts_with("TAG004"));
        told
    };
    let arn = |operator: &str, name: &str| {
        of(&format!(", Condition: {{{operator}: {{aws:PrincipalArn: 'arn:aws:iam::210987654321:role/{name}'}}}}"))
    };
    assert_eq!(of(""), ["TAG004 error"]);
    assert_eq!(arn("ArnEquals", "broker"), ["TAG004 info"]);
    assert_eq!(arn("ArnLike", "team-*"), ["TAG004 warning"]);
    assert_eq!(arn("ArnNotEquals", "broker"), ["TAG004 error"]);
}

/// The help keeps the actions that are there.
#[test]
fn the_help_names_all_actions() {
    let trust = "Effect: Allow, Principal: {AWS: 'arn:aws:iam::210987654321:role/x'}, Action: ['sts:AssumeRole', \
                 'sts:SetSourceIdentity'], Condition: {StringEquals: {aws:RequestTag/team: a}}";
    let outcome = check_texts(vec![("template.yaml".to_owned(), role("", &[trust]))]);
    let told = outcome.findings.iter().find(|finding| finding.rule == "TAG001").expect("it lacks the action");
    assert!(told.help.ends_with("Action: [sts:AssumeRole, sts:SetSourceIdentity, sts:TagSession]"), "{}", told.help);
}

/// Who passes no tag is denied, and who passes one is not allowed to.
#[test]
fn a_deny_of_untagged_sessions() {
    let allow = |action: &str| format!("Effect: Allow, Principal: {{AWS: '210987654321'}}, Action: {action}");
    let deny = |condition: &str| {
        format!(
            "Effect: Deny, Principal: {{AWS: '210987654321'}}, Action: 'sts:AssumeRole', Condition: {{{condition}}}"
        )
    };
    let of = |action: &str, condition: &str| {
        let mut told = said(&[&allow(action), &deny(condition)]);
        told.retain(|said| said.starts_with("TAG001"));
        told
    };
    for condition in ["StringNotEquals: {aws:RequestTag/team: a}", "'Null': {aws:RequestTag/team: 'true'}"] {
        assert_eq!(of("'sts:AssumeRole'", condition), ["TAG001 error"], "{condition}");
        assert!(of("['sts:AssumeRole', 'sts:TagSession']", condition).is_empty(), "{condition}");
    }
    assert!(of("'sts:AssumeRole'", "StringEquals: {aws:RequestTag/team: a}").is_empty());
}

/// A variable of what a permission is about has a value only where the session has one.
#[test]
fn a_source_identity_in_a_resource() {
    let of = |resource: &str| {
        let statement = format!("Effect: Allow, Action: 's3:GetObject', Resource: \"arn:aws:s3:::b/{resource}/*\"");
        let mut told = said_of(&role(&inline(&statement), &[NAMED]));
        told.retain(|said| said.starts_with("TAG008"));
        told
    };
    assert_eq!(of("${aws:SourceIdentity}"), ["TAG008 error"]);
    assert!(of("${aws:SourceIdentity, 'none'}").is_empty());
}
