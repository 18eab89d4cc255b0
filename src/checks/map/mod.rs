//! Groups, mappings and the roles that identity pools hand out.

pub mod ambiguous_resolution_missing;
pub mod classic_flow_enabled;
pub mod contains_match_overlap;
pub mod custom_claim_prefix_missing;
pub mod duplicate_role_attachment;
pub mod fallback_role_more_privileged;
pub mod group_precedence_tie;
pub mod group_precedence_unset;
pub mod group_roles_and_mapping_disagree;
pub mod guest_access_enabled;
pub mod guest_permissions_vs_scope_down;
pub mod guest_role_inconsistent;
pub mod mapped_role_rejects_its_pool;
pub mod mapping_claim_user_writable;
pub mod mapping_provider_malformed;
pub mod mapping_provider_not_configured;
pub mod mapping_rule_unreachable;
pub mod mapping_shape_invalid;
pub mod negative_match_grants_role;
pub mod server_side_token_check_disabled;
