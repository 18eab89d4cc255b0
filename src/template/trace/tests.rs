//! What real traces say, and made ones.

use std::sync::Arc;

use super::*;
use crate::source::FileId;
use crate::syntax::{Document, parse_json};

fn json(text: &str) -> Document {
    parse_json(FileId(0), &Arc::from(text))
}

fn traces(metadata: &str) -> Traces {
    let mut traces = Traces::default();
    traces.add(json(metadata).root().unwrap());
    traces.settled()
}

/// `how file:line:column`, the file without the folder of the machine.
fn said(traces: &Traces, path: &str, property: Option<&str>) -> String {
    let Some(origin) = traces.origin(path, property) else { return "none".to_owned() };
    let frame = &origin.chain[origin.main];
    let how = match origin.how {
        How::Made => "made".to_owned(),
        How::Set(name) => format!("set {name}"),
        How::Near(path) => format!("near {path}"),
    };
    let column = frame.column.map(|column| format!(":{column}")).unwrap_or_default();
    format!("{how} {}:{}{column}", frame.file.trim_start_matches("/app/"), frame.line)
}

/// Every resource of the app `t-trace` that a user made, and the line of its source (testdata/cdk-apps)
/// that does: counted by hand.
const T_TRACE: [(&str, &str); 10] = [
    ("Trace/Bucket/Resource", "made lib/stack.ts:21:20"),
    ("Trace/HelperRole/Resource", "made lib/stack.ts:22:18"),
    ("Trace/L1Role", "made lib/stack.ts:26:16"),
    ("Trace/LoopA/Resource", "made lib/stack.ts:31:33"),
    ("Trace/LoopB/Resource", "made lib/stack.ts:31:33"),
    // Its `super`: the only stack of this kind, so that nothing says which of several it is.
    ("Trace/Inner.NestedStack/Inner.NestedStackResource", "made lib/stack.ts:12:5"),
    ("Trace/Inner/NestedRole/Resource", "made lib/stack.ts:13:18"),
    // Ten frames are not enough for what a grant makes.
    ("Trace/HelperRole/DefaultPolicy/Resource", "near Trace/HelperRole lib/stack.ts:22:18"),
    ("Trace/Inner/NestedRole/DefaultPolicy/Resource", "near Trace/Inner/NestedRole lib/stack.ts:13:18"),
    ("Trace/CDKMetadata/Default", "near Trace bin/app.ts:5:1"),
];

#[test]
fn every_resource_of_a_typescript_app() {
    for metadata in [
        include_str!("../../../testdata/cdk/t-trace-tsx/Trace.metadata.json"),
        include_str!("../../../testdata/cdk/t-trace-tsnode/Trace.metadata.json"),
        include_str!("../../../testdata/cdk/t-trace-js-maps/Trace.metadata.json"),
        include_str!("../../../testdata/cdk/t-trace-debug/Trace.metadata.json"),
    ] {
        let traces = traces(metadata);
        for (path, expected) in T_TRACE {
            assert_eq!(said(&traces, path, None), expected, "{path}");
        }
    }
}

#[test]
fn more_frames_reach_the_line_of_a_grant() {
    let traces = traces(include_str!("../../../testdata/cdk/t-trace-limit50/Trace.metadata.json"));
    assert_eq!(said(&traces, "Trace/HelperRole/DefaultPolicy/Resource", None), "made lib/stack.ts:25:12");
    assert_eq!(said(&traces, "Trace/Inner/NestedRole/DefaultPolicy/Resource", None), "made lib/stack.ts:14:12");
    assert_eq!(said(&traces, "Trace/HelperRole/Resource", None), "made lib/stack.ts:22:18");
}

#[test]
fn the_last_assignment_of_the_property_counts() {
    let traces = traces(include_str!("../../../testdata/cdk/t-trace-debug/Trace.metadata.json"));
    let said = |property| said(&traces, "Trace/L1Role", Some(property));
    let assigned = "set AssumeRolePolicyDocument lib/stack.ts:28:8";
    assert_eq!(said("AssumeRolePolicyDocument"), assigned);
    assert_eq!(said("AssumeRolePolicyDocument.Statement[0].Principal"), assigned);
    assert_eq!(said("RoleName"), "set RoleName lib/stack.ts:30:8");
    assert_eq!(said("ManagedPolicyArns"), "made lib/stack.ts:26:16");
}

#[test]
fn overrides_of_a_part_are_told_apart() {
    let set = |name: &str, line: u32| {
        format!(
            r#"{{"type": "aws:cdk:propertyAssignment", "data": {{"propertyName": "{name}", "stackTrace": ["/app/a.ts:{line}:1"]}}}}"#
        )
    };
    let entries =
        [set("Doc", 1), set("Doc.Statement.0.Effect", 2), set("Doc.Statement.1.Effect", 3), set("Docs", 4)].join(",");
    let traces = traces(&format!(r#"{{"/S/R": [{entries}]}}"#));
    assert_eq!(said(&traces, "S/R", Some("Doc.Statement[0].Effect")), "set Doc.Statement.0.Effect a.ts:2:1");
    assert_eq!(said(&traces, "S/R", Some("Doc.Statement[2].Effect")), "set Doc a.ts:1:1");
    assert_eq!(said(&traces, "S/R", Some("Doc.Version")), "set Doc a.ts:1:1");
    assert_eq!(said(&traces, "S/R", Some("Doc")), "set Doc.Statement.1.Effect a.ts:3:1");
}

#[test]
fn python_names_lines_only_when_asked_to() {
    let traces_of = |with: &str| traces(with);
    let host = traces_of(include_str!("../../../testdata/cdk/f-python-hosttraces/PyBad.metadata.json"));
    for (path, expected) in [
        ("PyBad/AdminRole/Resource", "made idapp/cognito_stack.py:35"),
        ("PyBad/UserRole/Resource", "made idapp/cognito_stack.py:36"),
        ("PyBad/Users", "made idapp/cognito_stack.py:39"),
        ("PyBad/IdentityPool", "made idapp/cognito_stack.py:29"),
        ("PyBad/UserRole/DefaultPolicy/Resource", "made idapp/cognito_stack.py:47"),
        ("PyBad/Data/Bucket/Resource", "made idapp/cognito_stack.py:21"),
    ] {
        assert_eq!(said(&host, path, None), expected, "{path}");
    }
    let silent = traces_of(include_str!("../../../testdata/cdk/f-python/PyBad.metadata.json"));
    assert_eq!(said(&silent, "PyBad/Users", None), "none");
}

#[test]
fn old_libraries_write_the_trace_to_the_logical_id() {
    let manifest = json(include_str!("../../../testdata/cdk/old-2150-debug/manifest.json"));
    let mut traces = Traces::default();
    traces.add(crate::template::assembly::inline_metadata(&manifest, "Old2150").unwrap());
    let traces = traces.settled();
    assert_eq!(said(&traces, "Old2150/Role/Resource", None), "made app.js:6:14");
    assert_eq!(said(&traces, "Old2150/L1", None), "made app.js:7:1");
}

fn made(entries: &[(&str, &[&str])]) -> Traces {
    let one = |(path, frames): &(&str, &[&str])| {
        let frames: Vec<String> = frames.iter().map(|frame| format!("\"{frame}\"")).collect();
        format!(r#""/{path}": [{{"type": "aws:cdk:creationStack", "data": [{}]}}]"#, frames.join(","))
    };
    traces(&format!("{{{}}}", entries.iter().map(one).collect::<Vec<_>>().join(",")))
}

#[test]
fn a_helper_gives_way_to_its_caller() {
    let traces = made(&[
        ("S/A/Resource", &["role (/app/h.ts:1:1)", "auth (/app/h.ts:9:1)", "new S (/app/s.ts:5:1)", "/app/app.ts:3:1"]),
        ("S/B/Resource", &["role (/app/h.ts:1:1)", "auth (/app/h.ts:9:1)", "new S (/app/s.ts:6:1)", "/app/app.ts:3:1"]),
        ("S/C/Resource", &["role (/app/h.ts:1:1)", "new S (/app/s.ts:7:1)", "/app/app.ts:3:1"]),
    ]);
    assert_eq!(said(&traces, "S/A/Resource", None), "made s.ts:5:1");
    assert_eq!(said(&traces, "S/B/Resource", None), "made s.ts:6:1");
    assert_eq!(said(&traces, "S/C/Resource", None), "made s.ts:7:1");
    let origin = traces.origin("S/A/Resource", None).unwrap();
    assert_eq!((origin.main, origin.chain.len()), (2, 4));
}

#[test]
fn a_construct_that_is_made_twice_is_no_helper() {
    let app = |line: u32| format!("/app/app.ts:{line}:1");
    let (dev, prod) = (app(1), app(2));
    // All parts of an L2 construct have the line that made the whole.
    let traces = made(&[
        ("Dev/Auth/Pool/Resource", &["new Auth (/app/auth.ts:4:1)", &dev]),
        ("Dev/Auth/Pool/AuthenticatedRole/Resource", &["new Auth (/app/auth.ts:4:1)", &dev]),
        ("Prod/Auth/Pool/Resource", &["new Auth (/app/auth.ts:4:1)", &prod]),
        ("Prod/Auth/Pool/AuthenticatedRole/Resource", &["new Auth (/app/auth.ts:4:1)", &prod]),
    ]);
    assert_eq!(said(&traces, "Prod/Auth/Pool/AuthenticatedRole/Resource", None), "made auth.ts:4:1");
    // A helper that makes such constructs is one.
    let traces = made(&[
        ("S/One/Resource", &["pool (/app/h.ts:4:1)", &dev]),
        ("S/One/AuthenticatedRole/Resource", &["pool (/app/h.ts:4:1)", &dev]),
        ("S/Two/Resource", &["pool (/app/h.ts:4:1)", &prod]),
        ("S/Two/AuthenticatedRole/Resource", &["pool (/app/h.ts:4:1)", &prod]),
    ]);
    assert_eq!(said(&traces, "S/Two/AuthenticatedRole/Resource", None), "made app.ts:2:1");
}

#[test]
fn the_line_of_a_stack_never_stands_for_what_is_in_it() {
    let stack = |line: u32| {
        format!(
            r#"[{{"type": "aws:cdk:creationStack", "data": ["/app/app.ts:{line}:1"]}},
                {{"type": "aws:cdk:templateFile", "data": "S{line}.template.json"}}]"#
        )
    };
    let role = |line: u32| {
        format!(
            r#"[{{"type": "aws:cdk:creationStack", "data": ["new Tenant (/app/t.ts:3:1)", "/app/app.ts:{line}:1"]}}]"#
        )
    };
    let traces = traces(&format!(
        r#"{{"/A": {}, "/A/acme": {}, "/B": {}, "/B/initech": {}}}"#,
        stack(1),
        role(1),
        stack(2),
        role(2)
    ));
    assert_eq!(said(&traces, "A/acme", None), "made t.ts:3:1");
    assert_eq!(said(&traces, "B/initech", None), "made t.ts:3:1");
}

#[test]
fn a_logical_id_is_looked_up_below_its_own_stack() {
    let mut traces = traces(
        r#"{"/S": [{"type": "aws:cdk:templateFile", "data": "S.template.json"}],
            "/S/A": [{"type": "aws:cdk:logicalId", "data": "Same"}],
            "/S/N": [{"type": "aws:cdk:templateFile", "data": "N.nested.template.json"}],
            "/S/N/A": [{"type": "aws:cdk:logicalId", "data": "Same"}],
            "/S/N/B": [{"type": "aws:cdk:logicalId", "data": "Twice"}],
            "/S/N/C": [{"type": "aws:cdk:logicalId", "data": "Twice"}],
            "/S.x": [{"type": "aws:cdk:logicalId", "data": "Same"}],
            "/S2/A": [{"type": "aws:cdk:logicalId", "data": "Same"}]}"#,
    );
    assert_eq!(traces.path_of("S", "Same", None).as_deref(), Some("S/A"));
    assert_eq!(traces.path_of("S/N", "Same", None).as_deref(), Some("S/N/A"));
    assert_eq!(traces.path_of("S/N", "Twice", None), None);
    assert_eq!(traces.path_of("S", "Else", None), None);
    let resource = json(r#"{"Metadata": {"aws:cdk:path": "S/Q/Resource"}}"#);
    assert_eq!(traces.path_of("S", "Same", resource.root()).as_deref(), Some("S/Q/Resource"));
    let entry = |path: &str, id: &str| TreeEntry { path: path.to_owned(), logical_id: id.to_owned() };
    traces.add_tree(vec![entry("S/Z/Resource", "Else"), entry("S/N/Z/Resource", "Else"), entry("S2/Z", "Else")]);
    assert_eq!(traces.path_of("S", "Else", None).as_deref(), Some("S/Z/Resource"));
    assert_eq!(traces.nested("S", "Unknown", None, "N.nested.template.json").as_deref(), Some("S/N"));
    let resource = json(r#"{"Metadata": {"aws:cdk:path": "S/M.NestedStack/M.NestedStackResource"}}"#);
    assert_eq!(traces.nested("S", "Unknown", resource.root(), "").as_deref(), Some("S/M"));
}

#[test]
fn only_tsx_adds_a_frame() {
    let by = |runner: &str| {
        let traces = made(&[("S/R", &["<anonymous> (/app/app.ts:5:1)", "<anonymous> (/app/app.ts:9:28)", runner])]);
        traces.origin("S/R", None).unwrap().chain.len()
    };
    assert_eq!((by("...node internals, tsx..."), by("...node internals...")), (1, 2));
}

#[test]
fn hostile_metadata_is_bounded() {
    let deep = format!("/{}", "a/".repeat(100_000));
    let frames = vec!["\"/a:1\""; 1_000].join(",");
    let traces = traces(&format!(
        r#"{{"{deep}": [{{"type": "aws:cdk:logicalId", "data": "X"}}], "/S/R": [null, [], {{"type": 3}}, {{"type": "aws:cdk:creationStack",
            "data": [{frames}]}}], "no slash": 1, "/S/Q": "x"}}"#
    ));
    assert_eq!(traces.origin("S/R", None).map(|origin| origin.chain.len()), Some(FRAMES));
    assert_eq!(traces.origin(&deep, None), None);
    assert_eq!(traces.path_of("", "X", None), None);
    assert_eq!(traces.files(), ["/a"]);
}
