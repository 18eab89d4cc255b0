//! `AWS::Serverless::Function`: the role that it runs with, and those of its schedules.

use super::policies::Granted;
use super::{Cause, Sam, choice, is_no_value, is_nothing, referred};
use crate::syntax::{Node, NodeId};
use crate::template::{Resource, Template};

/// The service that becomes a function's role.
pub(super) const SERVICE: &str = "lambda.amazonaws.com";

/// Roles that a function has.
enum Needed {
    /// One of its own, which exists where this condition holds.
    Own(Option<NodeId>),
    /// Another.
    Given,
}

impl<'d> Sam<'_, 'd> {
    pub(super) fn function(&mut self, resource: &Resource<'d>) {
        let before = self.pen.stand_at(resource.key.id());
        let role = format!("{}Role", resource.id);
        let mut granted = Granted::default();
        self.usual_policies(resource, &mut granted);
        if let Some(policies) = resource.property("Policies").filter(|policies| !is_nothing(*policies)) {
            self.policies(policies, &role, &mut granted);
        }
        self.function_events(resource, &mut granted);
        self.pen.stand_at(before);
        self.deployment(resource);
        if let Needed::Own(condition) = self.needed_role(resource) {
            let cause = Cause { condition, ..Cause::of(resource, causing_key(resource)) };
            self.function_role(resource, &role, cause, granted);
        }
    }

    fn needed_role(&mut self, resource: &Resource<'d>) -> Needed {
        let own = Cause::of(resource, resource.key).condition;
        let Some(role) = resource.property("Role").filter(|role| !role.is_null()) else { return Needed::Own(own) };
        let Some([condition, then, otherwise]) = choice(role) else { return Needed::Given };
        match (is_no_value(then), is_no_value(otherwise)) {
            (true, true) => Needed::Own(own),
            // The transform lets the condition of the function go.
            (true, false) => Needed::Own(Some(condition.id())),
            (false, true) => match condition.text().map(str::to_owned) {
                Some(name) => Needed::Own(Some(self.opposite(&name))),
                None => Needed::Own(own),
            },
            (false, false) => Needed::Given,
        }
    }

    /// The policies that come before those that are written.
    fn usual_policies(&mut self, resource: &Resource<'d>, granted: &mut Granted) {
        let basic = match self.holds(resource, "DurableConfig") {
            Some(_) => "service-role/AWSLambdaBasicDurableExecutionRolePolicy",
            None => "service-role/AWSLambdaBasicExecutionRole",
        };
        self.usual(basic, granted);
        if let Some(tracing) = self.holds(resource, "Tracing") {
            let mode = tracing.node().and_then(|node| self.resolved(node));
            if mode.as_deref() != Some("Disabled") {
                self.usual(self.tracing_policy(), granted);
            }
        }
        if self.holds(resource, "VpcConfig").is_some() {
            self.usual("service-role/AWSLambdaVPCAccessExecutionRole", granted);
        }
        if let Some(queue) = self.holds(resource, "DeadLetterQueue") {
            let action = match queue.get("Type").and_then(|kind| kind.text()) {
                Some("SQS") => "sqs:SendMessage",
                Some("SNS") => "sns:Publish",
                _ => return granted.inline.push(self.unclear("DeadLetterQueuePolicy")),
            };
            let target = queue.get("TargetArn").map(|target| self.merged(target));
            let target = target.unwrap_or_else(|| self.pen.opaque());
            let statement = self.pen.allow(&[action], target);
            let document = self.pen.document(vec![statement], true);
            granted.inline.push(self.pen.inline("DeadLetterQueuePolicy", document));
        }
    }

    /// The policy for X-Ray, which has another name outside of the commercial partition.
    pub(super) fn tracing_policy(&self) -> &'static str {
        match (self.known.values)("AWS::Partition").as_deref() {
            None | Some("aws") => "AWSXrayWriteOnlyAccess",
            Some(_) => "AWSXRayDaemonWriteAccess",
        }
    }

    /// A policy of which only the name is known.
    pub(super) fn unclear(&mut self, name: &str) -> NodeId {
        let document = self.pen.opaque();
        self.pen.inline(name, document)
    }

    fn function_role(&mut self, resource: &Resource<'d>, id: &str, cause: Cause<'d>, granted: Granted) {
        let before = self.pen.stand_at(cause.at.id());
        let trust = match self.given(resource, "AssumeRolePolicyDocument") {
            Some(document) => self.merged(document),
            None => self.pen.trust(SERVICE),
        };
        let tags = self.tags(resource, "lambda:createdBy");
        let managed = self.pen.list(granted.managed);
        let mut properties = vec![("AssumeRolePolicyDocument", trust), ("ManagedPolicyArns", managed), ("Tags", tags)];
        if !granted.inline.is_empty() {
            properties.push(("Policies", self.pen.list(granted.inline)));
        }
        for (name, from) in [("Path", "RolePath"), ("PermissionsBoundary", "PermissionsBoundary")] {
            if let Some(given) = self.given(resource, from) {
                properties.push((name, self.merged(given)));
            }
        }
        self.add(id, "AWS::IAM::Role", cause, &properties);
        self.pen.stand_at(before);
    }
}

/// The key that a role stands at: what shapes it, else the resource's name.
pub(super) fn causing_key<'d>(resource: &Resource<'d>) -> Node<'d> {
    let key = |name: &str| resource.properties?.entry(name).map(|(key, _)| key);
    key("AssumeRolePolicyDocument").or_else(|| key("Policies")).unwrap_or(resource.key)
}

/// The role of a function or state machine by its name, where it is in the template once SAM is through.
pub(super) fn role_of<'d>(template: &Template<'d>, id: &str, property: &str) -> Option<String> {
    let resource = template.resource(id)?;
    match resource.property(property).filter(|role| !is_nothing(*role)) {
        Some(role) => referred(role).map(str::to_owned),
        None => resource.kind.starts_with("AWS::Serverless::").then(|| format!("{id}Role")),
    }
}
