//! OID013: OIDC providers that IAM refuses, and what in them is of no use.

use crate::checks::Cx;
use crate::finding::{Finding, Label, Severity, shown};
use crate::identity::classes::provider::of_issuer;
use crate::identity::oidc::{
    BUILT_IN, Listed, MOST_CLIENTS, MOST_THUMBPRINTS, OidcProvider, THUMBPRINT_DIGITS, UrlFault, home_of,
    is_no_thumbprint, url_fault,
};
use crate::identity::{Dialect, Graph, Written};
use crate::source::Place;
use crate::value::{Branch, Symbols, Text, compare};

/// Finds providers with a fault of their own, and those of one URL.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let all = &cx.graph.oidc_providers;
    for (at, provider) in all.iter().enumerate() {
        let faults = [
            url(provider),
            clients(provider, &cx.graph.symbols),
            thumbprints(provider),
            built_in(provider),
            pinned(cx.graph, provider),
        ];
        let faults = faults.into_iter().flatten().map(|fault| (fault, provider.when.clone()));
        let faults = faults.chain(twins(cx.graph, provider, &all[..at]));
        findings.extend(faults.map(|(fault, when)| finding(provider, fault, when)));
    }
}

/// What is wrong with a provider.
struct Fault {
    severity: Severity,
    message: String,
    place: Place,
    label: String,
    /// The property, and behind a dot which of several faults it has.
    element: &'static str,
    related: Option<(Place, &'static str)>,
    help: String,
}

impl Fault {
    fn refused(provider: &OidcProvider, place: Place, element: &'static str, label: String, help: &str) -> Self {
        let message = format!("IAM refuses {}, so the deployment fails", provider.entity.name());
        Self { severity: Severity::Error, message, place, label, element, related: None, help: help.to_owned() }
    }
}

fn finding(provider: &OidcProvider, fault: Fault, when: Branch) -> Finding {
    let label = Label::new(fault.place, fault.label);
    let property = fault.element.split('.').next().unwrap_or_default();
    let subject = provider.entity.property(property);
    let mut finding = Finding::new("OID013", fault.severity, fault.message, label, subject);
    finding.related = fault.related.map(|(place, what)| Label::new(place, what)).into_iter().collect();
    finding.help = fault.help;
    finding.mistake.statement = Some(provider.entity.place);
    finding.mistake.element = fault.element;
    finding.branch = when;
    finding
}

fn url(provider: &OidcProvider) -> Option<Fault> {
    let url = provider.url.as_ref()?;
    let label = match url_fault(&url.text)? {
        UrlFault::Scheme => "does not begin with https://",
        UrlFault::Port => "has a port, which the URL of a provider must not have",
        UrlFault::Query => "has a query, which the URL of a provider must not have",
        UrlFault::Fragment => "has a fragment, which the URL of a provider must not have",
    };
    let line = match provider.entity.dialect {
        Dialect::Yaml => "Url: https://HOST/PATH",
        Dialect::Json => "\"Url\": \"https://HOST/PATH\"",
        Dialect::Cdk => "url: 'https://HOST/PATH',",
    };
    let help = format!("give the issuer as its tokens have it (iss)\n  {line}");
    Some(Fault::refused(provider, url.place, "Url", label.to_owned(), &help))
}

fn clients(provider: &OidcProvider, symbols: &Symbols) -> Option<Fault> {
    let (most, longest) = MOST_CLIENTS;
    let Some(list) = provider.clients.as_ref().filter(|list| !list.items.is_empty() || !list.complete) else {
        let place = provider.clients.as_ref().map_or(provider.entity.place, |list| list.at.place);
        let usual = provider.issuer().and_then(|issuer| of_issuer(&issuer, symbols).0?.audience_of(&issuer));
        let usual = usual.unwrap_or_else(|| "sts.amazonaws.com".to_owned());
        let example = match provider.entity.dialect {
            Dialect::Yaml => format!("ClientIdList: [ {usual} ]"),
            Dialect::Json => format!("\"ClientIdList\": [ \"{usual}\" ]"),
            Dialect::Cdk => format!("clientIds: ['{usual}'],"),
        };
        return Some(Fault {
            severity: Severity::Warning,
            message: format!("{} takes no tokens: it lists no audience", provider.entity.name()),
            place,
            label: "takes tokens for the audiences of its list only, and has none".to_owned(),
            element: "ClientIdList",
            related: None,
            help: format!("list the audience for which the tokens are made\n  {example}"),
        });
    };
    if list.items.len() > most {
        let label = format!("{} audiences, where {most} are possible", list.items.len());
        return Some(Fault::refused(
            provider,
            list.at.place,
            "ClientIdList",
            label,
            "leave out those that nobody uses",
        ));
    }
    let long = list.items.iter().find(|item| item.known().is_some_and(|known| known.chars().count() > longest))?;
    let label = format!("longer than {longest} characters");
    Some(Fault::refused(provider, long.place, "ClientIdList", label, "name the client id as the issuer has it"))
}

fn thumbprints(provider: &OidcProvider) -> Option<Fault> {
    let list = provider.thumbprints.as_ref()?;
    let help = "leave ThumbprintList out: IAM looks up the certificate itself";
    if list.items.len() > MOST_THUMBPRINTS {
        let label = format!("{} thumbprints, where {MOST_THUMBPRINTS} are possible", list.items.len());
        return Some(Fault::refused(provider, list.at.place, "ThumbprintList", label, help));
    }
    let wrong = list.items.iter().find(|item| item.known().is_some_and(is_no_thumbprint))?;
    let label = format!("no thumbprint: that has {THUMBPRINT_DIGITS} hexadecimal digits");
    Some(Fault::refused(provider, wrong.place, "ThumbprintList", label, help))
}

/// Twins of one provider that are told: all of them make one finding.
const MOST_TWINS: usize = 16;

/// The providers of the same URL in the same account, which can have one only, each with the branch in which both are
/// there.
fn twins<'g>(
    graph: &'g Graph,
    provider: &'g OidcProvider,
    before: &'g [OidcProvider],
) -> impl Iterator<Item = (Fault, Branch)> + use<'g> {
    let is_known_home = home_of(&provider.arn).0.as_known().is_some();
    let found = before.iter().filter_map(move |other| {
        let (one, two) = (&provider.entity, &other.entity);
        // Stacks of which nobody says where they go may go to several accounts.
        let side_by_side = one.subject.logical_id != two.subject.logical_id && one.stack == two.stack
            || one.stack != two.stack && is_known_home;
        let is_twin = side_by_side && compare(&provider.arn, &other.arn, &graph.symbols).is_true();
        let both = is_twin.then(|| graph.together(&provider.when, &other.when))??;
        Some((twin(provider, other), both))
    });
    found.take(MOST_TWINS)
}

fn twin(provider: &OidcProvider, twin: &OidcProvider) -> Fault {
    let place = provider.url.as_ref().map_or(provider.entity.place, |url| url.place);
    let label = format!("{} has the same URL, and an account has one provider for it", twin.entity.name());
    let help = format!("keep one of the two, and refer to it: {}", twin.entity.name());
    let mut fault = Fault::refused(provider, place, "Url.twin", label, &help);
    fault.related = Some((twin.url.as_ref().map_or(twin.entity.place, |url| url.place), "the other one"));
    fault
}

/// One of the issuers that IAM knows without a provider. Google may be registered too, for other tokens.
fn built_in(provider: &OidcProvider) -> Option<Fault> {
    let issuer = provider.issuer()?;
    let issuer = issuer.as_known()?.trim_end_matches('/');
    let is_known = issuer == "cognito-identity.amazonaws.com" || BUILT_IN.contains(&issuer);
    let url = provider.url.as_ref().filter(|_| is_known && issuer != "accounts.google.com")?;
    Some(Fault {
        severity: Severity::Warning,
        message: format!("{} is of no use: IAM knows this issuer by itself", provider.entity.name()),
        place: url.place,
        label: format!("a role trusts it as '{}', without a provider", shown(issuer)),
        element: "Url.known",
        related: None,
        help: format!("remove {}, and name the domain as the principal", provider.entity.name()),
    })
}

/// Thumbprints of an issuer whose certificate a public authority signs (IAM User Guide, Obtain the thumbprint for an
/// OIDC provider): IAM looks at its own list of those first.
fn pinned(graph: &Graph, provider: &OidcProvider) -> Option<Fault> {
    let list: &Listed = provider.thumbprints.as_ref().filter(|list| !list.items.is_empty())?;
    let is_right = |item: &Written| item.known().is_some_and(|known| !is_no_thumbprint(known));
    if !list.items.iter().all(is_right) || list.items.len() > MOST_THUMBPRINTS {
        return None;
    }
    let issuer: Text = provider.issuer()?;
    let (known, certain) = of_issuer(&issuer, &graph.symbols);
    known.filter(|known| certain.is_true() && !PRIVATE.contains(&known.class.as_str()))?;
    Some(Fault {
        severity: Severity::Info,
        message: format!("{} needs no thumbprints", provider.entity.name()),
        place: list.at.place,
        label: "IAM trusts the public authority that signs this issuer's certificate".to_owned(),
        element: "ThumbprintList.known",
        related: None,
        help: "leave ThumbprintList out".to_owned(),
    })
}

/// Kinds of issuers that may have a certificate of their own.
const PRIVATE: [&str; 2] = ["oidc", "github-enterprise"];
