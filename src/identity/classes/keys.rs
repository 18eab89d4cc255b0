//! What requests carry beside what makes their class (catalogue, section 6).

use crate::policy::{Carried, Domain, Policy, Test, asked_keys, same_key};
use crate::value::{Form, Mark, Pattern, SymbolId, Symbols, Text, Truth, Why};

/// Keys with what a request may carry for each.
pub(super) type Keys = Vec<(Text, Domain)>;

/// A key of a known name.
pub(super) fn key(name: &str, domain: Domain) -> (Text, Domain) {
    (Text::known(name), domain)
}

/// A text that the caller chooses.
pub(super) fn chosen(form: Form, optional: bool) -> Domain {
    Domain::Text { forms: vec![form], optional }
}

/// Any text but the empty one: a claim that is there says something.
pub(super) fn some() -> Form {
    Form::any().after(&[Mark::One])
}

/// A list of texts that the caller chooses, which may be missing.
pub(super) fn chosen_list() -> Domain {
    Domain::Texts {
        always: Vec::new(),
        forms: vec![Form::any()],
        except: Vec::new(),
        least: 0,
        most: usize::MAX,
        optional: true,
    }
}

/// No path, or one in another organization than those of `own` (IAM User Guide, global condition keys, `aws:PrincipalOrgPaths`).
pub(super) fn paths_of(organization: SymbolId, own: &[Pattern]) -> Domain {
    one_path(|rest| {
        Form::new(&format!("<o-{{a9}}>/r-{{a9}}/{rest}")).with_letters(&[organization]).but(own.iter().cloned())
    })
}

/// No path, or one in any organization.
pub(super) fn any_path() -> Domain {
    one_path(|rest| Form::new(&format!("o-{{a9}}/r-{{a9}}/{rest}")))
}

fn one_path(form: impl Fn(&str) -> Form) -> Domain {
    Domain::Texts {
        always: Vec::new(),
        forms: vec![form(""), form("{a9/-}/")],
        except: Vec::new(),
        least: 1,
        most: 1,
        optional: true,
    }
}

pub(super) fn absent() -> Domain {
    Domain::Exactly(None)
}

/// There, and nobody knows what it is.
pub(super) fn unknown(what: &str) -> Domain {
    Domain::one(Text::Any(Why::Deployment(what.into())))
}

/// Perhaps there.
pub(super) fn perhaps() -> Domain {
    Domain::Exactly(Some(Carried::Perhaps))
}

/// `true`, `false` or nothing.
pub(super) fn bool_or_none() -> Domain {
    let text = |text: &str| Some(Carried::One(Text::known(text)));
    Domain::OneOf(vec![None, text("true"), text("false")])
}

/// The name of a session (STS API, roleSessionNameType).
pub(super) fn session_name() -> Domain {
    chosen(Form::new("{aA9_+=,.@-}{aA9_+=,.@-}"), false)
}

/// What every call carries: what the caller chooses, and what nobody knows beforehand (IAM User Guide, global
/// condition keys).
pub(super) fn of_every_call() -> Keys {
    let mut keys = vec![
        key("sts:RoleSessionName", session_name()),
        key("aws:UserAgent", chosen(Form::any(), true)),
        key("aws:Referer", chosen(Form::any(), true)),
        // STS answers over TLS only (STS API, endpoints).
        key("aws:SecureTransport", Domain::known("true")),
    ];
    keys.extend(["aws:SourceIp", "aws:CurrentTime", "aws:EpochTime"].map(|name| key(name, unknown("the caller"))));
    keys
}

/// What the two federated calls carry, which nobody signs (IAM User Guide, global condition keys,
/// `aws:PrincipalAccount`).
pub(super) fn of_unsigned_calls() -> Keys {
    let mut keys = of_every_call();
    keys.push(key("aws:PrincipalAccount", Domain::known("anonymous")));
    keys
}

/// Beginnings of keys that an unsigned call never carries, in lower case (IAM User Guide, global condition keys,
/// availability; STS API, AssumeRoleWithWebIdentity and AssumeRoleWithSAML). Tags of the principal are not
/// among them: sources differ.
pub(super) const NEVER_UNSIGNED: [&str; 9] = [
    "aws:principalarn",
    "aws:principalorg",
    "aws:principalservice",
    "aws:username",
    "aws:multifactorauth",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorg",
    "sts:externalid",
];

/// Adds the global keys that a policy asks for and that a request may carry besides: nothing is known of them.
pub(super) fn with_asked(mut keys: Keys, policy: &Policy, never: &[&str], symbols: &Symbols) -> Keys {
    for asked in &asked_keys(policy) {
        let Some(name) = asked.as_known().map(str::to_ascii_lowercase) else { continue };
        let is_global = ["aws:", "sts:", "iam:"].iter().any(|prefix| name.starts_with(prefix));
        let is_there = keys.iter().any(|(own, _)| same_key(own, asked, symbols).is_true());
        if is_global && !is_there && !never.iter().any(|never| name.starts_with(never)) {
            keys.push((asked.clone(), perhaps()));
        }
    }
    keys
}

/// Replaces, or adds, what is carried for keys.
pub(super) fn with(mut keys: Keys, others: impl IntoIterator<Item = (Text, Domain)>, symbols: &Symbols) -> Keys {
    for (name, domain) in others {
        match keys.iter_mut().find(|(own, _)| same_key(own, &name, symbols) == Truth::True) {
            Some((_, own)) => *own = domain,
            None => keys.push((name, domain)),
        }
    }
    keys
}

/// All lines of the Condition blocks of a policy.
pub(super) fn tests(policy: &Policy) -> impl Iterator<Item = &Test> {
    policy.statements.iter().flat_map(|statement| &statement.conditions.tests)
}
