//! Properties of both parsers, hostile texts, the trees of `testdata/yaml`, and real templates.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rolecall::source::{FileId, LineIndex, Span};
use rolecall::syntax::{Document, Kind, Node, Style, parse, parse_json, parse_yaml};
use serde_json::Value;

fn json(text: &str) -> Document {
    parse_json(FileId(0), &text.into())
}

fn yaml(text: &str) -> Document {
    parse_yaml(FileId(0), &text.into())
}

// Our JSON against serde_json.

fn value(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Mapping => {
            let entries = node.entries().into_iter();
            Value::Object(entries.map(|(key, value_of)| (key.text().unwrap().to_owned(), value(value_of))).collect())
        }
        Kind::Sequence => Value::Array(node.items().map(value).collect()),
        _ if node.style() == Some(Style::JsonString) => Value::String(node.text().unwrap().to_owned()),
        _ => serde_json::from_str(node.text().unwrap()).unwrap(),
    }
}

/// What serde_json refuses although RFC 8259 lets a parser take it.
fn stricter(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    ["recursion limit", "number out of range", "surrogate", "end of hex escape"]
        .iter()
        .any(|part| message.contains(part))
}

fn agrees_with_serde_json(text: &str) -> Result<(), TestCaseError> {
    let ours = json(text);
    match serde_json::from_str::<Value>(text) {
        Ok(theirs) => {
            prop_assert_eq!(ours.errors(), &[], "{:?}", text);
            prop_assert_eq!(value(ours.root().unwrap()), theirs);
        }
        Err(error) if stricter(&error) || text.starts_with('\u{feff}') => {}
        Err(error) => prop_assert!(!ours.errors().is_empty(), "{:?}: {}", text, error),
    }
    Ok(())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z<\\\\\"]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

// Texts that are nearly right.

const JSON_PARTS: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "0",
    "-",
    ".",
    "e",
    "E+",
    "1",
    "01",
    "true",
    "null",
    "fals",
    "\\u",
    "d83d",
    "\\ud83d\\ude00",
    "\n",
    "\t",
    " ",
    "\u{1}",
    "é",
    "😀",
    "\\n",
    "\\/",
    "/",
    "'",
    "#",
    "\"a\":",
    "[[",
    "\u{feff}",
];

const YAML_PARTS: &[&str] = &[
    "\"",
    "'",
    ": ",
    "\n",
    "  ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "!Sub ",
    "!Ref ",
    "&a ",
    "*a ",
    "*a",
    "# c",
    "|",
    ">",
    "|-\n",
    "|2\n",
    ">+",
    "\t",
    ",",
    "? ",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "~",
    "<<: ",
    "\\",
    "!!str ",
    "é",
    "\r\n",
    "\r",
    ":",
    "!",
    "@",
    "%",
    "\"\n",
    "*",
    "&",
    "\n\n",
    "- - ",
    "a: ",
    "\"x\n y\"",
    "''",
    "?",
    "-",
    "\u{feff}",
    "\0",
    "\u{85}",
    "\u{2028}",
    "😀",
];

const SEEDS: &[&str] = &[
    include_str!("../testdata/yaml/tags.yaml"),
    include_str!("../testdata/yaml/blocks.yaml"),
    include_str!("../testdata/yaml/quotes.yaml"),
    include_str!("../testdata/yaml/flow.yaml"),
    include_str!("../testdata/yaml/anchors.yaml"),
    "{\"Resources\": {\"R\": {\"Type\": \"AWS::IAM::Role\", \"N\": [1, -2.5e3, true, null, {}, []], \"é\": \"\\u00e9\\n\"}}}",
];

#[derive(Clone, Debug)]
struct Change {
    at: prop::sample::Index,
    removed: usize,
    added: &'static str,
}

fn changes(parts: &'static [&'static str]) -> impl Strategy<Value = Vec<Change>> {
    let added = prop_oneof![1 => Just(""), 3 => prop::sample::select(parts)];
    let removed = prop_oneof![3 => Just(0usize), 2 => 1..3usize, 1 => 3..30usize];
    let change = (any::<prop::sample::Index>(), removed, added);
    prop::collection::vec(change.prop_map(|(at, removed, added)| Change { at, removed, added }), 1..6)
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut text = text.to_owned();
    for Change { at, removed, added } in changes {
        let at = at.index(text.len() + 1);
        let cut = Span::new(at, (at + removed).min(text.len())).snapped(&text);
        text.replace_range(cut.start()..cut.end(), added);
    }
    text
}

// What holds for every document.

fn on_boundaries(doc: &Document, span: Span) -> bool {
    doc.text().get(span.start()..span.end()).is_some()
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let is_alias = node.target().id() != node.id();
    match node.kind() {
        Kind::Sequence if !is_alias => node.items().collect(),
        Kind::Mapping if !is_alias => node.own_entries().flat_map(|(key, value)| [key, value]).collect(),
        _ => Vec::new(),
    }
}

fn is_sound(doc: &Document) -> Result<(), TestCaseError> {
    for node in doc.nodes() {
        prop_assert!(on_boundaries(doc, node.span()), "{:?}", node);
        prop_assert!(on_boundaries(doc, node.tagged_place().span), "{:?}", node);
        prop_assert!(node.tag().is_none_or(|tag| tag.starts_with('!')), "{:?}", node.tag());
        let mut from = node.span().start();
        for child in children(node) {
            prop_assert!(from <= child.span().start(), "{:?} before the end of its neighbour in {:?}", child, node);
            prop_assert!(child.span().end() <= node.span().end(), "{:?} outside {:?}", child, node);
            from = child.span().end();
        }
        prop_assert_eq!(node.style().is_some(), node.text().is_some());
        let (_, _, _) = (node.scalar(), node.is_null(), node.entries());
    }
    for error in doc.errors() {
        prop_assert!(on_boundaries(doc, error.span), "{:?}", error);
        prop_assert!(!error.message.is_empty() && !error.message.contains("at char"));
    }
    prop_assert!(doc.comments().iter().all(|span| span.of(doc.text()).starts_with('#')));
    prop_assert!(doc.comments().is_sorted_by_key(|span| span.start()));
    doc.duplicate_keys();
    Ok(())
}

fn all_are_sound(text: &str) -> Result<(), TestCaseError> {
    is_sound(&json(text))?;
    is_sound(&yaml(text))?;
    is_sound(&parse(FileId(0), &text.into(), "a.template"))
}

/// 1500 cases, or as many more as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.max(1500), failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_json_is_read_like_serde_json(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        agrees_with_serde_json(&text.unwrap())?;
    }

    #[test]
    fn broken_json_is_refused_like_serde_json(value in any_json(), changes in changes(JSON_PARTS)) {
        agrees_with_serde_json(&changed(&value.to_string(), &changes))?;
    }

    #[test]
    fn small_json_is_refused_like_serde_json(parts in prop::collection::vec(prop::sample::select(JSON_PARTS), 0..8)) {
        agrees_with_serde_json(&parts.concat())?;
    }

    #[test]
    fn random_bytes_are_sound(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        all_are_sound(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn random_parts_are_sound(parts in prop::collection::vec(prop::sample::select(YAML_PARTS), 0..30)) {
        all_are_sound(&parts.concat())?;
    }

    #[test]
    fn changed_templates_are_sound(seed in prop::sample::select(SEEDS), changes in changes(YAML_PARTS)) {
        all_are_sound(&changed(seed, &changes))?;
    }
}

// Hostile texts. The bound is generous: what is quadratic takes minutes.

fn is_quick(name: &str, text: String, read: fn(FileId, &Arc<str>) -> Document) -> Document {
    let start = Instant::now();
    let doc = read(FileId(0), &text.into());
    doc.duplicate_keys();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(60), "{name} took {took:?}");
    doc
}

#[test]
fn deep_nests_end_in_an_error() {
    let indented: String = (0..2000).map(|level| " ".repeat(level) + "a:\n").collect();
    let nests =
        ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000), indented];
    for nest in nests {
        for read in [parse_json, parse_yaml] {
            let doc = is_quick(&nest[..8], nest.clone(), read);
            assert!(!doc.errors().is_empty());
        }
    }
}

#[test]
fn hostile_texts_are_read_in_time() {
    let many = 200_000;
    let texts = [
        ("comments", "# c\n".repeat(many)),
        ("comments in a list", "- a\n# c\n".repeat(many)),
        ("an open list", "[".to_owned() + &"a,".repeat(many)),
        ("an open text", "'a\n".repeat(many)),
        ("a plain text of many lines", "a\n".repeat(many)),
        ("an indented text", "a:\n".to_owned() + &"  b\n".repeat(many)),
        ("blank lines", "a: |\n".to_owned() + &"\n".repeat(many) + "b: c\n"),
        ("question marks", "? ".repeat(many)),
        ("anchors", "&a ".repeat(many)),
        ("tags", "!a ".repeat(many)),
        ("unknown aliases", "- *a\n".repeat(many)),
        ("empty documents", "---\n".repeat(many)),
        ("directives", "%TAG !a! b\n".repeat(many)),
        ("one long key", "a".repeat(many) + ": b"),
        ("quoted texts at the left", "f:\n  g: 'h\n i'\n".repeat(20_000)),
        ("keys without values", (0..many).map(|key| format!("k{key}\n: ")).collect()),
        ("aliases of a mapping", "- &a {a: 1, a: 2}\n".to_owned() + &"- *a\n".repeat(many)),
        ("spaces", " ".repeat(many)),
        ("tabs", "a:\t".to_owned() + &"\t".repeat(many)),
    ];
    for (name, text) in texts {
        is_quick(name, text, parse_yaml);
    }
}

#[test]
fn twenty_megabytes_are_read() {
    let role = "  Role0000: # a role\n    Type: AWS::IAM::Role\n    Properties:\n      Path: \"/\"\n      Statement:\n      - Action: [sts:AssumeRole, 'a:b']\n        Resource: !Sub 'arn:${AWS::Partition}:s3:::x'\n";
    let count = 20_000_000 / role.len();
    let doc = is_quick("YAML", "Resources:\n".to_owned() + &role.repeat(count), parse_yaml);
    assert_eq!(doc.errors(), []);
    assert_eq!(doc.comments().len(), count);
    let role = "\"Role0000\": {\"Type\": \"AWS::IAM::Role\", \"Properties\": {\"Path\": \"\\/\", \"List\": [1, true, null]}},\n";
    let count = 20_000_000 / role.len();
    let doc = is_quick("JSON", "{".to_owned() + &role.repeat(count) + "\"Last\": 0}", parse_json);
    assert_eq!(doc.errors(), []);
    assert_eq!(doc.duplicate_keys().len(), count - 1);
}

// The trees of testdata/yaml; they were once compared with what PyYAML reads. UPDATE_TREES=1 writes
// them anew.

fn dump(doc: &Document) -> String {
    let lines = LineIndex::new(doc.text());
    let mut out = String::new();
    for error in doc.errors() {
        let at = lines.line_column(doc.text(), error.span.start());
        out += &format!("ERROR {}:{} {}\n", at.line, at.column, error.message);
    }
    if let Some(root) = doc.root() {
        dump_node(root, &lines, &mut out);
    }
    out
}

fn dump_node(node: Node<'_>, lines: &LineIndex, out: &mut String) {
    let text = node.document().text();
    if node.target().id() != node.id() {
        *out += &format!("ALIAS {}\n", node.span().of(text));
        return;
    }
    let at = lines.line_column(text, node.tagged_place().span.start());
    let head = format!("{} {}:{}", node.tag().unwrap_or("-"), at.line, at.column);
    let style = match node.style() {
        Some(Style::Single) => "single",
        Some(Style::Double) => "double",
        Some(Style::Block) => "block",
        _ => "plain",
    };
    match node.kind() {
        Kind::Sequence => *out += &format!("SEQ {head}\n"),
        Kind::Mapping => *out += &format!("MAP {head}\n"),
        _ => *out += &format!("VAL {style} {head} {}\n", Value::from(node.text().unwrap_or(""))),
    }
    if matches!(node.kind(), Kind::Sequence | Kind::Mapping) {
        children(node).into_iter().for_each(|child| dump_node(child, lines, out));
        *out += "END\n";
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut waiting = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => waiting.extend(entries.map(|entry| entry.unwrap().path())),
            Err(_) => found.push(path),
        }
    }
    found.sort();
    found
}

#[test]
fn trees_of_tricky_texts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/yaml");
    let texts: Vec<_> =
        files(&folder).into_iter().filter(|path| path.extension().is_some_and(|it| it == "yaml")).collect();
    assert!(texts.len() >= 8);
    for path in texts {
        let text = std::fs::read_to_string(&path).unwrap();
        let (tree, expected) = (dump(&yaml(&text)), path.with_extension("tree"));
        if std::env::var_os("UPDATE_TREES").is_some() {
            std::fs::write(&expected, &tree).unwrap();
        }
        assert_eq!(tree, std::fs::read_to_string(&expected).unwrap_or_default(), "{}", path.display());
    }
}

#[test]
fn real_templates_are_read_or_refused_with_a_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !folder.is_dir() {
        return drop(writeln!(std::io::stderr(), "skipped: {} is not there", folder.display()));
    }
    let (mut read, mut refused) = (0, 0);
    for path in files(&folder) {
        let Ok(text) = String::from_utf8(std::fs::read(&path).unwrap()) else { continue };
        let doc = parse(FileId(0), &text.into(), &path.to_string_lossy());
        is_sound(&doc).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        match doc.errors() {
            [] => read += 1,
            errors => {
                refused += 1;
                assert!(errors.iter().all(|error| error.span.end() <= doc.text().len()), "{}", path.display());
            }
        }
    }
    assert!(read > refused, "{read} files read, {refused} refused");
}
