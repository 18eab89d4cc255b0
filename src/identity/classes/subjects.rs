//! What the tests of a policy on the subject say about the forms of an issuer's subjects.

use std::collections::BTreeMap;

use super::provider::Provider;
use super::subject::Subject;
use crate::identity::alone::alone;
use crate::policy::{Domain, Policy, PrincipalKind, Space, Statement, Test, exists};
use crate::value::{At, Form, Mark, Piece, Symbols, Text};

/// Whether a value of a test on the subject certainly lets no subject through: none of the issuer's own forms, where it
/// begins as they do, or else none of the forms that customers may choose either.
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
    // What was left blank is another mistake.
    if !is_positive || !one.wanted_texts().any(|marks| !marks.is_empty()) {
        return false;
    }
    let begins = one.wanted_texts().any(|marks| begins_alike(provider, &marks));
    let forms = provider.subjects.iter().filter(|own| !own.uncertain || !begins).map(Subject::plain_form);
    takes_none(forms.collect(), one, statement, policy, symbols)
}

/// Whether a value of a test on the subject has a star that is a character like any other, which no subject of the
/// issuer has.
pub fn wants_a_star(
    provider: &Provider,
    test: &Test,
    value: &(Text, At),
    statement: &Statement,
    policy: &Policy,
    symbols: &Symbols,
) -> bool {
    let one = Test { values: vec![value.clone()], ..test.clone() };
    let is_positive = test.operator.is_some_and(|operator| operator.is_positive() && !operator.base.is_typed());
    let has_star = one.wanted_texts().any(|marks| marks.contains(&Mark::Char('*')));
    let forms: Vec<Form> = provider.subjects.iter().map(|own| own.plain_form()).collect();
    is_positive && has_star && !forms.is_empty() && takes_none(forms, one, statement, policy, symbols)
}

/// Whether a test lets no subject of these forms through.
fn takes_none(forms: Vec<Form>, test: Test, statement: &Statement, policy: &Policy, symbols: &Symbols) -> bool {
    let somebody = Text::known("arn:aws:iam::111122223333:oidc-provider/somebody");
    let action = "sts:AssumeRoleWithWebIdentity";
    let space = Space {
        principals: vec![(PrincipalKind::Federated, somebody.clone())],
        actions: vec![action.to_owned()],
        resource: Text::known("arn:aws:iam::111122223333:role/role"),
        keys: vec![(test.key.clone(), Domain::Text { forms, optional: false })],
    };
    exists(&alone(statement, vec![test], policy, &somebody, action), &space, symbols).truth.is_false()
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

/// A value of a test on the subject as it is where it asks for one workload of what it names, a segment: the rest is as
/// in the example of the issuer, or is left to the reader. Nothing where it leaves none open that the finding is about,
/// as `passes` says of a subject of which only the value itself tells the names.
pub fn narrowed(
    provider: &Provider,
    value: &[Mark],
    segment: &str,
    passes: impl Fn(&Text) -> bool,
    symbols: &Symbols,
) -> Option<Text> {
    let is_wild = value.iter().any(|mark| matches!(mark, Mark::Run | Mark::One));
    let is_open = |own: &Subject, names: &Names<'_>| match names.contains_key(provider.finest()) {
        true if segment == provider.finest() => passes(&text_of(&own.filled(names, &Names::new()))),
        finest => !finest,
    };
    // A repository has one subject for its pull requests.
    let may_be = |own: &&Subject| is_wild || own.kind == "pull-request";
    let certain = || provider.subjects.iter().filter(|own| !own.uncertain);
    let named = certain().filter(may_be).filter_map(|own| Some((own, names(own, segment, value, symbols)?)));
    let open: Vec<(&Subject, Names<'_>)> = named.filter(|(own, names)| is_open(own, names)).collect();
    let (first, given) = open.first()?;
    let example: Vec<Mark> = provider.example.as_deref()?.chars().map(Mark::Char).collect();
    let usual = certain().find(|own| own.segments(&example, symbols).is_some())?;
    let example = names(usual, segment, &example, symbols)?;
    if let Some((own, given)) = open.iter().find(|(own, _)| own.kind == usual.kind) {
        return Some(text_of(&own.filled(given, &example)));
    }
    let is_beside = |own: &&Subject| own.kind == usual.kind && own.begins_as(first, provider.finest());
    let instead = certain().find(is_beside).filter(|_| open.iter().any(|(own, _)| own.kind == "pull-request"));
    Some(text_of(&instead.unwrap_or(first).filled(given, &example)))
}

/// The segments of a form, by their names.
type Names<'s> = BTreeMap<&'s str, Vec<Mark>>;

/// What a value names, where it is of this form and names a segment.
fn names<'s>(own: &'s Subject, segment: &str, value: &[Mark], symbols: &Symbols) -> Option<Names<'s>> {
    let names: Names<'s> = own.segments(value, symbols)?.into_iter().collect();
    names.contains_key(segment).then_some(names)
}

fn text_of(marks: &[Mark]) -> Text {
    let piece = |mark: &Mark| match mark {
        Mark::Char(c) => Some(Piece::Literal(c.to_string().into())),
        Mark::Symbol(id) => Some(Piece::Symbol(*id)),
        Mark::Run | Mark::One => None,
    };
    Text::from_pieces(marks.iter().filter_map(piece).collect::<Vec<_>>())
}

/// How the values of tests name the tenants and projects whose tokens they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// Some by ids.
    pub by_id: bool,
    /// Some by names only.
    pub by_name: bool,
    /// Some in both ways.
    pub both: bool,
}

/// How the values of tests name tenants and projects, where the forms with ids have a segment for it.
pub fn ways_of_naming<'t>(
    provider: &Provider,
    tests: impl Iterator<Item = &'t Test>,
    id: &str,
    symbols: &Symbols,
) -> Naming {
    let (mut with, mut without): (Vec<Named>, Vec<Named>) = (Vec::new(), Vec::new());
    for value in tests.flat_map(Test::wanted_texts) {
        let of = |has: bool| named(provider, &value, |own| own.has(id) == has, symbols);
        match (of(true), of(false)) {
            (Some(own), _) => with.push(own),
            (None, Some(own)) => without.push(own),
            (None, None) => {}
        }
    }
    let both = with.iter().any(|one| without.iter().any(|other| one.may_be(other)));
    Naming { by_id: !with.is_empty(), by_name: !without.is_empty(), both }
}

/// The tenant and the project that a value names, as far as it does.
struct Named([Option<Vec<Mark>>; 2]);

impl Named {
    /// Whether both may be one project: names differ in more than case.
    fn may_be(&self, other: &Self) -> bool {
        let plain = |marks: &[Mark]| marks.iter().copied().map(without_case).collect::<Vec<Mark>>();
        let differ = |one: &[Mark], other: &[Mark]| plain(one) != plain(other);
        self.0.iter().zip(&other.0).all(|pair| !matches!(pair, (Some(one), Some(other)) if differ(one, other)))
    }
}

fn without_case(mark: Mark) -> Mark {
    if let Mark::Char(c) = mark { Mark::Char(c.to_ascii_lowercase()) } else { mark }
}

/// What a value that begins with a tenant names, read as some form.
fn named(provider: &Provider, value: &[Mark], wanted: impl Fn(&Subject) -> bool, symbols: &Symbols) -> Option<Named> {
    let forms = provider.subjects.iter().filter(|own| !own.uncertain && wanted(own));
    forms.into_iter().find_map(|own| {
        own.own(value, &provider.tenant, symbols)?;
        let segments = own.segments(value, symbols)?;
        let of = |name: &str| segments.iter().find(|(own, _)| *own == name).map(|(_, marks)| marks.clone());
        Some(Named([of(&provider.tenant), of(&provider.project)]))
    })
}
