//! Files that a service includes with `${file(path)}`, and what of them goes where in its template.

use super::variable::{Piece, Variable, pieces};
use crate::syntax::{Kind, Node};

/// What an included value is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Into {
    /// A mapping with `Resources`, `Outputs` and so on, or a list of these.
    Whole,
    /// A section by its name.
    Section(String),
    /// A resource by its logical id.
    Resource(String),
}

/// A file that a service includes. Nothing says that it is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Include {
    /// From the folder of the service; untrusted.
    pub path: String,
    /// The keys that lead to the value inside the file.
    pub keys: Vec<String>,
    /// What the value is.
    pub into: Into,
}

/// A value of another file that belongs to a template.
#[derive(Clone, Debug)]
pub struct Part<'d> {
    /// The value.
    pub node: Node<'d>,
    /// What it is.
    pub into: &'d Into,
}

/// The files that a value includes where its resources are; of a service, the value is `resources`.
pub fn includes(node: Node<'_>, into: &Into) -> Vec<Include> {
    if let Some((path, keys)) = file(node) {
        let keys = keys.into_iter().map(str::to_owned).collect();
        return vec![Include { path: path.to_owned(), keys, into: into.clone() }];
    }
    match (into, node.kind()) {
        (Into::Whole, Kind::Sequence) => {
            // A list in a list is none of the framework's.
            let items = node.items().filter(|item| item.kind() != Kind::Sequence);
            items.flat_map(|item| includes(item, into)).collect()
        }
        (Into::Whole, Kind::Mapping) => {
            let of_section = |name: &&str| node.get(name).map(|section| includes(section, &section_of(name)));
            ["Resources", "Outputs"].iter().filter_map(of_section).flatten().collect()
        }
        (Into::Section(name), Kind::Mapping) if name == "Resources" => {
            let of_entry = |(key, value): (Node<'_>, Node<'_>)| {
                file(value)?;
                Some(includes(value, &Into::Resource(key.text()?.to_owned())))
            };
            node.entries().into_iter().filter_map(of_entry).flatten().collect()
        }
        _ => Vec::new(),
    }
}

fn section_of(name: &str) -> Into {
    Into::Section(name.to_owned())
}

/// The file that a text is replaced by as a whole.
fn file(node: Node<'_>) -> Option<(&str, Vec<&str>)> {
    let text = node.text().filter(|text| text.contains("${file(") && node.tag().is_none())?;
    match pieces(text.trim()).as_slice() {
        [Piece::Variable(variable)] => Variable::file(*variable),
        _ => None,
    }
}
