//! Comparing texts of which parts are unknown.
//!
//! Both questions, equality and patterns, are one walk over pairs of positions. `fits` answers True
//! only where the texts fit whatever the symbols stand for, False only where no substitution makes
//! them fit. A symbol that stands twice is taken as two for the second answer, which can only turn
//! False into Unknown.

use super::pairs::{Case, Step, certainly, certainly_by_steps, glob, is_within, lower, reachable, steps};
use super::symbols::{Format, FormatPart};
use super::{Piece, SymbolId, Symbols, Text, Truth};

/// One position of a pattern or a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// This character.
    Char(char),
    /// Any one character (patterns only).
    One,
    /// Any run of characters, the empty one too (patterns only).
    Run,
    /// What this symbol stands for.
    Symbol(SymbolId),
}

/// The positions of a text without wildcards; none where nothing is known of it.
pub fn marks(text: &Text) -> Option<Vec<Mark>> {
    let mut marks = Vec::new();
    for piece in text.pieces()? {
        match piece {
            Piece::Literal(literal) => marks.extend(literal.chars().map(Mark::Char)),
            Piece::Symbol(id) => marks.push(Mark::Symbol(id)),
        }
    }
    Some(marks)
}

/// A pattern that the same texts fit: of wildcards beside one another those for one character stand first, and one for
/// any run behind them.
pub fn simplest(pattern: Vec<Mark>) -> Vec<Mark> {
    let mut simplest: Vec<Mark> = Vec::with_capacity(pattern.len());
    for mark in pattern {
        match (simplest.last(), mark) {
            (Some(Mark::Run), Mark::Run) => {}
            (Some(Mark::Run), Mark::One) => simplest.insert(simplest.len() - 1, Mark::One),
            _ => simplest.push(mark),
        }
    }
    simplest
}

/// Whether two texts are the same.
pub fn compare(a: &Text, b: &Text, symbols: &Symbols) -> Truth {
    match (a, b) {
        (Text::Known(a), Text::Known(b)) => (a == b).into(),
        (Text::Any(_), _) | (_, Text::Any(_)) => Truth::Unknown,
        _ if a == b => Truth::True,
        // Most texts that differ do so where both are known: that is seen without a list of their positions.
        _ if differ_at_an_end(a, b) => Truth::False,
        _ => match (marks(a), marks(b)) {
            (Some(a), Some(b)) => fits(&a, &b, symbols),
            _ => Truth::Unknown,
        },
    }
}

/// Whether what is known of the beginnings of two texts differs, or of their ends.
fn differ_at_an_end(a: &Text, b: &Text) -> bool {
    let ((front, back), (other_front, other_back)) = (ends(a), ends(b));
    let is_front = front.starts_with(other_front) || other_front.starts_with(front);
    let is_back = back.ends_with(other_back) || other_back.ends_with(back);
    !is_front || !is_back
}

/// What a text certainly begins and ends with.
fn ends(text: &Text) -> (&str, &str) {
    fn literal(piece: Option<&Piece>) -> &str {
        match piece {
            Some(Piece::Literal(text)) => text,
            Some(Piece::Symbol(_)) | None => "",
        }
    }
    match text {
        Text::Known(known) => (known, known),
        Text::Shape(pieces) => (literal(pieces.first()), literal(pieces.last())),
        Text::Any(_) => ("", ""),
    }
}

/// Whether a value fits a pattern.
pub fn fits(pattern: &[Mark], value: &[Mark], symbols: &Symbols) -> Truth {
    fits_in_case(pattern, value, symbols, Case::Kept)
}

/// Whether a value fits a pattern, upper and lower case taken as one.
pub fn fits_without_case(pattern: &[Mark], value: &[Mark], symbols: &Symbols) -> Truth {
    let fold = |marks: &[Mark]| -> Vec<Mark> {
        marks.iter().map(|mark| if let Mark::Char(c) = mark { Mark::Char(lower(*c)) } else { *mark }).collect()
    };
    fits_in_case(&fold(pattern), &fold(value), symbols, Case::Folded)
}

/// Whether a known text fits a pattern in which `*` and `?` are wildcards: what [`fits`] says, without a list
/// of their positions.
pub fn glob_fits(pattern: &str, value: &str) -> Truth {
    glob_by_bytes(pattern, value, |p, v| p == v)
}

/// The same, upper and lower case of ASCII letters taken as one.
pub fn glob_fits_without_case(pattern: &str, value: &str) -> Truth {
    glob_by_bytes(pattern, value, |p, v| p.eq_ignore_ascii_case(&v))
}

fn glob_by_bytes(pattern: &str, value: &str, same: impl Fn(u8, u8) -> bool) -> Truth {
    if pattern.contains('?') && !value.is_ascii() {
        // One character is several bytes.
        let (pattern, value): (Vec<char>, Vec<char>) = (pattern.chars().collect(), value.chars().collect());
        let ascii = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
        let equal = |p: char, v: char| p == v || ascii(p).zip(ascii(v)).is_some_and(|(p, v)| same(p, v));
        return glob(&pattern, &value, |p, v| p != '*' && equal(p, v), |p, _| p == '?', |p| p == '*');
    }
    // A star stands between whole characters, since no character is a part of another one's bytes.
    glob(pattern.as_bytes(), value.as_bytes(), |p, v| p != b'*' && same(p, v), |p, _| p == b'?', |p| p == b'*')
}

/// Both without the same marks at both ends: what stands for one text in both fits itself, so that the
/// rest decides.
fn rest<'m>(pattern: &'m [Mark], value: &'m [Mark]) -> (&'m [Mark], &'m [Mark]) {
    let same = |(a, b): &(&Mark, &Mark)| a == b && !matches!(a, Mark::Run | Mark::One);
    let front = pattern.iter().zip(value).take_while(same).count();
    let (pattern, value) = (&pattern[front..], &value[front..]);
    let back = pattern.iter().rev().zip(value.iter().rev()).take_while(same).count();
    (&pattern[..pattern.len() - back], &value[..value.len() - back])
}

fn fits_in_case(pattern: &[Mark], value: &[Mark], symbols: &Symbols, case: Case) -> Truth {
    let (pattern, value) = rest(pattern, value);
    let mut proof = certainly(pattern, value);
    let is_symbol = |mark: &Mark| matches!(mark, Mark::Symbol(_));
    if !pattern.iter().any(is_symbol) && value.iter().all(|mark| matches!(mark, Mark::Char(_))) {
        // Nothing is unknown, so there is nothing more to learn.
        return proof;
    }
    // A symbol has structure (`region:guid`); a second look at it may prove that it fits.
    if !proof.is_true() && pattern.iter().chain(value).any(is_symbol) {
        proof = Truth::any([proof, certainly_by_steps(&steps(pattern, symbols, case), &steps(value, symbols, case))]);
    }
    if proof.is_true() {
        return Truth::True;
    }
    let fresh = |mark: &Mark| matches!(mark, Mark::Symbol(id) if symbols.facts(*id).fresh);
    // A fresh symbol fits nothing but what certainly fits, if that was looked through to the end.
    let refused = (proof.is_false() && pattern.iter().chain(value).any(fresh))
        || (case == Case::Kept && two_unique(pattern, value, symbols))
        || counts_differ(pattern, value)
        || reachable(pattern, value, symbols, case) == Some(false);
    if refused { Truth::False } else { Truth::Unknown }
}

/// Whether some text is of both forms, freshness aside. Callers take a yes as a proof, so texts that are
/// too long to compare (more than a few million position pairs) do not overlap: what nobody looked through is no candidate.
pub fn overlaps(a: &Text, b: &Text, symbols: &Symbols) -> bool {
    match (marks(a), marks(b)) {
        (Some(a), Some(b)) => reachable(&a, &b, symbols, Case::Kept).unwrap_or(false),
        _ => true,
    }
}

/// Whether no text has as many characters as both ask for: a symbol has the same ones in both.
fn counts_differ(a: &[Mark], b: &[Mark]) -> bool {
    let (a, b) = (Count::of(a), Count::of(b));
    // What stands in both counts in neither.
    let more = |own: &[SymbolId], other: &[SymbolId]| {
        let mut other = other.iter().peekable();
        own.iter().any(|id| {
            while other.next_if(|next| *next < id).is_some() {}
            other.next_if_eq(&id).is_none()
        })
    };
    let (a_more, b_more) = (more(&a.symbols, &b.symbols), more(&b.symbols, &a.symbols));
    let (a_may, b_may) = (a.is_open || a_more, b.is_open || b_more);
    let is_exact = !a_may && !b_may && a.any == 0 && b.any == 0;
    (a.least() > b.least() && !b_may) || (b.least() > a.least() && !a_may) || (is_exact && a.characters != b.characters)
}

/// What the texts of a pattern have, in order.
#[derive(Default)]
struct Count {
    characters: Vec<char>,
    /// Characters of which any will do.
    any: usize,
    symbols: Vec<SymbolId>,
    /// Whether they may have more.
    is_open: bool,
}

impl Count {
    fn of(marks: &[Mark]) -> Self {
        let mut count = Self::default();
        for mark in marks {
            match mark {
                Mark::Char(c) => count.characters.push(*c),
                Mark::One => count.any += 1,
                Mark::Run => count.is_open = true,
                Mark::Symbol(id) => count.symbols.push(*id),
            }
        }
        count.characters.sort_unstable();
        count.symbols.sort_unstable();
        count
    }

    fn least(&self) -> usize {
        self.characters.len() + self.any
    }
}

/// Whether some text may fit both patterns; a no is certain.
pub fn may_meet(a: &[Mark], b: &[Mark], symbols: &Symbols) -> bool {
    !two_unique(a, b, symbols) && !counts_differ(a, b) && reachable(a, b, symbols, Case::Kept) != Some(false)
}

/// Whether a text is of a form whatever its symbols stand for. A yes is certain; a no may be one of a text
/// that is of the form after all.
pub fn conforms(text: &Text, format: &Format, symbols: &Symbols) -> bool {
    let Some(marks) = marks(text) else { return false };
    let mut steps = steps(&marks, symbols, Case::Kept).into_iter().peekable();
    for part in format.parts() {
        match part {
            FormatPart::Any => return true,
            FormatPart::Fixed(fixed) => {
                if !fixed.chars().all(|c| steps.next() == Some(Step::Char(c))) {
                    return false;
                }
            }
            FormatPart::Run(set) => {
                let mut some = false;
                while steps.next_if(|step| is_within(*step, *set)).is_some() {
                    some = true;
                }
                if !some {
                    return false;
                }
            }
        }
    }
    steps.next().is_none()
}

/// What remains of both is one symbol each, and these two never have the same text. In another case they
/// may have.
fn two_unique(pattern: &[Mark], value: &[Mark], symbols: &Symbols) -> bool {
    match rest(pattern, value) {
        ([Mark::Symbol(a)], [Mark::Symbol(b)]) => {
            let (a, b) = (symbols.facts(*a), symbols.facts(*b));
            a.unique && b.unique && a.format == b.format
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::SymbolFacts;
    use crate::value::pairs::STATES;

    struct Bench {
        symbols: Symbols,
        pool: SymbolId,
        other: SymbolId,
        region: SymbolId,
    }

    fn bench() -> Bench {
        let mut symbols = Symbols::default();
        let pool = Format::new("{a9-}:{f-}", "us-east-1:0");
        let mut add = |name: &str, format: &Format, unique| {
            symbols.add(SymbolFacts { name: name.into(), format: format.clone(), unique, fresh: false })
        };
        let (a, b) = (add("A", &pool, true), add("B", &pool, true));
        let region = add("Region", &Format::new("{a9-}", "us-east-1"), false);
        Bench { symbols, pool: a, other: b, region }
    }

    fn pattern(text: &str) -> Vec<Mark> {
        text.chars()
            .map(|c| {
                if c == '*' {
                    Mark::Run
                } else if c == '?' {
                    Mark::One
                } else {
                    Mark::Char(c)
                }
            })
            .collect()
    }

    #[test]
    fn generated_ids_of_two_resources_differ() {
        let bench = bench();
        let (a, b) = (Text::symbol(bench.pool), Text::symbol(bench.other));
        assert_eq!(compare(&a, &b, &bench.symbols), Truth::False);
        assert_eq!(compare(&a, &a, &bench.symbols), Truth::True);
        let region = Text::symbol(bench.region);
        assert_eq!(compare(&a, &region, &bench.symbols), Truth::False, "a Region has no colon");
    }

    #[test]
    fn known_texts_against_symbols() {
        let bench = bench();
        let pool = Text::symbol(bench.pool);
        let against = |text: &str| compare(&Text::known(text), &pool, &bench.symbols);
        assert_eq!(against("us-east-1:00-aa"), Truth::Unknown);
        assert_eq!(against("us-east-1_ABC"), Truth::False);
        assert_eq!(against(""), Truth::False);
    }

    #[test]
    fn what_may_be_any_text_may_be_empty() {
        let mut symbols = Symbols::default();
        let mut add = |name: &str| {
            let facts = SymbolFacts { name: name.into(), format: Format::any(), unique: false, fresh: false };
            Text::symbol(symbols.add(facts))
        };
        let (a, b) = (add("A"), add("B"));
        let x = Text::join([&Text::known("x"), &a]);
        for (one, other, expected) in [
            (&a, Text::known(""), Truth::Unknown),
            (&a, b.clone(), Truth::Unknown),
            (&x, Text::known("x"), Truth::Unknown),
            (&x, Text::known("xy"), Truth::Unknown),
            (&x, Text::known("y"), Truth::False),
            (&x, Text::join([&Text::known("y"), &b]), Truth::False),
            (&x, Text::join([&b, &Text::known("y")]), Truth::Unknown),
        ] {
            assert_eq!(compare(one, &other, &symbols), expected, "{one:?} {other:?}");
            assert_eq!(compare(&other, one, &symbols), expected, "{other:?} {one:?}");
        }
        let glob = |text: &str| fits(&pattern(text), &marks(&x).unwrap(), &symbols);
        assert_eq!(
            (glob("x*"), glob("x?"), glob("*"), glob("y*")),
            (Truth::True, Truth::Unknown, Truth::True, Truth::False)
        );
    }

    #[test]
    fn what_is_of_a_form_whatever_its_symbols_are() {
        let mut bench = bench();
        let facts = SymbolFacts { name: "P".into(), format: Format::any(), unique: false, fresh: false };
        let any = Text::symbol(bench.symbols.add(facts));
        let form = Format::new("{aA9_-}:{f-}", "a:0");
        let of = |parts: &[&Text]| conforms(&Text::join(parts.iter().copied()), &form, &bench.symbols);
        let (region, pool) = (Text::symbol(bench.region), Text::symbol(bench.pool));
        assert!(of(&[&pool]) && of(&[&region, &Text::known(":0a-")]) && of(&[&Text::known("x:0")]));
        assert!(!of(&[&any]) && !of(&[&Text::known("x:"), &any]) && !of(&[&region]) && !of(&[&Text::known("x:")]));
        assert!(!of(&[&Text::known("x:0g")]) && !of(&[&pool, &Text::known(":")]) && !of(&[&Text::known(":0")]));
    }

    #[test]
    fn patterns_over_symbols() {
        let bench = bench();
        let pool = [Mark::Symbol(bench.pool)];
        let against = |text: &str| fits(&pattern(text), &pool, &bench.symbols);
        assert_eq!(against("*"), Truth::True);
        assert_eq!(against("*:*"), Truth::True, "every pool id has a colon");
        assert_eq!(against("us-east-1:*"), Truth::Unknown);
        assert_eq!(against("us-east-1_*"), Truth::False);
        assert_eq!(against("?"), Truth::False, "a pool id has at least three characters");
    }

    #[test]
    fn ends_that_clash() {
        let bench = bench();
        let region = Piece::Symbol(bench.region);
        let text = |tail: &str| Text::from_pieces([region.clone(), Piece::Literal(tail.into())]);
        assert_eq!(compare(&text(":a"), &text(":b"), &bench.symbols), Truth::False);
        assert_eq!(compare(&text(":a"), &text(":a"), &bench.symbols), Truth::True);
    }

    #[test]
    fn what_has_other_characters_is_another_text() {
        let mut symbols = Symbols::default();
        let mut add = |name: &str| {
            let facts = SymbolFacts { name: name.into(), format: Format::any(), unique: false, fresh: false };
            Mark::Symbol(symbols.add(facts))
        };
        let (a, b, x, y) = (add("A"), add("B"), Mark::Char('a'), Mark::Char('b'));
        for (pattern, value, expected) in [
            (vec![x, a], vec![a], Truth::False),
            (vec![a], vec![x, a], Truth::False),
            (vec![a, x], vec![x, a], Truth::Unknown),
            (vec![a, x], vec![y, a], Truth::False),
            (vec![a, x], vec![y, b], Truth::Unknown),
            (vec![Mark::One, a], vec![a], Truth::False),
            (vec![x, a, x], vec![a, b, x], Truth::Unknown),
            (vec![a, x, a], vec![a, a], Truth::False),
            (vec![a, x], vec![a, a], Truth::Unknown),
            (vec![Mark::Run, x, a], vec![a], Truth::False),
            (vec![Mark::Run, x], vec![a], Truth::Unknown),
        ] {
            assert_eq!(fits(&pattern, &value, &symbols), expected, "{pattern:?} {value:?}");
        }
    }

    #[test]
    fn globs_on_known_texts() {
        let symbols = Symbols::default();
        let against = |glob: &str, text: &str| fits(&pattern(glob), &marks(&Text::known(text)).unwrap(), &symbols);
        assert_eq!(against("*authenticated", "unauthenticated"), Truth::True);
        assert_eq!(against("a*b*c", "axxbxxc"), Truth::True);
        assert_eq!(against("a*b*c", "axxbxx"), Truth::False);
        assert_eq!(against("a?c", "abc"), Truth::True);
        assert_eq!(against("a*", "a*c"), Truth::True);
    }

    #[test]
    fn what_is_the_same_at_both_ends_does_not_decide() {
        let bench = bench();
        let (a, b) = (Mark::Symbol(bench.pool), Mark::Symbol(bench.region));
        let c = Mark::Char;
        let against = |pattern: &[Mark], value: &[Mark]| fits(pattern, value, &bench.symbols);
        assert_eq!(against(&[a, c('x')], &[a]), Truth::False);
        assert_eq!(against(&[c('x'), a], &[a]), Truth::False);
        assert_eq!(against(&[a, b], &[a]), Truth::False, "a Region is not empty");
        assert_eq!(against(&[a, Mark::Run], &[a]), Truth::True);
        assert_eq!(against(&[a, Mark::One], &[a]), Truth::False);
        assert_eq!(against(&[Mark::Run, a], &[b, c('/'), a]), Truth::True);
        assert_eq!(against(&[b, c('a')], &[c('a'), b]), Truth::Unknown, "it may be any number of a");
    }

    #[test]
    fn what_is_not_empty_has_a_first_character() {
        let bench = bench();
        let region = [Mark::Symbol(bench.region)];
        let against = |glob: &str| fits(&pattern(glob), &region, &bench.symbols);
        assert_eq!([against("?*"), against("??*"), against("?")], [Truth::True, Truth::Unknown, Truth::Unknown]);
        let mut symbols = Symbols::default();
        let facts = SymbolFacts { name: "P".into(), format: Format::any(), unique: false, fresh: false };
        let any = [Mark::Symbol(symbols.add(facts))];
        assert_eq!(fits(&pattern("?*"), &any, &symbols), Truth::Unknown, "it may be empty");
    }

    #[test]
    fn wildcards_beside_one_another() {
        for (text, expected) in [("**", "*"), ("*?", "?*"), ("?*?*", "??*"), ("a**b*?c?*", "a*b?*c?*"), ("??", "??")] {
            assert_eq!(simplest(pattern(text)), pattern(expected), "{text}");
        }
    }

    #[test]
    fn known_texts_by_their_bytes() {
        let texts = ["", "a", "A", "ab", "*", "?", "a*b", "aéb", "é", "éé", "aXXb", "a?b"];
        for glob in ["", "*", "?", "a*", "*b", "a?b", "a*b", "é", "*é", "?é", "??", "a", "A*"] {
            for text in texts {
                let by_marks = fits(&pattern(glob), &marks(&Text::known(text)).unwrap(), &Symbols::default());
                assert_eq!(glob_fits(glob, text), by_marks, "{glob} {text}");
                let lower = glob_fits(&glob.to_ascii_lowercase(), &text.to_ascii_lowercase());
                assert_eq!(glob_fits_without_case(glob, text), lower, "{glob} {text}");
            }
        }
    }

    #[test]
    fn without_case() {
        let bench = bench();
        let region = [Mark::Symbol(bench.region)];
        let against = |text: &str| fits_without_case(&pattern(text), &region, &bench.symbols);
        assert_eq!(
            [against("US-east-1"), against("us_east_1"), against("*")],
            [Truth::Unknown, Truth::False, Truth::True]
        );
        let known = |a: &str, b: &str| fits_without_case(&pattern(a), &pattern(b), &bench.symbols);
        assert_eq!([known("A*", "abc"), known("Ä", "ä"), known("a", "b")], [Truth::True, Truth::True, Truth::False]);
        // Two ids that differ may be one in another case.
        let (a, b) = ([Mark::Symbol(bench.pool)], [Mark::Symbol(bench.other)]);
        assert_eq!(fits_without_case(&a, &b, &bench.symbols), Truth::Unknown);
    }

    #[test]
    fn patterns_that_one_text_may_fit() {
        let bench = bench();
        let meet = |a: &str, b: &str| may_meet(&pattern(a), &pattern(b), &bench.symbols);
        for (a, b, expected) in [
            ("a*", "*b", true),
            ("a*", "b*", false),
            ("a", "a*", true),
            ("a*c", "ab", false),
            ("*a*b*c*", "*c*b*a*", true),
            ("?", "", false),
            ("*", "", true),
            ("a", "b", false),
        ] {
            assert_eq!((meet(a, b), meet(b, a)), (expected, expected), "{a} {b}");
        }
        let (pool, other) = ([Mark::Symbol(bench.pool)], [Mark::Symbol(bench.other)]);
        assert!(!may_meet(&pool, &other, &bench.symbols) && may_meet(&pool, &pattern("us-*"), &bench.symbols));
    }

    #[test]
    fn long_texts_end_without_a_wrong_answer() {
        let bench = bench();
        let against = |glob: &str, value: &[Mark]| fits(&pattern(glob), value, &bench.symbols);
        let (short, long) = (1_000, 200_000);
        let globs = |n: usize| format!("*{}b", "a".repeat(n));
        assert_eq!(against(&globs(short), &pattern(&"a".repeat(2 * short))), Truth::False);
        assert_eq!(against(&globs(long), &pattern(&"a".repeat(2 * long))), Truth::Unknown);
        assert_eq!(against(&globs(long), &pattern(&("a".repeat(long) + "b"))), Truth::True);
        assert_eq!(against(&"a".repeat(long), &pattern(&"b".repeat(long))), Truth::False);
        let mut value = pattern(&"a".repeat(2 * long));
        value.push(Mark::Symbol(bench.pool));
        assert_eq!(against(&globs(long), &value), Truth::Unknown);
    }

    #[test]
    fn a_search_that_was_given_up_says_nothing_of_a_fresh_symbol() {
        let mut symbols = Symbols::default();
        let format = Format::new("{a9-}", "a");
        let fresh = symbols.add(SymbolFacts { name: "F".into(), format, unique: true, fresh: true });
        let value = |n: usize| [vec![Mark::Symbol(fresh)], pattern(&"a".repeat(n))].concat();
        let glob = |n: usize| pattern(&format!("*{}b", "a".repeat(n)));
        assert_eq!(fits(&glob(10), &value(20), &symbols), Truth::False);
        assert_eq!(fits(&glob(100_000), &value(200_000), &symbols), Truth::Unknown);
    }

    #[test]
    fn what_is_too_long_to_compare_is_no_candidate() {
        let bench = bench();
        let form = Text::symbol(bench.pool);
        let id = |n: usize| Text::known(format!("us-east-1:{}", "0".repeat(n)));
        assert!(overlaps(&id(8), &form, &bench.symbols));
        assert!(!overlaps(&id(STATES), &form, &bench.symbols));
        assert_eq!(compare(&id(STATES), &form, &bench.symbols), Truth::Unknown);
    }
}
