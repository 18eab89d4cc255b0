//! CGT008: a test of how the caller signed in that guests and signed-in users pass alike.

use crate::checks::Cx;
use crate::checks::remedy::ask_amr;
use crate::checks::words::{amr_line, deciding, mistake, path, prefix, taken_for_granted, test_spot, tests_of};
use crate::finding::{Finding, Fix, Label, Refused, Severity};
use crate::identity::{Answer, Graph, OwnPool, Trust, witness};
use crate::policy::Statement;
use crate::value::Text;

/// Finds tests on `amr` that tell nobody apart, on roles that no pool hands to signed-in users.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        let mut ways = trust.handouts(cx.graph).map(|(handout, _)| handout.way);
        // There the guests are the mistake: CGT002, or CGT009 where they get the role too.
        if !ways.any(|way| way.is_signed_in()) {
            findings.extend(finding(cx.graph, trust));
        }
    }
}

fn finding(graph: &Graph, trust: &Trust) -> Option<Finding> {
    let policy = trust.policy(graph);
    let Alike { guest, pool, statement, class } = alike(graph, trust)?;
    let role = graph.role(trust.role);
    let for_guests = trust.handouts(graph).next().is_some();
    let test = tests_of(statement, "amr", guest).next()?;
    let (place, property) = test_spot(statement, test);
    let message = format!("guests and signed-in users alike can become {}, despite its test", role.entity.name());
    // Signed-in users are no strangers to what every guest may have.
    let severity = if for_guests { Severity::Info } else { Severity::Warning };
    let label = Label::new(place, "guests and signed-in users pass this test alike (amr)");
    let mut finding = Finding::new("CGT008", severity, message, label, role.entity.property(property));
    finding.related = path(trust.handouts(graph).map(|(handout, _)| handout));
    let [signed_in, guests] = ["authenticated", "unauthenticated"].map(|word| amr_line(role, &prefix(guest), word));
    finding.help = match for_guests {
        true => format!("ask for guests only\n  {guests}"),
        false => format!("say who it is for: signed-in users\n  {signed_in}\nor guests\n  {guests}"),
    };
    if for_guests {
        let changes = ask_amr(statement, Some(test), &prefix(guest), "unauthenticated");
        finding.fix = Some(Box::new(Fix::offered("let guests in only (amr)", changes)));
    }
    finding.mistake = mistake(statement, "amr");
    let story = format!("a guest of a pool that it trusts, classic flow, is allowed by {}", statement.path());
    let mut proof = witness(graph, policy, guest, class, story, Refused::No);
    let pool = pool.and_then(|pool| graph.pool(pool)).map(|(id, _)| id);
    proof.assumes.extend(taken_for_granted(graph, pool, &trust.when));
    finding.witness = Some(Box::new(proof));
    finding.branch = trust.when.clone();
    Some(finding)
}

/// Guests whom a statement does not tell from signed-in users.
struct Alike<'t> {
    guest: &'t Answer,
    /// Their pool; none for those of others.
    pool: Option<&'t Text>,
    statement: &'t Statement,
    class: &'static str,
}

/// The guests of a pool whose signed-in users the same statement lets in by a test on `amr`.
fn alike<'t>(graph: &'t Graph, trust: &'t Trust) -> Option<Alike<'t>> {
    let policy = trust.policy(graph);
    let of = |own: &'t OwnPool| (&own.guest, own.signed_in.iter().map(|(_, answer)| answer).collect::<Vec<_>>());
    let own = trust.own.iter().map(|own| (of(own), Some(&own.pool), "cognito/own-guest/basic"));
    let foreign = ((&trust.foreign_guest, vec![&trust.foreign_signed_in]), None, "cognito/foreign-guest/basic");
    own.chain([foreign]).find_map(|((guest, signed_in), pool, class)| {
        let admitted: Vec<&Answer> = signed_in.into_iter().filter(|answer| answer.truth.is_true()).collect();
        if !guest.truth.is_true() {
            return None;
        }
        let lets_both = |statement: &&Statement| {
            tests_of(statement, "amr", guest).next().is_some()
                && admitted.iter().any(|answer| deciding(answer, policy).any(|other| other.index == statement.index))
        };
        deciding(guest, policy).find(lets_both).map(|statement| Alike { guest, pool, statement, class })
    })
}
