//! `AWS::Serverless::StateMachine`: the role that it runs with, and those of its events.

use super::function::causing_key;
use super::policies::Granted;
use super::{Cause, Sam, is_nothing, plain_text};
use crate::syntax::{Node, NodeId, Scalar};
use crate::template::Resource;

impl<'d> Sam<'_, 'd> {
    pub(super) fn state_machine(&mut self, resource: &Resource<'d>) {
        let holds = |name: &str| resource.property(name).filter(|node| !is_nothing(*node));
        if holds("Role").is_none() {
            self.state_machine_role(resource);
        }
        let events = holds("Events").map(Node::entries).unwrap_or_default();
        for (key, event) in events {
            if !self.step() {
                break;
            }
            let before = self.pen.stand_at(key.id());
            self.state_machine_event(resource, key, event);
            self.pen.stand_at(before);
        }
    }

    fn state_machine_role(&mut self, resource: &Resource<'d>) {
        let id = format!("{}Role", resource.id);
        let cause = Cause::of(resource, causing_key(resource));
        let before = self.pen.stand_at(cause.at.id());
        let mut granted = Granted::default();
        if let Some(policies) = resource.property("Policies").filter(|node| !is_nothing(*node)) {
            self.policies(policies, &id, &mut granted);
        }
        let traced = resource.property("Tracing").and_then(|tracing| tracing.get("Enabled"));
        if traced.and_then(Node::scalar) == Some(Scalar::Bool(true)) {
            self.usual(self.tracing_policy(), &mut granted);
        }
        let tags = self.tags(resource, "stateMachine:createdBy");
        let (trust, managed) = (self.pen.trust("states.amazonaws.com"), self.pen.list(granted.managed));
        let mut properties = vec![("AssumeRolePolicyDocument", trust), ("ManagedPolicyArns", managed), ("Tags", tags)];
        if !granted.inline.is_empty() {
            properties.push(("Policies", self.pen.list(granted.inline)));
        }
        for (name, from) in [("Path", "RolePath"), ("PermissionsBoundary", "PermissionsBoundary")] {
            properties.extend(resource.property(from).map(|node| (name, node.id())));
        }
        self.add(&id, "AWS::IAM::Role", cause, &properties);
        self.pen.stand_at(before);
    }

    fn state_machine_event(&mut self, resource: &Resource<'d>, key: Node<'d>, event: Node<'d>) {
        let (Some(name), Some(kind)) = (key.text(), event.get("Type").and_then(plain_text)) else { return };
        let given = |name: &str| event.get("Properties")?.get(name).filter(|node| !node.is_null());
        let service = match kind {
            "ScheduleV2" => {
                let arn = self.state_machine_arn(resource);
                return self.scheduler(resource, key, event, ["states:StartExecution", "StartExecutionPolicy"], arn);
            }
            "Schedule" if given("RoleArn").is_some() => return,
            "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => "events.amazonaws.com",
            "Api" => "apigateway.amazonaws.com",
            _ => return,
        };
        let id = format!("{}{name}Role", resource.id);
        let arn = self.state_machine_arn(resource);
        let policy = self.pen.inline_allow(&format!("{id}StartExecutionPolicy"), &["states:StartExecution"], arn);
        let boundary = resource.property("PermissionsBoundary").filter(|node| !is_nothing(*node)).map(Node::id);
        self.event_role(resource, key, service, vec![policy], boundary);
    }

    /// What an event starts: the state machine or, on request, its alias.
    fn state_machine_arn(&mut self, resource: &Resource<'d>) -> NodeId {
        let wants = resource.property("UseAliasAsEventTarget").is_some_and(|node| !is_nothing(node));
        match resource.property("AutoPublishAlias").and_then(plain_text).filter(|_| wants) {
            Some(alias) => self.pen.reference(&format!("{}Alias{alias}", resource.id)),
            None => self.pen.reference(resource.id),
        }
    }

    /// The role that an event starts something with.
    fn event_role(
        &mut self,
        resource: &Resource<'d>,
        key: Node<'d>,
        service: &str,
        policies: Vec<NodeId>,
        boundary: Option<NodeId>,
    ) {
        let id = format!("{}{}Role", resource.id, key.text().unwrap_or_default());
        let (trust, policies) = (self.pen.trust(service), self.pen.list(policies));
        let mut properties = vec![("AssumeRolePolicyDocument", trust), ("Policies", policies)];
        properties.extend(boundary.map(|boundary| ("PermissionsBoundary", boundary)));
        properties.extend(self.propagated(resource).map(|tags| ("Tags", tags)));
        self.add(&id, "AWS::IAM::Role", Cause::of(resource, key), &properties);
    }

    /// The role of a schedule of EventBridge Scheduler, unless it is given one; `starts` has the action and
    /// the end of the policy's name.
    pub(super) fn scheduler(
        &mut self,
        resource: &Resource<'d>,
        key: Node<'d>,
        event: Node<'d>,
        starts: [&str; 2],
        target: NodeId,
    ) {
        let holds = |name: &str| event.get("Properties")?.get(name).filter(|node| !is_nothing(*node));
        if holds("RoleArn").is_some() {
            return;
        }
        let event_id = format!("{}{}", resource.id, key.text().unwrap_or_default());
        let [action, ending] = starts;
        let mut policies = vec![self.pen.inline_allow(&format!("{event_id}{ending}"), &[action], target)];
        if let Some(queue) = holds("DeadLetterConfig") {
            let arn = match (queue.get("Arn").filter(|arn| !arn.is_null()), queue.get("QueueLogicalId")) {
                (Some(arn), _) => arn.id(),
                (None, id) => {
                    let queue = id.and_then(plain_text).map_or_else(|| format!("{event_id}Queue"), str::to_owned);
                    self.pen.attribute(&queue, "Arn")
                }
            };
            policies.push(self.pen.inline_allow(&format!("{event_id}SQSPolicy"), &["sqs:SendMessage"], arn));
        }
        let boundary = holds("PermissionsBoundary").map(Node::id);
        self.event_role(resource, key, "scheduler.amazonaws.com", policies, boundary);
    }
}
