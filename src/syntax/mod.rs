//! A grammar, not AWS: one tree for JSON and YAML in which every key and value knows its bytes.
//!
//! Invariant: parsing never fails; what is wrong stands in [`Document::errors`]. Trees are arenas:
//! no alias is ever expanded, so a tree is at most as large as its text.

mod build;
mod graft;
mod json;
mod mend;
mod offsets;
mod scalar;
mod within;
mod yaml;

use std::collections::HashSet;
use std::sync::Arc;

use crate::source::{FileId, Place, Span};

pub use graft::Graft;
pub use json::parse_json;
pub use scalar::Scalar;
pub use within::placed;
pub use yaml::parse_yaml;

/// Deepest nesting of a JSON text.
pub const JSON_DEPTH: usize = 512;
/// Deepest nesting of a YAML text.
pub const YAML_DEPTH: usize = 255;

/// Most mappings that the entries of one mapping are taken from, merge keys (`<<`) followed.
pub const MERGE_LIMIT: usize = 256;

/// Parses a file of either grammar. A text that begins with a bracket is JSON; where it is not, it is
/// read as YAML, of which JSON with comments or with commas too many is a part, unless the file's
/// name says JSON.
pub fn parse(file: FileId, text: &Arc<str>, path: &str) -> Document {
    let start = text.trim_start_matches('\u{feff}').trim_start_matches([' ', '\t', '\r', '\n']);
    if !start.starts_with(['{', '[']) {
        return parse_yaml(file, text);
    }
    let json = parse_json(file, text);
    if json.errors.is_empty() || has_extension(path, &["json"]) {
        return json;
    }
    let yaml = parse_yaml(file, text);
    let named_yaml = has_extension(path, &["yaml", "yml", "template"]);
    // On one and the same line JSON's message is the more exact one.
    let between = text.get(json.stopped_at()..yaml.stopped_at()).unwrap_or("");
    if yaml.errors.is_empty() || (named_yaml && between.contains('\n')) { yaml } else { json }
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    extensions.iter().any(|one| extension.eq_ignore_ascii_case(one))
}

/// A node's place in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Its number: how many nodes stand before it.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// YAML without quotes.
    Plain,
    /// YAML in single quotes.
    Single,
    /// YAML in double quotes.
    Double,
    /// YAML `|` or `>`.
    Block,
    /// A JSON string.
    JsonString,
    /// A JSON number, `true`, `false` or `null`.
    JsonWord,
}

/// Children of a node: a range of [`Document::children`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// `cooked` is an index into [`Document::cooked`], or [`RAW`] where the text stands in the source.
    Scalar {
        style: Style,
        cooked: u32,
    },
    Sequence(Slice),
    /// Keys and values in turn.
    Mapping(Slice),
    Alias(NodeId),
    /// Nothing stands where a value could: `key:` in YAML.
    Missing,
}

/// Marks a scalar whose text stands in the source as it is.
pub(crate) const RAW: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeData {
    pub(crate) span: Span,
    pub(crate) tag: Span,
    pub(crate) data: Data,
}

/// Something that the grammar refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What, in a sentence without its full stop.
    pub message: String,
    /// A second place that explains it: the opening bracket, for one.
    pub related: Option<(Span, String)>,
}

impl SyntaxError {
    /// An error at one place.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), related: None }
    }

    /// The same error of a text inside a file.
    #[must_use]
    pub fn of_text(self) -> Self {
        Self { message: self.message.replacen("the file ", "the text ", 1), ..self }
    }
}

/// A parsed file. Its text is shared with the [`crate::source::SourceFile`].
#[derive(Debug)]
pub struct Document {
    file: FileId,
    text: Arc<str>,
    nodes: Vec<NodeData>,
    children: Vec<NodeId>,
    cooked: Vec<Box<str>>,
    comments: Vec<Span>,
    errors: Vec<SyntaxError>,
    root: Option<NodeId>,
    /// Nodes that the text has; what stands behind them is fresh ([`Graft`]).
    written: u32,
    /// Of a text inside a file, for every byte of it the bytes of the file that say it.
    places: Option<Arc<[Span]>>,
    /// Where runs of nodes begin that were grown on beside other files' nodes, in order; empty for most trees.
    runs: Vec<Run>,
}

/// Nodes of one file that stand behind one another in a tree with nodes of several.
#[derive(Clone, Debug)]
struct Run {
    /// The first of them.
    from: u32,
    file: FileId,
    text: Arc<str>,
    /// Whether no text says them.
    is_fresh: bool,
}

impl Document {
    /// The file it was parsed from.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The file with its text, and those that other nodes were taken from.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &str)> {
        let mut seen = HashSet::from([self.file]);
        let others = self.runs.iter().filter(move |run| seen.insert(run.file));
        std::iter::once((self.file, &*self.text)).chain(others.map(|run| (run.file, &*run.text)))
    }

    /// The same tree in another file: files are numbered once it is known which of them count.
    #[must_use]
    pub fn renumbered(self, file: FileId) -> Self {
        Self { file, ..self }
    }

    /// The text as stored; of a text inside a file ([`Self::within`]), only this text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Whether it is a text inside a file ([`Self::within`]): its bytes are not those of its spans.
    pub fn is_within(&self) -> bool {
        self.places.is_some()
    }

    /// Everything the grammar refused, in order. The tree holds what was read before it.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// Comments, each from its `#` to the end of its line.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// The outermost value; none for an empty text.
    pub fn root(&self) -> Option<Node<'_>> {
        self.root.map(|id| self.node(id))
    }

    /// The node of this id.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node { doc: self, id }
    }

    /// The node of an id that may be another document's.
    pub fn find(&self, id: NodeId) -> Option<Node<'_>> {
        ((id.0 as usize) < self.nodes.len()).then(|| self.node(id))
    }

    /// Every node, in the order of parsing; aliases are not followed. Cost: linear in the text.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.nodes.len() as u32).map(|id| self.node(NodeId(id)))
    }

    /// Every key that stands twice in one mapping: the later key with the first one. Merge keys
    /// (`<<`) may stand there more than once.
    pub fn duplicate_keys(&self) -> Vec<(Node<'_>, Node<'_>)> {
        // An alias shows the entries of its target, which comes by itself.
        let mappings = self.nodes().filter(|node| matches!(node.raw().data, Data::Mapping(_)));
        let (mut keys, mut found) = (Vec::new(), Vec::new());
        mappings.for_each(|mapping| duplicates_in(mapping, &mut keys, &mut found));
        found
    }

    /// The run that a node is of, where the tree has nodes of several files.
    fn run(&self, id: NodeId) -> Option<&Run> {
        let after = self.runs.partition_point(|run| run.from <= id.0);
        self.runs.get(after.checked_sub(1)?)
    }

    /// The text that a node's bytes count in.
    fn text_of(&self, id: NodeId) -> &Arc<str> {
        self.run(id).map_or(&self.text, |run| &run.text)
    }

    /// Where the first error stands.
    fn stopped_at(&self) -> usize {
        self.errors.first().map_or(self.text.len(), |error| error.span.start())
    }
}

/// Mappings up to this many keys are searched key by key.
const FEW_KEYS: usize = 16;

/// Adds a mapping's duplicates to `found`; `keys` is room that is used again for every mapping.
fn duplicates_in<'d>(
    mapping: Node<'d>,
    keys: &mut Vec<(&'d str, usize, Node<'d>)>,
    found: &mut Vec<(Node<'d>, Node<'d>)>,
) {
    keys.clear();
    for (at, (key, _)) in mapping.own_entries().enumerate() {
        keys.extend(key.text().filter(|_| !is_merge(key)).map(|text| (text, at, key)));
    }
    if keys.len() <= FEW_KEYS {
        for (at, (text, _, key)) in keys.iter().enumerate() {
            let first = keys[..at].iter().find(|(earlier, ..)| earlier == text);
            found.extend(first.map(|(.., first)| (*key, *first)));
        }
        return;
    }
    // Sorted, the same keys stand side by side, the first of them in front.
    keys.sort_unstable_by_key(|(text, at, _)| (*text, *at));
    let mut later = Vec::new();
    for same in keys.chunk_by(|(a, ..), (b, ..)| a == b) {
        later.extend(same[1..].iter().map(|(_, at, key)| (*at, *key, same[0].2)));
    }
    later.sort_unstable_by_key(|(at, ..)| *at);
    found.extend(later.into_iter().map(|(_, key, first)| (key, first)));
}

/// What a node is, aliases followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, a number, true, false or null.
    Scalar,
    /// A list.
    Sequence,
    /// Keys with values.
    Mapping,
    /// Nothing.
    Missing,
}

/// The only cursor into a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    doc: &'d Document,
    id: NodeId,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}@{}..{}", self.kind(), self.span().start(), self.span().end())
    }
}

impl<'d> Node<'d> {
    /// Its id in its document.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Whether a macro made it, and no text says it: it stands at the place of what caused it.
    pub fn is_fresh(self) -> bool {
        self.doc.run(self.id).map_or(self.id.0 >= self.doc.written, |run| run.is_fresh)
    }

    /// The file that its bytes are of: another than its document's where it was taken from there.
    pub fn file(self) -> FileId {
        self.doc.run(self.id).map_or(self.doc.file, |run| run.file)
    }

    /// The text that its bytes are of.
    pub fn source(self) -> &'d Arc<str> {
        self.doc.text_of(self.id)
    }

    /// Its document.
    pub fn document(self) -> &'d Document {
        self.doc
    }

    fn raw(self) -> &'d NodeData {
        &self.doc.nodes[self.id.0 as usize]
    }

    /// The node an alias stands for; itself otherwise.
    pub fn target(self) -> Self {
        match self.raw().data {
            Data::Alias(id) => Self { doc: self.doc, id },
            _ => self,
        }
    }

    /// What it is, an alias followed.
    pub fn kind(self) -> Kind {
        match self.target().raw().data {
            Data::Scalar { .. } => Kind::Scalar,
            Data::Sequence(_) => Kind::Sequence,
            Data::Mapping(_) => Kind::Mapping,
            Data::Alias(_) | Data::Missing => Kind::Missing,
        }
    }

    /// Its own bytes (of an alias: of the `*name`), a tag not included.
    pub fn span(self) -> Span {
        self.doc.placed(self.raw().span)
    }

    /// Its bytes and its file.
    pub fn place(self) -> Place {
        Place { file: self.file(), span: self.span() }
    }

    /// Its bytes with the tag before it, and its file.
    pub fn tagged_place(self) -> Place {
        let NodeData { span, tag, .. } = *self.raw();
        let span = if tag.is_empty() { span } else { tag.to(span) };
        Place { file: self.file(), span: self.doc.placed(span) }
    }

    /// Its tag as written (`!Ref`), where it has one.
    pub fn tag(self) -> Option<&'d str> {
        let target = self.target();
        let tag = target.raw().tag;
        (!tag.is_empty()).then(|| tag.of(target.source()))
    }

    /// How a scalar is written.
    pub fn style(self) -> Option<Style> {
        match self.target().raw().data {
            Data::Scalar { style, .. } => Some(style),
            _ => None,
        }
    }

    /// A scalar's text with quotes and escapes taken away; `Missing` and lists have none.
    pub fn text(self) -> Option<&'d str> {
        let node = self.target();
        let Data::Scalar { style, cooked } = node.raw().data else { return None };
        if let Some(text) = self.doc.cooked.get(cooked as usize) {
            return Some(text);
        }
        let raw = node.raw().span.of(node.source());
        Some(match style {
            Style::Single | Style::Double | Style::JsonString => raw.get(1..raw.len().saturating_sub(1)).unwrap_or(""),
            Style::Plain | Style::Block | Style::JsonWord => raw,
        })
    }

    /// What a scalar means to CloudFormation.
    pub fn scalar(self) -> Option<Scalar<'d>> {
        let text = self.text()?;
        Some(scalar::meaning(text, self.style()?, self.tag()))
    }

    /// Whether it says nothing: missing, or null. `!Ref` with nothing behind it says something.
    pub fn is_null(self) -> bool {
        let bare = self.tag().is_none_or(|tag| tag == "!!null");
        bare && (self.kind() == Kind::Missing || self.scalar() == Some(Scalar::Null))
    }

    /// Members of a list; none for anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'d>> {
        let slice = match self.target().raw().data {
            Data::Sequence(slice) => slice,
            _ => Slice { start: 0, len: 0 },
        };
        self.children(slice)
    }

    fn children(self, slice: Slice) -> impl Iterator<Item = Node<'d>> {
        let doc = self.doc;
        let range = slice.start as usize..slice.start as usize + slice.len as usize;
        doc.children[range].iter().map(|id| doc.node(*id))
    }

    /// Keys and values as written: duplicates and merge keys (`<<`) stand there like any other.
    pub fn own_entries(self) -> impl Iterator<Item = (Node<'d>, Node<'d>)> {
        let slice = match self.target().raw().data {
            Data::Mapping(slice) => slice,
            _ => Slice { start: 0, len: 0 },
        };
        let doc = self.doc;
        let range = slice.start as usize..slice.start as usize + slice.len as usize;
        doc.children[range].chunks_exact(2).map(move |pair| (doc.node(pair[0]), doc.node(pair[1])))
    }

    /// Keys and values as they count: of a key that stands twice the last one, merge keys (`<<`)
    /// followed, own keys before merged ones, earlier merged ones before later. Keys that are no
    /// scalar are left out, and so is what lies behind the [`MERGE_LIMIT`]th mapping.
    pub fn entries(self) -> Vec<(Node<'d>, Node<'d>)> {
        let mut entries = Vec::new();
        let mut keys = HashSet::new();
        let mut mappings = HashSet::new();
        // Not recursive: a chain of merges can be as long as the file.
        let mut waiting = vec![self];
        while let Some(mapping) = waiting.pop() {
            // A mapping merged a second time can add nothing: this also ends cycles and merge bombs.
            if mappings.len() == MERGE_LIMIT || !mappings.insert(mapping.target().id) {
                continue;
            }
            mapping.add_entries(&mut entries, &mut keys);
            let from = waiting.len();
            mapping.merged().take(MERGE_LIMIT).for_each(|node| waiting.push(node));
            waiting[from..].reverse();
        }
        entries
    }

    fn add_entries(self, entries: &mut Vec<(Node<'d>, Node<'d>)>, keys: &mut HashSet<&'d str>) {
        let own: Vec<_> = self.own_entries().filter(|(key, _)| !is_merge(*key)).collect();
        let from = entries.len();
        for (key, value) in own.into_iter().rev() {
            if key.text().is_some_and(|text| keys.insert(text)) {
                entries.push((key, value));
            }
        }
        entries[from..].reverse();
    }

    /// What its merge keys name, in their order.
    fn merged(self) -> impl Iterator<Item = Node<'d>> {
        let values = self.own_entries().filter(|(key, _)| is_merge(*key)).map(|(_, value)| value);
        values.flat_map(|value| {
            let one = (value.kind() == Kind::Mapping).then_some(value);
            one.into_iter().chain(value.items().filter(|item| item.kind() == Kind::Mapping))
        })
    }

    /// Key and value of an entry of a mapping.
    pub fn entry(self, key: &str) -> Option<(Node<'d>, Node<'d>)> {
        let own = self.own_entries().filter(|(name, _)| name.text() == Some(key)).last();
        if own.is_some() || !self.own_entries().any(|(name, _)| is_merge(name)) {
            return own;
        }
        self.entries().into_iter().find(|(name, _)| name.text() == Some(key))
    }

    /// Value of an entry of a mapping.
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        self.entry(key).map(|(_, value)| value)
    }
}

fn is_merge(key: Node<'_>) -> bool {
    key.style() == Some(Style::Plain) && key.text() == Some("<<") && key.tag().is_none_or(|tag| tag == "!!merge")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, path: &str) -> Document {
        parse(FileId(0), &text.into(), path)
    }

    fn style(text: &str, path: &str) -> Option<Style> {
        let doc = of(text, path);
        let mut scalars = doc.nodes().filter_map(Node::style);
        scalars.next()
    }

    #[test]
    fn a_bracket_means_json_whatever_the_name() {
        for path in ["a.json", "a.yml", "a.template", "a"] {
            assert_eq!(style("\u{feff} \r\n\t{\"a\": 1}", path), Some(Style::JsonString), "{path}");
            assert_eq!(style("a: {}", path), Some(Style::Plain), "{path}");
        }
    }

    #[test]
    fn what_is_no_json_may_be_yaml() {
        let text = "{\"a\": 1,} # c";
        assert_eq!(style(text, "a.yaml"), Some(Style::Double));
        assert_eq!(style(text, "a.TEMPLATE"), Some(Style::Double));
        assert_eq!(of(text, "a.yaml").errors(), []);
        assert_eq!(of(text, "a.json").errors()[0].message, "a comma before the closing bracket");
    }

    #[test]
    fn of_two_refusals_the_better_one_is_told() {
        let text = "{a: b,\n c: [d}";
        assert_eq!(of(text, "a.yml").errors()[0].message, "this '[' is closed by '}'");
        assert_eq!(of(text, "a.txt").errors()[0].message, "expected a key in double quotes");
        let text = "{\"a\": 1 \"b\": 2}";
        assert_eq!(of(text, "a.yml").errors()[0].message, "expected ',' or '}'");
        assert_eq!(of(text, "a.yml").errors()[0].span, Span::new(8, 9));
    }
}
