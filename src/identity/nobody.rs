//! Trust policies that let nobody in, whatever a call carries.

use super::arn::{after, is_session_arn};
use super::cognito::is_no_claim;
use super::contradiction::has_one_value;
use super::graph::{Graph, RoleId};
use super::oidc::is_claim_of;
use super::principal::{AwsPrincipal, aws_principal};
use super::provider::{Named, named_principal};
use crate::policy::{
    Carried, Domain, Effect, Policy, Principal, PrincipalKind, Principals, Space, Statement, Test, actions_match,
    asked_keys, exists, principals_match,
};
use crate::value::{Form, Mark, Text, marks};

/// Why nobody gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nobody {
    /// There is no statement.
    NoStatement,
    /// No statement allows anything, and some deny.
    OnlyDenies,
    /// Everybody is kept out, this Deny statement among what does it, which has no condition.
    Denied(usize),
    /// Only together statements keep everybody out.
    Together,
    /// Nobody whom the statements name passes their conditions, which need no Deny for it.
    Unmet,
}

/// Keys of one policy of which both are tried: that it has one value, and that it has several.
const MOST_OPEN_KEYS: usize = 4;

/// Callers of one policy that are tried.
const MOST_CALLERS: usize = 128;

/// Why a trust policy certainly lets nobody in; nothing where it may let somebody in.
pub fn nobody(graph: &Graph, role: RoleId, policy: &Policy) -> Option<Nobody> {
    let unread = policy.statements.iter().any(|one| one.conditions.opaque || one.effect == Effect::Unknown);
    if policy.opaque || policy.may_allow_more || unread {
        return None;
    }
    let allows = |statement: &&Statement| statement.effect == Effect::Allow;
    match policy.statements.iter().any(|statement| allows(&statement)) {
        _ if policy.statements.is_empty() => Some(Nobody::NoStatement),
        false => Some(Nobody::OnlyDenies),
        true => {
            let callers = callers(policy)?;
            let spaces = spaces(graph, role, policy, &callers)?;
            let without = without_denies_of_accounts(policy);
            let for_services = without.as_ref().unwrap_or(policy);
            let of = |space: &Space| {
                let is_service = space.principals.iter().all(|(kind, _)| *kind == PrincipalKind::Service);
                if is_service { for_services } else { policy }
            };
            let is_refused = |policy: &Policy, space: &Space| exists(policy, space, &graph.symbols).truth.is_false();
            spaces.iter().all(|space| is_refused(of(space), space)).then(|| {
                let allowed =
                    Policy { statements: policy.statements.iter().filter(allows).cloned().collect(), ..policy.clone() };
                let denied = policy.statements.iter().find(|statement| denies(graph, statement, &callers));
                match denied {
                    _ if spaces.iter().all(|space| is_refused(&allowed, space)) => Nobody::Unmet,
                    Some(statement) => Nobody::Denied(statement.index),
                    None => Nobody::Together,
                }
            })
        }
    }
}

/// A policy whose Deny statements leave the star of AWS principals out; nothing where none has it. Whoever writes that
/// thinks of principals with an ARN, and no guide says of a trust policy that it covers services too: nothing that is
/// certain of a service may rest on it, but where the statement asks whether a service is calling.
pub(in crate::identity) fn without_denies_of_accounts(policy: &Policy) -> Option<Policy> {
    let is_star = |one: &Principal| one.kind == Some(PrincipalKind::Aws) && one.value.as_known() == Some("*");
    let asks_for_service =
        |test: &Test| test.key.as_known().is_some_and(|key| key.eq_ignore_ascii_case("aws:PrincipalIsAWSService"));
    let is_one = |statement: &Statement| {
        let list = match &statement.principals {
            Principals::Only(list) => list.as_slice(),
            _ => &[],
        };
        let speaks_of_services = || statement.conditions.tests.iter().any(asks_for_service);
        statement.effect == Effect::Deny && list.iter().any(is_star) && !speaks_of_services()
    };
    if !policy.statements.iter().any(is_one) {
        return None;
    }
    let mut rest = policy.clone();
    for statement in rest.statements.iter_mut().filter(|statement| is_one(statement)) {
        if let Principals::Only(list) = &mut statement.principals {
            list.retain(|one| !is_star(one));
        }
    }
    Some(rest)
}

/// Who asks, and by which action.
type Caller = (PrincipalKind, Text, &'static str);

/// Strangers of every kind: they stand for whoever is not named.
const STRANGERS: [(PrincipalKind, &str); 4] = [
    (PrincipalKind::Aws, "arn:aws:iam::999999999999:role/nobody-in-particular"),
    (PrincipalKind::Service, "nobody-in-particular.amazonaws.com"),
    (PrincipalKind::Federated, "nobody-in-particular.example.com"),
    (PrincipalKind::Federated, "arn:aws:iam::999999999999:saml-provider/nobody-in-particular"),
];

/// All whom a policy speaks of, and strangers, each by every action that its kind may use; nothing where a statement does
/// not say whom it means.
fn callers(policy: &Policy) -> Option<Vec<Caller>> {
    let mut callers: Vec<Caller> = Vec::new();
    let mut add = |kind: PrincipalKind, value: &Text| {
        let actions: &[&'static str] = match kind {
            PrincipalKind::Federated => &["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"],
            _ => &["sts:AssumeRole"],
        };
        callers.extend(actions.iter().map(|action| (kind, value.clone(), *action)));
    };
    for statement in &policy.statements {
        let list = match &statement.principals {
            Principals::Only(list) | Principals::AllBut(list) => list,
            // Who is meant is not said, which is no trust policy at all.
            Principals::Missing | Principals::Unknown => return None,
        };
        list.iter().for_each(|principal| add(principal.kind.unwrap_or(PrincipalKind::Aws), &principal.value));
    }
    STRANGERS.iter().for_each(|(kind, name)| add(*kind, &Text::known(*name)));
    callers.dedup();
    (callers.len() <= MOST_CALLERS).then_some(callers)
}

/// For each caller, calls that carry anything at all for each key that the policy asks for; nothing where these are more
/// than are looked at.
fn spaces(graph: &Graph, role: RoleId, policy: &Policy, callers: &[Caller]) -> Option<Vec<Space>> {
    let keys = asked_keys(policy);
    let open: Vec<&Text> = keys.iter().filter(|key| !has_one_value(key)).collect();
    if open.len() > MOST_OPEN_KEYS {
        return None;
    }
    let resource = graph.role(role).arn();
    let mut spaces = Vec::new();
    for (kind, value, action) in callers {
        let own = if *kind == PrincipalKind::Aws { own_keys(graph, value) } else { Vec::new() };
        let is_pool =
            *kind == PrincipalKind::Federated && matches!(named_principal(value, &graph.symbols), Named::Pools(_));
        for several in 0..1_usize << open.len() {
            let is_list = |key: &Text| open.iter().position(|own| *own == key).is_some_and(|at| several >> at & 1 == 1);
            let own = |key: &Text| {
                let name = key.as_known()?;
                if is_pool && is_no_claim(name) {
                    return Some(Domain::Exactly(None));
                }
                if *kind == PrincipalKind::Federated && is_subject(key, value, graph) {
                    return Some(subject());
                }
                own.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, domain)| domain.clone())
            };
            let open = |key: &Text| if is_list(key) { list() } else { one() };
            let domain = |key: &Text| (key.clone(), own(key).unwrap_or_else(|| open(key)));
            spaces.push(Space {
                principals: vec![(*kind, value.clone())],
                actions: vec![(*action).to_owned()],
                resource: resource.clone(),
                keys: keys.iter().map(domain).collect(),
            });
        }
    }
    Some(spaces)
}

/// What a signed request says of its own caller, whom a policy names: its account, and the ARN of the user or role, that
/// of the role for its sessions, too (IAM User Guide, global condition keys, `aws:PrincipalAccount`,
/// `aws:PrincipalArn`). Nothing for a star, which stands for everybody.
fn own_keys(graph: &Graph, named: &Text) -> Vec<(&'static str, Domain)> {
    let exactly = |text: Text| Domain::Exactly(Some(Carried::One(text)));
    let (account, is_one) = match aws_principal(named, &graph.symbols) {
        AwsPrincipal::Account(account) => (account, false),
        AwsPrincipal::Identity(account) => (account, !is_session_arn(named)),
        _ => return Vec::new(),
    };
    let of_account = |mut account: Vec<Mark>| {
        account.push(Mark::Char(':'));
        let form = Form::new("arn:{a-}:iam::").then(&Form::any().after(&account));
        Domain::Text { forms: vec![form], optional: false }
    };
    let arn = if is_one { Some(exactly(named.clone())) } else { marks(&account).map(of_account) };
    let arn = arn.map(|arn| ("aws:PrincipalArn", arn));
    arn.into_iter().chain([("aws:PrincipalAccount", exactly(account))]).collect()
}

/// Whether a key is the subject of the tokens of an OIDC provider of IAM.
fn is_subject(key: &Text, provider: &Text, graph: &Graph) -> bool {
    let issuer = after(provider, "oidc-provider/");
    let is_its = issuer.is_some_and(|issuer| is_claim_of(key, &issuer, &graph.symbols).is_true());
    is_its && key.as_known().is_some_and(|key| key.to_ascii_lowercase().ends_with(":sub"))
}

/// The subject of a token is always there, and says whose it is (OpenID Connect Core 1.0, ID Token).
fn subject() -> Domain {
    Domain::Text { forms: vec![Form::any().after(&[Mark::One])], optional: false }
}

fn one() -> Domain {
    Domain::Text { forms: vec![Form::any()], optional: true }
}

fn list() -> Domain {
    let (always, except) = (Vec::new(), Vec::new());
    Domain::Texts { always, forms: vec![Form::any()], except, least: 0, most: usize::MAX, optional: true }
}

/// Whether a Deny statement without conditions speaks of some of them: somebody means to lock the role.
fn denies(graph: &Graph, statement: &Statement, callers: &[Caller]) -> bool {
    let is_bare = statement.conditions.tests.is_empty();
    let speaks = |(kind, value, action): &Caller| {
        let request = crate::policy::Request {
            principal: (*kind, value.clone()),
            action: (*action).to_owned(),
            resource: Text::known("*"),
            context: Vec::new(),
        };
        let of_principal = principals_match(&statement.principals, &request, &graph.symbols);
        of_principal.and(actions_match(&statement.actions, action)).is_true()
    };
    statement.effect == Effect::Deny && is_bare && callers.iter().any(speaks)
}
