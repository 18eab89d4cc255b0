//! AWS principals: strangers, other accounts, the own account, members of the organization.

use super::Unwanted;
use super::bench::{Bench, Question, arn_part};
use super::keys::{self, Keys, absent, bool_or_none, chosen, chosen_list, perhaps, tests};
use crate::identity::witness::Refused;
use crate::policy::{Carried, Domain, PrincipalKind, evaluate, same_key};
use crate::value::{Form, Format, SymbolId, Text, Truth, compare, conforms, marks};

pub(super) const ASSUME: &str = "sts:AssumeRole";
const TAG: &str = "sts:TagSession";
const SET_IDENTITY: &str = "sts:SetSourceIdentity";

/// Who calls, as far as the classes tell callers apart.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) account: Text,
    /// The ways to write the ARN of the role or user.
    pub(super) names: Vec<Text>,
    /// The forms of its ARN, where it chooses its name.
    pub(super) arns: Vec<Form>,
    pub(super) organization: Domain,
}

/// Asks the classes of AWS principals, where a policy speaks of any.
pub(super) fn ask(bench: &mut Bench<'_>) {
    let named = bench.named(PrincipalKind::Aws);
    if named.is_empty() && !bench.is_open_to(PrincipalKind::Aws) {
        return;
    }
    unrelated(bench);
    other_of_account(bench);
    organization(bench);
    for principal in &named {
        trusted(bench, &principal.value);
    }
}

/// A principal of an account that has nothing to do with this one: it chooses whatever a caller can choose.
fn unrelated(bench: &mut Bench<'_>) {
    let caller = stranger(bench);
    let mut best = Vec::new();
    for actions in variants(bench) {
        let keys = keys_of(bench, &caller, &actions);
        let assumes = vec![
            "the account is none that the template names, and its owner knows what the policy asks for".to_owned(),
        ];
        bench.ask(question("account/unrelated", &caller, actions, keys, Unwanted::Always, assumes));
        best.extend(bench.answers.pop());
        if best.last().is_some_and(|answer| answer.answer.truth.is_true()) {
            break;
        }
    }
    let truth = Truth::any(best.iter().map(|answer| answer.answer.truth));
    if let Some(mut found) = best.into_iter().find(|answer| answer.answer.truth == truth) {
        named_by_itself(bench, &mut found.answer.request);
        bench.answers.push(found);
    }
    let keys = keys_of(bench, &caller, &[ASSUME]);
    let plain = ["sts:ExternalId", "aws:UserAgent", "aws:Referer"].map(|name| keys::key(name, absent()));
    let keys = keys::with(keys, plain, &bench.clerk.symbols);
    let keys = keys::with(keys, [keys::key("sts:RoleSessionName", keys::unknown("the caller"))], &bench.clerk.symbols);
    let assumes = vec!["the account is none that the template names".to_owned()];
    bench.ask(question("account/unrelated/plain", &caller, vec![ASSUME], keys, Unwanted::ByRule, assumes));
    if let Some(mut last) = bench.answers.pop() {
        named_by_itself(bench, &mut last.answer.request);
        bench.answers.push(last);
    }
}

/// A stranger who chose the name of its role asks under that name.
fn named_by_itself(bench: &Bench<'_>, request: &mut crate::policy::Request) {
    let Some(Carried::One(arn)) = request.get("aws:PrincipalArn").cloned() else { return };
    let mut named = request.clone();
    named.principal.1 = arn;
    let of = |request| evaluate(bench.policy, request, &bench.clerk.symbols).truth;
    if of(&named) == of(request) {
        *request = named;
    }
}

/// The actions with which a policy may be met: with tags or a source identity where it asks for them.
fn variants(bench: &Bench<'_>) -> Vec<Vec<&'static str>> {
    let asks = |prefixes: &[&str]| {
        tests(bench.policy).filter_map(|test| test.key.as_known()).any(|key| {
            let key = key.to_ascii_lowercase();
            prefixes.iter().any(|prefix| key.starts_with(prefix))
        })
    };
    let tags = asks(&["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"]);
    let identity = asks(&["sts:sourceidentity"]);
    let mut variants = vec![vec![ASSUME]];
    if tags {
        variants.push(vec![ASSUME, TAG]);
    }
    if identity {
        variants.push(vec![ASSUME, SET_IDENTITY]);
    }
    if tags && identity {
        variants.push(vec![ASSUME, TAG, SET_IDENTITY]);
    }
    variants
}

/// Somebody whose account, role and organization nobody else has.
fn stranger(bench: &mut Bench<'_>) -> Caller {
    let account = bench.clerk.account();
    let organization = other_organization(bench);
    caller_of(bench, Text::symbol(account), organization)
}

/// A role of an account, of which only the account is known.
fn caller_of(bench: &mut Bench<'_>, account: Text, organization: Domain) -> Caller {
    let name = bench.clerk.letter("role", "{aA9_+=,.@-}");
    let partition = bench.arn_part(1);
    let front = |partition: &Text| Text::join([&Text::known("arn:"), partition, &Text::known(":iam::"), &account]);
    let arn = |partition| Text::join([&front(partition), &Text::known(":role/"), &Text::symbol(name)]);
    // Where the partition is not known, a policy may take the commercial one for granted.
    let mut partitions = vec![partition];
    if partitions[0].as_known().is_none() {
        partitions.push(Text::known("aws"));
    }
    let arns = partitions.iter().filter_map(|partition| form_of_role(&front(partition), name)).collect();
    let names = partitions.iter().map(arn).collect();
    Caller { arns, names, account, organization }
}

fn form_of_role(front: &Text, name: SymbolId) -> Option<Form> {
    Some(Form::new(":role/<{aA9_+=,.@/-}>").with_letters(&[name]).after(&marks(front)?))
}

/// No organization, or another one.
fn other_organization(bench: &mut Bench<'_>) -> Domain {
    let other = Text::symbol(bench.clerk.letter("organization", "o-{a9}"));
    Domain::OneOf(vec![None, Some(Carried::One(other))])
}

/// The organization of the role's account: one that the policy names, else one of which only the form is known.
fn own_organization(bench: &mut Bench<'_>) -> Domain {
    let key = Text::known("aws:PrincipalOrgID");
    let values = bench.tests_on(&key).flat_map(|test| test.values.iter().map(|(value, _)| value));
    let is_plain = |value: &&Text| value.as_known().is_none_or(|text| !text.contains(['*', '?', '$']));
    let mut own: Vec<Option<Carried>> =
        values.filter(is_plain).map(|value| Some(Carried::One(value.clone()))).collect();
    if own.is_empty() {
        let symbol = bench.clerk.ours("the organization", "o-{a9}", "o-exampleorgid");
        own.push(Some(Carried::One(Text::symbol(symbol))));
    }
    Domain::OneOf(own)
}

/// Another principal of the role's own account.
fn other_of_account(bench: &mut Bench<'_>) {
    let organization = own_organization(bench);
    let account = bench.arn_part(4);
    let caller = caller_of(bench, account, organization);
    let keys = keys_of(bench, &caller, &[ASSUME]);
    let assumes = vec!["an identity policy lets the principal call sts:AssumeRole on the role".to_owned()];
    bench.ask(question("account/same/other-principal", &caller, vec![ASSUME], keys, Unwanted::ByRule, assumes));
}

/// Another account of the role's organization, where the policy speaks of organizations.
fn organization(bench: &mut Bench<'_>) {
    let asks = tests(bench.policy).filter_map(|test| test.key.as_known());
    if !asks.into_iter().any(|key| key.to_ascii_lowercase().starts_with("aws:principalorg")) {
        return;
    }
    let organization = own_organization(bench);
    let account = Text::symbol(bench.clerk.account());
    let caller = caller_of(bench, account, organization);
    let keys = keys_of(bench, &caller, &[ASSUME]);
    let assumes = vec!["the account is another one of the organization".to_owned()];
    bench.ask(question("account/organization-member", &caller, vec![ASSUME], keys, Unwanted::ByRule, assumes));
}

/// The account or the principal that a policy names.
fn trusted(bench: &mut Bench<'_>, principal: &Text) {
    let Some(caller) = named_caller(bench, principal) else { return };
    let is_own = compare(&caller.account, &bench.arn_part(4), &bench.clerk.symbols);
    let keys = keys_of(bench, &caller, &[ASSUME]);
    let external = Text::known("sts:ExternalId");
    let own_ids = bench.own_values(&external);
    if !is_own.is_true() {
        let mut assumes = vec!["the account asks on behalf of somebody else".to_owned()];
        if !is_own.is_false() {
            assumes.push("the account is not the role's own".to_owned());
        }
        let letter = bench.clerk.letter("external-id", EXTERNAL_ID);
        let wrong = external_id().whole().with_letters(&[letter]).but(own_ids);
        let wrong = chosen(wrong, false);
        let asked = [
            ("no-external-id", absent()),
            ("wrong-external-id", wrong),
            ("any-external-id", chosen(external_id(), false)),
        ];
        for (class, domain) in asked {
            let keys = keys::with(keys.clone(), [(external.clone(), domain)], &bench.clerk.symbols);
            let class = format!("account/trusted/{class}");
            bench.ask(question(&class, &caller, vec![ASSUME], keys, Unwanted::ByRule, assumes.clone()));
        }
    } else {
        let assumes = vec!["an identity policy lets the principal call sts:AssumeRole on the role".to_owned()];
        bench.ask(question("account/same/named", &caller, vec![ASSUME], keys.clone(), Unwanted::ByRule, assumes));
    }
    let mfa = ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"].map(|name| keys::key(name, absent()));
    let keys = keys::with(keys, mfa, &bench.clerk.symbols);
    let assumes = vec![
        "the caller has long-term keys, so that its requests do not say whether there was a second factor".to_owned(),
    ];
    bench.ask(question("account/long-term-keys", &caller, vec![ASSUME], keys, Unwanted::ByRule, assumes));
}

/// The form of external ids (STS API, externalIdType).
const EXTERNAL_ID: &str = "{aA9_+=,.@:/-}{aA9_+=,.@:/-}";

fn external_id() -> Form {
    Form::new(EXTERNAL_ID)
}

/// Somebody whom a principal of a policy speaks of.
pub(super) fn named_caller(bench: &mut Bench<'_>, principal: &Text) -> Option<Caller> {
    if matches!(principal, Text::Any(_)) {
        return None;
    }
    let organization = other_organization(bench);
    let is_number = conforms(principal, &Format::new("{9}", "111122223333"), &bench.clerk.symbols);
    if is_number {
        return Some(caller_of(bench, principal.clone(), organization));
    }
    let (account, rest) = (arn_part(principal, 4), arn_part(principal, 5));
    if rest.as_known() == Some("root") {
        return Some(caller_of(bench, account, organization));
    }
    Some(Caller { account, names: vec![principal.clone()], arns: Vec::new(), organization })
}

pub(super) fn question(
    class: &str,
    caller: &Caller,
    actions: Vec<&'static str>,
    keys: Keys,
    unwanted: Unwanted,
    assumes: Vec<String>,
) -> Question {
    Question {
        class: class.to_owned(),
        principals: (PrincipalKind::Aws, caller.names.clone()),
        actions,
        keys,
        unwanted,
        assumes,
        refused: Refused::No,
        doubt: None,
    }
}

/// What a signed call carries (IAM User Guide, global condition keys; STS API, AssumeRole).
pub(super) fn keys_of(bench: &mut Bench<'_>, caller: &Caller, actions: &[&str]) -> Keys {
    let own_organization = own_organization(bench);
    let mut keys = keys::of_every_call();
    let one = |text: &str| Domain::known(text);
    let arn = match caller.arns.as_slice() {
        [] => caller.names.first().map_or_else(perhaps, |name| Domain::one(name.clone())),
        forms => Domain::Text { forms: forms.to_vec(), optional: false },
    };
    keys.extend([
        keys::key("aws:PrincipalAccount", Domain::one(caller.account.clone())),
        keys::key("aws:PrincipalArn", arn),
        keys::key("aws:PrincipalOrgID", caller.organization.clone()),
        keys::key("aws:ResourceAccount", Domain::one(bench.arn_part(4))),
        keys::key("aws:ResourceOrgID", first(&own_organization)),
        keys::key("aws:PrincipalIsAWSService", one("false")),
        keys::key("aws:ViaAWSService", one("false")),
        keys::key("aws:MultiFactorAuthPresent", bool_or_none()),
        keys::key("aws:MultiFactorAuthAge", chosen(Form::any(), true)),
        // One that only the deployment knows is of the form that STS asks for.
        keys::key("sts:ExternalId", chosen(Form::any(), true)),
        keys::key("aws:RequestedRegion", chosen(Form::new("{a9-}"), false)),
    ]);
    let with_tags = actions.contains(&TAG);
    keys.extend(tags(bench, with_tags));
    if actions.contains(&SET_IDENTITY) {
        keys.push(keys::key("sts:SourceIdentity", chosen(Form::new("{aA9_+=,.@-}{aA9_+=,.@-}"), false)));
    }
    let mut never =
        vec!["aws:sourcearn", "aws:sourceaccount", "aws:sourceorg", "aws:principalservice", "sts:sourceidentity"];
    never.extend(["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"]);
    keys::with_asked(keys, bench.policy, &never, &bench.clerk.symbols)
}

fn first(domain: &Domain) -> Domain {
    match domain {
        Domain::OneOf(several) => several.first().cloned().map_or_else(perhaps, Domain::Exactly),
        other => other.clone(),
    }
}

/// The tags that a policy asks for: a caller chooses those of its own role, and where it may tag the session,
/// those too.
fn tags(bench: &Bench<'_>, of_session: bool) -> Keys {
    let mut keys: Keys = Vec::new();
    for key in tests(bench.policy).map(|test| &test.key) {
        let name = key.as_known().unwrap_or_default().to_ascii_lowercase();
        let is_new = !keys.iter().any(|(own, _)| same_key(own, key, &bench.clerk.symbols).is_true());
        let domain = match () {
            () if name.starts_with("aws:principaltag/") => chosen(Form::any(), true),
            () if name.starts_with("aws:requesttag/") && of_session => chosen(Form::any(), true),
            () if ["aws:tagkeys", "sts:transitivetagkeys"].contains(&name.as_str()) && of_session => chosen_list(),
            () => continue,
        };
        if is_new {
            keys.push((key.clone(), domain));
        }
    }
    keys
}
