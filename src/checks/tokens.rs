//! What findings on tokens of OIDC issuers have in common: which class gets in by which statement, and how to
//! keep it out.

use super::Cx;
use super::gate::{Gate, literal};
use super::words::{adding, is_bare, mistake, quoted, spot, test_spot};
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::classes::provider::{Claim, ClaimKind, Provider, providers};
use crate::identity::classes::{narrowed, witness_of};
use crate::identity::cognito::ASSUME;
use crate::identity::oidc::{Federated, OidcProvider, Signer, federated};
use crate::identity::{ClassAnswer, Dialect, Graph, Role, RoleClasses, Written, are_one};
use crate::policy::{Carried, Principal, PrincipalKind, Principals, Request, Statement, Test, same_key, test_passes};
use crate::source::Place;
use crate::value::{At, Branch, Mark, Text, Truth, compare};

/// Values of one test that a help shows.
const MOST_SHOWN: usize = 8;

/// A class of tokens that a trust policy lets in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'c> {
    pub(super) cx: &'c Cx<'c>,
    pub(super) of_role: &'c RoleClasses,
    pub(super) answer: &'c ClassAnswer,
    /// All answers for the same part of the policy.
    pub(super) part: &'c [ClassAnswer],
    pub(super) provider: &'static Provider,
    /// The statement that lets them in.
    pub(super) statement: &'c Statement,
}

/// The provider whose class an answer is.
pub(super) fn provider_of(answer: &ClassAnswer) -> Option<(&'static Provider, &str)> {
    let (class, rest) = answer.class.split_once('/')?;
    Some((providers().iter().find(|provider| provider.class == class)?, rest))
}

/// The findings on the classes that certainly get in: for each statement and each issuer that it names, one on the
/// first wanted class of which there is something to say.
pub(super) fn on_admitted(
    cx: &Cx<'_>,
    wanted: impl Fn(&Provider, &str) -> bool,
    says: impl Fn(&Case<'_>) -> Option<Finding>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for of_role in &cx.classes.of_roles {
        let mut said: Vec<(usize, &Text)> = Vec::new();
        for case in admitted(cx, of_role, &wanted) {
            let spot = (case.statement.index, &case.answer.principal);
            if said.contains(&spot) {
                continue;
            }
            if let Some(finding) = says(&case) {
                said.push(spot);
                findings.push(finding);
            }
        }
    }
    findings
}

/// For each part of a trust policy and each issuer that it names, the first wanted class that certainly gets in: the
/// worst first.
fn admitted<'c>(cx: &'c Cx<'c>, of_role: &'c RoleClasses, wanted: impl Fn(&Provider, &str) -> bool) -> Vec<Case<'c>> {
    let mut cases: Vec<(usize, Case<'c>)> = Vec::new();
    for (answer, part) in of_role.by_part().filter(|(answer, _)| answer.answer.truth.is_true()) {
        let Some((provider, class)) = provider_of(answer) else { continue };
        let is_seen = |case: &Case<'_>| std::ptr::eq(case.part, part) && case.answer.principal == answer.principal;
        if cases.iter().any(|(_, case)| is_seen(case)) || !wanted(provider, class) {
            continue;
        }
        let by = answer.answer.decision.allowed_by.first();
        let Some(statement) = by.and_then(|at| of_role.policy(cx.graph).statements.get(*at)) else { continue };
        let widths =
            [&provider.other_tenant, &provider.tenant_prefix, &provider.other_project, &provider.project_prefix];
        let width = widths.iter().position(|name| name.as_deref() == Some(class)).unwrap_or(widths.len());
        cases.push((width, Case { cx, of_role, answer, part, provider, statement }));
    }
    cases.sort_by_key(|(width, _)| *width);
    cases.into_iter().map(|(_, case)| case).collect()
}

/// The condition key of a claim of an answer's issuer.
pub(super) fn key_of<'a>(answer: &'a ClassAnswer, claim: &str) -> Option<&'a Text> {
    let end = format!(":{claim}");
    answer.answer.request.context.iter().map(|(key, _)| key).find(|key| key.ends_with(&end))
}

/// The tests of a statement on a claim of an answer's issuer.
pub(super) fn tests_on<'s>(
    cx: &'s Cx<'_>,
    statement: &'s Statement,
    answer: &'s ClassAnswer,
    claim: &str,
) -> impl Iterator<Item = &'s Test> + use<'s> {
    let key = key_of(answer, claim);
    let is_on = move |test: &&Test| key.is_some_and(|key| same_key(&test.key, key, &cx.classes.symbols).is_true());
    statement.conditions.tests.iter().filter(is_on)
}

/// Values of one test that are looked at one by one.
const MOST_VALUES: usize = 64;

impl<'c> Case<'c> {
    /// Whether a class of the same issuer is certainly let in by the same part of the policy.
    pub(super) fn also_admits(&self, wanted: impl Fn(&Provider, &str) -> bool) -> bool {
        let same = self.part.iter().filter(|answer| answer.principal == self.answer.principal);
        let mut admitted = same.filter(|answer| answer.answer.truth.is_true());
        admitted.any(|answer| provider_of(answer).is_some_and(|(provider, class)| wanted(provider, class)))
    }

    pub(super) fn role(&self) -> &'c Role {
        self.cx.graph.role(self.of_role.role)
    }

    /// Where the role gets every permission there is, if it certainly does.
    pub(super) fn administers(&self) -> Option<Label> {
        let by = self.cx.held.administers(self.of_role.role, &self.of_role.when)?;
        Some(Label::new(by.place(), format!("{} may give itself every permission", self.role().entity.name())))
    }

    /// The issuer for people: its name, or its address where it has none in the tables.
    pub(super) fn title(&self) -> String {
        let issuer = federated(&self.answer.principal, &self.cx.graph.symbols);
        match issuer {
            Federated::Issuer(issuer) if self.provider.class == "shared-issuer" => shown(&self.cx.graph.shown(&issuer)),
            _ => self.provider.title.clone(),
        }
    }

    /// The provider of the templates that the statement names.
    pub(super) fn provider_label(&self) -> Option<Label> {
        let registered = registered(self.cx.graph, &self.answer.principal, &self.of_role.when);
        let place = registered.first().map(|own| own.url.as_ref().map_or(own.entity.place, |url| url.place))?;
        Some(Label::new(place, "the provider that the role trusts"))
    }

    pub(super) fn tests(&self, claim: &str) -> impl Iterator<Item = &'c Test> + use<'c> {
        tests_on(self.cx, self.statement, self.answer, claim)
    }

    /// The finding on a claim, with the request as its proof.
    pub(super) fn finding(
        &self,
        rule: &'static str,
        severity: Severity,
        claim: &'static str,
        says: impl FnOnce(&str) -> (String, String),
        who: &str,
    ) -> Finding {
        let role = self.role();
        let mut witness = witness_of(self.cx.graph, self.cx.classes, self.of_role, self.answer);
        let value = witness.request.context.iter().find(|(key, _)| key.ends_with(&format!(":{claim}")));
        let value = match value {
            Some((_, Carried::One(text))) => self.cx.graph.shown(text),
            _ => String::new(),
        };
        let with = if value.is_empty() { String::new() } else { format!(", with {claim} '{value}',") };
        witness.story = format!("{who}{with} is allowed by {}", self.statement.path());
        // Another statement may let it in too.
        witness.by = witness.by.map(|_| self.statement.path());
        let (message, why) = says(&value);
        let (place, property) = self.spot(claim);
        let mut finding = Finding::new(rule, severity, message, Label::new(place, why), role.entity.property(property));
        finding.mistake = mistake(self.statement, claim);
        finding.witness = Some(Box::new(witness));
        finding.branch = self.of_role.when.clone();
        finding
    }

    fn spot(&self, claim: &str) -> (Place, String) {
        let Some(test) = self.tests(claim).next() else { return spot(self.statement) };
        let (list, property) = test_spot(self.statement, test);
        (self.value_that_admits(test).unwrap_or(list), property)
    }

    /// The value of a list that lets the token in, where others of it do not.
    fn value_that_admits(&self, test: &Test) -> Option<Place> {
        let (policy, request) = (self.of_role.policy(self.cx.graph), &self.answer.answer.request);
        let passes = |value: &(Text, At)| {
            let alone = Test { values: vec![value.clone()], ..test.clone() };
            test_passes(&alone, policy, request, &self.cx.classes.symbols)
        };
        let looked_at = || test.values.iter().take(MOST_VALUES);
        let keeps_out = looked_at().any(|value| passes(value).is_false());
        looked_at().find(|value| passes(value).is_true()).filter(|_| keeps_out).map(|(_, at)| at.place)
    }

    /// The lines that ask for one workload where a claim is not asked for; without any condition, for its audience
    /// too.
    pub(super) fn asking(&self, claim: &str) -> String {
        let (key, value) = self.own_value(claim);
        if !is_bare(self.statement) {
            return adding(self.statement, self.role(), "StringEquals", &key, &value);
        }
        let audience = (claim != "aud" && self.chooses_audience()).then(|| self.audience());
        self.condition(&audience.into_iter().chain([(key, value)]).collect::<Vec<_>>())
    }

    /// The lines that ask for the audience.
    pub(super) fn asking_for_audience(&self) -> String {
        let (key, value) = self.audience();
        match is_bare(self.statement) {
            true => self.condition(&[(key, value)]),
            false => adding(self.statement, self.role(), "StringEquals", &key, &value),
        }
    }

    /// What a statement without any condition does not ask for either.
    pub(super) fn nor_audience(&self, claim: &str) -> &'static str {
        let is_asked = claim == "aud" || !is_bare(self.statement) || !self.chooses_audience();
        if is_asked { "" } else { ", nor for whom it was made (aud)" }
    }

    fn chooses_audience(&self) -> bool {
        let takes_any = |own: &Claim| own.name == "aud" && matches!(own.is, ClaimKind::Chosen { .. });
        self.provider.claims.iter().any(takes_any)
    }

    /// The key of the audience, and the one that the provider takes or that guides show.
    pub(super) fn audience(&self) -> (String, String) {
        let providers = registered(self.cx.graph, &self.answer.principal, &self.of_role.when);
        let only =
            providers.iter().find_map(|provider| only_client(provider)?.known().filter(|known| !known.is_empty()));
        let usual = match federated(&self.answer.principal, &self.cx.graph.symbols) {
            Federated::Issuer(issuer) => self.provider.audience_of(&issuer),
            _ => None,
        };
        let value = only.or(usual.as_deref()).unwrap_or("YOUR-AUDIENCE");
        let key = key_of(self.answer, "aud").map_or_else(|| "ISSUER:aud".to_owned(), |key| self.cx.graph.shown(key));
        (key, quoted(self.role(), value))
    }

    /// A whole Condition.
    fn condition(&self, entries: &[(String, String)]) -> String {
        let dialect = self.role().entity.dialect;
        let lines: Vec<String> = entries
            .iter()
            .map(|(key, value)| match dialect {
                Dialect::Yaml => format!("{key}: {value}"),
                Dialect::Json => format!("\"{key}\": {value}"),
                Dialect::Cdk => format!("'{key}': {value}"),
            })
            .collect();
        match dialect {
            Dialect::Yaml => {
                format!("add to the statement\n  Condition:\n    StringEquals:\n      {}", lines.join("\n      "))
            }
            Dialect::Json => {
                let lines = lines.join(",\n    ");
                format!("add to the statement\n  \"Condition\": {{ \"StringEquals\": {{\n    {lines} }} }}")
            }
            Dialect::Cdk => {
                format!("add as conditions\n  {{ StringEquals: {{\n    {},\n  }} }}", lines.join(",\n    "))
            }
        }
    }

    /// The line that asks for one workload in place of one that asks for too many.
    pub(super) fn replacing(&self, claim: &str) -> String {
        let (key, value) = self.own_value(claim);
        self.line(&key, &value)
    }

    fn line(&self, key: &str, value: &str) -> String {
        let line = match self.role().entity.dialect {
            Dialect::Cdk => format!("'{key}': {value},"),
            Dialect::Json => format!("\"{key}\": {value}"),
            Dialect::Yaml => format!("{key}: {value}"),
        };
        format!("ask for one workload\n  {line}")
    }

    /// The same with what the policy says of a segment of the subject: each value of the test as it is, but for what it
    /// leaves open, or else what the subject that gets in has up to the end of the segment.
    pub(super) fn replacing_behind(&self, segment: &str) -> String {
        let (key, own) = self.own_value("sub");
        if let Some(values) = self.tests("sub").next().and_then(|test| self.narrowed(test, segment)) {
            return self.lines(&key, &values);
        }
        let value = self.value_behind(segment).map(|value| literal(self.role(), &value));
        self.line(&key, &value.unwrap_or(own))
    }

    /// Whether a test passes for a token that has this text for its claim.
    pub(super) fn passes(&self, test: &Test, text: &Text) -> Truth {
        let request = Request {
            principal: (PrincipalKind::Federated, self.answer.principal.clone()),
            action: ASSUME.to_owned(),
            resource: self.role().arn(),
            context: vec![(test.key.clone(), Carried::One(text.clone()))],
        };
        test_passes(test, self.of_role.policy(self.cx.graph), &request, &self.cx.classes.symbols)
    }

    /// The same for the values of a test.
    fn lines(&self, key: &str, values: &[String]) -> String {
        let [value] = values else {
            let list = match self.role().entity.dialect {
                Dialect::Cdk => format!("'{key}': [{}],", values.join(", ")),
                Dialect::Json => format!("\"{key}\": [{}]", values.join(", ")),
                Dialect::Yaml => format!("{key}:\n    - {}", values.join("\n    - ")),
            };
            return format!("ask for one workload each\n  {list}");
        };
        self.line(key, value)
    }

    /// The values of a test on the subject, those that leave open whose workload behind a segment asks with one there.
    fn narrowed(&self, test: &Test, segment: &str) -> Option<Vec<String>> {
        let values: Vec<(String, bool)> =
            test.values.iter().map(|value| self.narrowed_value(test, value, segment)).collect();
        let mut texts: Vec<String> = Vec::new();
        for (text, _) in &values {
            let text = literal(self.role(), text);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        (values.iter().any(|(_, is_other)| *is_other) && texts.len() <= MOST_SHOWN).then_some(texts)
    }

    /// One of them, and whether it is another one now.
    fn narrowed_value(&self, test: &Test, value: &(Text, At), segment: &str) -> (String, bool) {
        let symbols = &self.cx.classes.symbols;
        let one = Test { values: vec![value.clone()], ..test.clone() };
        let passes = |subject: &Text| self.passes(&one, subject).is_true();
        let wanted = one.wanted_texts().next();
        let other = wanted.and_then(|marks| narrowed(self.provider, &marks, segment, passes, symbols));
        match other {
            Some(text) => (self.cx.graph.shown(&text), true),
            None => (self.cx.graph.shown(&value.0), false),
        }
    }

    fn value_behind(&self, segment: &str) -> Option<String> {
        let key = key_of(self.answer, "sub")?;
        let carried = self.answer.answer.request.context.iter().find(|(own, _)| own == key);
        let Some((_, Carried::One(subject))) = carried else { return None };
        let symbols = &self.cx.classes.symbols;
        let (own, rest) = self.provider.example_behind(subject, segment, symbols)?;
        let mut value = String::new();
        for mark in own {
            match mark {
                Mark::Char(c) => value.push(c),
                // An id that the template leaves open.
                Mark::Symbol(id) if symbols.facts(id).fresh && value.ends_with('@') => value.push_str("ID"),
                Mark::Symbol(id) if !symbols.facts(id).fresh => value.push_str(&self.cx.graph.shown(&Text::symbol(id))),
                _ => return None,
            }
        }
        Some(value + &rest)
    }

    fn own_value(&self, claim: &str) -> (String, String) {
        let key = match key_of(self.answer, claim) {
            Some(key) => self.cx.graph.shown(key),
            // A key of AWS's own.
            None if claim.contains(':') => claim.to_owned(),
            None => format!("ISSUER:{claim}"),
        };
        let value =
            self.provider.example.clone().unwrap_or_else(|| format!("THE-{}-OF-YOUR-WORKLOAD", claim.to_uppercase()));
        (key, quoted(self.role(), &value))
    }
}

/// The issuers of OIDC tokens that a statement names, identity pools among them; nothing where it names none, or
/// somebody of whom it is not known who that is.
pub(super) fn issuers(cx: &Cx<'_>, gate: Gate<'_>) -> Option<Vec<Federated>> {
    let federated_only = gate.principals().iter().all(|one| one.kind == Some(PrincipalKind::Federated));
    let named = gate.principals().iter().map(|one| federated(&one.value, &cx.graph.symbols));
    let named: Vec<Federated> = named.collect();
    let is_issuer = |one: &Federated| matches!(one, Federated::Issuer(_) | Federated::Pools(_));
    let all_known = named.iter().all(is_issuer);
    (federated_only && all_known && !named.is_empty()).then_some(named)
}

/// Whether a statement as it is written names one issuer only, in all its branches: what is written for one key would
/// shut the others out.
pub(super) fn trusts_one_issuer(cx: &Cx<'_>, role: &Role, statement: &Statement) -> bool {
    let cases = role.trust.cases.iter().flat_map(|case| &case.then.statements);
    let same = cases.filter(|own| own.at.place == statement.at.place);
    let mut names = same.flat_map(|own| match &own.principals {
        Principals::Only(list) if !list.is_empty() => list.iter().map(|one| issuer_of(cx, one)).collect(),
        _ => vec![None],
    });
    let first = names.next().flatten();
    first.is_some() && names.all(|name| name == first)
}

/// The issuer that a principal names, identity pools among them.
fn issuer_of(cx: &Cx<'_>, principal: &Principal) -> Option<Text> {
    match federated(&principal.value, &cx.graph.symbols) {
        Federated::Issuer(name) | Federated::Pools(name) => Some(name),
        _ => None,
    }
}

/// Whether a test passes for a token that has no such key.
pub(super) fn passes_without(cx: &Cx<'_>, gate: Gate<'_>, test: &Test) -> Truth {
    let principal = gate.principals().first().map(|one| one.value.clone()).unwrap_or_else(|| Text::known(""));
    let request = Request {
        principal: (PrincipalKind::Federated, principal),
        action: ASSUME.to_owned(),
        resource: gate.role.arn(),
        context: Vec::new(),
    };
    test_passes(test, gate.policy, &request, &cx.graph.symbols)
}

/// The element of a mistake on a claim.
pub(super) fn element(key: &str) -> &'static str {
    let claims = ["aud", "sub"];
    claims.into_iter().find(|claim| key.rsplit(':').next() == Some(*claim)).unwrap_or("claim")
}

/// The provider of the templates that an ARN means in a branch, in each of its own branches; nothing where several
/// resources may be the one that is there.
pub(super) fn registered<'g>(graph: &'g Graph, arn: &Text, when: &Branch) -> Vec<&'g OidcProvider> {
    let is_it = |own: &&OidcProvider| own.is_named_by(arn, &graph.symbols) && graph.together(&own.when, when).is_some();
    let found: Vec<&OidcProvider> = graph.oidc_providers.iter().filter(is_it).collect();
    let first = found.first().map(|first| first.entity.place);
    if found.iter().all(|own| Some(own.entity.place) == first) { found } else { Vec::new() }
}

/// Where the templates have a SAML provider of this ARN, or the cluster of this issuer.
pub(super) fn signer(graph: &Graph, name: &Text) -> Option<Place> {
    let is_it = |own: &&Signer| {
        compare(&own.name, name, &graph.symbols).is_true() || are_one(&own.name, name, &graph.symbols).is_true()
    };
    graph.signers.iter().find(is_it).map(|own| own.entity.place)
}

/// The only audience that a provider takes.
pub(super) fn only_client(provider: &OidcProvider) -> Option<&Written> {
    let clients = provider.clients.as_ref().filter(|clients| clients.complete && clients.items.len() == 1)?;
    clients.items.first()
}

/// The tests of a statement on a claim of an issuer.
pub(super) fn of_claim<'s>(
    cx: &'s Cx<'_>,
    statement: &'s Statement,
    issuer: &Text,
    claim: &str,
) -> impl Iterator<Item = &'s Test> + use<'s> {
    let key = Text::join([issuer, &Text::known(format!(":{claim}"))]);
    statement.conditions.tests.iter().filter(move |test| same_key(&test.key, &key, &cx.graph.symbols).is_true())
}

/// A token of an issuer that has a value for one claim, of which alone is asked.
pub(super) fn token(gate: Gate<'_>, principal: &Principal, issuer: &Text, claim: &str, value: &Text) -> Request {
    let key = Text::join([issuer, &Text::known(format!(":{claim}"))]);
    Request {
        principal: (PrincipalKind::Federated, principal.value.clone()),
        action: ASSUME.to_owned(),
        resource: gate.role.arn(),
        context: vec![(key, Carried::One(value.clone()))],
    }
}
