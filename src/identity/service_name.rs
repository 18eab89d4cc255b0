//! The form of service principals (IAM User Guide, service principals; IAM Access Analyzer policy checks, invalid
//! service principal format).

use super::services::is_known_service;
use crate::resolve::partition_of;
use crate::value::{Piece, Text};

/// What is wrong with the name of a service principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// No service has a name of this form; what is probably meant, where that can be told.
    Form(Option<String>),
    /// It names a Region, which only some services do; the name without it.
    Region(String),
    /// It ends as the names of another partition used to; the name that holds in all, and that partition.
    Suffix(String, &'static str),
}

pub(super) const SUFFIX: &str = ".amazonaws.com";

/// Suffixes of other partitions (AWS CDK, region information).
const OTHER_SUFFIXES: [(&str, &str); 6] = [
    (".amazonaws.com.cn", "aws-cn"),
    (".amazonaws.eu", "aws-eusc"),
    (".c2s.ic.gov", "aws-iso"),
    (".sc2s.sgov.gov", "aws-iso-b"),
    (".cloud.adc-e.uk", "aws-iso-e"),
    (".csp.hci.ic.gov", "aws-iso-f"),
];

/// What is wrong with a name; nothing where its form is right, whether or not there is such a service. Stars and
/// empty names are other mistakes.
pub fn name_fault(name: &str) -> Option<NameFault> {
    match fault_of_form(name) {
        Some(NameFault::Form(None)) => Some(NameFault::Form(meant(name))),
        other => other,
    }
}

/// The same of a name of which the deployment may know a part: what is written in it is wrong whatever the rest is.
pub fn text_fault(name: &Text) -> Option<NameFault> {
    let pieces = match name {
        Text::Known(name) => return name_fault(name),
        Text::Shape(pieces) => pieces,
        Text::Any(_) => return None,
    };
    let literals =
        || pieces.iter().filter_map(|piece| if let Piece::Literal(text) = piece { Some(text) } else { None });
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.*?${}".contains(c);
    let first = pieces.first().and_then(|piece| if let Piece::Literal(text) = piece { Some(text) } else { None });
    // That the ARN of a resource stands there is another mistake.
    if first.is_some_and(|text| text.starts_with("arn:")) || literals().all(|text| text.chars().all(fits)) {
        return None;
    }
    Some(NameFault::Form(first.and_then(|text| meant(text))))
}

/// The same, without a guess at what is meant.
fn fault_of_form(name: &str) -> Option<NameFault> {
    if name == "*" || name.trim().is_empty() || name.starts_with('.') || name.contains("${") {
        return None;
    }
    let is_plain = |text: &str| {
        let fits = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        text.split('.').all(fits)
    };
    let mut others = OTHER_SUFFIXES.iter().filter_map(|(suffix, of)| Some((name.strip_suffix(suffix)?, *of)));
    if let Some((front, partition)) = others.find(|(front, _)| is_plain(front)) {
        return Some(NameFault::Suffix(format!("{front}{SUFFIX}"), partition));
    }
    let Some(front) = name.strip_suffix(SUFFIX).filter(|front| is_plain(front)) else {
        return Some(NameFault::Form(None));
    };
    let labels: Vec<&str> = front.split('.').collect();
    match labels.as_slice() {
        [service, region] if is_region(region) && !has_regions(service) && !is_opted_into(region) => {
            Some(NameFault::Region(format!("{service}{SUFFIX}")))
        }
        [region, rest @ ..] if is_region(region) && !rest.is_empty() => {
            Some(NameFault::Form(Some(format!("{}{SUFFIX}", rest.join(".")))))
        }
        _ => None,
    }
}

/// A name of the right form, without its suffix, whichever partition's it is, and without a Region at its end.
pub(super) fn front(name: &str) -> Option<String> {
    let mut suffixes = std::iter::once(SUFFIX).chain(OTHER_SUFFIXES.map(|(suffix, _)| suffix));
    let front = suffixes.find_map(|suffix| name.strip_suffix(suffix))?;
    let front = match front.rsplit_once('.') {
        Some((service, region)) if is_region(region) => service,
        _ => front,
    };
    (!front.is_empty()).then(|| front.to_owned())
}

/// The name that is probably meant: without scheme, port and path, in small letters, with its suffix.
fn meant(name: &str) -> Option<String> {
    let lower = name.trim().to_ascii_lowercase();
    if lower.starts_with("arn:") {
        return None;
    }
    let host = lower.split_once("://").map_or(lower.as_str(), |(_, host)| host);
    let host = host.split(['/', ':']).next()?;
    let named = |front: &str| {
        let name = format!("{front}{SUFFIX}");
        (!front.is_empty() && fault_of_form(&name).is_none()).then_some(name)
    };
    // What has no such end, or another one, is no service's name but by a guess.
    let guessed = || host.split('.').next().and_then(named).filter(|name| is_known_service(name));
    host.strip_suffix(SUFFIX).and_then(named).or_else(guessed)
}

/// `eu-west-1`, `us-gov-east-1`.
pub(super) fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let is_number = |text: &&str| text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
    let is_word = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [area, middle @ .., number] => {
            area.len() == 2 && is_word(area) && !middle.is_empty() && middle.iter().all(is_word) && is_number(number)
        }
        _ => false,
    }
}

/// Whether a service has a principal for each Region (`data/regional-services.tsv`).
fn has_regions(service: &str) -> bool {
    let rows = include_str!("../../data/regional-services.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split('\t').next()).any(|name| name == service)
}

/// Whether a Region has to be opted into (`data/default-regions.tsv`): services have names for those, by which roles
/// elsewhere trust them (AWS CDK, `ServicePrincipalOpts`, `region`).
fn is_opted_into(region: &str) -> bool {
    let mut rows = include_str!("../../data/default-regions.tsv").lines().filter(|line| !line.starts_with('#'));
    partition_of(region) == "aws" && rows.all(|line| line.split('\t').next() != Some(region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_service_can_be_called_has_no_other_name() {
        let names = [
            "amazonaws.com",
            "222233334444",
            "12",
            "foo-bar",
            "foo-bar.example.com",
            "rds_x.amazonaws.com",
            "SERVICE_NAME.amazonaws.com",
            "<service>.amazonaws.com",
            "my service",
            "a,b",
            "?",
        ];
        for name in names {
            assert_eq!(name_fault(name), Some(NameFault::Form(None)), "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_name_is_looked_at(name in ".{0,40}") {
            let _ = name_fault(&name);
            let _ = name_fault(&format!("{name}.amazonaws.com"));
        }
    }

    #[test]
    fn names_by_their_form() {
        let form = |meant: &str| Some(NameFault::Form(Some(meant.to_owned())));
        let lambda = "lambda.amazonaws.com";
        for right in [
            lambda,
            "pods.eks.amazonaws.com",
            "s3.data-source.lustre.fsx.amazonaws.com",
            "states.eu-west-1.amazonaws.com",
            "lambda.ap-east-1.amazonaws.com",
            "no-such-service.amazonaws.com",
            "*",
            "",
            ".amazonaws.com",
        ] {
            assert_eq!(name_fault(right), None, "{right}");
        }
        for wrong in [
            "https://Lambda.amazonaws.com",
            "lambda",
            "lambda.aws.com",
            "Lambda.amazonaws.com",
            "lambda.amazonaws.com/",
            "lambda.amazonaws.com:443",
            " lambda.amazonaws.com",
            "eu-west-1.lambda.amazonaws.com",
        ] {
            assert_eq!(name_fault(wrong), form(lambda), "{wrong}");
        }
        assert_eq!(name_fault("arn:aws:iam::aws:lambda"), Some(NameFault::Form(None)));
        assert_eq!(name_fault("lambda.eu-west-1.amazonaws.com"), Some(NameFault::Region(lambda.to_owned())));
        let (region, name) = ("lambda.us-gov-west-1.amazonaws.com", lambda.to_owned());
        assert_eq!(name_fault(region), Some(NameFault::Region(name)));
        assert_eq!(name_fault("lambda.amazonaws.com.cn"), Some(NameFault::Suffix(lambda.to_owned(), "aws-cn")));
        assert_eq!(name_fault("lambda.*.amazonaws.com"), form(lambda));
        assert_eq!(name_fault("*.amazonaws.com"), Some(NameFault::Form(None)));
    }
}
