//! What findings on trust policies of all families have in common: statements, spots, answers and their proofs.

use crate::checks::{Cx, Trusted};
use crate::finding::{Finding, Label, Mistake, Severity};
use crate::identity::classes::witness_of;
use crate::identity::{
    AwsPrincipal, ClassAnswer, Dialect, Role, RoleClasses, Witness, account_of, aws_principal, in_account,
};
use crate::policy::{
    Carried, Effect, Policy, Principal, PrincipalKind, Principals, Request, Statement, Test, evaluate, test_passes,
};
use crate::resolve::StackId;
use crate::source::Place;
use crate::value::{Branch, SymbolId, Symbols, Text, Truth, Why, compare};

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

/// The same, part by part of the policy: each statement that lets the class in comes up.
pub(super) fn admitted_by_part<'c>(
    of_role: &'c RoleClasses,
    class: &'static str,
) -> impl Iterator<Item = (&'c ClassAnswer, &'c [ClassAnswer])> {
    of_role.by_part().filter(move |(answer, _)| answer.class == class && answer.answer.truth.is_true())
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

/// How to name an account of somebody else as a principal.
pub(super) fn partner_line(role: &Role) -> &'static str {
    match role.entity.dialect {
        Dialect::Yaml => "AWS: arn:aws:iam::999988887777:root",
        Dialect::Json => "\"AWS\": \"arn:aws:iam::999988887777:root\"",
        Dialect::Cdk => "new iam.AccountPrincipal('999988887777')",
    }
}

/// A text as a template or CDK code writes it.
pub(super) fn literal(role: &Role, text: &str) -> String {
    let is_sub = text.contains("${");
    match role.entity.dialect {
        Dialect::Cdk if is_sub => format!(
            "`{}`",
            text.replace("${AWS::AccountId}", "${this.account}").replace("${AWS::Partition}", "${this.partition}")
        ),
        Dialect::Cdk => format!("'{text}'"),
        Dialect::Json if is_sub => format!("{{ \"Fn::Sub\": \"{text}\" }}"),
        Dialect::Json => format!("\"{text}\""),
        Dialect::Yaml if is_sub => format!("!Sub '{text}'"),
        Dialect::Yaml => {
            let is_word = |c: char| c.is_ascii_alphanumeric() || "_-./:@+=,".contains(c);
            let is_plain = text.chars().all(is_word) && text.starts_with(|c: char| c.is_ascii_alphabetic());
            if is_plain && text != "true" && text != "false" { text.to_owned() } else { format!("'{text}'") }
        }
    }
}

/// How to trust an account, and ask for a name in it.
pub(super) fn account_and_name(role: &Role, account: &str, operator: &str, name: &str) -> String {
    let (root, name) = (literal(role, account), literal(role, name));
    match role.entity.dialect {
        Dialect::Yaml => {
            format!("Principal: {{ AWS: {root} }}\n  Condition: {{ {operator}: {{ aws:PrincipalArn: {name} }} }}")
        }
        Dialect::Json => format!(
            "\"Principal\": {{ \"AWS\": {root} }},\n  \"Condition\": {{ \"{operator}\": {{ \"aws:PrincipalArn\": {name} }} }}"
        ),
        Dialect::Cdk => format!(
            "new iam.ArnPrincipal({root}).withConditions({{\n    {operator}: {{ 'aws:PrincipalArn': {name} }},\n  }})"
        ),
    }
}

/// Keys of the network that a call comes through.
pub(super) const NETWORK: [&str; 2] = ["aws:sourcevpc", "aws:vpcsourceip"];

/// Keys of a caller's organization.
pub(super) const ORGANIZATION: [&str; 1] = ["aws:principalorg"];
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

/// The statements by which a principal of an account that nobody named gets in, and why: what is open first.
pub(super) fn gaps<'c>(cx: &Cx<'c>, of_role: &'c RoleClasses) -> Vec<(&'c ClassAnswer, &'c Statement, Gap)> {
    let policy = of_role.policy(cx.graph);
    let mut gaps: Vec<(&ClassAnswer, &Statement, Gap)> = Vec::new();
    for answers in std::iter::once(&of_role.answers).chain(&of_role.apart) {
        let found = gap(cx, policy, answers);
        // Each statement is a mistake of its own.
        let is_new =
            |(_, statement, _): &(_, &Statement, _)| gaps.iter().all(|(_, own, _)| own.index != statement.index);
        let found = found.filter(is_new);
        gaps.extend(found);
    }
    gaps.sort_by_key(|(.., gap)| *gap != Gap::Open);
    gaps
}

/// That of a policy, or of a part of it, that says most.
fn gap<'c>(
    cx: &Cx<'c>,
    policy: &'c Policy,
    answers: &'c [ClassAnswer],
) -> Option<(&'c ClassAnswer, &'c Statement, Gap)> {
    let of = |class| answers.iter().find(|answer| answer.class == class && answer.answer.truth.is_true());
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
        () if keeping_out(policy, answer, symbols).any(|(_, test)| is_on(test, &SECOND_FACTOR)) => Gap::Chosen,
        () => Gap::Open,
    }
}

/// The tests of Deny statements that keep out whoever does not send for their keys what an answer's request does.
pub(super) fn keeping_out<'p>(
    policy: &'p Policy,
    answer: &'p ClassAnswer,
    symbols: &'p Symbols,
) -> impl Iterator<Item = (&'p Statement, &'p Test)> {
    let denying = policy.statements.iter().filter(|statement| statement.effect == Effect::Deny);
    let tests = denying.flat_map(|statement| statement.conditions.tests.iter().map(move |test| (statement, test)));
    tests.filter(move |(_, test)| {
        let request = &answer.answer.request;
        let anything = Carried::One(Text::Any(Why::Deployment("what is sent".into())));
        let others = [sending(request, test, None), sending(request, test, Some(anything))];
        !others.iter().all(|other| evaluate(policy, other, symbols).truth.is_true())
    })
}

/// A request that lacks some keys.
pub(super) fn without(request: &Request, beginnings: &[&str]) -> Request {
    let is_kept = |key: &str| !beginnings.iter().any(|beginning| key.to_ascii_lowercase().starts_with(beginning));
    let context = request.context.iter().filter(|(key, _)| key.as_known().is_none_or(is_kept)).cloned().collect();
    Request { context, ..request.clone() }
}

/// The same request with another value for the key of a test, or without that.
fn sending(request: &Request, test: &Test, carried: Option<Carried>) -> Request {
    let is_key = |key: &Text| match (key.as_known(), test.key.as_known()) {
        (Some(own), Some(other)) => own.eq_ignore_ascii_case(other),
        _ => *key == test.key,
    };
    let mut context = request.context.clone();
    context.retain(|(key, _)| !is_key(key));
    context.extend(carried.map(|carried| (test.key.clone(), carried)));
    Request { context, ..request.clone() }
}

/// Whether a test passes for a request that has this value for its key.
pub(super) fn passes_with(test: &Test, policy: &Policy, request: &Request, value: Text, symbols: &Symbols) -> Truth {
    test_passes(test, policy, &sending(request, test, Some(Carried::One(value))), symbols)
}

/// Whether a Deny certainly keeps a request out that has this value for the key of a test of its.
pub(super) fn denies_with(
    (deny, test): (&Statement, &Test),
    policy: &Policy,
    request: &Request,
    value: Text,
    symbols: &Symbols,
) -> bool {
    let asked = sending(request, test, Some(Carried::One(value)));
    evaluate(policy, &asked, symbols).denied_by.contains(&deny.index)
}

/// Whether a test passes whatever its key has.
pub(super) fn passes_always(test: &Test, policy: &Policy, request: &Request, symbols: &Symbols) -> bool {
    passes_with(test, policy, request, Text::Any(Why::Deployment("what is sent".into())), symbols).is_true()
}

/// Whether a test passes for nothing that its key may have.
pub(super) fn passes_never(test: &Test, policy: &Policy, request: &Request, symbols: &Symbols) -> bool {
    passes_with(test, policy, request, Text::Any(Why::Deployment("what is sent".into())), symbols).is_false()
}

/// An id that no organization of anybody's has.
const NO_ORGANIZATION: &str = "o-0000000000";

/// Whether a test on the caller's organization passes for one that nobody named, or for none.
pub(super) fn is_open_to_organizations(test: &Test, policy: &Policy, request: &Request, symbols: &Symbols) -> bool {
    test_passes(test, policy, &without(request, &ORGANIZATION), symbols).is_true()
        || test_passes(test, policy, &sending(request, test, Some(other_organization(test))), symbols).is_true()
}

/// A role's name that nobody uses.
const NO_ROLE: &str = "role/rolecall-asks-for-nobody";

/// Whether a test on the caller's ARN passes for every role of an account.
pub(super) fn is_open_to_roles(
    test: &Test,
    policy: &Policy,
    request: &Request,
    account: &Text,
    symbols: &Symbols,
) -> bool {
    let arn = Text::join([&Text::known("arn:aws:iam::"), account, &Text::known(format!(":{NO_ROLE}"))]);
    passes_with(test, policy, request, arn, symbols).is_true()
}

/// Whether a test on the caller's ARN passes for one of the same name in another account.
pub(super) fn passes_elsewhere(test: &Test, policy: &Policy, request: &Request, symbols: &Symbols) -> bool {
    let Some(Carried::One(arn)) = request.get("aws:PrincipalArn") else { return false };
    let other = in_account(arn, "000000000001");
    passes_with(test, policy, request, other, symbols).is_true()
}

/// A call for a role of which nothing else is known.
pub(super) fn bare_request(role: &Role) -> Request {
    Request {
        principal: (PrincipalKind::Aws, Text::known("*")),
        action: "sts:AssumeRole".to_owned(),
        resource: role.arn(),
        context: Vec::new(),
    }
}

/// Whether a statement asks for more than an account: for its organization, which is one of the user's where these are
/// known, or for a name in it.
pub(super) fn narrows_account(
    statement: &Statement,
    policy: &Policy,
    request: &Request,
    (account, own): (&Text, &OwnOrganizations<'_>),
    symbols: &Symbols,
) -> bool {
    let is_own = |test: &Test, id: &String| {
        !test_passes(test, policy, &sending(request, test, Some(own.one(test, id))), symbols).is_false()
    };
    let is_of_others = |test: &Test| !own.ids.is_empty() && !own.ids.iter().any(|id| is_own(test, id));
    is_denied_outside(policy, request, own, symbols)
        || statement.conditions.tests.iter().any(|test| match () {
            () if is_on(test, &ORGANIZATION) => {
                !is_open_to_organizations(test, policy, request, symbols) && !is_of_others(test)
            }
            () if is_on(test, &["aws:principalarn"]) => !is_open_to_roles(test, policy, request, account, symbols),
            () => false,
        })
}

/// Whether a Deny keeps a request out whose sender is in no organization of the user's.
fn is_denied_outside(policy: &Policy, request: &Request, own: &OwnOrganizations<'_>, symbols: &Symbols) -> bool {
    let denying = policy.statements.iter().filter(|statement| statement.effect == Effect::Deny);
    let mut tests = denying.flat_map(|statement| &statement.conditions.tests).filter(|test| is_on(test, &ORGANIZATION));
    tests.any(|test| {
        let is_let_in =
            |other: Carried| !evaluate(policy, &sending(request, test, Some(other)), symbols).truth.is_false();
        let is_of_user = |id: &String| is_let_in(own.one(test, id));
        !is_let_in(other_organization(test)) && (own.ids.is_empty() || own.ids.iter().any(is_of_user))
    })
}

/// The organizations of the user, as the configuration has them.
pub(super) struct OwnOrganizations<'c> {
    ids: &'c [String],
    /// Anything: where in an organization an account lies is not known.
    below: SymbolId,
}

impl<'c> OwnOrganizations<'c> {
    /// Those that count for a stack.
    pub(super) fn of(cx: &'c Cx<'_>, stack: StackId) -> Self {
        let ids = cx.trusted(stack).map_or(&[][..], |trusted| &trusted.organizations);
        Self { ids, below: cx.graph.strangers.further }
    }

    /// One of them, as the key of a test has it.
    fn one(&self, test: &Test, id: &str) -> Carried {
        match is_on(test, &["aws:principalorgpaths"]) {
            true => Carried::Many(vec![Text::join([&Text::known(format!("{id}/")), &Text::symbol(self.below)])]),
            false => Carried::One(Text::known(id)),
        }
    }
}

/// An organization that nobody named, as the key of a test has it.
fn other_organization(test: &Test) -> Carried {
    match is_on(test, &["aws:principalorgpaths"]) {
        true => Carried::Many(vec![Text::known(format!("{NO_ORGANIZATION}/r-0000/"))]),
        false => Carried::One(Text::known(NO_ORGANIZATION)),
    }
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
    // All roles of a stack are in one account, and stand together.
    let mut of_stacks = cx.graph.roles.chunk_by(|a, b| a.entity.stack == b.entity.stack).filter_map(<[Role]>::first);
    let by_stack = of_stacks.any(|role| compare(&account_of(role), account, &cx.graph.symbols).is_true());
    let listed = |trusted: &Trusted| {
        let known = account.as_known().unwrap_or_default();
        trusted.accounts.iter().any(|own| own == known) || trusted.third_parties.contains_key(known)
    };
    by_stack || cx.trusted(stack).is_some_and(listed)
}
