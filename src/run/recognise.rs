//! What a file is, by its text and its tree.

use crate::source::Span;
use crate::syntax::{Document, Kind, Node};
use crate::template::Call;
use crate::template::serverless::is_service;

/// What a parsed file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A template.
    Template,
    /// It would be a template, but its `Resources` is no mapping.
    NoMapping(Span),
    /// A bare IAM policy document.
    Policy,
    /// Something else.
    Other,
}

/// What a tree is.
pub(super) fn form(document: &Document) -> Form {
    let Some(root) = document.root().filter(|root| root.kind() == Kind::Mapping) else { return Form::Other };
    let declared = root.get("AWSTemplateFormatVersion").is_some();
    match root.entry("Resources") {
        Some((_, resources)) if resources.kind() == Kind::Mapping => {
            let typed = resources.own_entries().any(|(_, body)| body.get("Type").is_some());
            if typed || declared || root.get("Transform").is_some() { Form::Template } else { Form::Other }
        }
        // Another tool puts the resources there.
        Some((_, resources)) if Call::of(resources).is_some() => Form::Template,
        // And a macro makes them of what is there.
        Some(_) if root.get("Transform").is_some_and(calls_macro) => Form::Template,
        Some(_) if is_app_spec(root) => Form::Other,
        Some((key, resources)) => {
            let named = || match resources.kind() {
                Kind::Missing => document.text().contains("AWS::"),
                _ => names_type(resources, 2),
            };
            let meant = declared || root.get("Transform").is_some() || named();
            let span = if resources.kind() == Kind::Missing { key.span() } else { resources.span() };
            if meant { Form::NoMapping(span) } else { Form::Other }
        }
        None if declared || root.get("Transform").is_some_and(is_of_aws) || is_service(root) => Form::Template,
        None if root.get("Statement").is_some() && root.get("Version").is_some() => Form::Policy,
        None => Form::Other,
    }
}

/// Whether some mapping in a tree of few levels has a type of CloudFormation's resources: events and reports have
/// lists of `Resources` too, and a plain list of types is a table that some tool reads.
fn names_type(node: Node<'_>, levels: usize) -> bool {
    let is_type = |text: &str| {
        let parts: Vec<&str> = text.split("::").collect();
        parts.len() >= 3 && parts[0] == "AWS" && parts.iter().all(|part| !part.is_empty())
    };
    let has_type = |value: Node<'_>| value.text().is_some_and(is_type) || names_type(value, levels - 1);
    levels > 0
        && (node.items().any(|item| names_type(item, levels - 1))
            || node.own_entries().any(|(_, value)| has_type(value)))
}

/// What CodeDeploy is told about a revision lists `Resources` too (CodeDeploy User Guide, AppSpec file structure).
fn is_app_spec(root: Node<'_>) -> bool {
    let is_list = root.get("Resources").is_some_and(|resources| resources.kind() == Kind::Sequence);
    is_list && root.get("version").is_some() && root.get("AWSTemplateFormatVersion").is_none()
}

/// Other formats have a key `Transform` too.
fn is_of_aws(transform: Node<'_>) -> bool {
    let named = |node: Node<'_>| node.text().is_some_and(|name| name.starts_with("AWS::"));
    named(transform) || transform.items().any(named)
}

/// Whether macros that an account defines make something of the template.
fn calls_macro(transform: Node<'_>) -> bool {
    let named = |node: Node<'_>| node.text().is_some_and(|name| !name.starts_with("AWS::"));
    named(transform) || transform.items().any(named)
}

/// Whether a text is worth parsing: a look at the bytes.
pub(super) fn worth_parsing(text: &str) -> bool {
    text.contains("AWSTemplateFormatVersion")
        || ["Resources", "Transform"].iter().any(|key| has_key(text, key))
        // A service of the Serverless Framework need not have resources of its own.
        || ["service", "provider"].iter().all(|key| has_key(text, key))
}

/// Whether a text that cannot be parsed was meant to be a template.
pub(super) fn looks_like_template(text: &str) -> bool {
    text.contains("AWSTemplateFormatVersion") || (has_key(text, "Resources") && text.contains("AWS::"))
}

fn has_key(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + key.len()..].trim_start_matches(['"', '\'']).trim_start();
        let begins = before.is_none_or(|c| c.is_whitespace() || "\"'{,\u{feff}".contains(c));
        begins && after.starts_with(':')
    })
}

/// The tool that a text is written for although it parses: to YAML, `{{ name }}` is a mapping with a
/// mapping for its key, which CloudFormation refuses.
pub(super) fn tool_of_braces(document: &Document) -> Option<(Span, &'static str)> {
    let text = document.text();
    if !text.contains("{{") {
        return None;
    }
    let has_mapping_for_key = |node: &Node<'_>| node.own_entries().any(|(key, _)| key.kind() == Kind::Mapping);
    let is_braces = |node: &Node<'_>| node.span().of(text).starts_with("{{") && has_mapping_for_key(node);
    let first = document.nodes().filter(is_braces).map(|node| node.span().start()).min()?;
    other_tool(text, first)
}

/// The tool that this text is written for, if that shows at or before the byte where parsing failed.
pub(super) fn other_tool(text: &str, failed_at: usize) -> Option<(Span, &'static str)> {
    let failed_at = Span::at(failed_at).snapped(text).start();
    let end = text[failed_at..].find('\n').map_or(text.len(), |newline| failed_at + newline);
    let before = &text[..end];
    let cookiecutter = ["{{cookiecutter.", "{{ cookiecutter."].iter().filter_map(|mark| text.find(mark)).min();
    if let Some(at) = cookiecutter {
        return Some((Span::new(at, at + 2), "cookiecutter"));
    }
    let tags = [("{%", "Jinja"), ("<%", "EJS")];
    let first = tags.iter().filter_map(|(mark, tool)| Some((before.find(mark)?, *tool))).min();
    let (at, tool) = first.or_else(|| braces(before, failed_at))?;
    Some((Span::new(at, at + 2), tool))
}

/// Double braces in the line where parsing failed, or in the one before it. Elsewhere they may well
/// stand in a text that CloudFormation never reads, and the file is simply broken.
fn braces(before: &str, failed_at: usize) -> Option<(usize, &'static str)> {
    let line = before[..failed_at].rfind('\n').unwrap_or(0);
    let from = before[..line].rfind('\n').unwrap_or(0);
    let mut found = before[from..].match_indices("{{").map(|(at, _)| from + at);
    // A dynamic reference is CloudFormation's own.
    let at = found.find(|at| !before[*at..].starts_with("{{resolve:"))?;
    let inside = before[at + 2..].trim_start_matches('-').trim_start();
    let tool = match inside.as_bytes().first() {
        Some(b'.') => "Helm",
        Some(b'#' | b'/') => "Handlebars",
        _ => "Jinja",
    };
    Some((at, tool))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::FileId;
    use crate::syntax::{parse_json, parse_yaml};

    fn form_of(text: &str) -> Form {
        form(&parse_json(FileId(0), &Arc::from(text)))
    }

    #[test]
    fn templates_are_told_from_other_files() {
        assert_eq!(form_of(r#"{"Resources": {"A": null, "B": {"Type": "T"}}}"#), Form::Template);
        assert_eq!(form_of(r#"{"AWSTemplateFormatVersion": "2010-09-09"}"#), Form::Template);
        assert_eq!(form_of(r#"{"Transform": ["AWS::Serverless-2016-10-31"]}"#), Form::Template);
        assert_eq!(form_of(r#"{"Transform": "rotate(3)"}"#), Form::Other);
        assert_eq!(form_of(r#"{"Transform": ["ShortHand"], "Resources": ["AWS::S3::Bucket"]}"#), Form::Template);
        assert_eq!(form_of(r#"{"Resources": {"cpu": 1}}"#), Form::Other);
        assert_eq!(form_of(r#"{"Resources": ["cpu"]}"#), Form::Other);
        assert_eq!(form_of(r#"{"Resources": ["AWS::S3::Bucket"]}"#), Form::Other);
        let written_as_list = form_of(r#"{"Resources": [{"Type": "AWS::S3::Bucket"}]}"#);
        assert_eq!(written_as_list, Form::NoMapping(Span::new(14, 43)));
        // A finding of Security Hub (AWS Security Hub User Guide, AWS Security Finding Format).
        let of_security_hub =
            r#"{"Resources": [{"Type": "AwsAccount", "Id": "AWS::::Account:1"}], "Title": "AWS::S3::Bucket"}"#;
        assert_eq!(form_of(of_security_hub), Form::Other);
        assert_eq!(form_of(r#"{"version": 0.0, "Resources": [{"S": {"Type": "AWS::ECS::Service"}}]}"#), Form::Other);
        assert_eq!(form_of(r#"{"Version": "2012-10-17", "Statement": []}"#), Form::Policy);
        assert_eq!(form_of("[]"), Form::Other);
        assert_eq!(form_of(r#"{"service": "a", "provider": {"name": "aws"}, "functions": {}}"#), Form::Template);
        assert_eq!(form_of(r#"{"service": "a", "provider": {"name": "google"}, "functions": {}}"#), Form::Other);
    }

    #[test]
    fn a_look_at_the_text_saves_the_parsing() {
        assert!(worth_parsing("\u{feff}Resources:\n  A:"));
        assert!(worth_parsing("{\"Resources\" : {}}"));
        assert!(!worth_parsing("{\"dependencies\": {\"svg-Transform\": \"1\"}, \"x\": \"Resources\"}"));
        assert!(!looks_like_template("Resources: {}"));
    }

    #[test]
    fn braces_that_yaml_reads_as_mappings_show() {
        let tool = |text: &str| tool_of_braces(&parse_yaml(FileId(0), &Arc::from(text))).map(|(_, tool)| tool);
        assert_eq!(tool("Resources:\n  {{ cookiecutter.bucket }}:\n    Type: T\n"), Some("cookiecutter"));
        assert_eq!(tool("Resources:\n  A:\n    Type: T\n    Name: {{ name }}\n"), Some("Jinja"));
        assert_eq!(tool("Resources:\n  A:\n    Name: '{{resolve:ssm:x}}'\n    Text: |\n      {{ name }}\n"), None);
        assert_eq!(tool("A: {B: {C: 1}}\n"), None);
    }

    #[test]
    fn the_source_of_another_tool_shows() {
        let tool = |text: &str, at: usize| other_tool(text, at).map(|(span, tool)| (span.start(), tool));
        assert_eq!(tool("a: 1\n{% if x %}\nb: 2", 6), Some((5, "Jinja")));
        assert_eq!(tool("a: <%= x %>", 3), Some((3, "EJS")));
        assert_eq!(tool("b: {{ .Values.x }}", 5), Some((3, "Helm")));
        assert_eq!(tool("n: {{ cookiecutter.name }}", 0), Some((3, "cookiecutter")));
        assert_eq!(tool("p: '{{resolve:ssm:x}}'\nb: [", 26), None);
        assert_eq!(tool("s: '{{.Name}}'\n\n\n\nb: [", 21), None);
        assert_eq!(tool("é", 1), None);
    }
}
