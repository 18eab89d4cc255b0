//! XAC008: a whole account is trusted, and its own policies say who gets the role.

use crate::checks::Cx;
use crate::checks::gate::{Gate, bare_account, bare_request, gates, principal_path};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::{AwsPolicy, Dialect, PermissionPolicy, Role, RoleClasses, RoleId, account_of, every_role};
use crate::policy::{Effect, Policy, Principal, Request, evaluate};
use crate::resolve::StackId;
use crate::source::Place;
use crate::value::{Branch, Case, Text, compare};

/// Finds roles that trust a whole account: that which they are in, or another one on a condition.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx).filter(|gate| gate.statement.effect == Effect::Allow) {
        for principal in gate.principals() {
            of_principal(cx, gate, principal, findings);
        }
    }
}

fn of_principal(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, findings: &mut Vec<Finding>) {
    let symbols = &cx.graph.symbols;
    let Some(account) = bare_account(principal, symbols) else { return };
    if !compare(&account, &account_of(gate.role), symbols).is_true() {
        findings.extend(of_another(gate, principal, &account));
        return;
    }
    if is_shut(cx, gate) {
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

/// The same of another account, by its number: without a condition that is another mistake.
fn of_another(gate: Gate<'_>, principal: &Principal, account: &Text) -> Option<Finding> {
    let account = shown(account.as_known().filter(|_| !gate.statement.conditions.tests.is_empty())?);
    let name = gate.role.entity.name();
    let message = format!("{name} leaves it to the policies of account {account} who gets it");
    let place = principal.at.place;
    let label = Label::new(place, "everybody there whose own policy allows sts:AssumeRole on it");
    Some(named_better(gate, principal, Severity::Info, message, label))
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
    let mut finding = named_better(gate, principal, severity, message, label);
    finding.branch = when;
    finding.related = takers;
    finding
}

fn named_better(gate: Gate<'_>, principal: &Principal, severity: Severity, message: String, label: Label) -> Finding {
    let mut finding = gate.finding("XAC008", severity, message, label, &principal_path(principal));
    let line = match gate.role.entity.dialect {
        Dialect::Yaml => "AWS: ARN-OF-THE-ROLE-THAT-NEEDS-IT",
        Dialect::Json => "\"AWS\": \"ARN-OF-THE-ROLE-THAT-NEEDS-IT\"",
        Dialect::Cdk => "new iam.ArnPrincipal('ARN-OF-THE-ROLE-THAT-NEEDS-IT')",
    };
    finding.help = format!("name the role that needs it\n  {line}");
    finding.mistake.element = "Account";
    finding
}

/// Whether everybody of the role's own account is kept out.
fn is_shut(cx: &Cx<'_>, gate: Gate<'_>) -> bool {
    let is_of_gate = |of: &&RoleClasses| std::ptr::eq(cx.graph.role(of.role), gate.role) && of.when == *gate.when;
    let Some(of_role) = cx.classes.of_roles.iter().find(is_of_gate) else { return false };
    let mut own = of_role.answers.iter().filter(|answer| answer.class == "account/same/named").peekable();
    own.peek().is_some() && own.all(|answer| answer.answer.truth.is_false())
}

/// A policy that somebody else than the role has, in one branch.
struct Holding<'g> {
    policy: &'g Policy,
    when: &'g Branch,
    /// The stack of those who have it.
    stack: StackId,
    place: Place,
}

/// Policies whose holders may become every role of the account, where the role may do everything, and the part of a
/// branch in which that is so.
fn takers(cx: &Cx<'_>, gate: Gate<'_>, when: &Branch) -> Option<(Branch, Vec<Label>)> {
    let (id, _) = cx.graph.roles().find(|(_, role)| std::ptr::eq(*role, gate.role))?;
    let when = cx.held.administers(id, when)?.when;
    let mut holdings = of_templates(cx, gate, id);
    holdings.extend(of_aws(cx, gate, id));
    holdings.retain(|own| may_be_of_account(cx, gate.role, own.stack));
    let branches = holdings.iter().filter_map(|own| cx.graph.together(&when, own.when));
    let taken = branches.min_by_key(|branch| branch.iter().count())?;
    let lets_in = |own: &&Holding<'_>| cx.graph.together(own.when, &taken).is_some();
    let mut places: Vec<Place> = holdings.iter().filter(lets_in).map(|own| own.place).collect();
    places.dedup();
    let label = |place: Place| Label::new(place, "lets its holders become every role");
    Some((taken, places.into_iter().take(MOST_LABELS).map(label).collect()))
}

/// Those of the templates that let their holders take every role. What the role itself may do opens it to nobody.
fn of_templates<'g>(cx: &Cx<'g>, gate: Gate<'_>, id: RoleId) -> Vec<Holding<'g>> {
    let is_others =
        |policy: &&PermissionPolicy| !policy.roles.iter().all(|(role, _)| *role == id) || policy.roles.is_empty();
    let others = cx.graph.policies.iter().filter(is_others);
    let of_one = |policy: &'g PermissionPolicy| {
        let (stack, place) = (policy.entity.stack, policy.entity.place);
        let holding = move |case: &'g Case<Policy>| Holding { policy: &case.then, when: &case.when, stack, place };
        policy.document.cases.iter().map(holding)
    };
    others.flat_map(of_one).filter(|own| lets_take(cx, gate, own.policy)).collect()
}

/// Those of AWS that do, by the places that name them.
fn of_aws<'g>(cx: &Cx<'g>, gate: Gate<'_>, id: RoleId) -> Vec<Holding<'g>> {
    let graph = cx.graph;
    let letting = graph.aws_policies.iter().filter(|policy| lets_take(cx, gate, &policy.document));
    let of_one = |policy: &'g AwsPolicy| {
        let others = policy.roles.iter().filter(move |(role, ..)| *role != id);
        let roles = others.map(|(role, when, place)| (graph.role(*role).entity.stack, when, *place));
        let users = policy.users.iter().map(|(stack, when, place)| (*stack, when, *place));
        roles.chain(users).map(|(stack, when, place)| Holding { policy: &policy.document, when, stack, place })
    };
    letting.flat_map(of_one).collect()
}

/// Whether a policy certainly lets its holder become every role of the account. Who may write the policies of every
/// role gains nothing by taking one.
fn lets_take(cx: &Cx<'_>, gate: Gate<'_>, policy: &Policy) -> bool {
    let of_identity = Policy { of_identity: true, ..policy.clone() };
    let allows = |action: &str, resource: &Text| {
        let (action, resource) = (action.to_owned(), resource.clone());
        let asked = Request { action, resource, ..bare_request(gate.role) };
        evaluate(&of_identity, &asked, &cx.graph.symbols).truth.is_true()
    };
    let every = every_role(cx.graph, gate.role);
    every.iter().any(|roles| allows("sts:AssumeRole", roles))
        && !every.iter().any(|own| allows("iam:PutRolePolicy", own))
}

/// Whether those who are in a stack may be in the account of a role. All that a stack makes is in one account.
fn may_be_of_account(cx: &Cx<'_>, role: &Role, stack: StackId) -> bool {
    let beside = cx.graph.roles.iter().find(|other| other.entity.stack == stack);
    beside.is_none_or(|other| !compare(&account_of(other), &account_of(role), &cx.graph.symbols).is_false())
}

/// Labels of one finding.
const MOST_LABELS: usize = 3;
