//! Roles that trust SAML providers.

pub mod saml_attribute_operator;
pub mod saml_aud_missing;
pub mod saml_aud_wrong_endpoint;
