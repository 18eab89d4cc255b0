//! How much identity pools take in a role attachment (`data/cognito-quotas.tsv`).

/// Something of which a role attachment may have so much.
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
}

impl Quota {
    fn name(self) -> &'static str {
        match self {
            Self::Mappings => "mappings",
            Self::Rules => "rules",
            Self::Claim => "claim",
            Self::Value => "value",
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
    }
}
