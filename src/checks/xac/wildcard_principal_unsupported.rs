//! XAC003: a wildcard, or a group, that cannot stand in the Principal of a trust policy.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, principal_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{AwsPrincipal, aws_principal};
use crate::policy::{Principal, PrincipalKind};
use crate::value::Symbols;

/// Finds principals that IAM refuses.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        let found =
            gate.principals().iter().filter_map(|one| Some(finding(cx, gate, one, fault(one, &cx.graph.symbols)?)));
        findings.extend(found);
    }
}

/// What is wrong with a principal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// A star without a kind.
    Bare,
    /// A star under a kind that has none.
    Star(PrincipalKind),
    /// A wildcard within a name.
    Pattern,
    /// A group.
    Group,
}

fn fault(principal: &Principal, symbols: &Symbols) -> Option<Fault> {
    let form = aws_principal(&principal.value, symbols);
    match (principal.kind, form) {
        (None, AwsPrincipal::Everybody) => Some(Fault::Bare),
        (Some(kind @ (PrincipalKind::Service | PrincipalKind::Federated)), AwsPrincipal::Everybody) => {
            Some(Fault::Star(kind))
        }
        (Some(PrincipalKind::Aws), AwsPrincipal::Pattern) => Some(Fault::Pattern),
        (Some(PrincipalKind::Aws), AwsPrincipal::Group) => Some(Fault::Group),
        _ => None,
    }
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, fault: Fault) -> Finding {
    let (role, value) = (gate.role.entity.name(), cx.graph.shown(&principal.value));
    let message = match fault {
        Fault::Group => format!("{role} names a group as its principal, so its deployment is refused"),
        Fault::Pattern => format!("{role} has a wildcard within a principal, so its deployment is refused"),
        _ => format!("{role} has a star as its principal that IAM refuses"),
    };
    let why = match fault {
        Fault::Bare => "trust policies take this only as { AWS: '*' }".to_owned(),
        Fault::Star(kind) => format!("{} takes no star", kind.name()),
        Fault::Pattern => "stands for nobody: wildcards match no part of a principal".to_owned(),
        Fault::Group => "groups are no principals".to_owned(),
    };
    let label = Label::new(principal.at.place, why);
    let mut finding = gate.finding("XAC003", Severity::Error, message, label, &principal_path(principal));
    finding.help = match fault {
        Fault::Bare => "name who may become the role, or ask for the organization\n  Principal: { AWS: '*' }\n  \
                        Condition: { StringEquals: { aws:PrincipalOrgID: o-ID } }"
            .to_owned(),
        Fault::Star(PrincipalKind::Service) => "name the service\n  Service: lambda.amazonaws.com".to_owned(),
        Fault::Star(_) => "name the identity provider by its ARN".to_owned(),
        Fault::Pattern => format!(
            "trust the account, and ask for the name\n  Principal: {{ AWS: ACCOUNT }}\n  \
             Condition: {{ ArnLike: {{ aws:PrincipalArn: '{value}' }} }}"
        ),
        Fault::Group => {
            "name the users or a role; or trust the account, and let the group's policy allow it".to_owned()
        }
    };
    finding.mistake.element = "Principal";
    finding
}
