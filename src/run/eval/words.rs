//! Why a policy says what it says, in a sentence: the statement, what it asks, what the request carries.

use crate::finding::shown;
use crate::policy::{
    Actions, Carried, Conjunct, Decision, NoValue, Policy, Principal, Principals, Question, Request, Resources,
};
use crate::policy::{Statement, Test, in_the_way, nearest_of, undecided, wanted_without_value, without_value};
use crate::value::{Symbols, Text, Truth};

/// The deciding statement, if there is one, and the sentence.
pub(super) struct Reason {
    pub(super) by: Option<String>,
    pub(super) why: String,
}

impl Reason {
    fn of(statement: &Statement, why: String) -> Self {
        Self { by: Some(statement.path()), why }
    }
}

/// Values of a list that are shown, and parts of a statement.
const MOST_SHOWN: usize = 3;

/// Why a question was decided so.
pub(super) fn reason(question: &Question, decision: &Decision) -> Reason {
    let Question { policy, request } = question;
    match decision.truth {
        Truth::True => allowed(policy, decision),
        Truth::Unknown => open(policy, request),
        Truth::False => match first(policy, &decision.denied_by) {
            Some(statement) => denied(statement, request, &decision.denied_by),
            None => refused(policy, request, decision),
        },
    }
}

fn first<'p>(policy: &'p Policy, list: &[usize]) -> Option<&'p Statement> {
    list.first().and_then(|at| policy.statements.get(*at))
}

/// A statement for people, with the name that its author gave it.
fn named(statement: &Statement) -> String {
    let path = if statement.listed { statement.path() } else { "the statement".to_owned() };
    match statement.sid.as_ref().and_then(Text::as_known).filter(|sid| !sid.is_empty()) {
        Some(sid) => format!("{path} ({})", shown(sid)),
        None => path,
    }
}

/// Further statements that say the same.
fn beside(list: &[usize]) -> String {
    match list.len() {
        0 | 1 => String::new(),
        2 => ", and one more statement does".to_owned(),
        more => format!(", and {} more statements do", more - 1),
    }
}

fn allowed(policy: &Policy, decision: &Decision) -> Reason {
    let Some(statement) = first(policy, &decision.allowed_by) else {
        return Reason { by: None, why: "it is allowed whatever is not known".to_owned() };
    };
    let why = format!("{} allows it{}, and none denies it", named(statement), beside(&decision.allowed_by));
    Reason::of(statement, why)
}

fn denied(statement: &Statement, request: &Request, by: &[usize]) -> Reason {
    let tests = &statement.conditions.tests;
    let lines = tests.iter().map(|test| format!("{} is met: {}", told(test), carried(test, request)));
    let lines = if tests.is_empty() { "it has no Condition".to_owned() } else { listed(lines, "; ") };
    Reason::of(statement, format!("{} denies it{}: {lines}", named(statement), beside(by)))
}

fn refused(policy: &Policy, request: &Request, decision: &Decision) -> Reason {
    let symbols = Symbols::default();
    let Some((statement, conjunct)) = nearest_of(policy, request, &symbols, decision) else {
        return Reason { by: None, why: "no statement allows anything".to_owned() };
    };
    let all = in_the_way(statement, policy, request, &symbols);
    let all = if all.is_empty() { vec![conjunct] } else { all };
    let parts = all.into_iter().map(|part| in_way(part, statement, policy, request));
    let why = format!("nothing allows it; {} comes nearest, but {}", named(statement), listed(parts, "; "));
    Reason { by: None, why }
}

/// A part of a statement that keeps the request out.
fn in_way(conjunct: Conjunct<'_>, statement: &Statement, policy: &Policy, request: &Request) -> String {
    match conjunct {
        Conjunct::Principal => match &statement.principals {
            Principals::AllBut(_) => {
                format!("its NotPrincipal ({}) matches {}", principals(statement), quoted(&request.principal.1))
            }
            Principals::Missing => "it names no principal, though another statement does".to_owned(),
            _ => format!("its Principal ({}) does not match {}", principals(statement), asking(request)),
        },
        Conjunct::Action => match &statement.actions {
            Actions::AllBut(list) => format!("its NotAction ({}) matches \"{}\"", texts(list), shown(&request.action)),
            Actions::Only(list) => {
                format!("its Action ({}) does not match \"{}\"", texts(list), shown(&request.action))
            }
            Actions::Unknown => "its Action cannot be read".to_owned(),
        },
        Conjunct::Resource => resource(statement, policy, request),
        Conjunct::Test(test) => {
            let variable = wanted_without_value(test, policy, request).map(no_value).unwrap_or_default();
            format!("{} is not met: {}{variable}", told(test), carried(test, request))
        }
        Conjunct::Denied | Conjunct::Unread => "it cannot be read".to_owned(),
    }
}

fn resource(statement: &Statement, policy: &Policy, request: &Request) -> String {
    let asked = quoted(&request.resource);
    match &statement.resources {
        Resources::AllBut(list) => format!("its NotResource ({}) matches {asked}", texts(list)),
        Resources::Only(list) => {
            let texts_of = list.iter().map(|(text, _)| text);
            let variable = without_value(texts_of, policy, request).map(no_value).unwrap_or_default();
            format!("its Resource ({}) does not match {asked}{variable}", texts(list))
        }
        Resources::Missing | Resources::Unknown => "its Resource cannot be read".to_owned(),
    }
}

/// Why a variable stands for nothing.
fn no_value(why: NoValue) -> String {
    match why {
        NoValue::NotRead => " (variables are read only with Version 2012-10-17)".to_owned(),
        NoValue::Absent(name) => format!(" (${{{}}} has no value in the request)", shown(&name)),
        NoValue::Multivalued(name) => format!(" (${{{}}} is multivalued, and no value of a variable)", shown(&name)),
    }
}

fn open(policy: &Policy, request: &Request) -> Reason {
    let Some((statement, conjunct)) = undecided(policy, request, &Symbols::default()) else {
        return Reason { by: None, why: "a part of the policy cannot be read".to_owned() };
    };
    let what = match conjunct {
        Conjunct::Principal if is_refused(&statement.principals) => {
            "its Principal has a form that AWS refuses".to_owned()
        }
        Conjunct::Principal => {
            format!("whether its Principal ({}) matches {} is not documented", principals(statement), asking(request))
        }
        Conjunct::Action => "it has no Action that can be read".to_owned(),
        Conjunct::Resource if matches!(request.resource, Text::Any(_)) => {
            "its Resource names some resources, and the request has no \"resource\"".to_owned()
        }
        Conjunct::Resource => match &statement.resources {
            Resources::Only(list) | Resources::AllBut(list) => {
                let asked = quoted(&request.resource);
                format!("whether its Resource ({}) matches {asked} is not documented", texts(list))
            }
            Resources::Missing | Resources::Unknown => "its Resource has a form that AWS refuses".to_owned(),
        },
        Conjunct::Test(test) if test.operator.is_none() => {
            format!("\"{}\" is no condition operator", known(&test.operator_text))
        }
        Conjunct::Test(test) => {
            format!("whether {} is met is not documented: {}", told(test), carried(test, request))
        }
        Conjunct::Unread if statement.conditions.opaque => "its Condition cannot be read".to_owned(),
        Conjunct::Denied | Conjunct::Unread => "its Effect is neither Allow nor Deny".to_owned(),
    };
    Reason::of(statement, format!("{} is not decided: {what}", named(statement)))
}

/// Whether AWS refuses a principal of these by its form: all that stands bare and is no star.
fn is_refused(principals: &Principals) -> bool {
    let is_bare = |one: &Principal| one.kind.is_none() && one.value.as_known() != Some("*");
    match principals {
        Principals::Only(list) | Principals::AllBut(list) => list.iter().any(is_bare),
        Principals::Unknown => true,
        Principals::Missing => false,
    }
}

/// A line of a Condition for people: operator, key and values as they stand there.
fn told(test: &Test) -> String {
    let values = texts(&test.values);
    let values = if test.values.len() == 1 { values } else { format!("[{values}]") };
    format!("its condition {} {}: {values}", known(&test.operator_text), quoted(&test.key))
}

/// Who asks.
fn asking(request: &Request) -> String {
    format!("{} {}", request.principal.0.name(), quoted(&request.principal.1))
}

fn principals(statement: &Statement) -> String {
    let (Principals::Only(list) | Principals::AllBut(list)) = &statement.principals else { return String::new() };
    let each = list.iter().map(|principal| match principal.kind {
        Some(kind) => format!("{} {}", kind.name(), quoted(&principal.value)),
        None => quoted(&principal.value),
    });
    listed(each, ", ")
}

fn texts<A>(list: &[(Text, A)]) -> String {
    listed(list.iter().map(|(text, _)| quoted(text)), ", ")
}

/// The first of several, and how many more there are.
fn listed(all: impl ExactSizeIterator<Item = String>, between: &str) -> String {
    let more = all.len().saturating_sub(MOST_SHOWN);
    let shown: Vec<String> = all.take(MOST_SHOWN).collect();
    let more = if more > 0 { format!("{between}and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(between))
}

/// What a request carries for the key of a test.
fn carried(test: &Test, request: &Request) -> String {
    match test.key.as_known().and_then(|key| request.get(key)) {
        None => "the request does not carry it".to_owned(),
        Some(Carried::One(value)) => format!("the request carries {}", quoted(value)),
        Some(Carried::Many(values)) if values.is_empty() => "the request carries it without a value".to_owned(),
        Some(Carried::Many(values)) => {
            format!("the request carries the list [{}]", listed(values.iter().map(quoted), ", "))
        }
        Some(Carried::Perhaps) => "it is not known whether the request carries it".to_owned(),
    }
}

fn quoted(text: &Text) -> String {
    text.as_known().map_or_else(|| "what is not known".to_owned(), |text| format!("\"{}\"", shown(text)))
}

fn known(text: &Text) -> String {
    shown(text.as_known().unwrap_or("?"))
}
