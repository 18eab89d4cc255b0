//! Principals of AWS: accounts, users, roles, sessions.

use super::{Expected, account, answers, check, github, graph, template};
use crate::identity::classes::classes;

#[test]
fn strangers_accounts() {
    let everybody = |condition: &str, expected: &Expected<'_>| check(&[&account("'*'", condition)], expected);
    everybody("{}", &["+account/unrelated", "+account/unrelated/plain"]);
    everybody("{StringEquals: {sts:ExternalId: !Ref P}}", &["+account/unrelated", "-account/unrelated/plain"]);
    let ours = "{StringEquals: {aws:PrincipalOrgID: !Ref P}}";
    everybody(ours, &["-account/unrelated", "+account/organization-member"]);
    everybody("{StringEquals: {sts:ExternalId: secret}}", &["+account/unrelated", "-account/unrelated/plain"]);
    everybody(
        "{StringEquals: {aws:PrincipalOrgID: o-abcdef}}",
        &["-account/unrelated", "+account/organization-member"],
    );
    everybody("{StringEqualsIfExists: {aws:PrincipalOrgID: o-abcdef}}", &["+account/unrelated"]);
    everybody("{StringLike: {aws:PrincipalOrgID: 'o-*'}}", &["+account/unrelated"]);
    everybody("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:role/deploy'}}", &["+account/unrelated"]);
    everybody("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::222233334444:role/*'}}", &["-account/unrelated"]);
    everybody(
        "{ArnLike: {aws:PrincipalArn: !Sub 'arn:aws:iam::${AWS::AccountId}:role/*'}}",
        &["-account/unrelated", "+account/same/other-principal"],
    );
    everybody("{StringEquals: {aws:PrincipalAccount: '222233334444'}}", &["-account/unrelated"]);
    everybody("{StringNotEquals: {aws:PrincipalAccount: '222233334444'}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:PrincipalAccount: '${aws:ResourceAccount}'}}", &["-account/unrelated"]);
    everybody("{StringEquals: {aws:PrincipalTag/team: a}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:RequestTag/team: a}}", &["-account/unrelated"]);
    everybody("{IpAddress: {aws:SourceIp: 192.0.2.0/24}}", &["+account/unrelated"]);
    everybody("{Bool: {aws:MultiFactorAuthPresent: 'true'}}", &["+account/unrelated"]);
    let deny = "{Effect: Deny, Principal: {AWS: '*'}, Action: '*', Condition: {StringNotEquals: {aws:PrincipalOrgID: o-abcdef}}}";
    check(&[&account("'*'", "{}"), deny], &["-account/unrelated"]);
    let tagged = "{Effect: Allow, Principal: {AWS: '*'}, Action: [sts:AssumeRole, sts:TagSession], Condition: {StringEquals: {aws:RequestTag/team: a}}}";
    check(&[tagged], &["+account/unrelated"]);
    check(&["{Effect: Allow, NotPrincipal: {AWS: '222233334444'}, Action: sts:AssumeRole}"], &["+account/unrelated"]);
    check(&[&account("!Ref P", "{}")], &["?account/unrelated"]);
    check(&[&account("!Sub 'arn:aws:iam::${P}:root'", "{}")], &["-account/unrelated"]);
}

#[test]
fn accounts_that_are_trusted() {
    let vendor = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    vendor("{}", &["-account/unrelated", "+account/trusted/no-external-id", "+account/trusted/wrong-external-id"]);
    let [no, wrong, any] =
        ["no-external-id", "wrong-external-id", "any-external-id"].map(|class| format!("account/trusted/{class}"));
    let [out_no, out_wrong] = [&no, &wrong].map(|class| format!("-{class}"));
    let [in_no, in_wrong, in_any] = [&no, &wrong, &any].map(|class| format!("+{class}"));
    vendor("{StringEquals: {sts:ExternalId: unique-id}}", &[&out_no, &out_wrong, &in_any]);
    vendor("{StringEqualsIfExists: {sts:ExternalId: unique-id}}", &[&in_no, &out_wrong]);
    vendor("{StringLike: {sts:ExternalId: '*'}}", &[&out_no, &in_wrong]);
    vendor("{'Null': {sts:ExternalId: 'false'}}", &[&out_no, &in_wrong]);
    vendor("{'ForAllValues:StringEquals': {sts:ExternalId: unique-id}}", &[&in_no, &out_wrong]);
    vendor("{StringNotEquals: {sts:ExternalId: unique-id}}", &[&in_no, &in_wrong]);
    vendor("{StringEquals: {sts:ExternalId: !Sub 'id-${P}'}}", &[&out_no, &out_wrong]);
    vendor("{StringEquals: {sts:ExternalId: !Ref P}}", &[&out_no, &out_wrong]);
    vendor("{Bool: {aws:MultiFactorAuthPresent: 'true'}}", &["-account/long-term-keys", &in_no]);
    vendor("{BoolIfExists: {aws:MultiFactorAuthPresent: 'true'}}", &["+account/long-term-keys"]);
    check(&[&account("'arn:aws:iam::222233334444:role/vendor'", "{}")], &[&in_no, "-account/unrelated"]);
    check(
        &[&account("!Sub 'arn:aws:iam::${AWS::AccountId}:root'", "{}")],
        &["-account/unrelated", "+account/same/other-principal", "+account/same/named"],
    );
    let tags = "{Effect: Allow, Principal: {AWS: '222233334444'}, Action: [sts:AssumeRole, sts:TagSession]}";
    check(&[tags], &["+account/free-tags"]);
    let bound = "{Effect: Allow, Principal: {AWS: '222233334444'}, Action: [sts:AssumeRole, sts:TagSession], Condition: {StringEquals: {aws:RequestTag/team: a}}}";
    check(&[bound], &["+account/free-tags"]);
}

/// Statements that name no provider and no service.
#[test]
fn everybody_of_other_kinds() {
    let open = |principal: &str, action: &str, condition: &str, expected: &Expected<'_>| {
        check(&[&format!("{{Effect: Allow, {principal}, Action: {action}, Condition: {condition}}}")], expected);
    };
    let (star, web) = ("Principal: '*'", "sts:AssumeRoleWithWebIdentity");
    open(star, web, "{}", &["?oidc/other-tenant", "+facebook/other-app", "+google/other-app", "+amazon/other-app"]);
    let sub = |values: &str| format!("{{StringLike: {{'token.actions.githubusercontent.com:sub': {values}}}}}");
    let of_acme = ["-github/any-owner", "-oidc/other-tenant", "-facebook/other-app", "+github/other-repository"];
    open(star, web, &sub("'*'"), &["+github/any-owner", "-oidc/other-tenant", "-facebook/other-app"]);
    open(star, web, &sub("'repo:acme/*'"), &of_acme);
    open("NotPrincipal: {AWS: '111122223333'}", web, &sub("'*'"), &["+github/any-owner"]);
    open("Principal: {Federated: '*'}", web, &sub("'*'"), &["?github/any-owner"]);
    let not = "{StringNotLike: {'token.actions.githubusercontent.com:sub': 'repo:acme/*'}}";
    open(star, web, not, &["+github/any-owner", "?oidc/other-tenant", "+facebook/other-app"]);
    let saml = "sts:AssumeRoleWithSAML";
    open(star, saml, "{}", &["?saml/other-recipient"]);
    open("NotPrincipal: {AWS: '111122223333'}", saml, "{}", &["?saml/other-recipient"]);
    let recipient = "{StringEquals: {SAML:aud: 'https://signin.aws.amazon.com/saml'}}";
    open(star, saml, recipient, &["-saml/other-recipient"]);
    let services = "{Bool: {aws:PrincipalIsAWSService: 'true'}}";
    open(star, "sts:AssumeRole", services, &["?service/foreign-account", "-account/unrelated"]);
    let own = "{StringEquals: {aws:PrincipalOrgID: o-abcdef}}";
    open(star, "sts:AssumeRole", own, &["-service/foreign-account", "-account/unrelated"]);
}

/// Keys that only variables name.
#[test]
fn strangers_who_meet_variables() {
    let everybody = |condition: &str, expected: &Expected<'_>| check(&[&account("'*'", condition)], expected);
    let name = "{StringLike: {sts:RoleSessionName: '${aws:username}'}}";
    everybody(name, &["+account/unrelated", "+account/same/other-principal"]);
    everybody("{StringEquals: {sts:RoleSessionName: '${aws:PrincipalTag/email}'}}", &["+account/unrelated"]);
    let tagged = "{Effect: Allow, Principal: {AWS: '*'}, Action: [sts:AssumeRole, sts:TagSession], Condition: {StringEquals: {aws:RequestTag/team: '${aws:PrincipalTag/team}'}}}";
    check(&[tagged], &["+account/unrelated"]);
    let deny = "{Effect: Deny, Principal: {AWS: '*'}, Action: sts:AssumeRole, Condition: {StringNotEquals: {sts:RoleSessionName: '${aws:username}'}}}";
    check(&[&account("'*'", "{}"), deny], &["+account/unrelated"]);
    let of = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    of(name, &["+account/trusted/no-external-id"]);
    check(&[&account("!Sub 'arn:aws:iam::${AWS::AccountId}:root'", name)], &["+account/same/named"]);
    check(
        &[&github("{StringLike: {'token.actions.githubusercontent.com:sub': '${aws:PrincipalTag/sub}'}}")],
        &["-github/any-owner"],
    );
}

#[test]
fn users_as_callers() {
    let everybody = |condition: &str, expected: &Expected<'_>| check(&[&account("'*'", condition)], expected);
    everybody("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:user/deployer'}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:PrincipalType: User}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:PrincipalType: AssumedRole}}", &["+account/unrelated"]);
    everybody("{StringEquals: {aws:username: alice}}", &["+account/unrelated"]);
    everybody(
        "{StringEquals: {aws:username: alice}, ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:user/ops/alice'}}",
        &["+account/unrelated"],
    );
    everybody(
        "{StringEquals: {aws:username: alice}, ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:role/*'}}",
        &["-account/unrelated"],
    );
    let of = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    let [in_no, out_no] = ["+", "-"].map(|sign| format!("{sign}account/trusted/no-external-id"));
    of("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::222233334444:user/ci'}}", &[&in_no]);
    of("{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::333344445555:user/ci'}}", &[&out_no]);
    check(
        &[&account(
            "!Sub 'arn:aws:iam::${AWS::AccountId}:root'",
            "{ArnLike: {aws:PrincipalArn: !Sub 'arn:aws:iam::${AWS::AccountId}:user/*'}}",
        )],
        &["+account/same/named", "+account/same/other-principal"],
    );
    let alice = "'arn:aws:iam::222233334444:user/ops/alice'";
    check(&[&account(alice, "{StringEquals: {aws:username: alice}}")], &[&in_no]);
    check(&[&account(alice, "{StringEquals: {aws:username: bob}}")], &[&out_no]);
    // The ARN of a session's role, with a path that the session's ARN has not.
    let session = "'arn:aws:sts::222233334444:assumed-role/Deploy/ci'";
    let arn = |arn: &str| format!("{{ArnEquals: {{aws:PrincipalArn: '{arn}'}}}}");
    check(&[&account(session, &arn("arn:aws:iam::222233334444:role/Deploy"))], &[&in_no]);
    check(&[&account(session, &arn("arn:aws:iam::222233334444:role/ops/Deploy"))], &[&in_no]);
    check(&[&account(session, &arn("arn:aws:iam::222233334444:role/Other"))], &[&out_no]);
}

#[test]
fn named_principals_in_organizations() {
    let [in_no, out_no] = ["+", "-"].map(|sign| format!("{sign}account/trusted/no-external-id"));
    let of = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    of("{StringEquals: {aws:PrincipalOrgID: o-abcdef}}", &[&in_no, "-account/unrelated"]);
    of("{StringEquals: {aws:PrincipalOrgID: !Ref P}}", &[&in_no, "-account/unrelated"]);
    of("{'Null': {aws:PrincipalOrgID: 'true'}}", &[&in_no]);
    of("{StringNotEquals: {aws:PrincipalOrgID: o-abcdef}}", &[&in_no]);
    of("{StringEquals: {aws:PrincipalOrgID: 'nothing '}, 'Null': {aws:PrincipalOrgID: 'true'}}", &[&out_no]);
    let own = "!Sub 'arn:aws:iam::${AWS::AccountId}:root'";
    check(&[&account(own, "{StringEquals: {aws:PrincipalOrgID: o-abcdef}}")], &["+account/same/named"]);
    let paths = "{'ForAnyValue:StringLike': {aws:PrincipalOrgPaths: 'o-abcdef/r-ab12/*'}}";
    check(&[&account("'*'", paths)], &["-account/unrelated"]);
    of(paths, &[&in_no]);
    of("{'ForAnyValue:StringEquals': {aws:PrincipalOrgPaths: o-abcdef/r-ab12/ou-ab12-11111111/}}", &[&in_no]);
    of("{'ForAnyValue:StringEquals': {aws:PrincipalOrgPaths: nowhere}}", &[&out_no]);
    let paths = "{'ForAnyValue:StringLike': {aws:PrincipalOrgPaths: 'o-*/r-*/ou-*'}}";
    check(&[&account("'*'", paths)], &["+account/unrelated"]);
    let of_services = "{'ForAnyValue:StringLike': {aws:SourceOrgPaths: 'o-*/r-*/ou-*'}}";
    check(
        &[&format!(
            "{{Effect: Allow, Principal: {{Service: amplify.amazonaws.com}}, Action: sts:AssumeRole, Condition: {of_services}}}"
        )],
        &["+service/foreign-account"],
    );
}

/// Principals that are no caller's name are asked of nobody.
#[test]
fn stars_are_no_callers() {
    let classes_of = |statement: &str| -> Vec<String> {
        let all = classes(&graph(&template("", &[statement])));
        let answers = all.of_roles.iter().flat_map(|of_role| &of_role.answers);
        answers.map(|answer| answer.class.clone()).collect()
    };
    let tags = "Action: [sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity]";
    for principal in ["'*'", "{AWS: '*'}", "{AWS: 'arn:aws:iam::222233334444:role/*'}"] {
        let asked = classes_of(&format!("{{Effect: Allow, Principal: {principal}, {tags}}}"));
        let named = ["account/free-tags", "account/source-identity", "account/trusted/no-external-id"];
        assert!(!named.iter().any(|class| asked.iter().any(|own| own == class)), "{principal}: {asked:?}");
        assert!(asked.iter().any(|own| own == "account/unrelated"), "{principal}: {asked:?}");
    }
}

/// A session of a role: its source identity and its tags go with it.
#[test]
fn sessions_that_ask_for_another_role() {
    let both = |actions: &str, principal: &str, condition: &str, expected: &Expected<'_>| {
        check(
            &[&format!(
                "{{Effect: Allow, Principal: {{AWS: {principal}}}, Action: {actions}, Condition: {condition}}}"
            )],
            expected,
        );
    };
    let (is_in, out, unclear) = ("+account/chained", "-account/chained", "?account/chained");
    let role = "'arn:aws:iam::222233334444:role/ops/Deploy'";
    let assume = "sts:AssumeRole";
    both(assume, role, "{}", &[is_in]);
    both(assume, "'222233334444'", "{}", &[is_in]);
    both(assume, role, "{ArnEquals: {aws:PrincipalArn: 'arn:aws:iam::222233334444:role/ops/Deploy'}}", &[is_in]);
    both(assume, "'222233334444'", "{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:role/x'}}", &[is_in]);
    both(assume, "'222233334444'", "{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::*:user/*'}}", &[out]);
    both(assume, role, "{StringEquals: {sts:SourceIdentity: alice}}", &[out]);
    let set = "[sts:AssumeRole, sts:SetSourceIdentity]";
    both(set, role, "{StringEquals: {sts:SourceIdentity: alice, aws:SourceIdentity: alice}}", &[is_in]);
    both(set, role, "{StringEquals: {sts:SourceIdentity: alice, aws:SourceIdentity: bob}}", &[out]);
    both(assume, role, "{StringEquals: {aws:RequestTag/a: b}}", &[out]);
    both("[sts:AssumeRole, sts:TagSession]", role, "{StringEquals: {aws:RequestTag/a: b}}", &[unclear]);
    both(assume, role, "{Bool: {aws:MultiFactorAuthPresent: 'true'}}", &[unclear]);
    let session = "{ArnLike: {aws:PrincipalArn: 'arn:aws:iam::222233334444:role/Deploy'}}";
    both(assume, "'arn:aws:sts::222233334444:assumed-role/Deploy/ci'", session, &[is_in]);
    let text = template("", &[&account("'arn:aws:iam::222233334444:user/u'", "{}")]);
    assert_eq!(answers(&classes(&graph(&text)), "account/chained").count(), 0);
}

#[test]
fn external_ids_that_can_be_sent() {
    let vendor = |condition: &str, expected: &Expected<'_>| check(&[&account("'222233334444'", condition)], expected);
    vendor("{StringEquals: {sts:ExternalId: !Ref P}}", &["+account/trusted/any-external-id"]);
    vendor("{StringEquals: {sts:ExternalId: !Sub 'id-${P}'}}", &["+account/trusted/any-external-id"]);
    // STS takes no blank in it.
    vendor("{StringEquals: {sts:ExternalId: 'a b'}}", &["-account/trusted/any-external-id"]);
    check(&[&account("'*'", "{StringEquals: {sts:ExternalId: 'a b'}}")], &["-account/unrelated"]);
}

#[test]
fn external_ids_differ_in_case() {
    let condition = "{StringEqualsIgnoreCase: {sts:ExternalId: AbC}}";
    check(&[&account("'222233334444'", condition)], &["+account/trusted/wrong-external-id"]);
}
