//! SVC004: a resource gives a service a role that the service cannot become.

use std::collections::HashMap;

use crate::checks::Cx;
use crate::checks::consumers::wanted_service;
use crate::checks::gate::{Gate, named};
use crate::checks::rule::nearest_among;
use crate::checks::svc::service_principal_unknown::is_unknown_service;
use crate::finding::{Change, Finding, Fix, Label, Mistake, Severity, Written, shown};
use crate::identity::classes::{consumer_gets_in, denying};
use crate::identity::{
    Consumer, Dialect, Entity, ExternalId, NameFault, Role, RoleId, confused_with, is_service, service_front,
    text_fault,
};
use crate::policy::{Effect, Policy, Principal, PrincipalKind, Statement};
use crate::value::{Branch, Truth};

/// Finds resources whose service is refused by the role that they give it.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    // Many resources share a role: the same is asked once.
    let mut asked: HashMap<(RoleId, usize, &[String], &ExternalId), bool> = HashMap::new();
    for consumer in &cx.graph.consumers {
        let role = cx.graph.role(consumer.role);
        for (case, trust) in role.trust.cases.iter().enumerate() {
            let Some(when) = cx.graph.together(&consumer.when, &trust.when) else { continue };
            let question = (consumer.role, case, consumer.services.as_slice(), &consumer.external);
            let is_full = asked.len() >= MOST_ASKED && !asked.contains_key(&question);
            if is_full {
                continue;
            }
            let is_refused =
                *asked.entry(question).or_insert_with(|| consumer_gets_in(cx.graph, consumer, case, true).is_false());
            if is_refused && !is_misnamed(cx, role, &trust.then, &when) {
                findings.push(finding(cx, consumer, case, &trust.then, when));
            }
        }
    }
}

/// Questions of one stack set about services and roles.
const MOST_ASKED: usize = 10_000;

/// Whether a service of the policy is empty, malformed or unknown: that is the mistake, and it is told there.
fn is_misnamed(cx: &Cx<'_>, role: &Role, policy: &Policy, when: &Branch) -> bool {
    let allowing = policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    allowing.into_iter().any(|statement| {
        let gate = Gate { role, policy, statement, when };
        let is_wrong = |principal: &Principal| {
            let name = principal.value.as_known().unwrap_or_default();
            let malformed = matches!(text_fault(&principal.value), Some(NameFault::Form(_)));
            principal.kind == Some(PrincipalKind::Service) && (malformed || is_unknown_service(cx, gate, name))
        };
        !statement.empty.is_empty() || named(statement).iter().any(is_wrong)
    })
}

fn finding(cx: &Cx<'_>, consumer: &Consumer, case: usize, policy: &Policy, when: Branch) -> Finding {
    let role = cx.graph.role(consumer.role);
    let service = consumer.services.join(" or ");
    let statement = near(policy, consumer);
    let is_named = statement.is_some_and(|statement| names(statement, consumer));
    let by_id = is_named && consumer_gets_in(cx.graph, consumer, case, false) != Truth::False;
    let (who, of) = (consumer.entity.name(), role.entity.name());
    let (message, why) = match (is_named, by_id, &consumer.external) {
        (false, ..) => (format!("{who} cannot use {of}, which does not trust {service}"), "names others only"),
        (true, true, ExternalId::Sent(id)) => {
            let id = shown(&cx.graph.shown(id));
            (format!("{who} cannot use {of}: it sends the external id '{id}', and the role asks for another"), ASKS)
        }
        (true, true, _) => (format!("{who} cannot use {of}: it sends no external id, and the role asks for one"), ASKS),
        (true, false, _) => (format!("{who} cannot use {of}: the role refuses what {service} sends"), "asks for more"),
    };
    let message = match &consumer.function {
        Some(function) if !is_named => {
            format!("{who} cannot run {} at the edge: its role {of} does not trust {service}", function.name())
        }
        _ => message,
    };
    let (severity, message) = match consumer.in_use {
        true => (Severity::Error, message),
        // Nothing breaks before somebody uses it.
        false => (Severity::Warning, format!("{message}; nothing in its template uses {who} yet")),
    };
    let label = Label::new(consumer.place, format!("{service} has to be able to become this role"));
    let subject = consumer.entity.property(consumer.property.clone());
    let mut finding = Finding::new("SVC004", severity, message, label, subject);
    let place = statement.map(|statement| statement.principal_at.map_or(statement.at.place, |at| at.place));
    let denied = statement.filter(|_| is_named).and_then(|_| denying(cx.graph, consumer, case));
    finding.related = match denied {
        Some(deny) => vec![Label::new(deny.at.place, format!("keeps {service} out"))],
        None => vec![Label::new(place.unwrap_or(role.entity.place), why)],
    };
    finding.related.extend(consumer.function.iter().map(|own| Label::new(own.place, format!("runs as {of}"))));
    if let Some(function) = made_for(consumer) {
        finding.related = vec![Label::new(function.place, format!("SAM makes its role, {of}"))];
    }
    finding.help = match denied {
        Some(deny) if !by_id => format!("take {} out, or leave {service} out of it", deny.path()),
        _ => help(role, consumer, is_named),
    };
    finding.fix = fix(cx, role, policy, &when);
    // Where no statement lets anybody in, the whole policy is the mistake.
    let at = statement.map_or(Some(policy.at.place), |statement| Some(statement.at.place));
    finding.mistake = Mistake { statement: at, element: "Consumer", bare: false };
    finding.branch = when;
    finding
}

const ASKS: &str = "does not take what is sent as the external id";

/// The function for which SAM makes the role.
fn made_for(consumer: &Consumer) -> Option<&Entity> {
    consumer.function.as_ref().filter(|_| consumer.is_made)
}

fn help(role: &Role, consumer: &Consumer, is_named: bool) -> String {
    let service = consumer.services.first().map_or("", String::as_str);
    match (is_named, role.entity.dialect) {
        // What runs at the edge is replicated by the one service and run by the other (CloudFront Developer Guide,
        // Lambda@Edge, setting IAM permissions and roles).
        (false, dialect) if consumer.function.is_some() => {
            let what = match made_for(consumer) {
                Some(function) => {
                    &*format!("give {} an AssumeRolePolicyDocument that lets both services in", function.name())
                }
                None => "let both services in",
            };
            match dialect {
                Dialect::Yaml => format!("{what}\n  Service: [lambda.amazonaws.com, {service}]"),
                Dialect::Json => format!("{what}\n  \"Service\": [\"lambda.amazonaws.com\", \"{service}\"]"),
                Dialect::Cdk => format!(
                    "{what}\n  assumedBy: new iam.CompositePrincipal(\n    \
                     new iam.ServicePrincipal('lambda.amazonaws.com'), new iam.ServicePrincipal('{service}')),"
                ),
            }
        }
        (true, _) => "make both the same: what the resource sends, and what the role asks for".to_owned(),
        (false, Dialect::Yaml) => format!("let the service in\n  Service: {service}"),
        (false, Dialect::Json) => format!("let the service in\n  \"Service\": \"{service}\""),
        (false, Dialect::Cdk) => format!("let the service in\n  assumedBy: new iam.ServicePrincipal('{service}'),"),
    }
}

/// Where the role is for one service only and names another one that is easily taken for it: that one.
fn fix(cx: &Cx<'_>, role: &Role, policy: &Policy, when: &Branch) -> Option<Box<Fix>> {
    let service = wanted_service(cx, role, when)?;
    let [statement] = policy.statements.as_slice() else { return None };
    let [principal] = named(statement) else { return None };
    let name = principal.value.as_known()?;
    let is_service = statement.effect == Effect::Allow && principal.kind == Some(PrincipalKind::Service);
    if !is_service || name == service || !is_mistaken_for(name, service) {
        return None;
    }
    let change = Change::Set { at: principal.at, value: Written::text(service) };
    Some(Box::new(Fix::offered(format!("name {service}"), vec![change])))
}

/// Whether somebody who meant the second service may well have written the first.
fn is_mistaken_for(name: &str, service: &str) -> bool {
    let fronts = || service_front(name).zip(service_front(service));
    let is_near = || fronts().is_some_and(|(own, meant)| nearest_among(&own, [&*meant].into_iter()).len() == 1);
    confused_with(name).as_deref() == Some(service) || confused_with(service).as_deref() == Some(name) || is_near()
}

fn names(statement: &Statement, consumer: &Consumer) -> bool {
    let is_it = |principal: &Principal| {
        let of_service = consumer.services.iter().any(|service| is_service(&principal.value, service));
        principal.kind == Some(PrincipalKind::Service) && of_service
    };
    named(statement).iter().any(is_it)
}

/// The statement that names the service, else the first that lets somebody in.
fn near<'p>(policy: &'p Policy, consumer: &Consumer) -> Option<&'p Statement> {
    let allowing = || policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    allowing().find(|statement| names(statement, consumer)).or_else(|| allowing().next())
}
