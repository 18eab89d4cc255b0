//! Subjects that tokens of an issuer may have.

use super::asking::Asking;
use super::keys;
use super::subject::{Own, Subject};
use crate::value::{Form, Mark, Pattern};

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
        let more = open.chain((!self.provider().certain).then(keys::some));
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
        let clerk = &mut *self.bench.clerk;
        subject.form(&mut |name, form| clerk.letter(name, form))
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
        let clerk = &mut *self.bench.clerk;
        subject.own(&own.beginning, segment, &clerk.symbols)?;
        let mut letter = |name: &str, form: &str| match open && name == segment {
            true => clerk.ending(name, form),
            false => clerk.letter(name, form),
        };
        let form = subject.form_after(segment, &own.beginning, open, &mut letter)?;
        Some(Minted { form, subject: Some(subject) })
    }
}
