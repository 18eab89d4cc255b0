//! A value as the text around it is written.

use std::sync::Arc;

use super::tree::Tree;
use crate::finding::Written;
use crate::source::FileId;
use crate::syntax::{Document, Kind, Node, Scalar, Style, parse_yaml};

/// How the surroundings of a value are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    /// In JSON's words: double quotes and no tags.
    pub(super) json: bool,
    /// Within brackets.
    pub(super) flow: bool,
    /// Whether `{ a: 1 }` is written, and not `{a: 1}`.
    padded: bool,
    /// Whether a colon has a blank behind it in brackets.
    spaced: bool,
}

impl Context {
    /// How a document is written where nothing is in brackets.
    pub(super) fn of_document(document: &Document) -> Self {
        let is_json = |node: Node<'_>| matches!(node.style(), Some(Style::JsonString | Style::JsonWord));
        let json = document.nodes().find(|node| node.style().is_some()).is_some_and(is_json);
        let text: &str = document.text();
        let first = document.nodes().find(|node| is_one_line_map(text, *node));
        let padded = first.is_some_and(|node| node.span().of(text).starts_with("{ "));
        let key = document.nodes().find_map(|node| node.own_entries().next()).map(|(key, _)| key);
        let behind = key.and_then(|key| text.get(key.span().end()..)).unwrap_or(": ");
        let compact = json && behind.strip_prefix(':').is_some_and(|value| !value.starts_with(char::is_whitespace));
        Self { json, flow: json, padded, spaced: !compact }
    }

    /// The surroundings of a node.
    pub(super) fn of<'d>(tree: &Tree<'d>, node: Node<'d>) -> Self {
        let flow = tree.context.flow || tree.is_in_flow(node) || tree.is_flow(node);
        Self { flow, ..tree.context }
    }

    /// The same within brackets.
    pub(super) fn in_flow(self) -> Self {
        Self { flow: true, ..self }
    }

    /// A text in the quotes that another one has.
    pub(super) fn like(self, text: &str, style: Style) -> String {
        match style {
            Style::Single if is_one_line(text) => format!("'{}'", text.replace('\'', "''")),
            Style::Double | Style::JsonString => quoted(text),
            _ => self.scalar(text),
        }
    }

    /// A text, in quotes where it has to be.
    pub(super) fn scalar(self, text: &str) -> String {
        match () {
            () if self.json => quoted(text),
            () if self.is_plain(text) => text.to_owned(),
            () if is_one_line(text) => format!("'{}'", text.replace('\'', "''")),
            () => quoted(text),
        }
    }

    /// A key.
    pub(super) fn key(self, text: &str) -> String {
        self.scalar(text)
    }

    /// What stands between a key and its value.
    pub(super) fn colon(self) -> &'static str {
        if self.spaced || !self.json { ": " } else { ":" }
    }

    /// Whether YAML reads a text without quotes as that text, here.
    fn is_plain(self, text: &str) -> bool {
        let inside = if self.flow { format!("{{k: {text}}}") } else { format!("k: {text}\n") };
        let as_key = if self.flow { format!("{{{text}: k}}") } else { format!("{text}: k\n") };
        let reads = |source: String, is_key: bool| {
            let document = parse_yaml(FileId(0), &Arc::from(source));
            let entry = document.root().and_then(|root| root.own_entries().next());
            let node = entry.map(|(key, value)| if is_key { key } else { value });
            let is_text = node.and_then(Node::scalar) == Some(Scalar::Text(text));
            let is_alone =
                document.comments().is_empty() && document.root().is_some_and(|root| root.own_entries().count() == 1);
            document.errors().is_empty() && is_text && is_alone && node.is_some_and(|node| node.tag().is_none())
        };
        reads(inside, false) && reads(as_key, true)
    }

    /// A value on one line.
    pub(super) fn inline(self, value: &Written) -> String {
        match value {
            Written::Text(text) => self.scalar(text),
            Written::Bool(value) => value.to_string(),
            Written::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.in_flow().inline(item)).collect();
                format!("[{}]", items.join(self.comma()))
            }
            Written::Map(entries) => self.inline_map(entries),
            Written::Call(name, argument) if self.json => {
                self.inline_map(&[((*name).to_owned(), (**argument).clone())])
            }
            Written::Call(name, argument) => self.short(name, argument),
        }
    }

    pub(super) fn comma(self) -> &'static str {
        if self.spaced || !self.json { ", " } else { "," }
    }

    fn inline_map(self, entries: &[(String, Written)]) -> String {
        let inner = self.in_flow();
        let entry =
            |(key, value): &(String, Written)| format!("{}{}{}", inner.key(key), self.colon(), inner.inline(value));
        let entries: Vec<String> = entries.iter().map(entry).collect();
        let pad = if self.padded { " " } else { "" };
        format!("{{{pad}{}{pad}}}", entries.join(self.comma()))
    }

    /// `!Ref A`, `!GetAtt A.Arn`, `!Sub '…'`.
    fn short(self, name: &str, argument: &Written) -> String {
        let tag = name.strip_prefix("Fn::").unwrap_or(name);
        let argument = match (name, argument) {
            ("Fn::GetAtt", Written::List(parts)) => {
                let part = |part: &Written| if let Written::Text(text) = part { text.clone() } else { String::new() };
                self.scalar(&parts.iter().map(part).collect::<Vec<_>>().join("."))
            }
            _ => self.inline(argument),
        };
        format!("!{tag} {argument}")
    }
}

fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// In double quotes, which JSON and YAML read alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_one_line_map(text: &str, node: Node<'_>) -> bool {
    let text = node.span().of(text);
    node.kind() == Kind::Mapping && text.starts_with('{') && !text.contains('\n') && node.own_entries().next().is_some()
}
