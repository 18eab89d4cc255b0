//! What a role attachment says: which roles an identity pool has, and how it chooses among them.

use super::graph::Entity;
use crate::source::Place;
use crate::syntax::NodeId;
use crate::value::{At, Branch, Entry, Text, Truth, Value, Why};

/// Keys of `Roles` (Cognito identity pools API, RolesMap).
pub const ROLE_KEYS: [&str; 2] = ["authenticated", "unauthenticated"];
/// Types of a mapping (the same, RoleMapping).
pub const TYPES: [&str; 2] = ["Token", "Rules"];
/// What a mapping does that leads to no role (the same, RoleMapping).
pub const RESOLUTIONS: [&str; 2] = ["AuthenticatedRole", "Deny"];
/// How a rule compares (the same, MappingRule).
pub const MATCH_TYPES: [&str; 4] = ["Equals", "Contains", "StartsWith", "NotEqual"];

/// A text as a template writes it, in one branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The text; nothing is known of what is none.
    pub text: Text,
    /// Where it stands.
    pub place: Place,
    /// The node, if it is one that the user wrote as such.
    pub node: Option<NodeId>,
}

impl Written {
    pub(super) fn read(value: &Value) -> Option<Self> {
        let text = || value.text().unwrap_or_else(|| Text::Any(Why::Missing("a text".into())));
        (!value.is_nothing()).then(|| Self { text: text(), place: value.at.place, node: value.at.node })
    }

    /// The key of an entry.
    pub(super) fn key(entry: &Entry) -> Self {
        Self { text: entry.key.clone(), place: entry.key_at.place, node: entry.key_at.node }
    }

    /// Where it stands, for a change.
    pub fn at(&self) -> At {
        At { place: self.place, node: self.node }
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<&str> {
        self.text.as_known()
    }
}

/// A role attachment of an identity pool, in one branch.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The resource.
    pub entity: Entity,
    /// The branch, its existence included.
    pub when: Branch,
    /// Id of the identity pool.
    pub pool: Written,
    /// The keys of `Roles`.
    pub roles: Vec<AttachedRole>,
    /// Whether these are all.
    pub roles_complete: bool,
    /// How many mappings it has at least, and where they stand.
    pub mappings: Option<(usize, Place)>,
    /// Whether the mappings of the graph are all that it has.
    pub mappings_complete: bool,
    /// Where its parts stand, for a change.
    pub parts: AttachmentParts,
}

/// The parts of a role attachment as its template writes them; nothing where it has none, or computes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct AttachmentParts {
    /// The key of the resource, where nothing in its template names it.
    pub resource: Option<At>,
    /// Its properties.
    pub properties: Option<At>,
    /// Key and value of `Roles`.
    pub roles: Option<[At; 2]>,
    /// Key and value of `RoleMappings`.
    pub mappings: Option<[At; 2]>,
}

impl Attachment {
    /// Whether it gives the pool a role under a key of `Roles`.
    pub fn has_role(&self, key: &str) -> Truth {
        let listed = self.roles.iter().any(|role| role.key.known() == Some(key));
        if listed || self.roles_complete { listed.into() } else { Truth::Unknown }
    }
}

/// A key of `Roles`.
#[derive(Clone, Debug)]
pub struct AttachedRole {
    /// `authenticated` or `unauthenticated`, if it is right.
    pub key: Written,
    /// The role's ARN.
    pub arn: Written,
}

/// How an identity pool chooses a role for the users of one provider, in one branch.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The role attachment that has it.
    pub entity: Entity,
    /// The branch, existence included.
    pub when: Branch,
    /// Id of the identity pool.
    pub pool: Text,
    /// The provider, as tokens name it.
    pub provider: Text,
    /// The provider, as the mapping names it.
    pub named: Written,
    /// Whether its key names the provider, and not its `IdentityProvider`.
    pub by_key: bool,
    /// Id of the user pool, where the provider is one.
    pub user_pool: Option<Text>,
    /// `Token` or `Rules`, if it is right.
    pub kind: Option<Written>,
    /// `AuthenticatedRole` or `Deny`, if it is right.
    pub ambiguous: Option<Written>,
    /// Its rules; nothing where it has no list of them.
    pub rules: Option<Rules>,
    /// Where its key stands.
    pub place: Place,
    /// Its key, for a change.
    pub key_at: At,
    /// Its properties, for a change.
    pub at: At,
    /// Its path below the properties: `RoleMappings.KEY`.
    pub path: String,
    /// Whether its properties are known to be these.
    pub complete: bool,
}

impl Mapping {
    /// Its type, where it is known.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_ref()?.known()
    }

    /// Whether it takes the role from the groups that a token names.
    pub fn is_token(&self) -> bool {
        self.kind() == Some("Token")
    }

    /// What happens where it leads to no role, where that is known.
    pub fn ambiguous(&self) -> Option<&str> {
        self.ambiguous.as_ref()?.known()
    }

    /// Its rules.
    pub fn rules(&self) -> &[MappingRule] {
        self.rules.as_ref().map(|rules| rules.list.as_slice()).unwrap_or_default()
    }
}

/// The rules of a mapping.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Those that stand there, in their order; of more than the API takes the first.
    pub list: Vec<MappingRule>,
    /// How many stand there.
    pub count: usize,
    /// Whether there are certainly no others.
    pub complete: bool,
    /// Where the list stands.
    pub place: Place,
}

/// A rule of a mapping: whose claim matches gets its role. The first that matches decides.
#[derive(Clone, Debug)]
pub struct MappingRule {
    /// Where it stands in its list.
    pub index: usize,
    /// Where.
    pub place: Place,
    /// The same for a change.
    pub at: At,
    /// The claim that it looks at.
    pub claim: Option<Written>,
    /// How the claim is compared.
    pub match_type: Option<Written>,
    /// With what.
    pub value: Option<Written>,
    /// The ARN of its role.
    pub role: Option<Written>,
}
