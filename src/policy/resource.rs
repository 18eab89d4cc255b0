//! The Resource element (IAM User Guide, Resource and NotResource elements).

use super::arn::{completed, resource_fits};
use super::atoms::{Atom, Operand};
use super::evaluate::Asking;
use super::wanted::{Reader, Wanted, has_variables};
use super::{Request, Resources};
use crate::value::{Mark, Text, Truth, marks};

/// Whether a statement speaks of the resource asked for. A trust policy has no Resource element: it speaks
/// of the role that it belongs to.
pub(super) fn resources_match(resources: &Resources, asking: &Asking<'_>) -> Truth {
    let each = |list: &[(Text, crate::value::At)], negated| {
        Truth::any(list.iter().map(|(text, _)| {
            let atom = || Atom::Resource { negated, wanted: Operand::of(text) };
            asking.settled(resource_matches(text, negated, asking), atom)
        }))
    };
    match resources {
        Resources::Only(list) => each(list, false),
        Resources::AllBut(list) => !each(list, true),
        Resources::Missing => Truth::True,
        Resources::Unknown => Truth::Unknown,
    }
}

fn resource_matches(pattern: &Text, negated: bool, asking: &Asking<'_>) -> Truth {
    if pattern.as_known() == Some("*") {
        return Truth::True;
    }
    let matches = |request: Option<&Request>| match (Reader { like: true, request }).read(pattern) {
        Wanted::Marks(marks) => marks_match(&marks, asking),
        // It matches nothing; whether NotResource then matches everything is not documented.
        Wanted::Nothing if negated => Truth::Unknown,
        Wanted::Nothing => Truth::False,
        Wanted::Undecided => Truth::Unknown,
    };
    match has_variables(pattern, asking.policy) {
        Truth::False => matches(None),
        // Only what follows the fifth colon may hold variables.
        _ if variable_before_fifth_colon(pattern) => Truth::Unknown,
        Truth::True => matches(Some(asking.request)),
        Truth::Unknown => Truth::agreed([matches(None), matches(Some(asking.request))]),
    }
}

fn marks_match(wanted: &[Mark], asking: &Asking<'_>) -> Truth {
    let Some(value) = marks(&asking.request.resource) else { return Truth::Unknown };
    if is_short(wanted) {
        return Truth::Unknown;
    }
    let fits = |wanted: &[Mark]| match resource_fits(wanted, &value, asking.symbols) {
        // An unknown part may hold a wildcard, or name the variable of another text.
        Truth::False if asking.may_be_pattern(wanted) => Truth::Unknown,
        truth => truth,
    };
    let as_written = fits(wanted);
    let Some(completed) = completed(wanted) else { return as_written };
    let completed = fits(&completed).or(as_written);
    // No guide says whether other policies are read so too.
    if asking.policy.of_identity { completed } else { Truth::agreed([as_written, completed]) }
}

/// The form that API Gateway completes with the ARN of the API (API Gateway Developer Guide, Resource policy
/// examples).
fn is_short(wanted: &[Mark]) -> bool {
    wanted.iter().take(SHORT.len()).copied().eq(SHORT.chars().map(Mark::Char))
}

/// How it begins.
const SHORT: &str = "execute-api:/";

fn variable_before_fifth_colon(pattern: &Text) -> bool {
    let Some(literal) = pattern.as_known() else { return true };
    let variable = literal.find("${").unwrap_or(literal.len());
    literal[..variable].matches(':').count() < 5
}
