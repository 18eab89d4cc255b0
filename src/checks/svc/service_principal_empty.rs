//! SVC001: a principal that is empty.

use crate::checks::Cx;
use crate::finding::Finding;

/// Finds principals that name nobody.
pub fn check(_cx: &Cx<'_>, _findings: &mut Vec<Finding>) {}
