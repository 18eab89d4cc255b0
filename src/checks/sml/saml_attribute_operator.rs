//! SML003: operators that do not say how the values of an attribute count, or pass without any.

use super::{APART, providers};
use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, test_path};
use crate::checks::remedy::{ask, under};
use crate::checks::tokens::passes_without;
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::Dialect;
use crate::identity::classes::lets_in_lacking;
use crate::identity::saml::{Listed, listed_attribute};
use crate::policy::{Effect, Test, same_key, without_if_exists};
use crate::value::{Text, compare};

/// Finds tests on attributes in statements that let users of SAML providers in.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect != Effect::Unknown) {
        let (own, _) = providers(gate.statement, &cx.graph.symbols);
        if own.is_empty() {
            continue;
        }
        let tests = &gate.statement.conditions.tests;
        findings.extend(tests.iter().filter_map(|test| on_list(cx, gate, test)));
        if gate.statement.effect == Effect::Allow {
            findings.extend(on_transient(cx, gate));
        }
    }
}

fn on_list(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> Option<Finding> {
    let key = test.key.as_known()?;
    let listed = listed_attribute(key)?;
    let operator = test.operator?;
    let (role, name) = (gate.role.entity.name(), shown(key));
    let written = test.operator_text.as_known().unwrap_or("the operator");
    // Where the documents disagree, a test for one value may be right.
    let severity = if listed == Listed::Agreed { Severity::Warning } else { Severity::Info };
    let (severity, message, label, help, changes) = if operator.leaves_members_open() {
        let (help, changes) = saying_how(gate, test, key, written);
        (
            severity,
            match gate.statement.effect {
                Effect::Deny => format!("whether {role} refuses users by {name} is not documented"),
                _ => format!("whether {role} takes users by {name} is not documented"),
            },
            format!("a list, and {} does not say how its values count", shown(written)),
            help,
            changes,
        )
    } else if gate.statement.effect == Effect::Allow && operator.asks_of_all() && passes_when_absent(cx, gate, test) {
        (
            Severity::Warning,
            format!("a test of {role} passes for users who have no {name}"),
            "ForAllValues is true where there is no value".to_owned(),
            format!("ask that there is a value too\n  {}", null_line(gate, key)),
            ask(gate.statement, None, "Null", key, Written::text("false")),
        )
    } else {
        return None;
    };
    let label = Label::new(test.values_at.place, label);
    let mut finding = gate.finding("SML003", severity, message, label, &test_path(test));
    let (_, is_alone) = providers(gate.statement, &cx.graph.symbols);
    finding.help = if is_alone { help } else { format!("{APART}\n{help}") };
    finding.fix =
        (is_alone && !changes.is_empty()).then(|| Box::new(Fix::offered("say how the values count", changes)));
    finding.mistake.element = "attribute";
    Some(finding)
}

/// How a test says how the values of its key count. One that keeps some values out is to hold for all of them, and not
/// for users who have none; what `…IfExists` is to do for these, somebody has to decide.
fn saying_how(gate: Gate<'_>, test: &Test, key: &str, written: &str) -> (String, Vec<Change>) {
    let plain = without_if_exists(written).unwrap_or(written);
    let (any, all) = (format!("ForAnyValue:{plain}"), format!("ForAllValues:{plain}"));
    let under = |operator: &str| under(gate.statement, test, operator).unwrap_or_default();
    match test.operator {
        Some(operator) if operator.takes_any_value() => {
            (format!("ask for any of the values\n  {}", line(gate, &any, key)), under(&any))
        }
        Some(operator) if !operator.is_positive() => {
            let null = null_line(gate, key);
            let help = format!("ask it of all values, and that there is one\n  {}\n  {null}", line(gate, &all, key));
            let changes = if plain == written { under(&all) } else { Vec::new() };
            let null = || ask(gate.statement, None, "Null", key, Written::text("false"));
            (help, if changes.is_empty() { changes } else { changes.into_iter().chain(null()).collect() })
        }
        _ => (format!("ask for any of the values\n  {}", line(gate, &any, key)), Vec::new()),
    }
}

/// Whether the statement lets users in who lack the key, of one of its providers at least.
fn passes_when_absent(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> bool {
    // The evaluator is asked only where the test itself lets them through.
    passes_without(cx, gate, test).is_true() && lets_in(cx, gate, test)
}

fn lets_in(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> bool {
    let own = cx.classes.of_roles.iter().find(|own| std::ptr::eq(own.policy(cx.graph), gate.policy));
    let Some((role, case)) = own.and_then(|own| Some((own.role, gate.role.trust.cases.get(own.case)?))) else {
        return false;
    };
    let (own, _) = providers(gate.statement, &cx.graph.symbols);
    own.iter().any(|one| lets_in_lacking(cx.graph, role, case, gate.statement, (&one.value, &test.key)).is_true())
}

fn line(gate: Gate<'_>, operator: &str, key: &str) -> String {
    match gate.role.entity.dialect {
        Dialect::Yaml => format!("{operator}: {{ {key}: … }}"),
        Dialect::Json => format!("\"{operator}\": {{ \"{key}\": … }}"),
        Dialect::Cdk => format!("'{operator}': {{ '{key}': … }},"),
    }
}

fn null_line(gate: Gate<'_>, key: &str) -> String {
    match gate.role.entity.dialect {
        Dialect::Yaml => format!("'Null': {{ {key}: 'false' }}"),
        Dialect::Json => format!("\"Null\": {{ \"{key}\": \"false\" }}"),
        Dialect::Cdk => format!("Null: {{ '{key}': 'false' }},"),
    }
}

/// A subject that is another one in each session (IAM User Guide, `saml:sub_type`).
fn on_transient(cx: &Cx<'_>, gate: Gate<'_>) -> Option<Finding> {
    let of = |key: &str| {
        let key = Text::known(key);
        let is_on = move |test: &&Test| same_key(&test.key, &key, &cx.graph.symbols).is_true();
        gate.statement.conditions.tests.iter().find(is_on)
    };
    let (subject, kind) = (of("saml:sub")?, of("saml:sub_type")?);
    let is_positive = |test: &Test| test.operator.is_some_and(|operator| operator.takes_any_value());
    let transient = Text::known("transient");
    let only_transient = !kind.values.is_empty()
        && kind.values.iter().all(|(value, _)| compare(value, &transient, &cx.graph.symbols).is_true());
    if !(is_positive(subject) && is_positive(kind) && only_transient) {
        return None;
    }
    let role = gate.role.entity.name();
    let message = format!("{role} asks for a subject that each session has anew");
    let label = Label::new(subject.values_at.place, "the same user never has it again");
    let mut finding = gate.finding("SML003", Severity::Info, message, label, &test_path(subject));
    finding.related = vec![Label::new(kind.values_at.place, "a transient subject changes with each session")];
    finding.help = "ask for persistent subjects, or for an attribute of the user".to_owned();
    finding.mistake.element = "sub";
    Some(finding)
}
