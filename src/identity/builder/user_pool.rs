//! User pools, their app clients and their external identity providers.

use super::{Builder, Properties};
use crate::identity::attachment::Written;
use crate::identity::user_pool::{Attribute, CUSTOM, Client, ExternalProvider, UserPool, Words};
use crate::resolve::StackId;
use crate::template::Resource;
use crate::value::{Kind, Text, Truth, Value};

impl<'d> Builder<'_, 'd> {
    pub(super) fn user_pool(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        let Some(id) = self.attribute(stack, resource, "Ref").text() else { return };
        let triggers = self.resolver.property(stack, resource, "LambdaConfig");
        let sets_claims = triggers.as_ref().is_some_and(may_set_claims);
        let cases = if sets_claims { self.properties(stack, resource, &["LambdaConfig"]) } else { Vec::new() };
        let is_plain = |case: &&Properties| !case.get("LambdaConfig").is_some_and(may_set_claims);
        let without_trigger = cases.iter().filter(is_plain).map(|case| case.when.clone()).collect();
        let provider = self.attribute(stack, resource, "ProviderName").text();
        let provider = provider.unwrap_or_else(|| Text::known(""));
        let schemas = self.properties(stack, resource, &["Schema"]);
        let attributes: Vec<Attribute> = schemas.iter().flat_map(attributes_of).collect();
        let attributes_complete = schemas.iter().all(|schema| schema.get("Schema").is_none_or(is_whole_list));
        let creation = self.resolver.property(stack, resource, "AdminCreateUserConfig");
        let updates = self.resolver.property(stack, resource, "UserAttributeUpdateSettings");
        let verified = updates.as_ref().and_then(|updates| updates.get("AttributesRequireVerificationBeforeUpdate"));
        self.graph.user_pool_ids.entry(id.clone()).or_insert(self.graph.user_pools.len());
        self.graph.user_pools.push(UserPool {
            entity,
            id,
            provider,
            sets_claims,
            without_trigger,
            attributes,
            attributes_complete,
            self_registration: self_registration(creation.as_ref()),
            verified_before_update: verified.map(words).unwrap_or_default().known,
        });
    }

    pub(super) fn client(&mut self, stack: StackId, resource: &Resource<'d>) {
        let Some(id) = self.attribute(stack, resource, "Ref").text() else { return };
        let entity = self.entity(stack, resource);
        let names = [
            "UserPoolId",
            "WriteAttributes",
            "GenerateSecret",
            "ExplicitAuthFlows",
            "AllowedOAuthFlows",
            "AllowedOAuthScopes",
        ];
        for properties in self.properties(stack, resource, &names) {
            let Some(user_pool) = properties.text("UserPoolId") else { continue };
            let list = |name: &str| properties.get(name).map(words);
            self.graph.clients.push(Client {
                entity: entity.clone(),
                id: id.clone(),
                user_pool,
                writes: list("WriteAttributes"),
                secret: flag(properties.get("GenerateSecret"), false),
                sign_in: list("ExplicitAuthFlows"),
                oauth_flows: list("AllowedOAuthFlows"),
                scopes: list("AllowedOAuthScopes"),
                when: properties.when,
            });
        }
    }

    pub(super) fn external_provider(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        for properties in self.properties(stack, resource, &["UserPoolId", "AttributeMapping"]) {
            let Some(user_pool) = properties.text("UserPoolId") else { continue };
            let fills = properties.get("AttributeMapping").map(keys).unwrap_or_default();
            let entity = entity.clone();
            self.graph.external_providers.push(ExternalProvider { entity, user_pool, fills, when: properties.when });
        }
    }
}

/// Whether triggers have, or may have, one that sets claims of tokens.
fn may_set_claims(triggers: &Value) -> bool {
    let is_there = |name: &str| triggers.get(name).is_some_and(|trigger| !trigger.is_nothing());
    match triggers.kind {
        Kind::Map(_) => is_there("PreTokenGeneration") || is_there("PreTokenGenerationConfig"),
        Kind::Null | Kind::Absent => false,
        _ => true,
    }
}

fn is_whole_list(value: &Value) -> bool {
    matches!(value.kind, Kind::List(_)) && value.items().iter().all(|item| matches!(item.kind, Kind::Map(_)))
}

fn attributes_of(schema: &Properties) -> Vec<Attribute> {
    let items = schema.get("Schema").map(Value::items).unwrap_or_default();
    let attributes = items.iter().filter_map(|item| {
        let mut name = Written::read(item.get("Name")?)?;
        if let Some(bare) = name.known().and_then(|name| name.strip_prefix(CUSTOM)) {
            name.text = Text::known(bare);
        }
        Some(Attribute {
            when: schema.when.clone(),
            name,
            // No guide names the default. A pool that was deployed without it cannot change what its schema lists, and
            // can change what it does not list (aws/aws-cdk, issue 8624).
            mutable: flag(item.get("Mutable"), false),
            required: flag(item.get("Required"), false),
            developer_only: flag(item.get("DeveloperOnlyAttribute"), false),
        })
    });
    attributes.collect()
}

/// A value that is true or false; what it is where it is not there.
fn flag(value: Option<&Value>, default: bool) -> Truth {
    let Some(value) = value.filter(|value| !value.is_nothing()) else { return default.into() };
    match value.text().as_ref().and_then(Text::as_known).map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Truth::True,
        Some("false") => Truth::False,
        _ => Truth::Unknown,
    }
}

/// Users sign up themselves unless only administrators create them (Cognito user pools API, AdminCreateUserConfig).
fn self_registration(creation: Option<&Value>) -> Truth {
    match creation {
        None => Truth::True,
        Some(creation) if creation.is_nothing() => Truth::True,
        Some(creation) if matches!(creation.kind, Kind::Map(_)) => {
            !flag(creation.get("AllowAdminCreateUserOnly"), false)
        }
        Some(_) => Truth::Unknown,
    }
}

fn words(value: &Value) -> Words {
    let items = value.items();
    let texts = items.iter().filter(|item| !item.is_nothing()).map(Value::text);
    let texts: Vec<Option<Text>> = texts.collect();
    let known = texts.iter().flatten().filter_map(|text| text.as_known().map(str::to_owned));
    let known: Vec<String> = known.collect();
    let complete = matches!(value.kind, Kind::List(_)) && known.len() == texts.len();
    Words { known, complete, place: Some(value.at.place) }
}

fn keys(value: &Value) -> Words {
    let keys = value.entries().iter().filter_map(|entry| entry.key.as_known().map(str::to_owned));
    let known: Vec<String> = keys.collect();
    let complete = matches!(value.kind, Kind::Map(_)) && known.len() == value.entries().len();
    Words { known, complete, place: Some(value.at.place) }
}
