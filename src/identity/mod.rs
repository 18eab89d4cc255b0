//! Both CloudFormation and IAM: who may become what.
//!
//! Invariant: no lifetime enters the graph; it owns what it holds, crosses threads, and a test can
//! write one by hand.

mod arn;
mod builder;
#[cfg(test)]
mod builder_tests;
pub mod cognito;
mod graph;
pub mod provider;
pub mod tags;
mod witness;

pub use arn::RoleNames;
pub use builder::build;
pub use cognito::{Answer, OwnPool, Trust, trusts};
pub use graph::{
    Client, Dialect, Entity, Graph, Group, Handout, IdentityPool, Mapping, Membership, PermissionPolicy, PoolId,
    Precedence, Role, RoleId, Strangers, Subject, TagMap, UserPool, Way,
};
pub use witness::{Refused, Witness, witness};
