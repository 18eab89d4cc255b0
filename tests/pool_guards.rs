//! Identity pools, each with what is said of it: cases that are too many for the example pages.

use rolecall::finding::{Applicability, Finding, Severity, Status};
use rolecall::run::check_texts;

/// What a rule says of a template.
fn said(rule: &str, template: &str) -> Vec<Finding> {
    let outcome = check_texts(vec![("template.yaml".to_owned(), template.to_owned())]);
    outcome.findings.into_iter().filter(|finding| finding.rule == rule).collect()
}

#[test]
fn a_wildcard_is_more_than_guests_are_left() {
    let told = |classic: bool, actions: &str| {
        let findings = said("MAP019", &guests(classic, actions));
        findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
    };
    assert_eq!(told(false, "'*'"), ["guests of Pool have a part of every action at most: Cognito takes away the rest"]);
    assert_eq!(told(false, "'ec2:*'"), ["ec2:* does nothing for guests of Pool: Cognito takes it away"]);
    let part = "guests of Pool may call kms:*, of which Cognito's limit for guests has a part";
    assert_eq!(told(true, "'kms:*'"), [part]);
    assert!(told(true, "'kms:Decrypt'").is_empty());
}

#[test]
fn what_is_denied_no_guest_may_call() {
    let with = |deny: &str, properties: &str| {
        let template = guests(true, "'ec2:*'").replace("Statement: {Effect: Allow", "Statement: [{Effect: Allow");
        let template = template.replace("Resource: '*'}}", &format!("Resource: '*'}}, {{Effect: Deny, {deny}}}]}}"));
        said("MAP019", &template.replace("      Policies:", &format!("{properties}      Policies:")))
    };
    let told = |deny: &str| with(deny, "").into_iter().map(|one| one.severity).collect::<Vec<_>>();
    assert_eq!(told("Action: 'ec2:*', Resource: '*'"), []);
    assert_eq!(told("NotAction: 's3:*', Resource: '*'"), []);
    assert_eq!(told("Action: 'ec2:Terminate*', Resource: '*'"), [Severity::Error]);
    assert_eq!(told("Action: 'ec2:*', Resource: 'arn:aws:ec2:*:*:instance/*'"), [Severity::Error]);
    // What is denied in part, or sometimes, is left.
    let without_tls = "Action: '*', Resource: '*', Condition: {Bool: {'aws:SecureTransport': 'false'}}";
    assert_eq!(told(without_tls), [Severity::Error]);
    assert_eq!(told("Action: 'ec2:*', NotResource: 'arn:aws:ec2:*:*:instance/*'"), [Severity::Error]);
    let bounded = "      PermissionsBoundary: arn:aws:iam::210987654321:policy/b\n";
    let bounded = with("Action: 's3:*', Resource: '*'", bounded);
    assert_eq!(bounded.iter().map(|one| one.status).collect::<Vec<_>>(), [Status::Possible]);
}

/// A pool with a mapping that says this of users whom it leads to no role.
fn mapped(parameters: &str, ambiguous: &str) -> String {
    format!(
        "{parameters}Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: \
         {{AllowUnauthenticatedIdentities: false, SupportedLoginProviders: {{accounts.google.com: x}}}}\n  Roles:\n    \
         Type: AWS::Cognito::IdentityPoolRoleAttachment\n    Properties:\n      IdentityPoolId: !Ref Pool\n      \
         RoleMappings:\n        accounts.google.com:\n          Type: Rules\n          AmbiguousRoleResolution: \
         {ambiguous}\n          RulesConfiguration: {{Rules: [{{Claim: sub, MatchType: Equals, Value: x, RoleARN: \
         'arn:aws:iam::210987654321:role/x'}}]}}\n"
    )
}

#[test]
fn a_fix_in_the_place_of_a_parameter_is_offered() {
    let fix = |parameters: &str, ambiguous: &str| {
        let findings = said("MAP008", &mapped(parameters, ambiguous));
        let fixes = findings.iter().map(|finding| finding.fix.as_ref().map(|fix| fix.applicability));
        fixes.collect::<Vec<_>>()
    };
    assert_eq!(fix("", "deny"), [Some(Applicability::Safe)]);
    let with = |default: &str| format!("Parameters: {{P: {{Type: String, {default}}}}}\n");
    assert_eq!(fix(&with("Default: deny"), "!Ref P"), [Some(Applicability::Offered)]);
    // One of several values is not all of them.
    assert_eq!(fix(&with("AllowedValues: [deny, Deny]"), "!Ref P"), [None]);
    assert_eq!(fix(&with("Default: Deny"), "!Ref P"), []);
}

/// A pool for guests, whose role may do these things.
fn guests(classic: bool, actions: &str) -> String {
    format!(
        "Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: {{AllowUnauthenticatedIdentities: \
         true, AllowClassicFlow: {classic}}}\n  Roles:\n    Type: AWS::Cognito::IdentityPoolRoleAttachment\n    \
         Properties: {{IdentityPoolId: !Ref Pool, Roles: {{unauthenticated: !GetAtt Guest.Arn}}}}\n  Guest:\n    Type: \
         AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        \
         Statement:\n          Effect: Allow\n          Principal: {{Federated: cognito-identity.amazonaws.com}}\n          \
         Action: sts:AssumeRoleWithWebIdentity\n          Condition: {{StringEquals: \
         {{'cognito-identity.amazonaws.com:aud': !Ref Pool}}, 'ForAnyValue:StringLike': \
         {{'cognito-identity.amazonaws.com:amr': unauthenticated}}}}\n      Policies:\n        - PolicyName: p\n          \
         PolicyDocument: {{Version: '2012-10-17', Statement: {{Effect: Allow, Action: {actions}, Resource: '*'}}}}\n"
    )
}

/// What a pool with such a role for guests is said to give to anybody.
fn given(classic: bool, actions: &str) -> Option<String> {
    let findings = said("MAP015", &guests(classic, actions));
    let [finding] = findings.as_slice() else { panic!("{actions}: {findings:?}") };
    let labels = finding.related.iter().map(|label| label.message.clone());
    labels.filter_map(|label| Some(label.strip_prefix("so anybody may ")?.to_owned())).next()
}

#[test]
fn guests_are_given_what_their_flow_leaves_them() {
    let both = "['ec2:DescribeImages', 's3:GetObject']";
    assert_eq!(given(true, both).as_deref(), Some("ec2:DescribeImages, s3:GetObject"));
    assert_eq!(given(false, both).as_deref(), Some("s3:GetObject"));
    assert_eq!(given(false, "['ec2:DescribeImages', 'kms:CreateKey']"), None);
    assert_eq!(given(false, "'*'").as_deref(), Some("do everything, as far as Cognito lets guests"));
    assert_eq!(given(true, "'*'").as_deref(), Some("do everything"));
    assert_eq!(
        given(false, "['kms:*', 's3:GetObject']").as_deref(),
        Some("kms:*, s3:GetObject, as far as Cognito lets guests")
    );
}

#[test]
fn tags_of_one_providers_users_ask_nothing_of_a_role_for_those_of_another() {
    let tagged = |amr: &str| {
        let template = format!(
            "Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: {{AllowUnauthenticatedIdentities: \
             false, SupportedLoginProviders: {{accounts.google.com: x, graph.facebook.com: y}}}}\n  Tags:\n    Type: \
             AWS::Cognito::IdentityPoolPrincipalTag\n    Properties: {{IdentityPoolId: !Ref Pool, IdentityProviderName: \
             graph.facebook.com, PrincipalTags: {{uid: sub}}}}\n  Roles:\n    Type: \
             AWS::Cognito::IdentityPoolRoleAttachment\n    Properties: {{IdentityPoolId: !Ref Pool, Roles: \
             {{authenticated: !GetAtt Member.Arn}}}}\n  Member:\n    Type: AWS::IAM::Role\n    Properties:\n      \
             AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          Effect: Allow\n          \
             Principal: {{Federated: cognito-identity.amazonaws.com}}\n          Action: \
             sts:AssumeRoleWithWebIdentity\n          Condition: {{StringEquals: {{'cognito-identity.amazonaws.com:aud': \
             !Ref Pool}}, 'ForAnyValue:StringLike': {{'cognito-identity.amazonaws.com:amr': {amr}}}}}\n"
        );
        said("TAG001", &template).len()
    };
    assert_eq!(tagged("authenticated"), 1);
    assert_eq!(tagged("graph.facebook.com"), 1);
    assert_eq!(tagged("accounts.google.com"), 0);
}

#[test]
fn a_mapping_that_misnames_its_user_pool_is_one_mistake() {
    let rules = |provider: &str, kind: &str| {
        let template = format!(
            "Resources:\n  Users: {{Type: AWS::Cognito::UserPool}}\n  Group: {{Type: AWS::Cognito::UserPoolGroup, \
             Properties: {{UserPoolId: !Ref Users, GroupName: g, RoleArn: 'arn:aws:iam::210987654321:role/g'}}}}\n  \
             Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: {{AllowUnauthenticatedIdentities: false, \
             CognitoIdentityProviders: [{{ProviderName: !GetAtt Users.ProviderName, ClientId: app}}]}}\n  Roles:\n    \
             Type: AWS::Cognito::IdentityPoolRoleAttachment\n    Properties:\n      IdentityPoolId: !Ref Pool\n      \
             RoleMappings: {{users: {{IdentityProvider: {provider}, AmbiguousRoleResolution: Deny, {kind}}}}}\n"
        );
        let outcome = check_texts(vec![("template.yaml".to_owned(), template)]);
        outcome.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    let token = "Type: Token";
    assert_eq!(rules("!Sub 'https://${Users.ProviderName}:app'", token), ["MAP006"]);
    assert_eq!(rules("!GetAtt Users.Arn", token), ["MAP006"]);
    assert_eq!(rules("!Sub '${Users.ProviderName}:app'", token), [""; 0]);
    let by_rules = "Type: Rules, RulesConfiguration: {Rules: [{Claim: sub, MatchType: Equals, Value: x, RoleARN: \
                    'arn:aws:iam::210987654321:role/x'}]}";
    assert_eq!(rules("!GetAtt Users.Arn", by_rules), ["MAP007", "MAP006"]);
}

#[test]
fn the_region_of_a_user_pool_of_the_templates_is_that_of_its_stack() {
    let told = |host: &str, toml: &str| {
        let template = format!(
            "Resources:\n  Users: {{Type: AWS::Cognito::UserPool}}\n  App: {{Type: AWS::Cognito::UserPoolClient, \
             Properties: {{UserPoolId: !Ref Users}}}}\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: \
             {{AllowUnauthenticatedIdentities: false, CognitoIdentityProviders: [{{ProviderName: !GetAtt \
             Users.ProviderName, ClientId: !Ref App}}]}}\n  Roles:\n    Type: \
             AWS::Cognito::IdentityPoolRoleAttachment\n    Properties:\n      IdentityPoolId: !Ref Pool\n      \
             RoleMappings:\n        users:\n          IdentityProvider: !Sub \
             'cognito-idp.{host}.amazonaws.com/${{Users}}:${{App}}'\n          Type: Token\n          \
             AmbiguousRoleResolution: Deny\n"
        );
        let files = [("rolecall.toml", toml), ("template.yaml", &template)];
        let outcome = check_texts(files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec());
        let findings = outcome.findings.into_iter().filter(|finding| finding.rule == "MAP006");
        findings.map(|finding| finding.primary.message).collect::<Vec<_>>()
    };
    let here = "[parameters]\n'AWS::Region' = 'eu-west-1'\n";
    assert_eq!(told("us-east-1", here), ["the host is of Region us-east-1, the user pool's id of eu-west-1"]);
    assert!(told("eu-west-1", here).is_empty());
    assert!(told("${AWS::Region}", here).is_empty());
    assert!(told("us-east-1", "").is_empty(), "where the stack goes is not known");
}

#[test]
fn guests_who_get_a_role_in_one_branch_get_it_there() {
    let template = guests(false, "'s3:PutObject'").replace(
        "Roles: {unauthenticated: !GetAtt Guest.Arn}",
        "Roles: {unauthenticated: !If [C, !GetAtt Guest.Arn, !Ref AWS::NoValue]}",
    );
    let template = format!("Conditions: {{C: !Equals [!Ref AWS::Region, eu-west-1]}}\n{template}");
    let told = |rule: &str| {
        let findings = said(rule, &template);
        let told = findings.into_iter().map(|one| (one.severity, format!("{:?}", one.assignment)));
        told.collect::<Vec<_>>()
    };
    let of = |value: bool| (Severity::Warning, format!("[(\"C\", Condition({value}))]"));
    assert_eq!(told("MAP015"), [of(true)]);
    assert_eq!(told("MAP016"), [of(false)]);
}

#[test]
fn each_role_for_guests_is_weighed_by_itself() {
    let template = guests(false, "'s3:PutObject'").replace(
        "Roles: {unauthenticated: !GetAtt Guest.Arn}",
        "Roles: {unauthenticated: !If [C, 'arn:aws:iam::210987654321:role/other', !GetAtt Guest.Arn]}",
    );
    let template = format!("Conditions: {{C: !Equals [!Ref AWS::Region, eu-west-1]}}\n{template}");
    let told = said("MAP015", &template).into_iter().map(|one| (one.message, format!("{:?}", one.assignment)));
    let of = |role: &str, value: bool| {
        (format!("Pool hands {role} to anybody, without signing in"), format!("[(\"C\", Condition({value}))]"))
    };
    assert_eq!(told.collect::<Vec<_>>(), [of("Guest", false), of("other", true)]);
}

/// What is said of two groups with two roles, by when and on what assumptions.
fn tied(rule: &str, (precedence, triggers, ambiguous): (&str, &str, &str)) -> Vec<String> {
    let group = |name: &str| {
        format!(
            "  {name}: {{Type: AWS::Cognito::UserPoolGroup, Properties: {{UserPoolId: !Ref Users, GroupName: {name}, \
             RoleArn: 'arn:aws:iam::210987654321:role/{name}'{precedence}}}}}\n"
        )
    };
    let template = format!(
        "Parameters:\n  Is: {{Type: String, Default: Deny}}\n  One: {{Type: String, AllowedValues: [Deny, \
         AuthenticatedRole]}}\nConditions: {{C: !Equals [!Ref AWS::Region, eu-west-1]}}\nResources:\n  Users: {{Type: \
         AWS::Cognito::UserPool, Properties: {{LambdaConfig: {triggers}}}}}\n{}{}  Roles:\n    Type: \
         AWS::Cognito::IdentityPoolRoleAttachment\n    Properties:\n      IdentityPoolId: \
         'us-east-1:00000000-0000-4000-8000-000000000001'\n      Roles: {{authenticated: \
         'arn:aws:iam::210987654321:role/all'}}\n      RoleMappings: {{users: {{IdentityProvider: !Sub \
         '${{Users.ProviderName}}:app', Type: Token, AmbiguousRoleResolution: {ambiguous}}}}}\n",
        group("A"),
        group("B")
    );
    let told = said(rule, &template).into_iter().map(|one| {
        let what = one.message.trim_start_matches("a member of both A and B gets ");
        format!("{} {what} {:?}", one.severity.name(), one.assignment)
    });
    told.collect()
}

#[test]
fn groups_that_tie_do_so_in_every_branch() {
    let when = |value: bool| format!("[(\"C\", Condition({value}))]");
    for (rule, precedence) in [("MAP001", ", Precedence: 1"), ("MAP002", "")] {
        let tied = |triggers: &str, ambiguous: &str| {
            let mut told = tied(rule, (precedence, triggers, ambiguous));
            told.sort();
            told
        };
        let nothing = |when: &str| format!("warning no credentials {when}");
        let default = |when: &str| format!("warning the default role {when}");
        assert_eq!(tied("{}", "Deny"), [nothing("[]")]);
        assert_eq!(tied("{}", "!If [C, Deny, AuthenticatedRole]"), [nothing(&when(true)), default(&when(false))]);
        assert_eq!(
            tied("{}", "!Ref One"),
            [nothing("[(\"One\", Value(\"Deny\"))]"), default("[(\"One\", Value(\"AuthenticatedRole\"))]")]
        );
        assert_eq!(tied("{}", "!Ref Is"), ["info no credentials []", "warning no credentials, or the default role []"]);
        let trigger = "{PreTokenGeneration: 'arn:aws:lambda:us-east-1:210987654321:function:f'}";
        assert_eq!(tied(trigger, "Deny"), ["info no credentials []"]);
        assert_eq!(tied(&format!("!If [C, {trigger}, !Ref AWS::NoValue]"), "Deny"), [nothing(&when(false))]);
    }
}

#[test]
fn what_takes_tags_or_words_away_is_told_as_it_is() {
    let of_pool = |condition: &str, deny: &str| {
        format!(
            "Resources:\n  Users: {{Type: AWS::Cognito::UserPool}}\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    \
             Properties: {{AllowUnauthenticatedIdentities: false, CognitoIdentityProviders: [{{ProviderName: !GetAtt \
             Users.ProviderName, ClientId: app}}]}}\n  Tags:\n    Type: AWS::Cognito::IdentityPoolPrincipalTag\n    \
             Properties: {{IdentityPoolId: !Ref Pool, IdentityProviderName: !GetAtt Users.ProviderName, PrincipalTags: \
             {{user: sub}}}}\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
             Version: '2012-10-17'\n        Statement:\n          - {{Effect: Allow, Principal: {{Federated: \
             cognito-identity.amazonaws.com}}, Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'], Condition: \
             {{StringEquals: {{'cognito-identity.amazonaws.com:aud': !Ref Pool}}, {condition}}}}}\n{deny}  Roles:\n    \
             Type: AWS::Cognito::IdentityPoolRoleAttachment\n    Properties: {{IdentityPoolId: !Ref Pool, Roles: \
             {{authenticated: !GetAtt Role.Arn}}}}\n"
        )
    };
    let any = "'ForAnyValue:StringLike': {'cognito-identity.amazonaws.com:amr': authenticated}";
    let deny = "          - {Effect: Deny, Principal: {Federated: cognito-identity.amazonaws.com}, Action: \
                'sts:TagSession'}\n";
    let found = said("TAG001", &of_pool(any, deny));
    let told: Vec<_> = found.iter().map(|one| (one.message.as_str(), one.fix.is_some())).collect();
    assert_eq!(told, [("Pool tags the sessions of Role, which denies that", false)]);
    assert!(said("TAG001", &of_pool(any, "")).is_empty());
    let provider = "StringLike: {'cognito-identity.amazonaws.com:amr': !GetAtt Users.ProviderName}";
    let help: Vec<String> = said("CGT006", &of_pool(provider, "")).into_iter().map(|one| one.help).collect();
    let line = "move amr, and nothing else, as it is, under an operator that asks for any member\n  \
                ForAnyValue:StringLike";
    assert_eq!(help, [line]);
}

/// The keys of identity pools would shut the tokens of the other provider out.
#[test]
fn a_statement_for_others_too_gets_no_test_on_the_pool() {
    let both = "[cognito-identity.amazonaws.com, graph.facebook.com]";
    let of = |principal: &str| {
        let template = format!(
            "Resources:\n  Pool: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowUnauthenticatedIdentities: \
             false, SupportedLoginProviders: {{accounts.google.com: a}}}}}}\n  Role: {{Type: 'AWS::IAM::Role', \
             Properties: {{AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Principal: \
             {{Federated: {principal}}}, Action: 'sts:AssumeRoleWithWebIdentity'}}]}}}}}}\n  Roles: {{Type: \
             'AWS::Cognito::IdentityPoolRoleAttachment', Properties: {{IdentityPoolId: !Ref Pool, Roles: \
             {{authenticated: !GetAtt Role.Arn}}}}}}\n"
        );
        said("CGT001", &template)
            .into_iter()
            .map(|finding| (finding.severity, finding.fix.is_some()))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("cognito-identity.amazonaws.com"), [(Severity::Error, true)]);
    assert_eq!(of(both), [(Severity::Error, false)]);
}

#[test]
fn guests_that_no_pool_gives_out_yet_are_an_error_where_nothing_asks_for_a_pool() {
    let told = |guests: bool, aud: &str| {
        let template = format!(
            "Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: {{AllowUnauthenticatedIdentities: \
             {guests}}}\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: \
             '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Principal: {{Federated: \
             cognito-identity.amazonaws.com}}\n            Action: sts:AssumeRoleWithWebIdentity\n            Condition: \
             {{StringLike: {{'cognito-identity.amazonaws.com:aud': {aud}}}}}\n  Roles:\n    Type: \
             AWS::Cognito::IdentityPoolRoleAttachment\n    Properties: {{IdentityPoolId: !Ref Pool, Roles: \
             {{authenticated: !GetAtt R.Arn}}}}\n"
        );
        said("CGT002", &template).into_iter().map(|one| one.severity).collect::<Vec<_>>()
    };
    assert_eq!(told(false, "!Ref Pool"), [Severity::Warning]);
    assert_eq!(told(false, "'us-east-1:*'"), [Severity::Warning]);
    assert_eq!(told(false, "'*'"), [Severity::Error]);
    assert_eq!(told(true, "'us-east-1:*'"), [Severity::Error]);
}
