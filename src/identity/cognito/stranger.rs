//! Requests of strangers: tokens of pools that are nobody's here. Whoever makes such a pool chooses its
//! id as far as AWS lets them, its providers, and everything that a caller chooses.

use super::desk::{Desk, Token};
use super::{ASSUME, Answer, Graph, allowing, best, is_claim};
use crate::identity::provider::PoolPrincipal;
use crate::policy::{Carried, Domain, Request, Space, exists};
use crate::value::{Form, Format, Mark, Pattern, Text, Truth};

/// A provider that anyone can put on a pool of their own.
const LOGIN: &str = "graph.facebook.com";

/// Keys that the caller of STS fills as they like (STS API, AssumeRoleWithWebIdentity; IAM User Guide,
/// global condition keys), and the form of what they hold.
const CHOSEN: [(&str, Option<&str>); 4] = [
    ("sts:RoleSessionName", Some("{aA9_+=,.@-}")),
    ("aws:UserAgent", None),
    ("aws:Referer", None),
    ("aws:RequestedRegion", Some("{a9-}")),
];

/// Names of providers (Cognito identity pools API, DeveloperProviderName and Logins; catalogue, section
/// 5): domains, user pools and developers' names have no colon, ARNs do.
const LOGINS: [&str; 3] = [LOGIN, "{aA9_./-}", "arn:{a-}:iam::{9*12}:{a-}-provider/{aA9_.:/-}"];

/// What may follow a provider's name in `amr`, which no guide describes.
const FURTHER: [&str; 2] = ["{aA9_./-}:{aA9_.:/+=,@-}", "arn:{a-}:iam::{9*12}:{a-}-provider/{aA9_.:/-}:{aA9_.:/+=,@-}"];

/// The two classes of strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strange {
    Guest,
    SignedIn,
}

impl Desk<'_> {
    /// The best that a stranger can do.
    pub(super) fn foreign(&self, who: Strange) -> Answer {
        let answers = self.principals.iter().map(|principal| match who {
            Strange::Guest => {
                self.exists(principal, Domain::Exactly(Some(Carried::Many(vec![Text::known("unauthenticated")]))))
            }
            Strange::SignedIn => self.foreign_signed_in(principal),
        });
        let best = best(answers.collect());
        Answer { truth: self.unless_unclear(best.truth), ..best }
    }

    /// `amr` holds `authenticated`, the provider, and perhaps further members that begin with its name:
    /// what hangs on these is not known.
    fn foreign_signed_in(&self, principal: &PoolPrincipal) -> Answer {
        let answer = self.exists(principal, amr(&LOGINS, 1));
        let truth = match answer.truth {
            Truth::True => Truth::agreed([Truth::True, self.ask(self.with_further(&answer.request)).truth]),
            Truth::False => {
                let all: Vec<&str> = LOGINS.into_iter().chain(FURTHER).collect();
                let wide = self.exists(principal, amr(&all, 2));
                if wide.truth.is_false() { Truth::False } else { Truth::Unknown }
            }
            Truth::Unknown => Truth::Unknown,
        };
        Answer { truth, ..answer }
    }

    /// The same request of a signed-in user with a further member in `amr`, which no guide describes.
    pub fn with_further(&self, request: &Request) -> Request {
        let mut request = request.clone();
        for (_, carried) in request.context.iter_mut().filter(|(name, _)| name.ends_with(":amr")) {
            let Carried::Many(members) = carried else { continue };
            let further = members.last().map(|login| self.further(login));
            members.extend(further);
        }
        request
    }

    fn exists(&self, principal: &PoolPrincipal, amr: Domain) -> Answer {
        exists(self.policy, &self.strange(principal, &amr), &self.graph.symbols)
    }

    /// What strangers bring: everything that a token of any pool does, with a pool, an identity and what a
    /// caller chooses of their own.
    fn strange(&self, principal: &PoolPrincipal, amr: &Domain) -> Space {
        let strangers = &self.graph.strangers;
        let [aud, identity] = [strangers.pool, strangers.identity].map(Text::symbol);
        let request = self.request(&Token { principal, aud: &aud, identity: &identity }, ASSUME, Vec::new());
        let id = |number| {
            let form = Form::new(STRANGE_ID).with_fresh(&[strangers.region, number], pool_id(self.graph));
            let form = form.but(self.named_numbers());
            Domain::Text { forms: vec![form], optional: false }
        };
        let domain = |name: &str, carried: Carried| match name.rsplit(':').next() {
            _ if name.starts_with("aws:") || name.starts_with("sts:") => chosen(name, carried),
            Some("aud") => id(strangers.guid),
            Some("sub") => id(strangers.identity_number),
            Some("amr") => amr.clone(),
            _ => Domain::Exactly(Some(carried)),
        };
        let keys = request.context.into_iter().map(|(name, carried)| {
            let domain = domain(name.as_known().unwrap_or_default(), carried);
            (name, domain)
        });
        let keys = keys.collect();
        Space { principals: vec![request.principal], actions: vec![request.action], resource: request.resource, keys }
    }

    /// The ids with a number that a pattern of the policy names in full, whatever their Region: they are somebody's.
    fn named_numbers(&self) -> impl Iterator<Item = Pattern> {
        let number = Form::new(NUMBER);
        let tests = allowing(self.policy).flat_map(|statement| &statement.conditions.tests);
        let values = tests.filter(|test| is_claim(test, "aud")).flat_map(|test| &test.values);
        let patterns = values.filter_map(|(value, _)| value.as_known()).filter(|value| value.contains(['*', '?']));
        let ends = patterns.filter_map(|value| Some(value.trim_end_matches('*').rsplit_once(':')?.1));
        let whole = ends.filter(move |end| number.takes(&Text::known(*end), &self.graph.symbols)).take(MOST_NUMBERS);
        whole.map(|end| {
            let end = end.chars().map(Mark::Char);
            Pattern::new(&[Mark::Run, Mark::Char(':')].into_iter().chain(end).collect::<Vec<_>>())
        })
    }
}

/// Numbers of pools in the text of a policy that are looked at.
const MOST_NUMBERS: usize = 32;

/// What signed-in users' `amr` holds.
fn amr(forms: &[&str], most: usize) -> Domain {
    Domain::Texts {
        always: vec![Text::known("authenticated")],
        forms: forms.iter().map(|form| Form::new(form)).collect(),
        except: ["authenticated", "unauthenticated"].map(Text::known).to_vec(),
        least: 1,
        most,
        optional: false,
    }
}

fn chosen(name: &str, carried: Carried) -> Domain {
    match CHOSEN.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)) {
        Some((_, form)) => {
            let form = form.map_or_else(Form::any, Form::new);
            Domain::Text { forms: vec![form], optional: !name.eq_ignore_ascii_case("sts:RoleSessionName") }
        }
        None => Domain::Exactly(Some(carried)),
    }
}

/// The ids of pools and identities (Cognito identity pools API, IdentityPoolId: `REGION:GUID`).
const STRANGE_ID: &str = "<{aA9_-}>:<{f*8}-{f*4}-{f*4}-{f*4}-{f*12}>";

/// The number in such an id.
const NUMBER: &str = "{f*8}-{f*4}-{f*4}-{f*4}-{f*12}";

/// What a whole id looks like, as far as the API says (IdentityPoolId).
pub(super) fn pool_id(graph: &Graph) -> Format {
    graph.symbols.facts(graph.strangers.pool).format.clone()
}
