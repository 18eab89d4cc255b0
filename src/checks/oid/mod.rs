//! Roles that trust issuers of OIDC tokens.

pub mod ci_subject_too_wide;
pub mod federated_principal_invalid;
pub mod github_subject_any_ref;
pub mod github_subject_format_drift;
pub mod github_subject_open;
pub mod github_subject_org_wide;
pub mod irsa_subject_unscoped;
pub mod oidc_aud_missing;
pub mod oidc_aud_not_registered;
pub mod oidc_claim_not_populated;
pub mod oidc_key_issuer_mismatch;
pub mod oidc_provider_invalid;
pub mod shared_issuer_tenant_claim_missing;
