//! Roles that trust identity pools.

pub mod authenticated_role_admits_guest;
pub mod cognito_amr_forallvalues;
pub mod cognito_amr_missing;
pub mod cognito_aud_admits_foreign_pool;
pub mod cognito_aud_missing;
