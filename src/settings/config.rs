//! `rolecall.toml`, as far as this version has a use for it (interface, Configuration).

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::environment::{Environment, Part};
use super::lint::{self, Lint};
use super::table::{Table, span, wrong};
use super::{FILE, Fault, MOST_BYTES};
use crate::checks::{Boundary, Trusted};
use crate::source::Span;

/// What one configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `[parameters]`: values of parameters in the templates below the file.
    pub parameters: BTreeMap<String, String>,
    /// `[parameters]`, the pseudo ones: where these templates go.
    pub environment: Environment,
    /// `[trust]`: what counts as the user's own.
    pub trusted: Trusted,
    /// `[cdk] source-root`: where the sources of CDK apps lie, from the folder of the file.
    pub source_root: Option<String>,
    /// `[check]`, `[severity]` and `[[suppress]]`: what is read, and what of the findings counts.
    pub lint: Lint,
}

/// Sections that the interface names and this version has no use for. To pass over them in silence
/// would show what the user had hidden, or hide what they asked for.
const LATER: [&str; 1] = ["guard"];

impl Settings {
    /// Reads a configuration.
    ///
    /// # Errors
    /// Every mistake, in the order of the file; only the first one where it is no TOML.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        if text.len() > MOST_BYTES {
            let message = format!("a {FILE} has at most {MOST_BYTES} bytes");
            return Err(vec![Fault::new(Span::at(0), message)]);
        }
        let table = DeTable::parse(text).map_err(|error| vec![syntax_fault(&error)])?;
        let (mut root, mut faults) = (Table::root(table.get_ref()), Vec::new());
        let trusted = root.get("trust").and_then(|value| Table::of("trust", value, &mut faults));
        let trusted = trusted.map(|table| trust(table, &mut faults)).unwrap_or_default();
        let parameters = root.get("parameters").and_then(|value| Table::of("parameters", value, &mut faults));
        let environment = parameters.as_ref().map(|table| environment(table, text, &mut faults)).unwrap_or_default();
        let parameters = parameters.map(|table| values(&table, text, &mut faults)).unwrap_or_default();
        let cdk = root.get("cdk").and_then(|value| Table::of("cdk", value, &mut faults));
        let source_root = cdk.and_then(|table| cdk_root(table, &mut faults));
        let mut lint = Lint::default();
        if let Some(table) = root.get("check").and_then(|value| Table::of("check", value, &mut faults)) {
            lint::check(table, &mut lint, &mut faults);
        }
        if let Some(table) = root.get("severity").and_then(|value| Table::of("severity", value, &mut faults)) {
            lint::severity(&table, &mut lint, &mut faults);
        }
        if let Some(value) = root.get("suppress") {
            lint::suppress(value, &mut lint, &mut faults);
        }
        LATER.into_iter().for_each(|section| root.refuse(section, &mut faults));
        root.finish(&mut faults);
        faults.sort_by_key(|fault| fault.span);
        if faults.is_empty() { Ok(Self { parameters, environment, trusted, source_root, lint }) } else { Err(faults) }
    }
}

fn syntax_fault(error: &toml::de::Error) -> Fault {
    let message = error.message().lines().collect::<Vec<_>>().join("; ");
    Fault::new(error.span().map_or(Span::at(0), span), message)
}

fn cdk_root(mut table: Table<'_, '_>, faults: &mut Vec<Fault>) -> Option<String> {
    let value = table.get("source-root");
    let root = value.and_then(|value| value.get_ref().as_str()).filter(|root| is_below(root));
    if let (Some(value), None) = (value, root) {
        faults.push(wrong("source-root", "the path of a folder below the one of this file", value));
    }
    table.finish(faults);
    root.map(str::to_owned)
}

fn trust(mut table: Table<'_, '_>, faults: &mut Vec<Fault>) -> Trusted {
    let trusted = Trusted {
        accounts: table.texts("accounts", ("account numbers of 12 digits as texts", is_account), faults),
        organizations: table.texts("organizations", ("ids of organizations (o-…)", is_organization), faults),
        identity_pools: table.texts("identity-pools", ("ids of identity pools (REGION:GUID)", is_pool), faults),
        third_parties: third_parties(table.get("third-parties"), faults),
        service_principals: table.texts(
            "service-principals",
            ("names of services (NAME.amazonaws.com)", is_host),
            faults,
        ),
        boundary: boundary(table.get("require-boundary"), faults),
    };
    table.finish(faults);
    trusted
}

fn third_parties(value: Option<&Spanned<DeValue<'_>>>, faults: &mut Vec<Fault>) -> BTreeMap<String, String> {
    let mut parties = BTreeMap::new();
    let Some(table) = value.and_then(|value| Table::of("third-parties", value, faults)) else { return parties };
    for (key, value) in table.entries() {
        if !is_account(key.get_ref()) {
            faults.push(Fault::new(span(key.span()), "'third-parties' takes account numbers of 12 digits"));
        }
        match value.get_ref().as_str() {
            Some(text) => drop(parties.insert(key.get_ref().to_string(), text.to_owned())),
            None => faults.push(wrong(key.get_ref(), "a text that says who it is", value)),
        }
    }
    parties
}

fn boundary(value: Option<&Spanned<DeValue<'_>>>, faults: &mut Vec<Fault>) -> Boundary {
    let Some(value) = value else { return Boundary::NotAsked };
    match value.get_ref() {
        DeValue::Boolean(true) => Boundary::Any,
        DeValue::Boolean(false) => Boundary::NotAsked,
        DeValue::String(arn) if arn.starts_with("arn:") => Boundary::Arn(arn.to_string()),
        _ => {
            faults.push(wrong("require-boundary", "true, false or the ARN of a policy", value));
            Boundary::NotAsked
        }
    }
}

/// Whether a key can only be one of AWS's own parameters: the name of another one is alphanumeric
/// (CloudFormation User Guide, Parameters).
fn is_pseudo(key: &str) -> bool {
    key.contains("::")
}

/// What the pseudo parameters among the parameters say.
fn environment(table: &Table<'_, '_>, text: &str, faults: &mut Vec<Fault>) -> Environment {
    let (mut environment, mut partition) = (Environment::default(), None);
    for (key, value) in table.entries().filter(|(key, _)| is_pseudo(key.get_ref())) {
        let Some(part) = Part::of_pseudo(key.get_ref()) else {
            let what = "no pseudo parameter that can be given";
            faults.push(Fault::unknown(span(key.span()), what, key.get_ref(), Part::pseudos()));
            continue;
        };
        if part == Part::Partition {
            partition = Some(span(value.span()));
        }
        match as_text(value, text).map(|given| environment.set_pseudo(part, &given)) {
            Some(Ok(())) => {}
            Some(Err(message)) => faults.push(Fault::new(span(value.span()), message)),
            None => faults.push(wrong(key.get_ref(), "a text", value)),
        }
    }
    let contradiction = environment.pseudo_contradiction().zip(partition);
    faults.extend(contradiction.map(|(message, span)| Fault::new(span, message)));
    environment
}

/// Values of parameters as CloudFormation takes them: texts.
fn values(table: &Table<'_, '_>, text: &str, faults: &mut Vec<Fault>) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (key, value) in table.entries().filter(|(key, _)| !is_pseudo(key.get_ref())) {
        let items = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| as_text(item, text)).collect::<Option<Vec<_>>>(),
            _ => as_text(value, text).map(|text| vec![text]),
        };
        match items {
            Some(items) => drop(values.insert(key.get_ref().to_string(), items.join(","))),
            None => faults.push(wrong(key.get_ref(), "a text, a number, true or false, or a list of these", value)),
        }
    }
    values
}

fn as_text(value: &Spanned<DeValue<'_>>, text: &str) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        // As written; what only TOML writes so is for the user to put in quotes.
        DeValue::Integer(_) | DeValue::Float(_) => {
            let written = text.get(value.span())?;
            let is_plain = written.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
            is_plain.then(|| written.to_owned())
        }
        _ => None,
    }
}

/// Whether a path leads nowhere but down: whoever wrote the file must not choose what else is read.
fn is_below(path: &str) -> bool {
    let is_rooted = path.starts_with(['/', '\\']) || path.contains(':');
    !path.is_empty() && !is_rooted && path.split(['/', '\\']).all(|part| part != "..")
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `o-[a-z0-9]{10,32}` (Organizations API, Organization).
fn is_organization(text: &str) -> bool {
    let id = text.strip_prefix("o-").unwrap_or_default();
    (10..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

/// `[\w-]+:[0-9a-f-]+` (Cognito identity pools API, IdentityPoolId).
fn is_pool(text: &str) -> bool {
    let Some((region, guid)) = text.split_once(':') else { return false };
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f' | '-');
    !region.is_empty() && region.chars().all(is_word) && !guid.is_empty() && guid.chars().all(is_hex)
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn faults(text: &str) -> Vec<String> {
        let file = SourceFile::new("rolecall.toml", text);
        let faults = Settings::parse(text).expect_err(text);
        faults.iter().map(|fault| fault.in_file(&file)).collect()
    }

    #[test]
    fn everything_that_has_an_effect() {
        let settings = Settings::parse(
            r#"
[trust]
accounts = ["111122223333"]
organizations = ["o-exampleorgid"]
identity-pools = ["us-east-1:11111111-2222-4333-8444-555555555555"]
third-parties = { "444455556666" = "vendor X" }
service-principals = ["inhouse.example.amazonaws.com"]
require-boundary = "arn:aws:iam::111122223333:policy/edge"
[parameters]
Stage = "prod"
Count = 3
Ratio = 0.5
On = true
Zones = ["a", "b", 1]
[cdk]
source-root = "app"
"#,
        )
        .unwrap();
        let value = |name: &str| settings.parameters[name].as_str();
        assert_eq!(["Stage", "Count", "Ratio", "On", "Zones"].map(value), ["prod", "3", "0.5", "true", "a,b,1"]);
        assert_eq!(settings.trusted.accounts, ["111122223333"]);
        assert_eq!(settings.trusted.third_parties["444455556666"], "vendor X");
        assert_eq!(settings.trusted.boundary, Boundary::Arn("arn:aws:iam::111122223333:policy/edge".into()));
        assert_eq!(settings.source_root.as_deref(), Some("app"));
        assert_eq!(Settings::parse(""), Ok(Settings::default()));
    }

    #[test]
    fn pseudo_parameters_are_the_environment_and_no_parameters() {
        let read = |text: &str| Settings::parse(text).unwrap();
        let settings = read(
            "[parameters]\n'AWS::Region' = 'cn-north-1'\nStage = 'x'\n'AWS::AccountId' = 111122223333\n\"AWS::Partition\" = 'aws-cn'\n",
        );
        assert_eq!(settings.parameters.keys().collect::<Vec<_>>(), ["Stage"]);
        let wanted = Environment::new(Some("cn-north-1"), Some("111122223333"), Some("aws-cn"));
        assert_eq!(Ok(settings.environment), wanted);
        assert_eq!(read("[parameters]\nRegion = 'eu-west-1'\n").environment, Environment::default());
    }

    #[test]
    fn an_environment_that_cannot_be_has_its_place() {
        assert_eq!(
            faults(
                "[parameters]\n'AWS::Region' = 'Frankfurt'\n'AWS::AccountId' = ['111122223333']\n'AWS::Partition' = 'aws-us-gv'\n"
            ),
            [
                "rolecall.toml:2:17: AWS::Region Frankfurt: a Region is written like eu-west-1",
                "rolecall.toml:3:20: 'AWS::AccountId' takes a text, not a list",
                "rolecall.toml:4:20: AWS::Partition aws-us-gv: no partition is called so; did you mean aws-us-gov or \
                 aws-iso-b or aws-iso-e?",
            ]
        );
        for account in ["'12'", "12", "-11112222333", "true", "''", "1111_2222_3333", "2024-01-01", "{a = 1}"] {
            assert_eq!(faults(&format!("[parameters]\n'AWS::AccountId' = {account}\n")).len(), 1, "{account}");
        }
        let both = |region: &str, partition: &str| {
            Settings::parse(&format!("[parameters]\n'AWS::Partition' = '{partition}'\n'AWS::Region' = '{region}'\n"))
        };
        let said = "AWS::Region eu-west-1 lies in the partition aws, not in aws-cn";
        assert_eq!(both("eu-west-1", "aws-cn"), Err(vec![Fault::new(Span::new(32, 40), said)]));
        assert!(both("cn-north-1", "aws-cn").is_ok());
    }

    #[test]
    fn other_pseudo_parameters_cannot_be_given() {
        assert_eq!(
            faults("[parameters]\n'AWS::AcountId' = '1'\n'aws::region' = []\n'AWS::StackName' = 'x'\n"),
            [
                "rolecall.toml:2:1: no pseudo parameter that can be given is called 'AWS::AcountId'; did you mean \
                 AWS::AccountId?",
                "rolecall.toml:3:1: no pseudo parameter that can be given is called 'aws::region'; did you mean \
                 AWS::Region?",
                "rolecall.toml:4:1: no pseudo parameter that can be given is called 'AWS::StackName'",
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_named_with_what_is_near() {
        assert_eq!(
            faults("[trust]\nacounts = []\n[paramters]\n"),
            [
                "rolecall.toml:2:1: no key of [trust] is called 'acounts'; did you mean accounts?",
                "rolecall.toml:3:2: no section is called 'paramters'; did you mean parameters?"
            ]
        );
        assert_eq!(faults("zebra = 1\n"), ["rolecall.toml:1:1: no section is called 'zebra'"]);
        assert_eq!(faults("[cdk]\nroot = 'x'\n").len(), 1);
        for root in ["'/etc'", "'../x'", "'a/../../x'", "''", "7", "'C:\\x'"] {
            assert_eq!(faults(&format!("[cdk]\nsource-root = {root}\n")).len(), 1, "{root}");
        }
    }

    #[test]
    fn wrong_kinds() {
        assert_eq!(
            faults("[trust]\naccounts = '1'\norganizations = ['x']\nrequire-boundary = 7\nthird-parties = {x = 1}\n"),
            [
                "rolecall.toml:2:12: 'accounts' takes a list of texts, not '1'",
                "rolecall.toml:3:18: 'organizations' takes ids of organizations (o-…), not 'x'",
                "rolecall.toml:4:20: 'require-boundary' takes true, false or the ARN of a policy, not a number",
                "rolecall.toml:5:18: 'third-parties' takes account numbers of 12 digits",
                "rolecall.toml:5:22: 'x' takes a text that says who it is, not a number",
            ]
        );
        assert_eq!(faults("trust = 1\n"), ["rolecall.toml:1:9: 'trust' takes a table, not a number"]);
        for value in ["{a = 1}", "[[1]]", "0x10", "1_000", "2024-01-01"] {
            assert_eq!(faults(&format!("[parameters]\nA = {value}\n")).len(), 1, "{value}");
        }
    }

    #[test]
    fn what_is_no_toml() {
        let first = |text: &str| faults(text).remove(0);
        assert!(first("[trust\n").starts_with("rolecall.toml:1:7: "), "{}", first("[trust\n"));
        assert!(first("a = 1\na = 2\n").starts_with("rolecall.toml:2:1: "));
        // A day that no month has.
        assert!(first("[[suppress]]\nexpires = 2027-02-31\n").starts_with("rolecall.toml:2:"));
        let long = format!("# {}\n", "x".repeat(MOST_BYTES));
        assert_eq!(first(&long), "rolecall.toml:1:1: a rolecall.toml has at most 1048576 bytes");
    }

    #[test]
    fn sections_of_other_versions_are_refused_by_name() {
        let found = faults("[check]\nignore = []\n[severity]\n[guard]\nrules = []\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("rolecall.toml:4:2: 'guard' is not supported by rolecall "), "{found:?}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in ".{0,200}") {
            let _ = Settings::parse(&text);
        }
    }
}
