//! CGT006: a test on `amr` that does not say how its members count.

use crate::checks::Cx;
use crate::checks::remedy::{ask_amr, safe, under};
use crate::checks::words::{amr_line, condition_line, is_for_guests, mistake, path, quoted, test_spot, tests};
use crate::finding::{Finding, Fix, Label, Severity};
use crate::identity::{Answer, Dialect, Graph, Role, Trust};
use crate::policy::{Effect, Statement, Test, test_passes};

/// Finds tests on `amr` without `ForAnyValue` or `ForAllValues`.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        for statement in &trust.policy(cx.graph).statements {
            let open = tests(statement, "amr")
                .filter(|test| test.operator.is_some_and(|operator| operator.leaves_members_open()));
            findings.extend(open.map(|test| finding(cx.graph, trust, statement, test)));
        }
    }
}

fn finding(graph: &Graph, trust: &Trust, statement: &Statement, test: &Test) -> Finding {
    let role = graph.role(trust.role);
    let for_guests = is_for_guests(graph, trust);
    let who = if for_guests { "guests" } else { "signed-in users" };
    let name = role.entity.name();
    let operator = test.operator_text.as_known().unwrap_or("the operator");
    let (message, why) = if refuses(graph, trust, test, for_guests) {
        let why = format!("no member of their amr passes, however {operator} counts them");
        (format!("{name} refuses {who}"), why)
    } else {
        let why = format!("amr is a list, and {operator} does not say how its members count");
        (format!("whether {name} takes {who} is not documented"), why)
    };
    let (place, property) = test_spot(statement, test);
    let label = Label::new(place, why);
    let mut finding = Finding::new("CGT006", Severity::Warning, message, label, role.entity.property(property));
    finding.related = path(trust.handouts(graph).map(|(handout, _)| handout));
    // A Deny statement names those whom it keeps out.
    let denies = statement.effect == Effect::Deny;
    let kept = denies || keeps_its_values(graph, trust, test);
    finding.help = help(role, test, for_guests != denies, kept);
    finding.fix = fix(statement, test, for_guests, kept).map(Box::new);
    finding.mistake = mistake(statement, "amr");
    finding.branch = trust.when.clone();
    finding
}

/// Whether those who get the role are refused under every reading: no member of their `amr` passes.
fn refuses(graph: &Graph, trust: &Trust, test: &Test, for_guests: bool) -> bool {
    let policy = trust.policy(graph);
    let own = trust.own.iter().flat_map(|own| match for_guests {
        true => vec![&own.guest],
        false => own.signed_in.iter().map(|(_, answer)| answer).collect(),
    });
    let stranger = if for_guests { &trust.foreign_guest } else { &trust.foreign_signed_in };
    own.chain([stranger])
        .all(|answer| answer.truth.is_false() && test_passes(test, policy, &answer.request, &graph.symbols).is_false())
}

/// Whether the test is right for those who get the role once it asks for any member: it lets them in, and the others
/// not.
fn keeps_its_values(graph: &Graph, trust: &Trust, test: &Test) -> bool {
    let Some(operator) = test.operator else { return false };
    let moved = Test { operator: Some(operator.of_any_member()), ..test.clone() };
    let policy = trust.policy(graph);
    let passes = |answer: &Answer| test_passes(&moved, policy, &answer.request, &graph.symbols);
    let own = trust.own.iter().flat_map(|own| &own.signed_in).map(|(_, answer)| answer);
    let mut signed_in = own.chain([&trust.foreign_signed_in]);
    let guest = passes(&trust.foreign_guest);
    if trust.handouts(graph).next().is_none() {
        return true;
    }
    match is_for_guests(graph, trust) {
        true => !guest.is_false(),
        false => !guest.is_true() && !signed_in.all(|answer| passes(answer).is_false()),
    }
}

/// The test moved; with the right word where it has the wrong one.
fn fix(statement: &Statement, test: &Test, for_guests: bool, kept: bool) -> Option<Fix> {
    if !test.operator.is_some_and(|operator| operator.takes_any_value()) {
        return None;
    }
    let description = "ask for any member of amr";
    if kept {
        let changes = under(statement, test, &format!("ForAnyValue:{}", test.operator_text.as_known()?))?;
        return Some(safe(statement, description, changes));
    }
    let prefix = test.key.as_known()?.rsplit_once(':')?.0;
    let changes = ask_amr(statement, Some(test), prefix, if for_guests { "unauthenticated" } else { "authenticated" });
    Some(Fix::offered(description, changes))
}

fn help(role: &Role, test: &Test, for_guests: bool, kept: bool) -> String {
    let key = test.key.as_known().unwrap_or_default();
    let known: Option<Vec<&str>> = test.values.iter().map(|(value, _)| value.as_known()).collect();
    let positive = test.operator.is_some_and(|operator| operator.takes_any_value());
    let line = match (known, test.operator_text.as_known().filter(|_| positive && kept)) {
        // What stands there is right, and a line of ours could not say it as the template does.
        (None, Some(operator)) => {
            return format!(
                "move amr, and nothing else, as it is, under an operator that asks for any member\n  ForAnyValue:{operator}"
            );
        }
        (Some(values), Some(operator)) => {
            condition_line(role, &format!("ForAnyValue:{operator}"), key, &list(role, &values))
        }
        _ => {
            let prefix = key.rsplit_once(':').map_or(key, |(prefix, _)| prefix);
            amr_line(role, prefix, if for_guests { "unauthenticated" } else { "authenticated" })
        }
    };
    format!("move amr, and nothing else, under an operator that asks for any member\n  {line}")
}

/// Words as a value: one alone, more as a list.
fn list(role: &Role, values: &[&str]) -> String {
    let is_plain = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let written = values.iter().map(|word| match role.entity.dialect {
        Dialect::Yaml if !is_plain(word) => format!("'{}'", word.replace('\'', "''")),
        _ => quoted(role, word),
    });
    let written: Vec<String> = written.collect();
    match written.as_slice() {
        [one] => one.clone(),
        more => format!("[{}]", more.join(", ")),
    }
}
