//! Subjects that tokens of an issuer may have.

use std::collections::BTreeMap;

use super::asking::Asking;
use super::issuer::key;
use super::keys::{self, Keys};
use super::subject::{Own, Subject};
use crate::policy::{Carried, Domain};
use crate::value::{Form, Mark, Pattern, marks};

/// Subjects that tokens may have.
#[derive(Clone)]
pub(super) struct Minted {
    pub(super) form: Form,
    /// The form of the issuer's that they have; nothing where they may have another one.
    pub(super) subject: Option<&'static Subject>,
}

impl Minted {
    pub(super) fn but(self, except: &[Pattern]) -> Self {
        Self { form: self.form.but(except.iter().cloned()), ..self }
    }
}

impl Asking<'_, '_> {
    /// All subjects of the issuer: those of its forms, and what the policy asks for of which only the deployment
    /// knows a part.
    pub(super) fn all_subjects(&mut self) -> Vec<Minted> {
        let mut forms = self.forms(&[], false);
        forms.extend(self.forms(&[], true));
        let is_open = |marks: &&Vec<Mark>| marks.iter().any(|mark| matches!(mark, Mark::Symbol(_)));
        let open = self.values.iter().filter(is_open).map(|marks| Form::new("").after(marks));
        let foreign = self.foreign();
        let more =
            open.chain((!self.provider().certain).then(keys::some)).map(|form| form.but(foreign.iter().cloned()));
        forms.extend(more.map(|form| Minted { form, subject: None }));
        forms
    }

    /// The forms of all subjects but for some texts.
    pub(super) fn forms(&mut self, except: &[Pattern], uncertain: bool) -> Vec<Minted> {
        let subjects = self.issuer.provider.subjects.iter().filter(|subject| subject.uncertain == uncertain);
        subjects.map(|subject| Minted { form: self.form(subject), subject: Some(subject) }.but(except)).collect()
    }

    /// Any text, and one that nobody else has.
    pub(super) fn another(&mut self, what: &str) -> Form {
        keys::some().whole().with_letters(&[self.bench.clerk.any(what)])
    }

    pub(super) fn form(&mut self, subject: &Subject) -> Form {
        let given: BTreeMap<&str, Vec<Mark>> = self.given.iter().cloned().collect();
        let clerk = &mut *self.bench.clerk;
        subject.form_with(&given, &mut |name, form| clerk.letter(name, form))
    }

    /// The subjects that the policy asks for and that name another than the issuer's address does.
    pub(super) fn foreign(&self) -> Vec<Pattern> {
        let others = self.values.iter().filter(|value| self.is_foreign(value));
        others.map(|value| Pattern::new(value)).collect()
    }

    /// Whether a text of some form names another than the issuer's address does.
    fn is_foreign(&self, text: &[Mark]) -> bool {
        let Some((segment, given)) = &self.given else { return false };
        let is_known = |marks: &[Mark]| marks.iter().all(|mark| matches!(mark, Mark::Char(_)));
        let symbols = &self.bench.clerk.symbols;
        let named = self.certain_subjects().filter_map(|subject| subject.segments(text, symbols)).flatten();
        let mut own = named.filter(|(name, _)| name == segment);
        own.any(|(_, own)| own != *given && is_known(&own) && is_known(given))
    }

    pub(super) fn forms_after(&mut self, segment: &str, own: &Own, open: bool, except: &[Pattern]) -> Vec<Minted> {
        let subjects = self.certain_subjects();
        let forms = subjects.filter_map(|subject| self.form_after(subject, segment, own, open));
        forms.map(|minted| minted.but(except)).collect()
    }

    /// The texts of a form that begin as an own value does, if that is of the form.
    pub(super) fn form_after(
        &mut self,
        subject: &'static Subject,
        segment: &str,
        own: &Own,
        open: bool,
    ) -> Option<Minted> {
        // The segment may be the last of what begins so.
        let whole = [own.beginning.as_slice(), &[Mark::Char('/')]].concat();
        if self.is_foreign(&own.beginning) || own.closed && self.is_foreign(&whole) {
            return None;
        }
        let clerk = &mut *self.bench.clerk;
        subject.own(&own.beginning, segment, &clerk.symbols)?;
        if !own.is_pinned() {
            // What stands for an id that is left open is one.
            let mut named = subject.named(segment, &own.beginning, &clerk.symbols)?;
            if open {
                let end = clerk.ending(segment, subject.letters_of(segment)?, &own.beginning);
                named.get_mut(segment)?.push(Mark::Symbol(end));
            }
            let form = subject.form_with(&named, &mut |name, form| clerk.letter(name, form));
            return Some(Minted { form, subject: Some(subject) });
        }
        let mut letter = |name: &str, form: &str| match open && name == segment {
            true => clerk.ending(name, form, &own.beginning),
            false => clerk.letter(name, form),
        };
        let form = subject.form_after(segment, &own.beginning, open, &mut letter)?;
        Some(Minted { form, subject: Some(subject) })
    }

    /// What no branch is called of which the subject that was found last is an example.
    pub(super) fn found_never(&self) -> Option<Pattern> {
        let last = self.bench.answers.last().filter(|last| last.answer.truth.is_true())?;
        let name = key(&self.issuer.name, "sub");
        let found = last.answer.request.context.iter().find(|(own, _)| *own == name);
        let Some((_, Carried::One(subject))) = found else { return None };
        let subject = marks(subject)?;
        self.certain_subjects().find_map(|own| own.never(&subject, &self.bench.clerk.symbols))
    }

    /// The same keys, but for some subjects.
    pub(super) fn but(&self, mut keys: Keys, never: &Pattern) -> Keys {
        let name = key(&self.issuer.name, "sub");
        for (_, domain) in keys.iter_mut().filter(|(own, _)| *own == name) {
            if let Domain::Text { forms, .. } = domain {
                *forms = forms.iter().map(|form| form.clone().but([never.clone()])).collect();
            }
        }
        keys
    }
}
