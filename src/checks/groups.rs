//! Groups of one user pool that can be in force together.

use std::collections::HashMap;

use crate::finding::Severity;
use crate::identity::cognito::differ;
use crate::identity::{Graph, Group, Handout, Mapping, Way};
use crate::value::Text;

/// Groups that have a role, by user pool, in the order of the templates.
pub(super) fn by_user_pool(graph: &Graph) -> Vec<(&Text, Vec<&Group>)> {
    let mut at: HashMap<&Text, usize> = HashMap::new();
    let mut pools: Vec<(&Text, Vec<&Group>)> = Vec::new();
    for group in graph.groups.iter().filter(|group| group.role.is_some()) {
        let index = *at.entry(&group.user_pool).or_insert_with(|| {
            pools.push((&group.user_pool, Vec::new()));
            pools.len() - 1
        });
        pools[index].1.push(group);
    }
    pools
}

/// Whether two groups certainly have different roles and can exist together.
pub(super) fn compete(graph: &Graph, a: &Group, b: &Group) -> bool {
    let (Some((a_role, _)), Some((b_role, _))) = (&a.role, &b.role) else { return false };
    a.entity.place != b.entity.place && graph.together(&a.when, &b.when).is_some() && differ(a_role, b_role, graph)
}

/// Mappings that take a role from the groups of a user pool.
pub(super) fn token_mappings<'g>(graph: &'g Graph, user_pool: &Text) -> Vec<&'g Mapping> {
    let of_pool = |mapping: &&Mapping| mapping.user_pool.as_ref() == Some(user_pool);
    graph.mappings.iter().filter(of_pool).filter(|mapping| mapping.kind.as_deref() == Some("Token")).collect()
}

/// Info where a pre-token-generation trigger may set the claims itself.
pub(super) fn with_trigger(graph: &Graph, user_pool: &Text, severity: Severity) -> Severity {
    let sets_claims = graph.user_pool(user_pool).is_some_and(|pool| pool.sets_claims);
    if sets_claims { Severity::Info } else { severity }
}

/// What a member of two groups gets when no role of theirs is best, as a headline.
pub(super) fn headline(graph: &Graph, a: &Group, b: &Group, mapping: &Mapping) -> String {
    let both = format!("a member of both {} and {}", a.entity.name(), b.entity.name());
    match mapping.ambiguous.as_deref() {
        Some("Deny") => format!("{both} gets no credentials"),
        Some("AuthenticatedRole") => {
            let is_default = |handout: &&Handout| handout.pool == mapping.pool && handout.way == Way::Authenticated;
            let default = graph.handouts.iter().find(is_default).map(|handout| graph.role(handout.role).entity.name());
            format!("{both} gets the default role{}", default.map(|name| format!(" {name}")).unwrap_or_default())
        }
        _ => format!("which role {both} gets is not defined"),
    }
}

/// A role by its logical id, or by its ARN where no template of the run has it.
pub(super) fn role_name(graph: &Graph, arn: &Text) -> String {
    let role = graph.roles.iter().find(|role| role.arns.iter().any(|case| case.then == *arn));
    role.map_or_else(|| graph.shown(arn), |role| role.entity.name().to_owned())
}
