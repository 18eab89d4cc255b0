//! Where stacks are deployed to, as far as the command line or a configuration says.

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

/// One thing that an environment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Region,
    Account,
    Partition,
}

impl Part {
    const ALL: [Self; 3] = [Self::Region, Self::Account, Self::Partition];

    /// The one of a pseudo parameter.
    pub(super) fn of_pseudo(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.pseudo() == name)
    }

    /// The names of all pseudo parameters that say where a stack goes.
    pub(super) fn pseudos() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(Self::pseudo)
    }

    /// The pseudo parameter that has it (CloudFormation User Guide, Pseudo parameters reference).
    fn pseudo(self) -> &'static str {
        match self {
            Self::Region => "AWS::Region",
            Self::Account => "AWS::AccountId",
            Self::Partition => "AWS::Partition",
        }
    }

    fn option(self) -> &'static str {
        match self {
            Self::Region => "--region",
            Self::Account => "--account",
            Self::Partition => "--partition",
        }
    }

    /// Why a text is none of its kind.
    fn refusal(self, text: &str) -> Option<String> {
        match self {
            Self::Region => (!is_region(text)).then(|| "a Region is written like eu-west-1".to_owned()),
            Self::Account => (!is_account(text)).then(|| "an account number has 12 digits".to_owned()),
            Self::Partition if partitions().any(|own| own == text) => None,
            Self::Partition => {
                let hint = match nearest_among(text, partitions()).as_slice() {
                    near @ [_, ..] => format!("did you mean {}?", near.join(" or ")),
                    [] => format!("there are {}", partitions().collect::<Vec<_>>().join(", ")),
                };
                Some(format!("no partition is called so; {hint}"))
            }
        }
    }
}

impl Environment {
    /// The environment that the options of the command line give.
    ///
    /// # Errors
    /// What is none of its kind, or contradicts another, as a sentence without its full stop.
    pub fn new(region: Option<&str>, account: Option<&str>, partition: Option<&str>) -> Result<Self, String> {
        let mut environment = Self::default();
        for (part, text) in Part::ALL.into_iter().zip([region, account, partition]) {
            text.map_or(Ok(()), |text| environment.set(part, part.option(), text))?;
        }
        environment.contradiction(Part::Region.option()).map_or(Ok(environment), Err)
    }

    /// Takes one thing of what a configuration says.
    ///
    /// # Errors
    /// As those of [`Environment::new`].
    pub(super) fn set_pseudo(&mut self, part: Part, text: &str) -> Result<(), String> {
        self.set(part, part.pseudo(), text)
    }

    /// What is wrong with all of what a configuration says.
    pub(super) fn pseudo_contradiction(&self) -> Option<String> {
        self.contradiction(Part::Region.pseudo())
    }

    /// `name` is for the message.
    fn set(&mut self, part: Part, name: &str, text: &str) -> Result<(), String> {
        if let Some(refusal) = part.refusal(text) {
            return Err(format!("{name} {}: {refusal}", shown(text)));
        }
        let own = match part {
            Part::Region => &mut self.region,
            Part::Account => &mut self.account,
            Part::Partition => &mut self.partition,
        };
        *own = Some(text.to_owned());
        Ok(())
    }

    fn contradiction(&self, name: &str) -> Option<String> {
        let (region, partition) = (self.region.as_deref()?, self.partition.as_deref()?);
        let own = partition_of(region);
        (own != partition).then(|| format!("{name} {region} lies in the partition {own}, not in {partition}"))
    }

    /// Whether nothing that is known of a stack puts it into another partition: accounts and Regions belong
    /// to one (AWS Fault Isolation Boundaries, Partitions).
    pub fn may_hold(&self, info: &StackInfo) -> bool {
        let of = |region: &Option<String>, partition: &Option<String>| {
            region.as_deref().map(partition_of).map(str::to_owned).or(partition.clone())
        };
        let (own, known) = (of(&self.region, &self.partition), of(&info.region, &info.partition));
        own.is_none() || known.is_none() || own == known
    }

    /// Fills in what is not known of a stack. What its manifest says stays, and what a weightier
    /// environment filled in.
    pub fn fill(&self, info: &mut StackInfo) {
        // A Region of another partition would make nonsense of a stack whose own Region is known.
        if info.region.is_none() {
            info.region.clone_from(&self.region);
            info.partition = info.partition.take().or_else(|| self.partition.clone());
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

    #[test]
    fn the_first_to_say_something_counts() {
        let new = |region, account, partition| Environment::new(region, account, partition).unwrap();
        let configured = new(Some("eu-west-1"), Some("111122223333"), Some("aws"));
        let filled = |first: Environment| {
            let mut info = StackInfo::default();
            first.fill(&mut info);
            if configured.may_hold(&info) {
                configured.fill(&mut info);
            }
            [info.region, info.account, info.partition].map(Option::unwrap_or_default)
        };
        assert_eq!(filled(Environment::default()), ["eu-west-1", "111122223333", "aws"]);
        assert_eq!(filled(new(None, Some("444455556666"), None)), ["eu-west-1", "444455556666", "aws"]);
        assert_eq!(filled(new(None, None, Some("aws"))), ["eu-west-1", "111122223333", "aws"]);
        assert_eq!(filled(new(Some("us-east-1"), None, None)), ["us-east-1", "111122223333", ""]);
        // Its account is none of China.
        assert_eq!(filled(new(None, None, Some("aws-cn"))), ["", "", "aws-cn"]);
        assert_eq!(filled(new(Some("cn-north-1"), None, None)), ["cn-north-1", "", ""]);
    }

    #[test]
    fn a_partition_that_is_known_stays() {
        let mut info = StackInfo { partition: Some("aws-cn".to_owned()), ..StackInfo::default() };
        Environment::new(None, Some("111122223333"), None).unwrap().fill(&mut info);
        assert_eq!((info.account.as_deref(), info.partition.as_deref()), (Some("111122223333"), Some("aws-cn")));
    }
}
