//! Which file beside a template has the values of its parameters (ARCHITECTURE.md, Parameters).
//!
//! Such a file is one deployment out of several, so its values are like defaults. It counts only where its
//! name and its content both say that it belongs to this template, and where it is the only one.

use std::sync::Arc;

use super::Parameters;
use super::parameters::read_beside;

/// Endings of templates' names, the longer ones first.
const ENDINGS: [&str; 6] = [".template.json", ".yaml.template", ".template", ".yaml", ".yml", ".json"];
/// Last words of the name of a file with parameters.
const WORDS: [&str; 6] = ["parameters", "parameter", "params", "config", "configuration", "conf"];
/// Names that say the same without the template's: taken where no other template lies there.
const COMMON: [&str; 5] = ["parameters", "params", "template-configuration", "stack-configuration", "template-config"];
/// What people call the stages of a deployment.
const STAGES: [&str; 19] = [
    "alpha",
    "beta",
    "default",
    "dev",
    "develop",
    "development",
    "gamma",
    "int",
    "live",
    "main",
    "preprod",
    "prod",
    "production",
    "qa",
    "sandbox",
    "stage",
    "staging",
    "test",
    "uat",
];
/// Ends of the names of Amplify's templates.
const AMPLIFY: &str = "cloudformation-template";

/// What lies beside a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Names of files that are named after the template.
    pub own: Vec<String>,
    /// Names of files that belong to the only template of the folder.
    pub common: Vec<String>,
}

/// The name of a template without its ending.
pub fn stem(template: &str) -> &str {
    ENDINGS.iter().find_map(|ending| template.strip_suffix(ending)).unwrap_or(template)
}

/// The files of a folder that by their names have parameters of a template: `auth.params.json`,
/// `auth-prod-configuration.json` for `auth.yaml`; `template-configuration.json` and
/// `prod-stack-configuration.json` for any.
pub fn beside<'n>(template: &str, names: impl Iterator<Item = &'n str>) -> Beside {
    let stem = stem(template).to_ascii_lowercase();
    let mut beside = Beside::default();
    for name in names.filter(|name| *name != template) {
        let lower = name.to_ascii_lowercase();
        let Some(own) = [".json", ".yaml", ".yml"].iter().find_map(|ending| lower.strip_suffix(ending)) else {
            continue;
        };
        let rest = own.strip_prefix(&stem).filter(|rest| rest.starts_with(['.', '-', '_']) && !stem.is_empty());
        let last = own.rsplit(['.', '-', '_']).next().unwrap_or_default();
        if rest.is_some() && WORDS.contains(&last) {
            beside.own.push(name.to_owned());
        } else if COMMON.iter().any(|common| is_common(own, common)) {
            beside.common.push(name.to_owned());
        }
    }
    beside
}

/// Whether a name is a common one, perhaps with the word for a stage before or behind it.
fn is_common(name: &str, common: &str) -> bool {
    let separators = ['.', '-', '_'];
    let before = name.strip_suffix(common).and_then(|stage| stage.strip_suffix(separators));
    let stage = before.or_else(|| name.strip_prefix(common).and_then(|stage| stage.strip_prefix(separators)));
    name == common || stage.is_some_and(|stage| STAGES.contains(&stage))
}

/// Whether a template is one that Amplify wrote; `folders` are those above it, the nearest first. There
/// `parameters.json` belongs to it (Amplify CLI, `amplify/backend/CATEGORY/NAME`).
pub fn is_amplify(template: &str, folders: &[&str]) -> bool {
    let folders = if folders.first() == Some(&"build") { &folders[1..] } else { folders };
    stem(template).ends_with(AMPLIFY) && matches!(folders, [_, _, "backend", "amplify", ..])
}

impl Beside {
    /// The values in a file that is taken for one of this template; nothing where its content says
    /// otherwise: it has other values, or no values at all. `is_amplify` files have more than the
    /// template asks for.
    pub fn read(text: &Arc<str>, name: &str, is_amplify: bool, declares: &dyn Fn(&str) -> bool) -> Option<Parameters> {
        let found = read_beside(text, name).ok()?;
        let (own, others): (Parameters, Parameters) = found.into_iter().partition(|(name, _)| declares(name));
        (!own.is_empty() && (is_amplify || others.is_empty())).then_some(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fit() {
        let names = [
            "auth.yaml",
            "auth.params.json",
            "auth-prod-configuration.json",
            "auth_dev.parameters.yml",
            "authentication.params.json",
            "auth.config.ts",
            "auth.test.json",
            "template-configuration.json",
            "prod-stack-configuration.json",
            "parameters.json",
            "dev.parameters.json",
            "params-dev.json",
            "package.json",
            "my-great-parameters.json",
        ];
        let found = beside("auth.yaml", names.into_iter());
        assert_eq!(found.own, ["auth.params.json", "auth-prod-configuration.json", "auth_dev.parameters.yml"]);
        let common = [
            "template-configuration.json",
            "prod-stack-configuration.json",
            "parameters.json",
            "dev.parameters.json",
            "params-dev.json",
        ];
        assert_eq!(found.common, common);
        assert_eq!(stem("a.template.json"), "a");
        // `template.yaml` is named like a file for any template.
        assert_eq!(beside("template.yaml", ["template-configuration.json"].into_iter()).own.len(), 1);
    }

    #[test]
    fn what_amplify_wrote() {
        let folders = ["shopauth", "auth", "backend", "amplify", "srv"];
        assert!(is_amplify("shopauth-cloudformation-template.yml", &folders));
        let built = ["build", "shopauth", "auth", "backend", "amplify"];
        assert!(is_amplify("shopauth-cloudformation-template.json", &built));
        assert!(!is_amplify("auth.yml", &folders));
        assert!(!is_amplify("a-cloudformation-template.yml", &["a", "b"]));
        assert!(!is_amplify("a-cloudformation-template.yml", &[]));
    }

    #[test]
    fn content_that_fits() {
        let read = |text: &str, is_amplify| {
            Beside::read(&Arc::from(text), "p.json", is_amplify, &|name| name == "Stage").map(|found| found.len())
        };
        assert_eq!(read(r#"{"Parameters": {"Stage": "prod"}}"#, false), Some(1));
        assert_eq!(read(r#"{"Stage": "prod"}"#, false), Some(1));
        assert_eq!(read(r#"{"Stage": "prod", "Other": 1}"#, false), None, "it is for another template");
        assert_eq!(read(r#"{"Stage": "prod", "Other": {}}"#, true), Some(1));
        assert_eq!(read(r#"{"port": 80}"#, false), None);
        assert_eq!(read("{", false), None);
        assert_eq!(read("{}", false), None);
    }
}
