//! Entries and members that go, comments on their lines with them.

use super::is_call;
use super::tree::Tree;
use crate::finding::TextEdit;
use crate::source::Span;
use crate::syntax::{Kind, Node};

/// Takes an entry away, with its lines where it has lines of its own.
pub(super) fn entry<'d>(tree: &Tree<'d>, key: Node<'d>) -> Option<TextEdit> {
    let mapping = tree.parent(key)?;
    let entries: Vec<_> = mapping.own_entries().collect();
    let at = entries.iter().position(|(own, _)| own.id() == key.id())?;
    let (_, value) = entries[at];
    // A mapping without entries would mean something else.
    if entries.len() < 2 {
        return None;
    }
    if tree.is_flow(mapping) {
        let text = tree.text();
        let span = match entries.get(at + 1) {
            Some((next, _)) => Span::new(key.span().start(), next.span().start()),
            None => {
                let (before_key, before) = entries[at - 1];
                let before = if before.kind() == Kind::Missing { before_key } else { before };
                Span::new(tree.end(before), tree.end(value).max(key.span().end()))
            }
        };
        return (!span.of(text).contains('#')).then(|| tree.edit(span, String::new()));
    }
    let start = key.span().start();
    if at == 0 && !tree.text()[tree.line_start(start)..start].trim().is_empty() {
        // `- key: value`: what follows moves up to the dash.
        let (next, _) = entries[1];
        return Some(tree.edit(Span::new(start, next.span().start()), String::new()));
    }
    let end = if value.kind() == Kind::Missing { key.span().end() } else { tree.end(value) };
    Some(tree.edit(lines(tree, start, end), String::new()))
}

/// Takes a member of a list away, with its lines where it has lines of its own.
pub(super) fn member<'d>(tree: &Tree<'d>, node: Node<'d>) -> Option<TextEdit> {
    let list = tree.parent(node).filter(|list| list.kind() == Kind::Sequence)?;
    // The list of what a function is given is none of values.
    let is_argument = list.tag().is_some() || tree.parent(list).is_some_and(is_call);
    let items: Vec<Node<'d>> = list.items().collect();
    let at = items.iter().position(|item| item.id() == node.id())?;
    // An empty list would mean something else.
    if is_argument || items.len() < 2 || node.kind() == Kind::Missing {
        return None;
    }
    let start = |node: Node<'d>| node.tagged_place().span.start();
    let (before, next) = (at.checked_sub(1).map(|before| tree.end(items[before])), items.get(at + 1));
    if tree.is_flow(list) {
        let span = match (next, before) {
            (Some(next), _) => Span::new(start(node), start(*next)),
            (None, before) => Span::new(before?, tree.end(node)),
        };
        let around = Span::new(before.unwrap_or(list.span().start() + 1), start(node));
        let behind = Span::new(tree.end(node), next.map_or(tree.end(node), |next| start(*next)));
        let is_plain = |span: Span| span.of(tree.text()).chars().all(|c| c == ',' || c.is_whitespace());
        // A comment, or the name of an anchor, would be left, or be another member's.
        return (is_plain(around) && is_plain(behind)).then(|| tree.edit(span, String::new()));
    }
    let dash = dash(tree, node)?;
    let before_dash = &tree.text()[tree.line_start(dash)..dash];
    match (before_dash.trim().is_empty(), at, next) {
        (true, ..) => Some(tree.edit(lines(tree, dash, tree.end(node)), String::new())),
        // `- - value`: what follows moves up to the dash.
        (false, 0, Some(next)) => Some(tree.edit(Span::new(dash, self::dash(tree, *next)?), String::new())),
        _ => None,
    }
}

/// The dash of a member, if nothing but blanks stands between them.
fn dash<'d>(tree: &Tree<'d>, member: Node<'d>) -> Option<usize> {
    let start = member.tagged_place().span.start();
    let front = tree.text()[..start].trim_end_matches([' ', '\t']);
    front.ends_with('-').then(|| front.len() - 1)
}

/// All lines from one byte to another, the last line end included.
fn lines(tree: &Tree<'_>, start: usize, end: usize) -> Span {
    let line_end = tree.line_end(end);
    let to = tree.text()[line_end..].find('\n').map_or(line_end, |newline| line_end + newline + 1);
    Span::new(tree.line_start(start), to)
}
