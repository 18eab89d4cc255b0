//! Principals (IAM User Guide, Principal and NotPrincipal elements).

use super::arn::{Parts, parts};
use super::{Principal, PrincipalKind, Principals, Request};
use crate::value::{Format, Mark, Symbols, Text, Truth, compare, conforms, fits, marks};

/// Whether a statement's principals are, or are not, the one that asks, which `each` tells of one of them.
/// A policy that names nobody speaks of nobody; AWS refuses it.
pub(super) fn principals_match(principals: &Principals, each: impl Fn(&Principal) -> Truth) -> Truth {
    match principals {
        Principals::Only(list) => Truth::any(list.iter().map(each)),
        Principals::AllBut(list) => !Truth::any(list.iter().map(each)),
        Principals::Missing => Truth::False,
        Principals::Unknown => Truth::Unknown,
    }
}

/// Whether the principal of a statement is the one that asks. Wildcards stand for everybody or for
/// nothing: they cannot match a part of a name.
pub(super) fn principal_matches(principal: &Principal, request: &Request, symbols: &Symbols) -> Truth {
    let (kind, value) = &request.principal;
    let star = match &principal.value {
        Text::Known(text) => (**text == *"*").into(),
        text => compare(text, &Text::known("*"), symbols),
    };
    match principal.kind {
        // Services too: the guide leaves them out of a Deny for everybody by a test (IAM User Guide, global
        // condition keys, `aws:PrincipalIsAWSService`).
        None if star.is_true() => Truth::True,
        // AWS refuses every other bare text, an ARN among them: it is not certain to name nobody.
        None => Truth::Unknown,
        Some(PrincipalKind::Aws) => match *kind {
            PrincipalKind::Aws if star.is_true() => Truth::True,
            PrincipalKind::Aws => {
                let matches = aws_principal_matches(&principal.value, value, symbols);
                matches.and(in_partition_of_role(&principal.value, request, symbols))
            }
            // The two stars "are equivalent" (IAM User Guide, Principal element, All principals).
            PrincipalKind::Service | PrincipalKind::CanonicalUser => star,
            // But whether that of AWS principals lets in tokens and assertions is not said.
            PrincipalKind::Federated => star.and(Truth::Unknown),
        },
        Some(own) if own != *kind => Truth::False,
        // What a star says under the other kinds is not documented.
        Some(_) => compare(&principal.value, value, symbols).or(star.and(Truth::Unknown)),
    }
}

/// Whether who asks lies in the partition of what is asked for, where an account is named by its number: that stands
/// for the account in this partition (IAM User Guide, Cross account resource access: accounts of one partition).
fn in_partition_of_role(named: &Text, request: &Request, symbols: &Symbols) -> Truth {
    // Where nothing is asked for the number alone counts.
    let (Some(asking), Some(resource)) = (marks(&request.principal.1), marks(&request.resource)) else {
        return Truth::True;
    };
    if !is_account_number(named, symbols) {
        return Truth::True;
    }
    match (parts(&asking, symbols), parts(&resource, symbols)) {
        (Some(asking), Some(resource)) => fits(resource[1], asking[1], symbols),
        (Some(_), None) if request.resource.as_known().is_none() => Truth::Unknown,
        _ => Truth::True,
    }
}

fn is_account_number(text: &Text, symbols: &Symbols) -> bool {
    match text {
        Text::Known(text) => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        text => conforms(text, &Format::new("{9}", "111122223333"), symbols),
    }
}

/// An account stands for all its users, roles and sessions, a role for its sessions.
fn aws_principal_matches(named: &Text, asking: &Text, symbols: &Symbols) -> Truth {
    let same = compare(named, asking, symbols);
    if same.is_true() {
        return Truth::True;
    }
    let (Some(named_marks), Some(asking_marks)) = (marks(named), marks(asking)) else { return Truth::Unknown };
    let is_number = |text: &Text| is_account_number(text, symbols);
    let (named_parts, asking_parts) = (parts(&named_marks, symbols), parts(&asking_marks, symbols));
    // The number of an account asks for the account itself, which is its root user.
    let asking_account = match asking_parts {
        Some(parts) => parts[4],
        None if is_number(asking) => asking_marks.as_slice(),
        None if asking.as_known().is_some() => return same.or(unique_id(named)),
        None => return Truth::Unknown,
    };
    match named_parts {
        Some(named) => {
            let partition = || asking_parts.map_or(Truth::True, |asking| fits(named[1], asking[1], symbols));
            let root = || is_iam(&named, symbols).and(partition()).and(fits(named[4], asking_account, symbols));
            let other = || asking_parts.map_or(same, |asking| same.or(is_session_of(&named, &asking, symbols)));
            match is(named[5], "root", symbols) {
                Truth::True => root(),
                Truth::False => other(),
                Truth::Unknown => Truth::agreed([root(), other()]),
            }
        }
        None if is_number(named) => fits(&named_marks, asking_account, symbols),
        None if named.as_known().is_some() => same.or(unique_id(named)),
        None => match open_account(&named_marks) {
            Some(Open::Root(account)) => fits(account, asking_account, symbols),
            // A session belongs to a role whose name may not be seen here.
            Some(Open::Named) if asking_parts.is_some_and(|asking| is(asking[2], "iam", symbols).is_true()) => same,
            Some(Open::Named) | None => Truth::Unknown,
        },
    }
}

/// Where known characters stand first (ASCII).
fn position(text: &str, marks: &[Mark]) -> Option<usize> {
    (0..marks.len()).find(|at| marks.get(*at..).is_some_and(|rest| after(rest, text).is_some()))
}

/// An ARN of IAM whose account is no plain part of it.
enum Open<'m> {
    /// It is the root user of this account.
    Root(&'m [Mark]),
    /// It is a role or a user.
    Named,
}

/// Reads `arn:PARTITION:iam::ACCOUNT:root`, `…:role/…` and `…:user/…` where nothing is known of what the account
/// will be: IAM takes no other text for it (IAM User Guide, Principal element).
fn open_account(marks: &[Mark]) -> Option<Open<'_>> {
    after(marks, "arn:")?;
    let front = position(":iam::", marks)? + ":iam::".len();
    let rest = marks.get(front..)?;
    if let Some(end) = position(":root", rest).filter(|end| end + ":root".len() == rest.len()) {
        return rest.get(..end).map(Open::Root);
    }
    [":role/", ":user/"].iter().any(|kind| position(kind, rest).is_some()).then_some(Open::Named)
}

/// The id that IAM keeps in place of a deleted user or role (IAM User Guide, IAM identifiers, unique
/// identifiers): whose it is, no ARN says.
fn unique_id(named: &Text) -> Truth {
    let is_id = |text: &str| {
        let prefix = ["AIDA", "AROA"].iter().any(|prefix| text.starts_with(prefix));
        prefix && text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    if named.as_known().is_some_and(is_id) { Truth::Unknown } else { Truth::False }
}

/// Whether an assumed-role session belongs to a role. The session's ARN has no path.
fn is_session_of(role: &Parts<'_>, session: &Parts<'_>, symbols: &Symbols) -> Truth {
    let same = |at: usize| fits(role[at], session[at], symbols);
    let (Some(named), Some(of)) = (after(role[5], "role/"), after(session[5], "assumed-role/")) else {
        // Whose session a federated user's is, its ARN does not say.
        let of_user = begins(role[5], "user/").and(begins(session[5], "federated-user/"));
        let of_role = begins(role[5], "role/").and(begins(session[5], "assumed-role/"));
        return of_user.or(of_role).and(same(1)).and(same(4)).and(Truth::Unknown);
    };
    let may_hold_slash = |mark: &Mark| matches!(mark, Mark::Symbol(id) if symbols.facts(*id).format.may_hold('/'));
    let slash = |mark: &Mark| *mark == Mark::Char('/');
    let name = named.rsplit(slash).next().unwrap_or_default();
    let of_role = of.split(slash).next().unwrap_or_default();
    let names =
        if named.iter().chain(of_role).any(may_hold_slash) { Truth::Unknown } else { fits(name, of_role, symbols) };
    let service = is(role[2], "iam", symbols).and(is(session[2], "sts", symbols));
    service.and(same(1)).and(same(4)).and(names)
}

fn is_iam(parts: &Parts<'_>, symbols: &Symbols) -> Truth {
    is(parts[0], "arn", symbols).and(is(parts[2], "iam", symbols))
}

fn is(part: &[Mark], text: &str, symbols: &Symbols) -> Truth {
    let text: Vec<Mark> = text.chars().map(Mark::Char).collect();
    fits(&text, part, symbols)
}

/// Whether a part begins so (ASCII): Unknown from its first unknown character on.
fn begins(part: &[Mark], start: &str) -> Truth {
    for (at, c) in start.chars().enumerate() {
        match part.get(at) {
            Some(Mark::Char(own)) if *own == c => {}
            Some(Mark::Symbol(_)) => return Truth::Unknown,
            _ => return Truth::False,
        }
    }
    Truth::True
}

/// What follows a known beginning (ASCII).
fn after<'m>(part: &'m [Mark], start: &str) -> Option<&'m [Mark]> {
    let (front, rest) = part.split_at_checked(start.len())?;
    front.iter().zip(start.chars()).all(|(mark, c)| *mark == Mark::Char(c)).then_some(rest)
}
