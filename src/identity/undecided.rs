//! What could not be decided, and the values that were missing (interface, `--show-undecided`).

use super::classes::{ClassAnswer, Classes, RoleClasses};
use super::cognito::Trust;
use super::graph::{Graph, Missing, Role, RoleId};
use crate::policy::{Policy, Request, Statement, principals_match, statement_admits, test_passes};
use crate::source::Place;
use crate::value::{Branch, Kind, Piece, Symbols, Text, Truth, Value, Worlds, shown};

/// Something that could not be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// A sentence without its full stop.
    pub message: String,
    /// Where the missing value stands, else the resource.
    pub place: Place,
    /// Whether a stated limit was reached; else a value is missing.
    pub bounded: bool,
}

/// Missing values that one sentence names.
const MOST_NAMED: usize = 4;
/// Missing values that one resource keeps.
const MOST_KEPT: usize = 64;

/// The parts of a value of which nothing is known, though somebody could have said it. A parameter with a
/// default is taken to have it.
pub(super) fn missing(value: &Value, symbols: &Symbols, worlds: &Worlds) -> Vec<Missing> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if found.len() >= MOST_KEPT {
            break;
        }
        match &value.kind {
            Kind::List(items) => open.extend(items.iter()),
            Kind::Map(entries) => {
                for entry in entries.iter() {
                    add(&entry.key, entry.key_at.place, symbols, &mut found);
                    open.push(&entry.value);
                }
            }
            Kind::OneOf(cases) => {
                let usual = cases.iter().filter(|case| !worlds.leaves_default(&case.when));
                open.extend(usual.map(|case| &case.then));
            }
            Kind::Text(text) => add(text, value.at.place, symbols, &mut found),
            Kind::Any(why) => found.push(Missing { why: why.clone(), place: value.at.place }),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Absent => {}
        }
    }
    found.sort_by_key(|missing| missing.place);
    found.dedup();
    found
}

fn add(text: &Text, place: Place, symbols: &Symbols, found: &mut Vec<Missing>) {
    if let Text::Any(why) = text {
        found.push(Missing { why: why.clone(), place });
    }
    let Text::Shape(pieces) = text else { return };
    for piece in pieces.iter() {
        let Piece::Symbol(id) = piece else { continue };
        found.extend(symbols.missing(*id).map(|why| Missing { why: why.clone(), place }));
    }
}

/// The roles of which the trust policy is not decided for every unwanted class.
pub fn undecided_trusts(graph: &Graph, trusts: &[Trust], classes: &Classes) -> Vec<Undecided> {
    let mut by_role: Vec<Open<'_>> = vec![Open::default(); graph.roles.len()];
    let counts = |role: RoleId, when: &Branch| !graph.worlds.leaves_default(when) || is_never_usual(graph, role);
    for trust in trusts.iter().filter(|trust| trust.undecided() && counts(trust.role, &trust.when)) {
        by_role[trust.role.0].trusts.push(trust);
    }
    for of_role in classes.of_roles.iter().filter(|of_role| counts(of_role.role, &of_role.when)) {
        by_role[of_role.role.0].classes.extend(of_role.undecided().map(|answer| (of_role, answer)));
    }
    let ask = |(RoleId(at), role)| undecided_trust(graph, role, &by_role[at], &classes.symbols);
    graph.roles().filter_map(ask).collect()
}

/// Whether a role exists only where a parameter has another value than its default: then those branches are all that
/// there is of it.
fn is_never_usual(graph: &Graph, role: RoleId) -> bool {
    let cases = &graph.role(role).trust.cases;
    !cases.is_empty() && cases.iter().all(|case| graph.worlds.leaves_default(&case.when))
}

/// What is open of one role.
#[derive(Clone, Debug, Default)]
struct Open<'a> {
    trusts: Vec<&'a Trust>,
    classes: Vec<(&'a RoleClasses, &'a ClassAnswer)>,
}

impl Open<'_> {
    /// The classes of which it is not decided, for people; empty where Cognito's are among them.
    fn named(&self) -> String {
        let mut names: Vec<&str> = self.classes.iter().map(|(_, answer)| answer.class.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.truncate(MOST_NAMED);
        if self.trusts.is_empty() && !names.is_empty() { format!(" for {}", names.join(", ")) } else { String::new() }
    }

    /// What the answers hang on.
    fn asked(&self, graph: &Graph, symbols: &Symbols) -> Vec<Asked> {
        let mut asked: Vec<Asked> = self.trusts.iter().flat_map(|trust| asked(graph, trust)).collect();
        for (of_role, answer) in &self.classes {
            let policy = of_role.policy(graph);
            let statements = policy.statements.iter();
            let of_class: Vec<Asked> =
                statements.flat_map(|statement| asked_in(statement, policy, &answer.answer.request, symbols)).collect();
            let place = policy.statements.iter().find_map(|statement| statement.principal_value_at);
            let issuer = || format!("the issuer of {}", shown(&answer.principal, symbols));
            let test = Some(answer.doubt.clone().unwrap_or_else(issuer));
            let whose = place.filter(|_| of_class.is_empty()).map(|at| Asked { place: at.place, test });
            asked.extend(of_class.into_iter().chain(whose));
        }
        asked
    }
}

fn undecided_trust(graph: &Graph, role: &Role, open: &Open<'_>, symbols: &Symbols) -> Option<Undecided> {
    let unread = role.trust.cases.iter().any(|case| case.then.opaque);
    if role.trust.complete && !unread && open.trusts.is_empty() && open.classes.is_empty() {
        return None;
    }
    let name = role.entity.name();
    if !role.trust.complete {
        let message = format!("who can become {name} is not fully decided: its trust policy has too many cases");
        return Some(Undecided { message, place: role.entity.place, bounded: false });
    }
    if open.classes.iter().any(|(_, answer)| answer.answer.bounded) {
        let named = open.named();
        let message = format!("who can become {name} is not fully decided{named}: its tests have too many values");
        return Some(Undecided { message, place: role.entity.place, bounded: true });
    }
    // Only what the answer hangs on; where that cannot be told apart, all that is missing.
    let asked = open.asked(graph, symbols);
    let near = |missing: &&Missing| asked.iter().any(|asked| holds(asked.place, missing.place));
    let mut named: Vec<&Missing> = role.missing.iter().filter(near).collect();
    if named.is_empty() || unread {
        named = role.missing.iter().collect();
    }
    let what = match named.as_slice() {
        [] => asked.iter().find_map(|asked| asked.test.clone()).map_or_else(
            || "a part of its trust policy is not evaluated".to_owned(),
            |test| format!("{test} has no certain answer"),
        ),
        named => words(named),
    };
    let first = named.first().map(|missing| missing.place).or(asked.first().map(|asked| asked.place));
    let message = format!("who can become {name} is not fully decided{}: {what}", open.named());
    Some(Undecided { message, place: first.unwrap_or(role.entity.place), bounded: false })
}

/// Whether a place lies inside another.
fn holds(outer: Place, inner: Place) -> bool {
    let (outer_span, inner_span) = (outer.span, inner.span);
    outer.file == inner.file && outer_span.start() <= inner_span.start() && inner_span.end() <= outer_span.end()
}

/// Something that an undecided answer hangs on: a principal or a test that is neither passed nor failed.
struct Asked {
    place: Place,
    /// The test, for people.
    test: Option<String>,
}

/// What an undecided answer hangs on.
fn asked(graph: &Graph, trust: &Trust) -> Vec<Asked> {
    let policy = trust.policy(graph);
    let answers = [&trust.foreign_guest, &trust.foreign_signed_in];
    let answers = answers.into_iter().chain(trust.own.iter().map(|own| &own.guest));
    let mut places = Vec::new();
    for answer in answers.filter(|answer| answer.truth == Truth::Unknown) {
        for statement in &policy.statements {
            places.extend(asked_in(statement, policy, &answer.request, &graph.symbols));
        }
    }
    places
}

fn asked_in(statement: &Statement, policy: &Policy, request: &Request, symbols: &Symbols) -> Vec<Asked> {
    if statement_admits(statement, policy, request, symbols) != Truth::Unknown {
        return Vec::new();
    }
    let bare = |place| Asked { place, test: None };
    let mut asked = Vec::new();
    if principals_match(&statement.principals, request, symbols) == Truth::Unknown {
        asked.extend(statement.principal_value_at.map(|at| bare(at.place)));
    }
    for test in &statement.conditions.tests {
        if test_passes(test, policy, request, symbols) == Truth::Unknown {
            let shown = |text: &Text| shown(text, symbols);
            let told = format!("the test of {} with {}", shown(&test.key), shown(&test.operator_text));
            asked.push(Asked { place: test.values_at.place, test: Some(told) });
            asked.push(bare(test.key_at.place));
            asked.extend(test.values.iter().map(|(_, at)| bare(at.place)));
        }
    }
    if asked.is_empty() { vec![bare(statement.at.place)] } else { asked }
}

/// Attachments and groups of which a value is missing that says which role somebody gets.
pub fn undecided_mappings(graph: &Graph) -> Vec<Undecided> {
    let undecided = graph.hand_overs.iter().filter(|over| !over.missing.is_empty()).map(|over| {
        let named: Vec<&Missing> = over.missing.iter().collect();
        let message = format!("which roles {} hands out is not fully decided: {}", over.entity.name(), words(&named));
        let place = over.missing.first().map_or(over.entity.place, |missing| missing.place);
        Undecided { message, place, bounded: false }
    });
    undecided.collect()
}

/// What is missing, each thing once.
fn words(missing: &[&Missing]) -> String {
    let mut words: Vec<String> = Vec::new();
    for one in missing {
        let word = one.why.to_string();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let more = words.len().saturating_sub(MOST_NAMED);
    words.truncate(MOST_NAMED);
    let mut text = words.join("; ");
    if more > 0 {
        text += &format!("; and {more} more");
    }
    text
}
