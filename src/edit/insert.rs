//! Entries and members that come.

use super::tree::Tree;
use super::write::Context;
use super::{is_plain_mapping, set};
use crate::finding::{TextEdit, Written};
use crate::source::Span;
use crate::syntax::{Kind, Node, Style};

/// Puts a value at the end of a path below a mapping.
pub(super) fn put<'d>(tree: &Tree<'d>, mapping: Node<'d>, path: &[String], value: &Written) -> Option<TextEdit> {
    if !is_plain_mapping(mapping) {
        return None;
    }
    let (first, rest) = path.split_first()?;
    match (mapping.entry(first), rest.is_empty()) {
        (Some((_, own)), false) => put(tree, own, rest, value),
        (Some((_, own)), true) => set(tree, own, value),
        (None, _) => {
            let nested = rest.iter().rev().fold(value.clone(), |value, key| Written::Map(vec![(key.clone(), value)]));
            entry(tree, mapping, first, &nested)
        }
    }
}

/// Adds an entry behind the others of a mapping.
fn entry<'d>(tree: &Tree<'d>, mapping: Node<'d>, key: &str, value: &Written) -> Option<TextEdit> {
    let context = Context::of(tree, mapping);
    let span = mapping.span();
    let Some((first, _)) = mapping.own_entries().next() else {
        let map = context.inline(&Written::Map(vec![(key.to_owned(), value.clone())]));
        return tree.is_flow(mapping).then(|| tree.edit(span, map));
    };
    let last =
        mapping.own_entries().last().map(|(key, value)| if value.kind() == Kind::Missing { key } else { value })?;
    if tree.is_flow(mapping) {
        let end = tree.end(last);
        return Some(flow(tree, context, span, first.span().start(), end, &|indent| {
            format!("{}{}{}", context.key(key), context.colon(), lines(tree, context, value, indent))
        }));
    }
    let column = tree.column(first.span().start());
    let text = block(tree, context, key, value, column);
    Some(behind_line(tree, tree.end(mapping), &text, column))
}

/// Something more in brackets, behind the last of what is there: on a line of its own where that is.
fn flow(
    tree: &Tree<'_>,
    context: Context,
    span: Span,
    first: usize,
    end: usize,
    what: &dyn Fn(Option<&str>) -> String,
) -> TextEdit {
    let is_on_lines = tree.text()[span.start()..first].contains('\n');
    let text = if is_on_lines {
        let indent = tree.indent(first);
        format!(",{}{indent}{}", tree.newline(), what(Some(indent)))
    } else {
        format!("{}{}", context.comma(), what(None))
    };
    tree.edit(Span::at(end), text)
}

/// A value in brackets: mappings on lines of their own where those around it are.
fn lines(tree: &Tree<'_>, context: Context, value: &Written, indent: Option<&str>) -> String {
    match (value, indent) {
        (Written::Map(entries), Some(indent)) if context.json => {
            let inner = format!("{indent}{}", step(tree, indent));
            let newline = tree.newline();
            let entry = |(key, value): &(String, Written)| {
                let value = lines(tree, context, value, Some(&inner));
                format!("{newline}{inner}{}{}{value}", context.key(key), context.colon())
            };
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{{}{newline}{indent}}}", entries.join(","))
        }
        _ => context.in_flow().inline(value),
    }
}

fn step(tree: &Tree<'_>, indent: &str) -> String {
    if indent.starts_with('\t') { "\t".to_owned() } else { " ".repeat(tree.step()) }
}

/// An entry of a block mapping: its first line without indentation, then further lines.
fn block(tree: &Tree<'_>, context: Context, key: &str, value: &Written, column: usize) -> String {
    let key = context.key(key);
    match value {
        Written::Map(entries) if !entries.is_empty() => {
            let inner = column + tree.step();
            let indent = " ".repeat(inner);
            let newline = tree.newline();
            let entry = |(key, value): &(String, Written)| {
                format!("{newline}{indent}{}", block(tree, context, key, value, inner))
            };
            format!("{key}:{}", entries.iter().map(entry).collect::<String>())
        }
        _ => format!("{key}: {}", context.inline(value)),
    }
}

/// A line more behind that of a byte.
fn behind_line(tree: &Tree<'_>, at: usize, text: &str, column: usize) -> TextEdit {
    let end = tree.line_end(at);
    tree.edit(Span::at(end), format!("{}{}{text}", tree.newline(), " ".repeat(column)))
}

/// Adds a member to a list, or makes a list of a single value.
pub(super) fn append<'d>(tree: &Tree<'d>, node: Node<'d>, value: &Written) -> Option<TextEdit> {
    let context = Context::of(tree, node);
    match node.kind() {
        Kind::Sequence if node.tag().is_some() => None,
        Kind::Sequence => member(tree, context, node, value),
        Kind::Scalar if node.style() != Some(Style::Block) && node.tag().is_none() => {
            let own = match node.style()? {
                // Without quotes it might end at a comma.
                Style::Plain => context.in_flow().scalar(node.text()?),
                _ => node.span().of(tree.text()).to_owned(),
            };
            let text = format!("[{own}{}{}]", context.comma(), context.in_flow().inline(value));
            Some(tree.edit(node.span(), text))
        }
        _ => None,
    }
}

fn member<'d>(tree: &Tree<'d>, context: Context, list: Node<'d>, value: &Written) -> Option<TextEdit> {
    let (Some(first), Some(last)) = (list.items().next(), list.items().last()) else {
        return tree.is_flow(list).then(|| tree.edit(list.span(), format!("[{}]", context.in_flow().inline(value))));
    };
    if tree.is_flow(list) {
        let start = first.tagged_place().span.start();
        let inline = |_: Option<&str>| context.in_flow().inline(value);
        return Some(flow(tree, context, list.span(), start, tree.end(last), &inline));
    }
    let dash = tree.text()[..first.tagged_place().span.start()].rfind('-')?;
    let text = format!("- {}", context.inline(value));
    Some(behind_line(tree, tree.end(list), &text, tree.column(dash)))
}

/// An entry of another mapping, line for line: both mappings begin in one column.
pub(super) fn take<'d>(tree: &Tree<'d>, into: Node<'d>, key: Node<'d>) -> Option<TextEdit> {
    let from = tree.parent(key)?;
    let (_, value) = from.own_entries().find(|(own, _)| own.id() == key.id())?;
    let (first, _) = into.own_entries().next()?;
    let last = into.own_entries().last().map(|(_, value)| value).filter(|value| value.kind() != Kind::Missing)?;
    let text = Span::new(key.span().start(), tree.end(value)).of(tree.text());
    let (column, other) = (tree.column(first.span().start()), tree.column(key.span().start()));
    let is_flow = tree.is_flow(into);
    let fits = column == other || (is_flow && !text.contains('\n'));
    let is_apart = from.id() != into.id() && is_plain_mapping(into) && is_flow == tree.is_flow(from);
    // A name for other places (an anchor) may be used before it is there.
    if !fits || !is_apart || text.contains(['&', '*']) {
        return None;
    }
    if is_flow {
        let context = Context::of(tree, into);
        let as_it_is = |_: Option<&str>| text.to_owned();
        return Some(flow(tree, context, into.span(), first.span().start(), tree.end(last), &as_it_is));
    }
    Some(behind_line(tree, tree.end(into), text, column))
}

/// A member of a list as another one is written, line for line: both begin in one column.
pub(super) fn copy<'d>(tree: &Tree<'d>, node: Node<'d>, from: Node<'d>) -> Option<TextEdit> {
    let list = tree.parent(node)?;
    let is_member = |node: Node<'d>| list.items().any(|item| item.id() == node.id());
    let span = |node: Node<'d>| Span::new(node.tagged_place().span.start(), tree.end(node));
    let [own, other] = [node, from].map(span);
    let in_column = tree.column(own.start()) == tree.column(other.start()) || tree.is_flow(list);
    // A name for other places (an anchor) may be used before it is there.
    let names = other.of(tree.text()).contains(['&', '*']);
    (list.kind() == Kind::Sequence && is_member(node) && is_member(from) && in_column && !names)
        .then(|| tree.edit(own, other.of(tree.text()).to_owned()))
}
