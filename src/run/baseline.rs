//! The findings that were there before: a baseline from the disk.

use std::collections::HashSet;
use std::path::Path;

use super::RunError;
use super::discover::{Scope, reason};
use super::read;
use crate::finding::Finding;
use crate::settings::{Baseline, Fault, Known};
use crate::source::SourceFile;

/// Entries that a note names.
const NAMED: usize = 3;

/// A baseline that was read.
#[derive(Debug)]
pub(super) struct Before {
    shown: String,
    baseline: Baseline,
}

impl Before {
    /// Reads one.
    ///
    /// # Errors
    /// Every mistake in it, with its place.
    pub(super) fn read(scope: &Scope, path: &Path) -> Result<Self, RunError> {
        let one = |message: String| RunError::Settings(vec![message]);
        let shown = scope.store.shown(path);
        let bytes = scope.store.read(&scope.store.absolute(path));
        let bytes = bytes.map_err(|error| one(format!("cannot read {shown}: {}", reason(&error))))?;
        let text = read::decode(bytes).whole();
        let text = text.ok_or_else(|| one(format!("{shown}:1:1: it is not UTF-8, or larger than 64 MiB")))?;
        let file = SourceFile::new(shown.clone(), text);
        let said = |faults: Vec<Fault>| RunError::Settings(faults.iter().map(|fault| fault.in_file(&file)).collect());
        let baseline = Baseline::parse(file.text()).map_err(said)?;
        Ok(Self { shown, baseline })
    }

    /// Hides what was there before, and says what of it is there no longer: what has no finding of its name, and
    /// of which the file was looked at or is gone.
    pub(super) fn apply(
        &self,
        scope: &Scope,
        findings: &mut [Finding],
        named: &HashSet<String>,
        was_looked_at: &dyn Fn(&str, &str) -> bool,
    ) -> Option<String> {
        let is_gone = |path: &str| !scope.store.is_there(Path::new(path));
        let left = self.baseline.apply(findings, &is_gone);
        let is_over = |entry: &&Known| {
            !named.contains(&entry.fingerprint) && (was_looked_at(&entry.rule, &entry.path) || is_gone(&entry.path))
        };
        let over: Vec<&Known> = left.into_iter().filter(is_over).collect();
        let names: Vec<String> = over.iter().take(NAMED).map(|entry| entry.shown()).collect();
        let more = if over.len() > NAMED { format!(" and {} more", over.len() - NAMED) } else { String::new() };
        let (what, are, them) = if over.len() == 1 { ("finding", "is", "it") } else { ("findings", "are", "them") };
        (!over.is_empty()).then(|| {
            let (count, file, names) = (over.len(), &self.shown, names.join(", "));
            format!("{count} {what} of {file} {are} no longer there: {names}{more}; --write-baseline takes {them} out")
        })
    }
}
