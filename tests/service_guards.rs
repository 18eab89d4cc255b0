//! Roles beside what uses them in their templates, each with what is said of them: cases that are too many for the
//! example pages. Each trust is decided.

use rolecall::run::check_texts;

/// The rules and severities of a role, by the name `Role`, and of what stands beside it in its template.
fn told(statements: &[&str], beside: &str) -> Vec<String> {
    let statements: Vec<String> = statements.iter().map(|statement| format!("\n          - {{{statement}}}")).collect();
    let template = format!(
        "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
         Version: '2012-10-17'\n        Statement:{}\n{beside}\n",
        statements.concat()
    );
    let outcome = check_texts(vec![("template.yaml".to_owned(), template)]);
    assert_eq!(outcome.counts.trusts_undecided, 0, "{statements:?} {beside}");
    outcome.findings.iter().map(|finding| format!("{} {}", finding.rule, finding.severity.name())).collect()
}

const PODS: &str =
    "Effect: Allow, Principal: {Service: pods.eks.amazonaws.com}, Action: ['sts:AssumeRole', 'sts:TagSession']";
const WRITES: &str = "  P: {Type: 'AWS::IAM::RolePolicy', Properties: {PolicyName: p, RoleName: !Ref Role, PolicyDocument: \
                      {Statement: [{Effect: Allow, Action: 's3:PutObject', Resource: '*'}]}}}\n";

fn association(name: &str, namespace: &str, more: &str) -> String {
    format!(
        "  {name}: {{Type: 'AWS::EKS::PodIdentityAssociation', Properties: {{ClusterName: c, Namespace: {namespace}, \
         ServiceAccount: s, RoleArn: !GetAtt Role.Arn{more}}}}}\n"
    )
}

/// Which certificates come in is one rule's question, in each statement for them, and each has to be mended.
#[test]
fn certificates_by_two_statements() {
    let statement = |name: &str| {
        format!(
            "Effect: Allow, Principal: {{Service: rolesanywhere.amazonaws.com}}, \
             Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], \
             Condition: {{StringEquals: {{'aws:PrincipalTag/x509Subject/CN': {name}}}}}"
        )
    };
    assert_eq!(told(&[&statement("a"), &statement("b")], ""), ["SVC008 info", "SVC008 info"]);
    let open = "Effect: Allow, Principal: {Service: rolesanywhere.amazonaws.com}, \
                Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']";
    assert_eq!(told(&[&statement("a"), open], ""), ["SVC008 info", "SVC008 warning"]);
}

#[test]
fn roles_of_pods_by_their_associations() {
    let open = ["SVC007 info"];
    let (a, b) = (association("A", "shop", ""), association("B", "billing", ""));
    assert_eq!(told(&[PODS], ""), ["SVC005 info"], "nothing says that the role may change anything");
    assert_eq!(told(&[PODS], WRITES), open);
    assert_eq!(told(&[PODS], &(a.clone() + WRITES)), open);
    assert_eq!(told(&[PODS], &(a.clone() + &association("B", "shop", "") + WRITES)), open);
    assert_eq!(told(&[PODS], &(a + &b)), ["SVC007 warning"]);
    let untagged = |name: &str, namespace: &str| association(name, namespace, ", DisableSessionTags: true");
    assert_eq!(told(&[PODS], &(untagged("A", "shop") + &untagged("B", "billing"))), ["SVC007 warning"]);
}

#[test]
fn whom_a_certificate_and_its_anchor_let_in() {
    let anywhere = |condition: &str| {
        format!(
            "Effect: Allow, Principal: {{Service: rolesanywhere.amazonaws.com}}, Action: ['sts:AssumeRole', \
             'sts:TagSession', 'sts:SetSourceIdentity'], Condition: {{{condition}}}"
        )
    };
    let anchor = "  Anchor: {Type: 'AWS::RolesAnywhere::TrustAnchor', Properties: {Name: a}}\n";
    for (condition, expected) in [
        ("", &["SVC008 warning"][..]),
        ("StringEquals: {'aws:PrincipalTag/x509Subject/CN': x}", &["SVC008 info"]),
        ("ArnEquals: {'aws:SourceArn': !GetAtt Anchor.TrustAnchorArn}", &[]),
        (
            "ArnEquals: {'aws:SourceArn': !Sub 'arn:aws:rolesanywhere:${AWS::Region}:${AWS::AccountId}:trust-anchor/${Anchor}'}",
            &[],
        ),
        ("StringEquals: {'aws:SourceAccount': !Ref 'AWS::AccountId'}", &[]),
        ("ArnLike: {'aws:SourceArn': 'arn:aws:rolesanywhere:*:*:trust-anchor/*'}", &["SVC006 warning"]),
    ] {
        assert_eq!(told(&[&anywhere(condition)], anchor), expected, "{condition}");
    }
}

#[test]
fn services_of_which_one_use_is_guarded() {
    let iot = "Effect: Allow, Principal: {Service: iot.amazonaws.com}, Action: 'sts:AssumeRole'";
    let role = "RoleArn: !GetAtt Role.Arn";
    let audit = format!("  A: {{Type: 'AWS::IoT::AccountAuditConfiguration', Properties: {{{role}}}}}\n");
    let alerts = format!("{{AlertTargets: {{SNS: {{AlertTargetArn: x, {role}}}}}}}");
    let profile = format!("  A: {{Type: 'AWS::IoT::SecurityProfile', Properties: {alerts}}}\n");
    let scheduled = "  A: {Type: 'AWS::IoT::ScheduledAudit', Properties: {Frequency: DAILY}}\n";
    let fleet = "  A: {Type: 'AWS::IoT::ProvisioningTemplate', Properties: {ProvisioningRoleArn: !GetAtt Role.Arn}}\n";
    for guarded in [audit.as_str(), &profile, scheduled] {
        assert_eq!(told(&[iot], guarded), ["SVC005 warning"], "{guarded}");
    }
    let rule = format!(
        "  A: {{Type: 'AWS::IoT::TopicRule', Properties: {{TopicRulePayload: {{Sql: x, Actions: \
         [{{Sns: {{TargetArn: x, {role}}}}}]}}}}}}\n"
    );
    for other in ["", fleet, &rule, &format!("{fleet}{}", scheduled.replace("A:", "B:"))] {
        assert_eq!(told(&[iot], other), ["SVC005 info"], "{other}");
    }
}

#[test]
fn named_roles_of_other_accounts_are_information() {
    let trusting = |name: &str| format!("Effect: Allow, Principal: {{AWS: '{name}'}}, Action: 'sts:AssumeRole'");
    assert_eq!(told(&[&trusting("arn:aws:iam::210987654321:role/vendor")], ""), ["XAC006 info"]);
    let of_aws = "arn:aws:iam::210987654321:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0123456789abcdef";
    assert!(told(&[&trusting(of_aws)], "").is_empty());
    let asking = format!(
        "{}, Condition: {{StringEquals: {{sts:ExternalId: abcdefgh12}}}}",
        trusting("arn:aws:iam::210987654321:role/vendor")
    );
    assert!(told(&[&asking], "").is_empty());
}

#[test]
fn the_own_organization_in_every_form() {
    for condition in [
        "StringEquals: {aws:ResourceOrgID: '${aws:PrincipalOrgID}'}",
        "StringEquals: {aws:PrincipalOrgID: '${aws:ResourceOrgID}'}",
        "StringEquals: {aws:PrincipalAccount: '${aws:ResourceAccount}'}",
        "StringEquals: {aws:ResourceAccount: '${aws:PrincipalAccount}'}",
        "'ForAnyValue:StringLike': {aws:PrincipalOrgPaths: '${aws:ResourceOrgID}/*'}",
    ] {
        let star =
            format!("Effect: Allow, Principal: {{AWS: '*'}}, Action: 'sts:AssumeRole', Condition: {{{condition}}}");
        assert!(told(&[&star], "").is_empty(), "{condition}");
    }
    let star = |effect: &str, condition: &str| {
        format!("Effect: {effect}, Principal: {{AWS: '*'}}, Action: 'sts:AssumeRole', Condition: {{{condition}}}")
    };
    for condition in [
        "StringNotEquals: {aws:ResourceOrgID: '${aws:PrincipalOrgID}'}",
        "StringNotEquals: {aws:PrincipalOrgID: '${aws:ResourceOrgID}'}",
    ] {
        assert!(told(&[&star("Allow", ""), &star("Deny", condition)], "").is_empty(), "{condition}");
    }
}

const ACCOUNT: &str = "Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: 'sts:AssumeRole'";
const VENDOR: &str = "Effect: Allow, Principal: {AWS: '222233334444'}, Action: 'sts:AssumeRole'";

fn deny(principal: &str, action: &str, condition: &str) -> String {
    format!("Effect: Deny, Principal: {{AWS: '{principal}'}}, Action: 'sts:{action}', Condition: {{{condition}}}")
}

#[test]
fn a_deny_is_blamed_only_for_those_whom_it_could_keep_out() {
    let factor = "Bool: {'aws:MultiFactorAuthPresent': 'false'}";
    let user = "arn:aws:iam::222233334444:user/x";
    let and_user = format!("{factor}, StringEquals: {{'aws:PrincipalArn': '{user}'}}");
    assert_eq!(told(&[ACCOUNT, &deny("*", "AssumeRole", factor)], ""), ["XAC010 warning"]);
    let strict = "BoolIfExists: {'aws:MultiFactorAuthPresent': 'false'}";
    for other in [
        deny("*", "AssumeRole", strict),
        deny("*", "TagSession", factor),
        deny("*", "SetSourceIdentity", factor),
        deny(user, "AssumeRole", factor),
        deny("*", "AssumeRole", &and_user),
    ] {
        assert_eq!(told(&[ACCOUNT, &other], ""), ["XAC008 info"], "{other}");
    }
}

#[test]
fn members_of_an_organization_without_a_second_factor() {
    let member = |factor: &str| {
        format!(
            "Effect: Allow, Principal: {{AWS: '*'}}, Action: 'sts:AssumeRole', Condition: {{StringEquals: \
             {{'aws:PrincipalOrgID': o-abcdefghij}}, {factor}}}"
        )
    };
    for weak in
        ["BoolIfExists: {'aws:MultiFactorAuthPresent': 'true'}", "'Null': {'aws:MultiFactorAuthPresent': 'false'}"]
    {
        assert_eq!(told(&[&member(weak)], ""), ["XAC010 warning"], "{weak}");
    }
    assert_eq!(told(&[&member("Bool: {'aws:MultiFactorAuthPresent': 'true'}")], ""), [""; 0]);
}

#[test]
fn a_deny_of_everybody_outside_of_the_organization_asks_for_the_organization() {
    let outside = deny("*", "AssumeRole", "StringNotEquals: {'aws:PrincipalOrgID': o-abcdefghij}");
    assert_eq!(told(&[VENDOR, &outside], ""), [""; 0]);
    let other = deny("*", "TagSession", "StringNotEquals: {'aws:PrincipalOrgID': o-abcdefghij}");
    assert_eq!(told(&[VENDOR, &other], ""), ["XAC006 info"]);
}

const TAKER: &str = "  G: {Type: 'AWS::IAM::Group', Properties: {Policies: [{PolicyName: g, PolicyDocument: {Statement: \
                     [{Effect: Allow, Action: 'sts:AssumeRole', Resource: '*'}]}}]}}\n";

#[test]
fn the_own_account_is_trusted_with_everything_or_with_nothing() {
    let everything = |condition: &str| {
        format!(
            "{TAKER}  P: {{Type: 'AWS::IAM::RolePolicy', {condition}Properties: {{PolicyName: p, RoleName: !Ref Role, \
             PolicyDocument: {{Statement: [{{Effect: Allow, Action: '*', Resource: '*'}}]}}}}}}\nParameters: {{S: {{Type: \
             String}}}}\nConditions: {{C: !Equals [!Ref S, a]}}\n"
        )
    };
    assert_eq!(told(&[ACCOUNT], &everything("")), ["XAC008 warning"]);
    // Where the condition is false, it is as with any other role.
    assert_eq!(told(&[ACCOUNT], &everything("Condition: C, ")), ["XAC008 info", "XAC008 warning"]);
    let nobody = "Effect: Deny, Principal: {AWS: '*'}, Action: 'sts:AssumeRole'";
    assert!(!told(&[ACCOUNT, nobody], "").iter().any(|told| told.starts_with("XAC008")));
}

#[test]
fn an_empty_principal_beside_others_is_to_be_left_out() {
    let said = |statements: &str| {
        let template = format!(
            "Resources:\n  Role: {{Type: 'AWS::IAM::Role', Properties: {{AssumeRolePolicyDocument: {{Statement: \
             {statements}}}}}}}\n  F: {{Type: 'AWS::Lambda::Function', Properties: {{Role: !GetAtt Role.Arn, Runtime: \
             python3.12, Handler: x, Code: {{ZipFile: x}}}}}}\n"
        );
        let outcome = check_texts(vec![("template.yaml".to_owned(), template)]);
        let found = outcome.findings.into_iter().find(|finding| finding.rule == "SVC001");
        found.map(|finding| (finding.message, finding.help, finding.fix.is_some()))
    };
    let allow =
        |service: &str| format!("{{Effect: Allow, Principal: {{Service: {service}}}, Action: 'sts:AssumeRole'}}");
    let told = |statements: &str| said(statements).unwrap_or_default();
    let (message, _, has_fix) = told(&format!("[{}]", allow("''")));
    assert_eq!(
        (message.as_str(), has_fix),
        ("Role names nobody who can assume it, so its deployment is refused", true)
    );
    let (message, help, has_fix) = told(&format!("[{}]", allow("['', lambda.amazonaws.com]")));
    assert_eq!(message, "a principal of Role is empty, so its deployment is refused");
    assert_eq!((help.as_str(), has_fix), ("leave the empty one out", true));
    let beside = format!("[{}, {}]", allow("''"), allow("lambda.amazonaws.com"));
    let denied = format!("[{}, {}]", allow("lambda.amazonaws.com"), allow("''").replace("Allow", "Deny"));
    for statements in [beside, denied] {
        assert_eq!(told(&statements).0, "a principal of Role is empty, so its deployment is refused", "{statements}");
    }
}

/// What SAM hands on to other services: roles of schedules, and of authorizers.
#[test]
fn roles_that_events_and_authorizers_of_sam_are_given() {
    let template = |trusted: &str, kind: &str, properties: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      \
             AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Principal: {{Service: \
             {trusted}.amazonaws.com}}, Action: 'sts:AssumeRole'}}]}}\n  User:\n    Type: AWS::Serverless::{kind}\n    \
             Properties: {{{properties}}}\n"
        )
    };
    let is_refused = |trusted: &str, kind: &str, properties: &str| {
        let outcome = check_texts(vec![("template.yaml".to_owned(), template(trusted, kind, properties))]);
        outcome.findings.iter().any(|finding| finding.rule == "SVC004")
    };
    let event = |kind: &str| format!("Events: {{E: {{Type: {kind}, Properties: {{RoleArn: !GetAtt Role.Arn}}}}}}");
    let authorizer = "Auth: {Authorizers: {A: {FunctionArn: f, FunctionInvokeRole: !GetAtt Role.Arn}}}";
    for (kind, properties, service) in [
        ("Function", event("ScheduleV2"), "scheduler"),
        ("StateMachine", event("ScheduleV2"), "scheduler"),
        ("StateMachine", event("Schedule"), "events"),
        ("Api", authorizer.to_owned(), "apigateway"),
        ("HttpApi", authorizer.to_owned(), "apigateway"),
    ] {
        assert!(is_refused("ec2", kind, &properties), "{kind} {properties}");
        assert!(!is_refused(service, kind, &properties), "{kind} {properties}");
    }
    assert!(!is_refused("ec2", "Function", &event("S3")), "no other event has a role");
}
