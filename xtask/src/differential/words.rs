//! What generated pairs are made of: keys with their kinds, principals, actions, resources, texts at boundaries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rolecall::policy::PrincipalKind;

/// A condition key.
#[derive(Debug)]
pub struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_multivalued: bool,
}

/// What the values of a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text out of few.
    Word,
    /// A number.
    Number,
    /// A moment.
    Date,
    /// An IP address.
    Address,
    /// An ARN.
    Arn,
    /// true or false.
    Bool,
    /// Bytes in base64.
    Bytes,
}

impl Kind {
    /// Values of requests; none for what is made by numbers.
    pub(super) fn pool(self) -> &'static [&'static str] {
        match self {
            Self::Text => TEXTS,
            Self::Word => &["authenticated", "unauthenticated", "graph.facebook.com", "a", "b", ""],
            Self::Number => &["0", "900", "3599", "3600", "3601", "-1", "43200", "3600.0", "3599.5", "0.25"],
            Self::Arn => ARNS,
            Self::Bool => &["true", "false"],
            Self::Bytes => &["QmluYXJ5", "QQ==", "QUI=", "QUJD", ""],
            Self::Date | Self::Address => &[""],
        }
    }

    /// The operators for such values.
    pub(super) fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Text | Self::Word => &[
                "StringEquals",
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
                "StringLike",
                "StringLike",
                "StringLike",
                "StringNotLike",
            ],
            Self::Number => &[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ],
            Self::Date => &[
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateLessThanEquals",
                "DateGreaterThan",
                "DateGreaterThanEquals",
            ],
            Self::Address => &["IpAddress", "IpAddress", "NotIpAddress"],
            Self::Arn => &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringEquals"],
            Self::Bool => &["Bool"],
            Self::Bytes => &["BinaryEquals"],
        }
    }
}

const fn key(name: &'static str, kind: Kind, is_multivalued: bool) -> Key {
    Key { name, kind, is_multivalued }
}

/// The keys of requests.
pub(super) const KEYS: &[Key] = &[
    key("cognito-identity.amazonaws.com:aud", Kind::Text, false),
    key("cognito-identity.amazonaws.com:amr", Kind::Word, true),
    key("token.actions.githubusercontent.com:sub", Kind::Text, false),
    key("saml:groups", Kind::Text, true),
    key("aws:TagKeys", Kind::Word, true),
    key("aws:RequestTag/team", Kind::Text, false),
    key("sts:ExternalId", Kind::Text, false),
    key("aws:username", Kind::Word, false),
    key("aws:PrincipalTag/team", Kind::Text, false),
    key("sts:DurationSeconds", Kind::Number, false),
    key("example:Numbers", Kind::Number, true),
    key("aws:CurrentTime", Kind::Date, false),
    key("aws:TokenIssueTime", Kind::Date, false),
    key("aws:SourceIp", Kind::Address, false),
    key("example:Addresses", Kind::Address, true),
    key("aws:SourceArn", Kind::Arn, false),
    key("example:Arns", Kind::Arn, true),
    key("aws:MultiFactorAuthPresent", Kind::Bool, false),
    key("example:Bytes", Kind::Bytes, false),
];

const TEXTS: &[&str] = &[
    "",
    "a",
    "ab",
    "abc",
    "abcabc",
    "a*c",
    "a?c",
    "a$c",
    "A",
    "bob",
    "*",
    "repo:acme/app:ref:refs/heads/main",
    "repo:acme-evil/app:ref:refs/heads/main",
    "repo:acme/app:pull_request",
    "us-east-1:11111111-2222-4333-8444-555555555555",
    "us-east-1:99999999-2222-4333-8444-555555555555",
    "x.y+z(1)[2]{3}^|\\d",
    "a\nc",
    "früh",
];

const ARNS: &[&str] = &[
    "arn:aws:sns:us-east-1:111122223333:topic",
    "arn:aws:sns:eu-west-1:111122223333:topic",
    "arn:aws:lambda:us-east-1:111122223333:function:f:1",
    "arn:aws:lambda:us-east-1:111122223333:function:f",
    "arn:aws:s3:::bucket/home/bob/key",
    "arn:aws:iam::111122223333:user/bob",
    "arn:aws:iam::111122223333:role/app",
    "arn:aws-cn:iam::999988887777:role/app",
];

/// The role whose trust is asked for.
pub(super) const ROLE_RESOURCE: &str = "arn:aws:iam::111122223333:role/Target";
/// A role that has a session among the principals.
pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/path/app";
/// An account in its two forms, and another.
pub(super) const ACCOUNTS: &[&str] =
    &["111122223333", "arn:aws:iam::111122223333:root", "999988887777", "arn:aws:iam::999988887777:root"];

/// Who asks.
pub(super) const PRINCIPALS: &[(PrincipalKind, &str)] = &[
    (PrincipalKind::Federated, "cognito-identity.amazonaws.com"),
    (PrincipalKind::Federated, "cognito-identity.amazonaws.com"),
    (PrincipalKind::Federated, "cognito-identity.amazonaws.com"),
    (PrincipalKind::Federated, "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"),
    (PrincipalKind::Federated, "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"),
    (PrincipalKind::Federated, "accounts.google.com"),
    (PrincipalKind::Federated, SAML),
    (PrincipalKind::Aws, "arn:aws:iam::111122223333:user/bob"),
    (PrincipalKind::Aws, "arn:aws:iam::999988887777:user/path/eve"),
    (PrincipalKind::Aws, "arn:aws:sts::111122223333:assumed-role/app/session"),
    (PrincipalKind::Aws, "arn:aws:sts::111122223333:assumed-role/app/session"),
    (PrincipalKind::Aws, "arn:aws:sts::999988887777:assumed-role/app/session"),
    (PrincipalKind::Aws, "arn:aws:sts::111122223333:assumed-role/application/session"),
    (PrincipalKind::Service, "lambda.amazonaws.com"),
    (PrincipalKind::Service, "ec2.amazonaws.com"),
    (PrincipalKind::CanonicalUser, "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"),
];

const SAML: &str = "arn:aws:iam::111122223333:saml-provider/Idp";

/// Whom a policy names beside who asks.
pub(super) const OTHERS: &[(PrincipalKind, &str)] = &[
    (PrincipalKind::Aws, "444455556666"),
    (PrincipalKind::Aws, "arn:aws:iam::444455556666:role/app"),
    (PrincipalKind::Aws, "arn:aws:iam::111122223333:user/bo"),
    (PrincipalKind::Federated, "example.com"),
    (PrincipalKind::Federated, "arn:aws:iam::111122223333:saml-provider/Other"),
    (PrincipalKind::Service, "events.amazonaws.com"),
    (PrincipalKind::CanonicalUser, "0000000000000000000000000000000000000000000000000000000000000000"),
];

/// Actions and resources of policies that are no trust policies; without capitals, see
/// [`super::points::Point::CaseOfResource`].
pub(super) const RESOURCES: &[(&str, &str)] = &[
    ("s3:GetObject", "arn:aws:s3:::bucket/home/bob/key"),
    ("s3:GetObject", "arn:aws:s3:::bucket/home/eve/key"),
    ("sns:Publish", "arn:aws:sns:us-east-1:111122223333:topic"),
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:f:1"),
    ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:f"),
];

/// Actions that a policy names.
pub(super) const ACTIONS: &[&str] = &[
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:TagSession",
    "sts:?ssumeRole*",
    "s3:Get*",
    "lambda:*",
];

/// Texts with variables and escapes.
pub(super) const VARIABLES: &[&str] = &[
    "${aws:username}",
    "${AWS:UserName}",
    "${aws:username}*",
    "x${aws:username}",
    "${aws:username, 'bob'}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'a'}",
    "${aws:TagKeys}",
    "${aws:TagKeys, 'a'}",
    "${cognito-identity.amazonaws.com:aud}",
    "a${*}c",
    "a${?}c",
    "a${$}c",
    "${*}",
    "${*}*",
];

/// Moments at and near to which requests are made: 2026-01-01, 2025-12-31, 2024-02-29T12:00:00, 2030-06-01.
pub(super) const SECONDS: &[i64] = &[1_767_225_600, 1_767_139_200, 1_709_208_000, 1_906_502_400];

/// Addresses near to which requests come from; the last ones of ranges, so that a step leaves them.
pub(super) const ADDRESSES: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 255)),
    IpAddr::V4(Ipv4Addr::new(10, 255, 255, 255)),
    IpAddr::V4(Ipv4Addr::new(127, 255, 255, 255)),
    IpAddr::V4(Ipv4Addr::new(255, 255, 255, 255)),
    IpAddr::V4(Ipv4Addr::new(0, 0, 0, 0)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0xffff, 0xffff, 0xffff, 0xffff)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 1, 0, 0, 0, 0)),
];

/// The action by which a principal assumes a role.
pub(super) fn assume_action(kind: PrincipalKind, principal: &str) -> &'static str {
    match kind {
        PrincipalKind::Federated if principal == SAML => "sts:AssumeRoleWithSAML",
        PrincipalKind::Federated => "sts:AssumeRoleWithWebIdentity",
        _ => "sts:AssumeRole",
    }
}

/// A text with its wildcards and dollars as escapes.
pub fn escaped(text: &str) -> String {
    let escape = |c: char| if matches!(c, '*' | '?' | '$') { format!("${{{c}}}") } else { c.to_string() };
    text.chars().map(escape).collect()
}

/// A moment as the guide writes it, with the clock of a zone that is so many hours from UTC.
pub(super) fn date(seconds: i64, zone: i64) -> String {
    let local = seconds + zone * 3600;
    let (year, month, day) = civil(local.div_euclid(86_400));
    let (hour, minute, second) = (local.rem_euclid(86_400) / 3600, local.rem_euclid(3600) / 60, local.rem_euclid(60));
    let sign = if zone < 0 { '-' } else { '+' };
    let zone = if zone == 0 { "Z".to_owned() } else { format!("{sign}{:02}:00", zone.abs()) };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
}

/// The seconds of a date that `date` wrote for UTC, or of a number.
pub fn seconds_of(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    SECONDS.iter().flat_map(|at| [at - 1, *at, at + 1]).find(|at| date(*at, 0) == text)
}

/// The date of a day since 1970 (H. Hinnant, chrono-Compatible Low-Level Date Algorithms).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{SECONDS, date, seconds_of};

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        let dates: Vec<String> = SECONDS.iter().map(|at| date(*at, 0)).collect();
        let expected = ["2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z", "2024-02-29T12:00:00Z", "2030-06-01T00:00:00Z"];
        assert_eq!(dates, expected);
        assert_eq!(date(SECONDS[0], -5), "2025-12-31T19:00:00-05:00");
        assert_eq!(seconds_of("2024-02-29T12:00:01Z"), Some(SECONDS[2] + 1));
    }
}
