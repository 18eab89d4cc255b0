//! What SAM makes of small templates. That it is the same for the transform's own cases is held by
//! `cargo xtask sam`.

use super::{TRANSFORM, expand};
use crate::source::FileId;
use crate::syntax::{Document, Kind, Node, parse_yaml};
use crate::template::Known;

struct Made {
    doc: Option<Document>,
    notes: Vec<String>,
    unknown: Vec<String>,
}

fn made_with(text: &str, known: &(dyn Fn(&str) -> Option<String> + Sync)) -> Made {
    let doc = parse_yaml(FileId(0), &text.into());
    assert_eq!(doc.errors(), []);
    let (mut notes, mut unknown) = (Vec::new(), Vec::new());
    let known = &Known { values: known, defaults_hold: true };
    let doc = expand(&doc, known, &mut notes, &mut unknown);
    Made { doc, notes, unknown }
}

fn made(text: &str) -> Made {
    made_with(text, &|_| None)
}

/// A node in one line.
fn shown(node: Node<'_>) -> String {
    let tag = node.tag().map(|tag| format!("{tag} ")).unwrap_or_default();
    let parts = |texts: Vec<String>| texts.join(", ");
    let text = match node.kind() {
        Kind::Missing => "~".to_owned(),
        Kind::Scalar => node.text().unwrap_or_default().to_owned(),
        Kind::Sequence => format!("[{}]", parts(node.items().map(shown).collect())),
        Kind::Mapping => {
            let entries = node.entries().into_iter();
            format!("{{{}}}", parts(entries.map(|(key, value)| format!("{}: {}", shown(key), shown(value))).collect()))
        }
    };
    tag + &text
}

impl Made {
    fn at(&self, path: &str) -> Option<Node<'_>> {
        let root = self.doc.as_ref()?.root()?;
        path.split('/').try_fold(root, |node, key| match key.parse::<usize>() {
            Ok(at) => node.items().nth(at),
            Err(_) => node.get(key),
        })
    }

    fn shown(&self, path: &str) -> String {
        self.at(path).map_or_else(|| format!("no {path}"), shown)
    }

    fn property(&self, id: &str, name: &str) -> String {
        self.shown(&format!("Resources/{id}/Properties/{name}"))
    }

    /// Logical ids of what was made.
    fn ids(&self) -> Vec<String> {
        let resources = self.at("Resources").map(Node::entries).unwrap_or_default();
        let fresh = resources.into_iter().filter(|(key, _)| key.is_fresh());
        fresh.filter_map(|(key, _)| key.text().map(str::to_owned)).collect()
    }
}

/// A function with these properties, in lines of their own.
fn function(properties: &str) -> String {
    let lines: String = properties.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "Transform: {TRANSFORM}\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: a.b\n{lines}"
    )
}

const LAMBDA: &str = "{Version: 2012-10-17, Statement: [{Action: [sts:AssumeRole], Effect: Allow, Principal: {Service: [lambda.amazonaws.com]}}]}";
const BASIC: &str = "{Fn::Sub: arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole}";

#[test]
fn a_function_without_a_role_gets_one() {
    let made = made(&function("Tags: {a: b}\nRolePath: /x/\nPermissionsBoundary: !Ref B"));
    assert_eq!(made.ids(), ["FnRole"]);
    assert_eq!(made.property("FnRole", "AssumeRolePolicyDocument"), LAMBDA);
    assert_eq!(made.property("FnRole", "ManagedPolicyArns"), format!("[{BASIC}]"));
    assert_eq!(made.property("FnRole", "Tags"), "[{Key: lambda:createdBy, Value: SAM}, {Key: a, Value: b}]");
    assert_eq!(made.property("FnRole", "Path"), "/x/");
    assert_eq!(made.property("FnRole", "PermissionsBoundary"), "!Ref B");
    assert_eq!(made.shown("Resources/Fn/Type"), "AWS::Serverless::Function", "the function stays");
    assert!(!made.at("Resources/Fn").unwrap().is_fresh());
    assert_eq!((made.notes, made.unknown), (Vec::new(), Vec::new()));
}

#[test]
fn a_role_stands_at_what_shapes_it() {
    let place = |properties: &str| {
        let made = made(&function(properties));
        let doc = made.doc.as_ref().unwrap();
        let (key, _) = doc.root().unwrap().get("Resources").unwrap().entry("FnRole").unwrap();
        key.span().of(doc.text()).to_owned()
    };
    assert_eq!(place("Timeout: 3"), "Fn");
    assert_eq!(place("Policies: ReadOnlyAccess"), "Policies");
    assert_eq!(place("Policies: ReadOnlyAccess\nAssumeRolePolicyDocument: {}"), "AssumeRolePolicyDocument");
    let own = made(&function("AssumeRolePolicyDocument: {Statement: []}"));
    let document = own.at("Resources/FnRole/Properties/AssumeRolePolicyDocument").unwrap();
    assert!(!document.is_fresh(), "a document of the user's keeps its nodes");
}

#[test]
fn a_role_that_is_given_is_the_only_one() {
    let ids = |role: &str| made(&function(&format!("Role: {role}"))).ids();
    assert_eq!(ids("arn:aws:iam::111122223333:role/x"), [""; 0]);
    assert_eq!(ids("!GetAtt R.Arn"), [""; 0]);
    assert_eq!(ids("!If [C, !GetAtt R.Arn, !GetAtt S.Arn]"), [""; 0]);
    assert_eq!(ids("!If [C, !Ref AWS::NoValue, !Ref AWS::NoValue]"), ["FnRole"]);
    assert_eq!(ids(""), ["FnRole"]);
}

#[test]
fn a_role_that_is_given_in_one_branch_is_made_in_the_other() {
    let then = made(&function("Role: !If [C, !Ref AWS::NoValue, arn]"));
    assert_eq!(then.shown("Resources/FnRole/Condition"), "C");
    assert!(then.at("Conditions").is_none());
    let otherwise = made(&function("Role: {'Fn::If': [C, arn, {Ref: 'AWS::NoValue'}]}"));
    assert_eq!(otherwise.shown("Resources/FnRole/Condition"), "NOTC");
    assert_eq!(otherwise.shown("Conditions"), "{NOTC: {Fn::Not: [{Condition: C}]}}");
    let conditions =
        format!("{}Conditions: {{C: !Equals [a, b]}}\n", function("Role: !If [C, arn, !Ref AWS::NoValue]"));
    assert_eq!(made(&conditions).shown("Conditions"), "{C: !Equals [a, b], NOTC: {Fn::Not: [{Condition: C}]}}");
}

#[test]
fn the_condition_of_a_function_is_that_of_its_role() {
    let text = function("").replace("    Properties:", "    Condition: C\n    Properties:");
    assert_eq!(made(&text).shown("Resources/FnRole/Condition"), "C");
}

#[test]
fn a_role_keeps_the_path_of_the_construct_that_it_is_made_for() {
    let with = |metadata: &str| {
        let metadata = format!("    Metadata: {metadata}\n    Properties:");
        made(&function("").replace("    Properties:", &metadata)).shown("Resources/FnRole/Metadata")
    };
    assert_eq!(with("{'aws:cdk:path': App/Fn}"), "{aws:cdk:path: App/Fn}");
    assert_eq!(with("{BuildMethod: esbuild}"), "no Resources/FnRole/Metadata");
}

#[test]
fn policies_come_in_many_forms() {
    let document = "{Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}";
    let inline = |policies: &str| made(&function(&format!("Policies: {policies}"))).property("FnRole", "Policies");
    let managed =
        |policies: &str| made(&function(&format!("Policies: {policies}"))).property("FnRole", "ManagedPolicyArns");
    let written = "{Statement: {Effect: Allow, Action: s3:*, Resource: *}}";
    let first = format!("{{PolicyName: FnRolePolicy0, PolicyDocument: {written}}}");
    assert_eq!(inline(document), format!("[{first}]"));
    assert_eq!(inline(&format!("[{document}]")), format!("[{first}]"));
    assert_eq!(
        inline(&format!("[!If [C, {document}, !Ref AWS::NoValue]]")),
        format!("[{{Fn::If: [C, {first}, !Ref AWS::NoValue]}}]")
    );
    let aws = |name: &str| format!("{{Fn::Sub: arn:${{AWS::Partition}}:iam::aws:policy/{name}}}");
    assert_eq!(managed("ReadOnlyAccess"), format!("[{BASIC}, {}]", aws("ReadOnlyAccess")));
    assert_eq!(managed("[AWSLambdaRole, !Ref P]"), format!("[{BASIC}, {}, !Ref P]", aws("service-role/AWSLambdaRole")));
    assert_eq!(managed("'arn:aws:iam::1:policy/x'"), format!("[{BASIC}, arn:aws:iam::1:policy/x]"));
    assert_eq!(managed("'{{resolve:ssm:x}}'"), format!("[{BASIC}, {{{{resolve:ssm:x}}}}]"));
    assert_eq!(managed("[!If [C, A, !Ref P]]"), format!("[{BASIC}, {{Fn::If: [C, {}, !Ref P]}}]", aws("A")));
    assert_eq!(inline("[!Ref AWS::NoValue]"), "no Resources/FnRole/Properties/Policies");
}

#[test]
fn policy_templates_are_filled() {
    let policy = |policy: &str| {
        let made = made(&function(&format!("Policies: [{policy}]")));
        made.shown("Resources/FnRole/Properties/Policies/0/PolicyDocument")
    };
    let polls = policy("SQSPollerPolicy: {QueueName: !GetAtt Q.QueueName}");
    let resource = "{Fn::Sub: [arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${QueueName}, {QueueName: !GetAtt Q.QueueName}]}";
    assert!(polls.starts_with("{Statement: [{Effect: Allow, Action: [sqs:ChangeMessageVisibility, "), "{polls}");
    assert!(polls.ends_with(&format!("Resource: {resource}}}]}}")), "{polls}");
    assert!(policy("AMIDescribePolicy: {}").ends_with("Resource: *}]}"));
    assert!(policy("AWSSecretsManagerGetSecretValuePolicy: {SecretArn: !Ref S}").ends_with("Resource: !Ref S}]}"));
    assert!(policy("SQSPollerPolicy: {}").contains("Resource: {Fn::Transform: "), "a parameter is missing");
    assert!(policy("EFSWriteAccessPolicy: {FileSystem: f, AccessPoint: p}").contains("Condition: {StringEquals: "));
    for refused in ["TemplateThatIsNew: {X: y}", "!If [C, ReadOnlyAccess, {AMIDescribePolicy: {}}]", "[a]", "~"] {
        assert!(policy(refused).starts_with("{Fn::") && policy(refused).contains("Transform"), "{refused}");
    }
}

#[test]
fn globals_are_merged() {
    let globals = |section: &str, own: &str| format!("{}Globals:\n  Function: {section}\n", function(own));
    let global = "{AssumeRolePolicyDocument: {Version: v, Statement: [{Effect: Deny}]}, PermissionsBoundary: b, VpcConfig: {SubnetIds: [s]}}";
    let document = |own: &str| made(&globals(global, own)).property("FnRole", "AssumeRolePolicyDocument");
    assert_eq!(document(""), "{Version: v, Statement: [{Effect: Deny}]}");
    let both = "{Version: w, Statement: [{Effect: Deny}, {Effect: Allow}]}";
    assert_eq!(document("AssumeRolePolicyDocument: {Version: w, Statement: [{Effect: Allow}]}"), both);
    assert_eq!(document("AssumeRolePolicyDocument: !If [C, {}, {}]"), "!If [C, {}, {}]");
    assert_eq!(document("AssumeRolePolicyDocument:"), LAMBDA, "null is nobody's document");
    let made_of = |text: &str| made(text);
    let all = made_of(&globals(global, "PermissionsBoundary: own"));
    assert_eq!(all.property("FnRole", "PermissionsBoundary"), "own");
    assert!(all.property("FnRole", "ManagedPolicyArns").contains("AWSLambdaVPCAccessExecutionRole"));
    let ignoring = globals(global, "")
        .replace("    Properties:", "    IgnoreGlobals: [AssumeRolePolicyDocument]\n    Properties:");
    assert_eq!(made_of(&ignoring).property("FnRole", "AssumeRolePolicyDocument"), LAMBDA);
    assert_eq!(made_of(&ignoring).property("FnRole", "PermissionsBoundary"), "b");
    let ignoring = globals(global, "").replace("    Properties:", "    IgnoreGlobals: '*'\n    Properties:");
    assert!(made_of(&ignoring).at("Resources/FnRole/Properties/PermissionsBoundary").is_none());
}

#[test]
fn events_and_other_properties_grant() {
    let has = |properties: &str, wanted: &str| {
        let made = made(&function(properties));
        let all = made.property("FnRole", "ManagedPolicyArns") + &made.property("FnRole", "Policies");
        assert!(all.contains(wanted), "{properties}: {all}");
    };
    has("Tracing: Active", "policy/AWSXrayWriteOnlyAccess");
    has("DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Q.Arn}", "Action: [sqs:SendMessage], Resource: !GetAtt Q.Arn");
    has("Events: {E: {Type: SQS, Properties: {Queue: q}}}", "service-role/AWSLambdaSQSQueueExecutionRole");
    has("Events: {E: {Type: SNS, Properties: {SqsSubscription: true}}}", "service-role/AWSLambdaSQSQueueExecutionRole");
    let mq = "Broker: !Ref B, SourceAccessConfigurations: [{Type: BASIC_AUTH, URI: !Ref S}]";
    has(&format!("Events: {{E: {{Type: MQ, Properties: {{{mq}}}}}}}"), "Action: [mq:DescribeBroker], Resource: !Ref B");
    has("Events: {E: {Type: MQ, Properties: {SourceAccessConfigurations: !Ref X}}}", "Fn::Transform");
    let destination = "{DestinationConfig: {OnSuccess: {Type: SQS}, OnFailure: {Type: SNS, Destination: t}}}";
    has(
        &format!("EventInvokeConfig: {destination}"),
        "Resource: {Fn::GetAtt: [FnEventInvokeConfigOnSuccessQueue, Arn]}",
    );
    let off = made_with(&function("Tracing: !Ref T"), &|name| (name == "T").then(|| "Disabled".to_owned()));
    assert_eq!(off.property("FnRole", "ManagedPolicyArns"), format!("[{BASIC}]"));
}

#[test]
fn schedules_have_roles_of_their_own() {
    let made =
        made(&function("Role: arn\nEvents: {A: {Type: ScheduleV2}, B: {Type: ScheduleV2, Properties: {RoleArn: r}}}"));
    assert_eq!(made.ids(), ["FnARole"]);
    assert!(made.property("FnARole", "AssumeRolePolicyDocument").contains("[scheduler.amazonaws.com]"));
    let policies = made.property("FnARole", "Policies");
    assert!(policies.contains("Action: [lambda:InvokeFunction], Resource: {Fn::GetAtt: [Fn, Arn]}"), "{policies}");
}

#[test]
fn codedeploy_has_one_role() {
    let preference = |more: &str| function(&format!("AutoPublishAlias: live\nDeploymentPreference: {{Type: x{more}}}"));
    assert_eq!(made(&preference("")).ids(), ["FnRole", "CodeDeployServiceRole"]);
    for none in [", Enabled: false", ", Enabled: !Ref Off", ", Enabled: !FindInMap [M, a, b]", ", Role: arn"] {
        let text = format!("{}Mappings: {{M: {{a: {{b: 'False'}}}}}}\n", preference(none));
        let made = made_with(&text, &|name| (name == "Off").then(|| "false".to_owned()));
        assert_eq!(made.ids(), ["FnRole"], "{none}");
    }
    let text =
        preference(", PassthroughCondition: true").replace("    Properties:", "    Condition: C\n    Properties:");
    assert_eq!(made(&text).shown("Resources/CodeDeployServiceRole/Condition"), "C");
}

#[test]
fn state_machines_and_their_events_have_roles() {
    let events =
        "{A: {Type: Schedule}, B: {Type: Schedule, Properties: {RoleArn: r}}, C: {Type: Api}, D: {Type: ScheduleV2}}";
    let text = format!(
        "Transform: [{TRANSFORM}]\nResources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Policies: ReadOnlyAccess\n      Events: {events}\n"
    );
    let all = made(&text);
    assert_eq!(all.ids(), ["MRole", "MARole", "MCRole", "MDRole"]);
    let service = |id: &str| {
        all.shown(&format!("Resources/{id}/Properties/AssumeRolePolicyDocument/Statement/0/Principal/Service/0"))
    };
    let services = ["MRole", "MARole", "MCRole", "MDRole"].map(service);
    let names = ["states", "events", "apigateway", "scheduler"].map(|name| format!("{name}.amazonaws.com"));
    assert_eq!(services, names);
    assert!(all.property("MARole", "Policies").contains("Action: [states:StartExecution], Resource: {Ref: M}"));
    assert_eq!(made(&text.replace("Policies: ReadOnlyAccess", "Role: r")).ids(), ["MARole", "MCRole", "MDRole"]);
}

#[test]
fn graphql_apis_and_capacity_providers_have_roles() {
    let text = format!(
        "Transform: {TRANSFORM}\nResources:\n  G:\n    Type: AWS::Serverless::GraphQLApi\n    Properties:\n      DataSources:\n        DynamoDb: {{T: {{TableArn: t, Permissions: [Read]}}, U: {{ServiceRoleArn: r}}}}\n        Lambda: {{L: {{FunctionArn: f}}}}\n  P: {{Type: AWS::Serverless::CapacityProvider, Properties: {{}}}}\n"
    );
    let made = made(&text);
    let table = ["GTDynamoDBDataSourceRole", "GTDynamoDBDataSourceToTableConnectorPolicy"];
    let function = ["GLLambdaDataSourceRole", "GLLambdaDataSourceToLambdaConnectorPolicy"];
    assert_eq!(made.ids(), [&["GCloudWatchRole"], &table[..], &function[..], &["POperatorRole"]].concat());
    let reads = made.property(table[1], "PolicyDocument/Statement/0");
    assert!(
        reads.contains("dynamodb:GetItem")
            && reads.ends_with("{Fn::Sub: [${DestinationArn}/index/*, {DestinationArn: t}]}]}"),
        "{reads}"
    );
    assert_eq!(made.property(table[1], "Roles"), "[{Ref: GTDynamoDBDataSourceRole}]");
}

#[test]
fn connectors_give_policies_to_roles() {
    let connector = |destination: &str| {
        let properties = format!("{{Source: {{Id: Fn}}, Destination: {destination}, Permissions: [Read]}}");
        format!(
            "{}  T: {{Type: AWS::Serverless::SimpleTable}}\n  C: {{Type: AWS::Serverless::Connector, Properties: {properties}}}\n",
            function("")
        )
    };
    let one = made(&connector("{Id: T}"));
    assert_eq!(one.ids(), ["FnRole", "CPolicy"]);
    assert_eq!(one.property("CPolicy", "Roles"), "[{Ref: FnRole}]");
    assert!(one.property("CPolicy", "PolicyDocument").contains("Resource: [{Fn::GetAtt: [T, Arn]}, "));
    assert_eq!(
        made(&connector("[{Id: T}, {Type: AWS::DynamoDB::Table, Arn: t}]")).ids(),
        ["FnRole", "CPolicyDestination0", "CPolicyDestination1"]
    );
    let gone = made(&connector("!If [A, {Id: T}, {Id: U}]"));
    assert_eq!(
        (gone.ids(), gone.unknown),
        (vec!["FnRole".to_owned()], vec!["what the connector C connects is not known".to_owned()])
    );
    let embedded = function("Role: !GetAtt Mine.Arn").replace(
        "    Properties:",
        "    Connectors: {My: {Properties: {Destination: {Type: AWS::SNS::Topic, Arn: t}, Permissions: [Write]}}}\n    Properties:",
    );
    let made_of = made(&embedded);
    assert_eq!(made_of.ids(), ["FnMyPolicy"]);
    assert_eq!(made_of.property("FnMyPolicy", "Roles"), "[{Ref: Mine}]");
    let unknown = made(&embedded.replace("!GetAtt Mine.Arn", "arn:aws:iam::111122223333:role/x"));
    assert_eq!(unknown.unknown, ["the role that FnMyPolicy would belong to is not known"]);
}

#[test]
fn names_that_are_taken_stay_and_other_resources_are_left_alone() {
    let text = format!("{}  FnRole: {{Type: AWS::IAM::Role, Properties: {{}}}}\n", function(""));
    assert!(made(&text).doc.is_none());
    let odd = [
        "Policies: {a: }",
        "Events: [1, 2]",
        "Events: {E: 3}",
        "Tags: [x]",
        "DeploymentPreference: 3",
        "EventInvokeConfig: []",
    ];
    for properties in odd {
        assert_eq!(made(&function(properties)).ids()[0], "FnRole", "{properties}");
    }
    assert!(made(&format!("Transform: {TRANSFORM}\nResources: {{A: {{Type: AWS::Serverless::Api}}}}\n")).doc.is_none());
}

#[test]
fn what_aliases_share_is_bounded() {
    let policies = "{AMIDescribePolicy: {}}, ".repeat(2000);
    let mut text = format!("Transform: {TRANSFORM}\nX: &x [{policies}]\nResources:\n");
    for at in 0..1000 {
        text += &format!("  F{at}: {{Type: AWS::Serverless::Function, Properties: {{Policies: *x}}}}\n");
    }
    let shared = made(&text);
    assert_eq!(shared.notes.len(), 1, "{:?}", shared.notes);
    assert!(shared.ids().len() < 1000);
    let last = shared.ids().pop().unwrap();
    assert!(shared.property(&last, "AssumeRolePolicyDocument").ends_with("}]}"), "a role is there whole or not at all");
    let mut choices = format!("Transform: {TRANSFORM}\nX0: &x0 {{Statement: []}}\n");
    for at in 1..60 {
        choices += &format!("X{at}: &x{at} !If [C, *x{}, *x{0}]\n", at - 1);
    }
    choices += "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Policies: [*x59]}}\n";
    assert_eq!(made(&choices).ids(), ["FRole"]);
    let mut merges = format!("Transform: {TRANSFORM}\nX0: &x0 {{a: b}}\n");
    for at in 1..60 {
        merges += &format!("X{at}: &x{at} {{a: *x{}, b: *x{0}}}\n", at - 1);
    }
    merges += "Globals: {Function: {AssumeRolePolicyDocument: *x59}}\n";
    merges += "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {AssumeRolePolicyDocument: *x59}}\n";
    let merged = made(&merges);
    assert_eq!((merged.ids(), merged.notes.len()), (Vec::new(), 1));
    let mut deep = format!("Transform: {TRANSFORM}\nX0: &x0 {{a: b}}\n");
    for at in 1..20_000 {
        deep += &format!("X{at}: &x{at} {{a: *x{}}}\n", at - 1);
    }
    deep += "Globals: {Function: {AssumeRolePolicyDocument: *x19999}}\n";
    deep += "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {AssumeRolePolicyDocument: *x19999}}\n";
    assert_eq!(made(&deep).ids(), ["FRole"]);
}
