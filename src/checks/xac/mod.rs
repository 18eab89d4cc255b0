//! AWS principals: strangers, other accounts, external ids.

pub mod account_id_invalid;
pub mod account_root_trust;
pub mod anyone_can_assume;
pub mod external_id_ineffective;
pub mod identity_guard_bypassable;
pub mod not_principal_in_trust;
pub mod principal_not_resolvable;
pub mod third_party_without_external_id;
pub mod wildcard_principal_unsupported;
pub mod wildcard_principal_weak_guard;
