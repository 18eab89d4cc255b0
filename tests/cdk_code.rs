//! CDK output beside the app that made it: every format shows the user's own line, and whatever a trace
//! names, no file outside of the source root is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;

const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");

/// A folder with an output of CDK and perhaps its app.
struct Project(TempDir);

impl Project {
    /// The output in `cdk.out`, and the sources of an app around it.
    fn new(output: &str, app: Option<&str>) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        copy(&Path::new(TESTDATA).join("cdk").join(output), &project.0.path().join("cdk.out"));
        if let Some(app) = app {
            copy(&Path::new(TESTDATA).join("cdk-apps").join(app), project.0.path());
        }
        // What a checkout wrote last says nothing.
        project.write("cdk.json", "{}");
        project.touch("cdk.out/manifest.json", 60);
        project
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn change(&self, path: &str, change: impl Fn(String) -> String) {
        let text = fs::read_to_string(self.0.path().join(path)).unwrap();
        self.write(path, change(text));
    }

    /// Makes a file as if it had been written so many seconds from now.
    fn touch(&self, path: &str, seconds: u64) {
        let file = fs::File::options().append(true).open(self.0.path().join(path)).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(seconds)).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command.current_dir(self.0.path()).arg("check").args(arguments).env_remove("CLICOLOR_FORCE").output().unwrap()
    }

    fn text(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.run(arguments).stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[&["-f", "json"], arguments].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// For each logical id the place of its finding, `path:line:column`; `near` before it where it is not exact.
    fn lines(&self) -> BTreeMap<String, String> {
        let report = self.json(&[]);
        let line = |finding: &Value| {
            let (location, code) = (&finding["location"], &finding["code"]);
            let near = if code["exact"] == true { "" } else { "near " };
            let column = location["start"]["column"].as_u64().map(|column| format!(":{column}")).unwrap_or_default();
            let place = format!("{near}{}:{}{column}", location["path"].as_str().unwrap(), location["start"]["line"]);
            (finding["logicalId"].as_str().unwrap().to_owned(), place)
        };
        report["findings"].as_array().unwrap().iter().map(line).collect()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to)
        } else {
            fs::write(to, fs::read(entry.path()).unwrap()).unwrap()
        }
    }
}

// The lines of real apps, as their source has them

/// The app `t-trace` has no mistake that is found, so its roles are given one: nobody may assume them.
fn without_services(output: &str) -> Project {
    let project = Project::new(output, Some("t-trace"));
    for template in ["cdk.out/Trace.template.json", "cdk.out/TraceInnerDBB9B930.nested.template.json"] {
        project.change(template, |text| text.replace("\"ec2.amazonaws.com\"", "\"\""));
    }
    project
}

#[test]
fn one_app_traced_in_six_ways() {
    let expected = |l1_role: &str| {
        let lines = [
            ("HelperRoleD1833F54", "lib/stack.ts:22:18"),
            ("L1Role", l1_role),
            ("LoopA7191E65B", "lib/stack.ts:31:33"),
            ("LoopB743C754B", "lib/stack.ts:31:33"),
            ("NestedRole24EA2BD6", "lib/stack.ts:13:18"),
        ];
        lines.map(|(id, line)| (id.to_owned(), line.to_owned())).into_iter().collect::<BTreeMap<_, _>>()
    };
    for output in ["t-trace-tsx", "t-trace-tsnode", "t-trace-js-maps", "t-trace-limit50", "t-trace-js"] {
        assert_eq!(without_services(output).lines(), expected("lib/stack.ts:26:16"), "{output}");
    }
    // With --debug-app the output also says which line set the property.
    assert_eq!(without_services("t-trace-debug").lines(), expected("lib/stack.ts:28:8"));
}

#[test]
fn scripts_without_their_sources_are_shown_themselves() {
    let project = without_services("t-trace-js");
    fs::remove_dir_all(project.0.path().join("lib")).unwrap();
    let lines = project.lines();
    assert_eq!(lines["L1Role"], "dist/lib/stack.js:61:20");
    assert_eq!(lines["HelperRoleD1833F54"], "dist/lib/stack.js:56:22");
}

#[test]
fn ten_roles_made_by_one_helper() {
    let lines = Project::new("c-cognito", Some("c-cognito")).lines();
    for (id, line) in [
        ("NoAudRole604C1729", "lib/l1-bad.ts:27:19"),
        ("NoConditionsRole5E871B24", "lib/l1-bad.ts:28:26"),
        ("NoAmrRoleC276BE2B", "lib/l1-bad.ts:29:19"),
        ("UnauthAmrRole7C5AC8EC", "lib/l1-bad.ts:30:23"),
        ("WrongPoolRole6D670803", "lib/l1-bad.ts:32:23"),
        ("LiteralAudRoleC0D4FD82", "lib/l1-bad.ts:34:24"),
        ("WildcardAudRole04C0B16C", "lib/l1-bad.ts:36:21"),
        ("ForAllValuesRole73ABDF1E", "lib/l1-bad.ts:38:20"),
        ("WrongActionRole84C212C1", "lib/l1-bad.ts:40:24"),
        ("LambdaTrustRole8543D26F", "lib/l1-bad.ts:41:24"),
        ("NoTagSessionRole9BB9B5CB", "lib/l1-bad.ts:43:19"),
        ("TieGroup", "lib/l1-bad.ts:51:5"),
        ("PlainRole4E01DE29", "lib/l2.ts:44:19"),
        ("OpenRole5B2BF9A5", "lib/l2.ts:45:18"),
    ] {
        assert_eq!(lines[id], line, "{id}");
    }
}

// What each format shows

#[test]
fn python_in_every_format() {
    let project = Project::new("f-python-hosttraces", Some("f-python"));
    let plain = project.text(&["-f", "plain"]);
    let first = plain.lines().next().unwrap();
    assert!(first.starts_with("idapp/cognito_stack.py:35:1: error[CGT001] "), "{first}");

    let report = project.json(&[]);
    let finding = &report["findings"][0];
    let start = json!({"line": 35, "column": null, "offset": null});
    assert_eq!(finding["location"], json!({"path": "idapp/cognito_stack.py", "start": start, "end": null}));
    assert_eq!(finding["template"]["path"], "cdk.out/PyBad.template.json");
    assert_eq!(finding["template"]["start"]["line"], 95);
    assert_eq!(finding["code"]["helpers"][0]["line"], 11);
    assert_eq!(finding["code"]["callers"][0]["path"], "app.py");
    assert_eq!(report["notes"], json!([]));

    let github = project.text(&["-f", "github"]);
    assert!(github.starts_with("::error file=idapp/cognito_stack.py,line=35,title="), "{github}");

    let sarif: Value = serde_json::from_str(&project.text(&["-f", "sarif"])).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    let physical = &result["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "idapp/cognito_stack.py");
    assert_eq!(physical["region"], json!({"startLine": 35}));
    let related = |at: usize| &result["relatedLocations"][at]["physicalLocation"];
    assert_eq!(related(0)["artifactLocation"]["uri"], "cdk.out/PyBad.template.json");
    assert_eq!(related(0)["region"]["startLine"], 95);
    assert_eq!(related(1)["region"], json!({"startLine": 11}));

    let text = project.text(&[]);
    let shown = "\
    ╭─[ idapp/cognito_stack.py:35 ]
    │ construct: PyBad/AdminRole
    │
 35 │         admin = pool_role(self, \"AdminRole\", pool, good)  # BAD: no aud
    │         ───────────────────────────────┬───────────────────────────────
    │                                        ╰── makes it
    │
 11 │     return iam.Role(  # line 11
    │     ─────────────┬─────────────
    │                  ╰── in a helper that makes several constructs
    │
    ├─[ cdk.out/PyBad.template.json:95:8 ]
    │
 95 │        \"Condition\": {
";
    assert!(text.contains(shown), "{text}");
}

#[test]
fn where_only_the_construct_is_known_it_is_shown() {
    let text = Project::new("f-python", None).text(&[]);
    let shown = "\
    ╭─[ cdk.out/PyBad.template.json:95:8 ]
    │ construct: PyBad/AdminRole
    │
 95 │        \"Condition\": {
";
    assert!(text.contains(shown), "{text}");
}

// Without a trace

#[test]
fn without_a_trace_the_only_line_with_the_id_is_a_hint() {
    let project = Project::new("f-python", Some("f-python"));
    // Neither the app's libraries nor what is ignored, hidden or no program has a say.
    for other in ["node_modules/a.js", ".venv/a.py", "gone/a.py", "cdk.out/asset.1/a.py", "notes.md"] {
        project.write(other, "\"AdminRole\"");
    }
    project.write(".gitignore", "gone\n");
    let (report, without) = (project.json(&[]), Project::new("f-python", None).json(&[]));
    let findings = report["findings"].as_array().unwrap();
    let hints: Vec<String> = findings.iter().map(|finding| hint(finding).unwrap()).collect();
    let file = "idapp/cognito_stack.py";
    assert_eq!(hints, [35, 36, 39, 42].map(|line| format!("{file}:{line}")));
    // They are the lines that traces tell of the same app.
    let traced = Project::new("f-python-hosttraces", Some("f-python")).text(&["-f", "plain"]);
    let traced: Vec<&str> = traced.lines().filter_map(|line| line.split(":1: ").next()).collect();
    let mut expected = hints.clone();
    // A trace tells the line on which a call begins; the id stands on the next one.
    expected[3] = format!("{file}:41");
    assert_eq!(traced[..hints.len()], expected);
    assert_eq!(
        findings[0]["code"],
        json!({"exact": false, "hint": true, "message": "the only line with AdminRole in quotes", "function": null,
            "path": file, "line": 35, "column": null, "found": true, "helpers": [], "callers": []})
    );
    // A hint is all that the sources add.
    let mut bare = report.clone();
    bare["findings"].as_array_mut().unwrap().iter_mut().for_each(|finding| finding["code"] = Value::Null);
    assert_eq!(bare["findings"], without["findings"]);
    assert_eq!(report["notes"], json!([]));

    let shown = "\
    ╭─[ cdk.out/PyBad.template.json:95:8 ]
    │ construct: PyBad/AdminRole
    │ code: perhaps idapp/cognito_stack.py:35, the only line with AdminRole in quotes
    │
";
    let text = project.text(&[]);
    assert!(text.contains(shown), "{text}");
    for format in ["plain", "github"] {
        let without = Project::new("f-python", None).text(&["-f", format]);
        assert_eq!(project.text(&["-f", format]), without);
    }
    let sarif: Value = serde_json::from_str(&project.text(&["-f", "sarif"])).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    let template = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(template, "cdk.out/PyBad.template.json");
    let related = &result["relatedLocations"][0];
    assert_eq!(related["physicalLocation"]["artifactLocation"]["uri"], file);
    assert_eq!(related["physicalLocation"]["region"], json!({"startLine": 35}));
    let message = "perhaps what makes it, a guess: the only line with AdminRole in quotes";
    assert_eq!(related["message"]["text"], message);
}

/// The guess for a finding, `path:line`; nothing else may be known of its line.
fn hint(finding: &Value) -> Option<String> {
    let code = &finding["code"];
    assert!(code.is_null() || code["hint"] == true, "{code}");
    assert!(finding["location"]["path"].as_str().unwrap().starts_with("cdk.out/"), "{finding}");
    code["path"].as_str().map(|path| format!("{path}:{}", code["line"]))
}

#[test]
fn an_id_on_two_lines_is_no_hint() {
    let project = Project::new("f-python", Some("f-python"));
    project.write("test/stack_test.py", "find('AdminRole')\n");
    let hints = |project: &Project, arguments: &[&str]| -> Vec<Option<String>> {
        project.json(arguments)["findings"].as_array().unwrap().iter().map(hint).collect()
    };
    let file = "idapp/cognito_stack.py";
    let [user, group, mapping] = [36, 39, 42].map(|line| Some(format!("{file}:{line}")));
    assert_eq!(hints(&project, &[]), [None, user.clone(), group.clone(), mapping.clone()]);
    assert_eq!(hints(&project, &["--exclude", "test"]), [Some(format!("{file}:35")), user, group, mapping]);
    // Another folder has other lines.
    assert_eq!(
        hints(&project, &["--source-root", "test"]),
        [Some("test/stack_test.py:1".to_owned()), None, None, None]
    );
}

#[cfg(unix)]
#[test]
fn a_hint_follows_no_link() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a.py"), "'AdminRole'").unwrap();
    let project = Project::new("f-python", None);
    std::os::unix::fs::symlink(outside.path(), project.0.path().join("folder")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("a.py"), project.0.path().join("link.py")).unwrap();
    let report = project.json(&[]);
    assert!(report["findings"].as_array().unwrap().iter().all(|finding| hint(finding).is_none()), "{report}");
}

#[test]
fn hostile_ids_are_only_texts() {
    for (id, line, is_found) in [
        (".*".to_owned(), "'.*' 'AdminRole'", true),
        ("(a+)+$".to_owned(), "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'", false),
        ("[".to_owned(), "`[`", true),
        ("it's \"\u{1b}[31m\u{202e}".to_owned(), "`it's \"\u{1b}[31m\u{202e}`", true),
        ("'\"`".to_owned(), "''\"`'", false),
        ("a\nb".to_owned(), "'a\nb'", false),
        (String::new(), "''", false),
        ("x".repeat(10 << 20), "'x'", false),
    ] {
        let project = Project::new("f-python", None);
        let path = Value::from(format!("PyBad/{id}/Resource")).to_string();
        project.change("cdk.out/PyBad.template.json", |text| text.replace("\"PyBad/AdminRole/Resource\"", &path));
        project.write("lib/a.ts", format!("\n{line}\n"));
        let report = project.json(&[]);
        assert_eq!(hint(&report["findings"][0]).is_some(), is_found, "{}", &id[..id.len().min(20)]);
        for format in ["text", "plain", "json", "sarif", "github"] {
            let text = project.text(&["-f", format]);
            // The SARIF report has the pages of all rules, whatever was found.
            let pages: usize = rolecall::checks::rules().iter().map(|rule| rule.page.len()).sum();
            let most = if format == "sarif" { 100_000.max(pages) } else { 100_000 };
            assert!(text.len() < most, "{format}: {} bytes", text.len());
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{format}: {text:?}");
        }
    }
}

#[test]
fn where_the_source_is_absent_the_template_stays_first() {
    let project = Project::new("f-python-hosttraces", None);
    let report = project.json(&[]);
    let finding = &report["findings"][0];
    assert_eq!(finding["location"]["path"], "cdk.out/PyBad.template.json");
    assert_eq!(finding["location"]["start"]["line"], 95);
    assert_eq!(finding["template"], Value::Null);
    assert_eq!(finding["code"]["path"], "/app/idapp/cognito_stack.py");
    assert_eq!(finding["code"]["found"], false);
    assert!(project.text(&["-f", "plain"]).starts_with("cdk.out/PyBad.template.json:95:8: error[CGT001] "));
    let text = project.text(&[]);
    let shown = "\
    ╭─[ cdk.out/PyBad.template.json:95:8 ]
    │ construct: PyBad/AdminRole
    │ code: /app/idapp/cognito_stack.py:35 makes it (not found below the source root)
    │
";
    assert!(text.contains(shown), "{text}");
}

#[test]
fn the_line_changes_no_fingerprint() {
    let fingerprints = |project: &Project| -> Vec<Value> {
        let report = project.json(&[]);
        report["findings"].as_array().unwrap().iter().map(|finding| finding["fingerprint"].clone()).collect()
    };
    let with = fingerprints(&Project::new("c-cognito", Some("c-cognito")));
    assert_eq!(with, fingerprints(&Project::new("c-cognito", None)));
    assert!(with.len() > 10);
}

#[test]
fn sources_elsewhere_are_named() {
    let project = Project::new("f-python-hosttraces", None);
    copy(&Path::new(TESTDATA).join("cdk-apps/f-python"), &project.0.path().join("src"));
    let plain = project.text(&["-f", "plain", "--source-root", "src"]);
    assert!(plain.starts_with("src/idapp/cognito_stack.py:35:1: "), "{plain}");
    let output = project.run(&["--source-root", "nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--source-root nowhere: is no folder"), "{said}");
}

#[test]
fn an_output_older_than_its_sources_is_noted() {
    let notes = |project: &Project| project.json(&[])["notes"].as_array().unwrap().clone();
    let project = Project::new("f-python-hosttraces", Some("f-python"));
    assert_eq!(notes(&project), [0; 0]);
    project.touch("app.py", 120);
    let found = notes(&project);
    let [note] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(note["kind"], "stale");
    let message = "cdk.out is older than app.py: run cdk synth again, or lines and findings may be those of before";
    assert_eq!(note["message"], message);
    project.touch("idapp/cognito_stack.py", 120);
    assert!(notes(&project)[0]["message"].as_str().unwrap().contains("app.py and one more of its sources"));
    assert!(project.text(&[]).contains("note: cdk.out is older than app.py"));
    // Nobody synthesised after the change, nor compiled.
    let compiled = Project::new("t-trace-js", Some("t-trace"));
    compiled.touch("lib/stack.ts", 120);
    assert!(notes(&compiled)[0]["message"].as_str().unwrap().starts_with("cdk.out is older than lib/stack.ts: "));
}

// Hostile traces

/// An output with one finding, made by these frames.
fn made_by(frames: &[String]) -> Project {
    let project = Project::new("a-preferred-role", None);
    let made = json!({"/PreferredRoleBad/MyRole/Resource": [
        {"type": "aws:cdk:logicalId", "data": "MyRoleF48FFE04"},
        {"type": "aws:cdk:creationStack", "data": frames}]});
    project.write("cdk.out/PreferredRoleBad.metadata.json", made.to_string());
    project
}

const SECRET: &str = "the secret of somebody else";

#[cfg(unix)]
#[test]
fn nothing_outside_of_the_source_root_is_read() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.ts"), SECRET).unwrap();
    let absolute = outside.path().join("secret.ts").to_string_lossy().into_owned();
    for path in [
        "/app/../../etc/passwd".to_owned(),
        "../../etc/passwd".to_owned(),
        "/etc/passwd".to_owned(),
        "/proc/self/environ".to_owned(),
        absolute.clone(),
        format!("file://{absolute}"),
        "/app/link.ts".to_owned(),
        "/app/folder/secret.ts".to_owned(),
        "/app/folder".to_owned(),
        "/app/dot.env".to_owned(),
        "/app/dot.ts".to_owned(),
        "C:\\..\\x.ts".to_owned(),
    ] {
        let project = made_by(&[format!("x ({path}:1:1)")]);
        let root = project.0.path();
        std::os::unix::fs::symlink(outside.path().join("secret.ts"), root.join("link.ts")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.join("folder")).unwrap();
        // A link may also stay inside and still lead to what is no program.
        project.write("dot.env", SECRET);
        std::os::unix::fs::symlink("dot.env", root.join("dot.ts")).unwrap();
        for format in ["text", "plain", "json", "sarif", "github"] {
            let text = project.text(&["-f", format]);
            assert!(!text.contains(SECRET) && !text.contains("root:"), "{path}: {text}");
        }
        let location = project.json(&[])["findings"][0]["location"]["path"].clone();
        assert_eq!(location, "cdk.out/PreferredRoleBad.template.json", "{path}");
    }
}

#[cfg(unix)]
#[test]
fn a_source_map_leads_nowhere_else() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.ts"), SECRET).unwrap();
    let secret = outside.path().join("secret.ts").to_string_lossy().into_owned();
    let map = |source: &str| json!({"version": 3, "sources": [source], "mappings": "AAAA"}).to_string();
    fs::write(outside.path().join("map.json"), map("lib/stack.ts")).unwrap();
    let outer_map = outside.path().join("map.json").to_string_lossy().into_owned();
    let script = |url: &str| format!("a();\n//# sourceMappingURL={url}\n");
    for (url, source) in [
        ("a.js.map", secret.as_str()),
        ("a.js.map", &format!("../../../..{secret}")),
        ("a.js.map", "../../../../../../../../etc/passwd"),
        (&outer_map, ""),
        (&format!("../../../../../..{outer_map}"), ""),
    ] {
        let project = made_by(&["x (/app/dist/a.js:1:1)".to_owned()]);
        project.write("dist/a.js", script(url));
        project.write("dist/a.js.map", map(source));
        project.write("lib/stack.ts", "a();");
        let text = project.text(&[]);
        assert!(!text.contains(SECRET), "{text}");
        assert!(project.text(&["-f", "plain"]).starts_with("dist/a.js:1:1: "), "{url} {source}");
    }
}

#[test]
fn large_and_odd_traces_end() {
    let long = "x".repeat(16 << 20);
    let escape = "\u{1b}[31m\u{202e}";
    for frames in [
        vec![format!("x (/app/{long}.ts:1:1)")],
        vec![format!("{long} (/app/lib/a.ts:1:1)")],
        vec!["x (/app/lib/a.ts:1:1)".to_owned(); 200_000],
        vec![format!("x (/app/{}/a.ts:1:1)", "d/".repeat(1_000))],
        vec![format!("{escape} (/app/{escape}.ts:1:1)")],
        vec!["x (/app/lib/a.ts:4294967295:4294967295)".to_owned()],
        vec!["::error::x (/app/::error::.ts:1:1)".to_owned(), String::new()],
    ] {
        let project = made_by(&frames);
        project.write("lib/a.ts", "new Role();");
        project.write(&format!("{escape}.ts"), format!("{escape} new Role();"));
        for format in ["text", "plain", "json", "sarif", "github"] {
            let text = project.text(&["-f", format]);
            // The SARIF report has the pages of all rules, whatever was found.
            let pages: usize = rolecall::checks::rules().iter().map(|rule| rule.page.len()).sum();
            let most = if format == "sarif" { 100_000.max(pages) } else { 100_000 };
            assert!(text.len() < most, "{format}: {} bytes", text.len());
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{format}: {text:?}");
            assert!(format == "github" || !text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
        }
    }
}

#[test]
fn metadata_over_the_limit_are_noted() {
    let project = made_by(&["x".repeat(65 << 20)]);
    let report = project.json(&[]);
    assert!(report["findings"][0]["code"].is_null());
    let message = report["notes"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("cdk.out/PreferredRoleBad.metadata.json is larger than 64 MiB"), "{message}");
}

#[test]
fn a_source_of_one_endless_line_is_not_shown() {
    let project = made_by(&["x (/app/lib/a.ts:1:1)".to_owned()]);
    project.write("lib/a.ts", "x".repeat(100 << 20));
    let report = project.json(&[]);
    assert_eq!(report["findings"][0]["location"]["path"], "cdk.out/PreferredRoleBad.template.json");
    assert!(report["notes"][0]["message"].as_str().unwrap().starts_with("lib/a.ts is not shown: "), "{report}");
    // One within the bound costs little, and its line is cut.
    project.write("lib/a.ts", "x".repeat(4 << 20));
    let text = project.text(&[]);
    assert!(text.len() < 5_000 && text.contains("[ lib/a.ts:1:1 ]"), "{} bytes", text.len());
}

/// Output that git ignores and no line of the app: code scanning and annotations stand at what git has.
#[test]
fn findings_in_what_git_does_not_have_stand_at_the_app() {
    let project = Project::new("old-2150", None);
    let places = || {
        let sarif: Value = serde_json::from_str(&project.text(&["-f", "sarif"])).unwrap();
        let result = &sarif["runs"][0]["results"][0];
        let uri =
            |location: &Value| location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned();
        let related = result["relatedLocations"].as_array().and_then(|all| all.first()).map(uri);
        let annotation = project.text(&["-f", "github"]);
        let file = annotation.split("file=").nth(1).and_then(|rest| rest.split(',').next()).unwrap().to_owned();
        (uri(&result["locations"][0]), related, file)
    };
    let template = "cdk.out/Old2150.template.json".to_owned();
    assert_eq!(places().0, template, "without git the template is all there is");
    project.write(".git/HEAD", "");
    assert_eq!(places().0, template, "git has the output");
    project.write(".gitignore", "cdk.out\n");
    assert_eq!(places(), ("cdk.json".to_owned(), Some(template.clone()), "cdk.json".to_owned()));
    let annotation = project.text(&["-f", "github"]);
    assert!(annotation.contains("In cdk.out/Old2150.template.json%3A") || annotation.contains("In cdk.out/Old2150"));
    // The others still show the place itself.
    assert!(project.text(&["-f", "plain"]).starts_with("cdk.out/Old2150.template.json:"));
}
