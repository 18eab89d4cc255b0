//! OID003: GitHub's subject names the owner, and any repository of theirs passes.

use crate::checks::Cx;
use crate::checks::tokens::{Case, on_admitted};
use crate::finding::{Finding, Severity};
use crate::identity::classes::provider::Provider;
use crate::value::Truth;

/// Finds roles that repositories which nobody named can become, all of one owner.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    findings.extend(on_admitted(cx, of_repository, finding));
}

fn of_repository(provider: &Provider, class: &str) -> bool {
    let names = [&provider.other_project, &provider.project_prefix];
    is_github(provider) && names.into_iter().any(|name| name.as_deref() == Some(class))
}

fn of_owner(provider: &Provider, class: &str) -> bool {
    let names = [&provider.other_tenant, &provider.tenant_prefix];
    provider.class == "github" && names.into_iter().any(|name| name.as_deref() == Some(class))
}

/// GitHub's own issuer, and those of enterprises.
fn is_github(provider: &Provider) -> bool {
    ["github", "github-enterprise"].contains(&provider.class.as_str())
}

/// What the role may do: everything, nothing that changes anything, or something between, which may be unknown.
fn severity(case: &Case<'_>) -> Severity {
    if case.administers().is_some() {
        return Severity::Error;
    }
    match case.cx.held.changes(case.of_role.role, &case.of_role.when) {
        Truth::False => Severity::Info,
        Truth::True | Truth::Unknown => Severity::Warning,
    }
}

fn finding(case: &Case<'_>) -> Option<Finding> {
    // Other owners are the worse mistake.
    if case.also_admits(of_owner) {
        return None;
    }
    let is_tested = case.tests("sub").next().is_some();
    let role = case.role().entity.name();
    let is_longer = case.provider.project_prefix.as_deref() == case.answer.class.split('/').nth(1);
    let says = |subject: &str| {
        let message = if is_longer {
            format!("GitHub repositories whose names only begin alike can become {role}")
        } else {
            format!("every GitHub repository of the owner can become {role}")
        };
        let why = match is_tested {
            true => format!("'{subject}' passes too"),
            false => "does not ask for a repository (sub)".to_owned(),
        };
        (message, why)
    };
    let who = "a workflow of another repository of the owner at GitHub";
    let mut finding = case.finding("OID003", severity(case), "sub", says, who);
    finding.related.extend(case.administers());
    finding.help = if is_tested { case.replacing("sub") } else { case.asking("sub") };
    Some(finding)
}
