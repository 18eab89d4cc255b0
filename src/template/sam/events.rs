//! Events of functions: what a function's role needs to read from a queue or stream and to report
//! failures, and the roles of schedules (AWS SAM Developer Guide, EventSource).

use super::given::Given;
use super::policies::Granted;
use super::{Sam, choice, is_no_value, is_nothing, plain, plain_text};
use crate::syntax::{Kind, Node, NodeId};
use crate::template::{Call, Function, Resource};

/// How a secret is read.
const READ_SECRET: &str = "secretsmanager:GetSecretValue";
/// What a function needs to be reached in a network.
const NETWORK: [&str; 6] = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeVpcs",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
];
/// Kinds of `SourceAccessConfigurations` that name the secret of self-managed Kafka.
const KAFKA_SECRETS: [&str; 4] =
    ["SASL_SCRAM_256_AUTH", "SASL_SCRAM_512_AUTH", "BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"];

/// An event of a function.
#[derive(Clone, Copy)]
struct Event<'d> {
    key: Node<'d>,
    body: Node<'d>,
    kind: &'d str,
}

impl<'d> Event<'d> {
    fn read((key, body): (Node<'d>, Node<'d>)) -> Option<Self> {
        Some(Self { key, body, kind: body.get("Type").and_then(plain_text)? })
    }

    fn property(self, name: &str) -> Option<Node<'d>> {
        self.body.get("Properties")?.get(name).filter(|node| !is_nothing(*node))
    }

    /// The transform takes events in the order of their paths, those without one by their name.
    fn order(self) -> &'d str {
        let path = self.body.get("Properties").and_then(|properties| properties.get("Path"));
        path.and_then(plain_text).or_else(|| self.key.text()).unwrap_or_default()
    }
}

impl<'d> Sam<'_, 'd> {
    /// What the events of a function and the destinations of its own calls add to its role; schedules have
    /// roles of their own.
    pub(super) fn function_events(&mut self, resource: &Resource<'d>, granted: &mut Granted) {
        if let Some(config) = self.holds(resource, "EventInvokeConfig") {
            self.destinations(resource, config, granted);
        }
        let events = resource.property("Events").map(Node::entries).unwrap_or_default();
        let mut events: Vec<Event<'d>> = events.into_iter().filter_map(Event::read).collect();
        events.sort_by_key(|event| event.order());
        for event in events {
            if !self.step() {
                break;
            }
            let before = self.pen.stand_at(event.key.id());
            self.function_event(resource, event, granted);
            self.pen.stand_at(before);
        }
    }

    fn function_event(&mut self, resource: &Resource<'d>, event: Event<'d>, granted: &mut Granted) {
        let managed = match event.kind {
            "Kinesis" => Some("service-role/AWSLambdaKinesisExecutionRole"),
            "DynamoDB" => Some("service-role/AWSLambdaDynamoDBExecutionRole"),
            "SQS" => Some("service-role/AWSLambdaSQSQueueExecutionRole"),
            "SNS" => event.property("SqsSubscription").map(|_| "service-role/AWSLambdaSQSQueueExecutionRole"),
            "MSK" => Some("service-role/AWSLambdaMSKExecutionRole"),
            "ScheduleV2" => {
                let target = self.function_arn(resource);
                let starts = ["lambda:InvokeFunction", "LambdaPolicy"];
                return self.scheduler(resource, event.key, event.body, starts, target);
            }
            _ => None,
        };
        if let Some(name) = managed {
            self.usual(name, granted);
        }
        let event_id = format!("{}{}", resource.id, event.key.text().unwrap_or_default());
        granted.inline.extend(match event.kind {
            "MSK" => self.msk(event),
            "MQ" => Some(self.mq(event, &event_id)),
            "SelfManagedKafka" => Some(self.kafka(event)),
            "DocumentDB" => Some(self.document_db(event)),
            _ => None,
        });
        if ["Kinesis", "DynamoDB", "SQS", "MSK", "MQ", "SelfManagedKafka", "DocumentDB"].contains(&event.kind) {
            granted.inline.extend(self.failures(event, &event_id));
        }
    }

    /// The function, or its alias where it has one.
    fn function_arn(&mut self, resource: &Resource<'d>) -> NodeId {
        let alias = self.holds(resource, "AutoPublishAlias").and_then(Given::node);
        match alias.and_then(|alias| self.resolved(alias)) {
            Some(alias) => {
                let alias = alias.replace('-', "D").replace('_', "U");
                self.pen.reference(&format!("{}Alias{alias}", resource.id))
            }
            None => self.pen.attribute(resource.id, "Arn"),
        }
    }

    /// What a mapping needs to hand on what failed.
    fn failures(&mut self, event: Event<'d>, event_id: &str) -> Option<NodeId> {
        let failure = event.property("DestinationConfig")?.get("OnFailure")?;
        let kind = failure.get("Type").and_then(plain_text)?;
        let destination = failure.get("Destination").map(Node::id);
        let destination = destination.unwrap_or_else(|| self.pen.opaque());
        let kind = if kind == "S3" { "S3Bucket" } else { kind };
        ["SQS", "SNS", "S3Bucket"].contains(&kind).then(|| self.sends(kind, event_id, destination)).flatten()
    }

    /// A policy that lets a function hand on what came of it.
    fn sends(&mut self, kind: &str, id: &str, to: NodeId) -> Option<NodeId> {
        let (action, ending) = match kind {
            "SQS" => ("sqs:SendMessage", "SQSPolicy"),
            "SNS" => ("sns:publish", "SNSPolicy"),
            "EventBridge" => ("events:PutEvents", "EventBridgePolicy"),
            "Lambda" => ("lambda:InvokeFunction", "LambdaPolicy"),
            "S3Bucket" => {
                let (slash, star) = (self.pen.text("/"), self.pen.text("*"));
                let parts = self.pen.list(vec![to, star]);
                let arguments = self.pen.list(vec![slash, parts]);
                let objects = self.pen.call("Fn::Join", arguments);
                let statements =
                    vec![self.pen.allow(&["s3:PutObject"], objects), self.pen.allow(&["s3:ListBucket"], to)];
                let document = self.pen.document(statements, false);
                return Some(self.pen.inline(&format!("{id}S3Policy"), document));
            }
            _ => return None,
        };
        Some(self.pen.inline_allow(&format!("{id}{ending}"), &[action], to))
    }

    /// Where the results of asynchronous calls go; the transform makes queues and topics that are missing.
    fn destinations(&mut self, resource: &Resource<'d>, config: Given<'d>, granted: &mut Granted) {
        for when in ["OnSuccess", "OnFailure"] {
            let Some(given) = config.get("DestinationConfig").and_then(|config| config.get(when)) else { continue };
            let Some(kind) = given.get("Type").and_then(|kind| kind.text()) else { continue };
            let id = format!("{}EventInvokeConfig{when}", resource.id);
            let to = self.destination(given.get("Destination"), kind, &id);
            granted.inline.extend(self.sends(kind, &id, to));
        }
    }

    fn destination(&mut self, given: Option<Given<'d>>, kind: &str, id: &str) -> NodeId {
        let Some(given) = given.filter(|given| !given.is_nothing()) else { return self.made_for(kind, id) };
        let Some([condition, then, otherwise]) = given.node().and_then(choice) else { return self.merged(given) };
        match (is_no_value(then), is_no_value(otherwise)) {
            (true, false) => {
                let made = self.made_for(kind, id);
                self.pen.choice(condition.id(), made, otherwise.id())
            }
            (false, true) => {
                let made = self.made_for(kind, id);
                self.pen.choice(condition.id(), then.id(), made)
            }
            _ => self.merged(given),
        }
    }

    /// The queue or topic that the transform makes for a destination.
    fn made_for(&mut self, kind: &str, id: &str) -> NodeId {
        match kind {
            "SQS" => self.pen.attribute(&format!("{id}Queue"), "Arn"),
            "SNS" => self.pen.reference(&format!("{id}Topic")),
            _ => self.pen.opaque(),
        }
    }

    fn msk(&mut self, event: Event<'d>) -> Option<NodeId> {
        let mut statements = self.schema_registry(event);
        let (secrets, unclear) = secrets(event, &["CLIENT_CERTIFICATE_TLS_AUTH"]);
        if unclear {
            return Some(self.unclear("MSKExecutionRolePolicy"));
        }
        statements.extend(secrets.into_iter().map(|uri| self.pen.allow(&[READ_SECRET], uri.id())));
        if statements.is_empty() {
            return None;
        }
        let document = self.pen.document(statements, false);
        Some(self.pen.inline("MSKExecutionRolePolicy", document))
    }

    fn mq(&mut self, event: Event<'d>, event_id: &str) -> NodeId {
        let dynamic = event.property("DynamicPolicyName").is_some();
        let name = if dynamic { format!("{event_id}AMQPolicy") } else { "SamAutoGeneratedAMQPolicy".to_owned() };
        let secret = self.only_secret(event, &["BASIC_AUTH"]);
        let broker = self.source(event, "Broker");
        let mut statements =
            vec![self.pen.allow(&[READ_SECRET], secret), self.pen.allow(&["mq:DescribeBroker"], broker)];
        statements.extend(self.decrypts(event));
        let document = self.pen.document(statements, false);
        self.pen.inline(&name, document)
    }

    fn kafka(&mut self, event: Event<'d>) -> NodeId {
        let (given, unclear) = secrets(event, &KAFKA_SECRETS);
        if unclear {
            return self.unclear("SelfManagedKafkaExecutionRolePolicy");
        }
        let has = |kind: &str| !secrets(event, &[kind]).0.is_empty();
        // The transform grants the first secret a second time for the certificate.
        let times = if has("SERVER_ROOT_CA_CERTIFICATE") { 2 } else { 1 };
        let mut statements = Vec::new();
        for uri in given.first().into_iter().flat_map(|uri| std::iter::repeat_n(uri, times)) {
            statements.push(self.pen.allow(&[READ_SECRET], uri.id()));
        }
        if has("VPC_SUBNET") && has("VPC_SECURITY_GROUP") {
            statements.push(self.network());
        }
        statements.extend(self.decrypts(event));
        statements.extend(self.schema_registry(event));
        let document = self.pen.document(statements, true);
        self.pen.inline("SelfManagedKafkaExecutionRolePolicy", document)
    }

    fn document_db(&mut self, event: Event<'d>) -> NodeId {
        let secret = self.only_secret(event, &["BASIC_AUTH"]);
        let cluster = self.source(event, "Cluster");
        let groups = self.pen.sub("arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:cluster-pg:*");
        let subnets = self.pen.sub("arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:subgrp:*");
        let mut statements = vec![
            self.pen.allow(&[READ_SECRET], secret),
            self.pen.allow(&["rds:DescribeDBClusterParameters"], groups),
            self.pen.allow(&["rds:DescribeDBSubnetGroups"], subnets),
            self.pen.allow(&["rds:DescribeDBClusters"], cluster),
            self.network(),
        ];
        statements.extend(self.decrypts(event));
        let document = self.pen.document(statements, false);
        self.pen.inline("SamAutoGeneratedDocumentDBPolicy", document)
    }

    fn network(&mut self) -> NodeId {
        let all = self.pen.text("*");
        self.pen.allow(&NETWORK, all)
    }

    fn source(&mut self, event: Event<'d>, name: &str) -> NodeId {
        let source = event.property(name).map(Node::id);
        source.unwrap_or_else(|| self.pen.opaque())
    }

    /// The one secret of a kind; opaque where there is none, or it cannot be told.
    fn only_secret(&mut self, event: Event<'d>, kinds: &[&str]) -> NodeId {
        let (given, unclear) = secrets(event, kinds);
        let secret = given.first().filter(|_| !unclear).map(|uri| uri.id());
        secret.unwrap_or_else(|| self.pen.opaque())
    }

    /// The key that the secret is encrypted with.
    fn decrypts(&mut self, event: Event<'d>) -> Option<NodeId> {
        let key = event.property("SecretsManagerKmsKeyId")?;
        let resource = match plain_text(key) {
            Some(key) => {
                self.pen.sub(&format!("arn:${{AWS::Partition}}:kms:${{AWS::Region}}:${{AWS::AccountId}}:key/{key}"))
            }
            None => self.pen.opaque(),
        };
        Some(self.pen.allow(&["kms:Decrypt"], resource))
    }

    /// Statements for a registry of schemas, and the secrets that it is read with.
    fn schema_registry(&mut self, event: Event<'d>) -> Vec<NodeId> {
        let Some(config) = event.property("SchemaRegistryConfig") else { return Vec::new() };
        let access = config.get("AccessConfigs").into_iter().flat_map(Node::items);
        let secrets = access.filter_map(|access| access.get("URI")).take(MOST_SECRETS);
        let mut statements: Vec<NodeId> = secrets.map(|uri| self.pen.allow(&[READ_SECRET], uri.id())).collect();
        let Some(uri) = config.get("SchemaRegistryURI") else { return statements };
        let text = match Call::of(uri) {
            None => uri.text(),
            Some(call) => call.argument.text().filter(|_| call.function == Function::Sub),
        };
        let name = text.filter(|arn| arn.starts_with("arn")).and_then(|arn| arn.split_once(":registry/"));
        if let Some((_, name)) = name {
            statements.push(self.pen.allow(&["glue:GetRegistry"], uri.id()));
            let schemas = format!("arn:${{AWS::Partition}}:glue:${{AWS::Region}}:${{AWS::AccountId}}:schema/{name}/*");
            let schemas = self.pen.sub(&schemas);
            statements.push(self.pen.allow(&["glue:GetSchemaVersion"], schemas));
        }
        statements
    }
}

/// Secrets of one event that are followed: Lambda takes no more than 22.
const MOST_SECRETS: usize = 64;

/// The secrets of some kinds that an event is read with, and whether there may be others.
fn secrets<'d>(event: Event<'d>, kinds: &[&str]) -> (Vec<Node<'d>>, bool) {
    let Some(configurations) = event.property("SourceAccessConfigurations") else { return (Vec::new(), false) };
    if configurations.kind() != Kind::Sequence || plain(configurations).is_none() {
        return (Vec::new(), true);
    }
    let (mut found, mut unclear) = (Vec::new(), false);
    for configuration in configurations.items() {
        match configuration.get("Type").and_then(plain_text) {
            None => unclear = true,
            Some(kind) if kinds.contains(&kind) => found.extend(configuration.get("URI")),
            Some(_) => {}
        }
    }
    unclear |= found.len() > MOST_SECRETS;
    (found, unclear)
}
