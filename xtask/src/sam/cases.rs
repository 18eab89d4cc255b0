//! Holds our expansion of SAM templates against the outputs that the transform's own tests expect.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rolecall::source::FileId;
use rolecall::syntax::{Document, parse_yaml};
use rolecall::template;
use serde_json::Value;

use super::normal;

/// Partitions whose outputs are compared: the folder of their outputs and a Region.
const PARTITIONS: [(&str, &str, &str); 3] =
    [("aws", "", "ap-southeast-1"), ("aws-cn", "aws-cn", "cn-north-1"), ("aws-us-gov", "aws-us-gov", "us-gov-west-1")];

/// What the comparison came to.
#[derive(Debug, Default)]
pub struct Outcome {
    cases: usize,
    /// Cases whose roles and trust policies are all the same.
    equal: usize,
    roles: usize,
    same_policies: usize,
    same_managed: usize,
    same_rest: usize,
    connectors: usize,
    same_connectors: usize,
    /// What differs, a line each.
    pub differences: Vec<String>,
}

impl Outcome {
    /// The numbers, in lines.
    pub fn summary(&self) -> String {
        let Self { cases, equal, roles, same_policies, same_managed, same_rest, connectors, same_connectors, .. } =
            self;
        format!(
            "{cases} cases: roles and trust policies of {equal} equal, of {} different\n\
             {roles} roles in both: Policies of {same_policies} equal, ManagedPolicyArns of {same_managed}, \
             Path, PermissionsBoundary and Tags of {same_rest}\n\
             {connectors} managed policies: {same_connectors} equal",
            cases - equal
        )
    }
}

/// Compares every `input/*.yaml` of `folder` that has an output.
///
/// # Errors
/// Where a file cannot be read.
pub fn compare(folder: &Path) -> Result<Outcome, String> {
    let mut inputs = files(&folder.join("input"))?;
    inputs.sort();
    let mut outcome = Outcome::default();
    for input in inputs {
        let text = std::fs::read_to_string(&input).map_err(|error| format!("{}: {error}", input.display()))?;
        let name = input.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (partition, below, region) in PARTITIONS {
            let output = folder.join("output").join(below).join(format!("{name}.json"));
            let Ok(expected) = std::fs::read_to_string(&output) else { continue };
            let expected: Value =
                serde_json::from_str(&expected).map_err(|error| format!("{}: {error}", output.display()))?;
            // The transform refuses these.
            if expected.get("Resources").is_none() {
                continue;
            }
            let ours = expanded(&text, partition, region);
            outcome.add(&format!("{partition}/{name}"), &ours, &normal::substituted(expected, partition));
        }
    }
    Ok(outcome)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect())
}

/// What a template's resources are once SAM is through, for us.
fn expanded(text: &str, partition: &str, region: &str) -> Value {
    // The transform's tests call it whether a template names it or not.
    let text = text.replace("AWS::Serverless-2016-10-31-test", "AWS::Serverless-2016-10-31");
    let mut doc = parse_yaml(FileId(0), &text.as_str().into());
    if let Some(root) = doc.root().filter(|root| root.get("Transform").is_none()) {
        let (before, after) = text.split_at(root.span().start());
        doc = parse_yaml(FileId(0), &format!("{before}Transform: AWS::Serverless-2016-10-31\n{after}").into());
    }
    let known = |name: &str| known(&doc, name, partition, region);
    let made = template::expand(
        &doc,
        &template::Known { values: &known, defaults_hold: true },
        &template::serverless::Parts::new(),
    );
    let root = made.as_ref().map_or(&doc, |made| &made.document).root();
    let resources = root.and_then(|root| root.get("Resources"));
    let resources = resources.map_or(Value::Null, |resources| normal::json_of(resources, 0));
    normal::substituted(serde_json::json!({ "Resources": resources }), partition)
}

/// Values of parameters as the transform's tests have them: defaults, and the Region that they run in.
fn known(doc: &Document, name: &str, partition: &str, region: &str) -> Option<String> {
    match name {
        "AWS::Partition" => Some(partition.to_owned()),
        "AWS::Region" => Some(region.to_owned()),
        _ => doc.root()?.get("Parameters")?.get(name)?.get("Default")?.text().map(str::to_owned),
    }
}

fn of_kind<'v>(template: &'v Value, kind: &str) -> BTreeMap<&'v str, &'v Value> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let wanted = resources.filter(|(_, resource)| resource["Type"] == kind);
    wanted.map(|(id, resource)| (id.as_str(), resource)).collect()
}

impl Outcome {
    fn add(&mut self, case: &str, ours: &Value, expected: &Value) {
        self.cases += 1;
        let before = self.differences.len();
        let (our_roles, their_roles) = (of_kind(ours, "AWS::IAM::Role"), of_kind(expected, "AWS::IAM::Role"));
        for (id, theirs) in &their_roles {
            let Some(ours) = our_roles.get(id) else {
                self.differences.push(format!("{case}: {id}: no such role here"));
                continue;
            };
            let trust = |role: &Value| role["Properties"]["AssumeRolePolicyDocument"].clone();
            if trust(ours) != trust(theirs) {
                self.differences.push(format!("{case}: {id}: trust\n  {}\n  {}", trust(ours), trust(theirs)));
            }
            if ours.get("Condition") != theirs.get("Condition") {
                let conditions = [ours, theirs].map(|role| role.get("Condition").map(Value::to_string));
                self.differences.push(format!("{case}: {id}: condition {conditions:?}"));
            }
        }
        for id in our_roles.keys().filter(|id| !their_roles.contains_key(*id)) {
            self.differences.push(format!("{case}: {id}: a role too many"));
        }
        self.equal += usize::from(self.differences.len() == before);
        let [ours, theirs] =
            [ours, expected].map(|template| normal::with_defaults(template.clone(), &expected["Parameters"]));
        self.permissions(case, &of_kind(&ours, "AWS::IAM::Role"), &of_kind(&theirs, "AWS::IAM::Role"));
        self.managed_policies(case, &ours, &theirs);
    }

    fn permissions(&mut self, case: &str, ours: &BTreeMap<&str, &Value>, theirs: &BTreeMap<&str, &Value>) {
        for (id, theirs) in theirs {
            let Some(ours) = ours.get(id) else { continue };
            self.roles += 1;
            let [our_managed, their_managed] =
                [ours, theirs].map(|role| normal::as_set(&role["Properties"]["ManagedPolicyArns"]));
            if our_managed == their_managed {
                self.same_managed += 1;
            } else {
                self.differences.push(format!("{case}: {id}: managed\n  {our_managed:?}\n  {their_managed:?}"));
            }
            let rest = |role: &Value| {
                let properties = &role["Properties"];
                let boundary = properties["PermissionsBoundary"].clone();
                (properties["Path"].clone(), boundary, normal::as_set(&properties["Tags"]))
            };
            if rest(ours) == rest(theirs) {
                self.same_rest += 1;
            } else {
                self.differences.push(format!("{case}: {id}: rest\n  {:?}\n  {:?}", rest(ours), rest(theirs)));
            }
            let [our_policies, their_policies] =
                [ours, theirs].map(|role| normal::documents(&role["Properties"]["Policies"]));
            if our_policies == their_policies {
                self.same_policies += 1;
            } else {
                self.differences.push(format!("{case}: {id}: policies\n  {our_policies:?}\n  {their_policies:?}"));
            }
        }
    }

    fn managed_policies(&mut self, case: &str, ours: &Value, expected: &Value) {
        let kind = "AWS::IAM::ManagedPolicy";
        let (ours, theirs) = (of_kind(ours, kind), of_kind(expected, kind));
        for (id, theirs) in &theirs {
            self.connectors += 1;
            let parts = |policy: &Value| {
                let properties = &policy["Properties"];
                (normal::documents(properties), normal::as_set(&properties["Roles"]), policy.get("Condition").cloned())
            };
            match ours.get(id) {
                Some(ours) if parts(ours) == parts(theirs) => self.same_connectors += 1,
                Some(ours) => {
                    self.differences.push(format!(
                        "{case}: {id}: managed policy\n  {:?}\n  {:?}",
                        parts(ours),
                        parts(theirs)
                    ));
                }
                None => self.differences.push(format!("{case}: {id}: no such managed policy here")),
            }
        }
        for id in ours.keys().filter(|id| !theirs.contains_key(*id)) {
            self.differences.push(format!("{case}: {id}: a managed policy too many"));
        }
    }
}
