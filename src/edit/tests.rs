use std::sync::Arc;

use super::*;
use crate::source::FileId;
use crate::syntax::{Node, parse};
use crate::value::At;

/// The node at keys and indexes separated by blanks, as a check knows it.
fn at(node: Node<'_>) -> At {
    At { place: node.tagged_place(), node: Some(node.id()) }
}

fn find<'d>(document: &'d Document, path: &str) -> Node<'d> {
    let mut node = document.root().unwrap();
    for step in path.split(' ').filter(|step| !step.is_empty()) {
        node = match step.parse::<usize>() {
            Ok(index) => node.items().nth(index).unwrap(),
            Err(_) => node.get(step).unwrap(),
        };
    }
    node
}

fn key(document: &Document, path: &str) -> At {
    let (parent, name) = path.rsplit_once(' ').unwrap_or(("", path));
    let (key, _) = find(document, parent).entry(name).unwrap();
    at(key)
}

/// The text after a change; `-` where it is not possible.
fn changed(text: &str, change: impl FnOnce(&Document) -> Vec<Change>) -> String {
    let document = parse(FileId(0), &Arc::from(text), "t.yaml");
    assert!(document.errors().is_empty(), "{text}");
    let changes = change(&document);
    let Some(edits) = Editor::of(&document).and_then(|editor| editor.edits(&changes)) else { return "-".to_owned() };
    let out = applied(text, &edits);
    let again = parse(FileId(0), &Arc::from(out.as_str()), "t.yaml");
    assert!(again.errors().is_empty(), "{out}");
    assert!(Editor::of(&document).unwrap().differ_by(&again, &changes), "{out}");
    out
}

fn put(text: &str, into: &str, path: &str, value: Written) -> String {
    let path = path.split(' ').map(str::to_owned).collect();
    changed(text, |document| vec![Change::Put { into: at(find(document, into)), path, value }])
}

fn append(text: &str, to: &str, value: &str) -> String {
    changed(text, |document| vec![Change::Append { to: at(find(document, to)), value: Written::text(value) }])
}

fn remove(text: &str, path: &str) -> String {
    changed(text, |document| vec![Change::Remove { key: key(document, path) }])
}

fn pool() -> Written {
    Written::reference("Pool")
}

#[test]
fn an_entry_comes_behind_the_others_in_block_form() {
    let text = "Role:\n  - Effect: Allow # c\n    Action: a # the action\n    # nothing more\n\n  - Effect: Deny\n";
    let expected = "Role:\n  - Effect: Allow # c\n    Action: a # the action\n    Condition:\n      StringEquals:\n        x.com:aud: !Ref Pool\n    # nothing more\n\n  - Effect: Deny\n";
    assert_eq!(put(text, "Role 0", "Condition StringEquals x.com:aud", pool()), expected);
    let below = "A:\n  Condition:\n    StringEquals:\n      y: z\nB: 1";
    let expected = "A:\n  Condition:\n    StringEquals:\n      y: z\n      x: !Ref Pool\nB: 1";
    assert_eq!(put(below, "A", "Condition StringEquals x", pool()), expected);
    assert_eq!(put("A:\n  b: 1", "A", "c", Written::Bool(false)), "A:\n  b: 1\n  c: false", "no line end at the end");
    assert_eq!(put("A:\n  b:\n  c:\n", "A", "d", pool()), "A:\n  b:\n  c:\n  d: !Ref Pool\n");
    assert_eq!(put("A:\r\n  b: 1\r\n", "A", "c d", pool()), "A:\r\n  b: 1\r\n  c:\r\n    d: !Ref Pool\r\n");
    let block = "A:\n  b: |\n    x\n    y\n\nC: 1\n";
    assert_eq!(put(block, "A", "c", pool()), "A:\n  b: |\n    x\n    y\n  c: !Ref Pool\n\nC: 1\n");
    let wide = "A:\n    b:\n        c: 1\n";
    assert_eq!(put(wide, "A", "d e", pool()), "A:\n    b:\n        c: 1\n    d:\n        e: !Ref Pool\n");
}

#[test]
fn an_entry_comes_behind_the_others_in_brackets() {
    assert_eq!(put("A: {b: 1}\n", "A", "c d", pool()), "A: {b: 1, c: {d: !Ref Pool}}\n");
    assert_eq!(put("A: { b: 1 }\n", "A", "c d", pool()), "A: { b: 1, c: { d: !Ref Pool } }\n");
    assert_eq!(put("A: {}\n", "A", "c", pool()), "A: {c: !Ref Pool}\n");
    assert_eq!(put("A: {b: 1, c}\n", "A", "d", pool()), "A: {b: 1, c, d: !Ref Pool}\n");
    assert_eq!(put("{\"A\":{\"b\":1}}", "A", "c d", pool()), "{\"A\":{\"b\":1,\"c\":{\"d\":{\"Ref\":\"Pool\"}}}}");
    let json = "{\n  \"A\": {\n    \"b\": 1\n  }\n}\n";
    let expected = "{\n  \"A\": {\n    \"b\": 1,\n    \"c\": {\n      \"d\": {\n        \"e\": { \"Ref\": \"Pool\" }\n      }\n    }\n  }\n}\n";
    assert_eq!(put(json, "A", "c d e", pool()).replace("{\"Ref\": \"Pool\"}", "{ \"Ref\": \"Pool\" }"), expected);
    let tabs = "{\n\t\"A\": {\n\t\t\"b\": 1\n\t}\n}\n";
    assert_eq!(
        put(tabs, "A", "c d", Written::text("x")),
        "{\n\t\"A\": {\n\t\t\"b\": 1,\n\t\t\"c\": {\n\t\t\t\"d\": \"x\"\n\t\t}\n\t}\n}\n"
    );
    let lines = "A: {\n  b: 1, # one\n  c: 2 # two\n}\n";
    assert_eq!(put(lines, "A", "d", pool()), "A: {\n  b: 1, # one\n  c: 2,\n  d: !Ref Pool # two\n}\n");
}

#[test]
fn a_value_becomes_a_list() {
    assert_eq!(append("A: sts:AssumeRole # c\n", "A", "sts:TagSession"), "A: [sts:AssumeRole, sts:TagSession] # c\n");
    assert_eq!(append("A: 'x'\n", "A", "y"), "A: ['x', y]\n");
    assert_eq!(append("A: a, b\n", "A", "y"), "A: ['a, b', y]\n");
    assert_eq!(append("{\"A\": \"x\"}", "A", "y"), "{\"A\": [\"x\", \"y\"]}");
    assert_eq!(append("{\"A\":\"x\"}", "A", "y"), "{\"A\":[\"x\",\"y\"]}");
    assert_eq!(append("A: !Ref x\n", "A", "y"), "-");
    assert_eq!(append("A: |\n  x\n", "A", "y"), "-");
}

#[test]
fn a_list_gets_longer() {
    assert_eq!(append("A:\n  - x # c\n  # d\nB: 1\n", "A", "y"), "A:\n  - x # c\n  - y\n  # d\nB: 1\n");
    assert_eq!(append("A:\n- x\nB: 1\n", "A", "y"), "A:\n- x\n- y\nB: 1\n");
    assert_eq!(append("A: [x]\n", "A", "y"), "A: [x, y]\n");
    assert_eq!(append("A: []\n", "A", "y"), "A: [y]\n");
    assert_eq!(append("{\n  \"A\": [\n    \"x\"\n  ]\n}", "A", "y"), "{\n  \"A\": [\n    \"x\",\n    \"y\"\n  ]\n}");
    assert_eq!(append("A:\n  - !Ref x\n", "A", "12"), "A:\n  - !Ref x\n  - '12'\n");
    assert_eq!(append("A: !Split [x, y]\n", "A", "y"), "-");
}

#[test]
fn a_value_keeps_its_quotes() {
    let set = |text: &str, path: &str, value: Written| {
        changed(text, |document| vec![Change::Set { at: at(find(document, path)), value }])
    };
    assert_eq!(set("A: 'x' # c\n", "A", Written::text("it's")), "A: 'it''s' # c\n");
    assert_eq!(set("A: \"x\"\n", "A", Written::text("y")), "A: \"y\"\n");
    assert_eq!(set("A: x\n", "A", Written::text("*y")), "A: '*y'\n");
    assert_eq!(set("A: x\n", "A", Written::text("123")), "A: '123'\n");
    assert_eq!(set("A: !Ref x\n", "A", pool()), "A: !Ref Pool\n");
    assert_eq!(set("A: x\n", "A", Written::attribute("R", "Arn")), "A: !GetAtt R.Arn\n");
    assert_eq!(set("{\"A\": [1]}", "A", Written::attribute("R", "Arn")), "{\"A\": {\"Fn::GetAtt\": [\"R\", \"Arn\"]}}");
    let sub = || Written::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root");
    assert_eq!(set("A: x\n", "A", sub()), "A: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:root\n");
    assert_eq!(set("{A: x}\n", "A", sub()), "{A: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'}\n");
}

#[test]
fn a_key_gets_another_name() {
    let rename = |text: &str, path: &str, name: &str| {
        changed(text, |document| vec![Change::Rename { key: key(document, path), name: name.to_owned() }])
    };
    assert_eq!(
        rename("A:\n  StringEquals: {a: b}\n", "A StringEquals", "ForAnyValue:StringEquals"),
        "A:\n  ForAnyValue:StringEquals: {a: b}\n"
    );
    assert_eq!(rename("{\"A\": 1}", "A", "B"), "{\"B\": 1}");
    assert_eq!(rename("{A: 1, B: 2}", "A", "B"), "-", "there is one already");
}

#[test]
fn an_entry_goes() {
    assert_eq!(remove("A:\n  b: 1 # one\n  c: 2\n", "A b"), "A:\n  c: 2\n");
    assert_eq!(remove("A:\n  b: 1\n  c:\n    - 2\n    - 3\nD: 1\n", "A c"), "A:\n  b: 1\nD: 1\n");
    assert_eq!(remove("A:\n  - b: 1\n    c: 2\n", "A 0 b"), "A:\n  - c: 2\n");
    assert_eq!(remove("A: {b: 1, c: 2}\n", "A b"), "A: {c: 2}\n");
    assert_eq!(remove("A: {b: 1, c: 2}\n", "A c"), "A: {b: 1}\n");
    assert_eq!(
        remove("{\n  \"A\": {\n    \"b\": 1,\n    \"c\": 2\n  }\n}", "A c"),
        "{\n  \"A\": {\n    \"b\": 1\n  }\n}"
    );
    assert_eq!(remove("A: {b: 1}\n", "A b"), "-", "what is left would be empty");
}

#[test]
fn a_member_goes() {
    let drop = |text: &str, path: &str| changed(text, |document| vec![Change::Drop { at: at(find(document, path)) }]);
    assert_eq!(drop("A: # a\n  - b # one\n  # two\n  - c\n", "A 0"), "A: # a\n  # two\n  - c\n");
    assert_eq!(drop("A:\r\n- b\r\n- c\r\nD: 1\r\n", "A 1"), "A:\r\n- b\r\nD: 1\r\n");
    assert_eq!(drop("A:\n  - b: 1\n    c: 2\n  - d", "A 0"), "A:\n  - d");
    assert_eq!(drop("A:\n  - b\n  - ''", "A 1"), "A:\n  - b\n");
    assert_eq!(drop("- - a\n  - b\n- c\n", "0 0"), "- - b\n- c\n");
    assert_eq!(drop("A: [b, '', c]\n", "A 1"), "A: [b, c]\n");
    assert_eq!(drop("A: [ b, '' ]\n", "A 1"), "A: [ b ]\n");
    assert_eq!(drop("A: ['', b]\n", "A 0"), "A: [b]\n");
    assert_eq!(drop("{\"A\":[\"b\",\"\"]}", "A 1"), "{\"A\":[\"b\"]}");
    let json = "{\n  \"A\": [\n    \"b\",\n    \"\"\n  ]\n}";
    assert_eq!(drop(json, "A 1"), "{\n  \"A\": [\n    \"b\"\n  ]\n}");
    assert_eq!(drop(json, "A 0"), "{\n  \"A\": [\n    \"\"\n  ]\n}");
    for (text, path) in [
        ("A: [b]\n", "A 0"),
        ("A: !If [C, '', b]\n", "A 1"),
        ("A: {'Fn::If': [C, '', b]}\n", "A Fn::If 1"),
        ("A: [\n  b, # one\n  c\n]\n", "A 0"),
        ("A: [&x b, c]\n", "A 0"),
        ("A:\n  - # why\n    b\n  - c\n", "A 0"),
    ] {
        assert_eq!(drop(text, path), "-", "{text}");
    }
}

/// The members of a list in another order.
fn ordered(text: &str, list: &str, order: &[usize]) -> String {
    changed(text, |document| {
        let member = |index: usize| at(find(document, list).items().nth(index).unwrap());
        let moves = order.iter().enumerate().filter(|(to, from)| to != *from);
        moves.map(|(to, from)| Change::Copy { at: member(to), from: member(*from) }).collect()
    })
}

#[test]
fn members_change_places_line_for_line() {
    let text = "A:\n  - b: 1 # one\n    c: 2\n  - !Ref X\n  - d\nE: 1\n";
    assert_eq!(ordered(text, "A", &[2, 0, 1]), "A:\n  - d\n  - b: 1 # one\n    c: 2\n  - !Ref X\nE: 1\n");
    assert_eq!(ordered("A: [{b: 1}, c]\n", "A", &[1, 0]), "A: [c, {b: 1}]\n");
    assert_eq!(ordered("[\n  {\n    \"a\": 1\n  },\n  2\n]", "", &[1, 0]), "[\n  2,\n  {\n    \"a\": 1\n  }\n]");
    assert_eq!(ordered("A: [&a b, *a]\n", "A", &[1, 0]), "-", "the name would be used before it is there");
}

/// An entry goes from one mapping into another, and then what it was in.
fn taken(text: &str, into: &str, entry: &str, rest: &str) -> String {
    changed(text, |document| {
        let take = Change::Take { into: at(find(document, into)), entry: key(document, entry) };
        vec![take, Change::Remove { key: key(document, rest) }]
    })
}

#[test]
fn an_entry_moves_as_it_is_written() {
    let text = "R:\n  A:\n    P:\n      b: 1\n  C:\n    P:\n      d: # why\n        - !Ref X\nE: 1\n";
    let expected = "R:\n  A:\n    P:\n      b: 1\n      d: # why\n        - !Ref X\nE: 1\n";
    assert_eq!(taken(text, "R A P", "R C P d", "R C"), expected);
    let first = "R:\n  C: {P: {d: 1}}\n  A: {P: {b: 1}}\n";
    assert_eq!(taken(first, "R A P", "R C P d", "R C"), "R:\n  A: {P: {b: 1, d: 1}}\n");
    let deeper = "R:\n  A:\n    P:\n      b: 1\n  C:\n      P:\n        d: 1\n";
    assert_eq!(taken(deeper, "R A P", "R C P d", "R C"), "-", "another column");
}

#[test]
fn what_others_share_or_a_function_makes_stays() {
    assert_eq!(put("A: &a {b: 1}\nC: *a\n", "A", "d", pool()), "-");
    assert_eq!(put("A: &a\n  b: {c: 1}\nC: *a\n", "A b", "d", pool()), "-");
    assert_eq!(put("A: {'Fn::If': [X, {b: 1}, {}]}\n", "A", "d", pool()), "-");
    assert_eq!(put("A: {b: !If [X, {b: 1}, {}]}\n", "A", "b d", pool()), "-");
    assert_eq!(
        put("A: {b: {'Fn::If': [X, {b: 1}, {}]}}\n", "A b Fn::If 1", "d", pool()),
        "A: {b: {'Fn::If': [X, {b: 1, d: !Ref Pool}, {}]}}\n"
    );
}

#[test]
fn a_change_beside_the_one_that_was_meant_is_seen() {
    let before = parse(FileId(0), &Arc::from("A:\n  b: 1\nC: 2\n"), "t.yaml");
    let changes = [Change::Put { into: at(find(&before, "A")), path: vec!["d".to_owned()], value: pool() }];
    let says = |text: &str| {
        let after = parse(FileId(0), &Arc::from(text), "t.yaml");
        Editor::of(&before).unwrap().differ_by(&after, &changes)
    };
    assert!(says("A:\n  b: 1\n  d: !Ref Pool\nC: 2\n"));
    assert!(says("{A: {b: 1, d: {Ref: Pool}}, C: 2}"), "however it is written");
    for wrong in ["A:\n  b: 1\n  d: !Ref Pool\nC: 3\n", "A:\n  b: '1'\n  d: !Ref Pool\nC: 2\n", "A:\n  b: 1\nC: 2\n"] {
        assert!(!says(wrong), "{wrong}");
    }
}
