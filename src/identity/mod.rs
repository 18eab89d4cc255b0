//! Both CloudFormation and IAM: who may become what.
//!
//! Invariant: no lifetime enters the graph; it owns what it holds, crosses threads, and a test can
//! write one by hand.

mod absent;
pub mod access;
mod alone;
mod apart;
mod arn;
mod attachment;
mod builder;
#[cfg(test)]
mod builder_tests;
pub mod classes;
pub mod cognito;
mod consumer;
mod contradiction;
mod covered;
mod external_id;
mod form;
mod graph;
mod held;
mod managed;
mod nobody;
pub mod oidc;
mod pool;
mod principal;
pub mod provider;
mod quota;
pub mod saml;
mod service_name;
mod services;
mod sign_in;
mod source_guard;
mod tag_use;
pub mod tags;
mod undecided;
mod user_pool;
mod witness;
mod writable;

pub use absent::{AbsentKey, Caller, OnAbsent, absent_key, callers, on_absent};
pub use arn::{RoleNames, are_one, in_account, is_of_aws, is_session_arn, partition_of, root_of};
pub use attachment::{
    AttachedRole, Attachment, AttachmentParts, MATCH_TYPES, Mapping, MappingRule, RESOLUTIONS, ROLE_KEYS, Rules, TYPES,
    Written,
};
pub use builder::build;
pub use classes::{ClassAnswer, Classes, RoleClasses, Unwanted, classes};
pub use cognito::{Answer, OwnPool, Trust, trusts};
pub use consumer::{AnchorProfile, Consumer, ExternalId};
pub use contradiction::contradiction;
pub use covered::covers;
pub use external_id::{Guessable, guessable_id, impossible_external_ids};
pub use form::{Malformed, UrlOf, login_domains, malformed, provider_kind};
pub use graph::{
    AwsPolicy, Dialect, Entity, Graph, Group, HandOver, Handout, IdentityPool, MappedTag, Membership, Missing,
    NamedEarly, OutsideHandout, PermissionPolicy, PodIdentity, PoolId, Precedence, Role, RoleId, Strangers, Subject,
    TagMap, Way,
};
pub use held::{Held, Holder, Permission};
pub use nobody::{Nobody, nobody};
pub use pool::{PoolProvider, ProviderKind, Providers, Setting};
pub use principal::{
    AccountFault, AwsPrincipal, account_fault, account_in, account_of, assume_action_of, aws_principal, composed_fault,
    composed_principal_fault, every_role, principal_fault, written_fault,
};
pub use quota::Quota;
pub use service_name::{NameFault, name_fault, text_fault};
pub use services::{confused_with, has_keys, is_known_service, is_service, service_front, service_fronts};
pub use sign_in::{SignIn, sign_in_of, sign_ins, takes_sign_in};
pub use source_guard::{accounts_apart, is_own_bucket};
pub use tag_use::{How, TagUse, Tenant, default_tags, prefix_of_name, principal_tag, tag_uses, tenant};
pub use undecided::{Undecided, undecided_mappings, undecided_trusts};
pub use user_pool::{Attribute, CUSTOM, Client, ExternalProvider, StandardClaim, UserPool, Words, standard_claim};
pub use witness::{Refused, Witness, witness};
pub use writable::{Writable, Writers, WrittenBy};
