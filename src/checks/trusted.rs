//! What users count as theirs: `[trust]` of their configuration.

use std::collections::BTreeMap;

use super::Cx;
use crate::resolve::StackId;

/// What counts as the user's own, or as known to them. A rule that finds nothing in it judges by the
/// templates alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trusted {
    /// Numbers of AWS accounts.
    pub accounts: Vec<String>,
    /// Ids of organizations, `o-…`.
    pub organizations: Vec<String>,
    /// Ids of identity pools, `REGION:GUID`.
    pub identity_pools: Vec<String>,
    /// Accounts of others that may come in, each with what the user says about it.
    pub third_parties: BTreeMap<String, String>,
    /// Service principals beside those that everyone knows.
    pub service_principals: Vec<String>,
    /// The permissions boundary that roles must have.
    pub boundary: Boundary,
}

/// Which permissions boundary every role must have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Boundary {
    /// None.
    #[default]
    NotAsked,
    /// Some.
    Any,
    /// The policy with this ARN.
    Arn(String),
}

/// Whether the user counts a service principal among those that are known.
pub(super) fn is_own_service(cx: &Cx<'_>, stack: StackId, name: &str) -> bool {
    cx.trusted(stack).is_some_and(|trusted| trusted.service_principals.iter().any(|own| own == name))
}
