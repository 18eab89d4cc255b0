//! A policy and a request as JSON: one line of `rolecall eval`, or a finding's witness (interface, `eval`).
//! What is not understood is a fault and never passed over: a mistyped name must not change an answer.

use std::collections::HashSet;

use super::{Carried, Policy, Request, asked, grammar, read};
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
    pub(super) fn at(node: Node<'_>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: node.span() }
    }
}

/// Fields of a line.
const FIELDS: [&str; 7] = ["id", "policy", "principal", "action", "resource", "context", "expect"];
/// Fields of a line that has its request by itself, as a witness does.
const NESTED: [&str; 4] = ["id", "policy", "request", "expect"];
/// Fields of such a request.
const REQUEST: [&str; 4] = ["principal", "action", "resource", "context"];
/// Remarks about a question.
const REMARKS: [&str; 3] = ["group", "why", "comment"];
/// What a witness says beside its question.
const WITNESS: [&str; 6] = ["class", "substitution", "decision", "by", "assumes", "awsAlsoRefuses"];

/// Reads a line. Policies and requests that somebody writes have the forms that AWS takes. In a witness they are
/// read as they were in the template, where what has another form is unknown.
///
/// # Errors
/// What is wrong with it, and where.
pub fn question(line: &Document) -> Result<Question, Fault> {
    question_about(None, line)
}

/// Reads the policy for lines that have none.
///
/// # Errors
/// What is wrong with it, and where.
pub fn policy_alone(document: &Document) -> Result<Policy, Fault> {
    let root = readable(document)?;
    grammar::policy(root)?;
    Ok(policy(root))
}

/// Reads a line; one without a policy is about the given one.
///
/// # Errors
/// As [`question`].
pub fn question_about(given: Option<&Policy>, line: &Document) -> Result<Question, Fault> {
    let root = readable(line)?;
    let nested = root.get("request");
    let is_witness = nested.is_some() && root.get("class").is_some();
    fields(root, nested.is_some(), is_witness)?;
    let holder = nested.unwrap_or(root);
    if let Some(request) = nested {
        mapping(request, "request")?;
        only(request, &REQUEST, |name| REQUEST.contains(&name), "request")?;
    }
    let policy = match (root.get("policy"), given) {
        (None, Some(given)) => given.clone(),
        _ => {
            let own = required(root, "policy")?;
            if is_witness { grammar::named(own) } else { grammar::policy(own) }?;
            self::policy(own)
        }
    };
    let request = request(holder)?;
    if !is_witness {
        asked::request(holder)?;
    }
    Ok(Question { policy, request })
}

/// Refuses fields that are not known, or that stand in the wrong place.
fn fields(root: Node<'_>, is_nested: bool, is_witness: bool) -> Result<(), Fault> {
    let own: &[&str] = if is_nested { &NESTED } else { &FIELDS };
    let is_known =
        |name: &str| own.contains(&name) || REMARKS.contains(&name) || (is_witness && WITNESS.contains(&name));
    for (key, _) in root.own_entries() {
        match key.text().unwrap_or_default() {
            name if is_known(name) => {}
            "decision" => {
                let message = "\"decision\" stands in answers and witnesses; what a test expects is its \"expect\"";
                return Err(Fault::at(key, message));
            }
            name if is_nested && REQUEST.contains(&name) => {
                return Err(Fault::at(key, format!("this line has \"request\": {name:?} belongs in there")));
            }
            _ => {}
        }
    }
    let fields: Vec<&str> = NESTED.into_iter().chain(FIELDS).collect();
    only(root, &fields, is_known, "line")
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
        // The parser knows files.
        return Err(Fault { message: error.message.replace("the file", "the line"), span: error.span });
    }
    let root = line.root().ok_or(Fault { message: "the line is empty".into(), span: Span::at(0) })?;
    if root.kind() == Kind::Sequence {
        return Err(Fault::at(root, "the line is a list; `jq -c '.[]'` makes a line of each member"));
    }
    mapping(root, "line")?;
    if let Some((later, _)) = line.duplicate_keys().first() {
        return Err(Fault::at(*later, format!("{} stands here twice", name(*later))));
    }
    Ok(root)
}

fn name(key: Node<'_>) -> String {
    format!("{:?}", key.text().unwrap_or_default())
}

pub(super) fn mapping(node: Node<'_>, what: &str) -> Result<(), Fault> {
    if node.kind() == Kind::Mapping { Ok(()) } else { Err(Fault::at(node, format!("the {what} is no object"))) }
}

pub(super) fn required<'d>(holder: Node<'d>, name: &str) -> Result<Node<'d>, Fault> {
    holder.get(name).ok_or_else(|| Fault::at(holder, format!("{name:?} is missing")))
}

/// Refuses fields that are not known, with the one that was perhaps meant.
pub(super) fn only(object: Node<'_>, fields: &[&str], known: impl Fn(&str) -> bool, what: &str) -> Result<(), Fault> {
    let Some((key, _)) = object.own_entries().find(|(key, _)| !known(key.text().unwrap_or_default())) else {
        return Ok(());
    };
    let meant = near(fields, key.text().unwrap_or_default());
    Err(Fault::at(key, format!("{} is no field of a {what}{meant}", name(key))))
}

/// Asks for the name that was perhaps meant, if there is one.
pub(super) fn near(names: &[&str], name: &str) -> String {
    let near = names.iter().filter_map(|known| Some((distance(known, name)?, known)));
    let near = near.min_by_key(|(distance, _)| *distance);
    near.map(|(_, near)| format!("; is {near:?} meant?")).unwrap_or_default()
}

/// In how many characters that stand side by side two names differ, case aside; nothing for more than two, or for
/// half of a name.
pub fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let shorter = a.len().min(b.len());
    let front = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let back = a[front..].iter().rev().zip(b[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let differ = a.len().max(b.len()) - front - back;
    (differ == 0 || (differ <= 2 && 2 * differ < shorter)).then_some(differ)
}

fn policy(node: Node<'_>) -> Policy {
    let mut policy = read(&as_written(node));
    policy.of_identity = policy.names_no_principal();
    policy
}

fn request(holder: Node<'_>) -> Result<Request, Fault> {
    let context = match holder.get("context") {
        None => Vec::new(),
        Some(context) => {
            mapping(context, "context")?;
            self::context(context)?
        }
    };
    let (kind, value) = asked::parts(required(holder, "principal")?)?;
    let resource = holder.get("resource").map(|resource| grammar::text(resource, "resource")).transpose()?;
    let unknown = || Text::Any(Why::Missing("the resource of the request".into()));
    let context = context.into_iter().map(|(key, carried)| (Text::known(key), carried)).collect();
    Ok(Request {
        principal: (kind, Text::known(grammar::text(value, "value of the principal")?)),
        action: grammar::text(required(holder, "action")?, "action")?.to_owned(),
        resource: resource.map_or_else(unknown, Text::known),
        context,
    })
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

    const GOOD: &str = r#"{"policy": {"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*"}},
        "principal": {"type": "AWS", "value": "111122223333"}, "action": "a:b"}"#;

    #[test]
    fn what_is_not_understood_is_a_fault() {
        assert!(question(&parse_json(FileId(0), &Arc::from(GOOD))).is_ok());
        for (line, message, at) in [
            ("[]", "the line is a list; `jq -c '.[]'` makes a line of each member", 0),
            ("5", "the line is no object", 0),
            (r#"{"policy": {"#, "the line ends inside a JSON value", 12),
            (r#"{"policy": {}}"#, "\"Statement\" is missing", 11),
            (r#"{"policy": "x"}"#, "the policy is no object", 11),
            (r#"{"id": 1}"#, "\"policy\" is missing", 0),
            (r#"{"principle": {}}"#, "\"principle\" is no field of a line; is \"principal\" meant?", 1),
            (r#"{"owner": {}}"#, "\"owner\" is no field of a line", 1),
            (r#"{"Policy": {}}"#, "\"Policy\" is no field of a line; is \"policy\" meant?", 1),
            (r#"{"contetx": {}}"#, "\"contetx\" is no field of a line; is \"context\" meant?", 1),
            (r#"{"expct": {}}"#, "\"expct\" is no field of a line; is \"expect\" meant?", 1),
            (r#"{"Expect": {}}"#, "\"Expect\" is no field of a line; is \"expect\" meant?", 1),
            (r#"{"expected": {}}"#, "\"expected\" is no field of a line; is \"expect\" meant?", 1),
            (r#"{"requst": {}}"#, "\"requst\" is no field of a line; is \"request\" meant?", 1),
            (r#"{"Id": {}}"#, "\"Id\" is no field of a line; is \"id\" meant?", 1),
            (r#"{"class": "x"}"#, "\"class\" is no field of a line", 1),
            (
                r#"{"decision": "Allow"}"#,
                "\"decision\" stands in answers and witnesses; what a test expects is its \"expect\"",
                1,
            ),
            (
                r#"{"policy": {"Statement": {"Conditon": {}}}}"#,
                "\"Conditon\" is no field of a statement; is \"Condition\" meant?",
                26,
            ),
            (r#"{"policy": {"Statement": [1]}}"#, "the statement is no object", 26),
            (r#"{"id": 1, "id": 2}"#, "\"id\" stands here twice", 10),
            (r#"{"request": {}, "action": "x"}"#, "this line has \"request\": \"action\" belongs in there", 16),
            (r#"{"request": {}, "contxt": {}}"#, "\"contxt\" is no field of a line; is \"context\" meant?", 16),
        ] {
            assert_eq!(fault(line), (message.to_owned(), at), "{line}");
        }
        assert_eq!(fault(&GOOD.replace("\"principal\"", "\"comment\"")).0, "\"principal\" is missing");
        let change = |from: &str, to: &str| fault(&GOOD.replace(from, to)).0;
        assert!(change("\"AWS\"", "\"Aws\"").contains("one of AWS, Service, Federated, CanonicalUser"));
        assert_eq!(change("\"a:b\"}", r#""a:b", "context": []}"#), "the context is no object");
        assert!(change("\"a:b\"}", r#""a:b", "context": {"k": {}}}"#).starts_with("a value of the context"));
        assert!(change("\"a:b\"}", r#""a:b", "context": {"k": null}}"#).starts_with("a value of the context"));
        assert!(change("\"a:b\"}", r#""a:b", "context": {"k": "", "K": ""}}"#).ends_with("twice, in another case"));
        for last in ["K0", "K31", "K32", "K39"] {
            let keys: String = (0..40).map(|at| format!("\"k{at}\": \"\", ")).collect();
            let context = format!(r#""a:b", "context": {{{keys}"{last}": ""}}}}"#);
            assert_eq!(change("\"a:b\"}", &context), format!("\"{last}\" stands here twice, in another case"));
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
        let context =
            r#""a:b", "context": {"a": "t", "b": 1.50, "c": true, "d": ["x", 2, false], "e": [], "f": ["y"]}}"#;
        let line = GOOD.replace("\"a:b\"}", context);
        let question = question(&parse_json(FileId(0), &Arc::from(line))).unwrap();
        let one = |text: &str| Carried::One(Text::known(text));
        let many = |texts: &[&str]| Carried::Many(texts.iter().map(|text| Text::known(*text)).collect());
        let expected = [one("t"), one("1.50"), one("true"), many(&["x", "2", "false"]), many(&[]), many(&["y"])];
        let found: Vec<Carried> = question.request.context.into_iter().map(|(_, carried)| carried).collect();
        assert_eq!(found, expected);
    }
}
