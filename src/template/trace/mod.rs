//! Where in the user's program a construct was made, by what CDK writes into the metadata of a stack.
//!
//! Invariant: a trace is a text of another machine. Nothing here opens a file or knows whether one is there.

mod frame;
mod helper;
mod tree;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use crate::syntax::Node;

pub use frame::parts;
pub use tree::{TreeEntry, TreeFile, read_forest, read_tree};

/// Most lines of the user's that one trace keeps; Node writes ten unless it is told otherwise.
const FRAMES: usize = 64;
/// Most lines of all traces together.
const TOTAL: usize = 1_000_000;
/// Longest path of a construct that is followed, in bytes.
const PATH: usize = 1024;
/// Most constructs around one another.
const DEPTH: usize = 64;

/// A line of the user's program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame {
    /// The path on the machine that ran the program, from the root of a disk; untrusted.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// In UTF-16 units from 1, where the language tells it.
    pub column: Option<u32>,
    /// The function that the line belongs to: `new AuthStack`; empty where the trace has none.
    pub function: Arc<str>,
}

/// What led to a construct, or to the value of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'t> {
    /// What the line did.
    pub how: How<'t>,
    /// The user's lines, the innermost first; never empty.
    pub chain: &'t [Frame],
    /// Which of them says it best: those before it are helpers that make several constructs.
    pub main: usize,
}

/// What a line of the program did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How<'t> {
    /// It made the construct.
    Made,
    /// It set the property of this name.
    Set(&'t str),
    /// It made another construct, to which this one belongs: its path.
    Near(&'t str),
}

/// All that the metadata of an assembly say of its constructs.
#[derive(Debug, Default)]
pub struct Traces {
    /// By path, without the slash in front.
    constructs: BTreeMap<Box<str>, Construct>,
    /// Lines of functions that make several constructs.
    helpers: HashSet<Frame>,
    /// Paths and functions, each once.
    texts: HashSet<Arc<str>>,
    /// Logical ids of `tree.json`, with the paths of their constructs.
    tree: BTreeMap<String, Vec<String>>,
    /// How many lines are kept.
    lines: usize,
}

/// What is known of one construct.
#[derive(Debug, Default)]
struct Construct {
    logical_id: Option<Box<str>>,
    /// It is a stack, and this its template.
    template: Option<Box<str>>,
    /// What made it: `aws:cdk:creationStack`, else the `trace` of its logical id.
    made: Vec<Frame>,
    /// What set its properties, in the order of time.
    set: Vec<(Box<str>, Vec<Frame>)>,
}

impl Traces {
    /// Takes in the metadata of a stack, a mapping from construct paths to lists of entries.
    pub fn add(&mut self, metadata: Node<'_>) {
        for (path, entries) in metadata.own_entries() {
            let Some(path) = path.text().and_then(|path| path.strip_prefix('/')) else { continue };
            // Two stacks do not share a construct; whoever wrote it first is believed.
            if path.len() <= PATH && !self.constructs.contains_key(path) {
                let construct = self.construct(entries);
                self.constructs.insert(path.into(), construct);
            }
        }
    }

    fn construct(&mut self, entries: Node<'_>) -> Construct {
        let mut construct = Construct::default();
        let mut traced = Vec::new();
        for entry in entries.items() {
            let data = entry.get("data");
            let text = data.and_then(Node::text);
            match entry.get("type").and_then(Node::text) {
                Some("aws:cdk:logicalId") => {
                    construct.logical_id = text.map(Box::from);
                    traced = self.frames(entry.get("trace"));
                }
                Some("aws:cdk:creationStack") => construct.made = self.frames(data),
                Some("aws:cdk:templateFile") => construct.template = text.map(Box::from),
                Some("aws:cdk:propertyAssignment") => {
                    let name = data.and_then(|data| data.get("propertyName")).and_then(Node::text);
                    let frames = self.frames(data.and_then(|data| data.get("stackTrace")));
                    construct.set.extend(name.filter(|_| !frames.is_empty()).map(|name| (name.into(), frames)));
                }
                _ => {}
            }
        }
        if construct.made.is_empty() {
            construct.made = traced;
        }
        construct
    }

    /// The user's lines of a trace.
    fn frames(&mut self, trace: Option<Node<'_>>) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        let mut by_tsx = false;
        for entry in trace.into_iter().flat_map(Node::items).filter_map(Node::text) {
            match frame::read(entry) {
                Some(read) if frames.len() < FRAMES && self.lines < TOTAL => {
                    self.lines += 1;
                    let (file, function) = (self.text(&read.file), self.text(read.function));
                    frames.push(Frame { file, line: read.line, column: read.column, function });
                }
                Some(_) => break,
                None => by_tsx |= entry.starts_with("...") && entry.contains("tsx"),
            }
        }
        if by_tsx {
            without_last_of_tsx(&mut frames);
        }
        frames
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let text: Arc<str> = Arc::from(text);
        self.texts.insert(text.clone());
        text
    }

    /// Finds the helpers, once all metadata are taken in.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.helpers = helper::find(&self.constructs);
        self.texts = HashSet::new();
        self
    }

    /// Takes in what a `tree.json` says.
    pub fn add_tree(&mut self, entries: Vec<TreeEntry>) {
        for TreeEntry { path, logical_id } in entries {
            self.tree.entry(logical_id).or_default().push(path);
        }
    }

    /// Whether the traces had more lines than are kept.
    pub fn is_full(&self) -> bool {
        self.lines == TOTAL
    }

    /// Files that the traces name, each once, in the order of their paths; untrusted.
    pub fn files(&self) -> Vec<&str> {
        let frames = self
            .constructs
            .values()
            .flat_map(|construct| construct.made.iter().chain(construct.set.iter().flat_map(|(_, frames)| frames)));
        frames.map(|frame| &*frame.file).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The path of the construct that became a resource: what the resource itself says, else the one
    /// construct of its stack with this logical id, else what `tree.json` says. `stack` is the path of the
    /// construct whose template it is.
    pub fn path_of(&self, stack: &str, logical_id: &str, resource: Option<Node<'_>>) -> Option<String> {
        let written = resource.and_then(|body| body.get("Metadata")?.get("aws:cdk:path")?.text());
        if let Some(path) = written.filter(|path| !path.is_empty()) {
            return Some(path.to_owned());
        }
        let is_it = |(_, construct): &(&str, &Construct)| construct.logical_id.as_deref() == Some(logical_id);
        let known = self.below(stack).filter(is_it).map(|(path, _)| path).filter(|path| self.is_of(stack, path));
        let in_tree = self.tree.get(logical_id).into_iter().flatten().map(String::as_str);
        let in_tree = in_tree.filter(|path| is_below(stack, path) && self.is_of(stack, path));
        only(known).or_else(|| only(in_tree)).map(str::to_owned)
    }

    /// The path of a nested stack, by its resource in the template of the stack around it, else by the name
    /// of its template.
    pub fn nested(&self, stack: &str, logical_id: &str, resource: Option<Node<'_>>, template: &str) -> Option<String> {
        let path = self.path_of(stack, logical_id, resource);
        let owner =
            path.as_deref().and_then(|path| path.rsplit_once(".NestedStack/")).map(|(owner, _)| owner.to_owned());
        owner.or_else(|| {
            let is_it = |(_, construct): &(&str, &Construct)| construct.template.as_deref() == Some(template);
            only(self.below(stack).filter(is_it).map(|(path, _)| path)).map(str::to_owned)
        })
    }

    /// Constructs below a path.
    fn below<'t>(&'t self, path: &str) -> impl Iterator<Item = (&'t str, &'t Construct)> {
        let start = format!("{path}/");
        let from = self.constructs.range::<str, _>((Bound::Included(start.as_str()), Bound::Unbounded));
        from.map(|(path, construct)| (&**path, construct)).take_while(move |(path, _)| path.starts_with(&start))
    }

    /// Whether a construct below a stack belongs to no stack that is nested in it.
    fn is_of(&self, stack: &str, path: &str) -> bool {
        let is_stack = |path: &str| self.constructs.get(path).is_some_and(|construct| construct.template.is_some());
        ancestors(path).take_while(|above| *above != stack).all(|above| !is_stack(above))
    }

    /// What made a construct, or set this property of it (`A.B[0].C`). Where its own trace names no line
    /// of the user's, it is that of the nearest construct to which it belongs, up to the outermost stack.
    pub fn origin<'t>(&'t self, path: &str, property: Option<&str>) -> Option<Origin<'t>> {
        let own = self.constructs.get(path);
        let set = own.zip(property).and_then(|(own, property)| set_last(own, property));
        let set = set.map(|(name, chain)| (How::Set(name), chain));
        let made = || own.map(|own| (How::Made, own.made.as_slice())).filter(|(_, chain)| !chain.is_empty());
        let found = set.or_else(made).or_else(|| self.near(path));
        found.map(|(how, chain)| Origin {
            how,
            chain,
            main: helper::main(&self.constructs, &self.helpers, path, chain),
        })
    }

    fn near(&self, path: &str) -> Option<(How<'_>, &[Frame])> {
        for above in ancestors(path) {
            if let Some((known, chain)) = helper::made(&self.constructs, above) {
                return Some((How::Near(known), chain));
            }
        }
        None
    }
}

/// The last assignment that touches a property: itself, something in it, or what it is in.
fn set_last<'t>(construct: &'t Construct, property: &str) -> Option<(&'t str, &'t [Frame])> {
    let steps = |path: &str| -> Vec<String> {
        let path = path.strip_prefix("Properties.").unwrap_or(path).replace('[', ".").replace(']', "");
        path.split('.').map(str::to_owned).collect()
    };
    let wanted = steps(property);
    let touches = |name: &str| steps(name).iter().zip(&wanted).all(|(a, b)| a == b);
    let found = construct.set.iter().rev().find(|(name, _)| touches(name))?;
    Some((&found.0, &found.1))
}

/// The construct around a path, the one around that, and so on.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let path = if path.len() <= PATH { path } else { "" };
    std::iter::successors(path.rsplit_once('/'), |(above, _)| above.rsplit_once('/'))
        .map(|(above, _)| above)
        .take(DEPTH)
}

fn is_below(stack: &str, path: &str) -> bool {
    path.strip_prefix(stack).is_some_and(|rest| rest.starts_with('/'))
}

/// The one member, where it is one.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// Takes away a frame that tsx adds: the last line of the first file, below the one that really ran.
fn without_last_of_tsx(frames: &mut Vec<Frame>) {
    if let [.., real, added] = frames.as_slice()
        && real.file == added.file
        && [real, added].iter().all(|frame| &*frame.function == "<anonymous>")
    {
        frames.pop();
    }
}

#[cfg(test)]
mod tests;
