//! A policy and a request as JSON: one line of `rolecall eval`, or a finding's witness (interface, `eval`).
//! What is not understood is a fault and never passed over: a mistyped name must not change an answer.

use std::collections::HashSet;

use super::{Carried, Policy, PrincipalKind, Request, read};
use crate::source::Span;
use crate::syntax::{Document, Kind, Node, Scalar};
use crate::value::{Text, Truth, Why, as_written};

/// A policy and a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The policy. One in which no statement names a principal is the policy of an identity.
    pub policy: Policy,
    /// The request.
    pub request: Request,
}

/// Why a line is no question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A sentence without its full stop.
    pub message: String,
    /// Where in the line.
    pub span: Span,
}

impl Fault {
    fn at(node: Node<'_>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: node.span() }
    }
}

/// Fields of a line.
const FIELDS: [&str; 6] = ["id", "policy", "principal", "action", "resource", "context"];
/// Fields that say something about a question and are no part of it: a witness has them, and tests.
const REMARKS: [&str; 10] =
    ["class", "substitution", "decision", "by", "assumes", "awsAlsoRefuses", "expect", "group", "why", "comment"];
/// Fields of a request that stands by itself, as in a witness.
const REQUEST: [&str; 4] = ["principal", "action", "resource", "context"];
/// Elements of a policy (IAM User Guide, grammar of the policy language).
const POLICY: [&str; 3] = ["Version", "Id", "Statement"];
/// Elements of a statement.
const STATEMENT: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Reads a line.
///
/// # Errors
/// What is wrong with it, and where.
pub fn question(line: &Document) -> Result<Question, Fault> {
    let root = readable(line)?;
    let nested = root.get("request");
    let known = |name: &str| {
        let own = if nested.is_some() { ["id", "policy", "request"].contains(&name) } else { FIELDS.contains(&name) };
        own || REMARKS.contains(&name)
    };
    only(root, &FIELDS, known, "line")?;
    let holder = nested.unwrap_or(root);
    if let Some(request) = nested {
        mapping(request, "request")?;
        only(request, &REQUEST, |name| REQUEST.contains(&name), "request")?;
    }
    let policy = policy(required(root, "policy")?)?;
    Ok(Question { policy, request: request(holder)? })
}

/// The answer that a line expects, if it says so; `?` is none.
///
/// # Errors
/// Where it expects what is no answer.
pub fn expected(line: &Document) -> Result<Option<Truth>, Fault> {
    let Some(expect) = line.root().and_then(|root| root.get("expect")) else { return Ok(None) };
    match expect.scalar() {
        Some(Scalar::Text("Allow")) => Ok(Some(Truth::True)),
        Some(Scalar::Text("Deny")) => Ok(Some(Truth::False)),
        Some(Scalar::Text("Unknown")) => Ok(Some(Truth::Unknown)),
        Some(Scalar::Text("?")) => Ok(None),
        _ => Err(Fault::at(expect, "what is expected is one of Allow, Deny, Unknown or ?")),
    }
}

/// The id of a line as JSON; null where it has none, or is not read.
pub fn id(line: &Document) -> String {
    let id = line.root().filter(|root| root.kind() == Kind::Mapping).and_then(|root| root.get("id"));
    match id.and_then(|id| Some((id, id.scalar()?))) {
        Some((_, Scalar::Text(text))) => serde_json::Value::from(text).to_string(),
        // Words and numbers of JSON as they stand there.
        Some((id, _)) => id.span().of(line.text()).to_owned(),
        None => "null".to_owned(),
    }
}

/// The line as one object in which every key stands once.
fn readable(line: &Document) -> Result<Node<'_>, Fault> {
    if let Some(error) = line.errors().first() {
        return Err(Fault { message: error.message.clone(), span: error.span });
    }
    let root = line.root().ok_or(Fault { message: "the line is empty".into(), span: Span::at(0) })?;
    mapping(root, "line")?;
    if let Some((later, _)) = line.duplicate_keys().first() {
        return Err(Fault::at(*later, format!("{} stands here twice", name(*later))));
    }
    Ok(root)
}

fn name(key: Node<'_>) -> String {
    format!("{:?}", key.text().unwrap_or_default())
}

fn mapping(node: Node<'_>, what: &str) -> Result<(), Fault> {
    if node.kind() == Kind::Mapping { Ok(()) } else { Err(Fault::at(node, format!("the {what} is no object"))) }
}

fn required<'d>(holder: Node<'d>, name: &str) -> Result<Node<'d>, Fault> {
    holder.get(name).ok_or_else(|| Fault::at(holder, format!("{name:?} is missing")))
}

/// Refuses fields that are not known, with the one that was perhaps meant.
fn only(object: Node<'_>, fields: &[&str], known: impl Fn(&str) -> bool, what: &str) -> Result<(), Fault> {
    for (key, _) in object.own_entries() {
        let text = key.text().unwrap_or_default();
        if known(text) {
            continue;
        }
        let near = fields.iter().find(|field| is_near(field, text));
        let meant = near.map(|field| format!("; is {field:?} meant?")).unwrap_or_default();
        return Err(Fault::at(key, format!("{} is no field of a {what}{meant}", name(key))));
    }
    Ok(())
}

/// Whether two names differ in case, or in at most two characters that stand side by side.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let shorter = a.len().min(b.len());
    let front = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let back = a[front..].iter().rev().zip(b[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let differ = a.len().max(b.len()) - front - back;
    differ == 0 || (differ <= 2 && 2 * differ < shorter)
}

fn policy(node: Node<'_>) -> Result<Policy, Fault> {
    mapping(node, "policy")?;
    only(node, &POLICY, |name| POLICY.contains(&name), "policy")?;
    let statements = required(node, "Statement")?;
    let list: Vec<Node<'_>> =
        if statements.kind() == Kind::Sequence { statements.items().collect() } else { vec![statements] };
    for statement in list {
        mapping(statement, "statement")?;
        only(statement, &STATEMENT, |name| STATEMENT.contains(&name), "statement")?;
    }
    let mut policy = read(&as_written(node));
    policy.of_identity = policy.names_no_principal();
    Ok(policy)
}

fn request(holder: Node<'_>) -> Result<Request, Fault> {
    let context = match holder.get("context") {
        None => Vec::new(),
        Some(context) => {
            mapping(context, "context")?;
            self::context(context)?
        }
    };
    let resource = holder.get("resource").map(|resource| text(resource, "resource")).transpose()?;
    let unknown = || Text::Any(Why::Missing("the resource of the request".into()));
    let context = context.into_iter().map(|(key, carried)| (Text::known(key), carried)).collect();
    Ok(Request {
        principal: principal(required(holder, "principal")?)?,
        action: text(required(holder, "action")?, "action")?,
        resource: resource.map_or_else(unknown, Text::known),
        context,
    })
}

fn principal(node: Node<'_>) -> Result<(PrincipalKind, Text), Fault> {
    mapping(node, "principal")?;
    only(node, &["type", "value"], |name| ["type", "value"].contains(&name), "principal")?;
    let kind = required(node, "type")?;
    let parsed = PrincipalKind::parse(&text(kind, "type of a principal")?);
    let kinds = || PrincipalKind::ALL.map(PrincipalKind::name).join(", ");
    let kind = parsed.ok_or_else(|| Fault::at(kind, format!("the type of a principal is one of {}", kinds())))?;
    Ok((kind, Text::known(text(required(node, "value")?, "value of a principal")?)))
}

fn text(node: Node<'_>, what: &str) -> Result<String, Fault> {
    match node.scalar() {
        Some(Scalar::Text(text)) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(Fault::at(node, format!("the {what} is no text"))),
    }
}

/// Keys of a context that are compared one by one.
const FEW_KEYS: usize = 32;

/// What the request carries; names of keys compare without case, so that two may be one.
fn context(node: Node<'_>) -> Result<Vec<(String, Carried)>, Fault> {
    let twice = |key| Err(Fault::at(key, format!("{} stands here twice, in another case", name(key))));
    let mut context: Vec<(String, Carried)> = Vec::new();
    // Of few keys each is held against the others; of many they are kept in one case.
    let mut folded = HashSet::new();
    for (key, value) in node.own_entries() {
        let text = key.text().unwrap_or_default();
        let few = context.len() < FEW_KEYS;
        let is_there = few && context.iter().any(|(own, _)| own.eq_ignore_ascii_case(text));
        if context.len() == FEW_KEYS {
            folded.extend(context.iter().map(|(own, _)| own.to_ascii_lowercase()));
        }
        if is_there || (!few && !folded.insert(text.to_ascii_lowercase())) {
            return twice(key);
        }
        context.push((text.to_owned(), carried(value)?));
    }
    Ok(context)
}

/// A text is one value, a list several; numbers and words are taken as their text.
fn carried(node: Node<'_>) -> Result<Carried, Fault> {
    match node.kind() {
        Kind::Sequence => Ok(Carried::Many(node.items().map(value).collect::<Result<_, _>>()?)),
        _ => value(node).map(Carried::One),
    }
}

fn value(node: Node<'_>) -> Result<Text, Fault> {
    match node.scalar() {
        Some(Scalar::Text(text) | Scalar::Number(text)) => Ok(Text::known(text)),
        Some(Scalar::Bool(value)) => Ok(Text::known(if value { "true" } else { "false" })),
        _ => Err(Fault::at(node, "a value of the context is a text, a number, true, false or a list of these")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_json;

    fn fault(line: &str) -> (String, usize) {
        let fault = question(&parse_json(FileId(0), &Arc::from(line))).expect_err(line);
        (fault.message, fault.span.start())
    }

    #[test]
    fn what_is_not_understood_is_a_fault() {
        let good = r#"{"policy": {"Statement": []}, "principal": {"type": "AWS", "value": "x"}, "action": "a:b"}"#;
        assert!(question(&parse_json(FileId(0), &Arc::from(good))).is_ok());
        for (line, message, at) in [
            ("[]", "the line is no object", 0),
            (r#"{"policy": {}}"#, "\"Statement\" is missing", 11),
            (r#"{"policy": "x"}"#, "the policy is no object", 11),
            (r#"{"policy": {"Statement": []}}"#, "\"principal\" is missing", 0),
            (r#"{"principle": {}}"#, "\"principle\" is no field of a line; is \"principal\" meant?", 1),
            (r#"{"owner": {}}"#, "\"owner\" is no field of a line", 1),
            (r#"{"Policy": {}}"#, "\"Policy\" is no field of a line; is \"policy\" meant?", 1),
            (r#"{"contetx": {}}"#, "\"contetx\" is no field of a line; is \"context\" meant?", 1),
            (
                r#"{"policy": {"Statement": {"Conditon": {}}}}"#,
                "\"Conditon\" is no field of a statement; is \"Condition\" meant?",
                26,
            ),
            (r#"{"policy": {"Statement": [1]}}"#, "the statement is no object", 26),
            (r#"{"id": 1, "id": 2}"#, "\"id\" stands here twice", 10),
            (r#"{"request": {}, "action": "x"}"#, "\"action\" is no field of a line; is \"action\" meant?", 16),
        ] {
            assert_eq!(fault(line), (message.to_owned(), at), "{line}");
        }
        let change = |from: &str, to: &str| fault(&good.replace(from, to)).0;
        assert!(change("\"AWS\"", "\"Aws\"").contains("one of AWS, Service, Federated, CanonicalUser"));
        assert_eq!(change("\"a:b\"", "1"), "the action is no text");
        assert_eq!(change("\"a:b\"", "\"\""), "the action is no text");
        assert_eq!(change("\"a:b\"", r#""a:b", "resource": null"#), "the resource is no text");
        assert_eq!(change("\"a:b\"", r#""a:b", "context": []"#), "the context is no object");
        assert!(change("\"a:b\"", r#""a:b", "context": {"k": {}}"#).starts_with("a value of the context"));
        assert!(change("\"a:b\"", r#""a:b", "context": {"k": null}"#).starts_with("a value of the context"));
        assert!(change("\"a:b\"", r#""a:b", "context": {"k": "", "K": ""}"#).ends_with("twice, in another case"));
        for last in ["K0", "K31", "K32", "K39"] {
            let keys: String = (0..40).map(|at| format!("\"k{at}\": \"\", ")).collect();
            let context = format!(r#""a:b", "context": {{{keys}"{last}": ""}}"#);
            assert_eq!(change("\"a:b\"", &context), format!("\"{last}\" stands here twice, in another case"));
        }
    }

    #[test]
    fn ids_as_they_are_written() {
        for (line, expected) in [
            (r#"{"id": "a\n\"b"}"#, r#""a\n\"b""#),
            (r#"{"id": 1.50}"#, "1.50"),
            (r#"{"id": 123456789012345678901}"#, "123456789012345678901"),
            (r#"{"id": true}"#, "true"),
            (r#"{"id": null}"#, "null"),
            (r#"{"id": {}}"#, "null"),
            ("{}", "null"),
            ("[]", "null"),
            (r#"{"id": 7, "policy": "#, "7"),
        ] {
            assert_eq!(id(&parse_json(FileId(0), &Arc::from(line))), expected, "{line}");
        }
    }

    #[test]
    fn what_a_request_carries() {
        let line = r#"{"policy": {"Statement": []}, "principal": {"type": "AWS", "value": "x"}, "action": "a:b",
            "context": {"a": "t", "b": 1.50, "c": true, "d": ["x", 2, false], "e": [], "f": ["y"]}}"#;
        let question = question(&parse_json(FileId(0), &Arc::from(line))).unwrap();
        let one = |text: &str| Carried::One(Text::known(text));
        let many = |texts: &[&str]| Carried::Many(texts.iter().map(|text| Text::known(*text)).collect());
        let expected = [one("t"), one("1.50"), one("true"), many(&["x", "2", "false"]), many(&[]), many(&["y"])];
        let found: Vec<Carried> = question.request.context.into_iter().map(|(_, carried)| carried).collect();
        assert_eq!(found, expected);
    }
}
