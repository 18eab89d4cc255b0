//! CGT005: a test on the pool by what is the id of no pool.

use crate::checks::Cx;
use crate::checks::remedy::{pool_of, safe};
use crate::checks::words::{condition_line, mistake, path, pool_reference, tests, value_words};
use crate::finding::{Applicability, Change, Finding, Fix, Label, Severity};
use crate::identity::cognito::{ASSUME, Desk, refuses_every_pool};
use crate::identity::{Entity, Graph, Trust};
use crate::policy::{Effect, Statement, Test, actions_match, principals_match};
use crate::value::{At, Text, Truth, compare};

/// Finds values of `aud` that no pool's id can be.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        let desk = Desk::new(cx.graph, trust.role, trust.policy(cx.graph));
        let statements = trust.policy(cx.graph).statements.iter();
        for statement in statements.filter(|statement| statement.effect == Effect::Allow) {
            for test in tests(statement, "aud") {
                findings.extend(in_test(cx.graph, &desk, trust, statement, test));
            }
        }
    }
}

/// The first value of a test that is no pool's; where they are all wrong the role is of no use to any pool.
fn in_test(graph: &Graph, desk: &Desk<'_>, trust: &Trust, statement: &Statement, test: &Test) -> Option<Finding> {
    let wrong = wrong_values(graph, desk, trust, test);
    let (value, at) = wrong.first()?;
    let all = wrong.len() == test.values.len();
    let others = trust.policy(graph).statements.iter().filter(|other| other.index != statement.index);
    let works = others.into_iter().any(|other| may_admit(graph, desk, trust, other));
    let (role, what) = (graph.role(trust.role), what(graph, value));
    let (name, told) = (role.entity.name(), value_words(graph, role, value));
    let message = match (all, works) {
        (true, false) => format!("{name} refuses every identity pool: it asks for {told}, {what}"),
        (true, true) => format!("a statement of {name} is of no use to identity pools: it asks for {told}, {what}"),
        (false, _) => format!("{name} lists {told} as an identity pool, but that is {what}"),
    };
    let severity = if all && !works { Severity::Error } else { Severity::Warning };
    let [operator, key] = [&test.operator_text, &test.key].map(|text| text.as_known().unwrap_or("?"));
    let property = format!("AssumeRolePolicyDocument.{}.Condition.{operator}.{key}", statement.path());
    let label = match what {
        NO_ID => "no pool has such an id".to_owned(),
        POOL_NAME => "the name of an identity pool, where its id belongs".to_owned(),
        _ => format!("{what}, where the id of an identity pool belongs"),
    };
    let label = Label::new(at.place, label);
    let mut finding = Finding::new("CGT005", severity, message, label, role.entity.property(property));
    finding.related = referred(graph, value).map(|entity| Label::new(entity.place, what)).into_iter().collect();
    finding.related.extend(path(trust.handouts(graph).map(|(handout, _)| handout)));
    let line = condition_line(role, operator, key, &pool_reference(graph, trust));
    finding.help = format!("ask for the id of the identity pool\n  {line}");
    finding.fix = fix(graph, trust, statement, test, &wrong).map(Box::new);
    if let (true, true, Some(fix)) = (all, works, &mut finding.fix) {
        // A statement that was for nobody would let somebody in, beside those whom the others let in.
        fix.applicability = Applicability::Offered;
    }
    finding.mistake = mistake(statement, "aud");
    finding.branch = trust.when.clone();
    Some(finding)
}

/// The values of a test that are the id of no pool.
fn wrong_values<'t>(graph: &Graph, desk: &Desk<'_>, trust: &Trust, test: &'t Test) -> Vec<&'t (Text, At)> {
    let is_wrong = |value: &&(Text, At)| {
        let asks = desk.asks_for(test, value) && !hides_wildcard(test, &value.0);
        // A default that can be no id is a placeholder, which the deployment replaces.
        asks && !graph.is_default(&value.0, &trust.when) && refuses_every_pool(test, value, trust, graph)
    };
    test.values.iter().take(MOST_VALUES).filter(is_wrong).collect()
}

/// Whether tokens of pools may come in by a statement: it is for them, and asks for what may be the id of one.
fn may_admit(graph: &Graph, desk: &Desk<'_>, trust: &Trust, statement: &Statement) -> bool {
    let request = &trust.foreign_signed_in.request;
    let is_for_pools = statement.effect != Effect::Deny
        && !principals_match(&statement.principals, request, &graph.symbols).is_false()
        && !actions_match(&statement.actions, ASSUME).is_false();
    let mut asks = tests(statement, "aud");
    is_for_pools && !asks.any(|test| wrong_values(graph, desk, trust, test).len() == test.values.len())
}

/// The only pool that uses the role, in place of what is wrong.
fn fix(graph: &Graph, trust: &Trust, statement: &Statement, test: &Test, wrong: &[&(Text, At)]) -> Option<Fix> {
    let (_, pool) = trust.handouts(graph).find_map(|(handout, _)| graph.pool(&handout.pool))?;
    let is_pool = |(value, _): &(Text, At)| compare(value, &pool.id, &graph.symbols) == Truth::True;
    let value = pool_of(graph, trust)?;
    let changes = match (wrong, test.values.as_slice()) {
        _ if wrong.len() == test.values.len() => vec![Change::Set { at: test.values_at, value }],
        // The pool stands beside it: it alone is left.
        ([_], [a, b]) if is_pool(a) || is_pool(b) => vec![Change::Set { at: test.values_at, value }],
        ([(_, at)], all) if !all.iter().any(is_pool) => vec![Change::Set { at: *at, value }],
        _ => return None,
    };
    Some(safe(statement, "ask for the id of the identity pool (aud)", changes))
}

const NO_ID: &str = "no pool's id";
/// What `Fn::GetAtt POOL.Name` gives.
const POOL_NAME: &str = "a pool's name";

/// Values of one test that are looked at.
const MOST_VALUES: usize = 64;

/// A star under an exact operator is another mistake.
fn hides_wildcard(test: &Test, value: &Text) -> bool {
    let is_exact = test.operator.is_some_and(|operator| !operator.base.has_wildcards());
    is_exact && value.as_known().is_some_and(|text| text.contains(['*', '?']))
}

/// The resource whose id or ARN stands there instead.
fn referred<'g>(graph: &'g Graph, value: &Text) -> Option<&'g Entity> {
    let is = |id: &Text| compare(id, value, &graph.symbols) == Truth::True;
    let user_pool = graph.user_pools.iter().find(|pool| is(&pool.id) || is(&pool.provider)).map(|pool| &pool.entity);
    user_pool.or_else(|| graph.clients.iter().find(|client| is(&client.id)).map(|client| &client.entity))
}

/// What it is instead, as far as its form tells.
fn what(graph: &Graph, value: &Text) -> &'static str {
    let is = |id: &Text| compare(id, value, &graph.symbols) == Truth::True;
    let known = value.as_known().unwrap_or_default();
    let begins = value.pieces().and_then(|pieces| pieces.into_iter().next());
    if graph.user_pools.iter().any(|pool| is(&pool.id) || is(&pool.provider)) {
        "a user pool"
    } else if graph.clients.iter().any(|client| is(&client.id)) {
        "an app client"
    } else if graph.pools.iter().any(|pool| is(&pool.name)) {
        POOL_NAME
    } else if matches!(begins, Some(crate::value::Piece::Literal(first)) if first.starts_with("arn:")) {
        "an ARN"
    } else if known.len() == 12 && known.bytes().all(|byte| byte.is_ascii_digit()) {
        "an account id"
    } else if is_placeholder(known) {
        "a placeholder"
    } else {
        NO_ID
    }
}

/// Words of documentation that were left standing: `IDENTITY-POOL-ID`, `<pool id>`, `YOUR_POOL`.
fn is_placeholder(text: &str) -> bool {
    let in_brackets = text.starts_with(['<', '[', '{']) && text.ends_with(['>', ']', '}']);
    let capitals = text.bytes().any(|byte| byte.is_ascii_uppercase());
    in_brackets
        || (capitals && text.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_' | b' ')))
}
