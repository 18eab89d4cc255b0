//! Whatever somebody writes to hide findings hides those that it names, and no other one.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rolecall::finding::{Finding, Outcome};
use rolecall::settings::Baseline;

/// Templates with several findings each.
const TEMPLATES: [&str; 3] = [
    "Resources:
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties:
      AllowUnauthenticatedIdentities: true
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Federated: cognito-identity.amazonaws.com
            Action: sts:AssumeRoleWithWebIdentity
            Condition:
              ForAnyValue:StringLike:
                cognito-identity.amazonaws.com:amr: authenticated
  Attachment:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      Roles:
        authenticated: !GetAtt Role.Arn
        unauthenticated: !GetAtt Role.Arn
",
    "Resources:
  Empty:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: ''
            Action: sts:AssumeRole
  Open:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              AWS: '*'
            Action: sts:AssumeRole
",
    "Resources:
  Users:
    Type: AWS::Cognito::UserPool
  One:
    Type: AWS::Cognito::UserPoolGroup
    Properties:
      UserPoolId: !Ref Users
      Precedence: 1
      RoleArn: arn:aws:iam::111122223333:role/one
  Two:
    Type: AWS::Cognito::UserPoolGroup
    Properties:
      UserPoolId: !Ref Users
      Precedence: 1
      RoleArn: arn:aws:iam::111122223333:role/two
",
];

const EMPTY_SERVICE: &str = "    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: ''
            Action: sts:AssumeRole
";

const RULES: [&str; 10] =
    ["CGT001", "CGT003", "MAP001", "MAP015", "SVC001", "XAC001", "CGT007", "SVC", "cognito-aud-missing", "*"];

fn findings(files: &[(String, String)]) -> Outcome {
    rolecall::run::check_texts(files.to_vec())
}

/// What makes a finding the same wherever it stands.
fn key(finding: &Finding) -> (String, String) {
    (finding.rule.to_owned(), finding.fingerprint.clone())
}

/// Findings about templates, not about what hides them.
fn of_templates<'o>(all: impl Iterator<Item = &'o Finding>) -> BTreeSet<(String, String)> {
    all.filter(|finding| !finding.rule.starts_with("SUP")).map(key).collect()
}

fn is_named(finding: &Finding, words: &[&str]) -> bool {
    let name = rolecall::checks::rule(finding.rule).map(|rule| rule.name);
    words.iter().any(|word| *word == finding.rule || Some(*word) == name)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// A comment in a random line of one of three templates.
    #[test]
    fn a_comment_hides_only_what_it_names_on_its_line(
        file in 0..3usize, line in 0..30usize, words in proptest::collection::vec(0..RULES.len(), 1..3), own in any::<bool>(), late in any::<bool>(),
    ) {
        let mut files: Vec<(String, String)> = (0..3).map(|at| (format!("f{at}.yaml"), TEMPLATES[at].to_owned())).collect();
        let before = findings(&files);
        prop_assert!(before.suppressed.is_empty() && before.findings.len() > 5);
        let words: Vec<&str> = words.iter().map(|at| RULES[*at]).collect();
        let until = if late { "until 2020-01-01 " } else { "" };
        let comment = format!("# rolecall: ignore[{}] {until}random", words.join(", "));
        let mut lines: Vec<String> = TEMPLATES[file].lines().map(str::to_owned).collect();
        let at = line % lines.len();
        if own {
            lines.insert(at, comment);
        } else {
            lines[at] = format!("{} {comment}", lines[at]);
        }
        files[file].1 = lines.join("\n") + "\n";
        let after = findings(&files);
        let all = of_templates(after.findings.iter().chain(&after.suppressed));
        prop_assert_eq!(all, of_templates(before.findings.iter()), "nothing is lost");
        for hidden in &after.suppressed {
            let path = after.sources.get(hidden.primary.place.file).path().to_owned();
            let on = after.sources.get(hidden.primary.place.file).line_column(hidden.primary.place.span.start()).line as usize;
            prop_assert!(is_named(hidden, &words) && !late, "{} by {:?}", hidden.rule, words);
            prop_assert_eq!((path, on), (format!("f{file}.yaml"), if own { at + 2 } else { at + 1 }));
        }
        // And what it names on its line it hides.
        let (meant, named) = (if own { at + 2 } else { at + 1 }, format!("f{file}.yaml"));
        for shown in after.findings.iter().filter(|finding| is_named(finding, &words) && !late) {
            let source = after.sources.get(shown.primary.place.file);
            let on = source.line_column(shown.primary.place.span.start()).line as usize;
            let spot = (source.path().to_owned(), on);
            prop_assert_ne!(spot, (named.clone(), meant));
        }
    }

    /// Metadata of a random resource, and a random entry of the configuration.
    #[test]
    fn metadata_and_configurations_hide_only_what_they_name(
        file in 0..3usize, resource in 0..3usize, word in 0..RULES.len(), path in 0..3usize, id in 0..8usize, rule in 0..7usize,
    ) {
        let mut files: Vec<(String, String)> = (0..3).map(|at| (format!("f{at}.yaml"), TEMPLATES[at].to_owned())).collect();
        let before = findings(&files);
        let keys: Vec<usize> = TEMPLATES[file].lines().enumerate()
            .filter(|(_, line)| line.starts_with("  ") && !line.starts_with("   ")).map(|(at, _)| at).collect();
        let at = keys[resource % keys.len()];
        let mut lines: Vec<String> = TEMPLATES[file].lines().map(str::to_owned).collect();
        let name = lines[at].trim().trim_end_matches(':').to_owned();
        let end = keys.iter().copied().find(|key| *key > at).unwrap_or(lines.len()) + 1;
        lines.insert(at + 1, format!("    Metadata: {{rolecall: {{ignore: [{{id: '{}', reason: random}}]}}}}", RULES[word]));
        files[file].1 = lines.join("\n") + "\n";
        let ids = ["Pool", "Role", "Attachment", "Empty", "Open", "Users", "One", "Two"];
        let entry = format!("[[suppress]]\nrule = '{}'\npath = 'f{path}.yaml'\nlogical-id = '{}'\nreason = 'x'\n", RULES[rule], ids[id]);
        files.push(("rolecall.toml".to_owned(), entry));
        let after = findings(&files);
        let all = of_templates(after.findings.iter().chain(&after.suppressed));
        // A fingerprint of a template counts from the folder of its configuration: the same here.
        prop_assert_eq!(all, of_templates(before.findings.iter()), "nothing is lost");
        for hidden in &after.suppressed {
            let source = after.sources.get(hidden.primary.place.file);
            let own = hidden.subject.logical_id.as_deref();
            let line = source.line_column(hidden.primary.place.span.start()).line as usize;
            let inside = own == Some(name.as_str()) || (at < line && line <= end);
            let by_metadata = is_named(hidden, &[RULES[word]]) && source.path() == format!("f{file}.yaml") && inside;
            let by_config = hidden.rule == RULES[rule] && source.path() == format!("f{path}.yaml") && own == Some(ids[id]);
            prop_assert!(by_metadata || by_config, "{} {:?} in {}:{}", hidden.rule, own, source.path(), line);
        }
    }

    /// A baseline of some of the findings, and what may happen to the templates afterwards.
    #[test]
    fn a_baseline_hides_what_was_there_and_nothing_that_came(
        kept in proptest::collection::vec(any::<bool>(), 40),
        edits in proptest::collection::vec((0..3usize, 0..5usize), 0..4),
    ) {
        let mut files: Vec<(String, String)> = (0..3).map(|at| (format!("f{at}.yaml"), TEMPLATES[at].to_owned())).collect();
        let before = findings(&files);
        let chosen = before.findings.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(finding, _)| finding);
        let baseline = Baseline::of(chosen, &|file| before.sources.get(file).path().to_owned());
        for (at, (file, edit)) in edits.iter().enumerate() {
            let (path, text) = &mut files[*file];
            match edit {
                0 => *text = format!("# moved\n\n{text}"),
                1 => *text = text.replace("  Role:", "  Renamed:").replace("Role.Arn", "Renamed.Arn"),
                2 => *text += &format!("  New{at}:\n{EMPTY_SERVICE}"),
                3 => *path = format!("renamed{at}-{path}"),
                _ => *text = text.replace("Service: ''", "Service: lambda.amazonaws.com"),
            }
        }
        let mut after = findings(&files);
        let is_gone = |path: &str| files.iter().all(|(own, _)| own != path);
        let path = |file| after.sources.get(file).path().to_owned();
        let vanished = baseline.apply(&mut after.findings, &path, &is_gone).len();
        let (hidden, shown): (Vec<&Finding>, Vec<&Finding>) =
            after.findings.iter().partition(|finding| finding.suppressed.is_some());
        // Each entry covers one finding, of its own rule and resource.
        prop_assert_eq!(hidden.len() + vanished, baseline.entries.len());
        for finding in &hidden {
            let is_it = |id: &Option<String>| *id == finding.subject.logical_id;
            let same = |one: &&&Finding| one.rule == finding.rule && is_it(&one.subject.logical_id);
            let entries = baseline.entries.iter().filter(|entry| entry.rule == finding.rule && is_it(&entry.logical_id));
            prop_assert!(hidden.iter().filter(same).count() <= entries.count(), "{}", finding.message);
        }
        // What came is shown.
        let came = edits.iter().filter(|(_, edit)| *edit == 2).count();
        let is_new = |finding: &&&Finding| finding.subject.logical_id.as_deref().is_some_and(|id| id.starts_with("New"));
        let empty = shown.iter().filter(|finding| finding.rule == "SVC001").filter(is_new).count();
        let mended = edits.iter().rev().take_while(|(_, edit)| *edit != 4).filter(|(_, edit)| *edit == 2).count();
        prop_assert!(empty >= mended && empty <= came, "{empty} of {came}");
        prop_assert!(!hidden.iter().any(|finding| is_new(&finding)));
    }
}
