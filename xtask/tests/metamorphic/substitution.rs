//! What is certain while a part of a pair is not known stays so whatever is put for it.

use rolecall::value::{Format, Piece, SymbolFacts, Symbols, Text, Truth, Why};
use xtask::differential::ours::{decide, decide_with, decide_without};
use xtask::differential::pair::{Carried, Pair};
use xtask::differential::random::Random;

use super::{PAIRS, SEED, all_tests, sample};

/// A way in which a part of a text is not known.
struct Hole {
    format: Format,
    is_fresh: bool,
    /// Texts of the format, beside those that are made of the pair.
    put: &'static [&'static str],
}

fn holes() -> [Hole; 5] {
    let hole = |format, is_fresh, put| Hole { format, is_fresh, put };
    [
        hole(Format::any(), false, &["", "*", "a", "a*c", "?", ":", "authenticated", "arn:aws:iam::1:role/x", "true"]),
        hole(Format::new("{aA9-}", "a"), false, &["a", "ab", "A", "bob", "us-east-1", "0", "b-1"]),
        hole(Format::new("{a9-}:{f-}", "a:0"), false, &["us-east-1:1111", "a:b", "eu-west-1:99999999-2222-4333"]),
        // Few texts, but wildcards among them.
        hole(Format::new("{a*?}", "a"), false, &["a", "bob", "*", "a*", "?", "authenticated"]),
        // So long that no pattern of question marks has its length.
        hole(Format::new("{a9}", "q"), true, &["q7zk2vq7zk2vq7zk2vq7zk2vq7zk2vq7zk2vq7zk2vq7zk2vq7zk2v"]),
    ]
}

/// The texts of a pair that a policy and a request could share.
fn words(pair: &Pair) -> Vec<&str> {
    let carried = pair.request.context.iter().flat_map(|(_, carried)| carried.values());
    let wanted = all_tests(pair).flat_map(|test| &test.values);
    let named = pair.statements.iter().flat_map(|statement| &statement.principals.members);
    let texts = carried.chain(wanted).chain(named.map(|named| &named.value)).chain([&pair.request.principal]);
    let parts = texts.flat_map(|text| text.split([':', '/', '*']).chain([text.as_str()]));
    // A part that begins or ends a variable would be read as another one.
    parts.filter(|part| !part.is_empty() && !part.contains(['$', '{', '}', '?'])).collect()
}

/// The pair with one text for another, wherever [`decide_with`] puts texts.
fn put(pair: &Pair, word: &str, other: &str) -> Pair {
    let mut pair = pair.clone();
    let change = |text: &mut String| *text = text.replace(word, other);
    change(&mut pair.request.principal);
    change(&mut pair.request.resource);
    for (_, carried) in &mut pair.request.context {
        match carried {
            Carried::One(value) => change(value),
            Carried::Many(values) => values.iter_mut().for_each(change),
        }
    }
    for statement in &mut pair.statements {
        statement.principals.members.iter_mut().for_each(|named| change(&mut named.value));
        statement.actions.members.iter_mut().for_each(change);
        statement.resources.iter_mut().flat_map(|resources| &mut resources.members).for_each(change);
        statement.tests.iter_mut().flat_map(|test| &mut test.values).for_each(change);
    }
    pair
}

/// The text with a symbol wherever it has the word.
fn opened(text: &str, word: &str, symbol: &Piece) -> Text {
    let mut pieces = Vec::new();
    for (at, literal) in text.split(word).enumerate() {
        if at > 0 {
            pieces.push(symbol.clone());
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.into()));
        }
    }
    Text::from_pieces(pieces)
}

#[test]
fn what_is_certain_of_a_symbol_holds_for_every_text_of_its_format() {
    let mut random = Random::new(SEED, 1);
    let holes = holes();
    let mut certain = [0; 5];
    let mut unknown = [0; 5];
    for (at, (pair, _)) in sample().iter().enumerate() {
        let hole = &holes[at % holes.len()];
        let words = words(pair);
        if words.is_empty() {
            continue;
        }
        let word = *random.pick(&words);
        let mut symbols = Symbols::default();
        let facts = SymbolFacts { name: "it".into(), format: hole.format.clone(), unique: false, fresh: hole.is_fresh };
        let symbol = Piece::Symbol(symbols.add(facts));
        let open = decide_with(pair, &|text| opened(text, word, &symbol), &symbols);
        if open == Truth::Unknown {
            unknown[at % holes.len()] += 1;
            continue;
        }
        certain[at % holes.len()] += 1;
        for _ in 0..2 {
            let other = *random.pick(hole.put);
            let changed = put(pair, word, other);
            assert_eq!(decide(&changed), open, "{word:?} unknown, {other:?} put\n{}\n{}", pair.line(), changed.line());
        }
    }
    for (certain, unknown) in certain.into_iter().zip(unknown) {
        assert!(certain > 1_500 && unknown > 100, "certain {certain}, unknown {unknown}");
    }
}

#[test]
fn what_is_certain_of_nothing_holds_for_every_text() {
    let mut random = Random::new(SEED, 2);
    let mut certain = 0;
    for (pair, _) in sample() {
        let words = words(pair);
        if words.is_empty() {
            continue;
        }
        let word = *random.pick(&words);
        let nothing = |text: &str| {
            if text.contains(word) { Text::Any(Why::Parameter("it".into())) } else { Text::known(text) }
        };
        let open = decide_with(pair, &nothing, &Symbols::default());
        if open == Truth::Unknown {
            continue;
        }
        certain += 1;
        for other in [*random.pick(&["", "*"]), *random.pick(&["a", "authenticated"])] {
            let changed = put(pair, word, other);
            assert_eq!(decide(&changed), open, "{word:?} unknown, {other:?} put\n{}\n{}", pair.line(), changed.line());
        }
    }
    assert!(certain > PAIRS / 3, "{certain}");
}

#[test]
fn what_is_certain_without_a_key_holds_whatever_it_carries() {
    let mut random = Random::new(SEED, 3);
    let mut certain = 0;
    for (at, (pair, found)) in sample().iter().enumerate() {
        let Some(test) = all_tests(pair).next() else { continue };
        let is_it = |(name, _): &&(String, Carried)| name.eq_ignore_ascii_case(&test.key);
        let own = pair.request.context.iter().find(is_it).map_or(test.key.as_str(), |(name, _)| name);
        let without = decide_without(pair, own);
        if without == Truth::Unknown {
            continue;
        }
        certain += 1;
        assert_eq!(without, *found, "{}", pair.line());
        let mut changed = pair.clone();
        changed.request.context.retain(|entry| !is_it(&entry));
        assert_eq!(without, decide(&changed), "{}", changed.line());
        let other = &sample()[(at + 1 + random.below(1000)) % PAIRS].0;
        changed.request.context.extend(other.request.context.iter().find(is_it).cloned());
        assert_eq!(without, decide(&changed), "{}", changed.line());
    }
    assert!(certain > 5_000, "{certain}");
}
