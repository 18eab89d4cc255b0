//! Names of service principals, and the prefixes of services.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::Origin;
use super::packages::{AUTHORIZATION, CDK, POLICIES, Packages, files, json};

const SUFFIX: &str = ".amazonaws.com";

/// What rows of the packages have as their source; all others are kept.
const BY_POLICIES: &str = "AWS managed policies";
const BY_CDK: &str = "AWS CDK, constructs";

/// Fewer names than this are no list: a package has changed its form.
const LEAST_OF_POLICIES: usize = 200;
const LEAST_OF_CDK: usize = 40;
const LEAST_PREFIXES: usize = 400;

/// The table of service principals.
pub(super) fn principals(packages: &Packages, data: &Path, date: &str) -> Result<String, String> {
    let policies = json(&packages.folder(POLICIES).join("dist/managedPolicies.json"))?;
    let mut of_policies = BTreeSet::new();
    names_in(&policies, &mut of_policies);
    let mut of_cdk = BTreeSet::new();
    for file in files(&packages.folder(CDK), ".js")? {
        let text = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        names_of_code(&String::from_utf8_lossy(&text), &mut of_cdk);
    }
    at_least(POLICIES, of_policies.len(), LEAST_OF_POLICIES)?;
    at_least(CDK, of_cdk.len(), LEAST_OF_CDK)?;
    let before = std::fs::read_to_string(data.join("service-principals.tsv")).unwrap_or_default();
    let origin = Origin { date: date.to_owned(), versions: vec![packages.version(POLICIES)?, packages.version(CDK)?] };
    Ok(table(&before, &of_policies, &of_cdk, &origin))
}

fn at_least(package: &str, count: usize, least: usize) -> Result<(), String> {
    if count >= least { Ok(()) } else { Err(format!("{package} has only {count} names: its form may have changed")) }
}

fn table(before: &str, of_policies: &BTreeSet<String>, of_cdk: &BTreeSet<String>, origin: &Origin) -> String {
    let mut rows: BTreeMap<&str, &str> = BTreeMap::new();
    rows.extend(of_policies.iter().map(|name| (name.as_str(), BY_POLICIES)));
    rows.extend(of_cdk.iter().map(|name| (name.as_str(), BY_CDK)));
    // What somebody has read in a guide says more.
    let kept = before.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    rows.extend(kept.filter(|(_, source)| ![BY_POLICIES, BY_CDK].contains(source)));
    let versions = origin.versions.join(" and ");
    let mut table = format!(
        "# Services that may stand as principals, without their suffix {SUFFIX}. The list cannot be whole: a name\n\
         # that is not in it is unknown, and not wrong.\n\
         # From the npm packages {versions},\n# and guides; made {} by `cargo xtask refresh-data`.\n\
         # Columns: service, source\n",
        origin.date
    );
    rows.iter().for_each(|(name, source)| {
        let _ = writeln!(table, "{name}\t{source}");
    });
    table
}

/// The texts of a document that are names of services.
fn names_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(service(text)),
        Value::Array(items) => items.iter().for_each(|item| names_in(item, found)),
        Value::Object(entries) => entries.iter().for_each(|(_, value)| names_in(value, found)),
        _ => {}
    }
}

/// The names that code makes principals of.
fn names_of_code(code: &str, found: &mut BTreeSet<String>) {
    for rest in code.split("ServicePrincipal(").skip(1) {
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        found.extend(rest.get(1..).and_then(|rest| rest.split(quote).next()).and_then(service));
    }
}

/// The name without its suffix.
fn service(text: &str) -> Option<String> {
    let front = text.strip_suffix(SUFFIX)?;
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_plain)
    };
    front.split('.').all(is_label).then(|| front.to_owned())
}

/// The table of prefixes.
pub(super) fn prefixes(packages: &Packages, date: &str) -> Result<String, String> {
    let data = packages.folder(AUTHORIZATION).join("data");
    let mut rows: BTreeMap<String, bool> = BTreeMap::new();
    for file in files(&data.join("actions"), ".json")? {
        rows.extend(stem(&file).map(|prefix| (prefix, false)));
    }
    for file in files(&data.join("conditionKeys"), ".json")? {
        for (key, _) in json(&file)?.as_object().into_iter().flatten() {
            let prefix = key.split_once(':').map(|(prefix, _)| prefix.to_ascii_lowercase());
            rows.extend(prefix.filter(|prefix| is_of_service(prefix)).map(|prefix| (prefix, true)));
        }
    }
    at_least(AUTHORIZATION, rows.len(), LEAST_PREFIXES)?;
    let version = packages.version(AUTHORIZATION)?;
    let mut table = format!(
        "# Prefixes of services in the Service Authorization Reference, and whether the service has condition keys of\n\
         # its own.\n# From the npm package {version}; made {date} by `cargo xtask refresh-data`.\n\
         # Columns: prefix, condition keys\n"
    );
    rows.iter().for_each(|(prefix, has_keys)| {
        let _ = writeln!(table, "{prefix}\t{}", if *has_keys { "yes" } else { "no" });
    });
    Ok(table)
}

fn stem(file: &Path) -> Option<String> {
    Some(file.file_stem()?.to_string_lossy().into_owned())
}

/// Whether a prefix of a key is that of a service: not a global one, nor the name of an issuer.
fn is_of_service(prefix: &str) -> bool {
    let plain = prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    plain && !["aws", "saml", "sts"].contains(&prefix)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_stand_in_policies_and_in_code() {
        let mut found = BTreeSet::new();
        names_in(
            &json!({"a": ["x.amazonaws.com", "kms.*.amazonaws.com"], "b": {"c": "pods.eks.amazonaws.com"}}),
            &mut found,
        );
        names_of_code("new iam.ServicePrincipal(\"es.amazonaws.com\"); new ServicePrincipal(name)", &mut found);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["es", "pods.eks", "x"]);
    }

    #[test]
    fn rows_of_guides_stay() {
        let before = "# head\na\tSome Guide\nb\tAWS managed policies\n";
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let origin = Origin { date: "2026-11-26".to_owned(), versions: vec!["p 1".to_owned()] };
        let table = table(before, &names(&["a", "c"]), &names(&["d"]), &origin);
        let rows: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(rows, ["a\tSome Guide", "c\tAWS managed policies", "d\tAWS CDK, constructs"]);
        assert!(table.contains("made 2026-11-26"));
    }
}
