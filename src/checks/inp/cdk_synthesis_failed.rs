//! INP003: an output folder that `cdk synth` did not finish.

use super::{file, label};
use crate::checks::{Problem, Reading};
use crate::finding::{Finding, Severity};

/// Reports assemblies of which a part or all is missing.
pub fn check(reading: &Reading<'_>, findings: &mut Vec<Finding>) {
    for problem in reading.problems {
        let Problem::SynthesisFailed { span, message } = problem else { continue };
        let primary = label(reading, *span, "what this stands for was not checked");
        let mut finding = Finding::new("INP003", Severity::Error, message.clone(), primary, file());
        finding.help = "run cdk synth until it succeeds, then check again".to_owned();
        findings.push(finding);
    }
}
