//! The examples of the rule pages, run: each `bad` raises its rule, each `good` and `fixed` nothing; all
//! once more as JSON. The rendered findings of `bad` are kept in `testdata/pages`, and
//! `UPDATE_SNAPSHOTS=1 cargo test --test examples` rewrites them.

mod page;
mod turn;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use page::{Example, Language, Shows, examples};
use rolecall::checks::{Rule, rule, rules};
use rolecall::finding::{Finding, Outcome, Severity, Status};
use rolecall::report::{self, Format};
use rolecall::run::check_texts;
use rolecall::source::FileId;
use rolecall::syntax::parse_yaml;
use similar::TextDiff;

/// Fails with every complaint about every example at once.
fn each_example(look: impl Fn(&Example) -> Vec<String>) {
    let of = |rule: &Rule| match examples(rule) {
        Ok(examples) => examples.iter().flat_map(&look).collect(),
        Err(complaint) => vec![format!("{}: {complaint}", rule.id)],
    };
    let complaints: Vec<String> = rules().iter().flat_map(of).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n\n"));
}

fn files(example: &Example) -> Vec<(String, String)> {
    example.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect()
}

/// The same example with its YAML files turned into JSON; none where it stays as it is written.
fn turned(example: &Example) -> Result<Option<Vec<(String, String)>>, String> {
    if example.only {
        return Ok(None);
    }
    let one = |file: &page::File| match file.language {
        Language::Yaml => turn::file(&file.path, &file.text).map_err(|error| format!("{}: {error}", example.title())),
        Language::Json | Language::Text => Ok((file.path.clone(), file.text.clone())),
    };
    example.files.iter().map(one).collect::<Result<_, _>>().map(Some)
}

/// What the page's reader would be shown: findings of the default visibility, and those of the page's
/// own rule whatever their severity, as if it were selected by its id.
fn check(example: &Example, files: Vec<(String, String)>) -> Outcome {
    let mut outcome = check_texts(files);
    let own = |finding: &Finding| example.shows == Shows::Bad && finding.rule == example.rule;
    outcome.findings.retain(|finding| by_default(finding) || (own(finding) && finding.status == Status::Definite));
    outcome
}

fn by_default(finding: &Finding) -> bool {
    finding.severity >= Severity::Warning && finding.status == Status::Definite
}

fn found(outcome: &Outcome) -> BTreeSet<&'static str> {
    outcome.findings.iter().map(|finding| finding.rule).collect()
}

/// The rules that must speak: a rule that `also` names counts from the day that it is built.
fn wanted(example: &Example) -> BTreeSet<&'static str> {
    let own = (example.shows == Shows::Bad).then_some(example.rule);
    own.into_iter().chain(example.also.iter().filter_map(|id| rule(id)).map(|rule| rule.id)).collect()
}

/// What of the findings must not depend on the grammar of the files.
fn spots(outcome: &Outcome) -> Vec<(&'static str, Severity, Option<&str>, Option<&str>)> {
    let mut spots = Vec::new();
    for finding in &outcome.findings {
        let subject = &finding.subject;
        spots.push((finding.rule, finding.severity, subject.logical_id.as_deref(), subject.property.as_deref()));
    }
    spots.sort();
    spots
}

fn listed(outcome: &Outcome) -> String {
    let lines = outcome.findings.iter().map(|finding| format!("  {} {}", finding.rule, finding.message));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn bad_examples_raise_their_rule_and_good_ones_nothing() {
    each_example(|example| {
        let outcome = check(example, files(example));
        let (found, wanted) = (found(&outcome), wanted(example));
        if found == wanted {
            return Vec::new();
        }
        vec![format!("{}: found {found:?}, not {wanted:?}\n{}", example.title(), listed(&outcome))]
    });
}

#[test]
fn examples_as_json_raise_the_same() {
    each_example(|example| {
        let json = match turned(example) {
            Ok(Some(files)) => files,
            Ok(None) => return Vec::new(),
            Err(complaint) => return vec![complaint],
        };
        let texts: Vec<_> = json.iter().map(|(path, text)| format!("{path}:\n{text}")).collect();
        let (written, turned) = (check(example, files(example)), check(example, json));
        if spots(&written) == spots(&turned) {
            return Vec::new();
        }
        let (written, turned) = (spots(&written), spots(&turned));
        vec![format!("{}:\n  YAML {written:?}\n  JSON {turned:?}\n{}", example.title(), texts.join("\n"))]
    });
}

#[test]
fn bad_examples_read_as_they_did() {
    let update = env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1");
    let folder = testdata().join("pages");
    let mut expected = BTreeSet::new();
    let mut complaints = Vec::new();
    for rule in rules() {
        let found = examples(rule).unwrap_or_else(|complaint| panic!("{}: {complaint}", rule.id));
        for example in found.iter().filter(|example| example.shows == Shows::Bad) {
            let name = format!("{}-{}.txt", rule.id, example.number);
            let now = rendered(&check(example, files(example)));
            complaints.extend(compare(&folder.join(&name), &now, update).map(|diff| format!("{name}\n{diff}")));
            expected.insert(name);
        }
    }
    for name in names(&folder).difference(&expected) {
        match update {
            true => fs::remove_file(folder.join(name)).expect("a snapshot can be removed"),
            false => complaints.push(format!("{name} belongs to no example")),
        }
    }
    let hint = "UPDATE_SNAPSHOTS=1 cargo test --test examples writes them anew; read the diff before you commit it";
    assert!(complaints.is_empty(), "\n{}\n{hint}\n", complaints.join("\n"));
}

fn rendered(outcome: &Outcome) -> String {
    let mut bytes = Vec::new();
    // The summary counts files and depends on the clock; it is not about the rule.
    let options = report::Options { color: false, quiet: true, ..report::Options::default() };
    report::write(Format::Text, outcome, &options, &mut bytes).expect("a vector takes every byte");
    String::from_utf8(bytes).expect("a report is UTF-8")
}

/// The difference between a snapshot and what it should be; or makes it so.
fn compare(path: &Path, now: &str, update: bool) -> Option<String> {
    let before = fs::read_to_string(path).unwrap_or_default();
    if before == now {
        return None;
    }
    if update {
        fs::create_dir_all(path.parent()?).expect("the folder of snapshots can be made");
        fs::write(path, now).expect("a snapshot can be written");
        return None;
    }
    Some(TextDiff::from_lines(before.as_str(), now).unified_diff().header("kept", "now").to_string())
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// The names in a folder; none if it is not there.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.expect("a folder can be listed").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn seed_systems_raise_what_their_table_says() {
    let folder = testdata().join("seeds");
    let table = fs::read_to_string(folder.join("README.md")).expect("the table of the seed systems");
    let rows: Vec<_> = table.lines().filter_map(row).collect();
    let listed: BTreeSet<_> = rows.iter().map(|row| row.file.to_owned()).collect();
    let present = names(&folder).into_iter().filter(|name| name != "README.md").collect();
    assert_eq!(listed, present, "the table and the folder differ");
    let mut complaints = Vec::new();
    for row in rows {
        let text = fs::read_to_string(folder.join(row.file)).expect("a seed system can be read");
        let outcome = check_texts(vec![(row.file.to_owned(), text)]);
        let built = |ids: &[&str]| ids.iter().filter_map(|id| rule(id)).map(|rule| rule.id).collect::<BTreeSet<_>>();
        let found = outcome.findings.iter().filter(|finding| by_default(finding)).map(|finding| finding.rule).collect();
        if built(&row.complete) != found {
            complaints.push(format!("{}: found {found:?}, the table says {:?}", row.file, built(&row.complete)));
        }
        if built(&row.complete) != row.now.iter().copied().collect() {
            complaints.push(format!("{}: the column `now` is out of date: {:?}", row.file, built(&row.complete)));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// A row of the table in `testdata/seeds/README.md`.
struct Row<'t> {
    file: &'t str,
    /// What the rules built so far are expected to raise.
    now: Vec<&'t str>,
    /// What all rules of the catalogue will raise, findings of severity info left out.
    complete: Vec<&'t str>,
}

fn row(line: &str) -> Option<Row<'_>> {
    let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
    let file = cells.next()?.trim_end_matches('`');
    let mut ids = || Some(cells.next()?.split(", ").filter(|id| !id.is_empty() && *id != "none").collect());
    Some(Row { file, now: ids()?, complete: ids()? })
}

#[test]
fn yaml_turns_into_the_json_that_means_the_same() {
    let yaml = "\
Outputs:
  Sub: !Sub '${A}-x'
  Attribute: !GetAtt Nested.Outputs.Arn
  Pair: !GetAtt [Role, !Ref Name]
  Choice: !If [IsProd, !Ref A, !Ref AWS::NoValue]
  Both: !And [!Condition IsProd, !Not [!Equals [!Ref A, 012]]]
  Twice: 1
  Twice: 2
  Numbers: [1, 1.10, 012345678901, +4]
  Words: [yes, 'yes', ~, 2012-10-17, null]
  Nothing:
  Text: |
    \"a\"
";
    let json = turn::to_json(&parse_yaml(FileId(0), &Arc::from(yaml))).expect("it is a template");
    let words: Vec<_> = json.split_whitespace().collect();
    let expected = r#"
{ "Outputs": {
  "Sub": { "Fn::Sub": "${A}-x" },
  "Attribute": { "Fn::GetAtt": ["Nested", "Outputs.Arn"] },
  "Pair": { "Fn::GetAtt": [ "Role", { "Ref": "Name" } ] },
  "Choice": { "Fn::If": [ "IsProd", { "Ref": "A" }, { "Ref": "AWS::NoValue" } ] },
  "Both": { "Fn::And": [ { "Condition": "IsProd" }, { "Fn::Not": [ { "Fn::Equals": [ { "Ref": "A" }, "012" ] } ] } ] },
  "Twice": 1,
  "Twice": 2,
  "Numbers": [ 1, 1.10, "012345678901", "+4" ],
  "Words": [ true, "yes", null, "2012-10-17", null ],
  "Nothing": null,
  "Text": "\"a\"\n"
} }"#;
    assert_eq!(words, expected.split_whitespace().collect::<Vec<_>>(), "{json}");
}
