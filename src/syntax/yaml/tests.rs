use super::*;
use crate::syntax::{Kind, Node, Scalar};

fn parse(text: &str) -> Document {
    parse_yaml(FileId(0), &text.into())
}

/// A text that must be read without an error.
fn good(text: &str) -> Document {
    let doc = parse(text);
    assert_eq!(doc.errors(), [], "{text}");
    doc
}

/// The first error: its message, and the text it stands at.
fn bad(text: &str) -> (String, usize) {
    let doc = parse(text);
    let error = doc.errors().first().unwrap_or_else(|| panic!("no error in {text}"));
    (error.message.clone(), error.span.start())
}

fn at<'d>(doc: &'d Document, path: &str) -> Node<'d> {
    let mut node = doc.root().unwrap_or_else(|| panic!("no root"));
    for step in path.split('/').filter(|step| !step.is_empty()) {
        let next = match step.parse::<usize>() {
            Ok(index) => node.items().nth(index),
            Err(_) => node.get(step),
        };
        node = next.unwrap_or_else(|| panic!("no {step} in {path}"));
    }
    node
}

fn source<'d>(node: Node<'d>) -> &'d str {
    node.span().of(node.document().text())
}

#[test]
fn texts_stay_as_they_are_written() {
    let doc = good("v: 2012-10-17\nid: 012345678901\nf: 1.10\non: ON\nno: no\nempty:\nquoted: 'no'\n");
    assert_eq!(at(&doc, "v").scalar(), Some(Scalar::Text("2012-10-17")));
    assert_eq!(at(&doc, "id").scalar(), Some(Scalar::Number("012345678901")));
    assert_eq!(at(&doc, "f").text(), Some("1.10"));
    assert_eq!(at(&doc, "on").scalar(), Some(Scalar::Bool(true)));
    assert_eq!(at(&doc, "no").scalar(), Some(Scalar::Bool(false)));
    assert_eq!(at(&doc, "quoted").scalar(), Some(Scalar::Text("no")));
    assert!(at(&doc, "empty").is_null());
}

#[test]
fn nothing_stands_behind_its_colon() {
    let doc = good("a: # c\nb :\nc: &x\nd: !Ref\ne:\n  -\n  - ~\n{\"f\": , g}:\n");
    assert_eq!(at(&doc, "a").span(), Span::at(2));
    assert_eq!(at(&doc, "b").span(), Span::at(10));
    assert_eq!(at(&doc, "d").kind(), Kind::Missing);
    assert_eq!(at(&doc, "d").tag(), Some("!Ref"));
    assert!(!at(&doc, "d").is_null(), "a function of nothing is no null");
    assert_eq!(at(&doc, "e/0").kind(), Kind::Missing);
    assert_eq!(at(&doc, "e/1").text(), Some("~"));
    for missing in doc.nodes().filter(|node| node.kind() == Kind::Missing) {
        assert!(missing.span().is_empty());
    }
}

#[test]
fn collections_end_with_their_last_child_or_bracket() {
    let doc = good("a:\n  b: c\n  # behind\n\n# far behind\nd: [x, y\n]  # z\ne: {f: g}\nh:\n- i\n- j\n");
    assert_eq!(source(at(&doc, "a")), "b: c");
    assert_eq!(source(at(&doc, "d")), "[x, y\n]");
    assert_eq!(source(at(&doc, "e")), "{f: g}");
    assert_eq!(source(at(&doc, "h")), "- i\n- j");
    let comments: Vec<_> = doc.comments().iter().map(|span| span.of(doc.text())).collect();
    assert_eq!(comments, ["# behind", "# far behind", "# z"]);
}

#[test]
fn pairs_in_brackets_are_mappings() {
    let doc = good("[a: b , {c: d}, e: ]");
    assert_eq!(source(at(&doc, "0")), "a: b");
    assert_eq!(source(at(&doc, "1")), "{c: d}");
    assert_eq!(source(at(&doc, "2")), "e:");
}

#[test]
fn brackets_may_close_at_column_0() {
    let doc = good("Resources:\n  Role:\n    Statement: [\n  {Effect: Allow}\n]\n    Other: {\n}\n");
    assert_eq!(at(&doc, "Resources/Role/Statement/0/Effect").text(), Some("Allow"));
    assert_eq!(at(&doc, "Resources/Role/Other").kind(), Kind::Mapping);
}

#[test]
fn block_texts_end_where_they_end() {
    let doc =
        good("- b: |\n    hello\n     ${X}\n  c: >-\n     x\n     y\n\n\n# z\n- |\n- |2\n    d\n   e\n- |+\n\n- last");
    assert_eq!(source(at(&doc, "0/b")), "hello\n     ${X}");
    assert_eq!(at(&doc, "0/b").text(), Some("hello\n ${X}\n"));
    assert_eq!(source(at(&doc, "0/c")), "x\n     y");
    assert_eq!(at(&doc, "0/c").text(), Some("x y"));
    assert_eq!((at(&doc, "1").text(), at(&doc, "1").style()), (Some(""), Some(Style::Block)));
    assert_eq!(at(&doc, "1").span(), Span::at(58));
    assert_eq!(at(&doc, "2").text(), Some("  d\n e\n"));
    assert_eq!(source(at(&doc, "2")), "  d\n   e");
    assert_eq!(at(&doc, "3").text(), Some("\n"));
}

#[test]
fn a_block_text_at_the_end_of_the_file_gains_no_line_break() {
    assert_eq!(at(&good("a: |\n  x"), "a").text(), Some("x"));
    assert_eq!(at(&good("a: |\n  x\n"), "a").text(), Some("x\n"));
    assert_eq!(at(&good("a: |+\n  x\n "), "a").text(), Some("x\n"));
    assert_eq!(at(&good("a: >\n  x\n  y"), "a").text(), Some("x y"));
}

#[test]
fn carriage_returns_are_line_ends() {
    let doc = good("\u{feff}a: b\r\nc: |\r\n  foo\r\n  bar\r\nd: \"e\r\n  f\" # g\r\n");
    assert_eq!(at(&doc, "a").span(), Span::new(6, 7));
    assert_eq!(at(&doc, "c").text(), Some("foo\nbar\n"));
    assert_eq!(source(at(&doc, "c")), "foo\r\n  bar");
    assert_eq!(at(&doc, "d").text(), Some("e f"));
    assert_eq!(doc.comments().iter().map(|span| span.of(doc.text())).collect::<Vec<_>>(), ["# g"]);
}

#[test]
fn only_what_differs_from_the_source_is_kept_apart() {
    let doc = good("a: 'it''s'\nb: \"\\u00e9\"\nc: 'plain'\nd: x\n  y\ne: \"${A}\"\n");
    assert_eq!(at(&doc, "a").text(), Some("it's"));
    assert_eq!(at(&doc, "b").text(), Some("é"));
    assert_eq!(at(&doc, "c").text(), Some("plain"));
    assert_eq!(source(at(&doc, "c")), "'plain'");
    assert_eq!(at(&doc, "d").text(), Some("x y"));
    assert_eq!(doc.cooked.len(), 3);
}

#[test]
fn tags_stay_as_written() {
    let doc = good(
        "a: !Sub [x, {y: z}]\nb: !GetAtt p.q\nc: !If\n  - C\n  - !Ref D\n  - !!str 7\nd: !Sub\n  # c\n  text\n\
             e: !Include {f: g}\nh: &x !Cidr\n  i: j\n!Sub k: l\n",
    );
    assert_eq!((at(&doc, "a").tag(), at(&doc, "a").kind()), (Some("!Sub"), Kind::Sequence));
    assert_eq!((at(&doc, "b").tag(), at(&doc, "b").text()), (Some("!GetAtt"), Some("p.q")));
    assert_eq!(source(at(&doc, "c")), "- C\n  - !Ref D\n  - !!str 7");
    assert_eq!(at(&doc, "c/2").scalar(), Some(Scalar::Text("7")));
    assert_eq!(at(&doc, "d").tagged_place().span.of(doc.text()), "!Sub\n  # c\n  text");
    assert_eq!(at(&doc, "e").tag(), Some("!Include"));
    assert_eq!(at(&doc, "h").tag(), Some("!Cidr"));
    let (key, _) = doc.root().and_then(|root| root.entry("k")).unwrap_or_else(|| panic!("no key"));
    assert_eq!(key.tag(), Some("!Sub"));
}

#[test]
fn a_mapping_can_be_a_key() {
    let doc = good("a: {{ x }}\n? [b]\n: c\n");
    let keys: Vec<_> = at(&doc, "a").own_entries().map(|(key, value)| (key.kind(), value.kind())).collect();
    assert_eq!(keys, [(Kind::Mapping, Kind::Missing)]);
    assert_eq!(at(&doc, "a").entries().len(), 0);
}

#[test]
fn json_is_yaml_with_tabs_too() {
    let doc = good("{\n\t\"a\":\t{\"b\": [1, 2,],},\n\t# comment\n}\n");
    assert_eq!(at(&doc, "a/b/1").text(), Some("2"));
}

#[test]
fn two_thousand_comments_in_a_row() {
    let text = "# c\n".repeat(2000) + "a:\n" + &"  # d\n".repeat(2000) + "  b: c\n" + &"# e\n".repeat(2000);
    let doc = good(&text);
    assert_eq!(at(&doc, "a/b").text(), Some("c"));
    assert_eq!(doc.comments().len(), 6000);
}

#[test]
fn long_lines() {
    let long = "x".repeat(100_000);
    let doc = good(&format!("a: {long}\nb: \"{long}\"\n"));
    assert_eq!(at(&doc, "b").text().map(str::len), Some(100_000));
}

#[test]
fn one_document_with_its_frame() {
    for text in ["%YAML 1.1\n---\na: b\n", "---\na: b\n...\n", "a: b\n---\n", "a: b\n...\n---\n# c\n---\n"] {
        assert_eq!(at(&good(text), "a").text(), Some("b"), "{text}");
    }
    assert!(good("").root().is_none());
    assert!(good("# only a comment\n").root().is_none());
}

#[test]
fn a_second_document_is_an_error() {
    assert_eq!(bad("a: b\n---\nc: d\n"), ("more than one YAML document".to_owned(), 5));
    assert_eq!(bad("a: b\n...\nc: d\n"), ("more than one YAML document".to_owned(), 9));
    assert_eq!(at(&parse("a: b\n---\nc: d\n"), "").entries().len(), 1);
}

#[test]
fn aliases_name_their_anchor() {
    let doc = good("a: &x [1]\nb: *x\nc: &x 2\nd: *x\n");
    assert_eq!(at(&doc, "b").target().id(), at(&doc, "a").id());
    assert_eq!(source(at(&doc, "b")), "*x");
    assert_eq!(at(&doc, "b/0").text(), Some("1"));
    assert_eq!(at(&doc, "d").text(), Some("2"));
}

#[test]
fn an_anchor_can_hold_its_own_alias() {
    let doc = good("a: &x\n  b: *x\n  <<: *x\n  c: &y [*y]\n");
    let a = at(&doc, "a");
    assert_eq!(a.get("b").map(|b| b.target().id()), Some(a.id()));
    assert_eq!(a.entries().len(), 2);
    assert_eq!(at(&doc, "a/b/b/b/c/0/0/0").kind(), Kind::Sequence);
    assert_eq!(doc.duplicate_keys().len(), 0);
}

#[test]
fn an_unknown_alias_is_an_error_and_reading_goes_on() {
    let doc = parse("a: *x\nb: c\n");
    assert_eq!(doc.errors()[0].span, Span::new(3, 5));
    assert_eq!(doc.errors()[0].message, "no anchor '&x' stands before this alias");
    assert_eq!(at(&doc, "b").text(), Some("c"));
    assert_eq!(parse(&"- *x\n".repeat(1000)).errors().len(), MOST_ERRORS);
}

#[test]
fn bombs_do_not_go_off() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    let mut merges = "a0: &a0 {k0: v}\n".to_owned();
    for level in 1..100 {
        let before = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{before}, {before}, {before}, {before}]\n");
        merges += &format!("a{level}: &a{level} {{<<: [{before}, {before}, {before}], k{level}: v}}\n");
    }
    let doc = good(&text);
    assert!(doc.nodes().count() < 1000);
    let doc = good(&merges);
    assert_eq!(at(&doc, "a99").entries().len(), 100);
}

#[test]
fn merges_follow_their_order() {
    let doc = good("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 0\nw: {<<: 3, d: 4}\n");
    let texts = |path| -> Vec<_> { at(&doc, path).entries().iter().filter_map(|(_, value)| value.text()).collect() };
    assert_eq!(texts("z"), ["0", "1", "2"]);
    assert_eq!(at(&doc, "z/c").text(), Some("2"));
    assert_eq!(texts("w"), ["4"]);
}

#[test]
fn a_long_chain_of_merges_costs_no_stack() {
    let mut text = "- &a0 {k: v}\n".to_owned();
    for link in 1..50_000 {
        text += &format!("- &a{link} {{<<: *a{}}}\n", link - 1);
    }
    let doc = good(&text);
    assert_eq!(at(&doc, "200").get("k").and_then(Node::text), Some("v"));
    assert_eq!(at(&doc, "49999").get("k").map(Node::span), None, "behind the limit");
}

#[test]
fn the_last_of_two_keys_counts() {
    let doc = good("a: 1\nb: 2\na: 3\n");
    assert_eq!(at(&doc, "a").text(), Some("3"));
    let twice = doc.duplicate_keys();
    assert_eq!(
        twice.iter().map(|(key, first)| (key.span().start(), first.span().start())).collect::<Vec<_>>(),
        [(10, 0)]
    );
    let doc = good("x: &x {a: 1, a: 2}\ny: [*x, *x]\nz: {<<: *x, <<: *x}\n");
    assert_eq!(doc.duplicate_keys().len(), 1, "aliases and merges add none");
}

#[test]
fn depth_is_limited_across_both_styles() {
    let limit = "nested deeper than 255 levels";
    assert_eq!(bad(&"[".repeat(300)).0, limit);
    assert_eq!(bad(&"- ".repeat(300)), (limit.to_owned(), 2 * YAML_DEPTH));
    assert_eq!(
        bad(&("- ".repeat(200) + &"[".repeat(100) + &"]".repeat(100))),
        (limit.to_owned(), 400 + YAML_DEPTH - 200)
    );
    let deep = (0..300).map(|level| " ".repeat(level) + "a:\n").collect::<String>();
    assert_eq!(bad(&deep).0, limit);
    good(&("[".repeat(YAML_DEPTH) + &"]".repeat(YAML_DEPTH)));
}

#[test]
fn quoted_texts_may_stand_at_the_left() {
    let doc = good("a:\n    b: !Sub '{\n  \"c\": \"it''s\",\n\n\t\"d\": 1\n}'\n    e: \"f\\\n g\n h\" # i\nj: k\n");
    assert_eq!(at(&doc, "a/b").text(), Some("{ \"c\": \"it's\",\n\"d\": 1 }"));
    assert!(source(at(&doc, "a/b")).ends_with("\n}'"));
    assert_eq!(at(&doc, "a/e").text(), Some("fg h"));
    assert_eq!(at(&doc, "j").text(), Some("k"));
}

#[test]
fn a_missing_quote_is_told_where_it_is_missing() {
    let message =
        "this line of a quoted text must be indented deeper than its key; a closing quote may be missing above";
    assert_eq!(bad("a: \"b\nc: d\ne: \"f\"\n"), (message.to_owned(), 6));
    assert_eq!(bad("a: \"b\nc: d\n"), (message.to_owned(), 6));
    assert_eq!(bad("a: x\n\"b\n c\": d\n"), ("text after a closing quote".to_owned(), 11), "a key on two lines");
    assert_eq!(bad("a: \"b\nc\"\nd: [\n"), ("this '[' is never closed".to_owned(), 12));
}

#[test]
fn what_was_read_before_an_error_stays() {
    let doc = parse("a: b\nc:\n  - d\n  - e: f\n    g\n");
    assert_eq!(doc.errors().len(), 1);
    assert_eq!(at(&doc, "c/1/e").text(), Some("f"));
}

#[test]
fn errors_are_sentences_at_their_place() {
    let tab = "a tab cannot indent YAML; it takes spaces";
    let key = "expected a key of the mapping above; the indentation may be wrong";
    let cases = [
        ("a:\n\tb: c\n", tab, 4),
        ("a: b: c\n", "a ':' where no key can end; a text with ': ' in it needs quotes", 4),
        ("a: @b\n", "'@' cannot begin a value without quotes", 3),
        ("{% if %}\n", "'%' cannot begin a value without quotes", 1),
        ("a: b\u{1}\n", "the control character U+0001 cannot stand in YAML", 4),
        ("a: b\0\n", "the control character U+0000 cannot stand in YAML", 4),
        ("a:\n  b: c\n d: e\n", key, 11),
        ("a: b\nfoo\nc: d\n", "expected ':' after this key", 5),
        ("a: [b, {c: d\n", "this '{' is never closed", 7),
        ("a: [b}\n", "this '[' is closed by '}'", 3),
        ("a: ]\n", "this bracket closes nothing", 3),
        ("%YAML 1.1\na: b\n", "expected '---' behind the lines that begin with '%'", 10),
        ("'b", "this quoted text is never closed", 0),
        ("a: \"\\q\"\n", "this quoted text has an escape that YAML does not know", 3),
        ("a: \"b\" c\n", "text after a closing quote", 7),
        ("é: - c\n", "a list item cannot begin here", 4),
    ];
    for (text, message, at) in cases {
        assert_eq!(bad(text), (message.to_owned(), at), "{text}");
    }
    assert!(bad("a: !ImportValue !Sub b\n").0.starts_with("a second tag"));
}
