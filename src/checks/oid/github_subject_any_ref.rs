//! OID004: GitHub's subject names the repository, and pull requests or any ref of it pass.

use crate::checks::Cx;
use crate::checks::tokens::{Case, on_admitted};
use crate::finding::{Finding, Severity};
use crate::identity::classes::provider::Provider;
use crate::policy::Test;
use crate::value::Text;

/// Finds roles that workflows of pull requests, or of any branch and tag, can become.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    findings.extend(on_admitted(cx, of_any_ref, finding));
}

fn is_github(provider: &Provider) -> bool {
    ["github", "github-enterprise"].contains(&provider.class.as_str())
}

/// Pull requests, and whatever branch or environment somebody names. Tags alone are what a release is made from.
fn of_any_ref(provider: &Provider, class: &str) -> bool {
    is_github(provider) && ["pull-request", "any-branch", "any-environment"].contains(&class)
}

/// Other repositories, and other owners, are worse mistakes.
fn of_others(provider: &Provider, class: &str) -> bool {
    let names = [&provider.other_tenant, &provider.tenant_prefix, &provider.other_project, &provider.project_prefix];
    is_github(provider) && names.into_iter().any(|name| name.as_deref() == Some(class))
}

/// Whether a test asks for some workflows only: those hold in each of their versions what they are trusted for.
fn asks_for_some(test: &Test) -> bool {
    let is_any = |value: &Text| value.as_known().is_some_and(|known| known.chars().all(|c| c == '*'));
    test.operator.is_some_and(|operator| operator.takes_any_value())
        && !test.values.iter().any(|(value, _)| is_any(value))
}

fn finding(case: &Case<'_>) -> Option<Finding> {
    case.tests("sub").next()?;
    if case.tests("job_workflow_ref").any(asks_for_some) {
        return None;
    }
    if case.also_admits(of_others) {
        return None;
    }
    // A job with an environment has the ref for which it runs in another claim.
    let any_ref = Text::known("refs/heads/YOUR-BRANCH");
    let of_environments = case.tests("ref").all(|test| case.passes(test, &any_ref).is_true());
    let admits = |name: &str| {
        (name != "any-environment" || of_environments)
            && case.also_admits(|provider, class| is_github(provider) && class == name)
    };
    if !["pull-request", "any-branch", "any-environment"].into_iter().any(admits) {
        return None;
    }
    let changes = case.cx.held.changes(case.of_role.role, &case.of_role.when);
    let severity = if changes.is_true() { Severity::Warning } else { Severity::Info };
    let role = case.role().entity.name();
    let whose = whose(admits);
    let says = |subject: &str| (format!("workflows of {whose} can become {role}"), format!("'{subject}' passes"));
    let mut finding = case.finding("OID004", severity, "sub", says, "a workflow of the repository");
    finding.help = case.replacing_behind(case.provider.finest());
    Some(finding)
}

/// Whose workflows get in, of those that do.
fn whose(admits: impl Fn(&str) -> bool) -> &'static str {
    match (admits("pull-request"), admits("any-branch"), admits("any-environment"), admits("any-tag")) {
        (true, true, _, _) => "any ref or pull request",
        (true, false, true, _) => "pull requests and of any environment",
        (true, false, false, _) => "pull requests",
        (false, true, true, _) => "any branch and environment",
        (false, true, false, true) => "any branch or tag",
        (false, true, false, false) => "any branch",
        (false, false, _, _) => "any environment",
    }
}
