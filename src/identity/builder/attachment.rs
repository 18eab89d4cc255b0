//! Role attachments: roles by key, and the mappings that choose among them.

use std::collections::{HashMap, HashSet};

use super::{Builder, Link, Properties};
use crate::identity::attachment::{AttachedRole, Attachment, AttachmentParts, Mapping, MappingRule, Rules, Written};
use crate::identity::graph::{Entity, Way};
use crate::identity::provider::user_pool_provider;
use crate::resolve::StackId;
use crate::source::Place;
use crate::syntax::Node;
use crate::template::Resource;
use crate::value::{At, Case, Entry, Kind, Text, Value};

impl<'d> Builder<'_, 'd> {
    pub(super) fn attachment(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        let mappings = self.resolver.property(stack, resource, "RoleMappings");
        for properties in self.properties(stack, resource, &["IdentityPoolId", "Roles"]) {
            let Some(pool) = properties.get("IdentityPoolId").and_then(Written::read) else { continue };
            let mut attachment = attachment_of(&entity, pool, &properties, mappings.as_ref());
            attachment.parts = self.parts_of(stack, resource);
            for role in &attachment.roles {
                let (way, what) = match role.key.known() {
                    Some("authenticated") => (Way::Authenticated, "handed to signed-in users here"),
                    Some("unauthenticated") => (Way::Guest, "handed to guests here"),
                    _ => continue,
                };
                self.note_role(stack, &role.arn.text, role.arn.place);
                self.hand_out(Link {
                    entity: &entity,
                    pool: attachment.pool.text.clone(),
                    role: role.arn.text.clone(),
                    way,
                    provider: None,
                    when: attachment.when.clone(),
                    steps: vec![(role.arn.place, what.to_owned())],
                });
            }
            self.graph.attachments.push(attachment);
        }
        if let Some(mappings) = mappings {
            self.role_mappings(stack, resource, &entity, &mappings);
        }
        self.hand_over(stack, resource, &entity, &["IdentityPoolId", "Roles", "RoleMappings"]);
    }

    fn parts_of(&self, stack: StackId, resource: &Resource<'d>) -> AttachmentParts {
        let at = |node: Node<'_>| At { place: node.tagged_place(), node: (!node.is_fresh()).then(|| node.id()) };
        let entry = |name: &str| {
            let (key, value) = resource.properties?.entry(name)?;
            Some([at(key), at(value)])
        };
        let document = self.resolver.set().stack(stack).template.doc;
        let is_few = self.graph.attachments.len() < MOST_SEARCHED;
        let is_free = is_few && document.nodes().all(|node| !mentions(node, resource.id));
        AttachmentParts {
            resource: is_free.then(|| at(resource.key)),
            properties: resource.properties.map(at),
            roles: entry("Roles"),
            mappings: entry("RoleMappings"),
        }
    }

    /// Each mapping in each of its own branches, so that choices in one do not multiply the others.
    fn role_mappings(&mut self, stack: StackId, resource: &Resource<'d>, entity: &Entity, mappings: &Value) {
        for pool in self.properties(stack, resource, &["IdentityPoolId"]) {
            let Some(id) = pool.text("IdentityPoolId") else { continue };
            for case in self.choices(mappings, &pool.when) {
                for entry in case.then.entries() {
                    for inner in self.resolver.worlds.cases_when(&entry.value, &case.when).cases {
                        self.role_mapping(entity, &id, entry, inner);
                    }
                }
            }
        }
    }

    fn role_mapping(&mut self, entity: &Entity, pool: &Text, entry: &Entry, case: Case<Value>) {
        let (value, when) = (case.then, case.when);
        if value.is_nothing() {
            return;
        }
        let written = |name: &str| value.get(name).and_then(Written::read);
        // `IdentityProvider` names the provider; without it the key does (CloudFormation, RoleMapping).
        let by_property = written("IdentityProvider");
        let by_key = by_property.is_none() && matches!(value.kind, Kind::Map(_));
        let named = by_property.unwrap_or_else(|| Written::key(entry));
        let rules = value.get("RulesConfiguration").filter(|value| !value.is_nothing());
        let mapping = Mapping {
            entity: entity.clone(),
            pool: pool.clone(),
            user_pool: user_pool_provider(&named.text).map(|provider| provider.user_pool),
            kind: written("Type"),
            ambiguous: written("AmbiguousRoleResolution"),
            rules: rules.and_then(rules_of),
            provider: self.provider_name(&named.text),
            named,
            by_key,
            place: entry.key_at.place,
            key_at: entry.key_at,
            at: value.at,
            path: format!("RoleMappings.{}", self.resolver.shown(&entry.key)),
            complete: matches!(value.kind, Kind::Map(_)),
            when,
        };
        if mapping.kind() == Some("Rules") {
            self.hand_out_rule_roles(&mapping);
        }
        self.graph.mappings.push(mapping);
    }

    fn hand_out_rule_roles(&mut self, mapping: &Mapping) {
        let stack = mapping.entity.stack;
        for role in mapping.rules().iter().filter_map(|rule| rule.role.as_ref()) {
            self.note_role(stack, &role.text, role.place);
            self.hand_out(Link {
                entity: &mapping.entity,
                pool: mapping.pool.clone(),
                role: role.text.clone(),
                way: Way::Rule,
                provider: Some(mapping.provider.clone()),
                when: mapping.when.clone(),
                steps: vec![(role.place, "handed out by this mapping rule".to_owned())],
            });
        }
    }

    /// The roles of groups, where a mapping takes the role from the groups of a user.
    pub(super) fn hand_out_group_roles(&mut self) {
        let (groups, mappings) = (self.graph.groups.clone(), self.graph.mappings.clone());
        // The same mapping twice, and the same role of two groups, lead to the same.
        let (mut ways, mut roles) = (HashSet::new(), HashSet::new());
        let mut by_user_pool: HashMap<&Text, Vec<&Mapping>> = HashMap::new();
        for mapping in mappings.iter().filter(|mapping| mapping.is_token()) {
            let Some(user_pool) = &mapping.user_pool else { continue };
            if ways.insert((user_pool, &mapping.pool, &mapping.provider, &mapping.when)) {
                by_user_pool.entry(user_pool).or_default().push(mapping);
            }
        }
        for group in &groups {
            let Some(role) = &group.role else { continue };
            if !roles.insert((&group.user_pool, &role.0, &group.when, group.entity.stack)) {
                continue;
            }
            for mapping in by_user_pool.get(&group.user_pool).into_iter().flatten() {
                let Some(when) = self.together(&group.when, &mapping.when) else { continue };
                let steps = vec![
                    (mapping.place, "this mapping takes the role from the user's groups".to_owned()),
                    (role.1, format!("the role of group {}", group.entity.name())),
                ];
                self.hand_out(Link {
                    entity: &group.entity,
                    pool: mapping.pool.clone(),
                    role: role.0.clone(),
                    way: Way::Group,
                    provider: Some(mapping.provider.clone()),
                    when,
                    steps,
                });
            }
        }
    }
}

fn attachment_of(entity: &Entity, pool: Written, properties: &Properties, mappings: Option<&Value>) -> Attachment {
    let roles = properties.get("Roles");
    let listed = roles.map(Value::entries).unwrap_or_default();
    let listed = listed
        .iter()
        .filter_map(|entry| Some(AttachedRole { key: Written::key(entry), arn: Written::read(&entry.value)? }));
    let is_map = |value: &Value| matches!(value.kind, Kind::Map(_));
    let known_keys = |value: &Value| value.entries().iter().all(|entry| entry.key.as_known().is_some());
    let mappings = mappings.filter(|value| !value.is_nothing());
    Attachment {
        entity: entity.clone(),
        when: properties.when.clone(),
        pool,
        roles: listed.collect(),
        roles_complete: roles.is_none_or(|roles| is_map(roles) && known_keys(roles)),
        mappings: mappings.map(|value| (certain(value.entries()), value.at.place)),
        mappings_complete: mappings.is_none_or(is_map),
        parts: AttachmentParts::default(),
    }
}

/// Attachments of one set for which all its templates are searched.
const MOST_SEARCHED: usize = 16;

/// Whether a value below a node may name a resource: by `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn`.
pub(super) fn mentions(node: Node<'_>, id: &str) -> bool {
    let values = node.own_entries().map(|(_, value)| value).chain(node.items());
    let texts = values.into_iter().filter_map(|value| value.text());
    texts.into_iter().any(|text| {
        let rest = text.strip_prefix(id);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) || text.contains(&format!("${{{id}"))
    })
}

/// How many entries are there in every branch.
fn certain(entries: &[Entry]) -> usize {
    entries.iter().filter(|entry| matches!(entry.value.kind, Kind::Map(_))).count()
}

/// Rules of one mapping that are followed: those that the API's list takes (MappingRulesList).
const MOST_RULES: usize = 400;

/// The rules of a mapping's `RulesConfiguration`; nothing where it has none.
fn rules_of(configuration: &Value) -> Option<Rules> {
    if !matches!(configuration.kind, Kind::Map(_)) {
        return Some(unknown_rules(configuration.at.place));
    }
    let list = configuration.get("Rules").filter(|value| !value.is_nothing())?;
    if !matches!(list.kind, Kind::List(_)) {
        return Some(unknown_rules(list.at.place));
    }
    let items = list.items().iter().enumerate().filter(|(_, item)| !item.is_nothing());
    let (known, unknown): (Vec<_>, Vec<_>) = items.partition(|(_, item)| matches!(item.kind, Kind::Map(_)));
    let count = known.len();
    let followed = known.into_iter().take(MOST_RULES);
    Some(Rules {
        list: followed.map(|(index, item)| rule(index, item)).collect(),
        count,
        complete: unknown.is_empty(),
        place: list.at.place,
    })
}

fn unknown_rules(place: Place) -> Rules {
    Rules { list: Vec::new(), count: 0, complete: false, place }
}

fn rule(index: usize, item: &Value) -> MappingRule {
    let written = |name: &str| item.get(name).and_then(Written::read);
    MappingRule {
        index,
        place: item.at.place,
        at: item.at,
        claim: written("Claim"),
        match_type: written("MatchType"),
        value: written("Value"),
        role: written("RoleARN"),
    }
}
