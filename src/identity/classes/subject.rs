//! The grammar of subjects and other claims: fixed text and named segments.

use std::collections::BTreeMap;

use crate::value::{Form, Mark, Pattern, Symbols, Text, fits};

/// A form of texts: `repo:<owner={aA9-}>/<repository={aA9._-}>`.
#[derive(Clone, Debug)]
pub struct Subject {
    parts: Vec<Part>,
    /// Which class of a project's tokens has it.
    pub kind: String,
    /// Whether only some customers have it, by their choice.
    pub uncertain: bool,
    /// Claims that stand in it.
    pub says: Vec<Said>,
    /// Claims that its tokens have not.
    pub lacks: Vec<String>,
    /// Claims that stand in it, but not in one piece.
    pub hides: Vec<String>,
    /// Texts that have its parts, and that nobody can have all the same.
    never: Vec<Vec<Mark>>,
}

/// A claim that is a part of the subject: behind a text, up to a character or to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The claim.
    pub claim: String,
    /// What stands before it.
    pub after: String,
    /// Whether the subject begins with that.
    pub begins: bool,
    /// Before what it ends.
    pub until: Option<char>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Fixed(String),
    /// Its name, and what it consists of, as [`Form::new`] has it.
    Segment(String, String),
}

/// What a value of a policy says about a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The value up to the end of the segment; that has no wildcard, but segments before it may.
    pub beginning: Vec<Mark>,
    /// Whether the segment ends there; else other texts may go on with more of it.
    pub closed: bool,
    /// Whether a symbol may hold the end of the segment: then what goes on may be no more of it.
    pub unsure: bool,
}

impl Own {
    /// Whether no segment before it is left open but for ids, which stand behind an at sign.
    pub fn is_named(&self) -> bool {
        let is_wild = |mark: &Mark| matches!(mark, Mark::Run | Mark::One);
        let before = std::iter::once(&Mark::Run).chain(&self.beginning);
        before.zip(&self.beginning).all(|(before, own)| !is_wild(own) || *before == Mark::Char('@'))
    }

    /// Whether no segment before it is left open.
    pub fn is_pinned(&self) -> bool {
        !self.beginning.iter().any(|mark| matches!(mark, Mark::Run | Mark::One))
    }
}

/// Makes the symbol that stands for the text of a segment, or for the rest of it: of its name and its form.
pub(super) type Letters<'l> = dyn FnMut(&str, &str) -> crate::value::SymbolId + 'l;

impl Subject {
    /// Reads a form.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            if !before.is_empty() {
                parts.push(Part::Fixed(before.to_owned()));
            }
            let (segment, tail) = after.split_once('>').unwrap_or((after, ""));
            let (name, form) = segment.split_once('=').unwrap_or((segment, "{aA9-}"));
            parts.push(Part::Segment(name.to_owned(), form.to_owned()));
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(Part::Fixed(rest.to_owned()));
        }
        Self {
            parts,
            kind: String::new(),
            uncertain: false,
            says: Vec::new(),
            lacks: Vec::new(),
            hides: Vec::new(),
            never: Vec::new(),
        }
    }

    /// The same but for texts in which a segment is inside of a pattern (`*` for any run).
    #[must_use]
    pub fn but(mut self, segment: &str, text: &str) -> Self {
        let Some(at) = self.at(segment) else { return self };
        let own = text.chars().map(|c| if c == '*' { Mark::Run } else { Mark::Char(c) });
        let marks = [marks_of(&self.parts[..at]), own.collect(), marks_of(&self.parts[at + 1..])].concat();
        self.never.push(marks);
        self
    }

    /// What nobody can have of which a text is an example.
    pub(super) fn never(&self, text: &[Mark], symbols: &Symbols) -> Option<Pattern> {
        let found = self.never.iter().find(|never| fits(never, text, symbols).is_true());
        found.map(|never| Pattern::new(never))
    }

    /// Whether it has a segment of this name.
    pub fn has(&self, name: &str) -> bool {
        self.at(name).is_some()
    }

    /// The name of its first segment.
    pub fn first(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| if let Part::Segment(name, _) = part { Some(name.as_str()) } else { None })
    }

    /// Whether something follows its first segment.
    pub fn goes_on(&self) -> bool {
        self.parts.len() > 1
    }

    /// Whether both are the same up to the end of a segment.
    pub(super) fn begins_as(&self, other: &Self, segment: &str) -> bool {
        let beginning = |own: &'_ Self| own.at(segment).map(|at| own.parts[..=at].to_vec());
        beginning(self).is_some() && beginning(self) == beginning(other)
    }

    fn at(&self, name: &str) -> Option<usize> {
        self.parts.iter().position(|part| matches!(part, Part::Segment(own, _) if own == name))
    }

    /// All its texts, and more: each segment may be anything.
    pub(super) fn pattern(&self) -> Pattern {
        Pattern::new(&marks_of(&self.parts))
    }

    /// The fixed text that it begins with.
    pub(super) fn front(&self) -> Option<&str> {
        self.parts.first().and_then(|part| if let Part::Fixed(text) = part { Some(text.as_str()) } else { None })
    }

    /// All its texts, whoever's they are.
    pub(super) fn plain_form(&self) -> Form {
        let whole = self.parts.iter().fold(Form::new(""), |whole, part| match part {
            Part::Fixed(text) => whole.then(&Form::new(&text.replace('{', "{{*1}"))),
            Part::Segment(_, form) => whole.then(&letters_form(form)),
        });
        whole.but(self.never.iter().map(|marks| Pattern::new(marks)))
    }

    /// What a segment consists of.
    pub(super) fn letters_of(&self, segment: &str) -> Option<&str> {
        self.parts.iter().find_map(|part| match part {
            Part::Segment(name, form) if name == segment => Some(form.as_str()),
            _ => None,
        })
    }

    /// Its texts that begin as `own` does, up to the end of a segment, and where the segment is left `open`, go
    /// on with more of it.
    pub(super) fn form_after(
        &self,
        segment: &str,
        own: &[Mark],
        open: bool,
        letters: &mut Letters<'_>,
    ) -> Option<Form> {
        let at = self.at(segment)?;
        let rest = if open { &self.parts[at..] } else { self.parts.get(at + 1..)? };
        Some(Self::form_of(rest, letters).after(own))
    }

    /// What the beginning of a value, up to the end of a segment, says of the segments so far.
    pub(super) fn named(&self, segment: &str, own: &[Mark], symbols: &Symbols) -> Option<BTreeMap<&str, Vec<Mark>>> {
        let next = self.parts.get(self.at(segment)? + 1).map(std::slice::from_ref).unwrap_or_default();
        Some(self.segments(&[own, &marks_of(next)].concat(), symbols)?.into_iter().collect())
    }

    /// All its texts, those of strangers: each segment has a letter, but for those that are given.
    pub(super) fn form_with(&self, given: &BTreeMap<&str, Vec<Mark>>, letters: &mut Letters<'_>) -> Form {
        let mut whole = Form::new("");
        for part in &self.parts {
            let next = match part {
                Part::Segment(name, _) if given.contains_key(name.as_str()) => {
                    Form::new("").after(given.get(name.as_str()).map(Vec::as_slice).unwrap_or_default())
                }
                part => Self::form_of(std::slice::from_ref(part), letters),
            };
            whole = whole.then(&next);
        }
        whole
    }

    /// A text of it that has what is given, and else an example, or the name of what the reader is to write there.
    pub(super) fn filled(&self, given: &BTreeMap<&str, Vec<Mark>>, example: &BTreeMap<&str, Vec<Mark>>) -> Vec<Mark> {
        let of = |part: &Part| match part {
            Part::Fixed(text) => marks_of_text(text),
            Part::Segment(name, _) => {
                let own = given.get(name.as_str()).or_else(|| example.get(name.as_str()));
                own.cloned().unwrap_or_else(|| marks_of_text(&placeholder(name)))
            }
        };
        self.parts.iter().flat_map(of).collect()
    }

    /// All its texts, and more, with one segment given, in any case.
    pub(super) fn pattern_with(&self, segment: &str, own: &[Mark]) -> Option<Pattern> {
        self.at(segment)?;
        let marks = self.parts.iter().flat_map(|part| match part {
            Part::Fixed(text) => text.chars().map(Mark::Char).collect::<Vec<_>>(),
            Part::Segment(name, _) if name == segment => own.to_vec(),
            Part::Segment(..) => vec![Mark::Run],
        });
        Some(Pattern::without_case(&marks.collect::<Vec<_>>()))
    }

    /// The segments that a value names, each without a wildcard; nothing where it is no text of this form.
    pub(super) fn segments(&self, value: &[Mark], symbols: &Symbols) -> Option<Vec<(&str, Vec<Mark>)>> {
        let is_wild = |mark: &Mark| matches!(mark, Mark::Run | Mark::One);
        let mut found = Vec::new();
        let mut rest = value;
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Fixed(text) => {
                    for c in text.chars() {
                        match rest.split_first() {
                            Some((Mark::Char(own), tail)) if *own == c => rest = tail,
                            Some((mark, _)) if !is_wild(mark) => return None,
                            // The rest is open.
                            _ => return Some(found),
                        }
                    }
                }
                Part::Segment(name, form) => {
                    let end = self.parts.get(index + 1).and_then(|next| match next {
                        Part::Fixed(text) => text.chars().next(),
                        Part::Segment(..) => None,
                    });
                    let is_end = |mark: &Mark| Some(*mark) == end.map(Mark::Char);
                    let at = rest.iter().position(is_end).or(end.is_none().then_some(rest.len()));
                    let Some((own, tail)) = at.and_then(|at| rest.split_at_checked(at)) else { return Some(found) };
                    let form = letters_form(form);
                    let takes = |mark: &Mark| match mark {
                        Mark::Char(c) => form.takes(&Text::known(c.to_string()), symbols),
                        _ => true,
                    };
                    if !own.iter().all(takes) {
                        return None;
                    }
                    if !own.is_empty() && !own.iter().any(is_wild) {
                        found.push((name.as_str(), own.to_vec()));
                    }
                    rest = tail;
                }
            }
        }
        Some(found)
    }

    fn form_of(parts: &[Part], letters: &mut Letters<'_>) -> Form {
        let mut whole = Form::new("");
        for part in parts {
            let next = match part {
                Part::Fixed(text) => Form::new(&text.replace('{', "{{*1}")),
                Part::Segment(name, form) => letters_form(form).whole().with_letters(&[letters(name, form)]),
            };
            whole = whole.then(&next);
        }
        whole
    }

    /// A value whose wildcards stand for the beginning of this form, as one that begins so, with what is given of the
    /// first segment: `*:acme/app` for `repo:acme/app`.
    pub(super) fn anchored(&self, value: &[Mark], symbols: &Symbols) -> Vec<Vec<Mark>> {
        let [Part::Fixed(front), Part::Segment(_, form), Part::Fixed(next), ..] = self.parts.as_slice() else {
            return Vec::new();
        };
        let front: Vec<Mark> = front.chars().map(Mark::Char).collect();
        let form = letters_form(form);
        let is_given = |mark: &Mark| match mark {
            Mark::Char(c) => form.takes(&Text::known(c.to_string()), symbols),
            Mark::Symbol(_) => true,
            Mark::Run | Mark::One => false,
        };
        let ends = value.iter().enumerate().filter(|(_, mark)| next.chars().next().map(Mark::Char) == Some(**mark));
        let split = ends.filter_map(|(end, _)| {
            let given = value[..end].iter().rev().take_while(|mark| is_given(mark)).count();
            (given > 0).then(|| value.split_at(end - given))
        });
        let is_front = |before: &[Mark]| {
            let letters = before.iter().filter(|mark| **mark != Mark::Run).count();
            let is_wild = before.iter().any(|mark| matches!(mark, Mark::Run | Mark::One));
            is_wild && letters <= front.len() && fits(before, &front, symbols).is_true()
        };
        split.filter(|(before, _)| is_front(before)).map(|(_, rest)| [&front, rest].concat()).collect()
    }

    /// What a value says of a segment; nothing where it is no text of this form, or leaves the segment open from
    /// its beginning.
    pub fn own(&self, value: &[Mark], segment: &str, symbols: &Symbols) -> Option<Own> {
        let at = self.at(segment)?;
        let mut read = Read { rest: value, taken: Vec::new(), unsure: false };
        for (index, part) in self.parts.iter().take(at + 1).enumerate() {
            match part {
                Part::Fixed(text) => read.fixed(text)?,
                Part::Segment(_, form) => {
                    let end = self.parts.get(index + 1).and_then(|part| match part {
                        Part::Fixed(text) => text.chars().next(),
                        Part::Segment(..) => None,
                    });
                    if index < at {
                        read.past(end?, &letters_form(form), symbols)?;
                    } else {
                        let closed = read.segment(end, &letters_form(form), symbols)?;
                        return Some(Own { beginning: read.taken, closed, unsure: read.unsure });
                    }
                }
            }
        }
        None
    }
}

fn marks_of_text(text: &str) -> Vec<Mark> {
    text.chars().map(Mark::Char).collect()
}

/// What stands for a segment that the reader is to write: `ID` for a number, else its name.
fn placeholder(segment: &str) -> String {
    if segment.ends_with("-id") { "ID".to_owned() } else { format!("YOUR-{}", segment.to_uppercase()) }
}

/// Parts of a form, whose segments may be anything.
fn marks_of(parts: &[Part]) -> Vec<Mark> {
    let marks = parts.iter().flat_map(|part| match part {
        Part::Fixed(text) => text.chars().map(Mark::Char).collect::<Vec<_>>(),
        Part::Segment(..) => vec![Mark::Run],
    });
    marks.collect()
}

/// What a segment consists of: `*` is any text that is not empty, else as [`Form::new`] has it.
pub(super) fn letters_form(form: &str) -> Form {
    if form == "*" { Form::any().after(&[Mark::One]) } else { Form::new(form) }
}

/// A value that is read along a form.
struct Read<'v> {
    rest: &'v [Mark],
    taken: Vec<Mark>,
    /// Whether a symbol that was taken may hold the end of the segment.
    unsure: bool,
}

impl Read<'_> {
    fn next(&mut self) -> Option<Mark> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.taken.push(*first);
        Some(*first)
    }

    fn fixed(&mut self, text: &str) -> Option<()> {
        text.chars().all(|c| self.rest.first() == Some(&Mark::Char(c)) && self.next().is_some()).then_some(())
    }

    /// Takes a segment, of which something may be left open, where it is not empty and of its form.
    fn past(&mut self, end: char, form: &Form, symbols: &Symbols) -> Option<()> {
        if *self.rest.first()? == Mark::Char(end) {
            return None;
        }
        while *self.rest.first()? != Mark::Char(end) {
            let is_other = |c: char| !form.takes(&Text::known(c.to_string()), symbols);
            if matches!(self.next()?, Mark::Char(c) if is_other(c)) {
                return None;
            }
        }
        Some(())
    }

    /// Takes a segment up to the character that ends it; whether that is there. Nothing where the segment is
    /// empty, or not of its form.
    fn segment(&mut self, end: Option<char>, form: &Form, symbols: &Symbols) -> Option<bool> {
        let from = self.taken.len();
        while let Some(mark) = self.rest.first().copied() {
            match mark {
                Mark::Run | Mark::One => return (self.taken.len() > from).then_some(false),
                Mark::Char(c) if Some(c) == end => return (self.taken.len() > from).then_some(true),
                Mark::Char(c) if !form.takes(&Text::known(c.to_string()), symbols) => return None,
                Mark::Char(_) => drop(self.next()),
                // Where a symbol may hold more than the segment, that is in what begins so at least.
                Mark::Symbol(id) => {
                    self.next();
                    let holds_end = end.is_some_and(|end| symbols.facts(id).format.may_hold(end));
                    let ends = self.rest.first().is_none_or(|mark| Some(*mark) == end.map(Mark::Char));
                    if holds_end && !ends {
                        self.unsure = true;
                        return Some(false);
                    }
                }
            }
        }
        (self.taken.len() > from).then_some(end.is_none())
    }
}

/// All that begins so, in any case: names of tenants differ in more than that.
pub(super) fn beginning(marks: &[Mark]) -> Pattern {
    Pattern::without_case(&[marks, &[Mark::Run]].concat())
}

/// All that begins so and goes on with a character.
pub(super) fn beginning_with(marks: &[Mark], next: char) -> Pattern {
    beginning(&[marks, &[Mark::Char(next)]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_marks(value: &str) -> Vec<Mark> {
        let mark = |c: char| match c {
            '*' => Mark::Run,
            '?' => Mark::One,
            c => Mark::Char(c),
        };
        value.chars().map(mark).collect()
    }

    fn own(form: &str, value: &str, segment: &str) -> Option<(String, bool)> {
        let marks = value_marks(value);
        let own = Subject::parse(form).own(&marks, segment, &Symbols::default())?;
        let text = own.beginning.iter().map(|mark| if let Mark::Char(c) = mark { *c } else { '$' }).collect();
        Some((text, own.closed))
    }

    #[test]
    fn beginnings_behind_wildcards() {
        let of = |value: &str| {
            let marks = value_marks(value);
            let form = Subject::parse("repo:<owner={aA9_-}>/<repository={aA9._-}>:ref:refs/heads/<branch={a/}>");
            let text = |marks: Vec<Mark>| {
                marks
                    .iter()
                    .map(|mark| match mark {
                        Mark::Char(c) => *c,
                        Mark::Run => '*',
                        _ => '?',
                    })
                    .collect::<String>()
            };
            form.anchored(&marks, &Symbols::default()).into_iter().map(text).collect::<Vec<_>>()
        };
        for value in ["*:acme/app:*", "?epo:acme/app:*", "*repo:acme/app:*", "*acme/app:*", "repo:*acme/app:*"] {
            assert_eq!(of(value), ["repo:acme/app:*"], "{value}");
        }
        for value in ["repo:acme/app:*", "repo:*/app:ref:refs/heads/main", "*", "x*:acme/app", "*x:acme/app"] {
            assert!(of(value).is_empty(), "{value}");
        }
    }

    #[test]
    fn what_values_say_of_segments() {
        let form = "repo:<owner={aA9-}>/<repository={aA9._-}>:<rest={a}>";
        let of = |value: &str, segment: &str| own(form, value, segment);
        let some = |text: &str, closed: bool| Some((text.to_owned(), closed));
        assert_eq!(of("repo:acme/app:*", "owner"), some("repo:acme", true));
        assert_eq!(of("repo:acme/app:*", "repository"), some("repo:acme/app", true));
        assert_eq!(of("repo:acme/app*", "repository"), some("repo:acme/app", false));
        assert_eq!(of("repo:acme*", "owner"), some("repo:acme", false));
        assert_eq!(of("repo:acme*", "repository"), None);
        let ids = "repo:<owner={aA9-}>@<id={9}>/<repository={aA9._-}>@<id={9}>:<rest={a}>";
        assert_eq!(own(ids, "repo:acme@*/app@*:*", "owner"), some("repo:acme", true));
        assert_eq!(own(ids, "repo:acme@*/app@*:*", "repository"), some("repo:acme@$/app", true));
        for segment in ["owner", "repository"] {
            assert_eq!(own(form, "repo:acme@1/app:*", segment), None, "no owner's name has such a character");
        }
        assert_eq!(
            (of("repo:*/app:*", "owner"), of("*", "owner"), of("repo:acme/*", "repository")),
            (None, None, None)
        );
    }
}
