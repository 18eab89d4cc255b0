//! Condition keys that a call for a role never carries, by who makes it (`data/absent-keys.tsv`; catalogue, section 6).

use super::provider::{Named, named_principal};
use super::services::has_keys;
use super::{AwsPrincipal, aws_principal};
use crate::policy::{Actions, Carried, Policy, Principal, PrincipalKind, Request, Test, actions_match, test_passes};
use crate::value::{Symbols, Text, Truth};

/// Who makes a call for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A principal of an account.
    Aws,
    /// A service, where its name is known.
    Service(Option<String>),
    /// Whoever has a token of an OIDC issuer.
    Oidc,
    /// Whoever has a SAML assertion.
    Saml,
}

impl Caller {
    /// The word of the table.
    fn word(&self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Service(_) => "service",
            Self::Oidc => "oidc",
            Self::Saml => "saml",
        }
    }
}

/// A key that a caller never sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbsentKey {
    /// The key, or the beginning that it shares with others, as the table has it.
    pub name: &'static str,
    /// Whether sources agree.
    pub certain: bool,
}

/// What a test does with the calls of a principal, which never carry its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnAbsent {
    /// It fails.
    Fails,
    /// It passes, though it fails for some value: it was meant to ask for something.
    Passes,
    /// It passes, and asks for nothing else.
    AsksForAbsence,
}

/// Who calls as a principal of a statement, for one of its actions; nobody where it is not known.
pub fn callers(principal: &Principal, actions: &Actions, symbols: &Symbols) -> Vec<Caller> {
    let value = &principal.value;
    match principal.kind {
        Some(PrincipalKind::CanonicalUser) => Vec::new(),
        Some(PrincipalKind::Service) => vec![Caller::Service(value.as_known().map(str::to_owned))],
        Some(PrincipalKind::Federated) => federated(value, symbols).into_iter().collect(),
        Some(PrincipalKind::Aws) => match aws_principal(value, symbols) {
            AwsPrincipal::Account(_) | AwsPrincipal::Identity(_) => vec![Caller::Aws],
            AwsPrincipal::Everybody => everybody(actions),
            _ => Vec::new(),
        },
        None => everybody(actions),
    }
}

fn federated(value: &Text, symbols: &Symbols) -> Option<Caller> {
    match named_principal(value, symbols) {
        Named::Pools(_) => return Some(Caller::Oidc),
        Named::Unclear => return None,
        Named::Others => {}
    }
    let holds = |marker: &str| super::arn::after(value, marker).is_some();
    let is_domain = value.as_known().is_some_and(|text| !text.starts_with("arn:") && text.contains('.'));
    match () {
        () if holds("saml-provider/") => Some(Caller::Saml),
        () if is_domain || holds("oidc-provider/") => Some(Caller::Oidc),
        () => None,
    }
}

/// Whether the star of accounts stands for others too is not documented: all that the actions are open to.
fn everybody(actions: &Actions) -> Vec<Caller> {
    let may = |action: &str| !actions_match(actions, action).is_false();
    let mut callers = Vec::new();
    if may("sts:AssumeRole") {
        callers.extend([Caller::Aws, Caller::Service(None)]);
    }
    callers.extend(may("sts:AssumeRoleWithWebIdentity").then_some(Caller::Oidc));
    callers.extend(may("sts:AssumeRoleWithSAML").then_some(Caller::Saml));
    callers
}

/// Whether no call of any of these callers carries a key.
pub fn absent_key(key: &Text, callers: &[Caller]) -> Option<AbsentKey> {
    let key = key.as_known()?;
    let mut found: Option<AbsentKey> = None;
    for caller in callers {
        let absent = absent(key, caller)?;
        let certain = absent.certain && found.is_none_or(|found| found.certain);
        found = Some(AbsentKey { name: absent.name, certain });
    }
    found
}

fn absent(key: &str, caller: &Caller) -> Option<AbsentKey> {
    let rows = include_str!("../../data/absent-keys.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut fitting = rows.filter_map(|row| {
        let mut cells = row.split('\t');
        let (name, callers, presence) = (cells.next()?, cells.next()?, cells.next()?);
        (is_key(name, key) && callers.split(' ').any(|word| is_caller(word, caller))).then_some((name, presence))
    });
    match fitting.next()? {
        (_, "may") => None,
        (name, presence) => Some(AbsentKey { name, certain: presence == "never" }),
    }
}

/// Whether a word of the table speaks of a caller; one of a certain service, of any that may be it.
fn is_caller(word: &str, caller: &Caller) -> bool {
    match (word.split_once(':'), caller) {
        (None, caller) => word == caller.word(),
        (Some((_, service)), Caller::Service(name)) => name.as_ref().is_none_or(|name| name == service),
        (Some(_), _) => false,
    }
}

/// Whether a name of the table is that of a key.
fn is_key(name: &str, key: &str) -> bool {
    let prefix = key.rsplit_once(':').map_or("", |(prefix, _)| prefix);
    match name {
        "ISSUER:*" => prefix.contains('.'),
        "SERVICE:*" => key.split_once(':').is_some_and(|(prefix, _)| has_keys(&prefix.to_ascii_lowercase())),
        _ => match name.strip_suffix('*') {
            Some(start) => key.get(..start.len()).is_some_and(|front| front.eq_ignore_ascii_case(start)),
            None => name.eq_ignore_ascii_case(key),
        },
    }
}

/// What a test does with a principal's calls that do not carry its key; nothing where that is not known.
pub fn on_absent(test: &Test, principal: &Principal, policy: &Policy, symbols: &Symbols) -> Option<OnAbsent> {
    let kind = principal.kind.unwrap_or(PrincipalKind::Aws);
    let asking = |context| Request {
        principal: (kind, principal.value.clone()),
        action: "sts:AssumeRole".to_owned(),
        resource: Text::known("*"),
        context,
    };
    let passes = |context| test_passes(test, policy, &asking(context), symbols);
    // Whatever stands there: what the test names, and what it surely does not.
    let own = test.values.iter().map(|(value, _)| value.clone());
    let mut values = own.chain(["0", "99999999999", "no such value"].map(Text::known));
    let with = |value: Text| passes(vec![(test.key.clone(), Carried::One(value))]);
    match passes(Vec::new()) {
        Truth::False => Some(OnAbsent::Fails),
        Truth::True if values.all(|value| with(value).is_false()) => Some(OnAbsent::AsksForAbsence),
        Truth::True => Some(OnAbsent::Passes),
        Truth::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str, callers: &[Caller]) -> Option<(&'static str, bool)> {
        absent_key(&Text::known(key), callers).map(|absent| (absent.name, absent.certain))
    }

    #[test]
    fn keys_that_no_call_carries() {
        let service = |name: &str| Caller::Service(Some(name.to_owned()));
        let lambda = || service("lambda.amazonaws.com");
        for (key, caller, expected) in [
            ("sts:ExternalId", Caller::Oidc, Some(("sts:ExternalId", true))),
            ("STS:externalid", Caller::Saml, Some(("sts:ExternalId", true))),
            ("sts:ExternalId", lambda(), None),
            ("sts:ExternalId", Caller::Aws, None),
            ("aws:PrincipalOrgID", lambda(), Some(("aws:PrincipalOrgID", true))),
            ("aws:PrincipalOrgID", Caller::Aws, None),
            ("aws:PrincipalAccount", Caller::Oidc, None),
            ("aws:PrincipalTag/team", Caller::Oidc, Some(("aws:PrincipalTag/*", false))),
            ("aws:PrincipalTag/x509Subject/CN", service("rolesanywhere.amazonaws.com"), None),
            ("aws:PrincipalTag/team", lambda(), Some(("aws:PrincipalTag/*", true))),
            ("aws:SourceAccount", Caller::Aws, Some(("aws:SourceAccount", true))),
            ("aws:SourceAccount", lambda(), None),
            ("saml:sub", Caller::Aws, None),
            ("saml:iss", Caller::Aws, Some(("saml:*", true))),
            ("SAML:aud", Caller::Saml, None),
            ("cognito-identity.amazonaws.com:aud", Caller::Aws, None),
            ("gitlab.com:sub", Caller::Aws, Some(("ISSUER:*", true))),
            ("oidc.eks.eu-west-1.amazonaws.com/id/A:sub", lambda(), Some(("ISSUER:*", true))),
            ("gitlab.com:sub", Caller::Oidc, None),
            ("gitlab.com:sub", Caller::Saml, Some(("ISSUER:*", true))),
            ("sts:RoleAuthorizedByIdp", Caller::Oidc, None),
            ("sts:RoleAuthorizedByIdp", Caller::Aws, Some(("sts:RoleAuthorizedByIdp", true))),
            ("s3:prefix", Caller::Aws, Some(("SERVICE:*", true))),
            ("iam:PassedToService", lambda(), Some(("SERVICE:*", true))),
            ("iam:ResourceTag/team", Caller::Aws, None),
            ("ec2:SourceInstanceArn", Caller::Aws, None),
            ("aws:SourceIp", Caller::Aws, None),
            ("no-such-thing:key", Caller::Aws, None),
        ] {
            assert_eq!(of(key, std::slice::from_ref(&caller)), expected, "{key} {caller:?}");
        }
        let all = [Caller::Aws, Caller::Service(None)];
        assert_eq!(of("aws:SourceAccount", &all), None);
        assert_eq!(of("aws:PrincipalTag/a", &all), None, "one of the services has them");
        assert_eq!(of("saml:iss", &all), Some(("saml:*", true)));
        assert_eq!(of("saml:iss", &[]), None);
    }

    #[test]
    fn rows_are_whole() {
        for row in include_str!("../../data/absent-keys.tsv").lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<&str> = row.split('\t').collect();
            assert_eq!(cells.len(), 4, "{row}");
            assert!(["may", "never", "undocumented"].contains(&cells[2]) && !cells[3].is_empty(), "{row}");
        }
    }
}
