//! What findings on trust policies of all families have in common: statements, spots, answers and their proofs.

use crate::checks::{Cx, Trusted};
use crate::finding::{Finding, Label, Mistake, Severity};
use crate::identity::classes::witness_of;
use crate::identity::{AwsPrincipal, ClassAnswer, Dialect, Role, RoleClasses, Witness, account_of, aws_principal};
use crate::policy::{
    Effect, Policy, Principal, PrincipalKind, Principals, Request, Statement, Test, actions_match, test_passes,
};
use crate::resolve::StackId;
use crate::source::Place;
use crate::value::{Branch, Symbols, Text, compare};

/// A statement of a trust policy, in one branch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate<'g> {
    /// The role.
    pub(super) role: &'g Role,
    /// The whole policy.
    pub(super) policy: &'g Policy,
    /// The statement.
    pub(super) statement: &'g Statement,
    /// The branch.
    pub(super) when: &'g Branch,
}

/// Every statement of every trust policy.
pub(super) fn gates<'g>(cx: &Cx<'g>) -> impl Iterator<Item = Gate<'g>> + use<'g> {
    let cases = cx.graph.roles.iter().flat_map(|role| role.trust.cases.iter().map(move |case| (role, case)));
    cases.flat_map(|(role, case)| {
        let (policy, when) = (&case.then, &case.when);
        policy.statements.iter().map(move |statement| Gate { role, policy, statement, when })
    })
}

impl<'g> Gate<'g> {
    /// The principals that the statement names; none where it names all but some, or where they are not known.
    pub(super) fn principals(self) -> &'g [Principal] {
        named(self.statement)
    }

    /// A finding on a part of the statement.
    pub(super) fn finding(
        self,
        rule: &'static str,
        severity: Severity,
        message: String,
        label: Label,
        part: &str,
    ) -> Finding {
        let property = format!("AssumeRolePolicyDocument.{}{part}", self.statement.path());
        let mut finding = Finding::new(rule, severity, message, label, self.role.entity.property(property));
        finding.mistake = Mistake { statement: Some(self.statement.at.place), element: "", bare: false };
        finding.branch = self.when.clone();
        finding
    }
}

/// The principals that a statement names.
pub(super) fn named(statement: &Statement) -> &[Principal] {
    match &statement.principals {
        Principals::Only(list) => list,
        _ => &[],
    }
}

/// The path of a principal below its statement.
pub(super) fn principal_path(principal: &Principal) -> String {
    principal.kind.map_or_else(|| ".Principal".to_owned(), |kind| format!(".Principal.{}", kind.name()))
}

/// The path of a test below its statement.
pub(super) fn test_path(test: &Test) -> String {
    let [operator, key] = [&test.operator_text, &test.key].map(|text| text.as_known().unwrap_or("?"));
    format!(".Condition.{operator}.{key}")
}

/// Whether a principal is a star: every account.
pub(super) fn is_everybody(principal: &Principal, symbols: &Symbols) -> bool {
    let of_accounts = matches!(principal.kind, None | Some(PrincipalKind::Aws));
    of_accounts && aws_principal(&principal.value, symbols) == AwsPrincipal::Everybody
}

/// Where the Principal of a statement stands.
pub(super) fn principal_place(statement: &Statement) -> Place {
    statement.principal_value_at.map_or(statement.at.place, |at| at.place)
}

/// The answers of a class that certainly gets in.
pub(super) fn admitted<'c>(of_role: &'c RoleClasses, class: &'static str) -> impl Iterator<Item = &'c ClassAnswer> {
    of_role.answers.iter().filter(move |answer| answer.class == class && answer.answer.truth.is_true())
}

/// The Allow statements by which an answer's request gets in.
pub(super) fn deciding<'p>(policy: &'p Policy, answer: &'p ClassAnswer) -> impl Iterator<Item = &'p Statement> {
    let by = &answer.answer.decision.allowed_by;
    policy.statements.iter().filter(|statement| statement.effect == Effect::Allow && by.contains(&statement.index))
}

/// A gate of an answer's role.
pub(super) fn gate<'g>(cx: &Cx<'g>, of_role: &'g RoleClasses, statement: &'g Statement) -> Gate<'g> {
    Gate { role: cx.graph.role(of_role.role), policy: of_role.policy(cx.graph), statement, when: &of_role.when }
}

/// The proof of an answer, told as: `who` is allowed by the statement.
pub(super) fn proof(
    cx: &Cx<'_>,
    of_role: &RoleClasses,
    answer: &ClassAnswer,
    statement: &Statement,
    who: &str,
) -> Box<Witness> {
    let mut witness = witness_of(cx.graph, cx.classes, of_role, answer);
    witness.story = format!("{who} is allowed by {}", statement.path());
    Box::new(witness)
}

/// A test on a known key that begins with one of these, in any case.
pub(super) fn is_on(test: &Test, beginnings: &[&str]) -> bool {
    let key = test.key.as_known().unwrap_or_default().to_ascii_lowercase();
    beginnings.iter().any(|beginning| key.starts_with(beginning))
}

/// How to name the own account as a principal.
pub(super) fn own_account_line(role: &Role) -> &'static str {
    match role.entity.dialect {
        Dialect::Yaml => "AWS: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:root",
        Dialect::Json => "\"AWS\": { \"Fn::Sub\": \"arn:${AWS::Partition}:iam::${AWS::AccountId}:root\" }",
        Dialect::Cdk => "new iam.AccountRootPrincipal()",
    }
}

/// Keys of a caller's organization.
const ORGANIZATION: [&str; 1] = ["aws:principalorg"];
/// Keys that say whether there was a second factor.
pub(super) const SECOND_FACTOR: [&str; 1] = ["aws:multifactorauth"];

/// Why strangers pass a statement that trusts everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing keeps any account out.
    Open,
    /// It asks only for what a caller chooses.
    Chosen,
    /// A test of who somebody is passes for those who lack it.
    Bypassed,
}

/// The statement by which a principal of an account that nobody named gets in, and why.
pub(super) fn gap<'c>(cx: &Cx<'c>, of_role: &'c RoleClasses) -> Option<(&'c ClassAnswer, &'c Statement, Gap)> {
    let policy = of_role.policy(cx.graph);
    let of = |class| admitted(of_role, class).next();
    let plain = of("account/unrelated/plain");
    let answer = plain.or_else(|| of("account/unrelated"))?;
    let mut gaps: Vec<(&Statement, Gap)> = deciding(policy, answer)
        .map(|statement| (statement, gap_of(statement, policy, answer, plain.is_some(), &cx.classes.symbols)))
        .collect();
    // What is open says more than what is guarded badly.
    gaps.sort_by_key(|(_, gap)| *gap != Gap::Open);
    gaps.first().map(|(statement, gap)| (answer, *statement, *gap))
}

fn gap_of(statement: &Statement, policy: &Policy, answer: &ClassAnswer, plain: bool, symbols: &Symbols) -> Gap {
    let tests = || statement.conditions.tests.iter();
    let without_factor = without(&answer.answer.request, &SECOND_FACTOR);
    let passes = |test: &Test| test_passes(test, policy, &without_factor, symbols).is_true();
    match () {
        () if tests().any(|test| is_on(test, &ORGANIZATION)) => Gap::Bypassed,
        () if tests().any(|test| is_on(test, &SECOND_FACTOR) && passes(test)) => Gap::Bypassed,
        () if !plain || tests().any(|test| is_on(test, &SECOND_FACTOR)) => Gap::Chosen,
        () => Gap::Open,
    }
}

/// A request that lacks some keys.
pub(super) fn without(request: &Request, beginnings: &[&str]) -> Request {
    let is_kept = |key: &str| !beginnings.iter().any(|beginning| key.to_ascii_lowercase().starts_with(beginning));
    let context = request.context.iter().filter(|(key, _)| key.as_known().is_none_or(is_kept)).cloned().collect();
    Request { context, ..request.clone() }
}

/// The account that a principal names as a whole.
pub(super) fn bare_account(principal: &Principal, symbols: &Symbols) -> Option<Text> {
    match (principal.kind, aws_principal(&principal.value, symbols)) {
        (Some(PrincipalKind::Aws), AwsPrincipal::Account(account)) => Some(account),
        _ => None,
    }
}

/// Whether the user counts an account as theirs, or knows it: by the configuration, or since a stack of the run
/// goes there.
pub(super) fn trusted_account(cx: &Cx<'_>, stack: StackId, account: &Text) -> bool {
    let by_stack = cx.graph.roles.iter().any(|role| compare(&account_of(role), account, &cx.graph.symbols).is_true());
    let listed = |trusted: &Trusted| {
        let known = account.as_known().unwrap_or_default();
        trusted.accounts.iter().any(|own| own == known) || trusted.third_parties.contains_key(known)
    };
    by_stack || cx.trusted(stack).is_some_and(listed)
}

/// Whether a statement names a service.
pub(super) fn names_service(cx: &Cx<'_>, statement: &Statement, service: &str) -> bool {
    let is_it = |value: &Text| compare(value, &Text::known(service), &cx.graph.symbols).is_true();
    named(statement).iter().any(|one| one.kind == Some(PrincipalKind::Service) && is_it(&one.value))
}

/// The actions that a service certainly is not allowed by any statement.
pub(super) fn missing_actions(
    cx: &Cx<'_>,
    policy: &Policy,
    service: &str,
    needed: &[&'static str],
) -> Vec<&'static str> {
    let may = |statement: &Statement, action: &str| {
        // Of whom it is not known whom they name.
        let speaks = names_service(cx, statement, service) || named(statement).is_empty();
        statement.effect != Effect::Deny && speaks && !actions_match(&statement.actions, action).is_false()
    };
    if policy.opaque || policy.may_allow_more {
        return Vec::new();
    }
    let lacks = |action: &&str| !policy.statements.iter().any(|statement| may(statement, action));
    needed.iter().copied().filter(lacks).collect()
}

/// The first Allow statement of each policy that names a service.
pub(super) fn gates_of_service<'g>(cx: &Cx<'g>, service: &str) -> Vec<Gate<'g>> {
    let mut found: Vec<Gate<'g>> = Vec::new();
    for gate in gates(cx) {
        let is_new = !found.last().is_some_and(|last| std::ptr::eq(last.policy, gate.policy));
        if is_new && gate.statement.effect == Effect::Allow && names_service(cx, gate.statement, service) {
            found.push(gate);
        }
    }
    found
}
