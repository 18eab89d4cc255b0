//! OID010: a CI service's subject is tested, and other customers or other projects pass.

use crate::checks::Cx;
use crate::checks::tokens::{Case, on_admitted};
use crate::finding::{Finding, Severity};
use crate::identity::classes::provider::Provider;

/// Finds roles whose test on the subject of a known form leaves the customer or the project open.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    findings.extend(on_admitted(cx, of_ci, finding));
}

/// Issuers with rules of their own: GitHub and clusters.
const OTHERS: [&str; 3] = ["github", "github-enterprise", "irsa"];

fn names_tenant(provider: &Provider, class: &str) -> bool {
    [&provider.other_tenant, &provider.tenant_prefix].into_iter().any(|name| name.as_deref() == Some(class))
}

fn names_project(provider: &Provider, class: &str) -> bool {
    [&provider.other_project, &provider.project_prefix].into_iter().any(|name| name.as_deref() == Some(class))
}

fn names_workspace(provider: &Provider, class: &str) -> bool {
    [&provider.other_workspace, &provider.workspace_prefix].into_iter().any(|name| name.as_deref() == Some(class))
}

/// Runs of the project that is named, on another ref or of another phase.
fn names_run(provider: &Provider, class: &str) -> bool {
    ["any-branch", "any-tag"].contains(&class) || provider.subjects.iter().any(|subject| subject.kind == class)
}

/// The classes come with other customers first, and with other runs last.
fn of_ci(provider: &Provider, class: &str) -> bool {
    let is_known = !provider.subjects.is_empty() && !OTHERS.contains(&provider.class.as_str());
    is_known && [names_tenant, names_project, names_workspace, names_run].iter().any(|names| names(provider, class))
}

/// Runs of the project that is named, where the role may change something.
fn of_runs(case: &Case<'_>, class: &str) -> Option<Finding> {
    case.tests("sub").next()?;
    // What may apply is the strongest that there is.
    if class == "apply" {
        return None;
    }
    if !case.cx.held.changes(case.of_role.role, &case.of_role.when).is_true() {
        return None;
    }
    let admits = |name: &str| case.also_admits(|_, class| class == name);
    let whose = match class {
        "other-branch" if admits("any-branch") => "runs on any branch",
        "tag" if admits("any-tag") => "runs for any tag",
        "plan" => "plans, and runs of every other phase,",
        "any-branch" => "runs on any branch",
        "any-tag" => "runs for any tag",
        "other-branch" => "runs on branches that nobody named",
        "tag" => "runs for tags that nobody named",
        _ => "any run of the project",
    };
    let role = case.role().entity.name();
    let says = |subject: &str| (format!("{whose} can become {role}"), format!("'{subject}' passes too"));
    let mut finding = case.finding("OID010", Severity::Info, "sub", says, "another run of the project");
    finding.help = case.replacing_behind(case.provider.finest());
    Some(finding)
}

/// Whether another claim keeps other customers out.
fn pins_tenant(case: &Case<'_>) -> bool {
    !case.also_admits(|provider, class| provider.other_tenant.as_deref() == Some(class))
}

fn finding(case: &Case<'_>) -> Option<Finding> {
    // Where it is not tested at all, another rule says that of issuers that all their customers share.
    let is_tested = case.tests("sub").next().is_some();
    if !is_tested && case.provider.shared.is_some() && !pins_tenant(case) {
        return None;
    }
    let (role, title) = (case.role().entity.name(), &case.provider.title);
    let class = case.answer.class.split('/').nth(1).unwrap_or_default();
    if names_run(case.provider, class) {
        return of_runs(case, class);
    }
    let is_open = case.provider.shared.is_some() && names_tenant(case.provider, class);
    let of_project = names_workspace(case.provider, class);
    let (severity, whose) = match is_open {
        true => (Severity::Error, format!("other customers of {title}")),
        false if of_project => (Severity::Warning, format!("other workspaces of the project at {title}")),
        false => (Severity::Warning, format!("other projects at {title}")),
    };
    let says = |subject: &str| {
        let why = match is_tested {
            true => format!("'{subject}' passes too"),
            false => format!("does not ask for a project (sub){}", case.nor_audience("sub")),
        };
        (format!("{whose} can become {role}"), why)
    };
    let who = match is_open {
        true => format!("another customer of {title}"),
        false if of_project => format!("another workspace of the project at {title}"),
        false => format!("another project at {title}"),
    };
    let mut finding = case.finding("OID010", severity, "sub", says, &who);
    finding.help = match is_tested {
        true if of_project => case.replacing_behind(&case.provider.project),
        true => case.replacing("sub"),
        false => case.asking("sub"),
    };
    Some(finding)
}
