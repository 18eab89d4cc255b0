//! SVC002: the name of a service that has no such form.

use crate::checks::Cx;
use crate::checks::consumers::consumer_labels;
use crate::checks::gate::{Gate, gates, principal_path};
use crate::checks::trusted::is_own_service;
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::{Dialect, NameFault, is_known_service, partition_of, text_fault};
use crate::policy::{Principal, PrincipalKind};

/// Finds service principals that cannot be the name of a service.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        for principal in gate.principals().iter().filter(|one| one.kind == Some(PrincipalKind::Service)) {
            findings.extend(finding(cx, gate, principal));
        }
    }
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Finding> {
    let name = principal.value.as_known();
    if name.is_some_and(|name| is_own_service(cx, gate.role.entity.stack, name)) {
        return None;
    }
    let fault = text_fault(&principal.value)?;
    let region_label = |meant: &str| format!("known as {}", shown(meant));
    let (severity, why) = match &fault {
        NameFault::Form(_) => (Severity::Error, "no service has a name of this form".to_owned()),
        NameFault::Region(meant) => (Severity::Warning, region_label(meant)),
        // The older form still holds in the partition that it is of.
        NameFault::Suffix(_, of) if is_elsewhere(gate, of) => {
            (Severity::Warning, "the older form of another partition; one name holds in all".to_owned())
        }
        NameFault::Suffix(..) => (Severity::Info, "the older form; one name holds in all partitions".to_owned()),
    };
    let role = gate.role.entity.name();
    let message = match fault {
        NameFault::Form(_) => {
            format!("{role} names '{}', which is no service", shown(&cx.graph.shown(&principal.value)))
        }
        NameFault::Region(_) => format!("{role} names a service for one Region, and no such name is known"),
        NameFault::Suffix(..) => format!("{role} names a service as only one partition does"),
    };
    let mut finding =
        gate.finding("SVC002", severity, message, Label::new(principal.at.place, why), &principal_path(principal));
    finding.related = consumer_labels(cx, gate.role, gate.when);
    let fix = match &fault {
        NameFault::Form(Some(meant)) => Some(meant.clone()),
        _ => None,
    };
    finding.help = match (fault, gate.role.entity.dialect) {
        (NameFault::Form(None), _) => "name the service, as in lambda.amazonaws.com".to_owned(),
        (NameFault::Form(Some(meant)) | NameFault::Region(meant) | NameFault::Suffix(meant, _), dialect) => {
            match dialect {
                Dialect::Yaml => format!("write\n  Service: {}", shown(&meant)),
                Dialect::Json => format!("write\n  \"Service\": \"{}\"", shown(&meant)),
                Dialect::Cdk => format!("write\n  new iam.ServicePrincipal('{}')", shown(&meant)),
            }
        }
    };
    finding.fix = fix.map(|name| {
        let change = Change::Set { at: principal.at, value: Written::text(name.as_str()) };
        let fix = if is_known_service(&name) { Fix::safe } else { Fix::offered };
        Box::new(fix(format!("name {name}"), vec![change]))
    });
    finding.mistake.element = "Principal";
    Some(finding)
}

/// Whether a role certainly goes to another partition.
fn is_elsewhere(gate: Gate<'_>, partition: &str) -> bool {
    partition_of(gate.role).is_some_and(|own| own != partition)
}
