//! TRU002: a test of a key that no call of the principal carries.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, named, principal_path, test_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::tags::speaks_of;
use crate::identity::{AbsentKey, Caller, OnAbsent, absent_key, assume_action_of, callers, on_absent};
use crate::policy::{
    Effect, Policy, Principal, PrincipalKind, Request, Statement, Test, actions_match, principals_match,
};
use crate::value::Text;

/// Finds tests that fail for everybody of a kind, or keep nobody out.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let is_read = |gate: &Gate<'_>| gate.statement.effect != Effect::Unknown && !gate.policy.opaque;
    for gate in gates(cx).filter(is_read).filter(|gate| gate.principals().len() <= MOST_PRINCIPALS) {
        let from = findings.len();
        for test in &gate.statement.conditions.tests {
            let (fails, passes) = absent_for(cx, gate, test);
            let found = match gate.statement.effect {
                Effect::Allow if fails.is_empty() => idle(cx, gate, test, &passes),
                Effect::Allow => dead(cx, gate, test, &fails),
                _ if !fails.is_empty() => denies_nothing(cx, gate, test, &fails),
                _ => denies_all(cx, gate, test, &passes),
            };
            // Several tests of one key are one mistake.
            let said = |found: &Finding| findings.iter().skip(from).any(|other| other.message == found.message);
            findings.extend(found.filter(|found| !said(found)));
        }
    }
}

/// Principals of one statement that are looked at.
const MOST_PRINCIPALS: usize = 64;

/// A principal that never sends the key.
struct Lacking<'g> {
    principal: &'g Principal,
    caller: Caller,
    absent: AbsentKey,
    asks_for_absence: bool,
}

/// The principals for whom a test always fails, and those for whom it always passes, since they never send its key.
fn absent_for<'g>(cx: &Cx<'_>, gate: Gate<'g>, test: &Test) -> (Vec<Lacking<'g>>, Vec<Lacking<'g>>) {
    let (mut fails, mut passes) = (Vec::new(), Vec::new());
    for principal in gate.principals() {
        let callers = callers(principal, &gate.statement.actions, &cx.graph.symbols);
        let Some(absent) = absent_key(&test.key, &callers).filter(|_| fits(cx, gate, principal)) else { continue };
        let Some(caller) = callers.into_iter().next() else { continue };
        let lacking = |asks_for_absence| Lacking { principal, caller: caller.clone(), absent, asks_for_absence };
        match on_absent(test, principal, gate.policy, &cx.graph.symbols) {
            Some(OnAbsent::Fails) => fails.push(lacking(false)),
            Some(OnAbsent::Passes) => passes.push(lacking(false)),
            Some(OnAbsent::AsksForAbsence) => passes.push(lacking(true)),
            None => {}
        }
    }
    (fails, passes)
}

/// Whether the principal can use an action of the statement; where it cannot, that is the mistake.
fn fits(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> bool {
    let expected = assume_action_of(principal, &cx.graph.symbols);
    let assumes = expected.is_none_or(|action| !actions_match(&gate.statement.actions, action).is_false());
    let companions = crate::identity::tags::COMPANION_ACTIONS;
    assumes || companions.iter().any(|action| !actions_match(&gate.statement.actions, action).is_false())
}

fn kind(caller: &Caller) -> &'static str {
    match caller {
        Caller::Aws => "AWS principals",
        Caller::Service(_) => "services",
        Caller::Oidc => "web identities",
        Caller::Saml => "SAML users",
    }
}

/// An Allow statement that lets nobody of a kind in.
fn dead(cx: &Cx<'_>, gate: Gate<'_>, test: &Test, fails: &[Lacking<'_>]) -> Option<Finding> {
    let first = fails.first()?;
    let all = fails.len() == gate.principals().len();
    let certain = fails.iter().all(|lacking| lacking.absent.certain);
    let severity = if all && certain { Severity::Error } else { Severity::Warning };
    let (role, key) = (gate.role.entity.name(), cx.graph.shown(&test.key));
    let who = kind(&first.caller);
    let message = match certain {
        true if is_only_addition(cx, gate, fails) => {
            format!("{role} asks {who} for {key}, which they never send: the statement allows them nothing")
        }
        true => format!("{role} asks {who} for {key}, which they never send: it refuses them all"),
        false => format!("{role} asks {who} for {key}, which they are not known to send"),
    };
    Some(finding(cx, gate, test, fails, (severity, message, "fails without the key")))
}

/// Whether another statement lets one of the principals assume the role.
fn is_only_addition(cx: &Cx<'_>, gate: Gate<'_>, fails: &[Lacking<'_>]) -> bool {
    let symbols = &cx.graph.symbols;
    let arn = gate.role.arn();
    let lets_in = |statement: &Statement, principal: &Principal| {
        let expected = assume_action_of(principal, symbols);
        speaks_of(statement, principal, &arn, symbols).is_true()
            && expected.is_some_and(|action| actions_match(&statement.actions, action).is_true())
    };
    let mut others = gate.policy.statements.iter().filter(|own| own.index != gate.statement.index);
    others.any(|own| own.effect == Effect::Allow && fails.iter().any(|lacking| lets_in(own, lacking.principal)))
}

/// A test that keeps nobody out.
fn idle(cx: &Cx<'_>, gate: Gate<'_>, test: &Test, passes: &[Lacking<'_>]) -> Option<Finding> {
    // Where one of the principals does send the key, it was written so that the others pass.
    let meant = passes.len() < gate.principals().len() || passes.iter().any(|lacking| lacking.asks_for_absence);
    if meant || !passes.iter().all(|lacking| lacking.absent.certain) {
        return None;
    }
    let who = kind(&passes.first()?.caller);
    let (role, key) = (gate.role.entity.name(), cx.graph.shown(&test.key));
    let message = format!("{role} asks {who} for {key}, which they never send: the test keeps nobody out");
    Some(finding(cx, gate, test, passes, (Severity::Warning, message, "passes without the key")))
}

fn denies_nothing(cx: &Cx<'_>, gate: Gate<'_>, test: &Test, fails: &[Lacking<'_>]) -> Option<Finding> {
    if fails.len() < gate.principals().len() {
        return None;
    }
    let (role, key) = (gate.role.entity.name(), cx.graph.shown(&test.key));
    let message = format!("a Deny of {role} denies nothing: {key} is never sent");
    Some(finding(cx, gate, test, fails, (Severity::Info, message, "fails without the key, so nobody is denied")))
}

/// A Deny that speaks of everybody whom the role lets in.
fn denies_all(cx: &Cx<'_>, gate: Gate<'_>, test: &Test, passes: &[Lacking<'_>]) -> Option<Finding> {
    let first = passes.first().filter(|_| is_first(gate, test))?;
    let is_certain = passes.iter().all(|lacking| lacking.absent.certain);
    let of_test = |other: &Test| {
        let (_, passes) = absent_for(cx, gate, other);
        passes.len() == gate.principals().len()
    };
    let always = !gate.statement.conditions.opaque && gate.statement.conditions.tests.iter().all(of_test);
    if !is_certain || !always || !covers_all(cx, gate) {
        return None;
    }
    let (role, key) = (gate.role.entity.name(), cx.graph.shown(&test.key));
    let who = kind(&first.caller);
    let message = format!("{role} denies {who} without {key}, which they never send: nobody can become it");
    Some(finding(cx, gate, test, passes, (Severity::Error, message, "passes without the key, so everybody is denied")))
}

/// Each statement once.
fn is_first(gate: Gate<'_>, test: &Test) -> bool {
    gate.statement.conditions.tests.first().is_some_and(|first| std::ptr::eq(first, test))
}

/// Whether the statement speaks of each principal and action that the role allows. Whom a star covers beside accounts is
/// not documented: then no.
fn covers_all(cx: &Cx<'_>, gate: Gate<'_>) -> bool {
    let covers = |statement: &Statement| {
        let covered = |principal: &Principal| {
            let Some(action) = assume_action_of(principal, &cx.graph.symbols) else { return false };
            let kind = principal.kind.unwrap_or(PrincipalKind::Aws);
            let request = Request {
                principal: (kind, principal.value.clone()),
                action: action.to_owned(),
                resource: Text::known("*"),
                context: Vec::new(),
            };
            principals_match(&gate.statement.principals, &request, &cx.graph.symbols).is_true()
                && actions_match(&gate.statement.actions, action).is_true()
        };
        !named(statement).is_empty() && named(statement).iter().all(covered)
    };
    let policy: &Policy = gate.policy;
    let mut allowing = policy.statements.iter().filter(|statement| statement.effect != Effect::Deny).peekable();
    !policy.may_allow_more && allowing.peek().is_some() && allowing.all(covers)
}

fn finding(
    cx: &Cx<'_>,
    gate: Gate<'_>,
    test: &Test,
    lacking: &[Lacking<'_>],
    (severity, message, why): (Severity, String, &str),
) -> Finding {
    let mut finding = gate.finding("TRU002", severity, message, Label::new(test.key_at.place, why), &test_path(test));
    let key = cx.graph.shown(&test.key);
    let told = |lacking: &Lacking<'_>| {
        Label::new(lacking.principal.at.place, format!("{} do not send {key}", kind(&lacking.caller)))
    };
    finding.related = lacking.iter().take(MOST_LABELS).map(told).collect();
    finding.help = match lacking.len() < gate.principals().len() {
        true => format!("give {} a statement of its own, without this test", paths(lacking)),
        false => "take the test out, and ask for what the caller does send".to_owned(),
    };
    finding.mistake.element = lacking.first().map_or("", |lacking| lacking.absent.name);
    finding
}

/// Labels of one finding.
const MOST_LABELS: usize = 3;

/// The kinds of principals: `Service`.
fn paths(lacking: &[Lacking<'_>]) -> String {
    let mut kinds: Vec<String> = lacking
        .iter()
        .map(|lacking| principal_path(lacking.principal).trim_start_matches(".Principal.").to_owned())
        .collect();
    kinds.dedup();
    kinds.join(" and ")
}
