//! Choices that a deployment makes (conditions, bounded parameters) and which of them can be made
//! together.

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::switch::{Branch, Case, Cases, Formula, Switch, SwitchId};
use super::{Entry, Kind, Truth, Value};

/// All switches of a run.
#[derive(Clone, Debug, Default)]
pub struct Worlds {
    switches: Vec<Switch>,
    by_key: HashMap<Arc<str>, SwitchId>,
    /// Conditions that hold in every deployment.
    must: Vec<SwitchId>,
    known: Known,
}

/// What was found out about the switches. It follows from them alone, so it is forgotten when one
/// changes, and it does not matter in which order it was asked.
#[derive(Debug, Default)]
struct Known(Mutex<Facts>);

#[derive(Clone, Debug, Default)]
struct Facts {
    reaches: HashMap<SwitchId, Arc<Reach>>,
    /// The size of all of these together.
    reached: usize,
    answers: HashMap<Branch, Answer>,
    /// For each variable the conditions of `must` that ask about it.
    demands: Option<Arc<HashMap<SwitchId, Vec<SwitchId>>>>,
}

/// Whether choices can be made together, and the work that it took to say so.
#[derive(Clone, Copy, Debug)]
struct Answer {
    truth: Truth,
    steps: usize,
}

/// What decides a condition, conditions in between included.
#[derive(Debug, Default)]
struct Reach {
    /// The conditions, each after those that it names.
    conditions: Vec<SwitchId>,
    /// The variables, in the order in which they are met.
    variables: Vec<SwitchId>,
    /// There are more than are followed.
    cut: bool,
}

impl Known {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&mut self) {
        let facts = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !facts.reaches.is_empty() || !facts.answers.is_empty() || facts.demands.is_some() {
            *facts = Facts::default();
        }
    }
}

impl Clone for Known {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.facts().clone()))
    }
}

/// The work that one question to the worlds may take.
struct Budget {
    /// Parts of formulas that are looked at.
    search: usize,
    /// Parts of values that are looked at.
    walk: usize,
    /// Choices that are followed.
    splits: usize,
    /// What was paid for.
    answers: HashMap<Branch, Truth>,
}

impl Budget {
    fn new() -> Self {
        Self {
            search: Worlds::MOST_SEARCH,
            walk: Worlds::MOST_WALK,
            splits: Worlds::MOST_SPLITS,
            answers: HashMap::new(),
        }
    }

    /// Whether so many parts of values may still be looked at.
    fn walked(&mut self, parts: usize) -> bool {
        let enough = self.walk >= parts;
        self.walk = self.walk.saturating_sub(parts);
        enough
    }
}

/// What is assumed of the switches during a search.
struct Assumed {
    /// Of variables: their value, where one is tried.
    values: Vec<Option<u16>>,
    /// Of conditions: what follows.
    truths: Vec<Truth>,
}

impl Worlds {
    /// A value is split into at most this many cases.
    pub const MOST_CASES: usize = 256;
    /// Values of one switch that are told apart.
    pub const MOST_VALUES: usize = 1024;
    /// The solver gives up after this many parts of formulas and says Unknown.
    const MOST_STEPS: usize = 500_000;
    /// All that the solver may do for one value.
    const MOST_SEARCH: usize = 2_000_000;
    /// Parts of a value that are looked at while it is split.
    const MOST_WALK: usize = 8_000_000;
    /// Choices that are followed while a value is split, dead ends included.
    const MOST_SPLITS: usize = 4_096;
    /// Parts of the formulas behind one condition that are followed.
    const MOST_REACH: usize = 10_000;
    /// Answers that are remembered.
    const MOST_ANSWERS: usize = 16_384;
    /// What is remembered of the switches behind conditions.
    const MOST_REACHED: usize = 1_000_000;

    /// The switch of this key, made at the first call. The key is unique within the run.
    pub fn intern(&mut self, key: &str, switch: impl FnOnce() -> Switch) -> SwitchId {
        if let Some(id) = self.by_key.get(key) {
            return *id;
        }
        self.switches.push(switch());
        let id = SwitchId(self.switches.len() as u32 - 1);
        self.by_key.insert(key.into(), id);
        id
    }

    /// The switch of a key that was made before.
    pub fn find(&self, key: &str) -> Option<SwitchId> {
        self.by_key.get(key).copied()
    }

    /// What is known of a switch.
    pub fn switch(&self, id: SwitchId) -> &Switch {
        &self.switches[id.0 as usize]
    }

    /// The same, to add values.
    pub fn switch_mut(&mut self, id: SwitchId) -> &mut Switch {
        self.known.forget();
        &mut self.switches[id.0 as usize]
    }

    /// Whether a parameter with a default has another value in a branch, one that nobody named.
    pub fn leaves_default(&self, branch: &Branch) -> bool {
        let leaves = |(id, value)| {
            let switch = self.switch(id);
            value == 0 && !switch.is_condition() && switch.default.is_some()
        };
        branch.iter().any(leaves)
    }

    /// Takes it that a formula holds in every deployment. False, and nothing is taken, where that leaves no
    /// deployment at all. The key is that of a switch.
    pub fn require(&mut self, key: &str, formula: Formula) -> bool {
        let rule = self.intern(key, || Switch::condition(key, formula));
        self.known.forget();
        self.must.push(rule);
        let possible = !self.consistent(&Branch::of(rule, 1)).is_false();
        if !possible {
            self.known.forget();
            self.must.pop();
        }
        possible
    }

    /// Whether the choices of a branch can be made together. Unknown where a bound is reached.
    pub fn consistent(&self, branch: &Branch) -> Truth {
        self.consistent_within(branch, &mut Budget::new())
    }

    /// Choices that have no variable in common cannot contradict one another, so each group of those
    /// that do is a question of its own.
    fn consistent_within(&self, branch: &Branch, budget: &mut Budget) -> Truth {
        let branch = &*self.with_demands(branch);
        if !branch.iter().any(|(id, _)| self.switch(id).is_condition()) {
            return Truth::True;
        }
        let mut truth = Truth::True;
        for group in self.groups(branch) {
            let known = budget.answers.get(&group).copied();
            truth = truth.and(known.unwrap_or_else(|| {
                if budget.search == 0 {
                    return Truth::Unknown;
                }
                let answer = self.answer(&group);
                budget.search = budget.search.saturating_sub(answer.steps);
                budget.answers.insert(group, answer.truth);
                answer.truth
            }));
            if truth.is_false() {
                break;
            }
        }
        truth
    }

    /// The branch with what must hold of its variables, and of those that come in with that.
    fn with_demands<'b>(&self, branch: &'b Branch) -> Cow<'b, Branch> {
        if self.must.is_empty() {
            return Cow::Borrowed(branch);
        }
        let demands = self.demands();
        let mut open: Vec<SwitchId> = branch.iter().map(|(id, _)| id).collect();
        let (mut whole, mut met) = (Cow::Borrowed(branch), HashSet::new());
        while let Some(id) = open.pop() {
            if !met.insert(id) {
                continue;
            }
            if self.switch(id).is_condition() {
                open.extend(self.reach(id).variables.iter().copied());
                continue;
            }
            for rule in demands.get(&id).into_iter().flatten() {
                // What asks for the rule to be broken is refused by the solver already.
                if let Some(with) = whole.and(&Branch::of(*rule, 1)) {
                    whole = Cow::Owned(with);
                }
                open.push(*rule);
            }
        }
        whole
    }

    fn demands(&self) -> Arc<HashMap<SwitchId, Vec<SwitchId>>> {
        if let Some(demands) = &self.known.facts().demands {
            return demands.clone();
        }
        let mut demands: HashMap<SwitchId, Vec<SwitchId>> = HashMap::new();
        for rule in &self.must {
            for variable in &self.reach(*rule).variables {
                demands.entry(*variable).or_default().push(*rule);
            }
        }
        let demands = Arc::new(demands);
        self.known.facts().demands = Some(demands.clone());
        demands
    }

    /// The choices of a branch, those together that share a variable. Choices of variables that no
    /// condition of the branch asks about are left out: they can always be made.
    fn groups(&self, branch: &Branch) -> Vec<Branch> {
        let choices = &branch.0;
        let mut leader: Vec<usize> = (0..choices.len()).collect();
        let mut first_with: HashMap<SwitchId, usize> = HashMap::new();
        for (at, (id, _)) in choices.iter().enumerate() {
            let reach = self.switch(*id).is_condition().then(|| self.reach(*id));
            let variables = reach.as_ref().map_or(std::slice::from_ref(id), |reach| &reach.variables);
            // Of what is beyond the bound nothing is known; it may belong to any group.
            for variable in variables {
                let other = *first_with.entry(*variable).or_insert(at);
                let (a, b) = (root(&mut leader, at), root(&mut leader, other));
                leader[a.max(b)] = a.min(b);
            }
        }
        let mut groups: Vec<(bool, Vec<(SwitchId, u16)>)> = vec![(false, Vec::new()); choices.len()];
        for (at, (id, value)) in choices.iter().enumerate() {
            let (asks, group) = &mut groups[root(&mut leader, at)];
            *asks |= self.switch(*id).is_condition();
            group.push((*id, *value));
        }
        groups.into_iter().filter(|(asks, _)| *asks).map(|(_, group)| Branch(group)).collect()
    }

    /// What decides a condition.
    fn reach(&self, condition: SwitchId) -> Arc<Reach> {
        if let Some(reach) = self.known.facts().reaches.get(&condition) {
            return reach.clone();
        }
        let mut reach = Reach::default();
        let (mut met, mut parts) = (HashSet::new(), 0);
        // A condition, and whether those that it names were followed.
        let mut open = vec![(condition, false)];
        while let Some((id, followed)) = open.pop() {
            if followed {
                reach.conditions.push(id);
                continue;
            }
            if !met.insert(id) {
                continue;
            }
            match &self.switch(id).decided {
                None => reach.variables.push(id),
                Some(formula) => {
                    open.push((id, true));
                    let before = open.len();
                    named(formula, &mut parts, &mut open);
                    open[before..].reverse();
                }
            }
            if parts > Self::MOST_REACH {
                reach = Reach { cut: true, ..Reach::default() };
                break;
            }
        }
        let reach = Arc::new(reach);
        let mut facts = self.known.facts();
        let size = 1 + reach.conditions.len() + reach.variables.len();
        if facts.reached + size > Self::MOST_REACHED {
            facts.reaches.clear();
            facts.reached = 0;
        }
        facts.reached += size;
        facts.reaches.insert(condition, reach.clone());
        reach
    }

    /// Whether the choices of one group can be made together.
    fn answer(&self, group: &Branch) -> Answer {
        if let Some(answer) = self.known.facts().answers.get(group) {
            return *answer;
        }
        let answer = self.solve(group);
        let mut facts = self.known.facts();
        if facts.answers.len() >= Self::MOST_ANSWERS {
            facts.answers.clear();
        }
        facts.answers.insert(group.clone(), answer);
        answer
    }

    fn solve(&self, group: &Branch) -> Answer {
        let mut assumed =
            Assumed { values: vec![None; self.switches.len()], truths: vec![Truth::Unknown; self.switches.len()] };
        let (mut conditions, mut open, mut met) = (Vec::new(), Vec::new(), HashSet::new());
        let mut steps = 1;
        for (id, value) in group.iter() {
            if !self.switch(id).is_condition() {
                assumed.values[id.0 as usize] = Some(value);
                continue;
            }
            let reach = self.reach(id);
            if reach.cut {
                return Answer { truth: Truth::Unknown, steps: Self::MOST_REACH };
            }
            steps += reach.conditions.len() + reach.variables.len();
            conditions.extend(reach.conditions.iter().copied().filter(|id| met.insert(*id)));
            open.extend(reach.variables.iter().copied().filter(|id| met.insert(*id)));
        }
        open.retain(|id| assumed.values[id.0 as usize].is_none());
        let truth = self.search(group, &conditions, &open, &mut assumed, &mut steps);
        Answer { truth, steps }
    }

    /// Tries the values of the first open variable, then those of the rest.
    fn search(
        &self,
        group: &Branch,
        conditions: &[SwitchId],
        open: &[SwitchId],
        assumed: &mut Assumed,
        steps: &mut usize,
    ) -> Truth {
        // The values tried so far, by the place of their variable in `open`.
        let mut tried: Vec<std::ops::Range<u16>> = Vec::new();
        loop {
            if *steps > Self::MOST_STEPS {
                return Truth::Unknown;
            }
            let held = self.held(group, conditions, assumed, steps);
            match open.get(tried.len()) {
                Some(next) if held == Truth::Unknown => tried.push(self.switch(*next).choices()),
                _ if !held.is_false() => return held,
                _ => {}
            }
            // The next value of the last variable that has one; those after it are open again.
            loop {
                let Some(values) = tried.last_mut() else { return Truth::False };
                let value = values.next();
                assumed.values[open[tried.len() - 1].0 as usize] = value;
                match value {
                    Some(_) => break,
                    None => tried.pop(),
                };
            }
        }
    }

    /// Whether the conditions are as the choices want them. Each is decided once.
    fn held(&self, group: &Branch, conditions: &[SwitchId], assumed: &mut Assumed, steps: &mut usize) -> Truth {
        // One that names itself must not see what it was before.
        for id in conditions {
            assumed.truths[id.0 as usize] = Truth::Unknown;
        }
        for id in conditions {
            if let Some(formula) = &self.switch(*id).decided {
                assumed.truths[id.0 as usize] = self.decide(formula, assumed, steps);
            }
        }
        let demands = group.iter().filter(|(id, _)| self.switch(*id).is_condition());
        Truth::all(demands.map(|(id, value)| {
            let is_true = assumed.truths[id.0 as usize];
            if value == 1 { is_true } else { !is_true }
        }))
    }

    fn decide(&self, formula: &Formula, assumed: &Assumed, steps: &mut usize) -> Truth {
        *steps += 1;
        match formula {
            Formula::Const(value) => (*value).into(),
            Formula::Not(formula) => !self.decide(formula, assumed, steps),
            Formula::And(all) => {
                let mut truth = Truth::True;
                for one in all {
                    truth = truth.and(self.decide(one, assumed, steps));
                    if truth == Truth::False {
                        break;
                    }
                }
                truth
            }
            Formula::Or(any) => {
                let mut truth = Truth::False;
                for one in any {
                    truth = truth.or(self.decide(one, assumed, steps));
                    if truth == Truth::True {
                        break;
                    }
                }
                truth
            }
            Formula::Is(id, value) if self.switch(*id).is_condition() => {
                let is_true = assumed.truths[id.0 as usize];
                if *value == 1 { is_true } else { !is_true }
            }
            Formula::Is(id, value) => {
                assumed.values[id.0 as usize].map_or(Truth::Unknown, |assumed| (assumed == *value).into())
            }
        }
    }

    /// A value without choices in each branch that can be. Only the switches that the value really
    /// meets are split; cases that come out the same are joined.
    pub fn cases(&self, value: &Value) -> Cases<Value> {
        self.cases_when(value, &Branch::default())
    }

    /// The same inside a branch.
    pub fn cases_when(&self, value: &Value, when: &Branch) -> Cases<Value> {
        let mut out = Cases { cases: Vec::new(), complete: true };
        let mut budget = Budget::new();
        self.split(value, when, &mut out, &mut budget);
        // What is not whole is not worth the work.
        if out.complete {
            self.merge(&mut out.cases, &mut budget);
        }
        out
    }

    fn split(&self, value: &Value, when: &Branch, out: &mut Cases<Value>, budget: &mut Budget) {
        let mut open = vec![(value.clone(), when.clone())];
        let mut is_possible = false;
        while let Some((value, when)) = open.pop() {
            if budget.splits == 0 {
                out.complete = false;
                return;
            }
            budget.splits -= 1;
            let possible = self.consistent_within(&when, budget);
            out.complete &= possible != Truth::Unknown;
            if possible.is_false() {
                continue;
            }
            is_possible = true;
            let mut parts = 0;
            let value = chosen(&value, &when, &mut parts).unwrap_or(value);
            let first = first_choice(&value, &mut parts);
            if out.cases.len() >= Self::MOST_CASES || !budget.walked(parts) {
                out.complete = false;
                return;
            }
            let Some(cases) = first else {
                out.cases.push(Case { when, then: value });
                continue;
            };
            let inner = cases.iter().rev().filter_map(|case| Some((value.clone(), when.and(&case.when)?)));
            open.extend(inner);
        }
        // The branch can be, and nothing says what holds in it.
        out.complete &= !is_possible || !out.cases.is_empty();
    }

    /// The first of several branches without the choices that the others make needless: where one holds
    /// when `P` is true and another when it is false, `P` does not matter.
    pub fn widened(&self, branches: &[Branch]) -> Branch {
        let Some(mut widest) = branches.first().cloned() else { return Branch::default() };
        let mut budget = Budget::new();
        for (switch, _) in widest.clone().iter() {
            let wider = widest.without(switch);
            if self.covered(&wider, branches, &mut 0, &mut budget) {
                widest = wider;
            }
        }
        widest
    }

    /// A part of a branch that is outside another; nothing where all of it is inside.
    pub fn outside(&self, branch: &Branch, other: &Branch) -> Option<Branch> {
        let mut budget = Budget::new();
        let mut together =
            |a: &Branch, b: &Branch| a.and(b).filter(|both| !self.consistent_within(both, &mut budget).is_false());
        if together(branch, other).is_none() {
            return Some(branch.clone());
        }
        let open = other.iter().filter(|(switch, _)| branch.get(*switch).is_none());
        let choices = open.flat_map(|(switch, value)| {
            let others = self.switch(switch).choices().filter(move |choice| *choice != value);
            others.map(move |choice| Branch::of(switch, choice))
        });
        let mut choices = choices;
        choices.find_map(|choice| together(branch, &choice))
    }

    /// Whether every deployment in a branch is in one of the others. No where the bound is reached.
    fn covered(&self, branch: &Branch, by: &[Branch], steps: &mut usize, budget: &mut Budget) -> bool {
        *steps += 1;
        if *steps > Self::MOST_CASES || budget.search == 0 {
            return false;
        }
        let mut together =
            |other: &&Branch| branch.and(other).is_some_and(|both| !self.consistent_within(&both, budget).is_false());
        let Some(other) = by.iter().find(&mut together) else { return false };
        let Some((open, _)) = other.iter().find(|(switch, _)| branch.get(*switch).is_none()) else { return true };
        self.switch(open).choices().all(|choice| {
            let Some(inner) = branch.and(&Branch::of(open, choice)) else { return true };
            self.consistent_within(&inner, budget).is_false() || self.covered(&inner, by, steps, budget)
        })
    }

    /// Joins cases with the same outcome that together leave a switch open.
    fn merge(&self, cases: &mut Vec<Case<Value>>, budget: &mut Budget) {
        let mut joining = Joining::of(cases);
        let mut at = 0;
        while at < cases.len() {
            if !std::mem::take(&mut joining.fresh[at]) {
                at += 1;
                continue;
            }
            let Some((switch, partners)) = self.joinable(cases, &joining, at, budget) else {
                at += 1;
                continue;
            };
            let wider = cases[at].when.without(switch);
            joining.join(cases, at, &partners, wider);
            at = joining.first_fresh();
        }
        let mut alive = joining.alive.into_iter();
        cases.retain(|_| alive.next().unwrap_or(true));
    }

    /// A switch of the case at `at` whose every possible value has a case with the same rest and outcome.
    fn joinable(
        &self,
        cases: &[Case<Value>],
        joining: &Joining,
        at: usize,
        budget: &mut Budget,
    ) -> Option<(SwitchId, Vec<usize>)> {
        let (case, class) = (&cases[at], joining.classes[at]);
        if joining.sizes[class] == 1 {
            return None;
        }
        case.when.iter().find_map(|(switch, value)| {
            let rest = case.when.without(switch);
            let mut partners = Vec::new();
            for other in self.switch(switch).choices().filter(|other| *other != value) {
                let branch = rest.and(&Branch::of(switch, other))?;
                if !budget.walked(branch.0.len()) {
                    return None;
                }
                let key = (class, branch);
                match joining.by_branch.get(&key) {
                    Some(partner) => partners.push(*partner),
                    None if self.consistent_within(&key.1, budget).is_false() => {}
                    None => return None,
                }
            }
            partners.iter().all(|partner| *partner > at).then_some((switch, partners))
        })
    }
}

/// Which cases may be joined.
struct Joining {
    /// For each case the number of the first one with the same outcome.
    classes: Vec<usize>,
    /// For each first one the number of cases that are left.
    sizes: Vec<usize>,
    /// The cases that are left, by outcome and branch.
    by_branch: HashMap<(usize, Branch), usize>,
    /// Those not joined to another.
    alive: Vec<bool>,
    /// Those to be looked at: nothing near the others has changed since they were.
    fresh: Vec<bool>,
}

impl Joining {
    fn of(cases: &[Case<Value>]) -> Self {
        let mut firsts: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut classes = Vec::with_capacity(cases.len());
        let mut sizes = vec![0; cases.len()];
        for (at, case) in cases.iter().enumerate() {
            let mut print = DefaultHasher::new();
            fingerprint(&case.then, &mut print);
            let alike = firsts.entry(print.finish()).or_default();
            let first = alike.iter().copied().find(|first| cases[*first].then == case.then);
            let class = first.unwrap_or(at);
            if first.is_none() {
                alike.push(at);
            }
            sizes[class] += 1;
            classes.push(class);
        }
        let by_branch = cases.iter().enumerate().rev().map(|(at, case)| ((classes[at], case.when.clone()), at));
        let by_branch = by_branch.collect();
        Self { classes, sizes, by_branch, alive: vec![true; cases.len()], fresh: vec![true; cases.len()] }
    }

    /// Makes one case of several. Those that differ from it in one choice may be joined to it now.
    fn join(&mut self, cases: &mut [Case<Value>], at: usize, partners: &[usize], wider: Branch) {
        let class = self.classes[at];
        for gone in partners.iter().chain(&[at]) {
            self.by_branch.remove(&(class, cases[*gone].when.clone()));
        }
        for gone in partners {
            (self.alive[*gone], self.fresh[*gone]) = (false, false);
        }
        self.sizes[class] -= partners.len();
        let near = |other: &Branch| {
            let pairs = || other.0.iter().zip(&wider.0);
            other.0.len() == wider.0.len()
                && pairs().all(|(a, b)| a.0 == b.0)
                && pairs().filter(|(a, b)| a.1 != b.1).count() == 1
        };
        for (other, case) in cases.iter().enumerate() {
            self.fresh[other] |= self.alive[other] && self.classes[other] == class && near(&case.when);
        }
        self.fresh[at] = true;
        self.by_branch.insert((class, wider.clone()), at);
        cases[at].when = wider;
    }

    fn first_fresh(&self) -> usize {
        self.fresh.iter().position(|fresh| *fresh).unwrap_or(self.fresh.len())
    }
}

/// The leader of a group.
fn root(leader: &mut [usize], mut at: usize) -> usize {
    while leader[at] != at {
        leader[at] = leader[leader[at]];
        at = leader[at];
    }
    at
}

/// The switches in a formula.
fn named(formula: &Formula, parts: &mut usize, into: &mut Vec<(SwitchId, bool)>) {
    *parts += 1;
    if *parts > Worlds::MOST_REACH {
        return;
    }
    match formula {
        Formula::Const(_) => {}
        Formula::Not(inner) => named(inner, parts, into),
        Formula::And(all) | Formula::Or(all) => all.iter().for_each(|one| named(one, parts, into)),
        Formula::Is(id, _) => into.push((*id, false)),
    }
}

/// The same for equal values.
fn fingerprint(value: &Value, into: &mut DefaultHasher) {
    value.at.hash(into);
    std::mem::discriminant(&value.kind).hash(into);
    match &value.kind {
        Kind::Null | Kind::Absent => {}
        Kind::Bool(value) => value.hash(into),
        Kind::Number(text) => text.hash(into),
        Kind::Text(text) => text.hash(into),
        Kind::Any(why) => why.hash(into),
        Kind::List(items) => {
            items.len().hash(into);
            items.iter().for_each(|item| fingerprint(item, into));
        }
        Kind::Map(entries) => {
            entries.len().hash(into);
            for entry in entries.iter() {
                (&entry.key, entry.key_at).hash(into);
                fingerprint(&entry.value, into);
            }
        }
        Kind::OneOf(cases) => cases.len().hash(into),
    }
}

/// The value with every choice that the branch makes taken; absent members and entries are left out.
/// Nothing where it stays as it is. Counts the parts that it looks at.
fn chosen(value: &Value, when: &Branch, parts: &mut usize) -> Option<Value> {
    *parts += 1;
    match &value.kind {
        Kind::OneOf(cases) => {
            *parts += cases.len();
            let fits = |case: &&Case<Value>| case.when.iter().all(|(switch, choice)| when.get(switch) == Some(choice));
            let case = cases.iter().find(fits)?;
            Some(chosen(&case.then, when, parts).unwrap_or_else(|| case.then.clone()))
        }
        Kind::List(items) => {
            let items = chosen_of(items, |item| item, |_, value| value, when, parts)?;
            Some(Value::new(Kind::List(items.into()), value.at))
        }
        Kind::Map(entries) => {
            let with = |entry: &Entry, value| Entry { value, ..entry.clone() };
            let entries = chosen_of(entries, |entry| &entry.value, with, when, parts)?;
            Some(Value::new(Kind::Map(entries.into()), value.at))
        }
        _ => None,
    }
}

/// The members of a list or map, if any of them changes.
fn chosen_of<T: Clone>(
    members: &[T],
    value_of: impl Fn(&T) -> &Value,
    with: impl Fn(&T, Value) -> T,
    when: &Branch,
    parts: &mut usize,
) -> Option<Vec<T>> {
    let mut out: Option<Vec<T>> = None;
    for (at, member) in members.iter().enumerate() {
        let changed = chosen(value_of(member), when, parts);
        let is_absent = changed.as_ref().unwrap_or(value_of(member)).kind == Kind::Absent;
        if changed.is_none() && !is_absent {
            if let Some(out) = &mut out {
                out.push(member.clone());
            }
            continue;
        }
        let out = out.get_or_insert_with(|| members[..at].to_vec());
        if !is_absent {
            out.push(changed.map_or_else(|| member.clone(), |value| with(member, value)));
        }
    }
    out
}

fn first_choice(value: &Value, parts: &mut usize) -> Option<Arc<[Case<Value>]>> {
    *parts += 1;
    match &value.kind {
        Kind::OneOf(cases) => Some(cases.clone()),
        Kind::List(items) => items.iter().find_map(|item| first_choice(item, parts)),
        Kind::Map(entries) => entries.iter().find_map(|entry| first_choice(&entry.value, parts)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
