//! Why a policy says what it says, in a sentence.

use crate::finding::shown;
use crate::policy::{Carried, Conjunct, Decision, Policy, Principals, Question, Request, Statement, Test};
use crate::policy::{nearest_of, undecided};
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

/// Values of a list that are shown.
const MOST_VALUES: usize = 3;

/// Why a question was decided so.
pub(super) fn reason(question: &Question, decision: &Decision) -> Reason {
    let Question { policy, request } = question;
    match decision.truth {
        Truth::True => allowed(policy, decision),
        Truth::Unknown => open(policy, request),
        Truth::False => match first(policy, &decision.denied_by) {
            Some(statement) => {
                Reason::of(statement, format!("{} denies it{}", statement.path(), beside(&decision.denied_by)))
            }
            None => refused(policy, request, decision),
        },
    }
}

fn first<'p>(policy: &'p Policy, list: &[usize]) -> Option<&'p Statement> {
    list.first().and_then(|at| policy.statements.get(*at))
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
    let why = format!("{} allows it{}, and none denies it", statement.path(), beside(&decision.allowed_by));
    Reason::of(statement, why)
}

fn refused(policy: &Policy, request: &Request, decision: &Decision) -> Reason {
    let Some((statement, conjunct)) = nearest_of(policy, request, &Symbols::default(), decision) else {
        return Reason { by: None, why: "no statement allows anything".to_owned() };
    };
    let path = statement.path();
    let what = match conjunct {
        Conjunct::Principal if statement.principals == Principals::Missing => {
            "it names no principal, though another statement does".to_owned()
        }
        Conjunct::Principal => format!("its principal is not {}", quoted(&request.principal.1)),
        Conjunct::Action => format!("its action is not \"{}\"", shown(&request.action)),
        Conjunct::Resource => format!("its resource is not {}", quoted(&request.resource)),
        Conjunct::Test(test) => format!("its {} does not pass: {}", told(test), carried(test, request)),
        Conjunct::Denied | Conjunct::Unread => "it cannot be read".to_owned(),
    };
    Reason { by: None, why: format!("nothing allows it; {path} comes nearest, but {what}") }
}

fn open(policy: &Policy, request: &Request) -> Reason {
    let Some((statement, conjunct)) = undecided(policy, request, &Symbols::default()) else {
        return Reason { by: None, why: "a part of the policy cannot be read".to_owned() };
    };
    let what = match conjunct {
        Conjunct::Principal => "whether its principal is the one that asks is not documented".to_owned(),
        Conjunct::Action => "it has no Action that can be read".to_owned(),
        Conjunct::Resource if matches!(request.resource, Text::Any(_)) => {
            "it speaks of certain resources, and the request names none".to_owned()
        }
        Conjunct::Resource => "whether its resource is the one asked for is not documented".to_owned(),
        Conjunct::Test(test) if test.operator.is_none() => {
            format!("\"{}\" is no condition operator", known(&test.operator_text))
        }
        Conjunct::Test(test) => {
            format!("what its {} says of this request is not documented: {}", told(test), carried(test, request))
        }
        Conjunct::Denied | Conjunct::Unread => {
            "its Effect is neither Allow nor Deny, or its Condition cannot be read".to_owned()
        }
    };
    Reason::of(statement, format!("{} is not decided: {what}", statement.path()))
}

/// A test for people.
fn told(test: &Test) -> String {
    format!("{} of {}", known(&test.operator_text), quoted(&test.key))
}

/// What a request carries for the key of a test.
fn carried(test: &Test, request: &Request) -> String {
    match test.key.as_known().and_then(|key| request.get(key)) {
        None => "the request does not carry it".to_owned(),
        Some(Carried::One(value)) => format!("the request carries {}", quoted(value)),
        Some(Carried::Many(values)) if values.is_empty() => "the request carries it without a value".to_owned(),
        Some(Carried::Many(values)) => {
            let more = values.len().saturating_sub(MOST_VALUES);
            let listed: Vec<String> = values.iter().take(MOST_VALUES).map(quoted).collect();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("the request carries the list of {}{more}", listed.join(", "))
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
