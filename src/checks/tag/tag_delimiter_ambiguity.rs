//! TAG009: a pattern in which one tenant's value also covers another's.

use std::collections::HashSet;

use crate::checks::Cx;
use crate::checks::gate::{gates, test_path};
use crate::checks::words::held_path;
use crate::finding::{Change, Finding, Fix, Label, Mistake, Severity, Subject, Written, shown};
use crate::identity::{Graph, Role, Tenant, prefix_of_name, tenant};
use crate::policy::{Effect, Policy, Statement, Test, Variable, variables};
use crate::value::Branch;

/// Finds variables beside a wildcard, with nothing between them.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let graph = cx.graph;
    for policy in &graph.policies {
        for case in &policy.document.cases {
            for statement in &case.then.statements {
                let path = |test: Option<&Test>| policy.entity.property(held_path(policy, statement, test));
                let holder = policy.roles.first().map(|(id, _)| graph.role(*id));
                let holder = holder.filter(|role| role.entity.place != policy.entity.place);
                let spot = Spot { policy: &case.then, statement, when: &case.when, path: &path, holder };
                in_statement(graph, &spot, findings);
            }
        }
    }
    for gate in gates(cx) {
        let path = |test: Option<&Test>| {
            let part = test.map(test_path).unwrap_or_default();
            gate.role.entity.property(format!("AssumeRolePolicyDocument.{}{part}", gate.statement.path()))
        };
        let (policy, statement, when) = (gate.policy, gate.statement, gate.when);
        in_statement(graph, &Spot { policy, statement, when, path: &path, holder: None }, findings);
    }
}

/// A statement of a policy in one branch.
struct Spot<'s> {
    policy: &'s Policy,
    statement: &'s Statement,
    when: &'s Branch,
    /// What a test of it, or its resources, are called.
    path: &'s dyn Fn(Option<&Test>) -> Subject,
    /// A role that has it, where it stands elsewhere.
    holder: Option<&'s Role>,
}

fn in_statement(graph: &Graph, spot: &Spot<'_>, findings: &mut Vec<Finding>) {
    let mut seen = HashSet::new();
    // What a statement denies, or leaves out of what it allows, only gets smaller.
    let widens = |variable: &Variable<'_>| match spot.statement.effect {
        Effect::Allow => !variable.excludes,
        Effect::Deny => variable.excludes,
        Effect::Unknown => false,
    };
    let beside = |own: &&Variable<'_>| own.behind_wildcard || own.before_wildcard || prefix_of_name(own).is_some();
    for variable in variables(spot.statement, spot.policy).iter().filter(beside) {
        let Some(tenant) = tenant(&variable.key).filter(|_| widens(variable)) else { continue };
        if seen.insert((variable.at.place, variable.key.to_ascii_lowercase())) {
            findings.push(finding(graph, spot, variable, tenant));
        }
    }
}

fn finding(graph: &Graph, spot: &Spot<'_>, variable: &Variable<'_>, tenant: Tenant<'_>) -> Finding {
    let whose = match tenant {
        Tenant::Tag(key) => format!("tag {}", shown(key)),
        Tenant::UserName => "user name".to_owned(),
        Tenant::Identity => "identity".to_owned(),
    };
    let severity = if is_fixed(graph, tenant) { Severity::Info } else { Severity::Warning };
    let named = variable.written.clone();
    let text = graph.shown(variable.text);
    let between = prefix_of_name(variable);
    let is_before = !variable.before_wildcard && between.is_none();
    let other = match between {
        Some(between) => format!("a{}b", shown(between)),
        None => (if is_before { "ba" } else { "ab" }).to_owned(),
    };
    let message = format!("whoever has the {whose} 'a' also reaches what belongs to '{other}'");
    let why = match between {
        Some(between) => format!("values may hold '{}' too, and the wildcard fits the rest", shown(between)),
        None => format!("nothing stands between {} and the wildcard", shown(&named)),
    };
    let label = Label::new(variable.at.place, why);
    let mut finding = Finding::new("TAG009", severity, message, label, (spot.path)(variable.test));
    finding.related =
        spot.holder.map(|role| Label::new(role.entity.place, "a role that has this")).into_iter().collect();
    finding.help = match between {
        Some(_) => "name each bucket or table as a whole, or keep tenants apart inside of one".to_owned(),
        None => help(&text, &named, is_before),
    };
    finding.fix = fix(variable, &named, is_before).map(Box::new);
    finding.mistake = Mistake { statement: Some(spot.statement.at.place), element: "Delimiter", bare: false };
    finding.branch = spot.when.clone();
    finding
}

/// What the ARNs of buckets and objects have before their name.
const BUCKET: &str = ":s3:::";

/// Whether a variable stands in the key of an S3 object, where a slash separates.
fn is_in_key(text: &str, named: &str) -> bool {
    let before = text.split_once(BUCKET).and_then(|(_, rest)| rest.split_once(named));
    before.is_some_and(|(before, _)| before.contains('/'))
}

/// The wildcard that stands behind a variable.
fn wildcard_behind(text: &str, named: &str) -> char {
    let behind = text.split(named).skip(1).filter_map(|rest| rest.chars().next());
    behind.into_iter().find(|c| ['*', '?'].contains(c)).unwrap_or('*')
}

fn help(text: &str, named: &str, is_before: bool) -> String {
    let wildcard = wildcard_behind(text, named);
    let (in_key, is_bucket, named) = (is_in_key(text, named), text.contains(BUCKET), shown(named));
    match (is_before, in_key, is_bucket) {
        (true, true, _) => format!("separate them: */{named} instead of *{named}"),
        (true, false, _) => format!("put a character before {named} that no value has, behind the wildcard"),
        (false, true, _) => format!("separate them: {named}/{wildcard} instead of {named}{wildcard}"),
        (false, false, true) => format!("name the bucket as a whole: {named} instead of {named}{wildcard}"),
        (false, false, false) => format!("put a character behind {named} that no value has, before the wildcard"),
    }
}

/// A slash between both, in keys of S3.
fn fix(variable: &Variable<'_>, named: &str, is_before: bool) -> Option<Fix> {
    let text = variable.text.as_known().filter(|text| !is_before && is_in_key(text, named))?;
    let wildcard = wildcard_behind(text, named);
    let separated = text.replace(&format!("{named}{wildcard}"), &format!("{named}/{wildcard}"));
    let value = Written::text(Some(separated).filter(|separated| separated != text)?);
    Some(Fix::offered("put a slash before the wildcard", vec![Change::Set { at: variable.at, value }]))
}

/// Whether all values have one length: then none is the beginning of another.
fn is_fixed(graph: &Graph, tenant: Tenant<'_>) -> bool {
    let Tenant::Tag(key) = tenant else { return tenant == Tenant::Identity };
    let tags = graph.tag_maps.iter().flat_map(|map| &map.tags);
    let own = tags.filter(|tag| tag.key.known().is_some_and(|own| own.eq_ignore_ascii_case(key)));
    let mut claims = own.map(|tag| tag.claim.as_ref().and_then(|claim| claim.known())).peekable();
    claims.peek().is_some() && claims.all(|claim| claim == Some("sub"))
}
