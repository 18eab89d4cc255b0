//! How a finding speaks of the branch in which it holds.

use crate::finding::{Choice, Finding};
use crate::identity::Graph;
use crate::value::Branch;

/// Names the choices of the branch on the finding. Returns whether a parameter is taken to have its
/// default, which makes most findings one step milder (catalogue, section 3).
pub(super) fn in_branch(finding: &mut Finding, graph: &Graph, branch: &Branch) -> bool {
    let mut by_default = false;
    for (id, value) in branch.iter() {
        let switch = graph.worlds.switch(id);
        let text = &switch.values[usize::from(value)];
        if switch.is_condition() {
            finding.assignment.push((switch.name.to_string(), Choice::Condition(value == 1)));
        } else if value == 0 {
            finding.assumes.push(format!("{} has a value that the template does not name", switch.name));
        } else if switch.default == Some(value) && !switch.closed {
            finding.assumes.push(format!("parameter {} has its default '{text}'", switch.name));
            by_default = true;
        } else {
            finding.assignment.push((switch.name.to_string(), Choice::Value(text.to_string())));
        }
    }
    by_default
}

/// The same, and one step milder where a default decides.
pub(super) fn settle(finding: &mut Finding, graph: &Graph, branch: &Branch) {
    if in_branch(finding, graph, branch) {
        finding.severity = finding.severity.lower();
    }
}
