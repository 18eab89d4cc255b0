//! Identity pools: whom they let in, and who signs their users in.

use super::{Builder, Properties};
use crate::identity::attachment::Written;
use crate::identity::graph::{Entity, IdentityPool, PoolId};
use crate::identity::pool::{PoolProvider, ProviderKind, Providers, Setting};
use crate::identity::provider::user_pool_provider;
use crate::identity::undecided::missing;
use crate::resolve::StackId;
use crate::source::Place;
use crate::template::Resource;
use crate::value::{At, Case, Kind, Text, Truth, Value};

/// The properties that name sign-in providers.
const PROVIDERS: [(&str, ProviderKind); 5] = [
    ("CognitoIdentityProviders", ProviderKind::UserPool),
    ("SupportedLoginProviders", ProviderKind::Login),
    ("OpenIdConnectProviderARNs", ProviderKind::Oidc),
    ("SamlProviderARNs", ProviderKind::Saml),
    ("DeveloperProviderName", ProviderKind::Developer),
];

impl<'d> Builder<'_, 'd> {
    pub(super) fn identity_pool(&mut self, stack: StackId, resource: &Resource<'d>) {
        let entity = self.entity(stack, resource);
        let Some(id) = self.attribute(stack, resource, "Ref").text() else { return };
        let name = self.attribute(stack, resource, "Name").text().unwrap_or_else(|| Text::known(""));
        let guests = self.setting(stack, resource, &entity, "AllowUnauthenticatedIdentities");
        let classic = self.setting(stack, resource, &entity, "AllowClassicFlow");
        let properties = self.properties(stack, resource, &PROVIDERS.map(|(name, _)| name));
        let configured: Vec<Providers> = properties.iter().map(providers_of).collect();
        // A provider of one branch is none of another: then not all are certain.
        let providers_complete = configured.len() == 1 && configured.iter().all(|providers| providers.complete);
        let listed = configured.iter().flat_map(|providers| &providers.list);
        let providers = listed.map(|provider| provider.name.clone()).collect();
        let pool = IdentityPool { entity, id, name, guests, classic, providers, providers_complete, configured };
        self.graph.pool_ids.insert(pool.id.clone(), PoolId(self.graph.pools.len()));
        self.graph.pools.push(pool);
    }

    /// A property that is true or false; false where it is not there.
    fn setting(&mut self, stack: StackId, resource: &Resource<'d>, entity: &Entity, name: &str) -> Setting {
        let value = self.resolver.property(stack, resource, name);
        let at = value.as_ref().map(|value| value.at);
        let missing = value.map(|value| missing(&value, &self.resolver.symbols, &self.resolver.worlds));
        let cases = self.properties(stack, resource, &[name]).into_iter().map(|properties| {
            let then = properties.text(name).map_or(Truth::False, |text| truth(&text));
            Case { when: properties.when, then }
        });
        let cases = cases.collect();
        let entry = resource.properties.and_then(|node| node.entry(name));
        let place = entry.map_or(entity.place, |(key, value)| Place {
            span: key.span().to(value.tagged_place().span),
            ..key.place()
        });
        Setting { cases, place, at, missing: missing.unwrap_or_default() }
    }

    /// The name of a provider as tokens carry it: one text for each user pool of the run, however a
    /// template writes it.
    pub(super) fn provider_name(&self, provider: &Text) -> Text {
        let Some(user_pool) = user_pool_provider(provider) else { return provider.clone() };
        let known = self.graph.user_pool(&user_pool.user_pool);
        known.map_or(user_pool.name, |pool| pool.provider.clone())
    }

    /// Once all user pools are known.
    pub(super) fn name_providers(&mut self) {
        for at in 0..self.graph.pools.len() {
            let names = self.graph.pools[at].providers.iter().map(|name| self.provider_name(name));
            let mut names: Vec<Text> = names.collect();
            names.sort_by_cached_key(|text| format!("{text:?}"));
            names.dedup();
            self.graph.pools[at].providers = names;
        }
    }
}

fn truth(text: &Text) -> Truth {
    match text.as_known().map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Truth::True,
        Some("false") => Truth::False,
        _ => Truth::Unknown,
    }
}

/// The providers in one branch.
fn providers_of(properties: &Properties) -> Providers {
    let mut all = Providers { when: properties.when.clone(), list: Vec::new(), complete: true };
    for (property, kind) in PROVIDERS {
        let Some(value) = properties.get(property) else { continue };
        match &value.kind {
            Kind::List(items) => {
                let items = items.iter().enumerate().filter(|(_, item)| !item.is_nothing());
                items.for_each(|(at, item)| all.add(listed(kind, item, format!("{property}[{at}]"))));
            }
            Kind::Map(entries) => {
                for entry in entries.iter() {
                    let path = format!("{property}.{}", entry.key.as_known().unwrap_or("?"));
                    all.add(Some(plain(kind, entry.key.clone(), entry.key_at, path)));
                }
            }
            _ => all.add(listed(kind, value, property.to_owned())),
        }
    }
    all
}

impl Providers {
    fn add(&mut self, provider: Option<PoolProvider>) {
        self.complete &= provider.is_some();
        self.list.extend(provider);
    }
}

/// A member of a list of providers: an entry of `CognitoIdentityProviders` is a map, an ARN a text.
fn listed(kind: ProviderKind, item: &Value, path: String) -> Option<PoolProvider> {
    let name = item.get("ProviderName").map_or_else(|| item.text(), Value::text);
    let name = name.filter(|name| !matches!(name, Text::Any(_)))?;
    let mut provider = plain(kind, name, item.at, path);
    provider.client = item.get("ClientId").and_then(Written::read);
    provider.token_check = item.get("ServerSideTokenCheck").and_then(Written::read);
    Some(provider)
}

fn plain(kind: ProviderKind, name: Text, at: At, path: String) -> PoolProvider {
    PoolProvider { kind, name, client: None, token_check: None, at, path }
}
