//! Files with values of parameters, in the forms that people have them in already.

use std::sync::Arc;

use super::Fault;
use crate::finding::shown;
use crate::source::{FileId, Span};
use crate::syntax::{self, Kind, Node, Scalar};

/// Values by name, in the order of the file; nothing for a value that the file leaves to the deployment.
pub type Parameters = Vec<(String, Option<String>)>;

/// How values stand in a file that has more to say.
const SECTIONS: [(&str, &[&str]); 2] = [
    // CodePipeline User Guide, template configuration file.
    ("Parameters", &["Tags", "StackPolicy"]),
    // CloudFormation User Guide, stack deployment file of Git sync.
    ("parameters", &["template-file-path", "tags"]),
];

/// Members of the list that the command line of CloudFormation takes (CloudFormation API, Parameter).
const MEMBERS: [&str; 4] = ["ParameterKey", "ParameterValue", "UsePreviousValue", "ResolvedValue"];

/// What counts as a value beside texts, numbers, truth values and lists of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    /// Nothing.
    Plain,
    /// Anything else is known only at deployment: Amplify writes functions there.
    Deployed,
}

/// Reads a file of parameters: a plain map, a map under `Parameters`, the list of the AWS command line,
/// or its texts `NAME=VALUE`. JSON or YAML, by its first character and its name.
///
/// # Errors
/// Every mistake, in the order of the file; only the first where it does not parse.
pub fn read_parameters(text: &Arc<str>, path: &str) -> Result<Parameters, Vec<Fault>> {
    read(text, path, Values::Plain)
}

/// The same for a file that lies beside a template and was not written for this program.
pub(super) fn read_beside(text: &Arc<str>, path: &str) -> Result<Parameters, Vec<Fault>> {
    read(text, path, Values::Deployed)
}

fn read(text: &Arc<str>, path: &str, values: Values) -> Result<Parameters, Vec<Fault>> {
    let document = syntax::parse(FileId(0), text, path);
    if let Some(error) = document.errors().first() {
        return Err(vec![Fault::new(error.span, error.message.clone())]);
    }
    let Some(root) = document.root() else {
        return Err(vec![Fault::new(Span::at(0), "there are no parameters in it")]);
    };
    let mut reader = Reader { values, found: Vec::new(), faults: Vec::new() };
    for (later, first) in document.duplicate_keys() {
        let name = shown(later.text().unwrap_or_default());
        let line = text.get(..first.span().start()).map_or(1, |before| before.matches('\n').count() + 1);
        reader.fault(later, format!("'{name}' stands twice, first in line {line}"));
    }
    reader.whole(root);
    reader.faults.sort_by_key(|fault| fault.span);
    if reader.faults.is_empty() { Ok(reader.found) } else { Err(reader.faults) }
}

struct Reader {
    values: Values,
    found: Parameters,
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, node: Node<'_>, message: impl Into<String>) {
        self.faults.push(Fault::new(node.span(), message));
    }

    fn whole(&mut self, root: Node<'_>) {
        match root.kind() {
            Kind::Sequence => self.list(root),
            Kind::Mapping => match section(root) {
                Some((parameters, beside)) => {
                    for (key, _) in root.own_entries().filter(|(_, value)| value.id() != parameters.id()) {
                        let name = key.text().unwrap_or_default();
                        if !beside.contains(&name) && self.values == Values::Plain {
                            let what = "nothing that stands beside parameters";
                            self.faults.push(Fault::unknown(key.span(), what, name, beside.iter().copied()));
                        }
                    }
                    if parameters.kind() == Kind::Sequence { self.list(parameters) } else { self.map(parameters) }
                }
                None => self.map(root),
            },
            _ => self.fault(
                root,
                "parameters are a mapping of names to values, or a list of ParameterKey and ParameterValue",
            ),
        }
    }

    fn map(&mut self, map: Node<'_>) {
        for (key, value) in map.own_entries() {
            match key.text() {
                Some(name) => self.value(name, key, value),
                None => self.fault(key, "the name of a parameter is a text"),
            }
        }
    }

    fn list(&mut self, list: Node<'_>) {
        for item in list.items() {
            match (item.kind(), item.text().and_then(|text| text.split_once('='))) {
                (Kind::Mapping, _) => self.member(item),
                // What `aws cloudformation deploy --parameter-overrides` takes.
                (Kind::Scalar, Some((name, value))) => self.add(name, item, Some(value.to_owned())),
                _ => self.fault(item, "a member is a mapping with ParameterKey and ParameterValue"),
            }
        }
    }

    fn member(&mut self, member: Node<'_>) {
        for (key, _) in member.own_entries() {
            let name = key.text().unwrap_or_default();
            if !MEMBERS.contains(&name) {
                self.faults.push(Fault::unknown(key.span(), "no key of a parameter", name, MEMBERS.into_iter()));
            }
        }
        let Some((key, name)) = member.get("ParameterKey").and_then(|key| Some((key, key.text()?))) else {
            return self.fault(member, "there is no ParameterKey");
        };
        let previous = member.get("UsePreviousValue").and_then(Node::scalar);
        match (member.get("ParameterValue"), previous) {
            (_, Some(Scalar::Bool(true) | Scalar::Text("true"))) => self.add(name, key, None),
            (Some(value), _) => self.value(name, key, value),
            (None, _) => self.fault(member, format!("'{}' has no ParameterValue", shown(name))),
        }
    }

    fn value(&mut self, name: &str, key: Node<'_>, value: Node<'_>) {
        let members: Option<Vec<String>> = match value.kind() {
            Kind::Sequence if value.tag().is_none() => value.items().map(scalar).collect(),
            _ => scalar(value).map(|text| vec![text]),
        };
        match (members, self.values) {
            (Some(members), _) => self.add(name, key, Some(members.join(","))),
            (None, Values::Deployed) => self.add(name, key, None),
            (None, Values::Plain) => {
                let name = shown(name);
                self.fault(value, format!("'{name}' takes a text, a number, true or false, or a list of these"));
            }
        }
    }

    fn add(&mut self, name: &str, at: Node<'_>, value: Option<String>) {
        if self.found.iter().any(|(own, _)| own == name) {
            // Duplicate keys of a mapping are told already.
            if self.faults.iter().all(|fault| fault.span != at.span()) {
                self.fault(at, format!("'{}' is given twice", shown(name)));
            }
            return;
        }
        self.found.push((name.to_owned(), value));
    }
}

/// The values of a file that has more to say, and what may stand beside them.
fn section(root: Node<'_>) -> Option<(Node<'_>, &'static [&'static str])> {
    let found = SECTIONS.into_iter().find_map(|(name, beside)| Some((root.get(name)?, beside)))?;
    // A parameter may be called so too.
    (found.0.kind() != Kind::Scalar).then_some(found)
}

fn scalar(node: Node<'_>) -> Option<String> {
    match node.scalar().filter(|_| node.tag().is_none_or(|tag| tag.starts_with("!!")))? {
        Scalar::Null => None,
        Scalar::Bool(value) => Some(value.to_string()),
        Scalar::Number(text) | Scalar::Text(text) => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn read(text: &str) -> Vec<(String, String)> {
        let found = read_parameters(&Arc::from(text), "p").unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
        found.into_iter().map(|(name, value)| (name, value.unwrap_or_else(|| "?".to_owned()))).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn faults(text: &str) -> Vec<String> {
        let file = SourceFile::new("p.json", text);
        let faults = read_parameters(file.text(), "p.json").expect_err(text);
        faults.iter().map(|fault| fault.in_file(&file)).collect()
    }

    #[test]
    fn every_form() {
        assert_eq!(read(r#"{"Stage": "prod", "Count": 3}"#), pairs(&[("Stage", "prod"), ("Count", "3")]));
        assert_eq!(
            read("Stage: prod\nOn: true\nIds: [012, b]\n"),
            pairs(&[("Stage", "prod"), ("On", "true"), ("Ids", "012,b")])
        );
        let list = r#"[{"ParameterKey": "A", "ParameterValue": "x"}, {"ParameterKey": "B", "UsePreviousValue": true}]"#;
        assert_eq!(read(list), pairs(&[("A", "x"), ("B", "?")]));
        assert_eq!(read(&format!("{{\"Parameters\": {list}}}")), pairs(&[("A", "x"), ("B", "?")]));
        assert_eq!(read(r#"["A=x=y", "B="]"#), pairs(&[("A", "x=y"), ("B", "")]));
        let pipeline = r#"{"Parameters": {"Stage": "prod"}, "Tags": {"a": "b"}, "StackPolicy": {"Statement": []}}"#;
        assert_eq!(read(pipeline), pairs(&[("Stage", "prod")]));
        assert_eq!(
            read("template-file-path: a.yaml\nparameters: {Stage: prod}\ntags: {}\n"),
            pairs(&[("Stage", "prod")])
        );
        assert_eq!(read(r#"{"Parameters": "a parameter of this name"}"#).len(), 1);
        assert_eq!(read("{}"), []);
    }

    #[test]
    fn mistakes_have_a_place() {
        assert_eq!(
            faults("{\n  \"A\": {\"b\": 1},\n  \"C\": null}"),
            [
                "p.json:2:8: 'A' takes a text, a number, true or false, or a list of these",
                "p.json:3:8: 'C' takes a text, a number, true or false, or a list of these"
            ]
        );
        assert_eq!(faults("[{\"ParameterKay\": \"A\"}]").len(), 2);
        assert!(faults("[{\"ParameterKay\": \"A\"}]")[1].contains("did you mean ParameterKey?"));
        assert_eq!(faults("[{\"ParameterKey\": \"A\"}]"), ["p.json:1:2: 'A' has no ParameterValue"]);
        assert_eq!(faults("[7]"), ["p.json:1:2: a member is a mapping with ParameterKey and ParameterValue"]);
        assert_eq!(faults("{\"A\": 1,\n \"A\": 2}"), ["p.json:2:2: 'A' stands twice, first in line 1"]);
        assert_eq!(faults("[\"A=1\", \"A=2\"]"), ["p.json:1:9: 'A' is given twice"]);
        assert_eq!(faults("{\"Parameters\": {}, \"Tagss\": {}}").len(), 1);
        assert_eq!(faults("{\"A\" 1}").len(), 1);
        assert_eq!(faults("").len(), 1);
        assert_eq!(faults("\"text\"").len(), 1);
    }

    #[test]
    fn functions_are_for_the_deployment() {
        let text = Arc::from(r#"{"userPoolId": {"Fn::GetAtt": ["auth", "Outputs.Id"]}, "empty": null, "x": "y"}"#);
        let found = read_beside(&text, "parameters.json").unwrap();
        assert_eq!(found.iter().map(|(_, value)| value.as_deref()).collect::<Vec<_>>(), [None, None, Some("y")]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in ".{0,200}") {
            let _ = read_parameters(&Arc::from(text), "p.json");
        }
    }
}
