//! OID002: GitHub's subject is tested, and repositories of other owners pass.

use crate::checks::Cx;
use crate::checks::tokens::{Case, admitted};
use crate::finding::{Finding, Severity};
use crate::identity::classes::provider::Provider;

/// Finds roles whose test on the subject lets in workflows of owners that it does not name.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    findings.extend(admitted(cx, of_owner).iter().filter_map(finding));
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
    Some(finding)
}
