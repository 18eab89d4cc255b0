//! One line of a Condition block (IAM User Guide, Condition operators; Multivalued context keys;
//! catalogue, section 4). What no guide settles is listed in docs/evaluator.md.

use super::arn::arn_fits;
use super::evaluate::Asking;
use super::operator::{Base, Operator, Quantifier};
use super::typed;
use super::wanted::{Reader, Wanted, has_variables};
use super::{Carried, Request, Test};
use crate::value::{Mark, Symbols, Text, Truth, compare, fits, marks};

/// Whether a line of a Condition block passes.
pub(super) fn test_passes(test: &Test, asking: &Asking<'_>) -> Truth {
    let Some(operator) = test.operator else { return Truth::Unknown };
    match carried(&test.key, asking) {
        Some(carried) => on_carried(test, operator, carried, asking),
        None => Truth::Unknown,
    }
}

/// What the request carries for a key (which may be nothing); none where the key is not known.
fn carried<'r>(key: &Text, asking: &Asking<'r>) -> Option<Option<&'r Carried>> {
    if let Some(key) = key.as_known() {
        return Some(asking.request.get(key));
    }
    let mut found = None;
    for (name, carried) in &asking.request.context {
        match compare(key, &Text::known(name.as_str()), asking.symbols) {
            Truth::True => found = Some(carried),
            Truth::False => {}
            Truth::Unknown => return None,
        }
    }
    Some(found)
}

fn on_carried(test: &Test, operator: Operator, carried: Option<&Carried>, asking: &Asking<'_>) -> Truth {
    let values = match carried {
        None => return on_absent(test, operator),
        Some(Carried::Perhaps) => return Truth::Unknown,
        Some(carried) => carried.values(),
    };
    if operator.base == Base::Null {
        return null(test, Truth::all(values.iter().map(|value| is_empty(value, asking.symbols))));
    }
    let passes = |value: &Text| {
        let hit = value_hits(test, operator, value, asking);
        if operator.negated { !hit } else { hit }
    };
    // An empty text counts as an empty set for the set operators.
    let empty = |value: &Text| is_empty(value, asking.symbols);
    match (operator.quantifier, carried) {
        (Some(Quantifier::ForAll), _) => Truth::all(values.iter().map(|value| passes(value).or(empty(value)))),
        (Some(Quantifier::ForAny), _) => Truth::any(values.iter().map(|value| passes(value).and(!empty(value)))),
        // Whether a key without values exists is not documented either.
        (None, Some(Carried::Many(values))) if values.is_empty() => Truth::Unknown,
        (None, Some(Carried::Many(values))) => several_without_quantifier(operator, values.iter().map(passes)),
        (None, _) => values.first().map_or(Truth::Unknown, passes),
    }
}

/// Whether a value fits one of those that a test wants, negation aside.
pub(super) fn value_hits(test: &Test, operator: Operator, value: &Text, asking: &Asking<'_>) -> Truth {
    Truth::any(test.values.iter().map(|(wanted, _)| value_fits(operator, wanted, value, asking)))
}

fn is_empty(value: &Text, symbols: &Symbols) -> Truth {
    match value {
        Text::Known(text) => text.is_empty().into(),
        value => compare(value, &Text::known(""), symbols),
    }
}

/// The guide does not say what happens; what is the same under every reading is used.
fn several_without_quantifier(operator: Operator, members: impl Iterator<Item = Truth>) -> Truth {
    let any = Truth::any(members);
    if !operator.negated && any.is_false() { Truth::False } else { Truth::Unknown }
}

fn on_absent(test: &Test, operator: Operator) -> Truth {
    if operator.base == Base::Null {
        return null(test, Truth::True);
    }
    match operator.quantifier {
        Some(Quantifier::ForAll) => Truth::True,
        Some(Quantifier::ForAny) if operator.if_exists => Truth::Unknown,
        Some(Quantifier::ForAny) => Truth::False,
        None => (operator.negated || operator.if_exists).into(),
    }
}

fn null(test: &Test, is_absent: Truth) -> Truth {
    Truth::any(test.values.iter().map(|(wanted, _)| match wanted.as_known() {
        Some(wanted) if wanted.eq_ignore_ascii_case("true") => is_absent,
        Some(wanted) if wanted.eq_ignore_ascii_case("false") => !is_absent,
        Some(_) => Truth::False,
        None => Truth::Unknown,
    }))
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
    let like = operator.base.has_wildcards();
    let wanted = match (Reader { like, request }).read(wanted) {
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

/// The text of these positions, where all of it is known.
fn plain(marks: &[Mark]) -> Option<String> {
    let char = |mark: &Mark| if let Mark::Char(c) = mark { Some(*c) } else { None };
    marks.iter().map(char).collect()
}

/// `true` and `false` in any case; what other texts do that are the same is not documented.
fn bool_fits(wanted: &[Mark], value: &[Mark], symbols: &Symbols) -> Truth {
    let is_bool = |marks: &[Mark]| {
        plain(marks).is_none_or(|text| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"))
    };
    match fits_without_case(wanted, value, symbols) {
        Truth::True if !is_bool(wanted) => Truth::Unknown,
        truth => truth,
    }
}

fn fits_without_case(wanted: &[Mark], value: &[Mark], symbols: &Symbols) -> Truth {
    let fold = |marks: &[Mark]| -> Vec<Mark> {
        let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
        marks.iter().map(|mark| if let Mark::Char(c) = mark { Mark::Char(lower(*c)) } else { *mark }).collect()
    };
    let marks = || wanted.iter().chain(value);
    let has_symbol = marks().any(|mark| matches!(mark, Mark::Symbol(_)));
    let is_fresh = marks().any(|mark| matches!(mark, Mark::Symbol(id) if symbols.facts(*id).fresh));
    match fits(&fold(wanted), &fold(value), symbols) {
        // The format of a symbol speaks of its own case; a fresh one differs in every case.
        Truth::False if has_symbol && !is_fresh => Truth::Unknown,
        truth => truth,
    }
}
