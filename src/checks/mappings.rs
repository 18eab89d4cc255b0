//! What findings on role attachments and their mappings have in common: spots, names, lines to paste.

use crate::finding::Mistake;
use crate::identity::provider::user_pool_provider;
use crate::identity::{Dialect, Graph};
use crate::source::Place;
use crate::value::Text;

/// The mistake on a property of a mapping, of a rule or of an attachment.
pub(super) fn mistake(at: Place, element: &'static str) -> Mistake {
    Mistake { statement: Some(at), element, bare: false }
}

/// A property with a text, as a template or CDK code writes it.
pub(super) fn property_line(dialect: Dialect, name: &str, value: &str) -> String {
    match dialect {
        Dialect::Cdk => format!("{}: '{value}',", in_code(name)),
        Dialect::Json => format!("\"{name}\": \"{value}\""),
        Dialect::Yaml => format!("{name}: {value}"),
    }
}

/// The name of a property in CDK code, which begins small.
fn in_code(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// A provider in a few words: a user pool and its app client by their logical ids.
pub(super) fn provider_words(graph: &Graph, provider: &Text) -> String {
    let Some(user_pool) = user_pool_provider(provider) else { return graph.shown(provider) };
    let pool = name_of(graph, &user_pool.user_pool);
    match &user_pool.client {
        Some(client) => format!("app client {} of {pool}", name_of(graph, client)),
        None => pool,
    }
}

/// The resource whose id a text is, by its logical id; else the text.
fn name_of(graph: &Graph, id: &Text) -> String {
    id.as_symbol().map_or_else(|| graph.shown(id), |symbol| graph.symbols.facts(symbol).name.to_string())
}

/// The identity pool of a mapping, by its logical id where a template of the run has it.
pub(super) fn pool_name(graph: &Graph, pool: &Text) -> String {
    graph.pool(pool).map_or_else(|| "the identity pool".to_owned(), |(_, pool)| pool.entity.name().to_owned())
}
