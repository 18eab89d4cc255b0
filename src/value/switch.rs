//! Choices, and branches: choices made together.

use std::sync::Arc;

use super::Worlds;

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
    /// The file that names this value, where the template does not.
    pub default_from: Option<Arc<str>>,
}

impl Switch {
    /// A condition decided by a formula.
    pub fn condition(name: &str, decided: Formula) -> Self {
        let values = vec!["false".into(), "true".into()];
        Self { name: name.into(), values, decided: Some(decided), closed: true, default: None, default_from: None }
    }

    /// Something that has one of the listed values, or another.
    pub fn variable(name: &str) -> Self {
        let values = vec!["".into()];
        Self { name: name.into(), values, decided: None, closed: false, default: None, default_from: None }
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
        u16::try_from(listed + 1).ok()
    }

    /// The indexes that it can have.
    pub fn choices(&self) -> std::ops::Range<u16> {
        let first = u16::from(self.closed && !self.is_condition());
        first..u16::try_from(self.values.len()).unwrap_or(u16::MAX)
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
pub struct Branch(pub(super) Vec<(SwitchId, u16)>);

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

    pub(super) fn without(&self, switch: SwitchId) -> Self {
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
    /// Whether they cover everything, and nothing that cannot be. Where a bound is reached, of cases
    /// ([`Worlds::MOST_CASES`]) or of work, that is not known; nor where no case fits a possible branch.
    pub complete: bool,
}
