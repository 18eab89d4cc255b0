//! XAC005: a number of an account that is none.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, is_on, principal_path, test_path};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::{AccountFault, Dialect, account_fault, account_in};
use crate::policy::{Effect, PrincipalKind};
use crate::source::Place;
use crate::value::Text;

/// Keys whose values are numbers of accounts.
const NUMBERS: [&str; 3] = ["aws:principalaccount", "aws:sourceaccount", "aws:resourceaccount"];

/// Finds what cannot be the number of an account.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect != Effect::Unknown) {
        for principal in gate.principals().iter().filter(|principal| principal.kind == Some(PrincipalKind::Aws)) {
            let account = account_in(&principal.value);
            let found =
                account.and_then(|account| finding(gate, &account, principal.at.place, || principal_path(principal)));
            findings.extend(found);
        }
        for test in gate.statement.conditions.tests.iter().filter(|test| is_on(test, &NUMBERS)) {
            let found = test.values.iter().filter_map(|(value, at)| finding(gate, value, at.place, || test_path(test)));
            findings.extend(found);
        }
    }
}

fn finding(gate: Gate<'_>, account: &Text, place: Place, path: impl Fn() -> String) -> Option<Finding> {
    let fault = account_fault(account)?;
    let (role, account) = (gate.role.entity.name(), shown(account.as_known()?));
    let example = fault == AccountFault::Example;
    let severity = if example { Severity::Info } else { Severity::Error };
    let message = match example {
        true => format!("{role} names {account}, an account number that documentation uses"),
        false => format!("{role} names '{account}', which is no account: numbers of accounts have 12 digits"),
    };
    let why = match fault {
        AccountFault::Form => "no 12 digits".to_owned(),
        AccountFault::Short => "fewer than 12 digits: zeros at the beginning may be lost".to_owned(),
        AccountFault::Example => "stands for nobody in particular".to_owned(),
    };
    let mut finding = gate.finding("XAC005", severity, message, Label::new(place, why), &path());
    finding.help = match (fault, gate.role.entity.dialect) {
        (AccountFault::Short, Dialect::Yaml) => "write all 12 digits, in quotes".to_owned(),
        (AccountFault::Example, _) => "put the real number in its place, if this is no example".to_owned(),
        _ => "write the 12 digits of the account".to_owned(),
    };
    finding.mistake.element = "Account";
    Some(finding)
}
