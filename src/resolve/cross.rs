//! References from one stack to another: exports, stack outputs, nested stacks, the cross-region
//! custom resources of CDK.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{BYTES_PER_NODE, NoteKind, Resolver, Stack, StackId, StackSet, Unread};
use crate::syntax::{Node, Scalar};
use crate::template::{Call, Function, is_nested_stack};
use crate::value::{At, Kind, Text, Value, Why};

impl<'d> Resolver<'_, 'd> {
    pub(super) fn import(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let name = self.argument(stack, call, at);
        self.in_each_case(vec![name], at, &mut |resolver, parts| match parts.first().and_then(Value::text) {
            Some(name) => resolver.exported(stack, &name, at),
            None => Kind::Any(Why::Intrinsic("Fn::ImportValue as it is written here".into())),
        })
    }

    /// The value that exactly one stack of the set exports under a name.
    fn exported(&mut self, importer: StackId, name: &Text, at: At) -> Kind {
        if self.exports.is_none() {
            // Known to be there before it is filled: an export may itself be imported.
            self.exports = Some(HashMap::new());
            let exports = self.all_exports();
            self.exports = Some(exports);
        }
        let found = self.exports.as_ref().and_then(|exports| exports.get(name)).cloned().unwrap_or_default();
        self.one_answer(importer, found, &format!("the export {}", self.shown(name)), at)
    }

    fn all_exports(&mut self) -> HashMap<Text, Vec<(StackId, Node<'d>)>> {
        let mut exports: HashMap<Text, Vec<(StackId, Node<'d>)>> = HashMap::new();
        for id in self.set().ids() {
            for (_, output) in &self.stack(id).template.outputs {
                let Some(name) = export_name(*output) else { continue };
                for text in self.texts_of(id, name) {
                    exports.entry(text).or_default().push((id, *output));
                }
            }
        }
        exports
    }

    /// The texts that a node has in one case or another.
    fn texts_of(&mut self, stack: StackId, node: Node<'d>) -> Vec<Text> {
        let value = self.value(stack, node);
        self.worlds.cases(&value).cases.iter().filter_map(|case| case.then.text()).collect()
    }

    /// The output that is meant; the stacks of the importer's own environment come first.
    fn one_answer(&mut self, asking: StackId, mut found: Vec<(StackId, Node<'d>)>, what: &str, at: At) -> Kind {
        // Long names stand in notes.
        if !self.make(what.len() / BYTES_PER_NODE, at) {
            return Kind::Any(Why::Bound);
        }
        if found.len() > 1 {
            let home = |id: StackId| (&self.stack(id).info.account, &self.stack(id).info.region);
            let near: Vec<_> = found.iter().copied().filter(|(id, _)| home(*id) == home(asking)).collect();
            found = if near.len() == 1 { near } else { found };
        }
        match found.as_slice() {
            [(id, output)] => match output.get("Value") {
                Some(node) => self.value(*id, node).kind,
                None => Kind::Any(Why::Missing(what.into())),
            },
            [] => {
                self.note(NoteKind::LeftRun, format!("{what} is made by no template of this run"), at.place);
                Kind::Text(self.missing(what, what, Why::LeftRun(what.into())))
            }
            _ => {
                self.note(
                    NoteKind::Ambiguous,
                    format!("{what} is made by {} templates of this run", found.len()),
                    at.place,
                );
                Kind::Text(self.missing(what, what, Why::Ambiguous(what.into())))
            }
        }
    }

    pub(super) fn stack_output(&mut self, stack: StackId, call: Call<'d>, at: At) -> Kind {
        let (Some(name), Some(output)) = (call.argument.get("StackName"), call.argument.get("OutputName")) else {
            return Kind::Any(Why::Intrinsic("Fn::GetStackOutput as it is written here".into()));
        };
        let parts = vec![self.value(stack, name), self.value(stack, output)];
        self.in_each_case(parts, at, &mut |resolver, parts| {
            let texts: Vec<Option<String>> =
                parts.iter().map(|part| part.text().and_then(|text| text.as_known().map(str::to_owned))).collect();
            let [Some(name), Some(output)] = texts.as_slice() else {
                return Kind::Any(resolver.cause(parts, "Fn::GetStackOutput with an unknown name"));
            };
            let own = |id: &StackId| resolver.stack(*id).info.name.as_deref() == Some(name);
            let found = resolver.set().ids().filter(own);
            let found = found.filter_map(|id| Some((id, resolver.stack(id).template.output(output)?))).collect();
            resolver.one_answer(stack, found, &format!("the output {output} of stack {name}"), at)
        })
    }

    pub(super) fn nested_output(&mut self, stack: StackId, id: &str, output: &str, at: At) -> Kind {
        let what = format!("the output {output} of the nested stack {id}");
        let found = self.stack(stack).children.get(id).copied();
        let found = found.and_then(|child| Some((child, self.stack(child).template.output(output)?)));
        match found.and_then(|(child, node)| Some((child, node.get("Value")?))) {
            Some((child, node)) => self.value(child, node).kind,
            None => {
                self.note(NoteKind::LeftRun, format!("{what} is made by no template of this run"), at.place);
                let why = Why::LeftRun(what.as_str().into());
                Kind::Text(self.missing(&format!("{}/{what}", stack.0), &what, why))
            }
        }
    }

    /// Says of each nested stack that is no stack of the run why not.
    pub(super) fn note_unread(&mut self, stack: StackId) {
        let (template, stack) = (self.stack(stack).template, self.stack(stack));
        let unread: HashMap<&str, &Unread> = stack.unread.iter().map(|unread| (unread.id.as_str(), unread)).collect();
        for resource in template.resources.iter().filter(|resource| is_nested_stack(resource.kind)) {
            if stack.children.contains_key(resource.id) {
                continue;
            }
            let known = unread.get(resource.id).map(|unread| (unread.kind, unread.why.as_str()));
            let (kind, why) = known.unwrap_or((NoteKind::LeftRun, "is none of this run"));
            self.note(kind, format!("the template of the nested stack {} {why}", resource.id), resource.key.place());
        }
    }

    /// What a `Custom::CrossRegionExportWriter` writes under a name that a reader asks for.
    pub(super) fn cross_region(&mut self, export: &str, at: At) -> Kind {
        for id in self.set().ids() {
            for writer in self.stack(id).template.of_kind("Custom::CrossRegionExportWriter") {
                let exports = writer.property("WriterProps").and_then(|props| props.get("exports"));
                if let Some(node) = exports.and_then(|exports| exports.get(export)) {
                    return self.value(id, node).kind;
                }
            }
        }
        let what = format!("the cross-Region export {export}");
        self.note(NoteKind::LeftRun, format!("{what} is made by no template of this run"), at.place);
        let why = Why::LeftRun(what.as_str().into());
        Kind::Text(self.missing(&what, &what, why))
    }

    /// A text for people: symbols by their names.
    pub fn shown(&self, text: &Text) -> String {
        crate::value::shown(text, &self.symbols)
    }
}

fn export_name(output: Node<'_>) -> Option<Node<'_>> {
    output.get("Export")?.get("Name")
}

/// The name that an export or import is written with, where no function makes it.
fn plain(node: Node<'_>) -> Option<&str> {
    match node.scalar()? {
        Scalar::Text(text) if Call::of(node).is_none() && !text.contains("{{resolve:") => Some(text),
        _ => None,
    }
}

fn plain_import<'d>(call: Call<'d>) -> Option<&'d str> {
    if !call.short {
        return plain(call.argument);
    }
    call.argument.text().filter(|text| !text.contains("{{resolve:"))
}

/// Pairs of stacks of which the first imports a name that only the second exports.
pub(super) fn imports(stacks: &[Stack<'_>]) -> Vec<(usize, usize)> {
    let mut exporters: HashMap<Cow<'_, str>, Vec<usize>> = HashMap::new();
    let mut importers: Vec<(Cow<'_, str>, usize)> = Vec::new();
    for (at, stack) in stacks.iter().enumerate() {
        let (mut made_exports, mut made_imports) = (Vec::new(), Vec::new());
        for node in stack.template.outputs.iter().filter_map(|(_, output)| export_name(*output)) {
            match plain(node) {
                Some(name) => exporters.entry(name.into()).or_default().push(at),
                None => made_exports.push(node),
            }
        }
        let calls = stack.template.doc.nodes().filter_map(Call::of);
        for call in calls.filter(|call| call.function == Function::ImportValue) {
            match plain_import(call) {
                Some(name) => importers.push((name.into(), at)),
                None => made_imports.push(call),
            }
        }
        // Evaluating reads all parameters and conditions first: only where a name needs it.
        if made_exports.is_empty() && made_imports.is_empty() {
            continue;
        }
        let alone = StackSet::new(vec![Stack::new(stack.template, stack.info.clone())]);
        let mut resolver = Resolver::new(&alone);
        let known = |text: Text| text.as_known().map(str::to_owned);
        for node in made_exports {
            for name in resolver.texts_of(StackId(0), node).into_iter().filter_map(known) {
                exporters.entry(name.into()).or_default().push(at);
            }
        }
        for call in made_imports {
            let at_call = At { place: call.argument.place(), node: None };
            let name = resolver.argument(StackId(0), call, at_call);
            let names = resolver.worlds.cases(&name).cases.into_iter().filter_map(|case| case.then.text());
            importers.extend(names.filter_map(known).map(|name| (name.into(), at)));
        }
    }
    let only = |name: &str| exporters.get(name).filter(|stacks| stacks.len() == 1).map(|stacks| stacks[0]);
    importers.into_iter().filter_map(|(name, importer)| Some((importer, only(&name)?))).collect()
}
