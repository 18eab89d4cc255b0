//! XAC008: a whole account is trusted, and its own policies say who gets the role.

use crate::checks::Cx;
use crate::checks::gate::{Gate, bare_account, gates, principal_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{Dialect, account_of};
use crate::policy::{Effect, Principal};
use crate::value::{Truth, compare};

/// Finds roles that trust the account that they are in.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        findings.extend(gate.principals().iter().filter_map(|principal| finding(cx, gate, principal)));
    }
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Finding> {
    let symbols = &cx.graph.symbols;
    let account = bare_account(principal, symbols)?;
    if compare(&account, &account_of(gate.role), symbols) != Truth::True {
        return None;
    }
    let message = format!("{} leaves it to the account's policies who gets it", gate.role.entity.name());
    let label = Label::new(principal.at.place, "everybody here whose own policy allows sts:AssumeRole on it");
    let mut finding = gate.finding("XAC008", Severity::Info, message, label, &principal_path(principal));
    let line = match gate.role.entity.dialect {
        Dialect::Yaml => "AWS: ARN-OF-THE-ROLE-THAT-NEEDS-IT",
        Dialect::Json => "\"AWS\": \"ARN-OF-THE-ROLE-THAT-NEEDS-IT\"",
        Dialect::Cdk => "new iam.ArnPrincipal('ARN-OF-THE-ROLE-THAT-NEEDS-IT')",
    };
    finding.help = format!("name the role that needs it\n  {line}");
    finding.mistake.element = "Account";
    Some(finding)
}
