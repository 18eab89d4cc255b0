//! SVC003: the name of a service that is in no list.

use crate::checks::Cx;
use crate::checks::consumers::{consumer_labels, wanted_service};
use crate::checks::gate::{Gate, gates, principal_path};
use crate::checks::rule::nearest_among;
use crate::checks::trusted::is_own_service;
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::{Dialect, confused_with, is_known_service, name_fault, service_front, service_fronts};
use crate::policy::{Principal, PrincipalKind};

/// Finds service principals of the right form that nobody knows.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        for principal in gate.principals().iter().filter(|one| one.kind == Some(PrincipalKind::Service)) {
            findings.extend(finding(cx, gate, principal));
        }
    }
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Finding> {
    let name = principal.value.as_known()?;
    if !is_unknown_service(cx, gate, name) {
        return None;
    }
    let role = gate.role.entity.name();
    let message = format!("{role} names '{}', which is in no list of services", shown(name));
    let label = Label::new(principal.at.place, "no service of this name is known");
    let meant = meant(cx, gate, name);
    // No list is whole: a name that is near to none is more likely new than wrong.
    let severity = if meant.is_some() { Severity::Warning } else { Severity::Info };
    let mut finding = gate.finding("SVC003", severity, message, label, &principal_path(principal));
    finding.related = consumer_labels(cx, gate.role, gate.when);
    finding.help = match (meant, gate.role.entity.dialect) {
        (None, _) => "name a service, or list this one under [trust] service-principals in rolecall.toml".to_owned(),
        (Some(meant), Dialect::Yaml) => format!("if this is what is meant, write\n  Service: {meant}"),
        (Some(meant), Dialect::Json) => format!("if this is what is meant, write\n  \"Service\": \"{meant}\""),
        (Some(meant), Dialect::Cdk) => {
            format!("if this is what is meant, write\n  new iam.ServicePrincipal('{meant}')")
        }
    };
    // What a resource needs is no guess.
    finding.fix = wanted_service(cx, gate.role, gate.when).map(|service| {
        let change = Change::Set { at: principal.at, value: Written::text(service) };
        Box::new(Fix::offered(format!("name {service}"), vec![change]))
    });
    finding.mistake.element = "Principal";
    Some(finding)
}

/// Whether a name has the form of a service's, and neither a list nor the user knows it.
pub(super) fn is_unknown_service(cx: &Cx<'_>, gate: Gate<'_>, name: &str) -> bool {
    let is_plain = !name.contains(['*', '?', '$']) && service_front(name).is_some() && name_fault(name).is_none();
    is_plain && !is_known_service(name) && !is_own_service(cx, gate.role.entity.stack, name)
}

/// The service that is probably meant: the one that the role is given to, a usual confusion, or a near name.
fn meant(cx: &Cx<'_>, gate: Gate<'_>, name: &str) -> Option<String> {
    if let Some(service) = wanted_service(cx, gate.role, gate.when) {
        return Some(service.to_owned());
    }
    let near = || {
        // Short names are near to everything.
        let front = service_front(name).filter(|front| front.len() > 3)?;
        nearest_among(&front, service_fronts()).first().map(|front| format!("{front}.amazonaws.com"))
    };
    confused_with(name).or_else(near)
}
