//! SVC005: a service may act for resources of other accounts.

use crate::checks::Cx;
use crate::checks::gate::{admitted, deciding, gate, named, principal_path, proof};
use crate::checks::words::{condition_line, is_bare};
use crate::finding::{Finding, Label, Severity};
use crate::identity::classes::{SourceKeys, source_keys};
use crate::identity::{ClassAnswer, Dialect, RoleClasses};
use crate::policy::PrincipalKind;

/// Finds services that are trusted whichever account's resource they act for.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let answers = admitted(of_role, "service/foreign-account");
        findings.extend(answers.filter_map(|answer| finding(cx, of_role, answer)));
    }
}

fn finding(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let severity = match source_keys(&answer.principal) {
        SourceKeys::Documented | SourceKeys::IfExists => Severity::Warning,
        SourceKeys::Mentioned | SourceKeys::Unknown => Severity::Info,
        SourceKeys::Unsupported => return None,
    };
    let is_service = |principal: &&crate::policy::Principal| {
        principal.kind == Some(PrincipalKind::Service) && principal.value == answer.principal
    };
    let (statement, principal) = deciding(of_role.policy(cx.graph), answer)
        .find_map(|statement| Some((statement, named(statement).iter().find(is_service)?)))?;
    // A guard that is there and too wide is another mistake.
    if statement.conditions.tests.iter().any(|test| crate::checks::gate::is_on(test, &["aws:source"])) {
        return None;
    }
    let gate = gate(cx, of_role, statement);
    let service = cx.graph.shown(&answer.principal);
    let message = format!("{service}, at work for another account, can become {}", gate.role.entity.name());
    let label = Label::new(principal.at.place, "trusted for resources of every account");
    let mut finding = gate.finding("SVC005", severity, message, label, &principal_path(principal));
    let value = match gate.role.entity.dialect {
        Dialect::Yaml => "!Ref AWS::AccountId",
        Dialect::Json => "{ \"Ref\": \"AWS::AccountId\" }",
        Dialect::Cdk => "this.account",
    };
    let line = condition_line(gate.role, "StringEquals", "aws:SourceAccount", value);
    finding.help = match (is_bare(statement), gate.role.entity.dialect) {
        (true, Dialect::Yaml) => format!("ask for whom it acts\n  Condition:\n    {line}"),
        (true, Dialect::Json) => format!("ask for whom it acts\n  \"Condition\": {{ {line} }}"),
        _ => format!("ask for whom it acts\n  {line}"),
    };
    finding.mistake.element = "SourceAccount";
    let who = format!("{service}, told by another account to use the role,");
    finding.witness = Some(proof(cx, of_role, answer, statement, &who));
    Some(finding)
}
