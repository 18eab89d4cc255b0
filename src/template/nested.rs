//! The templates that a template names: nested stacks, nested applications, stack sets.
//!
//! Invariant: no file is opened here. A path is a text written by others, and whoever follows it has to
//! look where it leads.

use super::assembly::template_by_asset;
use super::{Call, Function};
use crate::syntax::{Document, Kind, Node};

/// A resource that deploys another template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedTemplate<'d> {
    /// Its logical id.
    pub id: &'d str,
    /// Where its template is said to be.
    pub source: Source,
    /// Whether it is deployed to accounts and Regions of its own (`AWS::CloudFormation::StackSet`).
    pub apart: bool,
}

/// Where a template is said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A path from the folder of the template that names it (`aws cloudformation package`).
    Path(String),
    /// A URL, by the parts of its path that are known, from the first one that nothing unknown follows.
    Url {
        /// These parts.
        parts: Vec<String>,
        /// Whether all of the URL is known: it then names a place that is the same for everybody.
        whole: bool,
    },
    /// It stands in the template itself, as a text (`TemplateBody` of a stack set).
    Text,
    /// Nothing that names a file.
    Unknown,
}

/// Parts of a URL's path that are looked at.
const MOST_PARTS: usize = 8;
/// Functions in one another that are followed to make a URL.
const MOST_DEPTH: usize = 8;
/// Parts of a text that are looked at.
const MOST_STEPS: usize = 1_000;
/// Stands for what is not known in a text.
const UNKNOWN: char = '\0';

/// The property of a type that names a template.
fn property_of(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::CloudFormation::Stack" | STACK_SET => Some("TemplateURL"),
        // SAM, AWS::Serverless::Application: a path, a URL or an application of the repository.
        "AWS::Serverless::Application" => Some("Location"),
        _ => None,
    }
}

/// The type of a stack that goes to many accounts and Regions.
pub const STACK_SET: &str = "AWS::CloudFormation::StackSet";

/// Its property that holds a template as a text.
pub const TEMPLATE_BODY: &str = "TemplateBody";

/// Whether a resource of a type deploys another template whose outputs it has.
pub fn is_nested_stack(kind: &str) -> bool {
    kind != STACK_SET && property_of(kind).is_some()
}

/// The templates that the resources of a document name, in the order of the file.
pub fn nested_templates(document: &Document) -> Vec<NestedTemplate<'_>> {
    let resources = document.root().and_then(|root| root.get("Resources"));
    let entries = resources.map(Node::entries).unwrap_or_default();
    entries.into_iter().filter_map(|(key, body)| nested(key.text()?, body)).collect()
}

fn nested<'d>(id: &'d str, body: Node<'d>) -> Option<NestedTemplate<'d>> {
    let kind = body.get("Type")?.text()?;
    let property = property_of(kind)?;
    let named = |property: &str| body.get("Properties").and_then(|node| node.get(property));
    let source = match (template_by_asset(body), named(property)) {
        (Some(file), _) => Source::Path(file.path),
        (None, Some(node)) => source(node),
        (None, None) if kind == STACK_SET && named(TEMPLATE_BODY).is_some() => Source::Text,
        (None, None) => Source::Unknown,
    };
    Some(NestedTemplate { id, source, apart: kind == STACK_SET })
}

fn source(node: Node<'_>) -> Source {
    if let Some(path) = rain_path(node) {
        return Source::Path(path.to_owned());
    }
    let Some(text) = text(node, 0, &mut 0) else { return Source::Unknown };
    if let Some(path) = text.strip_prefix("file://") {
        return if path.contains(UNKNOWN) { Source::Unknown } else { Source::Path(path.to_owned()) };
    }
    match text.split_once("://") {
        // The host is no part of the path.
        Some((_, rest)) => url(rest.split_once('/').map_or("", |(_, path)| path), !text.contains(UNKNOWN)),
        None if text.contains(UNKNOWN) => url(&text, false),
        None => Source::Path(text),
    }
}

fn url(path: &str, whole: bool) -> Source {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let known = path.rsplit('/').take(MOST_PARTS).take_while(|part| !part.is_empty() && !part.contains(UNKNOWN));
    let mut parts: Vec<String> = known.map(str::to_owned).collect();
    parts.reverse();
    if parts.is_empty() { Source::Unknown } else { Source::Url { parts, whole } }
}

/// The file that Rain uploads: `!Rain::S3Http x.yaml`, `Rain::S3: {Path: x.yaml}` (Rain, packaging).
fn rain_path(node: Node<'_>) -> Option<&str> {
    let is_upload = |name: &str| name.starts_with("Rain::S3");
    let argument = match node.tag() {
        Some(tag) => Some(node).filter(|_| tag.strip_prefix('!').is_some_and(is_upload)),
        None => node.own_entries().find(|(key, _)| key.text().is_some_and(is_upload)).map(|(_, argument)| argument),
    }?;
    argument.text().or_else(|| argument.get("Path")?.text())
}

/// The text that a node makes, with [`UNKNOWN`] for each part that only the deployment knows.
fn text(node: Node<'_>, depth: usize, steps: &mut usize) -> Option<String> {
    *steps += 1;
    // An alias can show the same node again and again.
    if depth > MOST_DEPTH || *steps > MOST_STEPS {
        return None;
    }
    match Call::of(node) {
        None => node.text().map(str::to_owned),
        Some(call) if call.function == Function::Sub => {
            let template = call.argument.text().or_else(|| call.argument.items().next()?.text());
            template.map(without_variables)
        }
        Some(call) if call.function == Function::Join => {
            let mut items = call.argument.items();
            let (delimiter, list) = (items.next()?.text()?, items.next()?);
            let mut made = |item: Node<'_>| text(item, depth + 1, steps).unwrap_or_else(|| UNKNOWN.to_string());
            (list.kind() == Kind::Sequence).then(|| list.items().map(&mut made).collect::<Vec<_>>().join(delimiter))
        }
        Some(_) => None,
    }
}

fn without_variables(template: &str) -> String {
    let mut parts = template.split("${");
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        made.push(UNKNOWN);
        made.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_yaml;

    fn source_of(url: &str) -> Source {
        let text = format!(
            "Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: {url}\n"
        );
        let document = parse_yaml(FileId(0), &text.as_str().into());
        nested_templates(&document).remove(0).source
    }

    fn path(text: &str) -> Source {
        Source::Path(text.to_owned())
    }

    fn parts(texts: &[&str], whole: bool) -> Source {
        Source::Url { parts: texts.iter().map(|text| (*text).to_owned()).collect(), whole }
    }

    #[test]
    fn paths_are_local_and_urls_only_end_like_them() {
        assert_eq!(source_of("./nested/x.yml"), path("./nested/x.yml"));
        assert_eq!(source_of("file://x.yml"), path("x.yml"));
        assert_eq!(source_of("!Rain::S3Http x.yml"), path("x.yml"));
        assert_eq!(source_of("{'Rain::S3': {Path: x.yml}}"), path("x.yml"));
        assert_eq!(source_of("https://s3.amazonaws.com/b/auth/x.json?v=1"), parts(&["b", "auth", "x.json"], true));
        assert_eq!(source_of("!Sub 'https://${B}.s3.amazonaws.com/${P}/x.json'"), parts(&["x.json"], false));
        assert_eq!(source_of("!Sub '${P}templates/x.json'"), parts(&["x.json"], false));
        assert_eq!(
            source_of("!Join ['/', ['https://s3.amazonaws.com', !Ref B, stacks, x.json]]"),
            parts(&["stacks", "x.json"], false)
        );
        assert_eq!(source_of("!Ref Url"), Source::Unknown);
        assert_eq!(source_of("!Sub 'https://b.s3.amazonaws.com/${P}'"), Source::Unknown);
    }

    #[test]
    fn applications_and_stack_sets_name_templates_too() {
        let text = "
Resources:
  App: {Type: 'AWS::Serverless::Application', Properties: {Location: app/template.yaml}}
  Shared: {Type: 'AWS::Serverless::Application', Properties: {Location: {ApplicationId: a, SemanticVersion: 1.0.0}}}
  Set: {Type: 'AWS::CloudFormation::StackSet', Properties: {TemplateURL: member.yaml}}
  Body: {Type: 'AWS::CloudFormation::StackSet', Properties: {TemplateBody: 'Resources: {}'}}
  Role: {Type: 'AWS::IAM::Role'}
";
        let document = parse_yaml(FileId(0), &text.into());
        let found: Vec<_> =
            nested_templates(&document).into_iter().map(|nested| (nested.id, nested.source, nested.apart)).collect();
        assert_eq!(
            found,
            [
                ("App", path("app/template.yaml"), false),
                ("Shared", Source::Unknown, false),
                ("Set", path("member.yaml"), true),
                ("Body", Source::Text, true)
            ]
        );
    }
}
