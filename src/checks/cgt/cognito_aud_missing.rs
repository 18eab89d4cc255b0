//! CGT001: nothing ties a role to an identity pool.

use crate::checks::Cx;
use crate::checks::gate::named;
use crate::checks::remedy::{ANY_MEMBER, ask, condition, pool_of, safe};
use crate::checks::words::{
    adding, amr_line, condition_block, condition_line, deciding, is_bare, is_for_guests, mistake, path, pool_reference,
    prefix, spot, test_spot, tests, tests_of,
};
use crate::finding::{Finding, Fix, Label, Refused, Severity, Written};
use crate::identity::cognito::restricts_pool;
use crate::identity::provider::{Named, named_principal};
use crate::identity::{Answer, Graph, Trust, witness};
use crate::policy::{Effect, Policy, PrincipalKind, Statement, evaluate};

/// Finds roles that a token of any pool can become.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        let found = finding(cx.graph, trust).or_else(|| unverified(cx.graph, trust));
        findings.extend(found.or_else(|| by_identity(cx.graph, trust)));
    }
}

fn finding(graph: &Graph, trust: &Trust) -> Option<Finding> {
    let policy = trust.policy(graph);
    // A signed-in stranger is the stronger class: every provider of theirs counts.
    let answers = [(&trust.foreign_signed_in, "auth"), (&trust.foreign_guest, "guest")];
    let (answer, class) = answers.into_iter().find(|(answer, _)| answer.truth.is_true())?;
    let statement =
        deciding(answer, policy).find(|statement| !restricts_pool(statement, policy, &answer.request, graph))?;
    let role = graph.role(trust.role);
    let (place, property) = match tests_of(statement, "aud", answer).next() {
        Some(test) => test_spot(statement, test),
        None => spot(statement),
    };
    let message = format!("tokens of any identity pool in the account can become {}", role.entity.name());
    let label = Label::new(place, why(statement, answer));
    let mut finding = Finding::new("CGT001", Severity::Error, message, label, role.entity.property(property));
    finding.related = path(trust.handouts(graph).map(|(handout, _)| handout));
    finding.related.extend(sibling(graph, policy, statement, answer));
    finding.help = help(graph, trust, statement, &prefix(answer));
    finding.fix = fix(graph, trust, statement, answer).map(Box::new);
    finding.mistake = mistake(statement, "aud");
    let who = if class == "auth" { "a user signed in at" } else { "a guest of" };
    let story = format!(
        "{who} another identity pool of this account, classic flow, is allowed by {} (AWS refuses pools of other \
         accounts by itself, and no longer lets such a role be made or changed)",
        statement.path()
    );
    let mut proof = witness(graph, policy, answer, &format!("cognito/foreign-{class}/basic"), story, Refused::No);
    proof.assumes.push("the pool is not in these templates, and lies in the same account".to_owned());
    finding.witness = Some(Box::new(proof));
    finding.branch = trust.when.clone();
    Some(finding)
}

/// Another statement that does name a pool: whoever passes one of them gets in.
fn sibling(graph: &Graph, policy: &Policy, open: &Statement, answer: &Answer) -> Option<Label> {
    let others = policy.statements.iter().filter(|other| other.effect == Effect::Allow && other.index != open.index);
    let names = |other: &&Statement| restricts_pool(other, policy, &answer.request, graph);
    let test = others.into_iter().find(names).and_then(|other| tests_of(other, "aud", answer).next())?;
    Some(Label::new(test.values_at.place, "asks for a pool, but a token needs to pass one of the statements only"))
}

/// Identities (sub) tie a role to their pools too; but AWS is reported to look for the pool itself (aud).
fn by_identity(graph: &Graph, trust: &Trust) -> Option<Finding> {
    let policy = trust.policy(graph);
    let answers = [&trust.foreign_signed_in, &trust.foreign_guest];
    let statement = policy.statements.iter().find(|statement| {
        let asks = statement.effect == Effect::Allow && tests(statement, "sub").next().is_some();
        asks && tests(statement, "aud").next().is_none()
    })?;
    let mut open = policy.clone();
    for other in open.statements.iter_mut().filter(|other| other.index == statement.index) {
        let of_sub: Vec<usize> = tests(other, "sub").map(|test| test.key_at.place.span.start()).collect();
        other.conditions.tests.retain(|test| !of_sub.contains(&test.key_at.place.span.start()));
    }
    let by_sub_only =
        |answer: &&Answer| answer.truth.is_false() && evaluate(&open, &answer.request, &graph.symbols).truth.is_true();
    answers.into_iter().find(by_sub_only)?;
    let test = tests(statement, "sub").next()?;
    let (place, property) = test_spot(statement, test);
    let role = graph.role(trust.role);
    let message = format!("{} names identities and no identity pool, which AWS may refuse", role.entity.name());
    let label = Label::new(place, "ties the role to these identities (sub), not to a pool (aud)");
    let mut finding = Finding::new("CGT001", Severity::Info, message, label, role.entity.property(property));
    finding.related = path(trust.handouts(graph).map(|(handout, _)| handout));
    let key = format!("{}:aud", test.key.as_known()?.rsplit_once(':')?.0);
    finding.help = adding(statement, role, "StringEquals", &key, &pool_reference(graph, trust));
    let changes = pool_of(graph, trust).map(|pool| ask(statement, None, "StringEquals", &key, pool));
    finding.fix = changes.map(|changes| Box::new(safe(statement, "ask for the pool (aud)", changes)));
    finding.mistake = mistake(statement, "aud");
    finding.branch = trust.when.clone();
    Some(finding)
}

/// A condition that cannot be read may or may not name the pool.
fn unverified(graph: &Graph, trust: &Trust) -> Option<Finding> {
    if trust.foreign_signed_in.truth.is_false() && trust.foreign_guest.truth.is_false() {
        return None;
    }
    let opaque = |statement: &&Statement| statement.effect == Effect::Allow && statement.conditions.opaque;
    let statement = trust.policy(graph).statements.iter().find(opaque)?;
    let role = graph.role(trust.role);
    let (place, property) = spot(statement);
    let message = format!("whether tokens of any identity pool can become {} cannot be verified", role.entity.name());
    let label = Label::new(place, "a part of this condition is known only at deployment");
    let mut finding = Finding::new("CGT001", Severity::Info, message, label, role.entity.property(property));
    finding.related = path(trust.handouts(graph).map(|(handout, _)| handout));
    finding.help = "write the test on the pool (aud) in the template itself, beside what is computed".to_owned();
    finding.mistake = mistake(statement, "aud");
    finding.branch = trust.when.clone();
    Some(finding)
}

/// The pool, and how its users signed in where the role asks for nothing and its use is known.
///
/// None where the statement is for others too: they have no such keys, and would be shut out.
fn fix(graph: &Graph, trust: &Trust, statement: &Statement, answer: &Answer) -> Option<Fix> {
    if names_others(graph, statement) {
        return None;
    }
    let pool = pool_of(graph, trust)?;
    let prefix = prefix(answer);
    let aud = format!("{prefix}:aud");
    if !is_bare(statement) {
        let test = tests_of(statement, "aud", answer).next();
        return Some(safe(statement, "ask for the pool (aud)", ask(statement, test, "StringEquals", &aud, pool)));
    }
    let word = if is_for_guests(graph, trust) { "unauthenticated" } else { "authenticated" };
    let amr = (ANY_MEMBER.to_owned(), format!("{prefix}:amr"), Written::text(word));
    let change = condition(statement, vec![("StringEquals".to_owned(), aud, pool), amr]);
    Some(safe(statement, "ask for the pool (aud) and how its users signed in (amr)", vec![change]))
}

/// Whether a statement names somebody who is certainly no identity pool.
fn names_others(graph: &Graph, statement: &Statement) -> bool {
    named(statement).iter().any(|principal| {
        principal.kind != Some(PrincipalKind::Federated)
            || named_principal(&principal.value, &graph.symbols) == Named::Others
    })
}

fn why(statement: &Statement, answer: &Answer) -> &'static str {
    if tests_of(statement, "aud", answer).next().is_some() {
        "every pool id passes this test"
    } else if is_bare(statement) {
        "trusts identity pools without any condition"
    } else if tests_of(statement, "amr", answer).next().is_some() {
        "asks how the user signed in (amr), not at which pool (aud)"
    } else {
        "does not ask at which pool the token was issued (aud)"
    }
}

fn help(graph: &Graph, trust: &Trust, statement: &Statement, prefix: &str) -> String {
    let role = graph.role(trust.role);
    let (key, pool) = (format!("{prefix}:aud"), pool_reference(graph, trust));
    if !is_bare(statement) {
        let lines = adding(statement, role, "StringEquals", &key, &pool);
        let is_shared = names_others(graph, statement);
        return if is_shared {
            format!("name identity pools in a statement of their own; there\n{lines}")
        } else {
            lines
        };
    }
    let word = if is_for_guests(graph, trust) { "unauthenticated" } else { "authenticated" };
    let alone =
        if names_others(graph, statement) { "name identity pools in a statement of their own, and " } else { "" };
    let lines = [condition_line(role, "StringEquals", &key, &pool), amr_line(role, prefix, word)];
    let block = condition_block(role, &lines);
    format!("{alone}add conditions on the pool (aud) and on how the user signed in (amr)\n{block}")
}
