//! Names of sign-in providers and of the principal of identity pools.

use crate::value::{Piece, Symbols, Text, Truth, compare};

/// A row of `data/identity-pool-principals.tsv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolPrincipal {
    /// The principal, and the prefix of the condition keys.
    pub name: &'static str,
}

/// The principals under which identity pools ask, the commercial one first.
pub fn pool_principals() -> impl Iterator<Item = PoolPrincipal> {
    let rows = include_str!("../../data/identity-pool-principals.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| Some(PoolPrincipal { name: line.split('\t').nth(2)? }))
}

/// Whether a principal's text is that of identity pools, and which.
pub fn pool_principal(text: &Text, symbols: &Symbols) -> Option<PoolPrincipal> {
    pool_principals().find(|row| compare(&Text::known(row.name), text, symbols) == Truth::True)
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

/// The pieces before and after the first literal `at`.
fn cut(pieces: &[Piece], at: char) -> Option<(Vec<Piece>, Vec<Piece>)> {
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Literal(literal) = piece else { continue };
        let Some((before, after)) = literal.split_once(at) else { continue };
        let front = pieces[..index].iter().cloned().chain([Piece::Literal(before.into())]);
        let back = [Piece::Literal(after.into())].into_iter().chain(pieces[index + 1..].iter().cloned());
        return Some((front.collect(), back.filter(|piece| *piece != Piece::Literal("".into())).collect()));
    }
    None
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
