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
use crate::template::serverless::{self, Include, Into};

/// Files that are included into one service.
const MOST: usize = 1_000;

/// A value of another file that belongs to the template of a service.
#[derive(Clone, Debug)]
pub(super) struct Included {
    /// The key of its file among the inputs.
    pub(super) key: PathBuf,
    /// The keys that lead to it inside the file.
    pub(super) keys: Vec<String>,
    /// What it is.
    pub(super) into: Into,
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
        // What a service includes is a part of it, whatever it looks like by itself.
        services.included.extend(parts.iter().map(|part| part.key.clone()).filter(|part| *part != key));
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
        let resources = inputs.get(service).and_then(root).and_then(|root| root.get("resources"));
        let mut open = resources.map(|node| serverless::includes(node, &Into::Whole)).unwrap_or_default();
        open.reverse();
        let (mut parts, mut seen) = (Vec::new(), HashSet::new());
        while let Some(include) = open.pop() {
            if !seen.insert(include.clone()) {
                continue;
            }
            if seen.len() > MOST {
                let shown = scope.store.shown(service);
                self.bounds.push(format!("{shown}: only its first {MOST} included files are read"));
                break;
            }
            let Include { path, keys, into } = include;
            let mut leave = |why: &str| {
                let (service, path) = (scope.store.shown(service), shown(&path));
                self.unread.push(format!("{service}: the file {path} that it includes {why}"));
            };
            let key = match nest::local_file(scope, &folder, &path) {
                Ok(key) => key,
                Err(why) => {
                    leave(why);
                    continue;
                }
            };
            let Some(node) = node(scope, inputs, &key, &keys) else {
                leave("cannot be read, or does not have what is asked of it");
                continue;
            };
            open.extend(serverless::includes(node, &into).into_iter().rev());
            parts.push(Included { key, keys, into });
        }
        parts
    }
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
