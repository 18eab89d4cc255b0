//! Where stacks are deployed to, as far as the command line says.

use super::config::is_account;
use crate::checks::nearest_among;
use crate::finding::shown;
use crate::resolve::{StackInfo, partition_of, partitions};

/// Region, account and partition for stacks that do not name their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    region: Option<String>,
    account: Option<String>,
    partition: Option<String>,
}

impl Environment {
    /// An environment of these.
    ///
    /// # Errors
    /// What is none of its kind, or contradicts another, as a sentence without its full stop.
    pub fn new(region: Option<&str>, account: Option<&str>, partition: Option<&str>) -> Result<Self, String> {
        if let Some(region) = region.filter(|region| !is_region(region)) {
            return Err(format!("--region {}: a Region is written like eu-west-1", shown(region)));
        }
        if let Some(account) = account.filter(|account| !is_account(account)) {
            return Err(format!("--account {}: an account number has 12 digits", shown(account)));
        }
        if let Some(partition) = partition.filter(|partition| !partitions().any(|own| own == *partition)) {
            let hint = match nearest_among(partition, partitions()).as_slice() {
                near @ [_, ..] => format!("did you mean {}?", near.join(" or ")),
                [] => format!("there are {}", partitions().collect::<Vec<_>>().join(", ")),
            };
            return Err(format!("--partition {}: no partition is called so; {hint}", shown(partition)));
        }
        if let (Some(region), Some(partition)) = (region, partition) {
            let own = partition_of(region);
            if own != partition {
                return Err(format!("--region {region} lies in the partition {own}, not in {partition}"));
            }
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(Self { region: owned(region), account: owned(account), partition: owned(partition) })
    }

    /// Fills in what is not known of a stack. What its manifest says stays.
    pub fn fill(&self, info: &mut StackInfo) {
        // A Region of another partition would make nonsense of a stack whose own Region is known.
        if info.region.is_none() {
            info.region.clone_from(&self.region);
            info.partition.clone_from(&self.partition);
        }
        if info.account.is_none() {
            info.account.clone_from(&self.account);
        }
    }
}

/// Words and a number with hyphens between them.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [words @ .., number] => {
            words.len() >= 2
                && words.iter().all(is_word)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(region: Option<&str>, account: Option<&str>, partition: Option<&str>) -> String {
        Environment::new(region, account, partition).unwrap_err()
    }

    #[test]
    fn what_is_none_of_its_kind() {
        assert_eq!(error(Some("eu"), None, None), "--region eu: a Region is written like eu-west-1");
        assert_eq!(error(None, Some("123"), None), "--account 123: an account number has 12 digits");
        assert_eq!(
            error(None, None, Some("aws-gov")),
            "--partition aws-gov: no partition is called so; did you mean aws-cn or aws-iso or aws-us-gov?"
        );
        assert!(error(None, None, Some("azurecloudland")).ends_with("aws-iso-f, aws-eusc"));
        for region in ["us-gov-west-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-2"] {
            assert!(Environment::new(Some(region), None, None).is_ok(), "{region}");
        }
    }

    #[test]
    fn contradictions() {
        let said = error(Some("eu-west-1"), None, Some("aws-cn"));
        assert_eq!(said, "--region eu-west-1 lies in the partition aws, not in aws-cn");
        assert!(Environment::new(Some("cn-north-1"), None, Some("aws-cn")).is_ok());
    }

    #[test]
    fn a_manifest_knows_better() {
        let environment = Environment::new(Some("eu-west-1"), Some("111122223333"), Some("aws")).unwrap();
        let mut info = StackInfo { region: Some("cn-north-1".to_owned()), ..StackInfo::default() };
        environment.fill(&mut info);
        assert_eq!((info.region.as_deref(), info.partition.as_deref()), (Some("cn-north-1"), None));
        assert_eq!(info.account.as_deref(), Some("111122223333"));
    }
}
