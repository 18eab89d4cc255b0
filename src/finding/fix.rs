//! What mends a finding, as a change of the tree and as bytes.

use crate::source::Place;
use crate::value::At;

/// Whether a fix may be made without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// It keeps who is wanted in, and nobody would write it otherwise.
    Safe,
    /// It is right where the template means what it seems to mean.
    Offered,
}

impl Applicability {
    /// `safe` or `offered`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Offered => "offered",
        }
    }
}

/// A value as it will be written, in the words of CloudFormation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A text.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A list.
    List(Vec<Written>),
    /// A mapping.
    Map(Vec<(String, Written)>),
    /// An intrinsic function by its full name (`Ref`, `Fn::Sub`), with its argument.
    Call(&'static str, Box<Written>),
}

impl Written {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// `Ref`: a resource, a parameter or a pseudo parameter.
    pub fn reference(name: impl Into<String>) -> Self {
        Self::Call("Ref", Box::new(Self::text(name)))
    }

    /// `Fn::GetAtt`.
    pub fn attribute(resource: impl Into<String>, attribute: &str) -> Self {
        Self::Call("Fn::GetAtt", Box::new(Self::List(vec![Self::text(resource), Self::text(attribute)])))
    }

    /// `Fn::Sub` without variables of its own.
    pub fn sub(text: impl Into<String>) -> Self {
        Self::Call("Fn::Sub", Box::new(Self::text(text)))
    }
}

/// One change of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another value in the place of this one.
    Set {
        /// The value.
        at: At,
        /// What stands there then.
        value: Written,
    },
    /// An entry below a mapping; mappings on the way are made where there are none.
    Put {
        /// The mapping.
        into: At,
        /// Keys from there, one at least.
        path: Vec<String>,
        /// What stands at the last key then.
        value: Written,
    },
    /// One member more; a single value becomes a list.
    Append {
        /// The list, or the value.
        to: At,
        /// The member.
        value: Written,
    },
    /// Another name for a key.
    Rename {
        /// The key.
        key: At,
        /// Its new name.
        name: String,
    },
    /// The text of another member of the same list in the place of this one.
    Copy {
        /// The member.
        at: At,
        /// The other one.
        from: At,
    },
    /// An entry of another mapping behind the others of this one, as it is written there.
    Take {
        /// The mapping.
        into: At,
        /// The key of the entry.
        entry: At,
    },
    /// An entry less.
    Remove {
        /// The key of the entry.
        key: At,
    },
    /// A member of a list less.
    Drop {
        /// The member.
        at: At,
    },
}

impl Change {
    /// What it changes.
    pub fn at(&self) -> At {
        match self {
            Self::Set { at, .. } | Self::Copy { at, .. } | Self::Drop { at } => *at,
            Self::Put { into, .. } | Self::Take { into, .. } => *into,
            Self::Append { to, .. } => *to,
            Self::Rename { key, .. } | Self::Remove { key } => *key,
        }
    }
}

/// Bytes of a file that become another text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextEdit {
    /// The bytes.
    pub place: Place,
    /// What stands there then.
    pub text: String,
}

/// What mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Whether it may be made without asking.
    pub applicability: Applicability,
    /// What it does, as a command: `test the pool (aud)`.
    pub description: String,
    /// What changes in the tree, in one file.
    pub changes: Vec<Change>,
    /// The same as bytes, sorted and apart; empty as long as nobody has looked at the file.
    pub edits: Vec<TextEdit>,
}

impl Fix {
    /// A fix that nobody has to think about.
    pub fn safe(description: impl Into<String>, changes: Vec<Change>) -> Self {
        Self { applicability: Applicability::Safe, description: description.into(), changes, edits: Vec::new() }
    }

    /// A fix that somebody should look at.
    pub fn offered(description: impl Into<String>, changes: Vec<Change>) -> Self {
        Self { applicability: Applicability::Offered, ..Self::safe(description, changes) }
    }
}
