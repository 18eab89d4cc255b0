//! XAC003: what cannot stand in the Principal of a trust policy: a wildcard, a group, a name or an ARN of something else.

use crate::checks::Cx;
use crate::checks::gate::{
    Gate, account_and_name, bare_request, gates, is_on, is_open_to_organizations, principal_path,
};
use crate::checks::remedy::{account_and_test, written};
use crate::checks::words::value_words;
use crate::finding::{Change, Finding, Fix, Label, Severity, Written};
use crate::identity::oidc::has_wildcard;
use crate::identity::{AwsPrincipal, Dialect, Role, aws_principal, root_of};
use crate::policy::{Effect, Principal, PrincipalKind, actions_match};
use crate::value::{Symbols, Text};

/// Finds principals that IAM refuses.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        let found = gate
            .principals()
            .iter()
            .filter_map(|one| Some(finding(cx, gate, one, fault(gate, one, &cx.graph.symbols)?)));
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
    /// A wildcard within the name of an identity provider.
    Provider,
    /// A group.
    Group,
    /// What a resource is called, where an ARN stands.
    Name,
    /// The ARN of what cannot ask.
    OtherArn,
    /// What a resource gives, where the name of a service stands.
    NoService,
}

fn fault(gate: Gate<'_>, principal: &Principal, symbols: &Symbols) -> Option<Fault> {
    let form = aws_principal(&principal.value, symbols);
    match (principal.kind, form) {
        (None, AwsPrincipal::Everybody) => Some(Fault::Bare),
        (Some(kind @ (PrincipalKind::Service | PrincipalKind::Federated)), AwsPrincipal::Everybody) => {
            Some(Fault::Star(kind))
        }
        (Some(PrincipalKind::Aws), AwsPrincipal::Pattern) => Some(Fault::Pattern),
        (Some(PrincipalKind::Federated), _) if has_wildcard(&principal.value) => Some(Fault::Provider),
        (Some(PrincipalKind::Aws), AwsPrincipal::Group) => Some(Fault::Group),
        (Some(PrincipalKind::Aws), AwsPrincipal::Name) => Some(Fault::Name),
        (Some(PrincipalKind::Aws), AwsPrincipal::OtherArn) => can_assume(gate).then_some(Fault::OtherArn),
        // A known text is a service whose name is malformed.
        (Some(PrincipalKind::Service), form) if principal.value.as_known().is_none() => {
            (!matches!(form, AwsPrincipal::Unclear | AwsPrincipal::Pattern)).then_some(Fault::NoService)
        }
        _ => None,
    }
}

/// Whether AWS principals can use what the statement speaks of: else their kind is the mistake.
fn can_assume(gate: Gate<'_>) -> bool {
    gate.statement.effect != Effect::Allow || !actions_match(&gate.statement.actions, "sts:AssumeRole").is_false()
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, fault: Fault) -> Finding {
    let role = gate.role.entity.name();
    let message = match fault {
        Fault::Group => format!("{role} names a group as its principal, so its deployment is refused"),
        Fault::Pattern | Fault::Provider => {
            format!("{role} has a wildcard within a principal, so its deployment is refused")
        }
        Fault::Name | Fault::OtherArn => {
            format!("{role} names what is no account, role or user as its principal, so its deployment is refused")
        }
        Fault::NoService => format!("{role} names what is no service as one, so its deployment is refused"),
        _ => format!("{role} has a star as its principal that IAM refuses"),
    };
    let why = match fault {
        Fault::Bare => "trust policies take this only as { AWS: '*' }".to_owned(),
        Fault::Star(kind) => format!("{} takes no star", kind.name()),
        Fault::Pattern | Fault::Provider => "stands for nobody: wildcards match no part of a principal".to_owned(),
        Fault::Group => "groups are no principals".to_owned(),
        Fault::Name => format!("{} gives a name, and no ARN", value_words(cx.graph, gate.role, &principal.value)),
        Fault::OtherArn => "the ARN of something that asks for no roles".to_owned(),
        Fault::NoService => {
            format!("{} gives no name of a service", value_words(cx.graph, gate.role, &principal.value))
        }
    };
    let label = Label::new(principal.at.place, why);
    let mut finding = gate.finding("XAC003", Severity::Error, message, label, &principal_path(principal));
    finding.help = match fault {
        Fault::Bare => bare(gate, asks_for_organization(cx, gate)),
        Fault::Star(PrincipalKind::Service) | Fault::NoService => service(gate),
        Fault::Name => by_arn(cx, gate, principal),
        Fault::OtherArn => "name the role that it works with, a user, or an account".to_owned(),
        Fault::Star(_) | Fault::Provider => "name the identity provider by its ARN".to_owned(),
        Fault::Pattern => pattern(cx, gate, principal),
        Fault::Group => {
            "name the users or a role; or trust the account, and let the group's policy allow it".to_owned()
        }
    };
    finding.fix = match fault {
        Fault::Bare => star_of_accounts(cx, gate, principal).map(Box::new),
        Fault::Pattern => by_name(cx, gate, principal).map(Box::new),
        Fault::Name => arn_of(cx, gate, principal).map(|id| {
            let value = Written::attribute(id, "Arn");
            Box::new(Fix::offered("name the role by its ARN", vec![Change::Set { at: principal.at, value }]))
        }),
        _ => None,
    };
    finding.mistake.element = "Principal";
    finding
}

fn asks_for_organization(cx: &Cx<'_>, gate: Gate<'_>) -> bool {
    let (request, symbols) = (bare_request(gate.role), &cx.graph.symbols);
    gate.statement.conditions.tests.iter().any(|test| {
        is_on(test, &["aws:principalorg"]) && !is_open_to_organizations(test, gate.policy, &request, symbols)
    })
}

fn bare(gate: Gate<'_>, is_guarded: bool) -> String {
    // Who denies everybody asks for nobody's organization.
    let is_guarded = is_guarded || gate.statement.effect == Effect::Deny;
    match (is_guarded, gate.role.entity.dialect) {
        (true, Dialect::Yaml) => "write the star under AWS\n  Principal: { AWS: '*' }",
        (true, Dialect::Json) => "write the star under AWS\n  \"Principal\": { \"AWS\": \"*\" }",
        (true, Dialect::Cdk) => "write the star under AWS\n  new iam.AnyPrincipal()",
        (false, Dialect::Yaml) => {
            "name who may become the role, or ask for the organization\n  Principal: { AWS: '*' }\n  \
             Condition: { StringEquals: { aws:PrincipalOrgID: o-ID } }"
        }
        (false, Dialect::Json) => {
            "name who may become the role, or ask for the organization\n  \"Principal\": { \"AWS\": \"*\" },\n  \
             \"Condition\": { \"StringEquals\": { \"aws:PrincipalOrgID\": \"o-ID\" } }"
        }
        (false, Dialect::Cdk) => {
            "name who may become the role, or ask for the organization\n  new iam.OrganizationPrincipal('o-ID')"
        }
    }
    .to_owned()
}

/// The role of the same template that is called so.
fn arn_of<'g>(cx: &Cx<'g>, gate: Gate<'_>, principal: &Principal) -> Option<&'g str> {
    let stack = &gate.role.entity.subject.stack_key;
    let is_it = |role: &&Role| role.entity.subject.stack_key == *stack && role.is_called(&principal.value);
    cx.graph.roles.iter().find(is_it).map(|role| role.entity.name())
}

fn by_arn(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> String {
    let Some(id) = arn_of(cx, gate, principal) else {
        return "name a role or a user by its ARN, or an account".to_owned();
    };
    let line = match gate.role.entity.dialect {
        Dialect::Yaml => format!("AWS: !GetAtt {id}.Arn"),
        Dialect::Json => format!("\"AWS\": {{ \"Fn::GetAtt\": [\"{id}\", \"Arn\"] }}"),
        Dialect::Cdk => "new iam.ArnPrincipal(role.roleArn)".to_owned(),
    };
    format!("name the role by its ARN\n  {line}")
}

fn service(gate: Gate<'_>) -> String {
    match gate.role.entity.dialect {
        Dialect::Yaml => "name the service\n  Service: lambda.amazonaws.com",
        Dialect::Json => "name the service\n  \"Service\": \"lambda.amazonaws.com\"",
        Dialect::Cdk => "name the service\n  new iam.ServicePrincipal('lambda.amazonaws.com')",
    }
    .to_owned()
}

/// The account that a pattern is in, as a principal.
fn root(principal: &Principal) -> Option<Text> {
    let root = root_of(&principal.value)?;
    let is_wild = root.as_known().is_some_and(|root| root.contains(['*', '?']));
    (!is_wild).then_some(root)
}

fn pattern(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> String {
    if root_of(&principal.value).is_none() {
        let line = match gate.role.entity.dialect {
            Dialect::Yaml => "AWS: arn:aws:iam::NUMBER-OF-THE-ACCOUNT:role/NAME",
            Dialect::Json => "\"AWS\": \"arn:aws:iam::NUMBER-OF-THE-ACCOUNT:role/NAME\"",
            Dialect::Cdk => "new iam.ArnPrincipal('arn:aws:iam::NUMBER-OF-THE-ACCOUNT:role/NAME')",
        };
        return format!("name the role, which stands for all its sessions\n  {line}");
    }
    let root = root(principal).map_or_else(|| "NUMBER-OF-THE-ACCOUNT".to_owned(), |root| cx.graph.shown(&root));
    let block = account_and_name(gate.role, &root, "ArnLike", &cx.graph.shown(&principal.value));
    format!("trust the account, and ask for the name\n  {block}")
}

fn by_name(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Fix> {
    let (root, name) = (written(cx.graph, &root(principal)?)?, written(cx.graph, &principal.value)?);
    let changes = account_and_test(gate.statement, root, "ArnLike", name);
    (!changes.is_empty()).then(|| Fix::offered("trust the account, and ask for the name", changes))
}

/// Only where something else says who may come.
fn star_of_accounts(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Fix> {
    let value = Written::Map(vec![("AWS".to_owned(), Written::text("*"))]);
    let change = Change::Set { at: principal.at, value };
    asks_for_organization(cx, gate).then(|| Fix::offered("write the star under AWS", vec![change]))
}
