//! A class of requests: what each of them is, and what one may carry for each key.

use crate::policy::{Carried, PrincipalKind};
use crate::value::{Form, Text};

/// What a request of a class may carry for one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Exactly this, or nothing.
    Exactly(Option<Carried>),
    /// One of these, each of which may be nothing.
    OneOf(Vec<Option<Carried>>),
    /// Any single text of some forms.
    Text {
        /// The forms.
        forms: Vec<Form>,
        /// Whether the request may also lack the key.
        optional: bool,
    },
    /// A list of texts.
    Texts {
        /// These are always there.
        always: Vec<Text>,
        /// The forms of further ones; none where there are no others.
        forms: Vec<Form>,
        /// None of the further ones is one of these.
        except: Vec<Text>,
        /// How many further ones there are at least.
        least: usize,
        /// How many at most.
        most: usize,
        /// Whether the request may also lack the key.
        optional: bool,
    },
}

/// A class of requests.
#[derive(Clone, Debug)]
pub struct Space {
    /// Who may ask: one of these.
    pub principals: Vec<(PrincipalKind, Text)>,
    /// What must be allowed in one call: the action that is asked for, then its companions, such as
    /// `sts:TagSession`. They meet the same context (catalogue, section 6).
    pub actions: Vec<String>,
    /// The role's ARN.
    pub resource: Text,
    /// What it may carry. A key that does not stand here is never there.
    pub keys: Vec<(Text, Domain)>,
}

impl Domain {
    /// A single text that everybody knows.
    pub fn known(text: &str) -> Self {
        Self::Exactly(Some(Carried::One(Text::known(text))))
    }

    /// A value that is there, and of which nothing is known.
    pub fn one(text: Text) -> Self {
        Self::Exactly(Some(Carried::One(text)))
    }
}

impl Space {
    /// What a request of this class may carry for a key.
    pub fn domain(&self, key: &str) -> &Domain {
        const ABSENT: &Domain = &Domain::Exactly(None);
        let is_key = |name: &Text| name.as_known().is_some_and(|name| name.eq_ignore_ascii_case(key));
        self.keys.iter().find(|(name, _)| is_key(name)).map_or(ABSENT, |(_, domain)| domain)
    }
}
