//! Service principals.

pub mod confused_deputy_guard_missing;
pub mod pod_identity_trust_incomplete;
pub mod roles_anywhere_trust_incomplete;
pub mod service_principal_empty;
pub mod service_principal_malformed;
