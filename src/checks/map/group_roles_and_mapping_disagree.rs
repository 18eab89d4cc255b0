//! MAP007: groups have roles that no mapping asks for, or a mapping asks for roles that no token names.

use std::collections::HashSet;

use crate::checks::Cx;
use crate::checks::mappings::{grants_assume, mistake, pool_name};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::{Graph, Group, Mapping, PoolProvider, ProviderKind, UserPool, malformed, provider_kind};
use crate::source::Place;
use crate::value::{Lookup, Text};

/// Finds user pools whose groups and mappings do not fit, and mappings by groups for others than user pools.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let sides = Sides::of(cx.graph);
    for mapping in cx.graph.mappings.iter().filter(|mapping| mapping.is_token()) {
        findings.extend(no_user_pool(cx.graph, mapping).or_else(|| no_group_role(&sides, mapping)));
    }
    findings.extend(cx.graph.user_pools.iter().filter_map(|pool| no_token_mapping(&sides, pool)));
}

/// The groups and the mappings of user pools.
pub(in crate::checks) struct Sides<'g> {
    graph: &'g Graph,
    /// Groups with a role.
    groups: Lookup<'g, Group>,
    mappings: Lookup<'g, Mapping>,
    /// User pools that an identity pool has among its providers.
    used: HashSet<Text>,
    /// Those of identity pools that take roles from the groups of a provider that is none: that one may be meant.
    meant: HashSet<Text>,
    /// Whether something that is not known may take the roles of any user pool's groups.
    is_open: bool,
}

impl<'g> Sides<'g> {
    pub(in crate::checks) fn of(graph: &'g Graph) -> Self {
        let groups = graph.groups.iter().filter(|group| group.role.is_some());
        let groups = Lookup::new(groups.map(|group| (&group.user_pool, group)), &graph.symbols);
        let of_user_pools = graph.mappings.iter().filter_map(|mapping| Some((mapping.user_pool.as_ref()?, mapping)));
        let mappings = Lookup::new(of_user_pools, &graph.symbols);
        let providers = graph.pools.iter().flat_map(|pool| &pool.configured).flat_map(|providers| &providers.list);
        let is_vague = |mapping: &Mapping| may_be_token(mapping) && matches!(mapping.named.text, Text::Any(_));
        let is_open = graph.attachments.iter().any(|attachment| !attachment.mappings_complete)
            || graph.mappings.iter().any(is_vague)
            || graph.pools.iter().any(|pool| graph.is_touched(&pool.id));
        let used = providers.filter_map(PoolProvider::user_pool).collect();
        let nameless = graph.mappings.iter().filter(|mapping| may_be_token(mapping));
        let nameless = nameless.filter(|mapping| malformed(&mapping.named.text, graph).is_some());
        let of_pool = |mapping: &'g Mapping| graph.pool(&mapping.pool).map(|(_, pool)| &pool.configured);
        let providers = nameless.filter_map(of_pool).flatten().flat_map(|providers| &providers.list);
        let meant = providers.filter_map(PoolProvider::user_pool).collect();
        Self { graph, groups, mappings, used, meant, is_open }
    }

    /// Whether some identity pool takes, or may take, roles from the tokens of a user pool.
    fn may_be_mapped(&self, user_pool: &Text) -> bool {
        let own = self.mappings.same(user_pool).iter().copied();
        let mut all = own.chain(self.mappings.perhaps(user_pool, &self.graph.symbols));
        self.is_open || self.meant.contains(user_pool) || self.graph.is_touched(user_pool) || all.any(may_be_token)
    }

    /// Whether the roles of a user pool's groups have no effect, since mappings choose by rules.
    pub(in crate::checks) fn says_unused(&self, user_pool: &Text) -> bool {
        let is_own = self.graph.user_pool(user_pool).is_some();
        is_own && !self.mappings.same(user_pool).is_empty() && !self.may_be_mapped(user_pool)
    }
}

fn may_be_token(mapping: &Mapping) -> bool {
    !mapping.complete || mapping.kind().is_none_or(|kind| kind == "Token")
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

/// A mapping by groups of a user pool whose groups have no roles.
fn no_group_role(sides: &Sides<'_>, mapping: &Mapping) -> Option<Finding> {
    let graph = sides.graph;
    let pool = graph.user_pool(mapping.user_pool.as_ref()?)?;
    let any =
        !sides.groups.same(&pool.id).is_empty() || sides.groups.perhaps(&pool.id, &graph.symbols).next().is_some();
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

/// Groups of one user pool that are looked at.
const MOST_GROUPS: usize = 100;

/// A user pool whose groups have roles, though no identity pool takes them from its tokens.
fn no_token_mapping(sides: &Sides<'_>, pool: &UserPool) -> Option<Finding> {
    let graph = sides.graph;
    let groups = sides.groups.same(&pool.id).iter();
    let with_roles = groups.filter_map(|group| Some((*group, group.role.as_ref()?.1)));
    let with_roles: Vec<(&Group, Place)> = with_roles.take(MOST_GROUPS).collect();
    let (group, place) = *with_roles.first()?;
    if sides.may_be_mapped(&pool.id) {
        return None;
    }
    let name = pool.entity.name();
    let by_rules = sides.mappings.same(&pool.id).first();
    let is_used = by_rules.is_some() || sides.used.contains(&pool.id);
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
