//! Names of sign-in providers and of the principal of identity pools.

use super::arn::{after, cut};
use super::service_name::{SUFFIX, is_region};
use crate::policy::{Principal, PrincipalKind};
use crate::value::{Piece, Symbols, Text, Truth, compare};

/// A principal under which identity pools ask (`data/identity-pool-principals.tsv`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolPrincipal {
    /// Its name, which is also the prefix of the condition keys.
    pub name: &'static str,
    /// The same as a policy has it.
    pub text: Text,
    /// The partition whose identity pools it stands for.
    pub partition: &'static str,
}

/// The principals under which identity pools ask, the commercial one first.
pub fn pool_principals() -> impl Iterator<Item = PoolPrincipal> {
    let rows = include_str!("../../data/identity-pool-principals.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let mut columns = line.split('\t');
        let (partition, name) = (columns.next()?, columns.nth(1)?);
        Some(PoolPrincipal { name, text: Text::known(name), partition })
    })
}

/// What names identity pools, or is meant to, and cannot stand where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misplaced {
    /// Their principal, as a service.
    Service,
    /// The host of a user pool, which is no principal.
    UserPoolHost,
    /// The ARN of a user pool, which is no principal either.
    UserPoolArn,
    /// Their principal with a Region in it, as there is none.
    RegionalPools,
}

/// Whether a principal is one of those that let no identity pool in, whatever else its statement says
/// (IAM User Guide, Principal element, web identity). The service `cognito-idp` sends messages of user pools.
pub fn misplaced(principal: &Principal, symbols: &Symbols) -> Option<Misplaced> {
    let pieces = principal.value.pieces()?;
    let begins = |with: &str| matches!(pieces.first(), Some(Piece::Literal(literal)) if literal.starts_with(with));
    match principal.kind {
        // Their name with a Region in it is no service either.
        Some(PrincipalKind::Service) => {
            let is_theirs = matches!(named_principal(&principal.value, symbols), Named::Pools(_));
            (is_theirs || begins("cognito-identity.")).then_some(Misplaced::Service)
        }
        Some(PrincipalKind::Federated) if begins("cognito-idp.") => Some(Misplaced::UserPoolHost),
        Some(PrincipalKind::Federated) if names_region(&principal.value) => Some(Misplaced::RegionalPools),
        Some(PrincipalKind::Federated) if begins("arn:") => {
            let (_, after_head) = cut(&pieces, ':')?;
            let (_, after_partition) = cut(&after_head, ':')?;
            let (service, _) = cut(&after_partition, ':')?;
            let is_user_pool = Text::from_pieces(service).as_known() == Some("cognito-idp");
            is_user_pool.then_some(Misplaced::UserPoolArn)
        }
        _ => None,
    }
}

/// Whether a principal is `cognito-identity.REGION.amazonaws.com`, and none of the names that are known. What pools of
/// China are called is not.
fn names_region(text: &Text) -> bool {
    let name = text.as_known().unwrap_or_default();
    let region = name.strip_prefix("cognito-identity.").and_then(|rest| rest.strip_suffix(SUFFIX));
    region.is_some_and(|region| is_region(region) && !region.starts_with("cn-"))
        && !pool_principals().any(|row| row.name == name)
}

/// Whether a federated principal begins as those of identity pools do, whether or not it is one of them.
pub(super) fn begins_as_pools(text: &Text) -> bool {
    let first = text.pieces().and_then(|pieces| pieces.into_iter().next());
    matches!(&first, Some(Piece::Literal(literal)) if literal.starts_with("cognito-identity"))
}

/// Whether a principal is the service that sends the messages of user pools.
pub fn is_message_sender(principal: &Principal) -> bool {
    let name = principal.value.as_known().unwrap_or_default();
    principal.kind == Some(PrincipalKind::Service) && name.starts_with("cognito-idp.")
}

/// Whom a federated principal names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// Identity pools.
    Pools(PoolPrincipal),
    /// Certainly others.
    Others,
    /// Perhaps identity pools: a value that is not known, or a form of the name that no guide has.
    Unclear,
}

/// Whether a federated principal is that of identity pools.
pub fn named_principal(text: &Text, symbols: &Symbols) -> Named {
    let mut unclear = false;
    for row in pool_principals() {
        match compare(&row.text, text, symbols) {
            Truth::True => return Named::Pools(row),
            Truth::Unknown => unclear = true,
            Truth::False => {}
        }
    }
    let is_family = begins_as_pools(text);
    match pool_principals().next() {
        // `cognito-identity.${AWS::URLSuffix}`: the name is the same in every partition that has pools.
        Some(row) if is_family && unclear => Named::Pools(PoolPrincipal { text: text.clone(), ..row }),
        _ if is_family || unclear => Named::Unclear,
        _ => Named::Others,
    }
}

/// A user pool as a provider: `cognito-idp.REGION.SUFFIX/POOL[:CLIENT]` (Cognito identity pools API,
/// CognitoIdentityProvider and RoleMappings).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPoolProvider {
    /// The provider without the client, as `amr` carries it.
    pub name: Text,
    /// The user pool's id.
    pub user_pool: Text,
    /// The client's id, where it is named.
    pub client: Option<Text>,
}

/// Reads a provider that is a user pool; nothing for any other, and for unknown ones.
pub fn user_pool_provider(text: &Text) -> Option<UserPoolProvider> {
    let pieces = text.pieces()?;
    let [Piece::Literal(first), ..] = pieces.as_slice() else { return None };
    if !first.starts_with("cognito-idp.") {
        return None;
    }
    let (host, path) = cut(&pieces, '/')?;
    let (pool, client) = match cut(&path, ':') {
        Some((pool, client)) => (pool, Some(Text::from_pieces(client))),
        None => (path, None),
    };
    let slash = [Piece::Literal("/".into())];
    let name = Text::from_pieces(host.into_iter().chain(slash).chain(pool.iter().cloned()));
    Some(UserPoolProvider { name, user_pool: Text::from_pieces(pool), client })
}

/// The issuer of an OIDC provider's ARN, as tokens name it: without `https://` (IAM API, CreateOpenIDConnectProvider);
/// nothing where the ARN does not show it.
pub fn oidc_issuer(arn: &Text) -> Option<Text> {
    after(arn, "oidc-provider/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_pools_as_providers() {
        let provider = user_pool_provider(&Text::known("cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A:c1")).unwrap();
        assert_eq!(provider.name, Text::known("cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A"));
        assert_eq!(provider.user_pool, Text::known("eu-west-1_A"));
        assert_eq!(provider.client, Some(Text::known("c1")));
        assert_eq!(user_pool_provider(&Text::known("graph.facebook.com")), None);
    }

    #[test]
    fn the_commercial_principal_comes_first() {
        assert_eq!(pool_principals().next().unwrap().name, "cognito-identity.amazonaws.com");
        assert_eq!(pool_principals().count(), 3);
    }
}
