//! Service principals.

pub mod confused_deputy_guard_missing;
pub mod pod_identity_trust_incomplete;
pub mod role_not_assumable_by_consumer;
pub mod roles_anywhere_trust_incomplete;
pub mod service_principal_empty;
pub mod service_principal_malformed;
pub mod service_principal_unknown;
pub mod source_guard_ineffective;
