//! What a document says, its bytes forgotten: to see that an edit changed what it was to change, and no more.

use super::tree::Tree;
use crate::finding::{Change, Written};
use crate::syntax::{Kind, Node, Scalar};

/// A value as it counts. Functions have one form, whichever they are written in.
#[derive(Clone, Debug, PartialEq)]
enum Model {
    Missing,
    /// What an alias names, by its name.
    Alias(String),
    /// What the scalar means, and its text.
    Scalar(&'static str, String),
    List(Vec<Model>),
    Map(Vec<(Model, Model)>),
}

/// Whether one document says what the other one says, but for these changes. Cost: linear in both.
pub(super) fn differ_by<'d>(before: &Tree<'d>, after: &Tree<'_>, changes: &[Change]) -> bool {
    let (Some(root), Some(new)) = (before.document.root(), after.document.root()) else { return false };
    let mut steps: Vec<(Vec<usize>, &Change, Option<Model>)> = Vec::new();
    for change in changes {
        let Some(node) = before.node(change.at()) else { return false };
        let Some(path) = path_of(before, node) else { return false };
        let brought = match change {
            Change::Copy { from, .. } => before.node(*from).map(of),
            Change::Take { entry, .. } => before.node(*entry).and_then(|key| entry_of(before, key)),
            _ => None,
        };
        steps.push((path, change, brought));
    }
    // What goes away moves what stands behind it.
    steps.sort_by(|(a, ..), (b, ..)| b.cmp(a));
    let mut model = of(root);
    let made = steps.into_iter().all(|(path, change, brought)| make(&mut model, &path, change, brought).is_some());
    made && model == of(new)
}

/// An entry by its key, as a mapping of one.
fn entry_of<'d>(tree: &Tree<'d>, key: Node<'d>) -> Option<Model> {
    let (_, value) = tree.parent(key)?.own_entries().find(|(own, _)| own.id() == key.id())?;
    Some(Model::Map(vec![(of(key), of(value))]))
}

/// The way from the root: places among items, or among keys and values.
fn path_of<'d>(tree: &Tree<'d>, node: Node<'d>) -> Option<Vec<usize>> {
    let (mut path, mut at) = (Vec::new(), node);
    while let Some(parent) = tree.parent(at) {
        let mut children: Vec<Node<'d>> = parent.items().collect();
        children.extend(parent.own_entries().flat_map(|(key, value)| [key, value]));
        path.push(children.iter().position(|child| child.id() == at.id())?);
        at = parent;
    }
    path.reverse();
    Some(path)
}

fn of(node: Node<'_>) -> Model {
    if node.target().id() != node.id() {
        return Model::Alias(node.span().of(node.source()).to_owned());
    }
    let plain = match node.kind() {
        Kind::Missing => Model::Missing,
        Kind::Scalar => scalar(node),
        Kind::Sequence => Model::List(node.items().map(of).collect()),
        Kind::Mapping => Model::Map(node.own_entries().map(|(key, value)| (of(key), of(value))).collect()),
    };
    match node.tag().and_then(|tag| tag.strip_prefix('!')).filter(|tag| !tag.starts_with('!')) {
        Some(name) => call(name, plain),
        None => plain,
    }
}

fn scalar(node: Node<'_>) -> Model {
    let text = node.text().unwrap_or_default().to_owned();
    let kind = match node.scalar() {
        Some(Scalar::Null) => "null",
        Some(Scalar::Bool(_)) => "bool",
        Some(Scalar::Number(_)) => "number",
        _ => "text",
    };
    Model::Scalar(kind, text)
}

/// A function by its short name.
fn call(name: &str, argument: Model) -> Model {
    let full = if ["Ref", "Condition"].contains(&name) { name.to_owned() } else { format!("Fn::{name}") };
    let argument = match argument {
        Model::Scalar(_, text) if name == "GetAtt" => {
            let (resource, attribute) = text.split_once('.').unwrap_or((&text, ""));
            Model::List(vec![word(resource), word(attribute)])
        }
        other => other,
    };
    Model::Map(vec![(word(&full), argument)])
}

fn word(text: &str) -> Model {
    Model::Scalar("text", text.to_owned())
}

fn written(value: &Written) -> Model {
    match value {
        Written::Text(text) => word(text),
        Written::Bool(value) => Model::Scalar("bool", value.to_string()),
        Written::List(items) => Model::List(items.iter().map(written).collect()),
        Written::Map(entries) => Model::Map(entries.iter().map(|(key, value)| (word(key), written(value))).collect()),
        Written::Call(name, argument) => Model::Map(vec![(word(name), written(argument))]),
    }
}

/// The value at the end of a way.
fn at<'m>(model: &'m mut Model, path: &[usize]) -> Option<&'m mut Model> {
    let Some((first, rest)) = path.split_first() else { return Some(model) };
    match model {
        Model::List(items) => at(items.get_mut(*first)?, rest),
        Model::Map(entries) => {
            let (key, value) = entries.get_mut(first / 2)?;
            at(if first % 2 == 0 { key } else { value }, rest)
        }
        _ => None,
    }
}

fn make(model: &mut Model, path: &[usize], change: &Change, brought: Option<Model>) -> Option<()> {
    match change {
        Change::Set { value, .. } => *at(model, path)? = written(value),
        Change::Put { path: keys, value, .. } => put(at(model, path)?, keys, value)?,
        Change::Append { value, .. } => append(at(model, path)?, value),
        Change::Rename { name, .. } => *at(model, path)? = word(name),
        Change::Copy { .. } => *at(model, path)? = brought?,
        Change::Take { .. } => {
            let (Model::Map(entries), Model::Map(more)) = (at(model, path)?, brought?) else { return None };
            entries.extend(more);
        }
        Change::Remove { .. } => {
            let (last, around) = path.split_last()?;
            let Model::Map(entries) = at(model, around)? else { return None };
            (last / 2 < entries.len()).then(|| entries.remove(last / 2))?;
        }
        Change::Drop { .. } => {
            let (last, around) = path.split_last()?;
            let Model::List(items) = at(model, around)? else { return None };
            (*last < items.len()).then(|| items.remove(*last))?;
        }
    }
    Some(())
}

fn put(model: &mut Model, keys: &[String], value: &Written) -> Option<()> {
    let (Model::Map(entries), Some((first, rest))) = (model, keys.split_first()) else { return None };
    let own = entries.iter_mut().rev().find(|(key, _)| matches!(key, Model::Scalar(_, text) if text == first));
    match own {
        Some((_, own)) if rest.is_empty() => *own = written(value),
        Some((_, own)) => put(own, rest, value)?,
        None => {
            let wrap = |inner, key: &String| Model::Map(vec![(word(key), inner)]);
            entries.push((word(first), rest.iter().rev().fold(written(value), wrap)));
        }
    }
    Some(())
}

fn append(model: &mut Model, value: &Written) {
    match model {
        Model::List(items) => items.push(written(value)),
        single => *single = Model::List(vec![single.clone(), written(value)]),
    }
}
