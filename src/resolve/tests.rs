//! What the intrinsic functions come to.

use std::sync::Arc;

use super::{Resolver, Stack, StackId, StackInfo, StackSet, group};
use crate::source::FileId;
use crate::syntax::{Document, parse_yaml};
use crate::template::Template;
use crate::value::{Kind, Text, Value, shown};

pub(super) fn documents(texts: &[&str]) -> Vec<Document> {
    let parse = |(at, text): (usize, &&str)| {
        let document = parse_yaml(FileId(at as u32), &Arc::from(*text));
        assert!(document.errors().is_empty(), "{:?}", document.errors());
        document
    };
    texts.iter().enumerate().map(parse).collect()
}

/// The output `O` of the last template, case by case, with the branches' sizes.
pub(super) fn outputs(texts: &[&str], infos: &[StackInfo]) -> Vec<String> {
    let documents = documents(texts);
    let templates: Vec<Template<'_>> = documents.iter().map(|document| Template::read(document).unwrap()).collect();
    let info = |at: usize| infos.get(at).cloned().unwrap_or_default();
    let stacks = templates.iter().enumerate().map(|(at, template)| Stack::new(template, info(at))).collect();
    let set = StackSet::new(stacks);
    let mut resolver = Resolver::new(&set);
    let last = StackId(templates.len() as u32 - 1);
    let node = templates[last.0 as usize].output("O").unwrap().get("Value").unwrap();
    let value = resolver.value(last, node);
    let cases = resolver.worlds.cases(&value);
    cases.cases.iter().map(|case| show(&case.then, &resolver)).collect()
}

pub(super) fn show(value: &Value, resolver: &Resolver<'_, '_>) -> String {
    match &value.kind {
        Kind::List(items) => {
            format!("[{}]", items.iter().map(|item| show(item, resolver)).collect::<Vec<_>>().join("|"))
        }
        Kind::Map(entries) => {
            let shown = entries
                .iter()
                .map(|entry| format!("{}={}", shown(&entry.key, &resolver.symbols), show(&entry.value, resolver)));
            format!("{{{}}}", shown.collect::<Vec<_>>().join("|"))
        }
        Kind::Any(_) | Kind::Text(Text::Any(_)) => "?".to_owned(),
        _ => value.text().map_or_else(|| "-".to_owned(), |text| shown(&text, &resolver.symbols)),
    }
}

const HEAD: &str = "
Parameters:
  Free: {Type: String}
  Stage: {Type: String, Default: dev}
  Size: {Type: String, AllowedValues: [s, m]}
  Zones: {Type: CommaDelimitedList, Default: 'a, b'}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /path}
Mappings:
  Names:
    eu-west-1: {pool: eu}
    us-east-1: {pool: us}
  Sizes: {s: {n: small}, m: {n: medium}}
Conditions:
  IsSmall: !Equals [!Ref Size, s]
  IsBig: !Not [!Condition IsSmall]
  IsProd: !Equals [!Ref Stage, prod]
  Both: !And [!Condition IsSmall, !Condition IsBig]
  Loop: !Condition Loop
Resources:
  Role: {Type: 'AWS::IAM::Role', Properties: {RoleName: !Sub 'app-${Free}'}}
  Plain: {Type: 'AWS::IAM::Role', Properties: {Path: /a/}}
  Users: {Type: 'AWS::Cognito::UserPool'}
  Json:
    Type: Custom::AWSCDKCfnJson
    Properties: {Value: !Join ['', ['{\"', !Ref Free, ':aud\":[\"x\\u0041\",\"', !Ref Stored, '\"]}']]}
  BadJson: {Type: 'Custom::AWSCDKCfnJson', Properties: {Value: !Sub '{\"a\": ${Free}}'}}
Outputs:
  O:
    Value: ";

/// The cases of one value in a template with parameters, mappings, conditions and resources.
fn cases(value: &str) -> Vec<String> {
    outputs(&[&format!("{HEAD}{value}\n")], &[])
}

fn one(value: &str) -> String {
    let mut cases = cases(value);
    assert_eq!(cases.len(), 1, "{cases:?}");
    cases.remove(0)
}

#[test]
fn references() {
    assert_eq!(one("!Ref Free"), "${Free}");
    assert_eq!(one("!Ref Stored"), "${Stored}");
    assert_eq!(cases("!Ref Stage"), ["${Stage}", "dev", "prod"]);
    assert_eq!(cases("!Ref Size"), ["s", "m"]);
    assert_eq!(cases("!Ref Zones").last().unwrap(), "[a|b]");
    assert_eq!(one("!Ref Nobody"), "?");
    assert_eq!(one("!Ref 'AWS::Region'"), "${AWS::Region}");
    assert_eq!(one("!Ref Role"), "app-${Free}");
    assert_eq!(one("'{{resolve:ssm:/x}}/y'"), "${{{resolve:ssm:/x}}}/y");
}

#[test]
fn one_role_has_one_arn_however_it_is_written() {
    let arn = one("!GetAtt Role.Arn");
    assert_eq!(arn, "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/app-${Free}");
    assert_eq!(one("{'Fn::GetAtt': [Role, Arn]}"), arn);
    assert_eq!(one("!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/app-${Free}'"), arn);
    assert_eq!(
        one("!Join ['', ['arn:', !Ref 'AWS::Partition', ':iam::', !Ref 'AWS::AccountId', ':role/', !Ref Role]]"),
        arn
    );
    assert_eq!(one("!GetAtt Plain.Arn"), "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/a/${Plain}");
}

#[test]
fn arns_are_what_the_types_return() {
    let head = |more: &str| HEAD.replace("Outputs:", &format!("{more}\nOutputs:"));
    let with = |resource: &str, asked: &str| {
        let text = format!("{}{asked}\n", head(&format!("  X: {resource}")));
        let found = outputs(&[&text], &[]);
        assert_eq!(found.len(), 1, "{asked}: {found:?}");
        found.concat()
    };
    let account = "${AWS::Partition}:iam::${AWS::AccountId}";
    let cases = [
        ("{Type: 'AWS::IAM::User', Properties: {UserName: u, Path: /p/}}", "!GetAtt X.Arn", ":user/p/u"),
        ("{Type: 'AWS::IAM::ManagedPolicy', Properties: {ManagedPolicyName: m}}", "!Ref X", ":policy/m"),
        ("{Type: 'AWS::IAM::ManagedPolicy'}", "!Ref X", ":policy/${X.ManagedPolicyName}"),
        ("{Type: 'AWS::IAM::SAMLProvider', Properties: {Name: corp}}", "!GetAtt X.Arn", ":saml-provider/corp"),
        (
            "{Type: 'AWS::IAM::OIDCProvider', Properties: {Url: 'https://idp.example.com/a'}}",
            "!Ref X",
            ":oidc-provider/idp.example.com/a",
        ),
        (
            "{Type: 'AWS::IAM::OIDCProvider', Properties: {Url: !Sub 'https://idp.example.com/${Free}'}}",
            "!GetAtt X.Arn",
            ":oidc-provider/idp.example.com/${Free}",
        ),
    ];
    for (resource, asked, end) in cases {
        assert_eq!(with(resource, asked), format!("arn:{account}{end}"), "{resource}");
    }
    let place = "${AWS::Region}:${AWS::AccountId}";
    for (resource, asked, end) in [
        ("{Type: 'AWS::RolesAnywhere::TrustAnchor'}", "!GetAtt X.TrustAnchorArn", "rolesanywhere:R:trust-anchor/${X}"),
        (
            "{Type: 'AWS::Scheduler::ScheduleGroup', Properties: {Name: g}}",
            "!GetAtt X.Arn",
            "scheduler:R:schedule-group/g",
        ),
        (
            "{Type: 'AWS::Lambda::Function', Properties: {FunctionName: f}}",
            "!Ref X.Version",
            "lambda:R:function:f:${X.Version}",
        ),
        (
            "{Type: 'AWS::Lambda::Function', Properties: {FunctionName: f}}",
            "!Sub '${X.Version}'",
            "lambda:R:function:f:${X.Version}",
        ),
        ("{Type: 'AWS::Lambda::Version', Properties: {FunctionName: f}}", "!Ref X", "lambda:R:function:f:${X.Version}"),
        (
            "{Type: 'AWS::Lambda::Version', Properties: {FunctionName: 'arn:aws:lambda:eu-west-1:1:function:f'}}",
            "!GetAtt X.FunctionArn",
            "",
        ),
    ] {
        let expected = match end {
            "" => "arn:aws:lambda:eu-west-1:1:function:f:${X.Version}".to_owned(),
            _ => format!("arn:${{AWS::Partition}}:{}", end.replace(":R:", &format!(":{place}:"))),
        };
        assert_eq!(with(resource, asked), expected, "{resource}");
    }
    let unknown = "{Type: 'AWS::IAM::OIDCProvider', Properties: {Url: !Ref Free}}";
    assert_eq!(with(unknown, "!Ref X"), "${X}", "a URL that is not known is some provider's");
    let cluster = "{Type: 'AWS::EKS::Cluster', Properties: {Name: c}}";
    assert_eq!(
        with(cluster, "!Select [1, !Split ['//', !GetAtt X.OpenIdConnectIssuerUrl]]"),
        "oidc.eks.${AWS::Region}.${AWS::URLSuffix}/id/${X.IssuerId}"
    );
    let function = "{Type: 'AWS::Lambda::Function', Properties: {FunctionName: f}}";
    assert_eq!(
        with(function, "!GetAtt X.Arn"),
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:f"
    );
    assert_eq!(with("{Type: 'AWS::SSM::Parameter', Properties: {Value: !Ref Free}}", "!GetAtt X.Value"), "${Free}");
}

#[test]
fn a_user_pool_has_one_provider_name() {
    let name = one("!GetAtt Users.ProviderName");
    assert_eq!(one("!Sub 'cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${Users}'"), name);
}

#[test]
fn text_functions() {
    assert_eq!(one("!Sub ['${a}-${!b}', {a: !Ref Free}]"), "${Free}-${b}");
    assert_eq!(one("!Join ['-', [a, !Ref 'AWS::NoValue', b]]"), "a-b");
    assert_eq!(one("!Select [1, !Split [',', 'a,b']]"), "b");
    assert_eq!(one("!Select [1, !Split ['/', !GetAtt Users.ProviderName]]"), "${Users}");
    assert_eq!(one("!Select ['1', [a, b]]"), "b");
    assert_eq!(one("!Select [7, [a, b]]"), "?");
    assert_eq!(one("!Split [',', !Ref Free]"), "?", "a parameter may hold the delimiter");
    assert_eq!(one("!Base64 x"), "eA==");
    assert_eq!(one("!Base64 {Ref: Free}"), "?");
    assert_eq!(one("{'Fn::Base64': !Ref Free}"), "?");
    assert_eq!(one("{'Fn::Base64': !Sub 'x'}"), "eA==");
    assert_eq!(one("!Length [a, b]"), "2");
    assert_eq!(one("!Length {Ref: Free}"), "?");
    assert_eq!(one("!ToJsonString {a: [1, true, 'x\"', !Ref Free]}"), r#"{"a":[1,true,"x\"","${Free}"]}"#);
    assert_eq!(one("!FindInMap [Names, nowhere, pool, {DefaultValue: !Sub '${Free}-d'}]"), "${Free}-d");
    assert_eq!(one("!FindInMap [Names, eu-west-1, pool, {DefaultValue: x}]"), "eu");
    assert_eq!(one("!FindInMap [Names, nowhere, pool]"), "?");
    assert_eq!(one("{'Fn::GetAtt': [Users, !Select [0, [UserPoolId, x]]]}"), "${Users}");
    assert_eq!(one("!Cidr [10.0.0.0/8, 1]"), "?");
    assert_eq!(one("{a: 1, 'Fn::Transform': {Name: m}}"), "?");
}

#[test]
fn conditions_choose() {
    assert_eq!(cases("!If [IsSmall, a, b]"), ["a", "b"]);
    assert_eq!(one("!If [Both, a, b]"), "b", "it cannot be both");
    assert_eq!(cases("!If [IsSmall, !If [IsBig, a, b], !If [IsBig, c, d]]"), ["b", "c"]);
    assert_eq!(cases("!If [IsSmall, !Ref Size, x]"), ["s", "x"]);
    assert_eq!(cases("!If [IsProd, !Ref Stage, x]"), ["prod", "x"]);
    assert_eq!(cases("!If [Loop, a, b]"), ["a", "b"], "a condition that names itself may be either");
    assert_eq!(cases("[!If [IsSmall, a, !Ref 'AWS::NoValue'], b]"), ["[a|b]", "[b]"]);
}

#[test]
fn mappings() {
    assert_eq!(cases("!FindInMap [Sizes, !Ref Size, n]"), ["small", "medium"]);
    assert_eq!(one("!FindInMap [Sizes, s, n]"), "small");
    assert_eq!(cases("!FindInMap [Names, !Ref 'AWS::Region', pool]"), ["eu", "us"]);
    assert_eq!(one("!FindInMap [Names, !Ref Nobody, pool]"), "?");
    assert_eq!(cases("!FindInMap [Names, !Ref Free, pool, {DefaultValue: d}]"), ["eu", "us", "d"]);
    assert_eq!(cases("!FindInMap [Sizes, !Ref Size, n, {DefaultValue: d}]"), ["small", "medium"]);
    let known = StackInfo { region: Some("us-east-1".to_owned()), ..StackInfo::default() };
    let text = format!("{HEAD}!FindInMap [Names, !Ref 'AWS::Region', pool]\n");
    assert_eq!(outputs(&[&text], &[known]), ["us"]);
}

#[test]
fn cfn_json_has_keys_and_values_with_holes() {
    assert_eq!(one("!GetAtt Json.Value"), "{${Free}:aud=[xA|${Stored}]}");
    assert_eq!(one("!GetAtt BadJson.Value"), "${BadJson}", "a hole outside every text could be anything");
}

#[test]
fn references_to_themselves_end() {
    let text =
        "Resources: {R: {Type: 'AWS::IAM::Role', Properties: {RoleName: !Ref R}}}\nOutputs: {O: {Value: !Ref R}}\n";
    assert_eq!(outputs(&[text], &[]).len(), 1);
}

const EXPORTER: &str = "
Resources: {Pool: {Type: 'AWS::Cognito::IdentityPool'}}
Outputs: {P: {Value: !Ref Pool, Export: {Name: shared-pool}}}
";
const IMPORTER: &str = "
Resources: {X: {Type: 'AWS::IAM::Role'}}
Outputs: {O: {Value: !ImportValue {'Fn::Join': ['-', [shared, pool]]}}}
";

#[test]
fn imports_join_stacks() {
    assert_eq!(outputs(&[EXPORTER, IMPORTER], &[]), ["${Pool}"]);
    assert_eq!(outputs(&[IMPORTER], &[]), ["${the export shared-pool}"]);
    for name in ["!Sub 'shared-${N}'", "!Join ['-', [shared, !Ref N]]", "shared-pool"] {
        let long = format!(
            "Parameters: {{N: {{Type: String, AllowedValues: [pool]}}}}\nResources: {{X: {{Type: 'AWS::IAM::Role'}}}}\n\
             Outputs: {{O: {{Value: {{'Fn::ImportValue': {name}}}}}}}\n"
        );
        assert_eq!(outputs(&[EXPORTER, &long], &[]), ["${Pool}"], "{name}");
        let documents = documents(&[EXPORTER, &long]);
        let templates: Vec<Template<'_>> = documents.iter().map(|document| Template::read(document).unwrap()).collect();
        let stacks = templates.iter().map(|template| Stack::new(template, StackInfo::default())).collect();
        assert_eq!(group(stacks).len(), 1, "{name}");
    }
    let documents = documents(&[EXPORTER, IMPORTER, EXPORTER]);
    let templates: Vec<Template<'_>> = documents.iter().map(|document| Template::read(document).unwrap()).collect();
    let stack = |at: usize| Stack::new(&templates[at], StackInfo::default());
    assert_eq!(group(vec![stack(0), stack(1)]).len(), 1);
    assert_eq!(group(vec![stack(0), stack(1), stack(2)]).len(), 3, "two candidates are no answer");
}

#[test]
fn outputs_of_named_stacks() {
    let named = |name: &str| StackInfo { name: Some(name.to_owned()), ..StackInfo::default() };
    let asks = "
Resources: {X: {Type: 'AWS::IAM::Role'}}
Outputs: {O: {Value: !GetStackOutput {StackName: Pools, OutputName: P}}}
";
    assert_eq!(outputs(&[EXPORTER, asks], &[named("Pools"), named("Apps")]), ["${Pool}"]);
    assert_eq!(outputs(&[EXPORTER, asks], &[named("Other"), named("Apps")]), ["${the output P of stack Pools}"]);
}

#[test]
fn aliases_do_not_multiply() {
    let mut text = String::from("Resources: {X: {Type: T}}\nMetadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..=12 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("  a{level}: &a{level} [{before}]\n"));
    }
    text.push_str("Outputs: {O: {Value: *a12}}\n");
    let found = outputs(&[&text], &[]).concat();
    assert!(found.contains('?') && found.len() < 100, "more parts than are followed: {} bytes", found.len());
}

/// A stack that nests the template before it, and asks for one of its outputs.
#[test]
fn nested_stacks_take_parameters_and_give_outputs() {
    let child = "
Parameters: {Pool: {Type: String, Default: none}}
Resources: {X: {Type: 'AWS::IAM::Role'}}
Outputs: {Out: {Value: !Sub '${Pool}!'}}
";
    let parent = "
Resources:
  Pool: {Type: 'AWS::Cognito::IdentityPool'}
  Child: {Type: 'AWS::CloudFormation::Stack', Properties: {Parameters: {Pool: !Ref Pool}}}
Outputs: {O: {Value: !GetAtt Child.Outputs.Out}}
";
    let documents = documents(&[child, parent]);
    let templates: Vec<Template<'_>> = documents.iter().map(|document| Template::read(document).unwrap()).collect();
    let mut stacks: Vec<Stack<'_>> =
        templates.iter().map(|template| Stack::new(template, StackInfo::default())).collect();
    stacks[0].parent = Some((StackId(1), "Child"));
    stacks[1].children.insert("Child", StackId(0));
    let set = group(stacks).remove(0);
    let mut resolver = Resolver::new(&set);
    let node = templates[1].output("O").unwrap().get("Value").unwrap();
    let value = resolver.value(StackId(1), node);
    assert_eq!(show(&value, &resolver), "${Pool}!");
}

#[test]
fn exports_to_other_regions() {
    let writer = "
Resources:
  Pool: {Type: 'AWS::Cognito::IdentityPool'}
  Writer:
    Type: Custom::CrossRegionExportWriter
    Properties: {WriterProps: {exports: {/cdk/exports/Other/Pool: !Ref Pool}}}
";
    let reader = "
Resources: {Reader: {Type: 'Custom::CrossRegionExportReader'}}
Outputs: {O: {Value: {'Fn::GetAtt': [Reader, /cdk/exports/Other/Pool]}}}
";
    assert_eq!(outputs(&[writer, reader], &[]), ["${Pool}"]);
    assert_eq!(outputs(&[reader], &[]), ["${the cross-Region export /cdk/exports/Other/Pool}"]);
}

#[test]
fn a_long_chain_of_conditions_is_followed_only_so_deep() {
    let mut text = String::from("Resources: {X: {Type: T}}\nConditions:\n");
    for at in 0..10_000 {
        text.push_str(&format!("  C{at}: !Not [!Condition C{}]\n", at + 1));
    }
    text.push_str("  C10000: !Equals [a, a]\nOutputs: {O: {Value: !If [C0, a, b]}}\n");
    assert_eq!(outputs(&[&text], &[]), ["a", "b"]);
    assert_eq!(outputs(&[&text.replace("[C0,", "[C9999,")], &[]), ["b"], "near the end it is known");
}

#[test]
fn what_instances_of_a_stack_set_override_is_unknown() {
    let parent = |overrides: &str| {
        format!(
            "Resources: {{Members: {{Type: 'AWS::CloudFormation::StackSet', Properties: {{Parameters: [{{ParameterKey: P, ParameterValue: one}}], StackInstancesGroup: [{{ParameterOverrides: {overrides}}}]}}}}}}"
        )
    };
    let child =
        "Parameters: {P: {Type: String}}\nResources: {T: {Type: 'AWS::SNS::Topic'}}\nOutputs: {O: {Value: !Ref P}}";
    let value = |overrides: &str| {
        let documents = documents(&[&parent(overrides), child]);
        let templates: Vec<Template<'_>> = documents.iter().map(|doc| Template::read(doc).unwrap()).collect();
        let mut members = Stack::new(&templates[1], StackInfo { apart: true, ..StackInfo::default() });
        members.parent = Some((StackId(0), "Members"));
        let set = StackSet::new(vec![Stack::new(&templates[0], StackInfo::default()), members]);
        let node = templates[1].output("O").unwrap().get("Value").unwrap();
        let mut resolver = Resolver::new(&set);
        let value = resolver.value(StackId(1), node);
        show(&value, &resolver)
    };
    assert_eq!(value("[{ParameterKey: Q, ParameterValue: two}]"), "one");
    assert_eq!(value("[{ParameterKey: P, ParameterValue: two}]"), "${P}");
}
