//! `cargo xtask plant`: faults planted in the evaluator, one at a time and in a copy of the checkout, each of which
//! the tests must catch.

mod list;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use list::FAULTS;

/// A fault to plant.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// The file, from the project's folder.
    pub file: &'static str,
    /// What stands there now, once.
    pub now: &'static str,
    /// What the fault makes of it.
    pub then: &'static str,
}

impl Fault {
    /// The text with the fault.
    ///
    /// # Errors
    /// Where what it changes does not stand there exactly once.
    pub fn plant(&self, text: &str) -> Result<String, String> {
        match text.matches(self.now).count() {
            1 => Ok(text.replacen(self.now, self.then, 1)),
            count => Err(format!("{}: {count} places in {} instead of one", self.name, self.file)),
        }
    }
}

/// Tests that must catch a fault: their name and the arguments of `cargo test`.
const SUITES: [(&str, &[&str]); 4] = [
    ("vectors", &["--package", "rolecall", "--test", "vectors"]),
    ("metamorphic", &["--package", "xtask", "--test", "metamorphic"]),
    ("differential", &["--package", "xtask", "--test", "differential"]),
    ("unit", &["--package", "rolecall", "--lib", "policy::"]),
];

/// Suites that must catch every fault between them; the others are only told of.
const REQUIRED: usize = 2;

/// What a suite said of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// So many tests failed.
    Caught(usize),
    Missed,
}

/// Plants every fault, or those whose names are given, and prints which suites caught it.
///
/// # Errors
/// Where a fault cannot be planted or is not caught, or the tests fail without one.
pub fn run(root: &Path, names: &[&str], out: &mut dyn FnMut(&str)) -> Result<(), String> {
    if let Some(unknown) = names.iter().find(|name| !FAULTS.iter().any(|fault| fault.name == **name)) {
        return Err(format!("no fault {unknown}"));
    }
    let copy = copy_of(root)?;
    out("| fault | vectors | metamorphic | differential | unit |\n|---|---|---|---|---|");
    let whole = judge(&copy)?;
    if whole.iter().any(|verdict| *verdict != Verdict::Missed) {
        return Err(format!("the tests fail without any fault: {}", row("none", &whole)));
    }
    let mut missed = Vec::new();
    for fault in FAULTS.iter().filter(|fault| names.is_empty() || names.contains(&fault.name)) {
        let path = copy.join(fault.file);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", fault.file))?;
        write(&path, &fault.plant(&text)?)?;
        let verdicts = judge(&copy);
        write(&path, &text)?;
        let verdicts = verdicts.map_err(|error| format!("{}: {error}", fault.name))?;
        out(&row(fault.name, &verdicts));
        if verdicts.iter().take(REQUIRED).all(|verdict| *verdict == Verdict::Missed) {
            missed.push(fault.name);
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("not caught: {}", missed.join(", "))) }
}

fn row(name: &str, verdicts: &[Verdict]) -> String {
    let words = verdicts.iter().map(|verdict| match verdict {
        Verdict::Caught(tests) => format!("{tests} failed"),
        Verdict::Missed => "-".to_owned(),
    });
    format!("| {name} | {} |", words.collect::<Vec<_>>().join(" | "))
}

/// Lays the files of the checkout, as they are now, below the build's folder. What is there already and is the same
/// stays, so that it is not built anew.
fn copy_of(root: &Path) -> Result<PathBuf, String> {
    let copy = super::differential::target(root).join("plant/checkout");
    let mut list = Command::new("git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let output = list.output().map_err(|error| format!("git: {error}"))?;
    let names = String::from_utf8(output.stdout).map_err(|error| format!("git: {error}"))?;
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), copy.join(name));
        let Ok(bytes) = std::fs::read(&from) else { continue };
        if std::fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        let folder = to.parent().unwrap_or(&copy);
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        std::fs::write(&to, bytes).map_err(|error| format!("{}: {error}", to.display()))?;
    }
    Ok(copy)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Builds the tests, and runs each suite.
fn judge(copy: &Path) -> Result<Vec<Verdict>, String> {
    SUITES.iter().map(|(name, arguments)| suite(copy, arguments).map_err(|error| format!("{name}: {error}"))).collect()
}

fn suite(copy: &Path, arguments: &[&str]) -> Result<Verdict, String> {
    let cargo = |last: &[&str]| {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["test", "--quiet"]).args(arguments).args(last).current_dir(copy);
        command.env("CARGO_TARGET_DIR", copy.with_file_name("target")).env("RUST_BACKTRACE", "0");
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").stdin(Stdio::null());
        command.output().map_err(|error| format!("cargo: {error}"))
    };
    let built = cargo(&["--no-run"])?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    let ran = cargo(&[])?;
    if ran.status.success() {
        return Ok(Verdict::Missed);
    }
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let failed = text.split_once(" passed; ").and_then(|(_, rest)| rest.split_once(" failed")?.0.parse().ok());
    failed.map(Verdict::Caught).ok_or_else(|| format!("the tests did not end: {text}"))
}
