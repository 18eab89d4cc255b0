//! INP004: a key twice in one mapping of a template.

use std::collections::{HashMap, HashSet};

use super::label;
use crate::checks::Reading;
use crate::finding::{Finding, Severity, Subject, shown};
use crate::source::Span;
use crate::syntax::{Document, Kind, Node};

/// Reports keys of which all but the last are lost.
pub fn check(reading: &Reading<'_>, findings: &mut Vec<Finding>) {
    let Some(document) = reading.document.filter(|_| reading.is_template) else { return };
    for (first, later) in repeated(document) {
        let (Some(key), Some((last, between))) = (first.text(), later.split_last()) else { continue };
        let path = path_to(document, last.span());
        let subject = subject(&path);
        let key = shown(key);
        let of = subject.logical_id.as_ref().map(|id| format!(" of {}", shown(id))).unwrap_or_default();
        let headline = format!("{key}{of} stands twice, and CloudFormation keeps only the last");
        let primary = label(reading, last.span(), "the last one counts");
        let mut finding = Finding::new("INP004", Severity::Warning, headline, primary, subject);
        let lost = std::iter::once(&first).chain(between);
        finding.related.extend(lost.map(|key| label(reading, key.span(), "this one is lost")));
        finding.help = format!("keep one {key}, with what both are meant to say");
        findings.push(finding);
    }
}

/// Every key that stands more than once in its mapping: its first place, and the later ones in order.
fn repeated(document: &Document) -> Vec<(Node<'_>, Vec<Node<'_>>)> {
    let mut found: Vec<(Node<'_>, Vec<Node<'_>>)> = Vec::new();
    let mut at = HashMap::new();
    let mut seen = HashSet::new();
    for (later, first) in document.duplicate_keys() {
        // A mapping is met again at each of its aliases, and several merges are several parents.
        if later.text() == Some("<<") || !seen.insert(later.id()) {
            continue;
        }
        let index = *at.entry(first.id()).or_insert_with(|| {
            found.push((first, Vec::new()));
            found.len() - 1
        });
        found[index].1.push(later);
    }
    found
}

enum Step<'d> {
    Key(&'d str),
    Index(usize),
}

/// The keys and indexes from the root to a key.
fn path_to(document: &Document, key: Span) -> Vec<Step<'_>> {
    let mut path = Vec::new();
    let mut here = document.root();
    let holds = |node: Node<'_>| node.span().start() <= key.start() && key.end() <= node.span().end();
    while let Some(node) = here {
        here = match node.kind() {
            Kind::Mapping => match node.own_entries().find(|(name, value)| name.span() == key || holds(*value)) {
                Some((name, value)) => {
                    path.extend(name.text().map(Step::Key));
                    (name.span() != key).then_some(value)
                }
                None => None,
            },
            Kind::Sequence => node.items().enumerate().find(|(_, item)| holds(*item)).map(|(index, item)| {
                path.push(Step::Index(index));
                item
            }),
            Kind::Scalar | Kind::Missing => None,
        };
    }
    path
}

fn subject(path: &[Step<'_>]) -> Subject {
    let [Step::Key("Resources"), Step::Key(id), rest @ ..] = path else { return Subject::default() };
    let property = match rest {
        [Step::Key("Properties"), below @ ..] if !below.is_empty() => Some(written(below)),
        _ => None,
    };
    Subject { logical_id: Some((*id).to_owned()), property, ..Subject::default() }
}

fn written(path: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => out.extend([".", key]),
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_json;

    fn found(text: &str) -> Vec<Finding> {
        let document = parse_json(FileId(0), &Arc::from(text));
        let reading =
            Reading { file: FileId(0), document: Some(&document), is_template: true, problems: &[], stack_set: None };
        let mut findings = Vec::new();
        check(&reading, &mut findings);
        findings
    }

    #[test]
    fn both_places_and_the_path_are_named() {
        let text = r#"{"Resources": {"R": {"Type": "T", "Properties": {"L": [1, {"K": 1, "K": 2}]}}}}"#;
        let [finding] = found(text).try_into().expect("one finding");
        assert_eq!(finding.subject.logical_id.as_deref(), Some("R"));
        assert_eq!(finding.subject.property.as_deref(), Some("L[1].K"));
        assert_eq!(finding.primary.place.span.start(), text.rfind("\"K\"").unwrap());
        assert_eq!(finding.related[0].place.span.start(), text.find("\"K\"").unwrap());
    }

    #[test]
    fn three_times_is_one_finding_at_the_last() {
        let text = r#"{"A": 1, "A": 2, "A": 3}"#;
        let [finding] = found(text).try_into().expect("one finding");
        assert_eq!(finding.primary.place.span.start(), text.rfind("\"A\"").unwrap());
        assert_eq!(finding.related.len(), 2);
    }

    #[test]
    fn a_resource_twice_is_named_by_its_id() {
        let findings = found(r#"{"Resources": {"R": {}, "R": {}, "S": {"a": 1}}}"#);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].subject.logical_id.as_deref(), Some("R"));
        assert_eq!(findings[0].subject.property, None);
    }
}
