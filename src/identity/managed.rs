//! Managed policies of AWS (`data/managed-policies.tsv`).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::policy::{self, Policy};
use crate::source::FileId;
use crate::syntax::parse_json;
use crate::value::{Piece, Text, as_written};

/// The documents by path and name.
static DOCUMENTS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let rows = include_str!("../../data/managed-policies.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once('\t')).collect()
});

/// The path and name of the policy of AWS that an ARN names, in whatever partition.
pub(super) fn aws_policy_name(arn: &Text) -> Option<&'static str> {
    let pieces = arn.pieces()?;
    // The partition may be open: `arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess`.
    let (Piece::Literal(first), Piece::Literal(last)) = (pieces.first()?, pieces.last()?) else { return None };
    let (before, name) = last.split_once(":iam::aws:policy/")?;
    let is_arn = match pieces.len() {
        1 => before.strip_prefix("arn:").is_some_and(|partition| !partition.contains(':')),
        3 => before.is_empty() && &**first == "arn:",
        _ => false,
    };
    DOCUMENTS.get_key_value(name).filter(|_| is_arn).map(|(name, _)| *name)
}

/// The document of a policy. Its places are none of a template's.
pub(super) fn aws_policy(name: &str) -> Option<Policy> {
    let document = parse_json(FileId(0), &Arc::from(*DOCUMENTS.get(name)?));
    Some(policy::read(&as_written(document.root()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_can_be_read() {
        for name in DOCUMENTS.keys() {
            let policy = aws_policy(name).unwrap();
            assert!(!policy.opaque && !policy.statements.is_empty(), "{name}");
        }
    }

    #[test]
    fn names_in_arns() {
        let of = |arn: &str| aws_policy_name(&Text::known(arn));
        assert_eq!(of("arn:aws:iam::aws:policy/ReadOnlyAccess"), Some("ReadOnlyAccess"));
        assert_eq!(of("arn:aws-cn:iam::aws:policy/job-function/Billing"), Some("job-function/Billing"));
        for other in [
            "arn:aws:iam::111122223333:policy/ReadOnlyAccess",
            "arn:aws:iam::aws:policy/NoSuchPolicy",
            "ReadOnlyAccess",
            "arn:aws:x:iam::aws:policy/ReadOnlyAccess",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
