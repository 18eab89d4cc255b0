//! SVC006: a role that asks for whom a service works, and lets others in all the same, or nobody.

use crate::checks::Cx;
use crate::checks::gate::{Gate, admitted_by_part, deciding, gate, gates, is_on, named, proof, test_path};
use crate::checks::remedy::ask;
use crate::checks::words::{adding, condition_line};
use crate::finding::{Finding, Fix, Label, Severity, Written};
use crate::identity::classes::{SourceKeys, source_keys};
use crate::identity::{ClassAnswer, Dialect, RoleClasses, accounts_apart, is_own_bucket};
use crate::policy::{Effect, PrincipalKind, Statement, Test, test_passes};
use crate::source::Place;
use crate::value::{At, Text};

/// Keys that say for whom a service works.
const SOURCE: [&str; 1] = ["aws:source"];
const ACCOUNT: [&str; 1] = ["aws:sourceaccount"];

/// Finds tests of the source that strangers pass, or nobody.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        for class in ["service/foreign-account", "service/no-source-keys"] {
            let mut told: Vec<Option<Place>> = Vec::new();
            for (answer, part) in admitted_by_part(of_role, class) {
                let found = open(cx, of_role, (answer, part), class);
                // One statement is one mistake, whichever of its services gets in.
                let found = found.filter(|finding| !told.contains(&finding.mistake.statement));
                told.extend(found.as_ref().map(|finding| finding.mistake.statement));
                findings.extend(found);
            }
        }
    }
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        findings.extend(never(cx, gate));
    }
}

/// The source is asked for, and others pass.
fn open(
    cx: &Cx<'_>,
    of_role: &RoleClasses,
    (answer, part): (&ClassAnswer, &[ClassAnswer]),
    class: &str,
) -> Option<Finding> {
    let by_absence = class == "service/no-source-keys";
    let keys = source_keys(&answer.principal);
    // The guide of such a service says that the keys may be missing.
    if keys == SourceKeys::Unsupported || by_absence && (keys == SourceKeys::IfExists || is_open_anyway(part, answer)) {
        return None;
    }
    let policy = of_role.policy(cx.graph);
    let is_service = |statement: &&Statement| {
        let is_it =
            |one: &crate::policy::Principal| one.kind == Some(PrincipalKind::Service) && one.value == answer.principal;
        named(statement).iter().any(is_it)
    };
    let statement = deciding(policy, answer).find(is_service)?;
    let passes = |test: &&Test| {
        is_on(test, &SOURCE) && test_passes(test, policy, &answer.answer.request, &cx.classes.symbols).is_true()
    };
    let test = statement.conditions.tests.iter().find(passes)?;
    let gate = gate(cx, of_role, statement);
    let (role, service) = (gate.role.entity.name(), cx.graph.shown(&answer.principal));
    let message = match by_absence {
        true => format!("{service} can become {role} without saying for whom it works"),
        false => format!("{service}, at work for another account, can become {role} all the same"),
    };
    let why = match by_absence {
        true => "passes where the key is missing",
        false if is_on(test, &ACCOUNT) => "passes for other accounts",
        false => "passes for resources of other accounts",
    };
    let label = Label::new(test.values_at.place, why);
    // A plain test would break the role of a service that sends no such key, which is not known of this one.
    let is_doubtful = by_absence && keys == SourceKeys::Unknown;
    let severity = if is_doubtful { Severity::Info } else { Severity::Warning };
    let mut finding = gate.finding("SVC006", severity, message, label, &test_path(test));
    finding.help = help(gate);
    match is_doubtful {
        true => {
            finding.help =
                format!("if {service} sends the key with every call, which no list here says,\n{}", finding.help)
        }
        false => finding.fix = fix(cx, gate, test).map(Box::new),
    }
    finding.mistake.element = if is_on(test, &ACCOUNT) { "SourceAccount" } else { "SourceArn" };
    let who = match by_absence {
        true => format!("{service}, which does not say for whom it works,"),
        false => format!("{service}, told by another account to use the role,"),
    };
    finding.witness = Some(proof(cx, of_role, answer, statement, &who));
    Some(finding)
}

/// Whether the same service gets in for another account too: then that is what is told.
fn is_open_anyway(part: &[ClassAnswer], answer: &ClassAnswer) -> bool {
    let is_foreign = |other: &ClassAnswer| {
        other.class == "service/foreign-account" && other.answer.truth.is_true() && other.principal == answer.principal
    };
    part.iter().any(is_foreign)
}

/// The account beside an ARN that has none.
fn fix(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> Option<Fix> {
    if gate.statement.conditions.tests.iter().any(|test| is_on(test, &ACCOUNT)) {
        return None;
    }
    let account = Written::reference("AWS::AccountId");
    let changes = ask(gate.statement, None, "StringEquals", "aws:SourceAccount", account);
    // Buckets of the role's own stack are in its account, for certain.
    let stack = gate.role.entity.stack;
    let of_services = gate.principals().iter().all(|one| one.kind == Some(PrincipalKind::Service));
    let is_own = |(arn, _): &(Text, At)| is_own_bucket(cx.graph, stack, arn);
    let is_safe = of_services && !test.values.is_empty() && test.values.iter().all(is_own);
    let fix = if is_safe { Fix::safe } else { Fix::offered };
    Some(fix("ask for the account that the service works for", changes))
}

fn help(gate: Gate<'_>) -> String {
    let value = match gate.role.entity.dialect {
        Dialect::Yaml => "!Ref AWS::AccountId",
        Dialect::Json => "{ \"Ref\": \"AWS::AccountId\" }",
        Dialect::Cdk => "this.account",
    };
    let is_asked = gate.statement.conditions.tests.iter().any(|test| is_on(test, &ACCOUNT));
    match is_asked {
        true => {
            let line = condition_line(gate.role, "StringEquals", "aws:SourceAccount", value);
            format!("ask for the one account, with an operator that fails without it\n  {line}")
        }
        false => format!(
            "ask for the account too: {}",
            adding(gate.statement, gate.role, "StringEquals", "aws:SourceAccount", value)
        ),
    }
}

/// The tests name different accounts.
fn never(cx: &Cx<'_>, gate: Gate<'_>) -> Option<Finding> {
    let service = gate.principals().iter().find(|one| one.kind == Some(PrincipalKind::Service))?;
    let (of_account, of_arn) = accounts_apart(gate.statement, gate.policy, &cx.graph.symbols)?;
    let (role, service) = (gate.role.entity.name(), cx.graph.shown(&service.value));
    let message = format!("{service} can never become {role}: its source tests name two different accounts");
    let label = Label::new(of_account.values_at.place, "this account");
    let mut finding = gate.finding("SVC006", Severity::Error, message, label, &test_path(of_account));
    finding.related = vec![Label::new(of_arn.values_at.place, "a resource of another one")];
    finding.help = "name one account in both keys: that of the resource for which the service works".to_owned();
    finding.mistake.element = "SourceAccount";
    Some(finding)
}
