//! OID002: GitHub's subject is tested, and repositories of other owners pass.

use crate::checks::Cx;
use crate::checks::gate::{gate, test_path};
use crate::checks::tokens::{Case, on_admitted, provider_of, tests_on};
use crate::checks::words::mistake;
use crate::finding::{Finding, Label, Severity, Status, shown};
use crate::identity::RoleClasses;
use crate::identity::classes::of_other_form;
use crate::identity::classes::provider::Provider;
use crate::policy::{Effect, Test};
use crate::value::{Text, Truth};

/// Finds roles whose test on the subject lets in workflows of owners that it does not name.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    findings.extend(on_admitted(cx, of_owner, finding));
    findings.extend(cx.classes.of_roles.iter().flat_map(|of_role| unknown_forms(cx, of_role)));
}

/// Patterns of subjects whose form the owner of the repositories has chosen: whether others can have such subjects is
/// not known.
fn unknown_forms<'c>(cx: &'c Cx<'c>, of_role: &'c RoleClasses) -> Vec<Finding> {
    let mut seen: Vec<&Text> = Vec::new();
    let mut findings = Vec::new();
    let part = of_role.answers.as_slice();
    for answer in part {
        let Some((provider, class)) = provider_of(answer) else { continue };
        let is_open = answer.answer.truth == Truth::Unknown && of_owner(provider, class);
        if !is_open || seen.contains(&&answer.principal) {
            continue;
        }
        let statements = of_role.policy(cx.graph).statements.iter();
        let allowing = statements.filter(|one| one.effect == Effect::Allow);
        let cases = allowing.map(|statement| Case { cx, of_role, answer, part, provider, statement });
        for case in cases.filter(|case| !case.also_admits(of_owner)) {
            seen.push(&answer.principal);
            let test = tests_on(cx, case.statement, answer, "sub").find(|test| of_other_form(provider, test).is_some());
            findings.extend(test.and_then(|test| unknown_form(&case, test)));
        }
    }
    findings
}

fn unknown_form(case: &Case<'_>, test: &Test) -> Option<Finding> {
    let (value, at) = of_other_form(case.provider, test)?;
    let role = case.role().entity.name();
    let message = format!("whether GitHub workflows of other owners can become {role} is not known");
    let value = shown(&case.cx.graph.shown(value));
    let why = format!("'{value}' is no form that GitHub's subjects have by default, so somebody has chosen it");
    let gate = gate(case.cx, case.of_role, case.statement);
    let mut finding = gate.finding("OID002", Severity::Warning, message, Label::new(at.place, why), &test_path(test));
    finding.status = Status::Possible;
    finding.assumes = vec!["repositories of other owners have subjects that fit it, too".to_owned()];
    finding.help =
        "write the subject without a star, or ask for the owner, too (repository_owner_id in StringEquals)".to_owned();
    finding.mistake = mistake(case.statement, "sub");
    Some(finding)
}

fn of_owner(provider: &Provider, class: &str) -> bool {
    provider.class == "github"
        && [&provider.other_tenant, &provider.tenant_prefix].into_iter().any(|name| name.as_deref() == Some(class))
}

fn finding(case: &Case<'_>) -> Option<Finding> {
    // Where it is not tested at all, that is the mistake.
    case.tests("sub").next()?;
    let role = case.role().entity.name();
    let is_longer = case.provider.tenant_prefix.as_deref() == case.answer.class.split('/').nth(1);
    let says = |subject: &str| {
        let why = if is_longer {
            format!("'{subject}' passes: an owner whose name goes on where this one ends")
        } else {
            format!("'{subject}' passes: a repository of somebody else")
        };
        (format!("GitHub workflows of other owners can become {role}"), why)
    };
    let mut finding = case.finding("OID002", Severity::Error, "sub", says, "a workflow of another owner at GitHub");
    finding.help = case.replacing("sub");
    if is_longer {
        finding
            .help
            .push_str("\nin subjects with ids an @ stands behind the owner: repo:OWNER@ID/…, never repo:OWNER*");
    }
    Some(finding)
}
