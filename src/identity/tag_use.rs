//! What permissions make of the tags of whoever has them: `aws:PrincipalTag/…` as a condition key and as a variable
//! (IAM User Guide, global condition keys, `aws:PrincipalTag`).

use super::graph::{Graph, PermissionPolicy, RoleId, TagMap};
use crate::policy::{Policy, Statement, Test, Variable, variables};
use crate::value::{At, Branch, Text};

/// A part of a statement that rests on a tag of the principal.
#[derive(Clone, Debug)]
pub struct TagUse<'g> {
    /// The policy.
    pub policy: &'g PermissionPolicy,
    /// Its document in this branch.
    pub document: &'g Policy,
    /// The statement.
    pub statement: &'g Statement,
    /// The branch in which the role has it.
    pub when: Branch,
    /// The tag's key, as written.
    pub key: String,
    /// How.
    pub how: How<'g>,
    /// Whether a variable has a default, which stands for the value of a tag that is not there.
    pub has_default: bool,
    /// Whether the tag's value is a part of what the statement is not about: of a `NotResource`.
    pub excludes: bool,
    /// Where: the text with the variable, or the key of the test.
    pub at: At,
}

/// How a statement rests on a tag.
#[derive(Clone, Copy, Debug)]
pub enum How<'g> {
    /// The tag's value is a part of what the statement is about.
    Resource(&'g Text),
    /// The tag's value is a part of what a test wants.
    Wanted(&'g Test, &'g Text),
    /// A test looks at the tag.
    Tested(&'g Test),
}

/// The beginning of the condition key, in lower case.
const PRINCIPAL_TAG: &str = "aws:principaltag/";

/// The key of a principal's tag that a condition key asks for; names of keys compare without case.
pub fn principal_tag(key: &str) -> Option<&str> {
    let beginning = key.get(..PRINCIPAL_TAG.len())?;
    beginning.eq_ignore_ascii_case(PRINCIPAL_TAG).then(|| key.get(PRINCIPAL_TAG.len()..))?.filter(|key| !key.is_empty())
}

/// Where the permissions of a role rest on its sessions' tags.
pub fn tag_uses(graph: &Graph, role: RoleId) -> Vec<TagUse<'_>> {
    let mut uses = Vec::new();
    for (policy, held) in graph.policies_of(role) {
        for case in &policy.document.cases {
            let Some(when) = graph.together(held, &case.when) else { continue };
            for statement in &case.then.statements {
                let found = in_statement(&case.then, statement).into_iter();
                let whole = |(key, how, at, (has_default, excludes))| TagUse {
                    policy,
                    document: &case.then,
                    statement,
                    when: when.clone(),
                    key,
                    how,
                    has_default,
                    excludes,
                    at,
                };
                uses.extend(found.map(whole));
            }
        }
    }
    uses
}

/// The tag's key, how and where, whether it has a default, and whether it excludes.
type Found<'g> = (String, How<'g>, At, (bool, bool));

fn in_statement<'g>(document: &'g Policy, statement: &'g Statement) -> Vec<Found<'g>> {
    let named = variables(statement, document).into_iter().filter_map(|variable| {
        let key = principal_tag(&variable.key)?.to_owned();
        let how = variable.test.map_or(How::Resource(variable.text), |test| How::Wanted(test, variable.text));
        Some((key, how, variable.at, (variable.default.is_some(), variable.excludes)))
    });
    let tests = statement.conditions.tests.iter();
    let tested = tests.filter_map(|test| {
        let key = principal_tag(test.key.as_known()?)?.to_owned();
        Some((key, How::Tested(test), test.key_at, (false, false)))
    });
    named.chain(tested).collect()
}

/// The tags that a map with `UseDefaults` sets for users of a user pool, and the claims that fill them (Cognito
/// Developer Guide, attributes for access control, default provider mappings); nothing for other providers.
pub fn default_tags(graph: &Graph, map: &TagMap) -> Option<[(&'static str, &'static str); 2]> {
    let is_user_pool = super::provider::user_pool_provider(&map.provider).is_some()
        || graph.user_pools.iter().any(|pool| pool.provider == map.provider);
    is_user_pool.then_some([("username", "sub"), ("client", "aud")])
}

/// Whose value a variable of a policy is, where it tells tenants apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenant<'k> {
    /// That of a tag, of this key.
    Tag(&'k str),
    /// The name of an IAM user.
    UserName,
    /// The id of an identity, which always has the same length.
    Identity,
}

/// What tells tenants apart in a variable that names a condition key.
pub fn tenant(key: &str) -> Option<Tenant<'_>> {
    let is_identity = |row: super::provider::PoolPrincipal| {
        key.rsplit_once(':')
            .is_some_and(|(name, claim)| name.eq_ignore_ascii_case(row.name) && claim.eq_ignore_ascii_case("sub"))
    };
    match principal_tag(key) {
        Some(tag) => Some(Tenant::Tag(tag)),
        None if key.eq_ignore_ascii_case("aws:username") => Some(Tenant::UserName),
        None => super::provider::pool_principals().any(is_identity).then_some(Tenant::Identity),
    }
}

/// What the ARNs of buckets and of tables have before the name (Service Authorization Reference, Amazon S3 and Amazon
/// DynamoDB, resource types).
const BEFORE_NAMES: [&str; 2] = [":s3:::", ":table/"];

/// What stands between a variable, with which the name of a bucket or a table begins, and a wildcard in that name. All
/// characters of such names may be in values, too (IAM User Guide, tags, naming rules).
pub fn prefix_of_name<'v>(variable: &'v Variable<'_>) -> Option<&'v str> {
    let begins = variable.test.is_none() && BEFORE_NAMES.iter().any(|before| variable.front.ends_with(before));
    let name = variable.tail.split('/').next().filter(|_| begins)?;
    let (between, _) = name.split_once(['*', '?'])?;
    (!between.is_empty()).then_some(between)
}
