//! The classes of one issuer: which of its tokens are asked about.

use super::Unwanted;
use super::bench::{Bench, Question};
use super::issuer::{Issuer, key};
use super::keys::Keys;
use super::minted::Minted;
use super::provider::{Claim, ClaimKind, Provider};
use super::subject::{Own, Said, Subject, beginning, beginning_with, letters_form};
use crate::identity::cognito::{ASSUME, TAG_SESSION};
use crate::identity::witness::Refused;
use crate::policy::{Part, PrincipalKind, asked_keys};
use crate::value::{Form, Mark, Pattern, Text, Truth};

/// Beginnings of the keys of session tags, in lower case.
const TAG_KEYS: [&str; 3] = ["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"];

/// What has no certain answer where tests ask for the same in two ways.
const RESTATED: &str = "whether one token has what the tests of several claims ask for";

/// How often a class is asked anew: more than there are kinds of such names.
const MOST_ROUNDS: usize = 32;

/// Subjects that begin as own values do.
pub(super) struct After<'f> {
    /// The segment that the values name.
    pub(super) segment: &'f str,
    pub(super) owns: &'f [&'f Own],
    /// Whether they go on with more of it.
    pub(super) open: bool,
    pub(super) except: &'f [Pattern],
}

/// The subjects that one question is about.
#[derive(Clone, Copy)]
pub(super) enum Asked {
    /// Any: no test asks for what the subject says again.
    All,
    /// Those of this form.
    Of(Option<&'static Subject>),
}

/// What is asked of one issuer.
pub(super) struct Asking<'a, 'b> {
    pub(super) bench: &'a mut Bench<'b>,
    pub(super) issuer: &'a Issuer,
    /// The values that the policy tests the subject with, or a claim that says again whose it is; those whose wildcards
    /// stand for its beginning with that too.
    pub(super) values: Vec<Vec<Mark>>,
    /// Whether a test on the subject itself asks for some of them only.
    asks: bool,
    pub(super) exact: Vec<Pattern>,
    /// The audiences that the provider in IAM lists, where they are known.
    pub(super) registered: Option<Vec<Text>>,
    /// The segment of the subject that the issuer's address names already.
    pub(super) given: Option<(&'static str, Vec<Mark>)>,
    /// Whether tenants whose names begin as the policy's own do are among the others.
    pub(super) widely: bool,
    /// Whether the token has session tags.
    pub(super) tagged: bool,
    /// Whether the tenants that ask are neither the policy's own nor such whose names begin as theirs do.
    pub(super) apart: bool,
    /// Whether another project of the tenant asks: its token has nothing that names a project of the policy's.
    pub(super) elsewhere: bool,
    pub(super) asked: Asked,
}

pub(super) fn ask_issuer(bench: &mut Bench<'_>, issuer: &Issuer) {
    let sub = key(&issuer.name, "sub");
    let (mut values, mut exact) = (bench.values_on(&sub), bench.own_values(&sub));
    exact.extend(values.iter().filter_map(|value| without_runs(value)).map(|value| Pattern::new(&value)));
    let asks = values.iter().any(|value| *value != [Mark::Run]);
    values.extend(said_elsewhere(bench, issuer));
    let certain = || issuer.provider.subjects.iter().filter(|subject| !subject.uncertain);
    for value in values.clone() {
        for anchored in certain().flat_map(|subject| subject.anchored(&value, &bench.clerk.symbols)) {
            if !values.contains(&anchored) {
                values.push(anchored);
            }
        }
    }
    let registered = bench.registered(&issuer.principal);
    let given = issuer.provider.given(&issuer.name);
    let mut asking = Asking {
        bench,
        issuer,
        values,
        asks,
        exact,
        registered,
        given,
        widely: false,
        tagged: false,
        apart: false,
        elsewhere: false,
        asked: Asked::All,
    };
    asking.tenants();
    asking.elsewhere = true;
    asking.projects();
    asking.elsewhere = false;
    asking.workspaces();
    asking.kinds();
    asking.any_names();
    if issuer.provider.class.starts_with("github") {
        asking.formats();
        asking.moved();
    }
    asking.audience();
    if issuer.provider.subjects.is_empty() && issuer.provider.shared.is_none() {
        asking.subjects();
    }
}

/// The text that a pattern with nothing in place of its stars is: whoever writes the pattern means that one above all.
fn without_runs(value: &[Mark]) -> Option<Vec<Mark>> {
    let rest: Vec<Mark> = value.iter().copied().filter(|mark| *mark != Mark::Run).collect();
    (rest.len() < value.len() && !rest.contains(&Mark::One)).then_some(rest)
}

/// What tests on claims that name the tenant say of the subjects in which these stand.
fn said_elsewhere(bench: &Bench<'_>, issuer: &Issuer) -> Vec<Vec<Mark>> {
    let certain = issuer.provider.subjects.iter().filter(|subject| !subject.uncertain);
    let says = certain.flat_map(|subject| &subject.says).filter(|said| names_tenant(issuer.provider, said));
    let mut values = Vec::new();
    for said in says {
        for own in bench.values_on(&key(&issuer.name, &said.claim)) {
            let value = part_of(issuer, said).around(&own);
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    values
}

fn names_tenant(provider: &Provider, said: &Said) -> bool {
    let is_it = |claim: &Claim| claim.name == said.claim && matches!(claim.is, ClaimKind::Tenant(_));
    said.begins && provider.claims.iter().any(is_it)
}

/// The part of the subject that a claim is.
pub(super) fn part_of(issuer: &Issuer, said: &Said) -> Part {
    let Said { after, begins, until, .. } = said.clone();
    Part { key: key(&issuer.name, "sub"), after, begins, until }
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
        let ids = self.named_ids();
        except.extend(ids.iter().cloned());
        if let Some(class) = &provider.other_tenant {
            let forms = self.forms(&except, false);
            self.apart = true;
            self.ask(class, forms, true, unwanted);
            self.doubt(&except);
            self.apart = false;
        }
        let Some(class) = provider.tenant_prefix.as_ref().filter(|_| !owns.is_empty()) else { return };
        let others = owns.iter().filter(|own| own.closed).flat_map(|own| self.ended(own));
        let others: Vec<Pattern> = others.chain(ids).collect();
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
    pub(super) fn ended(&self, own: &Own) -> Vec<Pattern> {
        [':', '/', '@'].map(|end| beginning_with(&own.beginning, end)).to_vec()
    }

    /// Asks a class of subjects that begin as some own values do.
    pub(super) fn ask_after(&mut self, class: &str, after: &After<'_>, unwanted: Unwanted) {
        let stranger = after.open && after.segment == self.provider().tenant;
        let mut forms = Vec::new();
        for own in after.owns {
            forms.extend(self.forms_after(after.segment, own, after.open, after.except));
        }
        let before = self.bench.answers.len();
        self.ask(class, forms, stranger, unwanted);
        if self.bench.answers.len() > before {
            self.doubt_after(after, stranger);
            self.doubt_unsure(class, after, unwanted);
        }
    }

    /// Where only such subjects get in as go on behind a symbol that may hold the end of the segment: what goes on may
    /// be of another segment, and the subject one of the policy's own.
    fn doubt_unsure(&mut self, class: &str, after: &After<'_>, unwanted: Unwanted) {
        let is_in = self.bench.answers.last().is_some_and(|last| last.answer.truth.is_true());
        let (unsure, sure): (Vec<&Own>, Vec<&Own>) = after.owns.iter().partition(|own| own.unsure);
        if !is_in || !after.open || unsure.is_empty() {
            return;
        }
        let doubtful = self.bench.answers.pop();
        let from = self.bench.answers.len();
        if !sure.is_empty() {
            self.ask_after(class, &After { owns: &sure, ..*after }, unwanted);
        }
        if self.bench.answers.get(from..).is_some_and(|own| own.iter().any(|answer| answer.answer.truth.is_true())) {
            return;
        }
        self.bench.answers.truncate(from);
        self.bench.answers.extend(doubtful.map(|mut doubtful| {
            doubtful.answer.truth = Truth::Unknown;
            doubtful.doubt = Some("where the names in the subject end".to_owned());
            doubtful
        }));
    }

    /// Where all of a class are kept out as far as is documented, and a form by choice may let some in.
    fn doubt_after(&mut self, after: &After<'_>, stranger: bool) {
        let is_out = self.bench.answers.last().is_some_and(|last| last.answer.truth.is_false());
        if is_out && self.is_open_by_choice(after, stranger) {
            self.doubt_last();
        }
    }

    /// Whether a subject by choice that begins as an own value does may get in.
    fn is_open_by_choice(&mut self, after: &After<'_>, stranger: bool) -> bool {
        let mut forms = Vec::new();
        for own in after.owns {
            forms.extend(self.chosen_after(after, own));
        }
        if forms.is_empty() {
            return false;
        }
        self.ask("by-choice", forms, stranger, Unwanted::ByRule);
        self.bench.answers.pop().is_some_and(|answer| !answer.answer.truth.is_false())
    }

    /// Takes back the last answer, and makes the one before it Unknown where that is not False.
    pub(super) fn mark_doubtful(&mut self) {
        let doubtful = self.bench.answers.pop();
        if doubtful.is_some_and(|answer| !answer.answer.truth.is_false()) {
            self.doubt_last();
        }
    }

    fn doubt_last(&mut self) {
        let Some(last) = self.bench.answers.last_mut() else { return };
        last.answer.truth = Truth::Unknown;
        last.doubt = Some("which subjects the issuer's customers choose".to_owned());
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
        let finest = self.provider().finest();
        let owns = self.owns(finest);
        let owns: Vec<Own> = owns.into_iter().filter(|own| own.closed && own.is_named()).collect();
        let mut kinds: Vec<&str> = self.certain_subjects().map(|subject| subject.kind.as_str()).collect();
        kinds.dedup();
        let mut asked: Vec<&str> = Vec::new();
        let (some, except) = (owns.iter().collect::<Vec<&Own>>(), self.exact.clone());
        let after = After { segment: finest, owns: &some, open: false, except: &except };
        // Subjects by choice are of no kind: the answer is one for all.
        let mut by_choice = None;
        for kind in kinds.into_iter().filter(|kind| !kind.is_empty() && !owns.is_empty()) {
            if asked.contains(&kind) {
                continue;
            }
            asked.push(kind);
            let mut forms = Vec::new();
            for own in &owns {
                for subject in self.certain_subjects().filter(|subject| subject.kind == kind) {
                    forms.extend(self.form_after(subject, finest, own, false));
                }
            }
            // A repository has one subject for its pull requests: that the policy names it makes no difference.
            let exact = if kind == "pull-request" { Vec::new() } else { self.exact.clone() };
            let forms = forms.into_iter().map(|minted: Minted| minted.but(&exact)).collect();
            self.ask(kind, forms, false, Unwanted::ByRule);
            let is_out = self.bench.answers.last().is_some_and(|last| last.answer.truth.is_false());
            if is_out && *by_choice.get_or_insert_with(|| self.is_open_by_choice(&after, false)) {
                self.doubt_last();
            }
        }
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

    /// Asks a class. What is found may have a name that no branch has: then it is asked without such.
    pub(super) fn ask_with(&mut self, class: &str, mut keys: Keys, unwanted: Unwanted) {
        self.ask_once(class, keys.clone(), unwanted);
        for _ in 0..MOST_ROUNDS {
            let Some(never) = self.found_never() else { return };
            self.bench.answers.pop();
            keys = self.but(keys, &never);
            self.ask_once(class, keys.clone(), unwanted);
        }
    }

    fn ask_once(&mut self, class: &str, keys: Keys, unwanted: Unwanted) {
        let provider = self.provider();
        let is_own = provider.is_of_own(class) || class == "other-audience" && self.keeps_tenants_out();
        let mut assumes = provider.assumed(is_own).to_vec();
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

    /// Whether tests ask for the subject and for a claim that says the same again, where it is no part of the
    /// subject: each is looked for by itself, and what is found may be no token.
    fn is_restated(&self) -> bool {
        self.asks
            && match self.asked {
                Asked::Of(Some(subject)) if !subject.uncertain => {
                    subject.hides.iter().any(|claim| self.is_tested(claim))
                }
                Asked::All | Asked::Of(_) => self.tests_restating(),
            }
    }

    fn tests_restating(&self) -> bool {
        self.provider().claims.iter().any(|claim| claim.restates && self.is_tested(&claim.name))
    }

    pub(super) fn is_tested(&self, claim: &str) -> bool {
        let name = key(&self.issuer.name, claim);
        self.bench.tests_on(&name).next().is_some()
    }
}
