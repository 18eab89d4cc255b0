//! The grammar of policies, for those that somebody writes to ask about them: what AWS would refuse to store is a
//! fault with its place, and is never evaluated (IAM User Guide, Grammar of the IAM JSON policy language, and the
//! pages of the elements).

use super::question::{Fault, mapping, near, only, required};
use super::{Operator, PrincipalKind, operator as operators};
use crate::syntax::{Kind, Node, Scalar};

/// Elements of a policy.
const POLICY: [&str; 3] = ["Version", "Id", "Statement"];
/// Elements of a statement.
const STATEMENT: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
/// The versions of the language.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// Holds a policy against the grammar.
pub(super) fn policy(node: Node<'_>) -> Result<(), Fault> {
    named(node)?;
    if let Some(version) = node.get("Version") {
        self::version(version)?;
    }
    node.get("Id").map_or(Ok(()), |id| remark(id, "Id"))?;
    let statements = statements(node)?;
    if statements.is_empty() {
        return Err(Fault::at(required(node, "Statement")?, "a policy has one statement at least"));
    }
    for statement in &statements {
        self::statement(*statement)?;
    }
    kind(&statements)
}

/// Holds the names of a policy's elements against those that there are.
pub(super) fn named(node: Node<'_>) -> Result<(), Fault> {
    mapping(node, "policy")?;
    only(node, &POLICY, |name| POLICY.contains(&name), "policy")?;
    for statement in statements(node)? {
        mapping(statement, "statement")?;
        only(statement, &STATEMENT, |name| STATEMENT.contains(&name), "statement")?;
    }
    Ok(())
}

fn statements(policy: Node<'_>) -> Result<Vec<Node<'_>>, Fault> {
    let statements = required(policy, "Statement")?;
    Ok(if statements.kind() == Kind::Sequence { statements.items().collect() } else { vec![statements] })
}

fn version(node: Node<'_>) -> Result<(), Fault> {
    match node.scalar() {
        Some(Scalar::Text(text)) if VERSIONS.contains(&text) => Ok(()),
        Some(Scalar::Text(text)) => {
            Err(Fault::at(node, format!("there is no Version {text:?}; is \"2012-10-17\" meant?")))
        }
        _ => Err(Fault::at(node, "the Version is no text; is \"2012-10-17\" meant?")),
    }
}

/// Every kind of policy has Principal, Resource or both: a trust policy the first, the policy of an identity the
/// second, that of a resource both, or the first (IAM User Guide, Principal element; Resource element).
fn kind(statements: &[Node<'_>]) -> Result<(), Fault> {
    let has = |statement: &Node<'_>, name: &str| statement.get(name).or(statement.get(&format!("Not{name}"))).is_some();
    let nameless = statements.iter().find(|statement| !has(statement, "Principal"));
    let Some(nameless) = nameless else { return Ok(()) };
    if statements.iter().any(|statement| has(statement, "Principal")) {
        return Err(Fault::at(*nameless, "the statement has no Principal, though another statement has one"));
    }
    let Some(bare) = statements.iter().find(|statement| !has(statement, "Resource")) else { return Ok(()) };
    let message = "the statement has neither Principal nor Resource: a trust policy has the first, the policy of an \
                   identity the second";
    Err(Fault::at(*bare, message))
}

fn statement(node: Node<'_>) -> Result<(), Fault> {
    node.get("Sid").map_or(Ok(()), |sid| remark(sid, "Sid"))?;
    let effect = required(node, "Effect")?;
    if !matches!(effect.scalar(), Some(Scalar::Text("Allow" | "Deny"))) {
        return Err(Fault::at(effect, "the Effect is \"Allow\" or \"Deny\""));
    }
    if let Some((name, value)) = one_of(node, "Principal")? {
        principal(name, value)?;
    }
    let actions = one_of(node, "Action")?;
    if actions.is_none() {
        return Err(Fault::at(node, "the statement has neither Action nor NotAction"));
    }
    if let Some((name, value)) = actions {
        texts(value, name, "*\" or \"service:Action", is_action)?;
    }
    if let Some((name, value)) = one_of(node, "Resource")? {
        texts(value, name, "*\" or an ARN such as \"arn:aws:s3:::bucket/*", is_resource)?;
    }
    node.get("Condition").map_or(Ok(()), condition)
}

/// An element, or its `Not` form, if there is one.
fn one_of<'d>(statement: Node<'d>, name: &'static str) -> Result<Option<(String, Node<'d>)>, Fault> {
    let negated = format!("Not{name}");
    match (statement.get(name), statement.get(&negated)) {
        (Some(_), Some(other)) => Err(Fault::at(other, format!("a statement has {name} or {negated}, not both"))),
        (Some(value), None) => Ok(Some((name.to_owned(), value))),
        (None, value) => Ok(value.map(|value| (negated, value))),
    }
}

fn principal(name: String, node: Node<'_>) -> Result<(), Fault> {
    let form = || format!("the {name} is \"*\" or an object such as {{\"AWS\": \"111122223333\"}}");
    match node.scalar() {
        Some(Scalar::Text("*")) => return Ok(()),
        Some(Scalar::Text(text)) => {
            let kind = if text.contains(':') || !text.contains('.') { "AWS" } else { "Service" };
            let meant = format!("; is {{{kind:?}: {text:?}}} meant?");
            return Err(Fault::at(node, form() + if text.trim().is_empty() { "" } else { &meant }));
        }
        _ if node.kind() != Kind::Mapping => return Err(Fault::at(node, form())),
        _ => {}
    }
    let kinds = PrincipalKind::ALL.map(PrincipalKind::name);
    only(node, &kinds, |name| PrincipalKind::parse(name).is_some(), &name)?;
    let mut entries = node.own_entries().peekable();
    if entries.peek().is_none() {
        return Err(Fault::at(node, format!("the {name} names nobody")));
    }
    entries.try_for_each(|(key, value)| {
        texts(value, format!("{} of the {name}", key.text().unwrap_or_default()), "", |text| !text.trim().is_empty())
    })
}

/// A text, or a list of texts with one member at least, each of which is in order.
fn texts(node: Node<'_>, name: String, form: &str, is_right: impl Fn(&str) -> bool) -> Result<(), Fault> {
    let one = |node: Node<'_>| match node.scalar() {
        Some(Scalar::Text(text)) if is_right(text) => Ok(()),
        Some(Scalar::Text(text)) if form.is_empty() || text.trim().is_empty() => {
            Err(Fault::at(node, format!("the {name} is an empty text")))
        }
        Some(Scalar::Text(text)) => Err(Fault::at(node, format!("the {name} is no {text:?}, but \"{form}\""))),
        _ => Err(Fault::at(node, format!("the {name} is {}, but has to be a text or a list of texts", what(node)))),
    };
    if node.kind() != Kind::Sequence {
        return one(node);
    }
    let mut items = node.items().peekable();
    if items.peek().is_none() {
        return Err(Fault::at(node, format!("the {name} is an empty list")));
    }
    items.try_for_each(one)
}

/// A text that says something.
pub(super) fn text<'d>(node: Node<'d>, name: &str) -> Result<&'d str, Fault> {
    match node.scalar() {
        Some(Scalar::Text(text)) if text.trim().is_empty() => {
            Err(Fault::at(node, format!("the {name} is an empty text")))
        }
        Some(Scalar::Text(text)) => Ok(text),
        _ => Err(Fault::at(node, format!("the {name} is {}, but has to be a text", what(node)))),
    }
}

/// A text that may be empty.
fn remark(node: Node<'_>, name: &str) -> Result<(), Fault> {
    match node.scalar() {
        Some(Scalar::Text(_)) => Ok(()),
        _ => text(node, name).map(|_| ()),
    }
}

/// A value for people.
fn what(node: Node<'_>) -> &'static str {
    match (node.kind(), node.scalar()) {
        (Kind::Sequence, _) => "a list",
        (Kind::Mapping, _) => "an object",
        (_, Some(Scalar::Number(_))) => "a number",
        (_, Some(Scalar::Bool(_))) => "true or false",
        (_, Some(Scalar::Text(_))) => "a text",
        _ => "null",
    }
}

/// `*`, or a service and an action, with wildcards in either (IAM User Guide, Action element).
fn is_action(text: &str) -> bool {
    text == "*" || text.split_once(':').is_some_and(|(service, action)| !service.is_empty() && !action.is_empty())
}

/// `*` or an ARN (IAM User Guide, Resource element), or the short form that API Gateway completes (API Gateway
/// Developer Guide, Resource policy examples).
fn is_resource(text: &str) -> bool {
    text == "*" || text.starts_with("arn:") || text.starts_with("execute-api:/")
}

fn condition(node: Node<'_>) -> Result<(), Fault> {
    mapping(node, "Condition")?;
    for (key, keys) in node.own_entries() {
        let name = key.text().unwrap_or_default();
        operator(key, name)?;
        mapping(keys, name)?;
        for (key, values) in keys.own_entries() {
            values_of(key.text().unwrap_or_default(), values)?;
        }
    }
    Ok(())
}

/// A name of no operator. One in another case is undecided rather than a fault: no guide says whether case
/// counts.
fn operator(key: Node<'_>, name: &str) -> Result<(), Fault> {
    if Operator::parse(name).is_some() || operators::names().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let names: Vec<&str> = operators::names().collect();
    let meant = near(&names, name);
    Err(Fault::at(key, format!("{name:?} is no condition operator{meant}")))
}

/// A text, a number or a truth value, or a list of these with one member at least.
fn values_of(key: &str, node: Node<'_>) -> Result<(), Fault> {
    let one = |node: Node<'_>| match node.scalar() {
        Some(Scalar::Text(_) | Scalar::Number(_) | Scalar::Bool(_)) => Ok(()),
        _ => Err(Fault::at(
            node,
            format!("a value of {key:?} is {}, but has to be a text or a list of texts", what(node)),
        )),
    };
    if node.kind() != Kind::Sequence {
        return one(node);
    }
    let mut items = node.items().peekable();
    if items.peek().is_none() {
        return Err(Fault::at(node, format!("the list of values of {key:?} is empty")));
    }
    items.try_for_each(one)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value as Json, json};

    use crate::source::FileId;
    use crate::syntax::parse_json;

    /// What is wrong with a policy, and the text at which it is.
    fn fault(policy: &Json) -> Option<(String, String)> {
        let text = policy.to_string();
        let document = parse_json(FileId(0), &Arc::from(text.as_str()));
        let fault = super::policy(document.root().unwrap()).err()?;
        Some((fault.message, fault.span.of(&text).to_owned()))
    }

    /// A policy in which each of these elements has another value, or is gone where it is `"-"`.
    fn changed(changes: &[(&str, Json)]) -> Json {
        let mut statement = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"});
        for (name, value) in changes {
            if *value == json!("-") {
                statement.as_object_mut().unwrap().remove(*name);
            } else {
                statement[name] = value.clone();
            }
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    }

    #[test]
    fn each_element_has_the_shape_of_the_grammar() {
        let list = "the Resource is an empty list";
        for (name, value, says) in [
            ("Resource", json!(5), "the Resource is a number, but has to be a text or a list of texts"),
            ("Resource", json!(null), "the Resource is null, but"),
            ("Resource", json!([]), list),
            ("Resource", json!(["*", null]), "the Resource is null, but"),
            ("Resource", json!({"Ref": "X"}), "the Resource is an object, but"),
            ("Resource", json!(""), "the Resource is an empty text"),
            ("Resource", json!("b/*"), "the Resource is no \"b/*\", but \"*\" or an ARN"),
            ("NotResource", json!("*"), "a statement has Resource or NotResource, not both"),
            ("Resource", json!("-"), "the statement has neither Principal nor Resource"),
            ("Action", json!(null), "the Action is null, but"),
            ("Action", json!(true), "the Action is true or false, but"),
            ("Action", json!("GetObject"), "the Action is no \"GetObject\", but \"*\" or \"service:Action\""),
            ("Action", json!("-"), "the statement has neither Action nor NotAction"),
            ("NotAction", json!("s3:*"), "a statement has Action or NotAction, not both"),
            ("Effect", json!("deny"), "the Effect is \"Allow\" or \"Deny\""),
            ("Effect", json!(["Deny"]), "the Effect is \"Allow\" or \"Deny\""),
            ("Effect", json!("-"), "\"Effect\" is missing"),
            ("Sid", json!(5), "the Sid is a number, but has to be a text"),
            ("Principal", json!(null), "the Principal is \"*\" or an object such as"),
            ("Principal", json!([]), "the Principal is \"*\" or an object such as"),
            ("Principal", json!({}), "the Principal names nobody"),
            ("Principal", json!({"AWS": []}), "the AWS of the Principal is an empty list"),
            ("Principal", json!({"AWS": " "}), "the AWS of the Principal is an empty text"),
            ("Principal", json!({"AWS": 111122223333u64}), "the AWS of the Principal is a number, but"),
            ("Principal", json!({"Aws": "*"}), "\"Aws\" is no field of a Principal; is \"AWS\" meant?"),
            ("Principal", json!("arn:aws:iam::111122223333:root"), "the Principal is \"*\" or an object"),
            ("NotPrincipal", json!("lambda.amazonaws.com"), "the NotPrincipal is \"*\" or an object"),
            ("Condition", json!([]), "the Condition is no object"),
            ("Condition", json!(null), "the Condition is no object"),
            ("Condition", json!({"Boool": {}}), "\"Boool\" is no condition operator; is \"Bool\" meant?"),
            ("Condition", json!({"ForAnyValues:StringEquals": {}}), "is \"ForAnyValue:StringEquals\" meant?"),
            ("Condition", json!({"StringEquals": "a"}), "the StringEquals is no object"),
            ("Condition", json!({"StringEquals": {"a": null}}), "a value of \"a\" is null, but"),
            ("Condition", json!({"StringEquals": {"a": []}}), "the list of values of \"a\" is empty"),
            ("Condition", json!({"StringEquals": {"a": ["b", {}]}}), "a value of \"a\" is an object, but"),
        ] {
            let policy = changed(&[(name, value.clone())]);
            let (message, _) = fault(&policy).unwrap_or_else(|| panic!("{policy} is taken"));
            assert!(message.contains(says), "{policy}: {message}");
        }
        let (message, at) = fault(&changed(&[("NotPrincipal", json!("lambda.amazonaws.com"))])).unwrap();
        assert!(message.ends_with("; is {\"Service\": \"lambda.amazonaws.com\"} meant?"), "{message}");
        assert_eq!(at, "\"lambda.amazonaws.com\"");
    }

    #[test]
    fn what_aws_takes_is_no_fault() {
        for changes in [
            vec![],
            vec![("Sid", json!(""))],
            vec![("Principal", json!("*"))],
            vec![
                ("Principal", json!({"AWS": ["111122223333", "*"], "Service": "a.amazonaws.com"})),
                ("Resource", json!("-")),
            ],
            vec![("Action", json!(["*", "s3:Get*"]))],
            vec![("Resource", json!("arn:aws:s3:::b/${aws:username}/*"))],
            vec![("Resource", json!("execute-api:/*"))],
            vec![("Condition", json!({}))],
            vec![(
                "Condition",
                json!({"Bool": {"a": true}, "NumericEquals": {"b": [1, "2"]}, "StringEquals": {"c": ""}}),
            )],
            // Whether case counts is not documented.
            vec![("Condition", json!({"stringequals": {"a": "b"}}))],
        ] {
            let policy = changed(&changes);
            assert_eq!(fault(&policy), None, "{policy}");
        }
    }

    #[test]
    fn a_policy_is_of_one_kind_and_one_version() {
        let plain = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        let named = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*"});
        for (policy, says) in [
            (json!({"Statement": [plain, named]}), "the statement has no Principal, though another statement has one"),
            (json!({"Statement": []}), "a policy has one statement at least"),
            (
                json!({"Version": "2012-10-71", "Statement": plain}),
                "there is no Version \"2012-10-71\"; is \"2012-10-17\" meant?",
            ),
            (json!({"Version": 2012, "Statement": plain}), "the Version is no text; is \"2012-10-17\" meant?"),
            (json!({"Id": 1, "Statement": plain}), "the Id is a number, but has to be a text"),
        ] {
            assert_eq!(fault(&policy).map(|found| found.0).as_deref(), Some(says), "{policy}");
        }
        assert_eq!(fault(&json!({"Version": "2008-10-17", "Id": "", "Statement": named})), None);
    }
}
