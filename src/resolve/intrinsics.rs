//! Evaluation of intrinsic functions.

use super::parameter::variable_key;
use super::partition::{partition_of, url_suffix};
use super::{BYTES_PER_NODE, MOST, NoteKind, Resolver, StackId, one_of, returns, too_large};
use crate::syntax::{Kind as NodeKind, Node};
use crate::template::serverless::{self, Variable};
use crate::template::{Call, Function, get_att};
use crate::value::{At, Branch, Case, Format, Kind, Piece, Size, Text, Value, Why, Worlds};

impl<'d> Resolver<'_, 'd> {
    pub(super) fn call(&mut self, stack: StackId, call: Call<'d>, at: At) -> Value {
        let kind = match call.function {
            Function::Ref => self.reference(stack, call, at),
            Function::GetAtt => self.get_att(stack, call, at),
            Function::Sub => self.sub(stack, call, at),
            Function::Join => self.join(stack, call, at),
            Function::Select => self.select(stack, call, at),
            Function::Split => self.split(stack, call, at),
            Function::If => self.choose(stack, call).0,
            Function::FindInMap => self.find_in_map(stack, call, at),
            Function::ImportValue => self.import(stack, call, at),
            Function::GetStackOutput => self.stack_output(stack, call, at),
            Function::Length => self.length(stack, call, at),
            Function::ToJsonString => self.json_string(stack, call, at),
            Function::Base64 => self.base64(stack, call, at),
            _ => Kind::Any(Why::Intrinsic(call.told().into())),
        };
        Value::new(kind, at)
    }

    fn reference(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let Some(name) = call.argument.text() else { return malformed(call) };
        self.reference_to(stack, name, at)
    }

    fn reference_to(&mut self, stack: StackId, name: &str, at: At) -> Kind {
        if name == "AWS::NoValue" {
            return Kind::Absent;
        }
        if name.starts_with("AWS::") {
            return Kind::Text(self.pseudo(stack, name));
        }
        let template = self.stack(stack).template;
        if let Some(declaration) = template.parameter(name) {
            return self.parameter(stack, name, declaration, at);
        }
        match template.resource(name) {
            Some(resource) => self.attribute_of(stack, resource, returns::REF, at),
            None => self.function_version(stack, name, at).unwrap_or_else(|| Kind::Any(Why::Missing(name.into()))),
        }
    }

    /// A pseudo parameter's text, where the stack's environment is known.
    pub(super) fn pseudo_known(&self, stack: StackId, name: &str) -> Option<String> {
        let info = &self.stack(stack).info;
        match name {
            "AWS::StackName" => info.name.clone(),
            _ if info.apart => None,
            "AWS::Region" => info.region.clone(),
            "AWS::AccountId" => info.account.clone(),
            "AWS::Partition" => self.partition(stack).map(str::to_owned),
            "AWS::URLSuffix" => self.partition(stack).and_then(url_suffix).map(str::to_owned),
            _ => None,
        }
    }

    /// The stack set's instance that a stack belongs to: its accounts and Regions are its own.
    pub(super) fn realm(&self, mut stack: StackId) -> Option<StackId> {
        loop {
            if self.stack(stack).info.apart {
                return Some(stack);
            }
            stack = self.stack(stack).parent?.0;
        }
    }

    fn partition(&self, stack: StackId) -> Option<&str> {
        let info = &self.stack(stack).info;
        info.region.as_deref().map(partition_of).or(info.partition.as_deref())
    }

    pub(super) fn pseudo(&mut self, stack: StackId, name: &str) -> Text {
        if let Some(known) = self.pseudo_known(stack, name) {
            return Text::known(known);
        }
        // The environment of a run that names none is one and the same; the rest belongs to a stack.
        let key = match name {
            "AWS::Region" | "AWS::AccountId" | "AWS::Partition" | "AWS::URLSuffix" => match self.realm(stack) {
                None => name.to_owned(),
                Some(realm) => format!("{}/{name}", realm.0),
            },
            _ => format!("{}/Ref/{name}", stack.0),
        };
        let text = self.symbol(&key, name, returns::pseudo(name), false);
        if let (Some(symbol), Some(switch)) =
            (text.as_symbol(), self.worlds.find(&format!("{}/parameter/{name}", stack.0)))
        {
            self.variables.insert(symbol, switch);
        }
        text
    }

    fn get_att(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        if let Some((resource, attribute)) = get_att(call.argument) {
            return self.attribute(stack, resource, &attribute, at);
        }
        // The attribute may itself be computed (CloudFormation User Guide, Fn::GetAtt).
        let mut items = call.argument.items();
        let (Some(resource), Some(attribute), None) = (items.next(), items.next(), items.next()) else {
            return malformed(call);
        };
        let parts = vec![self.value(stack, resource), self.value(stack, attribute)];
        self.in_each_case(parts, at, &mut |resolver, parts| {
            let texts: Vec<Option<Text>> = parts.iter().map(Value::text).collect();
            match texts.as_slice() {
                [Some(Text::Known(resource)), Some(Text::Known(attribute))] => {
                    resolver.attribute(stack, resource, attribute, at)
                }
                _ => Kind::Any(resolver.cause(parts, "Fn::GetAtt of an unknown attribute")),
            }
        })
    }

    /// Why a function has no value: the first of its parts that somebody could have said, else the function.
    pub(super) fn cause(&self, parts: &[Value], function: &str) -> Why {
        let of_text = |text: Text| match text {
            Text::Any(why) => Some(why),
            text => text.pieces()?.into_iter().find_map(|piece| match piece {
                Piece::Symbol(id) => self.symbols.missing(id).cloned(),
                Piece::Literal(_) => None,
            }),
        };
        parts.iter().find_map(|part| of_text(part.text()?)).unwrap_or_else(|| Why::Intrinsic(function.into()))
    }

    /// What a function is given. In the short form the tagged node is the argument itself, or holds the
    /// function that makes it.
    pub(super) fn argument(&mut self, stack: StackId, call: Call<'d>, at: At) -> Value {
        let node = call.argument;
        if !call.short {
            return self.value(stack, node);
        }
        match (Call::long(node), node.kind()) {
            (Some(inner), _) => self.call(stack, inner, at),
            (None, NodeKind::Mapping) => self.map(stack, node, at).0,
            (None, NodeKind::Sequence) => self.list(stack, node, at).0,
            // The tag of a function says nothing of what the scalar means.
            (None, _) => Value::new(Kind::Text(self.literal(stack, node.text().unwrap_or_default(), at)), at),
        }
    }

    fn sub(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let mut items = call.argument.items();
        let (template, names) = match call.argument.kind() {
            NodeKind::Scalar => (Some(call.argument), None),
            _ => (items.next(), items.next()),
        };
        let Some(template) = template.and_then(Node::text) else { return malformed(call) };
        let mut parts = Vec::new();
        for (_, part) in sub_parts(template) {
            let kind = match part {
                SubPart::Literal(text) => Kind::Text(self.literal(stack, &text, at)),
                SubPart::Framework(text) => Kind::Text(self.variable_text(stack, Variable { text: &text })),
                SubPart::Variable(name) => match names.and_then(|names| names.get(&name)) {
                    Some(node) => self.value(stack, node).kind,
                    None => self.sub_variable(stack, &name, at),
                },
            };
            parts.push(Value::new(kind, at));
        }
        self.concatenated(parts, at)
    }

    fn sub_variable(&mut self, stack: StackId, name: &str, at: At) -> Kind {
        match name.split_once('.') {
            // SAM takes this for a `Ref`, too.
            Some((resource, attribute)) => match self.function_version(stack, name, at) {
                Some(version) => version,
                None => self.attribute(stack, resource, attribute, at),
            },
            None => self.reference_to(stack, name, at),
        }
    }

    /// The texts one after another.
    fn concatenated(&mut self, parts: Vec<Value>, at: At) -> Kind {
        let count = parts.len();
        self.in_each_case(parts, at, &mut |resolver, parts| {
            let texts: Option<Vec<Text>> = parts.iter().map(Value::text).collect();
            match texts {
                Some(texts) if texts.len() == count => Kind::Text(resolver.joined(&texts, at)),
                _ => Kind::Any(Why::Intrinsic("a text that holds a list or a mapping".into())),
            }
        })
    }

    fn join(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let mut items = call.argument.items();
        let (Some(delimiter), Some(list)) = (items.next(), items.next()) else { return malformed(call) };
        let delimiter = Text::known(delimiter.text().unwrap_or_default());
        let list = self.value(stack, list);
        self.in_each_case(vec![list], at, &mut |resolver, parts| {
            let Some(Kind::List(items)) = parts.first().map(|list| &list.kind) else {
                return Kind::Any(resolver.cause(parts, "Fn::Join of an unknown list"));
            };
            let texts: Option<Vec<Text>> = items.iter().map(Value::text).collect();
            let Some(texts) = texts else { return Kind::Any(Why::Intrinsic("Fn::Join of what is no text".into())) };
            let between = texts.iter().enumerate().flat_map(|(index, text)| {
                let delimiter = (index > 0).then_some(&delimiter);
                delimiter.into_iter().chain(std::iter::once(text))
            });
            Kind::Text(resolver.joined(between, at))
        })
    }

    fn select(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let mut items = call.argument.items();
        let (Some(index), Some(list)) = (items.next(), items.next()) else { return malformed(call) };
        let (index, list) = (self.value(stack, index), self.value(stack, list));
        self.in_each_case(vec![index, list], at, &mut |resolver, parts| {
            let unknown = || Kind::Any(resolver.cause(parts, "Fn::Select of an unknown list"));
            let [index, list] = parts else { return unknown() };
            let index = index.text().and_then(|text| text.as_known()?.parse::<usize>().ok());
            let item = index.and_then(|index| list.items().get(index));
            item.map_or_else(unknown, |item| item.kind.clone())
        })
    }

    fn split(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let mut items = call.argument.items();
        let (Some(delimiter), Some(text)) = (items.next(), items.next()) else { return malformed(call) };
        let delimiter = delimiter.text().unwrap_or_default();
        let text = self.value(stack, text);
        self.in_each_case(vec![text], at, &mut |resolver, parts| {
            let text = parts.first().and_then(Value::text);
            if !resolver.make(text.as_ref().map_or(0, Text::bytes) / BYTES_PER_NODE, at) {
                return Kind::Any(Why::Bound);
            }
            match text.and_then(|text| resolver.split_text(&text, delimiter)) {
                Some(parts) if parts.len() >= MOST.weight => {
                    resolver.note(NoteKind::Bound, too_large(), at.place);
                    Kind::Any(Why::Bound)
                }
                Some(parts) => Kind::List(parts.into_iter().map(|text| Value::new(Kind::Text(text), at)).collect()),
                None => Kind::Any(resolver.cause(parts, "Fn::Split of an unknown text")),
            }
        })
    }

    /// The parts of a text; nothing where a symbol in it may hold the delimiter.
    pub(super) fn split_text(&self, text: &Text, delimiter: &str) -> Option<Vec<Text>> {
        if delimiter.is_empty() {
            return None;
        }
        let mut parts: Vec<Vec<Piece>> = vec![Vec::new()];
        let pieces = text.pieces()?;
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Symbol(id) => {
                    let (before, after) = (at.checked_sub(1).and_then(|at| pieces.get(at)), pieces.get(at + 1));
                    if may_hold(&self.symbols.facts(*id).format, delimiter, before, after) {
                        return None;
                    }
                    parts.last_mut()?.push(piece.clone());
                }
                Piece::Literal(literal) => {
                    // One more than a value may have: the caller sees that there were too many.
                    for (at, part) in literal.split(delimiter).enumerate().take(MOST.weight) {
                        if at > 0 {
                            parts.push(Vec::new());
                        }
                        parts.last_mut()?.push(Piece::Literal(part.into()));
                    }
                }
            }
        }
        Some(parts.into_iter().map(Text::from_pieces).collect())
    }

    /// What an `Fn::If` comes to, with its size.
    pub(super) fn choose(&mut self, stack: StackId, call: Call<'d>) -> (Kind, Size) {
        let items: Vec<Node<'d>> = call.argument.items().collect();
        let [condition, yes, no] = items.as_slice() else { return (malformed(call), Size::ONE) };
        let Some(switch) = condition.text().and_then(|name| self.condition(stack, name)) else {
            return (
                Kind::Any(Why::Missing(
                    condition.text().map_or("a condition".to_owned(), |name| format!("condition {name}")).into(),
                )),
                Size::ONE,
            );
        };
        let (mut cases, mut sizes) = (Vec::new(), Vec::new());
        for (choice, node) in [(1, yes), (0, no)] {
            let when = Branch::of(switch, choice);
            if !self.worlds.consistent(&when).is_false() {
                let (then, size) = self.weighed(stack, *node);
                cases.push(Case { when, then });
                sizes.push(size);
            }
        }
        match sizes.as_slice() {
            [] => (Kind::Any(Why::Intrinsic("a condition that can be neither true nor false".into())), Size::ONE),
            // Only one branch can be: it needs no name.
            [only] => (cases.remove(0).then.kind, *only),
            _ => (Kind::OneOf(cases.into()), sizes.into_iter().fold(Size::ONE, Size::with)),
        }
    }

    fn find_in_map(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let items: Vec<Node<'d>> = call.argument.items().collect();
        let [map, first, second, rest @ ..] = items.as_slice() else { return malformed(call) };
        let mappings = self.stack(stack).template.mappings;
        // `{DefaultValue: …}` (AWS::LanguageExtensions, Fn::FindInMap enhancements).
        let default = rest.first().and_then(|options| options.get("DefaultValue"));
        let open = default.is_some();
        let (map, first, second) =
            (self.value(stack, *map), self.key(stack, *first, open), self.key(stack, *second, open));
        self.in_each_case(vec![map, first, second], at, &mut |resolver, parts| {
            if let (true, Some(default)) = (parts.iter().any(|key| key.kind == Kind::Null), default) {
                return resolver.value(stack, default).kind;
            }
            let keys: Option<Vec<Text>> = parts.iter().map(Value::text).collect();
            let keys = keys.unwrap_or_default();
            let [Some(map), Some(first), Some(second)] = [0, 1, 2].map(|at| keys.get(at).and_then(Text::as_known))
            else {
                return Kind::Any(resolver.cause(parts, "Fn::FindInMap with an unknown key"));
            };
            let mut found = mappings;
            for key in [map, first, second] {
                // A macro may put more keys there.
                if let Some(call) = found.and_then(Call::of) {
                    return Kind::Any(Why::Intrinsic(call.told().into()));
                }
                found = found.and_then(|node| node.get(key));
            }
            match found.or(default) {
                Some(node) => resolver.value(stack, node).kind,
                None => Kind::Any(Why::Missing(format!("{map}.{first}.{second}").into())),
            }
        })
    }

    /// A key of a mapping: a parameter without a value is tried with every key that it can have, and is
    /// null where it may also be none of them.
    fn key(&mut self, stack: StackId, node: Node<'d>, or_none: bool) -> Value {
        let value = self.value(stack, node);
        let Some(symbol) = value.text().and_then(|text| text.as_symbol()) else { return value };
        // Only of what the mapping is chosen by in so many words are all keys listed.
        let own = super::parameter::ref_to(node).and_then(|name| self.worlds.find(&variable_key(stack, name)));
        let Some(switch) = self.variables.get(&symbol).copied().filter(|switch| own == Some(*switch)) else {
            return value;
        };
        let facts = self.worlds.switch(switch);
        if facts.values.len() > Worlds::MOST_VALUES {
            return value;
        }
        let cases = facts.values.iter().enumerate().skip(1).map(|(choice, text)| {
            let then = Value::new(Kind::Text(Text::Known(text.clone())), value.at);
            Case { when: Branch::of(switch, choice as u16), then }
        });
        let none = (or_none && !facts.closed)
            .then(|| Case { when: Branch::of(switch, 0), then: Value::new(Kind::Null, value.at) });
        let cases: Vec<Case<Value>> = cases.chain(none).collect();
        if cases.is_empty() { value } else { Value::new(one_of(cases), value.at) }
    }
}

fn malformed(call: Call<'_>) -> Kind {
    Kind::Any(Why::Intrinsic(format!("{} as it is written here", call.told()).into()))
}

/// A part of the text that `Fn::Sub` is given.
pub(super) enum SubPart {
    Literal(String),
    Variable(String),
    /// The Serverless Framework replaces it before CloudFormation sees the text.
    Framework(String),
}

/// The parts of an `Fn::Sub` text, each with the offset at which it stands; `${!X}` is the literal `${X}`.
pub(super) fn sub_parts(template: &str) -> Vec<(usize, SubPart)> {
    let (mut parts, mut at) = (Vec::new(), 0);
    for piece in serverless::pieces(template) {
        match piece {
            serverless::Piece::Literal(text) => {
                own_parts(text, at, &mut parts);
                at += text.len();
            }
            serverless::Piece::Variable(variable) => {
                parts.push((at, SubPart::Framework(variable.text.to_owned())));
                at += variable.text.len();
            }
        }
    }
    parts
}

/// The parts with CloudFormation's own variables of a text that stands at `from`.
fn own_parts(template: &str, from: usize, parts: &mut Vec<(usize, SubPart)>) {
    let mut at = 0;
    while let Some(start) = template[at..].find("${").map(|start| at + start) {
        if start > at {
            parts.push((from + at, SubPart::Literal(template[at..start].to_owned())));
        }
        let Some(end) = template[start..].find('}').map(|end| start + end) else {
            parts.push((from + start, SubPart::Literal(template[start..].to_owned())));
            return;
        };
        let name = &template[start + 2..end];
        let part = match name.strip_prefix('!') {
            Some(name) => SubPart::Literal(format!("${{{name}}}")),
            None => SubPart::Variable(name.trim().to_owned()),
        };
        parts.push((from + start, part));
        at = end + 1;
    }
    parts.push((from + at, SubPart::Literal(template[at..].to_owned())));
}

/// Whether a text of a format may hold a delimiter, or a part of it of which the rest stands beside it.
fn may_hold(format: &Format, delimiter: &str, before: Option<&Piece>, after: Option<&Piece>) -> bool {
    let chars: Vec<char> = delimiter.chars().collect();
    let holds = |part: &[char]| part.iter().all(|c| format.may_hold(*c));
    // What stands beside it may be short, or not known itself.
    let begins = |piece: Option<&Piece>, rest: &[char]| match piece {
        Some(Piece::Literal(text)) => text.chars().zip(rest).all(|(a, b)| a == *b),
        Some(Piece::Symbol(_)) => true,
        None => false,
    };
    let ends = |piece: Option<&Piece>, front: &[char]| match piece {
        Some(Piece::Literal(text)) => text.chars().rev().zip(front.iter().rev()).all(|(a, b)| a == *b),
        Some(Piece::Symbol(_)) => true,
        None => false,
    };
    let cuts = || 1..chars.len();
    holds(&chars)
        || cuts().any(|at| holds(&chars[..at]) && begins(after, &chars[at..]))
        || cuts().filter(|at| ends(before, &chars[..*at])).any(|at| {
            let within = |end: usize| holds(&chars[at..end]) && begins(after, &chars[end..]);
            holds(&chars[at..]) || (at + 1..chars.len()).any(within)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_that_a_symbol_may_hold_in_part() {
        let literal = |text: &str| Piece::Literal(text.into());
        let may = |format: &str, delimiter: &str, before: &str, after: &str| {
            may_hold(&Format::new(format, "a"), delimiter, Some(&literal(before)), Some(&literal(after)))
        };
        assert!(!may("{a-}", ":oidc-provider/", "arn:", ":iam::"), "a partition has neither colon nor slash");
        assert!(may("{a-}", ":oidc/", "arn:", "/x"), "the partition may be oidc");
        assert!(
            may("{a:}", "a:", "x", "y")
                && may("{a}", "a:", "x", ":y")
                && may("{a}", "::a", "x:", "y") == may("{a}", "::a", "x:", "z")
        );
        assert!(!may("{a}", "::a", "x;", "y") && may("{a}", "::a", "x::", "y") && !may("{9}", ":", ":", ":"));
        assert!(may_hold(&Format::any(), ":", None, None) && !may_hold(&Format::new("{9}", "0"), ":x", None, None));
    }
}
