//! Session tags.

pub mod tag_session_missing;
