//! TRU003: tests that no request passes together.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, literal, test_path};
use crate::checks::tokens::{issuers, of_claim};
use crate::checks::words::condition_line;
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::classes::provider::{Provider, of_issuer};
use crate::identity::classes::wants_a_star;
use crate::identity::contradiction;
use crate::identity::oidc::Federated;
use crate::policy::{Effect, Test};
use crate::value::{At, Text};

/// Finds statements that ask of one key what contradicts itself.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect != Effect::Unknown) {
        if let Some(tests) = contradiction(gate.statement, gate.policy, &cx.graph.symbols) {
            findings.extend(finding(cx, gate, &tests));
        } else if gate.statement.effect == Effect::Allow {
            findings.extend(stars(cx, gate));
        }
    }
}

/// Tests of subjects that ask for a star as it is: no token has one. Of GitHub's subjects OID005 says that.
fn stars<'g>(cx: &Cx<'g>, gate: Gate<'g>) -> Vec<Finding> {
    let of_issuer = |issuer: Federated| {
        let Federated::Issuer(issuer) = issuer else { return None };
        let (provider, certain) = of_issuer(&issuer, &cx.graph.symbols);
        let provider = provider.filter(|own| certain.is_true() && !own.class.starts_with("github"))?;
        of_claim(cx, gate.statement, &issuer, "sub").find_map(|test| star(cx, gate, test, provider))
    };
    issuers(cx, gate).unwrap_or_default().into_iter().filter_map(of_issuer).collect()
}

fn star(cx: &Cx<'_>, gate: Gate<'_>, test: &Test, provider: &Provider) -> Option<Finding> {
    let (statement, policy) = (gate.statement, gate.policy);
    let has_star = |value: &(Text, At)| wants_a_star(provider, test, value, statement, policy, &cx.graph.symbols);
    let (value, at) = test.values.first().filter(|_| test.values.len() <= MOST_VALUES)?;
    if !test.values.iter().all(has_star) {
        return None;
    }
    let (role, operator) = (gate.role.entity.name(), shown(&cx.graph.shown(&test.operator_text)));
    let message = format!("{role} refuses every token: no subject has a star in it");
    let label = Label::new(at.place, format!("under {operator} a star is a character like any other"));
    let mut finding = gate.finding("TRU003", Severity::Error, message, label, &test_path(test));
    let value = literal(gate.role, &shown(&cx.graph.shown(value)));
    let line = condition_line(gate.role, "StringLike", &cx.graph.shown(&test.key), &value);
    finding.help = format!("name one workload, or let the star stand for others\n  {line}");
    finding.mistake.element = "sub";
    Some(finding)
}

/// Values of one test that are looked at.
const MOST_VALUES: usize = 64;

fn finding(cx: &Cx<'_>, gate: Gate<'_>, tests: &[&Test]) -> Option<Finding> {
    let (first, others) = tests.split_first()?;
    let (role, key) = (gate.role.entity.name(), cx.graph.shown(&first.key));
    let denies = gate.statement.effect == Effect::Deny;
    let (severity, message) = match denies {
        true if others.is_empty() => {
            (Severity::Info, format!("a Deny of {role} denies nothing: no request passes its test of {key}"))
        }
        true => (Severity::Info, format!("a Deny of {role} denies nothing: its tests of {key} contradict each other")),
        false => (Severity::Error, format!("no request passes what {role} asks of {key}")),
    };
    let asks = |test: &Test| {
        let values: Vec<String> = test.values.iter().map(|(value, _)| cx.graph.shown(value)).collect();
        format!("{} {}", cx.graph.shown(&test.operator_text), values.join(", "))
    };
    let why = match others {
        [] => "an empty list: no value is in it".to_owned(),
        _ => format!("{}, and the same key again below", asks(first)),
    };
    // Where the values hang on a condition the key stands there once.
    let label = Label::new(first.key_at.place, why);
    let mut finding = gate.finding("TRU003", severity, message, label, &test_path(first));
    finding.related = others
        .iter()
        .map(|test| Label::new(test.values_at.place, format!("{}: nothing is both", asks(test))))
        .collect();
    finding.help = match others {
        [] => "list the values that are meant, or take the test out",
        _ => "keep one of the tests; alternatives belong in one list, under one key",
    }
    .to_owned();
    finding.mistake.element = "Condition";
    Some(finding)
}
