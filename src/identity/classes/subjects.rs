//! What the tests of a policy on the subject say about the forms of an issuer's subjects.

use super::provider::Provider;
use crate::identity::alone::alone;
use crate::policy::{Domain, Policy, PrincipalKind, Space, Statement, Test, exists};
use crate::value::{At, Form, Mark, Symbols, Text};

/// Whether a value of a test on the subject certainly lets no subject of the issuer's own forms through, and is
/// written as if it did: it begins as they do.
pub fn fits_no_subject(
    provider: &Provider,
    test: &Test,
    value: &(Text, At),
    statement: &Statement,
    policy: &Policy,
    symbols: &Symbols,
) -> bool {
    let one = Test { values: vec![value.clone()], ..test.clone() };
    let is_positive = test.operator.is_some_and(|operator| operator.is_positive() && !operator.base.is_typed());
    let begins = one.wanted_texts().any(|marks| begins_alike(provider, &marks));
    if !is_positive || !begins {
        return false;
    }
    let forms: Vec<Form> = provider.subjects.iter().filter(|own| !own.uncertain).map(|own| own.plain_form()).collect();
    let somebody = Text::known("arn:aws:iam::111122223333:oidc-provider/somebody");
    let action = "sts:AssumeRoleWithWebIdentity";
    let space = Space {
        principals: vec![(PrincipalKind::Federated, somebody.clone())],
        actions: vec![action.to_owned()],
        resource: Text::known("arn:aws:iam::111122223333:role/role"),
        keys: vec![(test.key.clone(), Domain::Text { forms, optional: false })],
    };
    exists(&alone(statement, vec![one], policy, &somebody, action), &space, symbols).truth.is_false()
}

/// A value of a test on the subject that stands for several subjects of a form which a customer of the issuer has
/// by choice: who else has such a form is not known.
pub fn of_other_form<'t>(provider: &Provider, test: &'t Test) -> Option<&'t (Text, At)> {
    test.values.iter().find(|value| {
        let one = Test { values: vec![(*value).clone()], ..test.clone() };
        let is_open = |marks: &Vec<Mark>| {
            let begins = matches!(marks.first(), Some(Mark::Char(_)));
            begins && !begins_alike(provider, marks) && marks.iter().any(|mark| matches!(mark, Mark::Run | Mark::One))
        };
        one.wanted_texts().any(|marks| is_open(&marks))
    })
}

/// Whether a value begins with the fixed text that the subjects begin with.
fn begins_alike(provider: &Provider, value: &[Mark]) -> bool {
    let mut beginnings = provider.subjects.iter().filter(|own| !own.uncertain).filter_map(|own| own.front());
    beginnings.any(|beginning| value.starts_with(&beginning.chars().map(Mark::Char).collect::<Vec<_>>()))
}

/// Whether the values of tests name tenants by id, and whether any names one without.
pub fn ways_of_naming<'t>(
    provider: &Provider,
    tests: impl Iterator<Item = &'t Test>,
    segment: &str,
    symbols: &Symbols,
) -> (bool, bool) {
    let (mut with, mut without) = (false, false);
    for value in tests.flat_map(Test::wanted_texts) {
        let has = |has: bool| {
            let forms = provider.subjects.iter().filter(|own| !own.uncertain && own.has(segment) == has);
            forms.into_iter().any(|own| own.own(&value, &provider.project, symbols).is_some())
        };
        let by_id = has(true);
        with |= by_id;
        without |= !by_id && has(false);
    }
    (with, without)
}
