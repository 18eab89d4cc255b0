//! Tokens of OIDC issuers: CI services, clusters, sign-in with large providers, and issuers that are in no table.

use super::Unwanted;
use super::audience::{self, USUAL_AUDIENCE};
use super::bench::{Bench, Question};
use super::keys::{self, Keys, chosen, perhaps, tests};
use super::provider::{ClaimKind, Provider, is_of_every_issuer, of_issuer, providers};
use super::subject::{Own, Said, Subject, beginning, beginning_with, letters_form};
pub(super) use crate::identity::arn::after;
use crate::identity::cognito::{ASSUME, TAG_SESSION};
use crate::identity::oidc::BUILT_IN;
use crate::identity::provider::{Named, named_principal};
use crate::identity::witness::Refused;
use crate::policy::{Carried, Domain, Part, Principal, PrincipalKind, asked_keys};
use crate::value::{Form, Mark, Pattern, Piece, Text, Truth, compare};

/// An issuer that a trust policy names.
pub(super) struct Issuer {
    principal: Text,
    /// Its URL without the scheme, the beginning of its condition keys.
    pub(super) name: Text,
    provider: &'static Provider,
    /// Whether it is known to be of this provider; else that was told by the tests.
    certain: bool,
    /// Whether the policy names no provider: that the account has this one was told by the tests.
    found: bool,
}

/// Asks the classes of each issuer that the policy names.
pub(super) fn ask(bench: &mut Bench<'_>) {
    for principal in bench.named(PrincipalKind::Federated) {
        if matches!(named_principal(&principal.value, &bench.clerk.symbols), Named::Pools(_)) || is_saml(&principal) {
            continue;
        }
        match issuer(bench, &principal) {
            Some(issuer) => ask_issuer(bench, &issuer),
            None => {
                let claims = claims(bench, |_| true);
                ask_unknown(bench, &principal.value, claims, "whose tokens the principal stands for");
            }
        }
    }
    if bench.is_open_for(PrincipalKind::Federated, ASSUME) {
        ask_all(bench);
    }
}

/// A policy that names no issuer speaks of those that IAM knows by itself, and of all that have a provider in the
/// account: at least those whose claims it tests.
fn ask_all(bench: &mut Bench<'_>) {
    let mut names: Vec<Text> = BUILT_IN.map(Text::known).to_vec();
    for name in tested(bench) {
        if !names.iter().any(|own| is_same(own, &name)) {
            names.push(name);
        }
    }
    for name in &names {
        let is_built_in = name.as_known().is_some_and(|name| BUILT_IN.contains(&name));
        let principal = if is_built_in { name.clone() } else { bench.provider_arn("oidc-provider", name) };
        let (provider, certain) = of_issuer(name, &bench.clerk.symbols);
        let told = (!certain.is_true()).then(|| by_subject(bench, name)).flatten();
        let Some(provider) = told.or(provider) else { continue };
        let issuer =
            Issuer { principal, name: name.clone(), provider, certain: certain.is_true(), found: !is_built_in };
        ask_issuer(bench, &issuer);
    }
    let other = Text::symbol(bench.clerk.letter("issuer", "{a9.-}"));
    let principal = bench.provider_arn("oidc-provider", &other);
    // Those of the issuers above are no claims of others.
    let is_other = |name: &Text| !is_named(bench, name) && !names.iter().any(|own| is_same(own, name));
    let claims = claims(bench, |name| name.is_none_or(is_other));
    ask_unknown(bench, &principal, claims, "which identity providers the account has");
}

fn is_saml(principal: &Principal) -> bool {
    after(&principal.value, "saml-provider/").is_some()
}

/// The issuer of a principal: what its ARN names, a name that needs no ARN, or else what the tests speak of.
fn issuer(bench: &Bench<'_>, principal: &Principal) -> Option<Issuer> {
    let is_domain = |text: &str| !text.starts_with("arn:") && text.contains('.');
    let named = after(&principal.value, "oidc-provider/")
        .or_else(|| principal.value.as_known().filter(|text| is_domain(text)).map(Text::known));
    let only = || Some(tested(bench)).filter(|tested| tested.len() == 1).and_then(|mut tested| tested.pop());
    let name = named.clone().or_else(only)?;
    let (provider, certain) = of_issuer(&name, &bench.clerk.symbols);
    let told = (!certain.is_true()).then(|| by_subject(bench, &name)).flatten();
    let provider = told.or(provider)?;
    let certain = certain.is_true() && named.is_some();
    Some(Issuer { principal: principal.value.clone(), name, provider, certain, found: false })
}

/// The issuers whose claims a policy tests.
fn tested(bench: &Bench<'_>) -> Vec<Text> {
    let mut found: Vec<Text> = Vec::new();
    for name in tests(bench.policy).filter_map(|test| issuer_of(&test.key)) {
        let is_new = !found.iter().any(|own| is_same(own, &name));
        if is_new && !is_named(bench, &name) && found.len() < MOST_TESTED {
            found.push(name);
        }
    }
    found
}

/// Whether two beginnings of keys are the same: keys are compared in any case.
fn is_same(one: &Text, other: &Text) -> bool {
    let known = one.as_known().zip(other.as_known());
    known.map_or(one == other, |(one, other)| one.eq_ignore_ascii_case(other))
}

/// Issuers that the tests of one policy tell.
const MOST_TESTED: usize = 8;

/// Whether the beginning of a key is that of AWS's own, of assertions or of identity pools.
fn is_named(bench: &Bench<'_>, name: &Text) -> bool {
    let own = ["saml", "sts", "aws", "iam"];
    name.as_known().is_some_and(|name| own.iter().any(|own| name.eq_ignore_ascii_case(own)))
        || matches!(named_principal(name, &bench.clerk.symbols), Named::Pools(_))
}

/// The issuer of a claim's key: what stands before its last part.
fn issuer_of(key: &Text) -> Option<Text> {
    if let Some(known) = key.as_known() {
        let (name, _) = known.rsplit_once(':')?;
        return Some(Text::known(name));
    }
    let claims = ["aud", "sub", "amr", "email", "oaud"];
    let claim = claims.iter().find(|claim| key.ends_with(&format!(":{claim}")))?;
    without_end(key, claim.len() + 1)
}

/// The keys of claims that a policy tests, of some issuers.
fn claims(bench: &Bench<'_>, is_of: impl Fn(Option<&Text>) -> bool) -> Vec<Text> {
    let keys = tests(bench.policy).map(|test| &test.key).filter(|key| !is_global(key));
    keys.filter(|key| is_of(issuer_of(key).as_ref())).cloned().collect()
}

/// Beginnings of the keys of session tags, in lower case.
const TAG_KEYS: [&str; 3] = ["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"];

/// What has no certain answer where tests ask for the same in two ways.
const RESTATED: &str = "whether one token has what the tests of several claims ask for";

/// A text without its last bytes, which are known.
fn without_end(text: &Text, bytes: usize) -> Option<Text> {
    let mut pieces = text.pieces()?;
    let Some(Piece::Literal(last)) = pieces.pop() else { return None };
    let rest = last.get(..last.len().checked_sub(bytes)?)?;
    Some(Text::from_pieces(pieces.into_iter().chain([Piece::Literal(rest.into())])))
}

/// The provider whose subjects a policy asks for, where the name of the issuer does not say it.
fn by_subject(bench: &Bench<'_>, name: &Text) -> Option<&'static Provider> {
    let values = bench.values_on(&key(name, "sub"));
    let begins = |text: &str| {
        let marks: Vec<Mark> = text.chars().map(Mark::Char).collect();
        values.iter().any(|value| value.starts_with(&marks))
    };
    let class = match () {
        () if begins("system:serviceaccount:") => "irsa",
        () if begins("repo:") => "github",
        () if begins("project_path:") => "gitlab",
        () => return None,
    };
    providers().iter().find(|provider| provider.class == class)
}

pub(super) fn key(name: &Text, claim: &str) -> Text {
    Text::join([name, &Text::known(format!(":{claim}"))])
}

/// A principal of which nothing is known, and no test says whose tokens it stands for.
fn ask_unknown(bench: &mut Bench<'_>, principal: &Text, claims: Vec<Text>, doubt: &str) {
    let mut keys = keys::of_unsigned_calls();
    keys.extend(claims.into_iter().map(|key| (key, perhaps())));
    let keys = keys::with_asked(keys, bench.policy, &keys::NEVER_UNSIGNED, &bench.clerk.symbols);
    bench.ask(Question {
        class: "oidc/other-tenant".to_owned(),
        principals: (PrincipalKind::Federated, vec![principal.clone()]),
        actions: vec![ASSUME],
        keys,
        unwanted: Unwanted::Always,
        assumes: Vec::new(),
        refused: Refused::No,
        doubt: Some(doubt.to_owned()),
    });
}

fn is_global(key: &Text) -> bool {
    let known = key.as_known().unwrap_or_default().to_ascii_lowercase();
    ["aws:", "sts:", "iam:"].iter().any(|prefix| known.starts_with(prefix))
}

/// Subjects that begin as own values do.
struct After<'f> {
    /// The segment that the values name.
    segment: &'f str,
    owns: &'f [&'f Own],
    /// Whether they go on with more of it.
    open: bool,
    except: &'f [Pattern],
}

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

/// The subjects that one question is about.
#[derive(Clone, Copy)]
enum Asked {
    /// Any: no test asks for what the subject says again.
    All,
    /// Those of this form.
    Of(Option<&'static Subject>),
}

/// What is asked of one issuer.
pub(super) struct Asking<'a, 'b> {
    pub(super) bench: &'a mut Bench<'b>,
    pub(super) issuer: &'a Issuer,
    /// The values that the policy tests the subject with.
    pub(super) values: Vec<Vec<Mark>>,
    exact: Vec<Pattern>,
    /// The audiences that the provider in IAM lists, where they are known.
    registered: Option<Vec<Text>>,
    /// Whether tenants whose names begin as the policy's own do are among the others.
    widely: bool,
    /// Whether the token has session tags.
    tagged: bool,
    /// Whether another project of the tenant asks: its token has nothing that names a project of the policy's.
    elsewhere: bool,
    asked: Asked,
}

fn ask_issuer(bench: &mut Bench<'_>, issuer: &Issuer) {
    let sub = key(&issuer.name, "sub");
    let (values, exact) = (bench.values_on(&sub), bench.own_values(&sub));
    let registered = bench.registered(&issuer.principal);
    let mut asking = Asking {
        bench,
        issuer,
        values,
        exact,
        registered,
        widely: false,
        tagged: false,
        elsewhere: false,
        asked: Asked::All,
    };
    asking.tenants();
    asking.elsewhere = true;
    asking.projects();
    asking.elsewhere = false;
    asking.kinds();
    if issuer.provider.class.starts_with("github") {
        asking.formats();
        asking.moved();
    }
    asking.audience();
    if issuer.provider.subjects.is_empty() && issuer.provider.shared.is_none() {
        asking.subjects();
    }
}

impl Asking<'_, '_> {
    pub(super) fn provider(&self) -> &'static Provider {
        self.issuer.provider
    }

    pub(super) fn certain_subjects(&self) -> impl Iterator<Item = &'static Subject> + use<> {
        self.issuer.provider.subjects.iter().filter(|subject| !subject.uncertain)
    }

    /// What the policy's own values say of a segment.
    pub(super) fn owns(&self, segment: &str) -> Vec<Own> {
        let mut owns = Vec::new();
        for value in &self.values {
            let subjects = self.provider().subjects.iter();
            for own in subjects.filter_map(|subject| subject.own(value, segment, &self.bench.clerk.symbols)) {
                if !owns.contains(&own) {
                    owns.push(own);
                }
            }
        }
        owns
    }

    /// Other tenants of the issuer.
    fn tenants(&mut self) {
        let provider = self.provider();
        let unwanted = if provider.shared.is_some() { Unwanted::Always } else { Unwanted::ByRule };
        let owns = self.owns(&provider.tenant);
        let mut except: Vec<Pattern> = owns.iter().map(|own| beginning(&own.beginning)).collect();
        except.extend(self.exact.iter().cloned());
        if let Some(class) = &provider.other_tenant {
            let forms = self.forms(&except, false);
            self.ask(class, forms, true, unwanted);
            self.doubt(&except);
        }
        let Some(class) = provider.tenant_prefix.as_ref().filter(|_| !owns.is_empty()) else { return };
        let others: Vec<Pattern> = owns.iter().filter(|own| own.closed).flat_map(|own| self.ended(own)).collect();
        let owns: Vec<&Own> = owns.iter().filter(|own| own.is_pinned()).collect();
        self.ask_after(class, &After { segment: &provider.tenant, owns: &owns, open: true, except: &others }, unwanted);
    }

    /// Where the other tenants are kept out as far as is documented, and a form by choice may let them in.
    fn doubt(&mut self, except: &[Pattern]) {
        let Some(last) = self.bench.answers.last().filter(|last| last.answer.truth.is_false()) else { return };
        let class = last.class.clone();
        let provider = self.provider();
        let forms = match provider.certain {
            true => self.forms(except, true),
            false if provider.subjects.is_empty() => Vec::new(),
            false => vec![Minted { form: Form::any(), subject: None }.but(except)],
        };
        if forms.is_empty() && (provider.certain || !provider.subjects.is_empty()) {
            return;
        }
        let (_, name) = class.split_once('/').unwrap_or_default();
        self.widely = true;
        self.ask(name, forms, true, Unwanted::Always);
        self.widely = false;
        self.mark_doubtful();
    }

    /// The segment of an own value, ended as each form may end it.
    fn ended(&self, own: &Own) -> Vec<Pattern> {
        [':', '/', '@'].map(|end| beginning_with(&own.beginning, end)).to_vec()
    }

    fn projects(&mut self) {
        let provider = self.provider();
        let tenants = self.owns(&provider.tenant);
        let owns = self.owns(&provider.project);
        let except: Vec<Pattern> = owns.iter().map(|own| beginning(&own.beginning)).chain(self.exact.clone()).collect();
        let closed: Vec<&Own> = tenants.iter().filter(|own| own.closed && own.is_pinned()).collect();
        if let Some(class) = provider.other_project.as_ref().filter(|_| !closed.is_empty()) {
            let after = After { segment: &provider.tenant, owns: &closed, open: false, except: &except };
            self.ask_after(class, &after, Unwanted::ByRule);
        }
        // The issuer itself names the tenant.
        let is_apart = !provider.subjects.iter().any(|subject| subject.has(&provider.tenant));
        if let Some(class) = provider.other_project.as_ref().filter(|_| is_apart && !provider.subjects.is_empty()) {
            let forms = self.forms(&except, false);
            self.ask(class, forms, false, Unwanted::ByRule);
            let is_out = self.bench.answers.last().is_some_and(|last| last.answer.truth.is_false());
            if is_out && !provider.certain {
                let other = Minted { form: keys::some(), subject: None }.but(&except);
                self.ask(class, vec![other], false, Unwanted::ByRule);
                self.mark_doubtful();
            }
        }
        let Some(class) = provider.project_prefix.as_ref().filter(|_| !owns.is_empty()) else { return };
        let others: Vec<Pattern> = owns.iter().filter(|own| own.closed).flat_map(|own| self.ended(own)).collect();
        let others: Vec<Pattern> = others.into_iter().chain(self.exact.clone()).collect();
        let owns: Vec<&Own> = owns.iter().filter(|own| own.is_pinned()).collect();
        let after = After { segment: &provider.project, owns: &owns, open: true, except: &others };
        self.ask_after(class, &after, Unwanted::ByRule);
    }

    /// Asks a class of subjects that begin as some own values do.
    fn ask_after(&mut self, class: &str, after: &After<'_>, unwanted: Unwanted) {
        let stranger = after.open && after.segment == self.provider().tenant;
        let mut forms = Vec::new();
        for own in after.owns {
            forms.extend(self.forms_after(after.segment, own, after.open, after.except));
        }
        let before = self.bench.answers.len();
        self.ask(class, forms, stranger, unwanted);
        if self.bench.answers.len() > before {
            self.doubt_after(after, stranger);
        }
    }

    /// Where all of a class are kept out as far as is documented, and a form by choice may let some in.
    fn doubt_after(&mut self, after: &After<'_>, stranger: bool) {
        let Some(last) = self.bench.answers.last().filter(|last| last.answer.truth.is_false()) else { return };
        let class = last.class.clone();
        let mut forms = Vec::new();
        for own in after.owns {
            forms.extend(self.chosen_after(after, own));
        }
        if forms.is_empty() {
            return;
        }
        let (_, name) = class.split_once('/').unwrap_or_default();
        self.ask(name, forms, stranger, Unwanted::ByRule);
        self.mark_doubtful();
    }

    /// Takes back the last answer, and makes the one before it Unknown where that is not False.
    fn mark_doubtful(&mut self) {
        let doubtful = self.bench.answers.pop();
        let is_open = doubtful.is_some_and(|answer| !answer.answer.truth.is_false());
        if let Some(last) = self.bench.answers.last_mut().filter(|_| is_open) {
            last.answer.truth = Truth::Unknown;
            last.doubt = Some("which subjects the issuer's customers choose".to_owned());
        }
    }

    /// The subjects by choice that begin as an own value does: of the forms that have its segment, and what may
    /// stand there instead where one of them has not, or not all forms are documented.
    fn chosen_after(&mut self, after: &After<'_>, own: &Own) -> Vec<Minted> {
        let provider = self.provider();
        let by_choice: Vec<&'static Subject> = provider.subjects.iter().filter(|subject| subject.uncertain).collect();
        let mut forms: Vec<Minted> =
            by_choice.iter().filter_map(|subject| self.form_after(subject, after.segment, own, after.open)).collect();
        let is_free = !provider.certain || by_choice.iter().any(|subject| !subject.has(after.segment));
        let letters = self.certain_subjects().find_map(|subject| subject.letters_of(after.segment));
        if let Some(letters) = letters.filter(|_| is_free) {
            let more = if after.open { letters_form(letters) } else { Form::new("") };
            let known = self.certain_subjects().map(Subject::pattern);
            forms.push(Minted { form: more.then(&Form::any()).after(&own.beginning).but(known), subject: None });
        }
        forms.into_iter().map(|minted| minted.but(after.except)).collect()
    }

    /// Other tokens of the policy's own projects, kind by kind.
    fn kinds(&mut self) {
        let owns = self.owns(&self.provider().project);
        let owns: Vec<Own> = owns.into_iter().filter(|own| own.closed && own.is_pinned()).collect();
        let mut kinds: Vec<&str> = self.certain_subjects().map(|subject| subject.kind.as_str()).collect();
        kinds.dedup();
        let mut asked: Vec<&str> = Vec::new();
        for kind in kinds.into_iter().filter(|kind| !kind.is_empty() && !owns.is_empty()) {
            if asked.contains(&kind) {
                continue;
            }
            asked.push(kind);
            let mut forms = Vec::new();
            for own in &owns {
                for subject in self.certain_subjects().filter(|subject| subject.kind == kind) {
                    forms.extend(self.form_after(subject, &self.provider().project.clone(), own, false));
                }
            }
            // A repository has one subject for its pull requests: that the policy names it makes no difference.
            let exact = if kind == "pull-request" { Vec::new() } else { self.exact.clone() };
            let forms = forms.into_iter().map(|minted: Minted| minted.but(&exact)).collect();
            self.ask(kind, forms, false, Unwanted::ByRule);
            let owns: Vec<&Own> = owns.iter().collect();
            let except = self.exact.clone();
            let after = After { segment: &self.provider().project, owns: &owns, open: false, except: &except };
            self.doubt_after(&after, false);
        }
    }

    /// Tokens for another audience than the policy names.
    fn audience(&mut self) {
        let provider = self.provider();
        let is_chosen = provider.claims.iter().any(|claim| {
            claim.name == "aud"
                && matches!(claim.is, ClaimKind::Chosen { .. })
                && provider.shared.as_deref() != Some("aud")
        });
        if !is_chosen {
            return;
        }
        let name = key(&self.issuer.name, "aud");
        let (other, is_unclear) = match &self.registered {
            Some(registered) => audience::others(self.bench, &name, registered),
            None => (chosen(self.another("audience").but(self.bench.own_values(&name)), false), false),
        };
        let subjects = self.all_subjects();
        self.each_form(subjects, |asking, subjects| {
            let keys = asking.keys(subjects, false);
            let keys = keys::with(keys, [(name.clone(), other.clone())], &asking.bench.clerk.symbols);
            asking.ask_with("other-audience", keys, Unwanted::ByRule);
        });
        if let Some(last) = self.bench.answers.last_mut().filter(|last| is_unclear && last.answer.truth.is_true()) {
            last.answer.truth = Truth::Unknown;
            last.doubt = Some("whether the policy names each audience that the provider lists".to_owned());
        }
    }

    /// All subjects of the issuer: those of its forms, and what the policy asks for of which only the deployment
    /// knows a part.
    fn all_subjects(&mut self) -> Vec<Minted> {
        let mut forms = self.forms(&[], false);
        forms.extend(self.forms(&[], true));
        let is_open = |marks: &&Vec<Mark>| marks.iter().any(|mark| matches!(mark, Mark::Symbol(_)));
        let open = self.values.iter().filter(is_open).map(|marks| Form::new("").after(marks));
        let more = open.chain((!self.provider().certain).then(keys::some));
        forms.extend(more.map(|form| Minted { form, subject: None }));
        forms
    }

    /// Other subjects of an issuer that is in no table.
    fn subjects(&mut self) {
        // Whether all of an issuer's customers have it together is not known where its name is not.
        let unwanted = if self.issuer.certain { Unwanted::ByRule } else { Unwanted::Always };
        let other = self.another("subject").but(self.exact.clone());
        let keys = self.keys(vec![other], false);
        self.ask_with("other-subject", keys, unwanted);
        if let Some(last) =
            self.bench.answers.last_mut().filter(|last| !self.issuer.certain && last.answer.truth.is_true())
        {
            last.answer.truth = Truth::Unknown;
        }
    }

    /// The forms of all subjects but for some texts.
    fn forms(&mut self, except: &[Pattern], uncertain: bool) -> Vec<Minted> {
        let subjects = self.issuer.provider.subjects.iter().filter(|subject| subject.uncertain == uncertain);
        subjects.map(|subject| Minted { form: self.form(subject), subject: Some(subject) }.but(except)).collect()
    }

    /// Any text, and one that nobody else has.
    fn another(&mut self, what: &str) -> Form {
        keys::some().whole().with_letters(&[self.bench.clerk.any(what)])
    }

    fn form(&mut self, subject: &Subject) -> Form {
        let clerk = &mut *self.bench.clerk;
        subject.form(&mut |name, form| clerk.letter(name, form))
    }

    fn forms_after(&mut self, segment: &str, own: &Own, open: bool, except: &[Pattern]) -> Vec<Minted> {
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
        let form = subject.form_after(segment, &own.beginning, open, &mut |name, form| clerk.letter(name, form))?;
        Some(Minted { form, subject: Some(subject) })
    }

    /// Asks once for all subjects; where tests ask for what the subject says again, once for each of its forms, and
    /// keeps one answer for all: of one that gets in, else of one that is not decided.
    pub(super) fn each_form(&mut self, subjects: Vec<Minted>, mut ask: impl FnMut(&mut Self, Vec<Form>)) {
        if !self.tests_restating() || subjects.is_empty() {
            return ask(self, subjects.into_iter().map(|minted| minted.form).collect());
        }
        let from = self.bench.answers.len();
        let mut rest = subjects;
        while let Some(subject) = rest.first().map(|first| first.subject) {
            let is_same = |own: Option<&'static Subject>| match (own, subject) {
                (Some(own), Some(first)) => std::ptr::eq(own, first),
                (own, first) => own.is_none() && first.is_none(),
            };
            let (of_form, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|minted| is_same(minted.subject));
            rest = others;
            self.asked = Asked::Of(subject);
            ask(self, of_form.into_iter().map(|minted| minted.form).collect());
            if self.bench.answers.last().is_some_and(|last| last.answer.truth.is_true()) {
                break;
            }
        }
        self.asked = Asked::All;
        self.bench.keep_one(from);
    }

    pub(super) fn ask(&mut self, class: &str, subjects: Vec<Minted>, stranger: bool, unwanted: Unwanted) {
        if subjects.is_empty() && !self.provider().subjects.is_empty() {
            return;
        }
        self.each_form(subjects, |asking, subjects| asking.ask_of(class, subjects, stranger, unwanted));
    }

    fn ask_of(&mut self, class: &str, subjects: Vec<Form>, stranger: bool, unwanted: Unwanted) {
        let keys = self.keys(subjects.clone(), stranger);
        self.ask_with(class, keys, unwanted);
        let is_in = self.bench.answers.last().is_some_and(|last| last.answer.truth.is_true());
        if is_in || !self.provider().session_tags || !self.asks_for_tags() {
            return;
        }
        // The same with tags on the session, which a companion action must allow.
        self.tagged = true;
        let keys = self.keys(subjects, stranger);
        self.ask_with(class, keys, unwanted);
        self.tagged = false;
        let tagged = self.bench.answers.pop();
        let plain = self.bench.answers.last_mut();
        if let (Some(tagged), Some(plain)) = (tagged, plain)
            && plain.answer.truth.is_false()
        {
            *plain = tagged;
        }
    }

    fn asks_for_tags(&self) -> bool {
        let asked = asked_keys(self.bench.policy);
        let mut names = asked.iter().filter_map(Text::as_known).map(str::to_ascii_lowercase);
        names.any(|name| TAG_KEYS.iter().any(|prefix| name.starts_with(prefix)))
    }

    /// The tags that a policy asks for: a claim's is that of the token, of others nothing is known.
    fn tags(&mut self, claims: &Keys, stranger: bool) -> Keys {
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

    pub(super) fn ask_with(&mut self, class: &str, keys: Keys, unwanted: Unwanted) {
        let provider = self.provider();
        let mut assumes = provider.assumes.clone();
        if !self.issuer.certain {
            assumes.push(format!("the provider is that of {}", provider.title));
        }
        if self.issuer.found {
            assumes.push("the account has a provider for the issuer".to_owned());
        }
        for claim in &provider.claims {
            let is_tested = self.bench.tests_on(&key(&self.issuer.name, &claim.name)).next().is_some();
            assumes.extend(claim.assumes.clone().filter(|text| is_tested && !assumes.contains(text)));
        }
        let tested = provider.shared.as_ref().is_none_or(|claim| {
            let name = if claim.contains(':') { Text::known(claim.as_str()) } else { key(&self.issuer.name, claim) };
            self.bench.tests_on(&name).next().is_some()
        });
        self.bench.ask(Question {
            class: format!("{}/{class}", provider.class),
            principals: (PrincipalKind::Federated, vec![self.issuer.principal.clone()]),
            actions: if self.tagged { vec![ASSUME, TAG_SESSION] } else { vec![ASSUME] },
            keys,
            unwanted,
            assumes,
            // STS is reported to look for the claim (IAM User Guide, identity-provider controls for shared OIDC
            // providers, speaks of the policy only).
            refused: if tested || !provider.controlled { Refused::No } else { Refused::Reported },
            doubt: self.is_restated().then(|| RESTATED.to_owned()),
        });
        self.say_whether_registered();
    }

    /// STS takes tokens only for the audiences that the provider lists: one that the policy does not ask for is taken
    /// to be among them where the list is not known.
    fn say_whether_registered(&mut self) {
        let name = key(&self.issuer.name, "aud");
        let is_chosen = self
            .provider()
            .claims
            .iter()
            .any(|claim| claim.name == "aud" && matches!(claim.is, ClaimKind::Chosen { .. }));
        let is_tested = self.bench.tests_on(&name).next().is_some();
        let Some(last) = self.bench.answers.last_mut().filter(|_| is_chosen && is_tested) else { return };
        let carried = last.answer.request.context.iter().find(|(own, _)| *own == name);
        let Some((_, Carried::One(audience))) = carried else { return };
        if let Some(listed) = &self.registered {
            let of = |own: &Text| compare(own, audience, &self.bench.clerk.symbols);
            match Truth::any(listed.iter().map(of)) {
                Truth::True => return,
                Truth::False => {
                    last.refused = Refused::Documented;
                    return;
                }
                Truth::Unknown => {}
            }
        }
        if audience.as_known() != Some(USUAL_AUDIENCE) {
            last.assumes.push("the provider in IAM lists the audience of the token".to_owned());
        }
    }

    /// Whether tests ask for the subject and for a claim that says the same again, where it is no part of the
    /// subject: each is looked for by itself, and what is found may be no token.
    fn is_restated(&self) -> bool {
        let asks = self.values.iter().any(|value| *value != [Mark::Run]);
        asks && match self.asked {
            Asked::Of(Some(subject)) if !subject.uncertain => subject.hides.iter().any(|claim| self.is_tested(claim)),
            Asked::All | Asked::Of(_) => self.tests_restating(),
        }
    }

    fn tests_restating(&self) -> bool {
        self.provider().claims.iter().any(|claim| claim.restates && self.is_tested(&claim.name))
    }

    fn is_tested(&self, claim: &str) -> bool {
        let name = key(&self.issuer.name, claim);
        self.bench.tests_on(&name).next().is_some()
    }

    /// What a subject says of a claim again; nothing where it leaves it open.
    pub(super) fn said(&self, claim: &str) -> Option<Domain> {
        let Asked::Of(Some(subject)) = self.asked else { return None };
        if subject.lacks.iter().any(|own| own == claim) {
            return Some(keys::absent());
        }
        let said = subject.says.iter().find(|said| said.claim == claim)?;
        Some(Domain::Part(self.part(said)))
    }

    fn part(&self, said: &Said) -> Part {
        let Said { after, begins, until, .. } = said.clone();
        Part { key: key(&self.issuer.name, "sub"), after, begins, until }
    }

    /// The subjects in which a claim names one of the policy's own tenants.
    fn named_in(&self, subject: &Subject) -> Vec<Pattern> {
        let tenants = self.provider().claims.iter().filter_map(|claim| match &claim.is {
            ClaimKind::Tenant(form) => Some((claim, form)),
            _ => None,
        });
        let mut named = Vec::new();
        for (claim, form) in tenants {
            let Some(said) = subject.says.iter().find(|said| said.claim == claim.name) else { continue };
            let part = self.part(said);
            let own = self.own_tenants(&key(&self.issuer.name, &claim.name), form);
            named.extend(own.iter().map(|own| Pattern::without_case(&part.around(own))));
        }
        named
    }

    /// What a token carries. A stranger's has nothing that names a tenant of the policy's.
    pub(super) fn keys(&mut self, mut subjects: Vec<Form>, stranger: bool) -> Keys {
        let provider = self.provider();
        if let Asked::Of(Some(subject)) = self.asked
            && stranger
        {
            let named = self.named_in(subject);
            subjects = subjects.into_iter().map(|form| form.but(named.iter().cloned())).collect();
        }
        let mut keys = keys::of_unsigned_calls();
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
                    Domain::Text { forms: audience::forms(self.registered.as_deref()), optional: !always }
                }
                ClaimKind::Chosen { always } => chosen(keys::some(), !always),
                ClaimKind::Tenant(form) if stranger || self.elsewhere && claim.of_project => {
                    self.strangers(&name, form, false)
                }
                ClaimKind::TenantOrNone(form) if stranger => self.strangers(&name, form, true),
                ClaimKind::Tenant(_) => chosen(keys::some(), false),
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
    fn own_tenants(&self, name: &Text, form: &Subject) -> Vec<Vec<Mark>> {
        let mut own_ones = self.bench.exact_values(name);
        if let Some(first) = form.first() {
            let values = self.bench.values_on(name);
            let owns = values.iter().filter_map(|value| form.own(value, first, &self.bench.clerk.symbols));
            let counts = |own: &Own| {
                let is_guess = !self.issuer.provider.certain && !self.widely;
                if form.goes_on() { own.closed } else { is_guess && !own.closed }
            };
            own_ones.extend(owns.filter(counts).map(|own| [own.beginning.as_slice(), &[Mark::Run]].concat()));
        }
        own_ones
    }
}
