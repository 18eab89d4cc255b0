//! A baseline: the findings that were there before, so that only new ones count (interface, Suppressing a finding).
//!
//! Invariant: an entry covers one finding at most, and none that it does not name.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use serde::Serialize;

use super::{Fault, renamed};
use crate::finding::{By, Finding, Suppressed, shown, without_indexes};
use crate::source::{FileId, Span};
use crate::syntax::{self, Kind, Node, Scalar};

/// What the file says it is.
pub const BASELINE: &str = "rolecall-baseline/1";

/// Keys of an entry, in the order in which they are written.
const KEYS: [&str; 6] = ["fingerprint", "rule", "path", "stack", "logicalId", "property"];

/// One finding that was there before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// Identifies it.
    pub fingerprint: String,
    /// The id of its rule.
    pub rule: String,
    /// The path of its template, from the folder of the baseline.
    pub path: String,
    /// The name of its stack.
    pub stack: Option<String>,
    /// Its logical id.
    pub logical_id: Option<String>,
    /// Its property.
    pub property: Option<String>,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// In the order of the file.
    pub entries: Vec<Known>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// Every mistake, in the order of the file; only the first where it is no JSON.
    pub fn parse(text: &Arc<str>) -> Result<Self, Vec<Fault>> {
        let document = syntax::parse_json(FileId(0), text);
        if let Some(error) = document.errors().first() {
            return Err(vec![Fault::new(error.span, error.message.clone())]);
        }
        let Some(root) = document.root() else {
            return Err(vec![Fault::new(Span::at(0), "it is empty, and no baseline")]);
        };
        let mut faults = Vec::new();
        for (later, _) in document.duplicate_keys() {
            faults
                .push(Fault::new(later.span(), format!("'{}' stands twice", shown(later.text().unwrap_or_default()))));
        }
        let entries = whole(root, &mut faults);
        faults.sort_by_key(|fault| fault.span);
        if faults.is_empty() { Ok(Self { entries }) } else { Err(faults) }
    }

    /// The baseline of some findings, with their paths as it is to say them.
    pub fn of<'f>(findings: impl Iterator<Item = &'f Finding>, path: &dyn Fn(FileId) -> String) -> Self {
        Self::from_entries(findings.map(|finding| known(finding, path)).collect())
    }

    /// The baseline of some entries.
    pub fn from_entries(mut entries: Vec<Known>) -> Self {
        entries.sort_by(|a, b| a.place().cmp(&b.place()));
        Self { entries }
    }

    /// The file: one finding a line, sorted.
    pub fn written(&self) -> String {
        let lines: Vec<String> = self.entries.iter().filter_map(|entry| serde_json::to_string(entry).ok()).collect();
        let lines = lines.iter().map(|line| format!("\n  {line}")).collect::<Vec<_>>().join(",");
        let end = if lines.is_empty() { "" } else { "\n" };
        format!("{{ \"schema\": \"{BASELINE}\", \"findings\": [{lines}{end}] }}\n")
    }

    /// Hides the findings that were there before, and gives the entries that nothing matches.
    pub fn apply(
        &self,
        findings: &mut [Finding],
        path: &dyn Fn(FileId) -> String,
        is_gone: &dyn Fn(&str) -> bool,
    ) -> Vec<&Known> {
        let mut open: Vec<&mut Finding> = findings.iter_mut().filter(|finding| finding.suppressed.is_none()).collect();
        let found: Vec<&Finding> = open.iter().map(|finding| &**finding).collect();
        let matched = self.matched(&found, path, is_gone);
        open.iter_mut().zip(&matched).filter(|(_, own)| own.is_some()).for_each(|(finding, _)| hide(finding));
        let used: BTreeSet<usize> = matched.into_iter().flatten().collect();
        let left = self.entries.iter().enumerate().filter(|(at, _)| !used.contains(at));
        left.map(|(_, entry)| entry).collect()
    }

    /// For each finding the number of the entry that covers it: by fingerprint; else by rule, stack, logical id and
    /// property in the same file, whose name in fingerprints changes with the folder of its `rolecall.toml`; else
    /// by what is in a renamed file, where the file of the entry `is_gone`.
    pub fn matched(
        &self,
        findings: &[&Finding],
        path: &dyn Fn(FileId) -> String,
        is_gone: &dyn Fn(&str) -> bool,
    ) -> Vec<Option<usize>> {
        let mut matched = vec![None; findings.len()];
        let of_findings: Vec<Known> = findings.iter().map(|finding| known(finding, path)).collect();
        // An entry that says another rule than its fingerprint is of was changed by hand: it names nothing.
        let named = |one: &Known| Some((one.rule.clone(), one.fingerprint.clone()));
        pair(&mut matched, self.entries.iter().map(named), of_findings.iter().map(named));
        let placed = |one: &Known| Some((one.path.clone(), one.stack.clone(), one.name()));
        pair(&mut matched, self.entries.iter().map(placed), of_findings.iter().map(placed));
        renamed::pair(&mut matched, &self.entries, &of_findings, is_gone);
        matched
    }
}

impl Baseline {
    /// For each of the entries that nothing matches the files in which it may be now: those of findings that nobody
    /// hid and that have its name, where its own file `is_gone` and they have no entry.
    pub fn candidates(
        &self,
        left: &[&Known],
        findings: &[Finding],
        path: &dyn Fn(FileId) -> String,
        is_gone: &dyn Fn(&str) -> bool,
    ) -> Vec<BTreeSet<String>> {
        let open = findings.iter().filter(|finding| finding.suppressed.is_none());
        let open: Vec<Known> = open.map(|finding| known(finding, path)).collect();
        renamed::candidates(left, &self.entries, &open, is_gone)
    }
}

/// What an entry speaks of, wherever its file lies: rule, logical id and property.
pub(super) type Name = (String, Option<String>, String);

/// Gives each finding that has no entry the first one of the same name that is left.
fn pair<K: Eq + Hash>(
    matched: &mut [Option<usize>],
    entries: impl Iterator<Item = Option<K>>,
    findings: impl Iterator<Item = Option<K>>,
) {
    let used: HashSet<usize> = matched.iter().flatten().copied().collect();
    let mut free: HashMap<K, VecDeque<usize>> = HashMap::new();
    for (at, name) in entries.enumerate().filter(|(at, _)| !used.contains(at)) {
        name.into_iter().for_each(|name| free.entry(name).or_default().push_back(at));
    }
    for (own, name) in matched.iter_mut().zip(findings).filter(|(own, _)| own.is_none()) {
        *own = name.and_then(|name| free.get_mut(&name)?.pop_front());
    }
}

impl Known {
    pub(super) fn name(&self) -> Name {
        (self.rule.clone(), self.logical_id.clone(), property(self.property.as_deref()))
    }

    fn place(&self) -> (&str, Option<&str>, &str, Option<&str>, Option<&str>, &str) {
        let (id, property) = (self.logical_id.as_deref(), self.property.as_deref());
        (&self.path, id, &self.rule, property, self.stack.as_deref(), &self.fingerprint)
    }

    /// How messages name it.
    pub fn shown(&self) -> String {
        let of = self.logical_id.as_deref().map(|id| format!(" {}", shown(id))).unwrap_or_default();
        format!("{}{of} in {}", shown(&self.rule), shown(&self.path))
    }
}

fn property(path: Option<&str>) -> String {
    without_indexes(path.unwrap_or_default())
}

fn known(finding: &Finding, path: &dyn Fn(FileId) -> String) -> Known {
    let subject = &finding.subject;
    Known {
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.to_owned(),
        path: path(finding.primary.place.file),
        stack: subject.stack.clone(),
        logical_id: subject.logical_id.clone(),
        property: subject.property.clone(),
    }
}

fn hide(finding: &mut Finding) {
    let (place, reason, owner, expires) = (None, None, None, None);
    finding.suppressed = Some(Box::new(Suppressed { by: By::Baseline, place, reason, owner, expires }));
}

fn whole(root: Node<'_>, faults: &mut Vec<Fault>) -> Vec<Known> {
    if root.kind() != Kind::Mapping {
        faults.push(Fault::new(root.span(), "a baseline is an object with schema and findings"));
        return Vec::new();
    }
    // Of another kind of file there is no more to say.
    if let Some(fault) = another_kind(root) {
        faults.push(fault);
        return Vec::new();
    }
    for (key, _) in root.own_entries() {
        let name = key.text().unwrap_or_default();
        if !["schema", "findings"].contains(&name) {
            faults.push(Fault::unknown(key.span(), "no key of a baseline", name, ["schema", "findings"].into_iter()));
        }
    }
    match root.get("findings") {
        Some(list) if list.kind() == Kind::Sequence => list.items().filter_map(|item| entry(item, faults)).collect(),
        Some(other) => {
            faults.push(Fault::new(other.span(), "findings is a list"));
            Vec::new()
        }
        None => {
            faults.push(Fault::new(root.span(), "it has no findings"));
            Vec::new()
        }
    }
}

/// Why an object is no baseline that can be read, by what it says it is.
fn another_kind(root: Node<'_>) -> Option<Fault> {
    let is_sarif = root.get("runs").is_some_and(|runs| runs.kind() == Kind::Sequence);
    if let Some((version, _)) = root.entry("version").filter(|_| is_sarif) {
        let message = "this is a SARIF report, and no baseline: --write-baseline writes one";
        return Some(Fault::new(version.span(), message));
    }
    let Some(schema) = root.get("schema") else {
        return Some(Fault::new(root.span(), format!("it has no schema, which would be {BASELINE}")));
    };
    match schema.text() {
        Some(BASELINE) => None,
        Some(text) if text.starts_with("rolecall/") => {
            Some(Fault::new(schema.span(), "this is a report, and no baseline: --write-baseline writes one"))
        }
        _ => Some(Fault::new(schema.span(), format!("this version reads baselines of the schema {BASELINE}"))),
    }
}

fn entry(item: Node<'_>, faults: &mut Vec<Fault>) -> Option<Known> {
    if item.kind() != Kind::Mapping {
        faults.push(Fault::new(item.span(), "a finding is an object"));
        return None;
    }
    let before = faults.len();
    for (key, _) in item.own_entries() {
        let name = key.text().unwrap_or_default();
        if !KEYS.contains(&name) {
            faults.push(Fault::unknown(key.span(), "no key of a finding", name, KEYS.into_iter()));
        }
    }
    let mut text = |key: &str, is_needed: bool| match item.get(key) {
        Some(node) if matches!(node.scalar(), Some(Scalar::Text(_))) => node.text().map(str::to_owned),
        Some(node) if matches!(node.scalar(), Some(Scalar::Null)) && !is_needed => None,
        Some(node) => {
            faults.push(Fault::new(node.span(), format!("'{key}' is a text")));
            None
        }
        None if is_needed => {
            faults.push(Fault::new(item.span(), format!("this finding has no {key}")));
            None
        }
        None => None,
    };
    let [fingerprint, rule, path] = ["fingerprint", "rule", "path"].map(|key| text(key, true));
    let [stack, logical_id, property] = ["stack", "logicalId", "property"].map(|key| text(key, false));
    if let (Some(fingerprint), Some(node)) = (&fingerprint, item.get("fingerprint"))
        && (fingerprint.len() != 32 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        faults.push(Fault::new(node.span(), "a fingerprint has 32 hexadecimal digits"));
    }
    if faults.len() > before {
        return None;
    }
    Some(Known { fingerprint: fingerprint?, rule: rule?, path: path?, stack, logical_id, property })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Label, Severity, Subject, fingerprint};
    use crate::source::{Place, SourceFile};

    fn finding(file: u32, id: &str, rule: &'static str) -> Finding {
        let place = Place { file: FileId(file), span: Span::at(0) };
        let subject = Subject {
            stack_key: format!("f{file}"),
            logical_id: Some(id.to_owned()),
            property: Some("A[0].B".to_owned()),
            ..Subject::default()
        };
        Finding::new(rule, Severity::Error, "", Label::new(place, ""), subject)
    }

    fn named(mut findings: Vec<Finding>) -> Vec<Finding> {
        fingerprint(&mut findings);
        findings
    }

    fn path(file: FileId) -> String {
        format!("f{}", file.0)
    }

    fn open(findings: &[Finding]) -> Vec<&str> {
        let open = findings.iter().filter(|finding| finding.suppressed.is_none());
        open.filter_map(|finding| finding.subject.logical_id.as_deref()).collect()
    }

    #[test]
    fn what_is_written_is_read_again_and_is_sorted() {
        let findings = named(vec![finding(1, "B", "CGT001"), finding(0, "B", "CGT002"), finding(0, "A", "XAC001")]);
        let baseline = Baseline::of(findings.iter(), &path);
        let text = baseline.written();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        assert_eq!((lines[0], lines[4]), ("{ \"schema\": \"rolecall-baseline/1\", \"findings\": [", "] }"));
        assert!(lines[1].contains("\"rule\":\"XAC001\",\"path\":\"f0\",\"stack\":null,\"logicalId\":\"A\""));
        assert!(lines[3].ends_with("\"property\":\"A[0].B\"}"));
        assert_eq!(Baseline::parse(&Arc::from(text.as_str())), Ok(baseline.clone()));
        let turned = Baseline::of(findings.iter().rev(), &path);
        assert_eq!(turned, baseline);
        let empty = Baseline::default().written();
        assert_eq!(Baseline::parse(&Arc::from(empty.as_str())), Ok(Baseline::default()));
    }

    #[test]
    fn each_entry_covers_one_finding() {
        let old = named(vec![finding(0, "A", "CGT001")]);
        let baseline = Baseline::of(old.iter(), &path);
        let mut now = named(vec![finding(0, "A", "CGT001"), finding(0, "A", "CGT001"), finding(0, "B", "CGT001")]);
        assert!(baseline.apply(&mut now, &path, &|_| true).is_empty());
        assert_eq!(open(&now), ["A", "B"]);
    }

    #[test]
    fn a_renamed_file_is_known_where_the_old_one_is_gone() {
        let old = named(vec![finding(0, "A", "CGT001"), finding(0, "B", "CGT001")]);
        let baseline = Baseline::of(old.iter(), &path);
        let mut now = named(vec![finding(1, "A", "CGT001")]);
        let vanished = baseline.apply(&mut now.clone(), &path, &|_| false).len();
        assert_eq!(vanished, 2, "a file that is there still has its findings");
        let gone = baseline.apply(&mut now, &path, &|path| path == "f0");
        assert_eq!(gone.iter().map(|entry| entry.shown()).collect::<Vec<_>>(), ["CGT001 B in f0"]);
        assert_eq!(open(&now), [""; 0]);
    }

    /// The files of findings that are not hidden, where these were there and the files of `gone` are not there now.
    fn left(old: &[(&str, &str)], now: &[(&str, &str)], gone: &[&str]) -> Vec<String> {
        let files: Vec<&str> = old.iter().chain(now).map(|(file, _)| *file).collect();
        let number = |file: &str| files.iter().position(|own| *own == file).unwrap_or_default() as u32;
        let make = |all: &[(&str, &str)]| -> Vec<Finding> {
            let all = all.iter().map(|(file, id)| finding(number(file), id, "CGT001"));
            named(
                all.map(|mut one| {
                    one.subject.logical_id = one.subject.logical_id.filter(|id| !id.is_empty());
                    one
                })
                .collect(),
            )
        };
        let path = |file: FileId| files[file.0 as usize].to_owned();
        let mut now = make(now);
        Baseline::of(make(old).iter(), &path).apply(&mut now, &path, &|path| gone.contains(&path));
        let open = now.iter().filter(|finding| finding.suppressed.is_none());
        open.map(|finding| path(finding.primary.place.file)).collect()
    }

    #[test]
    fn no_entry_goes_to_one_of_two_files_that_may_both_be_the_renamed_one() {
        let old = [("a", "A"), ("a", "B")];
        let both = [("b", "A"), ("b", "B"), ("c", "A"), ("c", "B")];
        assert_eq!(left(&old, &both, &["a"]), ["b", "b", "c", "c"], "renamed and copied: nobody knows which is which");
        assert_eq!(left(&old, &[("b", "A"), ("c", "A"), ("c", "B")], &["a"]), ["b"], "one has more of it");
        assert_eq!(left(&old, &[("b", "A"), ("c", "B")], &["a"]), [""; 0], "in two parts");
        assert_eq!(left(&[("x/t", "A"), ("y", "B")], &[("y", "A"), ("y", "B")], &["x/t"]), ["y"], "y was there");
        // A renamed folder, with copies in it.
        let old = [("p/t", "A"), ("q/t", "A")];
        assert_eq!(left(&old, &[("e/p/t", "A"), ("e/q/t", "A"), ("e/r/t", "A")], &["p/t", "q/t"]), ["e/r/t"]);
        assert_eq!(left(&old, &[("e/t", "A"), ("f/t", "A")], &["p/t", "q/t"]), [""; 0], "none of them can be new");
    }

    #[test]
    fn what_has_no_logical_id_is_known_by_the_name_of_its_file() {
        assert_eq!(left(&[("a/cdk.json", "")], &[("b/cdk.json", "")], &["a/cdk.json"]), [""; 0]);
        assert_eq!(left(&[("a/cdk.json", "")], &[("b/t.yaml", "")], &["a/cdk.json"]), ["b/t.yaml"]);
    }

    #[test]
    fn another_root_of_the_same_file_changes_no_finding() {
        let unread = |root: &str| {
            let place = Place { file: FileId(0), span: Span::at(0) };
            let subject = Subject { stack_key: root.to_owned(), ..Subject::default() };
            Finding::new("INP001", Severity::Error, "", Label::new(place, ""), subject)
        };
        let rooted = |root: &str| {
            let mut own = finding(0, "A", "CGT001");
            root.clone_into(&mut own.subject.stack_key);
            own
        };
        let baseline = Baseline::of(named(vec![rooted("a/f0"), unread("a/f0")]).iter(), &path);
        let mut now = named(vec![rooted("f0"), rooted("f0"), unread("f0"), finding(1, "A", "CGT001")]);
        assert!(baseline.apply(&mut now, &path, &|_| false).is_empty());
        let open: Vec<_> = now.iter().filter(|finding| finding.suppressed.is_none()).collect();
        assert_eq!(open.iter().map(|one| one.primary.place.file.0).collect::<Vec<_>>(), [0, 1], "one each");
        let mut other = named(vec![rooted("f0")]);
        other[0].subject.stack = Some("Other".to_owned());
        baseline.apply(&mut other, &path, &|_| false);
        assert!(other[0].suppressed.is_none(), "another stack of the same template");
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let faults = |text: &str| {
            let file = SourceFile::new("b.json", text);
            let faults = Baseline::parse(file.text()).expect_err(text);
            faults.iter().map(|fault| fault.in_file(&file)).collect::<Vec<_>>()
        };
        assert_eq!(
            faults("{\"schema\": \"rolecall-baseline/2\", \"findings\": []}"),
            ["b.json:1:12: this version reads baselines of the schema rolecall-baseline/1"]
        );
        assert_eq!(
            faults("{\"$schema\": \"x\", \"version\": \"2.1.0\", \"runs\": []}"),
            ["b.json:1:18: this is a SARIF report, and no baseline: --write-baseline writes one"]
        );
        assert_eq!(faults("[]"), ["b.json:1:1: a baseline is an object with schema and findings"]);
        assert!(faults("").len() == 1 && faults("{").len() == 1 && faults("{\"schema\": 1}").len() == 1);
        assert!(faults("{\"schema\": \"rolecall-baseline/1\"}") == ["b.json:1:1: it has no findings"]);
        let with = |entry: &str| format!("{{\"schema\": \"rolecall-baseline/1\", \"findings\": [\n{entry}]}}");
        assert_eq!(
            faults(&with("{\"fingerprint\": \"x\", \"rule\": \"R\", \"path\": \"p\"}")),
            ["b.json:2:17: a fingerprint has 32 hexadecimal digits"]
        );
        assert_eq!(faults(&with("{\"fingerprint\": null, \"rule\": 7, \"pth\": \"p\"}")).len(), 4);
        assert_eq!(faults(&with("7")).len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in "\\PC{0,100}") {
            let _ = Baseline::parse(&Arc::from(text.as_str()));
        }

        #[test]
        fn a_baseline_hides_only_what_it_names(
            old in proptest::collection::vec((0..3u32, 0..3usize, 0..2usize), 0..8),
            now in proptest::collection::vec((0..3u32, 0..3usize, 0..2usize), 0..8),
            gone in 0..3u32,
        ) {
            let make = |all: &[(u32, usize, usize)]| {
                let mut all = all.to_vec();
                all.sort();
                let one = |(file, id, rule): &(u32, usize, usize)| finding(*file, ["A", "B", "C"][*id], ["CGT001", "XAC001"][*rule]);
                named(all.iter().map(one).collect())
            };
            let (old, mut now) = (make(&old), make(&now));
            let gone = format!("f{gone}");
            let baseline = Baseline::of(old.iter(), &path);
            let vanished = baseline.apply(&mut now, &path, &|path| path == gone).len();
            let hidden: Vec<&Finding> = now.iter().filter(|finding| finding.suppressed.is_some()).collect();
            proptest::prop_assert_eq!(hidden.len() + vanished, old.len(), "each entry covers one");
            for finding in hidden {
                let is_named = old.iter().any(|entry| {
                    let same = (entry.rule, &entry.subject.logical_id) == (finding.rule, &finding.subject.logical_id);
                    let renamed = path(entry.primary.place.file) == gone;
                    entry.fingerprint == finding.fingerprint || (same && renamed)
                });
                proptest::prop_assert!(is_named);
            }
        }
    }
}
