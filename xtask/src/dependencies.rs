//! What the program may be built from: licences, sources, and crates that it must not come to need.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::licence;

/// The lists of `deny.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Licences that suffice.
    pub allowed: Vec<String>,
    /// Names of crates that the program must not hold.
    pub banned: Vec<String>,
}

/// What came of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What breaks a rule.
    pub errors: Vec<String>,
    /// What is worth knowing.
    pub warnings: Vec<String>,
    /// Number of packages that were looked at, those for tests and other systems too.
    pub packages: usize,
    /// Number of packages that go into the program or its build, on any system.
    pub in_program: usize,
}

impl Rules {
    /// Reads the two lists from the text of `deny.toml`.
    ///
    /// # Errors
    /// Where one of them is not there or empty.
    pub fn read(text: &str) -> Result<Self, String> {
        let allowed = list(text, "allow").ok_or("deny.toml has no list 'allow'")?;
        let banned = list(text, "deny").ok_or("deny.toml has no list 'deny'")?;
        Ok(Self { allowed, banned })
    }
}

/// The strings of `key = [ … ]`.
fn list(text: &str, key: &str) -> Option<Vec<String>> {
    let (_, rest) = text.split_once(&format!("\n{key} = ["))?;
    let (inside, _) = rest.split_once(']')?;
    let strings: Vec<String> = inside.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    (!strings.is_empty()).then_some(strings)
}

/// Holds what `cargo metadata` says against the rules.
///
/// # Errors
/// Where it is not what cargo says.
pub fn check(metadata: &Json, rules: &Rules) -> Result<Report, String> {
    let packages = array(metadata, "packages")?;
    let mut report = Report { packages: packages.len(), ..Report::default() };
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for package in packages {
        let (name, version) = (text(package, "name")?, text(package, "version")?);
        versions.entry(name).or_default().insert(version);
        names.insert(text(package, "id")?, name);
        report.errors.extend(wrong(package, rules).map(|what| format!("{name} {version}: {what}")));
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let versions = versions.iter().copied().collect::<Vec<_>>().join(", ");
        report.warnings.push(format!("{name} is there in several versions: {versions}"));
    }
    let nodes = array(metadata.get("resolve").unwrap_or(&Json::Null), "nodes")?;
    let program = reached(nodes, "rolecall", &names)?;
    report.in_program = program.len();
    let banned = program.iter().filter_map(|id| names.get(id)).filter(|name| rules.banned.iter().any(|b| b == *name));
    report.errors.extend(banned.map(|name| format!("{name} is banned from the program")));
    Ok(report)
}

/// What about one package breaks a rule.
fn wrong(package: &Json, rules: &Rules) -> impl Iterator<Item = String> {
    let licence = match package.get("license").and_then(Json::as_str) {
        None => Some("it states no licence".to_owned()),
        Some(expression) => match licence::is_met(expression, &rules.allowed) {
            Ok(true) => None,
            Ok(false) => Some(format!("its licence {expression} is not allowed")),
            Err(error) => Some(format!("its licence {expression} cannot be read: {error}")),
        },
    };
    // A package of this workspace has none.
    let source = package.get("source").and_then(Json::as_str);
    let foreign = source.filter(|source| !source.starts_with("registry+"));
    licence.into_iter().chain(foreign.map(|source| format!("it comes from {source}, which is no registry")))
}

/// The packages that one needs to be built and run, itself included: what only its tests need is not among them.
fn reached<'m>(nodes: &'m [Json], root: &str, names: &BTreeMap<&str, &str>) -> Result<BTreeSet<&'m str>, String> {
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in nodes {
        let mut needed = Vec::new();
        for dependency in array(node, "deps")? {
            let kinds = array(dependency, "dep_kinds")?;
            if kinds.iter().any(|kind| kind.get("kind").and_then(Json::as_str) != Some("dev")) {
                needed.push(text(dependency, "pkg")?);
            }
        }
        edges.insert(text(node, "id")?, needed);
    }
    let first = edges.keys().copied().find(|id| names.get(id) == Some(&root));
    let mut waiting = vec![first.ok_or_else(|| format!("there is no package {root}"))?];
    let mut reached = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if reached.insert(id) {
            waiting.extend(edges.get(id).into_iter().flatten());
        }
    }
    Ok(reached)
}

fn array<'j>(json: &'j Json, key: &str) -> Result<&'j [Json], String> {
    json.get(key).and_then(Json::as_array).map(Vec::as_slice).ok_or_else(|| format!("cargo metadata: no list '{key}'"))
}

fn text<'j>(json: &'j Json, key: &str) -> Result<&'j str, String> {
    json.get(key).and_then(Json::as_str).ok_or_else(|| format!("cargo metadata: no text '{key}'"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules() -> Rules {
        Rules::read("[licenses]\nallow = [\n    \"MIT\",\n    \"Zlib\",\n]\n[bans]\ndeny = [\"net\"]\n").unwrap()
    }

    fn package(id: &str, name: &str, licence: &str, source: Option<&str>) -> Json {
        json!({ "id": id, "name": name, "version": format!("{}.0.0", id.len()), "license": licence, "source": source })
    }

    fn metadata(packages: &[Json], edges: &[(&str, &str, Option<&str>)]) -> Json {
        let node = |package: &Json| {
            let id = package["id"].as_str().unwrap();
            let deps = edges.iter().filter(|(from, ..)| *from == id);
            let deps: Vec<Json> = deps.map(|(_, to, k)| json!({ "pkg": to, "dep_kinds": [{ "kind": k }] })).collect();
            json!({ "id": id, "deps": deps })
        };
        json!({ "packages": packages, "resolve": { "nodes": packages.iter().map(node).collect::<Vec<_>>() } })
    }

    #[test]
    fn the_lists_are_read() {
        assert_eq!(rules(), Rules { allowed: vec!["MIT".into(), "Zlib".into()], banned: vec!["net".into()] });
        assert!(Rules::read("[licenses]\nallow = []\n").is_err());
    }

    #[test]
    fn the_lists_of_this_project_are_there() {
        let rules = Rules::read(include_str!("../../deny.toml")).unwrap();
        assert!(rules.allowed.iter().any(|licence| licence == "MIT"));
        assert!(rules.banned.iter().any(|name| name == "serde_yaml"));
    }

    #[test]
    fn licences_and_sources_of_every_package() {
        let packages = [
            package("r", "rolecall", "MIT OR Apache-2.0", None),
            package("aa", "a", "MIT", Some("registry+somewhere")),
            package("bb", "b", "GPL-3.0", Some("registry+somewhere")),
            package("cc", "c", "Zlib", Some("git+somewhere")),
        ];
        let report = check(&metadata(&packages, &[]), &rules()).unwrap();
        let errors = [
            "b 2.0.0: its licence GPL-3.0 is not allowed",
            "c 2.0.0: it comes from git+somewhere, which is no registry",
        ];
        assert_eq!(report.errors, errors);
    }

    #[test]
    fn a_banned_crate_may_be_there_for_tests_only() {
        let packages = [
            package("r", "rolecall", "MIT", None),
            package("a", "a", "MIT", Some("registry+x")),
            package("n", "net", "MIT", Some("registry+x")),
        ];
        let through = |kind| {
            let edges = [("r", "a", kind), ("a", "n", None)];
            check(&metadata(&packages, &edges), &rules()).unwrap().errors
        };
        assert_eq!(through(Some("dev")), [""; 0]);
        assert_eq!(through(None), ["net is banned from the program"]);
        assert_eq!(through(Some("build")), ["net is banned from the program"]);
    }

    #[test]
    fn several_versions_are_told() {
        let packages = [
            package("r", "rolecall", "MIT", None),
            package("aa", "a", "MIT", Some("registry+x")),
            package("aaa", "a", "MIT", Some("registry+x")),
        ];
        let report = check(&metadata(&packages, &[]), &rules()).unwrap();
        assert_eq!(report.warnings, ["a is there in several versions: 2.0.0, 3.0.0"]);
        assert_eq!((report.packages, report.in_program), (3, 1));
    }
}
