//! XAC007: a test of the external id that a caller passes without the right one.

use crate::checks::Cx;
use crate::checks::gate::{admitted, deciding, gate, is_on, proof, test_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{ClassAnswer, Dialect, RoleClasses};
use crate::policy::{Statement, Test, test_passes};

const EXTERNAL_ID: [&str; 1] = ["sts:externalid"];

/// Finds tests of the external id that do not keep a deputy's other customers out.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let absent = admitted(of_role, "account/trusted/no-external-id").map(|answer| (answer, "no external id"));
        let wrong = admitted(of_role, "account/trusted/wrong-external-id").map(|answer| (answer, "any external id"));
        let found = absent.chain(wrong).find_map(|(answer, with)| finding(cx, of_role, answer, with));
        findings.extend(found);
    }
}

fn finding(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer, with: &str) -> Option<Finding> {
    let asks = |statement: &Statement| statement.conditions.tests.iter().any(|test| is_on(test, &EXTERNAL_ID));
    // A statement that does not ask is another mistake.
    if deciding(of_role.policy(cx.graph), answer).any(|statement| !asks(statement)) {
        return None;
    }
    let statement = deciding(of_role.policy(cx.graph), answer).next()?;
    let policy = of_role.policy(cx.graph);
    let passes = |test: &&Test| test_passes(test, policy, &answer.answer.request, &cx.classes.symbols).is_true();
    let test = statement.conditions.tests.iter().filter(|test| is_on(test, &EXTERNAL_ID)).find(passes)?;
    let gate = gate(cx, of_role, statement);
    let message = format!("whoever asks the trusted account can become {} with {with}", gate.role.entity.name());
    let why = match with {
        "no external id" => "passes when the caller sends none",
        _ => "passes whatever the caller sends",
    };
    let label = Label::new(test.values_at.place, why);
    let mut finding = gate.finding("XAC007", Severity::Error, message, label, &test_path(test));
    let id = test.values.first().map_or_else(String::new, |(value, _)| cx.graph.shown(value));
    let id = if id.is_empty() || id.contains(['*', '?']) { "ID-FROM-THE-VENDOR".to_owned() } else { id };
    finding.help = match gate.role.entity.dialect {
        Dialect::Yaml => format!("ask for exactly the one id\n  StringEquals:\n    sts:ExternalId: {id}"),
        Dialect::Json => format!("ask for exactly the one id\n  \"StringEquals\": {{ \"sts:ExternalId\": \"{id}\" }}"),
        Dialect::Cdk => format!("ask for exactly the one id\n  externalIds: ['{id}'],"),
    };
    finding.mistake.element = "ExternalId";
    let who = format!("the trusted account, asked by somebody else and sending {with},");
    finding.witness = Some(proof(cx, of_role, answer, statement, &who));
    Some(finding)
}
