//! XAC004: a trust policy that names whom it does not speak of.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, is_on, literal, principal_place};
use crate::checks::remedy::{condition, written};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written};
use crate::identity::{AwsPrincipal, Dialect, aws_principal};
use crate::policy::{Effect, Principal, PrincipalKind, Principals};
use crate::value::{At, Text, compare};

/// Finds `NotPrincipal` in trust policies.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        match (&gate.statement.principals, gate.statement.not_principal_at) {
            (Principals::AllBut(spared), _) => findings.push(finding(cx, gate, spared)),
            (_, Some(at)) => findings.push(beside(gate, at)),
            _ => {}
        }
    }
}

/// A statement that has both elements, or whose `NotPrincipal` cannot be read.
fn beside(gate: Gate<'_>, at: At) -> Finding {
    let message = format!("{} uses NotPrincipal, so its deployment is refused", gate.role.entity.name());
    let label = Label::new(at.place, "trust policies have no NotPrincipal");
    let mut finding = gate.finding("XAC004", Severity::Error, message, label, ".NotPrincipal");
    finding.help = "take NotPrincipal out: Principal alone says whom a statement means".to_owned();
    finding.mistake.element = "Principal";
    finding
}

fn finding(cx: &Cx<'_>, gate: Gate<'_>, spared: &[Principal]) -> Finding {
    let denies = gate.statement.effect == Effect::Deny;
    let message = format!("{} uses NotPrincipal, so its deployment is refused", gate.role.entity.name());
    let place = gate.statement.principal_at.map_or(principal_place(gate.statement), |at| at.place);
    let why = match denies {
        true => "trust policies have no NotPrincipal",
        false => "trust policies have no NotPrincipal; it would speak of everybody else in the world",
    };
    let label = Label::new(place, why);
    let mut finding = gate.finding("XAC004", Severity::Error, message, label, ".NotPrincipal");
    finding.help = help(cx, gate, spared, denies);
    finding.fix = if denies { fix(cx, gate, spared).map(Box::new) } else { None };
    finding.mistake.element = "Principal";
    finding
}

/// Whom a statement spares, as tests can say it.
struct Spared<'p> {
    /// Users and roles.
    named: Vec<&'p Principal>,
    /// Accounts: of one whose user or role is spared, too, only that one is meant (IAM User Guide, NotPrincipal: both are
    /// listed to spare the one).
    accounts: Vec<Text>,
    /// Whether there are others, of whom no key of a caller speaks: services, and users of identity providers.
    others: bool,
}

impl<'p> Spared<'p> {
    fn of(cx: &Cx<'_>, spared: &'p [Principal]) -> Self {
        let symbols = &cx.graph.symbols;
        let mut all = Self { named: Vec::new(), accounts: Vec::new(), others: false };
        let mut homes = Vec::new();
        for principal in spared {
            match aws_principal(&principal.value, symbols) {
                AwsPrincipal::Identity(account) if principal.kind == Some(PrincipalKind::Aws) => {
                    all.named.push(principal);
                    homes.push(account);
                }
                AwsPrincipal::Account(account) if principal.kind == Some(PrincipalKind::Aws) => {
                    all.accounts.push(account);
                }
                _ => all.others = true,
            }
        }
        all.accounts.retain(|account| !homes.iter().any(|home| compare(home, account, symbols).is_true()));
        all
    }

    /// Operators and keys by which a test spares them, with their values.
    fn tests(&self) -> Vec<(&'static str, &'static str, Vec<Text>)> {
        let named: Vec<Text> = self.named.iter().map(|principal| principal.value.clone()).collect();
        let tests = [
            ("ArnNotEquals", "aws:PrincipalArn", named),
            ("StringNotEquals", "aws:PrincipalAccount", self.accounts.clone()),
        ];
        tests.into_iter().filter(|(.., values)| !values.is_empty()).collect()
    }
}

fn help(cx: &Cx<'_>, gate: Gate<'_>, spared: &[Principal], denies: bool) -> String {
    let dialect = gate.role.entity.dialect;
    let spared = Spared::of(cx, spared);
    let tests = spared.tests();
    if !denies {
        let block = match dialect {
            Dialect::Yaml => "Principal: { AWS: ARN-OF-WHO-MAY-BECOME-IT }",
            Dialect::Json => "\"Principal\": { \"AWS\": \"ARN-OF-WHO-MAY-BECOME-IT\" }",
            Dialect::Cdk => "principals: [new iam.ArnPrincipal('ARN-OF-WHO-MAY-BECOME-IT')],",
        };
        return format!("name those who may become the role\n  {block}");
    }
    if spared.others || tests.is_empty() {
        return "name in Principal whom it denies; whom no statement allows stays out anyway".to_owned();
    }
    let line = |(operator, key, values): &(&str, &str, Vec<Text>)| {
        let values: Vec<String> = values.iter().map(|value| literal(gate.role, &cx.graph.shown(value))).collect();
        let value = if let [one] = values.as_slice() { one.clone() } else { format!("[{}]", values.join(", ")) };
        match dialect {
            Dialect::Yaml => format!("{operator}: {{ {key}: {value} }}"),
            Dialect::Json => format!("\"{operator}\": {{ \"{key}\": {value} }}"),
            Dialect::Cdk => format!("{operator}: {{ '{key}': {value} }}"),
        }
    };
    let lines = tests.iter().map(line).collect::<Vec<_>>().join(", ");
    let block = match dialect {
        Dialect::Yaml => format!("Principal: {{ AWS: '*' }}\n  Condition: {{ {lines} }}"),
        Dialect::Json => format!("\"Principal\": {{ \"AWS\": \"*\" }},\n  \"Condition\": {{ {lines} }}"),
        Dialect::Cdk => format!("principals: [new iam.AnyPrincipal()],\n  conditions: {{ {lines} }},"),
    };
    format!("deny everybody, and spare some by a condition\n  {block}")
}

fn fix(cx: &Cx<'_>, gate: Gate<'_>, spared: &[Principal]) -> Option<Fix> {
    let statement = gate.statement;
    let spared = Spared::of(cx, spared);
    // A test that is there already would be changed, or asked together with the new one in other words.
    let is_taken = |key: &str| statement.conditions.tests.iter().any(|test| is_on(test, &[key]));
    if spared.others || ["aws:principalarn", "aws:principalaccount"].into_iter().any(is_taken) {
        return None;
    }
    let mut changes = vec![
        Change::Rename { key: statement.principal_at?, name: "Principal".to_owned() },
        Change::Set {
            at: statement.principal_value_at?,
            value: Written::Map(vec![("AWS".to_owned(), Written::text("*"))]),
        },
    ];
    let mut tests = Vec::new();
    for (operator, key, values) in spared.tests() {
        let values: Option<Vec<Written>> = values.iter().map(|value| account_or_arn(cx, value)).collect();
        let mut values = values?;
        let value = if values.len() == 1 { values.remove(0) } else { Written::List(values) };
        tests.push((operator.to_owned(), key.to_owned(), value));
    }
    let is_named = !tests.is_empty();
    if statement.conditions.at.is_none() {
        changes.push(condition(statement, tests));
    } else {
        let put = |(operator, key, value)| Change::Put {
            into: statement.at,
            path: vec!["Condition".to_owned(), operator, key],
            value,
        };
        changes.extend(tests.into_iter().map(put));
    }
    is_named.then(|| Fix::offered("deny everybody, and spare some by a condition", changes))
}

/// A value of a test, as a template writes it.
fn account_or_arn(cx: &Cx<'_>, value: &Text) -> Option<Written> {
    let shown = cx.graph.shown(value);
    if shown == "${AWS::AccountId}" { Some(Written::reference("AWS::AccountId")) } else { written(cx.graph, value) }
}
