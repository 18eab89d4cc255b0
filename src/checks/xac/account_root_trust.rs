//! XAC008: a whole account is trusted, and its own policies say who gets the role.

use crate::checks::Cx;
use crate::checks::gate::{Gate, bare_account, bare_request, gates, principal_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{Dialect, PermissionPolicy, account_of};
use crate::policy::{Effect, Policy, Principal, Request, evaluate};
use crate::value::{Case, Text, Truth, Why, compare};

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
    let name = gate.role.entity.name();
    let takers = takers(cx, gate);
    let (severity, message) = match takers.is_empty() {
        true => (Severity::Info, format!("{name} leaves it to the account's policies who gets it")),
        false => (
            Severity::Warning,
            format!("{name} may do everything, and leaves it to the account's policies who gets it"),
        ),
    };
    let label = Label::new(principal.at.place, "everybody here whose own policy allows sts:AssumeRole on it");
    let mut finding = gate.finding("XAC008", severity, message, label, &principal_path(principal));
    finding.related = takers;
    let line = match gate.role.entity.dialect {
        Dialect::Yaml => "AWS: ARN-OF-THE-ROLE-THAT-NEEDS-IT",
        Dialect::Json => "\"AWS\": \"ARN-OF-THE-ROLE-THAT-NEEDS-IT\"",
        Dialect::Cdk => "new iam.ArnPrincipal('ARN-OF-THE-ROLE-THAT-NEEDS-IT')",
    };
    finding.help = format!("name the role that needs it\n  {line}");
    finding.mistake.element = "Account";
    Some(finding)
}

/// Policies whose holders may become every role of the account, where the role may do everything.
fn takers(cx: &Cx<'_>, gate: Gate<'_>) -> Vec<Label> {
    let id = cx.graph.roles().find(|(_, role)| std::ptr::eq(*role, gate.role)).map(|(id, _)| id);
    let Some(id) = id.filter(|id| cx.held.administers(*id, gate.when).is_some()) else { return Vec::new() };
    let every = Text::Any(Why::Deployment("a role".into()));
    let allows = |policy: &Policy, action: &str| {
        let asked = Request { action: action.to_owned(), resource: every.clone(), ..bare_request(gate.role) };
        let of_identity = Policy { of_identity: true, ..policy.clone() };
        evaluate(&of_identity, &asked, &cx.graph.symbols).truth.is_true()
    };
    // Who may write the policies of every role gains nothing by taking one.
    let lets_in = |case: &Case<Policy>| {
        cx.graph.together(&case.when, gate.when).is_some()
            && allows(&case.then, "sts:AssumeRole")
            && !allows(&case.then, "iam:PutRolePolicy")
    };
    // What the role itself may do opens it to nobody.
    let is_others =
        |policy: &&PermissionPolicy| !policy.roles.iter().all(|(role, _)| *role == id) || policy.roles.is_empty();
    let policies =
        cx.graph.policies.iter().filter(is_others).filter(|policy| policy.document.cases.iter().any(lets_in));
    let label = |policy: &PermissionPolicy| Label::new(policy.entity.place, "lets its holders become every role");
    policies.take(MOST_LABELS).map(label).collect()
}

/// Labels of one finding.
const MOST_LABELS: usize = 3;
