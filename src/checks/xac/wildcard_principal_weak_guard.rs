//! XAC002: everybody is trusted who knows, or sends, what a caller chooses.

use crate::checks::Cx;
use crate::checks::gate::{Gap, gap, gate, is_on, own_account_line, proof, test_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::RoleClasses;
use crate::policy::{Statement, Test};

/// Finds roles that everybody can become who sends the right words.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    findings.extend(cx.classes.of_roles.iter().filter_map(|of_role| finding(cx, of_role)));
}

fn finding(cx: &Cx<'_>, of_role: &RoleClasses) -> Option<Finding> {
    let (answer, statement, _) = gap(cx, of_role).filter(|(_, _, gap)| *gap == Gap::Chosen)?;
    let gate = gate(cx, of_role, statement);
    let test = guard(statement)?;
    let key = cx.graph.shown(&test.key);
    let external = is_on(test, &["sts:externalid"]);
    // An external id has to be known at least; all else a caller only has to say.
    let severity = if external { Severity::Warning } else { Severity::Error };
    let message = format!("any AWS account can become {} by sending {key}", gate.role.entity.name());
    let why = if external { "is no secret, and the only thing asked for" } else { "the caller chooses this" };
    let label = Label::new(test.values_at.place, why);
    let mut finding = gate.finding("XAC002", severity, message, label, &test_path(test));
    finding.related = statement
        .principal_value_at
        .map(|at| Label::new(at.place, "trusts every account in the world"))
        .into_iter()
        .collect();
    finding.help =
        format!("keep the test, and name who may come, such as the own account\n  {}", own_account_line(gate.role));
    finding.mistake.element = "Principal";
    let who = format!("a role in an account that nobody here has named, sending {key},");
    finding.witness = Some(proof(cx, of_role, answer, statement, &who));
    Some(finding)
}

/// The test that asks for most: an external id before all others.
fn guard(statement: &Statement) -> Option<&Test> {
    let of = |beginning: &str| statement.conditions.tests.iter().find(|test| is_on(test, &[beginning]));
    let keys = ["sts:externalid", "sts:", "aws:requesttag/", "aws:tagkeys", "aws:multifactorauth", "aws:"];
    keys.into_iter().find_map(of)
}
