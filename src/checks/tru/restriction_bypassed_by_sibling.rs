//! TRU006: one statement asks for what another one lets the same principal leave out.

use crate::checks::Cx;
use crate::checks::gate::{Gate, bare_account, named, principal_path, proof};
use crate::checks::words::{adding, is_bare};
use crate::finding::{Finding, Label, Severity};
use crate::identity::classes::let_in_without;
use crate::identity::cognito::TAG_SESSION;
use crate::identity::tags::{
    ASSUME_ACTIONS, COMPANION_ACTIONS, SET_SOURCE_IDENTITY, lacks, tests_for_identity, tests_for_tags,
};
use crate::identity::{
    Dialect, OnAbsent, RoleClasses, RoleId, absent_key, assume_action_of, callers, contradiction, on_absent,
};
use crate::policy::{Effect, Policy, Principal, Statement, Test, actions_match, same_key};
use crate::value::{Case, Text, compare};

/// Finds pairs of statements of which the second makes the first useless.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for (id, role) in cx.graph.roles() {
        for (case, trust) in role.trust.cases.iter().enumerate() {
            let allows = |statement: &&Statement| statement.effect == Effect::Allow && !statement.conditions.opaque;
            let allowing: Vec<&Statement> = trust.then.statements.iter().filter(allows).take(MOST_STATEMENTS).collect();
            let mut asked = 0;
            for strict in allowing.iter().filter(|statement| !statement.conditions.tests.is_empty()) {
                let others = allowing.iter().filter(|open| open.index != strict.index);
                let pairs = others.map(|open| Pair { id, case, trust, strict, open });
                let mut pairs = pairs.filter(|pair| pair.differ(cx));
                findings.extend(pairs.find_map(|pair| {
                    asked += 1;
                    if asked > MOST_ASKED { None } else { pair.finding(cx) }
                }));
            }
        }
    }
}

/// Statements of one policy that are compared with each other.
const MOST_STATEMENTS: usize = 64;

/// Pairs of one policy of which it is asked who gets in.
const MOST_ASKED: usize = 16;

/// Two Allow statements.
#[derive(Clone, Copy)]
struct Pair<'g> {
    id: RoleId,
    case: usize,
    trust: &'g Case<Policy>,
    strict: &'g Statement,
    open: &'g Statement,
}

impl Pair<'_> {
    fn finding(self, cx: &Cx<'_>) -> Option<Finding> {
        let principal = self.shared(cx)?;
        let test = self.left_out(cx)?;
        let (classes, answer) = let_in_without(cx.graph, self.id, self.trust, (self.strict, test), self.open)?;
        let (when, none) = (self.trust.when.clone(), Vec::new());
        let of_role = RoleClasses { role: self.id, case: self.case, when, answers: none, apart: Vec::new() };
        let role = cx.graph.role(self.id);
        let gate = Gate { role, policy: &self.trust.then, statement: self.open, when: &self.trust.when };
        let (name, who) = (role.entity.name(), cx.graph.shown(&principal.value));
        let key = cx.graph.shown(&test.key);
        let message = format!(
            "callers can become {name} by {} without the {key} that {} asks for",
            self.open.path(),
            self.strict.path()
        );
        let label = Label::new(principal.at.place, format!("may come without {key} here"));
        let mut finding = gate.finding("TRU006", Severity::Warning, message, label, &principal_path(principal));
        finding.related = vec![Label::new(test.key_at.place, format!("{} asks for it", self.strict.path()))];
        finding.help = self.help(cx, role, test);
        let with_symbols = Cx { classes: &classes, ..*cx };
        let witness = proof(&with_symbols, &of_role, &answer, self.open, &format!("{who}, without what is asked for,"));
        if witness.by.as_deref() != Some(self.open.path().as_str()) {
            return None;
        }
        finding.witness = Some(witness);
        // Who lacks the external id is told by the rule on external ids.
        let is_external = test.key.as_known().is_some_and(|key| key.eq_ignore_ascii_case("sts:ExternalId"));
        finding.mistake.element = match () {
            () if is_external => "ExternalId",
            // Whose token it is for is told by the rule on audiences.
            () if self.lacks_audience_only(cx, test) => "aud",
            () => "Sibling",
        };
        Some(finding)
    }

    /// Whether the second asks less of a principal of the first.
    fn differ(&self, cx: &Cx<'_>) -> bool {
        self.left_out(cx).is_some()
            && self.shared(cx).is_some_and(|principal| !self.is_dead(cx, principal))
            && !self.is_for_itself(cx)
    }

    /// Whether the first certainly does not let the principal in, so that it asks it for nothing.
    fn is_dead(&self, cx: &Cx<'_>, principal: &Principal) -> bool {
        let (strict, policy, symbols) = (self.strict, &self.trust.then, &cx.graph.symbols);
        let callers = callers(principal, &strict.actions, symbols);
        let never = |test: &Test| {
            absent_key(&test.key, &callers).is_some()
                && on_absent(test, principal, policy, symbols) == Some(OnAbsent::Fails)
        };
        let lacks = |action| lacks(cx.graph, self.id, policy, strict, action);
        strict.conditions.tests.iter().any(never)
            || contradiction(strict, policy, symbols).is_some()
            || tests_for_tags(strict, policy).next().is_some() && lacks(TAG_SESSION)
            || tests_for_identity(strict, policy).next().is_some() && lacks(SET_SOURCE_IDENTITY)
    }

    /// Whether the first is there for the role itself, which needs to be named to become itself (AWS Security Blog, role
    /// trust policy behavior, September 2022): it restricts nobody else.
    fn is_for_itself(&self, cx: &Cx<'_>) -> bool {
        let arn = cx.graph.role(self.id).arn();
        let names_role = |test: &Test| {
            let is_own = |(value, _): &(Text, _)| compare(value, &arn, &cx.graph.symbols).is_true();
            same_key(&test.key, &Text::known("aws:PrincipalArn"), &cx.graph.symbols).is_true()
                && !test.values.is_empty()
                && test.values.iter().all(is_own)
        };
        self.strict.conditions.tests.iter().any(names_role)
    }

    /// The principal that both name, where both let it assume the role.
    fn shared(&self, cx: &Cx<'_>) -> Option<&Principal> {
        let symbols = &cx.graph.symbols;
        // An account has a number and an ARN.
        let both_accounts = |a: &Principal, b: &Principal| bare_account(a, symbols).zip(bare_account(b, symbols));
        let is_same = |a: &Principal, b: &Principal| {
            let is_one_account = both_accounts(a, b).is_some_and(|(a, b)| compare(&a, &b, symbols).is_true());
            a.kind == b.kind && (is_one_account || compare(&a.value, &b.value, symbols).is_true())
        };
        let assumes = |statement: &Statement, principal: &Principal| {
            let action = assume_action_of(principal, &cx.graph.symbols);
            let mut actions = ASSUME_ACTIONS.into_iter().filter(|own| action.is_none_or(|action| *own == action));
            actions.any(|action| actions_match(&statement.actions, action).is_true())
        };
        named(self.open).iter().find(|principal| {
            let strict = named(self.strict).iter().any(|own| is_same(own, principal));
            strict && assumes(self.open, principal) && assumes(self.strict, principal)
        })
    }

    /// A test of the strict statement on a key for which the open one does not ask. Where that asks for something of its
    /// own, both are alternatives.
    fn left_out(&self, cx: &Cx<'_>) -> Option<&Test> {
        let same = |a: &Test, b: &Test| !same_key(&a.key, &b.key, &cx.graph.symbols).is_false();
        let (strict, open) = (&self.strict.conditions.tests, &self.open.conditions.tests);
        if !open.iter().all(|test| strict.iter().any(|own| same(own, test))) {
            return None;
        }
        strict.iter().find(|test| !open.iter().any(|other| same(other, test)) && !self.is_of_companion(test))
    }

    /// Whether the open statement lacks nothing but the audience of a token.
    fn lacks_audience_only(&self, cx: &Cx<'_>, test: &Test) -> bool {
        let same = |a: &Test, b: &Test| !same_key(&a.key, &b.key, &cx.graph.symbols).is_false();
        let is_there = |own: &Test| self.open.conditions.tests.iter().any(|other| same(own, other));
        let mut strict = self.strict.conditions.tests.iter();
        test.key.ends_with(":aud") && strict.all(|own| same(own, test) || is_there(own))
    }

    /// Whether a test is about what comes with an action that the open statement does not allow: tags of the session, or a
    /// source identity.
    fn is_of_companion(&self, test: &Test) -> bool {
        let key = test.key.as_known().unwrap_or_default().to_ascii_lowercase();
        let beginnings = ["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys", "sts:sourceidentity"];
        let only_strict = |action: &&'static str| {
            !actions_match(&self.strict.actions, action).is_false()
                && !actions_match(&self.open.actions, action).is_true()
        };
        beginnings.iter().any(|beginning| key.starts_with(beginning)) && COMPANION_ACTIONS.iter().any(only_strict)
    }

    fn help(&self, cx: &Cx<'_>, role: &crate::identity::Role, test: &Test) -> String {
        let values: Vec<&Text> = test.values.iter().map(|(value, _)| value).collect();
        let ([value], Some(operator), Some(key)) =
            (values.as_slice(), test.operator_text.as_known(), test.key.as_known())
        else {
            return format!("ask for the same in both, or take {} out", self.open.path());
        };
        let value = written(cx, value, role.entity.dialect);
        let adding = adding(self.open, role, operator, key, &value);
        let line = adding.lines().last().unwrap_or_default().trim();
        match (is_bare(self.open), role.entity.dialect) {
            (true, Dialect::Yaml) => format!("ask for it here too\n  Condition:\n    {line}"),
            (true, Dialect::Json) => format!("ask for it here too\n  \"Condition\": {{ {line} }}"),
            _ => format!("ask for it here too: {adding}"),
        }
    }
}

/// A value as a template or CDK code writes it.
fn written(cx: &Cx<'_>, value: &Text, dialect: Dialect) -> String {
    let shown = cx.graph.shown(value);
    let name = value.as_symbol().map(|symbol| cx.graph.symbols.facts(symbol).name.to_string());
    match (dialect, name) {
        (Dialect::Yaml, Some(name)) if !name.contains('.') => format!("!Ref {name}"),
        (Dialect::Json, Some(name)) if !name.contains('.') => format!("{{ \"Ref\": \"{name}\" }}"),
        (Dialect::Yaml, _) if value.as_known().is_none() => format!("!Sub '{shown}'"),
        (Dialect::Json, _) if value.as_known().is_none() => format!("{{ \"Fn::Sub\": \"{shown}\" }}"),
        (Dialect::Yaml, _) => format!("'{shown}'"),
        (Dialect::Json, _) => format!("\"{shown}\""),
        (Dialect::Cdk, _) => format!("'{shown}'"),
    }
}
