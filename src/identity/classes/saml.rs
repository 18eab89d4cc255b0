//! Assertions of SAML providers.

use super::Unwanted;
use super::apart::only;
use super::bench::{Bench, Question, arn_part};
use super::clerk::Clerk;
use super::issuer::after;
use super::keys::{self, Keys, absent, chosen, chosen_list, tests};
use crate::identity::graph::{Graph, RoleId};
use crate::identity::sign_in::{SignIn, sign_in_of, sign_ins};
use crate::identity::witness::Refused;
use crate::policy::{Domain, Effect, Policy, PrincipalKind, Statement, actions_match};
use crate::value::{Case, Form, Mark, Pattern, Text, Truth};

const ASSUME: &str = "sts:AssumeRoleWithSAML";

/// Keys that are no attributes of a user (IAM User Guide, condition keys for SAML federation).
const NO_ATTRIBUTES: [&str; 6] =
    ["saml:aud", "saml:iss", "saml:doc", "saml:sub", "saml:sub_type", "saml:namequalifier"];

/// Asks the classes of each SAML provider that the policy names.
pub(super) fn ask(bench: &mut Bench<'_>) {
    let allowing = || bench.policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
    let is_asked = allowing().any(|statement| !actions_match(&statement.actions, ASSUME).is_false());
    for principal in bench.named(PrincipalKind::Federated) {
        let is_saml = after(&principal.value, "saml-provider/").is_some();
        let is_other = after(&principal.value, "oidc-provider/").is_some() || principal.value.as_known().is_some();
        if is_saml || is_asked && !is_other {
            Asking { bench, provider: principal.value, doubt: None }.all();
        }
    }
    if bench.is_open_for(PrincipalKind::Federated, ASSUME) {
        let name = Text::symbol(bench.clerk.letter("provider", "{aA9._-}"));
        let provider = bench.provider_arn("saml-provider", &name);
        Asking { bench, provider, doubt: Some("which SAML providers the account has") }.all();
    }
}

/// Whether a statement lets users of a provider in who lack one attribute, with any values for the others.
pub fn lets_in_lacking(
    graph: &Graph,
    role: RoleId,
    case: &Case<Policy>,
    statement: &Statement,
    (provider, attribute): (&Text, &Text),
) -> Truth {
    let alone = Case { when: case.when.clone(), then: only(&case.then, statement.clone()) };
    let mut clerk = Clerk::new(graph);
    let mut bench = Bench::new(graph, role, &alone, &mut clerk);
    let mut asking = Asking { bench: &mut bench, provider: provider.clone(), doubt: None };
    let attributes = asking.attributes();
    let keys = asking.keys(chosen(Form::any(), false), &attributes, chosen_list);
    let keys = keys::with(keys, [(attribute.clone(), absent())], &asking.bench.clerk.symbols);
    asking.ask("without-attribute", keys, Unwanted::Always, "the provider has a user without the attribute");
    Truth::any(bench.answers.iter().map(|answer| answer.answer.truth))
}

/// Whether a value is the URL of a sign-in endpoint, in any case.
fn means_endpoint(value: &[Mark]) -> bool {
    let of_mark = |mark: &Mark| match mark {
        Mark::Char(c) => Some(c.to_ascii_lowercase()),
        Mark::Run => Some('*'),
        Mark::One | Mark::Symbol(_) => None,
    };
    let Some(url) = value.iter().map(of_mark).collect::<Option<String>>() else { return false };
    sign_ins().any(|own| url.starts_with(&own.url()))
}

/// What is not known in some partitions.
const ENDPOINTS: &str = "which sign-in endpoints the partition has";

struct Asking<'a, 'b> {
    bench: &'a mut Bench<'b>,
    provider: Text,
    /// What has no certain answer where the policy names no provider.
    doubt: Option<&'static str>,
}

impl Asking<'_, '_> {
    fn all(&mut self) {
        let is_elsewhere = self.is_elsewhere();
        let is_tested = self.bench.tests_on(&Text::known("saml:aud")).next().is_some();
        // Without any test all recipients get in, whichever are AWS's.
        if is_elsewhere && is_tested {
            self.doubt = Some(ENDPOINTS);
        }
        let attributes = self.attributes();
        let assumes = "the provider signs assertions for other recipients";
        // The address of somebody's host comes first: a star takes the slash behind it, too.
        let of_somebody = Form::new("https://{a9-}.{a9-}/").then(&Form::any());
        let forms = [of_somebody, keys::some()].map(|form| form.but(self.endpoints()));
        let other = Domain::Text { forms: forms.to_vec(), optional: false };
        let keys = self.keys(other, &attributes, chosen_list);
        self.ask("other-recipient", keys, Unwanted::Always, assumes);
        if is_elsewhere {
            self.doubt = Some(ENDPOINTS);
        }
        let keys = self.keys(self.console(), &attributes, chosen_list);
        self.ask("console", keys, Unwanted::ByRule, "the provider signs assertions for the console");
        self.other_provider(&attributes);
        if attributes.is_empty() {
            return;
        }
        let keys = self.keys(self.console(), &attributes, absent);
        self.ask("without-attribute", keys, Unwanted::Always, "the provider has a user without the attribute");
        self.more_values(&attributes);
    }

    /// Whether the provider lies in a partition whose sign-in endpoints are not known.
    fn is_elsewhere(&self) -> bool {
        let partitions = [arn_part(&self.provider, 1), self.bench.arn_part(1)];
        let known = partitions.iter().find_map(|partition| partition.as_known().filter(|known| !known.is_empty()));
        known.is_some_and(|known| sign_in_of(Some(known)).is_none())
    }

    /// The console of a partition, with or without a Region.
    fn console(&self) -> Domain {
        if self.is_elsewhere() {
            return keys::unknown("the partition");
        }
        let forms = sign_ins().map(|own| Form::new(&own.url())).chain(sign_ins().flat_map(SignIn::forms));
        Domain::Text { forms: forms.collect(), optional: false }
    }

    /// A user who has a value that the policy does not name beside those that it names.
    fn more_values(&mut self, attributes: &[Text]) {
        let mut keys = self.keys(self.console(), attributes, chosen_list);
        for attribute in attributes {
            let tests: Vec<_> = self.bench.tests_on(attribute).collect();
            let named = tests.iter().flat_map(|test| test.values.iter().map(|(value, _)| value));
            let is_exact = |value: &&Text| value.as_known().is_some_and(|text| !text.contains(['*', '?', '$']));
            let mut always: Vec<Text> = named.filter(is_exact).cloned().collect();
            always.truncate(1);
            let other = Form::any().but(self.bench.own_values(attribute));
            let domain =
                Domain::Texts { always, forms: vec![other], except: Vec::new(), least: 1, most: 1, optional: false };
            keys = keys::with(keys, [(attribute.clone(), domain)], &self.bench.clerk.symbols);
        }
        self.ask("more-values", keys, Unwanted::ByRule, "the provider has a user with further values");
    }

    fn other_provider(&mut self, attributes: &[Text]) {
        let name = Text::symbol(self.bench.clerk.letter("provider", "{aA9._-}"));
        let other = self.bench.provider_arn("saml-provider", &name);
        let keys = self.keys(self.console(), attributes, chosen_list);
        let own = std::mem::replace(&mut self.provider, other);
        self.ask("other-provider", keys, Unwanted::ByRule, "the account has another SAML provider");
        self.provider = own;
    }

    /// The attributes of users that the policy asks for.
    fn attributes(&self) -> Vec<Text> {
        let mut attributes: Vec<Text> = Vec::new();
        for key in tests(self.bench.policy).map(|test| &test.key) {
            let Some(name) = key.as_known().map(str::to_ascii_lowercase) else { continue };
            let is_attribute = name.starts_with("saml:") && !NO_ATTRIBUTES.contains(&name.as_str());
            if is_attribute && !attributes.contains(&Text::known(name.as_str())) {
                attributes.push(Text::known(name));
            }
        }
        attributes
    }

    /// The sign-in endpoints, those of Regions too, and what a policy names exactly though a part of it is known
    /// only at deployment.
    fn endpoints(&self) -> Vec<Pattern> {
        let mut endpoints: Vec<Pattern> = sign_ins().flat_map(SignIn::forms).map(Pattern::from).collect();
        let own = self.bench.own_values(&Text::known("saml:aud"));
        endpoints.extend(own.into_iter().filter(|pattern| pattern.symbols().next().is_some()));
        let tested = self.bench.values_on(&Text::known("saml:aud"));
        endpoints.extend(tested.iter().filter(|marks| means_endpoint(marks)).map(|marks| Pattern::without_case(marks)));
        endpoints
    }

    /// What an assertion carries.
    fn keys(&self, recipient: Domain, attributes: &[Text], attribute: fn() -> Domain) -> Keys {
        let mut keys = keys::of_unsigned_calls();
        keys.push(keys::key("saml:aud", recipient));
        // The provider's own: whoever names them means those of this provider.
        keys.extend(["saml:iss", "saml:doc"].map(|name| keys::key(name, chosen(keys::some(), false))));
        keys.push(keys::key("saml:sub", chosen(keys::some(), false)));
        keys.extend(["saml:sub_type", "saml:namequalifier"].map(|name| keys::key(name, chosen(keys::some(), false))));
        keys.extend(attributes.iter().map(|name| (name.clone(), attribute())));
        keys::with_asked(keys, self.bench.policy, &keys::NEVER_UNSIGNED, &self.bench.clerk.symbols)
    }

    fn ask(&mut self, class: &str, keys: Keys, unwanted: Unwanted, assumes: &str) {
        self.bench.ask(Question {
            class: format!("saml/{class}"),
            principals: (PrincipalKind::Federated, vec![self.provider.clone()]),
            actions: vec![ASSUME],
            keys,
            unwanted,
            assumes: vec![assumes.to_owned()],
            refused: Refused::No,
            doubt: self.doubt.map(str::to_owned),
        });
    }
}
