//! Assertions of SAML providers.

use super::{Expected, check, saml};

#[test]
fn assertions_of_saml_providers() {
    check(&[&saml("{}")], &["+saml/other-recipient", "+saml/console", "-saml/other-provider"]);
    check(
        &[&saml("{StringEquals: {SAML:aud: 'https://signin.aws.amazon.com/saml'}}")],
        &["-saml/other-recipient", "+saml/console"],
    );
    check(
        &[&saml("{StringEquals: {SAML:aud: 'urn:amazon:webservices'}}")],
        &["+saml/other-recipient", "-saml/console"],
    );
    check(
        &[&saml("{StringEqualsIfExists: {SAML:aud: 'https://signin.aws.amazon.com/saml'}}")],
        &["-saml/other-recipient"],
    );
    // A star takes a slash too: the host may be anybody's.
    check(
        &[&saml("{StringLike: {SAML:aud: 'https://*.signin.aws.amazon.com/saml'}}")],
        &["+saml/other-recipient", "+saml/console"],
    );
    check(
        &[&saml("{StringLike: {SAML:aud: !Sub 'https://${AWS::Region}.signin.aws.amazon.com/saml'}}")],
        &["-saml/other-recipient"],
    );
    let aud = "StringEquals: {SAML:aud: 'https://signin.aws.amazon.com/saml'}";
    let attribute = |test: &str, expected: &Expected<'_>| check(&[&saml(&format!("{{{aud}, {test}}}"))], expected);
    attribute(
        "'ForAllValues:StringLike': {saml:edupersonaffiliation: [staff]}",
        &["+saml/without-attribute", "-saml/more-values"],
    );
    attribute(
        "'ForAnyValue:StringLike': {saml:edupersonaffiliation: [staff]}",
        &["-saml/without-attribute", "+saml/more-values", "+saml/console"],
    );
    attribute(
        "'ForAllValues:StringLike': {saml:edupersonaffiliation: [staff]}, 'Null': {saml:edupersonaffiliation: 'false'}",
        &["-saml/without-attribute", "+saml/console"],
    );
}

#[test]
fn partitions_whose_endpoints_are_not_known() {
    let of = |condition: &str, expected: &Expected<'_>| {
        check(
            &[&format!(
                "{{Effect: Allow, Principal: {{Federated: 'arn:aws-eusc:iam::111122223333:saml-provider/Idp'}}, Action: sts:AssumeRoleWithSAML, Condition: {condition}}}"
            )],
            expected,
        );
    };
    of("{StringEquals: {SAML:aud: 'https://signin.example.eu/saml'}}", &["?saml/other-recipient", "?saml/console"]);
    of("{StringEquals: {SAML:aud: 'https://signin.aws.amazon.com/saml'}}", &["-saml/other-recipient"]);
}
