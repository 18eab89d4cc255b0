//! SVC005: a service may act for resources of other accounts.

use super::roles_anywhere_trust_incomplete::SERVICE as ROLES_ANYWHERE;
use crate::checks::Cx;
use crate::checks::consumers::consumers_of;
use crate::checks::gate::{Gate, admitted_by_part, deciding, gate, named, principal_path, proof};
use crate::checks::words::{condition_line, is_bare};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written};
use crate::identity::classes::{SourceKeys, guarded_kinds, source_keys};
use crate::identity::provider::{Named, named_principal};
use crate::identity::{ClassAnswer, Dialect, RoleClasses, is_service, text_fault};
use crate::policy::PrincipalKind;
use crate::value::Text;

/// Finds services that are trusted whichever account's resource they act for.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let answers = admitted_by_part(of_role, "service/foreign-account");
        let mut found: Vec<Finding> = answers.filter_map(|(answer, _)| finding(cx, of_role, answer)).collect();
        // One statement is one mistake: the worst of its services speaks for the others.
        found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        for finding in found {
            let same = |other: &Finding| {
                other.rule == finding.rule
                    && other.mistake.statement == finding.mistake.statement
                    && other.subject.logical_id == finding.subject.logical_id
                    && other.branch == finding.branch
            };
            if !findings.iter().any(same) {
                findings.push(finding);
            }
        }
    }
}

/// Whether a principal is said to be no service: that is another mistake.
fn is_misnamed(cx: &Cx<'_>, service: &Text) -> bool {
    text_fault(service).is_some() || named_principal(service, &cx.graph.symbols) != Named::Others
}

fn finding(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let keys = keys_of(cx, of_role, &answer.principal);
    let severity = match keys {
        SourceKeys::Documented | SourceKeys::IfExists => Severity::Warning,
        SourceKeys::Mentioned | SourceKeys::Unknown => Severity::Info,
        SourceKeys::Unsupported => return None,
    };
    // Whose certificates come in says SVC008.
    if is_misnamed(cx, &answer.principal) || is_service(&answer.principal, ROLES_ANYWHERE) {
        return None;
    }
    let is_it = |principal: &&crate::policy::Principal| {
        principal.kind == Some(PrincipalKind::Service) && principal.value == answer.principal
    };
    let (statement, principal) = deciding(of_role.policy(cx.graph), answer)
        .find_map(|statement| Some((statement, named(statement).iter().find(is_it)?)))?;
    // A guard that is there and too wide is another mistake.
    if statement.conditions.tests.iter().any(|test| crate::checks::gate::is_on(test, &["aws:source"])) {
        return None;
    }
    let gate = gate(cx, of_role, statement);
    let service = cx.graph.shown(&answer.principal);
    let message = format!("{service}, at work for another account, can become {}", gate.role.entity.name());
    let label = Label::new(principal.at.place, "trusted for resources of every account");
    let mut finding = gate.finding("SVC005", severity, message, label, &principal_path(principal));
    finding.help = help(gate, severity == Severity::Warning, keys);
    let breaks = |own: &crate::policy::Principal| source_keys(&own.value) == SourceKeys::Unsupported;
    if named(statement).iter().any(breaks) {
        finding.help = format!("give this service a statement of its own, and there {}", finding.help);
    }
    // A guard that one of its services does not send in each call keeps that one out.
    let all_send = named(statement).iter().all(|own| {
        own.kind == Some(PrincipalKind::Service) && keys_of(cx, of_role, &own.value) == SourceKeys::Documented
    });
    if all_send {
        let path = ["Condition", "StringEquals", "aws:SourceAccount"].map(str::to_owned).to_vec();
        let change = Change::Put { into: statement.at, path, value: Written::reference("AWS::AccountId") };
        finding.fix = Some(Box::new(Fix::offered("ask for whom it acts (aws:SourceAccount)", vec![change])));
    }
    finding.mistake.element = "SourceAccount";
    let who = format!("{service}, told by another account to use the role,");
    finding.witness = Some(proof(cx, of_role, answer, statement, &who));
    Some(finding)
}

/// What a guide says for the use of the role that the run shows: some show the keys for one use of the service only.
fn keys_of(cx: &Cx<'_>, of_role: &RoleClasses, service: &Text) -> SourceKeys {
    let keys = source_keys(service);
    if keys != SourceKeys::Mentioned || guarded_kinds(service).next().is_none() {
        return keys;
    }
    let mut users = consumers_of(cx, cx.graph.role(of_role.role), &of_role.when).peekable();
    let is_shown = match users.peek() {
        Some(_) => users.any(|user| guarded_kinds(service).any(|kind| kind == user.kind)),
        // Where nothing is seen that has the role, it may be for what is seen of that use.
        None => guarded_kinds(service).any(|kind| cx.graph.guarded_kinds.contains(kind)),
    };
    if is_shown { SourceKeys::Documented } else { keys }
}

/// Where no guide shows the key, asking for it may keep the service out.
fn help(gate: Gate<'_>, is_shown: bool, keys: SourceKeys) -> String {
    // Some calls of such a service lack the key.
    let operator = if keys == SourceKeys::IfExists { "StringEqualsIfExists" } else { "StringEquals" };
    let what = match is_shown {
        true => "ask for whom it acts",
        false => "if the service's guide shows it for roles, ask for whom it acts",
    };
    let value = match gate.role.entity.dialect {
        Dialect::Yaml => "!Ref AWS::AccountId",
        Dialect::Json => "{ \"Ref\": \"AWS::AccountId\" }",
        Dialect::Cdk => "this.account",
    };
    let line = condition_line(gate.role, operator, "aws:SourceAccount", value);
    match (is_bare(gate.statement), gate.role.entity.dialect) {
        (true, Dialect::Yaml) => format!("{what}\n  Condition:\n    {line}"),
        (true, Dialect::Json) => format!("{what}\n  \"Condition\": {{ {line} }}"),
        (true, Dialect::Cdk) => {
            format!("{what}\n  {{ conditions: {{ {operator}: {{ 'aws:SourceAccount': this.account }} }} }}")
        }
        (false, _) => format!("{what}\n  {line}"),
    }
}
