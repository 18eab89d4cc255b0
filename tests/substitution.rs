//! What was said of a template with unknowns stays true once they are known: for random templates and random
//! values of their parameters, every text that was known, every comparison that was decided and every trust
//! that was decided is the same in the template with these values.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use rolecall::identity::{self, Graph, RoleId, Trust};
use rolecall::resolve::{Resolver, Stack, StackId, StackInfo, StackSet};
use rolecall::source::FileId;
use rolecall::syntax::{Document, parse_json};
use rolecall::template::Template;
use rolecall::value::{Branch, Kind, Piece, SwitchId, Symbols, Text, Truth, Value, Worlds, compare};
use serde_json::{Value as Json, json};

const OWN_POOL: &str = "us-east-1:00000000-0000-4000-8000-00000000000a";
const OTHER_POOL: &str = "eu-west-1:00000000-0000-4000-8000-00000000000b";

/// Texts that parameters may have, and that templates speak of.
const TEXTS: [&str; 10] =
    ["a", "b", "", "a,b", OWN_POOL, OTHER_POOL, "us-east-1:*", "authenticated", "unauthenticated", "*"];

/// The values of the parameters `P0` to `P3`.
type Values = BTreeMap<String, String>;

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(TEXTS.to_vec()).prop_map(str::to_owned)
}

fn parameter() -> impl Strategy<Value = String> {
    (0..4u8).prop_map(|at| format!("P{at}"))
}

fn condition() -> impl Strategy<Value = String> {
    (0..3u8).prop_map(|at| format!("C{at}"))
}

/// A text of a template: literals, references, and functions of them.
fn expression() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        text().prop_map(Json::String),
        parameter().prop_map(|name| json!({"Ref": name})),
        Just(json!({"Ref": "Pool"})),
        Just(json!({"Ref": "AWS::Region"})),
        Just(json!({"Ref": "AWS::NoValue"})),
        parameter().prop_map(|name| json!({"Fn::Sub": format!("${{{name}}}:0")})),
        Just(json!({"Fn::GetAtt": ["Json", "Value"]})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (condition(), inner.clone(), inner.clone()).prop_map(|(name, a, b)| json!({"Fn::If": [name, a, b]})),
            (text(), prop::collection::vec(inner.clone(), 0..3)).prop_map(|(by, of)| json!({"Fn::Join": [by, of]})),
            (0..2u8, inner.clone()).prop_map(|(at, of)| json!({"Fn::Select": [at, {"Fn::Split": [",", of]}]})),
            (0..2u8, prop::collection::vec(inner.clone(), 1..3)).prop_map(|(at, of)| json!({"Fn::Select": [at, of]})),
            (parameter(), inner.clone())
                .prop_map(|(name, x)| json!({"Fn::Sub": [format!("${{x}}-${{{name}}}"), {"x": x}]})),
            (inner.clone(), text())
                .prop_map(|(key, to)| json!({"Fn::FindInMap": ["M", key, "k", {"DefaultValue": to}]})),
            inner.clone().prop_map(|key| json!({"Fn::FindInMap": ["M", key, "k"]})),
            inner.clone().prop_map(|of| json!({"Fn::Base64": of})),
            inner.prop_map(|of| json!({"Fn::ToJsonString": {"a": of}})),
        ]
    })
}

fn formula(at: usize) -> impl Strategy<Value = Json> {
    let equals = (expression(), text()).prop_map(|(a, b)| json!({"Fn::Equals": [a, b]}));
    let both = (parameter(), parameter()).prop_map(|(a, b)| json!({"Fn::Equals": [{"Ref": a}, {"Ref": b}]}));
    let before = (0..at.max(1)).prop_map(move |before| {
        if at == 0 { json!({"Fn::Equals": [{"Ref": "P1"}, "a"]}) } else { json!({"Condition": format!("C{before}")}) }
    });
    prop_oneof![
        equals,
        both,
        before.clone().prop_map(|a| json!({"Fn::Not": [a]})),
        (before.clone(), parameter(), text())
            .prop_map(|(a, name, text)| json!({"Fn::And": [a, {"Fn::Equals": [{"Ref": name}, text]}]})),
        (before.clone(), before).prop_map(|(a, b)| json!({"Fn::Or": [a, b]})),
    ]
}

/// A trust policy for identity pools, in one of its forms.
fn trust() -> impl Strategy<Value = Json> {
    let operator =
        prop::sample::select(vec!["StringEquals", "StringLike", "ForAnyValue:StringLike", "StringNotEquals"]);
    let test = (operator, prop::sample::select(vec!["aud", "amr"]), expression()).prop_map(
        |(operator, claim, value)| json!({operator: {format!("cognito-identity.amazonaws.com:{claim}"): value}}),
    );
    let conditions = prop::collection::vec(test, 0..3).prop_map(|tests| {
        let all = tests.into_iter().filter_map(|test| test.as_object().cloned()).flatten();
        Json::Object(all.collect())
    });
    let federated = prop_oneof![4 => Just(json!("cognito-identity.amazonaws.com")), 1 => expression()];
    let statement = (conditions, federated, prop::bool::weighted(0.8)).prop_map(|(condition, federated, allow)| {
        json!({"Effect": if allow { "Allow" } else { "Deny" }, "Principal": {"Federated": federated},
               "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition})
    });
    let statement = statement.boxed();
    let statement = prop_oneof![
        3 => statement.clone(),
        1 => (condition(), statement).prop_map(|(name, one)| json!({"Fn::If": [name, one, {"Ref": "AWS::NoValue"}]})),
    ];
    prop::collection::vec(statement, 1..3).prop_map(|all| json!({"Version": "2012-10-17", "Statement": all}))
}

#[derive(Clone, Debug)]
struct Case {
    conditions: Vec<Json>,
    texts: [Json; 2],
    trust: Json,
    /// Whether the policy is a JSON text of itself, made by a function.
    as_text: bool,
    values: Values,
}

fn case() -> impl Strategy<Value = Case> {
    let conditions = (formula(0), formula(1), formula(2)).prop_map(|(a, b, c)| vec![a, b, c]);
    let values = (text(), prop::sample::select(vec!["a", "b", OWN_POOL]), text(), text());
    let texts = (expression(), expression()).prop_map(|(a, b)| [a, b]);
    (conditions, texts, trust(), any::<bool>(), values).prop_map(|(conditions, texts, trust, as_text, (a, b, c, d))| {
        let values = [("P0", a), ("P1", b.to_owned()), ("P2", c), ("P3", d)];
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Case { conditions, texts, trust, as_text, values }
    })
}

/// The template of a case, its parameters open or with the case's values.
fn template(case: &Case, known: bool) -> Document {
    let open = json!({"P0": {"Type": "String"}, "P1": {"Type": "String", "AllowedValues": ["a", "b", OWN_POOL]},
        "P2": {"Type": "String", "Default": "a"}, "P3": {"Type": "String"}});
    let closed: serde_json::Map<String, Json> = case
        .values
        .iter()
        .map(|(name, value)| (name.clone(), json!({"Type": "String", "AllowedValues": [value]})))
        .collect();
    let conditions: serde_json::Map<String, Json> =
        case.conditions.iter().enumerate().map(|(at, formula)| (format!("C{at}"), formula.clone())).collect();
    let trust = if case.as_text { json!({"Fn::ToJsonString": case.trust}) } else { case.trust.clone() };
    let template = json!({
        "Transform": "AWS::LanguageExtensions",
        "Parameters": if known { Json::Object(closed) } else { open },
        "Mappings": {"M": {"a": {"k": "of a"}, "b": {"k": OWN_POOL}}},
        "Conditions": conditions,
        "Resources": {
            "Pool": {"Type": "AWS::Cognito::IdentityPool", "Properties": {"AllowUnauthenticatedIdentities": true}},
            "Json": {"Type": "Custom::AWSCDKCfnJson", "Properties": {"Value": {"Fn::Sub": "\"${P0}\""}}},
            "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
        },
        "Outputs": {"A": {"Value": case.texts[0]}, "B": {"Value": case.texts[1]}},
    });
    let document = parse_json(FileId(0), &Arc::from(template.to_string()));
    assert!(document.errors().is_empty(), "{:?}", document.errors());
    document
}

/// Whether a deployment with these values is in a branch. `known` are the worlds of the template with them.
fn is_in(branch: &Branch, open: &Worlds, known: &Worlds, values: &Values) -> Option<bool> {
    for (id, choice) in branch.iter() {
        let switch = open.switch(id);
        let name = switch.name.to_string();
        let holds = match values.get(&name) {
            _ if switch.is_condition() => (condition_holds(&name, known)?) == (choice == 1),
            Some(value) => match switch.index_of(value) {
                Some(index) => index == choice,
                None => choice == 0,
            },
            // A choice of the test's own making, such as an equality that is not known.
            None => return None,
        };
        if !holds {
            return Some(false);
        }
    }
    Some(true)
}

fn condition_holds(name: &str, known: &Worlds) -> Option<bool> {
    let id: SwitchId = known.find(&format!("0/condition/{name}"))?;
    let can = |choice| !known.consistent(&Branch::of(id, choice)).is_false();
    match (can(0), can(1)) {
        (true, false) => Some(false),
        (false, true) => Some(true),
        _ => None,
    }
}

/// The text with its parameters replaced, its other symbols named.
fn put_in(text: &Text, symbols: &Symbols, values: &Values) -> Option<String> {
    let pieces = text.pieces()?;
    let text = pieces.iter().map(|piece| match piece {
        Piece::Literal(literal) => literal.to_string(),
        Piece::Symbol(id) => {
            let name = &symbols.facts(*id).name;
            values.get(name.as_ref()).cloned().unwrap_or_else(|| format!("${{{name}}}"))
        }
    });
    Some(text.collect())
}

struct Read<'s, 'd> {
    resolver: Resolver<'s, 'd>,
    values: [Value; 2],
}

fn read<'s, 'd>(set: &'s StackSet<'d>) -> Read<'s, 'd> {
    let mut resolver = Resolver::new(set);
    let template = set.stack(StackId(0)).template;
    let value = |resolver: &mut Resolver<'s, 'd>, name| {
        resolver.value(StackId(0), template.output(name).unwrap().get("Value").unwrap())
    };
    let values = [value(&mut resolver, "A"), value(&mut resolver, "B")];
    Read { resolver, values }
}

/// What a value of the open template comes to in the world of the case, if any branch is for it; nothing
/// where the case does not say which.
fn in_world<'v>(
    cases: &'v [rolecall::value::Case<Value>],
    open: &Worlds,
    known: &Worlds,
    values: &Values,
) -> Option<Option<&'v Value>> {
    let mut fitting = Vec::new();
    for case in cases {
        if is_in(&case.when, open, known, values)? {
            fitting.push(&case.then);
        }
    }
    assert!(fitting.len() <= 1, "branches exclude one another");
    Some(fitting.pop())
}

/// Whether something unknown may be what is known.
fn check_value(open: &Value, known: &Value, symbols: [&Symbols; 2], values: &Values) -> Result<(), TestCaseError> {
    match (&open.kind, &known.kind) {
        (Kind::Any(_) | Kind::Text(Text::Any(_)), _) => {}
        (Kind::List(a), Kind::List(b)) => {
            prop_assert_eq!(a.len(), b.len());
            for (a, b) in a.iter().zip(b.iter()) {
                check_value(a, b, symbols, values)?;
            }
        }
        _ => match (open.text(), known.text()) {
            (Some(a), Some(b)) => {
                let said = put_in(&a, symbols[0], values);
                let is = put_in(&b, symbols[1], values);
                prop_assert!(is.is_some(), "what was known is known no more: {:?} {:?}", a, b);
                prop_assert_eq!(said, is);
            }
            _ => prop_assert_eq!(std::mem::discriminant(&open.kind), std::mem::discriminant(&known.kind)),
        },
    }
    Ok(())
}

fn check_texts(case: &Case) -> Result<(), TestCaseError> {
    let documents = [template(case, false), template(case, true)];
    let templates = [Template::read(&documents[0]).unwrap(), Template::read(&documents[1]).unwrap()];
    let sets = [0, 1].map(|at| StackSet::new(vec![Stack::new(&templates[at], StackInfo::default())]));
    let (open, known) = (read(&sets[0]), read(&sets[1]));
    let worlds = [&open.resolver.worlds, &known.resolver.worlds];
    let symbols = [&open.resolver.symbols, &known.resolver.symbols];
    let mut texts = Vec::new();
    for (of_open, of_known) in open.values.iter().zip(&known.values) {
        let of_open = worlds[0].cases(of_open);
        let of_known = worlds[1].cases(of_known);
        if !of_open.complete || !of_known.complete || of_known.cases.len() != 1 {
            return Ok(());
        }
        let is = &of_known.cases[0].then;
        let Some(fitting) = in_world(&of_open.cases, worlds[0], worlds[1], &case.values) else { return Ok(()) };
        let Some(said) = fitting else {
            // A key that a mapping does not have cannot be deployed, so no branch is for it.
            prop_assert!(json!(case.texts).to_string().contains("Fn::FindInMap"), "no branch fits");
            return Ok(());
        };
        check_value(said, is, symbols, &case.values)?;
        texts.push((said.text(), is.text()));
    }
    if let [(Some(a), Some(a_is)), (Some(b), Some(b_is))] = texts.as_slice() {
        let said = compare(a, b, symbols[0]);
        let is = compare(a_is, b_is, symbols[1]);
        prop_assert!(said == Truth::Unknown || said == is, "{said:?} of {a:?} and {b:?}, then {is:?}");
    }
    Ok(())
}

/// The answers of a trust: strangers' and those of the template's own pool.
fn answers(trust: &Trust) -> Vec<(String, Truth)> {
    let mut answers = vec![
        ("foreign guest".to_owned(), trust.foreign_guest.truth),
        ("foreign signed in".to_owned(), trust.foreign_signed_in.truth),
    ];
    // Pools that only the known template names have no answer in the open one.
    answers.extend(trust.own.iter().filter_map(|own| Some((own.pool.as_known()?.to_owned(), own.guest.truth))));
    answers
}

fn check_trusts(case: &Case) -> Result<(), TestCaseError> {
    let documents = [template(case, false), template(case, true)];
    let templates = [Template::read(&documents[0]).unwrap(), Template::read(&documents[1]).unwrap()];
    let sets = [0, 1].map(|at| StackSet::new(vec![Stack::new(&templates[at], StackInfo::default())]));
    let graphs: Vec<Graph> = sets.iter().map(identity::build).collect();
    let trusts: Vec<Vec<Trust>> = graphs.iter().map(identity::trusts).collect();
    let is_whole = |graph: &Graph| graph.role(RoleId(0)).trust.complete;
    if !graphs.iter().all(is_whole) || trusts[1].len() != 1 || graphs[1].role(RoleId(0)).trust.cases.len() != 1 {
        return Ok(());
    }
    let is = answers(&trusts[1][0]);
    for trust in &trusts[0] {
        if is_in(&trust.when, &graphs[0].worlds, &graphs[1].worlds, &case.values) != Some(true) {
            continue;
        }
        for (who, said) in answers(trust).into_iter().filter(|(_, said)| *said != Truth::Unknown) {
            let Some((_, is)) = is.iter().find(|(name, _)| *name == who) else { continue };
            prop_assert_eq!(said, *is, "{}", who);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_known_stays_known(case in case()) {
        check_texts(&case)?;
    }

    #[test]
    fn what_is_decided_stays_decided(case in case()) {
        check_trusts(&case)?;
    }
}
