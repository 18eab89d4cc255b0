//! What `--fix` would do, so that no report promises more: the fixes of what is shown are made in memory, and the stack
//! sets that they change are looked at once more.

use std::collections::{BTreeSet, HashSet};

use super::analyse::{self, Said};
use super::gather::Files;
use super::mend::{Counts, apart, counted, edited, worse, worsened};
use super::unit::Unit;
use crate::finding::{Finding, TextEdit};
use crate::source::FileId;
use crate::syntax::Document;

/// Fixes that are looked at one by one, where all at once something gets worse.
const MOST_ALONE: usize = 8;

/// Whether the fixes of a run were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// What stays is known to mend its finding and to bring no other.
    Tried,
    /// Whoever asks looks at them by himself.
    Untried,
}

/// What a run looked at.
pub(super) struct Trial<'r> {
    pub(super) files: &'r mut Files,
    pub(super) units: &'r [Unit],
    pub(super) said: &'r Said<'r>,
    /// What was found without any fix.
    pub(super) before: &'r Counts,
}

impl Trial<'_> {
    /// Takes away the fixes that `--fix` would not make. Those that touch one another are tried by themselves, and the
    /// last of very many not at all. Cost: the stack sets of the fixes once more where all of them are good.
    pub(super) fn keep_good(&mut self, findings: &mut [Finding]) {
        let bad = self.bad(&each_once(findings)).into_iter().map(|own| edits_of(own).to_vec());
        let bad: HashSet<Vec<TextEdit>> = bad.collect();
        for finding in findings.iter_mut().filter(|finding| finding.promised_fix().is_some()) {
            finding.fix.take_if(|fix| bad.contains(&fix.edits));
        }
    }

    /// Those whose fixes are not good.
    fn bad<'f>(&mut self, findings: &[&'f Finding]) -> Vec<&'f Finding> {
        let batch = apart(findings.iter().copied(), usize::MAX);
        if batch.is_empty() {
            return Vec::new();
        }
        let good: HashSet<*const Finding> = self.good_together(&batch).into_iter().map(std::ptr::from_ref).collect();
        let is_doubtful = |finding: &&&Finding| !good.contains(&std::ptr::from_ref(**finding));
        let doubtful: Vec<&Finding> = findings.iter().filter(is_doubtful).copied().collect();
        let (alone, rest) = doubtful.split_at(doubtful.len().min(MOST_ALONE));
        let is_bad = |finding: &&&Finding| {
            let now = self.with(&[**finding]);
            now.is_none_or(|now| worse(self.before, &now, &[**finding]).is_some())
        };
        let bad: Vec<&Finding> = alone.iter().filter(is_bad).copied().collect();
        bad.into_iter().chain(rest.iter().copied()).collect()
    }

    /// Those about whose resources nothing gets worse where the fixes of all are made. Where it does about another one,
    /// it may be the fault of each.
    fn good_together<'f>(&mut self, batch: &[&'f Finding]) -> Vec<&'f Finding> {
        let Some(now) = self.with(batch) else { return Vec::new() };
        let worse_at = worsened(self.before, &now, batch);
        let resource = |finding: &Finding| (finding.subject.stack_key.clone(), finding.subject.logical_id.clone());
        let own: HashSet<_> = batch.iter().map(|finding| resource(finding)).collect();
        let is_explained = worse_at.is_subset(&own);
        let is_good = |finding: &&&Finding| is_explained && !worse_at.contains(&resource(finding));
        batch.iter().filter(is_good).copied().collect()
    }

    /// What is found with these fixes made; nothing where one of them changes more than it says.
    fn with(&mut self, batch: &[&Finding]) -> Option<Counts> {
        let edited = edited(&self.files.sources, batch)?;
        let around: BTreeSet<FileId> = edited.keys().copied().collect();
        let mut kept: Vec<(usize, Document)> = Vec::new();
        for (file, document) in edited {
            let is_whole = |own: &Document| own.file() == file && !own.is_within();
            let at = self.files.documents.iter().position(is_whole);
            kept.extend(at.map(|at| (at, std::mem::replace(&mut self.files.documents[at], document))));
        }
        let findings = analyse::findings_around(&self.files.documents, self.units, self.said, &around);
        kept.into_iter().for_each(|(at, document)| self.files.documents[at] = document);
        Some(counted(&findings))
    }
}

/// A finding for each of the fixes: stacks that share a template share those.
fn each_once(findings: &[Finding]) -> Vec<&Finding> {
    let mut seen = HashSet::new();
    let promised = findings.iter().filter(|finding| finding.promised_fix().is_some());
    promised.filter(|finding| seen.insert(edits_of(finding))).collect()
}

fn edits_of(finding: &Finding) -> &[TextEdit] {
    finding.fix.as_deref().map_or(&[], |fix| &fix.edits)
}
