//! Templates that no assembly names: which of them nests which, by a path on the disk.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::discover::{ENDS, Scope};
use super::include::{Included, Services};
use super::read::{self, Input, Reached, Verdict};
use super::unit::Nested;
use crate::finding::{NoteKind, shown};
use crate::resolve::Unread;
use crate::syntax::Document;
use crate::template::{NestedTemplate, Source, nested_templates};

/// Deepest nesting of stacks in one another.
const DEPTH: usize = 32;
/// Most stacks; nesting can multiply a few files without end.
pub(super) const STACKS: usize = 10_000;

/// The stacks of templates by themselves.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) stacks: Vec<Planned>,
    /// Nested stacks whose templates are not read, by the key of the template that names them.
    pub(super) unread: HashMap<PathBuf, Arc<Vec<Unread>>>,
    /// Limits that were reached, each a sentence without its full stop.
    pub(super) bounds: Vec<String>,
    /// Files that services include and that were not read, of the same form.
    pub(super) left: Vec<String>,
}

/// A stack before files have numbers. Those that nest it come before it.
#[derive(Debug)]
pub(super) struct Planned {
    /// The key of its template among the inputs.
    pub(super) key: PathBuf,
    pub(super) nested: Option<Nested>,
    /// What a service includes; of several stacks of one template the first has it.
    pub(super) parts: Vec<Included>,
}

/// A nested stack whose template was found.
#[derive(Clone, Debug)]
struct Link {
    id: String,
    apart: bool,
    to: PathBuf,
}

/// Finds what the templates among the inputs nest, reads what of it was not found yet, and lists the
/// stacks: those that nothing nests in the order of their paths, each followed by what it nests.
/// `assemblies` are templates of assemblies, which say themselves what they nest.
pub(super) fn plan(
    scope: &Scope,
    inputs: &mut BTreeMap<PathBuf, Input>,
    assemblies: HashSet<PathBuf>,
    services: Services,
) -> Plan {
    let (parts, mut taken) = (services.parts, assemblies);
    taken.extend(services.included);
    let (links, unread, plan) =
        (BTreeMap::new(), HashMap::new(), Plan { bounds: services.bounds, left: services.unread, ..Plan::default() });
    let mut planner = Planner { scope, inputs, links, unread, parts, cut: HashSet::new(), plan };
    planner.find_links(&taken);
    planner.list_stacks(&taken);
    let Planner { unread, mut plan, .. } = planner;
    plan.unread = unread.into_iter().map(|(key, unread)| (key, Arc::new(unread))).collect();
    plan
}

struct Planner<'s> {
    scope: &'s Scope,
    inputs: &'s mut BTreeMap<PathBuf, Input>,
    links: BTreeMap<PathBuf, Vec<Link>>,
    unread: HashMap<PathBuf, Vec<Unread>>,
    parts: HashMap<PathBuf, Vec<Included>>,
    /// Links that are not followed somewhere, for the circle or the depth that they would make.
    cut: HashSet<(PathBuf, String)>,
    plan: Plan,
}

impl Planner<'_> {
    /// Every template is looked into once, those that are read on the way too.
    fn find_links(&mut self, taken: &HashSet<PathBuf>) {
        let templates = self.inputs.values().filter(|input| input.is_template && !taken.contains(&input.key));
        let mut open: Vec<PathBuf> = templates.map(|input| input.key.clone()).collect();
        let mut seen: HashSet<PathBuf> = open.iter().cloned().collect();
        while let Some(key) = open.pop() {
            let (mut links, mut unread) = (Vec::new(), Vec::new());
            // What is a text is read once its value is known (`super::bodies`).
            let named = self.named_by(&key).into_iter().filter(|(.., source)| *source != Source::Text);
            for (id, apart, source) in named {
                match self.follow(&key, &source).and_then(|to| self.read(to, taken)) {
                    Ok(to) => links.push(Link { id, apart, to }),
                    Err((kind, why)) => unread.push(Unread { id, kind, why }),
                }
            }
            open.extend(links.iter().filter(|link| seen.insert(link.to.clone())).map(|link| link.to.clone()));
            self.links.insert(key.clone(), links);
            self.unread.insert(key, unread);
        }
    }

    fn named_by(&self, key: &Path) -> Vec<(String, bool, Source)> {
        let Some(document) = self.inputs.get(key).and_then(|input| input.document.as_ref()) else { return Vec::new() };
        if !names_templates(document) {
            return Vec::new();
        }
        let owned = |nested: NestedTemplate<'_>| (nested.id.to_owned(), nested.apart, nested.source);
        // More would be more stacks than there may be.
        nested_templates(document).into_iter().take(STACKS).map(owned).collect()
    }

    /// The file that a template means, without links; never one outside of what is checked.
    fn follow(&self, template: &Path, source: &Source) -> Result<PathBuf, (NoteKind, String)> {
        let folder = template.parent().unwrap_or(Path::new(""));
        match source {
            Source::Path(path) => self.file(folder, path).map_err(|why| (NoteKind::LeftRun, why)),
            Source::Url { parts, whole } => {
                for places in url_places(folder, parts, *whole) {
                    let found =
                        places.iter().filter_map(|place| self.file(place.parent()?, place.file_name()?.to_str()?).ok());
                    let mut found: Vec<PathBuf> = found.collect();
                    found.sort();
                    found.dedup();
                    match found.as_slice() {
                        [] => {}
                        [only] => return Ok(only.clone()),
                        [first, second, ..] => {
                            let both = [first, second].map(|path| shown(&self.scope.store.shown(path)).to_string());
                            let why = format!("may be {} or {}", both[0], both[1]);
                            return Err((NoteKind::Ambiguous, why));
                        }
                    }
                }
                Err((NoteKind::LeftRun, "is none of this run".to_owned()))
            }
            Source::Unknown | Source::Text => Err((NoteKind::LeftRun, "is none of this run".to_owned())),
        }
    }

    /// A template by its path from a folder, or why it is not read.
    fn file(&self, folder: &Path, path: &str) -> Result<PathBuf, String> {
        let named = |why: &str| format!("is not read: {} {why}", shown(path));
        let real = local_file(self.scope, folder, path).map_err(named)?;
        if !self.inputs.contains_key(&real) && self.scope.exclude.holds(&self.scope.store.shown(&real), false) {
            return Err(named("is excluded"));
        }
        Ok(real)
    }

    /// Reads a template that was not found by itself.
    fn read(&mut self, key: PathBuf, taken: &HashSet<PathBuf>) -> Result<PathBuf, (NoteKind, String)> {
        let not = |why: &str| (NoteKind::LeftRun, format!("is not read: it {why}"));
        if taken.contains(&key) {
            return Err(not("belongs to another stack"));
        }
        if !self.inputs.contains_key(&key) {
            let bytes = self.scope.store.read(&key).map_err(|_| not("cannot be read"))?;
            let shown = self.scope.store.shown(&key);
            if let Verdict::Counts(input) = read::judge(read::decode(bytes), &key, &shown, Reached::Assembly) {
                self.inputs.insert(key.clone(), *input);
            }
        }
        let is_template = self.inputs.get(&key).is_some_and(|input| input.is_template);
        if is_template { Ok(key) } else { Err(not("holds no template")) }
    }

    fn list_stacks(&mut self, taken: &HashSet<PathBuf>) {
        let nested: HashSet<&PathBuf> = self.links.values().flatten().map(|link| &link.to).collect();
        let templates = self.inputs.values().filter(|input| input.is_template && !taken.contains(&input.key));
        let mut templates: Vec<(bool, &str, PathBuf)> =
            templates.map(|input| (nested.contains(&input.key), input.shown.as_str(), input.key.clone())).collect();
        templates.sort();
        let templates: Vec<PathBuf> = templates.into_iter().map(|(.., key)| key).collect();
        let mut placed = HashSet::new();
        for key in templates {
            // Behind those that nothing nests: what only a circle nests.
            if !placed.contains(&key) {
                self.stack(key, None, &mut Vec::new(), &mut placed);
            }
        }
    }

    fn stack(&mut self, key: PathBuf, nested: Option<Nested>, above: &mut Vec<PathBuf>, placed: &mut HashSet<PathBuf>) {
        // A template that stands by itself is a stack in any case: there are no more of these than files.
        if nested.is_some() && self.plan.stacks.len() >= STACKS {
            let bound = format!("only the first {STACKS} stacks are read that templates nest");
            if self.plan.bounds.last() != Some(&bound) {
                self.plan.bounds.push(bound);
            }
            return;
        }
        placed.insert(key.clone());
        let at = self.plan.stacks.len();
        let parts = self.parts.remove(&key).unwrap_or_default();
        self.plan.stacks.push(Planned { key: key.clone(), nested, parts });
        let links = self.links.get(&key).cloned().unwrap_or_default();
        above.push(key.clone());
        for Link { id, apart, to } in links {
            let why = match () {
                () if above.contains(&to) => "nests this one in turn",
                () if above.len() >= DEPTH => "is nested too deeply",
                () => {
                    self.stack(to, Some(Nested { parent: at, id, apart }), above, placed);
                    continue;
                }
            };
            // However often the template is nested, it is said once.
            if self.cut.insert((key.clone(), id.clone())) {
                let unread = Unread { id, kind: NoteKind::LeftRun, why: format!("is not read: it {why}") };
                self.unread.entry(key.clone()).or_default().push(unread);
            }
        }
        above.pop();
    }
}

/// Why a file is not read that does not exist.
pub(super) const ABSENT: &str = "is not there";

/// A file that a template names by its path from a folder, without links; never one outside of what is
/// checked, and none whose name is not that of a template. Otherwise why it is not read.
pub(super) fn local_file(scope: &Scope, folder: &Path, path: &str) -> Result<PathBuf, &'static str> {
    if path.is_empty() || path.contains('\0') {
        return Err("is no path");
    }
    let joined = folder.join(path);
    let joined = if scope.store.is_disk() { joined } else { without_dots(&joined) };
    let real = scope.store.real(&joined).map_err(|_| ABSENT)?;
    if !scope.reaches(&real) {
        return Err("lies outside of what is checked");
    }
    let name = real.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let is_template = scope.store.is_file(&real) && ENDS.iter().any(|end| name.ends_with(end));
    if is_template { Ok(real) } else { Err("is no template file") }
}

/// A look at the text, before its resources are gone through.
fn names_templates(document: &Document) -> bool {
    ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"].iter().any(|kind| document.text().contains(kind))
}

/// Names that say nothing of a template.
const COMMON: [&str; 6] = ["template", "packaged", "main", "index", "stack", "root"];

/// Where the file of a URL may lie, the likelier places first: a path below the template's folder or the
/// one above it that ends the URL, then where Amplify keeps it.
fn url_places(folder: &Path, parts: &[String], whole: bool) -> Vec<Vec<PathBuf>> {
    let ends = |from: &Path, least: usize| -> Vec<PathBuf> {
        (least..=parts.len()).map(|count| from.join(parts[parts.len() - count..].join("/"))).collect()
    };
    let stem = parts.last().and_then(|name| name.split('.').next()).unwrap_or_default();
    // Of a URL that is the same for everybody, the name alone may be anybody's file.
    let mut beside = ends(folder, if whole || COMMON.contains(&stem) { 2 } else { 1 });
    // The name alone says little about files elsewhere.
    beside.extend(folder.parent().into_iter().flat_map(|above| ends(above, 2)));
    let mut places = vec![beside];
    places.extend(folder.ancestors().take(3).filter_map(|base| amplify_places(base, parts)));
    places
}

/// Where Amplify keeps a template that it uploads as `…/CATEGORY/NAME-cloudformation-template.json` (or
/// `.yml`): in `CATEGORY/NAME/` and its `build/` (Amplify CLI, files and
/// folders of a project).
fn amplify_places(base: &Path, parts: &[String]) -> Option<Vec<PathBuf>> {
    let [.., category, file] = parts else { return None };
    let (stem, _) = file.rsplit_once('.')?;
    let name = stem.strip_suffix("-cloudformation-template")?;
    let folder = base.join(category).join(name);
    let mut places = vec![folder.join("template.json")];
    for end in [".json", ".yml", ".yaml"] {
        let file = format!("{stem}{end}");
        places.extend([folder.join("build").join(&file), folder.join(&file)]);
    }
    Some(places)
}

/// A path without `.` and `..`, for files that are no files of a disk.
fn without_dots(path: &Path) -> PathBuf {
    let mut made = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(made.pop()),
            part => made.push(part),
        }
    }
    made
}
