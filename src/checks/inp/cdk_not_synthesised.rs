//! INP005: a CDK app without its output.

use super::{file, label};
use crate::checks::{Problem, Reading};
use crate::finding::{Finding, Severity};
use crate::source::Span;

/// Reports apps whose stacks nobody has seen yet.
pub fn check(reading: &Reading<'_>, findings: &mut Vec<Finding>) {
    for problem in reading.problems {
        let Problem::NotSynthesised { output } = problem else { continue };
        let primary = label(reading, place_of_the_app(reading), "this app has no output yet");
        let headline = format!("the stacks of this CDK app are not checked: there is no {output}");
        let mut finding = Finding::new("INP005", Severity::Warning, headline, primary, file());
        finding.help = "run cdk synth, then check again".to_owned();
        findings.push(finding);
    }
}

/// The key that names the output, else the one that names the app, else the start of the file.
fn place_of_the_app(reading: &Reading<'_>) -> Span {
    let root = reading.document.and_then(|document| document.root());
    let key = |name| root?.entry(name).map(|(key, _)| key.span());
    key("output").or_else(|| key("app")).unwrap_or_default()
}
