//! What findings on role attachments and their mappings have in common: spots, names, lines to paste.

use crate::finding::{Mistake, shown};
use crate::identity::provider::user_pool_provider;
use crate::identity::{Dialect, Graph, Group, Mapping, MappingRule, PermissionPolicy, RoleId, Written};
use crate::policy::{Effect, PrincipalKind, Request, evaluate};
use crate::resolve::StackId;
use crate::source::Place;
use crate::value::{Text, Truth, compare};

/// The mistake on a property of a mapping, of a rule or of an attachment.
pub(super) fn mistake(at: Place, element: &'static str) -> Mistake {
    Mistake { statement: Some(at), element, bare: false }
}

/// A property with a text, as a template or CDK code writes it.
pub(super) fn property_line(dialect: Dialect, name: &str, value: &str) -> String {
    match dialect {
        Dialect::Cdk => format!("{}: '{value}',", in_code(name)),
        Dialect::Json => format!("\"{name}\": \"{value}\""),
        Dialect::Yaml => format!("{name}: {value}"),
    }
}

/// The name of a property in CDK code, which begins small.
fn in_code(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// A provider in a few words: a user pool and its app client by their logical ids.
pub(super) fn provider_words(graph: &Graph, provider: &Text) -> String {
    let Some(user_pool) = user_pool_provider(provider) else { return graph.shown(provider) };
    let pool = name_of(graph, &user_pool.user_pool);
    match &user_pool.client {
        Some(client) => format!("app client {} of {pool}", name_of(graph, client)),
        None => pool,
    }
}

/// The resource whose id a text is, by its logical id; else the text.
fn name_of(graph: &Graph, id: &Text) -> String {
    id.as_symbol().map_or_else(|| graph.shown(id), |symbol| graph.symbols.facts(symbol).name.to_string())
}

/// The identity pool of a mapping, by its logical id where a template of the run has it.
pub(super) fn pool_name(graph: &Graph, pool: &Text) -> String {
    graph.pool(pool).map_or_else(|| "the identity pool".to_owned(), |(_, pool)| pool.entity.name().to_owned())
}

/// A rule in a few words: its claim, how it compares, and with what.
pub(super) fn rule_words(graph: &Graph, rule: &MappingRule) -> String {
    let told = |written: &Option<Written>| match written {
        Some(written) => shown(&graph.shown(&written.text)),
        None => "nothing".to_owned(),
    };
    format!("{} {} '{}'", told(&rule.claim), told(&rule.match_type), told(&rule.value))
}

/// The path of a rule, or of one of its properties.
pub(super) fn rule_path(mapping: &Mapping, rule: &MappingRule, name: Option<&str>) -> String {
    let path = format!("{}.RulesConfiguration.Rules[{}]", mapping.path, rule.index);
    name.map_or(path.clone(), |name| format!("{path}.{name}"))
}

/// A role by its logical id, or by its ARN where no template of the run has it.
pub(super) fn role_name(graph: &Graph, stack: StackId, arn: &Written) -> String {
    let role = graph.roles_meant(stack, &arn.text);
    let name = role.first().map(|(id, _)| graph.role(*id).entity.name().to_owned());
    name.unwrap_or_else(|| shown(&short_arn(&graph.shown(&arn.text))))
}

/// A role's name, without what every ARN has in common.
fn short_arn(arn: &str) -> String {
    arn.split_once(":role/").map_or(arn, |(_, name)| name).to_owned()
}

/// Whether two ARNs of a stack mean one role: two roles of one run are never one, elsewhere the ARNs decide.
pub(super) fn same_role(graph: &Graph, stack: StackId, a: &Written, b: &Written) -> Truth {
    let roles = [a, b].map(|arn| graph.roles_meant(stack, &arn.text));
    match roles.each_ref().map(Vec::as_slice) {
        [[(a, _)], [(b, _)]] => (a == b).into(),
        _ => compare(&a.text, &b.text, &graph.symbols),
    }
}

/// Whether a permission policy of the run may let somebody else assume a group's role by itself, as a broker does that
/// reads the role from a token.
pub(super) fn grants_assume(graph: &Graph, group: &Group) -> bool {
    let Some((arn, _)) = &group.role else { return false };
    let own: Vec<RoleId> = graph.roles_meant(group.entity.stack, arn).into_iter().map(|(role, _)| role).collect();
    // What the role itself may do makes nobody else its broker.
    let is_only_own = |policy: &PermissionPolicy| {
        policy.roles_complete && !policy.roles.is_empty() && policy.roles.iter().all(|(role, _)| own.contains(role))
    };
    let request = Request {
        principal: (PrincipalKind::Aws, Text::known("*")),
        action: "sts:AssumeRole".to_owned(),
        resource: arn.clone(),
        context: Vec::new(),
    };
    let others = graph.policies.iter().filter(|policy| !is_only_own(policy));
    let mut cases = others.flat_map(|policy| &policy.document.cases);
    cases.any(|case| {
        let mut policy = case.then.clone();
        policy.of_identity = true;
        policy.statements.retain(|statement| statement.effect != Effect::Deny);
        policy.statements.iter_mut().for_each(|statement| statement.conditions.tests.clear());
        !evaluate(&policy, &request, &graph.symbols).truth.is_false()
    })
}
