//! Who signs a call to STS, and what the call carries for it.

use super::ClassAnswer;
use super::bench::{Bench, arn_part};
use super::keys::{self, Keys, absent, bool_or_none, chosen, chosen_list, perhaps};
use super::subject::beginning_with;
use crate::identity::arn::cut;
use crate::policy::{Carried, Domain, PrincipalKind, Request, asked_keys, evaluate, same_key};
use crate::value::{Form, Format, Mark, Pattern, Piece, SymbolId, Text, Truth, Why, compare, conforms, marks};

pub(super) const ASSUME: &str = "sts:AssumeRole";
pub(super) const TAG: &str = "sts:TagSession";
pub(super) const SET_IDENTITY: &str = "sts:SetSourceIdentity";

/// Who calls, as far as the classes tell callers apart.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) account: Text,
    /// The ways to write the ARN of who asks.
    pub(super) names: Vec<Text>,
    /// The forms of `aws:PrincipalArn`, where that is not the first of the names.
    pub(super) arns: Vec<Form>,
    pub(super) organization: Organization,
    /// Whether only its account is given, so that it may ask under any name there.
    pub(super) is_anyone: bool,
    /// The name of its session, where it asks as one.
    session: Option<Text>,
    kind: Kind,
}

/// The kinds of callers (IAM User Guide, global condition keys, `aws:PrincipalType` and `aws:username`).
#[derive(Clone, Debug)]
enum Kind {
    /// A role, or one of its sessions.
    Role,
    /// A user of this name, or one who chose it.
    User(Text),
    /// Another one, or nobody knows.
    Other,
}

impl Caller {
    /// Whether it is a role, or a session of one.
    pub(super) fn is_role(&self) -> bool {
        matches!(self.kind, Kind::Role)
    }
}

/// What a call says of the caller's organization.
#[derive(Clone, Debug)]
pub(super) struct Organization {
    pub(super) id: Domain,
    pub(super) paths: Domain,
}

/// What names of roles and users consist of (IAM API, roleNameType and userNameType).
const NAME: &str = "{aA9_+=,.@-}";
/// The same for a user who has chosen a name that sessions may have too.
const USER: &str = "{aA9_+=,.@-}{aA9_+=,.@-}";

/// Somebody whose account, name and organization nobody else has: a role, and a user. Where a test gives some digits of
/// an account only, accounts that have them are others' too.
pub(super) fn strangers(bench: &mut Bench<'_>) -> Vec<Caller> {
    let account = bench.clerk.account();
    let organization = other_organization(bench);
    let mut strangers = callers_of(bench, &Text::symbol(account), &organization);
    // Where accounts are named, one that was made up might be one of them that only the deployment knows.
    let trusts_all = bench.is_open_to(PrincipalKind::Aws);
    for account in if trusts_all { accounts_inside(bench) } else { Vec::new() } {
        strangers.extend(callers_of(bench, &account, &organization));
    }
    strangers
}

/// An account inside of each pattern for accounts that gives some of their digits.
fn accounts_inside(bench: &Bench<'_>) -> Vec<Text> {
    let arns = bench.values_on(&Text::known("aws:PrincipalArn"));
    let in_arns = arns.iter().filter_map(|arn| arn.split(|mark| *mark == Mark::Char(':')).nth(4));
    let accounts = bench.values_on(&Text::known("aws:PrincipalAccount"));
    let patterns: Vec<&[Mark]> = in_arns.chain(accounts.iter().map(Vec::as_slice)).collect();
    let own = bench.arn_part(4);
    let is_named = |account: &str| {
        own.as_known() == Some(account)
            || patterns.iter().any(|pattern| pattern.iter().copied().eq(account.chars().map(Mark::Char)))
    };
    let inside = |pattern: &&[Mark]| {
        ['7', '6', '8']
            .into_iter()
            .find_map(|filler| account_inside(pattern, filler).filter(|account| !is_named(account)))
    };
    let mut inside: Vec<String> = patterns.iter().filter_map(inside).collect();
    inside.dedup();
    inside.into_iter().take(MOST_ACCOUNTS).map(Text::known).collect()
}

/// Accounts inside of patterns that are tried.
const MOST_ACCOUNTS: usize = 8;

/// The twelve digits that a pattern gives in part, the others being this one.
fn account_inside(pattern: &[Mark], filler: char) -> Option<String> {
    let is_digit = |mark: &Mark| matches!(mark, Mark::Char(c) if c.is_ascii_digit());
    let is_pattern = pattern.iter().any(is_digit) && !pattern.iter().all(is_digit);
    let missing = 12_usize.checked_sub(pattern.iter().filter(|mark| **mark != Mark::Run).count())?;
    let (mut account, mut left) = (String::new(), missing);
    for mark in pattern {
        match mark {
            Mark::Char(c) if c.is_ascii_digit() => account.push(*c),
            Mark::One => account.push(filler),
            Mark::Run => account.extend(std::iter::repeat_n(filler, std::mem::take(&mut left))),
            Mark::Char(_) | Mark::Symbol(_) => return None,
        }
    }
    (is_pattern && account.len() == 12).then_some(account)
}

/// A role and a user of an account, of which only the account is known.
pub(super) fn callers_of(bench: &mut Bench<'_>, account: &Text, organization: &Organization) -> Vec<Caller> {
    let partition = bench.arn_part(1);
    // Where the partition is not known, a policy may take the commercial one for granted.
    let mut partitions = vec![partition];
    if partitions[0].as_known().is_none() {
        partitions.push(Text::known("aws"));
    }
    let front = |partition: &Text| Text::join([&Text::known("arn:"), partition, &Text::known(":iam::"), account]);
    let fronts: Vec<Text> = partitions.iter().map(front).collect();
    let letters = [("role", bench.clerk.letter("role", NAME)), ("user", bench.clerk.letter("user", USER))];
    let caller = |(kind, name): (&str, SymbolId)| {
        let named = |front: &Text| Text::join([front, &Text::known(format!(":{kind}/")), &Text::symbol(name)]);
        let form = |front: &Text| {
            let form = Form::new(&format!(":{kind}/<{{aA9_+=,.@/-}}>")).with_letters(&[name]);
            Some(form.after(&marks(front)?))
        };
        Caller {
            account: account.clone(),
            names: fronts.iter().map(named).collect(),
            arns: fronts.iter().filter_map(form).collect(),
            organization: organization.clone(),
            is_anyone: true,
            session: None,
            kind: if kind == "user" { Kind::User(Text::symbol(name)) } else { Kind::Role },
        }
    };
    letters.into_iter().map(caller).collect()
}

/// Somebody whom a principal of a policy speaks of; nobody where it is no name.
pub(super) fn named_callers(bench: &mut Bench<'_>, principal: &Text) -> Vec<Caller> {
    let pieces = principal.pieces().unwrap_or_default();
    // A wildcard stands for no part of a name (IAM User Guide, Principal element).
    let is_wild = |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains(['*', '?']));
    if pieces.is_empty() || pieces.iter().any(is_wild) {
        return Vec::new();
    }
    let is_number = conforms(principal, &Format::new("{9}", "111122223333"), &bench.clerk.symbols);
    let is_arn = matches!(pieces.first(), Some(Piece::Literal(text)) if text.starts_with("arn:"));
    let (account, rest) = match () {
        () if is_number => (principal.clone(), Text::known("root")),
        () if is_arn => (arn_part(principal, 4), arn_part(principal, 5)),
        () => (Text::Any(Why::Deployment("whose principal it is".into())), Text::known("")),
    };
    let organization = organization_of(bench, &account);
    if rest.as_known() == Some("root") {
        return callers_of(bench, &account, &organization);
    }
    let (arns, kind) = who(principal, &rest);
    vec![Caller { account, names: vec![principal.clone()], arns, organization, is_anyone: false, session: None, kind }]
}

/// A session of a caller that is a role; nothing for users.
pub(super) fn session_of(bench: &mut Bench<'_>, caller: &Caller) -> Option<Caller> {
    if !matches!(caller.kind, Kind::Role) {
        return None;
    }
    let is_session = |name: &Text| arn_part(name, 2).as_known() == Some("sts");
    if caller.names.iter().any(is_session) {
        return Some(caller.clone());
    }
    let session = Text::symbol(bench.clerk.letter("session", USER));
    let names = caller.names.iter().map(|role| session_arn(role, &session)).collect();
    let exactly = |name: &Text| Some(Form::new("").after(&marks(name)?));
    let arns = match caller.arns.as_slice() {
        [] => caller.names.iter().filter_map(exactly).collect(),
        arns => arns.to_vec(),
    };
    Some(Caller { names, arns, session: Some(session), ..caller.clone() })
}

/// The ARN of a session of a role: it has the role's name without its path.
fn session_arn(role: &Text, session: &Text) -> Text {
    let (partition, account, name) = (arn_part(role, 1), arn_part(role, 4), last_part(&arn_part(role, 5)));
    let fixed = ["arn:", ":sts::", ":assumed-role/", "/"].map(Text::known);
    Text::join([&fixed[0], &partition, &fixed[1], &account, &fixed[2], &name, &fixed[3], session])
}

/// The kind of a named principal, and the forms of its `aws:PrincipalArn` where that is another ARN: for a session
/// that of its role, with the path that the session's ARN lacks (IAM User Guide, global condition keys,
/// `aws:PrincipalArn`).
fn who(principal: &Text, rest: &Text) -> (Vec<Form>, Kind) {
    let pieces = rest.pieces().unwrap_or_default();
    let Some(Piece::Literal(first)) = pieces.first() else { return (Vec::new(), Kind::Other) };
    let after = |start: &str| {
        let literal = first.strip_prefix(start).map(|rest| Piece::Literal(rest.into()));
        literal.map(|literal| Text::from_pieces(std::iter::once(literal).chain(pieces.iter().skip(1).cloned())))
    };
    if after("role/").is_some() {
        return (Vec::new(), Kind::Role);
    }
    if let Some(name) = after("user/") {
        return (Vec::new(), Kind::User(last_part(&name)));
    }
    let role = after("assumed-role/").map(|session| first_part(&session));
    let (Some(role), Some(front)) = (role, iam_front(principal)) else { return (Vec::new(), Kind::Other) };
    let forms = [":role/", ":role/{aA9_+=,.@/-}/"].iter().filter_map(|path| {
        let front = Form::new(path).after(&marks(&front)?);
        Some(front.then(&Form::new("").after(&marks(&role)?)))
    });
    (forms.collect(), Kind::Role)
}

/// `arn:PARTITION:iam::ACCOUNT` of an ARN of STS.
fn iam_front(principal: &Text) -> Option<Text> {
    let (partition, account) = (arn_part(principal, 1), arn_part(principal, 4));
    Some(Text::join([&Text::known("arn:"), &partition, &Text::known(":iam::"), &account]))
}

/// What stands before the first slash.
fn first_part(text: &Text) -> Text {
    let pieces = text.pieces().unwrap_or_default();
    cut(&pieces, '/').map_or_else(|| text.clone(), |(first, _)| Text::from_pieces(first))
}

/// What stands behind the last slash.
fn last_part(text: &Text) -> Text {
    let mut rest = text.pieces().unwrap_or_default();
    while let Some((_, after)) = cut(&rest, '/') {
        rest = after;
    }
    Text::from_pieces(rest)
}

/// No organization, or another one.
pub(super) fn other_organization(bench: &mut Bench<'_>) -> Organization {
    let symbol = bench.clerk.letter("organization", "o-{a9}");
    let other = Some(Carried::One(Text::symbol(symbol)));
    let own = own_paths(bench, "aws:PrincipalOrgPaths");
    Organization { id: Domain::OneOf(vec![None, other]), paths: keys::paths_of(symbol, &own) }
}

/// All paths in the organizations that the values on a key name, and in the role's own one.
pub(super) fn own_paths(bench: &mut Bench<'_>, key: &str) -> Vec<Pattern> {
    let mut own = bench.own_paths(key);
    let ids = own_ids(bench);
    let ids = ids.iter().flatten().filter_map(|id| if let Carried::One(id) = id { marks(id) } else { None });
    own.extend(ids.map(|id| beginning_with(&id, '/')));
    own
}

/// The organization of the role's account: one that the policy names, else one of which only the form is known.
pub(super) fn own_organization(bench: &mut Bench<'_>) -> Organization {
    Organization { id: Domain::OneOf(own_ids(bench)), paths: perhaps() }
}

fn own_ids(bench: &mut Bench<'_>) -> Vec<Option<Carried>> {
    let key = Text::known("aws:PrincipalOrgID");
    let values = bench.tests_on(&key).flat_map(|test| test.values.iter().map(|(value, _)| value));
    let is_plain = |value: &&Text| value.as_known().is_none_or(|text| !text.contains(['*', '?', '$']));
    let mut own: Vec<Option<Carried>> =
        values.filter(is_plain).map(|value| Some(Carried::One(value.clone()))).collect();
    if own.is_empty() {
        let symbol = bench.clerk.ours("the organization", "o-{a9}", "o-exampleorgid");
        own.push(Some(Carried::One(Text::symbol(symbol))));
    }
    own
}

/// The organization of an account that a policy names: none, its own or another one; that of the role's account
/// for this very account.
fn organization_of(bench: &mut Bench<'_>, account: &Text) -> Organization {
    let is_own = compare(account, &bench.arn_part(4), &bench.clerk.symbols);
    let mut ids = vec![None];
    ids.extend(own_ids(bench));
    if !is_own.is_true() {
        let Organization { id: Domain::OneOf(others), .. } = other_organization(bench) else {
            return own_organization(bench);
        };
        ids.extend(others.into_iter().flatten().map(Some));
    }
    let is_asked = bench.tests_on(&Text::known("aws:PrincipalOrgPaths")).next().is_some();
    Organization { id: Domain::OneOf(ids), paths: if is_asked { keys::any_path() } else { perhaps() } }
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
    let (kind, user) = match &caller.kind {
        Kind::Role => (one("AssumedRole"), absent()),
        Kind::User(name) => (one("User"), user_name(caller, name)),
        Kind::Other => (perhaps(), perhaps()),
    };
    keys.extend([
        keys::key("aws:PrincipalAccount", Domain::one(caller.account.clone())),
        keys::key("aws:PrincipalArn", arn),
        keys::key("aws:PrincipalType", kind),
        keys::key("aws:username", user),
        keys::key("aws:PrincipalOrgID", caller.organization.id.clone()),
        keys::key("aws:PrincipalOrgPaths", caller.organization.paths.clone()),
        keys::key("aws:ResourceAccount", Domain::one(bench.arn_part(4))),
        keys::key("aws:ResourceOrgID", first(&own_organization.id)),
        keys::key("aws:PrincipalIsAWSService", one("false")),
        keys::key("aws:ViaAWSService", one("false")),
        keys::key("aws:MultiFactorAuthPresent", bool_or_none()),
        keys::key("aws:MultiFactorAuthAge", chosen(Form::any(), true)),
        keys::key("sts:ExternalId", Domain::Text { forms: external_ids(bench), optional: true }),
        keys::key("aws:RequestedRegion", chosen(Form::new("{a9-}"), false)),
    ]);
    let with_tags = actions.contains(&TAG);
    keys.extend(tags(bench, with_tags));
    if actions.contains(&SET_IDENTITY) {
        keys.push(keys::key("sts:SourceIdentity", chosen(Form::new(USER), false)));
    }
    let mut never =
        vec!["aws:sourcearn", "aws:sourceaccount", "aws:sourceorg", "aws:principalservice", "sts:sourceidentity"];
    never.extend(["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"]);
    keys::with_asked(keys, bench.policy, &never, &bench.clerk.symbols)
}

fn user_name(caller: &Caller, name: &Text) -> Domain {
    let letter =
        name.pieces().and_then(|pieces| if let [Piece::Symbol(id)] = *pieces.as_slice() { Some(id) } else { None });
    match letter {
        Some(letter) if caller.is_anyone => chosen(Form::new(&format!("<{NAME}>")).with_letters(&[letter]), false),
        _ => Domain::one(name.clone()),
    }
}

/// External ids (STS API, externalIdType), and those of the policy of which a part is known only at deployment:
/// they are of that form.
pub(super) fn external_ids(bench: &Bench<'_>) -> Vec<Form> {
    let key = Text::known("sts:ExternalId");
    let values = bench.tests_on(&key).flat_map(|test| test.values.iter().map(|(value, _)| value));
    let open = values.filter(|value| value.as_known().is_none()).filter_map(marks);
    let open = open.map(|marks| Form::new("").after(&marks));
    std::iter::once(Form::new(EXTERNAL_ID)).chain(open).collect()
}

/// An external id of somebody who does not know those that the policy names.
pub(super) fn wrong_external_id(bench: &mut Bench<'_>) -> Form {
    let own = bench.own_values(&Text::known("sts:ExternalId"));
    let letter = bench.clerk.letter("external-id", EXTERNAL_ID);
    Form::new(EXTERNAL_ID).whole().with_letters(&[letter]).but(own)
}

const EXTERNAL_ID: &str = "{aA9_+=,.@:/-}{aA9_+=,.@:/-}";

pub(super) fn first(domain: &Domain) -> Domain {
    match domain {
        Domain::OneOf(several) => several.first().cloned().map_or_else(perhaps, Domain::Exactly),
        other => other.clone(),
    }
}

/// The tags that a policy asks for: a caller chooses those of its own role, and where it may tag the session,
/// those too.
fn tags(bench: &Bench<'_>, of_session: bool) -> Keys {
    let mut keys: Keys = Vec::new();
    for key in asked_keys(bench.policy) {
        let name = key.as_known().unwrap_or_default().to_ascii_lowercase();
        let is_new = !keys.iter().any(|(own, _)| same_key(own, &key, &bench.clerk.symbols).is_true());
        let domain = match () {
            () if name.starts_with("aws:principaltag/") => chosen(Form::any(), true),
            () if name.starts_with("aws:requesttag/") && of_session => chosen(Form::any(), true),
            () if ["aws:tagkeys", "sts:transitivetagkeys"].contains(&name.as_str()) && of_session => chosen_list(),
            () => continue,
        };
        if is_new {
            keys.push((key, domain));
        }
    }
    keys
}

/// Makes one caller of what was found key by key: it asks under its own name, which is also that of its ARN. Where
/// the policy then answers otherwise, nothing is shown.
pub(super) fn settle(bench: &Bench<'_>, caller: &Caller, answer: &mut ClassAnswer) {
    if !answer.answer.truth.is_true() || !caller.is_anyone {
        return;
    }
    let mut request = answer.answer.request.clone();
    if let Kind::User(letter) = &caller.kind {
        agree(&mut request, caller, letter);
    }
    let Some(Carried::One(arn)) = request.get("aws:PrincipalArn").cloned() else { return };
    let named = |name: &Text| Request { principal: (PrincipalKind::Aws, name.clone()), ..request.clone() };
    // The same name in a partition that the policy takes for granted, too.
    let other = caller.names.iter().map(|own| in_partition(&arn, &arn_part(own, 1)));
    let asking = |arn: Text| caller.session.as_ref().map_or_else(|| arn.clone(), |session| session_arn(&arn, session));
    let mut tried = std::iter::once(arn.clone()).chain(other).map(|arn| named(&asking(arn)));
    let found = tried.find(|request| {
        let of_action = |action: &String| Request { action: action.clone(), ..request.clone() };
        let truth = |action| evaluate(bench.policy, &of_action(action), &bench.clerk.symbols).truth;
        Truth::all(answer.actions.iter().map(truth)).is_true()
    });
    match found {
        Some(found) => answer.answer.request = found,
        None => {
            answer.answer.truth = Truth::Unknown;
            answer.doubt = Some("whether one caller has the name and the ARN that the tests ask for".to_owned());
        }
    }
}

fn in_partition(arn: &Text, partition: &Text) -> Text {
    let rest = Text::join([&arn_part(arn, 4), &Text::known(":"), &arn_part(arn, 5)]);
    Text::join([&Text::known("arn:"), partition, &Text::known(":iam::"), &rest])
}

/// A user's name and the last part of its ARN are one: the one that the tests have chosen.
fn agree(request: &mut Request, caller: &Caller, letter: &Text) {
    let one = |key: &str| match request.get(key) {
        Some(Carried::One(text)) => Some(text.clone()),
        _ => None,
    };
    let (Some(name), Some(arn)) = (one("aws:username"), one("aws:PrincipalArn")) else { return };
    let of_arn = last_part(&arn_part(&arn, 5));
    let Some(front) = caller.names.iter().find(|own| arn_part(own, 1) == arn_part(&arn, 1)) else { return };
    let (key, text) = match () {
        () if of_arn == name => return,
        () if name == *letter => ("aws:username", of_arn),
        () => ("aws:PrincipalArn", with_name(front, letter, &name)),
    };
    let own = request.context.iter_mut().find(|(own, _)| own.as_known().is_some_and(|own| own == key));
    if let Some((_, carried)) = own {
        *carried = Carried::One(text);
    }
}

/// An ARN with another name for its letter.
fn with_name(arn: &Text, letter: &Text, name: &Text) -> Text {
    let letter = letter.pieces().and_then(|pieces| pieces.into_iter().next());
    let pieces = arn.pieces().unwrap_or_default().into_iter().flat_map(|piece| {
        if Some(&piece) == letter.as_ref() { name.pieces().unwrap_or_default() } else { vec![piece] }
    });
    Text::from_pieces(pieces)
}
