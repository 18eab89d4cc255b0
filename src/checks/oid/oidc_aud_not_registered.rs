//! OID012: an audience that the provider does not take.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, literal, test_path};
use crate::checks::remedy::{with_operator, written};
use crate::checks::tokens::{of_claim, registered, token};
use crate::checks::words::condition_line;
use crate::finding::{Change, Finding, Fix, Label, Severity, shown};
use crate::identity::oidc::{BUILT_IN, Federated, Listed, OidcProvider, federated};
use crate::identity::{Dialect, Graph};
use crate::policy::{Effect, Principal, Test, test_passes};
use crate::value::Text;

/// Finds roles that want an audience beside providers that take others only.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        for principal in gate.principals() {
            let Federated::Issuer(issuer) = federated(&principal.value, &cx.graph.symbols) else { continue };
            // Google's key is another claim where the token has that one.
            if issuer.as_known().is_some_and(|issuer| BUILT_IN.contains(&issuer)) {
                continue;
            }
            let providers = registered(cx.graph, &principal.value, gate.when);
            let refused = || providers.iter().filter(|own| takes_none(cx, gate, principal, &issuer, own));
            let Some(first) = refused().next() else { continue };
            // In each of its branches, or in this one.
            if refused().count() == providers.len() {
                findings.extend(finding(cx, gate, principal, &issuer, first));
                continue;
            }
            for provider in refused() {
                let when = cx.graph.together(gate.when, &provider.when);
                let told = when.zip(finding(cx, gate, principal, &issuer, provider));
                findings.extend(told.map(|(branch, finding)| Finding { branch, ..finding }));
            }
        }
    }
}

/// Whether a provider takes tokens for no audience that a statement wants.
fn takes_none(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, issuer: &Text, provider: &OidcProvider) -> bool {
    let refuses = |client: &Text| {
        let request = token(gate, principal, issuer, "aud", client);
        let mut tests = of_claim(cx, gate.statement, issuer, "aud");
        tests.any(|test| test_passes(test, gate.policy, &request, &cx.graph.symbols).is_false())
    };
    let clients = provider.clients.as_ref().filter(|clients| clients.complete && !clients.items.is_empty());
    clients.is_some_and(|clients| clients.items.iter().all(|client| refuses(&client.text)))
}

fn finding(
    cx: &Cx<'_>,
    gate: Gate<'_>,
    principal: &Principal,
    issuer: &Text,
    provider: &OidcProvider,
) -> Option<Finding> {
    let clients = provider.clients.as_ref()?;
    let test = of_claim(cx, gate.statement, issuer, "aud").next()?;
    let refuses_own = |test: &Test, value: &Text| {
        let request = token(gate, principal, issuer, "aud", value);
        test_passes(test, gate.policy, &request, &cx.graph.symbols).is_false()
    };
    if test.values.iter().all(|(value, _)| refuses_own(test, value)) {
        return Some(negated(cx, gate, test, provider, clients));
    }
    let (role, name) = (gate.role.entity.name(), provider.entity.name());
    let message = format!("{role} refuses every token of {name}: it wants another audience");
    let wanted = test.values.first().map(|(value, _)| shown(&cx.graph.shown(value))).unwrap_or_default();
    let label = Label::new(test.values_at.place, format!("wants '{wanted}', of which {name} takes no token"));
    let mut finding = gate.finding("OID012", Severity::Error, message, label, &test_path(test));
    finding.related = vec![Label::new(clients.at.place, format!("takes tokens for {} only", list(cx.graph, clients)))];
    let line = match provider.entity.dialect {
        Dialect::Yaml => format!("- {wanted}"),
        Dialect::Json => format!("\"{wanted}\""),
        Dialect::Cdk => format!("clientIds: ['{wanted}'],"),
    };
    finding.help = format!("add the audience to {name}, or want the one that tokens are made for\n  {line}");
    finding.fix = fix(cx.graph, test, clients, name);
    finding.mistake.element = "aud";
    Some(finding)
}

/// A test that refuses what it names, and the provider takes nothing else.
fn negated(cx: &Cx<'_>, gate: Gate<'_>, test: &Test, provider: &OidcProvider, clients: &Listed) -> Finding {
    let (role, name) = (gate.role.entity.name(), provider.entity.name());
    let message = format!("{role} refuses every token of {name}: it wants another audience");
    let label = Label::new(test.values_at.place, format!("refuses all audiences that {name} takes"));
    let mut finding = gate.finding("OID012", Severity::Error, message, label, &test_path(test));
    finding.related = vec![Label::new(clients.at.place, format!("takes tokens for {} only", list(cx.graph, clients)))];
    let key = cx.graph.shown(&test.key);
    let wanted = test.values.first().map(|(value, _)| cx.graph.shown(value)).unwrap_or_default();
    let line = condition_line(gate.role, "StringEquals", &key, &literal(gate.role, &wanted));
    finding.help = format!("want the audience instead\n  {line}");
    let changes = with_operator(gate.statement, test, "StringEquals");
    finding.fix = (!changes.is_empty()).then(|| Box::new(Fix::offered("want the audience instead", changes)));
    finding.mistake.element = "aud";
    finding
}

/// Which of both is wrong nobody can tell; the provider takes what else it is told to take.
fn fix(graph: &Graph, test: &Test, clients: &Listed, name: &str) -> Option<Box<Fix>> {
    let [(wanted, _)] = test.values.as_slice() else { return None };
    // A pattern is no audience.
    let value = written(graph, wanted).filter(|_| !graph.shown(wanted).contains(['*', '?']))?;
    let change = Change::Append { to: clients.at, value };
    Some(Box::new(Fix::offered(format!("let {name} take the audience"), vec![change])))
}

fn list(graph: &Graph, clients: &Listed) -> String {
    let names: Vec<String> =
        clients.items.iter().take(3).map(|one| format!("'{}'", shown(&graph.shown(&one.text)))).collect();
    let more = if clients.items.len() > 3 { " and others" } else { "" };
    format!("{}{more}", names.join(", "))
}
