use serde_json::{Value as Json, json};

use super::{condition, with_version};
use crate::value::Truth::{self, False, True, Unknown};

/// Operators, each with a wanted value, a value that fits it and one that does not.
const FAMILIES: [(&str, Option<&str>, &str, &str, &str); 18] = [
    ("StringEquals", Some("StringNotEquals"), "a", "a", "A"),
    ("StringEqualsIgnoreCase", Some("StringNotEqualsIgnoreCase"), "a", "A", "b"),
    ("StringLike", Some("StringNotLike"), "a*", "abc", "ba"),
    ("ArnEquals", Some("ArnNotEquals"), "arn:aws:sns:*:1:t", "arn:aws:sns:r:1:t", "arn:aws:sns:r:2:t"),
    ("ArnLike", Some("ArnNotLike"), "arn:aws:sns:*:1:t", "arn:aws:sns:r:1:t", "arn:aws:sns:r:s:1:t"),
    ("Bool", None, "true", "true", "false"),
    ("NumericEquals", Some("NumericNotEquals"), "3600", "3600.0", "3600.1"),
    ("NumericLessThan", None, "3600", "900", "3600"),
    ("NumericLessThanEquals", None, "3600", "3600", "3600.5"),
    ("NumericGreaterThan", None, "3600", "10000", "3600"),
    ("NumericGreaterThanEquals", None, "-1", "-1", "-2"),
    ("DateEquals", Some("DateNotEquals"), "2026-01-01T00:00:00Z", "1767225600", "2026-01-01T00:00:01Z"),
    ("DateLessThan", None, "2026-01-01", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
    ("DateLessThanEquals", None, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "1767225601"),
    ("DateGreaterThan", None, "1767225600", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z"),
    ("DateGreaterThanEquals", None, "2026-01-01T00:00:00Z", "1767225600", "2025-12-31T23:59:59.9Z"),
    ("IpAddress", Some("NotIpAddress"), "203.0.113.0/24", "203.0.113.9", "198.51.100.1"),
    ("BinaryEquals", None, "QUJD", "QUJD", "QUJE"),
];

fn one(operator: &str, wanted: impl Into<Json>, carried: Option<Json>) -> Truth {
    let context = carried.map_or_else(|| json!({}), |carried| json!({ "k": carried }));
    condition(json!({ operator: { "K": wanted.into() } }), context)
}

/// What each form of an operator says, whatever it compares (IAM User Guide, Condition operators, tables
/// of each operator; Multivalued context keys; catalogue, section 4, tables).
#[test]
fn every_operator_on_every_kind_of_presence() {
    for (positive, negated, wanted, hit, miss) in FAMILIES {
        for (operator, hit, miss, is_negated) in
            [(Some(positive), hit, miss, false), (negated, miss, hit, true)].into_iter()
        {
            let Some(operator) = operator else { continue };
            let expect = |form: &str, carried: Option<Json>, expected: Truth| {
                let form = form.replace("Op", operator);
                assert_eq!(one(&form, wanted, carried.clone()), expected, "{form} {wanted} {carried:?}");
            };
            // Absent.
            expect("Op", None, is_negated.into());
            expect("OpIfExists", None, True);
            expect("ForAllValues:Op", None, True);
            expect("ForAllValues:OpIfExists", None, True);
            expect("ForAnyValue:Op", None, False);
            expect("ForAnyValue:OpIfExists", None, Unknown);
            for if_exists in ["", "IfExists"] {
                let form = |quantifier: &str| format!("{quantifier}Op{if_exists}");
                let (plain, all, any) = (form(""), form("ForAllValues:"), form("ForAnyValue:"));
                // One value, with and without a list around it.
                for (value, expected) in [(hit, True), (miss, False)] {
                    expect(&plain, Some(json!(value)), expected);
                    for carried in [json!(value), json!([value])] {
                        expect(&all, Some(carried.clone()), expected);
                        expect(&any, Some(carried), expected);
                    }
                }
                // No value, and an empty one.
                for carried in [json!([]), json!("")] {
                    expect(&all, Some(carried.clone()), True);
                    expect(&any, Some(carried), False);
                }
                // Several.
                for (carried, all_expected, any_expected) in [
                    (json!([hit, hit]), True, True),
                    (json!([hit, miss]), False, True),
                    (json!([miss, miss]), False, False),
                    (json!([hit, ""]), True, True),
                    (json!([miss, ""]), False, False),
                ] {
                    expect(&all, Some(carried.clone()), all_expected);
                    expect(&any, Some(carried), any_expected);
                }
                // Several values without a set operator: what every reading says.
                expect(&plain, Some(json!([hit, miss])), Unknown);
                expect(&plain, Some(json!([miss, miss])), if is_negated { Unknown } else { False });
                expect(&plain, Some(json!([])), Unknown);
            }
        }
    }
}

#[test]
fn several_wanted_values_are_alternatives_or_none_of_them() {
    for (positive, negated, wanted, hit, miss) in FAMILIES {
        let both = json!([miss_of(positive, miss), wanted]);
        assert_eq!(one(positive, both.clone(), Some(json!(hit))), True, "{positive}");
        assert_eq!(one(positive, json!([]), Some(json!(hit))), Unknown, "{positive}: AWS refuses it");
        if let Some(negated) = negated {
            assert_eq!(one(negated, both, Some(json!(hit))), False, "{negated}");
            assert_eq!(one(negated, json!([]), Some(json!(hit))), Unknown, "{negated}: AWS refuses it");
        }
    }
}

/// A wanted value that fits none of the values above.
fn miss_of(operator: &str, miss: &str) -> Json {
    match operator {
        _ if operator.contains("Less") => json!(0),
        _ if operator.contains("Greater") => json!("9999999999999"),
        _ => json!(miss),
    }
}

#[test]
fn null_asks_whether_a_key_has_a_value() {
    for (wanted, carried, expected) in [
        (json!("true"), None, True),
        (json!("false"), None, False),
        (json!("true"), Some(json!("x")), False),
        (json!("false"), Some(json!("x")), True),
        (json!(false), Some(json!(["x"])), True),
        (json!(true), Some(json!([])), True),
        (json!(false), Some(json!("")), False),
        (json!(["true", "false"]), None, True),
        (json!("maybe"), None, False),
    ] {
        assert_eq!(one("Null", wanted.clone(), carried.clone()), expected, "{wanted} {carried:?}");
    }
    for name in
        ["NullIfExists", "ForAnyValue:Null", "StringEqualz", "stringequals", "ForSomeValues:Bool", "BinaryNotEquals"]
    {
        assert_eq!(one(name, "true", Some(json!("true"))), Unknown, "{name} is no operator");
    }
}

#[test]
fn names_of_keys_have_no_case() {
    let tag = |key: &str| condition(json!({"StringEquals": {key: "a"}}), json!({"aws:RequestTag/Team": "a"}));
    assert_eq!([tag("AWS:requesttag/TEAM"), tag("aws:RequestTag/Tea")], [True, False]);
}

#[test]
fn numbers_and_words_of_json_are_their_texts() {
    assert_eq!(one("NumericLessThanEquals", 10, Some(json!(10.0))), True);
    assert_eq!(one("Bool", true, Some(json!(true))), True);
    assert_eq!(one("StringEquals", 12, Some(json!("12"))), True);
}

#[test]
fn forms_that_no_guide_describes_are_not_guessed() {
    for (operator, wanted, carried, expected) in [
        ("NumericEquals", "12", "12abc", False),
        ("NumericNotEquals", "12", "12abc", Unknown),
        ("NumericEquals", "1000", "1e3", Unknown),
        ("NumericEquals", "9007199254740993", "9007199254740992", False),
        ("DateEquals", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z", Unknown),
        ("DateLessThan", "2026-01-01T00:00:00Z", "yesterday", False),
        ("DateNotEquals", "2026-01-01T00:00:00Z", "yesterday", Unknown),
        // The year and the second of 1970 are both before.
        ("DateLessThan", "2030-01-01T00:00:00Z", "2026", True),
        ("DateLessThan", "2020-01-01T00:00:00Z", "2026", Unknown),
        ("IpAddress", "10.0.0.0/33", "10.0.0.1", Unknown),
        ("IpAddress", "anywhere", "10.0.0.1", Unknown),
        ("NumericLessThan", "ten", "9", Unknown),
        ("DateGreaterThan", "today", "2026-01-01T00:00:00Z", Unknown),
        ("BinaryEquals", "?", "QUJD", Unknown),
        ("NotIpAddress", "10.0.0.0/33", "10.0.0.1", Unknown),
        ("NotIpAddress", "10.0.0.0/8", "not an address", Unknown),
        ("BinaryEquals", "QUJD", "QUI", Unknown),
        ("Bool", "TRUE", "true", True),
        ("Bool", "yes", "yes", Unknown),
        ("Bool", "yes", "true", False),
        ("ArnLike", "*", "arn:aws:sns:r:1:t", True),
        ("ArnLike", "arn:aws:sns:*", "arn:aws:sns:r:1:t", False),
        ("ArnLike", "arn:aws:kms:*:store/*", "arn:aws:kms:us-east-2:999999999999:store/abc:x/y", False),
        ("ArnLike", "arn:aws:lambda:*:*:*", "arn:aws:lambda:r:1:function:f:1", True),
        ("StringEquals", "a*", "abc", False),
        ("StringEquals", "a*", "a*", True),
        ("StringLike", "a?c", "a\nc", True),
        ("StringLike", "*", "", True),
    ] {
        assert_eq!(one(operator, wanted, Some(json!(carried))), expected, "{operator} {wanted} {carried}");
    }
}

#[test]
fn variables_by_version() {
    let (new, old) = (json!("2012-10-17"), json!("2008-10-17"));
    let context = json!({
        "k": "bob", "aws:username": "bob", "lit": "${aws:username}", "star": "a*c", "wild": "*", "many": ["bob"],
        "empty": "", "what": "company-wide", "true": "true",
    });
    let ask = |version: &Json, operator: &str, key: &str, wanted: &str| {
        with_version(version.clone(), json!({operator: {key: wanted}}), context.clone())
    };
    for (operator, key, wanted, in_new, in_old) in [
        ("StringEquals", "k", "${aws:username}", True, False),
        ("StringEquals", "k", "${AWS:UserName}", True, False),
        ("StringEquals", "lit", "${aws:username}", False, True),
        ("StringNotEquals", "k", "${aws:username}", False, True),
        ("StringEquals", "k", "${absent}", False, False),
        ("StringNotEquals", "k", "${absent}", True, True),
        ("StringNotEquals", "k", "bob${absent}", True, True),
        ("StringEquals", "what", "${absent, 'company-wide'}", True, False),
        ("StringEquals", "what", "${aws:username, 'company-wide'}", False, False),
        ("StringEquals", "what", "${absent, company-wide}", Unknown, False),
        ("StringEquals", "what", "${absent, 'a}b'}", Unknown, False),
        ("StringEquals", "what", "${empty, 'company-wide'}", Unknown, False),
        ("StringEquals", "k", "${many}", False, False),
        ("StringNotEquals", "k", "${many}", True, True),
        ("StringEquals", "star", "a${*}c", True, False),
        ("StringLike", "star", "a${*}c", True, False),
        ("StringLike", "k", "b${*}b", False, False),
        ("StringLike", "k", "b${?}b", False, False),
        ("StringEquals", "lit", "${$}{aws:username}", True, False),
        ("StringLike", "k", "${wild}", Unknown, False),
        ("StringEquals", "k", "${aws:username", Unknown, False),
        ("StringEquals", "k", "${ aws:username }", Unknown, False),
        ("Bool", "true", "${true}", Unknown, False),
        ("Bool", "true", "${k}", False, False),
        ("NumericEquals", "k", "${k}", Unknown, Unknown),
    ] {
        assert_eq!(ask(&new, operator, key, wanted), in_new, "{operator} {key} {wanted}");
        assert_eq!(ask(&old, operator, key, wanted), in_old, "{operator} {key} {wanted}, old version");
    }
    let other = json!("2015-01-01");
    assert_eq!(ask(&other, "StringEquals", "k", "${aws:username}"), Unknown);
    assert_eq!(ask(&other, "StringEquals", "k", "bob"), True);
}
