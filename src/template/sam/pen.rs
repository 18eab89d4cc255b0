//! Writes the pieces that roles and policies are made of.

use crate::syntax::{Document, Graft, Node, NodeId};

/// A graft and the place that what is written stands at.
pub(super) struct Pen {
    graft: Graft,
    at: NodeId,
    /// Whether something could not be written any more: from then on nothing is.
    is_full: bool,
}

/// Nodes that are kept for putting the template together again.
const RESERVE: usize = 1000;

/// The version of IAM's language that the transform writes (IAM User Guide, Version element).
const VERSION: &str = "2012-10-17";

impl Pen {
    pub(super) fn onto(doc: &Document) -> Self {
        let at = doc.root().map_or(NodeId(0), Node::id);
        Self { graft: Graft::onto(doc), at, is_full: false }
    }

    /// From here on everything stands where this node does; returns where it stood before.
    pub(super) fn stand_at(&mut self, node: NodeId) -> NodeId {
        std::mem::replace(&mut self.at, node)
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Writes a node, as long as there is room; what stands in its place afterwards is never used.
    fn write(&mut self, nodes: usize, write: impl FnOnce(&mut Graft, NodeId) -> NodeId) -> NodeId {
        self.is_full |= self.graft.room() < RESERVE + nodes;
        if self.is_full { self.at } else { write(&mut self.graft, self.at) }
    }

    pub(super) fn finish(self) -> Graft {
        self.graft
    }

    pub(super) fn text(&mut self, text: &str) -> NodeId {
        self.write(1, |graft, at| graft.text(text, at))
    }

    pub(super) fn list(&mut self, items: Vec<NodeId>) -> NodeId {
        self.write(1, |graft, at| graft.list(items, at))
    }

    fn texts(&mut self, texts: &[&str]) -> NodeId {
        let items = texts.iter().map(|text| self.text(text)).collect();
        self.list(items)
    }

    pub(super) fn map(&mut self, entries: &[(&str, NodeId)]) -> NodeId {
        let entries: Vec<_> = entries.iter().map(|(key, value)| (self.text(key), *value)).collect();
        self.write(1, |graft, at| graft.map(entries, at))
    }

    pub(super) fn call(&mut self, name: &str, argument: NodeId) -> NodeId {
        self.write(2, |graft, at| graft.call(name, argument, at))
    }

    pub(super) fn reference(&mut self, id: &str) -> NodeId {
        let id = self.text(id);
        self.call("Ref", id)
    }

    pub(super) fn attribute(&mut self, id: &str, attribute: &str) -> NodeId {
        let argument = self.texts(&[id, attribute]);
        self.call("Fn::GetAtt", argument)
    }

    pub(super) fn sub(&mut self, text: &str) -> NodeId {
        let text = self.text(text);
        self.call("Fn::Sub", text)
    }

    /// `Fn::Sub` of a text and what stands in its holes.
    pub(super) fn sub_with(&mut self, text: &str, holes: &[(&str, NodeId)]) -> NodeId {
        let text = self.text(text);
        let holes = self.map(holes);
        let argument = self.list(vec![text, holes]);
        self.call("Fn::Sub", argument)
    }

    pub(super) fn choice(&mut self, condition: NodeId, then: NodeId, otherwise: NodeId) -> NodeId {
        let argument = self.list(vec![condition, then, otherwise]);
        self.call("Fn::If", argument)
    }

    /// What nothing is known of: a macro, whose value no reader of templates can tell.
    pub(super) fn opaque(&mut self) -> NodeId {
        let name = self.text(super::TRANSFORM);
        let name = self.map(&[("Name", name)]);
        self.call("Fn::Transform", name)
    }

    /// The ARN of a policy of AWS.
    pub(super) fn aws_policy(&mut self, path: &str) -> NodeId {
        self.sub(&format!("arn:${{AWS::Partition}}:iam::aws:policy/{path}"))
    }

    /// The trust policy that lets a service become the role.
    pub(super) fn trust(&mut self, service: &str) -> NodeId {
        let service = self.texts(&[service]);
        let principal = self.map(&[("Service", service)]);
        let action = self.texts(&["sts:AssumeRole"]);
        let effect = self.text("Allow");
        let statement = self.map(&[("Action", action), ("Effect", effect), ("Principal", principal)]);
        self.document(vec![statement], true)
    }

    /// A statement that allows.
    pub(super) fn allow(&mut self, actions: &[&str], resource: NodeId) -> NodeId {
        let (effect, action) = (self.text("Allow"), self.texts(actions));
        self.map(&[("Effect", effect), ("Action", action), ("Resource", resource)])
    }

    pub(super) fn document(&mut self, statements: Vec<NodeId>, versioned: bool) -> NodeId {
        let statements = self.list(statements);
        let version = self.text(VERSION);
        let versioned = versioned.then_some(("Version", version));
        let entries: Vec<_> = versioned.into_iter().chain([("Statement", statements)]).collect();
        self.map(&entries)
    }

    /// A member of `Policies` of a role.
    pub(super) fn inline(&mut self, name: &str, document: NodeId) -> NodeId {
        let name = self.text(name);
        self.map(&[("PolicyName", name), ("PolicyDocument", document)])
    }

    /// A policy of one statement without a version, as the transform writes those for events.
    pub(super) fn inline_allow(&mut self, name: &str, actions: &[&str], resource: NodeId) -> NodeId {
        let statement = self.allow(actions, resource);
        let document = self.document(vec![statement], false);
        self.inline(name, document)
    }

    /// A tag; one without a value is SAM's own.
    pub(super) fn tag(&mut self, key: &str, value: Option<NodeId>) -> NodeId {
        let key = self.text(key);
        let value = value.unwrap_or_else(|| self.text("SAM"));
        self.map(&[("Key", key), ("Value", value)])
    }
}
