//! SML001: assertions that a SAML provider signs for somebody else.

use super::{APART, providers};
use crate::checks::Cx;
use crate::checks::remedy::ask;
use crate::checks::tokens::{signer, tests_on};
use crate::checks::words::{adding, condition_line, is_bare, mistake, quoted, spot, test_spot};
use crate::finding::{Finding, Fix, Label, Severity, Written};
use crate::identity::classes::witness_of;
use crate::identity::{ClassAnswer, Dialect, Role, RoleClasses, SignIn, sign_in_of};
use crate::policy::Statement;

/// Finds roles that take assertions with a recipient that is no sign-in endpoint of AWS.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        findings.extend(of_role.by_part().filter_map(|(answer, part)| finding(cx, of_role, answer, part)));
    }
}

fn finding(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer, part: &[ClassAnswer]) -> Option<Finding> {
    if answer.class != "saml/other-recipient" || !answer.answer.truth.is_true() {
        return None;
    }
    let by = answer.answer.decision.allowed_by.first()?;
    let statement = of_role.policy(cx.graph).statements.get(*by)?;
    let test = tests_on(cx, statement, answer, "aud").next();
    // A test that lets only others in asks for the wrong recipient, which is another mistake.
    if test.is_some() && !admits_console(part, answer) {
        return None;
    }
    let role = cx.graph.role(of_role.role);
    let (place, property) = test.map_or_else(|| spot(statement), |test| test_spot(statement, test));
    let message = format!("assertions that are meant for other recipients can become {}", role.entity.name());
    let why = match test {
        Some(_) => "other recipients than AWS's sign-in pass this test",
        None => "does not ask for whom the assertion is (SAML:aud)",
    };
    let label = Label::new(place, why);
    let mut finding = Finding::new("SML001", Severity::Warning, message, label, role.entity.property(property));
    let mut witness = witness_of(cx.graph, cx.classes, of_role, answer);
    witness.story = format!("a user with an assertion for another recipient is allowed by {}", statement.path());
    finding.witness = Some(Box::new(witness));
    let provider = signer(cx.graph, &answer.principal);
    finding.related.extend(provider.map(|place| Label::new(place, "the provider that the role trusts")));
    let partition = cx.graph.partition(of_role.role);
    let (_, is_alone) = providers(statement, &cx.graph.symbols);
    let help = help(role, statement, test.is_some(), partition.as_deref());
    finding.help = if is_alone { help } else { format!("{APART}\n{help}") };
    let endpoint = partition.as_deref().and_then(|known| sign_in_of(Some(known)));
    finding.fix = endpoint.filter(|_| is_alone).map(|endpoint| {
        let changes = ask(statement, test, "StringEquals", "SAML:aud", Written::text(endpoint.url()));
        Box::new(Fix::offered("ask for AWS's sign-in (SAML:aud)", changes))
    });
    finding.mistake = mistake(statement, "aud");
    finding.branch = of_role.when.clone();
    Some(finding)
}

/// Whether the console's assertions of the same provider get in.
fn admits_console(part: &[ClassAnswer], answer: &ClassAnswer) -> bool {
    let mut same = part.iter().filter(|other| other.principal == answer.principal);
    same.any(|other| other.class == "saml/console" && !other.answer.truth.is_false())
}

fn help(role: &Role, statement: &Statement, is_tested: bool, partition: Option<&str>) -> String {
    let endpoint = sign_in_of(partition).map_or("URL-OF-THE-SIGN-IN".to_owned(), SignIn::url);
    let value = quoted(role, &endpoint);
    if is_tested {
        let line = condition_line(role, "StringEquals", "SAML:aud", &value);
        return format!("ask for AWS's sign-in instead\n  {line}");
    }
    if !is_bare(statement) {
        return adding(statement, role, "StringEquals", "SAML:aud", &value);
    }
    let line = condition_line(role, "StringEquals", "SAML:aud", &value);
    match role.entity.dialect {
        Dialect::Yaml => format!("add to the statement\n  Condition:\n    {line}"),
        Dialect::Json => format!("add to the statement\n  \"Condition\": {{ {line} }}"),
        Dialect::Cdk => format!("add as conditions\n  {{ {line} }}"),
    }
}
