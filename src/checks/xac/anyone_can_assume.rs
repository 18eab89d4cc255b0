//! XAC001: every AWS account can become a role.

use crate::checks::Cx;
use crate::checks::gate::{
    Gap, NETWORK, gaps, gate, is_everybody, is_on, named, own_account_line, partner_line, principal_path,
    principal_place, proof,
};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{ClassAnswer, RoleClasses, account_in};
use crate::policy::{Effect, Statement};
use crate::value::{Symbols, Truth};

/// Finds roles that a principal of any account can become.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let open: Vec<Finding> = gaps(cx, of_role)
            .into_iter()
            .filter(|(.., gap)| *gap == Gap::Open)
            .map(|(answer, statement, _)| open(cx, of_role, answer, statement))
            .collect();
        let unverified = if open.is_empty() { unverified(cx, of_role) } else { None };
        findings.extend(open.into_iter().chain(unverified));
    }
}

fn open(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer, statement: &Statement) -> Finding {
    let gate = gate(cx, of_role, statement);
    // An account that was made up is inside of a pattern that gives a part of its number.
    let by_digits = account_in(&answer.answer.request.principal.1).is_some_and(|account| account.as_known().is_some());
    let whose = if by_digits { "AWS accounts that the template does not name" } else { "any AWS account" };
    let message = format!("principals of {whose} can become {}", gate.role.entity.name());
    let label = Label::new(principal_place(statement), why(statement, by_digits));
    let star = named(statement).iter().find(|principal| is_everybody(principal, &cx.graph.symbols));
    let path = star.map_or_else(|| ".Principal".to_owned(), principal_path);
    let mut finding = gate.finding("XAC001", Severity::Error, message, label, &path);
    if let Some(at) = statement.conditions.at {
        let why = match by_digits {
            true => "gives a part of an account's number, which others have too",
            false => "keeps no account out: its callers choose what is asked for here",
        };
        finding.related.push(Label::new(at.place, why));
    }
    // An external id was given to somebody.
    finding.help = match statement.conditions.tests.iter().any(|test| is_on(test, &["sts:externalid"])) {
        true => format!("name the account that the id was given to, such as\n  {}", partner_line(gate.role)),
        false => format!("name who may become it, such as the own account\n  {}", own_account_line(gate.role)),
    };
    finding.mistake.element = "Principal";
    finding.witness = Some(proof(cx, of_role, answer, statement, "a role in an account that nobody here has named"));
    finding
}

fn why(statement: &Statement, by_digits: bool) -> &'static str {
    match statement.conditions.tests.is_empty() {
        true => "trusts everybody, and asks for nothing else",
        false if by_digits => "trusts everybody, and what is asked for fits many accounts",
        false => "trusts everybody, and what is asked for keeps no account out",
    }
}

/// A star beside a condition of which it is not known what it asks.
fn unverified(cx: &Cx<'_>, of_role: &RoleClasses) -> Option<Finding> {
    let of_class = |class: &str| of_role.answers.iter().find(|answer| answer.class == class);
    of_class("account/unrelated").filter(|answer| answer.answer.truth == Truth::Unknown)?;
    let symbols: &Symbols = &cx.graph.symbols;
    let is_star = |statement: &&Statement| named(statement).iter().any(|principal| is_everybody(principal, symbols));
    let mut allowing = of_role.policy(cx.graph).statements.iter().filter(|statement| statement.effect == Effect::Allow);
    // A test on a network has a rule of its own.
    let by_network = |statement: &&Statement| statement.conditions.tests.iter().any(|test| is_on(test, &NETWORK));
    let statement = allowing.find(is_star).filter(|statement| !by_network(statement))?;
    let gate = gate(cx, of_role, statement);
    let role = gate.role.entity.name();
    let message = format!("whether principals of any AWS account can become {role} cannot be verified");
    let place = statement.conditions.at.map_or(principal_place(statement), |at| at.place);
    let label = Label::new(place, "what this asks for is not known before deployment");
    let mut finding = gate.finding("XAC001", Severity::Info, message, label, ".Condition");
    finding.help =
        "name the accounts or roles in Principal, or ask for the organization (aws:PrincipalOrgID)".to_owned();
    finding.mistake.element = "Principal";
    Some(finding)
}
