//! CGT003: a role of which no use is visible does not say whether guests may have it.

use crate::checks::Cx;
use crate::checks::remedy::ask_amr;
use crate::checks::words::{amr_line, deciding, mistake, prefix, spot, taken_for_granted, tests};
use crate::finding::{Finding, Fix, Label, Refused, Severity};
use crate::identity::{Answer, Graph, OwnPool, Trust, witness};
use crate::value::Text;

/// Finds roles without a test on `amr` whose use is not visible in the run.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        let is_used = trust.handouts(cx.graph).next().is_some();
        findings.extend(finding(cx.graph, trust).filter(|_| !is_used));
    }
}

fn finding(graph: &Graph, trust: &Trust) -> Option<Finding> {
    let policy = trust.policy(graph);
    let (answer, pool, class) = both_admitted(trust)?;
    let statement = deciding(answer, policy).find(|statement| tests(statement, "amr").next().is_none())?;
    let role = graph.role(trust.role);
    let (place, property) = spot(statement);
    let message = format!("guests and signed-in users alike can become {}", role.entity.name());
    let label = Label::new(place, "does not ask whether the user signed in (amr)");
    let mut finding = Finding::new("CGT003", Severity::Warning, message, label, role.entity.property(property));
    let prefix = prefix(answer);
    let [signed_in, guest] = ["authenticated", "unauthenticated"].map(|word| amr_line(role, &prefix, word));
    finding.help = format!("say who it is for: signed-in users\n  {signed_in}\nor guests\n  {guest}");
    let changes = ask_amr(statement, None, &prefix, "authenticated");
    finding.fix = Some(Box::new(Fix::offered("let signed-in users in only (amr)", changes)));
    finding.mistake = mistake(statement, "amr");
    let story = format!("a guest of a pool that it trusts, classic flow, is allowed by {}", statement.path());
    let mut proof = witness(graph, policy, answer, class, story, Refused::No);
    let pool = pool.and_then(|pool| graph.pool(pool)).map(|(id, _)| id);
    proof.assumes.extend(taken_for_granted(graph, pool, &trust.when));
    finding.witness = Some(Box::new(proof));
    finding.branch = trust.when.clone();
    Some(finding)
}

/// The guests of a pool whose signed-in users are let in too.
fn both_admitted(trust: &Trust) -> Option<(&Answer, Option<&Text>, &'static str)> {
    let both =
        |own: &&OwnPool| own.guest.truth.is_true() && own.signed_in.iter().any(|(_, answer)| answer.truth.is_true());
    if let Some(own) = trust.own.iter().find(both) {
        return Some((&own.guest, Some(&own.pool), "cognito/own-guest/basic"));
    }
    let foreign = trust.foreign_guest.truth.is_true() && trust.foreign_signed_in.truth.is_true();
    foreign.then_some((&trust.foreign_guest, None, "cognito/foreign-guest/basic"))
}
