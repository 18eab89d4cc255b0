//! OID011: service accounts of a cluster that nobody named.

use crate::checks::Cx;
use crate::checks::tokens::{Case, on_admitted, signer};
use crate::finding::{Finding, Label, Severity};
use crate::identity::classes::provider::Provider;
use crate::identity::oidc::{Federated, federated};

/// Finds roles that service accounts other than the role's own can become. A whole namespace is a note only.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    findings.extend(on_admitted(cx, of_account, |case| Some(finding(case))));
}

fn names_namespace(provider: &Provider, class: &str) -> bool {
    [&provider.other_tenant, &provider.tenant_prefix].into_iter().any(|name| name.as_deref() == Some(class))
}

/// The classes come with other namespaces first.
fn of_account(provider: &Provider, class: &str) -> bool {
    let within = [&provider.other_project, &provider.project_prefix];
    let is_within = within.into_iter().any(|name| name.as_deref() == Some(class));
    provider.class == "irsa" && (names_namespace(provider, class) || is_within)
}

fn finding(case: &Case<'_>) -> Finding {
    let role = case.role().entity.name();
    let class = case.answer.class.split('/').nth(1).unwrap_or_default();
    let is_open = names_namespace(case.provider, class);
    let is_tested = case.tests("sub").next().is_some();
    let administers = case.administers().filter(|_| is_open && !is_tested);
    let of_namespaces = match case.provider.tenant_prefix.as_deref() == Some(class) {
        true => "pods of namespaces whose names only begin alike",
        false => "pods of any namespace of the cluster",
    };
    let (severity, whose) = match (is_open, &administers) {
        (true, Some(_)) => (Severity::Error, of_namespaces),
        (true, None) => (Severity::Warning, of_namespaces),
        (false, _) => (Severity::Info, "pods with another service account of the namespace"),
    };
    let says = |subject: &str| {
        let why = match is_tested {
            true => format!("'{subject}' passes too"),
            false => format!("does not ask for a service account (sub){}", case.nor_audience("sub")),
        };
        (format!("{whose} can become {role}"), why)
    };
    let mut finding =
        case.finding("OID011", severity, "sub", says, "a pod with another service account of the cluster");
    finding.related.extend(administers);
    finding.related.extend(cluster(case));
    finding.help = if is_tested { case.replacing("sub") } else { case.asking("sub") };
    finding
}

/// The cluster, where the templates have it.
fn cluster(case: &Case<'_>) -> Option<Label> {
    let Federated::Issuer(issuer) = federated(&case.answer.principal, &case.cx.graph.symbols) else { return None };
    let place = signer(case.cx.graph, &issuer)?;
    Some(Label::new(place, "the cluster, whose pods all get such tokens"))
}
