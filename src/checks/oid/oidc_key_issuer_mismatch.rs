//! OID008: condition keys that belong to another issuer than the one that is trusted.

use crate::checks::Cx;
use crate::checks::gate::{Gate, gates, literal, test_path};
use crate::checks::tokens::{element, issuers, passes_without, trusts_one_issuer};
use crate::finding::{Change, Finding, Fix, Label, Mistake, Severity, shown};
use crate::identity::classes::provider::{ClaimKind, Provider, is_of_every_issuer, of_issuer};
use crate::identity::cognito::ASSUME;
use crate::identity::oidc::{Federated, claim_of, federated, is_claim_of, is_name_of_app, misspelt};
use crate::identity::provider::pool_principals;
use crate::identity::{Dialect, Unwanted, has_keys};
use crate::policy::{Effect, Principal, Test, actions_match};
use crate::value::{Text, Truth, compare};

/// Finds tests on keys that no token of the trusted issuers has.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for gate in gates(cx) {
        let takes_tokens = actions_match(&gate.statement.actions, ASSUME).is_true();
        let mut issuers = match issuers(cx, gate) {
            Some(issuers) => issuers,
            // A blank key is nobody's, whoever the principal is.
            None if takes_tokens => Vec::new(),
            None => continue,
        };
        let partition = cx.graph.partition_of(gate.role);
        let meant = meant(cx, gate, &issuers);
        let is_misspelt = !meant.is_empty();
        issuers.extend(meant);
        if !is_misspelt {
            findings.extend(other_case(cx, gate, &issuers));
        }
        let wrong = gate.statement.conditions.tests.iter().filter_map(|test| {
            let why = why(cx, test, &issuers, partition.as_deref())?;
            Some((test, why))
        });
        let mut wrong: Vec<(&Test, String)> = wrong.collect();
        if wrong.is_empty() && gate.statement.effect == Effect::Allow {
            wrong = of_several(cx, gate, &issuers);
        }
        if wrong.is_empty() && !is_misspelt && gate.statement.effect == Effect::Allow {
            findings.extend(without_keys(cx, gate, &issuers));
        }
        for passes in [Truth::False, Truth::True] {
            let same = wrong.iter().filter(|(test, _)| passes_without(cx, gate, test) == passes);
            findings.extend(finding(cx, gate, &issuers, &same.collect::<Vec<_>>(), passes.is_true()));
        }
    }
}

/// The issuers that are meant where the names of some are misspelt: the keys may be right, and OID009 says what is
/// wrong.
fn meant(cx: &Cx<'_>, gate: Gate<'_>, issuers: &[Federated]) -> Vec<Federated> {
    let keys: Vec<&Text> = gate.statement.conditions.tests.iter().map(|test| &test.key).collect();
    let meant = |own: &Federated| Some(misspelt(name(own)?, &keys, &cx.graph.oidc_providers)?.issuer);
    issuers.iter().filter_map(meant).map(Federated::Issuer).collect()
}

/// Why a test is on a key of none of the issuers.
fn why(cx: &Cx<'_>, test: &Test, issuers: &[Federated], partition: Option<&str>) -> Option<String> {
    let symbols = &cx.graph.symbols;
    if test.key.as_known().is_some_and(|key| key.trim().is_empty()) {
        return Some("the key is blank".to_owned());
    }
    if test.key.as_known().is_some_and(|key| key.contains("${")) {
        return Some("CloudFormation evaluates nothing in a key: it stays as it is written".to_owned());
    }
    let names: Vec<&Text> = issuers.iter().filter_map(name).collect();
    if !names.iter().all(|issuer| is_claim_of(&test.key, issuer, symbols).is_false()) {
        return wrong_claim(cx, test, &names);
    }
    let issuer = shown(&cx.graph.shown(names.first()?));
    let key = cx.graph.shown(&test.key);
    let pools = issuers.iter().any(|own| matches!(own, Federated::Pools(_)));
    if pools && key.starts_with("cognito-identity") {
        return of_other_pools(names.first()?, &key, partition)
            .or_else(|| of_no_pools(names.first()?, test, partition));
    }
    let Some((prefix, claim)) = key.rsplit_once(':') else {
        let claim = key.rsplit_once('/').filter(|(front, claim)| front.contains('.') && is_of_every_issuer(claim));
        let is_claim = ["aud", "sub", "amr"].contains(&key.as_str());
        return match claim {
            Some(_) => Some("a claim follows its issuer behind a colon".to_owned()),
            None => is_claim.then(|| format!("the issuer is missing before it: {issuer}:{key}")),
        };
    };
    let same = |other: &str| names.iter().any(|name| cx.graph.shown(name).eq_ignore_ascii_case(other));
    let bare = prefix.trim_start_matches("https://").trim_start_matches("http://");
    match () {
        () if prefix.is_empty() => Some(format!("the issuer is missing before it: {issuer}{key}")),
        () if bare != prefix && same(bare) => Some("the issuer stands before a claim without its https://".to_owned()),
        () if prefix.ends_with('/') && same(prefix.trim_end_matches('/')) => {
            Some(format!("{issuer} has no slash at its end, as it is trusted"))
        }
        () if same(&format!("{prefix}/")) => Some("the issuer ends with a slash, before its claims too".to_owned()),
        () if prefix.contains('.') => {
            Some(format!("{} is a claim of {}, not of {issuer}", shown(claim), shown(prefix)))
        }
        () if is_of_every_issuer(claim) && !is_of_aws(prefix) => {
            Some(format!("'{}' is not the issuer, which is {issuer}", shown(prefix)))
        }
        () => None,
    }
}

/// Whether keys begin so that are global, of assertions, or of a service.
fn is_of_aws(prefix: &str) -> bool {
    let prefix = prefix.to_ascii_lowercase();
    ["aws", "sts", "iam", "saml"].contains(&prefix.as_str()) || has_keys(&prefix)
}

/// Keys of the identity pools of another partition than the principal's. Where it is known in which one the role lies,
/// CGT010 says which of both is wrong.
fn of_other_pools(principal: &Text, key: &str, partition: Option<&str>) -> Option<String> {
    let own = pool_principals().find(|row| row.text == *principal)?;
    let other = partition_of_key(key)?;
    let is_wrong = other != own.partition && partition.is_none();
    is_wrong.then(|| format!("a claim of pools in {other}; the principal is that of {}", own.partition))
}

/// Keys that begin as those of identity pools do and have none of their names, beside the principal of the commercial
/// Regions: there is one in all of them. In other partitions guides do not name all.
fn of_no_pools(principal: &Text, test: &Test, partition: Option<&str>) -> Option<String> {
    let own = pool_principals().find(|row| row.text == *principal && row.partition == "aws")?;
    let (prefix, _) = test.key.as_known()?.rsplit_once(':')?;
    let is_named = pool_principals().any(|row| row.name.eq_ignore_ascii_case(prefix));
    let is_wrong = !is_named && partition.is_none_or(|partition| partition == own.partition);
    is_wrong.then(|| format!("{} is no name of identity pools; their claims begin with {}", shown(prefix), own.name))
}

/// Whether a key is one of identity pools in another partition.
fn names_other_pools(test: &Test, principal: &Text) -> bool {
    let key = test.key.as_known().unwrap_or_default();
    let own = pool_principals().find(|row| row.text == *principal);
    own.is_some_and(|own| partition_of_key(key).is_some_and(|other| other != own.partition))
}

/// The partition of the identity pools whose claim a key is.
fn partition_of_key(key: &str) -> Option<&'static str> {
    let (prefix, _) = key.rsplit_once(':')?;
    pool_principals().find(|row| row.name.eq_ignore_ascii_case(prefix)).map(|row| row.partition)
}

/// Issuers that name the app otherwise than others do, and have these claims only (IAM User Guide, condition keys
/// for AWS OIDC federation).
const OF_THEIR_OWN: [&str; 3] = ["facebook", "amazon", "google"];

fn wrong_claim(cx: &Cx<'_>, test: &Test, names: &[&Text]) -> Option<String> {
    let [issuer] = names else { return None };
    let (provider, certain) = of_issuer(issuer, &cx.graph.symbols);
    let provider = provider.filter(|own| certain.is_true() && OF_THEIR_OWN.contains(&own.class.as_str()))?;
    let claim = claim_of(test.key.as_known()?, issuer)?;
    let is_own = provider.claims.iter().any(|own| own.name.eq_ignore_ascii_case(&claim));
    // What else Google's tokens say of a user, STS does not take over.
    if provider.class == "google" && !is_name_of_app(&claim) {
        return None;
    }
    let claims = provider.claims.iter().filter(|claim| !matches!(claim.is, ClaimKind::Unclear));
    let claims: Vec<&str> = claims.map(|claim| claim.name.as_str()).collect();
    (!is_own).then(|| format!("{} has the keys {} only", provider.title, claims.join(" and ")))
}

/// The tests that no token passes since each asks for a key of another issuer, where every issuer is shut out so.
fn of_several<'g>(cx: &Cx<'_>, gate: Gate<'g>, issuers: &[Federated]) -> Vec<(&'g Test, String)> {
    let names: Vec<&Text> = issuers.iter().filter_map(name).collect();
    let asking: Vec<&'g Test> = asking(cx, gate, &names).collect();
    let is_shut_out = |issuer: &&Text| asking.iter().any(|test| is_of(cx, test, issuer).is_false());
    if names.len() < 2 || names.len() != issuers.len() || !names.iter().all(is_shut_out) {
        return Vec::new();
    }
    asking.into_iter().map(|test| (test, of_owner(cx, test, &names))).collect()
}

/// One of several issuers of which a statement asks for keys that only tokens of the others have, where no other
/// statement names it.
fn without_keys(cx: &Cx<'_>, gate: Gate<'_>, all: &[Federated]) -> Option<Finding> {
    let names: Vec<&Text> = all.iter().filter_map(name).collect();
    let asking: Vec<&Test> = asking(cx, gate, &names).collect();
    let is_shut_out = |issuer: &&&Text| asking.iter().any(|test| is_of(cx, test, issuer).is_false());
    let issuer = names.iter().copied().find(|issuer| is_shut_out(&issuer) && !is_named_elsewhere(cx, gate, issuer))?;
    let test = asking.into_iter().find(|test| is_of(cx, test, issuer).is_false())?;
    let (role, shown_issuer) = (gate.role.entity.name(), shown(&cx.graph.shown(issuer)));
    let message = format!("{role} refuses every token of {shown_issuer}: it asks for a key that none of them has");
    let label = Label::new(test.key_at.place, of_owner(cx, test, &names));
    let mut finding = gate.finding("OID008", Severity::Error, message, label, &test_path(test));
    let is_it =
        |one: &&Principal| matches!(federated(&one.value, &cx.graph.symbols), Federated::Issuer(own) if own == *issuer);
    let principal = gate.principals().iter().find(is_it);
    finding.related = principal.map(|one| Label::new(one.at.place, "trusted, and shut out")).into_iter().collect();
    finding.help = help(cx, gate, issuer, &[test]);
    finding.mistake.element = element(test.key.as_known().unwrap_or_default());
    Some(finding)
}

/// Whether another statement that allows names an issuer, or may.
fn is_named_elsewhere(cx: &Cx<'_>, gate: Gate<'_>, issuer: &Text) -> bool {
    let others = gate.policy.statements.iter().filter(|other| other.index != gate.statement.index);
    others.filter(|other| other.effect != Effect::Deny).any(|other| {
        let own = issuers(cx, Gate { statement: other, ..gate }).unwrap_or_default();
        own.iter().any(|own| name(own).is_none_or(|own| !compare(own, issuer, &cx.graph.symbols).is_false()))
    })
}

/// The tests that only tokens of some of these issuers pass.
fn asking<'g>(cx: &Cx<'_>, gate: Gate<'g>, issuers: &[&Text]) -> impl Iterator<Item = &'g Test> {
    let asks = move |test: &&Test| passes_without(cx, gate, test).is_false() && owner(cx, test, issuers).is_some();
    gate.statement.conditions.tests.iter().filter(asks)
}

fn is_of(cx: &Cx<'_>, test: &Test, issuer: &Text) -> Truth {
    is_claim_of(&test.key, issuer, &cx.graph.symbols)
}

/// The issuer whose claim a key is.
fn owner<'i>(cx: &Cx<'_>, test: &Test, issuers: &[&'i Text]) -> Option<&'i Text> {
    issuers.iter().copied().find(|issuer| is_of(cx, test, issuer).is_true())
}

fn of_owner(cx: &Cx<'_>, test: &Test, issuers: &[&Text]) -> String {
    let own = owner(cx, test, issuers).map(|issuer| shown(&cx.graph.shown(issuer))).unwrap_or_default();
    format!("only tokens of {own} have this key")
}

fn name(issuer: &Federated) -> Option<&Text> {
    match issuer {
        Federated::Issuer(name) | Federated::Pools(name) => Some(name),
        _ => None,
    }
}

fn finding(
    cx: &Cx<'_>,
    gate: Gate<'_>,
    issuers: &[Federated],
    wrong: &[&(&Test, String)],
    passes: bool,
) -> Option<Finding> {
    let ((first, why), others) = wrong.split_first().map(|(first, others)| (*first, others))?;
    let issuer_text = issuers.iter().find_map(name).cloned().unwrap_or_else(|| Text::known("ISSUER"));
    let role = gate.role.entity.name();
    let message = match (gate.statement.effect, passes) {
        (Effect::Deny, false) => format!("a Deny of {role} never applies: no token has its key"),
        // Without its key a negated test is true.
        (Effect::Deny, true) if wrong.len() == gate.statement.conditions.tests.len() => {
            format!("a Deny of {role} keeps everybody out: no token has its key")
        }
        (Effect::Deny, true) => format!("a test in a Deny of {role} spares nobody: no token has its key"),
        (_, true) => format!("a test of {role} keeps nobody out: no token has its key"),
        (_, false) if issuers.len() > 1 && is_of_one(cx, first, issuers) => {
            format!("{role} refuses every token: it asks for keys of several issuers, and none has them all")
        }
        (_, false) => format!("{role} refuses every token: it asks for a key that none has"),
    };
    let label = Label::new(first.key_at.place, why.clone());
    let mut finding = gate.finding("OID008", Severity::Error, message, label, &test_path(first));
    finding.related = others.iter().map(|(test, why)| Label::new(test.key_at.place, why.clone())).collect();
    let tests: Vec<&Test> = std::iter::once(*first).chain(others.iter().map(|(test, _)| *test)).collect();
    finding.help = help(cx, gate, &issuer_text, &tests);
    if passes
        && gate.statement.effect == Effect::Allow
        && let Some(rule) = open_by(cx, gate)
    {
        finding.help.push_str(&format!("\nas it stands the role is open: rolecall explain {rule}"));
    }
    finding.fix = fix(cx, gate, issuers, &tests).map(Box::new);
    finding.mistake.element = element(first.key.as_known().unwrap_or_default());
    Some(finding)
}

/// The claim that a key means, also where no colon stands before it.
fn claim_meant(key: &str, issuer: &Text) -> Option<String> {
    claim_of(key, issuer).or_else(|| Some(key.rsplit_once('/')?.1.to_owned()))
}

/// The same claims of the one issuer that is trusted.
fn fix(cx: &Cx<'_>, gate: Gate<'_>, issuers: &[Federated], tests: &[&Test]) -> Option<Fix> {
    let mut names: Vec<&Text> = issuers.iter().filter_map(name).collect();
    names.dedup();
    let [issuer] = names.as_slice() else { return None };
    // Claims of others are none that identities of pools have.
    if pool_principals().any(|row| row.text == **issuer) && tests.iter().any(|test| is_of_another(test)) {
        return None;
    }
    // In another branch the keys may be right.
    if !trusts_one_issuer(cx, gate.role, gate.statement) {
        return None;
    }
    let changes: Option<Vec<Change>> = tests.iter().map(|test| renamed(gate, issuer, test)).collect();
    let changes = changes.filter(|_| !become_one(tests, issuer))?;
    let what = match tests {
        [_] => "begin the key with the issuer that is trusted",
        _ => "begin the keys with the issuer that is trusted",
    };
    // Where keys and principal are of two partitions, the principal may be what is wrong.
    let of_pools = tests.iter().any(|test| names_other_pools(test, issuer));
    Some(if of_pools { Fix::offered(what, changes) } else { Fix::safe(what, changes) })
}

/// Whether a key is a claim of an issuer that is no identity pool.
fn is_of_another(test: &Test) -> bool {
    let prefix = test.key.as_known().and_then(|key| key.rsplit_once(':')).map(|(prefix, _)| prefix);
    prefix.is_some_and(|prefix| prefix.contains('.') && !prefix.contains("cognito-identity"))
}

/// Whether a statement names several issuers, in one branch or in others.
fn trusts_several(cx: &Cx<'_>, gate: Gate<'_>) -> bool {
    !gate.principals().is_empty() && !trusts_one_issuer(cx, gate.role, gate.statement)
}

/// Whether two keys of one operator would become the same.
fn become_one(tests: &[&Test], issuer: &Text) -> bool {
    let claim = |test: &Test| claim_meant(test.key.as_known()?, issuer).map(|claim| claim.to_ascii_lowercase());
    let same = |one: &Test, other: &Test| {
        one.operator_at == other.operator_at && claim(one).is_some() && claim(one) == claim(other)
    };
    tests.iter().enumerate().any(|(at, one)| tests[at + 1..].iter().any(|other| same(one, other)))
}

/// A key with the issuer before its claim; nothing where its operator has that key already.
fn renamed(gate: Gate<'_>, issuer: &Text, test: &Test) -> Option<Change> {
    let claim = claim_meant(test.key.as_known()?, issuer).filter(|claim| !claim.is_empty())?;
    let name = format!("{}:{claim}", issuer.as_known()?);
    let mut beside = gate.statement.conditions.tests.iter().filter(|other| other.operator_at == test.operator_at);
    let is_there = beside.any(|other| other.key.as_known().is_some_and(|key| key.eq_ignore_ascii_case(&name)));
    (!is_there).then_some(Change::Rename { key: test.key_at, name })
}

/// Keys that have the path of the issuer in another case: keys compare without case, and paths of issuers with it, so
/// that one of both may be meant for another issuer.
fn other_case(cx: &Cx<'_>, gate: Gate<'_>, issuers: &[Federated]) -> Option<Finding> {
    let names = || issuers.iter().filter_map(|issuer| name(issuer)?.as_known());
    let path = |text: &str| text.split_once('/').map(|(_, path)| path.to_owned());
    let differs = |test: &&Test| {
        let key = test.key.as_known().unwrap_or_default();
        names().any(|name| {
            let own = key.get(..name.len()).filter(|own| own.eq_ignore_ascii_case(name));
            own.is_some_and(|own| key[name.len()..].starts_with(':') && path(own) != path(name))
        })
    };
    let tests: Vec<&Test> = gate.statement.conditions.tests.iter().filter(differs).collect();
    let (first, others) = tests.split_first()?;
    let issuer = issuers.iter().find_map(name)?;
    let role = gate.role.entity.name();
    let message = format!("{role} writes its issuer in another case in a key than in the principal");
    let label = Label::new(first.key_at.place, format!("'{}' as it is trusted", shown(issuer.as_known()?)));
    let mut finding = gate.finding("OID008", Severity::Warning, message, label, &test_path(first));
    let more = "another case than that of the principal, too";
    finding.related = others.iter().map(|test| Label::new(test.key_at.place, more)).collect();
    finding.help = help(cx, gate, issuer, &tests);
    finding.mistake = Mistake { element: "case", ..Mistake::default() };
    Some(finding)
}

/// The rule that speaks of whom the policy lets in although it must not.
fn open_by(cx: &Cx<'_>, gate: Gate<'_>) -> Option<&'static str> {
    let own = cx.classes.of_roles.iter().find(|own| std::ptr::eq(own.policy(cx.graph), gate.policy))?;
    let admitted = || own.answers.iter().filter(|answer| answer.answer.truth.is_true());
    if admitted().any(|answer| answer.class.starts_with("irsa/other-namespace")) {
        return Some("OID011");
    }
    admitted()
        .any(|answer| answer.unwanted == Unwanted::Always && !answer.class.starts_with("saml"))
        .then_some("OID001")
}

/// Whether a key is a claim of one of the issuers.
fn is_of_one(cx: &Cx<'_>, test: &Test, issuers: &[Federated]) -> bool {
    issuers.iter().filter_map(name).any(|issuer| is_claim_of(&test.key, issuer, &cx.graph.symbols).is_true())
}

/// Lines that the help shows.
const MOST_LINES: usize = 4;

fn help(cx: &Cx<'_>, gate: Gate<'_>, issuer: &Text, tests: &[&Test]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for test in tests {
        let line = line(cx, gate, issuer, test);
        if !lines.contains(&line) && lines.len() < MOST_LINES {
            lines.push(line);
        }
    }
    let what = match names_app(cx, issuer) {
        _ if trusts_several(cx, gate) => "write a statement for each issuer, with keys of its own".to_owned(),
        Some(provider) if lines.iter().all(|line| line.contains("app_id")) => {
            format!("{} names the app by app_id", provider.title)
        }
        Some(provider) => format!("{} names the user by {}", provider.title, user_of(provider)),
        None if become_one(tests, issuer) => {
            "begin the keys with the issuer as the principal has it, and list the values of one key together".to_owned()
        }
        None if lines.len() > 1 => "begin the keys with the issuer as the principal has it".to_owned(),
        None => "begin the key with the issuer as the principal has it".to_owned(),
    };
    format!("{what}\n  {}", lines.join("\n  "))
}

/// The one of them that names the app by the usual key: its `azp`, where a token has that, is the key's too.
const GOOGLE: &str = "accounts.google.com";

/// The provider of an issuer that names the app by a key of its own.
fn names_app(cx: &Cx<'_>, issuer: &Text) -> Option<&'static Provider> {
    let (provider, certain) = of_issuer(issuer, &cx.graph.symbols);
    provider.filter(|own| certain.is_true() && own.class != "google" && OF_THEIR_OWN.contains(&own.class.as_str()))
}

/// What an issuer that names the app by a key of its own calls the user.
fn user_of(provider: &Provider) -> &str {
    let user = provider
        .claims
        .iter()
        .map(|claim| claim.name.as_str())
        .find(|claim| claim.ends_with("id") && *claim != "app_id");
    user.unwrap_or("app_id")
}

/// A test's key as it is to be.
fn line(cx: &Cx<'_>, gate: Gate<'_>, issuer: &Text, test: &Test) -> String {
    let claim = claim_meant(&cx.graph.shown(&test.key), issuer).unwrap_or_default();
    let is_google = issuer.as_known() == Some(GOOGLE);
    let claim = match claim.as_str() {
        claim if is_google && is_name_of_app(claim) => "aud".to_owned(),
        _ if names_app(cx, issuer).is_some() => match (names_app(cx, issuer), claim.as_str()) {
            (Some(provider), "sub") => user_of(provider).to_owned(),
            _ => "app_id".to_owned(),
        },
        "" => "sub".to_owned(),
        _ => claim,
    };
    let key = match issuer.as_known() {
        Some(issuer) => format!("{issuer}:{claim}"),
        // What the issuer is made of is no part of a key either.
        None => format!("ISSUER:{claim}"),
    };
    let value = test.values.first().and_then(|(value, _)| value.as_known()).map(shown);
    let value = value.map_or("…".to_owned(), |value| literal(gate.role, &value));
    match gate.role.entity.dialect {
        Dialect::Yaml => format!("{key}: {value}"),
        Dialect::Json => format!("\"{key}\": {value}"),
        Dialect::Cdk => format!("'{key}': {value},"),
    }
}
