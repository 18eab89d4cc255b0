//! CGT006: a test on `amr` that does not say how its members count.

use crate::checks::Cx;
use crate::checks::words::{amr_line, condition_line, mistake, path, quoted, test_spot, tests};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{Dialect, Graph, Role, Trust, Way};
use crate::policy::{Statement, Test};

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
    let mut ways = trust.handouts(graph).map(|(handout, _)| handout.way).peekable();
    let for_guests = ways.peek().is_some() && ways.all(|way| way == Way::Guest);
    let who = if for_guests { "guests" } else { "signed-in users" };
    let message = format!("whether {} takes {who} is not documented", role.entity.name());
    let (place, property) = test_spot(statement, test);
    let operator = test.operator_text.as_known().unwrap_or("the operator");
    let label = Label::new(place, format!("amr is a list, and {operator} does not say how its members count"));
    let mut finding = Finding::new("CGT006", Severity::Warning, message, label, role.entity.property(property));
    finding.related = path(trust.handouts(graph).map(|(handout, _)| handout));
    finding.help = help(role, test, for_guests);
    finding.mistake = mistake(statement, "amr");
    finding.branch = trust.when.clone();
    finding
}

fn help(role: &Role, test: &Test, for_guests: bool) -> String {
    let key = test.key.as_known().unwrap_or_default();
    let known: Option<Vec<&str>> = test.values.iter().map(|(value, _)| value.as_known()).collect();
    let positive = test.operator.is_some_and(|operator| operator.takes_any_value());
    let line = match (known.filter(|_| positive), test.operator_text.as_known()) {
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
