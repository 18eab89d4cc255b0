//! Published trust-policy vectors through the evaluator: 132 by hand, each with its reason, and 2,000
//! generated ones on which three independent engines agree (see testdata/oracle/README.md).

use std::sync::Arc;

use rolecall::policy::{self, Question};
use rolecall::source::FileId;
use rolecall::syntax::{Node, parse_json};
use rolecall::value::{Symbols, Truth};

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
    let Question { policy, request } = policy::question(&document).unwrap_or_else(|fault| panic!("{line}: {fault:?}"));
    let found = policy::evaluate(&policy, &request, &Symbols::default()).truth;
    let root = document.root().unwrap();
    let text = |name: &str| root.get(name).and_then(Node::text).unwrap_or_default().to_owned();
    Vector { id: text("id"), group: text("group"), expect: text("expect"), found }
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
    let wrong = all.iter().filter(|vector| !agrees(vector)).map(|v| format!("{}: {:?}", v.id, v.found));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What a guide does not settle is not settled here either, but for points that are decided on purpose.
    let open = all.iter().filter(|vector| vector.expect == "?" && vector.found != Truth::Unknown);
    let decided: Vec<&str> = open.map(|vector| vector.id.as_str()).collect();
    assert_eq!(decided, ["bool-case", "arnlike-bare-star", "p-service-star-aws"]);
    for group in ["string", "set", "missing", "null", "principal", "notprincipal", "action", "effect", "var", "typed"] {
        assert!(all.iter().any(|vector| vector.group == group), "no vector of group {group}");
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
