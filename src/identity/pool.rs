//! What an identity pool says of itself: its switches and its sign-in providers.

use super::attachment::Written;
use super::graph::Missing;
use super::provider::user_pool_provider;
use crate::source::Place;
use crate::value::{At, Branch, Case, Symbols, Text, Truth, compare};

/// A property that is true or false.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it is in each branch; false where it is not there.
    pub cases: Vec<Case<Truth>>,
    /// Where it stands, or the resource where it does not.
    pub place: Place,
    /// Where its value stands, if it does.
    pub at: Option<At>,
    /// What of it is not known.
    pub missing: Vec<Missing>,
}

/// The sign-in providers of an identity pool, in one branch.
#[derive(Clone, Debug)]
pub struct Providers {
    /// The branch, the pool's existence included.
    pub when: Branch,
    /// Those of which something is known.
    pub list: Vec<PoolProvider>,
    /// Whether these are all.
    pub complete: bool,
}

/// A sign-in provider of an identity pool.
#[derive(Clone, Debug)]
pub struct PoolProvider {
    /// Which property has it.
    pub kind: ProviderKind,
    /// Its name, without an app client.
    pub name: Text,
    /// The app client of a user pool.
    pub client: Option<Written>,
    /// `ServerSideTokenCheck` of a user pool.
    pub token_check: Option<Written>,
    /// Where it stands.
    pub at: At,
    /// Its path below the properties.
    pub path: String,
}

/// Kinds of sign-in providers, each a property of the identity pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProviderKind {
    /// A user pool, through one of its app clients.
    UserPool,
    /// A login domain such as `graph.facebook.com`.
    Login,
    /// An OIDC provider of IAM.
    Oidc,
    /// A SAML provider of IAM.
    Saml,
    /// The developer's own.
    Developer,
}

impl PoolProvider {
    /// Whether a role mapping that names this provider means this one: a user pool with its app client, any
    /// other by its name (Cognito identity pools API, SetIdentityPoolRoles, RoleMappings).
    pub fn is_meant_by(&self, named: &Text, symbols: &Symbols) -> Truth {
        if self.kind != ProviderKind::UserPool {
            return compare(&self.name, named, symbols);
        }
        let other = user_pool_provider(named).and_then(|other| Some((other.user_pool, other.client?)));
        match (self.user_pool(), &self.client, other) {
            (Some(own), Some(client), Some((other, other_client))) => {
                compare(&own, &other, symbols).and(compare(&client.text, &other_client, symbols))
            }
            _ => compare(&self.mapping_name(), named, symbols),
        }
    }

    /// Its name as a role mapping has it.
    pub fn mapping_name(&self) -> Text {
        match &self.client {
            Some(client) => Text::join([&self.name, &Text::known(":"), &client.text]),
            None => self.name.clone(),
        }
    }

    /// Whether it is the user pool that a provider names, whichever app client.
    pub fn is_user_pool_of(&self, named: &Text, symbols: &Symbols) -> bool {
        let other = user_pool_provider(named).map(|other| other.user_pool);
        self.user_pool().zip(other).is_some_and(|(own, other)| compare(&own, &other, symbols).is_true())
    }

    /// The id of its user pool, where it is one.
    pub fn user_pool(&self) -> Option<Text> {
        user_pool_provider(&self.name).map(|provider| provider.user_pool)
    }
}
