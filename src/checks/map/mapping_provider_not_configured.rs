//! MAP005: a role mapping for a provider that the identity pool does not have.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, provider_words};
use crate::checks::remedy::{provider, provider_line};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::{Dialect, Graph, IdentityPool, Mapping, PoolProvider, ProviderKind, Providers};
use crate::value::{Branch, Text, Truth};

/// Finds mappings whose provider is certainly none of the pool's.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for mapping in cx.graph.mappings.iter().filter(|mapping| mapping.complete) {
        let Some((_, pool)) = cx.graph.pool(&mapping.pool) else { continue };
        for providers in &pool.configured {
            if let Some(when) = cx.graph.together(&mapping.when, &providers.when) {
                findings.extend(finding(cx.graph, mapping, pool, providers, when));
            }
        }
    }
}

fn finding(
    graph: &Graph,
    mapping: &Mapping,
    pool: &IdentityPool,
    providers: &Providers,
    when: Branch,
) -> Option<Finding> {
    let named = &mapping.named.text;
    let means = |provider: &&PoolProvider| !provider.is_meant_by(named, &graph.symbols).is_false();
    let (own, others): (Vec<_>, Vec<_>) = providers.list.iter().partition(means);
    let developer = own.first().filter(|own| own.kind == ProviderKind::Developer);
    // A custom resource that is given the pool may add providers.
    let is_open = !providers.complete || graph.is_touched(&pool.id);
    if matches!(named, Text::Any(_)) || (developer.is_none() && (!own.is_empty() || is_open)) {
        return None;
    }
    if developer.is_some_and(|own| own.is_meant_by(named, &graph.symbols) != Truth::True) {
        return None;
    }
    let name = pool.entity.name();
    let message = match developer {
        Some(_) => format!("{name} cannot map roles for its developer provider; the deployment fails"),
        None => format!("{name} does not have the provider that a mapping is for; the deployment fails"),
    };
    let told = shown(&provider_words(graph, named));
    let why = match developer {
        Some(_) => "a developer provider is no provider of a role mapping".to_owned(),
        None => format!("{told} is no provider of {name}"),
    };
    let path = if mapping.by_key { mapping.path.clone() } else { format!("{}.IdentityProvider", mapping.path) };
    let label = Label::new(mapping.named.place, why);
    let mut finding = Finding::new("MAP005", Severity::Error, message, label, mapping.entity.property(path));
    let nearest = nearest(mapping, &others);
    finding.related = related(graph, pool, developer.copied().or(nearest));
    let written = nearest.and_then(|nearest| provider(graph, mapping.entity.stack, nearest));
    finding.help = help(graph, mapping, nearest.map(|nearest| (nearest, written.as_ref())), developer.is_some());
    finding.fix = written.filter(|_| developer.is_none()).map(|value| Box::new(fix(mapping, value)));
    finding.mistake = mistake(mapping.place, "IdentityProvider");
    finding.branch = when;
    Some(finding)
}

/// The only provider of the pool with the same user pool.
fn nearest<'a>(mapping: &Mapping, others: &[&'a PoolProvider]) -> Option<&'a PoolProvider> {
    let own = mapping.user_pool.as_ref()?;
    let mut same_pool = others.iter().filter(|other| other.user_pool().as_ref() == Some(own));
    let first = same_pool.next()?;
    same_pool.next().is_none().then_some(first)
}

fn related(graph: &Graph, pool: &IdentityPool, provider: Option<&PoolProvider>) -> Vec<Label> {
    let mut labels = vec![Label::new(pool.entity.place, "the pool it is for")];
    labels.extend(provider.map(|provider| {
        let told = shown(&provider_words(graph, &provider.mapping_name()));
        Label::new(provider.at.place, format!("has {told}"))
    }));
    labels
}

/// The pool's own provider with the same user pool.
fn fix(mapping: &Mapping, value: Written) -> Fix {
    let change = match mapping.by_key {
        true => Change::Put { into: mapping.at, path: vec!["IdentityProvider".to_owned()], value },
        false => Change::Set { at: mapping.named.at(), value },
    };
    Fix::offered("name the provider that the pool has", vec![change])
}

type Nearest<'a> = (&'a PoolProvider, Option<&'a Written>);

fn help(graph: &Graph, mapping: &Mapping, nearest: Option<Nearest<'_>>, is_developer: bool) -> String {
    if is_developer {
        return "remove the mapping; users of a developer provider get the default role".to_owned();
    }
    let property = match mapping.entity.dialect {
        Dialect::Cdk => "authentication providers of the pool",
        _ => "providers of the pool",
    };
    let Some((nearest, written)) = nearest else {
        return format!("name a provider of the pool; or add the mapping's provider to the {property}");
    };
    let told = shown(&provider_words(graph, &nearest.mapping_name()));
    match written {
        Some(written) => {
            let line = provider_line(mapping.entity.dialect, Some(written));
            format!("name {told}, as the pool does\n  {line}\nor add the mapping's provider to the {property}")
        }
        None => format!("name {told}, as the pool does; or add the mapping's provider to the {property}"),
    }
}
