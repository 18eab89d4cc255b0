//! TAG004: callers choose the session tag that says whose data they get.

use std::collections::HashSet;

use crate::checks::Cx;
use crate::checks::gate::{bare_account, deciding, gate, is_everybody, is_on, is_open_to_roles, proof};
use crate::checks::words::{adding, condition_line, is_bare, spot};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::{ClassAnswer, Dialect, Graph, How, Role, RoleClasses, TagUse, tag_uses};
use crate::policy::{Policy, Principal, PrincipalKind, Statement};
use crate::value::{Symbols, Text};

/// What the classes of this rule begin with.
const CHOSEN: &str = "account/chosen-tag/";

/// Finds roles whose permissions rest on a tag that whoever assumes them may set to anything.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for of_role in &cx.classes.of_roles {
        let uses = tag_uses(cx.graph, of_role.role);
        let mut seen = HashSet::new();
        for answer in of_role.answers.iter().filter(|answer| answer.answer.truth.is_true()) {
            let Some(key) = answer.class.strip_prefix(CHOSEN) else { continue };
            if seen.insert(key) {
                findings.extend(finding(cx, of_role, answer, key, &uses));
            }
        }
    }
}

/// Who may choose.
enum Callers {
    Anybody,
    Account,
    One(Text),
    Several,
}

/// Whom the statements let choose that let somebody choose.
fn callers(cx: &Cx<'_>, of_role: &RoleClasses, key: &str) -> Callers {
    let symbols = &cx.graph.symbols;
    let policy = of_role.policy(cx.graph);
    let class = format!("{CHOSEN}{key}");
    let answers = of_role.answers.iter().filter(|answer| answer.class == class && answer.answer.truth.is_true());
    let mut named: Vec<&Principal> = Vec::new();
    let mut told: Vec<&Text> = Vec::new();
    for answer in answers {
        for statement in deciding(policy, answer) {
            let of_accounts = |one: &&Principal| matches!(one.kind, None | Some(PrincipalKind::Aws));
            let principals = crate::checks::gate::named(statement);
            if principals.is_empty() || principals.iter().any(|one| is_everybody(one, symbols)) {
                return Callers::Anybody;
            }
            let by_name = by_name(statement, policy, answer, symbols);
            let is_told = |one: &&Principal| !by_name.is_empty() && bare_account(one, symbols).is_some();
            named.extend(principals.iter().filter(of_accounts).filter(|one| !is_told(one)));
            told.extend(by_name);
        }
    }
    if named.iter().any(|one| bare_account(one, symbols).is_some()) {
        return Callers::Account;
    }
    let mut values: Vec<&Text> = named.iter().map(|one| &one.value).chain(told).collect();
    values.dedup();
    let is_wild = |value: &Text| value.as_known().is_some_and(|known| known.contains(['*', '?']));
    match values.as_slice() {
        [one] if is_wild(one) => Callers::Several,
        [one] => Callers::One((*one).clone()),
        _ => Callers::Several,
    }
}

/// The names in its accounts for which a statement asks (`aws:PrincipalArn`), where it lets no other in.
fn by_name<'p>(statement: &'p Statement, policy: &Policy, answer: &ClassAnswer, symbols: &Symbols) -> Vec<&'p Text> {
    let mut accounts = crate::checks::gate::named(statement).iter().filter_map(|one| bare_account(one, symbols));
    let Some(account) = accounts.next() else { return Vec::new() };
    let tests = statement.conditions.tests.iter().filter(|test| is_on(test, &["aws:principalarn"]));
    let mut tests = tests.filter(|test| !is_open_to_roles(test, policy, &answer.answer.request, &account, symbols));
    tests.next().map(|test| test.values.iter().map(|(value, _)| value).collect()).unwrap_or_default()
}

fn finding(
    cx: &Cx<'_>,
    of_role: &RoleClasses,
    answer: &ClassAnswer,
    key: &str,
    uses: &[TagUse<'_>],
) -> Option<Finding> {
    let statement = deciding(of_role.policy(cx.graph), answer).next()?;
    let gate = gate(cx, of_role, statement);
    let (told, name) = (shown(key), gate.role.entity.name());
    let (who, severity) = match callers(cx, of_role, key) {
        Callers::Anybody => ("a member of the organization".to_owned(), Severity::Error),
        Callers::Account => ("a caller in the trusted account".to_owned(), Severity::Error),
        Callers::Several => ("each trusted caller".to_owned(), Severity::Warning),
        Callers::One(arn) => (role_words(cx.graph, gate.role, &arn), Severity::Info),
    };
    let message = format!("{who} can become {name} with any {told} of its choice");
    let (place, path) = spot(statement);
    let part = path.split_once(&statement.path()).map(|(_, part)| part.to_owned()).unwrap_or_default();
    let label = Label::new(place, format!("asks for no value of the tag {told}"));
    let mut finding = gate.finding("TAG004", severity, message, label, &part);
    finding.related = related(uses, key);
    finding.help = help(statement, gate.role, key);
    finding.mistake.element = "RequestTag";
    finding.witness = Some(proof(cx, of_role, answer, statement, &format!("{who}, with {told} 'other-tenant',")));
    Some(finding)
}

/// The only caller, by its logical id where a template of the run has it.
fn role_words(graph: &Graph, role: &Role, arn: &Text) -> String {
    let meant = graph.roles_meant(role.entity.stack, arn);
    let name = meant.first().map(|(id, _)| graph.role(*id).entity.name().to_owned());
    name.unwrap_or_else(|| "the trusted caller".to_owned())
}

fn related(uses: &[TagUse<'_>], key: &str) -> Vec<Label> {
    let own = uses.iter().filter(|own| own.key.eq_ignore_ascii_case(key));
    let labels = own.map(|own| {
        let what = match own.how {
            How::Resource(_) | How::Wanted(..) => "whose data a session gets hangs on the tag here",
            How::Tested(_) => "what a session may do hangs on the tag here",
        };
        Label::new(own.at.place, what)
    });
    labels.collect()
}

fn help(statement: &Statement, role: &Role, key: &str) -> String {
    let (operator, tag) = ("StringEqualsIfExists", format!("aws:RequestTag/{key}"));
    let own = format!("${{aws:PrincipalTag/{key}}}");
    let value = if role.entity.dialect == Dialect::Json { format!("\"{own}\"") } else { format!("'{own}'") };
    let line = condition_line(role, operator, &tag, &value);
    let add = match (is_bare(statement), role.entity.dialect) {
        (false, _) => adding(statement, role, operator, &tag, &value),
        (true, Dialect::Yaml) => format!("add\n  Condition:\n    {line}"),
        (true, Dialect::Json) => format!("add\n  \"Condition\": {{ {line} }}"),
        (true, Dialect::Cdk) => format!("add\n  conditions: {{ {line} }},"),
    };
    format!("trust only a broker that knows whom it speaks for, or let callers pass their own tag on: {add}")
}
