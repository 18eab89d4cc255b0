//! XAC009: a principal that is not there: one that the template is yet to make, or an id instead of a name.

use crate::checks::Cx;
use crate::checks::gate::{Gate, account_and_name, gates, principal_path};
use crate::checks::remedy::{account_and_test, own_root, written};
use crate::finding::{Change, Finding, Fix, Label, Severity, Status, Written, shown};
use crate::identity::{AwsPrincipal, Dialect, NamedEarly, aws_principal};
use crate::policy::{Principal, PrincipalKind};

/// Finds principals that are made too late, and ids of those who are gone.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        for principal in gate.principals().iter().filter(|one| one.kind == Some(PrincipalKind::Aws)) {
            findings.extend(early(cx, gate, principal).or_else(|| gone(cx, gate, principal)));
        }
    }
}

fn early(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Finding> {
    let is_it = |named: &&NamedEarly| named.at == principal.at && std::ptr::eq(cx.graph.role(named.role), gate.role);
    let named = cx.graph.named_early.iter().find(is_it)?;
    let role = gate.role.entity.name();
    let (message, why) = match named.name == role {
        true => (
            format!("{role} names itself as its principal, and is not there when that is looked up"),
            "has to exist before this role is made".to_owned(),
        ),
        false => (
            format!("{role} names {} by a text, which may not be there when that is looked up", named.name),
            format!("nothing says that {} has to be made first", named.name),
        ),
    };
    let label = Label::new(principal.at.place, why);
    let mut finding = gate.finding("XAC009", Severity::Error, message, label, &principal_path(principal));
    if named.name != role {
        finding.related = vec![Label::new(named.place, "is made in this template")];
    }
    finding.help = help(cx, gate, principal, named);
    finding.fix = fix(cx, gate, principal, named).map(Box::new);
    if !named.certain {
        finding.status = Status::Possible;
        finding.assumes.push("the account that it names is the one of this stack".to_owned());
    }
    finding.mistake.element = "Principal";
    Some(finding)
}

/// What waits for the role cannot be waited for.
fn help(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, named: &NamedEarly) -> String {
    if named.cyclic {
        let block = account_and_name(
            gate.role,
            "arn:${AWS::Partition}:iam::${AWS::AccountId}:root",
            "ArnEquals",
            &cx.graph.shown(&principal.value),
        );
        return format!("trust the account, and ask for the name\n  {block}");
    }
    let name = &named.name;
    match gate.role.entity.dialect {
        Dialect::Yaml => format!("refer to it, so that it is made first\n  AWS: !GetAtt {name}.Arn"),
        Dialect::Json => {
            format!("refer to it, so that it is made first\n  \"AWS\": {{ \"Fn::GetAtt\": [\"{name}\", \"Arn\"] }}")
        }
        Dialect::Cdk => {
            "pass the construct, so that it is made first\n  new iam.ArnPrincipal(other.roleArn)".to_owned()
        }
    }
}

fn fix(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, named: &NamedEarly) -> Option<Fix> {
    if !named.cyclic {
        let value = Written::attribute(named.name.as_str(), "Arn");
        return Some(Fix::safe(format!("refer to {}", named.name), vec![Change::Set { at: principal.at, value }]));
    }
    let name = written(cx.graph, &principal.value)?;
    let changes = account_and_test(gate.statement, own_root(), "ArnEquals", name);
    (!changes.is_empty()).then(|| Fix::offered("trust the account, and ask for the name", changes))
}

fn gone(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal) -> Option<Finding> {
    if aws_principal(&principal.value, &cx.graph.symbols) != AwsPrincipal::UniqueId {
        return None;
    }
    let role = gate.role.entity.name();
    let id = shown(principal.value.as_known()?);
    let message = format!("{role} names {id}, an id instead of a name");
    let label = Label::new(principal.at.place, "is what IAM shows for a user or role that is gone");
    let mut finding = gate.finding("XAC009", Severity::Warning, message, label, &principal_path(principal));
    let name = "name the user or role again\n  ";
    finding.help = name.to_owned()
        + match gate.role.entity.dialect {
            Dialect::Yaml => "AWS: ARN-OF-THE-USER-OR-ROLE",
            Dialect::Json => "\"AWS\": \"ARN-OF-THE-USER-OR-ROLE\"",
            Dialect::Cdk => "new iam.ArnPrincipal('ARN-OF-THE-USER-OR-ROLE')",
        };
    finding.mistake.element = "Principal";
    Some(finding)
}
