//! Statements of trust policies, whomever they name.

pub mod action_principal_mismatch;
pub mod condition_key_never_present;
pub mod statement_unsatisfiable;
pub mod trust_element_unsupported;
