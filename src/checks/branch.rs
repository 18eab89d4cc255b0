//! In which branches a finding holds, and how it says so.

use std::collections::HashMap;

use crate::finding::{Applicability, Change, Choice, Finding, Status, shown};
use crate::identity::Graph;
use crate::source::Place;
use crate::value::Branch;

/// Rules that stay as severe where only a parameter's default makes them true.
const FIRM: [&str; 1] = ["SVC001"];

/// Makes one finding of those that say the same in several branches, and names on each the branch in
/// which it holds: nothing where it holds in all.
pub fn settle(findings: Vec<Finding>, graph: &Graph) -> Vec<Finding> {
    let findings: Vec<Finding> = findings.into_iter().map(proved).collect();
    let mut same: HashMap<Saying<'_>, Vec<usize>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        same.entry(Saying::of(finding)).or_default().push(at);
    }
    let mut cases: Vec<(usize, Branch)> = Vec::new();
    for members in same.values() {
        // Where it is worse in one branch than in another, the worst says it for all.
        let worst = members.iter().map(|at| findings[*at].severity).max();
        let worst: Vec<usize> = members.iter().copied().filter(|at| Some(findings[*at].severity) == worst).collect();
        let branches: Vec<Branch> = worst.iter().map(|at| findings[*at].branch.clone()).collect();
        cases.extend(worst.first().map(|first| (*first, graph.worlds.widened(&branches))));
    }
    cases.sort_unstable_by_key(|(at, _)| *at);
    let mut findings: Vec<Option<Finding>> = findings.into_iter().map(Some).collect();
    let settled = cases.into_iter().filter_map(|(at, branch)| {
        let mut finding = findings.get_mut(at)?.take()?;
        finding.branch = branch;
        name_branch(&mut finding, graph);
        name_macro(&mut finding, graph);
        Some(finding)
    });
    settled.collect()
}

/// A finding whose request no concrete text shows to get in is not certain, and has no proof.
fn proved(mut finding: Finding) -> Finding {
    if finding.witness.as_ref().is_some_and(|witness| !witness.decision.is_true()) {
        finding.status = Status::Possible;
        finding.witness = None;
    }
    finding
}

/// What a finding says, branches aside.
#[derive(PartialEq, Eq, Hash)]
struct Saying<'f> {
    rule: &'static str,
    /// What is certain in one branch must not hide behind what is only possible in another.
    status: Status,
    place: Place,
    stack: &'f str,
    logical_id: Option<&'f str>,
    message: &'f str,
}

impl<'f> Saying<'f> {
    fn of(finding: &'f Finding) -> Self {
        Self {
            rule: finding.rule,
            status: finding.status,
            place: finding.primary.place,
            stack: &finding.subject.stack_key,
            logical_id: finding.subject.logical_id.as_deref(),
            message: &finding.message,
        }
    }
}

/// What stands between the name of a parameter and its default.
const HAS_DEFAULT: &str = " has its default '";
/// What stands between a parameter's likely value and the file that has it.
const AS_IN: &str = "', as in ";

/// Says that a finding holds as long as a parameter has its default.
pub fn assume_default(finding: &mut Finding, parameter: &str, default: &str) {
    soften(finding, format!("parameter {parameter}{HAS_DEFAULT}{default}'"));
}

/// One step, however many parameters have the values that are expected of them.
fn soften(finding: &mut Finding, assumption: String) {
    if finding.assumes.contains(&assumption) {
        return;
    }
    let is_expected =
        |own: &String| own.starts_with("parameter ") && (own.contains(HAS_DEFAULT) || own.contains(AS_IN));
    let is_soft = finding.assumes.iter().any(is_expected);
    finding.assumes.push(assumption);
    if !is_soft && !FIRM.contains(&finding.rule) {
        finding.severity = finding.severity.lower();
    }
}

/// What a macro, or an unknown part of a template, may change is not certain (catalogue, section 3).
fn name_macro(finding: &mut Finding, graph: &Graph) {
    if let Some(name) = graph.macros.get(&finding.primary.place.file) {
        finding.status = Status::Possible;
        finding.assumes.push(format!("the macro {name} leaves this as it is written"));
    }
    if let Some(part) = graph.unknown_parts.get(&finding.subject.stack_key) {
        finding.status = Status::Possible;
        finding.assumes.push(format!("what {} stands for leaves this as it is written", shown(part)));
    }
}

/// Offers a fix that sets another value: the one that is wrong may be that of a parameter, which would decide nothing
/// any more.
fn offer_replacement(finding: &mut Finding) {
    if let Some(fix) = &mut finding.fix
        && fix.changes.iter().any(|change| matches!(change, Change::Set { .. }))
    {
        fix.applicability = Applicability::Offered;
    }
}

/// Names the choices of the branch. Where a parameter is taken to have its default, most findings are
/// one step milder (catalogue, section 3).
fn name_branch(finding: &mut Finding, graph: &Graph) {
    for (id, value) in finding.branch.clone().iter() {
        let switch = graph.worlds.switch(id);
        let text = &switch.values[usize::from(value)];
        if switch.is_condition() {
            finding.assignment.push((switch.name.to_string(), Choice::Condition(value == 1)));
            continue;
        }
        offer_replacement(finding);
        if value == 0 {
            finding.assumes.push(format!("parameter {} has a value that the template does not name", switch.name));
        } else if switch.default == Some(value) && !switch.closed {
            match &switch.default_from {
                Some(file) => soften(finding, format!("parameter {} is '{text}{AS_IN}{file}", switch.name)),
                None => assume_default(finding, &switch.name, text),
            }
        } else {
            finding.assignment.push((switch.name.to_string(), Choice::Value(text.to_string())));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::finding::{Label, Severity};
    use crate::identity::{Refused, Subject, Witness, build};
    use crate::policy::{PrincipalKind, Request};
    use crate::resolve::StackSet;
    use crate::source::{FileId, Span};
    use crate::value::{Text, Truth};

    fn with_witness(decision: Truth) -> Finding {
        let place = Place { file: FileId(0), span: Span::default() };
        let mut finding = Finding::new("OID001", Severity::Error, "", Label::new(place, ""), Subject::default());
        let text = || Text::known("x");
        let request = Request {
            principal: (PrincipalKind::Aws, text()),
            action: String::new(),
            resource: text(),
            context: Vec::new(),
        };
        finding.witness = Some(Box::new(Witness {
            class: "x".into(),
            request,
            policy: Json::Null,
            substitution: Vec::new(),
            decision,
            by: None,
            assumes: Vec::new(),
            refused: Refused::No,
            story: String::new(),
        }));
        finding
    }

    #[test]
    fn what_no_concrete_request_shows_is_not_certain() {
        let graph = build(&StackSet::new(Vec::new()));
        for (decision, status) in
            [(Truth::True, Status::Definite), (Truth::False, Status::Possible), (Truth::Unknown, Status::Possible)]
        {
            let settled = settle(vec![with_witness(decision)], &graph);
            let found: Vec<(Status, bool)> =
                settled.iter().map(|finding| (finding.status, finding.witness.is_some())).collect();
            assert_eq!(found, [(status, status == Status::Definite)], "{decision:?}");
        }
    }
}
