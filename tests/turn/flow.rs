//! A YAML template in flow form: each member of its sections on one line, tags kept.

use std::sync::Arc;

use rolecall::source::FileId;
use rolecall::syntax::{Kind, Node, Style, parse_yaml};

/// The same template with every member of a section on one line: `Role: {Type: AWS::IAM::Role, …}`.
///
/// # Errors
/// What about it cannot be written so: grammar, keys that are no scalars.
pub(crate) fn to_flow(text: &str) -> Result<String, String> {
    let document = parse_yaml(FileId(0), &Arc::from(text));
    if let Some(error) = document.errors().first() {
        return Err(error.message.clone());
    }
    let mut out = String::new();
    for (key, section) in document.root().ok_or("the text is empty")?.own_entries() {
        out.extend([&scalar(key)?, ":"]);
        if section.kind() == Kind::Mapping && section.own_entries().next().is_some() {
            for (name, member) in section.own_entries() {
                out.extend(["\n  ", &scalar(name)?, ": ", &flow(member)?]);
            }
        } else {
            out.extend([" ", &flow(section)?]);
        }
        out.push('\n');
    }
    Ok(out)
}

fn flow(node: Node<'_>) -> Result<String, String> {
    let tag = node.tag().map(|tag| format!("{tag} ")).unwrap_or_default();
    let bare = match node.kind() {
        Kind::Missing => String::new(),
        Kind::Scalar => scalar(node)?,
        Kind::Sequence => {
            let items: Result<Vec<String>, String> = node.items().map(flow).collect();
            format!("[{}]", items?.join(", "))
        }
        Kind::Mapping => {
            let entry = |(key, value): (Node<'_>, Node<'_>)| Ok(format!("{}: {}", scalar(key)?, flow(value)?));
            let entries: Result<Vec<String>, String> = node.own_entries().map(entry).collect();
            format!("{{{}}}", entries?.join(", "))
        }
    };
    Ok(format!("{tag}{bare}").trim_end().to_owned())
}

/// A scalar in the quotes that it has; plain ones that mean something else within brackets in single ones.
fn scalar(node: Node<'_>) -> Result<String, String> {
    let text = node.text().ok_or("a key or value is no scalar")?;
    let is_plain = node.style() == Some(Style::Plain);
    let is_safe = !text.contains(['{', '}', '[', ']', ',']) && !text.contains(": ") && !text.ends_with(':');
    Ok(match node.style() {
        _ if text.is_empty() && is_plain => String::new(),
        _ if is_plain && is_safe => text.to_owned(),
        Some(Style::Plain | Style::Single) => format!("'{}'", text.replace('\'', "''")),
        _ => serde_json::Value::from(text).to_string(),
    })
}
