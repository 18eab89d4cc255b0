//! What is given for the stacks: `--parameters`, `[parameters]`, and files beside the templates, in this
//! order of weight.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::RunError;
use super::beside::Folders;
use super::configured::{Configuration, text_of};
use super::discover::Scope;
use super::gather::Gathered;
use crate::checks::nearest_among;
use crate::finding::shown;
use crate::resolve::{Given, GivenParameter, allowed_values, is_list, is_secret};
use crate::settings::{Fault, Parameters, read_parameters};
use crate::syntax::Node;

/// What there is to say about it.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// Which files beside templates were taken.
    pub(super) taken: Vec<String>,
    /// Where several lie, and none was.
    pub(super) ambiguous: Vec<String>,
    /// Which names of `[parameters]` no template has that obeys their file: a run may see a part of them.
    pub(super) unknown: Vec<String>,
}

/// Gives every stack that is not nested its parameters.
///
/// # Errors
/// Every mistake in the files that were named.
pub(super) fn give(
    scope: &Scope,
    gathered: &mut Gathered,
    configured: &[Arc<Configuration>],
    files: &[PathBuf],
) -> Result<Remarks, RunError> {
    let named = read_files(scope, files)?;
    let (mut remarks, mut folders) = (Remarks::default(), Folders::new(scope));
    let mut declared_anywhere: BTreeSet<&str> = BTreeSet::new();
    let mut declared_below: BTreeMap<&Path, (&Configuration, BTreeSet<&str>)> = BTreeMap::new();
    let (units, warnings) = (&mut gathered.units, &mut gathered.warnings);
    let documents = &gathered.files.documents;
    for unit in units.iter_mut() {
        let configuration = configured.get(unit.file.0 as usize);
        unit.source_root = configuration.and_then(|own| own.source_root());
        let below = configuration.map(|own| &mut declared_below.entry(&own.path).or_insert((own, BTreeSet::new())).1);
        let root = documents.get(unit.document).and_then(|document| document.root());
        let Some(declared) = root.and_then(|root| root.get("Parameters")) else { continue };
        let names = || declared.own_entries().filter_map(|(key, _)| key.text());
        declared_anywhere.extend(names());
        below.into_iter().for_each(|below| below.extend(names()));
        if unit.is_nested() {
            continue;
        }
        let declares = |name: &str| declared.get(name).is_some();
        for (_, parameters) in &named {
            for (name, value) in parameters.iter().filter(|(name, _)| declares(name)) {
                unit.given.set(name, value.as_deref().map_or(GivenParameter::Unknown, certain));
            }
        }
        for (name, value) in configuration.iter().flat_map(|own| &own.settings.parameters) {
            unit.given.add(name, certain(value));
        }
        let file = gathered.files.sources.get(unit.file);
        warn_of_values(declared, file.path(), &unit.given, warnings);
        let path = gathered.files.readings.get(unit.file.0 as usize).map(|reading| reading.path.as_path());
        if let (Some(path), None) = (path, &unit.assembly) {
            folders.add(unit, path, file.path(), &declares, &mut remarks);
        }
    }
    if !units.is_empty() {
        warn_of_names(&named, &declared_anywhere, warnings);
    }
    remarks.unknown.extend(declared_below.into_values().flat_map(|(own, declared)| unknown(own, &declared)));
    Ok(remarks)
}

/// The names of a configuration that are not among those that its templates declare, each as a sentence without its
/// full stop.
fn unknown(own: &Configuration, declared: &BTreeSet<&str>) -> Vec<String> {
    let file = own.source.as_ref().map_or("", |(path, _)| path);
    let names = own.settings.parameters.keys().filter(|name| !declared.contains(name.as_str()));
    let told = |name: &String| {
        format!("{file}: no template below it that was read has a parameter '{}'{}", shown(name), hint(name, declared))
    };
    names.map(told).collect()
}

/// What was perhaps meant by a name.
fn hint(name: &str, declared: &BTreeSet<&str>) -> String {
    let near = nearest_among(name, declared.iter().copied());
    near.first().map(|near| format!("; did you mean {}?", shown(near))).unwrap_or_default()
}

fn certain(value: &(impl AsRef<str> + ?Sized)) -> GivenParameter {
    GivenParameter::Certain(value.as_ref().into())
}

fn read_files(scope: &Scope, files: &[PathBuf]) -> Result<Vec<(String, Parameters)>, RunError> {
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for path in files {
        match text_of(scope, &scope.store.absolute(path)) {
            Ok(file) => match read_parameters(file.text(), file.path()) {
                Ok(parameters) => read.push((file.path().to_owned(), parameters)),
                Err(wrong) => faults.extend(wrong.iter().map(|fault: &Fault| fault.in_file(&file))),
            },
            Err(message) => faults.push(message),
        }
    }
    if faults.is_empty() { Ok(read) } else { Err(RunError::Settings(faults)) }
}

/// Says which names no template knows: most likely they are misspelt.
fn warn_of_names(named: &[(String, Parameters)], declared: &BTreeSet<&str>, warnings: &mut Vec<String>) {
    for (file, parameters) in named {
        for (name, _) in parameters.iter().filter(|(name, _)| !declared.contains(name.as_str())) {
            let hint = hint(name, declared);
            warnings.push(format!("{file}: no template of this run has a parameter '{}'{hint}", shown(name)));
        }
    }
}

/// Says which values the template does not allow. They count all the same: somebody gave them.
fn warn_of_values(declared: Node<'_>, template: &str, given: &Given, warnings: &mut Vec<String>) {
    for (name, parameter) in given.iter() {
        let (Some(declaration), GivenParameter::Certain(value)) = (declared.get(name), parameter) else { continue };
        let allowed: Vec<_> = allowed_values(declaration).collect();
        let is_allowed = |value: &str| allowed.is_empty() || allowed.iter().any(|own| own == value);
        let all =
            if is_list(declaration) { value.split(',').all(|item| is_allowed(item.trim())) } else { is_allowed(value) };
        if !all {
            let value = if is_secret(declaration) { "a value".to_owned() } else { format!("'{}'", shown(value)) };
            warnings.push(format!(
                "{template}: the parameter {} is given {value}, which is none of its AllowedValues",
                shown(name)
            ));
        }
    }
}
