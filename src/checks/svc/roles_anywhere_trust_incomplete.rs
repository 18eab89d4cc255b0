//! SVC008: a role for IAM Roles Anywhere that lacks an action, or asks for no trust anchor.

use crate::checks::Cx;
use crate::checks::gate::{Gate, named, principal_place};
use crate::checks::remedy::{allow_all, for_one};
use crate::checks::serving::{allows_all, asks_somewhere, gates_of_service, missing_actions, open_statements};
use crate::checks::words::is_bare;
use crate::finding::{Change, Finding, Fix, Label, Severity, Written};
use crate::identity::{AnchorProfile, Dialect, Entity};
use crate::value::Branch;

/// The principal of IAM Roles Anywhere, and what it calls (IAM Roles Anywhere User Guide, trust model).
pub(super) const SERVICE: &str = "rolesanywhere.amazonaws.com";
const NEEDED: [&str; 3] = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];

/// Keys that tell the accounts, the anchors and the certificates apart.
const ANCHORS: [&str; 1] = ["aws:source"];
const CERTIFICATES: [&str; 2] = ["aws:principaltag/x509", "sts:sourceidentity"];

/// Finds roles that Roles Anywhere cannot use, or for every certificate.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates_of_service(cx, SERVICE) {
        // Each statement that asks for no anchor is a mistake of its own.
        let open = open_statements(cx, gate, SERVICE, &ANCHORS).into_iter();
        let mut open = open.map(|statement| open_to_anchors(cx, Gate { statement, ..gate }));
        let missing = missing(cx, gate).map(|missing| match open.next() {
            Some(open) => both(missing, open),
            None => missing,
        });
        findings.extend(missing.into_iter().chain(open).map(|mut finding| {
            finding.related.extend(anchors_and_profiles(cx, gate));
            finding
        }));
    }
}

/// One finding on the actions and on the trust anchor. Its fix is that of the actions: which anchor is meant, somebody
/// should look at, and that finding is left then.
fn both(mut missing: Finding, open: Finding) -> Finding {
    missing.help = format!("{}\n{}", missing.help, open.help);
    missing.related.push(open.primary);
    missing
}

/// Where certificates come from, and what lets them ask for the role.
fn anchors_and_profiles(cx: &Cx<'_>, gate: Gate<'_>) -> Vec<Label> {
    let exists = |when: &Branch| cx.graph.together(when, gate.when).is_some();
    let anchors = cx.graph.trust_anchors.iter().filter(|anchor| exists(&anchor.exists));
    let anchors = anchors.map(|anchor| Label::new(anchor.place, "a trust anchor that may be meant"));
    let has_role =
        |profile: &&AnchorProfile| profile.roles.iter().any(|role| std::ptr::eq(cx.graph.role(*role), gate.role));
    let profiles = cx.graph.anchor_profiles.iter().filter(has_role).filter(|profile| exists(&profile.when));
    let profiles = profiles.map(|profile| Label::new(profile.entity.place, "lets certificates ask for this role"));
    let mut labels: Vec<Label> = profiles.chain(anchors).collect();
    labels.dedup();
    labels.truncate(MOST_LABELS);
    labels
}

/// Labels of one finding that tell of anchors and profiles.
const MOST_LABELS: usize = 4;

fn missing(cx: &Cx<'_>, gate: Gate<'_>) -> Option<Finding> {
    let missing = missing_actions(cx, gate, SERVICE, &NEEDED);
    if missing.is_empty() {
        return None;
    }
    let names: Vec<&str> = missing.iter().map(|action| action.trim_start_matches("sts:")).collect();
    let message =
        format!("IAM Roles Anywhere cannot use {}: it needs {} too", gate.role.entity.name(), names.join(", "));
    let place = gate.statement.action_at.map_or(gate.statement.at.place, |at| at.place);
    let label = Label::new(place, "each call assumes the role, tags the session and sets a source identity");
    let mut finding = gate.finding("SVC008", Severity::Error, message, label, ".Action");
    finding.help = match gate.role.entity.dialect {
        Dialect::Cdk => "allow all three, in the same statement\n  actions: ['sts:AssumeRole', 'sts:TagSession', \
                         'sts:SetSourceIdentity'],"
            .to_owned(),
        Dialect::Json => {
            let quoted = NEEDED.map(|action| format!("\"{action}\""));
            format!("allow all three, in the same statement\n  \"Action\": [{}]", quoted.join(", "))
        }
        Dialect::Yaml => format!("allow all three, in the same statement\n  Action: [{}]", NEEDED.join(", ")),
    };
    if allows_all(gate.statement, &missing) {
        finding.help = format!("take the Deny of {} out", missing.join(", "));
        finding.mistake.element = "Action";
        return Some(finding);
    }
    let changes = allow_all(gate.statement, &missing);
    finding.fix = (!changes.is_empty())
        .then(|| Box::new(for_one(gate.statement, "allow what IAM Roles Anywhere calls", changes)));
    finding.mistake.element = "Action";
    Some(finding)
}

fn open_to_anchors(cx: &Cx<'_>, gate: Gate<'_>) -> Finding {
    let (statement, role) = (gate.statement, gate.role.entity.name());
    let by_name = asks_somewhere(cx, gate, SERVICE, statement, &CERTIFICATES);
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
    let anchor = anchor(cx, gate);
    finding.help = help(gate, anchor);
    finding.fix = anchor.and_then(|anchor| fix(gate, anchor)).map(Box::new);
    finding.mistake.element = "SourceArn";
    finding
}

/// The only trust anchor of the run, if the role's own template has it.
fn anchor<'g>(cx: &Cx<'g>, gate: Gate<'_>) -> Option<&'g Entity> {
    let [anchor] = cx.graph.trust_anchors.as_slice() else { return None };
    (anchor.stack == gate.role.entity.stack).then_some(anchor)
}

fn help(gate: Gate<'_>, anchor: Option<&Entity>) -> String {
    let block = match (gate.role.entity.dialect, anchor.map(Entity::name)) {
        (Dialect::Cdk, _) => "ArnEquals: { 'aws:SourceArn': anchor.attrTrustAnchorArn },".to_owned(),
        (Dialect::Yaml, anchor) => {
            let arn = anchor
                .map_or_else(|| "ARN-OF-THE-TRUST-ANCHOR".to_owned(), |name| format!("!GetAtt {name}.TrustAnchorArn"));
            match is_bare(gate.statement) {
                true => format!("Condition:\n    ArnEquals:\n      aws:SourceArn: {arn}"),
                false => format!("ArnEquals:\n    aws:SourceArn: {arn}"),
            }
        }
        (Dialect::Json, anchor) => {
            let arn = anchor.map_or_else(
                || "\"ARN-OF-THE-TRUST-ANCHOR\"".to_owned(),
                |name| format!("{{ \"Fn::GetAtt\": [\"{name}\", \"TrustAnchorArn\"] }}"),
            );
            let line = format!("\"ArnEquals\": {{ \"aws:SourceArn\": {arn} }}");
            if is_bare(gate.statement) { format!("\"Condition\": {{ {line} }}") } else { line }
        }
    };
    let what = match is_shared(gate) {
        true => "give IAM Roles Anywhere a statement of its own, and ask for the trust anchor there",
        false => "ask for the trust anchor",
    };
    format!("{what}\n  {block}")
}

/// Whether the statement names others too, who come from no trust anchor.
fn is_shared(gate: Gate<'_>) -> bool {
    named(gate.statement).len() > 1
}

fn fix(gate: Gate<'_>, anchor: &Entity) -> Option<Fix> {
    let is_there = |operator: &str| {
        let tests = gate.statement.conditions.tests.iter();
        tests.into_iter().any(|test| test.operator_text.as_known() == Some(operator))
    };
    let path = ["Condition", "ArnEquals", "aws:SourceArn"].map(str::to_owned).to_vec();
    let value = Written::attribute(anchor.name(), "TrustAnchorArn");
    let change = Change::Put { into: gate.statement.at, path, value };
    (!is_shared(gate) && !is_there("ArnEquals")).then(|| Fix::offered("ask for the trust anchor", vec![change]))
}
