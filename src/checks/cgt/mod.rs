//! Roles that trust identity pools.

pub mod authenticated_role_admits_guest;
pub mod cognito_amr_forallvalues;
pub mod cognito_amr_missing;
pub mod cognito_amr_no_set_operator;
pub mod cognito_amr_values_overlap;
pub mod cognito_aud_admits_foreign_pool;
pub mod cognito_aud_missing;
pub mod cognito_aud_not_a_pool_id;
pub mod cognito_principal_misplaced;
pub mod role_shared_by_guest_and_authenticated;
