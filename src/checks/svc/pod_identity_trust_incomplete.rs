//! SVC007: a role for EKS pods that does not take their tags, or takes every pod.

use crate::checks::Cx;
use crate::checks::gate::{Gate, principal_place, test_path};
use crate::checks::remedy::{allow_all, for_one};
use crate::checks::serving::{allows_all, gates_of_service, missing_actions, open_statements};
use crate::checks::words::is_bare;
use crate::finding::{Finding, Label, Severity};
use crate::identity::classes::role_gets_in;
use crate::identity::tags::tests_for_tags;
use crate::identity::{Dialect, PodIdentity, RoleId};
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
        let never = || never_tagged(gate).filter(|_| untagged);
        let found = missing(cx, gate, &pods).or_else(never).map(|found| with_associations(found, &pods));
        match found {
            Some(found) => findings.extend(in_branches(cx, gate, &pods, found)),
            None => findings.extend(open(cx, gate, &pods, untagged)),
        }
    }
    for pod in &cx.graph.pod_identities {
        findings.extend(refused(cx, pod));
    }
}

/// A finding in the branches in which some associations pass tags, where others pass none.
fn in_branches(cx: &Cx<'_>, gate: Gate<'_>, pods: &[&PodIdentity], found: Finding) -> Vec<Finding> {
    let (tagged, untagged): (Vec<&PodIdentity>, Vec<&PodIdentity>) =
        pods.iter().partition(|pod| pod.untagged == Truth::False);
    if tagged.is_empty() || untagged.is_empty() {
        return vec![found];
    }
    let branches = tagged.iter().filter_map(|pod| cx.graph.together(&pod.when, gate.when));
    branches.map(|branch| Finding { branch, ..found.clone() }).collect()
}

/// The associations that give the gate's role to pods in its branch.
fn pods_of<'g>(cx: &Cx<'g>, gate: Gate<'_>) -> Vec<&'g PodIdentity> {
    let is_it = |pod: &&PodIdentity| {
        let meant = cx.graph.roles_meant(pod.entity.stack, &pod.role);
        cx.graph.together(&pod.when, gate.when).is_some()
            && meant.iter().any(|(id, _)| std::ptr::eq(cx.graph.role(*id), gate.role))
    };
    cx.graph.pod_identities.iter().filter(is_it).collect()
}

/// Names the associations that need what is missing.
fn with_associations(mut finding: Finding, pods: &[&PodIdentity]) -> Finding {
    finding.related.extend(associations(pods));
    finding
}

fn associations(pods: &[&PodIdentity]) -> Vec<Label> {
    let mut labels: Vec<Label> =
        pods.iter().map(|pod| Label::new(pod.entity.place, "gives the role to its pods")).collect();
    labels.dedup();
    labels
}

/// Whether two associations that are there together are of different namespaces.
fn differ(cx: &Cx<'_>, pods: &[&PodIdentity]) -> bool {
    let are_two = |one: &PodIdentity, other: &PodIdentity| {
        let names = one.namespace.as_ref().zip(other.namespace.as_ref());
        names.is_some_and(|(one, other)| compare(one, other, &cx.graph.symbols).is_false())
            && cx.graph.together(&one.when, &other.when).is_some()
    };
    pods.iter().enumerate().any(|(at, one)| pods[at + 1..].iter().any(|other| are_two(one, other)))
}

fn missing(cx: &Cx<'_>, gate: Gate<'_>, pods: &[&PodIdentity]) -> Option<Finding> {
    let missing = missing_actions(cx, gate, SERVICE, &NEEDED);
    let action = missing.first()?;
    let untagged = !pods.is_empty() && pods.iter().all(|pod| pod.untagged != Truth::False);
    // Whether the action is needed where the tags are switched off is not documented.
    let severity = if untagged { Severity::Info } else { Severity::Error };
    let role = gate.role.entity.name();
    let message = match untagged {
        true => format!("whether EKS Pod Identity can use {role} without {action} is not documented"),
        false => format!("EKS Pod Identity cannot use {role}: it needs {action} too"),
    };
    let place = gate.statement.action_at.map_or(gate.statement.at.place, |at| at.place);
    let label = Label::new(place, "each call assumes the role and tags the session");
    let mut finding = gate.finding("SVC007", severity, message, label, ".Action");
    finding.help = match gate.role.entity.dialect {
        Dialect::Cdk => "call on the role's principal\n  .withSessionTags()".to_owned(),
        Dialect::Json => {
            "allow both, in the same statement\n  \"Action\": [\"sts:AssumeRole\", \"sts:TagSession\"]".to_owned()
        }
        Dialect::Yaml => "allow both, in the same statement\n  Action: [sts:AssumeRole, sts:TagSession]".to_owned(),
    };
    if allows_all(gate.statement, &missing) {
        finding.help = format!("take the Deny of {action} out");
        finding.mistake.element = "Action";
        return Some(finding);
    }
    // What is not needed for certain is not worth the warning that namespaces share the role, which it would bring.
    let changes = if untagged && differ(cx, pods) { Vec::new() } else { allow_all(gate.statement, &missing) };
    finding.fix =
        (!changes.is_empty()).then(|| Box::new(for_one(gate.statement, "allow what EKS Pod Identity calls", changes)));
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

fn open(cx: &Cx<'_>, gate: Gate<'_>, pods: &[&PodIdentity], untagged: bool) -> Option<Finding> {
    let statement = open_statements(cx, gate, SERVICE, &NARROWING).into_iter().next()?;
    let gate = Gate { statement, ..gate };
    let differ = differ(cx, pods);
    let id = cx.graph.roles().find(|(_, role)| std::ptr::eq(*role, gate.role)).map(|(id, _)| id);
    // How several associations of one namespace can be told apart without tags is not documented.
    if !differ && (untagged || !id.is_some_and(|id| cx.held.changes(id, gate.when).is_true())) {
        return None;
    }
    let severity = if differ { Severity::Warning } else { Severity::Info };
    let role = gate.role.entity.name();
    let message = match differ {
        true => format!("pods of several namespaces share {role}, which asks for none"),
        false => format!("every pod identity association of the account can use {role}"),
    };
    let label = Label::new(principal_place(gate.statement), "asks neither for a namespace nor for a cluster");
    let mut finding = gate.finding("SVC007", severity, message, label, ".Principal.Service");
    finding.related = associations(pods);
    finding.help = match untagged {
        true => "give each namespace a role of its own".to_owned(),
        false => tell_apart(gate, differ),
    };
    finding.mistake.element = "Tags";
    Some(finding)
}

/// Where several namespaces share a role, one value would keep the others out.
fn tell_apart(gate: Gate<'_>, differ: bool) -> String {
    const KEY: &str = "aws:RequestTag/kubernetes-namespace";
    let (what, values) = match differ {
        true => (
            "give each namespace a role of its own; or, if they share it on purpose, list all",
            ["[NAMESPACE, NAMESPACE]", "[\"NAMESPACE\", \"NAMESPACE\"]", "['NAMESPACE', 'NAMESPACE']"],
        ),
        false => ("ask for the namespace", ["NAMESPACE", "\"NAMESPACE\"", "'NAMESPACE'"]),
    };
    let [yaml, json, cdk] = values;
    let block = match (gate.role.entity.dialect, is_bare(gate.statement)) {
        (Dialect::Cdk, _) => format!("StringEquals: {{ '{KEY}': {cdk} }},"),
        (Dialect::Yaml, true) => format!("Condition:\n    StringEquals:\n      {KEY}: {yaml}"),
        (Dialect::Yaml, false) => format!("StringEquals:\n    {KEY}: {yaml}"),
        (Dialect::Json, true) => format!("\"Condition\": {{ \"StringEquals\": {{ \"{KEY}\": {json} }} }}"),
        (Dialect::Json, false) => format!("\"StringEquals\": {{ \"{KEY}\": {json} }}"),
    };
    format!("{what}\n  {block}")
}

/// The action for lack of which the second role certainly refuses the first, whatever the branch. Each call carries the
/// tags, unless the association turns these off.
fn lacked(cx: &Cx<'_>, pod: &PodIdentity, target: RoleId) -> Option<&'static str> {
    let cases = &cx.graph.role(target).trust.cases;
    let together = cases.iter().filter(|case| cx.graph.together(&pod.when, &case.when).is_some());
    let gets_in = |actions: &[&'static str]| {
        let asking = (pod.entity.stack, &pod.role);
        Truth::any(together.clone().map(|case| role_gets_in(cx.graph, asking, target, case, actions)))
    };
    let (plain, tagged) = (gets_in(&NEEDED[..1]), || gets_in(&NEEDED));
    together.clone().next()?;
    let is_refused = match pod.untagged {
        Truth::True => plain.is_false(),
        Truth::False => tagged().is_false(),
        Truth::Unknown => plain.is_false() && tagged().is_false(),
    };
    is_refused.then_some(if plain.is_false() { NEEDED[0] } else { NEEDED[1] })
}

/// An association that leads to a second role, which certainly refuses the first (EKS User Guide, access resources
/// in another account with a target role: two calls, one after the other).
fn refused(cx: &Cx<'_>, pod: &PodIdentity) -> Option<Finding> {
    let (target, place) = pod.target.as_ref()?;
    let meant = cx.graph.roles_meant(pod.entity.stack, target);
    let [(id, _)] = meant.as_slice() else { return None };
    let role = cx.graph.role(*id);
    let action = lacked(cx, pod, *id)?;
    let (name, source) = (role.entity.name(), pod.entity.name());
    let severity = if action == NEEDED[0] { Severity::Error } else { Severity::Warning };
    let message = match severity {
        Severity::Error => format!("{name} refuses the pods of {source}: it does not let their role in"),
        _ => format!("{name} refuses the tagged sessions of {source}: it does not allow {action}"),
    };
    let label = Label::new(*place, "the pods' role becomes this role in a second call");
    let mut finding = Finding::new("SVC007", severity, message, label, pod.entity.property("TargetRoleArn"));
    finding.related = vec![Label::new(role.entity.place, format!("does not let that role use {action}"))];
    let denies = role.trust.cases.iter().flat_map(|case| &case.then.statements).any(|one| one.effect == Effect::Deny);
    finding.help = match role.entity.dialect {
        Dialect::Yaml => "name the pods' role in its trust policy\n  Principal: { AWS: ARN-OF-THE-PODS-ROLE }\n  \
                          Action: [sts:AssumeRole, sts:TagSession]",
        Dialect::Json => "name the pods' role in its trust policy\n  \"Principal\": { \"AWS\": \
                          \"ARN-OF-THE-PODS-ROLE\" },\n  \"Action\": [\"sts:AssumeRole\", \"sts:TagSession\"]",
        Dialect::Cdk => "name the pods' role in its trust policy\n  assumedBy: new iam.ArnPrincipal(podRole.roleArn).withSessionTags(),",
    }
    .to_owned();
    if denies {
        finding.help += "\nand take out of it what denies that role";
    }
    finding.branch = pod.when.clone();
    finding.mistake.element = "TargetRoleArn";
    Some(finding)
}
