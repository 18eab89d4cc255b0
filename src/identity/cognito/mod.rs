//! Request classes of the Cognito family (catalogue, section 5): who could ask for a role with a token
//! of an identity pool, and whether the role's trust policy lets them in.
//!
//! A class is a set of requests. Of those that somebody may choose among (a stranger picks pool and
//! provider) one that is let in is enough; those that differ in what no guide documents must agree.

mod desk;
mod stranger;

use super::graph::{Graph, Handout, RoleId};
use super::provider::{PoolPrincipal, pool_principals};
pub use crate::policy::Answer;
use crate::policy::{Actions, Conditions, Domain, Effect, Policy, Principals, Request, Space, Statement, Test, exists};
use crate::value::{At, Branch, Form, Format, Text, Truth};

pub use desk::Desk;

/// The action that every identity-pool token needs.
pub const ASSUME: &str = "sts:AssumeRoleWithWebIdentity";
/// The companion action that a session with tags needs.
pub const TAG_SESSION: &str = "sts:TagSession";

/// What a pool's users and guests get from a trust policy.
#[derive(Clone, Debug)]
pub struct OwnPool {
    /// The pool's id.
    pub pool: Text,
    /// Signed-in users, by provider.
    pub signed_in: Vec<(Text, Answer)>,
    /// Guests.
    pub guest: Answer,
}

/// A role's trust policy in one branch, with the answers for the Cognito classes.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The role.
    pub role: RoleId,
    /// Which of the role's trust policies.
    pub case: usize,
    /// The branch.
    pub when: Branch,
    /// Whether an Allow statement names identity pools as its principal, or everybody.
    pub names_pools: bool,
    /// Guests of pools that are nobody's here.
    pub foreign_guest: Answer,
    /// Signed-in users of such pools.
    pub foreign_signed_in: Answer,
    /// The pools that hand the role out, and those that its `aud` tests name.
    pub own: Vec<OwnPool>,
}

impl Trust {
    /// The policy itself.
    pub fn policy<'g>(&self, graph: &'g Graph) -> &'g Policy {
        &graph.role(self.role).trust.cases[self.case].then
    }

    /// The answers for one pool.
    pub fn of_pool(&self, pool: &Text) -> Option<&OwnPool> {
        self.own.iter().find(|own| own.pool == *pool)
    }

    /// The ways in which the role is handed out while it has this trust policy, each with the branch
    /// in which both hold.
    pub fn handouts<'g>(&'g self, graph: &'g Graph) -> impl Iterator<Item = (&'g Handout, Branch)> {
        let together = |handout: &'g Handout| Some((handout, graph.together(&self.when, &handout.when)?));
        graph.handouts_of(self.role).filter_map(together)
    }

    /// Whether something about an unwanted class is not decided.
    pub fn undecided(&self) -> bool {
        let unknown = |answer: &Answer| answer.truth == Truth::Unknown;
        unknown(&self.foreign_guest)
            || unknown(&self.foreign_signed_in)
            || self.own.iter().any(|own| unknown(&own.guest))
    }
}

/// The answers for every role that trusts identity pools, may trust them, or that one hands out.
pub fn trusts(graph: &Graph) -> Vec<Trust> {
    let mut trusts = Vec::new();
    for (id, role) in graph.roles() {
        for (case, policy) in role.trust.cases.iter().enumerate() {
            let handouts = graph.handouts_of(id);
            let handouts: Vec<&Handout> =
                handouts.filter(|handout| graph.together(&policy.when, &handout.when).is_some()).collect();
            let desk = Desk::new(graph, id, &policy.then);
            if desk.concerns_pools() || !handouts.is_empty() {
                trusts.push(desk.trust(case, &policy.when, &handouts));
            }
        }
    }
    trusts
}

/// One answer that is True if there is one; else False only where all are.
fn best(mut answers: Vec<Answer>) -> Answer {
    let truth = Truth::any(answers.iter().map(|answer| answer.truth));
    let at = answers.iter().position(|answer| answer.truth == truth).unwrap_or(0);
    Answer { truth, ..answers.swap_remove(at) }
}

/// Whether a condition key is this claim of identity-pool tokens.
pub fn is_claim(test: &Test, claim: &str) -> bool {
    let known = test.key.as_known().unwrap_or_default();
    pool_principals().any(|row| is_key(known, row.name, claim))
}

/// The claims of identity-pool tokens that are condition keys (IAM User Guide, keys for OIDC federation).
const CLAIMS: [&str; 3] = ["aud", "amr", "sub"];

/// The principal whose tokens carry a condition key, where it is a claim of identity-pool tokens.
pub fn claimed_by(test: &Test) -> Option<PoolPrincipal> {
    let known = test.key.as_known().unwrap_or_default();
    pool_principals().find(|row| CLAIMS.iter().any(|claim| is_key(known, row.name, claim)))
}

/// Whether a condition key begins as those of identity pools do, and is none of them.
pub fn is_no_claim(key: &str) -> bool {
    let is_of = |row: &PoolPrincipal| {
        let front = key.get(..row.name.len()).filter(|front| front.eq_ignore_ascii_case(row.name));
        front.is_some() && key.as_bytes().get(row.name.len()) == Some(&b':')
    };
    pool_principals().any(|row| is_of(&row) && !CLAIMS.iter().any(|claim| is_key(key, row.name, claim)))
}

/// Whether a condition key is this claim of the tokens that a request stands for.
pub fn is_claim_of(test: &Test, claim: &str, request: &Request) -> bool {
    let known = test.key.as_known().unwrap_or_default();
    let keys = request.context.iter().filter_map(|(key, _)| key.as_known());
    keys.into_iter().any(|key| key.eq_ignore_ascii_case(known) && key.ends_with(&format!(":{claim}")))
}

fn is_key(key: &str, prefix: &str, claim: &str) -> bool {
    key.len() == prefix.len() + 1 + claim.len()
        && key.rsplit_once(':').is_some_and(|(a, b)| a.eq_ignore_ascii_case(prefix) && b.eq_ignore_ascii_case(claim))
}

/// Whether the tests of a statement on the pool keep any pool out: a policy that denies what passes them
/// lets some pool in, or nobody knows.
pub fn restricts_pool(statement: &Statement, policy: &Policy, request: &Request, graph: &Graph) -> bool {
    let mut inverse = policy.clone();
    let mut passes = statement.clone();
    passes.effect = Effect::Deny;
    passes.conditions.tests.retain(|test| is_claim_of(test, "aud", request));
    passes.conditions.opaque = false;
    let mut everybody = passes.clone();
    everybody.effect = Effect::Allow;
    everybody.conditions.tests.clear();
    inverse.statements = vec![everybody, passes];
    !any_pool(&inverse, request, stranger::pool_id(graph).into(), graph).is_false()
}

/// Whether no text that may be a pool's id passes a test with one of its values. A value that every pool passes,
/// or of which nothing is known, is none of these.
pub fn refuses_every_pool(test: &Test, value: &(Text, At), trust: &Trust, graph: &Graph) -> bool {
    let policy = trust.policy(graph);
    let request = &trust.foreign_signed_in.request;
    let (operator_text, key) = (test.operator_text.clone(), test.key.clone());
    let test = Test { operator_text, key, values: vec![value.clone()], ..*test };
    if !is_claim_of(&test, "aud", request) {
        return false;
    }
    let Some(first) = policy.statements.first() else { return false };
    let conditions = Conditions { tests: vec![test], opaque: false, at: None, numbers: Vec::new() };
    let principals = Principals::Unknown;
    let statement = Statement { effect: Effect::Allow, principals, conditions, ..first.clone() };
    let asked = Statement { actions: Actions::Unknown, ..statement };
    let alone = Policy { statements: vec![asked], opaque: false, may_allow_more: false, ..policy.clone() };
    any_pool(&alone, request, Format::new(REAL_ID, "").into(), graph).is_false()
}

/// What the ids of pools look like as long as Regions are named as they are: the API would take any word for a Region.
const REAL_ID: &str = "{a}-{a-}-{9}:{f-}";

/// Whether a policy lets the request in with the id of any pool.
fn any_pool(policy: &Policy, request: &Request, id: Form, graph: &Graph) -> Truth {
    let keys = request.context.iter().map(|(name, carried)| {
        let is_pool = name.ends_with(":aud");
        let any = || Domain::Text { forms: vec![id.clone()], optional: false };
        (name.clone(), if is_pool { any() } else { Domain::Exactly(Some(carried.clone())) })
    });
    let space = Space {
        principals: vec![request.principal.clone()],
        actions: vec![request.action.clone()],
        resource: request.resource.clone(),
        keys: keys.collect(),
    };
    exists(policy, &space, &graph.symbols).truth
}

/// Allow statements of a policy.
fn allowing(policy: &Policy) -> impl Iterator<Item = &Statement> {
    policy.statements.iter().filter(|statement| statement.effect == Effect::Allow)
}
