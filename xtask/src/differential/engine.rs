//! Engines that others wrote, as programs of their own: how they are installed below the build's folder, in the
//! versions that the lock files beside their adapters say, and how they are asked.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::pair::Pair;
use super::points::Engine;

/// Pairs that are sent before their answers are read. The answers of so many fit into a pipe, so that nobody waits
/// for the other: an adapter's answer has at most 160 characters.
pub const BATCH: usize = 256;

/// A running engine.
pub struct Running {
    engine: Engine,
    child: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What an engine says of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is let in, or is not.
    Allows(bool),
    /// It cannot say.
    Fails(String),
}

impl Engine {
    /// The version that is installed.
    ///
    /// # Errors
    /// Where the adapter's lock file cannot be read.
    pub fn version(self, root: &Path) -> Result<String, String> {
        let (file, before) = match self {
            Self::IamSimulate => ("package.json", "\"@cloud-copilot/iam-simulate\": \""),
            Self::Fakecloud => ("Cargo.toml", "fakecloud-iam = \"="),
        };
        let text = read(&self.adapter(root).join(file))?;
        let version = text.split_once(before).and_then(|(_, rest)| Some(rest.split_once('"')?.0));
        version.map(str::to_owned).ok_or_else(|| format!("{file} names no version of {}", self.name()))
    }

    fn adapter(self, root: &Path) -> PathBuf {
        root.join("xtask/engines").join(self.name())
    }

    fn home(target: &Path, engine: Self) -> PathBuf {
        target.join("engines").join(engine.name())
    }

    /// Installs it below `target`, unless it is there.
    ///
    /// # Errors
    /// Where npm or cargo fail.
    pub fn install(self, root: &Path, target: &Path) -> Result<(), String> {
        let (adapter, home) = (self.adapter(root), Self::home(target, self));
        std::fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
        match self {
            Self::IamSimulate => install_node(&adapter, &home),
            Self::Fakecloud => {
                let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
                let mut command = Command::new(cargo);
                command.args(["build", "--quiet", "--release", "--locked"]);
                command.arg("--manifest-path").arg(adapter.join("Cargo.toml"));
                command.arg("--target-dir").arg(&home);
                run(&mut command)
            }
        }
    }

    /// Starts it, once it is installed.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start(self, target: &Path) -> Result<Running, String> {
        let home = Self::home(target, self);
        let mut command = match self {
            Self::IamSimulate => {
                let mut command = Command::new("node");
                command.arg("adapter.js").current_dir(&home);
                command
            }
            Self::Fakecloud => Command::new(home.join("release/fakecloud-iam-adapter")),
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).env("TZ", "UTC");
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", self.name()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{} has no pipes", self.name()));
        };
        Ok(Running { engine: self, child, input: BufWriter::new(input), output: BufReader::new(output) })
    }
}

impl Running {
    /// Its answers, in order, to at most [`BATCH`] pairs.
    ///
    /// # Errors
    /// Where it died or says something else.
    pub fn ask(&mut self, pairs: &[Pair]) -> Result<Vec<Answer>, String> {
        let name = self.engine.name();
        let failed = |error: std::io::Error| format!("{name}: {error}");
        for pair in pairs {
            writeln!(self.input, "{}", pair.line()).map_err(failed)?;
        }
        self.input.flush().map_err(failed)?;
        pairs.iter().map(|_| self.answer()).collect()
    }

    fn answer(&mut self) -> Result<Answer, String> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line).map_err(|error| format!("{}: {error}", self.engine.name()))?;
        match line.trim_end() {
            _ if read == 0 => Err(format!("{} ended", self.engine.name())),
            "Allow" => Ok(Answer::Allows(true)),
            "Deny" => Ok(Answer::Allows(false)),
            other => Ok(Answer::Fails(other.to_owned())),
        }
    }
}

impl Drop for Running {
    /// Ends the program that was started here.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Puts the adapter where its packages are, and installs them where the lock file is another than last time.
fn install_node(adapter: &Path, home: &Path) -> Result<(), String> {
    let lock = read(&adapter.join("package-lock.json"))?;
    let installed = home.join("installed-lock.json");
    for file in ["adapter.js", "package.json", "package-lock.json"] {
        std::fs::copy(adapter.join(file), home.join(file)).map_err(|error| format!("{file}: {error}"))?;
    }
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    let mut command = Command::new("npm");
    run(command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(home))?;
    std::fs::write(&installed, lock).map_err(|error| format!("{}: {error}", installed.display()))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}
