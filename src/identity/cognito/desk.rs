//! Asking one trust policy.

use super::stranger::Strange;
use super::{
    ASSUME, Answer, Branch, Graph, Handout, OwnPool, RoleId, TAG_SESSION, Text, Trust, allowing, best, is_claim,
};
use crate::identity::graph::{TagMap, Way};
use crate::identity::provider::{Named, PoolPrincipal, named_principal, pool_principals};
use crate::policy::{
    Carried, Policy, Principal, PrincipalKind, Principals, Request, Test, actions_match, asked_keys, evaluate,
    test_passes,
};
use crate::value::{At, Truth, Why, compare, overlaps};

/// Asks one trust policy.
pub struct Desk<'g> {
    pub(super) graph: &'g Graph,
    pub(super) role: RoleId,
    pub(super) policy: &'g Policy,
    arn: Text,
    /// The principals that its Allow statements name, or all where they name none.
    pub(super) principals: Vec<PoolPrincipal>,
    names_pools: bool,
    /// A principal may be that of identity pools, or is one that no guide names.
    unclear: bool,
}

/// What a token and its bearer bring.
#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub(super) principal: &'t PoolPrincipal,
    pub(super) aud: &'t Text,
    pub(super) identity: &'t Text,
}

impl<'g> Desk<'g> {
    /// A desk for this policy of this role.
    pub fn new(graph: &'g Graph, role: RoleId, policy: &'g Policy) -> Self {
        let mut principals: Vec<PoolPrincipal> = Vec::new();
        let (mut unclear, mut everybody) = (false, false);
        for statement in allowing(policy) {
            let is_asked = !actions_match(&statement.actions, ASSUME).is_false();
            let list = match &statement.principals {
                Principals::Only(list) => list.as_slice(),
                Principals::AllBut(_) | Principals::Unknown if is_asked => {
                    everybody = true;
                    &[]
                }
                _ => &[],
            };
            let star = Text::known("*");
            let is_star = |principal: &Principal| {
                principal.kind != Some(PrincipalKind::Service)
                    && compare(&principal.value, &star, &graph.symbols).is_true()
            };
            everybody |= is_asked && list.iter().any(is_star);
            for principal in list.iter().filter(|principal| principal.kind == Some(PrincipalKind::Federated)) {
                match named_principal(&principal.value, &graph.symbols) {
                    Named::Pools(row) if !principals.contains(&row) => principals.push(row),
                    Named::Pools(_) | Named::Others => {}
                    Named::Unclear => unclear = true,
                }
            }
        }
        let names_pools = everybody || !principals.is_empty();
        if everybody || principals.is_empty() {
            principals = pool_principals().collect();
        }
        Self { graph, role, policy, arn: graph.role(role).arn(), principals, names_pools, unclear }
    }

    /// Whether it trusts identity pools, or may.
    pub(super) fn concerns_pools(&self) -> bool {
        self.names_pools || self.unclear
    }

    pub(super) fn trust(&self, case: usize, when: &Branch, handouts: &[&Handout]) -> Trust {
        let mut pools: Vec<Text> = Vec::new();
        for pool in handouts.iter().map(|handout| handout.pool.clone()).chain(self.named_pools()) {
            if !pools.contains(&pool) {
                pools.push(pool);
            }
        }
        Trust {
            role: self.role,
            case,
            when: when.clone(),
            names_pools: self.names_pools,
            foreign_guest: self.foreign(Strange::Guest),
            foreign_signed_in: self.foreign(Strange::SignedIn),
            own: pools.into_iter().map(|pool| self.own(pool, handouts)).collect(),
        }
    }

    /// The pool ids that the policy asks for: those in its tests on the pool that pass for that very pool.
    fn named_pools(&self) -> impl Iterator<Item = Text> {
        let form = Text::symbol(self.graph.strangers.pool);
        let tests = self.policy.statements.iter().flat_map(|statement| &statement.conditions.tests);
        let tests = tests.filter(|test| is_claim(test, "aud"));
        let values = tests.flat_map(|test| test.values.iter().map(move |value| (test, value)));
        let is_id = move |value: &Text| {
            let is_pattern = value.as_known().is_some_and(|text| text.contains(['*', '?']));
            !is_pattern && !matches!(value, Text::Any(_)) && overlaps(value, &form, &self.graph.symbols)
        };
        let ids = values.filter(move |(_, (value, _))| is_id(value));
        ids.filter(|(test, value)| self.asks_for(test, value)).map(|(_, (value, _))| value.clone()).take(MOST_NAMED)
    }

    /// Whether a test on the pool, with this one of its values, passes for tokens of the pool of that id.
    pub fn asks_for(&self, test: &Test, pool: &(Text, At)) -> bool {
        // A test may have any number of values, so it is not asked as a whole for each of them.
        let (operator_text, key) = (test.operator_text.clone(), test.key.clone());
        let test = Test { operator_text, key, values: vec![pool.clone()], ..*test };
        self.principals.iter().any(|principal| {
            let context = vec![(Text::known(format!("{}:aud", principal.name)), Carried::One(pool.0.clone()))];
            let principal = (PrincipalKind::Federated, principal.text.clone());
            let request = Request { principal, action: ASSUME.to_owned(), resource: self.arn.clone(), context };
            test_passes(&test, self.policy, &request, &self.graph.symbols).is_true()
        })
    }

    /// A token's request for this role.
    pub(super) fn request(&self, token: &Token<'_>, action: &str, amr: Vec<Text>) -> Request {
        let key = |name: &str| format!("{}:{name}", token.principal.name);
        let mut context = vec![
            (key("aud"), Carried::One(token.aud.clone())),
            (key("amr"), Carried::Many(amr)),
            (key("sub"), Carried::One(token.identity.clone())),
            // The two federated calls are unsigned, and STS answers over TLS only (IAM User Guide, global
            // condition keys; STS API, endpoints).
            ("aws:PrincipalAccount".to_owned(), Carried::One(Text::known("anonymous"))),
            ("aws:SecureTransport".to_owned(), Carried::One(Text::known("true"))),
        ];
        // Present in every direct call; what they hold nobody knows beforehand.
        for name in ["aws:SourceIp", "aws:CurrentTime", "aws:EpochTime", "aws:UserAgent", "sts:RoleSessionName"] {
            context.push((name.to_owned(), unknown("the caller")));
        }
        for key in self.asked_globally() {
            if !context.iter().any(|(own, _)| own.eq_ignore_ascii_case(&key)) {
                context.push((key, Carried::Perhaps));
            }
        }
        let principal = (PrincipalKind::Federated, token.principal.text.clone());
        let context = context.into_iter().map(|(key, carried)| (Text::known(key), carried)).collect();
        Request { principal, action: action.to_owned(), resource: self.arn.clone(), context }
    }

    /// The global keys that the policy asks for and that a token's request may carry.
    fn asked_globally(&self) -> impl Iterator<Item = String> {
        let keys = asked_keys(self.policy).into_iter().filter_map(|key| key.as_known().map(str::to_owned));
        keys.filter(|key| {
            let key = key.to_ascii_lowercase();
            let is_global = key.starts_with("aws:") || key.starts_with("sts:");
            is_global && !ABSENT.iter().any(|absent| key.starts_with(absent))
        })
    }

    pub(super) fn ask(&self, request: Request) -> Answer {
        let decision = evaluate(self.policy, &request, &self.graph.symbols);
        Answer { truth: self.unless_unclear(decision.truth), request, decision, bounded: false }
    }

    /// A principal that may be that of pools may also let them in.
    pub(super) fn unless_unclear(&self, truth: Truth) -> Truth {
        if self.unclear && !truth.is_true() { Truth::Unknown } else { truth }
    }

    /// A member of `amr` that begins with a provider's name.
    pub(super) fn further(&self, provider: &Text) -> Text {
        Text::join([provider, &Text::known(":"), &Text::symbol(self.graph.strangers.further)])
    }

    /// Signed-in users of a provider. Both requests must agree.
    pub(super) fn signed_in(&self, token: &Token<'_>, provider: &Text, tags: &[(String, Carried)]) -> Answer {
        let [short, long] = self.signed_in_requests(token, provider).map(|mut request| {
            request.context.extend(tags.iter().map(|(key, carried)| (Text::known(key.as_str()), carried.clone())));
            self.ask(request)
        });
        Answer { truth: Truth::agreed([short.truth, long.truth]), ..short }
    }

    /// What signed-in users of a provider may bring: `amr` holds `authenticated`, the provider, and
    /// perhaps further members that begin with its name, which no guide describes.
    pub(super) fn signed_in_requests(&self, token: &Token<'_>, provider: &Text) -> [Request; 2] {
        let further = self.further(provider);
        let short = vec![Text::known("authenticated"), provider.clone()];
        let long = short.iter().cloned().chain([further]).collect();
        [short, long].map(|amr| self.request(token, ASSUME, amr))
    }

    pub(super) fn guest(&self, token: &Token<'_>) -> Answer {
        self.ask(self.guest_request(token))
    }

    pub(super) fn guest_request(&self, token: &Token<'_>) -> Request {
        self.request(token, ASSUME, vec![Text::known("unauthenticated")])
    }

    fn own(&self, pool: Text, handouts: &[&Handout]) -> OwnPool {
        let identity = Text::symbol(self.graph.strangers.own_identity);
        let token = |principal| Token { principal, aud: &pool, identity: &identity };
        let mut signed_in = Vec::new();
        for provider in self.providers(&pool, handouts) {
            let tags = self.tags(&pool, &provider);
            let answers: Vec<Answer> =
                self.principals.iter().map(|row| self.signed_in(&token(row), &provider, &tags)).collect();
            signed_in.push((provider, best(answers)));
        }
        let guest = best(self.principals.iter().map(|row| self.guest(&token(row))).collect());
        OwnPool { pool, signed_in, guest }
    }

    /// The providers through which users of a pool may come to the role.
    fn providers(&self, pool: &Text, handouts: &[&Handout]) -> Vec<Text> {
        let mut providers: Vec<Text> = Vec::new();
        let of_pool = handouts.iter().filter(|handout| handout.pool == *pool && handout.way.is_signed_in());
        for handout in of_pool {
            providers.extend(handout.provider.clone());
            if handout.way == Way::Authenticated {
                providers.extend(self.providers_of_pool(pool));
            }
        }
        if providers.is_empty() {
            providers = self.providers_of_pool(pool);
        }
        providers.sort_by_cached_key(|text| format!("{text:?}"));
        providers.dedup();
        providers
    }

    /// The providers of a pool, and any where not all are known.
    fn providers_of_pool(&self, pool: &Text) -> Vec<Text> {
        let known = self.graph.pool(pool).map(|(_, pool)| (pool.providers.clone(), pool.providers_complete));
        let (mut providers, complete) = known.unwrap_or_default();
        if !complete || providers.is_empty() {
            providers.extend(self.graph.strangers.providers.map(Text::symbol));
        }
        providers
    }

    /// The tags that a pool puts on the sessions of a provider's users, as far as this policy asks.
    fn tags(&self, pool: &Text, provider: &Text) -> Vec<(String, Carried)> {
        let maps = self.graph.tag_maps.iter().filter(|map| map.pool == *pool && map.provider == *provider);
        let mut tags = Vec::new();
        for map in maps.filter(|map| !map.passes.is_false()) {
            tags.extend(self.tags_of(map));
        }
        tags
    }

    /// The request tags of a map. Where its keys are not all known, each that the policy asks for may be
    /// one of them.
    fn tags_of(&self, map: &TagMap) -> Vec<(String, Carried)> {
        let mut keys: Vec<String> = map.keys.iter().map(|key| format!("aws:RequestTag/{key}")).collect();
        let mut all: Vec<Text> = map.keys.iter().map(|key| Text::known(key.as_str())).collect();
        if !map.keys_complete {
            let tests = self.policy.statements.iter().flat_map(|statement| &statement.conditions.tests);
            let asked = tests.filter_map(|test| test.key.as_known());
            keys.extend(asked.filter(|key| key.to_ascii_lowercase().starts_with("aws:requesttag/")).map(str::to_owned));
            all.push(Text::Any(Why::Deployment("a tag".into())));
        }
        let tags = keys.into_iter().map(|key| (key, unknown("a claim")));
        tags.chain([("aws:TagKeys".to_owned(), Carried::Many(all))]).collect()
    }

    /// Users of a map's provider, asking for a session with its tags.
    pub fn tagged(&self, pool: &Text, map: &TagMap) -> Answer {
        let identity = Text::symbol(self.graph.strangers.own_identity);
        let answers = self.principals.iter().map(|principal| {
            let token = Token { principal, aud: pool, identity: &identity };
            let amr = vec![Text::known("authenticated"), map.provider.clone()];
            let mut request = self.request(&token, TAG_SESSION, amr);
            let tags = self.tags_of(map).into_iter();
            request.context.extend(tags.map(|(key, carried)| (Text::known(key), carried)));
            self.ask(request)
        });
        best(answers.collect())
    }
}

/// Beginnings of keys that the unsigned call with a token never carries of itself, in lower case (IAM
/// User Guide, global condition keys, availability; STS API, AssumeRoleWithWebIdentity). Request tags
/// come with a tag map only.
const ABSENT: [&str; 12] = [
    "aws:principalarn",
    "aws:principalorg",
    "aws:principalservice",
    "aws:username",
    "aws:userid",
    "aws:multifactorauth",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorg",
    "sts:externalid",
    "aws:requesttag/",
    "aws:tagkeys",
];

/// Pool ids in the text of a policy that are asked for one by one.
const MOST_NAMED: usize = 32;

fn unknown(what: &str) -> Carried {
    Carried::One(Text::Any(Why::Deployment(what.into())))
}
