//! TRU003: tests that no request passes together.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, test_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::contradiction;
use crate::policy::{Effect, Test};

/// Finds statements that ask of one key what contradicts itself.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect != Effect::Unknown) {
        if let Some(tests) = contradiction(gate.statement, gate.policy, &cx.graph.symbols) {
            findings.extend(finding(cx, gate, &tests));
        }
    }
}

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
