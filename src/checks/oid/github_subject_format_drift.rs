//! OID005: subjects that no workflow has, that repositories with ids do not have, or that outlive a name.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, test_path};
use crate::checks::tokens::{issuers, of_claim};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::classes::provider::{Provider, of_issuer};
use crate::identity::classes::{fits_no_subject, wants_a_star, ways_of_naming};
use crate::identity::oidc::Federated;
use crate::identity::{ClassAnswer, RoleClasses};
use crate::policy::{Effect, Test};
use crate::value::{Text, Truth};

/// Finds subjects of GitHub's workflows that are written in a form which does not, or not for ever, mean what it says.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        for issuer in issuers(cx, gate).unwrap_or_default() {
            let Federated::Issuer(issuer) = issuer else { continue };
            let (Some(provider), Truth::True) = of_issuer(&issuer, &cx.graph.symbols) else { continue };
            if !provider.class.starts_with("github") {
                continue;
            }
            let tests: Vec<&Test> = of_claim(cx, gate.statement, &issuer, "sub").collect();
            let wrong: Vec<Finding> = tests.iter().filter_map(|test| malformed(cx, gate, test, provider)).collect();
            // Enterprises' own issuers keep the form with names only.
            let is_public = provider.class == "github";
            if wrong.is_empty() && is_public {
                findings.extend(by_names_only(cx, gate, &issuer, &tests, provider));
                findings.extend(by_anybodys_id(cx, gate, &issuer, &tests, provider));
            }
            findings.extend(wrong);
        }
    }
}

fn malformed(cx: &Cx<'_>, gate: Gate<'_>, test: &Test, provider: &Provider) -> Option<Finding> {
    let (statement, policy) = (gate.statement, gate.policy);
    let is_wrong = |value: &&(Text, crate::value::At)| {
        fits_no_subject(provider, test, value, statement, policy, &cx.graph.symbols)
            || wants_a_star(provider, test, value, statement, policy, &cx.graph.symbols)
    };
    let (value, at) = test.values.iter().take(MOST_VALUES).find(is_wrong)?;
    let role = gate.role.entity.name();
    let value = shown(&cx.graph.shown(value));
    let message = format!("{role} asks for a subject that no workflow of GitHub has by default");
    let label = Label::new(at.place, format!("'{value}' is none of the forms that GitHub gives its subjects"));
    let mut finding = gate.finding("OID005", Severity::Warning, message, label, &test_path(test));
    finding.help = "name the repository, then one of these\n  repo:OWNER/REPOSITORY:ref:refs/heads/BRANCH\n  \
                    repo:OWNER/REPOSITORY:ref:refs/tags/TAG\n  repo:OWNER/REPOSITORY:environment:ENVIRONMENT\n  \
                    repo:OWNER/REPOSITORY:pull_request\nwith StringLike where a star stands in it"
        .to_owned();
    finding.mistake.element = "sub";
    Some(finding)
}

/// Values of one test that are looked at.
const MOST_VALUES: usize = 64;

/// The answers for the gate's policy.
fn answers<'c>(cx: &'c Cx<'_>, gate: Gate<'_>) -> Option<&'c RoleClasses> {
    cx.classes.of_roles.iter().find(|own| std::ptr::eq(own.policy(cx.graph), gate.policy))
}

fn answer<'c>(of_role: &'c RoleClasses, class: &str) -> Option<&'c ClassAnswer> {
    of_role.answers.iter().find(|own| own.class == class)
}

fn by_names_only(cx: &Cx<'_>, gate: Gate<'_>, issuer: &Text, tests: &[&Test], provider: &Provider) -> Option<Finding> {
    let test = tests.first()?;
    let naming = ways_of_naming(provider, tests.iter().copied(), "owner-id", &cx.graph.symbols);
    let twin = answer(answers(cx, gate)?, "github/immutable-twin")?;
    if naming.by_id || !naming.by_name || !twin.answer.truth.is_false() {
        return None;
    }
    let role = gate.role.entity.name();
    let message = format!("{role} may refuse a repository that is new, renamed or transferred");
    let why = "since 15 July 2026 the subjects of such repositories have ids: repo:OWNER@ID/REPOSITORY@ID:…";
    let label = Label::new(test.values_at.place, why);
    let mut finding = gate.finding("OID005", Severity::Info, message, label, &test_path(test));
    let key = cx.graph.shown(issuer);
    finding.help = format!("list both forms under {key}:sub until all your repositories have ids");
    finding.mistake.element = "sub.names";
    Some(finding)
}

fn by_anybodys_id(cx: &Cx<'_>, gate: Gate<'_>, issuer: &Text, tests: &[&Test], provider: &Provider) -> Option<Finding> {
    let test = tests.first()?;
    let ids = ["repository_id", "repository_owner_id"];
    if ids.into_iter().any(|claim| of_claim(cx, gate.statement, issuer, claim).next().is_some()) {
        return None;
    }
    let naming = ways_of_naming(provider, tests.iter().copied(), "owner-id", &cx.graph.symbols);
    let registered = answer(answers(cx, gate)?, "github/reregistered-name")?;
    let admits = registered.answer.truth.is_true();
    if !naming.by_id || !(admits || naming.both) {
        return None;
    }
    let role = gate.role.entity.name();
    let message = format!("{role} takes whoever has the names after you");
    let why = match admits {
        true => "any id passes: somebody else who registers the names again has another one",
        false => "a name without an id beside names with one: whoever registers it again passes",
    };
    let label = Label::new(test.values_at.place, why);
    let mut finding = gate.finding("OID005", Severity::Info, message, label, &test_path(test));
    finding.help = "write the ids out, or ask for repository_owner_id too".to_owned();
    finding.mistake.element = "sub.ids";
    Some(finding)
}
