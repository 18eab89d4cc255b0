//! MAP006: a role mapping whose provider has no form that Cognito takes.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, provider_words};
use crate::checks::remedy::{provider as written_provider, provider_line};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::{Graph, Malformed, Mapping, PoolProvider, ProviderKind, UrlOf, malformed};

/// Finds providers that can be none of the forms.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let mappings = cx.graph.mappings.iter().filter(|mapping| mapping.complete);
    findings.extend(mappings.filter_map(|mapping| finding(cx.graph, mapping)));
}

fn finding(graph: &Graph, mapping: &Mapping) -> Option<Finding> {
    let fault = malformed(&mapping.named.text, graph)?;
    // The name of a developer provider may be any; that none can be mapped is MAP005's matter.
    if is_developer(graph, mapping) {
        return None;
    }
    let message = format!("a mapping of {} names no sign-in provider, so the deployment fails", mapping.entity.name());
    let label = Label::new(mapping.named.place, why(graph, mapping, &fault));
    let path = if mapping.by_key { mapping.path.clone() } else { format!("{}.IdentityProvider", mapping.path) };
    let mut finding = Finding::new("MAP006", Severity::Error, message, label, mapping.entity.property(path));
    let pool = graph.pool(&mapping.pool).map(|(_, pool)| Label::new(pool.entity.place, "the pool it is for"));
    finding.related.extend(pool);
    let own = own_user_pool(graph, mapping).and_then(|own| written_provider(graph, mapping.entity.stack, own));
    finding.help = help(mapping, &fault, own.as_ref());
    finding.fix = fix(mapping, own).map(Box::new);
    finding.mistake = mistake(mapping.place, "IdentityProvider");
    finding.branch = mapping.when.clone();
    Some(finding)
}

fn is_developer(graph: &Graph, mapping: &Mapping) -> bool {
    let Some((_, pool)) = graph.pool(&mapping.pool) else { return false };
    let all = pool.configured.iter().flat_map(|providers| &providers.list);
    let mut developers = all.filter(|provider| provider.kind == ProviderKind::Developer);
    developers.any(|provider| !provider.is_meant_by(&mapping.named.text, &graph.symbols).is_false())
}

/// Whether a map key was meant to be computed.
fn looks_computed(mapping: &Mapping) -> bool {
    mapping.by_key && mapping.named.known().is_some_and(|key| key.contains("${"))
}

fn why(graph: &Graph, mapping: &Mapping, fault: &Malformed) -> String {
    if looks_computed(mapping) {
        return "the key of a map is taken as it is: nothing replaces ${…} here".to_owned();
    }
    let text = || shown(&graph.shown(&mapping.named.text));
    match fault {
        Malformed::NoClient => {
            format!("{} without its app client: ':' and the client's id are missing", provider(graph, mapping))
        }
        Malformed::Url(UrlOf::UserPool) => "the name of a user pool has no https:// before it".to_owned(),
        Malformed::Url(UrlOf::Other) => "an OIDC provider is named by its ARN, not by its URL".to_owned(),
        Malformed::Regions { host, pool } => {
            format!("the host is of Region {}, the user pool's id of {}", shown(host), shown(pool))
        }
        Malformed::OtherArn => "no ARN of an OIDC or SAML provider of IAM".to_owned(),
        Malformed::NoHost => "an id alone: cognito-idp.REGION.amazonaws.com/ is missing before it".to_owned(),
        Malformed::NoForm if mapping.by_key => {
            format!("the key '{}' is no provider, and there is no IdentityProvider", text())
        }
        Malformed::NoForm => format!("'{}' is no form of a provider", text()),
    }
}

fn provider(graph: &Graph, mapping: &Mapping) -> String {
    shown(&provider_words(graph, &mapping.named.text))
}

/// The user pool that the mapping is meant for: the only one of the identity pool.
fn own_user_pool<'g>(graph: &'g Graph, mapping: &Mapping) -> Option<&'g PoolProvider> {
    let (_, pool) = graph.pool(&mapping.pool)?;
    let all = pool.configured.iter().flat_map(|providers| &providers.list);
    let mut own = all.filter(|provider| provider.kind == ProviderKind::UserPool);
    let first = own.next()?;
    own.all(|other| other.mapping_name() == first.mapping_name()).then_some(first)
}

/// What a key was meant to compute, where it can be computed.
fn fix(mapping: &Mapping, own: Option<Written>) -> Option<Fix> {
    let key = mapping.named.known().filter(|_| looks_computed(mapping))?;
    let value = own.or_else(|| key.contains(".ProviderName}").then(|| Written::sub(key)))?;
    let rename = Change::Rename { key: mapping.key_at, name: NEW_KEY.to_owned() };
    let put = Change::Put { into: mapping.at, path: vec!["IdentityProvider".to_owned()], value };
    Some(Fix::offered("name the provider in IdentityProvider", vec![rename, put]))
}

/// What a mapping is called whose provider stands in it.
const NEW_KEY: &str = "users";

fn help(mapping: &Mapping, fault: &Malformed, own: Option<&Written>) -> String {
    if matches!(fault, Malformed::Url(UrlOf::Other)) {
        return "name the provider by its ARN\n  arn:aws:iam::ACCOUNT:oidc-provider/HOST".to_owned();
    }
    let line = provider_line(mapping.entity.dialect, own);
    match mapping.by_key {
        true => format!("for a user pool, under a key of your choice\n  {line}"),
        false => format!("for a user pool\n  {line}"),
    }
}
