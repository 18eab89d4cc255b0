//! What the Serverless Framework makes of a `serverless.yml`: the resources of the user and of the files that
//! it includes, and the roles and functions that the framework adds (Serverless Framework documentation for
//! AWS, Resources, IAM and Variables).
//!
//! Invariant: what the framework resolves only when it deploys stays the variable that is written.

mod events;
mod extend;
mod iam;
mod include;
mod merge;
mod tree;
mod variable;

use super::Expanded;
use crate::syntax::{Document, Graft, Kind, Node, NodeId};

use merge::{EXTENSIONS, Entries, Merger, SECTIONS, Sections};

pub use include::{Include, Level, Parts, Wanted, includes, includes_of};
pub use variable::{Piece, Variable, is_open, pieces};

/// Unknown parts of a service that are noted.
const MOST_NOTES: usize = 20;

/// Characters of an unknown part that are told.
const MOST_TOLD: usize = 100;

/// Whether the tree of a file is the configuration of a service on AWS.
pub fn is_service(root: Node<'_>) -> bool {
    let provider = root.get("provider");
    let name = provider.and_then(|provider| provider.text().or_else(|| provider.get("name")?.text()));
    let is_aws = name.is_some_and(|name| name == "aws" || name.starts_with("${"));
    is_aws && root.get("service").is_some() && (root.get("functions").is_some() || root.get("resources").is_some())
}

/// The template of a service; nothing where the document is none. Its own keys stay beside the sections.
pub(super) fn expand(doc: &Document, parts: &Parts<'_>) -> Option<Expanded> {
    let root = doc.root().filter(|root| root.kind() == Kind::Mapping && is_service(*root))?;
    let mut notes = Vec::new();
    let included = include::with_includes(doc, root, parts, &mut notes);
    let doc = included.as_ref().unwrap_or(doc);
    Some(made_of(doc, doc.root()?, notes))
}

/// The limits that are reached.
fn bounds(graft: &Graft, merger: &Merger) -> Vec<String> {
    let full = || format!("the framework makes more than {} parts of this service; the rest is not read", Graft::MOST);
    let cut = || "more is merged in this service than is followed; the rest of it is not known".to_owned();
    graft.is_full().then(full).into_iter().chain(merger.is_cut().then(cut)).collect()
}

fn made_of(doc: &Document, root: Node<'_>, mut notes: Vec<String>) -> Expanded {
    let mut graft = Graft::onto(doc);
    let mut merger = Merger::new(root.id());
    let mut sections = Sections::of(&graft, &merger, root.get("resources"));
    let extensions = joined(&mut graft, &merger, sections.entries.remove(EXTENSIONS)).list;
    let mut changed = Vec::new();
    for section in SECTIONS {
        let from = graft.end();
        let made = if section == "Resources" { iam::resources(&mut graft, root) } else { Vec::new() };
        merger.made = from..graft.end();
        let written = sections.entries.remove(section);
        if made.is_empty() && written.is_none() && section != "Resources" {
            continue;
        }
        let mut written = written.unwrap_or_default();
        if section == "Resources" {
            keep_types(&mut graft, &merger, &mut written);
        }
        let all = made.into_iter().chain(written).collect();
        let mut entries = joined(&mut graft, &merger, Some(all));
        if section == "Resources" {
            follow_resources(&mut graft, &merger, &mut entries.list);
            extend::with_extensions(&mut graft, &merger, &mut entries, &extensions);
            events::with_triggers(&mut graft, root, &mut entries);
        }
        let origin = entries.list.first().map_or(root.id(), |(key, _)| *key);
        let origin = if section == "Resources" { root.id() } else { origin };
        let key = graft.text(section, origin);
        changed.push((key, graft.map(entries.list, origin)));
    }
    // The framework writes it too.
    let version = (graft.text("AWSTemplateFormatVersion", root.id()), graft.text("2010-09-09", root.id()));
    changed.push(version);
    changed.extend(sections.transform);
    let new_root = graft.with_entries(root.id(), changed);
    notes.extend(bounds(&graft, &merger));
    let unknown_parts = sections.unknown.iter().map(|id| graft.node(*id));
    let unknown_part = unknown_parts.clone().next().map(told);
    let unknown = unknown_parts.map(|node| format!("the resources that {} stands for are not known", told(node)));
    let unknown = unknown.take(MOST_NOTES).collect();
    let document = graft.finish(new_root);
    Expanded { document, notes, unknown, over_defaults: Vec::new(), unknown_part }
}

/// What stands for resources that are not known, as written.
fn told(node: Node<'_>) -> String {
    let words = [node.tag(), node.text()].into_iter().flatten();
    words.map(str::trim).collect::<Vec<_>>().join(" ").chars().take(MOST_TOLD).collect()
}

fn joined(graft: &mut Graft, merger: &Merger, written: Option<Vec<(NodeId, NodeId)>>) -> Entries {
    let mut entries = Entries::default();
    entries.merge(graft, merger, &written.unwrap_or_default());
    entries
}

/// Takes a resource of which nothing is known for one of which no property is known: what it is merged with
/// says of what type it is.
fn keep_types(graft: &mut Graft, merger: &Merger, resources: &mut [(NodeId, NodeId)]) {
    for (_, body) in resources {
        let known = merger.followed(graft, *body);
        if is_open(graft.node(known)) {
            let key = graft.text("Properties", known);
            *body = graft.map([(key, known)], known);
        }
    }
}

/// Puts what `${self:…}` stands for in place of resources and of their properties.
fn follow_resources(graft: &mut Graft, merger: &Merger, resources: &mut [(NodeId, NodeId)]) {
    for (_, body) in resources {
        *body = merger.followed(graft, *body);
        let Some((key, properties)) = graft.node(*body).entry("Properties") else { continue };
        let (key, old) = (key.id(), properties.target().id());
        let properties = merger.followed(graft, old);
        if properties != old {
            *body = graft.with_entries(*body, vec![(key, properties)]);
        }
    }
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

    fn expanded(text: &str) -> Option<Expanded> {
        expand(&parsed(text), &Parts::new())
    }

    /// Logical ids of the resources of a service.
    fn ids(text: &str) -> Vec<String> {
        let expanded = expanded(text).unwrap();
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
        assert_eq!(ids(&text), ["A", "B"]);
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
        let expanded = expanded(&text).unwrap();
        let template = Template::read(&expanded.document).unwrap();
        let role = template.resource("IamRoleLambdaExecution").unwrap();
        assert_eq!(role.property("RoleName").and_then(Node::text), Some("mine"));
        assert!(role.property("AssumeRolePolicyDocument").is_some());
        assert_eq!(role.body.get("Condition").and_then(Node::text), Some("IsProd"));
    }

    /// A property of a resource of a service with these resources, as far as it is written.
    fn property(resources: &str, id: &str, name: &str) -> String {
        let text =
            format!("{HEAD}custom: {{props: {{P: [x]}}, b: {{B: 1}}}}\nfunctions:\n  f: {{}}\nresources: {resources}");
        let expanded = expanded(&text).unwrap();
        let template = Template::read(&expanded.document).unwrap();
        template.resource(id).and_then(|resource| resource.property(name)).map_or("-".to_owned(), told)
    }

    fn told(node: Node<'_>) -> String {
        let all = |parts: Vec<String>| parts.join(" ");
        match node.kind() {
            Kind::Sequence => format!("[{}]", all(node.items().map(told).collect())),
            Kind::Mapping => {
                let entry = |(key, value)| format!("{}:{}", told(key), told(value));
                format!("{{{}}}", all(node.entries().into_iter().map(entry).collect()))
            }
            Kind::Scalar => format!("{}{}", node.tag().unwrap_or_default(), node.text().unwrap_or_default()),
            Kind::Missing => "null".to_owned(),
        }
    }

    #[test]
    fn what_stands_twice_is_merged_as_the_framework_does() {
        for (old, new, merged) in [
            ("{a: 1, b: {c: 2}}", "{b: {d: 3}, a: 4}", "{a:4 b:{c:2 d:3}}"),
            ("[{a: 1}, b, c]", "[{z: 2}, y]", "[{a:1 z:2} y c]"),
            ("[a]", "[b, c]", "[b c]"),
            ("[a]", "text", "text"),
            ("{a: 1}", "", "null"),
            ("{a: 1}", "[b]", "[b]"),
            ("text", "{a: 1}", "{a:1}"),
            ("[a, b]", "{1: c, 3: d, x: e}", "[a c null d]"),
            ("!Sub a", "!Sub b", "{Fn::Sub:b}"),
            ("!Join ['', [a, b]]", "{'Fn::Join': [c]}", "{Fn::Join:[c [a b]]}"),
            ("!Ref a", "{Ref: b}", "{Ref:b}"),
            ("{a: 1}", "'${self:custom.b}'", "{a:1 B:1}"),
            ("{a: 1}", "'${self:custom.${opt:x}}'", "${self:custom.${opt:x}}"),
            ("'${file(x.js)}'", "{a: 1}", "${file(x.js)}"),
            ("{a: {b: 1}}", "{a: '${file(x.js)}', c: 2}", "{a:${file(x.js)} c:2}"),
            ("{a: 1}", "'${opt:stage}'", "${opt:stage}"),
        ] {
            let of = |value: &str| format!("  - Resources: {{A: {{Type: T, Properties: {{P: {value}}}}}}}\n");
            assert_eq!(property(&format!("\n{}{}", of(old), of(new)), "A", "P"), merged, "{old} and {new}");
        }
    }

    #[test]
    fn roles_of_the_framework_are_merged_with_what_the_user_says() {
        let role = "{Resources: {IamRoleLambdaExecution: {Properties: {Path: /mine/, AssumeRolePolicyDocument: {Statement: [{Action: a}]}}}}}";
        assert_eq!(property(role, "IamRoleLambdaExecution", "Path"), "/mine/");
        assert_eq!(
            property(role, "IamRoleLambdaExecution", "AssumeRolePolicyDocument"),
            "{Version:2012-10-17 Statement:[{Effect:Allow Principal:{Service:[lambda.amazonaws.com]} Action:a}]}"
        );
        assert_ne!(property(role, "IamRoleLambdaExecution", "Policies"), "-");
    }

    #[test]
    fn what_the_user_merges_onto_the_framework_stands_where_it_is_written() {
        let text = format!(
            "{HEAD}functions:\n  f: {{}}\nresources:\n  Resources:\n    IamRoleLambdaExecution:\n      Properties: {{AssumeRolePolicyDocument: {{Statement: [{{Action: a}}]}}}}\n"
        );
        let expanded = expanded(&text).unwrap();
        let template = Template::read(&expanded.document).unwrap();
        let role = template.resource("IamRoleLambdaExecution").unwrap();
        let statement = role.property("AssumeRolePolicyDocument").unwrap().get("Statement").unwrap().items().next();
        assert_eq!(statement.unwrap().span().of(&text), "{Action: a}");
        assert!(!role.key.is_fresh());
    }

    #[test]
    fn extensions_have_rules_of_their_own() {
        let of = |more: &str| {
            let base = "  - Resources: {A: {Type: T, Properties: {P: [a, b], Q: 1}}}\n";
            property(&format!("\n{base}  - extensions: {{A: {{{more}}}}}\n"), "A", "P")
        };
        assert_eq!(of("Properties: {P: [c]}"), "[c]", "replaced, not merged");
        assert_eq!(of("Properties: {Q: 2}"), "[a b]");
        assert_eq!(of("Properties: '${self:custom.props}'"), "[x]");
        assert_eq!(of("Properties: '${file(x.js)}'"), "-");
        assert_eq!(of("Type: U"), "[a b]", "refused by the framework");
        let both = "\n  - Resources: {A: {Type: T, Properties: {P: 1}}}\n  - extensions: {A: {Properties: {P: {a: 1}}}}\n  - extensions: {A: {Properties: {P: {b: 2}}}}\n";
        assert_eq!(property(both, "A", "P"), "{a:1 b:2}", "extensions are merged with one another");
    }

    #[test]
    fn what_may_change_everything_is_told() {
        let unknown = |resources: &str| expanded(&format!("{HEAD}resources: {resources}\n")).unwrap().unknown_part;
        assert_eq!(unknown("[{Resources: {A: {Type: T}}}]"), None);
        assert_eq!(unknown("[null, '${self:custom.x}']").as_deref(), Some("${self:custom.x}"));
        assert_eq!(unknown("{Resources: !Include x.yml}").as_deref(), Some("!Include x.yml"));
        assert_eq!(unknown("${self:resources}").as_deref(), Some("${self:resources}"));
        assert_eq!(unknown("{Resources: {A: '${file(x.js)}'}}"), None, "one resource is not known");
    }

    #[test]
    fn variables_that_stand_for_what_they_stand_in_end() {
        let own = |name: &str| format!("{{x: '${{self:custom.{name}}}', y: '${{self:custom.{name}}}'}}");
        let custom = format!("custom:\n  a: {}\n  b: {}\n  c: '${{self:custom.c}}'\n", own("a"), own("b"));
        let of = |name| format!("  - Resources: {{A: {{Type: T, Properties: {{P: '${{self:custom.{name}}}'}}}}}}\n");
        let text = format!("{HEAD}{custom}resources:\n{}{}{}", of("a"), of("b"), of("c"));
        let made = expanded(&text).unwrap();
        assert!(made.notes.iter().any(|note| note.starts_with("more is merged")), "{:?}", made.notes);
    }

    #[test]
    fn events_give_user_pools_their_triggers() {
        let text = format!(
            "{HEAD}functions:\n  my-fn:\n    events:\n      - http: GET /\n      - cognitoUserPool: {{pool: my-pool, trigger: PreTokenGeneration}}\nresources:\n  Resources:\n    CognitoUserPoolMypool: {{Type: 'AWS::Cognito::UserPool', Properties: {{UserPoolName: a, LambdaConfig: {{PostConfirmation: x}}}}}}\n"
        );
        let expanded = expanded(&text).unwrap();
        let template = Template::read(&expanded.document).unwrap();
        let pool = template.resource("CognitoUserPoolMypool").unwrap();
        let triggers = pool.property("LambdaConfig").unwrap();
        let names: Vec<_> = triggers.entries().into_iter().filter_map(|(key, _)| key.text()).collect();
        assert_eq!(names, ["PostConfirmation", "PreTokenGeneration"]);
        assert_eq!(pool.property("UserPoolName").and_then(Node::text), Some("a"));
    }
}
