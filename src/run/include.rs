//! The files that a service of the Serverless Framework includes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::discover::Scope;
use super::nest;
use super::read::{self, Input};
use crate::finding::shown;
use crate::source::FileId;
use crate::syntax::{self, Kind, Node};
use crate::template::serverless::{self, Include, Level, Wanted};

/// Files that are included into one service.
const MOST: usize = 1_000;

/// What was found for something that a service includes.
#[derive(Clone, Debug)]
pub(super) struct Included {
    /// The key of its file among the inputs; nothing where the file is not there.
    pub(super) key: Option<PathBuf>,
    /// What is included.
    pub(super) include: Include,
}

/// What the services among the inputs include.
#[derive(Debug, Default)]
pub(super) struct Services {
    /// By the key of the service's file.
    pub(super) parts: HashMap<PathBuf, Vec<Included>>,
    /// Files that are parts, and so no templates by themselves.
    pub(super) included: HashSet<PathBuf>,
    /// Limits that were reached, each a sentence without its full stop.
    pub(super) bounds: Vec<String>,
    /// What is included and was not read, of the same form.
    pub(super) unread: Vec<String>,
}

/// Follows what the services include, reading what was not found by itself.
pub(super) fn services(scope: &Scope, inputs: &mut BTreeMap<PathBuf, Input>) -> Services {
    let mut services = Services::default();
    let is_service = |input: &&Input| input.is_template && root(input).is_some_and(serverless::is_service);
    let keys: Vec<PathBuf> = inputs.values().filter(is_service).map(|input| input.key.clone()).collect();
    for key in keys {
        let parts = services.of_one(scope, inputs, &key);
        services.parts.insert(key, parts);
    }
    services
}

fn root(input: &Input) -> Option<Node<'_>> {
    input.document.as_ref()?.root()
}

impl Services {
    fn of_one(&mut self, scope: &Scope, inputs: &mut BTreeMap<PathBuf, Input>, service: &Path) -> Vec<Included> {
        // Paths start at the folder of the service, also in what it includes (Variables, File).
        let folder = service.parent().unwrap_or(Path::new("")).to_owned();
        let root = inputs.get(service).and_then(root);
        let mut open = root.map(|root| self.opened(scope, service, serverless::includes(root))).unwrap_or_default();
        let (mut parts, mut seen) = (Vec::new(), HashSet::new());
        while let Some((include, level)) = open.pop() {
            if !seen.insert((include.clone(), level)) {
                continue;
            }
            if seen.len() > MOST {
                let shown = scope.store.shown(service);
                self.bounds.push(format!("{shown}: only its first {MOST} included files are read"));
                break;
            }
            match self.follow(scope, inputs, service, &folder, (&include, level)) {
                Found::Not => {}
                Found::Absent => parts.push(Included { key: None, include }),
                Found::File { key, includes } => {
                    // Of a service, such a value is a part of it, whatever it looks like by itself.
                    if level.is_part() && key != service {
                        self.included.insert(key.clone());
                    }
                    open.extend(includes);
                    parts.push(Included { key: Some(key), include });
                }
            }
        }
        parts
    }

    fn follow(
        &mut self,
        scope: &Scope,
        inputs: &mut BTreeMap<PathBuf, Input>,
        service: &Path,
        folder: &Path,
        (include, level): (&Include, Level),
    ) -> Found {
        let mut leave = |why: &str| {
            // Of other values nothing is said: what is missing is told where it matters.
            if level != Level::Value {
                let (service, path) = (scope.store.shown(service), shown(&include.path));
                self.unread.push(format!("{service}: the file {path} that it includes {why}"));
            }
        };
        let key = match nest::local_file(scope, folder, &include.path) {
            Ok(key) => key,
            Err(why) => {
                leave(why);
                // The framework refuses to deploy without the file; a value may be given another way.
                let is_nothing = matches!(level, Level::Whole | Level::Resources | Level::Section);
                return if why == nest::ABSENT && is_nothing { Found::Absent } else { Found::Not };
            }
        };
        if node(scope, inputs, &key, &include.keys).is_none() {
            leave("cannot be read, or does not have what is asked of it");
            return Found::Not;
        }
        let roots = [key.as_path(), service].map(|key| inputs.get(key).and_then(root));
        let [Some(own), Some(root)] = roots else { return Found::Not };
        let wanted = at(own, &include.keys).map(|node| serverless::includes_of(root, node, level));
        let includes = self.opened(scope, &key, wanted.unwrap_or_default());
        Found::File { key, includes }
    }

    /// What a file includes, the first last; what only the deployment knows is noted.
    fn opened(&mut self, scope: &Scope, key: &Path, wanted: Vec<Wanted<'_>>) -> Vec<(Include, Level)> {
        let mut open = Vec::new();
        for Wanted { node, include, level } in wanted {
            match include {
                Some(include) => open.push((include, level)),
                None if level == Level::Value => {}
                None => self.unread.push(left(&scope.store.shown(key), node)),
            }
        }
        open.reverse();
        open
    }
}

/// What came of following an include.
enum Found {
    Not,
    Absent,
    File { key: PathBuf, includes: Vec<(Include, Level)> },
}

/// Says that a variable names a file that only the deployment knows.
fn left(file: &str, node: Node<'_>) -> String {
    let before = node.source().get(..node.span().start()).unwrap_or_default();
    let (line, text) = (before.matches('\n').count() + 1, shown(node.text().unwrap_or_default()));
    format!("{file}:{line}: {text} is not read: only the deployment knows which file it is")
}

/// The value in a file that keys lead to.
fn node<'i>(scope: &Scope, inputs: &'i mut BTreeMap<PathBuf, Input>, key: &Path, keys: &[String]) -> Option<Node<'i>> {
    if !inputs.contains_key(key) {
        let input = fragment(scope, key)?;
        inputs.insert(key.to_owned(), input);
    }
    let root = inputs.get(key).and_then(root)?;
    at(root, keys)
}

/// The value below a node that keys lead to.
pub(super) fn at<'d>(node: Node<'d>, keys: &[String]) -> Option<Node<'d>> {
    let found = keys.iter().try_fold(node, |node, key| node.get(key))?;
    (found.kind() != Kind::Missing).then_some(found)
}

/// A file that is no template by itself; nothing where it cannot be read whole.
fn fragment(scope: &Scope, key: &Path) -> Option<Input> {
    let text: Arc<str> = read::decode(scope.store.read(key).ok()?).whole()?;
    let shown = scope.store.shown(key);
    let document = Some(syntax::parse(FileId(0), &text, &shown)).filter(|document| document.errors().is_empty())?;
    let (key, problems) = (key.to_owned(), Vec::new());
    Some(Input { key, shown, text, document: Some(document), is_template: false, problems })
}
