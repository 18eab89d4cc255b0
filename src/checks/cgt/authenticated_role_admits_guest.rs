//! CGT002: guests can become a role that is for signed-in users.

use crate::checks::Cx;
use crate::checks::words::{amr_line, deciding, mistake, path, prefix, spot, test_spot, tests};
use crate::finding::{Finding, Label, Refused, Severity};
use crate::identity::{Answer, Graph, Handout, OwnPool, Trust, Way, witness};
use crate::policy::Statement;
use crate::value::Truth;

/// Finds roles for signed-in users that accept guest tokens.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        // A role that is handed to guests on purpose is another mistake: shared use.
        if cx.graph.handouts_of(trust.role).any(|handout| handout.way == Way::Guest) {
            continue;
        }
        for handout in cx.graph.handouts_of(trust.role).filter(|handout| handout.way.is_signed_in()) {
            if let Some(finding) = finding(cx.graph, trust, handout) {
                findings.push(finding);
            }
        }
    }
}

fn finding(graph: &Graph, trust: &Trust, handout: &Handout) -> Option<Finding> {
    let when = graph.together(&trust.when, &handout.when)?;
    let policy = trust.policy(graph);
    let own = trust.of_pool(&handout.pool)?;
    let (answer, class) = admitted(trust, own)?;
    let statement = deciding(answer, policy).next()?;
    let role = graph.role(trust.role);
    let (place, property) = match tests(statement, "amr").next() {
        Some(test) => test_spot(statement, test),
        None => spot(statement),
    };
    let message = format!("guests can become {}, a role for signed-in users", role.entity.name());
    let refuses = own.signed_in.iter().all(|(_, answer)| answer.truth.is_false());
    let label = Label::new(place, why(statement, refuses));
    let severity = severity(graph, trust, handout);
    let mut finding = Finding::new("CGT002", severity, message, label, role.entity.property(property));
    finding.related = path(std::iter::once(handout));
    finding.help = help(graph, trust, statement, &prefix(answer));
    finding.mistake = mistake(statement, "amr");
    finding.witness = Some(Box::new(proof(graph, trust, handout, answer, class, statement)));
    finding.branch = when;
    Some(finding)
}

/// Guests of the pool itself, else those of other pools.
fn admitted<'t>(trust: &'t Trust, own: &'t OwnPool) -> Option<(&'t Answer, &'static str)> {
    let classes = [(&own.guest, "own-guest"), (&trust.foreign_guest, "foreign-guest")];
    classes.into_iter().find(|(answer, _)| answer.truth.is_true())
}

/// Guests that the pool does not give out are one flag away; guests of other pools are there already.
fn severity(graph: &Graph, trust: &Trust, handout: &Handout) -> Severity {
    let pool = handout.pool_id.map(|id| &graph.pools[id.0]);
    let allows = pool.is_some_and(|pool| {
        let guests = pool.guests.iter().filter(|case| graph.together(&case.when, &handout.when).is_some());
        guests.map(|case| case.then).any(|allowed| allowed == Truth::True)
    });
    if allows || trust.foreign_guest.truth.is_true() { Severity::Error } else { Severity::Warning }
}

fn why(statement: &Statement, refuses_signed_in: bool) -> &'static str {
    if tests(statement, "amr").next().is_none() {
        "does not ask whether the user signed in (amr)"
    } else if refuses_signed_in {
        "guests pass this test, and signed-in users do not"
    } else {
        "guests pass this test too"
    }
}

fn help(graph: &Graph, trust: &Trust, statement: &Statement, prefix: &str) -> String {
    let line = amr_line(graph.role(trust.role), prefix, "authenticated");
    let verb = if tests(statement, "amr").next().is_some() { "ask instead" } else { "add" };
    format!("{verb}   {line}")
}

fn proof(
    graph: &Graph,
    trust: &Trust,
    handout: &Handout,
    answer: &Answer,
    class: &str,
    statement: &Statement,
) -> crate::finding::Witness {
    let policy = trust.policy(graph);
    let pool = match handout.pool_id {
        _ if class == "foreign-guest" => "another identity pool of this account".to_owned(),
        Some(id) => graph.pools[id.0].entity.name().to_owned(),
        None => "the pool that hands it out".to_owned(),
    };
    let story = format!("a guest of {pool}, basic flow, is allowed by {}", statement.path());
    let mut proof = witness(graph, policy, answer, &format!("cognito/{class}/basic"), story, Refused::No);
    if class == "foreign-guest" {
        proof.assumes.push("the pool is not one of this run, and lies in the same account".to_owned());
    } else if !severity(graph, trust, handout).eq(&Severity::Error) {
        proof.assumes.push("the pool allows guests, which it does not do as written".to_owned());
    }
    proof
}
