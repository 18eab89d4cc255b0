//! Making fixes: in memory first, looked at by a whole run more, and kept only if nothing else changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::promise::Promise;
use super::{Inputs, Options, Run, RunError, Selection, check_instead};
use crate::edit::{Editor, applied};
use crate::finding::{Applicability, Change, Finding, Severity, Status, TextEdit};
use crate::source::{FileId, Sources};
use crate::syntax::{self, Document};

/// Runs that fixes may cost; each is a look at everything.
const MOST_RUNS: usize = 200;

/// What fixes came to.
#[derive(Debug, Default)]
pub struct Mended {
    /// What is said once they are made.
    pub run: Run,
    /// The files that change, in the order of their paths.
    pub files: Vec<MendedFile>,
    /// Fixes that were not made, each a sentence without its full stop.
    pub left: Vec<String>,
}

/// A file that fixes change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MendedFile {
    /// Its path without links.
    pub path: PathBuf,
    /// Its path as reports show it.
    pub shown: String,
    /// Its text as it was read.
    pub before: Arc<str>,
    /// Its text with the fixes.
    pub after: String,
    /// Findings that were mended in it.
    pub fixed: usize,
}

/// Makes the fixes of the findings that are shown, no more than `most` allows, and writes nothing.
///
/// # Errors
/// Those of [`super::check`].
pub fn mend(inputs: &Inputs, options: &Options, most: Applicability) -> Result<Mended, RunError> {
    // What a rule would say that is switched off must not get worse either.
    let all = Options { selection: Selection::everything(), verbose: false, ..options.clone() };
    let mut bench = Bench { inputs, all: &all, options, most, refused: HashSet::new(), texts: BTreeMap::new() };
    let first = check_instead(inputs, &all, &bench.texts, Promise::Untried)?;
    let before: HashMap<PathBuf, (String, Arc<str>)> = first
        .paths
        .iter()
        .zip(first.outcome.sources.iter())
        .map(|(path, (_, file))| (path.clone(), (file.path().to_owned(), file.text().clone())))
        .collect();
    let (mut now, mut fixed, mut left) = (first, Vec::new(), Vec::new());
    let (mut size, mut runs) = (usize::MAX, 0);
    let mut fixed_at_refusal = 0;
    while runs < MOST_RUNS {
        let batch = bench.choose(&now, size);
        if batch.is_empty() {
            // What was in the way may be mended since.
            if bench.refused.is_empty() || fixed.len() == fixed_at_refusal {
                break;
            }
            (fixed_at_refusal, size) = (fixed.len(), usize::MAX);
            bench.refused.clear();
            left.clear();
            continue;
        }
        runs += 1;
        match bench.attempt(&now, &batch)? {
            Ok((texts, after)) => {
                fixed.extend(batch.iter().filter_map(|finding| path_of(&now, finding)));
                size = size.saturating_mul(2);
                (bench.texts, now) = (texts, after);
            }
            Err(why) if batch.len() == 1 => {
                left.push(format!("{}: {why}", named(&now, batch[0])));
                let refused = name_of(batch[0]);
                bench.refused.insert(refused);
            }
            // One of them is in the way.
            Err(_) => size = batch.len() / 2,
        }
    }
    let run = check_instead(inputs, options, &bench.texts, Promise::Tried)?;
    let file = |(path, after): (PathBuf, String)| {
        let (shown, before) = before.get(&path)?.clone();
        let fixed = fixed.iter().filter(|own| **own == path).count();
        Some(MendedFile { path, shown, before, after, fixed })
    };
    let files = bench.texts.into_iter().filter_map(file).collect();
    Ok(Mended { run, files, left })
}

/// The file that the fix of a finding changes, without links.
fn path_of(run: &Run, finding: &Finding) -> Option<PathBuf> {
    let file = finding.fix.as_deref()?.edits.first()?.place.file;
    run.paths.get(file.0 as usize).cloned()
}

/// What a finding is about, whatever else is found.
type Name = (&'static str, String, Option<String>, Option<String>);

fn name_of(finding: &Finding) -> Name {
    let subject = &finding.subject;
    (finding.rule, subject.stack_key.clone(), subject.logical_id.clone(), subject.property.clone())
}

fn named(run: &Run, finding: &Finding) -> String {
    let file = run.outcome.sources.get(finding.primary.place.file);
    let at = file.line_column(finding.primary.place.span.start());
    format!("{}:{}:{}: {} is not fixed", file.path(), at.line, at.column, finding.rule)
}

struct Bench<'i> {
    inputs: &'i Inputs,
    /// Shows everything.
    all: &'i Options,
    /// Shows what the user wants to see.
    options: &'i Options,
    most: Applicability,
    refused: HashSet<Name>,
    /// Files as the fixes so far make them.
    texts: BTreeMap<PathBuf, String>,
}

type Texts = BTreeMap<PathBuf, String>;

impl Bench<'_> {
    /// Findings whose fixes do not touch one another.
    fn choose<'r>(&self, run: &'r Run, size: usize) -> Vec<&'r Finding> {
        let is_wanted = |finding: &&Finding| {
            let fix = finding.fix.as_deref().filter(|fix| fix.applicability <= self.most);
            fix.is_some()
                && finding.status == Status::Definite
                && self.options.selection.shows(finding)
                && !self.refused.contains(&name_of(finding))
        };
        apart(run.outcome.findings.iter().filter(is_wanted), size)
    }

    /// The texts with these fixes, and what is said of them; or why they cannot be made.
    fn attempt(&self, run: &Run, batch: &[&Finding]) -> Result<Result<(Texts, Run), &'static str>, RunError> {
        let Some(texts) = self.edited(run, batch) else {
            return Ok(Err("the edit would change something else too"));
        };
        let after = check_instead(self.inputs, self.all, &texts, Promise::Untried)?;
        let worse = worse(&counted(&run.outcome.findings), &counted(&after.outcome.findings), batch);
        Ok(match worse {
            Some(why) => Err(why),
            None => Ok((texts, after)),
        })
    }

    /// The texts with these fixes; nothing where one of them changes more than it says.
    fn edited(&self, run: &Run, batch: &[&Finding]) -> Option<Texts> {
        let mut texts = self.texts.clone();
        for (file, document) in edited(&run.outcome.sources, batch)? {
            texts.insert(run.paths.get(file.0 as usize)?.clone(), document.text().to_string());
        }
        Some(texts)
    }
}

/// The files with these fixes; nothing where one of them changes more than it says.
pub(super) fn edited(sources: &Sources, batch: &[&Finding]) -> Option<BTreeMap<FileId, Document>> {
    let mut by_file: BTreeMap<FileId, (Vec<TextEdit>, Vec<Change>)> = BTreeMap::new();
    for fix in batch.iter().filter_map(|finding| finding.fix.as_deref()) {
        let file = fix.edits.first()?.place.file;
        let (edits, changes) = by_file.entry(file).or_default();
        edits.extend(fix.edits.iter().cloned());
        changes.extend(fix.changes.iter().cloned());
    }
    let mut all = BTreeMap::new();
    for (file, (mut edits, changes)) in by_file {
        edits.sort_by_key(|edit| (edit.place.span.start(), edit.place.span.end()));
        let source = sources.get(file);
        let before = syntax::parse(file, source.text(), source.path());
        let after = syntax::parse(file, &Arc::from(applied(source.text(), &edits)), source.path());
        let is_exact = Editor::of(&before).is_some_and(|editor| editor.differ_by(&after, &changes));
        if !is_exact {
            return None;
        }
        all.insert(file, after);
    }
    Some(all)
}

/// Of these the ones whose fixes do not touch those of the ones before. What is put at one spot twice would stand there
/// in some order.
pub(super) fn apart<'f>(findings: impl Iterator<Item = &'f Finding>, most: usize) -> Vec<&'f Finding> {
    // The ends of edits by their starts: as they are apart, the last that begins before an end is the one to touch.
    let mut taken: HashMap<FileId, BTreeMap<usize, usize>> = HashMap::new();
    let mut chosen = Vec::new();
    for finding in findings {
        let Some(fix) = finding.fix.as_deref().filter(|_| chosen.len() < most) else { continue };
        let touches = |edit: &TextEdit| {
            let before = taken.get(&edit.place.file).and_then(|all| all.range(..=edit.place.span.end()).next_back());
            before.is_some_and(|(_, end)| *end >= edit.place.span.start())
        };
        if fix.edits.iter().any(touches) {
            continue;
        }
        for edit in &fix.edits {
            let end = taken.entry(edit.place.file).or_default().entry(edit.place.span.start()).or_default();
            *end = (*end).max(edit.place.span.end());
        }
        chosen.push(finding);
    }
    chosen
}

/// What is worse with the fixes than without: one of the findings is still there, or there is another one.
pub(super) fn worse(before: &Counts, now: &Counts, batch: &[&Finding]) -> Option<&'static str> {
    let mended = counted(batch.iter().copied());
    if batch.iter().any(|finding| is_left(before, now, &mended, finding)) {
        return Some("the edit would not mend it");
    }
    now.keys().any(|resource| has_more(before, now, resource)).then_some("the edit would bring another finding")
}

/// The resources, by stack and logical id, of which more is said with the fixes than without.
pub(super) fn worsened(before: &Counts, now: &Counts, batch: &[&Finding]) -> HashSet<(String, Option<String>)> {
    let mended = counted(batch.iter().copied());
    let left = batch.iter().filter(|finding| is_left(before, now, &mended, finding));
    let left = left.map(|finding| resource_of(finding));
    let more = now.keys().filter(|resource| has_more(before, now, resource)).cloned();
    left.chain(more).map(|(_, stack, id)| (stack, id)).collect()
}

/// Whether a finding, or one of its rule that is as severe, is still there. `mended` counts those that are to go.
fn is_left(before: &Counts, now: &Counts, mended: &Counts, finding: &Finding) -> bool {
    let (resource, severity) = (resource_of(finding), finding.severity);
    // The rule may have something lesser to say of it then.
    let mended = count(mended, &resource, severity);
    count(now, &resource, severity) > count(before, &resource, severity).saturating_sub(mended)
}

fn has_more(before: &Counts, now: &Counts, resource: &Resource) -> bool {
    count(now, resource, Severity::Warning) > count(before, resource, Severity::Warning)
}

fn count(counts: &Counts, resource: &Resource, severity: Severity) -> usize {
    counts.get(resource).map_or(0, |all| all.range(severity..).map(|(_, count)| count).sum())
}

/// A rule with what it speaks of.
type Resource = (&'static str, String, Option<String>);

fn resource_of(finding: &Finding) -> Resource {
    let (rule, stack, id, _) = name_of(finding);
    (rule, stack, id)
}

/// For each rule and resource how many definite findings there are of each severity.
pub(super) type Counts = HashMap<Resource, BTreeMap<Severity, usize>>;

pub(super) fn counted<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Counts {
    let mut counts = Counts::new();
    for finding in findings.into_iter().filter(|finding| finding.status == Status::Definite) {
        *counts.entry(resource_of(finding)).or_default().entry(finding.severity).or_default() += 1;
    }
    counts
}
