//! Forms of the provider of a role mapping (Cognito identity pools API, SetIdentityPoolRoles, RoleMappings): a login
//! domain, a user pool with its app client, the ARN of an OIDC or SAML provider. Only what can be none of them is
//! malformed; a part that is not known may be what is missing.

use super::arn::cut;
use super::graph::Graph;
use super::pool::ProviderKind;
use super::provider::user_pool_provider;
use crate::value::{Piece, Symbols, Text};

/// Why a text is no provider of a role mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A user pool without `:CLIENT`.
    NoClient,
    /// A URL, where a provider has no scheme: of a user pool, or of an OIDC provider.
    Url(UrlOf),
    /// A user pool whose id is of another Region than its host.
    Regions {
        /// The host's.
        host: String,
        /// The id's.
        pool: String,
    },
    /// The ARN of something else.
    OtherArn,
    /// The id of a user pool or an app client, without the host.
    NoHost,
    /// Something else.
    NoForm,
}

/// Whose URL stands where a provider should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlOf {
    /// A user pool's.
    UserPool,
    /// Another provider's.
    Other,
}

/// The login domains that identity pools know (`data/login-providers.tsv`).
pub fn login_domains() -> impl Iterator<Item = &'static str> {
    let rows = include_str!("../../data/login-providers.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split('\t').next())
}

/// What a user pool's provider begins with.
const USER_POOL: &str = "cognito-idp.";
/// What the ARN of an IAM provider ends its head with.
const IAM_PROVIDERS: [&str; 2] = ["oidc-provider/", "saml-provider/"];

/// Why a provider can be none of the forms; nothing where it is one, or may be.
pub fn malformed(provider: &Text, graph: &Graph) -> Option<Malformed> {
    let pieces = provider.pieces()?;
    let literal = match pieces.first() {
        None => return Some(Malformed::NoForm),
        Some(Piece::Symbol(_)) => return no_host(&pieces, graph),
        Some(Piece::Literal(literal)) => literal.as_ref(),
    };
    let whole = pieces.len() == 1;
    if let Some(rest) = ["https://", "http://"].iter().find_map(|scheme| literal.strip_prefix(scheme)) {
        let of = if rest.starts_with(USER_POOL) { UrlOf::UserPool } else { UrlOf::Other };
        return Some(Malformed::Url(of));
    }
    if literal.starts_with(USER_POOL) {
        return user_pool_fault(provider, graph);
    }
    if literal.starts_with("arn:") {
        return arn_fault(&pieces);
    }
    let begins = |form: &str| if whole { literal == form } else { form.starts_with(literal) };
    let may_be = login_domains().any(begins) || (!whole && [USER_POOL, "arn:"].iter().any(|form| begins(form)));
    if may_be { None } else { no_host(&pieces, graph).or(Some(Malformed::NoForm)) }
}

/// The id of a user pool or client of the run at the beginning, or one as it is known to look.
fn no_host(pieces: &[Piece], graph: &Graph) -> Option<Malformed> {
    let first = Text::from_pieces(pieces.first().cloned());
    let pools = graph.user_pools.iter().map(|pool| &pool.id);
    let mut ids = pools.chain(graph.clients.iter().map(|client| &client.id));
    ids.any(|id| *id == first).then_some(Malformed::NoHost)
}

fn user_pool_fault(provider: &Text, graph: &Graph) -> Option<Malformed> {
    let symbols = &graph.symbols;
    let pieces = provider.pieces()?;
    let Some(read) = user_pool_provider(provider) else {
        // Without a slash there is no pool, unless something unknown holds it.
        return (!holds_unknown(&pieces, '/', symbols)).then_some(Malformed::NoForm);
    };
    let no_client = match &read.client {
        Some(client) => client.as_known() == Some(""),
        None => !holds_unknown(&read.user_pool.pieces()?, ':', symbols),
    };
    if no_client {
        return Some(Malformed::NoClient);
    }
    let host = host_region(&pieces)?;
    let pool = match graph.user_pool(&read.user_pool) {
        Some(own) => host_region(&own.provider.pieces()?)?,
        None => id_region(&read.user_pool)?,
    };
    (pool != host).then_some(Malformed::Regions { host, pool })
}

/// The Region in the host of a user pool's name, where all of the host is known.
fn host_region(provider: &[Piece]) -> Option<String> {
    let (host, _) = cut(provider, '/')?;
    let host = Text::from_pieces(host);
    Some(host.as_known()?.strip_prefix(USER_POOL)?.split('.').next()?.to_owned())
}

/// The Region in a user pool's id: `REGION_ID` (Cognito user pools API, UserPoolIdType).
fn id_region(id: &Text) -> Option<String> {
    let Some(Piece::Literal(id)) = id.pieces()?.into_iter().next() else { return None };
    Some(id.split_once('_')?.0.to_owned())
}

/// Whether a part that is not known may hold a character.
fn holds_unknown(pieces: &[Piece], c: char, symbols: &Symbols) -> bool {
    pieces.iter().any(|piece| matches!(piece, Piece::Symbol(id) if symbols.facts(*id).format.may_hold(c)))
}

/// `arn:PARTITION:iam::ACCOUNT:oidc-provider/…`, or a SAML provider's; a part that is not known is taken to fit.
fn arn_fault(pieces: &[Piece]) -> Option<Malformed> {
    let mut rest = pieces.to_vec();
    let mut parts = Vec::new();
    for _ in 0..5 {
        let Some((part, tail)) = cut(&rest, ':') else {
            let is_whole = pieces.iter().all(|piece| matches!(piece, Piece::Literal(_)));
            return is_whole.then_some(Malformed::OtherArn);
        };
        parts.push(Text::from_pieces(part));
        rest = tail;
    }
    let other_service = parts.get(2).and_then(Text::as_known).is_some_and(|service| service != "iam");
    let begins_other = match rest.first() {
        Some(Piece::Literal(literal)) if rest.len() == 1 => {
            !IAM_PROVIDERS.iter().any(|provider| literal.starts_with(provider))
        }
        Some(Piece::Literal(literal)) => {
            !IAM_PROVIDERS.iter().any(|provider| literal.starts_with(provider) || provider.starts_with(&**literal))
        }
        _ => rest.is_empty(),
    };
    (other_service || begins_other).then_some(Malformed::OtherArn)
}

/// What kind of provider a text certainly names: a login domain, or a provider of IAM by its ARN.
pub fn provider_kind(provider: &Text) -> Option<ProviderKind> {
    if user_pool_provider(provider).is_some() {
        return Some(ProviderKind::UserPool);
    }
    if let Some(known) = provider.as_known().filter(|known| !known.starts_with("arn:")) {
        return login_domains().any(|domain| domain == known).then_some(ProviderKind::Login);
    }
    let mut rest = provider.pieces()?;
    for _ in 0..5 {
        rest = cut(&rest, ':')?.1;
    }
    let Some(Piece::Literal(resource)) = rest.first() else { return None };
    let kinds = [ProviderKind::Oidc, ProviderKind::Saml];
    kinds.into_iter().zip(IAM_PROVIDERS).find(|(_, prefix)| resource.starts_with(prefix)).map(|(kind, _)| kind)
}
