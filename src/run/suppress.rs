//! What hides findings in a run: comments, `Metadata`, what constructs say, configurations. And what is wrong with it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::configured::Configuration;
use super::discover::Scope;
use super::gather::{FileReading, Files};
use super::project::Projects;
use super::unit::Unit;
use crate::checks::sup::Suppressing;
use crate::checks::{self, Check};
use crate::finding::{By, CodeLine, Date, Expiry, Finding, Named, Scope as Covers, Suppression};
use crate::settings::suppress::{self, Held, Lines, MOST};
use crate::source::{FileId, Place, SourceFile};
use crate::template::assembly;

/// All that hides findings.
pub(super) struct Suppressions {
    held: Vec<Held>,
    /// Configurations of which an entry is among them, by the number that their file was given.
    pub(super) configurations: BTreeMap<FileId, Arc<Configuration>>,
    /// Which entry of which configuration one is.
    entries: HashMap<usize, (FileId, usize)>,
    /// Files that were read with all that belongs to them.
    whole: BTreeSet<FileId>,
    today: Date,
    /// Limits that were reached, each a sentence without its full stop.
    pub(super) bounds: Vec<String>,
}

impl Suppressions {
    /// Collects what is written in the files of a run; `of_metadata` is what the templates' `Metadata` say.
    pub(super) fn collect(
        scope: &Scope,
        files: &mut Files,
        units: &[Unit],
        configured: &[Arc<Configuration>],
        of_metadata: Vec<Suppression>,
        today: Date,
    ) -> Self {
        let (held, entries) = (Vec::new(), HashMap::new());
        let (configurations, whole) = (BTreeMap::new(), BTreeSet::new());
        let mut all = Self { held, configurations, entries, whole, today, bounds: Vec::new() };
        let mut written = of_metadata;
        for document in &files.documents {
            let file = document.file();
            if files.readings.get(file.0 as usize).is_some() {
                written.extend(suppress::of_comments(document, Lines(files.sources.get(file))));
            }
        }
        written.extend(of_constructs(scope, files, units));
        all.add(written, files);
        all.add_configured(files, configured);
        all
    }

    /// Adds what stands in files that were read. Two stacks may share a template.
    fn add(&mut self, mut written: Vec<Suppression>, files: &Files) {
        written.sort_by_key(|one| one.place);
        let (mut seen, mut counts) = (HashSet::new(), BTreeMap::<FileId, usize>::new());
        for one in written {
            let of_resource = match &one.scope {
                Covers::Resource { id, .. } => id.clone(),
                _ => String::new(),
            };
            let count = counts.entry(one.place.file).or_default();
            if *count <= MOST && seen.insert((one.place, one.by, of_resource)) {
                *count += 1;
                if *count <= MOST {
                    self.held.push(Held::new(one));
                }
            }
        }
        for (file, _) in counts.into_iter().filter(|(_, count)| *count > MOST) {
            let path = files.sources.get(file).path();
            self.bounds.push(format!("{path}: only its first {MOST} suppressions are read"));
        }
    }

    /// Adds the entries of the configurations, each for the files that obey it.
    fn add_configured(&mut self, files: &mut Files, configured: &[Arc<Configuration>]) {
        let mut obeying: BTreeMap<&Path, (Arc<Configuration>, Vec<FileId>)> = BTreeMap::new();
        for (file, own) in (0..).map(FileId).zip(configured) {
            if !own.settings.lint.suppress.is_empty() {
                obeying.entry(own.path.as_path()).or_insert_with(|| (own.clone(), Vec::new())).1.push(file);
            }
        }
        for (configuration, obeying) in obeying.into_values() {
            let Some((path, text)) = configuration.source.clone() else { continue };
            let own = files.sources.push(SourceFile::new(path, text));
            for (at, entry) in configuration.settings.lint.suppress.iter().enumerate() {
                let path = |file: &FileId| files.readings.get(file.0 as usize).map(|reading| reading.path.as_path());
                let speaks_of = |file: &FileId| path(file).is_some_and(|path| configuration.speaks_of(at, path));
                let covered: BTreeSet<FileId> = obeying.iter().copied().filter(speaks_of).collect();
                self.entries.insert(self.held.len(), (own, at));
                self.held.push(Held::new(configured_one(entry, own, covered)));
            }
            self.configurations.insert(own, configuration);
        }
    }

    /// Says which files were read with all that belongs to them.
    pub(super) fn set_whole(&mut self, whole: BTreeSet<FileId>) {
        self.whole = whole;
    }

    /// Hides what is named.
    pub(super) fn apply(&mut self, findings: &mut [Finding]) {
        suppress::apply(&mut self.held, findings, self.today);
    }

    /// Hides what configurations name by the path of the user's own code, which is known last.
    pub(super) fn apply_to_code(&mut self, scope: &Scope, configured: &[Arc<Configuration>], findings: &mut [Finding]) {
        for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
            let Some((at, _)) = finding.code.as_deref().and_then(CodeLine::shown) else { continue };
            let path = scope.store.absolute(Path::new(&at.path));
            let Some(own) = configured.get(finding.primary.place.file.0 as usize) else { continue };
            for (held, (file, entry)) in &self.entries {
                let is_own = self.configurations.get(file).is_some_and(|one| one.path == own.path);
                let has_path = own.settings.lint.suppress.get(*entry).is_some_and(|entry| entry.path.is_some());
                let Some(one) = self.held.get_mut(*held).filter(|_| is_own && has_path) else { continue };
                if !own.speaks_of(*entry, &path) {
                    continue;
                }
                let mut of_code = one.suppression.clone();
                if let Covers::Given { files, .. } = &mut of_code.scope {
                    *files = Arc::new(BTreeSet::from([finding.primary.place.file]));
                }
                if of_code.rule_that_hides(finding, self.today).is_some() {
                    finding.suppressed.get_or_insert_with(|| Box::new(of_code.as_told()));
                }
            }
        }
    }

    /// What is wrong with what was written; `runs` says whether a rule ran over a file, and `left` are the findings
    /// that are shown.
    pub(super) fn judge(&self, runs: &dyn Fn(&str, FileId) -> bool, left: &[Finding]) -> Vec<Finding> {
        let checks = checks::rules().iter().filter_map(|rule| match rule.check {
            Check::Suppression(check) => Some((rule.id, check)),
            _ => None,
        });
        let checks: Vec<_> = checks.collect();
        let mut findings = Vec::new();
        for held in &self.held {
            let (file, is_whole) = (held.suppression.place.file, self.is_whole(&held.suppression));
            let judged = |named: &Named| is_whole && named.rule.is_some_and(|rule| runs(rule, file));
            let judged: Vec<bool> = held.suppression.rules.iter().map(judged).collect();
            let is_idle = held.used.iter().zip(&judged).any(|(used, judged)| *judged && !used);
            let shown = if is_idle { shown_within(&held.suppression, left) } else { Vec::new() };
            let (suppression, used, today) = (&held.suppression, held.used.as_slice(), self.today);
            let suppressing = Suppressing { suppression, used, judged: &judged, shown: &shown, today };
            let wanted = checks.iter().filter(|(rule, _)| runs(rule, file));
            wanted.for_each(|(_, check)| check(&suppressing, &mut findings));
        }
        findings
    }

    /// Whether everything was read that could raise what a suppression names.
    fn is_whole(&self, suppression: &Suppression) -> bool {
        match &suppression.scope {
            Covers::Given { .. } => false,
            Covers::Construct { files, .. } => !files.is_empty() && files.is_subset(&self.whole),
            _ => self.whole.contains(&suppression.place.file),
        }
    }

    /// Hides what configurations name among findings about suppressions themselves.
    pub(super) fn apply_configured(&self, findings: &mut [Finding]) {
        for finding in findings {
            let of_config = self.held.iter().filter(|held| held.suppression.by == By::Configuration);
            let hides = |held: &&Held| held.suppression.rule_that_hides(finding, self.today).is_some();
            if let Some(held) = of_config.into_iter().find(hides) {
                finding.suppressed = Some(Box::new(held.suppression.as_told()));
            }
        }
    }
}

/// The rules of findings that nobody hid, on the line or at the resource that a suppression covers.
fn shown_within(suppression: &Suppression, left: &[Finding]) -> Vec<&'static str> {
    if !matches!(suppression.scope, Covers::Line { .. } | Covers::Resource { .. }) {
        return Vec::new();
    }
    let own = left.iter().filter(|finding| finding.suppressed.is_none() && suppression.scope.covers(finding));
    own.map(|finding| finding.rule).collect::<BTreeSet<_>>().into_iter().collect()
}

/// An entry of a configuration.
fn configured_one(entry: &crate::settings::Entry, own: FileId, files: BTreeSet<FileId>) -> Suppression {
    let place = Place { file: own, span: entry.span };
    let expires = entry.expires.map(|(date, span)| Expiry::Until(date, Place { file: own, span }));
    let (logical_id, condition) = (entry.logical_id.clone(), entry.condition.clone());
    Suppression {
        by: By::Configuration,
        place,
        rules: vec![Named { word: entry.word.clone(), place, rule: Some(entry.rule) }],
        scope: Covers::Given { files: Arc::new(files), logical_id, condition },
        reason: entry.reason.clone(),
        owner: entry.owner.clone(),
        expires,
        faults: Vec::new(),
    }
}

/// What the constructs of each assembly say: they cover templates of the same assembly only.
fn of_constructs(scope: &Scope, files: &Files, units: &[Unit]) -> Vec<Suppression> {
    let mut templates: BTreeMap<&str, BTreeSet<FileId>> = BTreeMap::new();
    for unit in units {
        if let Some(stack) = &unit.assembly {
            templates.entry(&stack.assembly).or_default().insert(unit.file);
        }
    }
    let mut found = Vec::new();
    for (assembly, templates) in templates {
        let folder = scope.store.absolute(Path::new(assembly));
        let folder = scope.store.real(&folder).unwrap_or(folder);
        let templates = Arc::new(templates);
        let is_of = |reading: &&FileReading| !reading.is_template && reading.path.starts_with(&folder);
        for reading in files.readings.iter().filter(is_of) {
            let document = reading.document.and_then(|at| files.documents.get(at));
            let said = document.map(|document| assembly::said_by_constructs(document, suppress::KEY));
            let said = said.unwrap_or_default().into_iter();
            found.extend(said.flat_map(|(path, data)| suppress::of_construct(path, data, &templates)));
        }
    }
    found
}

/// The files around which everything was read: they were met in a folder that was named, and this holds the
/// whole project.
pub(super) fn read_around(scope: &Scope, files: &Files, named: &[PathBuf]) -> BTreeSet<FileId> {
    if !scope.store.is_disk() {
        return (0..files.readings.len() as u32).map(FileId).collect();
    }
    let real = |path: &PathBuf| scope.store.real(&scope.store.absolute(path)).ok();
    let folders: Vec<PathBuf> = named.iter().filter_map(real).filter(|path| path.is_dir()).collect();
    let mut projects = Projects::default();
    let mut is_around = |path: &Path| {
        let project = projects.folder_of(path).or_else(|| path.parent().map(Path::to_owned));
        project.is_some_and(|project| folders.iter().any(|folder| project.starts_with(folder)))
    };
    let files = (0..).map(FileId).zip(&files.readings);
    files.filter(|(_, reading)| is_around(&reading.path)).map(|(file, _)| file).collect()
}
