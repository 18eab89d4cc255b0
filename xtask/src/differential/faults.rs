//! The faults of other engines that are known, each with a pair that shows it: `engines/faults.jsonl`.

use std::path::Path;

use serde_json::Value;

use super::engine::Answer;
use super::pair::Pair;
use super::points::{Engine, Point};
use super::{decision, ours, target, word};

/// One fault.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Whose it is.
    pub engine: Engine,
    /// What a clean pair must not have.
    pub point: Point,
    /// What the engine does, in words.
    pub does: String,
    /// Where AWS says what is right.
    pub source: String,
    /// What is right.
    pub right: String,
    /// What the engine says.
    pub says: String,
    /// The pair.
    pub pair: Pair,
}

/// The faults of the list.
///
/// # Errors
/// Where the list cannot be read.
pub fn read(root: &Path) -> Result<Vec<Fault>, String> {
    let path = root.join("xtask/engines/faults.jsonl");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    text.lines().map(|line| fault(line).map_err(|error| format!("{error}: {line}"))).collect()
}

fn fault(line: &str) -> Result<Fault, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned).ok_or(format!("no {name}"));
    let (engine, point) = (text("engine")?, text("point")?);
    Ok(Fault {
        engine: Engine::parse(&engine).ok_or(format!("no engine {engine}"))?,
        point: Point::ALL.into_iter().find(|one| one.name() == point).ok_or(format!("no point {point}"))?,
        does: text("does")?,
        source: text("source")?,
        right: text("right")?,
        says: text("says")?,
        pair: Pair::parse(&value.get("pair").ok_or("no pair")?.to_string())?,
    })
}

/// Puts the pair of every fault to us and to the engine; a line each, and whether all of them show their fault.
///
/// # Errors
/// Where an engine does not run.
pub fn show(root: &Path, engines: &[Engine], out: &mut dyn FnMut(&str)) -> Result<bool, String> {
    let faults = read(root)?;
    let mut all_shown = true;
    for engine in engines {
        let mut running = engine.start(&target(root))?;
        for fault in faults.iter().filter(|fault| fault.engine == *engine) {
            let answers = running.ask(std::slice::from_ref(&fault.pair))?;
            let theirs = answers.first().map_or_else(String::new, word);
            let ours = decision(ours::decide(&fault.pair));
            let is_shown = ours == fault.right && theirs == fault.says && ours != theirs;
            all_shown &= is_shown;
            let verdict = if is_shown { "shown" } else { "NOT SHOWN" };
            out(&format!("{verdict}: {} {}: rolecall {ours}, it {theirs}", engine.name(), fault.point.name()));
        }
    }
    Ok(all_shown)
}

/// The table of the documentation.
pub fn table(faults: &[Fault]) -> String {
    let mut table = String::from("| engine | fault | right | it says | source |\n|---|---|---|---|---|\n");
    for fault in faults {
        let Fault { engine, point, does, source, right, says, .. } = fault;
        table += &format!("| {} | `{}`: {does} | {right} | {says} | {source} |\n", engine.name(), point.name());
    }
    table
}

/// The pairs, as lines of `rolecall eval`.
pub fn reproducers(faults: &[Fault]) -> String {
    let line = |fault: &Fault| {
        let Fault { engine, point, right, pair, .. } = fault;
        let line = pair.line();
        let rest = line.strip_prefix('{').unwrap_or(&line);
        format!("{{\"id\":\"{}/{}\",\"expect\":\"{right}\",{rest}\n", engine.name(), point.name())
    };
    format!("```json\n{}```\n", faults.iter().map(line).collect::<String>())
}

/// Whether an answer is one of the two words that a fault can have.
pub fn is_answer(text: &str) -> bool {
    [Answer::Allows(true), Answer::Allows(false)].iter().any(|answer| word(answer) == text)
}
