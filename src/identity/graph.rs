//! The identity graph: typed tables of who may become what. It owns what it holds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::arn::RoleNames;
use super::attachment::{Attachment, Mapping, Written};
use super::consumer::{AnchorProfile, Consumer};
use super::oidc::{OidcProvider, Signer};
use super::pool::{Providers, Setting};
use super::user_pool::{Client, ExternalProvider, UserPool, Words};
use crate::policy::Policy;
use crate::resolve::{Note, StackId};
use crate::source::{FileId, Place};
use crate::value::{At, Branch, Case, Cases, Piece, SymbolId, Symbols, Text, Truth, Why, Worlds, compare};

/// Names a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleId(pub usize);

/// Names an identity pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolId(pub usize);

/// The part of a stack that a finding is about. What is unknown or does not apply is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Subject {
    /// What makes the stack the same in every run (interface, JSON, `fingerprint`).
    pub stack_key: String,
    /// The stack's name as CloudFormation has it.
    pub stack: Option<String>,
    /// The resource's logical id.
    pub logical_id: Option<String>,
    /// Path below `Properties`: `A.B[0].C`.
    pub property: Option<String>,
    /// Path of the CDK construct.
    pub construct_path: Option<String>,
}

/// What every resource of the graph has.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its stack.
    pub stack: StackId,
    /// Its stack, logical id and construct path.
    pub subject: Subject,
    /// Its logical id in the template.
    pub place: Place,
    /// The branch in which it exists.
    pub exists: Branch,
    /// What its remedies are written in.
    pub dialect: Dialect,
}

/// What a remedy is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A template in YAML.
    Yaml,
    /// A template in JSON.
    Json,
    /// Code of a CDK app.
    Cdk,
}

impl Entity {
    /// Its logical id.
    pub fn name(&self) -> &str {
        self.subject.logical_id.as_deref().unwrap_or("a resource")
    }

    /// The subject of a finding on one of its properties.
    pub fn property(&self, property: impl Into<String>) -> Subject {
        Subject { property: Some(property.into()), ..self.subject.clone() }
    }
}

/// A role and its trust policy.
#[derive(Clone, Debug)]
pub struct Role {
    /// The resource.
    pub entity: Entity,
    /// Its ARN; several where its name is a choice.
    pub arns: Vec<Case<Text>>,
    /// Its trust policy in each branch.
    pub trust: Cases<Policy>,
    /// The parts of it of which nothing is known.
    pub missing: Vec<Missing>,
    /// The keys of its own tags, in any branch.
    pub tags: Words,
    /// Whether a permissions boundary may take away some of what its policies give.
    pub bounded: bool,
    /// Whether it has permissions, or may have some, that no policy of the graph shows.
    pub permitted_elsewhere: bool,
}

/// A value that is not known, though somebody could have said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is missing.
    pub why: Why,
    /// Where its value is wanted.
    pub place: Place,
}

/// A resource that says which roles somebody gets: a role attachment, or a group with a role.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// The resource.
    pub entity: Entity,
    /// The parts of what it says of which nothing is known.
    pub missing: Vec<Missing>,
}

impl Role {
    /// An ARN of it.
    pub fn arn(&self) -> Text {
        self.arns.first().map_or_else(|| Text::known(""), |case| case.then.clone())
    }

    /// Whether a text is the name that the deployment gives it.
    pub fn is_called(&self, name: &Text) -> bool {
        let named =
            |arn: &Text| arn.pieces().and_then(|pieces| pieces.last().cloned()).map(|last| Text::from_pieces([last]));
        name.as_symbol().is_some() && self.arns.iter().any(|case| named(&case.then).as_ref() == Some(name))
    }
}

/// An identity pool.
#[derive(Clone, Debug)]
pub struct IdentityPool {
    /// The resource.
    pub entity: Entity,
    /// Its id.
    pub id: Text,
    /// Its name, which `Fn::GetAtt` gives.
    pub name: Text,
    /// Whether it gives guests an identity.
    pub guests: Setting,
    /// Whether its users may ask STS for a role themselves.
    pub classic: Setting,
    /// Names of its sign-in providers, as its tokens carry them in `amr`.
    pub providers: Vec<Text>,
    /// Whether these are all.
    pub providers_complete: bool,
    /// The same providers in each branch, as the template has them.
    pub configured: Vec<Providers>,
}

/// A permission policy that stands in a template, inline or by itself.
#[derive(Clone, Debug)]
pub struct PermissionPolicy {
    /// The resource that holds it.
    pub entity: Entity,
    /// Where the document stands below the resource's properties.
    pub property: String,
    /// The roles of the run that have it, each with the branch in which it does.
    pub roles: Vec<(RoleId, Branch)>,
    /// Whether no other role of the run can have it.
    pub roles_complete: bool,
    /// The document in each branch.
    pub document: Cases<Policy>,
}

/// A managed policy of AWS that roles, users or groups of the run have.
#[derive(Clone, Debug)]
pub struct AwsPolicy {
    /// Its path and name.
    pub name: &'static str,
    /// The roles that name it, each with the branch and the place in which it does.
    pub roles: Vec<(RoleId, Branch, Place)>,
    /// The users and groups that name it, in the same way.
    pub users: Vec<(StackId, Branch, Place)>,
    /// Its document. The places in it are none of a template's.
    pub document: Policy,
}

/// The number that decides between the roles of a user's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precedence {
    /// Lower is better.
    Number(u64),
    /// A number that is not known, and one wherever this symbol stands.
    Same(SymbolId),
    /// None: worse than every number.
    Unset,
    /// Not known.
    Unknown,
}

/// A group of a user pool, in one branch.
#[derive(Clone, Debug)]
pub struct Group {
    /// The resource.
    pub entity: Entity,
    /// The branch, its existence included.
    pub when: Branch,
    /// Id of its user pool.
    pub user_pool: Text,
    /// Its name.
    pub name: Text,
    /// Its precedence.
    pub precedence: Precedence,
    /// Where the precedence stands, or the group where there is none.
    pub precedence_place: Place,
    /// The ARN of its role.
    pub role: Option<(Text, Place)>,
}

/// A user who is put into a group by the template.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Id of the user pool.
    pub user_pool: Text,
    /// The user's name.
    pub user: Text,
    /// The group's name.
    pub group: Text,
    /// Where.
    pub place: Place,
    /// The branch in which it exists.
    pub when: Branch,
}

/// Why a pool hands out a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// `Roles.authenticated`.
    Authenticated,
    /// `Roles.unauthenticated`.
    Guest,
    /// A mapping rule.
    Rule,
    /// A group, through a mapping of type Token.
    Group,
}

impl Way {
    /// Whether it is for users who signed in.
    pub fn is_signed_in(self) -> bool {
        self != Self::Guest
    }
}

/// A role that an identity pool hands out.
#[derive(Clone, Debug)]
pub struct Handout {
    /// The role.
    pub role: RoleId,
    /// Id of the pool.
    pub pool: Text,
    /// The pool, where a template of the run has it.
    pub pool_id: Option<PoolId>,
    /// The role's ARN, as it is named there.
    pub arn: Text,
    /// How.
    pub way: Way,
    /// The mapping's provider; none for the default roles.
    pub provider: Option<Text>,
    /// The branch in which it happens.
    pub when: Branch,
    /// The path from the pool to the role, each step with half a sentence.
    pub steps: Arc<[(Place, String)]>,
}

/// A role that an identity pool hands out, and of which the run has no template.
#[derive(Clone, Debug)]
pub struct OutsideHandout {
    /// The resource that names the role.
    pub entity: Entity,
    /// Id of the pool.
    pub pool: Text,
    /// The pool, where a template of the run has it.
    pub pool_id: Option<PoolId>,
    /// The role's ARN.
    pub arn: Text,
    /// How.
    pub way: Way,
    /// The branch in which it happens.
    pub when: Branch,
    /// The path from the pool to the role, each step with half a sentence.
    pub steps: Arc<[(Place, String)]>,
}

/// Tags that a pool puts on the sessions of one provider's users.
#[derive(Clone, Debug)]
pub struct TagMap {
    /// The resource.
    pub entity: Entity,
    /// The branch, existence included.
    pub when: Branch,
    /// Id of the identity pool.
    pub pool: Text,
    /// The provider whose users get the tags.
    pub provider: Text,
    /// Keys of the tags; empty where the defaults are used or the keys are not known.
    pub keys: Vec<String>,
    /// Whether these are all: the default keys are not listed.
    pub keys_complete: bool,
    /// Whether the keys of all tags that it lists are known.
    pub listed: bool,
    /// Whether tags are passed.
    pub passes: Truth,
    /// The provider, as the map names it.
    pub named: Written,
    /// The tags that it lists.
    pub tags: Vec<MappedTag>,
    /// Where its `PrincipalTags` stand, if it has some.
    pub tags_at: Option<Place>,
    /// Whether the default tags are used.
    pub defaults: Truth,
}

/// A tag of a map, and the claim that fills it.
#[derive(Clone, Debug)]
pub struct MappedTag {
    /// The tag's key.
    pub key: Written,
    /// The claim.
    pub claim: Option<Written>,
}

/// Pods of an EKS cluster that get a role, in one branch.
#[derive(Clone, Debug)]
pub struct PodIdentity {
    /// The association.
    pub entity: Entity,
    /// The branch, existence included.
    pub when: Branch,
    /// The ARN of the role.
    pub role: Text,
    /// The namespace of the pods.
    pub namespace: Option<Text>,
    /// Whether it has session tags switched off.
    pub untagged: Truth,
    /// The ARN of the role that the pods become by way of the first, and where it stands.
    pub target: Option<(Text, Place)>,
}

/// A principal that names, by text, a user or role of its own stack which may not be there yet when IAM looks it up.
#[derive(Clone, Debug)]
pub struct NamedEarly {
    /// The role whose trust policy names it.
    pub role: RoleId,
    /// The principal.
    pub at: At,
    /// The logical id of what is named: the role's own, or another one.
    pub name: String,
    /// Where that stands.
    pub place: Place,
    /// Whether that waits for the role.
    pub cyclic: bool,
    /// Whether it is that one for certain: not where an account stands there that may be another one.
    pub certain: bool,
}

/// Symbols that stand for what is not of the run: chosen to differ from everything in it.
#[derive(Clone, Copy, Debug)]
pub struct Strangers {
    /// The id of an identity pool.
    pub pool: SymbolId,
    /// The Region of such an id.
    pub region: SymbolId,
    /// The rest of such an id.
    pub guid: SymbolId,
    /// An identity of such a pool.
    pub identity: SymbolId,
    /// The number of such an identity.
    pub identity_number: SymbolId,
    /// What follows a provider's name in `amr`; undocumented, so not even fresh.
    pub further: SymbolId,
    /// Sign-in providers of which nothing is known: a domain, and an ARN.
    pub providers: [SymbolId; 2],
    /// An identity of a pool of the run.
    pub own_identity: SymbolId,
}

/// Who may become what in one stack set.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Roles.
    pub roles: Vec<Role>,
    /// Identity pools.
    pub pools: Vec<IdentityPool>,
    /// User pools.
    pub user_pools: Vec<UserPool>,
    /// App clients of user pools.
    pub clients: Vec<Client>,
    /// External identity providers of user pools.
    pub external_providers: Vec<ExternalProvider>,
    /// OIDC providers of IAM.
    pub oidc_providers: Vec<OidcProvider>,
    /// Permission policies.
    pub policies: Vec<PermissionPolicy>,
    /// Managed policies of AWS that roles have.
    pub aws_policies: Vec<AwsPolicy>,
    /// Groups of user pools.
    pub groups: Vec<Group>,
    /// Users whom a template puts into groups.
    pub memberships: Vec<Membership>,
    /// Role attachments of identity pools.
    pub attachments: Vec<Attachment>,
    /// Role mappings.
    pub mappings: Vec<Mapping>,
    /// Roles that pools hand out.
    pub handouts: Vec<Handout>,
    /// Roles that pools hand out and no template of the run defines.
    pub outside_handouts: Vec<OutsideHandout>,
    /// Resources that say which roles somebody gets.
    pub hand_overs: Vec<HandOver>,
    /// Tags that pools pass.
    pub tag_maps: Vec<TagMap>,
    /// Pods that get roles.
    pub pod_identities: Vec<PodIdentity>,
    /// Resources that give roles to services.
    pub consumers: Vec<Consumer>,
    /// Trust anchors of IAM Roles Anywhere.
    pub trust_anchors: Vec<Entity>,
    /// Its profiles.
    pub anchor_profiles: Vec<AnchorProfile>,
    /// The names of buckets, each with its stack.
    pub buckets: Vec<(StackId, Text)>,
    /// Types of resources of the run for which a guide shows how roles ask for whom a service works.
    pub guarded_kinds: HashSet<String>,
    /// SAML providers and clusters.
    pub signers: Vec<Signer>,
    /// Principals that may not be there yet.
    pub named_early: Vec<NamedEarly>,
    /// What stands for texts that only the deployment knows.
    pub symbols: Symbols,
    /// The choices that a deployment makes.
    pub worlds: Worlds,
    /// Symbols for what is not of the run.
    pub strangers: Strangers,
    /// Roles by their names.
    pub role_names: RoleNames,
    /// Roles to which no resource that was read gives a policy.
    pub without_permissions: HashSet<RoleId>,
    /// Symbols that custom resources are given: what these make of them, no template says.
    pub touched: HashSet<SymbolId>,
    /// Pools by their ids.
    pub pool_ids: HashMap<Text, PoolId>,
    /// Places in `user_pools` by their ids.
    pub user_pool_ids: HashMap<Text, usize>,
    /// Places in `handouts` by role.
    pub handout_ids: HashMap<RoleId, Vec<usize>>,
    /// Macros of the user's own, by the template that they may change.
    pub macros: HashMap<FileId, String>,
    /// What stands, as written, for something unknown that may change a template, by the stack's key.
    pub unknown_parts: HashMap<String, String>,
    /// What could not be followed.
    pub notes: Vec<Note>,
}

impl Graph {
    /// A role.
    pub fn role(&self, id: RoleId) -> &Role {
        &self.roles[id.0]
    }

    /// The partition that a role goes to, where it is known.
    pub fn partition(&self, id: RoleId) -> Option<String> {
        self.partition_of(self.role(id))
    }

    /// The same of a role at hand.
    pub fn partition_of(&self, role: &Role) -> Option<String> {
        super::arn::partition(&role.arn())
    }

    /// Ids and roles.
    pub fn roles(&self) -> impl Iterator<Item = (RoleId, &Role)> {
        self.roles.iter().enumerate().map(|(at, role)| (RoleId(at), role))
    }

    /// The roles that an ARN means in a stack, each with the branch in which it exists.
    pub fn roles_meant(&self, stack: StackId, arn: &Text) -> Vec<(RoleId, Branch)> {
        self.role_names.meant(stack, arn, &self.symbols)
    }

    /// The pool of an id.
    pub fn pool(&self, id: &Text) -> Option<(PoolId, &IdentityPool)> {
        let id = *self.pool_ids.get(id)?;
        Some((id, &self.pools[id.0]))
    }

    /// Whether a custom resource is given a text, or what it is made of: it may do what no template says,
    /// such as attach a role to a pool.
    pub fn is_touched(&self, text: &Text) -> bool {
        let Text::Shape(pieces) = text else { return false };
        pieces.iter().any(|piece| matches!(piece, Piece::Symbol(id) if self.touched.contains(id)))
    }

    /// The user pool of an id.
    pub fn user_pool(&self, id: &Text) -> Option<&UserPool> {
        self.user_pool_ids.get(id).map(|at| &self.user_pools[*at])
    }

    /// The ways in which a role is handed out.
    pub fn handouts_of(&self, role: RoleId) -> impl Iterator<Item = &Handout> {
        let of_role = self.handout_ids.get(&role).map(Vec::as_slice).unwrap_or_default();
        of_role.iter().map(|at| &self.handouts[*at])
    }

    /// Whether the ARN by which a role is handed out certainly means it: not where it names an account, and nobody
    /// knows that of the role.
    pub fn is_certain(&self, handout: &Handout) -> bool {
        let Some(named) = super::arn::account(&handout.arn) else { return true };
        let own = self.role(handout.role).arns.iter().filter_map(|case| super::arn::account(&case.then));
        named.as_known().is_none() || Truth::any(own.map(|own| compare(&own, &named, &self.symbols))).is_true()
    }

    /// Both branches together, where a deployment can be in both.
    pub fn together(&self, a: &Branch, b: &Branch) -> Option<Branch> {
        a.and(b).filter(|both| !self.worlds.consistent(both).is_false())
    }

    /// The permission policies of a role, each with the branch in which it has it.
    pub fn policies_of(&self, role: RoleId) -> impl Iterator<Item = (&PermissionPolicy, &Branch)> {
        self.policies.iter().flat_map(move |policy| {
            policy.roles.iter().filter(move |(id, _)| *id == role).map(move |(_, when)| (policy, when))
        })
    }

    /// Whether a text is what a parameter is in a branch by its default alone: a deployment may give another.
    pub fn is_default(&self, text: &Text, when: &Branch) -> bool {
        when.iter().any(|(id, value)| {
            let switch = self.worlds.switch(id);
            let by_default = !switch.is_condition() && !switch.closed && switch.default == Some(value);
            by_default && text.as_known() == switch.values.get(usize::from(value)).map(|own| &**own)
        })
    }

    /// A text for people.
    pub fn shown(&self, text: &Text) -> String {
        crate::value::shown(text, &self.symbols)
    }
}
