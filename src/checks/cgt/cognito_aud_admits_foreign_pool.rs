//! CGT004: a test on the pool that pools of others pass.

use crate::checks::Cx;
use crate::checks::words::{condition_line, deciding, mistake, path, pool_reference, prefix, test_spot, tests};
use crate::finding::{Finding, Label, Refused, Severity};
use crate::identity::cognito::restricts_pool;
use crate::identity::{Answer, Graph, Trust, witness};
use crate::policy::{Base, Effect, Statement, Test};
use crate::value::{Text, Truth, compare};

/// Finds tests on `aud` that keep some pools out, but not all.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        match open(cx.graph, trust) {
            Some(finding) => findings.push(finding),
            None => hard_coded(cx, trust).into_iter().for_each(|finding| findings.push(finding)),
        }
    }
}

fn open(graph: &Graph, trust: &Trust) -> Option<Finding> {
    let policy = trust.policy(graph);
    let answers = [(&trust.foreign_signed_in, "auth"), (&trust.foreign_guest, "guest")];
    let (answer, class) = answers.into_iter().find(|(answer, _)| answer.truth.is_true())?;
    // A statement that keeps nobody out is the business of CGT001.
    let is_open = |statement: &&Statement| restricts_pool(statement, policy, &answer.request, graph);
    let statement = deciding(answer, policy).find(is_open)?;
    let test = tests(statement, "aud").find(|test| is_wide(test)).or_else(|| tests(statement, "aud").next())?;
    let role = graph.role(trust.role);
    let (place, property) = test_spot(statement, test);
    let message = format!("identity pools other than yours can become {}", role.entity.name());
    let label = Label::new(place, format!("{} also passes", stranger(graph, answer)));
    let mut finding = Finding::new("CGT004", Severity::Error, message, label, role.entity.property(property));
    finding.related = path(trust.handouts(graph).map(|(handout, _)| handout));
    finding.help = help(graph, trust, &prefix(answer));
    finding.mistake = mistake(statement, "aud");
    let who = if class == "auth" { "a user signed in at" } else { "a guest of" };
    let story = format!(
        "{who} the identity pool {} of this account, basic flow, is allowed by {}",
        stranger(graph, answer),
        statement.path()
    );
    let mut proof = witness(graph, policy, answer, &format!("cognito/foreign-{class}/basic"), story, Refused::No);
    proof.assumes.push("the pool is not one of this run".to_owned());
    finding.witness = Some(Box::new(proof));
    finding.branch = trust.when.clone();
    Some(finding)
}

/// Whether a test can let in more than it lists.
fn is_wide(test: &Test) -> bool {
    test.operator.is_some_and(|operator| operator.negated || operator.base == Base::StringLike)
}

/// The concrete id of the stranger's pool.
fn stranger(graph: &Graph, answer: &Answer) -> String {
    let aud = answer.request.context.iter().find(|(key, _)| key.ends_with(":aud"));
    let aud = aud.and_then(|(_, carried)| carried.values().first());
    aud.map(|aud| crate::value::sample(aud, &graph.symbols)).unwrap_or_default()
}

fn help(graph: &Graph, trust: &Trust, prefix: &str) -> String {
    let role = graph.role(trust.role);
    let line = condition_line(role, "StringEquals", &format!("{prefix}:aud"), &pool_reference(graph, trust));
    format!("name the pool itself\n  {line}")
}

/// Ids in the text of the template that no stack of the run makes: worth knowing where the run has a
/// pool of its own.
fn hard_coded(cx: &Cx<'_>, trust: &Trust) -> Vec<Finding> {
    let (graph, mut findings) = (cx.graph, Vec::new());
    if graph.pools.is_empty() {
        return findings;
    }
    let role = graph.role(trust.role);
    let own = cx.trusted(role.entity.stack).map(|trusted| trusted.identity_pools.as_slice()).unwrap_or_default();
    for statement in trust.policy(graph).statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        let exact = tests(statement, "aud").filter(|test| test.operator.is_some_and(|operator| !operator.negated));
        for (test, (value, at)) in exact.flat_map(|test| test.values.iter().map(move |value| (test, value))) {
            let is_own = value.as_known().is_some_and(|value| own.iter().any(|pool| pool == value));
            if is_own || !is_foreign_literal(graph, value) {
                continue;
            }
            let (_, property) = test_spot(statement, test);
            let message = format!("{} trusts an identity pool that no template here makes", role.entity.name());
            let label = Label::new(at.place, "a fixed pool id");
            let mut finding = Finding::new("CGT004", Severity::Info, message, label, role.entity.property(property));
            finding.help = format!("if it is this pool's id, write\n  {}", pool_reference(graph, trust));
            finding.mistake = mistake(statement, "aud");
            finding.branch = trust.when.clone();
            findings.push(finding);
        }
    }
    findings
}

fn is_foreign_literal(graph: &Graph, value: &Text) -> bool {
    let form = Text::symbol(graph.strangers.pool);
    let is_id = value.as_known().is_some_and(|text| !text.contains(['*', '?']));
    let fits = is_id && crate::value::overlaps(value, &form, &graph.symbols);
    fits && !graph.pools.iter().any(|pool| compare(&pool.id, value, &graph.symbols) == Truth::True)
}
