//! TAG003: a permission that rests on a tag which no session of the role has.

use std::collections::HashSet;

use super::principal_tag_map_invalid::is_refused;
use crate::checks::Cx;
use crate::checks::rule::distance;
use crate::checks::words::{held_path, only_guests_get};
use crate::finding::{Change, Finding, Fix, Label, Mistake, Severity, Written, shown};
use crate::identity::cognito::ASSUME;
use crate::identity::provider::pool_principals;
use crate::identity::tags::assume_action;
use crate::identity::{
    Graph, How, ProviderKind, Providers, Role, RoleId, TagMap, TagUse, Trust, default_tags, tag_uses,
};
use crate::policy::{
    Carried, Effect, Policy, PrincipalKind, Principals, Request, Statement, Test, actions_match, test_passes,
};
use crate::value::{Branch, Text, Truth, compare};

/// Finds tags that nothing sets, on roles that only users of visible pools can become.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    let graph = cx.graph;
    for (id, role) in graph.roles() {
        let uses = tag_uses(graph, id);
        if uses.is_empty() || !role.tags.complete || is_said(findings, role) {
            continue;
        }
        let Some(mut maps) = maps_of(cx, id) else { continue };
        // Their sessions have no tags, whatever the maps set.
        let is_of_guests = only_guests_get(graph, id);
        maps.retain(|_| !is_of_guests);
        if maps.iter().any(|map| is_refused(graph, map)) {
            continue;
        }
        let mut seen = HashSet::new();
        for own in &uses {
            let is_brought = role.trust.cases.iter().any(|case| brings(&case.then, &own.key));
            if has(&role.tags.known, &own.key) || is_brought {
                continue;
            }
            let Some(when) = unset(graph, own, &maps) else { continue };
            if !seen.insert((own.statement.at.place, own.key.to_ascii_lowercase())) {
                continue;
            }
            let maps: Vec<&TagMap> =
                maps.iter().copied().filter(|map| graph.together(&when, &map.when).is_some()).collect();
            let found = finding(graph, role, own, &maps).map(|found| Finding { branch: when, ..found });
            findings.extend(found.map(|found| if is_of_guests { of_guests(found) } else { found }));
        }
    }
}

/// What no tag map changes.
fn of_guests(finding: Finding) -> Finding {
    let help = "guests never have tags: take the statement out, or tell them apart by their identity\n  \
                ${cognito-identity.amazonaws.com:sub}";
    Finding { help: help.to_owned(), fix: None, ..finding }
}

/// A branch in which a statement rests on a tag that no map sets there.
fn unset(graph: &Graph, own: &TagUse<'_>, maps: &[&TagMap]) -> Option<Branch> {
    let mut setting = maps.iter().filter(|map| sets(graph, map, &own.key));
    setting.try_fold(own.when.clone(), |when, map| graph.worlds.outside(&when, &map.when))
}

/// That the role takes no tags at all is said already.
fn is_said(findings: &[Finding], role: &Role) -> bool {
    let own = &role.entity.subject;
    findings.iter().any(|other| {
        let subject = &other.subject;
        let on_trust = subject.property.as_ref().is_some_and(|path| path.starts_with("AssumeRolePolicyDocument"));
        other.rule == "TAG001" && on_trust && subject.stack_key == own.stack_key && subject.logical_id == own.logical_id
    })
}

fn has(keys: &[String], key: &str) -> bool {
    keys.iter().any(|own| own.eq_ignore_ascii_case(key))
}

/// The tag maps of the pools whose users alone can become a role; nothing where others can, or nobody knows.
fn maps_of<'g>(cx: &Cx<'g>, role: RoleId) -> Option<Vec<&'g TagMap>> {
    let graph = cx.graph;
    let mut pools: Vec<&Text> = Vec::new();
    for (at, case) in graph.role(role).trust.cases.iter().enumerate() {
        let trust = cx.trusts.iter().find(|trust| trust.role == role && trust.case == at)?;
        if !is_for_pools_alone(&case.then) || !are_visible(graph, trust) {
            return None;
        }
        pools.extend(trust.own.iter().map(|own| &own.pool));
    }
    let is_own = |map: &&TagMap| Truth::any(pools.iter().map(|pool| compare(pool, &map.pool, &graph.symbols)));
    let mut own = Vec::new();
    for map in &graph.tag_maps {
        match is_own(&map) {
            Truth::True => own.push(map),
            Truth::False => {}
            Truth::Unknown => return None,
        }
    }
    (!pools.is_empty()).then_some(own)
}

/// Whether identity pools are the only ones that may assume a role.
fn is_for_pools_alone(policy: &Policy) -> bool {
    let allowing = || policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
    let is_pool = |name: &Text| pool_principals().any(|row| name.as_known() == Some(row.name));
    let names_pools = |statement: &Statement| match &statement.principals {
        Principals::Only(list) => {
            list.iter().all(|one| one.kind == Some(PrincipalKind::Federated) && is_pool(&one.value))
        }
        _ => false,
    };
    let assumes = allowing().any(|statement| actions_match(&statement.actions, ASSUME).is_true());
    assumes && !policy.opaque && !policy.may_allow_more && allowing().all(names_pools)
}

/// Whether all pools whose users are let in are in the run, and nothing else touches them. For users of a developer
/// provider the developer's server brings tags (Cognito identity pools API, GetOpenIdTokenForDeveloperIdentity).
fn are_visible(graph: &Graph, trust: &Trust) -> bool {
    let brings_none = |providers: &Providers| {
        providers.complete && providers.list.iter().all(|provider| provider.kind != ProviderKind::Developer)
    };
    let is_visible = |id: &Text| {
        let known = graph.pool(id).filter(|(_, pool)| pool.configured.iter().all(brings_none));
        known.is_some() && !graph.is_touched(id)
    };
    let is_closed = trust.foreign_signed_in.truth.is_false() && trust.foreign_guest.truth.is_false();
    is_closed && !trust.own.is_empty() && trust.own.iter().all(|own| is_visible(&own.pool))
}

/// Whether a map sets a tag, or may.
fn sets(graph: &Graph, map: &TagMap, key: &str) -> bool {
    if has(&map.keys, key) {
        return true;
    }
    if map.keys_complete {
        return false;
    }
    match default_tags(graph, map).filter(|_| map.defaults.is_true() && map.listed) {
        Some(tags) => tags.iter().any(|(own, _)| own.eq_ignore_ascii_case(key)),
        None => true,
    }
}

/// Whether the trust policy speaks of a request tag of this key: then somebody brings it.
fn brings(policy: &Policy, key: &str) -> bool {
    let wanted = format!("aws:requesttag/{}", key.to_ascii_lowercase());
    let tests = policy.statements.iter().flat_map(|statement| &statement.conditions.tests);
    tests.into_iter().any(|test| test.key.as_known().is_none_or(|own| own.to_ascii_lowercase() == wanted))
}

/// What comes of it that a tag is not there.
fn effect(graph: &Graph, own: &TagUse<'_>) -> Option<(Severity, &'static str, &'static str)> {
    let dead = |effect| match effect {
        Effect::Allow => {
            Some((Severity::Warning, "a permission of it is never given", "has no value, so nothing fits"))
        }
        Effect::Deny => Some((Severity::Warning, "a denial of it never holds", "has no value, so nothing is denied")),
        Effect::Unknown => None,
    };
    let open = |effect| match effect {
        Effect::Allow => Some((Severity::Error, "everybody passes", "passes where the tag is not there")),
        Effect::Deny => Some((Severity::Warning, "everybody is refused", "passes where the tag is not there")),
        Effect::Unknown => None,
    };
    let statement = own.statement.effect;
    match own.how {
        _ if own.has_default => None,
        // What a NotResource without a value leaves out is not documented.
        How::Resource(_) if own.excludes => None,
        How::Resource(_) => dead(statement),
        How::Wanted(test, text) => {
            // Of several values another may fit.
            let alone = Test {
                values: test.values.iter().filter(|(value, _)| value == text).cloned().collect(),
                operator_text: test.operator_text.clone(),
                key: test.key.clone(),
                ..*test
            };
            let absent = passes(graph, own.document, &alone, None);
            let carried = passes(graph, own.document, &alone, Some(FOREIGN));
            match (absent, carried, test.values.len()) {
                // Where it passes without the key of the test, the permission is given for what lacks that.
                (Truth::False, Truth::False, 1) => dead(statement),
                (_, Truth::True, 1) => open(statement),
                _ => None,
            }
        }
        How::Tested(test) => {
            let absent = passes(graph, own.document, test, None);
            let mut asked = test.values.iter().filter_map(|(value, _)| value.as_known()).chain([FOREIGN]);
            // That there be no tag may be all that is asked.
            let mut wants_one = || asked.any(|value| passes(graph, own.document, test, Some(value)).is_true());
            match absent {
                Truth::False => dead(statement),
                Truth::True if wants_one() => open(statement),
                _ => None,
            }
        }
    }
}

/// A value that no policy names.
const FOREIGN: &str = "nobodys-value-0";

fn passes(graph: &Graph, policy: &Policy, test: &Test, carried: Option<&str>) -> Truth {
    let context = carried.map(|value| (test.key.clone(), Carried::One(Text::known(value)))).into_iter().collect();
    let principal = (PrincipalKind::Aws, Text::known("*"));
    let request = Request { principal, action: "s3:GetObject".to_owned(), resource: Text::known("*"), context };
    test_passes(test, policy, &request, &graph.symbols)
}

fn finding(graph: &Graph, role: &Role, own: &TagUse<'_>, maps: &[&TagMap]) -> Option<Finding> {
    let (severity, effect, why) = effect(graph, own)?;
    let key = shown(&own.key);
    let message = format!("nothing sets the tag {key} of {}, so {effect}", role.entity.name());
    let test = match own.how {
        How::Resource(_) => None,
        How::Wanted(test, _) | How::Tested(test) => Some(test),
    };
    let subject = own.policy.entity.property(held_path(own.policy, own.statement, test));
    let mut finding = Finding::new("TAG003", severity, message, Label::new(own.at.place, why), subject);
    finding.related = related(role, own, maps);
    let near = near(&own.key, maps);
    finding.help = help(&own.key, role, maps, near);
    finding.fix = near.and_then(|near| fix(own, near)).map(Box::new);
    finding.assumes.push(format!("no tag of the whole stack has the key {key}"));
    finding.mistake = Mistake { statement: Some(own.statement.at.place), element: "Tag", bare: false };
    Some(finding)
}

fn related(role: &Role, own: &TagUse<'_>, maps: &[&TagMap]) -> Vec<Label> {
    let mut labels: Vec<Label> = maps
        .iter()
        .map(|map| {
            let keys: Vec<String> = map.keys.iter().take(3).map(|key| shown(key)).collect();
            let told = if keys.is_empty() { "the default tags".to_owned() } else { keys.join(", ") };
            Label::new(map.entity.place, format!("sets {told}"))
        })
        .collect();
    let assuming = role.trust.cases.iter().flat_map(|case| &case.then.statements);
    let assuming = assuming.into_iter().find(|statement| assume_action(statement).is_some());
    let place = assuming.map_or(role.entity.place, |statement| statement.at.place);
    labels.extend((place != own.statement.at.place).then(|| Label::new(place, "only users of these pools can ask")));
    labels
}

/// A key of the maps that is a slip away.
fn near<'m>(key: &str, maps: &[&'m TagMap]) -> Option<&'m str> {
    let mut keys = maps.iter().flat_map(|map| &map.keys).map(String::as_str);
    keys.find(|own| distance(&own.to_ascii_lowercase(), &key.to_ascii_lowercase()) <= 1)
}

fn help(key: &str, role: &Role, maps: &[&TagMap], near: Option<&str>) -> String {
    match (near, maps) {
        (Some(near), _) => format!("ask for {}, which the tag map sets", shown(near)),
        (None, [map, ..]) => format!("add {} to the PrincipalTags of {}", shown(key), map.entity.name()),
        (None, []) => {
            let name = role.entity.name();
            format!("add an AWS::Cognito::IdentityPoolPrincipalTag that sets {}, or a tag of {name} itself", shown(key))
        }
    }
}

/// The key that the map sets, in place of the one that is asked for.
fn fix(own: &TagUse<'_>, near: &str) -> Option<Fix> {
    let change = match own.how {
        How::Tested(test) => {
            let (front, _) = test.key.as_known()?.split_once('/')?;
            Change::Rename { key: own.at, name: format!("{front}/{near}") }
        }
        How::Resource(text) | How::Wanted(_, text) => {
            let value = text.as_known()?.replace(&format!("/{}}}", own.key), &format!("/{near}}}"));
            Change::Set { at: own.at, value: Written::text(value) }
        }
    };
    Some(Fix::offered("ask for the tag that the map sets", vec![change]))
}
