//! SVC001: a principal that is empty.

use crate::checks::Cx;
use crate::checks::consumers::{consumer_labels, wanted_service};
use crate::checks::gate::named;
use crate::finding::{Change, Finding, Fix, Label, Mistake, Severity, Written};
use crate::identity::{Dialect, Role};
use crate::policy::{Effect, Emptiness, EmptyPrincipal, Policy, Principal, PrincipalKind, Principals, Statement};
use crate::value::Case;

/// Finds principals that name nobody.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for role in &cx.graph.roles {
        for case in &role.trust.cases {
            for statement in &case.then.statements {
                let found = statement.empty.iter().map(|empty| finding(cx, role, (case, statement), empty));
                findings.extend(found);
            }
        }
    }
}

fn finding(
    cx: &Cx<'_>,
    role: &Role,
    (Case { then: policy, when }, statement): (&Case<Policy>, &Statement),
    empty: &EmptyPrincipal,
) -> Finding {
    let kind = empty.kind.map_or("", PrincipalKind::name);
    let property = match empty.kind {
        Some(kind) => format!("AssumeRolePolicyDocument.{}.Principal.{}", statement.path(), kind.name()),
        None => format!("AssumeRolePolicyDocument.{}.Principal", statement.path()),
    };
    let is_alone = !policy.statements.iter().any(names_somebody);
    // What IAM says of these, no document tells.
    let is_refused = !matches!(empty.what, Emptiness::List | Emptiness::Map | Emptiness::Null);
    let name = role.entity.name();
    let message = match (is_alone, is_refused) {
        (true, true) => format!("{name} names nobody who can assume it, so its deployment is refused"),
        (true, false) => format!("{name} names nobody, so nobody can become it"),
        (false, true) => format!("a principal of {name} is empty, so its deployment is refused"),
        (false, false) => format!("a principal of {name} is empty"),
    };
    let label = Label::new(empty.at.place, what(empty.what, kind));
    let mut finding = Finding::new("SVC001", Severity::Error, message, label, role.entity.property(property));
    finding.related = consumer_labels(cx, role, when);
    let wanted = wanted_service(cx, role, when);
    let others = others(statement, empty);
    if !others.is_empty() && wanted.is_none_or(|service| names(&others, service)) {
        finding.help = "leave the empty one out".to_owned();
        let change = Change::Drop { at: empty.at };
        finding.fix = Some(Box::new(Fix::offered("leave the empty principal out", vec![change])));
    } else {
        finding.help = help(role, empty.kind, wanted.unwrap_or("lambda.amazonaws.com"));
        finding.fix = wanted.filter(|_| empty.kind == Some(PrincipalKind::Service)).map(|service| {
            let change = Change::Set { at: empty.at, value: Written::text(service) };
            Box::new(Fix::offered(format!("name {service}"), vec![change]))
        });
    }
    finding.mistake = Mistake { statement: Some(statement.at.place), element: "Principal", bare: false };
    finding.branch = when.clone();
    finding
}

/// Whether a statement lets somebody in whom it names, or may.
fn names_somebody(statement: &Statement) -> bool {
    let names = match &statement.principals {
        Principals::Only(list) => {
            list.iter().any(|principal| !statement.empty.iter().any(|empty| empty.at == principal.at))
        }
        _ => statement.empty.is_empty(),
    };
    names && statement.effect != Effect::Deny
}

/// The principals of the same kind that are not empty.
fn others<'p>(statement: &'p Statement, empty: &EmptyPrincipal) -> Vec<&'p Principal> {
    let is_empty = |principal: &Principal| statement.empty.iter().any(|empty| empty.at == principal.at);
    named(statement).iter().filter(|own| own.kind == empty.kind && !is_empty(own)).collect()
}

/// Whether a service is among these.
fn names(principals: &[&Principal], service: &str) -> bool {
    let is_it = |principal: &&Principal| {
        principal.kind == Some(PrincipalKind::Service) && principal.value.as_known() == Some(service)
    };
    principals.iter().any(is_it)
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
