//! Tags: those that pools put on sessions, and those of roles.

use super::Builder;
use crate::identity::attachment::Written;
use crate::identity::graph::{MappedTag, TagMap};
use crate::identity::user_pool::Words;
use crate::resolve::StackId;
use crate::template::Resource;
use crate::value::{Kind, Text, Truth, Value};

impl<'d> Builder<'_, 'd> {
    pub(super) fn tag_map(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        let names = ["IdentityPoolId", "IdentityProviderName", "PrincipalTags", "UseDefaults"];
        for properties in self.properties(stack, resource, &names) {
            let named = properties.get("IdentityProviderName").and_then(Written::read);
            let (Some(pool), Some(named)) = (properties.text("IdentityPoolId"), named) else { continue };
            let tags = properties.get("PrincipalTags");
            let entries = tags.map(Value::entries).unwrap_or_default();
            let mapped = entries.iter().map(|entry| MappedTag {
                key: Written { text: entry.key.clone(), place: entry.key_at.place, node: entry.key_at.node },
                claim: Written::read(&entry.value),
            });
            let mapped: Vec<MappedTag> = mapped.collect();
            let keys: Vec<String> = mapped.iter().filter_map(|tag| tag.key.known().map(str::to_owned)).collect();
            let defaults = properties.text("UseDefaults");
            let listed = tags.is_none_or(|tags| matches!(tags.kind, Kind::Map(_)) && mapped.len() == keys.len());
            let keys_complete = listed && defaults.as_ref().is_none_or(|text| text.as_known() == Some("false"));
            let defaults = by_default(defaults.as_ref());
            self.graph.tag_maps.push(TagMap {
                entity: entity.clone(),
                pool,
                provider: self.provider_name(&named.text),
                named,
                keys,
                keys_complete,
                listed,
                passes: is_mapped(tags).or(defaults),
                tags: mapped,
                tags_at: tags.map(|tags| tags.at.place),
                defaults,
                when: properties.when,
            });
        }
    }

    /// The keys of a role's `Tags`.
    pub(super) fn role_tags(&mut self, stack: StackId, resource: &Resource<'d>) -> Words {
        let mut words = Words { complete: true, ..Words::default() };
        for properties in self.properties(stack, resource, &["Tags"]) {
            let Some(tags) = properties.get("Tags") else { continue };
            words.complete &= matches!(tags.kind, Kind::List(_));
            for tag in tags.items().iter().filter(|tag| !tag.is_nothing()) {
                let key = tag.get("Key").and_then(Value::text);
                match key.as_ref().and_then(Text::as_known) {
                    Some(key) => words.known.push(key.to_owned()),
                    None => words.complete = false,
                }
            }
        }
        words
    }
}

/// Whether a map lists tags.
fn is_mapped(tags: Option<&Value>) -> Truth {
    match tags.map(|tags| &tags.kind) {
        Some(Kind::Map(entries)) => (!entries.is_empty()).into(),
        Some(_) => Truth::Unknown,
        None => Truth::False,
    }
}

fn by_default(defaults: Option<&Text>) -> Truth {
    match defaults.map(Text::as_known) {
        Some(Some(text)) => text.eq_ignore_ascii_case("true").into(),
        Some(None) => Truth::Unknown,
        None => Truth::False,
    }
}
