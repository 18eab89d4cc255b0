//! References from one stack to another: exports, stack outputs, nested stacks, the cross-region
//! custom resources of CDK.

use std::collections::HashMap;

use super::join::{self, Home};
use super::{BYTES_PER_NODE, Note, NoteKind, Resolver, StackId, Unread};
use crate::syntax::Node;
use crate::template::{Call, STACK_SET, is_nested_stack};
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
        let found = found.into_iter().filter(|(exporter, _)| self.shares_exports(*exporter, importer)).collect();
        self.one_answer(importer, found, &join::export(&self.shown(name)), at)
    }

    /// Whether a stack may import what another one exports: exports belong to an account and a Region.
    fn shares_exports(&self, exporter: StackId, importer: StackId) -> bool {
        let home = |id: StackId| Home::of(&self.stack(id).info);
        self.realm(exporter) == self.realm(importer) && home(exporter).may_be(&home(importer))
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
    pub(super) fn texts_of(&mut self, stack: StackId, node: Node<'d>) -> Vec<Text> {
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
            [] => match self.set().rivals(what) {
                Some(rivals) => {
                    self.add_note(Note::of_rivals(what, rivals.clone(), at.place));
                    Kind::Text(self.missing(what, what, Why::Ambiguous(what.into())))
                }
                None => {
                    self.note(NoteKind::LeftRun, left_run(what), at.place);
                    Kind::Text(self.missing(what, what, Why::LeftRun(what.into())))
                }
            },
            [(first, _), (second, _), ..] => {
                let both = [first, second].map(|id| self.stack(*id).info.shown.clone());
                self.add_note(Note::of_rivals(what, both, at.place));
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
            let asked = join::asked_home(call, &resolver.stack(stack).info);
            let own = |id: &StackId| {
                let info = &resolver.stack(*id).info;
                info.name.as_deref() == Some(name) && Home::of(info).may_be(&asked)
            };
            let found = resolver.set().ids().filter(own);
            let found = found.filter_map(|id| Some((id, resolver.stack(id).template.output(output)?))).collect();
            resolver.one_answer(stack, found, &join::stack_output(name, output), at)
        })
    }

    pub(super) fn nested_output(&mut self, stack: StackId, id: &str, output: &str, at: At) -> Kind {
        let what = format!("the output {output} of the nested stack {id}");
        let found = self.stack(stack).children.get(id).copied();
        let found = found.and_then(|child| Some((child, self.stack(child).template.output(output)?)));
        match found.and_then(|(child, node)| Some((child, node.get("Value")?))) {
            Some((child, node)) => self.value(child, node).kind,
            None => {
                self.note(NoteKind::LeftRun, left_run(&what), at.place);
                let why = Why::LeftRun(what.as_str().into());
                Kind::Text(self.missing(&format!("{}/{what}", stack.0), &what, why))
            }
        }
    }

    /// Says of each nested stack that is no stack of the run why not.
    pub(super) fn note_unread(&mut self, stack: StackId) {
        let (template, stack) = (self.stack(stack).template, self.stack(stack));
        let unread: HashMap<&str, &Unread> = stack.unread.iter().map(|unread| (unread.id.as_str(), unread)).collect();
        let deploys = |kind: &str| is_nested_stack(kind) || kind == STACK_SET;
        for resource in template.resources.iter().filter(|resource| deploys(resource.kind)) {
            if stack.children.contains_key(resource.id) {
                continue;
            }
            let what = if resource.kind == STACK_SET { "stack set" } else { "nested stack" };
            let known = unread.get(resource.id).map(|unread| (unread.kind, unread.why.as_str()));
            let (kind, why) = known.unwrap_or((NoteKind::LeftRun, "is none of this run"));
            let id = resource.id;
            self.note(kind, format!("the template of the {what} {id} {why}"), resource.key.place());
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
        self.note(NoteKind::LeftRun, left_run(&what), at.place);
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

fn left_run(what: &str) -> String {
    format!("{what} is made by no template of this run")
}
