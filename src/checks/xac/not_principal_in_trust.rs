//! XAC004: a trust policy that names whom it does not speak of.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, literal, principal_place};
use crate::checks::remedy::written;
use crate::finding::{Change, Finding, Fix, Label, Severity, Written};
use crate::identity::{AwsPrincipal, Dialect, aws_principal};
use crate::policy::{Effect, Principal, PrincipalKind, Principals};

/// Finds `NotPrincipal` in trust policies.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        if let Principals::AllBut(spared) = &gate.statement.principals {
            findings.push(finding(cx, gate, spared));
        }
    }
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>, spared: &[Principal]) -> Finding {
    let denies = gate.statement.effect == Effect::Deny;
    let message = format!("{} uses NotPrincipal, so its deployment is refused", gate.role.entity.name());
    let place = gate.statement.principal_at.map_or(principal_place(gate.statement), |at| at.place);
    let why = match denies {
        true => "trust policies have no NotPrincipal",
        false => "trust policies have no NotPrincipal; it would speak of everybody else in the world",
    };
    let label = Label::new(place, why);
    let mut finding = gate.finding("XAC004", Severity::Error, message, label, ".NotPrincipal");
    finding.help = help(cx, gate, spared, denies);
    finding.fix = if denies { fix(cx, gate, spared).map(Box::new) } else { None };
    finding.mistake.element = "Principal";
    finding
}

/// The ARNs of those whom a statement does not speak of, where these are users and roles.
fn named<'p>(cx: &Cx<'_>, spared: &'p [Principal]) -> Vec<&'p Principal> {
    let is_named = |principal: &&Principal| {
        principal.kind == Some(PrincipalKind::Aws)
            && matches!(aws_principal(&principal.value, &cx.graph.symbols), AwsPrincipal::Identity(_))
    };
    spared.iter().filter(is_named).collect()
}

fn help(cx: &Cx<'_>, gate: Gate<'_>, spared: &[Principal], denies: bool) -> String {
    let named = named(cx, spared);
    let whom = named.first().map_or_else(|| "ARN-OF-A-ROLE".to_owned(), |one| cx.graph.shown(&one.value));
    let whom = literal(gate.role, &whom);
    let (what, block) = match (denies, gate.role.entity.dialect) {
        (true, Dialect::Yaml) => (
            "deny everybody, and spare some by a condition",
            format!("Principal: {{ AWS: '*' }}\n  Condition: {{ ArnNotEquals: {{ aws:PrincipalArn: {whom} }} }}"),
        ),
        (true, Dialect::Json) => (
            "deny everybody, and spare some by a condition",
            format!(
                "\"Principal\": {{ \"AWS\": \"*\" }},\n  \
                 \"Condition\": {{ \"ArnNotEquals\": {{ \"aws:PrincipalArn\": {whom} }} }}"
            ),
        ),
        (true, Dialect::Cdk) => (
            "deny everybody, and spare some by a condition",
            format!(
                "principals: [new iam.AnyPrincipal()],\n  \
                 conditions: {{ ArnNotEquals: {{ 'aws:PrincipalArn': {whom} }} }},"
            ),
        ),
        (false, Dialect::Yaml) => {
            ("name those who may become the role", "Principal: { AWS: ARN-OF-WHO-MAY-BECOME-IT }".to_owned())
        }
        (false, Dialect::Json) => (
            "name those who may become the role",
            "\"Principal\": { \"AWS\": \"ARN-OF-WHO-MAY-BECOME-IT\" }".to_owned(),
        ),
        (false, Dialect::Cdk) => (
            "name those who may become the role",
            "principals: [new iam.ArnPrincipal('ARN-OF-WHO-MAY-BECOME-IT')],".to_owned(),
        ),
    };
    format!("{what}\n  {block}")
}

fn fix(cx: &Cx<'_>, gate: Gate<'_>, spared: &[Principal]) -> Option<Fix> {
    let statement = gate.statement;
    let named = named(cx, spared);
    if named.is_empty() || named.len() != spared.len() {
        return None;
    }
    let arns: Option<Vec<Written>> = named.iter().map(|one| written(cx.graph, &one.value)).collect();
    let mut arns = arns?;
    let arns = if arns.len() == 1 { arns.remove(0) } else { Written::List(arns) };
    let path = ["Condition", "ArnNotEquals", "aws:PrincipalArn"].map(str::to_owned).to_vec();
    let changes = vec![
        Change::Rename { key: statement.principal_at?, name: "Principal".to_owned() },
        Change::Set {
            at: statement.principal_value_at?,
            value: Written::Map(vec![("AWS".to_owned(), Written::text("*"))]),
        },
        Change::Put { into: statement.at, path, value: arns },
    ];
    Some(Fix::offered("deny everybody, and spare some by a condition", changes))
}
