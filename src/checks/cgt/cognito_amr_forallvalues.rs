//! CGT007: `ForAllValues` on `amr`.

use crate::checks::Cx;
use crate::checks::remedy::{safe, under};
use crate::checks::words::{amr_line, condition_line, is_for_guests, mistake, path, quoted, test_spot, tests};
use crate::finding::{Finding, Fix, Label, Severity};
use crate::identity::cognito::Desk;
use crate::identity::{Graph, OwnPool, Trust, Way};
use crate::policy::{Effect, Quantifier, Request, Statement, Test, test_passes};
use crate::value::Truth;

/// Finds Allow statements that ask something of all members of `amr`.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        let policy = trust.policy(cx.graph);
        for statement in policy.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
            for test in tests(statement, "amr").filter(|test| is_for_all(test)) {
                if let Some(finding) = finding(cx.graph, trust, statement, test) {
                    findings.push(finding);
                }
            }
        }
    }
}

fn is_for_all(test: &Test) -> bool {
    test.operator.is_some_and(|operator| operator.quantifier == Some(Quantifier::ForAll))
}

fn finding(graph: &Graph, trust: &Trust, statement: &Statement, test: &Test) -> Option<Finding> {
    let role = graph.role(trust.role);
    let effect = effect(graph, trust, statement, test)?;
    let dead = effect == Fault::RefusesSignedIn && is_for_signed_in(graph, trust);
    let (message, why, severity) = match effect {
        Fault::RefusesSignedIn if dead => (
            format!("signed-in users cannot become {}", role.entity.name()),
            "every value of amr must match, and amr also lists the provider",
            Severity::Error,
        ),
        Fault::RefusesSignedIn => (
            format!("the amr test of {} refuses signed-in users", role.entity.name()),
            "every value of amr must match, and amr also lists the provider",
            Severity::Warning,
        ),
        Fault::Undocumented => (
            format!("whether signed-in users can become {} is not documented", role.entity.name()),
            "every value of amr must match, and not all values are documented",
            Severity::Warning,
        ),
        Fault::Vacuous => (
            format!("the amr test of {} passes when amr is absent", role.entity.name()),
            "ForAllValues is true for a request without the key",
            Severity::Warning,
        ),
    };
    let (place, property) = test_spot(statement, test);
    let label = Label::new(place, why);
    let mut finding = Finding::new("CGT007", severity, message, label, role.entity.property(property));
    finding.related = path(trust.handouts(graph).map(|(handout, _)| handout));
    finding.help = help(graph, trust, test);
    finding.fix = fix(statement, test).map(Box::new);
    finding.mistake = mistake(statement, "amr");
    finding.branch = trust.when.clone();
    Some(finding)
}

/// What the test does that it should not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    RefusesSignedIn,
    Undocumented,
    Vacuous,
}

fn effect(graph: &Graph, trust: &Trust, statement: &Statement, test: &Test) -> Option<Fault> {
    let answers = || trust.own.iter().flat_map(|own| own.signed_in.iter().map(|(_, answer)| answer));
    let request = answers().next().map(|answer| &answer.request).unwrap_or(&trust.foreign_signed_in.request);
    let policy = trust.policy(graph);
    let desk = Desk::new(graph, trust.role, policy);
    let passes = |request: &Request| test_passes(test, policy, request, &graph.symbols);
    // What hangs on members that no guide describes is not known.
    let both = |request: &Request| Truth::agreed([passes(request), passes(&desk.with_further(request))]);
    let signed_in = Truth::any(answers().map(|answer| both(&answer.request)).chain([both(request)]));
    let guest = passes(&trust.foreign_guest.request);
    match signed_in {
        // A guest role that refuses guests is the business of MAP014.
        _ if guest.is_false() && is_for_guests(graph, trust) => return None,
        Truth::False | Truth::Unknown if !guest.is_true() && is_for_guests(graph, trust) => return None,
        // A test for guests is meant to refuse them.
        Truth::False if !guest.is_true() => return Some(Fault::RefusesSignedIn),
        Truth::Unknown if !guest.is_true() => return Some(Fault::Undocumented),
        _ => {}
    }
    let mut absent = request.clone();
    absent.context.retain(|(key, _)| !key.ends_with(":amr"));
    let all = tests(statement, "amr").map(|test| test_passes(test, policy, &absent, &graph.symbols));
    Truth::all(all).is_true().then_some(Fault::Vacuous)
}

/// Whether the role is handed to signed-in users whom it refuses.
fn is_for_signed_in(graph: &Graph, trust: &Trust) -> bool {
    let refuses = |own: &OwnPool| own.signed_in.iter().all(|(_, answer)| answer.truth.is_false());
    trust
        .handouts(graph)
        .any(|(handout, _)| handout.way != Way::Guest && trust.of_pool(&handout.pool).is_some_and(refuses))
}

/// The words of `amr` that tell guests from signed-in users.
const WORDS: [&str; 2] = ["authenticated", "unauthenticated"];

/// The operator that asks the same of one member, where the test asks for a text and not against one.
fn of_one_member(test: &Test) -> Option<String> {
    let operator = test.operator?;
    let is_plain = operator.asks_for_texts();
    let text = test.operator_text.as_known()?.rsplit_once(':')?.1;
    is_plain.then(|| format!("ForAnyValue:{}", text.strip_suffix("IfExists").unwrap_or(text)))
}

/// The word, where the test asks for one and nothing else.
fn word(test: &Test) -> Option<&'static str> {
    let [(value, _)] = test.values.as_slice() else { return None };
    WORDS.into_iter().find(|word| value.as_known() == Some(word))
}

/// The same of one member. Of several providers this lets more in than were listed.
fn fix(statement: &Statement, test: &Test) -> Option<Fix> {
    let changes = under(statement, test, &of_one_member(test)?)?;
    let description = "ask for one member of amr";
    Some(match word(test) {
        Some(_) => safe(statement, description, changes),
        None => Fix::offered(description, changes),
    })
}

fn help(graph: &Graph, trust: &Trust, test: &Test) -> String {
    let role = graph.role(trust.role);
    let key = test.key.as_known().unwrap_or_default();
    let prefix = key.rsplit_once(':').map_or(key, |(prefix, _)| prefix);
    let word = if is_for_guests(graph, trust) { "unauthenticated" } else { "authenticated" };
    let line = match (self::word(test), of_one_member(test)) {
        (Some(own), Some(operator)) => condition_line(role, &operator, key, &quoted(role, own)),
        _ => amr_line(role, prefix, word),
    };
    format!("ask for one member\n  {line}")
}
