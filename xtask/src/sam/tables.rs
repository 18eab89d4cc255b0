//! Condenses the transform's own tables into those under `data/`: a line a statement, nothing but facts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

/// Where the facts come from; stands in the head of each table.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The commit of the source.
    pub commit: String,
    /// When it was read.
    pub date: String,
}

impl Origin {
    fn head(&self, what: &str, file: &str, columns: &str) -> String {
        let Self { commit, date } = self;
        format!(
            "# {what}\n# Facts of github.com/aws/serverless-application-model, {file}, commit {commit}\n\
             # (licence: Apache-2.0), condensed {date} by `cargo xtask sam-tables`.\n# {columns}\n"
        )
    }
}

/// Writes the tables that `source`, a checkout of the transform, has into the folder `data`.
///
/// # Errors
/// Where a file cannot be read or written, or has a form that the tables do not know.
pub fn write(source: &Path, data: &Path, origin: &Origin) -> Result<(), String> {
    let read = |path: &str| {
        let text = std::fs::read_to_string(source.join(path)).map_err(|error| format!("{path}: {error}"))?;
        serde_json::from_str::<Value>(&text).map_err(|error| format!("{path}: {error}"))
    };
    let templates = "samtranslator/policy_templates_data/policy_templates.json";
    let profiles = "samtranslator/model/connector_profiles/profiles.json";
    let managed = "samtranslator/internal/data/aws_managed_policies.json";
    let tables = [
        ("sam-policy-templates.tsv", policy_templates(&read(templates)?, &origin_of(origin, templates))?),
        ("sam-connectors.tsv", connectors(&read(profiles)?, &origin_of(origin, profiles))?),
        ("sam-managed-policies.tsv", managed_policies(&read(managed)?, &origin_of(origin, managed))),
    ];
    for (name, text) in tables {
        std::fs::write(data.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

struct Sourced<'o> {
    origin: &'o Origin,
    file: &'o str,
}

fn origin_of<'o>(origin: &'o Origin, file: &'o str) -> Sourced<'o> {
    Sourced { origin, file }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Members of a list; of anything else itself.
fn members(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn policy_templates(value: &Value, sourced: &Sourced<'_>) -> Result<String, String> {
    let columns =
        "template\tactions\tresources; `${Name}` is a parameter of the template\tcondition: operator, key, value";
    let what = "SAM policy templates, a line a statement; every one of them allows.";
    let mut table = sourced.origin.head(what, sourced.file, columns);
    for (name, template) in entries(&value["Templates"]) {
        for statement in members(&template["Definition"]["Statement"]) {
            let row =
                statement_row(statement, &|text| Ok(text.to_owned())).map_err(|error| format!("{name}: {error}"))?;
            let _ = writeln!(table, "{name}\t{row}");
        }
    }
    Ok(table)
}

/// How a profile spells its variables is up to its table.
type Spell<'s> = &'s dyn Fn(&str) -> Result<String, String>;

fn statement_row(statement: &Value, spell: Spell<'_>) -> Result<String, String> {
    if statement["Effect"] != "Allow" {
        return Err("a statement that does not allow".to_owned());
    }
    let actions: Option<Vec<&str>> = members(&statement["Action"]).iter().map(Value::as_str).collect();
    let actions = actions.ok_or("an action that is no text")?.join(" ");
    let resources: Result<Vec<String>, String> =
        members(&statement["Resource"]).iter().map(|one| text(one, spell)).collect();
    let row = format!("{actions}\t{}", resources?.join(" "));
    let mut conditions = entries(&statement["Condition"])
        .flat_map(|(operator, keys)| entries(keys).map(move |(key, value)| (operator, key, value)));
    match (conditions.next(), conditions.next()) {
        (None, _) => Ok(row),
        (Some((operator, key, value)), None) => Ok(format!("{row}\t{operator} {key} {}", text(value, spell)?)),
        _ => Err("more than one condition".to_owned()),
    }
}

/// A text of which the holes are named after the parameters that fill them.
fn text(value: &Value, spell: Spell<'_>) -> Result<String, String> {
    if let Some(text) = value.as_str() {
        return spell(text);
    }
    if let Some(name) = value["Ref"].as_str() {
        return Ok(format!("${{{name}}}"));
    }
    match members(&value["Fn::Sub"]) {
        [text] => spell(text.as_str().ok_or("Fn::Sub of no text")?),
        [text, holes] => {
            let mut text = text.as_str().ok_or("Fn::Sub of no text")?.to_owned();
            for (hole, filled) in entries(holes) {
                let name = filled["Ref"].as_str().ok_or("a hole that no parameter fills")?;
                text = text.replace(&format!("${{{hole}}}"), &format!("${{{name}}}"));
            }
            Ok(text)
        }
        _ => Err(format!("a text in an unknown form: {value}")),
    }
}

const ROLE_POLICY: &str = "AWS_IAM_ROLE_MANAGED_POLICY";

fn connectors(value: &Value, sourced: &Sourced<'_>) -> Result<String, String> {
    let columns = "source\tdestination\twhose role gets it\tcategory\tactions\tresources";
    let what = "What SAM connectors grant to roles, a line a statement; every one of them allows.";
    let mut table = sourced.origin.head(what, sourced.file, columns);
    for (source, destinations) in entries(&value["Permissions"]) {
        for (destination, profile) in entries(destinations) {
            let properties = &profile["Properties"];
            if profile["Type"] != ROLE_POLICY {
                continue;
            }
            let whose = if properties["SourcePolicy"] == true { "source" } else { "destination" };
            for (category, statements) in entries(&properties["AccessCategories"]) {
                for statement in members(&statements["Statement"]) {
                    let row = statement_row(statement, &|text| Ok(text.replace("%{", "${")))?;
                    let _ = writeln!(table, "{source}\t{destination}\t{whose}\t{category}\t{row}");
                }
            }
        }
    }
    Ok(table)
}

fn managed_policies(value: &Value, sourced: &Sourced<'_>) -> String {
    let columns = "path\tname";
    let what = "AWS managed policies that stand in a path and may be attached, of all partitions; others have none.";
    let mut paths: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, policies) in entries(value) {
        for (name, arn) in entries(policies) {
            let path =
                arn.as_str().and_then(|arn| arn.split_once(":policy/")).and_then(|(_, path)| path.rsplit_once('/'));
            // A service attaches those of its own roles; nobody else can.
            if let Some((path, _)) = path.filter(|(path, _)| *path != "aws-service-role") {
                paths.entry(path).or_default().insert(name);
            }
        }
    }
    let mut table = sourced.origin.head(what, sourced.file, columns);
    for (path, names) in paths {
        names.into_iter().for_each(|name| {
            let _ = writeln!(table, "{path}\t{name}");
        });
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_statement_is_a_line() {
        let filled = json!({"Fn::Sub": ["arn:${AWS::Partition}:sqs:${q}", {"q": {"Ref": "Queue"}}]});
        let statement = json!({
            "Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": [filled, "*"],
            "Condition": {"StringEquals": {"a:key": {"Ref": "Value"}}}
        });
        let row = statement_row(&statement, &|text| Ok(text.to_owned()));
        let expected = "a:B a:C\tarn:${AWS::Partition}:sqs:${Queue} *\tStringEquals a:key ${Value}";
        assert_eq!(row.as_deref(), Ok(expected));
        assert!(statement_row(&json!({"Effect": "Deny"}), &|text| Ok(text.to_owned())).is_err());
    }
}
