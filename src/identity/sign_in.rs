//! Where people sign in to AWS with an assertion of a SAML provider (`data/sign-in-endpoints.tsv`).

use super::alone::alone;
use crate::policy::{Domain, Policy, PrincipalKind, Space, Statement, Test, exists};
use crate::value::{Form, Symbols, Text, Truth};

/// The sign-in endpoint of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The partition.
    pub partition: &'static str,
    /// The host, before which a Region may stand.
    pub host: &'static str,
}

/// What the path begins with (IAM User Guide, SAML assertions for the authentication response).
const PATH: &str = "/saml";
/// What an assertion is asked for by.
const ACTION: &str = "sts:AssumeRoleWithSAML";

impl SignIn {
    /// Its URL, without a Region.
    pub fn url(self) -> String {
        format!("https://{}{PATH}", self.host)
    }

    /// Its URLs: with and without a Region, and what may follow the path.
    pub(super) fn forms(self) -> [Form; 2] {
        ["https://", "https://{a9-}."].map(|front| {
            let whole = format!("{front}{}{PATH}", self.host);
            Form::new(&whole).then(&Form::any())
        })
    }
}

/// The endpoints that are known, the commercial one first.
pub fn sign_ins() -> impl Iterator<Item = SignIn> {
    let rows = include_str!("../../data/sign-in-endpoints.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut fields = row.split('\t');
        Some(SignIn { partition: fields.next()?, host: fields.next()? })
    })
}

/// The endpoint of a partition, or of the commercial one where it is not known; nothing for partitions whose
/// endpoint is not known.
pub fn sign_in_of(partition: Option<&str>) -> Option<SignIn> {
    sign_ins().find(|own| partition.is_none_or(|partition| own.partition == partition))
}

/// Whether the tests of a statement on the recipient let any sign-in endpoint through: that of a partition, or of
/// all where it is not known.
pub fn takes_sign_in(
    tests: &[&Test],
    statement: &Statement,
    policy: &Policy,
    partition: Option<&str>,
    symbols: &Symbols,
) -> Truth {
    let is_meant = |own: &SignIn| partition.is_none_or(|partition| own.partition == partition);
    let forms: Vec<Form> = sign_ins().filter(is_meant).flat_map(SignIn::forms).collect();
    if forms.is_empty() {
        return Truth::Unknown;
    }
    let somebody = Text::known("arn:aws:iam::111122223333:saml-provider/somebody");
    let tests = tests.iter().map(|test| (*test).clone()).collect();
    let alone = alone(statement, tests, policy, &somebody, ACTION);
    let space = Space {
        principals: vec![(PrincipalKind::Federated, somebody)],
        actions: vec![ACTION.to_owned()],
        resource: Text::known("arn:aws:iam::111122223333:role/role"),
        keys: vec![(Text::known("saml:aud"), Domain::Text { forms, optional: false })],
    };
    exists(&alone, &space, symbols).truth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_partitions() {
        assert_eq!(sign_ins().count(), 5);
        assert_eq!(sign_in_of(None).unwrap().url(), "https://signin.aws.amazon.com/saml");
        assert_eq!(sign_in_of(Some("aws-cn")).unwrap().url(), "https://signin.amazonaws.cn/saml");
        assert_eq!(sign_in_of(Some("aws-eusc")), None);
    }
}
