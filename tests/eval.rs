//! `rolecall eval` as users run it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(arguments).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that has ended does not read on.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn answers(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path)
}

/// A team's tests of its policies: what is expected stands beside each question.
#[test]
fn answers_are_those_that_tests_expect() {
    let file = "testdata/eval/policy-tests.jsonl";
    let output = run(&["eval", file], b"");
    assert!(output.status.success());
    assert_eq!(said(&output), "5 lines, 5 tests, 0 failed, 0 unreadable\n");
    assert!(run(&["eval", "-q", file], b"").stderr.is_empty());
    let lines = fs::read_to_string(testdata("eval/policy-tests.jsonl")).unwrap();
    let questions: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answers = answers(&output);
    assert_eq!(answers.len(), questions.len());
    for (question, answer) in questions.iter().zip(&answers) {
        assert_eq!((&answer["id"], &answer["decision"]), (&question["id"], &question["expect"]), "{answer}");
    }
    let same = run(&["eval"], lines.as_bytes());
    assert_eq!(same.stdout, output.stdout, "standard input is read without a name");
    assert_eq!(run(&["eval", "-", "--threads", "1"], lines.as_bytes()).stdout, output.stdout);
}

#[test]
fn every_vector_has_an_answer_as_in_the_library() {
    for (file, count) in [("trust-cases", 132), ("trust-generated", 2000)] {
        let path = testdata(&format!("oracle/{file}.jsonl"));
        let output = run(&["eval", path.to_str().unwrap()], b"");
        // Five in which an empty text counts as no value are expected otherwise (tests/vectors.rs).
        let unexpected = if count == 132 { 0 } else { 5 };
        assert_eq!(output.status.code(), Some(i32::from(unexpected > 0)));
        let answers = answers(&output);
        assert_eq!(answers.len(), count);
        assert_eq!(answers.iter().filter(|answer| answer.get("expected").is_some()).count(), unexpected);
        let lines = fs::read_to_string(path).unwrap();
        let wrong = lines.lines().zip(&answers).filter(|(line, answer)| {
            let vector: Value = serde_json::from_str(line).unwrap();
            assert_eq!(vector["id"], answer["id"]);
            vector["expect"] != "?" && vector["expect"] != answer["decision"]
        });
        assert_eq!(wrong.count(), unexpected);
    }
}

#[test]
fn reasons_name_the_statement_and_the_part_in_the_way() {
    let allow = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:Get*",
        "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:RequestTag/team": "blue"}}});
    let deny = json!({"Sid": "NoAcl", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectAcl"});
    let ask = |statement: &Value, principal: &str, action: &str, resource: &str, team: Value| {
        let line = json!({"id": 1, "policy": {"Version": "2012-10-17", "Statement": statement},
            "principal": {"type": "AWS", "value": principal}, "action": action, "resource": resource,
            "context": {"aws:RequestTag/team": team}});
        let output = run(&["eval"], line.to_string().as_bytes());
        let answer = answers(&output).remove(0);
        (answer["by"].as_str().unwrap_or("").to_owned(), answer["why"].as_str().unwrap().to_owned())
    };
    let (both, ann, blue) = (json!([allow, deny]), "arn:aws:iam::111122223333:user/ann", json!("blue"));
    let near = "nothing allows it; Statement[0] comes nearest, but its";
    let tag = "condition StringEquals \"aws:RequestTag/team\": \"blue\"";
    let eve = "arn:aws:iam::999988887777:user/eve";
    let only = json!(allow);
    for (found, by, why) in [
        (
            ask(&both, ann, "s3:GetObject", "arn:aws:s3:::b/k", blue.clone()),
            "Statement[0]",
            "Statement[0] allows it, and none denies it".to_owned(),
        ),
        (
            ask(&both, ann, "s3:GetObjectAcl", "arn:aws:s3:::b/k", blue.clone()),
            "Statement[1]",
            "Statement[1] (NoAcl) denies it: it has no Condition".to_owned(),
        ),
        (
            ask(&both, eve, "s3:GetObject", "arn:aws:s3:::b/k", blue.clone()),
            "",
            format!("{near} Principal (AWS \"111122223333\") does not match AWS \"{eve}\""),
        ),
        (
            ask(&both, ann, "s3:PutObject", "arn:aws:s3:::b/k", blue.clone()),
            "",
            format!("{near} Action (\"s3:Get*\") does not match \"s3:PutObject\""),
        ),
        (
            ask(&both, ann, "s3:GetObject", "arn:aws:s3:::c/k", blue.clone()),
            "",
            format!("{near} Resource (\"arn:aws:s3:::b/*\") does not match \"arn:aws:s3:::c/k\""),
        ),
        (
            ask(&both, ann, "s3:GetObject", "arn:aws:s3:::b/k", json!("red")),
            "",
            format!("{near} {tag} is not met: the request carries \"red\""),
        ),
        (
            ask(&only, eve, "s3:PutObject", "arn:aws:s3:::c/k", json!("red")),
            "",
            format!(
                "nothing allows it; the statement comes nearest, but its Principal (AWS \"111122223333\") does not \
                 match AWS \"{eve}\"; its Action (\"s3:Get*\") does not match \"s3:PutObject\"; its Resource \
                 (\"arn:aws:s3:::b/*\") does not match \"arn:aws:s3:::c/k\"; and 1 more"
            ),
        ),
        (
            ask(&both, ann, "s3:GetObject", "arn:aws:s3:::b/k", json!(["blue", "red"])),
            "Statement[0]",
            format!(
                "Statement[0] is not decided: whether its {tag} is met is not documented: the request carries the \
                 list [\"blue\", \"red\"]"
            ),
        ),
        (
            ask(&json!([deny]), ann, "s3:PutObject", "arn:aws:s3:::b/k", blue),
            "",
            "no statement allows anything".to_owned(),
        ),
    ] {
        assert_eq!(found, (by.to_owned(), why));
    }
}

#[test]
fn reasons_name_variables_without_a_value_and_the_first_of_equals() {
    let ask = |version: &str, statements: Value, context: Value| {
        let line = json!({"policy": {"Version": version, "Statement": statements}, "action": "s3:GetObject",
            "principal": {"type": "AWS", "value": "111122223333"}, "resource": "arn:aws:s3:::b/red/k",
            "context": context});
        answers(&run(&["eval"], line.to_string().as_bytes())).remove(0)["why"].as_str().unwrap().to_owned()
    };
    let own = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"});
    let end = |why: &str| why.rsplit_once(" (").unwrap().1.to_owned();
    assert_eq!(
        end(&ask("2012-10-17", own.clone(), json!({}))),
        "${aws:PrincipalTag/team} has no value in the request)"
    );
    let old = ask("2008-10-17", own.clone(), json!({"aws:PrincipalTag/team": "red"}));
    assert_eq!(end(&old), "variables are read only with Version 2012-10-17)");
    let list = ask("2012-10-17", own, json!({"aws:PrincipalTag/team": ["red"]}));
    assert_eq!(end(&list), "${aws:PrincipalTag/team} is multivalued, and no value of a variable)");
    let each = |sid: &str| {
        json!({"Sid": sid, "Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"k": ["a", "b", "c", "d"]}, "Bool": {"l": "true"}}})
    };
    assert_eq!(
        ask("2012-10-17", json!([each("One"), each("Two")]), json!({"l": "true"})),
        "nothing allows it; Statement[0] (One) comes nearest, but its condition StringEquals \"k\": [\"a\", \"b\", \
         \"c\", and 1 more] is not met: the request does not carry it"
    );
    let deny = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"l": "false"}}});
    assert_eq!(
        ask("2012-10-17", json!([each("One"), deny]), json!({"l": "false"})),
        "Statement[1] denies it: its condition Bool \"l\": \"false\" is met: the request carries \"false\""
    );
}

/// What AWS would refuse to store was answered once, a malformed Deny as if it were not there.
#[test]
fn what_aws_has_no_form_for_is_no_answer() {
    let line = |deny: Value| {
        let mut own = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"});
        own.as_object_mut().unwrap().extend(deny.as_object().unwrap().clone());
        let allow = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        json!({"policy": {"Version": "2012-10-17", "Statement": [allow, own]}, "action": "s3:GetObject",
            "principal": {"type": "AWS", "value": "111122223333"}, "resource": "arn:aws:s3:::b/k",
            "context": {"a": "x"}})
    };
    let changed = [
        json!({"Resource": 5}),
        json!({"Resource": null}),
        json!({"Resource": []}),
        json!({"Action": null}),
        json!({"Principal": null}),
        json!({"Condition": {"StringEquals": {"a": null}}}),
        json!({"Effect": "deny"}),
    ];
    let mut lines: Vec<Value> = changed.into_iter().map(line).collect();
    let input = |lines: &[Value]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let output = run(&["eval"], input(&lines).as_bytes());
    assert_eq!(output.status.code(), Some(2));
    assert!(answers(&output).iter().all(|answer| answer["error"].is_string()), "{:?}", answers(&output));
    // In a witness they stand as they stood in the template, where they are unknown.
    for line in &mut lines {
        let mut request = line.clone();
        request.as_object_mut().unwrap().remove("policy");
        *line = json!({"class": "x", "policy": line["policy"], "request": request});
    }
    let output = run(&["eval"], input(&lines).as_bytes());
    assert_eq!(output.status.code(), Some(0));
    let all = answers(&output);
    // One statement that names a principal leaves the other one without any.
    let expected = |at: usize| if at == 4 { "Deny" } else { "Unknown" };
    assert!(all.iter().enumerate().all(|(at, answer)| answer["decision"] == expected(at)), "{all:?}");
}

#[test]
fn a_run_of_tests_says_what_failed_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let good = fs::read_to_string(testdata("eval/policy-tests.jsonl")).unwrap();
    let first = good.lines().next().unwrap().replace("\"expect\": \"Allow\"", "\"expect\": \"Deny\"");
    fs::write(at("a.jsonl"), format!("{good}\n{first}\n")).unwrap();
    fs::write(at("b.jsonl"), "{}\n").unwrap();
    fs::write(at("c.jsonl"), "\n").unwrap();
    let output = run(&["eval", &at("a.jsonl"), &at("b.jsonl"), &at("c.jsonl")], b"");
    assert_eq!((output.status.code(), answers(&output).len()), (Some(2), 7));
    let expected = format!(
        "{}:7: expected Deny, but it is Allow\n{}:1: cannot be read\nnote: {} has no line to answer\n\
         7 lines, 6 tests, 1 failed, 1 unreadable\n",
        at("a.jsonl"),
        at("b.jsonl"),
        at("c.jsonl")
    );
    assert_eq!(said(&output), expected);
    let output = run(&["eval", &at("c.jsonl")], b"");
    assert_eq!((output.status.code(), said(&output).starts_with("note: ")), (Some(0), true));
    let output = run(&["eval", &at("a.jsonl"), &at("none.jsonl")], b"");
    assert_eq!((output.status.code(), answers(&output).len()), (Some(2), 6));
}

#[test]
fn lines_without_a_policy_are_about_the_given_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.json");
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}});
    fs::write(&file, serde_json::to_string_pretty(&policy).unwrap()).unwrap();
    let line = |action: &str| json!({"principal": {"type": "AWS", "value": "111122223333"}, "action": action, "resource": "*"});
    let mut own = line("sqs:SendMessage");
    own["policy"] = json!({"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}});
    let input = format!("{}\n{}\n{own}\n", line("s3:ListAllMyBuckets"), line("sqs:SendMessage"));
    let arguments = ["eval", "--policy", file.to_str().unwrap()];
    let output = run(&arguments, input.as_bytes());
    let decisions: Vec<Value> = answers(&output).into_iter().map(|answer| answer["decision"].clone()).collect();
    assert_eq!((decisions, output.status.code()), (vec![json!("Allow"), json!("Deny"), json!("Allow")], Some(0)));
    fs::write(&file, "{\n  \"Statement\": []\n}").unwrap();
    let output = run(&arguments, input.as_bytes());
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(said(&output).ends_with(": line 2, column 16: a policy has one statement at least\n"), "{}", said(&output));
}

#[test]
fn a_bad_line_is_an_answer_and_ends_in_status_2() {
    let good = fs::read_to_string(testdata("eval/policy-tests.jsonl")).unwrap();
    let good = good.lines().next().unwrap();
    let bad = [
        good.replace("\"principal\"", "\"principle\""),
        good.replace("\"Condition\"", "\"Conditon\""),
        "{\"id\": \"\u{1b}[31m\"}".to_owned(),
        "[".repeat(100_000),
        "nonsense".to_owned(),
        good.replace("\"context\": {", "\"context\": {\"COGNITO-identity.amazonaws.com:aud\": \"x\", "),
    ];
    let input = format!("{}\n{good}\n{}\n", bad[..3].join("\n"), bad[3..].join("\r\n"));
    let output = run(&["eval"], input.as_bytes());
    assert_eq!(output.status.code(), Some(2));
    let answers = answers(&output);
    let errors: Vec<&str> = answers.iter().map(|answer| answer["error"].as_str().unwrap_or("")).collect();
    assert_eq!(
        errors.iter().map(|error| error.is_empty()).collect::<Vec<_>>(),
        [false, false, false, true, false, false, false]
    );
    assert!(errors[0].starts_with("line 1, column ") && errors[0].ends_with("; is \"principal\" meant?"), "{errors:?}");
    assert!(errors[1].contains("\"Conditon\" is no field of a statement"), "{errors:?}");
    assert!(errors[6].starts_with("line 7, ") && errors[6].contains("twice, in another case"), "{errors:?}");
    assert_eq!(answers[0]["id"], "signed-in users of our pool", "the id of a bad line is kept");
    assert!(output.stdout.iter().all(|byte| *byte == b'\n' || *byte >= b' '));
    assert_eq!(run(&["eval", "no-such-file.jsonl"], b"").status.code(), Some(2));
    assert_eq!(run(&["eval"], b"").status.code(), Some(0));
}

/// Every example page's findings: what a witness says is what `eval` says of it.
#[test]
fn witnesses_can_be_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = ["testdata/seeds", "testdata/cdk", "testdata/readme"].map(|path| testdata("..").join(path));
    let found = Command::new(env!("CARGO_BIN_EXE_rolecall"))
        .args(["check", "-f", "json", "--show-possible", "--min-severity", "info", "--no-gitignore"])
        .args(corpus.iter().filter(|path| path.exists()))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&found.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let witnesses: Vec<&Value> =
        findings.iter().map(|finding| &finding["witness"]).filter(|witness| !witness["policy"].is_null()).collect();
    assert!(witnesses.len() >= 5, "{} of {}", witnesses.len(), findings.len());
    let lines: String = witnesses.iter().map(|witness| format!("{witness}\n")).collect();
    let output = run(&["eval"], lines.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    for (witness, answer) in witnesses.iter().zip(answers(&output)) {
        assert_eq!(answer["decision"], witness["decision"], "{witness}\n{answer}");
        if witness["decision"] == "Allow" {
            assert_eq!(answer["by"], witness["by"], "{witness}\n{answer}");
        }
    }
}

/// A program may ask and listen in turn, and may go away.
#[test]
fn an_answer_comes_before_the_next_question() {
    let lines = fs::read_to_string(testdata("eval/policy-tests.jsonl")).unwrap();
    let mut child: Child = command(&["eval"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for line in lines.lines() {
        writeln!(stdin, "{line}").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert!(answer.starts_with("{\"id\":"), "{answer}");
    }
    drop(stdout);
    // Nobody listens any more: no message, no failure.
    let _ = stdin.write_all(lines.repeat(100).as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
