//! The policy language, element by element, against what the IAM User Guide says.

mod conditions;
mod elements;
mod principals;
mod unknown;

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Question, evaluate, question};
use crate::source::FileId;
use crate::syntax::parse_json;
use crate::value::{Symbols, Truth};

/// The question of a line, read as a witness is: what AWS would refuse is unknown, and no fault.
fn ask(line: &Json) -> Question {
    let request: serde_json::Map<String, Json> = ["principal", "action", "resource", "context"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), line.get(name)?.clone())))
        .collect();
    let line: Arc<str> = json!({"class": "test", "policy": line["policy"], "request": request}).to_string().into();
    question(&parse_json(FileId(0), &line)).unwrap_or_else(|fault| panic!("{line}: {fault:?}"))
}

/// What a policy of one statement with this Condition, without variables, says of a request that carries
/// this.
fn condition(block: Json, context: Json) -> Truth {
    with_version(json!("2012-10-17"), block, context)
}

fn with_version(version: Json, block: Json, context: Json) -> Truth {
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": block});
    decided(&json!({
        "policy": {"Version": version, "Statement": statement},
        "principal": {"type": "AWS", "value": "arn:aws:iam::111122223333:user/u"},
        "action": "s3:GetObject", "resource": "arn:aws:s3:::bucket/key", "context": context,
    }))
}

fn decided(line: &Json) -> Truth {
    let Question { policy, request } = ask(line);
    evaluate(&policy, &request, &Symbols::default()).truth
}
