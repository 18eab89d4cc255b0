//! Both CloudFormation and IAM: who may become what.
//!
//! Invariant: no lifetime enters the graph; it owns what it holds, crosses threads, and a test can
//! write one by hand.

mod apart;
mod arn;
mod attachment;
mod builder;
#[cfg(test)]
mod builder_tests;
pub mod classes;
pub mod cognito;
mod covered;
mod form;
mod graph;
mod pool;
pub mod provider;
mod quota;
pub mod tags;
mod undecided;
mod user_pool;
mod witness;
mod writable;

pub use arn::RoleNames;
pub use attachment::{
    AttachedRole, Attachment, MATCH_TYPES, Mapping, MappingRule, RESOLUTIONS, ROLE_KEYS, Rules, TYPES, Written,
};
pub use builder::build;
pub use classes::{ClassAnswer, Classes, RoleClasses, Unwanted, classes};
pub use cognito::{Answer, OwnPool, Trust, trusts};
pub use covered::covers;
pub use form::{Malformed, UrlOf, login_domains, malformed, provider_kind};
pub use graph::{
    Dialect, Entity, Graph, Group, HandOver, Handout, IdentityPool, Membership, Missing, PermissionPolicy, PoolId,
    Precedence, Role, RoleId, Strangers, Subject, TagMap, Way,
};
pub use pool::{PoolProvider, ProviderKind, Providers, Setting};
pub use quota::Quota;
pub use undecided::{Undecided, undecided_mappings, undecided_trusts};
pub use user_pool::{Attribute, CUSTOM, Client, ExternalProvider, StandardClaim, UserPool, Words, standard_claim};
pub use witness::{Refused, Witness, witness};
pub use writable::{Writable, Writers, WrittenBy};
