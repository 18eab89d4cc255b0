//! ARNs: six parts, split at the first five colons (IAM User Guide, ARN condition operators; Resource
//! element).

use crate::value::{Mark, Symbols, Truth, fits};

/// The parts of an ARN.
pub(super) type Parts<'m> = [&'m [Mark]; 6];

/// The parts of a text; none where it has fewer, or where an unknown part of it may hold one of the five
/// colons.
pub(super) fn parts<'m>(marks: &'m [Mark], symbols: &Symbols) -> Option<Parts<'m>> {
    if !is_split_known(marks, symbols) {
        return None;
    }
    let mut parts = marks.splitn(6, |mark| *mark == Mark::Char(':'));
    let mut next = || parts.next();
    Some([next()?, next()?, next()?, next()?, next()?, next()?])
}

/// Whether it is known where the first five colons stand.
fn is_split_known(marks: &[Mark], symbols: &Symbols) -> bool {
    let mut colons = 0;
    for mark in marks {
        match mark {
            Mark::Char(':') => colons += 1,
            Mark::Symbol(id) if symbols.facts(*id).format.may_hold(':') => return colons >= 5,
            _ => {}
        }
        if colons == 5 {
            return true;
        }
    }
    true
}

/// Whether an ARN fits a pattern part by part: a wildcard stays within its part. A pattern that is only
/// `*` fits everything, and the same text fits itself, which are not documented (docs/evaluator.md, what
/// no guide settles).
pub(super) fn arn_fits(wanted: &[Mark], value: &[Mark], symbols: &Symbols) -> Truth {
    if wanted == [Mark::Run] {
        return Truth::True;
    }
    if let (Some(wanted), Some(value)) = (parts(wanted, symbols), parts(value, symbols)) {
        return Truth::all(wanted.iter().zip(value).map(|(wanted, value)| fits(wanted, value, symbols)));
    }
    let is_known = |marks: &[Mark]| is_split_known(marks, symbols);
    if is_known(wanted) && is_known(value) {
        // One of them has too few parts.
        return fits(&literal(wanted), value, symbols);
    }
    // A wildcard that crosses colons fits more, one that is none less.
    match (fits(&literal(wanted), value, symbols), fits(wanted, value, symbols)) {
        (Truth::True, _) => Truth::True,
        (_, Truth::False) => Truth::False,
        _ => Truth::Unknown,
    }
}

/// The same characters without a wildcard among them.
fn literal(marks: &[Mark]) -> Vec<Mark> {
    let plain = |mark: &Mark| match mark {
        Mark::Run => Mark::Char('*'),
        Mark::One => Mark::Char('?'),
        mark => *mark,
    };
    marks.iter().map(plain).collect()
}

/// Whether a resource fits the pattern of a Resource element. A wildcard at the end of a part "can expand
/// to match beyond the colon boundaries" (IAM User Guide, Resource element): what holds with and without
/// that is so.
pub(super) fn resource_fits(wanted: &[Mark], value: &[Mark], symbols: &Symbols) -> Truth {
    let by_parts = arn_fits(wanted, value, symbols);
    let mut ends = wanted.split(|mark| *mark == Mark::Char(':')).map(<[Mark]>::last);
    if !by_parts.is_false() || !ends.any(|last| last == Some(&Mark::Run)) {
        return by_parts;
    }
    Truth::agreed([by_parts, fits(wanted, value, symbols)])
}

/// A pattern with fewer than six parts, and the missing ones filled with wildcards: so it is read in
/// policies of identities (IAM User Guide, IAM identifiers, IAM ARNs). None where none is missing.
pub(super) fn completed(wanted: &[Mark]) -> Option<Vec<Mark>> {
    let colons = wanted.iter().filter(|mark| **mark == Mark::Char(':')).count();
    let missing = 5usize.checked_sub(colons).filter(|missing| *missing > 0)?;
    let fill = [Mark::Char(':'), Mark::Run];
    Some(wanted.iter().copied().chain(fill.into_iter().cycle().take(2 * missing)).collect())
}
