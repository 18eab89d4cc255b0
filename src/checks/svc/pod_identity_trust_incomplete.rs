//! SVC007: a role for EKS pods that does not take their tags, or takes every pod.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates_of_service, is_on, missing_actions, principal_place, test_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::tags::tests_for_tags;
use crate::identity::{Dialect, PodIdentity};
use crate::policy::Effect;
use crate::value::{Truth, compare};

/// The principal of EKS Pod Identity, and what it calls (EKS User Guide, Pod Identity role).
const SERVICE: &str = "pods.eks.amazonaws.com";
const NEEDED: [&str; 2] = ["sts:AssumeRole", "sts:TagSession"];

/// Keys that tell clusters, namespaces and accounts apart.
const NARROWING: [&str; 3] = ["aws:requesttag/", "aws:source", "aws:principaltag/"];

/// Finds roles that pods cannot get, or that every pod can.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates_of_service(cx, SERVICE) {
        let pods: Vec<&PodIdentity> = pods_of(cx, gate);
        let untagged = !pods.is_empty() && pods.iter().all(|pod| pod.untagged == Truth::True);
        let found = missing(cx, gate, untagged).or_else(|| match untagged {
            true => never_tagged(gate),
            false => open(cx, gate, &pods),
        });
        findings.extend(found);
    }
}

/// The associations that give the gate's role to pods.
fn pods_of<'g>(cx: &Cx<'g>, gate: Gate<'_>) -> Vec<&'g PodIdentity> {
    let is_it = |pod: &&PodIdentity| {
        let meant = cx.graph.roles_meant(pod.entity.stack, &pod.role);
        meant.iter().any(|(id, _)| std::ptr::eq(cx.graph.role(*id), gate.role))
    };
    cx.graph.pod_identities.iter().filter(is_it).collect()
}

fn missing(cx: &Cx<'_>, gate: Gate<'_>, untagged: bool) -> Option<Finding> {
    let missing = missing_actions(cx, gate.policy, SERVICE, &NEEDED);
    let action = missing.first()?;
    // Whether the action is needed where the tags are switched off is not documented.
    let severity = if untagged { Severity::Info } else { Severity::Error };
    let role = gate.role.entity.name();
    let message = format!("EKS Pod Identity cannot use {role}: it needs {action} too");
    let place = gate.statement.action_at.map_or(gate.statement.at.place, |at| at.place);
    let label = Label::new(place, "each call assumes the role and tags the session");
    let mut finding = gate.finding("SVC007", severity, message, label, ".Action");
    finding.help = match gate.role.entity.dialect {
        Dialect::Cdk => "call on the role's principal\n  .withSessionTags()".to_owned(),
        _ => "allow both, in the same statement\n  Action: [sts:AssumeRole, sts:TagSession]".to_owned(),
    };
    finding.mistake.element = "Action";
    Some(finding)
}

/// The tags are switched off everywhere, and the role asks for them.
fn never_tagged(gate: Gate<'_>) -> Option<Finding> {
    let test = tests_for_tags(gate.statement, gate.policy).next()?;
    let role = gate.role.entity.name();
    let message = format!("pods can never get {role}: it asks for tags that its associations switch off");
    let label = Label::new(test.key_at.place, "passes only when the session is tagged");
    let mut finding = gate.finding("SVC007", Severity::Error, message, label, &test_path(test));
    finding.help = "take DisableSessionTags out of the association, or this test out of the role".to_owned();
    finding.mistake.element = "Tags";
    Some(finding)
}

fn open(cx: &Cx<'_>, gate: Gate<'_>, pods: &[&PodIdentity]) -> Option<Finding> {
    let narrows = |statement: &crate::policy::Statement| {
        statement.conditions.opaque || statement.conditions.tests.iter().any(|test| is_on(test, &NARROWING))
    };
    let denied = gate.policy.statements.iter().any(|one| one.effect != Effect::Allow && narrows(one));
    if narrows(gate.statement) || denied || gate.policy.opaque {
        return None;
    }
    let namespaces: Vec<_> = pods.iter().filter_map(|pod| pod.namespace.as_ref()).collect();
    let differ = namespaces.iter().any(|one| compare(one, namespaces[0], &cx.graph.symbols).is_false());
    let severity = if differ { Severity::Warning } else { Severity::Info };
    let role = gate.role.entity.name();
    let message = match differ {
        true => format!("pods of several namespaces share {role}, which asks for none"),
        false => format!("every pod identity association of the account can use {role}"),
    };
    let label = Label::new(principal_place(gate.statement), "asks neither for a namespace nor for a cluster");
    let mut finding = gate.finding("SVC007", severity, message, label, ".Principal.Service");
    finding.related = pods.iter().map(|pod| Label::new(pod.entity.place, "gives the role to its pods")).collect();
    finding.help = match gate.role.entity.dialect {
        Dialect::Cdk => {
            "ask for the namespace\n  StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'NAMESPACE' },"
        }
        _ => "ask for the namespace\n  StringEquals:\n    aws:RequestTag/kubernetes-namespace: NAMESPACE",
    }
    .to_owned();
    finding.mistake.element = "Tags";
    Some(finding)
}
