//! SVC008: a role for IAM Roles Anywhere that lacks an action, or asks for no trust anchor.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates_of_service, is_on, missing_actions, names_service, principal_place};
use crate::finding::{Finding, Label, Severity};
use crate::identity::Dialect;
use crate::policy::{Effect, Statement, actions_match};

/// The principal of IAM Roles Anywhere, and what it calls (IAM Roles Anywhere User Guide, trust model).
const SERVICE: &str = "rolesanywhere.amazonaws.com";
const NEEDED: [&str; 3] = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];

/// Keys that tell the accounts, the anchors and the certificates apart.
const ANCHORS: [&str; 1] = ["aws:source"];
const CERTIFICATES: [&str; 2] = ["aws:principaltag/x509", "sts:sourceidentity"];

/// Finds roles that Roles Anywhere cannot use, or for every certificate.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates_of_service(cx, SERVICE) {
        findings.extend(missing(cx, gate).or_else(|| open(cx, gate)));
    }
}

fn missing(cx: &Cx<'_>, gate: Gate<'_>) -> Option<Finding> {
    let missing = missing_actions(cx, gate.policy, SERVICE, &NEEDED);
    if missing.is_empty() {
        return None;
    }
    let message =
        format!("IAM Roles Anywhere cannot use {}: it needs {} too", gate.role.entity.name(), missing.join(", "));
    let place = gate.statement.action_at.map_or(gate.statement.at.place, |at| at.place);
    let label = Label::new(place, "each call assumes the role, tags the session and sets a source identity");
    let mut finding = gate.finding("SVC008", Severity::Error, message, label, ".Action");
    finding.help = match gate.role.entity.dialect {
        Dialect::Cdk => "allow all three, in the same statement\n  actions: ['sts:AssumeRole', 'sts:TagSession', \
                         'sts:SetSourceIdentity'],"
            .to_owned(),
        _ => format!("allow all three, in the same statement\n  Action: [{}]", NEEDED.join(", ")),
    };
    finding.mistake.element = "Action";
    Some(finding)
}

fn open(cx: &Cx<'_>, gate: Gate<'_>) -> Option<Finding> {
    let policy = gate.policy;
    if policy.opaque || policy.statements.iter().any(|statement| statement.conditions.opaque) {
        return None;
    }
    let asks = |statement: &Statement, keys: &[&str]| statement.conditions.tests.iter().any(|test| is_on(test, keys));
    let denied = |keys| policy.statements.iter().any(|one| one.effect != Effect::Allow && asks(one, keys));
    let assuming = |one: &&Statement| {
        one.effect == Effect::Allow
            && names_service(cx, one, SERVICE)
            && actions_match(&one.actions, NEEDED[0]).is_true()
    };
    let mut statements = policy.statements.iter().filter(assuming);
    let statement = statements.find(|one| !asks(one, &ANCHORS)).filter(|_| !denied(&ANCHORS))?;
    let by_name = asks(statement, &CERTIFICATES) || denied(&CERTIFICATES);
    let gate = Gate { statement, ..gate };
    let role = gate.role.entity.name();
    let (severity, message) = match by_name {
        true => (Severity::Info, format!("{role} asks for a certificate's name, and not for its trust anchor")),
        false => {
            (Severity::Warning, format!("{role} asks for no trust anchor: every certificate of the account will do"))
        }
    };
    let place = statement.conditions.at.map_or(principal_place(statement), |at| at.place);
    let why = match by_name {
        true => "a name is unique only within one trust anchor",
        false => "nothing says whose certificates are meant",
    };
    let part = if statement.conditions.at.is_some() { ".Condition" } else { ".Principal.Service" };
    let mut finding = gate.finding("SVC008", severity, message, Label::new(place, why), part);
    finding.help = match gate.role.entity.dialect {
        Dialect::Cdk => "ask for the trust anchor\n  ArnEquals: { 'aws:SourceArn': anchor.attrTrustAnchorArn },",
        _ => "ask for the trust anchor\n  ArnEquals:\n    aws:SourceArn: ARN-OF-THE-TRUST-ANCHOR",
    }
    .to_owned();
    finding.mistake.element = "SourceArn";
    Some(finding)
}
