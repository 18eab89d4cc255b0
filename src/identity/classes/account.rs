//! AWS principals: strangers, other accounts, the own account, members of the organization.

use super::Unwanted;
use super::bench::{Bench, Question};
use super::caller::{
    ASSUME, Caller, SET_IDENTITY, TAG, callers_of, external_ids, keys_of, named_callers, other_organization,
    own_organization, settle, strangers, wrong_external_id,
};
use super::keys::{self, Keys, absent, chosen};
use crate::identity::witness::Refused;
use crate::policy::{Carried, Domain, PrincipalKind, asked_keys};
use crate::value::{Form, Piece, Text, Truth, compare};

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

/// A class of AWS principals.
pub(super) struct Class<'c> {
    pub(super) name: &'c str,
    /// What must be allowed in one call: one of these.
    pub(super) actions: &'c [&'c [&'static str]],
    /// What it carries otherwise than every call of such callers.
    pub(super) keys: &'c Keys,
    pub(super) unwanted: Unwanted,
    pub(super) assumes: &'c [&'c str],
}

/// Asks a class of several callers: one of them who gets in is enough.
pub(super) fn ask_of(bench: &mut Bench<'_>, callers: &[Caller], class: &Class<'_>) {
    let from = bench.answers.len();
    'all: for caller in callers {
        for actions in class.actions {
            let keys = keys_of(bench, caller, actions);
            let keys = keys::with(keys, class.keys.iter().cloned(), &bench.clerk.symbols);
            bench.ask(question(class, caller, actions.to_vec(), keys));
            let Some(mut answer) = bench.answers.pop() else { continue };
            settle(bench, caller, &mut answer);
            for key in ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"] {
                in_organization(bench, class, &mut answer.assumes, answer.answer.request.get(key));
            }
            let is_in = answer.answer.truth.is_true();
            bench.answers.push(answer);
            if is_in {
                break 'all;
            }
        }
    }
    bench.keep_one(from);
}

/// Says so where a caller is taken to be in the organization that the policy names.
fn in_organization(bench: &Bench<'_>, class: &Class<'_>, assumes: &mut Vec<String>, carried: Option<&Carried>) {
    let carried = match carried {
        Some(Carried::One(id)) => std::slice::from_ref(id),
        Some(Carried::Many(paths)) => paths,
        _ => return,
    };
    let is_fresh = |piece: &Piece| matches!(piece, Piece::Symbol(id) if bench.clerk.symbols.facts(*id).fresh);
    let is_other = |text: &Text| text.pieces().is_some_and(|pieces| pieces.iter().any(is_fresh));
    let assumption = "the account is in the organization that the policy names";
    let is_new = !assumes.iter().any(|own| own == assumption);
    if is_new && class.name.starts_with("account/trusted/") && carried.iter().any(|text| !is_other(text)) {
        assumes.push(assumption.to_owned());
    }
}

/// A principal of an account that has nothing to do with this one: it chooses whatever a caller can choose.
fn unrelated(bench: &mut Bench<'_>) {
    let (mut callers, variants) = (strangers(bench), variants(bench));
    if asks(bench, &["aws:resourceorg"]) {
        // That is compared with the caller's own organization, so each of these is asked by itself.
        callers = callers.iter().flat_map(one_by_one).collect();
    }
    let mut assumes = vec!["the account is none that the template names, and its owner knows what the policy asks for"];
    assumes.extend(where_and_when(bench));
    // Whoever may choose the account may choose from where and when to ask, too.
    let open = open(&["aws:SourceIp", "aws:CurrentTime", "aws:EpochTime"]);
    let class = Class {
        name: "account/unrelated",
        actions: &variants.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        keys: &open,
        unwanted: Unwanted::Always,
        assumes: &assumes,
    };
    ask_of(bench, &callers, &class);
    let mut plain: Keys =
        ["sts:ExternalId", "aws:UserAgent", "aws:Referer"].map(|name| keys::key(name, absent())).into();
    plain.push(keys::key("sts:RoleSessionName", keys::unknown("the caller")));
    let class = Class {
        name: "account/unrelated/plain",
        actions: PLAIN,
        keys: &plain,
        unwanted: Unwanted::ByRule,
        assumes: &["the account is none that the template names"],
    };
    ask_of(bench, &callers, &class);
}

/// Keys that a caller gives whatever a policy asks for.
fn open(keys: &[&str]) -> Keys {
    keys.iter().map(|name| keys::key(name, chosen(Form::any(), true))).collect()
}

/// What is taken for granted of a caller who chooses from where and when to ask.
fn where_and_when(bench: &Bench<'_>) -> impl Iterator<Item = &'static str> {
    let address = asks(bench, &["aws:sourceip"]).then_some("the call comes from an address that the policy allows");
    let time = asks(bench, &TIMES).then_some("the call is made at a time that the policy allows");
    address.into_iter().chain(time)
}

/// A caller for each organization that it may be in.
fn one_by_one(caller: &Caller) -> Vec<Caller> {
    let Domain::OneOf(ids) = &caller.organization.id else { return vec![caller.clone()] };
    let in_one = |id: &Option<Carried>| {
        let mut one = caller.clone();
        one.organization.id = Domain::Exactly(id.clone());
        one
    };
    ids.iter().map(in_one).collect()
}

/// Keys that hold the time of a call, in lower case.
const TIMES: [&str; 2] = ["aws:currenttime", "aws:epochtime"];

/// Whether a policy asks for a key that begins with one of these.
fn asks(bench: &Bench<'_>, prefixes: &[&str]) -> bool {
    asked_keys(bench.policy).iter().filter_map(Text::as_known).any(|key| {
        let key = key.to_ascii_lowercase();
        prefixes.iter().any(|prefix| key.starts_with(prefix))
    })
}

/// The actions with which a policy may be met: with tags or a source identity where it asks for them.
fn variants(bench: &Bench<'_>) -> Vec<Vec<&'static str>> {
    let tags = asks(bench, &["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"]);
    let identity = asks(bench, &["sts:sourceidentity"]);
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

const LET_CALL: &str = "an identity policy lets the principal call sts:AssumeRole on the role";

/// Another principal of the role's own account.
fn other_of_account(bench: &mut Bench<'_>) {
    let (organization, account) = (own_organization(bench), bench.arn_part(4));
    let callers = callers_of(bench, &account, &organization);
    ask_of(bench, &callers, &by_rule("account/same/other-principal", &Vec::new(), &[LET_CALL]));
}

/// Another account of the role's organization, where the policy speaks of organizations.
fn organization(bench: &mut Bench<'_>) {
    let asked = asked_keys(bench.policy);
    let mut names = asked.iter().filter_map(Text::as_known);
    if !names.any(|key| key.to_ascii_lowercase().starts_with("aws:principalorg")) {
        return;
    }
    let organization = own_organization(bench);
    let account = Text::symbol(bench.clerk.account());
    let callers = callers_of(bench, &account, &organization);
    let assumes = ["the account is another one of the organization"];
    ask_of(bench, &callers, &by_rule("account/organization-member", &Vec::new(), &assumes));
    factors(bench, &callers, &assumes);
}

/// A class of plain calls that only rules ask for.
fn by_rule<'c>(name: &'c str, keys: &'c Keys, assumes: &'c [&'c str]) -> Class<'c> {
    Class { name, actions: PLAIN, keys, unwanted: Unwanted::ByRule, assumes }
}

const PLAIN: &[&[&str]] = &[&[ASSUME]];

/// The account or the principal that a policy names.
fn trusted(bench: &mut Bench<'_>, principal: &Text) {
    let callers = named_callers(bench, principal);
    let Some(caller) = callers.first() else { return };
    let is_own = compare(&caller.account, &bench.arn_part(4), &bench.clerk.symbols);
    if is_own.is_true() {
        ask_of(bench, &callers, &by_rule("account/same/named", &Vec::new(), &[LET_CALL]));
    } else {
        external(bench, &callers, is_own);
    }
    factors(bench, &callers, &[]);
}

/// Callers without a second factor: of a user's access keys no key says so, of a session there is one that does (IAM User
/// Guide, `aws:MultiFactorAuthPresent`).
fn factors(bench: &mut Bench<'_>, callers: &[Caller], assumes: &[&str]) {
    let [present, age] = ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"];
    let none = [present, age].map(|name| keys::key(name, absent())).into();
    let keys_alone = "the caller has long-term keys, so that its requests do not say whether there was a second factor";
    // Roles have no such keys.
    let users: Vec<Caller> = callers.iter().filter(|caller| !caller.is_role()).cloned().collect();
    ask_of(bench, &users, &by_rule("account/long-term-keys", &none, &[assumes, &[keys_alone]].concat()));
    let without = vec![keys::key(present, Domain::known("false")), keys::key(age, absent())];
    let temporary = "the caller has temporary credentials, and got them without a second factor";
    ask_of(bench, callers, &by_rule("account/single-factor", &without, &[assumes, &[temporary]].concat()));
}

/// What says from where and when an account asks.
const OF_DEPUTY: [&str; 6] =
    ["aws:SourceIp", "aws:VpcSourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:CurrentTime", "aws:EpochTime"];

/// Another account that asks with a right external id, a wrong one or none.
fn external(bench: &mut Bench<'_>, callers: &[Caller], is_own: Truth) {
    let mut assumes = vec!["the account asks on behalf of somebody else"];
    if !is_own.is_false() {
        assumes.push("the account is not the role's own");
    }
    // A deputy has what its customer asks of it, whomever it works for.
    assumes.extend(where_and_when(bench));
    let variants = variants(bench);
    let actions: Vec<&[&'static str]> = variants.iter().map(Vec::as_slice).collect();
    let name = Text::known("sts:ExternalId");
    let wrong = wrong_external_id(bench);
    let asked = [
        ("account/trusted/no-external-id", absent()),
        ("account/trusted/wrong-external-id", chosen(wrong, false)),
        ("account/trusted/any-external-id", Domain::Text { forms: external_ids(bench), optional: false }),
    ];
    for (class, domain) in asked {
        let mut keys = open(&OF_DEPUTY);
        keys.push((name.clone(), domain));
        ask_of(bench, callers, &Class { actions: &actions, ..by_rule(class, &keys, &assumes) });
    }
    if asks(bench, &["aws:principalorg"]) {
        // The same account outside of the organization that the policy names.
        let organization = other_organization(bench);
        let mut outside = callers.to_vec();
        outside.iter_mut().for_each(|caller| caller.organization = organization.clone());
        let keys = vec![(name, Domain::Text { forms: external_ids(bench), optional: false })];
        let assumes = ["the account is not in the organization that the policy names"];
        ask_of(bench, &outside, &by_rule("account/trusted/outside-organization", &keys, &assumes));
    }
}

fn question(class: &Class<'_>, caller: &Caller, actions: Vec<&'static str>, keys: Keys) -> Question {
    Question {
        class: class.name.to_owned(),
        principals: (PrincipalKind::Aws, caller.names.clone()),
        actions,
        keys,
        unwanted: class.unwanted,
        assumes: class.assumes.iter().map(|sentence| (*sentence).to_owned()).collect(),
        refused: Refused::No,
        doubt: None,
    }
}
