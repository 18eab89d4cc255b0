//! The end of the main path: from all findings to those that are shown, those that somebody hid, and what is to be
//! said of the hiding.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::baseline::{Before, Looked, NewBaseline};
use super::cdk::Program;
use super::code;
use super::configured::Configuration;
use super::discover::Scope;
use super::gather::Files;
use super::suppress::Suppressions;
use super::unit::Unit;
use super::{Options, Selection};
use crate::finding::{self, Finding, Note, NoteKind};
use crate::settings::Lint;
use crate::source::{FileId, SourceFile};

/// What the findings are held against.
pub(super) struct Judges<'r> {
    pub(super) scope: &'r Arc<Scope>,
    pub(super) files: &'r Files,
    pub(super) units: &'r [Unit],
    /// The configuration of each file.
    pub(super) configured: &'r [Arc<Configuration>],
    pub(super) options: &'r Options,
    pub(super) suppressions: Suppressions,
    pub(super) before: Option<Before>,
    /// The baseline that is to be written anew, where one was asked for.
    pub(super) replaced: Option<Before>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Conclusion {
    pub(super) findings: Vec<Finding>,
    pub(super) suppressed: Vec<Finding>,
    pub(super) notes: Vec<Note>,
    /// What is shown, as a baseline, where one was asked for.
    pub(super) baseline: Option<NewBaseline>,
}

impl Judges<'_> {
    /// Puts the findings in report order, names each for ever, and keeps those that are shown.
    pub(super) fn conclude(mut self, mut findings: Vec<Finding>, programs: Vec<(Arc<str>, Program)>) -> Conclusion {
        self.prepare(&mut findings);
        self.suppressions.apply(&mut findings);
        // Before anything is hidden: what is shown must not change the name of what else is.
        let named: HashSet<String> = findings.iter().map(|finding| finding.fingerprint.clone()).collect();
        let is_shown = |finding: &Finding| self.options.selection.shows(finding);
        let unshown = findings.iter().filter(|finding| finding.suppressed.is_none() && !is_shown(finding));
        let unshown: HashSet<String> = unshown.map(|finding| finding.fingerprint.clone()).collect();
        findings.retain(is_shown);
        let root = self.options.source_root.as_deref();
        let mut notes = code::attach(self.scope, self.files, self.units, programs, root, &mut findings);
        // The path of a construct, and the line of its app, are known only now.
        self.suppressions.apply(&mut findings);
        self.suppressions.apply_to_code(self.scope, self.configured, &mut findings);
        findings.extend(self.about_suppressions(&findings));
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        notes.extend(self.suppressions.bounds.iter().map(|message| note(NoteKind::Bound, message.clone())));
        let runs = |rule: &str, file: FileId| self.runs(rule, file);
        let looked = Looked { scope: self.scope, paths: self.paths(), named, unshown, runs: &runs };
        if let Some(before) = &self.before {
            let told = before.apply(&looked, &mut findings);
            // What is written anew says itself what was taken out of it.
            let is_renewed = self.replaced.as_ref().is_some_and(|replaced| replaced.is_same(before));
            notes.extend(told.into_iter().filter(|_| !is_renewed).map(|message| note(NoteKind::Vanished, message)));
        }
        let baseline = self.replaced.as_ref().map(|replaced| replaced.renewed(&looked, &mut findings));
        let (suppressed, findings) = findings.into_iter().partition(|finding| finding.suppressed.is_some());
        Conclusion { findings, suppressed, notes, baseline }
    }

    /// The path of each file without links.
    fn paths(&self) -> Vec<PathBuf> {
        let of_one = |(file, source): (FileId, &SourceFile)| {
            let reading = self.files.readings.get(file.0 as usize).map(|reading| reading.path.clone());
            let configuration = || self.suppressions.configurations.get(&file).map(|own| own.path.clone());
            reading.or_else(configuration).unwrap_or_else(|| self.scope.store.absolute(Path::new(source.path())))
        };
        self.files.sources.iter().map(of_one).collect()
    }

    /// Gives the findings their stacks, what configurations say of their rules, order and names.
    fn prepare(&self, findings: &mut Vec<Finding>) {
        for finding in findings.iter_mut() {
            let reading = self.files.readings.get(finding.primary.place.file.0 as usize);
            // A check of one file does not know what stack it belongs to.
            if let Some(reading) = reading.filter(|_| finding.subject.stack_key.is_empty()) {
                finding.subject.stack_key.clone_from(&reading.stack_key);
            }
        }
        findings.retain(|finding| self.runs(finding.rule, finding.primary.place.file));
        for finding in findings.iter_mut() {
            let lint = self.lint(finding.primary.place.file);
            if let Some(severity) = lint.and_then(|lint| lint.severities.get(finding.rule)) {
                finding.severity = *severity;
            }
        }
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        finding::fingerprint(findings);
    }

    /// What is wrong with the suppressions, as far as that is shown.
    fn about_suppressions(&self, left: &[Finding]) -> Vec<Finding> {
        let mut findings = self.suppressions.judge(&|rule, file| self.runs(rule, file), left);
        for finding in &mut findings {
            let configuration = self.suppressions.configurations.get(&finding.primary.place.file);
            if let Some(configuration) = configuration {
                // A configuration is no stack; its file is the same in every run from the same project.
                finding.subject.stack_key = shown_key(&configuration.path);
            }
        }
        self.prepare(&mut findings);
        self.suppressions.apply_configured(&mut findings);
        findings.retain(|finding| self.options.selection.shows(finding));
        findings
    }

    /// Whether a rule runs over a file.
    fn runs(&self, rule: &str, file: FileId) -> bool {
        let selection: &Selection = &self.options.selection;
        let is_ignored = || self.lint(file).is_some_and(|lint| lint.ignored.contains(rule));
        selection.runs(rule) && (selection.names(rule) || !is_ignored())
    }

    /// What the configuration of a file says, a configuration's own among the files.
    fn lint(&self, file: FileId) -> Option<&Lint> {
        let own = self.configured.get(file.0 as usize);
        own.or_else(|| self.suppressions.configurations.get(&file)).map(|own| &own.settings.lint)
    }
}

/// What stands for the stack of a finding in a configuration.
fn shown_key(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn note(kind: NoteKind, message: String) -> Note {
    Note::new(kind, message, None)
}
