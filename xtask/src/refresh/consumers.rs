//! Whether the properties of `data/role-consumers.tsv` are those of CloudFormation's schemas.

use std::collections::HashMap;

use serde_json::Value;

use super::packages::{Packages, SCHEMAS, packed_json};

/// The types of a macro, of which the schemas of resources say nothing.
const SAM: &str = "AWS::Serverless::";

/// Types and properties that no schema has, each as `TYPE PROPERTY`.
pub(super) fn unknown(table: &str, packages: &Packages) -> Result<Vec<String>, String> {
    let schemas = packed_json(&packages.folder(SCHEMAS).join("db.json.gz"))?;
    let schemas = Schemas::read(&schemas)?;
    let rows = table.lines().filter(|line| !line.starts_with('#') && !line.starts_with(SAM));
    let mut unknown = Vec::new();
    for row in rows {
        let mut cells = row.split('\t');
        let (Some(kind), Some(path), Some(_), Some(external)) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            return Err(format!("role-consumers.tsv: '{row}' has too few columns"));
        };
        let external = Some(external).filter(|external| !["no", "unknown"].contains(external));
        let missing = std::iter::once(path).chain(external).filter(|path| !schemas.has(kind, path));
        unknown.extend(missing.map(|path| format!("{kind} {path}")));
    }
    Ok(unknown)
}

/// The schemas of resources.
struct Schemas<'v> {
    resources: HashMap<&'v str, &'v Value>,
    definitions: HashMap<&'v str, &'v Value>,
}

impl<'v> Schemas<'v> {
    fn read(root: &'v Value) -> Result<Self, String> {
        let entities =
            |table: &str| root["schema"][table]["entities"].as_array().ok_or(format!("{SCHEMAS} has no table {table}"));
        let keyed = |table: &str, key: &str| -> Result<HashMap<&str, &Value>, String> {
            Ok(entities(table)?.iter().filter_map(|entity| Some((entity[key].as_str()?, entity))).collect())
        };
        let schemas =
            Self { resources: keyed("resource", "cloudFormationType")?, definitions: keyed("typeDefinition", "$id")? };
        if schemas.resources.len() < 1_000 { Err(format!("{SCHEMAS} has hardly any resource")) } else { Ok(schemas) }
    }

    fn has(&self, kind: &str, path: &str) -> bool {
        let Some(resource) = self.resources.get(kind) else { return false };
        let mut open = vec![&resource["properties"]];
        let names: Vec<&str> = path.split('.').collect();
        for (at, name) in names.iter().enumerate() {
            let below = open.iter().map(|properties| &properties[name.trim_end_matches("[]")]["type"]);
            let types: Vec<&Value> = below.filter(|kind| !kind.is_null()).collect();
            if at + 1 == names.len() {
                return !types.is_empty();
            }
            open = types.into_iter().flat_map(|kind| self.properties(kind)).collect();
        }
        false
    }

    /// The properties of a type, those of a list's members included.
    fn properties(&self, kind: &'v Value) -> Vec<&'v Value> {
        match kind["type"].as_str() {
            Some("array") => self.properties(&kind["element"]),
            Some("union") => {
                kind["types"].as_array().into_iter().flatten().flat_map(|kind| self.properties(kind)).collect()
            }
            Some("ref") => {
                let id = kind["reference"]["$ref"].as_str().unwrap_or_default();
                self.definitions.get(id).map(|definition| &definition["properties"]).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_through_lists_and_definitions() {
        let (resource, list) = (
            json!({"properties": {"Targets": {"type": {"type": "array", "element": {"type": "ref", "reference": {"$ref": "7"}}}}}}),
            json!({"properties": {"RoleArn": {"type": {"type": "string"}}}}),
        );
        let schemas = Schemas {
            resources: HashMap::from([("AWS::Events::Rule", &resource)]),
            definitions: HashMap::from([("7", &list)]),
        };
        assert!(schemas.has("AWS::Events::Rule", "Targets[].RoleArn"));
        assert!(!schemas.has("AWS::Events::Rule", "Targets[].Role"));
        assert!(!schemas.has("AWS::Events::Rule", "RoleArn"));
        assert!(!schemas.has("AWS::Events::Bus", "Targets[].RoleArn"));
    }
}
