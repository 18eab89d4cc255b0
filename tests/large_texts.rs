//! Texts of ten megabytes in a template: every format shows them as harmless text, cut.

use rolecall::finding::Outcome;
use rolecall::report::{self, Format, Options};
use rolecall::run::check_texts;

/// What a stranger would like a screen, a browser, a runner or a parser to act on, as it stands within double quotes.
const PIECE: &str = r#"</script><img src=x onerror=1>\u001b[2J\n::error::x ]](http://x) \u202e%0A \"}], "#;
/// Bytes of a text.
const LONG: usize = 10 << 20;
/// Bytes of a report of a few findings, whatever the texts.
const MOST: usize = 100_000;

/// A role with two mistakes, in JSON, which also YAML is.
fn template(name: &str, value: &str) -> String {
    format!(
        "{{\"Resources\": {{\"{name}\": {{\"Type\": \"AWS::IAM::Role\", \"Properties\": {{\"AssumeRolePolicyDocument\": \
         {{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \"Principal\": {{\"Service\": \"\"}}, \
         \"Action\": \"sts:AssumeRole\"}}, {{\"Effect\": \"Allow\", \"Principal\": {{\"Federated\": \
         \"cognito-identity.amazonaws.com\"}}, \"Action\": \"sts:AssumeRoleWithWebIdentity\", \"Condition\": \
         {{\"ForAnyValue:StringLike\": {{\"cognito-identity.amazonaws.com:amr\": [\"{value}\", \
         \"authenticated\"]}}}}}}]}}}}}}}}}}"
    )
}

/// What every format says of a file with a long text, by the format.
fn reports(path: &str, template: String) -> Vec<(Format, String)> {
    let outcome: Outcome = check_texts(vec![(path.to_owned(), template)]);
    assert!(outcome.findings.iter().any(|finding| finding.rule == "SVC001"), "{}", outcome.findings.len());
    let of_one = |format| {
        let mut out = Vec::new();
        report::write(format, &outcome, &Options::default(), &mut out).expect("a vector takes all");
        (format, String::from_utf8(out).expect("UTF-8"))
    };
    Format::ALL.map(of_one).to_vec()
}

#[test]
fn ten_megabytes_become_a_short_harmless_text_in_every_format() {
    let long = PIECE.repeat(LONG / PIECE.len() + 1);
    let files = [
        ("name.json", template(&long, "x")),
        ("value.json", template("R", &long)),
        ("comment.yaml", format!("# rolecall: ignore[SVC002] {long}\n{}", template("R", "x"))),
    ];
    std::thread::scope(|scope| {
        for (path, template) in files {
            scope.spawn(move || are_harmless(path, template));
        }
    });
}

fn are_harmless(path: &str, template: String) {
    for (format, out) in reports(path, template) {
        // SARIF has the help of every rule.
        let most = if format == Format::Sarif { 6 * MOST } else { MOST };
        assert!(out.len() < most, "{path} as {format:?}: {} bytes", out.len());
        let acts = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!out.chars().any(acts), "{path} as {format:?}: {out}");
        let is_markup = matches!(format, Format::Html | Format::Junit | Format::Markdown);
        assert!(!is_markup || !out.contains("<img"), "{path} as {format:?}: {out}");
        assert!(!out.lines().any(|line| line.trim_start().starts_with("::error::x")), "{path} as {format:?}: {out}");
    }
}
