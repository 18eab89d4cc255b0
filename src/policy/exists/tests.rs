//! Whether a request is found where there is one, and proved to be missing where there is none.

use std::sync::Arc;

use super::{Answer, Domain, Space, exists};
use crate::policy::{Carried, Policy, PrincipalKind, Request, evaluate, read};
use crate::source::FileId;
use crate::syntax::parse_json;
use crate::value::{Form, Format, Mark, Pattern, Piece, SymbolFacts, Symbols, Text, Truth, as_written};

fn policy(text: &str) -> Policy {
    let document = parse_json(FileId(0), &Arc::from(text));
    assert!(document.errors().is_empty(), "{text}");
    read(&as_written(document.root().unwrap()))
}

/// A policy of one statement for everybody, with this Condition block.
fn one(condition: &str) -> Policy {
    statements(&[("Allow", condition)])
}

fn statements(all: &[(&str, &str)]) -> Policy {
    let statement = |(effect, condition): &(&str, &str)| {
        format!(
            r#"{{"Effect":"{effect}","Principal":{{"AWS":"*"}},"Action":"sts:AssumeRole","Condition":{condition}}}"#
        )
    };
    let all: Vec<String> = all.iter().map(statement).collect();
    policy(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, all.join(",")))
}

fn space(keys: &[(&str, Domain)]) -> Space {
    Space {
        principals: vec![(PrincipalKind::Aws, Text::known("arn:aws:iam::111122223333:user/u"))],
        actions: vec!["sts:AssumeRole".to_owned()],
        resource: Text::known("arn:aws:iam::111122223333:role/r"),
        keys: keys.iter().map(|(name, domain)| (Text::known(*name), domain.clone())).collect(),
    }
}

fn free() -> Domain {
    Domain::Text { forms: vec![Form::any()], optional: false }
}

fn perhaps_free() -> Domain {
    Domain::Text { forms: vec![Form::any()], optional: true }
}

fn list() -> Domain {
    Domain::Texts {
        always: Vec::new(),
        forms: vec![Form::any()],
        except: Vec::new(),
        least: 0,
        most: usize::MAX,
        optional: true,
    }
}

fn ask(policy: &Policy, keys: &[(&str, Domain)]) -> Answer {
    exists(policy, &space(keys), &Symbols::default())
}

fn carried<'a>(answer: &'a Answer, key: &str) -> Option<&'a Carried> {
    answer.request.get(key)
}

fn text(text: &str) -> Option<Carried> {
    Some(Carried::One(Text::known(text)))
}

#[test]
fn a_text_inside_of_patterns_that_no_literal_suggests() {
    let policy = one(r#"{"StringLike":{"k":"*a*b*c*","K":"*c*b*a*"},"StringNotLike":{"k":"a*"}}"#);
    let answer = ask(&policy, &[("k", free())]);
    assert_eq!((answer.truth, carried(&answer, "k").cloned()), (Truth::True, text("cabac")));
}

#[test]
fn no_text_is_inside_of_both() {
    let policy = one(r#"{"StringLike":{"k":"a*"},"StringNotLike":{"K":["a","a?*"]}}"#);
    assert_eq!(ask(&policy, &[("k", free())]).truth, Truth::False);
    // Without the key, the first line does not pass.
    assert_eq!(ask(&policy, &[("k", perhaps_free())]).truth, Truth::False);
    assert_eq!(ask(&policy, &[]).truth, Truth::False);
}

#[test]
fn a_key_that_may_be_absent() {
    let policy = one(r#"{"StringLikeIfExists":{"k":"a*"},"StringNotLikeIfExists":{"K":"a*"}}"#);
    let answer = ask(&policy, &[("k", perhaps_free())]);
    assert_eq!((answer.truth, carried(&answer, "k")), (Truth::True, None));
    assert_eq!(ask(&policy, &[("k", free())]).truth, Truth::False);
    let null = one(r#"{"Null":{"k":"true"}}"#);
    assert_eq!(ask(&null, &[("k", perhaps_free())]).truth, Truth::True);
    let null = one(r#"{"Null":{"k":"false"}}"#);
    assert_eq!(ask(&null, &[("k", Domain::Exactly(None))]).truth, Truth::False);
}

#[test]
fn a_deny_is_gone_around() {
    let both =
        [("Allow", r#"{"StringLike":{"k":"a*"}}"#), ("Deny", r#"{"StringLike":{"k":"*b"},"Bool":{"m":"true"}}"#)];
    let policy = statements(&both);
    let bools = Domain::OneOf(vec![text("true"), text("false")]);
    let answer = ask(&policy, &[("k", Domain::Exactly(text("ab"))), ("m", bools)]);
    assert_eq!((answer.truth, carried(&answer, "m").cloned()), (Truth::True, text("false")));
    let answer = ask(&policy, &[("k", free()), ("m", Domain::known("true"))]);
    assert_eq!((answer.truth, carried(&answer, "k").cloned()), (Truth::True, text("a")));
    assert_eq!(ask(&policy, &[("k", Domain::known("ab")), ("m", Domain::known("true"))]).truth, Truth::False);
    let all = statements(&[("Allow", "{}"), ("Deny", "{}")]);
    assert_eq!(ask(&all, &[("k", free())]).truth, Truth::False);
}

#[test]
fn lists_have_a_member_for_each_need() {
    let policy = one(r#"{"ForAnyValue:StringLike":{"k":"a*","K":"b*"},"ForAllValues:StringLike":{"k":["*x","*y"]},
            "Null":{"k":"false"}}"#);
    let answer = ask(&policy, &[("k", list())]);
    let expected = Carried::Many(["ax", "bx"].map(Text::known).to_vec());
    assert_eq!((answer.truth, carried(&answer, "k")), (Truth::True, Some(&expected)));
    let single = Domain::Texts {
        always: Vec::new(),
        forms: vec![Form::any()],
        except: Vec::new(),
        least: 1,
        most: 1,
        optional: false,
    };
    assert_eq!(ask(&policy, &[("k", single)]).truth, Truth::False);
    let policy = one(r#"{"ForAnyValue:StringLike":{"k":"a*"},"ForAllValues:StringNotLike":{"k":"a*"}}"#);
    assert_eq!(ask(&policy, &[("k", list())]).truth, Truth::False);
}

#[test]
fn a_list_may_be_empty_or_absent() {
    let policy = one(r#"{"ForAllValues:StringLike":{"k":"a*"},"ForAllValues:StringNotLike":{"k":"a*"}}"#);
    assert_eq!(ask(&policy, &[("k", list())]).truth, Truth::True);
    let some = Domain::Texts {
        always: vec![Text::known("authenticated")],
        forms: vec![Form::any()],
        except: Vec::new(),
        least: 1,
        most: 1,
        optional: false,
    };
    assert_eq!(ask(&policy, &[("k", some.clone())]).truth, Truth::False);
    let policy = one(r#"{"ForAnyValue:StringEquals":{"k":"authenticated"},"ForAllValues:StringLike":{"k":"*e*"}}"#);
    let answer = ask(&policy, &[("k", some)]);
    let expected = Carried::Many(["authenticated", "e"].map(Text::known).to_vec());
    assert_eq!((answer.truth, carried(&answer, "k")), (Truth::True, Some(&expected)));
}

#[test]
fn a_list_without_a_set_operator_is_not_decided() {
    let some = Domain::Exactly(Some(Carried::Many(vec![Text::known("a"), Text::known("b")])));
    assert_eq!(ask(&one(r#"{"StringEquals":{"k":"a"}}"#), &[("k", some.clone())]).truth, Truth::Unknown);
    assert_eq!(ask(&one(r#"{"StringEquals":{"k":"c"}}"#), &[("k", some)]).truth, Truth::False);
    assert_eq!(ask(&one(r#"{"StringEquals":{"k":"a"}}"#), &[("k", list())]).truth, Truth::Unknown);
}

#[test]
fn numbers_dates_and_addresses_between_their_neighbours() {
    let policy = one(r#"{"NumericGreaterThan":{"k":"3"},"NumericLessThan":{"k":"4"},"NumericNotEquals":{"k":"3.01"}}"#);
    let answer = ask(&policy, &[("k", free())]);
    assert_eq!(answer.truth, Truth::True, "{:?}", answer.request);
    let policy = one(r#"{"NumericGreaterThan":{"k":"4"},"NumericLessThan":{"k":"4"}}"#);
    assert_eq!(ask(&policy, &[("k", free())]).truth, Truth::False);
    let policy = one(r#"{"IpAddress":{"k":"10.0.0.0/8"},"NotIpAddress":{"k":["10.0.0.0/9","10.128.0.0/10"]}}"#);
    let answer = ask(&policy, &[("k", free())]);
    assert_eq!((answer.truth, carried(&answer, "k").cloned()), (Truth::True, text("10.192.0.0")));
    let policy = one(r#"{"IpAddress":{"k":"10.0.0.0/8"},"NotIpAddress":{"k":["10.0.0.0/9","10.128.0.0/9"]}}"#);
    assert_eq!(ask(&policy, &[("k", free())]).truth, Truth::False);
    let policy = one(r#"{"DateGreaterThan":{"k":"2026-01-01T00:00:00Z"},"DateLessThan":{"k":"2026-01-01T00:00:02Z"}}"#);
    let answer = ask(&policy, &[("k", free())]);
    assert_eq!((answer.truth, carried(&answer, "k").cloned()), (Truth::True, text("2026-01-01T00:00:01Z")));
}

#[test]
fn arns_part_by_part() {
    let policy = one(r#"{"ArnLike":{"k":"arn:aws:s3:::*"},"ArnNotLike":{"k":["arn:*:*:*:*:a*"]}}"#);
    let answer = ask(&policy, &[("k", free())]);
    assert_eq!(answer.truth, Truth::True);
    // A text that is no ARN fits itself.
    let policy = one(r#"{"ArnEquals":{"k":"sts.amazonaws.com"}}"#);
    let answer = ask(&policy, &[("k", free())]);
    assert_eq!((answer.truth, carried(&answer, "k").cloned()), (Truth::True, text("sts.amazonaws.com")));
    let policy = one(r#"{"ArnLike":{"k":"arn:aws:s3:::b"},"StringLike":{"k":"*:x"}}"#);
    assert_eq!(ask(&policy, &[("k", free())]).truth, Truth::False);
}

#[test]
fn variables_join_keys() {
    let policy = one(r#"{"StringEquals":{"k":"${v}-x"},"StringLike":{"v":"a*"}}"#);
    let answer = ask(&policy, &[("k", free()), ("v", free())]);
    assert_eq!((answer.truth, carried(&answer, "k").cloned()), (Truth::True, text("a-x")));
    // What a key is to be besides a variable decides what the variable's key carries, and so do both forms.
    let policy = one(r#"{"StringEquals":{"k":"${v}"},"StringNotEquals":{"v":"red"},"StringLike":{"K":"r*"}}"#);
    let long =
        Domain::Text { forms: vec![Form::any().but([Pattern::new(&glob("?")), Pattern::new(&[])])], optional: true };
    let answer = ask(&policy, &[("k", long.clone()), ("v", perhaps_free())]);
    assert_eq!((answer.truth, carried(&answer, "k")), (Truth::True, carried(&answer, "v")));
    let policy = one(r#"{"StringEquals":{"k":"${v}"},"StringNotEquals":{"v":"red"}}"#);
    assert_eq!(ask(&policy, &[("k", long), ("v", perhaps_free())]).truth, Truth::True);
    // Another value of the variable might do: nothing is proved.
    let policy = one(r#"{"StringEquals":{"k":"${v}-x"},"StringLike":{"K":"b*"}}"#);
    assert_eq!(ask(&policy, &[("k", free()), ("v", free())]).truth, Truth::Unknown);
}

#[test]
fn a_variable_that_every_request_fills_alike_proves() {
    let policy = one(r#"{"StringEquals":{"k":"${v}"}}"#);
    let ask_with = |v: Domain, k: Domain| ask(&policy, &[("k", k), ("v", v)]).truth;
    assert_eq!(ask_with(Domain::known("a"), Domain::known("b")), Truth::False);
    assert_eq!(ask_with(Domain::known("a"), Domain::known("a")), Truth::True);
    assert_eq!(ask_with(Domain::Exactly(None), free()), Truth::False);
    assert_eq!(ask_with(free(), Domain::known("b")), Truth::Unknown);
}

#[test]
fn exceptions_of_a_form_are_not_of_the_class() {
    let but = |patterns: &[&str]| Domain::Text {
        forms: vec![Form::any().but(patterns.iter().map(|text| Pattern::new(&glob(text))))],
        optional: false,
    };
    let policy = one(r#"{"StringLike":{"k":["a*","b"]}}"#);
    assert_eq!(ask(&policy, &[("k", but(&["a*"]))]).request.get("k").cloned(), text("b"));
    assert_eq!(ask(&policy, &[("k", but(&["a*", "b"]))]).truth, Truth::False);
    assert_eq!(ask(&policy, &[("k", but(&["a", "b"]))]).truth, Truth::True);
    let negated = one(r#"{"StringNotLike":{"k":"a*"}}"#);
    assert_eq!(ask(&negated, &[("k", but(&["b*", "a*"]))]).truth, Truth::True);
    assert_eq!(ask(&negated, &[("k", but(&["*"]))]).truth, Truth::False);
}

fn glob(text: &str) -> Vec<Mark> {
    let mark = |c| match c {
        '*' => Mark::Run,
        '?' => Mark::One,
        c => Mark::Char(c),
    };
    text.chars().map(mark).collect()
}

#[test]
fn companions_meet_the_same_context() {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringLike":{"k":"a*"}}},
        {"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:TagSession","Condition":{"StringLike":{"k":"*b"}}}]}"#;
    let tagged = Space { actions: vec!["sts:AssumeRole".into(), "sts:TagSession".into()], ..space(&[("k", free())]) };
    let answer = exists(&policy(text), &tagged, &Symbols::default());
    assert_eq!((answer.truth, answer.request.get("k").cloned()), (Truth::True, self::text("ab")));
    let refused = text.replace("*b", "b*");
    assert_eq!(exists(&policy(&refused), &tagged, &Symbols::default()).truth, Truth::False);
}

#[test]
fn keys_of_an_issuer_that_only_the_deployment_knows() {
    let mut symbols = Symbols::default();
    let facts = SymbolFacts { name: "Issuer".into(), format: Format::any(), unique: false, fresh: false };
    let issuer = Text::symbol(symbols.add(facts));
    let key = |claim: &str| Text::join([&issuer, &Text::known(claim)]);
    let mut policy = one(r#"{"StringLike":{"k":"a*"},"StringNotLike":{"l":"ab*"}}"#);
    for (test, claim) in policy.statements[0].conditions.tests.iter_mut().zip([":sub", ":SUB"]) {
        test.key = key(claim);
    }
    let ask = |keys: Vec<(Text, Domain)>| exists(&policy, &Space { keys, ..space(&[]) }, &symbols);
    let answer = ask(vec![(key(":Sub"), free()), (key(":aud"), free())]);
    assert_eq!((answer.truth, answer.request.context[1].clone()), (Truth::True, (key(":Sub"), text("a").unwrap())));
    assert_eq!(ask(vec![(key(":aud"), free())]).truth, Truth::False, "it has no such claim");
    // Whether the issuer is this one is not known.
    assert_eq!(ask(vec![(Text::known("gitlab.com:sub"), free())]).truth, Truth::Unknown);
}

#[test]
fn too_many_choices_are_not_decided() {
    let lines: Vec<String> = (0..20).map(|n| format!(r#""k{n}":"a*""#)).collect();
    let deny = format!(r#"{{"StringLike":{{{}}}}}"#, lines.join(","));
    let all: Vec<(&str, &str)> = [("Allow", r#"{"Bool":{"never":"true"}}"#)]
        .into_iter()
        .chain((0..4).map(|_| ("Deny", deny.as_str())))
        .collect();
    let keys: Vec<(String, Domain)> = (0..20).map(|n| (format!("k{n}"), Domain::known("a"))).collect();
    let keys: Vec<(&str, Domain)> = keys.iter().map(|(name, domain)| (name.as_str(), domain.clone())).collect();
    assert_ne!(ask(&statements(&all), &keys).truth, Truth::True);
}

/// A stranger's pool, a symbol of the template and a Region.
fn strangers() -> (Symbols, Domain, Text, Text) {
    let mut symbols = Symbols::default();
    let pool = Format::new("{a9-}:{f-}", "us-east-1:0");
    let mut add = |name: &str, format: &Format, fresh| {
        Text::symbol(symbols.add(SymbolFacts { name: name.into(), format: format.clone(), unique: true, fresh }))
    };
    let own = add("Pool", &pool, false);
    let region = add("Region", &Format::new("{a9-}", "us-east-1"), false);
    let fresh =
        [add("FreshRegion", &Format::new("{a9-}", "x"), true), add("FreshGuid", &Format::new("{f-}", "0"), true)];
    let id = |text: &Text| match text.pieces().as_deref() {
        Some([Piece::Symbol(id)]) => *id,
        _ => unreachable!(),
    };
    let fresh: Vec<_> = fresh.iter().map(id).collect();
    let form = Form::new("<{a9-}>:<{f*8}-{f*4}-{f*4}-{f*4}-{f*12}>").with_fresh(&fresh, pool);
    (symbols, Domain::Text { forms: vec![form], optional: false }, own, region)
}

fn with_value(condition: &str, value: &Text) -> Policy {
    let mut policy = one(condition);
    for test in &mut policy.statements[0].conditions.tests {
        for (text, _) in &mut test.values {
            *text = match text.as_known() {
                Some("@") => value.clone(),
                Some("@:*") => Text::join([value, &Text::known(":*")]),
                Some("@*") => Text::join([value, &Text::known("*")]),
                _ => text.clone(),
            };
        }
    }
    policy
}

#[test]
fn a_stranger_is_nobody_that_the_template_names() {
    let (symbols, stranger, own, region) = strangers();
    let ask = |policy: &Policy| exists(policy, &space(&[("k", stranger.clone())]), &symbols).truth;
    assert_eq!(ask(&with_value(r#"{"StringEquals":{"k":"@"}}"#, &own)), Truth::False);
    assert_eq!(ask(&with_value(r#"{"StringNotEquals":{"k":"@"}}"#, &own)), Truth::True);
    assert_eq!(ask(&with_value(r#"{"StringLike":{"k":"@*"}}"#, &own)), Truth::False);
    assert_eq!(ask(&with_value(r#"{"StringLike":{"k":"@:*"}}"#, &region)), Truth::True);
    assert_eq!(ask(&with_value(r#"{"StringEquals":{"k":"@:*"}}"#, &region)), Truth::False);
    assert_eq!(ask(&one(r#"{"StringLike":{"k":"us-east-1:*"}}"#)), Truth::True);
    assert_eq!(ask(&one(r#"{"StringLike":{"k":"us_east-1:*"}}"#)), Truth::False);
    let whole = "us-east-1:11111111-2222-4333-8444-555555555555";
    assert_eq!(ask(&one(&format!(r#"{{"StringLike":{{"k":"{whole}"}}}}"#))), Truth::False);
    assert_eq!(ask(&one(&format!(r#"{{"StringLike":{{"k":"{whole}*"}}}}"#))), Truth::False);
    assert_eq!(ask(&one(&format!(r#"{{"StringLike":{{"k":"*{whole}"}}}}"#))), Truth::True);
    assert_eq!(ask(&one(&format!(r#"{{"StringLike":{{"k":"{}?"}}}}"#, &whole[..45]))), Truth::True);
    assert_eq!(ask(&one(&format!(r#"{{"StringNotEquals":{{"k":"{whole}"}}}}"#))), Truth::True);
    assert_eq!(ask(&one(r#"{"StringLike":{"k":"*-1:0*f"},"StringNotLike":{"K":"us*"}}"#)), Truth::True);
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn condition(&mut self) -> String {
        let mut lines = Vec::new();
        for _ in 0..1 + self.below(3) {
            let key = self.one_of(&["k", "l"]);
            let sets: &[&str] =
                if key == "l" { &["ForAllValues:", "ForAnyValue:"] } else { &["", "", "ForAllValues:"] };
            let name = ["StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase"];
            let (set, name) = (self.one_of(sets), self.one_of(&name));
            let if_exists = if set != "ForAnyValue:" { self.one_of(&["", "", "IfExists"]) } else { "" };
            let values: Vec<String> = (0..1 + self.below(2)).map(|_| format!("\"{}\"", self.value())).collect();
            lines.push(format!(r#""{set}{name}{if_exists}":{{"{key}":[{}]}}"#, values.join(",")));
        }
        if self.below(4) == 0 {
            let (key, value) = (self.one_of(&["k", "l"]), self.one_of(&["true", "false"]));
            lines.push(format!(r#""Null":{{"{key}":"{value}"}}"#));
        }
        // One line for each operator: the last of two counts in JSON.
        lines.sort();
        lines.dedup_by(|a, b| {
            a.split(':').next() == b.split(':').next() || a.split("\":{").next() == b.split("\":{").next()
        });
        format!("{{{}}}", lines.join(","))
    }

    fn value(&mut self) -> String {
        (0..1 + self.below(3)).map(|_| ['a', 'b', 'A', '*', '*', '?'][self.below(6)]).collect()
    }
}

/// Every request over a few short texts.
fn requests() -> Vec<Request> {
    let letters = ["a", "b", "A", "x"];
    let mut texts: Vec<String> = letters.map(String::from).to_vec();
    texts.extend(letters.iter().flat_map(|a| letters.iter().map(move |b| format!("{a}{b}"))));
    let single = |text: &String| Some(Carried::One(Text::known(text.as_str())));
    let lists = [None, Some(Carried::Many(Vec::new()))].into_iter();
    let one = texts.iter().map(|text| Some(Carried::Many(vec![Text::known(text.as_str())])));
    let two = texts.iter().take(8).flat_map(|a| {
        texts.iter().take(8).map(move |b| Some(Carried::Many(vec![Text::known(a.as_str()), Text::known(b.as_str())])))
    });
    let lists: Vec<Option<Carried>> = lists.chain(one).chain(two).collect();
    let singles: Vec<Option<Carried>> = std::iter::once(None).chain(texts.iter().map(single)).collect();
    let space = space(&[]);
    let request = |k: &Option<Carried>, l: &Option<Carried>| Request {
        principal: space.principals[0].clone(),
        action: space.actions[0].clone(),
        resource: space.resource.clone(),
        context: [("k", k), ("l", l)]
            .into_iter()
            .filter_map(|(name, carried)| Some((Text::known(name), carried.clone()?)))
            .collect(),
    };
    singles.iter().flat_map(|k| lists.iter().map(move |l| request(k, l))).collect()
}

/// Random policies: what is found is let in, and where nothing is found no short request is.
fn against_all_short_requests(policies: usize) -> [usize; 3] {
    let mut dice = Dice(4_711);
    let requests = requests();
    let mut count = [0; 3];
    for _ in 0..policies {
        let mut all = vec![("Allow", dice.condition())];
        for _ in 0..dice.below(3) {
            let effect = dice.one_of(&["Allow", "Deny"]);
            all.push((effect, dice.condition()));
        }
        let all: Vec<(&str, &str)> = all.iter().map(|(effect, condition)| (*effect, condition.as_str())).collect();
        let policy = statements(&all);
        let answer = ask(&policy, &[("k", perhaps_free()), ("l", list())]);
        let is_let_in = |request: &Request| evaluate(&policy, request, &Symbols::default()).truth.is_true();
        match answer.truth {
            Truth::True => {
                assert!(is_let_in(&answer.request), "{all:?} {:?}", answer.request);
                count[0] += 1;
            }
            Truth::False => {
                let missed = requests.iter().find(|request| is_let_in(request));
                assert!(missed.is_none(), "{all:?} {missed:?}");
                count[1] += 1;
            }
            Truth::Unknown => count[2] += 1,
        }
    }
    count
}

#[test]
fn random_policies_against_all_short_requests() {
    let [let_in, kept_out, unknown] = against_all_short_requests(1_000);
    assert!(let_in > 100 && kept_out > 20, "{let_in} {kept_out} {unknown}");
    assert_eq!(unknown, 0);
}

#[test]
#[ignore = "ten seconds in a release build: cargo test --release --lib -- --ignored"]
fn many_random_policies_against_all_short_requests() {
    assert_eq!(against_all_short_requests(20_000), [17_428, 2_572, 0]);
}
