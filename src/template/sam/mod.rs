//! The roles and policies that the transform `AWS::Serverless-2016-10-31` makes (AWS SAM Developer Guide,
//! generated CloudFormation resources; the facts were read in the transform's published source).
//!
//! Invariant: what is written stays, the SAM resources too, with roles and policies beside them. A role
//! stands at the property that shapes it, else at the resource's name. Where the transform would refuse
//! a policy, the policy is opaque.

mod capacity;
mod connector;
mod deploy;
mod events;
mod function;
mod given;
mod graphql;
mod machine;
mod pen;
mod policies;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use super::expand::Known;
use super::{Call, Function, Resource, Template};
use crate::syntax::{Document, Node, NodeId, Scalar};

use given::Given;
use pen::Pen;
use tables::Tables;

/// The transform.
pub(super) const TRANSFORM: &str = "AWS::Serverless-2016-10-31";

/// Resources that are made for one template.
const MOST_MADE: usize = 10_000;
/// Events, policies, merged properties and the like that are looked at for one template. Aliases and
/// `Globals` make it possible to name the same ones for each of many functions.
const MOST_STEPS: usize = 500_000;

/// The template with the roles and policies that SAM makes; nothing where it makes none.
pub(super) fn expand(
    doc: &Document,
    known: &Known<'_>,
    notes: &mut Vec<String>,
    unknown: &mut Vec<String>,
) -> Option<Document> {
    let template = Template::read(doc)?;
    let mut sam = Sam::new(&template, known);
    for resource in &template.resources {
        if sam.is_over() {
            break;
        }
        sam.resource(resource);
    }
    sam.deployment_role();
    sam.connectors();
    unknown.append(&mut sam.unknown);
    if sam.is_over() {
        notes.push(format!(
            "more than {MOST_MADE} roles and policies that SAM makes, or what shapes them, are not followed"
        ));
    }
    sam.finish()
}

/// The logical id of the role that the transform makes for a function that is given none.
pub fn made_role(function: &Resource<'_>) -> Option<String> {
    (function.kind == "AWS::Serverless::Function").then(|| format!("{}Role", function.id))
}

/// An expansion on its way.
struct Sam<'t, 'd> {
    template: &'t Template<'d>,
    known: &'t Known<'t>,
    tables: Tables,
    pen: Pen,
    /// Logical ids that are in use.
    taken: HashSet<String>,
    /// Keys and values of the resources that were made, in turn.
    made: Vec<NodeId>,
    conditions: Vec<(NodeId, NodeId)>,
    /// Conditions that have an opposite already.
    opposites: HashSet<String>,
    /// Properties of the section `Globals`, by what follows `AWS::Serverless::` and by name.
    globals: HashMap<(&'d str, &'d str), Node<'d>>,
    steps: usize,
    /// What was left out since a value is missing, each a sentence without its full stop.
    unknown: Vec<String>,
    deployments: Vec<deploy::Preference<'d>>,
}

/// Why a resource is made.
#[derive(Clone, Copy)]
struct Cause<'d> {
    /// What it stands at.
    at: Node<'d>,
    /// Its `Condition`.
    condition: Option<NodeId>,
    /// The `Metadata` of the resource that it is made for, where that has CDK's path.
    metadata: Option<NodeId>,
}

impl<'d> Cause<'d> {
    fn of(resource: &Resource<'d>, at: Node<'d>) -> Self {
        let condition = resource.body.get("Condition").filter(|node| !node.is_null()).map(Node::id);
        let metadata = resource.body.get("Metadata").filter(|node| node.get("aws:cdk:path").is_some()).map(Node::id);
        Self { at, condition, metadata }
    }
}

impl<'t, 'd> Sam<'t, 'd> {
    fn new(template: &'t Template<'d>, known: &'t Known<'t>) -> Self {
        Self {
            template,
            known,
            tables: Tables::read(),
            pen: Pen::onto(template.doc),
            taken: template.resources.iter().map(|resource| resource.id.to_owned()).collect(),
            made: Vec::new(),
            conditions: Vec::new(),
            opposites: HashSet::new(),
            globals: given::globals(template.doc),
            steps: 0,
            unknown: Vec::new(),
            deployments: Vec::new(),
        }
    }

    fn resource(&mut self, resource: &Resource<'d>) {
        if !resource.kind.starts_with("AWS::Serverless::") {
            return;
        }
        // Each of them is looked at for each property that is asked for.
        self.steps += resource.properties.map_or(0, |properties| properties.own_entries().count());
        match resource.kind {
            _ if self.is_overwritten(resource) => {}
            "AWS::Serverless::Function" => self.function(resource),
            "AWS::Serverless::StateMachine" => self.state_machine(resource),
            "AWS::Serverless::GraphQLApi" => self.graphql(resource),
            "AWS::Serverless::CapacityProvider" => self.capacity_provider(resource),
            _ => {}
        }
    }

    /// Whether the API that the transform makes for events without one takes the name of a resource.
    fn is_overwritten(&self, resource: &Resource<'d>) -> bool {
        let (event, api) = match resource.id {
            "ServerlessRestApi" => ("Api", "RestApiId"),
            "ServerlessHttpApi" => ("HttpApi", "ApiId"),
            _ => return false,
        };
        let makes_one = |function: &Resource<'d>| {
            let events = function.property("Events").map(Node::entries).unwrap_or_default();
            events.into_iter().any(|(_, body)| {
                let given = body.get("Properties").and_then(|properties| properties.get(api));
                body.get("Type").and_then(plain_text) == Some(event) && given.is_none()
            })
        };
        self.template.of_kind("AWS::Serverless::Function").any(makes_one)
    }

    /// Whether a bound is reached: nothing more is made then.
    fn is_over(&self) -> bool {
        self.made.len() / 2 >= MOST_MADE || self.steps >= MOST_STEPS || self.pen.is_full()
    }

    /// Counts one more of what is looked at; false once there were too many.
    fn step(&mut self) -> bool {
        self.steps += 1;
        !self.is_over()
    }

    /// Adds a resource, unless its name is taken (the transform refuses that) or a bound is reached: a
    /// part of it could be missing then.
    fn add(&mut self, id: &str, kind: &str, cause: Cause<'d>, properties: &[(&str, NodeId)]) {
        if self.is_over() || !self.taken.insert(id.to_owned()) {
            return;
        }
        let before = self.pen.stand_at(cause.at.id());
        let key = self.pen.text(id);
        let kind = self.pen.text(kind);
        let properties = self.pen.map(properties);
        let mut body = vec![("Type", kind), ("Properties", properties)];
        body.extend(cause.condition.map(|condition| ("Condition", condition)));
        body.extend(cause.metadata.map(|metadata| ("Metadata", metadata)));
        let body = self.pen.map(&body);
        self.pen.stand_at(before);
        if !self.pen.is_full() {
            self.made.extend([key, body]);
        }
    }

    /// A condition of the template's own that is the opposite of another.
    fn opposite(&mut self, condition: &str) -> NodeId {
        let name = format!("NOT{condition}");
        let id = self.pen.text(&name);
        if self.template.condition(&name).is_none() && self.opposites.insert(condition.to_owned()) {
            let inner = self.pen.text(condition);
            let inner = self.pen.map(&[("Condition", inner)]);
            let list = self.pen.list(vec![inner]);
            let formula = self.pen.map(&[("Fn::Not", list)]);
            self.add_condition(id, formula);
        }
        id
    }

    fn add_condition(&mut self, name: NodeId, formula: NodeId) {
        if !self.pen.is_full() {
            self.conditions.push((name, formula));
        }
    }

    /// The text that a node is before anything is deployed: itself, a parameter that is known, or a
    /// member of a mapping.
    fn resolved(&self, node: Node<'d>) -> Option<String> {
        let Some(call) = Call::of(node) else { return node.text().map(str::to_owned) };
        match call.function {
            Function::Ref => (self.known.values)(call.argument.text()?),
            Function::FindInMap => {
                let parts: Option<Vec<String>> =
                    call.argument.items().take(3).map(|part| self.resolved_part(part)).collect();
                let [map, top, second] = parts?.try_into().ok()?;
                self.template.mappings?.get(&map)?.get(&top)?.get(&second)?.text().map(str::to_owned)
            }
            _ => None,
        }
    }

    /// A part of `Fn::FindInMap`, which holds no further one.
    fn resolved_part(&self, node: Node<'d>) -> Option<String> {
        match Call::of(node) {
            Some(call) if call.function == Function::FindInMap => None,
            _ => self.resolved(node),
        }
    }

    /// Tags of a role: SAM's own first, which goes where the tags of the resource are propagated.
    fn tags(&mut self, resource: &Resource<'d>, own: &str) -> NodeId {
        if let Some(propagated) = self.propagated(resource) {
            return propagated;
        }
        let own = vec![self.pen.tag(own, None)];
        let given = self.given(resource, "Tags");
        self.tag_list(own, given)
    }

    /// The tags of a resource that roles for its events get too.
    fn propagated(&mut self, resource: &Resource<'d>) -> Option<NodeId> {
        let tags = self.holds(resource, "Tags")?;
        self.holds(resource, "PropagateTags")?;
        Some(self.tag_list(Vec::new(), Some(tags)))
    }

    fn tag_list(&mut self, mut tags: Vec<NodeId>, given: Option<Given<'d>>) -> NodeId {
        for (key, value) in given.map(Given::entries).unwrap_or_default() {
            if !self.step() {
                break;
            }
            let tag = self.pen.tag(key, value.node().map(Node::id));
            tags.push(tag);
        }
        self.pen.list(tags)
    }

    fn finish(self) -> Option<Document> {
        let root = self.template.doc.root()?;
        let (key, resources) = root.entry("Resources").filter(|_| !self.made.is_empty())?;
        let mut graft = self.pen.finish();
        let written = resources.entries().into_iter().flat_map(|(key, value)| [key.id(), value.id()]);
        let grown = graft.with_children(resources.target().id(), written.chain(self.made).collect());
        let mut changed = vec![(key.id(), grown)];
        if !self.conditions.is_empty() {
            changed.push(match root.entry("Conditions") {
                Some((key, conditions)) => (key.id(), graft.with_entries(conditions.id(), self.conditions)),
                None => (graft.text("Conditions", root.id()), graft.map(self.conditions, root.id())),
            });
        }
        let grown = graft.with_entries(root.id(), changed);
        Some(graft.finish(grown))
    }
}

/// Whether a node is `{"Ref": "AWS::NoValue"}`.
fn is_no_value(node: Node<'_>) -> bool {
    let call = Call::of(node).filter(|call| call.function == Function::Ref);
    call.and_then(|call| call.argument.text()) == Some("AWS::NoValue")
}

/// Condition and parts of `Fn::If`.
fn choice(node: Node<'_>) -> Option<[Node<'_>; 3]> {
    let call = Call::of(node).filter(|call| call.function == Function::If)?;
    let parts: Vec<Node<'_>> = call.argument.items().take(4).collect();
    parts.try_into().ok()
}

/// A node that is no function and says something.
fn plain(node: Node<'_>) -> Option<Node<'_>> {
    (Call::of(node).is_none() && !node.is_null()).then_some(node)
}

/// A text that is no function.
fn plain_text(node: Node<'_>) -> Option<&str> {
    plain(node)?.text()
}

/// The logical id that `Ref` or `Fn::GetAtt` names.
fn referred(node: Node<'_>) -> Option<&str> {
    let call = Call::of(node)?;
    match call.function {
        Function::Ref => call.argument.text(),
        Function::GetAtt => super::get_att(call.argument).map(|(id, _)| id),
        _ => None,
    }
}

/// Whether Python, which the transform is written in, takes a value for nothing.
fn is_nothing(node: Node<'_>) -> bool {
    if Call::of(node).is_some() {
        return false;
    }
    match node.scalar() {
        Some(scalar) => matches!(scalar, Scalar::Null | Scalar::Bool(false) | Scalar::Text("") | Scalar::Number("0")),
        None => node.items().next().is_none() && node.own_entries().next().is_none(),
    }
}
