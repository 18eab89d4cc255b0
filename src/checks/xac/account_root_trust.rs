//! XAC008: a whole account is trusted, and its own policies say who gets the role.

use crate::checks::Cx;
use crate::checks::gate::{Gate, bare_account, bare_request, gates, principal_path};
use crate::finding::{Finding, Label, Severity};
use crate::identity::{ClassAnswer, Dialect, PermissionPolicy, Role, RoleClasses, account_of};
use crate::policy::{Effect, Policy, Principal, Request, evaluate};
use crate::value::{Branch, Case, Text, Why, compare};

/// Finds roles that trust the account that they are in.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        for principal in gate.principals() {
            of_principal(cx, gate, principal, findings);
        }
    }
}

fn of_principal(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, findings: &mut Vec<Finding>) {
    let symbols = &cx.graph.symbols;
    let is_own = |account: Text| compare(&account, &account_of(gate.role), symbols).is_true();
    if !bare_account(principal, symbols).is_some_and(is_own) || is_shut(cx, gate) {
        return;
    }
    let mut rest = Some(gate.when.clone());
    for _ in 0..MOST_BRANCHES {
        let Some((taken, takers)) = rest.as_ref().and_then(|when| takers(cx, gate, when)) else { break };
        rest = rest.and_then(|when| cx.graph.worlds.outside(&when, &taken));
        findings.push(finding(gate, principal, taken, takers));
    }
    // Where it may not do everything, or nobody is seen who could take it.
    findings.extend(rest.map(|when| finding(gate, principal, when, Vec::new())));
}

/// Parts of a branch that are judged by themselves.
const MOST_BRANCHES: usize = 4;

fn finding(gate: Gate<'_>, principal: &Principal, when: Branch, takers: Vec<Label>) -> Finding {
    let name = gate.role.entity.name();
    let (severity, message) = match takers.is_empty() {
        true => (Severity::Info, format!("{name} leaves it to the account's policies who gets it")),
        false => (
            Severity::Warning,
            format!("{name} may do everything, and leaves it to the account's policies who gets it"),
        ),
    };
    let label = Label::new(principal.at.place, "everybody here whose own policy allows sts:AssumeRole on it");
    let mut finding = gate.finding("XAC008", severity, message, label, &principal_path(principal));
    finding.branch = when;
    finding.related = takers;
    let line = match gate.role.entity.dialect {
        Dialect::Yaml => "AWS: ARN-OF-THE-ROLE-THAT-NEEDS-IT",
        Dialect::Json => "\"AWS\": \"ARN-OF-THE-ROLE-THAT-NEEDS-IT\"",
        Dialect::Cdk => "new iam.ArnPrincipal('ARN-OF-THE-ROLE-THAT-NEEDS-IT')",
    };
    finding.help = format!("name the role that needs it\n  {line}");
    finding.mistake.element = "Account";
    finding
}

/// Whether a Deny keeps everybody of the role's own account out.
fn is_shut(cx: &Cx<'_>, gate: Gate<'_>) -> bool {
    let is_of_gate = |of: &&RoleClasses| std::ptr::eq(cx.graph.role(of.role), gate.role) && of.when == *gate.when;
    let Some(of_role) = cx.classes.of_roles.iter().find(is_of_gate) else { return false };
    let mut own = of_role.answers.iter().filter(|answer| answer.class == "account/same/named").peekable();
    let is_denied =
        |answer: &ClassAnswer| answer.answer.truth.is_false() && !answer.answer.decision.denied_by.is_empty();
    own.peek().is_some() && own.all(is_denied)
}

/// Policies whose holders may become every role of the account, where the role may do everything, and the part of a
/// branch in which that is so.
fn takers(cx: &Cx<'_>, gate: Gate<'_>, when: &Branch) -> Option<(Branch, Vec<Label>)> {
    let (id, _) = cx.graph.roles().find(|(_, role)| std::ptr::eq(*role, gate.role))?;
    let when = cx.held.administers(id, when)?.when;
    // What the role itself may do opens it to nobody.
    let is_others = |policy: &&PermissionPolicy| {
        (!policy.roles.iter().all(|(role, _)| *role == id) || policy.roles.is_empty())
            && may_be_of_account(cx, gate.role, policy)
    };
    let others: Vec<&PermissionPolicy> = cx.graph.policies.iter().filter(is_others).collect();
    let letting = others.iter().flat_map(|policy| &policy.document.cases).filter(|case| lets_take(cx, gate, case));
    let branches = letting.filter_map(|case| cx.graph.together(&when, &case.when));
    let taken = branches.min_by_key(|branch| branch.iter().count())?;
    let lets_in = |case: &Case<Policy>| cx.graph.together(&case.when, &taken).is_some() && lets_take(cx, gate, case);
    let policies = others.iter().filter(|policy| policy.document.cases.iter().any(lets_in));
    let label = |policy: &&PermissionPolicy| Label::new(policy.entity.place, "lets its holders become every role");
    let labels = policies.take(MOST_LABELS).map(label).collect();
    Some((taken, labels))
}

/// Whether a policy certainly lets its holder become every role. Who may write the policies of every role gains
/// nothing by taking one.
fn lets_take(cx: &Cx<'_>, gate: Gate<'_>, case: &Case<Policy>) -> bool {
    let every = Text::Any(Why::Deployment("a role".into()));
    let of_identity = Policy { of_identity: true, ..case.then.clone() };
    let allows = |action: &str| {
        let asked = Request { action: action.to_owned(), resource: every.clone(), ..bare_request(gate.role) };
        evaluate(&of_identity, &asked, &cx.graph.symbols).truth.is_true()
    };
    allows("sts:AssumeRole") && !allows("iam:PutRolePolicy")
}

/// Whether a policy may be one of the account of a role. All that a stack makes is in one account.
fn may_be_of_account(cx: &Cx<'_>, role: &Role, policy: &PermissionPolicy) -> bool {
    let beside = cx.graph.roles.iter().find(|other| other.entity.stack == policy.entity.stack);
    beside.is_none_or(|other| !compare(&account_of(other), &account_of(role), &cx.graph.symbols).is_false())
}

/// Labels of one finding.
const MOST_LABELS: usize = 3;
