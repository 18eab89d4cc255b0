//! A concrete request out of a symbolic one: every unknown is given a text, and the same evaluator on
//! the result must say the same.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};

use super::cognito::Answer;
use super::graph::Graph;
use crate::policy::{
    Actions, Carried, Decision, Effect, Policy, Principals, Request, Resources, Statement, Test, evaluate,
};
use crate::value::{At, Piece, SymbolId, Symbols, Text, Truth};

/// A concrete request that proves a finding: every unknown was given a text.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The class of requests: `cognito/foreign-auth/basic`.
    pub class: String,
    /// The request.
    pub request: Request,
    /// The trust policy as the request meets it, a JSON document.
    pub policy: serde_json::Value,
    /// What was unknown, and the text that it was given.
    pub substitution: Vec<(String, String)>,
    /// What the evaluator says of this request and this policy.
    pub decision: Truth,
    /// The statement that decides: `Statement[0]`.
    pub by: Option<String>,
    /// What it takes for granted about the world, each a sentence without its full stop.
    pub assumes: Vec<String>,
    /// What AWS is known to refuse by itself.
    pub refused: Refused,
    /// Who asks and with what result, in one sentence for people.
    pub story: String,
}

/// Whether AWS refuses a request by itself although the policy admits it (catalogue, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A guide says so.
    Documented,
    /// A secondary source says so.
    Reported,
    /// Not known to.
    No,
}

impl Refused {
    /// `documented`, `reported` or `no`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Reported => "reported",
            Self::No => "no",
        }
    }
}

/// The witness of an answer.
pub fn witness(
    graph: &Graph,
    policy: &Policy,
    answer: &Answer,
    class: &str,
    story: String,
    refused: Refused,
) -> Witness {
    let actions = [answer.request.action.clone()];
    let names = STRANGERS.iter().map(|ids| Names::of_pools(graph, *ids));
    let found = Concrete::choose(names, policy, &answer.request, &actions, answer.truth);
    Witness { refused, story, ..found.witness(class) }
}

/// Region and number of the pool that a stranger brings, in the order in which they are tried.
const STRANGERS: [(&str, &str); 6] = [
    ("us-east-1", "00000000-0000-4000-8000-000000000bad"),
    ("eu-central-1", "f1e2d3c4-b5a6-4978-8f6e-5d4c3b2a1bad"),
    ("ap-south-1", "a7c3e9b1-5d2f-4e6a-9b8c-7d1f3e5a9bad"),
    ("us-east-1", "f1e2d3c4-b5a6-4978-8f6e-5d4c3b2a1bad"),
    ("sa-east-1", "9d8c7b6a-1f2e-4d3c-8b5a-6e7f8d9c1bad"),
    ("af-south-1", "ffffffff-ffff-4fff-8fff-ffffffffffff"),
];

/// A request and a policy in which every unknown has a text.
pub(super) struct Concrete {
    request: Request,
    policy: Policy,
    decision: Decision,
    substitution: Vec<(String, String)>,
}

impl Concrete {
    /// A stranger picks what suits: by the first names with which the policy decides as it is told, or else by the
    /// first of all, whose decision then says that nothing is proved. There are some names.
    pub(super) fn choose<'g>(
        mut names: impl Iterator<Item = Names<'g>>,
        policy: &Policy,
        request: &Request,
        actions: &[String],
        truth: Truth,
    ) -> Self {
        let mut first = None;
        let fitting = names.find_map(|names| {
            let concrete = Self::new(names, policy, request, actions);
            if concrete.decision.truth == truth {
                return Some(concrete);
            }
            first.get_or_insert(concrete);
            None
        });
        fitting.or(first).unwrap_or_else(|| Self::undecided(policy, request))
    }

    fn new(mut names: Names<'_>, policy: &Policy, request: &Request, actions: &[String]) -> Self {
        let (request, policy) = (names.request(request), names.policy(policy));
        let decision = decision(&policy, &request, actions);
        Self { request, policy, decision, substitution: names.substitution() }
    }

    fn undecided(policy: &Policy, request: &Request) -> Self {
        let decision = Decision { truth: Truth::Unknown, allowed_by: Vec::new(), denied_by: Vec::new() };
        Self { request: request.clone(), policy: policy.clone(), decision, substitution: Vec::new() }
    }

    /// It as the witness of a class.
    pub(super) fn witness(self, class: &str) -> Witness {
        let by = self.decision.allowed_by.first().and_then(|at| self.policy.statements.get(*at));
        Witness {
            class: class.to_owned(),
            by: by.map(Statement::path),
            policy: policy_json(&self.policy),
            substitution: self.substitution,
            decision: self.decision.truth,
            assumes: Vec::new(),
            refused: Refused::No,
            story: String::new(),
            request: self.request,
        }
    }
}

/// What a policy says of a request for several actions together.
fn decision(policy: &Policy, request: &Request, actions: &[String]) -> Decision {
    let of = |action: &String| {
        let request = Request { action: action.clone(), ..request.clone() };
        evaluate(policy, &request, &Symbols::default())
    };
    let first = evaluate(policy, request, &Symbols::default());
    let others = actions.iter().filter(|action| **action != request.action);
    let truth = first.truth.and(Truth::all(others.map(|action| of(action).truth)));
    Decision { truth, ..first }
}

/// Gives every symbol one text of its form.
pub(super) struct Names<'g> {
    symbols: &'g Symbols,
    /// Texts that were chosen before.
    chosen: Vec<(SymbolId, String)>,
    /// Symbols that are none of the template's.
    ours: Vec<SymbolId>,
    /// Of these what stands there already is left out.
    numbers: Vec<SymbolId>,
    given: BTreeMap<SymbolId, String>,
    /// How many symbols have a text made from this sample.
    taken: HashMap<String, usize>,
}

impl<'g> Names<'g> {
    /// Names for these symbols, some of which have a text already.
    pub(super) fn new(symbols: &'g Symbols, chosen: Vec<(SymbolId, String)>, ours: Vec<SymbolId>) -> Self {
        Self { symbols, chosen, ours, numbers: Vec::new(), given: BTreeMap::new(), taken: HashMap::new() }
    }

    /// Names for tokens of identity pools; the stranger's pool has this Region and number.
    fn of_pools(graph: &'g Graph, (region, guid): (&str, &str)) -> Self {
        let strangers = &graph.strangers;
        let pool = (strangers.pool, format!("{region}:{guid}"));
        let chosen = vec![pool, (strangers.region, region.to_owned()), (strangers.guid, guid.to_owned())];
        let ours = vec![strangers.own_identity, strangers.further, strangers.providers[0], strangers.providers[1]];
        Self { numbers: vec![strangers.guid, strangers.identity_number], ..Self::new(&graph.symbols, chosen, ours) }
    }
}

impl Names<'_> {
    fn text(&mut self, text: &Text) -> Text {
        let Some(pieces) = text.pieces() else { return Text::known("any-value") };
        let mut concrete = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => concrete.push_str(&literal),
                Piece::Symbol(id) => {
                    let name = self.name(id);
                    concrete.push_str(self.rest(id, &concrete, &name));
                }
            }
        }
        Text::known(concrete)
    }

    /// Of a stranger's number, what is left behind the digits that stand there already.
    fn rest<'n>(&self, id: SymbolId, before: &str, name: &'n str) -> &'n str {
        if !self.numbers.contains(&id) {
            return name;
        }
        let written = before.rsplit_once(':').map_or(0, |(_, digits)| digits.len());
        name.get(written..).unwrap_or_default()
    }

    /// The text of a symbol: its form's sample, its end changed to a number where another symbol has it.
    fn name(&mut self, id: SymbolId) -> String {
        if let Some(name) = self.given.get(&id) {
            return name.clone();
        }
        let sample = self.sample(id);
        let taken = self.taken.entry(sample.clone()).or_insert(0);
        *taken += 1;
        let name = if *taken == 1 {
            sample
        } else {
            let digits = taken.to_string();
            format!("{}{digits}", sample.get(..sample.len().saturating_sub(digits.len())).unwrap_or_default())
        };
        self.given.insert(id, name.clone());
        name
    }

    fn sample(&self, id: SymbolId) -> String {
        let chosen = self.chosen.iter().find(|(own, _)| *own == id);
        chosen.map_or_else(|| self.symbols.facts(id).format.sample().to_owned(), |(_, text)| text.clone())
    }

    /// What the template leaves open, and the texts that it was given.
    pub(super) fn substitution(self) -> Vec<(String, String)> {
        let own = |id: &SymbolId| !self.symbols.facts(*id).fresh && !self.ours.contains(id);
        let named = self.given.iter().filter(|(id, _)| own(id));
        named.map(|(id, text)| (self.symbols.facts(*id).name.to_string(), text.clone())).collect()
    }

    pub(super) fn request(&mut self, request: &Request) -> Request {
        let context = request.context.iter().filter(|(_, carried)| !is_unknown(carried));
        let context: Vec<_> = context.cloned().collect();
        let context = context.into_iter().map(|(key, carried)| {
            let carried = match carried {
                Carried::One(text) => Carried::One(self.text(&text)),
                Carried::Many(texts) => Carried::Many(texts.iter().map(|text| self.text(text)).collect()),
                Carried::Perhaps => Carried::Perhaps,
            };
            (self.text(&key), carried)
        });
        let context = context.collect();
        let principal = (request.principal.0, self.text(&request.principal.1));
        Request { principal, action: request.action.clone(), resource: self.text(&request.resource), context }
    }

    pub(super) fn policy(&mut self, policy: &Policy) -> Policy {
        let statements = policy.statements.iter().map(|statement| self.statement(statement)).collect();
        Policy { version: policy.version.as_ref().map(|version| self.text(version)), statements, ..policy.clone() }
    }

    fn statement(&mut self, statement: &Statement) -> Statement {
        let mut concrete = statement.clone();
        if let Principals::Only(list) | Principals::AllBut(list) = &mut concrete.principals {
            list.iter_mut().for_each(|principal| principal.value = self.text(&principal.value));
        }
        if let Actions::Only(list) | Actions::AllBut(list) = &mut concrete.actions {
            list.iter_mut().for_each(|(text, _)| *text = self.text(text));
        }
        if let Resources::Only(list) | Resources::AllBut(list) = &mut concrete.resources {
            list.iter_mut().for_each(|(text, _)| *text = self.text(text));
        }
        for test in &mut concrete.conditions.tests {
            test.key = self.text(&test.key);
            test.values.iter_mut().for_each(|(text, _)| *text = self.text(text));
        }
        concrete
    }
}

/// A key of which nothing is known is left out of the concrete request: the answer does not rest on it.
fn is_unknown(carried: &Carried) -> bool {
    *carried == Carried::Perhaps || carried.values().iter().any(|text| matches!(text, Text::Any(_)))
}

fn policy_json(policy: &Policy) -> Json {
    let mut document = serde_json::Map::new();
    if let Some(version) = policy.version.as_ref().and_then(Text::as_known) {
        document.insert("Version".into(), version.into());
    }
    let statements = match policy.statements.as_slice() {
        // As it is written, so that another reader names the statement alike.
        [only] if !only.listed => statement_json(only),
        list => list.iter().map(statement_json).collect(),
    };
    document.insert("Statement".into(), statements);
    document.into()
}

fn statement_json(statement: &Statement) -> Json {
    let effect = if statement.effect == Effect::Deny { "Deny" } else { "Allow" };
    let mut object = serde_json::Map::new();
    object.insert("Effect".into(), effect.into());
    match &statement.principals {
        Principals::Only(list) => drop(object.insert("Principal".into(), principals_json(list))),
        Principals::AllBut(list) => drop(object.insert("NotPrincipal".into(), principals_json(list))),
        // Read again it is unknown, too.
        Principals::Unknown => drop(object.insert("Principal".into(), Json::Null)),
        Principals::Missing => {}
    }
    match &statement.actions {
        Actions::Only(list) => drop(object.insert("Action".into(), texts_json(list))),
        Actions::AllBut(list) => drop(object.insert("NotAction".into(), texts_json(list))),
        Actions::Unknown => {}
    }
    match &statement.resources {
        Resources::Only(list) => drop(object.insert("Resource".into(), texts_json(list))),
        Resources::AllBut(list) => drop(object.insert("NotResource".into(), texts_json(list))),
        Resources::Unknown => drop(object.insert("Resource".into(), Json::Null)),
        Resources::Missing => {}
    }
    if !statement.conditions.tests.is_empty() {
        object.insert("Condition".into(), conditions_json(&statement.conditions.tests));
    }
    object.into()
}

fn principals_json(list: &[crate::policy::Principal]) -> Json {
    let mut kinds: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    for principal in list {
        let value = Json::from(principal.value.as_known().unwrap_or_default());
        match principal.kind {
            Some(kind) => kinds.entry(kind.name()).or_default().push(value),
            None => return value,
        }
    }
    kinds
        .into_iter()
        .map(|(kind, values)| (kind.to_owned(), single_or_list(values)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn texts_json(list: &[(Text, At)]) -> Json {
    single_or_list(list.iter().map(|(text, _)| text.as_known().unwrap_or_default().into()).collect())
}

fn conditions_json(tests: &[Test]) -> Json {
    let mut block = json!({});
    for test in tests {
        let [operator, key] = [&test.operator_text, &test.key].map(|text| text.as_known().unwrap_or_default());
        block[operator][key] = texts_json(&test.values);
    }
    block
}

fn single_or_list(mut values: Vec<Json>) -> Json {
    if values.len() == 1 { values.remove(0) } else { values.into() }
}
