//! User pools: their attributes, their app clients, and who may write what a token says of a user.

use super::attachment::Written;
use super::graph::Entity;
use crate::source::Place;
use crate::value::{Branch, Text, Truth};

/// A user pool.
#[derive(Clone, Debug)]
pub struct UserPool {
    /// The resource.
    pub entity: Entity,
    /// Its id.
    pub id: Text,
    /// Its name as a sign-in provider.
    pub provider: Text,
    /// Whether a pre-token-generation trigger may set the claims that choose a role.
    pub sets_claims: bool,
    /// Branches in which it has no such trigger, where it has one in others.
    pub without_trigger: Vec<Branch>,
    /// What its `Schema` says, in each branch.
    pub attributes: Vec<Attribute>,
    /// Whether these are all.
    pub attributes_complete: bool,
    /// Whether users may sign up themselves.
    pub self_registration: Truth,
    /// Attributes that stay as they were until the new value is verified.
    pub verified_before_update: Vec<String>,
}

/// An attribute that a user pool's `Schema` has, in one branch.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The branch, the pool's existence included.
    pub when: Branch,
    /// Its name, without `custom:`.
    pub name: Written,
    /// Whether it can be changed after the user was made; so by default.
    pub mutable: Truth,
    /// Whether every user must have it.
    pub required: Truth,
    /// Whether only an administrator can write it.
    pub developer_only: Truth,
}

/// An app client of a user pool, in one branch.
#[derive(Clone, Debug)]
pub struct Client {
    /// The resource.
    pub entity: Entity,
    /// The branch, its existence included.
    pub when: Branch,
    /// Its id.
    pub id: Text,
    /// Id of its user pool.
    pub user_pool: Text,
    /// The attributes that it may write; nothing where it does not say, and may write the standard ones.
    pub writes: Option<Words>,
    /// Whether it has a secret, which stays with a server.
    pub secret: Truth,
    /// Ways to sign in by the API; nothing where it does not say.
    pub sign_in: Option<Words>,
    /// OAuth flows.
    pub oauth_flows: Option<Words>,
    /// OAuth scopes.
    pub scopes: Option<Words>,
}

/// A list of words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Those that are known.
    pub known: Vec<String>,
    /// Whether these are all.
    pub complete: bool,
    /// Where the list stands.
    pub place: Option<Place>,
}

impl Words {
    /// Whether a word is in the list.
    pub fn has(&self, word: &str) -> Truth {
        let listed = self.known.iter().any(|known| known == word);
        if listed || self.complete { listed.into() } else { Truth::Unknown }
    }

    /// Whether one of them begins so, `ALLOW_` aside.
    fn has_beginning(&self, beginnings: &[&str]) -> Truth {
        let begins = |word: &String| {
            let name = word.strip_prefix("ALLOW_").unwrap_or(word);
            beginnings.iter().any(|beginning| name.starts_with(beginning))
        };
        let listed = self.known.iter().any(begins);
        if listed || self.complete { listed.into() } else { Truth::Unknown }
    }
}

/// An external identity provider of a user pool, in one branch.
#[derive(Clone, Debug)]
pub struct ExternalProvider {
    /// The resource.
    pub entity: Entity,
    /// The branch, its existence included.
    pub when: Branch,
    /// Id of the user pool.
    pub user_pool: Text,
    /// The attributes of the user pool that it fills.
    pub fills: Words,
}

/// A claim of a user pool's ID token (`data/user-pool-attributes.tsv`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardClaim {
    /// Its name.
    pub name: &'static str,
    /// Whether it is an attribute that users may set.
    pub is_of_user: bool,
    /// Whether it is a list.
    pub is_list: bool,
}

/// What every custom attribute's claim begins with.
pub const CUSTOM: &str = "custom:";
/// The scope by which a user's access token may change attributes.
const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";

/// The claim of this name, if it is no custom attribute's.
pub fn standard_claim(name: &str) -> Option<StandardClaim> {
    let rows = include_str!("../../data/user-pool-attributes.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut claims = rows.filter_map(|row| {
        let mut cells = row.split('\t');
        let (name, set_by, form) = (cells.next()?, cells.next()?, cells.next()?);
        Some(StandardClaim { name, is_of_user: set_by == "user", is_list: form == "list" })
    });
    claims.find(|claim| claim.name == name)
}

impl UserPool {
    /// The custom attributes of a name, as the claim of a mapping rule would have it without `custom:`.
    pub fn custom(&self, name: &str) -> impl Iterator<Item = &Attribute> {
        let is_custom = standard_claim(name).is_none();
        self.attributes.iter().filter(move |attribute| is_custom && attribute.name.known() == Some(name))
    }
}

impl Client {
    /// Whether users can sign in with it at all: not where client_credentials is its only flow.
    pub fn signs_users_in(&self) -> Truth {
        let Some(flows) = &self.oauth_flows else {
            return self.signs_in_by_api().map_or(Truth::True, |by_api| by_api.or(self.signs_in_by_server()));
        };
        let others = ["code", "implicit"].map(|flow| flows.has(flow));
        let by_api = self.signs_in_by_api().unwrap_or(if flows.known.is_empty() { Truth::True } else { Truth::False });
        Truth::any(others).or(by_api).or(self.signs_in_by_server())
    }

    /// Whether its users get a token that may change attributes.
    pub fn may_update(&self) -> Truth {
        let scope = self.scopes.as_ref().map_or(Truth::False, |scopes| scopes.has(ADMIN_SCOPE));
        scope.or(self.signs_in_by_api().unwrap_or(Truth::True))
    }

    /// Whether a server signs users in with keys of AWS (Cognito user pools API, AdminInitiateAuth): their tokens, which
    /// may change attributes too, are its own until it hands them on.
    pub fn signs_in_by_server(&self) -> Truth {
        self.sign_in.as_ref().map_or(Truth::False, |flows| flows.has_beginning(&["ADMIN_"]))
    }

    /// Whether users can sign in by the API itself, whose tokens may always change attributes; nothing where the
    /// client does not say, and may.
    fn signs_in_by_api(&self) -> Option<Truth> {
        self.sign_in.as_ref().map(|flows| flows.has_beginning(&["USER_", "CUSTOM_AUTH"]))
    }
}
