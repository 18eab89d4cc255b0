//! Templates that are texts of other templates: stack sets with a `TemplateBody`, as users check them.

#[allow(dead_code, reason = "each test uses a part of it")]
mod report;

use proptest::prelude::*;
use report::{check, count, findings, notes};
use rolecall::run::check_texts;
use serde_json::Value;

/// A role that everybody may use who has a principal with the empty name: SVC001 at the two quotes.
const MEMBER: &str = r#"Parameters:
  Service: {Type: String, Default: ec2.amazonaws.com}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: SERVICE}, Action: 'sts:AssumeRole'}]
"#;

fn member(service: &str) -> String {
    MEMBER.replace("SERVICE", service)
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

/// A template with one stack set; `body` is written behind the key.
fn host(body: &str, more: &str) -> String {
    format!(
        "Parameters: {{P: {{Type: String}}, Q: {{Type: String, Default: q}}}}\nResources:\n  Members:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      StackSetName: members\n      TemplateBody: {body}\n{more}"
    )
}

fn block(text: &str) -> String {
    format!("|\n{}", indented(text, 8))
}

fn in_json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Line and column at which a finding stands.
fn place(finding: &Value) -> (usize, usize) {
    let start = &finding["location"]["start"];
    let number = |key: &str| start[key].as_u64().unwrap() as usize;
    (number("line"), number("column"))
}

/// Line and column of what follows the last time that a text stands in a file.
fn behind(file: &str, text: &str) -> (usize, usize) {
    let before = &file[..file.rfind(text).unwrap_or_else(|| panic!("no {text} in {file}")) + text.len()];
    (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap().chars().count() + 1)
}

fn only(report: &Value) -> &Value {
    let found = report["findings"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:#?}");
    &found[0]
}

#[test]
fn a_text_is_a_template_in_every_form_and_points_at_its_place() {
    let member = member("''");
    let flow = "Resources: {Role: {Type: ''AWS::IAM::Role'', Properties: {AssumeRolePolicyDocument: {Statement:\n          {Effect: Allow, Principal: {Service: ''''}, Action: ''sts:AssumeRole''}}}}}";
    let json = r#"{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"Description": "é", "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": ""}, "Action": "sts:AssumeRole"}]}}}}}"#;
    let lines: Vec<String> = member.lines().map(in_json).collect();
    let joined = format!("{{'Fn::Join': [\"\\n\", [{}]]}}", lines.join(",\n        "));
    let json_host = format!(
        "{{\"Resources\": {{\"Members\": {{\"Type\": \"AWS::CloudFormation::StackSet\",\n \"Properties\": {{\"TemplateBody\": {}}}}}}}}}",
        in_json(&member)
    );
    let to_json = "!ToJsonString\n        Resources:\n          Role:\n            Type: AWS::IAM::Role\n            Properties:\n              AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ''}, Action: 'sts:AssumeRole'}]}\n";
    let cases = [
        ("a.yaml", host(&block(&member), ""), "{Service: "),
        ("a.yaml", host(&format!("|2-\n{}", indented(&member, 8)), ""), "{Service: "),
        ("a.yaml", host(&format!("'{flow}'"), ""), "{Service: "),
        ("a.yaml", host(&in_json(&member), ""), "{Service: "),
        ("a.yaml", host(&format!("'{json}'"), ""), "\"Service\": "),
        ("a.yaml", host(&format!("{json:?}"), ""), "\\\"Service\\\": "),
        ("a.yaml", host(&format!("!Sub {}", block(&member)), ""), "{Service: "),
        ("a.yaml", host(&format!("!Sub {}", block(&member.replace("ec2.amazonaws.com", "'${!X}'"))), ""), "{Service: "),
        ("a.yaml", host(&joined, ""), "{Service: "),
        ("a.yaml", host(to_json, ""), "{Service: "),
        ("a.json", json_host, "{Service: "),
    ];
    for (path, text, before) in cases {
        let report = check(&[(path, &text)], &[]);
        assert_eq!((count(&report, "stacks"), notes(&report, "left-run")), (2, vec![]), "{text}");
        let finding = only(&report);
        assert_eq!((&finding["rule"], &finding["logicalId"]), (&"SVC001".into(), &"Role".into()), "{text}");
        assert_eq!(place(finding), behind(&text, before), "{text}");
    }
}

#[test]
fn a_policy_in_a_text_in_a_text_points_at_its_place() {
    let policy = r#"'{"Statement": {"Effect": "Allow", "Principal": {"Service": ""}, "Action": "sts:AssumeRole"}}'"#;
    let inner =
        format!("Resources:\n  Role: {{Type: 'AWS::IAM::Role', Properties: {{AssumeRolePolicyDocument: {policy}}}}}\n");
    for (body, before) in [
        (block(&inner), "\"Service\": "),
        (in_json(&inner), "\\\"Service\\\": "),
        (format!("{inner:?}"), "\\\": \\\"\\"),
    ] {
        let text = host(&body, "");
        let before = if before.ends_with("\\") { "\\\"Service\\\": " } else { before };
        assert_eq!(place(only(&check(&[("a.yaml", &text)], &[]))), behind(&text, before), "{text}");
    }
    // What is broken in it too.
    let broken = inner.replace("\"Allow\",", "\"Allow\"");
    let text = host(&block(&broken), "");
    let report = check(&[("a.yaml", &text)], &[]);
    let undecided = report["notes"].as_array().unwrap().iter().find(|note| note["kind"] == "undecided").unwrap();
    let (line, column) = behind(&text, "\"Allow\" ");
    assert_eq!(
        undecided["message"],
        "who can become Role is not fully decided: a text is no JSON: expected ',' or '}'"
    );
    let start = &undecided["location"]["start"];
    assert_eq!((start["line"].as_u64(), start["column"].as_u64()), (Some(line as u64), Some(column as u64)));
}

#[test]
fn a_text_has_the_parameters_of_its_stack_set() {
    let of = |parameters: &str| {
        let text = host(&block(&member("!Ref Service")), parameters);
        findings(&check(&[("a.yaml", &text)], &["--ignore", "SVC005"]))
    };
    let given = "      Parameters: [{ParameterKey: Service, ParameterValue: ''}]\n";
    assert_eq!(of(""), [""; 0]);
    assert_eq!(of(given), ["SVC001 definite a.yaml:15 Role"]);
    // An instance may have another value than the rest.
    let of_instances = |key: &str| {
        format!(
            "{given}      StackInstancesGroup: [{{Regions: [us-east-1], ParameterOverrides: [{{ParameterKey: {key}, ParameterValue: x}}]}}]\n"
        )
    };
    assert_eq!(of(&of_instances("Other")).len(), 1);
    assert_eq!(of(&of_instances("Service")), [""; 0]);
}

#[test]
fn what_is_not_known_for_certain_is_no_template() {
    let text = member("''");
    let of = |body: &str| {
        let text = host(body, "Conditions: {C: !Equals [!Ref P, x]}\n");
        let report = check(&[("a.yaml", &text)], &[]);
        (count(&report, "stacks"), findings(&report).len(), notes(&report, "left-run"))
    };
    let told = |why: &str| (1, 0, vec![format!("the template of the stack set Members is not read: {why}")]);
    let unknown = |what: &str| told(&format!("its text is not known for certain{what}"));
    let in_sub = |name: &str| format!("!Sub {}", block(&text.replace("ec2.", &format!("${{{name}}}."))));
    assert_eq!(of("!Ref P"), unknown(": parameter P has no value"));
    assert_eq!(of(&in_sub("P")), unknown(": parameter P has no value"));
    assert_eq!(of(&in_sub("AWS::Region")), unknown(""));
    assert_eq!(of(&in_sub("Q")), unknown(""), "a default may be another");
    assert_eq!(of("!If [C, 'Resources: {R: {Type: a}}', 'Resources: {R: {Type: b}}']"), unknown(""));
    let resolved = unknown(": {{resolve:ssm:/template}} is known only at deployment");
    assert_eq!(of("'{{resolve:ssm:/template}}'"), resolved);
    assert_eq!(of("'Resources: {}'"), told("its text holds no template"));
    assert_eq!(of(&block(&text.replace("Role:", "{{ name }}Role:"))), told("its text is the source of another tool"));
}

#[test]
fn a_text_that_breaks_off_is_a_broken_template() {
    let cases = [
        (block("Resources:\n  Role:\n    Type: 'AWS::IAM::Role\n"), "'AWS::IAM::Role"),
        (format!("'{}'", r#"{"Resources": {"R": {"Type": "T"} "S": {}}}"#), "\"T\"} "),
        (in_json("{\"Resources\":\n {\"R\": {\"Type\": \"é\"} \"S\": {}}}"), "} "),
        (block("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  - a\n"), "Resources:\n          "),
    ];
    for (body, before) in cases {
        let text = host(&body, "");
        let report = check(&[("a.yaml", &text)], &[]);
        let finding = only(&report);
        assert_eq!((&finding["rule"], &finding["status"]), (&"INP001".into(), &"definite".into()), "{text}");
        let message = finding["message"].as_str().unwrap();
        assert!(message.starts_with("the template of the stack set Members is not checked: "), "{message}");
        assert!(!message.contains("the file"), "{message}");
        assert_eq!(place(finding), behind(&text, before), "{text}: {message}");
        let said = "the template of the stack set Members is not read: its text cannot be read";
        assert_eq!((count(&report, "stacks"), notes(&report, "left-run")), (1, vec![said.to_owned()]));
    }
    // A key twice is told as it is in a file.
    let text = host(&block("Resources:\n  R:\n    Type: T\n    Type: U\n"), "");
    let report = check(&[("a.yaml", &text)], &[]);
    assert_eq!(
        (only(&report)["rule"].as_str(), place(only(&report))),
        (Some("INP004"), behind(&text, "Type: T\n            "))
    );
}

/// Texts in one another, `depth` of them below the file.
fn nested(depth: usize) -> String {
    let mut text = member("''");
    for _ in 0..depth {
        let head =
            "Resources:\n  Members:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      TemplateBody: |\n";
        text = format!("{head}{}", indented(&text, 8));
    }
    text
}

#[test]
fn three_texts_in_one_another_are_read_and_no_more() {
    let text = nested(3);
    let report = check(&[("a.yaml", &text)], &[]);
    assert_eq!((count(&report, "stacks"), place(only(&report))), (4, behind(&text, "{Service: ")));
    for depth in [4, 5] {
        let text = nested(depth);
        let report = check(&[("a.yaml", &text)], &[]);
        let finding = only(&report);
        let message = "the template of the stack set Members is not checked: nested deeper than 3 texts in one another";
        assert_eq!((&finding["rule"], finding["message"].as_str()), (&"INP001".into(), Some(message)), "{depth}");
        assert_eq!(count(&report, "stacks"), 4);
    }
}

#[test]
fn copies_of_a_text_are_told_apart() {
    let sets = |text: &str| -> String {
        let set = |id: &str| {
            format!(
                "  {id}:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      TemplateBody: {}",
                block(text)
            )
        };
        ["One", "Two"].map(set).concat()
    };
    let middle = format!("Resources:\n{}", sets(&member("''")));
    let report = check(&[("a.yaml", &format!("Resources:\n{}", sets(&middle)))], &[]);
    assert_eq!(count(&report, "stacks"), 7);
    let mut lines: Vec<usize> = report["findings"].as_array().unwrap().iter().map(|finding| place(finding).0).collect();
    assert_eq!(lines.len(), 4);
    lines.dedup();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let mut prints: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|one| one["fingerprint"].to_string()).collect();
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), 4);
}

#[test]
fn macros_work_in_a_text_and_around_it() {
    let looped = "Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Roles:
    - Team
    - [red, blue]
    - Role${Team}:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ''}, Action: 'sts:AssumeRole'}]}
";
    let text = host(&block(looped), "");
    let report = check(&[("a.yaml", &text)], &[]);
    let (line, _) = behind(&text, "{Service: ");
    let mut found = findings(&report);
    found.sort();
    assert_eq!(found, ["blue", "red"].map(|team| format!("SVC001 definite a.yaml:{line} Role{team}")));
    let set = format!(
        "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Sets:\n    - Team\n    - [red, blue]\n    - Set${{Team}}:\n        Type: AWS::CloudFormation::StackSet\n        Properties:\n          TemplateBody: |\n{}",
        indented(&member("''"), 12)
    );
    let report = check(&[("a.yaml", &set)], &[]);
    // The text is the same for both; its stacks are two.
    assert_eq!((count(&report, "stacks"), findings(&report).len()), (3, 2), "{report:#}");
}

#[test]
fn the_stack_of_a_text_has_one_name_for_ever() {
    let name = |text: &str| {
        let report = check(&[("a.yaml", text)], &[]);
        let finding = only(&report);
        (finding["fingerprint"].clone(), finding["stack"].clone())
    };
    let (text, moved) = (host(&block(&member("''")), ""), host(&in_json(&member("''")), ""));
    assert_eq!(name(&text), name(&format!("# a line more\n{moved}")));
    let other = host(&block(&member("''")), "").replace("Members:", "Others:");
    assert_ne!(name(&text).0, name(&other).0);
    // The same role in the file itself is another one.
    assert_ne!(name(&text).0, name(&member("''")).0);
}

#[test]
fn texts_that_multiply_are_bounded() {
    let sets = |count: usize| -> String {
        let set = |at: usize| {
            format!("  S{at}: {{Type: 'AWS::CloudFormation::StackSet', Properties: {{TemplateBody: *body}}}}\n")
        };
        (0..count).map(set).collect()
    };
    let body = format!("Metadata:\n  Body: &body {}Resources:\n", block("Resources: {R: {Type: 'AWS::SNS::Topic'}}\n"));
    let report = check(&[("a.yaml", &format!("{body}{}", sets(10_050)))], &[]);
    assert_eq!(count(&report, "stacks"), 10_001);
    assert_eq!(notes(&report, "bound"), ["only the first 10000 stacks are read of which the template is a text"]);
    // Of each text of its own no more than the file may have.
    let long = format!("{}Resources: {{R: {{Type: T}}}}", "# x\n".repeat(250_000));
    let many: String = (0..6)
        .map(|at| {
            format!(
                "  S{at}:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      TemplateBody: {}\n",
                in_json(&long)
            )
        })
        .collect();
    let report = check(&[("a.yaml", &format!("Resources:\n{many}"))], &[]);
    assert_eq!((count(&report, "stacks"), findings(&report).len()), (5, 2));
    let text = host(&in_json(&format!("{long}{}", "#".repeat(100_000))), "");
    let report = check(&[("a.yaml", &text)], &[]);
    let message = only(&report)["message"].as_str().unwrap();
    assert!(message.ends_with("longer than 1 MiB, which is the most that is read of a text"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever the text is and however it is written, the run ends, and every place lies in the file.
    #[test]
    fn no_text_is_too_much(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("Resources:"), Just("{"), Just("}"), Just("["), Just("\""), Just("'"), Just("\n  "), Just(" "),
                Just("R: "), Just("Type: AWS::IAM::Role"), Just("TemplateBody: "), Just("|\n   "), Just("\\"), Just("é"),
                Just("\r\n"), Just("${P}"), Just("${!x}"), Just("&a "), Just("*a"), Just("\u{85}"), Just("\t"), Just("!Ref ")
            ],
            0..24,
        ),
        form in 0..8_usize,
    ) {
        let inner = format!("Resources: {{R: {{Type: 'AWS::IAM::Role'}}}}\n{}", parts.concat());
        let inner = if form % 2 == 0 { parts.concat() } else { inner };
        let body = match form {
            0 | 1 => in_json(&inner),
            2 | 3 => block(&inner),
            _ => format!("!Sub {}", in_json(&inner)),
        };
        let text = match form {
            6 | 7 => format!(
                "{{\"Resources\": {{\"M\": {{\"Type\": \"AWS::CloudFormation::StackSet\", \"Properties\": {{\"TemplateBody\": {}}}}}}}}}",
                in_json(&inner)
            ),
            _ => host(&body, ""),
        };
        let outcome = check_texts(vec![("a.yaml".to_owned(), text.clone())]);
        for finding in &outcome.findings {
            let span = finding.primary.place.span;
            prop_assert!(text.get(span.start()..span.end()).is_some(), "{:?} in {}", span, text);
        }
    }
}
