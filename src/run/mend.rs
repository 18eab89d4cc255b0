//! Making fixes: in memory first, looked at by a whole run more, and kept only if nothing else changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::{Inputs, Options, Run, RunError, Selection, check_instead};
use crate::edit::{Editor, applied};
use crate::finding::{Applicability, Change, Finding, Severity, Status, TextEdit};
use crate::source::FileId;
use crate::syntax;

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
    let first = check_instead(inputs, &all, &bench.texts)?;
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
    let run = check_instead(inputs, options, &bench.texts)?;
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
        let mut taken: HashMap<FileId, Vec<TextEdit>> = HashMap::new();
        let mut chosen = Vec::new();
        for finding in &run.outcome.findings {
            let Some(fix) = finding.fix.as_deref().filter(|fix| fix.applicability <= self.most) else { continue };
            let is_wanted = finding.status == Status::Definite && self.options.selection.shows(finding);
            if !is_wanted || self.refused.contains(&name_of(finding)) || chosen.len() >= size {
                continue;
            }
            let apart = fix.edits.iter().all(|edit| {
                let of_file = taken.get(&edit.place.file).map_or(&[] as &[_], Vec::as_slice);
                of_file.iter().all(|other| are_apart(edit, other))
            });
            if apart {
                fix.edits.iter().for_each(|edit| taken.entry(edit.place.file).or_default().push(edit.clone()));
                chosen.push(finding);
            }
        }
        chosen
    }

    /// The texts with these fixes, and what is said of them; or why they cannot be made.
    fn attempt(&self, run: &Run, batch: &[&Finding]) -> Result<Result<(Texts, Run), &'static str>, RunError> {
        let Some(texts) = self.edited(run, batch) else {
            return Ok(Err("the edit would change something else too"));
        };
        let after = check_instead(self.inputs, self.all, &texts)?;
        Ok(match worse(run, &after, batch) {
            Some(why) => Err(why),
            None => Ok((texts, after)),
        })
    }

    /// The texts with these fixes; nothing where one of them changes more than it says.
    fn edited(&self, run: &Run, batch: &[&Finding]) -> Option<Texts> {
        let mut by_file: BTreeMap<FileId, (Vec<TextEdit>, Vec<Change>)> = BTreeMap::new();
        for fix in batch.iter().filter_map(|finding| finding.fix.as_deref()) {
            let file = fix.edits.first()?.place.file;
            let (edits, changes) = by_file.entry(file).or_default();
            edits.extend(fix.edits.iter().cloned());
            changes.extend(fix.changes.iter().cloned());
        }
        let mut texts = self.texts.clone();
        for (file, (mut edits, changes)) in by_file {
            edits.sort_by_key(|edit| (edit.place.span.start(), edit.place.span.end()));
            let (source, path) = (run.outcome.sources.get(file), run.paths.get(file.0 as usize)?);
            let text = applied(source.text(), &edits);
            let before = syntax::parse(file, source.text(), source.path());
            let after = syntax::parse(file, &Arc::from(text.as_str()), source.path());
            let is_exact = Editor::of(&before).is_some_and(|editor| editor.differ_by(&after, &changes));
            if !is_exact {
                return None;
            }
            texts.insert(path.clone(), text);
        }
        Some(texts)
    }
}

/// Whether two edits leave each other alone. What is put at one spot twice would stand there in some order.
fn are_apart(a: &TextEdit, b: &TextEdit) -> bool {
    let (a, b) = (a.place.span, b.place.span);
    a.end() < b.start() || b.end() < a.start()
}

/// What is worse with the fixes than without: one of the findings is still there, or there is another one.
fn worse(before: &Run, after: &Run, batch: &[&Finding]) -> Option<&'static str> {
    let (most, now) = (counted(before), counted(after));
    let of = |counts: &Counts, resource: &Resource, severity: Severity| {
        counts.get(resource).map_or(0, |all| all.range(severity..).map(|(_, count)| count).sum::<usize>())
    };
    let is_left = |finding: &&Finding| {
        let (resource, severity) = (resource_of(finding), finding.severity);
        // The rule may have something lesser to say of it then.
        let mended = batch.iter().filter(|other| other.severity >= severity && resource_of(other) == resource).count();
        of(&now, &resource, severity) > of(&most, &resource, severity).saturating_sub(mended)
    };
    if batch.iter().any(is_left) {
        return Some("the edit would not mend it");
    }
    let has_more = |resource: &Resource| of(&now, resource, Severity::Warning) > of(&most, resource, Severity::Warning);
    now.keys().any(has_more).then_some("the edit would bring another finding")
}

/// A rule with what it speaks of.
type Resource = (&'static str, String, Option<String>);

fn resource_of(finding: &Finding) -> Resource {
    let (rule, stack, id, _) = name_of(finding);
    (rule, stack, id)
}

/// For each rule and resource how many definite findings there are of each severity.
type Counts = HashMap<Resource, BTreeMap<Severity, usize>>;

fn counted(run: &Run) -> Counts {
    let mut counts = Counts::new();
    for finding in run.outcome.findings.iter().filter(|finding| finding.status == Status::Definite) {
        *counts.entry(resource_of(finding)).or_default().entry(finding.severity).or_default() += 1;
    }
    counts
}
