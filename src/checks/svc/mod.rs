//! Service principals.

pub mod service_principal_empty;
