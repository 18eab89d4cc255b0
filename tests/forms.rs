//! The forms in which templates say one and the same: what is found must not depend on them, and points at
//! the bytes that say it. What is missing is named.

use rolecall::finding::{Finding, NoteKind, Outcome, Status};
use rolecall::run::check_texts;

fn check(template: &str) -> Outcome {
    check_texts(vec![("a.yaml".to_owned(), template.to_owned())])
}

/// Rule, logical id and source of each finding.
fn found(outcome: &Outcome) -> Vec<(String, String, String)> {
    outcome.findings.iter().map(|finding| shown(outcome, finding)).collect()
}

fn shown(outcome: &Outcome, finding: &Finding) -> (String, String, String) {
    let place = finding.primary.place;
    let source = place.span.of(outcome.sources.get(place.file).text());
    (finding.rule.to_owned(), finding.subject.logical_id.clone().unwrap_or_default(), source.to_owned())
}

fn notes(outcome: &Outcome) -> Vec<(String, String)> {
    let undecided = outcome.notes.iter().filter(|note| note.kind == NoteKind::Undecided);
    let shown = undecided.map(|note| {
        let place = note.place.unwrap();
        (note.message.clone(), place.span.of(outcome.sources.get(place.file).text()).to_owned())
    });
    shown.collect()
}

fn role(trust: &str) -> String {
    format!(
        "Parameters: {{P: {{Type: String}}, Q: {{Type: String, Default: q}}}}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {trust}\n"
    )
}

#[test]
fn an_empty_service_is_found_in_every_form_and_where_it_stands() {
    let forms = [
        ("{Statement: {Effect: Allow, Principal: {Service: ''}, Action: 'sts:AssumeRole'}}", "''"),
        (r#"'{"Statement": {"Effect": "Allow", "Principal": {"Service": ""}, "Action": "sts:AssumeRole"}}'"#, r#""""#),
        (r#"!Sub '{"Statement": {"Effect": "Allow", "Principal": {"Service": " "}, "Action": "sts:${P}"}}'"#, r#"" ""#),
        (
            r#"{'Fn::Sub': ["{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"\"}, \"Sid\": \"${X}\"}}", {X: !Ref P}]}"#,
            r#"\"\""#,
        ),
        ("!ToJsonString {Statement: [{Effect: Allow, Principal: {Service: ''}, Action: 'sts:AssumeRole'}]}", "''"),
        (
            r#"!Join ['', ['{"Statement": {"Effect": "Allow", "Sid": "', !Ref P, '", "Principal": {"Service": ""}}}']]"#,
            r#""""#,
        ),
        (
            "{Statement: [!If [C, {Effect: Allow, Principal: {Service: ''}, Action: 'sts:AssumeRole'}, !Ref 'AWS::NoValue']]}\nConditions: {C: !Equals [a, a]}",
            "''",
        ),
    ];
    for (trust, source) in forms {
        let found = found(&check(&role(trust)));
        let svc001: Vec<_> = found.iter().filter(|(rule, ..)| rule == "SVC001").collect();
        assert_eq!(svc001, [&("SVC001".to_owned(), "R".to_owned(), source.to_owned())], "{trust}: {found:?}");
    }
}

#[test]
fn a_role_of_a_loop_is_found_at_the_body_of_the_loop() {
    let template = "
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Roles:
    - Team
    - [red, blue]
    - Role${Team}:
        Type: AWS::IAM::Role
        Properties:
          RoleName: !Sub '${Team}-role'
          AssumeRolePolicyDocument:
            Statement: [{Effect: Allow, Principal: {Service: ''}, Action: 'sts:AssumeRole'}]
";
    let expected = ["Roleblue", "Rolered"].map(|id| ("SVC001".to_owned(), id.to_owned(), "''".to_owned()));
    let mut found = found(&check(template));
    found.sort();
    assert_eq!(found, expected);
    let unknown = template.replace("[red, blue]", "!Ref Teams");
    let outcome = check(&unknown);
    assert_eq!((outcome.findings.len(), outcome.counts.unexpanded), (0, 1));
    assert_eq!(notes(&outcome)[0].0, "the loop Roles is over what is not known, and stays as it is written");
}

#[test]
fn what_a_macro_may_change_is_only_possible() {
    let trust = "{Statement: {Effect: Allow, Principal: {Service: ''}, Action: 'sts:AssumeRole'}}";
    let with = |transform: &str| check(&format!("Transform: {transform}\n{}", role(trust)));
    for own in ["Mine", "[AWS::LanguageExtensions, Mine]", "{Name: Mine, Parameters: {}}"] {
        let outcome = with(own);
        assert_eq!(outcome.findings[0].status, Status::Possible, "{own}");
        assert!(outcome.findings[0].assumes.iter().any(|text| text.contains("the macro Mine")), "{own}");
        assert_eq!(notes(&outcome)[0].0, "the macro Mine may change all that this template says");
    }
    assert_eq!(with("AWS::LanguageExtensions").findings[0].status, Status::Definite);
    for left in ["!Rain::Embed x.yaml", "{'Fn::Transform': {Name: Mine}, AssumeRolePolicyDocument: {}}"] {
        let outcome = check(&format!("Resources: {{R: {{Type: 'AWS::IAM::Role', Properties: {left}}}}}\n"));
        assert_eq!(outcome.counts.trusts_undecided, 1, "{left}");
    }
    let elsewhere = check("AWSTemplateFormatVersion: '2010-09-09'\nResources: !Include res.yaml\n");
    assert_eq!((elsewhere.findings.len(), elsewhere.counts.templates), (0, 1));
    assert_eq!(notes(&elsewhere)[0].0, "the resources of this template are not known: !Include is not evaluated");
    let inner = "{'Fn::Transform': {Name: Mine}, Statement: {Effect: Allow, Principal: {Service: ''}}}";
    assert_eq!(check(&role(inner)).findings.len(), 0, "below a macro nothing is known");
}

#[test]
fn the_value_that_was_missing_is_named_at_its_place() {
    let trust = |aud: &str, more: &str| {
        role(&format!(
            "{{Version: '2012-10-17', Statement: [{{Effect: Allow, Principal: {{Federated: cognito-identity.amazonaws.com}}, \
             Action: 'sts:AssumeRoleWithWebIdentity', Condition: {{StringEquals: {{'cognito-identity.amazonaws.com:aud': {aud}}}, \
             'ForAnyValue:StringLike': {{'cognito-identity.amazonaws.com:amr': authenticated}}}}}}{more}]}}"
        ))
    };
    let undecided = |template: &str| notes(&check(template));
    let of_role = |what: &str| format!("who can become R is not fully decided: {what}");
    let cases = [
        ("!Ref Nowhere", "Nowhere is not in the template", "!Ref Nowhere"),
        ("{'Fn::Transform': {Name: X}}", "Fn::Transform is not evaluated", "{'Fn::Transform': {Name: X}}"),
        ("!Include x.yaml", "!Include is not evaluated", "!Include x.yaml"),
        ("!Select [1, !Split [',', !Ref P]]", "parameter P has no value", "!Select [1, !Split [',', !Ref P]]"),
    ];
    for (aud, what, source) in cases {
        assert_eq!(undecided(&trust(aud, "")), [(of_role(what), source.to_owned())], "{aud}");
    }
    let plain =
        trust("'*'", "").replace("StringEquals", "StringLike").replace("ForAnyValue:StringLike", "StringEquals");
    let what = of_role("the test of cognito-identity.amazonaws.com:amr with StringEquals has no certain answer");
    assert_eq!(undecided(&plain), [(what, "authenticated".to_owned())], "{plain}");
    assert_eq!(undecided(&role("!Ref P")), [(of_role("parameter P has no value"), "!Ref P".to_owned())]);
    assert_eq!(undecided(&trust("!Ref Q", "")), [], "the default is tried");
    assert_eq!(undecided(&trust("!Ref P", "")), [], "whatever the value, it is one pool's id");
    let more = ", {Effect: Allow, Principal: {AWS: !Ref P}, Action: 'sts:AssumeRole'}, !Ref P";
    let message = &undecided(&trust("us-east-1:00000000-0000-4000-8000-000000000001", more))[0].0;
    assert_eq!(*message, of_role("parameter P has no value"));
}

/// The undecided notes, each with the line and column at which it stands.
fn undecided_at(path: &str, template: &str) -> Vec<(String, u32, u32)> {
    let outcome = check_texts(vec![(path.to_owned(), template.to_owned())]);
    assert_eq!(outcome.counts.trusts_undecided, 1, "{template}");
    let undecided = outcome.notes.iter().filter(|note| note.kind == NoteKind::Undecided);
    let shown = undecided.map(|note| {
        let place = note.place.unwrap();
        let at = outcome.sources.get(place.file).line_column(place.span.start());
        (note.message.clone(), at.line, at.column)
    });
    shown.collect()
}

#[test]
fn a_fault_inside_a_json_text_is_named_at_its_place() {
    let of_role = |what: &str| format!("who can become R is not fully decided: {what}");
    let comma = of_role("a text is no JSON: expected ',' or '}'");
    let json = r#"{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
  "AssumeRolePolicyDocument": "{\"Version\": \"é\",\n\t\"Statement\": [] \"Id\": \"x\"}"}}}}"#;
    let block = "|\n        {\n          \"Version\": \"2012-10-17\"\n          \"Statement\": []\n        }";
    let folded = ">-\n        {\"Version\": \"2012-10-17\",\n         \"Statement\": [] \"Id\": 1}";
    let sub = "!Sub |\n        {\"Id\": \"${P}\",\n         \"Version\": \"x\" \"Statement\": []}";
    let (missing, no_value) =
        (of_role("parameter P has no value"), of_role("a text is no JSON: expected a JSON value"));
    let breaks_off = of_role("a text is no JSON: the text ends inside a JSON value");
    // The line and column of what follows a text.
    let behind = |template: &str, text: &str| {
        let before = &template[..template.rfind(text).unwrap() + text.len()];
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        (before.matches('\n').count() as u32 + 1, column as u32)
    };
    let cases = [
        // In quotes, with a quote that is written twice before the fault.
        ("a.yaml", role(r#"'{"Version": "it''s" "Statement": []}'"#), &comma, "it''s\" "),
        ("a.yaml", role(block), &comma, "2012-10-17\"\n          "),
        ("a.yaml", role(folded), &comma, "[] "),
        ("a.json", json.to_owned(), &comma, "[] "),
        // The parts of Fn::Sub and Fn::Join, with a variable before the fault.
        ("a.yaml", role(sub), &comma, "\"x\" "),
        ("a.yaml", role(r#"!Join ['', ['{"Id": "', !Ref P, '"', ' "Version": 1}']]"#), &comma, "'\"', ' "),
        // What breaks off ends behind its last character.
        ("a.yaml", role("|\n        {\"Statement\": [\n\n"), &breaks_off, "\": ["),
        // A hole that no string holds could be anything: it is what is missing, not a comma.
        ("a.yaml", role(r#"!Sub '{"Id": "${P}", "Statement": ${P}}'"#), &missing, "Statement\": "),
        ("a.yaml", role("arn:aws:iam::1:role/x"), &no_value, "AssumeRolePolicyDocument: "),
    ];
    for (path, template, message, before) in cases {
        let (line, column) = behind(&template, before);
        assert_eq!(undecided_at(path, &template), [(message.clone(), line, column)], "{template}");
    }
}

#[test]
fn mappings_that_are_not_decided_are_counted() {
    let template = |roles: &str, mappings: &str| {
        format!(
            "Parameters: {{P: {{Type: String}}}}\nResources:\n  Pool: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowUnauthenticatedIdentities: false}}}}\n  \
             Custom: {{Type: 'Custom::Roles'}}\n  Own: {{Type: 'AWS::IAM::Role', Properties: {{RoleName: !Ref P}}}}\n  A:\n    Type: AWS::Cognito::IdentityPoolRoleAttachment\n    Properties:\n      IdentityPoolId: !Ref Pool\n      Roles: {roles}\n      RoleMappings: {mappings}\n"
        )
    };
    let arn = "{authenticated: 'arn:aws:iam::111122223333:role/x'}";
    let cases = [
        (arn, "{}", None),
        ("{authenticated: !Ref P}", "{}", Some("parameter P has no value")),
        ("{authenticated: !GetAtt Own.Arn}", "{}", None),
        (arn, "!GetAtt Custom.Map", Some("Custom.Map of a custom resource is known only at deployment")),
        (
            arn,
            "{a: {Type: Token, IdentityProvider: !ImportValue U}}",
            Some("the export U is made by no template of this run"),
        ),
    ];
    for (roles, mappings, what) in cases {
        let outcome = check(&template(roles, mappings));
        let expected: Vec<String> =
            what.iter().map(|what| format!("which roles A hands out is not fully decided: {what}")).collect();
        let found: Vec<String> = notes(&outcome).into_iter().map(|(message, _)| message).collect();
        assert_eq!(found, expected, "{roles} {mappings}");
        let counts = (outcome.counts.mappings_decided, outcome.counts.mappings_undecided);
        assert_eq!(counts, if what.is_some() { (0, 1) } else { (1, 0) });
    }
}

#[test]
fn many_conditions_are_as_good_as_few() {
    let template = |count: usize, effect: &str| {
        let parameters: Vec<String> = (0..count).map(|at| format!("P{at}: {{Type: String}}")).collect();
        let conditions: Vec<String> = (0..count).map(|at| format!("C{at}: !Equals [!Ref P{at}, x]")).collect();
        let statement = |effect: &str| {
            format!(
                "{{Effect: {effect}, Principal: {{Federated: cognito-identity.amazonaws.com}}, \
                 Action: 'sts:AssumeRoleWithWebIdentity'}}"
            )
        };
        let statements: Vec<String> = (0..count)
            .map(|at| {
                format!("!If [C{at}, {}, !Ref 'AWS::NoValue']", statement(if at == 0 { effect } else { "Allow" }))
            })
            .collect();
        format!(
            "Parameters: {{{}}}\nConditions: {{{}}}\nResources:\n  Pool: {{Type: 'AWS::Cognito::IdentityPool', \
             Properties: {{AllowUnauthenticatedIdentities: false}}}}\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      \
             AssumeRolePolicyDocument: {{Statement: [{}]}}\n  A:\n    Type: AWS::Cognito::IdentityPoolRoleAttachment\n    \
             Properties: {{IdentityPoolId: !Ref Pool, Roles: {{authenticated: !GetAtt R.Arn}}}}\n",
            parameters.join(", "),
            conditions.join(", "),
            statements.join(", ")
        )
    };
    let definite = |outcome: &Outcome, rule: &str| {
        outcome.findings.iter().filter(|finding| finding.rule == rule && finding.status == Status::Definite).count()
    };
    for count in [3, 8, 9, 60] {
        let outcome = check(&template(count, "Allow"));
        assert_eq!(definite(&outcome, "CGT001"), count, "each condition is a way in by itself");
        let one = outcome.findings.iter().find(|finding| finding.rule == "CGT001").unwrap();
        assert_eq!(one.assignment.len(), 1, "{:?}", one.assignment);
    }
    // What keeps out may be there with each of the others.
    assert_eq!(definite(&check(&template(60, "Deny")), "CGT001"), 0);
    // That nobody gets in holds for one combination of many, which is not looked at: it is not said.
    assert_eq!(definite(&check(&template(60, "Allow")), "MAP014"), 0);
    assert!(definite(&check(&template(3, "Allow")), "MAP014") > 0);
}

#[test]
fn the_groups_of_one_loop_can_tie() {
    let template = "
Transform: AWS::LanguageExtensions
Resources:
  Pool: {Type: 'AWS::Cognito::IdentityPool', Properties: {AllowUnauthenticatedIdentities: false}}
  Users: {Type: 'AWS::Cognito::UserPool'}
  Fn::ForEach::Groups:
    - G
    - [Gold, Silver]
    - Group${G}:
        Type: AWS::Cognito::UserPoolGroup
        Properties:
          UserPoolId: !Ref Users
          GroupName: !Ref G
          Precedence: 1
          RoleArn: !Sub 'arn:aws:iam::123456789012:role/${G}'
  Attach:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      RoleMappings:
        x: {Type: Token, AmbiguousRoleResolution: Deny, IdentityProvider: !Sub '${Users.ProviderName}:${Client}'}
";
    let rules: Vec<String> = found(&check(template)).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(rules, ["MAP001"]);
}

#[test]
fn the_last_of_two_keys_counts_in_a_text_too() {
    let text = r#"'{"Statement": {"Effect": "Allow", "Effect": "Deny", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}}'"#;
    // All that is left is a Deny: who wrote it meant to lock the role, which is only worth knowing.
    let findings = check(&role(text)).findings;
    let told: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.severity.name())).collect();
    assert_eq!(told, [("TRU004", "info")]);
}

/// Two groups of one user pool; the second is written as `second`, below `more`.
fn groups(second: &str, more: &str) -> String {
    format!(
        "{more}Resources:
  Pool: {{Type: 'AWS::Cognito::IdentityPool', Properties: {{AllowUnauthenticatedIdentities: false}}}}
  Users: {{Type: 'AWS::Cognito::UserPool'}}
  First:
    Type: AWS::Cognito::UserPoolGroup
    Properties: {{UserPoolId: !Ref Users, Precedence: 1, RoleArn: 'arn:aws:iam::123456789012:role/first'}}
  Second:
    Type: AWS::Cognito::UserPoolGroup
    {second}
  Attach:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      RoleMappings:
        x: {{Type: Token, AmbiguousRoleResolution: Deny, IdentityProvider: !Sub '${{Users.ProviderName}}:${{Client}}'}}
"
    )
}

#[test]
fn what_may_be_otherwise_is_no_tie() {
    let second = |precedence: &str| {
        format!(
            "Properties: {{UserPoolId: !Ref Users, Precedence: {precedence}, RoleArn: 'arn:aws:iam::123456789012:role/second'}}"
        )
    };
    let ties = |template: &str| {
        let definite = |finding: &&Finding| finding.status == Status::Definite && finding.rule.starts_with("MAP00");
        check(template).findings.iter().filter(definite).count()
    };
    assert_eq!(ties(&groups(&second("1"), "")), 1);
    assert_eq!(ties(&groups(&second("2"), "")), 0);
    let include = "{Name: 'AWS::Include', Parameters: {Location: 's3://b/x.yaml'}}";
    // A macro beside the properties, or beside the type, may say anything.
    let beside = second("1").replace("Precedence: 1", &format!("Precedence: 1, 'Fn::Transform': {include}"));
    assert_eq!(ties(&groups(&beside, "")), 0);
    assert_eq!(ties(&groups(&format!("{}\n    Fn::Transform: {include}", second("1")), "")), 0);
    let map = |precedence: &str, mappings: &str| {
        let head = format!(
            "Transform: AWS::LanguageExtensions\nParameters: {{N: {{Type: String, AllowedPattern: '^[a-z]+$'}}}}\nMappings: {mappings}\n"
        );
        ties(&groups(&second(precedence), &head))
    };
    assert_eq!(map("!FindInMap [M, a, p]", "{M: {a: {p: 1}}}"), 1);
    assert_eq!(map("!FindInMap [M, b, p, {DefaultValue: 1}]", "{M: {a: {p: 2}}}"), 1);
    for hidden in [format!("{{'Fn::Transform': {include}}}"), format!("{{M: {{'Fn::Transform': {include}}}}}")] {
        assert_eq!(map("!FindInMap [M, b, p, {DefaultValue: 1}]", &hidden), 0, "{hidden}");
    }
    // The delimiter may begin in what is not known.
    assert_eq!(map("!Select [1, !Split ['x-', !Sub '0${N}-1x-1']]", "{M: {a: {p: 1}}}"), 0);
    // No small letter begins or ends it here, whatever it is.
    assert_eq!(map("!Select [1, !Split ['x-', !Sub '0X-${N}x-1']]", "{M: {a: {p: 1}}}"), 1);
}

#[test]
fn what_a_loop_makes_of_a_default_is_taken_from_it() {
    let template = "
Transform: AWS::LanguageExtensions
Parameters: {Teams: {Type: CommaDelimitedList, Default: red}}
Resources:
  Fn::ForEach::Roles:
    - Team
    - !Ref Teams
    - Role${Team}:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Statement: [{Effect: Allow, Principal: {Federated: cognito-identity.amazonaws.com}, Action: 'sts:AssumeRoleWithWebIdentity'}]
";
    let finding = &check(template).findings[0];
    assert_eq!((finding.rule, finding.severity.name()), ("CGT001", "warning"), "one step milder");
    assert_eq!(finding.assumes, ["parameter Teams has its default 'red'"]);
    let fixed = check(&template.replace("!Ref Teams", "[red]"));
    assert_eq!((fixed.findings[0].severity.name(), fixed.findings[0].assumes.len()), ("error", 0));
    let parent = "Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: ./b.yaml, Parameters: {Teams: blue}}\n";
    let both = check_texts(vec![("a.yaml".into(), parent.into()), ("b.yaml".into(), template.into())]);
    assert_eq!(both.findings.len(), 0, "the parent says which");
}

#[test]
fn aliases_that_multiply_end() {
    let bomb = |first: &str, rest: &str| {
        let mut text = format!("Metadata:\n  a0: &a0 {first}\n");
        (1..34).for_each(|at| text += &format!("  a{at}: &a{at} {}\n", rest.replace('@', &format!("*a{}", at - 1))));
        text
    };
    let joins = bomb("''", "{'Fn::Join': ['', [@, @]]}");
    let urls =
        format!("{joins}Resources:\n  N: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: *a33}}}}\n");
    assert_eq!(check(&urls).findings.len(), 0);
    let trust = "{'Fn::Join': ['', ['{\"Statement\": []}', *a33]]}";
    let policy = format!(
        "{joins}Resources:\n  R: {{Type: 'AWS::IAM::Role', Properties: {{AssumeRolePolicyDocument: {trust}}}}}\n"
    );
    assert_eq!(check(&policy).counts.roles, 1);
}

/// A role that exists only beside the default of a parameter has no other branch in which it could be decided; where
/// every account gets in, no service is left to be decided.
#[test]
fn what_counts_as_decided() {
    let federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let template = |default: &str| {
        format!(
            "Parameters: {{Repo: {{Type: String, Default: '{default}'}}}}\nConditions: {{Named: !Not [!Equals [!Ref Repo, '']]}}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Condition: Named\n    Properties:\n      AssumeRolePolicyDocument:\n        Statement:\n          Effect: Allow\n          Action: sts:AssumeRoleWithWebIdentity\n          Principal: {{Federated: '{federated}'}}\n          Condition: {{StringLike: {{'token.actions.githubusercontent.com:sub': !Sub 'repo:${{Repo}}:*'}}}}\n"
        )
    };
    assert_eq!(check(&template("")).counts.trusts_undecided, 1);
    assert_eq!(check(&template("acme/app")).counts.trusts_undecided, 0);
    let star = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Statement: {Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: '*'}}\n";
    assert_eq!(check(star).counts.trusts_undecided, 0);
}
