//! Session tags.

pub mod caller_chosen_tags_unconstrained;
pub mod principal_tag_map_invalid;
pub mod principal_tag_never_set;
pub mod principal_tag_user_writable;
pub mod source_identity_action_missing;
pub mod tag_delimiter_ambiguity;
pub mod tag_guard_vacuous;
pub mod tag_session_in_wrong_policy;
pub mod tag_session_missing;
