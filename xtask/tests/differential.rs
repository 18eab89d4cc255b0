//! The pairs of `cargo xtask differential` and the list of faults, as far as they can be held without the engines.

use std::path::Path;
use std::sync::Arc;

use rolecall::policy;
use rolecall::source::FileId;
use rolecall::syntax::parse_json;
use rolecall::value::{Symbols, Truth};
use xtask::differential::faults::{self, Fault};
use xtask::differential::generate::Grammar;
use xtask::differential::pair::Pair;
use xtask::differential::points::{Engine, Point};
use xtask::differential::random::Random;
use xtask::differential::{decision, ours};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn pairs(grammar: &Grammar, count: usize) -> Vec<Pair> {
    let mut random = Random::new(7, 0);
    (0..count).map(|_| grammar.pair(&mut random)).collect()
}

#[test]
fn every_pair_for_an_engine_is_clean_and_decided() {
    for engine in Engine::ALL {
        let avoid = Point::to_avoid(Some(engine));
        let pairs = pairs(&Grammar::clean_for(engine), 4000);
        let mut allowed = 0;
        for pair in &pairs {
            let found = avoid.iter().find(|point| point.is_in(pair));
            assert_eq!(found, None, "{}", pair.line());
            let truth = ours::decide(pair);
            assert_ne!(truth, Truth::Unknown, "{}", pair.line());
            allowed += usize::from(truth.is_true());
        }
        assert!((800..2000).contains(&allowed), "{}: {allowed} of 4000 allowed", engine.name());
    }
}

#[test]
fn what_one_engine_gets_wrong_is_put_to_the_other() {
    for engine in Engine::ALL {
        let pairs = pairs(&Grammar::clean_for(engine), 20_000);
        for point in Point::ALL {
            let is_there = pairs.iter().any(|pair| point.is_in(pair));
            let is_put = !point.engines().is_empty() && !point.engines().contains(&engine);
            assert_eq!(is_there, is_put, "{} for {}", point.name(), engine.name());
        }
    }
}

#[test]
fn a_pair_is_the_line_that_it_writes() {
    for pair in pairs(&Grammar::everything(), 2000) {
        let line = pair.line();
        assert_eq!(Pair::parse(&line).unwrap().line(), line);
        let document = parse_json(FileId(0), &Arc::from(line.as_str()));
        let question = policy::question(&document).unwrap_or_else(|fault| panic!("{}: {line}", fault.message));
        let read = policy::evaluate(&question.policy, &question.request, &Symbols::default()).truth;
        assert_eq!(read, ours::decide(&pair), "{line}");
    }
}

#[test]
fn the_list_of_faults_has_one_for_each_point_and_engine() {
    let faults = faults::read(root()).unwrap();
    for fault in &faults {
        let Fault { engine, point, right, says, pair, .. } = fault;
        assert!(point.engines().contains(engine), "{} {}", engine.name(), point.name());
        assert!(point.is_in(pair), "{} {}: its pair has it not", engine.name(), point.name());
        assert_eq!(decision(ours::decide(pair)), right, "{}", pair.line());
        assert!(right != says && faults::is_answer(right) && faults::is_answer(says));
        // Nothing else in the pair is a reason for the engine to differ.
        let others = Point::to_avoid(Some(*engine)).into_iter().filter(|other| other != point && other.is_in(pair));
        assert_eq!(others.collect::<Vec<_>>(), [], "{}", pair.line());
    }
    for point in Point::ALL {
        for engine in point.engines() {
            let shown = faults.iter().filter(|fault| fault.point == point && fault.engine == *engine).count();
            assert_eq!(shown, 1, "{} {}", engine.name(), point.name());
        }
    }
}

#[test]
fn the_document_has_the_faults_as_they_are_listed() {
    let document = std::fs::read_to_string(root().join("docs/differential.md")).unwrap();
    let faults = faults::read(root()).unwrap();
    for part in [faults::table(&faults), faults::reproducers(&faults)] {
        assert!(document.contains(&part), "docs/differential.md lacks what `cargo xtask differential --table` says");
    }
    let results = std::fs::read_to_string(root().join("docs/evaluator.md")).unwrap();
    for engine in Engine::ALL {
        let name = format!("{} {}", engine.name(), engine.version(root()).unwrap());
        assert!(results.contains(&name), "docs/evaluator.md does not name {name}");
    }
}
