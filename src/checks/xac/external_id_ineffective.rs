//! XAC007: a test of the external id that a caller passes without the right one, or never.

use crate::checks::Cx;
use crate::checks::gate::{
    Gate, admitted, bare_account, bare_request, deciding, gate, gates, is_on, literal, named, passes_always,
    passes_with, proof, test_path, trusted_account,
};
use crate::checks::remedy::{safe_for_aws, with_operator};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{
    ClassAnswer, Dialect, Guessable, Role, RoleClasses, account_in, account_of, guessable_id, impossible_external_ids,
};
use crate::policy::{Effect, PrincipalKind, Statement, Test, test_passes, without_if_exists};
use crate::source::Place;
use crate::value::{Text, Truth, compare};

const EXTERNAL_ID: [&str; 1] = ["sts:externalid"];

/// Finds tests of the external id that do not keep a deputy's other customers out.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let absent = admitted(of_role, "account/trusted/no-external-id").map(|answer| (answer, Sent::Nothing));
        let wrong = admitted(of_role, "account/trusted/wrong-external-id").map(|answer| (answer, Sent::Another));
        // Each statement is a mistake of its own; one that takes nothing for an id takes another one, too.
        let mut told = Vec::new();
        for (answer, sent) in absent.chain(wrong) {
            let found = open(cx, of_role, answer, sent).filter(|found| !told.contains(&found.mistake.statement));
            told.extend(found.as_ref().map(|found| found.mistake.statement));
            findings.extend(found);
        }
    }
    let open: Vec<Place> = findings.iter().filter(|one| one.rule == "XAC007").map(|one| one.primary.place).collect();
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        let names_aws = named(gate.statement).iter().any(|one| one.kind == Some(PrincipalKind::Aws));
        for test in gate.statement.conditions.tests.iter().filter(|test| names_aws && is_on(test, &EXTERNAL_ID)) {
            // Of a test that keeps nobody out it does not matter what its id is.
            let guessed = || guessed(cx, gate, test).filter(|_| !open.contains(&test.values_at.place));
            findings.extend(never(cx, gate, test).or_else(guessed));
        }
    }
}

/// What a caller sends that gets in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Another,
}

fn open(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer, sent: Sent) -> Option<Finding> {
    let asks = |statement: &Statement| statement.conditions.tests.iter().any(|test| is_on(test, &EXTERNAL_ID));
    let policy = of_role.policy(cx.graph);
    // A statement that does not ask is another mistake.
    if deciding(policy, answer).any(|statement| !asks(statement)) {
        return None;
    }
    let statement = deciding(policy, answer).next()?;
    let role = cx.graph.role(of_role.role);
    let is_known = account_in(&answer.principal).is_some_and(|own| trusted_account(cx, role.entity.stack, &own));
    if is_known {
        return None;
    }
    let (symbols, request) = (&cx.classes.symbols, &answer.answer.request);
    let passes = |test: &&Test| test_passes(test, policy, request, symbols).is_true();
    let test = statement.conditions.tests.iter().filter(|test| is_on(test, &EXTERNAL_ID)).find(passes)?;
    let gate = gate(cx, of_role, statement);
    let (with, why) = match sent {
        Sent::Nothing => ("no external id", "passes when the caller sends none"),
        Sent::Another if passes_always(test, policy, request, symbols) => {
            ("any external id", "passes whatever the caller sends")
        }
        Sent::Another => ("another external id", "passes for more than the one id"),
    };
    let message = format!("whoever asks the trusted account can become {} with {with}", role.entity.name());
    let label = Label::new(test.values_at.place, why);
    let severity = severity(cx, role, &answer.principal, with);
    let mut finding = gate.finding("XAC007", severity, message, label, &test_path(test));
    finding.help = exactly(role, &wanted(cx, test));
    let strict = test.operator_text.as_known().and_then(without_if_exists);
    let changes = strict.map(|strict| with_operator(statement, test, strict)).unwrap_or_default();
    finding.fix = (!changes.is_empty())
        .then(|| Box::new(safe_for_aws(statement, "let nobody in without an external id", changes)));
    finding.mistake.element = "ExternalId";
    let who = format!("the trusted account, asked by somebody else and sending {with},");
    finding.witness = Some(proof(cx, of_role, answer, statement, &who));
    Some(finding)
}

/// A pattern may be meant, and an account that may be the own one is nobody's deputy.
fn severity(cx: &Cx<'_>, role: &Role, principal: &Text, with: &str) -> Severity {
    let account = account_in(principal).unwrap_or_else(|| principal.clone());
    let is_foreign = compare(&account, &account_of(role), &cx.graph.symbols).is_false();
    if is_foreign && with != "another external id" { Severity::Error } else { Severity::Warning }
}

fn wanted(cx: &Cx<'_>, test: &Test) -> String {
    let id = test.values.first().map_or_else(String::new, |(value, _)| cx.graph.shown(value));
    if id.is_empty() || id.contains(['*', '?']) || id.contains("${aws:") { "ID-FROM-THE-VENDOR".to_owned() } else { id }
}

fn exactly(role: &Role, id: &str) -> String {
    let id = literal(role, id);
    let line = match role.entity.dialect {
        Dialect::Yaml => format!("StringEquals:\n    sts:ExternalId: {id}"),
        Dialect::Json => format!("\"StringEquals\": {{ \"sts:ExternalId\": {id} }}"),
        Dialect::Cdk => format!("externalIds: [{id}],"),
    };
    format!("ask for exactly the one id\n  {line}")
}

/// Ids of a form that STS refuses.
fn never(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> Option<Finding> {
    // Who sends none passes.
    if !test_passes(test, gate.policy, &bare_request(gate.role), &cx.graph.symbols).is_false() {
        return None;
    }
    let wrong: Vec<_> = impossible_external_ids(test).collect();
    let (value, at) = wrong.first()?;
    let role = gate.role.entity.name();
    let is_all = wrong.len() == test.values.len();
    let value = cx.graph.shown(value);
    let (severity, message) = match is_all {
        true => (Severity::Error, format!("nobody can become {role}: no external id is '{value}'")),
        false => (Severity::Warning, format!("no external id is '{value}', which {role} asks for")),
    };
    let label = Label::new(at.place, "not 2 to 1224 letters, digits or any of _+=,.@:/-");
    let mut finding = gate.finding("XAC007", severity, message, label, &test_path(test));
    finding.help = exactly(gate.role, "ID-FROM-THE-VENDOR");
    finding.mistake.element = "ExternalId";
    Some(finding)
}

/// Ids that somebody who knows the account can guess.
fn guessed(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> Option<Finding> {
    let symbols = &cx.graph.symbols;
    // Only an id that gets in is worth guessing.
    let gets_in =
        |value: &Text| passes_with(test, gate.policy, &bare_request(gate.role), value.clone(), symbols) != Truth::False;
    if test.asks_only_whether_it_is_there() {
        return None;
    }
    let accounts: Vec<Text> = named(gate.statement).iter().filter_map(|one| bare_account(one, symbols)).collect();
    let is_own = |account: &Text| compare(account, &account_of(gate.role), symbols).is_true();
    // Whoever is of the account needs no deputy.
    if accounts.iter().all(is_own) {
        return None;
    }
    let why = |value: &Text| match guessable_id(gate.role, value, &accounts, symbols) {
        Some(Guessable::Account) => Some("is the number of an account, which is no secret"),
        Some(Guessable::Role) => Some("is the role's own name"),
        Some(Guessable::Stack) => Some("is the stack's own name"),
        Some(Guessable::Short) => Some("has fewer than 8 characters"),
        None if cx.graph.is_default(value, gate.when) => {
            Some("is a default, the same for everybody who has the template")
        }
        None => None,
    };
    let mut wanted = test.values.iter().filter(|(value, _)| gets_in(value));
    let (at, why) = wanted.find_map(|(value, at)| Some((at, why(value)?)))?;
    let message = format!("the external id that {} asks for can be guessed", gate.role.entity.name());
    let mut finding = gate.finding("XAC007", Severity::Info, message, Label::new(at.place, why), &test_path(test));
    finding.help = exactly(gate.role, "ID-FROM-THE-VENDOR");
    finding.mistake.element = "GuessedId";
    Some(finding)
}
