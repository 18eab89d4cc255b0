//! Documents inside texts: a policy written as a JSON text, or as `Fn::Sub` or `Fn::Join` of one, and
//! CDK's `Custom::AWSCDKCfnJson`. Symbols are holes in the text, kept by their offsets, never marked by
//! characters that a template could contain; every part is shown at the bytes that say it.

use std::sync::Arc;

use super::places::{Places, runs};
use super::{BYTES_PER_NODE, Resolver, StackId};
use crate::source::FileId;
use crate::syntax::{Kind as NodeKind, Node, Scalar, parse_json};
use crate::template::{Call, Function, Resource};
use crate::value::{At, Case, Entry, Kind, Piece, Text, Value, Why};

impl<'d> Resolver<'_, 'd> {
    /// The value of a property that is a document, or a JSON text of one.
    pub fn document(&mut self, stack: StackId, resource: &Resource<'d>, name: &str) -> Option<Value> {
        let value = self.property(stack, resource, name)?;
        Some(self.as_document(stack, value))
    }

    /// The same value with its texts read as JSON, in each of its cases.
    pub fn as_document(&mut self, stack: StackId, value: Value) -> Value {
        let kind = match value.kind {
            Kind::OneOf(cases) => {
                let read = cases.iter().map(|case| {
                    let then = self.as_document(stack, case.then.clone());
                    Case { when: case.when.clone(), then }
                });
                Kind::OneOf(read.collect())
            }
            Kind::Text(_) | Kind::Any(_) if self.made_to_text(stack, value.at).is_some() => {
                let Some(call) = self.made_to_text(stack, value.at) else { return value };
                return self.argument(stack, call, value.at);
            }
            Kind::Text(ref text) if !matches!(text, Text::Any(_)) => {
                // Of a text that is no more than a parameter, it is the parameter that is missing.
                if text.as_symbol().is_some() {
                    return Value::any(self.cause(std::slice::from_ref(&value), NO_JSON), value.at);
                }
                return self.embedded(stack, text, value.at).unwrap_or_else(|fault| fault);
            }
            other => other,
        };
        Value { kind, at: value.at }
    }

    /// The `Fn::ToJsonString` that a value comes from.
    pub(super) fn made_to_text(&self, stack: StackId, at: At) -> Option<Call<'d>> {
        Call::of(self.written(stack, at)?).filter(|call| call.function == Function::ToJsonString)
    }

    /// The node that a value was written as, where it is one of the stack's own template.
    pub(super) fn written(&self, stack: StackId, at: At) -> Option<Node<'d>> {
        let node = self.stack(stack).template.find(at.place.file, at.node?)?;
        (node.tagged_place() == at.place).then_some(node)
    }

    /// The value that the custom resource's `Value` attribute has.
    pub(super) fn cfn_json(&mut self, stack: StackId, resource: &Resource<'d>, at: At) -> Kind {
        let Some(text) = self.property(stack, resource, "Value") else {
            return Kind::Any(Why::Missing("Value".into()));
        };
        let host = text.at;
        let why = Why::Intrinsic(format!("the JSON of {}", resource.id).into());
        let unread = Kind::Text(self.missing(&format!("{}/json/{}", stack.0, resource.id), resource.id, why));
        self.in_each_case(vec![text], at, &mut |resolver, parts| {
            let Some(text) = parts.first().and_then(Value::text) else { return unread.clone() };
            resolver.embedded(stack, &text, host).map_or_else(|_| unread.clone(), |value| value.kind)
        })
    }

    /// What a JSON text says; where it is no JSON an unknown value, at the place and with the cause of that.
    fn embedded(&mut self, stack: StackId, text: &Text, host: At) -> Result<Value, Value> {
        // It is read again for every reference.
        if !self.make(text.bytes() / BYTES_PER_NODE, host) {
            return Ok(Value::any(Why::Bound, host));
        }
        let unknown = || Value::any(self.cause(&[], NO_JSON), host);
        let (literal, holes) = literal_with_holes(text).ok_or_else(unknown)?;
        let document = parse_json(FileId(0), &Arc::from(literal.as_str()));
        let runs = self.written(stack, host).map(runs).unwrap_or_default();
        let places = Places::new(&literal, &runs, host.place);
        let fault = document.errors().first();
        if let Some((at, piece)) = hole_outside_strings(&literal, &holes, fault.map(|fault| fault.span.start())) {
            // It could be anything.
            let text = Text::from_pieces([piece.clone()]);
            let value = Value::new(Kind::Text(text), host);
            return Err(Value::any(self.cause(&[value], "a part of a JSON text"), places.between(at)));
        }
        if let Some(fault) = fault {
            let at = places.fault(&literal, fault.span);
            return Err(Value::any(Why::Broken(fault.clone().of_text().message.into()), at));
        }
        let mut reader = Reader { literal: &literal, holes: &holes, used: 0, places };
        let value = document.root().and_then(|root| reader.value(root));
        value.filter(|_| reader.used == holes.len()).ok_or_else(unknown)
    }
}

/// Why a text has no value as a document, where no better cause is known.
const NO_JSON: &str = "a text that is no JSON";

/// The first hole that no string of a JSON text holds, before the byte at which reading failed.
fn hole_outside_strings<'h>(
    literal: &str,
    holes: &'h [(usize, Piece)],
    failed_at: Option<usize>,
) -> Option<(usize, &'h Piece)> {
    let failed_at = failed_at.unwrap_or(literal.len());
    let (mut inside, mut escaped, mut bytes) = (false, false, literal.bytes().enumerate().peekable());
    for (offset, piece) in holes.iter().take_while(|(offset, _)| *offset <= failed_at) {
        while let Some((_, byte)) = bytes.next_if(|(at, _)| at < offset) {
            inside ^= byte == b'"' && !escaped;
            escaped = inside && byte == b'\\' && !escaped;
        }
        if !inside {
            return Some((*offset, piece));
        }
    }
    None
}

/// The known characters of a text, and the symbols with the offsets at which they stand.
fn literal_with_holes(text: &Text) -> Option<(String, Vec<(usize, Piece)>)> {
    let mut literal = String::new();
    let mut holes = Vec::new();
    for piece in text.pieces()? {
        match piece {
            Piece::Literal(part) => literal.push_str(&part),
            Piece::Symbol(_) => holes.push((literal.len(), piece)),
        }
    }
    Some((literal, holes))
}

struct Reader<'t> {
    literal: &'t str,
    holes: &'t [(usize, Piece)],
    used: usize,
    places: Places,
}

impl Reader<'_> {
    fn value(&mut self, node: Node<'_>) -> Option<Value> {
        let kind = match node.kind() {
            NodeKind::Sequence => {
                let items: Option<Vec<Value>> = node.items().map(|item| self.value(item)).collect();
                Kind::List(items?.into())
            }
            NodeKind::Mapping => {
                let entries: Option<Vec<Entry>> =
                    node.entries().into_iter().map(|(key, value)| self.entry(key, value)).collect();
                Kind::Map(entries?.into())
            }
            _ => match node.scalar()? {
                Scalar::Null => Kind::Null,
                Scalar::Bool(value) => Kind::Bool(value),
                Scalar::Number(text) => Kind::Number(text.into()),
                Scalar::Text(_) => Kind::Text(self.string(node)?),
            },
        };
        Some(Value::new(kind, self.places.at(node.span())))
    }

    fn entry(&mut self, key: Node<'_>, value: Node<'_>) -> Option<Entry> {
        let key_at = self.places.at(key.span());
        Some(Entry { key: self.string(key)?, key_at, value: self.value(value)? })
    }

    /// A string with the holes that lie in it put back.
    fn string(&mut self, node: Node<'_>) -> Option<Text> {
        let (mut from, end) = (node.span().start() + 1, node.span().end().checked_sub(1)?);
        let mut pieces = Vec::new();
        // Holes stand in the order of the text.
        let before = self.holes.partition_point(|(offset, _)| *offset < from);
        for (offset, symbol) in self.holes[before..].iter().take_while(|(offset, _)| *offset <= end) {
            pieces.push(Piece::Literal(unescaped(self.literal.get(from..*offset)?)?));
            pieces.push(symbol.clone());
            from = *offset;
            self.used += 1;
        }
        pieces.push(Piece::Literal(unescaped(self.literal.get(from..end)?)?));
        Some(Text::from_pieces(pieces))
    }
}

/// A part of a JSON string with its escapes taken away.
fn unescaped(part: &str) -> Option<Arc<str>> {
    let document = parse_json(FileId(0), &Arc::from(format!("\"{part}\"")));
    let root = document.root().filter(|_| document.errors().is_empty())?;
    root.text().map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::{Stack, StackInfo, StackSet};
    use crate::source::Place;
    use crate::syntax::{parse, parse_yaml};
    use crate::template::Template;
    use crate::value::shown;

    const YAML: &str = r#"
Parameters: {Provider: {Type: String}, Stage: {Type: String, Default: dev}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:
  Plain:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: '{"Statement": [{"Effect": "Allow"}]}'
  Sub:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !Sub |
        {
          "Version": "2012-10-17",
          "Statement": [{
              "Principal": {"Federated": "arn:${AWS::Partition}:${Provider}"},
              "Condition": {"StringEquals": {"${Provider}:aud": "${!aws:x}-${Stage}"}}
          }]
        }
  Choice:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !If [IsProd, {Statement: []}, !Sub ['{"Statement": ["${A}"]}', {A: !Ref Provider}]]
  Made:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !ToJsonString {Statement: [!Ref Provider]}
  Joined:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: !Join ['', ['{"Statement": "', !Ref Provider, '", "Id": "x"}']]
  Broken:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: '{"Statement": ['
"#;

    /// Paths, texts and the source of each text of a role's trust policy.
    fn read(text: &str, path: &str, role: &str) -> Vec<(String, String, String)> {
        let doc = parse(FileId(0), &text.into(), path);
        assert_eq!(doc.errors(), []);
        let template = Template::read(&doc).unwrap();
        let set = StackSet::new(vec![Stack::new(&template, StackInfo::default())]);
        let mut resolver = Resolver::new(&set);
        let resource = template.resource(role).unwrap();
        let value = resolver.document(StackId(0), resource, "AssumeRolePolicyDocument").unwrap();
        let mut found = Vec::new();
        for case in resolver.worlds.cases(&value).cases {
            texts(&case.then, String::new(), &resolver, &mut found);
        }
        found
    }

    fn texts(value: &Value, path: String, resolver: &Resolver<'_, '_>, found: &mut Vec<(String, String, String)>) {
        match &value.kind {
            Kind::List(items) => items.iter().for_each(|item| texts(item, format!("{path}/"), resolver, found)),
            Kind::Map(entries) => entries.iter().for_each(|entry| {
                let key = shown(&entry.key, &resolver.symbols);
                texts(&entry.value, format!("{path}/{key}"), resolver, found);
            }),
            Kind::Any(_) => found.push((path, "?".into(), String::new())),
            _ => {
                let text = value.text().map(|text| shown(&text, &resolver.symbols)).unwrap_or_default();
                let source = value.at.place.span.of(resolver.set().stack(StackId(0)).template.doc.text());
                found.push((path, text, source.to_owned()));
            }
        }
    }

    fn assert_read(text: &str, path: &str, role: &str, expected: &[(&str, &str, &str)]) {
        let found = read(text, path, role);
        let found: Vec<_> = found.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        assert_eq!(found, expected, "{role}");
    }

    #[test]
    fn a_policy_in_a_text_points_into_the_text() {
        assert_read(YAML, "a.yaml", "Plain", &[("/Statement//Effect", "Allow", "\"Allow\"")]);
        let (federated, aud) = ("\"arn:${AWS::Partition}:${Provider}\"", "\"${!aws:x}-${Stage}\"");
        let key = "/Statement//Condition/StringEquals/${Provider}:aud";
        for stage in ["dev", "prod"] {
            let expected = [
                ("/Version".to_owned(), "2012-10-17".to_owned(), "\"2012-10-17\"".to_owned()),
                (
                    "/Statement//Principal/Federated".to_owned(),
                    "arn:${AWS::Partition}:${Provider}".to_owned(),
                    federated.to_owned(),
                ),
                (key.to_owned(), format!("${{aws:x}}-{stage}"), aud.to_owned()),
            ];
            let found = read(YAML, "a.yaml", "Sub");
            assert!(found.chunks(3).any(|case| case == expected), "{stage}: {found:?}");
        }
        assert_read(
            YAML,
            "a.yaml",
            "Joined",
            &[("/Statement", "${Provider}", "\"', !Ref Provider, '\""), ("/Id", "x", "\"x\"")],
        );
    }

    #[test]
    fn choices_and_structures_are_followed() {
        assert_read(YAML, "a.yaml", "Choice", &[("/Statement/", "${Provider}", "\"${A}\"")]);
        assert_read(YAML, "a.yaml", "Made", &[("/Statement/", "${Provider}", "!Ref Provider")]);
        assert_read(YAML, "a.yaml", "Broken", &[("", "?", "")]);
    }

    #[test]
    fn escapes_in_json_templates() {
        let text = r#"{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": "{\n\t\"Statement\": [{\"Effect\": \"Allow\"}]}"}}}}"#;
        assert_read(text, "a.json", "R", &[("/Statement//Effect", "Allow", r#"\"Allow\""#)]);
    }

    #[test]
    fn a_text_of_another_template_has_the_place_of_its_reference() {
        let doc = parse_yaml(FileId(0), &YAML.into());
        let template = Template::read(&doc).unwrap();
        let set = StackSet::new(vec![Stack::new(&template, StackInfo::default())]);
        let resolver = Resolver::new(&set);
        let root = doc.root().unwrap();
        let elsewhere = At { place: Place { file: FileId(7), ..root.place() }, node: Some(root.id()) };
        assert!(resolver.written(StackId(0), elsewhere).is_none());
        let behind = At { node: Some(crate::syntax::NodeId(u32::MAX)), ..elsewhere };
        assert!(resolver.written(StackId(0), behind).is_none());
    }
}
