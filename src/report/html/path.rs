//! The path from a token to a role, made from the proof: who asks, with what, which statement answers, the role.

use std::fmt::Write as _;

use serde_json::Value;

use super::text;
use crate::finding::{Finding, Witness};
use crate::policy::Carried;
use crate::value::{Text, Truth};

/// Entries of a step that are shown at most.
const MOST: usize = 6;
/// Keys among them that no test looks at.
const UNTESTED: usize = 3;

/// Keys that every call has, and that say nothing of who asks.
const COMMON: [&str; 3] = ["aws:PrincipalAccount", "aws:SecureTransport", "sts:RoleSessionName"];

/// Draws the path, a list whose entries stand in a row.
pub(super) fn path(finding: &Finding, witness: &Witness, page: &mut String) {
    let request = &witness.request;
    let statement = witness.by.as_deref().and_then(|by| statement(&witness.policy, by));
    let (principal, resource) = (&request.principal, known(&request.resource));
    *page += "<ol class=\"path\" role=\"list\" aria-label=\"The path from the token to the role\">\n";
    let _ = writeln!(
        page,
        "<li><b>Who</b> <span class=\"lead\">{}</span><span>{} <code>{}</code></span></li>",
        text(&witness.class),
        principal.0.name(),
        text(known(&principal.1))
    );
    let _ = write!(page, "<li><b>Asks with</b> <code class=\"lead\">{}</code>", text(&request.action));
    carried(witness, statement, page);
    *page += "</li>\n";
    answer(witness, statement, page);
    let id = finding.subject.logical_id.as_deref().filter(|_| resource.contains(":role/"));
    let lead = id.map(|id| format!("<code class=\"lead\">{}</code>", text(id))).unwrap_or_default();
    let name = if resource.contains(":role/") { "Role" } else { "Resource" };
    let _ = writeln!(page, "<li><b>{name}</b> {lead}<code>{}</code></li>\n</ol>", text(resource));
}

fn known(text: &Text) -> &str {
    text.as_known().unwrap_or_default()
}

/// The statement of a name such as `Statement[0]`; one that stands alone needs no list.
fn statement<'w>(policy: &'w Value, name: &str) -> Option<&'w Value> {
    let index: usize = name.strip_prefix("Statement[")?.split(']').next()?.parse().ok()?;
    match policy.get("Statement")? {
        Value::Array(statements) => statements.get(index),
        alone => (index == 0).then_some(alone),
    }
}

/// Operators and keys of a statement, with what they compare to.
fn conditions(statement: Option<&Value>) -> Vec<(&str, &str, &Value)> {
    let operators = statement.and_then(|statement| statement.get("Condition")).and_then(Value::as_object);
    let tests = |(operator, keys)| {
        let keys: Option<&serde_json::Map<String, Value>> = Value::as_object(keys);
        keys.into_iter().flatten().map(move |(key, value): (&String, &Value)| (operator, key.as_str(), value))
    };
    operators.into_iter().flatten().map(|(operator, keys)| (operator.as_str(), keys)).flat_map(tests).collect()
}

/// The keys of the request: those that the statement tests, then those it could test.
fn carried(witness: &Witness, statement: Option<&Value>, page: &mut String) {
    let tests = conditions(statement);
    // A value may name a key as well: a policy variable.
    let named: Vec<String> = tests.iter().map(|(.., value)| value.to_string().to_ascii_lowercase()).collect();
    let is_tested = |key: &str| {
        let variable = format!("${{{}", key.to_ascii_lowercase());
        tests.iter().any(|(_, tested, _)| tested.eq_ignore_ascii_case(key))
            || named.iter().any(|value| value.contains(&variable))
    };
    let mut keys: Vec<(bool, &str, &Carried)> = witness
        .request
        .context
        .iter()
        .map(|(key, carried)| (is_tested(known(key)), known(key), carried))
        .filter(|(is_tested, key, _)| *is_tested || !COMMON.contains(key))
        .collect();
    keys.sort_by_key(|(is_tested, ..)| !is_tested);
    if keys.is_empty() {
        return;
    }
    let tested = keys.iter().filter(|(is_tested, ..)| *is_tested).count();
    let shown = MOST.min(tested + UNTESTED);
    *page += "<ul>";
    for (is_tested, key, carried) in keys.iter().take(shown) {
        let mark = if *is_tested || statement.is_none() { "" } else { " <i>not tested</i>" };
        let _ = write!(page, "<li><code class=\"key\">{}</code> {}{mark}</li>", text(key), values(carried));
    }
    more(keys.len(), shown, page);
    *page += "</ul>";
}

/// What a key carries.
fn values(carried: &Carried) -> String {
    match carried.values() {
        [] => "nothing".to_owned(),
        values => {
            let mut shown: Vec<String> =
                values.iter().take(MOST).map(|value| format!("<code>{}</code>", text(known(value)))).collect();
            if values.len() > MOST {
                shown.push("…".to_owned());
            }
            shown.join(", ")
        }
    }
}

/// Which statement answers, how, and what it asks for.
fn answer(witness: &Witness, statement: Option<&Value>, page: &mut String) {
    let (class, says) = match witness.decision {
        Truth::True => ("in", "Is let in by"),
        Truth::False => ("out", "Is kept out by"),
        Truth::Unknown => ("open", "Is perhaps let in by"),
    };
    let by = witness.by.as_deref().map_or("no statement".to_owned(), text);
    let _ = write!(page, "<li class=\"{class}\"><b>{says}</b> <code class=\"lead\">{by}</code>");
    if let Some(sid) = statement.and_then(|statement| statement.get("Sid")).and_then(Value::as_str) {
        let _ = write!(page, "<span>Sid <code>{}</code></span>", text(sid));
    }
    let tests = conditions(statement);
    if statement.is_some() && tests.is_empty() {
        *page += "<span>without a condition</span>";
    }
    if !tests.is_empty() {
        *page += "<ul>";
        for (operator, key, value) in tests.iter().take(MOST) {
            let (operator, key) = (text(operator), text(key));
            let _ = write!(
                page,
                "<li><span class=\"key\">{operator} <code>{key}</code></span> <code>{}</code></li>",
                compared(value)
            );
        }
        more(tests.len(), MOST, page);
        *page += "</ul>";
    }
    *page += "</li>\n";
}

/// What a test compares to, without the quotes that a text needs in JSON.
fn compared(value: &Value) -> String {
    let Value::Array(values) = value else { return scalar(value) };
    let mut shown: Vec<String> = values.iter().take(MOST).map(scalar).collect();
    if values.len() > MOST {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// A value of a test; a policy has no deeper ones.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(one) => text(one),
        Value::Array(_) | Value::Object(_) => "…".to_owned(),
        other => text(&other.to_string()),
    }
}

/// How many entries behind those that are shown are left out.
fn more(count: usize, shown: usize, page: &mut String) {
    if count > shown {
        let _ = write!(page, "<li class=\"key\">and {} more</li>", count - shown);
    }
}
