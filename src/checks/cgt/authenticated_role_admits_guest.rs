//! CGT002: guests can become a role that is for signed-in users.

use crate::checks::Cx;
use crate::checks::words::{adding, amr_line, deciding, mistake, path, prefix, quoted, spot, test_spot, tests};
use crate::finding::{Finding, Label, Refused, Severity, Witness};
use crate::identity::{Answer, Graph, Handout, OwnPool, Role, Trust, Way, witness};
use crate::policy::Statement;
use crate::value::{Branch, Truth};

/// Finds roles for signed-in users that accept guest tokens.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let graph = cx.graph;
    for trust in cx.trusts.iter().filter(|trust| trust.names_pools) {
        let guests: Vec<Branch> =
            trust.handouts(graph).filter(|(handout, _)| handout.way == Way::Guest).map(|(_, when)| when).collect();
        for (handout, when) in trust.handouts(graph).filter(|(handout, _)| handout.way.is_signed_in()) {
            // A role that is handed to guests on purpose is another mistake: shared use.
            if guests.iter().any(|guest| graph.together(guest, &when).is_some()) {
                continue;
            }
            for (allows, when) in allowing_guests(graph, handout, &when) {
                findings.extend(finding(graph, trust, handout, allows, when));
            }
        }
    }
}

/// Whether the pool gives guests an identity, in each branch.
fn allowing_guests(graph: &Graph, handout: &Handout, when: &Branch) -> Vec<(Truth, Branch)> {
    match handout.pool_id.map(|id| &graph.pools[id.0]) {
        Some(pool) => {
            pool.guests.cases.iter().filter_map(|case| Some((case.then, graph.together(&case.when, when)?))).collect()
        }
        None => vec![(Truth::Unknown, when.clone())],
    }
}

fn finding(graph: &Graph, trust: &Trust, handout: &Handout, allows: Truth, when: Branch) -> Option<Finding> {
    let policy = trust.policy(graph);
    let own = trust.of_pool(&handout.pool)?;
    let (answer, class) = admitted(trust, own)?;
    let statement = deciding(answer, policy).next()?;
    let role = graph.role(trust.role);
    let (place, property) = match tests(statement, "amr").next() {
        Some(test) => test_spot(statement, test),
        None => spot(statement),
    };
    let name = role.entity.name();
    // Guests that the pool does not give out are one flag away; guests of other pools are there already.
    let is_open = allows.is_true() || trust.foreign_guest.truth.is_true();
    let message = if is_open || allows == Truth::Unknown {
        format!("guests can become {name}, a role for signed-in users")
    } else {
        format!("guests could become {name} as soon as its pool allows guests")
    };
    let refuses = own.signed_in.iter().all(|(_, answer)| answer.truth.is_false());
    let label = Label::new(place, why(statement, refuses));
    let severity = if is_open { Severity::Error } else { Severity::Warning };
    let mut finding = Finding::new("CGT002", severity, message, label, role.entity.property(property));
    finding.related = path(std::iter::once(handout));
    finding.help = help(role, statement, &prefix(answer));
    finding.mistake = mistake(statement, "amr");
    let mut proof = proof(graph, trust, handout, answer, class, statement);
    proof.assumes.extend(assumption(class, allows));
    finding.witness = Some(Box::new(proof));
    finding.branch = when;
    Some(finding)
}

/// What the proof takes for granted.
fn assumption(class: &str, allows: Truth) -> Option<String> {
    let text = match allows {
        _ if class == "foreign-guest" => "the pool is not one of this run, and lies in the same account",
        Truth::True => return None,
        Truth::False => "the pool allows guests, which it does not do as written",
        Truth::Unknown => "the pool allows guests",
    };
    Some(text.to_owned())
}

/// Guests of the pool itself, else those of other pools.
fn admitted<'t>(trust: &'t Trust, own: &'t OwnPool) -> Option<(&'t Answer, &'static str)> {
    let classes = [(&own.guest, "own-guest"), (&trust.foreign_guest, "foreign-guest")];
    classes.into_iter().find(|(answer, _)| answer.truth.is_true())
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

fn help(role: &Role, statement: &Statement, prefix: &str) -> String {
    if tests(statement, "amr").next().is_some() {
        return format!("ask instead\n  {}", amr_line(role, prefix, "authenticated"));
    }
    let value = quoted(role, "authenticated");
    adding(statement, role, "ForAnyValue:StringLike", &format!("{prefix}:amr"), &value)
}

fn proof(
    graph: &Graph,
    trust: &Trust,
    handout: &Handout,
    answer: &Answer,
    class: &str,
    statement: &Statement,
) -> Witness {
    let pool = match handout.pool_id {
        _ if class == "foreign-guest" => "another identity pool of this account".to_owned(),
        Some(id) => graph.pools[id.0].entity.name().to_owned(),
        None => "the pool that hands it out".to_owned(),
    };
    let story = format!("a guest of {pool}, basic flow, is allowed by {}", statement.path());
    witness(graph, trust.policy(graph), answer, &format!("cognito/{class}/basic"), story, Refused::No)
}
