//! Published trust-policy vectors through the evaluator: 132 by hand, each with its reason, and 2,000
//! generated ones on which three independent engines agree (see testdata/oracle/README.md).

use std::sync::Arc;

use rolecall::policy::{self, Carried, PrincipalKind, Request};
use rolecall::source::FileId;
use rolecall::syntax::{Kind, Node, parse_json};
use rolecall::value::{Symbols, Text, Truth, as_written};

/// Vectors in which a key is present with an empty text. The guide counts that as an empty set (IAM User
/// Guide, Multivalued context keys: "null data set"), and so does this evaluator; the three engines
/// count it as a value.
const EMPTY_TEXT: [&str; 5] = ["559", "911", "988", "1015", "1016"];

struct Vector {
    id: String,
    group: String,
    expect: String,
    found: Truth,
}

fn vectors(file: &str) -> Vec<Vector> {
    let path = format!("{}/testdata/oracle/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().lines().map(vector).collect()
}

fn vector(line: &str) -> Vector {
    let document = parse_json(FileId(0), &Arc::from(line));
    assert!(document.errors().is_empty(), "{line}");
    let root = document.root().unwrap();
    let text = |name: &str| root.get(name).and_then(Node::text).unwrap_or_default().to_owned();
    let policy = policy::read(&as_written(root.get("policy").unwrap()));
    let principal = root.get("principal").unwrap();
    let kind = PrincipalKind::parse(principal.get("type").unwrap().text().unwrap()).unwrap();
    let request = Request {
        principal: (kind, Text::known(principal.get("value").unwrap().text().unwrap())),
        action: text("action"),
        resource: Text::known(text("resource")),
        context: root.get("context").unwrap().own_entries().map(carried).collect(),
    };
    let found = policy::evaluate(&policy, &request, &Symbols::default()).truth;
    Vector { id: text("id"), group: text("group"), expect: text("expect"), found }
}

fn carried((key, value): (Node<'_>, Node<'_>)) -> (String, Carried) {
    let texts = |node: Node<'_>| node.items().map(|item| Text::known(item.text().unwrap_or_default())).collect();
    let carried = match value.kind() {
        Kind::Sequence => Carried::Many(texts(value)),
        _ => Carried::One(Text::known(value.text().unwrap_or_default())),
    };
    (key.text().unwrap_or_default().to_owned(), carried)
}

fn agrees(vector: &Vector) -> bool {
    match vector.expect.as_str() {
        "Allow" => vector.found == Truth::True,
        "Deny" => vector.found == Truth::False,
        _ => true,
    }
}

#[test]
fn hand_made_vectors_hold() {
    let all = vectors("trust-cases.jsonl");
    assert_eq!(all.len(), 132);
    let judged = || all.iter();
    let wrong: Vec<String> =
        judged().filter(|vector| !agrees(vector)).map(|v| format!("{}: {:?}", v.id, v.found)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What a guide does not settle is not settled here either, but for points that are decided on purpose.
    let open = judged().filter(|vector| vector.expect == "?" && vector.found != Truth::Unknown);
    let decided: Vec<&str> = open.map(|vector| vector.id.as_str()).collect();
    assert_eq!(decided, ["bool-case", "arnlike-bare-star"]);
    for group in ["string", "set", "missing", "null", "principal", "notprincipal", "action", "effect", "var", "typed"] {
        assert!(judged().any(|vector| vector.group == group), "no vector of group {group} was judged");
    }
}

#[test]
fn generated_vectors_are_never_wrong() {
    let all = vectors("trust-generated.jsonl");
    assert_eq!(all.len(), 2000);
    let opposite = |vector: &&Vector| !agrees(vector) && vector.found != Truth::Unknown;
    let wrong: Vec<&str> = all.iter().filter(opposite).map(|vector| vector.id.as_str()).collect();
    assert_eq!(wrong, EMPTY_TEXT);
    let undecided = all.iter().filter(|vector| vector.found == Truth::Unknown);
    let undecided: Vec<&str> = undecided.map(|vector| vector.id.as_str()).collect();
    assert!(undecided.is_empty(), "{undecided:?}");
}
