//! OID001: an issuer that all its customers share, and nothing that tells them apart.

use crate::checks::Cx;
use crate::checks::tokens::{Case, key_of, of_claim, on_admitted, provider_of};
use crate::checks::words::{mistake, spot};
use crate::finding::{Finding, Label, Severity};
use crate::identity::classes::provider::{ClaimKind, Provider};
use crate::identity::oidc::{Federated, federated};
use crate::identity::{ClassAnswer, RoleClasses};
use crate::policy::{Effect, Statement, Test};
use crate::value::Mark;

/// Finds roles that every customer of an issuer can become, and those that tell customers apart by
/// another claim than the one that IAM asks for.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let of_tenant =
        |provider: &Provider, class: &str| provider.shared.is_some() && provider.other_tenant.as_deref() == Some(class);
    findings.extend(on_admitted(cx, of_tenant, open));
    for of_role in &cx.classes.of_roles {
        findings.extend(of_role.answers.iter().filter_map(|answer| refused(cx, of_role, answer)));
    }
}

fn open(case: &Case<'_>) -> Option<Finding> {
    let claim = case.provider.shared.as_deref()?;
    let is_tested = case.tests(claim).next().is_some();
    // Where the subjects are known, another rule says which part of them is open.
    if is_tested && !case.provider.subjects.is_empty() {
        return None;
    }
    let (role, title) = (case.role().entity.name(), case.title());
    let says = |_: &str| {
        let why = if is_tested {
            format!("every {claim} passes this test")
        } else {
            format!("does not ask whose token it is ({claim}){}", case.nor_audience(claim))
        };
        (format!("every customer of {title} can become {role}"), why)
    };
    let who = format!("another customer of {title}");
    let mut finding = case.finding("OID001", Severity::Error, claim, says, &who);
    finding.related.extend(case.provider_label());
    finding.help = if is_tested { case.replacing(claim) } else { case.asking(claim) };
    Some(finding)
}

/// Another claim keeps the other customers out, and IAM is said to refuse the policy.
fn refused(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let (provider, class) = provider_of(answer)?;
    let claim = provider.shared.as_deref().filter(|_| provider.controlled)?;
    if provider.other_tenant.as_deref() != Some(class) || !answer.answer.truth.is_false() {
        return None;
    }
    let policy = of_role.policy(cx.graph);
    let allowing = || policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    let Federated::Issuer(issuer) = federated(&answer.principal, &cx.graph.symbols) else { return None };
    key_of(answer, claim)?;
    // A value of wildcards alone tests nothing.
    let is_wild = |marks: Vec<Mark>| marks.iter().all(|mark| matches!(mark, Mark::Run | Mark::One));
    let tests = |test: &Test| !test.wanted_texts().any(is_wild);
    if allowing().any(|statement| of_claim(cx, statement, &issuer, claim).any(tests)) {
        return None;
    }
    let pins = |statement: &&Statement| {
        let mut others = provider.claims.iter().filter(|other| other.name != claim);
        others.any(|other| {
            matches!(other.is, ClaimKind::Tenant(_) | ClaimKind::TenantOrNone(_))
                && of_claim(cx, statement, &issuer, &other.name).next().is_some()
        })
    };
    let statement = allowing().find(pins)?;
    let role = cx.graph.role(of_role.role);
    let (place, property) = spot(statement);
    let message = format!("IAM may refuse {}, which does not test {claim}", role.entity.name());
    let label = Label::new(place, "keeps other customers out by another claim");
    let mut finding = Finding::new("OID001", Severity::Info, message, label, role.entity.property(property));
    finding.help = format!("test {claim} beside it, which IAM asks for with this issuer");
    finding.mistake = mistake(statement, claim);
    finding.branch = of_role.when.clone();
    Some(finding)
}
