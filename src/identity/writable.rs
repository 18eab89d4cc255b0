//! Which claims of a user pool's tokens users set themselves (Cognito Developer Guide, user pool attributes; Cognito
//! user pools API, CreateUserPoolClient, WriteAttributes, and SchemaAttributeType).

use super::graph::Graph;
use super::user_pool::{Attribute, CUSTOM, Client, ExternalProvider, UserPool, standard_claim};
use crate::value::{Branch, Lookup, Truth};

/// How a user comes to set a claim.
#[derive(Clone, Debug)]
pub struct Writable<'g> {
    /// The app client by which they do; nothing where the templates have none of the user pool.
    pub client: Option<&'g Client>,
    /// How certain it is that the client may write it.
    pub by: WrittenBy,
    /// The attribute, where the user pool's schema has it.
    pub attribute: Option<&'g Attribute>,
    /// An external provider that fills the attribute with what it says of the user.
    pub external: Option<&'g ExternalProvider>,
    /// The branch in which all that holds.
    pub when: Branch,
}

/// Why an app client may write an attribute, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WrittenBy {
    /// A custom attribute, and the client lists nothing: the documents disagree on whether it may.
    PerhapsUnlisted,
    /// The client has a secret, which stays with a server that may forbid it.
    WithSecret,
    /// Users sign in through a server only, which may keep their tokens.
    ThroughServer,
    /// The client lists nothing, and so may write every standard attribute.
    Unlisted,
    /// The client lists it.
    Listed,
    /// Every user must have the attribute, so every client may write it.
    Required,
}

/// Claims that a user proves to own before they sign up with them.
const PROVEN: [&str; 2] = ["email", "phone_number"];

/// Who writes the attributes of user pools.
#[derive(Debug)]
pub struct Writers<'g> {
    graph: &'g Graph,
    clients: Lookup<'g, Client>,
    external: Lookup<'g, ExternalProvider>,
}

/// App clients of one user pool that are looked at for a claim.
const MOST_CLIENTS: usize = 1_000;

impl<'g> Writers<'g> {
    /// Sorts the clients and providers of a graph by their user pools.
    pub fn of(graph: &'g Graph) -> Self {
        let clients = graph.clients.iter().map(|client| (&client.user_pool, client));
        let external = graph.external_providers.iter().map(|provider| (&provider.user_pool, provider));
        let symbols = &graph.symbols;
        Self { graph, clients: Lookup::new(clients, symbols), external: Lookup::new(external, symbols) }
    }

    /// The surest way in which users set a claim in a branch; nothing where they do not, or where that is not known.
    pub fn writable(&self, pool: &'g UserPool, claim: &str, when: &Branch) -> Option<Writable<'g>> {
        let graph = self.graph;
        let custom = claim.strip_prefix(CUSTOM);
        let is_known = custom.is_some() || standard_claim(claim).is_some_and(|claim| claim.is_of_user);
        let is_proven = PROVEN.contains(&claim);
        if !is_known || (is_proven && (pool.sets_claims || pool.verified_before_update.iter().any(|own| own == claim)))
        {
            return None;
        }
        let name = custom.unwrap_or(claim);
        let mut attributes = pool.attributes.iter().filter(|own| own.name.known() == Some(name));
        let attribute = attributes.find_map(|own| Some((own, graph.together(when, &own.when)?)));
        if attribute.is_none() && (custom.is_some() || !pool.attributes_complete) {
            return None;
        }
        let when = attribute.as_ref().map_or(when, |(_, when)| when);
        let attribute = attribute.as_ref().map(|(own, _)| *own);
        if attribute.is_some_and(|own| !own.developer_only.is_false()) {
            return None;
        }
        let question = Question { writers: self, pool, claim, attribute, is_proven };
        let clients = self.clients.same(&pool.id);
        if clients.is_empty() {
            return question.without_client(when);
        }
        let ways = clients.iter().take(MOST_CLIENTS).filter_map(|client| question.by_client(client, when));
        ways.max_by_key(|way| (way.external.is_none(), way.by))
    }
}

struct Question<'g, 'c> {
    writers: &'c Writers<'g>,
    pool: &'g UserPool,
    claim: &'c str,
    attribute: Option<&'g Attribute>,
    is_proven: bool,
}

impl<'g> Question<'g, '_> {
    fn mutable(&self) -> Truth {
        self.attribute.map_or(Truth::True, |own| own.mutable)
    }

    /// Nobody knows the client: some of them may, if the attribute itself can be set.
    fn without_client(&self, when: &Branch) -> Option<Writable<'g>> {
        let may_be_set = self.mutable().is_true() || (self.pool.self_registration.is_true() && !self.is_proven);
        let by = WrittenBy::Unlisted;
        may_be_set.then(|| self.way(None, by, when.clone()))
    }

    fn by_client(&self, client: &'g Client, when: &Branch) -> Option<Writable<'g>> {
        let when = self.writers.graph.together(when, &client.when)?;
        if !client.signs_users_in().is_true() || client.secret == Truth::Unknown {
            return None;
        }
        let changes = self.mutable().and(client.may_update());
        let changes_by_server = self.mutable().and(client.signs_in_by_server());
        let creates = if self.is_proven { Truth::False } else { self.pool.self_registration };
        if !changes.or(creates).or(changes_by_server).is_true() {
            return None;
        }
        let by = self.by(client)?;
        let by = if changes.or(creates).is_true() { by } else { by.min(WrittenBy::ThroughServer) };
        let by = if client.secret.is_true() { by.min(WrittenBy::WithSecret) } else { by };
        Some(self.way(Some(client), by, when))
    }

    fn by(&self, client: &Client) -> Option<WrittenBy> {
        if self.attribute.is_some_and(|own| own.required.is_true()) {
            return Some(WrittenBy::Required);
        }
        match &client.writes {
            Some(writes) => writes.has(self.claim).is_true().then_some(WrittenBy::Listed),
            None if self.claim.starts_with(CUSTOM) => Some(WrittenBy::PerhapsUnlisted),
            None => Some(WrittenBy::Unlisted),
        }
    }

    fn way(&self, client: Option<&'g Client>, by: WrittenBy, when: Branch) -> Writable<'g> {
        let mut all = self.writers.external.same(&self.pool.id).iter().copied();
        let external = all
            .find(|own| own.fills.has(self.claim).is_true() && self.writers.graph.together(&own.when, &when).is_some());
        Writable { client, by, attribute: self.attribute, external, when }
    }
}
