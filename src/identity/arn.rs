//! Role ARNs of which parts are unknown.

use crate::value::{Piece, Symbols, Text, compare};

/// The parts of a role's ARN that tell roles apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoleArn {
    partition: Text,
    account: Text,
    /// `role/PATH/NAME`.
    pub(super) resource: Text,
}

impl RoleArn {
    /// Reads `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
    pub(super) fn read(arn: &Text) -> Option<Self> {
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
    pub(super) fn may_be(&self, other: &Self, symbols: &Symbols) -> bool {
        self.resource == other.resource
            && !compare(&self.partition, &other.partition, symbols).is_false()
            && !compare(&self.account, &other.account, symbols).is_false()
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
