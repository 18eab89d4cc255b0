//! What the tokens of an issuer carry.

use super::asking::{Asked, Asking, part_of};
use super::audience;
use super::issuer::{is_same, key};
use super::keys::{self, Keys, chosen, perhaps};
use super::provider::{ClaimKind, is_of_every_issuer};
use super::subject::{Own, Subject};
use crate::policy::{Domain, asked_keys, same_key};
use crate::value::{Form, Mark, Pattern, Text};

impl Asking<'_, '_> {
    /// What a subject says of a claim again; nothing where it leaves it open.
    pub(super) fn said(&self, claim: &str) -> Option<Domain> {
        let Asked::Of(Some(subject)) = self.asked else { return None };
        if subject.lacks.iter().any(|own| own == claim) {
            return Some(keys::absent());
        }
        let said = subject.says.iter().find(|said| said.claim == claim)?;
        Some(Domain::Part(part_of(self.issuer, said)))
    }

    /// Whether subjects of the issuer say again what a claim says.
    fn is_said_again(&self, claim: &str) -> bool {
        let mut all = self.provider().subjects.iter();
        all.any(|subject| subject.says.iter().any(|said| said.claim == claim))
    }

    /// The subjects in which a claim names one of the policy's own tenants.
    pub(super) fn named_in(&self, subject: &Subject, stranger: bool) -> Vec<Pattern> {
        let tenants = self.provider().claims.iter().filter_map(|claim| match &claim.is {
            ClaimKind::Tenant(form) if stranger || claim.of_project => Some((claim, form)),
            _ => None,
        });
        let mut named = Vec::new();
        for (claim, form) in tenants {
            let Some(said) = subject.says.iter().find(|said| said.claim == claim.name) else { continue };
            let part = part_of(self.issuer, said);
            let name = key(&self.issuer.name, &claim.name);
            // Another project of the tenant has the rest of a pattern.
            let own = if stranger { self.own_tenants(&name, form) } else { self.bench.exact_values(&name) };
            named.extend(own.iter().map(|own| Pattern::without_case(&part.around(own))));
        }
        named
    }

    /// What a token carries. A stranger's has nothing that names a tenant of the policy's.
    pub(super) fn keys(&mut self, mut subjects: Vec<Form>, stranger: bool) -> Keys {
        let provider = self.provider();
        if let Asked::Of(Some(subject)) = self.asked
            && (stranger || self.elsewhere)
        {
            let named = self.named_in(subject, stranger);
            subjects = subjects.into_iter().map(|form| form.but(named.iter().cloned())).collect();
        }
        let mut keys = keys::of_unsigned_calls();
        let asked = asked_keys(self.bench.policy);
        // Those that name an app are older than the others, and known everywhere.
        let is_elsewhere = self.bench.arn_part(1).as_known().is_some_and(|known| !["", "aws"].contains(&known))
            && provider.shared.as_deref() != Some("app_id");
        if !provider.subjects.is_empty() {
            keys.push((key(&self.issuer.name, "sub"), Domain::Text { forms: subjects.clone(), optional: false }));
        }
        for claim in &provider.claims {
            let name = key(&self.issuer.name, &claim.name);
            let is_subject = claim.name == "sub" && !subjects.is_empty();
            if let Some(said) = self.said(&claim.name) {
                keys.push((name, said));
                continue;
            }
            // What the subject says again, another text would contradict.
            if self.is_said_again(&claim.name)
                && asked.iter().all(|own| same_key(own, &name, &self.bench.clerk.symbols).is_false())
            {
                continue;
            }
            let domain = match &claim.is {
                _ if is_subject && !stranger => Domain::Text { forms: subjects.clone(), optional: false },
                // Reported for the commercial Regions only, since early 2026.
                _ if is_elsewhere
                    && !is_of_every_issuer(&claim.name)
                    && provider.shared.as_ref() != Some(&claim.name) =>
                {
                    perhaps()
                }
                ClaimKind::Chosen { always } if claim.name == "aud" => {
                    let usual = provider.audience_of(&self.issuer.name);
                    let forms = audience::forms(self.registered.as_deref(), usual.as_deref());
                    Domain::Text { forms, optional: !always }
                }
                // Another project of the tenant has another name; those of other tenants may have the same.
                ClaimKind::Chosen { always } if self.elsewhere && claim.of_project => {
                    chosen(keys::some().but(self.bench.own_values(&name)), !always)
                }
                ClaimKind::Chosen { always } => chosen(keys::some(), !always),
                ClaimKind::Tenant(form) if stranger || self.elsewhere && claim.of_project => {
                    self.strangers(&name, form, false)
                }
                ClaimKind::TenantOrNone(form) if stranger => self.strangers(&name, form, true),
                // One of its form, where one will do.
                ClaimKind::Tenant(form) => {
                    Domain::Text { forms: vec![form.plain_form(), keys::some()], optional: false }
                }
                ClaimKind::TenantOrNone(_) => chosen(keys::some(), true),
                ClaimKind::Unclear => perhaps(),
            };
            keys.push((name, domain));
        }
        // Nobody can put tags or a source identity into the tokens of these issuers, as far as is documented.
        if let Some(form) = provider.session_name.as_ref().filter(|_| stranger) {
            let name = Text::known("sts:RoleSessionName");
            let domain = self.strangers(&name, form, false);
            keys = keys::with(keys, [(name, domain)], &self.bench.clerk.symbols);
        }
        if self.tagged {
            let tags = self.tags(&keys, stranger);
            keys.extend(tags);
        }
        let tags =
            ["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys", "sts:sourceidentity", "aws:principaltag/"];
        let is_known = provider.class != "oidc";
        let never: Vec<&str> = keys::NEVER_UNSIGNED.into_iter().chain(tags.into_iter().filter(|_| is_known)).collect();
        keys::with_asked(keys, self.bench.policy, &never, &self.bench.clerk.symbols)
    }

    /// What a stranger's token has for a claim that names the tenant.
    pub(super) fn strangers(&mut self, name: &Text, form: &Subject, optional: bool) -> Domain {
        let except: Vec<Pattern> = self.own_tenants(name, form).iter().map(|own| Pattern::without_case(own)).collect();
        chosen(self.form(form).but(except), optional)
    }

    /// What a claim that names the tenant has for the policy's own ones: names of tenants differ in more than case.
    pub(super) fn own_tenants(&self, name: &Text, form: &Subject) -> Vec<Vec<Mark>> {
        let mut own_ones = self.bench.exact_values(name);
        if let Some(first) = form.first() {
            let values = self.bench.values_on(name);
            let owns = values.iter().filter_map(|value| form.own(value, first, &self.bench.clerk.symbols));
            let counts = |own: &Own| {
                let is_guess = !self.issuer.provider.certain && !self.widely;
                if form.goes_on() { own.closed || self.apart } else { is_guess && !own.closed }
            };
            own_ones.extend(owns.filter(counts).map(|own| [own.beginning.as_slice(), &[Mark::Run]].concat()));
        }
        own_ones
    }

    /// The tags that a policy asks for: a claim's is that of the token, of others nothing is known.
    pub(super) fn tags(&mut self, claims: &Keys, stranger: bool) -> Keys {
        let mut tags: Keys = Vec::new();
        for asked in asked_keys(self.bench.policy) {
            let name = asked.as_known().unwrap_or_default().to_ascii_lowercase();
            let domain = match name.strip_prefix("aws:requesttag/") {
                Some(tag) => match self.provider().claims.iter().find(|claim| claim.name == tag).map(|claim| &claim.is)
                {
                    Some(ClaimKind::Tenant(form)) if stranger => self.strangers(&asked, form, true),
                    _ => {
                        let claim = key(&self.issuer.name, tag);
                        let own = claims.iter().find(|(name, _)| is_same(name, &claim));
                        own.map_or_else(perhaps, |(_, domain)| domain.clone())
                    }
                },
                None if ["aws:tagkeys", "sts:transitivetagkeys"].contains(&name.as_str()) => keys::chosen_list(),
                None => continue,
            };
            tags.push((asked, domain));
        }
        tags
    }
}
