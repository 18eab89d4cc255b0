//! What pairs must not have: points that AWS does not document, and faults of each engine. The generator leaves
//! them out while it writes, so that every pair that is scored is clean for the engine it is put to.

use std::net::IpAddr;

use rolecall::policy::PrincipalKind;

use super::pair::{Carried, Element, Named, Pair, Request, Set, Test};

/// The engines that others wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// npm `@cloud-copilot/iam-simulate`.
    IamSimulate,
    /// Crate `fakecloud-iam`.
    Fakecloud,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::IamSimulate, Self::Fakecloud];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::IamSimulate => "iam-simulate",
            Self::Fakecloud => "fakecloud-iam",
        }
    }

    /// The engine of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }
}

/// Something that keeps a pair from being scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// Undocumented: an operator without a set operator on a multivalued key.
    ListWithoutSet,
    /// Undocumented: `ForAnyValue:…IfExists` where the key has no value.
    AnyIfExistsOfNothing,
    /// Undocumented: a pattern for ARNs that has not six parts; in Resource, a `*` alone is documented.
    NoArnPattern,
    /// Undocumented: a wildcard in the value of a variable.
    WildcardInVariable,
    /// Undocumented: whether `*` speaks of services, and `AWS: *` of others than AWS principals.
    StarForOthers,
    /// Undocumented: Null on a key that is there without a value.
    NullOfNothing,
    /// Undocumented: `NotPrincipal` with a role and one of its sessions, or an account and its own.
    NotPrincipalOfWhole,
    /// Undocumented: the default of a variable whose key is multivalued.
    DefaultOfList,
    /// Undocumented: `NotResource` with a variable without a value.
    NotResourceOfNothing,
    /// Undocumented: letters of another case in the Resource element.
    CaseOfResource,
    /// Undocumented: a wildcard in the type of a resource, which the guide forbids.
    WildcardInType,
    /// Undocumented: whether a variable has a value where the request carries an empty text.
    EmptyVariable,
    /// A principal counts whatever its kind.
    KindOfPrincipal,
    /// An account stands for identity providers in it.
    AccountOfProvider,
    /// `${…}` is a variable whatever the `Version`.
    VariableInOldVersion,
    /// A negated operator does not pass where a variable has no value.
    NegatedWithoutVariable,
    /// An IPv4 range `/0` holds nothing.
    EverythingV4,
    /// `NotIpAddress` with a single address does not pass for an address of the other family.
    OtherFamily,
    /// IPv6 addresses are compared as texts.
    SpellingOfV6,
    /// Seconds since 1970 are compared with milliseconds.
    SecondsAndDates,
    /// `*` and `?` stand for no line break.
    LineBreak,
    /// `${*}`, `${?}` and `${$}` are no escapes for the exact operators.
    EscapeInExact,
    /// An empty text is a value for the set operators.
    EmptyInSet,
    /// `ForAllValues` does not pass without the key.
    AllOfNothing,
    /// A role does not stand for its sessions.
    SessionOfRole,
    /// `*` crosses the colons of an ARN.
    ArnAcrossParts,
    /// A `*` in the request's value counts before the wildcard.
    StarInValue,
    /// A date without a time is none.
    DateOnly,
    /// A multivalued key with one value is one for a variable.
    ListAsVariable,
}

/// What of a pair stands around a line of a Condition.
#[derive(Clone, Copy)]
pub struct Around<'p> {
    /// The request.
    pub request: &'p Request,
    /// Whether `${…}` is a variable.
    pub variables: bool,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 29] = [
        Self::ListWithoutSet,
        Self::AnyIfExistsOfNothing,
        Self::NoArnPattern,
        Self::WildcardInVariable,
        Self::StarForOthers,
        Self::NullOfNothing,
        Self::NotPrincipalOfWhole,
        Self::DefaultOfList,
        Self::NotResourceOfNothing,
        Self::CaseOfResource,
        Self::WildcardInType,
        Self::KindOfPrincipal,
        Self::AccountOfProvider,
        Self::VariableInOldVersion,
        Self::NegatedWithoutVariable,
        Self::EverythingV4,
        Self::OtherFamily,
        Self::SpellingOfV6,
        Self::SecondsAndDates,
        Self::LineBreak,
        Self::EscapeInExact,
        Self::EmptyVariable,
        Self::EmptyInSet,
        Self::AllOfNothing,
        Self::SessionOfRole,
        Self::ArnAcrossParts,
        Self::StarInValue,
        Self::DateOnly,
        Self::ListAsVariable,
    ];

    /// Its name in `engines/faults.jsonl`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ListWithoutSet => "list-without-set",
            Self::AnyIfExistsOfNothing => "any-if-exists-of-nothing",
            Self::NoArnPattern => "no-arn-pattern",
            Self::WildcardInVariable => "wildcard-in-variable",
            Self::StarForOthers => "star-for-others",
            Self::NullOfNothing => "null-of-nothing",
            Self::NotPrincipalOfWhole => "not-principal-of-whole",
            Self::DefaultOfList => "default-of-list",
            Self::NotResourceOfNothing => "not-resource-of-nothing",
            Self::CaseOfResource => "case-of-resource",
            Self::WildcardInType => "wildcard-in-type",
            Self::KindOfPrincipal => "kind-of-principal",
            Self::AccountOfProvider => "account-of-provider",
            Self::VariableInOldVersion => "variable-in-old-version",
            Self::NegatedWithoutVariable => "negated-without-variable",
            Self::EverythingV4 => "everything-v4",
            Self::OtherFamily => "other-family",
            Self::SpellingOfV6 => "spelling-of-v6",
            Self::SecondsAndDates => "seconds-and-dates",
            Self::LineBreak => "line-break",
            Self::EscapeInExact => "escape-in-exact",
            Self::EmptyVariable => "empty-variable",
            Self::EmptyInSet => "empty-in-set",
            Self::AllOfNothing => "all-of-nothing",
            Self::SessionOfRole => "session-of-role",
            Self::ArnAcrossParts => "arn-across-parts",
            Self::StarInValue => "star-in-value",
            Self::DateOnly => "date-only",
            Self::ListAsVariable => "list-as-variable",
        }
    }

    /// The engines that get it wrong; none where AWS does not say what is right.
    pub fn engines(self) -> &'static [Engine] {
        use Engine::{Fakecloud, IamSimulate};
        match self {
            Self::ListWithoutSet
            | Self::AnyIfExistsOfNothing
            | Self::NoArnPattern
            | Self::WildcardInVariable
            | Self::StarForOthers
            | Self::NullOfNothing
            | Self::NotPrincipalOfWhole
            | Self::DefaultOfList
            | Self::NotResourceOfNothing
            | Self::CaseOfResource
            | Self::WildcardInType
            | Self::EmptyVariable => &[],
            Self::KindOfPrincipal | Self::AccountOfProvider | Self::EmptyInSet => &[IamSimulate, Fakecloud],
            Self::VariableInOldVersion
            | Self::NegatedWithoutVariable
            | Self::EverythingV4
            | Self::OtherFamily
            | Self::SpellingOfV6
            | Self::SecondsAndDates
            | Self::LineBreak
            | Self::EscapeInExact => &[IamSimulate],
            Self::AllOfNothing
            | Self::SessionOfRole
            | Self::ArnAcrossParts
            | Self::StarInValue
            | Self::DateOnly
            | Self::ListAsVariable => &[Fakecloud],
        }
    }

    /// What a pair for an engine must not have; without an engine, the undocumented points.
    pub fn to_avoid(engine: Option<Engine>) -> Vec<Self> {
        let avoids = |point: &Self| {
            let engines = point.engines();
            engines.is_empty() || engine.is_some_and(|engine| engines.contains(&engine))
        };
        Self::ALL.into_iter().filter(avoids).collect()
    }

    /// Whether a pair has it.
    pub fn is_in(self, pair: &Pair) -> bool {
        let around = Around { request: &pair.request, variables: pair.has_variables() };
        pair.statements.iter().any(|statement| {
            self.in_principals(&statement.principals, &pair.request)
                || statement.resources.iter().any(|resources| self.in_resources(resources, around))
                || statement.tests.iter().any(|test| self.in_test(test, around))
        })
    }

    /// Whether a Principal element has it.
    pub fn in_principals(self, principals: &Element<Named>, request: &Request) -> bool {
        let is_aws = request.kind == PrincipalKind::Aws;
        principals.members.iter().any(|named| match self {
            Self::StarForOthers if named.value == "*" => match named.kind {
                None => request.kind == PrincipalKind::Service,
                Some(_) => !is_aws,
            },
            Self::NotPrincipalOfWhole if principals.not => {
                is_session_of(&named.value, &request.principal)
                    || account_named(named).is_some_and(|account| account == part(&request.principal, 4))
            }
            Self::KindOfPrincipal => {
                named.kind.is_some_and(|kind| kind != request.kind) && named.value == request.principal
            }
            Self::AccountOfProvider if request.kind == PrincipalKind::Federated => account_named(named)
                .is_some_and(|account| [part(&request.principal, 4), part(&request.resource, 4)].contains(&account)),
            Self::SessionOfRole => is_session_of(&named.value, &request.principal),
            _ => false,
        })
    }

    /// Whether a Resource element has it.
    pub fn in_resources(self, resources: &Element<String>, around: Around<'_>) -> bool {
        let value = &around.request.resource;
        resources.members.iter().any(|pattern| match self {
            Self::NoArnPattern => *pattern != "*" && pattern.split(':').count() < 6,
            Self::WildcardInVariable => around.wild_variable(pattern),
            Self::DefaultOfList => around.default_of_list(pattern),
            Self::CaseOfResource => outside_variables(pattern).contains(|c: char| c.is_ascii_uppercase()),
            Self::WildcardInType => has_wild_type(pattern),
            Self::NotResourceOfNothing => resources.not && around.lacks_variable(pattern),
            Self::VariableInOldVersion => !around.variables && pattern.contains("${"),
            Self::EmptyVariable => around.empty_variable(pattern),
            Self::ArnAcrossParts => crosses_parts(pattern, value),
            Self::StarInValue => pattern.contains('*') && value.contains('*'),
            Self::ListAsVariable => around.list_as_variable(pattern),
            _ => false,
        })
    }

    /// Whether a line of a Condition has it.
    pub fn in_test(self, test: &Test, around: Around<'_>) -> bool {
        let operator = &test.operator;
        let carried = around.request.get(&test.key);
        let values = carried.map(Carried::values).unwrap_or_default();
        let any_value = |has: &dyn Fn(&str) -> bool| test.values.iter().any(|value| has(value));
        let any_two =
            |has: &dyn Fn(&str, &str) -> bool| any_value(&|wanted| values.iter().any(|value| has(wanted, value)));
        match self {
            Self::ListWithoutSet => {
                operator.set.is_none() && operator.name != "Null" && matches!(carried, Some(Carried::Many(_)))
            }
            Self::AnyIfExistsOfNothing => {
                let is_nothing = values.iter().all(String::is_empty);
                operator.set == Some(Set::Any) && operator.if_exists && is_nothing
            }
            Self::NoArnPattern => operator.is_arn() && any_value(&|wanted| wanted.split(':').count() < 6),
            Self::WildcardInVariable => operator.is_like() && any_value(&|wanted| around.wild_variable(wanted)),
            Self::NullOfNothing => operator.name == "Null" && carried.is_some() && values.iter().all(String::is_empty),
            Self::DefaultOfList => operator.takes_variables() && any_value(&|wanted| around.default_of_list(wanted)),
            Self::VariableInOldVersion => !around.variables && any_value(&|wanted| wanted.contains("${")),
            Self::NegatedWithoutVariable => {
                operator.is_negated()
                    && operator.takes_variables()
                    && any_value(&|wanted| around.lacks_variable(wanted))
            }
            Self::EverythingV4 => operator.name.ends_with("IpAddress") && any_value(&|wanted| is_everything_v4(wanted)),
            Self::OtherFamily => operator.name == "NotIpAddress" && any_two(&of_other_family),
            Self::SpellingOfV6 => operator.name.ends_with("IpAddress") && any_two(&spelled_otherwise),
            Self::SecondsAndDates => {
                operator.name.starts_with("Date") && any_two(&|wanted, value| is_seconds(wanted) != is_seconds(value))
            }
            Self::LineBreak => operator.is_like() && any_two(&|wanted, value| is_wild(wanted) && value.contains('\n')),
            Self::EscapeInExact => {
                let is_exact = operator.takes_variables() && !operator.is_like();
                is_exact && ["${*}", "${?}", "${$}"].iter().any(|escape| any_value(&|wanted| wanted.contains(escape)))
            }
            Self::EmptyVariable => operator.takes_variables() && any_value(&|wanted| around.empty_variable(wanted)),
            Self::EmptyInSet => operator.set.is_some() && values.iter().any(String::is_empty),
            Self::AllOfNothing => operator.set == Some(Set::All) && !operator.if_exists && carried.is_none(),
            Self::ArnAcrossParts => operator.is_arn() && any_two(&crosses_parts),
            Self::StarInValue => {
                operator.is_like() && any_two(&|wanted, value| wanted.contains('*') && value.contains('*'))
            }
            Self::DateOnly => {
                let is_date_only = |text: &str| text.contains('-') && !text.contains('T');
                let one = any_value(&is_date_only) || values.iter().any(|value| is_date_only(value));
                operator.name.starts_with("Date") && one
            }
            Self::ListAsVariable => operator.takes_variables() && any_value(&|wanted| around.list_as_variable(wanted)),
            Self::StarForOthers
            | Self::CaseOfResource
            | Self::WildcardInType
            | Self::NotResourceOfNothing
            | Self::NotPrincipalOfWhole
            | Self::KindOfPrincipal
            | Self::AccountOfProvider
            | Self::SessionOfRole => false,
        }
    }
}

impl<'p> Around<'p> {
    /// What the request carries for the variables of a text, and whether each has a default.
    fn variables(self, text: &str) -> Vec<(Option<&'p Carried>, bool)> {
        let names = text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
        let names = names.filter(|name| self.variables && !matches!(*name, "*" | "?" | "$"));
        let split = names.map(|name| name.split_once(',').map_or((name, false), |(name, _)| (name, true)));
        split.map(|(name, has_default)| (self.request.get(name.trim()), has_default)).collect()
    }

    fn wild_variable(self, text: &str) -> bool {
        self.variables(text).iter().any(|(carried, _)| matches!(carried, Some(Carried::One(value)) if is_wild(value)))
    }

    fn empty_variable(self, text: &str) -> bool {
        self.variables(text).iter().any(|(carried, _)| matches!(carried, Some(Carried::One(value)) if value.is_empty()))
    }

    fn default_of_list(self, text: &str) -> bool {
        let is_list = |(carried, has_default): &(Option<&Carried>, bool)| {
            *has_default && matches!(carried, Some(Carried::Many(_)))
        };
        self.variables(text).iter().any(is_list)
    }

    fn list_as_variable(self, text: &str) -> bool {
        self.variables(text).iter().any(|(carried, _)| matches!(carried, Some(Carried::Many(_))))
    }

    fn lacks_variable(self, text: &str) -> bool {
        let lacks = |(carried, has_default): &(Option<&Carried>, bool)| match carried {
            None => !has_default,
            Some(Carried::One(_)) => false,
            Some(Carried::Many(_)) => true,
        };
        self.variables(text).iter().any(lacks)
    }
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// A part of an ARN.
fn part(arn: &str, at: usize) -> &str {
    arn.splitn(6, ':').nth(at).unwrap_or_default()
}

/// The account that a principal names as a whole.
fn account_named(named: &Named) -> Option<&str> {
    let value = named.value.as_str();
    let is_account = value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit());
    match named.kind {
        Some(PrincipalKind::Aws) if is_account => Some(value),
        Some(PrincipalKind::Aws) if part(value, 5) == "root" => Some(part(value, 4)),
        _ => None,
    }
}

fn is_session_of(role: &str, session: &str) -> bool {
    let role_name = part(role, 5).strip_prefix("role/").and_then(|path| path.rsplit('/').next());
    let session_role = part(session, 5).strip_prefix("assumed-role/").and_then(|path| path.split('/').next());
    role_name.is_some() && role_name == session_role && part(role, 4) == part(session, 4)
}

/// A wildcard cannot cross a part where pattern and value have as many colons.
fn crosses_parts(pattern: &str, value: &str) -> bool {
    is_wild(pattern) && outside_variables(pattern).matches(':').count() != value.matches(':').count()
}

/// A text without its variables and escapes.
fn outside_variables(text: &str) -> String {
    let mut pieces = text.split("${");
    let first = pieces.next().unwrap_or_default();
    let others = pieces.map(|piece| piece.split_once('}').map_or("", |(_, after)| after));
    std::iter::once(first).chain(others).collect()
}

/// What stands before the first separator of a resource is its type, but for buckets of S3, whose ARNs have neither
/// Region nor account.
fn has_wild_type(pattern: &str) -> bool {
    let resource = part(pattern, 5);
    let kind = resource.split_once([':', '/']).map_or(resource, |(kind, _)| kind);
    let is_bucket = part(pattern, 2) == "s3" && part(pattern, 3).is_empty() && part(pattern, 4).is_empty();
    is_wild(kind) && !is_bucket
}

fn is_everything_v4(range: &str) -> bool {
    range.split_once('/').is_some_and(|(address, bits)| bits == "0" && !address.contains(':'))
}

fn of_other_family(wanted: &str, value: &str) -> bool {
    !wanted.contains('/') && wanted.contains(':') != value.contains(':')
}

fn spelled_otherwise(wanted: &str, value: &str) -> bool {
    let parse = |text: &str| text.parse::<IpAddr>().ok();
    wanted.contains(':') && wanted != value && parse(wanted).is_some() && parse(wanted) == parse(value)
}

fn is_seconds(date: &str) -> bool {
    date.bytes().all(|byte| byte.is_ascii_digit())
}
