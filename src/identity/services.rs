//! Services by their names: which ones are known, and which one a name means (`data/service-principals.tsv`,
//! `data/service-prefixes.tsv`, `data/service-confusions.tsv`).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::service_name::{SUFFIX, front};
use crate::value::{Piece, Text};

static PRINCIPALS: LazyLock<Vec<&str>> =
    LazyLock::new(|| rows(include_str!("../../data/service-principals.tsv")).map(first).collect());

/// Prefixes of services, and whether they have condition keys of their own.
static PREFIXES: LazyLock<HashMap<&str, bool>> = LazyLock::new(|| {
    let rows = rows(include_str!("../../data/service-prefixes.tsv")).filter_map(|row| row.split_once('\t'));
    rows.map(|(prefix, keys)| (prefix, keys == "yes")).collect()
});

static CONFUSIONS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let rows = rows(include_str!("../../data/service-confusions.tsv")).filter_map(|row| row.split_once('\t'));
    rows.map(|(written, rest)| (written, first(rest))).collect()
});

static KNOWN: LazyLock<HashSet<&str>> =
    LazyLock::new(|| PRINCIPALS.iter().copied().chain(PREFIXES.keys().copied()).collect());

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}

fn first(row: &str) -> &str {
    row.split('\t').next().unwrap_or_default()
}

/// Whether some list has a service of this name. One that is in none is unknown, and not wrong: the lists cannot be
/// whole.
pub fn is_known_service(name: &str) -> bool {
    front(name).is_some_and(|front| KNOWN.contains(front.as_str()))
}

/// The service that is probably meant by a name that people write instead of another.
pub fn confused_with(name: &str) -> Option<String> {
    let meant = CONFUSIONS.get(front(name)?.as_str())?;
    Some(format!("{meant}{SUFFIX}"))
}

/// The services that are known to stand as principals, without their suffix.
pub fn service_fronts() -> impl Iterator<Item = &'static str> {
    PRINCIPALS.iter().copied()
}

/// A name without its suffix and Region.
pub fn service_front(name: &str) -> Option<String> {
    front(name)
}

/// Whether condition keys that begin so are those of a service.
pub fn has_keys(prefix: &str) -> bool {
    PREFIXES.get(prefix).copied().unwrap_or(false)
}

/// Whether a principal is a service, by any of the ways to write its name: with a Region, with the suffix of another
/// partition, with one that only the deployment knows.
pub fn is_service(principal: &Text, service: &str) -> bool {
    let Some(wanted) = front(service) else { return false };
    match principal {
        Text::Known(name) => front(name) == Some(wanted),
        Text::Shape(pieces) => match pieces.first() {
            Some(Piece::Literal(first)) => first.strip_prefix(wanted.as_str()) == Some("."),
            _ => false,
        },
        Text::Any(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Format, SymbolFacts, Symbols};

    #[test]
    fn services_by_their_names() {
        for known in
            ["lambda.amazonaws.com", "pods.eks.amazonaws.com", "states.eu-west-1.amazonaws.com", "ec2.amazonaws.com.cn"]
        {
            assert!(is_known_service(known), "{known}");
        }
        for unknown in ["ecs-task.amazonaws.com", "lamda.amazonaws.com", "lambda", "amazonaws.com", ""] {
            assert!(!is_known_service(unknown), "{unknown}");
        }
        assert_eq!(confused_with("emr.amazonaws.com").as_deref(), Some("elasticmapreduce.amazonaws.com"));
        assert!(has_keys("s3") && !has_keys("aws") && !has_keys("saml") && !has_keys("sts"));
    }

    #[test]
    fn every_confusion_leads_to_a_known_service_and_is_none() {
        for (written, meant) in CONFUSIONS.iter() {
            assert!(PRINCIPALS.contains(meant), "{meant}");
            assert!(!KNOWN.contains(written), "{written}");
        }
    }

    #[test]
    fn one_service_in_several_spellings() {
        let mut symbols = Symbols::default();
        let region = symbols.add(SymbolFacts {
            name: "AWS::Region".into(),
            format: Format::new("{a9-}", "eu-west-1"),
            unique: false,
            fresh: false,
        });
        let shape =
            |front: &str| Text::join([&Text::known(front), &Text::symbol(region), &Text::known(".amazonaws.com")]);
        let is = |text: &Text| is_service(text, "states.amazonaws.com");
        assert!(is(&Text::known("states.amazonaws.com")) && is(&Text::known("states.us-east-1.amazonaws.com")));
        assert!(is(&Text::known("states.amazonaws.com.cn")) && is(&shape("states.")));
        assert!(!is(&shape("logs.")) && !is(&Text::known("stats.amazonaws.com")) && !is(&Text::symbol(region)));
    }
}
