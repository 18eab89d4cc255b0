//! The proofs of the example pages' findings. Each is put to the evaluator once more, as a report prints
//! it; after the page's fix its class of requests is out, and whoever was rightly in is in as before.

mod page;
mod turn;

use std::collections::BTreeMap;
use std::sync::Arc;

use page::{Example, File, Language, Shows, examples};
use rolecall::checks::{Rule, rule, rules};
use rolecall::finding::{Finding, Outcome, Severity, Status};
use rolecall::identity::{self, ClassAnswer, Classes, Graph, OwnPool, RoleId, Trust, Unwanted, trusts};
use rolecall::policy::{Carried, Decision, Policy, Question, Request, evaluate, question};
use rolecall::report::{self, Format};
use rolecall::run::{check_texts, graphs_of_texts};
use rolecall::source::FileId;
use rolecall::syntax::parse_json;
use rolecall::value::{Symbols, Text, Truth, shown};
use serde_json::Value as Json;
use similar::{ChangeTag, DiffTag, TextDiff};

/// Fails with every complaint about every `bad`, seen with all examples of its page, at once.
fn each_bad(look: impl Fn(&Example, &[Example]) -> Vec<String>) {
    let of = |rule: &Rule| match examples(rule) {
        Ok(all) => all.iter().filter(|one| one.shows == Shows::Bad).flat_map(|one| look(one, &all)).collect(),
        Err(complaint) => vec![format!("{}: {complaint}", rule.id)],
    };
    let complaints: Vec<String> = rules().iter().flat_map(of).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn texts(files: &[File]) -> Vec<(String, String)> {
    files.iter().map(|file| (file.path.clone(), file.text.clone())).collect()
}

/// The files turned into JSON.
fn turned(files: &[File]) -> Vec<File> {
    let one = |file: &File| {
        let (path, text) = turn::file(&file.path, &file.text).expect("the example is a template");
        File { path, language: Language::Json, text }
    };
    files.iter().map(one).collect()
}

/// The ways in which an example is looked at: as it is written, and as JSON.
fn forms(example: &Example) -> Vec<Vec<File>> {
    let is_yaml = example.files.iter().all(|file| file.language == Language::Yaml);
    let json = (is_yaml && !example.only).then(|| turned(&example.files));
    std::iter::once(example.files.clone()).chain(json).collect()
}

fn admits(finding: &Finding) -> bool {
    rule(finding.rule).is_some_and(|rule| rule.admits)
}

/// Whether a finding must have a proof by its rule. One that says that somebody is kept out has nothing to prove.
fn owes_proof(finding: &Finding) -> bool {
    let message = &finding.message;
    let is_open = !message.contains("can never become") && !message.starts_with("nobody can become");
    admits(finding) && is_open && finding.severity >= Severity::Warning && finding.status == Status::Definite
}

/// Whether a headline says that somebody gets in.
fn says_in(message: &str) -> bool {
    let gets_in = [
        "can become",
        "could become",
        "may become",
        "can assume",
        "could assume",
        "may assume",
        "gets in",
        "get in",
        "is let in",
        "are let in",
        "lets in",
        "admits",
        "is open to",
        "trusts",
    ];
    let denied = ["whether ", "nobody "];
    gets_in.iter().any(|words| message.contains(words)) && !denied.iter().any(|words| message.contains(words))
}

#[test]
fn headlines_that_say_so_are_told_from_others() {
    for yes in ["guests can become R, a role for signed-in users", "pools other than yours can become R"] {
        assert!(says_in(yes), "{yes}");
    }
    for no in [
        "signed-in users cannot become R",
        "whether signed-in users can become R is not documented",
        "R names nobody who can assume it, so its deployment is refused",
        "the amr test of R passes when amr is absent",
    ] {
        assert!(!says_in(no), "{no}");
    }
}

/// The one list is `admits` in the front matter; what findings say shows that it is complete and true.
#[test]
fn rules_whose_findings_say_that_somebody_gets_in_are_marked() {
    let mut said: Vec<&str> = Vec::new();
    for rule in rules() {
        for example in examples(rule).unwrap_or_else(|complaint| panic!("{}: {complaint}", rule.id)) {
            for finding in check_texts(texts(&example.files)).findings {
                let says = says_in(&finding.message);
                assert!(!says || admits(&finding), "{} is not marked: {}", finding.rule, finding.message);
                assert!(
                    !says || finding.severity == Severity::Info || finding.witness.is_some(),
                    "{}",
                    finding.message
                );
                assert!(says || !owes_proof(&finding), "{} does not say so: {}", finding.rule, finding.message);
                assert!(says || finding.witness.is_none(), "{} proves what it does not say", finding.rule);
                said.extend(says.then_some(finding.rule));
            }
        }
    }
    let silent: Vec<&str> =
        rules().iter().filter(|rule| rule.admits && !said.contains(&rule.id)).map(|rule| rule.id).collect();
    assert!(silent.is_empty() && !said.is_empty(), "marked, and no example says so: {silent:?}");
}

/// The witnesses of an outcome as the JSON report prints them, in the order of its findings.
fn printed(outcome: &Outcome) -> Vec<Json> {
    let mut bytes = Vec::new();
    report::write(Format::Json, outcome, &report::Options::default(), &mut bytes).expect("a vector takes every byte");
    let mut report: Json = serde_json::from_slice(&bytes).expect("the report is JSON");
    let Json::Array(mut findings) = report["findings"].take() else { panic!("no findings in {report}") };
    // What a page's example suppresses stands among them.
    assert_eq!(findings.len(), outcome.findings.len() + outcome.suppressed.len());
    findings.retain(|finding| finding["suppressed"].is_null());
    assert_eq!(findings.len(), outcome.findings.len());
    findings.into_iter().map(|mut finding| finding["witness"].take()).collect()
}

/// What the evaluator says of a witness, and the statements by which it allows.
fn asked(witness: &Json) -> Result<(Truth, Vec<String>), String> {
    let line = parse_json(FileId(0), &Arc::from(witness.to_string()));
    let Question { policy, request } = question(&line).map_err(|fault| fault.message)?;
    let Decision { truth, allowed_by, .. } = evaluate(&policy, &request, &Symbols::default());
    let by = allowed_by.iter().filter_map(|at| policy.statements.get(*at)).map(|statement| statement.path());
    Ok((truth, by.collect()))
}

#[test]
fn every_proof_holds_once_more() {
    let mut count = 0;
    for rule in rules() {
        for example in examples(rule).unwrap_or_else(|complaint| panic!("{}: {complaint}", rule.id)) {
            let outcomes = forms(&example).into_iter().map(|files| check_texts(texts(&files)));
            let findings = outcomes.flat_map(|outcome| outcome.findings.clone().into_iter().zip(printed(&outcome)));
            for (finding, witness) in findings {
                let title = format!("{}: {}", example.title(), finding.message);
                assert!(finding.witness.is_some() || !owes_proof(&finding), "{title}: no proof");
                if finding.witness.is_some() {
                    proves(&finding, witness).unwrap_or_else(|complaint| panic!("{title}: {complaint}"));
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 22, "{count} proofs");
}

/// Obligations 1 and 3 of a witness (catalogue, section 5).
fn proves(finding: &Finding, mut witness: Json) -> Result<(), String> {
    let by = witness["by"].as_str().ok_or("no statement is named")?.to_owned();
    if witness["decision"] != "Allow" {
        return Err(format!("its decision is {}", witness["decision"]));
    }
    let allowed = |witness: &Json| match asked(witness)? {
        (Truth::True, statements) if statements.contains(&by) => Ok(()),
        (truth, statements) => Err(format!("{truth:?} by {statements:?} instead of {by}\n{witness}")),
    };
    allowed(&witness)?;
    let story = finding.witness.as_ref().map_or("", |witness| &witness.story);
    let property = finding.subject.property.as_deref().unwrap_or_default();
    if !story.contains(&by) || !property.contains(&by) {
        return Err(format!("'{story}' and {property} do not both name {by}"));
    }
    // Without the guard that the finding names, the same request gets in by the same statement.
    let index = by.trim_matches(|c: char| !c.is_ascii_digit()).to_owned();
    let statement = match index.parse::<usize>() {
        Ok(at) => &mut witness["policy"]["Statement"][at],
        Err(_) => &mut witness["policy"]["Statement"][0],
    };
    let claim = format!(":{}", finding.mistake.element);
    for tests in
        statement.get_mut("Condition").and_then(Json::as_object_mut).into_iter().flat_map(|block| block.values_mut())
    {
        tests.as_object_mut().into_iter().for_each(|keys| keys.retain(|key, _| !key.ends_with(&claim)));
    }
    allowed(&witness).map_err(|error| format!("without the tests of {claim}: {error}"))
}

/// A class of requests, of one pool and provider where it is one of theirs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    name: String,
    of: String,
}

/// What is asked of a role after a fix.
#[derive(Debug, Default)]
struct Standing {
    /// The answer in each branch.
    answers: Vec<Truth>,
    /// Whether the role is for them.
    wanted: bool,
    /// Whether they must be out.
    unwanted: bool,
}

impl Standing {
    fn all(&self, truth: Truth) -> bool {
        self.answers.iter().all(|answer| *answer == truth)
    }
}

/// What every class gets from a role.
fn standings(files: &[File], role: &str) -> BTreeMap<Class, Standing> {
    let mut found: BTreeMap<Class, Standing> = BTreeMap::new();
    for graph in &graphs_of_texts(texts(files)) {
        let of_role = |id: RoleId| graph.role(id).entity.name() == role;
        for trust in trusts(graph).iter().filter(|trust| of_role(trust.role)) {
            for (class, answer, wanted) in classes(graph, trust) {
                // A guest role that signed-in users can become too is worth knowing, and no hole.
                let tolerated = class.name == "cognito/own-auth/basic";
                let standing = found.entry(class).or_default();
                standing.answers.push(answer);
                standing.wanted |= wanted;
                standing.unwanted |= !tolerated && !wanted;
            }
        }
        let all = identity::classes(graph);
        for of_role in all.of_roles.iter().filter(|answers| of_role(answers.role)) {
            for answer in &of_role.answers {
                let class = Class { name: answer.class.clone(), of: shown(&answer.principal, &all.symbols) };
                let standing = found.entry(class).or_default();
                standing.answers.push(answer.answer.truth);
                standing.wanted |= is_wanted(&answer.class);
                standing.unwanted |= answer.unwanted == Unwanted::Always;
            }
        }
    }
    found
}

/// Whether a class outside of Cognito is one that a role is for.
fn is_wanted(class: &str) -> bool {
    let wanted =
        ["account/same/named", "account/trusted/any-external-id", "account/organization-member", "service/own-account"];
    wanted.contains(&class)
}

fn classes(graph: &Graph, trust: &Trust) -> Vec<(Class, Truth, bool)> {
    let class = |name: &str, of: &str| Class { name: name.to_owned(), of: of.to_owned() };
    let mut all = vec![
        (class("cognito/foreign-auth/basic", ""), trust.foreign_signed_in.truth, false),
        (class("cognito/foreign-guest/basic", ""), trust.foreign_guest.truth, false),
    ];
    for own in &trust.own {
        let pool = graph.shown(&own.pool);
        let wanted = wanted_of(graph, trust.role, own, None);
        all.push((class("cognito/own-guest/basic", &pool), own.guest.truth, wanted));
        for (provider, answer) in &own.signed_in {
            let provider = graph.shown(provider);
            let wanted = wanted_of(graph, trust.role, own, Some(&provider));
            all.push((class("cognito/own-auth/basic", &format!("{pool} by {provider}")), answer.truth, wanted));
        }
    }
    all
}

/// Whether a pool hands the role to its guests, or to signed-in users of a provider. A role of which no use
/// is visible is taken to be for signed-in users, as its fix says.
fn wanted_of(graph: &Graph, role: RoleId, own: &OwnPool, provider: Option<&str>) -> bool {
    let mut handouts = graph.handouts_of(role).peekable();
    if handouts.peek().is_none() {
        return provider.is_some();
    }
    let of_pool = handouts.filter(|handout| handout.pool == own.pool);
    of_pool.into_iter().any(|handout| {
        let others = handout.provider.as_ref().is_some_and(|other| Some(graph.shown(other).as_str()) != provider);
        handout.way.is_signed_in() == provider.is_some() && !others
    })
}

/// What is wrong with a fix of what a finding proves: obligation 2 of a witness (catalogue, section 5).
fn complaints_about(finding: &Finding, bad: &[File], fixed: &[File]) -> Vec<String> {
    let (Some(witness), Some(role)) = (&finding.witness, &finding.subject.logical_id) else { return Vec::new() };
    if !wanted_claims(&witness.class).is_empty() {
        return complaints_about_others(&witness.class, role, bad, fixed);
    }
    let [before, after] = [bad, fixed].map(|files| standings(files, role));
    let mut complaints = Vec::new();
    let was_in =
        |(class, standing): (&Class, &Standing)| class.name == witness.class && standing.answers.contains(&Truth::True);
    if !before.iter().any(was_in) {
        complaints.push(format!("nothing answers {} before the fix", witness.class));
    }
    for (class, standing) in &after {
        let unwanted = standing.unwanted || !standing.wanted && class.name == witness.class;
        if unwanted && !standing.all(Truth::False) {
            complaints.push(format!("{class:?} is not out: {:?}", standing.answers));
        }
        let was_out = before.get(class).is_some_and(|before| before.all(Truth::False));
        if was_out && unwanted && !standing.all(Truth::False) {
            complaints.push(format!("{class:?} was out and is no more: {:?}", standing.answers));
        }
    }
    for (class, _) in before.iter().filter(|(_, standing)| standing.wanted && standing.all(Truth::True)) {
        if !after.get(class).is_some_and(|standing| standing.all(Truth::True)) {
            complaints.push(format!("{class:?} was rightly in and is no more"));
        }
    }
    if !after.values().any(|standing| standing.wanted && standing.all(Truth::True)) {
        complaints.push("nobody whom the role is for gets in".to_owned());
    }
    complaints
}

/// Whom the roles of the pages are for: the family of the class, and what its claims are after the fix.
const WANTED: [(&str, &[(&str, &str)]); 14] = [
    ("google", &[("aud", "THE-AUD-OF-YOUR-WORKLOAD"), ("sub", "1234567890")]),
    ("github", &[("aud", "sts.amazonaws.com"), ("sub", "repo:YOUR-OWNER/YOUR-REPOSITORY:ref:refs/heads/main")]),
    (
        "github",
        &[("aud", "sts.amazonaws.com"), ("sub", "repo:acme/app:ref:refs/heads/main"), ("repository", "acme/app")],
    ),
    (
        "github",
        &[
            ("aud", "sts.amazonaws.com"),
            ("sub", "repo:acme/YOUR-REPOSITORY:ref:refs/heads/main"),
            ("repository", "acme/YOUR-REPOSITORY"),
        ],
    ),
    ("github", &[("aud", "sts.amazonaws.com"), ("sub", "repo:acme@ID/YOUR-REPOSITORY@ID:ref:refs/heads/main")]),
    ("github", &[("aud", "sts.amazonaws.com"), ("sub", "repo:acme/app:environment:YOUR-ENVIRONMENT")]),
    (
        "github-enterprise",
        &[("aud", "sts.amazonaws.com"), ("sub", "repo:YOUR-OWNER/YOUR-REPOSITORY:ref:refs/heads/main")],
    ),
    ("irsa", &[("aud", "sts.amazonaws.com"), ("sub", "system:serviceaccount:your-namespace:your-account")]),
    (
        "gitlab",
        &[("aud", "https://gitlab.com"), ("sub", "project_path:YOUR-GROUP/YOUR-PROJECT:ref_type:branch:ref:main")],
    ),
    (
        "hcp-terraform",
        &[
            ("aud", "aws.workload.identity"),
            ("sub", "organization:YOUR-ORG:project:YOUR-PROJECT:workspace:YOUR-SPACE:run_phase:apply"),
        ],
    ),
    (
        "hcp-terraform",
        &[
            ("aud", "aws.workload.identity"),
            ("sub", "organization:acme:project:net:workspace:YOUR-SPACE:run_phase:apply"),
        ],
    ),
    ("oidc", &[("aud", "sts.amazonaws.com")]),
    ("saml", &[("aud", "https://signin.aws.amazon.com/saml")]),
    ("vercel", &[("aud", "https://vercel.com/YOUR-TEAM"), ("sub", "owner:acme:project:site:environment:production")]),
];

/// Claims of a workload.
type Claims = &'static [(&'static str, &'static str)];

/// None for classes of other families than tokens and assertions; several where a fix names what stands in the template.
fn wanted_claims(class: &str) -> Vec<Claims> {
    let family = class.split('/').next().unwrap_or_default();
    WANTED.iter().filter(|(own, _)| *own == family).map(|(_, claims)| *claims).collect()
}

/// The same obligation where the role is for others than users of identity pools: what is in the class is out,
/// whoever must never be in is out, and the workload that the fix names gets in.
fn complaints_about_others(class: &str, role: &str, bad: &[File], fixed: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    let was_in = other_answers(bad, role, |_, _, answer| answer.class == class && answer.answer.truth.is_true());
    if !was_in.contains(&true) {
        complaints.push(format!("nothing answers {class} before the fix"));
    }
    let still_in = other_answers(fixed, role, |_, _, answer| {
        let must_be_out = answer.class == class || answer.unwanted == Unwanted::Always;
        (must_be_out && !answer.answer.truth.is_false()).then(|| answer.class.clone())
    });
    complaints.extend(still_in.into_iter().flatten().map(|class| format!("{class} is not out")));
    let wanted = other_answers(fixed, role, |policy, classes, answer| {
        let is_same = answer.class.split('/').next() == class.split('/').next();
        let gets_in = |claims| evaluate(policy, &wanted_request(answer, claims), &classes.symbols).truth.is_true();
        is_same && wanted_claims(&answer.class).into_iter().any(gets_in)
    });
    if !wanted.contains(&true) {
        complaints.push("nobody whom the role is for gets in".to_owned());
    }
    complaints
}

/// What is said of each class that a role is asked.
fn other_answers<T>(files: &[File], role: &str, look: impl Fn(&Policy, &Classes, &ClassAnswer) -> T) -> Vec<T> {
    let mut found = Vec::new();
    for graph in &graphs_of_texts(texts(files)) {
        let classes = identity::classes(graph);
        for of_role in classes.of_roles.iter().filter(|of_role| graph.role(of_role.role).entity.name() == role) {
            let policy = of_role.policy(graph);
            found.extend(of_role.answers.iter().map(|answer| look(policy, &classes, answer)));
        }
    }
    found
}

/// A request of a class with the claims of the workload that the role is for.
fn wanted_request(answer: &ClassAnswer, claims: Claims) -> Request {
    let mut request = answer.answer.request.clone();
    for (key, carried) in &mut request.context {
        let claim = claims.iter().find(|(claim, _)| key.ends_with(&format!(":{claim}")));
        if let Some((_, value)) = claim {
            *carried = Carried::One(Text::known(*value));
        }
    }
    request
}

/// The findings of a page's rule that have a proof.
fn proven(rule: &str, files: &[File]) -> Vec<Finding> {
    let findings = check_texts(texts(files)).findings;
    findings.into_iter().filter(|finding| finding.rule == rule && finding.witness.is_some()).collect()
}

#[test]
fn after_the_fix_the_unwanted_are_out_and_the_wanted_in() {
    each_bad(|bad, all| {
        let findings = proven(bad.rule, &bad.files);
        let fixed = all.iter().find(|other| other.shows == Shows::Fixed && other.number == bad.number);
        let Some(fixed) = fixed else {
            return findings.iter().map(|_| format!("{}: no `fixed` stands behind it", bad.title())).collect();
        };
        // What the program can fix by itself `tests/fixes.rs` compares byte for byte.
        let by_hand = findings.iter().filter(|finding| finding.fix.is_none());
        let edits = by_hand.flat_map(|finding| complaints_about_edit(finding, &bad.files, &fixed.files));
        let of_form = |(bad_files, fixed_files): (Vec<File>, Vec<File>)| {
            let again = proven(bad.rule, &bad_files);
            let lost = (again.len() != findings.len()).then(|| "another form has other proofs".to_owned());
            let complaints = again.iter().flat_map(|finding| complaints_about(finding, &bad_files, &fixed_files));
            complaints.chain(lost).collect::<Vec<_>>()
        };
        let forms = forms(bad).into_iter().zip(forms(fixed)).flat_map(of_form);
        edits.chain(forms).map(|complaint| format!("{}: {complaint}", fixed.title())).collect()
    });
}

/// A fix is one edit: what it writes is what the help prints, and all the rest stays byte for byte.
fn complaints_about_edit(finding: &Finding, bad: &[File], fixed: &[File]) -> Vec<String> {
    let paths = |files: &[File]| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
    if paths(bad) != paths(fixed) {
        return vec!["it has other files".to_owned()];
    }
    let (mut complaints, mut edits) = (Vec::new(), 0);
    for (bad, fixed) in bad.iter().zip(fixed) {
        let diff = TextDiff::from_lines(bad.text.as_str(), fixed.text.as_str());
        edits += diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal).count();
        let written = diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Insert);
        let written = written.map(|change| change.value().trim().to_owned());
        let foreign = written.filter(|line| !finding.help.lines().any(|help| help.trim() == line));
        complaints.extend(foreign.map(|line| format!("the help does not print '{line}'")));
    }
    complaints.extend((edits != 1).then(|| format!("it is {edits} edits instead of one")));
    complaints
}

/// Wrong fixes, so that it shows that the test above sees them.
#[test]
fn fixes_that_change_nothing_or_lock_everybody_out_are_noticed() {
    let mut count = 0;
    for rule in rules().iter().filter(|rule| rule.admits) {
        let all = examples(rule).unwrap_or_else(|complaint| panic!("{}: {complaint}", rule.id));
        for bad in all.iter().filter(|example| example.shows == Shows::Bad) {
            let fixed = all.iter().find(|other| other.shows == Shows::Fixed && other.number == bad.number);
            let fixed = &fixed.unwrap_or_else(|| panic!("{} is not fixed", bad.title())).files;
            for finding in &proven(bad.rule, &bad.files) {
                assert_ne!(complaints_about(finding, &bad.files, &bad.files), [""; 0], "{}", bad.title());
                let class = &finding.witness.as_ref().expect("the finding has a proof").class;
                if !class.starts_with("cognito/") && wanted_claims(class).is_empty() {
                    let denying: Vec<File> = fixed.iter().map(denying).collect();
                    let closed = complaints_about(finding, &bad.files, &denying);
                    assert!(closed.iter().any(|one| one.starts_with("nobody ")), "{}: {closed:?}", bad.title());
                    continue;
                }
                let planted = |word: &str| {
                    let asks = asked_by(class, finding.mistake.element, fixed);
                    let files: Vec<File> = fixed.iter().map(|file| with(file, &asks, word)).collect();
                    complaints_about(finding, &bad.files, &files)
                };
                let closed = planted("nobody");
                assert!(closed.iter().any(|one| one.starts_with("nobody ")), "{}: {closed:?}", bad.title());
                assert_ne!(planted("'*'"), [""; 0], "{}", bad.title());
                count += 1;
            }
        }
    }
    assert!(count >= 11, "{count} proven findings");
}

/// What a fix asks for.
fn asked_by(class: &str, claim: &str, fixed: &[File]) -> String {
    if class.starts_with("cognito/") {
        return "authenticated".to_owned();
    }
    let values = wanted_claims(class).into_iter().flatten().filter(|(own, _)| *own == claim).map(|(_, value)| *value);
    let mut written = values.filter(|value| fixed.iter().any(|file| file.text.contains(value)));
    written.next().map(str::to_owned).expect("the claim of the finding has a wanted value")
}

/// A file that asks for something else than the fix does.
fn with(file: &File, asks: &str, word: &str) -> File {
    let forms = [":", "-"].map(|before| [(before, format!("{before} {asks}")), (before, format!("{before} '{asks}'"))]);
    let forms = forms.as_flattened();
    assert!(forms.iter().any(|(_, form)| file.text.contains(form)), "{}", file.text);
    let planted = |text: String, (before, form): &(&str, String)| text.replace(form, &format!("{before} {word}"));
    let text = forms.iter().fold(file.text.clone(), planted);
    File { path: file.path.clone(), language: file.language, text }
}

/// A file whose statements deny.
fn denying(file: &File) -> File {
    assert!(file.text.contains("Effect: Allow"), "{}", file.text);
    File { text: file.text.replace("Effect: Allow", "Effect: Deny"), ..file.clone() }
}
