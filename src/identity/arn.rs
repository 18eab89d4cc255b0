//! Role ARNs of which parts are unknown.

use std::collections::HashMap;

use super::graph::RoleId;
use crate::resolve::StackId;
use crate::value::{Branch, Case, Piece, Symbols, Text, Truth, compare};

/// The parts of a role's ARN that tell roles apart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RoleArn {
    partition: Text,
    account: Text,
    /// `role/PATH/NAME`.
    resource: Text,
}

impl RoleArn {
    /// Reads `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
    fn read(arn: &Text) -> Option<Self> {
        let mut rest = arn.pieces()?;
        let mut parts = Vec::new();
        for _ in 0..5 {
            let (part, tail) = cut(&rest, ':')?;
            parts.push(Text::from_pieces(part));
            rest = tail;
        }
        let [head, partition, service, region, account] = <[Text; 5]>::try_from(parts).ok()?;
        let is_role =
            head.as_known() == Some("arn") && service.as_known() == Some("iam") && region.as_known() == Some("");
        is_role.then(|| Self { partition, account, resource: Text::from_pieces(rest) })
    }

    /// Whether nothing speaks against both being one role: the same path and name, and no account or
    /// partition that differs.
    fn may_be(&self, other: &Self, symbols: &Symbols) -> bool {
        self.resource == other.resource
            && !compare(&self.partition, &other.partition, symbols).is_false()
            && !compare(&self.account, &other.account, symbols).is_false()
    }
}

/// Whether a text is the ARN of a role's session.
pub fn is_session_arn(text: &Text) -> bool {
    let begins = |text: Text| matches!(text.pieces().unwrap_or_default().first(), Some(Piece::Literal(first)) if first.starts_with("assumed-role/"));
    arn_part(text, 2) == Text::known("sts") && begins(arn_part(text, 5))
}

/// The same name in another account.
pub fn in_account(arn: &Text, account: &str) -> Text {
    let parts = [0, 1, 2, 3].map(|at| Text::join([&arn_part(arn, at), &Text::known(":")]));
    let front = Text::join(parts.iter());
    Text::join([&front, &Text::known(format!("{account}:")), &arn_part(arn, 5)])
}

/// Whether an ARN is one of roles that AWS makes, and that nobody else can give such a path (IAM User Guide,
/// service-linked roles; IAM Identity Center User Guide, referencing permission sets in resource policies).
pub fn is_of_aws(arn: &Text) -> bool {
    let resource = arn_part(arn, 5);
    let pieces = resource.pieces().unwrap_or_default();
    let Some(Piece::Literal(first)) = pieces.first() else { return false };
    ["role/aws-reserved/", "role/aws-service-role/"].iter().any(|path| first.starts_with(path))
}

/// The root of the account that an ARN of IAM is in; nothing for other texts, and for sessions, whose names are
/// others in conditions.
pub fn root_of(arn: &Text) -> Option<Text> {
    (arn_part(arn, 2) == Text::known("iam")).then_some(())?;
    let parts = [0, 1, 2, 3, 4].map(|at| Text::join([&arn_part(arn, at), &Text::known(":")]));
    Some(Text::join(parts.iter().chain([&Text::known("root")])))
}

/// Whether two ARNs of IAM name one thing, such as a role or a provider: the same path and name, and the same account,
/// which is not always known. A partition that may be another is no difference, since no principal of another one can be
/// named.
pub fn are_one(a: &Text, b: &Text, symbols: &Symbols) -> Truth {
    let same = |at| compare(&arn_part(a, at), &arn_part(b, at), symbols);
    let is_arn = arn_part(a, 5) != Text::known("");
    let is_named = is_arn && [0, 2, 5].into_iter().all(|at| same(at).is_true()) && !same(1).is_false();
    if is_named { same(4) } else { Truth::False }
}

/// The partition that a role goes to, where it is known.
pub fn partition_of(role: &super::graph::Role) -> Option<String> {
    partition(&role.arn())
}

/// The partition in the ARN of a role, where it is known.
pub(super) fn partition(arn: &Text) -> Option<String> {
    RoleArn::read(arn)?.partition.as_known().map(str::to_owned)
}

/// The account in the ARN of a role.
pub(super) fn account(arn: &Text) -> Option<Text> {
    Some(RoleArn::read(arn)?.account)
}

/// Roles by what their ARNs end with.
#[derive(Clone, Debug, Default)]
pub struct RoleNames(HashMap<Text, Vec<NamedRole>>);

#[derive(Clone, Debug)]
struct NamedRole {
    role: RoleId,
    stack: StackId,
    arn: RoleArn,
    exists: Branch,
}

impl RoleNames {
    /// Roles of one name in one stack, which only exclusive conditions make possible.
    const MOST_NAMESAKES: usize = 8;

    pub(super) fn add(&mut self, role: RoleId, stack: StackId, arn: &Case<Text>) {
        let Some(read) = RoleArn::read(&arn.then) else { return };
        let named = NamedRole { role, stack, arn: read, exists: arn.when.clone() };
        self.0.entry(named.arn.resource.clone()).or_default().push(named);
    }

    /// The roles of an ARN as one stack means it, each with its branch: the stack's own, else the only
    /// stack's that has one. Two stacks that give a role the same name cannot be deployed side by side.
    pub(super) fn meant(&self, stack: StackId, arn: &Text, symbols: &Symbols) -> Vec<(RoleId, Branch)> {
        let Some(arn) = RoleArn::read(arn) else { return Vec::new() };
        let named = self.0.get(&arn.resource).map(Vec::as_slice).unwrap_or_default();
        let all: Vec<&NamedRole> = named.iter().filter(|named| named.arn.may_be(&arn, symbols)).collect();
        let is_home = |named: &&&NamedRole| named.stack == stack;
        let home = all.iter().find(is_home).or(all.first()).map(|named| named.stack);
        if home != Some(stack) && all.iter().any(|named| Some(named.stack) != home) {
            return Vec::new();
        }
        let of_home = all.into_iter().filter(|named| Some(named.stack) == home).take(Self::MOST_NAMESAKES);
        of_home.map(|named| (named.role, named.exists.clone())).collect()
    }
}

/// The pieces before and after the first literal `at`.
pub(super) fn cut(pieces: &[Piece], at: char) -> Option<(Vec<Piece>, Vec<Piece>)> {
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Literal(literal) = piece else { continue };
        let Some((before, after)) = literal.split_once(at) else { continue };
        let part = |text: &str| (!text.is_empty()).then(|| Piece::Literal(text.into()));
        let front = pieces[..index].iter().cloned().chain(part(before));
        let back = part(after).into_iter().chain(pieces[index + 1..].iter().cloned());
        return Some((front.collect(), back.collect()));
    }
    None
}

/// A part of an ARN, counted from 0, the sixth to its end; empty where there is none.
pub(super) fn arn_part(arn: &Text, at: usize) -> Text {
    let mut rest = arn.pieces().unwrap_or_default();
    for _ in 0..at {
        let Some((_, tail)) = cut(&rest, ':') else { return Text::known("") };
        rest = tail;
    }
    if at < 5 {
        rest = cut(&rest, ':').map(|(part, _)| part).unwrap_or(rest);
    }
    Text::from_pieces(rest)
}

/// What follows a text in the first literal that holds it.
pub(super) fn after(text: &Text, marker: &str) -> Option<Text> {
    let pieces = text.pieces()?;
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Literal(literal) = piece else { continue };
        if let Some((_, rest)) = literal.split_once(marker) {
            let rest = Piece::Literal(rest.into());
            return Some(Text::from_pieces(std::iter::once(rest).chain(pieces[at + 1..].iter().cloned())));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_arns_in_parts() {
        let arn = RoleArn::read(&Text::known("arn:aws:iam::111122223333:role/a/b")).unwrap();
        assert_eq!(arn.account, Text::known("111122223333"));
        assert_eq!(arn.resource, Text::known("role/a/b"));
        assert_eq!(RoleArn::read(&Text::known("arn:aws:s3:::b")), None);
        let other = RoleArn::read(&Text::known("arn:aws:iam::999922223333:role/a/b")).unwrap();
        assert!(!arn.may_be(&other, &Symbols::default()));
    }
}
