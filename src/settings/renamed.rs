//! Which findings the entries of a baseline cover whose files are gone: a renamed file is known by what is in it.
//!
//! Invariant: no finding is taken for an old one where another one may as well be it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::baseline::{Known, Name};

/// What an entry and a finding have in common: rule, logical id and property; without a logical id, which is the name
/// of nothing, also the name of the file.
type Shared<'k> = (Name, Option<&'k str>);

/// The entries and the findings, by their numbers, that share a name.
#[derive(Default)]
struct Both {
    entries: Vec<usize>,
    findings: Vec<usize>,
}

/// Gives findings without an entry those of files that are gone. Where there are as many entries as findings, each
/// takes one; else those of one file go to the file that has most of its path and of its findings, if one has.
/// A file with entries of its own is no renamed one.
pub(super) fn pair(
    matched: &mut [Option<usize>],
    entries: &[Known],
    findings: &[Known],
    is_gone: &dyn Fn(&str) -> bool,
) {
    let used: BTreeSet<usize> = matched.iter().flatten().copied().collect();
    let mut gone: HashMap<&str, bool> = HashMap::new();
    for entry in entries {
        gone.entry(entry.path.as_str()).or_insert_with(|| is_gone(&entry.path));
    }
    let mut by_name: BTreeMap<Shared<'_>, Both> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if !used.contains(&at) && gone[entry.path.as_str()] {
            by_name.entry(shared(entry)).or_default().entries.push(at);
        }
    }
    for (at, finding) in findings.iter().enumerate() {
        let is_free = matched[at].is_none() && !gone.contains_key(finding.path.as_str());
        if let Some(both) = by_name.get_mut(&shared(finding)).filter(|_| is_free) {
            both.findings.push(at);
        }
    }
    let common = Common::of(by_name.values(), entries, findings);
    for both in by_name.values() {
        let (old, new) = (&both.entries, &both.findings);
        if new.len() <= old.len() {
            new.iter().zip(old).for_each(|(finding, entry)| matched[*finding] = Some(*entry));
            continue;
        }
        for entry in old {
            let paths: BTreeSet<&str> = new.iter().map(|at| findings[*at].path.as_str()).collect();
            let Some(path) = common.renamed(&entries[*entry].path, &paths) else { continue };
            let mut left = new.iter().filter(|at| findings[**at].path == path && matched[**at].is_none());
            if let Some(finding) = left.next() {
                matched[*finding] = Some(*entry);
            }
        }
    }
}

/// For each of some entries the files of findings of its name, as far as no other entry is of them and its own
/// file is gone.
pub(super) fn candidates(
    left: &[&Known],
    entries: &[Known],
    findings: &[Known],
    is_gone: &dyn Fn(&str) -> bool,
) -> Vec<BTreeSet<String>> {
    let own: BTreeSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let mut files: BTreeMap<Shared<'_>, BTreeSet<String>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !own.contains(finding.path.as_str())) {
        files.entry(shared(finding)).or_default().insert(finding.path.clone());
    }
    let of_one = |entry: &&Known| files.get(&shared(entry)).filter(|_| is_gone(&entry.path)).cloned();
    left.iter().map(|entry| of_one(entry).unwrap_or_default()).collect()
}

fn shared(one: &Known) -> Shared<'_> {
    (one.name(), one.logical_id.is_none().then(|| one.path.rsplit('/').next().unwrap_or_default()))
}

/// How many names a file that is gone shares with one that is there.
struct Common<'k>(HashMap<(&'k str, &'k str), usize>);

impl<'k> Common<'k> {
    fn of<'b>(groups: impl Iterator<Item = &'b Both>, entries: &'k [Known], findings: &'k [Known]) -> Self {
        let mut counts = HashMap::new();
        for both in groups {
            let paths = |numbers: &[usize], of: &'k [Known]| -> BTreeSet<&'k str> {
                numbers.iter().map(|at| of[*at].path.as_str()).collect()
            };
            let there = paths(&both.findings, findings);
            for old in paths(&both.entries, entries) {
                there.iter().for_each(|new| *counts.entry((old, *new)).or_default() += 1);
            }
        }
        Self(counts)
    }

    /// The file among these that one was renamed to, if none of the others may as well be it.
    fn renamed<'p>(&self, old: &str, paths: &BTreeSet<&'p str>) -> Option<&'p str> {
        let rank = |new: &str| (parts_in_common(old, new), self.0.get(&(old, new)).copied().unwrap_or_default());
        let best = paths.iter().map(|new| rank(new)).max()?;
        let mut first = paths.iter().filter(|new| rank(new) == best);
        first.next().copied().filter(|_| first.next().is_none())
    }
}

/// How many parts two paths share at their ends.
fn parts_in_common(a: &str, b: &str) -> usize {
    a.rsplit('/').zip(b.rsplit('/')).take_while(|(a, b)| a == b).count()
}
