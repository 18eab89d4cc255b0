//! XAC010: a test of who somebody is, which those pass who lack what it asks for.

use crate::checks::Cx;
use crate::checks::gate::{Gap, SECOND_FACTOR, admitted, deciding, gap, gate, is_on, proof, test_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{ClassAnswer, Dialect, RoleClasses};
use crate::policy::{Statement, Test};

/// Finds tests of the organization or of a second factor that strangers pass.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        match gap(cx, of_role) {
            Some((answer, statement, Gap::Bypassed)) => findings.extend(strangers(cx, of_role, answer, statement)),
            Some(_) => {}
            None => findings.extend(long_term_keys(cx, of_role)),
        }
    }
}

/// Everybody is trusted, and those outside of every organization pass.
fn strangers(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer, statement: &Statement) -> Option<Finding> {
    let test =
        statement.conditions.tests.iter().find(|test| is_on(test, &["aws:principalorg", "aws:multifactorauth"]))?;
    let name = gate(cx, of_role, statement).role.entity.name();
    let key = cx.graph.shown(&test.key);
    let message = format!("any AWS account can become {name}, since its test of {key} passes for strangers");
    let who = "a role in an account that nobody here has named";
    finding(cx, of_role, answer, (statement, test), Severity::Error, message, who)
}

/// A second factor is asked for, and callers with access keys have none to show.
fn long_term_keys(cx: &Cx<'_>, of_role: &RoleClasses) -> Option<Finding> {
    let answer = admitted(of_role, "account/long-term-keys").next()?;
    let asks = |statement: &&Statement| statement.conditions.tests.iter().any(|test| is_on(test, &SECOND_FACTOR));
    // Another statement that lets the same caller in asks for no second factor at all.
    if deciding(of_role.policy(cx.graph), answer).any(|statement| !asks(&statement)) {
        return None;
    }
    let statement = deciding(of_role.policy(cx.graph), answer).find(asks)?;
    let test = statement.conditions.tests.iter().find(|test| is_on(test, &SECOND_FACTOR))?;
    let name = gate(cx, of_role, statement).role.entity.name();
    let message = format!("callers with access keys can become {name} without a second factor");
    let who = "a caller with access keys, of whom nothing says whether there was a second factor,";
    finding(cx, of_role, answer, (statement, test), Severity::Warning, message, who)
}

fn finding(
    cx: &Cx<'_>,
    of_role: &RoleClasses,
    answer: &ClassAnswer,
    (statement, test): (&Statement, &Test),
    severity: Severity,
    message: String,
    who: &str,
) -> Option<Finding> {
    let gate = gate(cx, of_role, statement);
    let (operator, key) = (test.operator_text.as_known()?, test.key.as_known()?);
    let label = Label::new(test.values_at.place, format!("{operator} passes for callers without {key}"));
    let mut finding = gate.finding("XAC010", severity, message, label, &test_path(test));
    let written = || test.values.first().map(|(value, _)| cx.graph.shown(value));
    let (strict, value) = match is_on(test, &SECOND_FACTOR) {
        true => ("Bool", "true".to_owned()),
        false => {
            ("StringEquals", written().filter(|value| !value.contains(['*', '?'])).unwrap_or_else(|| "o-ID".to_owned()))
        }
    };
    finding.help = match gate.role.entity.dialect {
        Dialect::Yaml => {
            format!("ask with an operator that fails without the key\n  {strict}:\n    {key}: {}", quoted(&value))
        }
        Dialect::Json => {
            format!("ask with an operator that fails without the key\n  \"{strict}\": {{ \"{key}\": \"{value}\" }}")
        }
        Dialect::Cdk => {
            format!("ask with an operator that fails without the key\n  {strict}: {{ '{key}': '{value}' }},")
        }
    };
    finding.mistake.element = "Principal";
    finding.witness = Some(proof(cx, of_role, answer, statement, who));
    Some(finding)
}

/// A word that YAML would take for something else than a text.
fn quoted(value: &str) -> String {
    if value == "true" || value.contains(['*', '$', '{', ':']) { format!("'{value}'") } else { value.to_owned() }
}
