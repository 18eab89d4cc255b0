//! Templates with identity providers and roles that trust them, each with what is said of it: cases that are too many
//! for the example pages.

use rolecall::finding::{Finding, Status};
use rolecall::run::check_texts;

const GITHUB: &str = "token.actions.githubusercontent.com";

fn findings(template: &str) -> Vec<Finding> {
    check_texts(vec![("template.yaml".to_owned(), template.to_owned())]).findings
}

/// What some rules say of a template: the rule, its severity, and whether it is only possible.
fn said(rules: &[&str], template: &str) -> Vec<String> {
    let mut told: Vec<String> = findings(template)
        .iter()
        .filter(|finding| rules.iter().any(|rule| finding.rule.starts_with(rule)))
        .map(|finding| {
            let possible = if finding.status == Status::Possible { " possible" } else { "" };
            format!("{} {}{possible}", finding.rule, finding.severity.name())
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
    format!(
        "Effect: Allow, Principal: {{Federated: {principal}}}, Action: 'sts:AssumeRoleWithWebIdentity', \
         Condition: {{{condition}}}"
    )
}

fn arn(issuer: &str) -> String {
    format!("!Sub 'arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{issuer}'")
}

fn github(subjects: &str) -> String {
    web(
        &arn(GITHUB),
        &format!("StringEquals: {{'{GITHUB}:aud': sts.amazonaws.com}}, StringLike: {{'{GITHUB}:sub': {subjects}}}"),
    )
}

/// What the principal is, and what is said of it; keys of other rules are not asked about.
#[test]
fn principals_that_are_no_providers() {
    let tests = format!("StringEquals: {{'{GITHUB}:aud': x, '{GITHUB}:sub': 'repo:acme/app:ref:refs/heads/main'}}");
    let rest = "Parameters:\n  Empty: {Type: String}\n  Filled: {Type: String, Default: none}\n  Blank: {Type: \
                String, Default: ''}\nResources:\n  \
                Bucket: {Type: AWS::S3::Bucket}\n  Other: {Type: AWS::IAM::Role, Properties: {\
                AssumeRolePolicyDocument: {Statement: []}}}\n  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: \
                !Ref Empty}}";
    for (principal, expected) in [
        ("!Ref Bucket", &["OID009 error"][..]),
        ("!Ref Other", &["OID009 error"]),
        ("!GetAtt Other.Arn", &["OID009 error"]),
        // The name that a parameter gives may be anything.
        ("!Ref Named", &[]),
        ("!Ref Empty", &[]),
        // With its default.
        ("!Ref Filled", &["OID009 warning"]),
        ("!Sub 'arn:aws:iam::210987654321:oidc-provider/${Blank}'", &[]),
        ("'arn:aws:iam::210987654321:oidc-provider/'", &["OID009 error"]),
        ("'arn:aws:iam::210987654321:saml-provider/'", &["OID009 error"]),
        ("'arn:aws:iam:::oidc-provider/token.actions.githubusercontent.com'", &["OID009 error"]),
        // The number of the account is one mistake.
        ("'arn:aws:iam::21098765432:oidc-provider/token.actions.githubusercontent.com'", &["XAC005 error"]),
        ("'arn:aws:iam::21098765432:role/x'", &["XAC005 error"]),
    ] {
        let template = role(rest, &[&web(principal, &tests)]);
        assert_eq!(said(&["OID009", "XAC005"], &template), expected, "{principal}");
    }
}

/// Where a parameter gives the provider, the tests tell whose it is: with another one the role is nobody's, so what they
/// leave open is told for certain, and the proof says what it takes for granted.
#[test]
fn providers_that_only_the_deployment_knows() {
    let rest = "Parameters:\n  P: {Type: String}\nResources:";
    for provider in ["!Ref P", "!ImportValue provider"] {
        let of = |condition: &str| said(&["OID00"], &role(rest, &[&web(provider, condition)]));
        assert_eq!(of("StringEquals: {'gitlab.com:aud': 'https://gitlab.com'}"), ["OID001 error"]);
        assert_eq!(of(&format!("StringEquals: {{'{GITHUB}:aud': x}}")), ["OID001 error"]);
        let open = format!("StringEquals: {{'{GITHUB}:aud': x}}, StringLike: {{'{GITHUB}:sub': 'repo:acme*'}}");
        assert_eq!(of(&open), ["OID002 error"]);
    }
    let open = format!("StringEquals: {{'{GITHUB}:aud': x}}");
    let found = findings(&role(rest, &[&web("!Ref P", &open)]));
    let witness = found.iter().find(|one| one.rule == "OID001").and_then(|one| one.witness.as_deref());
    let assumed = "the provider is that of GitHub";
    assert!(witness.unwrap().assumes.iter().any(|text| text.starts_with(assumed)), "{witness:?}");
}

/// An account has one provider for a URL; two that are never there together are none too many.
#[test]
fn providers_of_one_url() {
    let with = |conditions: &str, two: &str| {
        let provider = |name: &str, condition: &str| {
            format!(
                "\n  {name}: {{Type: AWS::IAM::OIDCProvider, Condition: {condition}, Properties: {{Url: \
                 'https://gitlab.com', ClientIdList: [x]}}}}"
            )
        };
        let (one, two) = (provider("One", "A"), provider("Two", two));
        let parameters = "Parameters: {P: {Type: String}, Q: {Type: String}}";
        findings(&format!("{parameters}\nConditions: {{{conditions}}}\nResources:{one}{two}\n"))
    };
    assert!(with("A: !Equals [!Ref P, a], B: !Not [!Condition A]", "B").is_empty());
    assert!(with("A: !Equals [!Ref P, a], B: !Equals [!Ref P, b]", "B").is_empty());
    let both = with("A: !Equals [!Ref P, a], B: !Equals [!Ref Q, b]", "B");
    let assigned: Vec<&str> = both.iter().flat_map(|one| &one.assignment).map(|(name, _)| name.as_str()).collect();
    assert_eq!((both.len(), assigned), (1, vec!["A", "B"]));
}

/// Which subjects are told to outlive a name, or to have another form.
#[test]
fn forms_of_subjects() {
    for (subjects, expected) in [
        ("['repo:acme@1/app@2:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/main']", &["OID005 info"][..]),
        ("['repo:acme@1/app@2:ref:refs/heads/main', 'repo:Acme/App:ref:refs/heads/main']", &["OID005 info"]),
        // Of another repository, which has no id yet.
        ("['repo:acme@1/app@2:ref:refs/heads/main', 'repo:acme/lib:ref:refs/heads/main']", &[]),
        ("['repo:acme@1/app@2:ref:refs/heads/main', 'repo:beta/app:ref:refs/heads/main']", &[]),
        ("['repo:acme@1/app@2:ref:refs/heads/main', 'repo:acme/*']", &["OID005 info"]),
        ("'repo:acme/*'", &["OID005 info"]),
        ("'repo:acme*'", &[]),
        ("'repo:acme/app:ref:refs/heads/.*'", &["OID005 warning"]),
        ("'repo:acme//app:*'", &["OID005 warning"]),
        ("'repo:/app:*'", &["OID005 warning"]),
    ] {
        let told = said(&["OID005"], &role("Resources:", &[&github(subjects)]));
        assert_eq!(told, expected, "{subjects}");
    }
}

/// Keys that are not the issuer's, and keys of the issuer in another spelling.
#[test]
fn keys_of_other_issuers() {
    let of = |principal: &str, condition: &str| {
        said(&["OID006", "OID008", "OID011"], &role("Resources:", &[&web(principal, condition)]))
    };
    let path = "oidc.eks.eu-west-1.amazonaws.com/id";
    let pod = |id: &str, subject: &str| {
        format!("StringLike: {{'{path}/{id}:aud': sts.amazonaws.com, '{path}/{id}:sub': '{subject}'}}")
    };
    let cluster = arn(&format!("{path}/AAAA"));
    assert_eq!(of(&cluster, &pod("aaaa", "system:serviceaccount:shop:web")), ["OID008 warning"]);
    // That some other pod gets in is told beside it.
    assert_eq!(of(&cluster, &pod("aaaa", "system:serviceaccount:*")), ["OID008 warning", "OID011 warning"]);
    assert_eq!(of("accounts.google.com", "StringEquals: {'accounts.google.com:azp': x}"), ["OID008 error"]);
    assert!(of("accounts.google.com", "StringEquals: {'accounts.google.com:aud': x}").is_empty());
    assert!(of("accounts.google.com", "StringEquals: {'accounts.google.com:oaud': x}").is_empty());
    let pools = "StringEquals: {'cognito-identity-us-gov.amazonaws.com:aud': \
                 'us-gov-west-1:11111111-2222-3333-4444-555555555555'}";
    assert_eq!(of("cognito-identity.amazonaws.com", pools), ["OID008 error"]);
    assert!(of("cognito-identity-us-gov.amazonaws.com", pools).is_empty());
}

/// A claim that keeps other customers out, beside no test of the one that IAM asks for.
#[test]
fn other_claims_that_name_the_customer() {
    for claim in ["enterprise_id", "repository_owner_id", "repository_id"] {
        let condition = format!("StringEquals: {{'{GITHUB}:aud': x, '{GITHUB}:{claim}': '42'}}");
        let told = said(&["OID001"], &role("Resources:", &[&web(&arn(GITHUB), &condition)]));
        assert_eq!(told, ["OID001 info"], "{claim}");
    }
}

/// Statements that name others beside a SAML provider, and what other statements keep out.
#[test]
fn assertions_beside_others() {
    let provider = "!Sub 'arn:aws:iam::${AWS::AccountId}:saml-provider/x'";
    let sign_in = "SAML:aud: 'https://signin.aws.amazon.com/saml'";
    let alone = |condition: &str| {
        format!(
            "Effect: Allow, Principal: {{Federated: {provider}}}, Action: 'sts:AssumeRoleWithSAML', Condition: \
             {{{condition}}}"
        )
    };
    let beside = |condition: &str| {
        format!(
            "Effect: Allow, Principal: {{Federated: {provider}, AWS: !Sub '${{AWS::AccountId}}'}}, Action: \
             ['sts:AssumeRoleWithSAML', 'sts:AssumeRole'], Condition: {{{condition}}}"
        )
    };
    let of = |statements: &[&str]| findings_of_saml(&role("Resources:", statements));
    let all = format!("StringEqualsIfExists: {{{sign_in}}}, 'ForAllValues:StringEquals': {{saml:cn: [staff]}}");
    assert_eq!(of(&[&alone(&all)]), [("SML003", true)]);
    assert_eq!(of(&[&beside(&all)]), [("SML003", false)]);
    let wrong = "StringEqualsIfExists: {SAML:aud: 'urn:amazon:webservices'}";
    assert_eq!(of(&[&alone(wrong)]), [("SML002", true)]);
    assert_eq!(of(&[&beside(wrong)]), [("SML002", false)]);
    let nothing = "Bool: {aws:SecureTransport: 'true'}";
    assert_eq!(of(&[&beside(nothing)]), [("SML001", false)]);
    // A Deny keeps those out who lack the attribute; one that speaks of its values does not.
    let deny = |test: &str| {
        format!("Effect: Deny, Principal: {{AWS: '*'}}, Action: 'sts:AssumeRoleWithSAML', Condition: {{{test}}}")
    };
    let lacking = deny("'Null': {saml:cn: 'true'}").replace("{AWS: '*'}", &format!("{{Federated: {provider}}}"));
    assert_eq!(of(&[&alone(&all), &lacking]), []);
    let others = lacking.replace("'Null': {saml:cn: 'true'}", "'ForAnyValue:StringNotEquals': {saml:cn: staff}");
    assert_eq!(of(&[&alone(&all), &others]), [("SML003", true)]);
    // Another attribute that the statement asks for does not.
    let two = format!("{all}, 'ForAnyValue:StringEquals': {{saml:edupersonentitlement: [x]}}");
    assert_eq!(of(&[&alone(&two)]), [("SML003", true)]);
}

/// The rules of SAML that speak, and whether they have a fix.
fn findings_of_saml(template: &str) -> Vec<(&'static str, bool)> {
    let of_saml = findings(template).into_iter().filter(|finding| finding.rule.starts_with("SML"));
    of_saml.map(|finding| (finding.rule, finding.fix.is_some())).collect()
}

/// Where the templates have what signs the tokens, it is shown.
#[test]
fn what_signs_the_tokens_is_shown() {
    let rest = "Resources:\n  GitHub: {Type: AWS::IAM::OIDCProvider, Properties: {Url: \
                'https://token.actions.githubusercontent.com', ClientIdList: [sts.amazonaws.com]}}\n  Cluster: {Type: \
                AWS::EKS::Cluster, Properties: {}}\n  Pods: {Type: AWS::IAM::OIDCProvider, Properties: {Url: !GetAtt \
                Cluster.OpenIdConnectIssuerUrl, ClientIdList: [sts.amazonaws.com]}}\n  Staff: {Type: \
                AWS::IAM::SAMLProvider, Properties: {SamlMetadataDocument: x}}";
    let secure = "Bool: {aws:SecureTransport: 'true'}";
    let related = |rule: &str, statement: &str| {
        let told = findings(&role(rest, &[statement]));
        let finding = told.into_iter().find(|finding| finding.rule == rule).expect("it speaks");
        finding.related.into_iter().map(|label| label.message).collect::<Vec<_>>()
    };
    assert_eq!(related("OID001", &web("!Ref GitHub", secure)), ["the provider that the role trusts"]);
    assert_eq!(related("OID011", &web("!Ref Pods", secure)), ["the cluster, whose pods all get such tokens"]);
    let assertion = web("!Ref Staff", secure).replace("WebIdentity", "SAML");
    assert_eq!(related("SML001", &assertion), ["the provider that the role trusts"]);
}

/// Runs of a pipeline that is named: those of any branch are told, and those of one branch not.
#[test]
fn runs_of_a_pipeline() {
    let permissions = "Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 's3:PutObject', \
                       Resource: '*'}}}]";
    let host = "agent.buildkite.com";
    let of = |subject: &str| {
        let tests = format!("StringEquals: {{'{host}:aud': x}}, StringLike: {{'{host}:sub': '{subject}'}}");
        let template = role("Resources:", &[&web(&arn(host), &tests)]);
        said(&["OID010"], &format!("{template}      {permissions}\n"))
    };
    assert_eq!(of("organization:acme:pipeline:app:*"), ["OID010 info"]);
    assert_eq!(of("organization:acme:pipeline:app:ref:refs/heads/*"), ["OID010 info"]);
    // The commit is another one with each build.
    assert_eq!(of("organization:acme:pipeline:app:ref:refs/heads/main:commit:*:step:*"), [""; 0]);
}

/// A provider of the template, by each way to write its ARN.
#[test]
fn arns_of_the_templates_own_provider() {
    let rest = "Resources:\n  GitLab: {Type: AWS::IAM::OIDCProvider, Properties: {Url: 'https://gitlab.com', \
                ClientIdList: ['https://gitlab.com']}}";
    let tests = "StringEquals: {'gitlab.com:aud': sts.amazonaws.com, 'gitlab.com:sub': \
                 'project_path:acme/app:ref_type:branch:ref:main'}";
    let arn =
        |partition: &str, account: &str| format!("!Sub 'arn:{partition}:iam::{account}:oidc-provider/gitlab.com'");
    let of = |principal: &str| said(&["OID012"], &role(rest, &[&web(principal, tests)]));
    assert_eq!(of("!Ref GitLab"), ["OID012 error"]);
    assert_eq!(of(&arn("${AWS::Partition}", "${AWS::AccountId}")), ["OID012 error"]);
    // No principal of another partition can be named.
    assert_eq!(of(&arn("aws", "${AWS::AccountId}")), ["OID012 error"]);
    assert_eq!(of(&arn("aws", "210987654321")), [""; 0]);
}

/// What the proof takes for granted of the provider's list of audiences.
#[test]
fn audiences_that_a_proof_needs() {
    let of = |clients: &str| {
        let rest = format!(
            "Parameters: {{P: {{Type: String}}}}\nConditions: {{A: !Equals [!Ref P, a]}}\nResources:\n  I: {{Type: \
             AWS::IAM::OIDCProvider, Properties: {{Url: 'https://gitlab.com', ClientIdList: {clients}}}}}"
        );
        let tests = "StringEquals: {'gitlab.com:sub': 'project_path:acme/app:ref_type:branch:ref:main'}";
        let told = findings(&role(&rest, &[&web("!Ref I", tests)]));
        let assumed = told.iter().filter(|finding| finding.rule == "OID007").filter_map(|finding| {
            let witness = finding.witness.as_ref()?;
            witness.assumes.iter().find(|own| own.contains("lists")).cloned()
        });
        assumed.collect::<Vec<String>>()
    };
    assert_eq!(of("[x]"), ["the provider in IAM lists a second audience by then"]);
    assert_eq!(of("[x, y]"), ["the provider in IAM lists the audience of the token"]);
    assert_eq!(of("!If [A, [x], [y]]"), ["the provider in IAM lists the audience of the token"]);
}

/// The help names the repository as the template does, makes up no id, and keeps what is closed already.
#[test]
fn the_help_names_the_repository() {
    let help = |subject: &str| {
        let rest = "Parameters:\n  Owner: {Type: String}\n  Name: {Type: String}\nResources:";
        let told = findings(&role(rest, &[&github(subject)]));
        let finding = told.into_iter().find(|finding| finding.rule == "OID004").expect("it speaks");
        finding.help.rsplit_once(":sub:").map(|(_, value)| value.trim_start().to_owned()).expect("a line")
    };
    let list = "- repo:acme/app:ref:refs/heads/main\n    - repo:acme/lib:ref:refs/heads/main";
    assert_eq!(help("['repo:acme/app:ref:refs/heads/main', 'repo:acme/lib:*']"), list);
    let list = "- 'repo:acme/app:ref:refs/heads/v*'\n    - repo:acme/lib:environment:YOUR-ENVIRONMENT";
    assert_eq!(help("['repo:acme/app:ref:refs/heads/v*', 'repo:acme/lib:environment:*']"), list);
    assert_eq!(help("'repo:acme@1/app@2:pull_request'"), "repo:acme@1/app@2:ref:refs/heads/main");
    assert_eq!(help("'repo:acme@1/app@2:*'"), "repo:acme@1/app@2:ref:refs/heads/main");
    assert_eq!(help("'repo:acme@*/app@*:*'"), "repo:acme@ID/app@ID:ref:refs/heads/main");
    assert_eq!(help("!Sub 'repo:${Owner}/${Name}:*'"), "!Sub 'repo:${Owner}/${Name}:ref:refs/heads/main'");
}

/// A trust policy of the largest size has some hundred values: each of them is the policy's own.
#[test]
fn long_lists_name_what_they_name() {
    let listed = |one: &dyn Fn(usize) -> String| (0..110).map(one).collect::<Vec<_>>().join(", ");
    let exact = listed(&|at| format!("'repo:acme-{at}/x:ref:refs/heads/main'"));
    let of = |subjects: &str| {
        let tests = format!("StringEquals: {{'{GITHUB}:aud': x, '{GITHUB}:sub': [{subjects}]}}");
        said(&["OID001", "OID002", "OID003"], &role("Resources:", &[&web(&arn(GITHUB), &tests)]))
    };
    assert!(of(&exact).is_empty());
    let audiences = listed(&|at| format!("'{at}.apps.googleusercontent.com'"));
    let tests = format!("StringEquals: {{'accounts.google.com:aud': [{audiences}]}}");
    assert!(said(&["OID001"], &role("Resources:", &[&web("accounts.google.com", &tests)])).is_empty());
}

/// One step milder, however many defaults a finding rests on.
#[test]
fn several_defaults_are_one_step() {
    let rest = "Parameters:\n  Repository: {Type: String, Default: '*'}\n  Branch: {Type: String, Default: \
                '*'}\nResources:";
    let subject = "!Sub 'repo:acme/${Repository}:ref:refs/heads/${Branch}'";
    let tests = format!("StringEquals: {{'{GITHUB}:aud': x}}, StringLike: {{'{GITHUB}:sub': {subject}}}");
    let template = role(rest, &[&web(&arn(GITHUB), &tests)]);
    let may_do_everything = "      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']\n";
    assert_eq!(said(&["OID003"], &format!("{template}{may_do_everything}")), ["OID003 warning"]);
}
