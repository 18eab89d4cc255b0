//! The format of the texts that a simple regular expression takes: fixed characters and runs.
//!
//! Invariant: every text that the expression takes is of the format; where that cannot be promised there
//! is no format.

use super::symbols::{Format, FormatPart, Set};

/// Longest expression that is read, and most characters that its fixed parts and its sample may have.
const MOST: usize = 2048;

/// One element of an expression: a character, or a class, and how often it stands.
struct Element {
    set: Set,
    /// The character, where there is only one.
    only: Option<char>,
    least: usize,
    /// Whether there may be more than `least`.
    more: bool,
}

impl Format {
    /// The format of the texts that an expression takes from end to end, with or without `^…$` around it (CloudFormation
    /// User Guide, Parameters, AllowedPattern: it must match the entire value), out of characters, classes and counts.
    /// Nothing for any other expression, or where the empty text is one of them.
    pub fn of_pattern(pattern: &str) -> Option<Self> {
        if pattern.len() > MOST {
            return None;
        }
        let inside = pattern.strip_prefix('^').unwrap_or(pattern);
        let inside = inside.strip_suffix('$').filter(|inside| !ends_in_escape(inside)).unwrap_or(inside);
        let elements = elements(inside)?;
        let sample = sample(&elements)?;
        // A format has no part that may be empty, so what may be is taken together with its neighbours.
        let mut parts: Vec<(FormatPart, usize)> = Vec::new();
        for element in elements {
            let own = match element.only {
                Some(c) if !element.more => FormatPart::Fixed(c.to_string().repeat(element.least).into()),
                _ => FormatPart::Run(element.set),
            };
            match (parts.last_mut(), own) {
                (Some((FormatPart::Fixed(before), least)), FormatPart::Fixed(text)) if element.least > 0 => {
                    *before = format!("{before}{text}").into();
                    *least += element.least;
                }
                (Some((FormatPart::Run(before), least)), FormatPart::Run(set)) => {
                    *before = before.with(set);
                    *least += element.least;
                }
                (Some((before, least)), FormatPart::Run(set)) if element.least == 0 => {
                    *before = FormatPart::Run(all_of(before).with(set));
                    *least += element.least;
                }
                (Some((FormatPart::Run(before), least @ 0)), FormatPart::Fixed(text)) => {
                    *before = before.with(Set::of(&text));
                    *least += element.least;
                }
                (_, own) => parts.push((own, element.least)),
            }
        }
        let whole = parts.iter().all(|(_, least)| *least > 0) && !parts.is_empty();
        whole.then(|| Self::of_parts(parts.into_iter().map(|(part, _)| part), &sample))
    }
}

fn all_of(part: &FormatPart) -> Set {
    match part {
        FormatPart::Fixed(text) => Set::of(text),
        FormatPart::Run(set) => *set,
        FormatPart::Any => Set::all(),
    }
}

/// Whether an odd number of backslashes stands at the end.
fn ends_in_escape(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

fn elements(pattern: &str) -> Option<Vec<Element>> {
    let mut rest = pattern;
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let (set, only, after) = atom(rest)?;
        let (least, more, after) = count(after)?;
        if least > MOST {
            return None;
        }
        elements.push(Element { set, only, least, more });
        rest = after;
    }
    Some(elements)
}

/// A character or a class at the start, and what follows it.
fn atom(text: &str) -> Option<(Set, Option<char>, &str)> {
    let mut characters = text.chars();
    let one = |c: char, rest| Some((Set::of(&c.to_string()), Some(c), rest));
    match characters.next()? {
        '[' => {
            let (set, rest) = class(characters.as_str())?;
            Some((set, None, rest))
        }
        '.' => Some((Set::all(), None, characters.as_str())),
        '\\' => match escaped(characters.next()?)? {
            Escaped::Class(set) => Some((set, None, characters.as_str())),
            Escaped::Character(c) => one(c, characters.as_str()),
        },
        '(' | ')' | '|' | '^' | '$' | '*' | '+' | '?' | '{' | '}' | ']' => None,
        c => one(c, characters.as_str()),
    }
}

enum Escaped {
    Class(Set),
    Character(char),
}

/// What a backslash makes of a character; nothing for what is not known to be simple.
fn escaped(c: char) -> Option<Escaped> {
    let class = |text: &str| Some(Escaped::Class(Set::named(text)));
    match c {
        'd' => class("9"),
        'w' => class("aA9_"),
        's' => class(" \t\n\r\u{b}\u{c}"),
        c if c.is_ascii_alphanumeric() || !c.is_ascii() => None,
        c => Some(Escaped::Character(c)),
    }
}

/// A class, without its opening bracket, and what follows it.
fn class(text: &str) -> Option<(Set, &str)> {
    let (negated, mut rest) = match text.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut set = Set::default();
    let mut is_first = true;
    loop {
        let mut characters = rest.chars();
        let from = match characters.next()? {
            ']' if !is_first => {
                let set = if negated { set.inverted() } else { set };
                return Some((set, characters.as_str()));
            }
            // Java takes these as a class inside a class.
            '[' | ']' => return None,
            '&' if characters.as_str().starts_with('&') => return None,
            '\\' => match escaped(characters.next()?)? {
                Escaped::Class(inner) => {
                    set = set.with(inner);
                    (rest, is_first) = (characters.as_str(), false);
                    continue;
                }
                Escaped::Character(c) => c,
            },
            c => c,
        };
        (rest, is_first) = (characters.as_str(), false);
        let to = match rest.strip_prefix('-').filter(|after| !after.starts_with(']')) {
            None => from,
            Some(after) => {
                let mut characters = after.chars();
                let to = match characters.next()? {
                    '[' => return None,
                    '\\' => match escaped(characters.next()?)? {
                        Escaped::Class(_) => return None,
                        Escaped::Character(c) => c,
                    },
                    c => c,
                };
                rest = characters.as_str();
                to
            }
        };
        if to < from || !to.is_ascii() {
            return None;
        }
        set = (from..=to).fold(set, |set, c| set.with(Set::of(&c.to_string())));
    }
}

/// How often what stands before may be there, and what follows.
fn count(text: &str) -> Option<(usize, bool, &str)> {
    let (least, more, rest) = match text.chars().next() {
        Some('*') => (0, true, &text[1..]),
        Some('+') => (1, true, &text[1..]),
        Some('?') => (0, true, &text[1..]),
        Some('{') => {
            let (inside, rest) = text[1..].split_once('}')?;
            let (least, most) = match inside.split_once(',') {
                None => (inside.parse().ok()?, Some(inside.parse().ok()?)),
                Some((least, "")) => (least.parse().ok()?, None),
                Some((least, most)) => (least.parse().ok()?, Some(most.parse::<usize>().ok()?)),
            };
            if most.is_some_and(|most| most < least || most == 0) {
                return None;
            }
            (least, most != Some(least), rest)
        }
        _ => return Some((1, false, text)),
    };
    // Lazy and possessive counts are for those who know what they do.
    (!rest.starts_with(['?', '+', '*', '{'])).then_some((least, more, rest))
}

/// A text that the expression takes.
fn sample(elements: &[Element]) -> Option<String> {
    let mut sample = String::new();
    for element in elements {
        let c = element.only.or_else(|| element.set.sample())?;
        let times = if element.least == 0 && elements.len() == 1 { 1 } else { element.least };
        if sample.len() + times > MOST {
            return None;
        }
        sample.extend(std::iter::repeat_n(c, times));
    }
    Some(sample)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{SymbolFacts, Symbols, Text, Truth, compare};

    /// What the comparison says of a parameter with a pattern and a text.
    fn compared(pattern: &str, text: &str) -> Truth {
        let mut symbols = Symbols::default();
        let format = Format::of_pattern(pattern).expect(pattern);
        let id = symbols.add(SymbolFacts { name: "P".into(), format, unique: false, fresh: false });
        compare(&Text::symbol(id), &Text::known(text), &symbols)
    }

    #[test]
    fn what_the_pattern_refuses_is_different() {
        for (pattern, text) in [
            ("^[0-9]{12}$", "arn:aws"),
            ("^arn:aws:iam::\\d{12}:role/[\\w+=,.@-]+$", "arn:aws:iam::111122223333:user/x"),
            ("^[a-zA-Z][a-zA-Z0-9]*$", "*"),
            ("^ab-?[0-9]+$", "x-1"),
            ("^o-[a-z0-9]{10,32}$", "o_aaaaaaaaaa"),
            ("^[^*]+$", "*"),
            ("^a\\.b$", "axb"),
            ("^[a-z]*x$", "1x"),
            ("[0-9]{12}", "x111122223333x"),
            ("^[0-9]+", "1x"),
            ("[0-9]+$", "x1"),
            ("[\\w-]+/[\\w-]+", "acme/app/x"),
        ] {
            assert_eq!(compared(pattern, text), Truth::False, "{pattern} {text}");
        }
    }

    #[test]
    fn what_the_pattern_takes_may_be_the_same() {
        for (pattern, text) in [
            ("^[0-9]{12}$", "111122223333"),
            ("^arn:aws:iam::\\d{12}:role/[\\w+=,.@-]+$", "arn:aws:iam::111122223333:role/x"),
            ("^[a-zA-Z][a-zA-Z0-9]*$", "a"),
            ("^ab-?[0-9]+$", "ab1"),
            ("^ab-?[0-9]+$", "ab-12"),
            ("^x[0-9]*y$", "xy"),
            ("^[a-z]*x$", "x"),
            ("^[a-z]*x$", "abx"),
            ("[0-9]{12}", "111122223333"),
            ("^a\\$", "a$"),
            ("^[]$", "x"),
        ] {
            let Some(_) = Format::of_pattern(pattern) else {
                assert_eq!(pattern, "^[]$");
                continue;
            };
            assert_ne!(compared(pattern, text), Truth::False, "{pattern} {text}");
        }
        assert_eq!(compared("^abc$", "abc"), Truth::True);
    }

    #[test]
    fn other_patterns_say_nothing() {
        let others = [
            "(a|b)",
            "a|b",
            "^(a|b)$",
            "^a|b$",
            "^[a-z]*$",
            "^$",
            "^a?$",
            "^[a&&[b]]+$",
            "^a+?$",
            "^\\p{L}+$",
            "^a{2,1}$",
            "a$b",
            "^[a-$",
            "^a{99999999}$",
            "",
            "$",
            "^",
        ];
        for pattern in others {
            assert_eq!(Format::of_pattern(pattern), None, "{pattern}");
        }
        assert_eq!(Format::of_pattern(&format!("^{}$", "a".repeat(4000))), None);
    }

    #[test]
    fn samples_are_of_the_form() {
        let sample = |pattern: &str| Format::of_pattern(pattern).unwrap().sample().to_owned();
        assert_eq!(sample("^[0-9]{12}$"), "111111111111");
        assert_eq!(sample("^arn:aws:iam::[0-9]{3}:role/[a-z]+$"), "arn:aws:iam::111:role/a");
        assert_eq!(sample("^[^a-zA-Z0-9]x$"), "-x");
    }

    proptest::proptest! {
        #[test]
        fn any_pattern_can_be_read(pattern in ".{0,40}") {
            let _ = Format::of_pattern(&format!("^{pattern}$"));
            let _ = Format::of_pattern(&pattern);
        }
    }
}
