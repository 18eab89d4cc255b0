//! Other projects and workspaces of a policy's own tenants.

use super::Unwanted;
use super::asking::{After, Asking};
use super::keys;
use super::minted::Minted;
use super::provider::{ANY_NAME, Claim, ClaimKind};
use super::subject::{Own, Subject, beginning};
use crate::value::{Mark, Pattern};

impl Asking<'_, '_> {
    pub(super) fn projects(&mut self) {
        let provider = self.provider();
        let tenants = self.owns(&provider.tenant);
        let owns = self.owns(&provider.project);
        let named = self.exact.iter().cloned().chain(self.named("repository-id"));
        let except: Vec<Pattern> = owns.iter().map(|own| beginning(&own.beginning)).chain(named.clone()).collect();
        let named: Vec<Pattern> = named.collect();
        let closed: Vec<&Own> = tenants.iter().filter(|own| own.closed && own.is_pinned()).collect();
        if let Some(class) = provider.other_project.as_ref().filter(|_| !closed.is_empty()) {
            let after = After { segment: &provider.tenant, owns: &closed, open: false, except: &except };
            self.ask_after(class, &after, Unwanted::ByRule);
        } else if let Some(class) = &provider.other_project {
            let forms = self.forms_by_id(&except);
            if !forms.is_empty() {
                self.ask(class, forms, false, Unwanted::ByRule);
            }
        }
        if let Some(class) = provider.other_project.as_ref().filter(|_| closed.is_empty() && self.is_pinned_by_claim())
        {
            let forms = self.forms(&except, false);
            self.ask(class, forms, false, Unwanted::ByRule);
        }
        // The issuer itself names the tenant.
        let is_apart = !provider.subjects.iter().any(|subject| subject.has(&provider.tenant))
            || provider.other_tenant.is_none() && closed.is_empty() && !provider.certain;
        if let Some(class) = provider.other_project.as_ref().filter(|_| is_apart && !provider.subjects.is_empty()) {
            let forms = self.forms(&except, false);
            self.ask(class, forms, false, Unwanted::ByRule);
            let is_out = self.bench.answers.last().is_some_and(|last| last.answer.truth.is_false());
            if is_out && !provider.certain {
                let foreign = self.foreign();
                let other = Minted { form: keys::some(), subject: None }.but(&except).but(&foreign);
                self.ask(class, vec![other], false, Unwanted::ByRule);
                self.mark_doubtful();
            }
        }
        let Some(class) = provider.project_prefix.as_ref().filter(|_| !owns.is_empty()) else { return };
        let others: Vec<Pattern> = owns.iter().filter(|own| own.closed).flat_map(|own| self.ended(own)).collect();
        let others: Vec<Pattern> = others.into_iter().chain(named).collect();
        let owns: Vec<&Own> = owns.iter().filter(|own| own.is_named()).collect();
        let after = After { segment: &provider.project, owns: &owns, open: true, except: &others };
        self.ask_after(class, &after, Unwanted::ByRule);
    }

    /// Other workspaces of the policy's own projects.
    pub(super) fn workspaces(&mut self) {
        let provider = self.provider();
        let (Some(segment), Some(other)) = (&provider.workspace, &provider.other_workspace) else { return };
        let pinned = |owns: &[Own]| owns.iter().filter(|own| own.is_pinned()).cloned().collect::<Vec<Own>>();
        let (projects, owns) = (pinned(&self.owns(&provider.project)), pinned(&self.owns(segment)));
        let closed: Vec<&Own> = projects.iter().filter(|own| own.closed).collect();
        if closed.is_empty() {
            return;
        }
        let except: Vec<Pattern> = owns.iter().map(|own| beginning(&own.beginning)).chain(self.exact.clone()).collect();
        let after = After { segment: &provider.project, owns: &closed, open: false, except: &except };
        self.ask_after(other, &after, Unwanted::ByRule);
        let Some(class) = provider.workspace_prefix.as_ref().filter(|_| !owns.is_empty()) else { return };
        let others = owns.iter().filter(|own| own.closed).flat_map(|own| self.ended(own));
        let others: Vec<Pattern> = others.chain(self.exact.iter().cloned()).collect();
        let owns: Vec<&Own> = owns.iter().collect();
        self.ask_after(class, &After { segment, owns: &owns, open: true, except: &others }, Unwanted::ByRule);
    }

    /// Whether other tenants are kept out, and a claim beside the subject names the own one.
    fn is_pinned_by_claim(&self) -> bool {
        let names_tenant = |claim: &&Claim| matches!(claim.is, ClaimKind::Tenant(_)) && !claim.of_project;
        let mut claims = self.provider().claims.iter().filter(names_tenant);
        self.keeps_tenants_out() && claims.any(|claim| self.is_tested(&claim.name))
    }

    /// Whether other tenants of the issuer are certainly kept out.
    pub(super) fn keeps_tenants_out(&self) -> bool {
        let provider = self.provider();
        let Some(other) = &provider.other_tenant else { return false };
        let class = format!("{}/{other}", provider.class);
        let mut of_issuer = self.bench.answers.iter().rev().filter(|own| own.principal == self.issuer.principal);
        of_issuer.find(|own| own.class == class).is_some_and(|own| own.answer.truth.is_false())
    }

    /// Tokens of the policy's own projects for any branch, tag or environment: whoever may push there names one.
    pub(super) fn any_names(&mut self) {
        let project = self.provider().project.as_str();
        let owns: Vec<Own> = self.owns(project).into_iter().filter(|own| own.closed && own.is_named()).collect();
        for (class, name) in ANY_NAME {
            let mut forms = Vec::new();
            for own in &owns {
                for subject in self.certain_subjects().filter(|subject| subject.has(name)) {
                    forms.extend(self.form_of_any(subject, own, name));
                }
            }
            // Issuers without such subjects have no such tokens.
            if !forms.is_empty() {
                self.ask(class, forms, false, Unwanted::ByRule);
            }
        }
    }

    /// The subjects of an own project in which a segment is of whatever name.
    fn form_of_any(&mut self, subject: &'static Subject, own: &Own, name: &str) -> Option<Minted> {
        let project = self.provider().project.as_str();
        let clerk = &mut *self.bench.clerk;
        subject.own(&own.beginning, project, &clerk.symbols)?;
        let mut given = subject.named(project, &own.beginning, &clerk.symbols)?;
        given.insert(name, vec![Mark::Symbol(clerk.letter(name, subject.letters_of(name)?))]);
        let form = subject.form_with(&given, &mut |name, form| clerk.letter(name, form));
        Some(Minted { form, subject: Some(subject) })
    }
}
