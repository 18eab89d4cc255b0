//! A baseline as users write and use it: only what is new counts.

mod work;

use serde_json::Value;
use work::{Work, job, notes, text};

/// Two roles of the same mistake in one template.
fn two() -> String {
    let second = job("").replace("Resources:\n", "").replace("  Job:", "  Other:");
    job("") + &second
}

fn baseline(work: &Work) -> Value {
    serde_json::from_str(&work.read("known.json")).unwrap()
}

fn write(work: &Work) {
    let ran = work.check(&["--write-baseline", "known.json"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

#[test]
fn what_was_there_before_does_not_count() {
    let work = Work::new(&[("t.yaml", &job(""))]);
    let ran = work.check(&["--write-baseline", "known.json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, "note: 1 finding written to known.json\n"));
    assert!(
        ran.stdout.starts_with("no findings · ") && ran.stdout.contains(" · 1 in the baseline · "),
        "{}",
        ran.stdout
    );
    let with = ["--baseline", "known.json"];
    assert_eq!((work.check(&with).status, work.check(&[]).status), (0, 1));
    assert_eq!((work.found(&with), work.hidden(&with)), (vec![], vec!["t.yaml:10 SVC001 baseline".to_owned()]));
    let summary = &work.json(&with)["summary"];
    assert_eq!(
        (&summary["baselined"], &summary["suppressed"], &summary["findings"]["error"]),
        (&1.into(), &0.into(), &0.into())
    );
    work.write("t.yaml", &two());
    assert_eq!(work.found(&with), ["t.yaml:20 SVC001"]);
    assert_eq!(work.check(&with).status, 1);
    // Written anew with the old one in use, it has both.
    assert_eq!(work.check(&["--baseline", "known.json", "--write-baseline", "known.json"]).status, 0);
    assert_eq!(baseline(&work)["findings"].as_array().unwrap().len(), 2);
}

#[test]
fn it_survives_moved_lines_renamed_files_and_another_order() {
    let work = Work::new(&[("infra/t.yaml", &two())]);
    write(&work);
    let with = ["--baseline", "known.json"];
    work.write("infra/t.yaml", &format!("# a comment\n\n{}", two().replace("          - Effect", "          - Effect: Allow\n            Action: sts:AssumeRole\n            Principal: {Service: lambda.amazonaws.com}\n          - Effect")));
    assert_eq!(work.found(&with), [""; 0], "lines and statements moved");
    let (first, second) = (job(""), two().replace(&job(""), ""));
    work.write("infra/t.yaml", &format!("Resources:\n{second}{}", first.replace("Resources:\n", "")));
    assert_eq!(work.found(&with), [""; 0], "another order");
    std::fs::remove_file(work.path("infra/t.yaml")).unwrap();
    work.write("app/renamed.yaml", &two());
    assert_eq!(work.found(&with), [""; 0], "a renamed file");
    // A copy beside the old file is new.
    work.write("infra/t.yaml", &two());
    assert_eq!(work.found(&with), ["app/renamed.yaml:10 SVC001", "app/renamed.yaml:20 SVC001"]);
    // Another logical id is another finding.
    std::fs::remove_dir_all(work.path("infra")).unwrap();
    work.write("app/renamed.yaml", &job("").replace("  Job:", "  Task:"));
    assert_eq!(work.found(&with), ["app/renamed.yaml:10 SVC001"]);
}

#[test]
fn what_vanished_is_said_where_it_was_looked_for() {
    let work = Work::new(&[("a.yaml", &two()), ("b.yaml", &job(""))]);
    write(&work);
    work.write("a.yaml", &job("").replace("''", "lambda.amazonaws.com"));
    let said = |arguments: &[&str]| {
        let all = [&["--baseline", "known.json"], arguments].concat();
        notes(&work.json(&all), "vanished")
    };
    assert_eq!(
        said(&[]),
        [
            "2 findings of known.json are no longer there: SVC001 Job in a.yaml, SVC001 Other in a.yaml; --write-baseline takes them out"
        ]
    );
    assert_eq!(said(&["b.yaml"]), [""; 0], "it was not looked at");
    assert_eq!(said(&["--ignore", "SVC001"]), [""; 0], "the rule did not run");
    assert_eq!(said(&["--select", "SVC001", "--min-severity", "error"]).len(), 1);
    let text = work.check(&["--baseline", "known.json"]).stdout;
    assert!(text.contains("note: 2 findings of known.json are no longer there"), "{text}");
    write(&work);
    assert_eq!(said(&[]), [""; 0]);
    std::fs::remove_file(work.path("b.yaml")).unwrap();
    assert_eq!(said(&[]).len(), 1, "a file that is gone");
}

#[test]
fn what_is_renamed_beside_a_copy_is_not_said_to_be_gone() {
    let work = Work::new(&[("a.yaml", &two()), ("b.yaml", &job("").replace("  Job:", "  Task:"))]);
    write(&work);
    let with = ["--baseline", "known.json"];
    std::fs::rename(work.path("a.yaml"), work.path("c.yaml")).unwrap();
    work.write("d.yaml", &two());
    work.write("b.yaml", &job("").replace("''", "lambda.amazonaws.com"));
    assert_eq!(
        notes(&work.json(&with), "vanished"),
        [
            "2 findings of known.json were in a file that is gone, and may be in c.yaml or d.yaml now: SVC001 Job in a.yaml, SVC001 Other in a.yaml; all that is found there is shown, and --write-baseline takes it in",
            "1 finding of known.json is no longer there: SVC001 Task in b.yaml; --write-baseline takes it out"
        ]
    );
    // Once it is written anew there is nothing to advise.
    let anew = work.check(&["--baseline", "known.json", "--write-baseline", "known.json"]);
    assert!(
        anew.stderr.contains(" 3 taken out (") && !anew.stdout.contains("--write-baseline"),
        "{}{}",
        anew.stderr,
        anew.stdout
    );
    assert_eq!(notes(&work.json(&with), "vanished"), [""; 0]);
}

#[test]
fn the_file_is_sorted_reviewable_and_the_same_every_time() {
    let work = Work::new(&[("b.yaml", &two()), ("a.yaml", &job("")), ("c/t.yaml", &two())]);
    write(&work);
    let first = work.read("known.json");
    let lines: Vec<&str> = first.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[6]), (7, "{ \"schema\": \"rolecall-baseline/1\", \"findings\": [", "] }"));
    assert!(first.ends_with("] }\n"));
    let paths: Vec<String> =
        baseline(&work)["findings"].as_array().unwrap().iter().map(|one| text(&one["path"]).to_owned()).collect();
    assert_eq!(paths, ["a.yaml", "b.yaml", "b.yaml", "c/t.yaml", "c/t.yaml"]);
    for threads in ["1", "2", "4"] {
        assert_eq!(work.check(&["--threads", threads, "--write-baseline", "known.json"]).status, 0);
        assert_eq!(work.read("known.json"), first);
    }
}

#[test]
fn what_is_suppressed_or_not_shown_is_no_part_of_it() {
    let work = Work::new(&[("t.yaml", &job("              # rolecall: ignore[SVC001] later\n"))]);
    write(&work);
    assert_eq!(baseline(&work)["findings"].as_array().unwrap().len(), 0);
    work.write("t.yaml", &job(""));
    work.write("rolecall.toml", "[severity]\nSVC001 = 'info'\n");
    write(&work);
    assert_eq!(baseline(&work)["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn a_broken_baseline_is_an_error_with_its_place() {
    let work = Work::new(&[("t.yaml", &job(""))]);
    let refusal = |text: &str| {
        work.write("known.json", text);
        work.refusal(&["--baseline", "known.json"])
    };
    let head = "{ \"schema\": \"rolecall-baseline/1\", \"findings\": [\n";
    assert!(refusal("{ \"schema\": ").starts_with("error: known.json:1:13: "), "{}", refusal("{ \"schema\": "));
    assert_eq!(
        refusal("{\"schema\": \"rolecall/1\", \"findings\": []}"),
        "error: known.json:1:12: this is a report, and no baseline: --write-baseline writes one\n"
    );
    assert_eq!(
        refusal(&format!("{head}  {{\"fingerprint\": \"00000000000000000000000000000000\", \"rule\": \"X\"}}\n] }}")),
        "error: known.json:2:3: this finding has no path\n"
    );
    assert_eq!(
        refusal(&format!("{head}  {{\"fingreprint\": \"\", \"rule\": \"X\", \"path\": \"p\"}}\n] }}")).lines().count(),
        2
    );
    let missing = work.refusal(&["--baseline", "no/known.json"]);
    assert!(missing.starts_with("error: cannot read no/known.json: "), "{missing}");
}

#[test]
fn it_is_written_whole_or_not_at_all() {
    let work = Work::new(&[("t.yaml", &job("")), ("known.json", "old")]);
    let ran = work.check(&["--write-baseline", "no/known.json", "-f", "json", "-o", "report.json"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("cannot write no/known.json"), "{}", ran.stderr);
    assert!(!work.path("report.json").exists(), "all files or none");
    // Of a part of what was asked for there is no baseline.
    let ran = work.check(&["--write-baseline", "known.json", "t.yaml", "missing.yaml"]);
    assert_eq!((ran.status, work.read("known.json").as_str()), (2, "old"));
    let names: Vec<_> = std::fs::read_dir(work.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn nobody_hides_behind_an_entry_of_another_rule() {
    let work = Work::new(&[("t.yaml", &job(""))]);
    write(&work);
    let forged = work.read("known.json").replace("SVC001", "CGT001");
    work.write("known.json", &forged);
    assert_eq!(work.found(&["--baseline", "known.json"]), ["t.yaml:10 SVC001"]);
}

/// Two folders with a mistake each, and a baseline of both at the root.
fn folders() -> Work {
    let work = Work::new(&[(".git/HEAD", ""), ("iam/a.yaml", &job("")), ("dns/b.yaml", &two())]);
    write(&work);
    work
}

fn findings_in(folder: &str, work: &Work, arguments: &[&str]) -> Value {
    let ran = work.run_in(folder, &[&["check", "-f", "json"], arguments].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr))
}

#[test]
fn it_says_the_same_from_every_folder() {
    let work = folders();
    let open = |folder: &str, arguments: &[&str]| {
        let json = findings_in(folder, &work, arguments);
        let all = json["findings"].as_array().unwrap().iter().filter(|one| one["suppressed"].is_null());
        let ids: Vec<String> = all.map(|one| text(&one["logicalId"]).to_owned()).collect();
        (ids, notes(&json, "vanished"))
    };
    for (folder, arguments) in
        [("iam", vec!["--baseline", "../known.json"]), ("", vec!["--baseline", "known.json", "iam"])]
    {
        assert_eq!(open(folder, &arguments), (vec![], vec![]), "{folder}");
    }
    // What is new in a folder borrows no entry of a file outside of it.
    work.write("iam/a.yaml", &job("").replace("  Job:", "  Other:"));
    for (folder, baseline) in [("iam", "../known.json"), ("", "known.json")] {
        let (ids, said) = open(folder, &["--baseline", baseline]);
        assert_eq!(ids, ["Other"], "{folder}");
        assert!(said.len() == 1 && said[0].starts_with("1 finding of "), "{said:?}");
    }
    // Where it is written from another folder too, the paths start at its own.
    work.write("iam/a.yaml", &job(""));
    let before = work.read("known.json");
    std::fs::remove_file(work.path("known.json")).unwrap();
    assert_eq!(work.run_in("dns", &["check", "--write-baseline", "../known.json", ".."]).status, 0);
    assert_eq!(work.read("known.json"), before);
}

#[test]
fn what_a_run_did_not_look_at_stays_in_it() {
    let work = folders();
    let before = work.read("known.json");
    let rewrite = |arguments: &[&str]| {
        let ran = work.check(&[&["--write-baseline", "known.json"], arguments].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        (work.read("known.json") == before, ran.stderr)
    };
    let same = (true, "note: 3 findings written to known.json: 3 as before\n".to_owned());
    assert_eq!(rewrite(&["iam", "--baseline", "known.json"]), same, "another file");
    assert_eq!(rewrite(&["--select", "XAC"]), same, "another rule");
    assert_eq!(rewrite(&["--ignore", "SVC001"]), same);
    assert_eq!(rewrite(&[]), same);
    work.write("dns/rolecall.toml", "[check]\nignore = ['SVC001']\n");
    assert_eq!(rewrite(&[]), same, "the rule does not run there");
    assert_eq!(notes(&work.json(&["--baseline", "known.json"]), "vanished"), [""; 0]);
    std::fs::remove_file(work.path("dns/rolecall.toml")).unwrap();
    work.write("iam/a.yaml", &job("").replace("  Job:", "  New:"));
    work.write("dns/b.yaml", &job(""));
    let (is_same, said) = rewrite(&[]);
    assert!(!is_same);
    assert_eq!(
        said,
        "note: 2 findings written to known.json: 1 as before, 1 new (SVC001 New in iam/a.yaml), 2 taken out (SVC001 Other in dns/b.yaml, SVC001 Job in iam/a.yaml)\n"
    );
}

#[test]
fn another_root_of_a_template_leaves_its_entries() {
    let work = folders();
    for text in ["", "[check]\n"] {
        work.write("dns/rolecall.toml", text);
        let json = work.json(&["--baseline", "known.json"]);
        assert_eq!((work.found(&["--baseline", "known.json"]), notes(&json, "vanished")), (vec![], vec![]));
    }
    work.write("dns/b.yaml", &(two() + &job("").replace("Resources:\n", "").replace("  Job:", "  New:")));
    assert_eq!(work.found(&["--baseline", "known.json"]), ["dns/b.yaml:30 SVC001"]);
}

#[test]
fn what_is_no_baseline_is_not_replaced() {
    let work = Work::new(&[("t.yaml", &job("")), ("empty.json", "")]);
    let said = work.refusal(&["--write-baseline", "t.yaml"]);
    assert!(said.starts_with("error: t.yaml:1:1: ") && work.read("t.yaml") == job(""), "{said}");
    assert_eq!(work.check(&["--write-baseline", "empty.json"]).status, 0);
}

#[test]
fn unread_files_are_told_though_they_are_in_it() {
    let work = Work::new(&[("t.yaml", "Resources:\n  A: {Type: AWS::IAM::Role\n"), ("ok.yaml", &job(""))]);
    write(&work);
    let ran = work.check(&["--baseline", "known.json"]);
    assert!(ran.stdout.contains(" · 1 file could not be read · 2 in the baseline"), "{}", ran.stdout);
}

#[test]
fn forms_without_notes_say_on_standard_error_what_vanished() {
    let work = Work::new(&[("t.yaml", &job(""))]);
    write(&work);
    work.write("t.yaml", &job("").replace("''", "lambda.amazonaws.com"));
    for (format, is_said) in [("plain", true), ("github", true), ("text", false), ("json", false), ("sarif", false)] {
        let ran = work.check(&["--baseline", "known.json", "-f", format]);
        assert_eq!(ran.stderr.contains("1 finding of known.json is no longer there"), is_said, "{format}");
        assert_eq!(ran.stdout.contains("1 finding of known.json is no longer there"), !is_said, "{format}");
    }
}
