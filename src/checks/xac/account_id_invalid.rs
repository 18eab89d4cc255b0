//! XAC005: a number of an account that is none.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, is_on, principal_path, test_path};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::provider::{Named, named_principal};
use crate::identity::{
    AccountFault, account_fault, account_in, composed_fault, composed_principal_fault, principal_fault, written_fault,
};
use crate::policy::{Effect, Principal, PrincipalKind, Test};
use crate::source::Place;
use crate::value::{At, Text};

/// Keys whose values are numbers of accounts.
const NUMBERS: [&str; 3] = ["aws:principalaccount", "aws:sourceaccount", "aws:resourceaccount"];
/// Keys whose values are ARNs.
const ARNS: [&str; 2] = ["aws:principalarn", "aws:sourcearn"];

/// Finds what cannot be the number of an account.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect != Effect::Unknown) {
        findings.extend(gate.principals().iter().filter_map(|principal| of_principal(cx, gate, principal)));
        for test in gate.statement.conditions.tests.iter().filter(|test| !test.asks_only_whether_it_is_there()) {
            findings.extend(of_test(cx, gate, test));
        }
    }
}

fn of_principal(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Finding> {
    let (value, place) = (&principal.value, principal.at.place);
    let path = principal_path(principal);
    match principal.kind? {
        // What stands for an identity pool under another kind is another mistake.
        PrincipalKind::Aws if named_principal(value, &cx.graph.symbols) != Named::Others => None,
        PrincipalKind::Aws => {
            // What a parameter leaves out, the deployment has to say.
            let account = account_in(value).unwrap_or_else(|| value.clone());
            let fault = principal_fault(principal, gate.when.iter().next().is_none());
            let fault = fault.or_else(|| composed_principal_fault(principal, gate.role))?;
            let mut finding = finding(cx, gate, &account, fault, place, path);
            finding.fix = quoted(value, principal.at, fault).map(Box::new);
            Some(finding)
        }
        PrincipalKind::Federated => in_arn(cx, gate, value, place, path),
        _ => None,
    }
}

/// The number in quotes, where all of it is there.
fn quoted(value: &Text, at: At, fault: AccountFault) -> Option<Fix> {
    let digits = value.as_known().filter(|digits| digits.len() == 12 && fault == AccountFault::Unquoted)?;
    Some(Fix::safe("put the number in quotes", vec![Change::Set { at, value: Written::text(digits) }]))
}

fn of_test(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> Vec<Finding> {
    let number = |value: &Text, at: At| {
        let fault = written_fault(value, gate.statement.conditions.numbers.contains(&at));
        let fault = fault.or_else(|| composed_fault(value, gate.role))?;
        let mut finding = finding(cx, gate, value, fault, at.place, test_path(test));
        finding.fix = quoted(value, at, fault).map(Box::new);
        Some(finding)
    };
    let of_value = |(value, at): &(Text, At)| match () {
        () if is_on(test, &NUMBERS) => number(value, *at),
        () if is_on(test, &ARNS) => in_arn(cx, gate, value, at.place, test_path(test)),
        () => None,
    };
    test.values.iter().filter_map(of_value).collect()
}

/// The number in an ARN; one for examples says nothing there.
fn in_arn(cx: &Cx<'_>, gate: Gate<'_>, arn: &Text, place: Place, path: String) -> Option<Finding> {
    let account =
        account_in(arn).filter(|_| !arn.as_known().is_some_and(|arn| arn.bytes().all(|b| b.is_ascii_digit())))?;
    let fault = account_fault(&account).filter(|fault| *fault != AccountFault::Example);
    let fault = fault.or_else(|| composed_fault(&account, gate.role))?;
    Some(finding(cx, gate, &account, fault, place, path))
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>, account: &Text, fault: AccountFault, place: Place, path: String) -> Finding {
    let (role, account) = (gate.role.entity.name(), shown(&cx.graph.shown(account)));
    let severity = if fault == AccountFault::Example { Severity::Info } else { Severity::Error };
    let message = match fault {
        AccountFault::Example => format!("{role} names {account}, an account number that documentation uses"),
        AccountFault::Unquoted => format!("{role} names the number {account}, which loses its zeros"),
        AccountFault::Missing => format!("{role} names a principal without its account"),
        AccountFault::NoPrincipal => format!("{role} names '{account}', which is no account and no ARN"),
        AccountFault::Form | AccountFault::Short if path.starts_with(".Principal") => {
            format!("{role} names '{account}', which is no account: numbers of accounts have 12 digits")
        }
        AccountFault::Form | AccountFault::Short => {
            format!("{role} asks for account '{account}', which has not 12 digits")
        }
    };
    let why = match fault {
        AccountFault::Form => "no 12 digits",
        AccountFault::Short => "fewer than 12 digits: zeros at the beginning may be lost",
        AccountFault::Unquoted => "without quotes, YAML reads a number that begins with 0 in base 8",
        AccountFault::Missing => "has no number where the account stands",
        AccountFault::NoPrincipal => "stands under AWS, where accounts, users and roles stand",
        AccountFault::Example => "stands for nobody in particular",
    };
    let mut finding = gate.finding("XAC005", severity, message, Label::new(place, why), &path);
    finding.help = match fault {
        AccountFault::Short | AccountFault::Unquoted => "write all 12 digits, in quotes".to_owned(),
        AccountFault::Example => "put the real number in its place, if this is no example".to_owned(),
        AccountFault::Missing => "write the 12 digits of the account between the colons".to_owned(),
        AccountFault::NoPrincipal => {
            "write the 12 digits of the account, or an ARN; a service stands under Service".to_owned()
        }
        AccountFault::Form => "write the 12 digits of the account".to_owned(),
    };
    // A number for examples is an account all the same.
    finding.mistake.element = if fault == AccountFault::Example { "Example" } else { "Account" };
    finding
}
