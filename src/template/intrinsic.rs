//! Intrinsic functions in one form, whether written `!Ref X` or `{"Ref": "X"}`.

use crate::syntax::{Kind, Node};

/// The functions of CloudFormation that are told apart (CloudFormation User Guide, Intrinsic function
/// reference; `Fn::GetStackOutput` in the same place).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `Ref`.
    Ref,
    /// `Fn::GetAtt`.
    GetAtt,
    /// `Fn::Sub`.
    Sub,
    /// `Fn::Join`.
    Join,
    /// `Fn::Select`.
    Select,
    /// `Fn::Split`.
    Split,
    /// `Fn::If`.
    If,
    /// `Fn::FindInMap`.
    FindInMap,
    /// `Fn::ImportValue`.
    ImportValue,
    /// `Fn::GetStackOutput`.
    GetStackOutput,
    /// `Fn::Length`.
    Length,
    /// `Fn::ToJsonString`.
    ToJsonString,
    /// `Fn::Base64`.
    Base64,
    /// `Fn::Equals`.
    Equals,
    /// `Fn::And`.
    And,
    /// `Fn::Or`.
    Or,
    /// `Fn::Not`.
    Not,
    /// `Condition`: the name of another condition.
    Condition,
    /// Any other: its value is known only at deployment, or to a macro.
    Other,
}

/// A use of an intrinsic function.
#[derive(Clone, Copy, Debug)]
pub struct Call<'d> {
    /// Which.
    pub function: Function,
    /// Its name as written, without `!`, `Fn::` and the like.
    pub name: &'d str,
    /// What it is given. In the short form this is the tagged node itself: its tag is the function.
    pub argument: Node<'d>,
    /// Whether it is written in the short form, as a tag.
    pub short: bool,
}

impl<'d> Call<'d> {
    /// The function that a node uses, if it uses one.
    pub fn of(node: Node<'d>) -> Option<Self> {
        if let Some(tag) = node.tag() {
            let name = tag.strip_prefix('!').filter(|name| !name.is_empty() && !name.starts_with('!'))?;
            return Some(Self { function: function(name), name, argument: node, short: true });
        }
        Self::long(node)
    }

    /// The function in the long form, whatever the node's own tag: what `!ImportValue` is given may be
    /// another function.
    pub fn long(node: Node<'d>) -> Option<Self> {
        if node.kind() != Kind::Mapping {
            return None;
        }
        let mut entries = node.own_entries();
        let (key, argument) = entries.next()?;
        let key = key.text()?;
        if entries.next().is_some() {
            return Self::over_siblings(node);
        }
        let name = match key {
            "Ref" | "Condition" => key,
            _ => key.strip_prefix("Fn::")?,
        };
        // `Condition` is a function only inside conditions; elsewhere it is a key like any other.
        if key == "Condition" && argument.kind() != Kind::Scalar {
            return None;
        }
        Some(Self { function: function(name), name, argument, short: false })
    }
}

impl<'d> Call<'d> {
    /// Its name for people: `Fn::Sub`, `Ref`, and of another tool the tag as written.
    pub fn told(&self) -> String {
        match self.function {
            Function::Ref | Function::Condition => self.name.to_owned(),
            Function::Other if self.short => format!("!{}", self.name),
            _ => format!("Fn::{}", self.name),
        }
    }

    /// A macro, or a loop that was not expanded, takes the whole mapping that it stands in.
    fn over_siblings(node: Node<'d>) -> Option<Self> {
        node.own_entries().find_map(|(key, argument)| {
            let name = key.text()?.strip_prefix("Fn::")?;
            let takes_all = name == "Transform" || name.starts_with("ForEach::");
            takes_all.then_some(Self { function: Function::Other, name, argument, short: false })
        })
    }
}

fn function(name: &str) -> Function {
    match name {
        "Ref" => Function::Ref,
        "GetAtt" => Function::GetAtt,
        "Sub" => Function::Sub,
        "Join" => Function::Join,
        "Select" => Function::Select,
        "Split" => Function::Split,
        "If" => Function::If,
        "FindInMap" => Function::FindInMap,
        "ImportValue" => Function::ImportValue,
        "GetStackOutput" => Function::GetStackOutput,
        "Length" => Function::Length,
        "ToJsonString" => Function::ToJsonString,
        "Base64" => Function::Base64,
        "Equals" => Function::Equals,
        "And" => Function::And,
        "Or" => Function::Or,
        "Not" => Function::Not,
        "Condition" => Function::Condition,
        _ => Function::Other,
    }
}

/// Resource and attribute that `Fn::GetAtt` names, as a list or as `Resource.Attribute`.
pub fn get_att(argument: Node<'_>) -> Option<(&str, String)> {
    if let Some(text) = argument.text() {
        let (resource, attribute) = text.split_once('.')?;
        return Some((resource, attribute.to_owned()));
    }
    let mut items = argument.items();
    let resource = items.next()?.text()?;
    let attribute: Option<Vec<&str>> = items.map(Node::text).collect();
    Some((resource, attribute?.join(".")))
}
