//! SVC001: a principal that is empty.

use crate::checks::Cx;
use crate::checks::consumers::{consumer_labels, wanted_service};
use crate::finding::{Change, Finding, Fix, Label, Mistake, Severity, Written};
use crate::identity::{Dialect, Role};
use crate::policy::{Emptiness, EmptyPrincipal, PrincipalKind, Principals, Statement};
use crate::value::Branch;

/// Finds principals that name nobody.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for role in &cx.graph.roles {
        for case in &role.trust.cases {
            for statement in &case.then.statements {
                let found = statement.empty.iter().map(|empty| finding(cx, role, statement, empty, &case.when));
                findings.extend(found);
            }
        }
    }
}

fn finding(cx: &Cx<'_>, role: &Role, statement: &Statement, empty: &EmptyPrincipal, when: &Branch) -> Finding {
    let kind = empty.kind.map_or("", PrincipalKind::name);
    let property = match empty.kind {
        Some(kind) => format!("AssumeRolePolicyDocument.{}.Principal.{}", statement.path(), kind.name()),
        None => format!("AssumeRolePolicyDocument.{}.Principal", statement.path()),
    };
    let message = if is_alone(statement) && matches!(empty.what, Emptiness::List | Emptiness::Map | Emptiness::Null) {
        // What IAM says of these, no document tells.
        format!("{} names nobody, so nobody can become it", role.entity.name())
    } else if is_alone(statement) {
        format!("{} names nobody who can assume it, so its deployment is refused", role.entity.name())
    } else {
        format!("a principal of {} is empty, so its deployment is refused", role.entity.name())
    };
    let label = Label::new(empty.at.place, what(empty.what, kind));
    let mut finding = Finding::new("SVC001", Severity::Error, message, label, role.entity.property(property));
    finding.related = consumer_labels(cx, role, when);
    finding.help = help(role, empty.kind, wanted_service(cx, role, when).unwrap_or("lambda.amazonaws.com"));
    let service = wanted_service(cx, role, when).filter(|_| empty.kind == Some(PrincipalKind::Service));
    finding.fix = service.map(|service| {
        let change = Change::Set { at: empty.at, value: Written::text(service) };
        Box::new(Fix::offered(format!("name {service}"), vec![change]))
    });
    finding.mistake = Mistake { statement: Some(statement.at.place), element: "Principal", bare: false };
    finding.branch = when.clone();
    finding
}

/// Whether the statement names nobody else.
fn is_alone(statement: &Statement) -> bool {
    match &statement.principals {
        Principals::Only(list) => {
            !list.iter().any(|principal| !statement.empty.iter().any(|empty| empty.at == principal.at))
        }
        _ => true,
    }
}

fn what(what: Emptiness, kind: &str) -> String {
    let principal = if kind.is_empty() { "Principal".to_owned() } else { format!("{kind} principal") };
    match what {
        Emptiness::Blank => format!("this {principal} is an empty text"),
        Emptiness::List => format!("this {principal} is an empty list"),
        Emptiness::Map => format!("this {principal} is an empty map"),
        Emptiness::Null => format!("this {principal} has no value"),
        Emptiness::OnlySuffix => format!("this {principal} has no name before its suffix"),
    }
}

fn help(role: &Role, kind: Option<PrincipalKind>, service: &str) -> String {
    let in_cdk = role.entity.dialect == Dialect::Cdk;
    match kind {
        None | Some(PrincipalKind::Service) if in_cdk => {
            format!("name the service\n  new iam.ServicePrincipal('{service}')")
        }
        None | Some(PrincipalKind::Service) => {
            format!("name the service that uses the role\n  Service: {service}")
        }
        Some(PrincipalKind::Aws) => "name the account or role\n  AWS: arn:aws:iam::111122223333:role/NAME".to_owned(),
        Some(PrincipalKind::Federated) => {
            "name the identity provider\n  Federated: cognito-identity.amazonaws.com".to_owned()
        }
        Some(PrincipalKind::CanonicalUser) => {
            "name the account's canonical user id, or the account under AWS".to_owned()
        }
    }
}
