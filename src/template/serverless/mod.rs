//! What the Serverless Framework makes of a `serverless.yml`: the resources of the user and of the files that
//! it includes, and the roles and functions that the framework adds (Serverless Framework documentation for
//! AWS, Resources, IAM and Variables).
//!
//! Invariant: what the framework resolves only when it deploys stays the variable that is written.

mod events;
mod extend;
mod iam;
mod include;
mod tree;
mod variable;

use std::collections::{HashMap, HashSet};

use super::Expanded;
use crate::syntax::{Document, Graft, Kind, Node, NodeId};

pub use include::{Include, Into, Part, includes};
pub use variable::{Piece, Variable, pieces};

/// The sections of a template that `resources` may hold.
const SECTIONS: [&str; 5] = ["Resources", "Outputs", "Conditions", "Parameters", "Mappings"];

/// Properties of one resource that extensions replace; no type has as many.
const MOST_PROPERTIES: usize = 500;

/// Whether the tree of a file is the configuration of a service on AWS.
pub fn is_service(root: Node<'_>) -> bool {
    let provider = root.get("provider");
    let name = provider.and_then(|provider| provider.text().or_else(|| provider.get("name")?.text()));
    let is_aws = name.is_some_and(|name| name == "aws" || name.starts_with("${"));
    is_aws && root.get("service").is_some() && (root.get("functions").is_some() || root.get("resources").is_some())
}

/// The template of a service; nothing where the document is none. Its own keys stay beside the sections.
pub(super) fn expand(doc: &Document) -> Option<Expanded> {
    let root = doc.root().filter(|root| root.kind() == Kind::Mapping && is_service(*root))?;
    let wholes = wholes(root.get("resources"));
    let mut graft = Graft::onto(doc);
    let mut changed = Vec::new();
    for section in SECTIONS {
        let mut entries = entries(&wholes, section);
        if section == "Resources" {
            let taken: HashSet<&str> = entries.iter().filter_map(|(key, _)| key.text()).collect();
            let made = iam::resources(&mut graft, root, &taken);
            let written = entries.drain(..).map(|(key, value)| (key.id(), value.id()));
            let mut all = extended(&mut graft, written.chain(made).collect(), &wholes);
            events::with_triggers(&mut graft, root, &mut all);
            let key = graft.text(section, root.id());
            changed.push((key, graft.map(all, root.id())));
        } else if let Some((_, origin)) = entries.first() {
            let origin = origin.id();
            let key = graft.text(section, origin);
            let entries: Vec<_> = entries.iter().map(|(key, value)| (key.id(), value.id())).collect();
            changed.push((key, graft.map(entries, origin)));
        }
    }
    // The framework writes it too.
    let version = (graft.text("AWSTemplateFormatVersion", root.id()), graft.text("2010-09-09", root.id()));
    changed.push(version);
    let root = graft.with_entries(root.id(), changed);
    let full = format!("the framework makes more than {} parts of this service; the rest is not read", Graft::MOST);
    let notes = if graft.is_full() { vec![full] } else { Vec::new() };
    Some(Expanded { document: graft.finish(root), notes, unknown: Vec::new(), over_defaults: Vec::new() })
}

/// The mappings of `resources`: itself, or the members of a list that are none.
fn wholes(resources: Option<Node<'_>>) -> Vec<Node<'_>> {
    let Some(resources) = resources else { return Vec::new() };
    match resources.kind() {
        Kind::Sequence => resources.items().filter(|item| item.kind() == Kind::Mapping).collect(),
        Kind::Mapping => vec![resources],
        _ => Vec::new(),
    }
}

/// What the wholes have in a section; of an entry that stands twice the last counts.
fn entries<'d>(wholes: &[Node<'d>], section: &str) -> Vec<(Node<'d>, Node<'d>)> {
    let all: Vec<_> = wholes.iter().filter_map(|whole| whole.get(section)).flat_map(Node::entries).collect();
    let mut seen = HashSet::new();
    let mut kept: Vec<_> = all.into_iter().rev().filter(|(key, _)| seen.insert(key.text())).collect();
    kept.reverse();
    kept
}

/// The resources with `resources.extensions` in them: properties are replaced one by one, attributes as a
/// whole (Resources, Override AWS CloudFormation Resource).
fn extended(graft: &mut Graft, mut resources: Vec<(NodeId, NodeId)>, wholes: &[Node<'_>]) -> Vec<(NodeId, NodeId)> {
    let extensions = entries(wholes, "extensions");
    let positions = if extensions.is_empty() { HashMap::new() } else { positions(graft, &resources) };
    for (id, extension) in extensions {
        let at = id.text().and_then(|id| positions.get(id).copied());
        let Some((_, body)) = at.and_then(|at| resources.get_mut(at)) else { continue };
        let mut attributes = Vec::new();
        for (key, value) in extension.entries().into_iter().take(MOST_PROPERTIES) {
            let old = graft.node(*body).get("Properties").filter(|old| old.kind() == Kind::Mapping).map(Node::id);
            let value = match old {
                Some(old) if key.text() == Some("Properties") => {
                    let changed = value.entries().into_iter().take(MOST_PROPERTIES);
                    let changed = changed.map(|(key, value)| (key.id(), value.id())).collect();
                    graft.with_entries(old, changed)
                }
                _ => value.id(),
            };
            attributes.push((key.id(), value));
        }
        *body = graft.with_entries(*body, attributes);
    }
    resources
}

/// Where each resource stands, by its logical id.
fn positions(graft: &Graft, resources: &[(NodeId, NodeId)]) -> HashMap<String, usize> {
    let keys = resources.iter().map(|(key, _)| graft.node(*key).text().unwrap_or_default().to_owned());
    keys.zip(0..).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_yaml;
    use crate::template::Template;

    fn parsed(text: &str) -> Document {
        let document = parse_yaml(FileId(0), &text.into());
        assert!(document.errors().is_empty(), "{:?}", document.errors());
        document
    }

    /// Logical ids of the resources of a service.
    fn ids(text: &str) -> Vec<String> {
        let expanded = expand(&parsed(text)).unwrap();
        let template = Template::read(&expanded.document).unwrap();
        template.resources.iter().map(|resource| resource.id.to_owned()).collect()
    }

    const HEAD: &str = "service: app\nprovider:\n  name: aws\n";

    #[test]
    fn a_service_is_told_by_its_keys() {
        let is = |text: &str| is_service(parsed(text).root().unwrap());
        assert!(is("service: a\nprovider: aws\nfunctions: {}"));
        assert!(is("service: {name: a}\nprovider: {name: '${self:custom.cloud}'}\nresources: []"));
        assert!(!is("service: a\nprovider: {name: google}\nfunctions: {}"));
        assert!(!is("service: a\nprovider: {name: aws}"));
    }

    #[test]
    fn resources_may_be_a_list() {
        let text = format!(
            "{HEAD}resources:\n  - Resources: {{A: {{Type: T}}}}\n  - ${{file(x.yml)}}\n  - Resources: {{B: {{Type: T}}, A: {{Type: U}}}}\n"
        );
        assert_eq!(ids(&text), ["B", "A"]);
    }

    #[test]
    fn the_framework_makes_one_role_for_all_functions() {
        let text = format!("{HEAD}functions:\n  say-hello_you: {{handler: h.h}}\n");
        assert_eq!(ids(&text), ["IamRoleLambdaExecution", "SayDashhelloUnderscoreyouLambdaFunction"]);
    }

    #[test]
    fn roles_of_others_are_no_roles_of_the_service() {
        let functions = "functions:\n  a: {handler: h.h}\n";
        let own = "functions:\n  a: {handler: h.h, role: Mine}\n";
        for text in [
            format!("service: app\nprovider:\n  name: aws\n  role: 'arn:aws:iam::111122223333:role/x'\n{functions}"),
            format!(
                "service: app\nprovider:\n  name: aws\n  iam:\n    role: 'arn:aws:iam::111122223333:role/x'\n{functions}"
            ),
            format!(
                "service: app\nprovider:\n  name: aws\n  iam:\n    role: {{'Fn::GetAtt': [Mine, Arn]}}\n{functions}"
            ),
            format!("service: app\nprovider:\n  name: aws\n  iam:\n    role: !GetAtt Mine.Arn\n{functions}"),
            format!("{HEAD}{own}"),
        ] {
            assert_eq!(ids(&text), ["ALambdaFunction"], "{text}");
        }
    }

    #[test]
    fn functions_may_have_roles_of_their_own() {
        let text = format!("{HEAD}functions:\n  a: {{iamRoleStatements: []}}\n  b: {{handler: h.h}}\n");
        let all = ["IamRoleLambdaExecution", "ALambdaFunction", "AIamRoleLambdaExecution", "BLambdaFunction"];
        assert_eq!(ids(&text), all);
        let text = "service: app\nprovider: {name: aws, iam: {role: {mode: perFunction}}}\nfunctions:\n  a: {}\n";
        assert_eq!(ids(text), ["ALambdaFunction", "AIamRoleLambdaExecution"]);
    }

    #[test]
    fn extensions_replace_properties() {
        let text = format!(
            "{HEAD}functions:\n  a: {{handler: h.h}}\nresources:\n  extensions:\n    IamRoleLambdaExecution:\n      Condition: IsProd\n      Properties: {{RoleName: mine, Tags: []}}\n"
        );
        let expanded = expand(&parsed(&text)).unwrap();
        let template = Template::read(&expanded.document).unwrap();
        let role = template.resource("IamRoleLambdaExecution").unwrap();
        assert_eq!(role.property("RoleName").and_then(Node::text), Some("mine"));
        assert!(role.property("AssumeRolePolicyDocument").is_some());
        assert_eq!(role.body.get("Condition").and_then(Node::text), Some("IsProd"));
    }

    #[test]
    fn events_give_user_pools_their_triggers() {
        let text = format!(
            "{HEAD}functions:\n  my-fn:\n    events:\n      - http: GET /\n      - cognitoUserPool: {{pool: my-pool, trigger: PreTokenGeneration}}\nresources:\n  Resources:\n    CognitoUserPoolMypool: {{Type: 'AWS::Cognito::UserPool', Properties: {{UserPoolName: a, LambdaConfig: {{PostConfirmation: x}}}}}}\n"
        );
        let expanded = expand(&parsed(&text)).unwrap();
        let template = Template::read(&expanded.document).unwrap();
        let pool = template.resource("CognitoUserPoolMypool").unwrap();
        let triggers = pool.property("LambdaConfig").unwrap();
        let names: Vec<_> = triggers.entries().into_iter().filter_map(|(key, _)| key.text()).collect();
        assert_eq!(names, ["PostConfirmation", "PreTokenGeneration"]);
        assert_eq!(pool.property("UserPoolName").and_then(Node::text), Some("a"));
    }
}
