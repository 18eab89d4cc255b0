//! `AWS::Serverless::GraphQLApi`: the role for its logs, and those of its data sources with what they may
//! do there.

use super::connector::End;
use super::{Cause, Sam, is_nothing, plain_text};
use crate::syntax::{Node, NodeId, Scalar};
use crate::template::Resource;

const SERVICE: &str = "appsync.amazonaws.com";

impl<'d> Sam<'_, 'd> {
    pub(super) fn graphql(&mut self, resource: &Resource<'d>) {
        self.log_role(resource);
        let sources = |kind: &str| resource.property("DataSources")?.get(kind).map(Node::entries);
        for (key, source) in sources("DynamoDb").unwrap_or_default() {
            if !self.step() {
                return;
            }
            let before = self.pen.stand_at(key.id());
            self.table_source(resource, key, source);
            self.pen.stand_at(before);
        }
        for (key, source) in sources("Lambda").unwrap_or_default() {
            if !self.step() {
                return;
            }
            let before = self.pen.stand_at(key.id());
            self.function_source(resource, key, source);
            self.pen.stand_at(before);
        }
    }

    fn log_role(&mut self, resource: &Resource<'d>) {
        let logging = resource.property("Logging");
        let off = logging.and_then(Node::scalar) == Some(Scalar::Bool(false));
        let has_role =
            logging.and_then(|logging| logging.get("CloudWatchLogsRoleArn")).is_some_and(|role| !is_nothing(role));
        if off || has_role {
            return;
        }
        let key = resource.properties.and_then(|properties| properties.entry("Logging")).map(|(key, _)| key);
        let cause = Cause::of(resource, key.unwrap_or(resource.key));
        let before = self.pen.stand_at(cause.at.id());
        let trust = self.pen.trust(SERVICE);
        let policy = self.pen.aws_policy("service-role/AWSAppSyncPushToCloudWatchLogs");
        let managed = self.pen.list(vec![policy]);
        let properties = [("AssumeRolePolicyDocument", trust), ("ManagedPolicyArns", managed)];
        self.add(&format!("{}CloudWatchRole", resource.id), "AWS::IAM::Role", cause, &properties);
        self.pen.stand_at(before);
    }

    /// The role of a data source; nothing where it is given one. Returns what names the role.
    fn source_role(&mut self, resource: &Resource<'d>, key: Node<'d>, source: Node<'d>, id: &str) -> Option<NodeId> {
        if source.get("ServiceRoleArn").is_some_and(|role| !is_nothing(role)) {
            return None;
        }
        let trust = self.pen.trust(SERVICE);
        let role = format!("{id}Role");
        self.add(&role, "AWS::IAM::Role", Cause::of(resource, key), &[("AssumeRolePolicyDocument", trust)]);
        Some(self.pen.reference(&role))
    }

    fn table_source(&mut self, resource: &Resource<'d>, key: Node<'d>, source: Node<'d>) {
        let id = format!("{}{}DynamoDBDataSource", resource.id, key.text().unwrap_or_default());
        let Some(role) = self.source_role(resource, key, source, &id) else { return };
        let given = |name: &str| source.get(name).filter(|node| !is_nothing(*node));
        let arn = given("TableArn").map(Node::id).unwrap_or_else(|| {
            let table = given("TableName").map(Node::id).unwrap_or_else(|| self.pen.opaque());
            let region = given("Region").map(Node::id).unwrap_or_else(|| self.pen.reference("AWS::Region"));
            let text = "arn:${AWS::Partition}:dynamodb:${Region}:${AWS::AccountId}:table/${TableName}";
            self.pen.sub_with(text, &[("TableName", table), ("Region", region)])
        });
        let allows = match given("Permissions") {
            None => [true, true],
            Some(list) => ["Read", "Write"].map(|name| list.items().any(|item| plain_text(item) == Some(name))),
        };
        let to = End { kind: "AWS::DynamoDB::Table", arn: Some(arn), ..End::default() };
        let from = End { kind: "AWS::AppSync::DataSource", role: Some(role), ..End::default() };
        self.connects(&format!("{id}ToTableConnectorPolicy"), Cause::of(resource, key), from, to, allows);
    }

    fn function_source(&mut self, resource: &Resource<'d>, key: Node<'d>, source: Node<'d>) {
        let id = format!("{}{}LambdaDataSource", resource.id, key.text().unwrap_or_default());
        let Some(role) = self.source_role(resource, key, source, &id) else { return };
        let arn = source.get("FunctionArn").map(Node::id);
        let to = End { kind: "AWS::Lambda::Function", arn, ..End::default() };
        let from = End { kind: "AWS::AppSync::DataSource", role: Some(role), ..End::default() };
        self.connects(&format!("{id}ToLambdaConnectorPolicy"), Cause::of(resource, key), from, to, [false, true]);
    }
}
