//! XAC010: a test of who somebody is, which those pass who lack what it asks for, or which fits nobody.

use crate::checks::Cx;
use crate::checks::gate::{
    Gap, Gate, ORGANIZATION, SECOND_FACTOR, admitted, bare_account, bare_request, deciding, denies_with, gaps, gate,
    gates, is_everybody, is_on, is_open_to_organizations, is_open_to_roles, literal, named, passes_elsewhere,
    passes_with, proof, test_path, without,
};
use crate::checks::remedy::{safe_for_aws, with_operator};
use crate::finding::{Finding, Fix, Label, Severity};
use crate::identity::{ClassAnswer, Dialect, Role, RoleClasses, account_in, in_account, is_of_aws, is_session_arn};
use crate::policy::{Carried, Effect, Policy, Principal, Statement, Test, test_passes, without_if_exists};
use crate::value::Text;

/// Finds tests of the organization, of a name or of a second factor that do not keep others out.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let gaps = gaps(cx, of_role);
        let bypassed = gaps.iter().filter(|(.., gap)| *gap == Gap::Bypassed);
        findings.extend(bypassed.filter_map(|(answer, statement, _)| strangers(cx, of_role, answer, statement)));
        if gaps.is_empty() {
            let judges: [fn(&Cx<'_>, &RoleClasses) -> Vec<Finding>; 4] =
                [in_accounts, long_term_keys, not_denied, single_factor];
            findings.extend(
                judges.iter().map(|judge| judge(cx, of_role)).find(|found| !found.is_empty()).unwrap_or_default(),
            );
        }
    }
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        findings.extend(gate.statement.conditions.tests.iter().filter_map(|test| sessions(cx, gate, test)));
    }
}

/// Everybody is trusted, and those outside of every organization pass.
fn strangers(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer, statement: &Statement) -> Option<Finding> {
    let test =
        statement.conditions.tests.iter().find(|test| is_on(test, &ORGANIZATION) || is_on(test, &SECOND_FACTOR))?;
    let name = gate(cx, of_role, statement).role.entity.name();
    let message = format!("any AWS account can become {name}, as {} keeps none out", cx.graph.shown(&test.key));
    let who = "a role in an account that nobody here has named";
    finding(cx, of_role, answer, (statement, test), Severity::Error, message, who)
}

/// One finding for each statement by which callers of a class get in: each is a mistake of its own.
fn in_each<'c>(
    of_role: &'c RoleClasses,
    class: &'static str,
    judge: impl Fn(&'c ClassAnswer) -> Option<Finding>,
) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for finding in admitted(of_role, class).filter_map(judge) {
        if !found.iter().any(|own| own.mistake.statement == finding.mistake.statement) {
            found.push(finding);
        }
    }
    found
}

/// An account is trusted as a whole, and a test on it says less than it seems to.
fn in_accounts(cx: &Cx<'_>, of_role: &RoleClasses) -> Vec<Finding> {
    let outside =
        in_each(of_role, "account/trusted/outside-organization", |answer| outside_organization(cx, of_role, answer));
    if !outside.is_empty() {
        return outside;
    }
    let elsewhere = in_each(of_role, "account/trusted/any-external-id", |answer| elsewhere(cx, of_role, answer));
    if !elsewhere.is_empty() {
        return elsewhere;
    }
    in_each(of_role, "account/organization-member", |answer| in_organization(cx, of_role, answer))
}

/// The trusted account is not in the organization that is asked for, and passes all the same.
fn outside_organization(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let policy = of_role.policy(cx.graph);
    let statement = deciding(policy, answer).next()?;
    account(statement, answer, cx)?;
    let request = &answer.answer.request;
    let is_open = |test: &&Test| is_open_to_organizations(test, policy, request, &cx.classes.symbols);
    let test = statement.conditions.tests.iter().filter(|test| is_on(test, &ORGANIZATION)).find(is_open)?;
    let name = gate(cx, of_role, statement).role.entity.name();
    let message = format!("accounts outside of the organization can become {name}");
    let who = "a trusted account that is not in the organization";
    finding(cx, of_role, answer, (statement, test), Severity::Warning, message, who)
}

/// A test of a name that passes for one of the same name in another account than the caller's, though not for every
/// name. Names that AWS alone gives out are left aside.
fn of_any_account<'s>(
    cx: &Cx<'_>,
    statement: &'s Statement,
    policy: &Policy,
    answer: &ClassAnswer,
    account: &Text,
) -> Option<&'s Test> {
    let (symbols, request) = (&cx.classes.symbols, &answer.answer.request);
    let tests = statement.conditions.tests.iter().filter(|test| is_on(test, &["aws:principalarn"]));
    tests.into_iter().find(|test| {
        passes_elsewhere(test, policy, request, symbols)
            && !is_open_to_roles(test, policy, request, account, symbols)
            && !test.values.iter().all(|(arn, _)| is_of_aws(arn))
    })
}

/// All accounts of an organization are trusted, and a name is asked for, in whichever.
fn in_organization(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let policy = of_role.policy(cx.graph);
    let asks = |statement: &&Statement| statement.conditions.tests.iter().any(|test| is_on(test, &ORGANIZATION));
    let statement = deciding(policy, answer).find(asks)?;
    named(statement).iter().find(|principal| is_everybody(principal, &cx.graph.symbols))?;
    let test = of_any_account(cx, statement, policy, answer, &account_in(&answer.principal)?)?;
    let name = gate(cx, of_role, statement).role.entity.name();
    let message = format!("whoever has the right name in an account of the organization can become {name}");
    let who = "a user or role of such a name in an account of the organization";
    // Landing zones keep such names for themselves by policies of the organization, which no template shows.
    finding(cx, of_role, answer, (statement, test), Severity::Info, message, who)
}

/// A name is asked for, in whatever account.
fn elsewhere(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let policy = of_role.policy(cx.graph);
    let statement = deciding(policy, answer).next()?;
    let account = account(statement, answer, cx)?;
    let test = of_any_account(cx, statement, policy, answer, &account)?;
    let name = gate(cx, of_role, statement).role.entity.name();
    let message = format!("whoever has the right name in a trusted account can become {name}");
    // A single account that Principal names is the account, whatever the pattern says.
    let accounts = named(statement).iter().filter_map(|one| bare_account(one, &cx.graph.symbols)).count();
    let severity = if accounts > 1 { Severity::Warning } else { Severity::Info };
    let who = "a user or role of such a name in a trusted account";
    finding(cx, of_role, answer, (statement, test), severity, message, who)
}

fn account(statement: &Statement, answer: &ClassAnswer, cx: &Cx<'_>) -> Option<Text> {
    let of = |principal: &Principal| bare_account(principal, &cx.graph.symbols);
    let asked = account_in(&answer.principal)?;
    named(statement).iter().filter_map(of).find(|own| *own == asked)
}

/// A second factor is asked for, and callers with access keys have none to show.
fn long_term_keys(cx: &Cx<'_>, of_role: &RoleClasses) -> Vec<Finding> {
    in_each(of_role, "account/long-term-keys", |answer| by_keys(cx, of_role, answer))
}

fn by_keys(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let asks = |statement: &&Statement| statement.conditions.tests.iter().any(|test| is_on(test, &SECOND_FACTOR));
    // Another statement that lets the same caller in asks for no second factor at all.
    if deciding(of_role.policy(cx.graph), answer).any(|statement| !asks(&statement)) {
        return None;
    }
    let statement = deciding(of_role.policy(cx.graph), answer).find(asks)?;
    let test = statement.conditions.tests.iter().find(|test| is_on(test, &SECOND_FACTOR))?;
    let name = gate(cx, of_role, statement).role.entity.name();
    let message = format!("callers with access keys can become {name} without a second factor");
    finding(cx, of_role, answer, (statement, test), Severity::Warning, message, KEYS_ONLY)
}

const KEYS_ONLY: &str = "a caller with access keys, of whom nothing says whether there was a second factor,";

/// Those are denied who say that there was no second factor, and callers with access keys say nothing (AWS Knowledge
/// Center, enforce MFA authentication for IAM users that use the AWS CLI).
fn not_denied(cx: &Cx<'_>, of_role: &RoleClasses) -> Vec<Finding> {
    let answer = admitted(of_role, "account/long-term-keys").next();
    answer.and_then(|answer| despite_deny(cx, of_role, answer)).into_iter().collect()
}

fn despite_deny(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let policy = of_role.policy(cx.graph);
    let denying = policy.statements.iter().filter(|statement| statement.effect == Effect::Deny);
    let mut tests = denying.flat_map(|statement| statement.conditions.tests.iter().map(move |test| (statement, test)));
    let (request, symbols) = (&answer.answer.request, &cx.classes.symbols);
    let (deny, test) = tests.find(|(deny, test)| {
        // A Deny of another action, or of somebody else, lets the same caller in whatever the key has.
        let denies = |value: &str| denies_with((deny, test), policy, request, Text::known(value), symbols);
        is_on(test, &["aws:multifactorauthpresent"]) && denies("false") && !denies("true")
    })?;
    let statement = deciding(policy, answer).next()?;
    let gate = gate(cx, of_role, statement);
    let message = format!("callers with access keys can become {} without a second factor", gate.role.entity.name());
    let label = Label::new(test.operator_at.place, "denies nobody whose request lacks the key");
    let mut finding = gate.finding("XAC010", Severity::Warning, message, label, ".Principal");
    let line = match gate.role.entity.dialect {
        Dialect::Yaml => "BoolIfExists: { aws:MultiFactorAuthPresent: 'false' }",
        Dialect::Json => "\"BoolIfExists\": { \"aws:MultiFactorAuthPresent\": \"false\" }",
        Dialect::Cdk => "BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' },",
    };
    finding.help = format!("deny those too whose request lacks the key\n  {line}");
    let changes = with_operator(deny, test, "BoolIfExists");
    finding.fix =
        (!changes.is_empty()).then(|| Box::new(Fix::offered("deny those too whose request lacks the key", changes)));
    finding.mistake.element = "Principal";
    finding.witness = Some(proof(cx, of_role, answer, statement, KEYS_ONLY));
    Some(finding)
}

/// A key has to be there that says whether there was a second factor, whatever it says.
fn single_factor(cx: &Cx<'_>, of_role: &RoleClasses) -> Vec<Finding> {
    in_each(of_role, "account/single-factor", |answer| by_one_factor(cx, of_role, answer))
}

fn by_one_factor(cx: &Cx<'_>, of_role: &RoleClasses, answer: &ClassAnswer) -> Option<Finding> {
    let policy = of_role.policy(cx.graph);
    let (symbols, request) = (&cx.classes.symbols, &answer.answer.request);
    let asks = |test: &&Test| {
        let with = |value: &str| passes_with(test, policy, request, Text::known(value), symbols).is_true();
        is_on(test, &["aws:multifactorauthpresent"]) && with("true") && with("false")
    };
    // Another statement that lets the same caller in asks for no second factor at all.
    if deciding(policy, answer).any(|statement| !statement.conditions.tests.iter().any(|test| asks(&test))) {
        return None;
    }
    let statement = deciding(policy, answer).next()?;
    let test = statement.conditions.tests.iter().find(asks)?;
    let name = gate(cx, of_role, statement).role.entity.name();
    let message = format!("callers can become {name} without a second factor");
    let who = "a caller with temporary credentials, got without a second factor,";
    finding(cx, of_role, answer, (statement, test), Severity::Warning, message, who)
}

fn finding(
    cx: &Cx<'_>,
    of_role: &RoleClasses,
    answer: &ClassAnswer,
    (statement, test): (&Statement, &Test),
    severity: Severity,
    message: String,
    who: &str,
) -> Option<Finding> {
    let gate = gate(cx, of_role, statement);
    let key = test.key.as_known()?;
    let is_named = is_on(test, &["aws:principalarn"]);
    let lacking = without(&answer.answer.request, &[key.to_ascii_lowercase().as_str()]);
    let passes_absent = test_passes(test, gate.policy, &lacking, &cx.classes.symbols).is_true();
    let why = match () {
        () if is_named => "the account in this may be any".to_owned(),
        () if passes_absent => format!("passes for callers without {key}"),
        () if is_on(test, &SECOND_FACTOR) => "passes for callers without a second factor".to_owned(),
        () => "every organization's id fits".to_owned(),
    };
    let mut finding =
        gate.finding("XAC010", severity, message, Label::new(test.values_at.place, why), &test_path(test));
    finding.help = if is_named {
        named_role(gate.role, "name the account, too", &with_accounts(cx, gate, test))
    } else {
        strictly(cx, gate.role, test)?
    };
    let strict = test.operator_text.as_known().and_then(without_if_exists);
    let changes = strict.map(|strict| with_operator(statement, test, strict)).unwrap_or_default();
    let description = format!("fail without {key}");
    finding.fix = (!changes.is_empty()).then(|| Box::new(safe_for_aws(statement, &description, changes)));
    finding.mistake.element = "Principal";
    let mut witness = proof(cx, of_role, answer, statement, who);
    if is_on(test, &ORGANIZATION) && matches!(witness.request.get(key), Some(Carried::One(_))) {
        witness.assumes.push("the account is in some organization".to_owned());
    }
    finding.witness = Some(witness);
    Some(finding)
}

/// The value of a test with each account that the statement trusts.
fn with_accounts(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> Vec<String> {
    let accounts = gate.principals().iter().filter_map(|one| bare_account(one, &cx.graph.symbols));
    let Some((value, _)) = test.values.first() else { return Vec::new() };
    let in_each = |account: Text| Some(cx.graph.shown(&in_account(value, account.as_known()?)));
    accounts.filter_map(in_each).collect()
}

const ROLE_OF_AN_ACCOUNT: &str = "arn:aws:iam::NUMBER-OF-THE-ACCOUNT:role/NAME";

fn named_role(role: &Role, what: &str, arns: &[String]) -> String {
    let arns: Vec<String> = arns.iter().map(|arn| literal(role, arn)).collect();
    let arn = match arns.as_slice() {
        [] => literal(role, ROLE_OF_AN_ACCOUNT),
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    match role.entity.dialect {
        Dialect::Yaml => format!("{what}\n  aws:PrincipalArn: {arn}"),
        Dialect::Json => format!("{what}\n  \"aws:PrincipalArn\": {arn}"),
        Dialect::Cdk => format!("{what}\n  'aws:PrincipalArn': {arn},"),
    }
}

/// The same test with an operator that fails without the key; else one that is right.
fn strictly(cx: &Cx<'_>, role: &Role, test: &Test) -> Option<String> {
    let value = test.values.first().map(|(value, _)| cx.graph.shown(value))?;
    let operator = test.operator_text.as_known().and_then(without_if_exists);
    let is_plain = !value.contains(['*', '?']);
    let (operator, key, value) = match operator.filter(|_| is_plain) {
        Some(strict) => (strict, test.key.as_known()?, value),
        None if is_on(test, &SECOND_FACTOR) => ("Bool", "aws:MultiFactorAuthPresent", "true".to_owned()),
        None => ("StringEquals", "aws:PrincipalOrgID", "o-ID".to_owned()),
    };
    let value = literal(role, &value);
    let what = if operator == "StringEquals" && value.contains("o-ID") {
        "name your organization"
    } else {
        "ask with an operator that fails without the key"
    };
    Some(match role.entity.dialect {
        Dialect::Yaml => format!("{what}\n  {operator}:\n    {key}: {value}"),
        Dialect::Json => format!("{what}\n  \"{operator}\": {{ \"{key}\": {value} }}"),
        Dialect::Cdk => format!("{what}\n  {operator}: {{ '{key}': {value} }},"),
    })
}

/// The ARN of a session, which the key never has: for a session it has that of the role (IAM User Guide, global
/// condition keys, `aws:PrincipalArn`).
fn sessions(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> Option<Finding> {
    if !is_on(test, &["aws:principalarn"]) || test.values.is_empty() {
        return None;
    }
    let role_passes =
        is_open_to_roles(test, gate.policy, &bare_request(gate.role), &Text::known("210987654321"), &cx.graph.symbols);
    if role_passes || !test.values.iter().all(|(value, _)| is_session_arn(value)) {
        return None;
    }
    let name = gate.role.entity.name();
    let message = format!("nobody can become {name}: it asks for a session's ARN, which aws:PrincipalArn never has");
    let label = Label::new(test.values_at.place, "for a session, the key has the ARN of its role");
    let mut finding = gate.finding("XAC010", Severity::Error, message, label, &test_path(test));
    finding.help = named_role(gate.role, "ask for the role of the session", &[]);
    finding.mistake.element = "Principal";
    Some(finding)
}
