//! CGT010: a statement for identity pools that lets none of them in.

use crate::checks::Cx;
use crate::checks::remedy::{ANY_MEMBER, condition, pool_of_role};
use crate::checks::words::{amr_line, condition_block, condition_line, is_bare, path, pool_of, tests};
use crate::finding::{Change, Finding, Fix, Label, Mistake, Severity, Written};
use crate::identity::cognito::{ASSUME, claimed_by};
use crate::identity::provider::{
    Misplaced, Named, PoolPrincipal, is_message_sender, misplaced, named_principal, pool_principals,
};
use crate::identity::{Dialect, Graph, Role, RoleId, Way};
use crate::policy::{
    Actions, Effect, Policy, Principal, PrincipalKind, Principals, Request, Statement, Test, actions_match, test_passes,
};
use crate::source::Place;
use crate::value::Branch;

/// Finds principals and actions by which no identity pool can come.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for (id, role) in cx.graph.roles() {
        for case in &role.trust.cases {
            let allowing = case.then.statements.iter().filter(|statement| statement.effect == Effect::Allow);
            for statement in allowing {
                findings.extend(finding(cx.graph, id, &case.then, statement, &case.when));
            }
        }
    }
}

/// What is wrong with a statement.
struct Fault {
    place: Place,
    /// The path below the statement.
    element: String,
    /// After `NAME refuses identity pools:`.
    reason: &'static str,
    label: String,
    /// What is to be mended.
    mend: Mend,
}

/// What of a statement is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mend {
    Service,
    UserPool,
    Action,
    Partition,
}

const USER_POOL: &str = "\nor, to take tokens of the user pool itself, name the ARN of an IAM OIDC provider";

fn finding(graph: &Graph, id: RoleId, policy: &Policy, statement: &Statement, when: &Branch) -> Option<Finding> {
    let role = graph.role(id);
    let partition = graph.partition(id);
    let own = pool_principals().find(|row| partition.as_deref().is_none_or(|own| own == row.partition));
    let fault = misplaced_principal(graph, statement)
        .or_else(|| wrong_action(graph, statement))
        .or_else(|| other_partition(graph, id, policy, statement, partition.as_deref()?))?;
    // Beside the service it may name them as it should.
    let may_work = |other: &Statement| fault.mend == Mend::Service || other.index != statement.index;
    let works = policy.statements.iter().any(|other| may_work(other) && admits_pools(graph, other));
    let name = role.entity.name();
    let beside = fault.mend == Mend::Service && admits_pools(graph, statement);
    let message = match works {
        _ if fault.mend == Mend::UserPool => format!("nobody can become {name} through the user pool that it names"),
        _ if beside => format!("a principal of {name} is of no use to identity pools: {}", fault.reason),
        true => format!("a statement of {name} is of no use to identity pools: {}", fault.reason),
        false => format!("{name} refuses identity pools: {}", fault.reason),
    };
    let severity = if works { Severity::Warning } else { Severity::Error };
    let property = format!("AssumeRolePolicyDocument.{}.{}", statement.path(), fault.element);
    let label = Label::new(fault.place, fault.label.as_str());
    let mut finding = Finding::new("CGT010", severity, message, label, role.entity.property(property));
    finding.related = path(graph.handouts_of(id).filter(|handout| graph.together(when, &handout.when).is_some()));
    let own = own.map_or("cognito-identity.amazonaws.com", |row| row.name);
    let case =
        Case { graph, id, statement, when, own, mend: fault.mend, beside, is_spare: works && is_alone(statement) };
    finding.help = case.help();
    finding.fix = case.fix().filter(|_| !works).map(Box::new);
    finding.mistake = Mistake { statement: Some(statement.at.place), element: "Principal", bare: false };
    finding.branch = when.clone();
    Some(finding)
}

/// Whether a statement may let tokens of identity pools in, conditions aside.
fn admits_pools(graph: &Graph, statement: &Statement) -> bool {
    let named = pools(graph, statement).next().is_some() || !matches!(statement.principals, Principals::Only(_));
    statement.effect != Effect::Deny && named && !actions_match(&statement.actions, ASSUME).is_false()
}

fn principals(statement: &Statement) -> &[Principal] {
    match &statement.principals {
        Principals::Only(list) => list,
        _ => &[],
    }
}

/// The principals of a statement that are identity pools.
fn pools<'s>(graph: &'s Graph, statement: &'s Statement) -> impl Iterator<Item = (&'s Principal, PoolPrincipal)> {
    let federated = principals(statement).iter().filter(|own| own.kind == Some(PrincipalKind::Federated));
    federated.filter_map(|own| match named_principal(&own.value, &graph.symbols) {
        Named::Pools(row) => Some((own, row)),
        Named::Others | Named::Unclear => None,
    })
}

fn misplaced_principal(graph: &Graph, statement: &Statement) -> Option<Fault> {
    let found = principals(statement).iter().find_map(|own| Some((own, misplaced(own, &graph.symbols)?)));
    let Some((principal, what)) = found else { return sender_of_messages(statement) };
    let kind = principal.kind.map_or("AWS", PrincipalKind::name);
    let (reason, label) = match what {
        Misplaced::Service => ("it names them as a service", "identity pools are federated, no service"),
        Misplaced::UserPoolHost => ("it names a user pool", "the name of a user pool, where an OIDC provider belongs"),
        Misplaced::UserPoolArn => ("it names a user pool", "the ARN of a user pool, where an OIDC provider belongs"),
        Misplaced::RegionalPools => ("it names them with a Region", "their name has no Region in it"),
    };
    Some(Fault {
        place: principal.at.place,
        element: format!("Principal.{kind}"),
        reason,
        label: label.to_owned(),
        mend: match what {
            Misplaced::Service => Mend::Service,
            Misplaced::UserPoolHost | Misplaced::UserPoolArn => Mend::UserPool,
            Misplaced::RegionalPools => Mend::Partition,
        },
    })
}

/// The service of user pools beside condition keys of identity pools.
fn sender_of_messages(statement: &Statement) -> Option<Fault> {
    statement.conditions.tests.iter().find_map(claimed_by)?;
    let principal = principals(statement).iter().find(|own| is_message_sender(own))?;
    Some(Fault {
        place: principal.at.place,
        element: "Principal.Service".to_owned(),
        reason: "it names the service that sends messages of user pools",
        label: "sends messages of user pools; identity pools are federated, no service".to_owned(),
        mend: Mend::Service,
    })
}

/// `sts:AssumeRole`, which is for callers with keys of their own, or what SAML assertions come with.
fn wrong_action(graph: &Graph, statement: &Statement) -> Option<Fault> {
    pools(graph, statement).next()?;
    let Actions::Only(_) = &statement.actions else { return None };
    let allows = |action| actions_match(&statement.actions, action);
    let others = ["sts:AssumeRole", "sts:AssumeRoleWithSAML"];
    if !(others.into_iter().any(|other| allows(other).is_true()) && allows(ASSUME).is_false()) {
        return None;
    }
    Some(Fault {
        place: statement.action_at.map_or(statement.at.place, |at| at.place),
        element: "Action".to_owned(),
        reason: "it allows them an action that they do not use",
        label: format!("their tokens come with {ASSUME}"),
        mend: Mend::Action,
    })
}

/// The name of the pools of another partition, as the principal or before a condition key. Partitions whose
/// name no guide agrees on are left alone.
fn other_partition(
    graph: &Graph,
    id: RoleId,
    policy: &Policy,
    statement: &Statement,
    partition: &str,
) -> Option<Fault> {
    let own = pool_principals().find(|row| row.partition == partition)?;
    pools(graph, statement).next()?;
    let is_other = |row: &PoolPrincipal| row.partition != partition;
    if let Some((principal, _)) = pools(graph, statement).find(|(_, row)| is_other(row)) {
        // Names of several partitions side by side serve a template that goes to all of them.
        let serves = pools(graph, statement).any(|(_, row)| !is_other(&row));
        let fault = Fault {
            place: principal.at.place,
            element: "Principal.Federated".to_owned(),
            reason: "it names those of another partition",
            label: format!("in {partition} they are {}", own.name),
            mend: Mend::Partition,
        };
        return (!serves).then_some(fault);
    }
    // No token carries such a key: a test that passes without it keeps nobody out.
    let token = Request {
        principal: (PrincipalKind::Federated, own.text.clone()),
        action: ASSUME.to_owned(),
        resource: graph.role(id).arn(),
        context: Vec::new(),
    };
    let refuses = |test: &&Test| test_passes(test, policy, &token, &graph.symbols).is_false();
    let others = statement.conditions.tests.iter().filter(|test| claimed_by(test).is_some_and(|row| is_other(&row)));
    let test = others.into_iter().find(refuses)?;
    let [operator, key] = [&test.operator_text, &test.key].map(|text| text.as_known().unwrap_or("?"));
    Some(Fault {
        place: test.key_at.place,
        element: format!("Condition.{operator}.{key}"),
        reason: "its condition keys are those of another partition",
        label: format!("in {partition} the keys begin with {}", own.name),
        mend: Mend::Partition,
    })
}

/// Whether the statement names one principal and nobody else.
fn is_alone(statement: &Statement) -> bool {
    principals(statement).len() == 1
}

/// A statement to mend.
struct Case<'a> {
    graph: &'a Graph,
    id: RoleId,
    statement: &'a Statement,
    when: &'a Branch,
    /// How identity pools are named where the role goes to.
    own: &'static str,
    mend: Mend,
    /// Whether it can go: another statement lets identity pools in, and this one is for nobody else.
    is_spare: bool,
    /// Whether the statement names them as it should, too.
    beside: bool,
}

impl Case<'_> {
    fn role(&self) -> &Role {
        self.graph.role(self.id)
    }

    /// The word of those whom the role is for, as far as its use shows.
    fn word(&self) -> &'static str {
        let handouts = self.graph.handouts_of(self.id);
        let mut own = handouts.filter(|own| self.graph.together(self.when, &own.when).is_some()).peekable();
        let for_guests = own.peek().is_some() && own.all(|handout| handout.way == Way::Guest);
        if for_guests { "unauthenticated" } else { "authenticated" }
    }

    fn help(&self) -> String {
        if self.is_spare {
            return "remove this statement; another one lets identity pools in".to_owned();
        }
        if self.mend == Mend::Service && admits_pools(self.graph, self.statement) {
            return "take the service out: the statement names identity pools as it should".to_owned();
        }
        if self.beside {
            return "remove the service; the statement names identity pools as federated already".to_owned();
        }
        let (role, name) = (self.role(), self.own);
        let principal = match role.entity.dialect {
            Dialect::Cdk => None,
            Dialect::Yaml => Some(format!("Principal: {{ Federated: {name} }}")),
            Dialect::Json => Some(format!("\"Principal\": {{ \"Federated\": \"{name}\" }},")),
        };
        let is_json = role.entity.dialect == Dialect::Json;
        let action = if is_json { format!("\"Action\": \"{ASSUME}\"") } else { format!("Action: {ASSUME}") };
        let bare = is_bare(self.statement);
        let lines = [
            condition_line(role, "StringEquals", &format!("{name}:aud"), &pool_of(self.graph, self.id)),
            amr_line(role, name, self.word()),
        ];
        let conditions = if bare { condition_block(role, &lines) } else { String::new() };
        let comma = if is_json && bare { "," } else { "" };
        let lines = match (self.mend, principal) {
            (_, None) => {
                let conditions =
                    if bare { format!("{{\n    {}\n  }}", lines.join("\n    ")) } else { "{ … }".to_owned() };
                format!("  new iam.FederatedPrincipal('{name}', {conditions},\n    '{ASSUME}')")
            }
            (Mend::Action, Some(_)) => format!("  {action}{comma}"),
            (_, Some(principal)) => format!("  {principal}\n  {action}{comma}"),
        };
        let conditions = if conditions.is_empty() || role.entity.dialect == Dialect::Cdk {
            String::new()
        } else {
            format!("\n{conditions}")
        };
        let what = match self.mend {
            Mend::Action if !bare => "allow the action that tokens come with",
            _ => "name identity pools, and test aud and amr",
        };
        let more = match self.mend {
            Mend::UserPool => USER_POOL,
            Mend::Service | Mend::Partition if !bare => "\nand begin the condition keys with the same name",
            _ => "",
        };
        format!("{what}\n{lines}{conditions}{more}")
    }

    /// Whether the statement asks for a pool by the right key.
    fn asks_for_a_pool(&self) -> bool {
        tests(self.statement, "aud").any(|test| claimed_by(test).is_some_and(|row| row.name == self.own))
    }

    /// Principal and action, where nothing else is in the statement; and the pool, where it asks for none.
    fn fix(&self) -> Option<Fix> {
        let Actions::Only(actions) = &self.statement.actions else { return None };
        let [principal] = principals(self.statement) else { return None };
        let ([_], true) = (actions.as_slice(), matches!(self.mend, Mend::Service | Mend::Action)) else { return None };
        let mut changes = Vec::new();
        if self.mend == Mend::Service {
            changes.push(Change::Rename { key: principal.key_at?, name: "Federated".to_owned() });
            if is_message_sender(principal) {
                changes.push(Change::Set { at: principal.at, value: Written::text(self.own) });
            } else if principal.value.as_known() != Some(self.own) {
                return None;
            }
        }
        let action = self.statement.action_value_at?;
        changes.push(Change::Set { at: action, value: Written::text(ASSUME) });
        if is_bare(self.statement) {
            let aud = ("StringEquals".to_owned(), format!("{}:aud", self.own), pool_of_role(self.graph, self.id)?);
            let amr = (ANY_MEMBER.to_owned(), format!("{}:amr", self.own), Written::text(self.word()));
            changes.push(condition(self.statement, vec![aud, amr]));
        } else if !self.asks_for_a_pool() {
            return None;
        }
        Some(Fix::safe("name identity pools by their principal and action", changes))
    }
}
