//! Choices that a deployment makes (conditions, bounded parameters) and which of them can be made
//! together.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Entry, Kind, Truth, Value};

/// Names one choice of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SwitchId(pub u32);

/// A choice: a condition, or a parameter of which some values are known.
#[derive(Clone, Debug)]
pub struct Switch {
    /// The condition's or parameter's name.
    pub name: Arc<str>,
    /// The values it can have. For a condition `false` and `true`, in this order; for anything else
    /// the first stands for every value that is not listed.
    pub values: Vec<Arc<str>>,
    /// What decides it; nothing for a parameter.
    pub decided: Option<Formula>,
    /// No value but the listed ones can be: `AllowedValues`.
    pub closed: bool,
    /// The value that it has unless somebody says otherwise: a parameter's default.
    pub default: Option<u16>,
}

impl Switch {
    /// A condition decided by a formula.
    pub fn condition(name: &str, decided: Formula) -> Self {
        let values = vec!["false".into(), "true".into()];
        Self { name: name.into(), values, decided: Some(decided), closed: true, default: None }
    }

    /// Something that has one of the listed values, or another.
    pub fn variable(name: &str) -> Self {
        Self { name: name.into(), values: vec!["".into()], decided: None, closed: false, default: None }
    }

    /// Whether it is a condition.
    pub fn is_condition(&self) -> bool {
        self.decided.is_some()
    }

    /// The index of a listed value, added to the list at the first call; nothing where
    /// [`Worlds::MOST_VALUES`] are listed already.
    pub fn value(&mut self, text: &str) -> Option<u16> {
        if let Some(index) = self.index_of(text) {
            return Some(index);
        }
        if self.values.len() > Worlds::MOST_VALUES {
            return None;
        }
        self.values.push(text.into());
        u16::try_from(self.values.len() - 1).ok()
    }

    /// The index of a listed value.
    pub fn index_of(&self, text: &str) -> Option<u16> {
        let listed = self.values.iter().skip(1).position(|value| value.as_ref() == text)?;
        Some(listed as u16 + 1)
    }

    /// The indexes that it can have.
    pub fn choices(&self) -> std::ops::Range<u16> {
        let first = u16::from(self.closed && !self.is_condition());
        first..self.values.len() as u16
    }
}

/// When a condition is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formula {
    /// Always, or never.
    Const(bool),
    /// When this switch has this value.
    Is(SwitchId, u16),
    /// Not so.
    Not(Box<Formula>),
    /// All of them.
    And(Vec<Formula>),
    /// Any of them.
    Or(Vec<Formula>),
}

/// Choices made together: switches with their values, sorted by switch. The empty branch is
/// everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Branch(Vec<(SwitchId, u16)>);

impl Branch {
    /// The branch in which one switch has one value.
    pub fn of(switch: SwitchId, value: u16) -> Self {
        Self(vec![(switch, value)])
    }

    /// Both together; nothing where they contradict each other.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let mut joined = self.0.clone();
        for (switch, value) in &other.0 {
            match joined.binary_search_by_key(switch, |(id, _)| *id) {
                Ok(at) if joined[at].1 != *value => return None,
                Ok(_) => {}
                Err(at) => joined.insert(at, (*switch, *value)),
            }
        }
        Some(Self(joined))
    }

    /// The value of a switch in this branch.
    pub fn get(&self, switch: SwitchId) -> Option<u16> {
        let at = self.0.binary_search_by_key(&switch, |(id, _)| *id).ok()?;
        Some(self.0[at].1)
    }

    /// Its choices.
    pub fn iter(&self) -> impl Iterator<Item = (SwitchId, u16)> {
        self.0.iter().copied()
    }

    /// Whether it leaves everything open.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn without(&self, switch: SwitchId) -> Self {
        Self(self.0.iter().copied().filter(|(id, _)| *id != switch).collect())
    }
}

/// One case of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case<T> {
    /// The branch in which it holds.
    pub when: Branch,
    /// What holds there.
    pub then: T,
}

/// What holds in each branch; the branches exclude one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cases<T> {
    /// The cases.
    pub cases: Vec<Case<T>>,
    /// Whether they cover everything; above [`Worlds::MOST_CASES`] they do not.
    pub complete: bool,
}

/// All switches of a run.
#[derive(Clone, Debug, Default)]
pub struct Worlds {
    switches: Vec<Switch>,
    by_key: HashMap<Arc<str>, SwitchId>,
}

impl Worlds {
    /// A value is split into at most this many cases.
    pub const MOST_CASES: usize = 256;
    /// Values of one switch that are told apart.
    pub const MOST_VALUES: usize = 1024;
    /// The solver gives up after this many steps and says Unknown.
    const MOST_STEPS: usize = 20_000;
    /// Conditions that name one another are followed this deep.
    const MOST_DEPTH: usize = 64;

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
        &mut self.switches[id.0 as usize]
    }

    /// Whether the choices of a branch can be made together.
    pub fn consistent(&self, branch: &Branch) -> Truth {
        if !branch.iter().any(|(id, _)| self.switch(id).is_condition()) {
            return Truth::True;
        }
        let mut open = Vec::new();
        for (id, _) in branch.iter() {
            self.collect_variables(&Formula::Is(id, 1), &mut open, 0);
        }
        open.sort_unstable();
        open.dedup();
        let mut chosen: HashMap<SwitchId, u16> =
            branch.iter().filter(|(id, _)| !self.switch(*id).is_condition()).collect();
        open.retain(|id| !chosen.contains_key(id));
        let mut steps = 0;
        self.search(branch, &open, &mut chosen, &mut steps)
    }

    /// Tries the values of the first open variable, then those of the rest.
    fn search(
        &self,
        branch: &Branch,
        open: &[SwitchId],
        chosen: &mut HashMap<SwitchId, u16>,
        steps: &mut usize,
    ) -> Truth {
        *steps += 1;
        if *steps > Self::MOST_STEPS {
            return Truth::Unknown;
        }
        let demands = branch.iter().filter(|(id, _)| self.switch(*id).is_condition());
        let held = Truth::all(demands.map(|(id, value)| {
            let is_true = self.decide(&Formula::Is(id, 1), chosen, 0);
            if value == 1 { is_true } else { !is_true }
        }));
        let Some((first, rest)) = open.split_first() else { return held };
        if held != Truth::Unknown {
            return held;
        }
        let mut answer = Truth::False;
        for value in self.switch(*first).choices() {
            chosen.insert(*first, value);
            answer = answer.or(self.search(branch, rest, chosen, steps));
            if answer != Truth::False {
                break;
            }
        }
        chosen.remove(first);
        answer
    }

    fn decide(&self, formula: &Formula, chosen: &HashMap<SwitchId, u16>, depth: usize) -> Truth {
        if depth > Self::MOST_DEPTH {
            return Truth::Unknown;
        }
        let inner = |formula: &Formula| self.decide(formula, chosen, depth + 1);
        match formula {
            Formula::Const(value) => (*value).into(),
            Formula::Not(formula) => !inner(formula),
            Formula::And(all) => Truth::all(all.iter().map(inner)),
            Formula::Or(any) => Truth::any(any.iter().map(inner)),
            Formula::Is(id, value) => match &self.switch(*id).decided {
                Some(decided) if *value == 1 => inner(decided),
                Some(decided) => !inner(decided),
                None => chosen.get(id).map_or(Truth::Unknown, |chosen| (chosen == value).into()),
            },
        }
    }

    fn collect_variables(&self, formula: &Formula, into: &mut Vec<SwitchId>, depth: usize) {
        if depth > Self::MOST_DEPTH || into.len() > Self::MOST_STEPS {
            return;
        }
        match formula {
            Formula::Const(_) => {}
            Formula::Not(inner) => self.collect_variables(inner, into, depth + 1),
            Formula::And(all) | Formula::Or(all) => {
                all.iter().for_each(|one| self.collect_variables(one, into, depth + 1))
            }
            Formula::Is(id, _) => match &self.switch(*id).decided {
                Some(decided) => self.collect_variables(decided, into, depth + 1),
                None => into.push(*id),
            },
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
        if !self.consistent(when).is_false() {
            self.split(value, when.clone(), &mut out);
        }
        self.merge(&mut out.cases);
        out
    }

    fn split(&self, value: &Value, when: Branch, out: &mut Cases<Value>) {
        if out.cases.len() >= Self::MOST_CASES {
            out.complete = false;
            return;
        }
        let value = chosen(value, &when);
        let Some(cases) = first_choice(&value) else {
            out.cases.push(Case { when, then: value });
            return;
        };
        for case in cases.iter() {
            let Some(inner) = when.and(&case.when) else { continue };
            if !self.consistent(&inner).is_false() {
                self.split(&value, inner, out);
            }
        }
    }

    /// The first of several branches without the choices that the others make needless: where one holds
    /// when `P` is true and another when it is false, `P` does not matter.
    pub fn widened(&self, branches: &[Branch]) -> Branch {
        let Some(mut widest) = branches.first().cloned() else { return Branch::default() };
        for (switch, _) in widest.clone().iter() {
            let wider = widest.without(switch);
            if self.covered(&wider, branches, &mut 0) {
                widest = wider;
            }
        }
        widest
    }

    /// A part of a branch that is outside another; nothing where all of it is inside.
    pub fn outside(&self, branch: &Branch, other: &Branch) -> Option<Branch> {
        let together = |a: &Branch, b: &Branch| a.and(b).filter(|both| !self.consistent(both).is_false());
        if together(branch, other).is_none() {
            return Some(branch.clone());
        }
        let open = other.iter().filter(|(switch, _)| branch.get(*switch).is_none());
        let choices = open.flat_map(|(switch, value)| {
            let others = self.switch(switch).choices().filter(move |choice| *choice != value);
            others.map(move |choice| Branch::of(switch, choice))
        });
        choices.into_iter().find_map(|choice| together(branch, &choice))
    }

    /// Whether every deployment in a branch is in one of the others. No where the bound is reached.
    fn covered(&self, branch: &Branch, by: &[Branch], steps: &mut usize) -> bool {
        *steps += 1;
        if *steps > Self::MOST_CASES {
            return false;
        }
        let together = |other: &&Branch| branch.and(other).is_some_and(|both| !self.consistent(&both).is_false());
        let Some(other) = by.iter().find(together) else { return false };
        let Some((open, _)) = other.iter().find(|(switch, _)| branch.get(*switch).is_none()) else { return true };
        self.switch(open).choices().all(|choice| {
            let Some(inner) = branch.and(&Branch::of(open, choice)) else { return true };
            self.consistent(&inner).is_false() || self.covered(&inner, by, steps)
        })
    }

    /// Joins cases with the same outcome that together leave a switch open.
    fn merge<T: PartialEq>(&self, cases: &mut Vec<Case<T>>) {
        let mut classes = classes(cases);
        let mut at = 0;
        while at < cases.len() {
            match self.joinable(cases, &classes, at) {
                Some((switch, mut partners)) => {
                    cases[at].when = cases[at].when.without(switch);
                    partners.sort_unstable();
                    for other in partners.into_iter().rev() {
                        cases.remove(other);
                        classes.remove(other);
                    }
                    at = 0;
                }
                None => at += 1,
            }
        }
    }

    /// A switch of the case at `at` whose every possible value has a case with the same rest and outcome.
    fn joinable<T>(&self, cases: &[Case<T>], classes: &[usize], at: usize) -> Option<(SwitchId, Vec<usize>)> {
        let case = &cases[at];
        let same = || cases.iter().enumerate().filter(|(other, _)| classes[*other] == classes[at]);
        if same().count() == 1 {
            return None;
        }
        case.when.iter().find_map(|(switch, value)| {
            let rest = case.when.without(switch);
            let mut partners = Vec::new();
            for other in self.switch(switch).choices().filter(|other| *other != value) {
                let branch = rest.and(&Branch::of(switch, other))?;
                let partner = same().find(|(_, case)| case.when == branch).map(|(partner, _)| partner);
                match partner {
                    Some(partner) => partners.push(partner),
                    None if self.consistent(&branch).is_false() => {}
                    None => return None,
                }
            }
            partners.iter().all(|partner| *partner > at).then_some((switch, partners))
        })
    }
}

/// For each case the number of the first one with the same outcome.
fn classes<T: PartialEq>(cases: &[Case<T>]) -> Vec<usize> {
    let mut firsts: Vec<usize> = Vec::new();
    let mut classes = Vec::with_capacity(cases.len());
    for (at, case) in cases.iter().enumerate() {
        let first = firsts.iter().copied().find(|first| cases[*first].then == case.then);
        classes.push(first.unwrap_or_else(|| {
            firsts.push(at);
            at
        }));
    }
    classes
}

/// The value with every choice that the branch makes taken; absent members and entries are left out.
fn chosen(value: &Value, when: &Branch) -> Value {
    match &value.kind {
        Kind::OneOf(cases) => {
            let fits = |case: &&Case<Value>| case.when.iter().all(|(switch, choice)| when.get(switch) == Some(choice));
            match cases.iter().find(fits) {
                Some(case) => chosen(&case.then, when),
                None => value.clone(),
            }
        }
        Kind::List(items) if has_choice(value) => {
            let items = items.iter().map(|item| chosen(item, when)).filter(|item| item.kind != Kind::Absent);
            Value::new(Kind::List(items.collect()), value.at)
        }
        Kind::Map(entries) if has_choice(value) => {
            let entries = entries.iter().map(|entry| Entry { value: chosen(&entry.value, when), ..entry.clone() });
            Value::new(Kind::Map(entries.filter(|entry| entry.value.kind != Kind::Absent).collect()), value.at)
        }
        _ => value.clone(),
    }
}

/// Whether it holds a choice or something absent.
fn has_choice(value: &Value) -> bool {
    match &value.kind {
        Kind::OneOf(_) | Kind::Absent => true,
        Kind::List(items) => items.iter().any(has_choice),
        Kind::Map(entries) => entries.iter().any(|entry| has_choice(&entry.value)),
        _ => false,
    }
}

fn first_choice(value: &Value) -> Option<Arc<[Case<Value>]>> {
    match &value.kind {
        Kind::OneOf(cases) => Some(cases.clone()),
        Kind::List(items) => items.iter().find_map(first_choice),
        Kind::Map(entries) => entries.iter().find_map(|entry| first_choice(&entry.value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Place, Span};
    use crate::value::{At, Text};

    fn text(text: &str) -> Value {
        let place = Place { file: FileId(0), span: Span::at(0) };
        Value::new(Kind::Text(Text::known(text)), At { place, node: None })
    }

    fn one_of(cases: &[(SwitchId, u16, Value)]) -> Value {
        let cases =
            cases.iter().map(|(switch, value, then)| Case { when: Branch::of(*switch, *value), then: then.clone() });
        Value { kind: Kind::OneOf(cases.collect()), ..text("") }
    }

    /// A parameter with a default of nothing, and the condition that it is given.
    fn optional() -> (Worlds, SwitchId, SwitchId) {
        let mut worlds = Worlds::default();
        let parameter = worlds.intern("p", || Switch::variable("P"));
        let empty = worlds.switch_mut(parameter).value("").unwrap();
        let given = Formula::Not(Box::new(Formula::Is(parameter, empty)));
        let condition = worlds.intern("c", || Switch::condition("HasP", given));
        (worlds, parameter, condition)
    }

    #[test]
    fn a_condition_refuses_the_default_it_excludes() {
        let (worlds, parameter, condition) = optional();
        let both = |p, c| worlds.consistent(&Branch::of(parameter, p).and(&Branch::of(condition, c)).unwrap());
        assert_eq!(both(1, 1), Truth::False);
        assert_eq!(both(1, 0), Truth::True);
        assert_eq!(both(0, 1), Truth::True);
        assert_eq!(both(0, 0), Truth::False);
    }

    #[test]
    fn cases_leave_out_what_cannot_be() {
        let (worlds, parameter, condition) = optional();
        let value = one_of(&[(parameter, 0, text("given")), (parameter, 1, text(""))]);
        let value = one_of(&[(condition, 1, value), (condition, 0, text("none"))]);
        let cases = worlds.cases(&value);
        let found: Vec<_> = cases.cases.iter().map(|case| case.then.text().unwrap()).collect();
        assert_eq!(found, [Text::known("given"), Text::known("none")]);
    }

    #[test]
    fn equal_outcomes_are_one_case() {
        let (worlds, _, condition) = optional();
        let cases = worlds.cases(&one_of(&[(condition, 1, text("a")), (condition, 0, text("a"))]));
        assert_eq!(cases.cases, [Case { when: Branch::default(), then: text("a") }]);
    }

    #[test]
    fn branches_that_cover_everything_are_one() {
        let mut worlds = Worlds::default();
        let region = worlds.intern("r", || Switch::variable("Region"));
        let values = ["west", "east"].map(|name| worlds.switch_mut(region).value(name).unwrap());
        let [west, east] = [("w", values[0]), ("e", values[1])]
            .map(|(key, value)| worlds.intern(key, || Switch::condition(key, Formula::Is(region, value))));
        // Both cannot be true, so the third branch is the rest.
        let rest = Branch::of(west, 0).and(&Branch::of(east, 0)).unwrap();
        let branches = [Branch::of(west, 1), Branch::of(east, 1), rest];
        assert_eq!(worlds.widened(&branches), Branch::default());
        assert_eq!(worlds.widened(&branches[..2]), Branch::of(west, 1));
    }

    #[test]
    fn many_conditions_stay_within_the_bound() {
        let mut worlds = Worlds::default();
        let list: Vec<Value> = (0..60)
            .map(|n| {
                let switch = worlds.intern(&format!("v{n}"), || Switch::variable("v"));
                worlds.switch_mut(switch).value("x");
                one_of(&[(switch, 0, text("a")), (switch, 1, text("b"))])
            })
            .collect();
        let cases = worlds.cases(&Value { kind: Kind::List(list.into()), ..text("") });
        assert!(!cases.complete);
        assert!(cases.cases.len() <= Worlds::MOST_CASES);
    }
}
