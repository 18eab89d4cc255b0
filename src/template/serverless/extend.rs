//! The template of a service together with what it includes from other files.

use std::collections::HashSet;

use super::include::{Into, Part};
use crate::syntax::{Document, Kind, Node};
use crate::template::{Section, Template, resource, resource_of, section};

impl<'d> Template<'d> {
    /// The template with these parts in it. What it has already stays.
    pub fn with_parts(mut self, parts: &[Part<'d>]) -> Self {
        let mut known: HashSet<*const Document> = HashSet::from([std::ptr::from_ref(self.doc)]);
        for part in parts {
            let document = part.node.document();
            if known.insert(std::ptr::from_ref(document)) {
                self.others.push(document);
            }
            match part.into {
                Into::Whole if part.node.kind() == Kind::Sequence => {
                    part.node.items().for_each(|whole| self.add_whole(whole));
                }
                Into::Whole => self.add_whole(part.node),
                Into::Section(name) if name == "Resources" => self.add_resources(part.node),
                Into::Section(_) => self.add_section(Section::Output, part.node.entries()),
                Into::Resource(id) => self.add_resource(resource_of(id, part.node, part.node)),
            }
        }
        self
    }

    fn add_whole(&mut self, whole: Node<'d>) {
        whole.get("Resources").into_iter().for_each(|node| self.add_resources(node));
        let sections =
            [(Section::Parameter, "Parameters"), (Section::Condition, "Conditions"), (Section::Output, "Outputs")];
        for (kind, name) in sections {
            let entries = whole.get(name).map(Node::entries).unwrap_or_default();
            self.add_section(kind, entries);
        }
        if self.mappings.is_none() {
            self.mappings = whole.get("Mappings");
        }
    }

    fn add_resources(&mut self, node: Node<'d>) {
        node.entries().into_iter().for_each(|entry| self.add_resource(resource(entry)));
    }

    fn add_resource(&mut self, resource: Option<crate::template::Resource<'d>>) {
        let Some(resource) = resource.filter(|resource| !self.index.contains_key(resource.id)) else { return };
        self.index.insert(resource.id, self.resources.len());
        self.resources.push(resource);
    }

    fn add_section(&mut self, kind: Section, entries: Vec<(Node<'d>, Node<'d>)>) {
        for (name, node) in section(entries) {
            if self.declared.contains_key(&(kind, name)) {
                continue;
            }
            self.declared.insert((kind, name), node);
            match kind {
                Section::Parameter => self.parameters.push((name, node)),
                Section::Condition => self.conditions.push((name, node)),
                Section::Output => self.outputs.push((name, node)),
            }
        }
    }
}
