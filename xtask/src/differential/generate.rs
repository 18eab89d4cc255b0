//! Random pairs, biased to boundaries: what a policy wants is made of what the request carries by one change. What
//! a grammar avoids is never written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rolecall::policy::PrincipalKind;

use super::pair::{Carried, Element, Named, Operator, Pair, Request, Set, Statement, Test};
use super::points::{Around, Engine, Point};
use super::random::Random;
use super::words::{self, Key, Kind};

/// How often a line is written anew before it is left out.
const ATTEMPTS: usize = 30;

/// Which pairs are made.
#[derive(Clone, Debug)]
pub struct Grammar {
    avoid: Vec<Point>,
}

impl Grammar {
    /// Pairs that are clean for an engine.
    pub fn clean_for(engine: Engine) -> Self {
        Self { avoid: Point::to_avoid(Some(engine)) }
    }

    /// Pairs that avoid nothing.
    pub fn everything() -> Self {
        Self { avoid: Vec::new() }
    }

    /// Whether a pair has nothing that is avoided.
    pub fn accepts(&self, pair: &Pair) -> bool {
        !self.avoid.iter().any(|point| point.is_in(pair))
    }

    /// The next pair.
    pub fn pair(&self, random: &mut Random) -> Pair {
        let request = if random.percent(85) { trust_request(random) } else { resource_request(random) };
        let version = match random.below(20) {
            0 => Some("2008-10-17".to_owned()),
            1 => None,
            _ => Some("2012-10-17".to_owned()),
        };
        let around = Around { request: &request, variables: version.as_deref() == Some("2012-10-17") };
        let count = *random.pick(&[1, 1, 1, 2, 2, 3]);
        let statements = (0..count).map(|_| self.statement(around, random)).collect();
        Pair { version, statements, request }
    }

    fn statement(&self, around: Around<'_>, random: &mut Random) -> Statement {
        let request = around.request;
        Statement {
            allow: random.percent(78),
            principals: self.principals(request, random),
            actions: actions(&request.action, random),
            resources: self.resources(around, random),
            tests: self.tests(around, random),
        }
    }

    fn principals(&self, request: &Request, random: &mut Random) -> Element<Named> {
        for _ in 0..ATTEMPTS {
            let drawn = Element { not: random.percent(6), members: principals(request, random) };
            if !self.avoid.iter().any(|point| point.in_principals(&drawn, request)) {
                return drawn;
            }
        }
        Element { not: false, members: vec![Named { kind: Some(request.kind), value: request.principal.clone() }] }
    }

    fn resources(&self, around: Around<'_>, random: &mut Random) -> Option<Element<String>> {
        if around.request.action.starts_with("sts:") {
            return None;
        }
        for _ in 0..ATTEMPTS {
            let members = (0..*random.pick(&[1, 1, 2])).map(|_| resource(&around.request.resource, random)).collect();
            let drawn = Element { not: random.percent(20), members };
            if !self.avoid.iter().any(|point| point.in_resources(&drawn, around)) {
                return Some(drawn);
            }
        }
        Some(Element { not: false, members: vec![around.request.resource.clone()] })
    }

    fn tests(&self, around: Around<'_>, random: &mut Random) -> Vec<Test> {
        let mut tests: Vec<Test> = Vec::new();
        for _ in 0..*random.pick(&[0, 1, 1, 1, 2, 2, 3]) {
            for _ in 0..ATTEMPTS {
                let drawn = test(around.request, random);
                let is_twin =
                    |other: &Test| other.operator == drawn.operator && other.key.eq_ignore_ascii_case(&drawn.key);
                let is_avoided = self.avoid.iter().any(|point| point.in_test(&drawn, around));
                if !is_avoided && !tests.iter().any(is_twin) {
                    tests.push(drawn);
                    break;
                }
            }
        }
        tests
    }
}

// ---- requests

fn trust_request(random: &mut Random) -> Request {
    let (kind, principal) = *random.pick(words::PRINCIPALS);
    let action = match random.below(20) {
        0 => "sts:TagSession",
        1 => "sts:SetSourceIdentity",
        _ => words::assume_action(kind, principal),
    };
    let resource = words::ROLE_RESOURCE.to_owned();
    Request { kind, principal: principal.to_owned(), action: action.to_owned(), resource, context: context(random) }
}

fn resource_request(random: &mut Random) -> Request {
    let (kind, principal) = loop {
        let (kind, principal) = *random.pick(words::PRINCIPALS);
        if matches!(kind, PrincipalKind::Aws | PrincipalKind::Service) {
            break (kind, principal);
        }
    };
    let (action, resource) = *random.pick(words::RESOURCES);
    let (action, resource) = (action.to_owned(), resource.to_owned());
    Request { kind, principal: principal.to_owned(), action, resource, context: context(random) }
}

fn context(random: &mut Random) -> Vec<(String, Carried)> {
    let mut context = Vec::new();
    for key in words::KEYS {
        if random.percent(45) {
            continue;
        }
        let carried = if key.is_multivalued {
            let count = *random.pick(&[0, 1, 1, 2, 3]);
            let mut values: Vec<String> = (0..count).map(|_| value(key.kind, random)).collect();
            values.dedup();
            Carried::Many(values)
        } else {
            Carried::One(value(key.kind, random))
        };
        context.push((key.name.to_owned(), carried));
    }
    context
}

/// A value that a request carries.
fn value(kind: Kind, random: &mut Random) -> String {
    match kind {
        Kind::Address => {
            let address = address(random);
            spelled(address, random)
        }
        Kind::Date => {
            let seconds = seconds(random);
            date(seconds, random)
        }
        _ => (*random.pick(kind.pool())).to_owned(),
    }
}

// ---- statements

fn principals(request: &Request, random: &mut Random) -> Vec<Named> {
    let named = |kind, value: &str| Named { kind: Some(kind), value: value.to_owned() };
    let own = named(request.kind, &request.principal);
    let (other_kind, other) = *random.pick(words::OTHERS);
    match random.below(100) {
        0..45 => vec![own],
        45..58 => vec![own, named(other_kind, other)],
        58..66 => vec![named(other_kind, other)],
        66..74 => vec![named(PrincipalKind::Aws, random.pick::<&str>(words::ACCOUNTS))],
        74..80 => vec![named(PrincipalKind::Aws, words::ROLE)],
        80..86 => vec![Named { kind: None, value: "*".to_owned() }],
        86..91 => vec![named(PrincipalKind::Aws, "*")],
        91..94 => vec![named(*random.pick(&PrincipalKind::ALL), &request.principal)],
        _ => {
            let (kind, value) = *random.pick(words::PRINCIPALS);
            vec![named(kind, value)]
        }
    }
}

fn actions(action: &str, random: &mut Random) -> Element<String> {
    let (service, name) = action.split_once(':').unwrap_or(("sts", action));
    let one = |random: &mut Random| match random.below(10) {
        0 => "*".to_owned(),
        1 => format!("{service}:*"),
        2 => format!("{service}:{}", mutated(name, random).replace(':', "")),
        3 => format!("{}:{}", service.to_uppercase(), name.to_lowercase()),
        4 => (*random.pick(words::ACTIONS)).to_owned(),
        5 => format!("{service}:{}*", name.chars().take(5).collect::<String>()),
        _ => action.to_owned(),
    };
    let count = *random.pick(&[1, 1, 1, 2]);
    let members = (0..count).map(|_| one(random)).collect();
    Element { not: random.percent(6), members }
}

fn resource(own: &str, random: &mut Random) -> String {
    match random.below(10) {
        0 => "*".to_owned(),
        1 => random.pick(words::RESOURCES).1.to_owned(),
        2 => format!("{}{}", own.replace("bob", "${aws:username}"), if random.percent(50) { "*" } else { "" }),
        3 => own.to_owned(),
        _ => arn(own, random),
    }
}

fn test(request: &Request, random: &mut Random) -> Test {
    let key = random.pick(words::KEYS);
    let name = spelled_key(key.name, random);
    if random.percent(12) {
        let operator = Operator { set: None, name: "Null".to_owned(), if_exists: false };
        let values = if random.percent(5) { vec!["true", "false"] } else { vec![*random.pick(&["true", "false"])] };
        return Test { operator, key: name, values: values.into_iter().map(str::to_owned).collect() };
    }
    let set = (key.is_multivalued && random.percent(92)) || random.percent(8);
    let operator = Operator {
        set: set.then(|| *random.pick(&[Set::All, Set::Any])),
        name: (*random.pick(key.kind.operators())).to_owned(),
        if_exists: random.percent(20),
    };
    let count = *random.pick(&[1, 1, 2, 3]);
    let values = (0..count).map(|_| wanted(key, &operator, request, random)).collect();
    Test { operator, key: name, values }
}

/// The name of a key, sometimes in another case; the key of a tag is left as it is, whose case is not documented.
fn spelled_key(name: &str, random: &mut Random) -> String {
    let (before, tag) = name.find('/').map_or((name, ""), |at| name.split_at(at));
    let before = match random.below(10) {
        0 => before.to_uppercase(),
        1 => before.to_lowercase(),
        _ => before.to_owned(),
    };
    before + tag
}

/// A value that a policy wants, near to what the request carries.
fn wanted(key: &Key, operator: &Operator, request: &Request, random: &mut Random) -> String {
    let values = request.get(key.name).map(Carried::values).unwrap_or_default();
    let carried = if values.is_empty() || random.percent(25) { None } else { Some(random.pick(values).clone()) };
    match key.kind {
        Kind::Text | Kind::Word => text(carried, key.kind, operator, random),
        Kind::Number => number(carried, random),
        Kind::Date => {
            let near = carried.as_deref().and_then(words::seconds_of).map(|at| at + *random.pick(&[-1, 0, 0, 1]));
            let seconds = near.unwrap_or_else(|| seconds(random));
            date(seconds, random)
        }
        Kind::Address => range(carried, random),
        Kind::Arn => {
            let seed = carried.unwrap_or_else(|| value(Kind::Arn, random));
            arn(&seed, random)
        }
        Kind::Bool | Kind::Bytes => carried.unwrap_or_else(|| value(key.kind, random)),
    }
}

// ---- texts

fn text(carried: Option<String>, kind: Kind, operator: &Operator, random: &mut Random) -> String {
    if operator.takes_variables() && random.percent(12) {
        let escaped = carried.map(|value| words::escaped(&value)).filter(|_| random.percent(50));
        return escaped.unwrap_or_else(|| (*random.pick(words::VARIABLES)).to_owned());
    }
    match carried {
        Some(carried) => mutated(&carried, random),
        None => value(kind, random),
    }
}

/// A text near to another: the boundary of matching.
fn mutated(value: &str, random: &mut Random) -> String {
    let chars: Vec<char> = value.chars().collect();
    let at = random.below(chars.len() + 1);
    let upto = (at + random.below(4)).min(chars.len());
    let around = |middle: &str, tail: &[char]| {
        let (before, after): (String, String) = (chars[..at].iter().collect(), tail.iter().collect());
        format!("{before}{middle}{after}")
    };
    let next = &chars[(at + 1).min(chars.len())..];
    match random.below(11) {
        0 => around("*", &chars[upto..]),
        1 => around("?", next),
        2 => format!("{value}*"),
        3 => format!("*{value}"),
        4 => around("", next),
        5 => swapped_case(value),
        6 => around("?", &chars[at..]),
        7 => around("*", &chars[at..]),
        8 => format!("{value}x"),
        _ => value.to_owned(),
    }
}

fn swapped_case(value: &str) -> String {
    let swap = |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
    value.chars().map(swap).collect()
}

fn arn(seed: &str, random: &mut Random) -> String {
    if random.percent(3) {
        return (*random.pick(&["*", "arn:aws:*", "arn:aws:s3"])).to_owned();
    }
    let mut parts: Vec<String> = seed.splitn(6, ':').map(str::to_owned).collect();
    for _ in 0..*random.pick(&[0, 1, 1, 2]) {
        let at = random.below(parts.len().max(2) - 1) + 1;
        // A variable is changed no further: what a broken one means is not documented.
        let Some(part) = parts.get_mut(at).filter(|part| !part.contains("${")) else { continue };
        let head: String = part.chars().take(2).collect();
        *part = match random.below(8) {
            0 | 1 => "*".to_owned(),
            2 => format!("{head}*"),
            3 => "?".repeat(part.chars().count()),
            4 => "zz".to_owned(),
            5 if at == 5 => part.replace("bob", "${aws:username}"),
            _ if at == 5 => mutated(part, random),
            _ => mutated(part, random).replace(':', ""),
        };
    }
    parts.join(":")
}

// ---- numbers, dates, addresses

fn number(carried: Option<String>, random: &mut Random) -> String {
    let carried = carried.unwrap_or_else(|| value(Kind::Number, random));
    let Ok(whole) = carried.parse::<i64>() else { return carried };
    match random.below(8) {
        0 => (whole + 1).to_string(),
        1 => (whole - 1).to_string(),
        2 => format!("{whole}.0"),
        3 => format!("{whole}.5"),
        4 => (whole * 10).to_string(),
        5 => value(Kind::Number, random),
        _ => carried,
    }
}

fn seconds(random: &mut Random) -> i64 {
    *random.pick(words::SECONDS) + *random.pick(&[-1, 0, 0, 1])
}

/// A moment in one of the ways in which policies write it.
fn date(seconds: i64, random: &mut Random) -> String {
    match random.below(10) {
        0 => seconds.to_string(),
        1 => words::date(seconds, 0).chars().take(10).collect(),
        2 => words::date(seconds, 2),
        3 => words::date(seconds, -5),
        _ => words::date(seconds, 0),
    }
}

fn address(random: &mut Random) -> IpAddr {
    let near = random.below(3) as u32;
    match *random.pick(words::ADDRESSES) {
        IpAddr::V4(address) => Ipv4Addr::from(u32::from(address).wrapping_add(near)).into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address).wrapping_add(near.into())).into(),
    }
}

/// An address in one of its spellings; IPv4 has only one.
fn spelled(address: IpAddr, random: &mut Random) -> String {
    match address {
        IpAddr::V6(address) if random.percent(30) => {
            let full: Vec<String> = address.segments().iter().map(|segment| format!("{segment:04x}")).collect();
            full.join(":")
        }
        IpAddr::V6(address) if random.percent(20) => address.to_string().to_uppercase(),
        address => address.to_string(),
    }
}

fn range(carried: Option<String>, random: &mut Random) -> String {
    let own = carried.and_then(|carried| carried.parse().ok());
    let address = own.filter(|_| random.percent(80)).unwrap_or_else(|| address(random));
    if random.percent(25) {
        return spelled(address, random);
    }
    let bits: u32 = match address {
        IpAddr::V4(_) => *random.pick(&[0, 1, 7, 8, 9, 24, 29, 30, 31, 32]),
        IpAddr::V6(_) => *random.pick(&[0, 1, 32, 63, 64, 65, 126, 127, 128]),
    };
    let start = if random.percent(75) { masked(address, bits) } else { address };
    format!("{}/{bits}", spelled(start, random))
}

/// The first address of a range.
fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from(u32::from(address) & u32::MAX.checked_shl(32 - bits).unwrap_or(0)).into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from(u128::from(address) & u128::MAX.checked_shl(128 - bits).unwrap_or(0)).into()
        }
    }
}
