//! TRU004: a role that nobody can become.

use crate::checks::Cx;
use crate::finding::{Finding, Label, Mistake, Severity};
use crate::identity::{Dialect, Nobody, Role, nobody};
use crate::policy::{Effect, Policy, Statement};
use crate::value::Branch;

/// Finds roles whose trust policy lets nobody in.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for (id, role) in cx.graph.roles() {
        for case in &role.trust.cases {
            let why = nobody(cx.graph, id, &case.then);
            findings.extend(why.map(|why| finding(role, &case.then, &case.when, why)));
        }
    }
}

fn finding(role: &Role, policy: &Policy, when: &Branch, why: Nobody) -> Finding {
    let name = role.entity.name();
    let (severity, label) = match why {
        Nobody::NoStatement => (Severity::Warning, Label::new(policy.at.place, "has no statement")),
        // Who writes that everybody is denied means it.
        Nobody::OnlyDenies => (Severity::Info, Label::new(policy.at.place, "allows nothing")),
        Nobody::Denied(at) => {
            let place = policy.statements.get(at).map_or(policy.at.place, |statement| statement.at.place);
            (Severity::Info, Label::new(place, "denies all who are allowed elsewhere"))
        }
        Nobody::Together => (Severity::Warning, Label::new(policy.at.place, "what is allowed is denied again")),
        Nobody::Unmet => {
            let place = if let [only] = policy.statements.as_slice() { only.at.place } else { policy.at.place };
            (Severity::Warning, Label::new(place, "nobody whom it names passes its conditions"))
        }
    };
    let message = format!("nobody can become {name}");
    let subject = role.entity.property("AssumeRolePolicyDocument");
    let mut finding = Finding::new("TRU004", severity, message, label, subject);
    let told = |statement: &Statement| {
        let what = if statement.effect == Effect::Deny { "keeps them out" } else { "lets somebody in" };
        Label::new(statement.at.place, format!("{} by itself {what}", statement.path()))
    };
    if why == Nobody::Together {
        finding.related = policy.statements.iter().take(MOST_LABELS).map(told).collect();
    }
    finding.help = match (why, role.entity.dialect) {
        (Nobody::NoStatement, Dialect::Cdk) => {
            "say who may become it\n  assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),"
        }
        (Nobody::NoStatement, _) => "say who may become it, or take the role out",
        (Nobody::Unmet, _) => "ask of those who are named what they have, or name who has what is asked for",
        _ => "take the role out, or let in who should get in",
    }
    .to_owned();
    finding.mistake = Mistake { statement: Some(policy.at.place), element: "Statement", bare: false };
    finding.branch = when.clone();
    finding
}

/// Labels of one finding.
const MOST_LABELS: usize = 4;
