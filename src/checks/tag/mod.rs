//! Session tags.

pub mod source_identity_action_missing;
pub mod tag_session_in_wrong_policy;
pub mod tag_session_missing;
