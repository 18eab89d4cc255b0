//! YAML into the arena. The only file that knows the YAML crate.

use std::sync::Arc;

use super::Document;
use super::build::Builder;
use crate::source::FileId;

/// Parses a YAML text of one document.
pub fn parse_yaml(file: FileId, text: &Arc<str>) -> Document {
    Builder::new(file, text.clone()).finish()
}
