//! Files of parameters that lie beside a template, from the disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::configured::text_of_other;
use super::discover::Scope;
use super::given::Remarks;
use super::recognise;
use super::unit::Unit;
use crate::finding::shown;
use crate::resolve::GivenParameter;
use crate::settings::{Beside, Parameters, beside, is_amplify};

/// Files that are read for one template; where more have the right names, none is used.
const MOST: usize = 16;
/// Other files of a folder that are looked at, to see whether the template is the only one there.
const MOST_OTHERS: usize = 32;

/// The folders with templates, each listed once.
pub(super) struct Folders<'s> {
    scope: &'s Scope,
    names: HashMap<PathBuf, Arc<[String]>>,
}

impl<'s> Folders<'s> {
    pub(super) fn new(scope: &'s Scope) -> Self {
        Self { scope, names: HashMap::new() }
    }

    /// Adds to a stack what the one file beside its template says; `path` is that of the template without
    /// links, `own` the one that is shown.
    pub(super) fn add(
        &mut self,
        unit: &mut Unit,
        path: &Path,
        own: &str,
        declares: &dyn Fn(&str) -> bool,
        remarks: &mut Remarks,
    ) {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
            return;
        };
        let names = self.names(folder);
        let found = match self.candidates(folder, name, &names) {
            Some(candidates) => self.fitting(folder, own, &candidates, declares),
            None => return,
        };
        match found.as_slice() {
            [] => {}
            [(file, parameters)] => {
                let file: Arc<str> = Arc::from(file.as_str());
                for (name, value) in parameters {
                    let value = value.as_deref().map(Into::into);
                    unit.given.add(name, GivenParameter::Likely { value, file: file.clone() });
                }
                let names: Vec<String> = parameters.iter().map(|(name, _)| shown(name)).collect();
                remarks
                    .taken
                    .push(format!("{file}: taken for usual values of parameters of {own}: {}", names.join(", ")));
            }
            several => {
                let files: Vec<&str> = several.iter().map(|(file, _)| file.as_str()).collect();
                remarks.ambiguous.push(format!(
                    "{} each have parameters of {own}, so none of them is used; name one with --parameters",
                    files.join(" and ")
                ));
            }
        }
    }

    fn names(&mut self, folder: &Path) -> Arc<[String]> {
        let list = || self.scope.store.files_in(folder).into();
        self.names.entry(folder.to_owned()).or_insert_with(list).clone()
    }

    /// Names of files that may have the parameters, and whether Amplify wrote them.
    fn candidates(&self, folder: &Path, name: &str, names: &[String]) -> Option<(Vec<String>, bool)> {
        let above: Vec<&str> = folder.iter().rev().map(|part| part.to_str().unwrap_or_default()).collect();
        if is_amplify(name, &above) {
            let own = names.iter().find(|own| *own == "parameters.json").cloned();
            return Some((own.into_iter().collect(), true));
        }
        let Beside { own, common } = beside(name, names.iter().map(String::as_str));
        if !own.is_empty() {
            return Some((own, false));
        }
        (!common.is_empty() && self.is_alone(folder, name, names, &common)).then_some((common, false))
    }

    /// Whether no other file of a folder looks like a template.
    fn is_alone(&self, folder: &Path, name: &str, names: &[String], common: &[String]) -> bool {
        let endings = [".yaml", ".yml", ".json", ".template"];
        let others = names.iter().filter(|own| endings.iter().any(|ending| own.ends_with(ending)));
        let others: Vec<&String> = others.filter(|own| *own != name && !common.contains(own)).collect();
        let looks = |own: &&String| match text_of_other(self.scope, &folder.join(own)) {
            Ok(file) => recognise::looks_like_template(file.text()),
            // Too large to be anything else.
            Err(_) => true,
        };
        others.len() <= MOST_OTHERS && !others.iter().any(looks)
    }

    /// Those whose content fits as well, by the path that is shown.
    fn fitting(
        &self,
        folder: &Path,
        own: &str,
        candidates: &(Vec<String>, bool),
        declares: &dyn Fn(&str) -> bool,
    ) -> Vec<(String, Parameters)> {
        let (names, is_amplify) = candidates;
        let mut found = Vec::new();
        for name in names.iter().take(MOST) {
            let file = own.rsplit_once('/').map_or_else(|| name.clone(), |(folder, _)| format!("{folder}/{name}"));
            if self.scope.exclude.holds(&file, false) {
                continue;
            }
            let path = folder.join(name);
            let text = text_of_other(self.scope, &path).ok();
            if let Some(parameters) = text.and_then(|text| Beside::read(text.text(), name, *is_amplify, declares)) {
                self.scope.store.has_say(&path);
                found.push((file, parameters));
            }
        }
        found
    }
}
