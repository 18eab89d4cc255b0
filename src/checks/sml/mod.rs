//! Roles that trust SAML providers.

pub mod saml_aud_missing;
