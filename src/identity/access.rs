//! Which actions change something (`data/write-actions.tsv`), and what a wildcard of a policy stands for.

use crate::value::{Text, Truth, glob_fits_without_case};

/// The services of the Service Authorization Reference, each with the actions that change something: those of access
/// level Write, Tagging or Permissions management.
fn services() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = include_str!("../../data/write-actions.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once('\t'))
}

/// The prefixes of all services.
pub fn service_prefixes() -> impl Iterator<Item = &'static str> {
    services().map(|(service, _)| service)
}

/// The actions that change something and that a pattern such as `s3:Put*` fits, as `service:Action`.
pub fn writes(pattern: &str) -> impl Iterator<Item = String> + '_ {
    let (service, name) = pattern.split_once(':').unwrap_or((pattern, pattern));
    let own = services().filter(move |(own, _)| glob_fits_without_case(service, own).is_true());
    own.flat_map(move |(service, actions)| {
        let fits = move |action: &&str| glob_fits_without_case(name, action).is_true();
        actions
            .split(',')
            .filter(|action| !action.is_empty())
            .filter(fits)
            .map(move |action| format!("{service}:{action}"))
    })
}

/// Whether an action of a policy changes something: any of those that a wildcard stands for. What the table does not
/// have only reads, or is not known.
pub fn changes(pattern: &Text) -> Truth {
    let Some(pattern) = pattern.as_known() else { return Truth::Unknown };
    (!is_for_reading(pattern) && writes(pattern).next().is_some()).into()
}

/// Whether a wildcard stands for actions that are called as those that read. The reference has a few of them as Write
/// (`iot:ListSubscriptions`, `athena:GetSessionEndpoint`), and AWS's own `ViewOnlyAccess` allows `iot:List*`.
fn is_for_reading(pattern: &str) -> bool {
    let name = pattern.split_once(':').map_or("", |(_, name)| name).to_ascii_lowercase();
    name.contains('*') && ["get", "list", "describe"].iter().any(|verb| name.starts_with(verb))
}

/// Whether a managed policy of AWS, by its path and name, only lets somebody look, as AWS describes it. The reference
/// has a few of the actions in them as Write (`billing:GetResourcePolicy` in `ReadOnlyAccess`).
pub(super) fn only_lets_look(policy: &str) -> bool {
    let name = policy.rsplit('/').next().unwrap_or_default();
    name == "SecurityAudit" || name.ends_with("ReadOnlyAccess") || name.ends_with("ViewOnlyAccess")
}

/// Services whose actions concern the asking user alone, and which Cognito's own console gives to every role of a pool
/// (Cognito Developer Guide, IAM roles, default policies).
const OWN: [&str; 3] = ["cognito-identity:", "cognito-sync:", "mobileanalytics:"];

/// Whether an action concerns nobody but the user who asks.
pub fn is_own(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    OWN.iter().any(|service| action.starts_with(service))
}

/// The day on which the list of what guests may do at most was read.
pub fn guest_list_date() -> &'static str {
    let head = GUESTS.lines().take_while(|line| line.starts_with('#'));
    let read = head.filter_map(|line| line.split_once("Read ")).next();
    read.map_or("", |(_, date)| date.trim_end_matches('.'))
}

const GUESTS: &str = include_str!("../../data/guest-scope-down.tsv");

/// What the enhanced flow leaves guests of an action that a policy allows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftToGuests {
    /// The action, or all that a wildcard stands for.
    All,
    /// A part of what a wildcard stands for, at most.
    Part,
    /// Nothing.
    Nothing,
}

/// What guests have of an action of a policy in the enhanced flow (`data/guest-scope-down.tsv`). What begins with a
/// wildcard stands for services of which some are taken away; a service that no table has is taken for theirs.
pub fn left_to_guests(pattern: &str) -> LeftToGuests {
    let Some((service, name)) = pattern.split_once(':') else {
        return if pattern == "*" { LeftToGuests::Part } else { LeftToGuests::All };
    };
    if service.contains(['*', '?']) {
        return LeftToGuests::Part;
    }
    let rows = GUESTS.lines().filter(|line| !line.starts_with('#'));
    let mut own = rows.filter_map(|row| {
        let mut cells = row.split('\t');
        Some((cells.next()?, cells.next()?))
    });
    match own.find(|(listed, _)| listed.eq_ignore_ascii_case(service)) {
        Some((_, actions)) if actions.split(',').any(|one| glob_fits_without_case(one, name).is_true()) => {
            LeftToGuests::All
        }
        Some(_) if name.contains(['*', '?']) => LeftToGuests::Part,
        Some(_) => LeftToGuests::Nothing,
        None if service_prefixes().any(|known| known.eq_ignore_ascii_case(service)) => LeftToGuests::Nothing,
        None => LeftToGuests::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_what_changes_something() {
        for yes in [
            "s3:PutObject",
            "S3:putobject",
            "s3:*",
            "*",
            "dynamodb:Put*",
            "iam:PassRole",
            "iot:ListSubscriptions",
            "s3:*Tagging",
        ] {
            assert!(changes(&Text::known(yes)).is_true(), "{yes}");
        }
        for no in ["iot:List*", "s3:GetObject", "s3:List*", "dynamodb:Query", "nosuch:Thing", "s3", ""] {
            assert!(changes(&Text::known(no)).is_false(), "{no}");
        }
        assert_eq!(writes("s3:PutObjectAcl").collect::<Vec<_>>(), ["s3:PutObjectAcl"]);
        assert!(service_prefixes().count() > 400);
    }

    #[test]
    fn the_enhanced_flow_leaves_guests_what_the_list_has() {
        for yes in ["ec2:Describe*", "*", "kms:*", "kms:CreateKey", "sagemaker:*", "*:Get*", "iam:PassRole"] {
            assert_ne!(left_to_guests(yes), LeftToGuests::All, "{yes}");
        }
        for no in ["polly:SynthesizeSpeech", "S3:*", "kms:Decrypt", "kms:GenerateDataKey*", "rum:PutRumEvents", "x:Y"] {
            assert_eq!(left_to_guests(no), LeftToGuests::All, "{no}");
        }
        for none in ["ec2:Describe*", "iam:PassRole", "kms:CreateKey"] {
            assert_eq!(left_to_guests(none), LeftToGuests::Nothing, "{none}");
        }
        assert_eq!(guest_list_date().len(), 10);
    }
}
