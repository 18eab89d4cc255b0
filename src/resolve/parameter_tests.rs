//! What parameters come to: given, from a parent, narrowed by rules, secret.

use super::tests::{documents, outputs, show};
use super::{Given, GivenParameter, NoteKind, Resolver, Stack, StackId, StackInfo, group};
use crate::template::Template;

fn given(parameters: &[(&str, GivenParameter)]) -> StackInfo {
    let mut given = Given::default();
    parameters.iter().for_each(|(name, parameter)| given.set(name, parameter.clone()));
    StackInfo { given, ..StackInfo::default() }
}

fn certain(value: &str) -> GivenParameter {
    GivenParameter::Certain(value.into())
}

fn likely(value: Option<&str>) -> GivenParameter {
    GivenParameter::Likely { value: value.map(Into::into), file: "p.json".into() }
}

const HEAD: &str = "
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Name: {Type: String, Default: some}
  Free: {Type: String}
  Zones: {Type: CommaDelimitedList, Default: 'a, b'}
  Open: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Prefix: {Type: 'AWS::EC2::PrefixList::Id', Default: pl-1}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /path}
  StoredName: {Type: 'AWS::SSM::Parameter::Name', Default: /path}
  Secret: {Type: String, NoEcho: true, Default: hidden}
  Account: {Type: String, AllowedPattern: '^[0-9]{12}$'}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsLive: !Equals [!Sub '${Name}-x', live-x]
  NamesLive: !Equals [!Ref Name, live]
  IsHidden: !Equals [!Ref Secret, hidden]
  IsStar: !Equals [!Ref Account, '*']
Resources: {R: {Type: 'AWS::IAM::Role'}}
Outputs:
  O:
    Value: ";

fn with(value: &str, info: StackInfo) -> Vec<String> {
    outputs(&[&format!("{HEAD}{value}\n")], &[info])
}

#[test]
fn a_given_value_is_known_everywhere() {
    let prod = || given(&[("Stage", certain("prod")), ("Zones", certain("x,y , z")), ("Free", certain("f"))]);
    for (value, expected) in [
        ("!Ref Stage", "prod"),
        ("!Sub '${Stage}-${Free}'", "prod-f"),
        ("!If [IsProd, live, test]", "live"),
        ("!Join ['+', !Ref Zones]", "x+y+z"),
        ("!Select [1, !Ref Zones]", "y"),
        ("!Ref Stored", "${Stored}"),
    ] {
        assert_eq!(with(value, prod()), [expected], "{value}");
    }
    // What the template does not allow is what was given all the same.
    assert_eq!(with("!If [IsProd, !Ref Stage, !Ref Stage]", given(&[("Stage", certain("qa"))])), ["qa"]);
}

#[test]
fn a_likely_value_is_like_a_default() {
    assert_eq!(with("!Ref Name", given(&[("Name", likely(Some("x")))])), ["${Name}", "x", "live"]);
    assert_eq!(with("!Ref Stage", given(&[("Stage", likely(Some("prod")))])), ["dev", "prod"]);
    assert_eq!(with("!Ref Name", given(&[("Name", likely(None))])), ["${Name}"]);
    assert_eq!(with("!Ref Name", given(&[("Name", GivenParameter::Unknown)])), ["${Name}"]);
    assert_eq!(with("!Ref Stage", given(&[("Stage", GivenParameter::Unknown)])), ["dev", "prod"]);
}

#[test]
fn types_of_parameters() {
    let plain = |value: &str| with(value, StackInfo::default());
    assert_eq!(plain("!Ref Open"), ["?"], "a list of which nothing is known");
    assert_eq!(plain("!Ref Prefix"), ["${Prefix}", "pl-1"], "no list, whatever its type sounds like");
    assert_eq!(plain("!Ref StoredName"), ["${StoredName}", "/path"]);
    assert_eq!(plain("!Ref Stored"), ["${Stored}"]);
}

#[test]
fn a_secret_is_never_shown() {
    for info in [StackInfo::default(), given(&[("Secret", certain("hidden"))]), given(&[("Secret", likely(Some("h")))])]
    {
        assert_eq!(with("!Sub '${Secret}!'", info.clone()), ["${Secret}!"]);
        assert_eq!(with("!If [IsHidden, a, b]", info), ["a", "b"]);
    }
}

#[test]
fn a_pattern_decides_conditions() {
    assert_eq!(with("!If [IsStar, a, b]", StackInfo::default()), ["b"], "no account is a star");
}

#[test]
fn comparisons_agree_on_one_parameter() {
    let value = "!If [NamesLive, !If [IsLive, both, one], !If [IsLive, other, none]]";
    assert_eq!(with(value, StackInfo::default()), ["both", "none"]);
}

#[test]
fn the_partition_alone_gives_the_suffix() {
    let info = |partition: &str, region: Option<&str>| StackInfo {
        partition: Some(partition.to_owned()),
        region: region.map(str::to_owned),
        ..StackInfo::default()
    };
    let value = "!Sub '${AWS::Partition} ${AWS::URLSuffix}'";
    assert_eq!(with(value, info("aws-cn", None)), ["aws-cn amazonaws.com.cn"]);
    assert_eq!(with(value, info("aws-cn", Some("eu-west-1"))), ["aws amazonaws.com"], "the Region says more");
}

const CHILD: &str = "
Parameters:
  Text: {Type: String, Default: own}
  List: {Type: CommaDelimitedList, Default: 'c, d'}
  Kind: {Type: String, Default: a, AllowedValues: [a, b]}
Conditions: {IsB: !Equals [!Ref Kind, b], IsProd: !Equals [!Ref Text, prod]}
Resources: {X: {Type: 'AWS::IAM::Role'}}
Outputs:
  O:
    Value: ";

/// The output of a nested stack, whose parent gives these parameters.
fn nested(parameters: &str, value: &str, info: StackInfo) -> Vec<String> {
    let parent = format!(
        "
Parameters: {{Stage: {{Type: String}}, Flag: {{Type: String, AllowedValues: [x, y]}}}}
Conditions: {{IsX: !Equals [!Ref Flag, x], IsProd: !Equals [!Ref Stage, prod]}}
Resources:
  Child: {{Type: 'AWS::CloudFormation::Stack', Properties: {{Parameters: {parameters}}}}}
"
    );
    let child = format!("{CHILD}{value}\n");
    let documents = documents(&[&parent, &child]);
    let templates: Vec<Template<'_>> = documents.iter().map(|document| Template::read(document).unwrap()).collect();
    let mut stacks = vec![Stack::new(&templates[0], StackInfo::default()), Stack::new(&templates[1], info)];
    stacks[1].parent = Some((StackId(0), "Child"));
    stacks[0].children.insert("Child", StackId(1));
    let set = group(stacks).remove(0);
    let mut resolver = Resolver::new(&set);
    let value = resolver.value(StackId(1), templates[1].output("O").unwrap().get("Value").unwrap());
    resolver.worlds.cases(&value).cases.iter().map(|case| show(&case.then, &resolver)).collect()
}

#[test]
fn a_parent_gives_parameters_in_every_form() {
    let plain = |parameters: &str, value: &str| nested(parameters, value, StackInfo::default());
    assert_eq!(plain("{Text: !Ref Stage}", "!Ref Text"), ["${Stage}"]);
    assert_eq!(plain("{Text: 7}", "!Sub '${Text}'"), ["7"]);
    assert_eq!(plain("{Text: !If [IsX, one, two]}", "!Sub '<${Text}>'"), ["<one>", "<two>"]);
    assert_eq!(plain("{List: 'x , y'}", "!Ref List"), ["[x|y]"]);
    assert_eq!(plain("{List: [x, y]}", "!Ref List"), ["[x|y]"]);
    assert_eq!(plain("{List: !Join [',', [x, y]]}", "!Join ['+', !Ref List]"), ["x+y"]);
    assert_eq!(plain("{List: !If [IsX, 'a,b', c]}", "!Join ['+', !Ref List]"), ["a+b", "c"]);
    assert_eq!(plain("{List: !Ref Stage}", "!Ref List"), ["?"], "it may hold a comma");
    assert_eq!(plain("{Kind: b}", "!If [IsB, b, a]"), ["b"]);
    assert_eq!(plain("{Kind: !Ref Flag}", "!Ref Kind"), ["x", "y"]);
}

#[test]
fn a_nested_stack_has_its_defaults_where_the_parent_gives_nothing() {
    let plain = |parameters: &str, value: &str| nested(parameters, value, StackInfo::default());
    assert_eq!(plain("{}", "!Sub '${Text} ${Kind}'"), ["own a"]);
    assert_eq!(plain("{}", "!If [IsB, b, a]"), ["a"]);
    assert_eq!(plain("{Text: !If [IsX, given, !Ref 'AWS::NoValue']}", "!Ref Text"), ["given", "own"]);
    assert_eq!(plain("{Text: !Ref 'AWS::NoValue'}", "!Ref Text"), ["own"]);
    // A macro may give it.
    assert_eq!(plain("{'Fn::Transform': {Name: M}}", "!Ref Text"), ["${Text}"]);
    // Files are for the stack at the top.
    assert_eq!(nested("{}", "!Ref Text", given(&[("Text", certain("file"))])), ["own"]);
}

#[test]
fn conditions_of_parent_and_child_agree() {
    let value = "!If [IsProd, live, test]";
    assert_eq!(nested("{Text: !Ref Stage}", value, StackInfo::default()), ["live", "test"]);
    let value = "!Sub ['${T}', {T: !If [IsProd, !Ref Text, test]}]";
    assert_eq!(nested("{Text: !If [IsProd, prod, dev]}", value, StackInfo::default()), ["prod", "test"]);
}

/// The cases of a value under rules, and the notes.
fn ruled(rules: &str, value: &str) -> (Vec<String>, usize) {
    let text = format!("{HEAD}{value}\nRules:\n{rules}");
    let documents = documents(&[&text]);
    let template = Template::read(&documents[0]).unwrap();
    let set = group(vec![Stack::new(&template, StackInfo::default())]).remove(0);
    let mut resolver = Resolver::new(&set);
    let value = resolver.value(StackId(0), template.output("O").unwrap().get("Value").unwrap());
    let found = resolver.worlds.cases(&value).cases.iter().map(|case| show(&case.then, &resolver)).collect();
    (found, resolver.notes.iter().filter(|note| note.kind == NoteKind::Bound).count())
}

#[test]
fn rules_narrow_what_parameters_can_be() {
    let both = "!Sub '${Stage} ${Name}'";
    let contains = "
  Prod:
    RuleCondition: !Equals [!Ref Stage, prod]
    Assertions:
      - Assert: {'Fn::Contains': [[live, other], !Ref Name]}
";
    let (found, notes) = ruled(contains, both);
    assert_eq!(found, ["dev ${Name}", "dev some", "dev live", "dev other", "prod live", "prod other"]);
    assert_eq!(notes, 0);
    let equals = "  Same: {Assertions: [{Assert: {'Fn::EachMemberEquals': [[!Ref Stage], prod]}}]}\n";
    assert_eq!(ruled(equals, "!If [IsProd, live, test]"), (vec!["live".to_owned()], 0));
    let within = "  In: {Assertions: [{Assert: {'Fn::EachMemberIn': [[!Ref Stage, !Ref Name], [prod, live]]}}]}\n";
    assert_eq!(ruled(within, both).0, ["prod live", "prod prod"]);
    let of_list = "  In: {Assertions: [{Assert: !Not [{'Fn::Contains': [!Ref Zones, a]}]}]}\n";
    assert_eq!(ruled(of_list, "!Join ['', !Ref Zones]").0, ["?"], "the default is refused");
}

#[test]
fn rules_that_are_not_understood_narrow_nothing() {
    for rule in [
        "{Assertions: [{Assert: {'Fn::Contains': [{'Fn::RefAll': 'AWS::EC2::VPC::Id'}, !Ref Stage]}}]}",
        "{Assertions: [{Assert: {'Fn::EachMemberEquals': [{'Fn::ValueOfAll': [a, b]}, x]}}]}",
        "{Assertions: [{Assert: !Equals [{'Fn::ValueOf': [Free, VpcId]}, x]}]}",
        "{RuleCondition: {'Fn::Odd': 1}, Assertions: [{Assert: !Equals [!Ref Stage, prod]}]}",
        "{Assertions: text}",
        "7",
    ] {
        let (found, notes) = ruled(&format!("  R: {rule}\n"), "!Ref Stage");
        assert_eq!((found.len(), notes), (2, 0), "{rule}");
    }
    let bootstrap = "  CheckBootstrapVersion: {Assertions: [{Assert: !Equals [!Ref Stage, prod]}]}\n";
    assert_eq!(ruled(bootstrap, "!Ref Stage").0.len(), 2);
}

#[test]
fn rules_that_nothing_meets_are_not_followed() {
    let rule = "  R: {Assertions: [{Assert: !Equals [!Ref Stage, qa]}]}\n";
    assert_eq!(ruled(rule, "!Ref Stage"), (vec!["dev".to_owned(), "prod".to_owned()], 1));
}
