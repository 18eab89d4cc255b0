//! A YAML template as the JSON template that means the same.

#[allow(dead_code, reason = "for those who change templates")]
mod flow;

use std::path::Path;
use std::sync::Arc;

use rolecall::source::FileId;
use rolecall::syntax::{Document, Kind, Node, Scalar, Style, parse_yaml};

#[allow(unused_imports, reason = "for those who change templates")]
pub(crate) use flow::to_flow;

/// A YAML file as the JSON file that means the same: its path and its text.
///
/// # Errors
/// What about it is no template.
pub(crate) fn file(path: &str, text: &str) -> Result<(String, String), String> {
    let json = to_json(&parse_yaml(FileId(0), &Arc::from(text))).map_err(|error| format!("{path}: {error}"))?;
    Ok((Path::new(path).with_extension("json").to_string_lossy().into_owned(), json))
}

/// The JSON text of a YAML template: short tags in their long form, aliases and merge keys followed,
/// keys in their order, and keys that stand twice still there twice.
///
/// # Errors
/// A text that is no template: grammar, unknown tags, keys that are no scalars.
pub(crate) fn to_json(document: &Document) -> Result<String, String> {
    if let Some(error) = document.errors().first() {
        return Err(error.message.clone());
    }
    let root = document.root().ok_or("the text is empty")?;
    let mut out = String::new();
    write(root, 0, &mut out)?;
    out.push('\n');
    Ok(out)
}

fn write(node: Node<'_>, depth: usize, out: &mut String) -> Result<(), String> {
    match node.tag().and_then(|tag| tag.strip_prefix('!')).filter(|tag| !tag.is_empty() && !tag.starts_with('!')) {
        Some(tag) => write_function(tag, node, depth, out),
        None => write_untagged(node, depth, out),
    }
}

/// `!Sub x` as `{"Fn::Sub": x}`.
fn write_function(tag: &str, node: Node<'_>, depth: usize, out: &mut String) -> Result<(), String> {
    let name = match tag {
        "Ref" | "Condition" => tag.to_owned(),
        "And" | "Base64" | "Cidr" | "Equals" | "FindInMap" | "GetAZs" | "GetAtt" | "GetStackOutput" | "If"
        | "ImportValue" | "Join" | "Length" | "Not" | "Or" | "Select" | "Split" | "Sub" | "ToJsonString"
        | "Transform" => format!("Fn::{tag}"),
        _ => return Err(format!("!{tag} is no function of CloudFormation")),
    };
    out.extend(["{ ", &quoted(&name), ": "]);
    match node.text() {
        Some(text) if tag == "GetAtt" => {
            let (resource, attribute) = text.split_once('.').ok_or(format!("!GetAtt {text} has no attribute"))?;
            out.extend(["[", &quoted(resource), ", ", &quoted(attribute), "]"]);
        }
        // A function's own text is text, whatever it looks like.
        Some(text) => out.push_str(&quoted(text)),
        None => write_untagged(node, depth, out)?,
    }
    out.push_str(" }");
    Ok(())
}

fn write_untagged(node: Node<'_>, depth: usize, out: &mut String) -> Result<(), String> {
    match node.kind() {
        Kind::Missing => out.push_str("null"),
        Kind::Scalar => out.push_str(&scalar(node)),
        Kind::Sequence => {
            let items: Vec<_> = node.items().collect();
            return write_block(['[', ']'], &items, depth, out, |item, out| write(*item, depth + 1, out));
        }
        Kind::Mapping => {
            let merges =
                node.own_entries().any(|(key, _)| key.style() == Some(Style::Plain) && key.text() == Some("<<"));
            let entries: Vec<_> = if merges { node.entries() } else { node.own_entries().collect() };
            return write_block(['{', '}'], &entries, depth, out, |(key, value), out| {
                let key = key.text().filter(|_| key.tag().is_none()).ok_or("a key is no plain scalar")?;
                out.extend([&quoted(key), ": "]);
                write(*value, depth + 1, out)
            });
        }
    }
    Ok(())
}

fn write_block<T>(
    brackets: [char; 2],
    members: &[T],
    depth: usize,
    out: &mut String,
    mut member: impl FnMut(&T, &mut String) -> Result<(), String>,
) -> Result<(), String> {
    out.push(brackets[0]);
    for (index, one) in members.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        member(one, out)?;
    }
    if !members.is_empty() {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
    out.push(brackets[1]);
    Ok(())
}

fn scalar(node: Node<'_>) -> String {
    match node.scalar() {
        None | Some(Scalar::Null) => "null".to_owned(),
        Some(Scalar::Bool(value)) => value.to_string(),
        // JSON knows fewer numbers than YAML; as text the others mean the same to CloudFormation.
        Some(Scalar::Number(text)) if serde_json::from_str::<serde_json::Number>(text).is_ok() => text.to_owned(),
        Some(Scalar::Number(text) | Scalar::Text(text)) => quoted(text),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
