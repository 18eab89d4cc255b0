//! Outcomes to report.

use std::sync::Arc;

use serde_json::json;

use crate::finding::{
    By, Certainty, Choice, CodeLine, CodePoint, Counts, Date, Finding, Label, Note, NoteKind, Outcome, Refused,
    Severity, Status, Subject, Suppressed, Witness, fingerprint,
};
use crate::policy::{Carried, PrincipalKind, Request};
use crate::source::{FileId, Place, SourceFile, Sources, Span};
use crate::value::{Text, Truth};

const AUTH: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  IdentityPool:
    Type: AWS::Cognito::IdentityPool
    Properties:
      AllowUnauthenticatedIdentities: false
  AuthRole:
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
      IdentityPoolId: !Ref IdentityPool
      Roles: {authenticated: !GetAtt AuthRole.Arn, unauthenticated: !GetAtt AuthRole.Arn}
";

/// The place of the first `needle` in a file.
pub(super) fn place(sources: &Sources, file: u32, needle: &str) -> Place {
    let start = sources.get(FileId(file)).text().find(needle).unwrap_or_else(|| panic!("no '{needle}' in {file}"));
    Place { file: FileId(file), span: Span::new(start, start + needle.len()) }
}

pub(super) fn sources(files: &[(&str, &str)]) -> Sources {
    Sources::new(files.iter().map(|(path, text)| SourceFile::new(*path, *text)).collect())
}

/// An outcome of these findings, fingerprints given.
pub(super) fn outcome(sources: Sources, mut findings: Vec<Finding>) -> Outcome {
    fingerprint(&mut findings);
    let counts = Counts { files: 16, templates: 14, stacks: 14, roles: 9, trusts_decided: 9, ..Counts::default() };
    Outcome { sources, findings, suppressed: Vec::new(), notes: Vec::new(), counts }
}

fn subject(logical_id: &str, property: &str) -> Subject {
    Subject {
        stack_key: "infra/auth.yaml".to_owned(),
        logical_id: Some(logical_id.to_owned()),
        property: Some(property.to_owned()),
        ..Subject::default()
    }
}

/// The sample that voice.md aims at.
pub(super) fn aud_missing() -> Outcome {
    let sources = sources(&[("infra/auth.yaml", AUTH)]);
    let at = |needle| place(&sources, 0, needle);
    let primary = Label::new(at("Condition:"), "asks how the user signed in (amr), not at which pool (aud)");
    let mut finding = Finding::new(
        "SVC001",
        Severity::Error,
        "tokens of any identity pool in the account can become AuthRole",
        primary,
        subject("AuthRole", "AssumeRolePolicyDocument.Statement[0].Condition"),
    );
    finding.related = vec![
        Label::new(at("IdentityPool:"), "the pool it is meant for, which hands it out at line 26"),
        Label::new(at("!GetAtt AuthRole.Arn"), "hands it out to users who signed in"),
    ];
    finding.help = "add\n  StringEquals:\n    cognito-identity.amazonaws.com:aud: !Ref IdentityPool".to_owned();
    finding.witness = Some(Box::new(witness()));
    outcome(sources, vec![finding])
}

/// A guest of another pool, let in.
pub(super) fn witness() -> Witness {
    let context = [
        ("cognito-identity.amazonaws.com:aud", Carried::One(Text::known("us-east-1:bad"))),
        ("cognito-identity.amazonaws.com:amr", Carried::Many(vec![Text::known("authenticated")])),
    ];
    Witness {
        class: "cognito/foreign-auth/basic".to_owned(),
        request: Request {
            principal: (PrincipalKind::Federated, Text::known("cognito-identity.amazonaws.com")),
            action: "sts:AssumeRoleWithWebIdentity".to_owned(),
            resource: Text::known("arn:aws:iam::111122223333:role/AuthRole"),
            context: context.map(|(key, carried)| (Text::known(key), carried)).to_vec(),
        },
        policy: json!({"Version": "2012-10-17", "Statement": []}),
        substitution: vec![("IdentityPool".to_owned(), "us-east-1:one".to_owned())],
        decision: Truth::True,
        by: Some("Statement[0]".to_owned()),
        assumes: vec!["the pool is not one of this run, and lies in the same account".to_owned()],
        refused: Refused::Documented,
        story: "a user signed in at another identity pool, basic flow, is allowed by Statement[0]".to_owned(),
    }
}

/// Several findings: two files, one branch, one that is only possible, notes of each kind.
pub(super) fn mixed() -> Outcome {
    let other = "Parameters:\n\tStage:\n\t\tType: String\nOutputs:\r\n  Rôle: {Value: x}  # é\r\n";
    let sources = sources(&[("infra/auth.yaml", AUTH), ("stacks/prod env.yaml", other)]);
    let primary = Label::new(place(&sources, 0, "cognito-identity.amazonaws.com"), "lets in the provider");
    let mut branch = Finding::new(
        "SVC001",
        Severity::Warning,
        "AuthRole can never be assumed",
        primary,
        subject("AuthRole", "A.B[0]"),
    );
    branch.related = vec![
        Label::new(place(&sources, 1, "Stage"), "chooses the branch"),
        Label::new(
            place(&sources, 1, "Rôle"),
            "exports it under a name that nobody imports, in this run or in any other",
        ),
        Label::new(place(&sources, 0, "Federated"), "the kind"),
    ];
    branch.assignment =
        vec![("IsProd".to_owned(), Choice::Condition(false)), ("Stage".to_owned(), Choice::Value("dev".to_owned()))];
    branch.assumes = vec!["the parameter Stage keeps its default".to_owned()];
    branch.subject.construct_path = Some("Dev/Mapping/AuthRole/Resource".to_owned());
    branch.subject.stack = Some("Dev-Mapping".to_owned());
    let mut possible = branch.clone();
    possible.severity = Severity::Info;
    possible.status = Status::Possible;
    possible.primary = Label::new(Place { file: FileId(1), span: Span::at(other.len()) }, "the output is missing");
    possible.related.clear();
    possible.help = "import it:\n  !ImportValue Role\nor remove the output".to_owned();
    let mut outcome = outcome(sources, vec![branch, possible]);
    let kinds = [NoteKind::Undecided, NoteKind::LeftRun, NoteKind::Ambiguous, NoteKind::Bound, NoteKind::Skipped];
    outcome.notes = kinds.map(|kind| note(&outcome, kind)).to_vec();
    outcome.counts.trusts_decided = 7;
    outcome.counts.trusts_undecided = 2;
    outcome
}

/// Findings that somebody suppressed: in a comment with all that can be said there, and by a baseline.
pub(super) fn suppressed() -> Outcome {
    let mut outcome = mixed();
    outcome.notes.clear();
    let [mut first, mut second] = [0, 0].map(|at| outcome.findings.remove(at));
    first.suppressed = Some(Box::new(Suppressed {
        by: By::Comment,
        place: Some(place(&outcome.sources, 0, "Federated")),
        reason: Some("nobody has <b>this</b> role & it goes".to_owned()),
        owner: Some("identity team".to_owned()),
        expires: Date::parse("2027-01-31"),
    }));
    let told = Suppressed { by: By::Baseline, place: None, reason: None, owner: None, expires: None };
    second.suppressed = Some(Box::new(told));
    outcome.suppressed = vec![first, second];
    outcome
}

fn note(outcome: &Outcome, kind: NoteKind) -> Note {
    let message =
        format!("a note of the kind {}, which says what could not be known and for which reason", kind.name());
    let place = (kind != NoteKind::Bound).then(|| outcome.findings[0].primary.place);
    Note::new(kind, message, place)
}

const STACK: &str = "\
import * as iam from 'aws-cdk-lib/aws-iam';

function poolRole(scope: Construct, id: string) {
  return new iam.Role(scope, id, {assumedBy});
}
const auth = poolRole(this, 'AuthRole');
";

/// A line of a program; its file is there if it has a text.
pub(super) fn point(function: &str, (line, column): (u32, Option<u32>), file: Option<Arc<SourceFile>>) -> CodePoint {
    let path = file.as_ref().map_or("/build/lib/stack.ts", |file| file.path()).to_owned();
    CodePoint { function: function.to_owned(), path, line, column, file }
}

/// Findings in CDK output: one with the user's line and a helper, one of which only a line near it is known,
/// without a column, one of which the file is not there, and one of which the line is a guess.
pub(super) fn in_code() -> Outcome {
    let mut outcome = aud_missing();
    let stack = Some(Arc::new(SourceFile::new("lib/stack.ts", STACK)));
    let mut exact = outcome.findings.remove(0);
    exact.witness = None;
    exact.subject.construct_path = Some("Dev/AuthRole/Resource".to_owned());
    let (mut near, mut absent, mut guess) = (exact.clone(), exact.clone(), exact.clone());
    exact.code = Some(Box::new(CodeLine {
        at: point("", (6, Some(14)), stack.clone()),
        certainty: Certainty::Exact,
        says: "makes it".to_owned(),
        helpers: vec![point("poolRole", (4, Some(10)), stack.clone())],
        callers: vec![point("", (9, Some(1)), None)],
    }));
    let says = "makes Dev/AuthRole, which it belongs to; no line of its own is known".to_owned();
    let at = point("__init__", (6, None), Some(Arc::new(SourceFile::new("app/stack.py", STACK))));
    let line = CodeLine { at, certainty: Certainty::Near, says, helpers: Vec::new(), callers: Vec::new() };
    near.code = Some(Box::new(line.clone()));
    absent.code = Some(Box::new(CodeLine { at: point("__init__", (6, None), None), ..line.clone() }));
    let (at, says) = (point("", (6, None), stack), "the only line with AuthRole in quotes".to_owned());
    guess.code = Some(Box::new(CodeLine { at, certainty: Certainty::Guess, says, ..line }));
    let sources = std::mem::take(&mut outcome.sources);
    self::outcome(sources, vec![exact, near, absent, guess])
}

/// One line of three megabytes, as `cdk synth` never writes it but minifiers do.
pub(super) fn minified() -> Outcome {
    let filler = |count: usize| format!("{{\"Type\":\"AWS::SNS::Topic\",\"Name\":\"é{count}\"}},").repeat(count);
    let role = "\"AuthRole\":{\"Type\":\"AWS::IAM::Role\",\"Condition\":{\"StringEquals\":{\"a\":\"b\"}}},";
    let text = format!("{{\"Resources\":{{{}{role}{}}}}}", filler(40_000), filler(20_000));
    let sources = sources(&[("cdk.out/Dev.template.json", &text)]);
    let at = |needle| place(&sources, 0, needle);
    let primary = Label::new(at("\"Condition\""), "asks how the user signed in, not at which pool");
    let message = "tokens of any identity pool in the account can become AuthRole";
    let mut finding = Finding::new("SVC001", Severity::Error, message, primary, subject("AuthRole", "P"));
    let whole = Place { file: FileId(0), span: Span::new(0, text.len()) };
    finding.related = vec![
        Label::new(at("\"AuthRole\""), "the role"),
        Label::new(whole, "the whole template"),
        Label::new(Place { file: FileId(0), span: Span::at(text.len()) }, "its end"),
    ];
    outcome(sources, vec![finding])
}
