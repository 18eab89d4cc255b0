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
        || is_in_enterprise(provider, class)
}

fn names_owner(provider: &Provider, class: &str) -> bool {
    [&provider.other_tenant, &provider.tenant_prefix].into_iter().any(|name| name.as_deref() == Some(class))
}

fn of_owner(provider: &Provider, class: &str) -> bool {
    provider.class == "github" && names_owner(provider, class)
}

/// Other owners within one enterprise: nobody else has its issuer.
fn is_in_enterprise(provider: &Provider, class: &str) -> bool {
    provider.class == "github-enterprise" && names_owner(provider, class)
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
    let class = case.answer.class.split('/').nth(1).unwrap_or_default();
    let (whose, who) = whose(case.provider, class);
    let says = |subject: &str| {
        let why = match is_tested {
            true => format!("'{subject}' passes too"),
            false => format!("does not ask for a repository (sub){}", case.nor_audience("sub")),
        };
        (format!("{whose} can become {role}"), why)
    };
    let mut finding = case.finding("OID003", severity(case), "sub", says, who);
    finding.related.extend(case.administers());
    finding.help = match is_tested {
        true if is_in_enterprise(case.provider, class) => case.replacing("sub"),
        true => case.replacing_behind(&case.provider.tenant),
        false => case.asking("sub"),
    };
    Some(finding)
}

/// The repositories that get in, and whose token the witness is.
fn whose(provider: &Provider, class: &str) -> (&'static str, &'static str) {
    let of_owner = "a workflow of another repository of the owner at GitHub";
    let is = |name: &Option<String>| name.as_deref() == Some(class);
    match () {
        () if is(&provider.other_tenant) => {
            ("every GitHub repository of the enterprise", "a workflow of another owner in the enterprise")
        }
        () if is(&provider.tenant_prefix) => (
            "GitHub repositories of owners whose names only begin alike",
            "a workflow of another owner in the enterprise",
        ),
        () if is(&provider.project_prefix) => ("GitHub repositories whose names only begin alike", of_owner),
        () => ("every GitHub repository of the owner", of_owner),
    }
}
