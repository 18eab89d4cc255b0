//! A class of requests: what each of them is, and what one may carry for each key.

use crate::policy::{Carried, PrincipalKind};
use crate::value::{Form, Mark, Piece, Text};

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
    /// A part of the text that another key has, if it has one.
    Part(Part),
}

/// A part of the texts of a key: `ref` of `repo:O/R:ref:REF`. It must be one part of each text of the key's forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The key, a single-valued one with forms.
    pub key: Text,
    /// What stands before it, where that first stands.
    pub after: String,
    /// Whether the text begins with that.
    pub begins: bool,
    /// The character before which it ends; else it goes on to the end.
    pub until: Option<char>,
}

impl Part {
    /// The part of a text; nothing where it has none.
    pub(super) fn of(&self, text: &Text) -> Option<Text> {
        if self.after.is_empty() && self.until.is_none() {
            return Some(text.clone());
        }
        let mut pieces = text.pieces()?.into_iter();
        let first = loop {
            let found = match pieces.next()? {
                Piece::Literal(literal) if self.begins => Some(literal.strip_prefix(self.after.as_str())?.to_owned()),
                Piece::Literal(literal) => literal.split_once(self.after.as_str()).map(|(_, rest)| rest.to_owned()),
                Piece::Symbol(_) if self.begins => return None,
                Piece::Symbol(_) => None,
            };
            if let Some(rest) = found {
                break rest;
            }
        };
        let mut part = Vec::new();
        for piece in std::iter::once(Piece::Literal(first.into())).chain(pieces) {
            match (&piece, self.until) {
                (Piece::Literal(literal), Some(end)) if literal.contains(end) => {
                    let (front, _) = literal.split_once(end)?;
                    part.push(Piece::Literal(front.into()));
                    return Some(Text::from_pieces(part));
                }
                _ => part.push(piece),
            }
        }
        self.until.is_none().then(|| Text::from_pieces(part))
    }

    /// The texts whose part fits some positions.
    pub fn around(&self, part: &[Mark]) -> Vec<Mark> {
        let front = (!self.begins).then_some(Mark::Run).into_iter().chain(self.after.chars().map(Mark::Char));
        let back = self.until.into_iter().flat_map(|end| [Mark::Char(end), Mark::Run]);
        front.chain(part.iter().copied()).chain(back).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_texts() {
        let part = |after: &str, begins, until| Part { key: Text::known("sub"), after: after.into(), begins, until };
        let of = |part: &Part, text: &str| part.of(&Text::known(text));
        let (reference, repository) = (part(":ref:", false, None), part("repo:", true, Some(':')));
        let text = "repo:o/my-repo:ref:refs/heads/a";
        assert_eq!(of(&reference, text), Some(Text::known("refs/heads/a")));
        assert_eq!(of(&repository, text), Some(Text::known("o/my-repo")));
        assert_eq!(of(&reference, "repo:o/r:pull_request"), None);
        assert_eq!((of(&repository, "x:repo:o/r:y"), of(&repository, "repo:o/r")), (None, None));
        let around = reference.around(&[Mark::One]);
        assert_eq!((around.first(), around.last(), around.len()), (Some(&Mark::Run), Some(&Mark::One), 7));
    }
}
