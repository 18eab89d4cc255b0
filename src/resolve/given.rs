//! What somebody gave for a stack beside its template.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Values of parameters, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given(BTreeMap<Arc<str>, GivenParameter>);

/// What is known of one parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenParameter {
    /// It is this: the user of the run said so. A list has commas between its members.
    Certain(Arc<str>),
    /// Another value than its default, and nobody said which.
    Unknown,
    /// It is this in one deployment, as a file says; others are possible, as with a default.
    Likely {
        /// The value; nothing where the file has something there that only the deployment knows.
        value: Option<Arc<str>>,
        /// The file, as it is shown.
        file: Arc<str>,
    },
}

impl Given {
    /// What is known of a parameter.
    pub fn get(&self, name: &str) -> Option<&GivenParameter> {
        self.0.get(name)
    }

    /// Adds what is known of a parameter, in place of what was.
    pub fn set(&mut self, name: &str, parameter: GivenParameter) {
        self.0.insert(name.into(), parameter);
    }

    /// Adds what is known of a parameter of which nothing was.
    pub fn add(&mut self, name: &str, parameter: GivenParameter) {
        self.0.entry(name.into()).or_insert(parameter);
    }

    /// The parameters in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &GivenParameter)> {
        self.0.iter().map(|(name, parameter)| (name.as_ref(), parameter))
    }
}

impl GivenParameter {
    /// The value, certain or not.
    pub fn value(&self) -> Option<&Arc<str>> {
        match self {
            Self::Certain(value) => Some(value),
            Self::Unknown => None,
            Self::Likely { value, .. } => value.as_ref(),
        }
    }
}
