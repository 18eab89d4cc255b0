//! MAP007: groups have roles that no mapping asks for, or a mapping asks for roles that no token names.

use crate::checks::Cx;
use crate::checks::mappings::{grants_assume, mistake, pool_name};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::{Graph, Group, Mapping, ProviderKind, UserPool, provider_kind};
use crate::source::Place;
use crate::value::{Text, Truth, compare};

/// Finds user pools whose groups and mappings do not fit, and mappings by groups for others than user pools.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for mapping in cx.graph.mappings.iter().filter(|mapping| mapping.is_token()) {
        findings.extend(no_user_pool(cx.graph, mapping).or_else(|| no_group_role(cx.graph, mapping)));
    }
    findings.extend(cx.graph.user_pools.iter().filter_map(|pool| no_token_mapping(cx.graph, pool)));
}

/// The mapping's type at fault.
fn at_type(mapping: &Mapping, severity: Severity, message: String, why: &str) -> Finding {
    let place = mapping.kind.as_ref().map_or(mapping.place, |kind| kind.place);
    let subject = mapping.entity.property(format!("{}.Type", mapping.path));
    let mut finding = Finding::new("MAP007", severity, message, Label::new(place, why), subject);
    finding.mistake = mistake(mapping.place, "Type");
    finding.branch = mapping.when.clone();
    finding
}

/// Type Token for a provider whose tokens name no groups.
fn no_user_pool(graph: &Graph, mapping: &Mapping) -> Option<Finding> {
    let kind = provider_kind(&mapping.named.text).or_else(|| configured_kind(graph, mapping))?;
    let severity = match kind {
        ProviderKind::UserPool | ProviderKind::Developer => return None,
        // It may be the issuer of a user pool, registered by hand.
        ProviderKind::Oidc => Severity::Info,
        ProviderKind::Login | ProviderKind::Saml => Severity::Warning,
    };
    let provider = shown(&graph.shown(&mapping.named.text));
    let pool = pool_name(graph, &mapping.pool);
    let message = match mapping.ambiguous() {
        Some("Deny") => format!("{pool} gives no user of {provider} any role"),
        Some("AuthenticatedRole") => format!("{pool} gives every user of {provider} the default role"),
        _ => format!("{pool} finds no role for users of {provider}"),
    };
    let why = "takes the role from cognito:preferred_role, which only user pools write into tokens";
    let mut finding = at_type(mapping, severity, message, why);
    finding.related.push(Label::new(mapping.named.place, "a provider that is no user pool"));
    let ambiguous = mapping.ambiguous.as_ref();
    finding.related.extend(ambiguous.map(|written| Label::new(written.place, "so this is what happens, always")));
    finding.help = "use Type Rules on a claim that the provider's tokens have, or drop the mapping".to_owned();
    Some(finding)
}

fn configured_kind(graph: &Graph, mapping: &Mapping) -> Option<ProviderKind> {
    let (_, pool) = graph.pool(&mapping.pool)?;
    let mut all = pool.configured.iter().flat_map(|providers| &providers.list);
    let own = all.find(|provider| provider.is_meant_by(&mapping.named.text, &graph.symbols).is_true());
    own.map(|provider| provider.kind)
}

fn is_of(graph: &Graph, user_pool: &Text, pool: &UserPool) -> Truth {
    compare(user_pool, &pool.id, &graph.symbols)
}

/// A mapping by groups of a user pool whose groups have no roles.
fn no_group_role(graph: &Graph, mapping: &Mapping) -> Option<Finding> {
    let pool = graph.user_pool(mapping.user_pool.as_ref()?)?;
    let mut roles = graph.groups.iter().filter(|group| group.role.is_some());
    let any = roles.any(|group| !is_of(graph, &group.user_pool, pool).is_false());
    if any || pool.sets_claims || graph.is_touched(&pool.id) {
        return None;
    }
    let name = pool.entity.name();
    let message = format!("no group of {name} in what was read has a role for its mapping to choose");
    let mut finding = at_type(mapping, Severity::Info, message, "takes the role from the user's groups");
    finding.related.push(Label::new(pool.entity.place, "the user pool"));
    finding.help = "give its groups roles (RoleArn), unless groups are made at run time".to_owned();
    Some(finding)
}

/// A user pool whose groups have roles, though no identity pool takes them from its tokens.
fn no_token_mapping(graph: &Graph, pool: &UserPool) -> Option<Finding> {
    let mut groups = graph.groups.iter().filter(|group| is_of(graph, &group.user_pool, pool).is_true());
    let with_roles: Vec<(&Group, Place)> =
        groups.by_ref().filter_map(|group| Some((group, group.role.as_ref()?.1))).collect();
    let (group, place) = *with_roles.first()?;
    if may_be_mapped(graph, pool) {
        return None;
    }
    let name = pool.entity.name();
    let by_rules = graph.mappings.iter().find(|mapping| mapping.user_pool.as_ref() == Some(&pool.id));
    let mut providers = graph.pools.iter().flat_map(|identity| &identity.configured);
    let is_used = by_rules.is_some()
        || providers.any(|providers| providers.list.iter().any(|own| own.user_pool().as_ref() == Some(&pool.id)));
    let message = format!("the roles of the groups of {name} have no effect: no identity pool asks for them");
    let label = Label::new(place, format!("the role of group {}, which nobody gets by it", group.entity.name()));
    // Where no identity pool of the run knows the user pool, another stack's may.
    let by_broker = with_roles.iter().any(|(group, _)| grants_assume(graph, group));
    let severity = if is_used && !by_broker { Severity::Warning } else { Severity::Info };
    let mut finding = Finding::new("MAP007", severity, message, label, group.entity.property("RoleArn"));
    finding.related = with_roles[1..]
        .iter()
        .map(|(group, place)| Label::new(*place, format!("the same for group {}", group.entity.name())))
        .collect();
    finding.related.truncate(2);
    finding.related.extend(by_rules.and_then(|mapping| {
        let kind = mapping.kind.as_ref()?;
        Some(Label::new(kind.place, "chooses by rules, and does not look at the roles of groups"))
    }));
    finding.related.push(Label::new(pool.entity.place, "the user pool"));
    finding.help = "map the user pool with Type Token, or remove RoleArn from the groups".to_owned();
    finding.assumes = vec!["no identity pool outside of what was read maps the user pool".to_owned()];
    finding.mistake = mistake(place, "RoleArn");
    finding.branch = group.when.clone();
    Some(finding)
}

/// Whether some identity pool takes, or may take, roles from the tokens of a user pool.
fn may_be_mapped(graph: &Graph, pool: &UserPool) -> bool {
    let mapped = graph.mappings.iter().any(|mapping| {
        let is_token = !mapping.complete || mapping.kind().is_none_or(|kind| kind == "Token");
        let named = mapping.user_pool.as_ref().map_or_else(
            || if matches!(mapping.named.text, Text::Any(_)) { Truth::Unknown } else { Truth::False },
            |user_pool| is_of(graph, user_pool, pool),
        );
        is_token && !named.is_false()
    });
    let open = graph.attachments.iter().any(|attachment| !attachment.mappings_complete);
    let touched = graph.is_touched(&pool.id) || graph.pools.iter().any(|identity| graph.is_touched(&identity.id));
    mapped || open || touched
}

/// Whether this rule says that the roles of a user pool's groups are used by nobody.
pub(in crate::checks) fn says_unused(graph: &Graph, user_pool: &Text) -> bool {
    let by_rules = graph.mappings.iter().any(|mapping| mapping.user_pool.as_ref() == Some(user_pool));
    by_rules && graph.user_pool(user_pool).is_some_and(|pool| !may_be_mapped(graph, pool))
}
