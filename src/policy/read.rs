//! From a value without choices to a policy. What cannot be read is opaque, never left out: an element
//! whose shape the grammar does not have (IAM User Guide, Grammar of the IAM JSON policy language) is
//! unknown, so that a Deny is never certain to deny nothing.

use super::{
    Actions, Base, Conditions, Effect, Emptiness, EmptyPrincipal, Operator, Policy, Principal, PrincipalKind,
    Principals, Quantifier, Resources, Statement, Test,
};
use crate::value::{At, Entry, Kind, Piece, Text, Value, Why};

/// Reads a policy document.
pub fn read(document: &Value) -> Policy {
    let (statements, at) = (Vec::new(), document.at);
    let mut policy = Policy { version: None, statements, opaque: false, may_allow_more: false, of_identity: false, at };
    let Kind::Map(_) = document.kind else {
        return Policy { opaque: !document.is_nothing(), ..policy };
    };
    policy.version = document.get("Version").and_then(Value::text);
    // A computed key could be any element.
    policy.opaque = document.entries().iter().any(|entry| entry.key.as_known().is_none());
    let Some(statements) = document.get("Statement") else { return policy };
    let listed = matches!(statements.kind, Kind::List(_));
    let single = std::slice::from_ref(statements);
    for value in if listed { statements.items() } else { single } {
        match value.kind {
            Kind::Map(_) => policy.statements.push(statement(value, policy.statements.len(), listed)),
            Kind::Absent => {}
            _ => policy.opaque = true,
        }
    }
    policy
}

fn statement(value: &Value, index: usize, listed: bool) -> Statement {
    let action = value.entry("Action").or_else(|| value.entry("NotAction"));
    let principal = value.entry("Principal").or_else(|| value.entry("NotPrincipal"));
    Statement {
        index,
        listed,
        sid: value.get("Sid").and_then(Value::text),
        effect: effect(value.get("Effect")),
        principals: all_principals(value),
        empty: principal.map(|entry| empty_principals(&entry.value)).unwrap_or_default(),
        principal_at: principal.map(|entry| entry.key_at),
        principal_value_at: principal.map(|entry| entry.value.at),
        not_principal_at: value.entry("NotPrincipal").map(|entry| entry.key_at),
        actions: all_actions(value),
        action_at: action.map(|entry| entry.key_at),
        action_value_at: action.map(|entry| entry.value.at),
        resources: all_resources(value),
        resource_at: value.entry("Resource").or_else(|| value.entry("NotResource")).map(|entry| entry.key_at),
        conditions: conditions(value.entry("Condition")),
        at: value.at,
    }
}

fn effect(value: Option<&Value>) -> Effect {
    match value.and_then(Value::text).as_ref().and_then(Text::as_known) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => Effect::Unknown,
    }
}

fn all_principals(statement: &Value) -> Principals {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(value), None) => principals(value).map_or(Principals::Unknown, Principals::Only),
        (None, Some(value)) => principals(value).map_or(Principals::Unknown, Principals::AllBut),
        (None, None) => Principals::Missing,
        (Some(_), Some(_)) => Principals::Unknown,
    }
}

/// The principals of an element; nothing where a part of it is not known.
fn principals(value: &Value) -> Option<Vec<Principal>> {
    match &value.kind {
        Kind::Text(text) => {
            let (value, at) = (text.clone(), value.at);
            Some(vec![Principal { kind: None, value, at, key_at: None, number: false }])
        }
        Kind::Map(entries) if !entries.is_empty() => {
            let mut all = Vec::new();
            for entry in entries.iter() {
                let kind = PrincipalKind::parse(entry.key.as_known()?)?;
                // The number of an account that stands without quotes becomes a text at deployment.
                let values = texts(&entry.value, Value::text).unwrap_or_else(|| vec![unread(&entry.value)]);
                let (numbers, key_at) = (numbers(&entry.value), Some(entry.key_at));
                all.extend(values.into_iter().map(|(value, at)| Principal {
                    kind: Some(kind),
                    value,
                    at,
                    key_at,
                    number: numbers.contains(&at),
                }));
            }
            Some(all)
        }
        _ => None,
    }
}

/// Where numbers stand in a value, or in a list.
fn numbers(value: &Value) -> Vec<At> {
    let members = std::iter::once(value).chain(value.items());
    members.filter(|member| matches!(member.kind, Kind::Number(_))).map(|member| member.at).collect()
}

/// The principals of an element that name nobody.
fn empty_principals(value: &Value) -> Vec<EmptyPrincipal> {
    let empty = |kind, value: &Value| {
        emptiness(kind, value).map(|what| EmptyPrincipal { kind, what, at: value.at }).into_iter().collect()
    };
    match &value.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            let mut found = Vec::new();
            for entry in entries.iter() {
                let kind = entry.key.as_known().and_then(PrincipalKind::parse);
                if kind.is_none() {
                    continue;
                }
                let members = entry.value.items();
                let whole: Vec<EmptyPrincipal> = empty(kind, &entry.value);
                found.extend(whole);
                found.extend(members.iter().flat_map(|member| empty(kind, member)));
            }
            found
        }
        _ => empty(None, value),
    }
}

fn emptiness(kind: Option<PrincipalKind>, value: &Value) -> Option<Emptiness> {
    match &value.kind {
        Kind::Null => Some(Emptiness::Null),
        Kind::List(items) if items.is_empty() => Some(Emptiness::List),
        Kind::Map(entries) if entries.is_empty() => Some(Emptiness::Map),
        Kind::Text(Text::Known(text)) if text.trim().is_empty() => Some(Emptiness::Blank),
        Kind::Text(text) if kind == Some(PrincipalKind::Service) && is_only_suffix(text) => Some(Emptiness::OnlySuffix),
        _ => None,
    }
}

/// Nothing stands before the first dot: `.amazonaws.com`, `.${AWS::URLSuffix}`.
fn is_only_suffix(text: &Text) -> bool {
    match text.pieces().as_deref() {
        Some([Piece::Literal(first), ..]) => first.starts_with('.'),
        _ => false,
    }
}

/// A text or a list of texts, as `read` has them. Nothing for other shapes, the empty list among them; a
/// member of another shape is unknown, beside others that are known.
fn texts(value: &Value, read: impl Fn(&Value) -> Option<Text>) -> Option<Vec<(Text, At)>> {
    match &value.kind {
        Kind::List(items) if items.is_empty() => None,
        Kind::List(items) => {
            let member = |item| read(item).map_or_else(|| unread(item), |text| (text, item.at));
            Some(items.iter().map(member).collect())
        }
        _ => Some(vec![(read(value)?, value.at)]),
    }
}

/// What stands for a value that is no text.
fn unread(value: &Value) -> (Text, At) {
    (Text::Any(Why::Intrinsic("a value in a policy that is no text".into())), value.at)
}

/// The text of an action or a resource, which is no number and no truth value.
fn plain(value: &Value) -> Option<Text> {
    if matches!(value.kind, Kind::Number(_) | Kind::Bool(_)) { None } else { value.text() }
}

fn all_actions(statement: &Value) -> Actions {
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(value), None) => texts(value, plain).map_or(Actions::Unknown, Actions::Only),
        (None, Some(value)) => texts(value, plain).map_or(Actions::Unknown, Actions::AllBut),
        _ => Actions::Unknown,
    }
}

fn all_resources(statement: &Value) -> Resources {
    match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(value), None) => texts(value, plain).map_or(Resources::Unknown, Resources::Only),
        (None, Some(value)) => texts(value, plain).map_or(Resources::Unknown, Resources::AllBut),
        (None, None) => Resources::Missing,
        (Some(_), Some(_)) => Resources::Unknown,
    }
}

/// Whether an operator asks that one of the request's values be among those of the test.
fn finds_one(operator: Operator) -> bool {
    operator.quantifier == Some(Quantifier::ForAny) && !operator.negated && operator.base != Base::Null
}

fn conditions(entry: Option<&Entry>) -> Conditions {
    let at = entry.map(|entry| entry.key_at);
    let mut conditions = Conditions { tests: Vec::new(), opaque: false, at, numbers: Vec::new() };
    let Some(entry) = entry else { return conditions };
    match &entry.value.kind {
        Kind::Map(operators) => operators.iter().for_each(|operator| tests(operator, &mut conditions)),
        _ => conditions.opaque = true,
    }
    conditions
}

fn tests(operator: &Entry, into: &mut Conditions) {
    let Kind::Map(keys) = &operator.value.kind else {
        into.opaque = true;
        return;
    };
    let parsed = operator.key.as_known().and_then(Operator::parse);
    for entry in keys.iter() {
        let values = match &entry.value.kind {
            // No value of a request is one of none, in whichever way an empty list is read.
            Kind::List(items) if items.is_empty() && parsed.is_some_and(finds_one) => Vec::new(),
            _ => texts(&entry.value, Value::text).unwrap_or_else(|| vec![unread(&entry.value)]),
        };
        into.numbers.extend(numbers(&entry.value));
        into.tests.push(Test {
            operator: parsed,
            operator_text: operator.key.clone(),
            key: entry.key.clone(),
            values,
            operator_at: operator.key_at,
            key_at: entry.key_at,
            values_at: entry.value.at,
        });
    }
}
