//! Pairs put to the evaluator of this project.

use rolecall::policy::{self, Carried as OwnCarried, Policy, Request};
use rolecall::source::{FileId, Place, Span};
use rolecall::value::{At, Entry, Kind, Symbols, Text, Truth, Value};

use super::pair::{Carried, Named, Pair, Statement, Test};

/// What stands for a text of a pair.
pub type Texts<'t> = &'t dyn Fn(&str) -> Text;

/// What is said of a pair.
pub fn decide(pair: &Pair) -> Truth {
    decide_with(pair, &|text| Text::known(text), &Symbols::default())
}

/// What is said of a pair in which `texts` stand for the texts: all but keys, the version, and the action that is
/// asked for.
pub fn decide_with(pair: &Pair, texts: Texts<'_>, symbols: &Symbols) -> Truth {
    policy::evaluate(&own_policy(pair, texts), &request(pair, texts), symbols).truth
}

/// What is said of a pair in which it is not known what the request carries for a key, nor whether it does.
pub fn decide_without(pair: &Pair, key: &str) -> Truth {
    let texts: Texts<'_> = &|text| Text::known(text);
    let mut request = request(pair, texts);
    request.context.retain(|(name, _)| name.as_known() != Some(key));
    request.context.push((Text::known(key), OwnCarried::Perhaps));
    policy::evaluate(&own_policy(pair, texts), &request, &Symbols::default()).truth
}

/// The policy of a pair.
fn own_policy(pair: &Pair, texts: Texts<'_>) -> Policy {
    let mut entries = Vec::new();
    if let Some(version) = &pair.version {
        entries.push(entry("Version", known(version)));
    }
    let statements = pair.statements.iter().map(|statement| statement_value(statement, texts));
    entries.push(entry("Statement", list(statements.collect())));
    policy::read(&map(entries))
}

fn request(pair: &Pair, texts: Texts<'_>) -> Request {
    let request = &pair.request;
    let carried = |carried: &Carried| match carried {
        Carried::One(value) => OwnCarried::One(texts(value)),
        Carried::Many(values) => OwnCarried::Many(values.iter().map(|value| texts(value)).collect()),
    };
    Request {
        principal: (request.kind, texts(&request.principal)),
        action: request.action.clone(),
        resource: texts(&request.resource),
        context: request.context.iter().map(|(key, value)| (Text::known(key.as_str()), carried(value))).collect(),
    }
}

fn statement_value(statement: &Statement, texts: Texts<'_>) -> Value {
    let key = |not: bool, name: &str| if not { format!("Not{name}") } else { name.to_owned() };
    let mut entries = vec![entry("Effect", known(if statement.allow { "Allow" } else { "Deny" }))];
    let principals = &statement.principals;
    let element = match principals.members.as_slice() {
        [Named { kind: None, value }] => text(texts(value)),
        members => kinds(members, texts),
    };
    entries.push(entry(&key(principals.not, "Principal"), element));
    let actions = statement.actions.members.iter().map(|action| text(texts(action)));
    entries.push(entry(&key(statement.actions.not, "Action"), list(actions.collect())));
    if let Some(resources) = &statement.resources {
        let members = resources.members.iter().map(|resource| text(texts(resource)));
        entries.push(entry(&key(resources.not, "Resource"), list(members.collect())));
    }
    if !statement.tests.is_empty() {
        let tests = statement.tests.iter().map(|test| test_entry(test, texts));
        entries.push(entry("Condition", map(tests.collect())));
    }
    map(entries)
}

/// The Principal element of principals with kinds, an entry for each.
fn kinds(members: &[Named], texts: Texts<'_>) -> Value {
    let entries = members.iter().filter_map(|named| Some(entry(named.kind?.name(), text(texts(&named.value)))));
    map(entries.collect())
}

fn test_entry(test: &Test, texts: Texts<'_>) -> Entry {
    let values = test.values.iter().map(|value| text(texts(value)));
    entry(&test.operator.text(), map(vec![entry(&test.key, list(values.collect()))]))
}

/// Values of this module stand nowhere.
fn at() -> At {
    At { place: Place { file: FileId(0), span: Span::new(0, 0) }, node: None }
}

fn text(text: Text) -> Value {
    Value::new(Kind::Text(text), at())
}

fn known(value: &str) -> Value {
    text(Text::known(value))
}

fn list(items: Vec<Value>) -> Value {
    Value::new(Kind::List(items.into()), at())
}

fn map(entries: Vec<Entry>) -> Value {
    Value::new(Kind::Map(entries.into()), at())
}

fn entry(key: &str, value: Value) -> Entry {
    Entry { key: Text::known(key), key_at: at(), value }
}
