//! TAG001: tags will be passed to a role whose trust policy does not allow that.

use crate::checks::Cx;
use crate::checks::gate::named;
use crate::checks::remedy::allow;
use crate::checks::words::{actions_of, only_guests_get, permission_spot};
use crate::finding::{Finding, Fix, Label, Mistake, Severity, Status, shown};
use crate::identity::cognito::{ASSUME, Desk, TAG_SESSION};
use crate::identity::tags::{
    assume_action, companion_missing, denies_without_tags, is_covered, named_companions, never_allows, roles_named,
    tests_for_tags,
};
use crate::identity::{
    Answer, AwsPrincipal, Dialect, Graph, Handout, Holder, Mapping, PermissionPolicy, Role, RoleId, TagMap, Trust, Way,
    account_of, aws_principal, tag_uses,
};
use crate::policy::{Actions, Effect, Policy, Principal, PrincipalKind, Principals, Statement, Test, actions_match};
use crate::source::Place;
use crate::value::{Branch, Case, Text, Truth, compare};

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
            from_own_denies(cx.graph, id, role, &case.then, &case.when, findings);
        }
    }
    let graph = cx.graph;
    for policy in &graph.policies {
        for case in &policy.document.cases {
            for statement in &case.then.statements {
                from_grant(graph, policy, statement, &case.when, findings);
            }
        }
    }
    let callers: Vec<Caller<'_>> = graph.roles().map(Caller::of).collect();
    for (id, role) in graph.roles() {
        from_own_permissions(graph, id, role, findings);
        for case in &role.trust.cases {
            from_caller(cx, &callers, id, case, findings);
        }
    }
}

/// A role that may call, with what is asked of it again and again.
struct Caller<'g> {
    id: RoleId,
    role: &'g Role,
    arn: Text,
    account: Text,
}

impl<'g> Caller<'g> {
    fn of((id, role): (RoleId, &'g Role)) -> Self {
        Self { id, role, arn: role.arn(), account: account_of(role) }
    }
}

/// Whether this rule has spoken of a statement of a role already.
fn is_said(findings: &[Finding], role: &Role, statement: &Statement) -> bool {
    findings.iter().any(|other| {
        other.rule == "TAG001"
            && other.mistake.statement == Some(statement.at.place)
            && other.subject.logical_id == role.entity.subject.logical_id
    })
}

/// The statement of a trust policy by which somebody other than a service with rules of its own assumes the role.
fn assuming<'p>(graph: &Graph, id: RoleId, policy: &'p Policy) -> Option<&'p Statement> {
    policy.statements.iter().find(|statement| companion_missing(graph, id, policy, statement))
}

/// Somebody who may pass tags to a role that takes none.
fn from_grant(
    graph: &Graph,
    policy: &PermissionPolicy,
    statement: &Statement,
    when: &Branch,
    findings: &mut Vec<Finding>,
) {
    let Some((_, place)) = named_companions(statement).find(|(action, _)| *action == TAG_SESSION) else { return };
    for (id, exists) in roles_named(graph, &policy.entity, statement) {
        // On the role itself it is another mistake.
        if policy.roles.iter().any(|(own, _)| *own == id) {
            continue;
        }
        let role = graph.role(id);
        for case in role.trust.cases.iter().filter(|case| never_allows(&case.then, TAG_SESSION)) {
            let when = graph.together(when, &exists).and_then(|when| graph.together(&when, &case.when));
            let (Some(when), Some(own)) = (when, assuming(graph, id, &case.then)) else { continue };
            if is_said(findings, role, own) {
                continue;
            }
            let message = format!("{} refuses sessions with tags, which a caller is to pass", role.entity.name());
            let related = vec![Label::new(place, "a caller is allowed to pass them here")];
            findings.push(finding(role, own, message, related, &when));
        }
    }
}

/// Permissions that rest on tags which the sessions of a role cannot have.
fn from_own_permissions(graph: &Graph, id: RoleId, role: &Role, findings: &mut Vec<Finding>) {
    // Guests never have tags, whatever the role allows.
    if !role.tags.complete || only_guests_get(graph, id) {
        return;
    }
    let is_static = |key: &str| role.tags.known.iter().any(|own| own.eq_ignore_ascii_case(key));
    let uses = tag_uses(graph, id);
    let mut needed =
        uses.iter().filter(|own| own.statement.effect == Effect::Allow && !own.has_default && !is_static(&own.key));
    let Some(first) = needed.next() else { return };
    for case in role.trust.cases.iter().filter(|case| is_federated_alone(&case.then)) {
        let Some(when) = graph.together(&case.when, &first.when) else { continue };
        let Some(own) = assuming(graph, id, &case.then).filter(|own| !is_said(findings, role, own)) else { continue };
        let (name, key) = (role.entity.name(), shown(&first.key));
        let message = format!("permissions of {name} rest on the tag {key}, which its sessions cannot have");
        let related = vec![Label::new(first.at.place, "what a session may do hangs on the tag here")];
        let mut finding = finding(role, own, message, related, &when);
        finding.severity = Severity::Warning;
        // That the role takes tags does not yet set one.
        finding.fix = None;
        finding.assumes.push(format!("no tag of the whole stack has the key {key}"));
        finding.primary.message = "does not allow sts:TagSession, so no session has tags".to_owned();
        findings.push(finding);
    }
}

/// Whether only users of identity providers may assume a role.
fn is_federated_alone(policy: &Policy) -> bool {
    let mut allowing = policy.statements.iter().filter(|statement| statement.effect != Effect::Deny);
    let is_federated = |statement: &Statement| match &statement.principals {
        Principals::Only(list) => list.iter().all(|one| one.kind == Some(PrincipalKind::Federated)),
        _ => false,
    };
    never_allows(policy, TAG_SESSION) && allowing.all(is_federated)
}

/// A caller that may assume a role which asks for tags, and may not pass any.
fn from_caller(cx: &Cx<'_>, callers: &[Caller<'_>], id: RoleId, case: &Case<Policy>, findings: &mut Vec<Finding>) {
    let (graph, held, trust, when) = (cx.graph, cx.held, &case.then, &case.when);
    let assumes = |statement: &&Statement| actions_match(&statement.actions, "sts:AssumeRole").is_true();
    let allowing = || trust.statements.iter().filter(|statement| statement.effect == Effect::Allow).filter(assumes);
    let asking = allowing().find_map(|statement| Some((statement, tests_for_tags(statement, trust).next()?)));
    let Some((asking, test)) = asking.filter(|_| !never_allows(trust, TAG_SESSION)) else { return };
    // Whoever may come without tags needs none.
    if trust.opaque || allowing().any(|statement| tests_for_tags(statement, trust).next().is_none()) {
        return;
    }
    let role = graph.role(id);
    let (arn, home, named) = (role.arn(), account_of(role), of_accounts(graph, asking));
    for caller in callers.iter().filter(|caller| caller.id != id) {
        if !leaves_to_caller(graph, &home, caller, &named) {
            continue;
        }
        let (own, caller) = (caller.role, caller.id);
        let Some(may) = held.surely(caller, when, "sts:AssumeRole", &arn) else { continue };
        if !held.may(caller, &may.when, TAG_SESSION, &arn).is_false() {
            continue;
        }
        let (name, target) = (own.entity.name(), role.entity.name());
        let message = format!("{name} cannot pass {target} the tags that it asks for");
        let label = Label::new(may.place(), "does not allow sts:TagSession, so every call with tags fails");
        let mut finding = Finding::new("TAG001", Severity::Warning, message, label, actions_of(own, &may));
        finding.related = vec![Label::new(key_place(test), "passes only when the session is tagged")];
        finding
            .related
            .extend(asking.principal_at.map(|at| Label::new(at.place, "the caller's own policy decides, too")));
        finding.help = match own.entity.dialect {
            Dialect::Yaml => "allow both\n  Action: [sts:AssumeRole, sts:TagSession]".to_owned(),
            Dialect::Json => "allow both\n  \"Action\": [\"sts:AssumeRole\", \"sts:TagSession\"]".to_owned(),
            Dialect::Cdk => "allow both\n  actions: ['sts:AssumeRole', 'sts:TagSession'],".to_owned(),
        };
        let is_own = matches!(may.holder, Holder::Template(_));
        let allowed = is_own.then(|| allow(may.statement, TAG_SESSION)).flatten();
        finding.fix = allowed.map(|change| Box::new(Fix::offered("allow sts:TagSession", vec![change])));
        finding.mistake = Mistake { statement: Some(permission_spot(&may)), element: "Action", bare: false };
        finding.branch = may.when;
        findings.push(finding);
    }
}

/// Whether a trust statement lets a caller in only as far as its own policy does: it names the whole account, or
/// everybody, or a role of another account. A role of the same account that is named needs no policy of its own.
fn leaves_to_caller(graph: &Graph, home: &Text, caller: &Caller<'_>, named: &[(&Text, AwsPrincipal)]) -> bool {
    let is_near = compare(&caller.account, home, &graph.symbols);
    let covers = |(value, who): &(&Text, AwsPrincipal)| match who {
        AwsPrincipal::Everybody => true,
        AwsPrincipal::Account(own) => compare(own, &caller.account, &graph.symbols).is_true(),
        _ => is_near.is_false() && compare(value, &caller.arn, &graph.symbols).is_true(),
    };
    let names = |(value, _): &(&Text, AwsPrincipal)| !compare(value, &caller.arn, &graph.symbols).is_false();
    named.iter().any(covers) && (is_near.is_false() || !named.iter().any(names))
}

/// The accounts, users and roles that a statement names.
fn of_accounts<'s>(graph: &Graph, statement: &'s Statement) -> Vec<(&'s Text, AwsPrincipal)> {
    let Principals::Only(list) = &statement.principals else { return Vec::new() };
    let of_accounts = list.iter().filter(|one| matches!(one.kind, None | Some(PrincipalKind::Aws)));
    of_accounts.map(|one| (&one.value, aws_principal(&one.value, &graph.symbols))).collect()
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
    // A role that refuses these users altogether is meant for others, or is another mistake.
    let is_theirs = |(provider, _): &&(Text, Answer)| *provider == map.provider;
    let is_known = own.signed_in.iter().any(|one| is_theirs(&one));
    let of_others = handout.provider.is_none() && !is_known;
    let assume = own.signed_in.iter().filter(|one| of_others || is_theirs(one));
    if Truth::any(assume.map(|(_, answer)| answer.truth)).is_false() {
        return None;
    }
    let tagged = Desk::new(graph, trust.role, policy).tagged(&handout.pool, map);
    if !tagged.truth.is_false() {
        return None;
    }
    let role = graph.role(trust.role);
    let pool = handout.pool_id.map_or("its identity pool", |id| graph.pools[id.0].entity.name());
    let mut related = vec![Label::new(map.entity.place, "makes the pool pass session tags")];
    related.extend(handout.steps.iter().map(|(place, what)| Label::new(*place, what.clone())));
    let statement = policy.statements.iter().find(|statement| assume_action(statement).is_some())?;
    let name = role.entity.name();
    let denying = |statement: &&Statement| {
        statement.effect == Effect::Deny && tagged.decision.denied_by.contains(&statement.index)
    };
    let mut finding = match policy.statements.iter().find(denying).filter(|_| !never_allows(policy, TAG_SESSION)) {
        Some(deny) => {
            denied(role, deny, format!("{pool} tags the sessions of {name}, which denies that"), related, &when)
        }
        None => {
            let message = format!("{pool} tags the sessions of {name}, which does not allow it");
            finding(role, statement, message, related, &when)
        }
    };
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
pub(super) fn gets_tags(graph: &Graph, handout: &Handout, map: &TagMap, when: Branch) -> Option<Branch> {
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
        if is_said(findings, role, statement) || !companion_missing(graph, id, policy, statement) {
            continue;
        }
        let message = format!("{} asks for session tags, and does not allow them to be passed", role.entity.name());
        let related = vec![Label::new(key_place(test), "passes only when the session is tagged")];
        findings.push(finding(role, statement, message, related, when));
    }
}

/// A trust policy that allows what a Deny of it takes from all who pass no tags.
fn from_own_denies(
    graph: &Graph,
    id: RoleId,
    role: &Role,
    policy: &Policy,
    when: &Branch,
    findings: &mut Vec<Finding>,
) {
    let denying = || policy.statements.iter().filter(|own| own.effect == Effect::Deny);
    for statement in &policy.statements {
        let Some(action) = assume_action(statement).filter(|_| statement.effect == Effect::Allow) else { continue };
        let test = denying().find_map(|deny| {
            let test = denies_without_tags(deny, policy)?;
            let covers = |principal: &Principal| is_covered(deny, principal, action, &role.arn(), &graph.symbols);
            (!named(statement).is_empty() && named(statement).iter().all(covers)).then_some(test)
        });
        let Some(test) = test.filter(|_| companion_missing(graph, id, policy, statement)) else { continue };
        if is_said(findings, role, statement) {
            continue;
        }
        let name = role.entity.name();
        let message = format!("{name} denies whoever passes no session tags, and does not allow them to be passed");
        let related = vec![Label::new(key_place(test), "denied where the session is not tagged")];
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
    let assume = assume_action(statement).unwrap_or("sts:AssumeRole");
    let all = with_tagging(statement, assume);
    let both = if all.len() > 2 { "allow it too" } else { "allow both" };
    finding.help = match role.entity.dialect {
        Dialect::Cdk => cdk_help(assume),
        Dialect::Json => format!("{both}\n  \"Action\": [\"{}\"]", all.join("\", \"")),
        Dialect::Yaml => format!("{both}\n  Action: [{}]", all.join(", ")),
    };
    finding.fix = fix(statement).map(Box::new);
    finding.mistake = Mistake { statement: Some(statement.at.place), element: "Action", bare: false };
    finding.branch = when.clone();
    finding
}

/// The actions that a statement has, and the one that is missing.
fn with_tagging(statement: &Statement, assume: &str) -> Vec<String> {
    let own: Option<Vec<&str>> = match &statement.actions {
        Actions::Only(list) => list.iter().map(|(action, _)| action.as_known()).collect(),
        _ => None,
    };
    let own = own.filter(|own| own.len() > 1).unwrap_or_else(|| vec![assume]);
    own.into_iter().chain(["sts:TagSession"]).map(shown).collect()
}

/// A role that allows tags in one statement and takes them away in another: no action more would help.
fn denied(role: &Role, deny: &Statement, message: String, related: Vec<Label>, when: &Branch) -> Finding {
    let mut finding = finding(role, deny, message, related, when);
    finding.primary.message = "denies sts:TagSession, so every call with tags fails".to_owned();
    finding.help = "leave sts:TagSession out of this Deny, or the users of the pool".to_owned();
    finding.fix = None;
    finding
}

/// The construct `IdentityPool` makes the principals of its default roles itself.
fn cdk_help(assume: &str) -> String {
    let mut help = "call on the role's principal\n  .withSessionTags()".to_owned();
    if assume == ASSUME {
        help += "\nor, for a role that the construct IdentityPool makes, add a statement\n  \
                 (identityPool.authenticatedRole as iam.Role).assumeRolePolicy?.addStatements(\n    \
                 new iam.PolicyStatement({\n      \
                 principals: [new iam.FederatedPrincipal('cognito-identity.amazonaws.com', {},\n        \
                 'sts:AssumeRoleWithWebIdentity')],\n      \
                 actions: ['sts:TagSession'],\n      \
                 conditions: { StringEquals: {\n        \
                 'cognito-identity.amazonaws.com:aud': identityPool.identityPoolId,\n      } },\n    \
                 }),\n  );";
    }
    help
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
