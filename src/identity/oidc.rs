//! OIDC providers of IAM, whom a federated principal names, and which condition keys are an issuer's.

use super::arn::{after, are_one, arn_part};
use super::attachment::Written;
use super::classes::provider::is_name_of_issuer;
use super::graph::Entity;
use super::provider::{Named, named_principal, pool_principals};
use super::services::is_known_service;

use crate::policy::distance;
use crate::value::{At, Branch, Mark, Piece, SymbolId, Symbols, Text, Truth, compare, fits, fits_without_case, marks};

/// An OIDC provider, in one branch.
#[derive(Clone, Debug)]
pub struct OidcProvider {
    /// The resource.
    pub entity: Entity,
    /// The branch, its existence included.
    pub when: Branch,
    /// Its ARN.
    pub arn: Text,
    /// Its URL.
    pub url: Option<Written>,
    /// The audiences whose tokens it takes; nothing where it has no list.
    pub clients: Option<Listed>,
    /// The thumbprints of its certificates.
    pub thumbprints: Option<Listed>,
}

/// What signs tokens or assertions and has no table of its own.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The resource.
    pub entity: Entity,
    /// The ARN of a SAML provider, or the issuer of a cluster's tokens.
    pub name: Text,
}

/// A list of texts as a template writes it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its members.
    pub items: Vec<Written>,
    /// Whether these are all.
    pub complete: bool,
    /// Where the list stands.
    pub at: At,
}

/// How many audiences a provider takes, and of how many characters each (IAM API, CreateOpenIDConnectProvider).
pub const MOST_CLIENTS: (usize, usize) = (100, 255);
/// How many thumbprints it takes (the same).
pub const MOST_THUMBPRINTS: usize = 5;
/// Digits of a thumbprint (the same, thumbprintType).
pub const THUMBPRINT_DIGITS: usize = 40;

impl OidcProvider {
    /// Its URL without the scheme, which its ARN and its condition keys have.
    pub fn issuer(&self) -> Option<Text> {
        after(&self.url.as_ref()?.text, SCHEME)
    }

    /// Whether an ARN is certainly its own.
    pub fn is_named_by(&self, arn: &Text, symbols: &Symbols) -> bool {
        compare(&self.arn, arn, symbols).is_true() || are_one(&self.arn, arn, symbols).is_true()
    }
}

/// What the URL of an issuer begins with.
pub(super) const SCHEME: &str = "https://";

/// Whether a text is no thumbprint (IAM API, thumbprintType: forty hexadecimal digits).
pub fn is_no_thumbprint(text: &str) -> bool {
    text.len() != THUMBPRINT_DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is wrong with the URL of a provider (IAM API, CreateOpenIDConnectProvider, Url).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlFault {
    /// It does not begin with `https://`.
    Scheme,
    /// It has a port.
    Port,
    /// It has a query.
    Query,
    /// It has a fragment.
    Fragment,
}

/// What is certainly wrong with a URL, of which parts may be known only at deployment.
pub fn url_fault(url: &Text) -> Option<UrlFault> {
    let pieces = url.pieces()?;
    if let Some(Piece::Literal(first)) = pieces.first() {
        let is_short = pieces.len() > 1 && SCHEME.starts_with(&**first);
        if !first.starts_with(SCHEME) && !is_short {
            return Some(UrlFault::Scheme);
        }
    }
    let literals =
        || pieces.iter().filter_map(|piece| if let Piece::Literal(text) = piece { Some(text) } else { None });
    match () {
        () if literals().any(|text| text.contains('#')) => Some(UrlFault::Fragment),
        () if literals().any(|text| text.contains('?')) => Some(UrlFault::Query),
        () if has_port(&pieces) => Some(UrlFault::Port),
        () => None,
    }
}

/// Whether digits follow a colon in the host.
fn has_port(pieces: &[Piece]) -> bool {
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Literal(text) = piece else { continue };
        let rest = if at == 0 { text.strip_prefix(SCHEME).unwrap_or(text) } else { text };
        let host = rest.split('/').next().unwrap_or_default();
        if let Some((_, port)) = host.split_once(':') {
            return port.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
                && port.bytes().all(|byte| byte.is_ascii_digit());
        }
        if rest.contains('/') {
            return false;
        }
    }
    false
}

/// Issuers that IAM knows without a provider (IAM User Guide, Principal element, OIDC federated principals).
pub const BUILT_IN: [&str; 3] = ["accounts.google.com", "graph.facebook.com", "www.amazon.com"];

/// Whether a claim names the app for which a token was made, by any of the names that issuers have for it.
pub fn is_name_of_app(claim: &str) -> bool {
    ["aud", "azp", "app_id", "client_id"].iter().any(|own| own.eq_ignore_ascii_case(claim))
}

/// Whom a federated principal names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Federated {
    /// Identity pools; with the beginning of their condition keys.
    Pools(Text),
    /// An issuer of OIDC tokens, by its URL without the scheme.
    Issuer(Text),
    /// A SAML provider.
    Saml,
    /// Nobody: it has none of the forms.
    Invalid(NoForm),
    /// Nothing certain is known.
    Unclear,
}

/// What a principal is that has none of the forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoForm {
    /// A URL, alone or in an ARN.
    Url,
    /// The domain of an issuer, which needs a provider.
    Domain,
    /// The domain of a service of AWS, or of its identity pools in another case.
    Service,
    /// The ARN of a provider, within which the whole ARN of one stands for its name.
    Doubled,
    /// The ARN of something else.
    OtherArn,
    /// The ARN of a provider, without the number of its account.
    NoAccount,
    /// The same, without the provider's name.
    NoName,
    /// What a resource is called, or another value that only the deployment knows.
    Value,
    /// Anything else.
    Other,
}

/// Reads a federated principal (IAM User Guide, Principal element: a domain that IAM knows, or the ARN of an OIDC
/// or SAML provider).
pub fn federated(text: &Text, symbols: &Symbols) -> Federated {
    match named_principal(text, symbols) {
        Named::Pools(row) => return Federated::Pools(row.text),
        Named::Unclear => return Federated::Unclear,
        Named::Others => {}
    }
    if text.as_known().is_some_and(|known| BUILT_IN.contains(&known)) {
        return Federated::Issuer(text.clone());
    }
    if let Some(lacking) = lacking(text) {
        return Federated::Invalid(lacking);
    }
    if inner_arn(text).is_some() {
        return Federated::Invalid(NoForm::Doubled);
    }
    let kinds = ["oidc-provider/", "saml-provider/"].map(|kind| is_provider_arn(text, kind, symbols));
    match (kinds, text.as_known()) {
        ([Truth::True, _], _) => match after(text, "oidc-provider/") {
            Some(issuer) if begins_as_url(&issuer) => Federated::Invalid(NoForm::Url),
            // That is another mistake.
            Some(issuer) if has_wildcard(&issuer) => Federated::Unclear,
            Some(issuer) => Federated::Issuer(issuer),
            None => Federated::Unclear,
        },
        ([_, Truth::True], _) if has_wildcard(text) => Federated::Unclear,
        ([_, Truth::True], _) => Federated::Saml,
        // A star, and what was left blank, are other mistakes.
        (_, Some(known)) if known.trim().is_empty() || known.contains(['*', '?']) => Federated::Unclear,
        ([Truth::False, Truth::False], _) if !may_be_built_in(text, symbols) => Federated::Invalid(no_form(text)),
        _ => Federated::Unclear,
    }
}

/// The ARN that stands in the ARN of a provider for its name.
pub fn inner_arn(text: &Text) -> Option<Text> {
    let is_arn = |inner: &Text| matches!(inner.pieces().unwrap_or_default().first(), Some(Piece::Literal(first)) if first.starts_with("arn:"));
    ["oidc-provider/", "saml-provider/"].into_iter().find_map(|kind| after(text, kind).filter(is_arn))
}

/// Whether what is known of a text has a wildcard, which no principal has.
pub fn has_wildcard(text: &Text) -> bool {
    let is_wild = |piece: &Piece| matches!(piece, Piece::Literal(literal) if literal.contains(['*', '?']));
    text.pieces().is_some_and(|pieces| pieces.iter().any(is_wild))
}

fn is_provider_arn(text: &Text, kind: &str, symbols: &Symbols) -> Truth {
    let Some(value) = marks(text) else { return Truth::Unknown };
    fits(&glob(&format!("arn:*:iam::*:{kind}*")), &value, symbols)
}

/// What the ARN of a provider has not.
fn lacking(arn: &Text) -> Option<NoForm> {
    let is_of_iam = arn_part(arn, 0) == Text::known("arn") && arn_part(arn, 2) == Text::known("iam");
    let provider = arn_part(arn, 5);
    let begins = |kind: &str| {
        provider
            .pieces()
            .is_some_and(|pieces| matches!(pieces.first(), Some(Piece::Literal(first)) if first.starts_with(kind)))
    };
    let is_empty = |kind: &str| provider.as_known() == Some(kind);
    let kinds = ["oidc-provider/", "saml-provider/"];
    match () {
        () if !is_of_iam => None,
        () if kinds.into_iter().any(is_empty) => Some(NoForm::NoName),
        () if arn_part(arn, 4) == Text::known("") && kinds.into_iter().any(begins) => Some(NoForm::NoAccount),
        () => None,
    }
}

fn glob(text: &str) -> Vec<Mark> {
    text.chars().map(|c| if c == '*' { Mark::Run } else { Mark::Char(c) }).collect()
}

fn begins_as_url(text: &Text) -> bool {
    matches!(text.pieces().unwrap_or_default().first(), Some(Piece::Literal(first)) if first.contains("://"))
}

fn may_be_built_in(text: &Text, symbols: &Symbols) -> bool {
    BUILT_IN.into_iter().any(|domain| !compare(&Text::known(domain), text, symbols).is_false())
}

fn no_form(text: &Text) -> NoForm {
    let pieces = text.pieces().unwrap_or_default();
    let Some(Piece::Literal(first)) = pieces.first() else { return NoForm::Value };
    match () {
        () if first.starts_with("arn:") => NoForm::OtherArn,
        () if begins_as_url(text) => NoForm::Url,
        () if text.as_known().is_some_and(is_of_aws) => NoForm::Service,
        () if first.contains('.') => NoForm::Domain,
        () => NoForm::Other,
    }
}

/// Whether a domain is that of a service of AWS, which signs no tokens for others.
fn is_of_aws(domain: &str) -> bool {
    is_known_service(domain) || pool_domain(domain).is_some()
}

/// The domain of identity pools that a text has in another case.
pub fn pool_domain(domain: &str) -> Option<&'static str> {
    pool_principals().map(|row| row.name).find(|name| name.eq_ignore_ascii_case(domain))
}

/// The account and the partition of a provider's ARN.
pub fn home_of(arn: &Text) -> (Text, Text) {
    (arn_part(arn, 4), arn_part(arn, 1))
}

/// Who is meant by the name of an issuer that nobody has.
#[derive(Clone, Debug)]
pub struct Meant<'p> {
    /// The issuer by its right name.
    pub issuer: Text,
    /// Its provider, where the templates have it.
    pub provider: Option<&'p OidcProvider>,
    /// Whether the condition keys beside the principal have the right name.
    pub by_keys: bool,
}

/// The issuer that a principal most likely means beside some condition keys: that of a provider of the templates,
/// but for a slash at its end and its case; or one that a slip keeps apart from the issuer of all the keys.
pub fn misspelt<'p>(issuer: &Text, keys: &[&Text], providers: &'p [OidcProvider]) -> Option<Meant<'p>> {
    let known = issuer.as_known()?;
    let of_keys = issuer_of_keys(keys);
    let mut found: Option<Meant<'p>> = None;
    for provider in providers {
        // One of which not all is known may be the one that is meant.
        let own = provider.issuer()?;
        let name = own.as_known()?;
        if name == known {
            return None;
        }
        let by_keys = of_keys.is_some_and(|of_keys| of_keys.eq_ignore_ascii_case(name));
        if found.is_none() && (plain(name) == plain(known) || by_keys && is_slip(name, known)) {
            found = Some(Meant { issuer: own.clone(), provider: Some(provider), by_keys });
        }
    }
    let of_table = || {
        let name = of_keys.filter(|name| is_name_of_issuer(name) && !is_name_of_issuer(known))?;
        is_slip(name, known).then(|| Meant { issuer: Text::known(name), provider: None, by_keys: true })
    };
    found.or_else(of_table)
}

/// A name without what is easily written otherwise.
fn plain(name: &str) -> String {
    name.trim_end_matches('/').to_ascii_lowercase()
}

/// Whether two names differ by a few letters, or by a label at the front.
fn is_slip(one: &str, other: &str) -> bool {
    let (one, other) = (plain(one), plain(other));
    let lacks = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|front| front.ends_with('.'));
    one == other || distance(&one, &other).is_some() || lacks(&one, &other) || lacks(&other, &one)
}

/// What stands before the claims of all keys that begin with a domain.
fn issuer_of_keys<'k>(keys: &[&'k Text]) -> Option<&'k str> {
    let names = keys.iter().filter_map(|key| Some(key.as_known()?.rsplit_once(':')?.0));
    let mut names = names.filter(|name| name.contains('.'));
    let first = names.next()?;
    names.all(|name| name.eq_ignore_ascii_case(first)).then_some(first)
}

/// Whether a condition key is a claim of an issuer: its URL stands before the claim. Keys compare without case (IAM
/// User Guide, Condition element).
pub fn is_claim_of(key: &Text, issuer: &Text, symbols: &Symbols) -> Truth {
    let (Some(mut pattern), Some(value)) = (marks(issuer), marks(key)) else { return Truth::Unknown };
    if are_of_two(key, issuer, symbols) {
        return Truth::False;
    }
    pattern.extend([Mark::Char(':'), Mark::Run]);
    match fits_without_case(&pattern, &value, symbols) {
        // What a symbol stands for may be of another case.
        Truth::False if !is_apart(key, issuer, symbols) => Truth::Unknown,
        truth => truth,
    }
}

/// Whether two names are the same up to the ids of two things, which are never the same.
fn are_of_two(one: &Text, other: &Text, symbols: &Symbols) -> bool {
    let (Some(one), Some(other)) = (one.pieces(), other.pieces()) else { return false };
    let is_unique = |id: SymbolId| symbols.facts(id).unique;
    match one.iter().zip(&other).find(|(one, other)| one != other) {
        Some((Piece::Symbol(one), Piece::Symbol(other))) => is_unique(*one) && is_unique(*other),
        _ => false,
    }
}

/// Whether two names of which a part is known only at deployment differ in more than case.
fn is_apart(key: &Text, issuer: &Text, symbols: &Symbols) -> bool {
    if key.as_known().is_some() && issuer.as_known().is_some() {
        return true;
    }
    let ids = |text: &Text| {
        let id = |piece| if let Piece::Symbol(id) = piece { Some(id) } else { None };
        text.pieces().unwrap_or_default().into_iter().filter_map(id).collect::<Vec<_>>()
    };
    let (one, other) = (ids(key), ids(issuer));
    let is_unique = |id: &SymbolId| symbols.facts(*id).unique;
    let first = |text: &Text| match text.pieces().unwrap_or_default().into_iter().next() {
        Some(Piece::Literal(first)) => first.to_ascii_lowercase(),
        _ => String::new(),
    };
    let (front, back) = (first(key), first(issuer));
    let clash = !front.starts_with(&back) && !back.starts_with(&front);
    clash || !one.is_empty() && !other.is_empty() && one.iter().chain(&other).all(is_unique)
}

/// The claim that a condition key names: what follows the issuer, or else its last part.
pub fn claim_of(key: &str, issuer: &Text) -> Option<String> {
    let own = issuer.as_known().and_then(|issuer| {
        let rest = key.get(issuer.len()..)?.strip_prefix(':')?;
        key.get(..issuer.len())?.eq_ignore_ascii_case(issuer).then(|| rest.to_owned())
    });
    own.or_else(|| key.rsplit_once(':').map(|(_, claim)| claim.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_url() {
        let of = |url: &str| url_fault(&Text::known(url));
        assert_eq!(of("https://idp.example.com/a:b/"), None);
        assert_eq!(of("https://idp.example.com"), None);
        assert_eq!(of("http://idp.example.com"), Some(UrlFault::Scheme));
        assert_eq!(of("idp.example.com"), Some(UrlFault::Scheme));
        assert_eq!(of("https://idp.example.com:8443/a"), Some(UrlFault::Port));
        assert_eq!(of("https://idp.example.com/a?b"), Some(UrlFault::Query));
        assert_eq!(of("https://idp.example.com/#a"), Some(UrlFault::Fragment));
    }

    #[test]
    fn whom_a_federated_principal_names() {
        let symbols = Symbols::default();
        let of = |text: &str| federated(&Text::known(text), &symbols);
        let issuer = |text: &str| Federated::Issuer(Text::known(text));
        assert_eq!(of("accounts.google.com"), issuer("accounts.google.com"));
        assert_eq!(of("arn:aws:iam::111122223333:oidc-provider/a.example.com/x"), issuer("a.example.com/x"));
        assert_eq!(of("arn:aws:iam::111122223333:saml-provider/corp"), Federated::Saml);
        assert_eq!(
            of("arn:aws:iam::111122223333:oidc-provider/https://a.example.com"),
            Federated::Invalid(NoForm::Url)
        );
        assert_eq!(of("https://gitlab.com"), Federated::Invalid(NoForm::Url));
        assert_eq!(of("gitlab.com"), Federated::Invalid(NoForm::Domain));
        assert_eq!(of("arn:aws:iam::111122223333:role/a"), Federated::Invalid(NoForm::OtherArn));
        assert_eq!(of("lambda.amazonaws.com"), Federated::Invalid(NoForm::Service));
        assert_eq!(of("Cognito-Identity.amazonaws.com"), Federated::Invalid(NoForm::Service));
        assert_eq!(of("arn:aws:iam::111122223333:saml-provider/arn:aws:x"), Federated::Invalid(NoForm::Doubled));
        assert_eq!(of("corp"), Federated::Invalid(NoForm::Other));
        for kind in ["oidc", "saml"] {
            let nameless = format!("arn:aws:iam::111122223333:{kind}-provider/");
            assert_eq!(of(&nameless), Federated::Invalid(NoForm::NoName));
        }
        assert_eq!(of("arn:aws:iam:::oidc-provider/a.example.com"), Federated::Invalid(NoForm::NoAccount));
        assert_eq!(of("*"), Federated::Unclear);
        assert_eq!(of("arn:aws:iam::111122223333:oidc-provider/*"), Federated::Unclear);
        assert_eq!(of("arn:aws:iam::111122223333:saml-provider/corp-?"), Federated::Unclear);
        assert_eq!(of(""), Federated::Unclear);
    }

    #[test]
    fn slips_in_the_name_of_an_issuer() {
        let github = "token.actions.githubusercontent.com";
        let meant = |name: &str, key: &str| {
            let found = misspelt(&Text::known(name), &[&Text::known(key)], &[]);
            found.map(|own| own.issuer.as_known().unwrap_or_default().to_owned())
        };
        let key = format!("{github}:sub");
        for slip in ["token.action.githubusercontent.com", "actions.githubusercontent.com", &format!("{github}/")] {
            assert_eq!(meant(slip, &key).as_deref(), Some(github), "{slip}");
        }
        assert_eq!(meant(github, &key), None);
        assert_eq!(meant("token.actions.githubusercontent.com/acme", &key), None);
        assert_eq!(meant("gitlab.com", &key), None);
        assert_eq!(meant("gitlab.acme.com", "gitlab.acne.com:sub"), None);
    }

    #[test]
    fn claims_and_their_issuers() {
        let symbols = Symbols::default();
        let is = |key: &str, issuer: &str| is_claim_of(&Text::known(key), &Text::known(issuer), &symbols);
        assert_eq!(is("GitLab.com:sub", "gitlab.com"), Truth::True);
        assert_eq!(is("a.example.com:cognito:groups", "a.example.com"), Truth::True);
        assert_eq!(is("a.example.com/:sub", "a.example.com"), Truth::False);
        assert_eq!(is("https://a.example.com:sub", "a.example.com"), Truth::False);
        let claim = |key: &str, issuer: &str| claim_of(key, &Text::known(issuer));
        assert_eq!(claim("a.example.com:cognito:groups", "a.example.com").as_deref(), Some("cognito:groups"));
        assert_eq!(claim("b.example.com:sub", "a.example.com").as_deref(), Some("sub"));
    }
}
