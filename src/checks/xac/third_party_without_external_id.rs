//! XAC006: an account of somebody else, without an external id.

use crate::checks::Cx;
use crate::checks::gate::{
    admitted, bare_account, deciding, gate, named, narrows_account, principal_path, proof, trusted_account,
};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{ClassAnswer, Dialect, RoleClasses, account_of};
use crate::policy::Principal;
use crate::value::{Truth, compare};

/// Finds other accounts that are trusted whoever asks them.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let answers = admitted(of_role, "account/trusted/no-external-id");
        findings.extend(answers.filter_map(|answer| finding(cx, of_role, answer)));
    }
}

fn finding(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let symbols = &cx.graph.symbols;
    let role = cx.graph.role(of_role.role);
    let policy = of_role.policy(cx.graph);
    let means = |principal: &&Principal| {
        let account = bare_account(principal, symbols);
        account.is_some_and(|account| account.as_known().is_some() && names(&answer.principal, &account, symbols))
    };
    let (statement, principal) =
        deciding(policy, answer).find_map(|statement| Some((statement, named(statement).iter().find(means)?)))?;
    let account = bare_account(principal, symbols)?;
    if trusted_account(cx, role.entity.stack, &account) {
        return None;
    }
    let severity = match compare(&account, &account_of(role), symbols) {
        Truth::True => return None,
        Truth::False => Severity::Warning,
        Truth::Unknown => Severity::Info,
    };
    // Another rule judges how well it asks for these.
    let own = cx.trusted(role.entity.stack).map_or(&[][..], |trusted| &trusted.organizations);
    if narrows_account(statement, policy, &answer.answer.request, (&account, own), symbols) {
        return None;
    }
    let gate = gate(cx, of_role, statement);
    let shown = cx.graph.shown(&account);
    let message = format!("account {shown} can become {} without an external id", role.entity.name());
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
    finding.mistake.element = "ExternalId";
    let who = format!("account {shown}, on behalf of whoever asks it,");
    finding.witness = Some(proof(cx, of_role, answer, statement, &who));
    Some(finding)
}

/// Whether the answer is for this account: by its number, or by an ARN that has it.
fn names(answered: &crate::value::Text, account: &crate::value::Text, symbols: &crate::value::Symbols) -> bool {
    crate::identity::account_in(answered).is_some_and(|own| compare(&own, account, symbols).is_true())
}
