//! How fast policies are evaluated, on the published vectors: `cargo bench --bench eval`.

use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use rolecall::policy::{self, Question};
use rolecall::source::FileId;
use rolecall::syntax::parse_json;
use rolecall::value::Symbols;

fn main() {
    divan::main();
}

/// Every vector: a policy and a request a line.
fn lines() -> Vec<Arc<str>> {
    let read = |file: &str| {
        let path = format!("{}/testdata/oracle/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let files = [read("trust-cases.jsonl"), read("trust-generated.jsonl")];
    files.iter().flat_map(|file| file.lines()).map(Arc::from).collect()
}

fn question(line: &Arc<str>) -> Question {
    policy::question(&parse_json(FileId(0), line)).unwrap()
}

#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    let lines = lines();
    let counter = ItemsCount::new(lines.len());
    bencher.counter(counter).bench_local(|| lines.iter().for_each(|line| drop(black_box(question(line)))));
}

#[divan::bench]
fn evaluate(bencher: Bencher<'_, '_>) {
    let (questions, symbols): (Vec<Question>, _) = (lines().iter().map(question).collect(), Symbols::default());
    let counter = ItemsCount::new(questions.len());
    let ask = |question: &Question| policy::evaluate(&question.policy, &question.request, &symbols).truth.is_true();
    bencher.counter(counter).bench_local(|| questions.iter().filter(|one| ask(black_box(one))).count());
}

#[divan::bench]
fn read_and_evaluate(bencher: Bencher<'_, '_>) {
    let (lines, symbols) = (lines(), Symbols::default());
    let counter = ItemsCount::new(lines.len());
    let ask = |line: &Arc<str>| {
        let Question { policy, request } = question(line);
        policy::evaluate(&policy, &request, &symbols).truth.is_true()
    };
    bencher.counter(counter).bench_local(|| lines.iter().filter(|line| ask(black_box(line))).count());
}
