//! OID009: federated principals that IAM does not take.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, principal_path};
use crate::checks::words::value_words;
use crate::finding::{Change, Finding, Fix, Label, Severity, Written, shown};
use crate::identity::oidc::{Federated, NoForm, OidcProvider, federated, home_of, inner_arn, misspelt, pool_domain};
use crate::identity::{AccountFault, Dialect, Role, account_fault, account_in, account_of};
use crate::policy::{Principal, PrincipalKind};
use crate::source::Place;
use crate::value::{Branch, Text, compare};

/// Finds federated principals of no form, of other accounts and partitions, and misspelt ones.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        for principal in gate.principals().iter().filter(|one| one.kind == Some(PrincipalKind::Federated)) {
            let form = federated(&principal.value, &cx.graph.symbols);
            let fault = match &form {
                // The number of its account is XAC005's matter.
                _ if has_account_fault(&principal.value) => None,
                // What a default leaves blank, the deployment fills.
                Federated::Invalid(NoForm::NoName | NoForm::NoAccount) if leaves_blank(cx, gate.when) => None,
                Federated::Invalid(form) => Some(no_form(cx, gate, principal, *form)),
                Federated::Issuer(_) | Federated::Saml => {
                    elsewhere(cx, gate, principal, &form).or_else(|| spelling(cx, gate, &form))
                }
                Federated::Pools(_) | Federated::Unclear => None,
            };
            findings.extend(fault.map(|fault| finding(gate, principal, fault)));
        }
    }
}

/// What is wrong with a principal.
struct Fault {
    severity: Severity,
    message: String,
    label: String,
    related: Option<(Place, String)>,
    help: String,
    /// How the provider that is meant is named.
    meant: Option<Written>,
}

impl Fault {
    fn new(message: String, label: String) -> Self {
        Self { severity: Severity::Error, message, label, related: None, help: String::new(), meant: None }
    }
}

fn finding(gate: Gate<'_>, principal: &Principal, fault: Fault) -> Finding {
    let label = Label::new(principal.at.place, fault.label);
    let mut finding = gate.finding("OID009", fault.severity, fault.message, label, &principal_path(principal));
    finding.related = fault.related.map(|(place, what)| Label::new(place, what)).into_iter().collect();
    finding.help = fault.help;
    finding.fix = fault.meant.map(|value| {
        let change = Change::Set { at: principal.at, value };
        Box::new(Fix::offered("name the provider by its ARN", vec![change]))
    });
    finding.mistake.element = "Principal";
    finding
}

fn no_form(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, form: NoForm) -> Fault {
    let role = gate.role.entity.name();
    let value = shown(&cx.graph.shown(&principal.value));
    let label = match form {
        NoForm::Url => format!("'{value}' is a URL: a provider is named by its ARN, which has no scheme"),
        NoForm::Domain => format!("'{value}' is a domain: all but three need a provider of IAM, named by its ARN"),
        NoForm::Service => format!("'{value}' is a service of AWS, and no identity provider"),
        NoForm::Doubled => "a whole ARN stands where the ARN of a provider has its name".to_owned(),
        NoForm::OtherArn => "no ARN of an OIDC or SAML provider".to_owned(),
        NoForm::NoAccount => "the ARN of a provider has the number of its account, which is missing".to_owned(),
        NoForm::NoName => "the ARN of a provider ends with the provider's name, which is missing".to_owned(),
        NoForm::Value => {
            let value = value_words(cx.graph, gate.role, &principal.value);
            format!("{value} gives no ARN of an OIDC or SAML provider")
        }
        NoForm::Other => format!("'{value}' is neither a domain that IAM knows nor the ARN of a provider"),
    };
    if let Some(meant) = otherwise(cx, gate.role, &principal.value) {
        let line = line(gate.role, &meant);
        let help = format!("name it as it is\n  {line}");
        return Fault { meant: Some(meant), help, ..Fault::new(no_provider(role), label) };
    }
    if form == NoForm::Service {
        return Fault { help: as_service(gate.role, &value), ..Fault::new(no_provider(role), label) };
    }
    let issuer = issuer_in(&principal.value, form);
    let own = issuer.as_deref().and_then(|issuer| provider_of(cx, &Text::known(issuer)));
    Fault {
        related: own.map(|own| (own.entity.place, "the provider of this issuer".to_owned())),
        help: match cx.graph.user_pool(&principal.value) {
            Some(_) => of_user_pool(gate.role),
            None if principal.value.as_known().is_some_and(|known| known.ends_with(":saml-provider/")) => {
                "write the name of the SAML provider behind the slash".to_owned()
            }
            None => help(gate.role, own, issuer.as_deref()),
        },
        meant: issuer.as_deref().map(|issuer| meant(gate.role, own, issuer)),
        ..Fault::new(no_provider(role), label)
    }
}

fn no_provider(role: &str) -> String {
    format!("IAM refuses {role}: its principal is no identity provider")
}

/// What is certainly meant: the provider whose whole ARN stands within one, or the identity pools.
fn otherwise(cx: &Cx<'_>, role: &Role, value: &Text) -> Option<Written> {
    if let Some(domain) = value.as_known().and_then(pool_domain) {
        return Some(Written::text(domain));
    }
    let inner = inner_arn(value)?;
    let is_it = |own: &&OidcProvider| own.is_named_by(&inner, &cx.graph.symbols);
    let of_oidc = cx.graph.oidc_providers.iter().find(is_it).map(|own| &own.entity);
    let of_saml = || cx.graph.signers.iter().find(|own| own.name == inner).map(|own| &own.entity);
    let entity = of_oidc.or_else(of_saml)?;
    let is_near = entity.subject.stack_key == role.entity.subject.stack_key;
    is_near.then(|| Written::reference(entity.name()))
}

/// A principal as the template writes it.
fn line(role: &Role, meant: &Written) -> String {
    let (text, is_reference) = match meant {
        Written::Text(text) => (text.as_str(), false),
        Written::Call(_, name) => (if let Written::Text(name) = &**name { name.as_str() } else { "" }, true),
        _ => ("", false),
    };
    match (role.entity.dialect, is_reference) {
        (Dialect::Yaml, true) => format!("Federated: !Ref {text}"),
        (Dialect::Json, true) => format!("\"Federated\": {{ \"Ref\": \"{text}\" }}"),
        (Dialect::Cdk, true) => "new iam.FederatedPrincipal(provider.ref, { … })".to_owned(),
        (Dialect::Yaml, false) => format!("Federated: {text}"),
        (Dialect::Json, false) => format!("\"Federated\": \"{text}\""),
        (Dialect::Cdk, false) => format!("new iam.WebIdentityPrincipal('{text}', {{ … }})"),
    }
}

fn as_service(role: &Role, service: &str) -> String {
    let line = match role.entity.dialect {
        Dialect::Yaml => format!("Service: {service}"),
        Dialect::Json => format!("\"Service\": \"{service}\""),
        Dialect::Cdk => format!("new iam.ServicePrincipal('{service}')"),
    };
    format!("name the service as one, which asks for sts:AssumeRole and has no tokens\n  {line}")
}

/// Whether a branch takes a parameter for blank that has no other default.
fn leaves_blank(cx: &Cx<'_>, when: &Branch) -> bool {
    when.iter().any(|(id, value)| {
        let switch = cx.graph.worlds.switch(id);
        let by_default = !switch.is_condition() && !switch.closed && switch.default == Some(value);
        by_default && switch.values.get(usize::from(value)).is_some_and(|own| own.is_empty())
    })
}

/// Whether what stands for the account in an ARN is no number of one.
fn has_account_fault(arn: &Text) -> bool {
    let fault = account_in(arn).filter(|account| account != arn).and_then(|account| account_fault(&account));
    fault.is_some_and(|fault| fault != AccountFault::Example)
}

/// A provider as its principal: a reference where the template has it, else its ARN in the own account.
fn meant(role: &Role, own: Option<&OidcProvider>, issuer: &str) -> Written {
    let near = own.filter(|own| own.entity.subject.stack_key == role.entity.subject.stack_key);
    near.map_or_else(|| Written::sub(arn(issuer)), |own| Written::reference(own.entity.name()))
}

/// The issuer that a URL or domain names.
fn issuer_in(value: &Text, form: NoForm) -> Option<String> {
    let known = value.as_known()?;
    let (_, bare) = known.split_once("://").unwrap_or(("", known));
    let bare = bare.trim_end_matches('/');
    matches!(form, NoForm::Url | NoForm::Domain).then(|| bare.to_owned())
}

fn provider_of<'g>(cx: &Cx<'g>, issuer: &Text) -> Option<&'g OidcProvider> {
    let is_it = |own: &Text| compare(own, issuer, &cx.graph.symbols).is_true();
    cx.graph.oidc_providers.iter().find(|provider| provider.issuer().is_some_and(|own| is_it(&own)))
}

fn help(role: &Role, own: Option<&OidcProvider>, issuer: Option<&str>) -> String {
    let issuer = issuer.unwrap_or("ISSUER");
    let near = own.filter(|own| own.entity.subject.stack_key == role.entity.subject.stack_key);
    let line = match (role.entity.dialect, near) {
        (Dialect::Cdk, _) => "new iam.OpenIdConnectPrincipal(provider, { … })".to_owned(),
        (Dialect::Yaml, Some(own)) => format!("Federated: !Ref {}", own.entity.name()),
        (Dialect::Json, Some(own)) => format!("\"Federated\": {{ \"Ref\": \"{}\" }}", own.entity.name()),
        (Dialect::Yaml, None) => format!("Federated: !Sub {}", arn(issuer)),
        (Dialect::Json, None) => format!("\"Federated\": {{ \"Fn::Sub\": \"{}\" }}", arn(issuer)),
    };
    format!("name a provider that the account has\n  {line}")
}

/// A user pool is no principal: its users come by an identity pool, or by a provider of IAM for its issuer.
fn of_user_pool(role: &Role) -> String {
    let line = match role.entity.dialect {
        Dialect::Yaml => "Federated: cognito-identity.amazonaws.com",
        Dialect::Json => "\"Federated\": \"cognito-identity.amazonaws.com\"",
        Dialect::Cdk => "new iam.WebIdentityPrincipal('cognito-identity.amazonaws.com', { … })",
    };
    format!(
        "for tokens of an identity pool, name that\n  {line}\nfor those of the user pool itself, the ARN of an OIDC \
         provider of IAM with the URL\n  https://cognito-idp.REGION.amazonaws.com/POOL-ID"
    )
}

fn arn(issuer: &str) -> String {
    format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/{issuer}")
}

/// A provider that certainly lies elsewhere than the role.
fn elsewhere(cx: &Cx<'_>, gate: Gate<'_>, principal: &Principal, form: &Federated) -> Option<Fault> {
    let (account, partition) = home_of(&principal.value);
    let own = home_of(&gate.role.arn());
    let is_other = |one: &Text, other: &Text| {
        let both_known = one.as_known().zip(other.as_known());
        both_known.is_some_and(|(one, other)| !one.is_empty() && !other.is_empty() && one != other)
    };
    let role = gate.role.entity.name();
    let (what, theirs, ours) = match () {
        () if is_other(&partition, &own.1) => ("partition", partition, own.1),
        () if is_other(&account, &account_of(gate.role)) => ("account", account, own.0),
        () => return None,
    };
    let (theirs, ours) = (shown(&cx.graph.shown(&theirs)), shown(&cx.graph.shown(&ours)));
    // No source says whether a role can trust a SAML provider of another account.
    let is_doubtful = *form == Federated::Saml && what == "account";
    let (severity, message) = match is_doubtful {
        true => (Severity::Warning, format!("{role} names a SAML provider of another account, which no guide shows")),
        false => (Severity::Error, format!("nobody can become {role} by a provider of another {what}")),
    };
    Some(Fault {
        severity,
        message,
        label: format!("a provider of {what} {theirs}; the role lies in {ours}"),
        related: None,
        help: "make a provider in the role's own account, and name that".to_owned(),
        meant: None,
    })
}

/// A provider that the templates have, by a name that differs in spelling only.
fn spelling(cx: &Cx<'_>, gate: Gate<'_>, form: &Federated) -> Option<Fault> {
    let Federated::Issuer(issuer) = form else { return None };
    let keys: Vec<&Text> = gate.statement.conditions.tests.iter().map(|test| &test.key).collect();
    let near = misspelt(issuer, &keys, &cx.graph.oidc_providers)?;
    let role = gate.role.entity.name();
    let (written, issuer) = (shown(issuer.as_known()?), near.issuer.as_known()?);
    let related = near.provider.and_then(|provider| provider.url.as_ref());
    Some(Fault {
        severity: Severity::Error,
        message: match near.provider {
            Some(_) => format!("{role} names a provider by a name that it does not have"),
            None => format!("{role} names an issuer by a name that it does not have"),
        },
        label: format!("'{written}' instead of '{}'", shown(issuer)),
        related: related.map(|url| (url.place, "the provider that is meant, by its whole URL".to_owned())),
        help: help(gate.role, near.provider, Some(issuer)),
        // Where the condition keys are misspelt likewise, they are to be mended, too.
        meant: near.by_keys.then(|| meant(gate.role, near.provider, issuer)),
    })
}
