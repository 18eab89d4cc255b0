//! INP004: a key twice in one mapping of a template.

use std::collections::{HashMap, HashSet};

use super::label;
use crate::checks::Reading;
use crate::finding::{Finding, Severity, Subject, shown};
use crate::source::Span;
use crate::syntax::{Document, Kind, Node, NodeId};

/// Reports keys of which all but the last are lost.
pub fn check(reading: &Reading<'_>, findings: &mut Vec<Finding>) {
    let Some(document) = reading.document.filter(|_| reading.is_template) else { return };
    let repeated = repeated(document);
    let values = values(document, &repeated);
    let mut of_block: HashMap<NodeId, usize> = HashMap::new();
    for (first, later) in &repeated {
        let (Some(key), Some((last, between))) = (first.text(), later.split_last()) else { continue };
        let path = path_to(document, last.span());
        let subject = subject(&path);
        let parent = values.get(&last.id()).map(|(parent, _)| *parent);
        // Below a resource or an output, what stands twice beside it was pasted with it.
        let told = parent.filter(|_| path.len() > 2).and_then(|parent| of_block.get(&parent).copied());
        if let Some(told) = told.and_then(|at| findings.get_mut(at)) {
            told.related.push(label(reading, last.span(), "and this one is there again"));
            continue;
        }
        let key = shown(key);
        let of = subject.logical_id.as_ref().map(|id| format!(" of {}", shown(id)));
        let of = of.filter(|_| path.len() > 2).unwrap_or_default();
        let times = match later.len() {
            1 => "twice".to_owned(),
            2 => "three times".to_owned(),
            more => format!("{} times", more + 1),
        };
        let lost: Vec<(Node<'_>, &str)> =
            std::iter::once(first).chain(between).map(|key| (*key, fate(document, &values, *key, *last))).collect();
        let is_same = lost.iter().all(|(_, fate)| *fate == SAME);
        let is_lost = lost.iter().any(|(_, fate)| *fate == LOST);
        let headline = match (is_same, is_lost) {
            (true, _) => format!("{key}{of} stands {times}, with the same value"),
            (_, true) => format!("{key}{of} stands {times}, and CloudFormation keeps only the last"),
            (false, false) => format!("{key}{of} stands {times}, and only the last says something else than nothing"),
        };
        let primary = label(reading, last.span(), "the last one counts");
        let mut finding = Finding::new("INP004", Severity::Warning, headline, primary, subject);
        finding.related.extend(lost.iter().map(|(key, fate)| label(reading, key.span(), *fate)));
        finding.help = match is_lost {
            true if later.len() == 1 => format!("keep one {key}, with what both are meant to say"),
            true => format!("keep one {key}, with what all are meant to say"),
            false => format!("keep the last {key}"),
        };
        of_block.extend(parent.map(|parent| (parent, findings.len())));
        findings.push(finding);
    }
}

const SAME: &str = "says the same";
const EMPTY: &str = "is empty";
const LOST: &str = "this one is lost";

/// The mapping and the value of each repeated key.
type Values<'d> = HashMap<NodeId, (NodeId, Node<'d>)>;

fn values<'d>(document: &'d Document, repeated: &[(Node<'d>, Vec<Node<'d>>)]) -> Values<'d> {
    let keys: HashSet<NodeId> =
        repeated.iter().flat_map(|(first, later)| std::iter::once(first).chain(later)).map(|key| key.id()).collect();
    if keys.is_empty() {
        return HashMap::new();
    }
    let entries = document.nodes().flat_map(|node| node.own_entries().map(move |(key, value)| (node.id(), key, value)));
    let of_keys = entries.filter(|(_, key, _)| keys.contains(&key.id()));
    of_keys.map(|(parent, key, value)| (key.id(), (parent, value))).collect()
}

/// What becomes of a key, where a later one counts.
fn fate(document: &Document, values: &Values<'_>, key: Node<'_>, last: Node<'_>) -> &'static str {
    let [Some((_, own)), Some((_, other))] = [key, last].map(|key| values.get(&key.id())) else { return LOST };
    let written = |node: &Node<'_>| {
        let span = node.tagged_place().span;
        document.text().get(span.start()..span.end()).map(str::trim)
    };
    match () {
        () if written(own).is_some_and(|own| !own.is_empty()) && written(own) == written(other) => SAME,
        () if own.is_null() => EMPTY,
        () => LOST,
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
    fn what_is_lost_is_told_as_it_is() {
        let told = |text: &str| found(text).into_iter().map(|one| (one.message, one.related[0].message.clone())).next();
        let some = |message: &str, label: &str| Some((message.to_owned(), label.to_owned()));
        assert_eq!(told(r#"{"A": "x", "A": "x"}"#), some("A stands twice, with the same value", "says the same"));
        let lost = "A stands three times, and CloudFormation keeps only the last";
        assert_eq!(told(r#"{"A": 1, "A": 2, "A": 2}"#), some(lost, "this one is lost"));
        let empty = "A stands twice, and only the last says something else than nothing";
        assert_eq!(told(r#"{"A": null, "A": 2}"#), some(empty, "is empty"));
    }

    #[test]
    fn what_was_pasted_as_one_block_is_told_once() {
        let pasted = r#"{"Outputs": {"O": {"Description": "a", "Value": 1, "Description": "b", "Value": 2}}}"#;
        let [finding] = found(pasted).try_into().expect("one finding");
        assert_eq!(finding.related.len(), 2);
        assert_eq!(found(r#"{"Resources": {"R": {}, "S": {}, "R": {}, "S": {}}}"#).len(), 2);
    }

    #[test]
    fn a_resource_twice_is_named_by_its_id() {
        let findings = found(r#"{"Resources": {"R": {}, "R": {}, "S": {"a": 1}}}"#);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].subject.logical_id.as_deref(), Some("R"));
        assert_eq!(findings[0].subject.property, None);
    }
}
