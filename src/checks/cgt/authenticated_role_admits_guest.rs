//! CGT002: guests can become a role that is for signed-in users.

use crate::checks::Cx;
use crate::checks::remedy::{ask_amr, safe};
use crate::checks::words::{
    adding, amr_line, deciding, mistake, path, prefix, quoted, spot, taken_for_granted, test_spot, tests,
};
use crate::finding::{Finding, Label, Refused, Severity, Witness};
use crate::identity::cognito::restricts_pool;
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
            let cases = allowing_guests(graph, handout, &when);
            // What differs from branch to branch is told as one, by the worst.
            let always = Truth::agreed(cases.iter().map(|(allows, _)| *allows));
            for (allows, when) in cases {
                findings.extend(finding(graph, trust, handout, [allows, always], when));
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

fn finding(
    graph: &Graph,
    trust: &Trust,
    handout: &Handout,
    [allows, always]: [Truth; 2],
    when: Branch,
) -> Option<Finding> {
    let policy = trust.policy(graph);
    let own = trust.of_pool(&handout.pool)?;
    let (answer, class) = admitted(trust, own)?;
    let statement = deciding(answer, policy).next()?;
    let role = graph.role(trust.role);
    let (place, property) = match tests(statement, "amr").next() {
        Some(test) => test_spot(statement, test),
        None => spot(statement),
    };
    // Guests that the pool does not give out are one flag away; those of other pools are there already, where nothing
    // asks for a pool. A test on the pool that lets others in is a mistake of its own.
    let is_foreign = trust.foreign_guest.truth.is_true() && asks_for_no_pool(graph, trust);
    let refuses = own.signed_in.iter().all(|(_, answer)| answer.truth.is_false());
    let message = headline(role, always.or(is_foreign.into()), refuses);
    let label = Label::new(place, why(statement, refuses));
    let is_error = refuses || allows.is_true() || is_foreign;
    let severity = if is_error { Severity::Error } else { Severity::Warning };
    let mut finding = Finding::new("CGT002", severity, message, label, role.entity.property(property));
    finding.related = path(std::iter::once(handout));
    let prefix = prefix(answer);
    finding.help = help(role, statement, &prefix);
    let changes = ask_amr(statement, tests(statement, "amr").next(), &prefix, "authenticated");
    finding.fix = Some(Box::new(safe(statement, "let signed-in users in only (amr)", changes)));
    finding.mistake = mistake(statement, "amr");
    let mut proof = proof(graph, trust, handout, answer, class, statement);
    proof.assumes.extend(match class {
        "foreign-guest" => Some("the pool is not in these templates, and lies in the same account".to_owned()),
        _ => taken_for_granted(graph, handout.pool_id, &when),
    });
    finding.witness = Some(Box::new(proof));
    finding.branch = when;
    Some(finding)
}

/// Whether a statement by which guests of other pools come in keeps no pool out.
fn asks_for_no_pool(graph: &Graph, trust: &Trust) -> bool {
    let (policy, guest) = (trust.policy(graph), &trust.foreign_guest);
    deciding(guest, policy).any(|statement| !restricts_pool(statement, policy, &guest.request, graph))
}

/// What can happen, by whether the pool lets guests in: always, never, or in some branches.
fn headline(role: &Role, guests: Truth, refuses_signed_in: bool) -> String {
    let name = role.entity.name();
    if refuses_signed_in {
        let can = if guests.is_true() { "can" } else { "could" };
        return format!("{name} refuses the signed-in users it is handed to, and guests {can} become it");
    }
    match guests {
        Truth::True => format!("guests can become {name}, a role for signed-in users"),
        Truth::False => format!("guests could become {name} as soon as its pool allows guests"),
        Truth::Unknown => format!("guests can become {name} if its pool allows guests"),
    }
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
    let story = format!("a guest of {pool}, classic flow, is allowed by {}", statement.path());
    witness(graph, trust.policy(graph), answer, &format!("cognito/{class}/basic"), story, Refused::No)
}
