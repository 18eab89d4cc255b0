//! How much identity pools take in a role attachment or a tag map (`data/cognito-quotas.tsv`).

/// Something of which a role attachment or a tag map may have so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// Mappings of an attachment.
    Mappings,
    /// Rules of a mapping.
    Rules,
    /// Characters of a rule's claim.
    Claim,
    /// Characters of a rule's value.
    Value,
    /// Tags of a map.
    Tags,
    /// Characters of a tag's key.
    TagKey,
    /// Characters of the claim that fills a tag.
    TagClaim,
    /// Bytes of all tags of a session.
    TagBytes,
}

impl Quota {
    fn name(self) -> &'static str {
        match self {
            Self::Mappings => "mappings",
            Self::Rules => "rules",
            Self::Claim => "claim",
            Self::Value => "value",
            Self::Tags => "tags",
            Self::TagKey => "tag key",
            Self::TagClaim => "tag claim",
            Self::TagBytes => "tag bytes",
        }
    }

    /// The least and the most that is taken.
    pub fn range(self) -> (usize, usize) {
        let rows = include_str!("../../data/cognito-quotas.tsv").lines().filter(|line| !line.starts_with('#'));
        let mut numbers = rows.filter_map(|row| {
            let mut cells = row.split('\t');
            let (name, least, most) = (cells.next()?, cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
            (name == self.name()).then_some((least, most))
        });
        numbers.next().unwrap_or((0, usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quota_has_a_row() {
        let quotas = [Quota::Mappings, Quota::Rules, Quota::Claim, Quota::Value];
        assert_eq!(quotas.map(Quota::range), [(0, 10), (1, 25), (1, 64), (1, 128)]);
        let quotas = [Quota::Tags, Quota::TagKey, Quota::TagClaim, Quota::TagBytes];
        assert_eq!(quotas.map(Quota::range), [(0, 50), (1, 128), (1, 256), (0, 460)]);
    }
}
