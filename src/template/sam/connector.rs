//! `AWS::Serverless::Connector` and the attribute `Connectors` of any resource: the policies that they
//! give to roles (AWS SAM Developer Guide, AWS SAM connectors).

use super::function::role_of;
use super::{Cause, Sam, is_nothing, plain, plain_text, referred};
use crate::syntax::{Kind, Node, NodeId};
use crate::template::{Call, Resource};

/// One end of a connector.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End<'k> {
    /// Its type, in CloudFormation's terms.
    pub(super) kind: &'k str,
    pub(super) arn: Option<NodeId>,
    pub(super) name: Option<NodeId>,
    /// What names its role.
    pub(super) role: Option<NodeId>,
}

/// Types of SAM by what they become.
fn deployed_kind(kind: &str) -> &str {
    match kind {
        "AWS::Serverless::Function" => "AWS::Lambda::Function",
        "AWS::Serverless::StateMachine" => "AWS::StepFunctions::StateMachine",
        "AWS::Serverless::Api" => "AWS::ApiGateway::RestApi",
        "AWS::Serverless::HttpApi" => "AWS::ApiGatewayV2::Api",
        "AWS::Serverless::SimpleTable" => "AWS::DynamoDB::Table",
        "AWS::Serverless::GraphQLApi" => "AWS::AppSync::GraphQLApi",
        kind => kind,
    }
}

impl<'d> Sam<'_, 'd> {
    /// The connectors of the template, once everything else is known.
    pub(super) fn connectors(&mut self) {
        let template = self.template;
        for resource in &template.resources {
            if self.is_over() {
                return;
            }
            if resource.kind == "AWS::Serverless::Connector" {
                let source = resource.property("Source");
                let cause = Cause::of(resource, resource.key);
                self.connector(resource.id, cause, resource.properties, source, None);
            }
            let embedded = resource.body.get("Connectors").map(Node::entries).unwrap_or_default();
            for (key, connector) in embedded {
                if !self.step() {
                    return;
                }
                self.embedded(resource, key, connector);
            }
        }
    }

    fn embedded(&mut self, resource: &Resource<'d>, key: Node<'d>, connector: Node<'d>) {
        let condition = connector.get("Condition").filter(|node| !node.is_null()).map(Node::id);
        let cause = Cause { condition, ..Cause::of(resource, key) };
        let properties = connector.get("Properties");
        let source = properties.and_then(|properties| properties.get("SourceReference"));
        let id = format!("{}{}", resource.id, key.text().unwrap_or_default());
        self.connector(&id, cause, properties, source, Some(resource));
    }

    fn connector(
        &mut self,
        id: &str,
        cause: Cause<'d>,
        properties: Option<Node<'d>>,
        source: Option<Node<'d>>,
        around: Option<&Resource<'d>>,
    ) {
        let get = |name: &str| properties.and_then(|properties| properties.get(name)).and_then(plain);
        let (Some(destination), Some(permissions)) = (get("Destination"), get("Permissions")) else {
            return self.unknown.push(format!("what the connector {id} connects is not known"));
        };
        let permissions = permissions.items().filter_map(plain_text);
        let permissions = permissions.fold([false, false], |[read, write], permission| {
            [read || permission == "Read", write || permission == "Write"]
        });
        let before = self.pen.stand_at(cause.at.id());
        let several = destination.kind() == Kind::Sequence;
        let single = (!several).then_some(destination);
        for (index, to) in single.into_iter().chain(destination.items()).enumerate() {
            if !self.step() {
                break;
            }
            let policy = if several { format!("{id}PolicyDestination{index}") } else { format!("{id}Policy") };
            let from_id = around.map(|resource| resource.id).or_else(|| source?.get("Id").and_then(plain_text));
            let to_id = to.get("Id").and_then(plain_text);
            match (self.end(source, from_id, Some(to)), self.end(Some(to), to_id, source)) {
                (Some(from), Some(to)) => self.connects(&policy, cause, from, to, permissions),
                _ => self.unknown.push(format!("what the connector {id} connects is not known")),
            }
        }
        self.pen.stand_at(before);
    }

    /// One end as it is written: by its logical id, or by its properties.
    fn end(&mut self, written: Option<Node<'d>>, id: Option<&'d str>, other: Option<Node<'d>>) -> Option<End<'d>> {
        let Some(id) = id else {
            let get = |name: &str| written?.get(name).filter(|node| !node.is_null());
            let kind = deployed_kind(get("Type").and_then(plain_text)?);
            let role = get("RoleName").map(Node::id);
            return Some(End { kind, arn: get("Arn").map(Node::id), name: get("Name").map(Node::id), role });
        };
        let resource = self.template.resource(id)?;
        let kind = deployed_kind(resource.kind);
        let by_reference = ["AWS::StepFunctions::StateMachine", "AWS::SNS::Topic", "AWS::AppSync::DataSource"];
        let arn = match by_reference.contains(&kind) || kind == "AWS::AppSync::GraphQLApi" {
            true => self.pen.reference(id),
            false => self.pen.attribute(id, "Arn"),
        };
        let name = (kind == "AWS::StepFunctions::StateMachine").then(|| self.pen.attribute(id, "Name"));
        let role = self.role_name(resource, kind, other).map(|role| self.pen.reference(&role));
        Some(End { kind, arn: Some(arn), name, role })
    }

    /// The logical id of the role that an end runs with.
    fn role_name(&self, resource: &Resource<'d>, kind: &str, other: Option<Node<'d>>) -> Option<String> {
        let is_serverless = resource.kind.starts_with("AWS::Serverless::");
        let property = match kind {
            "AWS::Lambda::Function" => "Role",
            "AWS::StepFunctions::StateMachine" if is_serverless => "Role",
            "AWS::StepFunctions::StateMachine" => "RoleArn",
            "AWS::AppSync::DataSource" => "ServiceRoleArn",
            "AWS::Events::Rule" => return rule_role(resource, other),
            _ => return None,
        };
        role_of(self.template, resource.id, property)
    }

    /// The policy that a connector makes, where it is a role that gets one.
    pub(super) fn connects(&mut self, id: &str, cause: Cause<'d>, from: End<'_>, to: End<'_>, allows: [bool; 2]) {
        let Some(profile) = self.tables.profile(from.kind, to.kind) else { return };
        let role = if profile.to_source { from.role } else { to.role };
        let Some(role) = role else {
            self.unknown.push(format!("the role that {id} would belong to is not known"));
            return;
        };
        let [reads, writes] = allows;
        let mut statements = Vec::new();
        for (category, row) in &profile.rows {
            if (*category == "Read" && reads) || (*category == "Write" && writes) {
                let statement = self.pen.statement(row, &mut |_, hole| match hole {
                    "Source.Arn" => from.arn,
                    "Destination.Arn" => to.arn,
                    "Source.Name" => from.name,
                    "Destination.Name" => to.name,
                    _ => None,
                });
                statements.push(statement);
            }
        }
        if statements.is_empty() {
            return;
        }
        let (document, roles) = (self.pen.document(statements, true), self.pen.list(vec![role]));
        self.add(id, "AWS::IAM::ManagedPolicy", cause, &[("PolicyDocument", document), ("Roles", roles)]);
    }
}

/// The role with which a rule starts the other end: that of the target which is it.
fn rule_role(rule: &Resource<'_>, other: Option<Node<'_>>) -> Option<String> {
    let (id, arn) = (other?.get("Id").and_then(plain_text), other?.get("Arn"));
    let mut targets = rule.property("Targets")?.items();
    let target = targets.find(|target| {
        let Some(target) = target.get("Arn") else { return false };
        (id.is_some() && referred(target) == id) || arn.is_some_and(|arn| is_same(arn, target))
    })?;
    target.get("RoleArn").filter(|role| !is_nothing(*role)).and_then(referred).map(str::to_owned)
}

/// Whether two ARNs are written alike: the same text, in the same function.
fn is_same(one: Node<'_>, other: Node<'_>) -> bool {
    let written = |node| match Call::of(node) {
        Some(call) => (Some(call.name), call.argument.text()),
        None => (None, node.text()),
    };
    written(one) == written(other) && written(one).1.is_some()
}
