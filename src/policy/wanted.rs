//! Wanted values: what a policy writes, with its wildcards and variables (IAM User Guide, Policy
//! variables).

use super::evaluate::Asking;
use super::{Base, Carried, Operator, Policy, Request, Test};
use crate::value::{Mark, Piece, Text, Truth, marks, simplest};

/// The positions of a wanted value.
pub(super) enum Wanted {
    /// These.
    Marks(Vec<Mark>),
    /// A variable in it has no value: nothing is equal to that.
    Nothing,
    /// A part of it is not known, or of a form that no guide describes.
    Undecided,
}

/// How a wanted value is read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    /// Whether `*` and `?` are wildcards.
    pub(super) like: bool,
    /// The request that gives variables their values; without one they are plain text.
    pub(super) request: Option<&'r Request>,
}

/// Whether a text holds what is a variable in policies that have them.
pub(super) fn holds_variable(text: &Text) -> bool {
    let holds = |piece: &Piece| matches!(piece, Piece::Literal(literal) if literal.contains("${"));
    match text {
        Text::Known(text) => text.contains("${"),
        Text::Shape(pieces) => pieces.iter().any(holds),
        Text::Any(_) => false,
    }
}

/// Whether variables are read in a text: it holds some, and the policy has them by its version.
pub(super) fn has_variables(text: &Text, policy: &Policy) -> Truth {
    if holds_variable(text) { policy.reads_variables() } else { Truth::False }
}

/// Why a variable stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoValue {
    /// The policy is not of the version that has variables.
    NotRead,
    /// This one is not carried by the request.
    Absent(String),
    /// This one is multivalued.
    Multivalued(String),
}

/// The first variable of texts that stands for nothing, and why.
pub fn without_value<'t>(
    texts: impl IntoIterator<Item = &'t Text>,
    policy: &Policy,
    request: &Request,
) -> Option<NoValue> {
    texts.into_iter().filter(|text| holds_variable(text)).find_map(|text| {
        if policy.reads_variables() == Truth::False {
            return Some(NoValue::NotRead);
        }
        // What follows each `${`, up to the brace.
        let names = text.as_known()?.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
        let is_plain = |name: &&str| !name.contains(',') && !matches!(*name, "*" | "?" | "$") && name.trim() == *name;
        names.filter(is_plain).find_map(|name| match request.get(name) {
            None => Some(NoValue::Absent(name.to_owned())),
            Some(Carried::Many(_)) => Some(NoValue::Multivalued(name.to_owned())),
            Some(_) => None,
        })
    })
}

/// The same for what a line of a Condition wants.
pub fn wanted_without_value(test: &Test, policy: &Policy, request: &Request) -> Option<NoValue> {
    let takes = test.operator.is_some_and(|operator| operator.base.takes_variables());
    without_value(test.values.iter().map(|(text, _)| text).filter(|_| takes), policy, request)
}

/// What an operator wants, for this request.
pub(super) fn read(operator: Operator, text: &Text, asking: &Asking<'_>) -> Wanted {
    let read = |request| read_for(operator.base, request, text);
    match has_variables(text, asking.policy) {
        Truth::True if operator.base.takes_variables() => read(Some(asking.request)),
        Truth::False => read(None),
        _ => Wanted::Undecided,
    }
}

/// The same with the variables of this request, or with variables as plain text. Of ARNs no guide says whether several
/// stars that are all stand for what one does.
pub(super) fn read_for(base: Base, request: Option<&Request>, text: &Text) -> Wanted {
    match (Reader { like: base.has_wildcards(), request }).read(text) {
        Wanted::Marks(marks) if base != Base::Arn => Wanted::Marks(simplest(marks)),
        other => other,
    }
}

impl Test {
    /// Whether it asks only whether its key is there (`Null`).
    pub fn asks_only_whether_it_is_there(&self) -> bool {
        self.operator.is_some_and(|operator| operator.base == Base::Null)
    }

    /// What a test on texts or ARNs wants: wildcards as such, variables as plain text. Values of which nothing is
    /// known are left out; a test on anything else wants no texts.
    pub fn wanted_texts(&self) -> impl Iterator<Item = Vec<Mark>> + '_ {
        let is_text =
            |base| matches!(base, Base::StringEquals | Base::StringEqualsIgnoreCase | Base::StringLike | Base::Arn);
        let operator = self.operator.filter(|operator| is_text(operator.base));
        let read = move |text: &Text| match read_for(operator?.base, None, text) {
            Wanted::Marks(marks) => Some(marks),
            Wanted::Nothing | Wanted::Undecided => None,
        };
        self.values.iter().filter_map(move |(text, _)| read(text))
    }
}

impl Reader<'_> {
    /// The positions of a text.
    pub(super) fn read(self, text: &Text) -> Wanted {
        let Some(pieces) = text.pieces() else { return Wanted::Undecided };
        let mut out = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Symbol(id) => out.push(Mark::Symbol(id)),
                Piece::Literal(literal) => {
                    if let Some(other) = self.literal(&literal, &mut out) {
                        return other;
                    }
                }
            }
        }
        Wanted::Marks(out)
    }

    /// Adds the positions of known characters; what the whole is instead, where a variable says so.
    fn literal(self, literal: &str, out: &mut Vec<Mark>) -> Option<Wanted> {
        let Some(request) = self.request else {
            out.extend(literal.chars().map(|c| self.wild(c)));
            return None;
        };
        let mut rest = literal;
        while let Some((before, after)) = rest.split_once("${") {
            out.extend(before.chars().map(|c| self.wild(c)));
            let Some((name, tail)) = after.split_once('}') else { return Some(Wanted::Undecided) };
            match self.variable(name, request) {
                Wanted::Marks(marks) => out.extend(marks),
                other => return Some(other),
            }
            rest = tail;
        }
        out.extend(rest.chars().map(|c| self.wild(c)));
        None
    }

    fn wild(self, c: char) -> Mark {
        match c {
            '*' if self.like => Mark::Run,
            '?' if self.like => Mark::One,
            c => Mark::Char(c),
        }
    }

    /// What stands for `${name}`: an escape, what the request carries, or the default. A multivalued key
    /// has no value here.
    fn variable(self, name: &str, request: &Request) -> Wanted {
        if matches!(name, "*" | "?" | "$") {
            return Wanted::Marks(name.chars().map(Mark::Char).collect());
        }
        let (key, default) = name.split_once(',').map_or((name, None), |(key, default)| (key, Some(default)));
        // Whether spaces around a name count is not documented.
        if key.trim() != key {
            return Wanted::Undecided;
        }
        match (request.get(key), default.map(quoted)) {
            // Not closed before the brace, or without its quotes.
            (_, Some(None)) => Wanted::Undecided,
            (Some(Carried::One(value)), default) => match marks(value) {
                // Whether a key with an empty text has a value is not documented.
                Some(marks) if marks.is_empty() && default.is_some() => Wanted::Undecided,
                Some(marks) => self.plain(marks),
                None => Wanted::Undecided,
            },
            (Some(Carried::Many(_)), None) => Wanted::Nothing,
            (Some(Carried::Many(_) | Carried::Perhaps), _) => Wanted::Undecided,
            (None, Some(Some(default))) => self.plain(default.chars().map(Mark::Char).collect()),
            (None, None) => Wanted::Nothing,
        }
    }

    /// What a variable stands for; whether a wildcard in it counts as one is not documented.
    fn plain(self, marks: Vec<Mark>) -> Wanted {
        let is_wild = |mark: &Mark| matches!(mark, Mark::Char('*' | '?'));
        if self.like && marks.iter().any(is_wild) { Wanted::Undecided } else { Wanted::Marks(marks) }
    }
}

/// The text between single quotes.
fn quoted(default: &str) -> Option<&str> {
    let inside = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    (!inside.contains('\'')).then_some(inside)
}
