//! Templates with trusted issuers, each with what is said of it and what is offered: cases that are too many for the
//! example pages.

use rolecall::finding::{Finding, Status};
use rolecall::run::check_texts;

const GITHUB: &str = "token.actions.githubusercontent.com";

fn findings(template: &str) -> Vec<Finding> {
    check_texts(vec![("template.yaml".to_owned(), template.to_owned())]).findings
}

/// What some rules say of a template: the rule, its severity, whether it is only possible, and how a fix may be made.
fn said(rules: &[&str], template: &str) -> Vec<String> {
    let mut told: Vec<String> = findings(template)
        .iter()
        .filter(|finding| rules.iter().any(|rule| finding.rule.starts_with(rule)))
        .map(|finding| {
            let possible = if finding.status == Status::Possible { " possible" } else { "" };
            let fix = finding.fix.as_ref().map(|fix| format!(" {}", fix.applicability.name())).unwrap_or_default();
            format!("{} {}{possible}{fix}", finding.rule, finding.severity.name())
        })
        .collect();
    told.sort();
    told
}

/// A template with one role that has these statements, behind what else it has.
fn role(rest: &str, statements: &[&str]) -> String {
    let list: String = statements.iter().map(|statement| format!("\n          - {{{statement}}}")).collect();
    format!(
        "{rest}\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
         Version: '2012-10-17'\n        Statement:{list}\n"
    )
}

fn web(principal: &str, condition: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(", Condition: {{{condition}}}") };
    format!("Effect: Allow, Principal: {{Federated: {principal}}}, Action: 'sts:AssumeRoleWithWebIdentity'{condition}")
}

fn arn(issuer: &str) -> String {
    format!("!Sub 'arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{issuer}'")
}

fn provider(name: &str, issuer: &str, clients: &str) -> String {
    format!(
        "\n  {name}:\n    Type: AWS::IAM::OIDCProvider\n    Properties: {{Url: 'https://{issuer}', \
         ClientIdList: [{clients}]}}"
    )
}

/// What shuts the tokens of one issuer out is no fix for the other.
#[test]
fn a_key_of_one_issuer_is_not_written_for_two() {
    let two = format!("Resources:{}{}", provider("P", "idp.acme.com", "app1"), provider("Q", "two.acme.com", "app2"));
    let of = |principal: &str| said(&["OID"], &role(&two, &[&web(principal, "")]));
    assert_eq!(of("!Ref P"), ["OID007 info safe"]);
    assert_eq!(of("[!Ref P, !Ref Q]"), ["OID007 info", "OID007 info"]);
    assert_eq!(of("[!Ref P, cognito-identity.amazonaws.com]"), ["OID007 info"]);
    let by_branch = format!("Conditions:\n  C: !Equals [!Ref 'AWS::Region', us-east-1]\n{two}");
    let principal = "!If [C, !Ref P, !Ref Q]";
    assert_eq!(said(&["OID"], &role(&by_branch, &[&web(principal, "")])), ["OID007 info", "OID007 info"]);
}

/// Which of two keys is right where the statement trusts several, somebody has to say.
#[test]
fn a_key_that_is_right_in_another_branch_stays() {
    let keys =
        format!("StringEquals: {{'gitlab.com:sub': 'project_path:a/b:ref_type:branch:ref:main', '{GITHUB}:aud': a}}");
    let principal = format!("!If [C, {}, {}]", arn(GITHUB), arn("gitlab.com"));
    let template =
        role("Conditions:\n  C: !Equals [!Ref 'AWS::Region', us-east-1]\nResources:", &[&web(&principal, &keys)]);
    assert_eq!(said(&["OID008"], &template), ["OID008 error", "OID008 error"]);
}

/// The keys are right, and the principal is not.
#[test]
fn names_of_issuers_with_a_slip() {
    let keys = format!(
        "StringEquals: {{'{GITHUB}:sub': 'repo:acme@1/app@2:ref:refs/heads/main', '{GITHUB}:aud': sts.amazonaws.com}}"
    );
    let own = format!("Resources:{}", provider("P", GITHUB, "sts.amazonaws.com"));
    let of = |rest: &str, issuer: &str| said(&["OID", "TRU"], &role(rest, &[&web(&arn(issuer), &keys)]));
    assert_eq!(of(&own, "token.action.githubusercontent.com"), ["OID009 error offered"]);
    assert_eq!(of("Resources:", "token.actions.githubusercontent.com/"), ["OID009 error offered"]);
    assert_eq!(of("Resources:", "actions.githubusercontent.com"), ["OID009 error offered"]);
    assert_eq!(of("Resources:", "idp.acme.com"), ["OID008 error safe"]);
}

/// Services and pools are named otherwise, and no provider's name is an ARN.
#[test]
fn principals_that_are_something_else() {
    let saml = "Resources:\n  S:\n    Type: AWS::IAM::SAMLProvider\n    Properties: {SamlMetadataDocument: x}";
    let own = format!("{saml}{}", provider("P", GITHUB, "sts.amazonaws.com"));
    let of = |principal: &str, keys: &str| said(&["OID", "SML", "XAC"], &role(&own, &[&web(principal, keys)]));
    assert_eq!(of("lambda.amazonaws.com", ""), ["OID009 error"]);
    // A fix that opens the role to others is none.
    assert_eq!(of("Cognito-Identity.amazonaws.com", ""), ["OID009 error"]);
    let pool = "cognito-identity.amazonaws.com";
    let keys = format!(
        "StringEquals: {{'{pool}:aud': 'us-east-1:11111111-2222-4333-8444-555555555555'}}, \
         'ForAnyValue:StringLike': {{'{pool}:amr': authenticated}}"
    );
    assert_eq!(of("Cognito-Identity.amazonaws.com", &keys), ["OID009 error offered"]);
    let keys = format!(
        "StringEquals: {{'{GITHUB}:sub': 'repo:acme@1/app@2:ref:refs/heads/main', '{GITHUB}:aud': sts.amazonaws.com}}"
    );
    assert_eq!(of("!Sub 'arn:aws:iam::${AWS::AccountId}:oidc-provider/${P}'", &keys), ["OID009 error offered"]);
    let keys = "StringEquals: {'saml:aud': 'https://signin.aws.amazon.com/saml'}";
    assert_eq!(of("!Sub 'arn:aws:iam::${AWS::AccountId}:saml-provider/${S}'", keys), ["OID009 error offered"]);
}

/// The one audience that is taken is the one that is refused.
#[test]
fn an_audience_that_is_refused() {
    let own = format!("Resources:{}", provider("P", "gitlab.com", "'https://gitlab.com'"));
    let of = |test: &str| {
        let sub = "StringLike: {'gitlab.com:sub': 'project_path:a/b:ref_type:branch:ref:main'}";
        let told = findings(&role(&own, &[&web("!Ref P", &format!("{sub}, {test}"))]));
        let own = told.iter().find(|finding| finding.rule == "OID012").expect("it is said");
        own.fix.as_ref().map(|fix| fix.description.clone())
    };
    let refused = of("StringNotEquals: {'gitlab.com:aud': 'https://gitlab.com'}");
    assert_eq!(refused.as_deref(), Some("want the audience instead"));
    assert_eq!(of("StringEquals: {'gitlab.com:aud': 'x'}").as_deref(), Some("let P take the audience"));
}

/// Keys that are of nobody: those that a function was to make, and those without the issuer.
#[test]
fn keys_of_nobody() {
    let of = |principal: &str, key: &str| {
        let test = format!("StringEquals: {{'{key}': 'repo:acme@1/app@2:ref:refs/heads/main', '{GITHUB}:aud': a}}");
        let parameters = "Parameters:\n  Id: {Type: String}\nResources:";
        said(&["OID008"], &role(parameters, &[&web(principal, &test)]))
    };
    assert_eq!(of(&arn(GITHUB), "${Iss}:sub"), ["OID008 error safe"]);
    assert_eq!(of(&arn(GITHUB), "github:sub"), ["OID008 error safe"]);
    assert_eq!(of(&arn(GITHUB), &format!("{GITHUB}/sub")), ["OID008 error safe"]);
    assert_eq!(of("!Ref Id", "${Id}:sub"), ["OID008 error"]);
    assert_eq!(
        of(&arn("oidc.eks.eu-west-1.amazonaws.com/id/${Id}"), "oidc.eks.eu-west-1.amazonaws.com/id/${Id}:sub"),
        ["OID008 error"]
    );
    for fine in ["aws:RequestTag/sub", "saml:sub", "s3:sub", "sts:RoleSessionName"] {
        assert!(of(&arn(GITHUB), fine).is_empty(), "{fine}");
    }
    // What a token of CI says, no identity of a pool has.
    assert_eq!(of("cognito-identity.amazonaws.com", &format!("{GITHUB}:sub")), ["OID008 error"]);
}

/// One of two issuers is shut out where all that is asked for are keys of the other one.
#[test]
fn an_issuer_of_whose_tokens_nothing_is_asked_is_shut_out() {
    let two = format!("Resources:{}{}", provider("P", GITHUB, "sts.amazonaws.com"), provider("Q", "gitlab.com", "app"));
    let github = |operator: &str| {
        format!(
            "{operator}: {{'{GITHUB}:aud': sts.amazonaws.com, '{GITHUB}:sub': 'repo:acme@1/app@2:ref:refs/heads/main'}}"
        )
    };
    let gitlab =
        "StringEquals: {'gitlab.com:aud': app, 'gitlab.com:sub': 'project_path:acme/app:ref_type:branch:ref:main'}";
    let of = |statements: &[&str]| said(&["OID008", "OID001"], &role(&two, statements));
    let both = web("[!Ref P, !Ref Q]", &github("StringEquals"));
    assert_eq!(of(&[&both]), ["OID008 error"]);
    assert!(of(&[&both, &web("!Ref Q", gitlab)]).is_empty());
    assert!(of(&[&web("!Ref P", &github("StringEquals")), &web("!Ref Q", gitlab)]).is_empty());
    // Nothing at all is asked of the others then.
    assert_eq!(of(&[&web("[!Ref P, !Ref Q]", &github("StringEqualsIfExists"))]), ["OID001 error"]);
}

/// A token has a subject.
#[test]
fn no_token_is_without_a_subject() {
    let one = format!("Resources:{}", provider("P", "idp.acme.com", "app"));
    let of = |condition: &str| said(&["TRU004"], &role(&one, &[&web("!Ref P", condition)]));
    for dead in ["StringEquals: {'idp.acme.com:sub': ''}", "'Null': {'idp.acme.com:sub': 'true'}"] {
        assert_eq!(of(dead), ["TRU004 warning"], "{dead}");
    }
    for alive in ["StringLike: {'idp.acme.com:sub': '?'}", "'Null': {'two.acme.com:sub': 'true'}"] {
        assert!(of(alive).is_empty(), "{alive}");
    }
}

/// No token has the keys of two issuers.
#[test]
fn one_statement_for_two_clusters() {
    let cluster = |id: &str| format!("oidc.eks.eu-west-1.amazonaws.com/id/{id}");
    let (a, b) = (cluster("AAAABBBBCCCCDDDDAAAABBBBCCCCDDDD"), cluster("FFFFBBBBCCCCDDDDAAAABBBBCCCCDDDD"));
    let principal = format!("[{}, {}]", arn(&a), arn(&b));
    let of = |operator: &str, keys: &[&str]| {
        let tests: Vec<String> = keys.iter().map(|key| format!("'{key}:sub': 'system:serviceaccount:ns:sa'")).collect();
        let test = format!("{operator}: {{{}}}", tests.join(", "));
        said(&["OID008", "TRU"], &role("Resources:", &[&web(&principal, &test)]))
    };
    assert_eq!(of("StringEquals", &[&a, &b]), ["OID008 error"]);
    assert!(of("StringEqualsIfExists", &[&a, &b]).is_empty());
    // The other one's tokens never have the key.
    assert_eq!(of("StringEquals", &[&a]), ["OID008 error"]);
}

/// Two clusters of one template never have the same issuer.
#[test]
fn keys_of_another_cluster_of_the_template() {
    let cluster = |name: &str| format!("\n  {name}:\n    Type: AWS::EKS::Cluster\n    Properties: {{RoleArn: x}}");
    let provider = "\n  P:\n    Type: AWS::IAM::OIDCProvider\n    Properties: {Url: !GetAtt One.OpenIdConnectIssuerUrl, \
                    ClientIdList: [sts.amazonaws.com]}";
    let of = |name: &str| {
        let issuer = format!("!Select [1, !Split ['//', !GetAtt {name}.OpenIdConnectIssuerUrl]]");
        let value = format!("!Join ['', ['{{\"', {issuer}, ':sub\":\"system:serviceaccount:ns:sa\"}}']]");
        let keys =
            format!("\n  J:\n    Type: Custom::AWSCDKCfnJson\n    Properties: {{ServiceToken: x, Value: {value}}}");
        let rest = format!("Resources:{}{}{provider}{keys}", cluster("One"), cluster("Two"));
        said(&["OID008"], &role(&rest, &[&web("!Ref P", "StringEquals: !GetAtt J.Value")]))
    };
    assert!(of("One").is_empty());
    assert_eq!(of("Two"), ["OID008 error"]);
}

/// A test that lets some audiences in only restricts them.
#[test]
fn audiences_that_a_test_restricts() {
    let sub = "StringEquals: {'idp.acme.com:sub': x}";
    let of = |clients: &str, test: &str| {
        let own = format!("Resources:{}", provider("P", "idp.acme.com", clients));
        said(&["OID", "TRU"], &role(&own, &[&web("!Ref P", &format!("{sub}, {test}"))]))
    };
    for fine in [
        "StringEqualsIgnoreCase: {'idp.acme.com:aud': app1}",
        "StringLike: {'idp.acme.com:aud': 'app*'}",
        "StringNotEquals: {'idp.acme.com:aud': app1}",
    ] {
        assert!(of("app1, app2", fine).is_empty(), "{fine}");
    }
    assert_eq!(of("app1, app2", "StringLike: {'idp.acme.com:aud': '*'}"), ["OID007 warning"]);
    assert_eq!(of("app1, app2, app3", "StringNotEquals: {'idp.acme.com:aud': app1}"), ["OID007 warning"]);
}

/// That another statement asks for the audience is told with the audience.
#[test]
fn an_audience_that_only_a_sibling_asks_for() {
    let own = format!("Resources:{}", provider("P", "two.acme.com", "a, b"));
    let one = web("!Ref P", "StringEquals: {'two.acme.com:sub': x}");
    let other = web("!Ref P", "StringEquals: {'two.acme.com:sub': y, 'two.acme.com:aud': a}");
    assert_eq!(said(&["OID", "TRU"], &role(&own, &[&one, &other])), ["OID007 warning"]);
}

/// What AWS calls looking only is no change.
#[test]
fn policies_for_looking_only() {
    let condition =
        format!("StringLike: {{'{GITHUB}:sub': 'repo:acme@1/app@2:*'}}, StringEquals: {{'{GITHUB}:aud': a}}");
    let of = |policy: &str| {
        let template = role("Resources:", &[&web(&arn(GITHUB), &condition)]);
        said(&["OID004"], &format!("{template}      ManagedPolicyArns: ['arn:aws:iam::aws:policy/{policy}']\n"))
    };
    for looks in ["ReadOnlyAccess", "SecurityAudit", "job-function/ViewOnlyAccess"] {
        assert_eq!(of(looks), ["OID004 info"], "{looks}");
    }
    assert_eq!(of("PowerUserAccess"), ["OID004 warning"]);
}

fn saml(condition: &str) -> String {
    let condition = if condition.is_empty() { String::new() } else { format!(", Condition: {{{condition}}}") };
    format!(
        "Effect: Allow, Principal: {{Federated: !Sub 'arn:aws:iam::${{AWS::AccountId}}:saml-provider/x'}}, \
         Action: 'sts:AssumeRoleWithSAML'{condition}"
    )
}

/// Recipients that a test lets in and that are AWS's, whatever their case or Region.
#[test]
fn recipients_that_are_aws() {
    let of = |condition: &str| said(&["SML"], &role("Resources:", &[&saml(condition)]));
    for fine in [
        "StringEqualsIgnoreCase: {'SAML:aud': 'https://signin.aws.amazon.com/saml'}",
        "'ForAllValues:StringEquals': {'SAML:aud': 'https://signin.aws.amazon.com/saml'}",
        "StringLike: {'SAML:aud': 'https://signin.aws.amazon.com/saml*'}",
    ] {
        assert!(of(fine).is_empty(), "{fine}");
    }
    for open in ["", "StringLike: {'SAML:aud': 'https://*signin.aws.amazon.com/saml'}", "StringLike: {'SAML:aud': '*'}"]
    {
        assert_eq!(of(open).len(), 1, "{open}");
    }
}

/// A star under StringEquals is a character, which no subject has.
#[test]
fn stars_that_stand_for_themselves() {
    let eks = "oidc.eks.us-east-1.amazonaws.com/id/AAAABBBBCCCCDDDDAAAABBBBCCCCDDDD";
    let of = |issuer: &str, operator: &str, subjects: &str| {
        let condition = format!("{operator}: {{'{issuer}:sub': {subjects}}}, StringLike: {{'{issuer}:aud': x}}");
        said(&["OID005", "TRU"], &role("Resources:", &[&web(&arn(issuer), &condition)]))
    };
    let pods = "'system:serviceaccount:ns:*'";
    assert_eq!(of(eks, "StringEquals", pods), ["TRU003 error"]);
    assert!(of(eks, "StringEquals", &format!("[{pods}, 'system:serviceaccount:ns:sa']")).is_empty());
    assert_eq!(
        of("app.terraform.io", "StringEquals", "'organization:a:project:p:workspace:w:run_phase:*'"),
        ["TRU003 error"]
    );
    assert_eq!(of(GITHUB, "StringEquals", "'*'"), ["OID005 warning"]);
    assert!(of(eks, "StringNotEquals", pods).is_empty());
}

/// The list of a provider may be another one in each branch.
#[test]
fn an_audience_that_one_branch_does_not_list() {
    let rest = format!(
        "Conditions:\n  C: !Equals [!Ref 'AWS::Region', us-east-1]\nResources:{}",
        provider("P", "gitlab.com", "!If [C, a, b]")
    );
    let of = |audience: &str| {
        let test =
            format!("'gitlab.com:sub': 'project_path:a/b:ref_type:branch:ref:main', 'gitlab.com:aud': {audience}");
        let told = findings(&role(&rest, &[&web("!Ref P", &format!("StringEquals: {{{test}}}"))]));
        told.iter().filter(|own| own.rule == "OID012").map(|own| own.branch.iter().count()).collect::<Vec<_>>()
    };
    assert_eq!((of("a"), of("b"), of("c")), (vec![1], vec![1], vec![0]));
    assert!(of("[a, b]").is_empty());
}

/// The audience names the team, and each team has its own.
#[test]
fn teams_of_one_issuer() {
    let of = |operator: &str, audience: &str| {
        let test = format!("{operator}: {{'oidc.vercel.com:aud': {audience}}}");
        said(&["OID001"], &role("Resources:", &[&web(&arn("oidc.vercel.com"), &test)]))
    };
    assert_eq!(of("StringLike", "'https://vercel.com/*'"), ["OID001 error"]);
    assert!(of("StringEquals", "'https://vercel.com/acme'").is_empty());
}

/// What Google's tokens say of a user, and who Amazon's are for.
#[test]
fn claims_of_issuers_with_keys_of_their_own() {
    let of = |issuer: &str, key: &str| {
        let test = format!("StringEquals: {{'{issuer}:{key}': x}}");
        let told = findings(&role("Resources:", &[&web(issuer, &test)]));
        let told = told.into_iter().find(|own| ["OID006", "OID008"].contains(&own.rule)).expect("it is said");
        format!("{} {}", told.rule, told.help.lines().last().unwrap_or_default().trim())
    };
    assert_eq!(of("accounts.google.com", "azp"), "OID008 accounts.google.com:aud: x");
    assert!(of("accounts.google.com", "hd").starts_with("OID006"));
    assert_eq!(of("www.amazon.com", "sub"), "OID008 www.amazon.com:user_id: x");
    assert_eq!(of("graph.facebook.com", "sub"), "OID008 graph.facebook.com:id: x");
    assert_eq!(of("graph.facebook.com", "aud"), "OID008 graph.facebook.com:app_id: x");
}

/// Which list of endpoints a partition has is of no matter where all recipients pass.
#[test]
fn no_recipient_where_endpoints_are_not_known() {
    let of = |condition: &str| {
        let statement = saml(condition).replace("arn:aws:iam", "arn:aws-eusc:iam");
        said(&["SML001"], &role("Resources:", &[&statement]))
    };
    assert_eq!(of(""), ["SML001 warning"]);
    assert!(of("StringEquals: {'SAML:aud': 'https://signin.example.eu/saml'}").is_empty());
}

/// How a Deny looks at a list is no more documented than how an Allow does.
#[test]
fn lists_in_a_deny() {
    let aud = "StringEquals: {'SAML:aud': 'https://signin.aws.amazon.com/saml'}";
    let of = |operator: &str| {
        let test = format!("{operator}: {{'saml:edupersonaffiliation': guest}}");
        said(&["SML003"], &role("Resources:", &[&saml(aud), &saml(&test).replace("Effect: Allow", "Effect: Deny")]))
    };
    assert_eq!(of("StringEquals"), ["SML003 warning offered"]);
    assert!(of("'ForAnyValue:StringEquals'").is_empty());
    assert!(of("'ForAllValues:StringEquals'").is_empty());
}

/// What the help proposes is a key that there is, and a value of its form.
#[test]
fn proposals_that_the_issuer_can_sign() {
    let sentinel = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/";
    let test = format!("StringEquals: {{'{sentinel}:aud': x}}");
    let told = findings(&role("Resources:", &[&web(&arn(sentinel), &test)]));
    let open = told.iter().find(|own| own.rule == "OID001").expect("it is open");
    assert!(open.help.ends_with("sts:RoleSessionName: MicrosoftSentinel_YOUR-WORKSPACE-ID"), "{}", open.help);
    let none = "Resources:\n  P:\n    Type: AWS::IAM::OIDCProvider\n    Properties: {Url: 'https://gitlab.com'}\n";
    let told = findings(none);
    let none = told.iter().find(|own| own.rule == "OID013").expect("it lists nothing");
    assert!(none.help.ends_with("ClientIdList: [ https://gitlab.com ]"), "{}", none.help);
}

/// Of a list the one value is shown that lets strangers in.
#[test]
fn the_value_of_a_list_that_is_open() {
    let condition = |subjects: &str| format!("StringLike: {{'{GITHUB}:sub': {subjects}, '{GITHUB}:aud': a}}");
    let template = role(
        "Resources:",
        &[&web(&arn(GITHUB), &condition("['repo:acme@1/app@2:*', 'repo:acme*', 'repo:a@1/b@2:*']"))],
    );
    let told = findings(&template);
    let open = told.iter().find(|own| own.rule == "OID002").expect("it is open");
    assert_eq!(open.primary.place.span.of(&template), "'repo:acme*'");
}

/// A key of another issuer does not hide what the right one leaves open.
#[test]
fn one_key_of_another_issuer_beside_an_open_one() {
    let test = format!("StringNotEquals: {{'gitlab.com:aud': x, '{GITHUB}:sub': y}}");
    let told = said(&["OID002", "OID008"], &role("Resources:", &[&web(&arn(GITHUB), &test)]));
    assert_eq!(told.iter().map(|own| &own[..6]).collect::<Vec<_>>(), ["OID002", "OID008"]);
}

/// IAM is said to ask for the subject, and a star is no test of it.
#[test]
fn a_star_for_the_subject_beside_the_repository() {
    let of = |subject: &str| {
        let pins = format!("StringEquals: {{'{GITHUB}:repository_id': '1', '{GITHUB}:aud': a}}");
        let test =
            if subject.is_empty() { pins } else { format!("{pins}, StringLike: {{'{GITHUB}:sub': '{subject}'}}") };
        said(&["OID001"], &role("Resources:", &[&web(&arn(GITHUB), &test)]))
    };
    assert_eq!(of(""), ["OID001 info"]);
    assert_eq!(of("*"), ["OID001 info"]);
    assert!(of("repo:acme@1/app@2:*").is_empty());
}
