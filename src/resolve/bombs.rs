//! Templates made to cost much: what is made of them stays within the stated limits.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{MOST, MOST_MADE, NoteKind, Resolver, Stack, StackId, StackInfo, StackSet};
use crate::source::FileId;
use crate::syntax::parse_yaml;
use crate::template::Template;
use crate::value::{Kind, Piece, Size, Text, Value, Why, Worlds};

/// Gives the value of the output `O` to `look`.
fn with_output<T>(text: &str, look: impl FnOnce(&Value, &Resolver<'_, '_>) -> T) -> T {
    let document = parse_yaml(FileId(0), &Arc::from(text));
    assert!(document.errors().is_empty(), "{:?}", document.errors());
    let template = Template::read(&document).unwrap();
    let set = StackSet::new(vec![Stack::new(&template, StackInfo::default())]);
    let mut resolver = Resolver::new(&set);
    let value = resolver.value(StackId(0), template.output("O").unwrap().get("Value").unwrap());
    look(&value, &resolver)
}

/// The output is within the limits of values, and it is said that something was not.
fn is_bounded(text: &str) {
    with_output(text, |value, resolver| {
        assert!(!value.size(MOST).exceeds(MOST));
        assert!(resolver.notes.iter().any(|note| note.kind == NoteKind::Bound), "{:?}", resolver.notes);
    });
}

const HEAD: &str = "AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n  P: {Type: String}\nConditions:\n  C: !Equals [!Ref P, x]\nResources: {}\n";

#[test]
fn choices_of_aliases_are_weighed() {
    let mut text = format!("{HEAD}X-a0: &a0 [x]\n");
    for at in 1..=10 {
        let inner = vec![format!("*a{}", at - 1); 10].join(", ");
        writeln!(text, "X-a{at}: &a{at} !If [C, [{inner}], x]").unwrap();
    }
    is_bounded(&format!("{text}Outputs:\n  O: {{Value: *a10}}\n"));
}

#[test]
fn values_are_not_nested_deeper_than_the_limit() {
    let mut text = format!("{HEAD}Outputs:\n  O:\n    Value:\n      k0: &a0 [x]\n");
    for at in 1..=2000 {
        writeln!(text, "      k{at}: &a{at} !If [C, [*a{}], x]", at - 1).unwrap();
    }
    with_output(&text, |value, resolver| {
        let all = Size { weight: usize::MAX, ..MOST };
        assert!(value.entries().iter().all(|entry| !entry.value.size(all).exceeds(all)));
        assert!(resolver.notes.iter().any(|note| note.kind == NoteKind::Bound));
    });
}

#[test]
fn values_found_in_mappings_are_weighed() {
    let mut text = format!("{HEAD}Mappings:\n  M:\n    k0: {{v: x}}\n");
    for at in 1..=8 {
        let inner = vec![format!("!FindInMap [M, k{}, v]", at - 1); 10].join(", ");
        writeln!(text, "    k{at}: {{v: [{inner}]}}").unwrap();
    }
    is_bounded(&format!("{text}Outputs:\n  O: {{Value: !FindInMap [M, k8, v]}}\n"));
}

#[test]
fn what_many_functions_copy_is_counted() {
    let items = vec!["x"; 9000].join(", ");
    let calls = vec!["!Select [1, [*big, y]]"; 1000].join(", ");
    let text = format!("{HEAD}X-big: &big [{items}]\nOutputs:\n  O: {{Value: [{calls}]}}\n");
    with_output(&text, |_, resolver| {
        assert!(resolver.made > 0 && resolver.made < MOST_MADE + 10 * MOST.weight, "{}", resolver.made);
        assert!(resolver.notes.iter().any(|note| note.kind == NoteKind::Bound));
    });
}

#[test]
fn texts_that_multiply_end_at_the_limit() {
    for start in ["xxxxxxxxxx", "!Ref P"] {
        let mut value = start.to_owned();
        for _ in 0..9 {
            value = format!("!Sub ['{}', {{x: {value}}}]", "${x}".repeat(10));
        }
        with_output(&format!("{HEAD}Outputs:\n  O: {{Value: {value}}}\n"), |value, resolver| {
            assert_eq!(value.text(), Some(Text::Any(Why::Bound)));
            assert_eq!(resolver.notes.len(), 1, "{:?}", resolver.notes);
        });
    }
}

#[test]
fn a_long_written_text_is_kept() {
    let long = "x".repeat(Text::MOST_BYTES + 1);
    with_output(&format!("{HEAD}Outputs:\n  O: {{Value: {long}}}\n"), |value, _| {
        assert_eq!(value.text().unwrap().as_known().map(str::len), Some(long.len()));
    });
    let known = Text::known(long);
    assert_eq!(Text::join([&known]), known);
    assert_eq!(Text::join([&known, &Text::known("y")]), Text::Any(Why::Bound));
    assert_eq!(Text::join([&known, &Text::symbol(crate::value::SymbolId(0))]), Text::Any(Why::Bound));
}

#[test]
fn texts_are_joined_side_by_side() {
    let symbol = Text::symbol(crate::value::SymbolId(0));
    let parts = [Text::known("a"), Text::known(""), Text::known("b"), symbol.clone(), symbol, Text::known("c")];
    let expected = [
        Piece::Literal("ab".into()),
        Piece::Symbol(crate::value::SymbolId(0)),
        Piece::Symbol(crate::value::SymbolId(0)),
        Piece::Literal("c".into()),
    ];
    assert_eq!(Text::join(&parts).pieces().unwrap(), expected);
    assert_eq!(Text::join([]), Text::known(""));
}

#[test]
fn many_items_are_joined() {
    let items = vec!["x"; 9000].join(", ");
    with_output(&format!("{HEAD}Outputs:\n  O: {{Value: !Join ['', [{items}]]}}\n"), |value, _| {
        assert_eq!(value.text().unwrap().as_known().map(str::len), Some(9000));
    });
}

#[test]
fn keys_of_a_mapping_are_given_to_a_parameter_once() {
    let mut text = format!("{HEAD}Mappings:\n  M:\n");
    for at in 0..200 {
        writeln!(text, "    k{at}: {{v: x}}").unwrap();
    }
    let calls = vec!["!FindInMap [M, !Ref P, v]"; 500].join(", ");
    with_output(&format!("{text}Outputs:\n  O: {{Value: [{calls}]}}\n"), |_, resolver| {
        assert_eq!(resolver.map_keys, 200);
    });
}

#[test]
fn parameters_with_too_many_allowed_values_are_unknown() {
    let values: Vec<String> = (0..=Worlds::MOST_CASES).map(|at| format!("v{at}")).collect();
    let text = format!(
        "AWSTemplateFormatVersion: '2010-09-09'\nParameters:\n  A: {{Type: String, Default: v3, AllowedValues: [{}]}}\nResources: {{}}\nOutputs:\n  O: {{Value: !Ref A}}\n",
        values.join(", ")
    );
    with_output(&text, |value, _| assert!(matches!(&value.kind, Kind::Text(text) if text.as_symbol().is_some())));
}

#[test]
fn a_note_is_made_once() {
    let text = format!("{HEAD}Outputs:\n  O: {{Value: [!ImportValue a, !ImportValue a, !ImportValue b]}}\n");
    with_output(&text, |_, resolver| assert_eq!(resolver.notes.len(), 3));
}

#[test]
fn duplicate_keys_are_found_in_small_and_large_mappings() {
    for many in [3, 16, 17, 500] {
        let mut text = String::new();
        for at in (0..many).chain([1, 0, 1]) {
            writeln!(text, "k{at}: {at}").unwrap();
        }
        let document = parse_yaml(FileId(0), &Arc::from(text.as_str()));
        let found = document.duplicate_keys();
        let keys: Vec<&str> = found.iter().filter_map(|(later, _)| later.text()).collect();
        assert_eq!(keys, ["k1", "k0", "k1"]);
        assert!(found.iter().all(|(later, first)| later.text() == first.text() && later.id() != first.id()));
        assert_eq!(found[0].1.id(), found[2].1.id());
    }
}
