//! Choices that a deployment makes (conditions, bounded parameters) and which of them can be made
//! together.

mod cases;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Truth;
use super::switch::{Branch, Formula, Switch, SwitchId};

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

#[cfg(test)]
mod tests;
