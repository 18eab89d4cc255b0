//! MAP003: a mapping that does not say what users get whom it leads to no role.

use crate::checks::Cx;
use crate::checks::mappings::{mistake, property_line};
use crate::finding::{Change, Finding, Fix, Label, Severity, Written};
use crate::identity::{Dialect, Mapping, TYPES};

/// Finds mappings without `AmbiguousRoleResolution`.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let mappings = cx.graph.mappings.iter().filter(|mapping| mapping.complete && mapping.ambiguous.is_none());
    findings.extend(mappings.filter_map(finding));
}

fn finding(mapping: &Mapping) -> Option<Finding> {
    let kind = mapping.kind().filter(|kind| TYPES.contains(kind))?;
    let whom = if mapping.is_token() { "whose groups leave the role open" } else { "whom no rule matches" };
    let message = format!("{} does not say what users get {whom}", mapping.entity.name());
    let label = Label::new(mapping.place, format!("no AmbiguousRoleResolution, which Type {kind} requires"));
    let subject = mapping.entity.property(mapping.path.as_str());
    let mut finding = Finding::new("MAP003", Severity::Error, message, label, subject);
    let kind = mapping.kind.as_ref()?;
    finding.related.push(Label::new(kind.place, "the type that requires it"));
    finding.help = help(mapping.entity.dialect);
    let (path, value) = (vec!["AmbiguousRoleResolution".to_owned()], Written::text("Deny"));
    let change = Change::Put { into: mapping.at, path, value };
    finding.fix = Some(Box::new(Fix::offered("give these users no role", vec![change])));
    finding.mistake = mistake(mapping.place, "AmbiguousRoleResolution");
    finding.branch = mapping.when.clone();
    Some(finding)
}

fn help(dialect: Dialect) -> String {
    let line = property_line(dialect, "AmbiguousRoleResolution", "Deny");
    format!("add to the mapping\n  {line}\n(AuthenticatedRole instead gives them the default role)")
}
