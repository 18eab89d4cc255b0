//! CloudFormation's own shape: sections, resources, intrinsic functions in one form.
//!
//! Invariant: IAM is not known here, and nothing is evaluated; the policies that macros write are data.

pub mod assembly;
mod expand;
mod foreach;
mod intrinsic;
mod nested;
mod sam;
pub mod serverless;
pub mod source_map;
pub mod trace;
mod waits;

use std::collections::HashMap;

use crate::source::FileId;
use crate::syntax::{Document, Kind, Node, NodeId};

pub use expand::{Expanded, Known, OverDefault, expand, own_macro};
pub use intrinsic::{Call, Function, get_att};
pub use nested::{NestedTemplate, STACK_SET, Source, TEMPLATE_BODY, is_nested_stack, nested_templates};
pub use sam::made_role;
pub use waits::{Waits, reaches, waits_for};

/// One resource of a template.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'d> {
    /// Its logical id.
    pub id: &'d str,
    /// The key that is the logical id.
    pub key: Node<'d>,
    /// Its type: `AWS::IAM::Role`.
    pub kind: &'d str,
    /// The whole of it.
    pub body: Node<'d>,
    /// Its properties, if it has any.
    pub properties: Option<Node<'d>>,
    /// The condition that it exists under.
    pub condition: Option<&'d str>,
}

impl<'d> Resource<'d> {
    /// A property.
    pub fn property(&self, name: &str) -> Option<Node<'d>> {
        self.properties?.get(name)
    }

    /// The macro or other tool's function that its properties are left to, if they are.
    pub fn computed(&self) -> Option<Call<'d>> {
        let properties = self.body.get("Properties").and_then(Call::of);
        properties.or_else(|| Call::of(self.body).filter(|call| call.name == "Transform"))
    }

    /// The variable of the Serverless Framework that stands for its properties, if one does.
    pub fn variable(&self) -> Option<Node<'d>> {
        self.body.get("Properties").filter(|node| serverless::is_open(*node))
    }

    /// A text of its `Metadata`.
    pub fn metadata(&self, name: &str) -> Option<&'d str> {
        self.body.get("Metadata")?.get(name)?.text()
    }
}

/// A template, its sections in the order of the file.
#[derive(Clone, Debug)]
pub struct Template<'d> {
    /// Its tree.
    pub doc: &'d Document,
    /// What stands, as written, for something unknown that may change all that it says.
    pub unknown_part: Option<&'d str>,
    /// Name and declaration of each parameter.
    pub parameters: Vec<(&'d str, Node<'d>)>,
    /// Name and formula of each condition.
    pub conditions: Vec<(&'d str, Node<'d>)>,
    /// The `Mappings` section.
    pub mappings: Option<Node<'d>>,
    /// Name and declaration of each output.
    pub outputs: Vec<(&'d str, Node<'d>)>,
    /// Its resources.
    pub resources: Vec<Resource<'d>>,
    index: HashMap<&'d str, usize>,
    /// Declarations by section and name.
    declared: HashMap<(Section, &'d str), Node<'d>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Section {
    Parameter,
    Condition,
    Output,
}

impl<'d> Template<'d> {
    /// Reads a document as a template; nothing where it is none: it has to be a mapping with
    /// `Resources` of which some entry has a `Type`, or to name a format version or a transform.
    pub fn read(doc: &'d Document) -> Option<Self> {
        let root = doc.root().filter(|root| root.kind() == Kind::Mapping)?;
        let resources = root.get("Resources").map(Node::entries).unwrap_or_default();
        let resources: Vec<Resource<'d>> = resources.into_iter().filter_map(resource).collect();
        let named = root.get("AWSTemplateFormatVersion").or_else(|| root.get("Transform")).is_some();
        if resources.is_empty() && !named {
            return None;
        }
        let index = resources.iter().enumerate().map(|(at, resource)| (resource.id, at)).collect();
        let entries = |name| root.get(name).map(Node::entries).unwrap_or_default();
        let [parameters, conditions, outputs] =
            ["Parameters", "Conditions", "Outputs"].map(|name| section(entries(name)));
        let of = |section: Section| move |(name, node): &(&'d str, Node<'d>)| ((section, *name), *node);
        let declared = parameters.iter().map(of(Section::Parameter));
        let declared = declared.chain(conditions.iter().map(of(Section::Condition)));
        let declared = declared.chain(outputs.iter().map(of(Section::Output))).collect();
        let mappings = root.get("Mappings");
        Some(Self { doc, unknown_part: None, parameters, conditions, mappings, outputs, resources, index, declared })
    }

    /// A node of its tree, by its file and id.
    pub fn find(&self, file: FileId, id: NodeId) -> Option<Node<'d>> {
        self.doc.find(id).filter(|node| node.file() == file)
    }

    /// The resource of a logical id.
    pub fn resource(&self, id: &str) -> Option<&Resource<'d>> {
        self.resources.get(*self.index.get(id)?)
    }

    /// The declaration of a parameter.
    pub fn parameter(&self, name: &str) -> Option<Node<'d>> {
        self.declared.get(&(Section::Parameter, name)).copied()
    }

    /// The declaration of an output.
    pub fn output(&self, name: &str) -> Option<Node<'d>> {
        self.declared.get(&(Section::Output, name)).copied()
    }

    /// The formula of a condition.
    pub fn condition(&self, name: &str) -> Option<Node<'d>> {
        self.declared.get(&(Section::Condition, name)).copied()
    }

    /// Resources of a type.
    pub fn of_kind<'t>(&'t self, kind: &'t str) -> impl Iterator<Item = &'t Resource<'d>> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }
}

/// Names and declarations of a section.
fn section<'d>(entries: Vec<(Node<'d>, Node<'d>)>) -> Vec<(&'d str, Node<'d>)> {
    entries.into_iter().filter_map(|(key, value)| Some((key.text()?, value))).collect()
}

/// An entry of `Resources`; those without a type (macros, fragments) are none.
/// Whether code of the user's makes a resource of a type, and what its attributes give.
pub fn is_custom(kind: &str) -> bool {
    kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
}

fn resource<'d>((key, body): (Node<'d>, Node<'d>)) -> Option<Resource<'d>> {
    let id = key.text()?;
    let kind = body.get("Type")?.text()?;
    let properties = body.get("Properties").filter(|node| node.kind() == Kind::Mapping);
    let condition = body.get("Condition").and_then(Node::text);
    Some(Resource { id, key, kind, body, properties, condition })
}
