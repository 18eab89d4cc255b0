//! TAG001: tags will be passed to a role whose trust policy does not allow that.

use crate::checks::Cx;
use crate::checks::gate::named;
use crate::checks::remedy::allow;
use crate::finding::{Finding, Fix, Label, Mistake, Severity, Status};
use crate::identity::cognito::Desk;
use crate::identity::tags::{assume_action, companion_missing, tests_for_tags};
use crate::identity::{Dialect, Graph, Handout, Mapping, Role, RoleId, TagMap, Trust, Way};
use crate::policy::{Policy, Principal, PrincipalKind, Statement, Test};
use crate::source::Place;
use crate::value::{Branch, Truth, compare};

/// Finds roles that will be given tags and do not allow `sts:TagSession`.
pub fn check(cx: &Cx<'_>, findings: &mut Vec<Finding>) {
    for trust in cx.trusts {
        for handout in cx.graph.handouts_of(trust.role) {
            for map in cx.graph.tag_maps.iter().filter(|map| map.pool == handout.pool) {
                let found = from_pool(cx.graph, trust, handout, map);
                found.into_iter().for_each(|finding| findings.push(finding));
            }
        }
    }
    for (id, role) in cx.graph.roles() {
        for case in &role.trust.cases {
            from_own_tests(cx.graph, id, role, &case.then, &case.when, findings);
        }
    }
}

/// A pool that puts tags on the sessions of one provider's users.
fn from_pool(graph: &Graph, trust: &Trust, handout: &Handout, map: &TagMap) -> Option<Finding> {
    let applies = applies(graph, handout, map);
    if map.passes != Truth::True || applies.is_false() {
        return None;
    }
    let when = graph.together(&trust.when, &handout.when).and_then(|when| graph.together(&when, &map.when))?;
    let when = gets_tags(graph, handout, map, when)?;
    let policy = trust.policy(graph);
    let own = trust.of_pool(&handout.pool)?;
    // A role that refuses these users altogether is another mistake.
    let assume = own.signed_in.iter().filter(|(provider, _)| *provider == map.provider || handout.provider.is_none());
    if Truth::any(assume.map(|(_, answer)| answer.truth)).is_false() {
        return None;
    }
    let tagged = Desk::new(graph, trust.role, policy).tagged(&handout.pool, map);
    if !tagged.truth.is_false() {
        return None;
    }
    let role = graph.role(trust.role);
    let pool = handout.pool_id.map_or("its identity pool", |id| graph.pools[id.0].entity.name());
    let message = format!("{pool} tags the sessions of {}, which does not allow it", role.entity.name());
    let mut related = vec![Label::new(map.entity.place, "makes the pool pass session tags")];
    related.extend(handout.steps.iter().map(|(place, what)| Label::new(*place, what.clone())));
    let statement = policy.statements.iter().find(|statement| assume_action(statement).is_some())?;
    let mut finding = finding(role, statement, message, related, &when);
    if applies == Truth::Unknown {
        finding.status = Status::Possible;
        finding.assumes.push(format!("{} is a sign-in provider of {pool}", graph.shown(&map.provider)));
    }
    Some(finding)
}

/// Whether the map is for a provider that the pool has.
fn applies(graph: &Graph, handout: &Handout, map: &TagMap) -> Truth {
    let Some(pool) = handout.pool_id.map(|id| &graph.pools[id.0]) else { return Truth::Unknown };
    let listed = Truth::any(pool.providers.iter().map(|own| compare(own, &map.provider, &graph.symbols)));
    if pool.providers_complete { listed } else { listed.or(Truth::Unknown) }
}

/// The part of a branch in which users of the map's provider can come this way.
fn gets_tags(graph: &Graph, handout: &Handout, map: &TagMap, when: Branch) -> Option<Branch> {
    match handout.way {
        Way::Guest => None,
        Way::Rule | Way::Group => (handout.provider.as_ref() == Some(&map.provider)).then_some(when),
        // The default role is for those whose provider has no mapping, or one that falls back to it.
        Way::Authenticated => {
            let of_provider = |mapping: &&Mapping| mapping.pool == map.pool && mapping.provider == map.provider;
            let denies = |mapping: &&Mapping| mapping.ambiguous() == Some("Deny");
            let mut denying = graph.mappings.iter().filter(of_provider).filter(denies);
            denying.try_fold(when, |when, mapping| graph.worlds.outside(&when, &mapping.when))
        }
    }
}

/// A trust policy that itself asks for tags.
fn from_own_tests(graph: &Graph, id: RoleId, role: &Role, policy: &Policy, when: &Branch, findings: &mut Vec<Finding>) {
    for statement in &policy.statements {
        let Some(test) = tests_for_tags(statement, policy).next() else { continue };
        // What a pool brings is said already.
        let said = |other: &Finding| {
            other.rule == "TAG001"
                && other.mistake.statement == Some(statement.at.place)
                && other.subject.logical_id == role.entity.subject.logical_id
        };
        if findings.iter().any(said) || !companion_missing(graph, id, policy, statement) {
            continue;
        }
        let message = format!("{} asks for session tags, and does not allow them to be passed", role.entity.name());
        let related = vec![Label::new(key_place(test), "passes only when the session is tagged")];
        findings.push(finding(role, statement, message, related, when));
    }
}

fn key_place(test: &Test) -> Place {
    test.key_at.place
}

fn finding(role: &Role, statement: &Statement, message: String, related: Vec<Label>, when: &Branch) -> Finding {
    let place = statement.action_at.map_or(statement.at.place, |at| at.place);
    let property = format!("AssumeRolePolicyDocument.{}.Action", statement.path());
    let label = Label::new(place, "does not allow sts:TagSession, so every call with tags fails");
    let mut finding = Finding::new("TAG001", Severity::Error, message, label, role.entity.property(property));
    finding.related = related;
    finding.help = if role.entity.dialect == Dialect::Cdk {
        "call on the role's principal\n  .withSessionTags()".to_owned()
    } else {
        format!("allow both\n  Action: [{}, sts:TagSession]", assume_action(statement).unwrap_or("sts:AssumeRole"))
    };
    finding.fix = fix(statement).map(Box::new);
    finding.mistake = Mistake { statement: Some(statement.at.place), element: "Action", bare: false };
    finding.branch = when.clone();
    finding
}

/// Principals of an account could then choose tags, which somebody should think about.
fn fix(statement: &Statement) -> Option<Fix> {
    let changes = vec![allow(statement, "sts:TagSession")?];
    let is_aws =
        |principal: &Principal| !matches!(principal.kind, Some(PrincipalKind::Federated | PrincipalKind::Service));
    let chooses = named(statement).is_empty() || named(statement).iter().any(is_aws);
    let fix = if chooses { Fix::offered } else { Fix::safe };
    Some(fix("allow sts:TagSession", changes))
}
