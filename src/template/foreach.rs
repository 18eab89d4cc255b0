//! Loops: `Fn::ForEach` of the transform `AWS::LanguageExtensions`, in Resources, Conditions, Outputs and
//! inside of resources (CloudFormation User Guide, Fn::ForEach).
//!
//! Invariant: what a loop makes stands at the place of the loop's body. A loop over what is not known
//! stays as it is written, and nothing is known of the mapping that it stands in.

use std::cell::{Cell, RefCell};

use super::expand::{Known, OverDefault};
use super::intrinsic::{Call, Function};
use crate::source::Place;
use crate::syntax::{Document, Graft, Kind, Node, NodeId};

/// The transform that loops need.
pub(super) const TRANSFORM: &str = "AWS::LanguageExtensions";

/// The start of a loop's key: `Fn::ForEach::Name`.
const LOOP: &str = "Fn::ForEach::";

/// Members of a collection that are followed, and times that one body is repeated in all.
const MOST_ROUNDS: usize = 10_000;
/// Nodes that are looked at.
const MOST_STEPS: usize = 4_000_000;
/// Bytes of one text that a loop makes, and of all of them.
const MOST_TEXT: usize = 1 << 20;
const MOST_BYTES: usize = 64 << 20;
/// Bytes of an identifier.
const MOST_NAME: usize = 256;
/// Fresh nodes that are kept back, so that what was begun can be closed.
const RESERVE: usize = 10_000;
/// Loops inside one another: CloudFormation allows five.
const MOST_NESTED: usize = 5;
/// Loops that are named where they are not followed.
const MOST_SAID: usize = 100;
/// Nesting of values that is followed.
const MOST_DEPTH: usize = 512;

/// The template with its loops written out; nothing where it has none.
pub(super) fn expand(
    doc: &Document,
    known: &Known<'_>,
    notes: &mut Vec<String>,
    unknown: &mut Vec<String>,
) -> Option<(Document, Vec<OverDefault>)> {
    if !doc.files().any(|(_, text)| text.contains(LOOP)) {
        return None;
    }
    let root = doc.root()?;
    let mut loops = Loops::new(doc, known, unknown);
    let grown = loops.entries_of(root, &["Resources", "Conditions", "Outputs"]).unwrap_or(root.id());
    if loops.rounds >= MOST_ROUNDS || loops.is_full() {
        notes.push(format!(
            "loops that make more than {MOST_ROUNDS} copies, or too large ones, are not followed to the end"
        ));
    }
    Some((loops.graft.finish(grown), loops.over_defaults))
}

struct Loops<'d, 'k, 'u> {
    graft: Graft,
    doc: &'d Document,
    known: &'k Known<'k>,
    /// The identifiers of the loops around, each with its value in this round.
    bound: Vec<(String, String)>,
    rounds: usize,
    /// Says of each loop that it could not be written out.
    unknown: &'u mut Vec<String>,
    depth: usize,
    /// Nodes that were looked at: an alias shows the same ones again and again.
    steps: usize,
    /// Bytes of the texts that were made.
    bytes: Cell<usize>,
    /// Parameters whose defaults the collection at hand takes, with these.
    taken: RefCell<Vec<(String, String)>>,
    over_defaults: Vec<OverDefault>,
}

impl<'d, 'k, 'u> Loops<'d, 'k, 'u> {
    fn new(doc: &'d Document, known: &'k Known<'k>, unknown: &'u mut Vec<String>) -> Self {
        Self {
            graft: Graft::onto(doc),
            doc,
            known,
            bound: Vec::new(),
            rounds: 0,
            unknown,
            depth: 0,
            steps: 0,
            bytes: Cell::new(0),
            taken: RefCell::default(),
            over_defaults: Vec::new(),
        }
    }

    fn is_full(&self) -> bool {
        self.graft.room() < RESERVE || self.steps > MOST_STEPS || self.bytes.get() > MOST_BYTES
    }

    /// The mapping with these of its entries written out.
    fn entries_of(&mut self, mapping: Node<'d>, names: &[&str]) -> Option<NodeId> {
        let mut changed = Vec::new();
        for name in names {
            let Some((key, section)) = mapping.entry(name) else { continue };
            let made = self.copy(section);
            if made != section.id() {
                changed.push((key.id(), made));
            }
        }
        (!changed.is_empty()).then(|| self.graft.with_entries(mapping.id(), changed))
    }

    /// A node with its loops written out and the identifiers around it replaced; the node itself where
    /// neither is in it.
    fn copy(&mut self, node: Node<'d>) -> NodeId {
        if self.depth >= MOST_DEPTH || self.is_full() {
            return node.id();
        }
        self.steps += 1;
        if let Some(value) = self.reference(node) {
            return self.graft.text(&value, node.id());
        }
        self.depth += 1;
        let id = match node.kind() {
            Kind::Scalar => self.scalar(node),
            Kind::Sequence => self.sequence(node),
            Kind::Mapping => self.mapping(node),
            Kind::Missing => node.id(),
        };
        self.depth -= 1;
        id
    }

    /// The value of an identifier that a node refers to.
    fn reference(&self, node: Node<'d>) -> Option<String> {
        let call = Call::of(node).filter(|call| call.function == Function::Ref)?;
        self.value(call.argument.text()?).map(str::to_owned)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.bound.iter().rev().find(|(identifier, _)| identifier == name).map(|(_, value)| value.as_str())
    }

    fn scalar(&mut self, node: Node<'d>) -> NodeId {
        let text = node.text().unwrap_or_default();
        match self.replaced(text) {
            Some(text) => self.graft.with_text(node.target().id(), &text),
            None => node.id(),
        }
    }

    /// A text with `${Identifier}` and `&{Identifier}` replaced; the second form leaves out all but letters
    /// and digits.
    fn replaced(&self, text: &str) -> Option<String> {
        if self.bound.is_empty() || !text.contains('{') {
            return None;
        }
        let (mut made, mut rest, mut changed) = (String::new(), text, false);
        while let Some((before, after)) = rest.split_once('{') {
            let end = after.bytes().take(MOST_NAME).position(|byte| byte == b'}');
            let value = end.and_then(|end| self.value(after.get(..end)?));
            let plain = before.ends_with('&');
            match (value, end) {
                (Some(value), Some(end)) if plain || before.ends_with('$') => {
                    made.push_str(&before[..before.len() - 1]);
                    made.extend(value.chars().filter(|c| !plain || c.is_ascii_alphanumeric()));
                    rest = &after[end + 1..];
                    changed = true;
                }
                _ => {
                    made.push_str(before);
                    made.push('{');
                    rest = after;
                }
            }
            if made.len() > MOST_TEXT {
                self.bytes.set(usize::MAX);
                return None;
            }
        }
        made.push_str(rest);
        self.bytes.set(self.bytes.get().saturating_add(made.len()));
        changed.then_some(made)
    }

    fn sequence(&mut self, node: Node<'d>) -> NodeId {
        let written: Vec<NodeId> = node.items().map(Node::id).collect();
        let items: Vec<NodeId> = node.items().map(|item| self.copy(item)).collect();
        if items == written { node.id() } else { self.graft.with_children(node.target().id(), items) }
    }

    fn mapping(&mut self, node: Node<'d>) -> NodeId {
        let (mut children, mut changed) = (Vec::new(), false);
        for (key, value) in node.entries() {
            match self.written_out(key, value) {
                Some(made) => {
                    children.extend(made);
                    changed = true;
                }
                None => {
                    let pair = [self.scalar(key), self.copy(value)];
                    changed |= pair != [key.id(), value.id()];
                    children.extend(pair);
                }
            }
        }
        if changed { self.graft.with_children(node.target().id(), children) } else { node.id() }
    }

    /// Keys and values that a loop makes; nothing where an entry is no loop, or one that is not followed.
    fn written_out(&mut self, key: Node<'d>, node: Node<'d>) -> Option<Vec<NodeId>> {
        let name = key.text()?.strip_prefix(LOOP)?;
        self.taken.borrow_mut().clear();
        let made = self.rounds_of(key, node);
        if made.is_none() && self.unknown.len() < MOST_SAID {
            self.unknown.push(format!("the loop {name} is over what is not known, and stays as it is written"));
        }
        made
    }

    /// The rounds of a loop: `[Identifier, [collection], {key: value}]`.
    fn rounds_of(&mut self, key: Node<'d>, node: Node<'d>) -> Option<Vec<NodeId>> {
        let parts: Vec<Node<'d>> = node.items().collect();
        let [identifier, collection, body] = parts.as_slice() else { return None };
        let members = self.members(*collection).filter(|_| self.bound.len() < MOST_NESTED)?;
        let identifier = identifier.text()?;
        let place = Place { span: key.span().to(node.tagged_place().span), ..key.place() };
        for (parameter, default) in self.taken.take() {
            let over = OverDefault { place, parameter, default };
            if self.over_defaults.len() < MOST_SAID && !self.over_defaults.contains(&over) {
                self.over_defaults.push(over);
            }
        }
        let mut made = Vec::new();
        for member in members {
            if self.rounds >= MOST_ROUNDS || self.is_full() {
                break;
            }
            let before = made.len();
            self.rounds += 1;
            self.bound.push((identifier.to_owned(), member));
            for (key, value) in body.entries() {
                match self.written_out(key, value) {
                    Some(inner) => made.extend(inner),
                    None => made.extend([self.scalar(key), self.copy(value)]),
                }
            }
            self.bound.pop();
            // Half a round would say what nobody wrote.
            if self.is_full() {
                made.truncate(before);
            }
        }
        Some(made)
    }

    /// The members of a collection, where all of them are known.
    fn members(&self, collection: Node<'d>) -> Option<Vec<String>> {
        if let Some(call) = Call::of(collection) {
            return self.computed(call);
        }
        if collection.kind() != Kind::Sequence {
            return None;
        }
        let mut members = Vec::new();
        for item in collection.items() {
            match Call::of(item) {
                // A list as a member stands for its members.
                Some(call) => members.extend(self.computed(call)?),
                None => {
                    members.push(self.replaced(item.text()?).unwrap_or_else(|| item.text().unwrap_or("").to_owned()))
                }
            }
        }
        Some(members)
    }

    /// What a `Ref` to a parameter or an `Fn::FindInMap` gives: a list of texts.
    fn computed(&self, call: Call<'d>) -> Option<Vec<String>> {
        match call.function {
            Function::Ref => {
                let name = call.argument.text()?;
                if let Some(value) = self.value(name) {
                    return Some(vec![value.to_owned()]);
                }
                let text = self.parameter(name)?;
                Some(text.split(',').map(|item| item.trim().to_owned()).collect())
            }
            Function::FindInMap => {
                let keys: Option<Vec<String>> = call.argument.items().map(|key| self.text(key)).collect();
                let keys = keys?;
                let mut found = self.doc.root()?.get("Mappings")?;
                for key in keys.get(..3)? {
                    found = found.get(key)?;
                }
                match found.kind() {
                    Kind::Sequence => found.items().map(|item| item.text().map(str::to_owned)).collect(),
                    _ => Some(vec![found.text()?.to_owned()]),
                }
            }
            _ => None,
        }
    }

    /// A text that is known before anything is evaluated.
    fn text(&self, node: Node<'d>) -> Option<String> {
        match Call::of(node) {
            None => Some(self.replaced(node.text()?).unwrap_or_else(|| node.text().unwrap_or("").to_owned())),
            Some(call) if call.function == Function::Ref => {
                let name = call.argument.text()?;
                self.value(name).map(str::to_owned).or_else(|| self.parameter(name))
            }
            Some(_) => None,
        }
    }

    /// The value of a parameter: what somebody gave, else its default, which is noted.
    fn parameter(&self, name: &str) -> Option<String> {
        if let Some(value) = (self.known.values)(name) {
            return Some(value);
        }
        let declaration = self.doc.root()?.get("Parameters")?.get(name)?;
        let is_stored = declaration.get("Type")?.text()?.starts_with("AWS::SSM::");
        let default = declaration.get("Default").filter(|_| !is_stored && self.known.defaults_hold)?.text()?;
        self.taken.borrow_mut().push((name.to_owned(), default.to_owned()));
        Some(default.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse_yaml;

    fn expanded(text: &str) -> (Option<Document>, Vec<String>) {
        let doc = parse_yaml(FileId(0), &text.into());
        assert_eq!(doc.errors(), []);
        let (mut notes, mut unknown) = (Vec::new(), Vec::new());
        let known = |name: &str| (name == "Given").then(|| "x, y".to_owned());
        let known = Known { values: &known, defaults_hold: true };
        let made = expand(&doc, &known, &mut notes, &mut unknown);
        notes.extend(unknown);
        (made.map(|(document, _)| document), notes)
    }

    fn keys(doc: &Document, path: &[&str]) -> Vec<String> {
        let node = path.iter().fold(doc.root(), |node, key| node?.get(key)).unwrap();
        node.entries().into_iter().filter_map(|(key, _)| key.text().map(str::to_owned)).collect()
    }

    const TWICE: &str = r#"
Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList, Default: 'p, q'}, Stored: {Type: 'AWS::SSM::Parameter::Name', Default: z}}
Mappings: {M: {a: {list: [m, n]}}}
Resources:
  Fn::ForEach::Roles:
    - Team
    - [red-1, blue]
    - Role&{Team}:
        Type: AWS::IAM::Role
        Properties:
          RoleName: !Sub 'r-${Team}'
          Path: /fixed/
          Description: !Ref Team
          Tags:
            Fn::ForEach::Tags:
              - Key
              - !Ref Names
              - ${Key}-${Team}: 1
      Other${Team}: {Type: 'AWS::SNS::Topic'}
  Plain: {Type: 'AWS::SNS::Topic'}
"#;

    #[test]
    fn a_loop_makes_one_entry_for_each_member() {
        let (doc, notes) = expanded(TWICE);
        let doc = doc.unwrap();
        assert_eq!(notes, [""; 0]);
        assert_eq!(keys(&doc, &["Resources"]), ["Rolered1", "Otherred-1", "Roleblue", "Otherblue", "Plain"]);
        let role = doc.root().unwrap().get("Resources").unwrap().get("Rolered1").unwrap();
        let properties = role.get("Properties").unwrap();
        assert_eq!(properties.get("RoleName").unwrap().text(), Some("r-red-1"));
        assert_eq!(properties.get("RoleName").unwrap().tag(), Some("!Sub"));
        assert_eq!(properties.get("Description").unwrap().text(), Some("red-1"));
        assert!(properties.get("Description").unwrap().tag().is_none());
        assert!(!properties.get("Path").unwrap().is_fresh(), "what no loop touches is what was written");
        assert_eq!(keys(&doc, &["Resources", "Roleblue", "Properties", "Tags"]), ["p-blue", "q-blue"]);
        let place = properties.get("RoleName").unwrap().span();
        assert_eq!(place.of(doc.text()), "'r-${Team}'");
    }

    #[test]
    fn collections_come_from_parameters_and_mappings() {
        let template = |collection: &str| {
            let text = TWICE.replace("[red-1, blue]", collection);
            keys(&expanded(&text).0.unwrap(), &["Resources"]).len()
        };
        assert_eq!(template("!Ref Names"), 5);
        assert_eq!(template("!Ref Given"), 5);
        assert_eq!(template("[a, !Ref Names]"), 7);
        assert_eq!(template("!FindInMap [M, a, list]"), 5);
        assert_eq!(template("!Ref Stored"), 2, "the loop stays as it is");
        assert_eq!(template("!Ref Free"), 2);
    }

    #[test]
    fn a_loop_over_the_unknown_is_said() {
        let (_, notes) = expanded(&TWICE.replace("!Ref Names", "!Ref Free"));
        assert_eq!(
            notes,
            [
                "the loop Tags is over what is not known, and stays as it is written",
                "the loop Tags is over what is not known, and stays as it is written",
            ]
        );
    }

    #[test]
    fn a_loop_too_large_leaves_what_is_whole() {
        let members: Vec<String> = (0..10_000).map(|at| at.to_string()).collect();
        let body = vec!["'${I}'"; 400].join(", ");
        let text = format!(
            "Resources:\n  Before: {{Type: T}}\n  Fn::ForEach::L: [I, [{}], {{'R${{I}}': {{Type: T, P: [{body}]}}}}]\n",
            members.join(", ")
        );
        let (doc, notes) = expanded(&text);
        let doc = doc.unwrap();
        let resources = doc.root().unwrap().get("Resources").unwrap().entries();
        assert!(resources.len() > 1_000 && resources.len() < 10_000, "{}", resources.len());
        let last = resources.last().unwrap().1.get("P").unwrap().items().last().unwrap();
        assert!(!last.text().unwrap().contains("${I}"));
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn what_aliases_and_long_texts_unfold_ends() {
        let mut bomb = "Metadata:\n  a0: &a0 [x]\n".to_owned();
        (1..34).for_each(|at| bomb += &format!("  a{at}: &a{at} [*a{0}, *a{0}]\n", at - 1));
        let bomb = format!(
            "{bomb}Resources:\n  A: {{Type: T, M: *a33}}\n  Fn::ForEach::L: [I, [x], {{'R${{I}}': {{Type: T}}}}]\n"
        );
        let (doc, notes) = expanded(&bomb);
        assert!(doc.is_some() && notes.len() == 1, "{notes:?}");
        let members: Vec<String> = (0..9_000).map(|at| at.to_string()).collect();
        let long = format!(
            "Resources:\n  Fn::ForEach::L: [I, [{}], {{'R${{I}}': {{Type: T, P: '{}${{I}}'}}}}]\n",
            members.join(", "),
            "x".repeat(500_000)
        );
        let (doc, notes) = expanded(&long);
        assert!(keys(&doc.unwrap(), &["Resources"]).len() < 1_000 && notes.len() == 1);
    }

    #[test]
    fn a_default_is_named_and_given_way_to_a_parent() {
        let doc = parse_yaml(FileId(0), &TWICE.replace("[red-1, blue]", "!Ref Names").into());
        let of = |defaults_hold| {
            let known = Known { values: &|_| None, defaults_hold };
            let (document, over) = expand(&doc, &known, &mut Vec::new(), &mut Vec::new()).unwrap();
            (keys(&document, &["Resources"]).len(), over)
        };
        let (made, over) = of(true);
        assert_eq!((made, over.len()), (5, 2));
        assert_eq!((over[0].parameter.as_str(), over[0].default.as_str()), ("Names", "p, q"));
        assert_eq!(of(false), (2, Vec::new()));
    }

    #[test]
    fn loops_inside_loops_end() {
        let mut text = "Transform: AWS::LanguageExtensions\nResources:\n".to_owned();
        let members = (0..20).map(|at| at.to_string()).collect::<Vec<_>>().join(", ");
        for depth in 0..8 {
            let indent = "  ".repeat(depth * 3 + 1);
            text += &format!(
                "{indent}Fn::ForEach::L{depth}:\n{indent}  - I{depth}\n{indent}  - [{members}]\n{indent}  -\n"
            );
        }
        text += &format!("{}R${{I0}}${{I1}}: {{Type: 'AWS::SNS::Topic'}}\n", "  ".repeat(8 * 3 + 1));
        let (doc, notes) = expanded(&text);
        assert!(doc.is_some());
        assert!(notes[0].contains("more than 10000"), "{notes:?}");
    }
}
