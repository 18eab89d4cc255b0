//! TAG002: the permission to tag sessions stands in the role's own permissions.

use crate::checks::Cx;
use crate::checks::remedy::allow;
use crate::finding::{Finding, Fix, Label, Mistake, Severity};
use crate::identity::tags::{assume_action, concerns_no_other_role, named_companions, never_allows};
use crate::identity::{Dialect, Graph, PermissionPolicy, RoleId};
use crate::policy::{Policy, Statement};
use crate::source::Place;
use crate::value::Branch;

/// Finds roles that are allowed to tag themselves, which has no effect.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let graph = cx.graph;
    for policy in &graph.policies {
        for (role, held) in &policy.roles {
            for case in &policy.document.cases {
                let Some(when) = graph.together(held, &case.when) else { continue };
                for statement in &case.then.statements {
                    in_statement(graph, policy, *role, statement, &when, findings);
                }
            }
        }
    }
}

fn in_statement(
    graph: &Graph,
    policy: &PermissionPolicy,
    id: RoleId,
    statement: &Statement,
    when: &Branch,
    findings: &mut Vec<Finding>,
) {
    for (action, place) in named_companions(statement) {
        if !concerns_no_other_role(graph, id, statement) {
            return;
        }
        for trust in &graph.role(id).trust.cases {
            let Some(when) = graph.together(when, &trust.when) else { continue };
            if never_allows(&trust.then, action) && !belongs_to(graph, id, place, findings) {
                let property = format!("{}.{}.Action", policy.property, statement.path());
                let mut finding = finding(graph, policy, id, (action, place), &trust.then);
                finding.subject = policy.entity.property(property);
                finding.branch = when;
                findings.push(finding);
            }
        }
    }
}

/// Where tags are certainly passed, the role cannot be assumed: that is said already, and this is why somebody
/// thinks otherwise.
fn belongs_to(graph: &Graph, id: RoleId, place: Place, findings: &mut [Finding]) -> bool {
    let role = &graph.role(id).entity.subject;
    let of_role = |finding: &&mut Finding| {
        let subject = &finding.subject;
        let on_trust = subject.property.as_ref().is_some_and(|path| path.starts_with("AssumeRolePolicyDocument"));
        finding.rule == "TAG001"
            && on_trust
            && subject.stack_key == role.stack_key
            && subject.logical_id == role.logical_id
    };
    let mut found = false;
    for finding in findings.iter_mut().filter(of_role) {
        found = true;
        if !finding.related.iter().any(|label| label.place == place) {
            finding.related.push(Label::new(place, "allowed here, where it has no effect"));
        }
    }
    found
}

fn finding(
    graph: &Graph,
    policy: &PermissionPolicy,
    id: RoleId,
    (action, place): (&str, Place),
    trust: &Policy,
) -> Finding {
    let role = graph.role(id);
    let message = format!("{action} in the permissions of {} has no effect", role.entity.name());
    let label = Label::new(place, "the trust policy decides who may do this, not the permissions");
    let mut finding = Finding::new("TAG002", Severity::Warning, message, label, policy.entity.subject.clone());
    let assuming = trust.statements.iter().find_map(|own| Some((own, assume_action(own)?)));
    let spot = assuming.and_then(|(own, _)| own.action_at).map_or(trust.at.place, |at| at.place);
    finding.related = vec![Label::new(spot, format!("does not allow {action}"))];
    let assume = assuming.map_or("sts:AssumeRole", |(_, action)| action);
    finding.help = match role.entity.dialect {
        Dialect::Yaml => format!("allow it in the trust policy of the role\n  Action: [{assume}, {action}]"),
        Dialect::Json => {
            format!("allow it in the trust policy of the role\n  \"Action\": [\"{assume}\", \"{action}\"]")
        }
        Dialect::Cdk => format!("allow it in the trust policy of the role\n  actions: ['{assume}', '{action}'],"),
    };
    let change = assuming.and_then(|(own, _)| allow(own, action));
    finding.fix =
        change.map(|change| Box::new(Fix::offered(format!("allow {action} in the trust policy"), vec![change])));
    finding.mistake = Mistake { statement: None, element: "Action", bare: false };
    finding
}
