//! Makes the table of rules out of the pages in `rules/` and the checks in `src/checks/`. A page
//! without a check, or a check without a page, does not compile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/checks");
    println!("cargo::rerun-if-changed=data");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let pages = stems(&root.join("rules"), "md");
    let checks = stems(&root.join("src/checks"), "rs");
    for (key, path) in &checks {
        assert!(pages.contains_key(key), "{} has no page in rules/", path.display());
    }
    let mut rows = BTreeMap::new();
    for ((group, stem), path) in &pages {
        assert!(checks.contains_key(&(group.clone(), stem.clone())), "{} has no check in src/checks/", path.display());
        let (id, row) = row(&root, group, stem, path);
        let earlier = rows.insert(id.clone(), row);
        assert!(earlier.is_none(), "two pages have the id {id}");
    }
    let table = rows.into_values().collect::<String>();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("rules.rs");
    fs::write(out, format!("&[{table}]")).expect("OUT_DIR can be written");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("tables.rs");
    fs::write(out, format!("&[{}]", tables(&root.join("data")))).expect("OUT_DIR can be written");
}

/// Name and date of every table in `data`; one without a date does not compile.
fn tables(folder: &Path) -> String {
    let mut files = read_dir(folder);
    files.extend(read_dir(&folder.join("providers")));
    files.retain(|path| path.extension().is_some_and(|extension| extension == "tsv" || extension == "toml"));
    files.sort();
    let row = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let date = date(&text).unwrap_or_else(|| panic!("{} has no date", path.display()));
        let shown = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
        format!("({shown:?}, {date:?}), ")
    };
    files.iter().map(row).collect()
}

/// The date in the head of a table: `2026-11-26`, in a comment or as the value of `date`.
fn date(text: &str) -> Option<&str> {
    let head = text.lines().filter(|line| line.starts_with('#') || line.starts_with("date = "));
    let is_date = |text: &&str| {
        let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = text.split('-').collect();
        matches!(parts.as_slice(), [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
    };
    let mut words = head.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
    words.find(is_date)
}

/// Group and stem (with `_` for `-`) of every file `<folder>/<group>/<stem>.<extension>`.
fn stems(folder: &Path, extension: &str) -> BTreeMap<(String, String), PathBuf> {
    let mut found = BTreeMap::new();
    for group in read_dir(folder).into_iter().filter(|path| path.is_dir()) {
        for file in read_dir(&group).into_iter().filter(|path| path.extension().is_some_and(|e| e == extension)) {
            let stem = name(file.with_extension("").as_path());
            if stem != "mod" {
                found.insert((name(&group), stem.replace('-', "_")), file);
            }
        }
    }
    found
}

fn read_dir(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("a folder can be listed").path()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// One row of the table, from the front matter of a page.
fn row(root: &Path, group: &str, stem: &str, path: &Path) -> (String, String) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let fail = |what: &str| -> ! { panic!("{}: {what}", path.display()) };
    let Some((front, _)) = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) else {
        fail("no front matter");
    };
    let mut fields = BTreeMap::new();
    for line in front.lines() {
        let Some((key, value)) = line.split_once(": ") else { fail(&format!("'{line}' is no `key: value`")) };
        fields.insert(key.trim(), value.trim());
    }
    let known = ["id", "name", "severity", "confidence", "since", "tags", "references", "admits"];
    if let Some(key) = fields.keys().find(|key| !known.contains(*key)) {
        fail(&format!("unknown key '{key}'"));
    }
    let field = |key: &str| fields.get(key).copied().unwrap_or_else(|| fail(&format!("no '{key}'")));
    let list = |key: &str, between: char| {
        let members = field(key).split(between).map(str::trim).filter(|member| !member.is_empty());
        members.map(|member| format!("{member:?}, ")).collect::<String>()
    };
    let severity = match field("severity") {
        "error" => "Error",
        "warning" => "Warning",
        "info" => "Info",
        other => fail(&format!("unknown severity '{other}'")),
    };
    let admits = match fields.get("admits") {
        None => false,
        Some(&"yes") => true,
        Some(other) => fail(&format!("'admits' is 'yes' or not there, not '{other}'")),
    };
    let kind = match group {
        "inp" => "Reading",
        "sup" => "Suppression",
        _ => "Graph",
    };
    let file = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let row = format!(
        "Rule {{ id: {id:?}, name: {name:?}, group: {group:?}, severity: Severity::{severity}, \
         confidence: {confidence:?}, admits: {admits}, since: {since:?}, tags: &[{tags}], references: &[{references}], \
         page: include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/\", {file:?})), \
         check: Check::{kind}(crate::checks::{group}::{stem}::check) }},\n",
        id = field("id"),
        name = field("name"),
        confidence = field("confidence"),
        since = field("since"),
        tags = list("tags", ','),
        references = list("references", ';'),
    );
    (field("id").to_owned(), row)
}
