//! TAG007: a tag map that Cognito refuses, or that sets no tag.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, pool_name, provider_words};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::provider::{oidc_issuer, user_pool_provider};
use crate::identity::{
    CUSTOM, Dialect, Graph, IdentityPool, MappedTag, PoolProvider, ProviderKind, Providers, Quota, TagMap, UserPool,
    Written,
};
use crate::source::Place;
use crate::value::{Branch, Text, Truth, compare};

/// Finds maps for providers that a pool lacks, keys that no tag can have, and claims that no token has.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for map in &cx.graph.tag_maps {
        for fault in faults(cx.graph, map) {
            findings.push(fault.finding(map));
        }
    }
}

/// What is wrong with a map, in one branch.
struct Fault {
    severity: Severity,
    place: Place,
    element: &'static str,
    path: String,
    message: String,
    why: String,
    help: String,
    related: Vec<Label>,
    when: Branch,
}

impl Fault {
    fn finding(self, map: &TagMap) -> Finding {
        let label = Label::new(self.place, self.why);
        let subject = map.entity.property(self.path);
        let mut finding = Finding::new("TAG007", self.severity, self.message, label, subject);
        finding.related = self.related;
        finding.help = self.help;
        finding.mistake = mistake(self.place, self.element);
        finding.branch = self.when;
        finding
    }
}

/// All that is wrong with a map.
fn faults(graph: &Graph, map: &TagMap) -> Vec<Fault> {
    let mut found = provider_faults(graph, map);
    found.extend(too_many(map));
    found.extend(too_large(graph, map));
    found.extend(twice(map));
    for tag in &map.tags {
        found.extend(bad_key(map, tag));
        found.extend(bad_claim(map, tag));
        found.extend(unknown_claim(graph, map, tag));
    }
    found.extend(both(map));
    found
}

/// Whether Cognito takes nothing of a map.
pub(super) fn is_refused(graph: &Graph, map: &TagMap) -> bool {
    faults(graph, map).iter().any(|fault| fault.severity == Severity::Error)
}

fn fault(map: &TagMap, place: Place, element: &'static str, path: &str, (what, why): (String, String)) -> Fault {
    let message = format!("Cognito will refuse {}: {what}", map.entity.name());
    let (help, related) = (String::new(), Vec::new());
    let (path, when) = (path.to_owned(), map.when.clone());
    Fault { severity: Severity::Error, place, element, path, message, why, help, related, when }
}

/// Whether a map names a provider of a pool, whatever the app client. An OIDC provider is also named by its issuer,
/// as tokens name it, with a slash at the end or without; no document says which.
fn is_meant(own: &PoolProvider, named: &Text, graph: &Graph) -> Truth {
    if own.kind == ProviderKind::Oidc && compare(&own.name, named, &graph.symbols).is_false() {
        let Some(issuer) = oidc_issuer(&own.name) else { return Truth::Unknown };
        let slash = Text::known("/");
        let with_slash = |text: &Text| Text::join([text, &slash]);
        let forms = [
            compare(&issuer, named, &graph.symbols),
            compare(&issuer, &with_slash(named), &graph.symbols),
            compare(&with_slash(&issuer), named, &graph.symbols),
        ];
        return Truth::any(forms);
    }
    let ids = (own.user_pool(), user_pool_provider(named).map(|provider| provider.user_pool));
    match ids {
        (Some(own), Some(named)) if !matches!(named, Text::Any(_)) => compare(&own, &named, &graph.symbols),
        _ => compare(&own.name, named, &graph.symbols),
    }
}

fn provider_faults(graph: &Graph, map: &TagMap) -> Vec<Fault> {
    let Some((_, pool)) = graph.pool(&map.pool) else { return Vec::new() };
    let in_branch = |providers: &Providers| {
        let when = graph.together(&map.when, &providers.when)?;
        let mut fault = not_configured(graph, map, pool, providers).or_else(|| with_client(graph, map, providers))?;
        fault.when = when;
        Some(fault)
    };
    pool.configured.iter().filter_map(in_branch).collect()
}

fn not_configured(graph: &Graph, map: &TagMap, pool: &IdentityPool, providers: &Providers) -> Option<Fault> {
    let named = &map.named.text;
    let is_open = !providers.complete || graph.is_touched(&pool.id) || matches!(named, Text::Any(_));
    if is_open || providers.list.iter().any(|own| !is_meant(own, named, graph).is_false()) {
        return None;
    }
    let (told, name) = (shown(&provider_words(graph, named)), pool.entity.name());
    let what = format!("{name} does not have its provider");
    let why = format!("{told} is no provider of {name}");
    let mut fault = fault(map, map.named.place, "IdentityProviderName", "IdentityProviderName", (what, why));
    fault.related = vec![Label::new(pool.entity.place, "the pool it is for")];
    fault.related.extend(providers.list.first().map(|own| {
        let told = shown(&provider_words(graph, &own.name));
        Label::new(own.at.place, format!("has {told}"))
    }));
    fault.help = "name a provider of the pool; of a user pool its ProviderName, without an app client".to_owned();
    Some(fault)
}

/// A user pool that is named as a role mapping names it.
fn with_client(graph: &Graph, map: &TagMap, providers: &Providers) -> Option<Fault> {
    let named = user_pool_provider(&map.named.text).filter(|named| named.client.is_some())?;
    let is_own =
        |own: &&PoolProvider| own.kind == ProviderKind::UserPool && is_meant(own, &map.named.text, graph).is_true();
    let own = providers.list.iter().find(is_own)?;
    let user_pool = graph.user_pool(&named.user_pool).map_or("the user pool", |pool| pool.entity.name());
    let what = (String::new(), "names an app client too, which tag maps are not seen to do".to_owned());
    let mut fault = fault(map, map.named.place, "IdentityProviderName", "IdentityProviderName", what);
    fault.severity = Severity::Warning;
    fault.message = format!("users of {user_pool} may get no tags: {} names it with an app client", map.entity.name());
    fault.related = vec![Label::new(own.at.place, "the pool has it by its name")];
    let line = match map.entity.dialect {
        Dialect::Yaml => format!("IdentityProviderName: !GetAtt {user_pool}.ProviderName"),
        Dialect::Json => {
            format!("\"IdentityProviderName\": {{ \"Fn::GetAtt\": [\"{user_pool}\", \"ProviderName\"] }}")
        }
        Dialect::Cdk => "identityProviderName: userPool.userPoolProviderName,".to_owned(),
    };
    fault.help = format!("name the user pool alone\n  {line}");
    Some(fault)
}

fn too_many(map: &TagMap) -> Option<Fault> {
    let (count, most) = (map.tags.len(), Quota::Tags.range().1);
    (count > most).then_some(())?;
    let what = (format!("{count} tags are too many"), format!("{count} tags, of {most} that a session can have"));
    let mut fault = fault(map, map.tags_at?, "PrincipalTags", "PrincipalTags", what);
    fault.help = format!("leave at most {most} tags: those that a policy asks for");
    Some(fault)
}

/// Keys that leave no room for what users bring.
fn too_large(graph: &Graph, map: &TagMap) -> Option<Fault> {
    let keys: usize = map.tags.iter().map(|tag| tag.key.text.bytes()).sum();
    let most = Quota::TagBytes.range().1;
    (keys > most).then_some(())?;
    let what = (String::new(), format!("the keys alone have {keys} bytes, of {most} for all tags of a session"));
    let mut fault = fault(map, map.tags_at?, "PrincipalTags", "PrincipalTags", what);
    fault.message = format!("users of {} get no credentials: their tags are too large", pool_name(graph, &map.pool));
    fault.help = "choose shorter keys, or fewer tags".to_owned();
    Some(fault)
}

/// Keys of tags compare without case (IAM User Guide, session tags).
fn twice(map: &TagMap) -> Option<Fault> {
    let known = |tag: &MappedTag| tag.key.known().map(str::to_ascii_lowercase);
    let pairs = map.tags.iter().enumerate().flat_map(|(at, b)| map.tags[..at].iter().map(move |a| (a, b)));
    let most = Quota::Tags.range().1;
    let mut pairs = pairs.take(most * most);
    let (first, second) = pairs.find(|(a, b)| known(a).is_some() && known(a) == known(b))?;
    let key = told(&second.key);
    let what = (format!("{key} is there twice"), "keys of tags differ in more than capitals".to_owned());
    let mut fault = fault(map, second.key.place, "PrincipalTags", &path(&second.key), what);
    fault.related = vec![Label::new(first.key.place, "the same key")];
    fault.help = "leave one of them".to_owned();
    Some(fault)
}

fn bad_key(map: &TagMap, tag: &MappedTag) -> Option<Fault> {
    let key = tag.key.known()?;
    let (least, most) = Quota::TagKey.range();
    let length = key.chars().count();
    let is_reserved = key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
    let why = match () {
        () if is_reserved => "keys that begin with aws: belong to AWS".to_owned(),
        () if !(least..=most).contains(&length) => format!("{length} characters, of {least} to {most} of a key"),
        () => return None,
    };
    let mut fault =
        fault(map, tag.key.place, "PrincipalTags", &path(&tag.key), ("no tag can have a key of it".to_owned(), why));
    fault.help = "choose another key, and the same in the policies that ask for it".to_owned();
    Some(fault)
}

fn bad_claim(map: &TagMap, tag: &MappedTag) -> Option<Fault> {
    let claim = tag.claim.as_ref()?;
    let (least, most) = Quota::TagClaim.range();
    let length = claim.known()?.chars().count();
    if (least..=most).contains(&length) {
        return None;
    }
    let why = format!("{length} characters, of {least} to {most} of a claim");
    let what = (format!("the claim of {} is none", told(&tag.key)), why);
    let mut fault = fault(map, claim.place, "PrincipalTags", &path(&tag.key), what);
    fault.help = "name a claim of the provider's token".to_owned();
    Some(fault)
}

/// A custom attribute that the user pool does not have.
fn unknown_claim(graph: &Graph, map: &TagMap, tag: &MappedTag) -> Option<Fault> {
    let claim = tag.claim.as_ref()?;
    let name = claim.known()?.strip_prefix(CUSTOM)?;
    let user_pool = user_pool_of(graph, map)?;
    let has = |name: &str| user_pool.attributes.iter().any(|own| own.name.known().is_none_or(|own| own == name));
    if user_pool.sets_claims || !user_pool.attributes_complete || has(name) || graph.is_touched(&user_pool.id) {
        return None;
    }
    let (key, pool) = (told(&tag.key), user_pool.entity.name());
    let what = (String::new(), format!("{pool} has no attribute {}", shown(name)));
    let mut fault = fault(map, claim.place, "PrincipalTags", &path(&tag.key), what);
    fault.severity = Severity::Warning;
    fault.message = format!("users of {pool} get no tag {key}: their tokens lack its claim");
    fault.related = vec![Label::new(user_pool.entity.place, "the user pool, whose Schema does not have it")];
    fault.help = format!("name an attribute of {pool}, or add this one to its Schema");
    Some(fault)
}

/// The user pool whose users a map is for, where a template of the run has it.
pub(super) fn user_pool_of<'g>(graph: &'g Graph, map: &TagMap) -> Option<&'g UserPool> {
    let by_id = user_pool_provider(&map.named.text).and_then(|named| graph.user_pool(&named.user_pool));
    by_id.or_else(|| graph.user_pools.iter().find(|pool| pool.provider == map.provider))
}

fn both(map: &TagMap) -> Option<Fault> {
    (map.defaults.is_true() && !map.tags.is_empty()).then_some(())?;
    let why = "beside UseDefaults: true; which of both counts is not documented".to_owned();
    let mut fault = fault(map, map.tags_at?, "UseDefaults", "PrincipalTags", (String::new(), why));
    fault.severity = Severity::Warning;
    fault.message = format!("which tags {} sets is not documented: its own or the defaults", map.entity.name());
    fault.help = "leave UseDefaults out, or PrincipalTags".to_owned();
    Some(fault)
}

fn told(key: &Written) -> String {
    shown(key.known().unwrap_or("?"))
}

fn path(key: &Written) -> String {
    format!("PrincipalTags.{}", key.known().unwrap_or("?"))
}
