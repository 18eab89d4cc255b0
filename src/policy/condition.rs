//! One line of a Condition block (IAM User Guide, Condition operators; Multivalued context keys;
//! catalogue, section 4). What no guide settles is listed in docs/evaluator.md.

use super::arn::arn_fits;
use super::atoms::Atom;
use super::evaluate::Asking;
use super::key::same_key;
use super::operator::{Base, Operator, Quantifier};
use super::typed;
use super::wanted::{Wanted, has_variables, read_for};
use super::{Carried, Request, Test};
use crate::value::{Mark, Symbols, Text, Truth, compare, fits, fits_without_case, glob_fits, marks};

/// Whether a line of a Condition block passes.
pub(super) fn test_passes(test: &Test, asking: &Asking<'_>) -> Truth {
    let unsaid = || asking.settled(Truth::Unknown, || Atom::line(test));
    let (Some(operator), Some(carried)) = (test.operator, carried(&test.key, asking)) else { return unsaid() };
    match carried {
        None => on_absent(test, operator),
        Some((name, Carried::Perhaps)) => match asking.settled(Truth::Unknown, || Atom::Carries(name.clone())) {
            Truth::False => on_absent(test, operator),
            Truth::True if operator.base == Base::Null => {
                null(test, asking.settled(Truth::Unknown, || Atom::Empty(name.clone())))
            }
            _ => None,
        },
        Some((_, carried)) => on_present(test, operator, carried, asking),
    }
    .unwrap_or_else(unsaid)
}

/// A key of the request, and what it carries for it.
type Present<'r> = (&'r Text, &'r Carried);

/// What the request carries for a key (which may be nothing); none where the key is not known.
fn carried<'r>(key: &Text, asking: &Asking<'r>) -> Option<Option<Present<'r>>> {
    let mut unclear = false;
    for (name, carried) in &asking.request.context {
        match same_key(key, name, asking.symbols) {
            Truth::True => return Some(Some((name, carried))),
            Truth::False => {}
            Truth::Unknown => unclear = true,
        }
    }
    if unclear { None } else { Some(None) }
}

/// What a line says of values that the request carries; nothing where no guide says it.
fn on_present(test: &Test, operator: Operator, carried: &Carried, asking: &Asking<'_>) -> Option<Truth> {
    let values = carried.values();
    let empty = |value: &Text| asking.settled(is_empty(value, asking.symbols), || Atom::empty(value));
    if operator.base == Base::Null {
        return null(test, Truth::all(values.iter().map(empty)));
    }
    let passes = |value: &Text| {
        let hit = value_hits(test, operator, value, asking);
        if operator.negated { !hit } else { hit }
    };
    // An empty text counts as an empty set for the set operators.
    match (operator.quantifier, carried) {
        (Some(Quantifier::ForAll), _) => Some(Truth::all(values.iter().map(|value| passes(value).or(empty(value))))),
        (Some(Quantifier::ForAny), _) => Some(Truth::any(values.iter().map(|value| passes(value).and(!empty(value))))),
        (None, Carried::One(value)) => Some(passes(value)),
        (None, Carried::Perhaps) => None,
        (None, Carried::Many(values)) => several_without_quantifier(operator, values, passes),
    }
}

/// Whether a value fits one of those that a test wants, negation aside.
pub(super) fn value_hits(test: &Test, operator: Operator, value: &Text, asking: &Asking<'_>) -> Truth {
    Truth::any(test.values.iter().map(|(wanted, _)| {
        let atom = || Atom::fits(operator, wanted, value, asking.symbols);
        asking.settled(value_fits(operator, wanted, value, asking), atom)
    }))
}

fn is_empty(value: &Text, symbols: &Symbols) -> Truth {
    match value {
        Text::Known(text) => text.is_empty().into(),
        value => compare(value, &Text::known(""), symbols),
    }
}

/// The guide does not say what happens, nor whether a key without values exists; what is the same under
/// every reading is used.
fn several_without_quantifier(operator: Operator, values: &[Text], passes: impl Fn(&Text) -> Truth) -> Option<Truth> {
    let none_passes = Truth::any(values.iter().map(passes)).is_false();
    (!operator.negated && !values.is_empty() && none_passes).then_some(Truth::False)
}

/// What a line says of a key that is absent; nothing where no guide says it.
fn on_absent(test: &Test, operator: Operator) -> Option<Truth> {
    if operator.base == Base::Null {
        return null(test, Truth::True);
    }
    match operator.quantifier {
        Some(Quantifier::ForAll) => Some(Truth::True),
        Some(Quantifier::ForAny) if operator.if_exists => None,
        Some(Quantifier::ForAny) => Some(Truth::False),
        None => Some((operator.negated || operator.if_exists).into()),
    }
}

fn null(test: &Test, is_absent: Truth) -> Option<Truth> {
    let says = test.values.iter().map(|(wanted, _)| match wanted.as_known() {
        Some(wanted) if wanted.eq_ignore_ascii_case("true") => is_absent,
        Some(wanted) if wanted.eq_ignore_ascii_case("false") => !is_absent,
        Some(_) => Truth::False,
        None => Truth::Unknown,
    });
    Some(Truth::any(says))
}

/// Whether a value fits a wanted one, negation aside.
fn value_fits(operator: Operator, wanted: &Text, value: &Text, asking: &Asking<'_>) -> Truth {
    let fits = |request: Option<&Request>| marks_fit(operator, wanted, value, request, asking);
    match has_variables(wanted, asking.policy) {
        Truth::False => fits(None),
        Truth::True if operator.base.takes_variables() => fits(Some(asking.request)),
        Truth::Unknown if operator.base.takes_variables() => Truth::agreed([fits(None), fits(Some(asking.request))]),
        _ if operator.base == Base::Bool => Truth::agreed([fits(None), fits(Some(asking.request))]),
        _ => fits(None),
    }
}

fn marks_fit(operator: Operator, wanted: &Text, value: &Text, request: Option<&Request>, asking: &Asking<'_>) -> Truth {
    if let (Text::Known(wanted), Text::Known(value), None) = (wanted, value, request)
        && let Some(truth) = known_fits(operator, wanted, value)
    {
        return truth;
    }
    let like = operator.base.has_wildcards();
    let wanted = match read_for(operator.base, request, wanted) {
        Wanted::Marks(marks) => marks,
        Wanted::Nothing => return Truth::False,
        Wanted::Undecided => return Truth::Unknown,
    };
    let Some(value) = marks(value) else {
        return if like && wanted == [Mark::Run] { Truth::True } else { Truth::Unknown };
    };
    let symbols = asking.symbols;
    match operator.base {
        Base::StringEquals => fits(&wanted, &value, symbols),
        Base::StringLike | Base::Arn => {
            let fits = if operator.base == Base::Arn { arn_fits } else { fits };
            match fits(&wanted, &value, symbols) {
                Truth::False if asking.may_be_pattern(&wanted) => Truth::Unknown,
                truth => truth,
            }
        }
        Base::StringEqualsIgnoreCase => fits_without_case(&wanted, &value, symbols),
        Base::Bool => bool_fits(&wanted, &value, symbols),
        Base::Null => Truth::Unknown,
        Base::Numeric(_) | Base::Date(_) | Base::IpAddress | Base::Binary => match (plain(&wanted), plain(&value)) {
            (Some(wanted), Some(value)) => typed::fits(operator, &wanted, &value),
            _ => Truth::Unknown,
        },
    }
}

/// The same for texts of which everything is known, by the shorter way; nothing where there is none.
fn known_fits(operator: Operator, wanted: &str, value: &str) -> Option<Truth> {
    match operator.base {
        Base::StringEquals => Some((wanted == value).into()),
        Base::StringLike => Some(glob_fits(wanted, value)),
        Base::StringEqualsIgnoreCase if wanted.is_ascii() && value.is_ascii() => {
            Some(wanted.eq_ignore_ascii_case(value).into())
        }
        Base::Numeric(_) | Base::Date(_) | Base::IpAddress | Base::Binary => Some(typed::fits(operator, wanted, value)),
        Base::StringEqualsIgnoreCase | Base::Arn | Base::Bool | Base::Null => None,
    }
}

/// The text of these positions, where all of it is known.
fn plain(marks: &[Mark]) -> Option<String> {
    let char = |mark: &Mark| if let Mark::Char(c) = mark { Some(*c) } else { None };
    marks.iter().map(char).collect()
}

/// `true` and `false` in any case; what other texts do that are the same is not documented.
fn bool_fits(wanted: &[Mark], value: &[Mark], symbols: &Symbols) -> Truth {
    let is_bool = |marks: &[Mark]| {
        plain(marks).is_some_and(|text| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"))
    };
    match fits_without_case(wanted, value, symbols) {
        Truth::True if !is_bool(wanted) && !is_bool(value) => Truth::Unknown,
        truth => truth,
    }
}
