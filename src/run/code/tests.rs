//! Which file a trace means, and which line of it.

use super::*;
use crate::run::{Inputs, Options, check_texts};
use crate::template::trace::Frame;

fn store(files: &[(&str, &str)]) -> Store {
    Store::memory(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

fn frame(file: &str, line: u32, column: Option<u32>) -> Frame {
    Frame { file: Arc::from(file), line, column, function: Arc::from("") }
}

/// `path:line:column` of a frame among these files; with a sign before it where the file is not there.
fn at(files: &[(&str, &str)], named: &[&str], (file, line, column): (&str, u32, u32)) -> String {
    let store = store(files);
    let mut workspace = Workspace::new(&store, PathBuf::new(), named);
    let point = workspace.point(&frame(file, line, Some(column)), &mut Budget::default());
    let sign = if point.file.is_some() { "" } else { "absent " };
    format!("{sign}{}:{}:{}", point.path, point.line, point.column.map(|at| at.to_string()).unwrap_or_default())
}

#[test]
fn paths_of_another_machine_are_found_by_their_end() {
    let files = [("lib/stack.ts", "a\nb"), ("bin/app.ts", "a"), ("stack.ts", "a\nb"), ("app.ts", "a")];
    let named = ["/ci/1/lib/stack.ts", "/ci/1/bin/app.ts"];
    assert_eq!(at(&files, &named, ("/ci/1/lib/stack.ts", 2, 1)), "lib/stack.ts:2:1");
    assert_eq!(at(&files, &["C:\\ci\\lib\\stack.ts"], ("C:\\ci\\lib\\stack.ts", 2, 1)), "lib/stack.ts:2:1");
    // What was in the same folder is there or not at all, what was elsewhere needs more than a name.
    assert_eq!(at(&files, &named, ("/ci/1/x/stack.ts", 2, 1)), "absent /ci/1/x/stack.ts:2:1");
    assert_eq!(at(&files, &named, ("/ci/2/stack.ts", 2, 1)), "absent /ci/2/stack.ts:2:1");
    assert_eq!(at(&files, &named, ("/ci/2/lib/stack.ts", 2, 1)), "lib/stack.ts:2:1");
    assert_eq!(at(&files, &["/ci/1/app.ts"], ("/ci/1/app.ts", 1, 1)), "app.ts:1:1");
}

#[test]
fn what_cannot_be_the_file_is_not_there() {
    let files = [("lib/stack.ts", "é😀x"), ("lib/.env", "SECRET=1"), ("etc/passwd", "root")];
    let at = |place| at(&files, &["/app/lib/stack.ts"], place);
    assert_eq!(at(("/app/lib/stack.ts", 1, 4)), "lib/stack.ts:1:3");
    assert_eq!(at(("/app/lib/stack.ts", 1, 99)), "lib/stack.ts:1:");
    assert_eq!(at(("/app/lib/stack.ts", 2, 1)), "absent /app/lib/stack.ts:2:1");
    assert_eq!(at(("/app/lib/.env", 1, 1)), "absent /app/lib/.env:1:1");
    assert_eq!(at(("/etc/passwd", 1, 1)), "absent /etc/passwd:1:1");
    assert_eq!(at(("/app/x/../lib/stack.ts", 1, 1)), "absent /app/x/../lib/stack.ts:1:1");
    assert_eq!(at(("/", 1, 1)), "absent /:1:1");
}

const MAP: &str = r#"{"version": 3, "sources": ["../../lib/stack.ts"], "mappings": ";AACE,QAAK"}"#;

#[test]
fn scripts_lead_to_what_they_were_made_from() {
    let script = "'use strict';\nnew Stack();\n//# sourceMappingURL=stack.js.map\n";
    let source = ("lib/stack.ts", "\n  new Stack();\n");
    let files = [("dist/lib/stack.js", script), ("dist/lib/stack.js.map", MAP), source];
    let named = ["/app/dist/lib/stack.js"];
    let at = |files: &[(&str, &str)], column| at(files, &named, ("/app/dist/lib/stack.js", 2, column));
    assert_eq!(at(&files, 1), "lib/stack.ts:2:3");
    assert_eq!(at(&files, 9), "lib/stack.ts:2:8");
    // Without the map, or without the source, the script itself is what there is.
    assert_eq!(at(&[files[0], source], 9), "dist/lib/stack.js:2:9");
    assert_eq!(at(&files[..2], 9), "dist/lib/stack.js:2:9");
    assert_eq!(at(&[source], 9), "absent /app/dist/lib/stack.js:2:9");
}

#[test]
fn what_is_read_is_bounded_and_said() {
    let large = "x".repeat((4 << 20) + 1);
    let many: Vec<(String, &str)> = (0..1_001).map(|number| (format!("lib/{number}.ts"), "x")).collect();
    let of = |files: &[(&str, &str)]| {
        let store = store(files);
        let mut workspace = Workspace::new(&store, PathBuf::new(), &[]);
        let mut budget = Budget::default();
        let points =
            files.iter().map(|(path, _)| workspace.point(&frame(&format!("/app/{path}"), 1, None), &mut budget));
        let there = points.filter(|point| point.file.is_some()).count();
        (there, budget.bound().unwrap_or_default())
    };
    assert_eq!(of(&[("lib/a.ts", "x")]), (1, String::new()));
    let (there, bound) = of(&[("lib/a.ts", &large)]);
    assert!(there == 0 && bound.starts_with("lib/a.ts is not shown: sources are read up to 4 MiB"), "{bound}");
    let many: Vec<(&str, &str)> = many.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let (there, bound) = of(&many);
    assert_eq!((there, bound.as_str()), (1_000, "only 1000 files and 256 MiB of the sources of CDK apps are read"));
}

/// A stack whose resource has an empty service principal, and which has no path of its construct.
fn assembly(metadata: &str, tree: &str) -> Vec<(String, String)> {
    let manifest = r#"{"artifacts": {
        "S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.json"},
            "additionalMetadataFile": "S.metadata.json", "displayName": "Dev/S"},
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}}"#;
    let template = r#"{"Resources": {"Role1": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ""}}}}}}}"#;
    let files = [
        ("cdk.out/cdk.out", ""),
        ("cdk.out/manifest.json", manifest),
        ("cdk.out/S.json", template),
        ("cdk.out/S.metadata.json", metadata),
        ("cdk.out/tree.json", tree),
        (
            "cdk.out/trees-1.json",
            r#"{"forest": {"t0": {"id": "Resource", "path": "Dev/S/Role/Resource",
            "attributes": {"aws:cdk:cloudformation:logicalId": "Role1"}}}}"#,
        ),
        ("lib/s.ts", "\nnew Role();\n"),
    ];
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec()
}

#[test]
fn the_construct_is_found_without_a_path_in_the_template() {
    let made = r#"{"type": "aws:cdk:creationStack", "data": ["new S (/app/lib/s.ts:2:1)"]}"#;
    let with_id = format!(r#"{{"/Dev/S/Role/Resource": [{{"type": "aws:cdk:logicalId", "data": "Role1"}}, {made}]}}"#);
    let without = format!(r#"{{"/Dev/S/Role/Resource": [{made}]}}"#);
    let tree = r#"{"tree": {"id": "App", "path": "", "children": {"Dev": {"id": "Dev", "path": "Dev",
        "fileName": "trees-1.json", "treeId": "t0"}, "Out": {"fileName": "../x.json", "treeId": "t0"}}}}"#;
    for (metadata, tree) in [(with_id.as_str(), ""), (without.as_str(), tree)] {
        let outcome = check_texts(assembly(metadata, tree));
        let [finding] = outcome.findings.as_slice() else { panic!("{:?}", outcome.findings) };
        assert_eq!(finding.subject.construct_path.as_deref(), Some("Dev/S/Role/Resource"));
        let code = finding.code.as_ref().unwrap();
        let (at, _) = code.shown().unwrap();
        assert_eq!((at.path.as_str(), at.line, at.column), ("lib/s.ts", 2, Some(1)));
        assert_eq!(code.certainty, Certainty::Exact);
    }
    assert!(check_texts(assembly(&without, "")).findings[0].code.is_none());
}

#[test]
fn what_a_text_of_a_stack_set_holds_is_made_by_the_line_of_the_stack_set() {
    let made = r#"{"type": "aws:cdk:creationStack", "data": ["new S (/app/lib/s.ts:2:1)"]}"#;
    let metadata = format!(r#"{{"/Dev/S/Set": [{{"type": "aws:cdk:logicalId", "data": "Role1"}}, {made}]}}"#);
    let mut files = assembly(&metadata, "");
    let template = files[2].1.clone();
    let body = serde_json::to_string(&template).unwrap();
    files[2].1 = format!(
        r#"{{"Resources": {{"Role1": {{"Type": "AWS::CloudFormation::StackSet", "Properties": {{"TemplateBody": {body}}}}}}}}}"#
    );
    let outcome = check_texts(files);
    let [finding] = outcome.findings.as_slice() else { panic!("{:?}", outcome.findings) };
    // The role has the same id as the stack set, and is another resource.
    assert_eq!((finding.subject.stack_key.as_str(), finding.subject.construct_path.as_deref()), ("S/Role1", None));
    let (at, _) = finding.code.as_ref().unwrap().shown().unwrap();
    assert_eq!((at.path.as_str(), at.line), ("lib/s.ts", 2));
}

#[test]
fn the_root_is_that_of_the_project_which_names_the_output() {
    let of = |files: &[(&str, &str)], folder: &str| default_root(&store(files), Path::new(folder));
    let out = ("app/build/out/manifest.json", "{}");
    let project = ("app/cdk.json", r#"{"output": "build/out"}"#);
    assert_eq!(of(&[out, project], "app/build/out"), Path::new("app"));
    assert_eq!(of(&[out], "app/build/out"), Path::new("app/build"));
    let other = ("app/cdk.json", r#"{"output": "elsewhere"}"#);
    assert_eq!(of(&[out, other], "app/build/out"), Path::new("app/build"));
    assert_eq!(of(&[("cdk.out/manifest.json", "{}"), ("cdk.json", "{}")], "cdk.out"), Path::new(""));
}

#[test]
fn a_source_root_that_is_no_folder_ends_the_run() {
    let options = Options { source_root: Some(PathBuf::from("no-such-folder")), ..Options::default() };
    let inputs = Inputs { paths: Vec::new(), stdin: None, exclude: Vec::new(), gitignore: true };
    let message = crate::run::check(&inputs, &options).unwrap_err().to_string();
    assert_eq!(message, "--source-root no-such-folder: is no folder");
}
