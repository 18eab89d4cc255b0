//! Values without choices: split by the branches that can be, and joined again where they come out the same.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Budget, Worlds};
use crate::value::switch::{Branch, Case, Cases, SwitchId};
use crate::value::{Entry, Kind, Truth, Value};

impl Worlds {
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

    pub(super) fn split(&self, value: &Value, when: &Branch, out: &mut Cases<Value>, budget: &mut Budget) {
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
