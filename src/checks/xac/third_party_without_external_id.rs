//! XAC006: an account of somebody else, without an external id.

use crate::checks::Cx;
use crate::checks::gate::{
    OwnOrganizations, admitted_by_part, bare_account, deciding, gate, named, narrows_account, principal_path, proof,
    trusted_account,
};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{AwsPrincipal, ClassAnswer, Dialect, RoleClasses, account_of, aws_principal, is_of_aws};
use crate::policy::{Principal, PrincipalKind, Statement};
use crate::value::{Symbols, Text, Truth, compare};

/// Finds other accounts that are trusted whoever asks them.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let mut told = Vec::new();
        for (answer, _) in admitted_by_part(of_role, "account/trusted/no-external-id") {
            let finding = finding(cx, of_role, answer).filter(|finding| !told.contains(&finding.primary.place));
            told.extend(finding.iter().map(|finding| finding.primary.place));
            findings.extend(finding);
        }
    }
}

fn finding(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    // Requests of the classes speak of strangers, too.
    let symbols = &cx.classes.symbols;
    let role = cx.graph.role(of_role.role);
    let policy = of_role.policy(cx.graph);
    let means = |principal: &&Principal| {
        account_trusted(principal, symbols).is_some_and(|(account, is_whole)| match is_whole {
            true => account.as_known().is_some() && names(&answer.principal, &account, symbols),
            false => account.as_known().is_some() && answer.principal == principal.value,
        })
    };
    let own = OwnOrganizations::of(cx, role.entity.stack);
    // Another rule judges how well it asks for an organization or a name.
    let narrows = |statement: &Statement, principal: &Principal| {
        let account = account_trusted(principal, symbols).map(|(account, _)| account);
        account.is_some_and(|account| {
            narrows_account(statement, policy, &answer.answer.request, (&account, &own), symbols)
        })
    };
    let (statement, principal) = deciding(policy, answer).find_map(|statement| {
        let principal = named(statement).iter().find(means)?;
        (!narrows(statement, principal)).then_some((statement, principal))
    })?;
    let (account, is_whole) = account_trusted(principal, symbols)?;
    if trusted_account(cx, role.entity.stack, &account) {
        return None;
    }
    let severity = match compare(&account, &account_of(role), symbols) {
        Truth::True => return None,
        Truth::False if is_whole => Severity::Warning,
        // One name asks for fewer people, and for all customers of a vendor all the same.
        Truth::False => Severity::Info,
        Truth::Unknown => Severity::Info,
    };
    let gate = gate(cx, of_role, statement);
    let shown = match is_whole {
        true => format!("account {}", cx.graph.shown(&account)),
        false => cx.graph.shown(&principal.value),
    };
    let message = format!("{shown} can become {} without an external id", role.entity.name());
    let label = Label::new(principal.at.place, "if this is a vendor, its other customers reach you through it");
    let mut finding = gate.finding("XAC006", severity, message, label, &principal_path(principal));
    finding.help = match role.entity.dialect {
        Dialect::Yaml => "ask for the id that the vendor gave you\n  Condition:\n    StringEquals:\n      \
                          sts:ExternalId: ID-FROM-THE-VENDOR"
            .to_owned(),
        Dialect::Json => "ask for the id that the vendor gave you\n  \
                          \"Condition\": { \"StringEquals\": { \"sts:ExternalId\": \"ID-FROM-THE-VENDOR\" } }"
            .to_owned(),
        Dialect::Cdk => "ask for the id that the vendor gave you\n  externalIds: ['ID-FROM-THE-VENDOR'],".to_owned(),
    };
    finding.help += "\nan account of your own belongs under [trust] accounts in rolecall.toml";
    // That one of a vendor's roles is named says less than that another statement lets it in without what this asks for.
    finding.mistake.element = if is_whole { "ExternalId" } else { "NamedDeputy" };
    let who = format!("{shown}, on behalf of whoever asks it,");
    finding.witness = Some(proof(cx, of_role, answer, statement, &who));
    Some(finding)
}

/// The account of a principal, and whether it is named as a whole. Roles that AWS makes are no vendor's.
fn account_trusted(principal: &Principal, symbols: &Symbols) -> Option<(Text, bool)> {
    if let Some(account) = bare_account(principal, symbols) {
        return Some((account, true));
    }
    match aws_principal(&principal.value, symbols) {
        AwsPrincipal::Identity(account) if principal.kind == Some(PrincipalKind::Aws) => {
            (!is_of_aws(&principal.value)).then_some((account, false))
        }
        _ => None,
    }
}

/// Whether the answer is for this account: by its number, or by an ARN that has it.
fn names(answered: &Text, account: &Text, symbols: &Symbols) -> bool {
    crate::identity::account_in(answered).is_some_and(|own| compare(&own, account, symbols).is_true())
}
