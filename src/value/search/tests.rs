//! The search against what is easily seen, and against the definition.

use super::*;
use crate::value::{Format, Mark, Piece, SymbolFacts};

const ENOUGH: usize = 5_000_000;

fn marks(text: &str) -> Vec<Mark> {
    let mark = |c| match c {
        '*' => Mark::Run,
        '?' => Mark::One,
        c => Mark::Char(c),
    };
    text.chars().map(mark).collect()
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(&marks(text))
}

fn search(inside: &[&[&str]], outside: &[&str]) -> Search {
    let all = |list: &[&str]| list.iter().map(|text| pattern(text)).collect();
    Search { inside: inside.iter().map(|group| all(group)).collect(), outside: all(outside) }
}

fn found(inside: &[&[&str]], outside: &[&str]) -> Found {
    search(inside, outside).find(&Form::any(), &Symbols::default(), &mut { ENOUGH })
}

fn text(text: &str) -> Found {
    Found::Text(Text::known(text))
}

#[test]
fn what_no_literal_suggests_is_found() {
    assert_eq!(found(&[&["*a*b*c*"], &["*c*b*a*"]], &["a*"]), text("cabac"));
    assert_eq!(found(&[&["a*"], &["*b"]], &["ab"]), text("axb"));
    assert_eq!(found(&[&["a?*"]], &["ax*"]), text("a0"));
}

#[test]
fn emptiness_is_proved() {
    assert_eq!(found(&[&["a*"], &["b*"]], &[]), Found::Nothing);
    assert_eq!(found(&[&["a*"]], &["*"]), Found::Nothing);
    assert_eq!(found(&[&["??"]], &["?*"]), Found::Nothing);
    assert_eq!(found(&[&["a", "b"]], &["a", "b"]), Found::Nothing);
    assert_eq!(found(&[&[]], &[]), Found::Nothing);
    assert_eq!(found(&[&["a*b"], &["*ab*"]], &["ab*", "*xab*", "?*ab"]), text("aabb"));
}

#[test]
fn patterns_that_cannot_meet_a_form_are_seen_without_a_search() {
    let mut symbols = Symbols::default();
    let format = Format::new("{9}", "1");
    let id = symbols.add(SymbolFacts { name: "another owner".into(), format, unique: true, fresh: true });
    let form = Form::new("repo:").then(&Form::new("{a}").whole().with_letters(&[id])).then(&Form::new("/x:main"));
    for (text, is_apart) in [
        ("repo:a/x:main", false),
        ("repo:*", false),
        ("r*n", false),
        ("*", false),
        ("", false),
        ("repo:", true),
        ("repositories:a/x:main", true),
        ("repo:a/x:head", true),
        ("repo:a*/y:main", true),
        ("*x:mai?", false),
        ("*x:mai?n", true),
    ] {
        assert_eq!(form.is_apart(&pattern(text)), is_apart, "{text}");
        let one = search(&[&[text]], &[]);
        let is_nothing = one.find(&form, &symbols, &mut { ENOUGH }) == Found::Nothing;
        assert!(is_nothing || !is_apart, "{text}");
    }
    assert!(!form.is_apart(&Pattern::new(&[Mark::Symbol(id), Mark::Run])), "nobody knows what a symbol begins with");
    assert!(
        form.is_apart(&Pattern::without_case(&marks("REPOS*")))
            && !form.is_apart(&Pattern::without_case(&marks("REPO:*")))
    );
    // The end of a form whose last part is a group is open.
    let open = Form::new("repo:").then(&Form::new("{a}").whole().with_letters(&[id]));
    assert!(!open.is_apart(&pattern("*/x")) && open.is_apart(&pattern("rope*")));
}

#[test]
fn one_pattern_of_each_group_is_enough() {
    assert_eq!(found(&[&["zz", "abc"], &["a*", "b*"]], &["b*"]), text("abc"));
}

#[test]
fn case_counts_only_where_it_does() {
    let folded = Pattern::without_case(&marks("AbC*"));
    let search = Search { inside: vec![vec![folded], vec![pattern("*B*")]], outside: vec![pattern("A*")] };
    assert_eq!(search.find(&Form::any(), &Symbols::default(), &mut { ENOUGH }), text("aBC"));
}

#[test]
fn wildcards_of_arns_keep_to_their_part() {
    let arn = |text: &str| Pattern::of_arn(&marks(text), &Symbols::default());
    let few = arn("arn:aws:*");
    assert!(few.takes("arn:aws:*", &Symbols::default()) && !few.takes("arn:aws:iam", &Symbols::default()));
    let symbols = Symbols::default();
    let within = arn("arn:aws:s3:*:*:x");
    assert!(within.takes("arn:aws:s3:a:b:x", &symbols) && !within.takes("arn:aws:s3:a:b:c:x", &symbols));
    assert!(arn("arn:aws:s3:::*").takes("arn:aws:s3:::a:b", &symbols));
    assert!(arn("*").takes("anything", &symbols));
}

#[test]
fn texts_are_of_the_form() {
    let form = || Form::new("{a9-}:{f-}");
    let find = |inside: &[&[&str]], outside: &[&str]| {
        search(inside, outside).find(&form(), &Symbols::default(), &mut { ENOUGH })
    };
    assert_eq!(find(&[&["us-*"]], &[]), text("us-:0"));
    assert_eq!(find(&[&["us_*"]], &[]), Found::Nothing);
    assert_eq!(find(&[&["*:*:*"]], &[]), Found::Nothing);
    assert_eq!(find(&[], &["x*", "?:*"]), text("00:0"));
}

#[test]
fn a_symbol_is_a_letter_of_its_own() {
    let mut symbols = Symbols::default();
    let mut add = |name: &str, form: &str, fresh| {
        let facts = SymbolFacts { name: name.into(), format: Format::new(form, "a"), unique: false, fresh };
        symbols.add(facts)
    };
    let region = add("Region", "{a9-}", false);
    let (own_region, guid) = (add("FreshRegion", "{a9-}", true), add("FreshGuid", "{f-}", true));
    let form = Form::new("<{a9-}>:<{f*3}-{f*2}>").with_fresh(&[own_region, guid], Format::new("{a9-}:{f-}", "a:0"));
    let in_region = [vec![Mark::Symbol(region)], marks(":*")].concat();
    let search = Search { inside: vec![vec![Pattern::new(&in_region)]], outside: Vec::new() };
    let pieces = [Piece::Symbol(region), Piece::Literal(":".into()), Piece::Symbol(guid)];
    assert_eq!(search.find(&form, &symbols, &mut { ENOUGH }), Found::Text(Text::from_pieces(pieces)));
    let pieces = [Piece::Symbol(own_region), Piece::Literal(":".into()), Piece::Symbol(guid)];
    let free = Search { outside: vec![pattern("us-*"), Pattern::new(&in_region)], ..Search::default() };
    assert_eq!(free.find(&form, &symbols, &mut { ENOUGH }), Found::Text(Text::from_pieces(pieces)));
    // A group that has begun is ended by a letter of its own; what is counted is counted.
    let began = Search { inside: vec![vec![pattern("*:0a*")]], outside: Vec::new() };
    let pieces = [Piece::Symbol(own_region), Piece::Literal(":0a".into()), Piece::Symbol(guid)];
    assert_eq!(began.find(&form, &symbols, &mut { ENOUGH }), Found::Text(Text::from_pieces(pieces)));
    let long = Search { inside: vec![vec![pattern("*:0000*")]], outside: Vec::new() };
    assert_eq!(long.find(&form, &symbols, &mut { ENOUGH }), Found::Nothing);
    // Whatever the Region is, it is no whole id.
    let only = Search { inside: vec![vec![Pattern::new(&[Mark::Symbol(region)])]], outside: Vec::new() };
    assert_eq!(only.find(&form, &symbols, &mut { ENOUGH }), Found::Nothing);
}

#[test]
fn forms_with_a_beginning_and_with_exceptions() {
    let mut symbols = Symbols::default();
    let mut add = |name: &str, format: Format, fresh| {
        symbols.add(SymbolFacts { name: name.into(), format, unique: false, fresh })
    };
    let (owner, repository) = (add("Owner", Format::new("{a9-}", "a"), false), add("R", Format::any(), true));
    let own = [marks("repo:"), vec![Mark::Symbol(owner)]].concat();
    let rest = Form::new("/<{a9-}>:main").with_letters(&[repository]);
    let form = rest.after(&own);
    let all = |list: &[Vec<Mark>]| Search {
        inside: list.iter().map(|marks| vec![Pattern::new(marks)]).collect(),
        outside: Vec::new(),
    };
    let find = |form: &Form, list: &[Vec<Mark>]| all(list).find(form, &symbols, &mut { ENOUGH });
    let [start, end] = ["repo:", ":main"].map(|text| Piece::Literal(text.into()));
    let slash = Piece::Literal("/".into());
    let pieces = [start, Piece::Symbol(owner), slash, Piece::Symbol(repository), end];
    let text = Text::from_pieces(pieces);
    assert_eq!(find(&form, &[[own.clone(), marks("/*")].concat()]), Found::Text(text));
    assert_eq!(find(&form, &[marks("repo:x/*")]), Found::Nothing, "the owner may be x, but is not known to be");
    let opened = form.opened(&symbols);
    assert!(matches!(find(&opened, &[marks("repo:x/*")]), Found::Text(_)));
    // All that the pattern takes is an exception, whatever the symbol stands for.
    let app = [own.clone(), marks("/app*")].concat();
    let but = form.but([Pattern::new(&app)]);
    assert!(but.excludes(&Pattern::new(&[own.clone(), marks("/app:main")].concat())));
    assert!(!but.excludes(&Pattern::new(&[own, marks("/*")].concat())));
    assert!(!but.is_any() && !Form::any().but([pattern("a*")]).is_any());
    assert!(!Form::any().but([pattern("a*")]).takes(&Text::known("ab"), &symbols));
    assert!(Form::any().but([pattern("a*")]).takes(&Text::known("b"), &symbols));
}

#[test]
fn what_is_too_much_is_given_up() {
    let many: Vec<String> = (0..40u8).map(|n| format!("*{}*", char::from(b'0' + n))).collect();
    let groups: Vec<Vec<Pattern>> = many.iter().map(|text| vec![pattern(text)]).collect();
    let search = Search { inside: groups, outside: Vec::new() };
    assert_eq!(search.find(&Form::any(), &Symbols::default(), &mut { ENOUGH }), Found::GaveUp);
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }

    fn glob(&mut self) -> String {
        let length = 1 + self.below(6);
        (0..length).map(|_| ['a', 'b', 'c', '*', '*', '?'][self.below(6)]).collect()
    }
}

/// Whether a text fits a glob, by the definition.
fn is_glob(glob: &[u8], text: &[u8]) -> bool {
    match (glob.split_first(), text.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((b'*', after)), rest) => is_glob(after, text) || rest.is_some_and(|(_, rest)| is_glob(glob, rest)),
        (Some((b'?', after)), Some((_, rest))) => is_glob(after, rest),
        (Some((c, after)), Some((d, rest))) => c == d && is_glob(after, rest),
        (Some(_), None) => false,
    }
}

/// All texts over a few characters, the shortest first.
fn short_texts(longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let until = all.len();
        for at in from..until {
            all.extend(['a', 'b', 'c', 'z'].map(|c| format!("{}{c}", all[at])));
        }
        from = until;
    }
    all.remove(0);
    all
}

/// Random sets of patterns: each text that is found is matched again by the definition, and no
/// shorter one may do; where there is none, no short text may do.
fn against_the_definition(sets: usize, longest: usize) -> (usize, usize) {
    let mut dice = Dice(20_261_126);
    let texts = short_texts(longest);
    let (mut some, mut none) = (0, 0);
    for _ in 0..sets {
        let globs: Vec<(String, bool)> = (0..2 + dice.below(5)).map(|_| (dice.glob(), dice.below(3) > 0)).collect();
        let of = |wanted: bool| globs.iter().filter(move |(_, inside)| *inside == wanted).map(|(glob, _)| glob);
        let search = Search {
            inside: of(true).map(|glob| vec![pattern(glob)]).collect(),
            outside: of(false).map(|glob| pattern(glob)).collect(),
        };
        let does = |text: &str| globs.iter().all(|(glob, inside)| is_glob(glob.as_bytes(), text.as_bytes()) == *inside);
        let first = texts.iter().find(|text| does(text));
        match search.find(&Form::any(), &Symbols::default(), &mut { ENOUGH }) {
            Found::Text(text) => {
                let text = text.as_known().unwrap().to_owned();
                assert!(does(&text), "{text} {globs:?}");
                assert!(first.is_none_or(|first| first.len() >= text.len()), "{text} {first:?} {globs:?}");
                assert!(first.is_some() || text.len() > longest, "{text} {globs:?}");
                some += 1;
            }
            Found::Nothing => {
                assert_eq!(first, None, "{globs:?}");
                none += 1;
            }
            Found::GaveUp => panic!("{globs:?}"),
        }
    }
    (some, none)
}

#[test]
fn random_patterns_against_the_definition() {
    let (some, none) = against_the_definition(2_000, 4);
    assert!(some > 400 && none > 400, "{some} {none}");
}

#[test]
#[ignore = "seconds in a release build: cargo test --release --lib -- --ignored"]
fn many_random_patterns_against_the_definition() {
    assert_eq!(against_the_definition(20_000, 6), (6_447, 13_553));
}

/// One character and a run behind it take what has a character; a text that may be empty has perhaps none.
#[test]
fn what_is_not_empty_has_a_first_character() {
    let mut symbols = Symbols::default();
    let mut add =
        |format: Format| symbols.add(SymbolFacts { name: "another branch".into(), format, unique: true, fresh: true });
    let (branch, perhaps) = (add(Format::new("{a/-}", "a")), add(Format::any()));
    let form = |id| Form::new("heads/").then(&Form::new("").after(&[Mark::Symbol(id)]));
    let find = |id, text: &str| {
        let steps = crate::value::simplest(marks(text));
        let search = Search { inside: vec![vec![Pattern::new(&steps)]], outside: Vec::new() };
        matches!(search.find(&form(id), &symbols, &mut { ENOUGH }), Found::Text(_))
    };
    for text in ["heads/*", "heads/?*", "heads/*?", "heads/**", "?*"] {
        assert!(find(branch, text), "{text}");
    }
    for text in ["heads/?", "heads/??*", "heads/?*x", "heads/x*", "heads/"] {
        assert!(!find(branch, text), "{text}");
    }
    assert!(find(perhaps, "heads/*") && !find(perhaps, "heads/?*"));
}
