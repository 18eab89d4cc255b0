//! One form for what is written in several, so that an expansion can be held against an expected output.
//!
//! Trust policies: functions in their long form, `Fn::GetAtt` as a list, and `${AWS::Partition}` in an
//! `Fn::Sub` by its value. Permissions besides: an only member of a list stands for the list; the order of
//! actions and resources, of statements, and of policies, repeated ones and the names of policies do not
//! count; nor do names of holes in `Fn::Sub`, a reference to a parameter with a default and that default,
//! and `Fn::If` of a condition and of its opposite that the transform made.

use rolecall::syntax::{Kind, Node, Scalar};
use rolecall::template::{Call, get_att};
use serde_json::{Map, Value, json};

/// Nesting that is followed.
const MOST_DEPTH: usize = 100;

/// A node as JSON, its functions in the long form.
pub fn json_of(node: Node<'_>, depth: usize) -> Value {
    if depth > MOST_DEPTH {
        return Value::Null;
    }
    let short = node.tag().filter(|tag| !tag.starts_with("!!"));
    match (short, Call::of(node)) {
        (Some(_), Some(call)) => {
            let name = if ["Ref", "Condition"].contains(&call.name) {
                call.name.to_owned()
            } else {
                format!("Fn::{}", call.name)
            };
            let argument = match get_att(call.argument).filter(|_| call.name == "GetAtt") {
                Some((resource, attribute)) => json!([resource, attribute]),
                None => plain(node, depth),
            };
            json!({ name: argument })
        }
        (None, Some(call)) if call.name == "GetAtt" => match get_att(call.argument) {
            Some((resource, attribute)) => json!({"Fn::GetAtt": [resource, attribute]}),
            None => plain(node, depth),
        },
        _ => plain(node, depth),
    }
}

fn plain(node: Node<'_>, depth: usize) -> Value {
    match node.kind() {
        Kind::Missing => Value::Null,
        Kind::Sequence => node.items().map(|item| json_of(item, depth + 1)).collect(),
        Kind::Mapping => {
            let entries = node.entries().into_iter();
            let entries =
                entries.map(|(key, value)| (key.text().unwrap_or_default().to_owned(), json_of(value, depth + 1)));
            Value::Object(entries.collect())
        }
        Kind::Scalar => match node.scalar() {
            None | Some(Scalar::Null) => Value::Null,
            Some(Scalar::Bool(value)) => Value::Bool(value),
            Some(Scalar::Number(text)) => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
            Some(Scalar::Text(text)) => json!(text),
        },
    }
}

/// `Fn::Sub` in one form, where the partition is known.
pub fn substituted(value: Value, partition: &str) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| substituted(item, partition)).collect(),
        Value::Object(entries) => {
            let entries: Map<String, Value> =
                entries.into_iter().map(|(key, value)| (key, substituted(value, partition))).collect();
            match (entries.get("Fn::Sub"), entries.get("Fn::GetAtt")) {
                (Some(Value::String(text)), _) if entries.len() == 1 => sub(text, partition),
                (_, Some(Value::String(text))) if entries.len() == 1 => match text.split_once('.') {
                    Some((resource, attribute)) => json!({ "Fn::GetAtt": [resource, attribute] }),
                    None => Value::Object(entries),
                },
                _ => Value::Object(entries),
            }
        }
        other => other,
    }
}

fn sub(text: &str, partition: &str) -> Value {
    let text = text.replace("${AWS::Partition}", partition);
    if text.contains("${") { json!({ "Fn::Sub": text }) } else { json!(text) }
}

/// Permissions in one form.
pub fn permissions(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(permissions).collect();
            if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
        }
        Value::Object(entries) => {
            let ordered = |key: &str, value: Value| match value {
                Value::Array(mut items) if ["Action", "Resource"].contains(&key) => {
                    items.sort_by_key(Value::to_string);
                    Value::Array(items)
                }
                other => other,
            };
            let entries = entries.into_iter().map(|(key, value)| {
                let value = ordered(&key, permissions(value));
                (key, value)
            });
            let entries: Map<String, Value> = entries.collect();
            if let Some([Value::String(condition), then, otherwise]) = entries.get("Fn::If").and_then(parts)
                && let Some(condition) = opposite(condition)
            {
                return json!({ "Fn::If": [condition, otherwise, then] });
            }
            match entries.get("Fn::Sub").and_then(parts) {
                Some(parts) => with_numbered_holes(parts),
                None => Value::Object(entries),
            }
        }
        other => other,
    }
}

fn parts(value: &Value) -> Option<&[Value]> {
    value.as_array().map(Vec::as_slice)
}

/// The condition whose opposite the transform made: `NOT`, its name, and ten digits of a hash.
fn opposite(condition: &str) -> Option<&str> {
    let name = condition.strip_prefix("NOT")?;
    let (name, hash) = name.split_at_checked(name.len().checked_sub(10)?)?;
    hash.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(name)
}

/// References to parameters by their defaults.
pub fn with_defaults(value: Value, parameters: &Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| with_defaults(item, parameters)).collect(),
        Value::Object(entries) => {
            let named = entries.get("Ref").and_then(Value::as_str).map(|name| &parameters[name]["Default"]);
            match named.filter(|default| !default.is_null()) {
                Some(default) => default.clone(),
                None => entries.into_iter().map(|(key, value)| (key, with_defaults(value, parameters))).collect(),
            }
        }
        other => other,
    }
}

fn with_numbered_holes(parts: &[Value]) -> Value {
    let [Value::String(text), Value::Object(holes)] = parts else { return json!({ "Fn::Sub": parts }) };
    if let Some(only) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).and_then(|name| holes.get(name))
    {
        return only.clone();
    }
    let mut text = text.clone();
    let mut places: Vec<(usize, &String)> =
        holes.keys().filter_map(|name| Some((text.find(&format!("${{{name}}}"))?, name))).collect();
    places.sort_unstable();
    let mut values = Vec::new();
    for (number, (_, name)) in places.into_iter().enumerate() {
        text = text.replace(&format!("${{{name}}}"), &format!("${{{number}}}"));
        values.push(holes[name].clone());
    }
    json!({ "Fn::Sub": [text, values] })
}

/// Members of a list, or one that stands for the list, in a fixed order and each once.
pub fn as_set(value: &Value) -> Vec<String> {
    let single = std::slice::from_ref(value);
    let items = match value {
        Value::Null => &[],
        Value::Array(items) => items.as_slice(),
        _ => single,
    };
    let mut texts: Vec<String> = items.iter().map(|item| permissions(item.clone()).to_string()).collect();
    texts.sort();
    texts.dedup();
    texts
}

/// The documents of a role's inline policies, without their names, each a set of statements.
pub fn documents(policies: &Value) -> Vec<String> {
    let single = std::slice::from_ref(policies);
    let items = match policies {
        Value::Null => &[],
        Value::Array(items) => items.as_slice(),
        _ => single,
    };
    let mut texts: Vec<String> = items.iter().map(|policy| document(policy).to_string()).collect();
    texts.sort();
    texts.dedup();
    texts
}

fn document(policy: &Value) -> Value {
    if let Some([condition, then, otherwise]) = policy["Fn::If"].as_array().map(Vec::as_slice) {
        return json!({ "Fn::If": [condition, document(then), document(otherwise)] });
    }
    match policy.get("PolicyDocument") {
        Some(written) if written["Statement"].is_array() => {
            json!([written["Version"], as_set(&written["Statement"])])
        }
        Some(written) => permissions(written.clone()),
        None => permissions(policy.clone()),
    }
}

#[cfg(test)]
mod tests {
    use rolecall::source::FileId;
    use rolecall::syntax::parse_yaml;

    use super::*;

    fn json(text: &str) -> Value {
        let doc = parse_yaml(FileId(0), &text.into());
        json_of(doc.root().unwrap(), 0)
    }

    #[test]
    fn functions_have_one_form() {
        assert_eq!(
            json("[!Ref A, !GetAtt A.B.C, !If [C, 1, 'x']]"),
            json!([{"Ref": "A"}, {"Fn::GetAtt": ["A", "B.C"]}, {"Fn::If": ["C", 1, "x"]}])
        );
        assert_eq!(json("{'Fn::GetAtt': A.B}"), json!({"Fn::GetAtt": ["A", "B"]}));
        let text = json!({"Fn::Sub": "arn:${AWS::Partition}:x"});
        assert_eq!(substituted(text, "aws-cn"), "arn:aws-cn:x");
    }

    #[test]
    fn permissions_that_say_the_same_are_the_same() {
        let same = |one: Value, other: Value| assert_eq!(permissions(one), permissions(other));
        same(json!({"Action": ["a", "b"], "Resource": ["r"]}), json!({"Action": ["b", "a"], "Resource": "r"}));
        same(json!({"Fn::Sub": ["${a}/*", {"a": "x"}]}), json!({"Fn::Sub": ["${b}/*", {"b": "x"}]}));
        same(json!({"Fn::Sub": ["${a}", {"a": "x"}]}), json!("x"));
        same(json!({"Fn::If": ["NOTC0123456789", 1, 2]}), json!({"Fn::If": ["C", 2, 1]}));
        assert_ne!(permissions(json!({"Fn::If": ["NOTC", 1, 2]})), permissions(json!({"Fn::If": ["C", 2, 1]})));
        assert_ne!(documents(&json!([{"PolicyDocument": {"Statement": []}}])), documents(&json!([])));
    }
}
