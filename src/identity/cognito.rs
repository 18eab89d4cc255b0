//! Request classes of the Cognito family (catalogue, section 5): who could ask for a role with a token
//! of an identity pool, and whether the role's trust policy lets them in.
//!
//! A class is a set of requests. Of those that somebody may choose among (a stranger picks pool and
//! provider) one that is let in is enough; those that differ in what no guide documents must agree.

use super::graph::{Graph, Handout, RoleId, Way};
use super::provider::{PoolPrincipal, pool_principal, pool_principals};
use crate::policy::{
    Base, Carried, Decision, Effect, Policy, PrincipalKind, Principals, Request, Statement, Test, actions_match,
    evaluate, principals_match, test_passes,
};
use crate::value::{Branch, Piece, Text, Truth, compare, overlaps};

/// The action that every identity-pool token needs.
pub const ASSUME: &str = "sts:AssumeRoleWithWebIdentity";
/// The companion action that a session with tags needs.
pub const TAG_SESSION: &str = "sts:TagSession";
/// A provider that anyone can put on a pool of their own.
const LOGIN: &str = "graph.facebook.com";

/// Whether a class is let in, with the request that shows it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether it is let in.
    pub truth: Truth,
    /// The request that was decisive, or the first one that was tried.
    pub request: Request,
    /// What the policy says of that request.
    pub decision: Decision,
}

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
    /// Whether an Allow statement names identity pools as its principal.
    pub names_pools: bool,
    /// Guests and signed-in users of pools that are nobody's here.
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

    /// Whether something about an unwanted class is not decided.
    pub fn undecided(&self) -> bool {
        let unknown = |answer: &Answer| answer.truth == Truth::Unknown;
        unknown(&self.foreign_guest)
            || unknown(&self.foreign_signed_in)
            || self.own.iter().any(|own| unknown(&own.guest))
    }
}

/// The answers for every role that trusts identity pools or that one hands out.
pub fn trusts(graph: &Graph) -> Vec<Trust> {
    let mut trusts = Vec::new();
    for (id, role) in graph.roles() {
        let handouts: Vec<&Handout> = graph.handouts_of(id).collect();
        for (case, policy) in role.trust.cases.iter().enumerate() {
            let desk = Desk::new(graph, id, &policy.then);
            if desk.names_pools || !handouts.is_empty() {
                trusts.push(desk.trust(case, &policy.when, &handouts));
            }
        }
    }
    trusts
}

/// Asks one trust policy.
pub struct Desk<'g> {
    graph: &'g Graph,
    role: RoleId,
    policy: &'g Policy,
    arn: Text,
    principals: Vec<PoolPrincipal>,
    names_pools: bool,
}

impl<'g> Desk<'g> {
    /// A desk for this policy of this role.
    pub fn new(graph: &'g Graph, role: RoleId, policy: &'g Policy) -> Self {
        let mut principals: Vec<PoolPrincipal> = Vec::new();
        for statement in policy.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
            for found in pool_principals_of(statement, graph) {
                if !principals.contains(&found) {
                    principals.push(found);
                }
            }
        }
        let names_pools = !principals.is_empty();
        if principals.is_empty() {
            principals = pool_principals().collect();
        }
        Self { graph, role, policy, arn: graph.role(role).arn(), principals, names_pools }
    }

    fn trust(&self, case: usize, when: &Branch, handouts: &[&Handout]) -> Trust {
        let mut pools: Vec<Text> = Vec::new();
        let handed = handouts.iter().map(|handout| handout.pool.clone());
        let named = self.tests_of("aud").flat_map(|test| test.values.iter().map(|(value, _)| value.clone()));
        for pool in handed.chain(named) {
            if !pools.contains(&pool) && !matches!(pool, Text::Any(_)) {
                pools.push(pool);
            }
        }
        Trust {
            role: self.role,
            case,
            when: when.clone(),
            names_pools: self.names_pools,
            foreign_guest: self.foreign(true),
            foreign_signed_in: self.foreign(false),
            own: pools.into_iter().map(|pool| self.own(pool, handouts)).collect(),
        }
    }

    /// A token's request for this role.
    fn request(&self, principal: PoolPrincipal, action: &str, aud: &Text, amr: Vec<Text>, identity: &Text) -> Request {
        let key = |name: &str| format!("{}:{name}", principal.name);
        let unknown = || Carried::One(Text::Any(crate::value::Why::Deployment("the caller".into())));
        let mut context = vec![
            (key("aud"), Carried::One(aud.clone())),
            (key("amr"), Carried::Many(amr)),
            (key("sub"), Carried::One(identity.clone())),
        ];
        // Present in every direct call, with values that are the caller's (IAM User Guide, global keys).
        for name in [
            "aws:SourceIp",
            "aws:CurrentTime",
            "aws:EpochTime",
            "aws:UserAgent",
            "aws:SecureTransport",
            "sts:RoleSessionName",
        ] {
            context.push((name.to_owned(), unknown()));
        }
        context.push(("aws:PrincipalAccount".to_owned(), Carried::One(Text::known("anonymous"))));
        Request {
            principal: (PrincipalKind::Federated, Text::known(principal.name)),
            action: action.to_owned(),
            resource: self.arn.clone(),
            context,
        }
    }

    fn ask(&self, request: Request) -> Answer {
        let decision = evaluate(self.policy, &request, &self.graph.symbols);
        Answer { truth: decision.truth, request, decision }
    }

    /// Signed-in users of a provider: `amr` holds `authenticated`, the provider, and perhaps further
    /// members that begin with its name, which no guide describes. The answers must agree.
    fn signed_in(
        &self,
        principal: PoolPrincipal,
        action: &str,
        aud: &Text,
        provider: &Text,
        identity: &Text,
    ) -> Answer {
        let further = Text::join([provider, &Text::known(":"), &Text::symbol(self.graph.strangers.further)]);
        let mut amr = vec![Text::known("authenticated"), provider.clone()];
        let short = self.ask(self.request(principal, action, aud, amr.clone(), identity));
        amr.push(further);
        let long = self.ask(self.request(principal, action, aud, amr, identity));
        Answer { truth: Truth::agreed([short.truth, long.truth]), ..short }
    }

    fn guest(&self, principal: PoolPrincipal, aud: &Text, identity: &Text) -> Answer {
        self.ask(self.request(principal, ASSUME, aud, vec![Text::known("unauthenticated")], identity))
    }

    fn own(&self, pool: Text, handouts: &[&Handout]) -> OwnPool {
        let identity = Text::symbol(self.graph.strangers.own_identity);
        let providers = self.providers(&pool, handouts);
        let signed_in = providers.into_iter().map(|provider| {
            let answers = self.principals.iter().map(|row| self.signed_in(*row, ASSUME, &pool, &provider, &identity));
            let answer = best(answers.collect());
            (provider, answer)
        });
        let signed_in = signed_in.collect();
        let guest = best(self.principals.iter().map(|row| self.guest(*row, &pool, &identity)).collect());
        OwnPool { pool, signed_in, guest }
    }

    /// The providers through which users of a pool may come to the role.
    fn providers(&self, pool: &Text, handouts: &[&Handout]) -> Vec<Text> {
        let unknown = || Text::symbol(self.graph.strangers.provider);
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
        if providers.is_empty() {
            providers.push(unknown());
        }
        providers.sort_by_key(|text| format!("{text:?}"));
        providers.dedup();
        providers
    }

    fn providers_of_pool(&self, pool: &Text) -> Vec<Text> {
        let Some((_, pool)) = self.graph.pool(pool) else { return vec![Text::symbol(self.graph.strangers.provider)] };
        let unknown = (!pool.providers_complete).then(|| Text::symbol(self.graph.strangers.provider));
        pool.providers.iter().cloned().chain(unknown).collect()
    }

    /// Users of a provider, asking for a session with tags.
    pub fn tagged(&self, pool: &Text, provider: &Text, keys: &[String]) -> Answer {
        let identity = Text::symbol(self.graph.strangers.own_identity);
        let answers = self.principals.iter().map(|row| {
            let amr = vec![Text::known("authenticated"), provider.clone()];
            let mut request = self.request(*row, TAG_SESSION, pool, amr, &identity);
            let value = Text::Any(crate::value::Why::Deployment("a claim".into()));
            for key in keys {
                request.context.push((format!("aws:RequestTag/{key}"), Carried::One(value.clone())));
            }
            let keys = keys.iter().map(|key| Text::known(key.as_str())).collect();
            request.context.push(("aws:TagKeys".to_owned(), Carried::Many(keys)));
            self.ask(request)
        });
        best(answers.collect())
    }

    /// Tokens of pools that are nobody's here: whoever makes such a pool chooses its id as far as AWS
    /// lets them, and its providers.
    fn foreign(&self, guest: bool) -> Answer {
        let strangers = &self.graph.strangers;
        let pools = self.candidates("aud", Text::symbol(strangers.pool));
        let identities = self.candidates("sub", Text::symbol(strangers.identity));
        let logins = if guest { vec![Text::known(LOGIN)] } else { self.logins() };
        let mut answers = Vec::new();
        for row in &self.principals {
            for pool in &pools {
                for identity in &identities {
                    if guest {
                        answers.push(self.guest(*row, pool, identity));
                    } else {
                        answers.extend(logins.iter().map(|login| self.signed_in(*row, ASSUME, pool, login, identity)));
                    }
                    if answers.last().is_some_and(|answer| answer.truth.is_true()) {
                        return best(answers);
                    }
                }
            }
        }
        best(answers)
    }

    /// A stranger's value for a key, and one inside each pattern that the policy tests it with.
    fn candidates(&self, key: &str, fresh: Text) -> Vec<Text> {
        let form = Text::symbol(self.graph.strangers.pool);
        let mut candidates = vec![fresh];
        for test in
            self.tests_of(key).filter(|test| test.operator.is_some_and(|operator| operator.base == Base::StringLike))
        {
            for (pattern, _) in &test.values {
                let inside = self.inside(pattern).filter(|inside| overlaps(inside, &form, &self.graph.symbols));
                candidates.extend(inside.filter(|inside| !candidates.contains(inside)));
                if candidates.len() > MOST_CANDIDATES {
                    return candidates;
                }
            }
        }
        candidates
    }

    /// Sign-in providers that a stranger may choose: those that the policy names, and another.
    fn logins(&self) -> Vec<Text> {
        let mut logins = vec![Text::known(LOGIN)];
        for test in self.tests_of("amr") {
            for (value, _) in &test.values {
                let is_word = matches!(value.as_known(), Some("authenticated" | "unauthenticated"));
                if !is_word
                    && !logins.contains(value)
                    && !matches!(value, Text::Any(_))
                    && logins.len() < MOST_CANDIDATES
                {
                    logins.push(value.clone());
                }
            }
        }
        logins
    }

    /// A stranger's pool id inside a pattern; nothing where the pattern has no wildcard.
    fn inside(&self, pattern: &Text) -> Option<Text> {
        let strangers = &self.graph.strangers;
        let pieces = pattern.pieces()?;
        let text = |piece: &Piece| match piece {
            Piece::Literal(literal) => literal.to_string(),
            Piece::Symbol(id) if self.graph.symbols.facts(*id).format.may_hold(':') => ":".to_owned(),
            Piece::Symbol(_) => String::new(),
        };
        let has_colon = pieces.iter().any(|piece| text(piece).contains(':'));
        let has_wildcard =
            pieces.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains(['*', '?'])));
        if !has_wildcard {
            return None;
        }
        let (mut out, mut past_colon) = (Vec::new(), false);
        for piece in &pieces {
            let Piece::Literal(literal) = piece else {
                past_colon |= text(piece).contains(':');
                out.push(piece.clone());
                continue;
            };
            for c in literal.chars() {
                match c {
                    '*' if past_colon => out.push(Piece::Symbol(strangers.guid)),
                    '*' if has_colon => out.push(Piece::Symbol(strangers.region)),
                    '*' => {
                        if out.is_empty() {
                            out.push(Piece::Symbol(strangers.region));
                        }
                        out.extend([Piece::Literal(":".into()), Piece::Symbol(strangers.guid)]);
                        past_colon = true;
                    }
                    '?' => out.push(Piece::Literal(if past_colon { "0".into() } else { "a".into() })),
                    c => {
                        past_colon |= c == ':';
                        out.push(Piece::Literal(c.to_string().into()));
                    }
                }
            }
        }
        Some(Text::from_pieces(out))
    }

    /// The tests on `PREFIX:key` in every statement, for the principals that matter here.
    fn tests_of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Test> {
        let tests = self.policy.statements.iter().flat_map(|statement| &statement.conditions.tests);
        tests.filter(move |test| self.is_key(test, key))
    }

    fn is_key(&self, test: &Test, key: &str) -> bool {
        let known = test.key.as_known().unwrap_or_default();
        self.principals.iter().any(|row| known.eq_ignore_ascii_case(&format!("{}:{key}", row.name)))
    }
}

/// Patterns and providers that are tried for one key.
const MOST_CANDIDATES: usize = 32;

/// One answer that is True if there is one; else False only where all are.
fn best(answers: Vec<Answer>) -> Answer {
    let truth = Truth::any(answers.iter().map(|answer| answer.truth));
    let mut answers = answers;
    let at = answers.iter().position(|answer| answer.truth == truth).unwrap_or(0);
    Answer { truth, ..answers.swap_remove(at) }
}

fn pool_principals_of(statement: &Statement, graph: &Graph) -> Vec<PoolPrincipal> {
    let Principals::Only(list) = &statement.principals else { return Vec::new() };
    let federated = list.iter().filter(|principal| principal.kind == Some(PrincipalKind::Federated));
    federated.filter_map(|principal| pool_principal(&principal.value, &graph.symbols)).collect()
}

/// Whether a condition key is this claim of identity-pool tokens.
pub fn is_claim(test: &Test, claim: &str) -> bool {
    let known = test.key.as_known().unwrap_or_default();
    pool_principals().any(|row| known.eq_ignore_ascii_case(&format!("{}:{claim}", row.name)))
}

/// Whether the tests of a statement on a claim keep anybody out: some value that the tests themselves
/// name, or the request's own, does not certainly pass.
pub fn restricts(statement: &Statement, policy: &Policy, claim: &str, request: &Request, graph: &Graph) -> bool {
    let tests: Vec<&Test> = statement.conditions.tests.iter().filter(|test| is_claim(test, claim)).collect();
    let probes = tests.iter().flat_map(|test| test.values.iter().map(|(value, _)| value.clone()));
    let own = request
        .context
        .iter()
        .find(|(name, _)| name.ends_with(&format!(":{claim}")))
        .map(|(_, carried)| carried.clone());
    let stranger = Carried::One(Text::symbol(graph.strangers.pool));
    let probes = probes.map(Carried::One).chain(own).chain([stranger]);
    let passes = |probe: Carried| {
        let mut request = request.clone();
        for (name, carried) in &mut request.context {
            if name.ends_with(&format!(":{claim}")) {
                *carried = probe.clone();
            }
        }
        Truth::all(tests.iter().map(|test| test_passes(test, policy, &request, &graph.symbols)))
    };
    !Truth::all(probes.map(passes)).is_true()
}

/// Whether two texts certainly differ.
pub fn differ(a: &Text, b: &Text, graph: &Graph) -> bool {
    compare(a, b, &graph.symbols).is_false()
}

/// The part of a statement that keeps a request out.
#[derive(Clone, Copy, Debug)]
pub enum Conjunct<'p> {
    /// It speaks of others.
    Principal,
    /// It speaks of other actions.
    Action,
    /// A condition.
    Test(&'p Test),
    /// It is a Deny statement that fits.
    Denied,
}

/// The statement that comes nearest to letting a refused request in, and what is in the way; nothing
/// where there is no Allow statement.
pub fn failing<'p>(policy: &'p Policy, request: &Request, graph: &Graph) -> Option<(&'p Statement, Conjunct<'p>)> {
    let decision = evaluate(policy, request, &graph.symbols);
    if let (Some(_), Some(denied)) = (decision.allowed_by.first(), decision.denied_by.first()) {
        return policy.statements.get(*denied).map(|statement| (statement, Conjunct::Denied));
    }
    let allow = policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    let (_, statement, conjunct) =
        allow.map(|statement| nearest(statement, policy, request, graph)).max_by_key(|near| near.0)?;
    Some((statement, conjunct))
}

/// How near a statement comes, and the first thing in the way.
fn nearest<'p>(
    statement: &'p Statement,
    policy: &Policy,
    request: &Request,
    graph: &Graph,
) -> (usize, &'p Statement, Conjunct<'p>) {
    if principals_match(&statement.principals, request, &graph.symbols).is_false() {
        return (0, statement, Conjunct::Principal);
    }
    if actions_match(&statement.actions, &request.action).is_false() {
        return (1, statement, Conjunct::Action);
    }
    let tests = &statement.conditions.tests;
    let refuses = |test: &&Test| test_passes(test, policy, request, &graph.symbols).is_false();
    let refusing = tests.iter().filter(refuses).count();
    let near = 2 + usize::MAX / 2 - refusing;
    match tests.iter().find(refuses) {
        Some(test) => (near, statement, Conjunct::Test(test)),
        None => (near, statement, Conjunct::Principal),
    }
}
