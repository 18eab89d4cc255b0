//! Every key of a `rolecall.toml` with what it says: for the file that `rolecall init` writes, and the schema that
//! editors read. The parser refuses, in tests, to know other keys than these.

use serde_json::{Map, Value, json};

use super::lint::FailOn;
use crate::checks::rules;
use crate::finding::Severity;

/// A key of a section.
struct Key {
    name: &'static str,
    /// What it says, one sentence a line.
    says: &'static str,
    /// As it could stand in a file.
    example: &'static str,
    schema: fn() -> Value,
}

/// A section of the file.
struct Section {
    name: &'static str,
    says: &'static str,
    /// Whether it may stand there several times, `[[name]]`.
    is_list: bool,
    /// Its keys; where these are open, some that may stand there.
    keys: &'static [Key],
    /// What may stand at a key that is none of these.
    open: Option<fn() -> Value>,
}

/// The sections, in the order in which they are written.
const SECTIONS: [Section; 6] = [
    Section {
        name: "check",
        says: "What is read, and what counts.",
        is_list: false,
        keys: &[
            Key {
                name: "exclude",
                says: "What is left out: globs as in a .gitignore of this folder. What the command line names is read all the same.\nA folder below with a rolecall.toml of its own obeys that one alone.",
                example: r#"["examples/**", "**/node_modules/**"]"#,
                schema: texts,
            },
            Key {
                name: "policies",
                says: "Files that are policies without a template. This version says of each that it is not checked yet.",
                example: r#"["policies/*.json"]"#,
                schema: texts,
            },
            Key {
                name: "fail-on",
                says: "The lowest severity that makes the exit status 1: error, warning, info or never.\nThe file nearest to the working directory says it; --fail-on wins.",
                example: r#""warning""#,
                schema: || json!({ "enum": FailOn::NAMES }),
            },
            Key {
                name: "ignore",
                says: "Rules that are left out below this folder: ids, names or groups. One that --select names runs all the same.",
                example: r#"["SVC005", "cognito-amr-missing"]"#,
                schema: || json!({ "type": "array", "items": { "enum": rules_and_groups() } }),
            },
        ],
        open: None,
    },
    Section {
        name: "severity",
        says: "The severity of rules, by id or name: error, warning or info, whatever a finding would have.",
        is_list: false,
        keys: &[Key { name: "MAP001", says: "", example: r#""error""#, schema: severity }],
        open: Some(severity),
    },
    Section {
        name: "trust",
        says: "What counts as yours.",
        is_list: false,
        keys: &[
            Key {
                name: "accounts",
                says: "Accounts of yours: the rules on third parties (XAC) leave them alone.",
                example: r#"["111122223333"]"#,
                schema: || json!({ "type": "array", "items": account() }),
            },
            Key {
                name: "organizations",
                says: "Organizations of yours: an account that is trusted as one of another organization is a third party (XAC006).",
                example: r#"["o-exampleorgid"]"#,
                schema: || json!({ "type": "array", "items": { "type": "string", "pattern": "^o-[a-z0-9]+$" } }),
            },
            Key {
                name: "identity-pools",
                says: "Identity pools of yours that no template here defines (CGT004).",
                example: r#"["us-east-1:11111111-2222-4333-8444-555555555555"]"#,
                schema: || json!({ "type": "array", "items": { "type": "string", "pattern": "^[\\w-]+:[0-9a-f-]+$" } }),
            },
            Key {
                name: "third-parties",
                says: "Accounts of others that are known to you, and who they are: the rules on third parties (XAC) leave them alone.",
                example: r#"{ "444455556666" = "vendor X, external id required" }"#,
                schema: || json!({ "type": "object", "propertyNames": account(), "additionalProperties": text() }),
            },
            Key {
                name: "service-principals",
                says: "Services beside those that are known (SVC003).",
                example: r#"["inhouse.example.amazonaws.com"]"#,
                schema: texts,
            },
            Key {
                name: "require-boundary",
                says: "Whether every role must carry a permissions boundary: true, false, or the ARN of the one that it must carry.\nThis version does nothing with it yet, and says so.",
                example: "true",
                schema: || json!({ "anyOf": [{ "type": "boolean" }, { "type": "string", "pattern": "^arn:" }] }),
            },
        ],
        open: None,
    },
    Section {
        name: "parameters",
        says: "Values of parameters in the templates below this folder; --parameters wins.",
        is_list: false,
        keys: &[
            Key { name: "Stage", says: "", example: r#""prod""#, schema: value },
            Key {
                name: "\"AWS::Region\"",
                says: "Where the templates go: AWS::Region, AWS::AccountId, AWS::Partition.",
                example: r#""eu-central-1""#,
                schema: value,
            },
        ],
        open: Some(value),
    },
    Section {
        name: "cdk",
        says: "Apps of CDK.",
        is_list: false,
        keys: &[Key {
            name: "source-root",
            says: "The folder of the app's sources, below this one; --source-root wins.",
            example: r#"".""#,
            schema: text,
        }],
        open: None,
    },
    Section {
        name: "suppress",
        says: "Findings that are hidden. Each needs a rule; what else it says narrows it.",
        is_list: true,
        keys: &[
            Key {
                name: "rule",
                says: "The id or name of one rule.",
                example: r#""XAC006""#,
                schema: || json!({ "enum": ids_and_names() }),
            },
            Key {
                name: "path",
                says: "The file, or a glob of files, from this folder.",
                example: r#""infra/vendor.yaml""#,
                schema: text,
            },
            Key { name: "logical-id", says: "The resource.", example: r#""VendorRole""#, schema: text },
            Key {
                name: "condition",
                says: "Only findings that are there only where this condition of the template is true.",
                example: r#""IsDev""#,
                schema: text,
            },
            Key {
                name: "reason",
                says: "Why. Without it the finding is hidden too, and SUP001 asks for it.",
                example: r#""vendor cannot send an external id until March""#,
                schema: text,
            },
            Key { name: "owner", says: "Who answers for it.", example: r#""platform""#, schema: text },
            Key {
                name: "expires",
                says: "Its last day, without quotes; from the next one on the finding is shown again.",
                example: "2027-03-31",
                schema: || json!({ "type": "string", "format": "date" }),
            },
        ],
        open: None,
    },
];

/// Sections that the parser knows by name, and refuses.
const REFUSED: [&str; 1] = ["guard"];

fn text() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

fn texts() -> Value {
    json!({ "type": "array", "items": text() })
}

fn account() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{12}$" })
}

fn severity() -> Value {
    let names = [Severity::Error, Severity::Warning, Severity::Info].map(Severity::name);
    json!({ "enum": names })
}

fn value() -> Value {
    let plain = json!({ "type": ["string", "number", "boolean"] });
    json!({ "anyOf": [plain.clone(), { "type": "array", "items": plain }] })
}

fn ids_and_names() -> Vec<&'static str> {
    rules().iter().flat_map(|rule| [rule.id, rule.name]).collect()
}

fn rules_and_groups() -> Vec<String> {
    let mut groups: Vec<String> = rules().iter().map(|rule| rule.group.to_ascii_uppercase()).collect();
    groups.dedup();
    ids_and_names().into_iter().map(str::to_owned).chain(groups).collect()
}

/// The keys that the parser asks for in a section, sorted; of the root, the sections. None of another table.
pub(super) fn names(section: &str) -> Option<Vec<&'static str>> {
    let mut names: Vec<&str> = match SECTIONS.iter().find(|own| own.name == section) {
        Some(own) => own.keys.iter().map(|key| key.name).collect(),
        None if section.is_empty() => SECTIONS.iter().map(|own| own.name).chain(REFUSED).collect(),
        None => return None,
    };
    names.sort_unstable();
    Some(names)
}

/// A `rolecall.toml` in which every key is described and none is set: `#key = value` beside `# words`.
pub fn commented() -> String {
    let mut out = String::from(
        "# What rolecall is to know of the templates below this folder. For each template the nearest rolecall.toml upward\n\
         # counts; two are never merged. Options on the command line win. Take the '#' away from what you want to say.\n",
    );
    for section in SECTIONS {
        let head = if section.is_list { format!("#[[{}]]", section.name) } else { format!("[{}]", section.name) };
        out += &format!("\n# {}\n{head}\n", section.says);
        for key in section.keys {
            key.says.lines().for_each(|line| out += &format!("# {line}\n"));
            out += &format!("#{} = {}\n", key.name, key.example);
        }
    }
    out
}

/// The JSON Schema of the file, for editors.
pub fn schema() -> Value {
    let sections: Map<String, Value> = SECTIONS.iter().map(|own| (own.name.to_owned(), of_section(own))).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "rolecall.toml",
        "description": "Configuration of rolecall.",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

fn of_section(section: &Section) -> Value {
    let described = |key: &Key| {
        let mut schema = (key.schema)();
        if let (Some(schema), false) = (schema.as_object_mut(), key.says.is_empty()) {
            schema.insert("description".to_owned(), key.says.replace('\n', " ").into());
        }
        (key.name.to_owned(), schema)
    };
    let keys: Map<String, Value> = section.keys.iter().map(described).collect();
    let table = match section.open {
        Some(open) => json!({ "type": "object", "additionalProperties": open() }),
        None => json!({ "type": "object", "additionalProperties": false, "properties": keys }),
    };
    let mut whole = match section.is_list {
        true => {
            let mut entry = table;
            entry["required"] = json!(["rule"]);
            json!({ "type": "array", "items": entry })
        }
        false => table,
    };
    whole["description"] = section.says.into();
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    /// What `init` writes with every key set.
    fn uncommented() -> String {
        let line = |line: &str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        commented().lines().map(line).collect()
    }

    #[test]
    fn the_file_that_is_written_says_nothing_and_can_say_everything() {
        assert_eq!(Settings::parse(&commented()), Ok(Settings::default()));
        let said = Settings::parse(&uncommented()).unwrap_or_else(|faults| panic!("{}\n{faults:?}", uncommented()));
        assert_eq!((said.lint.exclude.len(), said.lint.policies.len(), said.lint.ignored.len()), (2, 1, 2));
        assert_eq!(said.lint.severities.len(), 1);
        assert!(said.lint.fail_on.is_some() && said.lint.suppress[0].expires.is_some());
        assert!(said.source_root.is_some() && said.parameters.len() == 1 && !said.trusted.accounts.is_empty());
        assert!(commented().lines().all(|line| line.chars().count() <= 120), "{}", commented());
    }

    #[test]
    fn each_key_is_known_to_the_parser_and_no_other_is() {
        for section in SECTIONS {
            let open =
                if section.is_list { format!("[[{}]]\n", section.name) } else { format!("[{}]\n", section.name) };
            for key in section.keys {
                let rule = if section.is_list && key.name != "rule" { "rule = 'XAC006'\n" } else { "" };
                let text = format!("{open}{rule}{} = {}\n", key.name, key.example);
                assert!(Settings::parse(&text).is_ok(), "{text}{:?}", Settings::parse(&text));
            }
            assert!(Settings::parse(&format!("{open}zebra-crossing = {{}}\n")).is_err(), "{open}");
        }
    }
}
