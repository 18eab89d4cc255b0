//! Statements of trust policies, whomever they name.

pub mod action_principal_mismatch;
pub mod condition_key_never_present;
pub mod restriction_bypassed_by_sibling;
pub mod role_nobody_can_assume;
pub mod statement_unsatisfiable;
pub mod trust_element_unsupported;
