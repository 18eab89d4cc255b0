//! XAC009: a principal that is not there: the role itself, or somebody who was deleted.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, own_account_line, principal_path};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::{AwsPrincipal, aws_principal};
use crate::policy::{Principal, PrincipalKind};

/// Finds roles that name themselves, and ids of those who are gone.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        for principal in gate.principals().iter().filter(|one| one.kind == Some(PrincipalKind::Aws)) {
            findings.extend(itself(cx, gate, principal).or_else(|| gone(cx, gate, principal)));
        }
    }
}

fn itself(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Finding> {
    let meant = cx.graph.roles_meant(gate.role.entity.stack, &principal.value);
    meant.iter().find(|(id, _)| std::ptr::eq(cx.graph.role(*id), gate.role))?;
    let role = gate.role.entity.name();
    let message = format!("{role} names itself as its principal, and is not there when that is looked up");
    let label = Label::new(principal.at.place, "has to exist before this role is made");
    let mut finding = gate.finding("XAC009", Severity::Error, message, label, &principal_path(principal));
    let name = cx.graph.shown(&principal.value);
    let name = if name.contains("${") { format!("!Sub {name}") } else { name };
    finding.help = format!(
        "trust the account, and ask for the name\n  {}\n  Condition:\n    ArnEquals:\n      aws:PrincipalArn: {name}",
        own_account_line(gate.role)
    );
    finding.mistake.element = "Principal";
    Some(finding)
}

fn gone(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Finding> {
    if aws_principal(&principal.value, &cx.graph.symbols) != AwsPrincipal::UniqueId {
        return None;
    }
    let role = gate.role.entity.name();
    let message = format!("{role} names somebody who was deleted");
    let id = shown(principal.value.as_known()?);
    let label = Label::new(principal.at.place, format!("{id} is what IAM shows for a user or role that is gone"));
    let mut finding = gate.finding("XAC009", Severity::Warning, message, label, &principal_path(principal));
    finding.help = "name the user or role again\n  AWS: arn:aws:iam::ACCOUNT:role/NAME".to_owned();
    finding.mistake.element = "Principal";
    Some(finding)
}
