//! Reads everything that was found, numbers the files and lists the stacks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::Stdin;
use super::cdk::{self, Loaded, Program, Stack};
use super::discover::{Candidate, Found, Output, Scope, reason};
use super::include;
use super::nest::{self, Plan, Planned};
use super::progress::Progress;
use super::project::Projects;
use super::read::{self, Input, Reached, Verdict};
use super::unit::{AssemblyStack, Nested, Unit, UnitPart};
use crate::checks::Problem;
use crate::source::{FileId, SourceFile, Sources};
use crate::syntax::Document;

/// All that was read.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) files: Files,
    /// The stacks: templates by themselves in the order of their files, then those of assemblies.
    pub(super) units: Vec<Unit>,
    pub(super) failures: Vec<String>,
    /// Folders that could not be searched.
    pub(super) unsearched: Vec<String>,
    /// Files that were found and could not be read.
    pub(super) unread: Vec<String>,
    pub(super) warnings: Vec<String>,
    /// What was passed over, and why.
    pub(super) skipped: Vec<String>,
    /// Limits that were reached.
    pub(super) bounds: Vec<String>,
    /// References that no file answers.
    pub(super) left: Vec<String>,
    /// What the assemblies say of the programs that wrote them, by the assembly as shown.
    pub(super) programs: Vec<(Arc<str>, Program)>,
}

/// The files that count, in the order of their paths.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) sources: Sources,
    /// Trees of those that have one.
    pub(super) documents: Vec<Document>,
    /// One for each file.
    pub(super) readings: Vec<FileReading>,
    /// Templates that stand in texts of these files.
    pub(super) texts: Vec<TextReading>,
}

/// What is known of a template that stands in a text of a file.
#[derive(Debug)]
pub(super) struct TextReading {
    /// The file.
    pub(super) file: FileId,
    /// The place of its tree among the documents, where it could be read.
    pub(super) document: Option<usize>,
    pub(super) problems: Vec<Problem>,
    /// What makes its stack the same in every run.
    pub(super) stack_key: String,
    /// The stack set that it is for.
    pub(super) stack_set: String,
}

/// What is known of one file; its number is its place in the list.
#[derive(Debug)]
pub(super) struct FileReading {
    /// The place of its tree among the documents.
    pub(super) document: Option<usize>,
    pub(super) is_template: bool,
    pub(super) problems: Vec<Problem>,
    /// What makes its stack the same in every run.
    pub(super) stack_key: String,
    /// Its path without links.
    pub(super) path: PathBuf,
}

impl FileReading {
    /// Whether it was to be a template and cannot be read as one.
    pub(super) fn is_broken(&self) -> bool {
        self.problems.iter().any(|problem| matches!(problem, Problem::Unreadable { .. }))
    }
}

/// Reads what was found, in parallel.
pub(super) fn gather(scope: &Scope, found: Found, stdin: Option<&Stdin>, progress: &Progress) -> Gathered {
    let Found { files, outputs, failures, unsearched, skipped } = found;
    let mut gathered = Gathered { failures, unsearched, skipped, ..Gathered::default() };
    let mut inputs = BTreeMap::new();
    progress.expect(files.len() + outputs.len());
    let read: Vec<_> = files
        .par_iter()
        .map(|candidate| {
            let read = read_one(scope, candidate);
            progress.step();
            read
        })
        .collect();
    for (candidate, read) in files.iter().zip(read) {
        gathered.sort_in(&mut inputs, candidate, read);
    }
    let load = |output| {
        let loaded = cdk::load(scope, output);
        progress.step();
        loaded
    };
    let loaded: Vec<Loaded> = outputs.par_iter().map(load).collect();
    let mut assemblies = Vec::new();
    for (output, loaded) in outputs.iter().zip(loaded) {
        inputs.extend(loaded.inputs.into_iter().map(|input| (input.key.clone(), input)));
        gathered.bounds.extend(loaded.bounds);
        if let Output::Assembly(folder) = output {
            let shown: Arc<str> = Arc::from(scope.store.shown(folder));
            gathered.programs.extend(loaded.program.map(|program| (shown.clone(), program)));
            assemblies.push((shown, loaded.stacks));
        }
    }
    if let Some(stdin) = stdin {
        gathered.take_stdin(scope, &mut inputs, stdin);
    }
    let stacks = assemblies.iter().flat_map(|(_, stacks): &(_, Vec<Stack>)| stacks);
    let taken: HashSet<PathBuf> = stacks.map(|stack| stack.key.clone()).collect();
    let services = include::services(scope, &mut inputs);
    let plan = nest::plan(scope, &mut inputs, taken, services);
    gathered.number(scope, inputs, plan, assemblies);
    gathered
}

fn read_one(scope: &Scope, candidate: &Candidate) -> std::io::Result<Verdict> {
    // What counts is listed later; what was named is an input also where it does not count.
    let bytes = if candidate.named { scope.store.read(&candidate.path) } else { scope.store.look(&candidate.path) }?;
    let key = scope.store.real(&candidate.path)?;
    Ok(read::judge(read::decode(bytes), &key, &candidate.shown, candidate.reached()))
}

type Inputs = BTreeMap<PathBuf, Input>;

impl Gathered {
    /// Puts one file where it belongs. The same file reached twice counts once, by its first path.
    fn sort_in(&mut self, inputs: &mut Inputs, candidate: &Candidate, read: std::io::Result<Verdict>) {
        let shown = &candidate.shown;
        match read {
            Ok(Verdict::Counts(input)) => drop(inputs.entry(input.key.clone()).or_insert(*input)),
            Ok(Verdict::Passed(why)) if candidate.named => {
                self.warnings.push(format!("{shown} was not checked: {why}"));
            }
            Ok(Verdict::Passed(why)) => self.skipped.push(format!("{shown}: {why}")),
            Err(error) if candidate.named => self.failures.push(format!("cannot read {shown}: {}", reason(&error))),
            Err(error) => self.unread.push(format!("cannot read {shown}: {}", reason(&error))),
        }
    }

    /// The text that was given counts, not the file that it is to become.
    fn take_stdin(&mut self, scope: &Scope, inputs: &mut Inputs, stdin: &Stdin) {
        let path = Path::new(&stdin.name);
        let key = scope.store.real(&scope.store.absolute(path)).unwrap_or_else(|_| scope.store.absolute(path));
        let shown = scope.store.shown(path);
        match read::judge(read::decode(stdin.bytes.clone()), &key, &shown, Reached::Named) {
            Verdict::Counts(input) => drop(inputs.insert(key, *input)),
            Verdict::Passed(why) => self.warnings.push(format!("{shown} was not checked: {why}")),
        }
    }

    /// Numbers the files by their paths, and lists the stacks.
    fn number(&mut self, scope: &Scope, inputs: Inputs, plan: Plan, assemblies: Vec<(Arc<str>, Vec<Stack>)>) {
        let mut inputs: Vec<Input> = inputs.into_values().collect();
        inputs.sort_by(|a, b| (&a.shown, &a.key).cmp(&(&b.shown, &b.key)));
        let numbers: HashMap<PathBuf, usize> = inputs.iter().map(|input| input.key.clone()).zip(0..).collect();
        let mut projects = Projects::default();
        let on_disk = scope.store.is_disk();
        let mut sources = Vec::with_capacity(inputs.len());
        for (number, input) in (0..).zip(inputs) {
            let in_project = on_disk.then(|| projects.path_in_project(&input.key)).flatten();
            let stack_key = in_project.unwrap_or_else(|| input.shown.clone());
            let document = input.document.map(|document| {
                self.files.documents.push(document.renumbered(FileId(number)));
                self.files.documents.len() - 1
            });
            let (is_template, problems, path) = (input.is_template, input.problems, input.key);
            self.files.readings.push(FileReading { document, is_template, problems, stack_key, path });
            sources.push(SourceFile::new(input.shown, input.text));
        }
        self.files.sources = Sources::new(sources);
        let mut in_assembly = vec![false; self.files.readings.len()];
        let assembly_units = self.assembly_units(&numbers, assemblies, &mut in_assembly);
        self.units = self.plain_units(&numbers, plan, &in_assembly);
        let before = self.units.len();
        self.units.extend(assembly_units.into_iter().map(|unit| moved(unit, before)));
    }

    /// The stacks of templates by themselves; the parents keep their places.
    fn plain_units(&mut self, numbers: &HashMap<PathBuf, usize>, plan: Plan, in_assembly: &[bool]) -> Vec<Unit> {
        self.bounds.extend(plan.bounds);
        self.left.extend(plan.left);
        let mut places: Vec<Option<usize>> = Vec::with_capacity(plan.stacks.len());
        let mut units = Vec::new();
        for Planned { key, nested, parts } in plan.stacks {
            let unread = plan.unread.get(&key).cloned().unwrap_or_default();
            let file = numbers.get(&key).copied().filter(|file| !in_assembly[*file]);
            let reading = file.map(|file| &self.files.readings[file]);
            let (Some(file), Some(document)) = (file, reading.and_then(|reading| reading.document)) else {
                places.push(None);
                continue;
            };
            let key = self.files.readings[file].stack_key.clone();
            let nested = nested.and_then(|nested| Some(Nested { parent: places[nested.parent]?, ..nested }));
            let part = |part: include::Included| {
                let document = match part.key {
                    Some(key) => Some(self.files.readings[*numbers.get(&key)?].document?),
                    None => None,
                };
                Some(UnitPart { document, include: part.include })
            };
            let parts = parts.into_iter().filter_map(part).collect();
            places.push(Some(units.len()));
            let file = FileId(file as u32);
            let shown = self.files.sources.get(file).path().to_owned();
            units.push(Unit { nested, unread, parts, shown, ..Unit::new(file, document, key, None) });
        }
        units
    }

    /// The stacks of assemblies; parents count from the first of them.
    fn assembly_units(
        &mut self,
        numbers: &HashMap<PathBuf, usize>,
        assemblies: Vec<(Arc<str>, Vec<Stack>)>,
        in_assembly: &mut [bool],
    ) -> Vec<Unit> {
        let mut units = Vec::new();
        for (assembly, stacks) in assemblies {
            let mut places: Vec<Option<usize>> = Vec::with_capacity(stacks.len());
            for stack in stacks {
                let file = numbers.get(&stack.key).copied();
                // Standard input may have put something else at this path.
                let document = file.and_then(|at| self.files.readings[at].document);
                let parent = stack.parent.map(|parent| places[parent]);
                let (Some(file), Some(document), false) = (file, document, parent == Some(None)) else {
                    places.push(None);
                    continue;
                };
                let key = [std::slice::from_ref(&stack.artifact.artifact_id), &stack.nested].concat().join("/");
                if !std::mem::replace(&mut in_assembly[file], true) {
                    self.files.readings[file].stack_key.clone_from(&key);
                }
                let id = stack.nested.last().cloned();
                let nested = parent.flatten().zip(id).map(|(parent, id)| Nested { parent, id, apart: false });
                let (artifact, ids, assembly) = (stack.artifact, stack.nested, assembly.clone());
                let assembly = Some(AssemblyStack { assembly, artifact, nested: ids });
                places.push(Some(units.len()));
                units.push(Unit { nested, ..Unit::new(FileId(file as u32), document, key, assembly) });
            }
        }
        units
    }
}

fn moved(mut unit: Unit, by: usize) -> Unit {
    if let Some(nested) = &mut unit.nested {
        nested.parent += by;
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::discover::{self, Exclude};
    use crate::run::store::Store;

    const MANIFEST: &str = r#"{"artifacts": {
        "A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "A.json", "stackName": "the-a"}},
        "B": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "B.json"}}}}"#;

    fn nesting(ids: &[&str]) -> String {
        let stack = r#"{"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "N.json",
            "aws:asset:property": "TemplateURL"}}"#;
        let resources: Vec<_> = ids.iter().map(|id| format!("\"{id}\": {stack}")).collect();
        format!("{{\"Resources\": {{{}}}}}", resources.join(", "))
    }

    fn gathered(files: &[(&str, &str)]) -> Gathered {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let (store, exclude) = (Store::memory(files), Exclude::new(&[]).unwrap());
        let scope = Arc::new(Scope { store, exclude, gitignore: true, roots: Vec::new() });
        gather(&scope, discover::in_memory(&scope), None, &Progress::default())
    }

    #[test]
    fn a_template_that_is_nested_twice_is_two_stacks() {
        let role = r#"{"Resources": {"R": {"Type": "AWS::IAM::Role"}}}"#;
        let files = [
            ("z.json", role),
            ("cdk.out/cdk.out", ""),
            ("cdk.out/manifest.json", MANIFEST),
            ("cdk.out/A.json", &nesting(&["One", "Two"])),
            ("cdk.out/B.json", role),
            ("cdk.out/N.json", role),
        ];
        let gathered = gathered(&files);
        let keys: Vec<_> = gathered.units.iter().map(|unit| unit.key.as_str()).collect();
        assert_eq!(keys, ["z.json", "A", "A/One", "A/Two", "B"]);
        let paths: Vec<_> = gathered.units.iter().map(|unit| gathered.files.sources.get(unit.file).path()).collect();
        assert_eq!(paths, ["z.json", "cdk.out/A.json", "cdk.out/N.json", "cdk.out/N.json", "cdk.out/B.json"]);
        let parent = |at: usize| gathered.units[at].nested.as_ref().map(|nested| (nested.parent, nested.id.as_str()));
        assert_eq!([1, 2, 3, 4].map(parent), [None, Some((1, "One")), Some((1, "Two")), None]);
        assert_eq!(gathered.units[3].assembly.as_ref().unwrap().artifact.stack_name, "the-a");
        assert!(gathered.units.iter().all(|unit| gathered.files.documents[unit.document].file() == unit.file));
        assert_eq!(gathered.bounds, [""; 0]);
    }

    #[test]
    fn what_is_found_and_cannot_be_read_is_told_apart() {
        let store = Store::memory(vec![("a.json".to_owned(), "{}".to_owned())]);
        let scope = Scope { store, exclude: Exclude::default(), gitignore: true, roots: Vec::new() };
        let gone = |named| Candidate { shown: "b.json".to_owned(), path: "b.json".into(), named };
        let told = |named| {
            let found = Found { files: vec![gone(named)], ..Found::default() };
            let gathered = gather(&scope, found, None, &Progress::default());
            (gathered.unread, gathered.failures)
        };
        let message = || vec!["cannot read b.json: entity not found".to_owned()];
        assert_eq!((told(false), told(true)), ((message(), vec![]), (vec![], message())));
    }

    #[test]
    fn nesting_that_multiplies_is_bounded_and_said() {
        let ids: Vec<String> = (0..200).map(|number| format!("S{number}")).collect();
        let many = nesting(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        let files = [
            ("cdk.out/cdk.out", ""),
            ("cdk.out/manifest.json", MANIFEST),
            ("cdk.out/A.json", &many),
            ("cdk.out/B.json", &many),
            ("cdk.out/N.json", &many.replace("N.json", "O.json")),
            ("cdk.out/O.json", "{}"),
        ];
        let gathered = gathered(&files);
        assert_eq!(gathered.units.len(), 10_000);
        assert_eq!(gathered.bounds, ["cdk.out: only its first 10000 stacks are read"]);
    }
}
