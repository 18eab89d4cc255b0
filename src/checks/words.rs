//! What findings on trust policies have in common: spots, remedies, the path from the pool.

use crate::finding::{Label, Mistake, Subject, shown};
use crate::identity::cognito::{is_claim, is_claim_of};
use crate::identity::{
    Answer, Dialect, Graph, Handout, Holder, Permission, PermissionPolicy, PoolId, Role, RoleId, Setting, Trust, Way,
};
use crate::policy::{Actions, Effect, Policy, Statement, Test};
use crate::source::Place;
use crate::value::{Branch, Text, Truth};

/// Allow statements that certainly let a request in.
pub(super) fn deciding<'p>(answer: &Answer, policy: &'p Policy) -> impl Iterator<Item = &'p Statement> {
    let by = answer.decision.allowed_by.clone();
    policy.statements.iter().filter(move |statement| statement.effect == Effect::Allow && by.contains(&statement.index))
}

/// The tests of a statement on a claim.
pub(super) fn tests<'s>(statement: &'s Statement, claim: &'static str) -> impl Iterator<Item = &'s Test> {
    statement.conditions.tests.iter().filter(move |test| is_claim(test, claim))
}

/// The tests of a statement on a claim that a request carries.
pub(super) fn tests_of<'s>(
    statement: &'s Statement,
    claim: &'static str,
    answer: &'s Answer,
) -> impl Iterator<Item = &'s Test> {
    statement.conditions.tests.iter().filter(move |test| is_claim_of(test, claim, &answer.request))
}

/// Whether a statement has no condition at all.
pub(super) fn is_bare(statement: &Statement) -> bool {
    statement.conditions.tests.is_empty() && !statement.conditions.opaque
}

/// The smallest spot that a new test would touch: the Condition, else the Principal, and its path.
pub(super) fn spot(statement: &Statement) -> (Place, String) {
    let path = format!("AssumeRolePolicyDocument.{}", statement.path());
    match (&statement.conditions.at, &statement.principal_at) {
        (Some(at), _) => (at.place, format!("{path}.Condition")),
        (None, Some(at)) => (at.place, format!("{path}.Principal")),
        (None, None) => (statement.at.place, path),
    }
}

/// The spot of a test, and its path.
pub(super) fn test_spot(statement: &Statement, test: &Test) -> (Place, String) {
    let [operator, key] = [&test.operator_text, &test.key].map(|text| text.as_known().unwrap_or("?").to_owned());
    (test.values_at.place, format!("AssumeRolePolicyDocument.{}.Condition.{operator}.{key}", statement.path()))
}

/// The path of a test of a permission statement, or of its resources.
pub(super) fn held_path(policy: &PermissionPolicy, statement: &Statement, test: Option<&Test>) -> String {
    let statement = format!("{}.{}", policy.property, statement.path());
    let Some(test) = test else { return format!("{statement}.Resource") };
    let [operator, key] = [&test.operator_text, &test.key].map(|text| text.as_known().unwrap_or("?"));
    format!("{statement}.Condition.{operator}.{key}")
}

/// The subject of a finding on the actions of a permission: its statement, or where the role names AWS's policy.
pub(super) fn actions_of(role: &Role, own: &Permission<'_>) -> Subject {
    match own.holder {
        Holder::Template(policy) => {
            let element = if matches!(own.statement.actions, Actions::AllBut(_)) { "NotAction" } else { "Action" };
            policy.entity.property(format!("{}.{}.{element}", policy.property, own.statement.path()))
        }
        Holder::Aws(..) => role.entity.property("ManagedPolicyArns"),
    }
}

/// The place by which findings on a permission are held against one another.
pub(super) fn permission_spot(own: &Permission<'_>) -> Place {
    match own.holder {
        Holder::Template(_) => own.statement.at.place,
        Holder::Aws(_, place) => place,
    }
}

/// The mistake on a claim of a statement.
pub(super) fn mistake(statement: &Statement, claim: &'static str) -> Mistake {
    Mistake { statement: Some(statement.at.place), element: claim, bare: is_bare(statement) }
}

/// Whether a role is handed to guests, and to nobody else.
pub(super) fn is_for_guests(graph: &Graph, trust: &Trust) -> bool {
    let mut ways = trust.handouts(graph).map(|(handout, _)| handout.way).peekable();
    ways.peek().is_some() && ways.all(|way| way == Way::Guest)
}

/// Whether a role, in all of its branches, is handed to guests and to nobody else.
pub(super) fn only_guests_get(graph: &Graph, role: RoleId) -> bool {
    let mut ways = graph.handouts_of(role).map(|handout| handout.way).peekable();
    ways.peek().is_some() && ways.all(|way| way == Way::Guest)
}

/// What a proof by guests takes for granted of their pool: they are let in, and ask STS for a role themselves.
pub(super) fn taken_for_granted(graph: &Graph, pool: Option<PoolId>, when: &Branch) -> Option<String> {
    let pool = pool.map(|id| &graph.pools[id.0]);
    let is = |setting: &Setting| {
        let cases = setting.cases.iter().filter(|case| graph.together(&case.when, when).is_some());
        Truth::agreed(cases.map(|case| case.then))
    };
    let [guests, classic] = match pool {
        Some(pool) => [is(&pool.guests), is(&pool.classic)],
        None => [Truth::Unknown; 2],
    };
    let needs = [(guests, "guests"), (classic, "the classic flow")];
    let of = |truth: Truth| {
        let names = needs.iter().filter(|(own, _)| *own == truth).map(|(_, name)| *name);
        names.collect::<Vec<_>>().join(" and ")
    };
    let (open, off) = (of(Truth::Unknown), of(Truth::False));
    let off = (!off.is_empty()).then(|| format!("{off}, which it does not do as written"));
    match (open.is_empty(), off) {
        (true, None) => None,
        (true, Some(off)) => Some(format!("the pool allows {off}")),
        (false, None) => Some(format!("the pool allows {open}")),
        (false, Some(off)) => Some(format!("the pool allows {open}, and also {off}")),
    }
}

/// A value as its template or CDK code names it: a function that gives it, or the text.
pub(super) fn value_words(graph: &Graph, role: &Role, value: &Text) -> String {
    if value.as_known() == Some("") {
        return "an empty text".to_owned();
    }
    let Some(symbol) = value.as_symbol() else { return shown(&graph.shown(value)) };
    let name = shown(&graph.symbols.facts(symbol).name);
    let function = if name.contains('.') { "GetAtt" } else { "Ref" };
    let mark = if role.entity.dialect == Dialect::Yaml { "!" } else { "" };
    format!("{mark}{function} {name}")
}

/// Labels along the first way in which a role is handed out.
pub(super) fn path<'g>(mut handouts: impl Iterator<Item = &'g Handout>) -> Vec<Label> {
    let steps = handouts.next().map(|handout| handout.steps.iter().cloned()).into_iter().flatten();
    steps.map(|(place, message)| Label::new(place, message)).collect()
}

/// How to write the id of the only pool that hands a role out, else a placeholder.
pub(super) fn pool_reference(graph: &Graph, trust: &Trust) -> String {
    pool_of(graph, trust.role)
}

/// The same for a role.
pub(super) fn pool_of(graph: &Graph, id: RoleId) -> String {
    let role = graph.role(id);
    let mut pools: Vec<&Text> = graph.handouts_of(id).map(|handout| &handout.pool).collect();
    pools.dedup();
    match pools.as_slice() {
        [pool] => reference_to(graph, role, pool),
        _ => placeholder(role),
    }
}

/// How to write a pool's id beside a role: in a template, or in CDK code.
pub(super) fn reference_to(graph: &Graph, role: &Role, pool: &Text) -> String {
    let pool = graph.pool(pool).map(|(_, pool)| pool);
    let near = pool.filter(|pool| pool.entity.subject.stack_key == role.entity.subject.stack_key);
    match (near, role.entity.dialect) {
        (_, Dialect::Cdk) => "identityPool.ref".to_owned(),
        (Some(pool), Dialect::Yaml) => format!("!Ref {}", pool.entity.name()),
        (Some(pool), Dialect::Json) => format!("{{ \"Ref\": \"{}\" }}", pool.entity.name()),
        (None, _) => placeholder(role),
    }
}

fn placeholder(role: &Role) -> String {
    quoted(role, "ID-OF-YOUR-IDENTITY-POOL")
}

/// A line of a Condition block, as the role's template or CDK code writes it.
pub(super) fn condition_line(role: &Role, operator: &str, key: &str, value: &str) -> String {
    match role.entity.dialect {
        Dialect::Cdk => format!("'{operator}': {{ '{key}': {value} }},"),
        Dialect::Json => format!("\"{operator}\": {{ \"{key}\": {value} }}"),
        Dialect::Yaml => format!("{operator}: {{ {key}: {value} }}"),
    }
}

/// A Condition block of some lines, as the role's template or CDK code writes it.
pub(super) fn condition_block(role: &Role, lines: &[String]) -> String {
    match role.entity.dialect {
        Dialect::Yaml => format!("  Condition:\n    {}", lines.join("\n    ")),
        Dialect::Json => format!("  \"Condition\": {{\n    {}\n  }}", lines.join(",\n    ")),
        Dialect::Cdk => format!("  {{\n    {}\n  }}", lines.join("\n    ")),
    }
}

/// How to add a line to the conditions of a statement: beside others under an operator that is there.
pub(super) fn adding(statement: &Statement, role: &Role, operator: &str, key: &str, value: &str) -> String {
    let is_there = statement.conditions.tests.iter().any(|test| test.operator_text.as_known() == Some(operator));
    if !is_there {
        return format!("add to its Condition\n  {}", condition_line(role, operator, key, value));
    }
    let entry = match role.entity.dialect {
        Dialect::Cdk => format!("'{key}': {value},"),
        Dialect::Json => format!("\"{key}\": {value}"),
        Dialect::Yaml => format!("{key}: {value}"),
    };
    format!("add to its {operator}\n  {entry}")
}

/// The word as a value, as the role's template or CDK code writes it.
pub(super) fn quoted(role: &Role, word: &str) -> String {
    match role.entity.dialect {
        Dialect::Cdk => format!("'{word}'"),
        Dialect::Json => format!("\"{word}\""),
        Dialect::Yaml => word.to_owned(),
    }
}

/// The test for signed-in users, or for guests.
pub(super) fn amr_line(role: &Role, prefix: &str, word: &str) -> String {
    condition_line(role, "ForAnyValue:StringLike", &format!("{prefix}:amr"), &quoted(role, word))
}

/// The prefix of the condition keys that a request carries.
pub(super) fn prefix(answer: &Answer) -> String {
    let aud = answer.request.context.iter().find_map(|(key, _)| key.as_known()?.strip_suffix(":aud"));
    aud.unwrap_or("cognito-identity.amazonaws.com").to_owned()
}
