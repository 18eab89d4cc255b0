//! Partitions: which Region lies in which, and the suffix of its host names (AWS General Reference, ARN
//! format; CloudFormation User Guide, `AWS::URLSuffix`; the partitions file of the AWS SDKs).

/// A partition: its name, the start of its Regions' names, its URL suffix.
type Row = (&'static str, &'static str, &'static str);

/// The one that the others are not.
const COMMERCIAL: Row = ("aws", "", "amazonaws.com");

const OTHERS: [Row; 7] = [
    ("aws-cn", "cn-", "amazonaws.com.cn"),
    ("aws-us-gov", "us-gov-", "amazonaws.com"),
    ("aws-iso", "us-iso-", "c2s.ic.gov"),
    ("aws-iso-b", "us-isob-", "sc2s.sgov.gov"),
    ("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk"),
    ("aws-iso-f", "us-isof-", "csp.hci.ic.gov"),
    ("aws-eusc", "eusc-", "amazonaws.eu"),
];

fn of_region(region: &str) -> Row {
    OTHERS.into_iter().find(|(_, start, _)| region.starts_with(start)).unwrap_or(COMMERCIAL)
}

/// The names of all partitions.
pub fn partitions() -> impl Iterator<Item = &'static str> {
    std::iter::once(COMMERCIAL).chain(OTHERS).map(|(name, _, _)| name)
}

/// The partition that a Region lies in.
pub fn partition_of(region: &str) -> &'static str {
    of_region(region).0
}

/// `AWS::URLSuffix` in a partition; nothing where there is no such partition.
pub(super) fn url_suffix(partition: &str) -> Option<&'static str> {
    let row = std::iter::once(COMMERCIAL).chain(OTHERS).find(|(name, _, _)| *name == partition)?;
    Some(row.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_lies_in_one_partition() {
        let of = ["eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1"];
        let found = of.map(partition_of);
        assert_eq!(found, ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e"]);
        assert_eq!(["us-isof-south-1", "eusc-de-east-1"].map(partition_of), ["aws-iso-f", "aws-eusc"]);
        assert!(partitions().all(|name| url_suffix(name).is_some()));
        assert_eq!(url_suffix("aws-cn"), Some("amazonaws.com.cn"));
        assert_eq!(url_suffix("azure"), None);
    }
}
