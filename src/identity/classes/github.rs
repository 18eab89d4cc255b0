//! GitHub's subjects with ids, and repositories that were renamed or went to another owner.

use std::collections::BTreeMap;

use super::Unwanted;
use super::asking::Asking;
use super::issuer::key;
use super::keys;
use super::minted::Minted;
use super::provider::ClaimKind;
use super::subject::{Own, Subject, beginning};
use crate::policy::Domain;
use crate::value::{Form, Mark, Pattern, SymbolId, Text};

/// A repository that a policy names, as far as it does: the segments of its subjects.
type Repository = BTreeMap<&'static str, Vec<Mark>>;

/// The segments that tell a repository.
const SEGMENTS: [&str; 4] = ["owner", "owner-id", "repository", "repository-id"];
/// Repositories of one policy that are asked about.
const MOST_REPOSITORIES: usize = 8;

/// What became of a repository; its id stays (GitHub Docs, OpenID Connect reference, immutable subject claims).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moved {
    /// It has another name.
    Renamed,
    /// It has another owner.
    Transferred,
}

impl Moved {
    /// The segments that are others now.
    fn others(self) -> &'static [&'static str] {
        match self {
            Self::Renamed => &["repository"],
            Self::Transferred => &["owner", "owner-id"],
        }
    }
}

impl Asking<'_, '_> {
    /// All subjects with the ids of owners and repositories that the policy's values name: nobody else has them.
    pub(super) fn named_ids(&self) -> Vec<Pattern> {
        self.named("owner-id").into_iter().chain(self.named("repository-id")).collect()
    }

    /// The same of one segment.
    pub(super) fn named(&self, segment: &str) -> Vec<Pattern> {
        let ids = self.ids(segment);
        let subjects = || self.certain_subjects();
        ids.iter().flat_map(|id| subjects().filter_map(|own| own.pattern_with(segment, id))).collect()
    }

    /// The ids that values name: what stands behind an at sign, up to the character that ends the segment.
    fn ids(&self, segment: &str) -> Vec<Vec<Mark>> {
        let end = if segment == "owner-id" { Mark::Char('/') } else { Mark::Char(':') };
        let is_digit = |mark: &&Mark| matches!(mark, Mark::Symbol(_)) || matches!(mark, Mark::Char('0'..='9'));
        let mut found: Vec<Vec<Mark>> = Vec::new();
        for value in &self.values {
            let behind = value.iter().enumerate().filter(|(_, mark)| **mark == Mark::Char('@'));
            for rest in behind.filter_map(|(at, _)| value.get(at + 1..)) {
                let id: Vec<Mark> = rest.iter().take_while(is_digit).copied().collect();
                let ends = rest.get(id.len()).is_none_or(|mark| *mark == end);
                if !id.is_empty() && ends && !found.contains(&id) && found.len() < MOST_REPOSITORIES {
                    found.push(id);
                }
            }
        }
        found
    }

    /// The subjects of owners of whom the policy knows the id only.
    pub(super) fn forms_by_id(&mut self, except: &[Pattern]) -> Vec<Minted> {
        let mut forms = Vec::new();
        for id in self.ids("owner-id") {
            for subject in self.certain_subjects().filter(|subject| subject.has("owner-id")) {
                let clerk = &mut *self.bench.clerk;
                let given = BTreeMap::from([("owner-id", id.clone())]);
                let form = subject.form_with(&given, &mut |name, form| clerk.letter(name, form));
                forms.push(Minted { form, subject: Some(subject) }.but(except));
            }
        }
        forms
    }

    /// GitHub's subjects with ids: those of the policy's own owners, and of others who have their names now.
    pub(super) fn formats(&mut self) {
        let ids: Vec<&'static Subject> = self.certain_subjects().filter(|subject| subject.has("owner-id")).collect();
        let owners = self.owns("owner");
        let owners: Vec<Own> = owners.into_iter().filter(|own| own.closed && own.is_pinned()).collect();
        if owners.is_empty() {
            return;
        }
        let mut forms = Vec::new();
        for own in &owners {
            for subject in &ids {
                forms.extend(self.form_after(subject, "owner", own, false));
            }
        }
        let own_ids: Vec<Pattern> = self.owns("owner-id").iter().map(|own| beginning(&own.beginning)).collect();
        let others = forms.iter().cloned().map(|minted: Minted| minted.but(&own_ids)).collect();
        self.ask("immutable-twin", forms, false, Unwanted::ByRule);
        self.ask("reregistered-name", others, true, Unwanted::ByRule);
    }

    /// Tokens of the policy's own repositories after these were renamed, or went to another owner.
    pub(super) fn moved(&mut self) {
        let repositories = self.repositories();
        let classes = [
            ("renamed", Moved::Renamed, "the repository has been renamed since the policy was written"),
            (
                "transferred",
                Moved::Transferred,
                "the repository has gone to another owner since the policy was written",
            ),
        ];
        for (class, moved, assumes) in classes {
            let from = self.bench.answers.len();
            for repository in &repositories {
                self.moved_to(class, moved, repository);
                if self.bench.answers.last().is_some_and(|last| last.answer.truth.is_true()) {
                    break;
                }
            }
            self.bench.keep_one(from);
            if let Some(last) = self.bench.answers.get_mut(from..).and_then(<[_]>::last_mut) {
                last.assumes.push(assumes.to_owned());
            }
        }
    }

    fn moved_to(&mut self, class: &str, moved: Moved, repository: &Repository) {
        let mut forms = Vec::new();
        for subject in self.certain_subjects() {
            // Whoever renames a repository gets subjects with ids; one that goes to others may keep its form.
            if moved == Moved::Transferred || subject.has("owner-id") {
                forms.push(self.moved_form(subject, moved, repository));
            }
        }
        let claims = self.moved_claims(moved, repository);
        self.each_form(forms, |asking, subjects| {
            let keys = asking.keys(subjects, false);
            let said = |claim: &str| asking.said(claim).is_some();
            let claims = claims.iter().filter(|(claim, _)| !said(claim));
            let claims: Vec<(Text, Domain)> =
                claims.map(|(claim, domain)| (key(&asking.issuer.name, claim), domain.clone())).collect();
            let keys = keys::with(keys, claims, &asking.bench.clerk.symbols);
            asking.ask_with(class, keys, Unwanted::ByRule);
        });
    }

    /// The subjects of a form that a repository has now.
    fn moved_form(&mut self, subject: &'static Subject, moved: Moved, repository: &Repository) -> Minted {
        let others = moved.others();
        let fixed: BTreeMap<&str, Vec<Mark>> = SEGMENTS
            .into_iter()
            .filter(|segment| subject.has(segment) && !others.contains(segment))
            .map(|segment| (segment, self.own_segment(segment, repository)))
            .collect();
        let clerk = &mut *self.bench.clerk;
        let form = subject.form_with(&fixed, &mut |name, form| clerk.letter(name, form));
        // The names and ids that it had are not among the new ones.
        let old = others.iter().filter_map(|segment| {
            let own = repository.get(segment)?;
            subject.pattern_with(segment, own)
        });
        let form = form.but(old.collect::<Vec<_>>());
        Minted { form, subject: Some(subject) }
    }

    /// What the policy says of a segment of its own repository, or a symbol for it.
    fn own_segment(&mut self, segment: &'static str, repository: &Repository) -> Vec<Mark> {
        if let Some(own) = repository.get(segment) {
            return own.clone();
        }
        let id: SymbolId = match segment {
            "owner-id" | "repository-id" => self.bench.clerk.ours(&format!("the {segment}"), "{9}", "4242"),
            _ => self.bench.clerk.ours(&format!("the {segment}"), "{aA9-}", segment),
        };
        vec![Mark::Symbol(id)]
    }

    /// The claims beside the subject.
    fn moved_claims(&mut self, moved: Moved, repository: &Repository) -> Vec<(&'static str, Domain)> {
        let mut claims = Vec::new();
        for claim in &self.provider().claims {
            let ClaimKind::Tenant(form) = &claim.is else { continue };
            let segment = match claim.name.as_str() {
                "repository_id" => "repository-id",
                "repository_owner_id" if moved == Moved::Renamed => "owner-id",
                _ => {
                    let name = key(&self.issuer.name, &claim.name);
                    claims.push((claim.name.as_str(), self.strangers(&name, form, false)));
                    continue;
                }
            };
            let own = self.own_segment(segment, repository);
            let form = Form::new("").after(&own);
            claims.push((claim.name.as_str(), keys::chosen(form, false)));
        }
        claims
    }

    /// The repositories that the tests on the subject name, or else those of the tests on other claims.
    fn repositories(&self) -> Vec<Repository> {
        let mut found: Vec<Repository> = Vec::new();
        let mut add = |repository: Repository| {
            let is_told = repository.contains_key("repository") || repository.contains_key("repository-id");
            if is_told && !found.contains(&repository) && found.len() < MOST_REPOSITORIES {
                found.push(repository);
            }
        };
        for value in &self.values {
            for subject in self.certain_subjects() {
                add(self.segments(subject, value));
            }
        }
        let of_claims = self.of_claims();
        if found.is_empty() {
            return of_claims.into_iter().filter(|own| own.keys().any(|name| name.starts_with("repository"))).collect();
        }
        // Ids of one repository belong to it.
        if let ([repository], Some(own)) = (found.as_mut_slice(), of_claims) {
            for (name, marks) in own {
                repository.entry(name).or_insert(marks);
            }
        }
        found
    }

    /// The segments that single exact values of other claims name, together.
    fn of_claims(&self) -> Option<Repository> {
        let mut own = Repository::new();
        for claim in &self.provider().claims {
            let ClaimKind::Tenant(form) = &claim.is else { continue };
            if let [value] = self.bench.exact_values(&key(&self.issuer.name, &claim.name)).as_slice() {
                own.extend(self.segments(form, value));
            }
        }
        Some(own).filter(|own| !own.is_empty())
    }

    fn segments(&self, subject: &'static Subject, value: &[Mark]) -> Repository {
        let all = subject.segments(value, &self.bench.clerk.symbols).unwrap_or_default();
        all.into_iter().filter(|(name, _)| SEGMENTS.contains(name)).collect()
    }
}
