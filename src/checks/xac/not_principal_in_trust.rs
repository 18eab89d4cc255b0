//! XAC004: a trust policy that names whom it does not speak of.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, principal_place};
use crate::finding::{Finding, Label, Severity};
use crate::policy::{Effect, Principals};

/// Finds `NotPrincipal` in trust policies.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let is_negated = |gate: &Gate<'_>| matches!(gate.statement.principals, Principals::AllBut(_));
    findings.extend(gates(cx).filter(is_negated).map(finding));
}

fn finding(gate: Gate<'_>) -> Finding {
    let denies = gate.statement.effect == Effect::Deny;
    let message = format!("{} uses NotPrincipal, so its deployment is refused", gate.role.entity.name());
    let place = gate.statement.principal_at.map_or(principal_place(gate.statement), |at| at.place);
    let why = match denies {
        true => "trust policies have no NotPrincipal",
        false => "trust policies have no NotPrincipal; it would speak of everybody else in the world",
    };
    let label = Label::new(place, why);
    let mut finding = gate.finding("XAC004", Severity::Error, message, label, ".NotPrincipal");
    finding.help = match denies {
        true => {
            "deny everybody, and spare some by a condition\n  Principal: { AWS: '*' }\n  \
                 Condition: { ArnNotEquals: { aws:PrincipalArn: arn:aws:iam::ACCOUNT:role/NAME } }"
        }
        false => "name those who may become the role\n  Principal: { AWS: arn:aws:iam::ACCOUNT:role/NAME }",
    }
    .to_owned();
    finding.mistake.element = "Principal";
    finding
}
